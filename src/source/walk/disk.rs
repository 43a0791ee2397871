//! What kind of disk lies under a file system, as far as the kernel knows.

use std::fs;
use std::path::{Path, PathBuf};

/// Makers of virtual disks. These often claim to turn, and hardly ever do.
const VIRTUAL: [&str; 8] = [
    "QEMU", "VMware", "Msft", "VBOX", "Google", "Amazon", "Xen", "Nutanix",
];
/// How deep disks may be stacked (RAID on encryption on volumes on partitions).
const MOST_LAYERS: usize = 8;

/// Whether the device (`st_dev`) is a disk that turns: one that says so, and is not virtual.
/// Network and kernel file systems, and those that hide their disks (btrfs), are none.
pub(super) fn turns(dev: u64) -> bool {
    let Some(number) = number(dev) else {
        return false;
    };
    turns_below(Path::new("/sys"), &number)
}

/// `254:1` of a device number, split as the kernel's `huge_encode_dev` joins it.
fn number(dev: u64) -> Option<String> {
    let major = (dev >> 8) & 0xfff | (dev >> 32) & !0xfff;
    let minor = dev & 0xff | (dev >> 12) & 0xffff_ff00;
    (major > 0).then(|| format!("{major}:{minor}"))
}

fn turns_below(sys: &Path, number: &str) -> bool {
    let mut layer = vec![sys.join("dev/block").join(number)];
    for _ in 0..MOST_LAYERS {
        let mut below = Vec::new();
        for disk in &layer {
            let slaves = fs::read_dir(disk.join("slaves")).into_iter().flatten();
            let slaves: Vec<PathBuf> = slaves.flatten().map(|slave| slave.path()).collect();
            if slaves.is_empty() && is_turning_disk(disk) {
                return true;
            }
            below.extend(slaves);
        }
        layer = below;
    }
    false
}

/// Asks a disk, or the disk that a partition lies on.
fn is_turning_disk(disk: &Path) -> bool {
    let whole = match disk.join("partition").exists() {
        true => disk.join(".."),
        false => disk.to_owned(),
    };
    let read = |file: &str| fs::read_to_string(whole.join(file)).unwrap_or_default();
    let vendor = read("device/vendor");
    // Only a disk of the SCSI kind has a maker's name: loop, zram and nvme have none, and virtio
    // has a number.
    let named = !vendor.trim().is_empty() && !vendor.starts_with("0x");
    let real = !VIRTUAL.iter().any(|name| vendor.contains(name));
    named && real && read("queue/rotational").trim() == "1"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_split_as_the_kernel_joins_them() {
        assert_eq!(number(0xfe01).as_deref(), Some("254:1"));
        assert_eq!(number(0x0010_0301).as_deref(), Some("3:257"));
        assert_eq!(number(0x28), None);
    }

    #[cfg(unix)]
    #[test]
    fn only_real_disks_turn() {
        use std::os::unix::fs::symlink;
        let sys = tempfile::tempdir().unwrap();
        let make = |number: &str, name: &str, vendor: Option<&str>, rotational: &str| {
            let disk = sys.path().join("devices").join(name);
            fs::create_dir_all(disk.join("queue")).unwrap();
            fs::create_dir_all(disk.join("slaves")).unwrap();
            fs::write(disk.join("queue/rotational"), rotational).unwrap();
            if let Some(vendor) = vendor {
                fs::create_dir_all(disk.join("device")).unwrap();
                fs::write(disk.join("device/vendor"), vendor).unwrap();
            }
            let table = sys.path().join("dev/block");
            fs::create_dir_all(&table).unwrap();
            symlink(&disk, table.join(number)).unwrap();
            disk
        };
        let sda = make("8:0", "sda", Some("ATA     \n"), "1\n");
        let sda1 = sda.join("sda1");
        fs::create_dir_all(&sda1).unwrap();
        fs::write(sda1.join("partition"), "1\n").unwrap();
        symlink(&sda1, sys.path().join("dev/block/8:1")).unwrap();
        make("8:16", "sdb", Some("ATA     \n"), "0\n");
        make("8:32", "sdc", Some("QEMU    \n"), "1\n");
        make("254:0", "vda", Some("0x1af4\n"), "1\n");
        let dm = make("252:0", "dm-0", None, "1\n");
        symlink(&sda1, dm.join("slaves/sda1")).unwrap();
        for (number, expected) in [
            ("8:0", true),
            ("8:1", true),
            ("8:16", false),
            ("8:32", false),
            ("254:0", false),
            ("252:0", true),
            ("9:9", false),
        ] {
            assert_eq!(turns_below(sys.path(), number), expected, "{number}");
        }
    }
}
