//! A recording in the manner of a puzzle: the sums from `export` and the smallest sufficient
//! directory from `plan`, against a count that knows nothing of jettison.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::dir::{Dir, jettison_in};

const CAPACITY: u64 = 70_000_000;
const NEED: u64 = 30_000_000;

/// A recording and the truth about it: each directory's path and its whole size.
struct Recording {
    text: String,
    sizes: BTreeMap<Vec<String>, u64>,
}

struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// A random tree of that many directories, then a session that lists all of it, some of it twice.
fn record(seed: u64, directories: usize) -> Recording {
    let mut draw = Draw(seed | 1);
    let mut dirs: Vec<Vec<String>> = vec![vec![]];
    let mut files: BTreeMap<Vec<String>, Vec<(String, u64)>> = BTreeMap::new();
    while dirs.len() < directories {
        let parent = dirs[usize::try_from(draw.below(dirs.len() as u64)).unwrap()].clone();
        let mut path = parent;
        path.push(format!("d{}", dirs.len()));
        dirs.push(path);
    }
    for dir in &dirs {
        let names = draw.below(4);
        let list = (0..names).map(|n| {
            (
                format!("f{n}.{}", ["txt", "log", "lst"][n as usize % 3]),
                1 + draw.below(300_000),
            )
        });
        files.insert(dir.clone(), list.collect());
    }
    let sizes = dirs
        .iter()
        .map(|dir| {
            let inside = files.iter().filter(|(path, _)| path.starts_with(dir));
            (
                dir.clone(),
                inside
                    .flat_map(|(_, list)| list)
                    .map(|(_, size)| size)
                    .sum(),
            )
        })
        .collect();
    Recording {
        text: session(&mut draw, &dirs, &files),
        sizes,
    }
}

/// Walks to the directories in an order of its own: by `cd /` and a path, or up and down.
fn session(
    draw: &mut Draw,
    dirs: &[Vec<String>],
    files: &BTreeMap<Vec<String>, Vec<(String, u64)>>,
) -> String {
    let mut lines = vec!["$ cd /".to_owned()];
    let mut at: Vec<String> = Vec::new();
    let mut order: Vec<&Vec<String>> = dirs.iter().collect();
    order.sort_by_key(|dir| (dir.len() > 2, dir.first().cloned(), dir.len()));
    order.extend(dirs.iter().filter(|_| draw.below(5) == 0));
    for dir in order {
        if draw.below(4) == 0 {
            lines.push("$ cd /".to_owned());
            at.clear();
        }
        while !dir.starts_with(&at) {
            lines.push("$ cd ..".to_owned());
            at.pop();
        }
        let rest = &dir[at.len()..];
        if rest.len() > 1 && draw.below(2) == 0 {
            lines.push(format!("$ cd {}", rest.join("/")));
        } else {
            lines.extend(rest.iter().map(|name| format!("$ cd {name}")));
        }
        at = dir.clone();
        lines.push("$ ls".to_owned());
        let subs = dirs
            .iter()
            .filter(|d| d.len() == dir.len() + 1 && d.starts_with(dir));
        lines.extend(subs.map(|d| format!("dir {}", d.last().unwrap())));
        lines.extend(
            files[dir]
                .iter()
                .map(|(name, size)| format!("{size} {name}")),
        );
    }
    lines.join("\n") + "\n"
}

/// The whole size of every directory of an ncdu export, by path.
fn export_sizes(
    node: &Value,
    path: &mut Vec<String>,
    sizes: &mut BTreeMap<Vec<String>, u64>,
) -> u64 {
    let own = |object: &Value| object["asize"].as_u64().unwrap_or(0);
    match node {
        Value::Array(items) => {
            let mut sum = own(&items[0]);
            for item in &items[1..] {
                path.push(
                    item.as_array().map_or(item, |a| &a[0])["name"]
                        .as_str()
                        .unwrap()
                        .to_owned(),
                );
                sum += export_sizes(item, path, sizes);
                path.pop();
            }
            sizes.insert(path.clone(), sum);
            sum
        }
        file => own(file),
    }
}

#[test]
fn sums_and_the_smallest_directory_equal_a_brute_force_count() {
    for (seed, directories, crlf) in [
        (1, 150, false),
        (2, 180, true),
        (3, 200, false),
        (4, 320, false),
    ] {
        let recording = record(seed, directories);
        let dir = Dir::new();
        let text = if crlf {
            recording.text.replace('\n', "\r\n")
        } else {
            recording.text.clone()
        };
        dir.write("session.txt", &text);

        let export = jettison_in(&dir.path(), ["export", "session.txt"], b"")
            .code(0)
            .json();
        let mut sizes = BTreeMap::new();
        export_sizes(&export[3], &mut Vec::new(), &mut sizes);
        assert_eq!(sizes, recording.sizes, "seed {seed}");
        let small: u64 = sizes.values().filter(|&&size| size <= 100_000).sum();
        assert_eq!(
            small,
            recording
                .sizes
                .values()
                .filter(|&&size| size <= 100_000)
                .sum::<u64>()
        );

        let used = recording.sizes[&Vec::new()];
        let capacity = CAPACITY.max(used + NEED / 2);
        let need = NEED.max(capacity - used + used / 3);
        let shortfall = need + used - capacity;
        let best = recording
            .sizes
            .values()
            .filter(|&&size| size >= shortfall)
            .min()
            .unwrap();
        let (capacity, need) = (capacity.to_string(), need.to_string());
        let args = [
            "plan",
            "session.txt",
            "--smallest",
            "directory",
            "--max-risk",
            "unknown",
        ];
        let more = ["--capacity", &capacity, "--need", &need, "--format", "json"];
        let plan = jettison_in(&dir.path(), args.iter().chain(&more), b"")
            .code(0)
            .json();
        assert_eq!(plan["lost"], *best, "seed {seed}: {plan:#}");
        assert_eq!(plan["shortfall"], shortfall);
        assert_eq!(plan["proven"], true);
        assert_eq!(plan["quantity"], "apparent");
        assert_eq!(plan["picks"].as_array().unwrap().len(), 1);
        assert_eq!(plan["picks"][0]["kind"], "dir");
    }
}

#[test]
fn what_was_entered_and_never_listed_is_unknown_unless_assumed_empty() {
    let dir = Dir::new();
    dir.write("s.txt", "$ cd /\n$ ls\ndir a\n10 b\n$ cd a\n$ cd ..\n");
    let unknown = jettison_in(&dir.path(), ["scan", "s.txt", "--format", "json"], b"")
        .code(3)
        .json();
    assert_eq!(unknown["complete"], false);
    assert_eq!(unknown["root"]["apparent"]["lo"], 10);
    assert_eq!(unknown["root"]["apparent"]["hi"], Value::Null);
    let unsaid = serde_json::json!({ "lo": 0, "hi": null });
    assert_eq!(unknown["root"]["disk"], unsaid);
    let args = ["scan", "s.txt", "--format", "json", "--assume-empty"];
    let empty = jettison_in(&dir.path(), args, b"").code(0).json();
    assert_eq!(empty["root"]["apparent"], 10);
}

#[test]
fn names_that_a_shell_would_take_apart_are_names() {
    for name in [
        "a b",
        "it's",
        "\"q\"",
        "a;b",
        "a&b",
        "a>b",
        "$HOME",
        "*",
        "`x`",
        "# x",
        "cd ..",
        "$ ls",
        "back\\slash",
        "-",
        "~",
        "{a,b}",
    ] {
        let dir = Dir::new();
        let text = format!(
            "$ cd /\n$ ls\ndir {name}\n1 f\n$ cd {name}\n$ ls\ndir {name}\n20 f\n$ cd {name}\n$ ls\n300 g\n\
             $ cd ../../{name}/{name}\n$ cd /\n$ cd /{name}\n$ ls\n20 f\ndir {name}\n"
        );
        dir.write("s.txt", &text);
        let export = jettison_in(&dir.path(), ["export", "s.txt"], b"")
            .code(0)
            .json();
        let mut sizes = BTreeMap::new();
        export_sizes(&export[3], &mut Vec::new(), &mut sizes);
        let name = name.to_owned();
        let expected = BTreeMap::from([
            (vec![], 321),
            (vec![name.clone()], 320),
            (vec![name.clone(), name.clone()], 300),
        ]);
        assert_eq!(sizes, expected, "{name}");
    }
}

#[test]
fn a_cd_that_shells_disagree_on_leads_nowhere() {
    let dir = Dir::new();
    dir.write("s.txt", "$ cd /\n$ cd a b\n$ ls\n20 f\n");
    let scan = jettison_in(&dir.path(), ["scan", "s.txt", "--format", "json"], b"")
        .code(3)
        .json();
    assert_eq!(scan["troubles"][0]["code"], "unknown-directory");
    assert!(!scan.to_string().contains("/f\""), "{scan:#}");
}

#[test]
fn a_plan_is_certain_only_when_it_suffices_however_large_the_unread_part_is() {
    let dir = Dir::new();
    dir.write(
        "s.txt",
        "$ cd /\n$ ls\ndir a\ndir b\n60 f\n$ cd b\n$ ls\n30 g\n",
    );
    let plan = |need: &str, more: &[&str]| {
        let args = ["plan", "s.txt", "--capacity", "200", "--need", need];
        let rest = ["--max-risk", "unknown", "--format", "json"];
        jettison_in(&dir.path(), args.iter().chain(&rest).chain(more), b"")
    };
    // `a` was never listed: all of the 200 may be in use.
    let sure = plan("90", &[]).code(0).json();
    assert_eq!(
        (&sure["available"], &sure["shortfall"]),
        (&0.into(), &90.into())
    );
    assert_eq!(sure["reached"], true);
    assert_eq!(plan("91", &[]).code(3).json()["reached"], false);
    assert_eq!(
        plan("91", &["--assume-empty"]).code(3).json()["reached"],
        false
    );
    // What cannot be freed of the most that can be short may be for the least: 110 may be free.
    dir.write(
        "p.toml",
        "[[path]]\nmatch = [\"/\", \"/a\"]\nrisk = \"never\"\n",
    );
    let kept = ["--policy", "p.toml"];
    assert_eq!(plan("200", &kept).code(3).json()["reached"], false);
    assert_eq!(plan("201", &kept).code(2).json()["reached"], false);
}

#[test]
fn what_may_be_counted_twice_frees_nothing_for_certain() {
    let dir = Dir::new();
    dir.write("s.txt", "$ ls\n10 f\n$ cd /\n$ ls\n10 f\n");
    let plan = |free: &str| {
        let args = ["plan", "s.txt", "--free", free, "--max-risk", "unknown"];
        jettison_in(&dir.path(), args.iter().chain(&["--format", "json"]), b"")
    };
    assert_eq!(
        plan("10").code(0).json()["picks"].as_array().unwrap().len(),
        1
    );
    assert_eq!(plan("11").code(3).json()["reached"], false);
}

#[test]
fn a_sum_beyond_64_bits_is_a_lower_bound() {
    let dir = Dir::new();
    let half = 1u64 << 63;
    let text = format!("$ cd /\n$ ls\n{half} a\n{half} b\n");
    dir.write("s.txt", &text);
    let scan = jettison_in(&dir.path(), ["scan", "s.txt", "--format", "json"], b"").json();
    let total = serde_json::json!({ "lo": u64::MAX, "hi": null });
    assert_eq!(scan["root"]["apparent"], total);
}

/// A directory of files, a policy that gives each its risk, and for each risk the smallest set by
/// a count over all sets: its paths and its bytes, or nothing where all together are too little.
fn judged(draw: &mut Draw, dir: &Dir) -> (u64, Vec<Option<(u32, u64)>>) {
    const RISKS: [&str; 5] = ["regenerable", "expired", "stale", "old", "unknown"];
    let files: Vec<(u64, usize)> = (0..11)
        .map(|_| {
            (
                1 + draw.below(900_000),
                usize::try_from(draw.below(5)).unwrap(),
            )
        })
        .collect();
    let mut text = "$ cd /\n$ ls\ndir d\n$ cd d\n$ ls\n".to_owned();
    let mut policy = "[[path]]\nmatch = \"/d\"\nrisk = \"never\"\n".to_owned();
    for (n, (size, risk)) in files.iter().enumerate() {
        text += &format!("{size} f{n:02}\n");
        let risk = RISKS[*risk];
        policy += &format!("[[path]]\nmatch = \"/d/f{n:02}\"\nrisk = \"{risk}\"\n");
    }
    dir.write("s.txt", text);
    dir.write("p.toml", policy);
    let all: u64 = files.iter().map(|file| file.0).sum();
    let free = 1 + draw.below(all);
    let best = |risk: usize| {
        let sets = 1u32..1 << files.len();
        let may_go = |n: usize| files[n].1 <= risk;
        let sets = sets.filter(|set| (0..files.len()).all(|n| set >> n & 1 == 0 || may_go(n)));
        let bytes = |set: u32| -> u64 {
            let chosen = (0..files.len()).filter(|n| set >> n & 1 == 1);
            chosen.map(|n| files[n].0).sum()
        };
        let enough = sets.map(|set| (set.count_ones(), bytes(set)));
        enough.filter(|&(_, bytes)| bytes >= free).min()
    };
    (free, (0..RISKS.len()).map(best).collect())
}

#[test]
fn a_report_shows_the_smallest_set_of_each_risk() {
    let mut draw = Draw(0x5eed);
    let mut decided = 0;
    for _ in 0..40 {
        let dir = Dir::new();
        let (free, best) = judged(&mut draw, &dir);
        let free = free.to_string();
        let args = ["report", "s.txt", "--free", &free, "--policy", "p.toml"];
        let args = args.iter().chain(&["--max-waste", "none"]);
        let json = args.clone().chain(&["--format", "json"]);
        let json = jettison_in(&dir.path(), json, b"").json();
        for step in json["each_risk"].as_array().unwrap() {
            let risk = step["risk"].as_str().unwrap();
            let at = ["regenerable", "expired", "stale", "old", "unknown"];
            let at = at.iter().position(|word| *word == risk).unwrap();
            let paths = u32::try_from(step["picks"].as_array().unwrap().len()).unwrap();
            let found = (step["reached"] == true).then(|| (paths, step["lost"].as_u64().unwrap()));
            assert_eq!(found, best[at], "{risk}, {free} of {json:#}");
            assert_eq!(step["proven"], true);
        }
        // What only the riskiest class suffices for is the reader's to decide, on the same page.
        let text = jettison_in(&dir.path(), args, b"").text();
        let only_unknown = best[3].is_none() && best[4].is_some();
        decided += u32::from(only_unknown);
        if only_unknown {
            let yours = text.split("YOURS TO DECIDE\n").nth(1);
            let yours = yours.unwrap_or_else(|| panic!("{text}"));
            assert!(
                yours.trim().starts_with("With --max-risk unknown, "),
                "{text}"
            );
        }
    }
    assert!(decided > 3, "only {decided} are left to decide");
}
