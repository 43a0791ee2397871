//! One bottom-up pass: the shapes of what lies below every directory, joined where siblings agree.
//!
//! A directory hands its parent a *profile*: for every shape of path below it an [`Entry`] of
//! fixed size (hash, sums, a list of members linked in constant time), never names or paths. The
//! parent puts its own name's shape in front and joins:
//!
//! * children whose names are alike (`2024-01-02`, `2024-01-03`);
//! * children with different names but like contents (`north/`, `south/`): the level is a word;
//! * names that return in sibling after sibling (`NYSE.csv` on every day): the leaf is a word.
//!
//! The idea of comparing whole child profiles instead of names is that of partition discovery
//! (Hive, Spark) without its demand for equal depth everywhere. Cost: one scan of each name, and a
//! constant amount for each shape at each level above it; a profile carries at most
//! [`CARRIED`] shapes upward, the smallest ones end where they are.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::entry::Rooting;
use crate::tree::{NodeId, Tree};

use super::LeftOut;
use super::listing::Listing;
use super::name::{Scan, hash, mix};
use super::places::Places;
use super::roster::Roster;
use super::rows::{ByHash, PLAIN_LEVELS, Rows};
use super::shapes::{Arena, Entry, Leaf, Span, WORD, narrow, word_of};
use super::words;

/// Shapes that a profile carries upward.
const CARRIED: usize = 64;
/// Levels of a template; deeper ones end.
const LEVELS: u8 = 24;
/// Fewer members than this are no family.
const FEWEST: u32 = 3;

/// Members of one shape, and how it was joined.
#[derive(Debug)]
pub(super) struct Group<'f> {
    /// The files, each with the row of its directory, in the tree's order.
    pub(super) members: Roster<'f>,
    /// How many names of each member's path the shape speaks of.
    pub(super) depth: u8,
    /// By level, the file being 0: whether names of different shapes were joined there.
    pub(super) whole: u32,
    /// Checksums and indexes that go with the members, and their bytes.
    pub(super) side: u64,
    pub(super) side_bytes: u64,
}

/// Every group of three or more files that are alike, and the files that are not finished.
pub(super) struct Found {
    pub(super) rows: Rows,
    pub(super) places: Places,
    arena: Arena,
}

/// Finds every group of three or more files that are alike.
pub(super) fn groups(tree: &Tree) -> Found {
    let rows = Rows::of(tree);
    let jobs = jobs(tree, &rows);
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Part>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (Some(job), Some(slot)) = (jobs.get(at), results.get(at)) else {
                break;
            };
            let mut pass = Pass::new(tree, &rows);
            let tops = job.iter().map(|unit| {
                let top = pass.run(unit.clone(), &mut Vec::new());
                (narrow(unit.start), top)
            });
            let tops = tops.collect();
            pass.arena.members.shrink();
            pass.arena.spans.shrink_to_fit();
            if let Ok(mut slot) = slot.lock() {
                *slot = Some((tops, pass.arena));
            }
        }
    };
    super::in_parallel(jobs.len(), &work);
    let mut pass = Pass::new(tree, &rows);
    let mut units = Vec::new();
    for (slot, job) in results.into_iter().zip(&jobs) {
        if let Ok(Some((mut tops, arena))) = slot.into_inner() {
            pass.arena.absorb(arena, &mut tops);
            let ends = job.iter().map(|unit| unit.end);
            units.extend(
                tops.into_iter()
                    .zip(ends)
                    .map(|((start, top), end)| (start as usize..end, top)),
            );
        }
    }
    let top = pass.run(0..rows.id.len(), &mut units);
    let mut arena = pass.arena;
    arena.done.extend(top);
    arena
        .done
        .retain(|entry| entry.varies && entry.count >= FEWEST);
    arena.unfinished.sort_unstable();
    arena.left_out.sort_unstable_by_key(|left| left.dir);
    Found {
        places: Places::new(&rows),
        rows,
        arena,
    }
}

/// What one thread found below some directories: the profiles of these, and the rest.
type Part = (Vec<(u32, Vec<Entry>)>, Arena);

/// A subtree's rows, and the profile of its top.
type Unit = (Range<usize>, Vec<Entry>);

/// Subtrees that can be read independently, a few together where they are small.
fn jobs(tree: &Tree, rows: &Rows) -> Vec<Vec<Range<usize>>> {
    let share = (tree.len() / 32).max(8192);
    let mut jobs: Vec<Vec<Range<usize>>> = Vec::new();
    let mut room = 0;
    let mut row = 1;
    while row < rows.id.len() {
        let end = tree.end(rows.id[row]);
        let size = (end.0 - rows.id[row].0) as usize;
        if size > share {
            row += 1;
            continue;
        }
        let after = row + rows.id[row..].partition_point(|&id| id < end);
        if size > room || jobs.is_empty() {
            jobs.push(Vec::new());
            room = share;
        }
        room -= size;
        if let Some(job) = jobs.last_mut() {
            job.push(row..after);
        }
        row = after;
    }
    jobs
}

struct Pass<'t> {
    tree: &'t Tree,
    rows: &'t Rows,
    listing: Listing,
    arena: Arena,
}

impl<'t> Pass<'t> {
    fn new(tree: &'t Tree, rows: &'t Rows) -> Self {
        Self {
            tree,
            rows,
            listing: Listing::default(),
            arena: Arena::default(),
        }
    }

    /// The profile of the first of these rows, of which the others lie below. Units that were
    /// read before are taken from the end of `units`, which is in the order of rows.
    fn run(&mut self, rows: Range<usize>, units: &mut Vec<Unit>) -> Vec<Entry> {
        let mut open: Vec<(u32, Vec<Entry>)> = Vec::new();
        let mut row = rows.end;
        while row > rows.start {
            row -= 1;
            if let Some((unit, profile)) = units.pop_if(|unit| unit.0.contains(&row)) {
                row = unit.start;
                if !profile.is_empty() {
                    open.push((narrow(row), profile));
                }
                continue;
            }
            if self.rows.skipped[row] {
                continue;
            }
            let mut entries = self
                .listing
                .read(self.tree, self.rows, row, &mut self.arena);
            // Rows come last first, so that the children of this one are on top, in their order.
            let mut children = Vec::new();
            while let Some(child) =
                open.pop_if(|child| self.rows.parent[child.0 as usize] as usize == row)
            {
                children.push(child);
            }
            if !children.is_empty() {
                self.directories(row, children, &mut entries);
            }
            self.cap(&mut entries);
            if !entries.is_empty() || row == rows.start {
                open.push((narrow(row), entries));
            }
        }
        open.pop().map_or_else(Vec::new, |top| top.1)
    }

    /// Keeps what may be carried up; the smallest shapes end here.
    fn cap(&mut self, entries: &mut Vec<Entry>) {
        if entries.len() <= CARRIED {
            return;
        }
        entries
            .sort_unstable_by_key(|e| (!e.varies, std::cmp::Reverse((e.count, e.bytes)), e.shape));
        let small = entries.drain(CARRIED..);
        self.arena
            .done
            .extend(small.filter(|entry| entry.count >= FEWEST));
    }

    /// Joins the profiles of a directory's children and puts their names' shapes in front.
    fn directories(&mut self, row: usize, children: Vec<(u32, Vec<Entry>)>, out: &mut Vec<Entry>) {
        let classes = self.classes(children);
        for cluster in self.clusters(row, classes) {
            let Class {
                mut entries,
                segment,
                varies,
                whole,
                children,
                ..
            } = cluster;
            if children > 1 {
                self.join_repeated(&mut entries, children);
            }
            for mut entry in entries {
                let plain = !entry.varies && !varies;
                if entry.depth >= LEVELS || plain && (entry.depth + 1 >= PLAIN_LEVELS || whole) {
                    if entry.varies {
                        self.arena.done.push(entry);
                    }
                    continue;
                }
                entry.depth += 1;
                entry.shape = mix(entry.shape, segment);
                entry.whole |= u32::from(whole) << entry.depth;
                entry.varies |= varies;
                entry.siblings = 1;
                out.push(entry);
            }
        }
    }

    /// Children whose names are alike, joined; sorted by their first name.
    fn classes(&mut self, mut children: Vec<(u32, Vec<Entry>)>) -> Vec<Class> {
        let name = |row: u32| self.tree.name(self.rows.id[row as usize]);
        children.sort_by(|a, b| name(a.0).cmp(name(b.0)));
        let mut classes: Vec<Class> = Vec::new();
        let mut index = ByHash::<usize>::default();
        for (row, profile) in children {
            let at = row as usize;
            let segment = if self.rows.varies[at] {
                self.rows.segment[at]
            } else {
                hash(name(row))
            };
            let class = *index.entry(segment).or_insert_with(|| {
                classes.push(Class {
                    row,
                    segment,
                    varies: self.rows.varies[at],
                    whole: false,
                    children: 0,
                    entries: Vec::new(),
                });
                classes.len() - 1
            });
            classes[class].children += 1;
            classes[class].entries.extend(profile);
        }
        for class in &mut classes {
            if class.children > 1 {
                self.merge(&mut class.entries);
            }
        }
        classes
    }

    /// Joins entries of the same shape.
    fn merge(&mut self, entries: &mut Vec<Entry>) {
        entries.sort_unstable_by_key(|e| e.shape);
        let mut kept = 0;
        for at in 0..entries.len() {
            let entry = entries[at];
            if kept > 0 && entries[kept - 1].shape == entry.shape {
                let into = &mut entries[kept - 1];
                self.arena.spans[into.last as usize].next = entry.first;
                into.last = entry.last;
                into.count += entry.count;
                into.bytes = into.bytes.saturating_add(entry.bytes);
                into.side = into.side.saturating_add(entry.side);
                into.side_bytes = into.side_bytes.saturating_add(entry.side_bytes);
                into.siblings += entry.siblings;
                into.whole |= entry.whole;
                into.varies |= entry.varies;
            } else {
                entries[kept] = entry;
                kept += 1;
            }
        }
        entries.truncate(kept);
    }

    /// Joins classes whose contents are alike, although their names are not.
    fn clusters(&mut self, row: usize, classes: Vec<Class>) -> Vec<Class> {
        let root = self.tree.name(NodeId::ROOT);
        let top = row == 0 && (root == b"/" || self.tree.rooting() == Rooting::Forest);
        if top || classes.len() < 2 {
            return classes;
        }
        let mut clusters: Vec<Class> = Vec::with_capacity(classes.len());
        let mut holders: ByHash<Vec<usize>> = ByHash::default();
        for class in classes {
            let signature: Vec<u64> = class
                .entries
                .iter()
                .filter(|e| e.varies)
                .map(|e| e.shape)
                .collect();
            match self.best_cluster(&class, &signature, &clusters, &holders) {
                Some(at) => {
                    let into = &mut clusters[at];
                    into.children += class.children;
                    into.whole = true;
                    into.segment = WORD;
                    into.entries.extend(class.entries);
                    let mut entries = std::mem::take(&mut into.entries);
                    self.merge(&mut entries);
                    clusters[at].entries = entries;
                    for shape in signature {
                        let list = holders.entry(shape).or_default();
                        if list.len() < 8 && !list.contains(&at) {
                            list.push(at);
                        }
                    }
                }
                None => {
                    for shape in signature {
                        let list = holders.entry(shape).or_default();
                        if list.len() < 8 {
                            list.push(clusters.len());
                        }
                    }
                    clusters.push(class);
                }
            }
        }
        clusters
    }

    fn best_cluster(
        &self,
        class: &Class,
        signature: &[u64],
        clusters: &[Class],
        holders: &ByHash<Vec<usize>>,
    ) -> Option<usize> {
        let mut votes: Vec<(usize, usize)> = Vec::new();
        for &at in signature.iter().filter_map(|s| holders.get(s)).flatten() {
            match votes.iter_mut().find(|(cluster, _)| *cluster == at) {
                Some((_, n)) => *n += 1,
                None => votes.push((at, 1)),
            }
        }
        votes.sort_unstable_by_key(|&(at, n)| (std::cmp::Reverse(n), at));
        votes
            .into_iter()
            .find(|&(at, shared)| {
                let theirs = clusters[at].entries.iter().filter(|e| e.varies).count();
                2 * shared >= signature.len().min(theirs) && self.may_join(class, &clusters[at])
            })
            .map(|(at, _)| at)
    }

    /// Whether two names may be values of one variable.
    fn may_join(&self, a: &Class, b: &Class) -> bool {
        let members = |class: &Class| -> u32 {
            class
                .entries
                .iter()
                .filter(|e| e.varies)
                .map(|e| e.count)
                .fold(0, u32::saturating_add)
        };
        let name = |class: &Class| self.tree.name(self.rows.id[class.row as usize]);
        let lettered = |class: &Class| {
            name(class)
                .iter()
                .any(|b| b.is_ascii_alphabetic() || *b >= 0x80)
        };
        if !lettered(a)
            || !lettered(b)
            || !words::may_be_value(name(a))
            || !words::may_be_value(name(b))
        {
            return false;
        }
        match (a.varies, b.varies) {
            (false, false) => members(a) >= FEWEST && members(b) >= FEWEST,
            (true, true) if a.whole || b.whole || a.children <= 2 || b.children <= 2 => true,
            (true, true) => name(a).len() == name(b).len(),
            _ => {
                b.whole || name(a).len() == name(b).len() || words::are_symbols(&[name(a), name(b)])
            }
        }
    }

    /// Makes a word of names that return in many of the siblings.
    fn join_repeated(&mut self, entries: &mut Vec<Entry>, siblings: u32) {
        self.generalise(entries, siblings, Self::general_leaf);
        self.generalise(entries, siblings, Self::general_top);
    }

    fn generalise(
        &mut self,
        entries: &mut Vec<Entry>,
        siblings: u32,
        general: fn(&Self, &Entry) -> Option<General>,
    ) {
        let mut forms: Vec<(u64, usize, General)> = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            if let Some(form) = general(self, entry) {
                forms.push((form.shape, at, form));
            }
        }
        forms.sort_unstable_by_key(|&(shape, at, _)| (shape, entries[at].shape));
        let often = (siblings / 10).max(2);
        let mut changed = false;
        for run in forms.chunk_by(|a, b| a.0 == b.0) {
            let known = run.iter().any(|&(shape, at, _)| entries[at].shape == shape);
            if !known && (siblings < FEWEST || run.len() < 2) {
                continue;
            }
            if !known && !self.are_repeated(entries, run, often) {
                continue;
            }
            for (shape, at, form) in run {
                let entry = &mut entries[*at];
                if known || entry.siblings >= 2 {
                    entry.shape = *shape;
                    entry.leaf = form.leaf;
                    entry.whole |= form.whole;
                    changed = true;
                }
            }
        }
        if changed {
            self.merge(entries);
        }
    }

    fn are_repeated(&self, entries: &[Entry], run: &[(u64, usize, General)], often: u32) -> bool {
        let words: Vec<(&[u8], u32)> = run
            .iter()
            .filter(|&&(_, at, _)| entries[at].siblings >= often)
            .map(|&(_, at, form)| (self.name_at(&entries[at], form.level), entries[at].siblings))
            .collect();
        let leaf = run.iter().all(|(_, _, form)| form.level == 0);
        match form_of(run) {
            _ if words.len() < 2 => false,
            Leaf::AnyWord if leaf => words::are_values(&words, 8),
            _ => {
                let among = |at: usize| run.iter().any(|&(_, of, _)| of == at);
                let alone = (0..entries.len())
                    .filter(|&at| entries[at].siblings >= often)
                    .all(among);
                words::are_leaf_values(&words, leaf && alone)
            }
        }
    }

    /// The shape with its last name as a word, or with any leading word.
    fn general_leaf(&self, entry: &Entry) -> Option<General> {
        let itself = General {
            shape: entry.shape,
            leaf: entry.leaf,
            whole: 0,
            level: 0,
        };
        if entry.leaf == Leaf::Word || entry.leaf == Leaf::AnyWord && !self.is_constant(entry, 0) {
            return Some(itself);
        }
        let span = self.arena.spans[entry.first as usize];
        let name = self.name_at(entry, 0);
        let mut scan = Scan::default();
        scan.read(name, &self.rows.names_above(self.tree, span.row));
        let (leaf, key) = if scan.varies && !self.is_constant(entry, 0) {
            (Leaf::AnyWord, scan.loosen(name))
        } else {
            (Leaf::Word, word_of(name))
        };
        Some(General {
            shape: self.shape_above(entry, key),
            leaf,
            whole: u32::from(leaf == Leaf::Word),
            level: 0,
        })
    }

    /// The shape with its first directory as a word, where that is a plain name.
    fn general_top(&self, entry: &Entry) -> Option<General> {
        if entry.depth == 0 {
            return None;
        }
        if entry.whole >> entry.depth & 1 == 1 {
            return Some(General {
                shape: entry.shape,
                leaf: entry.leaf,
                whole: 0,
                level: entry.depth,
            });
        }
        let mut row = self.arena.spans[entry.first as usize].row;
        for _ in 1..entry.depth {
            row = self.rows.parent[row as usize];
        }
        if self.rows.varies[row as usize] && !self.is_constant(entry, entry.depth) {
            return None;
        }
        let mut below = *entry;
        below.depth -= 1;
        let shape = mix(self.shape_above(&below, self.leaf_key(entry)), WORD);
        Some(General {
            shape,
            leaf: entry.leaf,
            whole: 1 << entry.depth,
            level: entry.depth,
        })
    }

    /// Whether an entry has one member in each of three and more directories, all of one name here.
    fn is_constant(&self, entry: &Entry, level: u8) -> bool {
        let name = self.name_at(entry, level);
        let mut at = entry.first;
        let mut spans = 0;
        while let Some(span) = self.arena.spans.get(at as usize) {
            let here = Entry {
                first: at,
                ..*entry
            };
            if span.len > 1 && level == 0 || self.name_at(&here, level) != name {
                return false;
            }
            spans += 1;
            at = span.next;
        }
        spans >= FEWEST
    }

    fn leaf_key(&self, entry: &Entry) -> u64 {
        let span = self.arena.spans[entry.first as usize];
        let name = self.name_at(entry, 0);
        let mut scan = Scan::default();
        scan.read(name, &self.rows.names_above(self.tree, span.row));
        match entry.leaf {
            Leaf::Word => word_of(name),
            Leaf::AnyWord => scan.loosen(name),
            Leaf::Exact if scan.varies => scan.key,
            Leaf::Exact => hash(&name[..scan.body]),
        }
    }

    /// The shape of an entry whose last name has this key.
    fn shape_above(&self, entry: &Entry, leaf: u64) -> u64 {
        let mut shape = leaf;
        let mut row = self.arena.spans[entry.first as usize].row as usize;
        for level in 1..=entry.depth {
            let segment = if entry.whole >> level & 1 == 1 {
                WORD
            } else if self.rows.varies[row] {
                self.rows.segment[row]
            } else {
                hash(self.tree.name(self.rows.id[row]))
            };
            shape = mix(shape, segment);
            row = self.rows.parent[row] as usize;
        }
        shape
    }

    /// The first file of a span.
    fn first_of(&self, span: Span) -> NodeId {
        let dir = self.rows.id[span.row as usize];
        let mut files = self.arena.members.read(span.start, span.len, dir);
        files.next().unwrap_or(dir)
    }

    /// The name at a level of an entry's first member, the file being 0.
    fn name_at(&self, entry: &Entry, level: u8) -> &[u8] {
        let span = self.arena.spans[entry.first as usize];
        if level == 0 {
            return self.tree.name(self.first_of(span));
        }
        let mut row = span.row as usize;
        for _ in 1..level {
            row = self.rows.parent[row] as usize;
        }
        self.tree.name(self.rows.id[row])
    }
}

impl Found {
    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.arena.done.len()
    }

    /// One group, with its members.
    pub(super) fn group(&self, at: usize) -> Group<'_> {
        let entry = &self.arena.done[at];
        let mut spans = Vec::new();
        let mut at = entry.first;
        while let Some(span) = self.arena.spans.get(at as usize) {
            spans.push(*span);
            at = span.next;
        }
        Group {
            members: Roster::new(&self.arena.members, &self.rows, spans),
            depth: entry.depth + 1,
            whole: entry.whole,
            side: u64::from(entry.side),
            side_bytes: entry.side_bytes,
        }
    }

    /// Directories of which some names were left out, in the order of the tree.
    pub(super) fn left_out(&mut self) -> Vec<LeftOut> {
        std::mem::take(&mut self.arena.left_out)
    }

    /// Files that are not finished, in the order of the tree.
    pub(super) fn unfinished(&self) -> &[(NodeId, u32)] {
        &self.arena.unfinished
    }
}

/// Sibling directories whose names are one literal, alike, or values of one variable.
struct Class {
    row: u32,
    segment: u64,
    varies: bool,
    whole: bool,
    children: u32,
    entries: Vec<Entry>,
}

/// A wider shape that an entry would also fit.
#[derive(Clone, Copy)]
struct General {
    shape: u64,
    leaf: Leaf,
    whole: u32,
    level: u8,
}

fn form_of(run: &[(u64, usize, General)]) -> Leaf {
    run.iter()
        .map(|r| r.2)
        .find(|g| g.level == 0)
        .map_or(Leaf::Word, |g| g.leaf)
}
