//! Forms of one output over time: a job that was re-sharded keeps its place and changes its names.
//!
//! Two families are phases of one when their templates begin with the same words
//! (`/data/ticker-{date}.csv`, `/data/ticker/{date}/{exchange}.csv`), end with the same extension,
//! both have a clock in their names, and the later begins about where the earlier ends.

use crate::time::{DAY, Timestamp};

use super::{Disposition, Family, Phase, owner, suffix};

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
    let follows = |a: &Life, b: &Life| (&a.0, &a.1) == (&b.0, &b.1) && abut((a.2, a.3), (b.2, b.3));
    for phases in order.chunk_by(follows).filter(|phases| phases.len() > 1) {
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
}

/// Whether the second range begins about where the first one ends: an overlap of a tenth of the
/// shorter one, or a gap of a month, is allowed.
fn abut(a: (Timestamp, Timestamp), b: (Timestamp, Timestamp)) -> bool {
    let shorter = (a.1.0.saturating_sub(a.0.0)).min(b.1.0.saturating_sub(b.0.0));
    let gap = b.0.0.saturating_sub(a.1.0);
    gap >= -(shorter / 10) && gap <= 30 * i64::try_from(DAY).unwrap_or(0)
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
