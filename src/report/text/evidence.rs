//! What a recording says of one path: every line, what it shows, and what became of it.

use crate::bytes::Interval;
use crate::entry::{Listing, Observation};
use crate::tree::{NodeId, Tree};

use super::{Style, count, path, place, several, size};

/// The lines behind a path.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// What each line says, in order.
    pub observations: &'a [Observation],
    /// How many more there are that were not kept.
    pub dropped: u64,
    /// The tree and the path in it; none for what is gone at the end.
    pub found: Option<(&'a Tree, NodeId)>,
    /// The largest of what lies below, each with the lines that show its size.
    pub below: &'a [(NodeId, Vec<u64>)],
}

/// As many lines of a kind are shown.
const MOST: usize = 12;

/// Writes the lines.
#[must_use]
pub fn evidence(view: &View<'_>, style: Style) -> Vec<String> {
    let mut lines = vec![String::new(), style.strong("WHAT THE RECORDING SHOWS")];
    if let Some((tree, node)) = view.found {
        lines.extend(knowledge(tree, node).map(|text| format!("  {text}")));
    }
    let (named, all): (Vec<&Observation>, Vec<_>) =
        view.observations.iter().partition(|o| o.what == "named");
    for (at, observation) in all.iter().enumerate() {
        // The first and the last say where it began and what counts.
        if all.len() > 2 * MOST && at == MOST {
            let hidden = several((all.len() - 2 * MOST) as u64, "more", "more");
            lines.push(style.quiet(&format!("  … {hidden} (--format json shows all)")));
        }
        if all.len() <= 2 * MOST || at < MOST || at >= all.len() - MOST {
            lines.extend(one(observation, style));
        }
    }
    lines.extend(naming(&named));
    if view.dropped > 0 {
        lines.push(format!(
            "  {} were not kept",
            several(view.dropped, "line", "lines")
        ));
    }
    lines.extend(below(view, style));
    lines
}

/// The lines that only show the name.
fn naming(named: &[&Observation]) -> Option<String> {
    let (first, last) = (named.first()?.line, named.last()?.line);
    let times = several(named.len() as u64, "line", "lines");
    Some(if first == last {
        format!("  named on line {first}")
    } else {
        format!("  named on {times}, {first} the first and {last} the last")
    })
}

/// How much of a directory is known.
fn knowledge(tree: &Tree, node: NodeId) -> Option<&'static str> {
    tree.is_dir(node).then(|| match tree.listing(node) {
        Listing::Complete => "every name in it was listed",
        Listing::Opaque => "not every name was listed, but du shows the sum",
        Listing::Partial => "not every name in it was listed, so figures are lower bounds",
        Listing::Unread => "it was never listed: what it holds is unknown",
    })
}

fn one(observation: &Observation, style: Style) -> Vec<String> {
    let what = match observation.size {
        Some(shown) => format!("{} {}", observation.what, exactly(shown)),
        None => observation.what.to_owned(),
    };
    let mut head = format!("  line {:>5}  {what}", observation.line);
    if let Some(command) = &observation.command {
        let room = style.width.saturating_sub(width_of(&head) + 5).max(16);
        let typed = super::shorten(&path(&command.text), room);
        head += &format!("  by `{typed}`");
    }
    let mut lines = vec![head];
    let others = |lines: &[u64]| {
        lines
            .iter()
            .map(u64::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    if !observation.conflicts.is_empty() {
        let text = format!(
            "              contradicts line {}",
            others(&observation.conflicts)
        );
        lines.push(style.doubt(&text));
    }
    if let Some(later) = observation.superseded_by {
        let text = format!("              counts no more since line {later}");
        lines.push(style.quiet(&text));
    }
    lines
}

fn width_of(text: &str) -> usize {
    text.chars().count()
}

/// Bytes to the last one, as a proof wants them.
fn exactly(shown: Interval) -> String {
    match shown.hi {
        Some(hi) if hi == shown.lo => format!("{} bytes", count_all(hi)),
        Some(hi) => format!("{} to {} bytes", count_all(shown.lo), count_all(hi)),
        None => format!("at least {} bytes", count_all(shown.lo)),
    }
}

/// A count that is never shortened.
fn count_all(n: u64) -> String {
    if n < 10_000_000 {
        return count(n);
    }
    format!("{},{:03}", count_all(n / 1000), n % 1000)
}

fn below(view: &View<'_>, style: Style) -> Vec<String> {
    let Some((tree, _)) = view.found.filter(|_| !view.below.is_empty()) else {
        return Vec::new();
    };
    let mut lines = vec![String::new(), style.strong("THE LARGEST BELOW IT")];
    for (node, proofs) in view.below {
        let proofs: Vec<String> = proofs.iter().take(6).map(u64::to_string).collect();
        let shown = match proofs.len() {
            0 => "no line shows its size".to_owned(),
            1 => format!("line {}", proofs[0]),
            _ => format!("lines {}", proofs.join(", ")),
        };
        lines.push(format!(
            "  {:>10}  {}  ({shown})",
            size(tree.weight(*node)),
            place(tree, *node)
        ));
    }
    lines
}
