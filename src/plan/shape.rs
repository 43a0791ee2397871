//! Which node of a problem holds which.
//!
//! Nodes are numbered in pre-order, so a subtree is a range. Most nodes hold nothing and end where
//! they begin, so only directories have a row with a parent and an end. A bit for every node says
//! whether it has one, and counting the bits before it gives the row's number (Jacobson's *rank*,
//! 1989): four bytes of counts for every 64 nodes, and a few instructions for a look.

use std::ops::Range;

/// A directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// Its node.
    pub(super) node: u32,
    /// The first node beyond its subtree.
    pub(super) end: u32,
    /// The row of the directory that holds it; the root's is its own.
    pub(super) parent: u32,
}

/// The nodes of a problem and what holds what; see the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    len: usize,
    /// The directories, ascending. The root is always one of them.
    rows: Vec<Row>,
    /// Whether a node has a row.
    bits: Vec<u64>,
    /// For each word of bits, how many rows come before it.
    before: Vec<u32>,
}

const WORD: usize = u64::BITS as usize;

impl Shape {
    /// Of so many nodes, with a row for each directory: given in any order, as their nodes, ends,
    /// and the nodes that hold them. The root need not be among them.
    pub(super) fn of(len: usize, dirs: &[Row]) -> Self {
        let mut bits = vec![0u64; len.div_ceil(WORD)];
        if let Some(root) = bits.first_mut() {
            *root = 1;
        }
        for dir in dirs {
            bits[dir.node as usize / WORD] |= 1 << (dir.node as usize % WORD);
        }
        let mut count = 0;
        let before = bits.iter().map(|word| {
            let before = count;
            count += word.count_ones();
            before
        });
        let before = before.collect();
        let root = Row {
            node: 0,
            end: u32::try_from(len).unwrap_or(u32::MAX),
            parent: 0,
        };
        let mut shape = Self {
            len,
            rows: vec![root; count as usize],
            bits,
            before,
        };
        for &dir in dirs {
            let parent = shape.count_to(dir.parent) - 1;
            let row = shape.count_to(dir.node) - 1;
            shape.rows[row as usize] = Row { parent, ..dir };
        }
        shape
    }

    /// Appends a node below a directory; the first one is the root.
    pub(super) fn push(&mut self, parent: u32, is_dir: bool) -> u32 {
        let id = u32::try_from(self.len).unwrap_or(u32::MAX);
        if self.len.is_multiple_of(WORD) {
            self.bits.push(0);
            self.before.push(row_number(self.rows.len()));
        }
        self.len += 1;
        let is_root = id == 0;
        let mut above = match is_root {
            true => 0,
            false => self.holder(parent),
        };
        if is_dir || is_root {
            self.rows.push(Row {
                node: id,
                end: id + 1,
                parent: row_number(above),
            });
            self.bits[id as usize / WORD] |= 1 << (id as usize % WORD);
        }
        loop {
            self.rows[above].end = id + 1;
            if above == 0 {
                return id;
            }
            above = self.rows[above].parent as usize;
        }
    }

    /// The directories, ascending.
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many rows there are up to a node, its own included.
    #[inline]
    fn count_to(&self, node: u32) -> u32 {
        let (word, bit) = (node as usize / WORD, node as usize % WORD);
        let up_to = self.bits[word] & (u64::MAX >> (WORD - 1 - bit));
        self.before[word] + up_to.count_ones()
    }

    /// The row of a node, if it is a directory.
    #[inline]
    pub(super) fn row(&self, node: u32) -> Option<usize> {
        let (word, bit) = (node as usize / WORD, node as usize % WORD);
        let is_dir = self.bits[word] >> bit & 1 == 1;
        is_dir.then(|| self.count_to(node) as usize - 1)
    }

    /// The row of the directory that a node is or lies directly in.
    #[inline]
    pub(super) fn holder(&self, node: u32) -> usize {
        // The root has a row, so there is one before any node.
        let mut row = (self.count_to(node) as usize).saturating_sub(1);
        while self.rows[row].end <= node && row > 0 {
            row = self.rows[row].parent as usize;
        }
        row
    }

    /// The node that holds a node; the root holds itself.
    #[inline]
    pub(super) fn parent(&self, node: u32) -> u32 {
        let row = match self.row(node) {
            Some(row) => self.rows[row].parent as usize,
            None => self.holder(node),
        };
        self.rows[row].node
    }

    /// The first node beyond a node's subtree.
    #[inline]
    pub(super) fn end(&self, node: u32) -> u32 {
        self.row(node).map_or(node + 1, |row| self.rows[row].end)
    }

    /// Shows every node once, as ranges of a directory's own: itself, or some of what lies
    /// directly in it and is no directory. Ascending.
    pub(super) fn runs(&self, mut show: impl FnMut(usize, Range<usize>)) {
        let mut open: Vec<usize> = Vec::new();
        let mut at = 0;
        for (row, dir) in self.rows.iter().enumerate() {
            at = self.close(&mut open, at, dir.node, &mut show);
            open.push(row);
        }
        self.close(
            &mut open,
            at,
            self.rows.first().map_or(0, |root| root.end),
            &mut show,
        );
    }

    /// Shows what lies between two nodes, of the open directories, and closes those that end.
    fn close(
        &self,
        open: &mut Vec<usize>,
        from: u32,
        to: u32,
        show: &mut impl FnMut(usize, Range<usize>),
    ) -> u32 {
        let mut at = from;
        while let Some(&row) = open.last() {
            let end = self.rows[row].end;
            let until = end.min(to);
            if at < until {
                show(row, at as usize..until as usize);
                at = until;
            }
            if end > to {
                break;
            }
            open.pop();
        }
        at
    }

    /// Adds what every directory has to what holds it.
    pub(super) fn roll_up<T: Copy>(&self, column: &mut [T], add: impl Fn(T, T) -> T) {
        for row in (1..column.len()).rev() {
            let parent = self.rows[row].parent as usize;
            column[parent] = add(column[parent], column[row]);
        }
    }
}

fn row_number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A random tree in pre-order, by the definition: parents, ends, and which are directories.
    fn naive(mut seed: u64, len: u32) -> (Vec<u32>, Vec<u32>, Vec<bool>) {
        let mut roll = |sides: u64| {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(11);
            (seed >> 33) % sides
        };
        let (mut parents, mut ends, mut dirs) = (Vec::new(), Vec::new(), Vec::new());
        let mut open: Vec<u32> = vec![];
        for node in 0..len {
            while open.len() > 1 && roll(3) == 0 {
                open.pop();
            }
            parents.push(open.last().copied().unwrap_or(0));
            ends.push(0);
            dirs.push(node == 0 || roll(4) == 0);
            if dirs[node as usize] {
                open.push(node);
            }
        }
        for node in (0..len).rev() {
            let end = ends[node as usize].max(node + 1);
            ends[node as usize] = end;
            let above = &mut ends[parents[node as usize] as usize];
            *above = end.max(*above);
        }
        (parents, ends, dirs)
    }

    #[test]
    fn rows_of_directories_say_of_every_node_what_a_row_for_each_would() {
        for seed in 0..200 {
            let len = 1 + u32::try_from(seed).unwrap() * 2;
            let (parents, ends, dirs) = naive(seed, len);
            let mut pushed = Shape::default();
            let mut rows = Vec::new();
            for node in 0..len {
                let at = node as usize;
                pushed.push(parents[at], dirs[at]);
                if dirs[at] {
                    rows.push(Row {
                        node,
                        end: ends[at],
                        parent: parents[at],
                    });
                }
            }
            rows.reverse();
            for shape in [pushed, Shape::of(len as usize, &rows)] {
                let mut seen = 0;
                shape.runs(|row, run| {
                    assert_eq!(run.start, seen, "seed {seed}");
                    seen = run.end;
                    for node in run {
                        let node = u32::try_from(node).unwrap();
                        assert_eq!(shape.holder(node), row, "seed {seed}, node {node}");
                    }
                });
                assert_eq!(seen, len as usize, "seed {seed}");
                for node in 0..len {
                    let at = node as usize;
                    let said = (
                        shape.parent(node),
                        shape.end(node),
                        shape.row(node).is_some(),
                    );
                    assert_eq!(
                        said,
                        (parents[at], ends[at], dirs[at]),
                        "seed {seed}, {node}"
                    );
                }
            }
        }
    }
}
