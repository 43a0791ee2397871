//! The hard core: inodes with names in several candidates, families that lie crosswise.
//!
//! Fewest paths with two-name inodes spread over directories is k-clique in disguise, so nothing
//! better than a search is known. Two bounds keep it short: a set frees at least the sum of what
//! lies wholly inside its nodes, and at most that sum where every spread inode is shared out over
//! its names (`ceil(bytes / names)` a name). Where inodes are needed too, a set gives back at most
//! the sum of its nodes' when a spread inode counts in each of them. The search counts its work and
//! stops; what it has then carries a gap.

use super::problem::{Allowed, Problem, Sums, Unit};

/// Elementary steps of one search.
pub const WORK: u64 = 25_000_000;

/// What a set really is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worth {
    /// Bytes that come back.
    pub freed: u64,
    /// Bytes that are gone.
    pub lost: u64,
    /// Inodes that come back.
    pub inodes: u64,
}

/// What must be freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Bytes.
    pub bytes: u64,
    /// Inodes.
    pub inodes: u64,
}

impl Goal {
    /// Whether it is reached.
    #[must_use]
    pub fn is_met(self, worth: Worth) -> bool {
        worth.freed >= self.bytes && worth.inodes >= self.inodes
    }
}

/// A set found by a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Best {
    /// The chosen nodes.
    pub set: Vec<u32>,
    /// What they lose.
    pub lost: u64,
    /// No set can do with fewer paths.
    pub paths_bound: usize,
    /// No set of as many paths can lose less.
    pub lost_bound: u64,
}

/// Judges any set by the definition.
#[derive(Debug)]
pub struct Judge<'a> {
    problem: &'a Problem,
    sums: &'a Sums<'a>,
}

impl<'a> Judge<'a> {
    /// For the sets of one problem; `sums` must know the inodes where they matter.
    #[must_use]
    pub fn new(problem: &'a Problem, sums: &'a Sums) -> Self {
        Self { problem, sums }
    }

    /// What deleting the set gives back and loses. The nodes must not hold each other.
    #[must_use]
    pub fn worth(&self, set: &[u32]) -> Worth {
        let sum = |of: &dyn Fn(u32) -> u64| {
            let parts = set.iter().map(|&node| of(node));
            parts.fold(0u64, u64::saturating_add)
        };
        let freed = sum(&|node| self.sums.freed(node));
        let mut worth = Worth {
            freed,
            lost: match self.sums.splits() {
                true => sum(&|node| self.sums.lost(node)),
                false => freed,
            },
            inodes: match self.sums.counts_inodes() {
                true => sum(&|node| self.sums.inodes(node)),
                false => 0,
            },
        };
        // Without inodes of several names, what several nodes are worth adds up.
        if set.len() < 2 || self.problem.units.iter().all(|unit| unit.members.len() < 2) {
            return worth;
        }
        let mut sorted = set.to_vec();
        sorted.sort_unstable();
        let holder = |node: u32| {
            let at = sorted.partition_point(|&start| start <= node);
            at.checked_sub(1)
                .filter(|&i| self.problem.contains(sorted[i], node))
        };
        for unit in self
            .problem
            .units
            .iter()
            .filter(|unit| unit.members.len() > 1)
        {
            let first = holder(unit.members[0]);
            if first.is_none() || unit.members.iter().any(|&m| holder(m).is_none()) {
                continue;
            }
            if unit.members.iter().any(|&m| holder(m) != first) {
                worth.lost = worth.lost.saturating_add(unit.bytes);
                if unit.gains {
                    worth.freed = worth.freed.saturating_add(unit.bytes);
                    worth.inodes += 1;
                }
            }
        }
        worth
    }

    /// The units all of whose members go with the set.
    pub fn units_within(&self, set: &[u32]) -> impl Iterator<Item = &'a Unit> + use<'a> {
        let problem = self.problem;
        let mut sorted = set.to_vec();
        sorted.sort_unstable();
        let goes = move |&m: &u32| {
            let at = sorted.partition_point(|&start| start <= m);
            at > 0 && problem.contains(sorted[at - 1], m)
        };
        problem
            .units
            .iter()
            .filter(move |unit| unit.members.iter().all(&goes))
    }

    /// An older relative that would stay although a younger one goes; `None`: the order is kept.
    #[must_use]
    pub fn left_behind(&self, set: &[u32]) -> Option<u32> {
        self.elders(set).next()
    }

    /// All older relatives that would stay although a younger one goes.
    pub fn elders(&self, set: &[u32]) -> impl Iterator<Item = u32> + use<'a> {
        let problem = self.problem;
        // A family is all that needs the set in its order.
        let mut sorted = match problem.orders.is_empty() {
            true => Vec::new(),
            false => set.to_vec(),
        };
        sorted.sort_unstable();
        problem.orders.iter().flat_map(move |order| {
            let goes = |node: u32| {
                let at = sorted.partition_point(|&start| start <= node);
                at > 0 && problem.contains(sorted[at - 1], node)
            };
            let gone = order.members.iter().filter(|m| goes(m.0));
            let youngest = gone.map(|m| m.1).max().unwrap_or(0);
            let older = order
                .members
                .iter()
                .filter(|m| m.1 < youngest && !goes(m.0));
            older.map(|m| m.0).collect::<Vec<_>>()
        })
    }

    /// Whether anything binds nodes to each other.
    pub(super) fn binds(&self) -> bool {
        let is_spread = |unit: &Unit| unit.members.len() > 1;
        !self.problem.orders.is_empty() || self.problem.units.iter().any(is_spread)
    }

    /// How many of the nodes are enough, from the first on; nothing where they are bound to each
    /// other, so that what they are worth does not add up.
    pub(super) fn enough(&self, nodes: &[u32], goal: Goal) -> Option<usize> {
        if self.binds() {
            return None;
        }
        let (mut bytes, mut inodes) = (0u64, 0u64);
        let short = nodes.iter().take_while(|&&node| {
            let is_short = bytes < goal.bytes || inodes < goal.inodes;
            bytes = bytes.saturating_add(self.sums.freed(node));
            inodes += self.sums.inodes(node);
            is_short
        });
        Some(short.count())
    }

    /// Prunes where what several nodes are worth adds up: then one look at each is enough.
    fn spare(&self, set: &[u32], goal: Goal) -> Vec<u32> {
        let freed = set.iter().map(|&node| u128::from(self.sums.freed(node)));
        let inodes = set.iter().map(|&node| u128::from(self.sums.inodes(node)));
        let (mut bytes, mut inodes) = (freed.sum::<u128>(), inodes.sum::<u128>());
        let mut kept: Vec<u32> = Vec::with_capacity(set.len());
        for &node in set.iter().rev() {
            let less = bytes - u128::from(self.sums.freed(node));
            let fewer = inodes - u128::from(self.sums.inodes(node));
            if less >= u128::from(goal.bytes) && fewer >= u128::from(goal.inodes) {
                (bytes, inodes) = (less, fewer);
            } else {
                kept.push(node);
            }
        }
        kept.reverse();
        kept
    }

    /// Drops every node without which the goal is still met, the last of the list first. An elder
    /// may only go once nothing younger does, so this is repeated until nothing more can go.
    #[must_use]
    pub fn prune(&self, set: &[u32], goal: Goal) -> Vec<u32> {
        if !self.binds() {
            return self.spare(set, goal);
        }
        let mut kept = set.to_vec();
        loop {
            let before = kept.len();
            for i in (0..kept.len()).rev() {
                let mut fewer = kept.clone();
                fewer.remove(i);
                if goal.is_met(self.worth(&fewer)) && self.left_behind(&fewer).is_none() {
                    kept = fewer;
                }
            }
            if kept.len() == before {
                return kept;
            }
        }
    }
}

/// The search's view of the problem.
struct Search<'a> {
    problem: &'a Problem,
    sums: &'a Sums<'a>,
    judge: Judge<'a>,
    goal: Goal,
    /// The most that each node can add, spread inodes shared out.
    upper: Vec<u64>,
    /// Whether a node may be in a set at all.
    useful: Vec<bool>,
    /// Candidates, the largest upper worth first.
    items: Vec<u32>,
    /// Sums of the upper worths of the first so many items.
    prefix: Vec<u64>,
    /// The most inodes that each node can add; empty where none are needed.
    inodes: Vec<u64>,
    /// The most inodes that so many items can give back.
    most_inodes: Vec<u64>,
    /// Sets that lose more than this are of no use.
    limit: u64,
    best: Option<(usize, u64, Vec<u32>)>,
    work: u64,
    /// Where the work ends.
    most_work: u64,
}

/// Fewest paths, then least bytes, in so much work. `None`: not found within it; `known` is a set
/// that is already at hand.
#[must_use]
pub fn fewest(
    problem: &Problem,
    sums: &Sums<'_>,
    allowed: &Allowed,
    goal: Goal,
    (known, work): (Option<Vec<u32>>, u64),
) -> Option<Best> {
    let mut search = Search::new(problem, sums, allowed, goal);
    search.most_work = work;
    let known = known.map(|set| (set.len(), search.judge.worth(&set).lost, set));
    let most = known.as_ref().map_or(search.items.len(), |k| k.0);
    let mut count = 1;
    while count <= most && !search.may_reach(count) {
        count += 1;
    }
    while count <= most {
        if known.as_ref().is_some_and(|k| k.0 == count) {
            search.best.clone_from(&known);
        }
        let complete = search.of_count(count);
        if let Some((paths, lost, set)) = search.best.take() {
            let lost_bound = if complete { lost } else { goal.bytes.min(lost) };
            return Some(Best {
                set,
                lost,
                paths_bound: paths.min(count),
                lost_bound,
            });
        }
        if !complete {
            break;
        }
        count += 1;
    }
    known.map(|(_, lost, set)| Best {
        set,
        lost,
        paths_bound: count,
        lost_bound: goal.bytes.min(lost),
    })
}

/// What is known before the least bytes are searched for.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// A set that suffices.
    pub set: &'a [u32],
    /// No set loses less.
    pub floor: u64,
    /// No set has fewer paths.
    pub paths: usize,
}

/// Least bytes, then fewest paths, starting from what is known, in so much work for each of two
/// ways to search; and whether that is proven.
#[must_use]
pub fn least(
    problem: &Problem,
    sums: &Sums<'_>,
    allowed: &Allowed,
    goal: Goal,
    (known, work): (Known<'_>, u64),
) -> (Vec<u32>, bool) {
    let Known {
        set: known,
        floor,
        paths,
    } = known;
    let mut search = Search::new(problem, sums, allowed, goal);
    search.most_work = work;
    // Often some set loses no more than the floor: then the first that does has the fewest paths.
    search.limit = floor;
    for count in paths.max(1)..=search.items.len() {
        let complete = search.of_count(count);
        if let Some(best) = search.best.take() {
            return (best.2, complete || best.1 <= floor);
        }
        if !complete {
            break;
        }
    }
    search.limit = u64::MAX;
    search.work = 0;
    search.best = Some((known.len(), search.judge.worth(known).lost, known.to_vec()));
    let complete = search.of_bytes(allowed);
    let set = search.best.take().map_or_else(Vec::new, |best| best.2);
    (set, complete)
}

impl<'a> Search<'a> {
    fn new(problem: &'a Problem, sums: &'a Sums<'a>, allowed: &Allowed, goal: Goal) -> Self {
        let upper = upper_worth(problem, sums, allowed);
        // What is worth nothing may still have to go, as somebody's elder.
        let mut useful: Vec<bool> = upper
            .iter()
            .map(|&bytes| bytes > 0 || goal.inodes > 0)
            .collect();
        for &(member, _) in problem.orders.iter().flat_map(|order| &order.members) {
            let mut node = member;
            while allowed.ok[node as usize] && !useful[node as usize] {
                useful[node as usize] = true;
                node = problem.parent(node);
            }
        }
        useful
            .iter_mut()
            .zip(&allowed.ok)
            .for_each(|(useful, ok)| *useful &= ok);
        let mut items: Vec<u32> = (0u32..)
            .zip(&useful)
            .filter(|item| *item.1)
            .map(|(node, _)| node)
            .collect();
        // Of a chain that is worth the same the innermost loses the fewest names.
        items.sort_by_key(|&n| (std::cmp::Reverse(upper[n as usize]), std::cmp::Reverse(n)));
        let mut prefix = vec![0u64];
        for &item in &items {
            let sum = prefix[prefix.len() - 1];
            prefix.push(sum.saturating_add(upper[item as usize]));
        }
        let inodes = match goal.inodes {
            0 => Vec::new(),
            _ => upper_inodes(problem, sums, allowed),
        };
        let mut counts: Vec<u64> = match goal.inodes {
            0 => Vec::new(),
            _ => items.iter().map(|&item| inodes[item as usize]).collect(),
        };
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let mut most_inodes = vec![0u64];
        for count in counts {
            most_inodes.push(most_inodes[most_inodes.len() - 1] + count);
        }
        Self {
            problem,
            sums,
            judge: Judge::new(problem, sums),
            goal,
            upper,
            items,
            prefix,
            useful,
            inodes,
            most_inodes,
            limit: u64::MAX,
            best: None,
            work: 0,
            most_work: WORK,
        }
    }

    /// Whether the bounds leave so many paths a chance.
    fn may_reach(&self, count: usize) -> bool {
        let count = count.min(self.items.len());
        self.prefix[count] >= self.goal.bytes && self.may_count(&[], count)
    }

    /// Whether so many more paths can bring what these lack of inodes.
    fn may_count(&self, picks: &[u32], more: usize) -> bool {
        if self.inodes.is_empty() {
            return true;
        }
        let count: u64 = picks.iter().map(|&p| self.inodes[p as usize]).sum();
        let more = more.min(self.most_inodes.len() - 1);
        count + self.most_inodes[more] >= self.goal.inodes
    }

    fn spend(&mut self, picks: usize) -> bool {
        let members = self.problem.units.len() + self.problem.orders.len() + picks;
        self.work = self.work.saturating_add(4 + members as u64);
        self.work <= self.most_work
    }

    fn is_free(&self, picks: &[u32], node: u32) -> bool {
        !picks
            .iter()
            .any(|&p| self.problem.contains(p, node) || self.problem.contains(node, p))
    }

    /// All sets of exactly `count` paths, with the bounds; false when the work ran out.
    ///
    /// A set is built by its items' numbers, rising; in between, an elder relative that is left
    /// behind forces one of the nodes that hold it. Every forced item must have a higher number
    /// than the last free one, so each set is met through its own smallest free item.
    fn of_count(&mut self, count: usize) -> bool {
        // A frame: the choices still open at this depth, best last, and the floor for free ones.
        let mut picks: Vec<u32> = Vec::new();
        let mut frames = vec![self.choices(&picks, 0, count)];
        while let Some(frame) = frames.last_mut() {
            let Some((item, floor)) = frame.pop() else {
                frames.pop();
                picks.pop();
                continue;
            };
            picks.push(self.items[item]);
            if !self.spend(picks.len()) {
                return false;
            }
            if picks.len() == count {
                self.consider(&picks);
                picks.pop();
                continue;
            }
            let choices = self.choices(&picks, floor, count);
            frames.push(choices);
        }
        true
    }

    /// The items that may come next, each with the floor that then holds; the best is last.
    fn choices(&mut self, picks: &[u32], floor: usize, count: usize) -> Vec<(usize, usize)> {
        let left = count - picks.len();
        let sum: u64 = picks
            .iter()
            .map(|&p| self.upper[p as usize])
            .fold(0, u64::saturating_add);
        let lost: u64 = picks
            .iter()
            .map(|&p| self.sums.lost(p))
            .fold(0, u64::saturating_add);
        if self
            .best
            .as_ref()
            .is_some_and(|b| b.0 <= count && b.1 <= lost)
            || lost > self.limit
            || !self.may_count(picks, left)
        {
            return Vec::new();
        }
        let last = self.items.len();
        let reaches = |from: usize| {
            let to = (from + left).min(last);
            sum.saturating_add(self.prefix[to] - self.prefix[from]) >= self.goal.bytes
        };
        let mut choices = Vec::new();
        let forced = if picks.is_empty() {
            None
        } else {
            self.judge.left_behind(picks)
        };
        for item in floor..last {
            if forced.is_none() && !reaches(item) {
                break;
            }
            let node = self.items[item];
            if !self.is_free(picks, node) {
                continue;
            }
            match forced {
                Some(left) if self.problem.contains(node, left) => choices.push((item, floor)),
                Some(_) => {}
                None => choices.push((item, item + 1)),
            }
        }
        self.work = self
            .work
            .saturating_add((choices.len() * picks.len()) as u64);
        choices.reverse();
        choices
    }

    fn consider(&mut self, picks: &[u32]) {
        let worth = self.judge.worth(picks);
        let better = |b: &(usize, u64, Vec<u32>)| (picks.len(), worth.lost) < (b.0, b.1);
        if self.goal.is_met(worth)
            && worth.lost <= self.limit
            && self.best.as_ref().is_none_or(better)
            && self.judge.left_behind(picks).is_none()
        {
            self.best = Some((picks.len(), worth.lost, picks.to_vec()));
        }
    }

    /// Takes or skips node after node in pre-order; false when the work ran out.
    fn of_bytes(&mut self, allowed: &Allowed) -> bool {
        let rest = self.rest(allowed);
        // A frame: the next node to decide, and how many picks were made before it.
        let mut frames = vec![(0usize, 0usize)];
        let mut picks: Vec<u32> = Vec::new();
        while let Some((from, made)) = frames.pop() {
            picks.truncate(made);
            let mut node = from;
            while node < allowed.ok.len() && !self.useful[node] {
                node += 1;
            }
            if !self.spend(picks.len()) {
                return false;
            }
            if node >= allowed.ok.len() || !self.may_win(&picks, node, &rest) {
                continue;
            }
            frames.push((node + 1, made));
            picks.push(u32::try_from(node).unwrap_or(u32::MAX));
            let worth = self.judge.worth(&picks);
            let is_done = self.goal.is_met(worth) && self.judge.left_behind(&picks).is_none();
            let best = self
                .best
                .as_ref()
                .map_or((u64::MAX, usize::MAX), |b| (b.1, b.0));
            if is_done && (worth.lost, picks.len()) < best {
                self.best = Some((picks.len(), worth.lost, picks.clone()));
            }
            if !is_done && (worth.lost, picks.len()) < best {
                frames.push((self.end(node), made + 1));
            }
        }
        true
    }

    fn may_win(&self, picks: &[u32], node: usize, (rest, inodes): &(Vec<u64>, Vec<u64>)) -> bool {
        let sum: u64 = picks
            .iter()
            .map(|&p| self.upper[p as usize])
            .fold(rest[node], u64::saturating_add);
        let count = |first: &u64| {
            let picked = picks.iter().map(|&p| self.inodes[p as usize]);
            picked.fold(*first, u64::saturating_add)
        };
        if inodes
            .get(node)
            .is_some_and(|first| count(first) < self.goal.inodes)
        {
            return false;
        }
        let lost: u64 = picks
            .iter()
            .map(|&p| self.sums.lost(p))
            .fold(0, u64::saturating_add);
        let best = self
            .best
            .as_ref()
            .map_or((u64::MAX, usize::MAX), |b| (b.1, b.0));
        sum >= self.goal.bytes && (lost, picks.len() + 1) < best
    }

    fn end(&self, node: usize) -> usize {
        let node = u32::try_from(node).unwrap_or(u32::MAX);
        self.problem.end(node) as usize
    }

    /// The most that can still be added from each node on: bytes, and inodes where they are
    /// needed.
    fn rest(&self, allowed: &Allowed) -> (Vec<u64>, Vec<u64>) {
        let of = |column: &[u64]| {
            if column.is_empty() {
                return Vec::new();
            }
            let mut rest = vec![0u64; allowed.ok.len() + 1];
            for node in (0..allowed.ok.len()).rev() {
                rest[node] = rest[node + 1];
                if allowed.ok[node] {
                    let behind = rest[self.end(node)];
                    rest[node] = rest[node].max(behind.saturating_add(column[node]));
                }
            }
            rest
        };
        (of(&self.upper), of(&self.inodes))
    }
}

/// Adds to each allowed node its share of the inodes that lie only partly in it.
pub fn upper_worth(problem: &Problem, sums: &Sums<'_>, allowed: &Allowed) -> Vec<u64> {
    let mut upper = sums.freed_column();
    straddling(problem, allowed, |unit, node, names| {
        let cell = &mut upper[node as usize];
        *cell = cell.saturating_add(part_of(unit, names));
    });
    upper
}

/// The same of the maximal nodes alone, in their order: a large tree has few of them.
pub fn upper_worth_of_maximal(problem: &Problem, sums: &Sums<'_>, allowed: &Allowed) -> Vec<u64> {
    let tops = &allowed.maximal;
    let mut upper: Vec<u64> = tops.iter().map(|&top| sums.freed(top)).collect();
    straddling(problem, allowed, |unit, node, names| {
        if let Ok(at) = tops.binary_search(&node) {
            upper[at] = upper[at].saturating_add(part_of(unit, names));
        }
    });
    upper
}

/// What so many names of an inode count at the most.
fn part_of(unit: &Unit, names: u64) -> u64 {
    let share = unit.bytes.div_ceil(unit.members.len() as u64);
    share.saturating_mul(names).min(unit.bytes)
}

/// The inodes of each allowed node, those that lie only partly in it counted whole.
fn upper_inodes(problem: &Problem, sums: &Sums<'_>, allowed: &Allowed) -> Vec<u64> {
    let mut upper = sums.inodes_column();
    straddling(problem, allowed, |_, node, _| upper[node as usize] += 1);
    upper
}

/// Shows every allowed node that holds some names of an inode that can come back, but not all of
/// them, with how many it holds.
fn straddling(problem: &Problem, allowed: &Allowed, mut show: impl FnMut(&Unit, u32, u64)) {
    let spread = |unit: &&Unit| unit.gains && unit.members.len() > 1;
    for unit in problem.units.iter().filter(spread) {
        if unit.members.iter().any(|&m| !allowed.ok[m as usize]) {
            continue;
        }
        let meeting = problem.meeting(&unit.members);
        let mut inside: Vec<u32> = Vec::new();
        for &member in &unit.members {
            let mut node = member;
            while Some(node) != meeting && allowed.ok[node as usize] {
                inside.push(node);
                node = problem.parent(node);
            }
        }
        inside.sort_unstable();
        for names in inside.chunk_by(|a, b| a == b) {
            show(unit, names[0], names.len() as u64);
        }
    }
}
