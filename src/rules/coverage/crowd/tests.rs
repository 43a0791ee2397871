//! The one walk for all against every rule × every node.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::ground::join;
use super::super::{Stamped, Stamps, due_of};
use super::*;
use crate::bytes::Interval;
use crate::entry::{Batch, Entry, Rooting, RuleFile, Sink as _, Token};
use crate::rules::logic;
use crate::rules::model::{Root, RootPath, Segment};
use crate::rules::{RuleSet, read};
use crate::time::DAY;
use crate::tree::build::Builder;

const NOW: Timestamp = Timestamp(1_718_074_800);
const NAMES: [&str; 9] = [
    "a", "b", "cache", "tmp", ".a", "a.csv", "b.csv", "x.tmp", "x-1.tmp",
];

/// One entry of a random tree.
#[derive(Clone, Debug)]
struct Node {
    path: Vec<&'static str>,
    kind: Kind,
    listing: Listing,
    device: u64,
    days: i64,
    size: u64,
}

fn nodes() -> impl Strategy<Value = Vec<Node>> {
    let kind = prop_oneof![
        6 => Just(Kind::File), 6 => Just(Kind::Dir), 1 => Just(Kind::Symlink),
        1 => Just(Kind::OtherFs), 1 => Just(Kind::Excluded)
    ];
    let listing = prop_oneof![
        12 => Just(Listing::Complete), 1 => Just(Listing::Partial), 1 => Just(Listing::Unread)
    ];
    let path = prop::collection::vec(prop::sample::select(&NAMES[..]), 1..5);
    let node = (path, kind, listing, 1u64..3, 0i64..20, 0u64..3);
    let node = node.prop_map(|(path, kind, listing, device, days, size)| Node {
        path,
        kind,
        listing,
        device,
        days,
        size,
    });
    prop::collection::vec(node, 0..30)
}

/// The nodes that can be made one after the other, as a tree at `/r`.
fn tree(nodes: &[Node]) -> Tree {
    let mut kept: BTreeMap<Vec<&str>, &Node> = BTreeMap::new();
    let mut sorted: Vec<&Node> = nodes.iter().collect();
    sorted.sort_by_key(|node| node.path.len());
    // Of what was not read nothing is known, so nothing is listed below it either.
    let is_read = |node: &Node| node.kind == Kind::Dir && node.listing != Listing::Unread;
    for node in sorted {
        let above = &node.path[..node.path.len() - 1];
        let is_in = above.is_empty() || kept.get(above).is_some_and(|dir| is_read(dir));
        if is_in && !kept.contains_key(&node.path) {
            kept.insert(node.path.clone(), node);
        }
    }
    let tokens: BTreeMap<Vec<&str>, Token> = kept
        .iter()
        .filter(|(_, node)| node.kind == Kind::Dir)
        .zip(1..)
        .map(|((path, _), number)| (path.clone(), Token(number)))
        .collect();
    let mut dirs: Vec<Vec<&str>> = tokens.keys().cloned().collect();
    dirs.push(Vec::new());
    dirs.sort_by_key(|dir| (dir.len(), dir.clone()));
    let mut builder = Builder::new();
    let root = Entry {
        device: Some(1),
        ..Entry::named(b"/r", Kind::Dir)
    };
    builder.root(root, Rooting::Path);
    for dir in dirs {
        if !dir.is_empty() && !kept.get(&dir).is_some_and(|node| is_read(node)) {
            continue;
        }
        let mut batch = Batch::new(tokens.get(&dir).copied().unwrap_or(Token::ROOT));
        batch.listing = kept
            .get(&dir)
            .map_or(Listing::Complete, |node| node.listing);
        for (path, node) in &kept {
            if path.len() == dir.len() + 1 && path.starts_with(&dir) {
                batch.push(Entry {
                    apparent: Some(Interval::exactly(node.size)),
                    disk: Some(Interval::exactly(node.size * 512)),
                    mtime: Some(Timestamp(NOW.0 - node.days * DAY as i64)),
                    token: tokens.get(path).copied(),
                    device: (node.kind == Kind::Dir).then_some(node.device),
                    ..Entry::named(path[path.len() - 1].as_bytes(), node.kind)
                });
            }
        }
        builder.listing(&batch);
    }
    builder.finish().unwrap()
}

/// Stamps out of the nodes' numbers, some of them missing.
#[derive(Debug)]
struct Made;

impl Stamps for Made {
    fn of(&self, _: &Tree, node: NodeId) -> Option<Stamped> {
        let stamp = |salt: u32| {
            let days = i64::from(node.0.wrapping_mul(salt) % 23);
            (days > 2).then_some(Timestamp(NOW.0 - days * DAY as i64))
        };
        Some(Stamped {
            accessed: stamp(7),
            changed: stamp(11),
            born: stamp(13),
        })
    }
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(texts).prop_map(str::to_owned)
}

fn test() -> impl Strategy<Value = String> {
    one_of(&[
        "-name '*.csv'",
        "-name 'x*'",
        "-name a",
        "-name '*ac*'",
        "-name '*'",
        "-name '[ab]'",
        "-iname '*.CSV'",
        "! -name '*.tmp'",
        "-path '*/cache/*'",
        "-path '/r/a/*.csv'",
        "-path '*/b/x.tmp'",
        "-path '/r/*/tmp/*'",
        "! -path '*/a/*'",
        "-regex '.*/[ab].csv'",
        "-mtime +7",
        "-mtime -3",
        "-atime +7",
        "-type f",
        "-type d",
        "-size +1c",
        "-empty",
        "-user nobody",
    ])
}

/// A condition: conjunctions, a choice, or a choice of conjunctions.
fn condition() -> impl Strategy<Value = String> {
    let all = || prop::collection::vec(test(), 1..4).prop_map(|tests| tests.join(" "));
    prop_oneof![
        4 => all(),
        1 => (all(), all()).prop_map(|(one, two)| format!("\\( {one} -o {two} \\)")),
        1 => (all(), all()).prop_map(|(one, two)| format!("! \\( {one} -o {two} \\) {one}")),
    ]
}

fn find() -> impl Strategy<Value = String> {
    let root = one_of(&[
        "/r",
        "/r/a",
        "/r/b/",
        "/r/*",
        "/r/*/a",
        "/",
        "/r/cache/tmp",
        "/r/nowhere",
        "/r/x*",
    ]);
    let options = one_of(&[
        "",
        "",
        "-xdev",
        "-maxdepth 1",
        "-mindepth 1",
        "-mindepth 2 -maxdepth 3",
        "-maxdepth 0",
    ]);
    let prune = one_of(&[
        "",
        "",
        "-path '*/a' -prune -o",
        "-name 'b*' -prune -o",
        "-mtime +9 -prune -o",
    ]);
    let action = one_of(&["-exec rm -f {} +", "-exec rm -rf {} +"]);
    (root, options, prune, condition(), action).prop_map(
        |(root, options, prune, condition, action)| {
            format!("find {root} {options} {prune} {condition} {action}")
        },
    )
}

fn rm() -> impl Strategy<Value = String> {
    let paths = &[
        "/r/*.csv",
        "/r/*/x*.tmp",
        "/r/*/*/*",
        "/r/a/*",
        "/r/[ab]/*.csv /r/cache/x.tmp",
        "/r/*/",
        "/r/?/.a",
        "/r/*/*.none",
        "/*/a",
    ];
    (one_of(&["rm -f", "rm -rf"]), one_of(paths)).prop_map(|(rm, path)| format!("{rm} {path}"))
}

fn line() -> impl Strategy<Value = String> {
    one_of(&[
        "d /r - - - 10d",
        "d /r/a - - - m:5d",
        "e /r/* - - - 10d",
        "d /r/b - - - ~5d",
        "x /r/a/*.csv",
        "X /r/cache",
        "r /r/*.tmp",
        "R /r/c*",
        "z /r/b/*.csv 0644",
        "d /r/tmp - - - 0",
    ])
}

fn rules(scripts: &[String], lines: &[String]) -> RuleSet {
    let file = |path: &str, text: String| RuleFile {
        path: path.as_bytes().to_vec(),
        read_from: path.as_bytes().to_vec(),
        contents: text.into_bytes(),
        mode: None,
        uid: None,
        mtime: None,
    };
    let files = [
        file("/etc/cron.daily/clean", scripts.join("\n")),
        file("/etc/tmpfiles.d/own.conf", lines.join("\n")),
    ];
    read(&files, &mut |_| None)
}

/// What a job takes, by asking about every node of the tree and all that lies above it.
fn naively(job: &Job<'_>, ground: &Ground<'_>) -> BTreeMap<NodeId, Hit> {
    let mut all: BTreeMap<NodeId, Hit> = BTreeMap::new();
    for sweep in job.sweeps {
        for root in &sweep.roots {
            for node in ground.tree().nodes() {
                if let Some(hit) = one(job, sweep, root, ground, node) {
                    all.entry(node)
                        .and_modify(|known| known.absorb(&hit))
                        .or_insert(hit);
                }
            }
        }
    }
    all
}

fn path_of(ground: &Ground<'_>, node: NodeId) -> Vec<Vec<u8>> {
    let path = ground.path(node);
    let parts = path.split(|&b| b == b'/').filter(|part| !part.is_empty());
    parts.map(<[u8]>::to_vec).collect()
}

fn fits(segments: &[Segment], path: &[Vec<u8>]) -> bool {
    segments.len() == path.len() && segments.iter().zip(path).all(|(s, name)| s.matches(name))
}

/// A node with all that lies above it up to the start of a command, which comes first.
struct Way {
    nodes: Vec<NodeId>,
    /// How deep below the command's own start the first node lies: `/` lies above the tree, and
    /// the search comes to its root from outside.
    outside: usize,
}

fn way(segments: &[Segment], ground: &Ground<'_>, node: NodeId) -> Option<Way> {
    let tree = ground.tree();
    let mut above = vec![node];
    while let Some(parent) = tree.parent(above[above.len() - 1]) {
        above.push(parent);
    }
    above.reverse();
    let outside = path_of(ground, NodeId::ROOT)
        .len()
        .saturating_sub(segments.len());
    let is_start = |&at: &NodeId| fits(segments, &path_of(ground, at));
    let first = match outside {
        0 => above.iter().position(is_start)?,
        _ => 0,
    };
    Some(Way {
        nodes: above.split_off(first),
        outside,
    })
}

/// How a command prints the node so many steps from its start.
fn printed(root: &Root, ground: &Ground<'_>, way: &Way, steps: usize) -> Vec<u8> {
    let below = way.nodes[1..=steps].iter();
    let names: Vec<Vec<u8>> = below.map(|&at| ground.tree().name(at).to_vec()).collect();
    let at = way.nodes[steps];
    match &root.printed {
        _ if way.outside > 0 => join(b"/", &path_of(ground, at)),
        Some(printed) => join(printed, &names),
        None => ground.path(at),
    }
}

/// What one command with one root makes of a node.
fn one(
    job: &Job<'_>,
    sweep: &Sweep,
    root: &Root,
    ground: &Ground<'_>,
    node: NodeId,
) -> Option<Hit> {
    let RootPath::Known(segments) = &root.path else {
        return None;
    };
    let tree = ground.tree();
    let way = way(segments, ground, node)?;
    let start = way.nodes[0];
    let is_wrong = root.slash && way.outside == 0 && !tree.is_dir(start);
    let mut best: Option<Hit> = None;
    for (steps, &at) in way.nodes.iter().enumerate() {
        let depth = u32::try_from(steps + way.outside).unwrap();
        // What was removed with everything above the tree takes the tree along.
        let is_beyond = depth > sweep.max_depth && !(at == start && sweep.recursive);
        if is_wrong || is_beyond || tree.kind(at) == Kind::Excluded && at != node {
            break;
        }
        let (printed, name) = (
            printed(root, ground, &way, steps),
            path_of(ground, at).pop().unwrap(),
        );
        let facts = facts(tree, at, tree.is_dir(at));
        let file = File {
            name: &name,
            printed: &printed,
            types: types_of(facts.kind, facts.is_dir),
            apparent: facts.apparent,
            mtime: facts.mtime,
            empty: facts.empty,
            asked: ground.asked(at),
        };
        let judged = depth >= sweep.min_depth && facts.kind != Kind::Excluded;
        let stays = at == start && facts.is_dir && !sweep.recursive;
        let goes = judged && !stays && (at == node || sweep.recursive && facts.is_dir);
        let hit = hit(job, sweep, &file, node).filter(|_| goes);
        best = match (best, hit) {
            (Some(mut known), Some(hit)) => {
                known.absorb(&hit);
                Some(known)
            }
            (one, None) | (None, one) => one,
        };
        let settled = hit.is_some_and(|hit| {
            hit.scope == Tri::True && (job.only_scope || hit.eligible == Tri::True)
        });
        let is_pruned = sweep
            .prune
            .as_ref()
            .is_some_and(|prune| judged && eligible(prune, &file, NOW) == Tri::True);
        let leaves = sweep.one_fs && tree.device(at) != tree.device(start);
        if settled || is_pruned || leaves || !facts.is_dir {
            break;
        }
    }
    best
}

fn hit(job: &Job<'_>, sweep: &Sweep, file: &File<'_>, node: NodeId) -> Option<Hit> {
    let may = scope(&sweep.expr, file);
    let mut hit = Hit {
        node,
        scope: may,
        eligible: Tri::Unknown,
        due: None,
        named: false,
    };
    if !job.only_scope {
        hit.eligible = eligible(&sweep.expr, file, NOW);
        hit.due = due_of(&sweep.expr, file, hit.eligible, NOW);
    }
    (may != Tri::False).then_some(hit)
}

/// Whether some root of the job stands for itself because nothing fits it, or has itself below
/// it: neither is what this oracle is for.
fn is_plain(set: &RuleSet) -> bool {
    set.troubles.is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_walk_is_every_rule_on_every_node(
        nodes in nodes(),
        scripts in prop::collection::vec(prop_oneof![3 => find(), 1 => rm()], 1..8),
        lines in prop::collection::vec(line(), 0..4),
        only_scope: bool,
    ) {
        let tree = tree(&nodes);
        let made = Made;
        let ground = Ground::new(&tree, None).with_stamps(Some(&made));
        let set = rules(&scripts, &lines);
        prop_assume!(is_plain(&set));
        let jobs: Vec<Job<'_>> = set
            .rules
            .iter()
            .map(|rule| Job { sweeps: &rule.sweeps, only_scope })
            .collect();
        let mut hits: Vec<Vec<Hit>> = vec![Vec::new(); jobs.len()];
        let sights = take_all(&jobs, &ground, NOW, &mut |job, hit| hits[job].push(hit));
        for (((job, hits), sight), rule) in jobs.iter().zip(&hits).zip(sights).zip(&set.rules) {
            let text = String::from_utf8_lossy(&rule.text);
            let nodes: BTreeSet<NodeId> = hits.iter().map(|hit| hit.node).collect();
            prop_assert_eq!(nodes.len(), hits.len(), "twice: {}", text);
            prop_assert!(hits.is_sorted_by_key(|hit| hit.node), "out of order: {}", text);
            let naive: Vec<Hit> = naively(job, &ground).into_values().collect();
            prop_assert_eq!(hits, &naive, "{}", text);
            if !only_scope {
                let alone = super::super::takes(rule, &ground, NOW);
                prop_assert_eq!(&alone.hits, hits, "{}", text);
                prop_assert_eq!(alone.sight.found > 0, sight.found > 0, "{}", text);
                prop_assert_eq!(alone.sight.unseen > 0, sight.unseen > 0, "{}", text);
                prop_assert_eq!(alone.sight.files, sight.files, "{}", text);
            }
        }
    }

    #[test]
    fn parts_of_a_tree_together_are_the_whole(
        nodes in nodes(),
        scripts in prop::collection::vec(prop_oneof![3 => find(), 1 => rm()], 1..8),
        lines in prop::collection::vec(line(), 0..4),
        only_scope: bool,
        parts in 2usize..5,
    ) {
        let tree = tree(&nodes);
        let ground = Ground::new(&tree, None);
        let set = rules(&scripts, &lines);
        let jobs: Vec<Job<'_>> = set
            .rules
            .iter()
            .map(|rule| Job { sweeps: &rule.sweeps, only_scope })
            .collect();
        let mut whole: Vec<(usize, Hit)> = Vec::new();
        let seen = take_all(&jobs, &ground, NOW, &mut |job, hit| whole.push((job, hit)));
        let mut question = Question { jobs: &jobs, ground: &ground, now: NOW, only: None };
        let ask = |question: &Question<'_>| {
            let mut states: Vec<Vec<(usize, Hit)>> = vec![Vec::new(); parts];
            let sights = take_in_parts(question, &mut states, &|state, job, hit| {
                state.push((job, hit));
            });
            (states.concat(), sights)
        };
        let (hits, sights) = ask(&question);
        prop_assert_eq!(&hits, &whole);
        prop_assert_eq!(sights, seen);
        // Asked about some files only, the answer about these is the same.
        let is_asked = |node: NodeId| node.0.is_multiple_of(3);
        question.only = Some(&is_asked);
        let (mut some, _) = ask(&question);
        some.retain(|(_, hit)| is_asked(hit.node));
        whole.retain(|(_, hit)| is_asked(hit.node));
        prop_assert_eq!(some, whole);
    }

    #[test]
    fn a_scope_has_no_ages(
        nodes in nodes(),
        scripts in prop::collection::vec(prop_oneof![3 => find(), 1 => rm()], 1..8),
        lines in prop::collection::vec(line(), 0..4),
    ) {
        let tree = tree(&nodes);
        let ground = Ground::new(&tree, None);
        let set = rules(&scripts, &lines);
        let takes = |sweeps: &[Sweep]| {
            let mut hits: Vec<Hit> = Vec::new();
            let job = Job { sweeps, only_scope: true };
            take_all(&[job], &ground, NOW, &mut |_, hit| hits.push(hit));
            hits
        };
        for rule in &set.rules {
            let scopes: Vec<Sweep> = rule.sweeps.iter().map(logic::scope_of).collect();
            prop_assert_eq!(takes(&scopes), takes(&rule.sweeps), "{:?}", rule.text);
        }
    }
}
