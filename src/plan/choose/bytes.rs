//! Least bytes: as little beyond the need as can be, in few paths.
//!
//! The fewest paths often lose no more than a sum of sizes must: then they are the answer. Else a
//! table over amounts answers exactly where it fits, and a search by turns where the nodes are few.
//! Of what is left the tree is filled, the large first, and the answer carries its gap.

use super::{Candidate, Chooser, SEARCHED};
use crate::plan::Smallest;
use crate::plan::coupled::{self, Goal, Judge};
use crate::plan::paths;
use crate::plan::problem::Allowed;

/// How many times a tree is looked over for what still fits.
const LOOKS: usize = 16;

impl Chooser<'_> {
    /// Least bytes, then fewest paths.
    pub(super) fn least_bytes(&self, all: &Allowed, goal: Goal) -> Candidate {
        let few = self.fewest(all, goal);
        let grain = all.grain(self.problem);
        let mut floor = goal.bytes.div_ceil(grain).saturating_mul(grain);
        // What is lost least can not be more than what some set loses.
        if few.lost > floor {
            floor = paths::least_sum(self.problem, all, goal.bytes);
        }
        let is_few = few.paths_bound >= few.set.len() as u64;
        if few.lost <= floor && is_few {
            return Candidate {
                lost_bound: few.lost,
                ..few
            };
        }
        if let Some(found) = self.by_table(all, goal, true) {
            return found;
        }
        let judge = Judge::new(self.problem, &self.sums);
        let known = match self.fill(all, goal) {
            Some(set) if judge.worth(&set).lost < few.lost => set,
            _ => few.set.clone(),
        };
        if all.ok.iter().filter(|&&ok| ok).count() <= SEARCHED {
            let known = coupled::Known {
                set: &known,
                floor,
                paths: usize::try_from(few.paths_bound).unwrap_or(0),
            };
            let best = self.by_turns(all, goal, Smallest::Bytes, |work| {
                let known = (known, work);
                let (set, proven) = coupled::least(self.problem, &self.sums, all, goal, known);
                let lost = judge.worth(&set).lost;
                Some(Candidate {
                    paths_bound: if proven {
                        set.len() as u64
                    } else {
                        few.paths_bound
                    },
                    lost_bound: if proven { lost } else { floor.min(lost) },
                    set,
                    lost,
                })
            });
            if let Some(best) = best {
                return best;
            }
        }
        let lost = judge.worth(&known).lost;
        Candidate {
            set: known,
            lost,
            paths_bound: few.paths_bound,
            lost_bound: floor.min(lost),
        }
    }

    /// Large nodes that still fit, again and again, and at the end the smallest that closes the
    /// rest; where nothing binds nodes to each other. Each look at the tree takes what is at least
    /// a quarter of the largest that fits, so a few looks do, however many nodes there are.
    fn fill(&self, all: &Allowed, goal: Goal) -> Option<Vec<u32>> {
        if self.is_spread(all) || self.is_ordered(all) || goal.inodes > 0 {
            return None;
        }
        let mut left = goal.bytes;
        let mut set: Vec<u32> = Vec::new();
        for _ in 0..LOOKS {
            let mut largest = 0;
            self.look(all, 0, &set, |_, bytes| {
                largest = if bytes <= left {
                    bytes.max(largest)
                } else {
                    largest
                };
                bytes <= left
            });
            if largest == 0 {
                break;
            }
            let mut more = Vec::new();
            self.look(all, largest / 4, &set, |node, bytes| {
                let fits = bytes <= left && bytes >= largest.div_ceil(4);
                if fits {
                    more.push(node);
                    left -= bytes;
                }
                fits
            });
            set.append(&mut more);
            set.sort_unstable();
        }
        if left > 0 {
            let mut closing: Option<(u64, u32)> = None;
            self.look(all, left.saturating_sub(1), &set, |node, bytes| {
                if bytes >= left && closing.is_none_or(|old| bytes < old.0) {
                    closing = Some((bytes, node));
                }
                false
            });
            set.push(closing?.1);
        }
        let judge = Judge::new(self.problem, &self.sums);
        Some(if set.len() <= 2_000 {
            judge.prune(&set, goal)
        } else {
            set
        })
    }

    /// Shows every allowed node that is free of what is taken (ascending), until `show` says that
    /// a subtree needs no closer look; nothing below a node that is worth `least` or less.
    fn look(
        &self,
        all: &Allowed,
        least: u64,
        taken: &[u32],
        mut show: impl FnMut(u32, u64) -> bool,
    ) {
        let mut taken = taken.iter().copied().peekable();
        for &top in &all.maximal {
            let mut node = top;
            while node < self.problem.end(top) {
                while taken.peek().is_some_and(|&t| t < node) {
                    taken.next();
                }
                let end = self.problem.end(node);
                let bytes = self.sums.freed(node);
                let is_taken = taken.peek() == Some(&node);
                let is_free = taken.peek().is_none_or(|&t| t >= end);
                let is_done = is_taken || (is_free && show(node, bytes)) || bytes <= least;
                node = if is_done { end } else { node + 1 };
            }
        }
    }
}
