//! What each pick was when the plan was made.
//!
//! Between a plan and its execution anybody may put something else under a name. So a plan keeps
//! what identifies each pick, and whoever carries it out compares first. A number alone is not
//! enough: file systems give an inode's number to the next file at once; its times are what
//! betrays that.

use crate::entry::Kind;
use crate::tree::Tree;

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
    /// How many names the subtree held, its own included.
    pub entries: u64,
}

/// Looks at paths of the machine that the plan is for.
pub trait Witness {
    /// What lies at this path now; a symbolic link is not followed. `entries` is 1.
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
                ..seen
            });
    }
}

fn agrees(seen: &Evidence, pick: &Pick, tree: &Tree) -> bool {
    let mtime = tree.mtime(pick.node);
    let seconds = seen.mtime_ns.div_euclid(1_000_000_000);
    seen.kind == pick.kind && mtime.is_none_or(|mtime| i128::from(mtime.0) == seconds)
}
