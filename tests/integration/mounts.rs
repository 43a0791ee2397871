//! Where one file system ends and another begins: what a scan stays on, what it shows of the
//! rest, and that inodes of two devices are never taken for one.
//!
//! Every test mounts what it needs where nobody else sees it, and starts this binary again for it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use jettison::bytes::Interval;

use crate::dir::jettison;
use crate::stage::{Lacks, among_own_mounts, du_of, has_tool, mount, skipped, try_mount};
use crate::told::{Told, assert_true, facts, run, scan, truth};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn folder(root: &Path, name: &str) -> std::path::PathBuf {
    let path = root.join(name);
    fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn inodes_of_two_devices_are_two() {
    among_own_mounts("mounts::inodes_of_two_devices_are_two", |root| {
        let inode = ["one", "two"].map(|name| {
            let at = folder(root, name);
            mount(&["-t", "tmpfs", "none"], &at);
            fs::write(at.join("a"), [1; 9_000]).unwrap();
            fs::hard_link(at.join("a"), at.join("b")).unwrap();
            let meta = fs::metadata(at.join("a")).unwrap();
            (meta.ino(), meta.nlink())
        });
        assert_eq!(
            inode[0], inode[1],
            "two file systems number their inodes alike"
        );
        let facts = facts(root);
        for walker in ["linux", "portable"] {
            let told = scan(root, &["--cross-file-systems", "--walker", walker]);
            assert_true(&told, &truth(&facts), walker);
            assert_eq!(told.at("one").freed, told.at("two").freed);
            assert!(told.top().freed.lo >= 2 * 9_000);
        }
    });
}

/// What lies on another mount is shown as such and counts nothing, and the answer is complete.
fn assert_not_counted(told: &Told, name: &str, kind: &str) {
    let node = told.at(name);
    assert_eq!(node.kind, kind, "{name}");
    assert_eq!(
        (node.disk, node.freed),
        (Interval::ZERO, Interval::ZERO),
        "{name}"
    );
}

#[test]
fn a_bind_mount_is_all_that_du_counts_besides() {
    among_own_mounts(
        "mounts::a_bind_mount_is_all_that_du_counts_besides",
        |base| {
            let (root, elsewhere) = (folder(base, "root"), folder(base, "elsewhere/sub"));
            fs::write(root.join("file"), [1; 30_000]).unwrap();
            fs::write(elsewhere.join("shown"), [1; 70_000]).unwrap();
            let bound = folder(&root, "in/bound");
            mount(&["--bind", text(&elsewhere)], &bound);
            let memory = folder(&root, "in/memory");
            mount(&["-t", "tmpfs", "none"], &memory);
            fs::write(memory.join("file"), [1; 50_000]).unwrap();
            for walker in ["linux", "portable"] {
                let told = scan(&root, &["--walker", walker]);
                assert_not_counted(&told, "in/bound", "other-fs");
                assert_not_counted(&told, "in/memory", "other-fs");
                let (Some(whole), Some(besides)) = (du_of(&root, &[]), du_of(&bound, &[])) else {
                    return;
                };
                assert!(besides >= 70_000);
                assert_eq!(
                    told.top().disk,
                    Interval::exactly(whole - besides),
                    "{walker}"
                );
            }
        },
    );
}

#[test]
fn without_the_table_of_mounts_the_kernels_own_are_known() {
    among_own_mounts(
        "mounts::without_the_table_of_mounts_the_kernels_own_are_known",
        |root| {
            fs::write(root.join("file"), [1; 30_000]).unwrap();
            mount(&["--rbind", "/proc"], &folder(root, "kernel"));
            // In a jail that shows no /proc, the number of a file system has to do for its name.
            let hides = folder(root, "hides");
            mount(&["--bind", text(&hides)], Path::new("/proc"));
            let told = scan(root, &["--cross-file-systems"]);
            assert_not_counted(&told, "kernel", "kernel-fs");
            assert_eq!(told.at("file").kind, "file");
        },
    );
}

#[test]
fn an_overlay_is_one_file_system() {
    among_own_mounts("mounts::an_overlay_is_one_file_system", |base| {
        for layer in ["lower", "upper", "work", "root/merged"] {
            folder(base, layer);
        }
        let lower = folder(base, "lower/dir");
        fs::write(lower.join("a"), [1; 9_000]).unwrap();
        fs::hard_link(lower.join("a"), lower.join("b")).unwrap();
        fs::write(lower.join("copied-up"), [1; 5_000]).unwrap();
        fs::write(base.join("upper/new"), [1; 7_000]).unwrap();
        let merged = base.join("root/merged");
        let layers = ["lower", "upper", "work"]
            .map(|layer| format!("{layer}dir={}", text(&base.join(layer))));
        if let Err(why) = try_mount(&["-t", "overlay", "none", "-o", &layers.join(",")], &merged) {
            return skipped(Lacks::Kernel, &format!("no overlay: {why}"));
        }
        fs::write(merged.join("dir/copied-up"), [2; 12_000]).unwrap();
        let told = scan(&base.join("root"), &[]);
        assert_not_counted(&told, "merged", "other-fs");
        // The files of a lower layer have other device numbers than the directories around them.
        for walker in ["linux", "portable"] {
            let told = scan(&merged, &["--walker", walker]);
            assert_true(&told, &truth(&facts(&merged)), walker);
        }
    });
}

/// A file system of that kind on a disk that is a file in memory; `None`: not here.
fn on_a_loop(base: &Path, tool: &str, at: &Path) -> Option<()> {
    let image = base.join("image");
    fs::File::create(&image)
        .unwrap()
        .set_len(160 << 20)
        .unwrap();
    if !has_tool(tool) && !Path::new("/usr/sbin").join(tool).exists() {
        skipped(Lacks::Tool, &format!("no {tool}"));
        return None;
    }
    let path = format!("{}:/usr/sbin:/sbin", std::env::var_os("PATH")?.display());
    let made = Command::new(tool)
        .arg("-q")
        .arg(&image)
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    if let Err(why) = try_mount(&["-o", "loop", text(&image)], at) {
        let lacks = match why.contains("unknown filesystem type") {
            true => Lacks::Kernel,
            false => Lacks::Root,
        };
        skipped(lacks, &format!("not mounted: {why}"));
        return None;
    }
    Some(())
}

#[test]
fn a_subvolume_is_inside() {
    among_own_mounts("mounts::a_subvolume_is_inside", |base| {
        let root = folder(base, "root");
        if on_a_loop(base, "mkfs.btrfs", &root).is_none() {
            return;
        }
        for name in ["one", "two"] {
            let btrfs = Command::new("btrfs")
                .args(["subvolume", "create"])
                .arg(root.join(name))
                .output();
            if !btrfs.is_ok_and(|done| done.status.success()) {
                return skipped(Lacks::Tool, "no btrfs to make a subvolume with");
            }
            // Every subvolume numbers its inodes from 256 on.
            fs::write(root.join(name).join("a"), [1; 90_000]).unwrap();
            fs::hard_link(root.join(name).join("a"), root.join(name).join("b")).unwrap();
        }
        rustix::fs::sync();
        let ino = |name: &str| fs::metadata(root.join(name)).unwrap().ino();
        assert_eq!(ino("one/a"), ino("two/a"));
        let facts = facts(&root);
        for walker in ["linux", "portable"] {
            assert_true(&scan(&root, &["--walker", walker]), &truth(&facts), walker);
        }
    });
}

/// A file system whose server never answers: whoever asks it anything waits for ever.
fn mount_that_hangs(at: &Path) -> Result<fs::File, String> {
    let dev = fs::File::options().read(true).write(true).open("/dev/fuse");
    let dev = dev.map_err(|cause| format!("/dev/fuse: {cause}"))?;
    let done = Command::new("mount")
        .args(["-i", "-t", "fuse", "-o"])
        .args(["fd=0,rootmode=40000,user_id=0,group_id=0", "none"])
        .arg(at)
        .stdin(dev.try_clone().unwrap())
        .output()
        .unwrap();
    if done.status.success() {
        // While this is open, the kernel waits for an answer.
        Ok(dev)
    } else {
        Err(String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

#[test]
fn a_mount_that_hangs_is_passed_by() {
    among_own_mounts("mounts::a_mount_that_hangs_is_passed_by", |root| {
        fs::write(root.join("file"), [1; 30_000]).unwrap();
        fs::write(folder(root, "dir").join("file"), [1; 30_000]).unwrap();
        let server = match mount_that_hangs(&folder(root, "dir/hangs")) {
            Ok(server) => server,
            Err(why) => return skipped(Lacks::Kernel, &format!("no fuse: {why}")),
        };
        let mut asks = Command::new("timeout");
        asks.args(["-s", "KILL", "0.3", "ls"])
            .arg(root.join("dir/hangs"));
        assert!(!asks.output().unwrap().status.success(), "it does hang");
        for walker in ["linux", "portable"] {
            let told = scan(root, &["--walker", walker]);
            assert_not_counted(&told, "dir/hangs", "other-fs");
            assert_eq!((told.top().files, told.top().dirs), (2, 1));
        }
        drop(server);
    });
}

#[test]
fn a_mount_that_hangs_is_given_up() {
    among_own_mounts("mounts::a_mount_that_hangs_is_given_up", |root| {
        for number in 0..40 {
            fs::write(
                folder(root, &format!("dir/{number}")).join("file"),
                [1; 30_000],
            )
            .unwrap();
        }
        let server = match mount_that_hangs(&folder(root, "dir/hangs")) {
            Ok(server) => server,
            Err(why) => return skipped(Lacks::Kernel, &format!("no fuse: {why}")),
        };
        for threads in ["1", "2"] {
            let args = [
                "--cross-file-systems",
                "--patience",
                "1s",
                "--threads",
                threads,
            ];
            let run = run(root, &args).code(3);
            let told = Told::of(&run);
            let hangs = root.join("dir/hangs").into_os_string().into_encoded_bytes();
            let expected = [(hangs, "no-answer".to_owned())];
            assert_eq!(told.troubles, expected, "{}", run.story());
            assert_eq!(told.at("dir/hangs").kind, "unread");
            // One thread is lost, and others read everything else.
            assert_eq!((told.top().files, told.top().dirs), (40, 42));
            assert_eq!(told.top().disk.hi, None);
        }
        drop(server);
    });
}

#[test]
fn a_source_that_hangs_is_given_up() {
    among_own_mounts("mounts::a_source_that_hangs_is_given_up", |root| {
        let hangs = folder(root, "hangs");
        let server = match mount_that_hangs(&hangs) {
            Ok(server) => server,
            Err(why) => return skipped(Lacks::Kernel, &format!("no fuse: {why}")),
        };
        let mut commands = vec![vec!["scan"], vec!["report"], vec!["audit"], vec!["export"]];
        commands.push(vec!["check", "--need", "1GiB"]);
        commands.push(vec!["plan", "--free", "1GiB"]);
        for mut args in commands {
            args.extend(["--patience", "1s", text(&hangs)]);
            let run = jettison(&args).code(3);
            assert!(run.stdout.is_empty(), "{}", run.story());
            assert!(
                run.stderr.contains("hangs: no answer within 1 s"),
                "{}",
                run.story()
            );
        }
        // Another volume that hangs leaves the answer open, and those that answer are told.
        let also = ["check", text(root), "--need", "1", "--path", text(&hangs)];
        let run = jettison(also).code(3);
        assert!(
            run.text().contains("no answer within 10 s"),
            "{}",
            run.story()
        );
        drop(server);
    });
}

#[test]
fn what_two_mounts_show_is_not_freed_twice() {
    among_own_mounts("mounts::what_two_mounts_show_is_not_freed_twice", |base| {
        let root = folder(base, "root");
        let (real, outside) = (folder(&root, "real"), folder(base, "outside"));
        fs::write(real.join("alone"), [1; 40_000]).unwrap();
        fs::write(real.join("linked"), [1; 80_000]).unwrap();
        // Both names that the scan sees are the same one; the other stays whatever is deleted.
        fs::hard_link(real.join("linked"), outside.join("linked")).unwrap();
        mount(&["--bind", text(&real)], &folder(&root, "bound"));
        let there = fs::metadata(real.join("alone")).unwrap().blocks() * 512;
        let run = run(&root, &["--cross-file-systems"]).code(0);
        let told = Told::of(&run);
        assert!(told.top().freed.lo <= there, "{}", run.story());
        assert_eq!(told.at("real").freed.lo, there);
        // A mount point cannot be deleted, and what it shows has its own place.
        assert_eq!(told.at("bound").freed.lo, 0);
        assert_eq!(told.at(OsStr::new("real/linked")).freed.lo, 0);
    });
}
