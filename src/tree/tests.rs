//! The tree against a naive one: nested maps, recursion and sets.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::build::Builder;
use super::segment::{Columns, Listed, Seen};
use super::*;
use crate::entry::{Batch, Entry, Link, Sink as _, Token};

/// A random tree as a list: entry `i` lies in the directory number `parent` of those before it.
#[derive(Clone, Debug)]
struct Item {
    parent: prop::sample::Index,
    dir: bool,
    apparent: u64,
    disk: u64,
    mtime: i64,
    inode: Option<u8>,
    unread: bool,
}

fn item() -> impl Strategy<Value = Item> {
    let size = prop_oneof![
        0u64..100_000,
        Just(u64::from(u32::MAX)),
        1u64 << 40..1 << 42
    ];
    (
        any::<prop::sample::Index>(),
        prop::bool::weighted(0.3),
        size.clone(),
        size,
        any::<i32>(),
        prop::option::weighted(0.4, 0u8..6),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(parent, dir, apparent, disk, mtime, inode, unread)| Item {
            parent,
            dir,
            apparent,
            disk,
            mtime: i64::from(mtime),
            inode,
            unread,
        })
}

/// What the naive tree knows of each path.
#[derive(Clone, Debug)]
struct Known {
    dir: bool,
    apparent: u64,
    disk: u64,
    mtime: i64,
    link: Option<Link>,
    unread: bool,
}

/// The links' sizes follow from the inode, as they do on a disk.
fn known(items: &[Item]) -> BTreeMap<Vec<u8>, Known> {
    let mut dirs = vec![b"/r".to_vec()];
    let mut all = BTreeMap::new();
    all.insert(
        b"/r".to_vec(),
        Known {
            dir: true,
            apparent: 10,
            disk: 512,
            mtime: 0,
            link: None,
            unread: false,
        },
    );
    let names = |inode: u8| {
        items
            .iter()
            .filter(|i| !i.dir && i.inode == Some(inode))
            .count()
    };
    for (number, item) in items.iter().enumerate() {
        let mut path = dirs[item.parent.index(dirs.len())].clone();
        path.extend(format!("/{number}").bytes());
        let link = item.inode.filter(|_| !item.dir).map(|inode| Link {
            dev: u64::from(inode % 2),
            ino: u64::from(inode / 2),
            // Every third inode has a name that the tree does not hold.
            nlink: u32::try_from(names(inode)).unwrap() + u32::from(inode % 3 == 0),
        });
        let (apparent, disk) = match link {
            Some(link) => (link.ino * 1000 + link.dev, link.ino * 512),
            None => (item.apparent, item.disk),
        };
        if item.dir {
            dirs.push(path.clone());
        }
        all.insert(
            path,
            Known {
                dir: item.dir,
                apparent,
                disk,
                mtime: item.mtime,
                link,
                unread: item.unread && item.dir,
            },
        );
    }
    all
}

fn parent_of(path: &[u8]) -> &[u8] {
    &path[..path.iter().rposition(|&b| b == b'/').unwrap()]
}

fn name_of(path: &[u8]) -> &[u8] {
    &path[path.iter().rposition(|&b| b == b'/').unwrap() + 1..]
}

/// Feeds the naive tree to a builder, directories in breadth-first order, each in `parts` pieces.
fn build(all: &BTreeMap<Vec<u8>, Known>, parts: usize, backwards: bool) -> Tree {
    build_shared(all, parts, backwards, 0)
}

/// The same with so many threads, whose batches come in any order, children before parents.
fn build_shared(
    all: &BTreeMap<Vec<u8>, Known>,
    parts: usize,
    backwards: bool,
    shares: usize,
) -> Tree {
    let mut builder = Builder::new();
    let mut everything: Vec<Batch> = Vec::new();
    let entry = |path: &'static [u8], k: &Known| Entry {
        name: path,
        kind: if k.dir { Kind::Dir } else { Kind::File },
        apparent: Some(Interval::exactly(k.apparent)),
        disk: Some(Interval::exactly(k.disk)),
        mtime: Some(Timestamp(k.mtime)),
        link: k.link,
        device: None,
        token: None,
    };
    builder.root(entry(b"/r", &all[&b"/r"[..]]), Rooting::Path);
    let mut queue = vec![(b"/r".to_vec(), 0u32)];
    let mut tokens = 0;
    let mut at = 0;
    while at < queue.len() {
        let (dir, token) = queue[at].clone();
        at += 1;
        let mut children: Vec<_> = all
            .iter()
            .filter(|(p, _)| p.len() > 2 && parent_of(p) == dir)
            .collect();
        if backwards {
            children.reverse();
        }
        let mut batches: Vec<Batch> = Vec::new();
        for (part, piece) in children
            .chunks(children.len().div_ceil(parts).max(1))
            .enumerate()
        {
            let mut batch = Batch::new(Token(token));
            batch.part = u32::try_from(part).unwrap();
            for (path, k) in piece {
                let child = k.dir.then(|| {
                    tokens += 1;
                    queue.push(((*path).clone(), tokens));
                    Token(tokens)
                });
                batch.push(Entry {
                    name: name_of(path),
                    token: child,
                    ..entry(b"", k)
                });
            }
            batches.push(batch);
        }
        if all[&dir].unread {
            let mut batch = Batch::new(Token(token));
            batch.listing = Listing::Unread;
            batches = vec![batch];
        } else if batches.is_empty() {
            batches.push(Batch::new(Token(token)));
        }
        everything.extend(batches);
    }
    let mut lent = builder.split(shares);
    if lent.is_empty() {
        everything.iter().for_each(|batch| builder.listing(batch));
    }
    for (number, batch) in everything
        .iter()
        .rev()
        .enumerate()
        .take_while(|_| shares > 0)
    {
        lent[number % shares].listing(batch);
    }
    builder.finish().unwrap()
}

/// Unread directories hold nothing that a source could have shown.
fn without_hidden(all: BTreeMap<Vec<u8>, Known>) -> BTreeMap<Vec<u8>, Known> {
    let hidden = |path: &[u8]| {
        let mut above = path;
        while above.len() > 2 {
            above = parent_of(above);
            if all[above].unread {
                return true;
            }
        }
        false
    };
    let kept = all.iter().filter(|(path, _)| !hidden(path));
    kept.map(|(path, k)| (path.clone(), k.clone())).collect()
}

fn below<'a>(all: &'a BTreeMap<Vec<u8>, Known>, path: &[u8]) -> Vec<(&'a Vec<u8>, &'a Known)> {
    let mut prefix = path.to_vec();
    prefix.push(b'/');
    all.iter()
        .filter(|(p, _)| *p == path || p.starts_with(&prefix))
        .collect()
}

fn naive_disk(inside: &[(&Vec<u8>, &Known)]) -> u64 {
    let mut seen = BTreeSet::new();
    inside
        .iter()
        .filter(|(_, k)| k.link.is_none_or(|l| seen.insert((l.dev, l.ino))))
        .map(|(_, k)| k.disk)
        .sum()
}

/// The definition: an inode's bytes come back when every name that it has is deleted.
fn naive_freed(inside: &BTreeMap<&Vec<u8>, &Known>) -> u64 {
    let mut names: BTreeMap<(u64, u64), u32> = BTreeMap::new();
    for link in inside.values().filter_map(|k| k.link) {
        *names.entry((link.dev, link.ino)).or_default() += 1;
    }
    let mut counted = BTreeSet::new();
    inside
        .values()
        .filter(|k| match k.link {
            Some(l) => names[&(l.dev, l.ino)] == l.nlink && counted.insert((l.dev, l.ino)),
            None => true,
        })
        .map(|k| k.disk)
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn the_tree_says_what_the_naive_one_says(
        items in prop::collection::vec(item(), 0..40),
        parts in 1usize..4,
        backwards: bool,
        shares in 1usize..4,
        picks in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let all = without_hidden(known(&items));
        // Who delivers what, and when, makes no difference: not even to the ids.
        let shared = build_shared(&all, parts, backwards, shares);
        let alone = build(&all, parts, backwards);
        prop_assert_eq!(shared.len(), alone.len());
        for id in alone.nodes() {
            prop_assert_eq!(shared.path(id), alone.path(id));
            prop_assert_eq!(shared.totals(id), alone.totals(id));
            prop_assert_eq!(shared.freed(id), alone.freed(id));
            prop_assert_eq!(
                (shared.kind(id), shared.mtime(id), shared.own_disk(id), shared.own_apparent(id)),
                (alone.kind(id), alone.mtime(id), alone.own_disk(id), alone.own_apparent(id))
            );
        }
        let tree = build(&all, parts, backwards);
        prop_assert_eq!(tree.len(), all.len());
        for id in tree.nodes() {
            let path = tree.path(id);
            let k = &all[&path];
            prop_assert_eq!(tree.find(&path), Some(id));
            prop_assert_eq!(tree.is_dir(id), k.dir);
            prop_assert_eq!(tree.own_apparent(id), Some(Interval::exactly(k.apparent)));
            prop_assert_eq!(tree.own_disk(id), Some(Interval::exactly(k.disk)));
            prop_assert_eq!(tree.mtime(id), Some(Timestamp(k.mtime)));
            let mut children: Vec<_> = tree.children(id).map(|c| tree.path(c)).collect();
            for &c in &tree.children(id).collect::<Vec<_>>() {
                prop_assert_eq!(tree.parent(c), Some(id));
                prop_assert!(tree.contains(id, c));
            }
            children.sort();
            let naive: Vec<_> = all.keys().filter(|p| p.len() > 2 && parent_of(p) == path).cloned().collect();
            prop_assert_eq!(children, naive);
            let inside = below(&all, &path);
            let totals = tree.totals(id);
            prop_assert_eq!(totals.disk.lo, naive_disk(&inside));
            let open = inside.iter().any(|(_, k)| k.unread);
            prop_assert_eq!(totals.disk.is_exact(), !open);
            prop_assert_eq!(totals.files as usize, inside.iter().filter(|(_, k)| !k.dir).count());
            prop_assert_eq!(totals.dirs as usize + usize::from(k.dir), inside.iter().filter(|(_, k)| k.dir).count());
            prop_assert_eq!(totals.newest, inside.iter().filter(|(_, k)| !k.dir).map(|(_, k)| Timestamp(k.mtime)).max());
            prop_assert_eq!(tree.freed(id).lo, naive_freed(&inside.into_iter().collect()));
        }
        let chosen: Vec<NodeId> = picks.iter().map(|p| NodeId(p.index(tree.len()) as u32)).collect();
        let inside: BTreeMap<_, _> = chosen.iter().flat_map(|&id| below(&all, &tree.path(id))).collect();
        prop_assert_eq!(links::freed(&tree, &chosen).lo, naive_freed(&inside));
    }
}

#[test]
fn ranges_and_gaps_widen_the_sums() {
    let mut builder = Builder::new();
    builder.root(
        Entry {
            apparent: Some(Interval::ZERO),
            ..Entry::named(b"label", Kind::Dir)
        },
        Rooting::Forest,
    );
    let mut batch = Batch::new(Token::ROOT);
    let sized = |name, size| Entry {
        apparent: Some(size),
        ..Entry::named(name, Kind::File)
    };
    batch.push(sized(b"a:", Interval::between(10, 20)));
    batch.push(Entry {
        token: Some(Token(1)),
        apparent: Some(Interval::between(1, 3)),
        ..Entry::named(b"?", Kind::Dir)
    });
    builder.listing(&batch);
    let mut batch = Batch::new(Token(1));
    batch.push(sized(b"x", Interval::exactly(5_000_000_000)));
    batch.listing = Listing::Opaque;
    builder.listing(&batch);
    let tree = builder.finish().unwrap();
    assert_eq!(tree.quantity(), Quantity::Apparent);
    assert_eq!(
        tree.weight(NodeId::ROOT),
        Interval::between(5_000_000_011, 5_000_000_023)
    );
    assert_eq!(tree.own_apparent(NodeId(2)), Some(Interval::between(1, 3)));
    assert_eq!(tree.find(b"?/x"), Some(NodeId(3)));
    assert_eq!(tree.path(NodeId(3)), b"?/x");
    assert_eq!(tree.own_disk(NodeId(3)), None);
}

#[test]
fn a_directory_never_listed_is_unknown() {
    let mut builder = Builder::new();
    builder.root(Entry::named(b"/", Kind::Dir), Rooting::Path);
    let mut batch = Batch::new(Token::ROOT);
    batch.push(Entry {
        token: Some(Token(1)),
        apparent: Some(Interval::exactly(7)),
        ..Entry::named(b"var", Kind::Dir)
    });
    batch.push(Entry {
        apparent: Some(Interval::exactly(99)),
        ..Entry::named(b"mnt", Kind::OtherFs)
    });
    builder.listing(&batch);
    let tree = builder.finish().unwrap();
    let var = tree.find(b"/var").unwrap();
    assert_eq!(tree.kind(var), Kind::Unread);
    assert_eq!(tree.totals(var).apparent, Interval::at_least(7));
    assert_eq!(tree.totals(NodeId::ROOT).unread, 1);
    assert_eq!(
        tree.totals(tree.find(b"/mnt").unwrap()).apparent,
        Interval::ZERO
    );
}

#[test]
fn a_hundred_thousand_levels_do_not_recurse() {
    let mut builder = Builder::new();
    builder.root(Entry::named(b"/", Kind::Dir), Rooting::Path);
    for level in 0..100_000u32 {
        let mut batch = Batch::new(Token(level));
        batch.push(Entry {
            token: Some(Token(level + 1)),
            disk: Some(Interval::exactly(512)),
            ..Entry::named(b"d", Kind::Dir)
        });
        builder.listing(&batch);
    }
    builder.listing(&Batch::new(Token(100_000)));
    let tree = builder.finish().unwrap();
    assert_eq!(tree.totals(NodeId::ROOT).dirs, 100_000);
    assert_eq!(tree.totals(NodeId::ROOT).disk.lo, 51_200_000);
    assert_eq!(tree.path(NodeId(100_000)).len(), 200_000);
}

#[test]
fn times_survive_packing() {
    for seconds in [
        0,
        1,
        -1,
        i64::from(u32::MAX),
        -(1 << 32),
        (1 << 39) - 1,
        1 - (1 << 39),
    ] {
        let (low, high) = pack_mtime(Some(seconds));
        assert_eq!(unpack_mtime(low, high), Some(Timestamp(seconds)));
    }
    let (low, high) = pack_mtime(None);
    assert_eq!(unpack_mtime(low, high), None);
    let (low, high) = pack_mtime(Some(i64::MIN));
    assert_eq!(unpack_mtime(low, high), Some(Timestamp(1 - (1 << 39))));
}

/// The budget: 56 bytes an entry at the peak where few are directories, 64 where every tenth is
/// one. A name of 20 bytes takes 21.
#[test]
fn an_entry_stays_small() {
    let column = |c: Columns| {
        fn size<T>(_: &[T]) -> usize {
            size_of::<T>()
        }
        let sizes = [
            size(&c.flags),
            size(&c.name),
            size(&c.apparent),
            size(&c.disk),
        ];
        sizes.iter().sum::<usize>() + size(&c.mtime_low) + size(&c.mtime_high)
    };
    let entry = column(Columns::default()) + 21;
    // While one column is gathered, its old form, its new one and the table of directories exist.
    let gathering = size_of::<u32>();
    assert!(entry + gathering <= 43, "{entry}");
    let arriving = size_of::<Seen>() + size_of::<Listed>();
    let placing = 2 * size_of::<u32>();
    let dir = arriving + placing + size_of::<Dir>();
    assert!(dir <= 160, "{dir}");
    assert!(entry + gathering + dir / 10 <= 60, "{entry} {dir}");
}
