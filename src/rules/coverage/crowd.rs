//! Many commands at once: one walk of the tree for all of them.
//!
//! A walk for every rule would cost rules × files. Here the tree is walked once, and a command
//! takes part as a [`Walker`] from the directory where it starts to the end of that: it looks at
//! an entry only when the name has what its condition asks of names (`Needle`), and one that
//! asks for none looks at every entry that it reaches, as it would alone. A directory that a
//! command does not enter (too deep, pruned, another file system) puts its walker to sleep until
//! the directory ends. What the tree holds outside of all starts is not looked at.
//!
//! The walk is made in parts of the tree side by side ([`take_in_parts`]): a part begins by
//! entering the directories above its first node, after which it knows all that a walk from the
//! root would know there.
//!
//! Hits come in the tree's order, those of one job at one node merged; nothing is kept per node,
//! so what a rule takes may be the whole of a large tree. All that is asked of one file is asked
//! while the walk stands on it.
//!
//! Limits: commands that keep the newest files and blocks of logrotate are judged one by one,
//! and cost what their own directories hold; so do patterns in the middle of a shell's path, once
//! for all commands that share the path up to their last component. A test that asks for no
//! literal part of a name (`-regex`, `-iname`, ages alone) is made on every entry reached.

mod parts;
mod plan;
#[cfg(test)]
mod tests;

use super::ground::Seed;
use super::{File, Ground, Hit, Sight, eligible, scope, types_of};
use crate::bytes::Interval;
use crate::entry::{Kind, Listing};
use crate::rules::model::{Sweep, Tri};
use crate::time::Timestamp;
use crate::tree::{NodeId, Tree};

use super::finder::Then;
pub use parts::{Question, take_in_parts, threads};
use plan::{Plan, Spec, Wanted};

/// Commands that are one rule's, and how much is asked about them.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// What they take.
    pub sweeps: &'a [Sweep],
    /// Whether only their scope matters: `eligible` and `due` are left open.
    pub only_scope: bool,
}

/// Every node that jobs take, in the tree's order, to `sink` with the number of the job. Gives
/// what of each job's roots could be seen.
///
/// ```
/// use jettison::entry::{Batch, Entry, Kind, Rooting, Sink, Token};
/// use jettison::rules::coverage::{Ground, Job, take_all};
/// use jettison::time::Timestamp;
/// use jettison::tree::build::Builder;
///
/// let mut builder = Builder::new();
/// builder.root(Entry::named(b"/data", Kind::Dir), Rooting::Path);
/// builder.listing(&Batch::new(Token::ROOT));
/// let tree = builder.finish()?;
/// let jobs: [Job<'_>; 0] = [];
/// let sights = take_all(&jobs, &Ground::new(&tree, None), Timestamp(0), &mut |_, _| ());
/// assert!(sights.is_empty());
/// # Ok::<(), jettison::error::Error>(())
/// ```
pub fn take_all(
    jobs: &[Job<'_>],
    ground: &Ground<'_>,
    now: Timestamp,
    sink: &mut (dyn FnMut(usize, Hit) + Send),
) -> Vec<Sight> {
    let question = Question {
        jobs,
        ground,
        now,
        only: None,
    };
    take_in_parts(&question, &mut [sink], &|sink, job, hit| sink(job, hit))
}

/// A set of walkers: those without needles, or those that wait for one.
const EVERYTHING: u32 = 0;
const ASLEEP: u32 = u32::MAX;

/// The set of those who are below the directory that they waited for.
fn below(then: Then) -> Option<u32> {
    match then {
        Then::Itself => None,
        Then::All => Some(EVERYTHING),
        Then::Needle(number) => Some(number + 1),
    }
}

/// A command on its way through one start's subtree.
#[derive(Debug)]
struct Walker {
    spec: u32,
    /// How many directories lie above its start, and the start's own depth.
    level: usize,
    depth: u32,
    /// The length of the walk's path at its start.
    from: usize,
    /// The start as printed.
    printed: Vec<u8>,
    device: Option<u64>,
    /// The set that it is in, and where; one of its several needles each has a walker.
    set: u32,
    at: u32,
    /// Where it is among those that some directory may stop.
    limited_at: u32,
    is_limited: bool,
}

/// A directory that the walk is in.
#[derive(Debug)]
struct Frame {
    end: NodeId,
    /// The length of the path with its name.
    path: usize,
    /// How many walkers and changes of sets there were before it.
    walkers: usize,
    changes: usize,
}

/// A directory that goes whole, with everything below it.
#[derive(Debug)]
struct Blanket {
    job: usize,
    hit: Hit,
    end: NodeId,
}

struct Walk<'w, 'a> {
    plan: &'w Plan<'a>,
    jobs: &'w [Job<'w>],
    ground: &'w Ground<'w>,
    tree: &'w Tree,
    now: Timestamp,
    only: Option<&'w (dyn Fn(NodeId) -> bool + Sync)>,
    sink: &'w mut dyn FnMut(usize, Hit),
    sights: Vec<Sight>,
    /// By spec: whether some entry fitted its pattern.
    found: Vec<bool>,
    walkers: Vec<Walker>,
    sets: Vec<Vec<u32>>,
    limited: Vec<u32>,
    frames: Vec<Frame>,
    /// Walkers that changed their set, and the set before.
    changes: Vec<(u32, u32)>,
    blankets: Vec<Blanket>,
    /// Walkers in any set.
    awake: usize,
    path: Vec<u8>,
    /// Whether it is asked who takes the node that the walk is at.
    is_asked: bool,
    // Used again for every node.
    names: Vec<u32>,
    looking: Vec<u32>,
    settled: Vec<u32>,
    printed: Vec<u8>,
    hits: Vec<(usize, Hit)>,
}

impl<'w, 'a> Walk<'w, 'a> {
    fn new(
        plan: &'w Plan<'a>,
        question: &Question<'w>,
        sink: &'w mut dyn FnMut(usize, Hit),
    ) -> Self {
        Self {
            plan,
            jobs: question.jobs,
            ground: question.ground,
            tree: question.ground.tree,
            now: question.now,
            only: question.only,
            sink,
            sights: vec![Sight::default(); plan.sights.len()],
            found: vec![false; plan.specs.len()],
            walkers: Vec::new(),
            sets: vec![Vec::new(); plan.finder.len() + 1],
            limited: Vec::new(),
            frames: Vec::new(),
            changes: Vec::new(),
            blankets: Vec::new(),
            awake: 0,
            path: Vec::new(),
            is_asked: true,
            names: Vec::new(),
            looking: Vec::new(),
            settled: Vec::new(),
            printed: Vec::new(),
            hits: Vec::new(),
        }
    }

    /// Walks the nodes of a part of the tree, which may begin anywhere.
    fn run(&mut self, from: NodeId, to: NodeId) {
        self.come_to(from);
        let first = self.plan.starts.partition_point(|&(start, _)| start < from);
        let mut starts = self.plan.starts[first..].iter().copied().peekable();
        let mut node = from;
        while node < to {
            self.leave(node);
            if self.awake == 0 && self.blankets.is_empty() {
                // Nobody looks until the next start, or until a directory ends.
                let start = starts.peek().map_or(to, |&(start, _)| start);
                let ends = self.frames.last().map_or(to, |frame| frame.end);
                let next = start.min(ends);
                if next > node {
                    node = next;
                    continue;
                }
            }
            let is_dir = self.tree.is_dir(node);
            let name = self.tree.name(node);
            self.visit(node, name, is_dir);
            self.note_hidden(node, is_dir);
            let frame = is_dir.then(|| self.enter(node, name));
            while let Some(&(start, group)) = starts.peek().filter(|(start, _)| *start <= node) {
                starts.next();
                debug_assert_eq!(start, node);
                for &spec in &self.plan.groups[group] {
                    self.start(node, spec, is_dir);
                }
            }
            self.deliver(node);
            self.frames.extend(frame);
            node = NodeId(node.0 + 1);
        }
    }

    /// Enters the directories above a node as a walk that comes from the root does. What is to be
    /// said of these themselves is said by the part that they lie in.
    fn come_to(&mut self, node: NodeId) {
        let mut above: Vec<NodeId> = Vec::new();
        let mut at = node;
        while let Some(parent) = self.tree.parent(at) {
            above.push(parent);
            at = parent;
        }
        let plan = self.plan;
        for &dir in above.iter().rev() {
            let name = self.tree.name(dir);
            self.visit(dir, name, true);
            let frame = self.enter(dir, name);
            let first = plan.starts.partition_point(|&(start, _)| start < dir);
            let here = plan.starts[first..].iter();
            for &(_, group) in here.take_while(|(start, _)| *start == dir) {
                for &spec in &plan.groups[group] {
                    self.start(dir, spec, true);
                }
            }
            self.frames.push(frame);
        }
        self.hits.clear();
        self.sights.fill(Sight::default());
    }

    /// Leaves the directories that end here.
    fn leave(&mut self, node: NodeId) {
        while let Some(frame) = self.frames.pop_if(|frame| frame.end <= node) {
            while self.changes.len() > frame.changes {
                if let Some((walker, set)) = self.changes.pop() {
                    self.put(walker, set);
                }
            }
            while self.walkers.len() > frame.walkers {
                let last = self.walkers.len() - 1;
                self.put(u32::try_from(last).unwrap_or(ASLEEP), ASLEEP);
                self.walkers.pop();
            }
            let above = self.frames.last().map_or(0, |frame| frame.path);
            self.path.truncate(above);
        }
        self.blankets.retain(|blanket| blanket.end > node);
    }

    /// Moves a walker to a set, or out of all of them.
    fn put(&mut self, number: u32, set: u32) {
        let at = number as usize;
        let (old, place) = (self.walkers[at].set, self.walkers[at].at as usize);
        if old == set {
            return;
        }
        if old != ASLEEP {
            let members = &mut self.sets[old as usize];
            members.swap_remove(place);
            if let Some(&moved) = members.get(place) {
                self.walkers[moved as usize].at = self.walkers[at].at;
            }
            self.awake -= 1;
        }
        if self.walkers[at].is_limited && (old == ASLEEP || set == ASLEEP) {
            self.limit(at, set != ASLEEP);
        }
        if set != ASLEEP {
            let members = &mut self.sets[set as usize];
            self.walkers[at].at = u32::try_from(members.len()).unwrap_or(ASLEEP);
            members.push(number);
            self.awake += 1;
        }
        self.walkers[at].set = set;
    }

    /// Counts a walker among those that directories may stop, or no more.
    fn limit(&mut self, at: usize, is_awake: bool) {
        if is_awake {
            self.walkers[at].limited_at = u32::try_from(self.limited.len()).unwrap_or(ASLEEP);
            self.limited.push(u32::try_from(at).unwrap_or(ASLEEP));
            return;
        }
        let place = self.walkers[at].limited_at;
        self.limited.swap_remove(place as usize);
        if let Some(&moved) = self.limited.get(place as usize) {
            self.walkers[moved as usize].limited_at = place;
        }
    }

    /// Moves a walker until the directory that is being entered ends.
    fn put_here(&mut self, number: u32, set: u32) {
        let old = self.walkers[number as usize].set;
        if old != set && old != ASLEEP {
            self.changes.push((number, old));
            self.put(number, set);
        }
    }

    /// Lets everybody whom it may concern look at a node.
    fn visit(&mut self, node: NodeId, name: &[u8], is_dir: bool) {
        self.looking.clear();
        if self.awake == 0 {
            self.names.clear();
            return;
        }
        self.looking
            .extend_from_slice(&self.sets[EVERYTHING as usize]);
        self.plan.finder.find(name, &mut self.names);
        for needle in &self.names {
            self.looking
                .extend_from_slice(&self.sets[*needle as usize + 1]);
        }
        if self.looking.is_empty() {
            return;
        }
        self.is_asked = is_dir || self.only.is_none_or(|only| only(node));
        let facts = facts(self.tree, node, is_dir);
        let looking = std::mem::take(&mut self.looking);
        for &number in &looking {
            self.look(number, node, name, &facts);
        }
        self.looking = looking;
    }

    /// How deep the node lies for a walker.
    fn depth(&self, walker: &Walker) -> u32 {
        let below = self.frames.len().saturating_sub(walker.level);
        walker
            .depth
            .saturating_add(u32::try_from(below).unwrap_or(u32::MAX))
    }

    fn look(&mut self, number: u32, node: NodeId, name: &[u8], facts: &Facts) {
        let walker = &self.walkers[number as usize];
        let spec = &self.plan.specs[walker.spec as usize];
        let depth = self.depth(walker);
        if let Some(last) = spec.last {
            if last.matches(name) {
                self.look_at_start(walker.spec as usize, node, name, facts);
            }
            return;
        }
        if depth < spec.sweep.min_depth || facts.kind == Kind::Excluded || !self.is_asked {
            return;
        }
        if self.as_seen_by(number, node, name, |walk, look| walk.judge(look, facts)) {
            self.settled.push(number);
        }
    }

    /// A node below a walker's start, as its command prints it.
    fn as_seen_by<T>(
        &mut self,
        number: u32,
        node: NodeId,
        name: &[u8],
        ask: impl FnOnce(&mut Self, &Look<'_>) -> T,
    ) -> T {
        let (plan, walker) = (self.plan, &self.walkers[number as usize]);
        let spec = &plan.specs[walker.spec as usize];
        let mut printed = std::mem::take(&mut self.printed);
        if spec.needs_path {
            print(
                &mut printed,
                &walker.printed,
                &self.path[walker.from..],
                name,
            );
        }
        let look = Look {
            spec,
            node,
            name,
            printed: &printed,
            stays: false,
        };
        let answer = ask(self, &look);
        self.printed = printed;
        answer
    }

    /// An entry that a shell's pattern may stand for: a command's start of depth 0.
    fn look_at_start(&mut self, spec: usize, node: NodeId, name: &[u8], facts: &Facts) {
        let (number, spec) = (spec, &self.plan.specs[spec]);
        let sight = &mut self.sights[spec.job];
        self.found[number] = true;
        if spec.root.slash && !facts.is_dir {
            let is_plain = matches!(self.tree.kind(node), Kind::File | Kind::Other);
            sight.unseen += u64::from(!is_plain);
            return;
        }
        sight.found += 1;
        sight.files |= self.tree.totals(node).files > 0;
        if spec.sweep.min_depth > 0 || facts.kind == Kind::Excluded {
            return;
        }
        let printed = if spec.needs_path {
            self.ground.path(node)
        } else {
            Vec::new()
        };
        let stays = facts.is_dir && !spec.sweep.recursive;
        let asks = Look {
            spec,
            node,
            name,
            printed: &printed,
            stays,
        };
        self.judge(&asks, facts);
    }

    /// Judges one node by one command; `true`: it goes with all that lies below it.
    fn judge(&mut self, look: &Look<'_>, facts: &Facts) -> bool {
        let (sweep, node) = (look.spec.sweep, look.node);
        let file = facts.file(self.ground, look);
        let may = scope(&sweep.expr, &file);
        if may == Tri::False || look.stays {
            return false;
        }
        let mut hit = Hit {
            node,
            scope: may,
            eligible: Tri::Unknown,
            due: None,
            named: false,
        };
        if !self.jobs[look.spec.job].only_scope {
            hit.eligible = eligible(&sweep.expr, &file, self.now);
            hit.due = super::due_of(&sweep.expr, &file, hit.eligible, self.now);
        }
        self.hits.push((look.spec.job, hit));
        if !(sweep.recursive && facts.is_dir) {
            return false;
        }
        self.blankets.push(Blanket {
            job: look.spec.job,
            hit,
            end: self.tree.end(node),
        });
        may == Tri::True && (hit.eligible == Tri::True || self.jobs[look.spec.job].only_scope)
    }

    /// Enters a directory: who does not go along sleeps until it ends, and who waited for its
    /// name wakes up.
    fn enter(&mut self, node: NodeId, name: &[u8]) -> Frame {
        let frame = Frame {
            end: self.tree.end(node),
            path: self.path.len() + 1 + name.len(),
            walkers: self.walkers.len(),
            changes: self.changes.len(),
        };
        while let Some(number) = self.settled.pop() {
            self.settle(number);
        }
        if !self.limited.is_empty() {
            let device = self.tree.device(node);
            let limited = self.limited.clone();
            let facts = facts(self.tree, node, true);
            for number in limited {
                if !self.goes_along(number, node, name, device, &facts) {
                    self.put_here(number, ASLEEP);
                }
            }
        }
        for at in 0..self.names.len() {
            self.wake(self.names[at]);
        }
        self.path.push(b'/');
        self.path.extend_from_slice(name);
        frame
    }

    /// A command that takes a directory whole sees no more of it, whatever name it waits for.
    fn settle(&mut self, number: u32) {
        let (walker, at) = (&self.walkers[number as usize], number as usize);
        let is_same = |other: &Walker| other.spec == walker.spec && other.level == walker.level;
        let before = self.walkers[..at].iter().rev();
        let first = at - before.take_while(|other| is_same(other)).count();
        let after = self.walkers[at..].iter();
        let end = at + after.take_while(|other| is_same(other)).count();
        for number in first..end {
            self.put_here(u32::try_from(number).unwrap_or(ASLEEP), ASLEEP);
        }
    }

    /// Those who waited for a directory look for what lies below it.
    fn wake(&mut self, needle: u32) {
        let Some(set) = below(self.plan.finder.then(needle)) else {
            return;
        };
        for number in self.sets[needle as usize + 1].clone() {
            self.put_here(number, set);
        }
    }

    /// Whether a walker enters a directory.
    fn goes_along(
        &mut self,
        number: u32,
        node: NodeId,
        name: &[u8],
        device: Option<u64>,
        facts: &Facts,
    ) -> bool {
        let walker = &self.walkers[number as usize];
        let spec = &self.plan.specs[walker.spec as usize];
        let depth = self.depth(walker);
        let sweep = spec.sweep;
        if spec.last.is_some()
            || depth >= sweep.max_depth
            || facts.kind == Kind::Excluded
            || (sweep.one_fs && device != walker.device)
        {
            return false;
        }
        let Some(prune) = &sweep.prune else {
            return true;
        };
        if depth < sweep.min_depth {
            return true;
        }
        self.as_seen_by(number, node, name, |walk, look| {
            let file = facts.file(walk.ground, look);
            eligible(prune, &file, walk.now) != Tri::True
        })
    }

    /// Whoever would go on below a directory that was not read whole has not seen everything.
    fn note_hidden(&mut self, node: NodeId, is_dir: bool) {
        let is_unread = is_dir && self.tree.listing(node) != Listing::Complete;
        let kind = self.tree.kind(node);
        if self.awake == 0 || kind == Kind::Excluded || !(is_unread || kind == Kind::OtherFs) {
            return;
        }
        for walker in &self.walkers {
            let spec = &self.plan.specs[walker.spec as usize];
            if walker.set != ASLEEP
                && (is_unread || !spec.sweep.one_fs)
                && spec.last.is_none()
                && self.depth(walker) < spec.sweep.max_depth
            {
                self.sights[spec.job].unseen += 1;
            }
        }
    }

    /// Starts a command at a node, which is judged first.
    fn start(&mut self, node: NodeId, number: usize, is_dir: bool) {
        let plan = self.plan;
        let spec = &plan.specs[number];
        let walker = Walker {
            spec: u32::try_from(number).unwrap_or(ASLEEP),
            level: self.frames.len(),
            depth: spec.seed.as_ref().map_or(0, |seed| seed.depth),
            from: self.path.len(),
            printed: spec
                .seed
                .as_ref()
                .map_or_else(Vec::new, |seed| seed.printed.clone()),
            device: self.tree.device(node),
            set: ASLEEP,
            at: 0,
            limited_at: 0,
            is_limited: spec.last.is_some()
                || spec.sweep.max_depth != u32::MAX
                || spec.sweep.prune.is_some()
                || spec.sweep.one_fs,
        };
        let goes_on = match &spec.seed {
            Some(seed) => self.judge_start(&walker, seed, is_dir),
            None => true,
        };
        if !(is_dir && goes_on) {
            return;
        }
        let sets: Vec<u32> = match &spec.needles {
            Some(needles) => {
                let set = |wanted: &Wanted| match wanted.is_above(&walker.printed) {
                    true => below(plan.finder.then(wanted.number)),
                    false => Some(wanted.number + 1),
                };
                needles.iter().filter_map(set).collect()
            }
            None => vec![EVERYTHING],
        };
        for set in sets {
            let number = u32::try_from(self.walkers.len()).unwrap_or(ASLEEP);
            self.walkers.push(Walker {
                printed: walker.printed.clone(),
                ..walker
            });
            self.put(number, set);
        }
    }

    /// Judges the node that a command starts at; `false`: it ends there.
    fn judge_start(&mut self, walker: &Walker, seed: &Seed, is_dir: bool) -> bool {
        let plan = self.plan;
        let spec = &plan.specs[walker.spec as usize];
        let sweep = spec.sweep;
        let node = seed.node;
        let facts = facts(self.tree, node, is_dir);
        if facts.kind == Kind::Excluded {
            return false;
        }
        let goes_deeper = seed.depth < sweep.max_depth;
        let hidden = facts.kind == Kind::OtherFs && !sweep.one_fs
            || is_dir && self.tree.listing(node) != Listing::Complete;
        self.sights[spec.job].unseen += u64::from(hidden && goes_deeper);
        if seed.depth < sweep.min_depth {
            return goes_deeper;
        }
        let look = Look {
            spec,
            node,
            name: &seed.name,
            printed: &seed.printed,
            // A tree that begins deeper than the command goes is not reached.
            stays: (is_dir || seed.depth > sweep.max_depth) && !sweep.recursive,
        };
        if self.judge(&look, &facts) {
            return false;
        }
        let file = facts.file(self.ground, &look);
        let is_pruned = sweep
            .prune
            .as_ref()
            .is_some_and(|prune| is_dir && eligible(prune, &file, self.now) == Tri::True);
        goes_deeper && !is_pruned
    }

    /// Says who takes the node, each job once.
    fn deliver(&mut self, node: NodeId) {
        for blanket in &self.blankets {
            if blanket.hit.node != node {
                self.hits.push((
                    blanket.job,
                    Hit {
                        node,
                        ..blanket.hit
                    },
                ));
            }
        }
        if self.hits.len() > 1 {
            self.hits.sort_by_key(|&(job, _)| job);
            self.hits.dedup_by(|(job, later), (first_job, first)| {
                let same = job == first_job;
                if same {
                    first.absorb(later);
                }
                same
            });
        }
        for (job, hit) in self.hits.drain(..) {
            (self.sink)(job, hit);
        }
    }
}

/// One command before one node.
struct Look<'l> {
    spec: &'l Spec<'l>,
    node: NodeId,
    name: &'l [u8],
    printed: &'l [u8],
    stays: bool,
}

/// What of a node is the same for all who look at it.
struct Facts {
    kind: Kind,
    is_dir: bool,
    apparent: Option<Interval>,
    mtime: Option<Timestamp>,
    empty: Tri,
}

fn facts(tree: &Tree, node: NodeId, is_dir: bool) -> Facts {
    let (kind, apparent) = (tree.kind(node), tree.own_apparent(node));
    Facts {
        kind,
        is_dir,
        apparent,
        mtime: tree.mtime(node),
        empty: super::empty(tree, node, kind, is_dir, apparent),
    }
}

impl Facts {
    fn file<'f>(&self, ground: &'f Ground<'_>, look: &Look<'f>) -> File<'f> {
        File {
            name: look.name,
            printed: look.printed,
            types: types_of(self.kind, self.is_dir),
            apparent: self.apparent,
            mtime: self.mtime,
            empty: self.empty,
            asked: ground.asked(look.node),
        }
    }
}

/// The path of a node below a start, as the command prints it.
fn print(into: &mut Vec<u8>, start: &[u8], below: &[u8], name: &[u8]) {
    into.clear();
    into.extend_from_slice(start);
    for part in [below, name] {
        let part = part.strip_prefix(b"/").unwrap_or(part);
        if !part.is_empty() {
            if !into.ends_with(b"/") {
                into.push(b'/');
            }
            into.extend_from_slice(part);
        }
    }
}
