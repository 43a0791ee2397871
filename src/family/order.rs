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
use super::shapes::narrow;
use super::{Member, Members};

/// One directory's part of a group.
struct Part {
    /// Its number in the roster.
    at: usize,
    /// The time of all its members, where they have one.
    time: Option<i64>,
}

/// The members with their times.
pub(super) fn in_order(tree: &Tree, rows: &Rows, group: &Group<'_>, times: Moments) -> Members {
    let mut parts = parts(tree, rows, group, &times);
    let mut members = Members::default();
    let mut names = Names::default();
    if parts.iter().all(|part| part.time.is_some()) {
        drop(times);
        parts.sort_by_key(|part| part.time);
        let mut files = Vec::new();
        for part in &parts {
            files.clear();
            files.extend(group.members.part(part.at).1);
            names.sort(tree, &mut files);
            append(&mut members, &files, part.time.unwrap_or(NEVER));
        }
    } else {
        by_time(tree, group, &parts, times, &mut names, &mut members);
    }
    members.shrink();
    members
}

fn append(members: &mut Members, files: &[NodeId], time: i64) {
    let time = (time != NEVER).then_some(Timestamp(time));
    for &node in files {
        members.push(Member { node, time });
    }
}

/// The members of directories whose files were made at different times, eight bytes for each while
/// they are sorted. Names are compared only where files are of one directory and one time: of
/// shards that is hardly ever so.
fn by_time(
    tree: &Tree,
    group: &Group<'_>,
    parts: &[Part],
    times: Moments,
    names: &mut Names,
    members: &mut Members,
) {
    let scale = Scale::of(&times);
    let files = group.members.iter().map(|member| member.0);
    let mut all: Vec<u64> = Vec::with_capacity(group.members.len());
    all.extend(
        files
            .zip(times.iter())
            .map(|(file, time)| u64::from(scale.mark(time)) << 32 | u64::from(file.0)),
    );
    drop(times);
    all.sort_unstable();
    let mut rank = vec![0; parts.len()];
    for (place, part) in (0u32..).zip(parts) {
        rank[part.at] = place;
    }
    let mut run: Vec<(u32, NodeId)> = Vec::new();
    let mut files = Vec::new();
    for together in all.chunk_by(|a, b| a >> 32 == b >> 32) {
        let time = scale.time(high(together[0]));
        run.clear();
        run.extend(together.iter().map(|&key| {
            let file = NodeId(low(key));
            (rank[group.members.part_of(file)], file)
        }));
        run.sort_unstable();
        for beside in run.chunk_by(|a, b| a.0 == b.0) {
            files.clear();
            files.extend(beside.iter().map(|file| file.1));
            names.sort(tree, &mut files);
            append(members, &files, time);
        }
    }
}

fn high(key: u64) -> u32 {
    (key >> 32) as u32
}

fn low(key: u64) -> u32 {
    key as u32
}

/// Moments as numbers of 32 bits in the same order.
enum Scale {
    /// One more than the seconds since this one; nought is [`NEVER`].
    Since(i64),
    /// Their places among all that there are, where they span more than a century.
    Among(Vec<i64>),
}

impl Scale {
    fn of(times: &Moments) -> Self {
        let known = || times.iter().filter(|&time| time != NEVER);
        let (first, last) = (known().min().unwrap_or(0), known().max().unwrap_or(0));
        if last.abs_diff(first) < u64::from(u32::MAX) {
            return Self::Since(first);
        }
        let mut all: Vec<i64> = times.iter().collect();
        all.sort_unstable();
        all.dedup();
        Self::Among(all)
    }

    fn mark(&self, time: i64) -> u32 {
        match self {
            Self::Since(_) if time == NEVER => 0,
            Self::Since(first) => narrow(usize::try_from(time - first + 1).unwrap_or(0)),
            Self::Among(all) => narrow(all.partition_point(|&other| other < time)),
        }
    }

    fn time(&self, mark: u32) -> i64 {
        match self {
            Self::Since(_) if mark == 0 => NEVER,
            Self::Since(first) => first + i64::from(mark) - 1,
            Self::Among(all) => all.get(mark as usize).copied().unwrap_or(NEVER),
        }
    }
}

/// The directories in the order of their paths.
fn parts(tree: &Tree, rows: &Rows, group: &Group<'_>, times: &Moments) -> Vec<Part> {
    let mut paths: Vec<(Vec<u8>, Part)> = Vec::new();
    let mut times = times.iter();
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
        let time = times.all_of(narrow(files.len()));
        paths.push((path, Part { at, time }));
    }
    paths.sort_by(|a, b| (&a.0, a.1.at).cmp(&(&b.0, b.1.at)));
    paths.into_iter().map(|path| path.1).collect()
}

/// Sorts files of one directory by their names, in a buffer that stays.
#[derive(Default)]
struct Names {
    keyed: Vec<(u64, NodeId)>,
}

impl Names {
    fn sort(&mut self, tree: &Tree, files: &mut [NodeId]) {
        let Some((first, rest)) = files.split_first().filter(|(_, rest)| !rest.is_empty()) else {
            return;
        };
        // Names of one shape begin alike; what follows decides, and mostly its first eight bytes.
        let first = tree.name(*first);
        let mut alike = first.len();
        for &file in rest {
            let name = tree.name(file);
            let same = |(a, b): &(&u8, &u8)| a == b;
            alike = first.iter().zip(name).take(alike).take_while(same).count();
        }
        self.keyed.clear();
        let keyed = files
            .iter()
            .map(|&file| (key(&tree.name(file)[alike..]), file));
        self.keyed.extend(keyed);
        self.keyed.sort_unstable_by(|a, b| {
            a.0.cmp(&b.0)
                .then_with(|| (tree.name(a.1), a.1).cmp(&(tree.name(b.1), b.1)))
        });
        for (file, keyed) in files.iter_mut().zip(&self.keyed) {
            *file = keyed.1;
        }
    }
}

/// The first eight bytes as a number of the same order; shorter names are filled up.
fn key(name: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let len = name.len().min(8);
    bytes[..len].copy_from_slice(&name[..len]);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::entry::{Batch, Entry, Kind, Rooting, Sink as _, Token};
    use crate::tree::build::Builder;

    proptest! {
        #[test]
        fn names_are_in_the_order_of_their_bytes(names in prop::collection::vec("[ab]{0,9}\\x00?[ab]{1,3}", 1..20)) {
            let mut builder = Builder::new();
            builder.root(Entry::named(b"/d", Kind::Dir), Rooting::Path);
            let mut batch = Batch::new(Token::ROOT);
            for name in &names {
                batch.push(Entry::named(name.as_bytes(), Kind::File));
            }
            builder.listing(&batch);
            let tree = builder.finish().unwrap();
            let mut sorted: Vec<NodeId> = tree.nodes().skip(1).collect();
            let mut files = sorted.clone();
            sorted.sort_by_key(|&file| (tree.name(file), file));
            Names::default().sort(&tree, &mut files);
            prop_assert_eq!(files, sorted);
        }

        #[test]
        fn moments_keep_their_order_on_any_scale(times in prop::collection::vec(prop_oneof![Just(NEVER), -3i64..3, any::<i64>()], 1..9)) {
            let mut moments = Moments::default();
            for &time in &times {
                moments.push((time != NEVER).then_some(Timestamp(time)));
            }
            let scale = Scale::of(&moments);
            for &a in &times {
                prop_assert_eq!(scale.time(scale.mark(a)), a);
                for &b in &times {
                    prop_assert_eq!(scale.mark(a) < scale.mark(b), a < b);
                }
            }
        }
    }
}
