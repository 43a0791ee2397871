//! What was written lately: per directory, the files that changed since a moment.
//!
//! The time of last modification is all that is known of a change. So a file that grew by one byte
//! counts whole, one that was copied with its old time does not count, and what was deleted is not
//! seen. A file without a known time may be among them: it counts for the upper bound only.
//!
//! Method: one pass over the entries from the last directory to the first, as a directory's
//! sub-directories stand behind it. Each inode counts once in a directory, by the way of
//! [`super::links`].

use std::collections::BTreeMap;

use crate::bytes::Interval;
use crate::time::Timestamp;

use super::{NodeId, Totals, Tree};

/// The sums of the files below a node that changed since a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Sum of their apparent sizes, each inode once.
    pub apparent: Interval,
    /// Sum of their allocated bytes, each inode once.
    pub disk: Interval,
    /// How many they are, by name.
    pub files: u64,
    /// Files of which no time is known.
    pub undated: u64,
}

impl Changed {
    const NOTHING: Self = Self {
        apparent: Interval::ZERO,
        disk: Interval::ZERO,
        files: 0,
        undated: 0,
    };

    fn add(&mut self, other: Self) {
        self.apparent = self.apparent + other.apparent;
        self.disk = self.disk + other.disk;
        self.files += other.files;
        self.undated += other.undated;
    }

    /// Takes back bytes that were added before.
    fn take_back(&mut self, other: Self) {
        self.apparent = less(self.apparent, other.apparent);
        self.disk = less(self.disk, other.disk);
    }
}

fn less(sum: Interval, part: Interval) -> Interval {
    Interval {
        lo: sum.lo.saturating_sub(part.lo),
        hi: sum
            .hi
            .zip(part.hi)
            .map(|(sum, part)| sum.saturating_sub(part)),
    }
}

/// What changed in a tree since a moment.
///
/// ```
/// use jettison::source::{Options, Source};
/// use jettison::survey::survey;
/// use jettison::time::Timestamp;
/// use jettison::tree::{NodeId, recent::Recent};
///
/// let listing = "u@h:/d$ ls -l --time-style=full-iso\ntotal 8\n\
///     -rw-r--r-- 1 u u 700 2024-06-01 00:00:00.000000000 +0000 old\n\
///     -rw-r--r-- 1 u u 300 2024-06-12 00:00:00.000000000 +0000 new\n";
/// let survey = survey(&Source::bytes(listing.into()), &Options::default())?;
/// let from = Timestamp::parse("2024-06-10T00:00:00Z").unwrap();
/// let recent = Recent::since(&survey.tree, from);
/// let changed = recent.of(survey.tree.find(b"/d").unwrap());
/// assert_eq!((changed.files, changed.apparent.lo), (1, 300));
/// # Ok::<(), jettison::error::Error>(())
/// ```
#[derive(Debug)]
pub struct Recent<'a> {
    tree: &'a Tree,
    from: Timestamp,
    /// By directory row.
    sums: Vec<Changed>,
}

impl<'a> Recent<'a> {
    /// Adds up what changed at `from` or later. Cost: one pass over the entries.
    #[must_use]
    pub fn since(tree: &'a Tree, from: Timestamp) -> Self {
        let mut recent = Self {
            tree,
            from,
            sums: vec![Changed::NOTHING; tree.dirs.len()],
        };
        let mut repeated = recent.repeated();
        for row in (0..tree.dirs.len()).rev() {
            let dir = tree.dirs[row];
            let mut sum = recent.sums[row];
            for leaf in dir.id + 1..dir.id + 1 + dir.leaves {
                sum.add(recent.leaf(NodeId(leaf)));
            }
            for again in repeated.remove(&row).unwrap_or_default() {
                sum.take_back(again);
            }
            if dir.unread > 0 {
                sum.apparent.hi = None;
                sum.disk.hi = None;
            }
            recent.sums[row] = sum;
            if let Some(parent) = tree.parent(NodeId(dir.id)).and_then(|id| tree.row(id)) {
                recent.sums[parent].add(sum);
            }
        }
        recent
    }

    /// The moment from which on a change counts.
    #[must_use]
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// What changed below a node, the node itself included if it is no directory.
    #[must_use]
    pub fn of(&self, id: NodeId) -> Changed {
        match self.tree.row(id) {
            Some(row) => self.sums[row],
            None => self.leaf(id),
        }
    }

    fn leaf(&self, id: NodeId) -> Changed {
        let Totals {
            apparent,
            disk,
            files,
            newest,
            unread,
            ..
        } = self.tree.totals(id);
        let perhaps = |size: Interval| Interval { lo: 0, hi: size.hi };
        match newest {
            Some(time) if time >= self.from => Changed {
                apparent,
                disk,
                files,
                undated: 0,
            },
            Some(_) => Changed::NOTHING,
            None if files + unread == 0 => Changed::NOTHING,
            None => Changed {
                apparent: perhaps(apparent),
                disk: perhaps(disk),
                files: 0,
                undated: files,
            },
        }
    }

    /// The further names of inodes that count already, by the row of the lowest directory that
    /// holds both such a name and the one before it.
    fn repeated(&self) -> BTreeMap<usize, Vec<Changed>> {
        let mut repeated: BTreeMap<usize, Vec<Changed>> = BTreeMap::new();
        for group in self.tree.links.groups() {
            let mut names = group
                .names()
                .map(|name| (name, self.leaf(name)))
                .filter(|(_, changed)| *changed != Changed::NOTHING);
            let Some((mut before, _)) = names.next() else {
                continue;
            };
            for (name, changed) in names {
                let mut row = self.tree.row_at_or_above(name);
                while !self.holds(row, before) {
                    let dir = NodeId(self.tree.dirs[row].id);
                    let above = self.tree.parent(dir).and_then(|id| self.tree.row(id));
                    // The root holds everything.
                    row = above.unwrap_or(0);
                }
                repeated.entry(row).or_default().push(changed);
                before = name;
            }
        }
        repeated
    }

    fn holds(&self, row: usize, id: NodeId) -> bool {
        let dir = &self.tree.dirs[row];
        dir.id <= id.0 && id.0 < dir.end
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::entry::{Batch, Entry, Kind, Link, Rooting, Sink as _, Token};
    use crate::tree::build::Builder;

    /// Where each directory lies: `/0`, `/0/1`, `/0/2`, `/0/1/3`.
    const PARENTS: [usize; 4] = [0, 0, 0, 1];

    /// A file: its directory, its inode, which has size and time.
    type File = (usize, u8);

    fn bytes(inode: u8) -> u64 {
        512 << (inode % 8)
    }

    /// The inode's time; every fifth has none.
    fn time(inode: u8) -> Option<Timestamp> {
        (!inode.is_multiple_of(5)).then(|| Timestamp(i64::from(inode)))
    }

    fn dir(name: &[u8], token: u32) -> Entry<'_> {
        Entry {
            disk: Some(Interval::exactly(4096)),
            apparent: Some(Interval::exactly(10)),
            token: Some(Token(token)),
            ..Entry::named(name, Kind::Dir)
        }
    }

    fn tree(files: &[File]) -> Tree {
        let mut builder = Builder::new();
        builder.root(dir(b"/0", 0), Rooting::Path);
        for at in 0..PARENTS.len() {
            let mut batch = Batch::new(Token(u32::try_from(at).unwrap()));
            for child in (1..PARENTS.len()).filter(|&child| PARENTS[child] == at) {
                let name = child.to_string();
                batch.push(dir(name.as_bytes(), u32::try_from(child).unwrap()));
            }
            for (number, &(_, inode)) in files.iter().enumerate().filter(|(_, f)| f.0 == at) {
                let nlink = files.iter().filter(|f| f.1 == inode).count();
                let nlink = u32::try_from(nlink).unwrap();
                batch.push(Entry {
                    disk: Some(Interval::exactly(bytes(inode))),
                    apparent: Some(Interval::exactly(1)),
                    mtime: time(inode),
                    link: (nlink > 1).then_some(Link {
                        dev: 1,
                        ino: inode.into(),
                        nlink,
                    }),
                    ..Entry::named(format!("f{number}").as_bytes(), Kind::File)
                });
            }
            builder.listing(&batch);
        }
        builder.finish().unwrap()
    }

    fn is_below(mut dir: usize, top: usize) -> bool {
        while dir != top && dir != 0 {
            dir = PARENTS[dir];
        }
        dir == top
    }

    proptest! {
        #[test]
        fn each_changed_inode_counts_once(
            files in prop::collection::vec((0usize..4, 0u8..20), 0..16),
            from in 0i64..20,
        ) {
            let tree = tree(&files);
            let recent = Recent::since(&tree, Timestamp(from));
            for (top, path) in ["/0", "/0/1", "/0/2", "/0/1/3"].into_iter().enumerate() {
                let below: Vec<u8> =
                    files.iter().filter(|f| is_below(f.0, top)).map(|f| f.1).collect();
                let new = |inode: &&u8| time(**inode).is_some_and(|t| t.0 >= from);
                let changed = recent.of(tree.find(path.as_bytes()).unwrap());
                let inodes: BTreeSet<u8> = below.iter().filter(new).copied().collect();
                let undated: BTreeSet<u8> =
                    below.iter().filter(|i| time(**i).is_none()).copied().collect();
                let sum = |inodes: &BTreeSet<u8>| inodes.iter().map(|&i| bytes(i)).sum::<u64>();
                prop_assert_eq!(changed.files, below.iter().filter(new).count() as u64);
                prop_assert_eq!(changed.disk.lo, sum(&inodes), "{}", path);
                prop_assert_eq!(changed.disk.hi, Some(sum(&inodes) + sum(&undated)));
                prop_assert_eq!(changed.apparent.lo, inodes.len() as u64);
            }
        }
    }
}
