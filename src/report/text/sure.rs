//! How sure an answer from a recording is: the lines that prove it, what was never listed, and what
//! to list on that machine to become sure.

use std::cmp::Reverse;
use std::fmt::Debug;

use crate::bytes::{Bytes, Interval};
use crate::entry::{Listing, Volume};
use crate::plan::Plan;
use crate::report::largest::largest;
use crate::tree::{NodeId, Quantity, Tree};

use super::{Style, escape, fold, place, several, shorten, size, width};

/// Where a recording says something of a path.
pub trait Proofs: Debug {
    /// The lines that say something of a path, each with what it says.
    fn of(&self, path: &[u8]) -> Vec<(u64, &'static str)>;
}

/// As many directories are named as places to look at.
const MOST: usize = 4;

/// As many directories are weighed: the first ones of a recording that has more, nearest the root.
const MOST_OPEN: usize = 2000;

/// As many names below a directory are asked for their lines.
const MOST_NAMES: usize = 10_000;

/// Writes how sure the answer is; nothing for a recording that leaves no doubt and proves no pick.
#[must_use]
pub fn sure(
    tree: &Tree,
    plan: Option<&Plan>,
    volume: Option<&Volume>,
    proofs: &dyn Proofs,
    style: Style,
) -> Vec<String> {
    let open = unsettled(tree, volume, proofs);
    let mut lines = vec![String::new(), style.strong("HOW SURE THIS IS")];
    lines.extend(fold(&judgement(tree, &open), 2, style));
    let picks = plan.map_or_else(Vec::new, picks);
    let mut shown: Vec<NodeId> = picks;
    shown.truncate(MOST);
    if shown.is_empty() {
        shown = largest(tree, 3);
    }
    lines.extend(shown.iter().map(|&node| proof(tree, node, proofs, style)));
    if open.is_empty() {
        return lines;
    }
    lines.extend([String::new(), style.strong("TO BE SURE, ON THAT MACHINE")]);
    for one in open.iter().take(MOST) {
        lines.push(format!("  {}", command(tree, one.node)));
        lines.push(style.quiet(&format!("    {}", one.why(tree))));
    }
    if open.len() > MOST {
        let more = several((open.len() - MOST) as u64, "directory", "directories");
        lines.push(style.quiet(&format!("  … {more} more could hold something unseen")));
    }
    lines
}

/// What the plan takes, or would take at the next risk.
fn picks(plan: &Plan) -> Vec<NodeId> {
    let next = plan.next_risk.iter().flat_map(|next| &next.picks);
    let chosen = plan.picks.iter().chain(next);
    chosen.map(|pick| pick.node).collect()
}

fn judgement(tree: &Tree, open: &[Open]) -> String {
    let weight = tree.weight(NodeId::ROOT);
    let unread = tree.totals(NodeId::ROOT).unread;
    match (open.is_empty(), unread) {
        (true, _) if weight.is_exact() => {
            "Everything was listed, and every size is exact.".to_owned()
        }
        (true, _) if weight.hi.is_none() => {
            "Every directory on the volume was listed to its end.".to_owned()
        }
        (true, _) => format!(
            "Everything was listed, some sizes rounded: {} in all.",
            size(weight)
        ),
        (false, unread) => format!(
            "At least {} is there; {} not listed to the end.",
            Bytes(weight.lo),
            match unread {
                1 => "1 directory was".to_owned(),
                n => format!("{n} directories were"),
            }
        ),
    }
}

/// The lines on which the size of a place rests.
fn proof(tree: &Tree, node: NodeId, proofs: &dyn Proofs, style: Style) -> String {
    let sizes = |path: &[u8]| {
        let lines = proofs.of(path).into_iter();
        lines
            .filter(|(_, what)| what.contains("size"))
            .map(|(line, _)| line)
    };
    let mut lines: Vec<u64> = sizes(&tree.path(node)).collect();
    if tree.is_dir(node) {
        let below = tree.nodes().filter(|&below| tree.contains(node, below));
        let below = below.take(MOST_NAMES);
        lines.extend(below.flat_map(|below| sizes(&tree.path(below)).collect::<Vec<_>>()));
    }
    lines.sort_unstable();
    lines.dedup();
    let shown = match (lines.first(), lines.last()) {
        (Some(_), Some(last)) if tree.weight(node) == Interval::UNKNOWN => {
            match tree.own_apparent(node) {
                Some(apparent) if apparent != Interval::UNKNOWN => {
                    format!(
                        "line {last} shows its apparent size alone: {}",
                        size(apparent)
                    )
                }
                _ => format!("line {last} showed it, and then it may have changed"),
            }
        }
        (Some(first), Some(last)) if first == last => format!("line {first}"),
        (Some(first), Some(last)) if lines.len() == 2 => format!("lines {first} and {last}"),
        (Some(first), Some(last)) => format!("{} of lines {first}…{last}", lines.len()),
        _ => "no line shows its size".to_owned(),
    };
    let told = format!(": {}, {shown}", size(tree.weight(node)));
    let mut path = place(tree, node);
    if style.terminal {
        let room = style.width.saturating_sub(width(&told) + 2);
        path = shorten(&path, room.max(12));
    }
    format!("  {path}{told}")
}

/// A directory that may hold what was not seen.
struct Open {
    node: NodeId,
    /// As much at most; none: nothing says how much.
    most: Option<u64>,
    hidden_only: bool,
}

impl Open {
    fn why(&self, tree: &Tree) -> String {
        let what = match tree.listing(self.node) {
            Listing::Unread => "never listed",
            _ if self.hidden_only => "its hidden names were not listed",
            _ => "listed in part",
        };
        match self.most {
            Some(most) => format!("{what}: {} at most can be there unseen", Bytes(most)),
            None => format!("{what}: nothing says how much is there"),
        }
    }
}

/// The directories that were not listed to the end, those first of which a listing could settle
/// most.
fn unsettled(tree: &Tree, volume: Option<&Volume>, proofs: &dyn Proofs) -> Vec<Open> {
    let is_open = |&node: &NodeId| {
        let listing = tree.is_dir(node).then(|| tree.listing(node));
        matches!(listing, Some(Listing::Partial | Listing::Unread))
    };
    let open = |node: NodeId| {
        let path = tree.path(node);
        let told = proofs.of(&path);
        let has = |words: &str| told.iter().any(|(_, what)| *what == words);
        Open {
            node,
            most: room(tree, volume, node),
            hidden_only: has("listed without hidden names") && !has("listed in part"),
        }
    };
    let nodes = tree.nodes().filter(is_open);
    // What lies on another volume than the one in question settles nothing.
    let mount = volume.map(|volume| volume.mount.as_slice());
    let places = nodes.filter(|&node| is_place(tree, node, mount));
    let mut all: Vec<Open> = places.take(MOST_OPEN).map(open).collect();
    all.sort_by_cached_key(|one| {
        let known = one.most.unwrap_or(u64::MAX);
        (
            one.hidden_only,
            Reverse(known),
            depth(tree, one.node),
            tree.path(one.node),
        )
    });
    // A listing goes on to all that lies below; sums of a whole disk do not show its names.
    let mut chosen: Vec<Open> = Vec::new();
    for one in all {
        let covers = |other: &Open| {
            !tree.path(other.node).ends_with(b"/") && tree.contains(other.node, one.node)
        };
        if chosen.len() > MOST || !chosen.iter().any(covers) {
            chosen.push(one);
        }
    }
    chosen
}

/// Whether a node is a directory on a machine, and not a label that only holds hosts together; and
/// on the volume, where one is known.
fn is_place(tree: &Tree, node: NodeId, mount: Option<&[u8]>) -> bool {
    let path = tree.path(node);
    if node == NodeId::ROOT && !path.starts_with(b"/") {
        return false;
    }
    let (_, real) = on_machine(&path);
    mount.is_none_or(|mount| {
        let rest = real.strip_prefix(mount);
        let ends = mount.ends_with(b"/") || !real.starts_with(b"/");
        ends || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    })
}

/// The host that a path begins with, where several were recorded, and the path on it; `?` is a
/// place that has no name, and `~` a home that has none.
fn on_machine(path: &[u8]) -> (Option<&[u8]>, Vec<u8>) {
    let start = path.iter().position(|&b| b == b'/').unwrap_or(path.len());
    let (first, rest) = path.split_at(start);
    let (host, start) = match first.split_last() {
        Some((b'?', host)) => (host, &b"."[..]),
        Some((b'~', host)) => (host, &b"~"[..]),
        _ => (first, &b""[..]),
    };
    (host.strip_suffix(b":"), [start, rest].concat())
}

fn depth(tree: &Tree, node: NodeId) -> usize {
    std::iter::successors(tree.parent(node), |&above| tree.parent(above)).count()
}

/// How much can lie unseen below a directory: what a sum above it leaves, or the volume.
fn room(tree: &Tree, volume: Option<&Volume>, node: NodeId) -> Option<u64> {
    let slack = |Interval { lo, hi }: Interval| hi.map(|hi| hi.saturating_sub(lo));
    let above = std::iter::successors(Some(node), |&at| tree.parent(at));
    let by_sums = above.filter_map(|at| slack(tree.weight(at))).min();
    let known = tree.weight(NodeId::ROOT).lo;
    let by_volume = volume.map(|volume| volume.used.saturating_sub(known));
    by_sums.into_iter().chain(by_volume).min()
}

/// A listing that would settle a directory, to be pasted on that machine.
fn command(tree: &Tree, node: NodeId) -> String {
    let path = tree.path(node);
    let (host, real) = on_machine(&path);
    let listing = match (real.as_slice(), tree.quantity()) {
        (b"/", Quantity::Disk) => "du -xk --max-depth=1 /".to_owned(),
        (b"/", Quantity::Apparent) => "du -xb --max-depth=1 /".to_owned(),
        (real, Quantity::Disk) => format!("ls -lasR {}", word(real)),
        (real, Quantity::Apparent) => format!("ls -laR {}", word(real)),
    };
    match host {
        Some(host) => format!("on {}: {listing}", super::path(host)),
        None => listing,
    }
}

/// A path as a word of a shell that shows what it is.
fn word(path: &[u8]) -> String {
    match path {
        b"~" => "~".to_owned(),
        // Quoted, the sign would be a name's.
        [b'~', b'/', rest @ ..] => format!("~/{}", quoted(rest)),
        _ => quoted(path),
    }
}

fn quoted(path: &[u8]) -> String {
    let shown = escape(path);
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"/._-+,:@%=".contains(b);
    if path.iter().all(is_plain) {
        shown
    } else if shown.as_bytes() == path {
        format!("'{}'", shown.replace('\'', r"'\''"))
    } else {
        let octal: String = path.iter().map(|b| format!("\\0{b:03o}")).collect();
        format!("\"$(printf %b '{octal}')\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_words() {
        for (path, expected) in [
            (&b"/var/lib"[..], "/var/lib"),
            (b"/a b", "'/a b'"),
            (b"~/a b", "~/'a b'"),
            (b"/it's", r"'/it'\''s'"),
            (b"/\x1b", r#""$(printf %b '\0057\0033')""#),
        ] {
            assert_eq!(word(path), expected);
        }
    }
}
