//! The stories, on trees and families made by hand.

use std::collections::BTreeMap;

mod cases;
mod generator;
mod real;

use super::*;
use crate::bytes::Interval;
use crate::entry::{Batch, Entry, Kind, Rooting, RuleFile, Sink as _, Token};
use crate::family::{Member, Side, Variable, VariableKind};
use crate::rules;
use crate::time::DAY;
use crate::tree::build::Builder;

const NOW: Timestamp = Timestamp(1_718_074_800);

/// A file of a test's tree: path, bytes, age in seconds.
struct File(String, u64, i64);

/// A directory's names; a file's size and age.
type Names = BTreeMap<String, Option<(u64, i64)>>;

fn tree(root: &str, files: &[File]) -> Tree {
    tree_with_mount(root, files, "")
}

/// The same, with a directory that is another file system.
fn tree_with_mount(root: &str, files: &[File], mount: &str) -> Tree {
    let mut listings: BTreeMap<Vec<String>, Names> = BTreeMap::new();
    let top: Vec<String> = Vec::new();
    listings.entry(top.clone()).or_default();
    for File(path, size, age) in files {
        let below = path.strip_prefix(root).unwrap().trim_start_matches('/');
        let mut names: Vec<String> = below.split('/').map(str::to_owned).collect();
        let name = names.pop().unwrap();
        for end in 0..names.len() {
            let above = names[..end].to_vec();
            let dir = listings.entry(above).or_default();
            dir.insert(names[end].clone(), None);
        }
        let dir = listings.entry(names).or_default();
        dir.insert(name, Some((*size, *age)));
    }
    let mut builder = Builder::new();
    builder.root(
        Entry {
            device: Some(1),
            disk: Some(Interval::exactly(0)),
            apparent: Some(Interval::exactly(0)),
            ..Entry::named(root.as_bytes(), Kind::Dir)
        },
        Rooting::Path,
    );
    let mut tokens = BTreeMap::from([(top.clone(), Token::ROOT)]);
    // Parents before children: by depth, then by name.
    let mut order: Vec<Vec<String>> = listings.keys().cloned().collect();
    order.sort_by_key(|names| (names.len(), names.clone()));
    for (index, names) in (1..).zip(order.iter().filter(|names| !names.is_empty())) {
        tokens.insert(names.clone(), Token(index));
    }
    for names in &order {
        let mut batch = Batch::new(tokens[names]);
        for (name, leaf) in &listings[names] {
            let place = format!("{}/{}/{name}", root.trim_end_matches('/'), names.join("/"));
            let place = place.replace("//", "/");
            let is_mounted = place == mount || place.starts_with(&format!("{mount}/"));
            let mut entry = Entry {
                device: Some(1 + u64::from(is_mounted && !mount.is_empty())),
                apparent: Some(Interval::exactly(0)),
                disk: Some(Interval::exactly(0)),
                mtime: Some(NOW),
                ..Entry::named(name.as_bytes(), Kind::Dir)
            };
            match leaf {
                Some((size, age)) => {
                    entry.kind = Kind::File;
                    entry.apparent = Some(Interval::exactly(*size));
                    entry.disk = Some(Interval::exactly(size.next_multiple_of(4096)));
                    entry.mtime = Some(Timestamp(NOW.0 - age));
                }
                None => {
                    let mut inner = names.clone();
                    inner.push(name.clone());
                    entry.token = Some(tokens[&inner]);
                }
            }
            batch.push(entry);
        }
        builder.listing(&batch);
    }
    builder.finish().unwrap()
}

fn family(tree: &Tree, template: &str, root: &str, paths: &[String]) -> Family {
    let mut members: Vec<Member> = paths
        .iter()
        .map(|path| {
            let node = tree.find(path.as_bytes()).unwrap();
            Member {
                node,
                time: tree.mtime(node),
            }
        })
        .collect();
    members.sort_by_key(|member| (member.time, member.node));
    Family {
        template: template.as_bytes().to_vec(),
        root: root.as_bytes().to_vec(),
        root_node: tree.find(root.as_bytes()).unwrap(),
        disposition: Disposition::Output,
        owner: None,
        confidence: 0.9,
        variables: vec![Variable {
            name: "date".to_owned(),
            kind: VariableKind::Date,
        }],
        files: members.len() as u64,
        disk: members.iter().filter_map(|m| tree.own_disk(m.node)).sum(),
        apparent: members
            .iter()
            .filter_map(|m| tree.own_apparent(m.node))
            .sum(),
        first: members.first().and_then(|m| m.time),
        last: members.last().and_then(|m| m.time),
        cadence: Some(Age(DAY)),
        growth_per_day: None,
        writer: Writer::Active,
        missing: Vec::new(),
        periods: 0,
        failing: None,
        doubts: Vec::new(),
        side: Side::default(),
        lineage: Vec::new(),
        past: crate::family::Past::default(),
        members: members.into_iter().collect(),
    }
}

fn rule_file(path: &str, contents: &str) -> RuleFile {
    RuleFile {
        path: path.as_bytes().to_vec(),
        read_from: path.as_bytes().to_vec(),
        contents: contents.as_bytes().to_vec(),
        mode: None,
        uid: None,
        mtime: None,
    }
}

fn cron(command: &str) -> RuleSet {
    let text = format!("# market data\n\n\n0 3 * * * root {command}\n");
    rules::read(&[rule_file("/etc/cron.d/market", &text)], &mut |_| None)
}

fn days(n: i64) -> i64 {
    n * DAY as i64
}

fn market(dates: i64) -> (Tree, Vec<String>) {
    let mut files = Vec::new();
    for n in 0..dates {
        let date = Timestamp(NOW.0 - days(n)).date_text();
        for exchange in ["NYSE", "NASDAQ", "LSE"] {
            let path = format!("/data/ticker/{date}/{exchange}.csv");
            files.push(File(path, 1 << 20, days(n) + 100));
        }
    }
    let paths = files.iter().map(|file| file.0.clone()).collect();
    (tree("/data", &files), paths)
}

#[test]
fn the_ticker_story() {
    let (tree, paths) = market(300);
    let family = family(
        &tree,
        "/data/ticker/{date}/{exchange}.csv",
        "/data/ticker",
        &paths,
    );
    let rules = cron("find /data -maxdepth 1 -name 'ticker-*.csv' -mtime +14 -delete");
    let audit = audit(
        &tree,
        vec![family],
        &rules,
        &|_| None,
        &Moment::at(NOW),
        None,
    );
    let report = &audit.families[0];
    assert_eq!(report.verdict, Verdict::Uncovered);
    assert_eq!(
        audit.rules[0].state,
        RuleState::Dead,
        "{}",
        audit.rules[0].reason
    );
    let miss = &report.near_misses[0];
    assert_eq!(miss.points, 100);
    assert_eq!(miss.failing, ["-maxdepth 1", "-name 'ticker-*.csv'"]);
    assert_eq!(miss.edit, "-maxdepth 3 -name '*.csv'");
    assert_eq!(
        miss.edited,
        "find /data -maxdepth 3 -name '*.csv' -mtime +14 -delete"
    );
    assert_eq!(
        miss.would_cover,
        Share {
            files: 900,
            disk: 900 << 20
        }
    );
    assert_eq!(miss.also_catches, Vec::<Vec<u8>>::new());
    let keep = report.keep.as_ref().unwrap();
    assert_eq!(
        (keep.age, keep.says.as_str()),
        (Age(15 * DAY), "/etc/cron.d/market:4")
    );
    assert_eq!(report.stale.len(), 285 * 3);
    assert!(audit.has_gap());
    let finding = &audit.findings[0];
    assert_eq!(finding.code, Code::UncoveredFamily);
    assert!(
        finding
            .message
            .ends_with("/etc/cron.d/market:4 almost covers it, and now matches nothing"),
        "{}",
        finding.message
    );
}

/// What a run says of one family and one rule.
fn judged(root: &str, files: &[File], template: &str, rules: &RuleSet) -> Audit {
    let tree = tree(root, files);
    let paths: Vec<String> = files.iter().map(|file| file.0.clone()).collect();
    let literal = template.split('{').next().unwrap();
    let slash = literal.rfind('/').unwrap();
    let family = family(&tree, template, &literal[..slash], &paths);
    audit(
        &tree,
        vec![family],
        rules,
        &|_| None,
        &Moment::at(NOW),
        None,
    )
}

const HOUR: i64 = 3600;
const MINUTE: i64 = 60;

#[test]
fn the_numbers_of_a_lapsed_rule() {
    let files = [
        File("/data/c.csv".to_owned(), 1, days(30)),
        File("/data/d.csv".to_owned(), 1, days(12)),
        File("/data/e.csv".to_owned(), 1, days(8) + 30),
        File("/data/f.csv".to_owned(), 1, days(1)),
    ];
    let rules = cron("find /data -type f -name '*.csv' -mtime +7 -delete");
    let audit = judged("/data", &files, "/data/{name}.csv", &rules);
    let report = &audit.rules[0];
    let files = |share: Share| share.files;
    assert_eq!(
        (
            files(report.scope),
            files(report.eligible),
            files(report.overdue)
        ),
        (4, 3, 2)
    );
    assert_eq!(audit.findings[0].code, Code::LapsedRule);
}

#[test]
fn a_rule_just_mended_is_idle() {
    let files = [File("/data/c.csv".to_owned(), 1, days(30))];
    let mut rules = cron("find /data -name '*.csv' -mtime +7 -delete");
    for (changed, state) in [
        (NOW.0 - HOUR, RuleState::Idle),
        (NOW.0 - days(2), RuleState::Lapsed),
        (NOW.0 + HOUR, RuleState::Idle),
    ] {
        rules.rules[0].changed = Some(Timestamp(changed));
        let audit = judged("/data", &files, "/data/{name}.csv", &rules);
        assert_eq!(audit.rules[0].state, state);
    }
}

#[test]
fn a_later_rule_is_shadowed() {
    let files: Vec<File> = (0..20)
        .map(|n| File(format!("/data/{n}.csv"), 1, days(n % 7)))
        .collect();
    let text = "0 3 * * * root find /data -name '*.csv' -mtime +30 -delete\n\
                0 4 * * * root find /data -name '*.csv' -mtime +7 -delete\n";
    let rules = rules::read(&[rule_file("/etc/cron.d/x", text)], &mut |_| None);
    let audit = judged("/data", &files, "/data/{n}.csv", &rules);
    assert_eq!(audit.rules[0].state, RuleState::Shadowed);
    assert_eq!(
        audit.rules[1].state,
        RuleState::Active,
        "{}",
        audit.rules[1].reason
    );
    assert_eq!(audit.families[0].keep.as_ref().unwrap().age, Age(8 * DAY));
}

#[test]
fn a_script_with_a_dot_is_disabled_and_says_how_to_mend_it() {
    let script = rule_file(
        "/etc/cron.daily/clean.sh",
        "#!/bin/sh\nfind /data -name '*.csv' -delete\n",
    );
    let rules = rules::read(&[script], &mut |_| None);
    let files = [File("/data/c.csv".to_owned(), 1, days(40))];
    let audit = judged("/data", &files, "/data/{name}.csv", &rules);
    assert_eq!(audit.rules[0].state, RuleState::Disabled);
    assert_eq!(audit.families[0].verdict, Verdict::Uncovered);
    let finding = audit.findings.iter().find(|f| f.code == Code::DisabledRule);
    assert_eq!(
        finding.unwrap().hint.as_deref(),
        Some("mv /etc/cron.daily/clean.sh /etc/cron.daily/clean")
    );
}

/// A small generator of its own, so that a seed means the same everywhere.
struct Dice(u64);

impl Dice {
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        from[(self.0 >> 33) as usize % from.len()]
    }
}

#[test]
fn the_story_holds_for_other_names_and_layouts() {
    for seed in 0..60u64 {
        let mut dice = Dice(seed.wrapping_mul(7919) + 1);
        let root = dice.pick(&["/data", "/srv/feeds", "/var/lib/jobs", "/opt/md/out"]);
        let stem = dice.pick(&["ticker", "quotes", "fills", "trades_eod", "risk-var"]);
        let ext = dice.pick(&["csv", "parquet", "json", "csv.gz", "dat"]);
        let joint = dice.pick(&["-", "_", "."]);
        let layout = dice.pick(&["d/k", "y/m/d/k", "k/d", "d/h/k", "flat"]);
        let shape = dice.pick(&["find", "find-deep", "rm", "old-root", "xargs"]);
        let covered = seed % 2 == 1;
        let mut files = Vec::new();
        for n in 0..40i64 {
            let [year, month, day, ..] = Timestamp(NOW.0 - days(n)).civil().unwrap();
            for key in ["NYSE", "LSE", "XETR"] {
                let name = match layout {
                    "d/k" => format!("{stem}/{year}{month:02}{day:02}/{key}.{ext}"),
                    "y/m/d/k" => format!("{stem}/{year}/{month:02}/{day:02}/{key}.{ext}"),
                    "k/d" => format!("{stem}/{key}/{year}-{month:02}-{day:02}.{ext}"),
                    "d/h/k" => format!(
                        "{stem}/{year}-{month:02}-{day:02}/{:02}/{key}.{ext}",
                        n % 24
                    ),
                    _ => format!("{stem}/{key}{joint}{year}{month:02}{day:02}.{ext}"),
                };
                files.push(File(format!("{root}/{name}"), 5000, days(n) + 60));
            }
        }
        let depth = files[0].0[root.len() + 1..].split('/').count();
        let name = if covered {
            format!("*.{ext}")
        } else {
            format!("{stem}{joint}*.{ext}")
        };
        let command = match (shape, covered) {
            ("rm", false) => format!("rm -f {root}/{stem}{joint}*.{ext}"),
            ("rm", true) => format!("rm -rf {root}/{stem}"),
            ("old-root", false) => format!("find {root}/{stem}.{ext}* -mtime +20 -delete"),
            ("old-root", true) => format!("find {root}/{stem} -type f -mtime +20 -delete"),
            ("find-deep", _) => format!("find {root} -type f -name '{name}' -mtime +20 -delete"),
            ("xargs", _) => {
                format!("find {root} -name \"{name}\" -mtime +20 -print0 | xargs -0 rm -f")
            }
            (_, false) => format!("find {root} -maxdepth 1 -name '{name}' -mtime +20 -delete"),
            (_, true) => format!("find {root} -maxdepth {depth} -name '{name}' -mtime +20 -delete"),
        };
        let literal = format!("{root}/{stem}/{{x}}");
        let audit = judged(root, &files, &literal, &cron(&command));
        let report = &audit.families[0];
        let context = format!("seed {seed}: {command} for {}", files[0].0);
        if covered {
            assert_eq!(report.verdict, Verdict::Covered, "{context}");
            assert_eq!(report.near_misses, [], "{context}");
            continue;
        }
        assert_eq!(report.verdict, Verdict::Uncovered, "{context}");
        assert_eq!(audit.rules[0].state, RuleState::Dead, "{context}");
        let miss = report
            .near_misses
            .first()
            .unwrap_or_else(|| panic!("{context}"));
        assert!(miss.points >= 70, "{context}: {}", miss.points);
        assert_eq!(miss.would_cover.files, 120, "{context}");
        // The edit is a command that covers the family when it is read like any other.
        let again = judged(root, &files, &literal, &cron(&miss.edited));
        assert_eq!(
            again.families[0].verdict,
            Verdict::Covered,
            "{context}: {}",
            miss.edited
        );
    }
}

#[test]
fn an_edit_says_which_files_it_means() {
    for (extension, command, edited) in [
        (
            ".csv",
            "find /data/ticker/ticker-*.csv -mtime +14 -delete",
            "find /data/ticker/*/*.csv -mtime +14 -delete",
        ),
        (
            ".csv",
            "find /data/ticker -maxdepth 1 -name 'ticker-*' -mtime +14 -delete",
            "find /data/ticker -maxdepth 2 -name '*.csv' -mtime +14 -delete",
        ),
        (
            "",
            "find /data/ticker -maxdepth 1 -name 'ticker-*' -mtime +14 -delete",
            "find /data/ticker -maxdepth 2 -name '*' -type f -mtime +14 -delete",
        ),
    ] {
        let mut files = Vec::new();
        for n in 0..40 {
            let date = Timestamp(NOW.0 - days(n)).date_text();
            for exchange in ["NYSE", "LSE"] {
                let path = format!("/data/ticker/{date}/{exchange}{extension}");
                files.push(File(path, 1 << 20, days(n) + 100));
            }
        }
        let audit = judged("/data", &files, "/data/ticker/{x}", &cron(command));
        let miss = &audit.families[0].near_misses[0];
        assert_eq!(miss.edited, edited);
        assert!(miss.points >= 70, "{command}: {}", miss.points);
        assert_eq!(miss.would_cover.files, 80, "{command}");
    }
}

#[test]
fn what_a_script_switches_off_itself_is_no_gap() {
    let script = "keep=0\nif [ \"$keep\" != 0 ]; then find /data/old -mtime +3 -delete; fi\n";
    let mut file = rule_file("/etc/cron.daily/own", &format!("#!/bin/sh\n{script}"));
    file.mode = Some(0o755);
    let rules = rules::read(&[file], &mut |_| None);
    let files = [File("/data/a".to_owned(), 1, 100)];
    let tree = tree("/data", &files);
    let audit = audit(&tree, Vec::new(), &rules, &|_| None, &Moment::at(NOW), None);
    assert_eq!(audit.rules[0].state, RuleState::Disabled);
    assert!(!audit.has_gap());
    assert_eq!(audit.findings, []);
}

#[test]
fn a_far_rule_is_no_near_miss() {
    let (tree, paths) = market(30);
    let family = family(
        &tree,
        "/data/ticker/{date}/{exchange}.csv",
        "/data/ticker",
        &paths,
    );
    let rules = cron("find /var/log/app -name '*.log' -mtime +7 -delete");
    let audit = audit(
        &tree,
        vec![family],
        &rules,
        &|_| None,
        &Moment::at(NOW),
        None,
    );
    assert_eq!(audit.families[0].near_misses, []);
    assert_eq!(audit.rules[0].state, RuleState::Unseen);
}

#[test]
fn what_runs_at_boot_only_is_neither_dead_nor_near() {
    let files: Vec<File> = (0..20)
        .map(|n| File(format!("/tmp/export/job{n}"), 100_000, days(1)))
        .collect();
    let text = "D! /tmp/.sockets 1777 root root 10d\nr! /tmp/.lock-*\n";
    let rules = rules::read(
        &[rule_file("/usr/lib/tmpfiles.d/x.conf", text)],
        &mut |_| None,
    );
    assert_eq!(rules.rules.len(), 2, "{:?}", rules.troubles);
    let audit = judged("/tmp", &files, "/tmp/export/job{n}", &rules);
    for report in &audit.rules {
        assert_eq!(report.state, RuleState::Quiet, "{}", report.reason);
        assert!(report.reason.contains("at boot only"), "{}", report.reason);
    }
    assert_eq!(audit.families[0].near_misses, []);
    // The same line without the mark is looked at every day, and says that its directory is gone.
    let daily = text.replace('!', "");
    let rules = rules::read(
        &[rule_file("/usr/lib/tmpfiles.d/x.conf", &daily)],
        &mut |_| None,
    );
    let audit = judged("/tmp", &files, "/tmp/export/job{n}", &rules);
    assert_eq!(audit.rules[0].state, RuleState::Dead);
}

#[test]
fn an_edit_says_what_else_it_catches() {
    let mut files: Vec<File> = (0..30)
        .map(|n| File(format!("/data/ticker/{n}/a.csv"), 1, days(n)))
        .collect();
    let first = files.len();
    files.extend((0..30).map(|n| File(format!("/data/orders/{n}/b.csv"), 1, days(n))));
    let tree = tree("/data", &files);
    let paths: Vec<String> = files.iter().map(|file| file.0.clone()).collect();
    let families = vec![
        family(
            &tree,
            "/data/ticker/{n}/a.csv",
            "/data/ticker",
            &paths[..first],
        ),
        family(
            &tree,
            "/data/orders/{n}/b.csv",
            "/data/orders",
            &paths[first..],
        ),
    ];
    let rules = cron("find /data -maxdepth 1 -name 'ticker-*.csv' -mtime +14 -delete");
    let audit = audit(&tree, families, &rules, &|_| None, &Moment::at(NOW), None);
    let ticker = audit
        .families
        .iter()
        .find(|f| f.family.root == b"/data/ticker")
        .unwrap();
    assert_eq!(
        ticker.near_misses[0].also_catches,
        [b"/data/orders/{n}/b.csv".to_vec()]
    );
}

#[test]
fn a_tree_seen_elsewhere_or_from_below_is_judged_alike() {
    let files: Vec<File> = (0..30)
        .map(|n| File(format!("/mnt/ticker/{n}/a.csv"), 1, days(n)))
        .collect();
    let paths: Vec<String> = files.iter().map(|file| file.0.clone()).collect();
    let tree = tree("/mnt", &files);
    let family = || family(&tree, "/mnt/ticker/{n}/a.csv", "/mnt/ticker", &paths);
    let rules = cron("find /data/market -mindepth 3 -maxdepth 3 -name '*.csv' -mtime +90 -delete");
    let audit = |seen_as: Option<&[u8]>| {
        audit(
            &tree,
            vec![family()],
            &rules,
            &|_| None,
            &Moment::at(NOW),
            seen_as,
        )
    };
    assert_eq!(
        audit(Some(b"/data/market")).families[0].verdict,
        Verdict::Covered
    );
    assert_eq!(audit(None).families[0].verdict, Verdict::Uncovered);
    assert_eq!(audit(None).rules[0].state, RuleState::Unseen);
    // The scanned part begins two levels below the rule's root.
    let deeper = cron("find /data/market -maxdepth 3 -name '*.csv' -mtime +90 -delete");
    let below = super::audit(
        &tree,
        vec![family()],
        &deeper,
        &|_| None,
        &Moment::at(NOW),
        Some(b"/data/market/a/b"),
    );
    assert_eq!(below.families[0].verdict, Verdict::Uncovered);
}

#[test]
fn a_rule_slower_than_the_disk_covers_in_name_only() {
    let (tree, paths) = market(10);
    let mut family = family(
        &tree,
        "/data/ticker/{date}/{exchange}.csv",
        "/data/ticker",
        &paths,
    );
    family.growth_per_day = Some(3 << 20);
    let rules = cron("find /data -name '*.csv' -mtime +30 -delete");
    for (available, verdict) in [
        (12 << 20, Verdict::InNameOnly),
        (300 << 20, Verdict::Covered),
    ] {
        let moment = Moment {
            now: NOW,
            available: Some(available),
        };
        let audit = audit(
            &tree,
            vec![family.clone()],
            &rules,
            &|_| None,
            &moment,
            None,
        );
        assert_eq!(audit.families[0].verdict, verdict);
    }
}

#[test]
fn the_policy_has_the_first_word_on_keeping() {
    let (tree, paths) = market(20);
    let family = family(
        &tree,
        "/data/ticker/{date}/{exchange}.csv",
        "/data/ticker",
        &paths,
    );
    let rules = cron("find /data -name '*.csv' -mtime +14 -delete");
    let keep = |_: &Family| Some(Age(5 * DAY));
    let audit = audit(&tree, vec![family], &rules, &keep, &Moment::at(NOW), None);
    let report = &audit.families[0];
    assert_eq!(report.keep.as_ref().unwrap().says, "policy");
    assert_eq!(report.stale.len(), 15 * 3);
    assert_eq!(report.stale_disk, Interval::exactly(45 << 20));
    let times: Vec<_> = report.stale.iter().map(|&n| tree.mtime(n)).collect();
    assert!(times.is_sorted());
}
