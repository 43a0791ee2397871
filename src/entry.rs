//! The vocabulary between the sources and the tree.
//!
//! A source turns whatever it reads into [`Batch`]es, each the listing of **one directory**, and
//! hands them to a [`Sink`]. A directory is named by a [`Token`] that the source chose when it saw
//! it in its parent's listing. Two promises make the tree cheap to build:
//!
//! * a token is larger than that of its parent, and siblings' tokens rise in listing order;
//! * every directory that has a batch of its own appears in a batch of its parent.
//!
//! A source that reads with several threads asks the sink for one of its own for each
//! ([`Sink::split`]), so that nothing of what is read passes from thread to thread.
//!
//! No path crosses this seam: a name is a range in the batch's own byte buffer.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::bytes::Interval;
use crate::time::Timestamp;

/// What one name in one directory is, or why it was not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A directory.
    Dir,
    /// A regular file.
    File,
    /// A symbolic link; never followed.
    Symlink,
    /// A socket, a pipe or a device.
    Other,
    /// Left out because the user said so.
    Excluded,
    /// The root of another file system, not entered.
    OtherFs,
    /// The root of a file system that the kernel makes up (proc, sysfs, …), never entered.
    KernelFs,
    /// Could not be read: its size, or for a directory its contents, are unknown.
    Unread,
}

impl Kind {
    /// The word used in JSON and in texts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Dir => "dir",
            Self::File => "file",
            Self::Symlink => "symlink",
            Self::Other => "other",
            Self::Excluded => "excluded",
            Self::OtherFs => "other-fs",
            Self::KernelFs => "kernel-fs",
            Self::Unread => "unread",
        }
    }
}

/// How much of a directory's listing the source has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listing {
    /// Every name.
    Complete,
    /// No names, but what they sum up to is in the directory's own values (a `du` total).
    Opaque,
    /// Some names, perhaps not all.
    Partial,
    /// Nothing: unreadable, or never shown. Also the state of a directory for which no batch came.
    Unread,
}

/// The identity of an inode with more than one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link {
    /// The device that the inode lies on.
    pub dev: u64,
    /// Its number there.
    pub ino: u64,
    /// How many names it has, counted by the file system; 0: the source does not say.
    pub nlink: u32,
}

/// A directory's number, chosen by the source. The root is [`Token::ROOT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u32);

impl Token {
    /// The root of every tree.
    pub const ROOT: Self = Self(0);
}

/// One name in one directory, with the entry's own values: a directory's do not include what
/// lies below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The bytes of the name, without any `/` (the root's is a whole path or a label).
    pub name: &'a [u8],
    /// What it is.
    pub kind: Kind,
    /// `st_size`; `None` where the source says nothing of apparent sizes.
    pub apparent: Option<Interval>,
    /// Allocated bytes; `None` where the source says nothing of disk usage.
    pub disk: Option<Interval>,
    /// Last modification.
    pub mtime: Option<Timestamp>,
    /// For a non-directory with several names: which inode it is.
    pub link: Option<Link>,
    /// For a directory: the device it lies on, where known.
    pub device: Option<u64>,
    /// For a directory that may have a listing of its own: its token. `None` makes it a leaf.
    pub token: Option<Token>,
}

impl<'a> Entry<'a> {
    /// An entry of which only name and kind are known.
    #[must_use]
    pub const fn named(name: &'a [u8], kind: Kind) -> Self {
        Self {
            name,
            kind,
            apparent: None,
            disk: None,
            mtime: None,
            link: None,
            device: None,
            token: None,
        }
    }
}

/// The listing of one directory, or a part of it, in buffers that are meant to be reused.
///
/// ```
/// use jettison::entry::{Batch, Entry, Kind, Listing, Token};
///
/// let mut batch = Batch::new(Token::ROOT);
/// batch.push(Entry::named(b"a.csv", Kind::File));
/// batch.push(Entry { token: Some(Token(1)), ..Entry::named(b"logs", Kind::Dir) });
/// batch.listing = Listing::Complete;
/// assert_eq!(batch.entries().map(|e| e.name).collect::<Vec<_>>(), [&b"a.csv"[..], b"logs"]);
/// ```
#[derive(Clone, Debug)]
pub struct Batch {
    /// The directory that is listed.
    pub dir: Token,
    /// Which part of its listing this is: 0, 1, … for a directory whose listing comes in pieces.
    pub part: u32,
    /// How much of the directory is known, as far as this part can tell; the worst part decides.
    pub listing: Listing,
    names: Vec<u8>,
    records: Vec<Record>,
    extras: Vec<Extra>,
}

/// An entry's fixed part. What few entries have lies in an [`Extra`].
#[derive(Clone, Copy, Debug)]
struct Record {
    name_start: u32,
    name_len: u32,
    apparent: u64,
    disk: u64,
    mtime: i64,
    token: u32,
    extra: u32,
    kind: Kind,
    has: u8,
}

#[derive(Clone, Copy, Debug)]
struct Extra {
    apparent_hi: Option<u64>,
    disk_hi: Option<u64>,
    link: Option<Link>,
    device: Option<u64>,
}

const NONE: u32 = u32::MAX;
const HAS_APPARENT: u8 = 1;
const HAS_DISK: u8 = 2;
const HAS_MTIME: u8 = 4;

impl Batch {
    /// An empty listing of one directory; complete unless said otherwise.
    #[must_use]
    pub fn new(dir: Token) -> Self {
        Self {
            dir,
            part: 0,
            listing: Listing::Complete,
            names: Vec::new(),
            records: Vec::new(),
            extras: Vec::new(),
        }
    }

    /// Empties the batch for another directory, keeping its buffers.
    pub fn reset(&mut self, dir: Token) {
        self.dir = dir;
        self.part = 0;
        self.listing = Listing::Complete;
        self.names.clear();
        self.records.clear();
        self.extras.clear();
    }

    /// How many entries it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it holds no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Appends one entry.
    ///
    /// # Panics
    /// When the names of one part exceed 4 GiB.
    #[inline]
    pub fn push(&mut self, entry: Entry<'_>) {
        let name_start = u32::try_from(self.names.len()).expect("4 GiB of names in one part");
        self.names.extend_from_slice(entry.name);
        let (apparent, disk) = (entry.apparent, entry.disk);
        let plain = |size: Option<Interval>| size.is_none_or(Interval::is_exact);
        let extra =
            if plain(apparent) && plain(disk) && entry.link.is_none() && entry.device.is_none() {
                NONE
            } else {
                self.extras.push(Extra {
                    apparent_hi: apparent.and_then(|s| s.hi),
                    disk_hi: disk.and_then(|s| s.hi),
                    link: entry.link,
                    device: entry.device,
                });
                u32::try_from(self.extras.len() - 1).expect("as many extras as entries")
            };
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        self.records.push(Record {
            name_start,
            name_len: u32::try_from(entry.name.len()).expect("4 GiB of names in one part"),
            apparent: apparent.map_or(0, |s| s.lo),
            disk: disk.map_or(0, |s| s.lo),
            mtime: entry.mtime.map_or(0, |t| t.0),
            token: entry.token.map_or(NONE, |t| t.0),
            extra,
            kind: entry.kind,
            has: bit(apparent.is_some(), HAS_APPARENT)
                | bit(disk.is_some(), HAS_DISK)
                | bit(entry.mtime.is_some(), HAS_MTIME),
        });
    }

    /// The entries, in listing order.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = Entry<'_>> {
        self.records.iter().map(|record| self.entry(record))
    }

    #[inline]
    fn entry(&self, r: &Record) -> Entry<'_> {
        let start = r.name_start as usize;
        let extra = (r.extra != NONE).then(|| self.extras[r.extra as usize]);
        let size = |lo: u64, has: u8, hi: Option<Option<u64>>| {
            (r.has & has != 0).then(|| Interval {
                lo,
                hi: hi.unwrap_or(Some(lo)),
            })
        };
        Entry {
            name: &self.names[start..start + r.name_len as usize],
            kind: r.kind,
            apparent: size(r.apparent, HAS_APPARENT, extra.map(|e| e.apparent_hi)),
            disk: size(r.disk, HAS_DISK, extra.map(|e| e.disk_hi)),
            mtime: (r.has & HAS_MTIME != 0).then_some(Timestamp(r.mtime)),
            link: extra.and_then(|e| e.link),
            device: extra.and_then(|e| e.device),
            token: (r.token != NONE).then_some(Token(r.token)),
        }
    }
}

/// Where a source delivers what it reads.
pub trait Sink {
    /// Says what the root is; called once, before any batch. Its token is [`Token::ROOT`]; its
    /// name is the whole path, or a label where paths start below it ([`Rooting::Forest`]).
    fn root(&mut self, root: Entry<'_>, rooting: Rooting);

    /// Takes one directory's listing, or a part of it. Parts may come in any order, and those of
    /// a directory before the one in which it appears.
    fn listing(&mut self, batch: &Batch);

    /// At most `n` sinks that take a share of the batches, each for a thread of its own: what they
    /// take counts as taken by this one. None: this sink takes everything itself, and is then
    /// given the batch in which a directory appears before the directory's own.
    fn split(&mut self, _n: usize) -> Vec<Box<dyn Sink + Send>> {
        Vec::new()
    }
}

/// How paths below the root are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rooting {
    /// The root's name is a path; what lies below continues it.
    Path,
    /// The root is only a label; each of its children starts a path of its own (`?/rt/a.csv`,
    /// `edge-1:/data/x`).
    Forest,
}

/// Something that could not be read or understood: the place and the cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The path in question, as bytes; of a recording, the recording's own.
    pub path: Vec<u8>,
    /// The line in that file, counted from 1, where there is one.
    pub line: Option<u64>,
    /// A stable word for the kind of trouble, such as `permission-denied`.
    pub code: &'static str,
    /// The cause, as a fragment in lower case.
    pub message: String,
}

/// A command of a recording, and the line on which it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The line, counted from 1.
    pub line: u64,
    /// What was typed; the start of it, when it is long.
    pub text: Vec<u8>,
}

/// What one line of a recording says of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The line, counted from 1.
    pub line: u64,
    /// What it shows, in words that stay: `named`, `apparent size`, `disk size`, `sum of apparent sizes`, `sum
    /// of disk sizes`, `listed`, `listed without hidden names`, `listed in part`, `summed by du -a`,
    /// `entered`, `could not be opened`, `may have changed`, `removed`, `missing`.
    pub what: &'static str,
    /// The size that it shows, as far as what is printed tells.
    pub size: Option<Interval>,
    /// Of a listing: whether it showed every name.
    pub complete: Option<bool>,
    /// The command that printed it.
    pub command: Option<Command>,
    /// The later line because of which it counts no more.
    pub superseded_by: Option<u64>,
    /// The lines that say otherwise.
    pub conflicts: Vec<u64>,
}

/// The file system in question: its room, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Where it is mounted.
    pub mount: Vec<u8>,
    /// Its type, where known.
    pub fstype: Option<String>,
    /// All of it, in bytes.
    pub size: u64,
    /// Bytes in use.
    pub used: u64,
    /// Bytes that this user can still write.
    pub available: u64,
    /// Bytes that are free, but not for this user.
    pub reserved: u64,
    /// Inodes in all, where the file system counts them.
    pub inodes: Option<u64>,
    /// Inodes that this user can still make.
    pub inodes_available: Option<u64>,
    /// How the figures are known.
    pub measured: Measured,
}

/// How a volume's figures are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// Asked of the kernel.
    Statvfs,
    /// Read from a recording.
    Recorded,
    /// Said by the user.
    Given,
}

impl Measured {
    /// The word used in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Statvfs => "statvfs",
            Self::Recorded => "recorded",
            Self::Given => "given",
        }
    }
}

/// A file that may hold cleanup rules, as the machine in question knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFile {
    /// Its absolute path on that machine (`/etc/cron.d/market`).
    pub path: Vec<u8>,
    /// Where it was read (`checkout/etc/cron.d/market`), for messages.
    pub read_from: Vec<u8>,
    /// What it holds; any bytes.
    pub contents: Vec<u8>,
    /// Permission bits, where they are evidence (`None` below a root other than `/`).
    pub mode: Option<u32>,
    /// The owner's user id, where it is evidence.
    pub uid: Option<u32>,
    /// When it was last changed.
    pub mtime: Option<Timestamp>,
}

/// Decides what a walk leaves out.
pub trait Skip: Send + Sync {
    /// Whether to leave out the entry `name` whose path below the root is `relative`.
    fn skips(&self, name: &[u8], relative: &[u8]) -> bool;
}

/// What a long run has seen so far, and whether it should stop: counters that are shared by all
/// clones. Whoever looks asks for the place where the run is; nothing is written down unasked.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    entries: AtomicU64,
    bytes: AtomicU64,
    cancelled: AtomicBool,
    place_wanted: AtomicBool,
    place: Mutex<Vec<u8>>,
}

impl Progress {
    /// Counters at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what one batch held.
    pub fn add(&self, entries: u64, bytes: u64) {
        self.0.entries.fetch_add(entries, Ordering::Relaxed);
        self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Entries seen so far.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.0.entries.load(Ordering::Relaxed)
    }

    /// Bytes read or counted so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// The directory that was being read when this was last asked; empty at first.
    #[must_use]
    pub fn place(&self) -> Vec<u8> {
        self.0.place_wanted.store(true, Ordering::Relaxed);
        self.0
            .place
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Tells where the run is, if anybody asked since the last time.
    #[inline]
    pub fn at(&self, place: impl FnOnce() -> Vec<u8>) {
        if self.0.place_wanted.load(Ordering::Relaxed)
            && self.0.place_wanted.swap(false, Ordering::Relaxed)
        {
            *self.0.place.lock().unwrap_or_else(PoisonError::into_inner) = place();
        }
    }

    /// Asks the run to end early, with what is known.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked to end early.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_gives_back_what_was_pushed() {
        let entries = [
            Entry::named(b"", Kind::Unread),
            Entry {
                apparent: Some(Interval::exactly(u64::MAX)),
                disk: Some(Interval::exactly(0)),
                mtime: Some(Timestamp(-1)),
                ..Entry::named(b"a\xff\n", Kind::File)
            },
            Entry {
                apparent: Some(Interval::UNKNOWN),
                disk: Some(Interval::between(1, 512)),
                link: Some(Link {
                    dev: 1,
                    ino: 2,
                    nlink: 3,
                }),
                ..Entry::named(b"b", Kind::Other)
            },
            Entry {
                device: Some(7),
                token: Some(Token(9)),
                ..Entry::named(b"c", Kind::Dir)
            },
        ];
        let mut batch = Batch::new(Token(4));
        entries.iter().for_each(|&e| batch.push(e));
        assert_eq!(batch.entries().collect::<Vec<_>>(), entries);
        batch.reset(Token(5));
        assert!(batch.is_empty());
    }
}
