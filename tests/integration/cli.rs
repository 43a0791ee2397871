//! The program as scripts meet it: exit codes, streams, bad input, hostile names.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};

use crate::dir::{Dir, jettison, jettison_in};

#[test]
fn sources_that_cannot_be_read_end_with_3_one_line_and_a_hint() {
    let dir = Dir::new();
    dir.write("empty", "");
    dir.write("blank", " \n\r\n\t\n");
    dir.write(
        "broken.json",
        "[1,2,{\"progname\":\"ncdu\"},[{\"name\":\"/x\"},",
    );
    dir.write("major.json", "[2,0,{},[{\"name\":\"/x\"}]]");
    dir.write("binary", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    dir.write("prose.txt", "Dear all,\nthe disk is full again.\nRegards\n");
    for name in [
        "missing",
        "empty",
        "blank",
        "broken.json",
        "major.json",
        "binary",
        "prose.txt",
    ] {
        for command in ["report", "scan", "audit", "export"] {
            let run = jettison_in(&dir.path(), [command, name], b"").code(3);
            let lines: Vec<_> = run.stderr.lines().collect();
            assert_eq!(lines.len(), 2, "{}", run.story());
            assert!(
                lines[0].starts_with(&format!("jettison: {command}: ")),
                "{}",
                run.story()
            );
            assert!(lines[0].contains(name), "{}", run.story());
            assert!(lines[1].starts_with("hint: "), "{}", run.story());
            assert!(run.stdout.is_empty(), "{}", run.story());
        }
    }
}

#[test]
fn a_wrong_command_line_ends_with_64() {
    let dir = Dir::new();
    dir.write("s.txt", "$ cd /\n$ ls\n10 b\n");
    for line in [
        "scan --nonsense",
        "scan --depth x",
        "plan s.txt --need 1e9 --capacity 1G",
        "plan s.txt",
        "plan s.txt --need 45%",
        "plan s.txt --need -1 --capacity 5",
        "plan s.txt --need NaN --capacity 5",
        "audit s.txt --now then",
        "completions tcsh",
        "report s.txt --rules missing",
        "plan s.txt --need 40%x",
    ] {
        let run = jettison_in(&dir.path(), line.split(' '), b"").code(64);
        assert!(
            !run.stderr.is_empty() && run.stdout.is_empty(),
            "{}",
            run.story()
        );
    }
    let run = jettison_in(&dir.path(), ["plan", "s.txt", "--need", "45%"], b"").code(64);
    assert!(run.stderr.contains("--capacity"), "{}", run.story());
}

#[test]
fn nothing_runs_on_half_a_policy() {
    let dir = Dir::new();
    dir.write("s.txt", "$ cd /\n$ ls\n10 b\n");
    for (policy, place) in [
        ("[[path]]\nmatch = \"/x\"\nrisk = \"nver\"\n", ":3:"),
        (
            "[[path]]\nmatch = \"/x\"\nrisk = \"never\"\nwhat = 1\n",
            ":4:",
        ),
        ("[[path]\n", ":1:"),
        ("[[path]]\nmatch = \"x/y\"\nrisk = \"never\"\n", ":2:"),
        (
            "[[family]]\nmatch = \"/x/{date}\"\nkeep = \"soon\"\n",
            ":3:",
        ),
    ] {
        dir.write("p.toml", policy);
        let run = jettison_in(&dir.path(), ["report", "s.txt", "--policy", "p.toml"], b"").code(64);
        assert!(
            run.stderr.contains(&format!("p.toml{place}")),
            "{}",
            run.story()
        );
        assert!(run.stdout.is_empty(), "{}", run.story());
    }
    let _refused = jettison_in(
        &dir.path(),
        ["report", "s.txt", "--policy", "none.toml"],
        b"",
    )
    .code(64);
}

#[test]
fn a_broken_rule_file_is_a_trouble_and_the_rest_goes_on() {
    let dir = Dir::new();
    dir.file("tree/a", 10);
    dir.write(
        "root/etc/cron.d/broken",
        "* * * * * root find /x -delete; if then ((\n",
    );
    dir.write(
        "root/etc/cron.d/fine",
        "0 3 * * * root find /x -name '*.csv' -mtime +3 -delete\n",
    );
    let run = jettison_in(
        &dir.path(),
        ["audit", "tree", "--rules", "root", "--format", "json"],
        b"",
    )
    .code(3);
    let audit = run.json();
    assert!(
        audit["rules"]
            .as_array()
            .unwrap()
            .iter()
            .any(|r| r["file"] == "/etc/cron.d/fine"),
        "{audit:#}"
    );
    let troubles = audit["troubles"].as_array().unwrap();
    assert!(
        troubles
            .iter()
            .any(|t| t["path"].as_str().unwrap().contains("broken") && t["line"] == 1),
        "{audit:#}"
    );
}

#[test]
fn a_closed_stdout_ends_quietly_and_not_with_0() {
    let dir = Dir::new();
    for n in 0..20_000 {
        dir.named(
            format!("a-rather-long-name-so-that-the-pipe-fills-{n:05}").as_bytes(),
            0,
        );
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_jettison"))
        .args(["scan", "--format", "json"])
        .arg(dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0u8; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_ne!(child.wait().unwrap().code(), Some(0));
    assert_eq!(stderr, "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_stdout_is_an_error() {
    let dir = Dir::new();
    dir.file("a", 10);
    for args in [
        ["scan", "--format", "json"],
        ["scan", "--format", "text"],
        ["export", "--format", "ncdu"],
    ] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_jettison"))
            .args(args)
            .arg(dir.path())
            .stdout(full)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("cannot write"),
            "{output:?}"
        );
    }
}

#[test]
fn hostile_names_are_intact_in_json_and_harmless_in_text() {
    let dir = Dir::new();
    let names: [&[u8]; 4] = [
        b"new\nline",
        b"esc\x1b]0;owned\x07",
        b"raw\xff\xfe",
        "rtl\u{202e}gpj".as_bytes(),
    ];
    for name in names {
        dir.named(name, 10_000);
    }
    let text = jettison([dir.path().as_os_str(), "--top".as_ref(), "9".as_ref()]);
    let scan = jettison(["scan".as_ref(), dir.path().as_os_str()]).code(0);
    for run in [&text, &scan] {
        let bad = |c: char| c == '\u{202e}' || (c.is_control() && c != '\n');
        assert!(!run.text().contains(bad), "{}", run.story());
    }
    assert!(
        scan.text().contains("new\\nline") && scan.text().contains("raw\\xff\\xfe"),
        "{}",
        scan.story()
    );
    let json = jettison([
        "scan".as_ref(),
        dir.path().as_os_str(),
        "--format".as_ref(),
        "json".as_ref(),
    ])
    .json();
    let paths: Vec<_> = json["root"]["children"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["path"])
        .collect();
    let whole = dir.join("new\nline");
    assert!(paths.iter().any(|p| **p == whole.to_str().unwrap()));
    assert!(paths.iter().any(|p| p["bytes"].is_string()), "{paths:?}");
    let export = jettison(["export".as_ref(), dir.path().as_os_str()]).code(0);
    assert!(
        export.stdout.windows(5).any(|w| w == b"raw\xff\xfe"),
        "{}",
        export.story()
    );
}

#[test]
fn results_go_to_a_file_whole_or_not_at_all() {
    let dir = Dir::new();
    dir.file("tree/a", 10);
    let run = jettison_in(&dir.path(), ["export", "tree", "-o", "out.json"], b"").code(0);
    assert!(run.stdout.is_empty());
    let again = jettison_in(&dir.path(), ["export", "out.json"], b"").code(0);
    assert!(again.text().contains("\"a\""));
    let _failed = jettison_in(
        &dir.path(),
        ["export", "tree", "-o", "no/such/out.json"],
        b"",
    )
    .code(3);
    let left: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn stdin_and_forms_by_name() {
    let folder = Dir::new();
    let session = b"$ cd /\n$ ls\n10 b\n";
    let run = jettison_in(&folder.path(), ["scan", "-", "--format", "json"], session).code(0);
    assert_eq!(run.json()["root"]["apparent"], 10);
    let _wrong = jettison_in(&folder.path(), ["scan", "-", "--as", "ncdu"], session).code(3);
    let _not_a_directory =
        jettison_in(&folder.path(), ["scan", "-", "--as", "live"], session).code(3);
    let _a_directory = jettison_in(&folder.path(), ["scan", ".", "--as", "ncdu"], b"").code(3);
}

#[test]
fn colour_only_where_it_is_wanted() {
    let dir = Dir::new();
    dir.file("a", 10);
    let scan = |colour: &str| {
        jettison([
            "scan".as_ref(),
            dir.path().as_os_str(),
            "--color".as_ref(),
            colour.as_ref(),
        ])
    };
    assert!(!scan("auto").text().contains('\x1b'));
    assert!(scan("always").text().contains('\x1b'));
}

#[test]
fn same_input_same_bytes() {
    let dir = Dir::new();
    for n in 0..200 {
        dir.file(format!("d{}/e{}/f{n}", n % 7, n % 3), n * 100);
    }
    let now = "@1718258400";
    for command in ["report", "scan", "audit"] {
        for format in ["text", "json"] {
            let runs: Vec<_> = ["1", "2", "8"]
                .map(|threads| {
                    let mut args = vec![
                        command,
                        ".",
                        "--format",
                        format,
                        "--now",
                        now,
                        "--threads",
                        threads,
                    ];
                    args.extend(if command == "scan" {
                        &[][..]
                    } else {
                        &["--rules", "."]
                    });
                    jettison_in(&dir.path(), args, b"").stdout
                })
                .into();
            let text = String::from_utf8_lossy(&runs[0]);
            let text = text.replace(&volume_of(&text), "");
            for run in &runs[1..] {
                let other = String::from_utf8_lossy(run);
                assert_eq!(
                    text,
                    other.replace(&volume_of(&other), ""),
                    "{command} {format}"
                );
            }
        }
    }
}

/// What others write meanwhile moves the volume's figures; everything else must stand still.
fn volume_of(text: &str) -> String {
    let Some(start) = text.find("\"volume\":{") else {
        return "\u{0}".to_owned();
    };
    let end = text[start..].find('}').unwrap();
    text[start..=start + end].to_owned()
}
