//! Dates as listings print them, in any language, and the words of a row.

use crate::time::Timestamp;

use super::number;

/// The length of a date at the start of `text` (its leading blanks included) and the time.
pub(super) fn date(text: &[u8]) -> Option<(Option<i64>, usize)> {
    const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    let mut tokens = Tokens { line: text, at: 0 };
    if DAYS.contains(&tokens.next()?) {
        let (time, len) = date_of_month(tokens.rest())?;
        return Some((time, tokens.at + len));
    }
    date_of_month(text)
}

/// A date without the day of the week.
fn date_of_month(text: &[u8]) -> Option<(Option<i64>, usize)> {
    let mut tokens = Tokens { line: text, at: 0 };
    let first = tokens.next()?;
    if let Some([year, month, day]) = iso_date(first) {
        return iso_time(tokens, [year, month, day]);
    }
    let second = tokens.next()?;
    if is_month_and_day(first) && clock(second).is_some() {
        return Some((None, tokens.at));
    }
    let third = tokens.next()?;
    let (month, day) = match (small(first), small(second)) {
        (None, Some(day)) => (first, day),
        (Some(day), None) => (second, day),
        _ => return None,
    };
    if !is_month(month) {
        return None;
    }
    match third {
        [_, b':', ..] | [_, _, b':', ..] => with_clock(tokens, third, month, day),
        _ if third.len() == 4 => {
            let year = i64::try_from(number::digits(third)?).ok()?;
            let time =
                month_number(month).and_then(|m| Timestamp::from_civil(year, m, day, 0, 0, 0));
            // `29. Nov 2025 ` is made as long as `22. Nov 16:55` is.
            let is_short = first.ends_with(b".");
            Some((
                time.map(|t| t.0),
                tokens.at + padding(tokens.rest(), is_short),
            ))
        }
        _ => None,
    }
}

/// `Nov 22 06:02`, or `Nov 22 06:02:11 2026`, as the BSDs have it with `-T`.
fn with_clock(
    mut tokens: Tokens<'_>,
    shown: &[u8],
    month: &[u8],
    day: i64,
) -> Option<(Option<i64>, usize)> {
    let [hour, minute, second] = clock(shown)?;
    if shown.iter().filter(|&&b| b == b':').count() < 2 {
        return Some((None, tokens.at));
    }
    let year = tokens.next().filter(|word| word.len() == 4)?;
    let year = i64::try_from(number::digits(year)?).ok()?;
    let time =
        month_number(month).and_then(|m| Timestamp::from_civil(year, m, day, hour, minute, second));
    Some((time.map(|t| t.0), tokens.at))
}

/// One blank more than parts a date from a name, where the date is one that is filled up by it.
fn padding(rest: &[u8], is_short: bool) -> usize {
    usize::from(is_short && rest.starts_with(b"  "))
}

fn is_month(month: &[u8]) -> bool {
    let is_word = month.len() <= 12
        && month
            .iter()
            .all(|b| b.is_ascii_alphabetic() || *b >= 128 || *b == b'.');
    // East Asian months are a number and a character.
    is_word || month.ends_with("月".as_bytes()) || month.ends_with("월".as_bytes())
}

/// `07-09`
fn is_month_and_day(text: &[u8]) -> bool {
    matches!(text, [a, b, b'-', c, d] if [a, b, c, d].iter().all(|b| b.is_ascii_digit()))
}

fn iso_time(mut tokens: Tokens<'_>, [year, month, day]: [i64; 3]) -> Option<(Option<i64>, usize)> {
    let day_only = Timestamp::from_civil(year, month, day, 0, 0, 0);
    let after_day = (
        day_only.map(|t| t.0),
        tokens.at + padding(tokens.rest(), true),
    );
    let Some([hour, minute, second]) = tokens.next().and_then(clock) else {
        return Some(after_day);
    };
    let time = Timestamp::from_civil(year, month, day, hour, minute, second);
    let has_seconds = tokens.line[..tokens.at]
        .iter()
        .filter(|&&b| b == b':')
        .count()
        == 2;
    let mut ahead = Tokens { ..tokens };
    let zone = ahead.next().filter(|_| has_seconds).and_then(offset);
    match zone {
        Some(offset) => Some((time.map(|t| t.0 - offset), ahead.at)),
        None => Some((time.map(|t| t.0), tokens.at)),
    }
}

/// A day of the month, with or without a full stop.
fn small(text: &[u8]) -> Option<i64> {
    let text = text.strip_suffix(b".").unwrap_or(text);
    let day = number::digits(text).filter(|n| text.len() <= 2 && (1..=31).contains(n))?;
    i64::try_from(day).ok()
}

fn month_number(word: &[u8]) -> Option<i64> {
    let months = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let at = months.chunks(3).position(|m| m == word)?;
    i64::try_from(at + 1).ok()
}

fn iso_date(text: &[u8]) -> Option<[i64; 3]> {
    let [y @ .., b'-', m1, m2, b'-', d1, d2] = text else {
        return None;
    };
    let number = |t: &[u8]| number::digits(t).and_then(|n| i64::try_from(n).ok());
    let year = number(y).filter(|_| y.len() == 4)?;
    Some([year, number(&[*m1, *m2])?, number(&[*d1, *d2])?])
}

/// `06:02`, `06:02:11`, `06:02:11.123456789`
fn clock(text: &[u8]) -> Option<[i64; 3]> {
    let whole = text.split(|&b| b == b'.').next()?;
    let mut parts = whole.split(|&b| b == b':');
    let mut part = |limit: u64| {
        let text = parts.next()?;
        let n = number::digits(text).filter(|&n| text.len() <= 2 && n < limit)?;
        i64::try_from(n).ok()
    };
    let (hour, minute) = (part(24)?, part(60)?);
    Some([hour, minute, part(61).unwrap_or(0).min(59)])
}

/// `+0200` in seconds.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, number) = text.split_first()?;
    let number = i64::try_from(number::digits(number).filter(|_| number.len() == 4)?).ok()?;
    let seconds = (number / 100) * 3600 + (number % 100) * 60;
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

/// Words of a line, split at blanks.
pub(super) struct Tokens<'a> {
    pub(super) line: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest();
        let start = rest.iter().position(|&b| b != b' ' && b != b'\t')?;
        let len = rest[start..]
            .iter()
            .position(|&b| b == b' ' || b == b'\t')
            .unwrap_or(rest.len() - start);
        self.at += start + len;
        Some(&rest[start..start + len])
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        &self.line[self.at..]
    }
}

/// How many words a format of `date` prints: `+%d.%m.%y %H:%M`. `None` where that is not plain.
pub(super) fn words_of_format(format: &[u8]) -> Option<usize> {
    let mut words = 0;
    let mut inside = false;
    let mut bytes = format.iter();
    while let Some(&byte) = bytes.next() {
        if byte == b' ' {
            inside = false;
            continue;
        }
        // Some conversions print several words, and flags change the width.
        if byte == b'%' && b"cntxXr-_^#".contains(bytes.next()?) {
            return None;
        }
        words += usize::from(!inside);
        inside = true;
    }
    (words > 0).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_end_where_their_column_does() {
        for (text, rest) in [
            (" Nov 22 06:02 x", " x"),
            (" 22. Nov 16:55 x", " x"),
            (" 29. Nov 2025  x", " x"),
            (" 29. Nov 2025 x", " x"),
            (" Nov 22  2025 x", " x"),
            (" 2026-01-05  x", " x"),
            (" 2026-01-05 x", " x"),
            (" 07-09 14:13 x", " x"),
            (" 2026-01-05 06:02 x", " x"),
            (" Nov 22 06:02:11 2026 x", " x"),
            (" Sun Nov 22 06:02:11 2026 x", " x"),
            (" Sun 22 Nov 06:02 x", " x"),
            (" 11월 22 06:02 x", " x"),
        ] {
            let len = date(text.as_bytes()).map(|(_, len)| len);
            assert_eq!(len.map(|at| &text[at..]), Some(rest), "{text}");
        }
        for text in [" Nov 22 x", " 22 22 06:02 x", " 1-2 06:02 x", " x"] {
            assert_eq!(date(text.as_bytes()), None, "{text}");
        }
        for (format, words) in [
            ("%F %T", Some(2)),
            ("%s", Some(1)),
            ("%d. %b", Some(2)),
            ("%c", None),
            ("", None),
        ] {
            assert_eq!(words_of_format(format.as_bytes()), words, "{format}");
        }
    }
}
