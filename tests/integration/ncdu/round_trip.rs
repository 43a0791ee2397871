//! What is exported comes back as the same tree.

use proptest::prelude::*;

use jettison::bytes::Interval;
use jettison::entry::{Batch, Entry, Kind, Link, Listing, Progress, Rooting, Sink as _, Token};
use jettison::report::ncdu::write;
use jettison::source::ncdu::read;
use jettison::time::Timestamp;
use jettison::tree::{NodeId, Tree, build::Builder};

/// As far as ncdu counts bytes.
const MOST: u64 = i64::MAX as u64;

fn export(tree: &Tree) -> Vec<u8> {
    let mut out = Vec::new();
    write(tree, &mut out, Timestamp(1_718_074_800), "0.1.0").unwrap();
    out
}

fn import(export: &[u8]) -> Tree {
    let mut builder = Builder::new();
    let imported = read(&mut &export[..], b"t", &Progress::default(), &mut builder);
    let imported = imported.unwrap_or_else(|e| panic!("{e}: {}", export.escape_ascii()));
    assert_eq!(imported.troubles, []);
    assert_eq!(imported.program.as_deref(), Some("jettison 0.1.0"));
    assert_eq!(imported.timestamp, Some(Timestamp(1_718_074_800)));
    builder.finish().unwrap()
}

fn sized(entry: Entry<'_>, apparent: u64, disk: u64) -> Entry<'_> {
    Entry {
        apparent: Some(Interval::exactly(apparent)),
        disk: Some(Interval::exactly(disk)),
        ..entry
    }
}

/// A drawn entry: its parent among the directories before it, and everything else.
#[derive(Clone, Debug)]
struct Drawn {
    parent: prop::sample::Index,
    name: Vec<u8>,
    kind: Kind,
    sizes: (u64, u64),
    mtime: Option<i64>,
    link: Option<(u64, u64, u32)>,
    device: Option<u64>,
    listing: Listing,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let kind = prop_oneof![
        4 => Just(Kind::Dir),
        4 => Just(Kind::File),
        1 => Just(Kind::Symlink),
        1 => Just(Kind::Other),
        1 => Just(Kind::Excluded),
        1 => Just(Kind::OtherFs),
        1 => Just(Kind::KernelFs),
        1 => Just(Kind::Unread),
    ];
    let size = || prop_oneof![Just(0), 1u64..5000, Just(1 << 33), Just(MOST)];
    (
        any::<prop::sample::Index>(),
        prop::collection::vec(any::<u8>().prop_filter("", |&b| b != 0 && b != b'/'), 0..6),
        kind,
        (size(), size()),
        prop::option::of(prop_oneof![Just(0i64), 0..1i64 << 38]),
        prop::option::weighted(0.3, (0u64..3, 1u64..4, 0u32..4)),
        prop::option::weighted(0.2, 1u64..4),
        prop_oneof![4 => Just(Listing::Complete), 1 => Just(Listing::Partial)],
    )
        .prop_map(
            |(parent, name, kind, sizes, mtime, link, device, listing)| Drawn {
                parent,
                name,
                kind,
                sizes,
                mtime,
                link,
                device,
                listing,
            },
        )
}

fn build(drawn: &[Drawn]) -> Tree {
    let mut builder = Builder::new();
    let root = Entry {
        device: Some(1),
        ..sized(Entry::named(b"/r\xff", Kind::Dir), 1, 2)
    };
    builder.root(root, Rooting::Path);
    let mut dirs = vec![(Batch::new(Token::ROOT), Listing::Complete)];
    for (i, d) in drawn.iter().enumerate() {
        let name = [&d.name[..], i.to_string().as_bytes()].concat();
        let into = d.parent.index(dirs.len());
        let mut entry = Entry {
            mtime: d.mtime.map(Timestamp),
            ..Entry::named(&name, d.kind)
        };
        if matches!(d.kind, Kind::Dir | Kind::File | Kind::Symlink | Kind::Other) {
            entry = sized(entry, d.sizes.0, d.sizes.1);
        }
        if d.kind == Kind::Dir {
            entry.token = Some(Token(u32::try_from(dirs.len()).unwrap()));
            entry.device = d.device;
            dirs.push((Batch::new(entry.token.unwrap()), d.listing));
        } else if let (Kind::File | Kind::Symlink, Some((dev, ino, nlink))) = (d.kind, d.link) {
            entry.link = Some(Link { dev, ino, nlink });
        }
        dirs[into].0.push(entry);
    }
    for (batch, listing) in &mut dirs {
        batch.listing = *listing;
        // A directory read in part of which nothing is seen is an unread one.
        if batch.is_empty() && *listing == Listing::Partial {
            batch.listing = Listing::Unread;
        }
        builder.listing(batch);
    }
    builder.finish().unwrap()
}

/// One line a node, and the links.
fn facts(tree: &Tree) -> (Vec<String>, Vec<String>) {
    let nodes = tree.nodes().map(|id| {
        format!(
            "{} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            tree.path(id).escape_ascii(),
            tree.kind(id),
            tree.own_apparent(id),
            tree.own_disk(id),
            tree.mtime(id),
            tree.device(id),
            tree.listing(id),
            tree.totals(id),
        )
    });
    let links = tree.links().groups().map(|group| {
        let names: Vec<_> = group.names().collect();
        format!("{:?} {} {names:?}", group.inode(), group.nlink())
    });
    (nodes.collect(), links.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_export_gives_the_tree_back(drawn in prop::collection::vec(drawn(), 0..40)) {
        // One inode says one link count wherever it is named.
        let mut drawn = drawn;
        for d in &mut drawn {
            if let Some((dev, ino, nlink)) = &mut d.link {
                *nlink = u32::try_from((*dev + *ino) % 4).unwrap();
            }
        }
        let tree = build(&drawn);
        let text = export(&tree);
        let back = import(&text);
        prop_assert_eq!(facts(&tree), facts(&back));
        prop_assert_eq!(export(&back), text);
    }
}

#[test]
fn a_hundred_thousand_levels_come_back() {
    const LEVELS: u32 = 100_000;
    let mut builder = Builder::new();
    builder.root(sized(Entry::named(b"/", Kind::Dir), 0, 1), Rooting::Path);
    for level in 0..LEVELS {
        let mut batch = Batch::new(Token(level));
        batch.push(Entry {
            token: Some(Token(level + 1)),
            ..sized(Entry::named(b"d", Kind::Dir), 0, 1)
        });
        builder.listing(&batch);
    }
    builder.listing(&Batch::new(Token(LEVELS)));
    let tree = builder.finish().unwrap();
    let back = import(&export(&tree));
    assert_eq!(back.len(), LEVELS as usize + 1);
    assert_eq!(back.totals(NodeId::ROOT), tree.totals(NodeId::ROOT));
    assert_eq!(back.end(NodeId(LEVELS / 2)), NodeId(LEVELS + 1));
}
