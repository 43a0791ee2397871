//! `dir` of cmd and `Get-ChildItem` of PowerShell: both say of which directory they are.
//!
//! Dates and digits follow the machine's locale, so a row is read from its fixed points: for cmd
//! the time and then a size or a word in angle brackets, for PowerShell the mode and its columns.

use crate::bytes::Interval;

use super::ls::Shape;
use super::number;

/// What one line of such a listing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Line<'a> {
    /// The directory that the rows below it lie in.
    Directory(&'a [u8]),
    Row(Row<'a>),
    /// `12 File(s) 1,234 bytes`: the sum of the files above, and how many.
    Files {
        count: u64,
        bytes: u64,
    },
    /// Room on the volume.
    Free(u64),
    /// Headings, rules, totals, blank lines.
    Ornament,
}

/// One name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Row<'a> {
    pub(in super::super) name: &'a [u8],
    pub(in super::super) shape: Shape,
    pub(in super::super) size: Option<Interval>,
}

/// Reads a line of cmd's `dir`.
pub(in super::super) fn cmd(line: &[u8]) -> Option<Line<'_>> {
    let text = line.trim_ascii();
    if let Some(path) = text
        .strip_prefix(b"Directory of ")
        .or_else(|| titled(line, 1))
    {
        return Some(Line::Directory(path));
    }
    let ornaments: [&[u8]; 3] = [
        b"Volume in drive ",
        b"Volume Serial Number",
        b"Total Files Listed",
    ];
    if text.is_empty() || ornaments.iter().any(|o| text.starts_with(o)) {
        return Some(Line::Ornament);
    }
    let words: Vec<&[u8]> = text
        .split(|&b| b == b' ')
        .filter(|w| !w.is_empty())
        .collect();
    if let [count, b"File(s)", bytes, b"bytes"] = words[..] {
        let (count, bytes) = (number::grouped(count)?, number::grouped(bytes)?);
        return Some(Line::Files { count, bytes });
    }
    if let [_, b"Dir(s)", bytes, b"bytes", b"free"] = words[..] {
        return number::grouped(bytes).map(Line::Free);
    }
    // `2 Datei(en), 1.234 Bytes`, `5 fichier(s) 1 234 octets`, `2 Verzeichnis(se), 1.234 Bytes frei`
    let plural = |word: &[u8]| word.ends_with(b")") || word.ends_with(b"),");
    if let [count, kind, bytes, _, free @ ..] = &words[..]
        && line.starts_with(b" ")
        && plural(kind)
        && let (Some(count), Some(bytes)) = (number::grouped(count), number::grouped(bytes))
    {
        return Some(match free {
            [] => Line::Files { count, bytes },
            _ => Line::Free(bytes),
        });
    }
    // Rows begin at the edge; `Volumeseriennummer`, `Anzahl der angezeigten Dateien:` do not.
    let is_heading = line.starts_with(b" ") && text.first().is_some_and(|b| !b.is_ascii_digit());
    if is_heading && (text.ends_with(b":") || !line.starts_with(b"  ")) {
        return Some(Line::Ornament);
    }
    cmd_row(line).map(Line::Row)
}

/// The path of a title in whatever language, behind so many blanks: ` Verzeichnis von C:\\x`, `
/// Directory: C:\\x`. A title has a few words without digits.
fn titled(line: &[u8], indentation: usize) -> Option<&[u8]> {
    let blanks = line.iter().take_while(|&&b| b == b' ').count();
    let at = line
        .windows(3)
        .position(|w| w[0].is_ascii_alphabetic() && &w[1..] == b":\\")?;
    let title = line[..at].strip_suffix(b" ")?.trim_ascii_start();
    let words = title.split(|&b| b == b' ').count();
    let is_word = |b: &u8| b.is_ascii_alphabetic() || *b >= 0x80 || matches!(b, b' ' | b':');
    let is_title = blanks == indentation
        && !title.is_empty()
        && words <= 3
        && title.iter().all(is_word)
        && (indentation == 1 || title.ends_with(b":"));
    is_title.then(|| line[at..].trim_ascii_end())
}

/// `03/04/2019  08:47 AM            20,480 name`
fn cmd_row(line: &[u8]) -> Option<Row<'_>> {
    let mut words = Words { line, at: 0 };
    let date = words.next()?;
    let is_date = date.len() >= 8
        && date
            .iter()
            .all(|b| b.is_ascii_digit() || b"/.-".contains(b));
    let clock = words.next()?;
    let is_clock = clock.contains(&b':') && clock.iter().all(|b| b.is_ascii_digit() || *b == b':');
    if !is_date || !is_clock {
        return None;
    }
    let mut word = words.next()?;
    if matches!(word, b"AM" | b"PM" | b"a.m." | b"p.m.") {
        word = words.next()?;
    }
    let (shape, size) = match word {
        b"<DIR>" | b"<REP>" => (Shape::Dir, None),
        b"<JUNCTION>" | b"<SYMLINK>" | b"<SYMLINKD>" => (Shape::Symlink, None),
        figure => (
            Shape::File,
            Some(Interval::exactly(number::grouped(figure)?)),
        ),
    };
    let rest = words.rest();
    let name = match shape {
        // Words in brackets are padded to the width of a size.
        Shape::File => rest.strip_prefix(b" ")?,
        _ => rest.trim_ascii_start(),
    };
    let name = match (shape, name.windows(2).rposition(|w| w == b" [")) {
        (Shape::Symlink, Some(at)) => &name[..at],
        _ => name,
    };
    (!name.is_empty()).then_some(Row { name, shape, size })
}

/// Reads a line of PowerShell's table.
pub(in super::super) fn power_shell(line: &[u8]) -> Option<Line<'_>> {
    let text = line.trim_ascii();
    if let Some(path) = text
        .strip_prefix(b"Directory: ")
        .or_else(|| titled(line, 4))
    {
        return Some(Line::Directory(path));
    }
    if text.is_empty()
        || text.starts_with(b"Mode ")
        || text.starts_with(b"----  ")
        || text.starts_with(b"---- ")
    {
        return Some(Line::Ornament);
    }
    let mut words = Words { line, at: 0 };
    let mode = words.next()?;
    let is_mode = (5..=7).contains(&mode.len()) && mode.iter().all(|b| b"dalrhs-".contains(b));
    if !is_mode {
        return None;
    }
    let date = words.next()?;
    let clock = words.next()?;
    if !date.first()?.is_ascii_digit() || !clock.contains(&b':') {
        return None;
    }
    let mut ahead = Words { ..words };
    let mut next = ahead.next()?;
    if matches!(next, b"AM" | b"PM") {
        words = Words { ..ahead };
        next = ahead.next()?;
    }
    let shape = match mode[0] {
        b'd' => Shape::Dir,
        b'l' => Shape::Symlink,
        _ => Shape::File,
    };
    let (size, rest) = if shape == Shape::File {
        (Some(number::exact(next)?), ahead.rest())
    } else {
        (None, words.rest())
    };
    let name = rest.trim_ascii();
    let name = match (shape, name.windows(4).position(|w| w == b" -> ")) {
        (Shape::Symlink, Some(at)) => &name[..at],
        _ => name,
    };
    // Names that are too wide are cut and end in dots.
    (!name.is_empty() && !name.ends_with(b"...") && !name.ends_with("…".as_bytes()))
        .then_some(Line::Row(Row { name, shape, size }))
}

/// Words of a line, split at blanks.
struct Words<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest();
        let start = rest.iter().position(|&b| b != b' ')?;
        let end = rest[start..]
            .iter()
            .position(|&b| b == b' ')
            .map_or(rest.len(), |n| start + n);
        self.at += end;
        Some(&rest[start..end])
    }

    fn rest(&self) -> &'a [u8] {
        &self.line[self.at..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_cmd_are_read() {
        for (line, name, shape, size) in [
            (
                "03/04/2019  08:47 AM            20,480 my file.txt",
                "my file.txt",
                Shape::File,
                Some(20_480),
            ),
            (
                "04.03.2019  08:47            20.480 a",
                "a",
                Shape::File,
                Some(20_480),
            ),
            (
                "2019-03-04  08:47    <DIR>          sub dir",
                "sub dir",
                Shape::Dir,
                None,
            ),
            (
                "03/04/2019  08:47 AM    <JUNCTION>     x [C:\\y]",
                "x",
                Shape::Symlink,
                None,
            ),
        ] {
            let size = size.map(Interval::exactly);
            let row = Row {
                name: name.as_bytes(),
                shape,
                size,
            };
            assert_eq!(cmd(line.as_bytes()), Some(Line::Row(row)), "{line}");
        }
        assert_eq!(
            cmd(b" Verzeichnis von D:\\a b"),
            Some(Line::Directory(b"D:\\a b"))
        );
        assert_eq!(
            cmd(b"               2 Datei(en),          1.234 Bytes"),
            Some(Line::Files {
                count: 2,
                bytes: 1234
            })
        );
        assert_eq!(
            cmd(b"               2 Verzeichnis(se), 98.765.432.832 Bytes frei"),
            Some(Line::Free(98_765_432_832))
        );
        for line in [
            &b" Volume in Laufwerk D: hat keine Bezeichnung."[..],
            b" Volumeseriennummer: 1C2D-9F00",
            b"     Anzahl der angezeigten Dateien:",
        ] {
            assert_eq!(cmd(line), Some(Line::Ornament));
        }
        assert_eq!(
            power_shell("    R\u{e9}pertoire : C:\\Test".as_bytes()),
            Some(Line::Directory(b"C:\\Test"))
        );
        assert_eq!(power_shell(b"    copied 3 files to C:\\Test"), None);
        assert_eq!(
            cmd(b" Directory of C:\\x y"),
            Some(Line::Directory(b"C:\\x y"))
        );
        assert_eq!(
            cmd(b"               2 File(s)         20,487 bytes"),
            Some(Line::Files {
                count: 2,
                bytes: 20_487
            })
        );
        assert_eq!(
            cmd(b"               3 Dir(s)  9,876,543,210 bytes free"),
            Some(Line::Free(9_876_543_210))
        );
        assert_eq!(cmd(b"File Not Found"), None);
        assert_eq!(cmd(b"03/04/2019  08:47 AM            20,48 x"), None);
    }

    #[test]
    fn rows_of_power_shell_are_read() {
        for (line, name, shape, size) in [
            (
                "-a----         3/4/2019   8:47 AM          20480 my file.txt",
                "my file.txt",
                Shape::File,
                Some(20_480),
            ),
            (
                "d-----         3/4/2019   8:47 AM                sub dir",
                "sub dir",
                Shape::Dir,
                None,
            ),
            (
                "-a---          04.03.2019    08:47              7 x  ",
                "x",
                Shape::File,
                Some(7),
            ),
        ] {
            let size = size.map(Interval::exactly);
            let row = Row {
                name: name.as_bytes(),
                shape,
                size,
            };
            assert_eq!(power_shell(line.as_bytes()), Some(Line::Row(row)), "{line}");
        }
        assert_eq!(
            power_shell(b"    Directory: C:\\Test"),
            Some(Line::Directory(b"C:\\Test"))
        );
        assert_eq!(
            power_shell(b"-a----  3/4/2019   8:47 AM  20480 a-name-that-is-too-wi..."),
            None
        );
    }
}
