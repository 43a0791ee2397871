//! How a rule fares on the tree.

use std::collections::HashMap;

use crate::audit::judge::{Judged, RuleFacts};
use crate::audit::{FamilyReport, Moment, RuleReport, RuleState};
use crate::entry::Kind;
use crate::rules::RuleSet;
use crate::rules::coverage::Ground;
use crate::rules::logic;
use crate::rules::model::{
    Atom, Expr, Fidelity, Format, Root, RootPath, Rule, Segment, Stamp, Trace, Tri,
};
use crate::time::{Age, Timestamp};

/// Every rule with its state.
pub(super) fn report(
    ground: &Ground<'_>,
    rules: &RuleSet,
    judged: &Judged,
    moment: &Moment,
) -> Vec<RuleReport> {
    let earliest = earliest_of_equals(&judged.rules);
    rules
        .rules
        .iter()
        .zip(&judged.rules)
        .map(|(rule, facts)| {
            let (state, reason, evidence) = state(ground, rule, facts, &earliest, moment);
            RuleReport {
                rule: rule.clone(),
                state,
                reason,
                scope: facts.scope,
                eligible: facts.eligible,
                overdue: facts.overdue,
                evidence: traces(rule, moment.now)
                    .into_iter()
                    .chain(evidence)
                    .collect(),
            }
        })
        .collect()
}

/// Rules that take just the same nodes: the least age among them.
fn earliest_of_equals(rules: &[RuleFacts]) -> HashMap<(u64, u64), Age> {
    let mut earliest: HashMap<(u64, u64), Age> = HashMap::new();
    for facts in rules.iter().filter(|facts| facts.works && facts.nodes > 0) {
        let age = facts.patience();
        let known = earliest.entry((facts.nodes, facts.mark)).or_insert(age);
        *known = age.min(*known);
    }
    earliest
}

fn state(
    ground: &Ground<'_>,
    rule: &Rule,
    facts: &RuleFacts,
    earliest: &HashMap<(u64, u64), Age>,
    moment: &Moment,
) -> (RuleState, String, Vec<String>) {
    let plain = |state, reason: String| (state, reason, Vec::new());
    if let Fidelity::Opaque(why) = &rule.fidelity {
        return plain(RuleState::Opaque, why.clone());
    }
    // What a rule does elsewhere is no matter of this tree, run or not.
    if facts.nodes == 0 && facts.sight.found == 0 && facts.sight.unseen > 0 {
        let (state, reason) = empty(ground, rule, facts);
        return plain(state, reason);
    }
    if let Some(why) = rule.disabled.as_ref().or(facts.closed.as_ref()) {
        return plain(RuleState::Disabled, why.clone());
    }
    if let Some(why) = &rule.broken {
        return plain(RuleState::Broken, why.clone());
    }
    if !rule.sweeps.is_empty() && rule.sweeps.iter().all(logic::is_contradictory) {
        let why = "its ages contradict each other, so nothing ever fits";
        return plain(RuleState::Broken, why.to_owned());
    }
    if let Some(why) = &rule.flawed {
        return plain(RuleState::Broken, why.clone());
    }
    if facts.nodes == 0 {
        let (state, reason) = empty(ground, rule, facts);
        return plain(state, reason);
    }
    if let Some(why) = &rule.in_name {
        return plain(RuleState::Quiet, why.clone());
    }
    if facts.overdue.files > 0 {
        let share = facts.overdue.disk.saturating_mul(5) < facts.eligible.disk;
        let part = if share { "partly: " } else { "" };
        return plain(
            RuleState::Lapsed,
            format!(
                "{part}{} of {} files that it should have deleted are still there, the oldest for {}{}",
                facts.overdue.files,
                facts.eligible.files,
                Age(facts.longest_overdue),
                last_run(rule, moment.now)
            ),
        );
    }
    if let Some(why) = starved(rule, facts, moment.now) {
        return plain(RuleState::Starved, why);
    }
    let age = facts.patience();
    if let Some(first) = earliest
        .get(&(facts.nodes, facts.mark))
        .filter(|a| **a < age)
    {
        return plain(
            RuleState::Shadowed,
            format!("another rule takes the same files after {first}"),
        );
    }
    let evidence = cliff(rule, facts, moment.now);
    let state = if evidence.is_some() || has_run(rule, moment.now) {
        RuleState::Active
    } else {
        RuleState::Idle
    };
    let evidence = evidence.into_iter().collect();
    (state, "nothing is overdue".to_owned(), evidence)
}

/// The oldest file is far older than the rule's age by its modification, and certainly not due:
/// another stamp is fresh.
///
/// What is not cleaned because it is still read, and asks for nothing else, is no fault.
fn starved(rule: &Rule, facts: &RuleFacts, now: Timestamp) -> Option<String> {
    let asks = |stamp| {
        rule.sweeps
            .iter()
            .any(|sweep| logic::asks(&sweep.expr, stamp))
    };
    if !asks(Stamp::Changed) && !asks(Stamp::Born) {
        return None;
    }
    let age = facts.age.filter(|age| age.0 > 0)?;
    let oldest = facts.times.oldest?.age(now);
    let is_starved = facts.eligible.files == 0
        && facts.oldest == Some(Tri::False)
        && oldest.0 > age.0.saturating_mul(3);
    is_starved.then(|| {
        format!(
            "nothing ever comes due: the oldest file was last written {oldest} ago, but something has read, changed or unpacked it since"
        )
    })
}

/// What its program left behind, in words.
fn traces(rule: &Rule, now: Timestamp) -> Vec<String> {
    let said = |trace: &Trace| {
        let file = String::from_utf8_lossy(&trace.file);
        format!("ran {} ago ({file})", trace.when.age(now))
    };
    rule.traces.iter().map(said).collect()
}

/// Whether its program ran lately.
fn has_run(rule: &Rule, now: Timestamp) -> bool {
    let grace = rule
        .max_gap
        .map_or(0, |gap| gap.0.saturating_mul(2).saturating_add(3600));
    rule.traces.iter().any(|t| t.when.age(now).0 <= grace)
}

/// When it ran last, where that is long ago: most likely why its work is not done.
fn last_run(rule: &Rule, now: Timestamp) -> String {
    match rule.traces.iter().map(|trace| trace.when).max() {
        Some(when) if !has_run(rule, now) => format!("; it last ran {} ago", when.age(now)),
        _ => String::new(),
    }
}

/// Files that come regularly and end just at the age limit: something removes the older ones.
fn cliff(rule: &Rule, facts: &RuleFacts, now: Timestamp) -> Option<String> {
    let age = facts.age.filter(|age| age.0 > 0)?;
    let (oldest, newest) = (facts.times.oldest?, facts.times.newest?);
    let distinct = facts.times.distinct.len() as u64;
    if distinct < 5 {
        return None;
    }
    let spacing = oldest.age(newest).0 / (distinct - 1);
    let gap = rule.max_gap.map_or(0, |gap| gap.0);
    let slack = spacing.saturating_mul(2).saturating_add(gap);
    let reaches = oldest.age(now).0.saturating_add(slack) >= age.0;
    (reaches && spacing.saturating_mul(4) <= age.0).then(|| {
        format!(
            "{} files, one every {}, and none older than {}",
            facts.scope.files,
            Age(spacing),
            oldest.age(now)
        )
    })
}

/// A rule that matches nothing.
fn empty(ground: &Ground<'_>, rule: &Rule, facts: &RuleFacts) -> (RuleState, String) {
    let expects_none = rule
        .rotation
        .as_ref()
        .is_some_and(|rotation| rotation.missing_ok);
    if expects_none && facts.orphans.is_empty() && facts.sight.unseen == 0 {
        let why = "no log that it names is there, and `missingok` says that this may be";
        return (RuleState::Quiet, why.to_owned());
    }
    let roots = || rule.sweeps.iter().flat_map(|sweep| &sweep.roots);
    let shown = roots().next().map_or_else(String::new, root_text);
    if facts.sight.unseen > 0 {
        return (
            RuleState::Unseen,
            format!("{shown} lies outside the tree, or could not be read whole"),
        );
    }
    // What runs at boot only finds nothing most of the time: its work is done long before.
    let at_boot = |_: &&String| rule.format == Format::Tmpfiles;
    if let Some(why) = rule.in_name.as_ref().filter(at_boot) {
        return (
            RuleState::Quiet,
            format!("{why}, and nothing in {shown} fits"),
        );
    }
    if roots().all(is_temporary) {
        return (
            RuleState::Quiet,
            format!("nothing in {shown} fits, as may well be in a temporary directory"),
        );
    }
    let holds_files = facts.sight.files
        || roots().filter(|root| root.is_glob()).any(|root| {
            let dir = root.literal().and_then(|path| ground.find(&path).0);
            dir.is_some_and(|dir| {
                ground.tree().totals(dir).files > 0 || ground.tree().kind(dir) != Kind::Dir
            })
        });
    let is_there = facts.sight.found > 0 || roots().any(|root| parent_is_there(ground, root));
    if !is_there {
        return (RuleState::Dead, format!("{shown} is not there"));
    }
    if !holds_files {
        return (RuleState::Quiet, format!("{shown} holds no files"));
    }
    if rule.sweeps.iter().all(|sweep| is_of_locks(&sweep.expr)) {
        return (
            RuleState::Quiet,
            "it looks for lock, pid or core files, and there are none".to_owned(),
        );
    }
    (RuleState::Dead, format!("nothing in {shown} fits"))
}

/// For a pattern as a root: whether the directory that it looks into is there.
fn parent_is_there(ground: &Ground<'_>, root: &Root) -> bool {
    root.is_glob()
        && root
            .literal()
            .is_some_and(|path| ground.find(&path).1 == Tri::True)
}

fn is_temporary(root: &Root) -> bool {
    root.literal().is_some_and(|path| {
        matches!(
            path.as_slice(),
            b"/tmp" | b"/var/tmp" | b"/dev/shm" | b"/run"
        )
    })
}

fn is_of_locks(expr: &Expr) -> bool {
    let Some(all) = logic::disjuncts(expr) else {
        return false;
    };
    !all.is_empty()
        && all.iter().all(|conjunction| {
            conjunction.iter().any(|(negated, test)| match &test.atom {
                Atom::Name(pattern) if !negated => {
                    let source = pattern.source().to_ascii_lowercase();
                    [&b".lock"[..], b".lck", b".pid", b"core.", b"core"]
                        .iter()
                        .any(|mark| source.ends_with(mark) || source.starts_with(b"core."))
                }
                _ => false,
            })
        })
}

/// A root as it would be written.
pub(super) fn root_text(root: &Root) -> String {
    match &root.path {
        RootPath::Unresolved(why) => why.clone(),
        RootPath::Known(segments) => {
            let mut text = String::new();
            for segment in segments {
                text.push('/');
                text.push_str(&String::from_utf8_lossy(match segment {
                    Segment::Name(name) => name,
                    Segment::Glob(pattern) => pattern.source(),
                }));
            }
            if text.is_empty() {
                text.push('/');
            }
            text
        }
    }
}

/// A dead rule with a family near by says so.
pub(super) fn settle(rules: &mut [RuleReport], families: &[FamilyReport]) {
    for (index, report) in rules.iter_mut().enumerate() {
        if report.state != RuleState::Dead {
            continue;
        }
        let near = families
            .iter()
            .find(|family| family.near_misses.iter().any(|miss| miss.rule == index));
        if let Some(near) = near {
            report.reason = format!(
                "{}; it almost covers {}",
                report.reason,
                String::from_utf8_lossy(&near.family.template)
            );
        }
    }
}
