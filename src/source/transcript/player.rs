//! Plays a recording: from its container through the screen to the session, line by line.

use std::convert::Infallible;
use std::io::{self, BufRead, Read as _};
use std::ops::ControlFlow;

use crate::entry::{Progress, Trouble};
use crate::error::{Error, Result};
use crate::time::Timestamp;

use super::container::{self, Lines, Piece, Wrapping, cast};
use super::evidence::LineNo;
use super::prompt::{Learned, Sample};
use super::screen::{self, Line, Screen};
use super::session::{self, Name, Session};
use super::{Options, shown};

/// The width of a text that no terminal has broken: nothing is wrapped there.
pub(super) const WIDE: usize = 4096;

/// What a recording that does not say so was most likely made on.
const USUAL: (usize, usize) = (80, 24);

/// A version 1 asciicast is one object, which is read whole: at most this much of it.
const LARGEST_OBJECT: u64 = 256 << 20;

/// A recording on its way.
pub(super) struct Player<'a> {
    session: Session,
    screen: Screen,
    options: &'a Options<'a>,
    progress: &'a Progress,
    name: &'a [u8],
    /// The line that is read, counted from 1.
    number: u64,
    /// The last line that the session was given.
    given: u64,
    /// What stood on the first line that was not to be read.
    next: Option<Line>,
    troubles: Vec<Trouble>,
}

impl<'a> Player<'a> {
    pub(super) fn new(options: &'a Options<'a>, progress: &'a Progress, name: &'a [u8]) -> Self {
        Self {
            session: Session::new(),
            screen: Screen::new(USUAL.0, USUAL.1),
            options,
            progress,
            name,
            number: 0,
            given: 0,
            next: None,
            troubles: Vec::new(),
        }
    }

    /// Keeps every line that says something of this path.
    pub(super) fn watch(&mut self, path: &[u8]) {
        self.session.scene.world.watch(path);
    }

    /// Has the directories in which it starts read as they were named.
    pub(super) fn set_names(&mut self, names: Vec<Name>) {
        self.session.set_names(names);
    }

    fn failed(&self, error: &io::Error) -> Error {
        let (name, line) = (shown(self.name), self.number);
        Error::source(format!("{name}: reading failed after line {line}: {error}"))
    }

    // ---- texts --------------------------------------------------------------------------------

    /// Plays a typescript or any other text.
    pub(super) fn play_text(&mut self, lines: &mut Lines<impl BufRead>) -> Result<()> {
        let head = lines.peek().map_err(|e| self.failed(&e))?;
        let mut wrapping = self.judge(head);
        let mut in_frame = false;
        // Recordings that have begun and not ended, each shown in the one before.
        let mut depth = 0u32;
        loop {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(()),
                Err(error) => return Err(self.failed(&error)),
            };
            if line.begins {
                self.number += 1;
                in_frame = false;
            }
            if self.is_over() {
                return Ok(());
            }
            let taken = line.bytes.len() as u64;
            let mut bytes = line.bytes;
            if self.number == 1 && line.begins {
                bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            }
            // The first line is the recording's own. Of any other only the session can tell, once it
            // has come to the command that may have shown it.
            if line.begins && container::is_script_frame(bytes) {
                let ends = container::is_script_end(bytes);
                in_frame = self.number == 1;
                if !ends && depth == 0 {
                    self.frame(bytes);
                }
                depth = if ends {
                    depth.saturating_sub(1)
                } else {
                    depth + 1
                };
            }
            let kept = if in_frame {
                None
            } else {
                wrapping.strip(bytes)
            };
            if let Some(bytes) = kept {
                self.screen.feed(&bytes, self.number);
            }
            self.progress.add(0, taken);
            if self.hand_over().is_break() {
                return Ok(());
            }
        }
    }

    /// Judges by the first bytes how wide the text is, and what stands before its lines.
    fn judge(&mut self, head: &[u8]) -> Wrapping {
        let crlf = head.windows(2).filter(|w| w == b"\r\n").count();
        let feeds = head.iter().filter(|&&b| b == b'\n').count();
        self.screen.set_returns(2 * crlf < feeds);
        let is_raw = head.contains(&0x1b) || head.contains(&8) || crlf > 0;
        let wrapping = if !is_raw || crlf < feeds.saturating_sub(1) {
            Wrapping::of(head)
        } else {
            Wrapping::default()
        };
        self.session.scene.collapsed = wrapping.collapsed;
        let sequences = head.contains(&0x1b) || head.contains(&8);
        let framed =
            container::is_script_frame(head.split(|&b| b == b'\n').next().unwrap_or_default());
        self.session.scene.terminal = 2 * crlf >= feeds && (sequences || framed);
        self.learn(head, 2 * crlf < feeds, &wrapping);
        let moves = head.windows(2).any(|w| w[0] == b'\r' && w[1] != b'\n');
        if !is_raw || !(moves || head.contains(&0x1b)) {
            self.screen.resize(WIDE, USUAL.1);
        } else if let Some(columns) = shell_width(head) {
            self.screen.resize(columns, USUAL.1);
            self.session.set_width(columns);
        }
        wrapping
    }

    /// Learns from the start of a text what its prompts look like.
    fn learn(&mut self, head: &[u8], returns: bool, wrapping: &Wrapping) {
        let mut screen = Screen::new(shell_width(head).unwrap_or(WIDE), USUAL.1);
        screen.set_returns(returns);
        let mut wrapping = wrapping.clone();
        for line in head.split_inclusive(|&b| b == b'\n') {
            if container::is_script_frame(line) {
                if let Some((columns, rows)) = container::size(line) {
                    screen.resize(columns, rows);
                }
            } else if let Some(bytes) = wrapping.strip(line) {
                screen.feed(&bytes, 1);
            }
        }
        let plain = !self.session.scene.terminal && !head.contains(&0x1b);
        let lines = self.learn_from(screen);
        if plain {
            let widths = lines.iter().map(|line| screen::width_of(&line.text));
            if let Some(width) = session::fold_of(widths) {
                self.session.set_fold(width);
            }
        }
    }

    fn learn_from(&mut self, mut screen: Screen) -> Vec<Line> {
        screen.finish();
        let mut lines = Vec::new();
        let _ = screen.drain(|line| {
            if !line.alternate {
                lines.push(line.clone());
            }
            Ok::<(), Infallible>(())
        });
        let samples: Vec<Sample<'_>> = lines
            .iter()
            .map(|line| Sample {
                text: line.prompt_text(),
                marked: line.mark.as_ref().is_some_and(|mark| mark.prompt),
                input: line.mark.as_ref().and_then(|mark| mark.input),
            })
            .collect();
        self.session.learn(Learned::of(&samples));
        lines
    }

    /// A line that `script` has added.
    fn frame(&mut self, line: &[u8]) {
        if self.number == 1 {
            self.session.begin_recording(line);
        }
        if let Some((columns, rows)) = container::size(line) {
            self.screen.resize(columns, rows);
            self.session.set_width(columns);
        }
    }

    // ---- asciicasts ---------------------------------------------------------------------------

    /// Plays an asciicast. Its lines are those of the terminal's output, as a text would have them.
    pub(super) fn play_cast(&mut self, lines: &mut Lines<impl BufRead>) -> Result<()> {
        self.number = 1;
        let mut first = Vec::new();
        next_whole(lines, &mut first).map_err(|e| self.failed(&e))?;
        let header = match cast::header(&first) {
            Some(header) if header.version >= 2 => header,
            _ => return self.play_object(first, lines),
        };
        self.begin_cast(&header);
        let head = lines.peek().map_err(|e| self.failed(&e))?;
        let mut screen = Screen::new(header.columns, header.rows);
        for event in head.split(|&b| b == b'\n') {
            if let Ok(Some(event)) = cast::event(event)
                && let Piece::Output(bytes) = event.piece()
            {
                screen.feed(bytes, 1);
            }
        }
        self.learn_from(screen);
        let mut elapsed = 0f64;
        let mut text = Vec::new();
        let mut event_number = 1u64;
        loop {
            text.clear();
            event_number += 1;
            if !next_whole(lines, &mut text).map_err(|e| self.failed(&e))? {
                break;
            }
            self.progress.add(0, text.len() as u64);
            match cast::event(&text) {
                Ok(None) => {}
                Ok(Some(event)) => {
                    elapsed = match header.version {
                        2 => event.time,
                        _ => elapsed + event.time,
                    };
                    if self.show(&event.piece()).is_break() {
                        break;
                    }
                }
                Err(cause) => self.not_an_event(event_number, &cause),
            }
        }
        self.session.taken = moment_after(header.began, elapsed).or(self.session.taken);
        Ok(())
    }

    fn begin_cast(&mut self, header: &cast::Header) {
        self.screen.resize(header.columns, header.rows);
        self.session.set_width(header.columns);
        self.session.taken = header.began.map(Timestamp);
        self.session.scene.terminal = true;
    }

    fn not_an_event(&mut self, event: u64, cause: &str) {
        if self.troubles.len() < 100 {
            self.troubles.push(Trouble {
                path: self.name.to_vec(),
                line: Some(event),
                code: "not-understood",
                message: format!("line {event} of the file is no event of an asciicast: {cause}"),
            });
        }
    }

    /// Plays version 1: one object, of which the first line is given.
    fn play_object(&mut self, mut text: Vec<u8>, lines: &mut Lines<impl BufRead>) -> Result<()> {
        let rest = lines.input().take(LARGEST_OBJECT).read_to_end(&mut text);
        rest.map_err(|e| self.failed(&e))?;
        let name = shown(self.name);
        let fail = |cause: &str| {
            Error::source(format!(
                "{name}: not an asciicast that can be read: {cause}"
            ))
            .with_hint("convert it first: asciinema convert FILE NEW.cast")
        };
        let header = cast::header(&text).ok_or_else(|| fail("its header is not understood"))?;
        let frames = cast::first_version(&text).map_err(|cause| fail(&cause))?;
        self.begin_cast(&header);
        for frame in frames {
            if self.show(&Piece::Output(frame.as_bytes())).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Shows a piece of a cast, of which the line feeds are counted.
    fn show(&mut self, piece: &Piece<'_>) -> ControlFlow<()> {
        match *piece {
            Piece::Size(columns, rows) => {
                self.screen.resize(columns, rows);
                self.session.set_width(columns);
            }
            Piece::Output(bytes) => {
                for line in bytes.split_inclusive(|&b| b == b'\n') {
                    if self.is_over() {
                        return ControlFlow::Break(());
                    }
                    self.screen.feed(line, self.number);
                    self.number += u64::from(line.ends_with(b"\n"));
                    self.hand_over()?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    // ---- the session --------------------------------------------------------------------------

    /// Whether all that was asked for is read: one line more tells how the last one ended.
    fn is_over(&self) -> bool {
        self.progress.is_cancelled()
            || self
                .options
                .at_line
                .is_some_and(|last| self.number > last.saturating_add(1))
    }

    /// Gives the session what is ready.
    fn hand_over(&mut self) -> ControlFlow<()> {
        let Self {
            session,
            screen,
            given,
            next,
            options,
            ..
        } = self;
        let ended = screen.drain(|line| {
            *given = line.number.max(*given);
            if options.at_line.is_some_and(|last| *given > last) {
                *next = Some(line.clone());
                return Err(());
            }
            take(session, line, *given);
            Ok(())
        });
        match ended {
            Ok(()) => ControlFlow::Continue(()),
            Err(()) => ControlFlow::Break(()),
        }
    }

    /// Ends the recording: what the session knows, and what was wrong with the container.
    pub(super) fn finish(mut self) -> Result<(Session, Vec<Trouble>)> {
        if self.next.is_none() {
            self.screen.finish();
            let _ = self.hand_over();
        }
        if self.progress.is_cancelled() {
            self.troubles.push(Trouble {
                path: self.name.to_vec(),
                line: Some(self.number),
                code: "interrupted",
                message: "reading was interrupted here".to_owned(),
            });
        }
        self.session.end(self.next.as_ref());
        Ok((self.session, self.troubles))
    }
}

fn take(session: &mut Session, line: &Line, number: u64) {
    let at = LineNo::try_from(number).unwrap_or(LineNo::MAX);
    if line.cut {
        session.unclear(at);
    } else {
        session.line(line, at);
    }
}

/// The width that a shell gives away: zsh and fish write a mark and fill up its row with blanks
/// before each prompt, so that it begins on a row of its own.
fn shell_width(head: &[u8]) -> Option<usize> {
    const NARROWEST: usize = 20;
    let mut blanks = 0;
    for (at, &byte) in head.iter().enumerate() {
        if byte == b'\r' && blanks >= NARROWEST && head.get(at + 1) != Some(&b'\n') {
            return Some(blanks + 1);
        }
        blanks = if byte == b' ' { blanks + 1 } else { 0 };
    }
    None
}

/// The next line of a cast, whole; false at the end. A line of more than 64 MiB is cut.
fn next_whole(lines: &mut Lines<impl BufRead>, text: &mut Vec<u8>) -> io::Result<bool> {
    const LONGEST: usize = 64 << 20;
    while let Some(line) = lines.next()? {
        if text.len() < LONGEST {
            text.extend_from_slice(line.bytes);
        }
        if line.ends {
            return Ok(true);
        }
    }
    Ok(!text.is_empty())
}

/// A moment some seconds after another.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float becomes the nearest whole number that there is"
)]
fn moment_after(began: Option<i64>, seconds: f64) -> Option<Timestamp> {
    Some(Timestamp(began?.saturating_add(seconds.max(0.0) as i64)))
}
