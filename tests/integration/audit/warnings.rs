//! What is worth a look and no gap: each warning on a machine that has it, and on a twin that was
//! mended; the words are in the README.

use std::fs;

use jettison::audit::{self, Code, Moment};
use jettison::entry::RuleFile;
use jettison::rules;
use jettison::rules::machine::Machine;
use jettison::rules::model::Tri;
use jettison::time::Timestamp;

use crate::dir::{Dir, NOW, Run, age_to, jettison};
use crate::rules::scan;

const DAY: i64 = 86_400;

/// A machine's tree, below which its paths lie, and its rule files.
fn machine(rules: &[(&str, &str)]) -> (Dir, Dir) {
    let (dir, root) = (Dir::new(), Dir::new());
    for days in 0..20 {
        let date = Timestamp(NOW - days * DAY).date_text();
        let file = dir.file(format!("top/srv/dump/{date}.sql"), 4000);
        age_to(&file, NOW - days * DAY - 600);
    }
    dir.file("top/var/lib/docker/containers/0a1b/0a1b-json.log", 90_000);
    for (path, text) in rules {
        let file = root.write(path, text);
        age_to(&file, NOW - 400 * DAY);
    }
    (dir, root)
}

fn run((dir, rules): &(Dir, Dir)) -> Run {
    let (top, rules) = (dir.join("top"), rules.path());
    let now = format!("@{NOW}");
    jettison([
        "audit",
        top.to_str().unwrap(),
        "--seen-as",
        "/",
        "--rules",
        rules.to_str().unwrap(),
        "--now",
        &now,
        "--format",
        "json",
    ])
}

fn has(run: &Run, code: &str) -> bool {
    let document = run.json();
    let findings = document["findings"].as_array().unwrap();
    findings.iter().any(|finding| finding["code"] == code)
}

const CLEANED: (&str, &str) = (
    "etc/cron.d/dump",
    "0 4 * * * root find /srv/dump -name '*.sql' -mtime +30 -delete\n",
);

#[test]
fn each_warning_is_there_and_gone_when_mended() {
    let docker = "etc/docker/daemon.json";
    let other = "etc/cron.d/other";
    for (code, bad, mended) in [
        (
            "unlimited-retention",
            (docker, "{}\n"),
            (
                docker,
                "{\"log-opts\": {\"max-size\": \"10m\", \"max-file\": \"3\"}}\n",
            ),
        ),
        (
            "matches-nothing",
            (
                other,
                "0 4 * * * root find /srv/dump -name 'zzz*.tiff' -mtime +30 -delete\n",
            ),
            (
                other,
                "0 4 * * * root find /srv/dump -name '*.sql' -mtime +40 -size +9G -delete\n",
            ),
        ),
        (
            "shadowed-rule",
            (
                other,
                "0 4 * * * root find /srv/dump -name '*.sql' -mtime +90 -delete\n",
            ),
            (
                other,
                "0 4 * * * root find /var/lib/docker -name '*.log' -mtime +90 -delete\n",
            ),
        ),
    ] {
        let sick = run(&machine(&[CLEANED, bad]));
        assert!(has(&sick, code), "{code}: {}", sick.story());
        assert_eq!(sick.code, 0, "a warning is no gap: {}", sick.story());
        let well = run(&machine(&[CLEANED, mended]));
        let is_gone = !has(&well, code) || code == "matches-nothing" && well.code == 0;
        assert!(is_gone, "{code}: {}", well.story());
    }
}

#[test]
fn warnings_are_documented() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    for code in [
        Code::UnlimitedRetention,
        Code::NoAlert,
        Code::MatchesNothing,
        Code::ShadowedRule,
    ] {
        let row = format!("| `{}` |", code.word());
        assert!(readme.contains(&row), "{row}");
    }
}

/// A machine that runs, with these paths and no others.
struct Running(&'static [&'static str]);

impl Machine for Running {
    fn load(&mut self, _path: &[u8]) -> Option<RuleFile> {
        None
    }

    fn list(&mut self, _folder: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn is_there(&mut self, path: &[u8]) -> Tri {
        self.0.iter().any(|own| own.as_bytes() == path).into()
    }

    fn is_live(&self) -> bool {
        true
    }
}

#[test]
fn a_machine_that_nobody_watches_is_warned_of() {
    let dir = Dir::new();
    dir.file("top/x", 10);
    let tree = scan(&dir.join("top"));
    let told = |paths: &'static [&'static str], table: &str| {
        let file = RuleFile {
            path: b"/etc/cron.d/job".to_vec(),
            read_from: b"/etc/cron.d/job".to_vec(),
            contents: table.as_bytes().to_vec(),
            mode: None,
            uid: None,
            mtime: None,
        };
        let set = rules::read_on(&[file], &mut Running(paths));
        let moment = Moment::at(Timestamp(NOW));
        let audit = audit::audit(&tree, Vec::new(), &set, &|_| None, &moment, None);
        let is_it = |finding: &audit::Finding| finding.code == Code::NoAlert;
        audit.findings.iter().any(is_it)
    };
    let job = "0 4 * * * root find /srv/x -mtime +3 -delete\n";
    assert!(told(&[], job));
    assert!(!told(&["/usr/bin/monit"], job));
    assert!(!told(&[], "0 * * * * root df -h / | mail -s disk ops\n"));
}
