//! `jettison.why/1`: everything known of one path; of a recording, every line behind it.

use serde_json::{Value, json};

use crate::audit::{FamilyReport, RuleReport};
use crate::entry::{Observation, Trouble};
use crate::report::known::{Verdict, View};
use crate::rules::model::Tri;
use crate::time::Timestamp;
use crate::tree::{NodeId, Tree};

use super::{audit, interval, path, time, troubles};

/// What is written.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The name of the source, as given.
    pub source: &'a [u8],
    /// The path in question.
    pub path: &'a [u8],
    /// When ages are counted from.
    pub now: Timestamp,
    /// What is known of it; none for what a recording shows and is gone at its end.
    pub view: Option<&'a View<'a>>,
    /// The lines behind it, and how many were not kept; none where the source is no recording.
    pub evidence: Option<(&'a [Observation], u64)>,
    /// What could not be read or understood, of the source and of the rules.
    pub troubles: &'a [Trouble],
}

/// The whole object: all keys are there, `null` where there is nothing to say.
#[must_use]
pub fn document(doc: &Document<'_>) -> Value {
    let of = |value: &dyn Fn(&Tree, NodeId) -> Value| {
        doc.view
            .map_or(Value::Null, |view| value(view.tree, view.node))
    };
    let view = doc.view;
    let rules = view.iter().flat_map(|view| &view.rules);
    json!({
        "schema": "jettison.why/1",
        "source": path(doc.source),
        "path": path(doc.path),
        "kind": of(&|tree, node| json!(tree.kind(node).word())),
        "quantity": of(&|tree, _| json!(tree.quantity().word())),
        "apparent": of(&|tree, node| interval(tree.totals(node).apparent)),
        "disk": of(&|tree, node| interval(tree.totals(node).disk)),
        "freed": of(&|tree, node| interval(tree.freed(node))),
        "mtime": of(&|tree, node| time(tree.mtime(node))),
        "now": doc.now.0,
        "family": view.and_then(|view| Some(family(view.family?, view.node))),
        "risk": view.map(|View { risk: (risk, because), .. }| json!({ "class": risk.word(), "why": because })),
        "rules_read": view.map(|view| view.rules_read),
        "rules": rules.map(|(report, verdict)| rule(report, verdict)).collect::<Vec<_>>(),
        "evidence": doc.evidence.map(|(all, _)| all.iter().map(observation).collect::<Vec<_>>()),
        "evidence_dropped": doc.evidence.map(|(_, dropped)| dropped),
        "troubles": troubles(doc.troubles),
    })
}

fn family(report: &FamilyReport, node: NodeId) -> Value {
    json!({
        "template": path(&report.family.template),
        "disposition": report.family.disposition.word(),
        "owner": report.family.owner,
        "verdict": report.verdict.word(),
        "keep_seconds": report.keep.as_ref().map(|keep| keep.age.0),
        "stale": report.stale.contains(&node),
    })
}

/// What one rule makes of the path: all keys are there whether it takes it or spares it.
fn rule(report: &RuleReport, verdict: &Verdict) -> Value {
    let word = |known: Tri| match known {
        Tri::True => "yes",
        Tri::False => "no",
        Tri::Unknown => "unknown",
    };
    let none: &[String] = &[];
    let (takes, now, due, spared_by) = match verdict {
        Verdict::Takes(hit) if hit.named => ("in-name-only", "no", None, none),
        Verdict::Takes(hit) => (word(hit.scope), word(hit.eligible), hit.due, none),
        Verdict::Spares(parts) => ("no", "no", None, parts.as_slice()),
    };
    let r = &report.rule;
    json!({
        "id": r.id,
        "format": r.format.word(),
        "file": path(&r.file),
        "line": r.line,
        "via": audit::via(r),
        "text": path(&r.text),
        "state": report.state.word(),
        "reason": report.reason,
        "takes": takes,
        "now": now,
        "due": time(due),
        "spared_by": spared_by,
    })
}

fn observation(seen: &Observation) -> Value {
    let command = seen.command.as_ref();
    json!({
        "line": seen.line,
        "what": seen.what,
        "size": seen.size.map(interval),
        "complete": seen.complete,
        "command": command.map(|c| json!({ "line": c.line, "text": path(&c.text) })),
        "superseded_by": seen.superseded_by,
        "conflicts": seen.conflicts,
    })
}
