//! The Linux walk: by directory handles, with several threads.
//!
//! Each worker takes the latest directory from its own stack; when another worker is idle, it
//! hands over the older half. A directory is opened from its parent's handle, is checked to be the
//! one that was listed, and is read by getdents64 and statx in one loop. Its batch goes to the
//! worker's own share of the sink, and *only then* may its sub-directories be scheduled.
//!
//! **Wide directories.** What comes after the first 64 KiB of names is handed in parts to workers
//! that are idle, as many at a time as there are workers, so that memory does not grow with it.
//!
//! **Handles.** A directory keeps its handle while sub-directories of it wait, as long as there
//! are not too many handles. Where one was not kept it is opened again: upward by `..` from the
//! last directory that this worker used, or downward by name from the nearest one above that is
//! open, whichever is nearer. As a worker's next directory lies near its last one, even a comb of
//! 100,000 levels costs a few calls a level. Whatever was opened, the number of the inode decides
//! whether it is the one in question.
//!
//! **How many threads.** As many as there are processors, as long as these are busy. Where the
//! workers use clearly less of the processors than they could, they wait for a disk, and up to
//! eight of them find more for it to do.
//!
//! **File systems that do not answer.** A walk that stays on its mount never asks the others
//! (`points`). Where it enters one, or where its own stops answering, the worker that waits is
//! given up after a while ([`WalkOptions::patience`](super::WalkOptions::patience)): its thread
//! stays in the kernel, what it was at is told as not read, and the rest is walked to its end.
//!
//! # What was tried
//!
//! On two processors (AMD EPYC, Linux 6.18, ext4, 1.0 M entries of which 1.5 % are directories),
//! as a ratio to the bare system calls with nothing kept (`benches/race.rs` measures both):
//!
//! | choice | warm | |
//! |---|---|---|
//! | batches through one bounded channel to one builder, 8 threads | 1.21–1.34 | one processor idles while the other builds |
//! | a share of the sink for each thread, 8 threads | 1.11–1.13 | more threads than processors take turns, and each turn costs the caches |
//! | the same, one thread a processor | 1.05–1.09 | what is used |
//! | a directory of 1 M names, read by one thread | 1.0 | nobody helps |
//! | parts left only while somebody is idle at that moment | 0.67 | the helper waits while the next part is read |
//! | parts left as long as some are being done, up to 8 | 0.56 | what is used |
//! | names asked about in the order of their inodes | 1.15 | sorting costs, a warm cache gives nothing back |
//!
//! With cold caches (a fast virtual disk) 8 threads from the start and 2 that become 8 take the
//! same time, 1.02 of the floor's best. Disks that turn were not at hand: there the walk has two
//! threads and asks in the order of the inodes, as tools for such disks do.

mod chain;
mod crew;
mod points;
mod wide;
mod worker;

use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::entry::{Batch, Entry, Listing, Progress, Rooting, Sink, Token};
use crate::error::{Error, Result};
use crate::sys::{self, Dir};

use super::border::kind_of_mount;
use super::{Walk, Walked};
use chain::Node;
use crew::{Crew, Lost};
use points::Points;
use worker::Worker;

/// How often the workers' signs of life are looked at.
const TICK: Duration = Duration::from_millis(100);
/// How soon it is first asked whether the workers wait for the disk.
const FIRST_TICK: Duration = Duration::from_millis(15);
/// How long the end of a walk may go unnoticed where batches come through a channel.
const SHORT_TICK: Duration = Duration::from_millis(2);
/// How long an interrupted walk waits for a system call that does not return.
const GRACE: Duration = Duration::from_secs(1);
/// Nothing recurses, so a worker needs little. (The system's 8 MiB would count against a limit of
/// the address space.)
const STACK: usize = 256 << 10;

/// Reads everything below the root.
pub(super) fn walk(walk: Walk, progress: &Progress, sink: &mut dyn Sink) -> Result<Walked> {
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
    let root = Node::root(dir, &meta, mount_points(&walk));
    let crew = Arc::new(Crew::new(walk, progress.clone()));
    let mut walked = Walked::default();
    let mut workers = Workers::new(&crew);
    workers.start(crew.walk.threads.first, Some(&root), sink)?;
    workers.watch(sink, &mut walked);
    for troubles in crew.troubles() {
        troubles.pour_into(&mut walked);
    }
    walked.vanished = crew.vanished.load(Ordering::Relaxed);
    if crew.interrupted.load(Ordering::Relaxed) {
        walked.troubles.push(crew.walk.interrupted());
    }
    Ok(walked)
}

/// What is mounted below the root and need not be asked. A walk that enters other mounts asks all.
fn mount_points(walk: &Walk) -> Option<Arc<Points>> {
    if walk.border.cross {
        return None;
    }
    let root = walk.root.as_os_str();
    Points::of(&walk.border.mounts, walk.meta.mount, root, kind_of_mount)
}

/// The workers as the thread that called the walk sees them.
struct Workers<'a> {
    crew: &'a Arc<Crew>,
    threads: Vec<JoinHandle<()>>,
    /// Those that have no share of the sink send their batches.
    filled: Sender<Batch>,
    arriving: Receiver<Batch>,
    funnelled: bool,
}

impl<'a> Workers<'a> {
    fn new(crew: &'a Arc<Crew>) -> Self {
        let (filled, arriving) = bounded(2 * crew.most);
        Self {
            crew,
            threads: Vec::new(),
            filled,
            arriving,
            funnelled: false,
        }
    }

    /// Starts workers until there are `n`, each with its share of the sink. Where that fails, those
    /// that there are do all the work.
    fn start(&mut self, n: usize, root: Option<&Arc<Node>>, sink: &mut dyn Sink) -> Result<()> {
        let n = n.min(self.crew.slots().len());
        let new = self.threads.len()..n;
        let mut shares = sink.split(new.len()).into_iter();
        for number in new {
            let share = shares.next().unwrap_or_else(|| {
                self.funnelled = true;
                Box::new(Funnel(self.filled.clone()))
            });
            let worker = Worker::new(Arc::clone(self.crew), number, share);
            let first = root.filter(|_| number == 0).cloned();
            self.crew.enter();
            let started = thread::Builder::new()
                .name(format!("walk-{number}"))
                .stack_size(STACK)
                .spawn(move || worker.run(first));
            match started {
                Ok(handle) => self.threads.push(handle),
                Err(cause) => {
                    self.crew.leave(&self.crew.slots()[number]);
                    return match root.filter(|_| number == 0) {
                        None => Ok(()),
                        Some(root) => self.work_here(root, sink, &cause),
                    };
                }
            }
        }
        Ok(())
    }

    /// Walks in this thread, where no other can be started.
    fn work_here(&self, root: &Arc<Node>, sink: &mut dyn Sink, cause: &io::Error) -> Result<()> {
        let share = sink.split(1).pop().ok_or_else(|| super::no_thread(cause))?;
        self.crew.enter();
        Worker::new(Arc::clone(self.crew), 1, share).run(Some(Arc::clone(root)));
        Ok(())
    }

    /// Takes what comes through the channel until the workers have ended, starts more of them
    /// where they wait for the disk, and gives up those that do not answer any more.
    fn watch(mut self, sink: &mut dyn Sink, walked: &mut Walked) {
        let _halts = HaltsOnPanic(self.crew);
        let mut silence = vec![(0, Duration::ZERO); self.crew.slots().len()];
        let mut effort = Effort::begin();
        let mut tick = FIRST_TICK;
        let mut lost = 0;
        let mut small_looks = 0u32;
        while !self.wait(tick, sink) {
            let busy = self.crew.slots().iter().filter(|slot| slot.signs().0);
            let mut wanted = self.threads.len();
            // One look may fall on a moment at which the machine was busy with something else.
            small_looks = if effort.is_small(busy.count()) {
                small_looks + 1
            } else {
                0
            };
            if small_looks >= 2 {
                wanted = wanted.max(self.crew.most);
            }
            for loss in self.look(tick, &mut silence) {
                lost += 1;
                wanted = wanted.max(self.threads.len() + 1);
                walked.troubles.extend(self.crew.no_answer(&loss));
                sink.listing(&loss.mark());
            }
            // That more would help does not mean that it must work.
            let _fewer_work_too = self.start(wanted, None, sink);
            tick = if small_looks == 1 { FIRST_TICK } else { TICK };
        }
        for batch in self.arriving.try_iter() {
            sink.listing(&batch);
        }
        // A thread that was given up cannot be waited for, and nothing says which it is.
        for thread in self.threads {
            if (lost == 0 || thread.is_finished())
                && let Err(panic) = thread.join()
            {
                resume_unwind(panic);
            }
        }
    }

    /// Waits for a while; whether the workers have ended.
    fn wait(&self, at_most: Duration, sink: &mut dyn Sink) -> bool {
        if !self.funnelled {
            return self.crew.wait(at_most);
        }
        let until = Instant::now() + at_most;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.arriving.recv_timeout(left.min(SHORT_TICK)) {
                Ok(batch) => sink.listing(&batch),
                Err(_) if self.crew.wait(Duration::ZERO) => return true,
                Err(_) => {}
            }
            if left.is_zero() {
                return false;
            }
        }
    }

    /// Gives up the workers that have done nothing for too long.
    fn look(&self, since: Duration, silence: &mut [(u64, Duration)]) -> Vec<Lost> {
        let patience = match self.crew.progress.is_cancelled() {
            true => GRACE.min(self.crew.walk.patience),
            false => self.crew.walk.patience,
        };
        let mut lost = Vec::new();
        for (slot, (last, silent)) in self.crew.slots().iter().zip(silence) {
            let (busy, beat) = slot.signs();
            if !busy || beat != *last {
                (*last, *silent) = (beat, Duration::ZERO);
                continue;
            }
            *silent += since;
            if *silent >= patience {
                lost.extend(self.crew.give_up(slot));
            }
        }
        lost
    }
}

/// How much of the processors' time the process has used since it was last asked.
struct Effort {
    at: Instant,
    used: Duration,
}

impl Effort {
    fn begin() -> Self {
        Self {
            at: Instant::now(),
            used: sys::processor_time(),
        }
    }

    /// Whether as many busy threads would have used far more: they wait for something.
    fn is_small(&mut self, threads: usize) -> bool {
        let now = Self::begin();
        let passed = now.at.saturating_duration_since(self.at);
        let used = now.used.saturating_sub(self.used);
        *self = now;
        used.as_secs_f64() < 0.85 * passed.as_secs_f64() * threads as f64
    }
}

/// Ends the workers when the sink panics: nobody would see what they find.
struct HaltsOnPanic<'a>(&'a Crew);

impl Drop for HaltsOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.halt();
        }
    }
}

impl Lost {
    /// Says of the directory in question that its listing is not whole.
    fn mark(&self) -> Batch {
        let token = self.at.as_ref().map_or(Token::ROOT, |node| node.token);
        let mut batch = Batch::new(token);
        batch.part = u32::MAX;
        batch.listing = if self.delivered {
            Listing::Partial
        } else {
            Listing::Unread
        };
        batch
    }
}

/// The share of a sink that cannot be split: a channel to the thread that called the walk.
struct Funnel(Sender<Batch>);

impl Sink for Funnel {
    fn root(&mut self, _root: Entry<'_>, _rooting: Rooting) {
        debug_assert!(false, "the whole has the root");
    }

    fn listing(&mut self, batch: &Batch) {
        // Where nobody listens any more, the walk is being ended.
        let _unheard = self.0.send(batch.clone());
    }
}
