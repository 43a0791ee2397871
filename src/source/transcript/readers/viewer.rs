//! The reader of `exa`, `eza` and `lsd`: a list, lists with headers, or a tree.

use std::collections::HashMap;

use super::super::evidence::{Id, LineNo};
use super::super::listing::format::Fact;
use super::super::listing::ls::{self, Shape};
use super::super::listing::viewer::{Viewer, ViewerRow};
use super::super::word::Word;
use super::super::{Base, resolve};
use super::{End, Output, Scene, is_name};

/// The rows of a newer lister.
pub(in super::super) struct ViewerRows {
    viewer: Viewer,
    base: Base,
    dir: Option<Id>,
    start: LineNo,
    whole: bool,
    tainted: bool,
    after_blank: bool,
    rows: u64,
    /// It did not run: what it prints is how it is called.
    refused: bool,
    /// What was typed for each root of a tree, by how it may be shown.
    roots: HashMap<Vec<u8>, Option<Vec<u8>>>,
    /// The directories above the next row of a tree, the root first.
    above: Vec<Id>,
}

impl ViewerRows {
    /// `sole` is the one directory that was asked for, where that is known.
    pub(in super::super) fn new(
        viewer: Viewer,
        base: Base,
        sole: Option<Id>,
        start: LineNo,
        whole: bool,
    ) -> Self {
        let whole = whole && !viewer.cut && !viewer.themselves;
        Self {
            dir: sole.filter(|_| !viewer.themselves),
            roots: roots_of(&viewer.operands),
            viewer,
            base,
            start,
            whole,
            tainted: false,
            after_blank: true,
            rows: 0,
            refused: false,
            above: Vec::new(),
        }
    }

    pub(in super::super) fn accepts(&self, text: &[u8]) -> bool {
        let is_row = match self.viewer.is_grid() {
            true => !is_of_ls(text) && !self.viewer.cells(text).is_empty(),
            false => self.viewer.row(text).is_some(),
        };
        is_row || is_header_of_columns(text)
    }

    pub(in super::super) fn take(&mut self, scene: &mut Scene, output: Output<'_>) {
        let text = output.text;
        let after_blank = std::mem::replace(&mut self.after_blank, text.trim_ascii().is_empty());
        if is_header_of_columns(text) {
            // A column that is narrower than its title is filled up.
            self.viewer.filled = true;
            return;
        }
        if self.after_blank {
            return;
        }
        self.refused |= self.rows == 0 && is_refusal(text);
        let is_other = self.viewer.is_grid() && is_of_ls(text);
        if self.refused || is_other || is_complaint(text) {
            self.tainted = true;
            return;
        }
        if self.take_header(scene, output, after_blank) {
            return;
        }
        if self.viewer.is_grid() {
            self.take_names(scene, output);
        } else if let Some(row) = self.viewer.row(text) {
            self.take_row(scene, output.line, &row);
        } else {
            self.taint(scene, output);
        }
    }

    /// The path above the rows of one of several directories.
    fn take_header(&mut self, scene: &mut Scene, output: Output<'_>, after_blank: bool) -> bool {
        let several = self.viewer.recursive || self.viewer.operands.len() > 1;
        let header = output.text.trim_ascii_end().strip_suffix(b":");
        let Some(path) = header.filter(|_| after_blank && several) else {
            return false;
        };
        if !self.viewer.is_grid() && self.viewer.row(output.text).is_some() {
            return false;
        }
        self.close(scene, End::Prompt);
        let path = self.viewer.header(path);
        self.dir = path.and_then(|path| resolve(&mut scene.world, self.base, &path));
        self.start = output.line;
        true
    }

    /// A row of names, of which in a copy a blank may have been more.
    fn take_names(&mut self, scene: &mut Scene, output: Output<'_>) {
        let cells = self.viewer.cells(output.text);
        let is_loose = |cell: &ViewerRow| cell.name.contains(&b' ');
        let is_doubtful = !scene.terminal && matches!(&cells[..], [cell] if is_loose(cell));
        if cells.is_empty() || is_doubtful && !self.viewer.in_one_column() {
            return self.taint(scene, output);
        }
        for cell in &cells {
            self.take_row(scene, output.line, cell);
        }
    }

    fn taint(&mut self, scene: &mut Scene, output: Output<'_>) {
        if !std::mem::replace(&mut self.tainted, true) {
            scene.not_understood(output.line, output.text, "not a row of this listing");
        }
    }

    fn take_row(&mut self, scene: &mut Scene, line: LineNo, row: &ViewerRow) {
        self.rows += 1;
        let id = match self.viewer.tree {
            true => self.branch(scene, row),
            false => self.entry(scene, row),
        };
        let Some(id) = id else {
            self.tainted |= !matches!(row.name.as_slice(), b"." | b"..");
            return;
        };
        let fact = Fact {
            shape: (row.shape != Shape::Unknown).then_some(row.shape),
            apparent: row.size,
            mtime: row.mtime,
            itself: row.size.is_some() && row.shape != Shape::Dir,
            ..Fact::default()
        };
        scene.note(id, line, &fact);
    }

    fn entry(&mut self, scene: &mut Scene, row: &ViewerRow) -> Option<Id> {
        if self.is_itself(row) {
            // It was no directory.
            return self.dir.take();
        }
        match self.dir {
            Some(dir) => is_name(&row.name).then(|| scene.world.child(dir, &row.name)),
            None => resolve(&mut scene.world, self.base, &row.name)
                .filter(|_| self.viewer.themselves || self.viewer.operands.len() > 1),
        }
    }

    /// Whether a row is the file that was asked for, which is shown by the path that was typed.
    fn is_itself(&self, row: &ViewerRow) -> bool {
        let is_first = self.rows == 1 && row.shape != Shape::Dir;
        is_first && matches!(&self.viewer.operands[..], [one] if one.text == row.name)
    }

    fn branch(&mut self, scene: &mut Scene, row: &ViewerRow) -> Option<Id> {
        if row.depth == 0 {
            self.above.clear();
            let asked = self.asked(&row.name)?;
            let root = resolve(&mut scene.world, self.base, &asked)?;
            self.above.push(root);
            return Some(root);
        }
        self.above.truncate(row.depth);
        let parent = *self.above.get(row.depth - 1)?;
        let id = is_name(&row.name).then(|| scene.world.child(parent, &row.name))?;
        self.above.push(id);
        Some(id)
    }

    /// What was typed for the root of a tree, of which `lsd` shows the last name.
    fn asked(&self, shown: &[u8]) -> Option<Vec<u8>> {
        if self.viewer.operands.is_empty() {
            return (shown == b".").then(|| shown.to_vec());
        }
        self.roots.get(bare(shown)).cloned().flatten()
    }

    fn close(&mut self, scene: &mut Scene, end: End) {
        let tainted = std::mem::take(&mut self.tainted);
        let rows = std::mem::take(&mut self.rows);
        let Some(dir) = self.dir.take().filter(|_| rows > 0 && !self.viewer.tree) else {
            return;
        };
        scene.see(dir, self.start, Shape::Dir);
        let whole = self.whole && !tainted && end == End::Prompt;
        let facts = scene.world.dir(dir);
        match (whole, self.viewer.all) {
            (true, true) => facts.set_listed(self.start),
            (true, false) => facts.listed_visible = self.start,
            (false, _) => facts.listed_some = facts.listed_some.max(self.start),
        }
    }

    pub(in super::super) fn end(&mut self, scene: &mut Scene, end: End) {
        self.close(scene, end);
    }
}

/// A path without the slash at its end.
fn bare(path: &[u8]) -> &[u8] {
    path.strip_suffix(b"/").unwrap_or(path)
}

/// The operands by how the root of their tree may be shown; none where two are shown alike.
fn roots_of(operands: &[Word]) -> HashMap<Vec<u8>, Option<Vec<u8>>> {
    let mut roots = HashMap::new();
    for word in operands {
        let path = bare(&word.text);
        let last = path.rsplit(|&b| b == b'/').next().unwrap_or_default();
        let mut put = |shown: &[u8]| {
            let known = roots.entry(shown.to_vec());
            let known: &mut Option<Vec<u8>> = known.or_insert_with(|| Some(path.to_vec()));
            if known.as_deref() != Some(path) {
                *known = None;
            }
        };
        put(path);
        put(last);
    }
    roots
}

/// What `ls -l` prints, and no lister of names.
fn is_of_ls(text: &[u8]) -> bool {
    ls::is_row(text) || ls::total(text).is_some()
}

/// `"nope": No such file or directory (os error 2)`, `lsd: x: Permission denied (os error 13).`
fn is_complaint(text: &[u8]) -> bool {
    let text = text.strip_suffix(b".").unwrap_or(text);
    let number = text.strip_suffix(b")").and_then(|text| {
        let at = text.windows(10).rposition(|w| w == b"(os error ")?;
        Some(&text[at + 10..])
    });
    number.is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
}

/// `exa: Unknown argument --zork`, `error: Found argument '--zork' …`: help may follow.
fn is_refusal(text: &[u8]) -> bool {
    let starts: [&[u8]; 6] = [
        b"exa: ", b"eza: ", b"lsd: ", b"error: ", b"Usage:", b"USAGE:",
    ];
    starts.iter().any(|start| text.starts_with(start))
}

/// `Permissions Size User Date Modified Name`
fn is_header_of_columns(text: &[u8]) -> bool {
    let has = |word: &[u8]| text.windows(word.len()).any(|w| w == word);
    has(b"Permissions") && has(b"Size") && text.trim_ascii_end().ends_with(b"Name")
}
