//! `jettison.check/1`: whether the update fits, volume by volume.

use serde_json::{Value, json};

use crate::need::Part;
use crate::report::check::{Check, Target, Warning};

use super::{interval, path};

/// The whole object.
#[must_use]
pub fn document(check: &Check) -> Value {
    let parts = check.demand.as_ref().map_or(&[][..], |d| &d.parts);
    json!({
        "schema": "jettison.check/1",
        "state": check.state().word(),
        "exit": check.exit(),
        "time": check.at.0,
        "need": {
            "asked": check.asked,
            "source": check.demand.as_ref().map(|d| &d.source),
            "parts": parts.iter().map(part).collect::<Vec<_>>(),
        },
        "targets": check.targets.iter().map(target).collect::<Vec<_>>(),
        "findings": check.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn part(part: &Part) -> Value {
    json!({
        "path": path(&part.path),
        "what": part.what,
        "bytes": part.bytes,
        "inodes": part.inodes,
    })
}

fn target(target: &Target) -> Value {
    let volume = target.volume.as_ref();
    json!({
        "path": path(&target.path),
        "mount": volume.map(|v| path(&v.mount)),
        "fstype": volume.and_then(|v| v.fstype.as_ref()),
        "size": volume.map(|v| v.size),
        "used": volume.map(|v| v.used),
        "reserved": volume.map(|v| v.reserved),
        "quota": target.quota.as_ref().map(|quota| json!({
            "words": quota.words,
            "available": quota.available,
            "inodes_available": quota.inodes_available,
        })),
        "available": target.available,
        "need": target.need,
        "floor": target.floor,
        "parts": target.parts.iter().map(part).collect::<Vec<_>>(),
        "shortfall": target.shortfall,
        "inodes": {
            "total": volume.and_then(|v| v.inodes),
            "available": volume.and_then(|v| v.inodes_available),
            "need": target.inodes,
            "shortfall": target.inodes_short,
        },
        "reclaimable": target.reclaimable.map(interval),
        "state": target.state.word(),
        "reasons": target.reasons,
        "next": target.next,
    })
}

fn finding(finding: &Warning) -> Value {
    json!({
        "code": finding.code,
        "subject": path(&finding.subject),
        "message": finding.message,
    })
}
