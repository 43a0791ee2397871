//! Time spans as systemd writes them: `10d`, `1h 30min`, `90` (seconds).

const NANO: u128 = 1_000_000_000;

/// Nanoseconds in one of a unit (systemd.time(7): a month is 30.44 days, a year 365.25).
fn unit(name: &[u8]) -> Option<u128> {
    Some(match name {
        b"ns" | b"nsec" => 1,
        b"us" | b"usec" => 1_000,
        b"ms" | b"msec" => 1_000_000,
        b"" | b"s" | b"sec" | b"second" | b"seconds" => NANO,
        b"m" | b"min" | b"minute" | b"minutes" => 60 * NANO,
        b"h" | b"hr" | b"hour" | b"hours" => 3600 * NANO,
        b"d" | b"day" | b"days" => 86_400 * NANO,
        b"w" | b"week" | b"weeks" => 7 * 86_400 * NANO,
        b"M" | b"month" | b"months" => 2_629_800 * NANO,
        b"y" | b"year" | b"years" => 31_557_600 * NANO,
        _ => return None,
    })
}

/// The whole seconds of a span, rounded up; `None`: it is none.
pub(in crate::rules) fn seconds(text: &[u8]) -> Option<u64> {
    let mut rest = text.trim_ascii();
    let mut total: u128 = 0;
    let mut any = false;
    while !rest.is_empty() {
        let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let number: u128 = std::str::from_utf8(&rest[..len]).ok()?.parse().ok()?;
        let (fraction, after) = fraction(&rest[len..])?;
        let after = after.trim_ascii_start();
        let letters = after.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let unit = unit(&after[..letters])?;
        let nanos = number
            .checked_mul(unit)?
            .checked_add(fraction * unit / NANO)?;
        total = total.checked_add(nanos)?;
        rest = after[letters..].trim_ascii_start();
        any = true;
    }
    any.then(|| u64::try_from(total.div_ceil(NANO)).ok())?
}

/// `.5` in billionths, and what follows.
fn fraction(text: &[u8]) -> Option<(u128, &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else {
        return Some((0, text));
    };
    let len = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    let kept = &digits[..len.min(9)];
    let value: u128 = std::str::from_utf8(kept).ok()?.parse().ok()?;
    let scale = 10u128.pow(u32::try_from(9 - kept.len()).ok()?);
    Some((value * scale, &digits[len..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_sums_of_units() {
        for (text, expected) in [
            ("10d", Some(864_000)),
            ("1d2h", Some(93_600)),
            ("10days2hours", Some(871_200)),
            ("1h 30min", Some(5400)),
            ("90", Some(90)),
            ("0", Some(0)),
            ("1.5h", Some(5400)),
            ("250ms", Some(1)),
            ("2 weeks", Some(1_209_600)),
            ("1M", Some(2_629_800)),
            ("1y", Some(31_557_600)),
            ("1x", None),
            ("", None),
            ("d", None),
            ("-1d", None),
            ("99999999999999999999999y", None),
        ] {
            assert_eq!(seconds(text.as_bytes()), expected, "{text}");
        }
    }
}
