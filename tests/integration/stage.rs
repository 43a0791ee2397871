//! What some tests need around them: a directory in memory, mounts of their own, a tool. A test
//! that must live elsewhere starts this binary again as a stage of itself.
//!
//! What is missing makes a test skip aloud. With `JETTISON_TEST_ROOT=1` or
//! `JETTISON_TEST_TOOLS=1` it was promised to be there, and the test fails.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// What a test could not do without.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lacks {
    /// The rights of root: mounts, other users.
    Root,
    /// A program.
    Tool,
    /// Something that not every kernel is built with: nobody can promise that.
    Kernel,
}

/// Says that a test skips; fails it where what it lacks was promised.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn skipped(lacks: Lacks, why: &str) {
    let promised = match lacks {
        Lacks::Root => Some("JETTISON_TEST_ROOT"),
        Lacks::Tool => Some("JETTISON_TEST_TOOLS"),
        Lacks::Kernel => None,
    };
    if let Some(promised) = promised {
        let held = std::env::var_os(promised).is_none_or(|value| value != "1");
        assert!(held, "{promised}=1, but this test would be skipped: {why}");
    }
    eprintln!("skipped: {why}");
}

/// A directory in memory where there is such a place, with its whole path.
pub(crate) fn scratch() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    let path = dir.path().canonicalize().unwrap();
    (dir, path)
}

/// The directory that an inner stage is to look at.
pub(crate) fn stage() -> Option<PathBuf> {
    std::env::var_os("JETTISON_TEST_STAGE").map(PathBuf::from)
}

/// Starts one test of this binary again, as its inner stage, below the given command.
pub(crate) fn again(test: &str, stage: &Path, mut below: Command) -> std::io::Result<Output> {
    below
        .args(["--exact", test, "--nocapture", "--include-ignored"])
        .env("JETTISON_TEST_STAGE", stage)
        .output()
}

pub(crate) fn assert_passed(output: &Output) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(
        output.status.success() && out.contains("1 passed"),
        "{out}{err}"
    );
    pass_on(&err);
}

/// What the inner stage skipped, this test skipped.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn pass_on(err: &str) {
    for line in err.lines().filter(|line| line.contains("skipped: ")) {
        eprintln!("{line}");
    }
}

/// Runs `inner` on a fresh file system in memory, among mounts that nobody else sees and that end
/// with it. `test` is the whole name of the test that asks for this.
pub(crate) fn among_own_mounts(test: &str, inner: impl FnOnce(&Path)) {
    if let Some(root) = stage() {
        mount(&["-t", "tmpfs", "none"], &root);
        return inner(&root);
    }
    let (_dir, root) = scratch();
    let mut unshare = Command::new("unshare");
    if rustix::process::geteuid().is_root() {
        unshare.args(["--mount", "--propagation", "private"]);
    } else {
        unshare.args(["--user", "--map-root-user", "--mount"]);
    }
    unshare.arg(std::env::current_exe().unwrap());
    match again(test, &root, unshare) {
        Ok(output) if String::from_utf8_lossy(&output.stderr).contains("unshare: ") => {
            skipped(Lacks::Root, "no private mounts here");
        }
        Ok(output) => assert_passed(&output),
        Err(cause) => skipped(Lacks::Tool, &format!("no unshare: {cause}")),
    }
}

/// Mounts something, which has to work.
pub(crate) fn mount(args: &[&str], on: &Path) {
    if let Err(why) = try_mount(args, on) {
        panic!("mount {args:?} {}: {why}", on.display());
    }
}

/// Mounts something, or tells why that does not work here.
pub(crate) fn try_mount(args: &[&str], on: &Path) -> Result<(), String> {
    let done = Command::new("mount").args(args).arg(on).output();
    let done = done.map_err(|cause| cause.to_string())?;
    if done.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&done.stderr).trim().to_owned())
    }
}

/// Whether a program can be started.
pub(crate) fn has_tool(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// What one run of GNU `du` prints: bytes and path of every line. `None`: there is no such `du`.
pub(crate) fn du(path: &Path, flags: &[&str]) -> Option<Vec<(u64, Vec<u8>)>> {
    let output = Command::new("du")
        .args(["-x", "-0", "--block-size=1"])
        .args(flags)
        .arg("--")
        .arg(path)
        .output()
        .ok()?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        skipped(Lacks::Tool, &format!("no du as GNU's: {why}"));
        return None;
    }
    let lines = output.stdout.split(|&byte| byte == 0);
    let lines = lines.filter(|line| !line.is_empty()).map(|line| {
        let tab = line.iter().position(|&byte| byte == b'\t').unwrap();
        let bytes = std::str::from_utf8(&line[..tab]).unwrap().parse().unwrap();
        (bytes, line[tab + 1..].to_vec())
    });
    Some(lines.collect())
}

/// What `du` says of one directory alone.
pub(crate) fn du_of(path: &Path, flags: &[&str]) -> Option<u64> {
    let flags: Vec<&str> = flags.iter().copied().chain(["-s"]).collect();
    du(path, &flags).map(|lines| lines[0].0)
}

pub(crate) fn path_of(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}
