//! What mended rules would take that nothing takes now, counted by family.
//!
//! All that is to be tried at a time is tried in one walk. Edits that differ in nothing but their
//! ages have the same scope, and count as one; what is covered already is not looked at.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::edit::Words;
use super::outline::Outline;
use super::{Candidate, Search};
use crate::audit::marks::SURE;
use crate::audit::{NearMiss, Share, Verdict};
use crate::rules::coverage::{self, Hit, Job, Question};
use crate::rules::logic;
use crate::rules::model::{Rule, Sweep, Tri};
use crate::tree::NodeId;

/// Other families that are named with an edit; of the rest it is said how many there are.
const NAMED: usize = 12;

/// What a mended rule deletes.
pub(super) enum Takes {
    Sweeps(Vec<Sweep>),
    /// One that rotates.
    Rotation(Box<Rule>),
}

impl Takes {
    pub(super) fn of(rule: Rule) -> Self {
        match rule.rotation {
            Some(_) => Self::Rotation(Box::new(rule)),
            None => Self::Sweeps(rule.sweeps),
        }
    }
}

/// What a command catches.
#[derive(Debug, Default)]
struct Caught {
    /// By the number of the family.
    shares: BTreeMap<u32, Share>,
    /// The families of which it catches most, one more of them than are named.
    largest: Vec<u32>,
    /// What it caught last, and is not among the shares yet: files of a family lie together.
    last: Option<(u32, Share)>,
}

impl Caught {
    fn add(&mut self, family: u32, bytes: u64) {
        match &mut self.last {
            Some((last, share)) if *last == family => share.add(bytes),
            _ => {
                self.settle();
                let mut share = Share::default();
                share.add(bytes);
                self.last = Some((family, share));
            }
        }
    }

    fn settle(&mut self) {
        if let Some((family, share)) = self.last.take() {
            self.shares.entry(family).or_default().add_all(share);
        }
    }

    fn absorb(&mut self, mut other: Self) {
        other.settle();
        for (family, share) in other.shares {
            self.shares.entry(family).or_default().add_all(share);
        }
    }

    fn rank(&mut self) {
        self.settle();
        let shares = &self.shares;
        let mut largest: Vec<u32> = shares.keys().copied().collect();
        largest.sort_by_key(|family| (Reverse(shares[family].disk), *family));
        largest.truncate(NAMED + 1);
        self.largest = largest;
    }
}

/// A candidate that is being tried.
pub(super) struct Entry {
    points: i64,
    rule: usize,
    words: Words,
    /// Where what it catches is.
    at: usize,
}

/// Edits that were tried, or are about to be.
pub(super) struct Trials<'a> {
    search: &'a Search<'a>,
    outlines: &'a [Outline],
    caught: Vec<Caught>,
    /// By rule and edited text.
    by_edit: HashMap<(usize, String), usize>,
    /// By what the scope is, as it is written.
    by_scope: HashMap<String, usize>,
    /// What is to be tried, and where the answer goes.
    waiting: Vec<(usize, Vec<Sweep>)>,
}

impl<'a> Trials<'a> {
    pub(super) fn new(search: &'a Search<'a>, outlines: &'a [Outline]) -> Self {
        Self {
            search,
            outlines,
            caught: Vec::new(),
            by_edit: HashMap::new(),
            by_scope: HashMap::new(),
            waiting: Vec::new(),
        }
    }

    /// Has a candidate tried with the next run, unless the same was tried before.
    pub(super) fn enter(&mut self, candidate: Candidate) -> Option<Entry> {
        let (points, rule) = (candidate.points, candidate.rule);
        let (words, takes) = self.search.written(candidate, &self.outlines[rule])?;
        let key = (rule, words.edited.clone());
        let at = match self.by_edit.get(&key) {
            Some(&at) => at,
            None => {
                let at = self.add(takes);
                self.by_edit.insert(key, at);
                at
            }
        };
        Some(Entry {
            points,
            rule,
            words,
            at,
        })
    }

    fn add(&mut self, takes: Takes) -> usize {
        let at = self.caught.len();
        match takes {
            Takes::Rotation(rule) => {
                let mut caught = Caught::default();
                let now = self.search.moment.now;
                for hit in coverage::takes(&rule, self.search.ground, now).hits {
                    self.search.note(&mut caught, &hit);
                }
                caught.rank();
                self.caught.push(caught);
            }
            Takes::Sweeps(sweeps) => {
                let scope: Vec<Sweep> = sweeps.iter().map(logic::scope_of).collect();
                let text = format!("{scope:?}");
                if let Some(&at) = self.by_scope.get(&text) {
                    return at;
                }
                self.by_scope.insert(text, at);
                self.caught.push(Caught::default());
                self.waiting.push((at, scope));
            }
        }
        at
    }

    /// Tries all that waits, in one walk.
    pub(super) fn run(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return;
        }
        let search = self.search;
        let jobs: Vec<Job<'_>> = waiting
            .iter()
            .map(|(_, sweeps)| Job {
                sweeps,
                only_scope: true,
            })
            .collect();
        let only = |node: NodeId| search.open_family(node).is_some();
        let question = Question {
            jobs: &jobs,
            ground: search.ground,
            now: search.moment.now,
            only: Some(&only),
        };
        let none = || jobs.iter().map(|_| Caught::default()).collect();
        let mut parts: Vec<Vec<Caught>> = (0..coverage::threads()).map(|_| none()).collect();
        coverage::take_in_parts(&question, &mut parts, &|caught, job, hit| {
            search.note(&mut caught[job], &hit);
        });
        for part in parts {
            for ((at, _), caught) in waiting.iter().zip(part) {
                self.caught[*at].absorb(caught);
            }
        }
        for (at, _) in waiting {
            self.caught[at].rank();
        }
    }

    /// The near miss, where an edit takes so many of a family's files that it mends the rule.
    pub(super) fn judge(&self, entry: Entry, family: usize, files: usize) -> Option<NearMiss> {
        let caught = &self.caught[entry.at];
        let own = u32::try_from(family).ok()?;
        let would_cover = caught.shares.get(&own).copied().unwrap_or_default();
        if u128::from(would_cover.files) * 100 < files as u128 * 95 {
            return None;
        }
        let others = caught.largest.iter().filter(|&&family| family != own);
        let template = |&family: &u32| {
            let report = &self.search.families[family as usize];
            report.family.template.clone()
        };
        let mut also_catches: Vec<Vec<u8>> = others.take(NAMED).map(template).collect();
        also_catches.sort();
        let is_caught = caught.shares.contains_key(&own);
        let others = (caught.shares.len() - usize::from(is_caught)) as u64;
        Some(NearMiss {
            rule: entry.rule,
            points: u32::try_from(entry.points).unwrap_or(0),
            failing: entry.words.failing,
            edit: entry.words.edit,
            edited: entry.words.edited,
            would_cover,
            also_catches,
            others,
        })
    }
}

impl Search<'_> {
    /// The family of a file that nothing takes as it should.
    fn open_family(&self, node: NodeId) -> Option<u32> {
        let marks = &self.judged.marks;
        let family = marks.family(node)?;
        let is_taken = marks.of(node) & SURE != 0;
        let verdict = self.families[family as usize].verdict;
        (!is_taken || verdict == Verdict::InNameOnly).then_some(family)
    }

    fn note(&self, caught: &mut Caught, hit: &Hit) {
        if hit.scope != Tri::True || hit.named {
            return;
        }
        if let Some(family) = self.open_family(hit.node) {
            caught.add(family, self.ground.tree().own_weight(hit.node).lo);
        }
    }
}
