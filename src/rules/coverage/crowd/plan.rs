//! What is to be walked: commands, where they start, and what they look for.

use std::collections::HashMap;

use super::super::finder::{self, Finder, Needle};
use super::super::ground::{Post, Seed};
use super::super::{Ground, Hit, Pass, Sight, Taken, needs_path};
use super::Job;
use crate::rules::glob::Pattern;
use crate::rules::model::{Atom, Expr, Root, Stamp, Sweep};
use crate::time::Timestamp;
use crate::tree::NodeId;

/// One command and where it starts.
#[derive(Debug)]
pub(super) struct Spec<'a> {
    pub(super) job: usize,
    pub(super) sweep: &'a Sweep,
    pub(super) root: &'a Root,
    /// How the start is printed, and called; not known before for a folder of a pattern.
    pub(super) seed: Option<Seed>,
    /// For a folder of a pattern: what its entries must fit to be the start.
    pub(super) last: Option<&'a Pattern>,
    /// The needles that it waits for; `None`: it looks at everything.
    pub(super) needles: Option<Vec<Wanted>>,
    pub(super) needs_path: bool,
}

/// A needle that a command waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wanted {
    pub(super) number: u32,
    /// The directory that it is about, where whatever is wanted lies below one of that name.
    pub(super) below: Option<Vec<u8>>,
}

/// What is to be walked.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    pub(super) specs: Vec<Spec<'a>>,
    /// Specs that start in the same places.
    pub(super) groups: Vec<Vec<usize>>,
    /// Where each group starts.
    pub(super) starts: Vec<(NodeId, usize)>,
    /// Groups of patterns that look into the same folders.
    pub(super) shared: HashMap<Vec<u8>, usize>,
    pub(super) finder: Finder,
    pub(super) sights: Vec<Sight>,
}

impl<'a> Plan<'a> {
    pub(super) fn add(
        &mut self,
        ground: &Ground<'_>,
        job: usize,
        sweep: &'a Sweep,
        root: &'a Root,
    ) {
        if sweep.max_depth == 0
            && let Some(Post { key, last, folders }) = ground.post(root, &mut self.sights[job])
        {
            let needles = finder::of_name(last);
            self.push(Spec::new(job, sweep, root).in_folders(last), needles);
            let group = match self.shared.get(&key) {
                Some(&group) => group,
                None => {
                    let group = self.groups.len();
                    self.groups.push(Vec::new());
                    let starts = folders.iter().map(|&folder| (folder, group));
                    self.starts.extend(starts);
                    self.shared.insert(key, group);
                    group
                }
            };
            self.groups[group].push(self.specs.len() - 1);
            return;
        }
        for seed in ground.seeds(root, &mut self.sights[job]) {
            self.sights[job].files |= ground.tree.totals(seed.node).files > 0;
            let node = seed.node;
            let needles = finder::needles(&sweep.expr);
            self.push(Spec::new(job, sweep, root).at(seed), needles);
            self.starts.push((node, self.groups.len()));
            self.groups.push(vec![self.specs.len() - 1]);
        }
    }

    /// Adds a command, whose entries have one of these needles.
    fn push(&mut self, spec: Spec<'a>, needles: Option<Vec<Needle>>) {
        // A condition that nothing meets still shows what of its roots can be seen.
        let needles = needles.filter(|needles| !needles.is_empty());
        let needles = needles.map(|needles| {
            let wanted = needles.iter().map(|needle| Wanted {
                number: self.finder.add(needle),
                below: match needle {
                    Needle::Below(name, _) => Some(name.clone()),
                    _ => None,
                },
            });
            let mut wanted: Vec<Wanted> = wanted.collect();
            wanted.sort_unstable();
            wanted.dedup();
            wanted
        });
        self.specs.push(Spec { needles, ..spec });
    }

    /// Whether some command has tests that only the disk can answer.
    pub(super) fn asks_the_disk(&self) -> bool {
        self.specs.iter().any(|spec| {
            let sweep = spec.sweep;
            asks_the_disk(&sweep.expr) || sweep.prune.as_ref().is_some_and(asks_the_disk)
        })
    }

    /// A pattern that nothing fits stands for itself.
    pub(super) fn as_they_stand(
        &mut self,
        jobs: &[Job<'_>],
        ground: &Ground<'_>,
        now: Timestamp,
        found: &[bool],
        sink: &mut dyn FnMut(usize, Hit),
    ) {
        for (spec, found) in self.specs.iter().zip(found) {
            if spec.last.is_none() || *found {
                continue;
            }
            let sight = &mut self.sights[spec.job];
            let mut taken = Taken::default();
            for seed in ground.as_it_stands(spec.root, sight) {
                Pass::new(spec.sweep, ground, now, &seed, &mut taken).run(&seed);
            }
            for hit in taken.hits {
                let due = hit.due.filter(|_| !jobs[spec.job].only_scope);
                sink(spec.job, Hit { due, ..hit });
            }
        }
    }
}

impl<'a> Spec<'a> {
    fn new(job: usize, sweep: &'a Sweep, root: &'a Root) -> Self {
        Self {
            job,
            sweep,
            root,
            seed: None,
            last: None,
            needles: None,
            needs_path: needs_path(&sweep.expr) || sweep.prune.as_ref().is_some_and(needs_path),
        }
    }

    /// Starting here.
    fn at(self, seed: Seed) -> Self {
        Self {
            seed: Some(seed),
            ..self
        }
    }

    /// Starting at what fits the last component of a pattern.
    fn in_folders(self, last: &'a Pattern) -> Self {
        Self {
            last: Some(last),
            ..self
        }
    }
}

fn asks_the_disk(expr: &Expr) -> bool {
    match expr {
        Expr::Const(_) => false,
        Expr::Not(inner) => asks_the_disk(inner),
        Expr::All(parts) | Expr::Any(parts) => parts.iter().any(asks_the_disk),
        Expr::Test(test) => match &test.atom {
            Atom::Owner { .. } => true,
            Atom::Age(age) => !matches!(age.stamp, Stamp::Modified | Stamp::Other),
            _ => false,
        },
    }
}

impl Wanted {
    /// Whether the directory that all must lie below is the start, or lies above it.
    pub(super) fn is_above(&self, printed: &[u8]) -> bool {
        let mut components = printed.split(|&b| b == b'/');
        let below = self.below.as_deref();
        below.is_some_and(|below| components.any(|component| component == below))
    }
}
