//! The planning problem in columns: what can go, what it gives back, and what binds what.
//!
//! Nodes are numbered in pre-order and a subtree is a range, as in the tree; a problem can also be
//! built by hand. Only directories have sums of their own: whatever else there is, is worth what
//! it holds itself. What comes back only when several entries are gone (an inode with several
//! names) is a [`Unit`]; what may only go after something else is an [`Order`].

use std::cell::OnceCell;
use std::cmp::Ordering;

use crate::policy::Risk;
use crate::risk::Order;

use super::shape::Shape;

/// Everything that the search for a deletion set has to know.
#[derive(Debug, Default)]
pub struct Problem {
    /// Which node holds which.
    pub(super) shape: Shape,
    /// The bytes that come back when exactly this node goes, without what lies below it.
    pub own: Vec<u64>,
    /// The node's own risk class, and whether it is a directory.
    pub class: Vec<Class>,
    /// What comes back only when all of several entries are gone.
    pub units: Vec<Unit>,
    /// What may only go in a certain order.
    pub orders: Vec<Order>,
}

/// A node's own risk class, whether it is a directory, and whether it is the one name of an inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class(u8);

const CLASS: u8 = 0x07;
const DIRECTORY: u8 = 0x08;
const SHARED: u8 = 0x10;

/// An inode, or another thing with bytes, that dies with the last of several entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// All entries that have to go, ascending.
    pub members: Vec<u32>,
    /// What it holds.
    pub bytes: u64,
    /// Whether its bytes then help; otherwise they are lost without being gained.
    pub gains: bool,
}

impl Class {
    /// The class of a node that may go at this risk.
    #[must_use]
    pub fn new(risk: Risk, is_dir: bool) -> Self {
        Self(risk as u8 | if is_dir { DIRECTORY } else { 0 })
    }

    /// The same for one of several names of an inode, which frees no inode by itself.
    #[must_use]
    pub fn shared(self) -> Self {
        Self(self.0 | SHARED)
    }

    /// The risk as a number, 0 to 4; 5 is protected.
    #[inline]
    #[must_use]
    pub fn level(self) -> u8 {
        self.0 & CLASS
    }

    /// Whether the node is a directory.
    #[must_use]
    pub fn is_dir(self) -> bool {
        self.0 & DIRECTORY != 0
    }

    /// How many inodes go with exactly this entry.
    #[must_use]
    pub fn inodes(self) -> u64 {
        u64::from(self.0 & SHARED == 0)
    }
}

/// Sums of every subtree.
#[derive(Debug)]
pub struct Sums<'a> {
    problem: &'a Problem,
    /// By row: bytes that deleting exactly this directory gives back.
    freed: Vec<u64>,
    /// The same and what is lost without being gained; empty where there is no such thing.
    lost: Vec<u64>,
    /// Inodes that it gives back; empty unless asked for.
    inodes: Vec<u64>,
    /// The worst risk inside.
    worst: Vec<u8>,
    /// What an entry without a row has beyond its own bytes: an inode of one name that was made a
    /// unit. By node.
    alone: Vec<(u32, Alone)>,
    /// No set gives back more within a level of risk, by level: what spreads is counted in each.
    most: [Alone; LEVELS],
}

/// Levels of risk, the protected one included.
const LEVELS: usize = 6;

/// Bytes and inodes.
#[derive(Clone, Copy, Debug, Default)]
struct Alone {
    freed: u64,
    lost: u64,
    inodes: u64,
}

impl Alone {
    fn add(&mut self, unit: &Unit) {
        self.lost = self.lost.saturating_add(unit.bytes);
        if unit.gains {
            self.freed = self.freed.saturating_add(unit.bytes);
            self.inodes += 1;
        }
    }
}

impl Problem {
    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.own.len()
    }

    /// Whether there is nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.own.is_empty()
    }

    /// Appends a node in pre-order, below the directory `parent`; the first one is the root.
    pub fn push(&mut self, parent: u32, own: u64, class: Class) -> u32 {
        self.own.push(own);
        self.class.push(class);
        self.shape.push(parent, class.is_dir())
    }

    /// The node that holds this one; the root holds itself.
    #[must_use]
    pub fn parent(&self, node: u32) -> u32 {
        self.shape.parent(node)
    }

    /// The first node beyond a node's subtree.
    #[inline]
    #[must_use]
    pub fn end(&self, node: u32) -> u32 {
        self.shape.end(node)
    }

    /// Whether `inner` is `outer` or lies below it.
    #[must_use]
    pub fn contains(&self, outer: u32, inner: u32) -> bool {
        outer <= inner && (outer == inner || inner < self.end(outer))
    }

    /// The nodes of a subtree.
    #[must_use]
    pub fn subtree(&self, node: u32) -> std::ops::Range<u32> {
        node..self.end(node)
    }

    /// Adds up every subtree in one pass and rolls the directories up from the end. A unit counts
    /// at the lowest node that holds all its members, which is the lowest that holds the first
    /// and the last.
    #[must_use]
    pub fn sums(&self, inodes: bool) -> Sums<'_> {
        let splits = self.units.iter().any(|unit| !unit.gains);
        let rows = self.shape.rows().len();
        let mut sums = Sums {
            problem: self,
            freed: vec![0; rows],
            lost: Vec::new(),
            inodes: vec![0; if inodes { rows } else { 0 }],
            worst: vec![0; rows],
            alone: Vec::new(),
            most: [Alone::default(); LEVELS],
        };
        self.shape.runs(|row, run| sums.add_run(row, run));
        if splits {
            sums.lost.clone_from(&sums.freed);
        }
        for unit in &self.units {
            sums.add_unit(unit);
        }
        sums.alone.sort_by_key(|alone| alone.0);
        self.shape.roll_up(&mut sums.freed, u64::saturating_add);
        self.shape.roll_up(&mut sums.lost, u64::saturating_add);
        self.shape.roll_up(&mut sums.inodes, u64::saturating_add);
        self.shape.roll_up(&mut sums.worst, u8::max);
        sums
    }

    /// The lowest node that holds all of them; they are ascending.
    #[must_use]
    pub fn meeting(&self, members: &[u32]) -> Option<u32> {
        let (&first, &last) = (members.first()?, members.last()?);
        let mut node = first;
        while !self.contains(node, last) {
            node = self.parent(node);
        }
        Some(node)
    }
}

impl Sums<'_> {
    fn add_run(&mut self, row: usize, run: std::ops::Range<usize>) {
        let (mut freed, mut worst) = (self.freed[row], self.worst[row]);
        let mut inodes = 0;
        let nodes = self.problem.own[run.clone()].iter();
        for (&own, &class) in nodes.zip(&self.problem.class[run]) {
            let level = class.level();
            freed = freed.saturating_add(own);
            worst = worst.max(level);
            inodes += class.inodes();
            let most = &mut self.most[usize::from(level).min(LEVELS - 1)];
            most.freed = most.freed.saturating_add(own);
            most.inodes += class.inodes();
        }
        (self.freed[row], self.worst[row]) = (freed, worst);
        if let Some(sum) = self.inodes.get_mut(row) {
            *sum += inodes;
        }
    }

    fn add_unit(&mut self, unit: &Unit) {
        let Some(at) = self.problem.meeting(&unit.members) else {
            return;
        };
        // Whatever the classes of its names.
        self.most[0].add(unit);
        let mut add = Alone::default();
        add.add(unit);
        let shape = &self.problem.shape;
        if shape.row(at).is_none() {
            self.alone.push((at, add));
        }
        let row = shape.holder(at);
        let columns = [
            (&mut self.freed, add.freed),
            (&mut self.lost, add.lost),
            (&mut self.inodes, add.inodes),
        ];
        for (column, n) in columns {
            if let Some(cell) = column.get_mut(row) {
                *cell = cell.saturating_add(n);
            }
        }
    }

    /// What several units add to one entry.
    #[cold]
    fn alone(&self, node: u32) -> Alone {
        let from = self.alone.partition_point(|alone| alone.0 < node);
        let of_node = self.alone[from..]
            .iter()
            .take_while(|alone| alone.0 == node);
        of_node.fold(Alone::default(), |sum, (_, more)| Alone {
            freed: sum.freed.saturating_add(more.freed),
            lost: sum.lost.saturating_add(more.lost),
            inodes: sum.inodes + more.inodes,
        })
    }

    /// Whether something is lost without being gained.
    #[must_use]
    pub fn splits(&self) -> bool {
        !self.lost.is_empty()
    }

    /// Whether inodes are counted.
    #[must_use]
    pub fn counts_inodes(&self) -> bool {
        !self.inodes.is_empty()
    }

    /// What is lost with a subtree.
    #[inline]
    #[must_use]
    pub fn lost(&self, node: u32) -> u64 {
        match self.problem.shape.row(node) {
            _ if self.lost.is_empty() => self.freed(node),
            Some(row) => self.lost[row],
            None if self.alone.is_empty() => self.problem.own[node as usize],
            None => self.problem.own[node as usize].saturating_add(self.alone(node).lost),
        }
    }

    /// What a subtree gives back.
    #[inline]
    #[must_use]
    pub fn freed(&self, node: u32) -> u64 {
        match self.problem.shape.row(node) {
            Some(row) => self.freed[row],
            None if self.alone.is_empty() => self.problem.own[node as usize],
            None => self.problem.own[node as usize].saturating_add(self.alone(node).freed),
        }
    }

    /// How many inodes a subtree gives back; 0 where they are not counted.
    #[must_use]
    pub fn inodes(&self, node: u32) -> u64 {
        match self.problem.shape.row(node) {
            _ if self.inodes.is_empty() => 0,
            Some(row) => self.inodes[row],
            None => {
                let own = self.problem.class[node as usize].inodes();
                match self.alone.is_empty() {
                    true => own,
                    false => own + self.alone(node).inodes,
                }
            }
        }
    }

    /// The worst risk inside a subtree.
    #[must_use]
    pub fn worst(&self, node: u32) -> u8 {
        match self.problem.shape.row(node) {
            Some(row) => self.worst[row],
            None => self.problem.class[node as usize].level(),
        }
    }

    /// No set of this level of risk or less gives back more bytes, or more inodes.
    #[must_use]
    pub fn most(&self, level: u8) -> (u64, u64) {
        let levels = self.most.iter().take(usize::from(level) + 1);
        levels.fold((0, 0), |(bytes, inodes), most| {
            (bytes.saturating_add(most.freed), inodes + most.inodes)
        })
    }

    /// What every node gives back, as a column.
    #[must_use]
    pub fn freed_column(&self) -> Vec<u64> {
        self.column(Self::freed)
    }

    /// How many inodes every node gives back, as a column.
    #[must_use]
    pub fn inodes_column(&self) -> Vec<u64> {
        self.column(Self::inodes)
    }

    fn column(&self, of: impl Fn(&Self, u32) -> u64) -> Vec<u64> {
        let len = u32::try_from(self.problem.len()).unwrap_or(u32::MAX);
        (0..len).map(|node| of(self, node)).collect()
    }
}

/// What may go at one level of risk.
#[derive(Debug)]
pub struct Allowed {
    /// Per node: whether it may go, whole.
    pub ok: Vec<bool>,
    /// The nodes that may go while what holds them may not, ascending.
    pub maximal: Vec<u32>,
    /// The greatest common divisor of all that may go, once somebody asked.
    grain: OnceCell<u64>,
}

impl Allowed {
    /// Everything whose worst risk is at most `level`, that loses at most `limit` bytes, and
    /// whose elder relatives may go too. Removing one member blocks every younger one and every
    /// directory above them, so a work list ends after each node was blocked once.
    #[must_use]
    pub fn at(problem: &Problem, sums: &Sums<'_>, level: u8, limit: u64) -> Self {
        let own = problem.class.iter().map(|class| class.level() <= level);
        let mut ok: Vec<bool> = own.collect();
        if limit < u64::MAX {
            for (ok, &own) in ok.iter_mut().zip(&problem.own) {
                *ok &= own <= limit;
            }
            for &(node, _) in &sums.alone {
                ok[node as usize] &= sums.lost(node) <= limit;
            }
        }
        for (dir, &worst) in problem.shape.rows().iter().zip(&sums.worst) {
            let within = limit == u64::MAX || sums.lost(dir.node) <= limit;
            ok[dir.node as usize] = worst <= level && within;
        }
        Self::of(problem, ok)
    }

    /// Everything that is marked, where its elder relatives are marked too.
    #[must_use]
    pub fn of(problem: &Problem, mut ok: Vec<bool>) -> Self {
        if !problem.orders.is_empty() {
            block_younger(problem, &mut ok);
        }
        let mut maximal = Vec::new();
        let mut node = 0;
        while node < ok.len() {
            if ok[node] {
                let top = u32::try_from(node).unwrap_or(u32::MAX);
                maximal.push(top);
                node = problem.end(top) as usize;
            } else {
                node += 1;
            }
        }
        Self {
            ok,
            maximal,
            grain: OnceCell::new(),
        }
    }

    /// The greatest common divisor of all sizes that may go.
    #[must_use]
    pub fn grain(&self, problem: &Problem) -> u64 {
        *self.grain.get_or_init(|| grain(problem, &self.maximal))
    }
}

/// The greatest common divisor of all sizes below these nodes.
fn grain(problem: &Problem, maximal: &[u32]) -> u64 {
    let mut grain = 0u64;
    for &top in maximal {
        let below = &problem.own[top as usize..problem.end(top) as usize];
        grain = below.iter().fold(grain, |grain, &own| common(grain, own));
        if grain == 1 {
            return 1;
        }
    }
    for unit in problem.units.iter() {
        grain = common(grain, unit.bytes);
    }
    grain.max(1)
}

/// The greatest common divisor of two sizes.
pub fn common(a: u64, b: u64) -> u64 {
    // Blocks are powers of two nearly everywhere, and these need no division.
    if a.is_power_of_two() {
        return 1 << a.trailing_zeros().min(b.trailing_zeros());
    }
    if a > 0 && b.is_multiple_of(a) {
        return a;
    }
    let (mut a, mut b) = (a, b);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn block_younger(problem: &Problem, ok: &mut [bool]) {
    let mut index: Vec<(u32, u32, u32)> = Vec::new();
    for (o, order) in (0u32..).zip(&problem.orders) {
        index.extend(
            (0u32..)
                .zip(&order.members)
                .map(|(i, &(node, _))| (node, o, i)),
        );
    }
    index.sort_unstable();
    // Per order: the least rank of a member that stays; younger ones are blocked beyond it.
    let mut kept: Vec<u32> = vec![u32::MAX; problem.orders.len()];
    let mut work: Vec<u32> = index
        .iter()
        .filter(|&&(node, ..)| !ok[node as usize])
        .map(|&(node, ..)| node)
        .collect();
    while let Some(node) = work.pop() {
        let from = index.partition_point(|&(n, ..)| n < node);
        for &(_, o, i) in index[from..].iter().take_while(|&&(n, ..)| n == node) {
            let order = &problem.orders[o as usize];
            let rank = order.members[i as usize].1;
            if rank >= kept[o as usize] {
                continue;
            }
            let was = kept[o as usize];
            kept[o as usize] = rank;
            let younger = order.members.iter().filter(|m| m.1 > rank && m.1 <= was);
            for &(member, _) in younger {
                block(problem, ok, member, &mut work, &index);
            }
        }
    }
}

/// Takes a node and all above it out, and queues the members among them.
fn block(
    problem: &Problem,
    ok: &mut [bool],
    node: u32,
    work: &mut Vec<u32>,
    index: &[(u32, u32, u32)],
) {
    let mut node = node;
    while ok[node as usize] {
        ok[node as usize] = false;
        if index.binary_search_by_key(&node, |&(n, ..)| n).is_ok() {
            work.push(node);
        }
        node = problem.parent(node);
    }
}

/// Decides between nodes that are worth the same: by path, so that the order of a listing is not
/// seen in a result.
pub type Tie<'a> = &'a dyn Fn(u32, u32) -> Ordering;
