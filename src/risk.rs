//! How safe it is to delete each node, and why.
//!
//! Evidence is weighed from the strongest down: what is closed for good (mount points, the root of
//! a live scan, what is not in the source); the user's policy; default protections (the system's
//! own directories, version control, files of installed packages); the table of known places ([`PLACES`]); what the audit says
//! of families. A directory without a verdict of its own is *neutral*: it is as risky as the worst
//! inside. Anything else without a verdict is [`Risk::Unknown`].
//!
//! A class costs one byte a node. Reasons are kept for the places where a verdict begins, and put
//! into words only on demand.
//!
//! Limits: places are known by their names and by what lies beside them, as a tree holds no
//! contents. A `CACHEDIR.TAG` counts when it is large enough for its signature.

mod places;
mod subtrees;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::audit::{Audit, FamilyReport, Verdict};
use crate::entry::{Kind, Listing, Rooting};
use crate::family::Disposition;
use crate::policy::{EntryId, Matches, Policy, Risk};
use crate::tree::{NodeId, Tree};

pub use places::{PLACES, Part, Place};
pub use subtrees::Subtrees;

use places::{Finder, leaf_place};

/// Members of a family that go oldest first: one may go only when every older one does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// Each member and its rank by age, the oldest (0) first; equal ranks do not bind each other.
    pub members: Vec<(u32, u32)>,
}

/// What the classification has to know besides the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context<'a> {
    /// Whether the tree was read from a live file system: its root and mount points then stay.
    pub live: bool,
    /// Where something is mounted, ascending: a bind mount has the device of what it shows.
    pub mounts: &'a [Vec<u8>],
    /// The files that the machine's package databases speak of, ascending: they are installed, and
    /// only the package manager takes them away.
    pub owned: &'a [NodeId],
}

/// The risk of every node.
#[derive(Debug)]
pub struct Risks {
    class: Vec<u8>,
    /// Nodes that have a verdict of their own, by node.
    exact: Vec<(u32, Reason)>,
    /// Nodes whose verdict holds for what lies below as well, by node.
    below: Vec<(u32, Reason)>,
    orders: Vec<Order>,
    matches: Matches,
    words: Words,
}

/// What reasons are put into words from.
#[derive(Debug, Default)]
struct Words {
    policy: Vec<String>,
    families: Vec<String>,
}

/// Why a node has its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    Root,
    Mount,
    Elsewhere,
    NotCounted,
    Policy(u32),
    System,
    VersionControl,
    Package,
    Place(u32),
    Family(u32),
    Floor,
    Unread,
}

/// A directory that takes the risk of what is inside.
const NEUTRAL: u8 = 6;

/// Whether a path lies in one of the directories that the machine itself is made of, so that it
/// is protected whatever a package database says of it.
#[must_use]
pub fn is_of_the_system(path: &[u8]) -> bool {
    is_system(path, true)
}

/// Directories that the machine itself is made of.
const SYSTEM: [&[u8]; 9] = [
    b"/boot", b"/etc", b"/usr", b"/bin", b"/sbin", b"/lib", b"/lib32", b"/lib64", b"/libx32",
];
const VERSION_CONTROL: [&[u8]; 6] = [b".git", b".hg", b".svn", b".bzr", b".jj", b"CVS"];

/// Weighs the evidence for every node.
#[must_use]
pub fn classify(tree: &Tree, audit: &Audit, policy: &Policy, context: Context<'_>) -> Risks {
    let mut weigher = Weigher {
        tree,
        policy,
        context,
        risks: Risks {
            class: vec![Risk::Unknown as u8; tree.len()],
            exact: Vec::new(),
            below: Vec::new(),
            orders: Vec::new(),
            matches: Matches::default(),
            words: Words::default(),
        },
        entries: BTreeMap::new(),
    };
    weigher.walk();
    let mut risks = weigher.risks;
    let spoken_for: Vec<u32> = risks
        .exact
        .iter()
        .filter(|(_, reason)| !matches!(reason, Reason::Place(_)))
        .map(|&(node, _)| node)
        .collect();
    for report in &audit.families {
        risks.add_family(report, &spoken_for);
    }
    // The last verdict on a node is the one that holds.
    risks.exact.reverse();
    risks.exact.sort_by_key(|&(node, _)| node);
    risks.exact.dedup_by_key(|&mut (node, _)| node);
    risks
}

/// One walk in pre-order.
struct Weigher<'a> {
    tree: &'a Tree,
    policy: &'a Policy,
    context: Context<'a>,
    risks: Risks,
    /// Policy entries that have decided something, and their number among the words.
    entries: BTreeMap<EntryId, u32>,
}

/// An open directory on the way down.
#[derive(Clone, Copy)]
struct Open {
    end: NodeId,
    /// The class that everything below has, unless something stronger speaks.
    below: Option<u8>,
    device: Option<u64>,
    /// Whether it lies on another file system than the root: what is deleted there helps nobody here.
    elsewhere: bool,
    path_len: usize,
    in_logs: bool,
    judged_below: bool,
}

impl Weigher<'_> {
    fn walk(&mut self) {
        let finder = Finder::new(self.tree);
        let mut open: Vec<Open> = Vec::new();
        let mut path: Vec<u8> = Vec::new();
        for node in self.tree.nodes() {
            while open.last().is_some_and(|dir| dir.end <= node) {
                open.pop();
            }
            let above = open.last().copied();
            let is_dir = self.tree.is_dir(node);
            if is_dir {
                self.extend(&mut path, node, above);
            }
            let judged = above.is_none_or(|dir| dir.judged_below);
            let here = Here {
                node,
                is_dir,
                above,
                judged,
            };
            let below = self.weigh(here, &path, &finder);
            if is_dir {
                let name = self.tree.name(node);
                let elsewhere = above.is_some_and(|dir| dir.elsewhere);
                open.push(Open {
                    end: self.tree.end(node),
                    below,
                    device: self.tree.device(node),
                    elsewhere: elsewhere || self.is_foreign_mount(node, &path),
                    path_len: path.len(),
                    in_logs: above.is_some_and(|dir| dir.in_logs)
                        || name == b"log"
                        || name == b"logs"
                        || path.starts_with(b"/var/log"),
                    judged_below: judged && self.policy.may_judge_below(&path),
                });
            }
        }
    }

    /// Turns the path of what was visited last into that of this directory.
    fn extend(&self, path: &mut Vec<u8>, node: NodeId, above: Option<Open>) {
        path.truncate(above.map_or(0, |dir| dir.path_len));
        if above.is_none() && self.tree.rooting() == Rooting::Forest {
            return;
        }
        if !path.is_empty() && !path.ends_with(b"/") {
            path.push(b'/');
        }
        path.extend_from_slice(self.tree.name(node));
    }

    /// Gives one node its class, and says which class what lies below begins with.
    fn weigh(&mut self, here: Here, dir_path: &[u8], finder: &Finder) -> Option<u8> {
        let Here {
            node,
            is_dir,
            above,
            ..
        } = here;
        let inherited = above.and_then(|dir| dir.below);
        let mut below = inherited;
        let mut class = inherited.unwrap_or(self.without_verdict(node, is_dir));
        if is_dir {
            if let Some((risk, reason, part)) = self.begins_here(node, dir_path, finder, inherited)
            {
                below = Some(risk as u8);
                self.risks.below.push((node.0, reason));
                if part == Part::Whole {
                    class = risk as u8;
                }
            }
        } else if inherited.is_none() {
            let in_logs = above.is_some_and(|dir| dir.in_logs);
            if let Some(place) = leaf_place(self.tree.name(node), in_logs) {
                class = PLACES[place].risk as u8;
                self.exact(node, Reason::Place(index(place)));
            }
        }
        if !is_dir && self.context.owned.binary_search(&node).is_ok() {
            class = Risk::Never as u8;
            self.exact(node, Reason::Package);
        }
        let unread = self.tree.kind(node) == Kind::Unread
            || matches!(self.tree.listing(node), Listing::Partial | Listing::Unread);
        if unread && (class < Risk::Unknown as u8 || class == NEUTRAL) {
            class = Risk::Unknown as u8;
            self.exact(node, Reason::Unread);
        }
        if here.judged
            && self.policy.judges_paths()
            && let Some(risk) = self.judge(node, is_dir, dir_path, above)
        {
            class = risk as u8;
        }
        if let Some(reason) = self.closed(node, dir_path, above) {
            class = Risk::Never as u8;
            self.exact(node, reason);
        }
        self.risks.class[node.0 as usize] = class;
        below
    }

    fn without_verdict(&self, node: NodeId, is_dir: bool) -> u8 {
        if is_dir && self.tree.end(node).0 > node.0 + 1 {
            NEUTRAL
        } else {
            Risk::Unknown as u8
        }
    }

    /// The last verdict on a node replaces the ones before it.
    fn exact(&mut self, node: NodeId, reason: Reason) {
        let exact = &mut self.risks.exact;
        if exact.last().is_some_and(|last| last.0 == node.0) {
            exact.pop();
        }
        exact.push((node.0, reason));
    }

    /// What can not be deleted whatever anybody says.
    fn closed(&self, node: NodeId, dir_path: &[u8], above: Option<Open>) -> Option<Reason> {
        match self.tree.kind(node) {
            Kind::OtherFs | Kind::KernelFs => return Some(Reason::Mount),
            Kind::Excluded => return Some(Reason::NotCounted),
            _ => {}
        }
        if !self.context.live {
            return None;
        }
        let Some(above) = above else {
            return Some(Reason::Root);
        };
        if above.elsewhere {
            return Some(Reason::Elsewhere);
        }
        if !self.tree.is_dir(node) {
            return None;
        }
        let here = self.tree.device(node);
        let differs = here.is_some() && above.device.is_some() && here != above.device;
        (differs || self.is_mounted(dir_path)).then_some(Reason::Mount)
    }

    fn is_mounted(&self, dir: &[u8]) -> bool {
        let mounts = self.context.mounts;
        mounts
            .binary_search_by(|point| point.as_slice().cmp(dir))
            .is_ok()
    }

    /// Whether another file system than the root's begins here. A device alone does not say so: a
    /// btrfs subvolume has one of its own, and gives its room back to the same volume.
    fn is_foreign_mount(&self, node: NodeId, dir: &[u8]) -> bool {
        let home = self.tree.device(NodeId::ROOT);
        let here = self.tree.device(node);
        node != NodeId::ROOT
            && here.is_some()
            && home.is_some()
            && here != home
            && self.is_mounted(dir)
    }

    /// A protection or a known place that begins at this directory.
    fn begins_here(
        &self,
        node: NodeId,
        path: &[u8],
        finder: &Finder,
        inherited: Option<u8>,
    ) -> Option<(Risk, Reason, Part)> {
        if inherited == Some(Risk::Never as u8) {
            return None;
        }
        if is_system(places::on_machine(path), node == NodeId::ROOT) {
            return Some((Risk::Never, Reason::System, Part::Whole));
        }
        if VERSION_CONTROL.contains(&self.tree.name(node)) {
            return Some((Risk::Never, Reason::VersionControl, Part::Whole));
        }
        let place = finder.place(self.tree, node, path)?;
        let risk = PLACES[place].risk;
        // A place inside a place only speaks where it is the more harmless.
        if inherited.is_some_and(|class| class <= risk as u8) {
            return None;
        }
        Some((risk, Reason::Place(index(place)), PLACES[place].part))
    }

    fn judge(
        &mut self,
        node: NodeId,
        is_dir: bool,
        dir_path: &[u8],
        above: Option<Open>,
    ) -> Option<Risk> {
        let mut whole = Vec::new();
        let path = if is_dir {
            dir_path
        } else {
            let dir = &dir_path[..above.map_or(0, |dir| dir.path_len).min(dir_path.len())];
            whole.extend_from_slice(dir);
            if !whole.is_empty() && !whole.ends_with(b"/") {
                whole.push(b'/');
            }
            whole.extend_from_slice(self.tree.name(node));
            &whole
        };
        let said = self.policy.judge_noting(path, &mut self.risks.matches)?;
        let words = &mut self.risks.words.policy;
        let number = *self.entries.entry(said.entry).or_insert_with(|| {
            let place = self.policy.place(said.entry);
            words.push(match said.note {
                Some(note) => format!("{place}: {note}"),
                None => format!("{place} says so"),
            });
            index(words.len() - 1)
        });
        let risk = said.risk;
        self.exact(node, Reason::Policy(number));
        Some(risk)
    }
}

/// Whether a directory is one of the system's own; the root of a tree may lie inside one.
fn is_system(path: &[u8], is_root: bool) -> bool {
    SYSTEM.iter().any(|system| {
        path.strip_prefix(*system)
            .is_some_and(|rest| rest.is_empty() || (is_root && rest.starts_with(b"/")))
    })
}

/// The node that is weighed, and what holds it.
#[derive(Clone, Copy)]
struct Here {
    node: NodeId,
    is_dir: bool,
    above: Option<Open>,
    judged: bool,
}

fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Risks {
    /// Adds what the audit says of one family; not for nodes on which something stronger speaks,
    /// ascending.
    fn add_family(&mut self, report: &FamilyReport, spoken_for: &[u32]) {
        let family = &report.family;
        let number = index(self.words.families.len());
        self.words.families.push(family_words(report));
        let risk = match (family.disposition, report.verdict) {
            (Disposition::Managed, _) => Risk::Never,
            (Disposition::Keep, _) => Risk::Unknown,
            (Disposition::Output, Verdict::Covered) if !says_policy(report) => Risk::Expired,
            (Disposition::Output, _) => Risk::Stale,
        };
        let mut bound: Vec<u32> = Vec::new();
        let all = family.members.iter().map(|member| member.node);
        let nodes: Vec<NodeId> = match family.disposition {
            Disposition::Output => report.stale.clone(),
            _ => all.collect(),
        };
        for node in nodes {
            let Some(class) = self.class.get_mut(node.0 as usize) else {
                continue;
            };
            let speaks = match risk {
                // A cache is a cache and trash is trash, whatever its files look like.
                Risk::Never => *class == Risk::Unknown as u8 || *class == Risk::Old as u8,
                _ => risk as u8 <= *class && *class <= Risk::Unknown as u8,
            };
            if !speaks || spoken_for.binary_search(&node.0).is_ok() {
                continue;
            }
            *class = risk as u8;
            self.exact.push((node.0, Reason::Family(number)));
            bound.push(node.0);
        }
        if family.disposition == Disposition::Output {
            self.add_order(report, &mut bound);
        }
        if !says_policy(report) || report.keep.is_none() {
            self.add_floor(report, spoken_for);
        }
    }

    /// The newest full backups stay, whatever else is known of them.
    fn add_floor(&mut self, report: &FamilyReport, spoken_for: &[u32]) {
        for node in &report.floor {
            if let Some(class) = self.class.get_mut(node.0 as usize)
                && spoken_for.binary_search(&node.0).is_err()
            {
                *class = Risk::Never as u8;
                self.exact.push((node.0, Reason::Floor));
            }
        }
    }

    /// Members that go oldest first: those with a clock whose risk comes from the family.
    fn add_order(&mut self, report: &FamilyReport, bound: &mut [u32]) {
        bound.sort_unstable();
        let mut order = Order::default();
        let mut last = None;
        let mut rank = 0;
        for member in &report.family.members {
            let Some(time) = member.time else {
                continue;
            };
            if bound.binary_search(&member.node.0).is_err() {
                continue;
            }
            if last.is_some_and(|last| last != time) {
                rank += 1;
            }
            last = Some(time);
            order.members.push((member.node.0, rank));
        }
        if rank > 0 {
            self.orders.push(order);
        }
    }

    /// The node's own class; a neutral directory's is the most harmless, as only what is inside
    /// counts.
    #[must_use]
    pub fn own(&self, node: NodeId) -> Risk {
        match self.class[node.0 as usize] {
            NEUTRAL => Risk::Regenerable,
            class => risk_of(class),
        }
    }

    /// The classes of what may go at all, ascending, each that some node has.
    #[must_use]
    pub fn present(&self) -> Vec<Risk> {
        let mut seen = [false; NEUTRAL as usize + 1];
        for &class in &self.class {
            seen[usize::from(class)] = true;
        }
        let classes = Risk::CLASSES.into_iter();
        classes.filter(|&risk| seen[risk as usize]).collect()
    }

    /// The families whose members go oldest first.
    #[must_use]
    pub fn families(&self) -> &[Order] {
        &self.orders
    }

    /// The policy's entries that matched some path.
    #[must_use]
    pub fn matches(&self) -> &Matches {
        &self.matches
    }

    /// Why the node itself has its class.
    #[must_use]
    pub fn why(&self, tree: &Tree, node: NodeId) -> String {
        if self.class[node.0 as usize] == NEUTRAL {
            return "as risky as the worst inside".to_owned();
        }
        self.words(self.reason(tree, node))
    }

    fn reason(&self, tree: &Tree, node: NodeId) -> Option<Reason> {
        verdict(&self.exact, node).or_else(|| self.reason_from_above(tree, node))
    }

    /// The verdict that begins at a node, or at the nearest directory above it.
    fn reason_from_above(&self, tree: &Tree, node: NodeId) -> Option<Reason> {
        let mut at = (!self.below.is_empty()).then_some(node);
        while let Some(node) = at {
            if let Some(reason) = verdict(&self.below, node) {
                return Some(reason);
            }
            at = tree.parent(node);
        }
        None
    }

    fn words(&self, reason: Option<Reason>) -> String {
        let text = match reason {
            None => "nothing is known of it",
            Some(Reason::Root) => "it is the root of the scan",
            Some(Reason::Mount) => "another file system is mounted there",
            Some(Reason::Elsewhere) => "it lies on another file system, so nothing comes back here",
            Some(Reason::NotCounted) => "it was left out of the scan",
            Some(Reason::System) => "the system itself is made of it",
            Some(Reason::Package) => "a package has installed it",
            Some(Reason::VersionControl) => "it is the history of a working copy",
            Some(Reason::Floor) => "it is the newest full backup of its kind, or was made since",
            Some(Reason::Unread) => "it was not read, so nobody knows what is in it",
            Some(Reason::Place(i)) => PLACES[i as usize].what,
            Some(Reason::Policy(i)) => return self.words.policy[i as usize].clone(),
            Some(Reason::Family(i)) => return self.words.families[i as usize].clone(),
        };
        text.to_owned()
    }
}

fn verdict(list: &[(u32, Reason)], node: NodeId) -> Option<Reason> {
    let at = list.binary_search_by_key(&node.0, |entry| entry.0);
    at.ok().map(|at| list[at].1)
}

fn says_policy(report: &FamilyReport) -> bool {
    report
        .keep
        .as_ref()
        .is_none_or(|keep| keep.says == "policy")
}

fn family_words(report: &FamilyReport) -> String {
    let template = report.family.template.escape_ascii();
    match (
        report.family.disposition,
        &report.keep,
        &report.family.owner,
    ) {
        (Disposition::Managed, _, Some(owner)) => format!("{template} is looked after: {owner}"),
        (Disposition::Managed, ..) => format!("{template} is looked after by its own program"),
        (Disposition::Keep, _, Some(owner)) => format!("{template} looks worth keeping: {owner}"),
        (Disposition::Keep, ..) => format!("{template} looks worth keeping"),
        (_, Some(keep), _) => format!("{template} older than {} ({})", keep.age, keep.says),
        (..) => format!("{template} beyond what it keeps"),
    }
}

fn risk_of(class: u8) -> Risk {
    let class = usize::from(class);
    Risk::CLASSES.get(class).copied().unwrap_or(Risk::Never)
}
