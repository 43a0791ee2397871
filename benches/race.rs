//! The race: `jettison scan` beside the tools that measure directories, and beside the floor, which
//! makes the system calls that nobody can do without and keeps nothing.
//!
//! ```sh
//! cargo bench --bench race                  # a tree of 1,000,000 entries, made and removed
//! cargo bench --bench race -- 100000        # a smaller one
//! cargo bench --bench race -- /srv          # a tree of your own, which is only read
//! ```
//!
//! Nothing is installed: it runs the tools that it finds. Each round runs all of them one after the
//! other, so that what slows the machine slows all; the table shows medians of five rounds after
//! one that warms up, and ratios to the floor of the same round. As root it also measures with
//! cold caches. Peak memory needs GNU time.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a program of its own, whose printed table is all that it is for"
)]

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs;
use std::io::Write as _;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, Mode, OFlags, RawDir, StatxFlags, openat, statx};

const ROUNDS: usize = 5;

/// Each rival, and how it is asked for the whole of a directory with as little output as it can.
const RIVALS: [(&str, &[&str]); 8] = [
    ("pdu", &["--max-depth", "1"]),
    ("diskus", &[]),
    ("du", &["-s"]),
    ("dust", &["-d1", "-P"]),
    ("gdu", &["-npc"]),
    ("ncdu", &["-0", "-o", "/dev/null"]),
    ("dua", &["aggregate"]),
    ("find", &["-size", "+1T"]),
];

/// Somebody who runs.
struct Runner {
    name: String,
    program: PathBuf,
    args: Vec<String>,
}

/// What one run took.
#[derive(Clone, Copy)]
struct Run {
    wall: Duration,
    /// Peak resident set, KiB.
    peak: Option<u64>,
}

fn main() {
    // `cargo bench` adds a `--bench` of its own.
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["floor", dir, threads] => floor(Path::new(dir), threads.parse().unwrap_or(2)),
        [] => grow_and_race(1_000_000),
        [what] => match what.parse() {
            Ok(entries) => grow_and_race(entries),
            Err(_) => race(Path::new(what)),
        },
        _ => eprintln!("one number of entries, or one directory"),
    }
}

fn grow_and_race(entries: usize) {
    let temp = tempfile::Builder::new()
        .prefix("jettison-race-")
        .tempdir()
        .expect("a scratch directory");
    eprintln!(
        "making a tree of {entries} entries in {}",
        temp.path().display()
    );
    grow(temp.path(), entries);
    race(temp.path());
    eprintln!("removing it");
}

/// A tree whose directories are mostly small and sometimes wide, a ninth of the files with bytes.
fn grow(root: &Path, entries: usize) {
    let mut state = 88_172_645_463_325_252u64;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % below
    };
    let mut left = entries;
    let mut waiting = vec![(root.to_owned(), 0)];
    while left > 0 {
        let (dir, depth) = waiting
            .pop()
            .unwrap_or((root.join(format!("top-{left}")), 0));
        fs::create_dir_all(&dir).expect("a directory");
        let files = match random(20) {
            0 => 200 + random(1_800),
            _ => random(30),
        };
        for number in 0..files.min(left as u64) {
            let name = dir.join(format!("file-{number:05}-{:x}.dat", random(65_536)));
            let mut file = fs::File::create(name).expect("a file");
            match random(9) {
                0 => file.write_all(b"sixteen bytes it").expect("some bytes"),
                _ => file.set_len(random(100_000)).expect("a size"),
            }
            left -= 1;
        }
        let dirs = match depth {
            0..3 => 6 + random(5),
            3..10 => random(5),
            _ => 0,
        };
        for number in 0..dirs.min(left as u64) {
            waiting.push((dir.join(format!("dir-{number:03}")), depth + 1));
            left -= 1;
        }
    }
    for (dir, _) in waiting {
        fs::create_dir_all(dir).expect("a directory");
    }
}

fn race(root: &Path) {
    let runners = runners(root);
    println!("{}", machine());
    let mut entries = 0;
    for temperature in ["warm", "cold"] {
        if temperature == "cold" && !drop_caches() {
            println!("\ncold: only root can drop the caches");
            continue;
        }
        let mut runs: BTreeMap<&str, Vec<Run>> = BTreeMap::new();
        for round in 0..=ROUNDS {
            for runner in &runners {
                if temperature == "cold" {
                    drop_caches();
                }
                let (run, said) = runner.run();
                if runner.name.starts_with("floor") {
                    entries = said.trim().parse().unwrap_or(entries);
                }
                // The first round warms up.
                if round > 0 {
                    runs.entry(&runner.name).or_default().push(run);
                }
            }
        }
        println!("\n{temperature}, {entries} entries, medians of {ROUNDS}");
        show(&runners, &runs, entries);
    }
}

fn runners(root: &Path) -> Vec<Runner> {
    let text = root.display().to_string();
    let this = std::env::current_exe().expect("this program has a path");
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let mut runners = Vec::new();
    for threads in [cores, 8] {
        runners.push(Runner {
            name: format!("floor, {threads} threads"),
            program: this.clone(),
            args: vec!["floor".to_owned(), text.clone(), threads.to_string()],
        });
    }
    let scan = ["scan", "--depth", "1", "--no-progress"].map(str::to_owned);
    runners.push(Runner {
        name: "jettison".to_owned(),
        program: env!("CARGO_BIN_EXE_jettison").into(),
        args: scan.into_iter().chain([text.clone()]).collect(),
    });
    for (name, args) in RIVALS {
        let Some(program) = which(name) else {
            eprintln!("not found: {name}");
            continue;
        };
        let mut args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        let at = if name == "find" { 0 } else { args.len() };
        args.insert(at, text.clone());
        runners.push(Runner {
            name: name.to_owned(),
            program,
            args,
        });
    }
    runners
}

impl Runner {
    fn run(&self) -> (Run, String) {
        let mut command = match which("time") {
            Some(time) => {
                let mut command = Command::new(time);
                command.args(["-f", "%M"]).arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        };
        let begun = Instant::now();
        let done = command
            .args(&self.args)
            .stdin(Stdio::null())
            .output()
            .expect("it runs");
        let wall = begun.elapsed();
        let said = String::from_utf8_lossy(&done.stderr);
        let peak = said
            .lines()
            .last()
            .and_then(|line| line.trim().parse().ok());
        (
            Run { wall, peak },
            String::from_utf8_lossy(&done.stdout).into_owned(),
        )
    }
}

fn show(runners: &[Runner], runs: &BTreeMap<&str, Vec<Run>>, entries: u64) {
    println!(
        "{:<18} {:>8} {:>10} {:>9} {:>12}",
        "", "seconds", "× floor", "MiB", "bytes/entry"
    );
    let base = &runs[&runners[0].name[..]];
    for runner in runners {
        let own = &runs[&runner.name[..]];
        let wall = median(own.iter().map(|run| run.wall.as_secs_f64()));
        let ratio = median(
            own.iter()
                .zip(base)
                .map(|(run, floor)| run.wall.as_secs_f64() / floor.wall.as_secs_f64()),
        );
        let peak = own.iter().filter_map(|run| run.peak).max();
        let (mib, each) = match peak {
            Some(kib) => (
                format!("{:.1}", kib as f64 / 1024.0),
                format!("{:.0}", (kib * 1024) as f64 / entries.max(1) as f64),
            ),
            None => ("?".to_owned(), "?".to_owned()),
        };
        println!(
            "{:<18} {wall:>8.3} {ratio:>10.2} {mib:>9} {each:>12}",
            runner.name
        );
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(name));
    places.find(|place| place.is_file())
}

fn drop_caches() -> bool {
    rustix::fs::sync();
    fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}

/// One line on where this was measured.
fn machine() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let cpu = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{cores} × {cpu}, Linux {}", kernel.trim())
}

/// What every tool has to do: open every directory, list it, ask about every name. Prints how many
/// names that were.
fn floor(root: &Path, threads: usize) {
    let names = AtomicU64::new(0);
    let idle = AtomicUsize::new(0);
    let root = CString::new(root.as_os_str().as_encoded_bytes()).expect("a path has no NUL");
    let stack = (Mutex::new(vec![root]), Condvar::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(dir) = next(&stack, &idle, threads) {
                    names.fetch_add(visit(&dir, &stack), Ordering::Relaxed);
                }
            });
        }
    });
    println!("{}", names.into_inner());
}

type Stack = (Mutex<Vec<CString>>, Condvar);

fn next((stack, wake): &Stack, idle: &AtomicUsize, threads: usize) -> Option<CString> {
    let mut waiting = stack.lock().expect("nobody panics");
    idle.fetch_add(1, Ordering::SeqCst);
    loop {
        if let Some(dir) = waiting.pop() {
            idle.fetch_sub(1, Ordering::SeqCst);
            return Some(dir);
        }
        if idle.load(Ordering::SeqCst) == threads {
            wake.notify_all();
            return None;
        }
        waiting = wake.wait(waiting).expect("nobody panics");
    }
}

fn visit(path: &CString, (stack, wake): &Stack) -> u64 {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let Ok(dir): Result<OwnedFd, _> = openat(rustix::fs::CWD, path, flags, Mode::empty()) else {
        return 0;
    };
    let mut buffer = [MaybeUninit::<u8>::uninit(); 64 << 10];
    let mut listing = RawDir::new(&dir, &mut buffer);
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT | AtFlags::STATX_DONT_SYNC;
    let mask = StatxFlags::BASIC_STATS;
    let mut names = 0;
    while let Some(Ok(entry)) = listing.next() {
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        names += 1;
        let _asked = statx(&dir, name, flags, mask);
        if entry.file_type() == rustix::fs::FileType::Directory {
            let below = [path.to_bytes(), b"/", name.to_bytes()].concat();
            let below = CString::new(below).expect("names have no NUL");
            stack.lock().expect("nobody panics").push(below);
            wake.notify_one();
        }
    }
    names
}
