//! Exact tables over a *tape*: the tree as a chain of yes-or-no decisions.
//!
//! Read in pre-order, a deletion set is a walk: take a node and jump behind its subtree, or skip
//! it and look at the next one. A step of the tape has these two ways on. A family that goes
//! oldest first bends the walk: its parts follow each other by age, a part that goes whole leads
//! to the next, and one that does not leads behind the family. With this every set that keeps the
//! order is a walk and every walk is such a set, so one table per step (the cheapest way to free
//! *exactly* s) answers fewest paths, least bytes and least exposure alike.
//!
//! Limit: a family must lie so that its parts can be told apart by age: every part holds nothing
//! else of worth, and no directory that may go holds some of its parts and junk. [`Tape::new`]
//! says so by giving nothing, and the general search takes over.

use std::collections::BTreeMap;

use super::problem::{Allowed, Problem};

/// Table cells that may be filled in one run, and bits that may be kept of them.
const CELLS: u64 = 60_000_000;
/// Sums that may be kept at once.
const ROWS: u64 = 30_000_000;
/// How deep families may be nested in directories of their own.
const DEPTH: usize = 40;

/// Whether a table of so many amounts may fit for what is allowed: a tape has a step for every
/// node of worth at least, and is not written in vain.
#[must_use]
pub fn fits(allowed: &Allowed, worth: impl Fn(u32) -> u64, amounts: u64, numbers: u64) -> bool {
    let each = amounts.saturating_add(1).saturating_mul(numbers.max(1));
    let room = usize::try_from(CELLS / each).unwrap_or(usize::MAX);
    let nodes = (0u32..).zip(&allowed.ok).filter(|node| *node.1);
    let mut of_worth = nodes.filter(|&(node, _)| worth(node) > 0);
    of_worth.nth(room).is_none()
}

/// One decision.
#[derive(Clone, Copy, Debug)]
struct Step {
    node: u32,
    bytes: u64,
    take: u32,
    skip: u32,
}

/// The decisions, last first: both ways on from a step lead to earlier ones; 0 is the end.
#[derive(Debug)]
pub struct Tape {
    steps: Vec<Step>,
    /// The first decision.
    start: usize,
    grain: u64,
}

/// The cheapest cost to free each exact amount.
#[derive(Debug)]
pub struct Table<const N: usize> {
    /// By amount in grains; `None`: can not be freed exactly.
    costs: Vec<Option<[u64; N]>>,
    taken: Vec<Vec<u64>>,
}

impl Tape {
    /// The tape of what is allowed, or nothing where families lie too crosswise for one, or where
    /// it would be too long.
    ///
    /// `worth` is what every subtree counts, each a multiple of `grain`.
    #[must_use]
    pub fn new(problem: &Problem, worth: &[u64], allowed: &Allowed, grain: u64) -> Option<Self> {
        let mut writer = Writer::new(problem, worth, allowed)?;
        let mut on = 0;
        let mut node = problem.len();
        // From the last node back: a family is written where its first part stands.
        while node > 0 {
            node -= 1;
            on = match writer.chain_at(node) {
                Some(chain) => writer.chain(&chain, on, on, 0)?,
                None => on,
            };
            on = writer.free_step(node, on);
        }
        Some(Self {
            steps: writer.steps,
            start: on as usize,
            grain,
        })
    }

    /// The cheapest way to free each exact amount up to `most` bytes, the cost of a node being
    /// given; `None` where the table would be too large.
    #[must_use]
    pub fn table<const N: usize>(
        &self,
        most: u64,
        cost: impl Fn(u32) -> [u64; N],
    ) -> Option<Table<N>> {
        let width = (most / self.grain).checked_add(1)?;
        let cells = width.checked_mul(self.steps.len() as u64)?;
        if cells.checked_mul(N as u64)? > CELLS {
            return None;
        }
        let width = usize::try_from(width).ok()?;
        let mut uses = vec![0u32; self.steps.len()];
        for step in &self.steps[1..] {
            uses[step.take as usize] += 1;
            uses[step.skip as usize] += 1;
        }
        let mut live: Vec<Vec<Option<[u64; N]>>> = vec![Vec::new(); self.steps.len()];
        live[0] = vec![None; width];
        live[0][0] = Some([0; N]);
        let mut taken = vec![Vec::new(); self.steps.len()];
        for (i, step) in self.steps.iter().enumerate().skip(1) {
            let shift = usize::try_from(step.bytes / self.grain).unwrap_or(usize::MAX);
            let (row, bits) = decide(
                &live[step.skip as usize],
                &live[step.take as usize],
                shift,
                cost(step.node),
            );
            live[i] = row;
            taken[i] = bits;
            for target in [step.take as usize, step.skip as usize] {
                uses[target] -= 1;
                if uses[target] == 0 && target != self.start {
                    live[target] = Vec::new();
                }
            }
        }
        let costs = std::mem::take(&mut live[self.start]);
        Some(Table { costs, taken })
    }

    /// The set behind one exact amount, in bytes, that the table says can be freed.
    #[must_use]
    pub fn set<const N: usize>(&self, table: &Table<N>, bytes: u64) -> Vec<u32> {
        let mut set = Vec::new();
        let mut left = usize::try_from(bytes / self.grain).unwrap_or(usize::MAX);
        let mut at = self.start;
        while at > 0 {
            let step = self.steps[at];
            let is_taken = table.taken[at]
                .get(left / 64)
                .is_some_and(|word| word >> (left % 64) & 1 == 1);
            if is_taken {
                set.push(step.node);
                left -= usize::try_from(step.bytes / self.grain).unwrap_or(left);
                at = step.take as usize;
            } else {
                at = step.skip as usize;
            }
        }
        set
    }

    /// Fewest paths that free `need`, then the least bytes among them, where sums do not fit a
    /// table: first the most that each number of paths can free from each step on; then only
    /// walks whose regrets, step by step, do not add up to more than the surplus are followed.
    ///
    /// `Some` with the set, and whether it is proven to lose the least; `None` where even this
    /// does not fit. Everything together must suffice.
    #[must_use]
    pub fn fewest(&self, need: u64) -> Option<(Vec<u32>, bool)> {
        let mut paths = 1;
        loop {
            let most = Most::new(self, paths)?;
            let reached = (0..=paths).find(|&k| most.at(self.start, k) >= need);
            match reached {
                Some(paths) => return Some(self.closest(&most, paths, need)),
                None if paths > self.steps.len() => return None,
                None => paths *= 2,
            }
        }
    }

    /// The walk with the largest regret within the surplus, by all walks that stay within it.
    fn closest(&self, most: &Most, paths: usize, need: u64) -> (Vec<u32>, bool) {
        let surplus = most.at(self.start, paths) - need;
        let mut trail = Trail::default();
        trail.reach(self.start, paths, 0, None);
        while trail.nodes.len() < TRAIL {
            let Some(((at, left), regrets)) = trail.open.pop_last() else {
                return trail.best(0);
            };
            if at == 0 {
                // Ends are the lowest step: all that is left are ends.
                trail.open.insert((at, left), regrets);
                return trail.best(0);
            }
            let step = self.steps[at];
            let best = most.at(at, left);
            for (regret, from) in regrets {
                let skip = regret + (best - most.at(step.skip as usize, left));
                if skip <= surplus {
                    trail.reach(step.skip as usize, left, skip, Some((from, None)));
                }
                if left == 0 {
                    continue;
                }
                let rest = most
                    .at(step.take as usize, left - 1)
                    .saturating_add(step.bytes);
                let take = regret + (best - rest);
                if take <= surplus {
                    let from = Some((from, Some(step.node)));
                    trail.reach(step.take as usize, left - 1, take, from);
                }
            }
        }
        (most.set(self, paths), surplus < self.grain)
    }
}

/// Notes of walks that may be kept while the closest is looked for.
const TRAIL: usize = 400_000;

/// The most bytes that each number of paths can free from each step on.
struct Most {
    width: usize,
    rows: Vec<u64>,
}

impl Most {
    fn new(tape: &Tape, paths: usize) -> Option<Self> {
        let width = paths + 1;
        if (width as u64).checked_mul(tape.steps.len() as u64)? > ROWS {
            return None;
        }
        let mut rows = vec![0u64; width * tape.steps.len()];
        for (i, step) in tape.steps.iter().enumerate().skip(1) {
            for k in 0..width {
                let skip = rows[step.skip as usize * width + k];
                let take = match k {
                    0 => 0,
                    _ => rows[step.take as usize * width + k - 1].saturating_add(step.bytes),
                };
                rows[i * width + k] = skip.max(take);
            }
        }
        Some(Self { width, rows })
    }

    fn at(&self, step: usize, paths: usize) -> u64 {
        self.rows[step * self.width + paths]
    }

    /// A set that frees the most.
    fn set(&self, tape: &Tape, paths: usize) -> Vec<u32> {
        let mut set = Vec::new();
        let (mut at, mut left) = (tape.start, paths);
        while at > 0 {
            let step = tape.steps[at];
            if self.at(step.skip as usize, left) == self.at(at, left) {
                at = step.skip as usize;
            } else {
                set.push(step.node);
                at = step.take as usize;
                left -= 1;
            }
        }
        set
    }
}

/// Walks in progress: by step and paths left, each regret once, with how it came about.
#[derive(Default)]
struct Trail {
    open: BTreeMap<(usize, usize), BTreeMap<u64, usize>>,
    nodes: Vec<(Option<usize>, Option<u32>)>,
}

impl Trail {
    fn reach(&mut self, at: usize, left: usize, regret: u64, from: Option<(usize, Option<u32>)>) {
        let next = self.nodes.len();
        let states = self.open.entry((at, left)).or_default();
        if states.contains_key(&regret) {
            return;
        }
        states.insert(regret, next);
        self.nodes.push((from.map(|f| f.0), from.and_then(|f| f.1)));
    }

    /// The finished walk with the largest regret.
    fn best(&self, end: usize) -> (Vec<u32>, bool) {
        let ends = self.open.iter().filter(|((at, _), _)| *at == end);
        let best = ends
            .filter_map(|(_, regrets)| regrets.last_key_value())
            .max();
        let mut at = best.map(|(_, &node)| node);
        let mut set = Vec::new();
        while let Some((from, taken)) = at.map(|at| self.nodes[at]) {
            set.extend(taken);
            at = from;
        }
        (set, true)
    }
}

/// The better of skipping and taking, amount by amount, and where taking won.
fn decide<const N: usize>(
    skip: &[Option<[u64; N]>],
    take: &[Option<[u64; N]>],
    shift: usize,
    cost: [u64; N],
) -> (Vec<Option<[u64; N]>>, Vec<u64>) {
    let mut row = skip.to_vec();
    let mut bits = vec![0u64; row.len().div_ceil(64)];
    for (from, at) in (shift..row.len()).enumerate() {
        let Some(mut sum) = take[from] else {
            continue;
        };
        for (sum, cost) in sum.iter_mut().zip(cost) {
            *sum = sum.saturating_add(cost);
        }
        if row[at].is_none_or(|best| sum < best) {
            row[at] = Some(sum);
            bits[at / 64] |= 1 << (at % 64);
        }
    }
    (row, bits)
}

impl<const N: usize> Table<N> {
    /// Every amount, in grains, that can be freed exactly, with its cost.
    pub fn amounts(&self) -> impl Iterator<Item = (u64, [u64; N])> + '_ {
        (0u64..)
            .zip(&self.costs)
            .filter_map(|(s, cost)| cost.map(|cost| (s, cost)))
    }
}

/// A part of a family: a node, and the youngest and oldest rank in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    oldest: u32,
    youngest: u32,
    node: u32,
}

struct Writer<'a> {
    problem: &'a Problem,
    worth: &'a [u64],
    allowed: &'a Allowed,
    steps: Vec<Step>,
    /// Members by node: family and rank.
    members: Vec<(u32, u32, u32)>,
    /// Each family's parts, and the node before which it is written.
    chains: Vec<(u32, Vec<Part>)>,
    /// The ranges of nodes that belong to a part and are not free.
    inside: Vec<(u32, u32)>,
    /// For each node, the step to begin with: only while free steps of one subtree are written.
    begin: Vec<u32>,
}

impl<'a> Writer<'a> {
    fn new(problem: &'a Problem, worth: &'a [u64], allowed: &'a Allowed) -> Option<Self> {
        let end = Step {
            node: 0,
            bytes: 0,
            take: 0,
            skip: 0,
        };
        let mut writer = Self {
            problem,
            worth,
            allowed,
            steps: vec![end],
            members: Vec::new(),
            chains: Vec::new(),
            inside: Vec::new(),
            begin: vec![0; problem.len() + 1],
        };
        for (order, members) in (0u32..).zip(&problem.orders) {
            let ok = members.members.iter().filter(|m| allowed.ok[m.0 as usize]);
            writer
                .members
                .extend(ok.map(|&(node, rank)| (node, order, rank)));
        }
        writer.members.sort_unstable();
        let twice = writer.members.windows(2).any(|w| w[0].0 == w[1].0);
        let nested = writer.members.iter().any(|m| problem.end(m.0) != m.0 + 1);
        if twice || nested {
            return None;
        }
        for order in 0..problem.orders.len() {
            writer.find_parts(u32::try_from(order).ok()?)?;
        }
        writer.inside.sort_unstable();
        writer.chains.sort_unstable();
        Some(writer)
    }

    /// Finds the largest nodes that hold nothing of worth but members of this family.
    fn find_parts(&mut self, order: u32) -> Option<()> {
        let nodes: Vec<u32> = self
            .members
            .iter()
            .filter(|m| m.1 == order)
            .map(|m| m.0)
            .collect();
        let (&first, &last) = (nodes.first()?, nodes.last()?);
        let mut parts: Vec<Part> = Vec::new();
        for &node in &nodes {
            if parts
                .last()
                .is_some_and(|p| self.problem.contains(p.node, node))
            {
                continue;
            }
            let mut top = node;
            loop {
                let above = self.problem.parent(top);
                if above == top || !self.allowed.ok[above as usize] {
                    break;
                }
                if !self.is_pure(above, order) {
                    // What holds junk and a part must hold the whole family.
                    if !(self.problem.contains(above, first) && self.problem.contains(above, last))
                    {
                        return None;
                    }
                    break;
                }
                top = above;
            }
            parts.push(self.part(top)?);
        }
        parts.sort_unstable();
        let place = parts.iter().map(|p| p.node).min()?;
        self.inside
            .extend(parts.iter().map(|p| (p.node, self.problem.end(p.node))));
        self.chains.push((place, parts));
        Some(())
    }

    /// Whether every entry of worth in the subtree is a member of this family, and no member of
    /// another is there, worth nothing or not.
    fn is_pure(&self, node: u32, order: u32) -> bool {
        let range = self.problem.subtree(node);
        let from = self.members.partition_point(|m| m.0 < range.start);
        let to = self.members.partition_point(|m| m.0 < range.end);
        let members = &self.members[from..to];
        if members.iter().any(|m| m.1 != order) {
            return false;
        }
        let mut passed = 0;
        for inner in range {
            while members.get(passed).is_some_and(|m| m.0 < inner) {
                passed += 1;
            }
            let holds_one = members
                .get(passed)
                .is_some_and(|m| self.problem.contains(inner, m.0));
            if !holds_one && self.worth[inner as usize] > 0 {
                return false;
            }
        }
        true
    }

    fn part(&self, node: u32) -> Option<Part> {
        let range = self.problem.subtree(node);
        let from = self.members.partition_point(|m| m.0 < range.start);
        let inner = self.members[from..].iter().take_while(|m| m.0 < range.end);
        Some(Part {
            oldest: inner.clone().map(|m| m.2).min()?,
            youngest: inner.map(|m| m.2).max()?,
            node,
        })
    }

    /// The family that is written before this node; nodes come from the last one back.
    fn chain_at(&mut self, node: usize) -> Option<Vec<Part>> {
        let (_, parts) = self.chains.pop_if(|chain| chain.0 as usize == node)?;
        Some(parts)
    }

    fn push(&mut self, node: u32, take: u32, skip: u32) -> u32 {
        let bytes = self.worth[node as usize];
        self.steps.push(Step {
            node,
            bytes,
            take,
            skip,
        });
        u32::try_from(self.steps.len() - 1).unwrap_or(u32::MAX)
    }

    /// The step of a node outside all families, before the step that is `on`.
    fn free_step(&mut self, node: usize, on: u32) -> u32 {
        let id = u32::try_from(node).unwrap_or(u32::MAX);
        let at = self.inside.partition_point(|&(start, _)| start <= id);
        let is_part = at > 0 && id < self.inside[at - 1].1;
        let is_open = self.allowed.ok[node] && self.worth[node] > 0 && !is_part;
        let step = if is_open {
            let take = self.begin[self.problem.end(id) as usize];
            self.push(id, take, on)
        } else {
            on
        };
        self.begin[node] = step;
        step
    }

    /// Parts by age: `full` is the way on when all of them are gone, `broken` when not. Parts of
    /// one and the same age may go in any order.
    fn chain(&mut self, parts: &[Part], full: u32, broken: u32, depth: usize) -> Option<u32> {
        if depth > DEPTH {
            return None;
        }
        let mut full = full;
        let mut to = parts.len();
        while to > 0 {
            let youngest = parts[to - 1].youngest;
            let tied = |p: &&Part| p.oldest == youngest && p.youngest == youngest;
            let from = to - parts[..to].iter().rev().take_while(tied).count().max(1);
            if from > 0 && parts[from - 1].youngest >= parts[from].oldest {
                return None;
            }
            let mut free = broken;
            for (i, part) in parts[from..to].iter().enumerate().rev() {
                full = self.whole(*part, full, free, depth)?;
                if i > 0 {
                    free = self.any(*part, free);
                }
            }
            to = from;
        }
        Some(full)
    }

    /// A part after all older ones are gone.
    fn whole(&mut self, part: Part, full: u32, broken: u32, depth: usize) -> Option<u32> {
        let end = self.problem.end(part.node);
        if end == part.node + 1 {
            return Some(self.push(part.node, full, broken));
        }
        let mut inner = Vec::new();
        let mut child = part.node + 1;
        while child < end {
            if let Some(part) = self.part(child) {
                inner.push(part);
            }
            child = self.problem.end(child);
        }
        inner.sort_unstable();
        let skip = self.chain(&inner, full, broken, depth + 1)?;
        Some(self.push(part.node, full, skip))
    }

    /// A part of which anything may go, as its age is reached and its family is broken already.
    fn any(&mut self, part: Part, on: u32) -> u32 {
        let range = self.problem.subtree(part.node);
        let behind = std::mem::replace(&mut self.begin[range.end as usize], on);
        let (mut step, end) = (on, range.end as usize);
        for node in range.rev() {
            if self.worth[node as usize] > 0 {
                let take = self.begin[self.problem.end(node) as usize];
                step = self.push(node, take, step);
            }
            self.begin[node as usize] = step;
        }
        self.begin[end] = behind;
        step
    }
}
