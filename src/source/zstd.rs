//! Compressed exports and recordings: zstd frames, one after another, decoded as they are read.
//!
//! This is the one door to `ruzstd`. Its memory is bounded by the frame's window, of which at
//! most 128 MiB are accepted (`zstd --long=27`).

use std::error::Error;
use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// What a frame begins with.
pub(super) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The bytes behind a stream of frames. Input that ends inside a frame is
/// [`io::ErrorKind::UnexpectedEof`].
pub(super) struct Frames<R> {
    input: R,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> Frames<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            decoder: FrameDecoder::new(),
            in_frame: false,
        }
    }

    /// Begins the next frame; `false` where there is none.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            if self.input.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.reset(&mut self.input) {
                Ok(()) => {
                    self.in_frame = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => self.skip(u64::from(length))?,
                Err(e) => return Err(Self::failed(&e)),
            }
        }
    }

    fn skip(&mut self, length: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.input.by_ref().take(length), &mut io::sink())?;
        if skipped < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    fn failed(error: &FrameDecoderError) -> io::Error {
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = cause {
            if let Some(io::ErrorKind::UnexpectedEof) =
                error.downcast_ref::<io::Error>().map(io::Error::kind)
            {
                return io::ErrorKind::UnexpectedEof.into();
            }
            cause = error.source();
        }
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("the zstd data is damaged: {error}"),
        )
    }

    /// Compares the frame's checksum, where it has one.
    fn check(&self) -> io::Result<()> {
        match (
            self.decoder.get_checksum_from_data(),
            self.decoder.get_calculated_checksum(),
        ) {
            (Some(said), Some(found)) if said != found => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the zstd data is damaged: its checksum does not match",
            )),
            _ => Ok(()),
        }
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.in_frame && !self.next_frame()? {
                return Ok(0);
            }
            let read = self.decoder.read(buf)?;
            if read > 0 {
                return Ok(read);
            }
            if self.decoder.is_finished() {
                self.check()?;
                self.in_frame = false;
                continue;
            }
            let one = BlockDecodingStrategy::UptoBlocks(1);
            if let Err(e) = self.decoder.decode_blocks(&mut self.input, one) {
                return Err(Self::failed(&e));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn decoded(data: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        Frames::new(data).read_to_end(&mut out).map(|_| out)
    }

    fn sample() -> Vec<u8> {
        (0..20_000u32)
            .flat_map(|i| (i / 7).to_string().into_bytes())
            .collect()
    }

    #[test]
    fn frames_follow_each_other() {
        let text = sample();
        let frame = compress_to_vec(&text[..], CompressionLevel::Fastest);
        let skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, b'a', b'b', b'c'];
        let stored = compress_to_vec(&b"tail"[..], CompressionLevel::Uncompressed);
        let all = [&frame[..], &skippable, &stored].concat();
        assert_eq!(decoded(&all).unwrap(), [&text[..], b"tail"].concat());
        assert_eq!(decoded(&frame).unwrap(), text);
    }

    #[test]
    fn a_cut_is_told_from_damage() {
        let frame = compress_to_vec(&sample()[..], CompressionLevel::Fastest);
        for len in [1, 5, 9, frame.len() / 2, frame.len() - 1] {
            let error = decoded(&frame[..len]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{len}: {error}");
        }
        let mut damaged = [&frame[..], b"more"].concat();
        assert_eq!(
            decoded(&damaged).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
        damaged.truncate(frame.len());
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0x55;
        assert!(decoded(&damaged).is_err() || decoded(&damaged).unwrap() != sample());
    }
}
