//! Families against rules: what does nobody clean, and why not.
//!
//! [`audit`] asks every rule once which nodes it takes ([`crate::rules::coverage`]) and notes it
//! on the nodes, so that a family's verdict is one pass over its members. For what stays
//! uncovered it looks for the rule that *almost* takes it ([`NearMiss`]); an edit is only named
//! when the edited rule, evaluated like any other, does take the family.
//!
//! Pure: the time, the free space and the policy come as arguments.

pub mod expect;
mod findings;
mod floor;
mod judge;
mod marks;
mod name;
mod near_miss;
pub mod patch;
mod state;
#[cfg(test)]
mod tests;

use crate::bytes::Interval;
use crate::family::{Disposition, Family, Writer};
use crate::rules::RuleSet;
use crate::rules::coverage::Ground;
use crate::rules::model::{Format, Rule};
use crate::time::{Age, Timestamp};
use crate::tree::{NodeId, Tree};

/// What an audit found out.
#[derive(Clone, Debug)]
pub struct Audit {
    /// Every family of confidence 0.5 or more, by uncovered bytes, then by bytes, then by template.
    pub families: Vec<FamilyReport>,
    /// Every rule that was read, in the order of file and line.
    pub rules: Vec<RuleReport>,
    /// What needs somebody's attention, by severity, then by bytes.
    pub findings: Vec<Finding>,
}

/// A family and what the rules make of it.
#[derive(Clone, Debug)]
pub struct FamilyReport {
    /// The family.
    pub family: Family,
    /// Who cleans it.
    pub verdict: Verdict,
    /// The rules that cover it or a part of it: indices into [`Audit::rules`].
    pub covered_by: Vec<usize>,
    /// The rules that almost do, best first.
    pub near_misses: Vec<NearMiss>,
    /// How long its members are kept, and who says so; `None` where nobody does.
    pub keep: Option<Keep>,
    /// The members beyond that, oldest first.
    pub stale: Vec<NodeId>,
    /// For backups: the newest full one of every variant, and what was made since; ascending.
    pub floor: Vec<NodeId>,
    /// What the stale ones hold on disk.
    pub stale_disk: Interval,
    /// What these hold, apparent.
    pub stale_apparent: Interval,
    /// Bytes, in the tree's quantity, that no rule covers.
    pub uncovered: u64,
}

/// How long a family's members are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Members older than this are stale.
    pub age: Age,
    /// Who says so, for people: `policy`, `/etc/cron.d/market:4`, `as the newer ones are kept`.
    pub says: String,
}

/// Who cleans a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// No rule takes it.
    Uncovered,
    /// Some rule takes a part of it.
    Partly,
    /// A rule names it, but does not bound it.
    InNameOnly,
    /// A rule may take it; a part of the rule could not be decided.
    Maybe,
    /// Some rule takes all of it.
    Covered,
    /// An exclusion keeps it on purpose.
    Kept,
    /// A program of its own looks after it.
    Owned,
}

impl Verdict {
    /// The word used in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Uncovered => "uncovered",
            Self::Partly => "partly",
            Self::InNameOnly => "in-name-only",
            Self::Maybe => "maybe",
            Self::Covered => "covered",
            Self::Kept => "kept",
            Self::Owned => "owned",
        }
    }
}

/// A rule that almost covers a family.
#[derive(Clone, Debug, PartialEq)]
pub struct NearMiss {
    /// Index into [`Audit::rules`].
    pub rule: usize,
    /// How near, 0 to 100.
    pub points: u32,
    /// The parts that fail, for people: `-maxdepth 1`, `-name 'ticker-*.csv'`.
    pub failing: Vec<String>,
    /// The one-line edit, for people: `-maxdepth 3 -name '*.csv'`.
    pub edit: String,
    /// The whole command as it would read after the edit.
    pub edited: String,
    /// What of the family the edited rule would cover.
    pub would_cover: Share,
    /// Templates of other families that the edited rule would take as well: the dozen of which it
    /// takes most bytes, by template.
    pub also_catches: Vec<Vec<u8>>,
    /// How many other families it would take in all.
    pub others: u64,
}

/// Some files and their bytes on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Non-directories, by name.
    pub files: u64,
    /// Their allocated bytes (apparent where the tree knows no other), lower bound.
    pub disk: u64,
}

/// A rule and how it fares on the tree.
#[derive(Clone, Debug)]
pub struct RuleReport {
    /// The rule.
    pub rule: Rule,
    /// How it fares.
    pub state: RuleState,
    /// Why, for people.
    pub reason: String,
    /// What it may ever take, as written.
    pub scope: Share,
    /// What it would take now.
    pub eligible: Share,
    /// What it should have taken already.
    pub overdue: Share,
    /// What shows that it runs, for people.
    pub evidence: Vec<String>,
}

/// How a rule fares on the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleState {
    /// It runs, and nothing is overdue.
    Active,
    /// It matches files, none of them due yet.
    Idle,
    /// It should have deleted files that are still there.
    Lapsed,
    /// It matches nothing in a complete scan of its roots.
    Dead,
    /// It matches nothing, as may well be after its work.
    Quiet,
    /// Its files never come due.
    Starved,
    /// It is never run.
    Disabled,
    /// It cannot work as written.
    Broken,
    /// Another rule takes the same files earlier.
    Shadowed,
    /// What it does could not be read from its text.
    Opaque,
    /// Its roots lie outside the tree, or in a part that could not be read.
    Unseen,
}

impl RuleState {
    /// The word used in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Lapsed => "lapsed",
            Self::Dead => "dead",
            Self::Quiet => "quiet",
            Self::Starved => "starved",
            Self::Disabled => "disabled",
            Self::Broken => "broken",
            Self::Shadowed => "shadowed",
            Self::Opaque => "opaque",
            Self::Unseen => "unseen",
        }
    }
}

/// Something that needs attention.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What kind of finding.
    pub code: Code,
    /// What it is about: a template, a path, or `file:line`.
    pub subject: Vec<u8>,
    /// What is wrong, for people.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The bytes at stake, to sort by.
    pub bytes: u64,
}

/// The kinds of findings; the words are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// No rule covers an output family.
    UncoveredFamily,
    /// Rules cover a part of an output family.
    PartlyCovered,
    /// A rule names an output family and does not bound it.
    CoveredInNameOnly,
    /// The newest files of an output family say that its writer fails.
    FailingWriter,
    /// A rule has not deleted what it should have.
    LapsedRule,
    /// A rule can not work as written.
    BrokenRule,
    /// A rule is never run.
    DisabledRule,
    /// A rule matches nothing and a family lies near by.
    DeadRule,
    /// A rule's files never come due, because something keeps touching them.
    StarvedRule,
    /// Copies of logs that logrotate never looks at again.
    LogrotateOrphan,
    /// Nothing shows that the program that runs the rules is there.
    CleanerNotRunning,
    /// A rule matches nothing, and nothing lies near by.
    MatchesNothing,
    /// Another rule takes all that a rule takes, and earlier.
    ShadowedRule,
    /// A program that keeps its own files has no limit for them unless somebody sets one.
    UnlimitedRetention,
    /// Nothing was found that would tell of a full disk.
    NoAlert,
    /// A directory has so many names that rare ones were left out of the search.
    NamesLeftOut,
    /// A rule file could not be read or understood.
    RuleUnreadable,
    /// A policy entry matches nothing.
    PolicyUnmatched,
    /// A directory is protected, and nothing is said of what it holds.
    PolicyContents,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something is growing, or a rule does not do its work.
    Error,
    /// Worth a look.
    Warning,
}

impl Code {
    /// The word used in JSON and documentation.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::UncoveredFamily => "uncovered-family",
            Self::PartlyCovered => "partly-covered",
            Self::CoveredInNameOnly => "covered-in-name-only",
            Self::FailingWriter => "failing-writer",
            Self::LapsedRule => "lapsed-rule",
            Self::BrokenRule => "broken-rule",
            Self::DisabledRule => "disabled-rule",
            Self::DeadRule => "dead-rule",
            Self::StarvedRule => "starved-rule",
            Self::LogrotateOrphan => "logrotate-orphan",
            Self::CleanerNotRunning => "cleaner-not-running",
            Self::MatchesNothing => "matches-nothing",
            Self::ShadowedRule => "shadowed-rule",
            Self::UnlimitedRetention => "unlimited-retention",
            Self::NoAlert => "no-alert",
            Self::NamesLeftOut => "names-left-out",
            Self::RuleUnreadable => "rule-unreadable",
            Self::PolicyUnmatched => "policy-unmatched",
            Self::PolicyContents => "policy-contents",
        }
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::RuleUnreadable
            | Self::NamesLeftOut
            | Self::PolicyUnmatched
            | Self::PolicyContents
            | Self::CleanerNotRunning
            | Self::MatchesNothing
            | Self::ShadowedRule
            | Self::UnlimitedRetention
            | Self::NoAlert => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

/// When the audit is made, and what else it needs to know of the world.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The time that ages are counted from.
    pub now: Timestamp,
    /// Bytes that can still be written on the volume, where known: a rule whose first file comes
    /// due after the volume is full bounds nothing.
    pub available: Option<u64>,
}

impl Moment {
    /// A moment of which only the time is known.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            available: None,
        }
    }
}

/// Judges families by rules.
///
/// `keep` says what the policy says of a family. `seen_as` is the path of the tree's root on the
/// machine that the rules are for, where it is not the path as printed.
///
/// ```
/// use jettison::audit::{Moment, audit};
/// use jettison::entry::{Batch, Entry, Kind, Rooting, Sink, Token};
/// use jettison::rules::RuleSet;
/// use jettison::time::Timestamp;
/// use jettison::tree::build::Builder;
///
/// let mut builder = Builder::new();
/// builder.root(Entry::named(b"/data", Kind::Dir), Rooting::Path);
/// builder.listing(&Batch::new(Token::ROOT));
/// let tree = builder.finish()?;
/// let moment = Moment::at(Timestamp(1_718_074_800));
/// let audit = audit(&tree, Vec::new(), &RuleSet::default(), &|_| None, &moment, None);
/// assert!(!audit.has_gap());
/// # Ok::<(), jettison::error::Error>(())
/// ```
#[must_use]
pub fn audit(
    tree: &Tree,
    families: Vec<Family>,
    rules: &RuleSet,
    keep: &dyn Fn(&Family) -> Option<Age>,
    moment: &Moment,
    seen_as: Option<&[u8]>,
) -> Audit {
    audit_on(&Ground::new(tree, seen_as), families, rules, keep, moment)
}

/// The same, on a tree that was laid out before: with [`Ground::with_stamps`] there is somebody
/// to ask when a file was last read.
#[must_use]
pub fn audit_on(
    ground: &Ground<'_>,
    families: Vec<Family>,
    rules: &RuleSet,
    keep: &dyn Fn(&Family) -> Option<Age>,
    moment: &Moment,
) -> Audit {
    let tree = ground.tree();
    let judged = judge::judge(ground, &families, rules, moment);
    let mut rule_reports = state::report(ground, rules, &judged, moment);
    let mut family_reports = judge::families(ground, families, &judged, moment);
    let near = near_miss::Search::new(ground, &family_reports, &rule_reports, &judged, moment);
    let misses = near.run();
    for (report, misses) in family_reports.iter_mut().zip(misses) {
        report.near_misses = misses;
    }
    floor::set(tree, &mut family_reports);
    judge::keep(tree, &mut family_reports, &rule_reports, keep, moment);
    state::settle(&mut rule_reports, &family_reports);
    let findings = findings::findings(ground, &family_reports, &rule_reports, &judged, rules);
    family_reports.retain(|report| report.family.confidence >= 0.5);
    family_reports.sort_by(|a, b| {
        let weight = |r: &FamilyReport| (r.uncovered, r.family.disk.lo.max(r.family.apparent.lo));
        (weight(b), &a.family.template).cmp(&(weight(a), &b.family.template))
    });
    Audit {
        families: family_reports,
        rules: rule_reports,
        findings,
    }
}

impl Audit {
    /// Whether something needs a patch: an output family that is not covered, kept or owned, a
    /// writer that fails, or a rule that does not do its work.
    #[must_use]
    pub fn has_gap(&self) -> bool {
        self.families.iter().any(FamilyReport::is_gap)
            || self
                .rules
                .iter()
                .enumerate()
                .any(|(index, report)| match report.state {
                    RuleState::Lapsed | RuleState::Broken | RuleState::Starved => true,
                    RuleState::Disabled => !report.is_switched_off(),
                    RuleState::Dead => self.is_near(index),
                    _ => false,
                })
    }

    /// Whether a rule file, or what a rule or a family speaks of, could not be read.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.code == Code::RuleUnreadable)
    }

    /// Days until what nobody cleans has filled this many bytes, at its present growth; `None`
    /// where nothing uncleaned grows.
    #[must_use]
    pub fn days_to_full(&self, available: u64) -> Option<u64> {
        let grows = |report: &&FamilyReport| {
            report.is_uncleaned() && report.family.writer != Writer::Stopped
        };
        let rates = self
            .families
            .iter()
            .filter(grows)
            .filter_map(|report| report.family.growth_per_day);
        available.checked_div(rates.fold(0, u64::saturating_add))
    }

    /// Whether the rule almost covers some family.
    #[must_use]
    pub fn is_near(&self, rule: usize) -> bool {
        self.families
            .iter()
            .flat_map(|report| &report.near_misses)
            .any(|miss| miss.rule == rule)
    }
}

impl RuleReport {
    /// Whether its own script switches it off by a setting, and there is nothing that it would
    /// take: a feature that is not in use (Debian's `apt.systemd.daily` has several), which is no
    /// accident and needs nobody.
    #[must_use]
    pub fn is_switched_off(&self) -> bool {
        let closed = || self.rule.gates.iter().filter(|gate| gate.is_closed());
        let by_setting = closed().next().is_some();
        // The copy of a job in a crontab that stands aside for its timer.
        let stands_aside = closed().any(|gate| gate.text.contains("/run/systemd/system"));
        let is_off = self.state == RuleState::Disabled && self.rule.disabled.is_none();
        // A unit that nobody has enabled, and a vendor's file that the host replaces.
        let is_unit = matches!(self.rule.format, Format::Timer | Format::Tmpfiles)
            && self.state == RuleState::Disabled;
        is_off && stands_aside || (is_off && by_setting || is_unit) && self.scope.files == 0
    }
}

impl FamilyReport {
    /// Whether it is an output that no rule bounds, or only in part or in name.
    #[must_use]
    pub fn is_uncleaned(&self) -> bool {
        let gap = matches!(
            self.verdict,
            Verdict::Uncovered | Verdict::Partly | Verdict::InNameOnly
        );
        self.family.disposition == Disposition::Output && gap
    }

    /// Whether nothing bounds it, or its writer fails.
    #[must_use]
    pub fn is_gap(&self) -> bool {
        let bounded = matches!(
            self.verdict,
            Verdict::Covered | Verdict::Kept | Verdict::Owned | Verdict::Maybe
        );
        self.family.disposition == Disposition::Output
            && (!bounded || self.family.failing.is_some())
    }
}
