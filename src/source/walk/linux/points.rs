//! Where other file systems are mounted below a directory, by name.
//!
//! Asking about a mount point asks the file system that is mounted there, and a dead file server
//! answers never. A walk that stays on its own mount need not ask: the kernel's table says where
//! the others are, and what they are.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::sync::Arc;

use crate::entry::Kind;
use crate::source::volume::Mount;

/// What is mounted directly at a name, or somewhere below it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Points {
    kind: Option<Kind>,
    below: BTreeMap<Vec<u8>, Arc<Self>>,
}

impl Points {
    /// The mounts on top of the mount `id` that lie below `root`; `None`: there are none.
    /// `kind` says how a mount is shown.
    pub(super) fn of(
        mounts: &[Mount],
        id: Option<u64>,
        root: &OsStr,
        kind: impl Fn(&Mount) -> Kind,
    ) -> Option<Arc<Self>> {
        let root = root.as_encoded_bytes();
        let mut all = Self::default();
        for mount in mounts.iter().filter(|mount| Some(mount.parent) == id) {
            let below = match root {
                b"/" => Some(&mount.point[..]),
                root => mount.point.strip_prefix(root),
            };
            let names = below.and_then(|below| below.strip_prefix(b"/"));
            if let Some(names) = names.filter(|names| !names.is_empty()) {
                all.add(names, kind(mount));
            }
        }
        (!all.below.is_empty()).then(|| Arc::new(all))
    }

    fn add(&mut self, names: &[u8], kind: Kind) {
        let mut here = self;
        for name in names.split(|&b| b == b'/') {
            let next = here.below.entry(name.to_vec()).or_default();
            // Nothing is shared before the whole is built.
            let Some(next) = Arc::get_mut(next) else {
                return;
            };
            here = next;
        }
        here.kind = Some(kind);
    }

    /// What is mounted at the name `name`.
    pub(super) fn at(&self, name: &[u8]) -> Option<Kind> {
        self.below.get(name)?.kind
    }

    /// The mounts below the directory `name`.
    pub(super) fn below(&self, name: &[u8]) -> Option<Arc<Self>> {
        let points = self.below.get(name)?;
        (!points.below.is_empty()).then(|| Arc::clone(points))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::volume::parse_mounts;

    #[test]
    fn mounts_are_found_by_name() {
        let table = b"20 1 254:0 / / rw - ext4 /dev/vda rw\n\
            21 20 0:21 / /proc rw - proc proc rw\n\
            22 20 0:40 / /srv/nas\\0401 rw - nfs4 host:/x rw\n\
            23 22 0:41 / /srv/nas\\0401/deep rw - tmpfs t rw\n\
            24 20 254:0 /var /srv/data/bound rw - ext4 /dev/vda rw\n\
            25 99 0:42 / /srv/hidden rw - tmpfs t rw\n";
        let mounts = parse_mounts(table);
        let kind = |mount: &Mount| match mount.fstype.as_str() {
            "proc" => Kind::KernelFs,
            _ => Kind::OtherFs,
        };
        let of = |root: &str| Points::of(&mounts, Some(20), OsStr::new(root), kind);
        let root = of("/").unwrap();
        assert_eq!(root.at(b"proc"), Some(Kind::KernelFs));
        assert_eq!((root.at(b"srv"), root.below(b"proc")), (None, None));
        let srv = root.below(b"srv").unwrap();
        assert_eq!(srv.at(b"nas 1"), Some(Kind::OtherFs));
        assert_eq!((srv.at(b"hidden"), srv.below(b"nas 1")), (None, None));
        let data = srv.below(b"data").unwrap();
        assert_eq!(data.at(b"bound"), Some(Kind::OtherFs));
        assert_eq!(of("/srv").unwrap(), srv);
        assert_eq!(
            (of("/srv/nas 1"), of("/sr"), of("/etc")),
            (None, None, None)
        );
    }
}
