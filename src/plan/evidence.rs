//! What each pick was when the plan was made.
//!
//! Between a plan and its execution anybody may put something else under a name. So a plan keeps
//! what identifies each pick, and whoever carries it out compares first. A number alone is not
//! enough: file systems give an inode's number to the next file at once; its times are what
//! betrays that.

use crate::bytes::Interval;
use crate::entry::Kind;
use crate::tree::{NodeId, Tree};

use super::{Pick, Plan};

/// An inode's facts, from one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The device that it lies on.
    pub dev: u64,
    /// Its number there.
    pub ino: u64,
    /// What it is.
    pub kind: Kind,
    /// Its owner.
    pub uid: u32,
    /// Type and permission bits, as `st_mode`.
    pub mode: u32,
    /// How many names it has.
    pub nlink: u64,
    /// `st_size`.
    pub size: u64,
    /// `st_blocks`, of 512 bytes.
    pub blocks: u64,
    /// When its contents changed last, in nanoseconds since 1970.
    pub mtime_ns: i128,
    /// When anything of it changed last, in nanoseconds since 1970.
    pub ctime_ns: i128,
    /// When it was made, where the file system says so.
    pub btime_ns: Option<i128>,
    /// Which mount it was reached through, where the kernel tells.
    pub mount: Option<u64>,
    /// The kernel's own name for the inode, where its file system has one: a type and bytes. The
    /// next file that gets the same number has another one.
    pub handle: Option<(i32, Vec<u8>)>,
    /// How many names the subtree held, its own included.
    pub entries: u64,
    /// What the walk saw of the whole subtree, as one number: see [`digest`].
    pub digest: u128,
}

/// Looks at paths of the machine that the plan is for.
pub trait Witness {
    /// What lies at this path now; a symbolic link is not followed. `entries` is 1, `digest` 0.
    fn look(&self, path: &[u8]) -> Option<Evidence>;
}

/// Adds the evidence to every pick. One that is no longer what the tree says gets none.
pub fn attest(plan: &mut Plan, tree: &Tree, witness: &dyn Witness) {
    for pick in &mut plan.picks {
        pick.evidence = witness
            .look(&pick.path)
            .filter(|seen| agrees(seen, pick, tree))
            .map(|seen| Evidence {
                entries: u64::from(tree.end(pick.node).0 - pick.node.0),
                digest: digest(tree, pick.node),
                ..seen
            })
            .map(Box::new);
    }
}

/// One number for everything that the walk saw of a subtree, so that whoever carries a plan out
/// can walk it again and tell whether any name, size or time in it changed.
///
/// It is the sum, modulo 2^128, over all entries, of the 128-bit FNV-1a hash of the entry's path
/// below the subtree (empty for itself, `/` between names), a NUL, and in decimal, each followed
/// by a NUL, its kind's word, `st_size`, allocated bytes and modification time in seconds; what is
/// not known is empty. A sum does not depend on the order of a listing. It betrays change, not
/// malice: against that stand the inode's own numbers and times.
#[must_use]
pub fn digest(tree: &Tree, top: NodeId) -> u128 {
    let mut sum = 0u128;
    // The open directories: where each ends, and the hash of the path up to its names.
    let mut open: Vec<(NodeId, Fnv)> = Vec::new();
    for node in (top.0..tree.end(top).0).map(NodeId) {
        while open.last().is_some_and(|dir| dir.0 <= node) {
            open.pop();
        }
        let path = match open.last() {
            None => Fnv::new(),
            Some(&(_, above)) if open.len() == 1 => above.with(tree.name(node)),
            Some(&(_, above)) => above.with(b"/").with(tree.name(node)),
        };
        if tree.is_dir(node) {
            open.push((tree.end(node), path));
        }
        let mut record = path.with(b"\0").with(tree.kind(node).word().as_bytes());
        let exact = |size: Option<Interval>| size.filter(|s| s.hi == Some(s.lo)).map(|s| s.lo);
        let mtime = tree.mtime(node).map(|mtime| mtime.0);
        for number in [exact(tree.own_apparent(node)), exact(tree.own_disk(node))] {
            let number = number.map_or_else(String::new, |n| n.to_string());
            record = record.with(b"\0").with(number.as_bytes());
        }
        let mtime = mtime.map_or_else(String::new, |n| n.to_string());
        record = record.with(b"\0").with(mtime.as_bytes()).with(b"\0");
        sum = sum.wrapping_add(record.0);
    }
    sum
}

/// The hash of Fowler, Noll and Vo, variant 1a, 128 bits (RFC 9923).
#[derive(Clone, Copy)]
struct Fnv(u128);

impl Fnv {
    fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn with(self, bytes: &[u8]) -> Self {
        let step = |hash: u128, &byte: &u8| {
            (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        };
        Self(bytes.iter().fold(self.0, step))
    }
}

fn agrees(seen: &Evidence, pick: &Pick, tree: &Tree) -> bool {
    let mtime = tree.mtime(pick.node);
    let seconds = seen.mtime_ns.div_euclid(1_000_000_000);
    seen.kind == pick.kind && mtime.is_none_or(|mtime| i128::from(mtime.0) == seconds)
}
