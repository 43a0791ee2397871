//! From the evidence to one tree: who is still there, what is known of each directory's names,
//! and what each size can be.
//!
//! Linear passes over the nodes, in which parents come before their children: down (removals
//! reach what lies below), up (who was seen last), down (who is present, then doubts), up (sums).
//! A later complete listing that lacks a name says that it is gone; an incomplete one says
//! nothing. A `du` sum closes a directory whose names are not all known: what its known children
//! do not explain becomes the directory's own.

use std::collections::{HashSet, VecDeque};

use crate::bytes::Interval;
use crate::entry::{Batch, Entry, Kind, Link, Listing, Rooting, Sink, Token, Trouble};
use crate::time::Timestamp;

use super::evidence::{Id, LineNo, NONE, Origin, SIZES, Size, TOP, World};
use super::listing::ls::Shape;

/// More names than this, or more bytes of them, go into another part of the listing.
const PART: usize = 1 << 16;
const PART_BYTES: usize = 1 << 24;

/// Of what a directory is made where it is made of blocks, and how large one gets.
const BLOCK: u64 = 4096;
const LARGEST_DIRECTORY: u64 = 1 << 20;

/// What directories are called, though it looks like the ending of a file.
const OF_DIRECTORIES: [&[u8]; 13] = [
    b"app", b"bak", b"cache", b"com", b"git", b"io", b"local", b"net", b"new", b"old", b"orig",
    b"org", b"tmp",
];

/// What follows from the evidence.
pub(super) struct Settled {
    pub(super) present: Vec<bool>,
    /// Names that may share their inode with one that is counted already.
    shared: HashSet<Id>,
    /// The last line from which on nothing is known of it, or it was gone.
    stale: Vec<LineNo>,
    /// By directory row.
    states: Vec<State>,
    /// Whether disk is the quantity to reckon in.
    pub(super) with_disk: bool,
    /// Whether disk sizes are shown at all.
    shows_disk: bool,
    pub(super) troubles: Vec<Trouble>,
}

/// What a directory turned out to be.
#[derive(Clone, Copy)]
struct State {
    listing: Listing,
    own: [Option<Interval>; 2],
    /// The sum of the subtree so far, and in the end.
    sum: [Interval; 2],
    children: u32,
    changed: LineNo,
}

const BLANK: State = State {
    listing: Listing::Unread,
    own: [None; 2],
    sum: [Interval::ZERO; 2],
    children: 0,
    changed: 0,
};

/// Works out what is there at the end.
pub(super) fn settle(world: &World, assume_empty: bool) -> Settled {
    let n = world.nodes.len();
    let mut settled = Settled {
        present: vec![false; n],
        shared: HashSet::new(),
        stale: vec![0; n],
        states: vec![BLANK; world.dirs.len()],
        with_disk: false,
        shows_disk: false,
        troubles: Vec::new(),
    };
    settled.find_present(world);
    settled.pass_down(world);
    settled.find_shared(world);
    settled.with_disk = settled.reckons_in_disk(world);
    for id in (1..n).rev() {
        if settled.present[id] {
            settled.add_up(world, Id::try_from(id).unwrap_or(NONE), assume_empty);
        }
    }
    settled
}

impl Settled {
    /// Has doubts reach what lies below.
    fn pass_down(&mut self, world: &World) {
        for (id, node) in world.nodes.iter().enumerate().skip(1) {
            let above = self.stale[node.parent as usize];
            self.stale[id] = node.gone.max(node.doubt).max(above);
        }
    }

    fn find_present(&mut self, world: &World) {
        let n = world.nodes.len();
        // Removals reach what lies below.
        let mut gone: Vec<LineNo> = vec![0; n];
        for (id, node) in world.nodes.iter().enumerate().skip(1) {
            gone[id] = node.gone.max(gone[node.parent as usize]);
        }
        let mut last_seen: Vec<LineNo> = vec![0; n];
        for id in (1..n).rev() {
            let node = &world.nodes[id];
            if node.seen > gone[id] {
                last_seen[id] = last_seen[id].max(node.seen);
            }
            let parent = node.parent as usize;
            last_seen[parent] = last_seen[parent].max(last_seen[id]);
        }
        self.present[0] = true;
        for (id, &seen) in last_seen.iter().enumerate().skip(1) {
            let node = &world.nodes[id];
            let parent = node.parent as usize;
            if !self.present[parent] || seen == 0 {
                self.note_change(world, id, node.gone);
                continue;
            }
            let missed = missed_at(world, id);
            self.present[id] = missed <= seen;
            if !self.present[id] {
                self.note_change(world, id, missed);
            }
        }
    }

    /// The directory above changed at this line, as one of its names went.
    fn note_change(&mut self, world: &World, id: usize, line: LineNo) {
        let row = world.node(world.nodes[id].parent).dir;
        if let Some(state) = self.states.get_mut(row as usize) {
            state.changed = state.changed.max(line);
        }
    }

    /// Files with several names whose inodes are not shown: of those on one host that are alike in
    /// size and number of names, all but the first may be the same file once more.
    fn find_shared(&mut self, world: &World) {
        let mut alike = HashSet::new();
        for (id, node) in world
            .nodes
            .iter()
            .enumerate()
            .filter(|&(id, _)| self.present[id])
        {
            let id = Id::try_from(id).unwrap_or(NONE);
            if node.links > 1 && node.dir == NONE && !world.inodes.contains_key(&id) {
                let size = node.apparent.size();
                if !alike.insert((start_of(world, id), size, node.links)) {
                    self.shared.insert(id);
                }
            }
        }
    }

    /// Disk is the quantity where at least as much is known of it as of apparent sizes.
    fn reckons_in_disk(&mut self, world: &World) -> bool {
        let mut known = [0u64; 2];
        for (id, node) in world
            .nodes
            .iter()
            .enumerate()
            .filter(|&(id, _)| self.present[id])
        {
            let id = Id::try_from(id).unwrap_or(NONE);
            for size in SIZES {
                let total = world
                    .facts(id)
                    .map(|facts| facts.totals[size as usize].line);
                let is_known = match total {
                    Some(line) => line > 0 && node.shape != Shape::File,
                    None => world.claim_of(id, size).line > 0,
                };
                known[size as usize] += u64::from(is_known);
            }
        }
        let [apparent, disk] = known;
        self.shows_disk = disk > 0;
        if disk > 0 && disk < apparent {
            self.troubles.push(Trouble {
                path: Vec::new(),
                line: None,
                code: "disk-not-used",
                message: format!(
                    "the recording shows {disk} sizes on disk but {apparent} apparent ones: reckoned in apparent sizes"
                ),
            });
        }
        disk > 0 && disk >= apparent
    }

    /// A size that is still believed, of a node's own.
    fn own_claim(&self, world: &World, id: Id, size: Size) -> Option<Interval> {
        let claim = world.claim_of(id, size);
        let stale = self.stale[id as usize];
        let size = claim.size();
        let lo = if self.shared.contains(&id) {
            0
        } else {
            size.lo
        };
        (claim.line > stale).then_some(Interval { lo, ..size })
    }

    /// Settles one present node, all of whose children are settled, and adds it to its parent.
    fn add_up(&mut self, world: &World, id: Id, assume_empty: bool) {
        let node = world.node(id);
        let (sum, changed) = if node.dir == NONE {
            let is_open = self.may_be_directory(world, id);
            let leaf = |size| {
                let own = self.own_claim(world, id, size);
                let own = own.unwrap_or(Interval::UNKNOWN);
                Interval {
                    hi: own.hi.filter(|_| !is_open),
                    ..own
                }
            };
            (SIZES.map(leaf), node.changed.max(node.doubt))
        } else {
            self.settle_directory(world, id, assume_empty);
            let state = &self.states[node.dir as usize];
            (state.sum, state.changed)
        };
        let Some(parent) = self.states.get_mut(world.node(node.parent).dir as usize) else {
            return;
        };
        for (all, one) in parent.sum.iter_mut().zip(sum) {
            *all = *all + one;
        }
        parent.children += 1;
        parent.changed = parent.changed.max(changed);
    }

    fn settle_directory(&mut self, world: &World, id: Id, assume_empty: bool) {
        let node = *world.node(id);
        let facts = world.dirs[node.dir as usize];
        let mut state = self.states[node.dir as usize];
        let stale = self.stale[id as usize];
        state.changed = state
            .changed
            .max(node.changed)
            .max(node.doubt)
            .max(facts.doubt);
        state.listing = listing_of(&facts, stale.max(facts.doubt), state.children, assume_empty);
        let complete = state.listing == Listing::Complete;
        let mut closed = [complete; 2];
        for size in SIZES {
            let q = size as usize;
            let inside = state.sum[q];
            let own = self.own_claim(world, id, size);
            let total = facts.totals[q];
            let rest = (total.line > stale.max(state.changed))
                .then(|| self.remainder(world, id, size, inside))
                .flatten();
            // Where all names are known, a sum that leaves too much or too little is of another time,
            // or of a `du` that does not count directories: what was listed counts.
            let rest = rest
                .filter(|&rest| !complete || own.is_none_or(|own| own.intersect(rest).is_some()));
            state.own[q] = match (own, rest) {
                (Some(own), Some(rest)) if complete => own.intersect(rest),
                (_, Some(rest)) => Some(rest),
                (own, None) => own,
            };
            closed[q] |= rest.is_some_and(|rest| rest.hi.is_some());
            let open = if closed[q] {
                Interval::ZERO
            } else {
                Interval::UNKNOWN
            };
            state.sum[q] = inside + state.own[q].unwrap_or(Interval::UNKNOWN) + open;
            if rest.is_some() {
                state.sum[q] = state.sum[q].intersect(total.size()).unwrap_or(state.sum[q]);
            }
        }
        // A sum closes the directory in the quantity that counts; in the other it stays open.
        if !complete && closed[usize::from(self.with_disk)] {
            state.listing = Listing::Opaque;
            let other = usize::from(!self.with_disk);
            if !closed[other] {
                state.own[other] = Some(Interval::at_least(state.own[other].map_or(0, |s| s.lo)));
            }
        }
        self.states[node.dir as usize] = state;
    }

    /// What a `du` sum leaves for the directory itself and for names that were not shown.
    fn remainder(
        &mut self,
        world: &World,
        id: Id,
        size: Size,
        inside: Interval,
    ) -> Option<Interval> {
        let claim = world.facts(id)?.totals[size as usize];
        let total = claim.size();
        if total.hi.is_some_and(|hi| hi < inside.lo) {
            self.troubles.push(Trouble {
                path: super::path_of(world, id),
                line: Some(u64::from(claim.line)),
                code: "conflict",
                message: format!(
                    "du shows {} bytes at most, but the names that were listed below hold {} at least: the sum is not used",
                    total.hi.unwrap_or(u64::MAX),
                    inside.lo
                ),
            });
            return None;
        }
        Some(Interval {
            lo: inside.hi.map_or(0, |hi| total.lo.saturating_sub(hi)),
            hi: total.hi.map(|hi| hi - inside.lo),
        })
    }
}

/// The line of the last listing that would have shown the name.
pub(super) fn missed_at(world: &World, id: usize) -> LineNo {
    let node = &world.nodes[id];
    let Some(facts) = world.facts(node.parent) else {
        return 0;
    };
    let hidden = world
        .name(Id::try_from(id).unwrap_or(NONE))
        .starts_with(b".");
    let visible = if hidden { 0 } else { facts.listed_visible };
    // `du -a` shows one name of each inode, so it only misses names that are alone.
    let summed = if node.links == 1 { facts.summed } else { 0 };
    facts.listed_all.max(visible).max(summed)
}

fn listing_of(
    facts: &super::evidence::DirFacts,
    stale: LineNo,
    children: u32,
    assume_empty: bool,
) -> Listing {
    let listed = facts
        .listed_all
        .max(facts.listed_visible)
        .max(facts.listed_some);
    let whole = facts.listed_all.max(facts.summed);
    if whole > stale && whole > facts.denied {
        return Listing::Complete;
    }
    let never = listed == 0 && facts.denied == 0 && facts.summed == 0;
    let has_total = facts.totals.iter().any(|total| total.line > 0);
    if assume_empty && facts.entered > stale && never && !has_total && facts.doubt == 0 {
        return Listing::Complete;
    }
    if children > 0 || listed > stale.max(facts.denied) {
        Listing::Partial
    } else {
        Listing::Unread
    }
}

/// The names under which paths start, and how they hang together.
pub(super) struct Roots {
    pub(super) rooting: Rooting,
    pub(super) shown: Vec<(Vec<u8>, Id)>,
}

/// One host with absolute paths only is rooted at `/`; anything else is a forest.
pub(super) fn roots(world: &World, settled: &Settled) -> Roots {
    let live: Vec<_> = world
        .starts
        .iter()
        .filter(|start| settled.present[start.node as usize])
        .collect();
    let hosts = live
        .iter()
        .enumerate()
        .filter(|(i, start)| live[..*i].iter().all(|other| other.host != start.host))
        .count();
    let shown = live
        .iter()
        .map(|start| {
            let mut name = Vec::new();
            if hosts > 1 && !start.host.is_empty() {
                name.extend_from_slice(&start.host);
                name.push(b':');
            }
            name.push(start.origin.sign());
            (name, start.node)
        })
        .collect();
    let single = matches!(live[..], [start] if start.origin == Origin::Root);
    Roots {
        rooting: if single {
            Rooting::Path
        } else {
            Rooting::Forest
        },
        shown,
    }
}

/// Delivers the tree.
pub(super) fn deliver(
    world: &World,
    settled: &Settled,
    roots: &Roots,
    name: &[u8],
    sink: &mut dyn Sink,
) {
    let mut inside = Vec::new();
    let zero = |shown: bool| shown.then_some(Interval::ZERO);
    let mut next = Token::ROOT;
    let mut queue: VecDeque<(Id, Token)> = VecDeque::new();
    if roots.rooting == Rooting::Path {
        let (shown, start) = &roots.shown[0];
        let entry = settled.entry(world, *start, shown);
        sink.root(
            Entry {
                token: None,
                ..entry
            },
            Rooting::Path,
        );
        queue.push_back((*start, Token::ROOT));
    } else {
        let root = Entry {
            apparent: zero(true),
            disk: zero(settled.shows_disk),
            ..Entry::named(name, Kind::Dir)
        };
        sink.root(root, Rooting::Forest);
        let mut batch = Batch::new(Token::ROOT);
        for (shown, start) in &roots.shown {
            next.0 += 1;
            queue.push_back((*start, next));
            batch.push(Entry {
                token: Some(next),
                ..settled.entry(world, *start, shown)
            });
        }
        sink.listing(&batch);
    }
    let mut batch = Batch::new(Token::ROOT);
    while let Some((dir, token)) = queue.pop_front() {
        let listing = settled.states[world.node(dir).dir as usize].listing;
        world.names_of(dir, &mut inside);
        inside.retain(|&id| settled.present[id as usize]);
        if listing == Listing::Unread && inside.is_empty() {
            continue;
        }
        let mut bytes = 0;
        let mut part = 0;
        batch.reset(token);
        batch.listing = listing;
        for &child in &inside {
            let mut entry = settled.entry(world, child, world.name(child));
            if world.node(child).dir != NONE {
                next.0 = next.0.saturating_add(1);
                entry.token = Some(next);
                queue.push_back((child, next));
            }
            bytes += entry.name.len();
            batch.push(entry);
            if batch.len() >= PART || bytes >= PART_BYTES {
                sink.listing(&batch);
                part += 1;
                bytes = 0;
                batch.reset(token);
                batch.listing = listing;
                batch.part = part;
            }
        }
        sink.listing(&batch);
    }
}

impl Settled {
    /// Whether a name whose kind no line shows can be a directory by the size of its own that one
    /// does: `4096 conf` of `stat`, `4 conf` of `ls -s`. Then that is the least that lies there.
    ///
    /// On ext4, as on most machines, directories are whole blocks; a name with the ending of a file
    /// is taken for one. Of other file systems, whose directories have any size, this does not know.
    fn may_be_directory(&self, world: &World, id: Id) -> bool {
        let node = world.node(id);
        let is_open = node.shape == Shape::Unknown
            && node.dir == NONE
            && node.may_hold_more()
            && !has_ending(world.name(id));
        let are_blocks = |size: Interval| {
            let blocks = |&hi: &u64| hi > 0 && hi.is_multiple_of(BLOCK) && hi <= LARGEST_DIRECTORY;
            size == Interval::UNKNOWN || size.hi.as_ref().is_some_and(blocks)
        };
        let mut sizes = SIZES
            .iter()
            .filter_map(|&size| self.own_claim(world, id, size));
        is_open && sizes.all(are_blocks)
    }

    fn entry<'a>(&self, world: &World, id: Id, name: &'a [u8]) -> Entry<'a> {
        let node = world.node(id);
        let state = self.states.get(node.dir as usize);
        let kind = match (state, node.shape) {
            (Some(_), _) => Kind::Dir,
            // It is present, so it was seen after it was gone, if ever.
            (None, _) if node.seen <= self.stale[id as usize] => Kind::Unread,
            (None, Shape::Unreadable) => Kind::Unread,
            // Only the name was shown: it may be a directory as well.
            (None, Shape::Unknown)
                if SIZES.iter().all(|&size| world.claim_of(id, size).line == 0) =>
            {
                Kind::Unread
            }
            (None, Shape::Unknown) if self.may_be_directory(world, id) => Kind::Unread,
            (None, Shape::Symlink) => Kind::Symlink,
            (None, Shape::Other) => Kind::Other,
            (None, Shape::Dir | Shape::File | Shape::Unknown) => Kind::File,
        };
        let [apparent, disk] = match state {
            Some(state) => state.own,
            None => SIZES.map(|size| self.own_claim(world, id, size)),
        };
        // `du` shows disk sizes and says nothing of apparent ones. A tree takes a size that no entry
        // has for one that is not reckoned in, and sums it up to nothing: so it is said to be unknown.
        let apparent = apparent.or_else(|| self.shows_disk.then_some(Interval::UNKNOWN));
        let link = world
            .inodes
            .get(&id)
            .filter(|&&(_, links)| links > 1 && state.is_none());
        Entry {
            name,
            kind,
            apparent,
            disk: disk.filter(|_| self.shows_disk),
            mtime: node.mtime().map(Timestamp),
            link: link.map(|&(ino, links)| Link {
                dev: u64::from(start_of(world, id)),
                ino,
                nlink: u32::try_from(links).unwrap_or(u32::MAX),
            }),
            device: None,
            token: None,
        }
    }
}

/// Whether a name ends as files do: `.log`, `.tar`, `.sql`, but not `.d`, `.git`, `.com` or `.2`.
fn has_ending(name: &[u8]) -> bool {
    let ending = name
        .iter()
        .rposition(|&b| b == b'.')
        .map(|at| (at, &name[at + 1..]));
    ending.is_some_and(|(at, ending)| {
        at > 0
            && (2..=5).contains(&ending.len())
            && ending.iter().all(u8::is_ascii_alphanumeric)
            && ending.iter().any(u8::is_ascii_alphabetic)
            && !OF_DIRECTORIES.contains(&ending)
    })
}

/// The starting point that a node lies below: inodes of two hosts are not the same.
fn start_of(world: &World, id: Id) -> Id {
    let mut at = id;
    while world.node(at).parent != TOP && at != TOP {
        at = world.node(at).parent;
    }
    at
}
