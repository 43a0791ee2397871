//! What the newer listers show without `-l`: names, in columns, one a row, or in a tree.
//!
//! Names are shown bare, with two blanks between columns, so that one with two blanks in it would
//! be two. A link has its target behind it where there is one name a row: `exa` draws the arrow as a
//! name may have it, so that such a row gives nothing, and `lsd` as no name has it.

use super::super::ls::Shape;
use super::{Viewer, ViewerRow, branches, without_icon};

/// `lsd`'s arrow.
const DRAWN: &str = " ⇒ ";

impl Viewer {
    /// Whether rows hold names in columns.
    pub(in super::super::super) fn is_grid(&self) -> bool {
        !self.long && !self.tree
    }

    /// Whether each row is one name, blanks and all.
    pub(in super::super::super) fn in_one_column(&self) -> bool {
        self.in_one_column
    }

    /// Has each row read as one name, as it is where the output does not go to a terminal.
    pub(in super::super::super) fn set_piped(&mut self) {
        self.in_one_column = true;
    }

    /// The names of a row of a short listing; none where they cannot be told apart.
    pub(in super::super::super) fn cells(&self, line: &[u8]) -> Vec<ViewerRow> {
        let mut cells = Vec::new();
        let mut rest = line;
        while !rest.trim_ascii().is_empty() {
            let text = rest.trim_ascii_start();
            let gap = text.windows(2).position(|w| w == b"  ");
            let end = gap.filter(|_| !self.in_one_column);
            let (cell, tail) = text.split_at(end.unwrap_or(text.len()));
            let Some(row) = self.short(0, cell) else {
                return Vec::new();
            };
            cells.push(row);
            rest = tail;
        }
        cells
    }

    /// A row of a tree without columns.
    pub(super) fn branch(&self, line: &[u8]) -> Option<ViewerRow> {
        let (depth, text) = branches(line, self.step);
        self.short(depth, text)
    }

    fn short(&self, depth: usize, text: &[u8]) -> Option<ViewerRow> {
        let text = without_icon(text);
        let arrows = |arrow: &str| {
            let is_arrow = |w: &[u8]| w == arrow.as_bytes();
            text.windows(arrow.len()).position(is_arrow)
        };
        if arrows(" -> ").is_some() {
            return None;
        }
        let end = arrows(DRAWN).unwrap_or(text.len());
        let shape = match end < text.len() {
            true => Shape::Symlink,
            false => self.marked(text.trim_ascii_end()),
        };
        let name = self.bare(&text[..end], shape)?;
        Some(ViewerRow {
            depth,
            shape,
            size: None,
            mtime: None,
            name,
        })
    }

    /// What the sign behind a name says.
    fn marked(&self, text: &[u8]) -> Shape {
        match text.last() {
            Some(b'/') => Shape::Dir,
            Some(b'*') if self.classified => Shape::File,
            Some(b'@') if self.classified => Shape::Symlink,
            Some(b'|' | b'=') if self.classified => Shape::Other,
            _ => Shape::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::words;
    use super::*;

    #[test]
    fn names_in_columns_are_told_apart() {
        for (command, line, names) in [
            (
                "exa",
                "a b.txt            it's                lnk ",
                &["a b.txt", "it's", "lnk"][..],
            ),
            (
                "exa -F",
                "x/  run*  l@  p|  s=",
                &["x", "run", "l", "p", "s"],
            ),
            ("eza", "'a b'  c", &["a b", "c"]),
            ("lsd", "\u{f115} d    \u{f016} a b  ", &["d", "a b"]),
            ("exa -1", "lnk -> a b", &[]),
            ("lsd -1", "lnk ⇒ a b", &["lnk"]),
            ("exa -1", "two  blanks", &["two  blanks"]),
            ("exa", "tab\\tin  b", &[]),
        ] {
            let (program, options) = command.split_once(' ').unwrap_or((command, ""));
            let viewer = Viewer::parse(program, &words(options)).unwrap();
            let cells = viewer.cells(line.as_bytes());
            let found: Vec<_> = cells
                .iter()
                .map(|cell| String::from_utf8_lossy(&cell.name).into_owned())
                .collect();
            assert_eq!(found, names, "{command}: {line}");
        }
    }

    #[test]
    fn trees_without_columns_are_read() {
        for (command, line, depth, shape, name) in [
            ("exa -T", ".", 0, Shape::Unknown, "."),
            ("exa -T", "│     ├── y.sh", 3, Shape::Unknown, "y.sh"),
            ("exa -TF", "   └── d/", 2, Shape::Dir, "d"),
            ("lsd --tree", "├── l ⇒ a b", 1, Shape::Symlink, "l"),
            (
                "lsd --tree",
                "│       ├── \u{f016} x",
                3,
                Shape::Unknown,
                "x",
            ),
            ("lsd --tree", "    └── d", 2, Shape::Unknown, "d"),
        ] {
            let (program, options) = command.split_once(' ').unwrap();
            let viewer = Viewer::parse(program, &words(options)).unwrap();
            let row = viewer.row(line.as_bytes()).unwrap();
            assert_eq!(
                (row.depth, row.shape, row.name.as_slice()),
                (depth, shape, name.as_bytes()),
                "{command}: {line}"
            );
        }
    }
}
