//! Stories of jobs that were changed without their cleanup, drawn from a seed.
//!
//! Each has an old rule in one of the forms that people write, a new layout, and rules of
//! others beside. The rule that was left behind must come first among the near misses, and its
//! edit, put into its file and read like any other, must cover the new files.

use super::*;
use crate::rules::coverage::{Owner, Stamped, Stamps};

const DRAWS: u64 = 420;

/// One drawn story.
pub(super) struct Story {
    root: &'static str,
    pub(super) file: &'static str,
    /// The rule's file; its command is what stands at `{}`.
    frame: String,
    pub(super) command: String,
    pub(super) files: Vec<File>,
    pub(super) template: String,
}

struct Words {
    base: &'static str,
    stem: &'static str,
    ext: &'static str,
    joint: &'static str,
    date: &'static str,
    days: i64,
}

/// A path below the base for one day and key.
fn laid_out(words: &Words, layout: &str, day: i64, key: &str) -> String {
    let [year, month, date, ..] = Timestamp(NOW.0 - days(day)).civil().unwrap();
    let whole = words
        .date
        .replace("%Y", &format!("{year:04}"))
        .replace("%m", &format!("{month:02}"))
        .replace("%d", &format!("{date:02}"));
    layout
        .replace("DATE", &whole)
        .replace("STEM", words.stem)
        .replace("KEY", key)
        .replace("EXT", words.ext)
        .replace('+', words.joint)
}

/// Old commands, and the layouts that may have come after them.
const SHARDED: &[&str] = &[
    "STEM/DATE/KEY.EXT",
    "STEM/KEY/DATE.EXT",
    "STEM/KEY/DATE/part+0.EXT",
    "DATE/STEM+KEY.EXT",
    "STEM/STEM+KEY+DATE.EXT",
    "STEM+DATE/KEY.EXT",
    "STEM+KEY+DATE.EXT.gz",
    "STEMs_DATE.EXT2",
    ".STEM-DATE+KEY.EXT",
    "STEM+DATE+KEY",
    "in/STEM-DATE+KEY.EXT",
];
pub(super) const FORMS: &[(&str, &str, &[&str])] = &[
    (
        "cron",
        "find BASE -maxdepth 1 -name 'STEM-*.EXT' -mtime +N -delete",
        SHARDED,
    ),
    (
        "cron",
        "find BASE -maxdepth 1 -type f -name 'STEM-*.EXT' -mtime +N -exec rm -f {} \\;",
        SHARDED,
    ),
    (
        "cron",
        "find BASE/ -name 'STEM-*.EXT' -mtime +N -print0 | xargs -0 -r rm -f",
        SHARDED.split_at(6).0,
    ),
    (
        "cron",
        "find BASE -path 'BASE/STEM-*.EXT' -mtime +N -delete",
        SHARDED.split_at(6).0,
    ),
    (
        "cron",
        "find BASE/STEM.EXT* -mtime +N -delete",
        SHARDED.split_at(2).0,
    ),
    (
        "cron",
        "find BASE/STEM -maxdepth 1 -type f -mtime +N -delete",
        SHARDED.split_at(3).0,
    ),
    (
        "cron",
        "find BASE -maxdepth 1 -type d -name 'STEM-*' -mtime +N -exec rm -rf {} +",
        &[
            "STEM/DATE/KEY.EXT",
            "STEM+DATE/KEY.EXT",
            "KEY/STEM+DATE/x.EXT",
        ],
    ),
    (
        "cron",
        "find /old/place/STEM -name 'STEM-*' -mtime +N -delete",
        &["STEM-DATE+KEY.EXT", "in/STEM-DATE+KEY.EXT"],
    ),
    ("script", "rm -f BASE/STEM-*.EXT", SHARDED),
    (
        "script",
        "rm -rf BASE/STEM-*/",
        &["STEM/DATE/KEY.EXT", "STEM_DATE/KEY.EXT"],
    ),
    (
        "script",
        "ls -t BASE/STEM-*.EXT | tail -n +8 | xargs rm -f",
        SHARDED.split_at(4).0,
    ),
    (
        "script",
        "cd BASE && rm -f STEM-*.EXT",
        SHARDED.split_at(6).0,
    ),
    (
        "cron",
        "rm -f BASE/STEM-$(date -d 'N days ago' +%F).EXT",
        &[
            "STEM/DATE/KEY.EXT",
            "STEM/KEY/DATE.EXT",
            "STEM+DATE+KEY.EXT",
            "STEM/DATE.EXT",
        ],
    ),
    (
        "cron",
        "rm -rf BASE/STEM/$(date +%Y%m%d -d 'N days ago')",
        &["STEM/in/DATE/KEY.EXT", "STEM/KEY/DATE/x.EXT"],
    ),
    (
        "cron",
        "find BASE -name \"STEM-$(date -d 'N days ago' +%F)*\" -delete",
        &["STEM/DATE/KEY.EXT", "STEM/KEY/DATE.EXT"],
    ),
    (
        "bare",
        "find BASE -name \"*.EXT\" -not -name \"$(date +%F)*\" -mtime +N -delete",
        &["STEM/DATE/KEY.EXT"],
    ),
    (
        "dotted",
        "find BASE -name '*.EXT' -mtime +N -delete",
        &["STEM/DATE/KEY.EXT"],
    ),
    (
        "cron",
        "find BASE -name '*.EXT.gz' -o -name '*.EXT' -mtime +N -delete",
        &["STEM/DATE/KEY.EXT.gz"],
    ),
    (
        "cron",
        "find BASE -name keep -prune -o -type f -mtime +N -delete",
        &["STEM/DATE/KEY.EXT"],
    ),
    (
        "cron",
        "find BASE -name '*.EXT' -mtime +3000 -delete",
        &["STEM/DATE/KEY.EXT"],
    ),
    (
        "cron",
        "find BASE -name '*.EXT' -size +100M -mtime +N -delete",
        &["STEM/DATE/KEY.EXT"],
    ),
    (
        "cron",
        "find BASE -type d -name '*.EXT' -mtime +N -delete",
        &["STEM/DATE/KEY.EXT"],
    ),
    (
        "cron",
        "find BASE -user oldjob -name '*.EXT' -mtime +N -delete",
        &["STEM/DATE/KEY.EXT"],
    ),
    (
        "cron",
        "find /link -name '*.EXT' -mtime +N -delete",
        &["STEM/DATE/KEY.EXT"],
    ),
    (
        "cron",
        "find BASE -maxdepth 1 -name 'STEM-*.EXT' -size +100M -mtime +N -delete",
        SHARDED.split_at(2).0,
    ),
    (
        "tmpfiles",
        "d BASE/STEM_old - - - m:Nd",
        &["STEM/DATE/KEY.EXT", "STEM/KEY/DATE.EXT"],
    ),
    (
        "tmpfiles",
        "e BASE/STEM-[0-9]* - - - m:Nd",
        &["STEM/DATE/KEY.EXT", "STEM/KEY/DATE.EXT"],
    ),
    (
        "logrotate",
        "BASE/STEM.log",
        &["STEM/KEY.log", "KEY/STEM.log", "STEM+KEY.log"],
    ),
];

/// What the tree does not tell: everything is root's, and one link leads to each base.
#[derive(Debug)]
pub(super) struct World(pub(super) String);

impl Stamps for World {
    fn of(&self, tree: &Tree, node: NodeId) -> Option<Stamped> {
        // What lies in a directory of that name was unpacked an hour ago.
        let is_fresh = tree.path(node).windows(7).any(|part| part == b"/fresh/");
        let stamp = if is_fresh {
            Some(Timestamp(NOW.0 - HOUR))
        } else {
            tree.mtime(node)
        };
        Some(Stamped {
            accessed: stamp,
            changed: stamp,
            born: stamp,
        })
    }

    fn owner(&self, tree: &Tree, node: NodeId, _group: bool) -> Option<Owner> {
        let is_cache = tree.name(node).starts_with(b"maint_");
        let name: &[u8] = if is_cache { b"apt-cacher-ng" } else { b"root" };
        Some(Owner {
            id: u32::from(is_cache) * 107,
            name: Some(name.to_vec()),
        })
    }

    fn real(&self, path: &[u8]) -> Option<Vec<u8>> {
        let below = path
            .strip_prefix(b"/link")
            .map(|rest| [self.0.as_bytes(), rest].concat());
        let mut real = below.unwrap_or_else(|| path.to_vec());
        while real.len() > 1 && real.ends_with(b"/") {
            real.pop();
        }
        Some(real)
    }
}

pub(super) fn draw(seed: u64) -> Story {
    let mut dice = Dice(seed.wrapping_mul(7919) + 17);
    let (base, root) = dice.pick(&[
        ("/data", "/data"),
        ("/srv/feeds", "/srv"),
        ("/var/lib/jobs", "/var/lib/jobs"),
        ("/opt/md/dump", "/opt"),
        ("/mnt/x/y.d", "/mnt/x"),
    ]);
    let (kind, command, layouts) = FORMS[seed as usize % FORMS.len()];
    let words = Words {
        base,
        stem: dice.pick(&["ticker", "quotes", "fills", "riskvar", "sensor"]),
        ext: dice.pick(&["csv", "parquet", "json", "dat", "rec"]),
        joint: dice.pick(&["-", "_", "."]),
        date: dice.pick(&["%Y-%m-%d", "%Y%m%d", "%Y_%m_%d", "%Y.%m.%d", "%Y/%m/%d"]),
        days: 5 + seed as i64 % 20,
    };
    let layout = dice.pick(layouts);
    // A date of three levels stands alone in its name.
    let alone = layout.split('/').any(|part| part == "DATE");
    let date = if words.date.contains('/') && !alone {
        "%Y-%m-%d"
    } else {
        words.date
    };
    let words = Words { date, ..words };
    let keys = [
        ["NYSE", "LSE", "XETR"],
        ["a1", "b22", "c"],
        ["eu-1", "us-1", "ap-2"],
    ];
    let keys = dice.pick(&keys);
    let span = if layout.contains("DATE") { 40 } else { 1 };
    let mut files = Vec::new();
    for day in 0..span {
        for key in keys {
            let path = format!("{base}/{}", laid_out(&words, layout, day, key));
            if !files.iter().any(|File(other, ..): &File| *other == path) {
                files.push(File(path, 5000, days(day) + 600));
            }
        }
    }
    let command = command
        .replace("BASE", words.base)
        .replace("STEM", words.stem)
        .replace("EXT", words.ext)
        .replace("+N", &format!("+{}", words.days))
        .replace("N days", &format!("{} days", words.days))
        .replace(":Nd", &format!(":{}d", words.days));
    let (file, frame) = match kind {
        "script" => ("/etc/cron.daily/clean", "#!/bin/sh\nset -e\n{}\n"),
        "dotted" => ("/etc/cron.daily/clean.sh", "#!/bin/sh\n{}\n"),
        "tmpfiles" => ("/etc/tmpfiles.d/jobs.conf", "# jobs\n{}\n"),
        "logrotate" => ("/etc/logrotate.d/jobs", "{} {\n  daily\n  rotate 7\n}\n"),
        _ => ("/etc/cron.d/market", "# market data\n0 3 * * * root {}\n"),
    };
    Story {
        root,
        file,
        frame: frame.to_owned(),
        command,
        files,
        template: template(&words, layout),
    }
}

/// The layout with its variables in braces.
fn template(words: &Words, layout: &str) -> String {
    let below = layout
        .replace("DATE", "{date}")
        .replace("KEY", "{key}")
        .replace("STEM", words.stem)
        .replace("EXT", words.ext)
        .replace('+', words.joint);
    format!("{}/{below}", words.base)
}

/// Rules of others, that have nothing to do with any of it.
const OTHERS: &[(&str, &str)] = &[
    (
        "/etc/cron.d/aa",
        "1 2 * * * root find /var/backups/pg -name '*.dump' -mtime +9 -delete\n",
    ),
    (
        "/etc/cron.d/ab",
        "1 2 * * * root find /home/build/out -maxdepth 2 -name 'core.*' -delete\n",
    ),
    (
        "/etc/cron.daily/ac",
        "#!/bin/sh\nrm -f /var/spool/fax/*.tif\nfind /var/log/app -name '*.log' -mtime +7 -delete\n",
    ),
    (
        "/etc/tmpfiles.d/ad.conf",
        "d /var/cache/man - - - 10d\ne /var/lib/portables - - - 30d\n",
    ),
    (
        "/etc/logrotate.d/ae",
        "/var/log/nginx/*.log {\n weekly\n rotate 4\n}\n",
    ),
    (
        "/etc/cron.d/af",
        "1 2 * * * root rm -rf /scratch/ci-$(date -d '3 days ago' +\\%F)\n",
    ),
    (
        "/etc/cron.daily/ag",
        "#!/bin/sh\nls -t /backup/home-*.tar | tail -n +5 | xargs rm -f\n",
    ),
];

impl Story {
    /// The rule's file with a command in it, as its format wants it.
    pub(super) fn text(&self, command: &str, is_bare: bool) -> String {
        let is_table = self.file.starts_with("/etc/cron.d/");
        let command = if is_table && !is_bare {
            command.replace('%', "\\%")
        } else {
            command.to_owned()
        };
        self.frame.replacen("{}", &command, 1)
    }

    fn audit(&self, text: &str, with_story: bool) -> Audit {
        let text = with_story.then_some(text);
        self.audit_with(text, self.files.len(), &[])
    }

    /// The audit where of all files the first are the family's, and the rest are of others.
    pub(super) fn audit_beside(
        &self,
        text: &str,
        own: usize,
        others: &[(String, Vec<String>)],
    ) -> Audit {
        self.audit_with(Some(text), own, others)
    }

    fn audit_with(
        &self,
        text: Option<&str>,
        own: usize,
        others: &[(String, Vec<String>)],
    ) -> Audit {
        let tree = tree(self.root, &self.files);
        let paths: Vec<String> = self.files[..own]
            .iter()
            .map(|file| file.0.clone())
            .collect();
        let literal = self.template.split('{').next().unwrap();
        let literal = &literal[..literal.rfind('/').unwrap()];
        let mut family = family(&tree, &self.template, literal, &paths);
        family.growth_per_day = Some(15_000);
        let mut files: Vec<RuleFile> = OTHERS
            .iter()
            .map(|(path, text)| rule_file(path, text))
            .collect();
        files.extend(text.map(|text| rule_file(self.file, text)));
        let others = others.iter().map(|(template, paths)| {
            let literal = template.split('{').next().unwrap();
            let literal = &literal[..literal.rfind('/').unwrap()];
            super::family(&tree, template, literal, paths)
        });
        let families = std::iter::once(family).chain(others).collect();
        let rules = rules::read(&files, &mut |_| None);
        let world = World(self.base().to_owned());
        let ground = Ground::new(&tree, None).with_stamps(Some(&world));
        audit_on(&ground, families, &rules, &|_| None, &Moment::at(NOW))
    }

    pub(super) fn base(&self) -> &'static str {
        let bases = [
            "/data",
            "/srv/feeds",
            "/var/lib/jobs",
            "/opt/md/dump",
            "/mnt/x/y.d",
        ];
        let is_below = |base: &&&str| self.files[0].0.starts_with(&format!("{base}/"));
        bases.iter().find(is_below).unwrap()
    }

    /// What is wrong with what the audit says, if anything; `None`: the old rule takes the new
    /// files as it is, and there is no story.
    fn fault(&self, seed: u64) -> Option<Option<String>> {
        let wrong = |text: String| Some(Some(text));
        let is_bare = FORMS[seed as usize % FORMS.len()].0 == "bare";
        let text = self.text(&self.command, is_bare);
        let audit = self.audit(&text, true);
        let report = &audit.families[0];
        // What the old rule takes as it is was not left behind.
        if matches!(report.verdict, Verdict::Covered) {
            return None;
        }
        let context = format!("seed {seed}: {} for {}", self.command, self.files[0].0);
        let Some(miss) = report.near_misses.first() else {
            let rule = audit
                .rules
                .iter()
                .find(|r| r.rule.file == self.file.as_bytes());
            let state = rule.map(|r| (r.state, r.reason.clone()));
            return wrong(format!(
                "{context}: {:?}, no near miss, {state:?}",
                report.verdict
            ));
        };
        let rule = &audit.rules[miss.rule];
        if rule.rule.file != self.file.as_bytes() || miss.points < 40 {
            return wrong(format!("{context}: {:?} comes first", rule.rule.id));
        }
        let all = self.files.len() as u64;
        if miss.would_cover.files < all * 95 / 100 {
            return wrong(format!(
                "{context}: {} covers {}",
                miss.edited, miss.would_cover.files
            ));
        }
        // Put into its file, and for what only has to be renamed, into the file of its new name.
        let renamed = miss.edit.starts_with("mv ");
        let mended = Self {
            file: if renamed {
                "/etc/cron.daily/clean"
            } else {
                self.file
            },
            frame: self.frame.clone(),
            command: String::new(),
            files: self
                .files
                .iter()
                .map(|f| File(f.0.clone(), f.1, f.2))
                .collect(),
            template: self.template.clone(),
            root: self.root,
        };
        let command = miss.edited.strip_suffix(" {").unwrap_or(&miss.edited);
        let text = self.text(command, false);
        let again = mended.audit(&text, true);
        let verdict = again.families[0].verdict;
        let is_covered = verdict == Verdict::Covered;
        let fault = || format!("{context}: {} leaves it {verdict:?}", miss.edited);
        Some((!is_covered).then(fault))
    }
}

#[test]
fn the_rule_that_was_left_behind_comes_first_and_its_edit_covers() {
    let told: Vec<Option<String>> = (0..DRAWS)
        .filter_map(|seed| draw(seed).fault(seed))
        .collect();
    assert!(
        told.len() as u64 >= DRAWS * 9 / 10,
        "{} stories",
        told.len()
    );
    let faults: Vec<String> = told.into_iter().flatten().collect();
    let allowed = DRAWS as usize / 100;
    assert!(
        faults.len() <= allowed,
        "{} of {DRAWS}:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn unrelated_rules_are_no_near_misses() {
    for seed in 0..DRAWS / 4 {
        let story = draw(seed);
        let audit = story.audit("", false);
        let misses = &audit.families[0].near_misses;
        assert_eq!(misses, &[], "seed {seed}: {}", story.files[0].0);
    }
}
