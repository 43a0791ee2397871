//! What the bytes are wrapped in, and the terminal's output within, piece by piece.
//!
//! * text: a typescript, a screen log, a copy from a window; lines of a CI log lose their times,
//!   quoted and indented ones what stands before them all (`wrapping`);
//! * an asciicast of any version (`cast`);
//! * UTF-16, as PowerShell writes it (`utf16`).
//!
//! A piece is at most a line of the input, and no line can exhaust the memory.

pub(super) mod cast;
mod job;
mod page;
mod stamp;
pub(super) mod utf16;
mod wrapping;

use std::io::{self, BufRead};

pub(super) use wrapping::Wrapping;

/// Longer lines come in pieces.
const LONGEST: usize = 1 << 16;

/// What a recording consists of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// What the terminal was sent, up to a line feed or to where the container ended it.
    Output(&'a [u8]),
    /// The terminal has this many columns and rows from here on.
    Size(usize, usize),
}

/// What the first bytes say about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    /// Text, or the raw bytes of a terminal.
    Text,
    /// An asciinema recording.
    Asciicast,
    /// UTF-16, as PowerShell writes it.
    Utf16,
    /// Compressed, a program, a picture: nothing that was ever on a terminal.
    Binary,
    /// Nothing at all.
    Empty,
}

/// Recognises the container by the first bytes of the file.
pub(super) fn sniff(head: &[u8]) -> Container {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    if text.is_empty() {
        return Container::Empty;
    }
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        return Container::Utf16;
    }
    if text.trim_ascii_start().starts_with(b"{") {
        let start = &text[..text.len().min(4096)];
        if start.windows(9).any(|word| word == b"\"version\"") {
            return Container::Asciicast;
        }
    }
    // A terminal's bytes hold escapes, bells and backspaces, but hardly any other control
    // characters, and NULs only as padding.
    let odd = |b: &&u8| matches!(b, 0..=6 | 14..=26 | 28..=31);
    if text.iter().filter(odd).count() * 20 > text.len() {
        return Container::Binary;
    }
    Container::Text
}

/// Whether a line is one that `script` adds around the session. Its words are translated, so a
/// first or last line is also known by what stands in brackets at its end.
pub(super) fn is_script_frame(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let has = |what: &[u8]| line.windows(what.len()).any(|w| w == what);
    line.starts_with(b"Script started on ")
        || line.starts_with(b"Script done on ")
        || (line.ends_with(b"]")
            && (has(b" [COMMAND_EXIT_CODE=\"")
                || (has(b" COLUMNS=\"") && has(b" LINES=\""))
                || line.ends_with(b"[<not executed on terminal>]")))
}

/// Whether such a line is the last of a recording.
pub(super) fn is_script_end(line: &[u8]) -> bool {
    let has = |what: &[u8]| line.windows(what.len()).any(|w| w == what);
    line.starts_with(b"Script done on ")
        || has(b" [COMMAND_EXIT_CODE=\"")
        || line
            .trim_ascii_end()
            .ends_with(b"[<max output size exceeded>]")
}

/// The terminal's width and height, as a newer `script` notes them in its first line.
pub(super) fn size(line: &[u8]) -> Option<(usize, usize)> {
    let text = String::from_utf8_lossy(line);
    let figure = |name: &str| {
        let (_, rest) = text.rsplit_once(name)?;
        rest.split('"').next()?.parse().ok()
    };
    Some((figure(" COLUMNS=\"")?, figure(" LINES=\"")?))
}

/// One line of the input with its end, or a part of a long one.
pub(super) struct Line<'a> {
    pub(super) bytes: &'a [u8],
    /// Whether the line ends here.
    pub(super) ends: bool,
    /// Whether it begins here.
    pub(super) begins: bool,
}

/// Lines with a bounded length over any reader.
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    inside: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            inside: false,
        }
    }

    /// The reader behind, when nothing was taken yet.
    pub(super) fn into_input(self) -> R {
        self.input
    }

    /// The reader behind, for what is no text.
    pub(super) fn input(&mut self) -> &mut R {
        &mut self.input
    }

    /// The bytes that come next, without taking them.
    pub(super) fn peek(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    /// The next line, or `None` at the end. A last line without an end is a line.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        let begins = !self.inside;
        let mut ends = false;
        while !ends && self.buffer.len() < LONGEST {
            let available = match self.input.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                if self.buffer.is_empty() {
                    return Ok(None);
                }
                break;
            }
            let room = available.len().min(LONGEST - self.buffer.len());
            let end = memchr::memchr(b'\n', &available[..room]);
            let used = end.map_or(room, |end| end + 1);
            self.buffer.extend_from_slice(&available[..used]);
            self.input.consume(used);
            ends = end.is_some();
        }
        self.inside = !ends;
        Ok(Some(Line {
            bytes: &self.buffer,
            ends,
            begins,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_told_apart() {
        for (head, container) in [
            (&b""[..], Container::Empty),
            (b"$ ls\n", Container::Text),
            (b"\xef\xbb\xbf$ ls\n", Container::Text),
            (b"Script started on 2026-11-22\n", Container::Text),
            (b"\x1b[?2004h$ ls\r\n", Container::Text),
            (b"{\"version\": 2, \"width\": 80}\n", Container::Asciicast),
            (b"{ \"a\": 1 }\n", Container::Text),
            (b"\xff\xfe$\0 \0", Container::Utf16),
            (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0", Container::Binary),
            (b"\x1f\x8b\x08\0\0\0\0\0", Container::Binary),
        ] {
            assert_eq!(
                sniff(head),
                container,
                "{:?}",
                head.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn long_lines_come_in_pieces() {
        let mut text = vec![b'x'; LONGEST + 5];
        text.extend_from_slice(b"\nshort\r\nlast");
        let mut lines = Lines::new(io::BufReader::with_capacity(7, &text[..]));
        let line = lines.next().unwrap().unwrap();
        assert!(line.begins && !line.ends && line.bytes.len() == LONGEST);
        let line = lines.next().unwrap().unwrap();
        assert!(!line.begins && line.ends && line.bytes == b"xxxxx\n");
        let line = lines.next().unwrap().unwrap();
        assert!(line.begins && line.ends && line.bytes == b"short\r\n");
        let line = lines.next().unwrap().unwrap();
        assert!(line.begins && !line.ends && line.bytes == b"last");
        assert!(lines.next().unwrap().is_none());
    }
}
