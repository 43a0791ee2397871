//! The session: prompts, where each command ran, and which reader gets its output.
//!
//! Where a command ran is known, best first, from `pwd`, from a prompt with a whole path, from
//! `~` and a home that was shown or is assumed, and from following `cd`. What contradicts itself
//! or cannot be followed makes the place *lost*: listings then prove nothing until a whole path
//! is seen again.

use std::collections::HashMap;

use crate::time::Timestamp;

use super::command::{self, Action, Joint, Step};
use super::evidence::{Id, LineNo, World};
use super::excerpt;
use super::listing::ls::{self, Shape};
use super::moment;
use super::prompt::{self, Family, Prompt};
use super::readers::{DfRows, DuRows, End, Long, Output, Puzzle, Scene, Troubles};
use super::word::Word;

/// Shorter lines are not taken for lines that a screen has broken.
const NARROWEST: usize = 40;

/// One user's shell on one host.
#[derive(Default)]
struct Frame {
    /// `None`: lost.
    cwd: Option<Id>,
    previous: Option<Id>,
    home: Option<Id>,
    /// The directory as the last prompt wrote it.
    shown: Vec<u8>,
    /// Whether the prompt was caught showing a directory that it is not in.
    constant: bool,
    begun: bool,
}

/// What a recording says, line by line.
pub(super) struct Session {
    pub(super) scene: Scene,
    /// The shells that wait, by host and user.
    waiting: HashMap<(Vec<u8>, Vec<u8>), Frame>,
    /// Host and user of the shell that runs.
    who: (Vec<u8>, Vec<u8>),
    frame: Frame,
    family: Option<Family>,
    block: Block,
    /// Whether other commands than the puzzle's were seen.
    foreign: bool,
    /// Whether an `ls` printed rows as only the puzzle's does.
    puzzled: bool,
    widest: usize,
    /// A width that the next prompt is to confirm.
    guess: Option<usize>,
    stray_said: bool,
    last_unclear: LineNo,
    /// The last moment that the recording names.
    pub(super) taken: Option<Timestamp>,
    /// Whether the last command began or ended a shell.
    passage: Option<Passage>,
}

/// From one shell to another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passage {
    Into,
    OutOf,
}

/// A command and the state of its output.
struct Block {
    line: LineNo,
    /// The prompt's whole line, kept while the next one may continue it.
    typed: Vec<u8>,
    width: usize,
    reader: Reader,
    lines: u64,
    cd: Option<Move>,
    changes: Vec<Change>,
    interrupted: bool,
    /// How many troubles there were before it.
    troubles: usize,
}

/// A `cd` on its way.
struct Move {
    from: Option<Id>,
    to: Option<Id>,
    /// Whether the target was typed, rather than `-`, `~` or nothing.
    literal: bool,
    /// Whether what follows in the same line also ran when it failed.
    chained: Option<Joint>,
    several: bool,
}

enum Change {
    Remove(Vec<Id>),
    Doubt(Vec<Doubt>),
}

#[derive(Clone, Copy)]
enum Doubt {
    Of(Id),
    Below(Id),
}

enum Reader {
    /// Output before the first prompt.
    Before,
    /// Output that says nothing.
    Skip,
    /// A listing in a form that is not read.
    Unread(&'static str),
    Puzzle(Puzzle),
    Long(Long),
    Du(DuRows),
    Df(DfRows),
    Pwd,
    Date,
}

impl Block {
    fn new(line: LineNo) -> Self {
        Self {
            line,
            typed: Vec::new(),
            width: 0,
            reader: Reader::Skip,
            lines: 0,
            cd: None,
            changes: Vec::new(),
            interrupted: false,
            troubles: usize::MAX,
        }
    }
}

impl Session {
    pub(super) fn new() -> Self {
        Self {
            scene: Scene {
                world: World::new(),
                troubles: Troubles::default(),
                epoch: 0,
                width: None,
                facts: 0,
                mounts: Vec::new(),
                inode_mounts: Vec::new(),
                said_links: false,
            },
            waiting: HashMap::new(),
            who: (Vec::new(), Vec::new()),
            frame: Frame::default(),
            family: None,
            block: Block {
                reader: Reader::Before,
                ..Block::new(0)
            },
            foreign: false,
            puzzled: false,
            widest: 0,
            guess: None,
            stray_said: false,
            taken: None,
            last_unclear: 0,
            passage: None,
        }
    }

    /// The width of the terminal, where the recording names it.
    pub(super) fn set_width(&mut self, width: usize) {
        self.scene.width = Some(width);
    }

    /// Takes one clear line.
    pub(super) fn line(&mut self, text: &[u8], line: LineNo, coloured: bool) {
        if let Some(prompt) = self.prompt(text) {
            self.finish(End::Prompt);
            let width = self.measure(text);
            self.start(&prompt, text, width, line);
            return;
        }
        let width = self.measure(text);
        self.output(Output {
            text,
            line,
            width,
            coloured,
        });
    }

    /// Takes a line of which only the screen knew what it showed.
    /// `prompt` is whether a line editor began on it, as shells do at a prompt.
    pub(super) fn unclear(&mut self, line: LineNo, prompt: bool) {
        self.finish(if prompt { End::Prompt } else { End::Recording });
        let frame = self.frame();
        frame.cwd = None;
        self.block = Block::new(line);
        self.scene.epoch = line;
        let run = self.last_unclear + 1 == line && line > 1;
        self.last_unclear = line;
        if run {
            return;
        }
        let message = "the cursor was moved in this line: what stood there is not known without a screen, \
                       which is not supported yet";
        self.scene
            .troubles
            .push(Vec::new(), line, "not-understood", message.to_owned());
    }

    /// Ends the recording; `cut` when more followed that was not to be read.
    pub(super) fn end(&mut self, next: Option<&[u8]>) {
        let end = match next {
            None => End::Recording,
            Some(text) if self.prompt(text).is_some() => End::Prompt,
            Some(_) => End::Cut,
        };
        self.finish(end);
    }

    fn measure(&mut self, text: &[u8]) -> usize {
        let width = text.iter().filter(|&&b| b & 0xc0 != 0x80).count();
        self.widest = self.widest.max(width);
        width
    }

    fn prompt<'a>(&mut self, text: &'a [u8]) -> Option<Prompt<'a>> {
        let prompt = prompt::parse(text)?;
        let family = self.family.get_or_insert(prompt.family);
        if prompt.family < *family {
            return None;
        }
        *family = prompt.family;
        Some(prompt)
    }

    fn frame(&mut self) -> &mut Frame {
        &mut self.frame
    }

    fn root(&mut self) -> Id {
        let host = self.who.0.clone();
        self.scene.world.start(&host, true)
    }

    // ---- prompts ------------------------------------------------------------------------------

    fn start(&mut self, prompt: &Prompt<'_>, text: &[u8], width: usize, line: LineNo) {
        let moved = self.who.0 != prompt.host || self.who.1 != prompt.user;
        if moved {
            let who = (prompt.host.to_vec(), prompt.user.to_vec());
            let frame = self.waiting.remove(&who).unwrap_or_default();
            let left = std::mem::replace(&mut self.who, who);
            let frame_left = std::mem::replace(&mut self.frame, frame);
            self.waiting.insert(left, frame_left);
        }
        match self.passage.take() {
            // Back in the shell that was left for this one: it is where it was.
            Some(Passage::OutOf) if moved => {}
            // A new shell begins where only its prompt can say.
            Some(_) => {
                let frame = self.frame();
                frame.cwd = None;
                frame.previous = None;
                frame.shown.clear();
            }
            None => {}
        }
        self.place(prompt, line);
        self.block = Block::new(line);
        self.block.troubles = self.scene.troubles.mark();
        if width >= NARROWEST && width == self.widest {
            self.block.typed = text.to_vec();
            self.block.width = width;
        }
        self.command(prompt.command, line);
    }

    /// Settles where the shell is, by what the prompt shows.
    fn place(&mut self, prompt: &Prompt<'_>, line: LineNo) {
        if !self.frame().begun {
            let host = self.who.0.clone();
            // Two shells on one host need not begin in the same directory: the second is lost.
            let starts = self.scene.world.starts.len();
            let begin = self.scene.world.start(&host, false);
            let is_first = self.scene.world.starts.len() > starts;
            let frame = self.frame();
            (frame.begun, frame.cwd) = (true, is_first.then_some(begin));
        }
        let guess = self.guess.take();
        if prompt.directory.is_empty() || self.frame().constant {
            return;
        }
        let at = self.resolve_shown(prompt.directory);
        let frame = self.frame();
        let expected = frame.cwd;
        let first = frame.shown.is_empty();
        let unchanged = frame.shown == prompt.directory;
        frame.shown = prompt.directory.to_vec();
        frame.cwd = at;
        let assumed = prompt.directory.starts_with(b"~") && self.frame().home.is_none();
        if first || expected == at || at.is_none() {
            if expected == at && at.is_some() && guess.is_some() {
                self.scene.width = guess;
            }
        } else if unchanged && expected.is_some() {
            // It did not follow a `cd` that gave no error: it never does, or the `cd` failed.
            let frame = self.frame();
            (frame.constant, frame.cwd) = (true, None);
            let message =
                "the prompt did not follow the `cd` before it, so it does not show the directory";
            self.scene
                .troubles
                .push(Vec::new(), line, "prompt-contradicts", message.to_owned());
            return;
        } else if assumed {
            self.learn_home(prompt.directory, expected);
        }
        if prompt.directory.starts_with(b"/")
            && let Some(at) = at
        {
            self.scene.see(at, line, Shape::Dir);
        }
    }

    /// The prompt shows `~/b` where following `cd` led to `/x/b`: then the home is `/x`.
    fn learn_home(&mut self, shown: &[u8], place: Option<Id>) {
        let world = &self.scene.world;
        let below = shown[1..]
            .split(|&b| b == b'/')
            .filter(|part| !part.is_empty());
        let home = place.and_then(|place| {
            below.rev().try_fold(place, |at, part| {
                (world.name(at) == part).then(|| world.node(at).parent)
            })
        });
        let home = home.filter(|&home| home != super::evidence::TOP);
        let frame = self.frame();
        frame.home = home;
        frame.cwd = home.and(place);
    }

    /// The place of `/a/b` or `~/b` as a prompt shows it.
    fn resolve_shown(&mut self, directory: &[u8]) -> Option<Id> {
        let root = self.root();
        match directory.strip_prefix(b"~") {
            None => self.scene.world.walk(root, directory),
            Some(rest) if rest.is_empty() || rest.starts_with(b"/") => {
                let home = self.home()?;
                self.scene.world.walk(home, rest)
            }
            Some(_) => None,
        }
    }

    /// The user's home: as shown by `pwd`, or as is usual.
    fn home(&mut self) -> Option<Id> {
        if let Some(home) = self.frame().home {
            return Some(home);
        }
        let root = self.root();
        let user = self.who.1.clone();
        match user.as_slice() {
            b"" => None,
            b"root" => self.scene.world.walk(root, b"root"),
            user => {
                let homes = self.scene.world.walk(root, b"home")?;
                Some(self.scene.world.child(homes, user))
            }
        }
    }

    // ---- commands -----------------------------------------------------------------------------

    fn command(&mut self, typed: &[u8], line: LineNo) {
        if typed.is_empty() || typed.ends_with(b"^C") {
            return;
        }
        if let Some(to) = self.puzzle_cd(typed) {
            self.block.cd = Some(Move {
                from: self.frame.cwd,
                to: Some(to),
                literal: true,
                chained: None,
                several: false,
            });
            return;
        }
        let Some(steps) = command::split(typed) else {
            self.unknown(typed, line);
            return;
        };
        let mut listings = 0;
        let mut joint_of_cd = None;
        for step in &steps {
            let action = step.action();
            let quiet = matches!(
                action,
                Action::Harmless | Action::Silent | Action::Pwd | Action::Date | Action::Df
            );
            if step.joint == Joint::Other && !quiet {
                self.unknown(typed, line);
                return;
            }
            if let Some(cd) = &mut self.block.cd
                && joint_of_cd.is_none()
                && !matches!(action, Action::Silent | Action::Cd(_))
            {
                cd.chained = Some(step.joint);
                joint_of_cd = cd.chained;
            }
            self.note_writes(step, line);
            let reads = matches!(
                action,
                Action::Ls(_)
                    | Action::Du(_)
                    | Action::Unread(_)
                    | Action::Harmless
                    | Action::Df
                    | Action::Date
                    | Action::Pwd
            );
            listings += u32::from(reads && !step.hidden);
            self.act(action, step, typed, line);
        }
        if listings > 1 && !matches!(self.block.reader, Reader::Skip) {
            self.block.reader = Reader::Unread("the output of several commands at once");
        }
    }

    /// Where the puzzle's `cd` leads. Its operand is a path as it stands, and no shell's, when the
    /// first name in it is one that the puzzle's `ls` has shown there, or when no shell could go
    /// by it: real shells never list like the puzzle.
    fn puzzle_cd(&mut self, typed: &[u8]) -> Option<Id> {
        if self.family != Some(Family::Bare) || self.foreign || !self.puzzled {
            return None;
        }
        let path = command::cd_operand(typed)?;
        let base = match path {
            [b'/', ..] => self.root(),
            _ => self.frame.cwd?,
        };
        let steps = |part: &&[u8]| matches!(*part, b"" | b"." | b"..");
        let up = path.split(|&b| b == b'/').take_while(steps);
        let up = up.collect::<Vec<_>>().join(&b'/');
        let first = path.split(|&b| b == b'/').find(|part| !steps(part))?;
        let world = &mut self.scene.world;
        let from = world.walk(base, &up)?;
        let is_shown = world.find(from, first).is_some_and(|known| {
            let node = world.node(known);
            node.shape == Shape::Dir && node.seen > 0
        });
        if !is_shown && command::is_plain_cd(typed) {
            return None;
        }
        world.walk(base, path)
    }

    fn act(&mut self, action: Action, step: &Step, typed: &[u8], line: LineNo) {
        let cwd = self.here();
        let pure_before = !self.foreign;
        self.foreign |= !matches!(&action, Action::Cd(_) | Action::Silent)
            && !matches!(&action, Action::Ls(ls) if !ls.long);
        let whole = step.shows_all();
        let readable = command::keeps_lines(step);
        let reader = match action {
            Action::Enter => {
                self.passage = Some(Passage::Into);
                return;
            }
            Action::Leave => {
                self.passage = Some(Passage::OutOf);
                return;
            }
            Action::Cd(target) => return self.cd(target.as_ref(), line),
            Action::Silent => return,
            Action::Remove(words) => {
                let ids = words
                    .iter()
                    .filter_map(|word| self.resolve_word(cwd, word))
                    .collect();
                self.block.changes.push(Change::Remove(ids));
                return;
            }
            Action::Change(words) => return self.doubt(&words, typed, line),
            Action::Unknown => return self.unknown(typed, line),
            _ if step.hidden => Reader::Skip,
            Action::Harmless => Reader::Skip,
            Action::Ls(_) | Action::Du(_) if !readable => {
                Reader::Unread("a listing piped through a filter")
            }
            Action::Unread(what) => Reader::Unread(what),
            Action::Pwd => Reader::Pwd,
            Action::Date => Reader::Date,
            Action::Df => Reader::Df(DfRows::default()),
            Action::Ls(ls) if ls.long => Reader::Long(Long::new(ls, cwd, whole)),
            Action::Ls(_) if self.family == Some(Family::Bare) => {
                Reader::Puzzle(Puzzle::new(cwd, line, pure_before))
            }
            Action::Ls(_) => Reader::Unread("ls without -l, which shows no sizes"),
            Action::Du(du) => Reader::Du(DuRows::new(du, cwd, line, whole)),
        };
        self.block.reader = reader;
    }

    /// Where the next step runs.
    fn here(&mut self) -> Option<Id> {
        match &self.block.cd {
            Some(cd) => cd.to,
            None => self.frame().cwd,
        }
    }

    fn cd(&mut self, target: Option<&Word>, _line: LineNo) {
        let from = self.here();
        let before = self.block.cd.is_some();
        let (to, literal) = match target.map(|word| word.text.as_slice()) {
            None => (self.home(), false),
            Some(b"-") => (self.frame().previous, false),
            Some(text) => {
                let to = target.and_then(|word| self.resolve_word(from, word));
                (to, !text.starts_with(b"~"))
            }
        };
        self.block.cd = Some(Move {
            from: if before { None } else { from },
            to,
            literal,
            chained: None,
            several: before,
        });
    }

    fn resolve_word(&mut self, base: Option<Id>, word: &Word) -> Option<Id> {
        let text = word.text.as_slice();
        if word.expands || text.is_empty() || text.contains(&0) {
            return None;
        }
        if text.starts_with(b"~") {
            return self.resolve_shown(text);
        }
        if text.starts_with(b"/") {
            let root = self.root();
            return self.scene.world.walk(root, text);
        }
        self.scene.world.walk(base?, text)
    }

    // ---- changes ------------------------------------------------------------------------------

    fn unknown(&mut self, typed: &[u8], line: LineNo) {
        self.block.cd = None;
        self.block.changes.clear();
        self.block.reader = Reader::Skip;
        self.scene.epoch = line;
        self.foreign = true;
        // What a shell would need to read may also have moved it.
        if command::split(typed).is_none() {
            let frame = self.frame();
            frame.cwd = None;
        }
        self.may_have_changed(typed, line);
    }

    fn may_have_changed(&mut self, typed: &[u8], line: LineNo) {
        let message = format!(
            "`{}` may have changed what was listed before",
            excerpt(typed)
        );
        self.scene
            .troubles
            .push(Vec::new(), line, "may-have-changed", message);
    }

    fn doubt(&mut self, words: &[Word], typed: &[u8], line: LineNo) {
        let cwd = self.here();
        let doubts = words
            .iter()
            .filter_map(|word| self.doubt_of(cwd, word))
            .collect();
        self.block.changes.push(Change::Doubt(doubts));
        self.may_have_changed(typed, line);
    }

    fn note_writes(&mut self, step: &Step, line: LineNo) {
        if !step.writes.is_empty() {
            let cwd = self.here();
            let doubts = step
                .writes
                .iter()
                .filter_map(|word| self.doubt_of(cwd, word))
                .collect();
            self.block.changes.push(Change::Doubt(doubts));
            self.may_have_changed(b"> FILE", line);
        }
    }

    /// What a word may stand for: the path, or all below the last directory that it names.
    fn doubt_of(&mut self, base: Option<Id>, word: &Word) -> Option<Doubt> {
        if !word.expands {
            return self.resolve_word(base, word).map(Doubt::Of);
        }
        let special = |b: &u8| matches!(b, b'*' | b'?' | b'[' | b'$' | b'!');
        let literal = word.text.iter().position(special).unwrap_or(0);
        let end = word.text[..literal]
            .iter()
            .rposition(|&b| b == b'/')
            .map_or(0, |at| at + 1);
        let prefix = Word {
            text: if end == 0 {
                b".".to_vec()
            } else {
                word.text[..end].to_vec()
            },
            expands: false,
        };
        self.resolve_word(base, &prefix).map(Doubt::Below)
    }

    // ---- output -------------------------------------------------------------------------------

    fn output(&mut self, output: Output<'_>) {
        let text = output.text;
        if self.block.lines == 0 && !text.trim_ascii().is_empty() && self.continues(output) {
            return;
        }
        if !text.trim_ascii().is_empty() {
            self.block.lines += 1;
        }
        if text.ends_with(b"^C") {
            self.block.interrupted = true;
            return;
        }
        if self.block.cd.is_some() && self.cd_output(text) {
            return;
        }
        let root = matches!(self.block.reader, Reader::Df(_)).then(|| self.root());
        let scene = &mut self.scene;
        match &mut self.block.reader {
            Reader::Puzzle(puzzle) => {
                if !puzzle.take(scene, output) && !self.stray_said {
                    self.stray_said = true;
                    let message = format!("not a row of ls: `{}`", excerpt(text));
                    let troubles = &mut self.scene.troubles;
                    troubles.push(Vec::new(), output.line, "not-understood", message);
                }
            }
            Reader::Long(long) => {
                let is_total = ls::total(text).is_some() && long.awaits_sole();
                if is_total {
                    self.begin_sole(output);
                }
                if let Reader::Long(long) = &mut self.block.reader {
                    long.take(&mut self.scene, output);
                }
            }
            Reader::Du(rows) => {
                rows.take(scene, output);
            }
            Reader::Df(rows) => rows.take(scene, root.unwrap_or_default(), text),
            Reader::Pwd => self.pwd(text, output.line),
            Reader::Date => self.taken = moment::of_date(text).or(self.taken),
            Reader::Skip | Reader::Before | Reader::Unread(_) => self.skipped(output),
        }
    }

    /// A listing of one operand, which is now known to be a directory.
    fn begin_sole(&mut self, output: Output<'_>) {
        let cwd = self.here();
        let home = self.home();
        let root = self.root();
        if let Reader::Long(long) = &mut self.block.reader {
            let resolve = |world: &mut World, text: &[u8]| match text {
                [b'/', ..] => world.walk(root, text),
                [b'~'] => home,
                [b'~', b'/', rest @ ..] => world.walk(home?, rest),
                [b'~', ..] => None,
                _ => world.walk(cwd?, text),
            };
            long.sole(&mut self.scene, resolve, output.line);
        }
    }

    /// Whether the line continues a command that a screen has broken; then it is run anew.
    fn continues(&mut self, output: Output<'_>) -> bool {
        if self.block.typed.is_empty() || self.block.lines > 0 {
            return false;
        }
        let text = output.text;
        let silent = matches!(self.block.reader, Reader::Skip)
            && (self.block.cd.is_some() || !self.block.changes.is_empty());
        let word = text.split(|&b| b == b' ').next().unwrap_or_default();
        let is_message = word.ends_with(b":") || text.windows(3).any(|w| w == b"cd:");
        let unfit = match &self.block.reader {
            Reader::Long(_) => {
                ls::total(text).is_none()
                    && !text.trim_ascii_end().ends_with(b":")
                    && !text.starts_with(b"ls: ")
                    && !ls::is_row(text)
            }
            _ => false,
        };
        if (!silent || is_message) && !unfit {
            return false;
        }
        let mut typed = std::mem::take(&mut self.block.typed);
        let width = self.block.width;
        typed.extend_from_slice(text);
        let Some(prompt) = prompt::parse(&typed) else {
            return false;
        };
        let (line, mark) = (self.block.line, self.block.troubles);
        self.scene.troubles.forget_since(mark);
        self.block = Block::new(line);
        self.block.troubles = mark;
        self.command(prompt.command, line);
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
                _ => match &mut self.block.reader {
                    Reader::Long(long) => long.rebase(back),
                    Reader::Du(rows) => rows.rebase(back),
                    Reader::Puzzle(_) => self.block.reader = Reader::Skip,
                    _ => {}
                },
            }
            return true;
        }
        if !listing && text.starts_with(b"/") && self.block.lines == 1 {
            let root = self.root();
            let to = self.scene.world.walk(root, text.trim_ascii_end());
            if let Some(cd) = &mut self.block.cd {
                (cd.to, cd.literal) = (to, true);
            }
            return true;
        }
        false
    }

    fn pwd(&mut self, text: &[u8], line: LineNo) {
        if !text.starts_with(b"/") || self.block.lines != 1 {
            return;
        }
        let root = self.root();
        let Some(at) = self.scene.world.walk(root, text.trim_ascii_end()) else {
            return;
        };
        self.scene.see(at, line, Shape::Dir);
        let frame = self.frame();
        if frame.shown == b"~" {
            frame.home = Some(at);
        }
        frame.cwd = Some(at);
        self.block.cd = None;
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
    fn finish(&mut self, end: End) {
        let end = if self.block.interrupted {
            End::Cut
        } else {
            end
        };
        let line = self.block.line;
        let block = std::mem::replace(&mut self.block, Block::new(line));
        let scene = &mut self.scene;
        match block.reader {
            Reader::Puzzle(mut puzzle) => {
                self.puzzled |= puzzle.has_rows();
                puzzle.end(scene, end);
            }
            Reader::Long(mut long) => long.end(scene, end),
            Reader::Du(mut rows) => rows.end(scene, end),
            _ => {}
        }
        for change in block.changes {
            self.apply(change, line, block.lines > 0);
        }
        if let Some(cd) = block.cd {
            if let Some(to) = cd.to {
                if cd.literal {
                    self.scene.see(to, line, Shape::Dir);
                }
                self.scene.world.dir(to).entered = line;
            }
            let frame = self.frame();
            frame.previous = if cd.several { None } else { cd.from };
            frame.cwd = cd.to;
        }
    }

    fn apply(&mut self, change: Change, line: LineNo, printed: bool) {
        self.scene.epoch = line;
        let world = &mut self.scene.world;
        match change {
            Change::Remove(ids) if !printed => {
                ids.into_iter().for_each(|id| world.set_gone(id, line));
            }
            Change::Remove(ids) => ids.into_iter().for_each(|id| world.set_doubt(id, line)),
            Change::Doubt(doubts) => {
                for doubt in doubts {
                    match doubt {
                        Doubt::Of(id) => world.set_doubt(id, line),
                        Doubt::Below(id) => world.set_doubt_below(id, line),
                    }
                }
            }
        }
    }
}
