//! The directories of a walk as a chain up to the root: what each needs to be found again.

use std::ffi::CStr;
use std::io;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::entry::{Skip, Token};
use crate::sys::{Dir, Fault, Meta};

use super::super::{Ground, code, reason};
use super::points::Points;

/// A directory that has been opened, for as long as something below it may need it.
pub(super) struct Node {
    pub(super) parent: Option<Arc<Self>>,
    pub(super) name: Box<CStr>,
    pub(super) token: Token,
    pub(super) id: Id,
    /// Where other file systems are mounted below it.
    pub(super) points: Option<Arc<Points>>,
    pub(super) depth: u32,
    /// Bytes of its path below the root.
    path_len: usize,
    /// Sub-directories that still wait to be opened; one more while it is being listed.
    pub(super) waiting: AtomicUsize,
    kept: Mutex<Option<Arc<Dir>>>,
}

/// Which directory it is.
#[derive(Clone, Copy)]
pub(super) struct Id {
    pub(super) ground: Ground,
    ino: u64,
}

impl Id {
    pub(super) fn of(meta: &Meta) -> Self {
        Self {
            ground: Ground::of(meta),
            ino: meta.ino,
        }
    }

    pub(super) fn is(self, meta: &Meta) -> bool {
        self.ino == meta.ino && self.ground.dev == meta.dev && !self.ground.ends_at(meta)
    }
}

/// A sub-directory that waits to be opened.
pub(super) struct Task {
    pub(super) parent: Arc<Node>,
    pub(super) name: Box<CStr>,
    pub(super) token: Token,
    pub(super) id: Id,
    pub(super) points: Option<Arc<Points>>,
}

impl Node {
    /// The root keeps its handle to the end: whatever was closed can be found again from there.
    pub(super) fn root(dir: Dir, meta: &Meta, points: Option<Arc<Points>>) -> Arc<Self> {
        Arc::new(Self {
            parent: None,
            name: c"".into(),
            token: Token::ROOT,
            id: Id::of(meta),
            points,
            depth: 0,
            path_len: 0,
            waiting: AtomicUsize::new(2),
            kept: Mutex::new(Some(Arc::new(dir))),
        })
    }

    pub(super) fn below(task: Task) -> Arc<Self> {
        let slash = usize::from(task.parent.depth > 0);
        Arc::new(Self {
            depth: task.parent.depth.saturating_add(1),
            path_len: task.parent.path_len + slash + task.name.to_bytes().len(),
            parent: Some(task.parent),
            name: task.name,
            token: task.token,
            id: task.id,
            points: task.points,
            waiting: AtomicUsize::new(1),
            kept: Mutex::new(None),
        })
    }

    pub(super) fn kept(&self) -> MutexGuard<'_, Option<Arc<Dir>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its path below the root.
    pub(super) fn relative(&self) -> Vec<u8> {
        let mut names = Vec::new();
        let mut node = Some(self);
        while let Some(here) = node {
            names.push(here.name.to_bytes());
            node = here.parent.as_deref();
        }
        names.pop();
        names.reverse();
        names.join(&b'/')
    }
}

impl Drop for Node {
    /// Lets go of the directories above one by one: by default each would drop the next inside its
    /// own drop, as deep as the tree is.
    fn drop(&mut self) {
        let mut above = self.parent.take();
        while let Some(mut node) = above.and_then(Arc::into_inner) {
            above = node.parent.take();
        }
    }
}

/// Why a directory was not entered.
pub(super) enum Refusal {
    Is(Fault),
    Because(String),
    /// Another directory stands there now, or something was mounted there.
    Replaced,
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match Fault::of(&error) {
            Fault::Other => Self::Because(error.to_string()),
            fault => Self::Is(fault),
        }
    }
}

impl Refusal {
    pub(super) fn told(self) -> (&'static str, String) {
        match self {
            Self::Is(fault) => (code(fault), reason(fault, None)),
            Self::Because(cause) => (code(Fault::Other), cause),
            Self::Replaced => (code(Fault::NotDir), reason(Fault::NotDir, None)),
        }
    }
}

/// Opens name after name, the last of the list first, and checks where that led. A name that is
/// gone there may have been moved, so that nothing is known of what it held.
pub(super) fn descend(from: &Arc<Dir>, names: &[&CStr], id: Id) -> Result<Arc<Dir>, Refusal> {
    let mut dir = Arc::clone(from);
    for name in names.iter().rev() {
        let next = dir.open_child(name, false).map_err(Refusal::from);
        dir = Arc::new(next.map_err(|refusal| match refusal {
            Refusal::Is(Fault::Gone) => Refusal::Replaced,
            other => other,
        })?);
    }
    check(dir, id)
}

/// Opens `..` that many times, and checks where that led.
pub(super) fn ascend(from: &Arc<Dir>, steps: u32, id: Id) -> Result<Arc<Dir>, Refusal> {
    let mut dir = Arc::clone(from);
    for _ in 0..steps {
        dir = Arc::new(dir.open_parent()?);
    }
    check(dir, id)
}

fn check(dir: Arc<Dir>, id: Id) -> Result<Arc<Dir>, Refusal> {
    if id.is(&dir.stat_self()?) {
        Ok(dir)
    } else {
        Err(Refusal::Replaced)
    }
}

/// The path below the root of the directory that is being listed, for [`Skip`] alone. Going from
/// one directory to the next costs the distance between them, not the depth.
#[derive(Default)]
pub(super) struct PathBuffer {
    bytes: Vec<u8>,
    of: Option<Arc<Node>>,
}

impl PathBuffer {
    pub(super) fn go_to(&mut self, node: &Arc<Node>) {
        let mut names = Vec::new();
        let mut target = Some(node);
        let mut here = self.of.as_ref();
        while let Some(at) = target {
            match here {
                Some(now) if Arc::ptr_eq(now, at) => break,
                Some(now) if now.depth > at.depth => here = now.parent.as_ref(),
                _ => {
                    names.push(at);
                    target = at.parent.as_ref();
                }
            }
        }
        self.bytes.truncate(here.map_or(0, |now| now.path_len));
        for node in names.into_iter().rev() {
            if !self.bytes.is_empty() {
                self.bytes.push(b'/');
            }
            self.bytes.extend_from_slice(node.name.to_bytes());
        }
        self.of = Some(Arc::clone(node));
    }

    #[inline]
    pub(super) fn is_skipped(&mut self, skip: &dyn Skip, name: &CStr) -> bool {
        let len = self.bytes.len();
        if len > 0 {
            self.bytes.push(b'/');
        }
        self.bytes.extend_from_slice(name.to_bytes());
        let skipped = skip.skips(name.to_bytes(), &self.bytes);
        self.bytes.truncate(len);
        skipped
    }
}
