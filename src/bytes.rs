//! Amounts of bytes: read from text, shown to people, and known more or less exactly.
//!
//! Inside the program a size is a plain `u64` in a field that says which size it is (`disk`,
//! `apparent`, `freed`). [`Bytes`] is the form at the edges: what a flag says and what a person
//! reads. [`Interval`] is a size that is only known to lie between two bounds.
//!
//! This is the one door to `humansize`.

use std::fmt;

use humansize::{BINARY, FormatSizeOptions, format_size};

/// An amount of bytes, for reading and for showing.
///
/// ```
/// use jettison::bytes::Bytes;
///
/// assert_eq!(Bytes::parse("1.5GiB"), Ok(Bytes(1_610_612_736)));
/// assert_eq!(Bytes::parse("40 GB"), Ok(Bytes(40_000_000_000)));
/// assert_eq!(Bytes(13_314_398_617).to_string(), "12.4 GiB");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

/// Why a text is not an amount of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseBytesError {
    text: String,
    cause: &'static str,
}

impl fmt::Display for ParseBytesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a size: {} (expected a number with a unit, such as 30GiB, 1.5G, 500MB or 4096)",
            self.text.escape_debug(),
            self.cause
        )
    }
}

impl std::error::Error for ParseBytesError {}

impl Bytes {
    /// Reads `30GiB`, `1.5G`, `500 MB`, `4096`.
    ///
    /// `K M G T P` and `KiB MiB …` are powers of 1024, `kB MB GB TB PB` powers of 1000, a bare
    /// number is bytes. A part of a byte is rounded up, as a need must not shrink.
    ///
    /// # Errors
    /// When there is no number, an unknown unit, a sign or an exponent, or more than `u64` holds.
    pub fn parse(text: &str) -> Result<Self, ParseBytesError> {
        let fail = |cause| ParseBytesError {
            text: text.to_owned(),
            cause,
        };
        let trimmed = text.trim();
        let number_len = trimmed
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(number_len);
        let scale = unit_scale(unit.trim_start()).ok_or_else(|| fail("the unit is not known"))?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty()
            || fraction.contains('.')
            || (number.contains('.') && fraction.is_empty())
        {
            return Err(fail("there is no plain number at its start"));
        }
        scaled(whole, fraction, scale)
            .map(Self)
            .ok_or_else(|| fail("it is too large"))
    }
}

/// `whole.fraction * scale`, rounded up, in exact decimal arithmetic.
fn scaled(whole: &str, fraction: &str, scale: u64) -> Option<u64> {
    let scale = u128::from(scale);
    let whole = if whole.len() > 20 {
        return None;
    } else {
        whole.parse::<u128>().ok()?
    };
    // Digits beyond the 18th are below one byte for every unit: they can only round up.
    let kept = &fraction[..fraction.len().min(18)];
    let rest_up = fraction[kept.len()..].bytes().any(|b| b != b'0');
    let divisor = 10u128.pow(u32::try_from(kept.len()).ok()?);
    let digits = if kept.is_empty() {
        0
    } else {
        kept.parse::<u128>().ok()?
    };
    let part = (digits * scale + u128::from(rest_up)).div_ceil(divisor);
    u64::try_from(whole.checked_mul(scale)?.checked_add(part)?).ok()
}

fn unit_scale(unit: &str) -> Option<u64> {
    Some(match unit {
        "" | "B" => 1,
        "K" | "k" | "KiB" => 1 << 10,
        "M" | "m" | "MiB" => 1 << 20,
        "G" | "g" | "GiB" => 1 << 30,
        "T" | "t" | "TiB" => 1 << 40,
        "P" | "p" | "PiB" => 1 << 50,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "PB" => 1_000_000_000_000_000,
        _ => return None,
    })
}

impl fmt::Display for Bytes {
    /// One decimal and an IEC unit, `12.4 GiB`; whole bytes below 1 KiB.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = FormatSizeOptions::from(BINARY)
            .decimal_places(1)
            .decimal_zeroes(usize::from(self.0 >= 1024));
        f.pad(&format_size(self.0, options))
    }
}

/// A size that is known to lie in `lo ..= hi` bytes; `hi` is `None` where nothing bounds it.
///
/// ```
/// use jettison::bytes::Interval;
///
/// let printed = Interval::between(4, 12);
/// assert_eq!(printed + Interval::exactly(10), Interval::between(14, 22));
/// assert_eq!((printed + Interval::UNKNOWN).hi, None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Interval {
    /// The least that it can be, in bytes.
    pub lo: u64,
    /// The most that it can be, in bytes; `None`: unbounded.
    pub hi: Option<u64>,
}

impl Interval {
    /// Nothing is known: `0 ..`.
    pub const UNKNOWN: Self = Self { lo: 0, hi: None };
    /// Exactly nothing.
    pub const ZERO: Self = Self { lo: 0, hi: Some(0) };

    /// A size that is known to the byte.
    #[must_use]
    pub const fn exactly(bytes: u64) -> Self {
        Self {
            lo: bytes,
            hi: Some(bytes),
        }
    }

    /// A size between two bounds, both included.
    #[must_use]
    pub const fn between(lo: u64, hi: u64) -> Self {
        Self { lo, hi: Some(hi) }
    }

    /// A size of which only a lower bound is known.
    #[must_use]
    pub const fn at_least(lo: u64) -> Self {
        Self { lo, hi: None }
    }

    /// Whether both bounds agree.
    #[must_use]
    pub fn is_exact(self) -> bool {
        self.hi == Some(self.lo)
    }

    /// What both intervals allow, or `None` when they contradict each other.
    #[must_use]
    pub fn intersect(self, other: Self) -> Option<Self> {
        let lo = self.lo.max(other.lo);
        let hi = match (self.hi, other.hi) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) | (None, one) => one,
        };
        (hi.is_none_or(|hi| lo <= hi)).then_some(Self { lo, hi })
    }
}

impl std::ops::Add for Interval {
    type Output = Self;

    /// Adds bound by bound; a bound beyond `u64` stays at its end (and an upper one is then open).
    fn add(self, other: Self) -> Self {
        let hi = self.hi.zip(other.hi).and_then(|(a, b)| a.checked_add(b));
        Self {
            lo: self.lo.saturating_add(other.lo),
            hi,
        }
    }
}

impl std::iter::Sum for Interval {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, |a, b| a + b)
    }
}

impl fmt::Display for Interval {
    /// `12.4 GiB`, `12.0…12.1 GiB` or `≥ 12.4 GiB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lo = Bytes(self.lo).to_string();
        let text = match self.hi {
            None if self.lo == 0 => "?".to_owned(),
            None => format!("≥ {lo}"),
            Some(hi) => {
                let hi = Bytes(hi).to_string();
                match (lo.split_once(' '), hi.split_once(' ')) {
                    _ if lo == hi => lo,
                    (Some((number, a)), Some((_, b))) if a == b => format!("{number}…{hi}"),
                    _ => format!("{lo}…{hi}"),
                }
            }
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("1B", 1),
            ("1K", 1024),
            ("1k", 1024),
            ("1KiB", 1024),
            ("1kB", 1000),
            ("30GiB", 30 << 30),
            ("30 GiB", 30 << 30),
            (" 1.5G ", 3 << 29),
            ("0.1kB", 100),
            ("0.0001K", 1),
            ("500MB", 500_000_000),
            ("2TB", 2_000_000_000_000),
            ("18446744073709551615", u64::MAX),
            ("0.5", 1),
        ] {
            assert_eq!(Bytes::parse(text), Ok(Bytes(bytes)), "{text:?}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            " ",
            "G",
            "-1",
            "+1",
            "NaN",
            "inf",
            "1e9",
            "1.G",
            ".5G",
            "1.2.3",
            "1 Gi B",
            "1GiBs",
            "0x10",
            "1,5G",
            "18446744073709551616",
            "99999999T",
            "١",
            "99999999999999999999999",
        ] {
            assert!(Bytes::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn sizes_are_shown() {
        for (bytes, text) in [
            (0, "0 B"),
            (1, "1 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (40 << 30, "40.0 GiB"),
            (13_314_398_617, "12.4 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), text);
        }
        assert_eq!(
            Interval::between(12 << 30, (12 << 30) + (1 << 27)).to_string(),
            "12.0…12.1 GiB"
        );
        assert_eq!(Interval::between(1000, 2048).to_string(), "1000 B…2.0 KiB");
        assert_eq!(Interval::at_least(2048).to_string(), "≥ 2.0 KiB");
        assert_eq!(Interval::UNKNOWN.to_string(), "?");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _read_or_refused = Bytes::parse(&text);
        }

        #[test]
        fn plain_numbers_survive(bytes: u64) {
            prop_assert_eq!(Bytes::parse(&bytes.to_string()), Ok(Bytes(bytes)));
        }

        #[test]
        fn sums_contain_the_sum(a in 0u64..1 << 40, b in 0u64..1 << 40, w in 0u64..1 << 20) {
            let sum = Interval::between(a, a + w) + Interval::at_least(b);
            prop_assert_eq!(sum, Interval::at_least(a + b));
            prop_assert_eq!(Interval::exactly(a) + Interval::exactly(b), Interval::exactly(a + b));
        }
    }
}
