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

use crate::entry::{Kind, Rooting};
use crate::tree::{NodeId, Tree};

use super::name::{self, Role, Scan, hash, mix};
use super::rows::{ByHash, PLAIN_LEVELS, Rows};
use super::words;

/// Shapes that a profile carries upward.
const CARRIED: usize = 64;
/// Plain names of one extension in one directory beyond which they are one word.
const PLAIN: usize = 64;
/// Levels of a template; deeper ones end.
const LEVELS: u8 = 24;
/// Fewer members than this are no family.
const FEWEST: u32 = 3;

const NONE: u32 = u32::MAX;
const WORD: u64 = 0x57_4f52_4400;

/// Members of one shape, and how it was joined.
#[derive(Debug)]
pub(super) struct Group {
    /// The files, each with the row of its directory, in the tree's order.
    pub(super) members: Vec<(NodeId, u32)>,
    /// How many names of each member's path the shape speaks of.
    pub(super) depth: u8,
    /// By level, the file being 0: whether names of different shapes were joined there.
    pub(super) whole: u32,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    len: u32,
    row: u32,
    next: u32,
}

/// How the last name of a shape is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Leaf {
    /// Leading word and all.
    Exact,
    /// With any words between its numbers.
    AnyWord,
    /// By its extension alone.
    Word,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    shape: u64,
    bytes: u64,
    count: u32,
    /// In how many of the siblings that were joined last.
    siblings: u32,
    first: u32,
    last: u32,
    whole: u32,
    depth: u8,
    leaf: Leaf,
    varies: bool,
}

/// The shapes found in one directory, before they become entries.
#[derive(Clone, Copy, Debug)]
struct Local {
    key: u64,
    tail: u64,
    loose: u64,
    stem: u64,
    base: Option<u64>,
    sample: NodeId,
    count: u32,
    bytes: u64,
    target: u32,
    varies: bool,
}

/// Every group of three or more files that are alike.
pub(super) fn groups(tree: &Tree) -> (Rows, Vec<Group>) {
    let rows = Rows::of(tree);
    let mut pass = Pass {
        tree,
        rows: &rows,
        scan: Scan::default(),
        members: Vec::new(),
        spans: Vec::new(),
        done: Vec::new(),
        locals: Vec::new(),
        assigned: Vec::new(),
        index: ByHash::default(),
    };
    pass.run();
    let groups = pass.finish();
    (rows, groups)
}

struct Pass<'t> {
    tree: &'t Tree,
    rows: &'t Rows,
    scan: Scan,
    members: Vec<NodeId>,
    spans: Vec<Span>,
    done: Vec<Entry>,
    locals: Vec<Local>,
    assigned: Vec<(u32, NodeId)>,
    index: ByHash<u32>,
}

impl Pass<'_> {
    fn run(&mut self) {
        let n = self.rows.id.len();
        let mut first_child = vec![NONE; n];
        let mut next_sibling = vec![NONE; n];
        let mut profiles: Vec<Vec<Entry>> = vec![Vec::new(); n];
        for row in (0..n).rev() {
            if !self.rows.skipped[row] {
                let mut entries = self.files(row);
                let mut children = Vec::new();
                let mut child = first_child[row];
                while child != NONE {
                    let profile = std::mem::take(&mut profiles[child as usize]);
                    if !profile.is_empty() {
                        children.push((child, profile));
                    }
                    child = next_sibling[child as usize];
                }
                self.directories(row, children, &mut entries);
                self.cap(&mut entries);
                profiles[row] = entries;
            }
            if row > 0 {
                let parent = self.rows.parent[row] as usize;
                next_sibling[row] = first_child[parent];
                first_child[parent] = narrow(row);
            }
        }
        let rest = std::mem::take(&mut profiles[0]);
        self.done.extend(rest);
    }

    /// Keeps what may be carried up; the smallest shapes end here.
    fn cap(&mut self, entries: &mut Vec<Entry>) {
        if entries.len() <= CARRIED {
            return;
        }
        entries
            .sort_unstable_by_key(|e| (!e.varies, std::cmp::Reverse((e.count, e.bytes)), e.shape));
        let small = entries.drain(CARRIED..);
        self.done
            .extend(small.filter(|entry| entry.count >= FEWEST));
    }

    /// The shapes of the files directly in a directory.
    fn files(&mut self, row: usize) -> Vec<Entry> {
        let hopeful = self.rows.hopeful(row);
        let above = self.rows.names_above(self.tree, narrow(row));
        self.locals.clear();
        self.assigned.clear();
        if self.index.capacity() > 1 << 14 {
            self.index = ByHash::default();
        } else {
            self.index.clear();
        }
        let mut last = (0, NONE);
        for id in self.tree.children(self.rows.id[row]) {
            if self.tree.is_dir(id) {
                break;
            }
            if self.tree.kind(id) != Kind::File {
                continue;
            }
            let name = self.tree.name(id);
            let role = name::role(name);
            if role == Role::Aside {
                continue;
            }
            let read = match name.iter().rposition(|&b| b == b'.') {
                Some(dot) if role == Role::Companion => &name[..dot],
                _ => name,
            };
            self.scan.read(read, &above);
            if !self.scan.varies && !hopeful {
                continue;
            }
            let base = (role == Role::Companion).then_some(self.scan.key);
            if base.is_some() {
                self.scan.read(name, &above);
            }
            let key = if self.scan.varies {
                self.scan.key
            } else {
                hash(&name[..self.scan.body])
            };
            let local = if last.0 == key && last.1 != NONE {
                last.1
            } else {
                *self.index.entry(key).or_insert_with(|| {
                    self.locals.push(Local {
                        key,
                        tail: self.scan.tail,
                        loose: self.scan.loose,
                        stem: self.scan.stem,
                        base,
                        sample: id,
                        count: 0,
                        bytes: 0,
                        target: NONE,
                        varies: self.scan.varies,
                    });
                    narrow(self.locals.len() - 1)
                })
            };
            last = (key, local);
            let of = &mut self.locals[local as usize];
            of.count += 1;
            of.bytes = of.bytes.saturating_add(self.tree.own_weight(id).lo);
            self.assigned.push((local, id));
        }
        self.entries_of_locals(row)
    }

    fn entries_of_locals(&mut self, row: usize) -> Vec<Entry> {
        let mut entries = Vec::new();
        self.drop_companions();
        self.pool_plain(&mut entries);
        self.join_words(&mut entries);
        for local in &mut self.locals {
            if local.target == NONE {
                local.target = narrow(entries.len());
                entries.push(leaf_entry(local.key, Leaf::Exact, local.varies));
            }
        }
        for local in &self.locals {
            if let Some(entry) = entries.get_mut(local.target as usize) {
                entry.count += local.count;
                entry.bytes = entry.bytes.saturating_add(local.bytes);
            }
        }
        self.place_members(row, &mut entries);
        entries
    }

    /// Takes out checksums and indexes whose base is there.
    fn drop_companions(&mut self) {
        if self.locals.iter().all(|local| local.base.is_none()) {
            return;
        }
        let mut bases = ByHash::<()>::default();
        for local in self.locals.iter().filter(|local| local.base.is_none()) {
            bases.insert(local.key, ());
            bases.insert(local.stem, ());
            bases.insert(local.tail, ());
        }
        for local in &mut self.locals {
            if local.base.is_some_and(|base| bases.contains_key(&base)) {
                local.target = NONE - 1;
            }
        }
    }

    /// Makes one word of plain names where a directory has too many to tell apart.
    fn pool_plain(&mut self, entries: &mut Vec<Entry>) {
        let plain = self.locals.iter().filter(|local| !local.varies).count();
        if plain <= PLAIN {
            return;
        }
        let mut pools = ByHash::<(u32, u32)>::default();
        let mut keys = Vec::with_capacity(self.locals.len());
        for local in &self.locals {
            let pool = word_of(self.tree.name(local.sample));
            keys.push(pool);
            if !local.varies && local.target == NONE {
                pools.entry(pool).or_insert((0, NONE)).0 += 1;
            }
        }
        for (local, key) in self.locals.iter_mut().zip(keys) {
            let pool = pools.get_mut(&key).filter(|pool| pool.0 as usize > PLAIN);
            let Some((_, target)) = pool else {
                continue;
            };
            if local.varies || local.target != NONE {
                continue;
            }
            if *target == NONE {
                *target = narrow(entries.len());
                entries.push(Entry {
                    whole: 1,
                    ..leaf_entry(key, Leaf::Word, false)
                });
            }
            local.target = *target;
        }
    }

    /// Joins shapes of one directory that differ only in words, where these words are values and
    /// not the names of outputs: first whatever stands between the numbers, else the leading word.
    fn join_words(&mut self, entries: &mut Vec<Entry>) {
        for shape in [|local: &Local| local.loose, |local: &Local| local.tail] {
            let mut order: Vec<(u64, u64, u32)> = (0..)
                .zip(&self.locals)
                .filter(|(_, local)| local.varies && local.target == NONE)
                .map(|(at, local)| (shape(local), local.key, at))
                .collect();
            order.sort_unstable();
            for run in order
                .chunk_by(|a, b| a.0 == b.0)
                .filter(|run| run.len() > 1)
            {
                let samples = run.iter().map(|&(_, _, at)| {
                    let local = &self.locals[at as usize];
                    (self.tree.name(local.sample), local.count)
                });
                if words::are_values(&samples.collect::<Vec<_>>(), 8) {
                    let target = narrow(entries.len());
                    entries.push(leaf_entry(run[0].0, Leaf::AnyWord, true));
                    for &(_, _, at) in run {
                        self.locals[at as usize].target = target;
                    }
                }
            }
        }
    }

    /// Writes the members of each entry, one after the other, into the common list.
    fn place_members(&mut self, row: usize, entries: &mut [Entry]) {
        let mut cursor: Vec<u32> = Vec::with_capacity(entries.len());
        let mut next = narrow(self.members.len());
        for entry in entries.iter_mut() {
            cursor.push(next);
            entry.first = narrow(self.spans.len());
            entry.last = entry.first;
            self.spans.push(Span {
                start: next,
                len: entry.count,
                row: narrow(row),
                next: NONE,
            });
            next += entry.count;
        }
        self.members.resize(next as usize, NodeId::ROOT);
        for &(local, id) in &self.assigned {
            let target = self.locals[local as usize].target as usize;
            if let Some(cursor) = cursor.get_mut(target) {
                self.members[*cursor as usize] = id;
                *cursor += 1;
            }
        }
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
                        self.done.push(entry);
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
                self.spans[into.last as usize].next = entry.first;
                into.last = entry.last;
                into.count += entry.count;
                into.bytes = into.bytes.saturating_add(entry.bytes);
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
        let span = self.spans[entry.first as usize];
        let name = self.name_at(entry, 0);
        let mut scan = Scan::default();
        scan.read(name, &self.rows.names_above(self.tree, span.row));
        let (leaf, key) = if scan.varies && !self.is_constant(entry, 0) {
            (Leaf::AnyWord, scan.loose)
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
        let mut row = self.spans[entry.first as usize].row;
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
        while let Some(span) = self.spans.get(at as usize) {
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
        let span = self.spans[entry.first as usize];
        let name = self.name_at(entry, 0);
        let mut scan = Scan::default();
        scan.read(name, &self.rows.names_above(self.tree, span.row));
        match entry.leaf {
            Leaf::Word => word_of(name),
            Leaf::AnyWord => scan.loose,
            Leaf::Exact if scan.varies => scan.key,
            Leaf::Exact => hash(&name[..scan.body]),
        }
    }

    /// The shape of an entry whose last name has this key.
    fn shape_above(&self, entry: &Entry, leaf: u64) -> u64 {
        let mut shape = leaf;
        let mut row = self.spans[entry.first as usize].row as usize;
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

    /// The name at a level of an entry's first member, the file being 0.
    fn name_at(&self, entry: &Entry, level: u8) -> &[u8] {
        let span = self.spans[entry.first as usize];
        if level == 0 {
            return self.tree.name(self.members[span.start as usize]);
        }
        let mut row = span.row as usize;
        for _ in 1..level {
            row = self.rows.parent[row] as usize;
        }
        self.tree.name(self.rows.id[row])
    }

    fn finish(mut self) -> Vec<Group> {
        let done = std::mem::take(&mut self.done);
        done.into_iter()
            .filter(|entry| entry.varies && entry.count >= FEWEST)
            .map(|entry| {
                let mut members = Vec::with_capacity(entry.count as usize);
                let mut at = entry.first;
                while let Some(span) = self.spans.get(at as usize) {
                    let range = span.start as usize..(span.start + span.len) as usize;
                    members.extend(self.members[range].iter().map(|&id| (id, span.row)));
                    at = span.next;
                }
                members.sort_unstable();
                Group {
                    members,
                    depth: entry.depth + 1,
                    whole: entry.whole,
                }
            })
            .collect()
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

fn leaf_entry(shape: u64, leaf: Leaf, varies: bool) -> Entry {
    Entry {
        shape,
        bytes: 0,
        count: 0,
        siblings: 1,
        first: NONE,
        last: NONE,
        whole: 0,
        depth: 0,
        leaf,
        varies,
    }
}

/// The key of any word with this name's extension.
fn word_of(name: &[u8]) -> u64 {
    let body = &name[..name.len() - name::compression(name).len()];
    let extension = body
        .iter()
        .rposition(|&b| b == b'.')
        .map_or(&b""[..], |dot| &body[dot..]);
    mix(WORD, hash(extension))
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(NONE)
}
