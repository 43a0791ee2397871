//! Asciicasts, the recordings of `asciinema`: version 1 is one object, 2 and 3 are lines.
//!
//! Formats: <https://docs.asciinema.org/manual/asciicast/v1/>, `v2`, `v3`. What the user typed
//! (`i`), marks and exit codes are not read, nor is what nobody has defined: a line of another kind
//! must not hide the next one.

use serde_json::Value;

use super::Piece;

/// What the first object of a recording says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Header {
    pub(in super::super) version: u64,
    pub(in super::super) columns: usize,
    pub(in super::super) rows: usize,
    /// When it began, in seconds since 1970.
    pub(in super::super) began: Option<i64>,
}

/// Reads the header of any version.
pub(in super::super) fn header(text: &[u8]) -> Option<Header> {
    let value: Value = serde_json::from_slice(text).ok()?;
    let number = |value: &Value| usize::try_from(value.as_u64()?).ok();
    let term = &value["term"];
    let of = |old: &str, new: &str| number(&value[old]).or_else(|| number(&term[new]));
    Some(Header {
        version: value["version"].as_u64()?,
        columns: of("width", "cols").unwrap_or(80),
        rows: of("height", "rows").unwrap_or(24),
        began: value["timestamp"].as_i64(),
    })
}

/// One event of version 2 or 3.
#[derive(Debug, PartialEq)]
pub(in super::super) struct Event {
    /// Seconds since the start, or since the event before.
    pub(in super::super) time: f64,
    text: String,
    size: Option<(usize, usize)>,
}

impl Event {
    /// What it does to the terminal.
    pub(in super::super) fn piece(&self) -> Piece<'_> {
        match self.size {
            Some((columns, rows)) => Piece::Size(columns, rows),
            None => Piece::Output(self.text.as_bytes()),
        }
    }
}

/// Reads one line; `Ok(None)` for a comment or an event that shows nothing.
///
/// # Errors
/// The cause, when the line is no event.
pub(in super::super) fn event(line: &[u8]) -> Result<Option<Event>, String> {
    let line = line.trim_ascii();
    if line.is_empty() || line.starts_with(b"#") {
        return Ok(None);
    }
    let value: Value = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let (Some(time), Some(code)) = (value[0].as_f64(), value[1].as_str()) else {
        return Err("expected [time, code, data]".to_owned());
    };
    let size = match code {
        "o" | "e" => None,
        "r" => {
            let size = value[2].as_str().and_then(|text| text.split_once('x'));
            let Some(size) = size.and_then(|(c, r)| Some((c.parse().ok()?, r.parse().ok()?)))
            else {
                return Ok(None);
            };
            Some(size)
        }
        // Typed keys and marks take time, too.
        _ => None,
    };
    let text = match value {
        Value::Array(mut fields) if matches!(code_of(&fields), Some("o" | "e")) => {
            match fields.get_mut(2).map(Value::take) {
                Some(Value::String(text)) => text,
                _ => String::new(),
            }
        }
        _ => String::new(),
    };
    Ok(Some(Event { time, text, size }))
}

fn code_of(fields: &[Value]) -> Option<&str> {
    fields.get(1).and_then(Value::as_str)
}

/// The output of a version 1 recording, in order.
pub(in super::super) fn first_version(text: &[u8]) -> Result<Vec<String>, String> {
    let mut value: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let Value::Array(frames) = value["stdout"].take() else {
        return Err("expected \"stdout\": [[delay, data], …]".to_owned());
    };
    let text = |mut frame: Value| match frame.get_mut(1).map(Value::take) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    Ok(frames.into_iter().filter_map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_all_versions_are_read() {
        for (text, version, columns) in [
            (
                r#"{"version": 1, "width": 90, "height": 24, "stdout": []}"#,
                1,
                90,
            ),
            (
                r#"{"version": 2, "width": 100, "height": 30, "env": null}"#,
                2,
                100,
            ),
            (
                r#"{"version":3,"term":{"cols":70,"rows":20,"type":null}}"#,
                3,
                70,
            ),
            (r#"{"version":3}"#, 3, 80),
        ] {
            let header = header(text.as_bytes()).unwrap();
            assert_eq!(
                (header.version, header.columns),
                (version, columns),
                "{text}"
            );
        }
        assert_eq!(header(b"{}"), None);
        assert_eq!(header(b"{\"version\": 2"), None);
    }

    #[test]
    fn events_are_read_and_others_pass() {
        let piece = |line: &str| {
            let event = event(line.as_bytes());
            event.map(|e| {
                e.map(|e| match e.piece() {
                    Piece::Output(text) => String::from_utf8_lossy(text).into_owned(),
                    Piece::Size(columns, rows) => format!("{columns}x{rows}"),
                })
            })
        };
        assert_eq!(
            piece(r#"[1.5, "o", "a\u001b[Kb"]"#),
            Ok(Some("a\u{1b}[Kb".into()))
        );
        assert_eq!(piece(r#"[1, "r", "100x50"]"#), Ok(Some("100x50".into())));
        assert_eq!(piece(r#"[1, "i", "secret"]"#), Ok(Some(String::new())));
        assert_eq!(piece("# a comment"), Ok(None));
        assert_eq!(piece(""), Ok(None));
        assert!(piece(r#"[1, "o", "cut"#).is_err());
        assert!(piece("{}").is_err());
        let old = br#"{"version": 1, "stdout": [[0.1, "a"], [1, "b"], [2]]}"#;
        assert_eq!(first_version(old), Ok(vec!["a".into(), "b".into()]));
    }
}
