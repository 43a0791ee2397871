//! The tree: every entry of a source, in columns, numbered in pre-order.
//!
//! A node is a [`NodeId`], a `u32`. A directory is followed first by its own non-directories and
//! then by the subtrees of its sub-directories, so a subtree is a range of ids, "is it inside?"
//! is two comparisons, and only directories need a parent, an end and totals: they have a table
//! of their own. Names lie in chunks and never move. Nothing here recurses, and no entry owns an
//! allocation. An entry costs 18 bytes and its name.
//!
//! Sizes are kept in the form in which nearly all of them fit (32 bits; disk in units of 512
//! bytes); the few that do not lie in side tables, so every value is given back exactly.

pub mod build;
pub mod links;
mod names;
pub mod owners;
mod place;
pub mod recent;
mod segment;
#[cfg(test)]
mod tests;
pub mod union;

use crate::bytes::Interval;
use crate::entry::{Kind, Listing, Rooting};
use crate::time::Timestamp;

use links::LinkTable;
use names::Names;

/// A node of a [`Tree`]: its number in pre-order, the root being 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The root of every tree.
    pub const ROOT: Self = Self(0);

    fn index(self) -> usize {
        self.0 as usize
    }
}

/// The quantity that a run reckons in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Allocated bytes.
    Disk,
    /// `st_size`: only where the source knows no disk sizes.
    Apparent,
}

impl Quantity {
    /// The word used in JSON and in texts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Apparent => "apparent",
        }
    }
}

/// What a subtree holds, the node itself included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Sum of apparent sizes, each inode once.
    pub apparent: Interval,
    /// Sum of allocated bytes, each inode once.
    pub disk: Interval,
    /// Non-directories, by name; what was not counted is not among them.
    pub files: u64,
    /// Directories below the node, without the node itself.
    pub dirs: u64,
    /// The newest modification of a non-directory.
    pub newest: Option<Timestamp>,
    /// Entries that could not be read, or only in part: above zero, the sums are lower bounds.
    pub unread: u64,
}

/// A whole source as a tree. Made by [`build::Builder`].
#[derive(Debug)]
pub struct Tree {
    rooting: Rooting,
    flags: Vec<u8>,
    name: Vec<u32>,
    mtime_low: Vec<u32>,
    mtime_high: Vec<i8>,
    apparent: Vec<u32>,
    disk: Vec<u32>,
    wide_apparent: Vec<(u32, u64)>,
    wide_disk: Vec<(u32, u64)>,
    unsure: Vec<Unsure>,
    names: Names,
    dirs: Vec<Dir>,
    slack: Vec<Slack>,
    devices: Vec<u64>,
    links: LinkTable,
    has_disk: bool,
    in_apparent: bool,
}

/// The upper bounds of an entry whose sizes are not exact.
#[derive(Clone, Copy, Debug)]
struct Unsure {
    id: u32,
    apparent_hi: Option<u64>,
    disk_hi: Option<u64>,
}

/// How far a directory's upper bounds lie above its sums; `u64::MAX` is unbounded.
#[derive(Clone, Copy, Debug, Default)]
struct Slack {
    apparent: u64,
    disk: u64,
}

/// A directory's row: in the table's order, which is pre-order too.
#[derive(Clone, Copy, Debug)]
struct Dir {
    id: u32,
    parent: u32,
    end: u32,
    leaves: u32,
    files: u32,
    unread: u32,
    end_row: u32,
    device: u16,
    listing: Listing,
    newest: i64,
    apparent: u64,
    disk: u64,
}

const KIND: u8 = 0x0f;
const IS_DIR: u8 = 0x10;
const NO_APPARENT: u8 = 0x20;
const NO_DISK: u8 = 0x40;
const UNSURE: u8 = 0x80;
/// In a compact size column: look into the side table.
const WIDE: u32 = u32::MAX;
const NO_MTIME: i64 = i64::MIN;
const BLOCK: u64 = 512;

const KINDS: [Kind; 8] = [
    Kind::Dir,
    Kind::File,
    Kind::Symlink,
    Kind::Other,
    Kind::Excluded,
    Kind::OtherFs,
    Kind::KernelFs,
    Kind::Unread,
];

impl Tree {
    /// How many entries there are, the root included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.flags.len()
    }

    /// Never: a tree has a root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.flags.is_empty()
    }

    /// Every node in pre-order: a directory before what it holds, its non-directories first.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = NodeId> + ExactSizeIterator {
        (0..u32::try_from(self.len()).expect("ids are u32")).map(NodeId)
    }

    /// Every directory in pre-order.
    pub fn directories(&self) -> impl DoubleEndedIterator<Item = NodeId> + ExactSizeIterator {
        self.dirs.iter().map(|dir| NodeId(dir.id))
    }

    /// Every directory in pre-order, with the first id beyond its subtree and what it holds: for
    /// passes over all of them, which need not look each up in the table.
    pub fn listings(
        &self,
    ) -> impl DoubleEndedIterator<Item = (NodeId, NodeId, Children<'_>)> + ExactSizeIterator {
        let rows = self.dirs.iter().enumerate();
        rows.map(|(row, dir)| (NodeId(dir.id), NodeId(dir.end), self.children_of(row)))
    }

    /// What the entry is. A directory none of whose names are known is [`Kind::Unread`].
    #[must_use]
    pub fn kind(&self, id: NodeId) -> Kind {
        if self.is_dir(id) && self.listing(id) == Listing::Unread {
            return Kind::Unread;
        }
        KINDS[usize::from(self.flags[id.index()] & KIND)]
    }

    /// Whether it is a directory, read or not.
    #[must_use]
    pub fn is_dir(&self, id: NodeId) -> bool {
        self.flags[id.index()] & IS_DIR != 0
    }

    /// How much of a directory's listing is known; [`Listing::Complete`] for anything else.
    #[must_use]
    pub fn listing(&self, id: NodeId) -> Listing {
        self.dir(id).map_or(Listing::Complete, |dir| dir.listing)
    }

    /// The bytes of its name; the root's is a whole path, or a label.
    #[must_use]
    pub fn name(&self, id: NodeId) -> &[u8] {
        self.names.get(self.name[id.index()])
    }

    /// Its own apparent size; `None` where the source does not say.
    #[must_use]
    pub fn own_apparent(&self, id: NodeId) -> Option<Interval> {
        let i = id.index();
        (self.flags[i] & NO_APPARENT == 0).then(|| {
            let lo = match self.apparent[i] {
                WIDE => wide(&self.wide_apparent, id.0),
                small => u64::from(small),
            };
            Interval {
                lo,
                hi: self.unsure(id).map_or(Some(lo), |u| u.apparent_hi),
            }
        })
    }

    /// Its own allocated bytes; `None` where the source does not say.
    #[must_use]
    pub fn own_disk(&self, id: NodeId) -> Option<Interval> {
        let i = id.index();
        (self.flags[i] & NO_DISK == 0).then(|| {
            let lo = match self.disk[i] {
                WIDE => wide(&self.wide_disk, id.0),
                blocks => u64::from(blocks) * BLOCK,
            };
            Interval {
                lo,
                hi: self.unsure(id).map_or(Some(lo), |u| u.disk_hi),
            }
        })
    }

    fn unsure(&self, id: NodeId) -> Option<Unsure> {
        if self.flags[id.index()] & UNSURE == 0 {
            return None;
        }
        self.unsure
            .binary_search_by_key(&id.0, |u| u.id)
            .ok()
            .map(|i| self.unsure[i])
    }

    /// When it was last modified, where known.
    #[must_use]
    pub fn mtime(&self, id: NodeId) -> Option<Timestamp> {
        let i = id.index();
        unpack_mtime(self.mtime_low[i], self.mtime_high[i])
    }

    /// The device of a directory, or of the directory that holds the entry; `None`: not known.
    #[must_use]
    pub fn device(&self, id: NodeId) -> Option<u64> {
        let dir = &self.dirs[self.row_at_or_above(id)];
        self.devices.get(usize::from(dir.device)).copied()
    }

    /// The directory that holds it; `None` for the root.
    #[must_use]
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        if id == NodeId::ROOT {
            return None;
        }
        let row = self.row_at_or_above(id);
        let row = if self.dirs[row].id == id.0 {
            self.dirs[row].parent as usize
        } else {
            row
        };
        Some(NodeId(self.dirs[row].id))
    }

    /// The first id beyond its subtree.
    #[must_use]
    pub fn end(&self, id: NodeId) -> NodeId {
        NodeId(self.dir(id).map_or(id.0 + 1, |dir| dir.end))
    }

    /// Whether `inner` is `outer` or lies below it.
    #[must_use]
    pub fn contains(&self, outer: NodeId, inner: NodeId) -> bool {
        outer <= inner && inner < self.end(outer)
    }

    /// What a directory holds: its non-directories, then its sub-directories, in listing order.
    pub fn children(&self, id: NodeId) -> Children<'_> {
        match self.row(id) {
            Some(row) => self.children_of(row),
            None => Children {
                tree: self,
                next: 0,
                leaves_end: 0,
                row: 0,
                end_row: 0,
            },
        }
    }

    fn children_of(&self, row: usize) -> Children<'_> {
        let dir = &self.dirs[row];
        Children {
            tree: self,
            next: dir.id + 1,
            leaves_end: dir.id + 1 + dir.leaves,
            row: row + 1,
            end_row: dir.end_row as usize,
        }
    }

    /// The sums of its subtree.
    #[must_use]
    pub fn totals(&self, id: NodeId) -> Totals {
        let Some(row) = self.row(id) else {
            return self.leaf_totals(id);
        };
        let dir = &self.dirs[row];
        let slack = self.slack.get(row).copied().unwrap_or_default();
        let open = dir.unread > 0;
        let sum = |lo: u64, slack: u64| Interval {
            lo,
            // A sum at the end of the range may have gone beyond it.
            hi: if open || slack == u64::MAX || lo == u64::MAX {
                None
            } else {
                lo.checked_add(slack)
            },
        };
        Totals {
            apparent: sum(dir.apparent, slack.apparent),
            disk: sum(dir.disk, slack.disk),
            files: u64::from(dir.files),
            dirs: u64::from(dir.end_row) - row as u64 - 1,
            newest: (dir.newest != NO_MTIME).then_some(Timestamp(dir.newest)),
            unread: u64::from(dir.unread),
        }
    }

    fn leaf_totals(&self, id: NodeId) -> Totals {
        let kind = self.kind(id);
        let unread = kind == Kind::Unread;
        let size = |own: Option<Interval>| match own {
            Some(size) if !unread => size,
            own => Interval::at_least(own.map_or(0, |size| size.lo)),
        };
        let counted = is_counted(kind);
        let or_nothing = |size: Interval| {
            if counted || unread {
                size
            } else {
                Interval::ZERO
            }
        };
        Totals {
            apparent: or_nothing(size(self.own_apparent(id))),
            disk: or_nothing(size(self.own_disk(id))),
            files: u64::from(counted),
            dirs: 0,
            newest: self.mtime(id).filter(|_| counted),
            unread: u64::from(unread),
        }
    }

    /// The quantity that this tree is reckoned in.
    #[must_use]
    pub fn quantity(&self) -> Quantity {
        if self.has_disk && !self.in_apparent {
            Quantity::Disk
        } else {
            Quantity::Apparent
        }
    }

    /// Reckons in apparent sizes although some disk sizes are known: a recording may show few of
    /// those, and a sum of which most is unknown says little.
    pub fn reckon_in_apparent(&mut self) {
        self.in_apparent = true;
    }

    /// Whether any entry has a disk size.
    #[must_use]
    pub fn shows_disk(&self) -> bool {
        self.has_disk
    }

    /// The sum of its subtree in the tree's own quantity.
    #[must_use]
    pub fn weight(&self, id: NodeId) -> Interval {
        let totals = self.totals(id);
        match self.quantity() {
            Quantity::Disk => totals.disk,
            Quantity::Apparent => totals.apparent,
        }
    }

    /// Its own value, without what lies below it, in the tree's own quantity.
    #[must_use]
    pub fn own_weight(&self, id: NodeId) -> Interval {
        let own = match self.quantity() {
            Quantity::Disk => self.own_disk(id),
            Quantity::Apparent => self.own_apparent(id),
        };
        own.unwrap_or(Interval::UNKNOWN)
    }

    /// The hard links, and what deleting a set of nodes really gives back.
    #[must_use]
    pub fn links(&self) -> &LinkTable {
        &self.links
    }

    /// What deleting this node alone would give back, in the tree's own quantity.
    #[must_use]
    pub fn freed(&self, id: NodeId) -> Interval {
        links::freed(self, &[id])
    }

    /// How paths below the root are written.
    #[must_use]
    pub fn rooting(&self) -> Rooting {
        self.rooting
    }

    /// The whole path of a node, as bytes.
    #[must_use]
    pub fn path(&self, id: NodeId) -> Vec<u8> {
        let mut names = Vec::new();
        let mut node = Some(id);
        while let Some(id) = node {
            names.push(self.name(id));
            node = self.parent(id);
        }
        if self.rooting == Rooting::Forest && names.len() > 1 {
            names.pop();
        }
        let mut path = Vec::with_capacity(names.iter().map(|name| name.len() + 1).sum());
        for name in names.into_iter().rev() {
            if !path.is_empty() && !path.ends_with(b"/") {
                path.push(b'/');
            }
            path.extend_from_slice(name);
        }
        path
    }

    /// The node of a path as [`Tree::path`] writes it, a trailing `/` allowed; the first of its
    /// name where a listing named it twice.
    #[must_use]
    pub fn find(&self, path: &[u8]) -> Option<NodeId> {
        self.find_written(path)
            .or_else(|| self.find_written(path.strip_suffix(b"/")?))
    }

    fn find_written(&self, path: &[u8]) -> Option<NodeId> {
        let root = self.name(NodeId::ROOT);
        if path == root {
            return Some(NodeId::ROOT);
        }
        let rest = match self.rooting {
            Rooting::Forest => path,
            Rooting::Path => {
                let below = path.strip_prefix(root)?;
                if root.ends_with(b"/") {
                    below
                } else {
                    below.strip_prefix(b"/")?
                }
            }
        };
        // A forest's children may themselves be called by a path, so the longest name wins there.
        let mut node = NodeId::ROOT;
        let mut rest = rest;
        loop {
            let fits = |child: &NodeId| {
                let name = self.name(*child);
                let ends = |r: &[u8]| r.is_empty() || r.starts_with(b"/") || name.ends_with(b"/");
                rest.strip_prefix(name).is_some_and(ends)
            };
            node = self
                .children(node)
                .filter(fits)
                .max_by_key(|&c| (self.name(c).len(), std::cmp::Reverse(c)))?;
            rest = &rest[self.name(node).len()..];
            if rest.is_empty() {
                return Some(node);
            }
            // A starting point such as `edge-1:/` brings its own separator.
            rest = rest.strip_prefix(b"/").unwrap_or(rest);
        }
    }

    /// The children in the order of their names' bytes, as everything shown is sorted.
    #[must_use]
    pub fn children_by_name(&self, id: NodeId) -> Vec<NodeId> {
        let mut children: Vec<NodeId> = self.children(id).collect();
        children.sort_by_key(|&child| (self.name(child), child));
        children
    }

    fn dir(&self, id: NodeId) -> Option<&Dir> {
        self.row(id).map(|row| &self.dirs[row])
    }

    /// The row of a directory.
    fn row(&self, id: NodeId) -> Option<usize> {
        if !self.is_dir(id) {
            return None;
        }
        self.dirs.binary_search_by_key(&id.0, |dir| dir.id).ok()
    }

    /// The row of the directory that the node is or lies directly in. As non-directories follow
    /// their directory at once, it is the last row that does not begin after the node.
    fn row_at_or_above(&self, id: NodeId) -> usize {
        self.dirs.partition_point(|dir| dir.id <= id.0) - 1
    }
}

/// Whether a kind's own values count in sums.
fn is_counted(kind: Kind) -> bool {
    matches!(kind, Kind::Dir | Kind::File | Kind::Symlink | Kind::Other)
}

fn wide(table: &[(u32, u64)], id: u32) -> u64 {
    table
        .binary_search_by_key(&id, |&(id, _)| id)
        .map_or(0, |i| table[i].1)
}

const MTIME_LIMIT: i64 = 1 << 39;

fn clamp_mtime(seconds: i64) -> i64 {
    seconds.clamp(1 - MTIME_LIMIT, MTIME_LIMIT - 1)
}

/// Seconds as 40 bits, clamped to ± 17,000 years; the lowest value stands for "not known".
fn pack_mtime(seconds: Option<i64>) -> (u32, i8) {
    let packed = seconds.map_or(-MTIME_LIMIT, clamp_mtime);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cut into its halves"
    )]
    let halves = (packed as u32, (packed >> 32) as i8);
    halves
}

fn unpack_mtime(low: u32, high: i8) -> Option<Timestamp> {
    let seconds = (i64::from(high) << 32) | i64::from(low);
    (seconds != -MTIME_LIMIT).then_some(Timestamp(seconds))
}

/// The children of one directory; see [`Tree::children`].
#[derive(Clone, Debug)]
pub struct Children<'a> {
    tree: &'a Tree,
    next: u32,
    leaves_end: u32,
    row: usize,
    end_row: usize,
}

impl Iterator for Children<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        if self.next < self.leaves_end {
            self.next += 1;
            return Some(NodeId(self.next - 1));
        }
        let dir = self.tree.dirs[self.row..self.end_row].first()?;
        self.row = dir.end_row as usize;
        Some(NodeId(dir.id))
    }
}
