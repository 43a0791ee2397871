//! Blocks of logrotate beside a family: other names for the same logs.
//!
//! A block bounds logs whose names stay. For names with a date in them no pattern helps, since
//! each is rotated once and then gone: there the edit is a script in the block that removes them by
//! their age, whenever a log of it was rotated.

use super::edit::{Words, quote_pattern, shell_pattern};
use super::residue::Residue;
use super::subject::{Subject, split};
use super::{date, mended};
use crate::audit::{name, patch};
use crate::rules::glob::{Flags, Pattern, escape};
use crate::rules::model::{Root, RootPath, Rule, Segment};
use crate::time::DAY;

/// What it costs to let a block remove by age what it cannot bound by rotating it.
const DATED: u32 = 10;

/// A block with another pattern.
pub(super) struct Renamed {
    pub(super) cost: u32,
    pub(super) words: Words,
    pub(super) rule: Rule,
}

/// The cheapest other pattern of a block that names the family's logs.
pub(super) fn renamed(rule: &Rule, residue: &Residue<'_>, alive: bool) -> Option<Renamed> {
    let subject = residue.subjects(false).first()?;
    let roots = rule.sweeps.iter().flat_map(|sweep| &sweep.roots);
    let edits = roots.filter_map(|root| {
        dated(rule, root, subject).or_else(|| of_root(rule, root, residue, subject, alive))
    });
    edits.min_by_key(|edit| edit.cost)
}

/// Logs with the date in their names, in the folder of a block that names them, or whose log's
/// name they begin with: the block has to remove them by their age.
fn dated(rule: &Rule, root: &Root, subject: &Subject) -> Option<Renamed> {
    let RootPath::Known(segments) = &root.path else {
        return None;
    };
    let rotation = rule.rotation.as_ref()?;
    let (last, folder) = segments.split_last()?;
    let is_here = |path: &Vec<Vec<u8>>| {
        let same = |(segment, name): (&Segment, &Vec<u8>)| segment.matches(name);
        path.len() == segments.len() && folder.iter().zip(path).all(same)
    };
    let names = subject.names();
    if !subject.paths.iter().all(is_here) || !names.iter().all(|name| date::is_dated(name)) {
        return None;
    }
    let stem = stem_of(last);
    let is_named = |name: &&[u8]| {
        // What begins with the whole name of the log is a copy of it.
        let is_copy = matches!(last, Segment::Name(own) if name.starts_with(own));
        let begins = stem.len() >= 3 && name.starts_with(&stem) && !is_copy;
        last.matches(name) || begins
    };
    let beginning = beginning(&names);
    if !names.iter().all(is_named) || beginning.is_empty() {
        return None;
    }
    let days = rotation.max_age.map_or_else(
        || {
            u64::try_from(rotation.keep.max(1)).unwrap_or(1)
                * rule.max_gap.map_or(1, |gap| gap.0 / DAY).max(1)
        },
        |age| age.0 / DAY,
    );
    // A pattern for the shell: of several folders each is a start.
    let start = shell_pattern(written(folder).as_bytes());
    let find = format!(
        "find {start} -maxdepth 1 -type f -name {} -mtime +{days} -delete",
        quote_pattern(&[&escape(&beginning)[..], b"*"].concat())
    );
    let sweeps = mended::sweeps_of(&find)?;
    let text = String::from_utf8_lossy(&rule.text).into_owned();
    Some(Renamed {
        cost: DATED,
        words: Words {
            failing: vec!["names with the date in them, which are rotated one by one".to_owned()],
            edited: patch::with_script(&text, "lastaction", &find),
            edit: format!("lastaction {find} endscript"),
        },
        rule: Rule {
            sweeps,
            rotation: None,
            ..rule.clone()
        },
    })
}

/// What the names of a log begin with, up to a wildcard or its extension.
fn stem_of(last: &Segment) -> Vec<u8> {
    let prefix = match last {
        Segment::Name(name) => name.clone(),
        Segment::Glob(pattern) => pattern.prefix(),
    };
    let end = prefix
        .iter()
        .rposition(|&b| b == b'.')
        .unwrap_or(prefix.len());
    prefix[..end].to_vec()
}

/// What all names begin with, up to the first digit.
fn beginning(names: &[&[u8]]) -> Vec<u8> {
    let Some((first, others)) = names.split_first() else {
        return Vec::new();
    };
    let is_shared = |at: usize| others.iter().all(|name| name.get(at) == first.get(at));
    let len = (0..first.len()).take_while(|&at| is_shared(at) && !first[at].is_ascii_digit());
    first[..len.count()].to_vec()
}

fn of_root(
    rule: &Rule,
    root: &Root,
    residue: &Residue<'_>,
    subject: &Subject,
    alive: bool,
) -> Option<Renamed> {
    let RootPath::Known(segments) = &root.path else {
        return None;
    };
    let (cost, path) = elsewhere(segments, residue, subject)?;
    let (before, after) = (
        written(segments),
        String::from_utf8_lossy(&path).into_owned(),
    );
    let text = String::from_utf8_lossy(&rule.text).into_owned();
    if !text.contains(&before) || after.contains(char::is_whitespace) {
        return None;
    }
    let mut edited = rule.clone();
    for sweep in &mut edited.sweeps {
        let new = Root {
            path: RootPath::Known(segments_of(&path)),
            ..root.clone()
        };
        // What the block rotates as it is, it must go on to rotate.
        sweep.roots.retain(|own| alive || own.path != root.path);
        sweep.roots.push(new);
    }
    let after = if alive {
        format!("{before} {after}")
    } else {
        after
    };
    Some(Renamed {
        cost,
        words: Words {
            failing: vec![before.clone()],
            edited: text.replacen(&before, &after, 1),
            edit: after,
        },
        rule: edited,
    })
}

/// The nearest pattern that names the logs, and what it costs to write it.
fn elsewhere(
    segments: &[Segment],
    residue: &Residue<'_>,
    subject: &Subject,
) -> Option<(u32, Vec<u8>)> {
    let (last, folder) = segments.split_last()?;
    let old = Pattern::new(&source(last), Flags::SHELL);
    let len = subject.paths.first()?.len();
    let names = subject.names();
    let lives_on = residue.lives_on(old.source());
    let (mut cost, mut parts) = base(folder, residue, subject, lives_on)?;
    let missing = u32::try_from(len.checked_sub(parts.len() + 1)?).ok()?;
    if missing > 0 {
        cost += 10 + 5 * (missing - 1);
    }
    let mut name = old.clone();
    if !names.iter().all(|text| old.matches(text)) {
        let offer = name::offer(&old, &names, lives_on)?;
        cost += offer.cost;
        name = offer.pattern;
    }
    for at in parts.len()..len - 1 {
        let first = &subject.paths[0][at];
        let is_one = residue.root.get(at) == Some(first);
        parts.push(if is_one { escape(first) } else { b"*".to_vec() });
    }
    parts.push(name.source().to_vec());
    Some((cost, [b"/", &parts.join(&b'/')[..]].concat()))
}

/// The folder to begin with: the block's own where all logs lie below it, or else their own.
fn base(
    folder: &[Segment],
    residue: &Residue<'_>,
    subject: &Subject,
    lives_on: bool,
) -> Option<(u32, Vec<Vec<u8>>)> {
    let len = subject.paths.first()?.len();
    let is_below = |path: &Vec<Vec<u8>>| {
        let same = |(segment, name): (&Segment, &Vec<u8>)| segment.matches(name);
        path.len() == len && path.len() > folder.len() && folder.iter().zip(path).all(same)
    };
    if subject.paths.iter().all(is_below) {
        return Some((0, folder.iter().map(source).collect()));
    }
    let is_one_deep = subject.paths.iter().all(|path| path.len() == len);
    (is_one_deep && lives_on).then(|| (15, residue.root.iter().map(|name| escape(name)).collect()))
}

fn source(segment: &Segment) -> Vec<u8> {
    match segment {
        Segment::Name(name) => escape(name),
        Segment::Glob(pattern) => pattern.source().to_vec(),
    }
}

fn written(segments: &[Segment]) -> String {
    let parts: Vec<Vec<u8>> = segments.iter().map(source).collect();
    format!("/{}", String::from_utf8_lossy(&parts.join(&b'/')))
}

fn segments_of(path: &[u8]) -> Vec<Segment> {
    let part = |part: Vec<u8>| {
        let pattern = Pattern::new(&part, Flags::SHELL);
        pattern
            .literal()
            .map_or(Segment::Glob(pattern), Segment::Name)
    };
    split(path).into_iter().map(part).collect()
}
