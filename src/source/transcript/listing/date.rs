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
///
/// What `ls` prints is a matter of its translation: each language orders day, month, year and clock
/// in its own way, and the forms here are those of all 43 that coreutils 9.1 has.
fn date_of_month(text: &[u8]) -> Option<(Option<i64>, usize)> {
    usual(text).or_else(|| by_words(text))
}

fn by_words(text: &[u8]) -> Option<(Option<i64>, usize)> {
    let mut tokens = Tokens { line: text, at: 0 };
    let first = tokens.next()?;
    if let Some([year, month, day]) = iso_date(first) {
        return iso_time(tokens, [year, month, day]);
    }
    if is_month_and_day(first) && tokens.next().and_then(clock).is_some() {
        return Some((None, tokens.at));
    }
    let mut words = Words { text, at: 0 };
    let first = words.next()?;
    // `06:02 22 Thg 11`
    if clock(first).is_some() {
        Day::next(&mut words)?;
        let month = Month::next(&mut words)?;
        // Months are made as long as the longest.
        let is_short = month.0.is_some_and(|month| month < 10);
        return Some((None, words.at + padding(words.rest(), is_short)));
    }
    // `2025 jan 22`, `2025年11月22日`
    if let Some(year) = year(first) {
        return year_first(words, first, year);
    }
    words.at = 0;
    let dotted = first.ends_with(b".") && day(first).is_some();
    let (month, day) = match (month_and_day(first), day(first)) {
        (Some(both), _) => {
            words.next()?;
            both
        }
        (None, Some(_)) => {
            let day = Day::next(&mut words)?;
            (
                Month::next(&mut words).or_else(|| numbered(&mut words, dotted))?,
                day,
            )
        }
        (None, None) => (Month::next(&mut words)?, Day::next(&mut words)?),
    };
    let mut third = words.next()?;
    // `22. нов. у 06:02`
    if third == "у".as_bytes() {
        third = words.next()?;
    }
    if clock(third).is_some() {
        let tokens = Tokens {
            line: text,
            at: words.at,
        };
        return with_clock(tokens, third, month, day);
    }
    let time = Timestamp::from_civil(year(third)?, month.0.unwrap_or(0), day.0, 0, 0, 0);
    // `29. Nov 2025 ` is made as long as `22. Nov 16:55` is.
    let is_short = dotted && third.len() == 4 && !text[..words.at - 4].ends_with(b"  ");
    Some((
        time.map(|t| t.0),
        words.at + padding(words.rest(), is_short),
    ))
}

/// ` Nov 22 06:02` and ` Nov 22  2025`, as almost all rows have it: known without looking for words.
fn usual(text: &[u8]) -> Option<(Option<i64>, usize)> {
    let [b' ', a, b, c, b' ', d1, d2, b' ', rest @ ..] = text else {
        return None;
    };
    let digit = |b: &u8| i64::from(b.wrapping_sub(b'0'));
    let day = match (d1, d2) {
        (b' ', b'1'..=b'9') => digit(d2),
        (b'1' | b'2', b'0'..=b'9') | (b'3', b'0' | b'1') => digit(d1) * 10 + digit(d2),
        _ => return None,
    };
    let time = match rest {
        [h1, h2, b':', m1, m2, b' ', ..] => {
            let is_month = [a, b, c].iter().all(|b| b.is_ascii_alphabetic());
            let is_hour = matches!((h1, h2), (b'0' | b'1', b'0'..=b'9') | (b'2', b'0'..=b'3'));
            let is_minute = matches!((m1, m2), (b'0'..=b'5', b'0'..=b'9'));
            (is_month && is_hour && is_minute).then_some(None)
        }
        [b' ', y1, y2, y3, y4, b' ', ..] => {
            let year = [y1, y2, y3, y4];
            if !year.iter().all(|b| b.is_ascii_digit()) {
                return None;
            }
            let year = year.iter().fold(0, |year, b| year * 10 + digit(b));
            let month = month_number(&[*a, *b, *c])?;
            Some(Timestamp::from_civil(year, month, day, 0, 0, 0).map(|time| time.0))
        }
        _ => None,
    };
    time.map(|time| (time, 13))
}

/// `2025 jan 22`, without a clock: before one, or before another year, the number was the size.
fn year_first(mut words: Words<'_>, first: &[u8], year: i64) -> Option<(Option<i64>, usize)> {
    let month = Month::next(&mut words)?;
    let day = Day::next(&mut words)?;
    if first.len() == 4 && goes_on(words) {
        return None;
    }
    let time = Timestamp::from_civil(year, month.0.unwrap_or(0), day.0, 0, 0, 0);
    Some((time.map(|t| t.0), words.at))
}

/// Whether a date goes on and a name follows: `06:02 x`, or `Nov 06:02 x` where what stands before
/// is a size, an owner and a day.
fn goes_on(mut words: Words<'_>) -> bool {
    let mut next = words.next().unwrap_or_default();
    if is_month(next) {
        next = words.next().unwrap_or_default();
    }
    (clock(next).is_some() || year(next).is_some()) && words.next().is_some()
}

/// A day of the month.
#[derive(Clone, Copy)]
struct Day(i64);

impl Day {
    fn next(words: &mut Words<'_>) -> Option<Self> {
        words.next().and_then(day)
    }
}

/// A month, by its number where that is known.
#[derive(Clone, Copy)]
struct Month(Option<i64>);

impl Month {
    fn next(words: &mut Words<'_>) -> Option<Self> {
        let mut ahead = *words;
        let mut word = ahead.next()?;
        // `22 de nov.`
        if word == b"de" {
            word = ahead.next()?;
        }
        if !is_month(word) {
            return None;
        }
        let mut month = Self(month_number(word));
        // `Thg 11`
        if word == b"Thg" {
            month.0 = Some(i64::try_from(number::digits(ahead.next()?)?).ok()?);
        }
        *words = ahead;
        Some(month)
    }
}

/// The second of `3. 1.`
fn numbered(words: &mut Words<'_>, dotted: bool) -> Option<Month> {
    let word = words.next().filter(|word| dotted && word.ends_with(b"."))?;
    day(word)
        .filter(|day| day.0 <= 12)
        .map(|day| Month(Some(day.0)))
}

/// `28.10.`
fn month_and_day(word: &[u8]) -> Option<(Month, Day)> {
    let at = word.strip_suffix(b".")?.iter().position(|&b| b == b'.')?;
    let month = day(&word[at + 1..]).filter(|month| month.0 <= 12)?;
    Some((Month(Some(month.0)), day(&word[..at])?))
}

/// `Nov 22 06:02`, or `Nov 22 06:02:11 2026`, as the BSDs have it with `-T`.
fn with_clock(
    mut tokens: Tokens<'_>,
    shown: &[u8],
    month: Month,
    day: Day,
) -> Option<(Option<i64>, usize)> {
    let [hour, minute, second] = clock(shown)?;
    if shown.iter().filter(|&&b| b == b':').count() < 2 {
        return Some((None, tokens.at));
    }
    let year = tokens
        .next()
        .filter(|word| word.len() == 4)
        .and_then(year)?;
    let month = month.0.unwrap_or(0);
    let time = Timestamp::from_civil(year, month, day.0, hour, minute, second);
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
    is_word || without(month, &AFTER_MONTH).len() < month.len()
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

/// What may stand behind the number of a day, of a month and of a year.
const AFTER_DAY: [&str; 3] = [".", "日", "일"];
const AFTER_MONTH: [&str; 2] = ["月", "월"];
const AFTER_YEAR: [&str; 3] = [".", "年", "년"];

fn without<'a>(text: &'a [u8], ends: &[&str]) -> &'a [u8] {
    let end = ends
        .iter()
        .find_map(|end| text.strip_suffix(end.as_bytes()));
    end.unwrap_or(text)
}

fn day(text: &[u8]) -> Option<Day> {
    let text = without(text, &AFTER_DAY);
    let day = number::digits(text).filter(|n| text.len() <= 2 && (1..=31).contains(n))?;
    i64::try_from(day).ok().map(Day)
}

fn year(text: &[u8]) -> Option<i64> {
    let text = without(text, &AFTER_YEAR);
    let year = number::digits(text).filter(|_| text.len() == 4)?;
    i64::try_from(year).ok()
}

fn month_number(word: &[u8]) -> Option<i64> {
    let number = without(word, &AFTER_MONTH);
    if number.len() < word.len() {
        return i64::try_from(number::digits(number)?).ok();
    }
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

/// `06:02`, `06:02:11`, `06:02:11.123456789`, `06.02`
fn clock(text: &[u8]) -> Option<[i64; 3]> {
    if let [hour @ .., b'.', m1, m2] = text
        && let Some(hour) = number::digits(hour).filter(|&n| hour.len() <= 2 && n < 24)
        && let Some(minute) = number::digits(&[*m1, *m2]).filter(|&n| n < 60)
    {
        return Some([i64::try_from(hour).ok()?, i64::try_from(minute).ok()?, 0]);
    }
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

/// Words of a date, which end at blanks, those that do not break included, and behind the
/// characters for year, month and day.
#[derive(Clone, Copy)]
struct Words<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        const FIXED: &[u8] = "\u{a0}".as_bytes();
        const ENDS: [&[u8]; 4] = [
            "年".as_bytes(),
            "월".as_bytes(),
            "月".as_bytes(),
            "년".as_bytes(),
        ];
        loop {
            match self.rest() {
                [b' ' | b'\t', ..] => self.at += 1,
                rest if rest.starts_with(FIXED) => self.at += FIXED.len(),
                _ => break,
            }
        }
        let rest = self.rest();
        let mut len = 0;
        while let Some(&byte) = rest.get(len) {
            if matches!(byte, b' ' | b'\t') || byte >= 128 && rest[len..].starts_with(FIXED) {
                break;
            }
            len += 1;
            // None of the characters has ASCII for its last byte.
            if byte >= 128 && ENDS.iter().any(|end| rest[..len].ends_with(end)) {
                break;
            }
        }
        self.at += len;
        (len > 0).then_some(&rest[..len])
    }

    fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
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
    fn the_usual_dates_are_what_their_words_say() {
        for month in ["Jan", "Feb", "Dec", "dez", "J n"] {
            for day in ["  1", " 31", " 29", " 32", "  0", "1  "] {
                for rest in [
                    " 06:02 x", " 24:00 x", " 06:60 x", "  2024 x", "  0000 x", "  20x4 x",
                    "  2025", " 2024 x",
                ] {
                    let text = format!(" {month}{day}{rest}");
                    let usual = usual(text.as_bytes());
                    assert!(
                        usual.is_none() || usual == by_words(text.as_bytes()),
                        "{text}"
                    );
                    let is_known =
                        matches!(month, "Jan" | "Feb" | "Dec") && matches!(day, "  1" | " 29");
                    let is_plain = matches!(rest, " 06:02 x" | "  2024 x");
                    assert!(usual.is_some() || !(is_known && is_plain), "{text}");
                }
            }
        }
    }

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
            // Other languages, as their translations of `ls` have it.
            (" 22 de nov.  06:02 x", " x"),
            ("  3 de gen.   2025  x", "  x"),
            (" 22.\u{a0}lis 06.02 x", " x"),
            (" 28. mai    2025  x", "  x"),
            (" 2025  urt  3  x", "  x"),
            (" 28.10. 06:02 x", " x"),
            ("  3. 1.  2025  x", "  x"),
            (" 2025 jan    3 x", " x"),
            (" nov   23 02.54 x", " x"),
            (" 22 maj  2026  x", "  x"),
            (" 11월 22일  06:02 x", " x"),
            (" 2025년  1월  3일 x", " x"),
            (" jan.   3  2025  x", "  x"),
            ("  3. јан. 2025. x", " x"),
            ("  3. нов. у 06:02 x", " x"),
            (" 06:02 22 Thg 11 x", " x"),
            (" 06:02 22 Thg 5  x", " x"),
            ("  3 Thg 1   2025 x", " x"),
            (" 11月22日 06:02 x", " x"),
            ("  7月 9日 06:02 x", " x"),
            (" 2025年11月22日 x", " x"),
            (" 2025年 1月 3日  x", "  x"),
        ] {
            let len = date(text.as_bytes()).map(|(_, len)| len);
            assert_eq!(len.map(|at| &text[at..]), Some(rest), "{text}");
        }
        for text in [
            " Nov 22 x",
            " 22 22 06:02 x",
            " 1-2 06:02 x",
            " x",
            // The size of a row whose owners are numbers.
            " 2025 Nov 22 06:02 x",
            " 2025 Nov 22  2024 x",
            " 2025 root 22 Nov 06:02 x",
            " 2025 root 22 Nov  2024 x",
            " 22.13. 06:02 x",
            " 22 13. 06:02 x",
            " Nov 22 06.61 x",
        ] {
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
