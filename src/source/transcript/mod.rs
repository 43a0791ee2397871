//! Recorded terminals: a tree from the text of a session, with the lines that prove it.
//!
//! A recording is read once, line by line. `container` gives the lines, `screen` their text,
//! `prompt` says which of them are commands, `command` what those do, and the readers turn the
//! output of `ls -l`, `du` and `df` (and of Advent of Code's `ls`) into facts about paths, each
//! with its line (`evidence`). At the end `settle` works out one tree from the facts. Memory
//! is bounded by what the recording names, not by its length.
//!
//! The rule for everything that is not certain: never a path that the recording does not show,
//! never a size outside what was printed; the rest is a [`Trouble`] with its line. A rounded size
//! is an interval, a directory that was not listed is unread, a name that a later complete listing
//! lacks is gone, and what a command may have changed is unknown from there on.
//!
//! Limits, for now: no screen (a line in which the cursor moved is not read, nor are asciicasts),
//! no `find`, `stat` or `tree`, and of a directory only `-a`, `-A` or the puzzle's `ls` show *all*
//! names.

mod command;
mod container;
mod evidence;
mod index;
mod listing;
mod moment;
mod prompt;
mod readers;
mod screen;
mod session;
mod settle;
mod word;

use std::io::BufRead;

use crate::entry::{Measured, Progress, Sink, Trouble, Volume};
use crate::error::{Error, Result};
use crate::time::Timestamp;

use container::{Container, Lines};
use evidence::{Id, LineNo, TOP, World};
use listing::ls;
use session::Session;
use settle::{Roots, Settled};

pub use evidence::{Evidence, Proof};

/// How a recording is to be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// A directory that was entered but never listed is taken for empty, as the puzzle means it.
    pub assume_empty: bool,
    /// Only what stands up to this line, counted from 1.
    pub at_line: Option<u64>,
}

/// What a recording shows besides the tree.
#[derive(Debug)]
pub struct Recording {
    /// What could not be read or is not certain, in the order of the lines.
    pub troubles: Vec<Trouble>,
    /// The file system that most of the tree lies on, where a `df` shows it to the block.
    pub volume: Option<Volume>,
    /// When it was made, as far as it says: the last `date` in it, or a typescript's first line.
    pub taken: Option<Timestamp>,
    /// The lines behind each path.
    pub evidence: Evidence,
}

/// Whether the first bytes of a file can be those of a recorded terminal.
///
/// ```
/// use jettison::source::transcript::looks_like;
///
/// assert!(looks_like(b"$ cd /\n$ ls\ndir a\n"));
/// assert!(!looks_like(b"[1,2,{\"progname\":\"ncdu\"}"));
/// ```
#[must_use]
pub fn looks_like(head: &[u8]) -> bool {
    match container::sniff(head) {
        Container::Asciicast => true,
        Container::Empty | Container::Binary | Container::Utf16 => false,
        Container::Text => {
            let mut text = Vec::new();
            head.split(|&b| b == b'\n').any(|line| {
                container::is_script_frame(line)
                    || (screen::render(line, &mut text)
                        && (prompt::parse(&text).is_some() || ls::is_row(&text)))
            })
        }
    }
}

/// Reads a recording; `name` is what it is called, for messages and for the root of a tree that
/// has no other.
///
/// ```
/// use jettison::bytes::Interval;
/// use jettison::entry::Progress;
/// use jettison::source::transcript::{Options, read};
/// use jettison::tree::build::Builder;
///
/// let text = b"$ cd /\n$ ls\ndir a\n14 b.txt\n$ cd a\n$ ls\n29 f\n";
/// let mut builder = Builder::new();
/// let recording =
///     read(&text[..], b"day7.txt", &Options::default(), &Progress::default(), &mut builder)?;
/// let tree = builder.finish()?;
/// let a = tree.find(b"/a").unwrap();
/// assert_eq!(tree.totals(a).apparent, Interval::exactly(29));
/// assert_eq!(recording.evidence.of(b"/b.txt")[0].line, 4);
/// # Ok::<(), jettison::error::Error>(())
/// ```
///
/// # Errors
/// When the input cannot be read, is in a form that is not supported, or shows no listing.
pub fn read(
    input: impl BufRead,
    name: &[u8],
    options: &Options,
    progress: &Progress,
    sink: &mut dyn Sink,
) -> Result<Recording> {
    let shown_name = String::from_utf8_lossy(name).into_owned();
    let mut lines = Lines::new(input);
    let failed = |line: u64, error: &std::io::Error| {
        Error::source(format!(
            "{shown_name}: reading failed after line {line}: {error}"
        ))
    };
    refuse(lines.peek().map_err(|e| failed(0, &e))?, &shown_name)?;
    let mut session = Session::new();
    let mut text = Vec::new();
    let mut number = 0u64;
    let mut next = None;
    while let Some(line) = lines.next().map_err(|e| failed(number, &e))? {
        if options.at_line.is_some_and(|last| number >= last) || progress.is_cancelled() {
            screen::render(line.bytes, &mut text);
            next = Some(text.as_slice());
            break;
        }
        number += 1;
        progress.add(0, line.taken);
        take(&mut session, &line, number, &mut text);
    }
    let cut_short = progress.is_cancelled();
    session.end(next);
    if session.scene.facts == 0 {
        return Err(Error::source(format!("{shown_name}: no listing was recognised"))
            .with_hint("expected a recorded terminal: prompts such as `$ ` or `user@host:dir$ `, and the output of `ls -l` or `du` below them"));
    }
    let mut recording = conclude(session, name, options, sink);
    if cut_short {
        recording.troubles.push(Trouble {
            path: name.to_vec(),
            line: Some(number),
            code: "interrupted",
            message: "reading was interrupted here".to_owned(),
        });
    }
    progress.add(recording.evidence.names(), 0);
    Ok(recording)
}

/// The containers that are not read, each with what to do about it.
fn refuse(head: &[u8], name: &str) -> Result<()> {
    let fail = |what: &str, hint: &str| {
        Err(Error::source(format!("{name}: {what}")).with_hint(hint.to_owned()))
    };
    match container::sniff(head) {
        Container::Text => Ok(()),
        Container::Empty => fail(
            "no listing was recognised: the file is empty",
            "expected a recorded terminal session",
        ),
        Container::Binary => fail(
            "no listing was recognised: this is not text",
            "expected a recorded terminal session; unpack it first if it is compressed",
        ),
        Container::Utf16 => fail(
            "no listing was recognised: the text is UTF-16",
            "convert it first: iconv -f UTF-16 -t UTF-8",
        ),
        Container::Asciicast => fail(
            "no listing was recognised: asciicast recordings are not read yet",
            "export it as text: asciinema convert -f txt FILE.cast FILE.txt",
        ),
    }
}

fn take(session: &mut Session, line: &container::Line<'_>, number: u64, text: &mut Vec<u8>) {
    let at = LineNo::try_from(number).unwrap_or(LineNo::MAX);
    let bytes = match number {
        1 => line
            .bytes
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(line.bytes),
        _ => line.bytes,
    };
    if container::is_script_frame(bytes) {
        session.taken = moment::of_script(bytes).or(session.taken);
        if let Some(width) = container::columns(bytes) {
            session.set_width(width);
        }
    } else if line.cut {
        session.unclear(at, false);
    } else if screen::is_plain(bytes) {
        session.line(bytes, at, false);
    } else if screen::render(bytes, text) {
        session.line(text, at, screen::is_coloured(bytes));
    } else {
        session.unclear(at, screen::begins_prompt(bytes));
    }
}

fn conclude(session: Session, name: &[u8], options: &Options, sink: &mut dyn Sink) -> Recording {
    let taken = session.taken;
    let scene = session.scene;
    let world = scene.world;
    let mut settled = settle::settle(&world, options.assume_empty);
    let roots = settle::roots(&world, &settled);
    settle::deliver(&world, &settled, &roots, name, sink);
    let mut troubles = scene.troubles.into_list();
    troubles.append(&mut settled.troubles);
    note_unnamed(&roots, &mut troubles);
    troubles.sort_by_key(|trouble| trouble.line);
    let volume = volume(&world, &settled, &scene.mounts, &scene.inode_mounts);
    Recording {
        troubles,
        volume,
        taken,
        evidence: Evidence::new(world, roots.shown),
    }
}

/// A start that has no name may be any directory, also one that has a name elsewhere.
fn note_unnamed(roots: &Roots, troubles: &mut Vec<Trouble>) {
    for (name, _) in &roots.shown {
        let host = name.strip_suffix(b"?");
        let twin = host.is_some_and(|host| {
            let slash = [host, b"/"].concat();
            roots.shown.iter().any(|(other, _)| *other == slash)
        });
        if twin {
            troubles.push(Trouble {
                path: name.clone(),
                line: None,
                code: "unnamed-start",
                message: "the recording does not name the directory that it starts in: it may be one of those \
                          that have a path here, and then it is counted twice"
                    .to_owned(),
            });
        }
    }
}

/// The mount that holds most of the tree; the only one, where the tree does not tell.
fn volume(
    world: &World,
    settled: &Settled,
    mounts: &[(Id, listing::df::Mount)],
    inodes: &[(Id, listing::df::Mount)],
) -> Option<Volume> {
    let mut held = vec![0u64; mounts.len()];
    let mut mount_of: Vec<u32> = vec![u32::MAX; world.nodes.len()];
    for (at, (id, _)) in mounts.iter().enumerate() {
        mount_of[*id as usize] = u32::try_from(at).unwrap_or(u32::MAX);
    }
    for (id, node) in world.nodes.iter().enumerate().skip(1) {
        if mount_of[id] == u32::MAX {
            mount_of[id] = mount_of[node.parent as usize];
        }
        if let Some(sum) = held
            .get_mut(mount_of[id] as usize)
            .filter(|_| settled.present[id])
        {
            *sum = sum
                .saturating_add(node.apparent.size().lo)
                .saturating_add(1);
        }
    }
    let most = held.iter().copied().max()?;
    let best = held
        .iter()
        .position(|&sum| sum == most && (most > 0 || mounts.len() == 1))?;
    let (id, mount) = &mounts[best];
    let counted = inodes.iter().find(|(other, _)| other == id);
    Some(Volume {
        mount: mount.mount.clone(),
        fstype: mount.fstype.clone(),
        size: mount.total,
        used: mount.used,
        available: mount.available,
        reserved: mount
            .total
            .saturating_sub(mount.used)
            .saturating_sub(mount.available),
        inodes: counted.map(|(_, m)| m.total),
        inodes_available: counted.map(|(_, m)| m.available),
        measured: Measured::Recorded,
    })
}

/// A path that a tool printed, from the directory it ran in.
fn resolve(world: &mut World, base: Option<Id>, path: &[u8]) -> Option<Id> {
    if path.is_empty() || path.contains(&0) {
        return None;
    }
    let base = base?;
    if path.starts_with(b"/") {
        let host = world.host_of(base);
        let root = world.start(&host, true);
        return world.walk(root, path);
    }
    world.walk(base, path)
}

/// The path of a node, for messages.
fn path_of(world: &World, id: Id) -> Vec<u8> {
    let mut names = Vec::new();
    let mut at = id;
    while at != TOP && world.node(at).parent != TOP {
        names.push(world.name(at));
        at = world.node(at).parent;
    }
    let absolute = world.name(at).ends_with(b"/");
    let mut path = if absolute { Vec::new() } else { b"?".to_vec() };
    for name in names.iter().rev() {
        path.push(b'/');
        path.extend_from_slice(name);
    }
    if path.is_empty() {
        path.push(b'/');
    }
    path
}

/// The start of a line, fit for a message.
fn excerpt(text: &[u8]) -> String {
    const LONGEST: usize = 60;
    let cut = &text[..text.len().min(4 * LONGEST)];
    let mut shown: String = String::from_utf8_lossy(cut).chars().take(LONGEST).collect();
    if text.len() > shown.len() {
        shown.push('…');
    }
    shown.escape_debug().to_string()
}
