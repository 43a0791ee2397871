//! One directory: the smallest single one that suffices.

use super::{Ask, Candidate, Choice, Chooser, Short};
use crate::plan::coupled::Judge;
use crate::plan::problem::Allowed;

impl Chooser<'_> {
    /// Exactly one directory that suffices, with the least bytes; of a chain the innermost.
    pub(super) fn directory(&self, ask: &Ask) -> Result<Choice, Short> {
        let all = Allowed::at(self.problem, &self.sums, ask.max_risk as u8, u64::MAX);
        let inodes = |node: u32| self.sums.inodes(node);
        let mut most = Short {
            bytes: 0,
            inodes: 0,
        };
        let mut best: Option<u32> = None;
        for node in self.directories(&all) {
            let (bytes, count) = (self.sums.freed(node), inodes(node));
            most.bytes = most.bytes.max(bytes);
            most.inodes = most.inodes.max(count);
            if bytes < ask.goal.bytes || count < ask.goal.inodes {
                continue;
            }
            let better = |old: u32| {
                let by_lost = self.sums.lost(node).cmp(&self.sums.lost(old));
                let inner = self.problem.contains(old, node);
                by_lost.is_lt() || (by_lost.is_eq() && (inner || (self.tie)(node, old).is_lt()))
            };
            if best.is_none_or(better) {
                best = Some(node);
            }
        }
        // A single directory is not bound by what others must go before it unless it is blocked
        // by them, and `Allowed` does not see elder relatives outside it.
        let judge = Judge::new(self.problem, &self.sums);
        let best = match best {
            Some(node) if judge.left_behind(&[node]).is_some() => self.ordered_directory(ask, &all),
            other => other,
        };
        let Some(node) = best else {
            return Err(most);
        };
        let lost = self.sums.lost(node);
        Ok(self.finish(
            ask,
            Candidate {
                set: vec![node],
                lost,
                paths_bound: 1,
                lost_bound: lost,
            },
        ))
    }

    /// The directories that may go, ascending.
    fn directories(&self, all: &Allowed) -> impl Iterator<Item = u32> {
        let dirs = self.problem.shape.rows().iter().map(|row| row.node);
        let may_go =
            |&node: &u32| all.ok[node as usize] && self.problem.class[node as usize].is_dir();
        dirs.filter(may_go)
    }

    /// The same where the best directory would leave an elder relative behind.
    fn ordered_directory(&self, ask: &Ask, all: &Allowed) -> Option<u32> {
        let judge = Judge::new(self.problem, &self.sums);
        let fits = |&node: &u32| ask.goal.is_met(judge.worth(&[node]));
        let mut fitting: Vec<u32> = self.directories(all).filter(fits).collect();
        fitting.sort_by(|&a, &b| {
            let by_lost = self.sums.lost(a).cmp(&self.sums.lost(b));
            let inner = self
                .problem
                .contains(a, b)
                .cmp(&self.problem.contains(b, a));
            by_lost.then(inner).then_with(|| (self.tie)(a, b))
        });
        fitting
            .into_iter()
            .find(|&node| judge.left_behind(&[node]).is_none())
    }
}
