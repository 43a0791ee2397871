//! What is known of one path, as `jettison why` shows it in any form.

use crate::audit::{FamilyReport, RuleReport};
use crate::policy::Risk;
use crate::rules::coverage::Hit;
use crate::time::Timestamp;
use crate::tree::{NodeId, Tree};

/// What a rule makes of the path.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It takes it, now or later.
    Takes(Hit),
    /// It lies below a root of the rule, and these tests keep it.
    Spares(Vec<String>),
}

/// A path and what is known of it.
#[derive(Debug)]
pub struct View<'a> {
    /// The tree that it lies in.
    pub tree: &'a Tree,
    /// The path.
    pub node: NodeId,
    /// The time that ages are counted from.
    pub now: Timestamp,
    /// The family that it is a member of.
    pub family: Option<&'a FamilyReport>,
    /// The rules whose roots it lies below.
    pub rules: Vec<(&'a RuleReport, Verdict)>,
    /// Its risk, and why.
    pub risk: (Risk, String),
    /// Whether any rules were read.
    pub rules_read: bool,
}
