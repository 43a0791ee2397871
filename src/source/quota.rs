//! What quotas leave to whoever asks, which `statvfs` does not tell: the limits of the user and
//! the group on the volume, and of a btrfs subvolume.
//!
//! The limit that may be exceeded for a while counts as much as the one that may not, as in what
//! ext4 and XFS tell of a project: an update that is to stay must fit below both.
//!
//! Limits: a project's quota is in the file system's own figures already. Of btrfs' groups the
//! subvolume's own is read, not those that it is a member of. Quotas of network file systems
//! (`rquotad`) are not asked for.

use std::path::Path;

/// What a quota leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Whose it is, in words: `user 1000`.
    pub whose: String,
    /// Which files count towards it.
    pub counts: Counts,
    /// The bytes that are left, where they are limited.
    pub bytes: Option<u64>,
    /// The inodes that are left, where they are limited.
    pub inodes: Option<u64>,
}

/// Which files count towards a quota: only deleting one of these gives anything back to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Those of a user.
    User(u32),
    /// Those of a group.
    Group(u32),
    /// Those of a subvolume, which has a device number of its own.
    Device(u64),
}

/// Every limit that holds for this process on the volume of `path`; none where nobody keeps any.
///
/// ```
/// use jettison::source::quota::quotas_of;
///
/// assert!(quotas_of("/proc".as_ref()).is_empty());
/// ```
#[must_use]
pub fn quotas_of(path: &Path) -> Vec<Quota> {
    #[cfg(target_os = "linux")]
    return linux::quotas_of(path);
    #[cfg(not(target_os = "linux"))]
    Vec::new()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Path, PathBuf};

    use crate::source::volume::{Mount, mount_of};
    use crate::sys::quota::{self, Limits, Whose};

    use super::{Counts, Quota};

    pub(super) fn quotas_of(path: &Path) -> Vec<Quota> {
        let Ok(real) = path.canonicalize() else {
            return Vec::new();
        };
        let Some(mount) = mount_of(&real) else {
            return Vec::new();
        };
        let (user, group) = quota::acting();
        let asked = [
            (
                Whose::User(user),
                format!("user {user}"),
                Counts::User(user),
            ),
            (
                Whose::Group(group),
                format!("group {group}"),
                Counts::Group(group),
            ),
        ];
        let mut quotas: Vec<Quota> = asked
            .into_iter()
            .filter_map(|(of, whose, counts)| {
                let limits = quota::limits(&real, &mount.source, of).ok()?;
                left(&limits, whose, counts)
            })
            .collect();
        quotas.extend(of_subvolume(&real, &mount));
        quotas
    }

    pub(super) fn left(limits: &Limits, whose: String, counts: Counts) -> Option<Quota> {
        let least = |limits: [u64; 2], used: u64| {
            let set = limits.into_iter().filter(|&limit| limit > 0);
            set.min().map(|limit| limit.saturating_sub(used))
        };
        let quota = Quota {
            whose,
            counts,
            bytes: least(limits.bytes, limits.bytes_used),
            inodes: least(limits.inodes, limits.inodes_used),
        };
        (quota.bytes.is_some() || quota.inodes.is_some()).then_some(quota)
    }

    fn of_subvolume(path: &Path, mount: &Mount) -> Option<Quota> {
        if mount.fstype != "btrfs" {
            return None;
        }
        let found = quota::subvolume(path).ok()?;
        let folder = group_folder(found);
        let number = |name: &str| -> Option<u64> {
            fs::read_to_string(folder.join(name))
                .ok()?
                .trim()
                .parse()
                .ok()
        };
        let limits = Group {
            flags: number("limit_flags")?,
            most: [number("max_referenced")?, number("max_exclusive")?],
            used: [number("referenced")?, number("exclusive")?],
        };
        Some(Quota {
            whose: format!("subvolume {}", found.id),
            counts: Counts::Device(fs::metadata(path).ok()?.dev()),
            bytes: Some(limits.left()?),
            inodes: None,
        })
    }

    /// Where the kernel shows the group of a subvolume.
    pub(super) fn group_folder(subvolume: quota::Subvolume) -> PathBuf {
        let hex: String = subvolume
            .fsid
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let uuid = [
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..],
        ]
        .join("-");
        PathBuf::from(format!("/sys/fs/btrfs/{uuid}/qgroups/0_{}", subvolume.id))
    }

    /// A group of btrfs: its limits, of which the flags say whether they are set, and what is used.
    pub(super) struct Group {
        pub(super) flags: u64,
        pub(super) most: [u64; 2],
        pub(super) used: [u64; 2],
    }

    impl Group {
        pub(super) fn left(&self) -> Option<u64> {
            let set = (0..2).filter(|at| self.flags & (1 << at) != 0);
            set.map(|at: usize| self.most[at].saturating_sub(self.used[at]))
                .min()
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::path::PathBuf;

    use super::linux::{Group, group_folder, left};
    use super::*;
    use crate::sys::quota::{self, Limits};

    #[test]
    fn the_tighter_limit_counts_and_none_is_none() {
        let limits = |bytes, inodes| Limits {
            bytes,
            bytes_used: 30,
            inodes,
            inodes_used: 3,
        };
        for (bytes, inodes, expected) in [
            ([0, 0], [0, 0], None),
            ([100, 0], [0, 0], Some((Some(70), None))),
            ([100, 50], [0, 9], Some((Some(20), Some(6)))),
            ([0, 20], [2, 0], Some((Some(0), Some(0)))),
            ([u64::MAX, 0], [0, 0], Some((Some(u64::MAX - 30), None))),
        ] {
            let found = left(&limits(bytes, inodes), "user 7".to_owned(), Counts::User(7));
            let found = found.map(|quota| (quota.bytes, quota.inodes));
            assert_eq!(found, expected, "{bytes:?} {inodes:?}");
        }
    }

    #[test]
    fn a_group_is_limited_by_what_its_flags_say() {
        for (flags, expected) in [(0, None), (1, Some(10)), (2, Some(0)), (3, Some(0))] {
            let group = Group {
                flags,
                most: [50, 5],
                used: [40, 6],
            };
            assert_eq!(group.left(), expected, "{flags}");
        }
        let subvolume = quota::Subvolume {
            fsid: *b"0123456789abcdef",
            id: 256,
        };
        let folder = "/sys/fs/btrfs/30313233-3435-3637-3839-616263646566/qgroups/0_256";
        assert_eq!(group_folder(subvolume), PathBuf::from(folder));
    }
}
