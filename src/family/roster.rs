//! A group's files without a list of them: directory by directory, read where they are packed.

use crate::tree::NodeId;

use super::packed::{Files, Packed};
use super::rows::Rows;
use super::shapes::{Span, narrow};

/// The files of a group, in the tree's order.
#[derive(Debug)]
pub(super) struct Roster<'f> {
    packed: &'f Packed,
    /// Files of directories that several spans speak of, in their order.
    mixed: Packed,
    parts: Vec<Part>,
    len: usize,
}

/// The files in one directory.
#[derive(Clone, Copy, Debug)]
struct Part {
    row: u32,
    dir: NodeId,
    start: u32,
    len: u32,
    mixed: bool,
}

impl<'f> Roster<'f> {
    pub(super) fn new(packed: &'f Packed, rows: &Rows, mut spans: Vec<Span>) -> Self {
        spans.sort_unstable_by_key(|span| span.row);
        let mut roster = Self {
            packed,
            mixed: Packed::default(),
            parts: Vec::new(),
            len: spans.iter().map(|span| span.len as usize).sum(),
        };
        for spans in spans.chunk_by(|a, b| a.row == b.row) {
            let dir = rows.id[spans[0].row as usize];
            let mut part = Part {
                row: spans[0].row,
                dir,
                start: spans[0].start,
                len: spans[0].len,
                mixed: false,
            };
            if spans.len() > 1 {
                let each = spans.iter().map(|s| packed.read(s.start, s.len, dir));
                let mut files: Vec<NodeId> = each.flatten().collect();
                files.sort_unstable();
                part.start = roster.mixed.push(dir, &files);
                (part.len, part.mixed) = (narrow(files.len()), true);
            }
            roster.parts.push(part);
        }
        roster
    }

    /// How many files there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The row of the first file's directory.
    pub(super) fn first_row(&self) -> Option<u32> {
        self.parts.first().map(|part| part.row)
    }

    /// Directory by directory its row and its files.
    pub(super) fn parts(&self) -> impl ExactSizeIterator<Item = (u32, Files<'_>)> {
        (0..self.parts.len()).map(|at| self.part(at))
    }

    /// One directory's row and files.
    pub(super) fn part(&self, at: usize) -> (u32, Files<'_>) {
        let part = self.parts[at];
        let packed = if part.mixed { &self.mixed } else { self.packed };
        (part.row, packed.read(part.start, part.len, part.dir))
    }

    /// The number of the part in which one of the files is.
    pub(super) fn part_of(&self, file: NodeId) -> usize {
        // A directory's files follow it at once, before any other directory.
        let after = self.parts.partition_point(|part| part.dir < file);
        after.saturating_sub(1)
    }

    /// Every file, with the row of its directory.
    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeId, u32)> {
        self.parts()
            .flat_map(|(row, files)| files.map(move |id| (id, row)))
    }
}
