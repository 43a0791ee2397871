//! The smallest deletion set: which paths to delete so that an update fits, and how sure that is.
//!
//! A plan is the best set for one objective ([`Smallest`]) among what the risks allow. What can be
//! reached at all, and the lowest risk that suffices, are always exact, as both only grow with
//! what may go. The fewest paths are exact by a selection, and the least bytes among them by a
//! small table over deficits ([`paths`]) or where it is too wide by pairs ([`pairs`]); families that go oldest first, and whatever else fits a
//! table, by decisions in pre-order ([`tape`]); two needs at once by weights and prices ([`both`]),
//! and where little of the tree may go, like spread inodes, by a bounded search ([`coupled`]) and by a sweep over what is open ([`sweep`]). Where the work runs out
//! first, the plan says how far it may be from the best.
//!
//! The planner reckons with lower bounds: *reached for certain* holds for every size that the
//! evidence allows. Only when that fails are the upper bounds tried, for *possibly*.
//!
//! What is absent on purpose: a solver library (all sums here are integers beyond 2^53, and the
//! special structure beats general methods), and any clock (work is counted).

pub mod both;
pub mod choose;
pub mod coupled;
pub mod evidence;
mod number;
pub mod pairs;
pub mod paths;
mod picks;
pub mod problem;
mod shape;
pub mod shared;
pub mod sweep;
pub mod tape;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod told;

use std::cmp::Ordering;
use std::sync::Arc;

use crate::bytes::Interval;
use crate::entry::{Kind, Listing, Trouble};
use crate::policy::Risk;
use crate::risk::{Order, Risks};
use crate::tree::links::freed;
use crate::tree::{NodeId, Quantity, Tree};

use choose::{Ask, Choice, Chooser, Short};
use coupled::Goal;
pub use evidence::{Evidence, Witness};
use number::Numbers;
use problem::{Class, Problem, Unit};
use shape::Shape;

/// What "smallest" means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Smallest {
    /// Lowest risk, then fewest paths, then least bytes lost.
    #[default]
    Paths,
    /// Least bytes lost, then fewest paths.
    Bytes,
    /// Exactly one directory, with the least bytes lost.
    Directory,
    /// Least bytes lost in the worst class, then in the next; the most harmless one is free.
    Exposure,
}

impl Smallest {
    /// The word used in flags and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Paths => "paths",
            Self::Bytes => "bytes",
            Self::Directory => "directory",
            Self::Exposure => "exposure",
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What must be available in the end, where that was said.
    pub need: Option<u64>,
    /// What is available, where that is known.
    pub available: Option<u64>,
    /// The bytes to free.
    pub shortfall: u64,
    /// The inodes to free.
    pub inodes: u64,
    /// What the volume has in use: no deletion gives more back. `None` where nobody knows.
    pub at_most: Option<u64>,
    /// What "smallest" means.
    pub smallest: Smallest,
    /// What may be chosen at all; [`Risk::Never`] is taken for [`Risk::Unknown`].
    pub max_risk: Risk,
    /// For [`Smallest::Paths`], in percent of the shortfall: prefer more paths to losing more than
    /// this beyond it. `None`: the fewest paths, whatever they lose.
    pub max_waste: Option<u64>,
    /// Entries of which nothing is reckoned to come back, ascending: a running process holds them
    /// open until it closes them, or other files share their blocks.
    pub held: Vec<NodeId>,
    /// What leaves less than the volume has, where something does: `the quota of user 1000`.
    pub limited_by: Option<String>,
    /// Whether every risk up to `max_risk` counts as the same: the smallest set then is not the
    /// one of the lowest risk. What the next class would do is not looked for. It means nothing to
    /// [`Smallest::Exposure`], whose key are the risks themselves.
    pub levelled: bool,
}

impl Request {
    /// Whether there is nothing to free.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.shortfall == 0 && self.inodes == 0
    }

    /// Whether more is asked for than the volume has in use, so that emptying it is not enough.
    #[must_use]
    pub fn exceeds_the_volume(&self) -> bool {
        self.at_most.is_some_and(|most| self.shortfall > most)
    }
}

impl Default for Request {
    fn default() -> Self {
        Self {
            need: None,
            available: None,
            shortfall: 0,
            inodes: 0,
            at_most: None,
            smallest: Smallest::Paths,
            max_risk: Risk::Old,
            max_waste: Some(100),
            held: Vec::new(),
            limited_by: None,
            levelled: false,
        }
    }
}

/// Whether the shortfall can be freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Whatever the true sizes are within the evidence.
    Certain,
    /// Only if the true sizes are large enough.
    Possibly,
    /// Not within what may be chosen.
    No,
}

impl Reached {
    /// The word used in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Possibly => "possibly",
            Self::No => "no",
        }
    }
}

/// How far a set may be from the best one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gap {
    /// So many paths at most.
    pub paths: u64,
    /// So many bytes lost at most; for [`Smallest::Exposure`] also so many of its worst class, or
    /// of the next, where the best set has as many of the worst.
    pub lost: u64,
}

/// A point of the frontier: with so many paths, no less than this is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The number of paths.
    pub paths: u64,
    /// The least bytes that are lost with them.
    pub lost: u64,
    /// Whether that is proven.
    pub proven: bool,
}

/// One path to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// The node.
    pub node: NodeId,
    /// Its path.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// The worst risk in it.
    pub risk: Risk,
    /// Why it may go; picks that may go for one reason share its words.
    pub why: Arc<str>,
    /// What it holds on disk.
    pub disk: Interval,
    /// What it holds, apparent.
    pub apparent: Interval,
    /// What it adds to what the picks before it give back: over all picks these add up. An inode
    /// with names in several picks counts at the last of them.
    pub freed: Interval,
    /// How many files go with it.
    pub files: u64,
    /// What it was when the plan was made, for whoever carries the plan out.
    pub evidence: Option<Box<Evidence>>,
}

/// The answer at the next class of risk, where the allowed ones do not suffice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextRisk {
    /// That class.
    pub risk: Risk,
    /// Whether it suffices for certain.
    pub reached: Reached,
    /// The set, in the order to delete.
    pub picks: Vec<Pick>,
    /// What it gives back.
    pub freed: Interval,
    /// What it loses, at the worst.
    pub lost: u64,
    /// Whether it is proven to be the smallest.
    pub proven: bool,
}

/// The chosen deletion set, with its evidence and certificate, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What all bytes here are counted in.
    pub quantity: Quantity,
    /// What was asked.
    pub request: Request,
    /// Whether the shortfall can be freed.
    pub reached: Reached,
    /// The objective's tuple, at the worst case; empty when nothing reaches it.
    pub key: Vec<i64>,
    /// Whether no better set exists.
    pub proven: bool,
    /// Otherwise, how far off it may be.
    pub gap: Option<Gap>,
    /// Whether no set keeps within the allowed waste.
    pub waste_exceeded: bool,
    /// The paths, in the order to delete.
    pub picks: Vec<Pick>,
    /// What they give back together.
    pub freed: Interval,
    /// What is lost with them, at the worst.
    pub lost: u64,
    /// Fewest paths against least bytes.
    pub frontier: Vec<Step>,
    /// The bytes that are still missing when everything allowed goes.
    pub missing: Option<u64>,
    /// The inodes that are still missing then.
    pub missing_inodes: Option<u64>,
    /// What everything allowed would give back, where that does not suffice.
    pub best_achievable: Option<u64>,
    /// What the next class of risk would do.
    pub next_risk: Option<NextRisk>,
    /// The machine that the paths lie on, where that is known.
    pub host: Option<String>,
    /// What of the picks does not come back, and why, for people.
    pub remarks: Vec<String>,
    /// What could not be found out about the set, or about what protects the machine's own files.
    pub troubles: Vec<Trouble>,
}

/// Finds the smallest deletion set.
///
/// ```
/// use jettison::audit::Audit;
/// use jettison::bytes::Interval;
/// use jettison::entry::{Batch, Entry, Kind, Rooting, Sink as _, Token};
/// use jettison::plan::{Reached, Request, plan};
/// use jettison::policy::{Policy, Risk};
/// use jettison::risk::{Context, classify};
/// use jettison::tree::build::Builder;
///
/// let mut builder = Builder::new();
/// let dir = |name| Entry { token: Some(Token::ROOT), ..Entry::named(name, Kind::Dir) };
/// builder.root(dir(b"/data"), Rooting::Path);
/// let mut batch = Batch::new(Token::ROOT);
/// for (name, size) in [(b"a", 4096), (b"b", 8192)] {
///     let disk = Some(Interval::exactly(size));
///     batch.push(Entry { disk, ..Entry::named(name, Kind::File) });
/// }
/// builder.listing(&batch);
/// let tree = builder.finish()?;
///
/// let nothing_known = Audit { families: vec![], rules: vec![], findings: vec![] };
/// let risks = classify(&tree, &nothing_known, &Policy::default(), Context::default());
/// let request = Request { shortfall: 5000, max_risk: Risk::Unknown, ..Request::default() };
/// let plan = plan(&tree, &risks, &request);
/// assert_eq!(plan.reached, Reached::Certain);
/// assert_eq!(plan.picks[0].path, b"/data/b");
/// assert!(plan.proven);
/// # Ok::<(), jettison::error::Error>(())
/// ```
#[must_use]
pub fn plan(tree: &Tree, risks: &Risks, request: &Request) -> Plan {
    Planner::new(tree, risks).plan(request)
}

/// Makes plans on one tree: what does not depend on what is asked is worked out once.
#[derive(Debug)]
pub struct Planner<'a> {
    tree: &'a Tree,
    risks: &'a Risks,
    numbers: Numbers,
    shape: Shape,
}

impl<'a> Planner<'a> {
    /// Numbers the nodes by their paths; the cost is that of sorting the names below each
    /// directory.
    #[must_use]
    pub fn new(tree: &'a Tree, risks: &'a Risks) -> Self {
        let (numbers, shape) = Numbers::of(tree);
        Self {
            tree,
            risks,
            numbers,
            shape,
        }
    }

    /// Finds the smallest deletion set; see [`plan`].
    #[must_use]
    pub fn plan(&self, request: &Request) -> Plan {
        let sources = Sources {
            tree: self.tree,
            risks: self.risks,
            request,
            numbers: &self.numbers,
        };
        let sure = sources.problem(self.shape.clone(), Bound::Least);
        let chooser = Chooser::new(&sure, request.inodes > 0, &by_number);
        let max_risk = request.max_risk.min(Risk::Unknown);
        let beyond = request.exceeds_the_volume();
        let outcome = chooser.choose(&ask(request, max_risk));
        let short = match outcome {
            Ok(choice) if !beyond => {
                // What was searched is no longer needed, and the picks need room.
                drop(chooser);
                drop(sure);
                return sources.told(Reached::Certain, choice);
            }
            // Shared extents: the sizes add up to more than the volume has in use.
            Ok(_) => Short {
                bytes: request.at_most.unwrap_or(0),
                inodes: request.inodes,
            },
            Err(short) => short,
        };
        let may = (!beyond).then(|| sources.possibly(&chooser, max_risk));
        let mut plan = match may.flatten() {
            Some(choice) => sources.told(Reached::Possibly, choice),
            None => unreached(self.tree, request),
        };
        plan.missing = Some(request.shortfall.saturating_sub(short.bytes));
        plan.missing_inodes = Some(request.inodes.saturating_sub(short.inodes));
        plan.best_achievable = Some(short.bytes);
        if !beyond && !request.levelled {
            plan.next_risk = sources.next_risk(&chooser, max_risk);
        }
        plan
    }
}

fn ask(request: &Request, max_risk: Risk) -> Ask {
    Ask {
        goal: Goal {
            bytes: request.shortfall,
            inodes: request.inodes,
        },
        smallest: request.smallest,
        max_risk,
        max_waste: request.max_waste,
    }
}

/// The order of the numbers is that of the paths.
fn by_number(a: u32, b: u32) -> Ordering {
    a.cmp(&b)
}

/// What a problem is made from.
#[derive(Clone, Copy)]
struct Sources<'a> {
    tree: &'a Tree,
    risks: &'a Risks,
    request: &'a Request,
    numbers: &'a Numbers,
}

impl Sources<'_> {
    /// The choice if every size were as large as the evidence allows.
    /// `sure` is the chooser of the lower bounds, by which it is not reached.
    fn possibly(&self, sure: &Chooser<'_>, max_risk: Risk) -> Option<Choice> {
        if self.is_exact(sure, max_risk) {
            return None;
        }
        let most = self.problem(sure.shape().clone(), Bound::Most);
        let chooser = Chooser::new(&most, self.request.inodes > 0, &by_number);
        let mut choice = chooser.choose(&ask(self.request, max_risk)).ok()?;
        // What is smallest depends on sizes that nobody knows.
        choice
            .frontier
            .iter_mut()
            .for_each(|step| step.proven = false);
        choice.gap.get_or_insert_default();
        Some(choice)
    }

    /// Whether the size of everything that may go is known, so that both bounds say the same.
    fn is_exact(&self, chooser: &Chooser<'_>, max_risk: Risk) -> bool {
        let tree = self.tree;
        let is_known = |node| {
            let own = tree.own_weight(node);
            let is_whole = || !tree.is_dir(node) || tree.listing(node) == Listing::Complete;
            own.hi == Some(own.lo) && tree.kind(node) != Kind::Unread && is_whole()
        };
        let may_go = |node| chooser.may_go(self.numbers.of_node(node), max_risk);
        tree.nodes().all(|node| !may_go(node) || is_known(node))
    }

    fn next_risk(&self, chooser: &Chooser<'_>, max_risk: Risk) -> Option<NextRisk> {
        let higher = Risk::CLASSES.into_iter().filter(|&risk| risk > max_risk);
        let told_at = |risk, reached, choice: Choice| {
            let told = self.told(reached, choice);
            NextRisk {
                risk,
                reached,
                picks: told.picks,
                freed: told.freed,
                lost: told.lost,
                proven: told.proven,
            }
        };
        for risk in higher.clone() {
            if let Ok(choice) = chooser.choose(&ask(self.request, risk)) {
                return Some(told_at(risk, Reached::Certain, choice));
            }
        }
        for risk in higher {
            if let Some(choice) = self.possibly(chooser, risk) {
                return Some(told_at(risk, Reached::Possibly, choice));
            }
        }
        None
    }

    fn told(&self, reached: Reached, choice: Choice) -> Plan {
        let Self {
            tree,
            risks,
            request,
            ..
        } = *self;
        let nodes = self.numbers.nodes(&choice.set);
        let proven = choice.gap.is_none();
        let held = held_within(tree, request, &nodes);
        let all = freed(tree, &nodes);
        Plan {
            reached,
            key: choice.key,
            proven,
            gap: choice.gap,
            waste_exceeded: choice.waste_exceeded,
            picks: less_held(
                tree,
                request,
                picks::picks(tree, risks, self.numbers, &nodes),
            ),
            freed: Interval {
                lo: all.lo.saturating_sub(held),
                hi: all.hi,
            },
            lost: choice.lost.saturating_add(held),
            frontier: choice.frontier,
            ..unreached(tree, request)
        }
    }

    /// The tree and its risks as a problem in columns. An unbounded size counts as the whole
    /// shortfall: more is not needed to make the goal possible.
    fn problem(&self, shape: Shape, bound: Bound) -> Problem {
        let tree = self.tree;
        let owns = || {
            let mut own = vec![0; tree.len()];
            for node in tree.nodes() {
                own[self.numbers.of_node(node) as usize] = self.own(node, bound);
            }
            own
        };
        let classes = || {
            let mut class = vec![Class::new(Risk::Never, false); tree.len()];
            for node in tree.nodes() {
                let level = self.level(self.risks.own(node));
                class[self.numbers.of_node(node) as usize] = Class::new(level, tree.is_dir(node));
            }
            class
        };
        let (own, class) = number::at_once(tree.len(), owns, classes);
        let mut problem = Problem {
            shape,
            own,
            class,
            ..Problem::default()
        };
        self.bind(&mut problem);
        problem
    }

    /// The class that a risk is reckoned as.
    fn level(&self, risk: Risk) -> Risk {
        let Request {
            levelled, smallest, ..
        } = self.request;
        let same = *levelled && *smallest != Smallest::Exposure && risk <= self.request.max_risk;
        if same { Risk::Regenerable } else { risk }
    }

    /// What exactly this node gives back.
    fn own(&self, node: NodeId, bound: Bound) -> u64 {
        let tree = self.tree;
        let open = self.request.shortfall.max(1);
        let is_partial = || tree.is_dir(node) && tree.listing(node) == Listing::Partial;
        if bound == Bound::Most && is_partial() {
            return open;
        }
        let own = tree.own_weight(node);
        if bound == Bound::Least && tree.is_dir(node) {
            return own.lo;
        }
        match (tree.kind(node), bound) {
            (Kind::File, _) if self.is_held(node) => 0,
            (Kind::Excluded | Kind::OtherFs | Kind::KernelFs, _) => 0,
            (Kind::Unread, Bound::Most) => open,
            (_, Bound::Least) => own.lo,
            (_, Bound::Most) => own.hi.unwrap_or(open),
        }
    }

    fn is_held(&self, node: NodeId) -> bool {
        self.request.held.binary_search(&node).is_ok()
    }

    /// Adds the inodes with several names, and the families.
    fn bind(&self, problem: &mut Problem) {
        for group in self.tree.links().groups() {
            let held = group.names().any(|name| self.is_held(name));
            let mut members: Vec<u32> = group.names().map(|n| self.numbers.of_node(n)).collect();
            members.sort_unstable();
            if group.is_whole() && members.len() == 1 {
                continue;
            }
            // By whichever name it is held, nothing of it comes back.
            let own = |&m: &u32| problem.own[m as usize];
            let bytes = match held {
                true => 0,
                false => members.iter().map(own).max().unwrap_or(0),
            };
            for &member in &members {
                problem.own[member as usize] = 0;
                problem.class[member as usize] = problem.class[member as usize].shared();
            }
            if group.is_whole() {
                problem.units.push(Unit {
                    members,
                    bytes,
                    gains: true,
                });
            }
        }
        problem
            .units
            .sort_unstable_by(|a, b| a.members.cmp(&b.members));
        let numbered = |order: &Order| Order {
            members: order
                .members
                .iter()
                .map(|&(node, rank)| (self.numbers.of_node(NodeId(node)), rank))
                .collect(),
        };
        problem.orders = self.risks.families().iter().map(numbered).collect();
    }
}

fn unreached(tree: &Tree, request: &Request) -> Plan {
    Plan {
        quantity: tree.quantity(),
        request: request.clone(),
        reached: Reached::No,
        key: Vec::new(),
        proven: true,
        gap: None,
        waste_exceeded: false,
        picks: Vec::new(),
        freed: Interval::ZERO,
        lost: 0,
        frontier: Vec::new(),
        missing: None,
        missing_inodes: None,
        best_achievable: None,
        next_risk: None,
        host: None,
        remarks: Vec::new(),
        troubles: Vec::new(),
    }
}

/// The picks, each without what of it does not come back for certain.
fn less_held(tree: &Tree, request: &Request, mut picks: Vec<Pick>) -> Vec<Pick> {
    for pick in &mut picks {
        let first = request.held.partition_point(|&held| held < pick.node);
        let below = request.held[first..].iter();
        let below = below.take_while(|&&held| tree.contains(pick.node, held));
        let held = below.fold(0, |sum: u64, &node| sum.saturating_add(tree.freed(node).lo));
        pick.freed.lo = pick.freed.lo.saturating_sub(held);
    }
    picks
}

/// The bytes below these nodes, ascending, of which nothing is reckoned to come back. What has
/// several names is left out: it is reckoned with them.
#[must_use]
pub fn held_within(tree: &Tree, request: &Request, nodes: &[NodeId]) -> u64 {
    let goes = |held: &&NodeId| {
        let before = nodes.partition_point(|node| node <= *held);
        before > 0 && tree.contains(nodes[before - 1], **held)
    };
    let held = request.held.iter().filter(goes);
    held.fold(0, |sum, &node| sum.saturating_add(tree.freed(node).lo))
}

/// Which end of the intervals a problem is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    Least,
    Most,
}
