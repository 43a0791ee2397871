//! Points in time and spans of it, in whole seconds. There is no clock in here.
//!
//! This is the one door to `jiff`.

use std::fmt;

use jiff::{civil, tz::TimeZone};

/// Seconds in a day.
pub const DAY: u64 = 86_400;

/// A point in time: seconds since 1970-01-01 UTC, negative before.
///
/// ```
/// use jettison::time::Timestamp;
///
/// let t = Timestamp::parse("2024-06-11T03:00:00Z").unwrap();
/// assert_eq!(t, Timestamp::parse("@1718074800").unwrap());
/// assert_eq!(t.date_text(), "2024-06-11");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// A text that is no point in time or no span of it; prints what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseTimeError(String);

impl fmt::Display for ParseTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseTimeError {}

impl Timestamp {
    /// Reads RFC 3339 (`2024-06-11T03:00:00Z`, with any offset) or `@EPOCH` seconds.
    ///
    /// # Errors
    /// When the text is neither.
    pub fn parse(text: &str) -> Result<Self, ParseTimeError> {
        let seconds = match text.strip_prefix('@') {
            Some(epoch) => epoch.parse().ok(),
            None => text
                .parse::<jiff::Timestamp>()
                .ok()
                .map(jiff::Timestamp::as_second),
        };
        seconds.map(Self).ok_or_else(|| {
            ParseTimeError(format!(
                "`{}` is not a time (expected RFC 3339 such as 2024-06-11T03:00:00Z, or @SECONDS)",
                text.escape_debug()
            ))
        })
    }

    /// The moment of a calendar date and time of day in UTC, or `None` where the calendar has no
    /// such moment (month 13, 30 February, 25 o'clock).
    #[must_use]
    pub fn from_civil(
        year: i64,
        month: i64,
        day: i64,
        hour: i64,
        minute: i64,
        second: i64,
    ) -> Option<Self> {
        let small = |n: i64| i8::try_from(n).ok();
        let time = civil::DateTime::new(
            i16::try_from(year).ok()?,
            small(month)?,
            small(day)?,
            small(hour)?,
            small(minute)?,
            small(second)?,
            0,
        );
        Some(Self(
            time.ok()?
                .to_zoned(TimeZone::UTC)
                .ok()?
                .timestamp()
                .as_second(),
        ))
    }

    /// Year, month, day, hour, minute and second in UTC; `None` outside the years −9999 to 9999.
    #[must_use]
    pub fn civil(self) -> Option<[i64; 6]> {
        let t = jiff::Timestamp::from_second(self.0)
            .ok()?
            .to_zoned(TimeZone::UTC);
        Some([
            i64::from(t.year()),
            i64::from(t.month()),
            i64::from(t.day()),
            i64::from(t.hour()),
            i64::from(t.minute()),
            i64::from(t.second()),
        ])
    }

    /// `2024-06-11`, or `@SECONDS` outside the calendar.
    #[must_use]
    pub fn date_text(self) -> String {
        match self.civil() {
            Some([year, month, day, ..]) => format!("{year:04}-{month:02}-{day:02}"),
            None => format!("@{}", self.0),
        }
    }

    /// How long before `now` this is; zero if it lies in the future.
    #[must_use]
    pub fn age(self, now: Self) -> Age {
        Age(u64::try_from(now.0.saturating_sub(self.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.civil() {
            Some([year, month, day, hour, minute, second]) => {
                write!(
                    f,
                    "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
                )
            }
            None => write!(f, "@{}", self.0),
        }
    }
}

/// A span of time in seconds.
///
/// ```
/// use jettison::time::Age;
///
/// assert_eq!(Age::parse("30d"), Ok(Age(2_592_000)));
/// assert_eq!(Age(7_200).to_string(), "2 h");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Age(pub u64);

impl Age {
    /// Reads a whole number with one unit: `90s`, `15m`, `24h`, `30d`, `4w`, `1y`.
    ///
    /// # Errors
    /// When the number or the unit is missing, or the span does not fit.
    pub fn parse(text: &str) -> Result<Self, ParseTimeError> {
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let unit = match &text[digits..] {
            "s" => Some(1),
            "m" | "min" => Some(60),
            "h" => Some(3600),
            "d" => Some(DAY),
            "w" => Some(7 * DAY),
            "y" => Some(365 * DAY),
            _ => None,
        };
        let span = text[..digits]
            .parse::<u64>()
            .ok()
            .zip(unit)
            .and_then(|(n, u)| n.checked_mul(u));
        span.map(Self).ok_or_else(|| {
            ParseTimeError(format!(
                "`{}` is not a span of time (expected a whole number and a unit s, m, h, d, w or y, such as 30d)",
                text.escape_debug()
            ))
        })
    }
}

impl fmt::Display for Age {
    /// The largest unit that fits, rounded down: `2 min`, `3 d`, `11 mo`, `4 y`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.0;
        let text = match s {
            0..60 => format!("{s} s"),
            60..3600 => format!("{} min", s / 60),
            3600..172_800 => format!("{} h", s / 3600),
            172_800..5_184_000 => format!("{} d", s / DAY),
            5_184_000..63_072_000 => format!("{} mo", s / (30 * DAY)),
            _ => format!("{} y", s / (365 * DAY)),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_shown() {
        for (text, seconds) in [
            ("@0", 0),
            ("@-1", -1),
            ("1970-01-01T00:00:00Z", 0),
            ("2024-02-29T12:00:00+02:00", 1_709_200_800),
        ] {
            assert_eq!(Timestamp::parse(text), Ok(Timestamp(seconds)), "{text}");
        }
        for text in [
            "",
            "@",
            "@x",
            "2024-02-30T00:00:00Z",
            "2024-01-01",
            "yesterday",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
        assert_eq!(Timestamp(1_709_200_800).to_string(), "2024-02-29T10:00:00Z");
        assert_eq!(Timestamp(i64::MAX).to_string(), format!("@{}", i64::MAX));
    }

    #[test]
    fn the_calendar_decides() {
        assert_eq!(
            Timestamp::from_civil(2024, 2, 29, 0, 0, 0),
            Some(Timestamp(1_709_164_800))
        );
        assert_eq!(Timestamp::from_civil(2023, 2, 29, 0, 0, 0), None);
        assert_eq!(Timestamp::from_civil(2024, 13, 1, 0, 0, 0), None);
        assert_eq!(Timestamp::from_civil(2024, 1, 1, 24, 0, 0), None);
    }

    #[test]
    fn spans_are_read_and_shown() {
        for (text, seconds) in [
            ("24h", 86_400),
            ("30d", 30 * DAY),
            ("1y", 365 * DAY),
            ("0s", 0),
        ] {
            assert_eq!(Age::parse(text), Ok(Age(seconds)));
        }
        for text in [
            "",
            "d",
            "30",
            "-1d",
            "1.5d",
            "1 d",
            "99999999999999999999d",
            "9999999999999999y",
        ] {
            assert!(Age::parse(text).is_err(), "{text}");
        }
        for (seconds, text) in [
            (5, "5 s"),
            (130, "2 min"),
            (100_000, "27 h"),
            (260_000, "3 d"),
            (29_000_000, "11 mo"),
        ] {
            assert_eq!(Age(seconds).to_string(), text);
        }
        assert_eq!(Timestamp(100).age(Timestamp(50)), Age(0));
    }
}
