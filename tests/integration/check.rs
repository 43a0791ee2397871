//! `jettison check`: every exit code in every form, targets, floors, horizons, needs in parts.

use std::fs;

use serde_json::Value;

use crate::dir::{Dir, NOW, Run, age_to, jettison_in};

/// A tree with 40 KB that a build makes again and 30 KB of nobody knows what.
fn tree() -> Dir {
    let dir = Dir::new();
    dir.file("tree/proj/Cargo.toml", 10);
    dir.file("tree/proj/target/debug/x", 40_000);
    dir.file("tree/photos/a.jpg", 30_000);
    dir
}

fn run(dir: &Dir, line: &str) -> Run {
    jettison_in(&dir.path(), line.split(' '), b"")
}

/// A question with each of the four answers; the tree's own volume is not asked.
const STATES: [(&str, &str, i32); 4] = [
    ("ok", "tree --need 10K --available 10K", 0),
    ("short-fixable", "tree --need 20K --available 10K", 1),
    ("short", "tree --need 90K --available 10K", 2),
    ("unknown", "rounded.txt --need 8K --capacity 10240", 3),
];

/// What is left of 10 KiB is at most 8.6 KiB here, and may be less: `ls -h` rounds, and the
/// directory's own size is not shown.
fn rounded(dir: &Dir) {
    let text = "u@h:/d$ ls -lah\ntotal 8.0K\n-rw-r--r-- 1 u u 1.5K Jan  2  2024 a\n";
    dir.write("rounded.txt", text);
}

#[test]
fn every_exit_code_has_every_form() {
    let dir = tree();
    rounded(&dir);
    for (state, asked, code) in STATES {
        let base = format!("check {asked} --rules . --max-risk old");
        let json = run(&dir, &format!("{base} --format json"))
            .code(code)
            .json();
        assert_eq!(json["state"], state, "{json}");
        assert_eq!(json["exit"], code, "{json}");
        let text = run(&dir, &base).code(code).text();
        let word = if code == 1 { "short" } else { state };
        assert!(text.starts_with(&format!("{word}: ")), "{text}");
        assert_eq!(text.contains("\nfixable: "), code == 1, "{text}");
        let github = run(&dir, &format!("{base} --format github"))
            .code(code)
            .text();
        let level = ["notice", "warning", "error", "error"][usize::try_from(code).unwrap()];
        assert!(
            github.starts_with(&format!("::{level} title=jettison%3A ")),
            "{github}"
        );
        let nagios = run(&dir, &format!("{base} --format nagios"))
            .code(code)
            .text();
        let word = ["OK", "WARNING", "CRITICAL", "UNKNOWN"][usize::try_from(code).unwrap()];
        assert!(
            nagios.starts_with(&format!("JETTISON {word} - ")),
            "{nagios}"
        );
        assert_eq!(nagios.lines().count(), 1, "{nagios}");
        let metrics = run(&dir, &format!("{base} --format prometheus"))
            .code(code)
            .text();
        assert!(
            metrics.contains(&format!("\njettison_check_exit_code {code}\n")),
            "{metrics}"
        );
        let junit = run(&dir, &format!("{base} --format junit"))
            .code(code)
            .text();
        let counts = match code {
            0 => "failures=\"0\" errors=\"0\"",
            3 => "failures=\"0\" errors=\"1\"",
            _ => "failures=\"1\" errors=\"0\"",
        };
        assert!(junit.contains(counts), "{junit}");
    }
}

#[test]
fn a_wrong_command_line_is_64_and_for_a_monitor_unknown() {
    let dir = tree();
    for (line, cause) in [
        ("check tree", "what must fit is not said"),
        ("check tree --need 5Q", "5Q"),
        ("check tree --need 1 --floor apt", "--floor is a size"),
        ("check tree --need 1 --margin 5", "--margin 5"),
        ("check tree --need 1 --policy gone.toml", "gone.toml"),
        ("check tree --need 1 --format yaml", "yaml"),
        ("check tree --frobnicate", "frobnicate"),
    ] {
        let plain = run(&dir, line).code(64);
        assert!(plain.stderr.contains(cause), "{}", plain.story());
        assert_eq!(plain.text(), "", "{}", plain.story());
        if !line.contains("yaml") {
            let monitored = run(&dir, &format!("{line} --format nagios")).code(3);
            let text = monitored.text();
            assert!(
                text.starts_with("JETTISON UNKNOWN - "),
                "{}",
                monitored.story()
            );
            assert_eq!(text.lines().count(), 1);
        }
    }
    rounded(&dir);
    let run = run(&dir, "check rounded.txt --need 1 --capacity 9K --path /").code(64);
    assert!(
        run.stderr.contains("SOURCE speaks of another"),
        "{}",
        run.story()
    );
}

#[test]
fn a_source_that_is_not_there_is_unknown_in_every_form() {
    let dir = Dir::new();
    for (format, piece) in [
        ("text", "unknown: "),
        ("json", "\"state\":\"unknown\""),
        ("github", "::error "),
        ("nagios", "JETTISON UNKNOWN - "),
        ("prometheus", "jettison_check_exit_code 3"),
        ("junit", "errors=\"1\""),
    ] {
        let run = run(&dir, &format!("check gone --need 1 --format {format}")).code(3);
        assert!(run.text().contains(piece), "{}", run.story());
    }
}

#[test]
fn the_suggested_plan_is_the_one_that_fixes_it() {
    let dir = tree();
    let asked = "check tree --need 20K --available 10K --floor 4K --margin 50% --rules .";
    let json = run(&dir, &format!("{asked} --format json")).code(1).json();
    let target = &json["targets"][0];
    assert_eq!(target["need"], 30 * 1024);
    assert_eq!(target["floor"], 4 * 1024);
    assert_eq!(target["shortfall"], 24 * 1024);
    let next = target["next"].as_str().unwrap();
    let words = next.strip_prefix("jettison ").unwrap();
    let plan = run(&dir, &format!("{words} --format json")).code(0).json();
    assert_eq!(plan["shortfall"], target["shortfall"], "{next}");
    assert_eq!(plan["freed"], target["reclaimable"], "{next}");
}

#[test]
fn every_volume_named_must_have_the_room_and_each_is_asked_once() {
    let dir = tree();
    let json = run(
        &dir,
        "check tree --need 1K --path . --path tree --path /proc --format json",
    );
    let json = json.code(2).json();
    let targets = json["targets"].as_array().unwrap();
    // /proc has no room at all, and nothing on it can be cleaned.
    assert_eq!(targets.len(), 2, "{json:#}");
    assert_eq!(targets[0]["state"], "ok");
    assert_eq!(targets[1]["state"], "short");
    assert_eq!(targets[1]["reclaimable"], Value::Null);
    // What could be freed on another volume is looked for, and is not SOURCE's to offer.
    let other = fs::metadata("/dev/shm").map(|found| std::os::unix::fs::MetadataExt::dev(&found));
    let here = fs::metadata(dir.path()).map(|found| std::os::unix::fs::MetadataExt::dev(&found));
    if other.is_ok_and(|other| here.is_ok_and(|here| here != other)) {
        let asked =
            "check tree --need 1000T --available 2000T --path /dev/shm --rules . --format json";
        let json = run(&dir, asked).code(2).json();
        let target = &json["targets"][1];
        assert_eq!(
            (&target["mount"], &target["state"]),
            (&"/dev/shm".into(), &"short".into())
        );
        assert!(!target["reclaimable"].is_null(), "{json:#}");
        assert!(
            target["reasons"].to_string().contains("outside SOURCE"),
            "{json:#}"
        );
    }
    let json = run(
        &dir,
        "check tree --need 1K --path gone --path /proc --format json",
    );
    let states = json.code(2).json();
    assert_eq!(
        states["targets"][1]["state"], "unknown",
        "2 beats 3: {states:#}"
    );
    run(&dir, "check tree --need 1K --path gone").code(3).text();
    run(
        &dir,
        "check tree --need 90K --available 1 --path gone --rules .",
    )
    .code(2)
    .text();
    run(
        &dir,
        "check tree --need 20K --available 10K --path gone --rules .",
    )
    .code(3)
    .text();
}

#[test]
fn a_need_in_parts_is_read_and_what_is_not_understood_is_unknown() {
    let dir = tree();
    let here = dir.join("tree");
    let parts = serde_json::json!({"source": "image 7", "parts": [
        {"path": here.to_str().unwrap(), "what": "image", "bytes": "12KiB", "inodes": 3},
        {"path": here.join("not/yet").to_str().unwrap(), "what": "kernel", "bytes": 8192},
        {"path": "/proc", "what": "nothing", "bytes": 0}
    ]});
    dir.write("need.json", parts.to_string());
    let asked = "check tree --need @need.json --available 10K --rules .";
    let json = run(&dir, &format!("{asked} --format json")).code(1).json();
    assert_eq!(json["targets"][0]["need"], 20 * 1024, "{json:#}");
    assert_eq!(json["targets"][0]["inodes"]["need"], 3);
    assert_eq!(json["need"]["source"], "image 7");
    assert_eq!(json["targets"].as_array().unwrap().len(), 2, "{json:#}");
    let text = run(&dir, asked).code(1).text();
    let told = "10.0 KiB of the 20.0 KiB that image 7 needs (image 12.0 KiB, kernel 8.0 KiB)";
    assert!(text.contains(told), "{text}");
    let plan = run(
        &dir,
        "plan tree --need @need.json --available 10K --format json --rules .",
    );
    assert_eq!(plan.code(0).json()["shortfall"], 10 * 1024);
    for broken in ["", "{}", "{\"parts\": [{\"path\": \"/\", \"bytes\": -1}]}"] {
        dir.write("broken.json", broken);
        let json = run(&dir, "check tree --need @broken.json --format json")
            .code(3)
            .json();
        assert_eq!(json["state"], "unknown", "{broken}");
    }
    run(&dir, "check tree --need @gone.json").code(3).text();
    run(&dir, "plan tree --need @broken.json").code(3).text();
}

/// A directory a day with a file of 8 KiB, up to the day of the test but for the last `missing`;
/// nothing is ever deleted.
fn daily(missing: i64) -> Dir {
    let dir = Dir::new();
    for ago in missing..30 {
        let date = match 13 - ago {
            day @ 1.. => format!("2024-06-{day:02}"),
            day => format!("2024-05-{:02}", 31 + day),
        };
        let file = dir.file(format!("data/feed/{date}/a.csv"), 8192);
        age_to(&file, NOW - ago * 86_400 - 3600);
    }
    dir
}

#[test]
fn the_days_to_come_are_a_finding() {
    let dir = daily(0);
    let base = format!("check data --rules . --now @{NOW} --need 1K --format json");
    let rate = 8192 + 4096;
    let soon = run(
        &dir,
        &format!("{base} --available {} --horizon 7d", 4 * rate),
    )
    .code(1);
    let soon = soon.json();
    assert_eq!(soon["state"], "ok", "{soon:#}");
    assert_eq!(
        soon["findings"][0]["code"], "full-within-horizon",
        "{soon:#}"
    );
    let later = run(
        &dir,
        &format!("{base} --available {} --horizon 7d", 400 * rate),
    )
    .code(0);
    assert_eq!(later.json()["findings"], serde_json::json!([]));
    // What is written in two weeks is needed too.
    let growth = run(&dir, &format!("{base} --available 40K --need-growth 14d")).code(2);
    let need = growth.json()["targets"][0]["need"].as_u64().unwrap();
    assert!(need >= 14 * 8192 && need <= 1024 + 15 * rate, "{need}");
    run(&dir, &format!("{base} --available 1M --need-growth 14d"))
        .code(0)
        .text();
}

#[test]
fn a_writer_that_stopped_is_a_finding() {
    let asked = format!("check data --rules . --now @{NOW} --horizon 1d");
    for (missing, code) in [(0, 0), (4, 1)] {
        let run = run(&daily(missing), &asked).code(code);
        let told = run.text().contains("failing-writer: ");
        assert_eq!(told, missing > 0, "{}", run.story());
    }
    // As the outage looked from the disk: the files are there, and empty.
    let dir = daily(0);
    let mut days: Vec<_> = fs::read_dir(dir.join("data/feed")).unwrap().collect();
    days.sort_by_key(|day| day.as_ref().unwrap().file_name());
    for (ago, day) in days.iter().rev().take(2).enumerate() {
        let file = day.as_ref().unwrap().path().join("a.csv");
        fs::write(&file, b"").unwrap();
        age_to(&file, NOW - (i64::try_from(ago).unwrap() + 1) * 86_400);
    }
    let run = run(&dir, &asked).code(1);
    assert!(run.text().contains("periods are empty"), "{}", run.story());
}

#[test]
fn the_textfile_appears_whole_under_its_name() {
    let dir = tree();
    let line = "check tree --need 1K --format prometheus -o metrics/jettison.prom --now @7";
    dir.folder("metrics");
    run(&dir, line).code(0).text();
    let first = fs::read_to_string(dir.join("metrics/jettison.prom")).unwrap();
    assert!(
        first.ends_with("jettison_check_timestamp_seconds 7\n"),
        "{first}"
    );
    // A run that finds nothing out says so in the file as well.
    run(&dir, &line.replace("tree", "gone")).code(3).text();
    let second = fs::read_to_string(dir.join("metrics/jettison.prom")).unwrap();
    assert!(second.contains("jettison_check_exit_code 3\n"), "{second}");
    assert_eq!(fs::read_dir(dir.join("metrics")).unwrap().count(), 1);
    run(&dir, &line.replace("metrics/", "nowhere/"))
        .code(3)
        .text();
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn what_fits_is_told_without_a_walk() {
    let dir = tree();
    let listings = |line: &str| {
        let traced = std::process::Command::new("strace")
            .args(["-f", "-qq", "-e", "trace=getdents64", "-o", "calls"])
            .arg(env!("CARGO_BIN_EXE_jettison"))
            .args(line.split(' '))
            .env_clear()
            .current_dir(dir.path())
            .output();
        match traced {
            Ok(run) if run.status.code() == Some(0) => {
                let calls = fs::read_to_string(dir.join("calls")).unwrap();
                Some(
                    calls
                        .lines()
                        .filter(|call| call.contains("getdents64("))
                        .count(),
                )
            }
            other => {
                eprintln!("skipped: strace cannot be used: {other:?}");
                None
            }
        }
    };
    let fast = listings("check tree --need 1 --rules .");
    let deep = listings("check tree --need 1 --rules . --horizon 1s");
    if let (Some(fast), Some(deep)) = (fast, deep) {
        assert_eq!(fast, 0);
        assert!(deep > 4, "the walk lists nothing: {deep}");
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn the_need_of_the_real_apt_is_no_less_than_what_it_fetches() {
    let dir = tree();
    let words = ["-y", "--print-uris", "dist-upgrade"];
    let apt = std::process::Command::new("/usr/bin/apt-get")
        .args(words)
        .env_clear()
        .env("LC_ALL", "C")
        .output();
    let Some(apt) = apt.ok().filter(|run| run.status.success()) else {
        eprintln!("skipped: there is no apt-get that could upgrade");
        return;
    };
    let text = String::from_utf8(apt.stdout).unwrap();
    let lines = text.lines().filter(|line| line.starts_with('\''));
    let sizes = lines.map(|line| line.split(' ').nth(2).unwrap().parse::<u64>().unwrap());
    let fetched: u64 = sizes.sum();
    let line = "check tree --need apt --available 100T --format json --rules .";
    let json = run(&dir, line).json();
    assert_eq!(json["need"]["source"], "apt", "{json:#}");
    let parts = json["need"]["parts"].as_array().unwrap();
    let of = |what: &str| {
        let part = parts.iter().find(|part| part["what"] == what);
        part.map_or(0, |part| part["bytes"].as_u64().unwrap())
    };
    // What lies in the cache already is not fetched again.
    assert!(of("download") <= fetched, "{json:#}");
    let all: u64 = parts
        .iter()
        .map(|part| part["bytes"].as_u64().unwrap())
        .sum();
    assert!(all >= of("download") + of("largest unpacking"), "{json:#}");
    assert_eq!(fetched > 0, of("largest unpacking") > 0, "{json:#}");
}

#[test]
fn needs_at_the_edge_have_their_right_answer() {
    let dir = tree();
    dir.write(
        "never.toml",
        "[[path]]\nmatch = [\"/**\"]\nrisk = \"never\"\n",
    );
    let most = u64::MAX;
    let huge = format!(
        r#"[1,2,{{"progname":"ncdu"}},[{{"name":"/d"}},{{"name":"a","dsize":{most}}},{{"name":"b","dsize":{most}}}]]"#
    );
    dir.write("huge.json", huge);
    dir.write(
        "empty.json",
        r#"[1,2,{"progname":"ncdu"},[{"name":"/d"},{"name":"a"}]]"#,
    );
    for (asked, code, state) in [
        ("tree --need 0", 0, "ok"),
        ("tree --need 0 --available 0", 0, "ok"),
        ("tree --need 8000000TiB", 2, "short"),
        ("tree --need 10K --available 10K", 0, "ok"),
        ("tree --need 10241 --available 10K", 1, "short-fixable"),
        (
            "tree --need 20K --available 0 --policy never.toml",
            2,
            "short",
        ),
        (
            "tree --need 1 --available 0 --max-risk regenerable",
            1,
            "short-fixable",
        ),
        (
            "empty.json --need 1 --available 0 --max-risk unknown",
            2,
            "short",
        ),
        ("empty.json --need 0 --available 0", 0, "ok"),
        (
            "huge.json --need 15728640TiB --available 0 --max-risk unknown",
            1,
            "short-fixable",
        ),
        (
            "huge.json --need 50% --capacity 10485760TiB --max-risk old",
            2,
            "short",
        ),
    ] {
        let line = format!("check {asked} --rules . --format json");
        let json = run(&dir, &line).code(code).json();
        assert_eq!(json["state"], state, "{line}: {json:#}");
    }
    for asked in [
        "empty.json --need 45%",
        "tree --need=-1",
        "tree --need 1e9",
        "tree --need NaN",
        "tree --need 101%",
        "tree --need 99999999999999999999999",
        "tree --need-inodes=-1",
    ] {
        let refused = run(&dir, &format!("check {asked} --rules .")).code(64);
        assert_eq!(refused.text(), "", "{}", refused.story());
    }
}
