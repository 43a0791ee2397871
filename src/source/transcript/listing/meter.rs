//! What `dust`, `dua`, `pdu` and `gdu -n` print: sums with a name each, in a list or a tree.
//!
//! `dua` and `gdu -n` list the entries of one directory, each with what it sums up to. `dust` and
//! `pdu` draw a tree whose root is the last line (or the first), with a bar behind each name. Figures
//! are rounded to the nearest, where they have decimals, and cut off where they have none (`dust`).
//! Letters alone may be powers of 1000 or of 1024.
//!
//! Limits: names that a tool writes otherwise than they are (with `\x1b`, with U+FFFD, in quotes, cut
//! to `..`) are left out, as is what lies below them; what a tool leaves out by itself, because it is
//! small or below `/proc`, is not known to be absent.

use crate::bytes::Interval;

use super::super::word::Word;
use super::number;

/// An invocation whose output can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Meter {
    tool: Tool,
    /// Apparent sizes rather than allocated ones.
    pub(in super::super) apparent: bool,
    /// Whether what is measured is told: `pdu` has changed its mind from version to version.
    pub(in super::super) is_told: bool,
    /// Something was left out, so that a sum is only a lower bound.
    pub(in super::super) leaves_out: bool,
    /// An inode counts as often as it is named: a sum is then no lower bound.
    pub(in super::super) repeats: bool,
    /// Names are whole paths.
    pub(in super::super) paths: bool,
    /// Only the sum of the operand (`gdu -s`).
    pub(in super::super) sole: bool,
    /// Bars stand behind the names.
    bars: bool,
    /// What letters alone are powers of, where that is known.
    base: Option<u128>,
    /// The tool uses colours of its own.
    colours: bool,
    pub(in super::super) operands: Vec<Word>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    Dust,
    Dua,
    Pdu,
    Gdu,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct MeterRow {
    /// In which column its branch begins, in a tree.
    pub(in super::super) column: usize,
    pub(in super::super) size: Interval,
    /// Something below it could not be read.
    pub(in super::super) failed: bool,
    /// It is known to be a directory, or to be none.
    pub(in super::super) is_dir: Option<bool>,
    /// `None` where what is shown is not for sure the name.
    pub(in super::super) name: Option<Vec<u8>>,
}

/// Options of a tool: those that take a value, those that change nothing that matters here, those
/// that leave something out, and those for apparent sizes.
struct Options {
    valued: &'static [&'static str],
    plain: &'static [&'static str],
    cutting: &'static [&'static str],
    apparent: &'static [&'static str],
}

const DUST: Options = Options {
    valued: &[
        "-d",
        "-n",
        "-w",
        "-o",
        "-T",
        "-S",
        "--depth",
        "--number-of-lines",
        "--terminal-width",
        "--output-format",
        "--threads",
        "--stack-size",
    ],
    plain: &[
        "-b",
        "-p",
        "-r",
        "-c",
        "-C",
        "-B",
        "-P",
        "--no-percent-bars",
        "--full-paths",
        "--reverse",
        "--no-colors",
        "--force-colors",
        "--bars-on-right",
        "--no-progress",
        "-D",
        "--only-dir",
    ],
    cutting: &[
        "-x",
        "-i",
        "-X",
        "--limit-filesystem",
        "--ignore-hidden",
        "--ignore-directory",
    ],
    apparent: &["-s", "--apparent-size"],
};

const DUA: Options = Options {
    valued: &["-f", "--format", "-t", "--threads"],
    plain: &[
        "a",
        "aggregate",
        "--stats",
        "--no-total",
        "--no-sort",
        "-l",
        "--count-hard-links",
    ],
    cutting: &["-x", "--stay-on-filesystem", "-i", "--ignore-dirs"],
    apparent: &["-A", "--apparent-size"],
};

const PDU: Options = Options {
    valued: &[
        "-b",
        "-d",
        "-w",
        "-m",
        "--bytes-format",
        "--max-depth",
        "--total-width",
        "--min-ratio",
        "--threads",
    ],
    plain: &[
        "-p",
        "-s",
        "-H",
        "--top-down",
        "--no-sort",
        "--progress",
        "--silent-errors",
        "--deduplicate-hardlinks",
    ],
    cutting: &["-x", "--one-file-system"],
    apparent: &[],
};

const GDU: Options = Options {
    valued: &["-m", "--max-cores", "-l", "--log-file"],
    plain: &[
        "-n",
        "-p",
        "-c",
        "-s",
        "--non-interactive",
        "--no-progress",
        "--no-color",
        "--si",
        "--summarize",
        "--no-mouse",
        "--no-prefix",
    ],
    cutting: &[
        "-x",
        "-H",
        "-i",
        "-I",
        "--no-cross",
        "--no-hidden",
        "--ignore-dirs",
        "--ignore-dirs-pattern",
    ],
    apparent: &["-a", "--show-apparent-size"],
};

impl Meter {
    /// Reads the arguments; `None` where the output would be in a form that is not read.
    pub(in super::super) fn parse(command: &str, words: &[Word]) -> Option<Self> {
        let (tool, options) = match command {
            "dust" => (Tool::Dust, &DUST),
            "dua" => (Tool::Dua, &DUA),
            "pdu" => (Tool::Pdu, &PDU),
            "gdu" => (Tool::Gdu, &GDU),
            _ => return None,
        };
        let mut meter = Self {
            tool,
            apparent: false,
            is_told: tool != Tool::Pdu,
            leaves_out: false,
            repeats: tool == Tool::Pdu,
            paths: false,
            sole: false,
            bars: matches!(tool, Tool::Dust | Tool::Pdu),
            base: Some(1000).filter(|_| tool == Tool::Pdu),
            colours: tool != Tool::Pdu,
            operands: Vec::new(),
        };
        let goes_on = words.first().filter(|_| tool == Tool::Dua);
        if goes_on.is_some_and(|word| word.is("i") || word.is("interactive")) {
            return None;
        }
        let mut interactive = tool == Tool::Gdu;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let text = std::str::from_utf8(&word.text).ok()?;
            let is_command = tool == Tool::Dua
                && meter.operands.is_empty()
                && ["a", "aggregate"].contains(&text);
            if !text.starts_with('-') && !is_command {
                meter.operands.push(word.clone());
                continue;
            }
            for option in split(text, options) {
                let (option, value) = match option.split_once('=') {
                    Some((option, value)) => (option, Some(value)),
                    None => (option.as_str(), None),
                };
                interactive &= option != "-n" && option != "--non-interactive";
                let mut value_of = || match value {
                    Some(value) => Some(value.as_bytes()),
                    None => words.next().map(|word| word.text.as_slice()),
                };
                meter.option(option, options, &mut value_of)?;
            }
        }
        (!interactive).then_some(meter)
    }

    fn option<'a>(
        &mut self,
        option: &str,
        options: &Options,
        value: &mut dyn FnMut() -> Option<&'a [u8]>,
    ) -> Option<()> {
        if self.tool == Tool::Pdu && ["-q", "--quantity"].contains(&option) {
            match value()? {
                b"apparent-size" => (self.apparent, self.is_told) = (true, true),
                b"block-size" => self.is_told = true,
                _ => return None,
            }
        } else if options.valued.contains(&option) {
            let value = value()?;
            match (self.tool, option, value) {
                (Tool::Dust, "-o" | "--output-format", b"si") => self.base = Some(1000),
                (Tool::Pdu, "-b" | "--bytes-format", b"binary") => self.base = Some(1024),
                _ => {}
            }
        } else if options.cutting.contains(&option) {
            self.leaves_out = true;
            if ["-X", "-i", "-I", "--ignore-directory", "--ignore-dirs"].contains(&option)
                && !(self.tool == Tool::Dust && option == "-i")
            {
                value()?;
            }
        } else if options.apparent.contains(&option) {
            self.apparent = true;
        } else if !options.plain.contains(&option) {
            return None;
        }
        match (self.tool, option) {
            (Tool::Dust, "-b" | "--no-percent-bars") => self.bars = false,
            (Tool::Dust, "-p" | "--full-paths") => self.paths = true,
            (Tool::Gdu, "-c" | "--no-color") => self.colours = false,
            (Tool::Gdu, "-s" | "--summarize") => self.sole = true,
            (Tool::Dua, "-l" | "--count-hard-links") => self.repeats = true,
            (Tool::Pdu, "-H" | "--deduplicate-hardlinks") => self.repeats = false,
            _ => {}
        }
        Some(())
    }

    /// Whether a change of colours is one that a name makes, which is then not what is shown.
    pub(in super::super) fn is_plain(&self) -> bool {
        !self.colours
    }

    /// Whether rows are those of a tree.
    pub(in super::super) fn is_tree(&self) -> bool {
        matches!(self.tool, Tool::Dust | Tool::Pdu)
    }

    /// Whether every entry of the directory is listed.
    pub(in super::super) fn lists_all(&self) -> bool {
        self.tool == Tool::Gdu && !self.leaves_out && !self.sole
    }

    /// Reads one row.
    pub(in super::super) fn row(&self, line: &[u8]) -> Option<MeterRow> {
        match self.tool {
            Tool::Dust | Tool::Pdu => self.branch(line),
            Tool::Dua => dua_row(line),
            Tool::Gdu => gdu_row(line),
        }
    }

    /// `4.8Mi   │ ├─┴ c     │█████░ │  97%`
    fn branch(&self, line: &[u8]) -> Option<MeterRow> {
        let text = std::str::from_utf8(line).ok()?;
        let figure = text.trim_ascii_start();
        let end = figure.find(' ')?;
        let size = figure_of(&figure[..end], self.base)?;
        let drawn = |c: char| matches!(c, ' ' | '│');
        let rest = figure[end..].trim_start_matches(drawn);
        let before = text.len() - rest.len();
        let mut signs = rest.chars();
        let is_drawn = matches!(signs.next(), Some('┌' | '├' | '└')) && signs.next() == Some('─');
        let is_dir = match signs.next().filter(|_| is_drawn)? {
            '─' => None,
            '┴' | '┬' => Some(true),
            _ => return None,
        };
        let mut name = signs.as_str();
        if self.tool == Tool::Dust {
            name = name.strip_prefix(' ')?;
        }
        if self.bars {
            name = before_bar(name)?.trim_ascii_end();
        }
        Some(MeterRow {
            column: text[..before].chars().count(),
            size,
            failed: false,
            is_dir,
            name: self.is_certain(name).then(|| name.as_bytes().to_vec()),
        })
    }

    /// Whether what a tree shows is a name as it is. A dot is that of the root.
    fn is_certain(&self, shown: &str) -> bool {
        let is_cut = shown.is_empty() || shown.ends_with("..") || shown.ends_with([' ', '…']);
        let is_escaped = shown.contains(['\\', '\u{fffd}', '│']);
        let is_quoted = self.tool == Tool::Pdu && shown.starts_with('"');
        shown == "." || !(is_cut || is_escaped || is_quoted)
    }
}

/// Letters behind one dash, each an option of its own; the rest of one that takes a value is that.
fn split(text: &str, options: &Options) -> Vec<String> {
    if text.starts_with("--") || !text.starts_with('-') {
        return vec![text.to_owned()];
    }
    let mut found = Vec::new();
    for (at, letter) in text.char_indices().skip(1) {
        let option = format!("-{letter}");
        let rest = &text[at + letter.len_utf8()..];
        if options.valued.contains(&option.as_str()) && !rest.is_empty() {
            found.push(format!(
                "{option}={}",
                rest.strip_prefix('=').unwrap_or(rest)
            ));
            break;
        }
        found.push(option);
    }
    found
}

/// What stands before the bar and its share: `name  │███░░ │  97%`.
fn before_bar(text: &str) -> Option<&str> {
    let share = text.strip_suffix('%')?;
    let share = share.trim_end_matches(|c: char| c.is_ascii_digit());
    let bar = share.trim_end_matches(' ').strip_suffix('│')?;
    bar.trim_end_matches(['█', '▓', '▒', '░', ' '])
        .strip_suffix('│')
}

/// `   4.00 KiB name`, `  4096 b name`
fn dua_row(line: &[u8]) -> Option<MeterRow> {
    let (size, mut name) = spaced(line)?;
    let mut failed = false;
    if name.ends_with(b">")
        && let Some(at) = name.windows(3).rposition(|w| w == b"  <")
    {
        (name, failed) = (&name[..at], true);
    }
    let is_certain = !name.is_empty() && !name.windows(3).any(|w| w == "\u{fffd}".as_bytes());
    Some(MeterRow {
        column: 0,
        size,
        failed,
        is_dir: None,
        name: is_certain.then(|| name.to_vec()),
    })
}

/// `    8.0 KiB /directory`, `H   4.0 KiB file`
fn gdu_row(line: &[u8]) -> Option<MeterRow> {
    let (flag, rest) = match line.split_first()? {
        (flag @ (b'@' | b'H' | b'!' | b'.' | b'e'), rest) if rest.starts_with(b" ") => {
            (*flag, rest)
        }
        _ => (b' ', line),
    };
    let (size, name) = spaced(rest)?;
    let (is_dir, name) = match name.strip_prefix(b"/") {
        Some(name) => (Some(true), name),
        None => (Some(false).filter(|_| flag == b' '), name),
    };
    let is_certain = !name.is_empty() && std::str::from_utf8(name).is_ok();
    Some(MeterRow {
        column: 0,
        size,
        failed: matches!(flag, b'!' | b'.'),
        is_dir,
        name: is_certain.then(|| name.to_vec()),
    })
}

/// A figure and its unit, each a word, one blank, and the rest.
fn spaced(line: &[u8]) -> Option<(Interval, &[u8])> {
    let line = line.trim_ascii_start();
    let end = line.iter().position(|&b| b == b' ')?;
    let unit = line[end..].trim_ascii_start();
    let stop = unit.iter().position(|&b| b == b' ')?;
    let figure = [&line[..end], &unit[..stop]].concat();
    let is_unit = unit[..stop].iter().all(u8::is_ascii_alphabetic);
    let size = figure_of(std::str::from_utf8(&figure).ok()?, None).filter(|_| is_unit)?;
    Some((size, &unit[stop + 1..]))
}

/// A figure with its unit: with decimals the nearest, and without the whole part.
fn figure_of(text: &str, base: Option<u128>) -> Option<Interval> {
    let end = text.find(|c: char| c.is_ascii_alphabetic());
    let (figure, unit) = text.split_at(end.unwrap_or(text.len()));
    let (letter, binary) = match unit.as_bytes() {
        [] | [b'B' | b'b'] => return number::exact(figure.as_bytes()),
        [letter] | [letter, b'B'] => (*letter, None),
        [letter, b'i'] | [letter, b'i', b'B'] => (*letter, Some(true)),
        _ => return None,
    };
    let power = b"KMGTPE"
        .iter()
        .position(|&l| l == letter.to_ascii_uppercase())?;
    let power = u32::try_from(power).ok()? + 1;
    // `kB` and `MB` are decimal to those who also know `KiB`; a bare letter may be either.
    let (least, most) = match (binary, unit.len(), base) {
        (Some(true), ..) => (1024, 1024),
        (None, 2, _) => (1000, 1000),
        (_, _, Some(base)) => (base, base),
        (_, _, None) => (1000, 1024),
    };
    let (whole, decimals) = figure.split_once('.').unwrap_or((figure, ""));
    if decimals.len() > 3 || whole.len() > 12 {
        return None;
    }
    let digits = number::digits([whole, decimals].concat().as_bytes())?;
    let scale = 10u128.pow(u32::try_from(decimals.len()).ok()?);
    // In tenths of the last digit: what is cut off may be all but one, and 9.96 becomes 10.
    let (down, up) = if decimals.is_empty() { (1, 10) } else { (5, 5) };
    let tenths = 10 * u128::from(digits);
    let below = tenths.saturating_sub(down) * least.pow(power) / (10 * scale);
    let above = (tenths + up) * most.pow(power) / (10 * scale) + 1;
    Some(Interval {
        lo: u64::try_from(below).unwrap_or(u64::MAX),
        hi: u64::try_from(above).ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(line: &str) -> Option<Meter> {
        let steps = super::super::super::command::split(line.as_bytes())?;
        let (command, words) = steps[0].words.split_first()?;
        Meter::parse(std::str::from_utf8(&command.text).unwrap(), words)
    }

    /// A command, a row of it, and what that says: the column of the name, the size, whether it is
    /// a directory, the name where it is sure.
    const ROWS: &str = "\
dust -b: 4.8Mi   │ ├─┴ c d => 10 4980736..5085594 Some(true) c d
dust:  700B   │ ├── a b   │██  ░ │   0% => 10 700..700 None a b
dust: 124Ki   ┌── a\\x1b[  │██░ │ 12% => 8 126873..128001 None ?
dust -b: 5.0M ┌─┴ . => 5 4950000..5295309 Some(true) .
pdu: 4.1K   └──x y  │██░│  9% => 7 4050..4151 None x y
pdu: 4.1K   └──\"x\\xff\" │██░│  9% => 7 4050..4151 None ?
dua:    4.90 MiB a b => 0 5132779..5143266 None a b
dua a:    4096 b total => 0 4096..4096 None total
dua:    4.10 KB x  <2 IO Errors> => 0 4095..4106 None x
gdu -n:     4.9 MiB /a b => 0 5085593..5190452 Some(true) a b
gdu -np: @       0 B ln => 0 0..0 None ln
gdu -nc --si:      8.2 kB f => 0 8150..8251 Some(false) f
";

    #[test]
    fn rows_are_read() {
        for case in ROWS.lines() {
            let (command, rest) = case.split_once(": ").unwrap();
            let (line, told) = rest.rsplit_once(" => ").unwrap();
            let meter = meter(command).unwrap_or_else(|| panic!("{command}"));
            let row = meter
                .row(line.as_bytes())
                .unwrap_or_else(|| panic!("{line}"));
            let name = row.name.as_deref().unwrap_or(b"?");
            let (name, size) = (String::from_utf8_lossy(name), row.size);
            let (lo, hi) = (size.lo, size.hi.unwrap());
            let got = format!("{} {lo}..{hi} {:?} {name}", row.column, row.is_dir);
            assert_eq!(got, told, "{command}: {line}");
        }
    }

    #[test]
    fn what_is_no_row_or_interactive_is_refused() {
        for (command, line) in [
            ("dust", "4.8Mi   │ ├─┴ c"),
            ("dust -b", "Did not have permissions for all directories"),
            ("pdu", "12.3K     ┌──nl"),
            ("dua", "4.90 a b"),
            ("gdu -n", "z"),
        ] {
            assert_eq!(meter(command).unwrap().row(line.as_bytes()), None, "{line}");
        }
        for command in [
            "gdu",
            "gdu -s",
            "dua i",
            "dust -f",
            "dust -j",
            "pdu --json-output",
            "dust -t",
        ] {
            assert_eq!(meter(command), None, "{command}");
        }
    }
}
