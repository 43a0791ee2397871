//! What a scan tells, and what is true: the JSON by path, beside the same reckoned by brute force
//! from what the standard library says of every entry.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use base64::Engine as _;
use serde_json::Value;

use jettison::bytes::Interval;

use crate::dir::{Run, jettison};

/// One node as a scan shows it, or as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) kind: String,
    pub(crate) apparent: Interval,
    pub(crate) disk: Interval,
    pub(crate) freed: Interval,
    pub(crate) files: u64,
    pub(crate) dirs: u64,
    pub(crate) mtime: Option<i64>,
}

/// A whole scan. A name that was listed twice keeps its last node.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: i32,
    pub(crate) complete: bool,
    pub(crate) nodes: BTreeMap<Vec<u8>, Node>,
    /// The troubles as (path, code), in their order.
    pub(crate) troubles: Vec<(Vec<u8>, String)>,
    pub(crate) root: Vec<u8>,
}

impl Told {
    /// Reads what a run printed.
    pub(crate) fn of(run: &Run) -> Self {
        let json = run.json();
        assert_eq!(json["schema"], "jettison.scan/1");
        let troubles = json["troubles"].as_array().unwrap().iter();
        let mut told = Self {
            code: run.code,
            complete: json["complete"].as_bool().unwrap(),
            nodes: BTreeMap::new(),
            troubles: troubles
                .map(|t| (path(&t["path"]), t["code"].as_str().unwrap().to_owned()))
                .collect(),
            root: path(&json["root"]["path"]),
        };
        let mut waiting = vec![&json["root"]];
        while let Some(value) = waiting.pop() {
            waiting.extend(value["children"].as_array().into_iter().flatten());
            told.nodes.insert(path(&value["path"]), node(value));
        }
        told
    }

    pub(crate) fn top(&self) -> &Node {
        &self.nodes[&self.root]
    }

    /// The node of a path below the root.
    pub(crate) fn at(&self, below: impl AsRef<OsStr>) -> &Node {
        let path = [&self.root[..], b"/", below.as_ref().as_bytes()].concat();
        self.nodes.get(&path).unwrap_or_else(|| {
            let path = String::from_utf8_lossy(&path).into_owned();
            panic!("{path} is not in {:#?}", self.nodes.keys())
        })
    }
}

fn node(value: &Value) -> Node {
    Node {
        kind: value["kind"].as_str().unwrap().to_owned(),
        apparent: interval(&value["apparent"]),
        disk: interval(&value["disk"]),
        freed: interval(&value["freed"]),
        files: value["files"].as_u64().unwrap(),
        dirs: value["dirs"].as_u64().unwrap(),
        mtime: value["mtime"].as_i64(),
    }
}

fn interval(value: &Value) -> Interval {
    match value.as_u64() {
        Some(bytes) => Interval::exactly(bytes),
        None => Interval {
            lo: value["lo"].as_u64().unwrap(),
            hi: value["hi"].as_u64(),
        },
    }
}

fn path(value: &Value) -> Vec<u8> {
    match value.as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => base64::engine::general_purpose::STANDARD
            .decode(value["bytes"].as_str().unwrap())
            .unwrap(),
    }
}

/// A run of `jettison scan --format json`.
pub(crate) fn run(root: &Path, more: &[&str]) -> Run {
    let args = ["scan", "--format", "json"].map(OsStr::new);
    let args = args.into_iter().chain(more.iter().map(OsStr::new));
    jettison(args.chain([root.as_os_str()]))
}

/// What a run of `jettison scan` tells, which has to read everything.
pub(crate) fn scan(root: &Path, more: &[&str]) -> Told {
    let run = run(root, more).code(0);
    let told = Told::of(&run);
    assert!(told.complete && told.troubles.is_empty(), "{}", run.story());
    told
}

/// An entry as the standard library tells of it.
#[derive(Clone)]
pub(crate) struct Fact {
    pub(crate) path: Vec<u8>,
    pub(crate) meta: Metadata,
}

impl Fact {
    pub(crate) fn disk(&self) -> u64 {
        self.meta.blocks() * 512
    }
}

/// Every entry below a root, itself first, in the order of their paths' components.
pub(crate) fn facts(root: &Path) -> Vec<Fact> {
    let walk = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    walk.map(|found| {
        let found = found.unwrap();
        Fact {
            path: found.path().as_os_str().as_bytes().to_vec(),
            meta: found.metadata().unwrap(),
        }
    })
    .collect()
}

/// What a scan of these facts has to tell of every node, by nothing but definition.
pub(crate) fn truth(facts: &[Fact]) -> BTreeMap<Vec<u8>, Node> {
    // A directory's subtree follows it.
    let end = |at: usize| {
        let below = |fact: &Fact| {
            let rest = fact.path.strip_prefix(&facts[at].path[..]);
            rest.is_some_and(|rest| rest.starts_with(b"/"))
        };
        let rest = facts[at + 1..].iter();
        at + 1 + rest.take_while(|fact| below(fact)).count()
    };
    let nodes = (0..facts.len()).map(|at| {
        let subtree = &facts[at..end(at)];
        (facts[at].path.clone(), true_node(subtree))
    });
    nodes.collect()
}

/// The truth of one subtree, whose first fact is its top.
fn true_node(subtree: &[Fact]) -> Node {
    let (top, below) = (&subtree[0].meta, &subtree[1..]);
    let mut seen = HashSet::new();
    let mut names: HashMap<(u64, u64), u64> = HashMap::new();
    let (mut disk, mut apparent, mut freed) = (0, 0, 0);
    for fact in subtree {
        let inode = (fact.meta.dev(), fact.meta.ino());
        if seen.insert(inode) {
            disk += fact.disk();
            apparent += fact.meta.len();
        }
        let inside = names.entry(inode).or_default();
        *inside += 1;
        // An inode goes with the last of its names; a directory's links are its own affair.
        if fact.meta.is_dir() || *inside == fact.meta.nlink() {
            freed += fact.disk();
        }
    }
    let leaves = subtree.iter().filter(|fact| !fact.meta.is_dir());
    let newest = leaves.clone().map(|fact| fact.meta.mtime()).max();
    let kind = match top.file_type() {
        kind if kind.is_dir() => "dir",
        kind if kind.is_file() => "file",
        kind if kind.is_symlink() => "symlink",
        _ => "other",
    };
    Node {
        kind: kind.to_owned(),
        apparent: Interval::exactly(apparent),
        disk: Interval::exactly(disk),
        freed: Interval::exactly(freed),
        files: leaves.count() as u64,
        dirs: below.iter().filter(|fact| fact.meta.is_dir()).count() as u64,
        mtime: newest.or(Some(top.mtime())),
    }
}

/// Compares node by node, so that a failure names the first that differs.
pub(crate) fn assert_true(told: &Told, truth: &BTreeMap<Vec<u8>, Node>, what: &str) {
    for (path, node) in truth {
        let shown = String::from_utf8_lossy(path);
        assert_eq!(told.nodes.get(path), Some(node), "{what}: {shown}");
    }
    assert_eq!(told.nodes.len(), truth.len(), "{what}");
}
