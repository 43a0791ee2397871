//! The rule that almost covers a family, and the edit that would make it.
//!
//! For every uncovered family and every rule the failing parts are looked for, each with what it
//! costs to mend: a depth, a name, a root, an owner, components of a shell pattern. The sum says
//! how near the rule is; a rule that was orphaned by a change of the layout scores highest. An
//! edit is reported only if the edited rule, evaluated like any other, takes the family.
//!
//! Limits: a part that stands in a variable is replaced in place; conditions that split into
//! more than sixteen disjuncts are passed over; a regular expression is never rewritten, only
//! replaced by a pattern of names where it says no more than one.

mod condition;
mod date;
mod edit;
mod logs;
mod mended;
mod outline;
mod place;
mod residue;
mod subject;
mod task;
mod trial;

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::thread;

use crate::audit::judge::{FamilyFacts, Judged};
use crate::audit::{FamilyReport, Moment, NearMiss, RuleReport, RuleState, Share, Verdict};
use crate::family::{Disposition, Family};
use crate::rules::coverage::{self, Ground};
use crate::rules::model::Fidelity;
use crate::time::{DAY, Timestamp};
use crate::tree::NodeId;

use edit::{Edit, Words};
use logs::Renamed;
use outline::Outline;
use residue::Residue;
use task::Task;
use trial::{Takes, Trials};

/// Near misses reported for one family, and edits evaluated for it.
const REPORTED: usize = 5;
const EVALUATED: usize = 8;
/// In tenths: what an edit may cost at most.
const MAX_COST: u32 = 50;
const MIN_POINTS: i64 = 40;
/// What it costs to mend or to switch on a rule that names the family as it is.
const MENDED: u32 = 5;
/// The age that is proposed where a rule has one that bounds nothing.
const PATIENCE: i64 = 15 * DAY as i64;

/// The search over all families and rules.
pub(super) struct Search<'a> {
    ground: &'a Ground<'a>,
    families: &'a [FamilyReport],
    rules: &'a [RuleReport],
    judged: &'a Judged,
    moment: &'a Moment,
}

/// Families whose candidates are kept at a time.
const BLOCK: usize = 4096;

/// A rule that might be mended, before it is evaluated.
struct Candidate {
    points: i64,
    rule: usize,
    means: Means,
}

/// How it would be mended.
enum Means {
    /// As it was meant.
    Mended,
    /// By having it run.
    SwitchedOn,
    /// By other names of logs.
    Renamed(Box<Renamed>),
    /// By other words.
    Edit(Box<Edit>),
}

/// A family whose near misses are looked for.
struct Open {
    family: usize,
    /// How many of its members no rule covers.
    files: usize,
    misses: Vec<NearMiss>,
    /// What else may be near, the best last.
    candidates: Vec<Candidate>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        ground: &'a Ground<'a>,
        families: &'a [FamilyReport],
        rules: &'a [RuleReport],
        judged: &'a Judged,
        moment: &'a Moment,
    ) -> Self {
        Self {
            ground,
            families,
            rules,
            judged,
            moment,
        }
    }

    /// The near misses of every family, best first.
    pub(super) fn run(&self) -> Vec<Vec<NearMiss>> {
        let mut all: Vec<Vec<NearMiss>> = self.families.iter().map(|_| Vec::new()).collect();
        let open: Vec<usize> = (0..self.families.len())
            .filter(|&family| self.is_open(family))
            .collect();
        // Without rules none is near, and the paths of a sample need not be written out.
        if open.is_empty() || self.rules.is_empty() {
            return all;
        }
        let outlines = self.rules.iter();
        let outlines = outlines.map(|report| Outline::new(&report.rule, self.ground));
        let outlines: Vec<Outline> = outlines.collect();
        let mut trials = Trials::new(self, &outlines);
        for block in open.chunks(BLOCK) {
            let mut found = self.candidates(block, &outlines);
            // A candidate is tried only where those before it have not been enough.
            while self.try_next(&mut found, &mut trials) {}
            for open in found {
                let mut misses = open.misses;
                misses.sort_by_key(|miss| (Reverse(miss.points), miss.rule));
                all[open.family] = misses;
            }
        }
        all
    }

    fn is_open(&self, family: usize) -> bool {
        let report = &self.families[family];
        report.family.disposition == Disposition::Output
            && matches!(
                report.verdict,
                Verdict::Uncovered | Verdict::InNameOnly | Verdict::Partly
            )
    }

    /// What may be near to each of some families, on all processors.
    fn candidates(&self, families: &[usize], outlines: &[Outline]) -> Vec<Open> {
        let of = |&family: &usize| self.of_family(family, outlines);
        let each = families.len().div_ceil(coverage::threads()).max(1);
        if families.len() * self.rules.len() < 1000 {
            return families.iter().map(of).collect();
        }
        thread::scope(|scope| {
            let threads: Vec<_> = families
                .chunks(each)
                .map(|some| scope.spawn(move || some.iter().map(of).collect::<Vec<Open>>()))
                .collect();
            let joined = threads.into_iter().map(|thread| match thread.join() {
                Ok(found) => found,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.flatten().collect()
        })
    }

    /// Tries as many candidates of each family as may still be reported; `false`: there were none.
    fn try_next(&self, all: &mut [Open], trials: &mut Trials<'_>) -> bool {
        let (mut entered, mut any) = (Vec::new(), false);
        for (at, open) in all.iter_mut().enumerate() {
            let wanted = REPORTED.saturating_sub(open.misses.len());
            for _ in 0..wanted {
                let Some(candidate) = open.candidates.pop() else {
                    break;
                };
                entered.extend(trials.enter(candidate).map(|entry| (at, entry)));
                any = true;
            }
        }
        trials.run();
        for (at, entry) in entered {
            let open = &mut all[at];
            let miss = trials.judge(entry, open.family, open.files);
            open.misses.extend(miss);
        }
        any
    }

    /// How long a file may wait so that the volume is not full before it goes.
    fn patience(&self, family: &Family) -> i64 {
        let growth = family.growth_per_day.filter(|&growth| growth > 0);
        let (Some(available), Some(growth)) = (self.moment.available, growth) else {
            return PATIENCE;
        };
        let full = i64::try_from(available / growth).unwrap_or(i64::MAX);
        let oldest = family.first.map_or(0, |first| first.age(self.moment.now).0);
        let oldest = i64::try_from(oldest).unwrap_or(i64::MAX);
        full.saturating_mul(DAY as i64)
            .saturating_add(oldest)
            .clamp(DAY as i64, PATIENCE)
    }

    fn of_family(&self, index: usize, outlines: &[Outline]) -> Open {
        let report = &self.families[index];
        let patience =
            (report.verdict == Verdict::InNameOnly).then(|| self.patience(&report.family));
        let residue = Residue::new(index, &report.family, self.ground, self.judged, patience);
        let mut open = Open {
            family: index,
            files: residue.nodes.len(),
            misses: Vec::new(),
            candidates: Vec::new(),
        };
        if residue.sample.is_empty() {
            return open;
        }
        let rules = 0..self.rules.len();
        let orphaned = rules.clone();
        let orphaned = orphaned.filter_map(|index| self.orphaned(index, &residue));
        open.misses = orphaned.take(REPORTED).collect();
        let mut candidates: Vec<Candidate> = rules
            .filter_map(|index| self.candidate(index, &outlines[index], &residue))
            .filter(|candidate| candidate.points >= MIN_POINTS)
            .collect();
        candidates.sort_by_key(|c| (Reverse(c.points), c.rule));
        candidates.truncate(EVALUATED);
        candidates.reverse();
        open.candidates = candidates;
        open
    }

    /// The cheapest way to make a rule take the family.
    fn candidate(
        &self,
        index: usize,
        outline: &Outline,
        residue: &Residue<'_>,
    ) -> Option<Candidate> {
        let report = &self.rules[index];
        let rule = &report.rule;
        let alive = report.scope.files > 0;
        let (cost, means) = match report.state {
            RuleState::Opaque => return None,
            RuleState::Broken => {
                outline.mended.as_ref()?;
                (MENDED, Means::Mended)
            }
            RuleState::Disabled if report.is_switched_off() => return None,
            RuleState::Disabled => (MENDED, Means::SwitchedOn),
            _ if rule.rotation.is_some() => {
                let renamed = logs::renamed(rule, residue, alive)?;
                if !(1..=MAX_COST).contains(&renamed.cost) {
                    return None;
                }
                (renamed.cost, Means::Renamed(Box::new(renamed)))
            }
            // With whatever pattern, it would still not bound what it takes.
            _ if rule.in_name.is_some() => return None,
            _ => {
                let edit = self.cheapest(index, outline, residue)?;
                if edit.cost >= 30 && !self.is_plausible(index, outline, edit.cost, residue) {
                    return None;
                }
                (edit.cost, Means::Edit(Box::new(edit)))
            }
        };
        Some(Candidate {
            points: self.points(index, outline, cost, residue),
            rule: index,
            means,
        })
    }

    /// The cheapest edit of any part of a rule that takes the sample.
    fn cheapest(&self, index: usize, outline: &Outline, residue: &Residue<'_>) -> Option<Edit> {
        let report = &self.rules[index];
        let rule = &report.rule;
        if !matches!(rule.fidelity, Fidelity::Exact | Fidelity::Approx(_)) {
            return None;
        }
        let known = OnceCell::new();
        let is_plausible =
            || *known.get_or_init(|| self.is_plausible(index, outline, place::ELSEWHERE, residue));
        let mut best: Option<Edit> = None;
        for (sweep, pass) in rule.sweeps.iter().zip(&outline.passes) {
            for subject in residue.subjects(sweep.recursive) {
                for (root, start) in sweep.roots.iter().zip(&pass.starts) {
                    let limit = best.as_ref().map_or(MAX_COST, |best| best.cost - 1);
                    let edit = place::mend(&Task {
                        rule,
                        sweep,
                        root,
                        outline,
                        pass,
                        start,
                        residue,
                        subject,
                        alive: report.scope.files > 0,
                        limit,
                        is_plausible: &is_plausible,
                    });
                    let edit = edit.filter(|edit| (1..=limit).contains(&edit.cost));
                    best = edit.or(best);
                }
            }
        }
        best
    }

    /// The edit in words, and what the mended rule takes.
    fn written(&self, candidate: Candidate, outline: &Outline) -> Option<(Words, Takes)> {
        let report = &self.rules[candidate.rule];
        Some(match candidate.means {
            Means::Mended => {
                let mended = outline.mended.as_ref()?;
                (mended.words.clone(), Takes::Sweeps(mended.sweeps.clone()))
            }
            Means::SwitchedOn => (switched_on(report), Takes::of(report.rule.clone())),
            Means::Renamed(renamed) => (renamed.words, Takes::of(renamed.rule)),
            Means::Edit(edit) => {
                let words = edit.words(&report.rule);
                (words, Takes::Sweeps(vec![edit.sweep]))
            }
        })
    }

    /// Whether something besides the pattern says that a rule was for this family: a word of its
    /// own that lives on, the time when one ended and the other began, or a place that is gone.
    fn is_plausible(
        &self,
        index: usize,
        outline: &Outline,
        cost: u32,
        residue: &Residue<'_>,
    ) -> bool {
        let (report, facts) = (&self.rules[index], &self.judged.rules[index]);
        let is_dead = report.state == RuleState::Dead;
        let root_is_gone = is_dead && facts.sight.found == 0 && cost < place::ELSEWHERE;
        root_is_gone
            || outline.is_above(&residue.place)
            || residue.has_words_beyond_place(outline)
            || self.is_handover(facts.times.newest, false, residue.family)
            || residue
                .subjects(false)
                .iter()
                .any(|files| outline.names(files))
    }

    /// A family of copies that a logrotate block leaves behind: near, and beyond its reach.
    fn orphaned(&self, index: usize, residue: &Residue<'_>) -> Option<NearMiss> {
        let facts = &self.judged.rules[index];
        let (_, why) = *facts.orphans.first()?;
        let is_orphan = |node: &&NodeId| {
            let at = facts
                .orphans
                .binary_search_by_key(*node, |(orphan, _)| *orphan);
            at.is_ok()
        };
        let orphans: Vec<NodeId> = residue.nodes.iter().filter(is_orphan).copied().collect();
        if (orphans.len() as u128) * 100 < residue.nodes.len() as u128 * 95 {
            return None;
        }
        let tree = self.ground.tree();
        let disk = orphans.iter().map(|&node| tree.own_weight(node).lo);
        let edit = "nothing in the block: remove them once by hand".to_owned();
        Some(NearMiss {
            rule: index,
            points: 94,
            failing: vec![why.cause().to_owned()],
            edited: edit.clone(),
            edit,
            would_cover: Share {
                files: orphans.len() as u64,
                disk: disk.fold(0, u64::saturating_add),
            },
            also_catches: Vec::new(),
            others: 0,
        })
    }

    /// How near a rule is, 0 to 100.
    fn points(&self, index: usize, outline: &Outline, cost: u32, residue: &Residue<'_>) -> i64 {
        let (report, facts) = (&self.rules[index], &self.judged.rules[index]);
        let mut points = 1000 - 12 * i64::from(cost);
        let does_nothing = matches!(
            report.state,
            RuleState::Dead | RuleState::Broken | RuleState::Disabled
        );
        if does_nothing {
            points += 100;
        }
        let shared = residue.shared_words(outline);
        if self.is_handover(
            facts.times.newest,
            does_nothing && shared > 0,
            residue.family,
        ) {
            points += 100;
        }
        // Whoever runs as root can remove what the rule was meant for.
        if report.rule.user.as_deref() == Some(b"root") {
            points += 50;
        }
        points += 50 * i64::try_from(shared.min(2)).unwrap_or(2);
        if shared == 0 && outline.is_generic {
            points -= 200;
        }
        let own = u32::try_from(residue.index).ok();
        let own = own.and_then(|own| facts.families.get(&own));
        if facts.large > usize::from(own.is_some_and(FamilyFacts::is_large)) {
            points -= 150;
        }
        (points / 10).clamp(0, 100)
    }

    /// Whether the family begins where what the rule took ends. A rule that matches nothing any
    /// more, and whose name lives on in the family's path, has nothing left to compare with.
    fn is_handover(&self, newest: Option<Timestamp>, lives_on: bool, family: &Family) -> bool {
        let ends = family
            .lineage
            .iter()
            .filter(|phase| phase.template != family.template)
            .filter_map(|phase| phase.to)
            .chain(newest)
            .max();
        match (ends, family.first) {
            (Some(end), Some(first)) => {
                let days = first.0.saturating_sub(end.0).div_euclid(DAY as i64);
                (-7..=60).contains(&days)
            }
            _ => lives_on,
        }
    }
}

/// A rule that would take the family, were it run at all: what keeps it from running.
fn switched_on(report: &RuleReport) -> Words {
    let hint = super::findings::disabled_hint(report);
    let text = String::from_utf8_lossy(&report.rule.text).into_owned();
    Words {
        failing: vec![report.reason.clone()],
        edit: hint.unwrap_or_else(|| format!("it to be run: {}", report.reason)),
        edited: text,
    }
}
