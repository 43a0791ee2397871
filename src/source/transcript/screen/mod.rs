//! From a terminal's bytes to the lines that stood on it.
//!
//! A small terminal over the `vte` parser, made for evidence rather than for looking at:
//!
//! * no row is lost: it is handed on when it scrolls off, before it is cleared, before a program
//!   goes back to write over it, and when the alternate screen is left;
//! * a tab stays a tab, since `du` separates by one, and rows that were broken by the edge of the
//!   screen are joined again;
//! * every line knows on which line of the recording it began, whether it was on the alternate
//!   screen, whether it follows the line before, and what a shell said of it ([`Mark`]);
//! * bytes that are not UTF-8 come out as they went in.
//!
//! Most lines are plain text on a fresh row. They are kept as they are and never become cells, nor
//! do rows of ASCII that are written over, such as a progress bar's; and what is no sequence goes
//! past the parser. A test holds all three ways to the same lines.
//! Memory is the screen, of which the size is bounded, and one line of at most [`LONGEST`] bytes.
//!
//! The movements are those of DEC's VT510 manual and of xterm's "control sequences"; the parser's
//! states are Paul Williams'. Left out, as they move no text: character sets, colours, margins at
//! the sides, origin mode, settable tab stops.

mod grid;
mod osc;
mod perform;
mod row;
mod width;

use std::borrow::Cow;

use vte::{Parser, Perform as _};

use grid::Grid;
pub(super) use row::Mark;
use row::{Row, STAND_INS};

/// Longer lines are cut: they are no listing, and one of them must not fill the memory.
const LONGEST: usize = 1 << 20;

/// What an operating system command holds at most; the rest of a longer one is passed over, and a
/// path so long is taken for none.
const LONGEST_COMMAND: usize = 16 << 10;
const _: () = assert!(LONGEST_COMMAND > 2 * osc::LONGEST - 64);

/// A screen is at most this wide and high.
const WIDEST: usize = 4096;
const HIGHEST: usize = 1024;

/// A line as it stood on the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: Vec<u8>,
    /// The line of the recording on which it begins.
    pub(super) number: u64,
    /// Sequences that take no room stood in it, so that a name in it may lack them.
    pub(super) coloured: bool,
    /// It stood on the alternate screen, where programs show what they like.
    pub(super) alternate: bool,
    /// It does not follow the line before.
    pub(super) broken: bool,
    /// A line feed ended it; otherwise more may have been to come.
    pub(super) ended: bool,
    /// It was longer than can be kept, and its end is missing.
    pub(super) cut: bool,
    pub(super) mark: Option<Box<Mark>>,
}

/// How a row came to be handed on.
#[derive(Clone, Copy)]
struct Origin {
    alternate: bool,
    broken: bool,
    ended: bool,
}

/// Lines that can be taken, and the one that is still growing.
#[derive(Default)]
struct Ready {
    lines: Vec<Line>,
    growing: Line,
    /// Whether `growing` holds a row that goes on in the next.
    is_growing: bool,
    spare: Vec<Line>,
}

/// The columns that a text takes.
pub(super) fn width_of(text: &[u8]) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    String::from_utf8_lossy(text)
        .chars()
        .map(width::columns)
        .sum()
}

impl Line {
    /// The text without what a shell shows at the right edge of its prompt.
    pub(super) fn prompt_text(&self) -> &[u8] {
        let left = self.mark.as_ref().and_then(|mark| mark.left);
        &self.text[..left.unwrap_or(usize::MAX).min(self.text.len())]
    }
}

impl Ready {
    /// Adds a row of a screen with so many columns; `taken` when its text is needed no more.
    fn push(&mut self, row: &mut Row, columns: usize, from: Origin, taken: bool) {
        let line = &mut self.growing;
        if !self.is_growing {
            line.number = row.line;
            (line.alternate, line.broken) = (from.alternate, from.broken);
        }
        line.coloured |= row.coloured;
        let mut input = None;
        let begin = line.text.len();
        let mark = row.mark.take();
        if mark.as_ref().is_some_and(|mark| mark.input.is_some()) {
            row.line_up();
        }
        if line.text.len() >= LONGEST {
            line.cut = true;
        } else if let Some(raw) = row.raw_text().filter(|_| taken && !self.is_growing) {
            std::mem::swap(raw, &mut line.text);
            let column = mark.as_ref().and_then(|mark| mark.input);
            input = column.map(|column| column.min(line.text.len()));
        } else {
            let column = mark.as_ref().and_then(|mark| mark.input);
            input = row.write(&mut line.text, column);
        }
        if let Some(mark) = &mark {
            let all = line.mark.get_or_insert_default();
            all.carried = mark.carried && (all.carried || !all.prompt);
            all.prompt |= mark.prompt;
            all.input = input.or(all.input);
            let left = row.left_part(mark.input.unwrap_or(0), columns);
            all.left = left.map(|length| begin + length).or(all.left);
            all.place = mark.place.clone().or(all.place.take());
        }
        line.ended = from.ended;
        if !taken {
            row.mark = mark;
        }
        self.is_growing = row.wrapped;
        if !row.wrapped {
            self.finish_line();
        }
    }

    /// Ends the growing line, as nothing more comes that continues it.
    fn finish_line(&mut self) {
        let is_blank = self.growing.number == 0 && self.growing.text.is_empty();
        self.is_growing = false;
        if is_blank && self.growing.mark.is_none() && !self.growing.ended {
            return;
        }
        let next = self.spare.pop().unwrap_or_default();
        self.lines.push(std::mem::replace(&mut self.growing, next));
    }
}

/// The screen proper, as the parser drives it.
struct Terminal {
    grid: Grid,
    /// The main screen, while the alternate one is shown.
    below: Option<Grid>,
    /// The alternate screen, while it is not shown.
    spare: Option<Grid>,
    columns: usize,
    height: usize,
    /// The line of the recording that is read.
    line: u64,
    last: char,
    /// A line editor has the terminal.
    editing: bool,
    /// A line feed returns to the first column too: the recording has lost its returns.
    returns: bool,
}

impl Terminal {
    /// Prints characters of one column each.
    fn print_text(&mut self, text: &[u8]) {
        self.last = text.last().map_or(self.last, |&b| char::from(b));
        self.grid.print_text(text, self.line);
    }

    fn line_feed(&mut self) {
        let is_prompt = self.editing && self.grid.has_mark();
        self.grid.line_feed(self.line);
        if self.returns {
            self.grid.carriage_return();
        }
        if is_prompt && !self.grid.has_mark() {
            let mark = self.grid.mark();
            (mark.prompt, mark.carried) = (true, true);
        }
    }

    /// Erases the screen or a part of it. A line editor that clears it while it has the terminal
    /// shows its prompt anew where the cursor stands.
    fn erase_screen(&mut self, mode: u16) {
        let is_prompt = self.editing && self.grid.is_marked();
        self.grid.erase_screen(mode);
        if is_prompt && !self.grid.is_marked() {
            self.grid.mark().prompt = true;
        }
    }

    /// What was typed is done with.
    fn end_input(&mut self) {
        self.editing = false;
        self.grid.forget_carried();
    }

    /// A prompt stands before the cursor, or is about to be printed.
    fn begin_input(&mut self) {
        self.editing = true;
        self.note_input();
    }

    /// A prompt stands before the cursor.
    fn note_input(&mut self) {
        let column = self.grid.cursor.column;
        let mark = self.grid.mark();
        mark.prompt = true;
        mark.input = (column > 0).then_some(column).or(mark.input);
    }

    fn sign(&mut self, sign: osc::Sign) {
        let column = self.grid.cursor.column;
        match sign {
            osc::Sign::Prompt => self.grid.mark().prompt = true,
            osc::Sign::Input => {
                let mark = self.grid.mark();
                (mark.prompt, mark.input) = (true, Some(column));
            }
            osc::Sign::Run => self.end_input(),
            osc::Sign::Place(path) => self.grid.mark().place = Some(path),
            osc::Sign::Title(path) => {
                let mark = self.grid.mark();
                mark.place = mark.place.take().or(Some(path));
            }
        }
    }
}

/// A terminal that bytes are fed to and lines are taken from.
pub(super) struct Screen {
    parser: Parser<LONGEST_COMMAND>,
    terminal: Terminal,
    /// The parser is between sequences, so that text can pass by it.
    between: bool,
    coloured: Vec<u8>,
}

impl Screen {
    /// A screen of that many columns and rows; both are brought into bounds.
    pub(super) fn new(columns: usize, height: usize) -> Self {
        let (columns, height) = bounded(columns, height);
        Self {
            parser: Parser::new_with_size(),
            terminal: Terminal {
                grid: Grid::new(columns, height, false),
                below: None,
                spare: None,
                columns,
                height,
                line: 1,
                last: ' ',
                editing: false,
                returns: false,
            },
            between: true,
            coloured: Vec::new(),
        }
    }

    /// Has every line feed return to the first column, as in text that lost its returns.
    pub(super) fn set_returns(&mut self, returns: bool) {
        self.terminal.returns = returns;
    }

    /// Gives the screen another size.
    pub(super) fn resize(&mut self, columns: usize, height: usize) {
        let (columns, height) = bounded(columns, height);
        let terminal = &mut self.terminal;
        (terminal.columns, terminal.height) = (columns, height);
        terminal.grid.resize(columns, height);
        if let Some(main) = &mut terminal.below {
            main.resize(columns, height);
        }
        terminal.spare = None;
    }

    /// Takes bytes of one line of the recording, its line feed included.
    pub(super) fn feed(&mut self, bytes: &[u8], line: u64) {
        self.terminal.line = line;
        if self.pass(bytes, line) {
            return;
        }
        let shown = stand_in(bytes);
        if self.between {
            self.pass_text(&shown);
        } else {
            self.parse(&shown);
        }
    }

    /// Gives the parser only what it is needed for: sequences, and what is not ASCII. Between two
    /// sequences everything else means what it says.
    fn pass_text(&mut self, shown: &[u8]) {
        let mut rest = shown;
        while let Some(&first) = rest.first() {
            let length = match first {
                b' '..=b'~' => {
                    let length = length_while(rest, |b| (b' '..=b'~').contains(&b));
                    self.terminal.print_text(&rest[..length]);
                    length
                }
                b'\x1b' => {
                    let Some(length) = sequence_length(rest) else {
                        return self.parse(rest);
                    };
                    self.parser.advance(&mut self.terminal, &rest[..length]);
                    length
                }
                0..=31 => {
                    self.terminal.execute(first);
                    1
                }
                127.. => {
                    let length = length_while(rest, |b| b >= 127);
                    self.parser.advance(&mut self.terminal, &rest[..length]);
                    length
                }
            };
            rest = &rest[length..];
        }
    }

    /// Leaves everything to the parser.
    fn parse(&mut self, shown: &[u8]) {
        self.parser.advance(&mut self.terminal, shown);
        self.between = ends_between(shown, self.between);
    }

    /// A plain line on a fresh row needs no cells. False when it is not so plain.
    fn pass(&mut self, bytes: &[u8], line: u64) -> bool {
        let Some(body) = bytes.strip_suffix(b"\n").filter(|_| self.between) else {
            return false;
        };
        let body = match body.strip_suffix(b"\r") {
            Some(body) => body,
            None if self.terminal.returns => body,
            None => return false,
        };
        if self.terminal.editing || body.len() > 8 * self.terminal.columns {
            return false;
        }
        let mut coloured = false;
        let body = if is_plain(body) {
            body
        } else if let Some(any) = without_colours(body, &mut self.coloured) {
            coloured = any;
            &self.coloured
        } else {
            return false;
        };
        if columns_of(body) > self.terminal.columns || !is_clear(body) {
            return false;
        }
        let grid = &mut self.terminal.grid;
        let Some(row) = grid.fresh_row() else {
            return false;
        };
        row.set_raw(line).extend_from_slice(body);
        row.coloured |= coloured;
        let last = match body.last() {
            Some(&last) if last.is_ascii() => Some(char::from(last)),
            Some(_) => std::str::from_utf8(body).map_or(None, |text| text.chars().last()),
            None => None,
        };
        self.terminal.last = last.filter(|&c| c != '\t').unwrap_or(self.terminal.last);
        grid.line_feed(line);
        true
    }

    /// Hands on what is still on the screen: the recording has ended.
    pub(super) fn finish(&mut self) {
        self.terminal.leave_alternate();
        self.terminal.grid.commit(true);
    }

    /// Gives each line that is ready to `each`, in order.
    pub(super) fn drain<E>(
        &mut self,
        mut each: impl FnMut(&Line) -> Result<(), E>,
    ) -> Result<(), E> {
        let out = &mut self.terminal.grid.out;
        for mut line in out.lines.drain(..) {
            each(&line)?;
            if out.spare.len() < 64 {
                line.text.clear();
                let text = line.text;
                out.spare.push(Line {
                    text,
                    ..Line::default()
                });
            }
        }
        Ok(())
    }
}

fn bounded(columns: usize, height: usize) -> (usize, usize) {
    (columns.clamp(2, WIDEST), height.clamp(2, HIGHEST))
}

/// Printable bytes and tabs. All are looked at, as that goes many at a time.
fn is_plain(line: &[u8]) -> bool {
    let odd = |&b: &u8| (b < 32 && b != b'\t') || b == 127;
    !line.iter().fold(false, |any, b| any | odd(b))
}

/// How many columns a plain line takes at most: a byte never takes more than one, but for a tab.
fn columns_of(line: &[u8]) -> usize {
    if line.contains(&b'\t') {
        let stop = |at: usize, &b: &u8| if b == b'\t' { (at / 8 + 1) * 8 } else { at + 1 };
        line.iter().fold(0, stop)
    } else {
        line.len()
    }
}

/// Whether no byte of a plain line is a control character in disguise or not UTF-8.
fn is_clear(line: &[u8]) -> bool {
    line.is_ascii() || std::str::from_utf8(line).is_ok_and(|text| !text.contains(is_special))
}

/// A control character, or one of those that stand in for bytes.
fn is_special(c: char) -> bool {
    ('\u{80}'..='\u{9f}').contains(&c) || u32::from(c) >= STAND_INS
}

/// Writes a line without its colours into `text` and says whether there were any; `None` when
/// anything else stands in it.
fn without_colours(line: &[u8], text: &mut Vec<u8>) -> Option<bool> {
    text.clear();
    let mut any = false;
    let mut rest = line;
    while let Some(at) = rest
        .iter()
        .position(|&b| (b < 32 && b != b'\t') || b == 127)
    {
        text.extend_from_slice(&rest[..at]);
        let sequence = rest[at..].strip_prefix(b"\x1b[")?;
        let end = sequence
            .iter()
            .position(|b| !b.is_ascii_digit() && *b != b';')?;
        rest = match (end, sequence[end]) {
            (_, b'm') => {
                any = true;
                &sequence[end + 1..]
            }
            // There is nothing to erase at the end of a fresh row.
            (0, b'K') if sequence.len() == 1 => &[],
            _ => return None,
        };
    }
    text.extend_from_slice(rest);
    Some(any)
}

fn length_while(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    let end = bytes.iter().position(|&b| !is(b));
    end.unwrap_or(bytes.len())
}

/// The length of the sequence that begins with the escape in front, where it is one of the usual
/// kinds and ends in these bytes.
fn sequence_length(bytes: &[u8]) -> Option<usize> {
    let ends_at = |start: usize, last: std::ops::RangeInclusive<u8>| {
        let at = start + length_while(&bytes[start..], |b| (b' '..=b'?').contains(&b));
        bytes.get(at).filter(|b| last.contains(b)).map(|_| at + 1)
    };
    match bytes.get(1)? {
        b'[' => ends_at(2, b'@'..=b'~'),
        b']' => {
            let at = 2 + bytes[2..].iter().position(|&b| b < b' ')?;
            match bytes[at..] {
                [7, ..] => Some(at + 1),
                [0x1b, b'\\', ..] => Some(at + 2),
                _ => None,
            }
        }
        // One intermediate, as the choice of a character set has it.
        b' '..=b'/' => bytes
            .get(2)
            .filter(|b| (b'0'..=b'~').contains(b))
            .map(|_| 3),
        b'P' | b'X' | b'^' | b'_' => None,
        b'0'..=b'~' => Some(2),
        _ => None,
    }
}

/// Whether the parser is between two sequences after these bytes, as far as is certain; it was
/// before if `between`.
fn ends_between(bytes: &[u8], between: bool) -> bool {
    let Some(escape) = bytes.iter().rposition(|&b| b == 0x1b) else {
        return between;
    };
    // Every escape ends what was open.
    let after = &bytes[escape + 1..];
    match after.first() {
        Some(b'[') => after[1..].iter().any(|b| (0x40..=0x7e).contains(b)),
        Some(b']') => after.contains(&7),
        Some(b'P' | b'X' | b'^' | b'_') => false,
        Some(0x20..=0x2f) => after[1..].iter().any(|b| (0x30..=0x7e).contains(b)),
        Some(0x30..=0x7e) => true,
        _ => false,
    }
}

/// Puts characters in the place of bytes that are not UTF-8, as the parser knows only characters.
fn stand_in(bytes: &[u8]) -> Cow<'_, [u8]> {
    // Most of what is not plain is ASCII all the same.
    if bytes.is_ascii() {
        return Cow::Borrowed(bytes);
    }
    let taken = |text: &str| text.chars().any(|c| u32::from(c) >= STAND_INS);
    if std::str::from_utf8(bytes).is_ok_and(|text| !taken(text)) {
        return Cow::Borrowed(bytes);
    }
    let mut shown = Vec::with_capacity(bytes.len() + 64);
    let put = |shown: &mut Vec<u8>, byte: u8| {
        let c = char::from_u32(STAND_INS + u32::from(byte)).unwrap_or('?');
        shown.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    };
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut buffer = [0; 4];
            let text = c.encode_utf8(&mut buffer).as_bytes();
            if u32::from(c) >= STAND_INS {
                text.iter().for_each(|&b| put(&mut shown, b));
            } else {
                shown.extend_from_slice(text);
            }
        }
        chunk.invalid().iter().for_each(|&b| put(&mut shown, b));
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests;
