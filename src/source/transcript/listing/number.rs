//! Printed sizes and the intervals behind them.
//!
//! GNU tools round up, busybox, the BSDs and `tree` round to the nearest; a recording does not say
//! which it was, so a rounded figure stands for what *any* of them can have meant. A test runs the
//! real tools on several hundred sparse files from 0 to 1 TiB: none may lie outside.

use crate::bytes::Interval;

/// A run of decimal digits; a number beyond `u64` saturates.
pub(in super::super) fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |n, &b| {
        b.is_ascii_digit()
            .then(|| n.saturating_mul(10).saturating_add(u64::from(b - b'0')))
    })
}

/// The size behind a run of digits: exact, or for one beyond `u64` only a lower bound.
pub(in super::super) fn exact(text: &[u8]) -> Option<Interval> {
    digits(text).map(|n| match n {
        u64::MAX => Interval::at_least(n),
        n => Interval::exactly(n),
    })
}

/// A size printed for people: `4.0K`, `27M`, `179.1K`, `501B`, or plain digits, which are exact.
/// `base` is 1024 or 1000.
pub(in super::super) fn human(text: &[u8], base: u64) -> Option<Interval> {
    let (&last, number) = text.split_last()?;
    if last.is_ascii_digit() {
        return exact(text);
    }
    let power = match last {
        b'B' => return exact(number),
        b'K' | b'k' => 1,
        b'M' => 2,
        b'G' => 3,
        b'T' => 4,
        b'P' => 5,
        b'E' => 6,
        _ => return None,
    };
    let unit = u128::from(base.pow(power));
    // `tree` divides step by step and drops what is left, so above the first unit it may show a
    // size that is one lower unit larger.
    let slack = if power > 1 {
        unit / u128::from(base)
    } else {
        0
    };
    let dot = number.iter().position(|&b| b == b'.' || b == b',');
    let (lo, hi) = match dot {
        Some(dot) if number.len() == dot + 2 => {
            let tenths =
                u128::from(digits(&number[..dot])?) * 10 + u128::from(digits(&number[dot + 1..])?);
            (
                tenths
                    .checked_sub(1)
                    .map_or(0, |below| below * unit / 10 + 1),
                (2 * tenths + 1) * unit / 20 + slack,
            )
        }
        Some(_) => return None,
        None => {
            let whole = u128::from(digits(number)?);
            let above = whole.checked_sub(1).map_or(0, |below| below * unit + 1);
            (above, whole * unit + unit / 2 + slack)
        }
    };
    Some(Interval {
        lo: u64::try_from(lo).unwrap_or(u64::MAX),
        hi: u64::try_from(hi).ok(),
    })
}

/// A size printed for people, of which nobody says whether its letters are powers of 1024 or of
/// 1000: `4.0K`, `3.5k`, `2.4GB`, `1.1Ki`. Without a letter it is `None`.
pub(in super::super) fn any_human(text: &[u8]) -> Option<Interval> {
    let text = text.strip_suffix(b"B").unwrap_or(text);
    let (text, binary) = match text.strip_suffix(b"i") {
        Some(text) => (text, true),
        None => (text, false),
    };
    text.last().filter(|last| last.is_ascii_alphabetic())?;
    let most = human(text, 1024)?;
    let least = if binary { most } else { human(text, 1000)? };
    Some(Interval {
        lo: least.lo,
        hi: most.hi,
    })
}

/// Digits in groups: `1,234`, `1.234`, `1 234` with a blank that does not break.
pub(in super::super) fn grouped(text: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(text);
    let groups: Vec<&str> = text
        .split([',', '.', '\u{a0}', '\u{202f}', '\'', '\u{ff}'])
        .collect();
    let fits = groups.iter().skip(1).all(|group| group.len() == 3);
    if !fits || groups[0].len() > 3 && groups.len() > 1 {
        return None;
    }
    digits(groups.concat().as_bytes())
}

/// A figure in groups of digits, as locales part thousands, without what parts them: `1,234`,
/// `1.234K`, `12,34,567`. `None` where it is in no groups.
pub(in super::super) fn ungrouped(text: &[u8]) -> Option<Vec<u8>> {
    const PARTS: [&[u8]; 8] = [
        b",",
        b".",
        b"'",
        b" ",
        b"\xa0",
        "\u{a0}".as_bytes(),
        "\u{202f}".as_bytes(),
        "’".as_bytes(),
    ];
    let letter = text.iter().rev().take_while(|b| b.is_ascii_alphabetic());
    let (figure, letter) = text.split_at(text.len() - letter.count());
    let first = figure.iter().take_while(|b| b.is_ascii_digit()).count();
    if first == figure.len() {
        return None;
    }
    let part = PARTS
        .iter()
        .find(|part| figure[first..].starts_with(part))?;
    let mut plain = figure[..first].to_vec();
    let mut rest = &figure[first..];
    let mut lengths = Vec::new();
    while !rest.is_empty() {
        rest = rest.strip_prefix(*part)?;
        let length = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        plain.extend_from_slice(&rest[..length]);
        lengths.push(length);
        rest = &rest[length..];
    }
    // India's have two digits, but for the last.
    let (last, others) = lengths.split_last()?;
    let of = |count: usize| others.iter().all(|&length| length == count);
    let fits = *last == 3 && (of(3) || of(2)) && (1..=3).contains(&first) && figure[0] != b'0';
    plain.extend_from_slice(letter);
    (fits && letter.len() <= 1).then_some(plain)
}

/// What figures count in a listing, where only its environment said so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Scale {
    /// Nothing tells.
    #[default]
    Unknown,
    /// They are in no groups: what the tool counts by itself.
    Plain,
    /// Bytes.
    Bytes,
    /// Something else than bytes.
    Other,
}

impl Scale {
    /// What a count of allocated units tells. Disk comes in blocks, nearly everywhere of 4096 bytes,
    /// and a count of anything larger than bytes is a multiple of that by chance only.
    pub(in super::super) fn of_disk(figure: &[u8]) -> Self {
        const BLOCK: u64 = 4096;
        const LEAST: u64 = 512;
        let Some(plain) = ungrouped(figure) else {
            return match digits(figure) {
                Some(count) if count < 1000 => Self::Unknown,
                _ => Self::Plain,
            };
        };
        match digits(&plain) {
            Some(count) if count.is_multiple_of(BLOCK) => Self::Bytes,
            Some(count) if count.is_multiple_of(LEAST) => Self::Unknown,
            Some(_) => Self::Other,
            None => Self::Plain,
        }
    }

    /// What two figures of one listing tell together.
    pub(in super::super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, one) | (one, Self::Unknown) => one,
            (one, other) if one == other => one,
            _ => Self::Other,
        }
    }

    /// The size behind a figure that may be in groups: of whatever unit, it is no less.
    pub(in super::super) fn size(self, count: u64) -> Interval {
        match self {
            Self::Bytes => Interval::exactly(count),
            _ => Interval::at_least(count),
        }
    }
}

/// The unit that an option asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Unit {
    /// Bytes in a unit.
    Of(u64),
    /// Figures with a letter, in powers of this base.
    Human(u64),
    /// Blocks of 512 bytes, as the BSDs count, or of 1024, as others do: nothing says which.
    Either,
}

impl Unit {
    /// The allocated bytes behind a count.
    pub(in super::super) fn blocks(self, figure: &[u8]) -> Option<Interval> {
        match self {
            Self::Of(unit) => blocks(figure, unit),
            Self::Human(base) => human(figure, base),
            Self::Either => Some(Interval {
                lo: blocks(figure, 512)?.lo,
                hi: blocks(figure, 1024)?.hi,
            }),
        }
    }

    /// The size behind a count of units.
    pub(in super::super) fn size(self, figure: &[u8]) -> Option<Interval> {
        match self {
            Self::Of(unit) => units(figure, unit),
            Self::Human(base) => human(figure, base),
            Self::Either => Some(Interval {
                lo: units(figure, 512)?.lo,
                hi: units(figure, 1024)?.hi,
            }),
        }
    }
}

/// Reads the value of `-B` and `--block-size`.
pub(in super::super) fn unit(text: &[u8]) -> Option<Unit> {
    // An apostrophe asks for figures in groups.
    let text = text.strip_prefix(b"'").unwrap_or(text);
    Some(Unit::Of(match text {
        b"human-readable" => return Some(Unit::Human(1024)),
        b"si" => return Some(Unit::Human(1000)),
        // A bare letter is printed behind the figures, too.
        b"K" | b"k" | b"M" | b"G" | b"T" => return Some(Unit::Human(1024)),
        b"1K" | b"1k" | b"KiB" => 1 << 10,
        b"1M" | b"MiB" => 1 << 20,
        b"1G" | b"GiB" => 1 << 30,
        b"1KB" | b"1kB" => 1000,
        b"1MB" => 1_000_000,
        b"1GB" => 1_000_000_000,
        scaled => scaled_unit(scaled)?,
    }))
}

/// `512`, `4K`, `2MB`
fn scaled_unit(text: &[u8]) -> Option<u64> {
    let end = text.iter().position(|b| !b.is_ascii_digit());
    let (number, letters) = text.split_at(end.unwrap_or(text.len()));
    let scale = match letters {
        b"" => 1,
        b"K" | b"k" | b"KiB" => 1 << 10,
        b"M" | b"MiB" => 1 << 20,
        b"G" | b"GiB" => 1 << 30,
        b"KB" | b"kB" => 1000,
        b"MB" => 1_000_000,
        b"GB" => 1_000_000_000,
        _ => return None,
    };
    let unit = digits(number)?.checked_mul(scale)?;
    (1..=1 << 40).contains(&unit).then_some(unit)
}

/// A count of units of disk, each tool's count being rounded up; disk comes in blocks of 512.
pub(in super::super) fn blocks(text: &[u8], unit: u64) -> Option<Interval> {
    let count = digits(text)?;
    if count == 0 || unit <= 512 {
        return Some(match count.checked_mul(unit) {
            Some(bytes) => Interval::exactly(bytes),
            None => Interval::at_least(u64::MAX),
        });
    }
    let below = (count - 1).checked_mul(unit);
    Some(Interval {
        lo: below.and_then(|b| b.checked_add(512)).unwrap_or(u64::MAX),
        hi: count.checked_mul(unit),
    })
}

/// A count of units of an apparent size, rounded up.
pub(in super::super) fn units(text: &[u8], unit: u64) -> Option<Interval> {
    let count = digits(text)?;
    if count == 0 || unit == 1 {
        return blocks(text, unit);
    }
    Some(Interval {
        lo: (count - 1)
            .checked_mul(unit)
            .and_then(|b| b.checked_add(1))
            .unwrap_or(u64::MAX),
        hi: count.checked_mul(unit),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_for_intervals() {
        for (text, lo, hi) in [
            ("0", 0, Some(0)),
            ("0K", 0, Some(512)),
            ("0.0K", 0, Some(51)),
            ("1023", 1023, Some(1023)),
            ("501B", 501, Some(501)),
            ("1.0K", 922, Some(1075)),
            ("4.0K", 3994, Some(4147)),
            ("10K", 9217, Some(10752)),
            ("179.1K", 183_297, Some(183_449)),
            ("20E", u64::MAX, None),
        ] {
            let read = human(text.as_bytes(), 1024);
            assert_eq!(read, Some(Interval { lo, hi }), "{text}");
        }
        for text in ["", "K", "1.K", "1.25K", "x", "-1K", "1Q", ".5K"] {
            assert_eq!(human(text.as_bytes(), 1024), None, "{text}");
        }
        assert_eq!(human(b"1.1k", 1000), Some(Interval::between(1001, 1150)));
        assert_eq!(blocks(b"4", 1024), Some(Interval::between(3584, 4096)));
        assert_eq!(blocks(b"0", 1024), Some(Interval::ZERO));
        assert_eq!(blocks(b"7", 1), Some(Interval::exactly(7)));
        assert_eq!(units(b"2", 1024), Some(Interval::between(1025, 2048)));
        assert_eq!(
            exact(b"99999999999999999999"),
            Some(Interval::at_least(u64::MAX))
        );
        assert_eq!(exact(b"12a"), None);
    }

    #[test]
    fn groups_of_digits_are_put_together() {
        for (text, plain) in [
            ("1,234", "1234"),
            ("12.345.678", "12345678"),
            ("1\u{a0}234", "1234"),
            ("1\u{202f}234\u{202f}567", "1234567"),
            ("1'234K", "1234K"),
            ("12,34,567", "1234567"),
        ] {
            let read = ungrouped(text.as_bytes());
            assert_eq!(read.as_deref(), Some(plain.as_bytes()), "{text}");
        }
        for text in [
            "",
            "1234",
            "1,23",
            "1,234.567",
            "0,123",
            "1234,567",
            "1.2K",
            ",123",
            "1,",
            "x",
        ] {
            assert_eq!(ungrouped(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_gnu_prints_holds_what_was_meant() {
        // GNU's rule: up, one decimal below ten.
        for size in (1..200_000_000u64).step_by(99_991) {
            let (mut unit, mut suffix) = (1024u64, b'K');
            while size > 1023 * unit {
                (unit, suffix) = (unit * 1024, if suffix == b'K' { b'M' } else { b'G' });
            }
            if size < 1024 {
                continue;
            }
            let tenths = (size * 10).div_ceil(unit);
            let text = if tenths < 100 {
                format!("{}.{}{}", tenths / 10, tenths % 10, suffix as char)
            } else {
                format!("{}{}", size.div_ceil(unit), suffix as char)
            };
            let read = human(text.as_bytes(), 1024).unwrap();
            assert!(
                read.lo <= size && size <= read.hi.unwrap(),
                "{size} {text} {read:?}"
            );
        }
    }
}
