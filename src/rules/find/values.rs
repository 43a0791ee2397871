//! The values of find's tests.

use super::{DAY, Parser, RegexType};
use crate::rules::glob::{Flags, Pattern};
use crate::rules::model::{AgeTest, Atom, Count, Stamp, Types};
use crate::rules::phrase;
use crate::rules::regex::{Dialect, compile};

impl Parser<'_> {
    /// A test whose value has parts that are not known: a time could still become true.
    pub(super) fn unknown_value(&self, word: &[u8], index: usize) -> Option<Atom> {
        match word {
            b"-mtime" | b"-mmin" | b"-atime" | b"-amin" | b"-ctime" | b"-cmin" | b"-newermt" => {
                Some(Atom::Age(AgeTest {
                    stamp: Stamp::Other,
                    at_least: i64::MIN,
                    below: i64::MAX,
                    from_day_end: false,
                }))
            }
            b"-name" | b"-iname" => {
                let folds = word == b"-iname";
                Some(Atom::Name(self.loose(index, folds)))
            }
            b"-path" | b"-wholename" | b"-ipath" | b"-iwholename" => {
                let folds = word.starts_with(b"-i");
                Some(Atom::Path(self.loose(index, folds)))
            }
            _ => None,
        }
    }

    /// A pattern with `*` for what is not known of it.
    fn loose(&self, index: usize, casefold: bool) -> Pattern {
        let flags = Flags {
            casefold,
            ..Flags::FIND
        };
        Pattern::new(&self.args[index].loose_own_pattern(), flags)
    }

    pub(super) fn atom(&self, word: &[u8], value: &[u8]) -> Result<Option<Atom>, String> {
        let insensitive = Flags {
            casefold: true,
            ..Flags::FIND
        };
        let age = |stamp, unit, whole_units| self.age(value, stamp, unit, whole_units).map(Some);
        match word {
            b"-name" => Ok(Some(Atom::Name(Pattern::new(value, Flags::FIND)))),
            b"-iname" => Ok(Some(Atom::Name(Pattern::new(value, insensitive)))),
            b"-path" | b"-wholename" => Ok(Some(Atom::Path(Pattern::new(value, Flags::FIND)))),
            b"-ipath" | b"-iwholename" => Ok(Some(Atom::Path(Pattern::new(value, insensitive)))),
            b"-regex" | b"-iregex" => self.regex(value, word == b"-iregex"),
            b"-type" => types(value).map(|types| Some(Atom::Type(types))),
            b"-mtime" => age(Stamp::Modified, DAY, true),
            b"-atime" => age(Stamp::Accessed, DAY, true),
            b"-ctime" => age(Stamp::Changed, DAY, true),
            b"-mmin" => age(Stamp::Modified, 60, false),
            b"-amin" => age(Stamp::Accessed, 60, false),
            b"-cmin" => age(Stamp::Changed, 60, false),
            b"-newer" | b"-newermm" => Ok(Some(Atom::NewerThan(value.to_vec()))),
            b"-newermt" => newer_than_text(value, Stamp::Modified),
            b"-newerat" => newer_than_text(value, Stamp::Accessed),
            b"-newerct" => newer_than_text(value, Stamp::Changed),
            b"-newerBt" => newer_than_text(value, Stamp::Born),
            b"-size" => size(value).map(Some),
            b"-user" | b"-group" => Ok(Some(owner(word, value))),
            // With a sign it is a range.
            b"-uid" | b"-gid" if value.iter().all(u8::is_ascii_digit) => {
                Ok(Some(owner(word, value)))
            }
            b"-uid" | b"-gid" | b"-links" | b"-inum" | b"-used" => {
                let is_number = scaled(unsigned(value), 1).is_some();
                is_number.then_some(None).ok_or("it takes a number".into())
            }
            b"-perm" if !is_mode(value) => Err("it takes a mode, such as -644 or /u+w".to_owned()),
            b"-xtype" => types(value).map(|_| None),
            b"-perm" | b"-samefile" | b"-fstype" | b"-lname" | b"-ilname" | b"-anewer"
            | b"-cnewer" | b"-context" => Ok(None),
            [b'-', b'n', b'e', b'w', b'e', b'r', of, than]
                if b"aBcm".contains(of) && b"aBcmt".contains(than) =>
            {
                Ok(None)
            }
            _ => Err("there is no such test".to_owned()),
        }
    }

    fn regex(&self, value: &[u8], casefold: bool) -> Result<Option<Atom>, String> {
        let dialect = match self.options.regex {
            RegexType::Emacs => Dialect::Emacs,
            RegexType::Findutils => Dialect::Findutils,
            RegexType::Basic => Dialect::Basic,
            RegexType::Extended => Dialect::Extended,
            RegexType::Other => return Ok(None),
        };
        compile(value, dialect, casefold).map(|regex| Some(Atom::Regex(regex)))
    }

    /// `+N` is more than N whole units, `-N` less, `N` just that many: for days the age is cut to
    /// whole days first, so `+7` begins at eight; minutes are compared as they are.
    fn age(&self, value: &[u8], stamp: Stamp, unit: i64, whole: bool) -> Result<Atom, String> {
        let text = std::str::from_utf8(value).map_err(|_| "it takes a number".to_owned())?;
        let (sign, number) = match text.as_bytes().first() {
            Some(b'+') => (1, &text[1..]),
            Some(b'-') => (-1, &text[1..]),
            _ => (0, text),
        };
        let seconds = scaled(number, unit).ok_or("it takes a number")?;
        let up = |s: i64| s.saturating_add(unit);
        // Now is later than its whole second, so a stamp of whole seconds is strictly older.
        let (at_least, below) = match (sign, whole) {
            (1, true) => (up(seconds), i64::MAX),
            (1, false) => (seconds, i64::MAX),
            (-1, _) => (i64::MIN, seconds),
            (_, true) => (seconds, up(seconds)),
            (_, false) => (seconds.saturating_sub(unit), seconds),
        };
        Ok(Atom::Age(AgeTest {
            stamp,
            at_least,
            below,
            from_day_end: self.options.from_day_end,
        }))
    }
}

fn owner(word: &[u8], value: &[u8]) -> Atom {
    Atom::Owner {
        group: word.starts_with(b"-g"),
        who: value.to_vec(),
    }
}

fn types(value: &[u8]) -> Result<Types, String> {
    let mut types = Types::default();
    for letter in value.split(|&b| b == b',') {
        match letter {
            b"f" => types.file = true,
            b"d" => types.dir = true,
            b"l" => types.symlink = true,
            b"b" | b"c" | b"p" | b"s" | b"D" => types.other = true,
            _ => return Err("the kinds are f d l b c p s".to_owned()),
        }
    }
    Ok(types)
}

/// Whether a list of kinds has all of those that are neither file, directory nor link.
pub(super) fn is_every_other(value: &[u8]) -> bool {
    b"bcps".iter().all(|letter| value.contains(letter))
}

/// A number without the sign that says how it is compared.
fn unsigned(value: &[u8]) -> &str {
    let text = std::str::from_utf8(value).unwrap_or_default();
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

/// `644`, `-0200`, `/u+w,o=`: octal, or changes of somebody's permissions.
fn is_mode(value: &[u8]) -> bool {
    let mode = match value {
        [b'-' | b'/', mode @ ..] => mode,
        mode => mode,
    };
    let is_octal = mode.iter().all(|b| (b'0'..=b'7').contains(b)) && mode.len() <= 5;
    let is_change = |part: &[u8]| {
        let who = part.iter().take_while(|b| b"ugoa".contains(b)).count();
        let (operator, rest) = part[who..].split_first().unwrap_or((&b' ', &[]));
        b"+-=".contains(operator) && rest.iter().all(|b| b"rwxXstugo+-=".contains(b))
    };
    // Without anybody's letter a `+` is refused: it once meant what `/` means.
    let is_old = matches!(mode.first(), Some(b'+')) && mode[1..].iter().all(u8::is_ascii_digit);
    !mode.is_empty() && !is_old && (is_octal || mode.split(|&b| b == b',').all(is_change))
}

fn size(value: &[u8]) -> Result<Atom, String> {
    let fail = || "it takes a number and one of c w b k M G".to_owned();
    let text = std::str::from_utf8(value).map_err(|_| fail())?;
    let digits = text.trim_start_matches(['+', '-']);
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let unit = match &digits[end..] {
        "c" => 1,
        "w" => 2,
        "" | "b" => 512,
        "k" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return Err(fail()),
    };
    let n = digits[..end].parse().map_err(|_| fail())?;
    let count = match text.as_bytes().first() {
        Some(b'+') => Count::More(n),
        Some(b'-') => Count::Less(n),
        _ => Count::Exactly(n),
    };
    Ok(Atom::Size { unit, count })
}

/// A decimal number times a unit, cut to whole seconds.
fn scaled(number: &str, unit: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if number.is_empty() || number == "." || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: i64 = if whole.is_empty() {
        0
    } else {
        whole.parse().unwrap_or(i64::MAX)
    };
    let fraction = &fraction[..fraction.len().min(9)];
    let scale = 10i64.pow(u32::try_from(fraction.len()).ok()?);
    let part = if fraction.is_empty() {
        0
    } else {
        fraction.parse::<i64>().ok()?.saturating_mul(unit) / scale
    };
    Some(whole.saturating_mul(unit).saturating_add(part))
}

/// `-newermt TEXT`: a date is a fixed moment, a span moves along with now.
fn newer_than_text(value: &[u8], stamp: Stamp) -> Result<Option<Atom>, String> {
    let moment = std::str::from_utf8(value).ok().and_then(phrase::moment);
    Ok(match moment {
        Some(phrase::Moment::At(time)) if stamp == Stamp::Modified => {
            Some(Atom::ModifiedAfter(time))
        }
        None | Some(phrase::Moment::At(_)) => None,
        Some(phrase::Moment::Ago(seconds)) => Some(Atom::Age(AgeTest {
            stamp,
            at_least: i64::MIN,
            below: seconds,
            from_day_end: false,
        })),
    })
}
