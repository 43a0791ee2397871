//! Files without a name that some process holds: open, mapped, as its program or its directory.
//!
//! Each link in `/proc/*/fd`, and `cwd`, `root` and `exe`, is asked what it leads to; of the
//! mappings, the lines of `/proc/*/maps` that end in ` (deleted)`, as a file may stay mapped after
//! it was closed. An inode counts once, however many hold it. What is kept is bounded: the largest
//! files by name, of the others only that they were counted.
//!
//! Limits: threads with open files of their own (`unshare(CLONE_FILES)`) are not told apart.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::reconcile::{Held, Part};
use crate::sys::{self, Fault};

use super::{DELETED, Ground, part};

/// How many files are kept by name.
const MOST_NAMED: usize = 32;
/// How many files are told apart.
const MOST_INODES: usize = 1 << 20;
/// How much of a process's mappings is read.
const MOST_MAPS: u64 = 64 << 20;
/// The number of the first pid namespace's inode (`PROC_PID_INIT_INO`): whoever is in it sees
/// every process of the machine.
const WHOLE_MACHINE: &[u8] = b"pid:[4026531836]";

/// What the processes hold.
#[derive(Debug, Default)]
pub(super) struct Found {
    inodes: BTreeSet<(u64, u64)>,
    disk: u64,
    named: Vec<Named>,
    /// Processes that could not be looked into.
    pub(super) closed: u64,
    /// Why there may be more.
    doubt: Option<String>,
    /// Whether a file without a name is mapped whose size this user may not ask.
    unmeasured_mappings: bool,
}

#[derive(Debug)]
struct Named {
    inode: (u64, u64),
    last_pid: u32,
    held: Held,
}

/// Asks every process.
pub(super) fn look(ground: &Ground) -> Found {
    let proc = Path::new("/proc");
    let mut found = Found::default();
    let pids = pids(proc);
    for &pid in &pids {
        found.process(ground, pid, &proc.join(pid.to_string()));
    }
    let namespace = fs::read_link(proc.join("self/ns/pid"));
    let whole = namespace.is_ok_and(|n| n.as_os_str().as_bytes() == WHOLE_MACHINE);
    if found.closed > 0 {
        let n = found.closed;
        let processes = if n == 1 { "process" } else { "processes" };
        found.doubt = Some(format!("{n} {processes} could not be looked into"));
    } else if !whole || !pids.contains(&1) {
        found.doubt = Some("not all processes of the machine can be seen from here".to_owned());
    } else if found.unmeasured_mappings {
        found.doubt = Some("only root may ask how large a mapped file is".to_owned());
    }
    found
}

fn pids(proc: &Path) -> Vec<u32> {
    let Ok(entries) = fs::read_dir(proc) else {
        return Vec::new();
    };
    let number = |entry: io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse().ok();
    let mut pids: Vec<u32> = entries.filter_map(number).collect();
    pids.sort_unstable();
    pids
}

impl Found {
    /// Whether a process holds the inode.
    pub(super) fn holds(&self, dev: u64, ino: u64) -> bool {
        self.inodes.contains(&(dev, ino))
    }

    /// How many files were seen.
    pub(super) fn files(&self) -> u64 {
        self.inodes.len() as u64
    }

    pub(super) fn part(&self) -> Part {
        let many = (self.inodes.len() >= MOST_INODES)
            .then(|| "more files than can be told apart".to_owned());
        part(self.disk, many.or_else(|| self.doubt.clone()))
    }

    /// The largest files, largest first.
    pub(super) fn largest(self) -> Vec<Held> {
        let mut held: Vec<Held> = self.named.into_iter().map(|named| named.held).collect();
        held.sort_by(|a, b| (b.disk, &a.path, a.pid).cmp(&(a.disk, &b.path, b.pid)));
        held
    }

    fn process(&mut self, ground: &Ground, pid: u32, folder: &Path) {
        match fs::read_dir(folder.join("fd")) {
            Ok(links) => {
                for link in links.flatten() {
                    // What was closed in between is not held.
                    let _closed = self.link(ground, pid, folder, &link.path());
                }
            }
            Err(cause) => {
                let denied = Fault::of(&cause) == Fault::Denied;
                self.closed += u64::from(denied && may_hold_files(folder));
                return;
            }
        }
        for name in ["cwd", "root", "exe"] {
            // A thread of the kernel has no program.
            let _none = self.link(ground, pid, folder, &folder.join(name));
        }
        for range in deleted_mappings(folder, ground.mount.device) {
            let link = folder.join("map_files").join(range);
            if self.link(ground, pid, folder, &link) == Err(Fault::Denied) {
                self.unmeasured_mappings = true;
            }
        }
    }

    /// Adds what a magic link leads to, if it has no name and lies on this file system.
    fn link(&mut self, ground: &Ground, pid: u32, folder: &Path, link: &Path) -> Result<(), Fault> {
        let held = sys::unseen::stat_held(link).map_err(|cause| Fault::of(&cause))?;
        let full = self.inodes.len() >= MOST_INODES;
        if held.nlink > 0 || full || !ground.owns(held.dev, held.mount) {
            return Ok(());
        }
        let inode = (held.dev, held.ino);
        if self.inodes.insert(inode) {
            self.disk = self.disk.saturating_add(held.disk);
            self.name(inode, held.disk, pid, folder, link);
        } else {
            let named = self.named.iter_mut().find(|named| named.inode == inode);
            if let Some(named) = named.filter(|named| named.last_pid != pid) {
                named.last_pid = pid;
                named.held.holders += 1;
            }
        }
        Ok(())
    }

    /// Keeps a file by name if it is one of the largest.
    fn name(&mut self, inode: (u64, u64), disk: u64, pid: u32, folder: &Path, link: &Path) {
        if self.named.len() >= MOST_NAMED {
            let smallest = (0..self.named.len()).min_by_key(|&at| self.named[at].held.disk);
            match smallest {
                Some(at) if self.named[at].held.disk < disk => drop(self.named.swap_remove(at)),
                _ => return,
            }
        }
        let path = fs::read_link(link).unwrap_or_default();
        let path = path.as_os_str().as_bytes();
        let mut command = fs::read(folder.join("comm")).unwrap_or_default();
        command.pop_if(|last| *last == b'\n');
        let groups = fs::read(folder.join("cgroup")).unwrap_or_default();
        let held = Held {
            path: path.strip_suffix(DELETED).unwrap_or(path).to_vec(),
            disk,
            pid,
            command,
            unit: unit(&groups),
            holders: 1,
        };
        self.named.push(Named {
            inode,
            last_pid: pid,
            held,
        });
    }
}

/// Whether a process that may not be looked into can hold a file at all: a thread of the kernel or
/// a process that has ended holds none (proc(5), `/proc/pid/stat`).
fn may_hold_files(folder: &Path) -> bool {
    const KERNEL_THREAD: u32 = 0x0020_0000;
    let Ok(stat) = fs::read(folder.join("stat")) else {
        // It is gone.
        return false;
    };
    // The name stands in brackets and may hold anything.
    let Some(end) = stat.iter().rposition(|&b| b == b')') else {
        return true;
    };
    let mut fields = stat[end + 1..].split(|&b| b == b' ').skip(1);
    let ended = fields.next() == Some(b"Z");
    let flags = fields
        .nth(5)
        .and_then(|f| std::str::from_utf8(f).ok()?.parse::<u32>().ok());
    !ended && flags.is_none_or(|flags| flags & KERNEL_THREAD == 0)
}

/// The mappings of files without a name on that device, as `map_files` calls them; one for each
/// file.
fn deleted_mappings(folder: &Path, (major, minor): (u32, u32)) -> Vec<PathBuf> {
    let mut maps = Vec::new();
    if let Ok(file) = fs::File::open(folder.join("maps")) {
        // What could be read of them before the process ended is as good as all.
        let _ended = file.take(MOST_MAPS).read_to_end(&mut maps);
    }
    let device = format!("{major:02x}:{minor:02x}");
    let mut seen = BTreeSet::new();
    let lines = maps
        .split(|&b| b == b'\n')
        .filter(|line| line.ends_with(DELETED));
    let ranges = lines.filter_map(|line| {
        let mut fields = line.split(|&b| b == b' ');
        let range = std::str::from_utf8(fields.next()?).ok()?;
        let here = fields.nth(2)? == device.as_bytes();
        let inode = fields.next()?;
        let plain = |address: &str| {
            let number = u64::from_str_radix(address, 16).ok()?;
            Some(format!("{number:x}"))
        };
        let (from, to) = range.split_once('-')?;
        let name = format!("{}-{}", plain(from)?, plain(to)?);
        (here && seen.insert(inode)).then(|| PathBuf::from(name))
    });
    ranges.collect()
}

/// The systemd unit in a process's control groups: the last folder that is called like one.
fn unit(groups: &[u8]) -> Option<Vec<u8>> {
    let is_unit = |name: &&[u8]| name.ends_with(b".service") || name.ends_with(b".scope");
    groups.split(|&b| b == b'\n').find_map(|line| {
        let mut fields = line.splitn(3, |&b| b == b':').skip(1);
        let of_systemd = matches!(fields.next()?, b"" | b"name=systemd");
        let mut names = fields.next()?.split(|&b| b == b'/');
        let unit = names.rfind(is_unit)?;
        of_systemd.then(|| unit.to_vec())
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::MetadataExt as _;

    use super::*;
    use crate::source::volume::{parse_mounts, volume_of};

    #[test]
    fn units_are_found_in_either_hierarchy() {
        for (groups, found) in [
            ("0::/system.slice/nginx.service\n", Some("nginx.service")),
            ("0::/system.slice/a.service/worker\n", Some("a.service")),
            (
                "12:cpu:/x.service\n1:name=systemd:/user.slice/user-1.slice/s-3.scope\n0::/\n",
                Some("s-3.scope"),
            ),
            (
                "0::/user.slice/user@1.service/app.slice/b.service\n",
                Some("b.service"),
            ),
            ("0::/init\n", None),
            ("0::/a:b.service", Some("a:b.service")),
            ("nonsense", None),
            ("", None),
        ] {
            let found = found.map(|name| name.as_bytes().to_vec());
            assert_eq!(unit(groups.as_bytes()), found, "{groups:?}");
        }
    }

    #[test]
    fn mappings_are_found_by_file() {
        let temp = tempfile::tempdir().unwrap();
        let maps = "00400000-00452000 r-xp 00000000 fd:01 173 /usr/bin/x (deleted)\n\
            00651000-00652000 r--p 00051000 fd:01 173 /usr/bin/x (deleted)\n\
            7f0000000000-7f0000001000 rw-s 00000000 fd:01 99 /a b (deleted)\n\
            7f0000001000-7f0000002000 rw-s 00000000 00:01 99 /memfd:x (deleted)\n\
            7f0000002000-7f0000003000 rw-s 00000000 fd:01 98 /a\n\
            nonsense (deleted)\n";
        fs::write(temp.path().join("maps"), maps).unwrap();
        let found = deleted_mappings(temp.path(), (0xfd, 1));
        let expected = ["400000-452000", "7f0000000000-7f0000001000"];
        assert_eq!(found, expected.map(PathBuf::from));
        assert!(deleted_mappings(Path::new("/nowhere"), (0, 0)).is_empty());
    }

    #[test]
    fn threads_of_the_kernel_hold_nothing() {
        let temp = tempfile::tempdir().unwrap();
        for (stat, may) in [
            ("812 (a) b) S 1 812 812 0 -1 4194304 0 0", true),
            ("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0", false),
            ("9 (gone) Z 1 9 9 0 -1 4194304 0 0", false),
            ("nonsense", true),
            ("1 (cut) S", true),
        ] {
            fs::write(temp.path().join("stat"), stat).unwrap();
            assert_eq!(may_hold_files(temp.path()), may, "{stat}");
        }
        assert!(!may_hold_files(Path::new("/nowhere")));
    }

    /// The file system that holds the directory for temporary files, whatever part of it.
    fn ground(path: &Path) -> Ground {
        let mounts = parse_mounts(&sys::mount_table());
        let volume = volume_of(path).unwrap();
        let mount = mounts
            .into_iter()
            .rfind(|m| m.point == volume.mount)
            .unwrap();
        Ground {
            root: path.to_owned(),
            devices: [fs::metadata(path).unwrap().dev(); 2],
            mount,
            on_top: Vec::new(),
            used_before: 0,
        }
    }

    #[test]
    fn what_this_process_holds_is_found_once() {
        let temp = tempfile::tempdir().unwrap();
        let ground = ground(temp.path());
        let before = look(&ground);
        let path = temp.path().join("a \u{1b}[31mname");
        let mut file = fs::File::create(&path).unwrap();
        file.write_all(&vec![7; 300_000]).unwrap();
        let again = file.try_clone().unwrap();
        fs::File::create(temp.path().join("kept")).unwrap();
        let meta = file.metadata().unwrap();
        fs::remove_file(&path).unwrap();
        let mut found = Found::default();
        let pid = std::process::id();
        found.process(&ground, pid, &Path::new("/proc").join(pid.to_string()));
        assert!(found.holds(meta.dev(), meta.ino()) && !before.holds(meta.dev(), meta.ino()));
        let largest = found.largest();
        let held = largest
            .iter()
            .find(|h| h.path == path.as_os_str().as_bytes())
            .unwrap();
        assert_eq!((held.disk, held.pid), (meta.blocks() * 512, pid));
        assert_eq!(held.holders, 1, "however many handles one process has");
        assert!(!held.command.is_empty());
        drop((file, again));
    }

    #[test]
    fn the_largest_are_kept_by_name() {
        let mut found = Found::default();
        for n in 0..100u64 {
            let disk = (n * 37) % 100;
            found.name(
                (1, n),
                disk,
                1,
                Path::new("/nowhere"),
                Path::new("/nowhere"),
            );
        }
        let kept: Vec<u64> = found.largest().into_iter().map(|held| held.disk).collect();
        let expected: Vec<u64> = (68..100).rev().collect();
        assert_eq!(kept, expected);
    }
}
