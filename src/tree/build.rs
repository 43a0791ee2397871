//! Batches in, a [`Tree`] out.
//!
//! Each thread of a source fills a segment of its own, in the order in which it reads: columns of
//! non-directories, and small records of directories. What a listing sums up to is added while it
//! is taken, so totals never need a pass over the entries. Finishing is what `place` does: three
//! linear loops over the directories and one copy of each column, nothing sorted by path.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::entry::{Batch, Entry, Rooting, Sink, Token};
use crate::error::{Error, Result};

use super::names::Fault;
use super::names::{NameWriter, Names};
use super::place::{Moves, Places};
use super::segment::Segment;
use super::{Tree, links, place};

/// Builds a [`Tree`] from a source's batches.
///
/// ```
/// use jettison::bytes::Interval;
/// use jettison::entry::{Batch, Entry, Kind, Rooting, Sink, Token};
/// use jettison::tree::{NodeId, build::Builder};
///
/// let mut builder = Builder::new();
/// builder.root(Entry::named(b"/data", Kind::Dir), Rooting::Path);
/// let mut batch = Batch::new(Token::ROOT);
/// batch.push(Entry { apparent: Some(Interval::exactly(10)), ..Entry::named(b"a", Kind::File) });
/// builder.listing(&batch);
/// let tree = builder.finish()?;
/// assert_eq!(tree.totals(NodeId::ROOT).apparent, Interval::at_least(10));
/// assert_eq!(tree.find(b"/data/a"), Some(NodeId(1)));
/// # Ok::<(), jettison::error::Error>(())
/// ```
#[derive(Debug)]
pub struct Builder {
    rooting: Rooting,
    rooted: bool,
    own: Segment,
    lent: Vec<Arc<Mutex<Segment>>>,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Sink for Builder {
    fn root(&mut self, root: Entry<'_>, rooting: Rooting) {
        self.rooting = rooting;
        self.rooted = true;
        self.own.directory(Token::ROOT, place::ABSENT, &root);
    }

    fn listing(&mut self, batch: &Batch) {
        self.own.take(batch);
    }

    fn split(&mut self, n: usize) -> Vec<Box<dyn Sink + Send>> {
        let beside = |_| {
            let segment = Segment::new(self.own.names.beside());
            Arc::new(Mutex::new(segment))
        };
        let lent: Vec<_> = (0..n).map(beside).collect();
        self.lent.extend(lent.iter().cloned());
        lent.into_iter()
            .map(|segment| Box::new(Lent(segment)) as Box<dyn Sink + Send>)
            .collect()
    }
}

/// A segment that a thread fills. It is locked once a batch and by nobody else until the tree is
/// finished, which takes what is there: a thread that never comes back cannot hold it up.
struct Lent(Arc<Mutex<Segment>>);

impl Sink for Lent {
    fn root(&mut self, _root: Entry<'_>, _rooting: Rooting) {
        debug_assert!(false, "the whole has the root");
    }

    fn listing(&mut self, batch: &Batch) {
        lock(&self.0).take(batch);
    }
}

fn lock(segment: &Mutex<Segment>) -> MutexGuard<'_, Segment> {
    segment.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Builder {
    /// A builder that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            rooting: Rooting::Path,
            rooted: false,
            own: Segment::new(NameWriter::default()),
            lent: Vec::new(),
        }
    }

    /// The tree.
    ///
    /// # Errors
    /// When no root was given, when there are more than 2^32 − 1 entries or 4 GiB of names, or
    /// when the machine gives no more memory.
    pub fn finish(self) -> Result<Tree> {
        if !self.rooted {
            return Err(Error::source("the source gave no root"));
        }
        let mut segments = vec![self.own];
        for lent in self.lent {
            let left = Segment::new(NameWriter::default());
            segments.push(std::mem::replace(&mut *lock(&lent), left));
        }
        match segments.iter().find_map(|segment| segment.fault) {
            None => assemble(self.rooting, segments).map_err(refusal),
            Some(fault) => Err(refusal(fault)),
        }
    }
}

fn refusal(fault: Fault) -> Error {
    let message = match fault {
        Fault::Full => {
            "more entries or names than jettison can hold (2^32 entries, 4 GiB of names)"
        }
        Fault::NoMemory => "there is not enough memory for the tree (some 50 bytes an entry)",
    };
    Error::source(message).with_hint("look at a part of the tree at a time")
}

/// The columns are gathered one after the other, and what they were gathered from goes at once, so
/// the peak is the tree and one column.
fn assemble(rooting: Rooting, mut segments: Vec<Segment>) -> std::result::Result<Tree, Fault> {
    let has_disk = segments.iter().any(|segment| segment.has_disk);
    let places = Places::of(&segments).ok_or(Fault::Full)?;
    let devices = place::merge_devices(&mut segments);
    let mut dirs = places.rows(&segments);
    let slack = places.slack(&segments, has_disk);
    let moves = Moves::of(&mut segments, &places, &dirs);
    let mut tree = Tree {
        rooting,
        flags: moves.gather(&mut segments, |c| &mut c.flags, |seen| seen.flags)?,
        name: moves.gather(&mut segments, |c| &mut c.name, |seen| seen.name)?,
        mtime_low: moves.gather(&mut segments, |c| &mut c.mtime_low, |seen| seen.mtime_low)?,
        mtime_high: moves.gather(&mut segments, |c| &mut c.mtime_high, |seen| seen.mtime_high)?,
        apparent: moves.gather(&mut segments, |c| &mut c.apparent, |seen| seen.apparent)?,
        disk: moves.gather(&mut segments, |c| &mut c.disk, |seen| seen.disk)?,
        wide_apparent: moves.table(&mut segments, |side| &mut side.apparent),
        wide_disk: moves.table(&mut segments, |side| &mut side.disk),
        unsure: moves.table(&mut segments, |side| &mut side.unsure),
        names: Names::default(),
        dirs: Vec::new(),
        slack,
        devices,
        links: links::LinkTable::default(),
        has_disk,
        in_apparent: false,
    };
    let rows = moves.links(&mut segments);
    tree.names = Names::of(segments.into_iter().map(|segment| segment.names));
    place::add_up(&mut dirs, &mut tree.slack);
    tree.dirs = dirs;
    links::count_once(&mut tree, rows);
    Ok(tree)
}
