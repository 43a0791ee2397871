//! Readers of tools that print a path in every row: `find`, `stat`, listings of object stores.

use super::super::evidence::{Id, LineNo, Origin, Size};
use super::super::listing::find::Find;
use super::super::listing::format::{self, Fact, Format};
use super::super::listing::ls::{self, Shape};
use super::super::listing::store::Store;
use super::super::listing::{name, number};
use super::super::{Base, path_of, resolve};
use super::{End, Output, Scene, quoted_path};

impl Scene {
    /// Notes what a row says of a path that was looked up.
    pub(super) fn note(&mut self, id: Id, line: LineNo, fact: &Fact) {
        let shape = fact.shape.unwrap_or(Shape::Unknown);
        self.see(id, line, shape);
        if shape == Shape::Dir {
            self.world.dir(id);
        }
        if fact.itself {
            self.world.set_itself(id);
        }
        self.claim(id, Size::Apparent, fact.apparent, line);
        self.claim(id, Size::Disk, fact.disk, line);
        if let Some(links) = fact.links {
            self.world.set_time(id, fact.mtime, links);
        } else if fact.mtime.is_some() {
            let known = u64::from(self.world.node(id).links);
            self.world.set_time(id, fact.mtime, known);
        }
        if let (Some(inode), Some(links)) = (fact.inode, fact.links) {
            self.world.set_inode(id, inode, links);
        }
    }
}

/// The rows of a `find`.
pub(in super::super) struct FindRows {
    find: Find,
    base: Base,
    start: LineNo,
    whole: bool,
    tainted: bool,
    dirs: Vec<Id>,
}

impl FindRows {
    pub(in super::super) fn new(find: Find, base: Base, start: LineNo, whole: bool) -> Self {
        let whole = whole && find.whole;
        Self {
            find,
            base,
            start,
            whole,
            tainted: false,
            dirs: Vec::new(),
        }
    }

    pub(in super::super) fn rebase(&mut self, cwd: Option<Id>) {
        self.base.cwd = cwd;
    }

    pub(in super::super) fn accepts(&self, text: &[u8]) -> bool {
        self.find.row(text).is_some() || text.starts_with(b"find: ")
    }

    pub(in super::super) fn break_off(&mut self) {
        self.tainted = true;
    }

    pub(in super::super) fn take(&mut self, scene: &mut Scene, output: Output<'_>) {
        let text = output.text;
        if text.is_empty() {
            return;
        }
        if text.starts_with(b"find: ") {
            self.tainted = true;
            deny(scene, self.base, output, b"find: ");
            return;
        }
        let fact = self.find.row(text);
        let garbled = |fact: &Fact| self.find.garbles() && fact.path.contains(&b'?');
        let Some(fact) = fact.filter(|fact| !garbled(fact) && !output.coloured) else {
            if !std::mem::replace(&mut self.tainted, true) {
                scene.not_understood(output.line, text, "not a row of find");
            }
            return;
        };
        let Some(id) = resolve(&mut scene.world, self.base, &fact.path) else {
            if !std::mem::replace(&mut self.tainted, true) {
                scene.unknown_directory(output.line);
            }
            return;
        };
        if self.find.garbles() && scene.is_news(id) {
            self.tainted = true;
            return;
        }
        let fact = Fact {
            itself: true,
            ..fact
        };
        scene.note(id, output.line, &fact);
        if self.find.whole {
            scene.world.set_bottom(id);
        }
        if self.whole && fact.shape == Some(Shape::Dir) {
            self.dirs.push(id);
        }
    }

    pub(in super::super) fn end(&mut self, scene: &mut Scene, end: End) {
        if self.whole && !self.tainted && end == End::Prompt {
            for &dir in &self.dirs {
                scene.world.dir(dir).set_listed(self.start);
            }
        }
    }
}

/// Notes the directory that a tool says it could not read.
fn deny(scene: &mut Scene, base: Base, output: Output<'_>, start: &[u8]) {
    let denied = output.text.ends_with(b"Permission denied");
    let Some(path) = quoted_path(output.text, &[start]).filter(|_| denied) else {
        return;
    };
    if let Some(id) = resolve(&mut scene.world, base, &path) {
        scene.see(id, output.line, Shape::Dir);
        scene.world.dir(id).denied = output.line;
        let path = path_of(&scene.world, id);
        let message = "it could not be read".to_owned();
        scene
            .troubles
            .push(path, output.line, "permission-denied", message);
    }
}

/// The blocks or rows of a `stat`.
pub(in super::super) struct StatRows {
    format: Option<Format>,
    base: Base,
    /// The path of the block that is read, and its line.
    path: Option<(Vec<u8>, LineNo)>,
    fact: Fact,
    /// A tool that reads files: what it is told to read is followed, and a sum is its last row.
    counts: bool,
    /// What that tool has just said of something that it could not read.
    said: Vec<u8>,
}

impl StatRows {
    /// With the format that was asked for, if any.
    pub(in super::super) fn new(format: Option<Format>, base: Base) -> Self {
        Self {
            format,
            base,
            path: None,
            fact: Fact::default(),
            counts: false,
            said: Vec::new(),
        }
    }

    /// The rows of `wc -c`: sizes of files, and their sum.
    pub(in super::super) fn of_counts(base: Base) -> Self {
        Self {
            counts: true,
            ..Self::new(Some(Format::of_counts()), base)
        }
    }

    pub(in super::super) fn rebase(&mut self, cwd: Option<Id>) {
        self.base.cwd = cwd;
    }

    pub(in super::super) fn accepts(&self, text: &[u8]) -> bool {
        match &self.format {
            Some(format) => format.row(text, None).is_some(),
            None => {
                let fields: [&[u8]; 8] = [
                    b"File: ",
                    b"Size: ",
                    b"Device: ",
                    b"Access: ",
                    b"Modify: ",
                    b"Change: ",
                    b"Birth: ",
                    b"Context: ",
                ];
                fields
                    .iter()
                    .any(|field| text.trim_ascii_start().starts_with(field))
            }
        }
    }

    pub(in super::super) fn take(&mut self, scene: &mut Scene, output: Output<'_>) {
        if let Some(format) = &self.format {
            let row = format.row(output.text, None);
            match row {
                Some(fact) if self.counts => self.count(scene, &fact, output.line),
                Some(fact) => self.put(scene, &fact, output.line),
                None => self.said = output.text.to_vec(),
            }
            return;
        }
        let text = output.text.trim_ascii_start();
        if let Some(shown) = text.strip_prefix(b"File: ") {
            self.flush(scene);
            self.path = Some((shown.to_vec(), output.line));
        } else if let Some(rest) = text.strip_prefix(b"Size: ") {
            let words: Vec<&[u8]> = rest
                .split(u8::is_ascii_whitespace)
                .filter(|w| !w.is_empty())
                .collect();
            self.fact.apparent = words.first().and_then(|w| number::exact(w));
            let after = |label: &[u8]| {
                words
                    .iter()
                    .position(|w| *w == label)
                    .and_then(|at| words.get(at + 1))
            };
            self.fact.disk = after(b"Blocks:").and_then(|w| number::blocks(w, 512));
            let rest_after = |label: &[u8], skipped: usize| {
                let at = words.iter().position(|w| *w == label)?;
                Some(words[(at + skipped).min(words.len())..].join(&b' '))
            };
            // A BSD has its own word for the kind, and puts the name into quotation marks.
            let bsd = rest_after(b"FileType:", 1).map(|kind| kind.to_ascii_lowercase());
            if let Some((shown, _)) = self.path.as_mut().filter(|_| bsd.is_some()) {
                let inner = shown
                    .strip_prefix(b"\"")
                    .and_then(|s| s.strip_suffix(b"\""));
                *shown = inner.map_or(Vec::new(), <[u8]>::to_vec);
            }
            let kind = bsd.or_else(|| rest_after(b"Block:", 2));
            self.fact.shape = kind.map(|kind| format::shape_of_words(&kind));
        } else if text.starts_with(b"Device: ") {
            let figure = |label: &[u8]| {
                let at = text.windows(label.len()).position(|w| w == label)? + label.len();
                let digits = text[at..].trim_ascii_start();
                let end = digits
                    .iter()
                    .position(|b| !b.is_ascii_digit())
                    .unwrap_or(digits.len());
                number::digits(&digits[..end])
            };
            self.fact.inode = figure(b"Inode:");
            self.fact.links = figure(b"Links:");
        } else if let Some(date) = text.strip_prefix(b"Modify: ") {
            self.fact.mtime = super::super::moment::of_date(date).map(|t| t.0);
        }
    }

    /// A file that was read whole: not the sum of all, no directory, and of a link what it leads to.
    fn count(&mut self, scene: &mut Scene, fact: &Fact, line: LineNo) {
        let said = std::mem::take(&mut self.said);
        let path = fact.path.as_slice();
        let failed = said.windows(path.len()).any(|w| w == path);
        if failed || ls::is_total_word(path) {
            return;
        }
        let id = resolve(&mut scene.world, self.base, path);
        let is_file = |id: &Id| {
            let shape = scene.world.node(*id).shape;
            matches!(shape, Shape::Unknown | Shape::File)
        };
        if id.as_ref().is_some_and(is_file) {
            self.put(scene, fact, line);
        }
    }

    /// Notes a block whose rows have all been seen.
    fn flush(&mut self, scene: &mut Scene) {
        let mut fact = std::mem::take(&mut self.fact);
        let Some((shown, line)) = self.path.take() else {
            return;
        };
        let Some(shape) = fact.shape else {
            return;
        };
        let Some(path) = stat_name(&shown, shape) else {
            scene.not_understood(line, &shown, "a name that is not certain");
            return;
        };
        fact.path = path;
        self.put(scene, &fact, line);
    }

    fn put(&mut self, scene: &mut Scene, fact: &Fact, line: LineNo) {
        if fact.path.contains(&b'?') {
            return;
        }
        match resolve(&mut scene.world, self.base, &fact.path) {
            Some(id) => {
                let fact = Fact {
                    itself: true,
                    ..fact.clone()
                };
                scene.note(id, line, &fact);
            }
            None => scene.unknown_directory(line),
        }
    }

    pub(in super::super) fn end(&mut self, scene: &mut Scene, end: End) {
        if end != End::Cut {
            self.flush(scene);
        }
    }
}

/// `x`, `'x'`, `‘x’`, `x -> y`: a link's name ends at its arrow.
fn stat_name(shown: &[u8], shape: Shape) -> Option<Vec<u8>> {
    let mut shown = shown;
    if shape == Shape::Symlink {
        let mut arrows = (0..shown.len()).filter(|&at| shown[at..].starts_with(b" -> "));
        let at = arrows.next()?;
        if arrows.next().is_some() {
            return None;
        }
        shown = &shown[..at];
    }
    if let Some(inner) = shown.strip_prefix("‘".as_bytes()) {
        return inner.strip_suffix("’".as_bytes()).map(<[u8]>::to_vec);
    }
    if shown.starts_with(b"'") && shown.ends_with(b"'") && shown.len() > 2 {
        return name::shell(shown).map(|(name, _)| name);
    }
    Some(shown.to_vec())
}

/// The rows of a listing of an object store.
pub(in super::super) struct StoreRows {
    store: Store,
}

impl StoreRows {
    pub(in super::super) fn new(store: Store) -> Self {
        Self { store }
    }

    pub(in super::super) fn accepts(&self, text: &[u8]) -> bool {
        self.store.row(text).is_some()
    }

    pub(in super::super) fn take(&mut self, scene: &mut Scene, output: Output<'_>) {
        let Some(row) = self.store.row(output.text) else {
            return;
        };
        let root = scene.world.start(self.store.host(), Origin::Root);
        let Some(id) = scene.world.walk(root, &row.path) else {
            return;
        };
        if id == root {
            return;
        }
        scene.note(id, output.line, &row);
    }
}
