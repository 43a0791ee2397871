//! The reader of `tree`: the directories above a row are those of the rows before it.

use std::collections::HashSet;

use crate::bytes::Interval;

use super::super::evidence::{Claim, Id, LineNo, NONE, Size, TOP};
use super::super::listing::ls::Shape;
use super::super::listing::tree::{TreeCommand, TreeRow, indentation, is_footer};
use super::super::{Base, resolve};
use super::{End, Output, Scene, is_name};

/// The rows of a `tree`.
pub(in super::super) struct TreeRows {
    command: TreeCommand,
    base: Base,
    start: LineNo,
    whole: bool,
    tainted: bool,
    /// The directories above the next row, the root first.
    above: Vec<Id>,
    /// Directories with names below them, or known as such.
    dirs: Vec<Id>,
    seen: HashSet<Id>,
    lost: bool,
    /// The last row, which the next line may show to be a part of one.
    held: Option<(TreeRow, LineNo)>,
}

impl TreeRows {
    pub(in super::super) fn new(
        command: TreeCommand,
        base: Base,
        start: LineNo,
        whole: bool,
    ) -> Self {
        let whole = whole && !command.cut;
        Self {
            command,
            base,
            start,
            whole,
            tainted: false,
            above: Vec::new(),
            dirs: Vec::new(),
            seen: HashSet::new(),
            lost: false,
            held: None,
        }
    }

    pub(in super::super) fn rebase(&mut self, cwd: Option<Id>) {
        self.base.cwd = cwd;
    }

    pub(in super::super) fn accepts(&self, text: &[u8]) -> bool {
        is_footer(text)
            || self.command.is_frame(text)
            || self.command.row(text).is_some_and(|row| match row.depth {
                0 => self.command.is_flat() || self.is_root(&row.name),
                _ => true,
            })
    }

    pub(in super::super) fn break_off(&mut self) {
        self.held = None;
        self.above.clear();
        self.tainted = true;
    }

    fn is_root(&self, name: &[u8]) -> bool {
        match &self.command.operands[..] {
            [] => name == b".",
            some => some.iter().any(|word| word.text == name),
        }
    }

    pub(in super::super) fn take(&mut self, scene: &mut Scene, output: Output<'_>) {
        let text = output.text;
        if text.trim_ascii().is_empty() || is_footer(text) || self.command.is_frame(text) {
            self.flush(scene);
            return;
        }
        let is_row =
            |row: &TreeRow| row.depth > 0 || self.command.is_flat() || self.is_root(&row.name);
        // A name that changes colours is not what is shown.
        let garbled = output.coloured && self.command.raw;
        let row = self.command.row(text).filter(|_| !garbled);
        if let Some(row) = row.filter(is_row) {
            self.flush(scene);
            self.held = Some((row, output.line));
            return;
        }
        // What is deeper hangs from it, and not from what stands before.
        match indentation(text).0 {
            // It may be the rest of a name with a line break.
            0 => {
                let depth = self.held.take().map_or(1, |(row, _)| row.depth);
                self.above.truncate(depth.max(1));
            }
            depth => {
                self.flush(scene);
                self.above.truncate(depth);
            }
        }
        if !std::mem::replace(&mut self.tainted, true) {
            scene.not_understood(output.line, text, "not a row of tree");
        }
    }

    /// Notes the row that was held: nothing continues it.
    fn flush(&mut self, scene: &mut Scene) {
        let Some((row, line)) = self.held.take() else {
            return;
        };
        let id = if self.command.is_flat() {
            resolve(&mut scene.world, self.base, &row.name).inspect(|&id| {
                let parent = scene.world.node(id).parent;
                self.above.clear();
                if parent != TOP {
                    self.make_dir(scene, parent, line);
                }
            })
        } else if row.depth == 0 {
            if !self.is_root(&row.name) {
                self.tainted = true;
                return;
            }
            self.above.clear();
            let id = resolve(&mut scene.world, self.base, &row.name);
            self.lost = id.is_none();
            if self.lost {
                scene.unknown_directory(line);
            }
            id
        } else {
            self.above.truncate(row.depth);
            let parent = self.above.get(row.depth - 1).copied();
            parent
                .filter(|_| is_name(&row.name) && !row.name.contains(&b'?'))
                .map(|parent| {
                    self.make_dir(scene, parent, line);
                    scene.world.child(parent, &row.name)
                })
        };
        let Some(id) = id else {
            self.tainted = true;
            return;
        };
        self.above.push(id);
        let is_root = row.depth == 0 && !self.command.is_flat();
        let is_dir = is_root || row.shape == Shape::Dir;
        let known = if is_dir { Shape::Dir } else { row.shape };
        scene.see(id, line, known);
        if is_dir {
            scene.world.dir(id);
        }
        if row.denied {
            scene.world.dir(id).denied = line;
        } else if is_dir && self.seen.insert(id) {
            self.dirs.push(id);
        }
        self.claim(scene, id, row.size, line);
    }

    /// A row below another says that the other is a directory.
    fn make_dir(&mut self, scene: &mut Scene, id: Id, line: LineNo) {
        if self.seen.insert(id) {
            scene.see(id, line, Shape::Dir);
            self.dirs.push(id);
            // Its row did not say so, and its sum was taken for that of a file.
            if self.command.sums && (self.command.cut || !self.command.all) {
                scene.world.open_total(id, Size::Apparent, self.start);
            }
        }
    }

    fn claim(&self, scene: &mut Scene, id: Id, size: Option<Interval>, line: LineNo) {
        let Some(size) = size else {
            return;
        };
        if self.command.sums {
            // Hidden names, and what was left out, are not in the sum.
            let is_whole = self.command.all && !self.command.cut;
            let size = match is_whole || scene.world.node(id).dir == NONE {
                true => size,
                false => Interval::at_least(size.lo),
            };
            let claim = Claim::new(size, line);
            let old = scene
                .world
                .claim_total(id, Size::Apparent, claim, scene.epoch);
            scene.note_conflict(id, old, size, line);
        } else {
            scene.world.set_itself(id);
            if !self.command.cut {
                scene.world.set_bottom(id);
            }
            scene.claim(id, Size::Apparent, Some(size), line);
        }
    }

    pub(in super::super) fn end(&mut self, scene: &mut Scene, end: End) {
        if end == End::Cut {
            self.held = None;
        }
        self.flush(scene);
        let whole = self.whole && !self.tainted && end == End::Prompt;
        for &dir in &self.dirs {
            let facts = scene.world.dir(dir);
            match (whole, self.command.all) {
                (true, true) => facts.set_listed(self.start),
                (true, false) => facts.listed_visible = self.start,
                (false, _) => facts.listed_some = self.start,
            }
        }
    }
}
