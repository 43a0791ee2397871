//! Where a command would have to look: its root, its depth, the components of its pattern.

use super::edit::{Edit, shell_pattern};
use super::subject::{Names, join};
use super::task::Task;
use super::{condition, date};
use crate::audit::name;
use crate::rules::glob::{Flags, Pattern, escape};
use crate::rules::model::{Format, Root, RootPath, Segment};

/// What it costs to look on another file system, or behind a link.
const BORDER: u32 = 5;

/// The cheapest edit of one pass of a command that takes a subject.
pub(super) fn mend(task: &Task<'_>) -> Option<Edit> {
    let sweep = task.sweep;
    if task.start.is_key {
        return task.dated_operand();
    }
    if task.rule.format == Format::Tmpfiles {
        return task.walk();
    }
    let is_operand = sweep.max_depth == 0 && sweep.max_depth_word.is_none();
    if is_operand || task.names_files() {
        let edit = task.operand()?;
        return if is_operand {
            condition::mend_any(&edit, task)
        } else {
            task.walked_operand(edit)
        };
    }
    task.walk()
}

/// From this cost on a root lies so far off that something else must speak for the rule.
pub(super) const ELSEWHERE: u32 = 40;

/// A root that the family lies below, and what it costs to write it.
struct Relocated<'a> {
    cost: u32,
    path: &'a [Vec<u8>],
}

impl<'a> Task<'a> {
    /// A word of the command as it is.
    fn old(&self, word: usize) -> Option<String> {
        let range = self.rule.words.get(word)?.clone();
        Some(String::from_utf8_lossy(&self.rule.text[range]).into_owned())
    }

    /// Puts another start in the place of the rule's, or beside it where that still has files.
    fn start_at(&self, edit: &mut Edit, new: Root, text: String) -> Option<()> {
        let word = self.root.word?;
        edit.sweep.roots = vec![new];
        if !self.alive {
            edit.word(word, text);
            return Some(());
        }
        // A line of tmpfiles.d has one path.
        if self.rule.format == Format::Tmpfiles {
            return None;
        }
        edit.word(word, format!("{} {text}", self.old(word)?));
        edit.sweep.roots.insert(0, self.root.clone());
        Some(())
    }

    /// Whether a walk starts at a pattern of file names (`find data/ticker-*.csv`) that the family
    /// does not lie below. Such a root is mended as a pattern of files: were the directory above
    /// put in its place, nothing would say any more which files are meant.
    fn names_files(&self) -> bool {
        let RootPath::Known(segments) = &self.root.path else {
            return false;
        };
        matches!(segments.last(), Some(Segment::Glob(_)))
            && self
                .relocate(segments)
                .is_none_or(|relocated| relocated.cost > 0)
    }

    /// The tests of a walk that starts at the files themselves.
    fn walked_operand(&self, mut edit: Edit) -> Option<Edit> {
        let depth = self.subject.paths.first()?.len();
        self.mend_depth(&mut edit, depth)?;
        condition::mend_any(&edit, self)
    }

    /// The same, where an edit may cost as much and is worth it.
    fn reach(&self, root: &[Segment]) -> Option<Relocated<'a>> {
        let relocated = self.relocate(root)?;
        let is_worth = relocated.cost < ELSEWHERE || (self.is_plausible)();
        (relocated.cost <= self.limit && is_worth).then_some(relocated)
    }

    /// Where a rule's root would have to be for the family to lie below it.
    fn relocate(&self, root: &[Segment]) -> Option<Relocated<'a>> {
        let paths = &self.subject.paths;
        let first = paths.first()?;
        let fits = |member: &Names| {
            member.len() > root.len() && root.iter().zip(member).all(|(s, name)| s.matches(name))
        };
        if paths.iter().all(fits) {
            return Some(Relocated { cost: 0, path: &[] });
        }
        let (last, parent) = root.split_last()?;
        let next = first.get(parent.len());
        let below_parent = paths.iter().all(|member| {
            member.len() > parent.len() + 1
                && parent.iter().zip(member).all(|(s, name)| s.matches(name))
                && member.get(parent.len()) == next
        });
        if let Some(next) = next.filter(|_| below_parent) {
            return Some(Relocated {
                cost: sibling_cost(last, next),
                path: &first[..=parent.len()],
            });
        }
        let shared = root
            .iter()
            .zip(first)
            .take_while(|(segment, name)| segment.matches(name))
            .count();
        // Files that are called what they were called have moved, wherever that is.
        let cost = match shared {
            _ if self.pass.names_from(self.start, self.subject) => 25,
            2.. => ELSEWHERE,
            _ => return None,
        };
        Some(Relocated {
            cost,
            path: &self.residue.root,
        })
    }

    /// An edit of a rule that walks: its root, its borders, its depth, its tests.
    fn walk(&self) -> Option<Edit> {
        let RootPath::Known(segments) = &self.root.path else {
            return None;
        };
        let (mut edit, above);
        if let Some(real) = self.behind_link() {
            edit = Edit::of(self.sweep, self.root);
            self.enter_link(&mut edit, real)?;
            above = real.len();
        } else {
            let relocated = self.reach(segments)?;
            edit = Edit::of(self.sweep, self.root);
            edit.cost += relocated.cost;
            above = match relocated.cost {
                0 => segments.len(),
                _ => relocated.path.len(),
            };
            if relocated.cost > 0 {
                let text = self.written(&join(relocated.path));
                let path = relocated.path.iter().cloned().map(Segment::Name);
                let new = Root {
                    path: RootPath::Known(path.collect()),
                    printed: None,
                    slash: false,
                    word: self.root.word,
                };
                self.start_at(&mut edit, new, text)?;
            }
        }
        self.cross_border(&mut edit)?;
        self.mend_depth(&mut edit, above)?;
        if edit.cost > self.limit {
            return None;
        }
        condition::mend_any(&edit, self)
    }

    /// A path as a word of the command; in tmpfiles.d a `%` is doubled, and nothing is quoted but
    /// blanks.
    fn written(&self, path: &[u8]) -> String {
        if self.rule.format != Format::Tmpfiles {
            return name::quote(path);
        }
        let text = String::from_utf8_lossy(path).replace('%', "%%");
        if text.contains(char::is_whitespace) {
            format!("\"{text}\"")
        } else {
            text
        }
    }

    /// Where a root leads that is a symbolic link to where the family lies.
    fn behind_link(&self) -> Option<&'a Names> {
        let real = self.start.real.as_ref()?;
        let is_inside = |member: &Names| member.len() > real.len() && member.starts_with(real);
        self.subject.paths.iter().all(is_inside).then_some(real)
    }

    /// A slash after such a root makes the command enter.
    fn enter_link(&self, edit: &mut Edit, names: &Names) -> Option<()> {
        let path = self.root.literal()?;
        let real = join(names);
        // Where only a directory above is a link, the command comes there as it is.
        let last = path.rsplit(|&b| b == b'/').next()?;
        let above = &path[..path.len() - last.len()];
        let through = self.residue.ground.real(above);
        let through = through.unwrap_or_else(|| above[..above.len().max(2) - 1].to_vec());
        let reached = [&through[..], b"/", last].concat();
        if reached != real {
            edit.cost += BORDER;
            edit.word(self.root.word?, self.written(&[&path[..], b"/"].concat()));
        }
        edit.sweep.roots = vec![Root {
            path: RootPath::Known(names.iter().cloned().map(Segment::Name).collect()),
            printed: Some(path),
            slash: true,
            word: self.root.word,
        }];
        Some(())
    }

    /// `-xdev`, with the family on another file system than the root.
    fn cross_border(&self, edit: &mut Edit) -> Option<()> {
        if !self.sweep.one_fs || self.rule.format == Format::Tmpfiles {
            return Some(());
        }
        let ground = self.residue.ground;
        let tree = ground.tree();
        let start = edit.sweep.roots.last()?.literal()?;
        let Some(device) = ground.find(&start).0.and_then(|node| tree.device(node)) else {
            return Some(());
        };
        let is_elsewhere = |&node: &crate::tree::NodeId| {
            let dir = if tree.is_dir(node) {
                Some(node)
            } else {
                tree.parent(node)
            };
            dir.and_then(|dir| tree.device(dir))
                .is_some_and(|other| other != device)
        };
        if self.subject.nodes.iter().any(is_elsewhere) {
            let says = |range: &std::ops::Range<usize>| {
                matches!(&self.rule.text[range.clone()], b"-xdev" | b"-mount")
            };
            edit.drop_word(self.rule.words.iter().position(says)?);
            edit.sweep.one_fs = false;
            edit.cost += BORDER;
        }
        Some(())
    }

    fn mend_depth(&self, edit: &mut Edit, above: usize) -> Option<()> {
        let depth =
            |member: &Names| u32::try_from(member.len().saturating_sub(above)).unwrap_or(u32::MAX);
        let deepest = self.subject.paths.iter().map(depth).max()?;
        let shallowest = self.subject.paths.iter().map(depth).min()?;
        let (min, max) = (edit.sweep.min_depth, edit.sweep.max_depth);
        if deepest > max {
            edit.cost += 10 + 5 * (deepest - max - 1);
            edit.sweep.max_depth = deepest;
            edit.value(edit.sweep.max_depth_word?, deepest.to_string());
        }
        if shallowest < min {
            edit.cost += 10 + 5 * (min - shallowest - 1);
            edit.sweep.min_depth = shallowest;
            edit.value(edit.sweep.min_depth_word?, shallowest.to_string());
        }
        // What removes whole directories must not begin above the ones that are meant.
        let is_wider = self.sweep.recursive && self.subject.is_dir && deepest > max;
        if is_wider && edit.sweep.min_depth < shallowest {
            match edit.sweep.min_depth_word {
                Some(word) => edit.value(word, shallowest.to_string()),
                None => edit.add_to(
                    edit.sweep.max_depth_word?,
                    &format!(" -mindepth {shallowest}"),
                ),
            }
            edit.sweep.min_depth = shallowest;
        }
        Some(())
    }

    /// An edit of an operand of `rm` or `ls`: more components, another name.
    fn operand(&self) -> Option<Edit> {
        let RootPath::Known(segments) = &self.root.path else {
            return None;
        };
        let (last, folder) = segments.split_last()?;
        let relocated = self.reach(folder)?;
        let paths = &self.subject.paths;
        let len = paths.first()?.len();
        let base: Vec<Segment> = if relocated.cost == 0 {
            folder.to_vec()
        } else {
            let path = relocated.path.iter().cloned();
            path.map(Segment::Name).collect()
        };
        // A pattern has just one depth.
        if !paths.iter().all(|member| member.len() == len) || len < base.len() + 1 {
            return None;
        }
        let missing = u32::try_from(len - base.len() - 1).ok()?;
        let mut cost = relocated.cost;
        if missing > 0 {
            cost += 10 + 5 * (missing - 1);
        }
        if cost > self.limit {
            return None;
        }
        let last = match last {
            Segment::Glob(pattern) => pattern.clone(),
            Segment::Name(name) => Pattern::new(&escape(name), Flags::SHELL),
        };
        let mut path = base;
        path.extend((path.len()..len - 1).map(|at| self.component(at)));
        let names = self.subject.names();
        let mut name = last.clone();
        if !names.iter().all(|text| last.matches(text)) {
            let lives_on = self.residue.lives_on(last.source());
            let offer = name::offer(&last, &names, lives_on)?;
            cost += offer.cost;
            name = offer.pattern;
        }
        path.push(Segment::Glob(name));
        let mut edit = Edit::of(self.sweep, self.root);
        edit.cost = cost;
        let slash = if self.root.slash { "/" } else { "" };
        let written = shell_pattern(&text(&path)) + slash;
        let new = Root {
            path: RootPath::Known(path),
            printed: None,
            ..self.root.clone()
        };
        self.start_at(&mut edit, new, written)?;
        Some(edit)
    }

    /// A component of the family's own path, or any.
    fn component(&self, at: usize) -> Segment {
        let paths = &self.subject.paths;
        let name = paths.first().and_then(|path| path.get(at));
        match name {
            Some(name)
                if self.residue.root.get(at) == Some(name)
                    && paths.iter().all(|member| member.get(at) == Some(name)) =>
            {
                Segment::Name(name.clone())
            }
            _ => Segment::Glob(Pattern::new(b"*", Flags::SHELL)),
        }
    }

    /// An operand with the date of one day in it.
    fn dated_operand(&self) -> Option<Edit> {
        if !(self.residue.shared_words(self.outline) > 0 || self.is_below()) {
            return None;
        }
        let key = date::key(self.rule, self.sweep, self.root.word, self.subject)?;
        let parts = key
            .glob
            .split(|&b| b == b'/')
            .filter(|part| !part.is_empty());
        let path = parts.map(|part| {
            let pattern = Pattern::new(part, Flags::SHELL);
            pattern
                .literal()
                .map_or(Segment::Glob(pattern), Segment::Name)
        });
        let mut edit = Edit::of(self.sweep, self.root);
        edit.cost = key.cost;
        edit.word(self.root.word?, key.text);
        edit.sweep.roots = vec![Root {
            path: RootPath::Known(path.collect()),
            printed: None,
            ..self.root.clone()
        }];
        condition::mend_any(&edit, self)
    }

    /// Whether the family lies below the literal part of the root.
    fn is_below(&self) -> bool {
        let Some(literal) = self.root.literal().filter(|path| path.len() > 1) else {
            return false;
        };
        self.residue.place.starts_with(&literal)
    }
}

/// A path of names and patterns as one pattern.
fn text(path: &[Segment]) -> Vec<u8> {
    let mut text = Vec::new();
    for segment in path {
        text.push(b'/');
        match segment {
            Segment::Name(name) => text.extend(escape(name)),
            Segment::Glob(pattern) => text.extend_from_slice(pattern.source()),
        }
    }
    text
}

/// What it costs to look into a directory beside the one that was named.
fn sibling_cost(old: &Segment, next: &[u8]) -> u32 {
    let old = match old {
        Segment::Name(name) => name.as_slice(),
        Segment::Glob(pattern) => pattern.source(),
    };
    let stem = name::stem(old);
    if !stem.is_empty() && (stem == *next || name::words(next).contains(&stem)) {
        10
    } else if name::is_similar(old, next) {
        15
    } else {
        30
    }
}
