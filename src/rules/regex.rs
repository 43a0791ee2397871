//! Regular expressions as `find -regex` and `grep` read them → the `regex` crate's syntax over
//! bytes.
//!
//! Told apart are GNU Emacs' (`find`'s own: `\(`, `\|`, `\)` group and choose), the basic one of `grep` (the same, with `\+`, `\?` and `\{`) and the extended ones.

use regex::bytes::{RegexSet, RegexSetBuilder};

use crate::rules::model::Regex;

/// Which characters are special.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `find`'s own: `.` is no newline, and there are no `[[:classes:]]`.
    Emacs,
    /// The same, but that `.` is any byte: `findutils-default`.
    Findutils,
    Basic,
    Extended,
}

/// An expression that the whole path must match.
pub(super) fn compile(source: &[u8], dialect: Dialect, casefold: bool) -> Result<Regex, String> {
    let text = translated(source, dialect)?;
    finished(source, &text, casefold)
}

/// An expression that is to be found somewhere in the path, as `grep` looks for it.
pub(super) fn search(source: &[u8], dialect: Dialect, casefold: bool) -> Result<Regex, String> {
    let text = translated(source, dialect)?;
    finished(source, &format!(".*(?:{text}).*"), casefold)
}

/// One to be found in the last component of the path. An anchor in its midst is not understood.
pub(super) fn search_name(
    source: &[u8],
    dialect: Dialect,
    casefold: bool,
) -> Result<Regex, String> {
    let (from_start, rest) = match source.strip_prefix(b"^") {
        Some(rest) => (true, rest),
        None => (false, source),
    };
    let (to_end, rest) = match rest.strip_suffix(b"$") {
        Some(rest) if !rest.ends_with(b"\\") => (true, rest),
        _ => (false, rest),
    };
    if rest.iter().any(|b| matches!(b, b'^' | b'$' | b'|')) {
        return Err("its anchors stand in its midst".to_owned());
    }
    let text = translated(rest, dialect)?;
    let any = |anchored: bool| if anchored { "" } else { "[^/]*" };
    let text = format!("(?:.*/)?{}(?:{text}){}", any(from_start), any(to_end));
    finished(source, &text, casefold)
}

fn finished(source: &[u8], text: &str, casefold: bool) -> Result<Regex, String> {
    let flags = if casefold { "(?is-u)" } else { "(?s-u)" };
    regex::bytes::RegexBuilder::new(&format!("{flags}^(?:{text})$"))
        .size_limit(1 << 20)
        .build()
        .map(|program| Regex {
            source: source.to_vec(),
            program,
        })
        .map_err(|_| "it is not a regular expression".to_owned())
}

fn translated(source: &[u8], dialect: Dialect) -> Result<String, String> {
    let extended = dialect == Dialect::Extended;
    let is_emacs = matches!(dialect, Dialect::Emacs | Dialect::Findutils);
    let mut text = String::new();
    let mut at = 0;
    while let Some(&byte) = source.get(at) {
        at += 1;
        match byte {
            b'\\' => {
                let Some(&next) = source.get(at) else {
                    return Err("it ends in a backslash".to_owned());
                };
                at += 1;
                match next {
                    b'(' | b')' | b'|' if !extended => text.push(char::from(next)),
                    b'{' if dialect == Dialect::Basic => {
                        at += repetition(&mut text, &source[at..]);
                    }
                    b'}' | b'+' | b'?' if dialect == Dialect::Basic => {
                        text.push(char::from(next));
                    }
                    b's' | b'S' if !is_emacs => {
                        text.push('\\');
                        text.push(char::from(next));
                    }
                    b'w' | b'W' | b'b' | b'B' => {
                        text.push('\\');
                        text.push(char::from(next));
                    }
                    _ => push_literal(&mut text, next),
                }
            }
            b'{' if extended => at += repetition(&mut text, &source[at..]),
            b'[' => at += bracket(&mut text, &source[at..], !is_emacs)?,
            b'.' if dialect == Dialect::Emacs => text.push_str("[^\\n]"),
            b'(' | b')' | b'|' | b'{' | b'}' if !extended => push_literal(&mut text, byte),
            b'+' | b'?' if dialect == Dialect::Basic => push_literal(&mut text, byte),
            b'.' | b'*' | b'+' | b'?' | b'(' | b')' | b'|' | b'}' | b'^' | b'$' => {
                text.push(char::from(byte));
            }
            _ => push_literal(&mut text, byte),
        }
    }
    Ok(text)
}

/// Copies the numbers of `{2,8}`, which follow; how many bytes they are.
fn repetition(text: &mut String, rest: &[u8]) -> usize {
    text.push('{');
    let is_count = |b: &&u8| b.is_ascii_digit() || **b == b',';
    let counts = rest.iter().take_while(is_count);
    let before = text.len();
    text.extend(counts.map(|&b| char::from(b)));
    text.len() - before
}

fn push_literal(text: &mut String, byte: u8) {
    text.push_str(&format!("\\x{byte:02x}"));
}

/// Copies a bracket expression: the backslash is no escape in it, classes are kept.
fn bracket(text: &mut String, rest: &[u8], has_classes: bool) -> Result<usize, String> {
    text.push('[');
    let mut at = 0;
    if rest.first() == Some(&b'^') {
        text.push('^');
        at = 1;
    }
    let first = at;
    loop {
        let Some(&byte) = rest.get(at) else {
            return Err("a `[` is not closed".to_owned());
        };
        if byte == b']' && at > first {
            text.push(']');
            return Ok(at + 1);
        }
        if has_classes
            && rest[at..].starts_with(b"[:")
            && let Some(len) = rest[at..].windows(2).position(|pair| pair == b":]")
        {
            text.push_str(&String::from_utf8_lossy(&rest[at..at + len + 2]));
            at += len + 2;
            continue;
        }
        let is_range = byte == b'-' && at > first && rest.get(at + 1) != Some(&b']');
        if is_range {
            text.push('-');
        } else {
            push_literal(text, byte);
        }
        at += 1;
    }
}

/// Texts that are all looked for in one reading.
#[derive(Debug)]
pub(super) struct Texts(RegexSet);

impl Texts {
    /// Ready to search; `None` where there are too many for one automaton.
    pub(super) fn new(texts: &[Vec<u8>]) -> Option<Self> {
        let quoted = texts.iter().map(|text| {
            let bytes = text.iter().map(|byte| format!("\\x{byte:02x}"));
            format!("(?-u){}", bytes.collect::<String>())
        });
        let set = RegexSetBuilder::new(quoted).size_limit(64 << 20).build();
        set.ok().map(Self)
    }

    /// The numbers of the texts that are somewhere in a name.
    pub(super) fn find(&self, name: &[u8]) -> impl Iterator<Item = usize> {
        // To say that there is none is far cheaper than to say which.
        let some = self.0.is_match(name).then(|| self.0.matches(name));
        some.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greps_expressions_are_looked_for() {
        for (dialect, pattern, path, found) in [
            (
                Dialect::Extended,
                r"/sar?[0-9]{2,8}(\.(gz|xz))?$",
                "/l/sa01",
                true,
            ),
            (
                Dialect::Extended,
                r"/sar?[0-9]{2,8}(\.(gz|xz))?$",
                "/l/sar01.gz",
                true,
            ),
            (
                Dialect::Extended,
                r"/sar?[0-9]{2,8}(\.(gz|xz))?$",
                "/l/sa01.bz2",
                false,
            ),
            (Dialect::Basic, r"\.gz$", "/l/a.gz", true),
            (Dialect::Basic, r"\.gz$", "/l/agz", false),
            (Dialect::Basic, "a+b", "/l/a+b", true),
            (Dialect::Basic, "a+b", "/l/aab", false),
            (Dialect::Basic, r"a\+b", "/l/aab", true),
            (Dialect::Basic, "^/l", "/l/x", true),
            (Dialect::Basic, "^l", "/l/x", false),
        ] {
            let regex = search(pattern.as_bytes(), dialect, false).unwrap();
            assert_eq!(
                regex.program.is_match(path.as_bytes()),
                found,
                "{pattern} {path}"
            );
        }
        for (pattern, path, found) in [
            ("^dump", "/b/dump-1", true),
            ("^dump", "/dump/a", false),
            ("keep", "/keep/a", false),
            ("keep", "/b/a.keep.b", true),
            (r"\.gz$", "/b/a.gz", true),
            (r"\.gz$", "/b/a.gz.1", false),
        ] {
            let regex = search_name(pattern.as_bytes(), Dialect::Basic, false).unwrap();
            assert_eq!(
                regex.program.is_match(path.as_bytes()),
                found,
                "{pattern} {path}"
            );
        }
        assert!(search_name(b"a$b", Dialect::Basic, false).is_err());
    }
}
