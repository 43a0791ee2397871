//! What commands change: names that are gone, and what is in doubt from there on.

use std::collections::HashMap;

use crate::bytes::Interval;

use super::super::command::{self, Matches, Step};
use super::super::evidence::{Claim, Id, LineNo, NONE, Origin, Size, Start, TOP, World};
use super::super::excerpt;
use super::super::listing::ls::Shape;
use super::super::readers::Scene;
use super::super::settle::missed_at;
use super::super::word::Word;
use super::Session;
use super::block::{Change, Doubt, Reader};

impl Session {
    pub(super) fn unknown(&mut self, typed: &[u8], line: LineNo) {
        self.block.cd = None;
        self.block.changes.clear();
        self.block.reader = Reader::Skip;
        self.block.later.clear();
        self.scene.epoch = line;
        self.foreign = true;
        // What a shell would need to read may also have moved it.
        let words = || typed.split(|b| !b.is_ascii_alphanumeric());
        let moves: [&[u8]; 6] = [b"cd", b"pushd", b"popd", b"source", b"eval", b"z"];
        if command::split(typed).is_none() && words().any(|word| moves.contains(&word)) {
            self.frame().cwd = None;
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

    /// `rm`, of paths and of patterns in the last part of a path.
    pub(super) fn remove(&mut self, words: &[Word], typed: &[u8], line: LineNo) {
        let cwd = self.here();
        let mut ids = Vec::new();
        for word in words {
            if !word.expands {
                ids.extend(self.resolve_word(cwd, word));
                continue;
            }
            let slash = word
                .text
                .iter()
                .rposition(|&b| b == b'/')
                .map_or(0, |at| at + 1);
            let (folder, pattern) = word.text.split_at(slash);
            let folder = if slash == 0 { &b"."[..] } else { folder };
            let special = |b: &u8| matches!(b, b'*' | b'?' | b'[' | b'$' | b'{' | b'!');
            let matches = Matches::of_shell(pattern).filter(|_| !folder.iter().any(special));
            let place = self.resolve_word(cwd, &Word::plain(folder));
            match matches.zip(place) {
                Some((matches, dir)) => {
                    let change = Change::RemoveMatching(dir, matches, false);
                    self.block.changes.push(change);
                }
                None => self.doubt(std::slice::from_ref(word), typed, line),
            }
        }
        self.block.changes.push(Change::Remove(ids));
    }

    /// `find a -name '*.log' -delete`, or a removal of which nothing is known but where.
    pub(super) fn remove_below(
        &mut self,
        starts: &[Word],
        matches: Option<&Matches>,
        typed: &[u8],
        line: LineNo,
    ) {
        let cwd = self.here();
        for word in starts {
            let Some(dir) = self.resolve_word(cwd, word) else {
                continue;
            };
            self.block.changes.push(match matches {
                Some(matches) => Change::RemoveMatching(dir, matches.clone(), true),
                None => Change::Doubt(vec![Doubt::Below(dir)]),
            });
        }
        if matches.is_none() {
            self.may_have_changed(typed, line);
        }
    }

    /// `mv a b`: to where, is known of a directory that was seen and of a name that is not there.
    pub(super) fn moves(&mut self, words: &[Word], to: &Word, typed: &[u8], line: LineNo) {
        let cwd = self.here();
        let target = self.resolve_word(cwd, to);
        for word in words {
            let Some(from) = self.resolve_word(cwd, word) else {
                continue;
            };
            let world = &mut self.scene.world;
            let into = target.and_then(|id| {
                let facts = world.facts(world.node(id).parent);
                let listed = facts.map_or(0, |f| f.listed_all.max(f.listed_visible));
                match world.node(id).shape {
                    Shape::Dir => {
                        let name = world.name(from).to_vec();
                        Some(world.child(id, &name))
                    }
                    _ if words.len() > 1 || to.text.ends_with(b"/") => None,
                    // It is no directory: a listing of all names would have it, or it is a file.
                    Shape::File => Some(id),
                    _ => (listed > 0 && world.node(id).seen == 0).then_some(id),
                }
            });
            self.block.changes.push(match into {
                Some(into) => Change::Move(from, into),
                None => Change::Remove(vec![from]),
            });
            if into.is_none() {
                self.doubt(std::slice::from_ref(to), typed, line);
            }
        }
    }

    /// `cp a b`: as large as the one that it is a copy of, where that is a file and `b` no directory.
    pub(super) fn copies(&mut self, from: &Word, to: &Word, typed: &[u8], line: LineNo) {
        let cwd = self.here();
        let ids = (self.resolve_word(cwd, from), self.resolve_word(cwd, to));
        let (Some(from), Some(target)) = ids else {
            return self.doubt(std::slice::from_ref(to), typed, line);
        };
        match self.scene.world.node(target).shape {
            Shape::Dir => {
                let world = &mut self.scene.world;
                let name = world.name(from).to_vec();
                let into = world.child(target, &name);
                self.block.changes.push(Change::Copy(from, into));
            }
            _ if self.is_no_directory(target, to) => {
                self.block.changes.push(Change::Copy(from, target));
            }
            _ => return self.doubt(std::slice::from_ref(to), typed, line),
        }
        self.may_have_changed(typed, line);
    }

    /// Whether a name is a file, or was not there when all names were listed.
    fn is_no_directory(&self, id: Id, typed: &Word) -> bool {
        let world = &self.scene.world;
        let node = world.node(id);
        let facts = world.facts(node.parent);
        let listed = facts.map_or(0, |f| f.listed_all.max(f.listed_visible));
        let new = listed > 0 && node.seen == 0;
        !typed.text.ends_with(b"/") && (node.shape == Shape::File || new)
    }

    pub(super) fn doubt(&mut self, words: &[Word], typed: &[u8], line: LineNo) {
        let cwd = self.here();
        let doubts = words
            .iter()
            .filter_map(|word| self.doubt_of(cwd, word))
            .collect();
        self.block.changes.push(Change::Doubt(doubts));
        self.may_have_changed(typed, line);
    }

    pub(super) fn note_writes(&mut self, step: &Step, line: LineNo) {
        let cwd = self.here();
        if let [file] = &step.writes[..]
            && command::emptied(&step.words)
            && step.pipes.is_empty()
            && !step.appends
            && let Some(id) = self.resolve_word(cwd, file)
        {
            self.block.changes.push(Change::Empty(id));
            return;
        }
        if let [file] = &step.writes[..]
            && step.appends
            && step.pipes.is_empty()
            && let Some(id) = self.resolve_word(cwd, file)
        {
            self.block.changes.push(Change::Extend(id, 0));
            self.may_have_changed(b">> FILE", line);
            return;
        }
        if !step.writes.is_empty() {
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

    /// Carries a change out; `printed` is whether the command said anything, which may be that it
    /// did not do it.
    pub(super) fn apply(&mut self, change: Change, line: LineNo, printed: bool) {
        self.scene.epoch = line;
        let spared = std::mem::take(&mut self.block.spared);
        self.doubt_twins(&change, line);
        let scene = &mut self.scene;
        let world = &mut scene.world;
        match change {
            Change::Remove(ids) if !printed => {
                ids.into_iter()
                    .for_each(|id| remove(world, id, &spared, line));
            }
            Change::Remove(ids) => ids.into_iter().for_each(|id| world.set_doubt(id, line)),
            Change::RemoveMatching(dir, matches, below) => {
                let found = match printed {
                    true => None,
                    false => matching(world, dir, &matches, below, &mut self.looked_at),
                };
                match found {
                    Some(ids) => ids
                        .into_iter()
                        .for_each(|id| remove(world, id, &spared, line)),
                    None => world.set_doubt_below(dir, line),
                }
            }
            Change::Resize(ids, size) if !printed => {
                ids.into_iter().for_each(|id| resize(world, id, size, line));
            }
            Change::Resize(ids, _) => ids.into_iter().for_each(|id| world.set_doubt(id, line)),
            Change::Empty(id) if !printed => {
                if world.node(id).seen == 0 {
                    scene.see(id, line, Shape::File);
                }
                resize(&mut scene.world, id, 0, line);
            }
            Change::Empty(id) => world.set_doubt(id, line),
            Change::Extend(id, size) if !printed => extend(scene, id, size, line),
            Change::Extend(id, _) => world.set_doubt(id, line),
            Change::Copy(from, to) if !printed => copy(scene, from, to, line),
            Change::Copy(_, to) => world.set_doubt(to, line),
            Change::Move(from, to) if !printed => {
                take_over(scene, (from, to), line, &mut self.looked_at);
            }
            Change::Replace(from, to, keeps) if !printed => {
                if world.node(from).seen > world.node(from).gone {
                    scene.see(to, line, Shape::File);
                    scene.world.set_doubt(to, line - 1);
                }
                if !keeps {
                    scene.world.set_gone(from, line);
                }
            }
            Change::Move(from, to) | Change::Replace(from, to, _) => {
                world.set_doubt(from, line);
                world.set_doubt(to, line);
            }
            Change::Doubt(doubts) => {
                for doubt in doubts {
                    match doubt {
                        Doubt::Of(id) => world.set_doubt(id, line),
                        Doubt::Below(id) => world.set_doubt_below(id, line),
                    }
                }
            }
        }
        self.block.spared = spared;
    }
}

/// Removes a name, but for what `rm` said that it spared.
fn remove(world: &mut World, id: Id, spared: &[Id], line: LineNo) {
    let within = spared.iter().filter(|&&kept| is_below(world, kept, id));
    match (spared.contains(&id), within.count()) {
        (true, _) => {}
        (false, 0) => world.set_gone(id, line),
        // A part of it is still there.
        (false, _) => world.set_doubt_below(id, line),
    }
}

fn resize(world: &mut World, id: Id, size: u64, line: LineNo) {
    if world.node(id).seen == 0 {
        world.set_doubt(id, line);
        return;
    }
    let exact = Claim::new(Interval::exactly(size), line);
    world.claim(id, Size::Apparent, exact, line);
    world.set_changed(id, line);
    if world.claim_of(id, Size::Disk).line > 0 {
        let open = Claim::new(Interval::UNKNOWN, line);
        world.claim(id, Size::Disk, open, line);
    }
}

/// A file is as large as it was or larger, and no smaller than this.
fn extend(scene: &mut Scene, id: Id, size: u64, line: LineNo) {
    let world = &scene.world;
    let node = *world.node(id);
    if !matches!(node.shape, Shape::File | Shape::Unknown) || node.dir != NONE {
        scene.world.set_doubt(id, line);
        return;
    }
    let facts = world.facts(node.parent).copied().unwrap_or_default();
    let listed = facts.listed_all.max(facts.listed_visible);
    let believed = node.seen > 0 && node.apparent.line > node.gone.max(node.doubt);
    let new = node.seen == 0 && listed > facts.doubt && !world.name(id).starts_with(b".");
    let least = if believed {
        node.apparent.size().lo.max(size)
    } else {
        size
    };
    scene.see(id, line, Shape::File);
    let world = &mut scene.world;
    if !believed && !new {
        world.set_doubt(id, line - 1);
    }
    let apparent = match new && size > 0 {
        true => Interval::exactly(size),
        false => Interval::at_least(least),
    };
    world.claim(id, Size::Apparent, Claim::new(apparent, line), line);
    if world.claim_of(id, Size::Disk).line > 0 {
        world.claim(id, Size::Disk, Claim::new(Interval::UNKNOWN, line), line);
    }
    world.set_changed(id, line);
}

/// A file has a second from here on, as large as it is; how it is allocated is not known.
fn copy(scene: &mut Scene, from: Id, to: Id, line: LineNo) {
    let node = *scene.world.node(from);
    let known = node.dir == NONE
        && node.shape == Shape::File
        && node.apparent.line > node.gone.max(node.doubt);
    if node.seen <= node.gone || !known {
        scene.world.set_doubt(to, line);
        return;
    }
    scene.see(to, line, Shape::File);
    let world = &mut scene.world;
    world.set_gone(to, line - 1);
    let size = Claim::new(node.apparent.size(), line);
    world.claim(to, Size::Apparent, size, line);
    if world.claim_of(to, Size::Disk).line > 0 {
        world.claim(to, Size::Disk, Claim::new(Interval::UNKNOWN, line), line);
    }
    world.set_changed(to, line);
}

/// A name that has moved, with what was believed of the one before.
#[derive(Clone, Copy)]
struct Moved {
    to: Id,
    /// Above these lines, what was shown of the name counted.
    gone: LineNo,
    doubt: LineNo,
}

/// What was listed below a directory is below its new name from here on. The sums of `du` are not
/// taken along: whether they still held was never asked.
fn take_below(scene: &mut Scene, from: Id, to: Id, line: LineNo, looked_at: &mut usize) {
    let count = scene.world.nodes.len();
    *looked_at += count;
    if *looked_at > MOST_LOOKED_AT {
        scene.world.set_doubt_below(to, line);
        return;
    }
    let top = scene.world.node(from);
    let first = Moved {
        to,
        gone: top.gone,
        doubt: top.doubt,
    };
    let mut moved = HashMap::from([(from, first)]);
    let mut order = vec![from];
    for at in 1..count {
        let node = scene.world.nodes[at];
        let (Ok(id), Some(above)) = (Id::try_from(at), moved.get(&node.parent).copied()) else {
            continue;
        };
        let (gone, doubt) = (above.gone.max(node.gone), above.doubt.max(node.doubt));
        if id == from || node.seen <= gone.max(missed_at(&scene.world, at)) {
            continue;
        }
        let name = scene.world.name(id).to_vec();
        let to = scene.world.child(above.to, &name);
        scene.see(to, line, node.shape);
        take_sizes(&mut scene.world, (id, to), gone.max(doubt), line);
        moved.insert(id, Moved { to, gone, doubt });
        order.push(id);
    }
    for id in order {
        let (Some(one), Some(facts)) = (moved.get(&id), scene.world.facts(id).copied()) else {
            continue;
        };
        let stale = one.gone.max(one.doubt).max(facts.doubt);
        let now = |was: LineNo| if was > stale { line } else { 0 };
        let new = scene.world.dir(one.to);
        new.listed_all = now(facts.listed_all);
        new.listed_visible = now(facts.listed_visible);
        new.listed_some = now(facts.listed_some.max(facts.summed));
        new.doubt = 0;
    }
}

/// The sizes of a file count for its new name, as far as they are newer than `stale`.
fn take_sizes(world: &mut World, (from, to): (Id, Id), stale: LineNo, line: LineNo) {
    let node = *world.node(from);
    if node.dir != NONE {
        return;
    }
    for size in [Size::Apparent, Size::Disk] {
        let claim = world.claim_of(from, size);
        if claim.line > stale {
            world.claim(to, size, Claim::new(claim.size(), line), line);
        }
    }
    world.set_time(to, node.mtime(), u64::from(node.links));
}

/// A file or a directory has another name from here on.
fn take_over(scene: &mut Scene, (from, to): (Id, Id), line: LineNo, looked_at: &mut usize) {
    let world = &scene.world;
    let node = *world.node(from);
    let believed = node.seen > node.gone.max(node.doubt);
    let is_file = node.dir == NONE && believed && !matches!(node.shape, Shape::Unreadable);
    if believed {
        scene.see(to, line, node.shape);
        // What stood under that name before is not there any more.
        scene.world.set_gone(to, line - 1);
    }
    if is_file {
        let stale = node.gone.max(node.doubt);
        take_sizes(&mut scene.world, (from, to), stale, line);
    } else if believed && node.dir != NONE && !is_below(&scene.world, to, from) {
        take_below(scene, from, to, line, looked_at);
    } else if believed {
        scene.world.set_doubt_below(to, line);
    }
    scene.world.set_gone(from, line);
}

impl Session {
    /// A directory that the recording does not name may be one that it names elsewhere: what
    /// changes under one of the names may have changed under the other.
    fn doubt_twins(&mut self, change: &Change, line: LineNo) {
        let one = |id: &Id| vec![*id];
        let ids = match change {
            Change::Remove(ids) | Change::Resize(ids, _) => ids.clone(),
            Change::RemoveMatching(id, ..) | Change::Empty(id) | Change::Extend(id, _) => one(id),
            Change::Copy(_, to) => one(to),
            Change::Move(from, to) | Change::Replace(from, to, _) => vec![*from, *to],
            Change::Doubt(doubts) => {
                let of = |doubt: &Doubt| match *doubt {
                    Doubt::Of(id) | Doubt::Below(id) => id,
                };
                doubts.iter().map(of).collect()
            }
        };
        let below = matches!(change, Change::RemoveMatching(..));
        for id in ids.into_iter().take(MOST_TWINS) {
            for twin in self.twins(id) {
                match below {
                    true => self.scene.world.set_doubt_below(twin, line),
                    false => self.scene.world.set_doubt(twin, line),
                }
            }
        }
    }

    /// The paths that may be another name of this one: below another start without a name, what has
    /// the same last names.
    fn twins(&mut self, id: Id) -> Vec<Id> {
        let world = &self.scene.world;
        let mut names = Vec::new();
        let mut start = id;
        while world.node(start).parent != TOP && names.len() < MOST_TWINS {
            names.push(world.name(start));
            start = world.node(start).parent;
        }
        let Some(here) = world.starts.iter().find(|one| one.node == start) else {
            return Vec::new();
        };
        let is_other = |other: &&Start| {
            other.host == here.host && other.node != here.node && other.origin != Origin::Root
        };
        let others = world.starts.iter().filter(is_other);
        let below = |other: Id, count: usize| {
            let path = names[..count].iter().rev();
            path.copied()
                .try_fold(other, |at, name| world.find(at, name))
        };
        let known = others.flat_map(|other| {
            let counts = 1..=names.len();
            counts.filter_map(move |count| below(other.node, count))
        });
        known.filter(|&twin| world.node(twin).seen > 0).collect()
    }
}

/// Names that a change is followed to under a second name, at most.
const MOST_TWINS: usize = 64;

/// More names than this, over a whole recording, are not compared with patterns.
const MOST_LOOKED_AT: usize = 1 << 26;

/// The names in a directory, or all below it, that match; `None` where that cannot be told.
fn matching(
    world: &World,
    dir: Id,
    matches: &Matches,
    below: bool,
    looked_at: &mut usize,
) -> Option<Vec<Id>> {
    *looked_at += world.nodes.len();
    if *looked_at > MOST_LOOKED_AT {
        return None;
    }
    let mut inside = vec![false; if below { world.nodes.len() } else { 0 }];
    let mut found = Vec::new();
    for (at, node) in world.nodes.iter().enumerate().skip(1) {
        let is_inside = match below {
            true => node.parent == dir || inside[node.parent as usize],
            false => node.parent == dir,
        };
        if let Some(slot) = inside.get_mut(at) {
            *slot = is_inside;
        }
        let id = Id::try_from(at).ok()?;
        if !is_inside || !matches.holds(world.name(id)) {
            continue;
        }
        match node.shape {
            _ if !matches.only_files => found.push(id),
            Shape::File => found.push(id),
            Shape::Dir | Shape::Symlink | Shape::Other => {}
            // It may be one of those, or not.
            Shape::Unknown | Shape::Unreadable => return None,
        }
    }
    Some(found)
}

impl Session {
    /// What a command says that it did, or `rm` of a name: that it could not be removed, or what it
    /// was told to do with it. True when the line is such a one.
    pub(super) fn change_output(&mut self, text: &[u8]) -> bool {
        let says = !command::is_message(text) && !text.ends_with(b"^C");
        if self.block.tells && says && !self.block.lists(text) {
            return true;
        }
        let removes =
            |change: &Change| matches!(change, Change::Remove(_) | Change::RemoveMatching(..));
        if !self.block.changes.iter().any(removes) {
            return false;
        }
        if !text.starts_with(b"rm: ") && !text.starts_with(b"rmdir: ") {
            return false;
        }
        let kept = match text.windows(3).rposition(|w| w == b"'? ") {
            Some(at) => !matches!(text[at + 3..].first(), Some(b'y' | b'Y')),
            None => text.windows(14).any(|w| w == b"cannot remove "),
        };
        let open = text.iter().position(|&b| b == b'\'');
        let close = text.iter().rposition(|&b| b == b'\'');
        let (Some(open), Some(close)) = (open, close) else {
            return false;
        };
        if open >= close
            || (!kept && !text.ends_with(b"y") && !text.ends_with(b"Y") && !text.ends_with(b"yes"))
        {
            return false;
        }
        let word = Word {
            text: text[open + 1..close].to_vec(),
            expands: false,
        };
        let cwd = self.here();
        let Some(id) = self.resolve_word(cwd, &word) else {
            return false;
        };
        if kept {
            self.block.spared.push(id);
        }
        true
    }
}

/// Whether a node lies below another.
fn is_below(world: &World, id: Id, above: Id) -> bool {
    let mut at = id;
    while at != TOP {
        at = world.node(at).parent;
        if at == above {
            return true;
        }
    }
    false
}
