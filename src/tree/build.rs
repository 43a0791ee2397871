//! Batches in any order that keeps the [`Sink`]'s promises, a [`Tree`] out.
//!
//! Non-directories are appended to columns as they arrive; a directory's listing is a *run* of
//! these. What a run sums up to is added to its directory at once, so totals never need a pass
//! over the entries. Finishing is three linear loops over the directories (count backward, place
//! forward, add up backward) and one copy of each column: nothing is sorted by path.

use std::collections::BTreeMap;

use crate::bytes::Interval;
use crate::entry::{Batch, Entry, Kind, Listing, Rooting, Sink, Token};
use crate::error::{Error, Result};

use super::links::{LinkRow, LinkTable};
use super::names::Names;
use super::{
    BLOCK, Dir, IS_DIR, KINDS, NO_APPARENT, NO_DISK, NO_MTIME, NodeId, Slack, Tree, UNSURE, Unsure,
    WIDE, is_counted, pack_mtime,
};

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
    columns: Columns,
    names: Names,
    runs: Vec<Run>,
    seeds: Vec<Seed>,
    devices: Vec<u64>,
    device_numbers: BTreeMap<u64, u16>,
    /// Directories whose own sizes are not exact, by token.
    unsure_dirs: Vec<Unsure>,
    /// Entries that count, by whether they have a disk size and an apparent size.
    with_disk: u64,
    full: bool,
}

/// The entries' columns, in order of arrival until the tree is finished.
#[derive(Debug, Default)]
struct Columns {
    flags: Vec<u8>,
    name: Vec<u32>,
    mtime_low: Vec<u32>,
    mtime_high: Vec<i8>,
    apparent: Vec<u32>,
    disk: Vec<u32>,
    wide_apparent: Vec<(u32, u64)>,
    wide_disk: Vec<(u32, u64)>,
    unsure: Vec<Unsure>,
    links: Vec<LinkRow>,
}

/// A stretch of the columns that one part of one listing filled.
#[derive(Clone, Copy, Debug)]
struct Run {
    token: u32,
    part: u32,
    start: u32,
    len: u32,
}

/// A directory as it was seen in its parent's listing, and the sums of its own listing so far.
#[derive(Clone, Copy, Debug)]
struct Seed {
    parent: u32,
    name: u32,
    leaves: u32,
    files: u32,
    unread: u32,
    device: u16,
    flags: u8,
    listing: Option<Listing>,
    mtime: i64,
    own_apparent: u64,
    own_disk: u64,
    apparent: u64,
    disk: u64,
    newest: i64,
    slack: Slack,
    /// Counted entries of the listing, itself included, that lack one of the sizes.
    lacks_disk: u32,
    lacks_apparent: u32,
}

const ABSENT: u32 = u32::MAX;
const NO_DEVICE: u16 = u16::MAX;

const EMPTY_SEED: Seed = Seed {
    parent: ABSENT,
    name: 0,
    leaves: 0,
    files: 0,
    unread: 0,
    device: NO_DEVICE,
    flags: 0,
    listing: None,
    mtime: NO_MTIME,
    own_apparent: 0,
    own_disk: 0,
    apparent: 0,
    disk: 0,
    newest: NO_MTIME,
    slack: Slack {
        apparent: 0,
        disk: 0,
    },
    lacks_disk: 0,
    lacks_apparent: 0,
};

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Sink for Builder {
    fn root(&mut self, root: Entry<'_>, rooting: Rooting) {
        self.rooting = rooting;
        self.directory(Token::ROOT, 0, &root);
    }

    fn listing(&mut self, batch: &Batch) {
        let token = batch.dir.0;
        let Some(seed) = self.seeds.get(token as usize).copied() else {
            return;
        };
        let mut seed = seed;
        let start = self.columns.flags.len();
        for entry in batch.entries() {
            match entry.token {
                Some(child) => self.directory(child, token, &entry),
                None => self.leaf(&mut seed, &entry),
            }
        }
        let len = self.columns.flags.len() - start;
        if len > 0
            && let (Ok(start), Ok(len)) = (u32::try_from(start), u32::try_from(len))
        {
            self.runs.push(Run {
                token,
                part: batch.part,
                start,
                len,
            });
            seed.leaves += len;
        }
        seed.listing = Some(
            seed.listing
                .map_or(batch.listing, |known| known.max(batch.listing)),
        );
        self.seeds[token as usize] = seed;
    }
}

impl Builder {
    /// A builder that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            rooting: Rooting::Path,
            columns: Columns::default(),
            names: Names::default(),
            runs: Vec::new(),
            seeds: Vec::new(),
            devices: Vec::new(),
            device_numbers: BTreeMap::new(),
            unsure_dirs: Vec::new(),
            with_disk: 0,
            full: false,
        }
    }

    fn store_name(&mut self, name: &[u8]) -> u32 {
        self.names.push(name).unwrap_or_else(|| {
            self.full = true;
            0
        })
    }

    fn directory(&mut self, token: Token, parent: u32, entry: &Entry<'_>) {
        let index = token.0 as usize;
        if self.seeds.len() <= index {
            self.seeds.resize(index + 1, EMPTY_SEED);
        }
        let inherited = self.seeds[parent as usize].device;
        let mut seed = Seed {
            parent,
            name: self.store_name(entry.name),
            device: entry.device.map_or(inherited, |dev| self.device(dev)),
            flags: flags_of(entry) | IS_DIR,
            mtime: entry.mtime.map_or(NO_MTIME, |t| t.0),
            own_apparent: entry.apparent.map_or(0, |s| s.lo),
            own_disk: entry.disk.map_or(0, |s| s.lo),
            ..EMPTY_SEED
        };
        if let Some(unsure) = unsure_of(token.0, entry) {
            seed.flags |= UNSURE;
            self.unsure_dirs.push(unsure);
        }
        self.with_disk += u64::from(entry.disk.is_some());
        seed.add(entry);
        self.seeds[index] = seed;
    }

    /// The number of a device; beyond 65,535 of them, the later ones are not known.
    fn device(&mut self, dev: u64) -> u16 {
        if let Some(&number) = self.device_numbers.get(&dev) {
            return number;
        }
        let number = u16::try_from(self.devices.len()).unwrap_or(NO_DEVICE);
        if number != NO_DEVICE {
            self.devices.push(dev);
            self.device_numbers.insert(dev, number);
        }
        number
    }

    #[inline]
    fn leaf(&mut self, seed: &mut Seed, entry: &Entry<'_>) {
        let name = self.store_name(entry.name);
        let Ok(at) = u32::try_from(self.columns.flags.len()) else {
            self.full = true;
            return;
        };
        self.columns.push(at, name, entry);
        if is_counted(entry.kind) {
            self.with_disk += u64::from(entry.disk.is_some());
            seed.files += 1;
            if let Some(mtime) = entry.mtime {
                seed.newest = seed.newest.max(mtime.0);
            }
        }
        seed.add(entry);
    }

    /// The tree.
    ///
    /// # Errors
    /// When no root was given, or when there are more than 2^32 − 1 entries or 4 GiB of names.
    pub fn finish(self) -> Result<Tree> {
        if self.seeds.is_empty() {
            return Err(Error::source("the source gave no root"));
        }
        let places = Places::of(&self.seeds);
        let Some(places) = places.filter(|_| !self.full) else {
            return Err(Error::source(
                "more entries or names than jettison can hold (2^32 entries, 4 GiB of names)",
            )
            .with_hint("look at a part of the tree at a time"));
        };
        Ok(self.assemble(&places))
    }

    fn assemble(mut self, places: &Places) -> Tree {
        let has_disk = self.with_disk > 0;
        self.runs.sort_unstable_by_key(|run| (run.token, run.part));
        let moves = Moves::of(&self.runs, &self.seeds, places);
        let columns = std::mem::take(&mut self.columns);
        let mut tree = Tree {
            rooting: self.rooting,
            flags: moves.gather(columns.flags, places, &self.seeds, |seed| seed.flags),
            name: moves.gather(columns.name, places, &self.seeds, |seed| seed.name),
            mtime_low: moves.gather(columns.mtime_low, places, &self.seeds, |s| {
                s.packed_mtime().0
            }),
            mtime_high: moves.gather(columns.mtime_high, places, &self.seeds, |s| {
                s.packed_mtime().1
            }),
            apparent: moves.gather(columns.apparent, places, &self.seeds, |s| {
                compact(s.own_apparent, 1)
            }),
            disk: moves.gather(columns.disk, places, &self.seeds, |s| {
                compact(s.own_disk, BLOCK)
            }),
            wide_apparent: columns.wide_apparent,
            wide_disk: columns.wide_disk,
            unsure: columns.unsure,
            names: self.names,
            dirs: places.rows(&self.seeds),
            slack: Vec::new(),
            devices: self.devices,
            links: LinkTable {
                rows: columns.links,
                ..LinkTable::default()
            },
            has_disk,
        };
        moves.renumber(&mut tree, places, &self.seeds);
        let placed = self.unsure_dirs.iter().map(|u| Unsure {
            id: places.start[u.id as usize],
            ..*u
        });
        tree.unsure.extend(placed);
        tree.unsure.sort_unstable_by_key(|unsure| unsure.id);
        tree.slack = places.slack(&self.seeds, has_disk);
        add_up(&mut tree.dirs, &mut tree.slack);
        count_links_once(&mut tree);
        tree
    }
}

impl Seed {
    fn packed_mtime(&self) -> (u32, i8) {
        pack_mtime((self.mtime != NO_MTIME).then_some(self.mtime))
    }

    /// Adds an entry's own values to the sums.
    #[inline]
    fn add(&mut self, entry: &Entry<'_>) {
        if entry.kind == Kind::Unread {
            self.unread += 1;
        } else if !is_counted(entry.kind) {
            return;
        }
        let slack = |size: Interval| size.hi.map_or(u64::MAX, |hi| hi.saturating_sub(size.lo));
        match entry.apparent {
            Some(size) => {
                self.apparent = self.apparent.saturating_add(size.lo);
                self.slack.apparent = self.slack.apparent.saturating_add(slack(size));
            }
            None => self.lacks_apparent += 1,
        }
        match entry.disk {
            Some(size) => {
                self.disk = self.disk.saturating_add(size.lo);
                self.slack.disk = self.slack.disk.saturating_add(slack(size));
            }
            None => self.lacks_disk += 1,
        }
    }
}

impl Columns {
    #[inline]
    fn push(&mut self, at: u32, name: u32, entry: &Entry<'_>) {
        let mut flags = flags_of(entry);
        let apparent = entry.apparent.unwrap_or(Interval::ZERO);
        let disk = entry.disk.unwrap_or(Interval::ZERO);
        self.apparent.push(compact(apparent.lo, 1));
        self.disk.push(compact(disk.lo, BLOCK));
        if compact(apparent.lo, 1) == WIDE {
            self.wide_apparent.push((at, apparent.lo));
        }
        if compact(disk.lo, BLOCK) == WIDE {
            self.wide_disk.push((at, disk.lo));
        }
        if !apparent.is_exact() || !disk.is_exact() {
            flags |= UNSURE;
            self.unsure.push(Unsure {
                id: at,
                apparent_hi: apparent.hi,
                disk_hi: disk.hi,
            });
        }
        if let Some(link) = entry.link {
            self.links.push(LinkRow {
                dev: link.dev,
                ino: link.ino,
                id: at,
                nlink: link.nlink,
            });
        }
        let (low, high) = pack_mtime(entry.mtime.map(|t| t.0));
        self.mtime_low.push(low);
        self.mtime_high.push(high);
        self.name.push(name);
        self.flags.push(flags);
    }
}

/// The upper bounds of an entry's sizes, where one of them is not exact.
#[inline]
fn unsure_of(id: u32, entry: &Entry<'_>) -> Option<Unsure> {
    let apparent = entry.apparent.unwrap_or(Interval::ZERO);
    let disk = entry.disk.unwrap_or(Interval::ZERO);
    (!apparent.is_exact() || !disk.is_exact()).then_some(Unsure {
        id,
        apparent_hi: apparent.hi,
        disk_hi: disk.hi,
    })
}

#[inline]
fn flags_of(entry: &Entry<'_>) -> u8 {
    let kind = KINDS.iter().position(|&k| k == entry.kind).unwrap_or(0);
    let missing = |none: bool, flag: u8| if none { flag } else { 0 };
    u8::try_from(kind).unwrap_or(0)
        | missing(entry.apparent.is_none(), NO_APPARENT)
        | missing(entry.disk.is_none(), NO_DISK)
}

/// A size in units of `unit`, or [`WIDE`] where that does not hold it exactly.
#[inline]
fn compact(bytes: u64, unit: u64) -> u32 {
    match u32::try_from(bytes / unit) {
        Ok(small) if bytes.is_multiple_of(unit) => small,
        _ => WIDE,
    }
}

/// Where each directory goes: its id, the end of its subtree, and the same among the rows.
struct Places {
    start: Vec<u32>,
    end: Vec<u32>,
    row: Vec<u32>,
    end_row: Vec<u32>,
    rows: usize,
    entries: usize,
}

impl Places {
    /// Counts backward and places forward; `None` when an id would not fit into 32 bits.
    fn of(seeds: &[Seed]) -> Option<Self> {
        let n = seeds.len();
        let present = |t: usize| seeds[t].parent != ABSENT;
        let mut size: Vec<u64> = seeds
            .iter()
            .map(|seed| 1 + u64::from(seed.leaves))
            .collect();
        let mut dirs: Vec<u32> = vec![1; n];
        for t in (1..n).rev().filter(|&t| present(t)) {
            let parent = seeds[t].parent as usize;
            debug_assert!(
                parent < t,
                "a parent's token is smaller than its children's"
            );
            size[parent] += size[t];
            dirs[parent] += dirs[t];
        }
        u32::try_from(size[0]).ok().filter(|&all| all < ABSENT)?;
        let narrow = |n: u64| u32::try_from(n).unwrap_or(ABSENT);
        let mut places = Self {
            start: vec![ABSENT; n],
            end: vec![ABSENT; n],
            row: vec![ABSENT; n],
            end_row: vec![ABSENT; n],
            rows: dirs[0] as usize,
            entries: usize::try_from(size[0]).ok()?,
        };
        let mut cursor = vec![0u32; n];
        let mut cursor_row = vec![0u32; n];
        for t in (0..n).filter(|&t| t == 0 || present(t)) {
            let parent = seeds[t].parent as usize;
            let (start, row) = if t == 0 {
                (0, 0)
            } else {
                (cursor[parent], cursor_row[parent])
            };
            if t > 0 {
                cursor[parent] += narrow(size[t]);
                cursor_row[parent] += dirs[t];
            }
            places.start[t] = start;
            places.end[t] = start + narrow(size[t]);
            places.row[t] = row;
            places.end_row[t] = row + dirs[t];
            cursor[t] = start + 1 + seeds[t].leaves;
            cursor_row[t] = row + 1;
        }
        Some(places)
    }

    fn tokens(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.start.len()).filter(|&t| self.start[t] != ABSENT)
    }

    fn rows(&self, seeds: &[Seed]) -> Vec<Dir> {
        let blank = Dir {
            id: 0,
            parent: 0,
            end: 0,
            leaves: 0,
            files: 0,
            unread: 0,
            end_row: 0,
            device: NO_DEVICE,
            listing: Listing::Unread,
            newest: NO_MTIME,
            apparent: 0,
            disk: 0,
        };
        let mut rows = vec![blank; self.rows];
        for t in self.tokens() {
            let seed = &seeds[t];
            let listing = seed.listing.unwrap_or(Listing::Unread);
            let partly = matches!(listing, Listing::Partial | Listing::Unread);
            rows[self.row[t] as usize] = Dir {
                id: self.start[t],
                parent: self.row[seed.parent as usize],
                end: self.end[t],
                leaves: seed.leaves,
                files: seed.files,
                unread: seed.unread + u32::from(partly),
                end_row: self.end_row[t],
                device: seed.device,
                listing,
                newest: seed.newest,
                apparent: seed.apparent,
                disk: seed.disk,
            };
        }
        rows
    }

    /// The slack of every row, or nothing where every size is exact and given.
    fn slack(&self, seeds: &[Seed], has_disk: bool) -> Vec<Slack> {
        let has_apparent = seeds.iter().any(|seed| seed.apparent > 0);
        let of = |seed: &Seed| Slack {
            apparent: if has_apparent && seed.lacks_apparent > 0 {
                u64::MAX
            } else {
                seed.slack.apparent
            },
            disk: if has_disk && seed.lacks_disk > 0 {
                u64::MAX
            } else {
                seed.slack.disk
            },
        };
        let mut slack = vec![Slack::default(); self.rows];
        let mut any = false;
        for t in self.tokens() {
            let own = of(&seeds[t]);
            any |= own.apparent > 0 || own.disk > 0;
            slack[self.row[t] as usize] = own;
        }
        if any { slack } else { Vec::new() }
    }
}

/// Where each run of the columns goes, sorted by where it comes from.
struct Moves {
    by_target: Vec<(Run, u32)>,
    by_source: Vec<(u32, u32)>,
}

impl Moves {
    fn of(runs: &[Run], seeds: &[Seed], places: &Places) -> Self {
        let mut filled = vec![0u32; seeds.len()];
        let by_target: Vec<(Run, u32)> = runs
            .iter()
            .map(|&run| {
                let t = run.token as usize;
                let target = places.start[t] + 1 + filled[t];
                filled[t] += run.len;
                (run, target)
            })
            .collect();
        let mut by_source: Vec<(u32, u32)> = by_target
            .iter()
            .map(|&(run, target)| (run.start, target))
            .collect();
        by_source.sort_unstable();
        Self {
            by_target,
            by_source,
        }
    }

    /// One column in its final order; the old one is dropped before the next is made.
    fn gather<T: Copy + Default>(
        &self,
        column: Vec<T>,
        places: &Places,
        seeds: &[Seed],
        own: impl Fn(&Seed) -> T,
    ) -> Vec<T> {
        let mut gathered = vec![T::default(); places.entries];
        for &(run, target) in &self.by_target {
            let (from, to, len) = (run.start as usize, target as usize, run.len as usize);
            gathered[to..to + len].copy_from_slice(&column[from..from + len]);
        }
        for t in places.tokens() {
            gathered[places.start[t] as usize] = own(&seeds[t]);
        }
        gathered
    }

    /// The final id of an entry that arrived as the `at`-th.
    fn target(&self, at: u32) -> u32 {
        let run = self.by_source.partition_point(|&(start, _)| start <= at) - 1;
        let (start, target) = self.by_source[run];
        target + (at - start)
    }

    /// Gives the side tables their final ids, adds the directories' own, and sorts them.
    fn renumber(&self, tree: &mut Tree, places: &Places, seeds: &[Seed]) {
        for (id, _) in tree.wide_apparent.iter_mut().chain(&mut tree.wide_disk) {
            *id = self.target(*id);
        }
        for unsure in &mut tree.unsure {
            unsure.id = self.target(unsure.id);
        }
        for t in places.tokens() {
            let (id, seed) = (places.start[t], &seeds[t]);
            if compact(seed.own_apparent, 1) == WIDE {
                tree.wide_apparent.push((id, seed.own_apparent));
            }
            if compact(seed.own_disk, BLOCK) == WIDE {
                tree.wide_disk.push((id, seed.own_disk));
            }
        }
        tree.wide_apparent.sort_unstable();
        tree.wide_disk.sort_unstable();
        for row in &mut tree.links.rows {
            row.id = self.target(row.id);
        }
        tree.links.rows.sort_unstable();
    }
}

/// Adds every directory's sums to its parent's, from the end: children come after their parents.
fn add_up(dirs: &mut [Dir], slack: &mut [Slack]) {
    for row in (1..dirs.len()).rev() {
        let dir = dirs[row];
        let parent = &mut dirs[dir.parent as usize];
        parent.files += dir.files;
        parent.unread = parent.unread.saturating_add(dir.unread);
        parent.newest = parent.newest.max(dir.newest);
        parent.apparent = parent.apparent.saturating_add(dir.apparent);
        parent.disk = parent.disk.saturating_add(dir.disk);
        if let Some(&own) = slack.get(row) {
            let above = &mut slack[dir.parent as usize];
            above.apparent = above.apparent.saturating_add(own.apparent);
            above.disk = above.disk.saturating_add(own.disk);
        }
    }
}

/// Takes back, in every directory, all but one of the names of each inode, and notes how much of
/// the rest deleting the directory would not give back.
fn count_links_once(tree: &mut Tree) {
    if tree.links.rows.is_empty() {
        return;
    }
    let rows = std::mem::take(&mut tree.links.rows);
    let mut twice = vec![(0u64, 0u64); tree.dirs.len()];
    let mut linked = vec![(0i128, 0i128); tree.dirs.len()];
    for names in rows.chunk_by(|a, b| (a.dev, a.ino) == (b.dev, b.ino)) {
        let own = |id: u32| {
            let value = |size: Option<Interval>| size.map_or(0, |s| s.lo);
            (
                value(tree.own_disk(NodeId(id))),
                value(tree.own_apparent(NodeId(id))),
            )
        };
        let (disk, apparent) = own(names[0].id);
        let mut note = |row: usize, sign: i128| {
            linked[row].0 += sign * i128::from(disk);
            linked[row].1 += sign * i128::from(apparent);
        };
        note(tree.row_at_or_above(NodeId(names[0].id)), 1);
        for pair in names.windows(2) {
            note(tree.row_at_or_above(NodeId(pair[1].id)), 1);
            let meet = meeting_row(tree, pair[0].id, pair[1].id);
            let (disk, apparent) = own(pair[1].id);
            twice[meet].0 = twice[meet].0.saturating_add(disk);
            twice[meet].1 = twice[meet].1.saturating_add(apparent);
            note(meet, -1);
        }
        let nlink = names.iter().map(|name| name.nlink).max().unwrap_or(0);
        if names.len() as u64 >= u64::from(nlink) {
            note(
                meeting_row(tree, names[0].id, names[names.len() - 1].id),
                -1,
            );
        }
    }
    for row in (1..tree.dirs.len()).rev() {
        let parent = tree.dirs[row].parent as usize;
        twice[parent] = (
            twice[parent].0.saturating_add(twice[row].0),
            twice[parent].1.saturating_add(twice[row].1),
        );
        linked[parent] = (
            linked[parent].0 + linked[row].0,
            linked[parent].1 + linked[row].1,
        );
    }
    for (dir, (disk, apparent)) in tree.dirs.iter_mut().zip(twice) {
        dir.disk = dir.disk.saturating_sub(disk);
        dir.apparent = dir.apparent.saturating_sub(apparent);
    }
    let kept = |bytes: i128| u64::try_from(bytes.max(0)).unwrap_or(u64::MAX);
    let index = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let mut by_id: Vec<(u32, u32)> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| (row.id, index(at)))
        .collect();
    by_id.sort_unstable();
    tree.links = LinkTable {
        rows,
        by_id,
        kept_disk: linked.iter().map(|l| kept(l.0)).collect(),
        kept_apparent: linked.iter().map(|l| kept(l.1)).collect(),
    };
}

/// The row of the lowest directory that holds both; `first` comes before `second`.
fn meeting_row(tree: &Tree, first: u32, second: u32) -> usize {
    let mut row = tree.row_at_or_above(NodeId(first));
    while tree.dirs[row].end <= second {
        row = tree.dirs[row].parent as usize;
    }
    row
}
