//! One row of the screen: what its cells hold, and what else must not be forgotten.

/// One column. A character, or one of the marks below; a byte that is not UTF-8 is kept as a
/// number above all characters, so that a name comes out as it went in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell(u32);

/// Nothing was ever written here.
pub(super) const EMPTY: Cell = Cell(0);
/// A tab began here, over nothing.
const TAB: Cell = Cell(1);
/// A tab, or a wide character, goes on here.
pub(super) const FILL: Cell = Cell(2);
/// Bytes that are not UTF-8 begin here.
const BYTES: u32 = 0x11_0000;

/// Characters that stand for bytes which are not UTF-8, on their way through the parser, which
/// only knows characters. The last plane's last rows are for private use.
pub(super) const STAND_INS: u32 = 0x10_ff00;

impl Cell {
    pub(super) fn of(c: char) -> Self {
        let code = u32::from(c);
        match code.checked_sub(STAND_INS) {
            Some(byte) => Self(BYTES + byte),
            None => Self(code),
        }
    }

    fn write(self, text: &mut Vec<u8>) {
        match self {
            EMPTY => text.push(b' '),
            TAB => text.push(b'\t'),
            FILL => {}
            Self(code @ 0x20..0x7f) => text.push(code.to_le_bytes()[0]),
            Self(code) => match char::from_u32(code) {
                Some(c) => text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                None => text.push(u8::try_from(code - BYTES).unwrap_or(b'?')),
            },
        }
    }
}

/// What a line editor, or the shell behind it, said of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Mark {
    /// A line editor took the terminal on this row: it is a prompt's.
    pub(in super::super) prompt: bool,
    /// Where what the user types begins: a column on the screen, a byte in a finished line.
    pub(in super::super) input: Option<usize>,
    /// Where the line ends that is read as a prompt, in bytes: beyond it stands what a shell shows at
    /// the right edge.
    pub(in super::super) left: Option<usize>,
    /// The line editor was there already on the row above.
    pub(in super::super) carried: bool,
    /// The directory that the shell named, as `file://host/path` or a bare path.
    pub(in super::super) place: Option<Vec<u8>>,
}

/// One row. Most are written once, from left to right, and kept as the bytes that they were.
#[derive(Default)]
pub(super) struct Row {
    /// The text, while nothing but that was ever written; then `cells` is empty.
    raw: Vec<u8>,
    /// Each byte of that text is a column: it was put there as printable ASCII.
    even: bool,
    cells: Vec<Cell>,
    /// Characters without a column of their own, after the column that they belong to.
    marks_on: Vec<(usize, char)>,
    /// The text goes on in the row below, because it reached the edge.
    pub(super) wrapped: bool,
    /// The line in the recording on which its first character stands.
    pub(super) line: u64,
    /// Sequences that take no room stood in it.
    pub(super) coloured: bool,
    /// It was handed on as it is now.
    pub(super) handed: bool,
    /// A line feed ended it.
    pub(super) ended: bool,
    pub(super) mark: Option<Box<Mark>>,
}

/// More marks than this on one row are no text.
const MOST_MARKS: usize = 512;

impl Row {
    pub(super) fn is_empty(&self) -> bool {
        self.raw.is_empty() && self.cells.is_empty() && self.mark.is_none()
    }

    pub(super) fn clear(&mut self) {
        self.raw.clear();
        self.even = false;
        self.cells.clear();
        self.marks_on.clear();
        self.wrapped = false;
        self.line = 0;
        self.coloured = false;
        self.handed = false;
        self.ended = false;
        self.mark = None;
    }

    /// Sets the whole text of a row on which nothing stands.
    pub(super) fn set_raw(&mut self, line: u64) -> &mut Vec<u8> {
        self.line = line;
        self.handed = false;
        self.even = false;
        &mut self.raw
    }

    /// The text of a row that is still as it came, to be taken.
    pub(super) fn raw_text(&mut self) -> Option<&mut Vec<u8>> {
        self.cells.is_empty().then_some(&mut self.raw)
    }

    /// The cells, made from the text if need be.
    pub(super) fn cells(&mut self) -> &mut Vec<Cell> {
        self.spread_out();
        self.handed = false;
        &mut self.cells
    }

    /// Has the text take its columns, unless each of its bytes is one.
    pub(super) fn line_up(&mut self) {
        if !self.even {
            self.spread_out();
        }
    }

    fn spread_out(&mut self) {
        self.even = false;
        if !self.raw.is_empty() {
            let raw = std::mem::take(&mut self.raw);
            for chunk in raw.utf8_chunks() {
                for c in chunk.valid().chars() {
                    self.spread(c);
                }
                let bad = chunk.invalid().iter();
                self.cells.extend(bad.map(|&b| Cell(BYTES + u32::from(b))));
            }
        }
    }

    fn spread(&mut self, c: char) {
        let at = self.cells.len();
        if c == '\t' {
            let next = (at / 8 + 1) * 8;
            self.cells.push(TAB);
            self.cells.resize(next, FILL);
            return;
        }
        match super::width::columns(c) {
            0 => self.put_mark(at.saturating_sub(1), c),
            n => {
                self.cells.push(Cell::of(c));
                self.cells.resize(at + n, FILL);
            }
        }
    }

    /// Writes printable ASCII.
    pub(super) fn put_text(&mut self, at: usize, text: &[u8], line: u64) {
        if self.is_empty() || self.line == 0 {
            self.line = line;
        }
        let was_blank = self.raw.is_empty() && self.cells.is_empty();
        let is_even = if was_blank { at == 0 } else { self.even };
        if is_even && self.marks_on.is_empty() && at <= self.raw.len() {
            self.even = true;
            self.handed = false;
            let over = text.len().min(self.raw.len() - at);
            self.raw[at..at + over].copy_from_slice(&text[..over]);
            self.raw.extend_from_slice(&text[over..]);
            return;
        }
        let end = at + text.len();
        let cells = self.cells();
        take_apart(cells, at);
        take_apart(cells, end - 1);
        if cells.len() < end {
            cells.resize(end, EMPTY);
        }
        for (cell, &byte) in cells[at..end].iter_mut().zip(text) {
            *cell = Cell(u32::from(byte));
        }
        self.marks_on
            .retain(|&(column, _)| column < at || column >= end);
    }

    /// Writes one character of one or two columns.
    pub(super) fn put(&mut self, at: usize, c: char, width: usize, line: u64) {
        if self.is_empty() || self.line == 0 {
            self.line = line;
        }
        let cells = self.cells();
        take_apart(cells, at);
        take_apart(cells, at + width - 1);
        if cells.len() < at + width {
            cells.resize(at + width, EMPTY);
        }
        cells[at] = Cell::of(c);
        if width == 2 {
            cells[at + 1] = FILL;
        }
        self.marks_on.retain(|&(column, _)| column != at);
    }

    /// Writes a character that stands on the one in that column.
    pub(super) fn put_mark(&mut self, at: usize, c: char) {
        if self.is_empty() {
            // There is nothing that it could stand on.
        } else if self.marks_on.len() < MOST_MARKS {
            self.spread_out();
            self.marks_on.push((at, c));
        } else {
            self.coloured = true;
        }
    }

    /// A tab from one column to another, which leaves what stands there as it is.
    pub(super) fn tab(&mut self, from: usize, to: usize, line: u64) {
        if self.is_empty() || self.line == 0 {
            self.line = line;
        }
        let cells = self.cells();
        if cells.len() > from && cells[from..].iter().take(to - from).any(|&c| c != EMPTY) {
            return;
        }
        cells.resize(cells.len().max(to), EMPTY);
        cells[from] = TAB;
        cells[from + 1..to].fill(FILL);
    }

    /// Erases columns; what is right of the last one written is not there.
    pub(super) fn erase(&mut self, from: usize, to: usize) {
        if self.even && to >= self.raw.len() {
            self.raw.truncate(from);
            self.handed = false;
            return;
        }
        let cells = self.cells();
        let to = to.min(cells.len());
        if from < to {
            take_apart(cells, from);
            take_apart(cells, to - 1);
            cells[from..to].fill(EMPTY);
        }
        while cells.last() == Some(&EMPTY) {
            cells.pop();
        }
        self.marks_on
            .retain(|&(column, _)| column < from || column >= to);
    }

    /// Where the part of a prompt's row ends, in bytes, beside which a shell shows something at the
    /// right edge: that stands beyond columns which were only skipped, and what a user types
    /// leaves none out.
    pub(super) fn left_part(&self, input: usize, columns: usize) -> Option<usize> {
        if self.cells.len() + 3 < columns || self.wrapped {
            return None;
        }
        let gap = self.cells.iter().rposition(|&cell| cell == EMPTY)?;
        let typed = self.cells[..gap].iter().rposition(|&cell| cell != EMPTY);
        let typed = typed.map_or(0, |at| at + 1);
        if typed + 1 < input {
            return None;
        }
        self.write(&mut Vec::new(), Some(typed.max(input).min(gap)))
    }

    /// Appends the text to `text`; columns that were only skipped are blanks. Gives the byte that
    /// stands in the column `input`.
    pub(super) fn write(&self, text: &mut Vec<u8>, input: Option<usize>) -> Option<usize> {
        let begin = text.len();
        if self.cells.is_empty() {
            text.extend_from_slice(&self.raw);
            return input.map(|column| begin + column.min(self.raw.len()));
        }
        if self.marks_on.is_empty() && input.is_none() {
            self.write_runs(text);
            return None;
        }
        let mut byte = None;
        let mut marks = self.marks_on.clone();
        marks.sort_by_key(|&(at, _)| at);
        let mut marks = marks.into_iter().peekable();
        for (column, cell) in self.cells.iter().enumerate() {
            if input == Some(column) {
                byte = Some(text.len());
            }
            cell.write(text);
            while let Some((_, c)) = marks.next_if(|&(at, _)| at <= column) {
                text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        byte.or(input.map(|_| text.len()))
    }

    /// Appends the cells, of which long runs may be blank.
    fn write_runs(&self, text: &mut Vec<u8>) {
        for run in self.cells.chunk_by(|a, b| (*a == EMPTY) == (*b == EMPTY)) {
            if run[0] == EMPTY {
                text.resize(text.len() + run.len(), b' ');
            } else {
                run.iter().for_each(|cell| cell.write(text));
            }
        }
    }
}

/// What takes several columns, a tab or a wide character, is gone when one of them changes.
fn take_apart(cells: &mut [Cell], at: usize) {
    if at >= cells.len() {
        return;
    }
    let start = cells[..=at].iter().rposition(|&c| c != FILL).unwrap_or(0);
    let after = cells[at + 1..].iter().take_while(|&&c| c == FILL).count();
    if start < at || after > 0 {
        cells[start..=at + after].fill(EMPTY);
    }
}

/// Parts what takes several columns, so that nothing of it crosses the left edge of this one.
pub(super) fn part_before(cells: &mut [Cell], at: usize) {
    if cells.get(at) == Some(&FILL) {
        take_apart(cells, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(row: &Row) -> String {
        let mut text = Vec::new();
        row.write(&mut text, None);
        text.escape_ascii().to_string()
    }

    #[test]
    fn rows_give_back_what_was_put_in() {
        let mut row = Row::default();
        row.set_raw(3)
            .extend_from_slice("12\t日x\u{301}".as_bytes());
        row.raw.push(0xe9);
        let before = text(&row);
        row.cells();
        assert_eq!(text(&row), before);
        row.put(12, 'z', 1, 4);
        assert!(text(&row).ends_with("\\xe9z"), "{}", text(&row));
        assert_eq!(row.line, 3);
    }

    #[test]
    fn what_is_erased_is_not_there() {
        let mut row = Row::default();
        for (at, c) in "abc ".chars().enumerate() {
            row.put(at, c, 1, 1);
        }
        assert_eq!(text(&row), "abc ");
        row.erase(1, 2);
        assert_eq!(text(&row), "a c ");
        row.erase(1, usize::MAX);
        assert_eq!(text(&row), "a");
        row.tab(1, 8, 1);
        row.put(8, 'b', 1, 1);
        assert_eq!(text(&row), "a\\tb");
        row.tab(0, 8, 1);
        assert_eq!(text(&row), "a\\tb");
    }
}
