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

/// An entry of a directory while these are sorted.
struct Child {
    /// The start of its name, which nearly always tells it from the others.
    start: u64,
    node: NodeId,
    /// The first node beyond its subtree.
    next: u32,
}

/// The first eight bytes of a name as a number. Where these differ, they order two names: what is
/// missing counts as zero bytes, and no byte is less.
fn start_of(name: &[u8]) -> u64 {
    let mut start = [0; 8];
    let len = name.len().min(start.len());
    start[..len].copy_from_slice(&name[..len]);
    u64::from_be_bytes(start)
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
        let mut children: Vec<Child> = Vec::new();
        // A directory comes before what it holds, so its own number is known by then.
        for dir in tree.directories() {
            let above = by_node[dir.0 as usize];
            let beyond = dir.0 + (end[above as usize] - above);
            children.clear();
            children.extend(tree.children(dir).map(|node| Child {
                start: start_of(tree.name(node)),
                node,
                next: beyond,
            }));
            // What lies below a child ends where the next one begins.
            for at in 1..children.len() {
                children[at - 1].next = children[at].node.0;
            }
            // Non-directories and directories often come sorted, each for themselves: two runs,
            // which a stable sort only merges. Two entries of one name can only come from a
            // recording or an export, and keep their order.
            children.sort_by(|a, b| {
                let by_start = a.start.cmp(&b.start);
                by_start.then_with(|| tree.name(a.node).cmp(tree.name(b.node)))
            });
            let mut number = above + 1;
            for &Child { node, next, .. } in &children {
                by_node[node.0 as usize] = number;
                parent[number as usize] = above;
                end[number as usize] = number + (next - node.0);
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
        let mut chosen = vec![false; self.by_node.len()];
        set.iter()
            .for_each(|&number| chosen[number as usize] = true);
        let numbered = (0u32..).zip(&self.by_node);
        let chosen = numbered.filter(|(_, number)| chosen[**number as usize]);
        chosen.map(|(node, _)| NodeId(node)).collect()
    }
}
