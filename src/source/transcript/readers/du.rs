//! The reader of `du`: sums, held back by one line, as the next may continue a name.

use crate::bytes::Interval;

use super::super::evidence::{Claim, Id, LineNo, NONE, Size};
use super::super::listing::du::Du;
use super::super::listing::ls::{self, Shape};
use super::super::{Base, path_of, resolve};
use super::{End, Held, Output, Scene, quoted_path};

/// So many rows are kept until it is known what figures count.
const MOST_UNDECIDED: usize = 1 << 12;

/// The rows of a `du`.
pub(in super::super) struct DuRows {
    du: Du,
    base: Base,
    start: LineNo,
    whole: bool,
    tainted: bool,
    failed: bool,
    last: Option<Held>,
    /// Rows before it is known what figures count, and whether something could not be read before
    /// each.
    undecided: Vec<(Held, bool)>,
    dirs: Vec<Id>,
}

impl DuRows {
    pub(in super::super) fn new(du: Du, base: Base, start: LineNo, whole: bool) -> Self {
        Self {
            du,
            base,
            start,
            whole,
            tainted: false,
            failed: false,
            last: None,
            undecided: Vec::new(),
            dirs: Vec::new(),
        }
    }

    pub(in super::super) fn rebase(&mut self, cwd: Option<Id>) {
        self.base.cwd = cwd;
    }

    /// Whether a line is one of `du`.
    pub(in super::super) fn accepts(&self, text: &[u8]) -> bool {
        self.du.row(text).is_some() || text.starts_with(b"du: ")
    }

    /// What follows does not continue the row before.
    pub(in super::super) fn break_off(&mut self) {
        self.last = None;
        self.tainted = true;
    }

    /// Takes a line; false when it is nothing that `du` prints.
    pub(in super::super) fn take(&mut self, scene: &mut Scene, output: Output<'_>) -> bool {
        let text = output.text;
        if text.trim_ascii().is_empty() {
            return true;
        }
        let last = text.rsplit(|b| matches!(b, b' ' | b'\t')).next();
        let is_total = last.is_some_and(ls::is_total_word);
        if self.du.grand && is_total && self.du.row(text).is_none() {
            return true;
        }
        if self.du.row(text).is_some() {
            self.flush(scene);
            self.last = Some(Held {
                text: text.to_vec(),
                line: output.line,
                width: output.width,
                coloured: output.coloured,
            });
            return true;
        }
        if text.starts_with(b"du: ") {
            self.flush(scene);
            self.error(scene, output);
            return true;
        }
        let Some(mut last) = self.last.take() else {
            self.tainted = true;
            scene.not_understood(output.line, text, "not a row of du");
            return false;
        };
        if scene.width == Some(last.width) {
            last.text.extend_from_slice(text);
            last.width = output.width;
            self.last = Some(last);
        } else {
            self.tainted = true;
            scene.not_understood(
                last.line,
                &last.text,
                "a row that the next line may continue",
            );
        }
        true
    }

    fn error(&mut self, scene: &mut Scene, output: Output<'_>) {
        // Whatever comes later in this run may contain what could not be read.
        self.failed = true;
        let starts: [&[u8]; 2] = [b"cannot read directory ", b"can't open "];
        let Some(path) = quoted_path(output.text, &starts) else {
            return;
        };
        if let Some(id) = resolve(&mut scene.world, self.base, &path) {
            scene.see(id, output.line, Shape::Dir);
            scene.world.dir(id).denied = output.line;
            let path = path_of(&scene.world, id);
            let message = "du could not read it".to_owned();
            scene
                .troubles
                .push(path, output.line, "permission-denied", message);
        }
    }

    /// Reads the row that was held, or keeps it until it is known what its figure counts.
    fn flush(&mut self, scene: &mut Scene) {
        let Some(held) = self.last.take() else {
            return;
        };
        let decided = self.du.learn(&held.text);
        self.undecided.push((held, self.failed));
        if decided || self.undecided.len() > MOST_UNDECIDED {
            self.release(scene);
        }
    }

    fn release(&mut self, scene: &mut Scene) {
        for (held, failed) in std::mem::take(&mut self.undecided) {
            self.read(scene, &held, failed);
        }
    }

    fn read(&mut self, scene: &mut Scene, held: &Held, failed: bool) {
        let Some((size, path)) = self.du.row(&held.text) else {
            return;
        };
        let Some(id) = resolve(&mut scene.world, self.base, path) else {
            if !std::mem::replace(&mut self.tainted, true) {
                scene.unknown_directory(held.line);
            }
            return;
        };
        if held.coloured || scene.is_news(id) {
            self.tainted = true;
            scene.not_understood(held.line, &held.text, "a name that is not certain");
            return;
        }
        let shape = scene.world.node(id).shape;
        // Without `-a`, `du` shows directories, and files only where they were asked for by name.
        let known_file = !matches!(shape, Shape::Unknown | Shape::Dir | Shape::Unreadable);
        let known_dir = scene.world.node(id).dir != NONE;
        let by_default = !self.du.all && !self.du.is_told() && !known_file;
        let is_dir = known_dir || path.ends_with(b"/") || by_default;
        let shape = if is_dir { Shape::Dir } else { Shape::Unknown };
        scene.see(id, held.line, shape);
        if is_dir {
            scene.world.dir(id);
            self.dirs.push(id);
        }
        let bounded = !self.du.leaves_out && !failed;
        let size = match (is_dir, bounded, self.du.repeats) {
            (false, ..) | (true, true, false) => size,
            (true, true, true) => Interval { lo: 0, ..size },
            (true, false, false) => Interval::at_least(size.lo),
            (true, false, true) => Interval::UNKNOWN,
        };
        let which = if self.du.apparent {
            Size::Apparent
        } else {
            Size::Disk
        };
        let claim = Claim::new(size, held.line);
        let old = scene.world.claim_total(id, which, claim, scene.epoch);
        scene.note_conflict(id, old, size, held.line);
    }

    pub(in super::super) fn end(&mut self, scene: &mut Scene, end: End) {
        if end == End::Cut {
            self.last = None;
        }
        self.flush(scene);
        self.release(scene);
        let whole = self.whole && !self.tainted && !self.failed && end == End::Prompt;
        if whole && self.du.all && !self.du.cut && !self.du.leaves_out {
            for &id in &self.dirs {
                scene.world.dir(id).set_summed(self.start);
            }
        }
    }
}
