//! When a family was written, how often, how much of it, and whether somebody still does.
//!
//! Time is the shards' own (their names'), else their files' modification times. A *period* is
//! one distinct time. The cadence is the median distance of two periods; the growth leaves out
//! the newest period, which may be unfinished, and looks back over the last 30 days or 20 periods,
//! whichever is longer, so that a weekend or a market holiday does not bend it. Modification times
//! that all lie within a day tell of one run or one copy, and of no pace at all.

use crate::time::{Age, DAY, Timestamp};
use crate::tree::{NodeId, Tree};

use super::Writer;

/// One file with its time and weight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shard {
    pub(super) node: NodeId,
    pub(super) time: Option<Timestamp>,
    pub(super) weight: u64,
}

/// What the times of a family's members say.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pace {
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    pub(super) cadence: Option<Age>,
    pub(super) growth_per_day: Option<u64>,
    pub(super) writer: Writer,
    pub(super) missing: Vec<String>,
}

/// Periods that are named one by one before the list is cut.
const NAMED: usize = 1000;

/// Reads the pace from shards that are sorted by time. `named`: the times come from names, whose
/// periods have this length in seconds.
pub(super) fn pace(tree: &Tree, shards: &[Shard], named: Option<u64>, now: Timestamp) -> Pace {
    let timed: Vec<&Shard> = shards.iter().filter(|shard| shard.time.is_some()).collect();
    let mut periods: Vec<(i64, u64)> = Vec::new();
    for shard in &timed {
        let at = shard.time.map_or(0, |t| t.0);
        match periods.last_mut() {
            Some((last, weight)) if *last == at => *weight = weight.saturating_add(shard.weight),
            _ => periods.push((at, shard.weight)),
        }
    }
    let cadence = cadence_of(&periods).filter(|_| named.is_some() || !is_burst(&periods));
    let ended = |at: Option<&(i64, u64)>| at.map(|&(t, _)| Timestamp(t));
    Pace {
        first: ended(periods.first()),
        last: ended(periods.last()),
        cadence: cadence.map(Age),
        growth_per_day: growth(&periods, cadence),
        writer: writer(tree, &timed, &periods, cadence, now),
        missing: match (named, cadence) {
            (Some(grain), Some(cadence)) => missing(&periods, cadence, grain),
            _ => Vec::new(),
        },
    }
}

/// Whether everything was written within a day.
fn is_burst(periods: &[(i64, u64)]) -> bool {
    let span = periods
        .first()
        .zip(periods.last())
        .map(|(first, last)| last.0.abs_diff(first.0));
    span.is_none_or(|span| span < DAY)
}

/// The median distance of two periods; unknown below three.
fn cadence_of(periods: &[(i64, u64)]) -> Option<u64> {
    if periods.len() < 3 {
        return None;
    }
    let mut gaps: Vec<u64> = periods
        .windows(2)
        .map(|p| p[1].0.abs_diff(p[0].0))
        .collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied()
}

/// Bytes a day over the recent periods, without the newest.
fn growth(periods: &[(i64, u64)], cadence: Option<u64>) -> Option<u64> {
    let cadence = cadence?.max(1);
    let complete = &periods[..periods.len() - 1];
    let end = periods[periods.len() - 1].0;
    let span = (30 * DAY).max(cadence.saturating_mul(20));
    let start = end
        .saturating_sub(i64::try_from(span).unwrap_or(i64::MAX))
        .max(periods[0].0);
    let recent = complete.iter().filter(|(t, _)| *t >= start);
    let bytes: u128 = recent.map(|&(_, weight)| u128::from(weight)).sum();
    let seconds = u128::from(end.abs_diff(start)).max(1);
    u64::try_from(bytes * u128::from(DAY) / seconds).ok()
}

fn writer(
    tree: &Tree,
    shards: &[&Shard],
    periods: &[(i64, u64)],
    cadence: Option<u64>,
    now: Timestamp,
) -> Writer {
    let (Some(cadence), Some(&(newest, _))) = (cadence, periods.last()) else {
        return Writer::Unknown;
    };
    // A forecast's name may lie ahead, and a file may be rewritten long after its period.
    let touched = shards
        .iter()
        .rev()
        .take(64)
        .filter_map(|shard| tree.mtime(shard.node))
        .max();
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
fn missing(periods: &[(i64, u64)], cadence: u64, grain: u64) -> Vec<String> {
    let daily = (DAY - 3600..=DAY + 3600).contains(&cadence) && grain >= 3600;
    let hourly = cadence == 3600 && grain <= 3600;
    let step = match (daily, hourly) {
        (true, _) => 86_400,
        (_, true) => 3600,
        _ => return Vec::new(),
    };
    let (Some(&(first, _)), Some(&(last, _))) = (periods.first(), periods.last()) else {
        return Vec::new();
    };
    let slots = usize::try_from((last - first) / step + 1).unwrap_or(usize::MAX);
    // A family with more holes than periods has no calendar that could call for any.
    if slots > periods.len().saturating_mul(2) || slots > 200_000 {
        return Vec::new();
    }
    let off = if daily { days_off(periods) } else { [false; 7] };
    let mut have = periods.iter().map(|p| p.0.div_euclid(step)).peekable();
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

/// The days of the week on which hardly anything was ever written.
fn days_off(periods: &[(i64, u64)]) -> [bool; 7] {
    let mut written = [0usize; 7];
    for &(at, _) in periods {
        let weekday = at.div_euclid(86_400).rem_euclid(7);
        written[usize::try_from(weekday).unwrap_or(0)] += 1;
    }
    let most = written.iter().copied().max().unwrap_or(0);
    written.map(|n| most >= 2 && n * 10 <= most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Batch, Entry, Kind, Rooting, Sink as _, Token};
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
                ..Entry::named(b"f", Kind::File)
            });
        }
        builder.listing(&batch);
        let tree = builder.finish().unwrap();
        let shards: Vec<Shard> = tree
            .nodes()
            .skip(1)
            .zip(times)
            .map(|(node, &time)| Shard {
                node,
                time: Some(Timestamp(time)),
                weight: 100,
            })
            .collect();
        pace(&tree, &shards, named, Timestamp(*times.last().unwrap()))
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
