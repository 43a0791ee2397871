//! Ctrl-C while a source is read: what is known so far, marked as such, and no verdict.
//!
//! The source is a recording that comes through a pipe and stops, so that the program is in the
//! middle of it for as long as the test wants.

use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::dir::Dir;

/// Long enough for any machine; nothing here waits this long unless it fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A run in the middle of its first source.
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
}

/// The signal of Ctrl-C; where it is ignored here, as in a job in the background of a script, whatever
/// is started ignores it too, and is asked to end by the other one.
fn ctrl_c() -> Signal {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    let mask = u64::from_str_radix(ignored.unwrap().trim(), 16).unwrap();
    if mask & 1 << (2 - 1) == 0 {
        Signal::INT
    } else {
        Signal::TERM
    }
}

/// How a run ended.
struct Ended {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

impl Running {
    /// Starts the program with `-` among its arguments, and waits until it listens to signals.
    fn start(folder: &Path, line: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_jettison"))
            .args(line.split(' '))
            .env_clear()
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let running = Self { child, stdin };
        let begun = Instant::now();
        while !running.listens() {
            assert!(begun.elapsed() < PATIENCE, "{line}: no handler came up");
            std::thread::sleep(Duration::from_millis(2));
        }
        running
    }

    /// Whether both signals have a handler, as the kernel sees it.
    fn listens(&self) -> bool {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).unwrap();
        let caught = status.lines().find_map(|l| l.strip_prefix("SigCgt:"));
        let mask = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
        let term = 1 << (15 - 1);
        let both = if ctrl_c() == Signal::INT {
            term | 1 << (2 - 1)
        } else {
            term
        };
        mask & both == both
    }

    fn send(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Sends rows of a listing, beside, until the program has ended and reads no more of them.
    /// Comes back when it has read some: a pipe does not hold all that was sent by then.
    fn feed(&mut self) -> JoinHandle<()> {
        const MORE_THAN_A_PIPE: u64 = 4000;
        let mut stdin = self.stdin.take().unwrap();
        let (read, some_are_read) = channel();
        let feeder = std::thread::spawn(move || {
            let begun = Instant::now();
            let head = "u@h:/d$ ls -la\ntotal 80\n";
            let mut fed = stdin.write_all(head.as_bytes());
            for n in 0u64.. {
                if fed.is_err() {
                    break;
                }
                assert!(begun.elapsed() < PATIENCE, "the program reads on for ever");
                let row = format!("-rw-r--r-- 1 u u 1500 Jan  2  2024 part-{n}\n");
                fed = stdin.write_all(row.as_bytes());
                if n == MORE_THAN_A_PIPE {
                    read.send(()).unwrap();
                }
            }
        });
        some_are_read.recv_timeout(PATIENCE).unwrap();
        feeder
    }

    fn end(&mut self) -> Ended {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let out = self.child.stdout.as_mut().unwrap();
        out.read_to_string(&mut stdout).unwrap();
        let err = self.child.stderr.as_mut().unwrap();
        err.read_to_string(&mut stderr).unwrap();
        Ended {
            status: self.child.wait().unwrap(),
            stdout,
            stderr,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed half way must not leave its program behind.
        let _ended_already = self.child.kill();
    }
}

fn interrupted(folder: &Path, line: &str, signal: Signal) -> Ended {
    let mut running = Running::start(folder, line);
    let feeder = running.feed();
    running.send(signal);
    let ended = running.end();
    feeder.join().unwrap();
    assert_eq!(ended.status.code(), Some(3), "{line}\n{}", ended.stderr);
    ended
}

#[test]
fn the_first_signal_shows_what_is_known() {
    let dir = Dir::new();
    for signal in [ctrl_c(), Signal::TERM] {
        let ended = interrupted(&dir.path(), "scan -", signal);
        assert!(ended.stdout.starts_with("≥ "), "{}", ended.stdout);
        assert!(ended.stdout.contains("lower bounds"), "{}", ended.stdout);
        assert!(ended.stderr.contains("ended early"), "{}", ended.stderr);
    }
    let json = interrupted(&dir.path(), "scan - --format json", ctrl_c()).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["complete"], false);
    assert_eq!(json["root"]["apparent"]["hi"], serde_json::Value::Null);
    let mut codes = json["troubles"].as_array().unwrap().iter();
    assert!(codes.any(|t| t["code"] == "interrupted"), "{json:#}");
}

#[test]
fn a_walk_that_was_asked_to_end_is_marked() {
    let dir = Dir::new();
    dir.file("tree/a/b", 5000);
    let ended = interrupted(&dir.path(), "scan - tree", ctrl_c());
    let live = ended.stdout.lines().find(|l| l.contains("/tree"));
    assert!(live.unwrap().starts_with('≥'), "{}", ended.stdout);
}

#[test]
fn a_part_of_the_evidence_never_says_yes() {
    let dir = Dir::new();
    for command in [
        "plan - --free 1K --max-risk unknown",
        "plan - --free 1K --max-risk unknown --format json",
        "plan - --need 1K --capacity 1T --max-risk unknown",
        "plan - --need 1K --available 1T",
    ] {
        let ended = interrupted(&dir.path(), command, ctrl_c());
        assert_eq!(ended.stdout, "", "{command}");
        assert!(ended.stderr.contains("ended early"), "{}", ended.stderr);
    }
    let report = "report - --free 1K --max-risk unknown";
    let ended = interrupted(&dir.path(), report, ctrl_c());
    assert!(!ended.stdout.contains("Proven"), "{}", ended.stdout);
    assert!(ended.stdout.contains('≥'), "{}", ended.stdout);
    let ended = interrupted(&dir.path(), "audit -", Signal::TERM);
    assert!(ended.stderr.contains("ended early"), "{}", ended.stderr);
}

#[test]
fn the_second_signal_ends_the_program() {
    let dir = Dir::new();
    let mut running = Running::start(&dir.path(), "scan -");
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = running.child.try_wait().unwrap() {
            break status;
        }
        assert!(begun.elapsed() < PATIENCE, "it does not end");
        running.send(ctrl_c());
        std::thread::sleep(Duration::from_millis(10));
    };
    // A shell calls that 130, or 143.
    assert_eq!(status.signal(), Some(ctrl_c().as_raw()));
}
