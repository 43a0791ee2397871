//! Least harm: the fewest bytes of the worst class, then of the next, the most harmless being free.
//!
//! Where what costs nothing suffices, paths and bytes are all that is left of the key, and the
//! search for the fewest proves them. Where a table fits, it answers exactly. Else everything below
//! the class that is needed goes, and what can be spared is spared, the worst first; that answer
//! carries a gap, unless a sweep proves a best one.

use super::{Ask, Candidate, Choice, Chooser, SEARCHED, number};
use crate::plan::Smallest;
use crate::plan::coupled::{Goal, Judge};
use crate::plan::problem::{Allowed, Problem, Unit};
use crate::plan::tape::Tape;

/// How many nodes are looked at one by one for what can be spared, each with all the others.
const SPARED: usize = 2_000;
/// The same where nothing binds nodes to each other, and each is looked at by itself.
const SPARED_UNBOUND: usize = 200_000;
/// Classes of risk.
const LEVELS: u8 = 5;

impl Chooser<'_> {
    /// Least bytes lost in the worst class, then in the next; the most harmless class is free.
    ///
    /// An empty entry of a high class costs nothing there, so all that is allowed is looked at,
    /// not only what the lowest sufficient class has.
    pub(super) fn exposure(&self, ask: &Ask, level: u8, all: &Allowed) -> Choice {
        if let Some(choice) = self.unexposed(ask, all) {
            return choice;
        }
        if ask.goal.inodes == 0 && !self.is_spread(all) && !self.sums.splits() {
            let judge = Judge::new(self.problem, &self.sums);
            let grain = all.grain(self.problem);
            let most = judge.worth(&all.maximal).freed;
            // A row of sums for every node is only made where the table may be, too.
            let fits = self.problem.len() <= SEARCHED;
            let worth = fits.then(|| self.sums.freed_column());
            let tape = worth.and_then(|worth| Tape::new(self.problem, &worth, all, grain));
            let by_class = if fits { self.by_class() } else { Vec::new() };
            let table = tape.as_ref().and_then(|tape| {
                tape.table(most, |node| {
                    let [_, one, two, three, four] = by_class[node as usize];
                    [four, three, two, one, 1]
                })
            });
            if let Some((tape, table)) = tape.zip(table) {
                let enough = table
                    .amounts()
                    .filter(|a| a.0.saturating_mul(grain) >= ask.goal.bytes);
                if let Some((amount, _)) = enough.min_by_key(|&(s, cost)| (cost, s)) {
                    let set = tape.set(&table, amount * grain);
                    let lost = amount * grain;
                    let paths_bound = set.len() as u64;
                    let found = Candidate {
                        set,
                        lost,
                        paths_bound,
                        lost_bound: lost,
                    };
                    return self.finish(ask, found);
                }
            }
        }
        if self.is_of_one_class(all) {
            // Least harm is then least bytes, and no more paths than these take.
            let found = self.least_bytes(all, ask.goal);
            return self.finish(ask, found);
        }
        let found = self.least_harm(ask, level, all);
        let few = all.ok.iter().filter(|&&ok| ok).count() <= SEARCHED;
        let found = match few {
            true => self.swept(all, ask.goal, Smallest::Exposure, found),
            false => found,
        };
        self.finish(ask, found)
    }

    /// Whether all that may go and is worth anything has one and the same class.
    fn is_of_one_class(&self, all: &Allowed) -> bool {
        let problem = self.problem;
        let worthy = |node: &u32| all.ok[*node as usize] && problem.own[*node as usize] > 0;
        let nodes = (0u32..).take(problem.len()).filter(worthy);
        let shared = problem
            .units
            .iter()
            .flat_map(|unit| unit.members.iter().copied());
        let shared = shared.filter(|&node| all.ok[node as usize]);
        let mut classes = nodes
            .chain(shared)
            .map(|n| problem.class[n as usize].level());
        let first = classes.next();
        classes.all(|class| Some(class) == first)
    }

    /// The fewest paths that cost nothing in any class but the most harmless one, where these
    /// suffice: then all that is left of the key are paths and bytes.
    fn unexposed(&self, ask: &Ask, all: &Allowed) -> Option<Choice> {
        if self.sums.most(0).0 < ask.goal.bytes {
            return None;
        }
        let free = Allowed::of(self.problem, self.harmless(all));
        let judge = Judge::new(self.problem, &self.sums);
        if !ask.goal.is_met(judge.worth(&free.maximal)) {
            return None;
        }
        let found = self.fewest(&free, ask.goal);
        let choice = self.finish(ask, found);
        // An inode may have a worse class by its name in another of the subtrees.
        let costs_nothing = choice.key.iter().take(4).all(|&bytes| bytes == 0);
        costs_nothing.then_some(choice)
    }

    /// What may go without any bytes of a class but the most harmless one.
    fn harmless(&self, all: &Allowed) -> Vec<bool> {
        let problem = self.problem;
        let own = problem.own.iter().zip(&problem.class);
        let own = own.map(|(&own, class)| class.level() == 0 || own == 0);
        let mut ok: Vec<bool> = all.ok.iter().zip(own).map(|(&ok, own)| ok && own).collect();
        let mut harms = vec![false; problem.shape.rows().len()];
        problem.shape.runs(|row, mut run| {
            harms[row] |= run.any(|n| problem.class[n].level() > 0 && problem.own[n] > 0);
        });
        for unit in problem.units.iter().filter(|unit| unit.bytes > 0) {
            let is_harmful = |&m: &u32| problem.class[m as usize].level() > 0;
            if !unit.members.iter().any(is_harmful) {
                continue;
            }
            if let Some(at) = problem.meeting(&unit.members) {
                ok[at as usize] = false;
                harms[problem.shape.holder(at)] = true;
            }
        }
        problem
            .shape
            .roll_up(&mut harms, |above, below| above | below);
        for (dir, harms) in problem.shape.rows().iter().zip(harms) {
            ok[dir.node as usize] &= !harms;
        }
        ok
    }

    /// Everything below the class that is needed, and of that class as few bytes as the rest
    /// takes; then whatever can be spared is spared, the worst first.
    fn least_harm(&self, ask: &Ask, level: u8, all: &Allowed) -> Candidate {
        let judge = Judge::new(self.problem, &self.sums);
        let most = if judge.binds() {
            SPARED
        } else {
            SPARED_UNBOUND
        };
        let goal = ask.goal;
        let suffices =
            |set: &Vec<u32>| goal.is_met(judge.worth(set)) && judge.left_behind(set).is_none();
        let spared = |set: Vec<u32>| match set.len() <= most {
            true => judge.prune(&set, goal),
            false => set,
        };
        let within = Allowed::at(self.problem, &self.sums, level, u64::MAX);
        let few = self.least_bytes(&within, goal).set;
        drop(within);
        let harmless = self.harmless_tops(level, most);
        let more = harmless.as_deref();
        let more = more.and_then(|harmless| self.with_harmless(harmless, &few, level, most));
        let mut set = spared(more.filter(suffices).unwrap_or(few));
        let harm = self.by_level(&set)[usize::from(level)];
        let other = harmless.as_deref();
        let other = other.and_then(|tops| self.beyond_harmless(tops, goal, level, (most, harm)));
        if let Some(other) = other.filter(suffices).map(spared)
            && self.exposed(&other, number(other.len() as u64))
                < self.exposed(&set, number(set.len() as u64))
        {
            set = other;
        }
        let lost = judge.worth(&set).lost;
        let more = lost.saturating_sub(goal.bytes);
        Candidate {
            lost_bound: lost - more.max(self.harm_to_spare(&set, goal.bytes, all)),
            paths_bound: self.fewest_tops(all, goal.bytes),
            set,
            lost,
        }
    }

    /// Everything more harmless than a level, and of that level the least bytes that the rest of
    /// the need takes: with all other bytes counted as nothing, that is a question for the least
    /// bytes. Nothing where that cannot have less `harm` of the level than is known.
    fn beyond_harmless(
        &self,
        harmless: &[u32],
        goal: Goal,
        level: u8,
        (most, harm): (usize, u64),
    ) -> Option<Vec<u32>> {
        let given = Judge::new(self.problem, &self.sums).worth(harmless).freed;
        let rest = Goal {
            bytes: goal.bytes.checked_sub(given)?,
            inodes: 0,
        };
        if goal.inodes > 0 || harm <= rest.bytes {
            return None;
        }
        let worst = self.least_of_level(rest, level)?;
        self.besides(harmless, worst, most)
    }

    /// What is more harmless than a level and gives anything back, if there are few enough.
    fn harmless_tops(&self, level: u8, most: usize) -> Option<Vec<u32>> {
        let below = level.checked_sub(1)?;
        let mut tops = Allowed::at(self.problem, &self.sums, below, u64::MAX).maximal;
        tops.retain(|&top| self.sums.freed(top) > 0);
        (tops.len() <= most).then_some(tops)
    }

    /// What a set has of its worst class, and everything more harmless besides.
    fn with_harmless(
        &self,
        harmless: &[u32],
        set: &[u32],
        level: u8,
        most: usize,
    ) -> Option<Vec<u32>> {
        let is_worst = |node: &u32| self.sums.worst(*node) == level;
        let worst = set.iter().copied().filter(is_worst).collect();
        self.besides(harmless, worst, most)
    }

    /// The worst and what lies outside them, if that is little enough to look at each. The worst
    /// come last, the largest of them at the end: they are the first to be spared.
    fn besides(&self, harmless: &[u32], mut worst: Vec<u32>, most: usize) -> Option<Vec<u32>> {
        worst.sort_unstable();
        let is_outside = |top: &u32| {
            let at = worst.partition_point(|w| w <= top);
            at == 0 || !self.problem.contains(worst[at - 1], *top)
        };
        let mut set: Vec<u32> = harmless.iter().copied().filter(is_outside).collect();
        set.append(&mut worst);
        set.sort_by_key(|&n| (self.sums.worst(n), self.sums.freed(n)));
        (set.len() <= most).then_some(set)
    }

    /// The nodes up to a level that free a need in bytes of exactly that level, and few more.
    fn least_of_level(&self, rest: Goal, level: u8) -> Option<Vec<u32>> {
        let whole = self.problem;
        let own = whole.own.iter().zip(&whole.class);
        let own = own.map(|(&own, class)| if class.level() == level { own } else { 0 });
        let level_of = |&m: &u32| whole.class[m as usize].level();
        let of_level = |unit: &&Unit| unit.members.iter().map(level_of).max() == Some(level);
        let problem = Problem {
            shape: whole.shape.clone(),
            own: own.collect(),
            class: whole.class.clone(),
            units: whole.units.iter().filter(of_level).cloned().collect(),
            orders: whole.orders.clone(),
        };
        let chooser = Chooser::new(&problem, false, self.tie);
        let all = Allowed::at(&problem, &chooser.sums, level, u64::MAX);
        let most = Judge::new(&problem, &chooser.sums).worth(&all.maximal);
        rest.is_met(most)
            .then(|| chooser.least_bytes(&all, rest).set)
    }

    /// The answer of a tree that is too large for tables and searches, whatever its size.
    #[cfg(test)]
    pub(in crate::plan) fn exposure_at_large(&self, ask: &Ask) -> Result<Choice, super::Short> {
        let (level, all) = self.lowest_level(ask)?;
        let all = self.all_of(ask, level, all);
        let found = self.least_harm(ask, level, &all);
        Ok(self.finish(ask, found))
    }

    /// How many bytes of one class a set could do without at most, the worst class first: what no
    /// more harmless class can give, some of that class or of a worse one must.
    fn harm_to_spare(&self, set: &[u32], need: u64, all: &Allowed) -> u64 {
        let grain = all.grain(self.problem);
        let mut needed = need;
        for (level, bytes) in (1..LEVELS)
            .rev()
            .zip(self.by_level(set).into_iter().skip(1).rev())
        {
            let at_least = needed.saturating_sub(self.sums.most(level - 1).0);
            let at_least = at_least.div_ceil(grain).saturating_mul(grain);
            if bytes > at_least {
                return bytes - at_least;
            }
            needed = needed.saturating_sub(bytes);
        }
        0
    }

    /// Bytes lost with every subtree, by class; a shared inode has the worst class of its names.
    fn by_class(&self) -> Vec<[u64; 5]> {
        let mut sums = vec![[0u64; 5]; self.problem.len()];
        let mut add = |node: u32, level: u8, bytes: u64| {
            if let Some(cell) = sums[node as usize].get_mut(usize::from(level)) {
                *cell = cell.saturating_add(bytes);
            }
        };
        for (node, &own) in (0u32..).zip(&self.problem.own) {
            add(node, self.problem.class[node as usize].level(), own);
        }
        for unit in &self.problem.units {
            let level = unit
                .members
                .iter()
                .map(|&m| self.problem.class[m as usize].level())
                .max();
            if let Some((at, level)) = self.problem.meeting(&unit.members).zip(level) {
                add(at, level, unit.bytes);
            }
        }
        for node in (1..self.problem.len()).rev() {
            let below = sums[node];
            for (cell, bytes) in sums[self.above(node)].iter_mut().zip(below) {
                *cell = cell.saturating_add(bytes);
            }
        }
        sums
    }

    fn above(&self, node: usize) -> usize {
        let node = u32::try_from(node).unwrap_or(u32::MAX);
        self.problem.parent(node) as usize
    }

    /// Bytes lost in each class, the worst first, then the paths and all bytes lost.
    pub(super) fn exposed(&self, set: &[u32], paths: i64) -> Vec<i64> {
        let sums = self.by_level(set);
        let lost = Judge::new(self.problem, &self.sums).worth(set).lost;
        let mut key: Vec<i64> = sums[1..].iter().rev().map(|&bytes| number(bytes)).collect();
        key.extend([paths, number(lost)]);
        key
    }

    /// Bytes lost with a set, by class; a shared inode has the worst class of its names.
    fn by_level(&self, set: &[u32]) -> [u64; LEVELS as usize] {
        let mut sums = [0u64; LEVELS as usize];
        let mut add = |level: u8, bytes: u64| {
            if let Some(sum) = sums.get_mut(usize::from(level)) {
                *sum = sum.saturating_add(bytes);
            }
        };
        for node in set.iter().flat_map(|&node| self.problem.subtree(node)) {
            let node = node as usize;
            add(self.problem.class[node].level(), self.problem.own[node]);
        }
        let judge = Judge::new(self.problem, &self.sums);
        for unit in judge.units_within(set) {
            let level = unit
                .members
                .iter()
                .map(|&m| self.problem.class[m as usize].level())
                .max();
            add(level.unwrap_or(0), unit.bytes);
        }
        sums
    }
}
