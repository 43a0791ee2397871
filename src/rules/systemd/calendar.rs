//! `OnCalendar=`: how long a timer may wait between two runs.
//!
//! The expression (systemd.time(7)) is written as the five fields of a crontab, whose longest gap
//! is known; what has no such form (weekdays *and* days of the month, the last days of a month)
//! is left unknown.

use crate::rules::cron::{self, DAY, HOUR};
use crate::time::Age;

/// The longest time between two runs.
pub(super) fn longest_gap(text: &[u8]) -> Option<Age> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let named = match text.to_ascii_lowercase().as_str() {
        "minutely" => Some(60),
        "hourly" => Some(HOUR),
        "daily" => Some(DAY),
        "weekly" => Some(7 * DAY),
        "monthly" => Some(31 * DAY),
        "quarterly" => Some(92 * DAY),
        "semiannually" => Some(184 * DAY),
        "yearly" | "annually" => Some(366 * DAY),
        _ => None,
    };
    if let Some(seconds) = named {
        return Some(Age(seconds));
    }
    let (mut date, mut time, mut weekdays) = (None, None, None);
    for part in text.split_whitespace() {
        let is_weekday = part.starts_with(|c: char| c.is_ascii_alphabetic());
        if part.contains(':') {
            time = Some(part);
        } else if is_weekday && date.is_none() && time.is_none() {
            weekdays = Some(part);
        } else if part.contains('-') {
            date = Some(part);
        } else if !is_weekday {
            return None;
        }
    }
    let (month, day) = match date {
        Some(date) => {
            let mut parts = date.rsplitn(3, '-');
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next());
            if year.is_some_and(|year| year != "*") || day.contains('~') {
                return None;
            }
            (field(month)?, field(day)?)
        }
        None => ("*".to_owned(), "*".to_owned()),
    };
    let (hour, minute) = match time {
        Some(time) => {
            let mut parts = time.split(':');
            (field(parts.next()?)?, field(parts.next()?)?)
        }
        None => ("0".to_owned(), "0".to_owned()),
    };
    let weekday = match weekdays {
        Some(names) => names
            .to_ascii_lowercase()
            .replace("..", "-")
            .split(',')
            .map(|range| {
                let short = |name: &str| name.get(..3).unwrap_or(name).to_owned();
                range.split('-').map(short).collect::<Vec<_>>().join("-")
            })
            .collect::<Vec<_>>()
            .join(","),
        None => "*".to_owned(),
    };
    // A crontab takes either of two day fields, a timer demands both.
    if weekday != "*" && day != "*" {
        return None;
    }
    cron::longest_gap([
        minute.as_bytes(),
        hour.as_bytes(),
        day.as_bytes(),
        month.as_bytes(),
        weekday.as_bytes(),
    ])
}

/// One field in a crontab's words: `0/15` → `0-59/15` is what `n/step` means there as well.
fn field(text: &str) -> Option<String> {
    let plain = text.replace("..", "-");
    let trimmed: Vec<String> = plain
        .split(',')
        .map(|part| {
            let is_number = |c: char| c.is_ascii_digit();
            let part = part.split_once('.').map_or(part, |(whole, _)| whole);
            if part.chars().all(is_number) && part.len() > 1 {
                part.trim_start_matches('0').to_owned()
            } else {
                part.to_owned()
            }
        })
        .map(|part| {
            if part.is_empty() {
                "0".to_owned()
            } else {
                part
            }
        })
        .collect();
    (!trimmed.is_empty()).then(|| trimmed.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendars_have_a_longest_gap() {
        for (text, expected) in [
            ("daily", Some(DAY)),
            ("*-*-* 6,18:00", Some(12 * HOUR)),
            ("*-*-* 00:00:00", Some(DAY)),
            ("Mon..Fri 22:30", Some(3 * DAY)),
            ("Sun *-*-* 03:10:00", Some(7 * DAY)),
            ("*:0/15", Some(900)),
            ("*-*-01 02:00", Some(31 * DAY)),
            ("hourly", Some(HOUR)),
            ("monday", Some(7 * DAY)),
            ("03:00", Some(DAY)),
            ("Mon *-*-1..7 18:00", None),
            ("2024-02-01 03:00", None),
            ("nonsense", None),
        ] {
            assert_eq!(longest_gap(text.as_bytes()), expected.map(Age), "{text}");
        }
    }
}
