//! Commands that remove the files of one day, by a date that they reckon: `rm x-$(date …).csv`.
//!
//! Such a date must stay in the edited command, or it would remove every day at once. It is
//! written again where the family now has its date, in the form that it now has.

use super::subject::{Subject, join};
use crate::audit::name;
use crate::rules::logic;
use crate::rules::model::{Atom, Rule, Stamp, Sweep};
use crate::time::DAY;

/// Forms of a date, as `date` writes them, and the text that they give with `0` for any digit.
const FORMS: [(&str, &[u8]); 7] = [
    ("%F", b"0000-00-00"),
    ("%Y_%m_%d", b"0000_00_00"),
    ("%Y.%m.%d", b"0000.00.00"),
    ("%Y/%m/%d", b"0000/00/00"),
    ("%Y%m%d", b"00000000"),
    ("%Y/%m", b"0000/00"),
    ("%Y-%m", b"0000-00"),
];

/// What it costs to write the same date in another place or form.
const REWRITTEN: u32 = 10;

/// A path with the date of one day in it.
pub(super) struct Key {
    pub(super) cost: u32,
    /// As a word of the command.
    pub(super) text: String,
    /// What it may stand for, as a pattern.
    pub(super) glob: Vec<u8>,
}

/// Whether a word of a command holds a date that is reckoned when it runs.
pub(super) fn is_key(rule: &Rule, sweep: &Sweep, word: Option<usize>) -> bool {
    let Some(range) = word.and_then(|word| rule.words.get(word)) else {
        return false;
    };
    let is_computed = rule.text[range.clone()]
        .iter()
        .any(|b| matches!(b, b'$' | b'`'));
    is_computed && age(sweep).is_some()
}

/// How old the files are that the date means, in seconds: an age that no word of the command says.
fn age(sweep: &Sweep) -> Option<i64> {
    let literals = logic::disjuncts(&sweep.expr)?.into_iter().flatten();
    literals
        .into_iter()
        .filter(|(_, test)| test.word.is_none())
        .find_map(|(_, test)| match test.atom {
            Atom::Age(age) if age.stamp == Stamp::Modified && age.at_least > 0 => {
                Some(age.at_least)
            }
            _ => None,
        })
}

/// Where the family now has the date, and how the command would say it.
pub(super) fn key(
    rule: &Rule,
    sweep: &Sweep,
    word: Option<usize>,
    subject: &Subject,
) -> Option<Key> {
    let paths: Vec<Vec<u8>> = subject.paths.iter().map(|path| join(path)).collect();
    let (form, mold) = FORMS
        .iter()
        .find(|(_, mold)| paths.iter().all(|path| find(path, mold).is_some()))?;
    let mut before = Vec::new();
    let mut after = Vec::new();
    for path in &paths {
        let at = find(path, mold)?;
        before.push(&path[..at]);
        after.push(&path[at + mold.len()..]);
    }
    let (before, after) = (common(&before)?, common(&after)?);
    let old = &rule.text[rule.words.get(word?)?.clone()];
    let seconds = age(sweep)?;
    let date = expression(&String::from_utf8_lossy(old), form, seconds);
    let digits = |byte: &u8| match byte {
        b'0' => b"[0-9]".to_vec(),
        other => vec![*other],
    };
    let middle: Vec<u8> = mold.iter().flat_map(digits).collect();
    Some(Key {
        cost: REWRITTEN,
        text: format!(
            "{}{date}{}",
            String::from_utf8_lossy(&before),
            String::from_utf8_lossy(&after)
        ),
        glob: [before, middle, after].concat(),
    })
}

/// Whether a name has a whole date in it.
pub(super) fn is_dated(name: &[u8]) -> bool {
    let days = FORMS.iter().filter(|(form, _)| !form.ends_with("%m"));
    days.into_iter().any(|(_, mold)| find(name, mold).is_some())
}

/// Where a path has a date of a form, with no digit beside it.
fn find(path: &[u8], mold: &[u8]) -> Option<usize> {
    let fits = |window: &[u8]| {
        let same = |(&byte, &wanted): (&u8, &u8)| match wanted {
            b'0' => byte.is_ascii_digit(),
            other => byte == other,
        };
        window.iter().zip(mold).all(same) && matches!(&window[..2], b"19" | b"20")
    };
    let is_digit = |at: Option<usize>| {
        at.and_then(|at| path.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    path.windows(mold.len())
        .enumerate()
        .find_map(|(at, window)| {
            let is_apart = !is_digit(at.checked_sub(1)) && !is_digit(Some(at + mold.len()));
            (fits(window) && is_apart).then_some(at)
        })
}

/// Parts of paths as one: components that all have, and `*` for those that differ. `None` where
/// they are of different depths, or a name would have to be quoted.
fn common(parts: &[&[u8]]) -> Option<Vec<u8>> {
    let split =
        |part: &[u8]| -> Vec<Vec<u8>> { part.split(|&b| b == b'/').map(<[u8]>::to_vec).collect() };
    let columns: Vec<Vec<Vec<u8>>> = parts.iter().map(|part| split(part)).collect();
    let first = columns.first()?;
    if columns.iter().any(|names| names.len() != first.len()) {
        return None;
    }
    let mut text = Vec::new();
    for at in 0..first.len() {
        if at > 0 {
            text.push(b'/');
        }
        let names: Vec<&[u8]> = columns.iter().map(|names| names[at].as_slice()).collect();
        if names.iter().all(|name| *name == names[0]) {
            let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"._=+@,-".contains(b);
            if !names[0].iter().all(is_plain) {
                return None;
            }
            text.extend_from_slice(names[0]);
            continue;
        }
        text.push(b'*');
        if let Some(extension) = name::common_extension(&names) {
            text.push(b'.');
            text.extend(extension);
        }
    }
    Some(text)
}

/// The command's own `$(date …)` with another format, or one like it.
fn expression(old: &str, form: &str, seconds: i64) -> String {
    let own = old.find("$(").and_then(|start| {
        let end = start + old[start..].find(')')?;
        let text = &old[start..=end];
        let plus = text.rfind('+')?;
        let is_format = |c: char| c.is_ascii_alphanumeric() || "%_./:-".contains(c);
        let len = text[plus + 1..].find(|c| !is_format(c))?;
        Some(format!(
            "{}{form}{}",
            &text[..=plus],
            &text[plus + 1 + len..]
        ))
    });
    own.unwrap_or_else(|| {
        let day = DAY as i64;
        let ago = if seconds % day == 0 {
            format!("{} days", seconds / day)
        } else {
            format!("{seconds} seconds")
        };
        format!("$(date -d '{ago} ago' +{form})")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_found_in_paths() {
        assert_eq!(find(b"/d/2024-01-03/a", b"0000-00-00"), Some(3));
        assert_eq!(find(b"/d/x20240103.csv", b"00000000"), Some(4));
        assert_eq!(find(b"/d/120240103.csv", b"00000000"), None);
        assert_eq!(find(b"/d/2024/01/03/a", b"0000/00/00"), Some(3));
        assert_eq!(find(b"/d/9999-01-03", b"0000-00-00"), None);
    }

    #[test]
    fn the_date_of_a_command_is_kept() {
        for (old, form, new) in [
            (
                "/d/$(date -d '9 days ago' +%F)",
                "%Y%m%d",
                "$(date -d '9 days ago' +%Y%m%d)",
            ),
            (
                "\"/d/$(date --date=\"9 days ago\" \"+%F\").csv\"",
                "%Y/%m/%d",
                "$(date --date=\"9 days ago\" \"+%Y/%m/%d\")",
            ),
            ("/d/$day", "%F", "$(date -d '9 days ago' +%F)"),
        ] {
            assert_eq!(expression(old, form, 9 * 86_400), new);
        }
    }

    #[test]
    fn parts_have_a_star_where_they_differ() {
        let parts: [&[u8]; 2] = [b"/x/NYSE.csv", b"/x/LSE.csv"];
        assert_eq!(common(&parts), Some(b"/x/*.csv".to_vec()));
        let deeper: [&[u8]; 2] = [b"/x", b"/x/y"];
        assert_eq!(common(&deeper), None);
        assert_eq!(common(&[b"/a b/"]), None);
    }
}
