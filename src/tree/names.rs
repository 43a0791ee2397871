//! Names in chunks: appended, never moved, found by a 32-bit offset.
//!
//! Several writers may fill chunks side by side; the chunks' numbers come from one counter, so an
//! offset says which chunk whoever wrote it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Places of a chunk; a name begins in its first 2^20 bytes and does not straddle two chunks.
const CHUNK_BITS: u32 = 20;
const CHUNK: usize = 1 << CHUNK_BITS;
const MAX_CHUNKS: u32 = 1 << (32 - CHUNK_BITS);
/// Names this long or longer carry their length in four more bytes.
const LONG: u8 = u8::MAX;

/// Why what was seen could not be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// More entries or names than their numbers can tell apart.
    Full,
    /// The machine gives no more memory.
    NoMemory,
}

/// Finished names, readable by offset.
#[derive(Debug, Default)]
pub(super) struct Names {
    chunks: Vec<Vec<u8>>,
}

/// Where one thread puts names.
#[derive(Debug, Default)]
pub(super) struct NameWriter {
    next: Arc<AtomicU32>,
    chunks: Vec<(u32, Vec<u8>)>,
}

impl NameWriter {
    /// A further writer of the same names.
    pub(super) fn beside(&self) -> Self {
        Self {
            next: Arc::clone(&self.next),
            chunks: Vec::new(),
        }
    }

    /// Stores a name and gives its offset.
    #[inline]
    pub(super) fn push(&mut self, name: &[u8]) -> Result<u32, Fault> {
        let needed = name.len() + 5;
        if self
            .chunks
            .last()
            .is_none_or(|(_, chunk)| chunk.len() + needed > CHUNK)
        {
            self.begin_chunk(needed)?;
        }
        // A chunk was just begun where there was none.
        let (number, chunk) = self.chunks.last_mut().ok_or(Fault::Full)?;
        let place = u32::try_from(chunk.len()).map_err(|_| Fault::Full)?;
        match u8::try_from(name.len()) {
            Ok(short) if short < LONG => chunk.push(short),
            _ => {
                let long = u32::try_from(name.len()).map_err(|_| Fault::Full)?;
                chunk.push(LONG);
                chunk.extend_from_slice(&long.to_le_bytes());
            }
        }
        chunk.extend_from_slice(name);
        Ok(*number << CHUNK_BITS | place)
    }

    #[cold]
    fn begin_chunk(&mut self, needed: usize) -> Result<(), Fault> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number >= MAX_CHUNKS {
            self.next.store(MAX_CHUNKS, Ordering::Relaxed);
            return Err(Fault::Full);
        }
        let mut chunk = Vec::new();
        let room = chunk.try_reserve_exact(CHUNK.max(needed));
        // A number without its chunk is never asked for: what fails here ends the tree.
        self.chunks.push((number, chunk));
        room.map_err(|_| Fault::NoMemory)
    }
}

impl Names {
    /// The names of several writers that began as one.
    pub(super) fn of(writers: impl Iterator<Item = NameWriter>) -> Self {
        let mut all: Vec<(u32, Vec<u8>)> = writers.flat_map(|writer| writer.chunks).collect();
        all.sort_unstable_by_key(|&(number, _)| number);
        let mut chunks = Vec::with_capacity(all.len());
        for (number, chunk) in all {
            chunks.resize_with(number as usize, Vec::new);
            chunks.push(chunk);
        }
        Self { chunks }
    }

    pub(super) fn get(&self, offset: u32) -> &[u8] {
        let chunk = &self.chunks[(offset >> CHUNK_BITS) as usize];
        let place = offset as usize & (CHUNK - 1);
        match chunk[place] {
            LONG => {
                let len = chunk[place + 1..place + 5]
                    .try_into()
                    .map_or(0, u32::from_le_bytes);
                &chunk[place + 5..place + 5 + len as usize]
            }
            len => &chunk[place + 1..place + 1 + usize::from(len)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_length_come_back_from_any_writer() {
        let mut first = NameWriter::default();
        let mut second = first.beside();
        let lengths = [0, 1, 254, 255, 256, 4096, CHUNK - 5, CHUNK, 3 * CHUNK, 7];
        let mut stored = Vec::new();
        for len in lengths {
            for (writer, byte) in [(&mut first, b'x'), (&mut second, b'y')] {
                let name = vec![byte; len];
                let offset = writer.push(&name).unwrap();
                stored.push((name, offset));
            }
        }
        let names = Names::of([second, first].into_iter());
        for (name, offset) in stored {
            assert_eq!(names.get(offset), name);
        }
    }
}
