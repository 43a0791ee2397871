//! `tree`: a path in each row, by how far it is indented.

use crate::bytes::Interval;

use super::super::word::Word;
use super::json;
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
    /// Powers of 1000, whatever else was asked for (`--si`).
    si: bool,
    modes: bool,
    /// The date stands before the name (`-D`).
    dated: bool,
    /// Names are as they are, with what cannot be printed (`-N`).
    pub(in super::super) raw: bool,
    /// A row is an object (`-J`).
    json: bool,
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
                b"--si" => (tree.sized, tree.si) = (Some(Some(1000)), true),
                b"--timefmt" if !words.next()?.text.contains(&b']') => tree.dated = true,
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
        let is_placed = !tree.flat || tree.full_paths && !tree.json;
        is_placed.then_some(tree)
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
            b'h' => self.sized = Some(Some(if self.si { 1000 } else { 1024 })),
            b'D' => self.dated = true,
            b'J' => self.json = true,
            b'p' => self.modes = true,
            b'u' | b'g' => self.owners += 1,
            b'F' => self.classified = true,
            b'Q' => self.quoted = true,
            b'f' => self.full_paths = true,
            b'i' => self.flat = true,
            b'N' => self.raw = true,
            b'n' | b'C' | b't' | b'r' | b'v' | b'U' | b'c' | b'S' | b'A' => {}
            _ => return None,
        }
        Some(())
    }

    /// Reads one row.
    pub(in super::super) fn row(&self, line: &[u8]) -> Option<TreeRow> {
        if self.json {
            return self.object(line);
        }
        let (depth, mut rest) = indentation(line);
        let mut row = TreeRow {
            depth,
            name: Vec::new(),
            shape: Shape::Unknown,
            size: None,
            denied: false,
        };
        let has_bracket = self.sized.is_some() || self.modes || self.dated || self.numbers > 0;
        if has_bracket && rest.starts_with(b"[") {
            let close = rest.iter().position(|&b| b == b']')?;
            self.bracket(&rest[1..close], &mut row)?;
            rest = rest[close + 1..]
                .strip_prefix(b"  ")
                .or(rest[close + 1..].strip_prefix(b" "))?;
        } else if has_bracket && depth > 0 {
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

    /// `    {"type":"file","name":"a b","size":700},`
    fn object(&self, line: &[u8]) -> Option<TreeRow> {
        let blanks = line.iter().take_while(|&&b| b == b' ').count();
        let fields = json::fields(&line[blanks..])?;
        let field = |key: &str| {
            let found = fields.iter().find(|(known, _)| known == key.as_bytes());
            found.map(|(_, value)| value.as_slice())
        };
        let shape = match field("type")? {
            b"directory" => Shape::Dir,
            b"file" => Shape::File,
            b"link" => Shape::Symlink,
            _ => Shape::Other,
        };
        let mut name = field("name")?;
        if self.full_paths && blanks > ROOT_OBJECT {
            name = name.rsplit(|&b| b == b'/').next()?;
        }
        let size = field("size").and_then(|figure| match self.sized.flatten() {
            Some(base) => number::human(figure, base),
            None => number::exact(figure),
        });
        let is_placed = blanks >= ROOT_OBJECT && blanks % 2 == 0 && !name.is_empty();
        is_placed.then(|| TreeRow {
            depth: (blanks - ROOT_OBJECT) / 2,
            name: name.to_vec(),
            shape,
            size,
            denied: field("error").is_some(),
        })
    }

    /// Whether a line is what holds objects together, or the report behind them.
    pub(in super::super) fn is_frame(&self, line: &[u8]) -> bool {
        let is_sign = |b: &u8| b.is_ascii_whitespace() || b"[],{}".contains(b);
        let is_report = line.trim_ascii_start().starts_with(b"{\"type\":\"report\"");
        self.json && (line.iter().all(is_sign) || is_report)
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
            return quoted(text, shape);
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
        let text = decoded(text)?;
        let name = match text.iter().rposition(|&b| b == b'/') {
            Some(at) if self.full_paths && !self.flat => text[at + 1..].to_vec(),
            _ => text,
        };
        (!name.is_empty()).then_some(name)
    }
}

/// A name with a quotation mark before and behind it, which does not change any within.
fn quoted(text: &[u8], shape: &mut Shape) -> Option<Vec<u8>> {
    const ARROW: &[u8] = b"\" -> \"";
    let inner = text.strip_prefix(b"\"")?;
    let mut arrows = (0..inner.len()).filter(|&at| inner[at..].starts_with(ARROW));
    let name = match (arrows.next(), arrows.next()) {
        (None, _) => &inner[..inner.iter().rposition(|&b| b == b'"')?],
        (Some(at), None) if matches!(shape, Shape::Unknown | Shape::Symlink) => {
            *shape = Shape::Symlink;
            &inner[..at]
        }
        _ => return None,
    };
    decoded(name).filter(|name| !name.is_empty())
}

/// Three octal digits after a backslash stand for what cannot be printed; in the C locale a blank
/// has a backslash before it. `None` where a backslash is an escape in that locale and stands for
/// itself in all others.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
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
            None if byte == b'\\' && tail.first().is_some_and(|b| b"abtnvfr\\\"".contains(b)) => {
                return None;
            }
            None => {
                name.push(byte);
                rest = tail;
            }
        }
    }
    Some(name)
}

/// How many blanks stand before the object of the root.
const ROOT_OBJECT: usize = 2;

/// How many levels deep a row is drawn, and what follows.
pub(in super::super) fn indentation(line: &[u8]) -> (usize, &[u8]) {
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

    /// Options, a row, and what it says: depth, kind, size, name.
    const ROWS: &str = "\
-a: ├── a b => 1 Unknown - a b
-s: ├── [          6]  x -> y -> a -> b => 1 Symlink 6..6 x -> y
-Q: ├── \"ln k\" -> \"a\" => 1 Symlink - ln k
-ps --inodes: ├── [   77 -rw-r--r--          6]  x => 1 File 6..6 x
-a: │\u{a0}\u{a0} └── x => 2 Unknown - x
-a:     └── e\\012f => 2 Unknown - e\\nf
-s: └── [       4096]  app => 1 Unknown 4096..4096 app
-ps: ├── [lrwxrwxrwx           1]  l -> d => 1 Symlink 1..1 l
-hD: ├── [4.0K Nov 22 14:06]  d => 1 Unknown 3994..4147 d
-pugs: ├── [-rw-r--r-- root     root               7]  c\\d => 1 File 7..7 c\\\\d
-F: |-- src/ => 1 Dir - src
-f: |-- ./src/x => 1 Unknown - x
-Q: `-- \"a\\sb\" => 1 Unknown - a\\\\sb
-Q: `-- \"a\"b\" => 1 Unknown - a\\\"b
";

    fn tree(options: &str) -> TreeCommand {
        let words: Vec<Word> = options
            .split_whitespace()
            .map(|t| Word {
                text: t.as_bytes().to_vec(),
                expands: false,
            })
            .collect();
        TreeCommand::parse(&words).unwrap()
    }

    #[test]
    fn rows_are_read() {
        for case in ROWS.lines() {
            let (options, rest) = case.split_once(": ").unwrap();
            let (line, told) = rest.rsplit_once(" => ").unwrap();
            let row = tree(options)
                .row(line.as_bytes())
                .unwrap_or_else(|| panic!("{line}"));
            let size = row.size.map_or("-".to_owned(), |size| {
                format!("{}..{}", size.lo, size.hi.unwrap())
            });
            let name = row.name.escape_ascii();
            let got = format!("{} {:?} {size} {name}", row.depth, row.shape);
            assert_eq!(got, told, "{options}: {line}");
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
