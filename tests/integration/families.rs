//! Families through the program itself: exports in, findings out. What an outage looks like from
//! the disk, and that a healthy twin of it looks like nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use jettison::audit::{self, Moment};
use jettison::entry::{Measured, Volume};
use jettison::family;
use jettison::report::text;
use jettison::rules::RuleSet;
use jettison::source::{Options, Source};
use jettison::survey::survey;
use jettison::time::Timestamp;
use serde_json::Value;

use crate::dir::{NOW, Run, jettison_in};

const DAY: i64 = 86_400;
const HOUR: i64 = 3600;

/// Draws that are the same in every run.
struct Draw(u64);

impl Draw {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % below
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.next(from.len())]
    }
}

/// A file: its path, its size and when it was written.
#[derive(Clone, Debug)]
struct File {
    path: String,
    size: u64,
    mtime: i64,
}

/// A directory on its way into an export.
#[derive(Default)]
struct Node {
    dirs: BTreeMap<String, Self>,
    files: Vec<(String, u64, i64)>,
}

/// The files as an ncdu export; the draw deals each directory's names in another order.
fn export(files: &[File], mut draw: Option<Draw>) -> Vec<u8> {
    let mut root = Node::default();
    for file in files {
        let mut node = &mut root;
        let mut names: Vec<&str> = file.path.trim_start_matches('/').split('/').collect();
        let name = names.pop().unwrap();
        for dir in names {
            node = node.dirs.entry(dir.to_owned()).or_default();
        }
        node.files.push((name.to_owned(), file.size, file.mtime));
    }
    let mut text =
        String::from("[1,2,{\"progname\":\"ncdu\",\"progver\":\"2.3\",\"timestamp\":1},\n");
    list("/", &root, &mut text, &mut draw);
    text.push(']');
    text.into_bytes()
}

fn list(name: &str, node: &Node, text: &mut String, draw: &mut Option<Draw>) {
    write!(text, "[{{\"name\":\"{name}\",\"mtime\":1}}").unwrap();
    let mut order: Vec<(usize, bool)> = (0..node.files.len()).map(|at| (at, true)).collect();
    order.extend((0..node.dirs.len()).map(|at| (at, false)));
    if let Some(draw) = draw {
        for at in (1..order.len()).rev() {
            order.swap(at, draw.next(at + 1));
        }
    }
    for (at, is_file) in order {
        text.push_str(",\n");
        if is_file {
            let (name, size, mtime) = &node.files[at];
            let disk = size.div_ceil(4096) * 4096;
            write!(
                text,
                "{{\"name\":\"{name}\",\"asize\":{size},\"dsize\":{disk},\"mtime\":{mtime}}}"
            )
            .unwrap();
        } else {
            let (name, dir) = node.dirs.iter().nth(at).unwrap();
            list(name, dir, text, draw);
        }
    }
    text.push(']');
}

fn run(command: &str, export: &[u8], more: &[&str]) -> Run {
    let now = format!("@{NOW}");
    let mut args = vec![command, "-", "--now", &now];
    args.extend(more);
    jettison_in(Path::new("/"), args, export)
}

fn audited(files: &[File]) -> Value {
    run("audit", &export(files, None), &["--format", "json"]).json()
}

fn findings<'a>(audit: &'a Value, code: &str) -> Vec<&'a Value> {
    let all = audit["findings"].as_array().unwrap();
    all.iter().filter(|f| f["code"] == code).collect()
}

/// How a job names what it writes: with `{}` for its words.
const LAYOUTS: [(&str, i64); 7] = [
    ("/data/ticker/%Y-%m-%d/{}.csv", DAY),
    ("/srv/feed/%Y/%m/%d/{}.csv.gz", DAY),
    ("/srv/feed/{}/trades-%Y%m%d.parquet", DAY),
    ("/data/lake/events/date=%Y-%m-%d/part-{}.parquet", DAY),
    ("/var/exports/{}_%Y_%m_%d.json", DAY),
    ("/data/pageviews/%Y-%m-%d/views-%Y%m%d-%H0000-{}.gz", HOUR),
    ("/data/ingest/%Y%m%d%H/{}.avro", HOUR),
];

fn name(layout: &str, at: i64, word: &str) -> String {
    let text = Timestamp(at).to_string();
    layout
        .replace("%Y", &text[..4])
        .replace("%m", &text[5..7])
        .replace("%d", &text[8..10])
        .replace("%H", &text[11..13])
        .replace("{}", word)
}

/// A job with a past of its own, up to the period before now.
struct Job {
    layout: &'static str,
    step: i64,
    words: Vec<String>,
    files: Vec<File>,
    /// When the newest period began.
    newest: i64,
}

impl Job {
    fn drawn(draw: &mut Draw) -> Self {
        let (layout, step) = draw.pick(&LAYOUTS);
        let exchanges: &[&str] = draw.pick(&[
            &["NYSE", "NASDAQ", "LSE"],
            &["XETR", "XPAR", "XLON", "XAMS"],
            &["binance", "kraken", "coinbase"],
        ]);
        let words: Vec<String> = if layout.contains("part-") {
            (0..4).map(|n| format!("{n:05}")).collect()
        } else {
            exchanges.iter().map(|&word| word.to_owned()).collect()
        };
        let late = draw.pick(&[step / 10, step / 2, step]);
        let usual = draw.pick(&[20_000, 700_000, 9_000_000]);
        let newest = (NOW - late - step / 4).div_euclid(step) * step - step;
        let mut files = Vec::new();
        for back in (0..draw.pick(&[40i64, 90, 200])).rev() {
            for word in &words {
                let at = newest - back * step;
                let size = usual / 2 + u64::try_from(draw.next(1000)).unwrap() * usual / 1000;
                files.push(File {
                    path: name(layout, at, word),
                    size,
                    mtime: at + step + late,
                });
            }
        }
        Self {
            layout,
            step,
            words,
            files,
            newest,
        }
    }

    /// The files of the newest so many periods.
    fn newest(&mut self, periods: i64) -> impl Iterator<Item = &mut File> {
        let from = self.newest - (periods - 1) * self.step;
        let mut names = Vec::new();
        for n in 0..periods {
            let at = from + n * self.step;
            names.extend(self.words.iter().map(|word| name(self.layout, at, word)));
        }
        self.files
            .iter_mut()
            .filter(move |file| names.contains(&file.path))
    }

    fn fail(&mut self, draw: &mut Draw) -> &'static str {
        let periods = i64::try_from(1 + draw.next(3)).unwrap();
        match draw.next(4) {
            0 => {
                self.newest(periods).for_each(|file| file.size = 0);
                "empty"
            }
            1 => {
                self.newest(periods + 1).for_each(|file| file.size /= 200);
                "small"
            }
            2 => {
                let gone: Vec<String> = self
                    .newest(periods + 2)
                    .map(|file| file.path.clone())
                    .collect();
                self.files.retain(|file| !gone.contains(&file.path));
                "overdue"
            }
            _ => {
                let kept = self.words[0].clone();
                self.newest(2)
                    .filter(|file| !file.path.contains(&kept))
                    .for_each(|file| file.path.push_str(".tmp"));
                "unfinished"
            }
        }
    }
}

#[test]
fn a_writer_that_fails_silently_is_a_finding_and_its_healthy_twin_is_none() {
    for seed in 1..=60 {
        let mut draw = Draw(0x9e37_79b9_7f4a_7c15 ^ (seed * 7919));
        let mut job = Job::drawn(&mut draw);
        let healthy = audited(&job.files);
        let context = format!("seed {seed}: {}\n{healthy:#}", job.layout);
        assert_eq!(
            healthy["families"].as_array().unwrap().len(),
            1,
            "{context}"
        );
        assert!(findings(&healthy, "failing-writer").is_empty(), "{context}");
        assert!(healthy["families"][0]["failing"].is_null(), "{context}");
        let growth = healthy["families"][0]["growth_bytes_per_day"]
            .as_f64()
            .unwrap();

        let sign = job.fail(&mut draw);
        let sick = audited(&job.files);
        let context = format!("seed {seed}: {} {sign}\n{sick:#}", job.layout);
        let found = findings(&sick, "failing-writer");
        assert_eq!(found.len(), 1, "{context}");
        assert_eq!(found[0]["severity"], "error", "{context}");
        assert_eq!(
            found[0]["subject"], sick["families"][0]["template"],
            "{context}"
        );
        let failing = &sick["families"][0]["failing"];
        let since = failing["since"].as_i64().unwrap();
        assert!(
            (job.newest - 5 * job.step..=NOW).contains(&since),
            "{context}"
        );
        let signs = match sign {
            "empty" => &["empty"][..],
            "small" => &["small"],
            "overdue" => &["overdue"],
            _ => &["unfinished", "small"],
        };
        for sign in signs {
            assert!(failing[*sign].as_u64().unwrap() > 0, "{context}");
        }
        // What it wrote while it was well still says how fast the disk fills.
        let after = sick["families"][0]["growth_bytes_per_day"]
            .as_f64()
            .unwrap();
        assert!(
            (after / growth - 1.0).abs() < 0.2,
            "{growth} became {after}: {context}"
        );
    }
}

#[test]
fn a_period_that_is_not_over_says_nothing() {
    for seed in 1..=20 {
        let mut draw = Draw(0x1234_5678_9abc_def1 ^ (seed * 104_729));
        let mut job = Job::drawn(&mut draw);
        // The writer is at work on the next period: one shard is there, another is on its way.
        let at = job.newest + job.step;
        for (word, end) in job.words.iter().zip(["", ".tmp"]) {
            job.files.push(File {
                path: name(job.layout, at, word) + end,
                size: 100,
                mtime: NOW - 60,
            });
        }
        let audit = audited(&job.files);
        let context = format!("seed {seed}: {}\n{audit:#}", job.layout);
        assert!(findings(&audit, "failing-writer").is_empty(), "{context}");
    }
}

#[test]
fn the_outage_stands_on_the_first_screen() {
    let mut files = Vec::new();
    for back in (1..=60).rev() {
        for exchange in ["NYSE", "NASDAQ", "LSE"] {
            let at = NOW.div_euclid(DAY) * DAY - back * DAY;
            files.push(File {
                path: name("/data/ticker/%Y-%m-%d/{}.csv", at, exchange),
                size: if back <= 2 { 0 } else { 1 << 30 },
                mtime: at + DAY,
            });
        }
    }
    let run = run("report", &export(&files, None), &[]).code(1);
    check_screen(&run.text());
    // On a file system with room for two more days, the page says so.
    let source = Source::bytes(export(&files, None));
    let survey = survey(&source, &Options::default()).unwrap();
    let now = Timestamp(NOW);
    let found = family::find(&survey.tree, now);
    let moment = Moment::at(now);
    let audit = audit::audit(
        &survey.tree,
        found,
        &RuleSet::default(),
        &|_| None,
        &moment,
        None,
    );
    let volume = Volume {
        mount: b"/data".to_vec(),
        fstype: None,
        size: 180 << 30,
        used: 174 << 30,
        available: 6 << 30,
        reserved: 0,
        inodes: None,
        inodes_available: None,
        measured: Measured::Given,
    };
    let view = text::story::View {
        audit: text::audit::View {
            audit: &audit,
            tree: &survey.tree,
            volume: Some(&volume),
            rules_read: true,
            now,
            members: false,
            troubles: &[],
            verbose: false,
            rows: 10,
            rest: "--rows all",
        },
        plan: None,
        largest: &[],
        now: None,
    };
    let style = text::Style {
        width: 80,
        colour: false,
        terminal: true,
    };
    let page = text::story::story(&view, style);
    check_screen(&page);
    assert!(page.contains("Full in 2 days."), "{page}");
}

fn check_screen(page: &str) {
    let screen: Vec<&str> = page.lines().take(24).collect();
    for wanted in [
        "  failing  /data/ticker/{date}/{exchange}.csv",
        "the newest 2 periods are empty, since 2024-06-11; usually 3.0 GiB each",
        "+3.0 GiB/day",
    ] {
        assert!(screen.iter().any(|line| line.contains(wanted)), "{page}");
    }
}

#[test]
fn the_order_of_names_changes_no_byte() {
    for seed in 1..=6 {
        let mut draw = Draw(0xdead_beef_cafe_f00d ^ (seed * 31));
        let mut files = Job::drawn(&mut draw).files;
        files.extend(Job::drawn(&mut draw).files.into_iter().map(|mut file| {
            file.path = format!("/mnt{}", file.path);
            file
        }));
        for n in 0..700 {
            files.push(File {
                path: format!("/var/spool/x/{:x}-{}.dat", draw.next(1 << 30), n % 7),
                size: 4096,
                mtime: NOW - DAY * i64::from(n % 50),
            });
        }
        let more = ["--format", "json", "--members"];
        let first = run("audit", &export(&files, None), &more);
        let second = run("audit", &export(&files, Some(draw)), &more);
        assert_eq!(first.text(), second.text(), "seed {seed}");
    }
}
