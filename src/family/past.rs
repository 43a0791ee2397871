//! How far a family reaches back: how long its shards are kept, and what was left behind.
//!
//! From one look at a disk nobody can tell a job that began a month ago from one whose output is
//! kept for a month. What can be seen is a block without gaps that reaches up to now (how long is
//! *kept*), and before it, behind a gap of more than [`GAP`] periods, an older block as dense as
//! this one: a *tail* that whatever cleans up the rest does not reach any more. Periods that grow
//! sparser with age (daily, then weekly, then monthly) are a retention by design and no tail.

use crate::time::{Age, Timestamp};

use super::periods::Period;

/// Periods without output after which an older block counts as left behind.
const GAP: u64 = 20;
/// Fewer periods than this are no block that shows how long is kept.
const BLOCK: usize = 14;
/// Fewer periods than this are an accident and no tail.
const FEWEST: usize = 3;

/// How far a family reaches back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// For a family that is still written: how old the oldest period of its newest unbroken block
    /// is. That is all there is of it, not how long anybody promises to keep it.
    pub kept: Option<Age>,
    /// What lies before that block, behind a long gap.
    pub tail: Option<Tail>,
    /// The template of a coarser output of the same name (a day's files as a month's).
    pub rollup: Option<Vec<u8>>,
}

/// Periods that were left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// How many files they have.
    pub files: u64,
    /// Their bytes, in the tree's quantity; a lower bound.
    pub bytes: u64,
    /// The newest of them.
    pub until: Timestamp,
}

/// Reads it from the periods of a family that is still written, oldest first.
pub(super) fn read(periods: &[Period], cadence: u64, now: Timestamp) -> Past {
    let gap = |pair: &[Period]| pair[1].at.abs_diff(pair[0].at);
    let limit = cadence.saturating_mul(GAP);
    let start = periods
        .windows(2)
        .rposition(|pair| gap(pair) > limit)
        .map_or(0, |at| at + 1);
    let (old, block) = periods.split_at(start);
    let Some(first) = block.first() else {
        return Past::default();
    };
    let kept = u64::try_from(now.0.saturating_sub(first.at)).ok().map(Age);
    // A tail is as dense as what is kept: the sparse past of a thinned family is there on purpose.
    let mut steps: Vec<u64> = old.windows(2).map(gap).collect();
    steps.sort_unstable();
    let dense = steps
        .get(steps.len() / 2)
        .is_some_and(|&step| step <= cadence.saturating_mul(2));
    let is_tail = dense && old.len() >= FEWEST && block.len() >= BLOCK.max(old.len());
    let tail = old.last().filter(|_| is_tail).map(|last| Tail {
        files: old.iter().map(|period| u64::from(period.files)).sum(),
        bytes: old
            .iter()
            .map(|period| period.bytes)
            .fold(0, u64::saturating_add),
        until: Timestamp(last.at),
    });
    Past {
        kept,
        tail,
        rollup: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY;

    const D: i64 = DAY as i64;

    fn at(days: impl IntoIterator<Item = i64>) -> Vec<Period> {
        let period = |day| Period {
            at: day * D,
            bytes: 10,
            content: 10,
            files: 2,
            filled: 2,
        };
        days.into_iter().map(period).collect()
    }

    #[test]
    fn what_is_kept_and_what_was_left_behind_are_told_by_the_gap() {
        type Row = (&'static str, Vec<Period>, u64, Option<(u64, i64)>);
        let table: [Row; 5] = [
            ("all of it", at(0..100), 100, None),
            ("holes", at((0..100).filter(|d| d % 9 != 0)), 98, None),
            ("a tail", at((0..5).chain(60..100)), 40, Some((10, 4))),
            (
                "thinned",
                at((0..6).map(|m| m * 30).chain(180..220)),
                40,
                None,
            ),
            ("more before than now", at((0..50).chain(80..95)), 15, None),
        ];
        for (what, periods, kept, tail) in table {
            let now = Timestamp(periods.last().unwrap().at + D);
            let past = read(&periods, DAY, now);
            assert_eq!(past.kept, Some(Age(kept * DAY)), "{what}");
            let found = past.tail.map(|tail| (tail.files, tail.until.0 / D));
            assert_eq!(found, tail, "{what}");
        }
    }
}
