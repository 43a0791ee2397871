//! `df`: the room of file systems. The header says what the columns are; rows are read from the
//! right, since devices may hold blanks or stand on a line of their own.

use super::number;

/// The figures of one mounted file system, in bytes or inodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Mount {
    pub(in super::super) mount: Vec<u8>,
    pub(in super::super) fstype: Option<String>,
    pub(in super::super) total: u64,
    pub(in super::super) used: u64,
    pub(in super::super) available: u64,
}

/// The columns of a table, once its header was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Table {
    /// Bytes in a unit; `None` for figures rounded for people, which measure nothing.
    unit: Option<u64>,
    pub(in super::super) inodes: bool,
    typed: bool,
    /// A device that was too long for its column, alone on its line.
    wrapped: bool,
}

impl Table {
    /// Recognises the header.
    pub(in super::super) fn header(line: &[u8]) -> Option<Self> {
        let words: Vec<&[u8]> = line
            .split(u8::is_ascii_whitespace)
            .filter(|w| !w.is_empty())
            .collect();
        if words.first() != Some(&&b"Filesystem"[..])
            || !line.trim_ascii_end().ends_with(b"Mounted on")
        {
            return None;
        }
        let typed = words.get(1) == Some(&&b"Type"[..]);
        let figure = *words.get(1 + usize::from(typed))?;
        let inodes = figure == b"Inodes";
        let unit = match figure {
            b"Inodes" | b"1B-blocks" => Some(1),
            b"1K-blocks" | b"1024-blocks" => Some(1024),
            b"512-blocks" | b"512B-blocks" => Some(512),
            _ => None,
        };
        Some(Self {
            unit,
            inodes,
            typed,
            wrapped: false,
        })
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
        let figure = |back: usize| {
            let n = number::digits(words[percent - back].1)?;
            n.checked_mul(self.unit?)
        };
        let &(end, _) = words.get(percent + 1)?;
        let fstype = self
            .typed
            .then(|| String::from_utf8_lossy(words[percent - 4].1).into_owned());
        Some(Mount {
            mount: line[end..].trim_ascii_end().to_vec(),
            fstype,
            total: figure(3)?,
            used: figure(2)?,
            available: figure(1)?,
        })
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
                None,
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
            let mut table = Table::header(header.as_bytes()).unwrap();
            let got = table.row(row.as_bytes());
            let got = got
                .as_ref()
                .map(|m| (m.mount.as_slice(), m.total, m.used, m.available));
            assert_eq!(
                got,
                expected.map(|(m, t, u, a)| (m.as_bytes(), t, u, a)),
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
        assert_eq!((mount.mount, mount.total), (b"/".to_vec(), 10240));
    }
}
