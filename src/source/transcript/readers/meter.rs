//! The reader of `dust`, `dua`, `pdu` and `gdu -n`: entries of a directory, or a tree from its root.

use crate::bytes::Interval;

use super::super::evidence::{Claim, Id, LineNo, NONE, Size, TOP};
use super::super::listing::ls::Shape;
use super::super::listing::meter::{Meter, MeterRow};
use super::super::{Base, resolve, resolve_typed};
use super::{End, Output, Scene, is_name};

/// A tree of more rows is not read: it stands upside down, and is kept until its end.
const MOST_ROWS: usize = 1 << 17;

/// The rows of a tool that sums up.
pub(in super::super) struct MeterRows {
    meter: Meter,
    base: Base,
    start: LineNo,
    whole: bool,
    rows: Vec<(MeterRow, LineNo)>,
    /// Lines that are no rows, since the last row.
    strays: u64,
    /// Such lines stand between rows: what follows may hang from another branch.
    torn: bool,
    /// Something was said besides the rows.
    failed: bool,
}

impl MeterRows {
    pub(in super::super) fn new(meter: Meter, base: Base, start: LineNo, whole: bool) -> Self {
        Self {
            meter,
            base,
            start,
            whole,
            rows: Vec::new(),
            strays: 0,
            torn: false,
            failed: false,
        }
    }

    pub(in super::super) fn rebase(&mut self, cwd: Option<Id>) {
        self.base.cwd = cwd;
    }

    pub(in super::super) fn accepts(&self, text: &[u8]) -> bool {
        self.meter.row(text).is_some()
    }

    pub(in super::super) fn take(&mut self, scene: &mut Scene, output: Output<'_>) {
        if output.text.trim_ascii().is_empty() {
            return;
        }
        let Some(mut row) = self.meter.row(output.text) else {
            if self.strays == 0 && !self.rows.is_empty() {
                scene.not_understood(output.line, output.text, "not a row of this listing");
                // It may be the rest of a name with a line break.
                if let Some((row, _)) = self.rows.last_mut().filter(|_| !self.meter.is_tree()) {
                    row.name = None;
                }
            }
            (self.strays, self.failed) = (self.strays + 1, true);
            return;
        };
        if output.coloured && self.meter.is_plain() {
            row.name = None;
        }
        self.torn |= self.strays > 0 && !self.rows.is_empty();
        self.strays = 0;
        if self.rows.len() < MOST_ROWS {
            self.rows.push((row, output.line));
        } else {
            self.torn = true;
        }
    }

    pub(in super::super) fn end(&mut self, scene: &mut Scene, end: End) {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return;
        }
        match self.meter.is_tree() {
            true => self.tree(scene, rows, end),
            false => self.list(scene, &rows, end),
        }
    }

    /// The only operand, or the directory that the tool ran in.
    fn sole(&self, scene: &mut Scene) -> Option<Id> {
        match &self.meter.operands[..] {
            [] => self.base.cwd,
            [one] if !one.expands => resolve_typed(&mut scene.world, self.base, &one.text),
            _ => None,
        }
    }

    // ---- lists -----------------------------------------------------------------------------------

    fn list(&self, scene: &mut Scene, rows: &[(MeterRow, LineNo)], end: End) {
        let (last, entries) = match rows.split_last() {
            // What `dua` ends with is no name.
            Some((last, entries)) if !self.meter.lists_all() && !self.meter.sole => {
                (Some(last), entries)
            }
            _ => (None, rows),
        };
        let is_total = |row: &MeterRow| row.name.as_deref() == Some(b"total");
        let has_total = last.is_some_and(|(row, _)| is_total(row));
        let entries = if has_total { entries } else { rows };
        let Some(dir) = self.sole(scene) else {
            for (row, line) in entries {
                self.operand(scene, row, *line);
            }
            return;
        };
        // A file that was asked for is shown as it was typed, and so is the sum of a directory.
        if self.meter.sole || matches!(entries, [(row, _)] if self.is_operand(row)) {
            if let [(row, line)] = entries
                && self.meter.sole
            {
                self.claim(scene, dir, row, *line);
            }
            return;
        }
        let mut certain = true;
        for (row, line) in entries {
            match row.name.as_deref().filter(|name| is_name(name)) {
                Some(name) => {
                    let id = scene.world.child(dir, name);
                    self.claim(scene, id, row, *line);
                }
                None => certain = false,
            }
        }
        scene.see(dir, self.start, Shape::Dir);
        // Of `/` it leaves out what the kernel makes.
        let is_start = scene.world.node(dir).parent == TOP;
        let lists_all = self.meter.lists_all() && !is_start;
        let whole = self.whole && lists_all && certain && end == End::Prompt;
        let facts = scene.world.dir(dir);
        match whole && !self.failed {
            true => facts.set_listed(self.start),
            false => facts.listed_some = facts.listed_some.max(self.start),
        }
    }

    fn is_operand(&self, row: &MeterRow) -> bool {
        let mut words = self.meter.operands.iter();
        words.any(|word| row.name.as_deref() == Some(&word.text))
    }

    /// One of several operands, by its path as it was typed or as the shell has put it.
    fn operand(&self, scene: &mut Scene, row: &MeterRow, line: LineNo) {
        let Some(name) = &row.name else {
            return;
        };
        let is_below = |text: &[u8]| {
            let special = |b: &u8| matches!(b, b'*' | b'?' | b'[' | b'$' | b'!' | b'~' | b'{');
            let literal = text.iter().position(special).unwrap_or(text.len());
            // A pattern may have given one directory only, whose entries have no slash.
            text[..literal].contains(&b'/') && name.starts_with(&text[..literal])
        };
        let mut words = self.meter.operands.iter();
        let is_asked = words.any(|word| match word.expands {
            true => is_below(&word.text),
            false => self.meter.operands.len() > 1 && word.text == *name,
        });
        let id = resolve(&mut scene.world, self.base, name).filter(|_| is_asked);
        if let Some(id) = id {
            self.claim(scene, id, row, line);
        }
    }

    // ---- trees -----------------------------------------------------------------------------------

    fn tree(&self, scene: &mut Scene, mut rows: Vec<(MeterRow, LineNo)>, end: End) {
        let column = |row: Option<&(MeterRow, LineNo)>| row.map(|(row, _)| row.column);
        let root = rows.iter().map(|(row, _)| row.column).min();
        if column(rows.last()) == root && end != End::Cut {
            rows.reverse();
        } else if column(rows.first()) != root {
            return;
        }
        let Some(root) = root.filter(|_| !self.torn) else {
            return;
        };
        let mut above: Vec<Option<Id>> = Vec::new();
        for (row, line) in &rows {
            let depth = (row.column - root) / 2;
            if depth > above.len()
                || (row.column - root) % 2 != 0
                || (depth == 0 && !above.is_empty())
            {
                return;
            }
            above.truncate(depth);
            let parent = above.last().copied().flatten();
            let id = match depth {
                0 => self.root(scene, row),
                _ => self.node(scene, row, parent, depth),
            };
            if let Some(id) = id {
                self.claim(scene, id, row, *line);
            }
            above.push(id);
        }
    }

    /// The directory that a tree is of: it is shown by its name, or as it was typed.
    fn root(&self, scene: &mut Scene, row: &MeterRow) -> Option<Id> {
        let id = self.sole(scene)?;
        let shown = row.name.as_deref()?;
        let typed = match &self.meter.operands[..] {
            [] => &b"."[..],
            words => &words[0].text,
        };
        let trimmed = typed.strip_suffix(b"/").unwrap_or(typed);
        let last = trimmed.rsplit(|&b| b == b'/').next().unwrap_or_default();
        let is_it = [typed, trimmed, last].contains(&shown) || shown == scene.world.name(id);
        is_it.then_some(id)
    }

    fn node(
        &self,
        scene: &mut Scene,
        row: &MeterRow,
        parent: Option<Id>,
        depth: usize,
    ) -> Option<Id> {
        let name = row.name.as_deref()?;
        if self.meter.paths {
            return resolve(&mut scene.world, self.base, name);
        }
        if let Some(parent) = parent {
            return is_name(name).then(|| scene.world.child(parent, name));
        }
        // Below `(total)` stand the operands.
        let typed = |word: &&super::super::word::Word| !word.expands && word.text == name;
        let several = self.meter.operands.len() > 1;
        let word = self.meter.operands.iter().find(typed)?;
        match depth == 1 && several {
            true => resolve_typed(&mut scene.world, self.base, &word.text),
            false => None,
        }
    }

    /// Notes what a row says that a node sums up to.
    fn claim(&self, scene: &mut Scene, id: Id, row: &MeterRow, line: LineNo) {
        let shape = match row.is_dir {
            Some(true) => Shape::Dir,
            Some(false) => Shape::File,
            None => Shape::Unknown,
        };
        scene.see(id, line, shape);
        if shape == Shape::Dir {
            scene.world.dir(id);
        }
        if !self.meter.is_told {
            return;
        }
        let is_dir = scene.world.node(id).dir != NONE;
        let bounded = !self.meter.leaves_out && !self.failed && !row.failed;
        let size = match (is_dir, bounded, self.meter.repeats) {
            (false, ..) | (true, true, false) => row.size,
            (true, true, true) => Interval { lo: 0, ..row.size },
            (true, false, false) => Interval::at_least(row.size.lo),
            (true, false, true) => return,
        };
        let which = match self.meter.apparent {
            true => Size::Apparent,
            false => Size::Disk,
        };
        let claim = Claim::new(size, line);
        let old = scene.world.claim_total(id, which, claim, scene.epoch);
        scene.note_conflict(id, old, size, line);
    }
}
