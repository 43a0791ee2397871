//! The members of a family in their order: oldest first, then by path.
//!
//! Directories are put in the order of their paths and each one's files in that of their names;
//! by time they are sorted afterwards, in a way that keeps the order of equals. Where every
//! directory has one time, which its own name says, only the directories need sorting.

use crate::time::Timestamp;
use crate::tree::{NodeId, Tree};

use super::packed::{Moments, NEVER};
use super::profile::Group;
use super::rows::Rows;
use super::{Member, Members};

/// One directory's part of a group.
struct Part {
    /// Its number in the roster.
    at: usize,
    /// How many members stand before its own in the tree.
    before: u32,
    /// The time of all its members, where they have one.
    time: Option<i64>,
}

/// The members with their times.
pub(super) fn in_order(tree: &Tree, rows: &Rows, group: &Group<'_>, times: &Moments) -> Members {
    let mut parts = parts(tree, rows, group, times);
    let mut members = Members::with_capacity(group.members.len());
    let mut push = |node, time| {
        let time = (time != NEVER).then_some(Timestamp(time));
        members.push(Member { node, time });
    };
    let mut files: Vec<(NodeId, i64)> = Vec::new();
    if parts.iter().all(|part| part.time.is_some()) {
        parts.sort_by_key(|part| part.time);
        for part in &parts {
            by_name(tree, group, part, times, &mut files);
            files.iter().for_each(|&(node, time)| push(node, time));
        }
    } else {
        let mut all: Vec<(i64, NodeId)> = Vec::with_capacity(group.members.len());
        for part in &parts {
            by_name(tree, group, part, times, &mut files);
            all.extend(files.iter().map(|&(node, time)| (time, node)));
        }
        all.sort_by_key(|file| file.0);
        all.iter().for_each(|&(time, node)| push(node, time));
    }
    members.shrink();
    members
}

/// The directories in the order of their paths.
fn parts(tree: &Tree, rows: &Rows, group: &Group<'_>, times: &Moments) -> Vec<Part> {
    let mut paths: Vec<(Vec<u8>, Part)> = Vec::new();
    let mut before = 0;
    for (at, (row, files)) in group.members.parts().enumerate() {
        let mut names: Vec<&[u8]> = Vec::with_capacity(usize::from(group.depth));
        let mut row = row as usize;
        for _ in 1..group.depth {
            names.push(tree.name(rows.id[row]));
            row = rows.parent[row] as usize;
        }
        let mut path = Vec::with_capacity(names.iter().map(|name| name.len() + 1).sum());
        for name in names.iter().rev() {
            path.extend_from_slice(name);
            // What follows a directory's name in a path is a `/`, which is not the smallest byte.
            path.push(b'/');
        }
        let end = before + u32::try_from(files.len()).unwrap_or(0);
        let stretch = times.stretch(times.stretch_of(before));
        let time = stretch.filter(|stretch| stretch.0 >= end);
        let part = Part {
            at,
            before,
            time: time.map(|stretch| stretch.1),
        };
        paths.push((path, part));
        before = end;
    }
    paths.sort_by(|a, b| (&a.0, a.1.at).cmp(&(&b.0, b.1.at)));
    paths.into_iter().map(|path| path.1).collect()
}

/// One directory's files in the order of their names, each with its time.
fn by_name(
    tree: &Tree,
    group: &Group<'_>,
    part: &Part,
    times: &Moments,
    files: &mut Vec<(NodeId, i64)>,
) {
    files.clear();
    let mut stretch = times.stretch_of(part.before);
    for (at, node) in (part.before..).zip(group.members.part(part.at).1) {
        while times.stretch(stretch).is_some_and(|(end, _)| end <= at) {
            stretch += 1;
        }
        let time = times.stretch(stretch).map_or(NEVER, |(_, time)| time);
        files.push((node, time));
    }
    files.sort_unstable_by(|a, b| (tree.name(a.0), a.0).cmp(&(tree.name(b.0), b.0)));
}
