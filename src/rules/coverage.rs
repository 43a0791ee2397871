//! Which entries a rule takes: `scope` (may it ever?) and `eligible` (would it now?).
//!
//! *Scope* reads every test of a time that moves along with now as "could become true", in both
//! polarities, and `-empty` likewise; fixed dates, names, kinds and sizes count as they are.
//! *Eligible* is the whole condition now. Both are three-valued.
//!
//! [`takes`] looks for the nodes below one rule's roots; a directory is searched by name at most
//! once, then by bisection. [`take_all`] does it for many rules in one walk, which is never rules
//! × files. [`covers_path`] asks the same of a path that need not exist.

mod crowd;
mod finder;
mod ground;
mod rotation;
mod spares;

pub use crowd::{Job, Question, take_all, take_in_parts, threads};
pub use rotation::Orphan;
pub use spares::{spared_by, taken};

pub use ground::Ground;
use ground::{Seed, join, printed_below};

use crate::bytes::Interval;
use crate::entry::{Kind, Listing};
use crate::rules::model::{Atom, Expr, Newest, Root, RootPath, Rule, Stamp, Sweep, Tri, Types};
use crate::rules::paths::components;
use crate::time::Timestamp;
use crate::tree::{NodeId, Tree};

const DAY: i64 = 86_400;

/// One entry as a rule's tests see it.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// The last component.
    pub name: &'a [u8],
    /// The path as the command prints it; only looked at by tests of the path.
    pub printed: &'a [u8],
    /// What it is; `None`: not known.
    pub types: Option<Types>,
    /// Its apparent size, where known.
    pub apparent: Option<Interval>,
    /// When it was last modified, where known.
    pub mtime: Option<Timestamp>,
    /// Whether it is an empty file or directory.
    pub empty: Tri,
    /// Whom to ask for the stamps that a tree does not keep.
    pub asked: Option<Asked<'a>>,
}

/// When a file was last read, changed and made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamped {
    /// Last access.
    pub accessed: Option<Timestamp>,
    /// Last change of the inode.
    pub changed: Option<Timestamp>,
    /// Birth.
    pub born: Option<Timestamp>,
}

/// A user or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its number.
    pub id: u32,
    /// Its name, where the machine has one for it.
    pub name: Option<Vec<u8>>,
}

impl Owner {
    /// Whether a rule that says this name or number means it.
    #[must_use]
    pub fn is(&self, who: &[u8]) -> bool {
        self.name.as_deref() == Some(who) || self.id.to_string().as_bytes() == who
    }

    /// As it would be written in a rule.
    #[must_use]
    pub fn text(&self) -> String {
        self.name.as_ref().map_or_else(
            || self.id.to_string(),
            |name| String::from_utf8_lossy(name).into_owned(),
        )
    }
}

/// Gives what a tree does not keep, for the few files that a rule asks it of.
pub trait Stamps: std::fmt::Debug + Sync {
    /// The stamps of one node, where they can be had.
    fn of(&self, tree: &Tree, node: NodeId) -> Option<Stamped>;

    /// Whose a node is, where that can be had.
    fn owner(&self, _tree: &Tree, _node: NodeId, _group: bool) -> Option<Owner> {
        None
    }

    /// A path with every symbolic link in it followed, where there is such a file.
    fn real(&self, _path: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

/// One node, and whom to ask about it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    stamps: &'a dyn Stamps,
    tree: &'a Tree,
    node: NodeId,
    /// Whether to take the modification for all stamps, which lie no earlier but for a clock or a
    /// person that set them: asking costs a look at the disk.
    cheaply: bool,
}

impl File<'_> {
    fn stamp(&self, stamp: Stamp) -> Option<Timestamp> {
        let asked = || self.asked.and_then(|a| a.stamps.of(a.tree, a.node));
        let cheaply = self.asked.is_some_and(|asked| asked.cheaply);
        match stamp {
            Stamp::Other => None,
            Stamp::Modified => self.mtime,
            _ if cheaply => self.mtime,
            Stamp::Accessed => asked()?.accessed,
            Stamp::Changed => asked()?.changed,
            Stamp::Born => asked()?.born,
        }
    }
}

/// Whether an entry could ever meet a condition.
#[must_use]
pub fn scope(expr: &Expr, file: &File<'_>) -> Tri {
    eval(expr, file, &Mode::Ever, false)
}

/// Whether an entry meets a condition now.
#[must_use]
pub fn eligible(expr: &Expr, file: &File<'_>, now: Timestamp) -> Tri {
    eval(expr, file, &Mode::Now(now), false)
}

/// From when on an entry meets a condition, were it left as it is; `None`: never, or not known.
#[must_use]
pub fn due(expr: &Expr, file: &File<'_>, now: Timestamp) -> Option<Timestamp> {
    let since = since(expr, file, now, false)?;
    // Nothing is taken before it exists.
    Some(Timestamp(since.max(file.mtime?.0)))
}

enum Mode {
    Ever,
    Now(Timestamp),
}

fn eval(expr: &Expr, file: &File<'_>, mode: &Mode, negated: bool) -> Tri {
    match expr {
        Expr::Const(known) => flip(*known, negated),
        Expr::Not(inner) => eval(inner, file, mode, !negated),
        Expr::All(parts) if !negated => every(parts, file, mode, negated),
        Expr::Any(parts) if negated => every(parts, file, mode, negated),
        Expr::All(parts) | Expr::Any(parts) => some(parts, file, mode, negated),
        Expr::Test(test) => match mode {
            Mode::Ever if moves(&test.atom, file, negated) => Tri::True,
            Mode::Ever => flip(atom(&test.atom, file, None), negated),
            Mode::Now(now) => flip(atom(&test.atom, file, Some(*now)), negated),
        },
    }
}

fn flip(known: Tri, negated: bool) -> Tri {
    if negated { !known } else { known }
}

fn every(parts: &[Expr], file: &File<'_>, mode: &Mode, negated: bool) -> Tri {
    let mut all = Tri::True;
    let mut late = false;
    for part in parts {
        if is_costly(part) {
            late = true;
            continue;
        }
        all = all.and(eval(part, file, mode, negated));
        if all == Tri::False {
            return all;
        }
    }
    // Whose a file is costs a look at the disk: it is asked last, and only where it decides.
    let mut costly = parts.iter().filter(|part| late && is_costly(part));
    while all != Tri::False
        && let Some(part) = costly.next()
    {
        all = all.and(eval(part, file, mode, negated));
    }
    all
}

fn is_costly(part: &Expr) -> bool {
    matches!(part, Expr::Test(test) if matches!(test.atom, Atom::Owner { .. }))
}

fn some(parts: &[Expr], file: &File<'_>, mode: &Mode, negated: bool) -> Tri {
    let mut any = Tri::False;
    for part in parts {
        any = any.or(eval(part, file, mode, negated));
        if any == Tri::True {
            break;
        }
    }
    any
}

/// Whether the test's value changes by waiting. A directory may come to be empty; a file that has
/// something in it stays as it is, or a rule for empty files would cover all others.
fn moves(atom: &Atom, file: &File<'_>, negated: bool) -> bool {
    match atom {
        Atom::Age(_) | Atom::NewerThan(_) => true,
        Atom::Empty => negated || file.types.is_none_or(|types| !types.file),
        _ => false,
    }
}

fn atom(atom: &Atom, file: &File<'_>, now: Option<Timestamp>) -> Tri {
    match atom {
        Atom::Name(pattern) => pattern.matches(file.name).into(),
        Atom::Path(pattern) => pattern.matches(file.printed).into(),
        Atom::Regex(regex) => regex.program.is_match(file.printed).into(),
        Atom::Type(wanted) => match file.types {
            Some(is) => ((is.file && wanted.file)
                || (is.dir && wanted.dir)
                || (is.symlink && wanted.symlink)
                || (is.other && wanted.other))
                .into(),
            None => Tri::Unknown,
        },
        Atom::Age(test) => match (file.stamp(test.stamp), now) {
            (Some(stamp), Some(now)) => {
                let from = if test.from_day_end {
                    now.0.div_euclid(DAY).saturating_add(1).saturating_mul(DAY)
                } else {
                    now.0
                };
                let age = from.saturating_sub(stamp.0);
                (test.at_least <= age && age < test.below).into()
            }
            _ => Tri::Unknown,
        },
        Atom::ModifiedAfter(moment) => file
            .mtime
            .map_or(Tri::Unknown, |mtime| (mtime > *moment).into()),
        Atom::Size { unit, count } => size(file.apparent, *unit, |n| count.admits(n)),
        Atom::Empty => file.empty,
        Atom::Owner { group, who } => file
            .asked
            .and_then(|asked| asked.stamps.owner(asked.tree, asked.node, *group))
            .map_or(Tri::Unknown, |owner| owner.is(who).into()),
        Atom::NewerThan(_) | Atom::Unknown(_) => Tri::Unknown,
    }
}

/// A size test over an interval: sizes are rounded up to units first.
fn size(apparent: Option<Interval>, unit: u64, admits: impl Fn(u64) -> bool) -> Tri {
    let Some(apparent) = apparent else {
        return Tri::Unknown;
    };
    let low = admits(apparent.lo.div_ceil(unit));
    let high = admits(apparent.hi.map_or(u64::MAX, |hi| hi.div_ceil(unit)));
    match (apparent.is_exact(), low, high) {
        (true, known, _) => known.into(),
        // `-size N` is met in the middle of an interval, if at all.
        (false, true, true) => Tri::True,
        _ => Tri::Unknown,
    }
}

/// The second from which on a condition holds; `i64::MIN`: it always does.
fn since(expr: &Expr, file: &File<'_>, now: Timestamp, negated: bool) -> Option<i64> {
    let of = |part: &Expr| since(part, file, now, negated);
    match expr {
        Expr::Const(known) => (flip(*known, negated) == Tri::True).then_some(i64::MIN),
        Expr::Not(inner) => since(inner, file, now, !negated),
        Expr::All(parts) if !negated => parts.iter().map(of).try_fold(i64::MIN, later),
        Expr::Any(parts) if negated => parts.iter().map(of).try_fold(i64::MIN, later),
        Expr::All(parts) | Expr::Any(parts) => parts.iter().filter_map(of).min(),
        Expr::Test(test) => match &test.atom {
            Atom::Age(age) if age.stamp != Stamp::Other => {
                let from = if negated { age.below } else { age.at_least };
                let is_met = flip(atom(&test.atom, file, Some(now)), negated) == Tri::True;
                match from {
                    i64::MIN | i64::MAX => is_met.then_some(i64::MIN),
                    _ => Some(file.stamp(age.stamp)?.0.saturating_add(from)),
                }
            }
            other => (flip(atom(other, file, Some(now)), negated) == Tri::True).then_some(i64::MIN),
        },
    }
}

fn later(so_far: i64, next: Option<i64>) -> Option<i64> {
    next.map(|next| so_far.max(next))
}

/// What a rule makes of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The node.
    pub node: NodeId,
    /// Whether the rule may ever take it: true or unknown.
    pub scope: Tri,
    /// Whether it would now.
    pub eligible: Tri,
    /// From when on it would.
    pub due: Option<Timestamp>,
    /// Whether the rule only names it, and what it grows into is never bounded.
    pub named: bool,
}

/// What of a rule's roots the tree shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Roots that were found.
    pub found: u64,
    /// Roots that are certainly not there.
    pub missing: u64,
    /// Roots, or parts below them, that the tree does not show.
    pub unseen: u64,
    /// Whether there are files below a root at all.
    pub files: bool,
}

impl Sight {
    /// What another part of the tree shows.
    fn add(&mut self, other: &Self) {
        self.found += other.found;
        self.missing += other.missing;
        self.unseen += other.unseen;
        self.files |= other.files;
    }
}

/// What a rule takes of a tree.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// The nodes in its scope, by id, each once.
    pub hits: Vec<Hit>,
    /// What looks as if the rule had to do with it, and is never taken.
    pub orphans: Vec<(NodeId, Orphan)>,
    /// How much of its roots could be seen.
    pub sight: Sight,
    /// How many entries were looked at: what the search cost.
    pub looked_at: u64,
}

/// Every node that a rule takes, whatever its state; a broken rule takes none.
#[must_use]
pub fn takes(rule: &Rule, ground: &Ground<'_>, now: Timestamp) -> Taken {
    if let Some(rotation) = &rule.rotation {
        return rotation::takes(rule, rotation, ground, now);
    }
    takes_with(&rule.sweeps, ground, now)
}

/// Every node that some sweeps take.
#[must_use]
pub fn takes_with(sweeps: &[Sweep], ground: &Ground<'_>, now: Timestamp) -> Taken {
    let mut taken = Taken::default();
    for sweep in sweeps {
        let from = taken.hits.len();
        for root in &sweep.roots {
            let seeds = ground.seeds(root, &mut taken.sight);
            for seed in seeds {
                taken.sight.files |= ground.tree.totals(seed.node).files > 0;
                let mut pass = Pass::new(sweep, ground, now, &seed, &mut taken);
                match ground.search_for(sweep, &seed) {
                    Some(prefix) => pass.search(&seed, ground.with_prefix(&prefix)),
                    None => pass.run(&seed),
                }
            }
        }
        if let Some(newest) = sweep.keep_newest {
            keep_newest(ground.tree, newest, now, &mut taken.hits[from..]);
        }
    }
    merge(&mut taken.hits);
    ground.count(taken.looked_at);
    taken
}

/// Of the files that a command counts, those beyond the newest are due, each from when the one
/// came that pushed it out.
fn keep_newest(tree: &Tree, newest: Newest, now: Timestamp, hits: &mut [Hit]) {
    hits.sort_by(|a, b| {
        let by_name = || tree.name(b.node).cmp(tree.name(a.node));
        match newest.by {
            Stamp::Modified => tree
                .mtime(b.node)
                .cmp(&tree.mtime(a.node))
                .then_with(by_name),
            _ => by_name(),
        }
    });
    let count = usize::try_from(newest.count).unwrap_or(usize::MAX);
    let times: Vec<Option<Timestamp>> = hits.iter().map(|hit| tree.mtime(hit.node)).collect();
    for (index, hit) in hits.iter_mut().enumerate() {
        hit.due = index.checked_sub(count).and_then(|pusher| times[pusher]);
        let is_out = index >= count;
        hit.eligible = match newest.by {
            Stamp::Modified | Stamp::Other => is_out.into(),
            _ => Tri::Unknown,
        };
        // A time in the future pushes nothing out yet.
        hit.due = hit.due.map(|due| due.min(now));
    }
}

/// What the name of every entry that meets a condition begins with.
fn prefix_of(expr: &Expr) -> Option<Vec<u8>> {
    match expr {
        Expr::Test(test) => match &test.atom {
            Atom::Name(pattern) => Some(pattern.prefix()),
            _ => None,
        },
        Expr::All(parts) => parts.iter().filter_map(prefix_of).max_by_key(Vec::len),
        Expr::Const(_) | Expr::Not(_) | Expr::Any(_) => None,
    }
}

fn needs_path(expr: &Expr) -> bool {
    match expr {
        Expr::Const(_) => false,
        Expr::Not(inner) => needs_path(inner),
        Expr::All(parts) | Expr::Any(parts) => parts.iter().any(needs_path),
        Expr::Test(test) => matches!(test.atom, Atom::Path(_) | Atom::Regex(_)),
    }
}

/// Each node once, with the best that was said of it.
fn merge(hits: &mut Vec<Hit>) {
    let is_sorted = hits.windows(2).all(|pair| pair[0].node < pair[1].node);
    if is_sorted {
        return;
    }
    hits.sort_by_key(|hit| hit.node);
    hits.dedup_by(|later, first| {
        if later.node != first.node {
            return false;
        }
        first.absorb(later);
        true
    });
}

impl Hit {
    /// The best of two that were said of one node.
    fn absorb(&mut self, other: &Self) {
        self.scope = self.scope.or(other.scope);
        self.eligible = self.eligible.or(other.eligible);
        self.named &= other.named;
        self.due = match (self.due, other.due) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) | (None, one) => one,
        };
    }
}

struct Pass<'a> {
    sweep: &'a Sweep,
    tree: &'a Tree,
    stamps: Option<&'a dyn Stamps>,
    now: Timestamp,
    device: Option<u64>,
    needs_path: bool,
    taken: &'a mut Taken,
}

/// From when on a command takes the file. Of the many that stay for now it is enough to know that
/// it is no earlier than by their modification.
fn due_of(expr: &Expr, file: &File<'_>, eligible: Tri, now: Timestamp) -> Option<Timestamp> {
    let asked = file.asked.map(|asked| Asked {
        cheaply: eligible == Tri::False,
        ..asked
    });
    due(expr, &File { asked, ..*file }, now)
}

/// Whether an entry is an empty file or directory.
fn empty(tree: &Tree, node: NodeId, kind: Kind, is_dir: bool, apparent: Option<Interval>) -> Tri {
    let is_bare = || tree.children(node).next().is_none();
    match kind {
        _ if is_dir && tree.listing(node) == Listing::Complete => is_bare().into(),
        _ if is_dir && !is_bare() => Tri::False,
        _ if is_dir => Tri::Unknown,
        Kind::File => size(apparent, 1, |n| n == 0),
        _ => Tri::False,
    }
}

impl<'a> Pass<'a> {
    fn new(
        sweep: &'a Sweep,
        ground: &Ground<'a>,
        now: Timestamp,
        seed: &Seed,
        taken: &'a mut Taken,
    ) -> Self {
        Self {
            sweep,
            tree: ground.tree,
            stamps: ground.stamps,
            now,
            device: ground.tree.device(seed.node),
            needs_path: needs_path(&sweep.expr) || sweep.prune.as_ref().is_some_and(needs_path),
            taken,
        }
    }

    /// Walks the seed's subtree in pre-order; the directories above a node are kept as a stack of
    /// where they end.
    fn run(&mut self, seed: &Seed) {
        let end = self.tree.end(seed.node);
        let mut path = seed.printed.clone();
        // End of the directory, and the length of its path.
        let mut above: Vec<(NodeId, usize)> = Vec::new();
        let mut node = seed.node;
        while node < end {
            while above.last().is_some_and(|&(end, _)| end <= node) {
                above.pop();
            }
            let depth = seed
                .depth
                .saturating_add(u32::try_from(above.len()).unwrap_or(u32::MAX));
            let name = if node == seed.node {
                seed.name.as_slice()
            } else {
                self.tree.name(node)
            };
            if let Some(&(_, len)) = above.last()
                && self.needs_path
            {
                path.truncate(len);
                if !path.ends_with(b"/") {
                    path.push(b'/');
                }
                path.extend_from_slice(name);
            }
            let is_dir = self.tree.is_dir(node);
            // A start that is not empty stays, whatever it meets, and a tree that begins deeper
            // than the command goes is not reached.
            let is_beyond = depth > self.sweep.max_depth;
            let stays = node == seed.node && (is_dir || is_beyond) && !self.sweep.recursive;
            let enter = self.visit(node, name, &path, depth, stays) && depth < self.sweep.max_depth;
            if is_dir && enter && self.on_device(node) {
                above.push((self.tree.end(node), path.len()));
                node = NodeId(node.0 + 1);
            } else {
                node = self.tree.end(node);
            }
        }
    }

    /// Looks only at the nodes of a list that lie below the seed, instead of walking.
    fn search(&mut self, seed: &Seed, nodes: &[NodeId]) {
        let tree = self.tree;
        self.taken.sight.unseen += u64::from(tree.totals(seed.node).unread > 0);
        let mut found: Vec<NodeId> = nodes
            .iter()
            .copied()
            .filter(|&node| node != seed.node && tree.contains(seed.node, node))
            .collect();
        found.sort_unstable();
        for node in found {
            let mut names = vec![tree.name(node).to_vec()];
            let mut at = tree.parent(node);
            while let Some(dir) = at.filter(|&dir| dir != seed.node) {
                names.push(tree.name(dir).to_vec());
                at = tree.parent(dir);
            }
            names.reverse();
            let depth = u32::try_from(names.len()).unwrap_or(u32::MAX);
            let depth = seed.depth.saturating_add(depth);
            if depth <= self.sweep.max_depth {
                let path = join(&seed.printed, &names);
                self.visit(node, tree.name(node), &path, depth, false);
            }
        }
    }

    fn on_device(&self, dir: NodeId) -> bool {
        !self.sweep.one_fs || self.tree.device(dir) == self.device
    }

    /// Looks at one node; `false`: what lies below it is settled.
    fn visit(&mut self, node: NodeId, name: &[u8], path: &[u8], depth: u32, stays: bool) -> bool {
        self.taken.looked_at += 1;
        let kind = self.tree.kind(node);
        let is_dir = self.tree.is_dir(node);
        if kind == Kind::Excluded {
            return false;
        }
        let hidden = matches!(kind, Kind::OtherFs) && !self.sweep.one_fs
            || is_dir && self.tree.listing(node) != Listing::Complete;
        if hidden && depth < self.sweep.max_depth {
            self.taken.sight.unseen += 1;
        }
        if depth < self.sweep.min_depth {
            return true;
        }
        let file = self.file(node, name, path);
        let expr = &self.sweep.expr;
        let may = scope(expr, &file);
        if may != Tri::False && !stays {
            let eligible = eligible(expr, &file, self.now);
            let hit = Hit {
                node,
                scope: may,
                eligible,
                due: due_of(expr, &file, eligible, self.now),
                named: false,
            };
            self.taken.hits.push(hit);
            if self.sweep.recursive && is_dir {
                let below = node.0 + 1..self.tree.end(node).0;
                let hits = below.map(|id| Hit {
                    node: NodeId(id),
                    ..hit
                });
                self.taken.hits.extend(hits);
                if may == Tri::True && hit.eligible == Tri::True {
                    return false;
                }
            }
        }
        match &self.sweep.prune {
            Some(prune) if is_dir => eligible(prune, &file, self.now) != Tri::True,
            _ => true,
        }
    }

    fn file<'b>(&self, node: NodeId, name: &'b [u8], printed: &'b [u8]) -> File<'b>
    where
        'a: 'b,
    {
        let tree = self.tree;
        let is_dir = tree.is_dir(node);
        let apparent = tree.own_apparent(node);
        let empty = empty(tree, node, tree.kind(node), is_dir, apparent);
        File {
            name,
            printed,
            types: types_of(tree.kind(node), is_dir),
            apparent,
            mtime: tree.mtime(node),
            empty,
            asked: self.stamps.map(|stamps| Asked {
                stamps,
                tree,
                node,
                cheaply: false,
            }),
        }
    }
}

fn types_of(kind: Kind, is_dir: bool) -> Option<Types> {
    let none = Types::default();
    Some(match kind {
        _ if is_dir => Types { dir: true, ..none },
        Kind::Dir | Kind::OtherFs | Kind::KernelFs => Types { dir: true, ..none },
        Kind::File => Types { file: true, ..none },
        Kind::Symlink => Types {
            symlink: true,
            ..none
        },
        Kind::Other => Types {
            other: true,
            ..none
        },
        Kind::Excluded | Kind::Unread => return None,
    })
}

/// Whether a rule could ever take the regular file of this absolute path, from the path alone:
/// for what is not written yet.
#[must_use]
pub fn covers_path(rule: &Rule, path: &[u8]) -> Tri {
    if rule.disabled.is_some() || rule.broken.is_some() {
        return Tri::False;
    }
    let names: Vec<Vec<u8>> = components(path).into_iter().map(<[u8]>::to_vec).collect();
    let mut best = Tri::False;
    for sweep in &rule.sweeps {
        for root in &sweep.roots {
            best = best.or(sweep_covers(sweep, root, &names));
        }
    }
    best
}

fn sweep_covers(sweep: &Sweep, root: &Root, names: &[Vec<u8>]) -> Tri {
    let RootPath::Known(segments) = &root.path else {
        return Tri::Unknown;
    };
    let fits = segments.len() <= names.len()
        && segments
            .iter()
            .zip(names)
            .all(|(segment, name)| segment.matches(name));
    if !fits {
        return Tri::False;
    }
    let mut best = Tri::False;
    for len in segments.len()..=names.len() {
        let depth = u32::try_from(len - segments.len()).unwrap_or(u32::MAX);
        let is_file = len == names.len();
        if depth > sweep.max_depth {
            break;
        }
        let printed = printed_below(root, &names[..len], segments.len());
        let file = File {
            name: names[..len].last().map_or(&b"/"[..], Vec::as_slice),
            printed: &printed,
            types: types_of(if is_file { Kind::File } else { Kind::Dir }, !is_file),
            apparent: None,
            mtime: None,
            empty: Tri::Unknown,
            asked: None,
        };
        if depth < sweep.min_depth {
            continue;
        }
        if is_file || sweep.recursive {
            best = best.or(scope(&sweep.expr, &file));
        }
        let pruned = sweep.prune.as_ref().map(|prune| scope(prune, &file));
        if !is_file && pruned == Some(Tri::True) {
            break;
        }
    }
    best
}
