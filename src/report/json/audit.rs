//! `jettison.audit/1`: families, rules and findings.

use serde_json::{Value, json};

use crate::audit::{Audit, FamilyReport, Finding, NearMiss, RuleReport, Severity, Share};
use crate::entry::{Trouble, Volume};
use crate::family::{Failing, Writer};
use crate::rules::model::{Place, Rule};
use crate::tree::Tree;

use super::{interval, path, time, troubles, volume};

/// What is written.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The audit.
    pub audit: &'a Audit,
    /// The tree that it looked at.
    pub tree: &'a Tree,
    /// The volume, where known.
    pub volume: Option<&'a Volume>,
    /// Whether to list members.
    pub members: bool,
    /// What could not be read or understood, of the source and of the rules.
    pub troubles: &'a [Trouble],
}

/// The whole object.
#[must_use]
pub fn document(doc: &Document<'_>) -> Value {
    let Document { audit, tree, .. } = *doc;
    let days = doc.volume.and_then(|v| audit.days_to_full(v.available));
    json!({
        "schema": "jettison.audit/1",
        "families": audit.families.iter().map(|f| family(f, doc)).collect::<Vec<_>>(),
        "rules": audit.rules.iter().map(rule).collect::<Vec<_>>(),
        "findings": audit.findings.iter().map(finding).collect::<Vec<_>>(),
        "quantity": tree.quantity().word(),
        "volume": volume(doc.volume),
        "days_to_full": days,
        "troubles": troubles(doc.troubles),
    })
}

fn share(share: Share) -> Value {
    json!({ "files": share.files, "disk": share.disk })
}

fn family(report: &FamilyReport, doc: &Document<'_>) -> Value {
    let f = &report.family;
    let ids = |at: &usize| doc.audit.rules.get(*at).map(|rule| rule.rule.id.clone());
    let variables: Vec<_> = f
        .variables
        .iter()
        .map(|v| json!({ "name": v.name, "kind": v.kind.word() }))
        .collect();
    let lineage: Vec<_> = f
        .lineage
        .iter()
        .map(|p| json!({ "template": path(&p.template), "from": time(p.from), "to": time(p.to) }))
        .collect();
    let members = doc.members.then(|| {
        f.members
            .iter()
            .map(|m| path(&doc.tree.path(m.node)))
            .collect::<Vec<_>>()
    });
    json!({
        "template": path(&f.template),
        "root": path(&f.root),
        "disposition": f.disposition.word(),
        "confidence": f.confidence,
        "owner": f.owner,
        "variables": variables,
        "files": f.files,
        "disk": interval(f.disk),
        "apparent": interval(f.apparent),
        "first": time(f.first),
        "last": time(f.last),
        "cadence_seconds": f.cadence.map(|c| c.0),
        "growth_bytes_per_day": f.growth_per_day,
        "writer": f.writer.word(),
        "active": f.writer == Writer::Active,
        "keep_seconds": report.keep.as_ref().map(|k| k.age.0),
        "stale": { "files": report.stale.len(), "disk": interval(report.stale_disk) },
        "missing": f.missing,
        "periods": f.periods,
        "failing": f.failing.as_ref().map(failing),
        "doubts": f.doubts.iter().map(|d| json!({ "code": d.word(), "message": d.message() })).collect::<Vec<_>>(),
        "side": { "files": f.side.files, "bytes": f.side.bytes },
        "kept_seconds": f.past.kept.map(|age| age.0),
        "tail": f.past.tail.map(|tail| json!({
            "files": tail.files, "bytes": tail.bytes, "until": tail.until.0,
        })),
        "rollup": f.past.rollup.as_ref().map(|template| path(template)),
        "floor": report.floor.len(),
        "keep_says": report.keep.as_ref().map(|keep| &keep.says),
        "lineage": lineage,
        "verdict": report.verdict.word(),
        "covered_by": report.covered_by.iter().filter_map(ids).collect::<Vec<_>>(),
        "near_misses": report.near_misses.iter().map(|m| near_miss(m, doc.audit)).collect::<Vec<_>>(),
        "members": members,
    })
}

fn failing(failing: &Failing) -> Value {
    json!({
        "since": failing.since.0,
        "empty": failing.empty,
        "small": failing.small,
        "missing": failing.missing,
        "overdue": failing.overdue,
        "unfinished": failing.unfinished,
        "usual_bytes": failing.usual,
    })
}

fn near_miss(miss: &NearMiss, audit: &Audit) -> Value {
    json!({
        "rule": audit.rules.get(miss.rule).map(|rule| &rule.rule.id),
        "points": miss.points,
        "failing": miss.failing,
        "edit": miss.edit,
        "edited": miss.edited,
        "would_cover": share(miss.would_cover),
        "also_catches": miss.also_catches.iter().map(|t| path(t)).collect::<Vec<_>>(),
        "others": miss.others,
    })
}

/// Where a rule is called from, outermost first.
pub(super) fn via(rule: &Rule) -> Value {
    let place = |p: &Place| json!({ "file": path(&p.file), "line": p.line });
    Value::Array(rule.via.iter().map(place).collect())
}

fn rule(report: &RuleReport) -> Value {
    let r = &report.rule;
    json!({
        "id": r.id,
        "format": r.format.word(),
        "file": path(&r.file),
        "line": r.line,
        "via": via(r),
        "text": path(&r.text),
        "state": report.state.word(),
        "reason": report.reason,
        "scope": share(report.scope),
        "eligible": share(report.eligible),
        "overdue": share(report.overdue),
        "evidence": report.evidence,
    })
}

fn finding(finding: &Finding) -> Value {
    let severity = match finding.code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    json!({
        "code": finding.code.word(),
        "severity": severity,
        "subject": path(&finding.subject),
        "message": finding.message,
        "hint": finding.hint,
    })
}
