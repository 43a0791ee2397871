//! Programs that bound what they keep themselves, and those that were never told to.
//!
//! A cap is no rule over files: the program decides which of its files go. What can be read is
//! how far it is let grow: journald's configuration with its drop-ins, apt's periodic settings,
//! docker's logging options. A [`Cap`] without any bound is a program that grows for ever.
//!
//! After journald.conf(5) of systemd 252, apt.conf(5) with the comments of
//! `apt.systemd.daily`, and Docker's reference of `daemon.json`. Limits: a container keeps the
//! options that it was created with, which stand beside the container and are not read here; an
//! owner counts as present only where its configuration or its folder is there to be seen.

pub(super) mod apt;
mod docker;
mod journald;

use crate::rules::machine::Machine;
use crate::rules::model::Place;
use crate::time::Age;

/// How far one program's files may grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cap {
    /// The program.
    pub owner: Owner,
    /// The folders that its files lie in.
    pub folders: Vec<Vec<u8>>,
    /// What bounds them; none: they grow for ever.
    pub bounds: Vec<Bound>,
    /// How to bound them, or to bound them otherwise: the setting and the file that it goes into.
    pub remedy: &'static str,
}

impl Cap {
    /// Whether nothing bounds it.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        self.bounds.is_empty()
    }
}

/// A program that keeps files of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// systemd's journal on disk.
    Journal,
    /// systemd's journal in memory, lost at the next boot.
    VolatileJournal,
    /// The packages that apt has fetched.
    AptArchives,
    /// What containers write to their standard output.
    DockerLogs,
}

impl Owner {
    /// The word used in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::VolatileJournal => "volatile-journal",
            Self::AptArchives => "apt-archives",
            Self::DockerLogs => "docker-logs",
        }
    }
}

/// One bound, and where it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// In the words of its file (`SystemMaxUse=2G`).
    pub text: String,
    /// Where that stands; `None`: it is what the program does when nobody says otherwise.
    pub said: Option<Place>,
    /// How far.
    pub limit: Limit,
}

/// How far files may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many bytes in all.
    Bytes(u64),
    /// A part of the file system, and so many bytes at the most.
    Share {
        /// The part, in per cent.
        percent: u64,
        /// The most.
        at_most: u64,
    },
    /// So many bytes for each log, in so many files.
    PerLog {
        /// The bytes of one file.
        bytes: u64,
        /// The files that are kept.
        files: u64,
    },
    /// So old.
    Age(Age),
    /// All of it, so often.
    Emptied(Age),
    /// What can no longer be fetched, so often.
    Outdated(Age),
}

/// Every program that is to be seen on a machine, in the order of [`Owner`].
pub(super) fn read(machine: &mut dyn Machine) -> Vec<Cap> {
    let mut caps = journald::read(machine);
    caps.extend(apt::read(machine));
    caps.extend(docker::read(machine));
    caps
}

/// A size with a suffix of 1024 (`2G`, `100m`); `None`: it is none.
fn bytes(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text.trim_ascii()).ok()?;
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text[..end].parse().ok()?;
    let unit = match text[end..].to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return None,
    };
    number.checked_mul(1 << unit)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::entry::RuleFile;
    use crate::rules::model::Tri;

    /// A machine of these files alone.
    struct Files(BTreeMap<Vec<u8>, &'static str>);

    impl Machine for Files {
        fn load(&mut self, path: &[u8]) -> Option<RuleFile> {
            let contents = self.0.get(path)?;
            Some(RuleFile {
                path: path.to_vec(),
                read_from: path.to_vec(),
                contents: contents.as_bytes().to_vec(),
                mode: None,
                uid: None,
                mtime: None,
            })
        }

        fn list(&mut self, folder: &[u8]) -> Vec<Vec<u8>> {
            let below = |path: &Vec<u8>| {
                let name = path.strip_prefix(folder)?.strip_prefix(b"/")?;
                (!name.contains(&b'/')).then(|| name.to_vec())
            };
            self.0.keys().filter_map(below).collect()
        }

        fn is_there(&mut self, path: &[u8]) -> Tri {
            let is_there = self.0.keys().any(|known| known.starts_with(path));
            if is_there { Tri::True } else { Tri::Unknown }
        }

        fn is_live(&self) -> bool {
            false
        }
    }

    fn caps(files: &[(&str, &'static str)]) -> Vec<Cap> {
        let files = files.iter().map(|(p, c)| (p.as_bytes().to_vec(), *c));
        read(&mut Files(files.collect()))
    }

    fn shown(caps: &[Cap]) -> Vec<String> {
        let bound = |bound: &Bound| {
            let place = bound.said.as_ref().map_or(String::new(), |place| {
                format!(" {}:{}", String::from_utf8_lossy(&place.file), place.line)
            });
            format!("{}{place} {:?}", bound.text, bound.limit)
        };
        caps.iter()
            .map(|cap| {
                let bounds: Vec<String> = cap.bounds.iter().map(bound).collect();
                format!("{}: {}", cap.owner.word(), bounds.join(", "))
            })
            .collect()
    }

    #[test]
    fn a_checkout_without_any_of_them_has_no_caps() {
        assert_eq!(caps(&[("/etc/cron.d/app", "")]), []);
    }

    #[test]
    fn the_journal_is_bounded_by_default_and_by_drop_ins() {
        let main = ("/etc/systemd/journald.conf", "[Journal]\n#SystemMaxUse=\n");
        assert_eq!(
            shown(&caps(&[main]))[0],
            "journal: SystemMaxUse=10% (the default) Share { percent: 10, at_most: 4294967296 }, SystemKeepFree=15% (the default) Share { percent: 85, at_most: 18446744073709551615 }"
        );
        let told = caps(&[
            main,
            (
                "/etc/systemd/journald.conf.d/50-size.conf",
                "[Journal]\nSystemMaxUse=2G\nMaxRetentionSec=1month\n",
            ),
            (
                "/usr/lib/systemd/journald.conf.d/50-size.conf",
                "[Journal]\nSystemMaxUse=9G\n",
            ),
        ]);
        assert_eq!(told[0].bounds[0].limit, Limit::Bytes(2 << 30));
        let said = told[0].bounds[0].said.as_ref().unwrap();
        assert_eq!(
            (said.file.as_slice(), said.line),
            (&b"/etc/systemd/journald.conf.d/50-size.conf"[..], 2)
        );
        assert!(
            told[0]
                .bounds
                .iter()
                .any(|bound| bound.limit == Limit::Age(Age(2_629_800)))
        );
        let none = caps(&[(
            "/etc/systemd/journald.conf",
            "[Journal]\nStorage=none\nSystemMaxUse=1G\n",
        )]);
        assert_eq!(none, []);
    }

    #[test]
    fn apts_archives_grow_until_someone_says_otherwise() {
        let fresh = caps(&[(
            "/etc/apt/apt.conf.d/01auto",
            "APT::NeverAutoRemove \"x\";\n",
        )]);
        assert!(fresh[0].is_unlimited(), "{fresh:?}");
        let told = caps(&[
            (
                "/etc/apt/apt.conf.d/02periodic",
                "// weekly\nAPT {\n  Periodic {\n    AutocleanInterval \"7\";\n  };\n};\n",
            ),
            (
                "/etc/apt/apt.conf.d/20archive",
                "APT::Archives::MaxAge \"30\"; APT::Archives::MinAge \"2\";\nAPT::Archives::MaxSize \"500\";\n",
            ),
        ]);
        assert_eq!(
            shown(&told),
            [
                "apt-archives: APT::Periodic::AutocleanInterval \"7\" /etc/apt/apt.conf.d/02periodic:4 Outdated(Age(604800)), \
                 APT::Archives::MaxAge \"30\" /etc/apt/apt.conf.d/20archive:1 Age(Age(2592000)), \
                 APT::Archives::MaxSize \"500\" /etc/apt/apt.conf.d/20archive:2 Bytes(524288000)"
            ]
        );
        let off = caps(&[(
            "/etc/apt/apt.conf.d/10off",
            "APT::Periodic::Enable \"0\";\nAPT::Periodic::CleanInterval \"3\";\n",
        )]);
        assert!(off[0].is_unlimited(), "{off:?}");
    }

    #[test]
    fn dockers_logs_grow_unless_they_have_a_size() {
        for (text, expected) in [
            ("{}", "docker-logs: "),
            ("{ \"log-driver\": \"json-file\" }", "docker-logs: "),
            (
                "{\n \"log-opts\": {\n  \"max-size\": \"10m\",\n  \"max-file\": \"3\"\n }\n}",
                "docker-logs: max-size=10m, max-file=3 /etc/docker/daemon.json:3 PerLog { bytes: 10485760, files: 3 }",
            ),
            (
                "{\"log-driver\": \"local\"}",
                "docker-logs: log-driver=local /etc/docker/daemon.json:1 PerLog { bytes: 20971520, files: 5 }",
            ),
            ("not json", "docker-logs: "),
        ] {
            let caps = caps(&[("/etc/docker/daemon.json", text)]);
            assert_eq!(shown(&caps), [expected], "{text}");
        }
        let journal = caps(&[("/etc/docker/daemon.json", "{\"log-driver\": \"journald\"}")]);
        assert_eq!(journal, []);
    }

    #[test]
    fn sizes_are_read() {
        for (text, expected) in [
            ("2G", Some(2 << 30)),
            ("100m", Some(100 << 20)),
            ("512", Some(512)),
            ("-1", None),
            ("", None),
            ("9999999999999T", None),
        ] {
            assert_eq!(bytes(text.as_bytes()), expected, "{text}");
        }
    }
}
