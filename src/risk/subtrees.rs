//! The worst class of whole subtrees, and why they have it.
//!
//! Whoever asks for many subtrees asks in pre-order, and so do reasons lie: each is sought from
//! where the last one was found, in steps that double, instead of in the whole list.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::policy::Risk;
use crate::tree::{NodeId, Tree};

use super::{NEUTRAL, Reason, Risks, index, risk_of};

/// Answers for subtrees in any order; quickly where that is pre-order. See
/// [`Risks::of_subtrees`].
#[derive(Debug)]
pub struct Subtrees<'a> {
    risks: &'a Risks,
    tree: &'a Tree,
    /// Where the last node was sought among the verdicts of single nodes.
    exact: usize,
    /// And among those that hold for what lies below.
    below: usize,
    /// The reasons that were put into words last, for what has the same one.
    last: [Option<(Option<Reason>, Arc<str>)>; KEPT],
}

/// So many reasons are kept in words.
const KEPT: usize = 8;

/// What stands behind the worst class: the bytes of each reason, and the first node that has it.
type ByReason = BTreeMap<Option<Reason>, (u64, u32)>;

impl Risks {
    /// The worst class of a subtree, and why it has that class: the reason that stands behind most
    /// of its bytes.
    #[must_use]
    pub fn of_subtree(&self, tree: &Tree, node: NodeId) -> (Risk, String) {
        let (risk, why) = self.of_subtrees(tree).of(node);
        (risk, why.as_ref().to_owned())
    }

    /// The same for many subtrees.
    #[must_use]
    pub fn of_subtrees<'a>(&'a self, tree: &'a Tree) -> Subtrees<'a> {
        Subtrees {
            risks: self,
            tree,
            exact: 0,
            below: 0,
            last: Default::default(),
        }
    }
}

impl Subtrees<'_> {
    /// The worst class of a subtree, and the reason that stands behind most of its bytes.
    pub fn of(&mut self, node: NodeId) -> (Risk, Arc<str>) {
        let risks = self.risks;
        let range = node.0 as usize..self.tree.end(node).0 as usize;
        let level = |&class: &u8| if class == NEUTRAL { 0 } else { class };
        let worst = risks.class[range.clone()].iter().map(level).max();
        let worst = worst.unwrap_or(0);
        self.exact = seek(&risks.exact, self.exact, node.0);
        self.below = seek(&risks.below, self.below, node.0);
        let by_reason = match range.len() {
            // Its only reason is asked for below.
            1 => ByReason::new(),
            _ => self.reasons(node, range, worst),
        };
        let kinds = by_reason.len();
        let main = by_reason
            .into_iter()
            .max_by_key(|(_, (bytes, first))| (*bytes, u32::MAX - first));
        let reason = match main {
            Some((reason, _)) => reason,
            None => self.reason(node),
        };
        let mut why = self.words(reason);
        if kinds > 1 {
            why = format!("{why}; and {} more", kinds - 1).into();
        }
        (risk_of(worst), why)
    }

    /// A reason in words. Of many subtrees most have the same as one of those just before.
    fn words(&mut self, reason: Option<Reason>) -> Arc<str> {
        let same = self.last.iter().flatten().find(|last| last.0 == reason);
        if let Some((_, words)) = same {
            return Arc::clone(words);
        }
        let words: Arc<str> = self.risks.words(reason).into();
        self.last.rotate_right(1);
        self.last[0] = Some((reason, Arc::clone(&words)));
        words
    }

    /// Why the node has its class, both lists having been sought for it.
    fn reason(&self, node: NodeId) -> Option<Reason> {
        let of_node = self.risks.exact.get(self.exact);
        match of_node.filter(|entry| entry.0 == node.0) {
            Some(entry) => Some(entry.1),
            None => self.risks.reason_from_above(self.tree, node),
        }
    }

    /// All reasons for the worst class of a subtree, in one pass.
    fn reasons(&self, top: NodeId, range: Range<usize>, worst: u8) -> ByReason {
        let Self { risks, tree, .. } = *self;
        let mut exact = risks.exact[self.exact..].iter().peekable();
        let mut below = risks.below[self.below..].iter().peekable();
        let outer = tree
            .parent(top)
            .and_then(|above| risks.reason_from_above(tree, above));
        // The directories whose verdicts hold here: where they end.
        let mut open: Vec<(NodeId, Reason)> = Vec::new();
        let mut by_reason = ByReason::new();
        // What has one reason mostly comes in a row.
        let mut run: Option<(Option<Reason>, u64, u32)> = None;
        let mut flush = |run: Option<(Option<Reason>, u64, u32)>| {
            if let Some((reason, bytes, first)) = run {
                let (sum, _) = by_reason.entry(reason).or_insert((0, first));
                *sum = sum.saturating_add(bytes);
            }
        };
        for inner in range {
            let id = NodeId(index(inner));
            while open.last().is_some_and(|dir| dir.0 <= id) {
                open.pop();
            }
            if let Some(entry) = below.next_if(|entry| entry.0 == id.0) {
                open.push((tree.end(id), entry.1));
            }
            let own = exact.next_if(|entry| entry.0 == id.0).map(|entry| entry.1);
            if risks.class[inner] != worst {
                continue;
            }
            let reason = own.or(open.last().map(|dir| dir.1)).or(outer);
            let bytes = tree.own_weight(id).lo;
            match &mut run {
                Some((same, sum, _)) if *same == reason => *sum = sum.saturating_add(bytes),
                _ => flush(run.replace((reason, bytes, id.0))),
            }
        }
        flush(run);
        by_reason
    }
}

/// The first entry that is not before a node, sought from where the last one was found.
fn seek(list: &[(u32, Reason)], from: usize, node: u32) -> usize {
    if from > 0 && list[from - 1].0 >= node {
        return list[..from].partition_point(|entry| entry.0 < node);
    }
    let (mut low, mut step) = (from, 1);
    while list.get(low + step).is_some_and(|entry| entry.0 < node) {
        low += step;
        step *= 2;
    }
    let high = list.len().min(low + step);
    low + list[low..high].partition_point(|entry| entry.0 < node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeking_from_anywhere_finds_what_a_whole_search_finds() {
        let list: Vec<(u32, Reason)> = (0..40).map(|n| (n * 3 + n / 7, Reason::Mount)).collect();
        for len in [0, 1, 2, 5, 40] {
            let list = &list[..len];
            for node in 0..130 {
                let want = list.partition_point(|entry| entry.0 < node);
                for from in 0..=len {
                    assert_eq!(seek(list, from, node), want, "{node} from {from} of {len}");
                }
            }
        }
    }
}
