//! `find` itself as the oracle: random trees, random expressions, real output.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::super::coverage::{self, Ground};
use super::super::glob::{Flags, Pattern};
use super::daily;
use crate::bytes::Interval;
use crate::entry::{Batch, Entry, Kind, Listing, Rooting, Sink as _, Token};
use crate::rules::model::Tri;
use crate::time::Timestamp;
use crate::tree::Tree;
use crate::tree::build::Builder;

fn run(program: &str, args: &[&str]) -> Option<Output> {
    match Command::new(program).args(args).env("LC_ALL", "C").output() {
        Ok(output) => Some(output),
        Err(error) => {
            let text = format!("skipped: {program} cannot be run: {error}\n");
            let _ignored = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
            None
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "find, the oracle, reckons from the real clock"
)]
pub(super) fn clock() -> SystemTime {
    SystemTime::now()
}

/// Paths, in their order.
type Paths = BTreeSet<Vec<u8>>;

/// One entry of a random tree: where, what, how old in seconds, how large.
#[derive(Clone, Debug)]
struct Node {
    path: Vec<&'static str>,
    kind: Kind,
    age: i64,
    size: u64,
}

const NAMES: [&str; 8] = [
    "a",
    "b.csv",
    "ticker-1.csv",
    ".hid.csv",
    "A.CSV",
    "x y",
    "[z]",
    "keep",
];

fn nodes() -> impl Strategy<Value = Vec<Node>> {
    let kind = prop_oneof![3 => Just(Kind::File), 2 => Just(Kind::Dir), 1 => Just(Kind::Symlink)];
    let path = prop::collection::vec(prop::sample::select(&NAMES[..]), 1..4);
    let age = prop_oneof![
        0i64..12 * 86_400,
        Just(8 * 86_400 + 60),
        Just(8 * 86_400 - 60)
    ];
    let size = prop_oneof![
        Just(0u64),
        Just(1),
        Just(511),
        Just(1024),
        Just(1025),
        0u64..3000
    ];
    prop::collection::vec(
        (path, kind, age, size).prop_map(|(path, kind, age, size)| Node {
            path,
            kind,
            age,
            size,
        }),
        0..14,
    )
}

/// Makes the tree on disk. What contradicts what is there already is left out.
fn plant(root: &Path, nodes: &[Node]) {
    for node in nodes {
        let mut at = root.to_path_buf();
        let (last, above) = node.path.split_last().unwrap();
        at.extend(above);
        let _there = fs::create_dir_all(&at);
        at.push(last);
        if at.symlink_metadata().is_ok() || !at.parent().unwrap().is_dir() {
            continue;
        }
        let _there = match node.kind {
            Kind::Dir => fs::create_dir(&at),
            Kind::Symlink => std::os::unix::fs::symlink("nowhere", &at),
            _ => fs::write(&at, vec![b'x'; usize::try_from(node.size).unwrap()]),
        };
    }
    // Times last, and leaves before what holds them: making an entry changes its folder.
    let mut deepest: Vec<&Node> = nodes.iter().collect();
    deepest.sort_by_key(|node| std::cmp::Reverse(node.path.len()));
    for node in deepest {
        let at = root.join(node.path.join("/"));
        let is_link = at.symlink_metadata().is_ok_and(|m| m.is_symlink());
        if let (false, Ok(file)) = (is_link, fs::File::open(&at)) {
            let time = clock() - Duration::from_secs(node.age.unsigned_abs());
            file.set_modified(time).unwrap();
        }
    }
}

/// The same tree as a source would give it, from what is on disk.
pub(super) fn read_back(root: &Path) -> (Tree, Timestamp) {
    use std::os::unix::fs::MetadataExt as _;
    let now = clock().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let mut builder = Builder::new();
    let mut next = 1;
    let mut todo = vec![(root.to_path_buf(), Token::ROOT)];
    let entry_of = |path: &Path| {
        let metadata = path.symlink_metadata().unwrap();
        let kind = if metadata.is_dir() {
            Kind::Dir
        } else if metadata.is_symlink() {
            Kind::Symlink
        } else {
            Kind::File
        };
        (
            kind,
            metadata.size(),
            metadata.mtime(),
            metadata.blocks() * 512,
        )
    };
    let (kind, size, mtime, disk) = entry_of(root);
    builder.root(
        Entry {
            apparent: Some(Interval::exactly(size)),
            disk: Some(Interval::exactly(disk)),
            mtime: Some(Timestamp(mtime)),
            ..Entry::named(root.as_os_str().as_bytes(), kind)
        },
        Rooting::Path,
    );
    let mut index = 0;
    while let Some((dir, token)) = todo.get(index).cloned() {
        index += 1;
        let mut batch = Batch::new(token);
        batch.listing = Listing::Complete;
        for child in fs::read_dir(&dir).unwrap() {
            let path = child.unwrap().path();
            let (kind, size, mtime, disk) = entry_of(&path);
            let mut entry = Entry {
                apparent: Some(Interval::exactly(size)),
                disk: Some(Interval::exactly(disk)),
                mtime: Some(Timestamp(mtime)),
                ..Entry::named(path.file_name().unwrap().as_bytes(), kind)
            };
            if kind == Kind::Dir {
                entry.token = Some(Token(next));
                todo.push((path.clone(), Token(next)));
                next += 1;
            }
            batch.push(entry);
        }
        builder.listing(&batch);
    }
    let now = Timestamp(i64::try_from(now.as_secs()).unwrap());
    (builder.finish().unwrap(), now)
}

fn test() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "*", "*.csv", "ticker-*", "?", "[a-b]*", "[!a]*", "*.[cC]*", ".*", "\\[z]", "[z]", "x*y",
        "keep", "a",
    ]);
    let option = prop::sample::select(vec!["-name", "-iname"]);
    let path = prop::sample::select(vec!["*/a/*", "*.csv", "*/a", "*a*csv", "*/?", "*/.*"]);
    let age = prop::sample::select(vec!["+7", "-7", "7", "+0", "0", "-1", "8", "+1.5"]);
    let minutes = prop::sample::select(vec!["+11518", "-11521", "+10", "-10", "5"]);
    let size = prop::sample::select(vec![
        "+1", "-1", "1", "0", "-1k", "1k", "+1k", "-1M", "+0c", "512c", "2",
    ]);
    let types = prop::sample::select(vec!["f", "d", "l", "f,l"]);
    prop_oneof![
        4 => (option, name).prop_map(|(o, n)| format!("{o} '{n}'")),
        2 => path.prop_map(|p| format!("-path '{p}'")),
        2 => types.prop_map(|t| format!("-type {t}")),
        3 => age.prop_map(|a| format!("-mtime {a}")),
        1 => minutes.prop_map(|a| format!("-mmin {a}")),
        1 => size.prop_map(|s| format!("-size {s}")),
        1 => Just("-empty".to_owned()),
        1 => Just("-true".to_owned()),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    test().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} -a {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} -o {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} -prune -o {b}")),
            inner.clone().prop_map(|a| format!("! {a}")),
            inner.clone().prop_map(|a| format!("\\( {a} \\)")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{a} ACTION -o {b}")),
        ]
    })
}

fn command(expression: &str, depth: Option<(u32, u32)>, slash: bool) -> String {
    let slash = if slash { "/" } else { "" };
    let depth = depth.map_or_else(String::new, |(min, max)| {
        format!("-mindepth {min} -maxdepth {max} ")
    });
    format!("find ROOT{slash} {depth}{expression} ACTION")
}

/// What our evaluator takes and what find's own run names, both below the root.
fn compare(nodes: &[Node], command: &str) -> Option<(Paths, Paths)> {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("r");
    fs::create_dir(&root).unwrap();
    plant(&root, nodes);
    let (tree, now) = read_back(&root);
    let root = root.to_str().unwrap();
    let rooted = command.replace("ROOT", root);
    let set = daily(&rooted.replace("ACTION", "-exec rm -f {} +"));
    let real = run("sh", &["-c", &rooted.replace("ACTION", "-printf '%p\\0'")])?;
    assert!(
        real.status.success(),
        "{}",
        String::from_utf8_lossy(&real.stderr)
    );
    let theirs: Paths = real
        .stdout
        .split(|&b| b == 0)
        .filter(|path| !path.is_empty())
        .map(|path| path.strip_suffix(b"/").unwrap_or(path).to_vec())
        // `rm` leaves directories where they are.
        .filter(|path| {
            let path = Path::new(std::ffi::OsStr::from_bytes(path));
            !path.symlink_metadata().unwrap().is_dir()
        })
        .map(|path| String::from_utf8_lossy(&path).replace("//", "/").into_bytes())
        .collect();
    assert_eq!(set.rules.len(), 1, "{rooted}");
    let ground = Ground::new(&tree, None);
    let taken = coverage::takes(&set.rules[0], &ground, now);
    for hit in &taken.hits {
        assert!(
            hit.eligible <= hit.scope,
            "eligible without scope: {rooted}"
        );
    }
    let ours = taken
        .hits
        .iter()
        .filter(|hit| hit.eligible == Tri::True)
        .map(|hit| tree.path(hit.node))
        .collect();
    Some((ours, theirs))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96,
        failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn find_agrees(
        nodes in nodes(),
        expression in expression(),
        depth in prop::option::of((0u32..3, 0u32..4)),
        slash: bool,
    ) {
        let command = command(&expression, depth, slash);
        if let Some((ours, theirs)) = compare(&nodes, &command) {
            prop_assert_eq!(ours, theirs, "{}", command);
        }
    }

    #[test]
    fn any_text_is_read(
        script in "(find|rm|if|then|fi|do|done|for|in|case|esac|x=|\\$\\{|\\$\\(|[ \n;&|(){}<>'\"`\\\\%*!\\[\\]$#=a/.-]){0,40}",
        bytes: Vec<u8>,
    ) {
        let mut table = b"1 1 * * * root ".to_vec();
        table.extend(script.bytes().chain(bytes.iter().copied()));
        for (path, text) in [
            ("/etc/cron.daily/x", script.as_bytes()),
            ("/etc/cron.daily/y", &bytes),
            ("/etc/cron.d/z", &table),
        ] {
            let set = super::read(&[super::file(path, text)], &mut |_| None);
            prop_assert!(set.rules.iter().all(|rule| rule.line > 0 && !rule.id.is_empty()));
        }
    }

    #[test]
    fn patterns_agree_with_their_definition(
        pattern in "[ab.*?!\\[\\]\\-^]{0,8}",
        names in prop::collection::vec("[ab.!\\[\\]\\-^]{1,5}", 1..6),
    ) {
        let ours: Vec<bool> = names
            .iter()
            .map(|name| Pattern::new(pattern.as_bytes(), Flags::FIND).matches(name.as_bytes()))
            .collect();
        for (name, ours) in names.iter().zip(ours) {
            let slow = slowly(pattern.as_bytes(), name.as_bytes());
            prop_assert_eq!(ours, slow, "{} on {}", pattern, name);
        }
    }
}

#[test]
fn many_rules_do_not_each_walk_the_tree() {
    let files = 20_000;
    let mut builder = Builder::new();
    builder.root(Entry::named(b"/data", Kind::Dir), Rooting::Path);
    let mut batch = Batch::new(Token::ROOT);
    for n in 0..files {
        let name = format!("job{}-{n}.csv", n % 1000);
        batch.push(Entry::named(name.as_bytes(), Kind::File));
    }
    builder.listing(&batch);
    let tree = builder.finish().unwrap();
    let ground = Ground::new(&tree, None);
    let script: String = (0..1000)
        .map(|n| format!("find /data -name 'job{n}-*.csv' -mtime +3 -delete\n"))
        .collect();
    let set = daily(&script);
    assert_eq!(set.rules.len(), 1000);
    let mut looked_at = 0;
    for rule in &set.rules {
        let taken = coverage::takes(rule, &ground, Timestamp(0));
        looked_at += taken.looked_at;
        assert_eq!(taken.hits.len(), 20);
    }
    assert!(looked_at < 10 * files, "{looked_at}");
}

/// The definition of `*` and `?` by trying everything; brackets as the matcher reads them.
fn slowly(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.first() {
        None => name.is_empty(),
        Some(b'*') => (0..=name.len()).any(|skip| slowly(&pattern[1..], &name[skip..])),
        Some(b'?') => !name.is_empty() && slowly(&pattern[1..], &name[1..]),
        Some(b'\\') => match pattern.get(1) {
            Some(byte) => name.first() == Some(byte) && slowly(&pattern[2..], &name[1..]),
            None => false,
        },
        Some(b'[') => {
            let negated = matches!(pattern.get(1), Some(b'!' | b'^'));
            let from = 1 + usize::from(negated);
            let close = pattern.iter().skip(from + 1).position(|&b| b == b']');
            let Some(len) = close else {
                return name.first() == Some(&b'[') && slowly(&pattern[1..], &name[1..]);
            };
            let end = from + 1 + len;
            let Some(&byte) = name.first() else {
                return false;
            };
            let single = Pattern::new(&pattern[..=end], Flags::FIND);
            single.matches(&[byte]) && slowly(&pattern[end + 1..], &name[1..])
        }
        Some(byte) => name.first() == Some(byte) && slowly(&pattern[1..], &name[1..]),
    }
}

/// Names, and patterns over them, in which everything that a pattern may have comes up.
const MATCHED: &[&str] = &[
    "a", "b", ".a", "a.csv", "A", "[", "[a", "]", "-", "a-b", "\\", "a\\b", "!", "^", "é", "1",
    "a1", "*", "{a,b}", "ab",
];
const PATTERNS: &[&str] = &[
    "*",
    "?",
    "a*",
    "*a",
    "*.*",
    "[a]",
    "[!a]",
    "[^a]",
    "[]a]",
    "[!]a]",
    "[a-b]",
    "[b-a]",
    "[a-]",
    "[-a]",
    "[[:digit:]]",
    "*[[:digit:]]",
    "[[:alpha:]]",
    "[![:alpha:]]",
    "[",
    "[a",
    "a[",
    "\\*",
    "\\a",
    "\\\\",
    "[\\]]",
    "[[]",
    "[a-z]*",
    "{a,b}",
    "??",
    "*\\\\*",
    "[[:upper:]]",
    "[[.a.]]",
    "[[=a=]]",
    "[!!]",
    "a?b",
    "**",
    "*?*",
    "",
];

#[test]
fn patterns_agree_with_find() {
    let dir = tempfile::tempdir().unwrap();
    for name in MATCHED {
        fs::write(dir.path().join(name), b"").unwrap();
    }
    for pattern in PATTERNS {
        for (option, casefold) in [("-name", false), ("-iname", true)] {
            let args = [
                dir.path().to_str().unwrap(),
                "-mindepth",
                "1",
                option,
                pattern,
                "-printf",
                "%f\\0",
            ];
            let Some(real) = run("find", &args) else {
                return;
            };
            let theirs: BTreeSet<&[u8]> = real
                .stdout
                .split(|&b| b == 0)
                .filter(|n| !n.is_empty())
                .collect();
            let ours = Pattern::new(
                pattern.as_bytes(),
                Flags {
                    casefold,
                    ..Flags::FIND
                },
            );
            let ours: BTreeSet<&[u8]> = MATCHED
                .iter()
                .map(|n| n.as_bytes())
                .filter(|n| ours.matches(n))
                .collect();
            assert_eq!(ours, theirs, "{option} {pattern}");
        }
    }
}

#[test]
fn rm_agrees() {
    let nodes: Vec<Node> = [
        &["a.csv"][..],
        &[".hid.csv"],
        &["d", "b.csv"],
        &["d", ".c.csv"],
        &["d", "e", "f.csv"],
        &["x y"],
        &["[z]"],
        &["l"],
    ]
    .iter()
    .map(|path| Node {
        path: path.to_vec(),
        kind: Kind::File,
        age: 60,
        size: 10,
    })
    .collect();
    for script in [
        "rm -f ROOT/*.csv",
        "rm -f ROOT/*/*.csv",
        "rm -rf ROOT/*/",
        "rm -rf ROOT/d",
        "rm -f ROOT/d",
        "rm -f ROOT/.*",
        "rm -f ROOT/[z]",
        "rm -f ROOT/\\[z]",
        "rm -f 'ROOT/x y'",
        "rm -f ROOT/x\\ y",
        "rm -f ROOT/x y",
        "rm -f ROOT/**/*.csv",
        "cd ROOT && rm -f *.csv",
        "cd ROOT/d; rm -f ../*.csv",
        "rm -f ROOT/{a,b}.csv",
        "rm -rf ROOT/*",
        "for f in ROOT/*; do rm -f \"$f\"; done",
        "D=ROOT/d; rm -f $D/*.csv",
        "D='ROOT/*'; rm -f $D",
        "D='ROOT/*'; rm -f \"$D\"",
        "find ROOT -name '*.csv' | xargs rm -f",
        "find ROOT -type d -name d -exec rm -rf {} +",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("r");
        fs::create_dir(&root).unwrap();
        plant(&root, &nodes);
        let (tree, now) = read_back(&root);
        let script = script.replace("ROOT", root.to_str().unwrap());
        let set = daily(&script);
        let Some(_) = run("dash", &["-c", &script]) else {
            return;
        };
        let ground = Ground::new(&tree, None);
        let taken: BTreeSet<_> = set
            .rules
            .iter()
            .flat_map(|rule| coverage::takes(rule, &ground, now).hits)
            .map(|hit| hit.node)
            .collect();
        for node in tree.nodes().filter(|&node| !tree.is_dir(node)) {
            let path = tree.path(node);
            let is_left = Path::new(std::ffi::OsStr::from_bytes(&path))
                .symlink_metadata()
                .is_ok();
            assert_eq!(
                taken.contains(&node),
                !is_left,
                "{script}: {}",
                String::from_utf8_lossy(&path)
            );
        }
    }
}
