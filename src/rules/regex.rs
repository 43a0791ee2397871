//! Regular expressions as `find -regex` reads them → the `regex` crate's syntax over bytes.
//!
//! Two dialects are told apart: the default (GNU Emacs: `\(`, `\|`, `\)` group and choose) and
//! the extended ones. The whole path must match.

use crate::rules::model::Regex;

/// Translates and compiles.
pub(super) fn compile(source: &[u8], extended: bool, casefold: bool) -> Result<Regex, String> {
    let mut text = String::from(if casefold {
        "(?is-u)^(?:"
    } else {
        "(?s-u)^(?:"
    });
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
                    b'w' | b'W' | b'b' | b'B' => {
                        text.push('\\');
                        text.push(char::from(next));
                    }
                    _ => push_literal(&mut text, next),
                }
            }
            b'[' => at += bracket(&mut text, &source[at..])?,
            b'(' | b')' | b'|' | b'{' | b'}' if !extended => push_literal(&mut text, byte),
            b'.' | b'*' | b'+' | b'?' | b'(' | b')' | b'|' | b'{' | b'}' | b'^' | b'$' => {
                text.push(char::from(byte));
            }
            _ => push_literal(&mut text, byte),
        }
    }
    text.push_str(")$");
    regex::bytes::RegexBuilder::new(&text)
        .size_limit(1 << 20)
        .build()
        .map(|program| Regex {
            source: source.to_vec(),
            program,
        })
        .map_err(|_| "it is not a regular expression".to_owned())
}

fn push_literal(text: &mut String, byte: u8) {
    text.push_str(&format!("\\x{byte:02x}"));
}

/// Copies a bracket expression: the backslash is no escape in it, classes are kept.
fn bracket(text: &mut String, rest: &[u8]) -> Result<usize, String> {
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
        if rest[at..].starts_with(b"[:")
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
