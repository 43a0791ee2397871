//! What other files or snapshots share does not come back: asked of the picks only, as asking
//! every file of a tree would take longer than walking it.
//!
//! A plan is made as if nothing were shared. Then the files that it would remove are asked, those
//! that share any extent are reckoned as giving nothing back, and the plan is made again, until
//! every pick was asked. What was not asked in the end leaves the plan with *possibly*.

use std::collections::BTreeSet;

use crate::entry::{Kind, Trouble};
use crate::risk::Risks;
use crate::tree::{NodeId, Tree};

use super::{Plan, Reached, Request, plan};

/// Files that are asked at most, and plans that are made at most.
const ASKED: usize = 50_000;
const PLANS: usize = 12;

/// Asks a file system which bytes several files share.
pub trait Extents {
    /// Whether any part of the file is shared with another one; `None`: nobody can tell.
    fn are_shared(&self, path: &[u8]) -> Option<bool>;
}

/// The smallest set, where nothing is gained by what is shared.
#[must_use]
pub fn plan_asking(tree: &Tree, risks: &Risks, request: &Request, extents: &dyn Extents) -> Plan {
    let mut request = request.clone();
    let mut asked: BTreeSet<NodeId> = BTreeSet::new();
    let mut untold = 0u64;
    for _ in 0..PLANS {
        let made = plan(tree, risks, &request);
        let mut shared = Vec::new();
        for file in files(tree, &made) {
            if asked.len() >= ASKED || !asked.insert(file) {
                continue;
            }
            match extents.are_shared(&tree.path(file)) {
                Some(true) => shared.push(file),
                Some(false) => {}
                None => {
                    untold += 1;
                }
            }
        }
        if shared.is_empty() {
            return doubted(tree, made, &asked, untold);
        }
        request.held.extend(shared);
        request.held.sort_unstable();
        request.held.dedup();
    }
    doubted(tree, plan(tree, risks, &request), &asked, untold)
}

/// The files that go with a plan.
fn files<'a>(tree: &'a Tree, plan: &'a Plan) -> impl Iterator<Item = NodeId> + 'a {
    let nodes = plan.picks.iter().map(|pick| pick.node);
    let below = nodes.flat_map(|node| (node.0..tree.end(node).0).map(NodeId));
    below.filter(|&node| tree.kind(node) == Kind::File && tree.own_weight(node).hi != Some(0))
}

fn doubted(tree: &Tree, plan: Plan, asked: &BTreeSet<NodeId>, untold: u64) -> Plan {
    let unasked = files(tree, &plan)
        .filter(|file| !asked.contains(file))
        .count() as u64;
    let open = untold + unasked;
    if open == 0 || plan.picks.is_empty() {
        return plan;
    }
    let trouble = Trouble {
        path: tree.path(NodeId::ROOT),
        line: None,
        code: "extents-unknown",
        message: format!("whether {open} of the files in the plan share their blocks is not known"),
    };
    Plan {
        reached: match plan.reached {
            Reached::Certain => Reached::Possibly,
            other => other,
        },
        troubles: vec![trouble],
        ..plan
    }
}
