//! When a session took place: what `date` printed, or the first line of a typescript.

use crate::time::Timestamp;

/// The moment that a line of `date` names: `Sun Nov 22 05:58:41 UTC 2026` (with a 12-hour clock
/// too) or ISO 8601. A zone that has only a name is taken for UTC, as ages are counted in days.
pub(super) fn of_date(line: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(line).ok()?.trim();
    of_iso(text).or_else(|| of_words(&text.split_ascii_whitespace().collect::<Vec<_>>()))
}

/// The moment in the line that `script` begins with: `Script started on 2026-11-22 06:10:00+00:00`.
pub(super) fn of_script(line: &[u8]) -> Option<Timestamp> {
    let rest = line.strip_prefix(b"Script started on ")?;
    let end = rest.iter().position(|&b| b == b'[').unwrap_or(rest.len());
    of_date(&rest[..end])
}

/// `2026-11-22T05:58:41+02:00`, with a blank for the `T`, and the zone with or without a colon.
fn of_iso(text: &str) -> Option<Timestamp> {
    let (day, time) = text.split_once(['T', ' '])?;
    let zone_at = time.find(['+', '-', 'Z']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let zone = match zone.trim_start_matches(['+', '-']) {
        "" | "Z" => "Z".to_owned(),
        digits if digits.len() == 4 && digits.is_ascii() => {
            format!("{}{}:{}", &zone[..1], &digits[..2], &digits[2..])
        }
        _ => zone.to_owned(),
    };
    Timestamp::parse(&format!("{day}T{}{zone}", clock.trim_end())).ok()
}

fn of_words(words: &[&str]) -> Option<Timestamp> {
    let &[_weekday, month, day, time, ref rest @ ..] = words else {
        return None;
    };
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    // `05 Apr` and `Apr 05` both occur.
    let place = |word: &str| MONTHS.iter().position(|m| *m == word);
    let (month, day) = match (place(month), place(day)) {
        (Some(month), _) => (month, day),
        (None, Some(other)) => (other, month),
        _ => return None,
    };
    let month = i64::try_from(month).ok()? + 1;
    let mut clock = time.split(':').map(|part| part.parse::<i64>().ok());
    let [hour, minute, second] = [clock.next()??, clock.next()??, clock.next()??];
    let (hour, rest) = match rest {
        ["AM", rest @ ..] => (hour % 12, rest),
        ["PM", rest @ ..] => (hour % 12 + 12, rest),
        rest => (hour, rest),
    };
    let year = rest.last().filter(|year| year.len() == 4)?.parse().ok()?;
    Timestamp::from_civil(year, month, day.parse().ok()?, hour, minute, second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read() {
        for (line, moment) in [
            ("Sun Nov 22 05:58:41 UTC 2026", "2026-11-22T05:58:41Z"),
            ("Sun Nov 22 05:58:41 PM CET 2026", "2026-11-22T17:58:41Z"),
            ("Mon 04 Mar 12:00:01 AM UTC 2019", "2019-03-04T00:00:01Z"),
            ("2026-11-22T05:58:41+02:00", "2026-11-22T03:58:41Z"),
            ("2026-11-22 05:58:41+0000", "2026-11-22T05:58:41Z"),
            ("2026-11-22 05:58:41", "2026-11-22T05:58:41Z"),
        ] {
            let moment = Timestamp::parse(moment).ok();
            assert_eq!(of_date(line.as_bytes()), moment, "{line}");
        }
        for line in [
            "",
            "Sun",
            "total 12",
            "a b c d e",
            "Sun Nov 31 05:58:41 UTC 2026",
            "2026-11-22",
            "Sun Nov 22 5 UTC 2026",
        ] {
            assert_eq!(of_date(line.as_bytes()), None, "{line}");
        }
        let script = b"Script started on 2019-09-16 12:53:19-04:00 [TERM=\"xterm\" COLUMNS=\"80\"]";
        assert_eq!(
            of_script(script),
            Timestamp::parse("2019-09-16T16:53:19Z").ok()
        );
    }
}
