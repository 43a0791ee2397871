//! The rows on the screen, the cursor, and what moves and erases them.
//!
//! The main screen and the alternate one are a [`Grid`] each. A grid hands on every row before it
//! is lost: when it scrolls off the top, before it is cleared, and before a program goes back to
//! write over it. What it hands on twice was changed in between.

use std::collections::VecDeque;

use super::row::{Mark, Row, part_before};
use super::{Origin, Ready, width};

/// The cursor, and what DECSC keeps of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) row: usize,
    pub(super) column: usize,
    /// The last column was written, and the next character goes to the next row.
    pending: bool,
}

/// One screen.
pub(super) struct Grid {
    rows: VecDeque<Row>,
    /// Rows in use: below them nothing was ever written.
    used: usize,
    columns: usize,
    height: usize,
    pub(super) cursor: Cursor,
    pub(super) saved: Cursor,
    /// The scroll region: first row and the one after the last.
    region: (usize, usize),
    pub(super) autowrap: bool,
    /// The alternate screen: what it shows is a view, not a record.
    pub(super) alternate: bool,
    /// A program went back to rows that it had finished.
    jumped: bool,
    /// The next row handed on does not follow the one before.
    broken: bool,
    pub(super) out: Ready,
}

impl Grid {
    pub(super) fn new(columns: usize, height: usize, alternate: bool) -> Self {
        let mut rows = VecDeque::with_capacity(height);
        rows.resize_with(height, Row::default);
        Self {
            rows,
            used: 1,
            columns,
            height,
            cursor: Cursor::default(),
            saved: Cursor::default(),
            region: (0, height),
            autowrap: true,
            alternate,
            jumped: false,
            broken: alternate,
            out: Ready::default(),
        }
    }

    /// Makes it what it was when it was new, but for the size.
    pub(super) fn reset(&mut self) {
        self.rows.range_mut(..self.used).for_each(Row::clear);
        (self.used, self.region) = (1, (0, self.height));
        (self.cursor, self.saved) = (Cursor::default(), Cursor::default());
        (self.autowrap, self.jumped, self.broken) = (true, false, self.alternate);
    }

    fn row(&mut self) -> &mut Row {
        let at = self.cursor.row;
        self.used = self.used.max(at + 1);
        &mut self.rows[at]
    }

    /// The row that the cursor is on, for text that fills it from the start; `None` where the row
    /// or what lies below it holds something.
    pub(super) fn fresh_row(&mut self) -> Option<&mut Row> {
        let at = self.cursor;
        let is_fresh = at.column == 0
            && !self.jumped
            && at.row + 1 >= self.used
            && self.rows[at.row].is_empty()
            && self.region == (0, self.height);
        is_fresh.then(|| self.row())
    }

    // ---- handing on ---------------------------------------------------------------------------

    fn hand_on(&mut self, at: usize, ended: bool, taken: bool) {
        let row = &mut self.rows[at];
        if row.handed {
            return;
        }
        row.handed = true;
        let from = Origin {
            alternate: self.alternate,
            broken: std::mem::take(&mut self.broken),
            ended: ended || row.ended,
        };
        self.out.push(row, self.columns, from, taken);
    }

    /// Hands on all rows as they stand. A last row that no line feed has ended is being written or
    /// typed, so it stays, unless `all`.
    pub(super) fn commit(&mut self, all: bool) {
        let mut end = self.used;
        while end > 0 && self.rows[end - 1].is_empty() && !self.rows[end - 1].ended {
            end -= 1;
        }
        let last = end;
        if !all && end > 0 && !self.rows[end - 1].ended {
            end -= 1;
            while end > 0 && self.rows[end - 1].wrapped {
                end -= 1;
            }
        }
        for at in 0..end {
            self.hand_on(at, at + 1 < last, false);
        }
        self.out.finish_line();
    }

    /// What follows does not continue what was handed on.
    pub(super) fn break_off(&mut self) {
        self.broken = true;
    }

    /// Rows that had been finished are about to be written over.
    fn before_change(&mut self) {
        if std::mem::take(&mut self.jumped) {
            let at = self.cursor.row;
            if at + 1 < self.used && !self.rows[at].is_empty() {
                self.commit(self.alternate);
                self.break_off();
            }
        }
    }

    // ---- writing ------------------------------------------------------------------------------

    pub(super) fn print(&mut self, c: char, line: u64) {
        self.before_change();
        let wide = width::columns(c);
        if wide == 0 {
            let column = self
                .cursor
                .column
                .saturating_sub(usize::from(!self.cursor.pending));
            self.row().put_mark(column, c);
            return;
        }
        let last = self.columns - 1;
        if self.cursor.pending || (wide == 2 && self.cursor.column == last && self.autowrap) {
            self.cursor.pending = false;
            self.row().wrapped = true;
            self.cursor.column = 0;
            self.index();
        }
        let column = self.cursor.column.min(self.columns.saturating_sub(wide));
        self.row().put(column, c, wide, line);
        if column + wide > last {
            self.cursor.column = last;
            self.cursor.pending = self.autowrap;
        } else {
            self.cursor.column = column + wide;
        }
    }

    /// Printable ASCII: what [`Grid::print`] does for each byte, a row at a time.
    pub(super) fn print_text(&mut self, text: &[u8], line: u64) {
        self.before_change();
        let last = self.columns - 1;
        let mut rest = text;
        while !rest.is_empty() {
            if self.cursor.pending {
                self.cursor.pending = false;
                self.row().wrapped = true;
                self.cursor.column = 0;
                self.index();
            }
            let column = self.cursor.column.min(last);
            let (now, later) = rest.split_at(rest.len().min(self.columns - column));
            self.row().put_text(column, now, line);
            if column + now.len() > last {
                self.cursor.column = last;
                self.cursor.pending = self.autowrap;
            } else {
                self.cursor.column = column + now.len();
            }
            rest = later;
        }
    }

    pub(super) fn tab(&mut self, line: u64) {
        self.before_change();
        let from = self.cursor.column;
        let to = ((from / 8 + 1) * 8).min(self.columns - 1);
        if to > from {
            self.row().tab(from, to, line);
            self.cursor.column = to;
        }
    }

    pub(super) fn back(&mut self) {
        self.cursor.pending = false;
        self.cursor.column = self.cursor.column.saturating_sub(1);
    }

    pub(super) fn carriage_return(&mut self) {
        self.cursor.pending = false;
        self.cursor.column = 0;
    }

    pub(super) fn line_feed(&mut self, line: u64) {
        self.cursor.pending = false;
        let row = self.row();
        if row.is_empty() || row.line == 0 {
            row.line = line;
        }
        // A line editor that goes down over a long command leaves it one line.
        if !self.goes_on() {
            let row = self.row();
            row.wrapped = false;
            row.ended = true;
        }
        self.index();
    }

    /// Whether the row was wrapped onto the next one, and what came of that stands there still.
    fn goes_on(&mut self) -> bool {
        let next = self.rows.get(self.cursor.row + 1);
        let is_there = next.is_some_and(|next| !next.is_empty());
        is_there && self.row().wrapped
    }

    /// Down by one row; at the end of the region everything moves up.
    fn index(&mut self) {
        let at = self.cursor.row;
        if at + 1 == self.region.1 {
            self.scroll_up(1);
        } else if at + 1 < self.height {
            self.cursor.row += 1;
        }
        self.used = self.used.max(self.cursor.row + 1);
    }

    /// Up by one row; at the start of the region everything moves down.
    pub(super) fn reverse_index(&mut self) {
        self.cursor.pending = false;
        if self.cursor.row == self.region.0 {
            self.scroll_down(1);
        } else {
            self.cursor.row = self.cursor.row.saturating_sub(1);
        }
    }

    /// Moves the rows of the region up; those that leave at the top of the screen are handed on.
    /// Below the rows in use there is nothing to move.
    pub(super) fn scroll_up(&mut self, n: usize) {
        let (top, end) = self.region;
        let whole = (top, end) == (0, self.height);
        if whole && n == 1 {
            self.hand_on(0, true, true);
            self.rows.rotate_left(1);
            self.rows[end - 1].clear();
            return;
        }
        let end = end.min(self.used);
        let n = n.min(end.saturating_sub(top));
        for at in top..top + n {
            if top == 0 {
                self.hand_on(at, true, true);
            } else if !self.rows[at].is_empty() && !self.rows[at].handed {
                self.commit(false);
            }
        }
        if n > 0 {
            self.rows.make_contiguous()[top..end].rotate_left(n);
            self.rows.range_mut(end - n..end).for_each(Row::clear);
            if end == self.used {
                self.used = (end - n).max(self.cursor.row + 1);
            }
        }
    }

    /// Moves the rows of the region down; those at its end are handed on before they are lost.
    pub(super) fn scroll_down(&mut self, n: usize) {
        let (top, end) = self.region;
        let n = n.min(end - top);
        // What stands there goes first, as what comes above it is not of the same listing; rows
        // below those in use hold nothing to be moved.
        let used = self.rows.range(..self.used);
        if used.into_iter().any(|row| !row.is_empty() && !row.handed) {
            self.commit(self.alternate);
        }
        self.break_off();
        let end = end.min(self.used.max(top) + n);
        self.rows.make_contiguous()[top..end].rotate_right(n);
        self.rows.range_mut(top..top + n).for_each(Row::clear);
        if self.used > top {
            self.used = (self.used + n).min(self.height);
        }
    }

    /// IL and DL: scrolling from the cursor's row on.
    pub(super) fn shift_lines(&mut self, n: usize, down: bool) {
        let region = self.region;
        if self.cursor.row < region.0 || self.cursor.row >= region.1 {
            return;
        }
        self.region.0 = self.cursor.row;
        if down {
            self.scroll_down(n);
        } else {
            self.scroll_up(n);
        }
        self.region = region;
        self.carriage_return();
    }

    // ---- moving -------------------------------------------------------------------------------

    pub(super) fn up(&mut self, n: usize) {
        self.cursor.pending = false;
        let top = if self.cursor.row >= self.region.0 {
            self.region.0
        } else {
            0
        };
        self.cursor.row = self.cursor.row.saturating_sub(n).max(top);
    }

    pub(super) fn down(&mut self, n: usize) {
        self.cursor.pending = false;
        let end = if self.cursor.row < self.region.1 {
            self.region.1
        } else {
            self.height
        };
        self.cursor.row = self.cursor.row.saturating_add(n).min(end - 1);
    }

    pub(super) fn left(&mut self, n: usize) {
        self.cursor.pending = false;
        self.cursor.column = self.cursor.column.saturating_sub(n);
    }

    pub(super) fn right(&mut self, n: usize) {
        self.cursor.pending = false;
        self.cursor.column = self.cursor.column.saturating_add(n).min(self.columns - 1);
    }

    pub(super) fn go_to_column(&mut self, column: usize) {
        self.cursor.pending = false;
        self.cursor.column = column.min(self.columns - 1);
    }

    /// An absolute row: a program that goes back to a finished one starts another view.
    pub(super) fn go_to_row(&mut self, row: usize) {
        self.cursor.pending = false;
        let row = row.min(self.height - 1);
        self.jumped |= row != self.cursor.row;
        self.cursor.row = row;
    }

    pub(super) fn restore(&mut self) {
        let saved = self.saved;
        self.go_to_row(saved.row);
        self.go_to_column(saved.column);
    }

    pub(super) fn set_region(&mut self, top: usize, end: usize) {
        let end = end.min(self.height);
        if top + 1 < end {
            self.region = (top, end);
            self.go_to_row(0);
            self.go_to_column(0);
        }
    }

    // ---- erasing ------------------------------------------------------------------------------

    /// ED: below the cursor, above it, or everything.
    pub(super) fn erase_screen(&mut self, mode: u16) {
        let Cursor { row, column, .. } = self.cursor;
        let whole = mode >= 2 || (mode == 0 && (row, column) == (0, 0));
        if whole {
            self.jumped = false;
            self.commit(self.alternate);
            self.break_off();
            self.rows.range_mut(..self.used).for_each(Row::clear);
            self.used = row + 1;
            return;
        }
        if mode == 0 {
            self.erase_line(0);
            let end = self.used.max(row + 1);
            self.rows.range_mut(row + 1..end).for_each(Row::clear);
            self.used = self.used.min(row + 1);
        } else {
            let end = self.used.min(row);
            if self.rows.range(..end).any(|above| !above.is_empty()) {
                self.commit(self.alternate);
                self.break_off();
            }
            self.rows.range_mut(..end).for_each(Row::clear);
            self.erase_line(1);
        }
    }

    /// EL: to the right of the cursor, to its left, or the whole row.
    pub(super) fn erase_line(&mut self, mode: u16) {
        self.before_change();
        let column = self.cursor.column;
        if self.cursor.pending && mode == 0 {
            return;
        }
        let row = self.row();
        match mode {
            0 => row.erase(column, usize::MAX),
            1 => row.erase(0, column + 1),
            _ => row.erase(0, usize::MAX),
        }
        if mode != 1 {
            row.wrapped = false;
        }
    }

    /// ECH.
    pub(super) fn erase_characters(&mut self, n: usize) {
        self.before_change();
        self.cursor.pending = false;
        let column = self.cursor.column;
        self.row().erase(column, column.saturating_add(n));
    }

    /// DCH: what is right of the cursor moves left.
    pub(super) fn delete_characters(&mut self, n: usize) {
        self.before_change();
        self.cursor.pending = false;
        let column = self.cursor.column;
        let cells = self.row().cells();
        let end = column.saturating_add(n).min(cells.len());
        if column < end {
            part_before(cells, column);
            part_before(cells, end);
            cells.drain(column..end);
        }
    }

    /// ICH: what is right of the cursor moves right.
    pub(super) fn insert_characters(&mut self, n: usize) {
        self.before_change();
        self.cursor.pending = false;
        let (column, columns) = (self.cursor.column, self.columns);
        let cells = self.row().cells();
        if column < cells.len() {
            let n = n.min(columns - column);
            part_before(cells, column);
            cells.splice(column..column, std::iter::repeat_n(super::row::EMPTY, n));
            cells.truncate(columns);
        }
    }

    // ---- the rest -----------------------------------------------------------------------------

    /// Notes a sequence that takes no room but may stand inside of a name.
    pub(super) fn touch(&mut self) {
        self.row().coloured = true;
    }

    pub(super) fn mark(&mut self) -> &mut Mark {
        self.row().mark.get_or_insert_default()
    }

    pub(super) fn has_mark(&mut self) -> bool {
        self.row().mark.is_some()
    }

    /// Whether any row has a mark.
    pub(super) fn is_marked(&self) -> bool {
        let mut rows = self.rows.range(..self.used);
        rows.any(|row| row.mark.is_some())
    }

    /// Takes back the marks below the row on which a line editor ended.
    pub(super) fn forget_carried(&mut self) {
        let is_carried = |row: &Row| row.mark.as_ref().is_some_and(|mark| mark.carried);
        for row in self.rows.range_mut(self.cursor.row..) {
            if is_carried(row) {
                row.mark = None;
            }
        }
    }

    /// REP: the character before the cursor again.
    pub(super) fn repeat(&mut self, last: char, n: usize, line: u64) {
        let n = n.min(self.columns);
        if matches!(last, ' '..='~') {
            // One byte a column, as `print` has it.
            let text = vec![u8::try_from(last).unwrap_or(b' '); n];
            return self.print_text(&text, line);
        }
        for _ in 0..n {
            self.print(last, line);
        }
    }

    /// Another size. Rows keep their text; those that no longer fit are handed on.
    pub(super) fn resize(&mut self, columns: usize, height: usize) {
        while self.rows.len() > height {
            if self.cursor.row + 1 < self.rows.len() && self.used < self.rows.len() {
                self.rows.pop_back();
            } else {
                self.hand_on(0, true, true);
                self.rows.pop_front();
                self.cursor.row = self.cursor.row.saturating_sub(1);
                self.used = self.used.saturating_sub(1).max(1);
            }
        }
        self.rows.resize_with(height, Row::default);
        for row in &mut self.rows {
            if row.raw_text().is_none() && row.cells().len() > columns {
                let handed = row.handed;
                row.cells().truncate(columns);
                row.handed = handed;
            }
        }
        (self.columns, self.height) = (columns, height);
        self.region = (0, height);
        self.used = self.used.min(height);
        self.cursor.row = self.cursor.row.min(height - 1);
        self.cursor.column = self.cursor.column.min(columns - 1);
        self.cursor.pending = false;
    }
}
