//! Which rules take which members, and what that makes of a family.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::marks::{Bits, EXCLUDED, MAYBE, Marks, NAMED, SURE};
use crate::audit::{FamilyReport, Keep, Moment, RuleReport, Share, Verdict};
use crate::bytes::Interval;
use crate::entry::Kind;
use crate::family::{Disposition, Family, Writer};
use crate::rules::RuleSet;
use crate::rules::coverage::{self, Ground, Hit, Job, Orphan, Question, Sight};
use crate::rules::logic;
use crate::rules::model::{Asks, Fidelity, Rule, Sweep, Tri};
use crate::time::{Age, DAY, Timestamp};
use crate::tree::{NodeId, Quantity, Tree};

/// What every rule takes, and what that says of every node.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) rules: Vec<RuleFacts>,
    pub(super) marks: Marks,
}

/// A rule that waits longer than this for a file to come due bounds nothing.
const FIVE_YEARS: u64 = 5 * 365 * DAY;

/// What one rule takes.
#[derive(Debug, Default)]
pub(super) struct RuleFacts {
    pub(super) scope: Share,
    pub(super) eligible: Share,
    pub(super) overdue: Share,
    /// Nodes in scope, directories included.
    pub(super) nodes: u64,
    /// The same nodes have the same mark.
    pub(super) mark: u64,
    pub(super) sight: Sight,
    /// The longest that a file is overdue, in seconds.
    pub(super) longest_overdue: u64,
    pub(super) times: Times,
    pub(super) families: BTreeMap<u32, FamilyFacts>,
    /// Families of which it takes ten files or more.
    pub(super) large: usize,
    /// The age at which it takes a file; `None` where no age bounds it.
    pub(super) age: Option<Age>,
    /// Whether it can take anything at all: neither disabled nor broken nor opaque.
    pub(super) works: bool,
    /// Whether the oldest file by its modification would be taken now.
    pub(super) oldest: Option<Tri>,
    /// Copies of logs that nothing removes any more.
    pub(super) orphans: Vec<(NodeId, Orphan)>,
    /// The gate that is closed.
    pub(super) closed: Option<String>,
}

/// What a rule takes of one family.
#[derive(Debug, Default)]
pub(super) struct FamilyFacts {
    pub(super) files: u64,
    pub(super) eligible: u64,
    /// When its first member comes due.
    pub(super) due: Option<Timestamp>,
}

/// The modification times of the files in a rule's scope.
#[derive(Debug, Default)]
pub(super) struct Times {
    pub(super) oldest: Option<Timestamp>,
    pub(super) newest: Option<Timestamp>,
    /// Different ones, up to [`MAX_TIMES`].
    pub(super) distinct: BTreeSet<Timestamp>,
    /// The one that was added last: files that lie together were often written together.
    last: Option<Timestamp>,
}

const MAX_TIMES: usize = 4096;

impl Times {
    fn add(&mut self, time: Timestamp) {
        self.oldest = Some(self.oldest.map_or(time, |t| t.min(time)));
        self.newest = Some(self.newest.map_or(time, |t| t.max(time)));
        if self.last != Some(time) && self.distinct.len() < MAX_TIMES {
            self.distinct.insert(time);
        }
        self.last = Some(time);
    }

    fn absorb(&mut self, later: Self) {
        for time in later.distinct {
            self.add(time);
        }
        // Beyond so many different ones, these two need not be among them.
        for time in [later.oldest, later.newest].into_iter().flatten() {
            self.add(time);
        }
    }
}

/// What the rules make of a part of the tree.
struct Part {
    rules: Vec<RuleFacts>,
    bits: Bits,
}

/// Asks every rule once, all of them in one walk of the tree.
pub(super) fn judge(
    ground: &Ground<'_>,
    families: &[Family],
    rules: &RuleSet,
    moment: &Moment,
) -> Judged {
    let tree = ground.tree();
    // Without rules nobody asks which family a node belongs to.
    let asked = if rules.rules.is_empty() {
        &[]
    } else {
        families
    };
    let marks = Marks::new(tree, asked);
    let (facts, refuses): (Vec<RuleFacts>, Vec<bool>) =
        rules.rules.iter().map(|rule| facts(ground, rule)).unzip();
    let none = || facts.iter().map(|_| RuleFacts::default()).collect();
    let mut parts: Vec<Part> = (1..coverage::threads())
        .map(|_| Part {
            rules: none(),
            bits: Bits::new(tree),
        })
        .collect();
    let relaxed: Vec<Option<Vec<Sweep>>> = rules.rules.iter().map(relaxed).collect();
    let mut voices = Vec::new();
    let mut jobs = Vec::new();
    let mut first = Part {
        rules: facts,
        bits: Bits::new(tree),
    };
    for (number, (rule, relaxed)) in rules.rules.iter().zip(&relaxed).enumerate() {
        if refuses[number] {
            continue;
        }
        let works = first.rules[number].works;
        let voice = Voice::of(rule, number, works);
        if rule.rotation.is_some() {
            let taken = coverage::takes(rule, ground, moment.now);
            let facts = &mut first.rules[number];
            (facts.sight, facts.orphans) = (taken.sight, taken.orphans);
            for hit in &taken.hits {
                voice.note(tree, &marks, &mut first, hit, moment.now);
            }
            continue;
        }
        voices.push(voice);
        jobs.push(Job {
            sweeps: &rule.sweeps,
            only_scope: false,
        });
        if let Some(sweeps) = relaxed.as_ref().filter(|_| works) {
            voices.push(Voice::excluding(number));
            jobs.push(Job {
                sweeps,
                only_scope: true,
            });
        }
    }
    parts.insert(0, first);
    let question = Question {
        jobs: &jobs,
        ground,
        now: moment.now,
        only: None,
    };
    let sights = coverage::take_in_parts(&question, &mut parts, &|part, job, hit| {
        voices[job].note(tree, &marks, part, &hit, moment.now);
    });
    let mut judged = together(parts, marks);
    for (voice, sight) in voices.iter().zip(sights) {
        if !voice.is_excluding {
            judged.rules[voice.rule].sight = sight;
        }
    }
    judged
}

/// What the rules make of all parts, which come in their order.
fn together(parts: Vec<Part>, mut marks: Marks) -> Judged {
    let mut rules: Vec<RuleFacts> = Vec::new();
    for part in parts {
        marks.add(&part.bits);
        if rules.is_empty() {
            rules = part.rules;
        } else {
            let both = rules.iter_mut().zip(part.rules);
            both.for_each(|(facts, more)| facts.absorb(more));
        }
    }
    for facts in &mut rules {
        let families = facts.families.values();
        facts.large = families.filter(|facts| facts.is_large()).count();
    }
    Judged { rules, marks }
}

/// A rule's commands as if nothing were excluded by name.
fn relaxed(rule: &Rule) -> Option<Vec<Sweep>> {
    logic::without_exclusions(rule).filter(|_| rule.rotation.is_none())
}

/// What a rule says of a node that it takes.
struct Voice {
    rule: usize,
    works: bool,
    /// Whether it only says that a node would be taken, were it not excluded.
    is_excluding: bool,
    in_name_only: bool,
    is_sure: bool,
    overdue: Overdue,
}

impl Voice {
    fn of(rule: &Rule, number: usize, works: bool) -> Self {
        let waits = logic::age(rule).is_some_and(|age| age.0 > FIVE_YEARS);
        // What was passed over, or a condition that nobody can decide from here, may keep it off.
        let is_open = rule.gates.iter().any(|gate| gate.asks == Asks::Else);
        Self {
            rule: number,
            works,
            is_excluding: false,
            in_name_only: rule.in_name.is_some() || waits,
            is_sure: rule.fidelity == Fidelity::Exact && !is_open,
            overdue: Overdue::of(rule),
        }
    }

    fn excluding(number: usize) -> Self {
        Self {
            rule: number,
            works: true,
            is_excluding: true,
            in_name_only: false,
            is_sure: false,
            overdue: Overdue {
                grace: None,
                not_before: None,
            },
        }
    }

    fn bit(&self, hit: &Hit) -> u8 {
        match (self.in_name_only || hit.named, hit.scope) {
            _ if self.is_excluding => EXCLUDED,
            (true, _) => NAMED,
            (false, Tri::True) if self.is_sure => SURE,
            (false, _) => MAYBE,
        }
    }

    fn note(&self, tree: &Tree, marks: &Marks, part: &mut Part, hit: &Hit, now: Timestamp) {
        if self.works {
            part.bits.add(hit.node, self.bit(hit));
        }
        if !self.is_excluding {
            let facts = &mut part.rules[self.rule];
            facts.note(tree, marks, hit, &self.overdue, now);
        }
    }
}

/// What is known of a rule before it is asked what it takes, and whether it takes nothing at all.
fn facts(ground: &Ground<'_>, rule: &Rule) -> (RuleFacts, bool) {
    let closed = closed_gate(ground, rule);
    let never = !rule.sweeps.is_empty() && rule.sweeps.iter().all(logic::is_contradictory);
    let refuses = rule.broken.is_some() || never;
    let facts = RuleFacts {
        age: logic::age(rule),
        works: !refuses
            && !rule.sweeps.is_empty()
            && rule.disabled.is_none()
            && closed.is_none()
            && !matches!(rule.fidelity, Fidelity::Opaque(_)),
        closed,
        ..RuleFacts::default()
    };
    (facts, refuses)
}

/// From when on a file that is due is overdue.
struct Overdue {
    grace: Option<u64>,
    not_before: Option<Timestamp>,
}

const HOUR: u64 = 3600;

impl Overdue {
    fn of(rule: &Rule) -> Self {
        let gap = rule.max_gap.map(|gap| gap.0);
        let not_before = rule.changed.zip(gap).map(|(changed, gap)| {
            Timestamp(changed.0.saturating_add_unsigned(gap.saturating_add(HOUR)))
        });
        Self {
            grace: gap.map(|gap| gap.saturating_mul(2).saturating_add(HOUR)),
            not_before,
        }
    }

    /// For how long a file has been overdue.
    fn by(&self, due: Timestamp, now: Timestamp) -> Option<u64> {
        let grace = self.grace?;
        // A rule that was just mended has had no chance yet; one from the future even less.
        if self.not_before.is_some_and(|from| now <= from) {
            return None;
        }
        let late = now
            .0
            .checked_sub(due.0)
            .and_then(|s| u64::try_from(s).ok())?;
        (late > grace).then_some(late)
    }
}

impl RuleFacts {
    /// How long it waits: a rule without an age takes a file at once.
    pub(super) fn patience(&self) -> Age {
        self.age.unwrap_or(Age(0))
    }

    fn note(&mut self, tree: &Tree, marks: &Marks, hit: &Hit, overdue: &Overdue, now: Timestamp) {
        self.nodes += 1;
        self.mark = self.mark.wrapping_add(mixed(hit.node));
        let counted = matches!(
            tree.kind(hit.node),
            Kind::File | Kind::Symlink | Kind::Other
        );
        if !counted {
            return;
        }
        let bytes = tree.own_weight(hit.node).lo;
        self.scope.add(bytes);
        if let Some(mtime) = tree.mtime(hit.node) {
            if self.times.oldest.is_none_or(|oldest| mtime < oldest) {
                self.oldest = Some(hit.eligible);
            }
            self.times.add(mtime);
        }
        let is_due = hit.eligible == Tri::True;
        if is_due {
            self.eligible.add(bytes);
            let late = hit.due.and_then(|due| overdue.by(due, now));
            if let Some(late) = late {
                self.overdue.add(bytes);
                self.longest_overdue = self.longest_overdue.max(late);
            }
        }
        if let Some(family) = marks.family(hit.node) {
            let facts = self.families.entry(family).or_default();
            facts.absorb(&FamilyFacts {
                files: 1,
                eligible: u64::from(is_due),
                due: hit.due,
            });
        }
    }

    /// What it takes of a later part of the tree.
    fn absorb(&mut self, later: Self) {
        self.scope.add_all(later.scope);
        self.eligible.add_all(later.eligible);
        self.overdue.add_all(later.overdue);
        self.nodes += later.nodes;
        self.mark = self.mark.wrapping_add(later.mark);
        self.longest_overdue = self.longest_overdue.max(later.longest_overdue);
        let is_older = match (later.times.oldest, self.times.oldest) {
            (Some(later), Some(own)) => later < own,
            (later, _) => later.is_some(),
        };
        if is_older {
            self.oldest = later.oldest;
        }
        self.times.absorb(later.times);
        for (family, facts) in later.families {
            self.families.entry(family).or_default().absorb(&facts);
        }
    }
}

impl FamilyFacts {
    fn absorb(&mut self, more: &Self) {
        self.files += more.files;
        self.eligible += more.eligible;
        self.due = match (self.due, more.due) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) | (None, one) => one,
        };
    }

    /// Whether it takes ten files or more.
    pub(super) fn is_large(&self) -> bool {
        self.files >= 10
    }
}

/// A node's number with its bits spread, so that sums of them tell sets of nodes apart.
fn mixed(node: NodeId) -> u64 {
    let spread = (u64::from(node.0) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let spread = (spread ^ (spread >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    spread ^ (spread >> 27)
}

impl Share {
    /// One file more.
    pub(super) fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.disk = self.disk.saturating_add(bytes);
    }

    /// What was counted elsewhere.
    pub(super) fn add_all(&mut self, more: Self) {
        self.files += more.files;
        self.disk = self.disk.saturating_add(more.disk);
    }
}

/// The first gate that is closed on this machine, as far as the tree shows.
fn closed_gate(ground: &Ground<'_>, rule: &Rule) -> Option<String> {
    rule.gates
        .iter()
        .find(|gate| logic::gate(gate, ground) == Tri::False)
        .map(|gate| {
            let must = if gate.wanted { "holds" } else { "fails" };
            format!("it runs only if `{}` {must}", gate.text)
        })
}

/// Bytes and files of a family by what the rules make of them.
#[derive(Default)]
struct Tally {
    all: Share,
    sure: Share,
    maybe: Share,
    named: Share,
    excluded: Share,
}

/// The verdict on every family.
pub(super) fn families(
    ground: &Ground<'_>,
    families: Vec<Family>,
    judged: &Judged,
    moment: &Moment,
) -> Vec<FamilyReport> {
    let tree = ground.tree();
    let mut covered_by: Vec<Vec<usize>> = vec![Vec::new(); families.len()];
    for (rule, facts) in judged.rules.iter().enumerate().filter(|(_, f)| f.works) {
        for &family in facts.families.keys() {
            covered_by[family as usize].push(rule);
        }
    }
    families
        .into_iter()
        .zip(covered_by)
        .enumerate()
        .map(|(index, (family, covered_by))| {
            let tally = tally(tree, &family, judged);
            let mut verdict = verdict(&family, &tally);
            let first_due = covered_by
                .iter()
                .filter_map(|&rule| judged.rules[rule].families.get(&(index as u32)))
                .map(|facts| (facts.eligible > 0, facts.due));
            if verdict == Verdict::Covered && is_full_before(&family, first_due, moment) {
                verdict = Verdict::InNameOnly;
            }
            let uncovered = match verdict {
                Verdict::Covered | Verdict::Kept | Verdict::Owned | Verdict::Maybe => 0,
                Verdict::InNameOnly | Verdict::Uncovered => tally.all.disk,
                Verdict::Partly => tally
                    .all
                    .disk
                    .saturating_sub(tally.sure.disk)
                    .saturating_sub(tally.maybe.disk),
            };
            FamilyReport {
                family,
                verdict,
                covered_by,
                near_misses: Vec::new(),
                keep: None,
                stale: Vec::new(),
                floor: Vec::new(),
                stale_disk: Interval::ZERO,
                stale_apparent: Interval::ZERO,
                uncovered,
            }
        })
        .collect()
}

fn tally(tree: &Tree, family: &Family, judged: &Judged) -> Tally {
    let mut tally = Tally::default();
    if judged.marks.is_blank() {
        let sum = match tree.quantity() {
            Quantity::Disk => family.disk,
            Quantity::Apparent => family.apparent,
        };
        (tally.all.files, tally.all.disk) = (family.files, sum.lo);
        return tally;
    }
    for member in &family.members {
        let bytes = tree.own_weight(member.node).lo;
        let bits = judged.marks.of(member.node);
        tally.all.add(bytes);
        let share = if bits & SURE != 0 {
            &mut tally.sure
        } else if bits & MAYBE != 0 {
            &mut tally.maybe
        } else if bits & NAMED != 0 {
            &mut tally.named
        } else if bits & EXCLUDED != 0 {
            &mut tally.excluded
        } else {
            continue;
        };
        share.add(bytes);
    }
    tally
}

fn verdict(family: &Family, tally: &Tally) -> Verdict {
    match family.disposition {
        Disposition::Managed => return Verdict::Owned,
        Disposition::Keep => return Verdict::Kept,
        Disposition::Output => {}
    }
    let whole = |share: &Share| is_whole(share, &tally.all);
    let both = |a: &Share, b: &Share| Share {
        files: a.files + b.files,
        disk: a.disk.saturating_add(b.disk),
    };
    let taken = both(&tally.sure, &tally.maybe);
    if whole(&tally.sure) {
        Verdict::Covered
    } else if whole(&taken) {
        Verdict::Maybe
    } else if whole(&both(&taken, &tally.excluded)) {
        Verdict::Kept
    } else if is_part(&tally.sure, &tally.all) {
        Verdict::Partly
    } else if is_part(&tally.maybe, &tally.all) {
        Verdict::Maybe
    } else if is_part(&tally.named, &tally.all) {
        Verdict::InNameOnly
    } else {
        Verdict::Uncovered
    }
}

/// At least 99 % of the bytes and 95 % of the files.
fn is_whole(share: &Share, all: &Share) -> bool {
    all.files > 0
        && u128::from(share.files) * 100 >= u128::from(all.files) * 95
        && u128::from(share.disk) * 100 >= u128::from(all.disk) * 99
}

/// At least 1 % of the bytes, or where there are none, of the files.
fn is_part(share: &Share, all: &Share) -> bool {
    let (part, whole) = if all.disk > 0 {
        (share.disk, all.disk)
    } else {
        (share.files, all.files)
    };
    part > 0 && u128::from(part) * 100 >= u128::from(whole)
}

/// Whether the volume is full before the first member comes due.
fn is_full_before(
    family: &Family,
    due: impl Iterator<Item = (bool, Option<Timestamp>)>,
    moment: &Moment,
) -> bool {
    let (Some(available), Some(growth)) = (moment.available, family.growth_per_day) else {
        return false;
    };
    if growth == 0 {
        return false;
    }
    let seconds = u128::from(available) * u128::from(DAY) / u128::from(growth);
    let full = u64::try_from(seconds).unwrap_or(u64::MAX);
    let full = Timestamp(moment.now.0.saturating_add_unsigned(full));
    let mut known = false;
    for (is_due, due) in due {
        match due {
            _ if is_due => return false,
            Some(due) if due <= full => return false,
            Some(_) => known = true,
            None => return false,
        }
    }
    known
}

/// Says how long each family is kept, and which members are beyond that.
pub(super) fn keep(
    tree: &Tree,
    reports: &mut [FamilyReport],
    rules: &[RuleReport],
    policy: &dyn Fn(&Family) -> Option<Age>,
    moment: &Moment,
) {
    for report in reports.iter_mut() {
        report.keep = keep_of(report, rules, policy);
    }
    inherit(reports);
    for report in reports {
        if report.family.disposition != Disposition::Output {
            continue;
        }
        let Some(keep) = &report.keep else { continue };
        let cutoff = moment.now.0.saturating_sub_unsigned(keep.age.0);
        report.stale = report
            .family
            .members
            .iter()
            .filter(|member| {
                let time = member.time.or_else(|| tree.mtime(member.node));
                let stays = keep.says != POLICY && report.floor.binary_search(&member.node).is_ok();
                time.is_some_and(|time| time.0 < cutoff) && !stays
            })
            .map(|member| member.node)
            .collect();
        let sum = |own: &dyn Fn(NodeId) -> Option<Interval>| {
            report
                .stale
                .iter()
                .map(|&node| own(node).unwrap_or(Interval::UNKNOWN))
                .sum()
        };
        report.stale_disk = match tree.quantity() {
            Quantity::Disk => sum(&|node| tree.own_disk(node)),
            Quantity::Apparent => Interval::UNKNOWN,
        };
        report.stale_apparent = sum(&|node| tree.own_apparent(node));
    }
}

fn keep_of(
    report: &FamilyReport,
    rules: &[RuleReport],
    policy: &dyn Fn(&Family) -> Option<Age>,
) -> Option<Keep> {
    if let Some(age) = policy(&report.family) {
        return Some(Keep {
            age,
            says: POLICY.to_owned(),
        });
    }
    let said = |rule: usize| {
        let rule = &rules[rule].rule;
        if rule.in_name.is_some() {
            return None;
        }
        // A rule without an age says what may go, not how long it is wanted.
        let age = logic::age(rule).filter(|age| age.0 > 0 && age.0 <= FIVE_YEARS)?;
        Some(Keep {
            age,
            says: format!("{}:{}", String::from_utf8_lossy(&rule.file), rule.line),
        })
    };
    let covering = report.covered_by.iter().filter_map(|&rule| said(rule));
    let by_rule = covering.min_by_key(|keep| keep.age).or_else(|| {
        let strong = report.near_misses.iter().filter(|miss| miss.points >= 70);
        strong.filter_map(|miss| said(miss.rule)).next()
    });
    by_rule.or_else(|| observed(report))
}

/// How a family that nobody speaks of is kept by what can be seen: something removes what is older
/// than its unbroken block, and did not reach the tail before it.
fn observed(report: &FamilyReport) -> Option<Keep> {
    let past = &report.family.past;
    past.tail.and(past.kept).map(|age| Keep {
        age,
        says: "as the newer ones are kept; no rule says so".to_owned(),
    })
}

/// What went before a family in other names is wanted as long as the family itself: its own tail,
/// left behind when the job was re-sharded.
fn inherit(reports: &mut [FamilyReport]) {
    let kept: BTreeMap<Vec<u8>, Keep> = reports
        .iter()
        .filter_map(|report| Some((report.family.template.clone(), report.keep.clone()?)))
        .collect();
    for report in reports.iter_mut().filter(|report| report.keep.is_none()) {
        let family = &report.family;
        if family.writer != Writer::Stopped {
            continue;
        }
        let place = family
            .lineage
            .iter()
            .position(|phase| phase.template == family.template);
        let later = place
            .and_then(|at| family.lineage.get(at + 1..))
            .unwrap_or(&[]);
        report.keep = later.iter().find_map(|phase| {
            let keep = kept.get(&phase.template)?;
            let template = phase.template.escape_ascii();
            Some(Keep {
                age: keep.age,
                says: format!("as {template}, which it became: {}", keep.says),
            })
        });
    }
}

/// Who says how long, where the user's own file does.
const POLICY: &str = "policy";
