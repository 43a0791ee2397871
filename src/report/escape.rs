//! Names for a terminal: any bytes in, no control sequence out.
//!
//! A name may hold anything but `/` and NUL. On a terminal an ESC would be obeyed, a
//! right-to-left mark would show another name than the one meant, and a newline would forge a
//! line. [`escape`] writes all of these, and bytes that are no UTF-8, visibly; [`shorten`] cuts a
//! text to a width *after* that.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The name as text without control, bidirectional or invisible characters: these become `\n`,
/// `\t`, `\x1b` or `\u{202e}`, bytes outside UTF-8 `\xff`, and a backslash is doubled.
///
/// ```
/// use jettison::report::escape::escape;
///
/// assert_eq!(escape(b"a\x1b[31m\n\xff"), "a\\x1b[31m\\n\\xff");
/// ```
#[must_use]
pub fn escape(name: &[u8]) -> String {
    let mut out = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_escaped(&mut out, c);
        }
        for byte in chunk.invalid() {
            let _infallible = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

fn push_escaped(out: &mut String, c: char) {
    let written = match c {
        '\\' => write!(out, "\\\\"),
        '\n' => write!(out, "\\n"),
        '\r' => write!(out, "\\r"),
        '\t' => write!(out, "\\t"),
        '\0'..='\x1f' | '\x7f' => write!(out, "\\x{:02x}", u32::from(c)),
        _ if misleads(c) => write!(out, "\\u{{{:x}}}", u32::from(c)),
        _ => {
            out.push(c);
            Ok(())
        }
    };
    debug_assert!(written.is_ok(), "a String takes everything");
}

/// Characters that a terminal obeys or hides: C1 controls, zero-width and bidirectional marks,
/// line and paragraph separators, invisible fillers, tags and private noncharacters.
fn misleads(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// How many columns a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text cut to `columns` by leaving out its middle, `/data/ti…/NYSE.csv`.
///
/// ```
/// use jettison::report::escape::shorten;
///
/// assert_eq!(shorten("/data/ticker/NYSE.csv", 15), "/data/t…YSE.csv");
/// ```
#[must_use]
pub fn shorten(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let head = take(text.chars(), room - room / 2);
    let tail: Vec<char> = take(text.chars().rev(), room / 2).chars().rev().collect();
    format!("{head}…{}", tail.into_iter().collect::<String>())
}

fn take(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += match c {
                // The sign before it becomes a picture, which is wide.
                '\u{fe0f}' => 1,
                _ => c.width().unwrap_or(0),
            };
            used <= columns
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_names_become_visible() {
        for (name, shown) in [
            (&b"plain.csv"[..], "plain.csv"),
            ("é漢 x".as_bytes(), "é漢 x"),
            (b"back\\slash", "back\\\\slash"),
            (b"\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"),
            ("\u{202e}gpj.exe".as_bytes(), "\\u{202e}gpj.exe"),
            ("\u{9b}31m".as_bytes(), "\\u{9b}31m"),
            (b"\x9b31m\xff", "\\x9b31m\\xff"),
        ] {
            assert_eq!(escape(name), shown);
        }
    }

    #[test]
    fn a_sign_that_becomes_a_picture_is_wide() {
        for columns in 1..8 {
            for text in ["0123456\u{fe0f}", "0\u{fe0f}1\u{fe0f}2\u{fe0f}3\u{fe0f}4"] {
                assert!(
                    width(&shorten(text, columns)) <= columns,
                    "{text} {columns}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_obeyed_gets_through(name: Vec<u8>) {
            let shown = escape(&name);
            prop_assert!(!shown.chars().any(|c| c.is_control() || misleads(c)), "{shown:?}");
        }

        #[test]
        fn different_names_look_different(a: Vec<u8>, b: Vec<u8>) {
            prop_assert_eq!(a == b, escape(&a) == escape(&b));
        }

        #[test]
        fn shortened_text_fits(text in "\\PC{0,60}", columns in 1usize..40) {
            prop_assert!(width(&shorten(&text, columns)) <= columns);
        }
    }
}
