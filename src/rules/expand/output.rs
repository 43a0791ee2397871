//! What small programs print, where that follows from their arguments.

use super::arithmetic;
use super::fields::MAX_NUMBERS;
use super::{Arg, Glyph, Origin, known};
use crate::rules::glob;
use crate::rules::phrase;

/// What a command prints.
pub(super) enum Output {
    /// This.
    Text(Vec<Glyph>),
    /// Something of which the shape is known.
    Shaped(Origin),
}

/// The output of a command, without the newline at its end.
pub(super) fn of(args: &[Arg]) -> Option<Output> {
    let (program, rest) = args.split_first()?;
    let texts: Vec<Vec<u8>> = rest.iter().map(Arg::text).collect();
    let text = |glyphs| Some(Output::Text(glyphs));
    match phrase::basename(&program.text()) {
        b"date" => {
            let (format, ago) = date(&texts)?;
            Some(Output::Shaped(Origin::Date(format, ago)))
        }
        b"tempfile" => Some(Output::Shaped(Origin::Made(b"/tmp/file*".to_vec()))),
        b"expr" => {
            let text = texts.join(&b' ');
            let number = arithmetic::value(&text, &|_| None)?;
            Some(Output::Text(known(number.to_string().as_bytes())))
        }
        b"mktemp" => Some(Output::Shaped(Origin::Made(made(&texts)?))),
        b"echo" if texts.first().is_none_or(|t| !t.starts_with(b"-")) => text(joined(rest)),
        b"printf" => match rest {
            [format, one] if matches!(format.text().as_slice(), b"%s" | b"%s\\n") => {
                text(one.glyphs.clone())
            }
            _ => None,
        },
        b"seq" => text(numbers(&texts)?),
        b"basename" => match rest {
            [path] if path.is_known() => text(known(phrase::basename(trimmed(&path.text())))),
            _ => None,
        },
        b"dirname" => match rest {
            [path] if path.is_known() => text(known(&folder(&path.text()))),
            _ => None,
        },
        // Links are taken to lead nowhere else: what is asked for is most often absolute already.
        b"readlink" | b"realpath" => rest
            .last()
            .filter(|path| path.is_known() && path.text().starts_with(b"/"))
            .and_then(|path| text(path.glyphs.clone())),
        _ => None,
    }
}

fn joined(args: &[Arg]) -> Vec<Glyph> {
    let mut all = Vec::new();
    for (index, arg) in args.iter().enumerate() {
        if index > 0 {
            all.push(Glyph::Byte(b' '));
        }
        all.extend(arg.glyphs.iter().cloned());
    }
    all
}

fn trimmed(path: &[u8]) -> &[u8] {
    path.strip_suffix(b"/").unwrap_or(path)
}

fn folder(path: &[u8]) -> Vec<u8> {
    let path = trimmed(path);
    match path.iter().rposition(|&b| b == b'/') {
        Some(0) => b"/".to_vec(),
        Some(slash) => path[..slash].to_vec(),
        None => b".".to_vec(),
    }
}

/// `seq LAST`, `seq FIRST LAST`, `seq FIRST STEP LAST`.
fn numbers(words: &[Vec<u8>]) -> Option<Vec<Glyph>> {
    let words: Option<Vec<i64>> = words
        .iter()
        .filter(|word| word.as_slice() != b"-w")
        .map(|word| std::str::from_utf8(word).ok()?.parse().ok())
        .collect();
    let (first, step, last) = match *words?.as_slice() {
        [last] => (1, 1, last),
        [first, last] => (first, 1, last),
        [first, step, last] => (first, step, last),
        _ => return None,
    };
    let count = last.checked_sub(first)?.checked_div(step)?;
    if !(0..MAX_NUMBERS).contains(&count) {
        return None;
    }
    let numbers = (0..=count).map(|n| (first + n * step).to_string());
    Some(known(numbers.collect::<Vec<_>>().join(" ").as_bytes()))
}

/// A pattern for the file or folder that `mktemp` makes.
fn made(words: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut folder = b"/tmp/".to_vec();
    let mut template = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_slice() {
            b"-p" => folder = [words.next()?.as_slice(), b"/"].concat(),
            [b'-', b'-', option @ ..] => {
                if let Some(named) = option.strip_prefix(b"tmpdir=") {
                    folder = [named, b"/"].concat();
                }
            }
            [b'-', ..] => {}
            _ => template = Some((word, word.contains(&b'/'))),
        }
    }
    let (template, is_path) = template.map_or((&b"tmp.XXXXXXXXXX"[..], false), |(t, p)| (t, p));
    let free = template.iter().rev().take_while(|&&b| b == b'X').count();
    let mut pattern = match is_path {
        true => Vec::new(),
        false => glob::escape(&folder),
    };
    pattern.extend(glob::escape(&template[..template.len() - free]));
    pattern.extend(b"?".repeat(free));
    Some(pattern)
}

/// `date [-u] [-d TEXT] +FORMAT`: the format and the distance from now.
fn date(rest: &[Vec<u8>]) -> Option<(Vec<u8>, i64)> {
    let mut format = None;
    let mut ago = 0;
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        let text = if let Some(f) = word.strip_prefix(b"+") {
            format = Some(f.to_vec());
            continue;
        } else if word == b"-d" || word == b"--date" {
            rest.next()?.clone()
        } else if let Some(text) = word.strip_prefix(b"--date=").or(word.strip_prefix(b"-d")) {
            text.to_vec()
        } else if word == b"-u" || word == b"--utc" {
            continue;
        } else {
            return None;
        };
        match phrase::moment(std::str::from_utf8(&text).ok()?)? {
            phrase::Moment::Ago(seconds) => ago = seconds,
            phrase::Moment::At(_) => return None,
        }
    }
    format.map(|format| (format, ago))
}
