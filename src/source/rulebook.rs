//! The rule files below a root: which there are, what they hold, who may change them.
//!
//! Below `/` owner and mode are evidence (cron passes over a table that others can write); in a
//! checkout or a mounted image they are not, and are left out. Below such a root no symbolic
//! link is followed out of it. Missing folders are as good as empty ones; what is there and
//! cannot be read is a [`Trouble`].

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use crate::entry::{RuleFile, Trouble};
use crate::time::Timestamp;

/// Files that hold rules.
const FILES: [&str; 3] = ["/etc/crontab", "/etc/anacrontab", "/etc/logrotate.conf"];

/// Folders whose files hold rules, and what the name of such a file ends in. `/lib` is most often
/// a link to `/usr/lib`, and then not read twice.
const FOLDERS: [(&str, &str); 18] = [
    ("/etc/cron.d", ""),
    ("/etc/cron.hourly", ""),
    ("/etc/cron.daily", ""),
    ("/etc/cron.weekly", ""),
    ("/etc/cron.monthly", ""),
    ("/etc/logrotate.d", ""),
    ("/etc/systemd/system", ".timer"),
    ("/run/systemd/system", ".timer"),
    ("/usr/local/lib/systemd/system", ".timer"),
    ("/usr/lib/systemd/system", ".timer"),
    ("/lib/systemd/system", ".timer"),
    ("/etc/tmpfiles.d", ".conf"),
    ("/run/tmpfiles.d", ".conf"),
    ("/usr/local/lib/tmpfiles.d", ".conf"),
    ("/usr/lib/tmpfiles.d", ".conf"),
    ("/lib/tmpfiles.d", ".conf"),
    ("/var/spool/cron/crontabs", ""),
    ("/var/spool/cron", ""),
];

/// Larger files hold no rules that anybody wrote.
const MAX_SIZE: u64 = 1 << 20;
/// Files of one folder, and links followed for one path.
const MAX_FILES: usize = 10_000;
const MAX_LINKS: usize = 40;

/// Reads the rule files below `root`, in the order of their paths.
///
/// ```
/// use jettison::source::rulebook;
///
/// let dir = tempfile::tempdir()?;
/// std::fs::create_dir_all(dir.path().join("etc/cron.d"))?;
/// std::fs::write(dir.path().join("etc/cron.d/market"), "# nothing yet\n")?;
/// let (files, troubles) = rulebook::read(dir.path());
/// assert_eq!(files[0].path, b"/etc/cron.d/market");
/// assert!(troubles.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn read(root: &Path) -> (Vec<RuleFile>, Vec<Trouble>) {
    let mut files = Vec::new();
    let mut troubles = Vec::new();
    for path in FILES {
        collect(root, Path::new(path), &mut files, &mut troubles);
    }
    let mut read = BTreeSet::new();
    for (folder, ending) in FOLDERS {
        let real = resolve(root, Path::new(folder)).ok().flatten();
        if real.is_some_and(|real| !read.insert(real)) {
            continue;
        }
        for path in listing(root, Path::new(folder), &mut troubles) {
            if path.as_os_str().as_bytes().ends_with(ending.as_bytes()) {
                collect(root, &path, &mut files, &mut troubles);
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    troubles.sort_by(|a, b| a.path.cmp(&b.path));
    (files, troubles)
}

/// Reads one file by its absolute path on the machine: a script that a rule calls. `None` when
/// it is not there, is no regular file, or cannot be read.
#[must_use]
pub fn load(root: &Path, path: &[u8]) -> Option<RuleFile> {
    one(root, Path::new(OsStr::from_bytes(path))).ok().flatten()
}

/// The names in a folder of the machine, sorted; none where it is not there or cannot be read.
#[must_use]
pub fn list(root: &Path, folder: &[u8]) -> Vec<Vec<u8>> {
    let folder = Path::new(OsStr::from_bytes(folder));
    let paths = listing(root, folder, &mut Vec::new());
    let names = paths.iter().filter_map(|path| path.file_name());
    names.map(|name| name.as_bytes().to_vec()).collect()
}

/// Whether something of that absolute path is there on the machine.
#[must_use]
pub fn is_there(root: &Path, path: &[u8]) -> bool {
    let path = Path::new(OsStr::from_bytes(path));
    is_link_to_null(root, path)
        || matches!(resolve(root, path), Ok(Some(real)) if fs::symlink_metadata(&real).is_ok())
}

/// A link to `/dev/null` is how a rule file is switched off: it counts as an empty one.
fn is_link_to_null(root: &Path, path: &Path) -> bool {
    fs::read_link(below(root, path)).is_ok_and(|target| target == Path::new("/dev/null"))
}

fn collect(root: &Path, path: &Path, files: &mut Vec<RuleFile>, troubles: &mut Vec<Trouble>) {
    match one(root, path) {
        Ok(Some(file)) => files.push(file),
        Ok(None) => {}
        Err(error) => troubles.push(trouble(root, path, &error)),
    }
}

fn trouble(root: &Path, path: &Path, error: &io::Error) -> Trouble {
    let code = match error.kind() {
        io::ErrorKind::PermissionDenied => "permission-denied",
        io::ErrorKind::FileTooLarge => "rule-too-large",
        _ => "rule-unreadable",
    };
    let cause = error.to_string();
    let cause = cause.split(" (os error").next().unwrap_or(&cause);
    Trouble {
        path: below(root, path).into_os_string().into_vec(),
        line: None,
        code,
        message: format!("the rule file could not be read: {}", cause.to_lowercase()),
    }
}

/// The paths of a folder's entries, sorted.
fn listing(root: &Path, folder: &Path, troubles: &mut Vec<Trouble>) -> Vec<PathBuf> {
    let names = || -> io::Result<Vec<PathBuf>> {
        let Some(real) = resolve(root, folder)? else {
            return Ok(Vec::new());
        };
        let mut paths = Vec::new();
        for entry in fs::read_dir(real)?.take(MAX_FILES) {
            paths.push(folder.join(entry?.file_name()));
        }
        paths.sort();
        Ok(paths)
    };
    match names() {
        Ok(paths) => paths,
        Err(error) if is_absent(&error) => Vec::new(),
        Err(error) => {
            troubles.push(trouble(root, folder, &error));
            Vec::new()
        }
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn one(root: &Path, path: &Path) -> io::Result<Option<RuleFile>> {
    if is_link_to_null(root, path) {
        return Ok(Some(RuleFile {
            path: path.as_os_str().as_bytes().to_vec(),
            read_from: below(root, path).into_os_string().into_vec(),
            contents: Vec::new(),
            mode: None,
            uid: None,
            mtime: None,
        }));
    }
    let real = match resolve(root, path) {
        Ok(Some(real)) => real,
        Ok(None) => return Ok(None),
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = match fs::metadata(&real) {
        Ok(metadata) if metadata.is_file() => metadata,
        Ok(_) => return Ok(None),
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut contents = Vec::new();
    fs::File::open(&real)?
        .take(MAX_SIZE + 1)
        .read_to_end(&mut contents)?;
    if contents.len() as u64 > MAX_SIZE {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is larger than 1 MiB",
        ));
    }
    let is_live = root == Path::new("/");
    Ok(Some(RuleFile {
        path: path.as_os_str().as_bytes().to_vec(),
        read_from: below(root, path).into_os_string().into_vec(),
        contents,
        mode: is_live.then(|| metadata.mode() & 0o7777),
        uid: is_live.then(|| metadata.uid()),
        mtime: Some(Timestamp(metadata.mtime())),
    }))
}

/// An absolute path of the machine as a path below the root.
fn below(root: &Path, path: &Path) -> PathBuf {
    let relative = path.strip_prefix("/").unwrap_or(path);
    root.join(relative)
}

/// Follows symbolic links as the machine would, with the root as its `/`: an absolute target
/// and any number of `..` stay below it. `None`: there is nothing of that name.
fn resolve(root: &Path, path: &Path) -> io::Result<Option<PathBuf>> {
    let mut todo: Vec<PathBuf> = parts(path);
    todo.reverse();
    let mut done: Vec<PathBuf> = Vec::new();
    let mut links = 0;
    while let Some(part) = todo.pop() {
        if part.as_os_str() == ".." {
            done.pop();
            continue;
        }
        let mut real = root.to_path_buf();
        real.extend(&done);
        real.push(&part);
        let metadata = match fs::symlink_metadata(&real) {
            Ok(metadata) => metadata,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        if !metadata.is_symlink() {
            done.push(part);
            continue;
        }
        links += 1;
        if links > MAX_LINKS {
            return Err(io::Error::other("too many symbolic links"));
        }
        let target = fs::read_link(&real)?;
        if target.is_absolute() {
            done.clear();
        }
        todo.extend(parts(&target).into_iter().rev());
    }
    let mut real = root.to_path_buf();
    real.extend(&done);
    Ok(Some(real))
}

fn parts(path: &Path) -> Vec<PathBuf> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(PathBuf::from(name)),
            Component::ParentDir => Some(PathBuf::from("..")),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn write(root: &Path, path: &str, contents: &[u8]) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    #[test]
    fn rule_files_are_found_below_a_root() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        write(root, "etc/crontab", b"# a\n");
        write(root, "etc/cron.d/b", b"\xff\n");
        write(root, "etc/cron.daily/c", b"");
        write(root, "var/spool/cron/crontabs/app", b"");
        write(root, "etc/passwd", b"");
        let (files, troubles) = read(root);
        let paths: Vec<_> = files
            .iter()
            .map(|file| String::from_utf8_lossy(&file.path).into_owned())
            .collect();
        assert_eq!(
            paths,
            [
                "/etc/cron.d/b",
                "/etc/cron.daily/c",
                "/etc/crontab",
                "/var/spool/cron/crontabs/app"
            ]
        );
        assert_eq!(files[0].contents, b"\xff\n");
        assert!(
            files
                .iter()
                .all(|file| file.mode.is_none() && file.uid.is_none())
        );
        assert_eq!(troubles, []);
    }

    #[test]
    fn an_empty_root_is_no_trouble() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()), (Vec::new(), Vec::new()));
    }

    #[test]
    fn links_stay_below_the_root() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("image");
        write(dir.path(), "outside", b"secret");
        write(&root, "outside", b"inside");
        write(&root, "opt/jobs/table", b"# linked\n");
        fs::create_dir_all(root.join("etc/cron.d")).unwrap();
        symlink("/outside", root.join("etc/cron.d/absolute")).unwrap();
        symlink("../../../../outside", root.join("etc/cron.d/upward")).unwrap();
        symlink("../../opt/jobs/table", root.join("etc/cron.d/within")).unwrap();
        symlink("loop", root.join("etc/cron.d/loop")).unwrap();
        symlink("nowhere", root.join("etc/cron.d/dangling")).unwrap();
        let (files, troubles) = read(&root);
        let contents: Vec<&[u8]> = files.iter().map(|file| file.contents.as_slice()).collect();
        assert_eq!(contents, [&b"inside"[..], b"inside", b"# linked\n"]);
        assert_eq!(troubles.len(), 1, "{troubles:?}");
        assert!(troubles[0].message.ends_with("too many symbolic links"));
    }

    #[test]
    fn only_units_and_tmpfiles_of_the_right_name_are_read_and_each_once() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        write(root, "usr/lib/systemd/system/a.timer", b"[Timer]\n");
        write(root, "usr/lib/systemd/system/a.service", b"[Service]\n");
        write(root, "usr/lib/tmpfiles.d/a.conf", b"# a\n");
        write(root, "usr/lib/tmpfiles.d/README", b"");
        symlink("usr/lib", root.join("lib")).unwrap();
        fs::create_dir_all(root.join("etc/tmpfiles.d")).unwrap();
        symlink("/dev/null", root.join("etc/tmpfiles.d/a.conf")).unwrap();
        let (files, troubles) = read(root);
        let paths: Vec<_> = files
            .iter()
            .map(|file| String::from_utf8_lossy(&file.path).into_owned())
            .collect();
        assert_eq!(
            paths,
            [
                "/etc/tmpfiles.d/a.conf",
                "/usr/lib/systemd/system/a.timer",
                "/usr/lib/tmpfiles.d/a.conf"
            ]
        );
        assert!(files[0].contents.is_empty());
        assert_eq!(troubles, []);
        assert_eq!(
            list(root, b"/usr/lib/tmpfiles.d"),
            [&b"README"[..], b"a.conf"]
        );
        assert!(is_there(root, b"/lib/tmpfiles.d/README"));
        assert!(is_there(root, b"/etc/tmpfiles.d/a.conf"));
        assert!(!is_there(root, b"/etc/tmpfiles.d/b.conf"));
    }

    #[test]
    fn an_enormous_file_is_a_trouble() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "etc/crontab", &vec![b'#'; (1 << 20) + 1]);
        let (files, troubles) = read(dir.path());
        assert_eq!(files, []);
        assert_eq!(troubles[0].code, "rule-too-large");
    }

    #[test]
    fn a_called_script_is_loaded() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "usr/local/bin/clean.sh", b"#!/bin/sh\n");
        let file = load(dir.path(), b"/usr/local/bin/clean.sh").unwrap();
        assert_eq!(file.contents, b"#!/bin/sh\n");
        assert_eq!(load(dir.path(), b"/usr/local/bin"), None);
        assert_eq!(load(dir.path(), b"/usr/local/bin/none"), None);
    }
}
