//! What an apt upgrade needs, from what apt itself says.
//!
//! The sentence that apt prints, "After this operation, 3040 kB of additional disk space will be
//! used", is what is left in the *end*. On the way there every archive lies in the cache, and dpkg
//! writes the files of a package beside the old ones before it renames them. So the need is, for
//! each place: the archives that are still to come, where archives are kept; what is installed
//! more, and the largest package once over, where packages are installed; and for every new
//! kernel, what the largest one present takes in /boot.
//!
//! Everything is read strictly: texts that disagree with each other, or that are not understood,
//! are an error and never a smaller need. All texts are those of the C locale.
//!
//! Limits: what maintainer scripts write (an initrd, indices, dkms) is only known for kernels, and
//! `Installed-Size` leaves out what the file system adds; a margin is for that.

use std::collections::BTreeSet;

use super::{Demand, Part};

/// An archive to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The file's name below the cache.
    pub name: String,
    /// How large it is.
    pub bytes: u64,
}

/// A package to be unpacked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    /// Its name, with an architecture where apt writes one.
    pub name: String,
    /// The version to come.
    pub version: String,
    /// Whether none is installed yet.
    pub is_new: bool,
}

/// What `apt-get --print-uris` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// What is to be fetched.
    pub archives: Vec<Archive>,
    /// How many packages are to be unpacked.
    pub packages: u64,
    /// What is installed more afterwards, rounded up; 0 when it is less.
    pub installed_more: u64,
}

/// What the machine says besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Where archives are kept.
    pub archives: Vec<u8>,
    /// What of each archive is there already, by name.
    pub partial: Vec<(Vec<u8>, u64)>,
    /// What lies in the boot directory, by name.
    pub boot: Vec<(Vec<u8>, u64)>,
}

/// Room for a kernel where none is present to measure: image, initrd and maps.
const KERNEL: u64 = 256 << 20;

/// Reads the output of `apt-get --print-uris dist-upgrade`.
///
/// ```
/// use jettison::need::apt::announcement;
///
/// let said = "'http://deb.example/a_1_all.deb' a_1_all.deb 16760 MD5Sum:5c51\n\
///     1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n\
///     Need to get 16.8 kB of archives.\n\
///     After this operation, 3040 kB of additional disk space will be used.\n";
/// let said = announcement(said)?;
/// assert_eq!((said.archives[0].bytes, said.packages, said.installed_more), (16_760, 1, 3_041_000));
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// What is missing or not understood.
pub fn announcement(text: &str) -> Result<Announcement, String> {
    let mut archives = Vec::new();
    let (mut counts, mut fetched, mut after) = (None, None, None);
    for (number, line) in (1u64..).zip(text.lines()) {
        let said = |what: &str| format!("line {number} of apt's answer is not {what}: {line}");
        if line.starts_with('\'') {
            archives.push(archive(line).ok_or_else(|| said("an archive with its size"))?);
        } else if line.contains(" newly installed, ") && line.contains(" to remove ") {
            counts = Some(unpacked(line).ok_or_else(|| said("a count of packages"))?);
        } else if let Some(rest) = line.strip_prefix("Need to get ") {
            let size = rest.split([' ', '/']).take(2).collect::<Vec<_>>().join(" ");
            fetched = Some(amount(&size).ok_or_else(|| said("a size to fetch"))?);
        } else if let Some(rest) = line.strip_prefix("After this operation, ") {
            after = Some(growth(rest).ok_or_else(|| said("a size after the operation"))?);
        }
    }
    let packages = counts.ok_or("apt's answer holds no count of packages")?;
    let sum = archives
        .iter()
        .fold(0u64, |sum, a| sum.saturating_add(a.bytes));
    // A list that is cut short must not pass for a small one.
    match fetched {
        None if packages > 0 => return Err("apt's answer does not say how much to get".into()),
        Some((least, _)) if sum < least => {
            return Err(format!(
                "apt's list of archives adds up to {sum} bytes, and apt says at least {least}"
            ));
        }
        _ => {}
    }
    if after.is_none() && packages > 0 {
        return Err("apt's answer does not say what is used after the operation".into());
    }
    Ok(Announcement {
        archives,
        packages,
        installed_more: after.unwrap_or(0),
    })
}

/// `'URI' NAME SIZE [HASH]`.
fn archive(line: &str) -> Option<Archive> {
    let (_, rest) = line.strip_prefix('\'')?.split_once("' ")?;
    let mut fields = rest.split(' ');
    let name = fields.next().filter(|name| !name.is_empty())?.to_owned();
    let bytes = fields.next()?.parse().ok()?;
    Some(Archive { name, bytes })
}

/// How many packages are to be unpacked: all but those to remove and those left as they are.
fn unpacked(line: &str) -> Option<u64> {
    let mut sum = 0u64;
    for piece in line.split(", ") {
        let (number, what) = piece.split_once(' ')?;
        let number: u64 = number.parse().ok()?;
        if !what.starts_with("to remove") {
            sum = sum.checked_add(number)?;
        }
    }
    Some(sum)
}

/// `3040 kB of additional disk space will be used.`, or `… disk space will be freed.`
fn growth(rest: &str) -> Option<u64> {
    let (size, what) = rest.split_at(rest.find(|c: char| c.is_ascii_alphabetic())?);
    let (unit, what) = what.split_once(' ')?;
    let (_, most) = amount(&format!("{} {unit}", size.trim()))?;
    match what {
        "of additional disk space will be used." => Some(most),
        "disk space will be freed." => Some(0),
        _ => None,
    }
}

/// A size as apt prints it, decimal and rounded: the least and the most that it can stand for.
fn amount(text: &str) -> Option<(u64, u64)> {
    let (number, unit) = text.trim().split_once(' ')?;
    let scale: u64 = match unit {
        "B" => 1,
        "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        _ => return None,
    };
    let number = number.replace(',', "");
    let (whole, decimal) = number.split_once('.').unwrap_or((&number, ""));
    let is_plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || decimal.len() > 1 || !is_plain(whole) || !is_plain(decimal) {
        return None;
    }
    let step = if decimal.is_empty() {
        scale
    } else {
        scale / 10
    };
    let tenths: u64 = if decimal.is_empty() {
        0
    } else {
        decimal.parse().ok()?
    };
    let value = whole
        .parse::<u64>()
        .ok()?
        .checked_mul(scale)?
        .checked_add(tenths * step)?;
    let rounding = if scale == 1 { 0 } else { step };
    Some((value.saturating_sub(rounding), value.checked_add(rounding)?))
}

/// Reads the `Inst` lines of `apt-get --simulate dist-upgrade`.
///
/// # Errors
/// A line that is not understood.
pub fn packages(text: &str) -> Result<Vec<Package>, String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("Inst "));
    let package = |line: &str| {
        let (name, rest) = line.split_once(' ')?;
        let (old, rest) = match rest.strip_prefix('[') {
            Some(old) => old.split_once("] ").map(|(old, rest)| (Some(old), rest))?,
            None => (None, rest),
        };
        let (version, _) = rest.strip_prefix('(')?.split_once([' ', ')'])?;
        (!name.is_empty() && !version.is_empty()).then(|| Package {
            name: name.to_owned(),
            version: version.to_owned(),
            is_new: old.is_none(),
        })
    };
    let read = |line| package(line).ok_or_else(|| format!("not a package to unpack: {line}"));
    let mut packages: Vec<Package> = lines.map(read).collect::<Result<_, _>>()?;
    packages.sort();
    packages.dedup();
    Ok(packages)
}

/// The largest `Installed-Size` in the output of `apt-cache show`, in bytes.
///
/// # Errors
/// When a package has no record, or no size.
pub fn largest(packages: &[Package], records: &str) -> Result<u64, String> {
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut largest = 0u64;
    for record in records.split("\n\n") {
        let field = |name: &str| {
            record
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        let (Some(name), Some(version)) = (field("Package"), field("Version")) else {
            continue;
        };
        let Some(size) = field("Installed-Size") else {
            continue;
        };
        let bytes = size
            .trim()
            .parse::<u64>()
            .ok()
            .and_then(|kib| kib.checked_mul(1024))
            .ok_or_else(|| format!("{name} has no Installed-Size that is a number: {size}"))?;
        largest = largest.max(bytes);
        told.insert((name, version.trim()));
    }
    let unknown = packages.iter().find(|package| {
        let name = package.name.split(':').next().unwrap_or_default();
        !told.contains(&(name, package.version.as_str()))
    });
    match unknown {
        Some(package) => Err(format!(
            "apt-cache tells no size of {} {}",
            package.name, package.version
        )),
        None => Ok(largest),
    }
}

/// Puts everything together: which place needs how much, and for what.
///
/// # Errors
/// When the announcement and the list of packages are not of the same upgrade.
pub fn demand(
    said: &Announcement,
    packages: &[Package],
    largest: u64,
    machine: &Machine,
) -> Result<Demand, String> {
    if said.packages != packages.len() as u64 {
        return Err(format!(
            "apt announces {} packages and lists {}",
            said.packages,
            packages.len()
        ));
    }
    let here = |name: &str| {
        let found = machine.partial.iter().find(|p| p.0 == name.as_bytes());
        found.map_or(0, |p| p.1)
    };
    let download = said.archives.iter().fold(0u64, |sum, archive| {
        sum.saturating_add(archive.bytes.saturating_sub(here(&archive.name)))
    });
    let part = |path: &[u8], what: &str, bytes: u64| Part {
        path: path.to_vec(),
        what: what.to_owned(),
        bytes,
        inodes: 0,
    };
    let kernels = packages.iter().filter(|p| is_kernel(p)).count() as u64;
    let kernel = kernel(&machine.boot).unwrap_or(KERNEL);
    let parts = [
        part(&machine.archives, "download", download),
        part(b"/usr", "installed more", said.installed_more),
        part(b"/usr", "largest unpacking", largest),
        part(b"/boot", "new kernels", kernels.saturating_mul(kernel)),
    ];
    Ok(Demand {
        source: "apt".to_owned(),
        parts: parts.into_iter().filter(|part| part.bytes > 0).collect(),
    })
}

/// Whether it puts a new image beside the present ones: `linux-image-6.1.0-40-amd64`.
fn is_kernel(package: &Package) -> bool {
    let image = package.name.strip_prefix("linux-image-");
    let image = image.map(|rest| rest.strip_prefix("unsigned-").unwrap_or(rest));
    package.is_new && image.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The files of the largest kernel that is present: `vmlinuz-V`, `initrd.img-V`, …
fn kernel(boot: &[(Vec<u8>, u64)]) -> Option<u64> {
    let versions = boot
        .iter()
        .filter_map(|(name, _)| name.strip_prefix(b"vmlinuz-"));
    let with = |version: &[u8]| {
        let suffix = [b"-", version].concat();
        let files = boot.iter().filter(|(name, _)| name.ends_with(&suffix));
        files.fold(0u64, |sum, file| sum.saturating_add(file.1))
    };
    versions.map(with).max()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAID: &str = "Reading package lists...\n\
        The following packages will be upgraded:\n  base-files big\n\
        'http://deb.example/b/base-files_12.4_amd64.deb' base-files_12.4_amd64.deb 70000 MD5Sum:1\n\
        'http://deb.example/b/big_2%3a1_amd64.deb' big_2%3a1_amd64.deb 930000 \n\
        'http://deb.example/l/linux-image-6.1.0-40-amd64_6_amd64.deb' linux-image-6.1.0-40-amd64_6_amd64.deb 1000 \n\
        2 upgraded, 1 newly installed, 4 to remove and 0 not upgraded.\n\
        Need to get 1001 kB of archives.\n\
        After this operation, 12.5 MB of additional disk space will be used.\n";
    const LISTED: &str = "Inst base-files [12.3] (12.4 Debian:12 [amd64])\n\
        Remv gone [1]\n\
        Inst big [1] (2:1 Debian:12, Debian-Security:12 [amd64]) []\n\
        Inst linux-image-6.1.0-40-amd64 (6 Debian:12 [amd64])\n\
        Conf big (2:1 Debian:12 [amd64])\n";
    const SHOWN: &str = "Package: base-files\nVersion: 12.4\nInstalled-Size: 340\n\n\
        Package: big\nVersion: 2:1\nInstalled-Size: 190000\n\n\
        Package: linux-image-6.1.0-40-amd64\nInstalled-Size: 400\nVersion: 6\n\n";

    fn machine() -> Machine {
        Machine {
            archives: b"/var/cache/apt/archives".to_vec(),
            partial: vec![(b"big_2%3a1_amd64.deb".to_vec(), 900_000)],
            boot: vec![
                (b"vmlinuz-5".to_vec(), 7),
                (b"initrd.img-5".to_vec(), 40),
                (b"vmlinuz-6".to_vec(), 8),
                (b"initrd.img-6.1".to_vec(), 400),
            ],
        }
    }

    #[test]
    fn an_upgrade_needs_more_than_its_sentence_says() {
        let said = announcement(SAID).expect("apt's answer");
        let listed = packages(LISTED).expect("the list");
        let largest = largest(&listed, SHOWN).expect("the sizes");
        let demand = demand(&said, &listed, largest, &machine()).expect("one upgrade");
        let parts: Vec<_> = demand
            .parts
            .iter()
            .map(|p| (p.path.as_slice(), p.what.as_str(), p.bytes))
            .collect();
        assert_eq!(
            parts,
            [
                (&b"/var/cache/apt/archives"[..], "download", 101_000),
                (b"/usr", "installed more", 12_600_000),
                (b"/usr", "largest unpacking", 190_000 << 10),
                (b"/boot", "new kernels", 47),
            ]
        );
    }

    #[test]
    fn nothing_to_do_needs_nothing() {
        let text = "0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n";
        let said = announcement(text).expect("apt's answer");
        let demand = demand(&said, &[], 0, &machine()).expect("one upgrade");
        assert_eq!(demand.parts, []);
    }

    #[test]
    fn sizes_are_the_rounded_ones_of_apt() {
        for (text, range) in [
            ("211 MB", Some((210_000_000, 212_000_000))),
            ("16.8 kB", Some((16_700, 16_900))),
            ("3,242 kB", Some((3_241_000, 3_243_000))),
            ("0 B", Some((0, 0))),
            ("211", None),
            ("-5 MB", None),
            ("1,5 GiB", None),
            ("1.55 MB", None),
            ("1e3 kB", None),
            ("99999999999999999999 TB", None),
        ] {
            assert_eq!(amount(text), range, "{text}");
        }
        assert_eq!(growth("3 MB disk space will be freed."), Some(0));
        assert_eq!(growth("3 MB d'espace disque"), None);
    }

    #[test]
    fn what_is_cut_short_or_strange_is_an_error() {
        for (without, cause) in [
            ("2 upgraded", "no count of packages"),
            ("Need to get", "how much to get"),
            ("After this operation", "after the operation"),
            ("'http://deb.example/b/big", "adds up to 71000 bytes"),
        ] {
            let cut: String = SAID
                .lines()
                .filter(|line| !line.starts_with(without))
                .map(|line| format!("{line}\n"))
                .collect();
            let error = announcement(&cut).expect_err(without);
            assert!(error.contains(cause), "{error}");
        }
        let strange = SAID.replace(" 70000 ", " 7e4 ");
        assert!(
            announcement(&strange)
                .expect_err("a size")
                .contains("line 4")
        );
        assert!(packages("Inst big\n").is_err());
        let listed = packages(LISTED).expect("the list");
        let cut = SHOWN.replace("Installed-Size: 190000\n", "");
        assert!(
            largest(&listed, &cut)
                .expect_err("a size")
                .contains("big 2:1")
        );
        let said = announcement(SAID).expect("apt's answer");
        assert!(demand(&said, &listed[1..], 1, &machine()).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(\\PC|\n)*") {
            let _read_or_refused = announcement(&text);
            let listed = packages(&text).unwrap_or_default();
            let _read_or_refused = largest(&listed, &text);
        }

        /// Whatever line is lost, the need never comes out smaller.
        #[test]
        fn a_lost_line_never_shrinks_the_download(lost in 0usize..8) {
            let cut: String = SAID
                .lines()
                .enumerate()
                .filter(|&(at, _)| at != lost)
                .map(|(_, line)| format!("{line}\n"))
                .collect();
            if let Ok(said) = announcement(&cut) {
                // Below the rounding of the announced size nothing can be noticed.
                let sum: u64 = said.archives.iter().map(|a| a.bytes).sum();
                prop_assert!(sum >= 1_000_000);
            }
        }
    }
}
