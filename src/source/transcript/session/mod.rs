//! The session: prompts, where each command ran, and which reader gets its output.
//!
//! Where a command ran is known, best first, from `pwd`, from a prompt with a whole path, from
//! `~` and a home that was shown or is assumed, and from following `cd`. What contradicts itself
//! or cannot be followed makes the place *lost*: listings then prove nothing until a whole path
//! is seen again.

mod block;
mod change;
mod fold;
mod foretold;
mod named;
mod output;
mod place;
mod run;

use std::collections::HashMap;

use crate::time::Timestamp;

use super::command;
use super::container;
use super::evidence::{Id, LineNo, Origin, World};
use super::prompt::{self, Family, Learned, Prompt};
use super::readers::{End, Output, Scene, Troubles};
use super::screen::Line;
use super::word::Word;

use block::{Block, Reader};
use fold::Kept;
pub(super) use fold::width_of as fold_of;
use foretold::Form;
pub(super) use named::Name;
use place::Named;
pub(super) use place::of_windows;

/// Shorter lines are not taken for lines that a screen has broken.
const NARROWEST: usize = 40;

/// One user's shell on one host.
#[derive(Default)]
struct Frame {
    /// `None`: lost.
    cwd: Option<Id>,
    previous: Option<Id>,
    /// The stack of `pushd`.
    stack: Vec<Option<Id>>,
    home: Option<Id>,
    /// The directory as the last prompt wrote it.
    shown: Vec<u8>,
    /// Whether the prompt was caught showing a directory that it is not in.
    constant: bool,
    begun: bool,
    /// A command that is not known may have moved it since it was last seen where it is.
    strayed: bool,
    /// Its line editor marks the prompts.
    marked: bool,
}

/// A line that may be the first of a prompt of two.
struct Head {
    text: Vec<u8>,
    line: LineNo,
    coloured: bool,
    /// A line editor marked it.
    marked: bool,
    /// That had the terminal already on the row above.
    carried: bool,
    /// Where the shell says that it is.
    place: Option<Named>,
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
    /// The last moment that the recording names.
    pub(super) taken: Option<Timestamp>,
    /// Whether the last command began or ended a shell.
    passage: Option<Passage>,
    /// The shells around the one that runs, for prompts that name no host.
    around: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where the shells were that started others.
    left_at: Vec<Option<Id>>,
    head: Option<Head>,
    /// What the prompts of this recording look like.
    learned: Learned,
    /// The width at which the text was broken, and a row that the next line may continue.
    fold: Option<usize>,
    kept: Option<Kept>,
    /// What the last prompt looked like around its directory.
    form: Option<Form>,
    /// The directories that the next prompt may show, worked out when first asked for.
    foretold: Option<Vec<Vec<u8>>>,
    /// A command that its line left open, and the line.
    open: Option<(Vec<u8>, LineNo)>,
    /// What variables and aliases stand for, as far as the recording sets them.
    variables: HashMap<Vec<u8>, Vec<u8>>,
    aliases: HashMap<Vec<u8>, Vec<Word>>,
    /// Every command is printed once more before it runs (`set -x`).
    traced: bool,
    /// A recording is shown inside of this one: its prompts are text.
    within: bool,
    /// Of that one, not all need be shown.
    shows_part: bool,
    /// The starts that were named.
    names: Vec<Name>,
    /// A shell was begun that may be another user's.
    passed: bool,
    /// How many names were compared with patterns.
    looked_at: usize,
    /// Whether the tools are those of a BSD or of macOS; `None`: nothing has told yet.
    bsd: Option<bool>,
}

/// More variables and aliases than this are not remembered.
const MOST_VARIABLES: usize = 1 << 12;

/// Longer commands are not waited for.
const MOST_TYPED: usize = 1 << 16;

/// Shells within shells, at most.
const DEEPEST: usize = 64;

/// From one shell to another.
#[derive(Clone, PartialEq, Eq)]
enum Passage {
    /// Into another, on a host that the command names, or on the same.
    Into(Option<Vec<u8>>),
    /// Into another on the same host and in the same directory.
    Below,
    OutOf,
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
                terminal: false,
                collapsed: false,
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
            passage: None,
            around: Vec::new(),
            left_at: Vec::new(),
            head: None,
            learned: Learned::default(),
            fold: None,
            kept: None,
            form: None,
            foretold: None,
            open: None,
            variables: HashMap::new(),
            aliases: HashMap::new(),
            traced: false,
            within: false,
            shows_part: false,
            names: Vec::new(),
            passed: false,
            looked_at: 0,
            bsd: None,
        }
    }

    /// Has prompts read as they were learned from how the recording begins.
    pub(super) fn learn(&mut self, learned: Learned) {
        self.learned = learned;
    }

    /// The width of the terminal, where the recording names it.
    pub(super) fn set_width(&mut self, width: usize) {
        self.scene.width = Some(width);
    }

    /// Takes one line.
    pub(super) fn line(&mut self, shown: &Line, line: LineNo) {
        let text = shown.text.as_slice();
        if shown.broken {
            self.break_off();
        }
        if self.is_within(text, shown.alternate) {
            return;
        }
        if self.take_tail(shown, line) || self.take_continuation(text) {
            return;
        }
        if self.take_head(shown, line) {
            return;
        }
        // On a terminal, what no line feed has ended was still being written or typed.
        let unfinished = self.scene.terminal && !shown.ended;
        if let Some((place, mut prompt)) = self.prompt(shown) {
            if unfinished {
                prompt.command = b"";
            }
            let typed = prompt::start_of(prompt.command, text);
            let carried = shown.mark.as_ref().is_some_and(|mark| mark.carried);
            let redrawn = carried && self.is_redrawn(text);
            if redrawn {
                self.block.take_back();
                self.passage = None;
            }
            let marked = shown.mark.as_ref().is_some_and(|mark| mark.prompt);
            self.begin(&prompt, place, text, line, marked);
            self.block.carried = carried && !redrawn;
            if let Some(at) = typed.filter(|&at| at < text.len() || self.form.is_none()) {
                self.learn_form(&text[..at], false);
            }
            return;
        }
        if unfinished {
            self.block.interrupted |= !shown.alternate;
            return;
        }
        let width = self.measure(text);
        if self.is_scrolled(text, width) {
            return self.hide(text, line);
        }
        self.unfold(Output {
            text,
            line,
            width,
            coloured: shown.coloured,
        });
    }

    /// Whether a line editor has pushed the prompt out at the left to make room for a command, as
    /// mksh does; it leaves a sign in the last column but one.
    fn is_scrolled(&self, text: &[u8], width: usize) -> bool {
        let Some((b'<' | b'>' | b'+', before)) = text.split_last() else {
            return false;
        };
        let at_edge = match self.scene.width {
            Some(columns) => width + 1 == columns,
            None => self.scene.terminal && before.ends_with(b"  "),
        };
        at_edge && self.block.line > 0 && width >= NARROWEST / 2
    }

    /// Takes a command of which a part is hidden, so that it may be any.
    fn hide(&mut self, text: &[u8], line: LineNo) {
        self.finish(End::Prompt);
        self.block = Block::new(line);
        self.unknown(text, line);
        self.frame.cwd = None;
        self.foretold = None;
        let message = "the line editor hides a part of the command, so what it prints is not read";
        let troubles = &mut self.scene.troubles;
        troubles.push(Vec::new(), line, "not-understood", message.to_owned());
    }

    /// Whether a line is one of a recording that a command like `cat` shows: from its first line
    /// to its last, prompts and listings are of another time and place.
    fn is_within(&mut self, text: &[u8], alternate: bool) -> bool {
        if !container::is_script_frame(text) {
            // One of which only a part is shown ends where the prompt comes back behind which it was
            // shown; where all is, that prompt may as well be the other recording's own.
            if self.within && !alternate && self.shows_part {
                let outer = self.block.shown.as_slice();
                self.within = outer.is_empty() || !text.starts_with(outer);
            }
            return self.within;
        }
        let begins = !container::is_script_end(text);
        let now = begins && self.shows_text();
        let was = std::mem::replace(&mut self.within, now);
        if now && !was {
            self.shows_part = alternate || self.block.shows_part;
        }
        if !was && !self.within && begins {
            self.begin_recording(text);
        }
        // No command prints a line of `script`'s.
        true
    }

    /// Reads the first line of a recording, which `script` has put there.
    pub(super) fn begin_recording(&mut self, line: &[u8]) {
        self.note_tool(line);
        self.taken = super::moment::of_script(line).or(self.taken);
    }

    /// Whether what is shown now stands in a file, so that nothing of it happens here.
    fn shows_text(&self) -> bool {
        self.within || self.block.shows_text
    }

    fn begin(
        &mut self,
        prompt: &Prompt<'_>,
        place: Option<Named>,
        text: &[u8],
        line: LineNo,
        marked: bool,
    ) {
        self.finish(End::Prompt);
        let width = self.measure(text);
        let owned;
        let mut prompt = *prompt;
        if let Some(named) = place.filter(|place| place.is_whole(prompt.base)) {
            owned = named;
            (prompt.directory, prompt.base, prompt.sure) = (&owned.path, b"", true);
            if prompt.host.is_empty() {
                prompt.host = &owned.host;
            }
            self.start(&prompt, text, width, line, marked);
        } else {
            self.start(&prompt, text, width, line, marked);
        }
    }

    /// Whether a line editor that has not let go of the terminal shows its prompt once more, as it
    /// does below the names that could complete a word.
    fn is_redrawn(&self, text: &[u8]) -> bool {
        let before = self.block.shown.as_slice();
        !before.is_empty() && !self.block.carried && text.starts_with(before)
    }

    /// What follows does not continue what was printed before.
    fn break_off(&mut self) {
        self.block.reader.break_off(&mut self.scene);
    }

    // ---- prompts of several lines -------------------------------------------------------------

    /// The first line of a prompt of two waits for the second.
    fn take_head(&mut self, shown: &Line, line: LineNo) -> bool {
        let text = shown.text.as_slice();
        let place = shown.mark.as_ref().and_then(|mark| mark.place.as_deref());
        let mark = shown.mark.as_ref().filter(|mark| mark.prompt);
        let is_open = mark.is_some_and(|mark| {
            mark.input.is_none() && prompt::parse_marked(text, None, &self.learned).is_none()
        });
        let is_head = || {
            let known = prompt::parse_head(text).is_some() || self.learned.is_head(text);
            known && prompt::parse(text).is_none()
        };
        let is_head = is_open || is_head();
        let is_head = is_head || self.form.is_some() && self.foretold(text, true).is_some();
        if shown.alternate || text.is_empty() || !is_head {
            return false;
        }
        self.head = Some(Head {
            text: text.to_vec(),
            line,
            coloured: shown.coloured,
            marked: is_open,
            place: place.and_then(place::of_url),
            carried: mark.is_some_and(|mark| mark.carried),
        });
        true
    }

    /// The second line of a prompt of two, with what the first says.
    fn take_tail(&mut self, shown: &Line, line: LineNo) -> bool {
        let Some(head) = self.head.take() else {
            return false;
        };
        let tail = shown.prompt_text();
        let mark = shown.mark.as_ref();
        let carried = mark.is_some_and(|mark| mark.carried);
        if carried && self.is_redrawn(&shown.text) {
            // What stood between were names.
            return false;
        }
        let command = match mark.and_then(|mark| mark.input) {
            Some(at) => tail.get(at..),
            None => prompt::parse_tail(tail).or_else(|| {
                let learned = self.learned.matches(tail);
                let marked = || prompt::parse_marked(tail, None, &self.learned);
                let is_marked = mark.is_some_and(|mark| mark.prompt);
                let prompt = learned.or_else(|| marked().filter(|_| is_marked));
                prompt.map(|p| p.command)
            }),
        };
        let Some(command) = command else {
            let text = head.text.as_slice();
            if head.marked && head.carried && self.take_more(text) {
                return false;
            }
            if head.marked {
                // A prompt, of which nothing tells where the command begins.
                let prompt = Prompt::unknown(text);
                self.begin(&prompt, None, text, head.line, true);
                return false;
            }
            let width = self.measure(text);
            self.output(Output {
                text,
                line: head.line,
                width,
                coloured: head.coloured,
            });
            return false;
        };
        let prompt = prompt::parse_head(&head.text).or_else(|| prompt::parse(&head.text));
        let prompt = prompt.unwrap_or_else(|| self.learned.head(&head.text));
        let prompt = match self.foretold(&head.text, true) {
            Some(found) => found.within(prompt),
            None => prompt,
        };
        let prompt = Prompt {
            command: command.trim_ascii(),
            ..prompt
        };
        let prompt = prompt.without_right();
        let place = mark
            .and_then(|mark| mark.place.as_deref())
            .and_then(place::of_url);
        let marked = mark.is_some_and(|mark| mark.prompt);
        self.begin(&prompt, place.or(head.place), &shown.text, line, marked);
        self.block.carried = true;
        self.learn_form(&head.text, true);
        true
    }

    /// A command below another that was not run yet: both were pasted at once, and run together.
    fn take_more(&mut self, text: &[u8]) -> bool {
        let block = &mut self.block;
        let is_pasted = block.lines == 0 && !block.carried && !block.command.is_empty();
        if !is_pasted || !command::is_known(text) || block.command.len() > MOST_TYPED {
            return false;
        }
        let typed = [&block.command, b"; ".as_slice(), text].concat();
        let (line, troubles) = (block.line, block.troubles);
        let shown = std::mem::take(&mut block.shown);
        self.block = Block::new(line);
        (self.block.shown, self.block.troubles) = (shown, troubles);
        self.command(&typed, line);
        self.block.command = typed;
        true
    }

    /// A line that goes on with a command that was left open; then, or if none comes, it runs.
    fn take_continuation(&mut self, text: &[u8]) -> bool {
        let Some((mut typed, line)) = self.open.take() else {
            return false;
        };
        let more = prompt::parse_continuation(text);
        if let Some(more) = more {
            if typed.ends_with(b"\\") {
                typed.pop();
            } else {
                typed.push(b'\n');
            }
            typed.extend_from_slice(more);
        }
        if more.is_some() && command::is_open(&typed) && typed.len() < MOST_TYPED {
            self.open = Some((typed, line));
        } else {
            self.run(&typed, line);
        }
        more.is_some()
    }

    /// Takes a line that was too long to be kept.
    pub(super) fn unclear(&mut self, line: LineNo) {
        self.finish(End::Cut);
        let message = "the line is too long to be kept, so it is not read".to_owned();
        self.scene
            .troubles
            .push(Vec::new(), line, "not-understood", message);
    }

    /// Ends the recording; `next` is what followed that was not to be read.
    pub(super) fn end(&mut self, next: Option<&Line>) {
        if let Some((typed, line)) = self.open.take() {
            self.run(&typed, line);
        }
        let end = match next {
            None => End::Recording,
            Some(shown) if self.prompt(shown).is_some() || self.head.is_some() => End::Prompt,
            Some(_) => End::Cut,
        };
        self.finish(end);
    }

    fn measure(&mut self, text: &[u8]) -> usize {
        let width = super::screen::width_of(text);
        self.widest = self.widest.max(width);
        width
    }

    /// Reads a line as a prompt, with the place that a shell named for it.
    fn prompt<'a>(&mut self, shown: &'a Line) -> Option<(Option<Named>, Prompt<'a>)> {
        if shown.alternate {
            return None;
        }
        let text = shown.prompt_text();
        let place = shown.mark.as_ref().and_then(|mark| mark.place.as_deref());
        let place = place.and_then(place::of_url);
        if let Some(mark) = shown.mark.as_ref().filter(|mark| mark.prompt) {
            let foretold = self.foretold(text, false);
            let prompt = prompt::parse_marked(text, mark.input, &self.learned);
            let prompt = match foretold {
                Some(found) if mark.input.is_some() => found.within(prompt?),
                Some(found) => found.prompt(text, self.family),
                None => self.assured(prompt?, text),
            };
            return Some((place, prompt.without_right()));
        }
        // A shell that marks its prompts marks them all; another may have come in its place.
        if self.frame.marked && self.passage.is_none() {
            return None;
        }
        if let Some(found) = self.foretold(text, false) {
            return Some((place, found.prompt(text, self.family).without_right()));
        }
        // Most lines are none, and are looked at once.
        let prompt = match prompt::parse(text) {
            Some(known) if known.is_strong() => known,
            weak => self.learned.matches(text).or(weak)?,
        };
        let prompt = self.assured(prompt, text).without_right();
        let family = self.family.get_or_insert(prompt.family);
        if prompt.family < *family && self.passage.is_none() {
            return None;
        }
        *family = prompt.family;
        Some((place, prompt))
    }

    fn frame(&mut self) -> &mut Frame {
        &mut self.frame
    }

    fn root(&mut self) -> Id {
        let host = self.who.0.clone();
        self.scene.world.start(&host, Origin::Root)
    }

    // ---- prompts ------------------------------------------------------------------------------

    fn start(
        &mut self,
        prompt: &Prompt<'_>,
        text: &[u8],
        width: usize,
        line: LineNo,
        marked: bool,
    ) {
        let passage = self.passage.take();
        let who = self.who_of(prompt, passage.as_ref());
        let outer = self.frame.cwd;
        let moved = self.who != who;
        if moved {
            let frame = self.waiting.remove(&who).unwrap_or_default();
            let left = std::mem::replace(&mut self.who, who);
            let frame_left = std::mem::replace(&mut self.frame, frame);
            if matches!(passage, Some(Passage::Into(_) | Passage::Below))
                && self.around.len() < DEEPEST
            {
                self.around.push(left.clone());
            }
            self.waiting.insert(left, frame_left);
        }
        self.pass(passage.as_ref(), outer, moved);
        self.frame.marked = marked;
        self.family.get_or_insert(prompt.family);
        self.place(prompt, line);
        self.block = Block::new(line);
        self.block.troubles = self.scene.troubles.mark();
        let before = prompt::start_of(prompt.command, text).unwrap_or(text.len());
        self.block.shown = text[..before.min(256)].to_vec();
        self.block.typed_at = before;
        let fills = self
            .scene
            .width
            .map_or(width == self.widest, |full| full == width);
        // What stands at the right edge ends what was typed.
        let whole = before + prompt.command.len() == text.len();
        if width >= NARROWEST && fills && whole {
            self.block.typed = text.to_vec();
            self.block.width = width;
        }
        self.command(prompt.command, line);
        self.block.command = prompt.command.to_vec();
    }

    /// Settles where a shell begins or goes on that another has started or ended; `outer` is where
    /// the one before was.
    fn pass(&mut self, passage: Option<&Passage>, outer: Option<Id>, moved: bool) {
        let cwd = match passage {
            None => return,
            Some(Passage::OutOf) => {
                let left_at = self.left_at.pop().flatten();
                // Back in the shell that was left for this one: it is where it was.
                if moved {
                    return;
                }
                left_at
            }
            Some(into) => {
                if matches!(into, Passage::Into(_)) {
                    self.forget_home();
                }
                if self.left_at.len() < DEEPEST {
                    self.left_at.push(outer);
                }
                // A new shell begins where only its prompt can say.
                outer.filter(|_| *into == Passage::Below)
            }
        };
        let frame = self.frame();
        (frame.cwd, frame.previous) = (cwd, None);
        frame.shown.clear();
        frame.begun |= cwd.is_some();
    }

    // ---- commands -----------------------------------------------------------------------------

    /// Host and user of the shell that prints a prompt, which need not name them.
    fn who_of(&mut self, prompt: &Prompt<'_>, passage: Option<&Passage>) -> (Vec<u8>, Vec<u8>) {
        let shown = (prompt.host.to_vec(), prompt.user.to_vec());
        let outer = match passage {
            Some(Passage::OutOf) => self.around.pop(),
            _ => None,
        };
        let known = outer.as_ref().unwrap_or(&self.who);
        // A bare word may as well be the last name of the directory, and no host changes by itself.
        let is_place = prompt.family == Family::Weak
            && !matches!(passage, Some(Passage::Into(_)))
            && !known.0.is_empty()
            && known.0 != shown.0;
        if !shown.0.is_empty() && !is_place {
            return shown;
        }
        match passage {
            Some(Passage::Into(Some(host))) => (host.clone(), shown.1),
            Some(Passage::OutOf) => outer.unwrap_or_else(|| self.who.clone()),
            _ => (self.who.0.clone(), self.who.1.clone()),
        }
    }
}
