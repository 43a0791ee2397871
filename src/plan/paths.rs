//! Fewest paths, then least bytes, where nothing binds one subtree to another.
//!
//! **Fewest.** Each path of a set lies below some maximal allowed node, and a set that touches
//! fewer than k of those gives back no more than the k−1 largest. So the k largest maximal nodes
//! that reach the need are a fewest set, k = k*.
//!
//! **Least bytes at k\*.** Let D = (sum of these k*) − need, and r the smallest of them. By the
//! same argument every set of k* paths takes *one* node from each of k* different maximal
//! subtrees. Written as deviations from the top set, every choice costs a deficit ≥ 0: a
//! descendant c instead of its maximal m costs W(m) − W(c); leaving m out costs W(m) − r; taking a
//! node c that was not in the top costs r − W(c). The deficits of a sufficient set sum up to at
//! most D, so a table over 0..=D (not over the need) and the balance of takes and leaves is
//! exact. This is the balancing idea of Pisinger's bounded subset sum (*Linear time algorithms
//! for knapsack problems with bounded weights*, 1999) on a tree.
//!
//! Work is counted in machine words, never in seconds, so a run stops at the same place
//! everywhere; then the answer carries its gap.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::problem::{Allowed, Problem, Sums, Tie, common};

/// Words of table that may be touched, and cells that may be kept.
const WORK: u64 = 600_000_000;
const CELLS: u64 = 24_000_000;

/// A set of paths and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The chosen nodes.
    pub set: Vec<u32>,
    /// The bytes it gives back, which are also those that it loses.
    pub bytes: u64,
    /// No set of as many paths that suffices can lose less than this.
    pub bound: u64,
}

/// The fewest nodes that give back `need` (> 0), and among these the least bytes; `None` when all
/// maximal nodes together do not suffice.
#[must_use]
pub fn fewest(
    problem: &Problem,
    sums: &Sums<'_>,
    all: &Allowed,
    need: u64,
    tie: Tie<'_>,
) -> Option<Found> {
    let sizes = || {
        let sizes = all.maximal.iter().map(|&node| (sums.freed(node), node));
        sizes.filter(|&(bytes, _)| bytes > 0)
    };
    // Of millions of nodes only the largest count: those that reach the need, and those that are
    // near enough to the last of these.
    let floor = Tiers::of(sizes().map(|size| size.0)).reaching(need)?;
    let mut tops: Vec<(u64, u32)> = sizes().filter(|size| size.0 >= floor).collect();
    let count = top_count(&mut tops, need, tie)?;
    let top_sum: u64 = tops[..count]
        .iter()
        .fold(0, |sum, t| sum.saturating_add(t.0));
    let grain = all.grain(problem);
    // Every sum of allowed nodes is a multiple of the grain, so the need may be rounded up.
    let goal = need.div_ceil(grain).saturating_mul(grain);
    let slack = top_sum.saturating_sub(goal);
    if slack == 0 {
        let mut set: Vec<u32> = tops[..count].iter().map(|t| t.1).collect();
        // What is looked up for them next then lies in a row.
        set.sort_unstable();
        return Some(Found {
            set,
            bytes: top_sum,
            bound: top_sum,
        });
    }
    let near = tops[count - 1].0.saturating_sub(slack);
    let more = sizes().filter(|size| (near..floor).contains(&size.0));
    let from = tops.len();
    tops.extend(more);
    tops[from..].sort_unstable_by(largest_first);
    if let Some(set) = exchanged(&tops, count, near) {
        return Some(Found {
            set,
            bytes: goal,
            bound: goal,
        });
    }
    let (set, deficit, complete) = match slack / grain {
        // One path needs no table, however much larger than the need the largest node is.
        cells if cells >= CELLS && count == 1 => {
            let (bytes, node) = least_that_suffices(problem, sums, &tops, need);
            (vec![node], (top_sum - bytes) / grain, true)
        }
        // No table is that wide.
        cells if cells >= CELLS => (tops[..count].iter().map(|t| t.1).collect(), 0, false),
        _ => {
            let table = Table::new(problem, sums, &tops, count, (slack, grain));
            table.solve(&tops, count)
        }
    };
    let bytes = top_sum - deficit * grain;
    let bound = if complete {
        bytes
    } else {
        least_sum(problem, all, need).min(bytes)
    };
    Some(Found { set, bytes, bound })
}

/// How many of the largest sizes it takes to reach a need; of all of them, where these do not.
#[must_use]
pub fn fewest_of(sizes: &[u64], need: u64) -> u64 {
    let Some(floor) = Tiers::of(sizes.iter().copied()).reaching(need) else {
        return sizes.len() as u64;
    };
    let mut tops: Vec<u64> = sizes
        .iter()
        .copied()
        .filter(|&size| size >= floor)
        .collect();
    tops.sort_unstable_by(|a, b| b.cmp(a));
    let mut sum = 0u64;
    let is_short = |bytes: &&u64| {
        let short = sum < need;
        sum = sum.saturating_add(**bytes);
        short
    };
    tops.iter().take_while(is_short).count() as u64
}

/// The top set with its smallest node exchanged for one that is worth exactly `wanted`, where
/// there is one: among many sizes there nearly always is, and then no table is needed.
fn exchanged(tops: &[(u64, u32)], count: usize, wanted: u64) -> Option<Vec<u32>> {
    let others = &tops[count..];
    let at = others.partition_point(|top| top.0 > wanted);
    let other = others.get(at).filter(|top| top.0 == wanted && wanted > 0)?;
    let kept = tops[..count - 1].iter();
    let mut set: Vec<u32> = kept.chain([other]).map(|top| top.1).collect();
    set.sort_unstable();
    Some(set)
}

/// The smallest node that alone frees the need, which the first of the maximal nodes does. What is
/// too small holds nothing larger.
fn least_that_suffices(
    problem: &Problem,
    sums: &Sums<'_>,
    tops: &[(u64, u32)],
    need: u64,
) -> (u64, u32) {
    let mut least = tops[0];
    for &(_, top) in tops.iter().take_while(|top| top.0 >= need) {
        let end = problem.end(top);
        let mut node = top;
        while node < end {
            let bytes = sums.freed(node);
            if bytes < need {
                node = problem.end(node);
                continue;
            }
            least = least.min((bytes, node));
            node += 1;
        }
    }
    least
}

/// How many sizes there are of each magnitude, and their sums: eight bits beyond the leading one,
/// so that a tier's largest is hardly larger than its smallest.
struct Tiers(Vec<u64>);

const TIER_BITS: u32 = 8;

impl Tiers {
    fn of(sizes: impl Iterator<Item = u64>) -> Self {
        let mut sums = vec![0u64; (u64::BITS as usize + 1) << TIER_BITS];
        for bytes in sizes {
            let sum = &mut sums[Self::tier(bytes)];
            *sum = sum.saturating_add(bytes);
        }
        Self(sums)
    }

    /// Rises with the size.
    fn tier(bytes: u64) -> usize {
        let magnitude = u64::BITS - bytes.leading_zeros();
        let below = bytes << (bytes.leading_zeros() + 1).min(u64::BITS - 1);
        (magnitude as usize) << TIER_BITS | (below >> (u64::BITS - TIER_BITS)) as usize
    }

    /// A size such that all that are at least as large reach the need, and all that are larger by
    /// more than a tier do not.
    fn reaching(&self, need: u64) -> Option<u64> {
        let mut sum = 0u64;
        let tier = self.0.iter().rposition(|&bytes| {
            sum = sum.saturating_add(bytes);
            sum >= need
        })?;
        let (magnitude, below) = (tier >> TIER_BITS, tier & ((1 << TIER_BITS) - 1));
        let Some(leading) = magnitude.checked_sub(1) else {
            return Some(0);
        };
        let leading = 1u128 << leading;
        let least = leading + ((leading * below as u128) >> TIER_BITS);
        Some(u64::try_from(least).unwrap_or(u64::MAX))
    }
}

fn largest_first(a: &(u64, u32), b: &(u64, u32)) -> Ordering {
    b.0.cmp(&a.0).then(a.1.cmp(&b.1))
}

/// Sizes that do not fit the coarse grain, at most.
const ODD: usize = 64;
/// Remainders that may be kept.
const REMAINDERS: u64 = 1 << 22;

/// The least that any set which frees `need` can free, as far as divisibility tells.
///
/// Every sum is a multiple of the grain. Where all sizes but a few are multiples of a coarser one,
/// only those few decide the remainder, and the remainders that they can make are few.
#[must_use]
pub fn least_sum(problem: &Problem, all: &Allowed, need: u64) -> u64 {
    let grain = all.grain(problem);
    let floor = need.div_ceil(grain).saturating_mul(grain);
    let sizes = || {
        let below = |&top: &u32| &problem.own[top as usize..problem.end(top) as usize];
        let own = all.maximal.iter().flat_map(below).copied();
        let sizes = own.chain(problem.units.iter().map(|unit| unit.bytes));
        sizes.filter(|&bytes| bytes > 0)
    };
    let coarse = coarse_grain(sizes());
    let width = coarse / grain;
    if !(2..=REMAINDERS).contains(&width) {
        return floor;
    }
    let odd = |bytes: &u64| common(coarse, *bytes) != coarse;
    let odd: Vec<u64> = sizes().filter(odd).take(ODD + 1).collect();
    let Ok(width) = usize::try_from(width) else {
        return floor;
    };
    if odd.len() > ODD {
        return floor;
    }
    let place = |bytes: u64| usize::try_from(bytes % coarse / grain).unwrap_or(0);
    let mut reached = vec![false; width];
    reached[0] = true;
    for bytes in odd {
        let before = reached.clone();
        for (at, _) in before.iter().enumerate().filter(|at| *at.1) {
            reached[(at + place(bytes)) % width] = true;
        }
    }
    let from = place(floor);
    let more = (0..width).find(|more| reached[(from + more) % width]);
    floor.saturating_add(more.unwrap_or(0) as u64 * grain)
}

/// The greatest common divisor that most stretches of the sizes have: a few odd sizes spoil only
/// the stretches that they lie in.
fn coarse_grain(sizes: impl Iterator<Item = u64>) -> u64 {
    const STRETCH: usize = 256;
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    let (mut divisor, mut length) = (0, 0);
    for bytes in sizes {
        divisor = common(divisor, bytes);
        length += 1;
        if length == STRETCH {
            *counts.entry(divisor).or_default() += 1;
            (divisor, length) = (0, 0);
        }
    }
    if length > 0 {
        *counts.entry(divisor).or_default() += 1;
    }
    let most = counts
        .into_iter()
        .max_by_key(|&(divisor, count)| (count, divisor));
    most.map_or(1, |(divisor, _)| divisor.max(1))
}

/// Sorts the nodes, largest first and ties by path, as far as needed, and counts how many of
/// them reach the need.
fn top_count(tops: &mut [(u64, u32)], need: u64, tie: Tie<'_>) -> Option<usize> {
    tops.sort_unstable_by(largest_first);
    let mut sum = 0u64;
    let count = 1 + tops.iter().position(|t| {
        sum = sum.saturating_add(t.0);
        sum >= need
    })?;
    // Only the last size is cut: which of its nodes go is decided by path.
    let last = tops[count - 1].0;
    let from = tops.partition_point(|t| t.0 > last);
    let to = tops.partition_point(|t| t.0 >= last);
    if to > count {
        tops[from..to].select_nth_unstable_by(count - 1 - from, |a, b| tie(a.1, b.1));
    }
    Some(count)
}

/// A deviation from the top set: how the number of paths changes, what it costs, and the node
/// that is taken, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Deviation {
    balance: i32,
    deficit: u64,
    node: Option<u32>,
}

/// A maximal node with its ways to deviate; not to deviate is always one.
struct Group {
    rank: usize,
    options: Vec<Deviation>,
}

/// The table of reachable (balance, deficit).
struct Table {
    groups: Vec<Group>,
    /// Largest deficit of interest, in grains.
    deficit: u64,
    /// Balances are kept from −`low` to `high`.
    low: usize,
    high: usize,
    /// Nodes of exactly the last size without other use: they only absorb a balance.
    ties_in: Vec<usize>,
    ties_out: Vec<usize>,
    /// Whether there was no room for every balance that may be of use.
    is_cut: bool,
}

impl Table {
    fn new(
        problem: &Problem,
        sums: &Sums<'_>,
        tops: &[(u64, u32)],
        count: usize,
        (slack, grain): (u64, u64),
    ) -> Self {
        let last = tops[count - 1].0;
        let mut table = Self {
            groups: Vec::new(),
            deficit: slack / grain,
            low: 0,
            high: 0,
            ties_in: Vec::new(),
            ties_out: Vec::new(),
            is_cut: false,
        };
        let mut below: Vec<(u32, u64)> = Vec::new();
        for (rank, &(bytes, top)) in tops.iter().enumerate() {
            let is_in = rank < count;
            if !is_in && last - bytes > slack {
                break;
            }
            // Where even a leave costs too much and nothing lies below, there is no way to deviate.
            if is_in && bytes - last > slack && problem.end(top) == top + 1 {
                continue;
            }
            let base = if is_in { bytes } else { last };
            below.clear();
            descendants(problem, sums, top, (base, slack), &mut below);
            below.retain(|&(node, _)| node != top || (!is_in && bytes < last));
            if bytes == last && below.is_empty() {
                let ties = if is_in {
                    &mut table.ties_in
                } else {
                    &mut table.ties_out
                };
                ties.push(rank);
                continue;
            }
            let mut options: Vec<Deviation> = below
                .iter()
                .map(|&(node, deficit)| Deviation {
                    balance: i32::from(!is_in),
                    deficit: deficit / grain,
                    node: Some(node),
                })
                .collect();
            if !is_in && bytes == last {
                options.push(Deviation {
                    balance: 1,
                    deficit: 0,
                    node: Some(top),
                });
            }
            if is_in && bytes - last <= slack {
                let deficit = (bytes - last) / grain;
                options.push(Deviation {
                    balance: -1,
                    deficit,
                    node: None,
                });
            }
            options.retain(|o| (o.balance, o.deficit) != (0, 0));
            options.sort_unstable();
            options.dedup_by_key(|o| (o.balance, o.deficit));
            if !options.is_empty() {
                table.groups.push(Group { rank, options });
            }
        }
        table.thin_out();
        table.bound_balance();
        table
    }

    /// Of groups whose only option is the same, no more than fit into the deficit can be used.
    fn thin_out(&mut self) {
        let mut last = (0, 0);
        let mut copies = 0;
        let deficit = self.deficit;
        self.groups.retain(|group| {
            let [only] = group.options[..] else {
                return true;
            };
            let kind = (only.balance, only.deficit);
            copies = if kind == last { copies + 1 } else { 1 };
            last = kind;
            only.deficit == 0 || copies <= deficit / only.deficit
        });
    }

    /// As many leaves (or takes) as the cheapest of them allow, and as many as the other side can
    /// make good.
    fn bound_balance(&mut self) {
        let cheapest = |sign: i32| {
            let mut costs: Vec<u64> = self
                .groups
                .iter()
                .filter_map(|g| {
                    let of_sign = g.options.iter().filter(|o| o.balance == sign);
                    of_sign.map(|o| o.deficit).min()
                })
                .collect();
            costs.sort_unstable();
            let mut sum = 0u64;
            costs
                .iter()
                .take_while(|&&cost| {
                    sum = sum.saturating_add(cost);
                    sum <= self.deficit
                })
                .count()
        };
        let (leaves, takes) = (cheapest(-1), cheapest(1));
        self.low = leaves.min(takes + self.ties_out.len());
        self.high = takes.min(leaves + self.ties_in.len());
        let cells = self.deficit.saturating_add(1);
        let room = usize::try_from((CELLS / cells).max(1)).unwrap_or(usize::MAX);
        let (low, high) = (self.low, self.high);
        let side = (room - 1) / 2;
        self.low = self.low.min(side.max(room.saturating_sub(1 + self.high)));
        self.high = self.high.min(room.saturating_sub(1 + self.low));
        self.is_cut = (low, high) != (self.low, self.high);
    }

    /// The set with the largest deficit, that deficit in grains, and whether none larger exists.
    fn solve(&self, tops: &[(u64, u32)], count: usize) -> (Vec<u32>, u64, bool) {
        let mut reach = Reach::new(self);
        let complete = reach.run(self) && !self.is_cut;
        let best = reach.best(self);
        let set = self.chosen(&reach, tops, count, best);
        (set, best.1, complete || best.1 == self.deficit)
    }

    /// Walks back from a cell to the set that reached it.
    fn chosen(
        &self,
        reach: &Reach,
        tops: &[(u64, u32)],
        count: usize,
        (balance, deficit): (i32, u64),
    ) -> Vec<u32> {
        let mut keep: Vec<Option<u32>> = tops[..count].iter().map(|t| Some(t.1)).collect();
        let mut extra = Vec::new();
        let (mut b, mut d) = (balance, deficit);
        loop {
            let by = reach.first(b, d);
            let Some(group) = (by as usize)
                .checked_sub(1)
                .and_then(|i| self.groups.get(i))
            else {
                break;
            };
            let came_by =
                |o: &&Deviation| o.deficit <= d && reach.first(b - o.balance, d - o.deficit) < by;
            let Some(step) = group.options.iter().find(came_by) else {
                break;
            };
            if group.rank < count {
                keep[group.rank] = step.node;
            } else {
                extra.extend(step.node);
            }
            b -= step.balance;
            d -= step.deficit;
        }
        let missing = balance.unsigned_abs() as usize;
        if balance < 0 {
            extra.extend(self.ties_out.iter().take(missing).map(|&rank| tops[rank].1));
        } else {
            for &rank in self.ties_in.iter().rev().take(missing) {
                keep[rank] = None;
            }
        }
        keep.into_iter().flatten().chain(extra).collect()
    }
}

/// The nodes of a subtree that are worth at most `base` and at least `base − slack`, each with
/// what it lacks. Worth falls down the tree, so a light subtree is passed over whole.
fn descendants(
    problem: &Problem,
    sums: &Sums<'_>,
    top: u32,
    (base, slack): (u64, u64),
    found: &mut Vec<(u32, u64)>,
) {
    let end = problem.end(top);
    let mut node = top;
    while node < end {
        let bytes = sums.freed(node);
        let lacks = base.saturating_sub(bytes);
        if bytes == 0 || lacks > slack {
            node = problem.end(node);
        } else {
            found.push((node, lacks));
            node += 1;
        }
    }
}

/// Which cells can be reached, and by which group first.
struct Reach {
    words: usize,
    width: usize,
    low: i32,
    /// By balance: a bit per deficit.
    bits: Vec<Vec<u64>>,
    /// By balance and deficit: 1 + the group that reached it first; 0 from the start.
    first: Vec<u32>,
}

const NEVER: u32 = u32::MAX;

impl Reach {
    fn new(table: &Table) -> Self {
        let width = usize::try_from(table.deficit + 1).unwrap_or(usize::MAX);
        let words = width.div_ceil(64);
        let rows = table.low + table.high + 1;
        let mut reach = Self {
            words,
            width,
            low: i32::try_from(table.low).unwrap_or(i32::MAX),
            bits: vec![vec![0; words]; rows],
            first: vec![NEVER; rows * width],
        };
        reach.bits[table.low][0] = 1;
        reach.first[table.low * width] = 0;
        reach
    }

    fn row(&self, balance: i32) -> Option<usize> {
        let row = usize::try_from(balance + self.low).ok()?;
        (row < self.bits.len()).then_some(row)
    }

    fn first(&self, balance: i32, deficit: u64) -> u32 {
        let at = usize::try_from(deficit).ok().filter(|&d| d < self.width);
        match (self.row(balance), at) {
            (Some(row), Some(at)) => self.first[row * self.width + at],
            _ => NEVER,
        }
    }

    /// Applies the groups one by one; false when the work ran out before the last.
    fn run(&mut self, table: &Table) -> bool {
        let mut work = 0u64;
        for (number, group) in (1u32..).zip(&table.groups) {
            if self.is_full(table) {
                return true;
            }
            let cost = (group.options.len() * self.bits.len() * self.words) as u64;
            work = work.saturating_add(cost);
            if work > WORK {
                return false;
            }
            self.apply(number, &group.options);
        }
        true
    }

    fn apply(&mut self, number: u32, options: &[Deviation]) {
        let old = self.bits.clone();
        for (row, from) in old.iter().enumerate() {
            if from.iter().all(|&word| word == 0) {
                continue;
            }
            for option in options {
                let balance = i32::try_from(row).unwrap_or(i32::MAX) - self.low + option.balance;
                if let Some(to) = self.row(balance) {
                    or_shifted(&mut self.bits[to], from, option.deficit, self.width);
                }
            }
        }
        for (row, old) in old.iter().enumerate() {
            for (word, (now, old)) in self.bits[row].iter().zip(old).enumerate() {
                let mut fresh = now & !old;
                while fresh != 0 {
                    let at = word * 64 + fresh.trailing_zeros() as usize;
                    self.first[row * self.width + at] = number;
                    fresh &= fresh - 1;
                }
            }
        }
    }

    /// Whether the whole deficit can be used, at some balance that ties absorb.
    fn is_full(&self, table: &Table) -> bool {
        self.settled(table)
            .any(|b| self.first(b, table.deficit) != NEVER)
    }

    fn settled(&self, table: &Table) -> impl Iterator<Item = i32> + use<> {
        let low = table.low.min(table.ties_out.len());
        let high = table.high.min(table.ties_in.len());
        let (low, high) = (
            i32::try_from(low).unwrap_or(i32::MAX),
            i32::try_from(high).unwrap_or(i32::MAX),
        );
        // The smaller change first.
        (0..=high).chain((1..=low).map(|b| -b))
    }

    /// The settled balance with the largest deficit.
    fn best(&self, table: &Table) -> (i32, u64) {
        let largest = |balance: i32| {
            let bits = &self.bits[self.row(balance)?];
            let word = bits.iter().rposition(|&word| word != 0)?;
            Some((word * 64 + 63 - bits[word].leading_zeros() as usize) as u64)
        };
        let mut best = (0, 0);
        for balance in self.settled(table) {
            if let Some(deficit) = largest(balance).filter(|&d| d > best.1) {
                best = (balance, deficit);
            }
        }
        best
    }
}

/// `to |= from << shift`, cut at `width` bits.
fn or_shifted(to: &mut [u64], from: &[u64], shift: u64, width: usize) {
    let Some(shift) = usize::try_from(shift).ok().filter(|&s| s < width) else {
        return;
    };
    let (words, bits) = (shift / 64, shift % 64);
    let len = to.len();
    for i in (words..len).rev() {
        let mut word = from[i - words] << bits;
        if bits > 0 && i > words {
            word |= from[i - words - 1] >> (64 - bits);
        }
        to[i] |= word;
    }
    if !width.is_multiple_of(64) {
        to[len - 1] &= (1u64 << (width % 64)) - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_cut_where_the_largest_reach_the_need() {
        let sizes: Vec<u64> = (0..64)
            .flat_map(|bit| {
                let size = 1u64 << bit;
                [size, size | size >> 3, size | (size - 1), size.max(300) - 1]
            })
            .collect();
        for from in 0..sizes.len() {
            let sizes = &sizes[from..(from + 9).min(sizes.len())];
            let mut sorted = sizes.to_vec();
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            let mut sum = 0u64;
            for (count, &size) in sorted.iter().enumerate() {
                let before = sum;
                sum = sum.saturating_add(size);
                if before == sum {
                    continue;
                }
                let floor = Tiers::of(sizes.iter().copied()).reaching(sum);
                let floor = floor.expect("they suffice");
                assert_eq!(fewest_of(sizes, sum), count as u64 + 1, "{sizes:?}");
                // The one that reaches the need is in, and nothing much smaller.
                assert!(floor <= size, "{floor} {size} {count} {sizes:?}");
                assert!(
                    size <= floor.saturating_add(floor >> 8),
                    "{floor} {size} {sizes:?}"
                );
            }
            assert!(
                sum == u64::MAX || Tiers::of(sizes.iter().copied()).reaching(sum + 1).is_none()
            );
        }
    }
}
