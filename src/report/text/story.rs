//! The whole story on one page: what fills it, what nobody cleans, the smallest deletion set.

use crate::bytes::Bytes;
use crate::tree::{NodeId, Quantity};

use super::audit::{View as AuditView, doubts, failing_rules, full, gaps, so_far};
use super::plan::{View as PlanView, answer, body};
use super::sure::{Proofs, sure};
use super::{Column, Style, age, bar, count, fold, path, place, several, size, solid, table_below};

/// What the page tells of.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The audit, with its tree and volume.
    pub audit: AuditView<'a>,
    /// The plan, where there is a need.
    pub plan: Option<PlanView<'a>>,
    /// The largest places, largest first.
    pub largest: &'a [NodeId],
    /// The command for whoever needs room at once, to be pasted.
    pub now: Option<&'a str>,
    /// Of a recording: where it says what.
    pub proofs: Option<&'a dyn Proofs>,
}

/// Writes the page.
#[must_use]
pub fn story(view: &View<'_>, style: Style) -> String {
    let mut lines = head(view, style);
    lines.push(String::new());
    lines.extend(fills(view, style));
    let gaps = gaps(&view.audit, style);
    lines.extend([String::new(), style.strong("WHAT NOBODY CLEANS")]);
    if gaps.is_empty() {
        lines.push(nothing_uncleaned(&view.audit));
    } else {
        lines.extend(gaps);
    }
    let failing = failing_rules(&view.audit, style);
    if !failing.is_empty() {
        lines.extend([String::new(), style.strong("RULES THAT DO NOT WORK")]);
        lines.extend(failing);
    }
    if !view.audit.rules_read && !view.audit.audit.families.is_empty() {
        let text =
            "No cleanup rules were read: --rules ROOT names the machine's root or a checkout.";
        lines.extend(fold(text, 2, style).iter().map(|line| style.doubt(line)));
    }
    if let Some(plan) = &view.plan {
        lines.extend(body(plan, style));
    }
    if let Some(proofs) = view.proofs {
        let plan = view.plan.as_ref().map(|plan| plan.plan);
        let volume = view.audit.volume;
        lines.extend(sure(view.audit.tree, plan, volume, proofs, style));
    }
    lines.extend(unknown(view, style));
    if let Some(now) = view.now {
        // On a line of its own, the last one: to be pasted as it is.
        lines.extend([String::new(), "5 GiB now:".to_owned(), format!("  {now}")]);
    }
    lines.join("\n") + "\n"
}

/// The answer: the need and the way where there is a need, else how full it is.
fn head(view: &View<'_>, style: Style) -> Vec<String> {
    let full = full(&view.audit);
    if let Some(plan) = &view.plan {
        let mut lines = answer(plan, style);
        lines.extend((!full.is_empty()).then(|| style.strong(full.trim_start())));
        return lines;
    }
    let tree = view.audit.tree;
    let root = solid(&path(&tree.path(NodeId::ROOT)));
    let held = size(tree.weight(NodeId::ROOT));
    let room = view.audit.volume.map_or_else(String::new, |v| {
        format!(
            "; {} available of {} on {}",
            Bytes(v.available),
            Bytes(v.size),
            solid(&path(&v.mount))
        )
    });
    let text = format!("{root} holds {held}{room}.{full}");
    let lines = fold(&text, 0, style);
    lines.iter().map(|line| style.strong(line)).collect()
}

fn fills(view: &View<'_>, style: Style) -> Vec<String> {
    let tree = view.audit.tree;
    let mut lines = vec![style.strong("WHAT FILLS IT")];
    if tree.quantity() == Quantity::Apparent {
        lines[0] += " (apparent sizes: disk usage is not known)";
    }
    let whole = view.largest.first().map_or(0, |&node| tree.weight(node).lo);
    let freed = !tree.links().is_empty();
    let mut columns = vec![Column::Figure];
    let mut header = vec![tree.quantity().word().to_owned()];
    if freed {
        columns.push(Column::Figure);
        header.push("freed".to_owned());
    }
    columns.extend([Column::Figure, Column::Figure, Column::Path, Column::Word]);
    header.extend(["files", "newest", "path", ""].map(str::to_owned));
    let mut rows = vec![header];
    for &node in view.largest {
        let totals = tree.totals(node);
        let mut row = vec![size(tree.weight(node))];
        row.extend(freed.then(|| size(tree.freed(node))));
        row.push(count(totals.files));
        row.push(age(totals.newest.or(tree.mtime(node)), view.audit.now));
        row.push(place(tree, node));
        let bar = bar(tree.weight(node).lo, whole, 12);
        row.push(if style.terminal { bar } else { String::new() });
        rows.push(row);
    }
    let mut rows = table_below(&columns, &rows, style);
    if let Some(first) = rows.first_mut() {
        *first = style.quiet(first);
    }
    lines.extend(rows);
    lines
}

fn nothing_uncleaned(audit: &AuditView<'_>) -> String {
    let rules = several(audit.audit.rules.len() as u64, "rule", "rules");
    match audit.audit.families.len() as u64 {
        0 => format!(
            "  No family of sharded outputs was found{}; {rules} read.",
            so_far(audit.tree)
        ),
        n => format!(
            "  Nothing{}: {}, {rules}.",
            so_far(audit.tree),
            several(n, "family", "families")
        ),
    }
}

/// What is not known, and how to find out.
fn unknown(view: &View<'_>, style: Style) -> Vec<String> {
    let tree = view.audit.tree;
    let all = tree.totals(NodeId::ROOT).unread;
    // A recording may show little of what lies above the volume in question.
    let volume = view.audit.volume;
    let mount = volume.and_then(|volume| Some((volume, tree.find(&volume.mount)?)));
    let outside = mount.map_or(0, |(_, node)| all - tree.totals(node).unread.min(all));
    let mut lines = Vec::new();
    if all > outside {
        let places = several(all, "directory was", "directories were");
        let line = format!("? {places} not read to the end: figures with ≥ are lower bounds");
        lines.extend([String::new(), style.doubt(&line)]);
    } else if let Some((volume, _)) = mount.filter(|_| all > 0) {
        let places = several(outside, "directory", "directories");
        let was = if outside == 1 { "was" } else { "were" };
        let line = format!(
            "? {places} outside of {} {was} not read",
            path(&volume.mount)
        );
        lines.extend([String::new(), style.doubt(&line)]);
    }
    let more = doubts(&view.audit, style);
    if !more.is_empty() && lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(more);
    lines
}
