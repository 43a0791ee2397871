//! `jettison.why/1`: everything known of one path; of a recording, every line behind it.

use serde_json::{Value, json};

use crate::entry::Observation;
use crate::policy::Risk;
use crate::tree::{NodeId, Tree};

use super::{interval, path, time};

/// What is written.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The name of the source, as given.
    pub source: &'a [u8],
    /// The path in question.
    pub path: &'a [u8],
    /// Where it lies in the tree; none for what a recording shows and is gone at its end.
    pub found: Option<(&'a Tree, NodeId)>,
    /// The family that it is a member of.
    pub family: Option<&'a [u8]>,
    /// Its risk, and why.
    pub risk: Option<(Risk, &'a str)>,
    /// The lines behind it, and how many were not kept; none where the source is no recording.
    pub evidence: Option<(&'a [Observation], u64)>,
}

/// The whole object.
#[must_use]
pub fn document(doc: &Document<'_>) -> Value {
    let of = |value: &dyn Fn(&Tree, NodeId) -> Value| {
        doc.found
            .map_or(Value::Null, |(tree, node)| value(tree, node))
    };
    json!({
        "schema": "jettison.why/1",
        "source": path(doc.source),
        "path": path(doc.path),
        "kind": of(&|tree, node| json!(tree.kind(node).word())),
        "apparent": of(&|tree, node| interval(tree.totals(node).apparent)),
        "disk": of(&|tree, node| interval(tree.totals(node).disk)),
        "freed": of(&|tree, node| interval(tree.freed(node))),
        "mtime": of(&|tree, node| time(tree.mtime(node))),
        "family": doc.family.map(path),
        "risk": doc.risk.map(|(risk, why)| json!({ "risk": risk.word(), "why": why })),
        "evidence": doc.evidence.map(|(all, _)| all.iter().map(observation).collect::<Vec<_>>()),
        "evidence_dropped": doc.evidence.map(|(_, dropped)| dropped),
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
