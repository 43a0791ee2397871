//! What the workers of a walk share: the work that waits, the open handles, and who still answers.
//!
//! Each worker has a stack of its own in a slot that the others can reach; when somebody is idle,
//! it hands over the older half through one queue. A system call that never returns (a dead file
//! server) keeps its worker for ever. So every worker counts what it did, the thread that called
//! the walk looks at these counts, and a worker that has stood still for too long is given up: its
//! stack goes to the others, and the directory that it was at is told as not read.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::entry::{Progress, Token, Trouble};
use crate::sys::{self, Dir};

use super::super::{Troubles, Walk};
use super::chain::{Node, Task};
use super::wide::Part;

/// Handles that waiting directories may keep, at most.
const MOST_HANDLES: usize = 512;
/// Handles that one worker may need besides.
const OWN_HANDLES: usize = 5;
/// Workers that may be given up and replaced by others.
const SPARES: usize = 8;
/// Tokens end well before [`u32::MAX`], so that threads that notice late do not wrap around.
const LAST_TOKEN: u32 = u32::MAX - (1 << 16);

/// What there is to do.
pub(super) enum Job {
    /// Open a directory and list it.
    Visit(Task),
    /// Ask about names that another worker read.
    Stat(Part),
}

pub(super) struct Crew {
    pub(super) walk: Walk,
    pub(super) progress: Progress,
    queue: Mutex<Queue>,
    /// Wakes workers that wait for work.
    wake: Condvar,
    /// Wakes the thread that waits for the workers.
    ended: Condvar,
    slots: Vec<Arc<Slot>>,
    /// How many workers may take part at a time.
    pub(super) most: usize,
    /// How many workers have nothing to do: a hint that is read without the lock.
    idle: AtomicUsize,
    next_token: AtomicU32,
    /// Parts of wide directories that were handed over and are not done.
    parts: AtomicUsize,
    handles: AtomicUsize,
    most_handles: AtomicUsize,
    /// Whether somebody has waited in vain for a handle: then the others need not.
    pub(super) out_of_handles: AtomicBool,
    /// Whether reading without touching the access times has not failed yet.
    pub(super) quiet: AtomicBool,
    pub(super) vanished: AtomicU64,
    pub(super) interrupted: AtomicBool,
    /// Whether what is still waiting is to be dropped, as nobody will see it.
    pub(super) stopped: AtomicBool,
}

/// Work that was handed over, and who waits for it.
struct Queue {
    parts: Vec<Part>,
    tasks: Vec<Task>,
    /// Workers that take part: neither ended nor given up.
    workers: usize,
    idle: usize,
    over: bool,
}

/// One worker as the others see it. A cache line of its own, as it counts with every entry.
#[repr(align(128))]
#[derive(Default)]
pub(super) struct Slot {
    stack: Mutex<Vec<Task>>,
    /// Rises with every entry.
    beat: AtomicU64,
    busy: AtomicBool,
    given_up: AtomicBool,
    /// The directory in question, and whether some of its listing was delivered.
    at: Mutex<Option<Arc<Node>>>,
    delivered: AtomicBool,
    troubles: Mutex<Troubles>,
}

/// A worker that no longer answers.
pub(super) struct Lost {
    pub(super) at: Option<Arc<Node>>,
    /// Whether some of that directory's listing was delivered.
    pub(super) delivered: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Slot {
    /// The worker has something to do from now on.
    pub(super) fn begin(&self) {
        self.busy.store(true, Ordering::Relaxed);
    }

    /// Notes that a system call returned.
    #[inline(always)]
    pub(super) fn beat(&self, count: u64) {
        self.beat.store(count, Ordering::Relaxed);
    }

    /// Notes which directory is in question.
    pub(super) fn goes_to(&self, node: &Arc<Node>, delivered: bool) {
        *lock(&self.at) = Some(Arc::clone(node));
        self.delivered.store(delivered, Ordering::Relaxed);
    }

    pub(super) fn delivers(&self) {
        self.delivered.store(true, Ordering::Relaxed);
    }

    pub(super) fn trouble(&self, path: Vec<u8>, code: &'static str, message: String) {
        lock(&self.troubles).add(path, code, message);
    }

    pub(super) fn push(&self, tasks: &mut Vec<Task>) {
        lock(&self.stack).append(tasks);
    }

    /// What the worker is at, without waiting for anything.
    pub(super) fn signs(&self) -> (bool, u64) {
        (
            self.busy.load(Ordering::Relaxed),
            self.beat.load(Ordering::Relaxed),
        )
    }

    /// Whether nobody waits for this worker any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }
}

impl Crew {
    pub(super) fn new(walk: Walk, progress: Progress) -> Self {
        let most_handles = (sys::handle_limit() / 2).min(MOST_HANDLES);
        let workers = walk.threads.most.min(most_handles / OWN_HANDLES).max(1);
        let most_handles = most_handles.saturating_sub(workers * OWN_HANDLES);
        Self {
            walk,
            progress,
            queue: Mutex::new(Queue {
                parts: Vec::new(),
                tasks: Vec::new(),
                workers: 0,
                idle: 0,
                over: false,
            }),
            wake: Condvar::new(),
            ended: Condvar::new(),
            slots: (0..workers + SPARES).map(|_| Arc::default()).collect(),
            most: workers,
            idle: AtomicUsize::new(0),
            next_token: AtomicU32::new(Token::ROOT.0 + 1),
            parts: AtomicUsize::new(0),
            handles: AtomicUsize::new(0),
            most_handles: AtomicUsize::new(most_handles),
            out_of_handles: AtomicBool::new(false),
            quiet: AtomicBool::new(true),
            vanished: AtomicU64::new(0),
            interrupted: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        }
    }

    pub(super) fn slots(&self) -> &[Arc<Slot>] {
        &self.slots
    }

    /// What a worker does next; `None`: nothing any more.
    pub(super) fn next(&self, slot: &Slot) -> Option<Job> {
        loop {
            if slot.is_given_up() || self.stopped.load(Ordering::Relaxed) {
                return None;
            }
            if let Some(task) = lock(&slot.stack).pop() {
                return Some(Job::Visit(task));
            }
            slot.busy.store(false, Ordering::Relaxed);
            let taken = self.take(slot);
            slot.busy.store(true, Ordering::Relaxed);
            if let Some(part) = taken? {
                return Some(Job::Stat(part));
            }
        }
    }

    /// Waits for a part, or for tasks, which go to the stack; `None` when all work is done.
    fn take(&self, slot: &Slot) -> Option<Option<Part>> {
        let mut queue = lock(&self.queue);
        queue.idle += 1;
        loop {
            self.idle.store(queue.idle, Ordering::Relaxed);
            let nothing = queue.tasks.is_empty() && queue.parts.is_empty();
            if queue.over || queue.idle >= queue.workers && nothing {
                queue.over = true;
                self.wake.notify_all();
                return None;
            }
            if !nothing {
                break;
            }
            queue = self
                .wake
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let part = queue.parts.pop();
        if part.is_none() {
            let share = queue.tasks.len().div_ceil(queue.idle);
            let rest = queue.tasks.len() - share;
            lock(&slot.stack).extend(queue.tasks.drain(rest..));
        }
        queue.idle -= 1;
        self.idle.store(queue.idle, Ordering::Relaxed);
        Some(part)
    }

    /// Hands over the older half of a stack, if somebody waits.
    #[inline]
    pub(super) fn share(&self, slot: &Slot) {
        if self.idle.load(Ordering::Relaxed) > 0 {
            let mut stack = lock(&slot.stack);
            let half = stack.len() / 2;
            let older: Vec<Task> = stack.drain(..half).collect();
            drop(stack);
            self.offer(older);
        }
    }

    /// Hands over the whole stack, before something that may never return.
    pub(super) fn share_all(&self, slot: &Slot) {
        let all = std::mem::take(&mut *lock(&slot.stack));
        self.offer(all);
    }

    /// Puts tasks into the queue. No stack is locked meanwhile: who holds the queue may lock one.
    fn offer(&self, mut tasks: Vec<Task>) {
        if !tasks.is_empty() {
            lock(&self.queue).tasks.append(&mut tasks);
            self.wake.notify_all();
        }
    }

    /// Whether a part of a wide directory would find somebody. Once somebody has come, some parts
    /// may wait for them, so that nobody waits while the next one is read; not too many, as each
    /// is memory.
    #[inline]
    pub(super) fn wants_part(&self) -> bool {
        let waiting = self.parts.load(Ordering::Relaxed);
        waiting < self.most && (waiting > 0 || self.idle.load(Ordering::Relaxed) > 0)
    }

    pub(super) fn hand_over(&self, part: Part) {
        self.parts.fetch_add(1, Ordering::Relaxed);
        lock(&self.queue).parts.push(part);
        self.wake.notify_one();
    }

    pub(super) fn part_is_done(&self) {
        self.parts.fetch_sub(1, Ordering::Relaxed);
    }

    /// The first of `n` numbers for directories; `None` when there are none left.
    #[inline]
    pub(super) fn tokens(&self, n: u32) -> Option<u32> {
        let token = self.next_token.fetch_add(n, Ordering::Relaxed);
        if token >= LAST_TOKEN - n.min(1 << 16) {
            self.next_token.store(LAST_TOKEN, Ordering::Relaxed);
            return None;
        }
        Some(token)
    }

    /// Keeps the handle of a directory whose sub-directories wait, unless too many are kept.
    pub(super) fn keep(&self, node: &Node, dir: &Arc<Dir>) {
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
    pub(super) fn no_longer_waits(&self, node: &Node) {
        if node.waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.release(node);
        }
    }

    /// Closes what one worker's waiting directories keep, and lets fewer be kept from now on.
    #[cold]
    pub(super) fn close_spare_handles(&self, slot: &Slot) {
        let fewer = self.handles.load(Ordering::Relaxed) / 2;
        self.most_handles.fetch_min(fewer, Ordering::Relaxed);
        for task in &*lock(&slot.stack) {
            self.release(&task.parent);
        }
    }

    /// Ends every worker that waits, and soon the others.
    pub(super) fn halt(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        lock(&self.queue).over = true;
        self.wake.notify_all();
    }

    /// A worker is about to be started.
    pub(super) fn enter(&self) {
        lock(&self.queue).workers += 1;
    }

    /// A worker has ended, or could not be started.
    pub(super) fn leave(&self, slot: &Slot) {
        let mut queue = lock(&self.queue);
        if !slot.given_up.swap(true, Ordering::Relaxed) {
            queue.workers -= 1;
        }
        drop(queue);
        // Those that wait may be the last now.
        self.wake.notify_all();
        self.ended.notify_all();
    }

    /// Waits until every worker has left, at most for a while; whether they have.
    pub(super) fn wait(&self, at_most: Duration) -> bool {
        let queue = lock(&self.queue);
        let waited = self
            .ended
            .wait_timeout_while(queue, at_most, |queue| queue.workers > 0);
        let (queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        queue.workers == 0
    }

    /// Goes on without a worker that no longer answers; `None`: it has left.
    pub(super) fn give_up(&self, slot: &Slot) -> Option<Lost> {
        let mut queue = lock(&self.queue);
        if slot.given_up.swap(true, Ordering::Relaxed) {
            return None;
        }
        queue.workers -= 1;
        queue.tasks.append(&mut lock(&slot.stack));
        drop(queue);
        self.wake.notify_all();
        Some(Lost {
            at: lock(&slot.at).clone(),
            delivered: slot.delivered.load(Ordering::Relaxed),
        })
    }

    /// What the workers could not read.
    pub(super) fn troubles(&self) -> impl Iterator<Item = Troubles> + '_ {
        self.slots
            .iter()
            .map(|slot| std::mem::take(&mut *lock(&slot.troubles)))
    }

    /// The path as it is shown of a directory, or of the entry `name` in it.
    pub(super) fn path(&self, node: &Node, name: &[u8]) -> Vec<u8> {
        let mut path = self.walk.root_bytes().to_vec();
        for piece in [&node.relative()[..], name] {
            if !piece.is_empty() && !path.ends_with(b"/") {
                path.push(b'/');
            }
            path.extend_from_slice(piece);
        }
        path
    }

    /// What is told of a directory at which a worker was lost.
    pub(super) fn no_answer(&self, lost: &Lost) -> Option<Trouble> {
        let node = lost.at.as_ref()?;
        let what = if lost.delivered {
            "listed in part"
        } else {
            "not listed"
        };
        Some(Trouble {
            path: self.path(node, b""),
            line: None,
            code: "no-answer",
            message: format!("{what}: its file system does not answer"),
        })
    }
}
