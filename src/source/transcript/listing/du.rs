//! `du`: sums of whole directories, rounded up to its unit.

use crate::bytes::Interval;

use super::super::word::Word;
use super::number::{self, Unit, unit};

/// An invocation of `du` whose output can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Du {
    /// Files too (`-a`).
    pub(in super::super) all: bool,
    /// Apparent sizes rather than allocated ones.
    pub(in super::super) apparent: bool,
    /// Only the operands (`-s`) or only some levels (`-d`).
    pub(in super::super) cut: bool,
    /// Whether something was left out, so that a sum is only a lower bound.
    pub(in super::super) leaves_out: bool,
    /// Whether the last line is a grand total (`-c`).
    pub(in super::super) grand: bool,
    unit: Unit,
    pub(in super::super) operands: Vec<Word>,
}

impl Du {
    /// Reads the options; `None` where the output would be in a form that is not read.
    pub(in super::super) fn parse(words: &[Word]) -> Option<Self> {
        let mut du = Self {
            all: false,
            apparent: false,
            cut: false,
            leaves_out: false,
            grand: false,
            unit: Unit::Of(1024),
            operands: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.text.as_slice() {
                b"-d" | b"--max-depth" => {
                    du.cut = true;
                    words.next()?;
                }
                b"-B" | b"--block-size" => du.unit = unit(&words.next()?.text)?,
                b"--exclude" | b"-t" => {
                    du.leaves_out = true;
                    words.next()?;
                }
                [b'-', b'-', long @ ..] => du.long_option(long)?,
                [b'-', letters @ ..] if !letters.is_empty() => du.cluster(letters)?,
                _ => du.operands.push(word.clone()),
            }
        }
        Some(du)
    }

    /// Letters behind one dash, the last of which may carry its value.
    fn cluster(&mut self, letters: &[u8]) -> Option<()> {
        for (at, &letter) in letters.iter().enumerate() {
            let value = &letters[at + 1..];
            match letter {
                b'B' => {
                    self.unit = unit(value)?;
                    break;
                }
                b'd' => {
                    number::digits(value)?;
                    self.cut = true;
                    break;
                }
                _ => self.letter(letter)?,
            }
        }
        Some(())
    }

    fn letter(&mut self, letter: u8) -> Option<()> {
        match letter {
            b'a' => self.all = true,
            b'b' => (self.apparent, self.unit) = (true, Unit::Of(1)),
            b's' => self.cut = true,
            b'k' => self.unit = Unit::Of(1024),
            b'm' => self.unit = Unit::Of(1 << 20),
            b'h' => self.unit = Unit::Human(1024),
            b'c' => self.grand = true,
            // Sums without those of subdirectories are lower bounds of what lies below.
            b'x' | b'S' => self.leaves_out = true,
            b'P' | b'D' | b'H' => {}
            // With `-l`, an inode counts as often as it is named: no sum of bytes on a disk.
            _ => return None,
        }
        Some(())
    }

    fn long_option(&mut self, option: &[u8]) -> Option<()> {
        match option {
            b"all" => self.all = true,
            b"apparent-size" => self.apparent = true,
            b"bytes" => (self.apparent, self.unit) = (true, Unit::Of(1)),
            b"summarize" => self.cut = true,
            b"human-readable" => self.unit = Unit::Human(1024),
            b"si" => self.unit = Unit::Human(1000),
            b"total" => self.grand = true,
            b"one-file-system" => self.leaves_out = true,
            _ if option.starts_with(b"max-depth=") => self.cut = true,
            _ if option.starts_with(b"exclude") || option.starts_with(b"threshold=") => {
                self.leaves_out = true;
            }
            _ => self.unit = unit(option.strip_prefix(b"block-size=")?)?,
        }
        Some(())
    }

    /// Reads one row: the sum and the path, which must be one that the operands can have given.
    pub(in super::super) fn row<'a>(&self, line: &'a [u8]) -> Option<(Interval, &'a [u8])> {
        let line = trim_start(line);
        let end = line.iter().position(|&b| b == b' ' || b == b'\t')?;
        let figure = &line[..end];
        let size = match (self.unit, self.apparent) {
            (Unit::Human(base), _) => number::human(figure, base)?,
            (Unit::Of(unit), true) => number::units(figure, unit)?,
            (Unit::Of(unit), false) => number::blocks(figure, unit)?,
        };
        // A copy from a screen has blanks where the tab was.
        let path = match line[end] {
            b'\t' => &line[end + 1..],
            _ => trim_start(&line[end..]).trim_ascii_end(),
        };
        (!path.is_empty() && self.could_print(path)).then_some((size, path))
    }

    fn could_print(&self, path: &[u8]) -> bool {
        let below = |start: &[u8], expands: bool| {
            let rest = path.strip_prefix(start);
            let ends = start.ends_with(b"/");
            rest.is_some_and(|rest| expands || ends || rest.is_empty() || rest.starts_with(b"/"))
        };
        if self.operands.is_empty() {
            return below(b".", false);
        }
        let literal = |word: &Word| {
            let special = |b: &u8| matches!(b, b'*' | b'?' | b'[' | b'$' | b'!' | b'~');
            let len = word
                .text
                .iter()
                .position(special)
                .unwrap_or(word.text.len());
            (
                word.text[..len].to_vec(),
                word.expands || len < word.text.len(),
            )
        };
        self.operands.iter().any(|word| {
            let (start, expands) = literal(word);
            below(&start, expands)
        })
    }
}

fn trim_start(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&b| b != b' ').unwrap_or(text.len());
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn du(options: &str) -> Option<Du> {
        let words: Vec<Word> = options
            .split_whitespace()
            .map(|text| Word {
                text: text.as_bytes().to_vec(),
                expands: text.contains('*'),
            })
            .collect();
        Du::parse(&words)
    }

    #[test]
    fn rows_are_read_in_the_unit_of_the_command() {
        for (options, line, size, path) in [
            (
                "-ab x",
                "900001  x/y z",
                Interval::exactly(900_001),
                "x/y z",
            ),
            ("-ab", "7\t./ lead", Interval::exactly(7), "./ lead"),
            ("-k x", "8       x", Interval::between(7680, 8192), "x"),
            ("x", "8\tx/a", Interval::between(7680, 8192), "x/a"),
            ("-m x", "1\tx", Interval::between(512, 1 << 20), "x"),
            (
                "-sh *",
                "3.2M    home",
                Interval::between(3_250_586, 3_408_896),
                "home",
            ),
            (
                "-s --apparent-size x",
                "2\tx",
                Interval::between(1025, 2048),
                "x",
            ),
            ("-sB1 /", "5\t/", Interval::exactly(5), "/"),
            ("-sb /", "5\t/a", Interval::exactly(5), "/a"),
        ] {
            let got = du(options).unwrap();
            assert_eq!(
                got.row(line.as_bytes()),
                Some((size, path.as_bytes())),
                "{options}: {line}"
            );
        }
    }

    #[test]
    fn what_the_command_cannot_have_printed_is_refused() {
        let got = du("-ab x").unwrap();
        for line in [
            "",
            "12",
            "12\ty",
            "12\txy",
            "total",
            "du: cannot read",
            "1.5\tx",
            "12 ",
        ] {
            assert_eq!(got.row(line.as_bytes()), None, "{line}");
        }
        for options in ["-l", "-0", "-L x", "--files0-from=x", "-B 7Q"] {
            assert_eq!(du(options), None, "{options}");
        }
        assert!(du("-d1").unwrap().cut && du("-x /").unwrap().leaves_out);
    }
}
