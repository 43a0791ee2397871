//! The reader of `exa`, `eza` and `lsd`: a list, lists with headers, or a tree.

use super::super::evidence::{Id, LineNo};
use super::super::listing::format::Fact;
use super::super::listing::ls::Shape;
use super::super::listing::viewer::{Viewer, ViewerRow};
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
            viewer,
            base,
            start,
            whole,
            tainted: false,
            after_blank: true,
            rows: 0,
            above: Vec::new(),
        }
    }

    pub(in super::super) fn accepts(&self, text: &[u8]) -> bool {
        self.viewer.row(text).is_some() || is_header_of_columns(text)
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
        let Some(row) = self.viewer.row(text) else {
            let several = self.viewer.recursive || self.viewer.operands.len() > 1;
            let header = text.trim_ascii_end().strip_suffix(b":");
            if let Some(path) = header.filter(|_| after_blank && several) {
                self.close(scene, End::Prompt);
                self.dir = resolve(&mut scene.world, self.base, path);
                self.start = output.line;
            } else if !std::mem::replace(&mut self.tainted, true) {
                scene.not_understood(output.line, text, "not a row of this listing");
            }
            return;
        };
        self.rows += 1;
        let id = match self.viewer.tree {
            true => self.branch(scene, &row),
            false => self.entry(scene, &row),
        };
        let Some(id) = id else {
            self.tainted |= !matches!(row.name.as_slice(), b"." | b"..");
            return;
        };
        let fact = Fact {
            shape: Some(row.shape),
            apparent: row.size,
            mtime: row.mtime,
            itself: row.shape != Shape::Dir,
            ..Fact::default()
        };
        scene.note(id, output.line, &fact);
    }

    fn entry(&mut self, scene: &mut Scene, row: &ViewerRow) -> Option<Id> {
        match self.dir {
            // A file that was asked for is shown by the path that was typed.
            Some(dir) if is_name(&row.name) => {
                let sole = match &self.viewer.operands[..] {
                    [one] => one.text == row.name,
                    _ => false,
                };
                (!sole).then(|| scene.world.child(dir, &row.name))
            }
            Some(_) => None,
            None => resolve(&mut scene.world, self.base, &row.name)
                .filter(|_| self.viewer.themselves || self.viewer.operands.len() > 1),
        }
    }

    fn branch(&mut self, scene: &mut Scene, row: &ViewerRow) -> Option<Id> {
        if row.depth == 0 {
            let shown = &row.name;
            let asked = match &self.viewer.operands[..] {
                [] => shown == b".",
                some => some.iter().any(|word| word.text == *shown),
            };
            self.above.clear();
            let root = resolve(&mut scene.world, self.base, shown).filter(|_| asked)?;
            self.above.push(root);
            return Some(root);
        }
        self.above.truncate(row.depth);
        let parent = *self.above.get(row.depth - 1)?;
        let id = is_name(&row.name).then(|| scene.world.child(parent, &row.name))?;
        self.above.push(id);
        Some(id)
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

/// `Permissions Size User Date Modified Name`
fn is_header_of_columns(text: &[u8]) -> bool {
    let has = |word: &[u8]| text.windows(word.len()).any(|w| w == word);
    has(b"Permissions") && has(b"Size") && text.trim_ascii_end().ends_with(b"Name")
}
