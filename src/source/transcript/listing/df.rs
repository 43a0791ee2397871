//! `df`: the room of file systems. The header says what the columns are; rows are read from the
//! right, since devices may hold blanks or stand on a line of their own.

use crate::bytes::Interval;

use super::super::word::Word;
use super::number::{self, Unit};

/// The figures of one mounted file system, in bytes or inodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Mount {
    pub(in super::super) mount: Vec<u8>,
    pub(in super::super) fstype: Option<String>,
    pub(in super::super) total: Interval,
    pub(in super::super) used: Interval,
    pub(in super::super) available: Interval,
    /// The line that shows it.
    pub(in super::super) line: u32,
}

impl Mount {
    fn figures(&self) -> [Interval; 3] {
        [self.total, self.used, self.available]
    }

    /// Whether its figures are exact and could have been printed as the other's.
    pub(in super::super) fn refines(&self, other: &Self) -> bool {
        self.is_exact()
            && !other.is_exact()
            && self
                .figures()
                .iter()
                .zip(other.figures())
                .all(|(own, rounded)| own.intersect(rounded).is_some())
    }

    pub(in super::super) fn is_exact(&self) -> bool {
        self.figures().iter().all(|figure| figure.is_exact())
    }
}

/// The base of the letters that the options ask for: the last of `-h` and `-H` counts.
pub(in super::super) fn base_of(operands: &[Word]) -> Option<u64> {
    let base = |word: &Word| match word.text.as_slice() {
        b"--human-readable" => Some(1024),
        b"--si" => Some(1000),
        [b'-', b'-', ..] => None,
        [b'-', letters @ ..] => letters.iter().rev().find_map(|letter| match letter {
            b'h' => Some(1024),
            b'H' => Some(1000),
            _ => None,
        }),
        _ => None,
    };
    operands.iter().rev().find_map(base)
}

/// The columns of a table, once its header was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Table {
    unit: Unit,
    /// What letters are powers of, where that is known.
    base: Option<u64>,
    pub(in super::super) inodes: bool,
    typed: bool,
    /// Inodes stand between the share and the mount, as on macOS.
    with_inodes: bool,
    /// A device that was too long for its column, alone on its line.
    wrapped: bool,
}

impl Table {
    /// Recognises the header, in any language: its fourth figure is a share.
    pub(in super::super) fn header(line: &[u8]) -> Option<Self> {
        let words: Vec<&[u8]> = words(line).into_iter().map(|(_, word)| word).collect();
        let share = words.iter().position(|w| {
            *w == b"Capacity" || (w.ends_with(b"%") && number::digits(&w[..w.len() - 1]).is_none())
        })?;
        let typed = words
            .get(1)
            .is_some_and(|w| [&b"Type"[..], b"Typ", b"Tipo"].contains(w));
        if share < 4 + usize::from(typed) || words.len() < share + 2 {
            return None;
        }
        let figure = String::from_utf8_lossy(words[1 + usize::from(typed)]).into_owned();
        let inodes = ["node", "Node", "nœud", "nodo", "знак"]
            .iter()
            .any(|w| figure.contains(w));
        let digits = figure
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(figure.len());
        let letter = figure[digits..].chars().next().filter(|_| digits > 0);
        let scale = match letter {
            Some('K' | 'k') => 1 << 10,
            Some('M') => 1 << 20,
            Some('G') => 1 << 30,
            _ => 1,
        };
        let unit = match figure[..digits].parse::<u64>() {
            Ok(n) if !inodes => Unit::Of(n.checked_mul(scale)?),
            _ if inodes => Unit::Of(1),
            _ => Unit::Human(1024),
        };
        Some(Self {
            unit,
            base: None,
            inodes,
            typed,
            with_inodes: words.contains(&&b"iused"[..]),
            wrapped: false,
        })
    }

    /// Has letters read as powers of what the command asked for.
    pub(in super::super) fn with_base(self, base: Option<u64>) -> Self {
        Self { base, ..self }
    }

    /// Reads one row.
    pub(in super::super) fn row(&mut self, line: &[u8]) -> Option<Mount> {
        let words: Vec<(usize, &[u8])> = words(line);
        let percent = words.iter().position(|(_, w)| {
            w.strip_suffix(b"%")
                .is_some_and(|n| number::digits(n).is_some())
                || *w == b"-"
        });
        let first = usize::from(!std::mem::take(&mut self.wrapped)) + usize::from(self.typed);
        let Some(percent) = percent else {
            self.wrapped = words.len() == 1;
            return None;
        };
        if percent < first + 3 {
            return None;
        }
        let figure = |back: usize| self.figure(words[percent - back].1);
        let after = if self.with_inodes { 4 } else { 1 };
        let &(start, _) = words.get(percent + after)?;
        let fstype = self
            .typed
            .then(|| String::from_utf8_lossy(words[percent - 4].1).into_owned());
        Some(Mount {
            mount: line[start..].trim_ascii_end().to_vec(),
            fstype,
            total: figure(3)?,
            used: figure(2)?,
            available: figure(1)?,
            line: 0,
        })
    }

    fn figure(&self, word: &[u8]) -> Option<Interval> {
        let plain = number::ungrouped(word);
        let word = plain.as_deref().unwrap_or(word);
        match self.unit {
            // Up to a kibibyte the figures are the file system's own blocks.
            Unit::Of(unit) if unit <= 1024 => {
                let bytes = number::digits(word)?.checked_mul(unit)?;
                Some(Interval::exactly(bytes))
            }
            Unit::Of(_) | Unit::Either => self.unit.size(word),
            Unit::Human(_) => match self.base {
                Some(base) => number::human(word.strip_suffix(b"i").unwrap_or(word), base),
                None => number::any_human(word).or_else(|| number::human(word, 1024)),
            },
        }
    }
}

fn words(line: &[u8]) -> Vec<(usize, &[u8])> {
    let mut words = Vec::new();
    let mut start = None;
    for (i, &b) in line.iter().chain(b" ").enumerate() {
        match (b.is_ascii_whitespace(), start) {
            (false, None) => start = Some(i),
            (true, Some(from)) => {
                words.push((from, &line[from..i]));
                start = None;
            }
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_by_their_header() {
        for (header, row, expected) in [
            (
                "Filesystem     1B-blocks Used Available Use% Mounted on",
                "/dev/sda1 1000 900 50 95% /data",
                Some(("/data", 1000, 900, 50)),
            ),
            (
                "Filesystem     Type 1K-blocks Used Available Use% Mounted on",
                "/dev/sda1 ext4 10 9 1 90% /my data",
                Some(("/my data", 10240, 9216, 1024)),
            ),
            (
                "Filesystem     Inodes IUsed IFree IUse% Mounted on",
                "map auto_home 10 9 1 90% /home",
                Some(("/home", 10, 9, 1)),
            ),
            (
                "Filesystem Size Used Avail Use% Mounted on",
                "/dev/sda1 10G 9G 1G 90% /",
                Some(("/", 9 << 30, 8 << 30, 0)),
            ),
            (
                "Dateisystem    1K-Blöcke Benutzt Verfügbar Verw% Eingehängt auf",
                "/dev/sda1 10 9 1 90% /",
                Some(("/", 10240, 9216, 1024)),
            ),
            (
                "Filesystem 512-blocks Used Available Capacity iused ifree %iused Mounted on",
                "/dev/disk1s1 20 18 2 90% 100 200 33% /System/Volumes/My Data",
                Some(("/System/Volumes/My Data", 10240, 9216, 1024)),
            ),
            (
                "Filesystem 1K-blocks Used Available Use% Mounted on",
                "udev - - - - /dev",
                None,
            ),
            (
                "Filesystem 1K-blocks Used Available Use% Mounted on",
                "10 9 1 90% /",
                None,
            ),
        ] {
            let mut table = Table::header(header.as_bytes())
                .unwrap()
                .with_base(Some(1024));
            let got = table.row(row.as_bytes());
            let got = got
                .as_ref()
                .map(|m| (m.mount.as_slice(), m.total.lo, m.used.lo, m.available.lo));
            assert_eq!(
                got,
                expected.map(|(m, t, u, a): (&str, u64, u64, u64)| {
                    let rounded = |n: u64| n + u64::from(row.contains("10G"));
                    (m.as_bytes(), rounded(t), rounded(u), rounded(a))
                }),
                "{row}"
            );
        }
    }

    #[test]
    fn a_long_device_may_stand_alone() {
        let mut table =
            Table::header(b"Filesystem 1K-blocks Used Available Use% Mounted on").unwrap();
        assert_eq!(table.row(b"/dev/mapper/a-very-long-volume-name"), None);
        let mount = table.row(b"             10 9 1 90% /").unwrap();
        assert_eq!(
            (mount.mount, mount.total),
            (b"/".to_vec(), Interval::exactly(10240))
        );
    }

    #[test]
    fn letters_are_powers_of_what_was_asked_for() {
        let word = |text: &str| Word::plain(text.as_bytes());
        for (options, base, least) in [
            ("-h", Some(1024), 25 * 1024 + 1),
            ("-hT", Some(1024), 25 * 1024 + 1),
            ("-H", Some(1000), 25_001),
            ("--si", Some(1000), 25_001),
            ("-h -H /x", Some(1000), 25_001),
            ("-k", None, 25_001),
        ] {
            let words: Vec<Word> = options.split(' ').map(word).collect();
            assert_eq!(base_of(&words), base, "{options}");
            let header = b"Filesystem Size Used Avail Use% Mounted on";
            let mut table = Table::header(header).unwrap().with_base(base);
            let mount = table.row(b"/dev/vda1 52k 17k 26k 40% /x").unwrap();
            assert_eq!(mount.available.lo, least, "{options}");
        }
    }
}
