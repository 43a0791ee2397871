//! Names in chunks: appended, never moved, found by a 32-bit offset.

/// Places of a chunk; a name begins in its first 2^20 bytes and does not straddle two chunks.
const CHUNK_BITS: u32 = 20;
const CHUNK: usize = 1 << CHUNK_BITS;
const MAX_CHUNKS: usize = 1 << (32 - CHUNK_BITS);
/// Names this long or longer carry their length in four more bytes.
const LONG: u8 = u8::MAX;

#[derive(Debug, Default)]
pub(super) struct Names {
    chunks: Vec<Vec<u8>>,
}

impl Names {
    /// Stores a name; `None` when there is no room left for any more (4 GiB).
    pub(super) fn push(&mut self, name: &[u8]) -> Option<u32> {
        let needed = name.len() + 5;
        if self
            .chunks
            .last()
            .is_none_or(|chunk| chunk.len() + needed > CHUNK)
        {
            if self.chunks.len() == MAX_CHUNKS {
                return None;
            }
            self.chunks.push(Vec::with_capacity(CHUNK.max(needed)));
        }
        let number = self.chunks.len() - 1;
        let chunk = self.chunks.last_mut()?;
        let offset = u32::try_from(number << CHUNK_BITS | chunk.len()).ok()?;
        match u8::try_from(name.len()) {
            Ok(short) if short < LONG => chunk.push(short),
            _ => {
                chunk.push(LONG);
                chunk.extend_from_slice(&u32::try_from(name.len()).ok()?.to_le_bytes());
            }
        }
        chunk.extend_from_slice(name);
        Some(offset)
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
    fn names_of_any_length_come_back() {
        let mut names = Names::default();
        let lengths = [0, 1, 254, 255, 256, 4096, CHUNK - 5, CHUNK, 3 * CHUNK, 7];
        let stored: Vec<_> = lengths
            .iter()
            .map(|&len| (vec![b'x'; len], names.push(&vec![b'x'; len]).unwrap()))
            .collect();
        for (name, offset) in stored {
            assert_eq!(names.get(offset), name);
        }
    }
}
