//! Names as an edit sees them: extension, stem, words; and a pattern that would fit.

use crate::rules::glob::{Flags, Pattern, escape};

/// Extensions that say how a file is packed or that it was put aside, not what it is.
const WRAPPINGS: [&[u8]; 14] = [
    b"gz", b"xz", b"bz2", b"zst", b"lz4", b"lzma", b"Z", b"zip", b"bak", b"old", b"tmp", b"part",
    b"1", b"0",
];

/// Words that many paths share, so that sharing them means nothing.
const COMMON: [&[u8]; 26] = [
    b"var", b"log", b"logs", b"data", b"tmp", b"cache", b"old", b"backup", b"csv", b"txt", b"gz",
    b"json", b"srv", b"opt", b"home", b"mnt", b"usr", b"lib", b"out", b"output", b"outputs",
    b"files", b"parquet", b"xml", b"dat", b"bin",
];

/// The bytes after the last dot, wrappings included: `csv`, `csv.gz`.
pub(super) fn extension(name: &[u8]) -> Option<&[u8]> {
    let dot = name
        .iter()
        .rposition(|&b| b == b'.')
        .filter(|&dot| dot > 0)?;
    let last = &name[dot + 1..];
    let is_word = !last.is_empty()
        && last.len() <= 10
        && last.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    if !is_word {
        return None;
    }
    if WRAPPINGS.contains(&last)
        && let Some(inner) = extension(&name[..dot])
    {
        return Some(&name[dot - inner.len()..]);
    }
    Some(last)
}

/// The extension without wrappings: `csv` of `csv.gz`.
fn kind_of(extension: &[u8]) -> &[u8] {
    let first = extension.split(|&b| b == b'.').next();
    first.unwrap_or(extension)
}

/// The words of a name: runs of letters and digits with a letter, in lower case.
pub(super) fn words(text: &[u8]) -> Vec<Vec<u8>> {
    text.split(|b| !b.is_ascii_alphanumeric())
        .filter(|word| word.len() >= 3 && word.iter().any(u8::is_ascii_alphabetic))
        .map(<[u8]>::to_ascii_lowercase)
        .collect()
}

/// The words of a name that are rare enough to mean something.
pub(super) fn rare_words(text: &[u8]) -> Vec<Vec<u8>> {
    let mut words = words(text);
    words.retain(|word| !COMMON.contains(&word.as_slice()));
    words
}

/// What a pattern or an old file name begins with: `ticker` of `ticker-*.csv`, `ticker.csv*`.
pub(super) fn stem(pattern: &[u8]) -> Vec<u8> {
    let end = pattern
        .iter()
        .position(|b| matches!(b, b'*' | b'?' | b'[' | b'.' | b'\\' | b'{'))
        .unwrap_or(pattern.len());
    let stem = &pattern[..end];
    let trimmed = stem
        .iter()
        .rposition(u8::is_ascii_alphabetic)
        .map_or(0, |last| last + 1);
    // A short number at a word belongs to it (`feed2`), a date does not.
    let digits = stem[trimmed..].iter().take_while(|b| b.is_ascii_digit());
    let digits = Some(digits.count()).filter(|&n| trimmed > 0 && n <= 2);
    stem[..trimmed + digits.unwrap_or(0)].to_vec()
}

/// Names that share a word, or differ in two letters at most.
pub(super) fn is_similar(a: &[u8], b: &[u8]) -> bool {
    let words = rare_words(b);
    rare_words(a).iter().any(|word| words.contains(word))
        || (a.len().min(b.len()) > 3 && distance(a, b) <= 2)
}

/// The same word, or one with a letter or two at its end (`ticker`, `tickers`).
pub(super) fn is_kin(a: &[u8], b: &[u8]) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short == long || (short.len() >= 4 && long.len() - short.len() <= 2 && long.starts_with(short))
}

/// Levenshtein's distance, row by row.
fn distance(a: &[u8], b: &[u8]) -> usize {
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y))
                .min(above + 1)
                .min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

/// A text as one word of a shell.
pub(super) fn quote(text: &[u8]) -> String {
    let is_plain = |b: &u8| {
        b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'/' | b'.' | b'_' | b'-' | b'+' | b':' | b',' | b'=' | b'@'
            )
    };
    let text = String::from_utf8_lossy(text);
    if !text.is_empty() && text.bytes().all(|b| is_plain(&b)) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A pattern that would fit, in tenths of the cost of the edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) cost: u32,
    pub(super) pattern: Pattern,
}

/// The cheapest pattern near `old` that fits every name. `lives_on` says whether the old stem is
/// found elsewhere in the family's path.
pub(super) fn offer(old: &Pattern, names: &[&[u8]], lives_on: bool) -> Option<Offer> {
    let flags = old.flags();
    let make = |cost: u32, text: Vec<u8>| Offer {
        cost,
        pattern: Pattern::new(&text, flags),
    };
    let mut offers: Vec<Offer> = other_case(old).collect();
    offers.extend(other_dots(old).map(|text| make(5, text)));
    offers.extend(wrapped(old, names).map(|text| make(5, text)));
    offers.extend(without_wrapping(old).map(|text| make(5, text)));
    offers.push(make(5, other_dates(old.source())));
    let stem = stem(old.source());
    let own = extension_of_pattern(old.source());
    let theirs = common_extension(names);
    let packing = match (&own, &theirs) {
        (Some(own), Some(theirs)) if own == theirs => 0,
        (Some(own), Some(theirs)) if kind_of(own) == kind_of(theirs) => 5,
        (None, None) => 0,
        // A pattern that ends in a wildcard never asked for any extension.
        (None, Some(_)) if old.source().ends_with(b"*") => 0,
        _ => 25,
    };
    let dot_extension = theirs.map_or_else(Vec::new, |ext| [b".", ext.as_slice()].concat());
    if !stem.is_empty() {
        let mut text = escape(&stem);
        text.push(b'*');
        text.extend(escape(&dot_extension));
        offers.push(make(packing + 5, text));
    }
    let beginning = beginning(names);
    let is_kin = !beginning.is_empty() && is_similar(&stem, &beginning);
    let other_stem = if lives_on || is_kin { 10 } else { 20 };
    if !beginning.is_empty() {
        let mut text = escape(&beginning);
        text.push(b'*');
        text.extend(escape(&dot_extension));
        offers.push(make(packing + other_stem, text));
    }
    let mut text = b"*".to_vec();
    text.extend(escape(&dot_extension));
    offers.push(make(packing + other_stem, text));
    offers
        .into_iter()
        .filter(|offer| names.iter().all(|name| offer.pattern.matches(name)))
        .min_by_key(|offer| offer.cost)
}

/// The same pattern for letters of the other case: as a shell has no option for that, in the case
/// that the names may have.
fn other_case(old: &Pattern) -> impl Iterator<Item = Offer> {
    let (source, flags) = (old.source().to_vec(), old.flags());
    let folded = Flags {
        casefold: true,
        ..flags
    };
    let cases = if flags.pathname {
        vec![
            (source.to_ascii_lowercase(), flags),
            (source.to_ascii_uppercase(), flags),
        ]
    } else {
        vec![(source, folded)]
    };
    cases.into_iter().map(|(text, flags)| Offer {
        cost: 5,
        pattern: Pattern::new(&text, flags),
    })
}

/// The same pattern with a dot before it or without one, and with none before its extension.
fn other_dots(old: &Pattern) -> impl Iterator<Item = Vec<u8>> {
    let source = old.source();
    let hidden = Some([b".", source].concat());
    let shown = source.strip_prefix(b".").map(<[u8]>::to_vec);
    let bare = source
        .strip_prefix(b"*.")
        .filter(|rest| !rest.is_empty())
        .map(|rest| [b"*", rest].concat());
    [hidden, shown, bare].into_iter().flatten()
}

/// The word that all of several names begin with, and what separates it from the rest.
fn beginning(names: &[&[u8]]) -> Vec<u8> {
    let Some((first, others)) = names.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Vec::new();
    };
    let shared = others.iter().fold(first.len(), |len, name| {
        let same = first.iter().zip(*name).take_while(|(a, b)| a == b).count();
        len.min(same)
    });
    // A part of a date or of a counter is no word, nor is half of one.
    let mut shared = &first[..shared];
    if shared.len() == first.len() {
        return Vec::new();
    }
    let is_half = |name: &&[u8]| name.get(shared.len()).is_some_and(u8::is_ascii_alphabetic);
    if names.iter().any(is_half) {
        let end = shared.iter().rposition(|b| !b.is_ascii_alphanumeric());
        shared = &shared[..end.map_or(0, |at| at + 1)];
    }
    let end = shared.iter().rposition(|b| !b.is_ascii_digit());
    shared = &shared[..end.map_or(0, |at| at + 1)];
    let letters = shared
        .iter()
        .take_while(|b| b.is_ascii_alphabetic())
        .count();
    if letters >= 3 {
        shared.to_vec()
    } else {
        Vec::new()
    }
}

/// The extension that a pattern demands, without its wildcards.
fn extension_of_pattern(pattern: &[u8]) -> Option<Vec<u8>> {
    let pattern = pattern.strip_suffix(b"*").unwrap_or(pattern);
    let dot = pattern
        .iter()
        .rposition(|b| matches!(b, b'*' | b'?' | b']'));
    let tail = dot.map_or(pattern, |at| &pattern[at..]);
    extension(tail).map(<[u8]>::to_vec)
}

pub(super) fn common_extension(names: &[&[u8]]) -> Option<Vec<u8>> {
    let first = extension(names.first()?)?;
    names
        .iter()
        .all(|name| extension(name) == Some(first))
        .then(|| first.to_vec())
}

/// The old pattern with a wrapping after it: `ticker-*.csv.gz`.
fn wrapped(old: &Pattern, names: &[&[u8]]) -> Option<Vec<u8>> {
    let wrapping = |name: &[u8]| -> Option<Vec<u8>> {
        let mut end = name.len();
        while let Some(dot) = name[..end]
            .iter()
            .rposition(|&b| matches!(b, b'.' | b'-' | b'~'))
        {
            if old.matches(&name[..dot]) {
                return Some(name[dot..].to_vec());
            }
            end = dot;
        }
        None
    };
    let first = wrapping(names.first()?)?;
    let rest: Option<Vec<Vec<u8>>> = names.iter().map(|name| wrapping(name)).collect();
    let is_known = |text: &[u8]| {
        let text = &text[1.min(text.len())..];
        text.is_empty()
            || WRAPPINGS.contains(&text)
            || text.iter().all(|b| b.is_ascii_digit() || *b == b'-')
    };
    let rest = rest?;
    if !rest.iter().all(|text| is_known(text)) {
        return None;
    }
    let mut text = old.source().to_vec();
    if rest.iter().all(|text| *text == first) {
        text.extend(escape(&first));
    } else {
        text.push(b'*');
    }
    Some(text)
}

/// The old pattern without its wrapping: `maint_*.log` of `maint_*.log.xz`.
fn without_wrapping(old: &Pattern) -> Option<Vec<u8>> {
    let source = old.source();
    let dot = source.iter().rposition(|&b| b == b'.')?;
    WRAPPINGS
        .contains(&&source[dot + 1..])
        .then(|| source[..dot].to_vec())
}

/// The old pattern with whatever stands for a date replaced by `*`.
fn other_dates(source: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut at = 0;
    while at < source.len() {
        let len = date_part(&source[at..]);
        if len == 0 {
            text.push(source[at]);
            at += 1;
            continue;
        }
        // Separators between parts of a date belong to it.
        if text.last() != Some(&b'*') {
            text.push(b'*');
        }
        at += len;
        while at < source.len() && matches!(source[at], b'-' | b'_' | b'.') {
            let next = at + 1;
            if next < source.len() && date_part(&source[next..]) > 0 {
                at = next;
            } else {
                break;
            }
            at += date_part(&source[at..]);
        }
    }
    text
}

/// The length of what may be a part of a date at the start: `?`, a digit, `[0-9]`.
fn date_part(source: &[u8]) -> usize {
    match source {
        [b'?' | b'*', ..] => 1,
        [b'0'..=b'9', ..] => 1,
        [b'[', ..] => {
            let close = if source.starts_with(b"[[:digit:]]") {
                Some(10)
            } else {
                source.iter().position(|&b| b == b']')
            };
            match close {
                Some(end)
                    if source[..end]
                        .iter()
                        .all(|b| matches!(b, b'[' | b'-' | b':' | b'0'..=b'9' | b'a'..=b'z')) =>
                {
                    end + 1
                }
                _ => 0,
            }
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(old: &str, names: &[&str], lives_on: bool) -> Option<(u32, String)> {
        let names: Vec<&[u8]> = names.iter().map(|n| n.as_bytes()).collect();
        let old = Pattern::new(old.as_bytes(), Flags::FIND);
        offer(&old, &names, lives_on).map(|offer| {
            let text = String::from_utf8(offer.pattern.source().to_vec()).unwrap();
            (offer.cost, text)
        })
    }

    #[test]
    fn the_nearest_pattern_is_offered() {
        for (old, names, lives_on, cost, new) in [
            (
                "ticker-*.csv",
                &["NYSE.csv", "LSE.csv"][..],
                true,
                10,
                "*.csv",
            ),
            ("ticker-*.csv", &["NYSE.csv"], false, 20, "*.csv"),
            (
                "ticker-*.csv",
                &["ticker-1.csv.gz"],
                false,
                5,
                "ticker-*.csv.gz",
            ),
            (
                "ticker-*.csv",
                &["ticker-1.csv.gz", "ticker-2.csv.xz"],
                false,
                5,
                "ticker-*.csv*",
            ),
            ("ticker-*.csv", &["NYSE.csv.gz"], true, 15, "*.csv.gz"),
            (
                "ticker-????-??-??.csv",
                &["ticker-20240103.csv"],
                false,
                5,
                "ticker-*.csv",
            ),
            (
                "ticker-[0-9][0-9][0-9][0-9]-[0-9][0-9].csv",
                &["ticker-202401.csv"],
                false,
                5,
                "ticker-*.csv",
            ),
            (
                "ticker-*.csv",
                &["ticker_20240103.csv"],
                false,
                5,
                "ticker*.csv",
            ),
            ("*.log", &["A.LOG"], false, 5, "*.log"),
            ("*.log.xz", &["a.log"], false, 5, "*.log"),
            ("*.csv", &["NYSE.parquet"], true, 35, "*.parquet"),
            ("ticker-*", &["NYSE.csv"], true, 10, "*.csv"),
        ] {
            assert_eq!(
                offered(old, names, lives_on),
                Some((cost, new.to_owned())),
                "{old} for {names:?}"
            );
        }
    }

    #[test]
    fn stems_and_extensions() {
        assert_eq!(stem(b"ticker-*.csv"), b"ticker");
        assert_eq!(stem(b"ticker.csv*"), b"ticker");
        assert_eq!(stem(b"feed2.*"), b"feed2");
        assert_eq!(stem(b"t20240103.*"), b"t");
        assert_eq!(stem(b"*.csv"), b"");
        assert_eq!(extension(b"a.csv.gz"), Some(&b"csv.gz"[..]));
        assert_eq!(extension(b"a.csv"), Some(&b"csv"[..]));
        assert_eq!(extension(b".profile"), None);
        assert_eq!(quote(b"a b'c"), "'a b'\\''c'");
    }
}
