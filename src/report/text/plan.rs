//! The smallest deletion set, why each part of it may go, and what else there would be.

use crate::bytes::{Bytes, Interval};
use crate::entry::Volume;
use crate::plan::{Pick, Plan, Reached, Request};
use crate::tree::links::freed;
use crate::tree::{NodeId, Tree};

use super::{Column, Style, path, place, several, size, table_below};

/// A plan and what it was made for.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The plan.
    pub plan: &'a Plan,
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
    let mut lines = vec![style.strong(&need(view))];
    if view.plan.request.inodes > 0 {
        let inodes = several(view.plan.request.inodes, "inode", "inodes");
        lines.push(style.strong(&format!("{inodes} to free as well.")));
    }
    lines.extend(way(view.plan).map(|text| style.strong(&text)));
    lines
}

fn need(view: &View<'_>) -> String {
    let plan = view.plan;
    let place = match view.volume {
        Some(volume) => path(&volume.mount),
        None => path(&view.tree.path(NodeId::ROOT)),
    };
    let of = view
        .volume
        .map_or_else(String::new, |v| format!(" of {}", Bytes(v.size)));
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
    lines.extend(plan.troubles.iter().take(view.rows).map(|trouble| {
        let place = path(&trouble.path);
        style.doubt(&format!("  In doubt: {place}: {}", trouble.message))
    }));
    lines.extend(alternatives(plan));
    if let Some(next) = plan
        .next_risk
        .as_ref()
        .filter(|_| plan.reached == Reached::No)
    {
        lines.extend([String::new(), style.strong("YOURS TO DECIDE")]);
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
        lines.push(format!(
            "  With --max-risk {risk}, {enough}, losing {lost}:"
        ));
        lines.extend(set(view, &next.picks, style));
    } else if let Some(command) = view.command
        && !plan.picks.is_empty()
    {
        lines.push(format!("  Write it down: {command} -o plan.json"));
    }
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
        format!("  {all} together: what has several names comes back when the last of them goes")
    })
}

fn set(view: &View<'_>, picks: &[Pick], style: Style) -> Vec<String> {
    let groups = groups(view.tree, picks);
    let mut rows = vec![["frees", "risk", "path"].map(str::to_owned).to_vec()];
    for group in groups.iter().take(view.rows) {
        let nodes: Vec<NodeId> = group.picks.iter().map(|pick| pick.node).collect();
        let freed = freed(view.tree, &nodes);
        let risk = group.picks[0].risk.word().to_owned();
        rows.push(vec![size(freed), risk, group.label.clone()]);
    }
    let columns = [Column::Figure, Column::Word, Column::Path];
    let mut lines = table_below(&columns, &rows, style);
    let mut with_reasons = vec![style.quiet(&lines.remove(0))];
    let mut last = "";
    for (line, group) in lines.into_iter().zip(&groups) {
        with_reasons.push(line);
        let why = group.picks[0].why.as_str();
        if why != last {
            with_reasons.push(style.quiet(&format!("    {}", path(why.as_bytes()))));
            last = why;
        }
    }
    if groups.len() > view.rows {
        let more = several((groups.len() - view.rows) as u64, "more row", "more rows");
        with_reasons.push(style.quiet(&format!("  … {more} (--format json shows all)")));
    }
    with_reasons.extend(together(view.tree, picks));
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
        vec![format!("  Alternatives: {}.", others.join("; "))]
    }
}
