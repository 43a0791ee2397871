//! What the tree does not keep, asked of the live file system for the files in question: the other
//! stamps, whose a file is, and where a symbolic link leads.

use std::sync::OnceLock;
#[cfg(unix)]
use std::sync::{Mutex, PoisonError};

use crate::rules::coverage::{Owner, Stamped, Stamps};
#[cfg(unix)]
use crate::sys::stamps::Folder;
#[cfg(unix)]
use crate::time::Timestamp;
use crate::tree::{NodeId, Tree};

use super::accounts::{Names, groups, users};
#[cfg(unix)]
use super::wanted::as_path;

/// Asks this machine, of a tree that shows it: the stamps by name below the handle of the
/// directory that was asked of last.
///
/// Rules are judged in the tree's order, so the files of one directory come one after the other,
/// and all that rules want of one file comes at once: the last handle and the last answer are
/// all that needs to be remembered.
#[derive(Debug, Default)]
pub(super) struct LiveStamps {
    #[cfg(unix)]
    last: Mutex<Last>,
    users: OnceLock<Names>,
    groups: OnceLock<Names>,
}

#[cfg(unix)]
impl Stamps for LiveStamps {
    fn of(&self, tree: &Tree, node: NodeId) -> Option<Stamped> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, answer)) = last.answer
            && known == node
        {
            return answer;
        }
        let answer = last.ask(tree, node);
        last.answer = Some((node, answer));
        answer
    }

    fn owner(&self, tree: &Tree, node: NodeId, group: bool) -> Option<Owner> {
        use std::os::unix::fs::MetadataExt as _;

        let metadata = std::fs::symlink_metadata(as_path(&tree.path(node))).ok()?;
        let (id, names) = if group {
            (metadata.gid(), self.groups.get_or_init(groups))
        } else {
            (metadata.uid(), self.users.get_or_init(users))
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

#[cfg(unix)]
#[derive(Debug, Default)]
struct Last {
    /// The directory, and a handle where it could be opened.
    folder: Option<(NodeId, Option<Folder>)>,
    answer: Option<(NodeId, Option<Stamped>)>,
}

#[cfg(unix)]
impl Last {
    fn ask(&mut self, tree: &Tree, node: NodeId) -> Option<Stamped> {
        let (folder, name) = match tree.parent(node) {
            Some(folder) => (folder, tree.name(node)),
            None => (node, &b"."[..]),
        };
        if self
            .folder
            .as_ref()
            .is_none_or(|(known, _)| *known != folder)
        {
            let path = tree.path(folder);
            let handle = Folder::open(&as_path(&path)).ok();
            self.folder = Some((folder, handle));
        }
        let (_, handle) = self.folder.as_ref()?;
        let times = handle.as_ref()?.times(name).ok()?;
        Some(Stamped {
            accessed: times.accessed.map(Timestamp),
            changed: times.changed.map(Timestamp),
            born: times.born.map(Timestamp),
        })
    }
}

/// Elsewhere paths are no bytes, and files have none of this.
#[cfg(not(unix))]
impl Stamps for LiveStamps {
    fn of(&self, _tree: &Tree, _node: NodeId) -> Option<Stamped> {
        None
    }
}
