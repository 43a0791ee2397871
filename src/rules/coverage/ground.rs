//! Where the paths of rules lie in a tree.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::{Asked, Owner, Sight, Stamps, prefix_of};
use crate::entry::{Kind, Listing, Rooting};
use crate::rules::glob::Pattern;
use crate::rules::model::{Root, RootPath, Segment, Sweep, Tri};
use crate::rules::paths::components;
use crate::tree::{NodeId, Tree};

/// A tree as a rule's machine names it.
#[derive(Debug)]
pub struct Ground<'a> {
    pub(super) tree: &'a Tree,
    starts: Vec<Start>,
    /// The children by name, of directories that were searched.
    by_name: Mutex<HashMap<NodeId, Arc<[NodeId]>>>,
    /// The folders of patterns by their [`key`], and what of them is not shown.
    folders: Mutex<HashMap<Vec<u8>, Folders>>,
    /// Every node by its name, made when walks have looked at the tree several times over.
    all_by_name: OnceLock<Vec<NodeId>>,
    looked_at: AtomicU64,
    pub(super) stamps: Option<&'a dyn Stamps>,
    /// Whether the tree's paths are the machine's own, so that links on it lead into the tree.
    is_in_place: bool,
}

/// Some folders, and how much of what leads to them is not shown.
type Folders = (Arc<[NodeId]>, u64);

/// After so many entries of the tree looked at, times its size, names are sorted once.
const WALKS: u64 = 4;
/// Below so many entries a walk is as good as a search.
const SMALL: u32 = 256;

/// A part of the tree whose absolute path is known.
#[derive(Clone, Debug)]
struct Start {
    path: Vec<Vec<u8>>,
    node: NodeId,
}

impl<'a> Ground<'a> {
    /// The tree as it is, or as it is seen at `seen_as` on the machine in question.
    #[must_use]
    pub fn new(tree: &'a Tree, seen_as: Option<&[u8]>) -> Self {
        let owned = |path: &[u8]| components(path).into_iter().map(<[u8]>::to_vec).collect();
        let starts = match (seen_as, tree.rooting()) {
            (Some(path), _) => vec![Start {
                path: owned(path),
                node: NodeId::ROOT,
            }],
            (None, Rooting::Path) => vec![Start {
                path: owned(tree.name(NodeId::ROOT)),
                node: NodeId::ROOT,
            }],
            (None, Rooting::Forest) => tree
                .children(NodeId::ROOT)
                .filter_map(|child| {
                    let path = absolute_part(tree.name(child))?;
                    Some(Start {
                        path: owned(path),
                        node: child,
                    })
                })
                .collect(),
        };
        Self {
            tree,
            starts,
            by_name: Mutex::default(),
            folders: Mutex::default(),
            all_by_name: OnceLock::new(),
            looked_at: AtomicU64::new(0),
            stamps: None,
            is_in_place: seen_as.is_none(),
        }
    }

    /// The same, with somebody to ask for the stamps that a tree does not keep.
    #[must_use]
    pub fn with_stamps(self, stamps: Option<&'a dyn Stamps>) -> Self {
        Self { stamps, ..self }
    }

    /// The tree.
    #[must_use]
    pub fn tree(&self) -> &'a Tree {
        self.tree
    }

    /// The absolute path of a node on the machine in question.
    #[must_use]
    pub fn path(&self, node: NodeId) -> Vec<u8> {
        let mut names = Vec::new();
        let mut at = Some(node);
        let mut start = None;
        while let Some(id) = at {
            start = self.starts.iter().find(|start| start.node == id);
            if start.is_some() {
                break;
            }
            names.push(self.tree.name(id));
            at = self.tree.parent(id);
        }
        let Some(start) = start else {
            return self.tree.path(node);
        };
        let mut path = Vec::new();
        let above = start.path.iter().map(Vec::as_slice);
        for name in above.chain(names.into_iter().rev()) {
            path.push(b'/');
            path.extend_from_slice(name);
        }
        if path.is_empty() {
            path.push(b'/');
        }
        path
    }

    /// The node of an absolute path on the machine in question, and whether its absence is sure.
    #[must_use]
    pub fn find(&self, path: &[u8]) -> (Option<NodeId>, Tri) {
        let segments = components(path)
            .into_iter()
            .map(|name| Segment::Name(name.to_vec()))
            .collect();
        let root = Root {
            path: RootPath::Known(segments),
            printed: None,
            slash: false,
            word: None,
        };
        let mut seen = Sight::default();
        let seeds = self.seeds(&root, &mut seen);
        let node = seeds.first().filter(|seed| seed.depth == 0);
        let there = match node {
            Some(_) => Tri::True,
            None if seen.unseen > 0 || !seeds.is_empty() => Tri::Unknown,
            None => Tri::False,
        };
        (node.map(|seed| seed.node), there)
    }

    /// The owner of a node, where there is somebody to ask.
    #[must_use]
    pub fn owner(&self, node: NodeId, group: bool) -> Option<Owner> {
        self.stamps?.owner(self.tree, node, group)
    }

    /// A path of the machine with every symbolic link in it followed, where there is somebody to
    /// ask; `None` where that is the path itself.
    #[must_use]
    pub fn real(&self, path: &[u8]) -> Option<Vec<u8>> {
        let stamps = self.stamps.filter(|_| self.is_in_place)?;
        stamps.real(path).filter(|real| real != path)
    }

    /// The root as it is reached: a program enters every directory on its path through links, and
    /// stands before the last component, which only a slash makes it enter. `None`: no link is on
    /// the path, or nobody can tell.
    fn reached(&self, root: &Root) -> Option<Root> {
        let RootPath::Known(segments) = &root.path else {
            return None;
        };
        let is_name = |segment: &&Segment| matches!(segment, Segment::Name(_));
        let mut literal = segments.iter().take_while(is_name).count();
        if literal == segments.len() && !root.slash {
            literal = literal.checked_sub(1)?;
        }
        let (above, below) = segments.split_at(literal);
        let above: Vec<Vec<u8>> = above
            .iter()
            .map(|segment| match segment {
                Segment::Name(name) => name.clone(),
                Segment::Glob(pattern) => pattern.source().to_vec(),
            })
            .collect();
        let real = self.real(&join(b"/", &above))?;
        let real = components(&real);
        let real = real.into_iter().map(|name| Segment::Name(name.to_vec()));
        let as_written = || root.literal().filter(|_| !root.is_glob());
        Some(Root {
            path: RootPath::Known(real.chain(below.iter().cloned()).collect()),
            printed: root.printed.clone().or_else(as_written),
            ..root.clone()
        })
    }

    fn child(&self, dir: NodeId, name: &[u8]) -> Option<NodeId> {
        let mut cache = held(&self.by_name);
        let children = cache
            .entry(dir)
            .or_insert_with(|| self.tree.children_by_name(dir).into());
        let at = children.partition_point(|&child| self.tree.name(child) < name);
        children
            .get(at)
            .copied()
            .filter(|&child| self.tree.name(child) == name)
    }

    /// The nodes whose names begin so.
    pub(super) fn with_prefix(&self, prefix: &[u8]) -> &[NodeId] {
        let all = self.all_by_name.get_or_init(|| {
            let mut all: Vec<NodeId> = self.tree.nodes().skip(1).collect();
            all.sort_by_key(|&node| (self.tree.name(node), node));
            all
        });
        let from = all.partition_point(|&node| self.tree.name(node) < prefix);
        let len = all[from..].partition_point(|&node| self.tree.name(node).starts_with(prefix));
        &all[from..from + len]
    }

    /// Counts entries that a walk for one rule alone has looked at.
    pub(super) fn count(&self, looked_at: u64) {
        self.looked_at.fetch_add(looked_at, Ordering::Relaxed);
    }

    /// Whether a sweep is better searched by name than walked, and by which beginning.
    pub(super) fn search_for(&self, sweep: &Sweep, seed: &Seed) -> Option<Vec<u8>> {
        let is_plain = !sweep.recursive && sweep.prune.is_none() && !sweep.one_fs;
        let is_large = self.tree.end(seed.node).0 - seed.node.0 > SMALL;
        let is_worn = self.looked_at.load(Ordering::Relaxed) > WALKS * self.tree.len() as u64;
        if !(is_plain && is_large && is_worn) {
            return None;
        }
        prefix_of(&sweep.expr).filter(|prefix| !prefix.is_empty())
    }

    /// Where a root lies in the tree.
    pub(super) fn seeds(&self, root: &Root, sight: &mut Sight) -> Vec<Seed> {
        let mut seen = Sight::default();
        let mut seeds = self.seeds_as_written(root, &mut seen);
        // A link is asked about only where the path as written leads nowhere that is known.
        if (seeds.is_empty() || seen.unseen > 0)
            && let Some(reached) = self.reached(root)
        {
            seen = Sight::default();
            seeds = self.seeds_as_written(&reached, &mut seen);
        }
        sight.add(&seen);
        seeds
    }

    fn seeds_as_written(&self, root: &Root, sight: &mut Sight) -> Vec<Seed> {
        let RootPath::Known(segments) = &root.path else {
            sight.unseen += 1;
            return Vec::new();
        };
        let mut seeds = Vec::new();
        let mut related = false;
        for start in &self.starts {
            let shared = segments.len().min(start.path.len());
            if !fits(segments, start) {
                continue;
            }
            related = true;
            if segments.len() <= start.path.len() {
                seeds.push(Seed {
                    node: start.node,
                    depth: u32::try_from(start.path.len() - shared).unwrap_or(u32::MAX),
                    printed: printed_below(root, &start.path, shared),
                    name: start.path.last().cloned().unwrap_or_else(|| b"/".to_vec()),
                });
                sight.found += 1;
                sight.unseen += u64::from(start.path.len() > shared);
            } else {
                self.descend(root, &segments[shared..], start, &mut seeds, sight);
            }
        }
        if !related {
            sight.unseen += 1;
        }
        seeds
    }

    /// The nodes that the segments lead to.
    fn level(&self, segments: &[Segment], start: &Start, sight: &mut Sight) -> Vec<NodeId> {
        let mut level = vec![start.node];
        for segment in segments {
            let mut next = Vec::new();
            for &dir in &level {
                if !self.tree.is_dir(dir) {
                    sight.unseen += u64::from(self.is_hidden(dir));
                    continue;
                }
                let before = next.len();
                match segment {
                    Segment::Name(name) => next.extend(self.child(dir, name)),
                    Segment::Glob(pattern) => next.extend(
                        self.tree
                            .children(dir)
                            .filter(|&child| pattern.matches(self.tree.name(child))),
                    ),
                }
                let whole = self.tree.listing(dir) == Listing::Complete;
                sight.unseen += u64::from(!whole && next.len() == before);
            }
            level = next;
        }
        level
    }

    /// The folders that a root's last component, a pattern, is looked for in; `None`: it is none,
    /// or lies above a start. Folders of patterns are looked for once for all that share them.
    pub(super) fn post<'r>(&self, root: &'r Root, sight: &mut Sight) -> Option<Post<'r>> {
        let RootPath::Known(segments) = &root.path else {
            return None;
        };
        let (Segment::Glob(last), above) = segments.split_last()? else {
            return None;
        };
        let is_below = |start: &Start| start.path.len() < segments.len();
        let starts: Vec<&Start> = self.starts.iter().filter(|s| fits(segments, s)).collect();
        if starts.is_empty() || root.printed.is_some() || !starts.iter().all(|s| is_below(s)) {
            return None;
        }
        let key = key(above);
        let known = held(&self.folders).get(&key).cloned();
        let (folders, unseen) = known.unwrap_or_else(|| {
            let mut sight = Sight::default();
            let mut folders = Vec::new();
            for start in starts {
                let level = self.level(&above[start.path.len()..], start, &mut sight);
                for node in level {
                    if self.tree.is_dir(node) {
                        folders.push(node);
                    } else {
                        sight.unseen += u64::from(self.is_hidden(node));
                    }
                }
            }
            let found = (Arc::<[NodeId]>::from(folders), sight.unseen);
            held(&self.folders).insert(key.clone(), found.clone());
            found
        });
        sight.unseen += unseen;
        // Of a folder that was not read whole, what is known may still have what is looked for.
        for &folder in folders.iter() {
            if self.tree.listing(folder) != Listing::Complete {
                let mut names = self
                    .tree
                    .children(folder)
                    .map(|child| self.tree.name(child));
                sight.unseen += u64::from(!names.any(|name| last.matches(name)));
            }
        }
        Some(Post { key, last, folders })
    }

    /// Whether what lies below an entry that is no directory is not shown.
    fn is_hidden(&self, node: NodeId) -> bool {
        matches!(
            self.tree.kind(node),
            Kind::Symlink | Kind::OtherFs | Kind::Excluded | Kind::Unread
        )
    }

    /// The seeds of a pattern's own text, taken as a path: what a shell makes of it when nothing
    /// fits.
    pub(super) fn as_it_stands(&self, root: &Root, sight: &mut Sight) -> Vec<Seed> {
        let RootPath::Known(segments) = &root.path else {
            return Vec::new();
        };
        let mut seeds = Vec::new();
        for start in self.starts.iter().filter(|start| fits(segments, start)) {
            let literal = literally(&segments[start.path.len().min(segments.len())..]);
            let level = self.level(&literal, start, &mut Sight::default());
            self.settle(root, level, &mut seeds, sight);
        }
        seeds
    }

    /// Somebody to ask about a node.
    pub(super) fn asked(&self, node: NodeId) -> Option<Asked<'_>> {
        self.stamps.map(|stamps| Asked {
            stamps,
            tree: self.tree,
            node,
            cheaply: false,
        })
    }

    /// Follows the segments below a start.
    fn descend(
        &self,
        root: &Root,
        segments: &[Segment],
        start: &Start,
        seeds: &mut Vec<Seed>,
        sight: &mut Sight,
    ) {
        let mut level = self.level(segments, start, sight);
        if level.is_empty() && root.is_glob() {
            // A pattern that nothing fits stands for itself.
            level = self.level(&literally(segments), start, &mut Sight::default());
        }
        self.settle(root, level, seeds, sight);
    }

    /// Makes seeds of the nodes that a root's path leads to.
    fn settle(&self, root: &Root, level: Vec<NodeId>, seeds: &mut Vec<Seed>, sight: &mut Sight) {
        if level.is_empty() {
            sight.missing += u64::from(sight.unseen == 0);
        }
        for node in level {
            if root.slash && !self.tree.is_dir(node) {
                // A slash at the end enters a link to a directory, which a tree does not show.
                let is_plain = matches!(self.tree.kind(node), Kind::File | Kind::Other);
                sight.unseen += u64::from(!is_plain);
                continue;
            }
            sight.found += 1;
            let printed = match &root.printed {
                Some(printed) => printed.clone(),
                None => self.path(node),
            };
            seeds.push(Seed {
                node,
                depth: 0,
                printed,
                name: self.tree.name(node).to_vec(),
            });
        }
    }
}

/// What is remembered is whole whenever it is not held, so whoever panicked did no harm to it.
fn held<T>(cache: &Mutex<T>) -> MutexGuard<'_, T> {
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a path may lead to a start, or from it.
fn fits(segments: &[Segment], start: &Start) -> bool {
    let mut both = segments.iter().zip(&start.path);
    both.all(|(segment, name)| segment.matches(name))
}

/// Segments as bytes, so that the same ones are known again.
fn key(segments: &[Segment]) -> Vec<u8> {
    let mut key = Vec::new();
    for segment in segments {
        let (mark, text) = match segment {
            Segment::Name(name) => (b'n', name.as_slice()),
            Segment::Glob(pattern) => (b'g', pattern.source()),
        };
        // All of these have the flags of a shell's pattern, and no name has a `/`.
        key.push(b'/');
        key.push(mark);
        key.extend_from_slice(text);
    }
    key
}

/// Patterns as the names that they are when nothing fits them.
fn literally(segments: &[Segment]) -> Vec<Segment> {
    let literal = segments.iter().map(|segment| match segment {
        Segment::Glob(pattern) => Segment::Name(unescape(pattern.source())),
        name => name.clone(),
    });
    literal.collect()
}

/// A pattern's text when it is taken as it stands.
fn unescape(pattern: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(pattern.len());
    let mut bytes = pattern.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'\\' => text.extend(bytes.next()),
            _ => text.push(byte),
        }
    }
    text
}

/// `edge-1:/data` shows `/data` of one host.
fn absolute_part(name: &[u8]) -> Option<&[u8]> {
    if name.starts_with(b"/") {
        return Some(name);
    }
    let slash = name.iter().position(|&b| b == b'/')?;
    (slash > 0 && name[slash - 1] == b':').then(|| &name[slash..])
}

/// The folders that a pattern looks into.
pub(super) struct Post<'r> {
    /// Patterns with the same key look into the same folders.
    pub(super) key: Vec<u8>,
    /// What the names there must fit.
    pub(super) last: &'r Pattern,
    pub(super) folders: Arc<[NodeId]>,
}

/// Where a sweep meets the tree.
#[derive(Debug)]
pub(super) struct Seed {
    pub(super) node: NodeId,
    pub(super) depth: u32,
    pub(super) printed: Vec<u8>,
    pub(super) name: Vec<u8>,
}

pub(super) fn printed_below(root: &Root, path: &[Vec<u8>], shared: usize) -> Vec<u8> {
    let mut printed = match &root.printed {
        Some(printed) => printed.clone(),
        None => join(b"", &path[..shared]),
    };
    if printed.is_empty() {
        printed.push(b'/');
    }
    join(&printed, &path[shared..])
}

pub(super) fn join(base: &[u8], names: &[Vec<u8>]) -> Vec<u8> {
    let mut path = base.to_vec();
    for name in names {
        if !path.ends_with(b"/") {
            path.push(b'/');
        }
        path.extend_from_slice(name);
    }
    path
}
