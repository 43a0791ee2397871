//! Blocks of logrotate beside a family: other names for the same logs.
//!
//! A block bounds logs whose names stay. For names with a date in them no pattern helps, since
//! each is rotated once and then gone: there the edit is a rule by age beside the block.

use super::edit::Words;
use super::residue::{Residue, Subject, split};
use crate::audit::name;
use crate::rules::glob::{Flags, Pattern, escape};
use crate::rules::model::{Root, RootPath, Rule, Segment};

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
    let edits = roots.filter_map(|root| of_root(rule, root, residue, subject, alive));
    edits.min_by_key(|edit| edit.cost)
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
    let (last, folder) = segments.split_last()?;
    let old = Pattern::new(&source(last), Flags::SHELL);
    let len = subject.paths.first()?.len();
    let names = subject.names();
    let lives_on = residue.lives_on(old.source());
    let is_below = |path: &Vec<Vec<u8>>| {
        path.len() == len
            && path.len() > folder.len()
            && folder
                .iter()
                .zip(path)
                .all(|(segment, name)| segment.matches(name))
    };
    let mut cost = 0;
    let base: Vec<Vec<u8>> = if subject.paths.iter().all(is_below) {
        folder.iter().map(source).collect()
    } else if subject.paths.iter().all(|path| path.len() == len) && lives_on {
        cost += 15;
        residue.root.iter().map(|name| escape(name)).collect()
    } else {
        return None;
    };
    let missing = u32::try_from(len.checked_sub(base.len() + 1)?).ok()?;
    if missing > 0 {
        cost += 10 + 5 * (missing - 1);
    }
    let mut name = old.clone();
    if !names.iter().all(|text| old.matches(text)) {
        let offer = name::offer(&old, &names, lives_on)?;
        cost += offer.cost;
        name = offer.pattern;
    }
    let mut parts = base;
    for at in parts.len()..len - 1 {
        let first = &subject.paths[0][at];
        let is_one = residue.root.get(at) == Some(first);
        parts.push(if is_one { escape(first) } else { b"*".to_vec() });
    }
    parts.push(name.source().to_vec());
    let path = [b"/", &parts.join(&b'/')[..]].concat();
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
