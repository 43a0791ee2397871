//! When a family was written, how often, how much of it, and whether somebody still does.
//!
//! Time is the shards' own (their names'), else their files' modification times. A *period* is
//! one distinct time. The cadence is the median distance of two periods; the growth leaves out
//! the newest period, which may be unfinished, and looks back over the last 30 days or 20 periods,
//! whichever is longer, so that a weekend or a market holiday does not bend it. Modification times
//! that all lie within a day tell of one run or one copy, and of no pace at all.

use crate::time::{Age, DAY, Timestamp};
use crate::tree::Tree;

use super::health::{self, Failing};
use super::past::{self, Past};
use super::periods::{self, Period, days_off};
use super::{Members, Writer};

/// What the times of a family's members say.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pace {
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    pub(super) cadence: Option<Age>,
    pub(super) growth_per_day: Option<u64>,
    pub(super) writer: Writer,
    pub(super) periods: u64,
    pub(super) missing: Vec<String>,
    pub(super) failing: Option<Failing>,
    pub(super) past: Past,
    /// Whether most periods follow one another at the cadence.
    pub(super) regular: bool,
}

/// Periods that are named one by one before the list is cut.
const NAMED: usize = 1000;

/// Reads the pace from periods. `named`: the times come from names, whose periods have this
/// length in seconds. `unfinished`: when files that are still to become members were touched.
pub(super) fn pace(
    tree: &Tree,
    members: &Members,
    named: Option<u64>,
    unfinished: &[Timestamp],
    now: Timestamp,
) -> Pace {
    let periods = periods::of(tree, members);
    let cadence = cadence_of(&periods).filter(|_| named.is_some() || !is_burst(&periods));
    let failing = cadence.and_then(|cadence| {
        health::failing(&health::Case {
            tree,
            members,
            periods: &periods,
            cadence,
            unfinished,
            now,
        })
    });
    // What a writer made before it began to fail says how fast it fills the disk.
    let bad = failing.as_ref().map_or(0, |f| f.empty + f.small);
    let healthy = periods
        .len()
        .saturating_sub(usize::try_from(bad).unwrap_or(0));
    let writer = writer(tree, members, &periods, cadence, now);
    let past = match (writer, cadence) {
        (Writer::Active, Some(cadence)) => past::read(&periods, cadence, now),
        _ => Past::default(),
    };
    let ended = |at: Option<&Period>| at.map(|period| Timestamp(period.at));
    Pace {
        first: ended(periods.first()),
        last: ended(periods.last()),
        cadence: cadence.map(Age),
        growth_per_day: growth(&periods[..healthy.max(1).min(periods.len())], cadence),
        writer,
        past,
        periods: periods.len() as u64,
        missing: match (named, cadence) {
            (Some(grain), Some(cadence)) => missing(&periods, cadence, grain),
            _ => Vec::new(),
        },
        failing,
        regular: cadence.is_some_and(|cadence| is_even(&periods, cadence)),
    }
}

/// Whether at least half of the periods follow one another at about the cadence.
fn is_even(periods: &[Period], cadence: u64) -> bool {
    let gaps = periods.windows(2).map(|p| p[1].at.abs_diff(p[0].at));
    let even = gaps.filter(|gap| gap.abs_diff(cadence) <= cadence / 4);
    even.count() * 2 + 1 >= periods.len()
}

/// Whether everything was written within a day.
fn is_burst(periods: &[Period]) -> bool {
    let span = periods
        .first()
        .zip(periods.last())
        .map(|(first, last)| last.at.abs_diff(first.at));
    span.is_none_or(|span| span < DAY)
}

/// The median distance of two periods; unknown below three.
fn cadence_of(periods: &[Period]) -> Option<u64> {
    if periods.len() < 3 {
        return None;
    }
    let mut gaps: Vec<u64> = periods
        .windows(2)
        .map(|p| p[1].at.abs_diff(p[0].at))
        .collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied()
}

/// Bytes a day over the recent periods, without the newest.
fn growth(periods: &[Period], cadence: Option<u64>) -> Option<u64> {
    let cadence = cadence?.max(1);
    let complete = &periods[..periods.len() - 1];
    let end = periods[periods.len() - 1].at;
    let span = (30 * DAY).max(cadence.saturating_mul(20));
    let start = end
        .saturating_sub(i64::try_from(span).unwrap_or(i64::MAX))
        .max(periods[0].at);
    let recent = complete.iter().filter(|period| period.at >= start);
    let bytes: u128 = recent.map(|period| u128::from(period.bytes)).sum();
    let seconds = u128::from(end.abs_diff(start)).max(1);
    u64::try_from(bytes * u128::from(DAY) / seconds).ok()
}

fn writer(
    tree: &Tree,
    members: &Members,
    periods: &[Period],
    cadence: Option<u64>,
    now: Timestamp,
) -> Writer {
    let (Some(cadence), Some(newest)) = (cadence, periods.last().map(|period| period.at)) else {
        return Writer::Unknown;
    };
    // A forecast's name may lie ahead, and a file may be rewritten long after its period.
    let newest_members = members.nodes().rev().take(64);
    let touched = newest_members.filter_map(|node| tree.mtime(node)).max();
    let last = match touched {
        Some(touched) if touched <= now => touched.0.max(newest.min(touched.0)),
        _ => newest.min(now.0),
    };
    let idle = u64::try_from(now.0.saturating_sub(last)).unwrap_or(0);
    let patience = cadence
        .saturating_mul(3)
        .max(if cadence <= DAY { 36 * 3600 } else { 0 });
    if idle <= patience {
        Writer::Active
    } else if idle <= cadence.saturating_mul(10).max(2 * patience) {
        Writer::Late
    } else {
        Writer::Stopped
    }
}

/// The periods that the calendar of the others calls for.
fn missing(periods: &[Period], cadence: u64, grain: u64) -> Vec<String> {
    let daily = (DAY - 3600..=DAY + 3600).contains(&cadence) && grain >= 3600;
    let hourly = cadence == 3600 && grain <= 3600;
    let step = match (daily, hourly) {
        (true, _) => 86_400,
        (_, true) => 3600,
        _ => return Vec::new(),
    };
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else {
        return Vec::new();
    };
    let (first, last) = (first.at, last.at);
    let slots = usize::try_from((last - first) / step + 1).unwrap_or(usize::MAX);
    // A family with more holes than periods has no calendar that could call for any.
    if slots > periods.len().saturating_mul(2) || slots > 200_000 {
        return Vec::new();
    }
    let off = if daily { days_off(periods) } else { [false; 7] };
    let mut have = periods.iter().map(|p| p.at.div_euclid(step)).peekable();
    let mut absent = Vec::new();
    for slot in first.div_euclid(step)..=last.div_euclid(step) {
        if have.peek() == Some(&slot) {
            while have.peek() == Some(&slot) {
                have.next();
            }
            continue;
        }
        let weekday = (slot * step).div_euclid(86_400).rem_euclid(7);
        if !off[usize::try_from(weekday).unwrap_or(0)] && absent.len() < NAMED {
            let at = Timestamp(slot * step);
            let text = at.to_string();
            absent.push(if daily {
                at.date_text()
            } else {
                text[..13].to_owned()
            });
        }
    }
    absent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Interval;
    use crate::entry::{Batch, Entry, Kind, Rooting, Sink as _, Token};
    use crate::family::Member;
    use crate::tree::build::Builder;

    /// A family of as many files as there are times.
    fn paced(times: &[i64], named: Option<u64>) -> Pace {
        let mut builder = Builder::new();
        builder.root(Entry::named(b"/d", Kind::Dir), Rooting::Path);
        let mut batch = Batch::new(Token::ROOT);
        for &time in times {
            let mtime = Some(Timestamp(time));
            batch.push(Entry {
                mtime,
                apparent: Some(Interval::exactly(100)),
                ..Entry::named(b"f", Kind::File)
            });
        }
        builder.listing(&batch);
        let tree = builder.finish().unwrap();
        let members: Members = tree
            .nodes()
            .skip(1)
            .zip(times)
            .map(|(node, &time)| Member {
                node,
                time: Some(Timestamp(time)),
            })
            .collect();
        pace(
            &tree,
            &members,
            named,
            &[],
            Timestamp(*times.last().unwrap()),
        )
    }

    #[test]
    fn one_run_has_no_pace() {
        let seconds: Vec<i64> = (0..600).collect();
        let burst = paced(&seconds, None);
        assert_eq!((burst.cadence, burst.growth_per_day), (None, None));
        assert_eq!(burst.writer, Writer::Unknown);
        // Names that say seconds do tell of a pace, and so do times over several days.
        assert_eq!(paced(&seconds, Some(1)).cadence, Some(Age(1)));
        let days: Vec<i64> = (0..10).map(|n| n * 86_400).collect();
        assert_eq!(paced(&days, None).growth_per_day, Some(100));
    }
}
