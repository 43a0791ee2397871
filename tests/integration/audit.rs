//! The audit end to end: the job in one repository, its cleanup in another.

mod cases;
mod warnings;

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::dir::{Dir, NOW, Run, age_to, jettison};
use crate::rules::has_tool;

const DAY: i64 = 86_400;

fn now() -> String {
    format!("@{NOW}")
}

/// Sixty dates of three exchanges, a file a date and exchange.
fn market() -> Dir {
    let dir = Dir::new();
    for days_ago in 1..=60 {
        let date = jettison::time::Timestamp(NOW - days_ago * DAY).date_text();
        for exchange in ["NYSE", "NASDAQ", "LSE"] {
            let path = dir.file(format!("data/ticker/{date}/{exchange}.csv"), 5000);
            age_to(&path, NOW - days_ago * DAY + DAY / 2);
        }
    }
    dir
}

fn audit(dir: &Dir, rules: &Dir, more: &[&str]) -> Run {
    let (data, rules) = (dir.join("data"), rules.path());
    let now = now();
    let mut args = vec!["audit", data.to_str().unwrap(), "--now", &now];
    args.extend(["--rules", rules.to_str().unwrap()]);
    args.extend(more);
    jettison(args)
}

fn expect(template: &str, rules: &Dir, more: &[&str]) -> Run {
    let rules = rules.path();
    let now = now();
    let mut args = vec!["audit", "--expect", template, "--now", &now];
    args.extend(["--rules", rules.to_str().unwrap()]);
    args.extend(more);
    jettison(args)
}

/// Applies a diff as anybody would.
fn patch(rules: &Dir, diff: &[u8]) {
    let mut child = Command::new("patch")
        .args(["-p1", "-d"])
        .arg(rules.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), diff).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(diff)
    );
}

fn edit(document: &Value) -> (String, String) {
    let miss = &document["families"][0]["near_misses"][0];
    let text = |key: &str| miss[key].as_str().unwrap().to_owned();
    (text("rule"), text("edit"))
}

#[test]
fn the_cleanup_in_another_repository_is_found_and_mended() {
    if !has_tool("patch", false) {
        return;
    }
    let (dir, rules) = (market(), Dir::new());
    let data = dir.join("data");
    let data = data.to_str().unwrap();
    let table = format!(
        "# cleans the market data\nSHELL=/bin/sh\n\n\
         30 4 * * * root find {data} -maxdepth 1 -name 'ticker-*.csv' -mtime +14 -delete\n\
         # the end\n"
    );
    rules.write("etc/cron.d/market", &table);
    let template = format!("{data}/ticker/{{date}}/{{exchange}}.csv");

    let text = audit(&dir, &rules, &[]).code(1).text();
    assert!(
        text.contains("/etc/cron.d/market:4 almost covers it"),
        "{text}"
    );
    assert!(text.contains("-maxdepth 3 -name '*.csv'"), "{text}");
    let before = expect(&template, &rules, &[]).code(1).text();
    assert!(
        before.contains("No rule would clean 1 of 1 template."),
        "{before}"
    );
    assert!(before.contains("-maxdepth 3 -name '*.csv'"), "{before}");
    let live = audit(&dir, &rules, &["--format", "json"]).json();
    let planned = expect(&template, &rules, &["--format", "json"]).json();
    assert_eq!(edit(&live), edit(&planned));

    let shard = format!("{data}/ticker/2024-05-01/LSE.csv");
    let rules_path = rules.path();
    let now = now();
    let why = [
        "why",
        data,
        &shard,
        "--now",
        &now,
        "--rules",
        rules_path.to_str().unwrap(),
    ];
    let said = jettison(why).code(0).text();
    assert!(
        said.contains("it fails -maxdepth 1, -name 'ticker-*.csv'"),
        "{said}"
    );
    assert!(said.contains("(uncovered)"), "{said}");

    let diff = audit(&dir, &rules, &["--suggest"]).code(1);
    assert_eq!(diff.stderr, "", "{}", diff.story());
    let same = expect(&template, &rules, &["--suggest"]).code(1);
    assert_eq!(diff.text(), same.text());
    patch(&rules, &diff.stdout);
    let mended = fs::read_to_string(rules.join("etc/cron.d/market")).unwrap();
    let wanted = table.replace(
        "-maxdepth 1 -name 'ticker-*.csv'",
        "-maxdepth 3 -name '*.csv'",
    );
    assert_eq!(mended, wanted);

    let after = audit(&dir, &rules, &["--format", "json"]).code(0);
    let family = &after.json()["families"][0];
    assert_eq!(family["verdict"], "covered", "{}", after.story());
    assert_eq!(audit(&dir, &rules, &["--suggest"]).code(0).text(), "");
    let covered = expect(&template, &rules, &[]).code(0).text();
    assert!(
        covered.contains("Some rule would clean 1 template."),
        "{covered}"
    );
    let said = jettison(why).code(0).text();
    assert!(
        said.contains("takes   /etc/cron.d/market:4: due since 2024-05-16"),
        "{said}"
    );
}

#[test]
fn where_no_rule_comes_near_a_new_one_is_written() {
    if !has_tool("patch", false) {
        return;
    }
    let (dir, rules) = (market(), Dir::new());
    rules.write(
        "etc/cron.d/other",
        "1 1 * * * root find /srv/100%/x -mtime +3 -delete\n",
    );
    let diff = audit(&dir, &rules, &["--suggest"]).code(1);
    let text = diff.text();
    assert!(
        text.starts_with("--- /dev/null\n+++ b/etc/cron.d/jettison-suggested\n"),
        "{text}"
    );
    patch(&rules, &diff.stdout);
    let run = audit(&dir, &rules, &["--format", "json"]);
    assert_eq!(
        run.json()["families"][0]["verdict"],
        "covered",
        "{}",
        run.story()
    );
    // A second suggestion for another tree goes below the first.
    let other = market();
    let diff = audit(&other, &rules, &["--suggest"]).code(1);
    assert!(
        diff.text()
            .starts_with("--- a/etc/cron.d/jettison-suggested\n"),
        "{}",
        diff.story()
    );
    patch(&rules, &diff.stdout);
}

#[test]
fn an_edit_in_a_crontab_keeps_its_percent_signs_escaped() {
    if !has_tool("patch", false) {
        return;
    }
    let (dir, rules) = (market(), Dir::new());
    let data = dir.join("data");
    let table = format!(
        "0 1 * * * root find {}/ticker -type f -name '*.json' -not -name \"$(date +\\%F)*\" -mtime +14 -delete\n",
        data.display()
    );
    rules.write("etc/cron.d/market", &table);
    let diff = audit(&dir, &rules, &["--suggest"]).code(1);
    patch(&rules, &diff.stdout);
    let mended = fs::read_to_string(rules.join("etc/cron.d/market")).unwrap();
    assert_eq!(
        mended,
        table.replace("'*.json'", "'*.csv'"),
        "{}",
        diff.story()
    );
}

/// A table of files in which every rule fails in another way, and the words of the mended line.
const MENDED: [(&str, &str, &str); 10] = [
    (
        "etc/cron.d/market",
        "0 1 * * * root find $DATA -regex '.*/ticker-[0-9]+\\.csv' -mtime +14 -delete\n",
        "find $DATA -name '*.csv' -mtime +14",
    ),
    (
        "etc/tmpfiles.d/market.conf",
        "d $DATA/ticker - - - m:10y\n",
        "d $DATA/ticker - - - m:15d\n",
    ),
    (
        "etc/cron.d/market",
        "# tabs\r\n0\t1\t*\t*\t*\troot\tfind\t$DATA\t-maxdepth\t1\t-name\t'ticker-*.csv'\t-mtime\t+14\t-delete\n# end\r\n",
        "-maxdepth\t3\t-name\t'*.csv'\t-mtime",
    ),
    (
        "etc/cron.daily/market",
        "#!/bin/sh\nfind $DATA \\\n  -maxdepth 1 \\\n  -name 'ticker-*.csv' \\\n  -mtime +14 -delete",
        "-maxdepth 3 \\\n  -name '*.csv' \\\n  -mtime +14 -delete",
    ),
    (
        "etc/cron.daily/market",
        "#!/bin/sh\nDAYS=14\nrm -f $DATA/ticker-*.csv",
        "DAYS=14\nrm -f $DATA/ticker/*/*.csv",
    ),
    (
        "etc/tmpfiles.d/market.conf",
        "# market\nd $DATA/ticker_old - - - m:14d\n",
        "d $DATA/ticker - - - m:14d",
    ),
    (
        "etc/cron.d/market",
        "0 1 * * * root find $DATA -name \"*.csv\" -not -name \"$(date +%F)*\" -mtime +14 -delete\n",
        "-not -name \"$(date +\\%F)*\"",
    ),
    (
        "etc/cron.d/market",
        "0 1 * * * root rm -f $DATA/ticker-$(date -d '20 days ago' +\\%F).csv\n",
        "rm -f $DATA/ticker/$(date -d '20 days ago' +\\%F)/*.csv",
    ),
    (
        "etc/cron.d/market",
        "# no end\n0 1 * * * root find $DATA -name '*.csv' -mtime +14 -delete",
        "-delete\n",
    ),
    (
        "etc/cron.daily/market",
        "#!/bin/sh\nfind $DATA -name keep -prune -o -name '*.csv' -mtime +14 -delete\n",
        "-mtime +14 -exec rm -f {} +",
    ),
];

#[test]
fn every_kind_of_rule_is_mended_in_its_own_words() {
    if !has_tool("patch", false) {
        return;
    }
    for (file, text, wanted) in MENDED {
        let (dir, rules) = (market(), Dir::new());
        let data = dir.join("data");
        let fill = |text: &str| text.replace("$DATA", data.to_str().unwrap());
        rules.write(file, fill(text));
        let diff = audit(&dir, &rules, &["--suggest"]).code(1);
        patch(&rules, &diff.stdout);
        let mended = fs::read_to_string(rules.join(file)).unwrap();
        assert!(mended.contains(&fill(wanted)), "{mended}\n{}", diff.story());
        let after = audit(&dir, &rules, &["--format", "json"]);
        let verdict = &after.json()["families"][0]["verdict"];
        assert_eq!(verdict, "covered", "{file}: {mended}\n{}", after.story());
    }
}

#[test]
fn where_only_systemd_cleans_a_new_line_is_its_own() {
    if !has_tool("patch", false) {
        return;
    }
    let (dir, rules) = (market(), Dir::new());
    rules.write("etc/tmpfiles.d/other.conf", "d /srv/else - - - 10d\n");
    let diff = audit(&dir, &rules, &["--suggest"]).code(1);
    patch(&rules, &diff.stdout);
    let text = fs::read_to_string(rules.join("etc/tmpfiles.d/jettison-suggested.conf")).unwrap();
    assert!(text.contains("/data/ticker/* - - - m:14d\n"), "{text}");
    let after = audit(&dir, &rules, &["--format", "json"]).code(0);
    assert_eq!(
        after.json()["families"][0]["verdict"],
        "covered",
        "{}",
        after.story()
    );
}

#[test]
fn what_no_diff_can_say_is_said_in_words() {
    let (dir, rules) = (market(), Dir::new());
    let data = dir.join("data");
    let script = format!(
        "#!/bin/sh\nfind {} -name '*.csv' -mtime +14 -delete\n",
        data.display()
    );
    rules.write("etc/cron.daily/clean.sh", script);
    let run = audit(&dir, &rules, &["--suggest"]).code(1);
    assert_eq!(run.text(), "", "{}", run.story());
    let said = "needs mv /etc/cron.daily/clean.sh /etc/cron.daily/clean";
    assert!(run.stderr.contains(said), "{}", run.story());
}

#[test]
fn the_document_of_a_path_names_the_part_that_spares_it() {
    let (dir, rules) = (market(), Dir::new());
    let data = dir.join("data");
    let data = data.to_str().unwrap();
    let table = format!(
        "0 4 * * * root find {data} -maxdepth 1 -name '*.csv' -mtime +14 -delete\n\
         0 5 * * * root find {data}/ticker -type f -mtime +90 -delete\n"
    );
    rules.write("etc/cron.d/market", table);
    let shard = format!("{data}/ticker/2024-05-01/LSE.csv");
    let (rules, now) = (rules.path(), now());
    let run = jettison([
        "why",
        data,
        &shard,
        "--now",
        &now,
        "--format",
        "json",
        "--rules",
        rules.to_str().unwrap(),
    ])
    .code(0);
    let document = run.json();
    crate::schemas::check(&document, "why");
    let [spares, takes] = &document["rules"].as_array().unwrap()[..] else {
        panic!("{}", run.story());
    };
    assert_eq!(
        spares["spared_by"],
        serde_json::json!(["-maxdepth 1"]),
        "{}",
        run.story()
    );
    assert_eq!(
        (&spares["takes"], &takes["takes"]),
        (&"no".into(), &"yes".into())
    );
    assert_eq!(
        (&takes["now"], takes["due"].is_i64()),
        (&"no".into(), true),
        "{}",
        run.story()
    );
    assert_eq!(document["family"]["verdict"], "covered", "{}", run.story());
}

#[test]
fn questions_that_make_no_sense_are_refused() {
    let rules = Dir::new();
    for args in [
        &["audit", "--expect", "data/{date}"][..],
        &["audit", "--expect", "/data/{date"],
        &["audit", "--suggest", "--format", "json"],
        &["why"],
    ] {
        let run = jettison(
            args.iter()
                .copied()
                .chain(["--rules", rules.path().to_str().unwrap()]),
        );
        assert_eq!(run.code, 64, "{}", run.story());
    }
    let run = jettison(["why", "/nowhere/at/all"]);
    assert_eq!(run.code, 3, "{}", run.story());
}

/// What sees a family and does not clean it is named, with what is wrong with it.
#[test]
fn a_rule_that_only_names_a_family_is_shown() {
    let (dir, rules) = (market(), Dir::new());
    let data = dir.join("data");
    let line = format!("D {} 0755 root root -\n", data.display());
    rules.write("etc/tmpfiles.d/market.conf", &line);
    let said = audit(&dir, &rules, &[]).code(1).text();
    assert!(said.contains("in-name-only"), "{said}");
    let named =
        "/etc/tmpfiles.d/market.conf:1 names it and does not bound it: it is run at boot only";
    assert!(said.contains(named), "{said}");
}

/// Logs whose names have the date in them are rotated one by one, and then never again: the block
/// is given a script that removes them.
#[test]
fn logs_with_a_date_in_their_names_are_removed_by_their_block() {
    if !has_tool("patch", false) {
        return;
    }
    for pattern in ["*.log", "app.log", "app-*.log"] {
        let (dir, rules) = (Dir::new(), Dir::new());
        for days_ago in 0..60 {
            let date = jettison::time::Timestamp(NOW - days_ago * DAY).date_text();
            let path = dir.file(format!("data/app-{date}.log"), 5000);
            age_to(&path, NOW - days_ago * DAY - 600);
        }
        let data = dir.join("data");
        let block = format!(
            "{}/{pattern} {{\n    daily\n    rotate 7\n    missingok\n}}\n",
            data.display()
        );
        rules.write("etc/logrotate.d/app", &block);
        let diff = audit(&dir, &rules, &["--suggest"]).code(1);
        patch(&rules, &diff.stdout);
        let mended = fs::read_to_string(rules.join("etc/logrotate.d/app")).unwrap();
        let find = format!(
            "{{\n    lastaction\n        find {} -maxdepth 1 -type f -name 'app-*' -mtime +7 -delete\n    endscript\n    daily\n",
            data.display()
        );
        assert!(mended.contains(&find), "{mended}\n{}", diff.story());
        let after = audit(&dir, &rules, &["--format", "json"]);
        let verdict = &after.json()["families"][0]["verdict"];
        assert_eq!(verdict, "covered", "{pattern}: {mended}\n{}", after.story());
    }
}
