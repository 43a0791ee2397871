//! Programs that delete what only they know of.

use crate::rules::phrase;

/// A program, the words of which one says that it deletes, and why it is not known what.
struct Engine {
    programs: &'static [&'static [u8]],
    /// How such a word begins; none: it always deletes.
    words: &'static [&'static [u8]],
    why: &'static str,
}

const CONTAINERS: &[&[u8]] = &[b"podman", b"docker", b"nerdctl", b"crictl", b"buildah"];

const ENGINES: &[Engine] = &[
    Engine {
        programs: CONTAINERS,
        words: &[b"prune", b"rmi", b"rm"],
        why: "what it removes only the engine knows",
    },
    Engine {
        programs: &[b"restic", b"borg", b"borgmatic", b"kopia", b"bupstash"],
        words: &[
            b"forget",
            b"prune",
            b"compact",
            b"delete",
            b"--prune",
            b"maintenance",
        ],
        why: "which snapshots it removes its repository decides",
    },
    Engine {
        programs: &[
            b"duplicity",
            b"duply",
            b"rdiff-backup",
            b"tarsnap",
            b"backupninja",
        ],
        words: &[b"remove-", b"purge", b"--remove-older-than", b"-d"],
        why: "which backups it removes its archive decides",
    },
    Engine {
        programs: &[
            b"rsnapshot",
            b"dirvish-expire",
            b"automysqlbackup",
            b"backup-manager",
            b"sanoid",
        ],
        words: &[],
        why: "how many copies it keeps its own configuration says",
    },
    Engine {
        programs: &[
            b"pgbackrest",
            b"barman",
            b"wal-g",
            b"pg_archivecleanup",
            b"pg_probackup",
        ],
        words: &[b"expire", b"delete", b"cron", b"/", b"--delete"],
        why: "which segments it removes the database's catalogue decides",
    },
    Engine {
        programs: &[b"snapper", b"zfs", b"zpool", b"lvremove", b"btrfs", b"lvm"],
        words: &[b"cleanup", b"delete", b"destroy"],
        why: "it removes snapshots, which are no files",
    },
    Engine {
        programs: &[b"journalctl"],
        words: &[b"--vacuum"],
        why: "which of its files it removes the journal decides",
    },
    Engine {
        programs: &[
            b"apt-get",
            b"apt",
            b"aptitude",
            b"dnf",
            b"yum",
            b"zypper",
            b"pacman",
            b"paccache",
        ],
        words: &[b"clean", b"autoclean", b"-Sc", b"-r", b"--clean"],
        why: "which packages it removes from its cache the package manager decides",
    },
    Engine {
        programs: &[
            b"rsync", b"rclone", b"lftp", b"s3cmd", b"aws", b"gsutil", b"mc", b"az",
        ],
        words: &[
            b"--delete",
            b"--del",
            b"--remove-source-files",
            b"delete",
            b"purge",
            b"cleanup",
            b"rm",
        ],
        why: "what it removes follows from another place than this",
    },
    Engine {
        programs: &[b"tar", b"zip", b"7z"],
        words: &[b"--remove-files", b"-m", b"-sdel"],
        why: "it removes what it has packed",
    },
    Engine {
        programs: &[b"git"],
        words: &[b"gc", b"clean", b"prune"],
        why: "what it removes the repository decides",
    },
    Engine {
        programs: &[b"doveadm", b"cyr_expire", b"ipurge", b"expunge"],
        words: &[b"expunge", b"-"],
        why: "which messages it removes the mail store decides",
    },
    Engine {
        programs: &[b"bleachbit", b"cleanlinks", b"deborphan", b"tmpcleaner"],
        words: &[],
        why: "what it removes its own rules say",
    },
];

/// Why a command deletes what is not known, when it is one of those.
pub(super) fn why(program: &[u8], words: &[Vec<u8>]) -> Option<String> {
    let program = phrase::basename(program);
    let says = |engine: &&Engine| {
        engine.programs.contains(&program)
            && (engine.words.is_empty()
                || words
                    .iter()
                    .any(|word| engine.words.iter().any(|w| begins(word, w))))
    };
    if let Some(engine) = ENGINES.iter().find(says) {
        return Some(engine.why.to_owned());
    }
    let runs_elsewhere = matches!(
        program,
        b"kubectl" | b"docker" | b"podman" | b"lxc" | b"lxc-attach"
    ) && words.iter().any(|word| word == b"exec" || word == b"--")
        && phrase::seems_to_delete(words);
    runs_elsewhere.then(|| "it deletes inside a container".to_owned())
}

/// A whole word, or the start of one that goes on (`--vacuum-time=7d`, `remove-older-than`).
fn begins(word: &[u8], with: &[u8]) -> bool {
    let open = with.starts_with(b"--") || with.ends_with(b"-") || with == b"/";
    if open {
        word.starts_with(with)
    } else {
        word == with
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_told_from_their_other_commands() {
        for (text, deletes) in [
            ("podman image prune -f", true),
            ("docker ps -a", false),
            ("/usr/bin/journalctl --vacuum-time=14d", true),
            ("journalctl -u app", false),
            ("rsync -a --delete-after /a/ /b/", true),
            ("rsync -a /a/ /b/", false),
            ("restic forget --keep-daily 7 --prune", true),
            ("restic backup /data", false),
            ("apt-get -qq autoclean", true),
            ("apt-get update", false),
            ("duplicity remove-older-than 30D file:///b", true),
            ("rsnapshot daily", true),
            ("kubectl exec app -- sh -c rm", true),
            ("kubectl get pods", false),
            ("ls --delete", false),
        ] {
            let words: Vec<Vec<u8>> = text.split(' ').map(|w| w.as_bytes().to_vec()).collect();
            let (program, rest) = words.split_first().unwrap();
            assert_eq!(why(program, rest).is_some(), deletes, "{text}");
        }
    }
}
