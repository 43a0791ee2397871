//! The smallest deletion set, why each part of it may go, and what else there would be.

use crate::bytes::{Bytes, Interval};
use crate::entry::Volume;
use crate::plan::{Pick, Plan, Reached, Request, held_within};
use crate::policy::Risk;
use crate::tree::links::freed;
use crate::tree::{NodeId, Tree};

use super::{Column, Style, command, count, fold, path, place, several, size, solid, table_below};

/// A plan and what it was made for.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The smallest set of each risk, the most harmless first, where it was asked for.
    pub each_risk: &'a [Plan],
    /// The tree that it speaks of.
    pub tree: &'a Tree,
    /// The volume, where known.
    pub volume: Option<&'a Volume>,
    /// How the same plan is asked for, to be pasted: `jettison plan /data --need 40GiB`.
    pub command: Option<&'a str>,
    /// Rows to show at most.
    pub rows: usize,
}

/// Writes a plan: the answer, the set, the alternatives, what to do next.
#[must_use]
pub fn plan(view: &View<'_>, style: Style) -> String {
    let mut lines = answer(view, style);
    lines.extend(body(view, style));
    lines.join("\n") + "\n"
}

/// How much is missing, and what the smallest way is.
#[must_use]
pub fn answer(view: &View<'_>, style: Style) -> Vec<String> {
    let mut sentences = vec![need(view)];
    if view.plan.request.inodes > 0 {
        let inodes = several(view.plan.request.inodes, "inode", "inodes");
        sentences.push(format!("{inodes} to free as well."));
    }
    sentences.extend(way(view.plan));
    let lines = sentences.iter().flat_map(|text| fold(text, 0, style));
    lines.map(|line| style.strong(&line)).collect()
}

fn need(view: &View<'_>) -> String {
    let plan = view.plan;
    let place = match view.volume {
        Some(volume) => solid(&path(&volume.mount)),
        None => solid(&path(&view.tree.path(NodeId::ROOT))),
    };
    let of = match (&plan.request.limited_by, view.volume) {
        (Some(limit), _) => format!(" by {limit}"),
        (None, Some(volume)) => format!(" of {}", Bytes(volume.size)),
        (None, None) => String::new(),
    };
    match (
        plan.request.need,
        plan.request.available,
        plan.request.shortfall,
    ) {
        (Some(need), Some(available), 0) => {
            format!(
                "{place} has {} available{of}: {} fit.",
                Bytes(available),
                Bytes(need)
            )
        }
        (Some(need), _, _) if plan.request.exceeds_the_volume() => format!(
            "{} is more than {place} holds{}.",
            Bytes(need),
            whole(&plan.request)
        ),
        (None, _, short) if plan.request.exceeds_the_volume() => {
            let used = plan.request.at_most.unwrap_or(0);
            format!(
                "{} to free in {place}, which has {} in use.",
                Bytes(short),
                Bytes(used)
            )
        }
        (Some(need), Some(available), short) => format!(
            "{place} is {} short of {}: {} available{of}.",
            Bytes(short),
            Bytes(need),
            Bytes(available)
        ),
        (_, _, 0) if plan.request.inodes > 0 => format!("{place} has bytes enough."),
        (_, _, 0) => "Nothing has to be freed.".to_owned(),
        (_, _, short) => format!("{} to free in {place}.", Bytes(short)),
    }
}

/// How large the volume is to whoever needs room: what it has in use and what is available.
fn whole(request: &Request) -> String {
    let empty = request.at_most.zip(request.available);
    empty.map_or_else(String::new, |(used, available)| {
        let all = Bytes(used.saturating_add(available));
        format!(
            ": {all} when it is empty, {} of them available now",
            Bytes(available)
        )
    })
}

fn way(plan: &Plan) -> Option<String> {
    if plan.request.is_met() {
        return None;
    }
    let set = || {
        let paths = several(plan.picks.len() as u64, "path", "paths");
        let risk = worst(&plan.picks);
        format!("Deleting {paths} ({}, {risk})", size(plan.freed))
    };
    Some(match plan.reached {
        Reached::Certain if plan.proven => format!("{} is the smallest way. Proven.", set()),
        Reached::Certain => format!("{} is enough; a smaller way may exist{}.", set(), gap(plan)),
        Reached::Possibly if plan.troubles.is_empty() => {
            format!("{} may be enough: not every size is known.", set())
        }
        Reached::Possibly => format!("{} may be enough, with a doubt (below).", set()),
        Reached::No if plan.request.exceeds_the_volume() => {
            "No deletion is enough: a larger volume is needed, or a smaller update.".to_owned()
        }
        Reached::No => {
            let missing = plan
                .missing
                .map_or_else(String::new, |m| format!(": {} is missing", Bytes(m)));
            format!("Deleting everything that may go is not enough{missing}.")
        }
    })
}

fn gap(plan: &Plan) -> String {
    let Some(gap) = plan.gap else {
        return String::new();
    };
    let paths = several(gap.paths, "path", "paths");
    format!(" (by at most {paths} or {})", Bytes(gap.lost))
}

fn worst(picks: &[Pick]) -> &'static str {
    picks
        .iter()
        .map(|pick| pick.risk)
        .max()
        .map_or("nothing", |risk| risk.word())
}

/// The set itself and what else there would be.
#[must_use]
pub fn body(view: &View<'_>, style: Style) -> Vec<String> {
    let plan = view.plan;
    let mut lines = Vec::new();
    if !plan.picks.is_empty() {
        lines.extend([String::new(), style.strong("THE SMALLEST DELETION SET")]);
        lines.extend(set(view, &plan.picks, style));
    }
    lines.extend(plan.remarks.iter().flat_map(|text| fold(text, 2, style)));
    for trouble in plan.troubles.iter().take(view.rows) {
        let place = solid(&path(&trouble.path));
        let text = format!("In doubt: {place}: {}", trouble.message);
        lines.extend(fold(&text, 2, style).iter().map(|line| style.doubt(line)));
    }
    lines.extend(
        alternatives(plan)
            .iter()
            .flat_map(|text| fold(text, 2, style)),
    );
    if let Some(text) = view.command
        && !plan.picks.is_empty()
    {
        lines.extend(command(
            "Write it down:",
            &format!("{text} -o plan.json"),
            2,
            style,
        ));
    }
    lines.extend(each_risk(view, style));
    lines.extend(yours_to_decide(view, style));
    lines
}

/// The smallest set of each risk that may be chosen, where that says more than the plan itself.
fn each_risk(view: &View<'_>, style: Style) -> Vec<String> {
    let allowed = view.plan.request.max_risk;
    let steps = steps(view.each_risk, |risk| risk <= allowed);
    let says_more = steps.len() > 1 || view.plan.reached == Reached::No;
    if steps.is_empty() || !says_more {
        return Vec::new();
    }
    let title = style.strong("THE SMALLEST SET OF EACH RISK");
    let mut lines = vec![String::new(), title];
    lines.extend(step_rows(view.tree, &steps, style));
    lines
}

/// What is possible beyond the risk that may be chosen.
fn yours_to_decide(view: &View<'_>, style: Style) -> Vec<String> {
    let allowed = view.plan.request.max_risk;
    let next = view.plan.next_risk.as_ref();
    let next = next.filter(|_| view.plan.reached == Reached::No);
    let shown = next.map(|next| next.risk);
    let mut steps = steps(view.each_risk, |_| true);
    steps.retain(|step| step.request.max_risk > allowed && Some(step.request.max_risk) != shown);
    if next.is_none() && steps.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new(), style.strong("YOURS TO DECIDE")];
    if let Some(next) = next {
        let paths = several(next.picks.len() as u64, "path", "paths");
        let enough = match next.reached {
            Reached::Certain => format!("{paths} would be enough"),
            _ => format!("{paths} may be enough, not for certain"),
        };
        let lost = match next.reached {
            // What has no upper bound is not lost in a known amount.
            Reached::Certain if next.freed.hi.is_some() => Bytes(next.lost).to_string(),
            _ => size(next.freed),
        };
        let risk = next.risk.word();
        let text = format!("With --max-risk {risk}, {enough}, losing {lost}:");
        lines.extend(fold(&text, 2, style));
        lines.extend(set(view, &next.picks, style));
    }
    if !steps.is_empty() {
        lines.extend(step_rows(view.tree, &steps, style));
    }
    lines
}

/// The sets that differ from the one of the risk before, of the risks that are meant.
fn steps(each_risk: &[Plan], is_meant: impl Fn(Risk) -> bool) -> Vec<&Plan> {
    let nodes = |plan: &Plan| -> Vec<NodeId> { plan.picks.iter().map(|pick| pick.node).collect() };
    let mut steps: Vec<&Plan> = Vec::new();
    for plan in each_risk
        .iter()
        .filter(|plan| is_meant(plan.request.max_risk))
    {
        let is_same = steps.last().is_some_and(|last| {
            nodes(last) == nodes(plan) && last.best_achievable == plan.best_achievable
        });
        if !is_same {
            steps.push(plan);
        }
    }
    steps
}

fn step_rows(tree: &Tree, steps: &[&Plan], style: Style) -> Vec<String> {
    let mut rows = vec![
        ["up to", "paths", "frees", "path"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for step in steps {
        let risk = step.request.max_risk.word().to_owned();
        let Some(first) = step.picks.first() else {
            let all = Bytes(step.best_achievable.unwrap_or(0)).to_string();
            rows.push(vec![risk, "all".to_owned(), all, "not enough".to_owned()]);
            continue;
        };
        let more = if step.picks.len() > 1 { " …" } else { "" };
        let doubt = match (step.reached, step.proven) {
            (Reached::Possibly, _) => " (may be enough)",
            (_, false) => " (a smaller set may exist)",
            _ => "",
        };
        let first = place(tree, first.node);
        rows.push(vec![
            risk,
            count(step.picks.len() as u64),
            size(step.freed),
            format!("{first}{more}{doubt}"),
        ]);
    }
    let columns = [Column::Word, Column::Figure, Column::Figure, Column::Path];
    let mut lines = table_below(&columns, &rows, style);
    lines[0] = style.quiet(&lines[0]);
    lines
}

/// Picks of one directory for one reason, shown as one row.
struct Group<'a> {
    picks: Vec<&'a Pick>,
    label: String,
}

/// Why the rows do not add up, where picks share inodes.
fn together(tree: &Tree, picks: &[Pick]) -> Option<String> {
    let nodes: Vec<NodeId> = picks.iter().map(|pick| pick.node).collect();
    let all = freed(tree, &nodes);
    let apart: Interval = nodes.iter().map(|&node| tree.freed(node)).sum();
    (all != apart).then(|| {
        let all = size(all);
        format!("{all} together: what has several names comes back when the last of them goes")
    })
}

fn set(view: &View<'_>, picks: &[Pick], style: Style) -> Vec<String> {
    let groups = groups(view.tree, picks);
    let mut rows = vec![["frees", "risk", "path"].map(str::to_owned).to_vec()];
    for group in groups.iter().take(view.rows) {
        let mut nodes: Vec<NodeId> = group.picks.iter().map(|pick| pick.node).collect();
        nodes.sort_unstable();
        let mut freed = freed(view.tree, &nodes);
        let held = held_within(view.tree, &view.plan.request, &nodes);
        freed.lo = freed.lo.saturating_sub(held);
        let risk = group.picks[0].risk.word().to_owned();
        rows.push(vec![size(freed), risk, group.label.clone()]);
    }
    let columns = [Column::Figure, Column::Word, Column::Path];
    let mut lines = table_below(&columns, &rows, style);
    let mut with_reasons = vec![style.quiet(&lines.remove(0))];
    let mut last = "";
    for (line, group) in lines.into_iter().zip(&groups) {
        with_reasons.push(line);
        let why = &*group.picks[0].why;
        if why != last {
            let lines = fold(&path(why.as_bytes()), 4, style);
            with_reasons.extend(lines.iter().map(|line| style.quiet(line)));
            last = why;
        }
    }
    if groups.len() > view.rows {
        let more = several((groups.len() - view.rows) as u64, "more row", "more rows");
        with_reasons.push(style.quiet(&format!("  … {more} (--format json shows all)")));
    }
    let together = together(view.tree, picks);
    with_reasons.extend(together.iter().flat_map(|text| fold(text, 2, style)));
    with_reasons
}

/// How many picks of one directory are listed one by one.
const APART: usize = 3;

fn groups<'a>(tree: &Tree, picks: &'a [Pick]) -> Vec<Group<'a>> {
    let same = |a: &Pick, b: &Pick| {
        tree.parent(a.node) == tree.parent(b.node) && a.risk == b.risk && a.why == b.why
    };
    let mut groups = Vec::new();
    for run in picks.chunk_by(same) {
        if run.len() <= APART {
            let one = |pick| Group {
                picks: vec![pick],
                label: place(tree, pick.node),
            };
            groups.extend(run.iter().map(one));
            continue;
        }
        let parent = tree
            .parent(run[0].node)
            .map_or_else(Vec::new, |p| tree.path(p));
        let (first, last) = (tree.name(run[0].node), tree.name(run[run.len() - 1].node));
        let label = format!(
            "{} in {}: {} … {}",
            several(run.len() as u64, "path", "paths"),
            path(&parent),
            path(first),
            path(last)
        );
        groups.push(Group {
            picks: run.iter().collect(),
            label,
        });
    }
    groups
}

/// The frontier: how much more paths would save, and fewer would cost.
fn alternatives(plan: &Plan) -> Vec<String> {
    let others: Vec<String> = plan
        .frontier
        .iter()
        .filter(|f| f.paths != plan.picks.len() as u64)
        .filter(|f| (f.paths < plan.picks.len() as u64) == (f.lost > plan.lost))
        .map(|f| {
            let (paths, lost) = (several(f.paths, "path", "paths"), Bytes(f.lost));
            let lose = if f.paths == 1 { "loses" } else { "lose" };
            let doubt = if f.proven { "" } else { "at most " };
            format!("{paths} {lose} {doubt}{lost}")
        })
        .collect();
    if others.is_empty() {
        Vec::new()
    } else {
        vec![format!("Alternatives: {}.", others.join("; "))]
    }
}
