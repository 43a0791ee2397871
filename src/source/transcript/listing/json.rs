//! The fields of one line of JSON, as tools print a line for each name.
//!
//! Only objects whose values are strings and plain figures are read, up to where another object or
//! array begins. Strings may hold bytes that are not UTF-8: names are bytes.

/// A field: its key and its value, decoded.
pub(super) type Field = (Vec<u8>, Vec<u8>);

/// Fields beyond this many are not read.
const MOST_FIELDS: usize = 32;

/// The fields of an object; `None` where the line is none.
pub(super) fn fields(line: &[u8]) -> Option<Vec<Field>> {
    let mut rest = line.strip_prefix(b"{")?;
    let mut fields = Vec::new();
    while fields.len() < MOST_FIELDS {
        let (key, tail) = string(rest)?;
        let tail = tail.strip_prefix(b":")?;
        let (value, tail) = match tail.first()? {
            b'"' => string(tail)?,
            b'[' | b'{' => return Some(fields),
            _ => {
                let end = tail.iter().position(|b| b",}".contains(b))?;
                (tail[..end].to_vec(), &tail[end..])
            }
        };
        fields.push((key, value));
        rest = match tail.split_first()? {
            (b',', tail) => tail,
            (b'}', _) => return Some(fields),
            _ => return None,
        };
    }
    None
}

/// A string and what follows it.
fn string(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = text.strip_prefix(b"\"")?;
    let mut value = Vec::new();
    loop {
        let (&byte, tail) = rest.split_first()?;
        rest = match byte {
            b'"' => return Some((value, tail)),
            b'\\' => escape(tail, &mut value)?,
            _ => {
                value.push(byte);
                tail
            }
        };
    }
}

fn escape<'a>(text: &'a [u8], value: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (&byte, tail) = text.split_first()?;
    value.push(match byte {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 8,
        b'f' => 12,
        b'"' | b'\\' | b'/' => byte,
        b'u' => {
            let digits = std::str::from_utf8(tail.get(..4)?).ok()?;
            let code = u32::from_str_radix(digits, 16).ok()?;
            let mut room = [0; 4];
            // Half of a pair stands for nothing that a name can hold.
            let sign = char::from_u32(code)?.encode_utf8(&mut room);
            value.extend_from_slice(sign.as_bytes());
            return Some(&tail[4..]);
        }
        _ => return None,
    });
    Some(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_object_or_none() {
        let field = |key: &str, value: &str| (key.as_bytes().to_vec(), value.as_bytes().to_vec());
        for (line, expected) in [
            (
                r#"{"type":"file","size":12}"#,
                vec![field("type", "file"), field("size", "12")],
            ),
            (
                r#"{"name":"a\"\u0041\\b\n","contents":["#,
                vec![field("name", "a\"A\\b\n")],
            ),
            (r#"{"a":"b"},"#, vec![field("a", "b")]),
        ] {
            assert_eq!(fields(line.as_bytes()), Some(expected), "{line}");
        }
        for line in [
            "",
            "{",
            "[",
            "{}",
            r#"{"a":"b""#,
            r#"{"a":"\q"}"#,
            r#"{"a":"\u12"}"#,
            r#"{"a" "b"}"#,
        ] {
            assert_eq!(fields(line.as_bytes()), None, "{line}");
        }
    }
}
