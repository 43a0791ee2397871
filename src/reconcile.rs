//! `df` against the tree: where the used bytes of a file system are, as an identity that sums.
//!
//! ```text
//! used (df) = tree + deleted but open + held by the kernel + hidden under mounts + metadata + rest
//! ```
//!
//! A walk sees what has a name below the root. `df` counts blocks that are not free. Between the
//! two lie files that were deleted while something holds them, files below a directory on which
//! something else is mounted, and blocks that the file system keeps for itself. Each of these is
//! measured by `source::unseen` where it can be; a line that cannot be measured is unknown, not
//! nothing, and then the rest is only bounded. The rest has a sign: compressed or shared extents
//! make a tree larger than what it takes.
//!
//! Limits: snapshots, other subvolumes and what only the kernel knows are in the rest.

use crate::bytes::Interval;

/// A line of the identity: how much, and why that is not certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How many bytes; [`Interval::UNKNOWN`] where nothing could be measured.
    pub bytes: Interval,
    /// Why it is unknown or a lower bound, as a fragment in lower case.
    pub doubt: Option<String>,
}

impl Part {
    /// Measured to the byte.
    #[must_use]
    pub fn exactly(bytes: u64) -> Self {
        Self {
            bytes: Interval::exactly(bytes),
            doubt: None,
        }
    }

    /// So much was seen, and there may be more.
    #[must_use]
    pub fn at_least(bytes: u64, doubt: impl Into<String>) -> Self {
        Self {
            bytes: Interval::at_least(bytes),
            doubt: Some(doubt.into()),
        }
    }

    /// Not measured.
    #[must_use]
    pub fn unknown(doubt: impl Into<String>) -> Self {
        Self::at_least(0, doubt)
    }
}

/// A file without any name that somebody still holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Where its last name was, as the kernel remembers it.
    pub path: Vec<u8>,
    /// Its allocated bytes.
    pub disk: u64,
    /// The first process that holds it.
    pub pid: u32,
    /// That process's name.
    pub command: Vec<u8>,
    /// The systemd unit that it runs in, where there is one.
    pub unit: Option<Vec<u8>>,
    /// How many processes hold it.
    pub holders: u32,
}

/// What a mount holds that no walk from its root sees, and what `df` said before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Where it is mounted.
    pub mount: Vec<u8>,
    /// The bytes in use before the walk.
    pub used_before: u64,
    /// The bytes in use after it.
    pub used: u64,
    /// Files without a name that a process holds.
    pub deleted_open: Part,
    /// How many such files were seen.
    pub deleted_files: u64,
    /// The largest of them, largest first.
    pub largest: Vec<Held>,
    /// Processes that could not be looked into.
    pub closed_processes: u64,
    /// Files without a name that the kernel itself holds.
    pub kernel: Part,
    /// What lies in directories on which something else is mounted.
    pub hidden: Part,
    /// How many mounts lie on top.
    pub mounts_on_top: u64,
    /// Blocks that the file system keeps for itself and counts as used.
    pub metadata: Part,
    /// Why `df` and the tree do not speak of the same bytes at all, where they do not.
    pub foreign: Option<String>,
}

/// How well the used bytes are explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All but one percent, whatever the doubts.
    Explained,
    /// Not all, or not for certain, and why.
    Partly(String),
    /// Nothing can be said, and why.
    Unknown(String),
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Explained => f.write_str("explained ≥ 99 %"),
            Self::Partly(why) => write!(f, "partly ({why})"),
            Self::Unknown(why) => write!(f, "unknown ({why})"),
        }
    }
}

/// A remainder between two bounds, which may lie below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// The least that it can be.
    pub lo: i128,
    /// The most that it can be.
    pub hi: i128,
}

impl Rest {
    /// Whether both bounds agree.
    #[must_use]
    pub fn is_exact(self) -> bool {
        self.lo == self.hi
    }
}

/// The identity, computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// What the tree holds, each inode once.
    pub tree: Interval,
    /// What no walk sees.
    pub unseen: Unseen,
}

impl Reconciliation {
    /// Puts the tree's total beside what it cannot have seen.
    ///
    /// ```
    /// use jettison::bytes::Interval;
    /// use jettison::reconcile::{Part, Reconciliation, Unseen, Verdict};
    ///
    /// let unseen = Unseen {
    ///     mount: b"/data".to_vec(),
    ///     used_before: 1000,
    ///     used: 1000,
    ///     deleted_open: Part::exactly(300),
    ///     deleted_files: 1,
    ///     largest: Vec::new(),
    ///     closed_processes: 0,
    ///     kernel: Part::exactly(0),
    ///     hidden: Part::exactly(0),
    ///     mounts_on_top: 0,
    ///     metadata: Part::exactly(10),
    ///     foreign: None,
    /// };
    /// let sums = Reconciliation::of(Interval::exactly(690), unseen);
    /// assert_eq!(sums.remainder(), 0);
    /// assert_eq!(sums.verdict(), Verdict::Explained);
    /// ```
    #[must_use]
    pub fn of(tree: Interval, unseen: Unseen) -> Self {
        Self { tree, unseen }
    }

    /// The lines that `df` counts beside the tree, in their order.
    fn parts(&self) -> [&Part; 4] {
        let Unseen {
            deleted_open,
            kernel,
            hidden,
            metadata,
            ..
        } = &self.unseen;
        [deleted_open, kernel, hidden, metadata]
    }

    /// What is left of the used bytes when everything that was measured is taken off: with it the
    /// lines sum to the byte. Below zero, more was counted than is used.
    #[must_use]
    pub fn remainder(&self) -> i128 {
        let seen = self.parts().into_iter().map(|part| part.bytes.lo);
        let seen: i128 = seen.map(i128::from).sum();
        i128::from(self.unseen.used) - i128::from(self.tree.lo) - seen
    }

    /// By how much the used bytes changed during the walk.
    #[must_use]
    pub fn changed(&self) -> i128 {
        i128::from(self.unseen.used) - i128::from(self.unseen.used_before)
    }

    /// Between which bounds the unexplained bytes lie. A line that is only known from below may
    /// be larger, which would take from a remainder until nothing is left of it; and what came or
    /// went during the walk may have been counted or not.
    #[must_use]
    pub fn unexplained(&self) -> Rest {
        let rest = self.remainder();
        let changed = self.changed().abs();
        let open = |size: Interval| size.hi.is_none();
        let unsure = open(self.tree) || self.parts().into_iter().any(|part| open(part.bytes));
        let lo = if unsure { rest.min(0) } else { rest };
        Rest {
            lo: lo - changed,
            hi: rest + changed,
        }
    }

    /// How well the used bytes are explained, in one word and a reason.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if let Some(why) = &self.unseen.foreign {
            return Verdict::Unknown(why.clone());
        }
        if self.tree.hi.is_none() {
            return Verdict::Unknown("walk incomplete".to_owned());
        }
        let Rest { lo, hi } = self.unexplained();
        let worst = lo.abs().max(hi.abs());
        if worst.saturating_mul(100) <= i128::from(self.unseen.used) {
            return Verdict::Explained;
        }
        Verdict::Partly(self.doubt().to_owned())
    }

    /// The first reason why something is left over.
    fn doubt(&self) -> &str {
        let said = self.parts().into_iter().find_map(|p| p.doubt.as_deref());
        match said {
            Some(doubt) => doubt,
            None if self.changed().abs() > self.remainder().abs() => "it changed while looking",
            None if self.remainder() < 0 => "shared or compressed extents count more than once",
            None => "nothing that was looked at accounts for the rest",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unseen(used: u64) -> Unseen {
        Unseen {
            mount: b"/".to_vec(),
            used_before: used,
            used,
            deleted_open: Part::exactly(0),
            deleted_files: 0,
            largest: Vec::new(),
            closed_processes: 0,
            kernel: Part::exactly(0),
            hidden: Part::exactly(0),
            mounts_on_top: 0,
            metadata: Part::exactly(0),
            foreign: None,
        }
    }

    fn rest(lo: i128, hi: i128) -> Rest {
        Rest { lo, hi }
    }

    #[test]
    fn a_line_not_measured_only_bounds_the_rest() {
        let exact = Reconciliation::of(Interval::exactly(900), unseen(1000));
        assert_eq!(exact.unexplained(), rest(100, 100));
        let mut open = exact.clone();
        open.unseen.hidden = Part::unknown("only root may look");
        assert_eq!(open.unexplained(), rest(0, 100));
        assert_eq!(open.verdict().to_string(), "partly (only root may look)");
        open.unseen.deleted_open = Part::at_least(95, "2 processes could not be looked into");
        assert_eq!(open.unexplained(), rest(0, 5));
        assert_eq!(open.verdict(), Verdict::Explained);
        // Whatever is behind an unknown line, it cannot be more than what is left.
        open.unseen.deleted_open = Part::at_least(100, "the same");
        assert!(open.unexplained() == rest(0, 0));
    }

    #[test]
    fn what_changed_meanwhile_widens_the_rest() {
        for before in [960, 1040] {
            let mut sums = Reconciliation::of(Interval::exactly(1000), unseen(1000));
            sums.unseen.used_before = before;
            assert_eq!(sums.unexplained(), rest(-40, 40));
            assert_eq!(
                sums.verdict().to_string(),
                "partly (it changed while looking)"
            );
        }
    }

    #[test]
    fn more_than_is_used_may_be_counted() {
        let sums = Reconciliation::of(Interval::exactly(1500), unseen(1000));
        assert_eq!(sums.unexplained(), rest(-500, -500));
        assert!(sums.verdict().to_string().starts_with("partly (shared"));
        let mut open = sums;
        open.unseen.kernel = Part::unknown("a loop device");
        assert_eq!(open.unexplained(), rest(-500, -500));
    }

    #[test]
    fn an_incomplete_walk_explains_nothing() {
        let sums = Reconciliation::of(Interval::at_least(999), unseen(1000));
        assert_eq!(sums.unexplained(), rest(0, 1));
        assert_eq!(sums.verdict().to_string(), "unknown (walk incomplete)");
        let empty = Reconciliation::of(Interval::ZERO, unseen(0));
        assert_eq!(empty.verdict(), Verdict::Explained);
    }

    proptest! {
        #[test]
        fn the_lines_always_sum(
            used: u64, before: u64, tree: u64, parts in prop::array::uniform4(any::<u64>()),
            open: bool,
        ) {
            let mut unseen = unseen(used);
            unseen.used_before = before;
            let part = |n: u64| if open { Part::at_least(n, "x") } else { Part::exactly(n) };
            let [a, b, c, d] = parts.map(part);
            (unseen.deleted_open, unseen.kernel, unseen.hidden, unseen.metadata) = (a, b, c, d);
            let sums = Reconciliation::of(Interval::exactly(tree), unseen);
            let lines: i128 = parts.into_iter().chain([tree]).map(i128::from).sum();
            prop_assert_eq!(lines + sums.remainder(), i128::from(used));
            let Rest { lo, hi } = sums.unexplained();
            prop_assert!(lo <= hi && lo <= sums.remainder() && sums.remainder() <= hi);
            let _some_word = sums.verdict().to_string();
        }
    }
}
