//! What does not come back when a name goes: what other files or snapshots share, what somebody
//! holds open, what counts towards another quota. Asked of the picks only, as asking every file of
//! a tree would take longer than walking it.
//!
//! A plan is made as if everything came back. Then the files that it would remove are asked, those
//! of which something is kept are reckoned as giving nothing back, and the plan is made again,
//! until every pick was asked. What nobody could tell in the end leaves the plan with *possibly*.

use std::collections::BTreeMap;

use crate::bytes::Bytes;
use crate::entry::{Kind, Trouble};
use crate::tree::{NodeId, Tree};

use super::{Plan, Planner, Reached, Request};

/// Files that are asked at most, plans that are made at most, and files enough to judge by.
const ASKED: usize = 200_000;
const PLANS: usize = 12;
const MANY: usize = 64;

/// Why the room of a file that goes does not come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keeper {
    /// Other files or a snapshot use the same blocks.
    Sharing,
    /// Somebody has it open.
    Open,
    /// It counts towards another quota than the one that is short.
    Quota,
}

/// What becomes of a file's room when its name goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gain {
    /// All of it comes back.
    Comes,
    /// At least a part is kept.
    Kept(Keeper),
    /// Nobody can tell whether that keeps it.
    Untold(Keeper),
}

/// Asks the machine what comes back.
pub trait Gains {
    /// Whether anything has to be asked: else everything is known to come back.
    fn are_open(&self) -> bool;
    /// What becomes of the file at this path.
    fn of(&self, path: &[u8]) -> Gain;
    /// Why nobody can tell, in words: ` (zfs does not say)`; may be empty.
    fn why(&self, keeper: Keeper) -> String;
}

/// The smallest set, where nothing is gained by what is kept; where there is one that does without
/// what nobody can tell, that one, for it is certain.
#[must_use]
pub fn plan_asking(planner: &Planner<'_>, request: &Request, gains: &dyn Gains) -> Plan {
    let tree = planner.tree;
    let mut known: BTreeMap<NodeId, Gain> = BTreeMap::new();
    for &node in &request.held {
        known.insert(node, Gain::Kept(Keeper::Open));
    }
    let mut is_strict = true;
    for _ in 0..PLANS {
        let made = planner.plan(&without(request, &known, is_strict));
        let new = ask(tree, &made, gains, &mut known);
        let spoils = |gain: &Gain| match gain {
            Gain::Comes => false,
            Gain::Kept(_) => true,
            Gain::Untold(_) => is_strict,
        };
        // A file system that tells of none of so many tells of no other.
        let nobody_can_tell = new.len() >= MANY && new.iter().all(|g| matches!(g, Gain::Untold(_)));
        let is_settled = !new.iter().any(spoils);
        let is_doubtful = known.values().any(|gain| matches!(gain, Gain::Untold(_)));
        if is_strict && is_doubtful && (nobody_can_tell || made.reached != Reached::Certain) {
            is_strict = false;
        } else if is_settled {
            return told(tree, made, &known, gains);
        }
    }
    let made = planner.plan(&without(request, &known, false));
    told(tree, made, &known, gains)
}

/// The request, reckoning that what is kept does not come back, and what nobody can tell if that
/// is meant.
fn without(request: &Request, known: &BTreeMap<NodeId, Gain>, is_strict: bool) -> Request {
    let kept = known.iter().filter(|(_, gain)| match gain {
        Gain::Comes => false,
        Gain::Kept(_) => true,
        Gain::Untold(_) => is_strict,
    });
    Request {
        held: kept.map(|(&node, _)| node).collect(),
        ..request.clone()
    }
}

/// Asks the files of a plan, and of the one at the next risk, that were not asked before.
fn ask(
    tree: &Tree,
    made: &Plan,
    gains: &dyn Gains,
    known: &mut BTreeMap<NodeId, Gain>,
) -> Vec<Gain> {
    if !gains.are_open() {
        return Vec::new();
    }
    let next = made.next_risk.iter().flat_map(|next| &next.picks);
    let picks: Vec<NodeId> = made
        .picks
        .iter()
        .chain(next)
        .map(|pick| pick.node)
        .collect();
    let mut new = Vec::new();
    for file in files(tree, &picks) {
        if known.len() < ASKED && !known.contains_key(&file) {
            let gain = gains.of(&tree.path(file));
            known.insert(file, gain);
            new.push(gain);
        }
    }
    new
}

/// The files that go with these nodes.
fn files<'a>(tree: &'a Tree, nodes: &'a [NodeId]) -> impl Iterator<Item = NodeId> + 'a {
    let below = nodes
        .iter()
        .flat_map(|&node| (node.0..tree.end(node).0).map(NodeId));
    below.filter(|&node| tree.kind(node) == Kind::File && tree.own_weight(node).hi != Some(0))
}

/// Adds to a plan what of it is kept, and what nobody can tell.
fn told(tree: &Tree, plan: Plan, known: &BTreeMap<NodeId, Gain>, gains: &dyn Gains) -> Plan {
    let mut kept: BTreeMap<Keeper, (u64, u64)> = BTreeMap::new();
    let mut untold: BTreeMap<Keeper, u64> = BTreeMap::new();
    let picks: Vec<NodeId> = plan.picks.iter().map(|pick| pick.node).collect();
    for file in files(tree, &picks) {
        match known.get(&file) {
            Some(Gain::Comes) => {}
            Some(&Gain::Kept(keeper)) => {
                let sum = kept.entry(keeper).or_default();
                sum.0 += 1;
                sum.1 = sum.1.saturating_add(tree.own_weight(file).lo);
            }
            Some(&Gain::Untold(keeper)) => *untold.entry(keeper).or_default() += 1,
            // More files than are asked.
            None if gains.are_open() => *untold.entry(Keeper::Sharing).or_default() += 1,
            None => {}
        }
    }
    let remarks = kept.into_iter().map(|(keeper, (files, bytes))| {
        let what = match keeper {
            Keeper::Sharing => "share blocks with other files or snapshots",
            Keeper::Open => "are held open",
            Keeper::Quota => "count towards no quota of this user",
        };
        let bytes = Bytes(bytes);
        format!("{bytes} of it may not come back: {files} of its files {what}")
    });
    let remarks = remarks.collect();
    let root = || tree.path(NodeId::ROOT);
    let troubles: Vec<Trouble> = untold
        .into_iter()
        .map(|(keeper, files)| doubt(keeper, files, &gains.why(keeper), root()))
        .collect();
    Plan {
        reached: match plan.reached {
            Reached::Certain if !troubles.is_empty() => Reached::Possibly,
            other => other,
        },
        remarks,
        troubles,
        ..plan
    }
}

fn doubt(keeper: Keeper, files: u64, why: &str, path: Vec<u8>) -> Trouble {
    let (code, what) = match keeper {
        Keeper::Sharing => ("extents-unknown", "share their blocks"),
        Keeper::Open => ("open-files-unknown", "are held open"),
        Keeper::Quota => ("quota-unknown", "count towards the quota"),
    };
    Trouble {
        path,
        line: None,
        code,
        message: format!(
            "it may free less: whether {files} of the files in the plan {what} is not known{why}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Audit;
    use crate::bytes::Interval;
    use crate::entry::{Batch, Entry, Rooting, Sink as _, Token};
    use crate::policy::{Policy, Risk};
    use crate::risk::{Context, classify};
    use crate::tree::build::Builder;

    /// What the file of a name gives back.
    struct Told(&'static [(&'static str, Gain)]);

    impl Gains for Told {
        fn are_open(&self) -> bool {
            !self.0.is_empty()
        }

        fn of(&self, path: &[u8]) -> Gain {
            let is_named = |name: &str| path.ends_with(name.as_bytes());
            let told = self.0.iter().find(|told| is_named(told.0));
            told.map_or(Gain::Comes, |told| told.1)
        }

        fn why(&self, keeper: Keeper) -> String {
            format!(" ({keeper:?})")
        }
    }

    /// A directory of files `a` of 9, `b` of 5, `c` of 4 KiB.
    fn made(shortfall: u64, told: &'static [(&'static str, Gain)]) -> Plan {
        let mut builder = Builder::new();
        let root = Entry {
            token: Some(Token::ROOT),
            ..Entry::named(b"/d", Kind::Dir)
        };
        builder.root(root, Rooting::Path);
        let mut batch = Batch::new(Token::ROOT);
        for (name, size) in [(b"a", 9 << 10), (b"b", 5 << 10), (b"c", 4 << 10)] {
            let disk = Some(Interval::exactly(size));
            batch.push(Entry {
                disk,
                ..Entry::named(name, Kind::File)
            });
        }
        builder.listing(&batch);
        let tree = builder.finish().expect("a tree");
        let nothing = Audit {
            families: vec![],
            rules: vec![],
            findings: vec![],
        };
        let policy = "[[path]]\nmatch = \"/d\"\nrisk = \"never\"\n";
        let policy = Policy::parse(policy, "p").expect("a policy");
        let risks = classify(&tree, &nothing, &policy, Context::default());
        let request = Request {
            shortfall: shortfall << 10,
            max_risk: Risk::Unknown,
            ..Request::default()
        };
        plan_asking(&Planner::new(&tree, &risks), &request, &Told(told))
    }

    #[test]
    fn what_is_kept_is_not_chosen_and_what_nobody_can_tell_is_a_doubt() {
        let picks = |plan: &Plan| -> Vec<String> {
            let names = plan.picks.iter();
            names
                .map(|pick| String::from_utf8_lossy(&pick.path).into_owned())
                .collect()
        };
        let plain = made(9, &[]);
        assert_eq!(
            (picks(&plain), plain.reached),
            (vec!["/d/a".to_owned()], Reached::Certain)
        );
        for keeper in [Keeper::Sharing, Keeper::Open, Keeper::Quota] {
            const KEPT: [&[(&str, Gain)]; 3] = [
                &[("/a", Gain::Kept(Keeper::Sharing))],
                &[("/a", Gain::Kept(Keeper::Open))],
                &[("/a", Gain::Kept(Keeper::Quota))],
            ];
            let kept = made(9, KEPT[keeper as usize]);
            assert_eq!(picks(&kept), ["/d/b", "/d/c"], "{keeper:?}");
            assert_eq!((kept.reached, kept.troubles.len()), (Reached::Certain, 0));
            assert_eq!(made(10, KEPT[keeper as usize]).reached, Reached::No);
        }
        // What is certain goes before what is not.
        let sure = made(
            9,
            &[("/a", Gain::Untold(Keeper::Open)), ("/b", Gain::Comes)],
        );
        let expected = (vec!["/d/b".to_owned(), "/d/c".to_owned()], Reached::Certain);
        assert_eq!((picks(&sure), sure.reached), expected);
        let open = made(10, &[("/a", Gain::Untold(Keeper::Open))]);
        assert_eq!(
            (picks(&open), open.reached),
            (
                vec!["/d/a".to_owned(), "/d/c".to_owned()],
                Reached::Possibly
            )
        );
        assert_eq!(open.troubles[0].code, "open-files-unknown");
        let message = "it may free less: whether 1 of the files in the plan are held open is not \
                       known (Open)";
        assert_eq!(open.troubles[0].message, message);
    }
}
