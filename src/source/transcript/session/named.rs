//! Names that a recording gives, later on, to the directories in which it starts.
//!
//! A prompt that shows the last name of its directory, or `~`, leaves open where that is until a
//! `pwd` or a `cd -` says it: then the directory was there all the time. So the start of a
//! recording is read twice, and the second time with what the first has learned of it.
//!
//! Limits: what is named only behind the first bytes that are looked at, names what follows and
//! nothing before; two names for one start are none; a command that may have moved the shell, and
//! another's shell below prompts without names, end what is known.

use super::super::evidence::{Id, Origin, TOP};
use super::super::path_of;
use super::Session;

/// More starts than this are not remembered.
const MOST: usize = 64;

/// Where a start turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Name {
    host: Vec<u8>,
    /// Whose home it is; empty for a directory in which a shell began.
    user: Vec<u8>,
    origin: Origin,
    /// Empty where the recording gives it several.
    path: Vec<u8>,
}

impl Session {
    /// What the recording has said of its starts.
    pub(in super::super) fn into_names(self) -> Vec<Name> {
        self.names
    }

    /// Has the starts read as they were named.
    pub(in super::super) fn set_names(&mut self, names: Vec<Name>) {
        self.names = names;
        self.names.retain(|name| !name.path.is_empty());
    }

    /// The start of a host, if it was named.
    pub(super) fn named(&mut self, origin: Origin, host: &[u8], user: &[u8]) -> Option<Id> {
        let is = |name: &&Name| name.origin == origin && name.host == host && name.user == user;
        let path = self.names.iter().find(is)?.path.clone();
        let root = self.scene.world.start(host, Origin::Root);
        self.scene.world.walk(root, &path)
    }

    /// Takes the path of a directory, so that the start above it gets a name; `path` was printed by
    /// a shell that stood there.
    pub(super) fn name_start(&mut self, at: Id, path: &[u8]) {
        if self.frame.strayed {
            return;
        }
        let world = &self.scene.world;
        let mut start = at;
        let mut parts: Vec<&[u8]> = path
            .split(|&b| b == b'/')
            .filter(|p| !p.is_empty())
            .collect();
        while world.node(start).parent != TOP {
            if parts.pop() != Some(world.name(start)) {
                return;
            }
            start = world.node(start).parent;
        }
        let starts = &world.starts;
        let Some(start) = starts.iter().find(|one| one.node == start) else {
            return;
        };
        let is_clean = path.starts_with(b"/") && parts.iter().all(|p| !matches!(*p, b"." | b".."));
        if start.origin == Origin::Root || !is_clean {
            return;
        }
        let user: &[u8] = match start.origin {
            Origin::Home => &self.who.1,
            _ => b"",
        };
        if start.origin == Origin::Home && user.is_empty() && self.passed {
            return;
        }
        let name = Name {
            host: start.host.clone(),
            user: user.to_vec(),
            origin: start.origin,
            path: [b"/", parts.join(&b'/').as_slice()].concat(),
        };
        if name.origin == Origin::Home {
            let root = self.root();
            self.frame.home = self.scene.world.walk(root, &name.path);
        }
        self.learn_name(name);
    }

    /// Takes where the home of the user is.
    pub(super) fn name_home(&mut self, home: Id) {
        let path = path_of(&self.scene.world, home);
        if path.starts_with(b"/") {
            let (host, user) = self.who.clone();
            self.learn_name(Name {
                host,
                user,
                origin: Origin::Home,
                path,
            });
        }
    }

    /// Another user's shell begins below prompts that name nobody: `~` is no one's from now on.
    pub(super) fn forget_home(&mut self) {
        self.passed = true;
        let (host, user) = self.who.clone();
        if user.is_empty() {
            self.frame.home = None;
            let (origin, path) = (Origin::Home, Vec::new());
            self.learn_name(Name {
                host,
                user,
                origin,
                path,
            });
        }
    }

    fn learn_name(&mut self, name: Name) {
        let same = |known: &Name| {
            (known.origin, &known.host, &known.user) == (name.origin, &name.host, &name.user)
        };
        if let Some(known) = self.names.iter().position(same) {
            let known = &mut self.names[known];
            if known.path != name.path {
                known.path.clear();
            }
        } else if self.names.len() < MOST {
            self.names.push(name);
        }
    }
}
