//! One worker of a walk: opens a directory, asks about every name in it, delivers the batch.

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crate::entry::{Batch, Entry, Kind, Listing, Sink, Skip, Token};
use crate::sys::{Dir, Fault, FileKind, Meta, Names};

use super::super::{Faults, code, entry, reason};
use super::chain::{Id, Node, PathBuffer, Refusal, Task, ascend, descend};
use super::crew::{Crew, Job, Slot};
use super::points::Points;
use super::wide::{Listed, Part, Tokens, Wide};

/// Bytes of one getdents64 call.
const BUFFER: usize = 64 << 10;
/// A listing is cut where a call ends and this many names have come together.
const PART: usize = 1024;
/// How often a directory is tried again when there are no handles left.
const PATIENCE: u32 = 12;

pub(super) struct Worker {
    crew: Arc<Crew>,
    slot: Arc<Slot>,
    sink: Box<dyn Sink + Send>,
    /// Used again for every directory.
    batch: Batch,
    /// Sub-directories of the part that is being read.
    found: Vec<Task>,
    buffer: Box<[MaybeUninit<u8>]>,
    /// The last directory that others were opened from, or that holds some to be opened.
    near: Option<(Arc<Node>, Arc<Dir>)>,
    path: PathBuffer,
    beats: u64,
}

/// The directory that is being listed.
struct Place<'a> {
    node: &'a Arc<Node>,
    dir: &'a Arc<Dir>,
}

/// Ends the other workers when this one panics: they would wait for its work for ever.
struct Leaves<'a>(&'a Crew, &'a Slot);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.halt();
        }
        self.0.leave(self.1);
    }
}

impl Worker {
    pub(super) fn new(crew: Arc<Crew>, number: usize, sink: Box<dyn Sink + Send>) -> Self {
        Self {
            slot: Arc::clone(&crew.slots()[number]),
            crew,
            sink,
            batch: Batch::new(Token::ROOT),
            found: Vec::new(),
            buffer: Box::new_uninit_slice(BUFFER),
            near: None,
            path: PathBuffer::default(),
            beats: 0,
        }
    }

    pub(super) fn run(mut self, root: Option<Arc<Node>>) {
        let crew = Arc::clone(&self.crew);
        let slot = &*Arc::clone(&self.slot);
        let _leaves = Leaves(&crew, slot);
        slot.begin();
        if let Some(root) = root {
            slot.goes_to(&root, false);
            let dir = root.kept().clone();
            if let Some(dir) = dir {
                self.list(Place {
                    node: &root,
                    dir: &dir,
                });
            }
        }
        while let Some(job) = crew.next(slot) {
            if self.is_cancelled() {
                continue;
            }
            match job {
                Job::Visit(task) => self.visit(task),
                Job::Stat(part) => self.stat_part(part),
            }
            crew.share(slot);
        }
    }

    /// Whether to end early; what is then left out makes the walk an interrupted one.
    fn is_cancelled(&self) -> bool {
        let cancelled = self.crew.progress.is_cancelled();
        if cancelled {
            self.crew.interrupted.store(true, Ordering::Relaxed);
        }
        cancelled
    }

    fn visit(&mut self, task: Task) {
        let crew = Arc::clone(&self.crew);
        let node = Node::below(task);
        if node.id.ground.mount != crew.walk.meta.mount {
            crew.share_all(&self.slot);
        }
        self.slot.goes_to(&node, false);
        crew.progress.at(|| crew.path(&node, b""));
        let opened = self.open_patiently(&node);
        self.beat();
        if let Some(parent) = &node.parent {
            crew.no_longer_waits(parent);
        }
        match opened {
            Ok(dir) => self.list(Place {
                node: &node,
                dir: &Arc::new(dir),
            }),
            Err(Refusal::Is(Fault::Gone)) => {
                // It was deleted after it was listed: there is nothing below it any more.
                crew.vanished.fetch_add(1, Ordering::Relaxed);
                self.deliver_empty(node.token, Listing::Complete);
            }
            Err(refusal) => {
                let (code, reason) = refusal.told();
                let message = format!("not listed: {reason}");
                self.slot.trouble(crew.path(&node, b""), code, message);
                self.deliver_empty(node.token, Listing::Unread);
            }
        }
    }

    /// Opens a directory; when there are no handles left, closes what can be opened again later
    /// and tries once more. Who waited in vain waited for all: the next ones try only twice.
    fn open_patiently(&mut self, node: &Arc<Node>) -> Result<Dir, Refusal> {
        let mut tries = 0;
        loop {
            let opened = self.open(node);
            if !matches!(opened, Err(Refusal::Is(Fault::NoHandles))) {
                self.crew.out_of_handles.store(false, Ordering::Relaxed);
                return opened;
            }
            let in_vain = self.crew.out_of_handles.load(Ordering::Relaxed);
            if tries >= if in_vain { 1 } else { PATIENCE } {
                self.crew.out_of_handles.store(true, Ordering::Relaxed);
                return opened;
            }
            tries += 1;
            self.near = None;
            self.crew.close_spare_handles(&self.slot);
            thread::sleep(Duration::from_millis(1 << tries.min(6)));
        }
    }

    /// Opens a directory from its parent's handle and checks that it is the one that was listed.
    fn open(&mut self, node: &Arc<Node>) -> Result<Dir, Refusal> {
        let above = node.parent.as_ref().ok_or(Refusal::Replaced)?;
        let parent = self.handle_of(above)?;
        let quiet = self.crew.quiet.load(Ordering::Relaxed);
        let opened = match parent.open_child(&node.name, quiet) {
            // Only its owner may read a directory without touching its access time.
            Err(error) if quiet && Fault::of(&error) == Fault::Denied => {
                let opened = parent.open_child(&node.name, false);
                if opened.is_ok() {
                    self.crew.quiet.store(false, Ordering::Relaxed);
                }
                opened
            }
            opened => opened,
        };
        self.near = Some((Arc::clone(above), parent));
        let dir = opened?;
        if node.id.is(&dir.stat_self()?) {
            Ok(dir)
        } else {
            Err(Refusal::Replaced)
        }
    }

    /// The handle of a directory: the last one used, a kept one, or opened again.
    fn handle_of(&mut self, node: &Arc<Node>) -> Result<Arc<Dir>, Refusal> {
        if let Some((near, dir)) = &self.near
            && Arc::ptr_eq(near, node)
        {
            return Ok(Arc::clone(dir));
        }
        if let Some(dir) = &*node.kept() {
            return Ok(Arc::clone(dir));
        }
        let dir = self.reach(node)?;
        self.crew.keep(node, &dir);
        Ok(dir)
    }

    /// Opens a directory again that was open before: climbs from it towards the root for one that
    /// is open, and at the same pace from the last used directory for the one that is sought.
    fn reach(&self, node: &Arc<Node>) -> Result<Arc<Dir>, Refusal> {
        let mut names: Vec<&CStr> = Vec::new();
        let mut down = node;
        let mut near = self.near.as_ref().map(|(near, dir)| (near, dir, 0));
        loop {
            let kept = down.kept().clone();
            if let Some(dir) = kept {
                return descend(&dir, &names, node.id);
            }
            if let Some((last, dir)) = &self.near
                && Arc::ptr_eq(last, down)
            {
                return descend(dir, &names, node.id);
            }
            if let Some((up, dir, steps)) = near {
                if Arc::ptr_eq(up, node) {
                    if let Ok(found) = ascend(dir, steps, node.id) {
                        return Ok(found);
                    }
                    near = None;
                } else {
                    let above = up.parent.as_ref().filter(|_| up.depth > node.depth);
                    near = above.map(|above| (above, dir, steps + 1));
                }
            }
            names.push(&down.name);
            // The root is always open, so the loop has ended before there is nothing above.
            down = down.parent.as_ref().ok_or(Refusal::Replaced)?;
        }
    }

    /// Reads one directory to its end, and delivers it in parts where it is large. What comes
    /// after the first part may be left to others.
    fn list(&mut self, at: Place<'_>) {
        let crew = Arc::clone(&self.crew);
        let skip = crew.walk.skip.as_deref().map(|skip| skip as &dyn Skip);
        if skip.is_some() {
            self.path.go_to(at.node);
        }
        let points = at.node.points.as_deref();
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut names = at.dir.names(&mut buffer);
        let mut batch = self.begin(at.node.token, 0);
        let mut wide: Option<Arc<Wide>> = None;
        let mut faults = Faults::default();
        let mut bytes = 0;
        let mut inodes = crew.walk.by_inode;
        loop {
            if names.is_at_border() && (batch.len() >= PART || inodes) {
                let part = batch.part + 1;
                batch = self.deliver(batch, bytes, &at);
                (batch.part, bytes) = (part, 0);
                if self.slot.is_given_up() || self.is_cancelled() {
                    batch.listing = Listing::Partial;
                    break;
                }
                while skip.is_none() && (inodes || crew.wants_part()) {
                    let listed = self.read_part(&mut names, &mut batch, at.node);
                    let Some(listed) = listed else {
                        inodes = false;
                        break;
                    };
                    let wide = Arc::clone(wide.get_or_insert_default());
                    self.leave_part(&at, batch.part, listed, wide);
                    batch.part += 1;
                }
                if batch.listing != Listing::Complete {
                    break;
                }
            }
            let name = match names.next() {
                None => break,
                Some(Ok(name)) if name.is_dots() => continue,
                Some(Ok(name)) => name,
                Some(Err(error)) if Fault::of(&error) == Fault::Interrupted => continue,
                Some(Err(error)) => {
                    self.ends_midway(at.node, &mut batch, &error);
                    break;
                }
            };
            let name = name.as_c_str();
            if let Some(skip) = skip
                && self.path.is_skipped(skip, name)
            {
                batch.push(Entry::named(name.to_bytes(), Kind::Excluded));
                continue;
            }
            if let Some(kind) = points.and_then(|points| points.at(name.to_bytes())) {
                batch.push(Entry::named(name.to_bytes(), kind));
                continue;
            }
            bytes += self.ask(&mut batch, &at, name, None, &mut faults);
        }
        self.buffer = buffer;
        let faults = match wide {
            Some(wide) => wide.done(faults),
            None => Some(faults),
        };
        self.tell(faults, at.node);
        self.batch = self.deliver(batch, bytes, &at);
        crew.no_longer_waits(at.node);
    }

    /// Reads one buffer of names without asking about them; `None`: there are no more.
    fn read_part(
        &mut self,
        names: &mut Names<'_>,
        batch: &mut Batch,
        node: &Node,
    ) -> Option<Listed> {
        let mut listed = Listed::default();
        loop {
            match names.next() {
                None => break,
                Some(Ok(name)) if name.is_dots() => {}
                Some(Ok(name)) => listed.push(&name),
                Some(Err(error)) if Fault::of(&error) == Fault::Interrupted => continue,
                Some(Err(error)) => {
                    self.ends_midway(node, batch, &error);
                    break;
                }
            }
            if names.is_at_border() {
                break;
            }
        }
        self.beat();
        (listed.len() > 0).then_some(listed)
    }

    /// Leaves a part to whoever is idle, or asks about it here.
    fn leave_part(&mut self, at: &Place<'_>, number: u32, mut names: Listed, wide: Arc<Wide>) {
        if self.crew.walk.by_inode {
            names.sort_by_inode();
        }
        // Where none are left, `ask` finds that out for every one of them.
        let first_token = self.crew.tokens(names.dirs).unwrap_or(0);
        let part = Part {
            node: Arc::clone(at.node),
            dir: Arc::clone(at.dir),
            number,
            tokens: match first_token {
                0 => Tokens::Fresh,
                first => Tokens::put_by(first, names.dirs),
            },
            names,
            wide,
        };
        if self.crew.wants_part() {
            self.crew.hand_over(part);
        } else {
            self.ask_about(part);
        }
    }

    /// Asks about the names of a part that another worker read.
    fn stat_part(&mut self, part: Part) {
        self.slot.goes_to(&part.node, true);
        self.ask_about(part);
        self.crew.part_is_done();
    }

    fn ask_about(&mut self, part: Part) {
        let at = Place {
            node: &part.node,
            dir: &part.dir,
        };
        let mut tokens = part.tokens;
        let mut batch = self.begin(part.node.token, part.number);
        let mut faults = Faults::default();
        let mut bytes = 0;
        for (name, looked_like_dir) in part.names.iter() {
            let points = part.node.points.as_deref();
            if let Some(kind) = points.and_then(|points| points.at(name.to_bytes())) {
                batch.push(Entry::named(name.to_bytes(), kind));
                continue;
            }
            let token = if looked_like_dir { tokens.next() } else { None };
            bytes += self.ask(&mut batch, &at, name, token, &mut faults);
        }
        let faults = part.wide.done(faults);
        self.tell(faults, &part.node);
        self.batch = self.deliver(batch, bytes, &at);
    }

    /// Asks about one name and appends what it is to the batch; gives the bytes that it adds to
    /// what was counted. Inlined, so that no other return comes between two calls to the kernel.
    #[inline(always)]
    fn ask(
        &mut self,
        batch: &mut Batch,
        at: &Place<'_>,
        name: &CStr,
        token: Option<Token>,
        faults: &mut Faults,
    ) -> u64 {
        let answer = at.dir.stat(name);
        self.beat();
        match answer {
            Ok(meta) => self.note(batch, at, name, &meta, token),
            Err(error) => {
                self.not_known(batch, name, &error, faults);
                0
            }
        }
    }

    #[cold]
    fn not_known(&self, batch: &mut Batch, name: &CStr, error: &io::Error, faults: &mut Faults) {
        if Fault::of(error) == Fault::Gone {
            self.crew.vanished.fetch_add(1, Ordering::Relaxed);
        } else {
            faults.add(error);
            batch.push(Entry::named(name.to_bytes(), Kind::Unread));
        }
    }

    /// Appends one entry to the batch; gives the bytes that it adds to what was counted.
    #[inline(always)]
    fn note(
        &mut self,
        batch: &mut Batch,
        at: &Place<'_>,
        name: &CStr,
        meta: &Meta,
        token: Option<Token>,
    ) -> u64 {
        let bytes = name.to_bytes();
        let magic = || at.dir.point(name).and_then(|at| at.magic()).ok();
        let border = &self.crew.walk.border;
        if let Some(kind) = border.kind_beyond(at.node.id.ground, meta, magic) {
            batch.push(Entry::named(bytes, kind));
            return 0;
        }
        if meta.kind == FileKind::Dir {
            return self.note_dir(batch, at, name, meta, token);
        }
        batch.push(entry(bytes, meta, None));
        meta.disk.or(meta.apparent).unwrap_or(0)
    }

    fn note_dir(
        &mut self,
        batch: &mut Batch,
        at: &Place<'_>,
        name: &CStr,
        meta: &Meta,
        token: Option<Token>,
    ) -> u64 {
        let bytes = name.to_bytes();
        let token = token.or_else(|| self.crew.tokens(1).map(Token));
        let Some(token) = token else {
            batch.push(Entry::named(bytes, Kind::Unread));
            return 0;
        };
        let below = |points: &Arc<Points>| points.below(bytes);
        self.found.push(Task {
            parent: Arc::clone(at.node),
            name: name.into(),
            token,
            id: Id::of(meta),
            points: at.node.points.as_ref().and_then(below),
        });
        batch.push(entry(bytes, meta, Some(token)));
        meta.disk.or(meta.apparent).unwrap_or(0)
    }

    /// Notes that a call to the kernel has returned.
    #[inline(always)]
    fn beat(&mut self) {
        self.beats += 1;
        self.slot.beat(self.beats);
    }

    /// The kernel stopped in the middle of a listing: what came is kept.
    #[cold]
    fn ends_midway(&self, node: &Node, batch: &mut Batch, error: &io::Error) {
        let fault = Fault::of(error);
        let nothing = batch.is_empty() && batch.part == 0;
        if fault == Fault::Gone && nothing {
            // Removed after it was opened, and so empty.
            self.crew.vanished.fetch_add(1, Ordering::Relaxed);
            return;
        }
        batch.listing = if nothing {
            Listing::Unread
        } else {
            Listing::Partial
        };
        let message = format!("listed in part: {}", reason(fault, Some(error)));
        let path = self.crew.path(node, b"");
        self.slot.trouble(path, code(fault), message);
    }

    fn tell(&self, faults: Option<Faults>, node: &Node) {
        if let Some((code, message)) = faults.and_then(Faults::told) {
            self.slot.trouble(self.crew.path(node, b""), code, message);
        }
    }

    fn begin(&mut self, token: Token, part: u32) -> Batch {
        let mut batch = std::mem::replace(&mut self.batch, Batch::new(token));
        batch.reset(token);
        batch.part = part;
        batch
    }

    /// Delivers a part of a listing, and only then lets its sub-directories be visited. Gives the
    /// batch back, empty.
    fn deliver(&mut self, mut batch: Batch, bytes: u64, at: &Place<'_>) -> Batch {
        self.crew.progress.add(batch.len() as u64, bytes);
        self.sink.listing(&batch);
        self.slot.delivers();
        self.beat();
        batch.reset(at.node.token);
        if !self.found.is_empty() {
            at.node
                .waiting
                .fetch_add(self.found.len(), Ordering::AcqRel);
            self.crew.keep(at.node, at.dir);
            self.near = Some((Arc::clone(at.node), Arc::clone(at.dir)));
            self.slot.push(&mut self.found);
            self.crew.share(&self.slot);
        }
        batch
    }

    fn deliver_empty(&mut self, token: Token, listing: Listing) {
        let mut batch = self.begin(token, 0);
        batch.listing = listing;
        self.sink.listing(&batch);
        self.batch = batch;
    }
}
