//! `df` against the tree on real file systems, made for the purpose: what lies where is known to
//! the byte, and nothing may be left unexplained.
//!
//! The file systems are mounted in a private namespace by a second stage of this same binary, so
//! that they are gone with it whatever happens. Only root can do that: for others the test says
//! that it skips, and with `JETTISON_TEST_ROOT=1` skipping is a failure.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use serde_json::{Value, json};

use crate::dir::{Dir, jettison};

const TEST: &str = "reconcile::nothing_is_left_unexplained";

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped(why: &str) {
    let must = std::env::var_os("JETTISON_TEST_ROOT").is_some_and(|value| value == "1");
    assert!(!must, "JETTISON_TEST_ROOT=1, and yet: {why}");
    eprintln!("skipped: {why}");
}

/// Runs a command to its end; says what it said if it failed.
fn run(program: &str, args: &[&str]) -> Result<(), String> {
    let path = "/usr/sbin:/sbin:/usr/bin:/bin";
    let output = Command::new(program).args(args).env("PATH", path).output();
    let output = output.map_err(|cause| format!("{program}: {cause}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{program} {}: {said}", args.join(" "))),
    }
}

#[test]
fn nothing_is_left_unexplained() {
    if let Some(stage) = std::env::var_os("JETTISON_RECONCILE_STAGE") {
        return second_stage(&PathBuf::from(stage));
    }
    if !rustix::process::geteuid().is_root() {
        return skipped("only root may mount");
    }
    let image = Dir::new();
    let made = run("mkfs.ext4", &["-V"]).and_then(|()| run("unshare", &["--mount", "true"]));
    if let Err(why) = made {
        return skipped(&why);
    }
    let output = Command::new("unshare")
        .args(["--mount", "--propagation", "private"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env("JETTISON_RECONCILE_STAGE", image.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if let Some((_, why)) = said.split_once("NO LOOP MOUNT: ") {
        return skipped(why);
    }
    assert!(output.status.success(), "{said}");
}

/// In the private namespace: every file system is made, filled, asked about and left.
fn second_stage(folder: &Path) {
    let at = folder.join("mount");
    fs::create_dir(&at).unwrap();
    let point = at.to_str().unwrap();
    let image = folder.join("image");
    let image = image.to_str().unwrap();
    run("mount", &["-t", "tmpfs", "none", point]).unwrap();
    fill_and_check(&at);
    run("umount", &[point]).unwrap();
    for options in [
        &["-b", "1024"][..],
        &["-b", "4096", "-O", "^has_journal"],
        &["-b", "1024", "-O", "^extents,^64bit"],
    ] {
        File::create(image).unwrap().set_len(64 << 20).unwrap();
        let mkfs = [&["-q", "-F"], options, &[image]].concat();
        run("mkfs.ext4", &mkfs).unwrap();
        if let Err(why) = run("mount", &["-o", "loop", image, point]) {
            return no_loop(&why);
        }
        fill_and_check(&at);
        run("umount", &[point]).unwrap();
    }
}

#[expect(clippy::print_stderr, reason = "told to the first stage")]
fn no_loop(why: &str) {
    eprintln!("NO LOOP MOUNT: {why}");
}

fn disk(path: &Path) -> u64 {
    fs::symlink_metadata(path).unwrap().blocks() * 512
}

/// A program whose file is gone: nobody has it open, it is only run and mapped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// A deleted file that only a loop device holds: its blocks, and the device.
struct Behind(u64, String);

impl Drop for Behind {
    fn drop(&mut self) {
        let _gone_already = run("losetup", &["-d", &self.1]);
    }
}

/// Puts a file behind a loop device and deletes it. What such a file takes is asked of ext4 only.
fn behind_loop(path: &Path) -> Option<Behind> {
    let mut stat = Command::new("stat");
    let stat = stat.args(["-f", "-c", "%T"]).arg(path.parent().unwrap());
    let on_ext4 = String::from_utf8(stat.output().unwrap().stdout).unwrap();
    if !on_ext4.starts_with("ext") {
        return None;
    }
    let mut file = File::create(path).unwrap();
    file.write_all(&[b'x'; 400_000]).unwrap();
    file.sync_all().unwrap();
    let found = Command::new("losetup")
        .args(["--find", "--show"])
        .arg(path)
        .env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin")
        .output()
        .unwrap();
    assert!(found.status.success(), "{found:?}");
    let device = String::from_utf8(found.stdout).unwrap().trim().to_owned();
    let behind = Behind(disk(path), device);
    fs::remove_file(path).unwrap();
    Some(behind)
}

/// A hard link, a file under a mount, one that is deleted and open, a running program whose file
/// is deleted, and on ext4 a deleted file behind a loop device.
fn fill_and_check(at: &Path) {
    let write = |name: &str, len: usize| {
        let path = at.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = File::create(&path).unwrap();
        file.write_all(&vec![b'x'; len]).unwrap();
        // What is allocated late must not be allocated while we look.
        file.sync_all().unwrap();
        path
    };
    let linked = write("tree/linked", 300_000);
    let hidden = write("covered/below/hidden", 700_000);
    fs::hard_link(&linked, at.join("tree/again")).unwrap();
    fs::hard_link(&linked, at.join("covered/third")).unwrap();
    let gone = write("tree/gone", 500_000);
    let dirs = ["covered", "covered/below"].map(|name| disk(&at.join(name)));
    let covered = disk(&hidden) + dirs.into_iter().sum::<u64>();
    let point = at.join("covered");
    run("mount", &["-t", "tmpfs", "none", point.to_str().unwrap()]).unwrap();
    fs::write(point.join("on-top"), vec![b'x'; 90_000]).unwrap();
    let held = File::open(&gone).unwrap();
    let program = at.join("tree/runs");
    fs::copy("/bin/sleep", &program).unwrap();
    File::open(&program).unwrap().sync_all().unwrap();
    let running = Running(Command::new(&program).arg("600").spawn().unwrap());
    let held_disk = disk(&gone) + disk(&program);
    for path in [&gone, &program] {
        fs::remove_file(path).unwrap();
    }
    let behind = behind_loop(&at.join("tree/behind"));
    check(
        at,
        covered,
        held_disk,
        behind.as_ref().map_or(0, |behind| behind.0),
        &gone,
    );
    drop((held, running, behind));
    run("umount", &[point.to_str().unwrap()]).unwrap();
}

fn check(at: &Path, covered: u64, held: u64, behind: u64, gone: &Path) {
    let args = ["scan", "--format", "json"].map(AsRef::as_ref);
    let scan = jettison(args.into_iter().chain([at.as_os_str()]))
        .code(0)
        .json();
    crate::schemas::check(&scan, "a whole mount");
    let sums = &scan["reconciliation"];
    let value = |key: &str| {
        sums[key]
            .as_u64()
            .unwrap_or_else(|| panic!("{key}: {sums:#}"))
    };
    assert_eq!(sums["unexplained"], 0, "{sums:#}");
    assert_eq!(sums["verdict"], "explained ≥ 99 %");
    assert_eq!(sums["hidden"], json!(covered), "{sums:#}");
    // In a container the program cannot know that it sees every process of the machine.
    let seen = [json!(held), json!({ "lo": held, "hi": null })];
    assert!(seen.contains(&sums["deleted_open"]), "{held} {sums:#}");
    assert_eq!(sums["kernel"], behind, "{sums:#}");
    assert_eq!(sums["deleted_open_files"], 2);
    assert_eq!(value("tree"), scan["root"]["disk"].as_u64().unwrap());
    let known = value("tree") + held + value("kernel") + covered + value("metadata");
    assert_eq!(known, value("used"));
    assert_eq!(value("used"), scan["volume"]["used"].as_u64().unwrap());
    let largest = sums["deleted_open_largest"].as_array().unwrap();
    let disks: u64 = largest
        .iter()
        .map(|held| held["disk"].as_u64().unwrap())
        .sum();
    assert_eq!(disks, held);
    assert_eq!(largest[0]["path"], gone.to_str().unwrap());
    assert_eq!(largest[0]["pid"], std::process::id());
    assert_eq!(largest[1]["command"], "runs");
    let text = jettison(["scan".as_ref(), at.as_os_str()]).code(0).text();
    assert!(
        text.contains("used in") && text.contains("explained ≥ 99 %"),
        "{text}"
    );
    assert!(text.contains(gone.to_str().unwrap()), "{text}");
    for partial in [&["--exclude", "again"][..], &["--cross-file-systems"]] {
        let args = ["scan", "--format", "json"]
            .into_iter()
            .chain(partial.iter().copied());
        let args = args.map(AsRef::as_ref).chain([at.as_os_str()]);
        assert_eq!(jettison(args).code(0).json()["reconciliation"], Value::Null);
    }
    let tree = at.join("tree");
    let below = jettison(
        ["scan", "--format", "json"]
            .map(AsRef::as_ref)
            .into_iter()
            .chain([tree.as_os_str()]),
    );
    assert_eq!(below.code(0).json()["reconciliation"], Value::Null);
}
