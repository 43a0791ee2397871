//! The walk in parts of the tree, each on a thread of its own.

use super::super::{Ground, Hit, Sight, takes_with};
use super::{Job, Plan, Walk};
use crate::time::Timestamp;
use crate::tree::NodeId;

/// What is asked of a tree.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Who takes.
    pub jobs: &'a [Job<'a>],
    /// Where.
    pub ground: &'a Ground<'a>,
    /// When.
    pub now: Timestamp,
    /// Of which files it is asked; `None`: of all. Hits of others may or may not be given.
    pub only: Option<&'a (dyn Fn(NodeId) -> bool + Sync)>,
}

impl std::fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question")
            .field("jobs", &self.jobs)
            .finish_non_exhaustive()
    }
}

/// As [`take_all`](super::take_all), on as many threads as there are parts: each part of the tree has its own
/// state, to which hits go in the tree's order. States in the order of their parts are what one
/// state would have been told, so merging them gives the same however many there are. Where files
/// have to be looked up on the disk, all hits go to the first state.
pub fn take_in_parts<S: Send>(
    question: &Question<'_>,
    states: &mut [S],
    note: &(dyn Fn(&mut S, usize, Hit) + Sync),
) -> Vec<Sight> {
    let (jobs, ground, now) = (question.jobs, question.ground, question.now);
    let Some(first) = states.first_mut() else {
        return Vec::new();
    };
    let mut plan = Plan::default();
    for (number, job) in jobs.iter().enumerate() {
        plan.sights.push(Sight::default());
        if job.sweeps.iter().any(|sweep| sweep.keep_newest.is_some()) {
            let taken = takes_with(job.sweeps, ground, now);
            plan.sights[number] = taken.sight;
            taken
                .hits
                .into_iter()
                .for_each(|hit| note(first, number, hit));
            continue;
        }
        for sweep in job.sweeps {
            for root in &sweep.roots {
                plan.add(ground, number, sweep, root);
            }
        }
    }
    plan.finder.finish();
    plan.starts.sort_unstable();
    let walked = walk_in_parts(question, &plan, states, note);
    for walked in &walked {
        for (sight, more) in plan.sights.iter_mut().zip(&walked.sights) {
            sight.add(more);
        }
    }
    let is_found = |spec: usize| walked.iter().any(|walked| walked.found[spec]);
    let found: Vec<bool> = (0..plan.specs.len()).map(is_found).collect();
    let mut last = |job: usize, hit: Hit| {
        if let Some(last) = states.last_mut() {
            note(last, job, hit);
        }
    };
    plan.as_they_stand(jobs, ground, now, &found, &mut last);
    plan.sights
}

/// What a walk of a part of the tree has found.
#[derive(Debug)]
struct Walked {
    sights: Vec<Sight>,
    /// By spec: whether some entry fitted its pattern.
    found: Vec<bool>,
}

/// How many parts are walked at once on this machine. What comes out does not depend on it.
#[must_use]
pub fn threads() -> usize {
    const MOST: usize = 8;
    std::thread::available_parallelism().map_or(1, |cores| cores.get().min(MOST))
}

/// Below so many entries to a part the threads cost more than they save; tests have small trees.
const PART: u32 = if cfg!(test) { 1 } else { 20_000 };

fn walk_in_parts<S: Send>(
    question: &Question<'_>,
    plan: &Plan<'_>,
    states: &mut [S],
    note: &(dyn Fn(&mut S, usize, Hit) + Sync),
) -> Vec<Walked> {
    let end = question.ground.tree.end(NodeId::ROOT).0;
    let parts = u32::try_from(states.len()).unwrap_or(u32::MAX);
    let asks = question.ground.stamps.is_some() && plan.asks_the_disk();
    let walk = |state: &mut S, from: u32, to: u32| {
        let mut sink = |job: usize, hit: Hit| note(state, job, hit);
        let mut walk = Walk::new(plan, question, &mut sink);
        walk.run(NodeId(from), NodeId(to));
        Walked {
            sights: walk.sights,
            found: walk.found,
        }
    };
    if parts == 1 || asks || end / parts < PART {
        let first = states.iter_mut().take(1);
        return first.map(|state| walk(state, 0, end)).collect();
    }
    let bound = |part: usize| {
        let at = u64::from(end) * part as u64 / u64::from(parts);
        u32::try_from(at).unwrap_or(end)
    };
    std::thread::scope(|scope| {
        let walk = &walk;
        let threads: Vec<_> = states
            .iter_mut()
            .enumerate()
            .map(|(part, state)| scope.spawn(move || walk(state, bound(part), bound(part + 1))))
            .collect();
        threads
            .into_iter()
            .map(|thread| match thread.join() {
                Ok(walked) => walked,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}
