//! Fewest paths, then least bytes, where bytes and inodes are both needed and sums add up.
//!
//! **Fewest.** A maximal node gives back at least as much of both as whatever lies in it, so only
//! maximal nodes count, and the question is a covering with two rows. Any weights of the two needs
//! give a bound: the weighted sum of a sufficient set reaches the weighted need, so no set has
//! fewer paths than the largest weighted nodes take to reach it (the Lagrangian, or surrogate,
//! bound; Fisher, *The Lagrangian relaxation method for solving integer programming problems*,
//! 1981). The weights are found by halving: where the largest lack bytes, bytes must weigh more. A
//! basic solution of the linear program has at most two fractional nodes, so the bound is at most
//! two paths off, and between the two last weights lies a chain of sets of which mostly one
//! suffices.
//!
//! **Least bytes.** Where the number of paths is the least, every set takes one node from each of
//! as many maximal subtrees. The least bytes less a price for each inode are a bound for every
//! price (Lagrange once more), and the sets behind the bounds are candidates. The best is improved
//! by exchanges of one path until its bytes are no more than needed, or nothing helps.

use std::cmp::{Ordering, Reverse};

use super::coupled::Goal;
use super::number::at_once;
use super::pairs::{self, Candidate};
use super::problem::{Allowed, Problem, Sums};

/// Weights of the bytes run from nothing to this, those of the inodes the other way.
const WEIGHTS: u64 = 1 << 24;
/// Prices of an inode are counted in this part of a byte.
const PRICE: u32 = 12;
/// Nodes that may be kept as candidates for the least bytes.
const CANDIDATES: usize = 4_000_000;
/// Elementary steps of all that is tried to improve a set.
pub const WORK: u64 = 40_000_000;
/// Paths of a set whose pairs and threes are tried.
const PAIRED: usize = 200;
/// How many candidates are looked at for one exchange, in many paths.
const LOOKS: usize = 64;

/// A set with its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The chosen nodes.
    pub set: Vec<u32>,
    /// What they lose.
    pub lost: u64,
    /// No set has fewer paths.
    pub paths_bound: usize,
    /// No set of that few paths loses less.
    pub lost_bound: u64,
}

/// The fewest nodes that meet both needs, and few bytes; `floor` bytes are always lost. `None`
/// where everything together does not suffice.
#[must_use]
pub fn fewest(
    problem: &Problem,
    sums: &Sums<'_>,
    all: &Allowed,
    goal: Goal,
    (floor, work): (u64, u64),
) -> Option<Found> {
    let item = |(group, &node): (u32, &u32)| Candidate {
        bytes: sums.freed(node),
        inodes: sums.inodes(node),
        node,
        group,
    };
    let items: Vec<Candidate> = (0u32..).zip(&all.maximal).map(item).collect();
    // From here on no sum overflows.
    let mut sizes = items.iter().map(|item| item.bytes);
    sizes.try_fold(0u64, u64::checked_add)?;
    let cover = Cover { items, goal };
    let (bound, weight, set) = cover.fewest()?;
    let mut best = Best::of(goal, set);
    let mut lost_bound = floor.min(best.bytes);
    // What lies below is only known to be one node of each subtree where no path can be spared.
    if best.set.len() == bound {
        let below = cover.candidates(problem, sums, (bound, weight));
        drop(cover);
        if let Some(below) = below {
            let prices = Prices::new(below, goal, bound);
            let least = prices.bound(&mut best);
            lost_bound = floor.max(least).min(best.bytes);
            let mut below = prices.items;
            best.exchange(&mut below, lost_bound, work);
            if best.set.len() <= PAIRED && best.close(below, lost_bound, work) {
                lost_bound = best.bytes;
            }
            lost_bound = lost_bound.min(best.bytes);
        }
    }
    Some(Found {
        lost: best.bytes,
        set: best.set.iter().map(|item| item.node).collect(),
        paths_bound: bound,
        lost_bound,
    })
}

/// The maximal nodes and what is needed of them.
struct Cover {
    items: Vec<Candidate>,
    goal: Goal,
}

impl Cover {
    /// What a node weighs. What is more than needed of one thing does not help.
    fn weigh(&self, weight: u64, item: &Candidate) -> u128 {
        let Goal { bytes, inodes } = self.goal;
        let of_bytes = u128::from(item.bytes.min(bytes)) * u128::from(inodes.max(1));
        let of_inodes = u128::from(item.inodes.min(inodes)) * u128::from(bytes.max(1));
        // Three factors of at most 64, 34 and 24 bits: there are no more inodes than nodes.
        of_bytes
            .saturating_mul(u128::from(weight))
            .saturating_add(of_inodes.saturating_mul(u128::from(WEIGHTS - weight)))
    }

    fn target(&self, weight: u64) -> u128 {
        let Goal { bytes, inodes } = self.goal;
        let all = Candidate {
            bytes,
            inodes,
            node: 0,
            group: 0,
        };
        self.weigh(weight, &all)
    }

    /// Heaviest first; among equals what has more of the thing that weighs less.
    fn order(&self, weight: u64, a: &Candidate, b: &Candidate) -> Ordering {
        let by_weight = self.weigh(weight, b).cmp(&self.weigh(weight, a));
        let rest = match weight {
            0 => b.bytes.cmp(&a.bytes),
            _ => b.inodes.cmp(&a.inodes),
        };
        by_weight.then(rest).then(a.node.cmp(&b.node))
    }

    /// How many of the heaviest it takes to reach the weighted needs.
    fn count(&self, weight: u64) -> Option<usize> {
        let mut tiers = vec![(0u128, 0usize); 129 << 8];
        for item in &self.items {
            let heavy = self.weigh(weight, item);
            let tier = &mut tiers[tier(heavy)];
            *tier = (tier.0.saturating_add(heavy), tier.1 + 1);
        }
        let target = self.target(weight);
        let (mut sum, mut count) = (0u128, 0);
        let last = tiers.iter().rposition(|of_tier| {
            let reaches = sum.saturating_add(of_tier.0) >= target;
            if !reaches {
                sum = sum.saturating_add(of_tier.0);
                count += of_tier.1;
            }
            reaches
        })?;
        let heavy = self.items.iter().map(|item| self.weigh(weight, item));
        let mut heavy: Vec<u128> = heavy.filter(|&heavy| tier(heavy) == last).collect();
        heavy.sort_unstable_by(|a, b| b.cmp(a));
        for heavy in heavy {
            if sum >= target {
                break;
            }
            sum = sum.saturating_add(heavy);
            count += 1;
        }
        Some(count)
    }

    /// So many of the heaviest, in the order of the nodes.
    fn heaviest(&self, weight: u64, count: usize) -> Vec<Candidate> {
        let mut items = self.items.clone();
        if count < items.len() {
            items.select_nth_unstable_by(count, |a, b| self.order(weight, a, b));
            items.truncate(count);
        }
        items.sort_unstable_by_key(|item| item.node);
        items
    }

    /// The bound of the paths, the weight that says so, and a set of few more paths, if not of as
    /// many.
    fn fewest(&self) -> Option<(usize, u64, Vec<Candidate>)> {
        let (mut low, mut high) = (0, WEIGHTS);
        let mut bound = (0, 0);
        let mut ends = [Vec::new(), Vec::new()];
        // First each need alone, then what lies between.
        let mut next = low;
        loop {
            let count = self.count(next)?;
            if count > bound.0 {
                bound = (count, next);
            }
            let set = self.heaviest(next, bound.0);
            let (bytes, inodes) = worth(&set);
            match (bytes >= self.goal.bytes, inodes >= self.goal.inodes) {
                (true, true) => return Some((bound.0, bound.1, set)),
                (false, _) => (low, ends[0]) = (next, set),
                (true, false) => (high, ends[1]) = (next, set),
            }
            next = match (ends[0].is_empty(), ends[1].is_empty()) {
                (true, _) => 0,
                (_, true) => WEIGHTS,
                _ if high - low > 1 => low + (high - low) / 2,
                _ => break,
            };
        }
        let set = self.between(low, high, bound.0);
        Some((bound.0, bound.1, set))
    }

    /// A set between two that each lack one of the needs: what one has more is exchanged for what
    /// the other has more, one path after the other.
    fn between(&self, low: u64, high: u64, count: usize) -> Vec<Candidate> {
        let (mut set, other) = (self.heaviest(low, count), self.heaviest(high, count));
        let is_in = |list: &[Candidate], item: &Candidate| {
            list.binary_search_by_key(&item.node, |of| of.node).is_ok()
        };
        let mut out: Vec<Candidate> = set.iter().filter(|i| !is_in(&other, i)).copied().collect();
        let mut come: Vec<Candidate> = other.iter().filter(|i| !is_in(&set, i)).copied().collect();
        out.sort_unstable_by_key(|item| (item.bytes, item.node));
        come.sort_unstable_by_key(|item| (Reverse(item.bytes), item.node));
        let (mut bytes, mut inodes) = worth(&set);
        let (mut gone, mut come_in) = (Vec::new(), Vec::new());
        for (out, come) in out.iter().zip(&come) {
            let after = (
                bytes - out.bytes + come.bytes,
                inodes - out.inodes + come.inodes,
            );
            let is_short = [after.0 < self.goal.bytes, after.1 < self.goal.inodes];
            if is_short == [true, true] {
                continue;
            }
            (bytes, inodes) = after;
            gone.push(out.node);
            come_in.push(*come);
            if !is_short[0] {
                break;
            }
        }
        gone.sort_unstable();
        set.retain(|item| gone.binary_search(&item.node).is_err());
        set.append(&mut come_in);
        set.sort_unstable_by_key(|item| item.node);
        // One path or two more do.
        while bytes < self.goal.bytes || inodes < self.goal.inodes {
            let free = self.items.iter().filter(|item| !is_in(&set, item));
            let lacks = |item: &&Candidate| match bytes < self.goal.bytes {
                true => (item.bytes, item.inodes, Reverse(item.node)),
                false => (item.inodes, item.bytes, Reverse(item.node)),
            };
            let Some(&more) = free.max_by_key(lacks) else {
                break;
            };
            let at = set.partition_point(|item| item.node < more.node);
            set.insert(at, more);
            (bytes, inodes) = worth(&set);
        }
        set
    }

    /// What may be in a sufficient set of so many paths: the heaviest of them have so much to
    /// spare, and nothing else may lack more. `None` where it is too much.
    fn candidates(
        &self,
        problem: &Problem,
        sums: &Sums<'_>,
        (count, weight): (usize, u64),
    ) -> Option<Vec<Candidate>> {
        let mut heavy: Vec<u128> = Vec::with_capacity(self.items.len());
        heavy.extend(self.items.iter().map(|item| self.weigh(weight, item)));
        let (more, last, _) = heavy.select_nth_unstable_by(count.checked_sub(1)?, |a, b| b.cmp(a));
        let sum = more
            .iter()
            .fold(*last, |sum, &heavy| sum.saturating_add(heavy));
        let least = last.saturating_sub(sum.saturating_sub(self.target(weight)));
        drop(heavy);
        let mut found = Vec::new();
        for top in &self.items {
            let (mut node, end) = (top.node, problem.end(top.node));
            while node < end {
                let item = Candidate {
                    bytes: sums.freed(node),
                    inodes: sums.inodes(node),
                    node,
                    group: top.group,
                };
                if self.weigh(weight, &item) < least {
                    node = problem.end(node);
                    continue;
                }
                found.push(item);
                node += 1;
            }
            if found.len() > CANDIDATES {
                return None;
            }
        }
        Some(found)
    }
}

/// The bound of the bytes by the price of an inode.
struct Prices {
    /// By group.
    items: Vec<Candidate>,
    goal: Goal,
    count: usize,
}

impl Prices {
    fn new(items: Vec<Candidate>, goal: Goal, count: usize) -> Self {
        Self { items, goal, count }
    }

    /// The best bound of all prices tried; a better set on the way takes the place of the best.
    fn bound(&self, best: &mut Best) -> u64 {
        let (mut low, mut high) = (0u64, 1u64 << PRICE);
        let mut bound = 0;
        let mut is_found = false;
        let mut costs = Vec::new();
        for _ in 0..2 * u64::BITS {
            let price = if is_found {
                low + (high - low) / 2
            } else {
                high
            };
            let (least, set) = self.at(price, &mut costs);
            bound = bound.max(least);
            let (bytes, inodes) = worth(&set);
            let suffices = inodes >= self.goal.inodes;
            if suffices && bytes >= self.goal.bytes && bytes < best.bytes {
                *best = Best::of(self.goal, set);
            }
            // At a lower price the best set has no more inodes, so no more bytes either. This one has
            // inodes enough, so no lower price bounds the bytes by more than its own: what lies
            // below the need says nothing, and no set on the way there suffices.
            if suffices && bytes < self.goal.bytes {
                break;
            }
            match (suffices, is_found) {
                (true, _) => (is_found, high) = (true, price),
                (false, true) => low = price,
                (false, false) if price >= 1 << 62 => break,
                (false, false) => (low, high) = (price, price * 4),
            }
            if high - low <= 1 {
                break;
            }
        }
        bound
    }

    /// What an item costs at a price.
    fn cost(item: &Candidate, price: u64) -> i128 {
        (i128::from(item.bytes) << PRICE) - i128::from(price) * i128::from(item.inodes)
    }

    /// The cheapest of every group, in the order of the nodes.
    fn cheapest(&self, price: u64) -> impl Iterator<Item = (i128, &Candidate)> {
        let of_group = self.items.chunk_by(|a, b| a.group == b.group);
        of_group.filter_map(move |group| {
            let costs = group.iter().map(|item| (Self::cost(item, price), item));
            costs.min_by_key(|&(cost, item)| (cost, item.node))
        })
    }

    /// The bound at one price, and the set behind it. Of those that cost as much as the last the
    /// first nodes are taken, so the costs alone are enough to tell the set.
    fn at(&self, price: u64, costs: &mut Vec<i128>) -> (u64, Vec<Candidate>) {
        costs.clear();
        costs.extend(self.cheapest(price).map(|of| of.0));
        let (dearest, mut at_most) = match self.count.checked_sub(1) {
            Some(last) if last < costs.len() => {
                let (less, &mut dearest, _) = costs.select_nth_unstable(last);
                let as_dear = less.iter().filter(|&&cost| cost == dearest).count();
                (dearest, as_dear + 1)
            }
            Some(_) => (i128::MAX, usize::MAX),
            None => (i128::MIN, 0),
        };
        let mut set = Vec::with_capacity(self.count.min(costs.len()));
        let mut sum = 0;
        for (cost, &item) in self.cheapest(price) {
            if cost < dearest || (cost == dearest && at_most > 0) {
                at_most -= usize::from(cost == dearest);
                sum += cost;
                set.push(item);
            }
        }
        let bound = sum + i128::from(price) * i128::from(self.goal.inodes);
        // Bytes are whole, so part of one counts as one.
        let bound = (bound + (1 << PRICE) - 1) >> PRICE;
        (u64::try_from(bound.max(0)).unwrap_or(0), set)
    }
}

/// The best set so far.
struct Best {
    set: Vec<Candidate>,
    goal: Goal,
    bytes: u64,
    inodes: u64,
}

impl Best {
    fn of(goal: Goal, set: Vec<Candidate>) -> Self {
        let (bytes, inodes) = worth(&set);
        Self {
            set,
            goal,
            bytes,
            inodes,
        }
    }

    /// Exchanges one path for another that frees less, the largest first, as long as that helps.
    fn exchange(&mut self, items: &mut [Candidate], floor: u64, mut work: u64) {
        let set = &mut self.set;
        at_once(
            items.len(),
            || set.sort_unstable_by_key(|item| (Reverse(item.bytes), item.node)),
            || items.sort_unstable_by_key(|item| (item.bytes, item.node)),
        );
        let groups = items
            .iter()
            .chain(&self.set)
            .map(|item| item.group as usize);
        let mut taken = vec![false; groups.max().map_or(0, |last| last + 1)];
        for pick in &self.set {
            taken[pick.group as usize] = true;
        }
        let looks = match self.set.len() < LOOKS {
            true => usize::MAX,
            false => LOOKS,
        };
        loop {
            let before = self.bytes;
            // Where small ones went in before, nothing free is left.
            let mut free = 0;
            for at in 0..self.set.len() {
                let old = self.set[at];
                while items
                    .get(free)
                    .is_some_and(|item| taken[item.group as usize])
                {
                    free += 1;
                }
                let surplus = self.bytes - self.goal.bytes;
                let spare = self.inodes - self.goal.inodes;
                let least = old.bytes.saturating_sub(surplus);
                let from = items.partition_point(|item| item.bytes < least).max(free);
                let may_come = |item: &&Candidate| {
                    let is_free = item.group == old.group || !taken[item.group as usize];
                    is_free && item.inodes + spare >= old.inodes
                };
                let near = items[from.min(items.len())..].iter().take(looks);
                let near = near.take_while(|item| item.bytes < old.bytes);
                let mut seen = 0;
                let new = near.inspect(|_| seen += 1).find(may_come).copied();
                work = work.saturating_sub(1 + seen);
                if work == 0 || self.bytes <= floor {
                    return;
                }
                if let Some(new) = new {
                    taken[old.group as usize] = false;
                    taken[new.group as usize] = true;
                    // What was taken is free again, and may be smaller than all that is.
                    free = free.min(items.partition_point(|item| item.bytes < old.bytes));
                    self.set[at] = new;
                    self.bytes = self.bytes - old.bytes + new.bytes;
                    self.inodes = self.inodes - old.inodes + new.inodes;
                }
            }
            if self.bytes == before {
                return;
            }
        }
    }
}

impl Best {
    /// Exchanges pairs and threes; whether the bytes are then proven to be the least.
    fn close(&mut self, items: Vec<Candidate>, floor: u64, work: u64) -> bool {
        let nodes: Vec<u32> = self.set.iter().map(|item| item.node).collect();
        let goal = (self.goal, floor);
        let Some((set, is_least)) = pairs::exchange(items, goal, &nodes, work) else {
            return false;
        };
        *self = Self::of(self.goal, set);
        is_least
    }
}

/// Rises with the weight: its magnitude, and eight bits beyond the leading one.
fn tier(heavy: u128) -> usize {
    let magnitude = u128::BITS - heavy.leading_zeros();
    let below = match heavy.leading_zeros() {
        zeros if zeros + 1 < u128::BITS => heavy << (zeros + 1),
        _ => 0,
    };
    (magnitude as usize) << 8 | (below >> (u128::BITS - 8)) as usize
}

fn worth(set: &[Candidate]) -> (u64, u64) {
    set.iter().fold((0, 0), |(bytes, inodes), item| {
        (
            u64::saturating_add(bytes, item.bytes),
            u64::saturating_add(inodes, item.inodes),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::problem::Class;
    use crate::policy::Risk;

    fn dice(mut seed: u64) -> impl FnMut(u64) -> u64 {
        move |sides: u64| {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(11);
            (seed >> 33) % sides
        }
    }

    /// A random tree below a root that must stay: few large files, directories of many small ones.
    fn random(roll: &mut impl FnMut(u64) -> u64) -> Problem {
        let mut problem = Problem::default();
        problem.push(0, 0, Class::new(Risk::Never, true));
        let mut dirs = vec![0];
        for _ in 0..4 + roll(9) {
            while dirs.len() > 1 && roll(3) == 0 {
                dirs.pop();
            }
            let is_dir = roll(3) == 0;
            let own = if is_dir { roll(2) } else { 1 + roll(30) };
            let parent = dirs[dirs.len() - 1];
            let node = problem.push(parent, own, Class::new(Risk::Old, is_dir));
            if is_dir {
                dirs.push(node);
            }
        }
        problem
    }

    /// The fewest paths, and the least bytes among them, by every set there is.
    fn truth(problem: &Problem, sums: &Sums<'_>, from: u32, goal: Goal) -> Option<(usize, u64)> {
        if goal.bytes == 0 && goal.inodes == 0 {
            return Some((0, 0));
        }
        let nodes = from..u32::try_from(problem.len()).expect("small");
        let sets = nodes.filter_map(|node| {
            let rest = Goal {
                bytes: goal.bytes.saturating_sub(sums.freed(node)),
                inodes: goal.inodes.saturating_sub(sums.inodes(node)),
            };
            let (paths, lost) = truth(problem, sums, problem.end(node), rest)?;
            Some((paths + 1, lost + sums.freed(node)))
        });
        sets.min()
    }

    #[test]
    fn both_needs_are_met_within_the_bounds_of_all_sets() {
        let (mut trees, mut fewest_proven, mut least_proven, mut bound_alone) = (0, 0, 0, 0);
        for seed in 0..3_000 {
            let mut roll = dice(seed);
            let problem = random(&mut roll);
            let sums = problem.sums(true);
            let all = Allowed::at(&problem, &sums, 4, u64::MAX);
            let most = |of: &dyn Fn(u32) -> u64| all.maximal.iter().map(|&n| of(n)).sum::<u64>();
            let goal = Goal {
                bytes: roll(most(&|n| sums.freed(n)) + 1),
                inodes: 1 + roll(most(&|n| sums.inodes(n))),
            };
            let want = truth(&problem, &sums, 1, goal).expect("all of it suffices");
            for work in [0, 1, roll(30), WORK] {
                let found = fewest(&problem, &sums, &all, goal, (goal.bytes, work));
                let found = found.expect("all of it suffices");
                let said = format!("seed {seed} {goal:?} {work} {want:?} {found:?} {problem:?}");
                let sum = |of: &dyn Fn(u32) -> u64| found.set.iter().map(|&n| of(n)).sum::<u64>();
                assert_eq!(sum(&|n| sums.freed(n)), found.lost, "{said}");
                assert!(found.lost >= goal.bytes, "{said}");
                assert!(sum(&|n| sums.inodes(n)) >= goal.inodes, "{said}");
                let apart = |&a: &u32| {
                    let holds = |&&b: &&u32| problem.contains(a, b);
                    found.set.iter().filter(holds).count() == 1
                };
                assert!(found.set.iter().all(apart), "{said}");
                assert!(
                    found.paths_bound <= want.0 && found.set.len() >= want.0,
                    "{said}"
                );
                assert!(found.set.len() <= found.paths_bound + 2, "{said}");
                if found.set.len() == want.0 {
                    assert!(found.lost >= want.1 && found.lost_bound <= want.1, "{said}");
                }
                if work == WORK {
                    trees += 1;
                    let is_fewest = found.set.len() == found.paths_bound;
                    fewest_proven += u32::from(is_fewest);
                    least_proven += u32::from(is_fewest && found.lost == found.lost_bound);
                    bound_alone +=
                        u32::from(found.lost > goal.bytes && found.lost == found.lost_bound);
                }
            }
        }
        let said = format!("{trees} {fewest_proven} {least_proven} {bound_alone}");
        assert!(
            fewest_proven * 10 > trees * 9 && least_proven * 3 > trees,
            "{said}"
        );
        assert!(bound_alone > 100, "{said}");
    }
}
