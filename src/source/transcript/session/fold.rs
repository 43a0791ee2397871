//! Rows that a terminal's edge has broken, in a text that was copied from its screen.
//!
//! Such a text has many lines that are exactly as wide as the screen was. Of those a row of output
//! is kept back until the next line tells: where that is no row and both together are one, the two
//! are one line. A blank at the edge is lost in the copy and is put back.
//!
//! Limits: names in columns are never broken so, and of two lines that are both rows nothing tells
//! whether the first is whole.

use super::super::evidence::LineNo;
use super::super::readers::Output;
use super::Session;
use super::block::Reader;

/// Narrower texts are not taken for copies of a screen.
const NARROWEST: usize = 40;

/// So many lines fill the screen, at least.
const FEWEST: usize = 3;

/// Longer rows are not put together.
const LONGEST: usize = 1 << 14;

/// A row that the next line may continue.
pub(super) struct Kept {
    text: Vec<u8>,
    line: LineNo,
    /// The columns of its last piece.
    width: usize,
    coloured: bool,
}

/// The width at which a text was broken, by the widths of its lines.
pub(in super::super) fn width_of(widths: impl Iterator<Item = usize>) -> Option<usize> {
    let (mut widest, mut count) = (0, 0);
    for width in widths {
        if width > widest {
            (widest, count) = (width, 0);
        }
        count += usize::from(width == widest);
    }
    (widest >= NARROWEST && count >= FEWEST).then_some(widest)
}

impl Session {
    /// The text was copied from a screen that was this wide.
    pub(in super::super) fn set_fold(&mut self, width: usize) {
        self.fold = Some(width);
        self.scene.width = Some(width);
    }

    /// Takes a line of output, which may be a part of one.
    pub(super) fn unfold(&mut self, output: Output<'_>) {
        let Some(fold) = self.fold else {
            return self.output(output);
        };
        if let Some(mut kept) = self.kept.take() {
            if self.goes_on(&mut kept, output.text, fold) {
                kept.width = output.width;
                return self.keep(kept, fold);
            }
            self.release(&kept);
        }
        let fills = output.width == fold || output.width + 1 == fold;
        if !fills || !self.block.reads_rows() {
            return self.output(output);
        }
        self.keep(
            Kept {
                text: output.text.to_vec(),
                line: output.line,
                width: output.width,
                coloured: output.coloured,
            },
            fold,
        );
    }

    /// Whether a line is the rest of the row that was kept, which it is then a part of.
    fn goes_on(&self, kept: &mut Kept, text: &[u8], fold: usize) -> bool {
        let word = text.split(|&b| b == b' ').next().unwrap_or_default();
        let reader = &self.block.reader;
        if text.is_empty() || word.ends_with(b":") || reader.accepts(text, 1) {
            return false;
        }
        let length = kept.text.len();
        if kept.width < fold {
            kept.text.push(b' ');
        }
        kept.text.extend_from_slice(text);
        let joins = kept.text.len() < LONGEST && reader.accepts(&kept.text, 1);
        if !joins {
            kept.text.truncate(length);
        }
        joins
    }

    fn keep(&mut self, kept: Kept, fold: usize) {
        if kept.width + 1 >= fold {
            self.kept = Some(kept);
        } else {
            self.release(&kept);
        }
    }

    fn release(&mut self, kept: &Kept) {
        self.output(Output {
            text: &kept.text,
            line: kept.line,
            width: kept.text.len(),
            coloured: kept.coloured,
        });
    }

    /// Gives out the row that was kept: nothing continues it.
    pub(super) fn release_kept(&mut self) {
        if let Some(kept) = self.kept.take() {
            self.release(&kept);
        }
    }
}

impl super::Block {
    /// Whether its output is rows of which each is a line.
    fn reads_rows(&self) -> bool {
        // The first line may as well continue the command.
        let rows = matches!(
            self.reader,
            Reader::Long(_)
                | Reader::Du(_)
                | Reader::Find(_)
                | Reader::Stat(_)
                | Reader::Store(_)
                | Reader::Hdfs(_)
                | Reader::Meter(_)
                | Reader::Tree(_)
                | Reader::Viewer(_)
        );
        rows && (self.lines > 0 || self.typed.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_breaks_many_lines_at_one_width() {
        for (widths, expected) in [
            (&[80, 80, 12, 80][..], Some(80)),
            (&[80, 80, 12], None),
            (&[80, 80, 80, 81], None),
            (&[20, 20, 20], None),
        ] {
            assert_eq!(width_of(widths.iter().copied()), expected, "{widths:?}");
        }
    }
}
