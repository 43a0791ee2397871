//! What stands around a column of numbers, and when its files were written, says what it is:
//! `core.{pid}`, `sa{day}`, `t{hour}z`, `of-{of}`, `web{host}`, `beauty.{frame}.exr`.
//!
//! Each of these is asked of the whole column; a number that nothing explains is a counter.

use crate::time::{DAY, Timestamp};

use super::cells::{CellKind, Column, Table};
use super::date::{self, Civil, LAYOUTS, Layout, Reading};
use super::{VariableKind, words};

/// Formats of numbered frames.
const FRAMES: [&[u8]; 4] = [b"exr", b"dpx", b"tga", b"cin"];

impl Table<'_> {
    /// What a number is by what stands around it; `None` where that says nothing.
    pub(super) fn kind_in_context(&self, at: usize) -> Option<VariableKind> {
        let column = &self.columns[at];
        let attached = self.attached_word(at);
        let sign = attached.or_else(|| self.word_before(at)).unwrap_or(b"");
        let is = |words: &[&[u8]]| words.iter().any(|word| sign.eq_ignore_ascii_case(word));
        if is(&[b"of"]) {
            return Some(VariableKind::Of);
        }
        if is(&[b"pid"]) || self.is_pid_of_core(at) {
            return Some(VariableKind::Pid);
        }
        if attached.is_some_and(|word| words::are_hosts(&[&[word, b"1"].concat()])) {
            return Some(VariableKind::Host);
        }
        if attached.is_some_and(|word| matches!(word, b"v" | b"V")) {
            return Some(VariableKind::Version);
        }
        if self.is_frame(at) {
            return Some(VariableKind::Frame);
        }
        let coarse = self.has_clock() && self.grain >= DAY;
        if coarse && is(&[b"t", b"h", b"hour", b"hr", b"cycle"]) && are_hours(column) {
            return Some(VariableKind::Hour);
        }
        if coarse && are_times(column) {
            return Some(VariableKind::Time);
        }
        self.is_day_of_month(at).then_some(VariableKind::Day)
    }

    /// Whether a number that never changes says of how many the one before it is.
    pub(super) fn is_total(&self, at: usize) -> bool {
        let counted = |before: &Column<'_>| before.kind == CellKind::Digits && !before.constant;
        self.columns[at].kind == CellKind::Digits
            && self
                .word_before(at)
                .is_some_and(|word| word.eq_ignore_ascii_case(b"of"))
            && at >= 2
            && self.columns[at - 2].level == self.columns[at].level
            && counted(&self.columns[at - 2])
    }

    /// Whether the names are a numbered list of different things (`0004-use-a-queue`,
    /// `030_errors.t`): a word of its own for each, and nothing that says when.
    pub(super) fn is_numbered_list(&self) -> bool {
        let worded = |column: &Column<'_>| {
            let word = |cell: &&[u8]| cell.len() >= 3 && !cell.iter().any(u8::is_ascii_digit);
            column.rows.iter().filter(|cell| word(cell)).count() * 10 >= column.rows.len() * 8
        };
        let words: Vec<usize> = self
            .spans
            .iter()
            .filter(|span| span.kind == VariableKind::Categorical)
            .map(|span| span.first)
            .filter(|&at| worded(&self.columns[at]))
            .collect();
        let leaf = self.ends.len() - 1;
        !self.has_clock()
            && words.iter().any(|&at| self.columns[at].level == leaf)
            && self.distinct(&words) * 2 > self.modified.len()
    }

    /// Whether numbers from here on may be the parts of a version: short ones, and not a number
    /// that belongs to the word before it.
    pub(super) fn may_be_version(&self, at: usize, end: usize) -> bool {
        let short = |column: &Column<'_>| column.rows.iter().all(|cell| cell.len() <= 6);
        self.columns[at..end].iter().all(short)
            && self
                .attached_word(at)
                .is_none_or(|word| matches!(word, b"v" | b"V" | b"r" | b"ver" | b"version"))
    }

    /// The word before a number in the same run: `web` of `web02`.
    fn attached_word(&self, at: usize) -> Option<&[u8]> {
        let begins_run = |word: usize| {
            let first = word == 0 || self.columns[word - 1].level != self.columns[word].level;
            first || !self.columns[word].before.is_empty()
        };
        self.word_before(at)
            .filter(|_| self.columns[at].before.is_empty() && begins_run(at - 1))
    }

    /// The word that is the cell before a number, the same in every name.
    fn word_before(&self, at: usize) -> Option<&[u8]> {
        let column = &self.columns[at];
        let before = self.columns.get(at.checked_sub(1)?)?;
        let is_word =
            before.constant && before.level == column.level && before.kind == CellKind::Letters;
        is_word.then(|| before.rows[0])
    }

    /// Whether it is the last number but for the time in `core.nginx.4711.1718000000`, and has no
    /// order of its own.
    fn is_pid_of_core(&self, at: usize) -> bool {
        let leaf = self.ends.len() - 1;
        let from = self.columns.partition_point(|column| column.level < leaf);
        let (Some(first), Some(last)) = (self.columns.get(from), self.columns.last()) else {
            return false;
        };
        let is_core = first.constant && first.rows[0] == b"core" && first.before.is_empty();
        let open = |column: &Column<'_>| {
            column.kind == CellKind::Digits && !column.constant && column.reading.is_none()
        };
        is_core
            && last.kind == CellKind::Digits
            && self.columns[from..].iter().rposition(open) == at.checked_sub(from)
            && is_sparse(&self.columns[at])
    }

    fn is_frame(&self, at: usize) -> bool {
        let Some(format) = self.columns.last() else {
            return false;
        };
        at + 2 == self.columns.len()
            && format.constant
            && format.before == b"."
            && FRAMES.contains(&format.rows[0])
    }

    /// Whether a number is, in nearly all files, the day of the month on which they were written.
    fn is_day_of_month(&self, at: usize) -> bool {
        let column = &self.columns[at];
        if self.has_clock() || column.rows.iter().any(|cell| cell.len() != 2) {
            return false;
        }
        let day = |time: &Timestamp| time.civil().map(|civil| civil[2]);
        let (mut right, mut known) = (0, 0);
        for (cell, modified) in column.rows.iter().zip(&self.modified) {
            let Some(modified) = modified else { continue };
            known += 1;
            // What is rotated at midnight carries the day before.
            let before = Timestamp(modified.0.saturating_sub(12 * 3600));
            let named = date::number(cell);
            right += usize::from(named == day(modified) || named == day(&before));
        }
        known >= 5 && right * 10 >= known * 9
    }

    /// Of two ways to read a date that both fit, day first or month first, the one that is nearer
    /// to when the files were written.
    pub(super) fn nearer(
        &self,
        at: usize,
        found: (Layout, Vec<(usize, Reading)>),
        now: Timestamp,
    ) -> (Layout, Vec<(usize, Reading)>) {
        let Some(twin) = twin_of(found.0.readings) else {
            return found;
        };
        let twin = LAYOUTS.iter().find(|layout| layout.readings == twin);
        let other = twin.and_then(|layout| {
            let readings = self.try_readings(at, layout.readings, layout, now)?;
            Some((*layout, readings))
        });
        match other {
            Some(other) if self.distance(&other.1) < self.distance(&found.1) => other,
            _ => found,
        }
    }

    /// Whether a date may as well be read with day and month changed round: both are in the calendar,
    /// and no times, or only those of one day, say which was meant.
    pub(super) fn may_be_turned(
        &self,
        at: usize,
        readings: &[(usize, Reading)],
        now: Timestamp,
    ) -> bool {
        let readings: Vec<Reading> = readings.iter().map(|reading| reading.1).collect();
        let twins = LAYOUTS.iter().filter(|layout| {
            twin_of(layout.readings) == Some(&readings[..])
                || twin_of(&readings) == Some(layout.readings)
        });
        let fits = |layout: &Layout| {
            self.try_readings(at, layout.readings, layout, now)
                .is_some()
        };
        let times = || self.modified.iter().flatten();
        let (first, last) = (times().min(), times().max());
        let apart = first
            .zip(last)
            .map(|(first, last)| last.0.abs_diff(first.0));
        apart.is_none_or(|apart| apart < DAY) && twins.into_iter().any(fits)
    }

    /// The median distance of what the names say from when the files were written.
    fn distance(&self, readings: &[(usize, Reading)]) -> Option<u64> {
        let named = |row: usize| {
            let mut civil = Civil::default();
            for &(column, reading) in readings {
                civil.read(self.columns[column].rows[row], reading)?;
            }
            civil.moment()
        };
        let gap = |row: usize| Some(named(row)?.0.abs_diff(self.modified[row]?.0));
        let mut gaps: Vec<u64> = (0..self.modified.len()).filter_map(gap).collect();
        gaps.sort_unstable();
        gaps.get(gaps.len() / 2).copied()
    }
}

/// The same date with day and month changed round.
fn twin_of(readings: &[Reading]) -> Option<&'static [Reading]> {
    use Reading::{Day, Month, Packed, Year};
    match readings {
        [Day, Month, Year] => Some(&[Month, Day, Year]),
        [Packed(b"DMY")] => Some(&[Packed(b"MDY")]),
        _ => None,
    }
}

/// Whether numbers lie far apart, as what a kernel or a machine hands out.
fn is_sparse(column: &Column<'_>) -> bool {
    let numbers = || column.rows.iter().filter_map(|cell| date::number(cell));
    let (Some(low), Some(high)) = (numbers().min(), numbers().max()) else {
        return false;
    };
    high - low > 4 * i64::try_from(column.rows.len()).unwrap_or(i64::MAX)
}

fn are_hours(column: &Column<'_>) -> bool {
    let hour = |cell: &&[u8]| date::number(cell).filter(|&n| cell.len() <= 2 && n < 24);
    let late = |cell: &&[u8]| hour(cell).is_some_and(|n| n >= 12);
    column.rows.iter().all(|cell| hour(cell).is_some()) && column.rows.iter().any(late)
}

/// Whether all are times of the day, of four digits or six, and go through it.
fn are_times(column: &Column<'_>) -> bool {
    let width = column.rows[0].len();
    let time = |cell: &&[u8]| -> Option<i64> {
        let n = date::number(cell).filter(|_| cell.len() == width)?;
        let (hour, rest) = match width {
            4 => (n / 100, (n % 100, 0)),
            6 => (n / 10_000, (n / 100 % 100, n % 100)),
            _ => return None,
        };
        (hour < 24 && rest.0 < 60 && rest.1 < 60).then_some(hour)
    };
    let mut hours: Vec<i64> = column.rows.iter().filter_map(time).collect();
    let all = hours.len() == column.rows.len();
    hours.sort_unstable();
    hours.dedup();
    all && hours.len() >= 4 && hours.last().is_some_and(|&hour| hour >= 12)
}
