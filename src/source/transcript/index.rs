//! Nodes by parent and name: tables of ids that keep no names of their own.
//!
//! Each directory that is worth it has a table to itself, as listings come one directory at a time:
//! its table stays in the processor's cache while it is listed, which one for all would not.
//!
//! Open addressing with linear probing (Knuth, volume 3, §6.4, algorithm L) over slots of eight
//! bytes, a tag and an id, so that a look-up costs one miss of the cache and growing reads neither
//! names nor nodes. A recording can come from anybody: the hash is seeded for each run, so nobody
//! can choose names that collide. The seed shows in no result; nothing goes over the table in its
//! own order.

use std::hash::{BuildHasher as _, RandomState};

/// A node of the evidence.
pub(super) type Id = u32;

/// No node.
pub(super) const NONE: Id = Id::MAX;

/// The hash of a parent and a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(u32);

#[derive(Clone, Copy)]
struct Slot {
    tag: u32,
    /// `NONE`: nothing is here.
    id: Id,
}

const EMPTY: Slot = Slot { tag: 0, id: NONE };

/// Always a power of two.
const SMALLEST: usize = 64;

/// The number of one directory's table.
pub(super) type TableNo = u32;

struct Table {
    slots: Vec<Slot>,
    used: u32,
}

/// Ids by key; what a key stands for is the caller's.
pub(super) struct Index {
    tables: Vec<Table>,
    seed: [u64; 2],
}

impl Index {
    pub(super) fn new() -> Self {
        let random = RandomState::new();
        Self {
            tables: Vec::new(),
            seed: [random.hash_one(0), random.hash_one(1) | 1],
        }
    }

    /// Words of eight bytes, each folded in by a multiplication of which both halves count; the
    /// length and the parent tell apart what padding makes alike.
    pub(super) fn key(&self, parent: Id, name: &[u8]) -> Key {
        let [start, factor] = self.seed;
        let length = (name.len() as u64) << 32;
        let mut hash = fold(start ^ (length | u64::from(parent)), factor);
        let (words, rest) = name.as_chunks::<8>();
        for word in words {
            hash = fold(hash ^ u64::from_le_bytes(*word), factor);
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        hash = fold(hash ^ u64::from_le_bytes(last), factor ^ start);
        Key(u32::try_from(hash >> 32).unwrap_or(0))
    }

    /// Whether there is no table.
    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// A new table, with nothing in it.
    pub(super) fn table(&mut self) -> TableNo {
        let number = u32::try_from(self.tables.len()).unwrap_or(NONE);
        let slots = vec![EMPTY; SMALLEST];
        self.tables.push(Table { slots, used: 0 });
        number
    }

    /// The id of that key in a table for which `is` holds.
    pub(super) fn find(&self, table: TableNo, key: Key, is: impl Fn(Id) -> bool) -> Option<Id> {
        let slots = self.tables.get(table as usize)?.slots.as_slice();
        let mask = slots.len() - 1;
        let mut at = key.0 as usize & mask;
        loop {
            let slot = slots[at];
            if slot.id == NONE {
                return None;
            }
            if slot.tag == key.0 && is(slot.id) {
                return Some(slot.id);
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds an id that is not in the table yet.
    pub(super) fn insert(&mut self, table: TableNo, key: Key, id: Id) {
        if let Some(table) = self.tables.get_mut(table as usize) {
            table.insert(Slot { tag: key.0, id });
        }
    }
}

impl Table {
    fn insert(&mut self, slot: Slot) {
        // At most two thirds are in use, so that every search meets an empty slot.
        if 3 * (self.used as usize + 1) > 2 * self.slots.len() {
            let larger = vec![EMPTY; 2 * self.slots.len()];
            let old = std::mem::replace(&mut self.slots, larger);
            for slot in old.into_iter().filter(|slot| slot.id != NONE) {
                self.place(slot);
            }
        }
        self.place(slot);
        self.used += 1;
    }

    fn place(&mut self, slot: Slot) {
        let mask = self.slots.len() - 1;
        let mut at = slot.tag as usize & mask;
        while self.slots[at].id != NONE {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }
}

/// Both halves of a product, one laid over the other.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the two halves of the product are meant"
)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_found_and_nothing_else() {
        let mut index = Index::new();
        let tables: Vec<TableNo> = (0..8).map(|_| index.table()).collect();
        let names: Vec<Vec<u8>> = (0..5000u32).map(|n| n.to_string().into_bytes()).collect();
        for (id, name) in (0..).zip(&names) {
            let key = index.key(id % 7, name);
            let table = tables[id as usize % 7];
            let is = |at: Id| names[at as usize] == *name;
            assert_eq!(index.find(table, key, is), None);
            index.insert(table, key, id);
        }
        for (id, name) in (0..).zip(&names) {
            let find = |parent: Id| {
                let key = index.key(parent, name);
                index.find(tables[parent as usize], key, |at| at == id)
            };
            assert_eq!(find(id % 7), Some(id));
            assert_eq!(find(7), None);
        }
    }

    #[test]
    fn keys_differ_where_padding_is_alike() {
        let index = Index::new();
        let keys = [
            index.key(0, b""),
            index.key(0, b"\0"),
            index.key(0, b"\0\0\0\0\0\0\0\0"),
            index.key(1, b""),
            index.key(0, b"12345678"),
            index.key(0, b"12345678\0"),
        ];
        for (i, key) in keys.iter().enumerate() {
            assert!(!keys[..i].contains(key), "{i}");
        }
    }

    #[test]
    fn ids_of_one_key_are_told_apart() {
        let mut index = Index::new();
        let key = index.key(3, b"x");
        let table = index.table();
        (0..200).for_each(|id| index.insert(table, key, id));
        assert_eq!(index.find(table, key, |id| id == 199), Some(199));
        assert_eq!(index.find(table, key, |_| false), None);
    }
}
