//! One information object of an export: which keys mean something, and what they say.

use std::io::Read;

use crate::bytes::Interval;
use crate::entry::{Entry, Kind, Link};
use crate::time::Timestamp;

use super::json::{Fault, Json, syntax};

/// What an object says besides the name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) asize: Option<u64>,
    pub(super) dsize: Option<u64>,
    pub(super) dev: Option<u64>,
    pub(super) mtime: Option<i64>,
    pub(super) excluded: Option<Kind>,
    /// gdu only: how many entries the subtree has, itself included.
    pub(super) items: Option<u64>,
    ino: Option<u64>,
    nlink: u32,
    mode: u16,
    has_links: bool,
    notreg: bool,
    pub(super) read_error: bool,
}

/// Keys are told apart by their first bytes; none that means something is longer.
const LONGEST_KEY: usize = 16;

/// The bits of a mode that say what an entry is, and three of their values (`inode(7)`).
const TYPE: u16 = 0o170_000;
const REGULAR: u16 = 0o100_000;
const SYMLINK: u16 = 0o120_000;
const DIRECTORY: u16 = 0o040_000;

/// Reads an object that begins at the next byte; its name goes to `name`.
pub(super) fn read<R: Read>(
    json: &mut Json<R>,
    name: &mut Vec<u8>,
    scratch: &mut Vec<u8>,
    is_root: bool,
) -> Result<Fields, Fault> {
    let place = json.place();
    json.expect(b'{', "to begin an entry")?;
    let mut fields = Fields::default();
    let mut named = false;
    if !json.take(b'}')? {
        loop {
            json.string(scratch, "as a key")?;
            json.expect(b':', "after a key")?;
            scratch.truncate(LONGEST_KEY);
            if scratch == b"name" {
                json.peek()?;
                let place = json.place();
                json.string(name, "after \"name\"")?;
                if let Some(wrong) = name_fault(name, is_root) {
                    return Err(syntax(place, wrong));
                }
                named = true;
            } else {
                fields.member(json, scratch)?;
            }
            if !json.another(b'}')? {
                break;
            }
        }
    }
    if !named {
        return Err(syntax(place, "expected the entry to have a \"name\""));
    }
    Ok(fields)
}

/// Why a file cannot be called so. A deletion plan is made of these names, so one that could lead
/// out of its directory is refused and not repaired.
fn name_fault(name: &[u8], is_root: bool) -> Option<&'static str> {
    match name {
        b"" => Some("expected a name that is not empty"),
        _ if name.contains(&0) => Some("expected a name without a zero byte"),
        _ if is_root => None,
        b"." | b".." => Some("expected the name of an entry, found `.` or `..`"),
        _ if name.contains(&b'/') => Some("expected a name without `/` below the root"),
        _ => None,
    }
}

impl Fields {
    #[inline]
    fn member<R: Read>(&mut self, json: &mut Json<R>, key: &mut Vec<u8>) -> Result<(), Fault> {
        match key.as_slice() {
            b"asize" => self.asize = Some(json.unsigned("after \"asize\"")?),
            b"dsize" => self.dsize = Some(json.unsigned("after \"dsize\"")?),
            b"dev" => self.dev = Some(json.unsigned("after \"dev\"")?),
            b"ino" => self.ino = Some(json.unsigned("after \"ino\"")?),
            b"items" => self.items = Some(json.unsigned("after \"items\"")?),
            b"nlink" => self.nlink = narrow(json, "nlink")?,
            b"mode" => self.mode = narrow(json, "mode")?,
            b"mtime" => self.mtime = Some(json.seconds("after \"mtime\"")?),
            b"hlnkc" => self.has_links = json.boolean("after \"hlnkc\"")?,
            b"notreg" => self.notreg = json.boolean("after \"notreg\"")?,
            b"read_error" => self.read_error = json.boolean("after \"read_error\"")?,
            b"excluded" => {
                json.string(key, "after \"excluded\"")?;
                self.excluded = Some(match key.as_slice() {
                    b"otherfs" | b"othfs" => Kind::OtherFs,
                    b"kernfs" => Kind::KernelFs,
                    _ => Kind::Excluded,
                });
            }
            _ => json.skip_value()?,
        }
        Ok(())
    }

    /// Whether the object names an inode that has other names.
    pub(super) fn is_link(&self) -> bool {
        self.has_links || self.nlink > 1
    }

    /// The inode of an entry that is said to have other names.
    pub(super) fn marked_inode(&self) -> Option<u64> {
        self.ino.filter(|_| self.is_link())
    }

    /// Whether it has other names, but the export does not say which inode it is.
    pub(super) fn lacks_inode(&self) -> bool {
        self.is_link() && self.ino.is_none()
    }

    /// Which inode with several names it is, on the device of its directory if it does not say
    /// another; `stand_in` is the inode where the export does not number it.
    pub(super) fn link(&self, dir_dev: Option<u64>, stand_in: (u64, u64)) -> Option<Link> {
        let (dev, ino) = match self.ino {
            Some(ino) => (self.dev.or(dir_dev).unwrap_or(0), ino),
            None => stand_in,
        };
        self.is_link().then_some(Link {
            dev,
            ino,
            nlink: self.nlink,
        })
    }

    /// What an entry is that is no directory. The mode, where there is one, tells a symbolic link
    /// from a socket, which `notreg` does not.
    fn leaf_kind(&self) -> Kind {
        match (self.excluded, self.mode & TYPE) {
            (Some(kind), _) => kind,
            _ if self.read_error => Kind::Unread,
            (_, SYMLINK) => Kind::Symlink,
            (_, REGULAR) => Kind::File,
            (_, 0 | DIRECTORY) if !self.notreg => Kind::File,
            _ => Kind::Other,
        }
    }

    /// A leaf of the tree; its inode is the caller's business.
    pub(super) fn leaf<'a>(&self, name: &'a [u8]) -> Entry<'a> {
        let kind = self.leaf_kind();
        let counted = !matches!(
            kind,
            Kind::Unread | Kind::Excluded | Kind::OtherFs | Kind::KernelFs
        );
        // ncdu leaves out what is zero, and of what it has not looked at it knows no size.
        let size = |said: Option<u64>| match said {
            None if !counted => None,
            said => Some(Interval::exactly(said.unwrap_or(0))),
        };
        Entry {
            apparent: size(self.asize),
            disk: size(self.dsize),
            mtime: self.mtime.map(Timestamp),
            ..Entry::named(name, kind)
        }
    }

    /// A directory without its token.
    pub(super) fn directory<'a>(&self, name: &'a [u8]) -> Entry<'a> {
        let size = |said: Option<u64>| Some(Interval::exactly(said.unwrap_or(0)));
        Entry {
            apparent: size(self.asize),
            disk: size(self.dsize),
            mtime: self.mtime.map(Timestamp),
            ..Entry::named(name, Kind::Dir)
        }
    }
}

fn narrow<R: Read, T: TryFrom<u64>>(json: &mut Json<R>, key: &str) -> Result<T, Fault> {
    json.peek()?;
    let place = json.place();
    let number = json.unsigned(&format!("after \"{key}\""))?;
    T::try_from(number).map_err(|_| {
        let bits = 8 * size_of::<T>();
        syntax(
            place,
            format!("expected a number below 2^{bits} after \"{key}\""),
        )
    })
}
