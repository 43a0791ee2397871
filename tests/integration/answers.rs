//! What the answers promise to whoever acts on them: suggested commands can be pasted, sums are
//! the truth, what is impossible is called so, and an exit code is explained on the page.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::process::Command;

use crate::dir::{Dir, NOW, age_to, jettison, jettison_in};

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

/// Runs a pasted line in bash, the program being on its path.
fn paste(line: &str, folder: &Path) -> Option<std::process::Output> {
    let program = Path::new(env!("CARGO_BIN_EXE_jettison"));
    let run = Command::new("bash")
        .args(["-c", line])
        .env_clear()
        .env("PATH", program.parent().unwrap())
        .current_dir(folder)
        .output();
    match run {
        Ok(run) => Some(run),
        Err(e) => {
            skipped(&format!("bash cannot be run: {e}"));
            None
        }
    }
}

#[test]
fn the_suggested_command_gives_the_same_plan() {
    let dir = Dir::new();
    let hostile = "-it's a\nd\u{1b}[1m";
    for (name, len) in [("one", 40_000), ("two", 30_000), ("three", 9_000)] {
        dir.file(format!("{hostile}/{name}"), len);
    }
    let source = format!("./{hostile}");
    let asked = [
        "report",
        &source,
        "--free",
        "45000",
        "--smallest",
        "bytes",
        "--max-risk",
        "unknown",
        "--exclude",
        "thr*",
        "--rules",
        ".",
        "--now",
        "@1718258400",
    ];
    let run = jettison_in(&dir.path(), asked, b"").code(1);
    let text = run.text();
    // A line too long for the page stands below its words.
    let at = text
        .find("Write it down:")
        .unwrap_or_else(|| panic!("{}", run.story()));
    let line = text[at..].trim_start_matches("Write it down:").trim_start();
    let line = line.lines().next().unwrap();
    let Some(pasted) = paste(line, &dir.path()) else {
        return;
    };
    assert_eq!(pasted.status.code(), Some(0), "{line}\n{pasted:?}");
    let written = fs::read(dir.join("plan.json")).unwrap();
    let written: serde_json::Value = serde_json::from_slice(&written).unwrap();
    let mut json = asked.to_vec();
    json.extend(["--format", "json"]);
    let told = jettison_in(&dir.path(), json, b"").code(1).json();
    for key in ["key", "picks", "freed", "shortfall", "smallest"] {
        assert_eq!(told["plan"][key], written[key], "{line}");
    }
}

#[test]
fn no_command_is_suggested_that_could_not_run() {
    let recording = b"$ cd /\n$ ls\n10 b\n";
    let args = ["plan", "-", "--free", "5", "--max-risk", "unknown"];
    let run = jettison_in(Path::new("/"), args, recording).code(0);
    assert!(!run.text().contains("jettison plan"), "{}", run.story());
}

#[test]
fn a_need_beyond_the_volume_is_out_of_reach_for_certain() {
    let dir = Dir::new();
    dir.write(
        "r.txt",
        "u@h:/data$ df -k .\nFilesystem 1K-blocks Used Available Use% Mounted on\n\
         /dev/sda1 1000 900 50 95% /data\n\
         u@h:/data$ ls -la\ntotal 4\n-rw-r--r-- 1 u u 1024 Jan  2  2024 a\n\
         drwxr-xr-x 2 u u 4096 Jan  2  2024 unread\n",
    );
    let beyond = jettison_in(&dir.path(), ["plan", "r.txt", "--need", "951K"], b"").code(2);
    let first = "951.0 KiB is more than /data holds: 950.0 KiB when it is empty";
    assert!(beyond.text().starts_with(first), "{}", beyond.story());
    let args = ["plan", "r.txt", "--need", "951K", "--format", "json"];
    let json = jettison_in(&dir.path(), args, b"").code(2).json();
    assert_eq!(json["possibly_reached"], false);
    assert_eq!(json["next_risk"], serde_json::Value::Null);
    let freed = jettison_in(&dir.path(), ["plan", "r.txt", "--free", "901K"], b"").code(2);
    assert!(
        freed.text().contains("900.0 KiB in use"),
        "{}",
        freed.story()
    );
    // What is within the volume may still lie in the part that nobody read.
    let args = ["plan", "r.txt", "--need", "950K", "--max-risk", "unknown"];
    let within = jettison_in(&dir.path(), args, b"").code(3);
    assert!(
        within.text().contains("may be enough"),
        "{}",
        within.story()
    );
}

#[test]
fn rows_that_share_inodes_say_what_they_free_together() {
    let dir = Dir::new();
    dir.file("t/a/one", 900_000);
    dir.folder("t/b");
    fs::hard_link(dir.join("t/a/one"), dir.join("t/b/two")).unwrap();
    dir.file("t/a/rest", 800_000);
    dir.file("t/b/rest", 800_000);
    dir.file("t/large", 1_500_000);
    let args = [
        "plan",
        "t",
        "--free",
        "850K",
        "--max-risk",
        "unknown",
        "--max-waste",
        "10%",
    ];
    let run = jettison_in(&dir.path(), args, b"").code(0);
    assert!(run.text().contains("t/a/one"), "{}", run.story());
    assert!(run.text().contains("together: "), "{}", run.story());
    assert!(
        run.text().contains("Alternatives: 1 path loses"),
        "{}",
        run.story()
    );
}

#[test]
fn a_page_names_the_rules_behind_its_exit_code() {
    let dir = Dir::new();
    let old = dir.file("t/scratch/core.old", 5000);
    age_to(&old, NOW - 100 * 86_400);
    let root = dir.join("t");
    let rule = |days| {
        let root = root.display();
        format!("0 4 * * * root find {root}/scratch -name 'core.*' -mtime +{days} -delete\n")
    };
    let file = dir.write("of/etc/cron.d/clean", rule(3));
    age_to(&file, NOW - 200 * 86_400);
    let now = format!("@{NOW}");
    let args = ["report", "t", "--rules", "of", "--now", &now];
    let run = jettison_in(&dir.path(), args, b"").code(1);
    assert!(
        run.text().contains("RULES THAT DO NOT WORK\n  lapsed"),
        "{}",
        run.story()
    );
    assert!(
        run.text().contains("/etc/cron.d/clean:1"),
        "{}",
        run.story()
    );
}

#[test]
fn a_rule_that_is_off_elsewhere_is_no_matter_of_this_tree() {
    let dir = Dir::new();
    dir.file("t/x", 10);
    let rule = "0 4 * * * root find /nowhere/near -name '*.csv' -mtime +3 -delete\n";
    dir.write("of/etc/cron.d/clean.bak", rule);
    let args = ["audit", "t", "--rules", "of", "--format", "json"];
    let json = jettison_in(&dir.path(), args, b"").code(0).json();
    assert_eq!(json["rules"][0]["state"], "unseen");
}

#[test]
fn a_protected_directory_with_open_contents_is_a_finding() {
    let dir = Dir::new();
    dir.file("t/db/rows", 10);
    let root = dir.join("t");
    let entry = |globs: &str| format!("[[path]]\nmatch = [{globs}]\nrisk = \"never\"\n");
    let findings = |globs: String| {
        dir.write("p.toml", entry(&globs));
        let args = [
            "audit", "t", "--rules", ".", "--policy", "p.toml", "--format", "json",
        ];
        jettison_in(&dir.path(), args, b"").code(0).json()["findings"].clone()
    };
    let root = root.display();
    let bare = findings(format!("\"{root}/db\""));
    assert_eq!(bare[0]["code"], "policy-contents");
    assert_eq!(
        bare[0]["hint"],
        format!("add \"{root}/db/**\" to its `match`")
    );
    let whole = findings(format!("\"{root}/db\", \"{root}/db/**\""));
    assert_eq!(whole, serde_json::json!([]));
}

#[test]
fn a_service_without_a_home_has_no_policy_of_its_own() {
    let dir = Dir::new();
    dir.file("t/x", 10);
    let run = Command::new(env!("CARGO_BIN_EXE_jettison"))
        .args(["audit", "t", "--rules", "."])
        .env_clear()
        .env("HOME", "/dev/null")
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(0), "{run:?}");
}

#[test]
fn a_pipe_or_a_link_as_the_file_to_write_stays_what_it_is() {
    let dir = Dir::new();
    dir.file("t/x", 10);
    let real = dir.write("real.txt", "before");
    std::os::unix::fs::symlink("real.txt", dir.join("link.txt")).unwrap();
    let _written = jettison_in(&dir.path(), ["scan", "t", "-o", "link.txt"], b"").code(0);
    assert!(dir.join("link.txt").is_symlink());
    assert!(fs::read_to_string(real).unwrap().contains(" in "));
    let pipe = dir.join("pipe");
    match Command::new("mkfifo").arg(&pipe).status() {
        Ok(made) if made.success() => {}
        other => return skipped(&format!("mkfifo cannot be run: {other:?}")),
    }
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || {
            let mut text = String::new();
            fs::File::open(pipe)
                .unwrap()
                .read_to_string(&mut text)
                .unwrap();
            text
        })
    };
    let _written = jettison_in(&dir.path(), ["scan", "t", "-o", "pipe"], b"").code(0);
    assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    assert!(reader.join().unwrap().contains("1 file"));
}

#[test]
fn a_deep_tree_is_cut_before_it_is_spelled_out() {
    const DEPTH: usize = 30_000;
    let dir = Dir::new();
    let open = ",[{\"name\":\"d\"}".repeat(DEPTH);
    let close = "]".repeat(DEPTH);
    let export = format!("[1,2,{{}},[{{\"name\":\"/x\"}}{open}{close}]]");
    let export = dir.write("deep.json", export);
    let export = export.to_str().unwrap();
    // Every label spelled out would be a gigabyte of spaces.
    let run = jettison(["scan", export, "--depth", "100000", "--rows", "2"]).code(0);
    assert!(run.text().contains("… 29,998 more"), "{}", run.story());
    assert!(run.stdout.len() < 1000, "{}", run.story());
}

#[test]
fn depth_0_is_the_answer_alone() {
    let dir = Dir::new();
    dir.file("t/x", 10);
    let run = jettison_in(&dir.path(), ["scan", "t", "--depth", "0"], b"").code(0);
    assert_eq!(run.text().lines().count(), 1, "{}", run.story());
}

#[test]
fn inodes_can_be_asked_for() {
    let dir = Dir::new();
    for n in 0..50 {
        dir.file(format!("t/many/__pycache__/f{n}"), 1);
    }
    dir.file("t/large.bin", 900_000);
    let args = [
        "plan",
        "t",
        "--free-inodes",
        "40",
        "--rules",
        ".",
        "--format",
        "json",
    ];
    let plan = jettison_in(&dir.path(), args, b"").code(0).json();
    assert_eq!(plan["picks"].as_array().map(Vec::len), Some(1), "{plan:#}");
    assert!(
        plan["picks"][0]["path"]
            .as_str()
            .unwrap()
            .ends_with("many/__pycache__"),
        "{plan:#}"
    );
    let args = [
        "plan",
        "t",
        "--free-inodes",
        "400",
        "--rules",
        ".",
        "--max-risk",
        "unknown",
    ];
    let short = jettison_in(&dir.path(), args, b"").code(2);
    assert!(
        short.text().contains("400 inodes to free"),
        "{}",
        short.story()
    );
    let args = ["plan", "t", "--need-inodes", "1", "--rules", "."];
    let met = jettison_in(&dir.path(), args, b"").code(0);
    assert!(
        met.text().contains("Nothing has to be freed."),
        "{}",
        met.story()
    );
    dir.write("s.txt", "$ cd /\n$ ls\n10 b\n");
    let unknown = ["plan", "s.txt", "--need-inodes", "1"];
    let _not_known = jettison_in(&dir.path(), unknown, b"").code(64);
}

#[test]
fn a_page_is_cut_and_says_what_was_cut() {
    let dir = Dir::new();
    for day in 1..15 {
        for name in [
            "alpha/ticker-2024-02-DD.csv",
            "beta/deep/dump_202402DD.sql.gz",
            "gamma/x/y/2024/02/DD/all.json",
        ] {
            dir.file(
                format!("t/{}", name.replace("DD", &format!("{day:02}"))),
                100,
            );
        }
    }
    let run = |command: &str, more: &[&str]| {
        let args = [command, "t", "--rules", ".", "--color", "never"];
        jettison_in(&dir.path(), args.iter().chain(more), b"").code(1)
    };
    let families = run("audit", &["--format", "json"]).json();
    let families = families["families"].as_array().unwrap();
    let families = families
        .iter()
        .filter(|f| f["verdict"] == "uncovered")
        .count();
    assert!(families > 1);
    let shown = |text: &str| {
        text.lines()
            .filter(|line| line.starts_with("  uncovered"))
            .count()
    };
    for (command, more, wanted, hint) in [
        ("audit", &["--rows", "1"][..], 1, "--rows all"),
        ("audit", &["--rows", "all"], families, ""),
        ("report", &["--top", "1"], 1, "jettison audit"),
    ] {
        let text = run(command, more).text();
        assert_eq!(shown(&text), wanted.min(families), "{text}");
        let left_out = families - wanted.min(families);
        let line = format!("… {left_out} more ({hint} shows them)");
        assert_eq!(text.contains(&line), left_out > 0, "{text}");
    }
}

#[test]
fn an_unread_part_is_never_fine() {
    let dir = Dir::new();
    let export = |excluded: &str| {
        format!(
            "[1,2,{{\"progname\":\"ncdu\"}},[{{\"name\":\"/d\"}},[{{\"name\":\"closed\",{excluded}}}],\
             {{\"name\":\"a\",\"asize\":1,\"dsize\":512}}]]"
        )
    };
    dir.write("closed.json", export("\"read_error\":true"));
    dir.write("elsewhere.json", export("\"excluded\":\"otherfs\""));
    for (command, word) in [
        ("audit", "found in what was read"),
        ("report", "found in what was read"),
    ] {
        let run = jettison_in(&dir.path(), [command, "closed.json"], b"").code(3);
        assert!(run.text().contains(word), "{}", run.story());
        let run = jettison_in(&dir.path(), [command, "elsewhere.json"], b"").code(0);
        assert!(!run.text().contains(word), "{}", run.story());
    }
}

/// What a terminal of 80 columns shows, its lines without their ends.
fn on_a_terminal(folder: &Path, line: &str) -> Option<Vec<String>> {
    let program = env!("CARGO_BIN_EXE_jettison");
    let run = Command::new("script")
        .args([
            "-qec",
            &format!("stty cols 80; {program} {line}"),
            "/dev/null",
        ])
        .env("NO_COLOR", "1")
        .env("TERM", "dumb")
        .stdin(std::process::Stdio::null())
        .current_dir(folder)
        .output();
    let Ok(run) = run else {
        skipped("there is no script(1)");
        return None;
    };
    let text = String::from_utf8_lossy(&run.stdout).replace('\r', "");
    if text.contains("stty: ") || text.is_empty() {
        skipped(&format!("no terminal can be made: {text}"));
        return None;
    }
    Some(text.lines().map(str::to_owned).collect())
}

#[test]
fn no_page_is_wider_than_the_terminal() {
    let dir = Dir::new();
    let deep = "a-folder-with-quite-a-name/and-another-one-below-it/and-a-third-one";
    for day in 1..29 {
        dir.file(format!("{deep}/feed/2024-02-{day:02}/NYSE.csv"), 5000);
    }
    dir.file(format!("{deep}/proj/Cargo.toml"), 10);
    dir.file(format!("{deep}/proj/target/debug/x"), 90_000);
    dir.file(format!("{deep}/log/a name with blanks in it.log.1"), 70_000);
    let two = dir.file(format!("{deep}/one"), 50_000);
    fs::hard_link(&two, dir.join(format!("{deep}/two"))).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/transcripts");
    for name in [
        "edge-device.txt",
        "two-hosts.txt",
        "du-hunt.cast",
        "quoted-names.txt",
    ] {
        fs::copy(fixtures.join(name), dir.join(name)).unwrap();
    }
    let exported = jettison_in(&dir.path(), ["export", deep, "-o", "e.json"], b"").code(0);
    assert_eq!(exported.text(), "");
    let mut pages = 0;
    for source in [
        deep,
        "e.json",
        "edge-device.txt",
        "two-hosts.txt",
        "du-hunt.cast",
    ] {
        for asked in [
            "report --free 100K --rules .",
            "report --free 900G --rules .",
            "report --rules .",
            "plan --free 150K --max-risk unknown --rules .",
            "plan --need 45% --available 90M --capacity 900G --rules .",
            "check --need 900G --available 90M --floor 5G --rules . --max-risk unknown",
            "check --need 1K --available 90M --need-inodes 999999999999 --rules .",
        ] {
            let (command, rest) = asked.split_once(' ').unwrap();
            let line = format!("{command} {source} {rest} --no-progress --now @{NOW}");
            let Some(lines) = on_a_terminal(&dir.path(), &line) else {
                return;
            };
            pages += usize::from(lines.len() > 1);
            for shown in &lines {
                // What is to be pasted stands alone, and whole; stderr is no page.
                let text = shown.trim_start();
                let is_command = ["jettison plan ", "du ", "ls ", "on "].iter();
                let is_command = is_command.clone().any(|word| text.starts_with(word));
                let is_message = text.starts_with("hint: ") || text.starts_with("jettison: ");
                // A sentence does not break a path, however long.
                let is_path = !text.contains(' ');
                let width = shown.chars().count();
                assert!(
                    width <= 80 || is_command || is_message || is_path,
                    "{line}\n{width}: {shown}"
                );
            }
        }
    }
    assert!(pages > 20, "only {pages} pages were shown");
}
