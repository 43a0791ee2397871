//! Formats that a user gave to `find -printf` and `stat -c`: compiled to a parser of their rows.
//!
//! Each field ends where the literal after it begins; a path is the last field of its row, or ends
//! at that literal's last occurrence. What a directive prints that is not known here is passed over.

use crate::bytes::Interval;

use super::ls::Shape;
use super::{name, number};

/// What a row says of one path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Fact {
    pub(in super::super) path: Vec<u8>,
    pub(in super::super) shape: Option<Shape>,
    pub(in super::super) apparent: Option<Interval>,
    pub(in super::super) disk: Option<Interval>,
    pub(in super::super) mtime: Option<i64>,
    pub(in super::super) inode: Option<u64>,
    pub(in super::super) links: Option<u64>,
    /// The sizes are those of the name itself, whatever it is, and no sums.
    pub(in super::super) itself: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Path,
    /// Below the starting point.
    Below,
    Base,
    Folder,
    Size,
    /// Blocks of so many bytes.
    Blocks(u64),
    /// A letter, as `find` prints kinds.
    Letter,
    /// Words, as `stat` prints kinds.
    Words,
    /// `-rw-r--r--`
    Mode,
    Inode,
    Links,
    Modified,
    /// A name in quotes, and what a link leads to.
    Quoted,
    /// So many words, which is all that is known.
    Several(usize),
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(Vec<u8>),
    /// A field, and whether blanks may fill it up.
    Field(Field, bool),
}

/// A format whose rows can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Format(Vec<Part>);

impl Format {
    /// Compiles the format of `find -printf`; `None` where a row is not a line with a path.
    pub(in super::super) fn of_find(text: &[u8]) -> Option<Self> {
        let field = |letter, of| {
            Some(match letter {
                b'T' if of == b'@' => Field::Modified,
                b'T' | b'A' | b'C' | b'B' => match of {
                    // Dates as the locale writes them.
                    b'c' | b'x' | b'X' | b'r' => return None,
                    _ => Field::Other,
                },
                b'a' | b'c' | b't' => Field::Several(5),
                b'p' => Field::Path,
                b'P' => Field::Below,
                b'f' => Field::Base,
                b'h' => Field::Folder,
                b's' => Field::Size,
                b'k' => Field::Blocks(1024),
                b'b' => Field::Blocks(512),
                b'y' => Field::Letter,
                b'M' => Field::Mode,
                b'i' => Field::Inode,
                b'n' => Field::Links,
                _ => Field::Other,
            })
        };
        let format = compile(text, true, b"TACB", field)?;
        let ends = matches!(format.0.last(), Some(Part::Literal(text)) if text.ends_with(b"\n"));
        ends.then(|| format.without_end())
    }

    /// Compiles the format of `stat -c`, `stat --printf` or BSD's `stat -f`.
    pub(in super::super) fn of_stat(text: &[u8], bsd: bool) -> Option<Self> {
        let gnu = |letter, _| match letter {
            b'N' => Field::Quoted,
            b'w' | b'x' | b'y' | b'z' => Field::Several(3),
            b'n' => Field::Path,
            b's' => Field::Size,
            b'b' => Field::Blocks(512),
            b'i' => Field::Inode,
            b'h' => Field::Links,
            b'F' => Field::Words,
            b'A' => Field::Mode,
            b'Y' => Field::Modified,
            _ => Field::Other,
        };
        let of_bsd = |letter, _| match letter {
            b'N' => Field::Path,
            b'z' => Field::Size,
            b'b' => Field::Blocks(512),
            b'i' => Field::Inode,
            b'l' => Field::Links,
            b'm' => Field::Modified,
            _ => Field::Other,
        };
        let format = if bsd {
            compile(text, true, b"ASHL", |letter, of| Some(of_bsd(letter, of)))
        } else {
            compile(text, true, b"HL", |letter, of| Some(gnu(letter, of)))
        }?;
        Some(format.without_end())
    }

    /// The rows of `stat -t`.
    pub(in super::super) fn of_terse_stat() -> Option<Self> {
        Self::of_stat(b"%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o", false)
    }

    /// The rows of `wc -c`.
    pub(in super::super) fn of_counts() -> Self {
        let literal = Part::Literal(b" ".to_vec());
        Self(vec![
            Part::Field(Field::Size, true),
            literal,
            Part::Field(Field::Path, false),
        ])
    }

    fn without_end(mut self) -> Self {
        if let Some(Part::Literal(text)) = self.0.last_mut() {
            if text.ends_with(b"\n") {
                text.pop();
            }
            if text.is_empty() {
                self.0.pop();
            }
        }
        self
    }

    /// Reads one row.
    pub(in super::super) fn row(&self, line: &[u8], start: Option<&[u8]>) -> Option<Fact> {
        let mut read = Reading {
            start,
            ..Reading::default()
        };
        read.parts(&self.0, line)?;
        if let (Some(folder), Some(base)) = (&read.folder, &read.base) {
            read.fact.path = [folder, &b"/"[..], base].concat();
        }
        (!read.fact.path.is_empty()).then_some(read.fact)
    }
}

/// A row that is being read.
#[derive(Clone, Default)]
struct Reading<'a> {
    start: Option<&'a [u8]>,
    fact: Fact,
    folder: Option<Vec<u8>>,
    base: Option<Vec<u8>>,
}

/// A path may hold the literal that ends it: so many of the last places are tried.
const MOST_ENDS: usize = 32;

impl Reading<'_> {
    /// Reads what is left of a row by what is left of its format, which is short.
    fn parts(&mut self, parts: &[Part], rest: &[u8]) -> Option<()> {
        let Some((part, later)) = parts.split_first() else {
            return rest.is_empty().then_some(());
        };
        let (field, filled) = match part {
            Part::Literal(text) => return self.parts(later, rest.strip_prefix(text.as_slice())?),
            Part::Field(field, filled) => (*field, *filled),
        };
        match later.first() {
            None => self.set(field, rest, filled),
            Some(Part::Literal(text)) => {
                let mut ends = (0..rest.len()).filter(|&at| rest[at..].starts_with(text));
                if !field.is_path() {
                    let blanks = rest.iter().take_while(|&&b| b == b' ').count();
                    let fits = |end: &usize| *end > blanks && field.fits(&rest[blanks..*end]);
                    let end = ends.find(fits)?;
                    self.set(field, &rest[..end], filled)?;
                    return self.parts(later, &rest[end..]);
                }
                ends.rev().take(MOST_ENDS).find_map(|end| {
                    let mut attempt = self.clone();
                    attempt.set(field, &rest[..end], filled)?;
                    attempt.parts(later, &rest[end..])?;
                    *self = attempt;
                    Some(())
                })
            }
            // Two fields without anything between cannot be told apart.
            Some(Part::Field(..)) => None,
        }
    }

    fn set(&mut self, field: Field, value: &[u8], filled: bool) -> Option<()> {
        let value = if filled { value.trim_ascii() } else { value };
        match field {
            Field::Folder => self.folder = Some(value.to_vec()),
            Field::Base => self.base = Some(value.to_vec()),
            Field::Below => self.fact.path = [self.start?, b"/", value].concat(),
            _ => self.fact.set(field, value)?,
        }
        Some(())
    }
}

impl Field {
    /// Whether a field can have printed this, which ends where the literal behind it begins.
    fn fits(self, value: &[u8]) -> bool {
        match self {
            Self::Words => KINDS.iter().any(|kind| kind.as_bytes() == value),
            // A time that the file system does not keep is a dash.
            Self::Several(words) => {
                value == b"-"
                    || value
                        .split(|&b| b == b' ')
                        .filter(|w| !w.is_empty())
                        .count()
                        == words
            }
            _ => true,
        }
    }

    fn is_path(self) -> bool {
        matches!(
            self,
            Self::Path | Self::Below | Self::Base | Self::Folder | Self::Quoted
        )
    }
}

impl Fact {
    fn set(&mut self, field: Field, value: &[u8]) -> Option<()> {
        let figure = value.trim_ascii();
        match field {
            Field::Path => self.path = value.to_vec(),
            Field::Quoted => {
                let (name, rest) = name::shell(value)?;
                let target = rest.strip_prefix(b" -> ").and_then(name::shell);
                let ends = rest.is_empty() || target.is_some_and(|(_, rest)| rest.is_empty());
                let is_quoted = matches!(value, [b'\'' | b'"', ..]);
                self.path = (ends && is_quoted).then_some(name)?;
            }
            Field::Size => self.apparent = Some(number::exact(figure)?),
            Field::Blocks(unit) => self.disk = Some(number::blocks(figure, unit)?),
            Field::Inode => self.inode = Some(number::digits(figure)?),
            Field::Links => self.links = Some(number::digits(figure)?),
            Field::Modified => {
                let whole = figure.split(|&b| b == b'.').next().unwrap_or_default();
                self.mtime = number::digits(whole).and_then(|n| n.try_into().ok());
            }
            Field::Letter => {
                self.shape = Some(match figure {
                    b"f" => Shape::File,
                    b"d" => Shape::Dir,
                    b"l" => Shape::Symlink,
                    [_] => Shape::Other,
                    _ => return None,
                });
            }
            Field::Words => self.shape = Some(shape_of_words(figure)),
            Field::Mode => self.shape = super::ls::shape_of(figure),
            Field::Below | Field::Base | Field::Folder | Field::Several(_) | Field::Other => {}
        }
        Some(())
    }
}

/// What `stat` calls the kinds of files.
const KINDS: [&str; 8] = [
    "regular file",
    "regular empty file",
    "directory",
    "symbolic link",
    "fifo",
    "socket",
    "block special file",
    "character special file",
];

/// `regular empty file`, `directory`, …
pub(in super::super) fn shape_of_words(words: &[u8]) -> Shape {
    match words {
        b"regular file" | b"regular empty file" => Shape::File,
        b"directory" => Shape::Dir,
        b"symbolic link" => Shape::Symlink,
        _ => Shape::Other,
    }
}

/// Compiles a format, in which some letters take another behind them.
fn compile(
    text: &[u8],
    escapes: bool,
    double: &[u8],
    field: impl Fn(u8, u8) -> Option<Field>,
) -> Option<Format> {
    let mut parts = Vec::new();
    let mut literal = Vec::new();
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'\\' if escapes => {
                let (&next, tail) = rest.split_first()?;
                rest = tail;
                literal.push(match next {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'\\' => b'\\',
                    // A zero byte, which ends no line on a terminal.
                    _ => return None,
                });
            }
            b'%' if rest.starts_with(b"%") => {
                literal.push(b'%');
                rest = &rest[1..];
            }
            b'%' => {
                let width = rest
                    .iter()
                    .position(|b| !b.is_ascii_digit() && !matches!(b, b'-' | b'.' | b'+'))?;
                let letter = rest[width];
                rest = &rest[width + 1..];
                // `%TY`, `%A@`, `%C+`: a letter of their own.
                let mut of = 0;
                if let Some((&next, tail)) = rest.split_first()
                    && double.contains(&letter)
                    && (next.is_ascii_alphabetic() || matches!(next, b'@' | b'+'))
                {
                    (of, rest) = (next, tail);
                }
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.push(Part::Field(field(letter, of)?, width > 0));
            }
            _ => literal.push(byte),
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    let has = |wanted: &[Field]| {
        parts
            .iter()
            .any(|p| matches!(p, Part::Field(f, _) if wanted.contains(f)))
    };
    let names = has(&[Field::Path, Field::Below, Field::Quoted])
        || (has(&[Field::Folder]) && has(&[Field::Base]));
    names.then_some(Format(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A format of `find`, a row, and the path, apparent size and disk that it says; no path where
    /// it says nothing.
    type Row = (
        &'static str,
        &'static str,
        &'static str,
        Option<u64>,
        Option<(u64, u64)>,
    );

    const ROWS: [Row; 13] = [
        ("%s %p\\n", "33 ./ lead", "./ lead", Some(33), None),
        (
            "%p\\t%k\\t%s\\n",
            "a\tb\t4\t7",
            "a\tb",
            Some(7),
            Some((3584, 4096)),
        ),
        ("%s %h/%f\\n", "12 ./x/y z", "./x/y z", Some(12), None),
        ("%TY-%Tm-%Td %s %p\\n", "2026-11-22 5 a", "a", Some(5), None),
        (
            "%10s %TY-%Tm-%Td %p\\n",
            "      4096 2026-11-22 ./a b",
            "./a b",
            Some(4096),
            None,
        ),
        ("%b %P\\n", "8 a/b", "top/a/b", None, Some((4096, 4096))),
        (
            "%M %n %s %t %p\\n",
            "-rw-r--r-- 1 5 Sun Nov 22 23:07:04.1234567890 2026 ./a b",
            "./a b",
            Some(5),
            None,
        ),
        (
            "%c %s %p\\n",
            "Sun Nov  1 23:07:04.1 2026 7 x",
            "x",
            Some(7),
            None,
        ),
        (
            "%10s %-8p|\\n",
            "        12 ./a b   |",
            "./a b",
            Some(12),
            None,
        ),
        (
            "%TH:%TM:%TS %s %p\\n",
            "23:07:04.1234567890 7 x",
            "x",
            Some(7),
            None,
        ),
        ("%H:%s %p\\n", ".:7 x", "x", Some(7), None),
        ("%s%p\\n", "12a", "", None, None),
        ("%s %p\\n", "x a", "", None, None),
    ];

    #[test]
    fn rows_are_read_by_their_format() {
        for (format, row, path, apparent, disk) in ROWS {
            let compiled = Format::of_find(format.as_bytes()).unwrap();
            let fact = compiled.row(row.as_bytes(), Some(b"top"));
            assert_eq!(fact.is_none(), path.is_empty(), "{format}: {row}");
            let Some(fact) = fact else {
                continue;
            };
            assert_eq!(fact.path, path.as_bytes(), "{format}");
            assert_eq!(fact.apparent, apparent.map(Interval::exactly), "{format}");
            assert_eq!(
                fact.disk,
                disk.map(|(a, b)| Interval::between(a, b)),
                "{format}"
            );
        }
        let kinds = Format::of_find(b"%8s|%h/%f|%y\\n").unwrap();
        let fact = kinds.row(b"      12|./x|f", None).unwrap();
        assert_eq!(
            (fact.path, fact.shape),
            (b"./x".to_vec(), Some(Shape::File))
        );
        for format in ["%s\\n", "%p", "%p\\0", "%s %f\\n", "%Tc %s %p\\n"] {
            assert_eq!(Format::of_find(format.as_bytes()), None, "{format}");
        }
        let stat = Format::of_stat(b"%n %s %F", false).unwrap();
        let fact = stat.row(b"a b 0 regular empty file", None).unwrap();
        assert_eq!(
            (fact.path, fact.shape),
            (b"a b".to_vec(), Some(Shape::File))
        );
    }

    #[test]
    fn formats_of_stat_are_read() {
        for (format, row, path, size) in [
            ("%a %F %s %n", "644 regular file 5 a b", "a b", 5),
            (
                "%F %s %n",
                "regular empty file 0 regular file",
                "regular file",
                0,
            ),
            (
                "%A %s %y %n",
                "-rw-r--r-- 5 2026-11-22 23:07:04.123 +0000 a 1",
                "a 1",
                5,
            ),
            ("%w %s %n", "- 5 a", "a", 5),
            ("%T,%A,%s,%n", "0,-rw-r--r--,5,a,b", "a,b", 5),
            ("%N %s", "'a b' 5", "a b", 5),
            ("%s %N", "11 'ln k' -> 'my file'", "ln k", 11),
            ("%s:%n", "5:a:b", "a:b", 5),
        ] {
            let stat = Format::of_stat(format.as_bytes(), false).unwrap();
            let fact = stat.row(row.as_bytes(), None);
            let fact = fact.unwrap_or_else(|| panic!("{format}: {row}"));
            let text = String::from_utf8(fact.path).unwrap();
            assert_eq!(
                (text.as_str(), fact.apparent),
                (path, Some(Interval::exactly(size)))
            );
        }
        let quoted = Format::of_stat(b"%N %s", false).unwrap();
        for row in ["a 5", "'a'b c' 5", "'a' 'b' 5"] {
            assert_eq!(quoted.row(row.as_bytes(), None), None, "{row}");
        }
        let terse = Format::of_terse_stat().unwrap();
        let row =
            b"a b 120 8 81ed 0 0 fe00 77 1 0 0 1795388824 1795388824 1795388824 1795388824 4096";
        let fact = terse.row(row, None).unwrap();
        assert_eq!(
            (fact.path, fact.disk),
            (b"a b".to_vec(), Some(Interval::exactly(4096)))
        );
    }
}
