//! A need in parts, read from a file: `{"parts": [{"path": "/", "what": "image", "bytes": 1024}]}`.
//!
//! `bytes` is a number or a size such as `"1.5GiB"`; `inodes` may stand beside it; `mount` is
//! another word for `path`. A file that is not understood is refused, as a need that is read too
//! small would say that an update fits.

use serde_json::{Map, Value};

use crate::bytes::Bytes;
use crate::need::{Demand, Part};

/// Reads the parts; `source` is what messages call the file.
///
/// ```
/// use jettison::report::json::need::parts;
///
/// let file = br#"{"source": "image 7", "parts": [{"path": "/", "what": "image", "bytes": "2KiB"}]}"#;
/// let demand = parts(file, "need.json")?;
/// assert_eq!((demand.source.as_str(), demand.parts[0].bytes), ("image 7", 2048));
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// What is not understood, and where.
pub fn parts(file: &[u8], source: &str) -> Result<Demand, String> {
    let value: Value = serde_json::from_slice(file).map_err(|e| format!("{source}: {e}"))?;
    let wrong = |what: &str| format!("{source}: {what}");
    let object = value.as_object().ok_or_else(|| {
        wrong("not an object (expected {\"parts\": [{\"path\": …, \"bytes\": …}]})")
    })?;
    known(object, &["schema", "source", "parts"]).map_err(|e| wrong(&e))?;
    let parts = object.get("parts").and_then(Value::as_array);
    let parts = parts.ok_or_else(|| wrong("`parts` is missing, or not a list"))?;
    let read = |(at, value): (usize, &Value)| {
        part(value).map_err(|e| wrong(&format!("part {}: {e}", at + 1)))
    };
    let source = match object.get("source") {
        None => source,
        Some(said) => said
            .as_str()
            .ok_or_else(|| wrong("`source` is not a text"))?,
    };
    Ok(Demand {
        source: source.to_owned(),
        parts: parts
            .iter()
            .enumerate()
            .map(read)
            .collect::<Result<_, _>>()?,
    })
}

fn part(value: &Value) -> Result<Part, String> {
    let object = value.as_object().ok_or("not an object")?;
    known(object, &["path", "mount", "what", "bytes", "inodes"])?;
    let named = (object.get("path"), object.get("mount"));
    let ((Some(path), None) | (None, Some(path))) = named else {
        return Err("it must have either a `path` or a `mount`".into());
    };
    let path = path.as_str().filter(|path| path.starts_with('/'));
    let path = path.ok_or("its path is not an absolute one")?;
    let what = object.get("what").map_or(Some("files"), Value::as_str);
    let inodes = object.get("inodes").map_or(Some(0), Value::as_u64);
    Ok(Part {
        path: path.as_bytes().to_vec(),
        what: what.ok_or("`what` is not a text")?.to_owned(),
        bytes: bytes(object.get("bytes").ok_or("`bytes` is missing")?)?,
        inodes: inodes.ok_or("`inodes` is not a whole number")?,
    })
}

fn bytes(value: &Value) -> Result<u64, String> {
    match value {
        Value::String(text) => Bytes::parse(text).map(|b| b.0).map_err(|e| e.to_string()),
        number => number
            .as_u64()
            .ok_or_else(|| format!("`bytes` is not a whole number of bytes: {number}")),
    }
}

/// A key that nobody knows may be a need that nobody counts.
fn known(object: &Map<String, Value>, keys: &[&str]) -> Result<(), String> {
    match object.keys().find(|key| !keys.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(format!(
            "`{}` is not known (expected {})",
            key.escape_debug(),
            keys.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read() {
        let file = br#"{"parts": [
            {"mount": "/", "bytes": 18446744073709551615, "inodes": 7},
            {"path": "/boot", "what": "kernel", "bytes": "0.5KiB"}]}"#;
        let demand = parts(file, "f").expect("a need");
        assert_eq!(demand.source, "f");
        let part = |path: &str, what: &str, bytes, inodes| Part {
            path: path.into(),
            what: what.into(),
            bytes,
            inodes,
        };
        let expected = [
            part("/", "files", u64::MAX, 7),
            part("/boot", "kernel", 512, 0),
        ];
        assert_eq!(demand.parts, expected);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (file, cause) in [
            ("", "EOF"),
            ("[]", "not an object"),
            ("{}", "`parts` is missing"),
            (r#"{"parts": 1}"#, "not a list"),
            (r#"{"parts": [], "more": 1}"#, "`more` is not known"),
            (r#"{"parts": [1]}"#, "part 1: not an object"),
            (r#"{"parts": [{"bytes": 1}]}"#, "either a `path` or"),
            (r#"{"parts": [{"path": "x", "bytes": 1}]}"#, "absolute"),
            (r#"{"parts": [{"path": "/"}]}"#, "`bytes` is missing"),
            (r#"{"parts": [{"path": "/", "bytes": -1}]}"#, "whole number"),
            (
                r#"{"parts": [{"path": "/", "bytes": 1.5}]}"#,
                "whole number",
            ),
            (
                r#"{"parts": [{"path": "/", "bytes": 1e400}]}"#,
                "number out of range",
            ),
            (r#"{"parts": [{"path": "/", "bytes": "1e9"}]}"#, "1e9"),
            (
                r#"{"parts": [{"path": "/", "byte": 1}]}"#,
                "`byte` is not known",
            ),
            (
                r#"{"parts": [{"path": "/", "bytes": 1, "inodes": -1}]}"#,
                "inodes",
            ),
        ] {
            let error = parts(file.as_bytes(), "f").expect_err(file);
            assert!(error.starts_with("f: ") && error.contains(cause), "{error}");
        }
    }
}
