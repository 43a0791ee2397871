//! What a recording shows of each path, and on which line.
//!
//! Facts are only ever added, with their lines; what follows from them is worked out once, at the
//! end (`settle`). A fact is a claim about a *node*: that it was named, what its own size is, what
//! it sums up to, that it was listed, that it may have changed since. A node is made by naming a
//! path and means nothing until something was *seen* of it: a `cd` that failed leaves no trace.

use std::collections::HashMap;

use crate::bytes::Interval;
use crate::entry::Observation;

pub(super) use super::index::{Id, NONE};
use super::index::{Index, TableNo};
use super::listing::ls::Shape;
use super::settle::missed_at;
use super::watch::{self, State, Watch};

/// A line of the recording, from 1; 0 is "never".
pub(super) type LineNo = u32;

/// Above all starting points.
pub(super) const TOP: Id = 0;

/// Which of the two sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Apparent,
    Disk,
}

pub(super) const SIZES: [Size; 2] = [Size::Apparent, Size::Disk];

/// A size as one line shows it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Claim {
    /// In halves, as a node then has no room that nothing fills.
    lo: Halves,
    hi: Halves,
    /// 0: there is no claim.
    pub(super) line: LineNo,
}

impl Claim {
    pub(super) fn new(size: Interval, line: LineNo) -> Self {
        Self {
            lo: Halves::of(size.lo),
            hi: Halves::of(size.hi.unwrap_or(u64::MAX)),
            line,
        }
    }

    pub(super) fn size(self) -> Interval {
        let hi = self.hi.whole();
        Interval {
            lo: self.lo.whole(),
            hi: (hi != u64::MAX).then_some(hi),
        }
    }
}

/// Eight bytes that may lie anywhere.
#[derive(Clone, Copy, Debug, Default)]
struct Halves([[u8; 4]; 2]);

impl Halves {
    fn of(whole: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = whole.to_le_bytes();
        Self([[a, b, c, d], [e, f, g, h]])
    }

    fn whole(self) -> u64 {
        let [[a, b, c, d], [e, f, g, h]] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

/// What stands for a time that was not shown: no listing shows one so long ago.
const NO_TIME: i64 = i64::MIN;

/// One name below one directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Its name ends where that of the next node begins.
    name_start: usize,
    pub(super) parent: Id,
    /// The name before it in the same directory.
    elder: Id,
    /// Its row among the directories; `NONE` until it is known to be one.
    pub(super) dir: u32,
    /// Its disk claim's row.
    disk: u32,
    pub(super) apparent: Claim,
    /// `NO_TIME`: not shown.
    mtime: i64,
    /// The last line that names it.
    pub(super) seen: LineNo,
    /// It did not exist at this line.
    pub(super) gone: LineNo,
    /// It and what lies below may have changed at this line.
    pub(super) doubt: LineNo,
    /// Its size was seen to have changed at this line.
    pub(super) changed: LineNo,
    pub(super) shape: Shape,
    /// How many names it has; 0: not shown.
    pub(super) links: u32,
    /// What is claimed of its size is meant of the name itself, and is no sum.
    itself: bool,
    /// A listing that goes all the way down shows nothing below it.
    bottom: bool,
}

/// What is known of a directory as such.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DirFacts {
    pub(super) entered: LineNo,
    /// The last listing of every name.
    pub(super) listed_all: LineNo,
    /// The last listing of every name without a leading dot.
    pub(super) listed_visible: LineNo,
    /// The last listing of which some part is missing.
    pub(super) listed_some: LineNo,
    /// The last `du -a` that went through it: every inode once, not every name.
    pub(super) summed: LineNo,
    pub(super) denied: LineNo,
    /// Names may have come or gone at this line.
    pub(super) doubt: LineNo,
    pub(super) totals: [Claim; 2],
    /// How many names it has.
    names: u32,
    /// One more than the last name in it; 0: there is none.
    last: Id,
    /// The table of its names, once they are many.
    table: TableNo,
}

/// The names of a directory with no more than these are compared one by one: they lie together,
/// as one listing showed them, while a look-up in a large index goes far.
const FEW: u32 = 32;

/// What paths begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A host's `/`.
    Root,
    /// The directory in which a shell began, where the recording never names it.
    Here,
    /// A home that the recording never names.
    Home,
}

impl Origin {
    /// How it is written.
    pub(super) fn sign(self) -> u8 {
        match self {
            Self::Root => b'/',
            Self::Here => b'?',
            Self::Home => b'~',
        }
    }
}

/// Where paths begin.
#[derive(Clone, Debug)]
pub(super) struct Start {
    pub(super) node: Id,
    pub(super) host: Vec<u8>,
    pub(super) origin: Origin,
}

/// Everything that a recording shows.
pub(super) struct World {
    pub(super) nodes: Vec<Node>,
    pub(super) dirs: Vec<DirFacts>,
    disk: Vec<Claim>,
    names: Vec<u8>,
    /// The names of directories that have many, by parent and name.
    index: Index,
    pub(super) starts: Vec<Start>,
    /// Inode and number of names, where a listing shows them and one name is not all.
    pub(super) inodes: HashMap<Id, (u64, u64)>,
    /// The path of which every line is kept, where one was asked for.
    watch: Option<Box<Watch>>,
}

impl Node {
    /// Whether the sizes claimed of it are of the name itself, and more may lie below.
    pub(super) fn may_hold_more(&self) -> bool {
        self.itself && !self.bottom
    }

    pub(super) fn mtime(&self) -> Option<i64> {
        Some(self.mtime).filter(|&time| time != NO_TIME)
    }
}

impl DirFacts {
    /// Notes a listing of every name, which began at `start` and has just ended.
    pub(super) fn set_listed(&mut self, start: LineNo) {
        self.listed_all = start;
        self.settle_doubt(start);
    }

    /// Notes a `du -a`, which began at `start` and has just ended.
    pub(super) fn set_summed(&mut self, start: LineNo) {
        self.summed = start;
        self.settle_doubt(start);
    }

    /// What was new in the listing itself raises no doubt of it.
    fn settle_doubt(&mut self, start: LineNo) {
        if self.doubt >= start {
            self.doubt = 0;
        }
    }
}

impl World {
    pub(super) fn new() -> Self {
        let mut world = Self {
            nodes: Vec::new(),
            dirs: Vec::new(),
            disk: Vec::new(),
            names: Vec::new(),
            index: Index::new(),
            starts: Vec::new(),
            inodes: HashMap::new(),
            watch: None,
        };
        world.push(TOP, b"");
        world.dir(TOP);
        world
    }

    fn push(&mut self, parent: Id, name: &[u8]) -> Id {
        // 2^32 nodes would take 300 GiB: a machine that holds them can hold the last one twice.
        let id = u32::try_from(self.nodes.len()).unwrap_or(NONE - 1);
        self.nodes.push(Node {
            name_start: self.names.len(),
            parent,
            elder: NONE,
            dir: NONE,
            disk: NONE,
            apparent: Claim::default(),
            mtime: NO_TIME,
            seen: 0,
            gone: 0,
            doubt: 0,
            changed: 0,
            shape: Shape::Unknown,
            links: 0,
            itself: false,
            bottom: false,
        });
        self.names.extend_from_slice(name);
        if self.watch.is_some() {
            self.watch_new(id);
        }
        id
    }

    // ---- the path that is watched ---------------------------------------------------------------

    /// Keeps every line that says something of this path.
    pub(super) fn watch(&mut self, path: &[u8]) {
        self.watch = Some(Box::new(Watch::new(path)));
    }

    /// Watches a new node if it has the path that was asked for.
    fn watch_new(&mut self, id: Id) {
        let Some(mut watch) = self.watch.take() else {
            return;
        };
        let is_path = if watch.is_start() {
            id != TOP && self.node(id).parent == TOP
        } else {
            let above = |&at: &Id| Some(self.node(at).parent);
            let chain = std::iter::successors(Some(id), above);
            let names = chain.take_while(|&at| at != TOP && self.node(at).parent != TOP);
            watch.ends_in(self.name(id)) && watch.is_path(names.map(|at| self.name(at)))
        };
        if is_path {
            watch.nodes.push((id, State::default()));
        }
        self.watch = Some(watch);
    }

    /// What is printed from now on is this command's.
    pub(super) fn begin_command(&mut self, line: LineNo, typed: &[u8]) {
        if let Some(watch) = &mut self.watch {
            watch.begin(line, typed);
        }
    }

    /// A command has ended: what became of the path that is watched?
    pub(super) fn end_command(&mut self) {
        let Some(mut watch) = self.watch.take() else {
            return;
        };
        let nodes: Vec<Id> = watch.nodes.iter().map(|&(id, _)| id).collect();
        for id in nodes {
            watch.compare(id, self.state(id));
        }
        watch.end();
        self.watch = Some(watch);
    }

    fn state(&self, id: Id) -> State {
        let mut state = State::default();
        let (mut at, mut seen) = (id, 0);
        while at != TOP {
            let node = self.node(at);
            seen = seen.max(node.seen);
            let missed = missed_at(self, at as usize);
            state.gone = state.gone.max(node.gone);
            state.doubt = state.doubt.max(node.doubt);
            state.missed = state.missed.max(if missed > seen { missed } else { 0 });
            at = node.parent;
        }
        state.with(self.facts(id))
    }

    fn note(&mut self, id: Id, at: (LineNo, &'static str), size: Option<Interval>, quiet: bool) {
        if let Some(watch) = self.watch.as_mut().filter(|watch| watch.has(id)) {
            watch.claim(id, at, size, quiet);
        }
    }

    // ---- names ----------------------------------------------------------------------------------

    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    fn node_mut(&mut self, id: Id) -> &mut Node {
        &mut self.nodes[id as usize]
    }

    pub(super) fn name(&self, id: Id) -> &[u8] {
        let next = self.nodes.get(id as usize + 1);
        let end = next.map_or(self.names.len(), |next| next.name_start);
        &self.names[self.node(id).name_start..end]
    }

    /// The facts of a directory, made if there are none yet.
    pub(super) fn dir(&mut self, id: Id) -> &mut DirFacts {
        if self.node(id).dir == NONE {
            let row = u32::try_from(self.dirs.len()).unwrap_or(NONE - 1);
            self.dirs.push(DirFacts::default());
            self.node_mut(id).dir = row;
            // What `du` said of a name of unknown kind was a sum.
            if self.node(id).shape == Shape::Unknown && !self.node(id).itself {
                let own = [self.node(id).apparent, self.claim_of(id, Size::Disk)];
                self.node_mut(id).apparent = Claim::default();
                self.node_mut(id).disk = NONE;
                self.dirs[row as usize].totals = own;
            }
        }
        let row = self.node(id).dir as usize;
        &mut self.dirs[row]
    }

    pub(super) fn facts(&self, id: Id) -> Option<&DirFacts> {
        self.dirs.get(self.node(id).dir as usize)
    }

    pub(super) fn find(&self, parent: Id, name: &[u8]) -> Option<Id> {
        let facts = self.facts(parent)?;
        if facts.names <= FEW || self.index.is_empty() {
            return self.names_in(facts).find(|&id| self.name(id) == name);
        }
        let is = |id| self.node(id).parent == parent && self.name(id) == name;
        self.index
            .find(facts.table, self.index.key(parent, name), is)
    }

    /// Writes the nodes of a directory's names to `names`, in the order in which they were shown.
    pub(super) fn names_of(&self, dir: Id, names: &mut Vec<Id>) {
        names.clear();
        if let Some(facts) = self.facts(dir) {
            names.extend(self.names_in(facts));
            names.reverse();
        }
    }

    /// No more names come: what finds them among many at once is given back, and those few that are
    /// asked for from now on are looked for one by one.
    pub(super) fn forget_index(&mut self) {
        self.index = Index::new();
    }

    /// The nodes of a directory's names, the last first.
    fn names_in(&self, facts: &DirFacts) -> impl Iterator<Item = Id> {
        let last = facts.last.checked_sub(1);
        let before = |&id: &Id| Some(self.node(id).elder).filter(|&elder| elder != NONE);
        std::iter::successors(last, before)
    }

    /// The node of a name in a directory, made if it is new.
    pub(super) fn child(&mut self, parent: Id, name: &[u8]) -> Id {
        if let Some(known) = self.find(parent, name) {
            return known;
        }
        let id = self.push(parent, name);
        let facts = self.dir(parent);
        facts.names += 1;
        let (names, last) = (facts.names, std::mem::replace(&mut facts.last, id + 1));
        self.node_mut(id).elder = last.checked_sub(1).unwrap_or(NONE);
        if names == FEW + 1 {
            self.dir(parent).table = self.index.table();
            let facts = *self.dir(parent);
            let all: Vec<Id> = self.names_in(&facts).collect();
            all.into_iter().for_each(|id| self.enter(facts.table, id));
        } else if names > FEW {
            let table = self.dir(parent).table;
            self.enter(table, id);
        }
        id
    }

    fn enter(&mut self, table: TableNo, id: Id) {
        let key = self.index.key(self.node(id).parent, self.name(id));
        self.index.insert(table, key, id);
    }

    /// A host's `/`, or a directory on it that has no other name.
    pub(super) fn start(&mut self, host: &[u8], origin: Origin) -> Id {
        let mut key = host.to_vec();
        key.extend_from_slice(&[b':', origin.sign()]);
        let known = self.nodes.len();
        let node = self.child(TOP, &key);
        if self.nodes.len() > known {
            self.starts.push(Start {
                node,
                host: host.to_vec(),
                origin,
            });
            // Whatever a command seems to do to it: a shell refuses `> /`.
            self.dir(node);
        }
        node
    }

    /// Goes along a path from a directory; `None` above a directory that has no name.
    pub(super) fn walk(&mut self, from: Id, path: &[u8]) -> Option<Id> {
        let mut at = from;
        for part in path.split(|&b| b == b'/') {
            at = match part {
                b"" | b"." => at,
                b".." => self.above(at)?,
                name => self.child(at, name),
            };
        }
        Some(at)
    }

    /// The directory above; `/` is above itself.
    fn above(&self, id: Id) -> Option<Id> {
        let parent = self.node(id).parent;
        if parent != TOP {
            return Some(parent);
        }
        let start = self.starts.iter().find(|start| start.node == id)?;
        (start.origin == Origin::Root).then_some(id)
    }

    /// Notes that a line names the node. True when it was another kind of thing before.
    pub(super) fn see(&mut self, id: Id, line: LineNo, shape: Shape) -> bool {
        self.note(id, (line, "named"), None, true);
        let parent = self.node(id).parent;
        let (missed, was_whole) = self.facts(parent).map_or((0, false), |facts| {
            let hidden = self.name(id).starts_with(b".");
            let missed = facts
                .listed_all
                .max(if hidden { 0 } else { facts.listed_visible });
            (missed, facts.listed_all.max(facts.summed) > 0)
        });
        // A new name where all names were known: that, and sums from before, are of another time.
        let seen = self.node(id).seen;
        if was_whole && (seen == 0 || seen < missed) {
            self.node_mut(parent).changed = line;
            self.dir(parent).doubt = line;
        }
        if shape == Shape::Dir {
            self.dir(id);
        }
        let node = self.node_mut(id);
        // A listing in between did not show it: what was known below it is of an older thing.
        if node.seen > 0 && node.seen < missed {
            node.gone = node.gone.max(missed);
        }
        node.seen = line;
        let differs = ![node.shape, Shape::Unknown].contains(&shape)
            && !matches!(node.shape, Shape::Unknown | Shape::Unreadable)
            && shape != Shape::Unreadable;
        if shape != Shape::Unknown && (shape != Shape::Unreadable || node.shape == Shape::Unknown) {
            node.shape = shape;
        }
        if differs {
            node.apparent = Claim::default();
            node.disk = NONE;
            node.changed = line;
        }
        differs
    }

    pub(super) fn set_time(&mut self, id: Id, mtime: Option<i64>, links: u64) {
        let node = self.node_mut(id);
        node.mtime = mtime.unwrap_or(node.mtime);
        node.links = u32::try_from(links).unwrap_or(u32::MAX);
    }

    /// Notes that a listing goes all the way down, and names nothing below so far.
    pub(super) fn set_bottom(&mut self, id: Id) {
        self.node_mut(id).bottom = true;
    }

    /// Notes that sizes are claimed of the name itself, whatever it is.
    pub(super) fn set_itself(&mut self, id: Id) {
        self.node_mut(id).itself = true;
    }

    pub(super) fn set_inode(&mut self, id: Id, inode: u64, links: u64) {
        if links == 1 {
            self.inodes.remove(&id);
        } else {
            self.inodes.insert(id, (inode, links));
        }
    }

    pub(super) fn claim_of(&self, id: Id, size: Size) -> Claim {
        let node = self.node(id);
        match size {
            Size::Apparent => node.apparent,
            Size::Disk => self
                .disk
                .get(node.disk as usize)
                .copied()
                .unwrap_or_default(),
        }
    }

    /// Notes a node's own size. Where it contradicts an earlier line, gives that line's claim.
    pub(super) fn claim(
        &mut self,
        id: Id,
        size: Size,
        claim: Claim,
        epoch: LineNo,
    ) -> Option<Claim> {
        let old = self.claim_of(id, size);
        let (merged, contradicted) = merge(old, claim, epoch);
        let quiet = old.line > epoch;
        self.note(
            id,
            (claim.line, watch::own(size)),
            Some(claim.size()),
            quiet,
        );
        match size {
            Size::Apparent => self.node_mut(id).apparent = merged,
            Size::Disk => match self.disk.get_mut(self.nodes[id as usize].disk as usize) {
                Some(row) => *row = merged,
                None => {
                    self.node_mut(id).disk = u32::try_from(self.disk.len()).unwrap_or(NONE);
                    self.disk.push(merged);
                }
            },
        }
        if contradicted {
            self.node_mut(id).changed = claim.line;
        }
        contradicted.then_some(old)
    }

    /// Notes what `du` says that a node sums up to.
    pub(super) fn claim_total(
        &mut self,
        id: Id,
        size: Size,
        claim: Claim,
        epoch: LineNo,
    ) -> Option<Claim> {
        if self.node(id).dir == NONE {
            return self.claim(id, size, claim, epoch);
        }
        let slot = &mut self.dir(id).totals[size as usize];
        let (merged, contradicted) = merge(*slot, claim, epoch);
        let old = std::mem::replace(slot, merged);
        let quiet = old.line > epoch;
        self.note(
            id,
            (claim.line, watch::total(size)),
            Some(claim.size()),
            quiet,
        );
        contradicted.then_some(old)
    }

    /// A sum that was said from a line on leaves something out.
    pub(super) fn open_total(&mut self, id: Id, size: Size, from: LineNo) {
        let total = &mut self.dir(id).totals[size as usize];
        if total.line >= from {
            *total = Claim::new(Interval::at_least(total.size().lo), total.line);
        }
    }

    pub(super) fn set_gone(&mut self, id: Id, line: LineNo) {
        self.node_mut(id).gone = line;
    }

    /// Notes that a size has changed: sums from before are of another time.
    pub(super) fn set_changed(&mut self, id: Id, line: LineNo) {
        self.node_mut(id).changed = line;
    }

    /// Notes that a node may have been changed, made or removed.
    pub(super) fn set_doubt(&mut self, id: Id, line: LineNo) {
        self.node_mut(id).doubt = line;
        let parent = self.node(id).parent;
        self.dir(parent).doubt = line;
    }

    /// Notes that the names in a directory, and all below, may have changed.
    pub(super) fn set_doubt_below(&mut self, id: Id, line: LineNo) {
        self.node_mut(id).doubt = line;
        self.dir(id).doubt = line;
    }
}

/// The later claim wins; where nothing happened in between and both can be true, both count.
fn merge(old: Claim, new: Claim, epoch: LineNo) -> (Claim, bool) {
    if old.line == 0 {
        return (new, false);
    }
    match old.size().intersect(new.size()) {
        Some(both) if old.line > epoch => (Claim::new(both, new.line), false),
        Some(_) => (new, false),
        None => (new, true),
    }
}

/// The lines behind what is known of a path.
pub struct Evidence {
    world: World,
    /// The shown name of each starting point.
    shown: Vec<(Vec<u8>, Id)>,
    in_disk: bool,
}

/// One line of the recording and what it says of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proof {
    /// The line, counted from 1.
    pub line: u64,
    /// What it shows: `named`, `apparent size`, `disk size`, `sum of apparent sizes`, `sum of disk
    /// sizes`, `listed`, `listed without hidden names`, `listed in part`, `summed by du -a`,
    /// `entered`, `could not be opened`, `may have changed`, `missing`.
    pub what: &'static str,
}

impl std::fmt::Debug for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Evidence")
            .field("names", &self.world.nodes.len())
            .finish()
    }
}

impl Evidence {
    pub(super) fn new(world: World, shown: Vec<(Vec<u8>, Id)>, in_disk: bool) -> Self {
        Self {
            world,
            shown,
            in_disk,
        }
    }

    /// Whether at least as much is known of what is allocated as of apparent sizes: then that is
    /// what to reckon in. Sizes of the other kind are told all the same.
    #[must_use]
    pub fn reckons_in_disk(&self) -> bool {
        self.in_disk
    }

    /// Every line on which something known of `path` rests, in order; empty for a path that the
    /// recording does not show. Paths are written as the tree writes them.
    #[must_use]
    pub fn of(&self, path: &[u8]) -> Vec<Proof> {
        let Some(id) = self.find(path) else {
            return Vec::new();
        };
        let node = self.world.node(id);
        let mut lines = vec![
            (node.seen, "named"),
            (node.apparent.line, "apparent size"),
            (self.world.claim_of(id, Size::Disk).line, "disk size"),
            (node.doubt, "may have changed"),
            (node.gone, "missing"),
        ];
        if let Some(facts) = self.world.facts(id) {
            lines.extend([
                (facts.totals[0].line, "sum of apparent sizes"),
                (facts.totals[1].line, "sum of disk sizes"),
                (facts.listed_all, "listed"),
                (facts.listed_visible, "listed without hidden names"),
                (facts.listed_some, "listed in part"),
                (facts.summed, "summed by du -a"),
                (facts.entered, "entered"),
                (facts.denied, "could not be opened"),
                (facts.doubt, "may have changed"),
            ]);
        }
        let mut proofs: Vec<Proof> = lines
            .into_iter()
            .filter(|&(line, _)| line > 0)
            .map(|(line, what)| Proof {
                line: u64::from(line),
                what,
            })
            .collect();
        proofs.sort_unstable();
        proofs.dedup();
        proofs
    }

    /// Everything that the recording says of the path that was watched while it was read
    /// ([`Options::watch`](super::Options::watch)), in the order of the lines; empty for any other.
    #[must_use]
    pub fn observations(&self, path: &[u8]) -> Vec<Observation> {
        let found = self.find(path).zip(self.world.watch.as_ref());
        found.map_or_else(Vec::new, |(id, watch)| watch.observations(id))
    }

    /// How many observations were not kept, as they were too many.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.world.watch.as_ref().map_or(0, |watch| watch.dropped())
    }

    /// How many names the recording shows.
    #[must_use]
    pub fn names(&self) -> u64 {
        self.world.nodes.len() as u64 - 1
    }

    fn find(&self, path: &[u8]) -> Option<Id> {
        let fits = |(name, id): &(Vec<u8>, Id)| {
            let rest = path.strip_prefix(name.as_slice())?;
            let ends = name.ends_with(b"/") || rest.is_empty() || rest.starts_with(b"/");
            ends.then_some((*id, rest, name.len()))
        };
        let (start, rest, _) = self
            .shown
            .iter()
            .filter_map(fits)
            .max_by_key(|&(_, _, len)| len)?;
        rest.split(|&b| b == b'/')
            .filter(|part| !part.is_empty())
            .try_fold(start, |at, part| self.world.find(at, part))
    }
}
