//! One directory's files, sorted into shapes.
//!
//! Each name is scanned once. A directory with very many files is scanned twice: the first time
//! only counts how often each shape occurs, in a table of fixed size, so that a million names of
//! a million shapes need no more room than a thousand.

use crate::entry::Kind;
use crate::tree::{NodeId, Tree};

use super::LeftOut;
use super::name::{Scan, hash};
use super::rows::{ByHash, Rows};
use super::shapes::{Arena, Entry, Leaf, NONE, Span, narrow, word_of};
use super::suffix::{self, Role};
use super::words;

/// Plain names of one extension in one directory beyond which they are one word.
const PLAIN: usize = 64;
/// A directory with more files than this is counted before it is sorted.
const MANY: usize = 1 << 16;
/// The counters of such a directory.
const COUNTERS: usize = 1 << 22;
/// Unfinished files that are kept in mind, in all.
const UNFINISHED: usize = 1 << 16;

/// What was taken out of the shapes: it goes with another file.
const TAKEN: u32 = NONE - 1;

/// Reads directories one after the other, in buffers that stay.
#[derive(Default)]
pub(super) struct Listing {
    scan: Scan,
    locals: Vec<Local>,
    assigned: Vec<(u32, NodeId)>,
    sorted: Vec<NodeId>,
    index: ByHash<u32>,
    counters: Vec<u8>,
}

/// The shapes found in one directory, before they become entries.
#[derive(Clone, Copy, Debug)]
struct Local {
    key: u64,
    tail: u64,
    stem: u64,
    base: Option<u64>,
    sample: NodeId,
    count: u32,
    bytes: u64,
    side: u32,
    side_bytes: u64,
    target: u32,
    varies: bool,
}

/// What one file's name says.
struct Told {
    key: u64,
    base: Option<u64>,
}

impl Listing {
    /// The shapes of the files directly in a directory; their members go into the arena.
    pub(super) fn read(
        &mut self,
        tree: &Tree,
        rows: &Rows,
        row: usize,
        arena: &mut Arena,
    ) -> Vec<Entry> {
        let hopeful = rows.hopeful(row);
        let above = rows.names_above(tree, narrow(row));
        self.clear();
        let files = || {
            let leaves = tree.children(rows.id[row]);
            leaves.take_while(|&id| !tree.is_dir(id))
        };
        let many = files().count() > MANY;
        if many {
            self.counters.resize(COUNTERS, 0);
            self.counters.fill(0);
            for id in files().filter(|&id| tree.kind(id) == Kind::File) {
                if let Some(told) = self.told(tree.name(id), &above, hopeful, many) {
                    let counter = &mut self.counters[slot(told.key)];
                    *counter = counter.saturating_add(1);
                }
            }
        }
        let mut rare = LeftOut {
            dir: rows.id[row],
            files: 0,
            bytes: 0,
        };
        let mut last = (0, NONE);
        let longest = above.iter().map(|name| name.len()).max().unwrap_or(0);
        // The name before, where the next one may be of its shape.
        let mut before: Option<&[u8]> = None;
        for id in files().filter(|&id| tree.kind(id) == Kind::File) {
            let name = tree.name(id);
            let again = before.filter(|before| self.scan.still_fits(before, longest, name));
            let told = match again {
                Some(_) => Some(Told {
                    key: self.scan.key,
                    base: None,
                }),
                None => self.told(name, &above, hopeful, many),
            };
            before = Some(name).filter(|_| told.as_ref().is_some_and(|told| told.base.is_none()));
            let Some(told) = told else {
                if suffix::role(name) == Role::Unfinished && arena.unfinished.len() < UNFINISHED {
                    arena.unfinished.push((id, narrow(row)));
                }
                continue;
            };
            if many && self.counters[slot(told.key)] < 3 {
                rare.files += 1;
                rare.bytes = rare.bytes.saturating_add(tree.own_weight(id).lo);
                continue;
            }
            if last.1 == NONE || last.0 != told.key {
                last = (told.key, self.local(&told, id));
            }
            let of = &mut self.locals[last.1 as usize];
            of.count += 1;
            of.bytes = of.bytes.saturating_add(tree.own_weight(id).lo);
            self.assigned.push((last.1, id));
        }
        if rare.files > 0 {
            arena.left_out.push(rare);
        }
        self.entries(tree, rows, &above, row, arena)
    }

    fn clear(&mut self) {
        self.locals.clear();
        self.assigned.clear();
        // A map that has once been large takes as long to empty ever after.
        if self.index.capacity() > 1 << 14 {
            self.index = ByHash::default();
        } else {
            self.index.clear();
        }
    }

    /// Scans one name; `None` where it cannot be a member or go with one.
    fn told(&mut self, name: &[u8], above: &[&[u8]], hopeful: bool, pooled: bool) -> Option<Told> {
        let role = suffix::role(name);
        if matches!(role, Role::Aside | Role::Unfinished) {
            return None;
        }
        let mut base = None;
        if role == Role::Companion {
            let stem = suffix::last_dot(name).map_or(name, |dot| &name[..dot]);
            self.scan.read(stem, above);
            if !self.scan.varies && !hopeful {
                return None;
            }
            base = Some(self.scan.key);
        }
        self.scan.read(name, above);
        if !self.scan.varies && !hopeful {
            return None;
        }
        let key = match (self.scan.varies, pooled) {
            (true, _) => self.scan.key,
            (false, true) => word_of(name),
            (false, false) => hash(&name[..self.scan.body]),
        };
        Some(Told { key, base })
    }

    /// The shape of the name scanned last.
    fn local(&mut self, told: &Told, sample: NodeId) -> u32 {
        *self.index.entry(told.key).or_insert_with(|| {
            self.locals.push(Local {
                key: told.key,
                tail: self.scan.tail,
                stem: self.scan.stem,
                base: told.base,
                sample,
                count: 0,
                bytes: 0,
                side: 0,
                side_bytes: 0,
                target: NONE,
                varies: self.scan.varies,
            });
            narrow(self.locals.len() - 1)
        })
    }

    fn entries(
        &mut self,
        tree: &Tree,
        rows: &Rows,
        above: &[&[u8]],
        row: usize,
        arena: &mut Arena,
    ) -> Vec<Entry> {
        let mut entries = Vec::new();
        self.take_companions();
        self.pool_plain(tree, &mut entries);
        self.join_words(tree, above, &mut entries);
        for local in &mut self.locals {
            if local.target == NONE {
                local.target = narrow(entries.len());
                entries.push(Entry::leaf(local.key, Leaf::Exact, local.varies));
            }
        }
        for local in &self.locals {
            if let Some(entry) = entries.get_mut(local.target as usize) {
                entry.count += local.count;
                entry.bytes = entry.bytes.saturating_add(local.bytes);
                entry.side = entry.side.saturating_add(local.side);
                entry.side_bytes = entry.side_bytes.saturating_add(local.side_bytes);
            }
        }
        self.place_members(rows, row, &mut entries, arena);
        entries
    }

    /// Takes out checksums and indexes whose base is there, and counts them with it.
    fn take_companions(&mut self) {
        if self.locals.iter().all(|local| local.base.is_none()) {
            return;
        }
        let mut bases = ByHash::<u32>::default();
        for (at, local) in (0..).zip(&self.locals) {
            if local.base.is_none() {
                for shape in [local.key, local.stem, local.tail] {
                    let base = bases.entry(shape).or_insert(at);
                    // Of several, the same whatever the order of the names.
                    if local.key < self.locals[*base as usize].key {
                        *base = at;
                    }
                }
            }
        }
        for at in 0..self.locals.len() {
            let companion = self.locals[at];
            let base = companion.base.and_then(|base| bases.get(&base));
            if let Some(&base) = base {
                self.locals[at].target = TAKEN;
                let base = &mut self.locals[base as usize];
                base.side = base.side.saturating_add(companion.count);
                base.side_bytes = base.side_bytes.saturating_add(companion.bytes);
            }
        }
    }

    /// Makes one word of plain names where a directory has too many to tell apart.
    fn pool_plain(&mut self, tree: &Tree, entries: &mut Vec<Entry>) {
        let is_plain = |local: &Local| !local.varies && local.target == NONE;
        let plain = self.locals.iter().filter(|local| is_plain(local));
        if plain.map(|local| local.count as usize).sum::<usize>() <= PLAIN {
            return;
        }
        let mut pools = ByHash::<(u32, u32)>::default();
        for local in self.locals.iter().filter(|local| is_plain(local)) {
            let pool = pools.entry(word_of(tree.name(local.sample)));
            pool.or_insert((0, NONE)).0 += local.count;
        }
        for local in &mut self.locals {
            if local.varies || local.target != NONE {
                continue;
            }
            let key = word_of(tree.name(local.sample));
            let pool = pools.get_mut(&key).filter(|pool| pool.0 as usize > PLAIN);
            let Some((_, target)) = pool else {
                continue;
            };
            if *target == NONE {
                *target = narrow(entries.len());
                let mut pool = Entry::leaf(key, Leaf::Word, false);
                pool.whole = 1;
                entries.push(pool);
            }
            local.target = *target;
        }
    }

    /// Joins shapes of one directory that differ only in words, where these words are values and
    /// not the names of outputs: first whatever stands between the numbers, else the leading word.
    fn join_words(&mut self, tree: &Tree, above: &[&[u8]], entries: &mut Vec<Entry>) {
        let open = |local: &Local| local.varies && local.target == NONE;
        if self.locals.iter().filter(|local| open(local)).count() < 2 {
            return;
        }
        for loose in [true, false] {
            let mut order: Vec<(u64, u64, u32)> = Vec::new();
            for (at, local) in (0..).zip(&self.locals).filter(|(_, local)| open(local)) {
                let shape = if loose {
                    let name = tree.name(local.sample);
                    self.scan.read(name, above);
                    self.scan.loosen(name)
                } else {
                    local.tail
                };
                order.push((shape, local.key, at));
            }
            order.sort_unstable();
            for run in order
                .chunk_by(|a, b| a.0 == b.0)
                .filter(|run| run.len() > 1)
            {
                let samples = run.iter().map(|&(_, _, at)| {
                    let local = &self.locals[at as usize];
                    (tree.name(local.sample), local.count)
                });
                if words::are_values(&samples.collect::<Vec<_>>(), 8) {
                    let target = narrow(entries.len());
                    entries.push(Entry::leaf(run[0].0, Leaf::AnyWord, true));
                    for &(_, _, at) in run {
                        self.locals[at as usize].target = target;
                    }
                }
            }
        }
    }

    /// Writes the members of each entry, one after the other, into the arena.
    fn place_members(&mut self, rows: &Rows, row: usize, entries: &mut [Entry], arena: &mut Arena) {
        let mut cursor: Vec<usize> = Vec::with_capacity(entries.len());
        let mut next = 0;
        for entry in entries.iter() {
            cursor.push(next);
            next += entry.count as usize;
        }
        self.sorted.clear();
        self.sorted.resize(next, NodeId::ROOT);
        for &(local, id) in &self.assigned {
            let target = self.locals[local as usize].target as usize;
            if let Some(cursor) = cursor.get_mut(target) {
                self.sorted[*cursor] = id;
                *cursor += 1;
            }
        }
        for (entry, end) in entries.iter_mut().zip(cursor) {
            let files = &self.sorted[end - entry.count as usize..end];
            entry.first = narrow(arena.spans.len());
            entry.last = entry.first;
            arena.spans.push(Span {
                start: arena.members.push(rows.id[row], files),
                len: entry.count,
                row: narrow(row),
                next: NONE,
            });
        }
    }
}

/// The counter of a shape.
fn slot(key: u64) -> usize {
    // The low bits of a mixed hash are as good as any.
    usize::try_from(key).unwrap_or(0) % COUNTERS
}
