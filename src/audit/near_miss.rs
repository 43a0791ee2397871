//! The rule that almost covers a family, and the edit that would make it.
//!
//! For every uncovered family and every rule the failing parts are looked for, each with what it
//! costs to mend: a depth, a name, a root, an owner, components of a shell pattern. The sum says
//! how near the rule is; a rule that was orphaned by a change of the layout scores highest. An
//! edit is reported only if the edited rule, evaluated like any other, takes the family.
//!
//! Limits: a part that stands in a variable is replaced in place; conditions that split into
//! more than sixteen disjuncts are passed over; a regular expression is never rewritten.

mod condition;
mod date;
mod edit;
mod logs;
mod mended;
mod place;
mod residue;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use crate::audit::judge::{FamilyFacts, Judged};
use crate::audit::marks::SURE;
use crate::audit::{FamilyReport, Moment, NearMiss, RuleReport, RuleState, Share, Verdict};
use crate::family::{Disposition, Family};
use crate::rules::coverage::{self, Ground, Hit, Job};
use crate::rules::model::{Fidelity, Root, Rule, Tri};
use crate::time::{DAY, Timestamp};
use crate::tree::NodeId;

use edit::{Edit, Words};
use residue::Residue;

/// Near misses reported for one family, and edits evaluated for it.
const REPORTED: usize = 5;
const EVALUATED: usize = 8;
/// Other families that are named with an edit; of the rest it is said how many there are.
const NAMED: usize = 12;
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

/// What a command catches.
#[derive(Debug, Default)]
struct Caught {
    /// By the number of the family.
    shares: BTreeMap<u32, Share>,
    /// The families of which it catches most, one more of them than are named.
    largest: Vec<u32>,
}
/// Edits that were evaluated: by rule and edited text.
type Evaluated = HashMap<(usize, String), Caught>;

/// A rule that might be mended, before it is evaluated.
struct Candidate {
    points: i64,
    rule: usize,
    words: Words,
    takes: Takes,
}

/// What the mended rule deletes.
enum Takes {
    Sweeps(Vec<crate::rules::model::Sweep>),
    Rule(Box<Rule>),
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
        let mut evaluated = HashMap::new();
        self.families
            .iter()
            .enumerate()
            .map(|(index, report)| {
                let is_open = matches!(
                    report.verdict,
                    Verdict::Uncovered | Verdict::InNameOnly | Verdict::Partly
                );
                // Without rules none is near, and the paths of a sample need not be written out.
                let is_hopeful = is_open && !self.rules.is_empty();
                if report.family.disposition != Disposition::Output || !is_hopeful {
                    return Vec::new();
                }
                let patience =
                    (report.verdict == Verdict::InNameOnly).then(|| self.patience(&report.family));
                let family = &report.family;
                let residue = Residue::new(index, family, self.ground, self.judged, patience);
                self.of_family(&residue, &mut evaluated)
            })
            .collect()
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

    fn of_family(&self, residue: &Residue<'_>, evaluated: &mut Evaluated) -> Vec<NearMiss> {
        if residue.sample.is_empty() {
            return Vec::new();
        }
        let rules = 0..self.rules.len();
        let mut misses: Vec<NearMiss> = rules
            .clone()
            .filter_map(|index| self.orphaned(index, residue))
            .take(REPORTED)
            .collect();
        let mut candidates: Vec<Candidate> = rules
            .filter_map(|index| self.candidate(index, residue))
            .filter(|candidate| candidate.points >= MIN_POINTS)
            .collect();
        candidates.sort_by_key(|c| (Reverse(c.points), c.rule));
        for candidate in candidates.into_iter().take(EVALUATED) {
            if misses.len() >= REPORTED {
                break;
            }
            misses.extend(self.evaluate(candidate, residue, evaluated));
        }
        misses.sort_by_key(|miss| (Reverse(miss.points), miss.rule));
        misses
    }

    /// The cheapest way to make a rule take the family.
    fn candidate(&self, index: usize, residue: &Residue<'_>) -> Option<Candidate> {
        let report = &self.rules[index];
        let rule = &report.rule;
        let alive = report.scope.files > 0;
        let made = |cost, words, takes| Candidate {
            points: self.points(index, cost, residue),
            rule: index,
            words,
            takes,
        };
        match report.state {
            RuleState::Opaque => None,
            RuleState::Broken => {
                let mended = mended::broken(rule)?;
                Some(made(MENDED, mended.words, Takes::Sweeps(mended.sweeps)))
            }
            RuleState::Disabled => {
                let words = self.switched_on(report)?;
                Some(made(MENDED, words, Takes::Rule(Box::new(rule.clone()))))
            }
            _ if rule.rotation.is_some() => {
                let renamed = logs::renamed(rule, residue, alive)?;
                let is_near = (1..=MAX_COST).contains(&renamed.cost);
                let takes = Takes::Rule(Box::new(renamed.rule));
                is_near.then(|| made(renamed.cost, renamed.words, takes))
            }
            _ => {
                let edit = cheapest(rule, residue, alive)?;
                if edit.cost >= 30 && !self.is_plausible(index, edit.cost, residue) {
                    return None;
                }
                let words = edit.words(rule);
                Some(made(edit.cost, words, Takes::Sweeps(vec![edit.sweep])))
            }
        }
    }

    /// A rule that would take the family, were it run at all: what keeps it from running.
    fn switched_on(&self, report: &RuleReport) -> Option<Words> {
        if report.is_switched_off() {
            return None;
        }
        let hint = super::findings::disabled_hint(report);
        let text = String::from_utf8_lossy(&report.rule.text).into_owned();
        Some(Words {
            failing: vec![report.reason.clone()],
            edit: hint.unwrap_or_else(|| format!("it to be run: {}", report.reason)),
            edited: text,
        })
    }

    /// Whether something besides the pattern says that a rule was for this family: a word of its
    /// own that lives on, the time when one ended and the other began, or a place that is gone.
    fn is_plausible(&self, index: usize, cost: u32, residue: &Residue<'_>) -> bool {
        let (report, facts) = (&self.rules[index], &self.judged.rules[index]);
        let is_dead = report.state == RuleState::Dead;
        let root_is_gone = is_dead && facts.sight.found == 0 && cost < 40;
        let place = residue::join(&residue.root);
        let is_of_place = |path: Vec<u8>| {
            path.iter().filter(|&&b| b == b'/').count() > 1 && place.starts_with(&path)
        };
        let roots = || report.rule.sweeps.iter().flat_map(|sweep| &sweep.roots);
        roots().filter_map(Root::literal).any(is_of_place)
            || residue.words_beyond_place(&report.rule) > 0
            || root_is_gone
            || self.is_handover(facts.times.newest, false, residue.family)
            || residue
                .subjects(false)
                .iter()
                .any(|subject| report.rule.sweeps.iter().any(|s| subject.is_named_by(s)))
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
    fn points(&self, index: usize, cost: u32, residue: &Residue<'_>) -> i64 {
        let (report, facts) = (&self.rules[index], &self.judged.rules[index]);
        let mut points = 1000 - 12 * i64::from(cost);
        let does_nothing = matches!(
            report.state,
            RuleState::Dead | RuleState::Broken | RuleState::Disabled
        );
        if does_nothing {
            points += 100;
        }
        let shared = residue.shared_words(&report.rule);
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
        if shared == 0 && is_generic(&report.rule) {
            points -= 200;
        }
        let is_large = |family: &FamilyFacts| family.files >= 10;
        let own = u32::try_from(residue.index).ok();
        let own = own.and_then(|own| facts.families.get(&own));
        if facts.large > u64::from(own.is_some_and(is_large)) {
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

    /// What an edited command would take that nothing takes now, by family. Counted once for each
    /// edit: many families may ask about the same one.
    fn caught_by(&self, takes: &Takes) -> Caught {
        let (tree, marks, now) = (self.ground.tree(), &self.judged.marks, self.moment.now);
        let mut shares: BTreeMap<u32, Share> = BTreeMap::new();
        let mut note = |_: usize, hit: Hit| {
            if hit.scope != Tri::True || hit.named {
                return;
            }
            let Some(family) = marks.family(hit.node) else {
                return;
            };
            let verdict = self.families[family as usize].verdict;
            if marks.of(hit.node) & SURE == 0 || verdict == Verdict::InNameOnly {
                let share = shares.entry(family).or_default();
                share.files += 1;
                share.disk = share.disk.saturating_add(tree.own_weight(hit.node).lo);
            }
        };
        match takes {
            Takes::Sweeps(sweeps) => {
                let job = Job {
                    sweeps,
                    only_scope: true,
                };
                coverage::take_all(&[job], self.ground, now, &mut note);
            }
            Takes::Rule(rule) => {
                let hits = coverage::takes(rule, self.ground, now).hits;
                hits.into_iter().for_each(|hit| note(0, hit));
            }
        }
        let mut largest: Vec<u32> = shares.keys().copied().collect();
        largest.sort_by_key(|family| (Reverse(shares[family].disk), *family));
        largest.truncate(NAMED + 1);
        Caught { shares, largest }
    }

    fn evaluate(
        &self,
        candidate: Candidate,
        residue: &Residue<'_>,
        evaluated: &mut Evaluated,
    ) -> Option<NearMiss> {
        let Candidate {
            points,
            rule,
            words,
            takes,
        } = candidate;
        let caught = evaluated
            .entry((rule, words.edited.clone()))
            .or_insert_with(|| self.caught_by(&takes));
        let own = u32::try_from(residue.index).ok()?;
        let would_cover = caught.shares.get(&own).copied().unwrap_or_default();
        if u128::from(would_cover.files) * 100 < residue.nodes.len() as u128 * 95 {
            return None;
        }
        let others = caught.largest.iter().filter(|&&family| family != own);
        let mut also_catches: Vec<Vec<u8>> = others
            .take(NAMED)
            .map(|&family| self.families[family as usize].family.template.clone())
            .collect();
        also_catches.sort();
        let is_caught = caught.shares.contains_key(&own);
        let others = (caught.shares.len() - usize::from(is_caught)) as u64;
        Some(NearMiss {
            rule,
            points: u32::try_from(points).unwrap_or(0),
            failing: words.failing,
            edit: words.edit,
            edited: words.edited,
            would_cover,
            also_catches,
            others,
        })
    }
}

/// Whether a rule's roots say nothing about whose files they are.
fn is_generic(rule: &Rule) -> bool {
    rule.sweeps
        .iter()
        .flat_map(|sweep| &sweep.roots)
        .all(|root| {
            root.literal()
                .is_some_and(|path| path.iter().filter(|&&b| b == b'/').count() <= 1)
        })
}

/// The cheapest edit of any part of a rule that takes the sample.
fn cheapest(rule: &Rule, residue: &Residue<'_>, alive: bool) -> Option<Edit> {
    if !matches!(rule.fidelity, Fidelity::Exact | Fidelity::Approx(_)) {
        return None;
    }
    let mut best: Option<Edit> = None;
    for sweep in &rule.sweeps {
        for subject in residue.subjects(sweep.recursive) {
            for root in &sweep.roots {
                let edit = place::mend(rule, sweep, root, residue, &subject, alive);
                let edit = edit.filter(|edit| {
                    (1..=MAX_COST).contains(&edit.cost)
                        && best.as_ref().is_none_or(|best| edit.cost < best.cost)
                });
                best = edit.or(best);
            }
        }
    }
    best
}
