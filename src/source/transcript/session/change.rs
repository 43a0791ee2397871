//! What commands change: names that are gone, and what is in doubt from there on.

use super::super::command::{self, Step};
use crate::bytes::Interval;

use super::super::evidence::{Claim, Id, LineNo, Size, TOP, World};
use super::super::excerpt;
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

    pub(super) fn apply(&mut self, change: Change, line: LineNo, printed: bool) {
        self.scene.epoch = line;
        let world = &mut self.scene.world;
        match change {
            Change::Remove(ids) if !printed => {
                let spared = std::mem::take(&mut self.block.spared);
                for id in ids {
                    let within = spared.iter().filter(|&&kept| is_below(world, kept, id));
                    match (spared.contains(&id), within.count()) {
                        (true, _) => {}
                        (false, 0) => world.set_gone(id, line),
                        // A part of it is still there.
                        (false, _) => world.set_doubt_below(id, line),
                    }
                }
            }
            Change::Remove(ids) => ids.into_iter().for_each(|id| world.set_doubt(id, line)),
            Change::Resize(ids, size) if !printed => {
                for id in ids {
                    if world.node(id).seen == 0 {
                        world.set_doubt(id, line);
                        continue;
                    }
                    let exact = Claim::new(Interval::exactly(size), line);
                    world.claim(id, Size::Apparent, exact, line);
                    if world.claim_of(id, Size::Disk).line > 0 {
                        let open = Claim::new(Interval::UNKNOWN, line);
                        world.claim(id, Size::Disk, open, line);
                    }
                }
            }
            Change::Resize(ids, _) => ids.into_iter().for_each(|id| world.set_doubt(id, line)),
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

impl Session {
    /// What `rm` says of a name: that it could not be removed, or what it was told to do with it.
    /// True when the line is such a one.
    pub(super) fn removal_output(&mut self, text: &[u8]) -> bool {
        let removes = |change: &Change| matches!(change, Change::Remove(_));
        if !self.block.changes.iter().any(removes) || !text.starts_with(b"rm: ") {
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
