//! `ls -l` and its kin, and the two rows of Advent of Code's `ls`.
//!
//! A long row is read from its mode forward and anchored on the date: the size stands right before
//! the date, the name after exactly one blank. Owners and groups may hold blanks, months may be in
//! any language; a row in which no date follows a size is no row.

mod cells;
mod options;
mod row;
#[cfg(test)]
mod tests;

use crate::bytes::Interval;

use super::super::word::Word;
use super::date::Tokens;
use super::name::Quoting;
use super::number;
use super::total::total_figure;
pub(in super::super) use super::total::{is_total_word, total};

pub(in super::super) use cells::Cell;
pub(in super::super) use row::Row;

/// An invocation of `ls` whose output can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Ls {
    /// `-l` or one of its kin; otherwise names.
    pub(in super::super) long: bool,
    /// Names that begin with a dot are shown.
    pub(in super::super) all: bool,
    pub(in super::super) recursive: bool,
    /// `-d`: the operands themselves.
    pub(in super::super) themselves: bool,
    /// The base of human sizes: 1024 or 1000.
    human: Option<u64>,
    pub(in super::super) blocks: bool,
    inodes: bool,
    /// The signs that may be put behind names.
    marks: &'static [u8],
    /// A name a row (`-1`), or what is not printed on a terminal.
    pub(in super::super) in_one_column: bool,
    /// Names are written as they are: the output did not go to a terminal.
    piped: bool,
    commas: bool,
    /// Rows are quoted each on its own, and never moved beside others.
    each: bool,
    /// What cannot be printed is a `?`, within quotes too.
    garbles: bool,
    /// What cannot be printed is a `?` also where it does not go to a terminal (`-q`).
    hides: bool,
    /// Names were left out: `-I`, `-B`.
    pub(in super::super) cut: bool,
    /// `-L`: sizes are those of what a link leads to.
    follows: bool,
    /// Blocks are counted in this unit.
    unit: Option<u64>,
    /// The figures of blocks are in this, where the command does not say.
    default: Option<number::Unit>,
    /// What figures in groups count where no option says it.
    scale: number::Scale,
    /// The date is of so many words, in a format of the user's.
    date_words: Option<usize>,
    no_owner: bool,
    no_group: bool,
    /// Columns besides owner and group: `-Z`, `--author`.
    extra: usize,
    /// The time shown is not the last modification.
    other_time: bool,
    /// The options are those of an alias that the recording does not show.
    pub(in super::super) guessed: bool,
    quoting: Option<Quoting>,
    pub(in super::super) operands: Vec<Word>,
}

/// The signs of `-F`, of `--file-type` and of `-p`.
const ALL_MARKS: &[u8] = b"/*@|=>";
const MARKS_OF_TYPES: &[u8] = b"/@|=>";
const SLASH: &[u8] = b"/";

/// What a name was seen to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Shape {
    /// Nothing said.
    Unknown,
    Dir,
    File,
    Symlink,
    Other,
    /// The tool itself could not read it.
    Unreadable,
}

impl Ls {
    /// The `-ls` of `find`: inode, blocks, then a long row with escapes in its path.
    pub(in super::super) fn of_find() -> Self {
        Self {
            long: true,
            inodes: true,
            blocks: true,
            quoting: Some(Quoting::Escape),
            ..Self::default()
        }
    }

    /// The same as a listing of names, several in a row.
    pub(in super::super) fn as_names(&self) -> Self {
        Self {
            long: false,
            ..self.clone()
        }
    }

    /// Has names read as they are written when the output does not go to a terminal.
    pub(in super::super) fn set_piped(&mut self) {
        self.piped = true;
        self.in_one_column = true;
    }

    /// Each row is a listing of its own: names are quoted, but never padded beside others.
    pub(in super::super) fn set_each(&mut self) {
        self.each = true;
    }

    /// Whether it was typed without options and operands.
    pub(in super::super) fn is_bare(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the shell replaced an operand by names.
    pub(in super::super) fn expands(&self) -> bool {
        self.operands.iter().any(|word| word.expands)
    }

    /// What a count of blocks means where the command does not say.
    pub(in super::super) fn set_default(&mut self, unit: number::Unit) {
        self.default = Some(unit);
    }

    /// Has figures read in the unit that the environment asks for.
    pub(in super::super) fn set_unit(&mut self, unit: number::Unit) {
        match unit {
            number::Unit::Of(unit) if self.unit.is_none() => self.unit = Some(unit),
            number::Unit::Human(base) if self.human.is_none() => self.human = Some(base),
            _ => {}
        }
    }

    /// Learns from the line of a total what figures count.
    pub(in super::super) fn learn(&mut self, line: &[u8]) {
        let Some(figure) = total_figure(line) else {
            return;
        };
        let counts_bytes = matches!(figure, b"0" | b"512");
        let scale = match number::Scale::of_disk(figure) {
            // No blocks of bytes make such a sum.
            number::Scale::Unknown if !counts_bytes && number::digits(figure).is_some() => {
                number::Scale::Plain
            }
            scale => scale,
        };
        self.scale = self.scale.and(scale);
    }

    /// A figure in groups: put together where it is known what it counts, else its interval.
    fn put_together(&self, figure: &[u8]) -> Option<Result<Vec<u8>, Interval>> {
        let plain = number::ungrouped(figure)?;
        if self.human.is_some() || self.unit.is_some() {
            return Some(Ok(plain));
        }
        number::digits(&plain).map(|count| Err(self.scale.size(count)))
    }

    /// The allocated bytes behind a printed count of blocks.
    pub(in super::super) fn blocks_of(&self, figure: &[u8]) -> Option<Interval> {
        match self.put_together(figure) {
            Some(Ok(plain)) => return self.blocks_of(&plain),
            Some(Err(size)) => return Some(size),
            None => {}
        }
        let by_option = match (self.human, self.unit) {
            (Some(base), _) => return number::human(figure, base),
            (None, Some(unit)) => Some(number::Unit::Of(unit)),
            (None, None) => self.default,
        };
        let unit = by_option.unwrap_or(number::Unit::Of(1024));
        unit.blocks(figure).or_else(|| number::any_human(figure))
    }

    /// The size behind a figure. An alias or the environment may have asked for letters.
    fn size_of(&self, figure: &[u8]) -> Option<Interval> {
        match self.put_together(figure) {
            Some(Ok(plain)) => return self.size_of(&plain),
            Some(Err(size)) => return Some(size),
            None => {}
        }
        let is_plain = self.human.is_none() && self.unit.is_none();
        if is_plain && self.scale == number::Scale::Other {
            return number::digits(figure).map(|count| self.scale.size(count));
        }
        let read = match (self.human, self.unit) {
            (Some(base), _) => number::human(figure, base),
            (None, Some(unit)) => number::units(figure, unit),
            (None, None) => number::exact(figure),
        };
        read.or_else(|| number::any_human(figure))
    }

    /// A name without the sign that `-F` or `-p` has appended, and what that sign says.
    pub(in super::super) fn unmarked<'a>(&self, name: &'a [u8]) -> (&'a [u8], Shape) {
        let marked = name
            .split_last()
            .filter(|(mark, _)| self.marks.contains(mark));
        match marked {
            Some((b'/', rest)) => (rest, Shape::Dir),
            Some((b'*', rest)) => (rest, Shape::File),
            Some((b'@', rest)) => (rest, Shape::Symlink),
            Some((b'|' | b'=', rest)) => (rest, Shape::Other),
            _ => (name, Shape::Unknown),
        }
    }

    /// Whether a name in a row can be nothing else: one a row.
    pub(in super::super) fn quotes_for_sure(&self) -> bool {
        self.in_one_column
    }

    fn quoting(&self) -> Quoting {
        let usual = match (self.piped, self.hides) {
            (true, true) => Quoting::Literal,
            (true, false) => Quoting::Raw,
            (false, _) => Quoting::Shell,
        };
        self.quoting.unwrap_or(usual)
    }

    /// Whether names are printed as they are, with `?` for what cannot be.
    pub(in super::super) fn is_literal(&self) -> bool {
        self.quoting == Some(Quoting::Literal)
    }

    /// Whether names of this listing may be in quotes and others not, which are then moved by one
    /// blank.
    pub(in super::super) fn may_quote(&self) -> bool {
        !self.quotes().is_empty()
    }

    /// What a name in quotes may begin with, where others are bare.
    pub(in super::super) fn quotes(&self) -> &'static [u8] {
        match self.quoting() {
            Quoting::Shell => b"'\"",
            Quoting::MaybeC => b"\"",
            _ => b"",
        }
    }

    /// Whether a blank at the end of a row would be one of a name's own.
    pub(in super::super) fn keeps_blanks(&self) -> bool {
        let bare = matches!(
            self.quoting(),
            Quoting::Raw | Quoting::Literal | Quoting::MaybeC
        );
        bare && self.in_one_column
    }

    /// A row of names without the blanks that a copy may have gained at its end.
    pub(in super::super) fn trimmed<'a>(&self, row: &'a [u8]) -> &'a [u8] {
        let text = row.trim_ascii_end();
        let slashes = text.iter().rev().take_while(|&&b| b == b'\\').count();
        // The blank behind a backslash is a name's.
        match self.quoting() == Quoting::Escape && slashes % 2 == 1 {
            true => &row[..row.len().min(text.len() + 1)],
            false => text,
        }
    }

    /// Whether a `?` may stand for what cannot be printed, even in a name that was in quotes.
    pub(in super::super) fn garbles(&self) -> bool {
        self.garbles
    }
}

/// Whether a line begins as a row of any long listing does: a mode, a number of links.
pub(in super::super) fn is_row(line: &[u8]) -> bool {
    let mut tokens = Tokens { line, at: 0 };
    for _ in 0..3 {
        match tokens.next() {
            Some(mode) if shape_of(mode).is_some() => {
                return tokens
                    .next()
                    .is_some_and(|n| n == b"?" || number::digits(n).is_some());
            }
            Some(prefix) if prefix[0].is_ascii_digit() => {}
            _ => return false,
        }
    }
    false
}

/// A row of the puzzle: `dir name` or `size name`.
pub(in super::super) fn puzzle_row(line: &[u8]) -> Option<(Shape, Option<Interval>, &[u8])> {
    if let Some(name) = line.strip_prefix(b"dir ") {
        return (!name.is_empty()).then_some((Shape::Dir, None, name));
    }
    let blank = line.iter().position(|&b| b == b' ')?;
    let size = number::exact(&line[..blank])?;
    let name = &line[blank + 1..];
    (!name.is_empty()).then_some((Shape::File, Some(size), name))
}

pub(in super::super) fn shape_of(mode: &[u8]) -> Option<Shape> {
    let (kind, bits) = mode.split_first()?;
    if mode == b"??????????" || (bits == b"?????????" && *kind != b'?') {
        return Some(Shape::Unreadable);
    }
    let bits = match bits {
        [bits @ .., b'.' | b'+' | b'@'] => bits,
        bits => bits,
    };
    let is_bit = |b: &u8| matches!(b, b'r' | b'w' | b'x' | b's' | b'S' | b't' | b'T' | b'-');
    if bits.len() != 9 || !bits.iter().all(is_bit) {
        return None;
    }
    Some(match kind {
        b'-' | b'C' | b'M' => Shape::File,
        b'd' => Shape::Dir,
        b'l' => Shape::Symlink,
        b'b' | b'c' | b'p' | b's' | b'D' | b'n' | b'P' => Shape::Other,
        _ => return None,
    })
}
