//! The trees that are searched, and what a disk tells beyond a tree.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use jettison::rules::coverage::{Owner, Stamped, Stamps};
use jettison::time::Timestamp;
use jettison::tree::{NodeId, Tree};

use super::super::{Draw, clock, rustix_euid};
use crate::dir::Dir;

const NAMES: [&[u8]; 17] = [
    b"a",
    b"a",
    b"b.csv",
    b"tick-1.csv",
    b".hid.csv",
    b"A.CSV",
    b"x y",
    b"[z]",
    b"keep",
    "é".as_bytes(),
    b"b",
    b"li\nne",
    b"raw\xff\xfe",
    b"quo'te\"",
    b"back\\slash",
    b"-dash",
    b"star*",
];

/// A tree below `base`: `top` is what is searched, `lnk` a link to it, `ref` a file of five days.
pub(super) struct Place {
    _dir: Dir,
    pub(super) base: PathBuf,
    pub(super) now: i64,
}

impl Place {
    pub(super) fn root(&self) -> String {
        format!("{}/top", self.base.display())
    }

    /// Some files, folders and links of many ages and sizes, a pipe among them.
    pub(super) fn build(draw: &mut Draw, now: i64) -> Self {
        let dir = Dir::new();
        let base = dir.folder("base");
        let top = dir.folder("base/top");
        let mut files = Vec::new();
        for index in 0..18 {
            let depth = 1 + draw.below(3);
            let mut path = top.clone();
            for _ in 0..depth {
                path.push(OsStr::from_bytes(NAMES[draw.below(NAMES.len())]));
            }
            let is_blocked = |above: &Path| {
                let kind = above.symlink_metadata().map(|m| m.file_type());
                kind.is_ok_and(|kind| !kind.is_dir())
            };
            if path.ancestors().skip(1).any(is_blocked) || path.symlink_metadata().is_ok() {
                continue;
            }
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match draw.below(8) {
                0 => fs::create_dir(&path).unwrap(),
                1 => symlink(draw.pick(&["nowhere", ".", "../top"]), &path).unwrap(),
                2 if index % 3 == 0 => pipe(&path),
                3 if !files.is_empty() => {
                    let other: &PathBuf = &files[draw.below(files.len())];
                    fs::hard_link(other, &path).unwrap();
                }
                _ => {
                    let size = [0, 1, 2, 512, 513, 1024, 5000, 1 << 20, (1 << 20) + 1];
                    fs::write(&path, vec![b'x'; size[draw.below(size.len())]]).unwrap();
                    own(draw, &path);
                    files.push(path);
                }
            }
        }
        symlink("top", base.join("lnk")).unwrap();
        fs::write(base.join("ref"), b"x").unwrap();
        age(&base.join("ref"), now - 5 * 86_400, now - 3 * 86_400);
        for path in &files {
            let ages = [
                draw.below(15 * 24) as i64 * 3600 + 1800,
                8 * 86_400 + 40,
                8 * 86_400 - 40,
                -7200,
            ];
            let mtime = now - ages[draw.below(4)];
            age(path, mtime, now - draw.below(15 * 24) as i64 * 3600 - 1800);
        }
        // Folders last: what is made in them makes them new.
        for folder in folders(&top) {
            if draw.chance(50) {
                let mtime = now - draw.below(15 * 24) as i64 * 3600 - 1800;
                age(&folder, mtime, mtime);
            }
        }
        // Who reads a folder first makes its access new; nobody after is to be the first.
        let _read = folders(&top);
        Self {
            _dir: dir,
            base,
            // What was made meanwhile lies in the past, as it does for who asks next.
            now: clock(),
        }
    }

    /// A path as a program prints it that was started in a folder, as the tree has it.
    pub(super) fn on_machine(&self, folder: &str, path: &[u8]) -> Vec<u8> {
        let path = self.base.join(folder).join(OsStr::from_bytes(path));
        let is_entered = path.as_os_str().as_bytes().ends_with(b"/") || path.ends_with(".");
        let real = match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) if !is_entered => parent.canonicalize().unwrap().join(name),
            _ => path.canonicalize().unwrap(),
        };
        real.into_os_string().into_vec()
    }
}

/// All folders below one, the deepest first.
fn folders(top: &Path) -> Vec<PathBuf> {
    let mut found = vec![top.to_path_buf()];
    let mut at = 0;
    while let Some(folder) = found.get(at).cloned() {
        at += 1;
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                found.push(entry.path());
            }
        }
    }
    found.reverse();
    found
}

fn pipe(path: &Path) {
    let status = Command::new("mkfifo").arg("--").arg(path).status().unwrap();
    assert!(status.success());
}

/// Another owner and mode, where the tests may give one.
fn own(draw: &mut Draw, path: &Path) {
    let mode = [0o644, 0o600, 0o755, 0o4755, 0o444, 0o666][draw.below(6)];
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    if rustix_euid() == 0 && draw.chance(50) {
        let id = [1, 65_534, 54_321][draw.below(3)];
        chown(path, Some(id), Some(id)).unwrap();
    }
}

fn age(path: &Path, mtime: i64, atime: i64) {
    let at = |seconds: i64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds as u64);
    let times = fs::FileTimes::new()
        .set_modified(at(mtime))
        .set_accessed(at(atime));
    fs::File::open(path).unwrap().set_times(times).unwrap();
}

/// The disk itself, asked for what a tree does not keep.
#[derive(Debug)]
pub(super) struct Disk;

impl Disk {
    fn metadata(tree: &Tree, node: NodeId) -> Option<fs::Metadata> {
        Path::new(OsStr::from_bytes(&tree.path(node)))
            .symlink_metadata()
            .ok()
    }
}

impl Stamps for Disk {
    fn of(&self, tree: &Tree, node: NodeId) -> Option<Stamped> {
        let metadata = Self::metadata(tree, node)?;
        Some(Stamped {
            accessed: Some(Timestamp(metadata.atime())),
            changed: Some(Timestamp(metadata.ctime())),
            born: None,
        })
    }

    fn owner(&self, tree: &Tree, node: NodeId, group: bool) -> Option<Owner> {
        let metadata = Self::metadata(tree, node)?;
        let (id, table) = if group {
            (metadata.gid(), "/etc/group")
        } else {
            (metadata.uid(), "/etc/passwd")
        };
        let table = fs::read_to_string(table).ok()?;
        let name = table.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)? == id.to_string()).then(|| name.as_bytes().to_vec())
        });
        Some(Owner { id, name })
    }

    fn real(&self, path: &[u8]) -> Option<Vec<u8>> {
        let real = Path::new(OsStr::from_bytes(path)).canonicalize().ok()?;
        Some(real.into_os_string().into_vec())
    }
}
