//! What commands print: each line to the reader whose command printed it.

use super::super::command::Joint;
use super::super::evidence::LineNo;
use super::super::excerpt;
use super::super::listing::ls::{self, Shape};
use super::super::listing::viewer::Viewer;
use super::super::moment;
use super::super::prompt;
use super::super::readers::{End, NameRows, Output, ViewerRows};
use super::super::resolve_typed;
use super::Session;
use super::block::{Block, Reader};

impl Session {
    pub(super) fn output(&mut self, output: Output<'_>) {
        let text = output.text;
        let traced = self.traced || self.family == Some(prompt::Family::Trace);
        if traced && prompt::is_trace(text) {
            return;
        }
        if self.block.lines == 0 && !text.trim_ascii().is_empty() && self.continues(output) {
            return;
        }
        if (self.block.paged && is_pager_line(text)) || is_shell_line(text) {
            return;
        }
        if self.change_output(text) {
            return;
        }
        if let Some(at) = self.block.next_for(text) {
            self.advance(at);
        }
        self.unmask(text, output.line);
        if !text.trim_ascii().is_empty() {
            self.block.lines += 1;
            self.block.own_lines += 1;
            self.block.last = output.line;
            let counts = !self.block.changes.is_empty() && self.block.said == 0;
            self.block.said += u64::from(counts && !self.block.lists(text));
        }
        if text.ends_with(b"^C") {
            self.block.interrupted = true;
            return;
        }
        if self.block.cd.is_some() && self.cd_output(text) {
            self.foretold = None;
            return;
        }
        let root = matches!(self.block.reader, Reader::Df(_)).then(|| self.root());
        let scene = &mut self.scene;
        match &mut self.block.reader {
            // A shell's `ls` shows names; only the puzzle's shows sizes with them.
            Reader::Puzzle(puzzle) if !self.puzzled && !puzzle.could_take(text) => {
                let mut names = puzzle.as_names();
                names.take(scene, output);
                self.block.reader = Reader::Names(names);
            }
            Reader::Puzzle(puzzle) => {
                if !puzzle.take(scene, output) && !self.stray_said {
                    self.stray_said = true;
                    let message = format!("not a row of ls: `{}`", excerpt(text));
                    let troubles = &mut self.scene.troubles;
                    troubles.push(Vec::new(), output.line, "not-understood", message);
                }
            }
            Reader::Long(long) => {
                long.take(scene, output);
            }
            Reader::Viewer(rows) => rows.take(scene, output),
            Reader::Du(rows) => {
                rows.take(scene, output);
            }
            Reader::Df(rows) => rows.take(scene, root.unwrap_or_default(), output),
            Reader::Find(rows) => rows.take(scene, output),
            Reader::Names(rows) => rows.take(scene, output),
            Reader::Stat(rows) => rows.take(scene, output),
            Reader::Store(rows) => rows.take(scene, output),
            Reader::Hdfs(rows) => rows.take(scene, output),
            Reader::Meter(rows) => rows.take(scene, output),
            Reader::Tree(rows) => rows.take(scene, output),
            Reader::Windows(rows) => rows.take(scene, output),
            Reader::Pwd => self.pwd(text, output.line),
            Reader::Date => self.taken = moment::of_date(text).or(self.taken),
            Reader::Skip | Reader::Before | Reader::Unread(_) => self.skipped(output),
        }
    }

    /// An alias of a name of `ls` turns out to be another tool, or to list names.
    fn unmask(&mut self, text: &[u8], line: LineNo) {
        let Reader::Long(long) = &self.block.reader else {
            return;
        };
        if !long.is_other(text) {
            return;
        }
        let (ls, base) = long.command();
        let viewer = Viewer::guessed(&ls.operands);
        let sole = match &ls.operands[..] {
            [] => base.cwd,
            [one] if !one.expands => resolve_typed(&mut self.scene.world, base, &one.text),
            _ => None,
        };
        let rows = ViewerRows::new(viewer, base, sole, line, false);
        self.block.reader = if rows.accepts(text) {
            Reader::Viewer(rows)
        } else {
            Reader::Names(NameRows::new(ls.as_names(), base, sole, line, false))
        };
    }

    /// Goes on to the reader of a later command: the one before has printed all that it does.
    fn advance(&mut self, at: usize) {
        let mut next = None;
        for _ in 0..=at {
            next = self.block.later.pop_front();
        }
        let next = next.unwrap_or(Reader::Skip);
        // Where anything may be printed between, a line may as well be one of before.
        let end = match next {
            Reader::Skip => End::Recording,
            _ if self.block.own_lines == 0 => End::Cut,
            _ => End::Prompt,
        };
        let before = std::mem::replace(&mut self.block.reader, next);
        self.block.own_lines = 0;
        before.end(&mut self.scene, end);
    }

    /// Whether the line continues a command that a screen has broken; then it is run anew.
    fn continues(&mut self, output: Output<'_>) -> bool {
        if self.block.typed.is_empty() || self.block.lines > 0 {
            return false;
        }
        let text = output.text;
        // What was done is told with the names in quotes.
        let is_told = self.block.tells && text.iter().any(|b| matches!(b, b'\'' | b'\t' | 128..));
        let silent = matches!(self.block.reader, Reader::Skip)
            && (self.block.cd.is_some() || !self.block.changes.is_empty())
            && !is_told;
        let word = text.split(|&b| b == b' ').next().unwrap_or_default();
        let is_message = word.ends_with(b":") || text.windows(3).any(|w| w == b"cd:");
        let unfit = match &self.block.reader {
            Reader::Long(_) => {
                ls::total(text).is_none()
                    && !text.trim_ascii_end().ends_with(b":")
                    && !text.starts_with(b"ls: ")
                    && !ls::is_row(text)
            }
            Reader::Find(_)
            | Reader::Viewer(_)
            | Reader::Stat(_)
            | Reader::Tree(_)
            | Reader::Du(_) => self.scene.width.is_some() && !self.block.reader.accepts(text, 0),
            // An option, or the end of a path, where names would begin in the first column.
            Reader::Names(_) | Reader::Puzzle(_) => {
                let option = text.starts_with(b" ") && !text.starts_with(b"  ");
                // No name has a slash but at its end.
                let path = || text.windows(2).any(|w| w[0] == b'/' && w[1] != b' ');
                self.scene.width.is_some() && option || self.fold.is_some() && path()
            }
            _ => false,
        };
        if (!silent || is_message) && !unfit {
            return false;
        }
        let mut typed = std::mem::take(&mut self.block.typed);
        let width = self.block.width;
        typed.extend_from_slice(text);
        let command = self.block.typed_at;
        let (line, mark) = (self.block.line, self.block.troubles);
        self.scene.troubles.forget_since(mark);
        let shown = std::mem::take(&mut self.block.shown);
        let carried = self.block.carried;
        self.block = Block::new(line);
        self.block.carried = carried;
        (self.block.shown, self.block.typed_at) = (shown, command);
        self.block.troubles = mark;
        self.foretold = None;
        self.command(typed.get(command..).unwrap_or_default(), line);
        self.guess = Some(width);
        // A third piece is possible only when this one fills its line too.
        if output.width == width {
            self.block.typed = typed;
            self.block.width = width;
        }
        true
    }

    /// What a `cd` printed: an error, or where it went. True when the line is its own.
    fn cd_output(&mut self, text: &[u8]) -> bool {
        let failed =
            text.windows(3).any(|w| w == b"cd:") || text.windows(11).any(|w| w == b"can't cd to");
        let listing = !matches!(self.block.reader, Reader::Skip | Reader::Before);
        let Some(cd) = &mut self.block.cd else {
            return false;
        };
        if failed && self.block.lines <= 1 {
            let back = if cd.several { None } else { cd.from };
            let joint = cd.chained;
            self.block.cd = None;
            if self.block.lines == 1 && back.is_none() {
                self.frame().cwd = None;
            }
            match joint {
                Some(Joint::IfWorked) => self.block.reader = Reader::Skip,
                _ => {
                    self.block.reader.rebase(back);
                    self.block
                        .later
                        .iter_mut()
                        .for_each(|reader| reader.rebase(back));
                }
            }
            return true;
        }
        // `cd x && ls && cd -`: the last of all lines.
        if cd.several && cd.prints && text.starts_with(b"/") && !self.block.lists(text) {
            return true;
        }
        let Some(cd) = &mut self.block.cd else {
            return false;
        };
        if cd.prints && self.block.lines == 1 && matches!(text.first(), Some(b'/' | b'~')) {
            let first = text.split(|&b| b == b' ').next().unwrap_or_default();
            let known = cd.to;
            let to = known.or_else(|| self.resolve_shown(first));
            if let Some(cd) = &mut self.block.cd {
                cd.to = to;
            }
            return true;
        }
        let prints = cd.literal || cd.back;
        if prints && !listing && text.starts_with(b"/") && self.block.lines == 1 {
            let path = text.trim_ascii_end();
            // `cd -`: that is where it was.
            if let Some(known) = cd.to.filter(|_| cd.back) {
                self.name_start(known, path);
            }
            let root = self.root();
            let to = self.scene.world.walk(root, path);
            if let Some(cd) = &mut self.block.cd {
                (cd.to, cd.literal) = (to, true);
            }
            return true;
        }
        false
    }

    fn pwd(&mut self, text: &[u8], line: LineNo) {
        if !text.starts_with(b"/") || self.block.own_lines != 1 {
            return;
        }
        let path = text.trim_ascii_end();
        if let Some(known) = self.here() {
            self.name_start(known, path);
        }
        let root = self.root();
        let Some(at) = self.scene.world.walk(root, path) else {
            return;
        };
        self.scene.see(at, line, Shape::Dir);
        let shown = std::mem::take(&mut self.frame().shown);
        let stays = self.block.cd.is_none() && (shown == b"~" || shown.starts_with(b"~/"));
        if stays && let Some(home) = self.home_above(&shown, Some(at)) {
            self.frame().home = Some(home);
            self.name_home(home);
        }
        let frame = self.frame();
        (frame.shown, frame.cwd, frame.strayed) = (shown, Some(at), false);
        self.block.cd = None;
        self.foretold = None;
    }

    /// Output that is not read: said aloud where it looks like a listing.
    fn skipped(&mut self, output: Output<'_>) {
        let text = output.text;
        let what = match self.block.reader {
            Reader::Unread(what) if self.block.lines == 1 => what,
            Reader::Before if !self.stray_said && ls::is_row(text) => "a listing without a prompt",
            Reader::Skip if !self.stray_said && ls::is_row(text) => {
                "a listing that no command explains"
            }
            _ => return,
        };
        self.stray_said |= !matches!(self.block.reader, Reader::Unread(_));
        let message = format!("{what} is not read: `{}`", excerpt(text));
        self.scene
            .troubles
            .push(Vec::new(), output.line, "not-understood", message);
    }

    /// Ends a command: what it did becomes known.
    pub(super) fn finish(&mut self, end: End) {
        self.release_kept();
        let end = if self.block.interrupted {
            End::Cut
        } else {
            end
        };
        let line = self.block.line;
        let block = std::mem::replace(&mut self.block, Block::new(line));
        let scene = &mut self.scene;
        if let Reader::Puzzle(puzzle) = &block.reader {
            self.puzzled |= puzzle.has_rows();
        }
        block.reader.end(scene, end);
        for reader in block.later {
            reader.end(scene, End::Cut);
        }
        self.block.spared = block.spared;
        for (at, change) in block.changes.into_iter().enumerate() {
            // `ls; rm a`: what was listed stood there before.
            let line = if at < block.earlier { line } else { block.last };
            // Only the next prompt says that nothing was printed.
            self.apply(change, line, block.said > 0 || end != End::Prompt);
        }
        if let Some(cd) = block.cd {
            if let Some(to) = cd.to {
                // Where nothing comes after it, nothing says that the shell went there.
                if cd.literal && (end == End::Prompt || block.said > 0) {
                    self.scene.see(to, line, Shape::Dir);
                }
                self.scene.world.dir(to).entered = line;
            }
            let frame = self.frame();
            frame.previous = if cd.several { None } else { cd.from };
            frame.cwd = cd.to;
        }
        self.scene.world.end_command();
    }
}

/// A line by which a pager says where it is.
fn is_pager_line(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    matches!(text, b":" | b"(END)" | b"~" | b"...skipping...")
        || text.starts_with(b"--More--")
        || (text.starts_with(b"lines ") && text[6..].first().is_some_and(u8::is_ascii_digit))
}

/// A line by which the shell itself speaks, between a command and the next prompt.
fn is_shell_line(text: &[u8]) -> bool {
    let shells: [&[u8]; 6] = [
        b"bash: ", b"-bash: ", b"zsh: ", b"sh: ", b"-sh: ", b"fish: ",
    ];
    (shells.iter().any(|shell| text.starts_with(shell)) && text.ends_with(b": command not found"))
        || text.ends_with(b": command not found") && text.windows(6).any(|w| w == b"bash: ")
        || text.starts_with(b"zsh: command not found: ")
        || is_job_line(text)
        || text.starts_with(b"You have new mail in ")
        || text.starts_with(b"You have mail in ")
}

/// `[1] 4711`, `[1]+  Done                    sleep 9`: a shell about a job in the background.
fn is_job_line(text: &[u8]) -> bool {
    let Some((number, rest)) = text
        .strip_prefix(b"[")
        .and_then(|rest| rest.split_at_checked(rest.iter().position(|&b| b == b']')?))
    else {
        return false;
    };
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    is_number(number)
        && match &rest[1..] {
            [b' ', pid @ ..] if is_number(pid) => true,
            [b'+' | b'-' | b' ', b' ', rest @ ..] => {
                let states: [&[u8]; 5] = [b"Done ", b"Exit ", b"Stopped ", b"Running ", b"done "];
                let rest = rest.trim_ascii_start();
                // zsh: `[1]  + 4711 done       sleep 9`
                let words = rest.iter().take_while(|b| b" +-0123456789".contains(b));
                let rest = &rest[words.count()..];
                states.iter().any(|state| rest.starts_with(state))
            }
            _ => false,
        }
}
