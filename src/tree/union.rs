//! Several trees as one set: what they hold together, and what deleting them all gives back.
//!
//! Sources may lie inside each other and may share inodes. An entry is known by its path, so what
//! a tree shows at a path that an earlier one has counted is left out; an inode with several names
//! is known by device and number, counts once, and comes back only when all its names, over all the
//! trees, go. The trees must be of one machine: paths and inodes of two have nothing in common.
//!
//! Limit: a file with one name that two mounts show under two paths counts twice, as nothing here
//! tells that they are one.

use std::cmp::Ordering;

use crate::bytes::Interval;
use crate::entry::Rooting;

use super::{NodeId, Tree, is_counted};

/// What several trees are together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Union {
    /// What they hold, in the trees' own quantity, each entry and each inode once.
    pub weight: Interval,
    /// What deleting all of them would give back.
    pub freed: Interval,
    /// Non-directories, by name.
    pub files: u64,
    /// Entries of one source that an earlier one holds too.
    pub repeated: u64,
}

/// The names of one inode that one tree adds.
#[derive(Clone, Copy, Debug)]
struct Names {
    inode: (u64, u64),
    count: u64,
    nlink: u64,
    weight: Interval,
}

/// Reckons the trees as one set. Cost: that of the hard links, and for trees inside each other
/// one pass over the inner one.
///
/// ```
/// use jettison::source::{Options, Source};
/// use jettison::survey::survey;
/// use jettison::tree::union::union;
///
/// let options = Options::default();
/// let whole = survey(&Source::named("src".as_ref()), &options)?.tree;
/// let part = survey(&Source::named("src/tree".as_ref()), &options)?.tree;
/// let both = union(&[&whole, &part]);
/// assert_eq!(both.weight, union(&[&whole]).weight);
/// assert_eq!(both.repeated as usize, part.len());
/// # Ok::<(), jettison::error::Error>(())
/// ```
#[must_use]
pub fn union(trees: &[&Tree]) -> Union {
    let mut sum = Union {
        weight: Interval::ZERO,
        freed: Interval::ZERO,
        files: 0,
        repeated: 0,
    };
    let mut inodes: Vec<Names> = Vec::new();
    let mut unread = false;
    for (at, tree) in trees.iter().enumerate() {
        let seen = seen_before(tree, &trees[..at]);
        let alone = match &seen {
            Some(seen) => one_by_one(tree, seen, &mut inodes),
            None => whole(tree, &mut inodes),
        };
        sum.weight = sum.weight + alone.weight;
        sum.files += alone.files;
        sum.repeated += alone.repeated;
        unread |= tree.totals(NodeId::ROOT).unread > 0;
    }
    sum.freed = sum.weight;
    inodes.sort_by_key(|names| names.inode);
    for names in inodes.chunk_by(|a, b| a.inode == b.inode) {
        let weight = names[0].weight;
        sum.weight = sum.weight + weight;
        let count: u64 = names.iter().map(|n| n.count).sum();
        if names.iter().all(|n| n.nlink <= count) {
            sum.freed = sum.freed + weight;
        }
    }
    if unread {
        sum.weight.hi = None;
        sum.freed.hi = None;
    }
    sum
}

/// All of a tree but its inodes with several names, which are put aside.
fn whole(tree: &Tree, inodes: &mut Vec<Names>) -> Union {
    let mut weight = tree.weight(NodeId::ROOT);
    for group in tree.links.groups() {
        // The tree's own sum counts the first name of an inode.
        let own = group
            .names()
            .next()
            .map_or(Interval::ZERO, |n| tree.own_weight(n));
        weight.lo = weight.lo.saturating_sub(own.lo);
        weight.hi = weight
            .hi
            .zip(own.hi)
            .map(|(sum, own)| sum.saturating_sub(own));
        inodes.push(Names {
            inode: group.inode(),
            count: group.names().len() as u64,
            nlink: u64::from(group.nlink()),
            weight: own,
        });
    }
    Union {
        weight,
        freed: weight,
        files: tree.totals(NodeId::ROOT).files,
        repeated: 0,
    }
}

/// What a tree adds to those before it, its inodes with several names put aside.
fn one_by_one(tree: &Tree, seen: &[bool], inodes: &mut Vec<Names>) -> Union {
    let mut linked = vec![false; tree.len()];
    for group in tree.links.groups() {
        group.names().for_each(|name| linked[name.index()] = true);
        let mut new = group.names().filter(|name| !seen[name.index()]);
        if let Some(first) = new.next() {
            inodes.push(Names {
                inode: group.inode(),
                count: 1 + new.count() as u64,
                nlink: u64::from(group.nlink()),
                weight: tree.own_weight(first),
            });
        }
    }
    let mut sum = Union {
        weight: Interval::ZERO,
        freed: Interval::ZERO,
        files: 0,
        repeated: 0,
    };
    for node in tree.nodes() {
        if seen[node.index()] {
            sum.repeated += 1;
        } else if has_own_values(tree, node) {
            sum.files += u64::from(!tree.is_dir(node));
            if !linked[node.index()] {
                sum.weight = sum.weight + tree.own_weight(node);
            }
        }
    }
    sum
}

/// Whether the entry's own values count in sums: also those of a directory that was not read.
fn has_own_values(tree: &Tree, node: NodeId) -> bool {
    tree.is_dir(node) || is_counted(tree.kind(node))
}

/// Which entries of a tree an earlier one counts at the same path; `None`: it meets none of them.
fn seen_before(tree: &Tree, earlier: &[&Tree]) -> Option<Vec<bool>> {
    let mut seen: Option<Vec<bool>> = None;
    for other in earlier {
        let Some(meeting) = meeting(tree, other) else {
            continue;
        };
        let seen = seen.get_or_insert_with(|| vec![false; tree.len()]);
        let mut open = vec![meeting];
        while let Some((here, there)) = open.pop() {
            seen[here.index()] |= has_own_values(tree, here) && has_own_values(other, there);
            pair_children((tree, here), (other, there), &mut open);
        }
    }
    seen
}

/// Where two trees meet: a node of each that stands for the same path.
fn meeting(tree: &Tree, other: &Tree) -> Option<(NodeId, NodeId)> {
    if tree.rooting != Rooting::Path || other.rooting != Rooting::Path {
        return None;
    }
    let inside = other.find(tree.name(NodeId::ROOT));
    inside.map(|there| (NodeId::ROOT, there)).or_else(|| {
        let around = tree.find(other.name(NodeId::ROOT));
        around.map(|here| (here, NodeId::ROOT))
    })
}

/// The children of two directories that have the same name, by merging both in order.
fn pair_children(
    (tree, here): (&Tree, NodeId),
    (other, there): (&Tree, NodeId),
    pairs: &mut Vec<(NodeId, NodeId)>,
) {
    let mine = tree.children_by_name(here);
    let theirs = other.children_by_name(there);
    let (mut mine, mut theirs) = (mine.iter().peekable(), theirs.iter().peekable());
    while let (Some(&&a), Some(&&b)) = (mine.peek(), theirs.peek()) {
        let order = tree.name(a).cmp(other.name(b));
        if order == Ordering::Equal {
            pairs.push((a, b));
        }
        if order != Ordering::Greater {
            mine.next();
        }
        if order != Ordering::Less {
            theirs.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::entry::{Batch, Entry, Kind, Link, Sink as _, Token};
    use crate::tree::build::Builder;
    use crate::tree::links::freed;

    /// The names of files: directory `/d` or `/d/e` …, and which inode they are.
    type Files = BTreeMap<(Vec<u8>, u8), u8>;

    const DIRS: [&str; 6] = ["/a", "/a/b", "/a/b/c", "/a/d", "/e", "/e/b"];
    const DIR_BYTES: u64 = 512;

    fn bytes(inode: u8) -> u64 {
        512 * (u64::from(inode) + 1) * (u64::from(inode) + 3)
    }

    fn nlink(files: &Files, outside: u8, inode: u8) -> u32 {
        let inside = files.values().filter(|&&i| i == inode).count();
        u32::try_from(inside).unwrap() + u32::from(inode == outside)
    }

    /// The tree of one source, by reading the model as a walk would.
    fn tree(files: &Files, outside: u8, root: &str) -> Tree {
        let mut builder = Builder::new();
        let dir = |name, token| Entry {
            disk: Some(Interval::exactly(DIR_BYTES)),
            token: Some(Token(token)),
            ..Entry::named(name, Kind::Dir)
        };
        builder.root(dir(root.as_bytes(), 0), Rooting::Path);
        let below: Vec<&str> = DIRS.into_iter().filter(|d| d.starts_with(root)).collect();
        for (token, path) in (0u32..).zip(&below) {
            let mut batch = Batch::new(Token(token));
            for (child, at) in below.iter().zip(0u32..) {
                if let Some((parent, name)) = child.rsplit_once('/').filter(|(p, _)| p == path) {
                    assert!(parent.len() < child.len());
                    batch.push(dir(name.as_bytes(), at));
                }
            }
            for ((_, name), &inode) in files.iter().filter(|((d, _), _)| d == path.as_bytes()) {
                let nlink = nlink(files, outside, inode);
                batch.push(Entry {
                    disk: Some(Interval::exactly(bytes(inode))),
                    link: (nlink > 1).then_some(Link {
                        dev: 1,
                        ino: inode.into(),
                        nlink,
                    }),
                    ..Entry::named(&[b'f', *name], Kind::File)
                });
            }
            builder.listing(&batch);
        }
        builder.finish().unwrap()
    }

    /// Weight, freed and files of the sources as sets of paths and inodes.
    fn naive(files: &Files, outside: u8, roots: &[&str]) -> (u64, u64, u64) {
        let inside = |path: &[u8]| roots.iter().any(|r| path.starts_with(r.as_bytes()));
        let dirs = DIRS.iter().filter(|d| inside(d.as_bytes())).count() as u64 * DIR_BYTES;
        let names: Vec<u8> = files
            .iter()
            .filter(|((dir, _), _)| inside(dir))
            .map(|(_, &inode)| inode)
            .collect();
        let inodes: BTreeSet<u8> = names.iter().copied().collect();
        let all = inodes.iter().map(|&i| bytes(i)).sum::<u64>();
        let gone = |&&i: &&u8| {
            names.iter().filter(|&&n| n == i).count() == nlink(files, outside, i) as usize
        };
        let back = inodes.iter().filter(gone).map(|&i| bytes(i)).sum::<u64>();
        (dirs + all, dirs + back, names.len() as u64)
    }

    proptest! {
        #[test]
        fn a_union_is_that_of_sets(
            names in prop::collection::vec((0usize..6, 0u8..9, 0u8..8), 0..24),
            outside in 0u8..10,
            roots in prop::collection::vec(0usize..6, 1..5),
        ) {
            let files: Files = names
                .into_iter()
                .map(|(dir, name, inode)| ((DIRS[dir].as_bytes().to_vec(), name), inode))
                .collect();
            let roots: Vec<&str> = roots.into_iter().map(|r| DIRS[r]).collect();
            let trees: Vec<Tree> = roots.iter().map(|r| tree(&files, outside, r)).collect();
            let union = union(&trees.iter().collect::<Vec<_>>());
            let (weight, back, count) = naive(&files, outside, &roots);
            prop_assert_eq!(union.weight, Interval::exactly(weight));
            prop_assert_eq!(union.freed, Interval::exactly(back));
            prop_assert_eq!(union.files, count);
        }

        #[test]
        fn a_union_of_one_is_that_one(
            names in prop::collection::vec((0usize..6, 0u8..9, 0u8..8), 0..24),
            outside in 0u8..10,
        ) {
            let files: Files = names
                .into_iter()
                .map(|(dir, name, inode)| ((DIRS[dir].as_bytes().to_vec(), name), inode))
                .collect();
            let tree = tree(&files, outside, "/a");
            let one = union(&[&tree]);
            prop_assert_eq!(one.weight, tree.weight(NodeId::ROOT));
            prop_assert_eq!(one.freed, freed(&tree, &[NodeId::ROOT]));
            prop_assert_eq!(one.repeated, 0);
            prop_assert_eq!(union(&[&tree, &tree]).weight, one.weight);
        }
    }
}
