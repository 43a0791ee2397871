//! Recorded terminals: a tree from the text of a session, with the lines that prove it.
//!
//! A recording is read once (`player`): `container` gives the terminal's output, `screen` the
//! lines that stood on it, `prompt` says which of them are commands, `command` what those do, and
//! the readers turn what they print into facts about paths, each with its line (`evidence`). At the
//! end `settle` works out one tree from the facts. Memory is bounded by what the recording names,
//! not by its length.
//!
//! What is read:
//!
//! * containers: typescripts, asciicasts of versions 1 to 3, raw logs of `screen` and `tmux`, pastes
//!   (quoted, indented, fenced), CI logs and traces, PowerShell's UTF-16;
//! * prompts: marks of line editors and shells, some twenty forms by template, any other that
//!   recurs (`prompt::Learned`), prompts of two lines, right prompts;
//! * listings: `ls` long and short, `exa` and `lsd` long, `du`, `df`, `find` plain, `-ls` and `-printf`, `stat`,
//!   `tree`, `dir` of cmd, `Get-ChildItem`, `aws s3 ls`, `hdfs dfs`, and Advent of Code's `ls`;
//! * changes: `rm`, `mv` of files and of whole directories, `cp` and `rsync` of one file, `>`, `>>`,
//!   `truncate`, `fallocate`, `find -delete`, compressors; of any other command only that something
//!   may have changed.
//!
//! `du` shows what is allocated and says nothing of apparent sizes, nor `ls -l` of what is
//! allocated: whichever was not shown stays unknown.
//!
//! The rule for everything that is not certain: never a path that the recording does not show,
//! never a size outside what was printed; the rest is a [`Trouble`] with its line. A rounded size
//! is an interval, a directory that was not listed is unread, a name that a later complete listing
//! lacks is gone, and what a command may have changed is unknown from there on.
//!
//! A recording that is shown inside of another (`cat typescript`) is evidence of another time and
//! place: from its first line to its last nothing of it becomes a fact. One without those lines,
//! such as a paste, cannot be told from output and is not read either, as `cat` lists nothing.
//!
//! Limits: full-screen viewers (`ncdu`, `gdu`, `dua i`) give no facts; a line editor
//! that scrolls sideways (mksh on a narrow screen) hides commands, and what they list is left out; of
//! a directory only `-a`, `-A` or the puzzle's `ls` show *all* names.

mod command;
mod container;
mod evidence;
mod index;
mod listing;
mod moment;
mod player;
mod prompt;
mod readers;
mod screen;
mod session;
mod settle;
mod watch;
mod word;

use std::convert::Infallible;
use std::io::{self, BufRead, BufReader};

use crate::bytes::Interval;
use crate::entry::{Measured, Progress, Sink, Trouble, Volume};
use crate::error::{Error, Result};
use crate::time::Timestamp;

use container::utf16::Utf16;
use container::{Container, Lines};
use evidence::{Id, TOP, World};
use listing::ls;
use player::{Player, WIDE};
use screen::Screen;
use session::{Name, Session};
use settle::{Roots, Settled};

pub use evidence::{Evidence, Proof};

/// How a recording is to be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// A directory that was entered but never listed is taken for empty, as the puzzle means it.
    pub assume_empty: bool,
    /// Only what stands up to this line, counted from 1.
    pub at_line: Option<u64>,
    /// A path, written as the tree writes it, of which every line is kept:
    /// [`Evidence::observations`].
    pub watch: Option<&'a [u8]>,
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
            let mut screen = Screen::new(WIDE, 24);
            for line in head.split_inclusive(|&b| b == b'\n') {
                screen.feed(line, 1);
            }
            screen.finish();
            let mut found = false;
            let _ = screen.drain(|line| {
                found |= container::is_script_frame(&line.text)
                    || prompt::parse(&line.text).is_some()
                    || ls::is_row(&line.text);
                Ok::<(), Infallible>(())
            });
            found
        }
    }
}

/// Whether the first bytes of a file were never those of a terminal. A few zero bytes may be: a
/// terminal ignores them, and `du -0` prints them.
#[must_use]
pub fn is_binary(head: &[u8]) -> bool {
    container::sniff(head) == Container::Binary
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
    options: &Options<'_>,
    progress: &Progress,
    sink: &mut dyn Sink,
) -> Result<Recording> {
    let mut lines = Lines::new(input);
    let failed = |e: io::Error| Error::source(format!("{}: {e}", shown(name)));
    let head = lines.peek().map_err(failed)?;
    refuse(head, &shown(name))?;
    let names = names_in(head);
    let mut player = Player::new(options, progress, name);
    player.set_names(names);
    if let Some(path) = options.watch {
        player.watch(path);
    }
    play(&mut player, lines)?;
    let (session, mut later) = player.finish()?;
    if session.scene.facts == 0 {
        return Err(Error::source(format!("{}: no listing was recognised", shown(name)))
            .with_hint("expected a recorded terminal: prompts such as `$ ` or `user@host:dir$ `, and the output of `ls -l` or `du` below them"));
    }
    let mut recording = conclude(session, name, options, sink);
    recording.troubles.append(&mut later);
    progress.add(recording.evidence.names(), 0);
    Ok(recording)
}

/// Plays a recording, whatever it is in.
fn play(player: &mut Player<'_>, mut lines: Lines<impl BufRead>) -> Result<()> {
    let head = lines.peek().unwrap_or_default();
    match container::sniff(head) {
        Container::Utf16 => {
            let text = BufReader::new(Utf16::new(lines.into_input()));
            player.play_text(&mut Lines::new(text))
        }
        Container::Asciicast => player.play_cast(&mut lines),
        _ => player.play_text(&mut lines),
    }
}

/// What the first bytes of a recording say of the directories in which it starts.
fn names_in(head: &[u8]) -> Vec<Name> {
    let (options, progress) = (Options::default(), Progress::default());
    let mut player = Player::new(&options, &progress, b"");
    // It is read once more, and what cannot be read is said then.
    let _ = play(&mut player, Lines::new(head));
    let finished = player.finish();
    finished.map_or_else(|_| Vec::new(), |(session, _)| session.into_names())
}

fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

/// The containers that are not read, each with what to do about it.
fn refuse(head: &[u8], name: &str) -> Result<()> {
    let fail = |what: &str, hint: &str| {
        Err(Error::source(format!("{name}: {what}")).with_hint(hint.to_owned()))
    };
    match container::sniff(head) {
        Container::Text | Container::Asciicast | Container::Utf16 => Ok(()),
        Container::Empty => fail(
            "no listing was recognised: the file is empty",
            "expected a recorded terminal session",
        ),
        Container::Binary => fail(
            "no listing was recognised: this is not text",
            "expected a recorded terminal session; unpack it first if it is compressed",
        ),
    }
}

fn conclude(
    session: Session,
    name: &[u8],
    options: &Options<'_>,
    sink: &mut dyn Sink,
) -> Recording {
    let taken = session.taken;
    let scene = session.scene;
    let mut world = scene.world;
    world.forget_index();
    let mut settled = settle::settle(&world, options.assume_empty);
    let roots = settle::roots(&world, &settled);
    settle::deliver(&world, &settled, &roots, name, sink);
    let mut troubles = scene.troubles.into_list();
    troubles.append(&mut settled.troubles);
    note_unnamed(&roots, &mut troubles);
    let volume = volume(
        &world,
        &settled,
        &scene.mounts,
        &scene.inode_mounts,
        &mut troubles,
    );
    troubles.sort_by_key(|trouble| trouble.line);
    Recording {
        troubles,
        volume,
        taken,
        evidence: Evidence::new(world, roots.shown, settled.with_disk),
    }
}

/// A start that has no name may be any directory, also one that has a name elsewhere.
fn note_unnamed(roots: &Roots, troubles: &mut Vec<Trouble>) {
    for (name, _) in &roots.shown {
        let (host, what) = match name.split_last() {
            Some((b'?', host)) => (host, "the directory that it starts in"),
            Some((b'~', host)) => (host, "the home directory"),
            _ => continue,
        };
        let is_other = |(other, _): &(Vec<u8>, Id)| {
            let start = other.split_last().filter(|(sign, _)| b"/?~".contains(sign));
            other != name && start.is_some_and(|(_, start)| start == host)
        };
        let twin = roots.shown.iter().any(is_other);
        if twin {
            troubles.push(Trouble {
                path: name.clone(),
                line: None,
                code: "unnamed-start",
                message: format!(
                    "the recording does not name {what}: it may be one of those that have a path \
                     here, and then it is counted twice"
                ),
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
    troubles: &mut Vec<Trouble>,
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
    // Figures that were rounded count against the room that there is.
    let most = |size: Interval| size.hi.unwrap_or(u64::MAX);
    let (size, used, available) = (most(mount.total), most(mount.used), mount.available.lo);
    if !mount.is_exact() {
        troubles.push(Trouble {
            path: mount.mount.clone(),
            line: Some(u64::from(mount.line)),
            code: "rounded-volume",
            message: format!(
                "df shows rounded figures: at least {available} bytes are available, at most {}; the least counts",
                most(mount.available)
            ),
        });
    }
    Some(Volume {
        mount: mount.mount.clone(),
        fstype: mount.fstype.clone(),
        size,
        used,
        available,
        reserved: size.saturating_sub(used).saturating_sub(available),
        inodes: counted.map(|(_, m)| m.total.lo),
        inodes_available: counted.map(|(_, m)| m.available.lo),
        measured: Measured::Recorded,
    })
}

/// From where the paths count that a command prints.
#[derive(Clone, Copy, Debug)]
struct Base {
    /// The host's `/`.
    root: Id,
    /// The directory the command ran in; `None`: not known.
    cwd: Option<Id>,
    home: Option<Id>,
}

/// A path that a tool printed, from the directory it ran in.
fn resolve(world: &mut World, base: Base, path: &[u8]) -> Option<Id> {
    if path.is_empty() || path.contains(&0) {
        return None;
    }
    if path.starts_with(b"/") {
        return world.walk(base.root, path);
    }
    world.walk(base.cwd?, path)
}

/// A path that a user typed, where `~` is the home.
fn resolve_typed(world: &mut World, base: Base, path: &[u8]) -> Option<Id> {
    match path {
        b"~" => base.home,
        [b'~', b'/', rest @ ..] => world.walk(base.home?, rest),
        [b'~', ..] => None,
        _ => resolve(world, base, path),
    }
}

/// The path of a node, for messages.
fn path_of(world: &World, id: Id) -> Vec<u8> {
    let mut names = Vec::new();
    let mut at = id;
    while at != TOP && world.node(at).parent != TOP {
        names.push(world.name(at));
        at = world.node(at).parent;
    }
    let mut path = match world.name(at).last() {
        Some(&sign @ (b'?' | b'~')) => vec![sign],
        _ => Vec::new(),
    };
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
