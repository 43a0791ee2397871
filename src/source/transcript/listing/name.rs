//! Names as `ls` prints them: bare, in the shell's quotes, as C strings or with C escapes.

/// How a listing writes its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Quoting {
    /// As GNU does on a terminal: quoted where needed, and then the others moved by one blank.
    Shell,
    /// As they are, with `?` for control characters (`-N`, `-q`).
    Literal,
    /// As they are: what does not go to a terminal.
    Raw,
    /// Always in double quotes (`-Q`).
    C,
    /// With backslashes (`-b`).
    Escape,
    /// As a C string where needed, and then the others moved by one blank.
    MaybeC,
    /// Always in the quotation marks of the locale, with backslashes inside.
    Marks,
}

/// Quotation marks of locales: what opens, what closes.
const MARKS: [(&str, &str); 12] = [
    ("'", "'"),
    ("\"", "\""),
    ("‘", "’"),
    ("“", "”"),
    ("„", "“"),
    ("„", "”"),
    ("”", "”"),
    ("’", "’"),
    ("«\u{a0}", "\u{a0}»"),
    ("«", "»"),
    ("»", "«"),
    ("「", "」"),
];

/// Reads a name in the shell's quotes from the start of `text`; gives the name and what follows.
/// It ends at the first blank or at the end, so a bare name with a blank is not read whole.
pub(in super::super) fn shell(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut name = Vec::new();
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match byte {
            b'\'' | b'"' => {
                let end = tail.iter().position(|&b| b == byte)?;
                name.extend_from_slice(&tail[..end]);
                &tail[end + 1..]
            }
            b'$' if tail.first() == Some(&b'\'') => escaped_until(b"'", &tail[1..], &mut name)?,
            b'\\' => {
                let (&next, tail) = tail.split_first()?;
                name.push(next);
                tail
            }
            // A tab parts columns; in a name it would be quoted.
            b' ' | b'\t' => break,
            _ => {
                name.push(byte);
                tail
            }
        };
    }
    Some((name, rest))
}

/// Reads a C string with its quotes.
pub(in super::super) fn c_string(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut name = Vec::new();
    let rest = escaped_until(b"\"", text.strip_prefix(b"\"")?, &mut name)?;
    Some((name, rest))
}

/// Reads a name in the quotation marks of a locale, which stand as they are only at its ends.
pub(in super::super) fn marked(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    MARKS.iter().find_map(|(open, close)| {
        let mut name = Vec::new();
        let inner = text.strip_prefix(open.as_bytes())?;
        let rest = escaped_until(close.as_bytes(), inner, &mut name)?;
        Some((name, rest))
    })
}

/// Reads a name with C escapes up to the first blank that is not escaped.
pub(in super::super) fn escaped(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut name = Vec::new();
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match byte {
            b' ' => break,
            b'\\' => one_escape(tail, &mut name)?,
            _ => {
                name.push(byte);
                tail
            }
        };
    }
    Some((name, rest))
}

/// Reads a whole text with C escapes, in which blanks stand for themselves: in the header of a
/// directory's block, `ls -b` escapes the colon and not the blank.
pub(in super::super) fn escaped_whole(text: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::new();
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = if byte == b'\\' {
            one_escape(tail, &mut name)?
        } else {
            name.push(byte);
            tail
        };
    }
    Some(name)
}

fn escaped_until<'a>(end: &[u8], text: &'a [u8], name: &mut Vec<u8>) -> Option<&'a [u8]> {
    let mut rest = text;
    loop {
        if let Some(after) = rest.strip_prefix(end) {
            return Some(after);
        }
        let (&byte, tail) = rest.split_first()?;
        rest = match byte {
            b'\\' => one_escape(tail, name)?,
            _ => {
                name.push(byte);
                tail
            }
        };
    }
}

/// What stands after a backslash: a letter, three octal digits, or the character itself.
fn one_escape<'a>(text: &'a [u8], name: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (&byte, tail) = text.split_first()?;
    let plain = match byte {
        b'a' => 7,
        b'b' => 8,
        b't' => 9,
        b'n' => 10,
        b'v' => 11,
        b'f' => 12,
        b'r' => 13,
        b'0'..=b'3' => {
            let octal = text.get(..3)?;
            let value = octal.iter().try_fold(0u8, |n, &b| {
                matches!(b, b'0'..=b'7').then(|| n.wrapping_mul(8).wrapping_add(b - b'0'))
            })?;
            name.push(value);
            return Some(&text[3..]);
        }
        other => other,
    };
    name.push(plain);
    Some(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_names_are_read() {
        for (text, name, rest) in [
            ("plain", "plain", ""),
            ("'two words' -> x", "two words", " -> x"),
            ("\"it's\"", "it's", ""),
            ("'new'$'\\n''line'", "new\nline", ""),
            ("''$'\\033''[31mred'/", "\u{1b}[31mred/", ""),
            ("'a'\\''b'", "a'b", ""),
        ] {
            let read = shell(text.as_bytes()).unwrap();
            assert_eq!(read, (name.as_bytes().to_vec(), rest.as_bytes()), "{text}");
        }
        assert_eq!(shell(b"'open"), None);
        assert_eq!(shell(b"''$'\\0"), None);
        assert_eq!(
            c_string(br#""say \"hi\"" x"#),
            Some((b"say \"hi\"".to_vec(), &b" x"[..]))
        );
        assert_eq!(
            escaped(br"a\ \033b -> c"),
            Some((b"a \x1bb".to_vec(), &b" -> c"[..]))
        );
    }
}
