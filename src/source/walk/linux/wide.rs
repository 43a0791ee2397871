//! Parts of a wide directory: names that one worker read and another asks about.

use std::ffi::CStr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::entry::Token;
use crate::sys::{Dir, Name};

use super::super::Faults;
use super::chain::Node;

/// One buffer of a listing.
pub(super) struct Part {
    pub(super) node: Arc<Node>,
    pub(super) dir: Arc<Dir>,
    pub(super) number: u32,
    pub(super) names: Listed,
    pub(super) tokens: Tokens,
    pub(super) wide: Arc<Wide>,
}

/// What all parts of one directory share.
#[derive(Default)]
pub(super) struct Wide {
    pub(super) faults: Mutex<Faults>,
}

impl Wide {
    /// Adds the faults of one part. The last part to be done gets those of all.
    pub(super) fn done(self: Arc<Self>, faults: Faults) -> Option<Faults> {
        let mut all = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        all.join(faults);
        drop(all);
        let wide = Arc::into_inner(self)?;
        let all = wide.faults.into_inner();
        Some(all.unwrap_or_else(PoisonError::into_inner))
    }
}

/// Names as they were listed: each with its inode number, whether it looked like a directory, and
/// a NUL at its end.
#[derive(Default)]
pub(super) struct Listed {
    bytes: Vec<u8>,
    names: Vec<Place>,
    pub(super) dirs: u32,
}

#[derive(Clone, Copy)]
struct Place {
    ino: u64,
    start: u32,
    dir: bool,
}

impl Listed {
    pub(super) fn push(&mut self, name: &Name<'_>) {
        let dir = name.is_dir();
        self.dirs += u32::from(dir);
        self.names.push(Place {
            ino: name.ino(),
            // A part is one buffer of 64 KiB.
            start: u32::try_from(self.bytes.len()).unwrap_or(u32::MAX),
            dir,
        });
        self.bytes
            .extend_from_slice(name.as_c_str().to_bytes_with_nul());
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Puts the names in the order of their inodes, in which a disk that turns has them.
    pub(super) fn sort_by_inode(&mut self) {
        self.names
            .sort_unstable_by_key(|place| (place.ino, place.start));
    }

    /// The names, each with whether it looked like a directory.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&CStr, bool)> {
        self.names.iter().filter_map(|place| {
            let name = CStr::from_bytes_until_nul(&self.bytes[place.start as usize..]);
            Some((name.ok()?, place.dir))
        })
    }
}

/// Where the tokens of sub-directories come from.
pub(super) enum Tokens {
    /// The counter that all workers share.
    Fresh,
    /// Those put by for the names that looked like directories: the next, and the first beyond.
    PutBy(u32, u32),
}

impl Tokens {
    pub(super) fn put_by(first: u32, n: u32) -> Self {
        Self::PutBy(first, first + n)
    }

    /// The next of those put by.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Token> {
        match self {
            Self::PutBy(next, end) if *next < *end => {
                *next += 1;
                Some(Token(*next - 1))
            }
            _ => None,
        }
    }
}
