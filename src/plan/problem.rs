//! The planning problem in columns: what can go, what it gives back, and what binds what.
//!
//! Nodes are numbered in pre-order and a subtree is a range, as in the tree; a problem can also be
//! built by hand. What comes back only when several entries are gone (an inode with several
//! names) is a [`Unit`]; what may only go after something else is an [`Order`].

use std::cmp::Ordering;

use crate::policy::Risk;
use crate::risk::Order;

/// Everything that the search for a deletion set has to know.
#[derive(Debug, Default)]
pub struct Problem {
    /// The parent of every node; the root is its own.
    pub parent: Vec<u32>,
    /// The first node beyond every node's subtree.
    pub end: Vec<u32>,
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
pub struct Sums {
    /// Bytes that deleting exactly this subtree gives back.
    pub freed: Vec<u64>,
    /// The same and what is lost without being gained; empty where there is no such thing.
    pub lost: Vec<u64>,
    /// Inodes that it gives back; empty unless asked for.
    pub inodes: Vec<u64>,
    /// The worst risk inside.
    pub worst: Vec<u8>,
}

impl Problem {
    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parent.len()
    }

    /// Whether there is nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parent.is_empty()
    }

    /// Appends a node in pre-order, below `parent` (the root is given itself, 0).
    pub fn push(&mut self, parent: u32, own: u64, class: Class) -> u32 {
        let id = u32::try_from(self.len()).unwrap_or(u32::MAX);
        self.parent.push(parent);
        self.end.push(id + 1);
        self.own.push(own);
        self.class.push(class);
        let mut above = id;
        while above != self.parent[above as usize] {
            above = self.parent[above as usize];
            self.end[above as usize] = id + 1;
        }
        id
    }

    /// Whether `inner` is `outer` or lies below it.
    #[must_use]
    pub fn contains(&self, outer: u32, inner: u32) -> bool {
        outer <= inner && inner < self.end[outer as usize]
    }

    /// The nodes of a subtree.
    pub fn subtree(&self, node: u32) -> std::ops::Range<u32> {
        node..self.end[node as usize]
    }

    /// Adds up every subtree in one pass from the end. A unit counts at the lowest node that
    /// holds all its members, which is the lowest that holds the first and the last.
    #[must_use]
    pub fn sums(&self, inodes: bool) -> Sums {
        let splits = self.units.iter().any(|unit| !unit.gains);
        let mut sums = Sums {
            freed: self.own.clone(),
            lost: Vec::new(),
            inodes: Vec::new(),
            worst: self.class.iter().map(|class| class.level()).collect(),
        };
        if splits {
            sums.lost.clone_from(&self.own);
        }
        if inodes {
            sums.inodes = self.class.iter().map(|class| class.inodes()).collect();
        }
        for unit in &self.units {
            let Some(at) = self.meeting(&unit.members) else {
                continue;
            };
            let add = |column: &mut Vec<u64>, n: u64| {
                if let Some(cell) = column.get_mut(at as usize) {
                    *cell = cell.saturating_add(n);
                }
            };
            if unit.gains {
                add(&mut sums.freed, unit.bytes);
                add(&mut sums.inodes, 1);
            }
            add(&mut sums.lost, unit.bytes);
        }
        self.roll_up(&mut sums);
        sums
    }

    fn roll_up(&self, sums: &mut Sums) {
        for node in (1..self.len()).rev() {
            let parent = self.parent[node] as usize;
            sums.freed[parent] = sums.freed[parent].saturating_add(sums.freed[node]);
            sums.worst[parent] = sums.worst[parent].max(sums.worst[node]);
        }
        for column in [&mut sums.lost, &mut sums.inodes] {
            for node in (1..column.len()).rev() {
                let parent = self.parent[node] as usize;
                column[parent] = column[parent].saturating_add(column[node]);
            }
        }
    }

    /// The lowest node that holds all of them; they are ascending.
    #[must_use]
    pub fn meeting(&self, members: &[u32]) -> Option<u32> {
        let (&first, &last) = (members.first()?, members.last()?);
        let mut node = first;
        while !self.contains(node, last) {
            node = self.parent[node as usize];
        }
        Some(node)
    }
}

impl Sums {
    /// What is lost with a subtree.
    #[must_use]
    pub fn lost(&self, node: u32) -> u64 {
        let column = if self.lost.is_empty() {
            &self.freed
        } else {
            &self.lost
        };
        column[node as usize]
    }

    /// What a subtree gives back.
    #[must_use]
    pub fn freed(&self, node: u32) -> u64 {
        self.freed[node as usize]
    }
}

/// What may go at one level of risk.
#[derive(Debug)]
pub struct Allowed {
    /// Per node: whether it may go, whole.
    pub ok: Vec<bool>,
    /// The nodes that may go while what holds them may not, ascending.
    pub maximal: Vec<u32>,
}

impl Allowed {
    /// Everything whose worst risk is at most `level`, that loses at most `limit` bytes, and
    /// whose elder relatives may go too. Removing one member blocks every younger one and every
    /// directory above them, so a work list ends after each node was blocked once.
    #[must_use]
    pub fn at(problem: &Problem, sums: &Sums, level: u8, limit: u64) -> Self {
        let mut ok: Vec<bool> = sums.worst.iter().map(|&worst| worst <= level).collect();
        if limit < u64::MAX {
            for (node, ok) in (0..).zip(ok.iter_mut()) {
                *ok &= sums.lost(node) <= limit;
            }
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
                maximal.push(u32::try_from(node).unwrap_or(u32::MAX));
                node = problem.end[node] as usize;
            } else {
                node += 1;
            }
        }
        Self { ok, maximal }
    }
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
        node = problem.parent[node as usize];
    }
}

/// Decides between nodes that are worth the same: by path, so that the order of a listing is not
/// seen in a result.
pub type Tie<'a> = &'a dyn Fn(u32, u32) -> Ordering;
