//! gdu's variant of the format: sums where ncdu has own values, and its own idea of a hard link.
//!
//! gdu writes `asize`, `dsize` and `items` (a count of entries) of directories since July 2026,
//! as sums that include what lies below; ncdu's are the entry's own. Before, it wrote none. A
//! directory's own value is what its sum leaves after its entries, which is known only at its
//! end, while a sink wants it at its beginning: so a gdu export is held in memory as it is
//! (60 to 90 bytes an entry) and read more than once.
//!
//! Of an inode with several names, gdu (tried: 5.22) counts the one that it happens to see first
//! and writes it like any other file; the others carry `ino` and `hlnkc`, and are not in the sums.
//! The first name is found again by its size and time. Where every marked inode finds one, the
//! export is read so; otherwise a program that marks every name has written it, and as it does not
//! say at which of them the inode was counted, the own value of a directory that holds such names
//! is an interval: with all of them counted elsewhere, or with all counted here.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use crate::bytes::Interval;
use crate::entry::Listing;

use super::item::Fields;
use super::json::{Fault, Json, Rest};
use super::{Events, Troubles};

/// What several readings of a gdu export have found.
#[derive(Default)]
pub(super) struct Findings {
    /// The directories' own values, in the order in which directories begin.
    pub(super) own: Vec<Own>,
    /// Non-directories that are the first name of an inode: which in the order of the file, and
    /// the inode.
    pub(super) first_names: Vec<(u64, u64)>,
    pub(super) troubles: Troubles,
}

/// Reads what `rest` holds, up to its end or to the first fault, which is the caller's to find.
pub(super) fn examine(rest: &Rest, path: &[u8]) -> Findings {
    let mut tally = Tally::default();
    let is_cut = matches!(super::walk(&mut rest.json(), &mut tally), Err(Fault::Cut));
    if is_cut {
        tally.close_all();
    }
    let mut findings = Findings {
        own: tally.own,
        first_names: Vec::new(),
        troubles: tally.troubles,
    };
    if tally.marked.is_empty() {
        return findings;
    }
    let mut first = FirstNames::new(tally.marked);
    // The fault, if there is one, is the same.
    let _same = super::walk(&mut rest.json(), &mut first);
    if first.wanted.values().all(Vec::is_empty) || is_cut {
        findings.own.iter_mut().for_each(Own::without_links);
        if first.others > 0 {
            let message = format!(
                "gdu does not mark the first name of a hard link: {} were found by size and time, \
                 where {} other files have the same",
                first.found.len(),
                first.others
            );
            findings
                .troubles
                .push(std::iter::once(path), 1, "links-guessed", &message);
        }
        findings.first_names = first.found;
    }
    findings
}

/// A directory's own values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Own {
    /// `None` where the export gives directories no size.
    pub(super) apparent: Option<Interval>,
    pub(super) disk: Option<Interval>,
    /// What `items` says about the listing.
    pub(super) listing: Listing,
    /// Its end was not seen.
    is_cut: bool,
}

impl Own {
    const UNKNOWN: Self = Self {
        apparent: None,
        disk: None,
        listing: Listing::Complete,
        is_cut: false,
    };

    /// Settles that no marked name is in the directory's sums.
    fn without_links(&mut self) {
        if !self.is_cut {
            for size in [&mut self.apparent, &mut self.disk] {
                *size = size.map(|size| Interval::exactly(size.hi.unwrap_or(size.lo)));
            }
        }
    }
}

/// What names of one inode have in common: apparent and disk size, and mtime.
type Look = (u64, u64, Option<i64>);

fn look(fields: &Fields) -> Look {
    let size = |said: Option<u64>| said.unwrap_or(0);
    (size(fields.asize), size(fields.dsize), fields.mtime)
}

/// Works out the directories' own values.
#[derive(Default)]
struct Tally {
    own: Vec<Own>,
    troubles: Troubles,
    open: Vec<Open>,
    /// The inodes of the marked names that weigh something.
    marked: BTreeMap<Look, BTreeSet<u64>>,
}

struct Open {
    is_cut: bool,
    at: usize,
    fields: Fields,
    line: u64,
    name: Box<[u8]>,
    items: u64,
    apparent: Sum,
    disk: Sum,
}

/// What the entries of one directory add up to.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    /// What is certainly in the directory's total.
    plain: u64,
    /// Names of inodes with several: in it, or in another's.
    linked: u64,
}

impl Sum {
    fn add(&mut self, bytes: u64, is_link: bool) {
        let sum = if is_link {
            &mut self.linked
        } else {
            &mut self.plain
        };
        *sum = sum.saturating_add(bytes);
    }

    /// What a total leaves for the directory itself; `None` when the entries exceed it.
    fn own(self, total: u64) -> Option<Interval> {
        let most = total.checked_sub(self.plain)?;
        Some(Interval::between(most.saturating_sub(self.linked), most))
    }
}

impl Open {
    /// Whether the export gives this directory's totals; of these three, zeros may be left out.
    fn has_totals(&self) -> bool {
        let Fields {
            asize,
            dsize,
            items,
            ..
        } = self.fields;
        asize.is_some() || dsize.is_some() || items.is_some()
    }

    fn listing(&self) -> Listing {
        match self.fields.items {
            Some(items) if items > self.items && self.items == 1 => Listing::Opaque,
            Some(items) if items > self.items => Listing::Partial,
            _ => Listing::Complete,
        }
    }
}

impl Tally {
    /// Closes what is still open: what was not seen is not the directory's own.
    fn close_all(&mut self) {
        while let Some(open) = self.open.last_mut() {
            let unseen = |sum: &mut Sum, total: Option<u64>| {
                sum.linked = total.unwrap_or(0).saturating_sub(sum.plain);
            };
            unseen(&mut open.apparent, open.fields.asize);
            unseen(&mut open.disk, open.fields.dsize);
            open.is_cut = true;
            self.leave();
        }
    }

    fn note_contradiction(&mut self, open: &Open) {
        let parents = self.open.iter().map(|open| &*open.name);
        self.troubles.push(
            parents.chain([&*open.name]),
            open.line,
            "sizes-contradict",
            "its entries add up to more than its total: its own size is taken as 0",
        );
    }

    fn own_of(&mut self, open: &Open) -> Own {
        if !open.has_totals() {
            return Own::UNKNOWN;
        }
        let apparent = open.apparent.own(open.fields.asize.unwrap_or(0));
        let disk = open.disk.own(open.fields.dsize.unwrap_or(0));
        if apparent.is_none() || disk.is_none() {
            self.note_contradiction(open);
        }
        Own {
            apparent: apparent.or(Some(Interval::ZERO)),
            disk: disk.or(Some(Interval::ZERO)),
            listing: open.listing(),
            is_cut: open.is_cut,
        }
    }
}

impl Events for Tally {
    fn enter<R: Read>(
        &mut self,
        json: &Json<R>,
        name: &[u8],
        fields: &Fields,
    ) -> Result<(), Fault> {
        self.open.push(Open {
            is_cut: false,
            at: self.own.len(),
            fields: *fields,
            line: json.place().line,
            name: name.into(),
            items: 1,
            apparent: Sum::default(),
            disk: Sum::default(),
        });
        self.own.push(Own::UNKNOWN);
        Ok(())
    }

    fn leaf<R: Read>(&mut self, _: &Json<R>, _: &[u8], fields: &Fields) -> Result<(), Fault> {
        if let Some(open) = self.open.last_mut() {
            open.items += 1;
            let is_link = fields.is_link();
            open.apparent.add(fields.asize.unwrap_or(0), is_link);
            open.disk.add(fields.dsize.unwrap_or(0), is_link);
        }
        let look = look(fields);
        if let (Some(ino), true) = (fields.marked_inode(), look.0 > 0 || look.1 > 0) {
            self.marked.entry(look).or_default().insert(ino);
        }
        Ok(())
    }

    fn leave(&mut self) {
        let Some(open) = self.open.pop() else {
            return;
        };
        self.own[open.at] = self.own_of(&open);
        let Some(parent) = self.open.last_mut() else {
            return;
        };
        parent.items += open.fields.items.unwrap_or(open.items).max(open.items);
        if open.has_totals() {
            parent.apparent.add(open.fields.asize.unwrap_or(0), false);
            parent.disk.add(open.fields.dsize.unwrap_or(0), false);
        } else {
            for (sum, of) in [
                (&mut parent.apparent, open.apparent),
                (&mut parent.disk, open.disk),
            ] {
                sum.add(of.plain, false);
                sum.add(of.linked, true);
            }
        }
    }
}

/// Finds the names that are not marked.
struct FirstNames {
    wanted: BTreeMap<Look, Vec<u64>>,
    leaves: u64,
    found: Vec<(u64, u64)>,
    /// Files that look like one that was found already.
    others: u64,
}

impl FirstNames {
    fn new(marked: BTreeMap<Look, BTreeSet<u64>>) -> Self {
        let in_order = |inodes: BTreeSet<u64>| inodes.into_iter().rev().collect();
        Self {
            wanted: marked
                .into_iter()
                .map(|(look, set)| (look, in_order(set)))
                .collect(),
            leaves: 0,
            found: Vec::new(),
            others: 0,
        }
    }
}

impl Events for FirstNames {
    fn enter<R: Read>(&mut self, _: &Json<R>, _: &[u8], _: &Fields) -> Result<(), Fault> {
        Ok(())
    }

    fn leaf<R: Read>(&mut self, _: &Json<R>, _: &[u8], fields: &Fields) -> Result<(), Fault> {
        if !fields.is_link()
            && let Some(inodes) = self.wanted.get_mut(&look(fields))
        {
            match inodes.pop() {
                Some(ino) => self.found.push((self.leaves, ino)),
                None => self.others += 1,
            }
        }
        self.leaves += 1;
        Ok(())
    }

    fn leave(&mut self) {}
}
