//! Backups have a floor: of every variant (a database, a host, a kind of backup) the newest full
//! one stays, with everything that was made since, as what is younger hangs on it.
//!
//! A variant is told by the path with its times taken out: numbers that stand alone or are long,
//! names of days and months, and the words full, incremental and differential. What is left holds
//! the names of databases and hosts. A path of which nothing can be taken out is a variant of its
//! own, and stays: an error here keeps too much, never too little.

use std::collections::HashMap;

use crate::audit::FamilyReport;
use crate::family::{Disposition, Member, Variable, VariableKind};
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
    let mut newest: HashMap<Vec<u8>, Timestamp> = HashMap::new();
    let lexicon = lexicon();
    let all = reports.iter().enumerate();
    let backups: Vec<usize> = all
        .filter(|(_, report)| is_backup(report))
        .map(|(at, _)| at)
        .collect();
    let backups = || backups.iter().map(|&at| (at, &reports[at]));
    for (_, report) in backups() {
        let mut copies = Copies::new(tree, &lexicon);
        for member in &report.family.members {
            let copy = copies.of(member);
            match newest.get_mut(copy.variant) {
                _ if !copy.is_full => {}
                Some(newest) => *newest = copy.time.max(*newest),
                None => {
                    newest.insert(copy.variant.to_vec(), copy.time);
                }
            }
        }
    }
    let mut floors: Vec<(usize, Vec<NodeId>)> = Vec::new();
    for (index, report) in backups() {
        let mut floor = Vec::new();
        let mut copies = Copies::new(tree, &lexicon);
        for member in &report.family.members {
            let copy = copies.of(member);
            // Where there is no full one, nothing says what could be spared.
            if newest
                .get(copy.variant)
                .is_none_or(|full| copy.time >= *full)
            {
                floor.push(member.node);
            }
        }
        floor.sort_unstable();
        floors.push((index, floor));
    }
    for (index, floor) in floors {
        reports[index].floor = floor;
    }
}

fn is_backup(report: &FamilyReport) -> bool {
    // What a program leaves behind when it dies is a dump of another kind.
    let crash = |v: &Variable| v.kind == VariableKind::Pid;
    report.family.disposition == Disposition::Output
        && !report.family.variables.iter().any(crash)
        && words(&report.family.template)
            .any(|word| BACKUPS.iter().any(|one| word.eq_ignore_ascii_case(one)))
}

/// A backup.
struct Copy<'a> {
    /// The path without what differs from copy to copy.
    variant: &'a [u8],
    /// One without any time counts as the newest.
    time: Timestamp,
    is_full: bool,
}

/// Reads the paths of backups, those of one directory one after the other.
struct Copies<'a> {
    tree: &'a Tree,
    lexicon: &'a Lexicon,
    folder: Option<NodeId>,
    /// How long the folder's part of the variant is, and whether that says that it is partial.
    above: (usize, bool),
    variant: Vec<u8>,
}

impl<'a> Copies<'a> {
    fn new(tree: &'a Tree, lexicon: &'a Lexicon) -> Self {
        Self {
            tree,
            lexicon,
            folder: None,
            above: (0, false),
            variant: Vec::new(),
        }
    }

    fn of(&mut self, member: Member) -> Copy<'_> {
        let tree = self.tree;
        let folder = tree.parent(member.node);
        if folder.is_none() || folder != self.folder {
            self.variant.clear();
            let path = folder.map(|folder| tree.path(folder)).unwrap_or_default();
            let is_partial = read(&path, self.lexicon, &mut self.variant);
            self.above = (self.variant.len(), is_partial);
            self.folder = folder;
        }
        self.variant.truncate(self.above.0);
        let is_partial = read(tree.name(member.node), self.lexicon, &mut self.variant);
        let time = member.time.or_else(|| tree.mtime(member.node));
        Copy {
            variant: &self.variant,
            time: time.unwrap_or(Timestamp(i64::MAX)),
            is_full: !is_partial && !self.above.1,
        }
    }
}

/// Words that differ from copy to copy, and whether they say that the copy needs an older one.
type Lexicon = HashMap<&'static [u8], bool>;

fn lexicon() -> Lexicon {
    let whole = TIMES.iter().chain(&FULL).map(|&word| (word, false));
    whole.chain(PARTIAL.map(|word| (word, true))).collect()
}

/// Adds the words of a part of a path that do not differ from copy to copy; whether one of all
/// its words says that it needs an older copy.
fn read(path: &[u8], lexicon: &Lexicon, variant: &mut Vec<u8>) -> bool {
    let mut is_partial = false;
    for word in words(path) {
        let digits = word.iter().filter(|b| b.is_ascii_digit()).count();
        if digits == word.len() || digits >= 6 {
            continue;
        }
        let before = variant.len();
        variant.extend(word.iter().map(u8::to_ascii_lowercase));
        match lexicon.get(&variant[before..]) {
            Some(partial) => {
                is_partial |= partial;
                variant.truncate(before);
            }
            None => variant.push(b'/'),
        }
    }
    is_partial
}

/// The words of a path; compression and formats are words like any other.
fn words(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|b| !b.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
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
            let variant = |path: &str| {
                let mut variant = Vec::new();
                read(path.as_bytes(), &lexicon(), &mut variant);
                variant
            };
            assert_eq!(variant(a) == variant(b), same, "{a} {b}");
        }
    }
}
