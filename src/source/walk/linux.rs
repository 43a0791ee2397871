//! The Linux walk: by directory handles, with several threads.
//!
//! Each worker has a stack of its own and takes the latest directory first; when another worker is
//! idle, it hands over the older half. A directory is opened from its parent's handle, is checked
//! to be the one that was listed, and is read by getdents64 and statx in one loop. Its batch goes
//! through one bounded channel to the sink in the calling thread, and *only then* may its
//! sub-directories be scheduled: so no batch overtakes that of its parent.
//!
//! **Handles.** A directory keeps its handle while sub-directories of it wait, as long as there
//! are not too many handles. Where one was not kept it is opened again: upward by `..` from the
//! last directory that this worker used, or downward by name from the nearest one above that is
//! open, whichever is nearer. As a worker's next directory lies near its last one, even a comb of
//! 100,000 levels costs a few calls a level. Whatever was opened, the number of the inode decides
//! whether it is the one in question.
//!
//! A directory with very many names is sent in parts, so memory does not grow with it. All parts
//! are read by one worker.

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::entry::{Batch, Entry, Kind, Listing, Progress, Sink, Skip, Token};
use crate::error::{Error, Result};
use crate::sys::{self, Dir, Fault, FileKind, Meta};

use super::chain::{Id, Node, PathBuffer, Refusal, Task, ascend, descend};
use super::{Border, Faults, Troubles, Walk, Walked, code, entry, reason};

/// Bytes of one getdents64 call.
const BUFFER: usize = 64 << 10;
/// A listing is cut where a call ends and this many names have come together.
const PART: usize = 1024;
/// Handles that waiting directories may keep, at most.
const MOST_HANDLES: usize = 512;
/// Handles that one worker may need besides.
const OWN_HANDLES: usize = 4;
/// How often a directory is tried again when there are no handles left.
const PATIENCE: u32 = 12;
/// Tokens end well before [`u32::MAX`], so that threads that notice late do not wrap around.
const LAST_TOKEN: u32 = u32::MAX - (1 << 16);

/// Reads everything below the root; the sink is called in this thread only.
pub(super) fn walk(walk: &Walk, progress: &Progress, sink: &mut dyn Sink) -> Result<Walked> {
    let open = |error: io::Error| super::unusable(&walk.root, &error);
    let dir = Dir::open(&walk.root).map_err(open)?;
    let meta = dir.stat_self().map_err(open)?;
    if (meta.dev, meta.ino) != (walk.meta.dev, walk.meta.ino) {
        return Err(Error::source(format!(
            "{}: was replaced while it was opened",
            walk.root.display()
        ))
        .with_hint("try again"));
    }
    walk.send_root(sink);
    let root = Node::root(dir, &meta);
    let shared = Shared::new(walk, progress);
    let mut walked = Walked::default();
    for troubles in run(&shared, &root, sink)? {
        troubles.pour_into(&mut walked);
    }
    walked.vanished = shared.vanished.into_inner();
    if shared.interrupted.into_inner() {
        walked.troubles.push(walk.interrupted());
    }
    Ok(walked)
}

/// Starts the workers, and hands what they send to the sink until the last one has ended.
fn run(shared: &Shared<'_>, root: &Arc<Node>, sink: &mut dyn Sink) -> Result<Vec<Troubles>> {
    thread::scope(|scope| {
        let threads = shared.queue().workers;
        let (filled, arriving) = bounded(2 * threads);
        let (used, spare) = bounded(2 * threads);
        let mut workers = Vec::with_capacity(threads);
        for number in 0..threads {
            let first = (number == 0).then(|| Arc::clone(root));
            let mut worker = Worker::new(shared, filled.clone(), spare.clone());
            let started = thread::Builder::new()
                .name(format!("walk-{number}"))
                .spawn_scoped(scope, move || worker.run(first));
            match started {
                Ok(handle) => workers.push(handle),
                // The first worker has the root. Without the others it is only slower.
                Err(cause) if number == 0 => {
                    return Err(Error::source(format!("no thread can be started: {cause}"))
                        .with_hint("raise the limit of processes (ulimit -u)"));
                }
                Err(_) => shared.queue().workers -= 1,
            }
        }
        drop(filled);
        for batch in arriving {
            let batch: Batch = batch;
            sink.listing(&batch);
            // When the channel is full there are enough spare ones.
            drop(used.try_send(batch));
        }
        let ended: Vec<_> = workers
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect();
        Ok(ended
            .into_iter()
            .map(|end| end.unwrap_or_else(|panic| resume_unwind(panic)))
            .collect())
    })
}

/// What the workers share.
struct Shared<'a> {
    walk: &'a Walk,
    border: &'a Border,
    skip: Option<&'a dyn Skip>,
    progress: &'a Progress,
    queue: Mutex<Queue>,
    wake: Condvar,
    /// How many workers have nothing to do: a hint that is read without the lock.
    idle: AtomicUsize,
    next_token: AtomicU32,
    handles: AtomicUsize,
    most_handles: AtomicUsize,
    /// Whether reading without touching the access times has not failed yet.
    quiet: AtomicBool,
    vanished: AtomicU64,
    interrupted: AtomicBool,
    /// Whether what is still waiting is to be dropped, as nobody will see it.
    stopped: AtomicBool,
}

/// Directories that were handed over, and who waits for them.
struct Queue {
    tasks: Vec<Task>,
    workers: usize,
    idle: usize,
    over: bool,
}

impl<'a> Shared<'a> {
    fn new(walk: &'a Walk, progress: &'a Progress) -> Self {
        let most_handles = (sys::handle_limit() / 2).min(MOST_HANDLES);
        let workers = walk.threads.min(most_handles / OWN_HANDLES).max(1);
        let most_handles = most_handles.saturating_sub(workers * OWN_HANDLES);
        Self {
            walk,
            border: &walk.border,
            skip: walk.skip.as_deref().map(|skip| skip as &dyn Skip),
            progress,
            queue: Mutex::new(Queue {
                tasks: Vec::new(),
                workers,
                idle: 0,
                over: false,
            }),
            wake: Condvar::new(),
            idle: AtomicUsize::new(0),
            next_token: AtomicU32::new(Token::ROOT.0 + 1),
            handles: AtomicUsize::new(0),
            most_handles: AtomicUsize::new(most_handles),
            quiet: AtomicBool::new(true),
            vanished: AtomicU64::new(0),
            interrupted: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends every worker that waits, and soon the others.
    fn halt(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.queue().over = true;
        self.wake.notify_all();
    }

    /// Takes a share of what was handed over; waits for it; `None` when all work is done.
    fn take(&self) -> Option<Vec<Task>> {
        let mut queue = self.queue();
        queue.idle += 1;
        self.idle.store(queue.idle, Ordering::Relaxed);
        loop {
            if queue.over || queue.idle >= queue.workers && queue.tasks.is_empty() {
                queue.over = true;
                self.wake.notify_all();
                return None;
            }
            if !queue.tasks.is_empty() {
                let share = queue.tasks.len().div_ceil(queue.idle);
                queue.idle -= 1;
                self.idle.store(queue.idle, Ordering::Relaxed);
                let rest = queue.tasks.len() - share;
                return Some(queue.tasks.split_off(rest));
            }
            queue = self
                .wake
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Hands over the older half of a stack, if somebody waits.
    #[inline]
    fn share(&self, stack: &mut Vec<Task>) {
        if self.idle.load(Ordering::Relaxed) > 0 && stack.len() > 1 {
            let half = stack.len() / 2;
            let mut queue = self.queue();
            queue.tasks.extend(stack.drain(..half));
            drop(queue);
            self.wake.notify_all();
        }
    }

    /// A number for a directory; `None` when there are none left.
    #[inline]
    fn token(&self) -> Option<Token> {
        let token = self.next_token.fetch_add(1, Ordering::Relaxed);
        if token >= LAST_TOKEN {
            self.next_token.store(LAST_TOKEN, Ordering::Relaxed);
            return None;
        }
        Some(Token(token))
    }

    /// Keeps the handle of a directory whose sub-directories wait, unless too many are kept.
    fn keep(&self, node: &Node, dir: &Arc<Dir>) {
        let mut kept = node.kept();
        if kept.is_none()
            && node.waiting.load(Ordering::Acquire) > 0
            && self.handles.load(Ordering::Relaxed) < self.most_handles.load(Ordering::Relaxed)
        {
            self.handles.fetch_add(1, Ordering::Relaxed);
            *kept = Some(Arc::clone(dir));
        }
    }

    /// Closes a kept handle; never the root's.
    fn release(&self, node: &Node) {
        if node.depth > 0 && node.kept().take().is_some() {
            self.handles.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// One waiting sub-directory less; with the last one the handle goes.
    fn no_longer_waits(&self, parent: &Node) {
        if parent.waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.release(parent);
        }
    }
}

/// Ends the other workers when this one panics: they would wait for its work for ever.
struct EndsOthers<'s, 'a>(&'s Shared<'a>);

impl Drop for EndsOthers<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.halt();
        }
    }
}

struct Worker<'s, 'a> {
    shared: &'s Shared<'a>,
    filled: Sender<Batch>,
    spare: Receiver<Batch>,
    stack: Vec<Task>,
    /// Sub-directories of the part that is being read.
    found: Vec<Task>,
    buffer: Box<[MaybeUninit<u8>]>,
    /// The last directory that others were opened from, or that holds some to be opened.
    near: Option<(Arc<Node>, Arc<Dir>)>,
    path: PathBuffer,
    troubles: Troubles,
    /// Whether the receiver is gone, so that nothing more can be delivered.
    unheard: bool,
}

impl<'s, 'a> Worker<'s, 'a> {
    fn new(shared: &'s Shared<'a>, filled: Sender<Batch>, spare: Receiver<Batch>) -> Self {
        Self {
            shared,
            filled,
            spare,
            stack: Vec::new(),
            found: Vec::new(),
            buffer: Box::new_uninit_slice(BUFFER),
            near: None,
            path: PathBuffer::default(),
            troubles: Troubles::default(),
            unheard: false,
        }
    }

    fn run(&mut self, root: Option<Arc<Node>>) -> Troubles {
        let _guard = EndsOthers(self.shared);
        if let Some(root) = root {
            let dir = root.kept().clone();
            if let Some(dir) = dir {
                self.list(&root, &dir);
            }
        }
        while !self.unheard && !self.shared.stopped.load(Ordering::Relaxed) {
            let Some(task) = self.stack.pop() else {
                match self.shared.take() {
                    Some(tasks) => self.stack = tasks,
                    None => break,
                }
                continue;
            };
            self.shared.share(&mut self.stack);
            if self.is_cancelled() {
                continue;
            }
            self.visit(task);
        }
        if self.unheard {
            self.shared.halt();
        }
        std::mem::take(&mut self.troubles)
    }

    /// Whether to end early; what is then left out makes the walk an interrupted one.
    fn is_cancelled(&self) -> bool {
        let cancelled = self.shared.progress.is_cancelled();
        if cancelled {
            self.shared.interrupted.store(true, Ordering::Relaxed);
        }
        cancelled
    }

    fn visit(&mut self, task: Task) {
        let opened = self.open_patiently(&task);
        self.shared.no_longer_waits(&task.parent);
        match opened {
            Ok(dir) => {
                let node = Node::below(task);
                self.list(&node, &Arc::new(dir));
            }
            Err(Refusal::Is(Fault::Gone)) => {
                // It was deleted after it was listed: there is nothing below it any more.
                self.shared.vanished.fetch_add(1, Ordering::Relaxed);
                self.send_empty(task.token, Listing::Complete);
            }
            Err(refusal) => {
                let (code, reason) = refusal.told();
                let path = self.whole_path(&task.parent, task.name.to_bytes());
                let message = format!("not listed: {reason}");
                self.troubles.add(path, code, message);
                self.send_empty(task.token, Listing::Unread);
            }
        }
    }

    /// Opens a directory; when there are no handles left, closes what can be opened again later
    /// and tries once more.
    fn open_patiently(&mut self, task: &Task) -> std::result::Result<Dir, Refusal> {
        let mut tries = 0;
        loop {
            match self.open(task) {
                Err(Refusal::Is(Fault::NoHandles)) if tries < PATIENCE => {
                    tries += 1;
                    self.close_spare_handles();
                    thread::sleep(Duration::from_millis(1 << tries.min(6)));
                }
                done => return done,
            }
        }
    }

    #[cold]
    fn close_spare_handles(&mut self) {
        let fewer = self.shared.handles.load(Ordering::Relaxed) / 2;
        self.shared.most_handles.fetch_min(fewer, Ordering::Relaxed);
        self.near = None;
        for task in &self.stack {
            self.shared.release(&task.parent);
        }
    }

    /// Opens a directory from its parent's handle and checks that it is the one that was listed.
    fn open(&mut self, task: &Task) -> std::result::Result<Dir, Refusal> {
        let parent = self.handle_of(&task.parent)?;
        let quiet = self.shared.quiet.load(Ordering::Relaxed);
        let opened = match parent.open_child(&task.name, quiet) {
            // Only its owner may read a directory without touching its access time.
            Err(error) if quiet && Fault::of(&error) == Fault::Denied => {
                let opened = parent.open_child(&task.name, false);
                if opened.is_ok() {
                    self.shared.quiet.store(false, Ordering::Relaxed);
                }
                opened
            }
            opened => opened,
        };
        self.near = Some((Arc::clone(&task.parent), parent));
        let dir = opened?;
        if task.id.is(&dir.stat_self()?) {
            Ok(dir)
        } else {
            Err(Refusal::Replaced)
        }
    }

    /// The handle of a directory: the last one used, a kept one, or opened again.
    fn handle_of(&mut self, node: &Arc<Node>) -> std::result::Result<Arc<Dir>, Refusal> {
        if let Some((near, dir)) = &self.near
            && Arc::ptr_eq(near, node)
        {
            return Ok(Arc::clone(dir));
        }
        if let Some(dir) = &*node.kept() {
            return Ok(Arc::clone(dir));
        }
        let dir = self.reach(node)?;
        self.shared.keep(node, &dir);
        Ok(dir)
    }

    /// Opens a directory again that was open before: climbs from it towards the root for one that
    /// is open, and at the same pace from the last used directory for the one that is sought.
    fn reach(&self, node: &Arc<Node>) -> std::result::Result<Arc<Dir>, Refusal> {
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

    /// Reads one directory to its end and sends it, in parts where it is large.
    fn list(&mut self, node: &Arc<Node>, dir: &Arc<Dir>) {
        if self.shared.skip.is_some() {
            self.path.go_to(node);
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut names = dir.names(&mut buffer);
        let mut batch = self.batch(node.token);
        let mut faults = Faults::default();
        let mut bytes = 0;
        loop {
            if names.is_at_border() && batch.len() >= PART {
                let part = batch.part + 1;
                self.send(batch, bytes);
                self.schedule(node, dir);
                (batch, bytes) = (self.batch(node.token), 0);
                batch.part = part;
                if self.unheard || self.is_cancelled() {
                    batch.listing = Listing::Partial;
                    break;
                }
            }
            let name = match names.next() {
                None => break,
                Some(Ok(name)) if name.is_dots() => continue,
                Some(Ok(name)) => name,
                Some(Err(error)) if Fault::of(&error) == Fault::Interrupted => continue,
                Some(Err(error)) => {
                    self.ends_midway(node, &mut batch, &error);
                    break;
                }
            };
            let name = name.as_c_str();
            if let Some(skip) = self.shared.skip
                && self.path.is_skipped(skip, name)
            {
                batch.push(Entry::named(name.to_bytes(), Kind::Excluded));
                continue;
            }
            match dir.stat(name) {
                Ok(meta) => bytes += self.note(&mut batch, node, dir, name, &meta),
                Err(error) if Fault::of(&error) == Fault::Gone => {
                    self.shared.vanished.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => {
                    faults.add(&error);
                    batch.push(Entry::named(name.to_bytes(), Kind::Unread));
                }
            }
        }
        self.buffer = buffer;
        if faults.count > 0 {
            faults.tell(self.whole_path(node, b""), &mut self.troubles);
        }
        self.send(batch, bytes);
        self.schedule(node, dir);
        self.shared.no_longer_waits(node);
    }

    /// Appends one entry to the batch; gives the bytes that it adds to what was counted.
    #[inline(always)]
    fn note(
        &mut self,
        batch: &mut Batch,
        node: &Arc<Node>,
        dir: &Dir,
        name: &CStr,
        meta: &Meta,
    ) -> u64 {
        let bytes = name.to_bytes();
        let magic = || dir.point(name).and_then(|at| at.magic()).ok();
        let border = self.shared.border;
        if let Some(kind) = border.kind_beyond(node.id.ground, meta, magic) {
            batch.push(Entry::named(bytes, kind));
            return 0;
        }
        let mut token = None;
        if meta.kind == FileKind::Dir {
            token = self.shared.token();
            match token {
                Some(token) => self.found.push(Task {
                    parent: Arc::clone(node),
                    name: name.into(),
                    token,
                    id: Id::of(meta),
                }),
                None => {
                    batch.push(Entry::named(bytes, Kind::Unread));
                    return 0;
                }
            }
        }
        batch.push(entry(bytes, meta, token));
        meta.disk.or(meta.apparent).unwrap_or(0)
    }

    /// The kernel stopped in the middle of a listing: what came is kept.
    #[cold]
    fn ends_midway(&mut self, node: &Node, batch: &mut Batch, error: &io::Error) {
        let fault = Fault::of(error);
        let nothing = batch.is_empty() && batch.part == 0;
        if fault == Fault::Gone && nothing {
            // Removed after it was opened, and so empty.
            self.shared.vanished.fetch_add(1, Ordering::Relaxed);
            return;
        }
        batch.listing = if nothing {
            Listing::Unread
        } else {
            Listing::Partial
        };
        let message = format!("listed in part: {}", reason(fault, Some(error)));
        let path = self.whole_path(node, b"");
        self.troubles.add(path, code(fault), message);
    }

    /// Lets the sub-directories be visited whose batch has been sent.
    fn schedule(&mut self, node: &Arc<Node>, dir: &Arc<Dir>) {
        if self.found.is_empty() {
            return;
        }
        node.waiting.fetch_add(self.found.len(), Ordering::AcqRel);
        self.shared.keep(node, dir);
        self.near = Some((Arc::clone(node), Arc::clone(dir)));
        self.stack.append(&mut self.found);
        self.shared.share(&mut self.stack);
    }

    fn batch(&self, token: Token) -> Batch {
        match self.spare.try_recv() {
            Ok(mut batch) => {
                batch.reset(token);
                batch
            }
            Err(_) => Batch::new(token),
        }
    }

    fn send_empty(&mut self, token: Token, listing: Listing) {
        let mut batch = self.batch(token);
        batch.listing = listing;
        self.send(batch, 0);
    }

    fn send(&mut self, batch: Batch, bytes: u64) {
        self.shared.progress.add(batch.len() as u64, bytes);
        self.unheard |= self.filled.send(batch).is_err();
    }

    /// The path as it is shown of a directory, or of the entry `name` in it.
    fn whole_path(&self, node: &Node, name: &[u8]) -> Vec<u8> {
        let mut path = self.shared.walk.root_bytes().to_vec();
        for piece in [&node.relative()[..], name] {
            if !piece.is_empty() && !path.ends_with(b"/") {
                path.push(b'/');
            }
            path.extend_from_slice(piece);
        }
        path
    }
}
