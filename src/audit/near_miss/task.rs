//! What an edit is asked to do: the place and the conditions of a command both mend toward it.

use super::outline::{Outline, Pass, Start};
use super::residue::Residue;
use super::subject::Subject;
use crate::rules::model::{Root, Rule, Sweep};

/// One root of one pass of a command, and what it is to take.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) rule: &'a Rule,
    pub(super) sweep: &'a Sweep,
    pub(super) root: &'a Root,
    pub(super) outline: &'a Outline,
    pub(super) pass: &'a Pass,
    pub(super) start: &'a Start,
    pub(super) residue: &'a Residue<'a>,
    pub(super) subject: &'a Subject,
    /// Whether the rule takes files as it is: these it must go on to take.
    pub(super) alive: bool,
    /// What the edit may cost at most.
    pub(super) limit: u32,
    /// Whether there is reason to think that a rule from elsewhere was for this family.
    pub(super) is_plausible: &'a dyn Fn() -> bool,
}
