//! The documented JSON: one object per run, a schema number in front, keys that never vary.
//!
//! Bytes are integers when exact and `{"lo": …, "hi": …|null}` when not. A path is a string, or
//! `{"bytes": "<base64>"}` when it is not UTF-8. What the words and keys mean is said in the JSON
//! Schema files in `schemas/`.
//!
//! This is the one door to `serde_json`, and to `base64`.

pub mod audit;
#[cfg(feature = "cli")]
pub mod check;
pub mod need;
pub mod plan;
pub mod reconcile;
pub mod scan;
pub mod story;
pub mod why;

use std::io::{self, Write};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::bytes::Interval;
use crate::entry::{Trouble, Volume};
use crate::time::Timestamp;

/// A path or a name: a string, or its bytes in base64.
#[must_use]
pub fn path(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!({ "bytes": base64::engine::general_purpose::STANDARD.encode(bytes) }),
    }
}

/// An integer when exact, both bounds when not.
#[must_use]
pub fn interval(size: Interval) -> Value {
    if size.is_exact() {
        json!(size.lo)
    } else {
        json!({ "lo": size.lo, "hi": size.hi })
    }
}

/// Seconds since 1970 in UTC, or null.
#[must_use]
pub fn time(time: Option<Timestamp>) -> Value {
    json!(time.map(|t| t.0))
}

/// A volume, or null.
#[must_use]
pub fn volume(volume: Option<&Volume>) -> Value {
    volume.map_or(Value::Null, |v| {
        json!({
            "mount": path(&v.mount),
            "fstype": v.fstype,
            "size": v.size,
            "used": v.used,
            "available": v.available,
            "reserved": v.reserved,
            "inodes": v.inodes,
            "inodes_available": v.inodes_available,
            "measured": v.measured.word(),
        })
    })
}

/// What could not be read or understood.
#[must_use]
pub fn troubles(troubles: &[Trouble]) -> Value {
    let one = |t: &Trouble| json!({ "path": path(&t.path), "line": t.line, "code": t.code, "message": t.message });
    Value::Array(troubles.iter().map(one).collect())
}

/// Writes one object and a newline.
///
/// # Errors
/// Those of `out`.
pub fn write(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
