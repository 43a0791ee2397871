//! Where the session is: prompts that show it, homes, `cd` and the words of a command line.

use super::super::command;
use super::super::evidence::{Id, LineNo, Origin, TOP};
use super::super::listing::ls::Shape;
use super::super::prompt::{Family, Prompt, Style};
use super::super::word::Word;
use super::Session;
use super::block::Move;

impl Session {
    /// Settles where the shell is, by what the prompt shows.
    pub(super) fn place(&mut self, prompt: &Prompt<'_>, line: LineNo) {
        if !self.frame().begun {
            let host = self.who.0.clone();
            // Two shells on one host need not begin in the same directory: the second is lost.
            let starts = self.scene.world.starts.len();
            let begin = self.scene.world.start(&host, Origin::Here);
            let is_first = self.scene.world.starts.len() > starts;
            let begin = self.named(Origin::Here, &host, b"").unwrap_or(begin);
            let frame = self.frame();
            (frame.begun, frame.cwd) = (true, is_first.then_some(begin));
        }
        let guess = self.guess.take();
        self.note_tool(prompt.directory);
        self.note_shell(prompt);
        let is_word = prompt.family == Family::Weak && prompt.host != self.who.0;
        self.check_base(if is_word { prompt.host } else { prompt.base });
        if prompt.directory.is_empty() || self.learned.constant {
            return;
        }
        let frame = self.frame();
        if frame.constant && frame.shown == prompt.directory {
            return;
        }
        // What never changes has changed: it was the `cd` that went wrong.
        frame.constant = false;
        let at = self.resolve_shown(prompt.directory);
        let frame = self.frame();
        let expected = frame.cwd;
        // What may be a part of a name only confirms what is known.
        if !prompt.sure && expected != at && !frame.shown.is_empty() {
            frame.cwd = None;
            return;
        }
        let first = frame.shown.is_empty();
        frame.strayed = false;
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

    /// A prompt that shows only the last name of its directory can tell that a `cd` went wrong.
    fn check_base(&mut self, base: &[u8]) {
        let world = &self.scene.world;
        let is_at = |id: Id| world.name(id) == base;
        let named = |id: &Id| world.node(*id).parent != TOP;
        if base.is_empty() {
            return;
        }
        if let Some(at) = self.frame.cwd.filter(named)
            && !is_at(at)
        {
            self.frame.cwd = self.frame.previous.filter(|&id| is_at(id));
        }
    }

    /// The prompt shows `~/b` where following `cd` led to `/x/b`: then the home is `/x`.
    fn learn_home(&mut self, shown: &[u8], place: Option<Id>) {
        let home = self.home_above(shown, place);
        if let Some(home) = home {
            self.name_home(home);
        }
        let frame = self.frame();
        frame.home = home;
        frame.cwd = home.and(place);
    }

    /// The home, where `~/b` is this place.
    pub(super) fn home_above(&self, shown: &[u8], place: Option<Id>) -> Option<Id> {
        let world = &self.scene.world;
        let below = shown.get(1..).unwrap_or_default();
        let below = below.split(|&b| b == b'/').filter(|part| !part.is_empty());
        let home = place.and_then(|place| {
            below.rev().try_fold(place, |at, part| {
                (world.name(at) == part).then(|| world.node(at).parent)
            })
        });
        home.filter(|&home| home != TOP)
    }

    /// The place of `/a/b` or `~/b` as a prompt shows it.
    pub(super) fn resolve_shown(&mut self, directory: &[u8]) -> Option<Id> {
        let root = self.root();
        if let [_, b':', b'\\' | b'/', ..] = directory {
            return self.scene.world.walk(root, &of_windows(directory));
        }
        match directory.strip_prefix(b"~") {
            None => self.scene.world.walk(root, directory),
            Some(rest) if rest.is_empty() || rest.starts_with(b"/") => {
                let home = self.home()?;
                self.scene.world.walk(home, rest)
            }
            Some(_) => None,
        }
    }

    /// The user's home: as shown by `pwd`, as is usual, or where nobody is named, without a name.
    pub(super) fn home(&mut self) -> Option<Id> {
        if let Some(home) = self.frame().home {
            return Some(home);
        }
        let (host, user) = self.who.clone();
        if let Some(home) = self.named(Origin::Home, &host, &user) {
            self.frame().home = Some(home);
            return Some(home);
        }
        let root = self.root();
        match user.as_slice() {
            // Another's, perhaps.
            b"" if self.passed => None,
            b"" => Some(self.scene.world.start(&host, Origin::Home)),
            b"root" => self.scene.world.walk(root, b"root"),
            user => {
                let homes = self.scene.world.walk(root, b"home")?;
                Some(self.scene.world.child(homes, user))
            }
        }
    }

    /// first name in it is one that the puzzle's `ls` has shown there, or when no shell could go
    /// by it: real shells never list like the puzzle.
    pub(super) fn puzzle_cd(&mut self, typed: &[u8]) -> Option<Id> {
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

    pub(super) fn here(&mut self) -> Option<Id> {
        match &self.block.cd {
            Some(cd) => cd.to,
            None => self.frame().cwd,
        }
    }

    pub(super) fn cd(&mut self, target: Option<&Word>, _line: LineNo) {
        let from = self.here();
        let before = self.block.cd.is_some();
        let (to, literal) = match target.map(|word| word.text.as_slice()) {
            None => (self.home(), false),
            // Within a line, back to where that began.
            Some(b"-") => match &self.block.cd {
                Some(cd) => (cd.from, false),
                None => (self.frame().previous, false),
            },
            Some(text) => {
                let to = target.and_then(|word| self.resolve_word(from, word));
                (to, !text.starts_with(b"~"))
            }
        };
        self.block.cd = Some(Move {
            from: if before { None } else { from },
            to,
            literal,
            back: target.is_some_and(|word| word.is("-")),
            chained: None,
            several: before,
            prints: before && target.is_some_and(|word| word.is("-")),
        });
    }

    /// `pushd x`, or without an operand the two on top of the stack change places.
    pub(super) fn push(&mut self, target: Option<&Word>, line: LineNo) {
        let from = self.here();
        if self.frame.stack.len() >= 256 {
            self.frame.stack.clear();
        }
        match target {
            Some(word) if !word.text.starts_with(b"+") && !word.text.starts_with(b"-") => {
                self.cd(Some(word), line);
            }
            Some(_) => {
                self.cd(None, line);
                if let Some(cd) = &mut self.block.cd {
                    (cd.to, cd.literal) = (None, false);
                }
            }
            None => {
                let to = self.frame.stack.pop().flatten();
                self.cd(None, line);
                if let Some(cd) = &mut self.block.cd {
                    (cd.to, cd.literal) = (to, false);
                }
            }
        }
        self.frame.stack.push(from);
        if let Some(cd) = &mut self.block.cd {
            cd.prints = true;
        }
    }

    /// `popd`
    pub(super) fn pop(&mut self) {
        let to = self.frame.stack.pop().flatten();
        self.cd(None, 0);
        if let Some(cd) = &mut self.block.cd {
            (cd.to, cd.literal, cd.prints) = (to, false, true);
        }
    }

    /// The shells of macOS have prompts of their own, and those of the distributions theirs.
    fn note_shell(&mut self, prompt: &Prompt<'_>) {
        if prompt.family == Family::Host && self.bsd.is_none() {
            self.bsd = match prompt.style {
                Style::Mac => Some(true),
                Style::Linux => Some(false),
                Style::Any => None,
            };
        }
    }

    /// Notes what a command or a place tells of the system's tools: their blocks differ.
    pub(in super::super) fn note_tool(&mut self, text: &[u8]) {
        if self.bsd.is_some() {
            return;
        }
        let has = |sign: &&str| text.windows(sign.len()).any(|w| w == sign.as_bytes());
        let of_bsd = [
            "/Users/",
            "/Volumes/",
            "/usr/home/",
            "/private/var",
            "diskutil",
            "brew ",
        ];
        let of_linux = [
            "/home/",
            "/proc",
            "/sys/",
            "/var/log/",
            "/var/lib/",
            "/root",
            "/mnt/",
            "/srv/",
            "apt",
            "yum ",
            "dnf ",
            "systemctl",
            "journalctl",
            "busybox",
            "/boot",
            "lsblk",
            "1K-blocks",
            "/dev/sd",
            "/dev/vd",
            "/dev/nvme",
            "/dev/mapper",
            "tmpfs",
            "overlay",
            "Linux",
            "TERM=\"",
            "cannot access '",
            "cannot read directory '",
        ];
        if of_bsd.iter().any(&has) {
            self.bsd = Some(true);
        } else if of_linux.iter().any(has) {
            self.bsd = Some(false);
        }
    }

    pub(super) fn resolve_word(&mut self, base: Option<Id>, word: &Word) -> Option<Id> {
        let text = word.text.as_slice();
        if word.expands || text.is_empty() || text.contains(&0) {
            return None;
        }
        if text.starts_with(b"~") {
            return self.resolve_shown(text);
        }
        if self.family == Some(Family::Windows) {
            let path = of_windows(text);
            let root = self.root();
            return match path.first() {
                Some(b'/') => self.scene.world.walk(root, &path),
                _ => self.scene.world.walk(base?, &path),
            };
        }
        if text.starts_with(b"/") {
            let root = self.root();
            return self.scene.world.walk(root, text);
        }
        self.scene.world.walk(base?, text)
    }
}

/// A path of Windows as this tree has it: `C:\data` is `/C:/data`.
pub(in super::super) fn of_windows(path: &[u8]) -> Vec<u8> {
    let mut all = Vec::with_capacity(path.len() + 1);
    if matches!(path, [_, b':', ..]) {
        all.push(b'/');
    }
    all.extend(path.iter().map(|&b| if b == b'\\' { b'/' } else { b }));
    all
}

/// Where a shell says that it is.
pub(super) struct Named {
    /// Empty where only a path was given.
    pub(super) host: Vec<u8>,
    pub(super) path: Vec<u8>,
    /// Whether it ends where it seems to: words behind a blank may be other words of a title.
    sure: bool,
}

impl Named {
    /// Whether it is the whole path of a directory of which a prompt shows the last name.
    pub(super) fn is_whole(&self, base: &[u8]) -> bool {
        self.sure || !base.is_empty() && self.path.rsplit(|&b| b == b'/').next() == Some(base)
    }
}

/// Reads `file://host/path`, a bare path, or a title's `user@host:path`.
pub(super) fn of_url(url: &[u8]) -> Option<Named> {
    let (host, path) = match url.strip_prefix(b"file://") {
        Some(rest) => {
            let at = rest.iter().position(|&b| b == b'/')?;
            (rest[..at].to_vec(), &rest[at..])
        }
        None if url.starts_with(b"/") => {
            return Some(Named {
                host: Vec::new(),
                path: url.to_vec(),
                sure: true,
            });
        }
        None => {
            let (who, path) = url.split_at(url.iter().position(|&b| b == b':')?);
            let at = who.iter().position(|&b| b == b'@')?;
            return Some(Named {
                host: who[at + 1..].to_vec(),
                path: path[1..].to_vec(),
                sure: !path.contains(&b' '),
            });
        }
    };
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = |b: u8| char::from(b).to_digit(16);
        let pair = tail
            .get(..2)
            .and_then(|p| Some(16 * hex(p[0])? + hex(p[1])?));
        rest = match pair.filter(|_| byte == b'%').map(u8::try_from) {
            Some(Ok(value)) => {
                decoded.push(value);
                &tail[2..]
            }
            _ => {
                decoded.push(byte);
                tail
            }
        };
    }
    Some(Named {
        host,
        path: decoded,
        sure: true,
    })
}
