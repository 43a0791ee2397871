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
        let begin = u64::from(first.0 - dir.0) << 1 | u64::from(close);
        put(&mut self.bytes, begin);
        if !close {
            for pair in files.windows(2) {
                put(&mut self.bytes, u64::from(pair[1].0 - pair[0].0));
            }
        }
        start
    }

    /// So many files of a directory, from where they begin.
    pub(super) fn read(&self, start: u32, len: u32, dir: NodeId) -> Files<'_> {
        let mut files = Files {
            bytes: self.bytes.get(start as usize..).unwrap_or(&[]),
            next: dir.0,
            close: false,
            left: len,
        };
        let first = take(&mut files.bytes);
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

impl Iterator for Files<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        self.left = self.left.checked_sub(1)?;
        let file = NodeId(self.next);
        if self.left > 0 {
            let step = if self.close {
                1
            } else {
                take(&mut self.bytes) as u32
            };
            self.next = self.next.wrapping_add(step);
        }
        Some(file)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Files<'_> {}

/// Files in any order, each by its distance from the one before; read from either end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    bytes: Vec<u8>,
    last: u32,
    len: usize,
}

impl Chain {
    /// Appends a file.
    pub(super) fn push(&mut self, file: NodeId) {
        put(
            &mut self.bytes,
            folded(i64::from(file.0) - i64::from(self.last)),
        );
        self.last = file.0;
        self.len += 1;
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// All of them.
    pub(super) fn iter(&self) -> Links<'_> {
        Links {
            bytes: &self.bytes,
            front: 0,
            back: self.last,
            left: self.len,
        }
    }

    /// Gives back the room that is not used.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
    }
}

/// See [`Chain::iter`].
#[derive(Clone, Debug)]
pub(super) struct Links<'c> {
    bytes: &'c [u8],
    /// The file last taken from the front.
    front: u32,
    /// The file next taken from the back.
    back: u32,
    left: usize,
}

impl Iterator for Links<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        self.left = self.left.checked_sub(1)?;
        let step = unfolded(take(&mut self.bytes));
        self.front = self.front.wrapping_add(step as u32);
        Some(NodeId(self.front))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl DoubleEndedIterator for Links<'_> {
    fn next_back(&mut self) -> Option<NodeId> {
        self.left = self.left.checked_sub(1)?;
        let file = NodeId(self.back);
        // Of a number only the last byte has no upper bit, so that it is found from behind too.
        let before = self.bytes.len().saturating_sub(1);
        let start = self.bytes[..before].iter().rposition(|byte| *byte < 0x80);
        let (rest, mut number) = self.bytes.split_at(start.map_or(0, |at| at + 1));
        self.bytes = rest;
        let step = unfolded(take(&mut number));
        self.back = self.back.wrapping_sub(step as u32);
        Some(file)
    }
}

impl ExactSizeIterator for Links<'_> {}

/// The moments of files in a row, each said once for as long as it stays: how far it lies from
/// the one before, and how many files have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Moments {
    bytes: Vec<u8>,
    last: i64,
    /// How many files have the last one.
    run: u32,
}

/// No moment: before all others, and none that a name or a file system could mean.
pub(super) const NEVER: i64 = i64::MIN;

impl Moments {
    /// Appends the moment of one more file.
    pub(super) fn push(&mut self, moment: Option<Timestamp>) {
        let moment = moment.map_or(NEVER, |moment| moment.0);
        if self.run > 0 && moment == self.last {
            self.run += 1;
            return;
        }
        if self.run > 0 {
            put(&mut self.bytes, u64::from(self.run));
        }
        put(&mut self.bytes, folded(moment.wrapping_sub(self.last)));
        (self.last, self.run) = (moment, 1);
    }

    /// The moments file by file, the least and the most of which [`NEVER`] may be.
    pub(super) fn iter(&self) -> EachMoment<'_> {
        EachMoment {
            bytes: &self.bytes,
            now: 0,
            left: 0,
            last: self.run,
        }
    }

    /// Gives back the room that is not used.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
    }
}

/// See [`Moments::iter`].
#[derive(Clone, Debug)]
pub(super) struct EachMoment<'m> {
    bytes: &'m [u8],
    now: i64,
    /// How many more files have the moment of now.
    left: u32,
    /// How many files have the last one.
    last: u32,
}

impl EachMoment<'_> {
    /// Goes on to the next moment, where this one's files are all told.
    fn turn(&mut self) -> Option<()> {
        if self.left == 0 {
            if self.bytes.is_empty() {
                return None;
            }
            self.now = self.now.wrapping_add(unfolded(take(&mut self.bytes)));
            self.left = if self.bytes.is_empty() {
                self.last
            } else {
                u32::try_from(take(&mut self.bytes)).unwrap_or(0)
            };
        }
        Some(())
    }

    /// The one moment of so many files, which are passed over; `None` where they have several.
    pub(super) fn all_of(&mut self, mut files: u32) -> Option<i64> {
        let mut moment = None;
        let mut alike = true;
        while files > 0 && self.turn().is_some() {
            alike &= *moment.get_or_insert(self.now) == self.now;
            let told = files.min(self.left);
            files -= told;
            self.left -= told;
        }
        moment.filter(|_| alike)
    }
}

impl Iterator for EachMoment<'_> {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        self.turn()?;
        self.left = self.left.saturating_sub(1);
        Some(self.now)
    }
}

/// Appends a number: seven bits a byte, the lowest first, the upper bit on all bytes but the last.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes a number from the front.
fn take(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    while let Some((&byte, rest)) = bytes.split_first() {
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 || shift > 63 {
            break;
        }
    }
    number
}

/// A distance in either direction as a number that is small where the distance is.
fn folded(distance: i64) -> u64 {
    (distance << 1 ^ distance >> 63) as u64
}

fn unfolded(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
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
            let told: Vec<i64> = all.iter().map(|moment| moment.unwrap_or(NEVER)).collect();
            prop_assert_eq!(moments.iter().collect::<Vec<_>>(), told.clone());
            // Cut anywhere, each part has one moment or several.
            for cut in 0..told.len() {
                let mut each = moments.iter();
                for part in [&told[..cut], &told[cut..]] {
                    let one = part.first().filter(|first| part.iter().all(|m| m == *first));
                    prop_assert_eq!(each.all_of(part.len() as u32), one.copied());
                }
            }
        }

        #[test]
        fn chained_files_come_out_at_both_ends(all in prop::collection::vec(any::<u32>(), 0..40), turns in any::<u64>()) {
            let mut chain = Chain::default();
            for &file in &all {
                chain.push(NodeId(file));
            }
            let mut links = chain.iter();
            let mut left = all.iter().map(|&file| NodeId(file));
            for turn in 0..=all.len() {
                let front = turns >> (turn % 64) & 1 == 0;
                let (a, b) = if front {
                    (links.next(), left.next())
                } else {
                    (links.next_back(), left.next_back())
                };
                prop_assert_eq!(a, b);
                prop_assert_eq!(links.len(), left.len());
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
