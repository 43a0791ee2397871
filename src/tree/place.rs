//! From the order of arrival to pre-order.
//!
//! Tokens make this cheap: a parent's is smaller than its children's and siblings' rise in listing
//! order, so counting the entries of every subtree is one loop backward over the directories, and
//! giving every directory its first id is one loop forward. A part of a listing is then copied to
//! where it belongs, column by column, by a few threads that each own a stretch of the result.

use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::entry::{Kind, Listing};

use super::links::LinkRow;
use super::names::Fault;
use super::segment::{Columns, Devices, Listed, Seen, Segment, Side};
use super::{BLOCK, Dir, KIND, KINDS, NO_MTIME, Slack, Unsure, WIDE, is_counted};

/// No directory, or no place.
pub(super) const ABSENT: u32 = u32::MAX;

/// Below this many entries a column is copied by one thread.
const WORTH_THREADS: usize = 1 << 17;
const MOST_THREADS: usize = 4;

/// Where each directory goes, by token: its first id, and its row.
pub(super) struct Places {
    start: Vec<u32>,
    row: Vec<u32>,
    entries: usize,
    rows: usize,
}

impl Places {
    /// Counts backward and places forward; `None` when an id would not fit into 32 bits.
    pub(super) fn of(segments: &[Segment]) -> Option<Self> {
        let seen = || segments.iter().flat_map(|segment| &segment.seen);
        let listed = || segments.iter().flat_map(|segment| &segment.listed);
        let n = seen().map(|dir| dir.token as usize + 1).max()?;
        let mut parent = vec![ABSENT; n];
        let mut size = vec![0u32; n];
        for dir in seen() {
            parent[dir.token as usize] = dir.parent;
            size[dir.token as usize] = 1;
        }
        for part in listed() {
            // A listing of what nobody saw has no place.
            if let Some(size) = size.get_mut(part.token as usize).filter(|size| **size > 0) {
                *size = size.checked_add(part.len)?;
            }
        }
        let own: Vec<u32> = size.clone();
        let mut dirs: Vec<u32> = size.iter().map(|&size| size.min(1)).collect();
        for t in (1..n).rev().filter(|&t| own[t] > 0) {
            let above = parent[t] as usize;
            debug_assert!(above < t, "a parent's token is smaller than its children's");
            size[above] = size[above].checked_add(size[t])?;
            dirs[above] += dirs[t];
        }
        let entries = size[0];
        let rows = dirs[0] as usize;
        if entries == ABSENT {
            return None;
        }
        // From here on `size` and `dirs` are where the next sub-directory of each one goes.
        let (mut start, mut row) = (vec![ABSENT; n], vec![ABSENT; n]);
        let (mut next, mut next_row) = (size, dirs);
        for t in (0..n).filter(|&t| own[t] > 0) {
            let (id, at) = match parent[t] {
                ABSENT => (0, 0),
                above => {
                    let above = above as usize;
                    let here = (next[above], next_row[above]);
                    next[above] += next[t];
                    next_row[above] += next_row[t];
                    here
                }
            };
            (start[t], row[t]) = (id, at);
            (next[t], next_row[t]) = (id + own[t], at + 1);
        }
        Some(Self {
            start,
            row,
            entries: entries as usize,
            rows,
        })
    }

    fn id(&self, token: u32) -> Option<u32> {
        let start = self.start.get(token as usize).copied();
        start.filter(|&id| id != ABSENT)
    }

    fn row_of(&self, token: u32) -> Option<usize> {
        let row = self.row.get(token as usize).copied();
        row.filter(|&row| row != ABSENT).map(|row| row as usize)
    }

    /// The table of directories, each with the sums of its own listing and its own values.
    pub(super) fn rows(&self, segments: &[Segment]) -> Vec<Dir> {
        let blank = Dir {
            id: 0,
            parent: 0,
            end: 0,
            leaves: 0,
            files: 0,
            unread: 0,
            end_row: 0,
            device: Devices::UNKNOWN,
            listing: Listing::Complete,
            newest: NO_MTIME,
            apparent: 0,
            disk: 0,
        };
        let mut rows = vec![blank; self.rows];
        let mut batches = vec![false; self.rows];
        for segment in segments {
            for (seen, row) in known(&segment.seen, |seen| self.row_of(seen.token)) {
                let dir = &mut rows[row];
                dir.id = self.start[seen.token as usize];
                dir.parent = self.row_of(seen.parent).map_or(0, to_u32);
                dir.device = seen.device;
                let kind = KINDS[usize::from(seen.flags & KIND)];
                if is_counted(kind) || kind == Kind::Unread {
                    dir.apparent = dir.apparent.saturating_add(small(seen.apparent, 1));
                    dir.disk = dir.disk.saturating_add(small(seen.disk, BLOCK));
                }
            }
            for (part, row) in known(&segment.listed, |part| self.row_of(part.token)) {
                batches[row] = true;
                rows[row].take(part);
            }
            for (&(_, bytes), row) in known(&segment.dirs.apparent, |wide| self.row_of(wide.0)) {
                rows[row].apparent = rows[row].apparent.saturating_add(bytes);
            }
            for (&(_, bytes), row) in known(&segment.dirs.disk, |wide| self.row_of(wide.0)) {
                rows[row].disk = rows[row].disk.saturating_add(bytes);
            }
        }
        for (dir, listed) in rows.iter_mut().zip(batches) {
            if !listed {
                dir.listing = Listing::Unread;
            }
            dir.unread += u32::from(matches!(dir.listing, Listing::Partial | Listing::Unread));
        }
        self.close(&mut rows);
        rows
    }

    /// Gives every row its ends and the devices that are not said anew.
    fn close(&self, rows: &mut [Dir]) {
        let mut ends: Vec<(u32, u32)> = Vec::new();
        ends.resize(rows.len(), (0, 0));
        for row in (0..rows.len()).rev() {
            let (below, rows_below) = ends[row];
            let dir = &mut rows[row];
            dir.end = below.max(dir.id + 1 + dir.leaves);
            dir.end_row = rows_below.max(to_u32(row) + 1);
            let (end, end_row, above) = (dir.end, dir.end_row, dir.parent as usize);
            if row > 0 {
                let (below, rows_below) = &mut ends[above];
                *below = end.max(*below);
                *rows_below = end_row.max(*rows_below);
            }
        }
        for row in 0..rows.len() {
            if rows[row].device == Devices::INHERITED {
                rows[row].device = match row {
                    0 => Devices::UNKNOWN,
                    _ => rows[rows[row].parent as usize].device,
                };
            }
        }
    }

    /// The slack of every row, or nothing where every size is exact and given.
    pub(super) fn slack(&self, segments: &[Segment], has_disk: bool) -> Vec<Slack> {
        let has_apparent = segments.iter().any(|segment| segment.has_apparent);
        let mut slack = Vec::new();
        for doubt in segments.iter().flat_map(|segment| &segment.doubts) {
            let unknown = |lacks: bool, known: u64| if lacks { u64::MAX } else { known };
            let apparent = unknown(has_apparent && doubt.lacks_apparent, doubt.slack.apparent);
            let disk = unknown(has_disk && doubt.lacks_disk, doubt.slack.disk);
            if let Some(row) = self.row_of(doubt.token)
                && (apparent > 0 || disk > 0)
            {
                slack.resize(self.rows, Slack::default());
                slack[row].add(apparent, disk);
            }
        }
        slack
    }
}

/// The records that have a place, with it.
fn known<'a, T>(
    records: &'a [T],
    place: impl Fn(&T) -> Option<usize> + 'a,
) -> impl Iterator<Item = (&'a T, usize)> {
    records
        .iter()
        .filter_map(move |record| Some((record, place(record)?)))
}

fn small(compact: u32, unit: u64) -> u64 {
    match compact {
        WIDE => 0,
        small => u64::from(small) * unit,
    }
}

fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(ABSENT)
}

impl Dir {
    fn take(&mut self, part: &Listed) {
        self.leaves += part.len;
        self.files += part.files;
        self.unread = self.unread.saturating_add(part.unread);
        self.newest = self.newest.max(part.newest);
        self.apparent = self.apparent.saturating_add(part.apparent);
        self.disk = self.disk.saturating_add(part.disk);
        self.listing = self.listing.max(part.listing);
    }
}

impl Slack {
    fn add(&mut self, apparent: u64, disk: u64) {
        self.apparent = self.apparent.saturating_add(apparent);
        self.disk = self.disk.saturating_add(disk);
    }
}

/// One table of devices for all segments, which number them anew.
pub(super) fn merge_devices(segments: &mut [Segment]) -> Vec<u64> {
    let mut all = Devices::default();
    for segment in segments {
        let numbers: Vec<u16> = segment.devices.all.iter().map(|&d| all.number(d)).collect();
        for seen in &mut segment.seen {
            if let Some(&number) = numbers.get(usize::from(seen.device)) {
                seen.device = number;
            }
        }
    }
    all.all
}

/// A stretch of a segment's columns and where it goes.
#[derive(Clone, Copy)]
struct Move {
    start: u32,
    len: u32,
    target: u32,
}

/// Where everything goes that the segments hold.
pub(super) struct Moves {
    /// By segment, in the order of their columns; what has no place is left out.
    runs: Vec<Vec<Move>>,
    /// By segment: the ids of the directories that it saw.
    dirs: Vec<Vec<u32>>,
    entries: usize,
    start: Vec<u32>,
}

impl Moves {
    /// Decides the targets; the segments' records of listings are not needed after it.
    pub(super) fn of(segments: &mut [Segment], places: &Places, rows: &[Dir]) -> Self {
        let targets = Targets::of(segments, places, rows);
        let mut runs = Vec::with_capacity(segments.len());
        for (number, segment) in segments.iter_mut().enumerate() {
            let listed = std::mem::take(&mut segment.listed);
            let of = |part: &Listed| {
                let target = targets.of_part(number, part, places)?;
                (part.len > 0).then_some(Move {
                    start: part.start,
                    len: part.len,
                    target,
                })
            };
            runs.push(listed.iter().filter_map(of).collect());
        }
        let ids = |segment: &Segment| {
            let id = |seen: &Seen| places.id(seen.token).unwrap_or(ABSENT);
            segment.seen.iter().map(id).collect()
        };
        Self {
            runs,
            dirs: segments.iter().map(ids).collect(),
            entries: places.entries,
            start: places.start.clone(),
        }
    }

    /// One column in its final order; what it was gathered from is dropped.
    pub(super) fn gather<T: Copy + Default + Send + Sync>(
        &self,
        segments: &mut [Segment],
        column: impl Fn(&mut Columns) -> &mut Vec<T>,
        own: impl Fn(&Seen) -> T,
    ) -> Result<Vec<T>, Fault> {
        // Whether there is room is asked first, as only the other way of asking gives pages that
        // the threads, and not this one, have to touch first.
        let room = Vec::<T>::new().try_reserve_exact(self.entries);
        room.map_err(|_| Fault::NoMemory)?;
        let mut gathered = vec![T::default(); self.entries];
        let sources: Vec<Vec<T>> = segments
            .iter_mut()
            .map(|segment| std::mem::take(column(&mut segment.columns)))
            .collect();
        self.copy(&sources, &mut gathered);
        for (segment, ids) in segments.iter().zip(&self.dirs) {
            for (seen, &id) in segment.seen.iter().zip(ids) {
                if id != ABSENT {
                    gathered[id as usize] = own(seen);
                }
            }
        }
        Ok(gathered)
    }

    /// Copies every run to its target. Each thread takes one stretch of the result after another;
    /// where fewer can be started, they take more.
    fn copy<T: Copy + Send + Sync>(&self, sources: &[Vec<T>], gathered: &mut [T]) {
        let threads = match self.entries {
            few if few < WORTH_THREADS => 1,
            _ => sources.len().clamp(1, MOST_THREADS),
        };
        let stretch = self.entries.div_ceil(threads).max(1);
        let stretches = Mutex::new(gathered.chunks_mut(stretch).enumerate());
        let take = || {
            let next = stretches
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .next();
            next.map(|(number, into)| self.fill(sources, number * stretch, into))
        };
        let work = || while take().is_some() {};
        thread::scope(|scope| {
            for _ in 1..threads {
                let _others_do_it = thread::Builder::new().spawn_scoped(scope, work);
            }
            work();
        });
    }

    /// Fills the stretch of the result that begins at id `first`.
    fn fill<T: Copy>(&self, sources: &[Vec<T>], first: usize, into: &mut [T]) {
        let end = first + into.len();
        for (runs, source) in self.runs.iter().zip(sources) {
            for run in runs {
                let (target, len) = (run.target as usize, run.len as usize);
                let (from, to) = (target.max(first), (target + len).min(end));
                if from < to {
                    let start = run.start as usize + (from - target);
                    into[from - first..to - first]
                        .copy_from_slice(&source[start..start + (to - from)]);
                }
            }
        }
    }

    /// The final id of the entry at a place of a segment's columns.
    fn target(&self, segment: usize, at: u32) -> Option<u32> {
        let runs = &self.runs[segment];
        let after = runs.partition_point(|run| run.start <= at);
        let run = runs[..after].last()?;
        (at - run.start < run.len).then(|| run.target + (at - run.start))
    }

    /// One side table of all segments by id, sorted.
    pub(super) fn table<R: Keyed>(
        &self,
        segments: &mut [Segment],
        of: impl Fn(&mut Side) -> &mut Vec<R>,
    ) -> Vec<R> {
        let mut table = Vec::new();
        for (number, segment) in segments.iter_mut().enumerate() {
            let leaves = std::mem::take(of(&mut segment.leaves)).into_iter();
            table.extend(leaves.filter_map(|row| {
                let id = self.target(number, row.key())?;
                row.moved(id)
            }));
            let dirs = std::mem::take(of(&mut segment.dirs)).into_iter();
            let id = |token: u32| self.start.get(token as usize).copied();
            table.extend(dirs.filter_map(|row| {
                let id = id(row.key())?;
                row.moved(id)
            }));
        }
        table.sort_unstable_by_key(Keyed::key);
        table
    }

    /// The names of inodes with several, by inode.
    pub(super) fn links(&self, segments: &mut [Segment]) -> Vec<LinkRow> {
        let mut rows = Vec::new();
        for (number, segment) in segments.iter_mut().enumerate() {
            let links = std::mem::take(&mut segment.links).into_iter();
            rows.extend(links.filter_map(|mut row| {
                row.id = self.target(number, row.id)?;
                Some(row)
            }));
        }
        rows.sort_unstable();
        rows
    }
}

/// A row of a side table: what it is about, and how it is moved.
pub(super) trait Keyed: Sized {
    fn key(&self) -> u32;
    /// The same about an id; `None` where that is no place.
    fn moved(self, id: u32) -> Option<Self>;
}

impl Keyed for (u32, u64) {
    fn key(&self) -> u32 {
        self.0
    }

    fn moved(self, id: u32) -> Option<Self> {
        (id != ABSENT).then_some((id, self.1))
    }
}

impl Keyed for Unsure {
    fn key(&self) -> u32 {
        self.id
    }

    fn moved(self, id: u32) -> Option<Self> {
        (id != ABSENT).then_some(Self { id, ..self })
    }
}

/// Where the parts of a listing begin. Most listings have one part, which begins right after its
/// directory; only the others are looked up.
struct Targets {
    parts: Vec<Placed>,
}

/// A part of a listing that has several. Its key orders it among them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    token: u32,
    part: u32,
    segment: usize,
    start: u32,
    len: u32,
    target: u32,
}

impl Targets {
    fn of(segments: &[Segment], places: &Places, rows: &[Dir]) -> Self {
        let mut parts = Vec::new();
        for (segment, held) in segments.iter().enumerate() {
            for (part, row) in known(&held.listed, |part| places.row_of(part.token)) {
                if part.len > 0 && part.len < rows[row].leaves {
                    parts.push(Placed {
                        token: part.token,
                        part: part.part,
                        segment,
                        start: part.start,
                        len: part.len,
                        target: 0,
                    });
                }
            }
        }
        parts.sort_unstable();
        let mut next = 0;
        let mut of = ABSENT;
        for placed in &mut parts {
            if of != placed.token {
                of = placed.token;
                next = places.id(of).map_or(0, |id| id + 1);
            }
            placed.target = next;
            next += placed.len;
        }
        Self { parts }
    }

    fn of_part(&self, segment: usize, part: &Listed, places: &Places) -> Option<u32> {
        let id = places.id(part.token)?;
        let key = (part.token, part.part, segment, part.start);
        let found = self
            .parts
            .binary_search_by_key(&key, |p| (p.token, p.part, p.segment, p.start));
        // An empty part shares its start with the one after it, and is not placed.
        Some(found.map_or(id + 1, |at| self.parts[at].target))
    }
}

/// Adds every directory's sums to its parent's, from the end: children come after their parents.
pub(super) fn add_up(dirs: &mut [Dir], slack: &mut [Slack]) {
    for row in (1..dirs.len()).rev() {
        let dir = dirs[row];
        let parent = &mut dirs[dir.parent as usize];
        parent.files += dir.files;
        parent.unread = parent.unread.saturating_add(dir.unread);
        parent.newest = parent.newest.max(dir.newest);
        parent.apparent = parent.apparent.saturating_add(dir.apparent);
        parent.disk = parent.disk.saturating_add(dir.disk);
        if let Some(&own) = slack.get(row) {
            slack[dir.parent as usize].add(own.apparent, own.disk);
        }
    }
}
