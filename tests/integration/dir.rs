//! A fresh directory, and the program run in it: what the end-to-end tests stand on.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

/// The moment at which the tests take place: 2024-06-13T06:00:00Z.
pub(crate) const NOW: i64 = 1_718_258_400;

/// A directory of its own, gone with the value.
pub(crate) struct Dir {
    temp: tempfile::TempDir,
}

impl Dir {
    pub(crate) fn new() -> Self {
        Self {
            temp: tempfile::Builder::new()
                .prefix("jettison-")
                .tempdir()
                .unwrap(),
        }
    }

    /// The real path, so that what the program prints compares equal.
    pub(crate) fn path(&self) -> PathBuf {
        self.temp.path().canonicalize().unwrap()
    }

    pub(crate) fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// A file of that many bytes, with the directories above it.
    pub(crate) fn file(&self, name: impl AsRef<Path>, len: usize) -> PathBuf {
        self.write(name, vec![b'x'; len])
    }

    pub(crate) fn write(&self, name: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, contents).unwrap();
        path
    }

    /// A file of bytes as its name.
    pub(crate) fn named(&self, name: &[u8], len: usize) -> PathBuf {
        self.file(OsStr::from_bytes(name), len)
    }

    pub(crate) fn folder(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = self.join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }
}

/// Sets a file's modification time, in seconds since 1970.
pub(crate) fn age_to(path: &Path, mtime: i64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(mtime.try_into().unwrap());
    fs::File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(time)
        .unwrap();
}

/// What one run printed, and how it ended.
#[must_use]
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    line: String,
}

impl Run {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|e| panic!("{e}\n{}", self.story()))
    }

    /// Checks the exit code; a failure tells the whole story.
    pub(crate) fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, expected, "{}", self.story());
        self
    }

    pub(crate) fn story(&self) -> String {
        format!(
            "$ {}\nexit {}\n--- stdout\n{}\n--- stderr\n{}",
            self.line,
            self.code,
            self.text(),
            self.stderr
        )
    }
}

/// The program, in a clean environment.
pub(crate) fn jettison<I>(args: I) -> Run
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    jettison_in(Path::new("/"), args, b"")
}

/// The program in a folder, with something on stdin.
pub(crate) fn jettison_in<I>(folder: &Path, args: I, input: &[u8]) -> Run
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    let mut command = Command::new(env!("CARGO_BIN_EXE_jettison"));
    command.args(args).env_clear().current_dir(folder);
    to_its_end(command, input)
}

/// The program started by other programs (`strace`, `prlimit` and the like, with their arguments),
/// all of which are ended when they take too long.
pub(crate) fn jettison_below<I>(below: &[OsString], args: I) -> Run
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    program_below(below, env!("CARGO_BIN_EXE_jettison").as_ref(), args)
}

/// A copy of the program, started by other programs.
pub(crate) fn program_below<I>(below: &[OsString], program: &Path, args: I) -> Run
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    let mut command = Command::new(&below[0]);
    command
        .args(&below[1..])
        .arg(program)
        .args(args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .current_dir("/");
    to_its_end(command, b"")
}

/// Longer than any run takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(120);

fn to_its_end(mut command: Command, input: &[u8]) -> Run {
    let mut child = command
        .env("COLUMNS", "80")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || {
        // The program may end before it has read everything; that is its right.
        let _closed_early = std::io::Write::write_all(&mut stdin, &input);
    });
    let group = rustix::process::Pid::from_child(&child);
    let (ended, watched) = mpsc::channel::<()>();
    let watchdog = std::thread::spawn(move || {
        let hangs = watched.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout);
        if hangs {
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
        }
        hangs
    });
    let output = child.wait_with_output().unwrap();
    drop(ended);
    feeder.join().unwrap();
    let words = command.get_args().map(OsStr::to_string_lossy);
    let words: Vec<_> = std::iter::once(command.get_program().to_string_lossy())
        .chain(words)
        .collect();
    let run = Run {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        line: words.join(" "),
    };
    assert!(!watchdog.join().unwrap(), "it hangs: {}", run.story());
    run
}
