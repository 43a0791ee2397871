//! Which search answers which objective, and what is certain of its answer.

mod bytes;
mod directory;
mod exposure;

use crate::policy::Risk;

use super::both;
use super::coupled::{self, Goal, Judge};
use super::pairs;
use super::paths;
use super::problem::{Allowed, Problem, Sums, Tie};
use super::shape::Shape;
use super::sweep;
use super::tape::{self, Tape};
use super::{Gap, Smallest, Step};

/// How many nodes the general search takes on.
const SEARCHED: usize = 20_000;
/// How many further points of the frontier are looked for.
const FRONTIER: usize = 3;

/// What is asked of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What must be freed.
    pub goal: Goal,
    /// What "smallest" means.
    pub smallest: Smallest,
    /// The worst risk that may be taken.
    pub max_risk: Risk,
    /// For [`Smallest::Paths`]: how many percent more than the need may be lost before more paths
    /// are preferred; `None`: no limit.
    pub max_waste: Option<u64>,
}

/// A set and its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The chosen nodes.
    pub set: Vec<u32>,
    /// The worst risk among them; `None` for the empty set.
    pub level: Option<u8>,
    /// The objective's tuple.
    pub key: Vec<i64>,
    /// What they lose.
    pub lost: u64,
    /// What they give back for certain.
    pub freed: u64,
    /// How far the set may be from the best; `None`: it is proven.
    pub gap: Option<Gap>,
    /// Whether no set keeps within the waste that was allowed.
    pub waste_exceeded: bool,
    /// Fewest paths against least bytes.
    pub frontier: Vec<Step>,
}

/// The best of everything that may go, where it does not suffice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short {
    /// The bytes that all of it gives back.
    pub bytes: u64,
    /// The inodes.
    pub inodes: u64,
}

/// A set, before it is measured against its objective: with the least that any set can have.
struct Candidate {
    set: Vec<u32>,
    lost: u64,
    paths_bound: u64,
    lost_bound: u64,
}

impl Candidate {
    /// Whether no set is smaller.
    fn is_proven(&self) -> bool {
        self.paths_bound >= self.set.len() as u64 && self.lost_bound >= self.lost
    }

    /// The one with fewer paths, or less bytes where they have as many; what is known of either
    /// holds for both.
    fn or_better(self, other: Self) -> Self {
        let paths_bound = self.paths_bound.max(other.paths_bound);
        let key = |of: &Self| (of.set.len(), of.lost);
        let best = if key(&other) < key(&self) {
            other
        } else {
            self
        };
        Self {
            paths_bound,
            ..best
        }
    }
}

/// A problem with its sums: what every search needs.
pub struct Chooser<'a> {
    problem: &'a Problem,
    sums: Sums<'a>,
    tie: Tie<'a>,
}

impl<'a> Chooser<'a> {
    /// Prepares a problem; inodes are only counted when they are asked for.
    #[must_use]
    pub fn new(problem: &'a Problem, inodes: bool, tie: Tie<'a>) -> Self {
        Self {
            problem,
            sums: problem.sums(inodes),
            tie,
        }
    }

    /// The smallest set, or what is the most that can be reached.
    ///
    /// # Errors
    /// When everything allowed together does not suffice.
    pub fn choose(&self, ask: &Ask) -> Result<Choice, Short> {
        if ask.goal.bytes == 0 && ask.goal.inodes == 0 {
            return Ok(Self::nothing(ask.smallest));
        }
        if ask.smallest == Smallest::Directory {
            return self.directory(ask);
        }
        let (level, all) = self.lowest_level(ask)?;
        match ask.smallest {
            Smallest::Bytes => {
                // Risk is no part of this key: everything that is allowed may be used.
                let all = self.all_of(ask, level, all);
                let found = self.least_bytes(&all, ask.goal);
                Ok(self.finish(ask, found))
            }
            Smallest::Exposure => {
                let all = self.all_of(ask, level, all);
                Ok(self.exposure(ask, level, &all))
            }
            _ => Ok(self.paths(ask, &all, level)),
        }
    }

    /// Which node of the problem holds which.
    pub(super) fn shape(&self) -> &Shape {
        &self.problem.shape
    }

    /// Whether a node may go at this risk with all that lies below it, whatever its relatives do.
    pub(super) fn may_go(&self, node: u32, max_risk: Risk) -> bool {
        self.sums.worst(node) <= max_risk as u8
    }

    /// Everything that is allowed, given what may go at one level.
    fn all_of(&self, ask: &Ask, level: u8, all: Allowed) -> Allowed {
        if level == ask.max_risk as u8 {
            return all;
        }
        drop(all);
        Allowed::at(self.problem, &self.sums, ask.max_risk as u8, u64::MAX)
    }

    fn nothing(smallest: Smallest) -> Choice {
        let key = match smallest {
            Smallest::Paths => vec![-1, 0, 0],
            Smallest::Bytes => vec![0, 0],
            Smallest::Directory => vec![0],
            Smallest::Exposure => vec![0; 6],
        };
        Choice {
            set: Vec::new(),
            level: None,
            key,
            lost: 0,
            freed: 0,
            gap: None,
            waste_exceeded: false,
            frontier: Vec::new(),
        }
    }

    /// The first level of risk at which everything together suffices: what can be reached only
    /// grows with what may go, so this is proven. With what may go at that level.
    fn lowest_level(&self, ask: &Ask) -> Result<(u8, Allowed), Short> {
        let judge = Judge::new(self.problem, &self.sums);
        let mut most = Short {
            bytes: 0,
            inodes: 0,
        };
        for level in 0..=ask.max_risk as u8 {
            // Where not even all entries of the level suffice, nobody need look which may go.
            let (bytes, inodes) = self.sums.most(level);
            let is_short = bytes < ask.goal.bytes || inodes < ask.goal.inodes;
            if is_short && level < ask.max_risk as u8 {
                continue;
            }
            let all = Allowed::at(self.problem, &self.sums, level, u64::MAX);
            let worth = judge.worth(&all.maximal);
            if ask.goal.is_met(worth) {
                return Ok((level, all));
            }
            most = Short {
                bytes: worth.freed,
                inodes: worth.inodes,
            };
        }
        Err(most)
    }

    /// Fewest paths, then least bytes, within the allowed waste where possible.
    fn paths(&self, ask: &Ask, all: &Allowed, level: u8) -> Choice {
        let free = self.fewest(all, ask.goal);
        let limit = ask.max_waste.map(|percent| {
            let more = u128::from(ask.goal.bytes) * u128::from(percent) / 100;
            let limit = u128::from(ask.goal.bytes) + more;
            u64::try_from(limit).unwrap_or(u64::MAX)
        });
        let frontier = self.frontier(&free, ask.goal, level);
        let mut exceeded = false;
        let chosen = match limit {
            Some(limit) if free.lost > limit && ask.goal.bytes > 0 => {
                let within = self.within(ask.goal, level, limit);
                exceeded = within.is_none();
                within.unwrap_or(free)
            }
            _ => free,
        };
        let point = Step {
            paths: chosen.set.len() as u64,
            lost: chosen.lost,
            proven: chosen.is_proven(),
        };
        let mut choice = self.finish(ask, chosen);
        choice.waste_exceeded = exceeded;
        choice.frontier = frontier;
        if choice.frontier.iter().all(|step| step.paths != point.paths) {
            choice.frontier.push(point);
            choice.frontier.sort_by_key(|step| step.paths);
        }
        choice
    }

    /// The fewest paths that lose at most `limit`. A node that loses more alone is out; if the
    /// fewest of the rest still lose too much, more paths are tried by least bytes.
    fn within(&self, goal: Goal, level: u8, limit: u64) -> Option<Candidate> {
        let some = Allowed::at(self.problem, &self.sums, level, limit);
        let judge = Judge::new(self.problem, &self.sums);
        if !goal.is_met(judge.worth(&some.maximal)) {
            return None;
        }
        let found = self.fewest(&some, goal);
        if found.lost <= limit {
            return Some(found);
        }
        let paths_bound = found.paths_bound;
        let least = self.least_bytes(&some, goal);
        (least.lost <= limit).then(|| Candidate {
            paths_bound: paths_bound.min(least.set.len() as u64),
            lost_bound: least.lost_bound.min(least.lost),
            ..least
        })
    }

    /// From a fewest set on: each next point needs more paths to lose less, so no node of it
    /// loses as much as the point before.
    fn frontier(&self, first: &Candidate, goal: Goal, level: u8) -> Vec<Step> {
        let step = |found: &Candidate| Step {
            paths: found.set.len() as u64,
            lost: found.lost,
            proven: found.is_proven(),
        };
        let mut points = vec![step(first)];
        let judge = Judge::new(self.problem, &self.sums);
        while points.len() <= FRONTIER {
            let last = points[points.len() - 1];
            if last.lost <= goal.bytes || last.lost == 0 {
                break;
            }
            let some = Allowed::at(self.problem, &self.sums, level, last.lost - 1);
            if !goal.is_met(judge.worth(&some.maximal)) {
                break;
            }
            let next = step(&self.fewest(&some, goal));
            if next.lost >= last.lost || next.paths <= last.paths {
                break;
            }
            points.push(next);
        }
        points
    }

    /// Whether some inode has names in several of the subtrees that may go.
    fn is_coupled(&self, all: &Allowed) -> bool {
        let holder = |node: u32| all.maximal.partition_point(|&top| top <= node);
        self.problem.units.iter().any(|unit| {
            unit.members.len() > 1
                && unit.members.iter().all(|&m| all.ok[m as usize])
                && unit
                    .members
                    .iter()
                    .any(|&m| holder(m) != holder(unit.members[0]))
        })
    }

    /// Whether an inode's names are spread at all, so that sums below one node do not add up.
    fn is_spread(&self, all: &Allowed) -> bool {
        self.problem
            .units
            .iter()
            .any(|u| u.members.len() > 1 && u.members.iter().all(|&m| all.ok[m as usize]))
    }

    fn is_ordered(&self, all: &Allowed) -> bool {
        let mut members = self.problem.orders.iter().flat_map(|order| &order.members);
        members.any(|m| all.ok[m.0 as usize])
    }

    /// Fewest paths, then least bytes, of what is allowed, which suffices.
    fn fewest(&self, all: &Allowed, goal: Goal) -> Candidate {
        let is_plain = !self.sums.splits() && !self.is_coupled(all);
        let few = all.ok.iter().filter(|&&ok| ok).count() <= SEARCHED;
        let weighed = || {
            let adds_up = is_plain && goal.inodes > 0 && !self.is_ordered(all);
            adds_up.then(|| self.by_weights(all, goal)).flatten()
        };
        // Of a large tree the search has nothing but a guess.
        let large = match (!few).then(weighed).flatten() {
            Some(found) if found.is_proven() => return found,
            large => large,
        };
        if is_plain && let Some(found) = self.by_bytes(all, goal) {
            return found;
        }
        let exact = || self.by_table(all, goal, false);
        if let Some(found) = exact().or_else(|| self.by_regret(all, goal)).or(large) {
            return found;
        }
        let found = self.by_search(all, goal);
        if found.is_proven() || !few {
            return found;
        }
        match weighed() {
            Some(other) => found.or_better(other),
            None => found,
        }
    }

    /// By bytes alone, where what is best so meets the other need and keeps the orders: then it is
    /// best with them, too.
    fn by_bytes(&self, all: &Allowed, goal: Goal) -> Option<Candidate> {
        if goal.bytes == 0 {
            return None;
        }
        let found = paths::fewest(self.problem, &self.sums, all, goal.bytes, self.tie)?;
        let judge = Judge::new(self.problem, &self.sums);
        if !goal.is_met(judge.worth(&found.set)) || judge.left_behind(&found.set).is_some() {
            return None;
        }
        let found = Candidate {
            paths_bound: found.set.len() as u64,
            set: found.set,
            lost: found.bytes,
            lost_bound: found.bound,
        };
        Some(self.closed(all, goal, found))
    }

    /// Both needs at once, where sums add up.
    fn by_weights(&self, all: &Allowed, goal: Goal) -> Option<Candidate> {
        let grain = all.grain(self.problem);
        let floor = goal.bytes.div_ceil(grain).saturating_mul(grain);
        let bounds = (floor, both::WORK);
        let found = both::fewest(self.problem, &self.sums, all, goal, bounds)?;
        Some(Candidate {
            set: found.set,
            lost: found.lost,
            paths_bound: found.paths_bound as u64,
            lost_bound: found.lost_bound,
        })
    }

    /// A fewest set whose bytes no table could prove, with its pairs exchanged for better ones.
    fn closed(&self, all: &Allowed, goal: Goal, found: Candidate) -> Candidate {
        if found.is_proven() {
            return found;
        }
        let bounds = (goal.bytes, found.lost_bound);
        let set = &found.set;
        let closed = pairs::close(self.problem, &self.sums, all, bounds, set, pairs::WORK);
        let judge = Judge::new(self.problem, &self.sums);
        let is_met = goal.is_met(judge.worth(&closed.set));
        if closed.bytes > found.lost || !is_met || judge.left_behind(&closed.set).is_some() {
            return found;
        }
        Candidate {
            lost_bound: match closed.is_least {
                true => closed.bytes,
                false => found.lost_bound,
            },
            lost: closed.bytes,
            set: closed.set,
            ..found
        }
    }

    /// By an exact table over what is freed, where sums add up and the table fits.
    fn by_table(&self, all: &Allowed, goal: Goal, bytes_first: bool) -> Option<Candidate> {
        if self.is_spread(all) {
            return None;
        }
        let cost = |node: u32| {
            let lost = self.sums.lost(node);
            if bytes_first { [lost, 1] } else { [1, lost] }
        };
        let judge = Judge::new(self.problem, &self.sums);
        let most = judge.worth(&all.maximal);
        let by_inodes = goal.inodes > 0;
        for inodes in [false, true] {
            let (need, most) = match inodes {
                true if !by_inodes => continue,
                true => (goal.inodes, most.inodes),
                false => (goal.bytes, most.freed),
            };
            let grain = if inodes { 1 } else { all.grain(self.problem) };
            let worth = |node| match inodes {
                true => self.sums.inodes(node),
                false => self.sums.freed(node),
            };
            if !tape::fits(all, worth, most / grain, 2) {
                continue;
            }
            let worth = match inodes {
                true => self.sums.inodes_column(),
                false => self.sums.freed_column(),
            };
            let tape = Tape::new(self.problem, &worth, all, grain)?;
            let Some(table) = tape.table(most, cost) else {
                continue;
            };
            let enough = table
                .amounts()
                .filter(|&(s, _)| s.saturating_mul(grain) >= need);
            let (amount, cost) = enough.min_by_key(|&(s, cost)| (cost, s))?;
            let set = tape.set(&table, amount * grain);
            let (paths, lost) = if bytes_first {
                (cost[1], cost[0])
            } else {
                (cost[0], cost[1])
            };
            if goal.is_met(judge.worth(&set)) {
                return Some(Candidate {
                    set,
                    lost,
                    paths_bound: paths,
                    lost_bound: lost,
                });
            }
        }
        // Each need alone has its answer and neither serves the other: the search takes over.
        None
    }

    /// Fewest paths over a tape whose sums do not fit a table.
    fn by_regret(&self, all: &Allowed, goal: Goal) -> Option<Candidate> {
        let is_plain = !self.sums.splits() && goal.inodes == 0;
        if self.is_spread(all) || !is_plain || !tape::fits(all, |n| self.sums.freed(n), 1, 4) {
            return None;
        }
        let grain = all.grain(self.problem);
        let need = goal.bytes.div_ceil(grain).saturating_mul(grain);
        let worth = self.sums.freed_column();
        let tape = Tape::new(self.problem, &worth, all, grain)?;
        let (set, proven) = tape.fewest(need)?;
        let lost = Judge::new(self.problem, &self.sums).worth(&set).lost;
        let paths_bound = set.len() as u64;
        Some(Candidate {
            set,
            lost,
            paths_bound,
            lost_bound: if proven { lost } else { need },
        })
    }

    /// The general search, or for what is too large for it a good set with its bounds.
    fn by_search(&self, all: &Allowed, goal: Goal) -> Candidate {
        let known = self.greedy(all, goal);
        let judge = Judge::new(self.problem, &self.sums);
        if all.ok.iter().filter(|&&ok| ok).count() <= SEARCHED {
            let best = self.by_turns(all, goal, Smallest::Paths, |work| {
                let known = Some(known.clone());
                coupled::fewest(self.problem, &self.sums, all, goal, (known, work)).map(|best| {
                    Candidate {
                        set: best.set,
                        lost: best.lost,
                        paths_bound: best.paths_bound as u64,
                        lost_bound: best.lost_bound,
                    }
                })
            });
            if let Some(best) = best {
                return best;
            }
        }
        Candidate {
            lost: judge.worth(&known).lost,
            set: known,
            paths_bound: self.fewest_tops(all, goal.bytes),
            lost_bound: goal.bytes,
        }
    }

    /// No set has fewer paths than the most that maximal nodes can give takes to reach the need.
    fn fewest_tops(&self, all: &Allowed, need: u64) -> u64 {
        let tops = coupled::upper_worth_of_maximal(self.problem, &self.sums, all);
        paths::fewest_of(&tops, need)
    }

    /// A short search, a sweep, and a long search, until one of them proves its set.
    fn by_turns(
        &self,
        all: &Allowed,
        goal: Goal,
        key: Smallest,
        search: impl Fn(u64) -> Option<Candidate>,
    ) -> Option<Candidate> {
        let found = search(coupled::WORK / 25)?;
        let found = self.swept(all, goal, key, found);
        if found.is_proven() {
            return Some(found);
        }
        let last = search(coupled::WORK)?;
        // A sweep passes over whatever is no better than the set at hand: with a better one it
        // may come through.
        Some(match last.set == found.set {
            true => last,
            false => self.swept(all, goal, key, last),
        })
    }

    /// What is not proven yet is tried once more by a sweep, which proves the smallest of all.
    fn swept(&self, all: &Allowed, goal: Goal, key: Smallest, found: Candidate) -> Candidate {
        let best = (!found.is_proven())
            .then(|| sweep::smallest(self.problem, all, goal, key, &found.set))
            .flatten();
        let Some(set) = best else {
            return found;
        };
        let lost = Judge::new(self.problem, &self.sums).worth(&set).lost;
        Candidate {
            paths_bound: set.len() as u64,
            lost_bound: lost,
            set,
            lost,
        }
    }

    /// A sufficient set: the largest maximal nodes, with the elder relatives that they need, as
    /// few as suffice, and none without which it still does.
    fn greedy(&self, all: &Allowed, goal: Goal) -> Vec<u32> {
        let judge = Judge::new(self.problem, &self.sums);
        let key = |node: u32| {
            let inodes = self.sums.inodes(node);
            // Where both are needed, what brings both nearest comes first.
            let share = |n: u64, of: u64| {
                if of == 0 {
                    0
                } else {
                    u128::from(n.min(of)) * 1_000_000 / u128::from(of)
                }
            };
            share(self.sums.freed(node), goal.bytes) + share(inodes, goal.inodes)
        };
        let mut tops: Vec<(u128, u32)> = all.maximal.iter().map(|&n| (key(n), n)).collect();
        tops.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| (self.tie)(a.1, b.1)));
        let tops: Vec<u32> = tops.into_iter().map(|top| top.1).collect();
        let with_elders = |count: usize| self.with_elders(&tops[..count], all);
        let suffices = |count: usize| goal.is_met(judge.worth(&with_elders(count)));
        let count = judge.enough(&tops, goal);
        let set = with_elders(count.unwrap_or_else(|| first(tops.len(), suffices)));
        if set.len() <= 2_000 {
            judge.prune(&set, goal)
        } else {
            set
        }
    }

    /// The nodes and every maximal node that holds an elder relative of what they hold.
    fn with_elders(&self, tops: &[u32], all: &Allowed) -> Vec<u32> {
        let mut set = tops.to_vec();
        let judge = Judge::new(self.problem, &self.sums);
        loop {
            let mut tops: Vec<u32> = judge
                .elders(&set)
                .filter_map(|left| {
                    let at = all.maximal.partition_point(|&top| top <= left);
                    all.maximal.get(at.checked_sub(1)?).copied()
                })
                .collect();
            tops.sort_unstable();
            tops.dedup();
            if tops.is_empty() {
                return set;
            }
            // A family never reaches beyond what is allowed, so each round adds something.
            set.extend(tops);
        }
    }

    /// Measures a candidate against its objective.
    fn finish(&self, ask: &Ask, found: Candidate) -> Choice {
        let judge = Judge::new(self.problem, &self.sums);
        let worth = judge.worth(&found.set);
        let inner: Vec<u32> = found.set.iter().map(|&node| self.innermost(node)).collect();
        // An inode spread over several picks may need the outer one.
        let set = if inner == found.set || judge.worth(&inner) == worth {
            inner
        } else {
            found.set
        };
        let level = set.iter().map(|&node| self.sums.worst(node)).max();
        let (paths, lost) = (number(set.len() as u64), number(worth.lost));
        let key = match ask.smallest {
            Smallest::Paths => vec![level.map_or(-1, i64::from), paths, lost],
            Smallest::Bytes => vec![lost, paths],
            Smallest::Directory => vec![lost],
            Smallest::Exposure => self.exposed(&set, paths),
        };
        let gap = Gap {
            paths: (set.len() as u64).saturating_sub(found.paths_bound),
            lost: worth.lost.saturating_sub(found.lost_bound),
        };
        Choice {
            set,
            level,
            key,
            lost: worth.lost,
            freed: worth.freed,
            gap: (gap != Gap::default()).then_some(gap),
            waste_exceeded: false,
            frontier: Vec::new(),
        }
    }

    /// Of a chain of directories that are worth the same, the innermost: it loses fewer names.
    fn innermost(&self, node: u32) -> u32 {
        let mut node = node;
        loop {
            let end = self.problem.end(node);
            let mut child = node + 1;
            let mut same = None;
            while child < end {
                if self.sums.freed(child) > 0
                    && self.sums.freed(child) == self.sums.freed(node)
                    && self.sums.lost(child) == self.sums.lost(node)
                    && !self.sums.counts_inodes()
                    && self.problem.orders.is_empty()
                    && self.problem.class[child as usize].is_dir()
                {
                    same = Some(child);
                }
                child = self.problem.end(child);
            }
            match same {
                Some(child) => node = child,
                None => return node,
            }
        }
    }
}

/// The first number of nodes that suffices, `most` if none less does. As what suffices only grows
/// with the number, it is found by doubling, then by halving.
fn first(most: usize, suffices: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, 1);
    while high < most && !suffices(high) {
        (low, high) = (high + 1, high * 2);
    }
    high = high.min(most);
    while low < high {
        let middle = low + (high - low) / 2;
        if suffices(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
