//! The reader of `ls -l`: blocks with and without headers, rows that may continue, padded names.

use super::super::evidence::{Id, LineNo, Size, TOP};
use super::super::listing::ls::{self, Ls, Row, Shape};
use super::super::{Base, excerpt, path_of, resolve, resolve_typed};
use super::{End, Held, Output, Scene, is_name, quoted_path};

/// The blocks of an `ls -l`.
pub(in super::super) struct Long {
    ls: Ls,
    base: Base,
    section: Section,
    /// Rows whose reading waits for the next line, or for whether bare names are padded.
    held: Vec<HeldRow>,
    /// The room of a row that was read, for the next.
    spare: Vec<u8>,
    padded: Option<bool>,
    whole: bool,
    tainted: bool,
    after_blank: bool,
    /// The total of this section was printed.
    totalled: bool,
    /// The first line of what is printed.
    first: LineNo,
}

/// A row that waits, and what it shows: all but its name, which begins at a byte of its text.
struct HeldRow {
    held: Held,
    row: Row<'static>,
    name_at: usize,
}

impl HeldRow {
    fn row(&self) -> Row<'_> {
        self.row.with_name(&self.held.text[self.name_at..])
    }
}

#[derive(Clone, Copy)]
enum Section {
    /// Before any header: rows are operands, or names in the one directory that was asked for.
    Start,
    Dir {
        id: Id,
        start: LineNo,
        shows_dots: bool,
    },
    /// A directory of which the place is not known.
    Lost(LineNo),
    /// A part of a listing without its header.
    Elsewhere,
}

impl Long {
    pub(in super::super) fn new(ls: Ls, base: Base, whole: bool) -> Self {
        Self {
            ls,
            base,
            section: Section::Start,
            held: Vec::new(),
            spare: Vec::new(),
            padded: None,
            whole,
            tainted: false,
            after_blank: true,
            totalled: false,
            first: 0,
        }
    }

    /// The directory from which operands count, found out only now.
    pub(in super::super) fn rebase(&mut self, cwd: Option<Id>) {
        self.base.cwd = cwd;
    }

    /// Whether a line is one of this listing.
    pub(in super::super) fn accepts(&self, text: &[u8]) -> bool {
        let begins = ls::total(text).is_some() && (self.has_headers() || self.is_at_start());
        begins
            || self.ls.row(text).is_some()
            || text.starts_with(b"ls: ")
            || (self.has_headers() && self.after_blank && text.trim_ascii_end().ends_with(b":"))
    }

    /// Whether a line shows that the command was an alias for another tool's listing, or for one
    /// without sizes.
    pub(in super::super) fn is_other(&self, text: &[u8]) -> bool {
        self.ls.guessed
            && self.is_at_start()
            && self.held.is_empty()
            && !text.trim_ascii().is_empty()
            && ls::total(text).is_none()
            && !text.starts_with(b"ls: ")
            && self.ls.row(text).is_none()
            && !text.trim_ascii_end().ends_with(b":")
    }

    /// The command, and from where its paths count.
    pub(in super::super) fn command(&self) -> (&Ls, Base) {
        (&self.ls, self.base)
    }

    fn is_at_start(&self) -> bool {
        matches!(self.section, Section::Start)
    }

    /// What follows does not continue the listing: of which directory it is, only a header says.
    pub(in super::super) fn break_off(&mut self, scene: &mut Scene) {
        if matches!(self.section, Section::Start) && self.held.is_empty() {
            return;
        }
        self.tainted = true;
        self.finish_section(scene, End::Cut);
        self.section = Section::Elsewhere;
        self.after_blank = true;
    }

    /// Takes a line; false when it is nothing that `ls -l` prints.
    pub(in super::super) fn take(&mut self, scene: &mut Scene, output: Output<'_>) -> bool {
        let text = output.text;
        if self.first == 0 {
            self.first = output.line;
        }
        let after_blank = std::mem::replace(&mut self.after_blank, text.trim_ascii().is_empty());
        if self.after_blank {
            self.flush(scene);
            return true;
        }
        if scene.collapsed && self.ls.may_quote() {
            self.padded = Some(true);
        }
        if let Some(row) = self.ls.row(text) {
            match self.padded {
                // No name breaks a row on a terminal, so none has to wait for the next line.
                Some(padded) if scene.terminal && self.ls.may_quote() => {
                    self.flush(scene);
                    self.read(scene, &row, padded, (text, output.line));
                }
                _ => self.hold(scene, &row, output),
            }
            return true;
        }
        if ls::total(text).is_some() {
            self.flush(scene);
            self.ls.learn(text);
            // Two totals below one header: the second is of a command that is not seen.
            if std::mem::replace(&mut self.totalled, true) {
                self.break_off(scene);
            }
            self.begin(scene, output.line);
            return true;
        }
        if text.starts_with(b"ls: ") || text.starts_with(b"/bin/ls: ") {
            self.error(scene, output);
            return true;
        }
        let header = text.trim_ascii_end().strip_suffix(b":");
        if let Some(path) = header.filter(|_| after_blank && self.has_headers()) {
            self.finish_section(scene, End::Prompt);
            self.section = self.open(scene, path, output.line);
            self.totalled = false;
            return true;
        }
        self.stray(scene, output)
    }

    fn has_headers(&self) -> bool {
        let expands = self.ls.operands.iter().any(|word| word.expands);
        self.ls.recursive || self.ls.operands.len() > 1 || expands
    }

    /// A directory whose block begins with a header.
    fn open(&mut self, scene: &mut Scene, path: &[u8], line: LineNo) -> Section {
        let place = self
            .ls
            .header(path)
            .and_then(|path| resolve(&mut scene.world, self.base, &path));
        match place {
            Some(id) => {
                scene.see(id, line, Shape::Dir);
                Section::Dir {
                    id,
                    start: line,
                    shows_dots: false,
                }
            }
            None => Section::Lost(line),
        }
    }

    /// `total`: the rows that follow lie in a directory, whose header may have been printed.
    fn begin(&mut self, scene: &mut Scene, line: LineNo) {
        if !matches!(self.section, Section::Start) {
            return;
        }
        let sole = match &self.ls.operands[..] {
            [] => self.base.cwd,
            [one] if !one.expands => resolve_typed(&mut scene.world, self.base, &one.text),
            _ => None,
        };
        self.section = match sole {
            // Rows that were sorted may stand before the line of the total.
            Some(id) => Section::Dir {
                id,
                start: self.first,
                shows_dots: false,
            },
            None => Section::Lost(line),
        };
    }

    fn hold(&mut self, scene: &mut Scene, row: &Row<'_>, output: Output<'_>) {
        let before = &output.text[..output.text.len() - row.name.len()];
        match row.name.first() {
            Some(b' ' | b'\'' | b'"') => {}
            // The blank that was taken for the end of a short date may as well be padding.
            _ if before.ends_with(b"  ") => {}
            _ if self.padded.is_none() => self.padded = Some(false),
            _ => {}
        }
        if self.padded.is_some() {
            self.flush(scene);
        }
        let mut text = std::mem::take(&mut self.spare);
        text.extend_from_slice(output.text);
        self.held.push(HeldRow {
            name_at: text.len() - row.name.len(),
            row: row.with_name(b""),
            held: Held {
                text,
                line: output.line,
                width: output.width,
                coloured: output.coloured,
            },
        });
        // Undecided padding must not hold a whole recording.
        if self.held.len() > 1 << 20 {
            self.decide();
        }
    }

    /// Names in quotes, and none that begins at their column without one: the rest is padded.
    fn decide(&mut self) -> bool {
        if let Some(padded) = self.padded {
            return padded;
        }
        let begins_with = |held: &HeldRow, signs: &[u8]| {
            let name = &held.held.text[held.name_at..];
            name.first().is_some_and(|first| signs.contains(first))
        };
        // One name in quotes moves the others, also when it is that of a directory whose block
        // comes later: several names that all begin with a blank were moved.
        let is_quoted = self
            .held
            .iter()
            .any(|held| begins_with(held, self.ls.quotes()));
        let is_moved = self.held.len() > 1 && self.held.iter().all(|held| begins_with(held, b" "));
        let padded = self.ls.may_quote() && (is_quoted || is_moved);
        self.padded = Some(padded);
        padded
    }

    /// Reads the rows that were held.
    fn flush(&mut self, scene: &mut Scene) {
        if self.held.is_empty() {
            return;
        }
        let padded = self.decide();
        let mut held = std::mem::take(&mut self.held);
        for one in held.drain(..) {
            let at = (one.held.text.as_slice(), one.held.line);
            self.read(scene, &one.row(), padded, at);
            self.spare = one.held.text;
            self.spare.clear();
        }
        self.held = held;
    }

    fn read(&mut self, scene: &mut Scene, row: &Row<'_>, padded: bool, at: (&[u8], LineNo)) {
        let (text, line) = at;
        match self.ls.name(row, padded) {
            Some(name) => {
                let literal = self.ls.is_literal();
                self.fact(scene, row, &name, (line, literal));
            }
            None => self.unsure(scene, line, text),
        }
    }

    fn unsure(&mut self, scene: &mut Scene, line: LineNo, text: &[u8]) {
        self.tainted = true;
        self.say(scene, line, text, "a row whose name is not certain");
    }

    fn fact(
        &mut self,
        scene: &mut Scene,
        row: &Row<'_>,
        name: &[u8],
        (line, literal): (LineNo, bool),
    ) {
        let id = match &mut self.section {
            Section::Dir { id, shows_dots, .. } => match name {
                b"." => {
                    *shows_dots = true;
                    Some(*id)
                }
                b".." => return,
                _ if is_name(name) => Some(scene.world.child(*id, name)),
                _ => None,
            },
            Section::Start => resolve(&mut scene.world, self.base, name),
            Section::Lost(_) | Section::Elsewhere => return,
        };
        let Some(id) = id.filter(|&id| !(literal && scene.is_news(id))) else {
            self.tainted = true;
            return;
        };
        if scene.world.node(id).parent == TOP && row.shape != Shape::Dir {
            return;
        }
        scene.see(id, line, row.shape);
        if row.shape == Shape::Dir {
            scene.world.dir(id);
        }
        scene.claim(id, Size::Apparent, row.apparent, line);
        scene.claim(id, Size::Disk, row.disk, line);
        scene.world.set_time(id, row.mtime, row.links);
        if let Some(inode) = row.inode {
            scene.world.set_inode(id, inode, row.links);
        } else if row.links > 1 && row.shape == Shape::File && !scene.said_links {
            scene.said_links = true;
            let message = "has several names, but no inode number is shown: of files that are alike in \
                           that, only the first is sure to count";
            let path = path_of(&scene.world, id);
            scene
                .troubles
                .push(path, line, "hard-links", message.to_owned());
        }
    }

    /// `ls: cannot open directory 'x': Permission denied`
    fn error(&mut self, scene: &mut Scene, output: Output<'_>) {
        let text = output.text;
        let cause = text
            .rsplit(|&b| b == b':')
            .next()
            .unwrap_or_default()
            .trim_ascii();
        let denied = cause == b"Permission denied" || cause == b"Operation not permitted";
        match quoted_path(text, &[b"cannot open directory ", b"can't open "]) {
            Some(path) => {
                if let Some(id) = resolve(&mut scene.world, self.base, &path) {
                    scene.see(id, output.line, Shape::Dir);
                    scene.world.dir(id).denied = output.line;
                    let code = if denied {
                        "permission-denied"
                    } else {
                        "unreadable"
                    };
                    let message = format!("ls could not open it: {}", excerpt(cause));
                    let path = path_of(&scene.world, id);
                    scene.troubles.push(path, output.line, code, message);
                }
            }
            // A name was not found, or a directory was read in part.
            None => self.tainted = true,
        }
    }

    fn stray(&mut self, scene: &mut Scene, output: Output<'_>) -> bool {
        // A header that this command cannot have printed.
        if !self.has_headers() && output.text.ends_with(b":") && self.totalled {
            self.say(scene, output.line, output.text, "not a row of ls -l");
            self.break_off(scene);
            return false;
        }
        let Some(last) = self.held.pop() else {
            self.tainted = true;
            self.say(scene, output.line, output.text, "not a row of ls -l");
            return false;
        };
        if scene.width == Some(last.held.width) {
            let mut longer = last;
            longer.held.text.extend_from_slice(output.text);
            longer.held.width = output.width;
            self.held.push(longer);
            return true;
        }
        self.tainted = true;
        // On a terminal `ls` shows control characters as `?` or quotes them, so no name breaks a row.
        if scene.terminal && self.ls.may_quote() {
            self.held.push(last);
            self.say(scene, output.line, output.text, "not a row of ls -l");
            return false;
        }
        let why = "a row that the next line may continue";
        self.say(scene, last.held.line, &last.held.text, why);
        true
    }

    fn say(&mut self, scene: &mut Scene, line: LineNo, text: &[u8], why: &str) {
        scene.not_understood(line, text, why);
    }

    fn finish_section(&mut self, scene: &mut Scene, end: End) {
        self.flush(scene);
        let section = std::mem::replace(&mut self.section, Section::Start);
        let tainted = std::mem::take(&mut self.tainted);
        self.padded = None;
        match section {
            Section::Dir {
                id,
                start,
                shows_dots,
            } => {
                scene.see(id, start, Shape::Dir);
                let whole = self.whole && !self.ls.cut && !tainted && end == End::Prompt;
                let all = self.ls.all || shows_dots;
                let facts = scene.world.dir(id);
                match (whole, all) {
                    (true, true) => facts.set_listed(start),
                    (true, false) => facts.listed_visible = start,
                    (false, _) => facts.listed_some = start,
                }
            }
            Section::Lost(line) => scene.unknown_directory(line),
            _ => {}
        }
    }

    pub(in super::super) fn end(&mut self, scene: &mut Scene, end: End) {
        if end != End::Prompt {
            // The last row may be cut short.
            self.held.pop_if(|_| end == End::Cut);
            // Whether a blank is padding or belongs to the names, a row that is missing would say.
            if self.padded.is_none() && self.ls.may_quote() && scene.terminal {
                self.tainted |= !self.held.is_empty();
                self.held.clear();
            }
        }
        self.finish_section(scene, end);
    }
}
