//! What fills a tree: the largest places, none of which contains another.

use std::cmp::Reverse;

use crate::tree::{NodeId, Tree};

/// A directory is passed over for its largest child where that holds more than this part of it,
/// in tenths: `/data` says less than `/data/ticker` when there is little else in it.
const TELLING: u64 = 9;

/// A node that holds less than this part of the whole fills nothing.
const SPECK: u64 = 10_000;

/// At most `n` nodes, largest first in the tree's own quantity, then by path; never the root.
/// Cost: one pass over the tree. Ties go by path when the nodes are chosen as well, as their
/// numbers follow the order in which a walk arrived.
#[must_use]
pub fn largest(tree: &Tree, n: usize) -> Vec<NodeId> {
    let lo = |node: NodeId| tree.weight(node).lo;
    let heaviest = |node: NodeId| tree.children(node).map(lo).max().unwrap_or(0);
    let passes_on = |node: NodeId| heaviest(node) > lo(node) / 10 * TELLING;
    let mut nodes: Vec<(Reverse<u64>, Vec<u8>, NodeId)> = tree
        .nodes()
        .skip(1)
        .filter(|&node| lo(node) > lo(NodeId::ROOT) / SPECK)
        .filter(|&node| !(tree.is_dir(node) && passes_on(node)))
        .map(|node| (Reverse(lo(node)), tree.path(node), node))
        .collect();
    nodes.sort_unstable();
    let mut chosen: Vec<NodeId> = Vec::new();
    for (_, _, node) in nodes {
        if chosen.len() == n {
            break;
        }
        let apart = |&other: &NodeId| !tree.contains(other, node) && !tree.contains(node, other);
        if chosen.iter().all(apart) {
            chosen.push(node);
        }
    }
    chosen.sort_by_cached_key(|&node| (Reverse(lo(node)), tree.path(node)));
    chosen
}
