//! What one thread of a source has delivered: columns that only grow, and a record for each
//! directory that was seen or listed. Nothing here knows the final order.
//!
//! Directories are dear where there are many of them, so what is said of one is kept in two small
//! records: [`Seen`] from its parent's listing and [`Listed`] from its own, which may be in
//! different segments. What few entries have (sizes beyond 32 bits, bounds, links) lies in side
//! tables.

use std::collections::BTreeMap;

use crate::bytes::Interval;
use crate::entry::{Batch, Entry, Kind, Listing, Token};

use super::links::LinkRow;
use super::names::{Fault, NameWriter};
use super::{
    BLOCK, IS_DIR, KINDS, NO_APPARENT, NO_DISK, NO_MTIME, Slack, UNSURE, Unsure, WIDE, clamp_mtime,
    is_counted, pack_mtime,
};

/// Columns of non-directories and records of directories, in order of arrival.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) columns: Columns,
    pub(super) names: NameWriter,
    pub(super) seen: Vec<Seen>,
    pub(super) listed: Vec<Listed>,
    pub(super) leaves: Side,
    /// Keyed by token.
    pub(super) dirs: Side,
    pub(super) doubts: Vec<Doubt>,
    pub(super) links: Vec<LinkRow>,
    pub(super) devices: Devices,
    /// Whether some entry has a disk size, or an apparent one above zero.
    pub(super) has_disk: bool,
    pub(super) has_apparent: bool,
    pub(super) fault: Option<Fault>,
}

/// One value for each non-directory.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) flags: Vec<u8>,
    pub(super) name: Vec<u32>,
    pub(super) mtime_low: Vec<u32>,
    pub(super) mtime_high: Vec<i8>,
    pub(super) apparent: Vec<u32>,
    pub(super) disk: Vec<u32>,
}

/// What few entries have, by their place in the columns or by token.
#[derive(Debug, Default)]
pub(super) struct Side {
    pub(super) apparent: Vec<(u32, u64)>,
    pub(super) disk: Vec<(u32, u64)>,
    pub(super) unsure: Vec<Unsure>,
}

/// A directory as it was seen in its parent's listing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) token: u32,
    pub(super) parent: u32,
    pub(super) name: u32,
    pub(super) mtime_low: u32,
    pub(super) apparent: u32,
    pub(super) disk: u32,
    pub(super) device: u16,
    pub(super) mtime_high: i8,
    pub(super) flags: u8,
}

/// A part of a directory's own listing: the stretch of the columns that it filled, and its sums.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    pub(super) token: u32,
    pub(super) part: u32,
    pub(super) start: u32,
    pub(super) len: u32,
    pub(super) files: u32,
    pub(super) unread: u32,
    pub(super) newest: i64,
    pub(super) apparent: u64,
    pub(super) disk: u64,
    pub(super) listing: Listing,
}

/// How far the sums of one part are from being exact, where they are not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doubt {
    pub(super) token: u32,
    pub(super) slack: Slack,
    /// Counted entries that lack one of the sizes.
    pub(super) lacks_apparent: bool,
    pub(super) lacks_disk: bool,
}

/// The devices that were met, each with a small number.
#[derive(Debug, Default)]
pub(super) struct Devices {
    pub(super) all: Vec<u64>,
    numbers: BTreeMap<u64, u16>,
}

impl Devices {
    /// Of a directory about which the source says nothing: that of its parent.
    pub(super) const INHERITED: u16 = u16::MAX - 1;
    /// Of one that came after the 65,534th.
    pub(super) const UNKNOWN: u16 = u16::MAX;

    pub(super) fn number(&mut self, dev: u64) -> u16 {
        // Neighbours mostly lie on one device.
        if let Some(&last) = self.all.last()
            && last == dev
        {
            return u16::try_from(self.all.len() - 1).unwrap_or(Self::UNKNOWN);
        }
        if let Some(&number) = self.numbers.get(&dev) {
            return number;
        }
        match u16::try_from(self.all.len()) {
            Ok(number) if number < Self::INHERITED => {
                self.all.push(dev);
                self.numbers.insert(dev, number);
                number
            }
            _ => Self::UNKNOWN,
        }
    }
}

impl Segment {
    pub(super) fn new(names: NameWriter) -> Self {
        Self {
            columns: Columns::default(),
            names,
            seen: Vec::new(),
            listed: Vec::new(),
            leaves: Side::default(),
            dirs: Side::default(),
            doubts: Vec::new(),
            links: Vec::new(),
            devices: Devices::default(),
            has_disk: false,
            has_apparent: false,
            fault: None,
        }
    }

    /// Takes one part of a directory's listing. Once something did not fit, nothing more is taken.
    pub(super) fn take(&mut self, batch: &Batch) {
        if self.fault.is_some() {
            return;
        }
        if let Err(fault) = self.columns.reserve(batch.len()) {
            self.fault = Some(fault);
            return;
        }
        let token = batch.dir.0;
        let start = self.columns.len();
        let mut sums = Sums::new(token, batch.part, start, batch.listing);
        for entry in batch.entries() {
            match entry.token {
                Some(child) => self.directory(child, token, &entry),
                None => self.leaf(&mut sums, &entry),
            }
        }
        self.has_disk |= sums.any_disk;
        self.has_apparent |= sums.listed.apparent > 0;
        sums.listed.len = self.columns.len() - start;
        self.listed.push(sums.listed);
        self.doubts.extend(sums.doubt());
    }

    /// Notes a directory that has, or may have, a listing of its own.
    pub(super) fn directory(&mut self, token: Token, parent: u32, entry: &Entry<'_>) {
        let name = self.store_name(entry.name);
        let apparent = entry.apparent.unwrap_or(Interval::ZERO);
        let disk = entry.disk.unwrap_or(Interval::ZERO);
        let (mtime_low, mtime_high) = pack_mtime(entry.mtime.map(|t| t.0));
        let mut flags = flags_of(entry) | IS_DIR;
        let (small_apparent, small_disk) = (compact(apparent.lo, 1), compact(disk.lo, BLOCK));
        self.dirs
            .note(token.0, entry, &mut flags, small_apparent, small_disk);
        self.has_disk |= entry.disk.is_some();
        self.has_apparent |= apparent.lo > 0;
        // Its own values belong to its own sums.
        let mut own = Sums::new(token.0, 0, 0, Listing::Complete);
        own.add(entry);
        self.doubts.extend(own.doubt());
        self.seen.push(Seen {
            token: token.0,
            parent,
            name,
            mtime_low,
            mtime_high,
            apparent: small_apparent,
            disk: small_disk,
            device: entry
                .device
                .map_or(Devices::INHERITED, |dev| self.devices.number(dev)),
            flags,
        });
    }

    fn store_name(&mut self, name: &[u8]) -> u32 {
        if self.fault.is_some() {
            return 0;
        }
        self.names.push(name).unwrap_or_else(|fault| {
            self.fault = Some(fault);
            0
        })
    }

    #[inline]
    fn leaf(&mut self, sums: &mut Sums, entry: &Entry<'_>) {
        let name = self.store_name(entry.name);
        let at = self.columns.len();
        let apparent = compact(entry.apparent.map_or(0, |size| size.lo), 1);
        let disk = compact(entry.disk.map_or(0, |size| size.lo), BLOCK);
        let mut flags = flags_of(entry);
        self.leaves.note(at, entry, &mut flags, apparent, disk);
        if let Some(link) = entry.link {
            self.links.push(LinkRow {
                dev: link.dev,
                ino: link.ino,
                id: at,
                nlink: link.nlink,
            });
        }
        let (low, high) = pack_mtime(entry.mtime.map(|t| t.0));
        self.columns.flags.push(flags);
        self.columns.name.push(name);
        self.columns.mtime_low.push(low);
        self.columns.mtime_high.push(high);
        self.columns.apparent.push(apparent);
        self.columns.disk.push(disk);
        sums.count(entry);
        sums.add(entry);
    }
}

impl Columns {
    fn len(&self) -> u32 {
        // `reserve` lets no column grow beyond that.
        u32::try_from(self.flags.len()).unwrap_or(u32::MAX)
    }

    /// Makes room for `more` entries, so that no single one has to fail.
    fn reserve(&mut self, more: usize) -> Result<(), Fault> {
        u32::try_from(self.flags.len() + more).map_err(|_| Fault::Full)?;
        self.flags
            .try_reserve(more)
            .and_then(|()| self.name.try_reserve(more))
            .and_then(|()| self.mtime_low.try_reserve(more))
            .and_then(|()| self.mtime_high.try_reserve(more))
            .and_then(|()| self.apparent.try_reserve(more))
            .and_then(|()| self.disk.try_reserve(more))
            .map_err(|_| Fault::NoMemory)
    }
}

impl Side {
    /// Keeps what the columns have no room for: values that are too large, and upper bounds.
    #[inline]
    fn note(&mut self, key: u32, entry: &Entry<'_>, flags: &mut u8, apparent: u32, disk: u32) {
        let sizes = (
            entry.apparent.unwrap_or(Interval::ZERO),
            entry.disk.unwrap_or(Interval::ZERO),
        );
        if apparent == WIDE {
            self.apparent.push((key, sizes.0.lo));
        }
        if disk == WIDE {
            self.disk.push((key, sizes.1.lo));
        }
        if !sizes.0.is_exact() || !sizes.1.is_exact() {
            *flags |= UNSURE;
            self.unsure.push(Unsure {
                id: key,
                apparent_hi: sizes.0.hi,
                disk_hi: sizes.1.hi,
            });
        }
    }
}

/// The sums of one part while it is read.
struct Sums {
    listed: Listed,
    slack: Slack,
    lacks_apparent: bool,
    lacks_disk: bool,
    any_disk: bool,
}

impl Sums {
    fn new(token: u32, part: u32, start: u32, listing: Listing) -> Self {
        Self {
            listed: Listed {
                token,
                part,
                start,
                len: 0,
                files: 0,
                unread: 0,
                newest: NO_MTIME,
                apparent: 0,
                disk: 0,
                listing,
            },
            slack: Slack::default(),
            lacks_apparent: false,
            lacks_disk: false,
            any_disk: false,
        }
    }

    /// Counts a non-directory.
    #[inline]
    fn count(&mut self, entry: &Entry<'_>) {
        if is_counted(entry.kind) {
            self.any_disk |= entry.disk.is_some();
            self.listed.files += 1;
            if let Some(mtime) = entry.mtime {
                self.listed.newest = self.listed.newest.max(clamp_mtime(mtime.0));
            }
        }
    }

    /// Adds an entry's own values.
    #[inline]
    fn add(&mut self, entry: &Entry<'_>) {
        if entry.kind == Kind::Unread {
            self.listed.unread += 1;
        } else if !is_counted(entry.kind) {
            return;
        }
        let slack = |size: Interval| size.hi.map_or(u64::MAX, |hi| hi.saturating_sub(size.lo));
        match entry.apparent {
            Some(size) => {
                self.listed.apparent = self.listed.apparent.saturating_add(size.lo);
                self.slack.apparent = self.slack.apparent.saturating_add(slack(size));
            }
            None => self.lacks_apparent = true,
        }
        match entry.disk {
            Some(size) => {
                self.listed.disk = self.listed.disk.saturating_add(size.lo);
                self.slack.disk = self.slack.disk.saturating_add(slack(size));
            }
            None => self.lacks_disk = true,
        }
    }

    fn doubt(&self) -> Option<Doubt> {
        let slack = self.slack.apparent > 0 || self.slack.disk > 0;
        (slack || self.lacks_apparent || self.lacks_disk).then_some(Doubt {
            token: self.listed.token,
            slack: self.slack,
            lacks_apparent: self.lacks_apparent,
            lacks_disk: self.lacks_disk,
        })
    }
}

#[inline]
fn flags_of(entry: &Entry<'_>) -> u8 {
    let kind = KINDS.iter().position(|&k| k == entry.kind).unwrap_or(0);
    let missing = |none: bool, flag: u8| if none { flag } else { 0 };
    u8::try_from(kind).unwrap_or(0)
        | missing(entry.apparent.is_none(), NO_APPARENT)
        | missing(entry.disk.is_none(), NO_DISK)
}

/// A size in units of `unit`, or [`WIDE`] where that does not hold it exactly.
#[inline]
pub(super) fn compact(bytes: u64, unit: u64) -> u32 {
    match u32::try_from(bytes / unit) {
        Ok(small) if bytes.is_multiple_of(unit) => small,
        _ => WIDE,
    }
}
