//! Numbers for the nodes of a problem that do not depend on the order of a listing.
//!
//! A tree is numbered in the order of arrival below each directory. The searches break ties by
//! number, and so would answer differently for the same tree listed differently. Here siblings
//! are numbered by the bytes of their names, so a lower number is an earlier path, component by
//! component.

use crate::tree::{NodeId, Tree};

use super::problem::Problem;

/// The number of every node in a problem; a subtree is a range there, too.
#[derive(Debug)]
pub(super) struct Numbers {
    /// By node of the tree.
    by_node: Vec<u32>,
}

impl Numbers {
    /// Sorts the names below each directory; and the problem that has its nodes, of no worth yet.
    pub(super) fn of(tree: &Tree) -> (Self, Problem) {
        let len = u32::try_from(tree.len()).unwrap_or(u32::MAX);
        let mut by_node = vec![0u32; tree.len()];
        let mut parent = vec![0u32; tree.len()];
        let mut end = vec![0u32; tree.len()];
        if let Some(root) = end.first_mut() {
            *root = len;
        }
        let mut children: Vec<(NodeId, u32)> = Vec::new();
        // A directory comes before what it holds, so its own number is known by then.
        for dir in tree.directories() {
            let above = by_node[dir.0 as usize];
            let beyond = dir.0 + (end[above as usize] - above);
            children.clear();
            children.extend(tree.children(dir).map(|child| (child, beyond)));
            // What lies below a child ends where the next one begins.
            for at in 1..children.len() {
                children[at - 1].1 = children[at].0.0;
            }
            let name = |child: &(NodeId, u32)| tree.name(child.0);
            if !children.is_sorted_by(|a, b| name(a) <= name(b)) {
                // Two entries of one name can only come from a recording or an export.
                children.sort_unstable_by(|a, b| name(a).cmp(name(b)).then(a.cmp(b)));
            }
            let mut number = above + 1;
            for &(child, next) in &children {
                by_node[child.0 as usize] = number;
                parent[number as usize] = above;
                end[number as usize] = number + (next - child.0);
                number = end[number as usize];
            }
        }
        let problem = Problem {
            parent,
            end,
            ..Problem::default()
        };
        (Self { by_node }, problem)
    }

    /// The number of a node.
    pub(super) fn of_node(&self, node: NodeId) -> u32 {
        self.by_node[node.0 as usize]
    }

    /// The nodes that have these numbers, in the order of the tree.
    pub(super) fn nodes(&self, set: &[u32]) -> Vec<NodeId> {
        let mut sorted = set.to_vec();
        sorted.sort_unstable();
        let numbered = (0u32..).zip(&self.by_node);
        let chosen = numbered.filter(|(_, number)| sorted.binary_search(number).is_ok());
        chosen.map(|(node, _)| NodeId(node)).collect()
    }
}
