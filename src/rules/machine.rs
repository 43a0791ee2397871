//! What a rule file may ask of the machine that it stands on.
//!
//! Rules call scripts, include folders and look whether a program is there. All of that is asked
//! here, so that reading them needs no I/O of its own and a test can be any machine.

use std::collections::BTreeMap;

use crate::entry::RuleFile;
use crate::rules::model::Tri;

/// A machine, or the part of one that a checkout holds.
pub trait Machine {
    /// Reads one file by its absolute path on the machine.
    fn load(&mut self, path: &[u8]) -> Option<RuleFile>;

    /// The names in a folder, sorted; none where there is no such folder.
    fn list(&mut self, folder: &[u8]) -> Vec<Vec<u8>>;

    /// Whether something of that path is there. In a checkout what is missing may still be there
    /// on the machine.
    fn is_there(&mut self, path: &[u8]) -> Tri;

    /// Whether this is the running machine itself, of which owners, links that enable a unit and
    /// stamps of the last run are evidence.
    fn is_live(&self) -> bool;
}

/// A machine of which some files are already in hand.
pub(super) struct InHand<'a> {
    files: BTreeMap<&'a [u8], &'a RuleFile>,
    rest: &'a mut dyn Machine,
}

impl<'a> InHand<'a> {
    pub(super) fn new(files: &'a [RuleFile], rest: &'a mut dyn Machine) -> Self {
        Self {
            files: files
                .iter()
                .map(|file| (file.path.as_slice(), file))
                .collect(),
            rest,
        }
    }
}

impl Machine for InHand<'_> {
    fn load(&mut self, path: &[u8]) -> Option<RuleFile> {
        match self.files.get(path) {
            Some(file) => Some((*file).clone()),
            None => self.rest.load(path),
        }
    }

    fn list(&mut self, folder: &[u8]) -> Vec<Vec<u8>> {
        let mut names = self.rest.list(folder);
        let below = self.files.range(folder..);
        let below = below.take_while(|(path, _)| path.starts_with(folder));
        names.extend(below.filter_map(|(path, _)| {
            let name = path[folder.len()..].strip_prefix(b"/")?;
            (!name.contains(&b'/')).then(|| name.to_vec())
        }));
        names.sort();
        names.dedup();
        names
    }

    fn is_there(&mut self, path: &[u8]) -> Tri {
        if self.files.contains_key(path) {
            Tri::True
        } else {
            self.rest.is_there(path)
        }
    }

    fn is_live(&self) -> bool {
        self.rest.is_live()
    }
}

/// A machine of which only files can be had, by their paths.
pub(super) struct OnlyFiles<'a>(pub(super) &'a mut dyn FnMut(&[u8]) -> Option<RuleFile>);

impl Machine for OnlyFiles<'_> {
    fn load(&mut self, path: &[u8]) -> Option<RuleFile> {
        (self.0)(path)
    }

    fn list(&mut self, _: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn is_there(&mut self, _: &[u8]) -> Tri {
        Tri::Unknown
    }

    fn is_live(&self) -> bool {
        false
    }
}
