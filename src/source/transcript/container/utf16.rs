//! UTF-16 text as UTF-8, decoded as it is read.

use std::io::{self, BufRead, Read};

/// A reader of UTF-16 with its byte order mark that gives UTF-8. Halves of pairs become `U+FFFD`.
pub(in super::super) struct Utf16<R> {
    input: R,
    big: Option<bool>,
    high: Option<u16>,
    ready: Vec<u8>,
    at: usize,
}

const BLOCK: usize = 8192;

impl<R: BufRead> Utf16<R> {
    pub(in super::super) fn new(input: R) -> Self {
        Self {
            input,
            big: None,
            high: None,
            ready: Vec::with_capacity(3 * BLOCK),
            at: 0,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.at = 0;
        let mut block = [0; BLOCK];
        let mut held = 0;
        while held < BLOCK {
            match self.input.read(&mut block[held..]) {
                Ok(0) => break,
                Ok(n) => held += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        for pair in block[..held].as_chunks::<2>().0 {
            let big = *self.big.get_or_insert(*pair == [0xfe, 0xff]);
            let unit = if big {
                u16::from_be_bytes(*pair)
            } else {
                u16::from_le_bytes(*pair)
            };
            self.unit(unit);
        }
        Ok(())
    }

    fn unit(&mut self, unit: u16) {
        let mut units = Vec::with_capacity(2);
        units.extend(self.high.take());
        if units.is_empty() && (0xd800..0xdc00).contains(&unit) {
            self.high = Some(unit);
            return;
        }
        units.push(unit);
        for c in char::decode_utf16(units) {
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            if c != '\u{feff}' {
                let bytes = c.encode_utf8(&mut [0; 4]).len();
                let mut buffer = [0; 4];
                c.encode_utf8(&mut buffer);
                self.ready.extend_from_slice(&buffer[..bytes]);
            }
        }
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() {
            self.refill()?;
            if self.ready.is_empty() && self.input.fill_buf()?.is_empty() {
                return Ok(0);
            }
        }
        let n = into.len().min(self.ready.len() - self.at);
        into[..n].copy_from_slice(&self.ready[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders_are_read() {
        let text = "PS C:\\> dir \u{1f600}ü\r\n";
        let mut little = vec![0xff, 0xfe];
        let mut big = vec![0xfe, 0xff];
        for unit in text.encode_utf16() {
            little.extend(unit.to_le_bytes());
            big.extend(unit.to_be_bytes());
        }
        big.push(0);
        for bytes in [little, big] {
            let mut read = String::new();
            Utf16::new(&bytes[..]).read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
        }
    }
}
