//! Readers of one command's output, each a small machine fed line by line.
//!
//! A line that a reader does not understand never becomes a fact, and it taints what it follows:
//! a listing with such a line is incomplete, and the row right before it is dropped, since a name
//! that was broken in two looks like that.

mod du;
mod hdfs;
mod long;
mod meter;
mod names;
mod paths;
mod tree;
mod viewer;
mod windows;

use std::borrow::Cow;

use crate::bytes::Interval;
use crate::entry::Trouble;

use super::evidence::{Claim, Id, LineNo, Size, World};
use super::listing::df::{Mount, Table};
use super::listing::ls::{self, Shape};
use super::{Base, excerpt, path_of};

pub(super) use du::DuRows;
pub(super) use hdfs::HdfsRows;
pub(super) use long::Long;
pub(super) use meter::MeterRows;
pub(super) use names::NameRows;
pub(super) use paths::{FindRows, StatRows, StoreRows};
pub(super) use tree::TreeRows;
pub(super) use viewer::ViewerRows;
pub(super) use windows::WindowsRows;

/// What all readers write to.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) troubles: Troubles,
    /// The last line at which anything may have changed.
    pub(super) epoch: LineNo,
    /// The width at which lines were broken by hand or by a screen, once it is known.
    pub(super) width: Option<usize>,
    /// Facts of any kind, to tell a recording from other text.
    pub(super) facts: u64,
    pub(super) mounts: Vec<(Id, Mount)>,
    pub(super) inode_mounts: Vec<(Id, Mount)>,
    /// The bytes are a terminal's own: no line was broken but by its edge.
    pub(super) terminal: bool,
    /// A copy in which every run of blanks is one.
    pub(super) collapsed: bool,
    /// Whether it was said that hard links cannot be told.
    pub(super) said_links: bool,
}

/// File systems beyond this many are not remembered.
const MOST_MOUNTS: usize = 4096;

/// Troubles, up to a number: a recording can be longer than its tree is large.
#[derive(Default)]
pub(super) struct Troubles {
    list: Vec<Trouble>,
    dropped: u64,
}

const MOST_TROUBLES: usize = 1000;

impl Troubles {
    pub(super) fn push(
        &mut self,
        path: Vec<u8>,
        line: LineNo,
        code: &'static str,
        message: String,
    ) {
        if self.list.len() >= MOST_TROUBLES {
            self.dropped += 1;
            return;
        }
        self.list.push(Trouble {
            path,
            line: (line > 0).then_some(u64::from(line)),
            code,
            message,
        });
    }

    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= MOST_TROUBLES
    }

    /// How many there are, to come back to with [`Troubles::forget_since`].
    pub(super) fn mark(&self) -> usize {
        self.list.len()
    }

    /// Drops what was said since the mark: it was said of a misreading.
    pub(super) fn forget_since(&mut self, mark: usize) {
        self.list.truncate(mark);
    }

    pub(super) fn into_list(self) -> Vec<Trouble> {
        let mut list = self.list;
        if self.dropped > 0 {
            list.push(Trouble {
                path: Vec::new(),
                line: None,
                code: "more-troubles",
                message: format!("{} further troubles are not shown", self.dropped),
            });
        }
        list
    }
}

impl Scene {
    /// Notes that a line names a node.
    pub(super) fn see(&mut self, id: Id, line: LineNo, shape: Shape) {
        self.facts += 1;
        let before = self.world.node(id).seen;
        if self.world.see(id, line, shape) && !self.troubles.is_full() {
            let path = path_of(&self.world, id);
            let message =
                format!("another kind of thing than on line {before}: the later line counts");
            self.troubles.push(path, line, "conflict", message);
        }
    }

    fn claim(&mut self, id: Id, size: Size, value: Option<Interval>, line: LineNo) {
        let Some(value) = value else {
            return;
        };
        let claim = Claim::new(value, line);
        let old = self.world.claim(id, size, claim, self.epoch);
        self.note_conflict(id, old, value, line);
    }

    fn note_conflict(&mut self, id: Id, old: Option<Claim>, value: Interval, line: LineNo) {
        let Some(old) = old.filter(|_| !self.troubles.is_full()) else {
            return;
        };
        let message = format!(
            "{} here, but {} on line {}: the later line counts",
            bytes_text(value),
            bytes_text(old.size()),
            old.line
        );
        let path = path_of(&self.world, id);
        self.troubles.push(path, line, "conflict", message);
    }

    /// Whether a whole listing, since which nothing happened, does not have the name. Tools that
    /// print names as they are garble some, and this tells.
    fn is_news(&self, id: Id) -> bool {
        let node = self.world.node(id);
        let facts = self.world.facts(node.parent);
        facts.is_some_and(|facts| facts.listed_all > self.epoch.max(node.seen))
    }

    fn unknown_directory(&mut self, line: LineNo) {
        let message = "a listing of a directory whose path the recording does not show";
        self.troubles
            .push(Vec::new(), line, "unknown-directory", message.to_owned());
    }

    fn not_understood(&mut self, line: LineNo, text: &[u8], why: &str) {
        // What is only counted is not put into words: a hostile recording has one on every line.
        let message = match self.troubles.is_full() {
            true => String::new(),
            false => format!("{why}: `{}`", excerpt(text)),
        };
        self.troubles
            .push(Vec::new(), line, "not-understood", message);
    }
}

fn bytes_text(size: Interval) -> String {
    match size.hi {
        Some(hi) if hi == size.lo => format!("{hi} bytes"),
        Some(hi) => format!("{} to {hi} bytes", size.lo),
        None => format!("{} bytes or more", size.lo),
    }
}

/// One line of output.
#[derive(Clone, Copy)]
pub(super) struct Output<'a> {
    pub(super) text: &'a [u8],
    pub(super) line: LineNo,
    /// Its length in characters.
    pub(super) width: usize,
    /// Whether it changed colours.
    pub(super) coloured: bool,
}

/// How a command's output ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Another prompt came.
    Prompt,
    /// The recording ended, and nothing says whether the output had.
    Recording,
    /// Interrupted, or otherwise known to be cut.
    Cut,
}

/// The rows of the puzzle's `ls`.
pub(super) struct Puzzle {
    base: Base,
    dir: Option<Id>,
    start: LineNo,
    tainted: bool,
    /// Whether nothing but the puzzle's own commands was seen: then an `ls` shows everything.
    pure: bool,
    rows: u64,
}

impl Puzzle {
    pub(super) fn new(base: Base, start: LineNo, pure: bool) -> Self {
        Self {
            base,
            dir: base.cwd,
            start,
            tainted: false,
            pure,
            rows: 0,
        }
    }

    /// Whether any row was understood.
    pub(super) fn has_rows(&self) -> bool {
        self.rows > 0
    }

    /// Whether a line can be the puzzle's, or comes after lines that were.
    pub(super) fn could_take(&self, text: &[u8]) -> bool {
        self.rows > 0 || text.trim_ascii().is_empty() || ls::puzzle_row(text).is_some()
    }

    /// The reader of the same listing as any other shell's.
    pub(super) fn as_names(&self) -> NameRows {
        NameRows::new(ls::Ls::default(), self.base, self.dir, self.start, true)
    }

    /// Takes a row; false when it is none.
    pub(super) fn take(&mut self, scene: &mut Scene, output: Output<'_>) -> bool {
        let text = output.text.trim_ascii_end();
        if text.is_empty() {
            return true;
        }
        let Some((shape, size, name)) = ls::puzzle_row(text).filter(|row| is_name(row.2)) else {
            self.tainted = true;
            return false;
        };
        self.rows += 1;
        if let Some(dir) = self.dir {
            let id = scene.world.child(dir, name);
            scene.see(id, output.line, shape);
            // In the puzzle a directory has no size of its own.
            let size = size.or(Some(Interval::ZERO));
            scene.claim(id, Size::Apparent, size, output.line);
            scene.world.set_time(id, None, 1);
        }
        true
    }

    pub(super) fn end(&mut self, scene: &mut Scene, end: End) {
        let Some(dir) = self.dir else {
            scene.unknown_directory(self.start);
            return;
        };
        if self.rows == 0 && (self.tainted || end == End::Cut) {
            return;
        }
        scene.see(dir, self.start, Shape::Dir);
        let whole = !self.tainted && end != End::Cut;
        if self.rows > 0 || self.pure {
            scene.claim(dir, Size::Apparent, Some(Interval::ZERO), self.start);
        }
        let facts = scene.world.dir(dir);
        match whole {
            true if self.rows > 0 || self.pure => facts.set_listed(self.start),
            true => facts.listed_visible = self.start,
            false => facts.listed_some = self.start,
        }
    }
}

/// A name, as it can stand in a directory.
fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && !name.contains(&b'/') && !name.contains(&0) && name != b"." && name != b".."
}

/// A row whose reading waits for the next line.
struct Held {
    text: Vec<u8>,
    line: LineNo,
    width: usize,
    coloured: bool,
}

/// The path in an error message, with or without quotes, up to the cause.
fn quoted_path<'a>(text: &'a [u8], starts: &[&[u8]]) -> Option<Cow<'a, [u8]>> {
    let rest = starts.iter().find_map(|start| {
        let at = text.windows(start.len()).position(|w| w == *start)?;
        Some(&text[at + start.len()..])
    })?;
    if rest.starts_with(b"'") || rest.starts_with(b"\"") {
        let (name, tail) = super::listing::name::shell(rest.strip_suffix(b":").unwrap_or(rest))?;
        // The quotes end right before the colon, which the shell's rules take for a part of it.
        let name = match name.iter().rposition(|&b| b == b':') {
            Some(at) if tail.starts_with(b" ") => name[..at].to_vec(),
            _ => name,
        };
        return Some(Cow::Owned(name));
    }
    let rest = rest.strip_prefix("‘".as_bytes()).unwrap_or(rest);
    let end = rest.windows(2).rposition(|w| w == b": ")?;
    let path = &rest[..end];
    Some(Cow::Borrowed(
        path.strip_suffix("’".as_bytes()).unwrap_or(path),
    ))
}

/// The rows of a `df`.
#[derive(Default)]
pub(super) struct DfRows {
    table: Option<Table>,
    base: Option<u64>,
}

impl DfRows {
    /// With what letters behind figures are powers of, where the command says it.
    pub(super) fn new(base: Option<u64>) -> Self {
        Self { table: None, base }
    }

    /// Whether a line is one of a table.
    pub(super) fn accepts(&self, text: &[u8]) -> bool {
        Table::header(text).is_some()
            || self
                .table
                .clone()
                .is_some_and(|mut table| table.row(text).is_some())
    }

    pub(super) fn take(&mut self, scene: &mut Scene, root: Id, output: Output<'_>) {
        if let Some(table) = Table::header(output.text) {
            self.table = Some(table.with_base(self.base));
            return;
        }
        let Some(table) = &mut self.table else {
            return;
        };
        let Some(mut mount) = table.row(output.text) else {
            return;
        };
        mount.line = output.line;
        let list = if table.inodes {
            &mut scene.inode_mounts
        } else {
            &mut scene.mounts
        };
        let id = scene.world.walk(root, &mount.mount);
        let Some(id) = id.filter(|_| mount.mount.starts_with(b"/") && list.len() < MOST_MOUNTS)
        else {
            return;
        };
        // Exact figures are better than later rounded ones, as long as those can be the same.
        if let Some((_, known)) = list.iter_mut().find(|(known, _)| *known == id) {
            if !known.refines(&mount) {
                *known = mount;
            }
        } else {
            list.push((id, mount));
        }
    }
}
