//! The stages of a pipeline between the one that names files and the one that removes them.

use super::named::Named;
use super::{Walker, texts};
use crate::rules::model::{Atom, Expr, Test};
use crate::rules::phrase;
use crate::rules::regex::Dialect;
use crate::rules::shell::Node;

/// What a stage in the middle does to the lines.
pub(super) enum Stage {
    /// Nothing that matters here.
    Same,
    Sorted(bool),
    /// Leaves out the first or the last so many lines.
    Spares {
        first: bool,
        count: u64,
    },
    /// Lets through what meets a condition.
    Meets(Expr),
    /// Lets through what is not known.
    Filter(String),
    /// What comes out are no paths.
    Counts,
}

impl Walker<'_> {
    /// A stage between the one that names and the one that removes.
    pub(super) fn stage(&self, stage: &Node, named: &Named) -> Stage {
        let Node::Simple(simple) = stage else {
            return Stage::Filter("a filter".to_owned());
        };
        let words = texts(&self.scope.args(&simple.words));
        let filter = || {
            let text = String::from_utf8_lossy(&self.source.text[simple.span.clone()]);
            Stage::Filter(format!("the filter `{text}`"))
        };
        let Some((program, rest)) = words.split_first() else {
            return Stage::Same;
        };
        match phrase::basename(program) {
            b"tr" | b"cat" | b"tee" | b"uniq" | b"cut" => Stage::Same,
            b"sort" => sorted(rest),
            b"tail" => match counted(rest) {
                Some((b'+', count)) => Stage::Spares {
                    first: true,
                    count: count.saturating_sub(1),
                },
                _ => filter(),
            },
            // `head -5` is the first five; only `head -n -5` leaves five out.
            b"head" if matches!(rest, [one] if !one.starts_with(b"-n") && !one.starts_with(b"--")) => {
                filter()
            }
            b"head" => match counted(rest) {
                Some((b'-', count)) => Stage::Spares {
                    first: false,
                    count,
                },
                _ => filter(),
            },
            b"sed" => match rest {
                [script] | [_, script] => match deleted_lines(script) {
                    Some(count) => Stage::Spares { first: true, count },
                    // `s/^[^ ]* //` takes the time off the line again.
                    None if script.starts_with(b"s") => Stage::Same,
                    None => filter(),
                },
                _ => filter(),
            },
            b"awk" | b"gawk" | b"mawk" => match rest {
                [script] if script.starts_with(b"{") => Stage::Same,
                [script] => match script.strip_prefix(b"NR>") {
                    Some(count) => match number(count) {
                        Some(count) => Stage::Spares { first: true, count },
                        None => filter(),
                    },
                    None => filter(),
                },
                _ => filter(),
            },
            b"grep" | b"egrep" | b"fgrep" => {
                grepped(phrase::basename(program), rest, named).unwrap_or_else(filter)
            }
            b"wc" | b"xargs" | b"md5sum" | b"sha256sum" | b"basename" | b"dirname" => Stage::Counts,
            _ => filter(),
        }
    }
}

/// `grep [-v] [-i] [-E | -F] PATTERN` over paths; `None` where it is not understood.
fn grepped(program: &[u8], words: &[Vec<u8>], named: &Named) -> Option<Stage> {
    let mut dialect = match program {
        b"egrep" => Dialect::Extended,
        _ => Dialect::Basic,
    };
    let (mut inverted, mut casefold, mut fixed) = (false, false, program == b"fgrep");
    let mut pattern = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_slice() {
            b"-e" => pattern = Some(words.next()?),
            b"--" => {}
            [b'-', b'-', ..] => return None,
            [b'-', letters @ ..] if !letters.is_empty() => {
                for letter in letters {
                    match letter {
                        b'v' => inverted = true,
                        b'i' => casefold = true,
                        b'E' => dialect = Dialect::Extended,
                        b'F' => fixed = true,
                        b'a' | b'z' | b's' | b'h' => {}
                        _ => return None,
                    }
                }
            }
            _ if pattern.is_none() => pattern = Some(word),
            _ => return None,
        }
    }
    let pattern = pattern?;
    // `ls -p | grep -v /` leaves out directories, which `rm` would not take.
    if inverted && matches!(pattern.as_slice(), b"/" | b"/$") && named.order.is_some() {
        return Some(Stage::Same);
    }
    let escaped = match fixed {
        true => quoted(pattern),
        false => pattern.clone(),
    };
    let regex = match named.folder.is_some() {
        true => crate::rules::regex::search_name(&escaped, dialect, casefold),
        false => crate::rules::regex::search(&escaped, dialect, casefold),
    };
    let meets = Expr::Test(Test {
        atom: Atom::Regex(regex.ok()?),
        word: None,
    });
    Some(Stage::Meets(if inverted { meets.negated() } else { meets }))
}

/// A text as an expression that matches it alone, in every dialect.
fn quoted(text: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b'\\' | b'.' | b'*' | b'^' | b'$' | b'[' => quoted.extend([b'\\', byte]),
            _ => quoted.push(byte),
        }
    }
    quoted
}

/// Whether `sort` puts the largest first.
fn sorted(args: &[Vec<u8>]) -> Stage {
    let reverse = args.iter().any(|arg| {
        arg == b"--reverse"
            || arg.starts_with(b"-") && !arg.starts_with(b"--") && arg.contains(&b'r')
    });
    Stage::Sorted(reverse)
}

/// `-n +8`, `-n+8`, `+8`, `-n -7`: sign and number.
fn counted(args: &[Vec<u8>]) -> Option<(u8, u64)> {
    let text = match args {
        [n, value] if n == b"-n" || n == b"--lines" => value.as_slice(),
        [one] => one
            .strip_prefix(b"--lines=")
            .or(one.strip_prefix(b"-n"))
            .unwrap_or(one),
        _ => return None,
    };
    let (&sign, digits) = text.split_first()?;
    Some((sign, number(digits)?))
}

/// `1,7d`: how many of the first lines go.
fn deleted_lines(script: &[u8]) -> Option<u64> {
    number(script.strip_prefix(b"1,")?.strip_suffix(b"d")?)
}

fn number(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(text).ok()?.parse().ok())?
}
