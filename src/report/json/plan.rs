//! `jettison.plan/1`: the deletion set with its evidence and certificate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::entry::Volume;
use crate::plan::{Evidence, Pick, Plan, Reached};

use super::{interval, path, troubles, volume};

/// The whole object.
#[must_use]
pub fn document(plan: &Plan, on: Option<&Volume>) -> Value {
    let next = plan.next_risk.as_ref().map(|next| {
        json!({
            "risk": next.risk.word(),
            "reached": next.reached == Reached::Certain,
            "paths": next.picks.len(),
            "lost": next.lost,
        })
    });
    let frontier: Vec<_> = plan
        .frontier
        .iter()
        .map(|step| json!({ "paths": step.paths, "lost": step.lost, "proven": step.proven }))
        .collect();
    json!({
        "schema": "jettison.plan/1",
        "quantity": plan.quantity.word(),
        "need": plan.request.need,
        "available": plan.request.available,
        "shortfall": plan.request.shortfall,
        "reached": plan.reached == Reached::Certain,
        "possibly_reached": plan.reached != Reached::No,
        "smallest": plan.request.smallest.word(),
        "key": plan.key,
        "proven": plan.proven,
        "gap": plan.gap.map(|gap| json!({ "paths": gap.paths, "lost": gap.lost })),
        "waste_exceeded": plan.waste_exceeded,
        "picks": plan.picks.iter().map(pick).collect::<Vec<_>>(),
        "freed": interval(plan.freed),
        "lost": plan.lost,
        "frontier": frontier,
        "missing": plan.missing,
        "best_achievable": plan.best_achievable,
        "next_risk": next,
        "host": plan.host,
        "volume": volume(on),
        "limited_by": plan.request.limited_by,
        "remarks": plan.remarks,
        "troubles": troubles(&plan.troubles),
    })
}

fn pick(pick: &Pick) -> Value {
    json!({
        "path": path(&pick.path),
        "kind": pick.kind.word(),
        "risk": pick.risk.word(),
        "why": &*pick.why,
        "disk": interval(pick.disk),
        "apparent": interval(pick.apparent),
        "freed": interval(pick.freed),
        "files": pick.files,
        "evidence": pick.evidence.as_deref().map(evidence),
    })
}

fn evidence(seen: &Evidence) -> Value {
    // Nanoseconds of 64 bits end in the year 2262.
    let nanos = |ns: i128| i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX });
    json!({
        "dev": seen.dev,
        "ino": seen.ino,
        "handle": seen.handle.as_ref().map(handle),
        "kind": seen.kind.word(),
        "uid": seen.uid,
        "mode": seen.mode,
        "nlink": seen.nlink,
        "size": seen.size,
        "blocks": seen.blocks,
        "mtime_ns": nanos(seen.mtime_ns),
        "ctime_ns": nanos(seen.ctime_ns),
        "btime_ns": seen.btime_ns.map(nanos),
        "mount": seen.mount,
        "entries": seen.entries,
        "digest": format!("fnv1a128-sum:{:032x}", seen.digest),
    })
}

/// The type in decimal, a colon, the bytes in base64.
fn handle((kind, bytes): &(i32, Vec<u8>)) -> String {
    format!("{kind}:{}", STANDARD.encode(bytes))
}
