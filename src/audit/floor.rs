//! Backups have a floor: of every variant (a database, a host, a kind of backup) the newest full
//! one stays, with everything that was made since, as what is younger hangs on it.
//!
//! A variant is told by the path with its times taken out: numbers that stand alone or are long,
//! names of days and months, and the words full, incremental and differential. What is left holds
//! the names of databases and hosts. A path of which nothing can be taken out is a variant of its
//! own, and stays: an error here keeps too much, never too little.

use std::collections::BTreeMap;

use crate::audit::FamilyReport;
use crate::family::{Disposition, Variable, VariableKind};
use crate::time::Timestamp;
use crate::tree::{NodeId, Tree};

/// Words in a template that say that its members are backups.
const BACKUPS: [&[u8]; 18] = [
    b"backup",
    b"backups",
    b"bak",
    b"bkp",
    b"bkup",
    b"dump",
    b"dumps",
    b"pgdump",
    b"mysqldump",
    b"full",
    b"incr",
    b"incremental",
    b"snapshot",
    b"snapshots",
    b"vbk",
    b"vib",
    b"trn",
    b"basebackup",
];
/// How a backup is called that needs an older one.
const PARTIAL: [&[u8]; 8] = [
    b"incr",
    b"inc",
    b"incremental",
    b"diff",
    b"differential",
    b"vib",
    b"vrb",
    b"trn",
];
const FULL: [&[u8]; 5] = [b"full", b"fulls", b"vbk", b"base", b"bak"];
const TIMES: [&[u8]; 38] = [
    b"jan",
    b"feb",
    b"mar",
    b"apr",
    b"may",
    b"jun",
    b"jul",
    b"aug",
    b"sep",
    b"oct",
    b"nov",
    b"dec",
    b"january",
    b"february",
    b"march",
    b"april",
    b"june",
    b"july",
    b"august",
    b"september",
    b"october",
    b"november",
    b"december",
    b"mon",
    b"tue",
    b"wed",
    b"thu",
    b"fri",
    b"sat",
    b"sun",
    b"monday",
    b"tuesday",
    b"wednesday",
    b"thursday",
    b"friday",
    b"saturday",
    b"sunday",
    b"t",
];

/// Notes on every family of backups the members that have to stay.
pub(super) fn set(tree: &Tree, reports: &mut [FamilyReport]) {
    // By variant: when its newest full backup was made.
    let mut newest: BTreeMap<Vec<u8>, Timestamp> = BTreeMap::new();
    let is_backup: Vec<bool> = reports.iter().map(is_backup).collect();
    let backups = || reports.iter().zip(&is_backup).filter(|(_, is)| **is);
    for (report, _) in backups() {
        for (variant, time, full, _) in copies(tree, report) {
            if full {
                let newest = newest.entry(variant).or_insert(time);
                *newest = time.max(*newest);
            }
        }
    }
    let mut floors: Vec<Vec<NodeId>> = Vec::new();
    for (report, &is_backup) in reports.iter().zip(&is_backup) {
        let mut floor = Vec::new();
        if is_backup {
            let stays = copies(tree, report).filter(|(variant, time, ..)| {
                // Where there is no full one, nothing says what could be spared.
                newest.get(variant).is_none_or(|full| time >= full)
            });
            floor.extend(stays.map(|copy| copy.3));
            floor.sort_unstable();
        }
        floors.push(floor);
    }
    for (report, floor) in reports.iter_mut().zip(floors) {
        report.floor = floor;
    }
}

fn is_backup(report: &FamilyReport) -> bool {
    // What a program leaves behind when it dies is a dump of another kind.
    let crash = |v: &Variable| v.kind == VariableKind::Pid;
    report.family.disposition == Disposition::Output
        && !report.family.variables.iter().any(crash)
        && words(&report.family.template).any(|word| BACKUPS.contains(&&word[..]))
}

/// The members with their variants and times, whether each is a full backup, and their nodes. One
/// without any time counts as the newest.
fn copies<'a>(
    tree: &'a Tree,
    report: &'a FamilyReport,
) -> impl Iterator<Item = (Vec<u8>, Timestamp, bool, NodeId)> + 'a {
    report.family.members.iter().map(|member| {
        let path = tree.path(member.node);
        let partial = words(&path).any(|word| PARTIAL.contains(&&word[..]));
        let time = member.time.or_else(|| tree.mtime(member.node));
        let time = time.unwrap_or(Timestamp(i64::MAX));
        (variant(&path), time, !partial, member.node)
    })
}

/// The path without what differs from copy to copy.
fn variant(path: &[u8]) -> Vec<u8> {
    let mut variant = Vec::with_capacity(path.len());
    for word in words(path) {
        let digits = word.iter().filter(|b| b.is_ascii_digit()).count();
        let timed = digits == word.len()
            || digits >= 6
            || [&TIMES[..], &PARTIAL, &FULL]
                .iter()
                .any(|list| list.contains(&&word[..]));
        if !timed {
            variant.extend_from_slice(&word);
            variant.push(b'/');
        }
    }
    variant
}

/// The words of a path, in lower case; compression and formats are words like any other.
fn words(path: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    path.split(|b| !b.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(<[u8]>::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_one_thing_are_one_variant_and_things_are_not() {
        for (a, b, same) in [
            ("/b/crm-20240601.sql", "/b/crm-20240602.sql", true),
            ("/b/crm-20240601.sql", "/b/hr-20240601.sql", false),
            ("/b/db1/2024/06/01.dump", "/b/db2/2024/06/01.dump", false),
            (
                "/b/full-20240601T020000Z.tar",
                "/b/incr-20240602T020000Z.tar",
                true,
            ),
            ("/b/etc-mon.tar.gz", "/b/etc-tue.tar.gz", true),
        ] {
            assert_eq!(
                variant(a.as_bytes()) == variant(b.as_bytes()),
                same,
                "{a} {b}"
            );
        }
    }
}
