//! Dates in rows of cells: which layout fits a whole column, and what moment a row then means.
//!
//! A layout is a sequence of readings, one for each cell. It is tried on all rows at once and
//! accepted only if nearly all of them are moments of the calendar: 30 February, month 13 and the
//! 366th day of a common year count against it, which is how a counter that looks like a date
//! (20201231, 20201232, …) is told from dates. Layouts that fit many numbers by chance must also
//! agree with the modification times, where there are any.

use crate::time::{DAY, Timestamp};

/// How one cell is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Year,
    ShortYear,
    Month,
    MonthName,
    Day,
    Hour,
    Minute,
    Second,
    Week,
    /// The day of an ISO week, Monday being 1.
    WeekDay,
    Quarter,
    Ordinal,
    /// Packed digits, field by field: `Y` four digits of a year, `y` two, `M D H I S` two each,
    /// `J` three of a day in the year, `.` one to pass over.
    Packed(&'static [u8]),
    /// A count of this many parts of a second since 1970.
    Epoch(u64),
    /// The first ten letters of a ULID.
    Ulid,
    /// Somewhere in a text: `scheduled__2024-06-01T03:00:00+00:00`.
    Embedded,
}

/// A way to write a moment, over one or more cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) readings: &'static [Reading],
    /// Whether it fits many plain numbers by chance.
    weak: bool,
    /// The length of the period that it can name, in seconds.
    pub(super) grain: u64,
}

const fn strong(readings: &'static [Reading], grain: u64) -> Layout {
    Layout {
        readings,
        weak: false,
        grain,
    }
}

const fn weak(readings: &'static [Reading], grain: u64) -> Layout {
    Layout {
        readings,
        weak: true,
        grain,
    }
}

use Reading::{
    Day, Epoch, Hour, Minute, Month, MonthName, Ordinal, Packed, Quarter, Second, ShortYear, Week,
    WeekDay, Year,
};

const HOUR: u64 = 3600;
pub(super) const WEEK: u64 = 7 * DAY;
pub(super) const MONTH: u64 = 30 * DAY;

/// The longest first: the first that fits is taken.
pub(super) const LAYOUTS: [Layout; 48] = [
    strong(&[Year, Month, Day, Hour, Minute, Second], 1),
    strong(&[Year, Month, Day, Packed(b"HIS")], 1),
    strong(&[Year, Month, Day, Hour, Minute], 60),
    strong(&[Year, Month, Day, Packed(b"HI")], 60),
    strong(&[Year, Month, Day, Hour], HOUR),
    strong(&[Year, Month, Day], DAY),
    strong(&[Packed(b"YMD"), Packed(b"HIS")], 1),
    strong(&[Packed(b"YMD"), Packed(b"HIS...")], 1),
    strong(&[Packed(b"YMD"), Packed(b"HI")], 60),
    strong(&[Packed(b"YMD"), Hour, Minute, Second], 1),
    strong(&[Packed(b"YMD"), Hour, Minute], 60),
    strong(&[Packed(b"YMD"), Hour], HOUR),
    strong(&[Packed(b"YMD")], DAY),
    strong(&[Packed(b"YMDHISmmm")], 1),
    strong(&[Packed(b"YMDHIS")], 1),
    strong(&[Packed(b"YJHIS.")], 1),
    strong(&[Packed(b"YJHIS")], 1),
    strong(&[Packed(b"YMDHI")], 60),
    strong(&[Packed(b"YMDH")], HOUR),
    strong(&[Year, Packed(b"MD"), Packed(b"HI")], 60),
    strong(&[Year, Packed(b"MD")], DAY),
    strong(&[Packed(b"YM"), Day, Hour], HOUR),
    strong(&[Packed(b"YM"), Day], DAY),
    strong(&[Day, MonthName, Year], DAY),
    strong(&[MonthName, Day, Year], DAY),
    strong(&[Year, MonthName, Day], DAY),
    strong(&[MonthName, Year], MONTH),
    strong(&[Year, MonthName], MONTH),
    strong(&[Year, Week, WeekDay], DAY),
    strong(&[Year, Week], WEEK),
    strong(&[Year, Quarter], 91 * DAY),
    strong(&[Day, Month, Year], DAY),
    strong(&[Month, Day, Year], DAY),
    weak(&[Year, Ordinal, Hour], HOUR),
    weak(&[Year, Ordinal], DAY),
    strong(&[Year, Month], MONTH),
    weak(&[Packed(b"YJ")], DAY),
    weak(&[Packed(b"YJ"), Packed(b"HI")], 60),
    weak(&[Packed(b"YM")], MONTH),
    weak(&[Packed(b"yMD"), Packed(b"HIS")], 1),
    weak(&[Packed(b"yMD")], DAY),
    weak(&[Packed(b"DMY")], DAY),
    weak(&[Packed(b"MDY")], DAY),
    weak(&[ShortYear, Month, Day], DAY),
    weak(&[Day, Month, ShortYear], DAY),
    weak(&[Epoch(1)], 1),
    weak(&[Epoch(1_000)], 1),
    weak(&[Epoch(1_000_000)], 1),
];

/// A moment in the making.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Civil {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    hour: Option<i64>,
    minute: Option<i64>,
    second: Option<i64>,
    week: Option<i64>,
    weekday: Option<i64>,
    ordinal: Option<i64>,
    epoch: Option<i64>,
}

impl Civil {
    /// Adds what one cell says; `None` where it does not fit the reading.
    pub(super) fn read(&mut self, cell: &[u8], reading: Reading) -> Option<()> {
        let wide = |n: usize| (cell.len() == n).then_some(());
        match reading {
            Year => {
                wide(4)?;
                self.year = Some(number(cell)?);
            }
            ShortYear => {
                wide(2)?;
                self.year = Some(2000 + number(cell)?);
            }
            Month => self.month = Some(small(cell)?),
            MonthName => self.month = Some(month_of(cell)?),
            Day => self.day = Some(small(cell)?),
            Hour => self.hour = Some(small(cell)?),
            Minute => {
                wide(2)?;
                self.minute = Some(number(cell)?);
            }
            Second => {
                wide(2)?;
                self.second = Some(number(cell)?);
            }
            Week => self.week = Some(small(cell)?),
            WeekDay => {
                wide(1)?;
                self.weekday = Some(number(cell).filter(|n| (1..=7).contains(n))?);
            }
            Quarter => {
                wide(1)?;
                let quarter = number(cell).filter(|n| (1..=4).contains(n))?;
                self.month = Some(3 * quarter - 2);
            }
            Ordinal => {
                wide(3)?;
                self.ordinal = Some(number(cell)?);
            }
            Packed(fields) => self.unpack(cell, fields)?,
            Epoch(parts) => {
                let digits = 10 + usize::try_from(parts.ilog10()).ok()?;
                wide(digits)?;
                self.epoch = Some(number(cell)? / i64::try_from(parts).ok()?);
            }
            Reading::Ulid => self.epoch = Some(ulid_milliseconds(cell)? / 1000),
            Reading::Embedded => self.search(cell)?,
        }
        Some(())
    }

    /// Reads the first `YYYY-MM-DD` of a text, and the time of day if one follows at once.
    fn search(&mut self, text: &[u8]) -> Option<()> {
        let is_date = |window: &[u8]| {
            window.iter().enumerate().all(|(at, b)| match at {
                4 | 7 => *b == b'-',
                _ => b.is_ascii_digit(),
            })
        };
        let at = text.windows(10).position(is_date)?;
        self.year = number(&text[at..at + 4]);
        self.month = number(&text[at + 5..at + 7]);
        self.day = number(&text[at + 8..at + 10]);
        let part = |from: usize| text.get(from..from + 2).and_then(number);
        if matches!(text.get(at + 10), Some(b'T' | b'_' | b' ')) {
            self.hour = part(at + 11);
            self.minute = part(at + 14);
            self.second = part(at + 17);
        }
        Some(())
    }

    fn unpack(&mut self, cell: &[u8], fields: &[u8]) -> Option<()> {
        let mut at = 0;
        for &field in fields {
            let width = match field {
                b'Y' => 4,
                b'J' => 3,
                b'.' | b'm' => 1,
                _ => 2,
            };
            let value = number(cell.get(at..at + width)?)?;
            at += width;
            match field {
                b'Y' => self.year = Some(value),
                b'y' => self.year = Some(2000 + value),
                b'M' => self.month = Some(value),
                b'D' => self.day = Some(value),
                b'H' => self.hour = Some(value),
                b'I' => self.minute = Some(value),
                b'S' => self.second = Some(value),
                b'J' => self.ordinal = Some(value),
                _ => {}
            }
        }
        (at == cell.len()).then_some(())
    }

    /// The beginning of the period, if the calendar has it.
    pub(super) fn moment(&self) -> Option<Timestamp> {
        if let Some(epoch) = self.epoch {
            return Some(Timestamp(epoch));
        }
        let year = self.year.filter(|y| (1900..=2200).contains(y))?;
        if let Some(week) = self.week {
            let days = self.weekday.unwrap_or(1) - 1;
            return monday(year, week).map(|monday| Timestamp(monday.0 + days * 86_400));
        }
        let [hour, minute, second] = [self.hour, self.minute, self.second].map(|n| n.unwrap_or(0));
        let second = if second == 60 { 59 } else { second };
        if let Some(ordinal) = self.ordinal {
            let start = civil_moment(year, 1, 1, hour, minute, second)?;
            let moment = Timestamp(start.0 + (ordinal - 1) * 86_400);
            let leap = civil_moment(year, 2, 29, 0, 0, 0).is_some();
            return (1..=365 + i64::from(leap))
                .contains(&ordinal)
                .then_some(moment);
        }
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        civil_moment(year, month, day, hour, minute, second)
    }
}

/// The moment of a date and time of day in UTC, if the calendar has it: the days are counted from
/// the 1st of March, so that a leap day is a year's last. Every member's name passes here.
fn civil_moment(
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
) -> Option<Timestamp> {
    const LENGTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = *LENGTHS.get(usize::try_from(month - 1).ok()?)? + i64::from(leap && month == 2);
    let valid = (1..=length).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second);
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let days =
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
            - 719_468;
    valid.then_some(Timestamp(
        days * 86_400 + hour * 3600 + minute * 60 + second,
    ))
}

/// The Monday of an ISO week, if the year has that week.
fn monday(year: i64, week: i64) -> Option<Timestamp> {
    let fourth = civil_moment(year, 1, 4, 0, 0, 0)?.0.div_euclid(86_400);
    let next = civil_moment(year + 1, 1, 4, 0, 0, 0)?.0.div_euclid(86_400);
    // 1970-01-01 was a Thursday.
    let first_monday = |day: i64| day - (day + 3).rem_euclid(7);
    let day = first_monday(fourth) + 7 * (week - 1);
    (week >= 1 && day < first_monday(next)).then_some(Timestamp(day * 86_400))
}

/// A cell of digits as a number; `None` beyond 18 digits or with anything else in it.
pub(super) fn number(cell: &[u8]) -> Option<i64> {
    let fits = (1..=18).contains(&cell.len()) && cell.iter().all(u8::is_ascii_digit);
    fits.then(|| cell.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0')))
}

fn small(cell: &[u8]) -> Option<i64> {
    (cell.len() <= 2).then(|| number(cell)).flatten()
}

const MONTHS: [&[u8]; 12] = [
    b"january",
    b"february",
    b"march",
    b"april",
    b"may",
    b"june",
    b"july",
    b"august",
    b"september",
    b"october",
    b"november",
    b"december",
];
const WEEKDAYS: [&[u8]; 7] = [
    b"monday",
    b"tuesday",
    b"wednesday",
    b"thursday",
    b"friday",
    b"saturday",
    b"sunday",
];

/// The number of a month from its name, whole or its first three letters.
pub(super) fn month_of(cell: &[u8]) -> Option<i64> {
    named(cell, &MONTHS)
}

/// The number of a weekday from its name, whole or its first three letters.
pub(super) fn weekday_of(cell: &[u8]) -> Option<i64> {
    named(cell, &WEEKDAYS)
}

/// The letters with which months and weekdays begin, a bit for each.
const INITIALS: u32 = {
    let (mut initials, mut at) = (0, 0);
    while at < MONTHS.len() {
        initials |= 1 << (MONTHS[at][0] & 0x1f);
        at += 1;
    }
    at = 0;
    while at < WEEKDAYS.len() {
        initials |= 1 << (WEEKDAYS[at][0] & 0x1f);
        at += 1;
    }
    initials
};

fn named(cell: &[u8], names: &[&[u8]]) -> Option<i64> {
    if !(3..=9).contains(&cell.len())
        || INITIALS >> (cell[0] & 0x1f) & 1 == 0
        || !cell[1].is_ascii_alphabetic()
    {
        return None;
    }
    let is = |name: &&[u8]| {
        cell[0] | 0x20 == name[0]
            && cell[2] | 0x20 == name[2]
            && (cell.eq_ignore_ascii_case(name)
                || cell.len() == 3 && cell.eq_ignore_ascii_case(&name[..3]))
    };
    names
        .iter()
        .position(is)
        .and_then(|at| i64::try_from(at + 1).ok())
}

fn ulid_milliseconds(cell: &[u8]) -> Option<i64> {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    cell.get(..10)?.iter().try_fold(0i64, |n, b| {
        let value = ALPHABET.iter().position(|a| a == b)?;
        n.checked_mul(32)?.checked_add(i64::try_from(value).ok()?)
    })
}

/// Whether so many rows that mean no moment refute a layout. One bad value in a short column is
/// forgiven, two are not.
pub(super) fn are_too_many(bad: usize, rows: usize) -> bool {
    bad > 1 && bad * 50 > rows || bad == 1 && rows < 6
}

/// Rows of moments and modification times, judged together.
pub(super) struct Evidence<'a> {
    /// The moment that each row means, where it means one.
    pub(super) moments: &'a [Option<Timestamp>],
    /// When each row's file was modified, where known.
    pub(super) modified: &'a [Option<Timestamp>],
    /// Now.
    pub(super) now: Timestamp,
}

impl Layout {
    /// Whether the moments that this layout reads from a column are believable.
    pub(super) fn is_plausible(&self, evidence: &Evidence<'_>) -> bool {
        let rows = evidence.moments.len();
        let oldest = Timestamp(631_152_000);
        let newest = Timestamp(evidence.now.0.saturating_add(400 * 86_400));
        let mut valid: Vec<Timestamp> = evidence
            .moments
            .iter()
            .flatten()
            .copied()
            .filter(|&t| oldest <= t && t <= newest)
            .collect();
        if are_too_many(rows - valid.len(), rows) {
            return false;
        }
        valid.sort_unstable();
        valid.dedup();
        match valid.len() {
            0 | 1 => false,
            2 => self.gap(evidence).is_some_and(|gap| gap < 40 * DAY),
            _ if !self.weak => true,
            _ if self.is_calendar(&valid, evidence) => true,
            _ => self
                .gap(evidence)
                .map_or(valid.len() >= 8 || self.grain > 1, |gap| {
                    gap < if self.grain == 1 { 3 * DAY } else { 45 * DAY }
                }),
        }
    }

    /// Whether the moments come as dense as a job's and end where somebody still writes, while the
    /// files were all modified together: copied, unpacked or touched, so that their times say
    /// nothing of when each was made. Seconds since 1970 must besides be whole hours.
    fn is_calendar(&self, valid: &[Timestamp], evidence: &Evidence<'_>) -> bool {
        let times = evidence.modified.iter().flatten();
        let (Some(first), Some(last)) = (times.clone().min(), times.max()) else {
            return false;
        };
        let hourly = valid.iter().all(|t| t.0.rem_euclid(3600) == 0);
        if last.0.abs_diff(first.0) > 2 * DAY || valid.len() < 10 || !hourly {
            return false;
        }
        let mut steps: Vec<u64> = valid.windows(2).map(|p| p[1].0.abs_diff(p[0].0)).collect();
        steps.sort_unstable();
        let newest = valid[valid.len() - 1].0;
        let ends_near = |at: Timestamp| newest.abs_diff(at.0) < 45 * DAY;
        steps[steps.len() / 2] <= MONTH + DAY && (ends_near(evidence.now) || ends_near(*last))
    }

    /// The median distance of a moment from its file's modification time.
    fn gap(&self, evidence: &Evidence<'_>) -> Option<u64> {
        let pairs = evidence.moments.iter().zip(evidence.modified);
        let mut gaps: Vec<u64> = pairs
            .filter_map(|(moment, modified)| {
                Some(moment.as_ref()?.0.abs_diff(modified.as_ref()?.0))
            })
            .collect();
        gaps.sort_unstable();
        gaps.get(gaps.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_are_read_as_moments_of_the_calendar_or_not_at_all() {
        let table: [(&[&str], &[Reading], Option<&str>); 16] = [
            (
                &["20240229"],
                &[Packed(b"YMD")],
                Some("2024-02-29T00:00:00Z"),
            ),
            (&["20230229"], &[Packed(b"YMD")], None),
            (&["20240132"], &[Packed(b"YMD")], None),
            (&["2024", "W53"], &[Year, Week], None),
            (&["2024", "24"], &[Year, Week], Some("2024-06-10T00:00:00Z")),
            (
                &["2024", "24", "7"],
                &[Year, Week, WeekDay],
                Some("2024-06-16T00:00:00Z"),
            ),
            (&["2024", "24", "8"], &[Year, Week, WeekDay], None),
            (&["2024", "53"], &[Year, Week], None),
            (&["2020", "53"], &[Year, Week], Some("2020-12-28T00:00:00Z")),
            (&["2024366"], &[Packed(b"YJ")], Some("2024-12-31T00:00:00Z")),
            (&["2023366"], &[Packed(b"YJ")], None),
            (
                &["03", "jan", "2024"],
                &[Day, MonthName, Year],
                Some("2024-01-03T00:00:00Z"),
            ),
            (
                &["2024", "3"],
                &[Year, Quarter],
                Some("2024-07-01T00:00:00Z"),
            ),
            (&["1704240000"], &[Epoch(1)], Some("2024-01-03T00:00:00Z")),
            (
                &["01HK69XB00Z9AXDZK650TE3GCQ"],
                &[Reading::Ulid],
                Some("2024-01-03T00:00:00Z"),
            ),
            (
                &["x__2024-01-03T04:05:06+00:00"],
                &[Reading::Embedded],
                Some("2024-01-03T04:05:06Z"),
            ),
        ];
        for (cells, readings, moment) in table {
            let mut civil = Civil::default();
            let read = cells
                .iter()
                .zip(readings)
                .try_for_each(|(cell, &reading)| civil.read(cell.as_bytes(), reading));
            let found = read.and_then(|()| civil.moment());
            assert_eq!(found.map(|t| t.to_string()).as_deref(), moment, "{cells:?}");
        }
    }

    proptest! {
        #[test]
        fn the_calendar_is_the_common_one(y in 1900i64..2200, m in 0i64..14, d in 0i64..33, h in -1i64..25) {
            prop_assert_eq!(civil_moment(y, m, d, h, 5, 6), Timestamp::from_civil(y, m, d, h, 5, 6));
        }
    }
}
