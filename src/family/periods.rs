//! The periods of a family: its distinct times, and what was written for each.

use crate::time::Timestamp;
use crate::tree::Tree;

use super::Members;

/// One period: its time and what was written for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) at: i64,
    pub(super) bytes: u64,
    /// What the files say they hold, which no block size rounds up.
    pub(super) content: u64,
    pub(super) files: u32,
    /// How many of the files are not empty.
    pub(super) filled: u32,
}

/// The periods of members in the order of time.
pub(super) fn of(tree: &Tree, members: &Members) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    for member in members {
        let Some(Timestamp(at)) = member.time else {
            continue;
        };
        let weight = tree.own_weight(member.node).lo;
        let apparent = tree.own_apparent(member.node);
        let content = apparent.map_or(weight, |size| size.lo);
        let filled = u32::from(apparent.map_or(weight, |size| size.hi.unwrap_or(1)) > 0);
        match periods.last_mut() {
            Some(period) if period.at == at => {
                period.bytes = period.bytes.saturating_add(weight);
                period.content = period.content.saturating_add(content);
                period.files += 1;
                period.filled += filled;
            }
            _ => periods.push(Period {
                at,
                bytes: weight,
                content,
                files: 1,
                filled,
            }),
        }
    }
    periods
}

/// The days of the week on which hardly anything was ever written.
pub(super) fn days_off(periods: &[Period]) -> [bool; 7] {
    let mut written = [0usize; 7];
    for period in periods {
        let weekday = period.at.div_euclid(86_400).rem_euclid(7);
        written[usize::try_from(weekday).unwrap_or(0)] += 1;
    }
    let most = written.iter().copied().max().unwrap_or(0);
    written.map(|n| most >= 2 && n * 10 <= most)
}
