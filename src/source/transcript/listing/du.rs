//! `du`: sums of whole directories, rounded up to its unit.

use crate::bytes::Interval;

use super::super::word::Word;
use super::number::{self, Scale, Unit, unit};

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
    /// Whether an inode counts as often as it is named (`-l`): a sum is then no lower bound.
    pub(in super::super) repeats: bool,
    /// A date stands before the path (`--time`).
    timed: bool,
    /// `None`: the tool's own, or what the environment asks for.
    unit: Option<Unit>,
    /// An option, or a setting that was seen, says what figures count.
    by_option: bool,
    /// What figures count where no option says it.
    scale: Scale,
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
            repeats: false,
            timed: false,
            unit: None,
            by_option: false,
            scale: Scale::default(),
            operands: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.text.as_slice() {
                b"-d" | b"--max-depth" => {
                    du.cut = true;
                    words.next()?;
                }
                b"-B" | b"--block-size" => du.unit = Some(unit(&words.next()?.text)?),
                b"--exclude" | b"-t" | b"-I" => {
                    du.leaves_out = true;
                    words.next()?;
                }
                [b'-', b'-', long @ ..] => du.long_option(long)?,
                // The value of the last letter is the next word.
                [b'-', letters @ .., b'B'] => {
                    du.cluster(letters)?;
                    du.unit = Some(unit(&words.next()?.text)?);
                }
                [b'-', letters @ .., b'd'] => {
                    du.cluster(letters)?;
                    number::digits(&words.next()?.text)?;
                    du.cut = true;
                }
                [b'-', letters @ ..] if !letters.is_empty() => du.cluster(letters)?,
                _ => du.operands.push(word.clone()),
            }
        }
        du.by_option = du.unit.is_some();
        Some(du)
    }

    /// Letters behind one dash, the last of which may carry its value.
    fn cluster(&mut self, letters: &[u8]) -> Option<()> {
        for (at, &letter) in letters.iter().enumerate() {
            let value = &letters[at + 1..];
            match letter {
                b'B' => {
                    self.unit = Some(unit(value)?);
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
            b'b' => (self.apparent, self.unit) = (true, Some(Unit::Of(1))),
            b's' => self.cut = true,
            b'k' => self.unit = Some(Unit::Of(1024)),
            b'm' => self.unit = Some(Unit::Of(1 << 20)),
            b'g' => self.unit = Some(Unit::Of(1 << 30)),
            b'h' => self.unit = Some(Unit::Human(1024)),
            b'A' => self.apparent = true,
            b'l' => self.repeats = true,
            b'c' => self.grand = true,
            // Sums without those of subdirectories are lower bounds of what lies below.
            b'x' | b'S' => self.leaves_out = true,
            b'P' | b'D' | b'H' => {}
            _ => return None,
        }
        Some(())
    }

    fn long_option(&mut self, option: &[u8]) -> Option<()> {
        match option {
            b"all" => self.all = true,
            b"apparent-size" => self.apparent = true,
            b"bytes" => (self.apparent, self.unit) = (true, Some(Unit::Of(1))),
            b"summarize" => self.cut = true,
            b"human-readable" => self.unit = Some(Unit::Human(1024)),
            b"si" => self.unit = Some(Unit::Human(1000)),
            b"count-links" => self.repeats = true,
            b"time" => self.timed = true,
            b"no-dereference" | b"dereference-args" => {}
            _ if option.starts_with(b"time-style=") => {}
            b"total" => self.grand = true,
            b"one-file-system" => self.leaves_out = true,
            _ if option.starts_with(b"max-depth=") => self.cut = true,
            _ if option.starts_with(b"exclude") || option.starts_with(b"threshold=") => {
                self.leaves_out = true;
            }
            _ if option.starts_with(b"time=") => self.timed = true,
            _ => self.unit = Some(unit(option.strip_prefix(b"block-size=")?)?),
        }
        Some(())
    }

    /// What figures count where the command does not say.
    pub(in super::super) fn set_default(&mut self, unit: Unit) {
        let is_usual = matches!(unit, Unit::Of(512 | 1024) | Unit::Either);
        self.by_option |= self.unit.is_none() && !is_usual;
        self.unit = self.unit.or(Some(unit));
    }

    /// Reads one row: the sum and the path, which must be one that the operands can have given.
    pub(in super::super) fn row<'a>(&self, line: &'a [u8]) -> Option<(Interval, &'a [u8])> {
        let line = trim_start(line);
        let end = self.figure_end(line)?;
        let size = self.size_of(&line[..end])?;
        let mut rest = &line[end..];
        if self.timed {
            rest = after_time(rest)?;
        }
        // A copy from a screen has blanks where the tab was.
        let path = match rest.split_first()? {
            (b'\t', path) => path,
            _ => trim_start(rest).trim_ascii_end(),
        };
        let is_sum = self.grand && super::ls::is_total_word(path);
        (!path.is_empty() && !is_sum && self.could_print(path)).then_some((size, path))
    }

    /// Whether another tool says what to sum up, which may be files as well as directories.
    pub(in super::super) fn is_told(&self) -> bool {
        let is_found = |word: &Word| word.expands && word.text.is_empty();
        self.operands.iter().any(is_found)
    }

    /// Learns from a row what figures count; true once that is decided.
    pub(in super::super) fn learn(&mut self, line: &[u8]) -> bool {
        if self.by_option || self.scale == Scale::Plain {
            return true;
        }
        if let Some(end) = self.figure_end(trim_start(line)) {
            let figure = &trim_start(line)[..end];
            let scale = match self.apparent {
                true if number::ungrouped(figure).is_some() => Scale::Other,
                _ => Scale::of_disk(figure),
            };
            self.scale = self.scale.and(scale);
        }
        self.scale == Scale::Plain
    }

    /// Where the figure of a row ends. A blank in it may be a locale's.
    fn figure_end(&self, line: &[u8]) -> Option<usize> {
        let tab = line.iter().position(|&b| b == b'\t');
        let in_groups = tab.filter(|&tab| number::ungrouped(&line[..tab]).is_some());
        in_groups.or_else(|| line.iter().position(|&b| b == b' ' || b == b'\t'))
    }

    /// The sum behind a figure.
    fn size_of(&self, figure: &[u8]) -> Option<Interval> {
        if let Some(plain) = number::ungrouped(figure) {
            // Without an option the environment has asked for groups, and said what they count.
            let count = number::digits(&plain);
            return match count.filter(|_| !self.by_option) {
                Some(count) => Some(self.scale.size(count)),
                None => self.size_of(&plain),
            };
        }
        if matches!(self.scale, Scale::Bytes | Scale::Other) {
            return number::digits(figure).map(|count| self.scale.size(count));
        }
        let unit = self.unit.unwrap_or(Unit::Of(1024));
        let size = match self.apparent {
            true => unit.size(figure),
            false => unit.blocks(figure),
        };
        size.or_else(|| number::any_human(figure))
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

/// What follows a date and what parts it from the figure: a tab on both sides, in whatever style,
/// or in a copy `2026-11-22 06:02` between blanks.
fn after_time(text: &[u8]) -> Option<&[u8]> {
    if let Some(end) = text
        .strip_prefix(b"\t")
        .and_then(|rest| rest.iter().position(|&b| b == b'\t'))
    {
        return Some(&text[end + 1..]);
    }
    let shape = b"dddd-dd-dd dd:dd";
    let text = text.strip_prefix(b"\t").unwrap_or(trim_start(text));
    let (time, rest) = (text.get(..shape.len())?, &text[shape.len()..]);
    let fits = |(b, s): (&u8, &u8)| match s {
        b'd' => b.is_ascii_digit(),
        _ => b == s,
    };
    (time.iter().zip(shape).all(fits) && !rest.is_empty()).then_some(rest)
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
            (
                "-ab --time x",
                "5\t2026-11-22 06:02\tx/y",
                Interval::exactly(5),
                "x/y",
            ),
            (
                "-a --time --time-style=full-iso x",
                "4\t2026-11-22 06:02:11.123456789 +0000\tx/ y",
                Interval::between(3584, 4096),
                "x/ y",
            ),
            (
                "-a --time=ctime --time-style=+%s x",
                "4\t1795327320\tx",
                Interval::between(3584, 4096),
                "x",
            ),
            ("-aB4K x", "3\tx", Interval::between(8704, 12288), "x"),
            ("-g x", "1\tx", Interval::between(512, 1 << 30), "x"),
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
        for options in ["-0", "-L x", "--inodes", "--files0-from=x", "-B 7Q"] {
            assert_eq!(du(options), None, "{options}");
        }
        assert_eq!(du("-ch *").unwrap().row(b"12K\ttotal"), None);
        let mut plain = du("x").unwrap();
        plain.set_default(Unit::Either);
        assert_eq!(
            plain.row(b"8\tx"),
            Some((Interval::between(4096, 8192), &b"x"[..]))
        );
        assert!(du("-d1").unwrap().cut && du("-x /").unwrap().leaves_out);
    }
}
