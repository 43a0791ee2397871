//! What the tree does not keep, asked of the file system by path for the few files in question:
//! the other stamps, whose a file is, and where a symbolic link leads.

use std::cell::OnceCell;

use crate::rules::coverage::{Owner, Stamped, Stamps};
use crate::tree::{NodeId, Tree};

use super::owners::{self, Names};
#[cfg(unix)]
use super::wanted::as_path;

/// Asks this machine, of a tree that shows it.
#[derive(Debug, Default)]
pub(super) struct LiveStamps {
    users: OnceCell<Names>,
    groups: OnceCell<Names>,
}

#[cfg(unix)]
impl Stamps for LiveStamps {
    fn of(&self, tree: &Tree, node: NodeId) -> Option<Stamped> {
        use std::os::unix::fs::MetadataExt as _;
        use std::time::SystemTime;

        use crate::time::Timestamp;

        let metadata = std::fs::symlink_metadata(as_path(&tree.path(node))).ok()?;
        let born = metadata.created().ok();
        let born = born.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        Some(Stamped {
            accessed: Some(Timestamp(metadata.atime())),
            changed: Some(Timestamp(metadata.ctime())),
            born: born
                .and_then(|d| i64::try_from(d.as_secs()).ok())
                .map(Timestamp),
        })
    }

    fn owner(&self, tree: &Tree, node: NodeId, group: bool) -> Option<Owner> {
        use std::os::unix::fs::MetadataExt as _;

        let metadata = std::fs::symlink_metadata(as_path(&tree.path(node))).ok()?;
        let (id, names) = if group {
            (metadata.gid(), self.groups.get_or_init(owners::groups))
        } else {
            (metadata.uid(), self.users.get_or_init(owners::names))
        };
        Some(Owner {
            id,
            name: names.get(&id).cloned(),
        })
    }

    fn real(&self, path: &[u8]) -> Option<Vec<u8>> {
        let real = std::fs::canonicalize(as_path(path)).ok()?;
        Some(real.into_os_string().into_encoded_bytes())
    }
}

/// Elsewhere paths are no bytes, and files have none of this.
#[cfg(not(unix))]
impl Stamps for LiveStamps {
    fn of(&self, _tree: &Tree, _node: NodeId) -> Option<Stamped> {
        None
    }
}
