//! What a silently failing writer leaves on a disk: newest shards that are empty or far smaller
//! than ever before, fewer of them than usual, one that should be there by now and is not, and
//! files that were begun and never finished.
//!
//! Every sign is measured against the family's own past: shards that were often empty, periods
//! that were often skipped and days of the week without work are no signs. A period that is not
//! over yet is left alone, and so is a family that ended long ago, or that keeps no rhythm.

use std::collections::VecDeque;

use crate::time::{DAY, Timestamp};
use crate::tree::Tree;

use super::Members;
use super::periods::{Period, days_off};

/// Periods before the newest ones that say what is usual.
const PAST: usize = 200;
/// Fewer periods than this say nothing of what is usual.
const FEWEST: usize = 7;
/// Periods of the past whose lateness is remembered.
const LATENESS: usize = 30;
/// Unfinished files that are no accident any more.
const PILE: usize = 3;

/// What says that a writer fails although it may still run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// The first period that is not as it should be.
    pub since: Timestamp,
    /// The newest periods whose files are all empty.
    pub empty: u64,
    /// The newest periods that hold far less than usual, in files or in bytes, and are not empty.
    pub small: u64,
    /// Periods that should have been written after the newest one and before now.
    pub overdue: u64,
    /// Periods missing among the last few.
    pub missing: u64,
    /// Files that were begun and not finished.
    pub unfinished: u64,
    /// What a period usually holds, in bytes of the tree's quantity.
    pub usual: u64,
}

/// What is known of a family when its writer's health is asked for.
pub(super) struct Case<'a> {
    pub(super) tree: &'a Tree,
    pub(super) members: &'a Members,
    pub(super) periods: &'a [Period],
    /// The usual distance of two periods, in seconds.
    pub(super) cadence: u64,
    /// When its unfinished files were last touched, those of unknown time left out.
    pub(super) unfinished: &'a [Timestamp],
    pub(super) now: Timestamp,
}

/// The signs of a failing writer, if there are enough of them.
pub(super) fn failing(case: &Case<'_>) -> Option<Failing> {
    let cadence = i64::try_from(case.cadence).ok().filter(|&c| c > 0)?;
    let off = if is_daily(cadence) {
        days_off(case.periods)
    } else {
        [false; 7]
    };
    if case.periods.len() < FEWEST || !is_regular(case.periods, cadence, off) {
        return None;
    }
    let trail = Trail::of(case, cadence);
    let overdue = overdue(case, cadence, off);
    let last = case.periods.last()?.at;
    // What ended long ago does not fail.
    let idle = case.now.0.saturating_sub(last.max(newest_touch(case)));
    if idle > cadence.saturating_mul(10).max(7 * DAY as i64) {
        return None;
    }
    let (missing, gap) = missing_lately(case.periods, cadence, off);
    let abandoned = abandoned(case, cadence);
    let enough = trail.empty > 0
        || trail.small > 1
        || overdue > 1
        || missing > 1
        || abandoned >= PILE
        || overdue == 1 && (trail.small > 0 || abandoned > 0);
    let since = [
        trail.since,
        gap,
        (overdue > 0).then(|| last.saturating_add(cadence)),
    ];
    enough.then(|| Failing {
        since: Timestamp(since.into_iter().flatten().min().unwrap_or(last)),
        empty: trail.empty,
        small: trail.small,
        overdue,
        missing,
        unfinished: abandoned as u64,
        usual: trail.usual,
    })
}

fn is_daily(cadence: i64) -> bool {
    (82_800..=90_000).contains(&cadence)
}

/// The newest touch of the newest members. Of what was put there in one go, such as a restored
/// archive, the times of modification say when that was and nothing of the writer.
fn newest_touch(case: &Case<'_>) -> i64 {
    const SOME: usize = 64;
    let touch = |node| case.tree.mtime(node).filter(|&touched| touched <= case.now);
    let nodes = || case.members.nodes();
    let newest = nodes().rev().take(SOME).filter_map(touch).max();
    let oldest = nodes().take(SOME).filter_map(touch).min();
    let (Some(newest), Some(oldest)) = (newest, oldest) else {
        return i64::MIN;
    };
    let (first, last) = (case.periods.first(), case.periods.last());
    let named = first
        .zip(last)
        .map_or(0, |(first, last)| last.at.saturating_sub(first.at));
    let is_one_go = newest.0.saturating_sub(oldest.0).saturating_mul(10) < named;
    if is_one_go { i64::MIN } else { newest.0 }
}

/// Whether most periods follow one another at the cadence.
fn is_regular(periods: &[Period], cadence: i64, off: [bool; 7]) -> bool {
    let recent = &periods[periods.len().saturating_sub(PAST)..];
    let even = recent.windows(2).filter(|pair| {
        let next = following(pair[0].at, cadence, off);
        (pair[1].at.saturating_sub(next)).abs() <= cadence / 4
    });
    even.count() * 10 >= (recent.len() - 1) * 7
}

/// When the period after this one is to begin.
fn following(at: i64, cadence: i64, off: [bool; 7]) -> i64 {
    let mut next = at.saturating_add(cadence);
    for _ in 0..7 {
        let weekday = next.div_euclid(DAY as i64).rem_euclid(7);
        if !off[usize::try_from(weekday).unwrap_or(0)] {
            break;
        }
        next = next.saturating_add(DAY as i64);
    }
    next
}

/// The newest periods that are not as usual.
struct Trail {
    empty: u64,
    small: u64,
    since: Option<i64>,
    usual: u64,
}

impl Trail {
    fn of(case: &Case<'_>, cadence: i64) -> Self {
        let periods = case.periods;
        let past = &periods[periods.len().saturating_sub(PAST)..];
        let median = |of: fn(&Period) -> u64| -> u64 {
            let mut all: Vec<u64> = past.iter().map(of).collect();
            all.sort_unstable();
            all.get(all.len() / 2).copied().unwrap_or(0)
        };
        let usual_content = median(|period| period.content);
        let usual_files = median(|period| u64::from(period.filled));
        let mut trail = Self {
            empty: 0,
            small: 0,
            since: None,
            usual: median(|period| period.bytes),
        };
        if usual_files == 0 {
            return trail;
        }
        let is_bad = |period: &Period| {
            period.filled == 0
                || u64::from(period.filled) * 2 < usual_files
                || period.content < usual_content / 10
        };
        let mut rest = past;
        if let Some((newest, before)) = rest.split_last()
            && case.now.0 < newest.at.saturating_add(cadence)
            && !(newest.filled == 0 && lies_idle(case, newest, cadence))
        {
            rest = before;
        }
        while let Some((period, before)) = rest.split_last().filter(|(period, _)| is_bad(period)) {
            if period.filled == 0 {
                trail.empty += 1;
            } else {
                trail.small += 1;
            }
            trail.since = Some(period.at);
            rest = before;
        }
        let was_bad = rest.iter().filter(|period| is_bad(period)).count();
        if rest.len() < FEWEST || was_bad * 33 > rest.len() {
            (trail.empty, trail.small, trail.since) = (0, 0, None);
        }
        trail
    }
}

/// Whether the files of the newest period, all empty, have been so for some time.
fn lies_idle(case: &Case<'_>, newest: &Period, cadence: i64) -> bool {
    let nodes = case.members.nodes().rev().take(newest.files as usize);
    let touched = nodes.filter_map(|node| case.tree.mtime(node)).max();
    touched.is_some_and(|touched| case.now.0.saturating_sub(touched.0) > cadence / 3)
}

/// How many periods should have come after the newest one by now.
fn overdue(case: &Case<'_>, cadence: i64, off: [bool; 7]) -> u64 {
    let Some(newest) = case.periods.last() else {
        return 0;
    };
    let patience = lateness(case, cadence).saturating_add((cadence / 4).max(3600));
    let mut count = 0;
    let mut next = following(newest.at, cadence, off);
    while count < 100 && next.saturating_add(patience) < case.now.0 {
        count += 1;
        next = following(next, cadence, off);
    }
    count
}

/// How long after its beginning a period is usually written: nearly the worst of the recent ones.
/// Where the times of writing say nothing, as in a copy, one whole period.
fn lateness(case: &Case<'_>, cadence: i64) -> i64 {
    let mut recent: VecDeque<i64> = VecDeque::new();
    let mut nodes = case.members.nodes().rev();
    for period in case.periods.iter().rev().take(LATENESS) {
        let shards = nodes.by_ref().take(period.files as usize);
        let written = shards.filter_map(|node| case.tree.mtime(node)).min();
        recent.extend(written.map(|written| written.0.saturating_sub(period.at)));
    }
    let mut late: Vec<i64> = recent.into_iter().filter(|late| *late >= 0).collect();
    late.sort_unstable();
    match late.get(late.len() * 19 / 20) {
        Some(&late) if late <= cadence.saturating_mul(3) => late,
        _ => cadence,
    }
}

/// How many of the last ten periods are missing, and the first of them, where hardly any was
/// before.
fn missing_lately(periods: &[Period], cadence: i64, off: [bool; 7]) -> (u64, Option<i64>) {
    let holes = |periods: &[Period]| -> (u64, Option<i64>) {
        let (mut count, mut first) = (0, None);
        for pair in periods.windows(2) {
            let mut next = following(pair[0].at, cadence, off);
            while next.saturating_add(cadence / 2) < pair[1].at && count < 1000 {
                count += 1;
                first = first.or(Some(next));
                next = following(next, cadence, off);
            }
        }
        (count, first)
    };
    let Some(newest) = periods.last() else {
        return (0, None);
    };
    let from = newest.at.saturating_sub(cadence.saturating_mul(10));
    let cut = periods
        .partition_point(|period| period.at < from)
        .saturating_sub(1);
    let (lately, first) = holes(&periods[cut..]);
    let (before, _) = holes(&periods[..=cut]);
    if cut < FEWEST || before * 33 > cut as u64 {
        return (0, None);
    }
    (lately, first)
}

/// Unfinished files that nobody works on any more.
fn abandoned(case: &Case<'_>, cadence: i64) -> usize {
    let old = |touched: &&Timestamp| {
        let idle = case.now.0.saturating_sub(touched.0);
        idle > cadence / 2 && idle < cadence.saturating_mul(30).max(7 * DAY as i64)
    };
    case.unfinished.iter().filter(old).count()
}
