//! Bad input: calls that fail in the middle, too few handles, threads or bytes of memory, paths
//! that no call takes. Whatever could be read has to be told exactly, and the rest by name.
//!
//! The kernel's failures are made by `strace`, call by call and name by name.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, Mode, OFlags};

use jettison::bytes::Interval;

use crate::dir::{Run, jettison_below, program_below};
use crate::grown::Grower;
use crate::stage::{Lacks, has_tool, scratch, skipped};
use crate::told::{Fact, Node, Told, assert_true, facts, run, truth};

/// What a failure does to the tree that is told.
#[derive(Clone, Copy)]
enum Costs {
    /// Nothing: the call is made again, or another way is found.
    Nothing,
    /// The entry: it is gone, as if it had been deleted.
    TheEntry,
    /// What the entry holds, but not its own size, and nobody is told: it was deleted.
    WhatItHeld,
    /// The entry's size and what it holds: there is a trouble of this code at its directory.
    ItsSize(&'static str),
    /// What the directory holds, but not its own size: there is a trouble of this code there.
    Listing(&'static str),
    /// Nothing that was seen, but there may be more: there is a trouble of this code there.
    Certainty(&'static str),
}

/// Calls of `call` fail with `error`, at the path `at` below the root, `when` strace counts so.
struct Failure {
    call: &'static str,
    error: &'static str,
    when: &'static str,
    at: &'static str,
    costs: Costs,
    walkers: &'static [&'static str],
}

const fn failure(
    call: &'static str,
    error: &'static str,
    at: &'static str,
    costs: Costs,
) -> Failure {
    Failure {
        call,
        error,
        when: "1+",
        at,
        costs,
        walkers: &["linux", "portable"],
    }
}

const FILE: &str = "plain/lost";
const DIR: &str = "plain/broken";

const FAILURES: [Failure; 28] = [
    failure("statx", "EIO", FILE, Costs::ItsSize("io-error")),
    failure("statx", "ESTALE", FILE, Costs::ItsSize("stale-handle")),
    failure("statx", "EACCES", FILE, Costs::ItsSize("permission-denied")),
    failure("statx", "EPERM", FILE, Costs::ItsSize("permission-denied")),
    failure(
        "statx",
        "ENAMETOOLONG",
        FILE,
        Costs::ItsSize("path-too-long"),
    ),
    failure("statx", "ELOOP", FILE, Costs::ItsSize("changed")),
    failure("statx", "ENOMEM", FILE, Costs::ItsSize("unreadable")),
    failure("statx", "EOVERFLOW", FILE, Costs::ItsSize("unreadable")),
    failure("statx", "ETIMEDOUT", FILE, Costs::ItsSize("unreadable")),
    failure("statx", "ENOENT", FILE, Costs::TheEntry),
    Failure {
        when: "1..3",
        ..failure("statx", "EINTR", FILE, Costs::Nothing)
    },
    failure("statx", "ENOSYS", FILE, Costs::Nothing),
    failure("statx", "EIO", DIR, Costs::ItsSize("io-error")),
    failure("statx", "ENOENT", DIR, Costs::TheEntry),
    failure("openat", "EIO", DIR, Costs::Listing("io-error")),
    failure("openat", "ESTALE", DIR, Costs::Listing("stale-handle")),
    failure("openat", "EACCES", DIR, Costs::Listing("permission-denied")),
    failure("openat", "ELOOP", DIR, Costs::Listing("changed")),
    failure("openat", "ENOTDIR", DIR, Costs::Listing("changed")),
    failure(
        "openat",
        "ENAMETOOLONG",
        DIR,
        Costs::Listing("path-too-long"),
    ),
    failure("openat", "ENOMEM", DIR, Costs::Listing("unreadable")),
    failure(
        "openat",
        "EMFILE",
        DIR,
        Costs::Listing("too-many-open-files"),
    ),
    failure("openat", "ENOENT", DIR, Costs::WhatItHeld),
    Failure {
        when: "1..3",
        // By path, the C library's opendir gives up: the listing is unread, and said to be.
        walkers: &["linux"],
        ..failure("openat", "EINTR", DIR, Costs::Nothing)
    },
    failure("getdents64", "EIO", DIR, Costs::Listing("io-error")),
    failure("getdents64", "ENOENT", DIR, Costs::WhatItHeld),
    Failure {
        when: "2+",
        ..failure("getdents64", "EIO", DIR, Costs::Certainty("io-error"))
    },
    Failure {
        when: "2+",
        ..failure(
            "getdents64",
            "ESTALE",
            DIR,
            Costs::Certainty("stale-handle"),
        )
    },
];

fn plant(root: &Path) {
    for (name, len) in [
        ("plain/kept", 5_000),
        (FILE, 7_000),
        ("plain/broken/a", 9_000),
        ("plain/broken/sub/b", 11_000),
        ("plain/other/c", 13_000),
        ("beside/d", 17_000),
    ] {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, vec![1; len]).unwrap();
    }
    fs::hard_link(root.join("beside/d"), root.join("plain/linked")).unwrap();
}

/// A scan whose calls are tampered with.
fn tampered(root: &Path, log: &Path, tampering: &[String], walker: &str) -> Run {
    let strace = ["strace", "-f", "-qq", "-o"].map(OsString::from);
    let strace = strace.into_iter().chain([log.as_os_str().to_owned()]);
    let strace: Vec<OsString> = strace.chain(tampering.iter().map(Into::into)).collect();
    let args = [
        "scan",
        "--format",
        "json",
        "--threads",
        "2",
        "--walker",
        walker,
    ];
    let args = args.map(OsStr::new).into_iter();
    jettison_below(&strace, args.chain([root.as_os_str()]))
}

#[test]
fn when_a_call_fails() {
    if !has_tool("strace") {
        return skipped(Lacks::Tool, "no strace");
    }
    let (_dir, base) = scratch();
    let (root, log) = (base.join("t"), base.join("log"));
    plant(&root);
    let facts = facts(&root);
    for failure in &FAILURES {
        for walker in failure.walkers {
            let Failure {
                call,
                error,
                when,
                at,
                ..
            } = failure;
            let whole = root.join(at).into_os_string().into_string().unwrap();
            // Either walk names the entry in its own way: by its name, or by its whole path.
            let name = at.rsplit('/').next().unwrap();
            let inject = format!("inject={call}:error={error}:when={when}");
            let mut tampering = vec!["-P".to_owned(), whole, "-e".to_owned(), inject];
            if *call != "getdents64" {
                tampering.extend(["-P".to_owned(), name.to_owned()]);
            }
            let run = tampered(&root, &log, &tampering, walker);
            let what = format!("{call} {error} {walker}\n{}", run.story());
            let calls = fs::read_to_string(&log).unwrap();
            assert!(calls.contains("(INJECTED)"), "{what}\n{calls}");
            assert_costs(&run, &facts, &root, failure, &what);
        }
    }
}

/// Compares every node with the truth, as far as the failure leaves it.
fn assert_costs(run: &Run, facts: &[Fact], root: &Path, failure: &Failure, what: &str) {
    let at = root.join(failure.at).into_os_string().into_encoded_bytes();
    let below = [&at[..], b"/"].concat();
    let (own, held, trouble, certain) = match failure.costs {
        Costs::Nothing => (true, true, None, true),
        Costs::TheEntry => (false, false, None, true),
        Costs::WhatItHeld => (true, false, None, true),
        Costs::ItsSize(code) => (false, false, Some((parent(&at), code)), false),
        Costs::Listing(code) => (true, false, Some((&at[..], code)), false),
        Costs::Certainty(code) => (true, true, Some((&at[..], code)), false),
    };
    let left = facts
        .iter()
        .filter(|fact| (own || fact.path != at) && (held || !fact.path.starts_with(&below)));
    let left: Vec<Fact> = left.map(Fact::clone).collect();
    let mut truth = truth(&left);
    if !certain {
        doubt(&mut truth, &at, held);
    }
    let told = Told::of(run);
    assert_eq!(
        (told.code, told.complete),
        (if certain { 0 } else { 3 }, certain),
        "{what}"
    );
    let trouble = trouble.map(|(path, code)| (path.to_vec(), code.to_owned()));
    assert_eq!(told.troubles, Vec::from_iter(trouble), "{what}");
    assert_true(&told, &truth, what);
}

fn parent(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|&byte| byte == b'/').unwrap();
    &path[..slash]
}

/// The entry is unread, or only what it holds besides; so every sum above it is a lower bound.
fn doubt(truth: &mut BTreeMap<Vec<u8>, Node>, at: &[u8], held: bool) {
    let unread = Node {
        kind: "unread".to_owned(),
        apparent: Interval::UNKNOWN,
        disk: Interval::UNKNOWN,
        freed: Interval::UNKNOWN,
        files: 0,
        dirs: 0,
        mtime: None,
    };
    let node = truth.entry(at.to_vec()).or_insert(unread);
    if !held {
        "unread".clone_into(&mut node.kind);
    }
    for (path, node) in truth {
        if at.starts_with(path) && (at == path || at[path.len()] == b'/') {
            for sum in [&mut node.apparent, &mut node.disk, &mut node.freed] {
                *sum = Interval::at_least(sum.lo);
            }
        }
    }
}

/// A tree of a hundred entries, and what is true of it.
fn grown(root: &Path) -> BTreeMap<Vec<u8>, Node> {
    fs::create_dir(root).unwrap();
    Grower::new(root, None, 11).grow(400);
    truth(&facts(root))
}

fn words(all: &[&str]) -> Vec<OsString> {
    all.iter().map(Into::into).collect()
}

/// A scan under a limit, in JSON.
fn scan_below(below: &[&str], root: &Path, more: &[&str]) -> Run {
    let args = ["scan", "--format", "json"].into_iter();
    let args = args.chain(more.iter().copied()).map(OsStr::new);
    jettison_below(&words(below), args.chain([root.as_os_str()]))
}

#[test]
fn when_the_root_fails() {
    if !has_tool("strace") {
        return skipped(Lacks::Tool, "no strace");
    }
    let (_dir, base) = scratch();
    let (root, log) = (base.join("t"), base.join("log"));
    plant(&root);
    let whole = root.to_str().unwrap().to_owned();
    for (call, error, says) in [
        ("statx", "EIO", "Input/output error"),
        ("statx", "ESTALE", "Stale file handle"),
        ("openat", "EACCES", "permission denied"),
        ("openat", "EIO", "the device failed to read it"),
        ("openat", "EMFILE", "too many open files"),
    ] {
        let inject = format!("inject={call}:error={error}");
        let tampering = ["-P".to_owned(), whole.clone(), "-e".to_owned(), inject];
        let run = tampered(&root, &log, &tampering, "linux");
        let named = run.stderr.contains(&whole) && run.stderr.contains(says);
        assert!(
            run.code == 3 && run.stdout.is_empty() && named,
            "{}",
            run.story()
        );
    }
    // It can be opened, but tells no names: all that is known is its own size.
    let inject = "inject=getdents64:error=EIO".to_owned();
    for walker in ["linux", "portable"] {
        let tampering = [
            "-P".to_owned(),
            whole.clone(),
            "-e".to_owned(),
            inject.clone(),
        ];
        let run = tampered(&root, &log, &tampering, walker).code(3);
        let told = Told::of(&run);
        assert_eq!(told.nodes.len(), 1, "{}", run.story());
        assert_eq!(told.top().kind, "unread");
        assert_eq!(told.troubles, [(told.root.clone(), "io-error".to_owned())]);
    }
}

/// What an old kernel, a sandbox or a jail does not offer is done without.
#[test]
fn with_less_of_a_kernel() {
    if !has_tool("strace") {
        return skipped(Lacks::Tool, "no strace");
    }
    let (_dir, base) = scratch();
    let (root, log) = (base.join("t"), base.join("log"));
    let truth = grown(&root);
    for tampering in [
        &["-e", "inject=statx:error=ENOSYS"][..],
        &[
            "-P",
            "/proc/self/mountinfo",
            "-e",
            "inject=openat:error=ENOENT",
        ],
        &["-e", "inject=statx:error=EINTR:when=7+9"],
        &["-e", "inject=getdents64:error=EINTR:when=3+5"],
        // A few of the handles that it wants are not there at the moment.
        &["-e", "inject=openat:error=EMFILE:when=20+11"],
    ] {
        let words: Vec<String> = tampering.iter().map(ToString::to_string).collect();
        let run = tampered(&root, &log, &words, "linux").code(0);
        let calls = fs::read_to_string(&log).unwrap();
        assert!(
            calls.contains("(INJECTED)"),
            "{tampering:?}: {}",
            run.story()
        );
        assert_true(&Told::of(&run), &truth, &format!("{tampering:?}"));
    }
}

#[test]
fn without_handles_it_gives_up_soon() {
    if !has_tool("strace") {
        return skipped(Lacks::Tool, "no strace");
    }
    let (_dir, base) = scratch();
    let (root, log) = (base.join("t"), base.join("log"));
    for number in 0..160 {
        fs::create_dir_all(root.join(number.to_string())).unwrap();
    }
    let begin = Instant::now();
    let tampering = ["-e", "inject=openat:error=EMFILE:when=20+"].map(str::to_owned);
    let run = tampered(&root, &log, &tampering, "linux").code(3);
    let told = Told::of(&run);
    assert!(
        told.troubles
            .iter()
            .all(|(_, code)| code == "too-many-open-files")
    );
    assert!(
        begin.elapsed() < Duration::from_secs(10),
        "{:?}",
        begin.elapsed()
    );
}

#[test]
fn with_few_handles() {
    if !has_tool("prlimit") {
        return skipped(Lacks::Tool, "no prlimit");
    }
    let (_dir, base) = scratch();
    let root = base.join("t");
    let truth = grown(&root);
    for handles in ["32", "16", "8"] {
        let limit = format!("--nofile={handles}");
        for walker in ["linux", "portable"] {
            let run = scan_below(&["prlimit", &limit], &root, &["--walker", walker]);
            let run = run.code(0);
            assert_true(&Told::of(&run), &truth, &format!("{limit} {walker}"));
        }
    }
}

/// Little memory: the whole answer, or none at all and an exit that says so.
fn with_memory(root: &Path, megabytes: u64) -> Run {
    let limit = format!("--as={}", megabytes << 20);
    scan_below(&["prlimit", &limit], root, &["--threads", "2"])
}

#[test]
fn with_little_memory() {
    if !has_tool("prlimit") {
        return skipped(Lacks::Tool, "no prlimit");
    }
    let (_dir, base) = scratch();
    let root = base.join("t");
    let truth = grown(&root);
    for megabytes in [200, 120, 80] {
        let run = with_memory(&root, megabytes).code(0);
        assert_true(&Told::of(&run), &truth, &format!("{megabytes} MB"));
    }
    for megabytes in (16..80).step_by(8) {
        let run = with_memory(&root, megabytes);
        if run.code == 0 {
            assert_true(&Told::of(&run), &truth, &format!("{megabytes} MB"));
        } else {
            assert!(run.stdout.is_empty(), "{}", run.story());
        }
    }
}

#[test]
fn without_memory_it_ends_as_documented() {
    let (_dir, base) = scratch();
    let root = base.join("t");
    let truth = grown(&root);
    for megabytes in 16..80 {
        let run = with_memory(&root, megabytes);
        match run.code {
            0 => assert_true(&Told::of(&run), &truth, &format!("{megabytes} MB")),
            // The system could not even start it, or load what it is linked to.
            -1 if run.stderr.is_empty() => {}
            127 => assert!(run.stderr.contains("loading shared libraries")),
            code => assert!(code == 3 || code == 70, "{}", run.story()),
        }
    }
}

/// The words that start a program as a user who has nothing else running, and a copy of the
/// program that this user may start; `None`: only root can do that.
fn as_somebody(base: &Path) -> Option<Vec<String>> {
    if !rustix::process::geteuid().is_root() || !has_tool("setpriv") {
        skipped(Lacks::Root, "another user needs root, and setpriv");
        return None;
    }
    let copy = base.join("jettison");
    fs::copy(env!("CARGO_BIN_EXE_jettison"), &copy).unwrap();
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(base, open.clone()).unwrap();
    fs::set_permissions(&copy, open).unwrap();
    let user = 60_000 + std::process::id() % 5_000;
    let ids = [format!("--reuid={user}"), format!("--regid={user}")];
    let words = ["setpriv".to_owned()].into_iter().chain(ids);
    Some(words.chain(["--clear-groups".to_owned()]).collect())
}

/// A scan by that user, through the copy of the program.
fn scan_as(somebody: &[String], limits: &[&str], base: &Path, more: &[&str]) -> Run {
    let copy = base.join("jettison");
    let below = somebody.iter().map(String::as_str);
    let below: Vec<&str> = below.chain(limits.iter().copied()).collect();
    let args = ["scan", "--format", "json"].into_iter();
    let args = args.chain(more.iter().copied()).map(OsStr::new);
    let root = base.join("t");
    program_below(&words(&below), &copy, args.chain([root.as_os_str()]))
}

#[test]
fn with_few_threads() {
    let (_dir, base) = scratch();
    let truth = grown(&base.join("t"));
    let Some(somebody) = as_somebody(&base) else {
        return;
    };
    for most in ["1", "2", "3", "4"] {
        let limit = format!("--nproc={most}");
        let run = scan_as(&somebody, &["prlimit", &limit], &base, &[]).code(0);
        assert_true(&Told::of(&run), &truth, &limit);
    }
}

#[test]
fn with_no_thread_the_portable_walk_says_so() {
    let (_dir, base) = scratch();
    grown(&base.join("t"));
    let Some(somebody) = as_somebody(&base) else {
        return;
    };
    let limits = ["prlimit", "--nproc=1"];
    let run = scan_as(&somebody, &limits, &base, &["--walker", "portable"]).code(3);
    assert!(
        run.stderr.contains("no thread can be started"),
        "{}",
        run.story()
    );
}

#[test]
fn what_this_user_may_not_read() {
    let (_dir, base) = scratch();
    let root = base.join("t");
    plant(&root);
    let Some(somebody) = as_somebody(&base) else {
        return;
    };
    let closed = root.join(DIR);
    let refused = failure("openat", "EACCES", DIR, Costs::Listing("permission-denied"));
    for walker in ["linux", "portable"] {
        for mode in [0o000, 0o111] {
            fs::set_permissions(&closed, fs::Permissions::from_mode(mode)).unwrap();
            let run = scan_as(&somebody, &[], &base, &["--walker", walker]);
            let what = format!("{mode:o} {walker}\n{}", run.story());
            assert_costs(&run, &facts(&root), &root, &refused, &what);
        }
        // Its names may be read, but nothing may be asked about them.
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o444)).unwrap();
        let run = scan_as(&somebody, &[], &base, &["--walker", walker]).code(3);
        let told = Told::of(&run);
        let at = closed.as_os_str().as_encoded_bytes();
        assert_eq!(
            told.troubles,
            [(at.to_vec(), "permission-denied".to_owned())]
        );
        for name in ["plain/broken/a", "plain/broken/sub"] {
            assert_eq!(told.at(name).kind, "unread");
            assert_eq!(told.at(name).disk, Interval::UNKNOWN);
        }
        let below = |fact: &&Fact| !fact.path.starts_with(&[at, b"/"].concat());
        let left: Vec<Fact> = facts(&root).iter().filter(below).cloned().collect();
        let rest = truth(&left)[root.as_os_str().as_encoded_bytes()].disk.lo;
        assert_eq!(told.top().disk, Interval::at_least(rest), "{}", run.story());
    }
}

#[test]
fn where_paths_are_longer_than_any_call_takes() {
    let (_dir, root) = scratch();
    let name = "x".repeat(250);
    let mut dir = rustix::fs::open(&root, OFlags::PATH, Mode::empty()).unwrap();
    for _ in 0..40 {
        rustix::fs::mkdirat(&dir, &name, Mode::RWXU).unwrap();
        dir = rustix::fs::openat(&dir, &name, OFlags::PATH, Mode::empty()).unwrap();
    }
    let flags = OFlags::CREATE | OFlags::WRONLY;
    let file = rustix::fs::openat(&dir, "deep", flags, Mode::RUSR).unwrap();
    rustix::io::write(&file, &[1; 9_000]).unwrap();
    let disk = u64::try_from(rustix::fs::fstat(&file).unwrap().st_blocks).unwrap() * 512;
    let told = Told::of(&run(&root, &[]).code(0));
    let (path, deepest) = told.nodes.last_key_value().unwrap();
    assert!(path.len() > 10_000 && path.ends_with(b"/deep"));
    assert_eq!(deepest.disk, Interval::exactly(disk));
    assert_eq!((told.top().dirs, told.top().files), (40, 1));
    assert!(told.complete && told.top().disk.is_exact() && told.top().disk.lo >= disk);
    // By path it ends where the calls end, and says where.
    let told = Told::of(&run(&root, &["--walker", "portable"]).code(3));
    let [(at, code)] = &told.troubles[..] else {
        panic!("{:?}", told.troubles);
    };
    assert_eq!(code, "path-too-long");
    assert!((3_800..4_096).contains(&at.len()), "{}", at.len());
    assert_eq!(told.top().disk.hi, None);
    assert_eq!(
        told.top().dirs,
        ((at.len() - root.as_os_str().len()) / 251) as u64
    );
}

#[test]
fn a_million_names_in_one_directory() {
    // Names of a few files: as many to list and to ask, and no million inodes to make.
    const FILES: usize = 20;
    const NAMES: usize = 1_000_000;
    let (_dir, root) = scratch();
    let handle = rustix::fs::open(&root, OFlags::PATH, Mode::empty()).unwrap();
    for number in 0..NAMES {
        if number % (NAMES / FILES) == 0 {
            fs::write(root.join("last"), [1; 4_096]).unwrap();
        }
        let name = format!("{number:07}");
        rustix::fs::linkat(&handle, "last", &handle, &name, AtFlags::empty()).unwrap();
        if (number + 1) % (NAMES / FILES) == 0 {
            fs::remove_file(root.join("last")).unwrap();
        }
    }
    let told = Told::of(&run(&root, &["--depth", "0"]).code(0));
    let top = told.top();
    assert_eq!((top.files, top.dirs), (NAMES as u64, 0));
    let own = 512 * fs::metadata(&root).unwrap().blocks();
    assert_eq!(top.disk, Interval::exactly(FILES as u64 * 4_096 + own));
    assert_eq!(top.freed, top.disk, "all names of every file lie here");
}
