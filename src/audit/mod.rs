//! Families against rules: what does nobody clean, and why not.

use crate::bytes::Interval;
use crate::family::Family;
use crate::rules::model::Rule;
use crate::time::{Age, Timestamp};
use crate::tree::NodeId;

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
    /// What these hold on disk.
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
    /// Who says so, for people: `policy`, `/etc/cron.d/market:4`.
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
    /// Templates of other families that the edited rule would take as well.
    pub also_catches: Vec<Vec<u8>>,
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
    /// A rule has not deleted what it should have.
    LapsedRule,
    /// A rule can not work as written.
    BrokenRule,
    /// A rule is never run.
    DisabledRule,
    /// A rule matches nothing and a family lies near by.
    DeadRule,
    /// A rule file could not be read or understood.
    RuleUnreadable,
    /// A policy entry matches nothing.
    PolicyUnmatched,
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
            Self::LapsedRule => "lapsed-rule",
            Self::BrokenRule => "broken-rule",
            Self::DisabledRule => "disabled-rule",
            Self::DeadRule => "dead-rule",
            Self::RuleUnreadable => "rule-unreadable",
            Self::PolicyUnmatched => "policy-unmatched",
        }
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::RuleUnreadable | Self::PolicyUnmatched => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

/// When the audit is made, and what else it needs to know of the world.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The time that ages are counted from.
    pub now: Timestamp,
}
