//! The reader of the listings of Windows' shells.

use crate::bytes::Interval;

use super::super::evidence::{Id, LineNo, Size};
use super::super::listing::ls::Shape;
use super::super::listing::windows::{self, Line};
use super::super::session::of_windows;
use super::{End, Output, Scene, is_name};

/// The blocks of a `dir` or a `Get-ChildItem`.
pub(in super::super) struct WindowsRows {
    root: Id,
    start: LineNo,
    /// Hidden files are shown, too.
    all: bool,
    whole: bool,
    dir: Option<Id>,
    tainted: bool,
    files: u64,
    bytes: u64,
}

impl WindowsRows {
    pub(in super::super) fn new(root: Id, start: LineNo, all: bool, whole: bool) -> Self {
        Self {
            root,
            start,
            all,
            whole,
            dir: None,
            tainted: false,
            files: 0,
            bytes: 0,
        }
    }

    pub(in super::super) fn accepts(&self, text: &[u8]) -> bool {
        read(text).is_some()
    }

    pub(in super::super) fn take(&mut self, scene: &mut Scene, output: Output<'_>) {
        match read(output.text) {
            Some(Line::Directory(path)) => {
                self.close(scene, End::Prompt);
                self.dir = scene.world.walk(self.root, &of_windows(path));
                if let Some(dir) = self.dir {
                    scene.see(dir, output.line, Shape::Dir);
                }
            }
            Some(Line::Row(row)) => self.row(scene, &row, output.line),
            // The count and the sum of the files above are a check of every row.
            Some(Line::Files { count, bytes }) => {
                self.tainted |= self.dir.is_some() && (count, bytes) != (self.files, self.bytes);
            }
            Some(Line::Free(_) | Line::Ornament) => {}
            None => {
                if !std::mem::replace(&mut self.tainted, true) {
                    scene.not_understood(output.line, output.text, "not a row of this listing");
                }
            }
        }
    }

    fn row(&mut self, scene: &mut Scene, row: &windows::Row<'_>, line: LineNo) {
        let Some(dir) = self.dir else {
            return;
        };
        if !is_name(row.name) {
            return;
        }
        let id = scene.world.child(dir, row.name);
        scene.see(id, line, row.shape);
        if row.shape == Shape::Dir {
            scene.world.dir(id);
            // Windows gives directories no size of their own.
            scene.claim(id, Size::Apparent, Some(Interval::ZERO), line);
        }
        if let Some(size) = row.size {
            self.files += 1;
            self.bytes = self.bytes.saturating_add(size.lo);
            scene.claim(id, Size::Apparent, Some(size), line);
        }
    }

    fn close(&mut self, scene: &mut Scene, end: End) {
        let tainted = std::mem::take(&mut self.tainted);
        (self.files, self.bytes) = (0, 0);
        let Some(dir) = self.dir.take() else {
            return;
        };
        let whole = self.whole && !tainted && end == End::Prompt;
        let facts = scene.world.dir(dir);
        match (whole, self.all) {
            (true, true) => facts.set_listed(self.start),
            // What is hidden has an attribute, and no dot: nothing tells it from what is gone.
            _ => facts.listed_some = self.start,
        }
    }

    pub(in super::super) fn end(&mut self, scene: &mut Scene, end: End) {
        self.close(scene, end);
    }
}

/// A line of either shell: no line of one is one of the other with another meaning.
fn read(text: &[u8]) -> Option<Line<'_>> {
    windows::cmd(text).or_else(|| windows::power_shell(text))
}
