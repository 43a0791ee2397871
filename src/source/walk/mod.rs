//! The live walk: a directory on this machine, read to its end, as batches for a [`Sink`].
//!
//! Two walkers give the same batches. [`Walker::Linux`] works through directory handles, so no
//! path is too long and no swapped name leads it astray; [`Walker::Portable`] works by path on
//! everything that Rust runs on. What both share is here: the root's name, where a file system
//! ends, and what is said of what could not be read.
//!
//! **Where a file system ends.** A walk stays on the *mount* of its root. A bind mount has the
//! device of what it shows, and a btrfs subvolume has a device of its own inside one mount, so
//! device numbers would be wrong in both directions; the kernel's mount id is right. Only where a
//! kernel (before 5.8) gives none does the device decide. File systems that the kernel makes up
//! are never entered: nothing there lies on a disk. Where other mounts are entered, one that shows
//! what the walk meets elsewhere is not: a file counts once.
//!
//! **What is not known is said.** A directory that cannot be opened keeps its own size and has an
//! unread listing; an entry that cannot be asked about is [`Kind::Unread`]; a name that is gone
//! when its turn comes is left out and counted. Troubles come sorted by path.
//!
//! Limits: the portable walk waits for ever for a file server that does not answer, and knows
//! file systems that the kernel makes up only from the table of mounts.

mod border;
mod bypath;
mod disk;
#[cfg(target_os = "linux")]
mod linux;
mod portable;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::bytes::Interval;
use crate::entry::{Entry, Kind, Link, Progress, Rooting, Sink, Skip, Token, Trouble};
use crate::error::{Error, Result};
use crate::sys::{self, Fault, FileKind, Meta};
use crate::time::Timestamp;

use border::{Border, Ground};

/// How to walk.
#[derive(Clone)]
pub struct WalkOptions<'a> {
    /// How many threads read; 0: as many as there are processors, and where these wait for the
    /// disk, at least 8.
    pub threads: usize,
    /// Whether to enter other file systems than the root's.
    pub cross_file_systems: bool,
    /// What to leave out.
    pub skip: Option<Arc<dyn Skip>>,
    /// Which walker reads.
    pub walker: Walker,
    /// How long to wait for a system call before its directory is given up (Linux walk only).
    pub patience: Duration,
    /// What has been seen so far, and whether to end early.
    pub progress: &'a Progress,
}

/// A disk that tries a bad sector again, or a server that restarts, may take most of a minute.
pub const PATIENCE: Duration = Duration::from_secs(60);

impl<'a> WalkOptions<'a> {
    /// Everything on the root's file system, with the walker and the threads that suit it.
    #[must_use]
    pub fn new(progress: &'a Progress) -> Self {
        Self {
            threads: 0,
            cross_file_systems: false,
            skip: None,
            walker: Walker::Auto,
            patience: PATIENCE,
            progress,
        }
    }
}

/// Which walker reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walker {
    /// The Linux walk on Linux, else the portable one.
    Auto,
    /// By directory handles.
    Linux,
    /// By paths.
    Portable,
}

/// What a walk has to say beside its batches.
#[derive(Debug, Default)]
pub struct Walked {
    /// What could not be read, sorted by path.
    pub troubles: Vec<Trouble>,
    /// Troubles beyond those that are kept: a bound on memory, not on the walk.
    pub troubles_left_out: u64,
    /// Names that were gone when their turn came.
    pub vanished: u64,
}

/// Reads the directory `root` and everything below it.
///
/// ```
/// use jettison::entry::Progress;
/// use jettison::source::walk::{WalkOptions, walk};
/// use jettison::tree::{NodeId, build::Builder};
///
/// let progress = Progress::default();
/// let mut builder = Builder::new();
/// let walked = walk("src".as_ref(), &WalkOptions::new(&progress), &mut builder)?;
/// let tree = builder.finish()?;
/// assert!(walked.troubles.is_empty());
/// assert!(tree.name(NodeId::ROOT).ends_with(b"/src"));
/// assert!(tree.totals(NodeId::ROOT).files > 10);
/// # Ok::<(), jettison::error::Error>(())
/// ```
///
/// # Errors
/// When the root is missing, is no directory, may not be read or lies in a file system that the
/// kernel makes up; and when no thread can be started.
pub fn walk(root: &Path, options: &WalkOptions<'_>, sink: &mut dyn Sink) -> Result<Walked> {
    let path = shown_path(root)?;
    let meta = sys::stat_path(&path).map_err(|e| unusable(&path, &e))?;
    if meta.kind != FileKind::Dir {
        return Err(not_a_directory(&path, meta.kind));
    }
    let border = Border::new(options.cross_file_systems, &path, &meta);
    if let Some(fstype) = border.kernel_type(&meta, || None) {
        return Err(Error::source(format!(
            "{}: a {fstype} file system, which the kernel makes up",
            path.display()
        ))
        .with_hint("nothing there takes room on a disk: name a directory that does"));
    }
    let turns = disk::turns(meta.dev);
    let walk = Walk {
        threads: Threads::choose(options.threads, turns),
        by_inode: turns,
        patience: options.patience,
        root: path,
        meta,
        border,
        skip: options.skip.clone(),
    };
    let mut walked = match options.walker {
        #[cfg(target_os = "linux")]
        Walker::Auto | Walker::Linux => linux::walk(walk, options.progress, sink)?,
        #[cfg(not(target_os = "linux"))]
        Walker::Linux => return Err(Error::usage("the Linux walk needs Linux")),
        #[cfg(not(target_os = "linux"))]
        Walker::Auto => portable::walk(walk, options.progress, sink)?,
        Walker::Portable => portable::walk(walk, options.progress, sink)?,
    };
    let key = |t: &Trouble| (t.path.clone(), t.code);
    walked.troubles.sort_by_cached_key(key);
    Ok(walked)
}

/// What both walkers are asked to do.
struct Walk {
    threads: Threads,
    /// Whether to ask about names in the order of their inodes.
    by_inode: bool,
    patience: Duration,
    root: PathBuf,
    meta: Meta,
    border: Border,
    skip: Option<Arc<dyn Skip>>,
}

impl Walk {
    fn root_bytes(&self) -> &[u8] {
        self.root.as_os_str().as_encoded_bytes()
    }

    fn send_root(&self, sink: &mut dyn Sink) {
        let entry = entry(self.root_bytes(), &self.meta, Some(Token::ROOT));
        sink.root(entry, Rooting::Path);
    }

    fn interrupted(&self) -> Trouble {
        Trouble {
            path: self.root_bytes().to_vec(),
            line: None,
            code: "interrupted",
            message: "ended early as asked; what was not reached yet is unread".to_owned(),
        }
    }
}

/// How many threads read: at first, and where these turn out to wait for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Threads {
    first: usize,
    most: usize,
}

impl Threads {
    /// A warm walk is bound by the processors, and more threads than these only push each other
    /// out of their caches. A cold one waits for the disk, and gains up to some 8 threads whatever
    /// the number of processors. A disk that turns has one arm, which several threads would send
    /// to and fro.
    fn choose(asked: usize, turns: bool) -> Self {
        if asked > 0 {
            let most = asked.min(256);
            return Self { first: most, most };
        }
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let first = cores.clamp(2, 32);
        Self {
            first,
            most: if turns { first } else { first.max(8) },
        }
    }
}

/// The root's path as it is shown: absolute, and with no symbolic link above its last component.
/// A last component that is itself a link is left as it is, unless a `/` after it, or a `.` or
/// `..`, asks for what it points at.
fn shown_path(root: &Path) -> Result<PathBuf> {
    let failed = |cause: std::io::Error| unusable(root, &cause);
    let bytes = root.as_os_str().as_encoded_bytes();
    let follows = bytes.ends_with(b"/") || bytes.ends_with(b"/.");
    match (root.parent(), root.file_name()) {
        (Some(parent), Some(name)) if !follows => {
            let here = Path::new(".");
            let parent = if parent == Path::new("") {
                here
            } else {
                parent
            };
            Ok(parent.canonicalize().map_err(failed)?.join(name))
        }
        _ if bytes.is_empty() => Err(failed(std::io::ErrorKind::NotFound.into())),
        _ => root.canonicalize().map_err(failed),
    }
}

fn unusable(path: &Path, cause: &std::io::Error) -> Error {
    let hint = match Fault::of(cause) {
        Fault::Gone => "check the spelling, and that what should be mounted there is mounted",
        Fault::Denied => "run as a user who may read it",
        Fault::TooLong => "change to a directory further down and give a relative path",
        _ => "name a directory that can be read",
    };
    let reason = reason(Fault::of(cause), Some(cause));
    Error::source(format!("{}: cannot be walked: {reason}", path.display())).with_hint(hint)
}

fn no_thread(cause: &std::io::Error) -> Error {
    Error::source(format!("no thread can be started: {cause}"))
        .with_hint("raise the limits of processes and memory (ulimit -u, -v)")
}

fn not_a_directory(path: &Path, kind: FileKind) -> Error {
    let shown = path.display();
    if kind == FileKind::Symlink {
        return Error::source(format!("{shown}: a symbolic link, expected a directory"))
            .with_hint(format!("`{shown}/` means the directory that it points at"));
    }
    Error::source(format!("{shown}: not a directory"))
        .with_hint("name the directory that holds it, or say by --as what kind of file it is")
}

/// The entry of an inode that counts.
#[inline]
fn entry<'a>(name: &'a [u8], meta: &Meta, token: Option<Token>) -> Entry<'a> {
    let is_dir = meta.kind == FileKind::Dir;
    Entry {
        name,
        kind: match meta.kind {
            FileKind::Dir => Kind::Dir,
            FileKind::File => Kind::File,
            FileKind::Symlink => Kind::Symlink,
            FileKind::Other => Kind::Other,
        },
        apparent: meta.apparent.map(Interval::exactly),
        disk: meta.disk.map(Interval::exactly),
        mtime: meta.mtime.map(Timestamp),
        link: (!is_dir && meta.nlink > 1).then_some(Link {
            dev: meta.dev,
            ino: meta.ino,
            nlink: meta.nlink,
        }),
        device: is_dir.then_some(meta.dev),
        token,
    }
}

/// The stable word for a fault.
fn code(fault: Fault) -> &'static str {
    match fault {
        Fault::Gone => "gone",
        Fault::Interrupted | Fault::Other => "unreadable",
        Fault::Denied => "permission-denied",
        Fault::NotDir => "changed",
        Fault::NoHandles => "too-many-open-files",
        Fault::TooLong => "path-too-long",
        Fault::Stale => "stale-handle",
        Fault::Io => "io-error",
    }
}

/// The fault in words; the system's own where there is nothing better to say.
fn reason(fault: Fault, cause: Option<&std::io::Error>) -> String {
    let fixed = match fault {
        Fault::Gone => "no such file or directory",
        Fault::Denied => "permission denied",
        Fault::NotDir => "no longer the directory that was listed",
        Fault::NoHandles => "too many open files",
        Fault::TooLong => "the path is longer than the system takes",
        Fault::Stale => "the file server no longer knows it",
        Fault::Io => "the device failed to read it",
        Fault::Interrupted | Fault::Other => {
            return cause.map_or_else(|| "cannot be read".to_owned(), ToString::to_string);
        }
    };
    fixed.to_owned()
}

/// The faults of one directory's entries: told once for each directory, however many there are.
#[derive(Default)]
struct Faults {
    first: Option<(Fault, String)>,
    count: u64,
}

impl Faults {
    #[cold]
    fn add(&mut self, cause: &std::io::Error) {
        let fault = Fault::of(cause);
        self.count += 1;
        self.first
            .get_or_insert_with(|| (fault, reason(fault, Some(cause))));
    }

    /// Adds those of another part of the directory.
    fn join(&mut self, other: Self) {
        self.count += other.count;
        self.first = self.first.take().or(other.first);
    }

    /// The code and the message, if there was any fault.
    fn told(self) -> Option<(&'static str, String)> {
        let (fault, reason) = self.first?;
        let names = if self.count == 1 { "name" } else { "names" };
        let message = format!(
            "sizes unknown: {} {names} could not be asked about: {reason}",
            self.count
        );
        Some((code(fault), message))
    }
}

/// Troubles up to a bound: a walk may meet a million of them, each with a path of any length.
#[derive(Default)]
struct Troubles {
    kept: Vec<Trouble>,
    bytes: usize,
    left_out: u64,
}

impl Troubles {
    const MOST_BYTES: usize = 16 << 20;

    fn add(&mut self, path: Vec<u8>, code: &'static str, message: String) {
        self.bytes += path.len() + message.len() + size_of::<Trouble>();
        if self.bytes > Self::MOST_BYTES {
            self.left_out += 1;
            return;
        }
        self.kept.push(Trouble {
            path,
            line: None,
            code,
            message,
        });
    }

    fn pour_into(self, walked: &mut Walked) {
        walked.troubles.extend(self.kept);
        walked.troubles_left_out += self.left_out;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_shown_absolute() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        std::fs::create_dir(base.join("real")).unwrap();
        std::fs::write(base.join("file"), b"").unwrap();
        let shown = |text: &str| shown_path(&base.join(text)).unwrap();
        assert_eq!(shown("real"), base.join("real"));
        assert_eq!(shown("real/"), base.join("real"));
        assert_eq!(shown("real/."), base.join("real"));
        assert_eq!(shown("real/.."), base);
        assert_eq!(shown_path(Path::new("/")).unwrap(), Path::new("/"));
        assert_eq!(
            shown_path(Path::new(".")).unwrap(),
            std::env::current_dir().unwrap().canonicalize().unwrap()
        );
        assert!(shown_path(Path::new("src")).unwrap().is_absolute());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("real", base.join("link")).unwrap();
            assert_eq!(shown("link"), base.join("link"));
            assert_eq!(shown("link/"), base.join("real"));
        }
    }

    #[test]
    fn what_is_no_directory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), b"").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(".", dir.path().join("link")).unwrap();
        let progress = Progress::default();
        for walker in [Walker::Auto, Walker::Portable] {
            let options = WalkOptions {
                walker,
                ..WalkOptions::new(&progress)
            };
            for name in ["missing", "file", "missing/below", "file/below", "link"] {
                let mut sink = crate::tree::build::Builder::new();
                let error = walk(&dir.path().join(name), &options, &mut sink).unwrap_err();
                assert!(
                    error.is_source() && error.hint().is_some(),
                    "{name}: {error}"
                );
            }
        }
        let mut sink = crate::tree::build::Builder::new();
        assert!(walk(Path::new(""), &WalkOptions::new(&progress), &mut sink).is_err());
    }

    #[test]
    fn troubles_are_bounded() {
        let mut troubles = Troubles::default();
        for _ in 0..40 {
            troubles.add(vec![b'x'; 1 << 20], "io-error", String::new());
        }
        assert!(troubles.kept.len() < 16 && troubles.left_out > 24);
    }
}
