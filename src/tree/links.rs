//! Hard links: which names share an inode, and what deleting a set of nodes really gives back.
//!
//! A directory's sum counts each inode below it once, whatever the order of arrival: the names of
//! an inode, in pre-order, are counted one by one and every further one is taken back at the
//! lowest directory that holds it and its predecessor. *Freed* is stricter: an inode's bytes come
//! back only with its last name, and never where some name lies outside the tree.

use crate::bytes::Interval;
use crate::entry::Kind;

use super::{Dir, NodeId, Quantity, Tree, is_counted};

/// One name of an inode that has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LinkRow {
    pub(super) dev: u64,
    pub(super) ino: u64,
    pub(super) id: u32,
    pub(super) nlink: u32,
}

/// The names of all inodes with more than one, grouped by inode.
#[derive(Debug, Default)]
pub struct LinkTable {
    /// Sorted by device, inode and id.
    pub(super) rows: Vec<LinkRow>,
    /// The same names by id: (id, index into `rows`), sorted.
    pub(super) by_id: Vec<(u32, u32)>,
    /// By directory row: bytes below it that deleting it would *not* give back. Empty: none.
    pub(super) kept_disk: Vec<u64>,
    pub(super) kept_apparent: Vec<u64>,
}

/// The names of one inode that lie in the tree, in pre-order.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    rows: &'a [LinkRow],
}

impl<'a> Group<'a> {
    /// The nodes that name the inode.
    pub fn names(self) -> impl ExactSizeIterator<Item = NodeId> + 'a {
        self.rows.iter().map(|row| NodeId(row.id))
    }

    /// Whether every name of the inode lies in the tree; where the source does not say how many
    /// there are, those that were seen are taken for all.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.rows.len() as u64 >= u64::from(self.nlink())
    }

    /// How many names the file system counts; 0: not known.
    #[must_use]
    pub fn nlink(self) -> u32 {
        self.rows.iter().map(|row| row.nlink).max().unwrap_or(0)
    }

    /// The inode: device and number.
    #[must_use]
    pub fn inode(self) -> (u64, u64) {
        (self.rows[0].dev, self.rows[0].ino)
    }
}

impl LinkTable {
    /// Every inode with several names, in the order of device and inode number.
    pub fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        self.rows
            .chunk_by(|a, b| (a.dev, a.ino) == (b.dev, b.ino))
            .map(|rows| Group { rows })
    }

    /// The inode that the node names, if that has several names.
    #[must_use]
    pub fn group_of(&self, id: NodeId) -> Option<Group<'_>> {
        let at = self.by_id.binary_search_by_key(&id.0, |&(id, _)| id).ok()?;
        let inode = |row: &LinkRow| (row.dev, row.ino);
        let row = inode(&self.rows[self.by_id[at].1 as usize]);
        let start = self.rows.partition_point(|r| inode(r) < row);
        let len = self.rows[start..].partition_point(|r| inode(r) == row);
        Some(Group {
            rows: &self.rows[start..start + len],
        })
    }

    /// Whether no inode has several names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// What deleting these nodes together would give back, in the tree's own quantity: the least that
/// is certain, and the most that is possible (unbounded where a part is unread).
///
/// Nodes may contain each other; each is counted once. Cost: the number of nodes, and of links.
#[must_use]
pub fn freed(tree: &Tree, nodes: &[NodeId]) -> Interval {
    let mut nodes = nodes.to_vec();
    nodes.sort_unstable();
    let mut ranges: Vec<(NodeId, NodeId)> = Vec::with_capacity(nodes.len());
    for node in nodes {
        if ranges.last().is_none_or(|&(_, end)| end <= node) {
            ranges.push((node, tree.end(node)));
        }
    }
    let alone: Interval = ranges
        .iter()
        .map(|&(node, _)| freed_alone(tree, node))
        .sum();
    alone + Interval::exactly(freed_together(tree, &ranges))
}

/// What one node gives back when nothing else goes.
fn freed_alone(tree: &Tree, id: NodeId) -> Interval {
    let weight = tree.weight(id);
    let kept = match tree.row(id) {
        Some(row) => match tree.quantity() {
            Quantity::Disk => tree.links.kept_disk.get(row),
            Quantity::Apparent => tree.links.kept_apparent.get(row),
        }
        .copied()
        .unwrap_or(0),
        None if is_linked_elsewhere(tree, id) => weight.hi.unwrap_or(weight.lo),
        None => 0,
    };
    Interval {
        lo: weight.lo.saturating_sub(kept),
        hi: weight.hi.map(|hi| hi.saturating_sub(kept)),
    }
}

/// Whether the inode of a non-directory has a name besides this one.
fn is_linked_elsewhere(tree: &Tree, id: NodeId) -> bool {
    tree.links
        .group_of(id)
        .is_some_and(|group| group.rows.len() > 1 || !group.is_whole())
}

/// What goes only because several of the ranges go: inodes whose names are spread over them.
fn freed_together(tree: &Tree, ranges: &[(NodeId, NodeId)]) -> u64 {
    if ranges.len() < 2 {
        return 0;
    }
    let holder = |id: NodeId| {
        let at = ranges.partition_point(|&(start, _)| start <= id);
        ranges[..at]
            .last()
            .filter(|&&(_, end)| id < end)
            .map(|_| at - 1)
    };
    let spread = |group: &Group<'_>| {
        let first = group.names().next().and_then(holder);
        group.is_whole()
            && first.is_some()
            && group.names().all(|name| holder(name).is_some())
            && group.names().any(|name| holder(name) != first)
    };
    let bytes = |group: Group<'_>| {
        group
            .names()
            .next()
            .map_or(0, |name| tree.own_weight(name).lo)
    };
    tree.links
        .groups()
        .filter(spread)
        .map(bytes)
        .fold(0, u64::saturating_add)
}

/// Takes back, in every directory, all but one of the names of each inode, and notes how much of
/// the rest deleting the directory would not give back.
pub(super) fn count_once(tree: &mut Tree, rows: Vec<LinkRow>) {
    if rows.is_empty() {
        return;
    }
    let mut twice = vec![(0u128, 0u128); tree.dirs.len()];
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
            twice[meet].0 += u128::from(disk);
            twice[meet].1 += u128::from(apparent);
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
            twice[parent].0 + twice[row].0,
            twice[parent].1 + twice[row].1,
        );
        linked[parent] = (
            linked[parent].0 + linked[row].0,
            linked[parent].1 + linked[row].1,
        );
    }
    let all = sums(tree);
    let left =
        |all: u128, twice: u128| u64::try_from(all.saturating_sub(twice)).unwrap_or(u64::MAX);
    for ((dir, (disk, apparent)), all) in tree.dirs.iter_mut().zip(twice).zip(all) {
        dir.disk = left(all.0, disk);
        dir.apparent = left(all.1, apparent);
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

/// The sums of every directory, each name counted. Where one does not fit into 64 bits, all are
/// added up anew from the entries: what was cut off cannot be taken back from.
fn sums(tree: &Tree) -> Vec<(u128, u128)> {
    let root = &tree.dirs[0];
    if root.disk < u64::MAX && root.apparent < u64::MAX {
        let sums = tree
            .dirs
            .iter()
            .map(|dir| (dir.disk.into(), dir.apparent.into()));
        return sums.collect();
    }
    let own = |id: u32| {
        let id = NodeId(id);
        let counts = is_counted(tree.kind(id)) || tree.kind(id) == Kind::Unread;
        let lo = |size: Option<Interval>| size.filter(|_| counts).map_or(0, |s| u128::from(s.lo));
        (lo(tree.own_disk(id)), lo(tree.own_apparent(id)))
    };
    let add = |a: (u128, u128), b: (u128, u128)| (a.0 + b.0, a.1 + b.1);
    let listing = |dir: &Dir| (dir.id..=dir.id + dir.leaves).map(own).fold((0, 0), add);
    let mut sums: Vec<_> = tree.dirs.iter().map(listing).collect();
    for row in (1..sums.len()).rev() {
        let parent = tree.dirs[row].parent as usize;
        sums[parent] = add(sums[parent], sums[row]);
    }
    sums
}
