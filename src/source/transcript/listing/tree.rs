//! `tree`: a path in each row, by how far it is indented.

use crate::bytes::Interval;

use super::super::word::Word;
use super::ls::{self, Shape};
use super::number;

/// An invocation of `tree` whose output can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct TreeCommand {
    pub(in super::super) all: bool,
    /// Names were left out.
    pub(in super::super) cut: bool,
    /// Directories show what lies below them.
    pub(in super::super) sums: bool,
    sized: Option<Option<u64>>,
    modes: bool,
    /// Words before the mode: inode, device.
    numbers: usize,
    /// Words between the mode and the size: owner, group.
    owners: usize,
    classified: bool,
    quoted: bool,
    full_paths: bool,
    /// No branches are drawn (`-i`).
    flat: bool,
    pub(in super::super) operands: Vec<Word>,
}

/// One row: how deep, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct TreeRow {
    pub(in super::super) depth: usize,
    pub(in super::super) name: Vec<u8>,
    pub(in super::super) shape: Shape,
    pub(in super::super) size: Option<Interval>,
    /// It is followed by why it was not opened.
    pub(in super::super) denied: bool,
}

impl TreeCommand {
    /// Reads the options; `None` where the output would be in a form that is not read.
    pub(in super::super) fn parse(words: &[Word]) -> Option<Self> {
        let mut tree = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.text.as_slice() {
                b"-L" | b"-I" | b"-P" | b"--filelimit" => {
                    tree.cut = true;
                    words.next()?;
                }
                b"--du" => {
                    tree.sums = true;
                    tree.sized.get_or_insert(None);
                }
                b"--si" => tree.sized = Some(Some(1000)),
                b"--prune" | b"--gitignore" | b"--matchdirs" => tree.cut = true,
                b"--inodes" | b"--device" => tree.numbers += 1,
                b"--dirsfirst" | b"--filesfirst" | b"--noreport" => {}
                b"--charset" | b"--sort" => {
                    words.next()?;
                }
                [b'-', b'-', long @ ..]
                    if long.starts_with(b"charset=") || long.starts_with(b"sort=") => {}
                [b'-', b'-', ..] => return None,
                [b'-', letters @ ..] if !letters.is_empty() => {
                    letters.iter().try_for_each(|&letter| tree.letter(letter))?;
                }
                _ => tree.operands.push(word.clone()),
            }
        }
        // Without branches only whole paths say where a name is.
        (!tree.flat || tree.full_paths).then_some(tree)
    }

    /// Whether every row has a whole path.
    pub(in super::super) fn is_flat(&self) -> bool {
        self.flat
    }

    fn letter(&mut self, letter: u8) -> Option<()> {
        match letter {
            b'a' => self.all = true,
            b'd' | b'x' => self.cut = true,
            b's' => {
                self.sized.get_or_insert(None);
            }
            b'h' => self.sized = Some(Some(1024)),
            b'p' => self.modes = true,
            b'u' | b'g' => self.owners += 1,
            b'F' => self.classified = true,
            b'Q' => self.quoted = true,
            b'f' => self.full_paths = true,
            b'i' => self.flat = true,
            b'D' | b'n' | b'C' | b't' | b'r' | b'v' | b'U' | b'c' | b'S' | b'A' | b'N' => {}
            _ => return None,
        }
        Some(())
    }

    /// Reads one row.
    pub(in super::super) fn row(&self, line: &[u8]) -> Option<TreeRow> {
        let (depth, mut rest) = indentation(line);
        let mut row = TreeRow {
            depth,
            name: Vec::new(),
            shape: Shape::Unknown,
            size: None,
            denied: false,
        };
        let has_bracket = self.sized.is_some() || self.modes || self.numbers > 0;
        if has_bracket && rest.starts_with(b"[") {
            let close = rest.iter().position(|&b| b == b']')?;
            self.bracket(&rest[1..close], &mut row)?;
            rest = rest[close + 1..]
                .strip_prefix(b"  ")
                .or(rest[close + 1..].strip_prefix(b" "))?;
        } else if self.sized.is_some() && depth > 0 {
            return None;
        }
        for note in [&b" [error opening dir]"[..], b" [recursive, not followed]"] {
            if let Some(name) = rest.trim_ascii().strip_suffix(note.trim_ascii()) {
                row.denied = true;
                row.shape = Shape::Dir;
                rest = name.trim_ascii_end();
            }
        }
        let own = row.size.filter(|size| size.is_exact()).map(|size| size.lo);
        row.name = self.name(rest, &mut row.shape, own)?;
        Some(row)
    }

    /// `[-rw-r--r-- root root  4096 Nov 22 06:02]`
    fn bracket(&self, text: &[u8], row: &mut TreeRow) -> Option<()> {
        let mut words = text
            .split(u8::is_ascii_whitespace)
            .filter(|w| !w.is_empty());
        for _ in 0..self.numbers {
            number::digits(words.next()?)?;
        }
        if self.modes {
            row.shape = ls::shape_of(words.next()?)?;
        }
        if let Some(human) = self.sized {
            let word = words.nth(self.owners)?;
            let size = match human {
                Some(base) => number::human(word, base),
                None => number::exact(word),
            }?;
            row.size = Some(size);
        }
        Some(())
    }

    /// The name, where `own` is the exact size that stands beside it.
    fn name(&self, text: &[u8], shape: &mut Shape, own: Option<u64>) -> Option<Vec<u8>> {
        let mut text = text;
        if self.quoted {
            let (name, rest) = super::name::c_string(text)?;
            if rest.starts_with(b" -> ") {
                *shape = Shape::Symlink;
            }
            return Some(name);
        }
        let arrow = text.windows(4).position(|w| w == b" -> ");
        match (*shape, arrow) {
            (Shape::Symlink, Some(at)) => text = &text[..at],
            // Without its mode, a name with an arrow and a link look alike, unless the size is as
            // long as what the link leads to.
            (Shape::Unknown, Some(_)) => {
                let is_link = |at: &usize| {
                    text[*at..].starts_with(b" -> ") && own == Some((text.len() - *at - 4) as u64)
                };
                text = &text[..(0..text.len()).find(is_link)?];
                *shape = Shape::Symlink;
            }
            _ => {}
        }
        if self.classified {
            let marks: [(&[u8], Shape); 4] = [
                (b"/", Shape::Dir),
                (b"=", Shape::Other),
                (b"|", Shape::Other),
                (b"*", Shape::File),
            ];
            if let Some((mark, is)) = marks.iter().find(|(mark, _)| text.ends_with(mark)) {
                text = &text[..text.len() - mark.len()];
                *shape = *is;
            }
        }
        let text = decoded(text);
        let name = match text.iter().rposition(|&b| b == b'/') {
            Some(at) if self.full_paths && !self.flat => text[at + 1..].to_vec(),
            _ => text,
        };
        (!name.is_empty()).then_some(name)
    }
}

/// Three octal digits after a backslash stand for what cannot be printed; in the C locale a blank
/// has a backslash before it.
fn decoded(text: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        let octal = tail
            .get(..3)
            .filter(|d| byte == b'\\' && d.iter().all(|b| matches!(b, b'0'..=b'7')));
        let value = octal.map(|d| d.iter().fold(0u32, |n, b| n * 8 + u32::from(b - b'0')));
        if byte == b'\\' && tail.first() == Some(&b' ') {
            name.push(b' ');
            rest = &tail[1..];
            continue;
        }
        match value
            .and_then(|v| u8::try_from(v).ok())
            .filter(|v| *v < 32 || *v >= 127)
        {
            Some(value) => {
                name.push(value);
                rest = &tail[3..];
            }
            None => {
                name.push(byte);
                rest = tail;
            }
        }
    }
    name
}

/// How many levels deep a row is drawn, and what follows.
fn indentation(line: &[u8]) -> (usize, &[u8]) {
    const GOES_ON: [&str; 4] = ["│\u{a0}\u{a0} ", "│   ", "|   ", "    "];
    const ENDS: [&str; 6] = ["├── ", "└── ", "|-- ", "`-- ", "+-- ", "\\-- "];
    let mut rest = line;
    let mut depth = 0;
    while let Some(tail) = GOES_ON.iter().find_map(|s| rest.strip_prefix(s.as_bytes())) {
        (depth, rest) = (depth + 1, tail);
    }
    match ENDS.iter().find_map(|s| rest.strip_prefix(s.as_bytes())) {
        Some(tail) => (depth + 1, tail),
        None => (0, line),
    }
}

/// `3 directories, 7 files`, `172K used in 3 directories, 7 files`
pub(in super::super) fn is_footer(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let begins = line.first().is_some_and(u8::is_ascii_digit);
    let has = |word: &[u8]| line.windows(word.len()).any(|w| w == word);
    begins
        && (has(b" director") || has(b" used in "))
        && (line.ends_with(b"file") || line.ends_with(b"files") || has(b" director"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read() {
        let tree = |options: &str| {
            let words: Vec<Word> = options
                .split_whitespace()
                .map(|t| Word {
                    text: t.as_bytes().to_vec(),
                    expands: false,
                })
                .collect();
            TreeCommand::parse(&words).unwrap()
        };
        for (options, line, depth, name, shape, size) in [
            ("", "├── a b", 1, "a b", Shape::Unknown, None),
            (
                "-s",
                "├── [          6]  x -> y -> a -> b",
                1,
                "x -> y",
                Shape::Symlink,
                Some(Interval::exactly(6)),
            ),
            (
                "-Q",
                "├── \"ln k\" -> \"a\"",
                1,
                "ln k",
                Shape::Symlink,
                None,
            ),
            (
                "-ps --inodes",
                "├── [   77 -rw-r--r--          6]  x",
                1,
                "x",
                Shape::File,
                Some(Interval::exactly(6)),
            ),
            ("", "│\u{a0}\u{a0} └── x", 2, "x", Shape::Unknown, None),
            ("", "    └── e\\012f", 2, "e\nf", Shape::Unknown, None),
            (
                "-s",
                "└── [       4096]  app",
                1,
                "app",
                Shape::Unknown,
                Some(Interval::exactly(4096)),
            ),
            (
                "-ps",
                "├── [lrwxrwxrwx           1]  l -> d",
                1,
                "l",
                Shape::Symlink,
                Some(Interval::exactly(1)),
            ),
            (
                "-hD",
                "├── [4.0K Nov 22 14:06]  d",
                1,
                "d",
                Shape::Unknown,
                number::human(b"4.0K", 1024),
            ),
            (
                "-pugs",
                "├── [-rw-r--r-- root     root               7]  c\\d",
                1,
                "c\\d",
                Shape::File,
                Some(Interval::exactly(7)),
            ),
            ("-F", "|-- src/", 1, "src", Shape::Dir, None),
            ("-f", "|-- ./src/x", 1, "x", Shape::Unknown, None),
            ("-Q", "`-- \"a\\\"b\"", 1, "a\"b", Shape::Unknown, None),
        ] {
            let row = tree(options)
                .row(line.as_bytes())
                .unwrap_or_else(|| panic!("{line}"));
            let got = (row.depth, row.name, row.shape, row.size);
            assert_eq!(
                got,
                (depth, name.as_bytes().to_vec(), shape, size),
                "{line}"
            );
        }
        assert_eq!(tree("").row("├── x -> y".as_bytes()), None);
        assert!(
            tree("")
                .row("├── x [error opening dir]".as_bytes())
                .unwrap()
                .denied
        );
        assert!(
            is_footer(b" 9.5M used in 3 directories, 2 files")
                && is_footer(b"1 directory, 0 files")
        );
    }
}
