//! Whose the space is: the sums of a tree by the user who owns each entry.
//!
//! A tree does not keep owners, as almost nobody asks for them. So whoever asks looks at every
//! entry a second time, by its path, and this module adds up what was found: the bytes are those
//! of the walk, so the sums are those of the tree whatever happened in between, and what is
//! another entry by now, or none, is counted as such. An inode counts once, with its first name,
//! as it does in the tree's own sums.

use crate::bytes::Interval;
use crate::time::Timestamp;

use super::{NodeId, Tree, is_counted};

/// What a second look at an entry found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Who owns it.
    pub uid: u32,
    /// Its apparent size.
    pub apparent: u64,
    /// Its allocated bytes.
    pub disk: u64,
    /// Its last modification.
    pub mtime: Timestamp,
}

/// Why a second look found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// There is nothing of that name any more.
    Gone,
    /// The system did not say.
    Refused,
}

/// What one user owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The user; `None`: nobody could say.
    pub uid: Option<u32>,
    /// Sum of apparent sizes.
    pub apparent: Interval,
    /// Sum of allocated bytes.
    pub disk: Interval,
    /// Non-directories, by name.
    pub files: u64,
    /// Directories.
    pub dirs: u64,
    /// The newest modification of a non-directory.
    pub newest: Option<Timestamp>,
}

/// A tree by its owners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owners {
    /// What each user owns, by user id; what nobody could say comes first.
    pub shares: Vec<Share>,
    /// Entries whose size or time was another one at the second look.
    pub changed: u64,
    /// Entries that were gone by then.
    pub gone: u64,
    /// Entries of which the system did not say the owner.
    pub refused: u64,
}

/// Adds up the tree by owner. `look` is asked once for each entry that counts, by its path.
/// Cost: that of the looks, and one pass over the entries.
#[must_use]
pub fn by_owner(tree: &Tree, look: &mut dyn FnMut(&[u8]) -> Result<Facts, Missing>) -> Owners {
    let mut owners = Owners {
        shares: Vec::new(),
        changed: 0,
        gone: 0,
        refused: 0,
    };
    let further = further_names(tree);
    let mut path = Vec::new();
    for dir in tree.directories() {
        path.clear();
        path.extend_from_slice(&tree.path(dir));
        owners.take(tree, dir, look(&path), true);
        if !path.ends_with(b"/") {
            path.push(b'/');
        }
        let length = path.len();
        let leaves = tree.children(dir).take_while(|&child| !tree.is_dir(child));
        for leaf in leaves.filter(|&leaf| is_counted(tree.kind(leaf))) {
            path.truncate(length);
            path.extend_from_slice(tree.name(leaf));
            let first = further.binary_search(&leaf).is_err();
            owners.take(tree, leaf, look(&path), first);
        }
    }
    if tree.totals(NodeId::ROOT).unread > 0 {
        // What was not read may be anybody's.
        for share in &mut owners.shares {
            share.apparent.hi = None;
            share.disk.hi = None;
        }
    }
    owners
}

/// Every name of an inode but its first, sorted.
fn further_names(tree: &Tree) -> Vec<NodeId> {
    let groups = tree.links.groups();
    let mut further: Vec<NodeId> = groups.flat_map(|group| group.names().skip(1)).collect();
    further.sort_unstable();
    further
}

impl Owners {
    fn take(&mut self, tree: &Tree, node: NodeId, found: Result<Facts, Missing>, first: bool) {
        match found {
            Ok(facts) => self.changed += u64::from(differs(tree, node, facts)),
            Err(Missing::Gone) => self.gone += 1,
            Err(Missing::Refused) => self.refused += 1,
        }
        let share = self.share(found.ok().map(|facts| facts.uid));
        if first {
            let known = |own: Option<Interval>| own.unwrap_or(Interval::UNKNOWN);
            share.apparent = share.apparent + known(tree.own_apparent(node));
            share.disk = share.disk + known(tree.own_disk(node));
        }
        if tree.is_dir(node) {
            share.dirs += 1;
        } else {
            share.files += 1;
            share.newest = share.newest.max(tree.mtime(node));
        }
    }

    /// A machine has few users, and neighbours in a tree mostly belong to the same one.
    fn share(&mut self, uid: Option<u32>) -> &mut Share {
        let at = self.shares.partition_point(|share| share.uid < uid);
        if self.shares.get(at).is_none_or(|share| share.uid != uid) {
            let empty = Share {
                uid,
                apparent: Interval::ZERO,
                disk: Interval::ZERO,
                files: 0,
                dirs: 0,
                newest: None,
            };
            self.shares.insert(at, empty);
        }
        &mut self.shares[at]
    }
}

/// Whether the second look saw other values than the walk.
fn differs(tree: &Tree, node: NodeId, now: Facts) -> bool {
    let other = |then: Option<Interval>, now: u64| then.is_some_and(|then| then.lo != now);
    other(tree.own_apparent(node), now.apparent)
        || other(tree.own_disk(node), now.disk)
        || tree.mtime(node).is_some_and(|then| then != now.mtime)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Batch, Entry, Kind, Link, Rooting, Sink as _, Token};
    use crate::tree::build::Builder;

    const THEN: Timestamp = Timestamp(1000);

    fn entry(name: &[u8], kind: Kind, disk: u64) -> Entry<'_> {
        Entry {
            apparent: Some(Interval::exactly(1)),
            disk: Some(Interval::exactly(disk)),
            mtime: Some(THEN),
            ..Entry::named(name, kind)
        }
    }

    /// `/r` with two names of one inode, a pipe, something left out, and a directory that was not
    /// read if `unread`.
    fn tree(unread: bool) -> Tree {
        let mut builder = Builder::new();
        let dir = |token| Entry {
            token: Some(Token(token)),
            ..entry(if token == 0 { b"/r" } else { b"d" }, Kind::Dir, 4096)
        };
        builder.root(dir(0), Rooting::Path);
        let mut batch = Batch::new(Token(0));
        for name in [b"a", b"b"] {
            let link = Link {
                dev: 1,
                ino: 9,
                nlink: 2,
            };
            batch.push(Entry {
                link: Some(link),
                ..entry(name, Kind::File, 512)
            });
        }
        batch.push(entry(b"pipe", Kind::Other, 0));
        batch.push(Entry::named(b"left-out", Kind::Excluded));
        batch.push(dir(1));
        builder.listing(&batch);
        if !unread {
            let mut batch = Batch::new(Token(1));
            batch.push(entry(b"c", Kind::File, 1024));
            builder.listing(&batch);
        }
        builder.finish().unwrap()
    }

    fn facts(uid: u32, disk: u64) -> Result<Facts, Missing> {
        Ok(Facts {
            uid,
            apparent: 1,
            disk,
            mtime: THEN,
        })
    }

    #[test]
    fn what_happened_in_between_is_told_and_the_sums_stay() {
        let tree = tree(false);
        let mut asked = Vec::new();
        let owners = by_owner(&tree, &mut |path| {
            asked.push(path.to_vec());
            match path {
                b"/r" | b"/r/d" => facts(0, 4096),
                b"/r/a" => facts(5, 512),
                b"/r/b" => facts(5, 1024),
                b"/r/pipe" => Err(Missing::Refused),
                _ => Err(Missing::Gone),
            }
        });
        asked.sort();
        let all: [&[u8]; 6] = [b"/r", b"/r/a", b"/r/b", b"/r/d", b"/r/d/c", b"/r/pipe"];
        assert_eq!(asked, all);
        assert_eq!((owners.changed, owners.gone, owners.refused), (1, 1, 1));
        let shares: Vec<_> = owners
            .shares
            .iter()
            .map(|s| (s.uid, s.disk.lo, s.files, s.dirs, s.newest))
            .collect();
        assert_eq!(
            shares,
            [
                (None, 1024, 2, 0, Some(THEN)),
                (Some(0), 8192, 0, 2, None),
                (Some(5), 512, 2, 0, Some(THEN)),
            ]
        );
        let sum: Interval = owners.shares.iter().map(|share| share.disk).sum();
        assert_eq!(sum, tree.totals(NodeId::ROOT).disk);
    }

    #[test]
    fn what_was_not_read_may_be_anybodys() {
        let owners = by_owner(&tree(true), &mut |_| facts(7, 4096));
        assert_eq!(owners.shares.len(), 1);
        assert_eq!(owners.shares[0].disk, Interval::at_least(2 * 4096 + 512));
    }
}
