//! An exact sweep over what binds nodes to each other, where little of it is open at a time.
//!
//! In pre-order a deletion set is a walk of decisions: take a node and jump behind its subtree, or
//! leave it and go on. What the rest of the walk has to know of its beginning is little: how much
//! of the need is met, which inodes have lost their chance because a name of theirs stays (only
//! those with names on both sides of this place), and of each family the youngest member that goes
//! and the oldest that stays. Walks that agree in this share their future, so only the cheapest of
//! them is kept. What is freed beyond the need is all the same, so it is cut there.
//!
//! This is the usual dynamic programming over a frontier; it is exact, for one need or two, and
//! its states are few where names of one inode lie close together in the order of the tree. Where
//! they are not, it says so, by a count of states, and never by a clock.

use std::collections::BTreeMap;

use super::Smallest;
use super::coupled::Goal;
use super::problem::{Allowed, Problem};

/// States that may be made in one run.
const STATES: usize = 300_000;
/// Inodes with several names, and families, that a state may speak of.
const BONDS: usize = 512;

/// The tuple that is minimised, padded with zeros.
type Cost = [u64; 6];

/// What is gone so far, or goes with one step: paths, and bytes by class of risk.
#[derive(Clone, Copy, Default)]
struct Gone {
    paths: u64,
    bytes: [u64; 5],
}

/// The smallest set of all, `known` if nothing is smaller; `None` where that takes too many states.
#[must_use]
pub fn smallest(
    problem: &Problem,
    allowed: &Allowed,
    goal: Goal,
    smallest: Smallest,
    known: &[u32],
) -> Option<Vec<u32>> {
    let sweep = Sweep::new(problem, allowed, goal, smallest)?;
    let limit = sweep.cost(sweep.of_set(known));
    let better = sweep.run(limit)?;
    Some(better.unwrap_or_else(|| known.to_vec()))
}

/// An inode that comes back with the last of its names.
struct Bond {
    last: u32,
    gains: bool,
    gone: Gone,
    bytes: u64,
}

struct Sweep<'a> {
    problem: &'a Problem,
    allowed: &'a Allowed,
    goal: Goal,
    smallest: Smallest,
    /// The nodes that are decided on, ascending: what may go, and what somebody must go before.
    stops: Vec<u32>,
    /// For each stop, sums over all before it: bytes by class, and inodes. A subtree that may go
    /// consists of stops alone.
    before: Vec<([u64; 5], u64)>,
    /// For each stop, the most that can still come back from there on: bytes and inodes.
    rest: Vec<(u64, u64)>,
    bonds: Vec<Bond>,
    /// Names by node, and bonds by their last name.
    names: Vec<(u32, usize)>,
    by_last: Vec<(u32, usize)>,
    /// Members of families: node, family, rank; and the last node of each family.
    members: Vec<(u32, usize, u32)>,
    family_end: Vec<u32>,
}

/// What the future of a walk depends on: bytes and inodes towards the goal, a bit for every open
/// bond that is broken, a word for every open family.
type State = Box<[u64]>;
/// The states at one stop, each with the least cost and its last note.
type Layer = BTreeMap<State, (Gone, usize)>;

/// A family of which nothing was decided: nothing goes, nothing stays.
const UNTOUCHED: u64 = u32::MAX as u64;

impl<'a> Sweep<'a> {
    fn new(
        problem: &'a Problem,
        allowed: &'a Allowed,
        goal: Goal,
        smallest: Smallest,
    ) -> Option<Self> {
        let mut members = Vec::new();
        let mut family_end = Vec::new();
        for (family, order) in problem.orders.iter().enumerate() {
            members.extend(
                order
                    .members
                    .iter()
                    .map(|&(node, rank)| (node, family, rank)),
            );
            family_end.push(order.members.iter().map(|m| m.0).max().unwrap_or(0));
        }
        members.sort_unstable();
        let mut sweep = Self {
            problem,
            allowed,
            goal,
            smallest,
            stops: Vec::new(),
            before: Vec::new(),
            rest: Vec::new(),
            bonds: Vec::new(),
            names: Vec::new(),
            by_last: Vec::new(),
            members,
            family_end,
        };
        sweep.bind()?;
        sweep.measure()?;
        Some(sweep)
    }

    /// Takes in the inodes all of whose names may go.
    fn bind(&mut self) -> Option<()> {
        for unit in &self.problem.units {
            if unit.members.iter().any(|&m| !self.allowed.ok[m as usize]) {
                continue;
            }
            let &last = unit.members.last()?;
            let class = |&m: &u32| usize::from(self.problem.class[m as usize].level());
            let mut gone = Gone::default();
            *gone.bytes.get_mut(unit.members.iter().map(class).max()?)? = unit.bytes;
            let number = self.bonds.len();
            self.names.extend(unit.members.iter().map(|&m| (m, number)));
            self.by_last.push((last, number));
            self.bonds.push(Bond {
                last,
                gains: unit.gains,
                gone,
                bytes: unit.bytes,
            });
        }
        self.names.sort_unstable();
        self.by_last.sort_unstable();
        (self.bonds.len() + self.family_end.len() <= BONDS).then_some(())
    }

    /// Finds the stops and adds up from both ends; nothing where a sum does not fit.
    fn measure(&mut self) -> Option<()> {
        let ok = (0u32..).zip(&self.allowed.ok).filter(|n| *n.1);
        self.stops = ok.map(|(node, _)| node).collect();
        self.stops.extend(self.members.iter().map(|m| m.0));
        self.stops.sort_unstable();
        self.stops.dedup();
        let (mut bytes, mut inodes) = ([0u64; 5], 0u64);
        self.before.push((bytes, inodes));
        for &stop in &self.stops {
            if self.allowed.ok[stop as usize] {
                let class = self.problem.class[stop as usize];
                let sum = bytes.get_mut(usize::from(class.level()))?;
                *sum = sum.checked_add(self.problem.own[stop as usize])?;
                inodes += class.inodes();
            }
            self.before.push((bytes, inodes));
        }
        self.rest = vec![(0, 0); self.stops.len() + 1];
        for at in (0..self.stops.len()).rev() {
            let (mut bytes, mut inodes) = self.rest[at + 1];
            if self.allowed.ok[self.stops[at] as usize] {
                let (gone, count) = self.alone(at);
                let behind = self.rest[self.behind(at)];
                bytes = bytes.max(behind.0.saturating_add(lost(gone)));
                inodes = inodes.max(behind.1 + count);
            }
            self.rest[at] = (bytes, inodes);
        }
        Some(())
    }

    /// The first stop beyond the subtree of a stop.
    fn behind(&self, at: usize) -> usize {
        let end = self.problem.end(self.stops[at]);
        self.stops.partition_point(|&stop| stop < end)
    }

    /// What goes with a subtree, without what is bound to other names; and its inodes.
    fn alone(&self, at: usize) -> (Gone, u64) {
        let (from, to) = (&self.before[at], &self.before[self.behind(at)]);
        let mut gone = Gone {
            paths: 1,
            bytes: to.0,
        };
        for (sum, before) in gone.bytes.iter_mut().zip(from.0) {
            *sum -= before;
        }
        (gone, to.1 - from.1)
    }

    /// What goes with a whole set.
    fn of_set(&self, set: &[u32]) -> Gone {
        let mut sorted = set.to_vec();
        sorted.sort_unstable();
        let goes = |node: u32| {
            let at = sorted.partition_point(|&start| start <= node);
            at > 0 && self.problem.contains(sorted[at - 1], node)
        };
        let mut gone = Gone::default();
        for &node in set {
            let at = self.stops.partition_point(|&stop| stop < node);
            gone = gone.and(self.alone(at).0);
        }
        let mut stays = vec![false; self.bonds.len()];
        for &(_, bond) in self.names.iter().filter(|name| !goes(name.0)) {
            stays[bond] = true;
        }
        for (bond, _) in self.bonds.iter().zip(stays).filter(|bond| !bond.1) {
            gone = gone.and(bond.gone);
        }
        gone
    }

    fn cost(&self, gone: Gone) -> Cost {
        let [_, one, two, three, four] = gone.bytes;
        let (paths, lost) = (gone.paths, lost(gone));
        match self.smallest {
            Smallest::Paths | Smallest::Directory => [paths, lost, 0, 0, 0, 0],
            Smallest::Bytes => [lost, paths, 0, 0, 0, 0],
            Smallest::Exposure => [four, three, two, one, paths, lost],
        }
    }

    /// The cheapest walk that costs less than `limit`, if there is one; nothing when there are too
    /// many states.
    #[expect(
        clippy::option_option,
        reason = "no answer, or the answer that nothing is better"
    )]
    fn run(&self, limit: Cost) -> Option<Option<Vec<u32>>> {
        let words = 2 + self.bonds.len().div_ceil(64);
        let mut start = vec![0u64; words];
        start.extend(self.family_end.iter().map(|_| UNTOUCHED));
        let mut layers: Vec<Layer> = vec![Layer::new(); self.stops.len() + 1];
        let mut notes: Vec<(usize, Option<u32>)> = vec![(0, None)];
        layers[0].insert(start.into(), (Gone::default(), 0));
        for at in 0..self.stops.len() {
            let layer = std::mem::take(&mut layers[at]);
            let ahead = self.ahead(at);
            for (state, (gone, note)) in layer {
                if !self.may_win(at, &state, gone, &ahead, limit) {
                    continue;
                }
                let next = [
                    self.leave(at, &state)
                        .map(|next| (at + 1, next, gone, None)),
                    self.take(at, &state).map(|(next, more)| {
                        (self.behind(at), next, gone.and(more), Some(self.stops[at]))
                    }),
                ];
                for (to, state, gone, taken) in next.into_iter().flatten() {
                    if notes.len() > STATES {
                        return None;
                    }
                    let cost = self.cost(gone);
                    let is_best = |old: &(Gone, usize)| self.cost(old.0) <= cost;
                    if cost < limit && !layers[to].get(&state).is_some_and(is_best) {
                        layers[to].insert(state, (gone, notes.len()));
                        notes.push((note, taken));
                    }
                }
            }
        }
        let ends = layers.pop().unwrap_or_default();
        let met = ends.iter().filter(|end| self.missing(end.0) == (0, 0));
        let best = met.map(|(_, &(gone, note))| (self.cost(gone), note)).min();
        Some(best.map(|(_, note)| self.walked(&notes, note)))
    }

    fn walked(&self, notes: &[(usize, Option<u32>)], mut note: usize) -> Vec<u32> {
        let mut set = Vec::new();
        while note > 0 {
            let (before, taken) = notes[note];
            set.extend(taken);
            note = before;
        }
        set.reverse();
        set
    }

    fn missing(&self, state: &State) -> (u64, u64) {
        (self.goal.bytes - state[0], self.goal.inodes - state[1])
    }

    /// The bonds that may still bring something at a stop, or behind it.
    fn ahead(&self, at: usize) -> Vec<usize> {
        let node = self.stops[at];
        let is_ahead = |bond: &Bond| bond.gains && bond.last >= node;
        (0..self.bonds.len())
            .filter(|&bond| is_ahead(&self.bonds[bond]))
            .collect()
    }

    /// Whether a walk can still meet the goal, for less than `limit`. An inode that alone would
    /// cost too much cannot help it.
    fn may_win(&self, at: usize, state: &State, gone: Gone, ahead: &[usize], limit: Cost) -> bool {
        let missing = self.missing(state);
        let least = Gone {
            paths: u64::from(missing != (0, 0)),
            bytes: [missing.0, 0, 0, 0, 0],
        };
        if self.cost(gone.and(least)) >= limit {
            return false;
        }
        let (mut bytes, mut inodes) = self.rest[at];
        for &number in ahead {
            if bytes >= missing.0 && inodes >= missing.1 {
                return true;
            }
            let bond = &self.bonds[number];
            if !is_broken(state, number) && self.cost(gone.and(bond.gone)) < limit {
                bytes = bytes.saturating_add(bond.bytes);
                inodes += 1;
            }
        }
        bytes >= missing.0 && inodes >= missing.1
    }

    /// The state after a node stays; nothing when that breaks the order of a family.
    fn leave(&self, at: usize, state: &State) -> Option<State> {
        let node = self.stops[at];
        let mut next = state.clone();
        for &(_, bond) in within(&self.names, node, node + 1, |name| name.0) {
            set_broken(&mut next, bond, self.bonds[bond].last > node);
        }
        self.settle(&mut next, node, node + 1, |family, rank| {
            (family >> 32 << 32) | (family & UNTOUCHED).min(u64::from(rank))
        })?;
        Some(next)
    }

    /// The state after a node goes, and what goes with it; nothing when it may not.
    fn take(&self, at: usize, state: &State) -> Option<(State, Gone)> {
        let node = self.stops[at];
        if !self.allowed.ok[node as usize] {
            return None;
        }
        let end = self.problem.end(node);
        let mut next = state.clone();
        let (mut gone, inodes) = self.alone(at);
        next[0] = next[0].saturating_add(lost(gone));
        next[1] += inodes;
        for &(_, bond) in within(&self.by_last, node, end, |last| last.0) {
            if !is_broken(state, bond) {
                let bond = &self.bonds[bond];
                gone = gone.and(bond.gone);
                if bond.gains {
                    next[0] = next[0].saturating_add(bond.bytes);
                    next[1] += 1;
                }
            }
            set_broken(&mut next, bond, false);
        }
        next[0] = next[0].min(self.goal.bytes);
        next[1] = next[1].min(self.goal.inodes);
        self.settle(&mut next, node, end, |family, rank| {
            (family >> 32).max(u64::from(rank) + 1) << 32 | (family & UNTOUCHED)
        })?;
        Some((next, gone))
    }

    /// Notes the members between two nodes in their families' words: above, one more than the rank
    /// of the youngest that goes; below, the rank of the oldest that stays.
    fn settle(
        &self,
        state: &mut State,
        from: u32,
        to: u32,
        note: impl Fn(u64, u32) -> u64,
    ) -> Option<()> {
        let words = state.len() - self.family_end.len();
        let members = within(&self.members, from, to, |member| member.0);
        for &(_, family, rank) in members {
            let word = &mut state[words + family];
            *word = note(*word, rank);
            if (*word >> 32) > (*word & UNTOUCHED) + 1 {
                return None;
            }
        }
        // What is behind it no longer matters once a family is passed.
        for &(_, family, _) in members.iter().filter(|m| self.family_end[m.1] < to) {
            state[words + family] = UNTOUCHED;
        }
        Some(())
    }
}

impl Gone {
    fn and(mut self, more: Self) -> Self {
        self.paths += more.paths;
        for (sum, bytes) in self.bytes.iter_mut().zip(more.bytes) {
            *sum = sum.saturating_add(bytes);
        }
        self
    }
}

fn lost(gone: Gone) -> u64 {
    gone.bytes
        .iter()
        .fold(0, |sum, &bytes| sum.saturating_add(bytes))
}

/// The part of a sorted list that lies between two nodes.
fn within<T>(list: &[T], from: u32, to: u32, node: impl Fn(&T) -> u32) -> &[T] {
    let start = list.partition_point(|item| node(item) < from);
    let end = list.partition_point(|item| node(item) < to);
    &list[start..end]
}

fn is_broken(state: &State, bond: usize) -> bool {
    state[2 + bond / 64] >> (bond % 64) & 1 == 1
}

fn set_broken(state: &mut State, bond: usize, broken: bool) {
    let bit = 1u64 << (bond % 64);
    let word = &mut state[2 + bond / 64];
    *word = if broken { *word | bit } else { *word & !bit };
}
