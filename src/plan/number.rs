//! Numbers for the nodes of a problem that do not depend on the order of a listing.
//!
//! A tree is numbered in the order of arrival below each directory. The searches break ties by
//! number, and so would answer differently for the same tree listed differently. Here siblings
//! are numbered by the bytes of their names, so a lower number is an earlier path, component by
//! component.

use crate::tree::{Children, NodeId, Tree};

use super::shape::{Row, Shape};

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
    /// Sorts the names below each directory; and the shape of the tree by its new numbers.
    pub(super) fn of(tree: &Tree) -> (Self, Shape) {
        let mut by_node = vec![0u32; tree.len()];
        let listings = tree.listings();
        let mut dirs: Vec<Row> = Vec::with_capacity(listings.len());
        // The open directories on the way down: where each ends in the tree, and its number.
        let mut open: Vec<(NodeId, u32)> = Vec::new();
        let mut children: Vec<Child> = Vec::new();
        // A directory comes before what it holds, so its own number is known by then.
        for (dir, beyond, below) in listings {
            while open.last().is_some_and(|&(end, _)| end <= dir) {
                open.pop();
            }
            let node = by_node[dir.0 as usize];
            dirs.push(Row {
                node,
                end: node + (beyond.0 - dir.0),
                parent: open.last().map_or(0, |&(_, number)| number),
            });
            open.push((beyond, node));
            sort_names(tree, below, beyond, &mut children);
            let mut number = node + 1;
            for child in &children {
                by_node[child.node.0 as usize] = number;
                number += child.next - child.node.0;
            }
        }
        let shape = Shape::of(tree.len(), &dirs);
        (Self { by_node }, shape)
    }

    /// The number of a node.
    pub(super) fn of_node(&self, node: NodeId) -> u32 {
        self.by_node[node.0 as usize]
    }

    /// The nodes that have these numbers, in the order of the tree.
    pub(super) fn nodes(&self, set: &[u32]) -> Vec<NodeId> {
        let mut chosen = vec![0u64; self.by_node.len().div_ceil(64)];
        for &number in set {
            chosen[number as usize / 64] |= 1 << (number % 64);
        }
        let is_chosen = |number: u32| chosen[number as usize / 64] >> (number % 64) & 1 == 1;
        let numbered = (0u32..).zip(&self.by_node);
        let chosen = numbered.filter(|&(_, &number)| is_chosen(number));
        chosen.map(|(node, _)| NodeId(node)).collect()
    }
}

/// Fills `children` with what a directory holds, by name.
fn sort_names(tree: &Tree, below: Children<'_>, beyond: NodeId, children: &mut Vec<Child>) {
    children.clear();
    children.extend(below.map(|node| Child {
        start: start_of(tree.name(node)),
        node,
        next: beyond.0,
    }));
    // What lies below a child ends where the next one begins.
    for at in 1..children.len() {
        children[at - 1].next = children[at].node.0;
    }
    // Non-directories and directories often come sorted, each for themselves: two runs, which a
    // stable sort only merges. Two entries of one name can only come from a recording or an
    // export, and keep their order.
    children.sort_by(|a, b| {
        let by_start = a.start.cmp(&b.start);
        by_start.then_with(|| tree.name(a.node).cmp(tree.name(b.node)))
    });
}
