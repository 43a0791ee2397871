//! The chosen nodes as picks: what each is, why it may go, and the order to delete them.
//!
//! A set may have hundreds of thousands of nodes, so everything here goes through them in
//! pre-order and remembers where the last one lay: directories are spelled out once for all that
//! lies in them, and reasons are sought from the last one on.

use std::iter::Peekable;
use std::sync::Arc;

use crate::bytes::Interval;
use crate::entry::Rooting;
use crate::policy::Risk;
use crate::risk::{Order, Risks};
use crate::tree::{NodeId, Quantity, Totals, Tree};

use super::Pick;
use super::number::Numbers;

/// The picks in the order to delete: the most harmless first, families from their oldest, then by
/// path. The nodes are ascending and do not hold each other.
pub(super) fn picks(tree: &Tree, risks: &Risks, numbers: &Numbers, nodes: &[NodeId]) -> Vec<Pick> {
    let ages = Ages::of(tree, risks.families());
    let about = |nodes: &[NodeId], room: usize| {
        let mut subtrees = risks.of_subtrees(tree);
        let mut paths = paths(tree);
        let mut picks: Vec<Pick> = Vec::with_capacity(room);
        picks.extend(nodes.iter().map(|&node| {
            let (risk, why) = subtrees.of(node);
            pick(tree, node, paths.spell(node), (risk, why))
        }));
        picks
    };
    let mut picks = match nodes.len() {
        0..MANY => about(nodes, nodes.len()),
        len => std::thread::scope(|scope| {
            let (some, others) = nodes.split_at(len / 2);
            let others = scope.spawn(|| about(others, others.len()));
            let mut picks = about(some, len);
            match others.join() {
                Ok(others) => picks.extend(others),
                Err(panic) => std::panic::resume_unwind(panic),
            }
            picks
        }),
    };
    let places = in_order(&picks, numbers, &ages);
    arrange(
        &mut picks,
        places.into_iter().map(|place| place.at).collect(),
    );
    credit_shared(tree, &mut picks);
    picks
}

/// So many nodes are worth a thread of their own for half of them.
const MANY: usize = 5_000;

/// What orders a pick.
struct Place {
    risk: Risk,
    /// Its family, and how old it is there.
    age: (usize, u32),
    number: u32,
    /// Where it lies now.
    at: u32,
}

/// The places of the picks in the order to delete.
fn in_order(picks: &[Pick], numbers: &Numbers, ages: &Ages<'_>) -> Vec<Place> {
    let place = |(at, pick): (u32, &Pick)| Place {
        risk: pick.risk,
        age: ages.oldest(pick.node).unwrap_or((usize::MAX, 0)),
        number: numbers.of_node(pick.node),
        at,
    };
    let mut places: Vec<Place> = (0u32..).zip(picks).map(place).collect();
    places.sort_unstable_by_key(|place| (place.risk, place.age, place.number));
    // The order of the numbers is nearly that of the paths' bytes, and a stable sort is quick
    // where it finds long runs.
    let path = |place: &Place| &picks[place.at as usize].path;
    for alike in places.chunk_by_mut(|a, b| (a.risk, a.age) == (b.risk, b.age)) {
        alike.sort_by(|a, b| path(a).cmp(path(b)));
    }
    places
}

/// Puts the picks into an order, given as where each of them lies now, without a second list of
/// them.
fn arrange(picks: &mut [Pick], mut order: Vec<u32>) {
    for start in 0..order.len() {
        let mut at = start;
        // Each cycle of the permutation is gone through once; what is in place points to itself.
        loop {
            let from = order[at] as usize;
            order[at] = u32::try_from(at).unwrap_or(u32::MAX);
            if from == start {
                break;
            }
            picks.swap(at, from);
            at = from;
        }
    }
}

fn pick(tree: &Tree, node: NodeId, path: Vec<u8>, (risk, why): (Risk, Arc<str>)) -> Pick {
    let totals = tree.totals(node);
    Pick {
        node,
        path,
        kind: tree.kind(node),
        risk,
        why,
        disk: totals.disk,
        apparent: totals.apparent,
        freed: freed(tree, node, &totals),
        files: totals.files,
        evidence: None,
    }
}

/// What a node gives back when nothing else goes.
fn freed(tree: &Tree, node: NodeId, totals: &Totals) -> Interval {
    match tree.quantity() {
        _ if !tree.links().is_empty() => tree.freed(node),
        Quantity::Disk => totals.disk,
        Quantity::Apparent => totals.apparent,
    }
}

/// What comes back only because several picks go is credited to the last of them.
fn credit_shared(tree: &Tree, picks: &mut [Pick]) {
    if tree.links().is_empty() {
        return;
    }
    let mut starts: Vec<(NodeId, usize)> = picks
        .iter()
        .enumerate()
        .map(|(at, pick)| (pick.node, at))
        .collect();
    starts.sort_unstable();
    let holder = |name: NodeId| {
        let to = starts.partition_point(|start| start.0 <= name);
        let &(node, at) = starts[..to].last()?;
        tree.contains(node, name).then_some(at)
    };
    for group in tree.links().groups().filter(|group| group.is_whole()) {
        let holders: Option<Vec<usize>> = group.names().map(holder).collect();
        let Some(holders) = holders.filter(|h| h.windows(2).any(|w| w[0] != w[1])) else {
            continue;
        };
        let bytes = group
            .names()
            .next()
            .map_or(0, |name| tree.own_weight(name).lo);
        if let Some(&last) = holders.iter().max() {
            picks[last].freed = picks[last].freed + Interval::exactly(bytes);
        }
    }
}

/// The members of families by node.
struct Ages<'a> {
    tree: &'a Tree,
    /// Node, family, rank.
    members: Vec<(u32, usize, u32)>,
}

impl<'a> Ages<'a> {
    fn of(tree: &'a Tree, families: &[Order]) -> Self {
        let numbered = families.iter().enumerate();
        let mut members: Vec<(u32, usize, u32)> = numbered
            .flat_map(|(family, order)| order.members.iter().map(move |m| (m.0, family, m.1)))
            .collect();
        members.sort_unstable();
        Self { tree, members }
    }

    /// The first family that has members in the subtree, and the rank of the oldest of them.
    fn oldest(&self, node: NodeId) -> Option<(usize, u32)> {
        let from = self.members.partition_point(|m| m.0 < node.0);
        let end = self.tree.end(node).0;
        let inside = self.members[from..].iter().take_while(|m| m.0 < end);
        inside.map(|&(_, family, rank)| (family, rank)).min()
    }
}

/// Spells paths as [`Tree::path`] does, for nodes in pre-order: one pass over the directories opens
/// those that hold a node, which is cheaper than to look up what holds each.
struct Paths<'a, D: Iterator> {
    tree: &'a Tree,
    /// The directories that were not come to yet, each with the end of its subtree.
    ahead: Peekable<D>,
    /// Those that hold the last node, the outermost first, with the ends of their subtrees.
    open: Vec<(NodeId, NodeId)>,
    /// The path of the innermost open directory that was spelled, and how long it was with each.
    path: Vec<u8>,
    lengths: Vec<usize>,
}

fn paths(tree: &Tree) -> Paths<'_, impl Iterator<Item = (NodeId, NodeId)>> {
    let dirs = tree.listings().map(|(dir, end, _)| (dir, end));
    Paths {
        tree,
        ahead: dirs.peekable(),
        open: Vec::new(),
        path: Vec::new(),
        lengths: Vec::new(),
    }
}

impl<D: Iterator<Item = (NodeId, NodeId)>> Paths<'_, D> {
    fn spell(&mut self, node: NodeId) -> Vec<u8> {
        while let Some(dir) = self.ahead.next_if(|dir| dir.0 < node) {
            self.close(dir.0);
            self.open.push(dir);
        }
        self.close(node);
        for &(dir, _) in &self.open[self.lengths.len()..] {
            // Of a forest's root only its own path speaks.
            if dir != NodeId::ROOT || self.tree.rooting() == Rooting::Path {
                extend(&mut self.path, self.tree.name(dir));
            }
            self.lengths.push(self.path.len());
        }
        let name = self.tree.name(node);
        let mut path = Vec::with_capacity(self.path.len() + 1 + name.len());
        path.extend_from_slice(&self.path);
        extend(&mut path, name);
        path
    }

    /// Closes the directories that do not hold a node.
    fn close(&mut self, node: NodeId) {
        while self.open.pop_if(|dir| dir.1 <= node).is_some() {}
        if self.lengths.len() > self.open.len() {
            self.lengths.truncate(self.open.len());
            self.path
                .truncate(self.lengths.last().copied().unwrap_or(0));
        }
    }
}

fn extend(path: &mut Vec<u8>, name: &[u8]) {
    if !path.is_empty() && !path.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Batch, Entry, Kind, Sink as _, Token};
    use crate::tree::build::Builder;

    fn dir(name: &[u8], token: u32) -> Entry<'_> {
        Entry {
            token: Some(Token(token)),
            ..Entry::named(name, Kind::Dir)
        }
    }

    #[test]
    fn paths_are_spelled_as_the_tree_does_whatever_was_spelled_before() {
        for (root, rooting) in [
            (&b"/"[..], Rooting::Path),
            (b"/srv", Rooting::Path),
            (b"all", Rooting::Forest),
        ] {
            let mut builder = Builder::new();
            builder.root(dir(root, 0), rooting);
            for (token, below) in [(0, [1, 2]), (1, [3, 4]), (2, [5, 6]), (4, [7, 8])] {
                let mut batch = Batch::new(Token(token));
                for child in below {
                    let name = format!("d{child}");
                    batch.push(dir(name.as_bytes(), child));
                }
                batch.push(Entry::named(b"f\xff/odd", Kind::File));
                builder.listing(&batch);
            }
            let tree = builder.finish().expect("a small tree");
            for step in 1..5 {
                let mut paths = paths(&tree);
                for node in tree.nodes().step_by(step) {
                    assert_eq!(paths.spell(node), tree.path(node), "{root:?} {node:?}");
                }
            }
        }
    }
}
