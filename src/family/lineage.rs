//! Forms of one output over time: a job that was re-sharded keeps its place and changes its names.
//!
//! Two families are phases of one when their templates begin with the same words
//! (`/data/ticker-{date}.csv`, `/data/ticker/{date}/{exchange}.csv`), end with the same extension,
//! both have a clock in their names, and the later begins about where the earlier ends.
//!
//! An output that is also there in a coarser form (a day's files as a month's) is *rolled up*: the
//! same words and variables but for all that says when, a cadence at least four times as long, and
//! times that meet.

use std::collections::BTreeMap;

use crate::time::{DAY, Timestamp};

use super::{Disposition, Family, Phase, Writer, owner, suffix};

/// A family's words, extension, first and last time, and place in the list.
type Life = (Vec<u8>, Vec<u8>, Timestamp, Timestamp, usize);

/// Notes on each family its earlier and later forms.
pub(super) fn join(families: &mut [Family]) {
    let mut order: Vec<Life> = Vec::new();
    for (at, family) in families.iter().enumerate() {
        let clocked = family.variables.iter().any(|v| owner::is_clock(v.kind));
        if let (Some(first), Some(last), true, Disposition::Output) =
            (family.first, family.last, clocked, family.disposition)
        {
            order.push((
                words(&family.template),
                extension(&family.template),
                first,
                last,
                at,
            ));
        }
    }
    order.sort_by(|a, b| {
        let template = |at: usize| &families[at].template;
        (&a.0, &a.1, a.2)
            .cmp(&(&b.0, &b.1, b.2))
            .then_with(|| template(a.4).cmp(template(b.4)))
    });
    let follows = |a: &Life, b: &Life| {
        let cleaned = families[b.4].writer == Writer::Active;
        (&a.0, &a.1) == (&b.0, &b.1) && abut((a.2, a.3), (b.2, b.3), cleaned)
    };
    let joined = order.chunk_by(follows).filter(|phases| phases.len() > 1);
    let joined: Vec<&[Life]> = joined.collect();
    for phases in joined {
        let lineage: Vec<Phase> = phases
            .iter()
            .map(|(_, _, from, to, at)| Phase {
                template: families[*at].template.clone(),
                from: Some(*from),
                to: Some(*to),
            })
            .collect();
        for phase in phases {
            families[phase.4].lineage.clone_from(&lineage);
        }
    }
    roll_up(families);
}

/// Notes on each family the coarser one that holds the same: `daily/x-{date}.csv` is rolled up in
/// `monthly/x-{year}-{month}.csv`.
fn roll_up(families: &mut [Family]) {
    let mut by_subject: BTreeMap<Vec<u8>, Vec<(u64, usize)>> = BTreeMap::new();
    for (at, family) in families.iter().enumerate() {
        let clocked = family.variables.iter().any(|v| owner::is_clock(v.kind));
        if let (Some(cadence), true, Disposition::Output) =
            (family.cadence, clocked, family.disposition)
        {
            let forms = by_subject.entry(subject(family)).or_default();
            forms.push((cadence.0, at));
        }
    }
    for mut forms in by_subject.into_values() {
        forms.sort_by(|a, b| {
            let template = |at: usize| &families[at].template;
            a.0.cmp(&b.0).then_with(|| template(a.1).cmp(template(b.1)))
        });
        for (place, &(cadence, at)) in forms.iter().enumerate() {
            let coarser = forms[place..].iter().find(|&&(other, of)| {
                other >= cadence.saturating_mul(4) && overlap(&families[at], &families[of])
            });
            if let Some(&(_, of)) = coarser {
                families[at].past.rollup = Some(families[of].template.clone());
            }
        }
    }
}

/// Whether the later of two begins before the earlier one ends, or about then.
fn overlap(a: &Family, b: &Family) -> bool {
    let (Some(a), Some(b)) = (a.first.zip(a.last), b.first.zip(b.last)) else {
        return false;
    };
    let slack = 62 * i64::try_from(DAY).unwrap_or(0);
    a.0.0 <= b.1.0.saturating_add(slack) && b.0.0 <= a.1.0.saturating_add(slack)
}

/// Words that say how coarse an output is.
const GRAINS: [&[u8]; 14] = [
    b"hourly",
    b"daily",
    b"weekly",
    b"monthly",
    b"yearly",
    b"annual",
    b"quarterly",
    b"hour",
    b"day",
    b"week",
    b"month",
    b"year",
    b"d",
    b"w",
];

/// What a template is about: its words and its variables, without all that says when.
fn subject(family: &Family) -> Vec<u8> {
    let mut subject = Vec::new();
    let mut rest = &family.template[..];
    let mut variables = family.variables.iter();
    while let Some(open) = rest.iter().position(|&b| b == b'{') {
        subject_words(&rest[..open], &mut subject);
        let close = rest.iter().position(|&b| b == b'}').unwrap_or(open);
        if variables.next().is_some_and(|v| !owner::is_clock(v.kind)) {
            subject.extend_from_slice(b"{}/");
        }
        rest = rest.get(close.max(open) + 1..).unwrap_or(b"");
    }
    subject_words(
        rest.split(|&b| b == b'[').next().unwrap_or(b""),
        &mut subject,
    );
    subject
}

fn subject_words(text: &[u8], subject: &mut Vec<u8>) {
    let words = text.split(|b| b"/-_.=".contains(b));
    for word in words.filter(|word| !word.is_empty()) {
        let compressed = suffix::compression(&[b"x.", word].concat()).len() > 1;
        let grain = GRAINS.iter().any(|grain| word.eq_ignore_ascii_case(grain));
        if !grain && !compressed && word != b"W" {
            subject.extend_from_slice(word);
            subject.push(b'/');
        }
    }
}

/// Whether the second range begins about where the first one ends: an overlap of a tenth of the
/// shorter one, or a gap of a month, is allowed; of a year where the second is still written, as
/// its own beginning may have been cleaned away since.
fn abut(a: (Timestamp, Timestamp), b: (Timestamp, Timestamp), cleaned: bool) -> bool {
    let shorter = (a.1.0.saturating_sub(a.0.0)).min(b.1.0.saturating_sub(b.0.0));
    let gap = b.0.0.saturating_sub(a.1.0);
    let most = if cleaned { 366 } else { 30 };
    gap >= -(shorter / 10) && gap <= most * i64::try_from(DAY).unwrap_or(0)
}

/// The literal words that a template begins with; a directory's that is repeated counts once.
fn words(template: &[u8]) -> Vec<u8> {
    let literal = template.split(|&b| b == b'{').next().unwrap_or(b"");
    let end = literal
        .iter()
        .rposition(|b| !b"/-_.=".contains(b))
        .map_or(0, |at| at + 1);
    let mut parts: Vec<&[u8]> = literal[..end].split(|&b| b == b'/').collect();
    if parts.len() > 1 && parts[parts.len() - 1] == parts[parts.len() - 2] {
        parts.pop();
    }
    parts.join(&b'/')
}

fn extension(template: &[u8]) -> Vec<u8> {
    let body = template.split(|&b| b == b'[').next().unwrap_or(b"");
    let body = &body[..body.len() - suffix::compression(body).len()];
    let start = body.iter().rposition(|&b| b == b'}').map_or(0, |at| at + 1);
    let leaf = &body[start..];
    leaf.iter()
        .rposition(|&b| b == b'.')
        .map_or(Vec::new(), |dot| leaf[dot..].to_vec())
}
