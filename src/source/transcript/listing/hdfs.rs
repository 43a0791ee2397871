//! `hdfs dfs -ls` and `-du`, which are `hadoop fs -ls` and `-du`, too: every row ends in a whole path.
//!
//! A row of `-ls` is a mode, how many copies are kept (`-` of a directory), owner, group, size, a
//! date to the minute and the path. A row of `-du` is the size, what all copies of it take, and the
//! path; old versions lack the second. With `-h` a figure without a decimal is exact: the tool
//! divides, and rounds to one decimal only where something is left.
//!
//! HDFS is the host `hdfs`, other stores are what their addresses name. Limits: what all copies take
//! is not read, as `-ls` does not say it; paths that are relative count from a home that the
//! recording does not show, and are left out.

use crate::bytes::Interval;

use super::super::moment;
use super::super::word::Word;
use super::format::Fact;
use super::ls::{self, Shape};
use super::number;

/// An invocation whose output can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Hdfs {
    form: Form,
    human: bool,
    /// What cannot be printed is a `?` (`-q`).
    garbles: bool,
    /// The time shown is that of the last access (`-u`).
    other_time: bool,
    operands: Vec<Word>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Du,
    Ls {
        recursive: bool,
        /// Directories themselves (`-d`).
        themselves: bool,
    },
}

/// A path on one of the stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Place {
    pub(in super::super) host: Vec<u8>,
    /// Absolute.
    pub(in super::super) path: Vec<u8>,
}

impl Hdfs {
    /// Reads the arguments; `None` where they ask for no listing that is read.
    pub(in super::super) fn parse(operands: &[Word]) -> Option<Self> {
        let at = operands.iter().position(|w| w.text.starts_with(b"-"))?;
        let (form, words) = (operands[at].text.as_slice(), &operands[at + 1..]);
        let mut hdfs = Self {
            form: match form {
                b"-du" | b"-dus" => Form::Du,
                b"-ls" | b"-lsr" => Form::Ls {
                    recursive: form == b"-lsr",
                    themselves: false,
                },
                _ => return None,
            },
            human: false,
            garbles: false,
            other_time: false,
            operands: Vec::new(),
        };
        for word in words {
            match word.text.strip_prefix(b"-") {
                Some(option) => hdfs.option(option)?,
                None => hdfs.operands.push(word.clone()),
            }
        }
        Some(hdfs)
    }

    /// Each option is a word of its own: none can be put behind another's dash.
    fn option(&mut self, option: &[u8]) -> Option<()> {
        match (&mut self.form, option) {
            (_, b"h") => self.human = true,
            (Form::Ls { recursive, .. }, b"R") => *recursive = true,
            (Form::Ls { themselves, .. }, b"d") => *themselves = true,
            (Form::Ls { .. }, b"q") => self.garbles = true,
            (Form::Ls { .. }, b"u") => self.other_time = true,
            (Form::Ls { .. }, b"t" | b"S" | b"r" | b"e") => {}
            (Form::Du, b"s" | b"v" | b"x") => {}
            _ => return None,
        }
        Some(())
    }

    /// Whether everything below the operands is shown.
    pub(in super::super) fn is_recursive(&self) -> bool {
        let recursive = Form::Ls {
            recursive: true,
            themselves: false,
        };
        self.form == recursive
    }

    /// How many entries a directory has, of which the rows follow.
    pub(in super::super) fn count(&self, line: &[u8]) -> Option<u64> {
        let figure = line.strip_prefix(b"Found ")?.strip_suffix(b" items")?;
        matches!(self.form, Form::Ls { .. })
            .then(|| number::digits(figure))
            .flatten()
    }

    /// The operands whose places are typed out.
    pub(in super::super) fn places(&self) -> impl Iterator<Item = Place> {
        let literal = self.operands.iter().filter(|word| !word.expands);
        literal.filter_map(|word| place(&word.text))
    }

    /// Reads one row: where it is, and what it says. A path that is relative has no place.
    pub(in super::super) fn row(&self, line: &[u8]) -> Option<(Option<Place>, Fact)> {
        let (fact, path) = match self.form {
            Form::Du => self.sum(line)?,
            Form::Ls { .. } => self.entry(line)?,
        };
        let is_certain = !(self.garbles && path.contains(&b'?'));
        (!path.is_empty()).then(|| (place(path).filter(|_| is_certain), fact))
    }

    /// `drwxr-xr-x   - user group          0 2024-01-01 12:00 /path`
    fn entry<'a>(&self, line: &'a [u8]) -> Option<(Fact, &'a [u8])> {
        let end = line.iter().position(|&b| b == b' ')?;
        let shape = ls::shape_of(&line[..end])?;
        let rest = line[end..].trim_ascii_start();
        let copies = &rest[..rest.iter().position(|&b| b == b' ')?];
        match shape {
            Shape::Dir if copies == b"-" => {}
            Shape::File => _ = number::digits(copies)?,
            _ => return None,
        }
        // Owners and groups may hold blanks, but no date.
        let date = (copies.len()..rest.len()).find(|&at| is_date(&rest[at..]))?;
        let size = self.last_figure(&rest[copies.len()..date])?;
        let time = moment::of_date(&rest[date + 1..date + DATE.len() - 1]).map(|time| time.0);
        let fact = Fact {
            shape: Some(shape),
            apparent: Some(size).filter(|_| shape == Shape::File),
            mtime: time.filter(|_| !self.other_time),
            ..Fact::default()
        };
        Some((fact, &rest[date + DATE.len()..]))
    }

    /// `123  369  /path`, of old versions `123  /path`.
    fn sum<'a>(&self, line: &'a [u8]) -> Option<(Fact, &'a [u8])> {
        let mut rest = line.trim_ascii_start();
        let size = self.first_figure(&mut rest)?;
        if rest.first()?.is_ascii_digit() {
            self.first_figure(&mut rest)?;
        }
        let fact = Fact {
            apparent: Some(size),
            ..Fact::default()
        };
        Some((fact, rest))
    }

    /// Takes a figure and its unit from the start of a row.
    fn first_figure(&self, rest: &mut &[u8]) -> Option<Interval> {
        let word = |text: &[u8]| text.iter().position(|&b| b == b' ').unwrap_or(text.len());
        let (number, tail) = rest.split_at(word(rest));
        let tail = tail.trim_ascii_start();
        let (unit, after) = tail.split_at(word(tail));
        if self.human && power(unit) {
            *rest = after.trim_ascii_start();
            return figure(number, unit);
        }
        *rest = tail;
        number::exact(number)
    }

    /// The figure at the end of the columns before the date.
    fn last_figure(&self, columns: &[u8]) -> Option<Interval> {
        let mut words = columns.rsplit(|&b| b == b' ').filter(|w| !w.is_empty());
        let last = words.next()?;
        match self.human && power(last) {
            true => figure(words.next()?, last),
            false => number::exact(last),
        }
    }
}

/// `K` and its like; `B` of versions that write units out.
fn power(unit: &[u8]) -> bool {
    matches!(
        unit,
        [b'K' | b'M' | b'G' | b'T' | b'P' | b'E' | b'B']
            | [b'K' | b'M' | b'G' | b'T' | b'P' | b'E', b'B']
            | [b'K' | b'M' | b'G' | b'T' | b'P' | b'E', b'i', b'B']
    )
}

fn figure(number: &[u8], unit: &[u8]) -> Option<Interval> {
    let letter = *unit.first()?;
    if letter != b'B' && !number.contains(&b'.') {
        let count = number::digits(number)?;
        let shift = 10 * (b"KMGTPE".iter().position(|&b| b == letter)? + 1);
        let size = u128::from(count) << shift;
        return Some(u64::try_from(size).map_or(Interval::at_least(u64::MAX), Interval::exactly));
    }
    number::human(&[number, &[letter]].concat(), 1024)
}

const DATE: &[u8] = b" dddd-dd-dd dd:dd ";

fn is_date(text: &[u8]) -> bool {
    let fits = |(shape, byte): (&u8, &u8)| match shape {
        b'd' => byte.is_ascii_digit(),
        _ => shape == byte,
    };
    text.len() >= DATE.len() && DATE.iter().zip(text).all(fits)
}

/// `/path`, `hdfs://namenode:8020/path`, `s3a://bucket/key`; what lies on the machine itself
/// (`file:`) is none of a store.
fn place(path: &[u8]) -> Option<Place> {
    let place = |host: &[u8], path: &[u8]| Place {
        host: host.to_vec(),
        path: path.to_vec(),
    };
    if path.starts_with(b"/") {
        return Some(place(b"hdfs", path));
    }
    let at = path.windows(3).position(|w| w == b"://")?;
    let (scheme, rest) = (&path[..at], &path[at + 3..]);
    let slash = rest.iter().position(|&b| b == b'/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(slash);
    let path = if path.is_empty() { b"/" } else { path };
    match scheme {
        b"hdfs" | b"webhdfs" | b"swebhdfs" => Some(place(b"hdfs", path)),
        b"file" => None,
        b"s3" | b"s3a" | b"s3n" => Some(place(&[b"s3://", authority].concat(), path)),
        _ if scheme.iter().all(u8::is_ascii_lowercase) => {
            Some(place(&[scheme, b"://", authority].concat(), path))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(command: &str) -> Option<Hdfs> {
        let steps = super::super::super::command::split(command.as_bytes())?;
        Hdfs::parse(&steps[0].words[1..])
    }

    #[test]
    fn rows_are_read() {
        for (command, row, host, path, apparent) in [
            (
                "-ls /",
                "drwxr-xr-x   - hdfs supergroup          0 2024-01-01 12:00 /tmp",
                "hdfs",
                "/tmp",
                None,
            ),
            (
                "-ls /data",
                "-rw-r--r--   3 ann dom users       1234 2024-01-01 12:00 /data/a  b ",
                "hdfs",
                "/data/a  b ",
                Some((1234, 1234)),
            ),
            (
                "-ls -h /data",
                "-rw-rw-r--+  3 ann users    128 M 2024-01-01 12:00 hdfs://nn:8020/data/x",
                "hdfs",
                "/data/x",
                Some((128 << 20, 128 << 20)),
            ),
            (
                "-ls -h /data",
                "-rw-r--r--   1 ann 7      1.5 K 2024-01-01 12:00 s3a://logs/x",
                "s3://logs",
                "/x",
                Some((1434, 1587)),
            ),
            (
                "-ls -e /",
                "-rw-r--r--   1 a b RS-6-3-1024k 700 2024-01-01 12:00 /2024-01-01 12:00 x",
                "hdfs",
                "/2024-01-01 12:00 x",
                Some((700, 700)),
            ),
            (
                "-du /user",
                "123  369  /user/a b",
                "hdfs",
                "/user/a b",
                Some((123, 123)),
            ),
            (
                "-du -s -h /u",
                "1 G  3.0 G  /u",
                "hdfs",
                "/u",
                Some((1 << 30, 1 << 30)),
            ),
            (
                "-du -h /u",
                "1.5 K  4.5 K  /u",
                "hdfs",
                "/u",
                Some((1434, 1587)),
            ),
            (
                "-dus /u",
                "123 hdfs://nn:8020/u/a b",
                "hdfs",
                "/u/a b",
                Some((123, 123)),
            ),
        ] {
            let hdfs = parse(&format!("hdfs dfs {command}")).unwrap_or_else(|| panic!("{command}"));
            let row = hdfs.row(row.as_bytes());
            let (place, fact) = row.unwrap_or_else(|| panic!("{command}: {path}"));
            let place = place.unwrap();
            let apparent = apparent.map(|(lo, hi)| Interval::between(lo, hi));
            assert_eq!(
                (place.host.as_slice(), place.path.as_slice(), fact.apparent),
                (host.as_bytes(), path.as_bytes(), apparent),
                "{command}"
            );
        }
    }

    #[test]
    fn what_is_no_row_and_no_listing_is_refused() {
        let ls = parse("hdfs dfs -ls /").unwrap();
        for line in [
            "Found 3 items",
            "ls: `/x': No such file or directory",
            "drwxr-xr-x   2 root root 4096 2024-01-01 12:00 /x",
            "-rw-r--r--   - a b 12 2024-01-01 12:00 /x",
            "-rw-r--r--   3 a b 12 Jan  1 12:00 /x",
            "",
        ] {
            assert_eq!(ls.row(line.as_bytes()), None, "{line}");
        }
        assert_eq!(ls.count(b"Found 3 items"), Some(3));
        // Where a relative path counts from is not shown, what a `?` stands for neither.
        for (command, path) in [
            ("hdfs dfs -ls", "logs/x"),
            ("hdfs dfs -ls -q /", "/a?b"),
            ("hdfs dfs -ls file:///", "file:///etc"),
        ] {
            let row = format!("-rw-r--r--   3 a b 12 2024-01-01 12:00 {path}");
            let row = parse(command).unwrap().row(row.as_bytes()).unwrap();
            assert_eq!(row.0, None, "{command}");
        }
        for command in ["hdfs dfs -ls -C /", "hdfs dfs -rm /x", "hdfs dfsadmin"] {
            assert_eq!(parse(command), None, "{command}");
        }
    }
}
