//! What the program answers from a recording: the lines behind a number, and what would make an
//! answer sure.

use std::path::Path;

use serde_json::Value;

use crate::dir::{Dir, jettison_in};
use crate::schemas;

const SESSION: &str = "\
op@edge:/data$ df -k /data
Filesystem     1K-blocks  Used Available Use% Mounted on
/dev/sda1         100000 90000     10000  90% /data
op@edge:/data$ ls -la
total 60000
drwxr-xr-x 4 op op     4096 Nov 22 06:02 .
drwxr-xr-x 9 op op     4096 Nov 22 06:02 ..
-rw-r--r-- 1 op op 40000000 Nov 22 06:02 big.img
drwxr-xr-x 2 op op     4096 Nov 22 06:02 closed
-rw-r--r-- 1 op op  5000000 Nov 22 06:02 old.log
op@edge:/data$ ls -la
total 60000
drwxr-xr-x 4 op op     4096 Nov 22 06:02 .
drwxr-xr-x 9 op op     4096 Nov 22 06:02 ..
-rw-r--r-- 1 op op 41000000 Nov 22 06:03 big.img
drwxr-xr-x 2 op op     4096 Nov 22 06:02 closed
-rw-r--r-- 1 op op  5000000 Nov 22 06:02 old.log
op@edge:/data$ rm old.log
op@edge:/data$ exit
";

fn why(dir: &Dir, path: &str) -> Value {
    let line = ["why", "s.txt", path, "--format", "json"];
    let run = jettison_in(&dir.path(), line, b"");
    assert!(matches!(run.code, 0 | 3), "{}", run.story());
    let document = run.json();
    schemas::check(&document, path);
    document
}

fn lines_of(document: &Value, what: &str) -> Vec<u64> {
    let all = document["evidence"].as_array().unwrap().iter();
    let of = all.filter(|o| o["what"] == what);
    of.map(|o| o["line"].as_u64().unwrap()).collect()
}

#[test]
fn every_line_behind_a_number_is_shown() {
    let dir = Dir::new();
    dir.write("s.txt", SESSION);
    let big = why(&dir, "/data/big.img");
    assert_eq!(big["apparent"], 41_000_000);
    assert_eq!(lines_of(&big, "apparent size"), [8, 15]);
    let first = &big["evidence"].as_array().unwrap()[1];
    assert_eq!(
        (&first["size"], &first["superseded_by"]),
        (&40_000_000.into(), &15.into())
    );
    assert_eq!(first["conflicts"], serde_json::json!([15]));
    assert_eq!(first["command"]["line"], 4);
    assert_eq!(first["command"]["text"], "ls -la");

    let gone = why(&dir, "/data/old.log");
    assert_eq!(
        (&gone["kind"], &gone["apparent"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(lines_of(&gone, "removed"), [18]);
    assert_eq!(lines_of(&gone, "apparent size"), [10, 17]);

    let data = why(&dir, "/data");
    assert_eq!(lines_of(&data, "listed"), [5, 12]);
    let text = jettison_in(&dir.path(), ["why", "s.txt", "/data/old.log"], b"").text();
    assert!(
        text.contains("is gone at the end") && text.contains("by `rm old.log`"),
        "{text}"
    );
    let unknown = jettison_in(&dir.path(), ["why", "s.txt", "/data/none"], b"");
    assert_eq!(unknown.code, 3, "{}", unknown.story());
}

#[test]
fn a_report_says_how_sure_it_is_and_what_to_list() {
    let dir = Dir::new();
    dir.write("s.txt", SESSION);
    let report = |session: &str| {
        dir.write("s.txt", session);
        let args = ["report", "s.txt", "--need", "45%", "--max-risk", "unknown"];
        jettison_in(&dir.path(), args, b"").text()
    };
    let text = report(SESSION);
    assert!(text.contains("HOW SURE THIS IS"), "{text}");
    assert!(text.contains("/data/big.img: 39.1 MiB, line 15"), "{text}");
    assert!(text.contains("  ls -laR /data/closed"), "{text}");
    // What lies on another volume is not asked for.
    assert!(!text.contains("/ "), "{text}");
    // Doing as told settles it.
    let more = "op@edge:/data$ ls -laR /data/closed\n/data/closed:\ntotal 4\n\
                drwxr-xr-x 2 op op 4096 Nov 22 06:02 .\ndrwxr-xr-x 4 op op 4096 Nov 22 06:02 ..\n\
                -rw-r--r-- 1 op op 12 Nov 22 06:02 a\nop@edge:/data$ exit\n";
    let text = report(&SESSION.replace("op@edge:/data$ exit\n", more));
    assert!(!text.contains("ls -laR"), "{text}");
    assert!(
        text.contains("Every directory on the volume was listed"),
        "{text}"
    );
}

/// At 80 columns nothing is broken by the edge but what is to be pasted.
#[test]
fn reports_fit_a_narrow_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/transcripts");
    for name in [
        "no-room.typescript",
        "full-disk.typescript",
        "edge-device.txt",
        "du-hunt.cast",
    ] {
        let run = jettison_in(
            &folder,
            ["report", name, "--need", "45%", "--capacity", "90M"],
            b"",
        );
        let text = run.text();
        assert!(text.contains("HOW SURE THIS IS"), "{}", run.story());
        let sure = text.split("HOW SURE THIS IS").nth(1).unwrap();
        let lines = sure.lines();
        for line in lines.filter(|line| !line.trim().starts_with("jettison ")) {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
    }
}

#[test]
fn what_lies_above_the_volume_takes_nothing_from_a_whole_answer() {
    let dir = Dir::new();
    let whole = SESSION.replace("drwxr-xr-x 2 op op     4096 Nov 22 06:02 closed\n", "");
    for (session, told, other) in [
        (
            whole.as_str(),
            "? 1 directory outside of /data was not read\n",
            "lower bounds",
        ),
        (
            SESSION,
            "? 2 directories were not read to the end: figures with ≥",
            "outside of",
        ),
    ] {
        dir.write("s.txt", session);
        let run = jettison_in(&dir.path(), ["report", "s.txt", "--need", "5%"], b"");
        assert!(run.text().contains(told), "{}", run.story());
        assert!(!run.text().contains(other), "{}", run.story());
    }
}
