//! Which rows a table shows, and in which order.
//!
//! Where there are more than fit, the largest are shown, whatever the order is: a directory is at
//! least as large as what it holds, so none is left out above a row that is shown. No answer
//! depends on the order in which a walk arrived: ties go by path.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::tree::NodeId;

use super::super::path;
use super::{Options, Sort, View};

/// A row of the table.
pub(super) struct Row {
    pub(super) node: NodeId,
    pub(super) label: String,
}

/// The rows to show, and how many more there would be.
pub(super) struct Rows {
    pub(super) shown: Vec<Row>,
    pub(super) more: u64,
}

/// A node of the wanted levels, before its label is made: those of a deep tree would be as long
/// as it is deep.
#[derive(Clone, Copy)]
struct Candidate {
    node: NodeId,
    level: usize,
}

/// The rows that the options ask for.
pub(super) fn choose(view: &View<'_>, options: &Options) -> Rows {
    match options.top {
        Some(n) => largest(view, n, options),
        None => levels(view, options),
    }
}

/// The children down to the wanted depth, each level sorted below its parent.
fn levels(view: &View<'_>, options: &Options) -> Rows {
    let all = candidates(view, options);
    let shown = cut(view, &all, options);
    let more = (all.len() - shown.len()) as u64;
    let row = |candidate: Candidate| {
        let indent = "  ".repeat(candidate.level);
        let name = path(view.tree.name(candidate.node));
        Row {
            node: candidate.node,
            label: format!("{indent}{name}"),
        }
    };
    Rows {
        shown: shown.into_iter().map(row).collect(),
        more,
    }
}

fn candidates(view: &View<'_>, options: &Options) -> Vec<Candidate> {
    let mut found = Vec::new();
    if options.depth == 0 {
        return found;
    }
    let mut open = vec![sorted(view, NodeId::ROOT, options).into_iter()];
    while let Some(level) = open.last_mut() {
        let Some(node) = level.next() else {
            open.pop();
            continue;
        };
        found.push(Candidate {
            node,
            level: open.len() - 1,
        });
        if open.len() < options.depth {
            open.push(sorted(view, node, options).into_iter());
        }
    }
    found
}

/// The most telling ones in their order, as many as there is room for.
fn cut(view: &View<'_>, all: &[Candidate], options: &Options) -> Vec<Candidate> {
    if all.len() <= options.rows {
        return all.to_vec();
    }
    // By place among equals, so a directory always comes before what it holds.
    let mut ranked: Vec<(Reverse<i128>, usize)> = all
        .iter()
        .enumerate()
        .map(|(at, candidate)| (Reverse(rank(view, candidate.node, options)), at))
        .collect();
    raise_parents(all, &mut ranked);
    if options.rows > 0 {
        ranked.select_nth_unstable(options.rows - 1);
    }
    let mut places: Vec<usize> = ranked[..options.rows].iter().map(|&(_, at)| at).collect();
    places.sort_unstable();
    places.into_iter().map(|at| all[at]).collect()
}

/// How telling a row is, in the measure that it is sorted by.
fn rank(view: &View<'_>, node: NodeId, options: &Options) -> i128 {
    match options.sort {
        Sort::Count => view.files(node).into(),
        Sort::Mtime => view.newest(node).map_or(i128::MIN, |t| t.0.into()),
        Sort::Apparent => apparent(view, node).into(),
        Sort::Disk | Sort::Name => view.weight(node, options).lo.into(),
    }
}

/// A directory is as telling as the most telling row below it: an empty one can be newer than any
/// file of the directory that holds it.
fn raise_parents(all: &[Candidate], ranked: &mut [(Reverse<i128>, usize)]) {
    let mut best: Vec<i128> = Vec::new();
    for (at, candidate) in all.iter().enumerate().rev() {
        best.resize(best.len().max(candidate.level + 2), i128::MIN);
        let own = ranked[at].0.0.max(best[candidate.level + 1]);
        best[candidate.level + 1] = i128::MIN;
        best[candidate.level] = best[candidate.level].max(own);
        ranked[at].0 = Reverse(own);
    }
}

fn apparent(view: &View<'_>, node: NodeId) -> u64 {
    match view.recent {
        Some(recent) => recent.of(node).apparent.lo,
        None => view.tree.totals(node).apparent.lo,
    }
}

/// The children in their order; where only changes are asked for, those with some.
fn sorted(view: &View<'_>, parent: NodeId, options: &Options) -> Vec<NodeId> {
    let mut children = view.tree.children_by_name(parent);
    if view.recent.is_some() {
        children.retain(|&child| has_changed(view, child));
    }
    if options.sort != Sort::Name {
        children.sort_by_cached_key(|&child| Reverse(rank(view, child, options)));
    }
    children
}

/// Whether something changed there, or may have: what was not read is not known to be old.
fn has_changed(view: &View<'_>, node: NodeId) -> bool {
    view.recent.is_none_or(|recent| {
        let changed = recent.of(node);
        changed.files + changed.undated + view.tree.totals(node).unread > 0
    })
}

/// The largest nodes wherever they lie. A directory that holds little but another one of the
/// rows would only repeat it, so a directory is shown for what it has beside its largest child.
fn largest(view: &View<'_>, n: usize, options: &Options) -> Rows {
    let tree = view.tree;
    let lo = |node| view.weight(node, options).lo;
    let repeats = |node: NodeId| {
        let heaviest = tree.children(node).map(lo).max().unwrap_or(0);
        heaviest > lo(node) / 10 * 9
    };
    let nodes: Vec<NodeId> = tree
        .nodes()
        .skip(1)
        .filter(|&node| has_changed(view, node) && !(tree.is_dir(node) && repeats(node)))
        .collect();
    let mut rows: Vec<(u64, Vec<u8>, NodeId)> = heaviest(nodes, n, lo, |node| tree.path(node))
        .into_iter()
        .map(|node| (lo(node), tree.path(node), node))
        .collect();
    rows.sort_by(|a, b| (Reverse(a.0), &a.1, a.2).cmp(&(Reverse(b.0), &b.1, b.2)));
    let row = |(_, at, node): (u64, Vec<u8>, NodeId)| Row {
        node,
        label: path(&at),
    };
    // The number of rows was asked for, so it is not cut again.
    Rows {
        shown: rows.into_iter().map(row).collect(),
        more: 0,
    }
}

/// The `n` heaviest nodes, in any order. Of those that weigh as much as the last one, the first by
/// path; no more than `n` paths are held at a time.
fn heaviest(
    mut nodes: Vec<NodeId>,
    n: usize,
    lo: impl Fn(NodeId) -> u64,
    path: impl Fn(NodeId) -> Vec<u8>,
) -> Vec<NodeId> {
    if n == 0 || nodes.len() <= n {
        nodes.truncate(n);
        return nodes;
    }
    nodes.select_nth_unstable_by_key(n - 1, |&node| Reverse(lo(node)));
    let last = lo(nodes[n - 1]);
    let mut chosen: Vec<NodeId> = nodes[..n]
        .iter()
        .copied()
        .filter(|&x| lo(x) > last)
        .collect();
    let room = n - chosen.len();
    let mut tied: BinaryHeap<(Vec<u8>, NodeId)> = BinaryHeap::with_capacity(room + 1);
    for &node in nodes.iter().filter(|&&node| lo(node) == last) {
        tied.push((path(node), node));
        if tied.len() > room {
            tied.pop();
        }
    }
    chosen.extend(tied.into_iter().map(|(_, node)| node));
    chosen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ties_go_by_path_whatever_the_order_of_arrival(
            known in prop::collection::vec((0u64..4, any::<[u8; 2]>()), 0..30),
            n in 0usize..32,
        ) {
            let at = |node: NodeId| known[node.0 as usize];
            let nodes: Vec<NodeId> = (0..u32::try_from(known.len()).unwrap()).map(NodeId).collect();
            let key = |&node: &NodeId| (Reverse(at(node).0), at(node).1, node);
            let mut expected = nodes.clone();
            expected.sort_by_key(key);
            expected.truncate(n);
            let mut chosen = heaviest(nodes, n, |x| at(x).0, |x| at(x).1.to_vec());
            chosen.sort_by_key(key);
            prop_assert_eq!(chosen, expected);
        }

        #[test]
        fn a_row_that_is_shown_stands_below_its_directory(
            levels in prop::collection::vec((0usize..5, -9i128..9), 1..30),
            rows in 1usize..30,
        ) {
            // A pre-order: a row lies at most one level below the one before it.
            let mut level = 0;
            let mut all = Vec::new();
            let mut ranked = Vec::new();
            for (at, (wish, own)) in levels.into_iter().enumerate() {
                level = if at == 0 { 0 } else { wish.min(level + 1) };
                all.push(Candidate { node: NodeId(0), level });
                ranked.push((Reverse(own), at));
            }
            raise_parents(&all, &mut ranked);
            ranked.sort_unstable();
            ranked.truncate(rows);
            for &(_, at) in &ranked {
                let above = (0..at).rev().find(|&up| all[up].level < all[at].level);
                prop_assert!(above.is_none_or(|up| ranked.iter().any(|&(_, r)| r == up)));
            }
        }
    }
}
