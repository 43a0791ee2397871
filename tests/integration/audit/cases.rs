//! A table of rules, trees and what the audit must say of them; each case again with other
//! names, roots and ages, which may not change a word of it.
//!
//! In texts and paths `$R` is the root of the tree, `$D` a directory's name, `$B` the beginning
//! of a file's, `$E` an extension, `$N` a number of days, `$M` the same in minutes. A file's age
//! is so many times `$N` days, and days and minutes beside.

use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::dir::{Dir, NOW, age_to, jettison};
use crate::rules::Draw;

/// A path, and its age.
type File = (&'static str, i64, i64, i64);
/// A rule's line and state, the files in its scope and those due now.
type Rule = (u64, &'static str, u64, u64);

struct Case {
    name: &'static str,
    file: &'static str,
    text: &'static str,
    tree: &'static [File],
    rules: &'static [Rule],
}

const CASES: &[Case] = &[
    Case {
        name: "1: +N days is N + 1 days, and what came due a minute ago is not late",
        file: "etc/cron.d/x",
        text: "0 3 * * * root find $R/$D -type f -name '*.$E' -mtime +$N -delete\n",
        tree: &[
            ("$D/a.$E", 1, 0, 60),
            ("$D/b.$E", 1, 1, -1),
            ("$D/c.$E", 1, 1, 1),
        ],
        rules: &[(1, "idle", 3, 1)],
    },
    Case {
        name: "2: what is due for longer than two runs is late",
        file: "etc/cron.d/x",
        text: "0 3 * * * root find $R/$D -type f -name '*.$E' -mtime +$N -delete\n",
        tree: &[("$D/c.$E", 1, 23, 0), ("$D/d.$E", 1, 5, 0)],
        rules: &[(1, "lapsed", 2, 2)],
    },
    Case {
        name: "3: minutes have no minute beside",
        file: "etc/cron.d/x",
        text: "0 3 * * * root find $R/$D -mmin +$M -delete\n",
        tree: &[("$D/a", 1, 0, 1)],
        rules: &[(1, "idle", 1, 1)],
    },
    Case {
        name: "4: a layout that has changed",
        file: "etc/cron.d/x",
        text: "0 3 * * * root find $R -maxdepth 1 -name '$B-*.$E' -mtime +$N -delete\n",
        tree: &[
            ("$B/2024-01-03/NYSE.$E", 2, 0, 0),
            ("$B/2024-01-04/LSE.$E", 2, 0, 0),
        ],
        rules: &[(1, "dead", 0, 0)],
    },
    Case {
        name: "5: a component too few",
        file: "etc/cron.daily/clean",
        text: "#!/bin/sh\nrm -f $R/$D/*.$E\n",
        tree: &[("$D/2024-01-03/NYSE.$E", 1, 0, 0)],
        rules: &[(2, "dead", 0, 0)],
    },
    Case {
        name: "6: a shell's star leaves names with a dot, find's does not",
        file: "etc/cron.daily/clean",
        text: "#!/bin/sh\nrm -f $R/$D/*.$E\nfind $R/$D -name '*.$E' -delete\n",
        tree: &[("$D/.hid.$E", 0, 1, 0)],
        rules: &[(2, "dead", 0, 0), (3, "idle", 1, 1)],
    },
    Case {
        name: "7: -path crosses slashes",
        file: "etc/cron.d/x",
        text: "0 3 * * * root find $R/$D -path '$R/$D/*.$E' -mtime +$N -delete\n",
        tree: &[("$D/a/b/c.$E", 1, 2, 0)],
        rules: &[(1, "idle", 1, 1)],
    },
    Case {
        name: "8: -path is of the path as printed",
        file: "etc/cron.daily/clean",
        text: "find $R/$D/ -path '$R/$D/*.$E' -delete\ncd $R && find $D -path '$R/$D/*' -delete\n",
        tree: &[("$D/a.$E", 0, 1, 0)],
        rules: &[(1, "idle", 1, 1), (2, "dead", 0, 0)],
    },
    Case {
        name: "9: -o without parentheses",
        file: "etc/cron.daily/clean",
        text: "find $R/$D -maxdepth 1 -name '$B_*.html.xz' -or -name '$B_*.html' -type f -mtime +$N -delete\n",
        tree: &[("$D/$B_1.html.xz", 9, 0, 0), ("$D/$B_2.html", 1, 0, 0)],
        rules: &[(1, "broken", 1, 0)],
    },
    Case {
        name: "10: -prune with -delete is refused",
        file: "etc/cron.d/x",
        text: "0 3 * * * root find $R/$D -name keep -prune -o -type f -mtime +$N -delete\n",
        tree: &[("$D/a", 3, 0, 0)],
        rules: &[(1, "broken", 0, 0)],
    },
    Case {
        name: "11: -delete before the tests",
        file: "etc/cron.d/x",
        text: "0 3 * * * root find $R/$D -delete -name '*.tmp'\n",
        tree: &[("$D/a.txt", 0, 0, 5)],
        rules: &[(1, "idle", 1, 1)],
    },
    Case {
        name: "12: seven days without `ago` lie ahead",
        file: "etc/cron.daily/clean",
        text: "find $R/$D -type f ! -newermt 7days -delete\nfind $R/$D -type f ! -newermt '$N days ago' -delete\n",
        tree: &[("$D/f", 0, 0, 5), ("$D/g", 1, 0, 5)],
        rules: &[(1, "lapsed", 2, 2), (2, "shadowed", 2, 1)],
    },
    Case {
        name: "13: -size -1M is only what is empty",
        file: "etc/cron.daily/clean",
        text: "find $R/$D -type f -size -1M -delete\n",
        tree: &[("$D/empty", 0, 1, 0), ("$D/one", 0, 1, 0)],
        rules: &[(1, "idle", 1, 1)],
    },
    Case {
        name: "14: a bare percent sign ends a crontab's command",
        file: "etc/cron.d/x",
        text: "5 4 * * * root find $R/$D -type f -name \"*-$(date -d '9 days ago' +%F)*\" -delete\n\
               5 4 * * * root find $R/$D -type f -name \"*-$(date -d '9 days ago' +\\%F)*\" -delete\n",
        tree: &[("$D/x-2024-06-04.log", 0, 9, 0)],
        rules: &[(1, "broken", 0, 0), (2, "idle", 1, 1)],
    },
    Case {
        name: "15: run-parts passes over a dot",
        file: "etc/cron.daily/clean.sh",
        text: "#!/bin/sh\nfind $R/$D -type f -mtime +$N -delete\n",
        tree: &[("$D/c", 5, 0, 0)],
        rules: &[(2, "disabled", 1, 1)],
    },
    Case {
        name: "16: so does cron",
        file: "etc/cron.d/site.cleanup",
        text: "0 3 * * * root find $R/$D -type f -mtime +$N -delete\n",
        tree: &[("$D/c", 5, 0, 0)],
        rules: &[(1, "disabled", 1, 1)],
    },
    Case {
        name: "18: with its default stamps tmpfiles.d spares what was unpacked just now",
        file: "etc/tmpfiles.d/x.conf",
        text: "d $R/$D - - - $Nd\n",
        tree: &[("$D/a.log", 9, 0, 0)],
        rules: &[(1, "starved", 1, 0)],
    },
    Case {
        name: "19: any line that names a file keeps it",
        file: "etc/tmpfiles.d/x.conf",
        text: "d $R/$D - - - m:$Nd\nz $R/$D/*.log 0644\n",
        tree: &[
            ("$D/a.log", 1, 1, 0),
            ("$D/b.txt", 1, 1, 0),
            ("$D/s/c.log", 1, 1, 0),
        ],
        rules: &[(1, "idle", 2, 2)],
    },
    Case {
        name: "20: exclusions have no braces",
        file: "etc/tmpfiles.d/x.conf",
        text: "d $R/$D - - - 0\nx $R/$D/{a,b}\n",
        tree: &[("$D/a/f", 0, 1, 0)],
        rules: &[(1, "idle", 1, 1)],
    },
    Case {
        name: "21: ~ keeps the first level",
        file: "etc/tmpfiles.d/x.conf",
        text: "d $R/$D - - - ~m:$Nd\n",
        tree: &[("$D/f", 1, 1, 0), ("$D/s/g", 1, 1, 0)],
        rules: &[(1, "idle", 1, 1)],
    },
    Case {
        name: "23: D without an age is for the boot",
        file: "etc/tmpfiles.d/x.conf",
        text: "D $R/$D 1777 root root -\n",
        tree: &[("$D/build/x", 20, 0, 0)],
        rules: &[(1, "quiet", 1, 1)],
    },
    Case {
        name: "24: so is r!",
        file: "etc/tmpfiles.d/x.conf",
        text: "r! $R/$D/*.lock\n",
        tree: &[("$D/a.lock", 9, 0, 0)],
        rules: &[(1, "quiet", 1, 1)],
    },
    Case {
        name: "25: numbers beyond rotate",
        file: "etc/logrotate.conf",
        text: "$R/$D/$B.log {\n daily\n rotate 2\n}\n",
        tree: &[
            ("$D/$B.log", 0, 0, 5),
            ("$D/$B.log.1", 0, 1, 0),
            ("$D/$B.log.2", 0, 2, 0),
            ("$D/$B.log.4", 9, 0, 0),
            ("$D/$B.log.5", 9, 1, 0),
        ],
        rules: &[(1, "idle", 3, 0)],
    },
    Case {
        name: "26: copies from before compress",
        file: "etc/logrotate.conf",
        text: "$R/$D/$B.log {\n daily\n rotate 2\n dateext\n compress\n}\n",
        tree: &[
            ("$D/$B.log", 0, 0, 5),
            ("$D/$B.log-20240101", 0, 99, 0),
            ("$D/$B.log-20240102", 0, 98, 0),
            ("$D/$B.log-20240201.gz", 0, 70, 0),
            ("$D/$B.log-20240202.gz", 0, 69, 0),
            ("$D/$B.log-20240203.gz", 0, 68, 0),
        ],
        rules: &[(1, "idle", 4, 1)],
    },
    Case {
        name: "28: the log is gone, and so is what removes its copies",
        file: "etc/logrotate.conf",
        text: "$R/$D/$B.log {\n daily\n rotate 1\n maxage 7\n missingok\n}\n",
        tree: &[("$D/$B.log.1", 9, 0, 0), ("$D/$B.log.2", 9, 1, 0)],
        rules: &[(1, "dead", 0, 0)],
    },
    Case {
        name: "30: keep the newest seven",
        file: "etc/cron.daily/dumps",
        text: "#!/bin/sh\nDIR=$R\nfor d in $DIR/$D; do ls -t $d/*.$E | tail -n +3 | xargs rm -f; done\n",
        tree: &[
            ("$D/1.$E", 0, 1, 0),
            ("$D/2.$E", 0, 2, 0),
            ("$D/3.$E", 0, 13, 0),
            ("$D/4.$E", 0, 14, 0),
            ("$D/.x.$E", 0, 15, 0),
            ("other/5.$E", 0, 16, 0),
        ],
        rules: &[(3, "idle", 4, 2)],
    },
    Case {
        name: "36: a crontab's variables are literal",
        file: "etc/cron.d/x",
        text: "X=$HOME/tmp\n0 3 * * * root find $X -delete\n",
        tree: &[("$D/a", 0, 1, 0)],
        rules: &[(2, "unseen", 0, 0)],
    },
    Case {
        name: "37: two ages for the same files",
        file: "etc/cron.daily/clean",
        text: "find $R/$D -type f -mtime +90 -delete\nfind $R/$D -type f -mtime +$N -delete\n",
        tree: &[("$D/a", 0, 1, 0), ("$D/b", 0, 2, 0)],
        rules: &[(1, "shadowed", 2, 0), (2, "idle", 2, 0)],
    },
    Case {
        name: "38: ages that contradict each other",
        file: "etc/cron.d/x",
        text: "0 3 * * * root find $R/$D -mtime +7 -mtime -3 -delete\n",
        tree: &[("$D/a", 0, 9, 0)],
        rules: &[(1, "broken", 0, 0)],
    },
    Case {
        name: "a crontab without a newline at its end",
        file: "etc/cron.d/x",
        text: "0 3 * * * root find $R/$D -type f -mtime +$N -delete",
        tree: &[("$D/a", 5, 0, 0)],
        rules: &[(1, "broken", 0, 0)],
    },
];

/// One draw of the names and ages.
struct Names {
    words: [(&'static str, String); 5],
    days: i64,
}

impl Names {
    fn draw(seed: u64) -> Self {
        let mut draw = Draw::new(seed);
        let days = 3 + draw.below(17) as i64;
        let folder = draw
            .pick(&["data", "feeds", "Out put", "spool-7", "x"])
            .replace(' ', "-");
        Self {
            words: [
                ("$D", folder),
                (
                    "$B",
                    draw.pick(&["ticker", "maint", "trades", "app"]).to_owned(),
                ),
                ("$E", draw.pick(&["csv", "dat", "json", "gz2"]).to_owned()),
                ("$N", days.to_string()),
                ("$M", (days * 1440).to_string()),
            ],
            days,
        }
    }

    fn fill(&self, text: &str) -> String {
        let mut text = text.replace("$DIR", "\u{1}IR");
        for (word, value) in &self.words {
            text = text.replace(word, value);
        }
        text.replace("\u{1}IR", "$DIR")
    }
}

fn run(case: &Case, seed: u64) -> Value {
    let names = Names::draw(seed);
    let (dir, rules) = (Dir::new(), Dir::new());
    let root = dir.join("top");
    for (path, times, days, minutes) in case.tree {
        let size = usize::from(!path.contains("empty"));
        let file = dir.file(format!("top/{}", names.fill(path)), size);
        age_to(
            &file,
            NOW - (times * names.days + days) * 86_400 - minutes * 60,
        );
    }
    let text = names.fill(&case.text.replace("$R", root.to_str().unwrap()));
    let file = rules.write(case.file, text);
    age_to(&file, NOW - 400 * 86_400);
    let now = format!("@{NOW}");
    let root = root.to_str().unwrap().to_owned();
    let rules_root = rules.path();
    jettison([
        "audit",
        &root,
        "--rules",
        rules_root.to_str().unwrap(),
        "--now",
        &now,
        "--format",
        "json",
    ])
    .json()
}

#[test]
fn every_case_is_judged_as_it_should_be_whatever_its_names() {
    let mut wrong = Vec::new();
    for case in CASES {
        for seed in 0..4 {
            let document = run(case, seed);
            let rules = document["rules"].as_array().unwrap();
            let found: Vec<(u64, &str, u64, u64)> = rules
                .iter()
                .map(|rule| {
                    let count = |key: &str| rule[key]["files"].as_u64().unwrap();
                    let state = rule["state"].as_str().unwrap();
                    (
                        rule["line"].as_u64().unwrap(),
                        state,
                        count("scope"),
                        count("eligible"),
                    )
                })
                .collect();
            if found != case.rules {
                let reasons: Vec<&Value> = rules.iter().map(|rule| &rule["reason"]).collect();
                wrong.push(format!(
                    "{} (seed {seed}): {found:?} {reasons:?} {}",
                    case.name, document["findings"]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The codes of the findings of a case.
fn codes(case: &str) -> Vec<String> {
    let case = CASES.iter().find(|c| c.name.starts_with(case)).unwrap();
    let document = run(case, 1);
    let findings = document["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|f| f["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn findings_have_stable_codes() {
    for (case, code) in [
        ("2:", "lapsed-rule"),
        ("9:", "broken-rule"),
        ("15:", "disabled-rule"),
        ("18:", "starved-rule"),
        ("25:", "logrotate-orphan"),
        ("26:", "logrotate-orphan"),
        ("28:", "logrotate-orphan"),
    ] {
        assert!(
            codes(case).contains(&code.to_owned()),
            "{case} {:?}",
            codes(case)
        );
    }
    assert_eq!(codes("1:"), Vec::<String>::new());
}

#[test]
fn a_masked_file_of_a_vendor_is_disabled() {
    let (dir, rules) = (Dir::new(), Dir::new());
    let file = dir.file("cache/app/f", 10);
    age_to(&file, NOW - 90 * 86_400);
    let root = dir.join("cache");
    let line = format!("d {}/app - - - m:7d\n", root.display());
    let vendor = rules.write("usr/lib/tmpfiles.d/app.conf", line);
    age_to(&vendor, NOW - 400 * 86_400);
    rules.folder("etc/tmpfiles.d");
    symlink("/dev/null", rules.join("etc/tmpfiles.d/app.conf")).unwrap();
    let now = format!("@{NOW}");
    let rules_root = rules.path();
    let run = jettison([
        "audit",
        root.to_str().unwrap(),
        "--rules",
        rules_root.to_str().unwrap(),
        "--now",
        &now,
        "--format",
        "json",
    ])
    .code(1);
    let rule = &run.json()["rules"][0];
    assert_eq!(rule["state"], "disabled", "{}", run.story());
    assert_eq!(
        rule["reason"],
        "/etc/tmpfiles.d/app.conf takes the place of its file"
    );
}
