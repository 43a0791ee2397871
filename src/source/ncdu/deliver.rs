//! From a stream of entries to the batches of a [`Sink`].
//!
//! An export lists a directory's entries and its sub-directories' contents mixed. So a listing is
//! delivered in parts: what is there goes out whenever a sub-directory begins, its own entry
//! being the last of it. At any time one batch holds entries, and a row is kept for every
//! directory that is still open: memory is bounded by the depth and by one part.

use std::io::Read;

use crate::entry::{Batch, Entry, Link, Listing, Progress, Rooting, Sink, Token};

use super::gdu::{Findings, Own};
use super::item::Fields;
use super::json::{Fault, Json};
use super::{Events, Troubles};

/// A part is delivered once it has this many entries or bytes of names.
const PART_ENTRIES: usize = 4096;
const PART_NAMES: usize = 1 << 20;
/// Stands for the device of inodes that an export does not number.
const NOWHERE: u64 = u64::MAX;

/// Hands the entries of an export to a sink.
pub(super) struct Deliver<'a> {
    sink: &'a mut dyn Sink,
    progress: &'a Progress,
    batch: Batch,
    /// What the batch holds: bytes of names, and bytes on disk.
    names: usize,
    bytes: u64,
    open: Vec<Open>,
    /// The token of the next directory.
    next: u32,
    /// How many links without an inode there were, and how many entries that hold nothing.
    unnumbered: u64,
    leaves: u64,
    /// Of a gdu export: what is the directories' own, and where unmarked links are.
    own: std::vec::IntoIter<Own>,
    first_names: std::iter::Peekable<std::vec::IntoIter<(u64, u64)>>,
    pub(super) troubles: Troubles,
}

/// A directory whose end has not come yet.
struct Open {
    token: u32,
    part: u32,
    dev: Option<u64>,
    /// What is known of its listing when nothing more comes.
    listing: Listing,
    name: Box<[u8]>,
}

impl<'a> Deliver<'a> {
    pub(super) fn new(sink: &'a mut dyn Sink, progress: &'a Progress, findings: Findings) -> Self {
        Self {
            sink,
            progress,
            batch: Batch::new(Token::ROOT),
            names: 0,
            bytes: 0,
            open: Vec::new(),
            next: 0,
            unnumbered: 0,
            leaves: 0,
            own: findings.own.into_iter(),
            first_names: findings.first_names.into_iter().peekable(),
            troubles: findings.troubles,
        }
    }

    /// Whether a root has been delivered.
    pub(super) fn has_root(&self) -> bool {
        self.next > 0
    }

    /// Closes what is still open, as directories of which a part was seen.
    pub(super) fn close_all(&mut self) {
        while let Some(open) = self.open.last_mut() {
            open.listing = Listing::Partial;
            self.flush();
            self.close();
        }
    }

    fn push(&mut self, entry: Entry<'_>) {
        self.names += entry.name.len();
        self.bytes = self.bytes.saturating_add(entry.disk.map_or(0, |d| d.lo));
        self.batch.push(entry);
    }

    /// Delivers what the batch holds of the innermost directory.
    fn flush(&mut self) {
        let Some(open) = self.open.last_mut() else {
            return;
        };
        self.batch.part = open.part;
        self.batch.listing = match open.listing {
            // Unread and opaque say that there are no names.
            Listing::Unread | Listing::Opaque if open.part > 0 || !self.batch.is_empty() => {
                Listing::Partial
            }
            listing => listing,
        };
        open.part = open.part.saturating_add(1);
        self.sink.listing(&self.batch);
        self.progress.add(self.batch.len() as u64, self.bytes);
        self.reset();
    }

    fn reset(&mut self) {
        let token = self.open.last().map_or(0, |open| open.token);
        self.batch.reset(Token(token));
        (self.names, self.bytes) = (0, 0);
    }

    fn close(&mut self) {
        self.open.pop();
        self.reset();
    }

    /// Notes a name of an inode that the export does not number. It is taken for an inode of its
    /// own: its size counts, and is not given back while it has names elsewhere.
    fn note_unnumbered(&mut self, name: &[u8], line: u64) {
        self.unnumbered += 1;
        let parents = self.open.iter().map(|open| &*open.name);
        self.troubles.push(
            parents.chain([name]),
            line,
            "link-without-inode",
            "expected \"ino\" for an entry with other names: which they are is unknown",
        );
    }

    fn check(&self) -> Result<(), Fault> {
        if self.progress.is_cancelled() {
            Err(Fault::Cancelled)
        } else {
            Ok(())
        }
    }
}

impl Events for Deliver<'_> {
    fn enter<R: Read>(
        &mut self,
        json: &Json<R>,
        name: &[u8],
        fields: &Fields,
    ) -> Result<(), Fault> {
        if self.next == u32::MAX {
            return Err(json.syntax("more directories than jettison can hold (2^32 − 1)"));
        }
        let token = self.next;
        self.next += 1;
        let outer = self.open.last().and_then(|open| open.dev);
        let mut entry = Entry {
            device: fields.dev.filter(|_| fields.dev != outer),
            token: Some(Token(token)),
            ..fields.directory(name)
        };
        let mut listing = if fields.read_error {
            Listing::Unread
        } else {
            Listing::Complete
        };
        if let Some(own) = self.own.next() {
            (entry.apparent, entry.disk) = (own.apparent, own.disk);
            listing = listing.max(own.listing);
        }
        if self.open.is_empty() {
            self.sink.root(entry, Rooting::Path);
            self.progress.add(1, entry.disk.map_or(0, |d| d.lo));
        } else {
            self.push(entry);
            self.flush();
        }
        self.open.push(Open {
            token,
            part: 0,
            dev: fields.dev.or(outer),
            listing,
            name: name.into(),
        });
        self.reset();
        self.check()
    }

    fn leaf<R: Read>(&mut self, json: &Json<R>, name: &[u8], fields: &Fields) -> Result<(), Fault> {
        if fields.lacks_inode() {
            self.note_unnumbered(name, json.place().line);
        }
        let dev = self.open.last().and_then(|open| open.dev);
        let first_name = self.first_names.next_if(|&(leaf, _)| leaf == self.leaves);
        self.leaves += 1;
        let entry = Entry {
            link: match first_name {
                Some((_, ino)) => Some(Link {
                    dev: dev.unwrap_or(0),
                    ino,
                    nlink: 0,
                }),
                None => fields.link(dev, (NOWHERE, self.unnumbered)),
            },
            ..fields.leaf(name)
        };
        self.push(entry);
        if self.batch.len() >= PART_ENTRIES || self.names >= PART_NAMES {
            self.flush();
            self.check()?;
        }
        Ok(())
    }

    fn leave(&mut self) {
        let untold = self.open.last().is_some_and(|open| open.part == 0);
        if untold || !self.batch.is_empty() {
            self.flush();
        }
        self.close();
    }
}
