//! `find`: which form its rows have, and what its tests say of every path in them.

use crate::bytes::Interval;

use super::super::word::Word;
use super::format::{Fact, Format};
use super::ls::{Ls, Shape};
use super::number;

/// An invocation of `find` whose output can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Find {
    starts: Vec<Word>,
    form: Form,
    /// What all that is shown has in common.
    shape: Option<Shape>,
    size: Option<Interval>,
    /// Every name below the starting points is shown.
    pub(in super::super) whole: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    Plain,
    Ls(Ls),
    Print(Format),
}

impl Find {
    /// Reads the arguments; `None` where the output would be in a form that is not read.
    pub(in super::super) fn parse(operands: &[Word]) -> Option<Self> {
        let is_start = |w: &&Word| !w.text.starts_with(b"-") && !w.is("!") && !w.is("(");
        let options = operands
            .iter()
            .take_while(|w| w.is("-L") || w.is("-H") || w.is("-P"))
            .count();
        let starts: Vec<Word> = operands[options..]
            .iter()
            .take_while(is_start)
            .cloned()
            .collect();
        let mut find = Self {
            form: Form::Plain,
            shape: None,
            size: None,
            whole: options == 0,
            starts,
        };
        let tests = &operands[options + find.starts.len()..];
        let mut words = tests.iter();
        while let Some(word) = words.next() {
            match word.text.as_slice() {
                b"-print" => {}
                b"-ls" => find.form = Form::Ls(Ls::of_find()),
                b"-printf" => find.form = Form::Print(Format::of_find(&words.next()?.text)?),
                b"-print0" => return None,
                other => find.test(other, &mut words)?,
            }
        }
        let simple = !tests
            .iter()
            .any(|w| ["-o", "-or", "!", "-not", "(", ","].iter().any(|o| w.is(o)));
        if !simple {
            (find.shape, find.size) = (None, None);
        }
        Some(find)
    }

    /// A test: what it says of every path, where it says something.
    fn test<'a>(&mut self, test: &[u8], words: &mut impl Iterator<Item = &'a Word>) -> Option<()> {
        self.whole = false;
        match test {
            b"-type" => {
                self.shape = match words.next()?.text.as_slice() {
                    b"f" => Some(Shape::File),
                    b"d" => Some(Shape::Dir),
                    b"l" => Some(Shape::Symlink),
                    [_] => Some(Shape::Other),
                    _ => None,
                }
            }
            b"-size" => {
                let size = size_of(&words.next()?.text);
                self.size = match (self.size, size) {
                    (Some(a), Some(b)) => a.intersect(b),
                    (a, b) => a.or(b),
                };
            }
            b"-empty" => self.size = None,
            b"!" | b"-not" | b"-o" | b"-or" | b"-a" | b"-and" | b"(" | b")" | b"," | b"-xdev"
            | b"-mount" | b"-depth" | b"-d" | b"-prune" | b"-true" | b"-follow" | b"-daystart" => {}
            // Every other test has one argument.
            _ => {
                words.next()?;
            }
        }
        Some(())
    }

    /// Reads one row, which must lie below a starting point.
    pub(in super::super) fn row(&self, line: &[u8]) -> Option<Fact> {
        let mut fact = match &self.form {
            Form::Plain => Fact {
                path: line.to_vec(),
                ..Fact::default()
            },
            Form::Print(format) => {
                let start = match &self.starts[..] {
                    [] => Some(&b"."[..]),
                    [one] if !one.expands => Some(one.text.as_slice()),
                    _ => None,
                };
                format.row(line, start)?
            }
            Form::Ls(ls) => {
                let row = ls.row(line)?;
                Fact {
                    path: ls.name(&row, false)?,
                    shape: Some(row.shape),
                    apparent: row.apparent,
                    disk: row.disk,
                    mtime: row.mtime,
                    inode: row.inode,
                    links: Some(row.links),
                    itself: true,
                }
            }
        };
        fact.shape = fact.shape.or(self.shape);
        if fact.shape != Some(Shape::Dir) {
            fact.apparent = fact.apparent.or(self.size);
        }
        (self.could_print(&fact.path)).then_some(fact)
    }

    /// Whether names are printed as they are, with `?` for what a terminal must not get.
    pub(in super::super) fn garbles(&self) -> bool {
        !matches!(self.form, Form::Ls(_))
    }

    fn could_print(&self, path: &[u8]) -> bool {
        let below = |start: &[u8], open: bool| {
            path.strip_prefix(start).is_some_and(|rest| {
                open || start.ends_with(b"/") || rest.is_empty() || rest.starts_with(b"/")
            })
        };
        if self.starts.is_empty() {
            return below(b".", false);
        }
        self.starts.iter().any(|word| {
            let special = |b: &u8| matches!(b, b'*' | b'?' | b'[' | b'$' | b'!' | b'~' | b'{');
            let literal = word.text.iter().position(special);
            match literal {
                Some(at) if word.expands || word.text[at] == b'~' => below(&word.text[..at], true),
                _ => below(&word.text, false),
            }
        })
    }
}

/// `+1024k`: sizes are rounded up to the unit before they are compared.
fn size_of(text: &[u8]) -> Option<Interval> {
    let (sign, rest) = match text {
        [sign @ (b'+' | b'-'), rest @ ..] => (*sign, rest),
        rest => (b'=', rest),
    };
    let (digits, unit) = match rest.split_last()? {
        (b'c', digits) => (digits, 1),
        (b'w', digits) => (digits, 2),
        (b'b', digits) => (digits, 512),
        (b'k', digits) => (digits, 1 << 10),
        (b'M', digits) => (digits, 1 << 20),
        (b'G', digits) => (digits, 1 << 30),
        _ => (rest, 512),
    };
    let n = number::digits(digits)?;
    let units = |n: u64| n.checked_mul(unit);
    Some(match sign {
        b'+' => Interval::at_least(units(n)?.checked_add(1)?),
        b'-' => Interval::between(0, units(n.checked_sub(1)?)?),
        _ if n == 0 => Interval::ZERO,
        _ => Interval::between(units(n - 1)?.checked_add(1)?, units(n)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(line: &str) -> Option<Find> {
        let steps = super::super::super::command::split(line.as_bytes())?;
        Find::parse(&steps[0].words[1..])
    }

    #[test]
    fn tests_say_what_all_paths_have_in_common() {
        for (line, row, shape, apparent) in [
            (
                "find . -size +1024k",
                "./a",
                None,
                Some(Interval::at_least(1_048_577)),
            ),
            (
                "find . -type f -size -2M",
                "./a",
                Some(Shape::File),
                Some(Interval::between(0, 1 << 20)),
            ),
            ("find /x -type d", "/x/a b", Some(Shape::Dir), None),
            ("find /x ! -size +1M", "/x/a", None, None),
            ("find . -size 3c -o -size 4c", "./a", None, None),
            (
                "find a b -name '*.log' -size 3c",
                "b/c",
                None,
                Some(Interval::exactly(3)),
            ),
        ] {
            let fact = find(line).unwrap().row(row.as_bytes()).unwrap();
            assert_eq!((fact.shape, fact.apparent), (shape, apparent), "{line}");
        }
        assert!(find("find").unwrap().whole && find("find / -ls").unwrap().whole);
        assert!(!find("find . -xdev").unwrap().whole);
        assert_eq!(find("find . -print0"), None);
        assert_eq!(find("find /x").unwrap().row(b"/xy"), None);
    }

    #[test]
    fn long_rows_are_read() {
        let find = find("find . -ls").unwrap();
        let row = br" 12591307    124 -rw-r--r--   1 root     root       123456 Nov 22 06:02 ./sub\ dir/f\ (1).log";
        let fact = find.row(row).unwrap();
        assert_eq!(fact.path, b"./sub dir/f (1).log");
        assert_eq!(fact.apparent, Some(Interval::exactly(123_456)));
        assert_eq!(fact.inode, Some(12_591_307));
    }
}
