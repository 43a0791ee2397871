//! One row of a long listing: its columns, and its name as it is written.

use crate::bytes::Interval;

use super::super::date::{Tokens, date};
use super::super::name::{self, Quoting};
use super::super::number;
use super::{Ls, Shape, shape_of};

/// What a row shows, before its name is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super::super) struct Row<'a> {
    pub(in super::super::super) shape: Shape,
    pub(in super::super::super) apparent: Option<Interval>,
    pub(in super::super::super) disk: Option<Interval>,
    pub(in super::super::super) mtime: Option<i64>,
    /// How many names the inode has.
    pub(in super::super::super) links: u64,
    pub(in super::super::super) inode: Option<u64>,
    executable: bool,
    /// All that stands after the date and one blank.
    pub(in super::super::super) name: &'a [u8],
}

impl Row<'_> {
    /// The same row with its name where that is kept.
    pub(in super::super::super) fn with_name<'a>(&self, name: &'a [u8]) -> Row<'a> {
        Row {
            shape: self.shape,
            apparent: self.apparent,
            disk: self.disk,
            mtime: self.mtime,
            links: self.links,
            inode: self.inode,
            executable: self.executable,
            name,
        }
    }
}

impl Ls {
    /// Reads one long row.
    pub(in super::super::super) fn row<'a>(&self, line: &'a [u8]) -> Option<Row<'a>> {
        let mut tokens = Tokens { line, at: 0 };
        let mut mode = tokens.next()?;
        let mut leading: [&[u8]; 2] = [b"", b""];
        let expected = usize::from(self.inodes) + usize::from(self.blocks);
        for slot in leading.iter_mut().take(expected) {
            *slot = mode;
            mode = tokens.next()?;
        }
        let shape = shape_of(mode)?;
        let inode = if self.inodes {
            number::digits(leading[0])
        } else {
            None
        };
        let printed_blocks = leading[expected.saturating_sub(1)];
        let disk = match (self.blocks, self.human) {
            (false, _) => None,
            (true, _) => self.blocks_of(printed_blocks),
        };
        let links = tokens.next()?;
        if shape == Shape::Unreadable {
            return unreadable(tokens);
        }
        let links = number::digits(links)?;
        let (size, mtime, name) = self.size_and_date(tokens, shape)?;
        let (shape, size, disk) = self.followed(shape, size, disk);
        Some(Row {
            shape,
            apparent: size,
            disk,
            mtime: mtime.filter(|_| !self.other_time),
            links,
            inode,
            executable: mode[1..].contains(&b'x') || mode[1..].contains(&b's'),
            name,
        })
    }

    /// With `-L` a name may be that of a link, whose own size is shorter than any path can be.
    fn followed(
        &self,
        shape: Shape,
        size: Option<Interval>,
        disk: Option<Interval>,
    ) -> (Shape, Option<Interval>, Option<Interval>) {
        const LONGEST_LINK: u64 = 4095;
        let may_be_link = self.follows && matches!(shape, Shape::File | Shape::Dir);
        if !may_be_link {
            return (shape, size, disk);
        }
        let least = |size: Interval| Interval {
            lo: size.lo.min(1),
            hi: size.hi.map(|hi| hi.max(LONGEST_LINK)),
        };
        let shape = if shape == Shape::File {
            Shape::Unknown
        } else {
            shape
        };
        (
            shape,
            size.map(least),
            disk.map(|disk| Interval { lo: 0, ..disk }),
        )
    }

    /// Finds the first size that a date follows: size, time and the rest of the line.
    fn size_and_date<'a>(
        &self,
        mut tokens: Tokens<'a>,
        shape: Shape,
    ) -> Option<(Option<Interval>, Option<i64>, &'a [u8])> {
        if let Some(words) = self.date_words {
            return self.by_columns(tokens, words);
        }
        let mut before: &[u8] = b"";
        let mut columns: [&[u8]; 12] = [b""; 12];
        for at in 0..12 {
            let token = tokens.next()?;
            let device = before.ends_with(b",") && shape == Shape::Other;
            let size = match device {
                true => Some(Interval::ZERO),
                false => self.size_of(token),
            };
            if size.is_some()
                && let Some((mtime, len)) = date(tokens.rest())
            {
                let name = tokens.rest()[len..].strip_prefix(b" ")?;
                let size = self.with_blanks(&columns[..at], token).or(size);
                return (!name.is_empty()).then_some((size, mtime, name));
            }
            (before, columns[at]) = (token, token);
        }
        None
    }

    /// The size where more columns than owner and group stand before the last group of digits: a
    /// locale's blank that does not break may have become one that does, and a group's name may end
    /// in digits.
    fn with_blanks(&self, columns: &[&[u8]], last: &[u8]) -> Option<Interval> {
        if self.scale == number::Scale::Plain
            || self.human.is_some()
            || columns.len() <= self.owners()
        {
            return None;
        }
        let groups = columns[self.owners()..].iter().rev();
        let groups = groups.take_while(|group| group.len() <= 3 && number::digits(group).is_some());
        let mut figure = last.to_vec();
        let mut whole = None;
        for group in groups {
            figure = [group, &b" "[..], &figure].concat();
            if number::ungrouped(&figure).is_none() {
                break;
            }
            whole = self.size_of(&figure);
        }
        let (part, whole) = (self.size_of(last)?, whole?);
        Some(Interval {
            lo: part.lo.min(whole.lo),
            hi: whole.hi,
        })
    }

    /// How many columns stand between the number of links and the size, where no name has a blank.
    fn owners(&self) -> usize {
        usize::from(!self.no_owner) + usize::from(!self.no_group) + self.extra
    }

    /// The same where the date is in a format of the user's: owners are then taken for one word.
    fn by_columns<'a>(
        &self,
        mut tokens: Tokens<'a>,
        words: usize,
    ) -> Option<(Option<Interval>, Option<i64>, &'a [u8])> {
        for _ in 0..self.owners() {
            tokens.next()?;
        }
        let size = self.size_of(tokens.next()?)?;
        for _ in 0..words {
            tokens.next()?;
        }
        let mut rest = tokens.rest();
        if words == 0 {
            // A date that is empty still has its blank.
            rest = rest.strip_prefix(b" ")?;
        }
        let name = rest.strip_prefix(b" ")?;
        (!name.is_empty()).then_some((Some(size), None, name))
    }

    /// Decodes the name of a row; `padded` is whether bare names are moved by one blank.
    pub(in super::super::super) fn name(&self, row: &Row<'_>, padded: bool) -> Option<Vec<u8>> {
        let raw = row.name;
        let padded = padded || self.each && matches!(raw.first(), Some(b'\'' | b'"'));
        let is_link = row.shape == Shape::Symlink;
        let quoting = self.quoting();
        // A blank at the end may be one of the name, or one of a copy.
        let is_bare = matches!(quoting, Quoting::Raw | Quoting::Literal | Quoting::MaybeC);
        if is_bare && raw.ends_with(b" ") {
            return None;
        }
        let (name, rest) = match (quoting, raw.first()?) {
            (Quoting::Shell, b'\'' | b'"') if padded => name::shell(raw)?,
            (Quoting::MaybeC, b'"') if padded => name::c_string(raw)?,
            (Quoting::C, _) => name::c_string(raw)?,
            (Quoting::Marks, _) => name::marked(raw)?,
            (Quoting::Escape, _) => name::escaped(raw)?,
            (Quoting::Shell | Quoting::MaybeC, b' ') if padded => bare_name(&raw[1..], row)?,
            _ => bare_name(raw, row)?,
        };
        let target = rest.strip_prefix(b" -> ");
        let rest = if is_link && target.is_some() {
            b""
        } else {
            rest.trim_ascii_end()
        };
        let suffix: &[u8] = match rest {
            b"" => b"",
            [mark] if self.marks.contains(mark) => rest,
            _ => return None,
        };
        let name = if suffix.is_empty() {
            self.unsuffixed(name, row)
        } else {
            name
        };
        // A `?` in place of a control character is not the name. GNU would quote one of its own, so
        // that a bare one is another tool's.
        let is_bare = quoting == Quoting::Shell && !matches!(raw, [b'\'' | b'"', ..]);
        if (quoting == Quoting::Literal || is_bare || self.garbles) && name.contains(&b'?') {
            return None;
        }
        (!name.is_empty()).then_some(name)
    }

    /// Decodes the path in the header of a directory's block.
    pub(in super::super::super) fn header(&self, path: &[u8]) -> Option<Vec<u8>> {
        let whole = |(name, rest): (Vec<u8>, &[u8])| rest.is_empty().then_some(name);
        match self.quoting() {
            Quoting::C => name::c_string(path).and_then(whole),
            Quoting::Escape => name::escaped_whole(path),
            Quoting::Marks => name::marked(path).and_then(whole),
            Quoting::MaybeC if path.starts_with(b"\"") => name::c_string(path).and_then(whole),
            Quoting::Literal if path.contains(&b'?') => None,
            Quoting::Shell if self.garbles && path.contains(&b'?') => None,
            Quoting::Shell if matches!(path, [b'\'' | b'"', ..]) => {
                Some(name::shell(path).and_then(whole).unwrap_or(path.to_vec()))
            }
            Quoting::Shell | Quoting::Literal | Quoting::Raw | Quoting::MaybeC => {
                Some(path.to_vec())
            }
        }
    }

    /// Takes off what `-F` and `-p` append. No name holds a `/`, so that one always goes.
    fn unsuffixed(&self, mut name: Vec<u8>, row: &Row<'_>) -> Vec<u8> {
        let appended = match (row.shape, name.last()) {
            (Shape::Dir, Some(b'/')) => !self.themselves,
            (Shape::File, Some(b'*')) => row.executable,
            (Shape::Other, Some(b'|' | b'=')) => true,
            _ => false,
        };
        if appended && name.last().is_some_and(|mark| self.marks.contains(mark)) {
            name.pop();
        }
        name
    }
}

/// A name as it is, and what follows it: the size of a symbolic link is the length of its target,
/// which tells an arrow in a name from the one that ends it. `None` where nothing tells.
fn bare_name<'a>(raw: &'a [u8], row: &Row<'_>) -> Option<(Vec<u8>, &'a [u8])> {
    const ARROW: &[u8] = b" -> ";
    if row.shape != Shape::Symlink {
        return Some((raw.trim_ascii_end().to_vec(), &[]));
    }
    let length = row.apparent.filter(|size| size.is_exact());
    let by_length = length
        .and_then(|size| usize::try_from(size.lo).ok())
        .and_then(|target| raw.len().checked_sub(target)?.checked_sub(ARROW.len()))
        .filter(|&at| raw[at..].starts_with(ARROW));
    let mut arrows = (0..raw.len()).filter(|&at| raw[at..].starts_with(ARROW));
    match (by_length, arrows.next(), arrows.next()) {
        (Some(at), ..) | (None, Some(at), None) => Some((raw[..at].to_vec(), &raw[at..])),
        (None, None, _) => Some((raw.trim_ascii_end().to_vec(), &[])),
        (None, Some(_), Some(_)) => None,
    }
}

/// `?????????? ? ? ? ? ? name`
fn unreadable(mut tokens: Tokens<'_>) -> Option<Row<'_>> {
    let mut marks = 1;
    loop {
        let mut ahead = Tokens { ..tokens };
        if ahead.next()? != b"?" || marks == 5 {
            break;
        }
        tokens = ahead;
        marks += 1;
    }
    let name = tokens.rest().strip_prefix(b" ")?;
    (!name.is_empty()).then_some(Row {
        shape: Shape::Unreadable,
        apparent: None,
        disk: None,
        mtime: None,
        links: 0,
        inode: None,
        executable: false,
        name,
    })
}
