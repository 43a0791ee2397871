//! `ls -l` and its kin, and the two rows of Advent of Code's `ls`.
//!
//! A long row is read from its mode forward and anchored on the date: the size stands right before
//! the date, the name after exactly one blank. Owners and groups may hold blanks, months may be in
//! any language; a row in which no date follows a size is no row.

use crate::bytes::Interval;

use super::super::word::Word;
use super::date::{Tokens, date, words_of_format};
use super::name::{self, Quoting};
use super::number;
pub(in super::super) use super::total::{is_total_word, total};

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
    classified: bool,
    /// A name a row (`-1`), or what is not printed on a terminal.
    pub(in super::super) in_one_column: bool,
    /// Names are written as they are: the output did not go to a terminal.
    piped: bool,
    commas: bool,
    each: bool,
    /// Blocks are counted in this unit.
    unit: Option<u64>,
    /// The figures of blocks are in this, where the command does not say.
    default: Option<number::Unit>,
    /// Figures are in groups of three digits.
    grouped: bool,
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

/// What a row shows, before its name is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Row<'a> {
    pub(in super::super) shape: Shape,
    pub(in super::super) apparent: Option<Interval>,
    pub(in super::super) disk: Option<Interval>,
    pub(in super::super) mtime: Option<i64>,
    /// How many names the inode has.
    pub(in super::super) links: u64,
    pub(in super::super) inode: Option<u64>,
    executable: bool,
    /// All that stands after the date and one blank.
    pub(in super::super) name: &'a [u8],
}

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
    /// Reads the options; `None` where the output would be in a form that is not read.
    pub(in super::super) fn parse(command: &str, words: &[Word]) -> Option<Self> {
        let mut ls = Self::default();
        match command {
            "ll" | "l" | "lh" | "lla" => (ls.long, ls.classified, ls.guessed) = (true, true, true),
            "la" | "lsa" => (ls.long, ls.guessed) = (true, true),
            "vdir" => (ls.long, ls.quoting) = (true, Some(Quoting::Escape)),
            "dir" => ls.quoting = Some(Quoting::Escape),
            _ => {}
        }
        let mut options = true;
        for word in words {
            match word.text.as_slice() {
                b"--" if options => options = false,
                [b'-', b'-', long @ ..] if options => ls.long_option(long)?,
                [b'-', letters @ ..] if options && !letters.is_empty() => {
                    for &letter in letters {
                        ls.letter(letter)?;
                    }
                }
                _ => ls.operands.push(word.clone()),
            }
        }
        // Names in a row, parted by commas, may hold commas.
        (!ls.commas).then_some(ls)
    }

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

    /// Whether an inode's number stands before each name.
    pub(in super::super) fn shows_inodes(&self) -> bool {
        self.inodes
    }

    /// The allocated bytes behind a printed count of blocks.
    pub(in super::super) fn blocks_of(&self, figure: &[u8]) -> Option<Interval> {
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
        let read = match (self.human, self.unit) {
            (Some(base), _) => number::human(figure, base),
            (None, Some(unit)) => number::units(figure, unit),
            (None, None) => number::exact(figure),
        };
        let grouped = || number::grouped(figure).filter(|_| self.grouped);
        read.or_else(|| number::any_human(figure))
            .or_else(|| grouped().map(Interval::exactly))
    }

    /// A name without the sign that `-F` or `-p` has appended, and what that sign says.
    pub(in super::super) fn unmarked<'a>(&self, name: &'a [u8]) -> (&'a [u8], Shape) {
        match name.split_last() {
            Some((b'/', rest)) if self.classified => (rest, Shape::Dir),
            Some((b'*', rest)) if self.classified => (rest, Shape::File),
            Some((b'@', rest)) if self.classified => (rest, Shape::Symlink),
            Some((b'|' | b'=', rest)) if self.classified => (rest, Shape::Other),
            _ => (name, Shape::Unknown),
        }
    }

    /// Whether a name in a row can be nothing else: one a row.
    pub(in super::super) fn quotes_for_sure(&self) -> bool {
        self.in_one_column
    }

    fn letter(&mut self, letter: u8) -> Option<()> {
        match letter {
            b'l' | b'n' => self.long = true,
            b'g' => (self.long, self.no_owner) = (true, true),
            b'o' => (self.long, self.no_group) = (true, true),
            b'G' => self.no_group = true,
            // Of the blocks only: sizes stay in bytes.
            b'k' => self.default = Some(number::Unit::Of(1024)),
            b'Z' => self.extra += 1,
            b'a' | b'A' | b'f' => self.all = true,
            b'R' => self.recursive = true,
            b'd' => self.themselves = true,
            b'h' => self.human = Some(1024),
            b's' => self.blocks = true,
            b'i' => self.inodes = true,
            b'F' | b'p' => self.classified = true,
            b'c' | b'u' => self.other_time = true,
            b'N' => self.quoting = Some(Quoting::Literal),
            b'Q' => self.quoting = Some(Quoting::C),
            b'b' => self.quoting = Some(Quoting::Escape),
            b'1' => self.in_one_column = true,
            b'm' => self.commas = true,
            b'C' | b'x' => self.in_one_column = false,
            // Of these the BSDs have `T`, `O`, `e` and `@`.
            b'q' | b'r' | b't' | b'S' | b'U' | b'X' | b'v' | b'w' | b'T' | b'O' | b'e' | b'@' => {}
            _ => return None,
        }
        Some(())
    }

    fn long_option(&mut self, option: &[u8]) -> Option<()> {
        match option {
            b"all" | b"almost-all" => self.all = true,
            b"recursive" => self.recursive = true,
            b"directory" => self.themselves = true,
            b"human-readable" => self.human = Some(1024),
            b"si" => self.human = Some(1000),
            b"size" => self.blocks = true,
            b"inode" => self.inodes = true,
            b"classify" | b"file-type" => self.classified = true,
            b"full-time" => self.long = true,
            b"literal" => self.quoting = Some(Quoting::Literal),
            b"quote-name" => self.quoting = Some(Quoting::C),
            b"escape" => self.quoting = Some(Quoting::Escape),
            b"no-group" => self.no_group = true,
            b"author" | b"context" => self.extra += 1,
            b"kibibytes" => self.default = Some(number::Unit::Of(1024)),
            b"numeric-uid-gid"
            | b"reverse"
            | b"color"
            | b"show-control-chars"
            | b"hide-control-chars"
            | b"group-directories-first" => {}
            _ if option.starts_with(b"time-style=+") => {
                self.date_words = Some(words_of_format(&option[b"time-style=+".len()..])?);
            }
            _ if ["time-style=", "color=", "hyperlink=", "tabsize=", "width="]
                .iter()
                .any(|known| option.starts_with(known.as_bytes())) => {}
            _ if option.starts_with(b"sort=") => {}
            _ if option.starts_with(b"time=") => self.other_time = true,
            _ if option.starts_with(b"block-size=") => {
                let value = &option[b"block-size=".len()..];
                let plain = value.strip_prefix(b"'");
                self.grouped = plain.is_some();
                match number::unit(plain.unwrap_or(value))? {
                    number::Unit::Of(unit) => self.unit = Some(unit),
                    number::Unit::Human(base) => self.human = Some(base),
                    number::Unit::Either => return None,
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// Reads one long row.
    pub(in super::super) fn row<'a>(&self, line: &'a [u8]) -> Option<Row<'a>> {
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
        for _ in 0..12 {
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
                return (!name.is_empty()).then_some((size, mtime, name));
            }
            before = token;
        }
        None
    }

    /// The same where the date is in a format of the user's: owners are then taken for one word.
    fn by_columns<'a>(
        &self,
        mut tokens: Tokens<'a>,
        words: usize,
    ) -> Option<(Option<Interval>, Option<i64>, &'a [u8])> {
        let owners = usize::from(!self.no_owner) + usize::from(!self.no_group) + self.extra;
        for _ in 0..owners {
            tokens.next()?;
        }
        let size = self.size_of(tokens.next()?)?;
        for _ in 0..words {
            tokens.next()?;
        }
        let name = tokens.rest().strip_prefix(b" ")?;
        (!name.is_empty()).then_some((Some(size), None, name))
    }

    /// Decodes the name of a row; `padded` is whether bare names are moved by one blank.
    pub(in super::super) fn name(&self, row: &Row<'_>, padded: bool) -> Option<Vec<u8>> {
        let raw = row.name;
        let padded = padded || self.each && matches!(raw.first(), Some(b'\'' | b'"'));
        let is_link = row.shape == Shape::Symlink;
        let quoting = self.quoting();
        let (name, rest) = match (quoting, raw.first()?) {
            (Quoting::Shell, b'\'' | b'"') if padded => name::shell(raw)?,
            (Quoting::C, _) => name::c_string(raw)?,
            (Quoting::Escape, _) => name::escaped(raw)?,
            (Quoting::Shell, b' ') if padded => bare_name(&raw[1..], row)?,
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
            one @ [b'/' | b'*' | b'@' | b'=' | b'|' | b'>'] if self.classified => one,
            _ => return None,
        };
        let name = if suffix.is_empty() {
            self.unsuffixed(name, row)
        } else {
            name
        };
        // A `?` in place of a control character is not the name.
        if quoting == Quoting::Literal && name.contains(&b'?') {
            return None;
        }
        (!name.is_empty()).then_some(name)
    }

    /// Decodes the path in the header of a directory's block.
    pub(in super::super) fn header(&self, path: &[u8]) -> Option<Vec<u8>> {
        let whole = |(name, rest): (Vec<u8>, &[u8])| rest.is_empty().then_some(name);
        match self.quoting() {
            Quoting::C => name::c_string(path).and_then(whole),
            Quoting::Escape => name::escaped_whole(path),
            Quoting::Literal if path.contains(&b'?') => None,
            Quoting::Shell if matches!(path, [b'\'' | b'"', ..]) => {
                Some(name::shell(path).and_then(whole).unwrap_or(path.to_vec()))
            }
            Quoting::Shell | Quoting::Literal | Quoting::Raw => Some(path.to_vec()),
        }
    }

    /// Takes off what `-F` and `-p` append. No name holds a `/`, so that one always goes.
    fn unsuffixed(&self, mut name: Vec<u8>, row: &Row<'_>) -> Vec<u8> {
        let appended = match (row.shape, name.last()) {
            (Shape::Dir, Some(b'/')) => !self.themselves && self.classified,
            (Shape::File, Some(b'*')) => self.classified && row.executable,
            (Shape::Other, Some(b'|' | b'=')) => self.classified,
            _ => false,
        };
        if appended {
            name.pop();
        }
        name
    }

    fn quoting(&self) -> Quoting {
        let usual = if self.piped {
            Quoting::Raw
        } else {
            Quoting::Shell
        };
        self.quoting.unwrap_or(usual)
    }

    /// Whether names are printed as they are, with `?` for what cannot be.
    pub(in super::super) fn is_literal(&self) -> bool {
        self.quoting == Some(Quoting::Literal)
    }

    /// Whether the names of this listing may be quoted as a shell would.
    pub(in super::super) fn may_quote(&self) -> bool {
        self.quoting() == Quoting::Shell
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ls(options: &str) -> Ls {
        let words: Vec<Word> = options
            .split_whitespace()
            .map(|text| Word {
                text: text.as_bytes().to_vec(),
                expands: false,
            })
            .collect();
        Ls::parse("ls", &words).unwrap()
    }

    fn read(options: &str, line: &str) -> Option<(Shape, Option<Interval>, Option<i64>, String)> {
        let ls = ls(options);
        let row = ls.row(line.as_bytes())?;
        let name = ls.name(&row, true)?;
        Some((
            row.shape,
            row.apparent,
            row.mtime,
            String::from_utf8(name).unwrap(),
        ))
    }

    #[test]
    fn rows_are_read_in_every_date_form() {
        for (line, mtime, name) in [
            (
                "-rw-r--r-- 1 root root 183422 Nov 22 06:02 syslog",
                None,
                "syslog",
            ),
            (
                "-rw-r--r--. 1 root root 183422 Mar  4  2019 syslog",
                Some(1_551_657_600),
                "syslog",
            ),
            (
                "-rw-r--r-- 1 root root 183422 2026-11-22 06:02 000001.wal",
                Some(1_795_327_320),
                "000001.wal",
            ),
            (
                "-rw-r--r-- 1 root root 183422 2026-11-22 06:02:11.123456789 +0200 a b",
                Some(1_795_320_131),
                "a b",
            ),
            (
                "-rw-r--r-- 1 root root 183422 22. Nov 06:02 1 2",
                None,
                "1 2",
            ),
            ("-rw-r--r-- 1 root root 183422 11月 22 06:02 x", None, "x"),
            (
                "-rw-r--r--    1 root     root        183422 Nov 22 06:02 x",
                None,
                "x",
            ),
            (
                "-rw-r--r-- 1 CORP\\jo domain users 183422 Nov  2 06:02 x",
                None,
                "x",
            ),
            (
                "-rw-r--r-- 1 root root 183422 Nov 22 06:02  -rf",
                None,
                "-rf",
            ),
            (
                "-rw-r--r-- 1 root root 183422 Nov 22 06:02 'new'$'\\n''line'",
                None,
                "new\nline",
            ),
            (
                "-rw-r--r-- 1 root root 183422 Jan  1 12:00 'Jan  1 12:00 x'",
                None,
                "Jan  1 12:00 x",
            ),
        ] {
            let size = Some(Interval::exactly(183_422));
            let expected = Some((Shape::File, size, mtime, name.to_owned()));
            assert_eq!(read("-l", line), expected, "{line}");
        }
    }

    #[test]
    fn columns_follow_the_options() {
        let size = |n| Some(Interval::exactly(n));
        for (options, line, expected) in [
            (
                "-l",
                "lrwxrwxrwx 1 a a 9 Nov 22 06:02 x -> /no/where",
                (Shape::Symlink, size(9), "x"),
            ),
            (
                "-l",
                "lrwxrwxrwx 1 a a 9 Nov 22 06:02 'a -> b' -> c",
                (Shape::Symlink, size(9), "a -> b"),
            ),
            (
                "-l",
                "brw-r--r-- 1 a a 7, 0 Nov 22 06:02 loop",
                (Shape::Other, size(0), "loop"),
            ),
            (
                "-lF",
                "drwxr-xr-x 2 a a 4096 Nov 22 06:02 d/",
                (Shape::Dir, size(4096), "d"),
            ),
            (
                "-lF",
                "-rwxr-xr-x 2 a a 1 Nov 22 06:02 run*",
                (Shape::File, size(1), "run"),
            ),
            (
                "-li",
                "77 -rwxr-xr-x 2 a a 1 Nov 22 06:02 run",
                (Shape::File, size(1), "run"),
            ),
            (
                "-ln",
                "-rw-r--r-- 1 0 0 5 2026-11-22 06:02 x",
                (Shape::File, size(5), "x"),
            ),
            (
                "-o",
                "-rw-r--r-- 1 root 5 Nov 22 06:02 x",
                (Shape::File, size(5), "x"),
            ),
            (
                "-lQ",
                "-rw-r--r-- 1 a a 5 Nov 22 06:02 \"a\\tb\"",
                (Shape::File, size(5), "a\tb"),
            ),
            (
                "-lb",
                "-rw-r--r-- 1 a a 5 Nov 22 06:02 a\\ b",
                (Shape::File, size(5), "a b"),
            ),
            (
                "-l",
                "?????????? ? ? ? ? ? locked",
                (Shape::Unreadable, None, "locked"),
            ),
            (
                "-l",
                "d????????? ? ? ? ?            ? locked",
                (Shape::Unreadable, None, "locked"),
            ),
            (
                "-lh",
                "-rw-r--r-- 1 a a 1.0K Nov 22 06:02 x",
                (Shape::File, Some(Interval::between(922, 1075)), "x"),
            ),
        ] {
            let (shape, apparent, name) = expected;
            let got = read(options, line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(
                (got.0, got.1, got.3.as_str()),
                (shape, apparent, name),
                "{line}"
            );
        }
        let sized = ls("-ls");
        let row = sized.row(b" 4 -rw-r--r-- 1 a a 1 Nov 22 06:02 x").unwrap();
        assert_eq!(row.disk, Some(Interval::between(3584, 4096)));
    }

    #[test]
    fn the_size_of_a_link_tells_its_arrow() {
        for (line, name) in [
            ("lrwxrwxrwx 1 a a 6 Nov 22 06:02 x -> a -> b", Some("x")),
            (
                "lrwxrwxrwx 1 a a 1 Nov 22 06:02 x -> a -> b",
                Some("x -> a"),
            ),
            (
                "lrwxrwxrwx 1 a a 0 Nov 22 06:02 exe -> /bin/sh",
                Some("exe"),
            ),
            ("lrwxrwxrwx 1 a a 3 Nov 22 06:02 x -> a -> b", None),
        ] {
            let got = read("-l", line).map(|row| row.3);
            assert_eq!(got.as_deref(), name, "{line}");
        }
    }

    #[test]
    fn headers_are_read_as_the_names_are_written() {
        for (options, header, path) in [
            ("-lR", "./a b", Some("./a b")),
            ("-lR", "'./a'$'\\n''b'", Some("./a\nb")),
            ("-lRQ", "\"./a\\tb\"", Some("./a\tb")),
            ("-lRQ", "./a", None),
            ("-lRb", "./a\\ b\\:\\033", Some("./a b:\u{1b}")),
            ("-lRb", "./a b", Some("./a b")),
            ("-lRb", "./a\\", None),
            ("-lRN", "./a'b", Some("./a'b")),
            ("-lRN", "./a?b", None),
        ] {
            let path = path.map(|path| path.as_bytes().to_vec());
            assert_eq!(
                ls(options).header(header.as_bytes()),
                path,
                "{options} {header}"
            );
        }
    }

    #[test]
    fn what_is_no_row_is_refused() {
        for line in [
            "",
            "total 12",
            "var/log:",
            "-rw-r--r-- 1 root root 12 syslog",
            "-rw-r--r-- 1 root root Nov 22 06:02 syslog",
            "-rw-r--r-- 1 root root 12 Nov 22 06:02",
            "-rw-r--r-- 1 root root 12 Nov 22 06:02 ",
            "drwxr-xr-x",
            "-rw-r--r-- 1 root root 1.0Q Nov 22 06:02 x",
            "-rw-r--r-- 1 root root 12 2026-11-22 06:02 ",
        ] {
            assert_eq!(read("-l", line), None, "{line}");
        }
        assert_eq!(read("-lN", "-rw-r--r-- 1 a a 12 Nov 22 06:02 a?b"), None);
        for options in ["-L -l", "--block-size=7Q -l", "-m", "--time-style=+%c -l"] {
            let words: Vec<Word> = options
                .split(' ')
                .map(|t| Word {
                    text: t.as_bytes().to_vec(),
                    expands: false,
                })
                .collect();
            assert_eq!(Ls::parse("ls", &words), None, "{options}");
        }
    }

    #[test]
    fn puzzle_rows_are_read() {
        let exact = |n| Some(Interval::exactly(n));
        for (line, row) in [
            ("dir a", Some((Shape::Dir, None, &b"a"[..]))),
            ("123 b.txt", Some((Shape::File, exact(123), b"b.txt"))),
            ("0 $ ls", Some((Shape::File, exact(0), b"$ ls"))),
            ("dir ", None),
            ("123", None),
            ("12x b", None),
        ] {
            assert_eq!(puzzle_row(line.as_bytes()), row, "{line}");
        }
    }
}
