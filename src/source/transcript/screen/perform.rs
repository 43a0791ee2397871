//! What the parser found, done to the screen.

use vte::{Params, Perform};

use super::grid::{Cursor, Grid};
use super::{Terminal, osc};

impl Perform for Terminal {
    fn print(&mut self, c: char) {
        if c == '\x7f' {
            self.grid.touch();
            return;
        }
        self.last = c;
        let line = self.line;
        self.grid.print(c, line);
    }

    fn execute(&mut self, byte: u8) {
        let line = self.line;
        match byte {
            8 => self.grid.back(),
            b'\t' => self.grid.tab(line),
            b'\n' | 0x0b | 0x0c | 0x84 => self.line_feed(),
            0x85 => {
                self.grid.carriage_return();
                self.line_feed();
            }
            b'\r' => self.grid.carriage_return(),
            0x8d => self.grid.reverse_index(),
            0x80.. => self.grid.touch(),
            _ => {}
        }
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _bell_terminated: bool) {
        if let Some(sign) = osc::read(params) {
            self.sign(sign);
        } else if self.grid.cursor.column > 0 {
            self.grid.touch();
        }
    }

    fn hook(&mut self, _params: &Params, _intermediates: &[u8], _ignore: bool, _action: char) {
        self.grid.touch();
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], _ignore: bool, action: char) {
        let at = |n: usize| params.iter().nth(n).and_then(|p| p.first().copied());
        // An absent parameter and a zero are one.
        let count = |n: usize| usize::from(at(n).unwrap_or(0).max(1));
        let line = self.line;
        if intermediates == b"?" {
            if matches!(action, 'h' | 'l') {
                for mode in params {
                    self.mode(mode.first().copied().unwrap_or(0), action == 'h');
                }
            }
            return;
        }
        if !intermediates.is_empty() {
            return;
        }
        let grid = &mut self.grid;
        match action {
            'A' => grid.up(count(0)),
            'B' | 'e' => grid.down(count(0)),
            'C' | 'a' => grid.right(count(0)),
            'D' => grid.left(count(0)),
            'E' => {
                grid.down(count(0));
                grid.carriage_return();
            }
            'F' => {
                grid.up(count(0));
                grid.carriage_return();
            }
            'G' | '`' => grid.go_to_column(count(0) - 1),
            'd' => grid.go_to_row(count(0) - 1),
            'H' | 'f' => {
                grid.go_to_row(count(0) - 1);
                grid.go_to_column(count(1) - 1);
            }
            'J' => self.erase_screen(at(0).unwrap_or(0)),
            'K' => grid.erase_line(at(0).unwrap_or(0)),
            'X' => grid.erase_characters(count(0)),
            'P' => grid.delete_characters(count(0)),
            '@' => grid.insert_characters(count(0)),
            'L' => grid.shift_lines(count(0), true),
            'M' => grid.shift_lines(count(0), false),
            'S' => grid.scroll_up(count(0)),
            'T' => grid.scroll_down(count(0)),
            'b' => grid.repeat(self.last, count(0), line),
            'r' => {
                let end = at(1).filter(|&end| end > 0).unwrap_or(u16::MAX);
                grid.set_region(count(0) - 1, usize::from(end));
            }
            's' => grid.saved = grid.cursor,
            'u' => grid.restore(),
            'm' => grid.touch(),
            // A shell without a line editor's marks asks where the cursor is at each prompt.
            'n' if at(0) == Some(6) && self.grid.cursor.column > 0 => self.note_input(),
            _ => {}
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _ignore: bool, byte: u8) {
        match (intermediates, byte) {
            ([], b'7') => self.grid.saved = self.grid.cursor,
            ([], b'8') => self.grid.restore(),
            ([], b'D') => self.line_feed(),
            ([], b'E') => {
                self.grid.carriage_return();
                self.line_feed();
            }
            ([], b'M') => self.grid.reverse_index(),
            ([], b'c') => {
                self.leave_alternate();
                self.grid.erase_screen(2);
                self.grid.cursor = Cursor::default();
                self.grid.set_region(0, usize::MAX);
            }
            _ => {}
        }
    }
}

impl Terminal {
    fn mode(&mut self, mode: u16, on: bool) {
        match (mode, on) {
            (7, _) => self.grid.autowrap = on,
            (47 | 1047 | 1049, true) => self.enter_alternate(),
            (47 | 1047 | 1049, false) => self.leave_alternate(),
            (2004, true) => self.begin_input(),
            (2004, false) => self.end_input(),
            _ => {}
        }
    }

    fn enter_alternate(&mut self) {
        if self.below.is_none() {
            self.grid.commit(false);
            let new = || Grid::new(self.columns, self.height, true);
            let mut other = self.spare.take().unwrap_or_else(new);
            std::mem::swap(&mut other.out, &mut self.grid.out);
            self.below = Some(std::mem::replace(&mut self.grid, other));
        }
    }

    pub(super) fn leave_alternate(&mut self) {
        if let Some(mut main) = self.below.take() {
            self.grid.commit(true);
            std::mem::swap(&mut main.out, &mut self.grid.out);
            let mut other = std::mem::replace(&mut self.grid, main);
            other.reset();
            self.spare = Some(other);
        }
    }
}
