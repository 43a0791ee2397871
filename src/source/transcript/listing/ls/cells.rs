//! The names in a row of a short listing: in columns, or parted by commas, perhaps with figures.
//!
//! On a terminal GNU's `ls` quotes every name that holds a blank, so that a blank is always one
//! between columns. Other tools quote nothing: there two blanks or a tab part the names.

use super::super::name::{self, Quoting};
use super::super::number;
use super::{Ls, Shape};

/// One name of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super::super) struct Cell<'a> {
    /// The count of blocks before it.
    pub(in super::super::super) blocks: Option<&'a [u8]>,
    pub(in super::super::super) name: Vec<u8>,
    /// What the sign behind it says.
    pub(in super::super::super) shape: Shape,
    /// It stood in quotes or was escaped, and is what was decoded from them.
    pub(in super::super::super) quoted: bool,
}

/// How the names of one row are parted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parting {
    /// One name, up to the end of the line.
    Line,
    /// Two blanks, or a tab.
    Columns,
    /// A comma, and a blank or the end of the line.
    Commas,
}

impl Ls {
    /// The names of a row; `None` where they cannot be told apart.
    pub(in super::super::super) fn cells<'a>(&self, text: &'a [u8]) -> Option<Vec<Cell<'a>>> {
        let parting = match (self.commas, self.in_one_column) {
            (true, _) => Parting::Commas,
            (false, true) => Parting::Line,
            (false, false) => Parting::Columns,
        };
        // A bare name may hold what would part it from the next.
        let ambiguous = match parting {
            Parting::Line => false,
            Parting::Columns => self.quoting() == Quoting::MaybeC,
            Parting::Commas => matches!(
                self.quoting(),
                Quoting::Raw | Quoting::Literal | Quoting::MaybeC
            ),
        };
        if ambiguous {
            return None;
        }
        let mut cells = Vec::new();
        let mut rest = text;
        loop {
            // A name that is alone in its row keeps its blanks, where none is padding.
            if !self.keeps_blanks() || self.shows_figures() {
                rest = skip_blanks(rest);
            }
            if rest.is_empty() {
                return Some(cells);
            }
            let (cell, tail) = self.cell(rest, parting)?;
            cells.push(cell);
            rest = tail;
        }
    }

    fn shows_figures(&self) -> bool {
        self.inodes || self.blocks
    }

    fn cell<'a>(&self, text: &'a [u8], parting: Parting) -> Option<(Cell<'a>, &'a [u8])> {
        let mut rest = text;
        if self.inodes {
            let (figure, tail) = figure(rest)?;
            number::digits(figure)?;
            rest = skip_blanks(tail);
        }
        let mut blocks = None;
        if self.blocks {
            let (figure, tail) = figure(rest)?;
            number::any_human(figure).or_else(|| number::human(figure, 1024))?;
            blocks = Some(figure);
            // A bare name beside quoted ones is moved by one blank.
            rest = tail.strip_prefix(b" ")?;
            if !self.keeps_blanks() {
                rest = rest.strip_prefix(b" ").unwrap_or(rest);
            }
        }
        let (name, quoted, tail) = self.one_name(rest, parting)?;
        let (name, shape, tail) = if quoted {
            let (shape, tail) = self.mark_after(tail);
            (name, shape, tail)
        } else {
            let (bare, shape) = self.unmarked(&name);
            (bare.to_vec(), shape, tail)
        };
        let tail = match parting {
            Parting::Commas => tail.strip_prefix(b",").unwrap_or(tail),
            _ => tail,
        };
        // Something sticks to the name that is no mark of this listing.
        let parted = matches!(tail.first(), None | Some(b' ' | b'\t'));
        let cell = Cell {
            blocks,
            name,
            shape,
            quoted,
        };
        (parted && !cell.name.is_empty()).then_some((cell, tail))
    }

    /// A name as it is written, whether it is decoded for sure, and what follows it.
    fn one_name<'a>(&self, text: &'a [u8], parting: Parting) -> Option<(Vec<u8>, bool, &'a [u8])> {
        let after = |(name, tail): (Vec<u8>, &'a [u8])| (name, true, tail);
        match (self.quoting(), text.first()?) {
            (Quoting::C, _) | (Quoting::MaybeC, b'"') => name::c_string(text).map(after),
            (Quoting::Marks, _) => name::marked(text).map(after),
            (Quoting::Shell, b'\'' | b'"') => quoted(text).map(after),
            (Quoting::Escape, _) => {
                let (raw, tail) = escaped(text, parting)?;
                let (bare, shape) = self.unmarked(raw);
                // The sign goes back to what follows: nothing that is escaped ends in one.
                let tail = match shape {
                    Shape::Unknown => tail,
                    _ => &text[bare.len()..],
                };
                Some((name::escaped_whole(bare)?, true, tail))
            }
            _ => {
                let end = bare_end(text, |rest| is_end(rest, parting));
                let name = match self.keeps_blanks() {
                    true => &text[..end],
                    false => text[..end].trim_ascii_end(),
                };
                Some((name.to_vec(), false, &text[end..]))
            }
        }
    }

    /// The sign behind a name in quotes, and what follows it.
    fn mark_after<'a>(&self, tail: &'a [u8]) -> (Shape, &'a [u8]) {
        let shape = match tail.first() {
            Some(b'/') => Shape::Dir,
            Some(b'*') => Shape::File,
            Some(b'@') => Shape::Symlink,
            Some(b'|' | b'=' | b'>') => Shape::Other,
            _ => return (Shape::Unknown, tail),
        };
        if self.marks.contains(&tail[0]) {
            (shape, &tail[1..])
        } else {
            (Shape::Unknown, tail)
        }
    }
}

/// A name in the shell's quotes, without the sign or the comma that may stand right behind it.
fn quoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (_, tail) = name::shell(text)?;
    let whole = &text[..text.len() - tail.len()];
    // The quotes end what is quoted: what stands behind the last one is none of the name.
    let end = whole.iter().rposition(|&b| b == b'\'' || b == b'"')? + 1;
    let (name, _) = name::shell(&whole[..end])?;
    Some((name, &text[end..]))
}

fn bare_end(text: &[u8], ends: impl Fn(&[u8]) -> bool) -> usize {
    (0..text.len())
        .find(|&at| ends(&text[at..]))
        .unwrap_or(text.len())
}

fn is_end(rest: &[u8], parting: Parting) -> bool {
    match parting {
        Parting::Line => false,
        Parting::Columns => rest[0] == b'\t' || rest.starts_with(b"  "),
        Parting::Commas => rest == b"," || rest.starts_with(b", "),
    }
}

/// A name in which every blank has a backslash before it, as it is written.
fn escaped(text: &[u8], parting: Parting) -> Option<(&[u8], &[u8])> {
    let tab = text.iter().position(|&b| b == b'\t');
    let columns = &text[..tab.unwrap_or(text.len())];
    let (_, after) = name::escaped(columns)?;
    let raw = &columns[..columns.len() - after.len()];
    let raw = match parting {
        Parting::Commas => raw.strip_suffix(b",").unwrap_or(raw),
        _ => raw,
    };
    Some((raw, &text[raw.len()..]))
}

fn figure(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|&b| b == b' ').filter(|&at| at > 0)?;
    Some(text.split_at(end))
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let is_blank = |b: &&u8| matches!(b, b' ' | b'\t');
    &text[text.iter().take_while(is_blank).count()..]
}
