//! Commands that remove, move, cut or replace files: which, and what is known afterwards.

use super::super::listing::number;
use super::super::word::Word;
use super::known::COMPRESSORS;
use super::{Action, base_name, without_options, wrapper};

/// Programs that print a line for each thing that they did where they are told to (`-v`).
const TELLING: [&str; 9] = [
    "rm", "rmdir", "mv", "cp", "ln", "gzip", "gunzip", "bzip2", "bunzip2",
];

/// Whether a command says what it did, in words that need not be read.
pub(in super::super) fn tells(words: &[Word]) -> bool {
    let is_verbose = |word: &Word| match word.text.as_slice() {
        [b'-', b'-', rest @ ..] => rest == b"verbose",
        [b'-', letters @ ..] => letters.contains(&b'v'),
        _ => false,
    };
    match wrapper::bare(words).split_first() {
        Some((program, operands)) => {
            let name = base_name(program);
            name.is_some_and(|name| TELLING.contains(&name)) && operands.iter().any(is_verbose)
        }
        None => false,
    }
}

/// Whether a line is one that a program or a shell has begun with its name: an error, or a question.
pub(in super::super) fn is_message(text: &[u8]) -> bool {
    let name = text.windows(2).position(|w| w == b": ");
    let is_part = |b: &u8| b.is_ascii_graphic() && !matches!(b, b'\'' | b'"');
    name.is_some_and(|len| len > 0 && text[..len].iter().all(is_part))
}

/// `rm`: what it asks and answers is read from what it prints.
pub(super) fn removal(operands: &[Word]) -> Action {
    let paths = without_options(operands);
    let has = |letter: u8| move |w: &Word| matches!(w.text.as_slice(), [b'-', rest @ ..] if rest.contains(&letter));
    if paths.is_empty() || operands.iter().any(has(b'I')) {
        return Action::Change(paths);
    }
    Action::Remove(paths)
}

/// `mv a b dir`, without options that may leave something where it is.
pub(super) fn movement(operands: &[Word]) -> Action {
    let mut paths = without_options(operands);
    let plain = operands
        .iter()
        .all(|w| !w.text.starts_with(b"-") || w.is("-f") || w.is("-v"));
    let moved = plain && paths.len() > 1 && !paths.iter().any(|w| w.expands);
    match paths.pop() {
        Some(to) if moved => Action::Move(paths, to),
        last => {
            paths.extend(last);
            Action::Change(paths)
        }
    }
}

/// Of a copy, only what it goes to changes: the last operand.
pub(super) fn copy(name: &str, operands: &[Word]) -> Action {
    let paths = without_options(operands);
    let plain: &[&str] = match name {
        "cp" => &["-a", "-p", "-v", "-f", "-i"],
        "rsync" => &["-a", "-v", "-av", "-t", "-P"],
        _ => &[],
    };
    let is_plain = operands
        .iter()
        .all(|w| !w.text.starts_with(b"-") || plain.iter().any(|option| w.is(option)));
    match &paths[..] {
        [from, to]
            if is_plain
                && matches!(name, "cp" | "rsync")
                && !from.is("/dev/null")
                && ![from, to]
                    .iter()
                    .any(|w| w.expands || w.text.contains(&b':')) =>
        {
            Action::Copy(from.clone(), to.clone())
        }
        [from, to] if from.is("/dev/null") && !to.expands => Action::Resize(vec![to.clone()], 0),
        [.., to] => Action::Change(vec![to.clone()]),
        [] => Action::Harmless,
    }
}

/// `fallocate -l 300M file`: no file becomes smaller by it.
pub(super) fn allocation(operands: &[Word]) -> Action {
    let given = match operands {
        [option, size, file] if option.is("-l") || option.is("--length") => Some((size, file)),
        _ => None,
    };
    let plain = given.filter(|(_, file)| !file.expands && !file.text.starts_with(b"-"));
    match plain.and_then(|(size, file)| Some((bytes(&size.text)?, file))) {
        Some((size, file)) => Action::Extend(vec![file.clone()], size),
        None => Action::Change(without_options(operands)),
    }
}

/// `300M`, as the tools that make files of a size read it.
fn bytes(size: &[u8]) -> Option<u64> {
    let end = size.iter().position(|b| !b.is_ascii_digit());
    let (count, letters) = size.split_at(end.unwrap_or(size.len()));
    match number::unit(&[b"1", letters].concat()) {
        Some(number::Unit::Of(unit)) => number::digits(count).and_then(|n| n.checked_mul(unit)),
        _ => None,
    }
}

/// `truncate -s 100 file`, with a size that is no difference.
pub(super) fn truncation(operands: &[Word]) -> Action {
    let given = match operands {
        [option, size, files @ ..] if option.is("-s") || option.is("--size") => {
            Some((size.text.as_slice(), files))
        }
        [size, files @ ..] => size
            .text
            .strip_prefix(b"--size=")
            .or_else(|| size.text.strip_prefix(b"-s"))
            .map(|size| (size, files)),
        [] => None,
    };
    let Some((size, files)) = given else {
        return Action::Change(without_options(operands));
    };
    let bytes = bytes(size);
    let plain = !files.is_empty()
        && files
            .iter()
            .all(|w| !w.expands && !w.text.starts_with(b"-"));
    match bytes.filter(|_| plain) {
        Some(bytes) => Action::Resize(files.to_vec(), bytes),
        None => Action::Change(files.to_vec()),
    }
}

/// `gzip f`: `f.gz` stands in its place.
pub(super) fn compression(name: &str, operands: &[Word]) -> Action {
    let has = |letters: &str, long: &str| {
        operands.iter().any(|w| {
            w.is(long)
                || matches!(w.text.as_slice(), [b'-', first, ..] if *first != b'-'
                    && letters.bytes().any(|letter| w.text[1..].contains(&letter)))
        })
    };
    if has("lt", "--list") {
        return Action::Harmless;
    }
    let files = without_options(operands);
    let Some(&(_, ending, takes, keeps)) = COMPRESSORS.iter().find(|(known, ..)| *known == name)
    else {
        return Action::Unknown;
    };
    let takes = takes || has("d", "--decompress");
    let keeps = (keeps && !has("", "--rm")) || has("kc", "--keep");
    if files.is_empty() || has("rSo", "--recursive") || files.iter().any(|w| w.expands) {
        return Action::Change(files);
    }
    let pairs = files.into_iter().map(|from| {
        let to = match takes {
            true => from
                .text
                .strip_suffix(ending.as_bytes())
                .map(<[u8]>::to_vec),
            false => Some([&from.text, ending.as_bytes()].concat()),
        };
        to.map(|text| (from, Word::plain(&text)))
    });
    match pairs.collect::<Option<Vec<_>>>() {
        Some(pairs) => Action::Replace(pairs, keeps),
        None => Action::Unknown,
    }
}

/// Whether a command that writes to a file leaves it empty: `> f`, `: > f`, `cat /dev/null > f`.
pub(in super::super) fn emptied(words: &[Word]) -> bool {
    match words {
        [] => true,
        [one] => one.is(":") || one.is("true"),
        [cat, null] => cat.is("cat") && null.is("/dev/null"),
        _ => false,
    }
}

/// Which names are meant: by a pattern of the shell, and whether only files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Matches {
    pattern: Vec<u8>,
    pub(in super::super) only_files: bool,
    /// A leading dot needs one in the pattern, as the shell has it.
    dots: bool,
}

impl Matches {
    /// What a pattern in the last part of a path stands for.
    pub(in super::super) fn of_shell(pattern: &[u8]) -> Option<Self> {
        let plain = !pattern.iter().any(|b| matches!(b, b'$' | b'{' | b'/'));
        plain.then(|| Self {
            pattern: pattern.to_vec(),
            only_files: false,
            dots: false,
        })
    }

    /// The tests of a `find … -delete` where they are no others than `-name` and `-type f`.
    pub(in super::super) fn of_find(operands: &[Word]) -> Option<Self> {
        let mut matches = Self {
            pattern: b"*".to_vec(),
            only_files: false,
            dots: true,
        };
        let first = operands.iter().position(|w| w.text.starts_with(b"-"))?;
        let mut words = operands[first..].iter();
        while let Some(word) = words.next() {
            match word.text.as_slice() {
                b"-name" => matches.pattern.clone_from(&words.next()?.text),
                b"-type" if words.next()?.is("f") => matches.only_files = true,
                b"-delete" | b"-print" => {}
                _ => return None,
            }
        }
        Some(matches)
    }

    /// Whether a name is one of those.
    pub(in super::super) fn holds(&self, name: &[u8]) -> bool {
        let hidden = name.starts_with(b".") && !self.dots && !self.pattern.starts_with(b".");
        !hidden && glob(&self.pattern, name)
    }
}

/// Matches `*`, `?` and `[a-z]`, without recursion: only the last `*` is ever gone back to.
fn glob(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match one(&pattern[p..], name[n]) {
            Some(0) => {
                star = Some((p + 1, n));
                p += 1;
            }
            Some(used) => (p, n) = (p + used, n + 1),
            None => match star {
                Some((after, at)) => {
                    (p, n) = (after, at + 1);
                    star = Some((after, at + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&b| b == b'*')
}

/// How much of a pattern a byte uses up; 0 for a `*`, `None` where it does not fit.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'*', ..] => Some(0),
        [b'?', ..] => Some(1),
        [b'[', rest @ ..] => {
            let end = rest.iter().skip(1).position(|&b| b == b']')? + 1;
            let (set, negated) = match &rest[..end] {
                [b'!' | b'^', set @ ..] => (set, true),
                set => (set, false),
            };
            let mut found = false;
            let mut at = 0;
            while at < set.len() {
                let (low, high, used) = match &set[at..] {
                    [low, b'-', high, ..] => (*low, *high, 3),
                    [only, ..] => (*only, *only, 1),
                    [] => break,
                };
                found |= (low..=high).contains(&byte);
                at += used;
            }
            (found != negated).then_some(end + 2)
        }
        [first, ..] if *first == byte => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_begins_with_a_program_says_what_was_not_done() {
        for (line, is) in [
            ("mv: cannot stat 'a': No such file or directory", true),
            ("/bin/rm: a: Permission denied", true),
            ("-bash: /bin/rm: Argument list too long", true),
            ("removed 'a: b'", false),
            ("removed directory: 'a'", false),
            ("'a: b' -> 'c'", false),
            ("a.log:\t 99.9% -- replaced with a.log.gz", false),
        ] {
            assert_eq!(is_message(line.as_bytes()), is, "{line}");
        }
    }

    #[test]
    fn patterns_match_as_a_shell_has_them() {
        for (pattern, name, holds) in [
            ("*", "a", true),
            ("*", ".a", false),
            (".*", ".a", true),
            ("*.log*", "app.log.1", true),
            ("*.log", "app.log.1", false),
            ("a?c", "abc", true),
            ("a[0-9]", "a7", true),
            ("a[!0-9]", "a7", false),
            ("a[!0-9]b", "axb", true),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaa", false),
            ("[", "[", false),
            ("a[", "b", false),
            ("", "", true),
        ] {
            let matches = Matches::of_shell(pattern.as_bytes()).unwrap();
            assert_eq!(matches.holds(name.as_bytes()), holds, "{pattern} {name}");
        }
    }
}
