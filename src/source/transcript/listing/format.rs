//! Formats that a user gave to `find -printf` and `stat -c`: compiled to a parser of their rows.
//!
//! Each field ends where the literal after it begins; a path is the last field of its row, or ends
//! at that literal's last occurrence. What a directive prints that is not known here is passed over.

use crate::bytes::Interval;

use super::ls::Shape;
use super::number;

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
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(Vec<u8>),
    Field(Field),
}

/// A format whose rows can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Format(Vec<Part>);

impl Format {
    /// Compiles the format of `find -printf`; `None` where a row is not a line with a path.
    pub(in super::super) fn of_find(text: &[u8]) -> Option<Self> {
        let field = |letter| match letter {
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
        };
        let format = compile(text, true, field)?;
        let ends = matches!(format.0.last(), Some(Part::Literal(text)) if text == b"\n");
        ends.then(|| format.without_end())
    }

    /// Compiles the format of `stat -c`, `stat --printf` or BSD's `stat -f`.
    pub(in super::super) fn of_stat(text: &[u8], bsd: bool) -> Option<Self> {
        let gnu = |letter| match letter {
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
        let of_bsd = |letter| match letter {
            b'N' => Field::Path,
            b'z' => Field::Size,
            b'b' => Field::Blocks(512),
            b'i' => Field::Inode,
            b'l' => Field::Links,
            b'm' => Field::Modified,
            _ => Field::Other,
        };
        let format = if bsd {
            compile(text, true, of_bsd)
        } else {
            compile(text, true, gnu)
        }?;
        Some(format.without_end())
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
        let field = match part {
            Part::Literal(text) => return self.parts(later, rest.strip_prefix(text.as_slice())?),
            Part::Field(field) => *field,
        };
        match later.first() {
            None => self.set(field, rest),
            Some(Part::Literal(text)) => {
                let mut ends = (0..rest.len()).filter(|&at| rest[at..].starts_with(text));
                if !field.is_path() {
                    // A figure that was made wider has blanks before it.
                    let filled = rest.iter().take_while(|&&b| b == b' ').count();
                    let end = ends.find(|&end| end >= filled && end > 0)?;
                    self.set(field, &rest[..end])?;
                    return self.parts(later, &rest[end..]);
                }
                ends.rev().take(MOST_ENDS).find_map(|end| {
                    let mut attempt = self.clone();
                    attempt.set(field, &rest[..end])?;
                    attempt.parts(later, &rest[end..])?;
                    *self = attempt;
                    Some(())
                })
            }
            // Two fields without anything between cannot be told apart.
            Some(Part::Field(_)) => None,
        }
    }

    fn set(&mut self, field: Field, value: &[u8]) -> Option<()> {
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
    fn is_path(self) -> bool {
        matches!(self, Self::Path | Self::Below | Self::Base | Self::Folder)
    }
}

impl Fact {
    fn set(&mut self, field: Field, value: &[u8]) -> Option<()> {
        let figure = value.trim_ascii();
        match field {
            Field::Path => self.path = value.to_vec(),
            Field::Size => self.apparent = Some(number::exact(figure)?),
            Field::Blocks(unit) => self.disk = Some(number::blocks(figure, unit)?),
            Field::Inode => self.inode = Some(number::digits(figure)?),
            Field::Links => self.links = Some(number::digits(figure)?),
            Field::Modified => self.mtime = number::digits(figure).and_then(|n| n.try_into().ok()),
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
            Field::Below | Field::Base | Field::Folder | Field::Other => {}
        }
        Some(())
    }
}

/// `regular empty file`, `directory`, …
pub(in super::super) fn shape_of_words(words: &[u8]) -> Shape {
    match words {
        b"regular file" | b"regular empty file" => Shape::File,
        b"directory" => Shape::Dir,
        b"symbolic link" => Shape::Symlink,
        _ => Shape::Other,
    }
}

fn compile(text: &[u8], escapes: bool, field: impl Fn(u8) -> Field) -> Option<Format> {
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
                if matches!(letter, b'T' | b'A' | b'C' | b'S' | b'H' | b'L') && width == 0 {
                    rest = rest.get(usize::from(!rest.starts_with(b" "))..)?;
                }
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.push(Part::Field(field(letter)));
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
            .any(|p| matches!(p, Part::Field(f) if wanted.contains(f)))
    };
    let names = has(&[Field::Path, Field::Below]) || (has(&[Field::Folder]) && has(&[Field::Base]));
    names.then_some(Format(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_by_their_format() {
        for (format, row, path, apparent, disk) in [
            ("%s %p\\n", "33 ./ lead", "./ lead", Some(33), None),
            (
                "%p\\t%k\\t%s\\n",
                "a\tb\t4\t7",
                "a\tb",
                Some(7),
                Some((3584, 4096)),
            ),
            ("%8s|%h/%f|%y\\n", "      12|./x|f", "", None, None),
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
            ("%s%p\\n", "12a", "", None, None),
            ("%s %p\\n", "x a", "", None, None),
        ] {
            let compiled = Format::of_find(format.as_bytes()).unwrap();
            let fact = compiled.row(row.as_bytes(), Some(b"top"));
            if path.is_empty() && !row.contains("|f") {
                assert_eq!(fact, None, "{format}");
                continue;
            }
            let fact = fact.unwrap_or_else(|| panic!("{format}: {row}"));
            if path.is_empty() {
                assert_eq!(
                    (fact.path, fact.shape),
                    (b"./x".to_vec(), Some(Shape::File))
                );
                continue;
            }
            assert_eq!(fact.path, path.as_bytes(), "{format}");
            assert_eq!(fact.apparent, apparent.map(Interval::exactly), "{format}");
            assert_eq!(
                fact.disk,
                disk.map(|(a, b)| Interval::between(a, b)),
                "{format}"
            );
        }
        for format in ["%s\\n", "%p", "%p\\0", "%s %f\\n"] {
            assert_eq!(Format::of_find(format.as_bytes()), None, "{format}");
        }
        let stat = Format::of_stat(b"%n %s %F", false).unwrap();
        let fact = stat.row(b"a b 0 regular empty file", None).unwrap();
        assert_eq!(
            (fact.path, fact.shape),
            (b"a b".to_vec(), Some(Shape::File))
        );
    }
}
