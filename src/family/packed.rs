//! Files of one directory in little room, and moments that many files in a row share.
//!
//! A directory's files follow it in the tree, so that a file is known by its distance from the
//! directory, and the next one by its distance from the last: mostly one byte each, and none where
//! they all stand side by side.

use crate::time::Timestamp;
use crate::tree::NodeId;

/// Lists of files, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Packed {
    bytes: Vec<u8>,
}

impl Packed {
    /// Appends files of a directory, in the order of the tree, and says where they begin.
    pub(super) fn push(&mut self, dir: NodeId, files: &[NodeId]) -> u32 {
        let start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let (Some(first), Some(last)) = (files.first(), files.last()) else {
            return start;
        };
        let close = (last.0 - first.0) as usize + 1 == files.len();
        self.number(u64::from(first.0 - dir.0) << 1 | u64::from(close));
        if !close {
            for pair in files.windows(2) {
                self.number(u64::from(pair[1].0 - pair[0].0));
            }
        }
        start
    }

    /// Seven bits a byte, the lowest first.
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// So many files of a directory, from where they begin.
    pub(super) fn read(&self, start: u32, len: u32, dir: NodeId) -> Files<'_> {
        let mut files = Files {
            bytes: self.bytes.get(start as usize..).unwrap_or(&[]),
            next: dir.0,
            close: false,
            left: len,
        };
        let first = files.number();
        files.close = first & 1 == 1;
        files.next = dir.0.wrapping_add((first >> 1) as u32);
        files
    }

    /// Appends all of another, and says by how much its places have moved.
    pub(super) fn append(&mut self, other: &mut Self) -> u32 {
        let by = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        self.bytes.append(&mut other.bytes);
        by
    }

    /// Gives back the room that is not used.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
    }
}

/// See [`Packed::read`].
#[derive(Clone, Debug)]
pub(super) struct Files<'p> {
    bytes: &'p [u8],
    next: u32,
    close: bool,
    left: u32,
}

impl Files<'_> {
    fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        while let Some((&byte, rest)) = self.bytes.split_first() {
            self.bytes = rest;
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 || shift > 56 {
                break;
            }
        }
        number
    }
}

impl Iterator for Files<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        self.left = self.left.checked_sub(1)?;
        let file = NodeId(self.next);
        if self.left > 0 {
            let step = if self.close { 1 } else { self.number() as u32 };
            self.next = self.next.wrapping_add(step);
        }
        Some(file)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Files<'_> {}

/// The moments of files in a row, each said once for as long as it stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Moments {
    /// Where each stretch of one moment ends.
    ends: Vec<u32>,
    /// The moment; [`NEVER`] where there is none.
    moments: Vec<i64>,
}

/// No moment: before all others, and none that a name or a file system could mean.
pub(super) const NEVER: i64 = i64::MIN;

impl Moments {
    /// Appends the moment of one more file.
    pub(super) fn push(&mut self, moment: Option<Timestamp>) {
        let moment = moment.map_or(NEVER, |moment| moment.0);
        match self.ends.last_mut() {
            Some(end) if self.moments.last() == Some(&moment) => *end += 1,
            _ => {
                self.ends.push(self.len() + 1);
                self.moments.push(moment);
            }
        }
    }

    fn len(&self) -> u32 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// The stretch in which the file of this number is.
    pub(super) fn stretch_of(&self, at: u32) -> usize {
        self.ends.partition_point(|&end| end <= at)
    }

    /// Where a stretch ends, and its moment.
    pub(super) fn stretch(&self, stretch: usize) -> Option<(u32, i64)> {
        Some((*self.ends.get(stretch)?, *self.moments.get(stretch)?))
    }

    /// Gives back the room that is not used.
    pub(super) fn shrink(&mut self) {
        self.ends.shrink_to_fit();
        self.moments.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn files_come_out_as_they_went_in(
            lists in prop::collection::vec((0u32..1000, prop::collection::btree_set(1u32..3_000_000, 1..40)), 1..8),
        ) {
            let (mut packed, mut before) = (Packed::default(), Packed::default());
            before.push(NodeId(7), &[NodeId(8), NodeId(9)]);
            let mut starts = Vec::new();
            for (dir, gaps) in &lists {
                let files: Vec<NodeId> = gaps.iter().map(|gap| NodeId(dir + gap)).collect();
                starts.push((packed.push(NodeId(*dir), &files), *dir, files));
            }
            let by = before.append(&mut packed);
            for (start, dir, files) in starts {
                let read = before.read(start + by, files.len() as u32, NodeId(dir));
                prop_assert_eq!(read.len(), files.len());
                prop_assert_eq!(read.collect::<Vec<_>>(), files);
            }
        }

        #[test]
        fn moments_come_out_as_they_went_in(all in prop::collection::vec(prop::option::of(0i64..3), 0..50)) {
            let mut moments = Moments::default();
            for moment in &all {
                moments.push(moment.map(Timestamp));
            }
            for (at, moment) in (0..).zip(&all) {
                let (end, read) = moments.stretch(moments.stretch_of(at)).unwrap();
                prop_assert!(end > at);
                prop_assert_eq!(read, moment.unwrap_or(NEVER));
            }
        }
    }

    #[test]
    fn files_side_by_side_need_no_room() {
        let mut packed = Packed::default();
        let files: Vec<NodeId> = (11..5011).map(NodeId).collect();
        packed.push(NodeId(10), &files);
        assert_eq!(packed.bytes.len(), 1);
        assert_eq!(packed.read(0, 5000, NodeId(10)).collect::<Vec<_>>(), files);
    }
}
