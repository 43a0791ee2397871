//! What the bytes are wrapped in: a plain text, a typescript, or something that is not read (yet);
//! and the lines of it, one at a time, in memory that no line can exhaust.

use std::io::{self, BufRead};

/// Longer lines are cut: they are no listing, and one of them must not fill the memory.
const LONGEST: usize = 1 << 20;

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
    if text.iter().filter(odd).count() * 50 > text.len() {
        return Container::Binary;
    }
    Container::Text
}

/// Whether a line is one that `script` adds around the session.
pub(super) fn is_script_frame(line: &[u8]) -> bool {
    line.starts_with(b"Script started on ") || line.starts_with(b"Script done on ")
}

/// The terminal's width, as a newer `script` notes it in its first line.
pub(super) fn columns(line: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(line).ok()?;
    let (_, rest) = text.rsplit_once("COLUMNS=\"")?;
    rest.split('"').next()?.parse().ok()
}

/// One line of the input, without its end.
pub(super) struct Line<'a> {
    pub(super) bytes: &'a [u8],
    /// Whether the line was longer than can be kept, and its end is missing here.
    pub(super) cut: bool,
    /// How many bytes it took in the input.
    pub(super) taken: u64,
}

/// Lines with a bounded length over any reader.
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
        }
    }

    /// The bytes that come next, without taking them.
    pub(super) fn peek(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    /// The next line, or `None` at the end. A last line without an end is a line.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        let (mut cut, mut taken) = (false, 0u64);
        loop {
            let available = match self.input.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                if taken == 0 {
                    return Ok(None);
                }
                break;
            }
            let end = available.iter().position(|&b| b == b'\n');
            let piece = &available[..end.unwrap_or(available.len())];
            let room = LONGEST - self.buffer.len();
            cut |= piece.len() > room;
            self.buffer
                .extend_from_slice(&piece[..piece.len().min(room)]);
            let used = piece.len() + usize::from(end.is_some());
            taken += used as u64;
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        Ok(Some(Line {
            bytes: &self.buffer,
            cut,
            taken,
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
    fn long_lines_are_cut_and_counted_whole() {
        let mut text = vec![b'x'; LONGEST + 5];
        text.extend_from_slice(b"\nshort\r\nlast");
        let mut lines = Lines::new(io::BufReader::with_capacity(7, &text[..]));
        let line = lines.next().unwrap().unwrap();
        assert!(line.cut && line.bytes.len() == LONGEST);
        assert_eq!(line.taken, LONGEST as u64 + 6);
        assert_eq!(lines.next().unwrap().unwrap().bytes, b"short\r");
        assert_eq!(lines.next().unwrap().unwrap().bytes, b"last");
        assert!(lines.next().unwrap().is_none());
    }
}
