//! A table of rules and trees, and what must be said of them: of the family, of every rule, and
//! of the edit that would mend it. Each case again with other names, roots and ages, which may
//! not change a word.
//!
//! `$R` is the root, `$D` a directory's name, `$B` the beginning of a file's, `$E` an extension,
//! `$N` a number of days, `$M` the same in minutes. A file's age is so many times `$N` days, and
//! days and minutes beside.

use super::generator::World;
use super::*;
use crate::rules::machine::Machine;
use crate::rules::model::Tri;
use RuleState as S;
use Verdict as V;

struct Case {
    name: &'static str,
    /// Rule files, and what else the machine has, each with its age in days.
    files: &'static [(&'static str, &'static str, i64)],
    tree: &'static [(&'static str, i64, i64, i64)],
    template: &'static str,
    verdict: V,
    /// By file and line.
    states: &'static [S],
    /// The edit of the first near miss.
    near: Option<&'static str>,
}

/// A case with one crontab.
macro_rules! cron {
    ($name:expr, $command:expr, $tree:expr, $template:expr, $verdict:expr, $states:expr, $near:expr) => {
        Case {
            name: $name,
            files: &[(
                "/etc/cron.d/x",
                concat!("0 3 * * * root ", $command, "\n"),
                400,
            )],
            tree: $tree,
            template: $template,
            verdict: $verdict,
            states: $states,
            near: $near,
        }
    };
}

const ALL: &str = "$R/{name}";

#[rustfmt::skip]
const CASES: &[Case] = &[
    cron!("1: +N days is N + 1 days, and what came due a minute ago is not late",
        "find $R -type f -name '*.$E' -mtime +$N -delete",
        &[("$R/a.$E", 1, 0, 60), ("$R/b.$E", 1, 1, -1), ("$R/c.$E", 1, 1, 1)],
        ALL, V::Covered, &[S::Idle], None),
    cron!("2: what is due for longer than two runs is late",
        "find $R -type f -name '*.$E' -mtime +$N -delete",
        &[("$R/c.$E", 1, 23, 0), ("$R/d.$E", 1, 5, 0)],
        ALL, V::Covered, &[S::Lapsed], None),
    cron!("3: minutes have no minute beside", "find $R -mmin +$M -delete",
        &[("$R/a", 1, 0, 1)], ALL, V::Covered, &[S::Idle], None),
    cron!("4: a layout that has changed", "find $R -maxdepth 1 -name '$B-*.$E' -mtime +$N -delete",
        &[("$R/$B/2024-01-03/NYSE.$E", 2, 0, 0), ("$R/$B/2024-01-04/LSE.$E", 2, 0, 0)],
        "$R/$B/{date}/{exchange}.$E", V::Uncovered, &[S::Dead], Some("-maxdepth 3 -name '*.$E'")),
    cron!("5: a component too few", "rm -f $R/*.$E",
        &[("$R/2024-01-03/NYSE.$E", 1, 0, 0), ("$R/2024-01-04/LSE.$E", 1, 0, 0)],
        "$R/{date}/{exchange}.$E", V::Uncovered, &[S::Dead], Some("$R/*/*.$E")),
    cron!("6: a shell's star leaves names with a dot", "rm -f $R/*.$E",
        &[("$R/.hid.$E", 1, 0, 0)], "$R/.{name}.$E", V::Uncovered, &[S::Dead], Some("$R/.*.$E")),
    cron!("6: find's star does not", "find $R -name '*.$E' -delete",
        &[("$R/.hid.$E", 0, 0, 60)], "$R/.{name}.$E", V::Covered, &[S::Idle], None),
    cron!("7: -path crosses slashes", "find $R -path '$R/*.$E' -mtime +$N -delete",
        &[("$R/a/b/c.$E", 1, 2, 0)], "$R/a/b/{name}.$E", V::Covered, &[S::Idle], None),
    cron!("8: -path is of the path as printed", "find $R/ -path '$R/*.$E' -delete",
        &[("$R/a.$E", 0, 0, 60)], ALL, V::Covered, &[S::Idle], None),
    cron!("8: which begins as the start is written", "cd / && find $r -path '/$r/*' -delete",
        &[("$R/a.$E", 0, 0, 60)], ALL, V::Uncovered, &[S::Dead], None),
    Case {
        name: "9: -or without parentheses",
        files: &[("/etc/cron.daily/apt-cacher-ng",
            "#!/bin/sh\nfind $R -maxdepth 1 -name 'maint_*.log.html.xz' -or -name 'maint_*.log.html' -type f -user apt-cacher-ng -mtime +10 -delete\n", 400)],
        tree: &[("$R/maint_1.log.html.xz", 0, 400, 0), ("$R/maint_2.log.html.xz", 0, 300, 0)],
        template: "$R/maint_{n}.log.html.xz",
        verdict: V::Uncovered,
        states: &[S::Broken],
        near: Some("\\( -name 'maint_*.log.html.xz' -or -name 'maint_*.log.html' \\)"),
    },
    cron!("10: -prune with -delete is refused", "find $R -name keep -prune -o -type f -mtime +$N -delete",
        &[("$R/a", 3, 0, 0)], ALL, V::Uncovered, &[S::Broken], Some("-exec rm -f {} +")),
    cron!("11: -delete before the tests", "find $R -delete -name '*.tmp'",
        &[("$R/a.txt", 0, 0, 5)], ALL, V::Covered, &[S::Idle], None),
    cron!("12: seven days without `ago` lie ahead", "find $R ! -newermt 7days -delete",
        &[("$R/f", 0, 0, 5)], ALL, V::Covered, &[S::Idle], None),
    cron!("12: and with it behind", "find $R ! -newermt '$N days ago' -delete",
        &[("$R/f", 1, 1, 0)], ALL, V::Covered, &[S::Idle], None),
    cron!("13: -size -1M is only what is empty", "find $R -type f -size -1M -delete",
        &[("$R/one", 0, 1, 0)], ALL, V::Uncovered, &[S::Dead], Some("-size -4M")),
    cron!("14: a bare percent sign ends a crontab's command",
        "find $R -type f -name \"*-$(date -d '9 days ago' +%F)*\" -delete",
        &[("$R/x-2024-06-04.log", 0, 9, 0)], ALL, V::Uncovered, &[S::Broken], Some("every `%` as `\\%`")),
    cron!("14: escaped it is the key of one day",
        "find $R -type f -name \"*-$(date -d '9 days ago' +\\%F)*\" -delete",
        &[("$R/x-2024-06-02.log", 0, 9, 60)], ALL, V::Covered, &[S::Idle], None),
    cron!("14: and older ones were missed",
        "find $R -type f -name \"*-$(date -d '9 days ago' +\\%F)*\" -delete",
        &[("$R/x-2024-05-02.log", 0, 40, 0)], ALL, V::Covered, &[S::Lapsed], None),
    Case {
        name: "15: run-parts passes over a dot",
        files: &[("/etc/cron.daily/clean.sh", "#!/bin/sh\nfind $R -type f -mtime +$N -delete\n", 400)],
        tree: &[("$R/c", 5, 0, 0)],
        template: ALL,
        verdict: V::Uncovered,
        states: &[S::Disabled],
        near: Some("mv /etc/cron.daily/clean.sh /etc/cron.daily/clean"),
    },
    Case {
        name: "16: so does cron",
        files: &[("/etc/cron.d/site.cleanup", "0 3 * * * root find $R -type f -mtime +$N -delete\n", 400)],
        tree: &[("$R/c", 5, 0, 0)],
        template: ALL,
        verdict: V::Uncovered,
        states: &[S::Disabled],
        near: Some("mv /etc/cron.d/site.cleanup /etc/cron.d/site"),
    },
    Case {
        name: "17: the copy in the crontab stands aside for the timer",
        files: &[
            ("/etc/cron.d/php", "9 * * * * root [ ! -d /run/systemd/system ] && /usr/lib/php/sessionclean\n", 400),
            ("/usr/lib/php/sessionclean", "#!/bin/sh\ngc=$(php -r 'echo 24;')\nfind $R -type f -name 'sess_*' -cmin \"+$gc\" -delete\n", 400),
            ("/lib/systemd/system/phpsessionclean.timer", "[Timer]\nOnCalendar=*-*-* *:09,39:00\n[Install]\nWantedBy=timers.target\n", 400),
            ("/lib/systemd/system/phpsessionclean.service", "[Service]\nExecStart=/usr/lib/php/sessionclean\n", 400),
            ("/etc/systemd/system/timers.target.wants/phpsessionclean.timer", "", 400),
            ("/run/systemd/system", "", 0),
        ],
        tree: &[("$R/sess_a", 0, 40, 0), ("$R/sess_b", 0, 0, 5)],
        template: "$R/sess_{id}",
        verdict: V::Maybe,
        states: &[S::Idle],
        near: None,
    },
    Case {
        name: "18: with its default stamps tmpfiles.d spares what was unpacked just now",
        files: &[("/etc/tmpfiles.d/x.conf", "d $R - - - $Nd\n", 400)],
        tree: &[("$R/fresh/a.log", 9, 0, 0)],
        template: "$R/fresh/{name}",
        verdict: V::Covered,
        states: &[S::Starved],
        near: None,
    },
    Case {
        name: "18: and goes by the modification where it is told so",
        files: &[("/etc/tmpfiles.d/x.conf", "d $R - - - m:$Nd\n", 400)],
        tree: &[("$R/fresh/a.log", 1, 1, 0)],
        template: "$R/fresh/{name}",
        verdict: V::Covered,
        states: &[S::Idle],
        near: None,
    },
    Case {
        name: "19: any line that names a file keeps it",
        files: &[("/etc/tmpfiles.d/x.conf", "d $R - - - m:$Nd\nz $R/*.log 0644\n", 400)],
        tree: &[("$R/a.log", 1, 1, 0)],
        template: "$R/{name}.log",
        verdict: V::Kept,
        states: &[S::Dead],
        near: None,
    },
    Case {
        name: "19: and no other",
        files: &[("/etc/tmpfiles.d/x.conf", "d $R - - - m:$Nd\nz $R/*.log 0644\n", 400)],
        tree: &[("$R/b.txt", 1, 1, 0), ("$R/s/c.log", 1, 1, 0)],
        template: ALL,
        verdict: V::Covered,
        states: &[S::Idle],
        near: None,
    },
    Case {
        name: "20: exclusions have no braces",
        files: &[("/etc/tmpfiles.d/x.conf", "d $R - - - 0\nx $R/{a,b}\n", 400)],
        tree: &[("$R/a/f", 0, 1, 0)],
        template: "$R/a/{name}",
        verdict: V::Covered,
        states: &[S::Idle],
        near: None,
    },
    Case {
        name: "21: ~ keeps the first level",
        files: &[("/etc/tmpfiles.d/x.conf", "d $R - - - ~m:$Nd\n", 400)],
        tree: &[("$R/f", 1, 1, 0)],
        template: ALL,
        verdict: V::Kept,
        states: &[S::Dead],
        near: None,
    },
    Case {
        name: "21: and cleans what lies deeper",
        files: &[("/etc/tmpfiles.d/x.conf", "d $R - - - ~m:$Nd\n", 400)],
        tree: &[("$R/s/g", 1, 1, 0)],
        template: "$R/s/{name}",
        verdict: V::Covered,
        states: &[S::Idle],
        near: None,
    },
    Case {
        name: "22: a masked file of a vendor",
        files: &[
            ("/usr/lib/tmpfiles.d/app.conf", "d $R - - - m:$Nd\n", 400),
            ("/etc/tmpfiles.d/app.conf", "", 400),
        ],
        tree: &[("$R/f", 0, 90, 0)],
        template: ALL,
        verdict: V::Uncovered,
        states: &[S::Disabled],
        near: Some("it to be run: /etc/tmpfiles.d/app.conf takes the place of its file"),
    },
    Case {
        name: "23: D without an age is for the boot",
        files: &[("/etc/tmpfiles.d/x.conf", "D $R 1777 root root -\n", 400)],
        tree: &[("$R/build/x", 0, 200, 0)],
        template: "$R/build/{name}",
        verdict: V::InNameOnly,
        states: &[S::Quiet],
        near: None,
    },
    Case {
        name: "24: so is r!",
        files: &[("/etc/tmpfiles.d/x.conf", "r! $R/*.lock\n", 400)],
        tree: &[("$R/a.lock", 0, 90, 0)],
        template: "$R/{name}.lock",
        verdict: V::InNameOnly,
        states: &[S::Quiet],
        near: None,
    },
    Case {
        name: "25: numbers beyond rotate",
        files: &[("/etc/logrotate.conf", "$R/live.log {\n daily\n rotate 2\n}\n", 400)],
        tree: &[("$R/live.log.4", 0, 100, 0), ("$R/live.log.5", 0, 130, 0), ("$R/live.log", 0, 0, 5)],
        template: "$R/live.log.{n}",
        verdict: V::Partly,
        states: &[S::Idle],
        near: Some("nothing in the block: remove them once by hand"),
    },
    Case {
        name: "26: copies from before compress",
        files: &[("/etc/logrotate.conf", "$R/app.log {\n daily\n rotate 2\n dateext\n compress\n}\n", 400)],
        tree: &[
            ("$R/app.log", 0, 0, 5),
            ("$R/app.log-20240101", 0, 99, 0),
            ("$R/app.log-20240102", 0, 98, 0),
            ("$R/app.log-20240103", 0, 97, 0),
        ],
        template: "$R/app.log-{date}",
        verdict: V::Partly,
        states: &[S::Idle],
        near: Some("nothing in the block: remove them once by hand"),
    },
    Case {
        name: "27: logs with a date in their own names are renamed once, and never again",
        files: &[("/etc/logrotate.conf", "$R/*.log {\n daily\n rotate 1\n compress\n}\n", 400)],
        tree: &[("$R/app-20240101.log.1.gz", 0, 160, 0), ("$R/app-20240102.log.1.gz", 0, 159, 0)],
        template: "$R/app-{date}.log.1.gz",
        verdict: V::InNameOnly,
        states: &[S::Idle],
        near: None,
    },
    Case {
        name: "28: the log is gone, and so is what removes its copies",
        files: &[("/etc/logrotate.conf", "$R/app.log {\n daily\n rotate 1\n maxage 7\n missingok\n}\n", 400)],
        tree: &[("$R/app.log.1", 0, 400, 0), ("$R/app.log.2", 0, 401, 0), ("$R/app.log.3", 0, 402, 0)],
        template: "$R/app.log.{n}",
        verdict: V::Uncovered,
        states: &[S::Dead],
        near: Some("nothing in the block: remove them once by hand"),
    },
    Case {
        name: "29: the program has not run for two months",
        files: &[
            ("/etc/logrotate.conf", "weekly\n$R/*.log {\n rotate 4\n weekly\n notifempty\n}\n", 400),
            ("/etc/cron.daily/logrotate", "", 400),
            ("/var/lib/logrotate/status", "logrotate state -- version 2\n\"$R/a.log\" 2024-4-1-0:0:0\n", 60),
            ("/var/lib/systemd/timers/stamp-logrotate.timer", "", 60),
        ],
        tree: &[("$R/a.log", 0, 0, 5)],
        template: "$R/{name}.log",
        verdict: V::Covered,
        states: &[S::Lapsed],
        near: None,
    },
    Case {
        name: "30: keep the newest seven",
        files: &[("/etc/cron.daily/dumps", "#!/bin/sh\nDIR=$R\nfor d in $DIR/db2; do ls -t $d/*.sql.gz | tail -n +3 | xargs rm -f; done\n", 400)],
        tree: &[("$R/db2/1.sql.gz", 0, 10, 0), ("$R/db2/2.sql.gz", 0, 20, 0), ("$R/db2/3.sql.gz", 0, 30, 0)],
        template: "$R/db2/{n}.sql.gz",
        verdict: V::Covered,
        states: &[S::Lapsed],
        near: None,
    },
    Case {
        name: "30: of a directory beside it nothing is kept or removed",
        files: &[("/etc/cron.daily/dumps", "#!/bin/sh\nDIR=$R\nfor d in $DIR/db1; do ls -t $d/*.sql.gz | tail -n +3 | xargs rm -f; done\n", 400)],
        tree: &[("$R/db3/1.sql.gz", 0, 10, 0), ("$R/db3/2.sql.gz", 0, 20, 0), ("$R/db3/3.sql.gz", 0, 30, 0)],
        template: "$R/db3/{n}.sql.gz",
        verdict: V::Uncovered,
        states: &[S::Dead],
        near: Some("$R/db3/*.sql.gz"),
    },
    cron!("31: rm -rf of directories takes what they hold", "rm -rf $R/*/",
        &[("$R/d/a.$E", 0, 0, 60)], "$R/d/{name}", V::Covered, &[S::Idle], None),
    cron!("32: another file system", "find $R -xdev -mtime +$N -delete",
        &[("$R/mounted/2024-01-03.$E", 1, 2, 0), ("$R/mounted/2024-01-04.$E", 1, 1, 0)],
        "$R/mounted/{date}.$E", V::Uncovered, &[S::Idle], Some("no -xdev")),
    cron!("33: a symbolic link at the start is not entered", "find /link -name '*.$E' -delete",
        &[("$R/a.$E", 0, 1, 0), ("$R/b.$E", 0, 1, 0)], "$R/{name}.$E", V::Uncovered, &[S::Dead], Some("/link/")),
    cron!("33: with a slash it is", "find /link/ -name '*.$E' -delete",
        &[("$R/a.$E", 0, 0, 60)], "$R/{name}.$E", V::Covered, &[S::Idle], None),
    cron!("34: names are bytes, newlines among them", "find $R -name '*.$E' -delete",
        &[("$R/a\nb.$E", 0, 0, 60), ("$R/\u{fffd}\u{1b}[31m.$E", 0, 0, 60)],
        "$R/{name}.$E", V::Covered, &[S::Idle], None),
    Case {
        name: "35: an empty crontab",
        files: &[("/etc/cron.d/x", "", 400)],
        tree: &[("$R/a.$E", 0, 1, 0)],
        template: ALL,
        verdict: V::Uncovered,
        states: &[],
        near: None,
    },
    Case {
        name: "36: a crontab's variables are literal",
        files: &[("/etc/cron.d/x", "X=$HOME/tmp\n0 3 * * * root find $X -delete\n", 400)],
        tree: &[("$R/a.$E", 0, 1, 0)],
        template: ALL,
        verdict: V::Uncovered,
        states: &[S::Dead],
        near: None,
    },
    Case {
        name: "37: two ages for the same files",
        files: &[("/etc/cron.daily/clean", "#!/bin/sh\nfind $R -type f -mtime +90 -delete\nfind $R -type f -mtime +$N -delete\n", 400)],
        tree: &[("$R/a", 0, 1, 0), ("$R/b", 0, 2, 0)],
        template: ALL,
        verdict: V::Covered,
        states: &[S::Shadowed, S::Idle],
        near: None,
    },
    cron!("38: ages that contradict each other", "find $R -mtime +7 -mtime -3 -delete",
        &[("$R/a", 0, 9, 0)], ALL, V::Uncovered, &[S::Broken], None),
    // Beyond the numbered ones.
    cron!("an exclusion keeps on purpose", "find $R ! -name '*.$E' -mtime +7 -delete",
        &[("$R/a.$E", 0, 0, 60)], ALL, V::Kept, &[S::Dead], None),
    cron!("an age of years bounds nothing", "find $R -name '*.$E' -mtime +2000 -delete",
        &[("$R/a.$E", 0, 0, 60)], ALL, V::InNameOnly, &[S::Idle], Some("-mtime +14")),
    cron!("what belongs to somebody else", "find $R -user oldjob -name '*.$E' -mtime +7 -delete",
        &[("$R/a.$E", 0, 0, 60)], ALL, V::Uncovered, &[S::Dead], Some("-user root")),
    cron!("files that are not empty are not taken for empty ones", "find $R -type f -empty -delete",
        &[("$R/a.$E", 0, 0, 60)], ALL, V::Uncovered, &[S::Dead], None),
    cron!("a root that is not there", "find $R/none -name '*.$E' -delete",
        &[("$R/a.$E", 0, 0, 60)], ALL, V::Uncovered, &[S::Dead], None),
    cron!("a root that nobody knows", "find $DIR -name '*.$E' -delete",
        &[("$R/a.$E", 0, 0, 60)], ALL, V::Uncovered, &[S::Opaque], None),
    cron!("a gate that is closed", "[ -d $R/none ] && find $R -delete",
        &[("$R/a.$E", 0, 0, 60)], ALL, V::Uncovered, &[S::Disabled],
        Some("it to be run: it runs only if `[ -d $R/none ]` holds")),
    cron!("a gate that is open", "[ -d $R ] && find $R -name '*.$E' -delete",
        &[("$R/a.$E", 0, 0, 60)], ALL, V::Covered, &[S::Idle], None),
    cron!("the opposite of one that is closed", "[ ! -d $R ] || find $R -name '*.$E' -delete",
        &[("$R/a.$E", 0, 0, 60)], ALL, V::Covered, &[S::Idle], None),
    cron!("a part of a family", "find $R -name '*.$E' -mtime +$N -delete",
        &[("$R/x.$E", 1, 2, 0), ("$R/y.log", 0, 0, 60)], ALL, V::Partly, &[S::Idle], Some("\\( -name '*.$E' -o -name '*.log' \\)")),
];

/// One draw of the names and ages.
struct Names {
    words: [(&'static str, String); 7],
    days: i64,
}

impl Names {
    fn draw(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(7919) + 3);
        let days = 3 + (dice.0 % 17) as i64;
        let root = dice.pick(&["/data", "/srv/feeds/in", "/opt/x-7/Out", "/m/n/o/p"]);
        let words = [
            ("$R", root.to_owned()),
            ("$r", root[1..].to_owned()),
            ("$D", dice.pick(&["feeds", "spool-7", "x"]).to_owned()),
            (
                "$B",
                dice.pick(&["ticker", "maint", "trades", "fills"])
                    .to_owned(),
            ),
            ("$E", dice.pick(&["csv", "dat", "json", "gz2"]).to_owned()),
            ("$N", days.to_string()),
            ("$M", (days * 1440).to_string()),
        ];
        Self { words, days }
    }

    fn fill(&self, text: &str) -> String {
        let mut text = text.replace("$DIR", "\u{1}");
        for (word, value) in &self.words {
            text = text.replace(word, value);
        }
        text.replace('\u{1}', "$DIR")
    }
}

/// A running machine that has just these files.
struct Host(Vec<RuleFile>);

impl Machine for Host {
    fn load(&mut self, path: &[u8]) -> Option<RuleFile> {
        self.0.iter().find(|file| file.path == path).cloned()
    }

    fn list(&mut self, folder: &[u8]) -> Vec<Vec<u8>> {
        let below = self
            .0
            .iter()
            .filter_map(|file| file.path.strip_prefix(folder)?.strip_prefix(b"/"));
        below.map(<[u8]>::to_vec).collect()
    }

    fn is_there(&mut self, path: &[u8]) -> Tri {
        match self.0.iter().any(|file| file.path == path) {
            false if !self.is_live() => Tri::Unknown,
            known => known.into(),
        }
    }

    fn is_live(&self) -> bool {
        // Only where a case brings more than rules is the machine's state evidence.
        self.0
            .iter()
            .any(|file| file.path.starts_with(b"/var/") || file.path.starts_with(b"/run/"))
    }
}

fn audited(case: &Case, names: &Names) -> Audit {
    let files: Vec<File> = case
        .tree
        .iter()
        .map(|&(path, times, more, minutes)| {
            let age = days(times * names.days + more) + minutes * MINUTE;
            File(names.fill(path), 5000, age)
        })
        .collect();
    let root = names.fill("$R");
    let tree = tree_with_mount("/", &files, &format!("{root}/mounted"));
    let template = names.fill(case.template);
    let literal = template.split('{').next().unwrap();
    let literal = &literal[..literal.rfind('/').unwrap()];
    let paths: Vec<String> = files.iter().map(|file| file.0.clone()).collect();
    let mut host = Host(
        case.files
            .iter()
            .map(|&(path, text, age)| RuleFile {
                mtime: Some(Timestamp(NOW.0 - days(age))),
                ..rule_file(path, &names.fill(text))
            })
            .collect(),
    );
    let is_rule =
        |file: &&RuleFile| !file.path.starts_with(b"/var/") && !file.path.starts_with(b"/run/");
    let files: Vec<RuleFile> = host.0.iter().filter(is_rule).cloned().collect();
    let rules = rules::read_on(&files, &mut host);
    let world = World(root);
    let ground = Ground::new(&tree, None).with_stamps(Some(&world));
    let family = family(&tree, &template, literal, &paths);
    audit_on(&ground, vec![family], &rules, &|_| None, &Moment::at(NOW))
}

#[test]
fn every_case_is_judged_as_it_should_be() {
    let mut wrong = Vec::new();
    for case in CASES {
        for seed in 0..5 {
            let names = Names::draw(seed);
            let audit = audited(case, &names);
            let report = &audit.families[0];
            let states: Vec<S> = audit.rules.iter().map(|rule| rule.state).collect();
            let near = report.near_misses.first().map(|miss| miss.edit.clone());
            let wanted = case.near.map(|edit| names.fill(edit));
            if (report.verdict, &states[..], &near) != (case.verdict, case.states, &wanted) {
                let why: Vec<_> = audit
                    .rules
                    .iter()
                    .map(|r| (&r.rule.id, &r.reason))
                    .collect();
                wrong.push(format!(
                    "{} (seed {seed}): {:?} {states:?} {near:?} {why:?}",
                    case.name, report.verdict
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
