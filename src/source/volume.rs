//! The volume of a path: how much room its file system has, and where it is mounted.
//!
//! The figures are those of `statvfs`, in units of `f_frsize` (POSIX; `f_bsize` is only the size
//! to read and write in). *Used* is what is not free, *available* what everybody may still write,
//! *reserved* the difference that only privileged programs may fill. The mount is looked up in the
//! kernel's table by the mount id of the path, or by the longest mount point above it where the
//! kernel tells no id; of mounts stacked on one point the last, which hides the others, is meant.
//!
//! Limits: snapshots, thin pools and compression are not seen; statvfs does not know them. Nor does
//! it know quotas: see `source::quota`.

use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::entry::{Measured, Volume};
use crate::error::{Error, Result};
use crate::sys::{self, Room};

/// One line of the kernel's table of mounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Its number, as `statx` tells it of every file reached through it.
    pub id: u64,
    /// The number of the mount that it covers a part of.
    pub parent: u64,
    /// The device of its file system: major and minor number.
    pub device: (u32, u32),
    /// Which directory of its file system it shows.
    pub root: Vec<u8>,
    /// Where it is mounted.
    pub point: Vec<u8>,
    /// The type of its file system.
    pub fstype: String,
    /// What was mounted: a device's path, a server's name, or any word.
    pub source: Vec<u8>,
    /// The options of its file system.
    pub options: Vec<u8>,
}

/// The volume that holds `path`, asked of the kernel.
///
/// ```
/// use jettison::source::volume::volume_of;
///
/// let volume = volume_of(std::path::Path::new("."))?;
/// assert!(volume.available <= volume.size - volume.used);
/// # Ok::<(), jettison::error::Error>(())
/// ```
///
/// # Errors
/// When the path is missing or its file system does not answer.
pub fn volume_of(path: &Path) -> Result<Volume> {
    let failed = |cause: std::io::Error| {
        Error::source(format!("{}: no volume: {cause}", path.display()))
            .with_hint("name a path on the volume in question, or give its figures by --available")
    };
    let absolute = path.canonicalize().map_err(failed)?;
    let room = sys::room(&absolute).map_err(failed)?;
    Ok(volume(&room, mount_of(&absolute).as_ref()))
}

/// The mount that a path is reached through, its links resolved.
#[must_use]
pub fn mount_of(real: &Path) -> Option<Mount> {
    let mounts = parse_mounts(&sys::mount_table());
    let id = sys::stat_path(real).ok().and_then(|meta| meta.mount);
    find_mount(&mounts, id, real.as_os_str().as_encoded_bytes()).cloned()
}

/// Waits until the file system of `path` answers, with whatever it says: one whose server is gone
/// keeps who asks it anything for ever. Who asked for it is left behind in a thread.
///
/// ```
/// use std::time::Duration;
/// use jettison::source::volume::answers;
///
/// // It answers that there is no such file.
/// assert!(answers("missing".as_ref(), Duration::from_secs(60)).is_ok());
/// ```
///
/// # Errors
/// When there is no answer in time.
pub fn answers(path: &Path, patience: Duration) -> Result<()> {
    let (done, answer) = mpsc::channel();
    let asked = path.to_owned();
    let ask = move || {
        // What it says, others ask for again where they can tell what it means.
        let _either_way = (asked.metadata(), sys::room(&asked));
        let _too_late = done.send(());
    };
    // Where no thread can be had, the answer is waited for as long as it takes.
    let Ok(_asks) = thread::Builder::new().spawn(ask) else {
        return Ok(());
    };
    match answer.recv_timeout(patience) {
        Err(RecvTimeoutError::Timeout) => Err(Error::source(format!(
            "{}: no answer within {} s",
            path.display(),
            patience.as_secs()
        ))
        .with_hint("its server or its disk may be gone: ask the system's log, or wait longer with --patience")),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => Ok(()),
    }
}

/// Where anything is mounted now, ascending and each once; empty where the kernel does not say.
#[must_use]
pub fn mount_points() -> Vec<Vec<u8>> {
    let mounts = parse_mounts(&sys::mount_table());
    let mut points: Vec<_> = mounts.into_iter().map(|mount| mount.point).collect();
    points.sort_unstable();
    points.dedup();
    points
}

fn volume(room: &Room, mount: Option<&Mount>) -> Volume {
    let bytes = |blocks: u64| blocks.saturating_mul(room.unit);
    let counts_inodes = room.inodes > 0;
    Volume {
        mount: mount.map_or_else(|| b"/".to_vec(), |mount| mount.point.clone()),
        fstype: mount.map(|mount| mount.fstype.clone()),
        size: bytes(room.blocks),
        used: bytes(room.blocks.saturating_sub(room.free)),
        available: bytes(room.available),
        reserved: bytes(room.free.saturating_sub(room.available)),
        inodes: counts_inodes.then_some(room.inodes),
        inodes_available: counts_inodes.then_some(room.inodes_available),
        measured: Measured::Statvfs,
    }
}

/// The mount of that id, or else the one whose point lies nearest above the path.
fn find_mount<'a>(mounts: &'a [Mount], id: Option<u64>, path: &[u8]) -> Option<&'a Mount> {
    let above = |mount: &&Mount| {
        let rest = match mount.point.as_slice() {
            b"/" => Some(path),
            point => path.strip_prefix(point),
        };
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    };
    let by_id = mounts.iter().find(|mount| Some(mount.id) == id);
    by_id.or_else(|| {
        mounts
            .iter()
            .filter(above)
            .max_by_key(|mount| mount.point.len())
    })
}

/// Reads the kernel's table of mounts (proc(5), `/proc/pid/mountinfo`); a line that is not
/// understood is left out.
///
/// ```
/// use jettison::source::volume::parse_mounts;
///
/// let table = b"27 1 254:0 / /a\\040b rw,relatime shared:1 - ext4 /dev/vda rw\n";
/// assert_eq!(parse_mounts(table)[0].point, b"/a b");
/// ```
#[must_use]
pub fn parse_mounts(table: &[u8]) -> Vec<Mount> {
    table
        .split(|&b| b == b'\n')
        .filter_map(parse_mount)
        .collect()
}

fn parse_mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|&b| b == b' ');
    let id = number(fields.next()?)?;
    let parent = number(fields.next()?)?;
    let mut device = fields.next()?.splitn(2, |&b| b == b':');
    let device = (number(device.next()?)?, number(device.next()?)?);
    let root = unescape(fields.next()?);
    let point = unescape(fields.next()?);
    // Any number of optional fields stands between the options and a lone hyphen.
    fields.next()?;
    fields.find(|field| field == b"-")?;
    let fstype = String::from_utf8_lossy(&unescape(fields.next()?)).into_owned();
    Some(Mount {
        id,
        parent,
        device,
        root,
        point,
        fstype,
        source: unescape(fields.next().unwrap_or_default()),
        options: unescape(fields.next().unwrap_or_default()),
    })
}

fn number<N: std::str::FromStr>(field: &[u8]) -> Option<N> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// Decodes `\040` and its like: blank, tab, newline and backslash are written in octal.
pub(super) fn unescape(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, tail)) = rest.split_first() {
        let code = match tail {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] if first == b'\\' => {
                Some((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'))
            }
            _ => None,
        };
        plain.push(code.unwrap_or(first));
        rest = if code.is_some() { &tail[3..] } else { tail };
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TABLE: &[u8] = b"22 27 0:21 / /proc rw,relatime - proc proc rw\n\
        27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n\
        25 24 0:23 / /dev/shm rw shared:3 master:1 - tmpfs tmpfs rw\n\
        nonsense\n\
        40 27 8:1 /sub /mnt/a\\040b\\134c rw - xfs /dev/sda1 rw\n\
        30 25 0:27 / /dev/shm rw - ramfs none rw\n\
        31 25 0:28 / /mnt/a\\9\\12 rw - fuse.s\\040x none rw\n";

    #[test]
    fn the_table_is_read() {
        let mounts = parse_mounts(TABLE);
        let shown: Vec<_> = mounts
            .iter()
            .map(|m| (m.id, m.point.as_slice(), m.fstype.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (22, &b"/proc"[..], "proc"),
                (27, b"/", "ext4"),
                (25, b"/dev/shm", "tmpfs"),
                (40, b"/mnt/a b\\c", "xfs"),
                (30, b"/dev/shm", "ramfs"),
                (31, b"/mnt/a\\9\\12", "fuse.s x"),
            ]
        );
    }

    #[test]
    fn a_mount_is_told_from_its_neighbours() {
        let mounts = parse_mounts(TABLE);
        let bound = &mounts[3];
        assert_eq!((bound.parent, bound.device), (27, (8, 1)));
        assert_eq!(
            (&bound.root[..], &bound.options[..]),
            (&b"/sub"[..], &b"rw"[..])
        );
        assert_eq!(mounts[1].source, b"/dev/vda");
        assert_eq!(mounts[1].options, b"rw,discard");
        assert_eq!(parse_mounts(b"1 0 0:1 / / rw - tmpfs")[0].options, b"");
        assert_eq!(parse_mounts(b"1 0 nonsense / / rw - tmpfs none rw"), []);
    }

    #[test]
    fn a_mount_is_found() {
        let mounts = parse_mounts(TABLE);
        for (id, path, expected) in [
            (Some(25), "/dev/shm/x", 25),
            (None, "/dev/shm/x", 30),
            (None, "/dev/shm", 30),
            (None, "/dev/shmx", 27),
            (None, "/", 27),
            (None, "/mnt/a b\\c/d", 40),
            (Some(999), "/proc/1", 22),
        ] {
            let found = find_mount(&mounts, id, path.as_bytes());
            assert_eq!(found.map(|m| m.id), Some(expected), "{id:?} {path}");
        }
        assert_eq!(find_mount(&[], None, b"/"), None);
    }

    #[test]
    fn room_becomes_bytes() {
        let room = Room {
            unit: 4096,
            blocks: 100,
            free: 40,
            available: 30,
            inodes: 0,
            inodes_available: 7,
        };
        let found = volume(&room, None);
        assert_eq!(
            (found.size, found.used, found.available, found.reserved),
            (409_600, 245_760, 122_880, 40_960)
        );
        assert_eq!((found.inodes, found.inodes_available), (None, None));
        // A file system that contradicts itself, as a made-up one can, gives no nonsense.
        let odd = Room {
            free: 200,
            available: 300,
            blocks: u64::MAX,
            inodes: 9,
            ..room
        };
        let found = volume(&odd, None);
        assert_eq!((found.reserved, found.size), (0, u64::MAX));
        assert_eq!(found.inodes_available, Some(7));
    }

    #[test]
    fn the_volume_agrees_with_df() {
        let dir = tempfile::tempdir().unwrap();
        let found = volume_of(dir.path()).unwrap();
        let df = std::process::Command::new("df")
            .args(["-B1", "--output=target,fstype,size"])
            .arg(dir.path())
            .env("LC_ALL", "C")
            .output();
        let Some(df) = df.ok().filter(|df| df.status.success()) else {
            return skipped("no df that knows --output");
        };
        let text = String::from_utf8(df.stdout).unwrap();
        let fields: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(String::from_utf8_lossy(&found.mount), fields[0]);
        assert_eq!(found.fstype.as_deref(), Some(fields[1]));
        assert_eq!(found.size.to_string(), fields[2]);
        assert!(
            volume_of(&dir.path().join("missing"))
                .unwrap_err()
                .is_source()
        );
    }

    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    fn skipped(why: &str) {
        eprintln!("skipped: {why}");
    }

    proptest! {
        #[test]
        fn any_table_is_read(table: Vec<u8>) {
            let _mounts = parse_mounts(&table);
        }

        #[test]
        fn points_survive(point in proptest::collection::vec(1u8.., 0..20)) {
            let written: Vec<u8> = point
                .iter()
                .flat_map(|&b| match b {
                    b' ' | b'\t' | b'\n' | b'\\' => format!("\\{b:03o}").into_bytes(),
                    _ => vec![b],
                })
                .collect();
            prop_assert_eq!(unescape(&written), point);
        }
    }
}
