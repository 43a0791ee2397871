//! Fewest paths, then least bytes, where the table over deficits would be too wide: pair closing.
//!
//! All but two paths of a set stay, and the two are exchanged for the pair that frees the least
//! and still suffices. Sorted by size such a pair is found by two pointers that meet, each element
//! looked at a few times (the two-sum step of Horowitz and Sahni's *Computing partitions with
//! applications to the knapsack problem*, 1974). Wide tables come from few large paths, or from
//! many that are close together; for two paths the pair is the whole set, so the answer is exact,
//! and among many the pairs are so dense that they often hit the need itself. Where pairs do not,
//! three paths are exchanged: each candidate as the third, and the pair that goes with it.
//!
//! What may be in a set of k\* paths is limited as in [`super::paths`]: one node of each maximal
//! subtree, none smaller than the last of the k\* largest less the surplus. Work is counted, so a
//! run stops at the same place everywhere.

use super::coupled::Goal;
use super::problem::{Allowed, Problem, Sums};

/// Looks at a candidate, in one run.
pub const WORK: u64 = 60_000_000;
/// Candidates that may be kept.
const CANDIDATES: usize = 4_000_000;

/// A set and whether no other of as many paths loses less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The chosen nodes.
    pub set: Vec<u32>,
    /// What it gives back.
    pub bytes: u64,
    /// Whether that is proven to be the least.
    pub is_least: bool,
}

/// A node that may be in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The bytes that it frees.
    pub bytes: u64,
    /// The node.
    pub node: u32,
    /// Which maximal subtree it lies in, by a number of its own.
    pub group: u32,
    /// The inodes that it frees, where they are needed.
    pub inodes: u64,
}

/// Exchanges pairs of a fewest set until none frees less, `floor` is reached, or the work ends.
///
/// `set` is a fewest set that frees `need`, one node below each of as many maximal nodes.
#[must_use]
pub fn close(
    problem: &Problem,
    sums: &Sums<'_>,
    all: &Allowed,
    (need, floor): (u64, u64),
    set: &[u32],
    work: u64,
) -> Closed {
    let mut sizes = set.iter().map(|&node| sums.freed(node));
    let exact = sizes.try_fold(0u64, u64::checked_add);
    let bytes = exact.unwrap_or(u64::MAX);
    let as_it_was = Closed {
        set: set.to_vec(),
        bytes,
        is_least: bytes <= floor,
    };
    if set.len() < 2 || bytes <= floor || exact.is_none() {
        return as_it_was;
    }
    let Some(candidates) = candidates(problem, sums, all, need, set.len()) else {
        return as_it_was;
    };
    let goal = Goal {
        bytes: need,
        inodes: 0,
    };
    let Some((picks, is_least)) = exchange(candidates, (goal, floor), set, work) else {
        return as_it_was;
    };
    Closed {
        bytes: picks.iter().map(|pick| pick.bytes).sum(),
        set: picks.into_iter().map(|pick| pick.node).collect(),
        is_least,
    }
}

/// The same with the candidates at hand, whatever is needed: their bytes do not add up to more
/// than a number holds. The set, and whether it is proven to be the least of as many paths; `None`
/// where the given one is none of candidates of different groups.
#[must_use]
pub fn exchange(
    mut candidates: Vec<Candidate>,
    (goal, floor): (Goal, u64),
    set: &[u32],
    work: u64,
) -> Option<(Vec<Candidate>, bool)> {
    candidates.sort_unstable();
    let groups = candidates.iter().map(|candidate| candidate.group as usize);
    let mut closer = Closer {
        goal,
        floor,
        work,
        bytes: 0,
        picks: Vec::new(),
        banned: vec![false; groups.max()? + 1],
        candidates,
    };
    closer.start(set)?;
    let complete = closer.bytes <= floor || closer.run();
    let is_whole = (2..=3).contains(&set.len());
    let is_least = closer.bytes <= floor || (complete && is_whole);
    Some((closer.picks, is_least))
}

/// What may be in a sufficient set of so many paths; `None` where it is too much.
fn candidates(
    problem: &Problem,
    sums: &Sums<'_>,
    all: &Allowed,
    need: u64,
    count: usize,
) -> Option<Vec<Candidate>> {
    let mut tops: Vec<u64> = all.maximal.iter().map(|&top| sums.freed(top)).collect();
    let (larger, last, _) = tops.select_nth_unstable_by(count.checked_sub(1)?, |a, b| b.cmp(a));
    let last = *last;
    let most = larger
        .iter()
        .fold(last, |sum, &top| sum.saturating_add(top));
    // Whatever is smaller lacks more than all that the largest have to spare.
    let least = last.saturating_sub(most.saturating_sub(need)).max(1);
    let mut found = Vec::new();
    let mut group = 0;
    for &top in &all.maximal {
        let (mut node, end, before) = (top, problem.end(top), found.len());
        while node < end {
            let bytes = sums.freed(node);
            if bytes < least {
                node = problem.end(node);
                continue;
            }
            found.push(Candidate {
                bytes,
                node,
                group,
                inodes: 0,
            });
            node += 1;
        }
        group += u32::from(found.len() > before);
        if found.len() > CANDIDATES {
            return None;
        }
    }
    Some(found)
}

struct Closer {
    goal: Goal,
    floor: u64,
    work: u64,
    candidates: Vec<Candidate>,
    picks: Vec<Candidate>,
    bytes: u64,
    /// By group: whether one of the paths that stay lies in it.
    banned: Vec<bool>,
}

impl Closer {
    /// Looks up the set among the candidates; nothing where it is none of different groups.
    fn start(&mut self, set: &[u32]) -> Option<()> {
        let mut wanted = set.to_vec();
        wanted.sort_unstable();
        let is_in = |candidate: &&Candidate| wanted.binary_search(&candidate.node).is_ok();
        self.picks = self.candidates.iter().filter(is_in).copied().collect();
        for pick in &self.picks {
            if std::mem::replace(&mut self.banned[pick.group as usize], true) {
                return None;
            }
            self.bytes = self.bytes.checked_add(pick.bytes)?;
        }
        self.picks.reverse();
        (self.picks.len() == set.len()).then_some(())
    }

    /// What the others leave to these picks, and what these bring; the others' bytes last.
    fn left_to(&mut self, old: &[Candidate]) -> (Goal, u64, u64) {
        let sum: u64 = old.iter().map(|pick| pick.bytes).sum();
        let inodes = |picks: &[Candidate]| picks.iter().map(|pick| pick.inodes).sum::<u64>();
        let other_inodes = inodes(&self.picks) - inodes(old);
        let others = self.bytes - sum;
        for pick in old {
            self.banned[pick.group as usize] = false;
        }
        let need = Goal {
            bytes: self.goal.bytes.saturating_sub(others),
            inodes: self.goal.inodes.saturating_sub(other_inodes),
        };
        (need, sum, others)
    }

    /// Tries the two smallest first, then every other pair, until none of them helps; false where
    /// the work ran out before.
    fn run(&mut self) -> bool {
        let count = self.picks.len();
        loop {
            let before = self.bytes;
            for second in (1..count).rev() {
                for first in (0..second).rev() {
                    if self.bytes <= self.floor {
                        return true;
                    }
                    if !self.exchange(first, second) {
                        return false;
                    }
                }
            }
            if self.bytes == before {
                match self.threes() {
                    Some(true) => {}
                    Some(false) => return true,
                    None => return false,
                }
            }
        }
    }

    /// Exchanges three picks, the smallest first, until that helps; whether it did, and nothing
    /// where the work ran out before that was known.
    fn threes(&mut self) -> Option<bool> {
        let before = self.bytes;
        for third in (2..self.picks.len()).rev() {
            for second in (1..third).rev() {
                for first in (0..second).rev() {
                    let complete = self.exchange_three([first, second, third]);
                    if self.bytes < before {
                        return Some(true);
                    }
                    if !complete {
                        return None;
                    }
                }
            }
        }
        Some(false)
    }

    /// Exchanges three picks for the best three; false where the work ran out before that is known.
    fn exchange_three(&mut self, places: [usize; 3]) -> bool {
        let old = places.map(|at| self.picks[at]);
        let (need, sum, others) = self.left_to(&old);
        let (mut best, mut limit, mut complete) = (old, sum, true);
        for at in (0..self.candidates.len()).rev() {
            let one = self.candidates[at];
            if self.banned[one.group as usize] || one.bytes >= limit {
                continue;
            }
            self.banned[one.group as usize] = true;
            let rest = Goal {
                bytes: need.bytes.saturating_sub(one.bytes),
                inodes: need.inodes.saturating_sub(one.inodes),
            };
            let (pair, is_known) = self.best_pair(rest, limit - one.bytes);
            self.banned[one.group as usize] = false;
            if let Some([two, three]) = pair {
                best = [one, two, three];
                limit = best.iter().map(|pick| pick.bytes).sum();
            }
            if !is_known || limit <= need.bytes || limit + others <= self.floor {
                complete = is_known;
                break;
            }
        }
        for (at, pick) in places.into_iter().zip(best) {
            self.banned[pick.group as usize] = true;
            self.picks[at] = pick;
        }
        self.bytes = others + limit;
        complete
    }

    /// Exchanges two picks for the best pair; false where the work ran out before that is known.
    fn exchange(&mut self, first: usize, second: usize) -> bool {
        let old = [self.picks[first], self.picks[second]];
        let (need, sum, others) = self.left_to(&old);
        let (pair, complete) = self.best_pair(need, sum);
        let new = pair.unwrap_or(old);
        for pick in new {
            self.banned[pick.group as usize] = true;
        }
        (self.picks[first], self.picks[second]) = (new[0], new[1]);
        self.bytes = others + new[0].bytes + new[1].bytes;
        complete
    }

    /// The pair of two free groups that meets the need with the least bytes, less than `limit`; and
    /// whether there was work enough to know. Among equal ones the most unequal pair.
    fn best_pair(&mut self, need: Goal, mut limit: u64) -> (Option<[Candidate; 2]>, bool) {
        let mut best = None;
        let mut from = 0;
        for &large in self.candidates.iter().rev() {
            let lacks = need.bytes.saturating_sub(large.bytes);
            while self.candidates.get(from).is_some_and(|c| c.bytes < lacks) {
                from += 1;
            }
            if self.work == 0 {
                return (best, false);
            }
            self.work -= 1;
            if self.banned[large.group as usize] {
                continue;
            }
            let lacks = need.inodes.saturating_sub(large.inodes);
            // The first that fits may lie in the same subtree, or in one that is taken.
            for &small in &self.candidates[from..] {
                let sum = large.bytes.saturating_add(small.bytes);
                if sum >= limit || small.bytes > large.bytes || self.work == 0 {
                    break;
                }
                self.work -= 1;
                let is_free = small.group != large.group && !self.banned[small.group as usize];
                if is_free && small.inodes >= lacks {
                    (best, limit) = (Some([large, small]), sum);
                    break;
                }
            }
            if limit <= need.bytes {
                break;
            }
        }
        (best, self.work > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::problem::Class;
    use crate::policy::Risk;

    /// A random tree below a root that must stay.
    fn random(mut seed: u64) -> (Problem, impl FnMut(u64) -> u64) {
        let mut roll = move |sides: u64| {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(11);
            (seed >> 33) % sides
        };
        let mut problem = Problem::default();
        let class = |is_dir| Class::new(Risk::Old, is_dir);
        problem.push(0, 0, Class::new(Risk::Never, true));
        let mut dirs = vec![0];
        for _ in 0..3 + roll(9) {
            while dirs.len() > 1 && roll(3) == 0 {
                dirs.pop();
            }
            let parent = dirs[dirs.len() - 1];
            let is_dir = roll(3) == 0;
            let own = if is_dir { roll(2) } else { 1 + roll(40) };
            let node = problem.push(parent, own, class(is_dir));
            if is_dir {
                dirs.push(node);
            }
        }
        (problem, roll)
    }

    /// The least bytes of exactly so many nodes that suffice, by every set there is.
    fn least(problem: &Problem, sums: &Sums<'_>, from: u32, need: u64, count: usize) -> u64 {
        if count == 0 {
            return if need == 0 { 0 } else { u64::MAX };
        }
        let nodes = from..u32::try_from(problem.len()).expect("small");
        let sets = nodes.map(|node| {
            let bytes = sums.freed(node);
            let rest = need.saturating_sub(bytes);
            least(problem, sums, problem.end(node), rest, count - 1).saturating_add(bytes)
        });
        sets.min().unwrap_or(u64::MAX)
    }

    #[test]
    fn of_two_and_three_paths_the_least_is_found_and_proven() {
        let (mut proven, mut better) = ([0; 2], 0);
        for seed in 0..4_000 {
            let (problem, mut roll) = random(seed);
            let sums = problem.sums(false);
            let all = Allowed::at(&problem, &sums, 4, u64::MAX);
            let mut tops: Vec<(u64, u32)> =
                all.maximal.iter().map(|&n| (sums.freed(n), n)).collect();
            tops.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            let need = 1 + roll(tops.iter().map(|top| top.0).sum::<u64>().max(1));
            let mut sum = 0;
            let Some(last) = tops.iter().position(|top| {
                sum += top.0;
                sum >= need
            }) else {
                continue;
            };
            let set: Vec<u32> = tops[..=last].iter().map(|top| top.1).collect();
            let want = least(&problem, &sums, 1, need, set.len());
            for work in [0, 3, roll(40), WORK] {
                let closed = close(&problem, &sums, &all, (need, need), &set, work);
                let said = format!("seed {seed} need {need} work {work} {closed:?} {problem:?}");
                let freed: u64 = closed.set.iter().map(|&node| sums.freed(node)).sum();
                let apart = |&a: &u32| {
                    let others = closed.set.iter().filter(|&&b| b != a);
                    others.clone().count() + 1 == set.len()
                        && others.clone().all(|&b| !problem.contains(a, b))
                };
                assert!(closed.set.iter().all(apart), "{said}");
                assert!(freed == closed.bytes && freed >= need, "{said}");
                assert!(freed <= sum, "{said}");
                if closed.is_least {
                    assert_eq!(freed, want, "{said}");
                }
                assert!(freed >= want, "{said}");
                if work == WORK {
                    assert!(closed.is_least || !(2..=3).contains(&set.len()), "{said}");
                }
                proven[usize::from(set.len() > 3)] += u32::from(closed.is_least);
                better += u32::from(freed < sum);
            }
        }
        assert!(proven[0] > 500 && proven[1] > 300, "{proven:?}");
        assert!(better > 1_000, "{better}");
    }
}
