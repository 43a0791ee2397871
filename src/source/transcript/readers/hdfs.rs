//! The reader of `hdfs dfs`: rows with whole paths, and counts that say when a directory is whole.

use super::super::evidence::{Claim, Id, LineNo, Origin, Size};
use super::super::listing::format::Fact;
use super::super::listing::hdfs::{Hdfs, Place};
use super::super::listing::ls::Shape;
use super::{End, Output, Scene};
use crate::bytes::Interval;

/// Operands beyond these are not called listed.
const MOST_PLACES: usize = 64;

/// The rows of an `hdfs dfs -ls` or `-du`.
pub(in super::super) struct HdfsRows {
    hdfs: Hdfs,
    start: LineNo,
    whole: bool,
    tainted: bool,
    /// A relative path was met.
    lost: bool,
    /// The last row, which the next line may show to be a part of one.
    held: Option<(Option<Place>, Fact, LineNo)>,
    section: Option<Section>,
    /// Directories in a recursive listing.
    dirs: Vec<Id>,
    /// The operands, as far as each row is looked for among them.
    places: Vec<Place>,
    /// The operands below which rows were.
    entered: Vec<Place>,
}

/// The rows after a count.
struct Section {
    left: u64,
    start: LineNo,
    /// Of which directory they are.
    dir: Option<Id>,
}

impl HdfsRows {
    pub(in super::super) fn new(hdfs: Hdfs, start: LineNo, whole: bool) -> Self {
        Self {
            places: hdfs.places().take(MOST_PLACES).collect(),
            hdfs,
            start,
            whole,
            tainted: false,
            lost: false,
            held: None,
            section: None,
            dirs: Vec::new(),
            entered: Vec::new(),
        }
    }

    pub(in super::super) fn accepts(&self, text: &[u8]) -> bool {
        self.hdfs.count(text).is_some() || self.hdfs.row(text).is_some() || is_logged(text)
    }

    pub(in super::super) fn take(&mut self, scene: &mut Scene, output: Output<'_>) {
        let (text, line) = (output.text, output.line);
        if text.trim_ascii().is_empty() || is_logged(text) {
            return;
        }
        if let Some(count) = self.hdfs.count(text) {
            self.flush(scene);
            self.section = Some(Section {
                left: count,
                start: line,
                dir: None,
            });
        } else if let Some((place, fact)) = self.hdfs.row(text) {
            self.flush(scene);
            self.held = Some((place, fact, line));
        } else if text.starts_with(b"ls: ") || text.starts_with(b"du: ") {
            self.flush(scene);
            self.tainted = true;
        } else {
            // It may be the rest of a name with a line break, of which the row before is the start.
            (self.held, self.section) = (None, None);
            if !std::mem::replace(&mut self.tainted, true) && !is_title(text) {
                scene.not_understood(line, text, "not a row of hdfs");
            }
        }
    }

    fn flush(&mut self, scene: &mut Scene) {
        let Some((place, fact, line)) = self.held.take() else {
            return;
        };
        let id = place.as_ref().and_then(|place| {
            let root = scene.world.start(&place.host, Origin::Root);
            scene.world.walk(root, &place.path)
        });
        let (Some(id), Some(place)) = (id, place) else {
            (self.section, self.tainted) = (None, true);
            if !std::mem::replace(&mut self.lost, true) {
                scene.unknown_directory(line);
            }
            return;
        };
        match fact.shape {
            None => sum(scene, id, line, &fact),
            Some(shape) => {
                scene.note(id, line, &fact);
                if shape == Shape::Dir {
                    weightless(scene, id, line);
                    self.dirs.push(id);
                }
                self.count_down(scene, id);
                self.enter(&place);
            }
        }
    }

    /// One more row of the section: with the last, its directory has been listed whole.
    fn count_down(&mut self, scene: &mut Scene, id: Id) {
        let parent = scene.world.node(id).parent;
        let Some(section) = &mut self.section else {
            return;
        };
        if *section.dir.get_or_insert(parent) != parent {
            self.section = None;
            return;
        }
        section.left = section.left.saturating_sub(1);
        if section.left > 0 {
            return;
        }
        let start = section.start;
        self.section = None;
        scene.see(parent, start, Shape::Dir);
        weightless(scene, parent, start);
        let facts = scene.world.dir(parent);
        match self.whole {
            true => facts.set_listed(start),
            false => facts.listed_some = facts.listed_some.max(start),
        }
    }

    /// Remembers the operand that a row lies below.
    fn enter(&mut self, row: &Place) {
        let last = self.entered.last();
        if !self.hdfs.is_recursive() || last.is_some_and(|place| is_below(row, place)) {
            return;
        }
        if let Some(place) = self.places.iter().find(|place| is_below(row, place)) {
            self.entered.push(place.clone());
        }
    }

    pub(in super::super) fn end(&mut self, scene: &mut Scene, end: End) {
        if end == End::Cut {
            self.held = None;
        }
        self.flush(scene);
        let whole = self.whole && !self.tainted && end == End::Prompt;
        if !whole || !self.hdfs.is_recursive() {
            return;
        }
        for place in std::mem::take(&mut self.entered) {
            let root = scene.world.start(&place.host, Origin::Root);
            let Some(id) = scene.world.walk(root, &place.path) else {
                continue;
            };
            scene.see(id, self.start, Shape::Dir);
            weightless(scene, id, self.start);
            self.dirs.push(id);
        }
        for &dir in &self.dirs {
            scene.world.dir(dir).set_listed(self.start);
        }
    }
}

/// Directories are entries in a name server's memory: they take no room in the store.
fn weightless(scene: &mut Scene, id: Id, line: LineNo) {
    scene.world.dir(id);
    scene.claim(id, Size::Apparent, Some(Interval::ZERO), line);
}

/// A row of `-du`: of a file its size, of a directory what it sums up to.
fn sum(scene: &mut Scene, id: Id, line: LineNo, fact: &Fact) {
    scene.see(id, line, Shape::Unknown);
    if let Some(value) = fact.apparent {
        let claim = Claim::new(value, line);
        let old = scene
            .world
            .claim_total(id, Size::Apparent, claim, scene.epoch);
        scene.note_conflict(id, old, value, line);
    }
}

fn is_below(row: &Place, place: &Place) -> bool {
    let start = place.path.strip_suffix(b"/").unwrap_or(&place.path);
    let rest = row.path.strip_prefix(start);
    row.host == place.host && rest.is_some_and(|rest| rest.len() > 1 && rest.starts_with(b"/"))
}

/// `24/01/01 12:00:00 WARN util.NativeCodeLoader: …`: logged to the same terminal.
fn is_logged(text: &[u8]) -> bool {
    let has = |word: &[u8]| text.windows(word.len()).any(|w| w == word);
    let starts: [&[u8]; 4] = [b"SLF4J: ", b"log4j:", b"DEPRECATED: ", b"WARNING: "];
    starts.iter().any(|start| text.starts_with(start))
        || text.starts_with(b"Instead use the hdfs command")
        || text.first().is_some_and(u8::is_ascii_digit) && (has(b" WARN ") || has(b" INFO "))
}

/// The titles of `-du -v`.
fn is_title(text: &[u8]) -> bool {
    text.starts_with(b"SIZE ") && text.ends_with(b"FULL_PATH_NAME")
}
