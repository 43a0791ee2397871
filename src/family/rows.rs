//! The directories of a tree with what their names say, and a map for keys that are hashes.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::tree::{NodeId, Tree};

use super::name::{self, Scan, hash, mix};
use super::words;

/// Directories nested deeper than this are not looked into: no job writes there, and each of
/// their paths is as long as they are deep.
const DEEPEST: usize = 256;

/// How many levels of plain names are kept in the hope of a varying level above.
pub(super) const PLAIN_LEVELS: u8 = 3;

/// Directories with short hexadecimal names that make a fan.
const FAN: u32 = 8;

/// The children of a directory whose names are as long as this one.
fn fan_key(parent: u32, name: &[u8]) -> u64 {
    mix(u64::from(parent), name.len() as u64)
}

/// The directories of a tree, in pre-order, with what their names say.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) id: Vec<NodeId>,
    pub(super) parent: Vec<u32>,
    pub(super) segment: Vec<u64>,
    pub(super) varies: Vec<bool>,
    pub(super) skipped: Vec<bool>,
}

/// Hashes of hashes: the keys are already well mixed.
#[derive(Default)]
pub(super) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = mix(self.0, hash(bytes));
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
}

pub(super) type ByHash<V> = HashMap<u64, V, BuildHasherDefault<Mixed>>;

impl Rows {
    pub(super) fn of(tree: &Tree) -> Self {
        let id: Vec<NodeId> = tree.directories().collect();
        let mut rows = Self {
            parent: Vec::with_capacity(id.len()),
            segment: Vec::with_capacity(id.len()),
            varies: Vec::with_capacity(id.len()),
            skipped: Vec::with_capacity(id.len()),
            id,
        };
        let mut open: Vec<(u32, NodeId)> = Vec::new();
        let mut scan = Scan::default();
        for at in 0..rows.id.len() {
            let id = rows.id[at];
            while open.last().is_some_and(|&(_, end)| end <= id) {
                open.pop();
            }
            let parent = open.last().map_or(0, |&(row, _)| row);
            rows.parent.push(parent);
            let name = tree.name(id);
            let above = rows.names_above(tree, parent);
            scan.read_directory(name, &above);
            rows.segment.push(scan.key);
            rows.varies.push(at > 0 && scan.varies);
            let inside = open.len() > DEEPEST || at > 0 && rows.skipped[parent as usize];
            rows.skipped
                .push(inside || at > 0 && words::is_closed(name));
            open.push((narrow(at), tree.end(id)));
        }
        rows.join_fans(tree);
        rows
    }

    /// Gives one shape to the directories by which a store spreads its files: `00`, `1f`, `ab`.
    /// Their digits are those of a hash, whether there are letters among them or not.
    fn join_fans(&mut self, tree: &Tree) {
        let is_hex = |row: usize| {
            let name = tree.name(self.id[row]);
            (1..=4).contains(&name.len()) && name.iter().all(u8::is_ascii_hexdigit)
        };
        // By parent: how many names of digits, and how many with letters.
        let mut counts: ByHash<[u32; 2]> = ByHash::default();
        for row in (1..self.id.len()).filter(|&row| is_hex(row)) {
            let lettered = !tree.name(self.id[row]).iter().all(u8::is_ascii_digit);
            let key = fan_key(self.parent[row], tree.name(self.id[row]));
            counts.entry(key).or_default()[usize::from(lettered)] += 1;
        }
        let mut fans = vec![false; self.id.len()];
        for row in (1..self.id.len()).filter(|&row| is_hex(row)) {
            let name = tree.name(self.id[row]);
            let parent = self.parent[row] as usize;
            let [digits, letters] = counts[&fan_key(self.parent[row], name)];
            let spread = digits >= 3 && letters >= 3 && digits + letters >= FAN;
            let below = fans[parent] && tree.name(self.id[parent]).len() == name.len();
            fans[row] = spread || below;
        }
        for row in (1..fans.len()).filter(|&row| fans[row]) {
            self.segment[row] = mix(hash(b"fan"), tree.name(self.id[row]).len() as u64);
            self.varies[row] = true;
        }
    }

    /// The names of a directory and those above it, nearest first.
    pub(super) fn names_above<'t>(&self, tree: &'t Tree, row: u32) -> Vec<&'t [u8]> {
        let mut names = Vec::with_capacity(name::ANCESTORS);
        let mut row = row as usize;
        while row > 0 && names.len() < name::ANCESTORS {
            names.push(tree.name(self.id[row]));
            row = self.parent[row] as usize;
        }
        names
    }

    /// Whether a plain name in this directory can become part of a family.
    pub(super) fn hopeful(&self, row: usize) -> bool {
        let mut row = row;
        for _ in 0..=PLAIN_LEVELS {
            if self.varies[row] {
                return true;
            }
            row = self.parent[row] as usize;
        }
        false
    }
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
