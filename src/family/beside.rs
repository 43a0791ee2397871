//! Files that go with a family and are none of its members: the log that is still written beside
//! its rotated copies, and the small records by which each shard describes itself.
//!
//! `app.log` goes with `app.log.{rotation}` and with `app-{date}.log.gz`: it is what will be the
//! next member. `builds/{n}/build.xml` goes with `builds/{n}/log` where it holds less than a tenth
//! of its bytes: nobody cleans the one without the other. Both are counted in [`Side`], so that
//! what a family costs is whole, and are told as no family of their own.
//!
//! [`Side`]: super::Side

use std::collections::BTreeMap;

use crate::entry::Kind;
use crate::tree::{NodeId, Tree};

use super::{Disposition, Family, owner, suffix, words};

/// Puts what goes with families into their side.
pub(super) fn join(tree: &Tree, families: &mut Vec<Family>) {
    live(tree, families);
    records(tree, families);
}

/// Names of files that are still written, by directory, with the family they go with.
type Wanted = BTreeMap<NodeId, Vec<(Vec<u8>, usize)>>;

fn live(tree: &Tree, families: &mut [Family]) {
    let mut wanted = Wanted::new();
    for (at, family) in families.iter().enumerate() {
        let Some(leaf) = family.template.get(family.root.len()..) else {
            continue;
        };
        let leaf = leaf.strip_prefix(b"/").unwrap_or(leaf);
        if leaf.contains(&b'/') || family.disposition == Disposition::Keep {
            continue;
        }
        for name in live_names(leaf) {
            wanted.entry(family.root_node).or_default().push((name, at));
        }
    }
    for (dir, names) in wanted {
        let lengths: u64 = names.iter().fold(0, |set, name| set | length_bit(&name.0));
        let files = tree.children(dir).filter(|&id| tree.kind(id) == Kind::File);
        for file in files {
            let name = tree.name(file);
            if length_bit(name) & lengths == 0 {
                continue;
            }
            // One file goes with one family: the largest, as they come.
            if let Some(&(_, at)) = names.iter().find(|wanted| wanted.0 == name) {
                let side = &mut families[at].side;
                side.files += 1;
                side.bytes = side.bytes.saturating_add(tree.own_weight(file).lo);
            }
        }
    }
}

fn length_bit(name: &[u8]) -> u64 {
    1 << name.len().min(63)
}

/// What the file is called that is still written, from the leaf of the template of its copies.
fn live_names(leaf: &[u8]) -> Vec<Vec<u8>> {
    let (Some(open), Some(close)) = (
        leaf.iter().position(|&b| b == b'{'),
        leaf.iter().rposition(|&b| b == b'}'),
    ) else {
        return Vec::new();
    };
    let end = leaf[..open]
        .iter()
        .rposition(|b| !b"-_.".contains(b))
        .map_or(0, |at| at + 1);
    // Without a mark between them, word and number are one name.
    if end < 2 || end == open {
        return Vec::new();
    }
    let stem = &leaf[..end];
    let behind = leaf[close + 1..]
        .split(|&b| b == b'[')
        .next()
        .unwrap_or(b"");
    // A suffix alone is no compressed name: the stem stands before it.
    let compressed = suffix::compression(leaf.split(|&b| b == b'[').next().unwrap_or(b"")).len();
    let extension = &behind[..behind.len() - compressed.min(behind.len())];
    let mut names = vec![stem.to_vec()];
    if extension.first() == Some(&b'.') && extension.len() > 1 {
        names.push([stem, extension].concat());
    }
    names
}

/// Takes out families that are the records of another one's shards.
fn records(tree: &Tree, families: &mut Vec<Family>) {
    let bytes = |family: &Family| owner::weight(tree, family);
    let mut mains: BTreeMap<&[u8], usize> = BTreeMap::new();
    for (at, family) in families.iter().enumerate() {
        let Some((dir, _)) = split(&family.template) else {
            continue;
        };
        let main = mains.entry(dir).or_insert(at);
        let better = |a: usize, b: usize| {
            let (a, b) = (&families[a], &families[b]);
            (bytes(a), &b.template) > (bytes(b), &a.template)
        };
        if better(at, *main) {
            *main = at;
        }
    }
    let mut into: Vec<Option<usize>> = vec![None; families.len()];
    for (at, family) in families.iter().enumerate() {
        let Some((dir, leaf)) = split(&family.template) else {
            continue;
        };
        let main = mains.get(dir).copied().filter(|&main| main != at);
        let is_record = !leaf.contains(&b'{') && dir.contains(&b'{') && words::is_record(leaf);
        into[at] = main.filter(|&main| {
            let main = &families[main];
            is_record
                && main.disposition == family.disposition
                && bytes(family).saturating_mul(10) <= bytes(main)
        });
    }
    for at in 0..families.len() {
        if let Some(main) = into[at] {
            let (files, more) = (families[at].files, bytes(&families[at]));
            let side = &mut families[main].side;
            side.files += files;
            side.bytes = side.bytes.saturating_add(more);
        }
    }
    let mut into = into.into_iter();
    families.retain(|_| into.next().flatten().is_none());
}

/// A template's directory and its last name.
fn split(template: &[u8]) -> Option<(&[u8], &[u8])> {
    let slash = template.iter().rposition(|&b| b == b'/')?;
    Some((&template[..slash], &template[slash + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_live_file_is_called_as_its_copies_without_what_varies() {
        for (leaf, names) in [
            ("app.log.{rotation}[.gz]", vec!["app.log"]),
            ("app.log-{date}.gz", vec!["app.log"]),
            ("app-{date}-{n}.log.gz", vec!["app", "app.log"]),
            ("messages-{date}", vec!["messages"]),
            ("worker.log.{datetime}", vec!["worker.log"]),
            ("sa{day}", vec![]),
            ("{date}.log", vec![]),
        ] {
            let found = live_names(leaf.as_bytes());
            let found: Vec<_> = found
                .iter()
                .map(|name| str::from_utf8(name).unwrap())
                .collect();
            assert_eq!(found, names, "{leaf}");
        }
    }
}
