//! What logrotate does to the logs of a tree and to their copies.
//!
//! A log that is there and matches is rotated, and the copies within the block's own numbering go
//! in their turn. A copy outside of it is an [`Orphan`]: logrotate looks at the names that it
//! would give now, and at nothing else (measured with version 3.21).

use std::collections::{BTreeMap, BTreeSet};

use super::{Ground, Hit, Taken, merge};
use crate::entry::Kind;
use crate::rules::glob::Pattern;
use crate::rules::model::{Root, RootPath, Rotation, Rule, Segment, Tri};
use crate::time::{DAY, Timestamp};
use crate::tree::NodeId;

/// Why logrotate never removes a copy that it may well have made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Orphan {
    /// Its log is not there any more.
    LogGone,
    /// Its number is higher than any that is looked at.
    Number,
    /// It is packed, or not packed, as copies now are not.
    Packing,
    /// It has a number where copies now have a date, or another form of date.
    Date,
    /// It lies in another folder than copies now do.
    Folder,
}

impl Orphan {
    /// The cause, for people.
    #[must_use]
    pub fn cause(self) -> &'static str {
        match self {
            Self::LogGone => "their log is gone, and copies go only when it is rotated",
            Self::Number => "their numbers are higher than `rotate` looks",
            Self::Packing => "they are packed otherwise than `compress` now says",
            Self::Date => "their names have another date or number than is given now",
            Self::Folder => "they lie outside of `olddir`",
        }
    }
}

/// Endings of packed files that other settings may have left behind.
const PACKINGS: [&[u8]; 7] = [b".gz", b".bz2", b".xz", b".zst", b".lz4", b".Z", b".lzma"];

/// A copy's name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Copy {
    log: Vec<u8>,
    label: Label,
    packed: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Number(u64),
    /// As it stands in the name, separator and all.
    Date(Vec<u8>),
}

/// Every log that a block rotates and every copy that it keeps or removes.
pub(super) fn takes(
    rule: &Rule,
    rotation: &Rotation,
    ground: &Ground<'_>,
    now: Timestamp,
) -> Taken {
    let mut taken = Taken::default();
    let roots: Vec<&Root> = rule.sweeps.iter().flat_map(|sweep| &sweep.roots).collect();
    let mut work = Work {
        rotation,
        ground,
        now,
        period: rule.max_gap.map(|gap| gap.0),
        taken: &mut taken,
    };
    for root in roots {
        work.root(root);
    }
    merge(&mut taken.hits);
    let is_taken: BTreeSet<NodeId> = taken.hits.iter().map(|hit| hit.node).collect();
    taken.orphans.retain(|(node, _)| !is_taken.contains(node));
    taken.orphans.sort_unstable();
    taken.orphans.dedup_by_key(|(node, _)| *node);
    taken
}

struct Work<'a> {
    rotation: &'a Rotation,
    ground: &'a Ground<'a>,
    now: Timestamp,
    period: Option<u64>,
    taken: &'a mut Taken,
}

impl Work<'_> {
    fn root(&mut self, root: &Root) {
        let RootPath::Known(segments) = &root.path else {
            self.taken.sight.unseen += 1;
            return;
        };
        let Some((last, above)) = segments.split_last() else {
            return;
        };
        let seeds = self.ground.seeds(root, &mut self.taken.sight);
        let mut logs: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
        let tree = self.ground.tree();
        for seed in seeds.iter().filter(|seed| seed.depth == 0) {
            if let (Kind::File, Some(dir)) = (tree.kind(seed.node), tree.parent(seed.node)) {
                logs.entry(dir).or_default().push(seed.node);
            }
        }
        let folder = Root {
            path: RootPath::Known(above.to_vec()),
            ..root.clone()
        };
        let mut unused = super::Sight::default();
        let folders = self.ground.seeds(&folder, &mut unused);
        for seed in folders.iter().filter(|seed| seed.depth == 0) {
            if tree.is_dir(seed.node) {
                let logs = logs.remove(&seed.node).unwrap_or_default();
                self.folder(seed.node, last, &logs);
            }
        }
    }

    /// One folder with its logs.
    fn folder(&mut self, dir: NodeId, name: &Segment, logs: &[NodeId]) {
        let tree = self.ground.tree();
        self.taken.sight.files |= tree.totals(dir).files > 0;
        let live: BTreeSet<&[u8]> = logs.iter().map(|&node| tree.name(node)).collect();
        for &log in logs {
            self.log(log, name);
        }
        let elsewhere = self.old_folder(dir);
        let mut copies: BTreeMap<Vec<u8>, Vec<(Copy, NodeId)>> = BTreeMap::new();
        for (folder, is_own) in [(Some(dir), true), (elsewhere, false)] {
            let Some(folder) = folder.filter(|&folder| is_own || folder != dir) else {
                continue;
            };
            for child in tree.children(folder) {
                self.taken.looked_at += 1;
                if tree.kind(child) != Kind::File || (is_own && live.contains(tree.name(child))) {
                    continue;
                }
                let Some(copy) = self.read(tree.name(child), name, &live) else {
                    continue;
                };
                if !live.contains(copy.log.as_slice()) {
                    let dated = matches!(name, Segment::Glob(_)) && has_date(&copy.log);
                    if dated {
                        // It was renamed once, as every log here will be.
                        self.hit(child, false, None, true);
                    } else {
                        self.taken.orphans.push((child, Orphan::LogGone));
                    }
                } else if is_own && elsewhere.is_some_and(|other| other != dir) {
                    self.taken.orphans.push((child, Orphan::Folder));
                } else {
                    copies
                        .entry(copy.log.clone())
                        .or_default()
                        .push((copy, child));
                }
            }
        }
        for group in copies.values_mut() {
            self.copies(group);
        }
    }

    fn old_folder(&self, dir: NodeId) -> Option<NodeId> {
        let path = self.rotation.old_folder.as_ref()?;
        let path = if path.starts_with(b"/") {
            path.clone()
        } else {
            [&self.ground.path(dir)[..], b"/", path].concat()
        };
        self.ground.find(&path).0
    }

    fn hit(&mut self, node: NodeId, eligible: bool, due: Option<Timestamp>, named: bool) {
        self.taken.hits.push(Hit {
            node,
            scope: Tri::True,
            eligible: eligible.into(),
            due,
            named,
        });
    }

    /// A log itself: due again one period after it was rotated last.
    fn log(&mut self, node: NodeId, pattern: &Segment) {
        let tree = self.ground.tree();
        let is_empty = tree
            .own_apparent(node)
            .is_some_and(|size| size.hi == Some(0));
        let path = self.ground.path(node);
        let seen = self.rotation.seen.iter();
        let last = seen
            .filter(|(log, _)| *log == path)
            .map(|&(_, when)| when)
            .next();
        let grew = tree
            .mtime(node)
            .zip(last)
            .is_some_and(|(mtime, last)| mtime > last);
        let due = last.filter(|_| !is_empty || self.rotation.rotates_empty);
        let due = due.and_then(|last| self.due(node, Some(last).filter(|_| grew)));
        let is_due = due.is_some_and(|due| due <= self.now);
        self.hit(node, is_due, due, self.is_trap(tree.name(node), pattern));
    }

    /// From when on a log is rotated: by the time, where it has grown since it was rotated last,
    /// unless it must come to some size. By its size alone it came to that when it was written
    /// last.
    fn due(&self, node: NodeId, last: Option<Timestamp>) -> Option<Timestamp> {
        let tree = self.ground.tree();
        let wants = &self.rotation.wants;
        let bytes = tree.own_apparent(node).map_or(0, |size| size.lo);
        let written = tree.mtime(node)?;
        // Only what goes by the time must be so large and so long at rest.
        let goes_by_time = wants.size.is_none() && bytes >= wants.least;
        let rested = wants
            .rest
            .map(|rest| written.0.saturating_add_unsigned(rest.0));
        let by_time = last.zip(self.period.filter(|_| goes_by_time));
        let by_time = by_time.map(|(last, gap)| {
            let due = last.0.saturating_add_unsigned(gap);
            Timestamp(rested.map_or(due, |rested| due.max(rested)))
        });
        let is_large = wants.size.is_some_and(|size| bytes >= size)
            || wants.over.is_some_and(|size| bytes > size);
        by_time.into_iter().chain(is_large.then_some(written)).min()
    }

    /// A log whose own name has the date in it is renamed once; then it is gone, and its copy
    /// stays. A pattern that matches copies rotates these again, without end.
    fn is_trap(&self, name: &[u8], pattern: &Segment) -> bool {
        if self.rotation.keep == 0 {
            return false;
        }
        let unbounded = self.rotation.keep < 0 && self.rotation.max_age.is_none();
        let Segment::Glob(pattern) = pattern else {
            return unbounded;
        };
        unbounded || has_date(name) || pattern.matches(&[name, b".1"].concat())
    }

    /// The copies of one log that is there.
    fn copies(&mut self, group: &mut [(Copy, NodeId)]) {
        group.sort_by(|a, b| b.0.label.cmp(&a.0.label).then(a.1.cmp(&b.1)));
        let keep = u64::try_from(self.rotation.keep).unwrap_or(u64::MAX);
        let unbounded = self.rotation.keep < 0 && self.rotation.max_age.is_none();
        let first = Label::Number(self.rotation.start);
        let has_first = group.iter().any(|(copy, _)| {
            let waits = self.rotation.delays && copy.packed.is_none();
            copy.label == first && (waits || copy.packed == self.rotation.packed)
        });
        let mut dated = 0;
        for (copy, node) in group.iter() {
            let is_newest = dated == 0;
            let mtime = self.ground.tree().mtime(*node);
            let is_old = mtime.zip(self.rotation.max_age);
            let is_old =
                is_old.is_some_and(|(mtime, limit)| mtime.age(self.now).0 / DAY * DAY > limit.0);
            // Where no copies stay, the first one is looked at for its age all the same.
            if keep == 0 && is_old && copy.label == first && copy.packed == self.rotation.packed {
                self.hit(*node, true, None, unbounded);
                dated += 1;
                continue;
            }
            match self.fate(copy, keep, is_newest, has_first) {
                Ok(()) => {
                    let goes = match copy.label {
                        Label::Number(n) => n >= self.rotation.start.saturating_add(keep),
                        // What is still to be packed goes one rotation later.
                        Label::Date(_) => dated >= keep && copy.packed == self.rotation.packed,
                    };
                    self.hit(*node, goes || is_old, None, unbounded);
                }
                Err(why) => {
                    self.taken.orphans.push((*node, why));
                    if why != Orphan::Number {
                        continue;
                    }
                }
            }
            dated += 1;
        }
    }

    /// Whether a copy is one that the next rotation looks at.
    fn fate(&self, copy: &Copy, keep: u64, is_newest: bool, has_first: bool) -> Result<(), Orphan> {
        let rotation = self.rotation;
        match (&copy.label, &rotation.date_format) {
            (Label::Number(n), None) => {
                let is_first = *n == rotation.start;
                let is_plain = copy.packed.is_none() && rotation.packed.is_some();
                // The newest is packed now, or overwritten where that was to have been done.
                if is_first && is_plain && (keep > 0 || !rotation.delays) {
                    return Ok(());
                }
                if copy.packed != rotation.packed {
                    return Err(if is_first {
                        Orphan::Number
                    } else {
                        Orphan::Packing
                    });
                }
                // Without any copies to keep the first is moved on once, and then forgotten.
                let last = match keep {
                    0 if has_first && *n == rotation.start.saturating_add(1) => *n,
                    0 => return Err(Orphan::Number),
                    _ => rotation.start.saturating_add(keep),
                };
                let is_looked_at = (rotation.start..=last).contains(n);
                is_looked_at.then_some(()).ok_or(Orphan::Number)
            }
            (Label::Date(date), Some(format)) if fits_format(date, format) => {
                // Without any copies to keep the newest one is passed over each time.
                if keep == 0 && is_newest && copy.packed == rotation.packed {
                    return Err(Orphan::Number);
                }
                let waits = rotation.delays && copy.packed.is_none();
                (waits || copy.packed == rotation.packed)
                    .then_some(())
                    .ok_or(Orphan::Packing)
            }
            _ => Err(Orphan::Date),
        }
    }

    /// Takes a name apart as a copy of a log that the pattern names.
    fn read(&self, name: &[u8], pattern: &Segment, live: &BTreeSet<&[u8]>) -> Option<Copy> {
        let own = self.rotation.packed.as_deref().unwrap_or_default();
        let packing = PACKINGS
            .into_iter()
            .chain([own])
            .find(|ending| !ending.is_empty() && name.ends_with(ending));
        let plain = &name[..name.len() - packing.map_or(0, <[u8]>::len)];
        let extension = self.rotation.extension.as_deref().unwrap_or_default();
        let (stem, extension) = match plain.strip_suffix(extension) {
            Some(stem) => (stem, extension),
            None => (plain, &b""[..]),
        };
        let (base, label) = label(stem)?;
        let log = [base, extension].concat();
        let is_named = live.contains(log.as_slice()) || matches_segment(pattern, &log);
        (is_named && !base.is_empty()).then(|| Copy {
            log,
            label,
            packed: packing.map(<[u8]>::to_vec),
        })
    }
}

fn matches_segment(segment: &Segment, name: &[u8]) -> bool {
    match segment {
        Segment::Name(own) => own == name,
        Segment::Glob(pattern) => Pattern::matches(pattern, name),
    }
}

/// What a name without its packing ends in: a number or a date.
fn label(stem: &[u8]) -> Option<(&[u8], Label)> {
    let is_dated = |b: &u8| b.is_ascii_digit() || matches!(b, b'-' | b'_' | b':' | b'T' | b'.');
    let tail = stem.iter().rev().take_while(|b| is_dated(b)).count();
    let mut start = stem.len() - tail;
    // The separator before the date belongs to it, and nothing before that does.
    while start < stem.len() {
        let text = &stem[start..];
        if let Some(number) = text.strip_prefix(b".").filter(|digits| {
            !digits.is_empty() && digits.len() <= 6 && digits.iter().all(u8::is_ascii_digit)
        }) {
            let number = std::str::from_utf8(number).ok()?.parse().ok()?;
            return Some((&stem[..start], Label::Number(number)));
        }
        if !text[0].is_ascii_digit()
            && text.len() > 1
            && text[1].is_ascii_digit()
            && is_date(&text[1..])
        {
            return Some((&stem[..start], Label::Date(text.to_vec())));
        }
        start += 1;
    }
    None
}

/// Eight to fourteen digits that begin with a date, separators between them or not.
fn is_date(text: &[u8]) -> bool {
    let digits: Vec<u8> = text.iter().copied().filter(u8::is_ascii_digit).collect();
    let number = |range: std::ops::Range<usize>| {
        digits[range]
            .iter()
            .fold(0u32, |n, d| n * 10 + u32::from(d - b'0'))
    };
    let is_day = (8..=14).contains(&digits.len())
        && (1970..2200).contains(&number(0..4))
        && (1..=12).contains(&number(4..6))
        && (1..=31).contains(&number(6..8));
    // Seconds since 1970 are a date too.
    let is_epoch = digits.len() == 10 && text.len() == 10 && digits[0] == b'1';
    is_day || is_epoch
}

/// Whether a name has a date anywhere in it.
fn has_date(name: &[u8]) -> bool {
    let is_part = |b: &u8| b.is_ascii_digit() || matches!(b, b'-' | b'_');
    name.split(|b| !is_part(b)).any(|run| {
        let digits = run.iter().position(u8::is_ascii_digit);
        digits.is_some_and(|first| is_date(&run[first..]))
    })
}

/// Whether a date as it stands in a name is of a `dateformat`.
fn fits_format(date: &[u8], format: &[u8]) -> bool {
    let mut rest = date;
    let mut format = format.iter();
    while let Some(&byte) = format.next() {
        if byte != b'%' {
            let Some(after) = rest.strip_prefix(&[byte]) else {
                return false;
            };
            rest = after;
            continue;
        }
        let len = match format.next() {
            Some(b'Y') => 4,
            Some(b'm' | b'd' | b'H' | b'M' | b'S' | b'V') => 2,
            Some(b's') => 10,
            _ => return false,
        };
        let digits = rest.iter().take(len).take_while(|b| b.is_ascii_digit());
        if digits.count() != len {
            return false;
        }
        rest = &rest[len..];
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_copies_are_taken_apart() {
        let date = |text: &str| Label::Date(text.as_bytes().to_vec());
        for (stem, expected) in [
            ("app.log.4", Some(("app.log", Label::Number(4)))),
            ("app.log-20240101", Some(("app.log", date("-20240101")))),
            ("app.log-2024010123", Some(("app.log", date("-2024010123")))),
            ("app.log.2024-01-01", Some(("app.log", date(".2024-01-01")))),
            (
                "app-20240101.log.1",
                Some(("app-20240101.log", Label::Number(1))),
            ),
            ("app.log", None),
            ("app.log-1234", None),
            ("db-7.log", None),
        ] {
            let found = label(stem.as_bytes());
            let expected = expected.map(|(base, label)| (base.as_bytes(), label));
            assert_eq!(found, expected, "{stem}");
        }
    }

    #[test]
    fn dates_are_of_a_format_or_not() {
        for (date, format, expected) in [
            ("-20240101", "-%Y%m%d", true),
            ("-2024010112", "-%Y%m%d", false),
            (".2024-01-01", ".%Y-%m-%d", true),
            ("-20240101", ".%Y%m%d", false),
            ("-1704067200", "-%s", true),
        ] {
            let fits = fits_format(date.as_bytes(), format.as_bytes());
            assert_eq!(fits, expected, "{date} {format}");
        }
        assert!(has_date(b"app-20240101.log"));
        assert!(has_date(b"app_2024-01-01.log"));
        assert!(!has_date(b"app-99999999.log"));
        assert!(!has_date(b"host-12.log"));
    }
}
