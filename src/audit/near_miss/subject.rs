//! The paths that an edit of a command is to take, as components and as they are written.

use std::cell::OnceCell;

use crate::tree::NodeId;

/// A path as its components.
pub(super) type Names = Vec<Vec<u8>>;

/// Paths that a command is to take.
pub(super) struct Subject {
    pub(super) paths: Vec<Names>,
    pub(super) nodes: Vec<NodeId>,
    pub(super) is_dir: bool,
    written: OnceCell<Names>,
}

impl Subject {
    pub(super) fn new(paths: Vec<Names>, nodes: Vec<NodeId>, is_dir: bool) -> Self {
        Self {
            paths,
            nodes,
            is_dir,
            written: OnceCell::new(),
        }
    }

    /// The paths as they are written.
    pub(super) fn written(&self) -> &[Vec<u8>] {
        let write = || self.paths.iter().map(|path| join(path)).collect();
        self.written.get_or_init(write)
    }

    /// The last components.
    pub(super) fn names(&self) -> Vec<&[u8]> {
        let last = |names: &'_ Names| names.last().map_or(0, Vec::len);
        debug_assert!(self.paths.iter().all(|names| last(names) > 0));
        self.paths
            .iter()
            .filter_map(|names| names.last().map(Vec::as_slice))
            .collect()
    }
}

pub(super) fn split(path: &[u8]) -> Names {
    path.split(|&b| b == b'/')
        .filter(|name| !name.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

pub(super) fn join(names: &[Vec<u8>]) -> Vec<u8> {
    let mut path = Vec::new();
    for name in names {
        path.push(b'/');
        path.extend_from_slice(name);
    }
    path
}
