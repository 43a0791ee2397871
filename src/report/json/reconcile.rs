//! The `reconciliation` of `jettison.scan/1`: `df` against the tree.
//!
//! A line that could not be measured at all is null. `unexplained` may lie below zero, where more
//! was counted than is used, and has two bounds where a line is not certain.

use serde_json::{Value, json};

use crate::reconcile::{Held, Part, Reconciliation, Rest};

use super::{interval, path};

/// The whole identity, or null where none was made.
#[must_use]
pub fn reconciliation(sums: Option<&Reconciliation>) -> Value {
    let Some(sums) = sums else { return Value::Null };
    let unseen = &sums.unseen;
    json!({
        "used": unseen.used,
        "tree": interval(sums.tree),
        "deleted_open": part(&unseen.deleted_open),
        "kernel": part(&unseen.kernel),
        "hidden": part(&unseen.hidden),
        "metadata": part(&unseen.metadata),
        "unexplained": unseen.foreign.is_none().then(|| rest(sums.unexplained())),
        "changed": signed(sums.changed()),
        "verdict": sums.verdict().to_string(),
        "deleted_open_files": unseen.deleted_files,
        "deleted_open_largest": unseen.largest.iter().map(held).collect::<Vec<_>>(),
        "processes_not_seen": unseen.closed_processes,
    })
}

fn part(part: &Part) -> Value {
    match part.bytes {
        bytes if bytes.lo == 0 && bytes.hi.is_none() => Value::Null,
        bytes => interval(bytes),
    }
}

fn rest(rest: Rest) -> Value {
    if rest.is_exact() {
        signed(rest.lo)
    } else {
        json!({ "lo": signed(rest.lo), "hi": signed(rest.hi) })
    }
}

/// A signed amount; what does not fit stays at the end of its range.
fn signed(bytes: i128) -> Value {
    match (u64::try_from(bytes), i64::try_from(bytes)) {
        (Ok(bytes), _) => json!(bytes),
        (_, Ok(bytes)) => json!(bytes),
        _ => json!(if bytes < 0 { i64::MIN } else { i64::MAX }),
    }
}

fn held(held: &Held) -> Value {
    json!({
        "path": path(&held.path),
        "disk": held.disk,
        "pid": held.pid,
        "command": path(&held.command),
        "unit": held.unit.as_deref().map(path),
        "holders": held.holders,
    })
}

#[cfg(test)]
mod tests {
    use crate::bytes::Interval;
    use crate::reconcile::Unseen;

    use super::*;

    #[test]
    fn what_is_not_known_is_null_or_bounded() {
        let unseen = Unseen {
            mount: b"/".to_vec(),
            used_before: 900,
            used: 1000,
            deleted_open: Part::at_least(7, "1 process could not be looked into"),
            deleted_files: 1,
            largest: vec![Held {
                path: b"/a\xff".to_vec(),
                disk: 7,
                pid: 1,
                command: b"init".to_vec(),
                unit: None,
                holders: 2,
            }],
            closed_processes: 1,
            kernel: Part::exactly(0),
            hidden: Part::unknown("only root may look"),
            mounts_on_top: 2,
            metadata: Part::exactly(3),
            foreign: None,
        };
        let mut sums = Reconciliation::of(Interval::exactly(600), unseen);
        let written = reconciliation(Some(&sums));
        assert_eq!(written["used"], 1000);
        assert_eq!(written["deleted_open"], json!({ "lo": 7, "hi": null }));
        assert_eq!(written["hidden"], Value::Null);
        assert_eq!(written["unexplained"], json!({ "lo": -100, "hi": 490 }));
        assert_eq!(written["deleted_open_largest"][0]["path"]["bytes"], "L2H/");
        sums.unseen.foreign = Some("df of overlay is another one's".to_owned());
        assert_eq!(reconciliation(Some(&sums))["unexplained"], Value::Null);
        assert_eq!(reconciliation(None), Value::Null);
    }

    #[test]
    fn signed_amounts_stay_in_range() {
        for (bytes, written) in [
            (-1, json!(-1)),
            (i128::from(u64::MAX), json!(u64::MAX)),
            (-i128::from(u64::MAX), json!(i64::MIN)),
            (i128::MAX, json!(i64::MAX)),
        ] {
            assert_eq!(signed(bytes), written);
        }
    }
}
