//! One directory's listing by path: what the names that a package found become.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::entry::{Batch, Entry, Kind, Listing, Token};
use crate::sys::{self, Fault, FileKind};

use super::{Faults, Ground, Troubles, Walk, code, entry, reason};

/// A directory to be listed; the default is the root's token.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    token: u32,
    ground: Ground,
}

/// One directory's listing, and what is to be said of it.
pub(super) struct Listed {
    pub(super) batch: Batch,
    pub(super) bytes: u64,
    pub(super) troubles: Troubles,
}

pub(super) struct Reader {
    pub(super) walk: Walk,
    next_token: AtomicU32,
    vanished: AtomicU64,
}

/// A name that was found, or why there is none.
pub(super) type Name = Result<OsString, (Fault, String)>;

pub(super) fn failure(cause: Option<&io::Error>) -> (Fault, String) {
    let fault = cause.map_or(Fault::Other, Fault::of);
    (fault, reason(fault, cause))
}

impl Reader {
    pub(super) fn new(walk: Walk) -> Self {
        Self {
            walk,
            next_token: AtomicU32::new(Token::ROOT.0 + 1),
            vanished: AtomicU64::new(0),
        }
    }

    /// Where the walk begins.
    pub(super) fn root(&self) -> Place {
        Place {
            token: Token::ROOT.0,
            ground: Ground::of(&self.walk.meta),
        }
    }

    /// Names that were gone when their turn came.
    pub(super) fn vanished(&self) -> u64 {
        self.vanished.load(Ordering::Relaxed)
    }

    /// Asks about every name of one directory; gives, name by name, which are to be entered.
    pub(super) fn list(
        &self,
        dir: &Path,
        place: Place,
        names: &[Name],
    ) -> (Listed, Vec<Option<Place>>) {
        let mut listed = Listed {
            batch: Batch::new(Token(place.token)),
            bytes: 0,
            troubles: Troubles::default(),
        };
        let mut faults = Faults::default();
        let enter = names.iter().map(|name| match name {
            Ok(name) => self.note(dir, place, name, &mut listed, &mut faults),
            Err((Fault::Gone, _)) if listed.batch.is_empty() => {
                self.vanished.fetch_add(1, Ordering::Relaxed);
                None
            }
            Err((fault, reason)) => {
                let whole = listed.batch.is_empty();
                listed.batch.listing = if whole {
                    Listing::Unread
                } else {
                    Listing::Partial
                };
                let message = format!("not listed to its end: {reason}");
                listed.troubles.add(bytes_of(dir), code(*fault), message);
                None
            }
        });
        let enter = enter.collect();
        if let Some((code, message)) = faults.told() {
            listed.troubles.add(bytes_of(dir), code, message);
        }
        (listed, enter)
    }

    /// Appends one entry to the listing; a directory to be entered is given back.
    fn note(
        &self,
        dir: &Path,
        place: Place,
        name: &OsStr,
        listed: &mut Listed,
        faults: &mut Faults,
    ) -> Option<Place> {
        let (path, bytes) = (dir.join(name), name.as_encoded_bytes());
        let mut only_named = |kind| {
            listed.batch.push(Entry::named(bytes, kind));
            None
        };
        if let Some(skip) = &self.walk.skip {
            let below = path.strip_prefix(&self.walk.root).unwrap_or(&path);
            if skip.skips(bytes, below.as_os_str().as_encoded_bytes()) {
                return only_named(Kind::Excluded);
            }
        }
        let meta = match sys::stat_path(&path) {
            Ok(meta) => meta,
            Err(error) if Fault::of(&error) == Fault::Gone => {
                self.vanished.fetch_add(1, Ordering::Relaxed);
                return None;
            }
            Err(error) => {
                faults.add(&error);
                return only_named(Kind::Unread);
            }
        };
        if let Some(kind) = self.walk.border.kind_beyond(place.ground, &meta, || None) {
            return only_named(kind);
        }
        let token =
            (meta.kind == FileKind::Dir).then(|| self.next_token.fetch_add(1, Ordering::Relaxed));
        listed.batch.push(entry(bytes, &meta, token.map(Token)));
        listed.bytes += meta.disk.or(meta.apparent).unwrap_or(0);
        token.map(|token| Place {
            token,
            ground: Ground::of(&meta),
        })
    }
}

fn bytes_of(path: &Path) -> Vec<u8> {
    path.as_os_str().as_encoded_bytes().to_vec()
}
