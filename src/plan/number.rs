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
    ///
    /// A large tree is cut at a directory: nothing before it reaches beyond it but the directories
    /// that hold it. These are numbered first, and then both sides at the same time.
    pub(super) fn of(tree: &Tree) -> (Self, Shape) {
        let mut by_node = vec![0u32; tree.len()];
        let count = tree.listings().len();
        let mut rows = vec![Row::default(); count];
        let middle = index(tree.len() / 2);
        let is_before = |dir: &NodeId| dir.0 < middle;
        let (cut, at) = match tree.len() {
            0..MANY => (count, index(tree.len())),
            _ => {
                let cut = tree.directories().take_while(is_before).count();
                let at = tree.directories().nth(cut);
                (cut, at.map_or(index(tree.len()), |dir| dir.0))
            }
        };
        let open = number_around(tree, cut, NodeId(at), &mut by_node);
        let (first, second) = by_node.split_at_mut(at as usize);
        let (above, below) = rows.split_at_mut(cut);
        let first = Side {
            tree,
            from: 0,
            to: NodeId(at),
            by_node: first,
        };
        let second = Side {
            tree,
            from: at,
            to: NodeId(index(tree.len())),
            by_node: second,
        };
        at_once(
            tree.len(),
            || second.number(tree.listings().skip(cut), open, below),
            || first.number(tree.listings().take(cut), Vec::new(), above),
        );
        let shape = Shape::of(tree.len(), &rows);
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

/// So many entries are worth a thread of their own for half of them.
const MANY: usize = 100_000;

/// Does both, at the same time where there is so much that a thread is worth it.
pub(super) fn at_once<A: Send, B>(
    entries: usize,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B,
) -> (A, B) {
    if entries < MANY {
        return (one(), other());
    }
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        match one.join() {
            Ok(one) => (one, other),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Numbers what the directories hold that begin before a node and reach beyond it; returns them,
/// each as where it ends and its number.
fn number_around(tree: &Tree, cut: usize, at: NodeId, by_node: &mut [u32]) -> Vec<(NodeId, u32)> {
    let mut open = Vec::new();
    let mut children = Vec::new();
    let around = tree.listings().take(cut).filter(|dir| dir.1 > at);
    for (dir, beyond, below) in around {
        let number = by_node[dir.0 as usize];
        open.push((beyond, number));
        sort_names(tree, below, beyond, &mut children);
        number_children(&children, number, by_node, 0);
    }
    open
}

/// Gives a directory's entries, by name, the numbers after its own.
fn number_children(children: &[Child], dir: u32, by_node: &mut [u32], from: u32) {
    let mut number = dir + 1;
    for child in children {
        by_node[(child.node.0 - from) as usize] = number;
        number += child.next - child.node.0;
    }
}

/// The nodes on one side of a cut.
struct Side<'a> {
    tree: &'a Tree,
    from: u32,
    to: NodeId,
    /// The numbers of these nodes alone.
    by_node: &'a mut [u32],
}

impl Side<'_> {
    /// Numbers what the directories of this side hold, and fills their rows. `open` are those that
    /// hold the first of them. What reaches beyond this side is numbered already.
    fn number<'t>(
        self,
        listings: impl Iterator<Item = (NodeId, NodeId, Children<'t>)>,
        mut open: Vec<(NodeId, u32)>,
        rows: &mut [Row],
    ) {
        let mut children: Vec<Child> = Vec::new();
        // A directory comes before what it holds, so its own number is known by then.
        for ((dir, beyond, below), row) in listings.zip(rows) {
            while open.last().is_some_and(|&(end, _)| end <= dir) {
                open.pop();
            }
            let node = self.by_node[(dir.0 - self.from) as usize];
            *row = Row {
                node,
                end: node + (beyond.0 - dir.0),
                parent: open.last().map_or(0, |&(_, number)| number),
            };
            open.push((beyond, node));
            if beyond <= self.to {
                sort_names(self.tree, below, beyond, &mut children);
                number_children(&children, node, self.by_node, self.from);
            }
        }
    }
}

fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Batch, Entry, Kind, Rooting, Sink as _, Token};
    use crate::tree::build::Builder;

    fn dir(name: &[u8], token: u32) -> Entry<'_> {
        Entry {
            token: Some(Token(token)),
            ..Entry::named(name, Kind::Dir)
        }
    }

    /// Directories that hold each other and files, some of them many, named against their order.
    fn grown(dirs: u32, files: u32) -> Tree {
        let mut builder = Builder::new();
        builder.root(dir(b"/d", 0), Rooting::Path);
        for at in 0..dirs {
            let mut batch = Batch::new(Token(at));
            for child in [3 * at + 1, 3 * at + 2, 3 * at + 3] {
                if child < dirs {
                    let name = format!("d{}-{child}", child.wrapping_mul(2_654_435_761) % 1000);
                    batch.push(dir(name.as_bytes(), child));
                }
            }
            for file in 0..at.wrapping_mul(7919) % (2 * files + 1) {
                let name = format!("f{}", file.wrapping_mul(2_654_435_761));
                batch.push(Entry::named(name.as_bytes(), Kind::File));
            }
            builder.listing(&batch);
        }
        builder.finish().expect("a tree")
    }

    /// The numbers by their definition: pre-order, siblings by name.
    fn defined(tree: &Tree) -> Vec<u32> {
        let mut by_node = vec![0; tree.len()];
        let mut todo = vec![NodeId::ROOT];
        let mut number = 0;
        while let Some(node) = todo.pop() {
            by_node[node.0 as usize] = number;
            number += 1;
            todo.extend(tree.children_by_name(node).into_iter().rev());
        }
        by_node
    }

    #[test]
    fn a_tree_that_is_cut_in_two_is_numbered_as_a_whole_one() {
        for (dirs, files) in [(1, 3), (40, 2), (700, 400), (60_000, 2)] {
            let tree = grown(dirs, files);
            let (numbers, shape) = Numbers::of(&tree);
            assert_eq!(numbers.by_node, defined(&tree), "{dirs} {files}");
            for node in tree.nodes() {
                let number = numbers.of_node(node);
                let parent = tree.parent(node).map_or(0, |dir| numbers.of_node(dir));
                assert_eq!(shape.parent(number), parent);
                let end = number + (tree.end(node).0 - node.0);
                assert_eq!(shape.end(number), end);
            }
        }
        assert!(grown(700, 400).len() > MANY && grown(60_000, 2).len() > MANY);
    }
}
