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
    // An export says nothing of its file system; told how large that is, the page does.
    let told = self::run("report", &export(&files, None), &["--capacity", "180GiB"]);
    check_screen(&told.text());
    assert!(told.text().contains("Full in 2 days."), "{}", told.text());
    assert!(!run.text().contains("Full in"), "{}", run.text());
    let roomy = self::run("report", &export(&files, None), &["--capacity", "474GiB"]);
    assert!(
        roomy.text().contains("Full in 100 days."),
        "{}",
        roomy.text()
    );
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
        proofs: None,
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

/// One file a day, oldest first, the newest written yesterday.
fn daily(days: std::ops::Range<i64>, path: impl Fn(i64) -> String) -> Vec<File> {
    days.rev()
        .map(|back| {
            let at = NOW.div_euclid(DAY) * DAY - back * DAY;
            File {
                path: path(at),
                size: 1 << 20,
                mtime: at + DAY / 2,
            }
        })
        .collect()
}

fn family_at<'a>(audit: &'a Value, start: &str) -> &'a Value {
    let all = audit["families"].as_array().unwrap();
    all.iter()
        .find(|f| f["template"].as_str().unwrap().starts_with(start))
        .unwrap_or_else(|| panic!("no {start}\n{audit:#}"))
}

#[test]
fn what_was_left_behind_is_stale_and_a_thinned_past_is_not() {
    let path = |at| name("/srv/feed/quotes-%Y%m%d.csv", at, "");
    let mut files = daily(1..31, path);
    files.extend(daily(120..128, path));
    let audit = audited(&files);
    let family = family_at(&audit, "/srv/feed/quotes-");
    assert_eq!(family["tail"]["files"], 8, "{family:#}");
    assert_eq!(family["stale"]["files"], 8, "{family:#}");
    let says = family["keep_says"].as_str().unwrap();
    assert!(says.contains("no rule says so"), "{says}");
    // Daily for a month, then one a month: somebody thins it on purpose.
    let mut files = daily(1..31, path);
    files.extend((2..8).flat_map(|month| daily(month * 30..month * 30 + 1, path)));
    let audit = audited(&files);
    let family = family_at(&audit, "/srv/feed/quotes-");
    assert!(family["tail"].is_null(), "{family:#}");
    assert_eq!(family["stale"]["files"], 0, "{family:#}");
    assert!(family["keep_seconds"].is_null(), "{family:#}");
}

#[test]
fn the_live_log_and_the_records_of_shards_are_counted_and_are_no_members() {
    let mut files = daily(1..31, |at| name("/var/log/app/app.log-%Y%m%d.gz", at, ""));
    files.push(File {
        path: "/var/log/app/app.log".to_owned(),
        size: 12_345,
        mtime: NOW,
    });
    files.extend(daily(1..31, |at| name("/ci/jobs/%Y%m%d/image.bin", at, "")));
    for mut file in daily(1..31, |at| name("/ci/jobs/%Y%m%d/metadata.json", at, "")) {
        file.size = 200;
        files.push(file);
    }
    let audit = audited(&files);
    let logs = family_at(&audit, "/var/log/app/app.log-");
    assert_eq!(
        (&logs["files"], &logs["side"]["files"]),
        (&30.into(), &1.into())
    );
    assert!(logs["side"]["bytes"].as_u64().unwrap() >= 12_345);
    let images = family_at(&audit, "/ci/jobs/");
    assert_eq!(images["side"]["files"], 30, "{images:#}");
    assert_eq!(audit["families"].as_array().unwrap().len(), 2, "{audit:#}");
}

#[test]
fn a_coarser_form_is_told_with_the_finer_one() {
    let mut files = daily(1..91, |at| name("/agg/daily/sums-%Y-%m-%d.csv", at, ""));
    for month in 1..7 {
        files.push(File {
            path: format!("/agg/monthly/sums-2024-{month:02}.csv"),
            size: 1 << 22,
            mtime: Timestamp::from_civil(2024, month, 28, 0, 0, 0).unwrap().0,
        });
    }
    let audit = audited(&files);
    let rollup = family_at(&audit, "/agg/daily/")["rollup"].as_str().unwrap();
    assert!(rollup.starts_with("/agg/monthly/sums-"), "{rollup}");
    assert!(family_at(&audit, "/agg/monthly/")["rollup"].is_null());
}

#[test]
fn the_newest_full_backup_of_every_variant_stays() {
    // The second database was last dumped two months ago: its newest is still its newest.
    let mut files = daily(1..40, |at| name("/backup/dumps/crm-%Y%m%d.sql.gz", at, ""));
    files.extend(daily(60..100, |at| {
        name("/backup/dumps/hr-%Y%m%d.sql.gz", at, "")
    }));
    let audit = audited(&files);
    for start in ["/backup/dumps/crm-", "/backup/dumps/hr-"] {
        assert_eq!(family_at(&audit, start)["floor"], 1, "{audit:#}");
    }
    let newest = daily(60..61, |at| name("/backup/dumps/hr-%Y%m%d.sql.gz", at, ""));
    let more = [
        "--free",
        "60MiB",
        "--max-risk",
        "unknown",
        "--format",
        "json",
    ];
    let plan = run("plan", &export(&files, None), &more);
    assert!(!plan.json()["picks"].as_array().unwrap().is_empty());
    assert!(!plan.text().contains(&newest[0].path), "{}", plan.story());
}

#[test]
fn an_ambiguous_day_and_month_are_read_as_the_files_were_written() {
    for (layout, first) in [
        ("/x/out_%d-%m-%Y.csv", true),
        ("/x/out_%m-%d-%Y.csv", false),
    ] {
        // Days below 13 alone, so that both readings are in the calendar.
        let files: Vec<File> = (1..7)
            .flat_map(|month| (1..13).map(move |day| (month, day)))
            .map(|(month, day)| {
                let at = Timestamp::from_civil(2023, month, day, 0, 0, 0).unwrap().0;
                File {
                    path: name(layout, at, ""),
                    size: 5000,
                    mtime: at + 40_000,
                }
            })
            .collect();
        let audit = audited(&files);
        let family = family_at(&audit, "/x/out_");
        let last = Timestamp::from_civil(2023, 6, 12, 0, 0, 0).unwrap().0;
        assert_eq!(family["last"], last, "day first: {first}\n{family:#}");
    }
}

#[test]
fn what_is_not_sure_is_said_with_its_reason() {
    // Days below 13 alone, all written in one go.
    let mut files: Vec<File> = (1..7)
        .flat_map(|month| (1..13).map(move |day| (month, day)))
        .map(|(month, day)| File {
            path: format!("/x/out_{day:02}-{month:02}-2024.csv"),
            size: 5000,
            mtime: NOW,
        })
        .collect();
    let mut draw = Draw(0x5eed);
    for _ in 0..90_000 {
        let length = 6 + draw.next(9);
        let word = (0..length).map(|_| draw.pick(b"abcdefgh-_0123456789"));
        let word: String = word.map(char::from).collect();
        files.push(File {
            path: format!("/spool/{word}"),
            size: 10,
            mtime: NOW,
        });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    let audit = audited(&files);
    let doubts = &family_at(&audit, "/x/out_")["doubts"];
    let codes: Vec<_> = doubts
        .as_array()
        .unwrap()
        .iter()
        .map(|d| &d["code"])
        .collect();
    assert_eq!(codes, ["one-run", "day-or-month"], "{doubts:#}");
    let left = findings(&audit, "names-left-out");
    assert_eq!(left.len(), 1, "{:#}", audit["findings"]);
    assert_eq!(left[0]["subject"], "/spool");
    let text = run("audit", &export(&files, None), &[]).text();
    for said in [
        "not sure: all were modified within a day",
        "no time says which is the day and which the month",
        "? /spool: of its many names ",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
}

/// Trees without outputs in them, as systems have them, below a name of their own.
fn lookalikes(top: &str) -> Vec<File> {
    let mut paths: Vec<String> = Vec::new();
    for n in 1..40 {
        paths.push(format!("usr/share/man/man{}/tool{n}.{}.gz", n % 8, n % 8));
        paths.push(format!("usr/share/doc/libx{n}/changelog.gz"));
        paths.push(format!("usr/share/icons/hicolor/{n}x{n}/apps/a.png"));
        paths.push(format!(
            "usr/lib/modules/6.1.0-{n}-amd64/kernel/net/e1000.ko"
        ));
        paths.push(format!("usr/bin/python3.{n}"));
        paths.push(format!(
            "cargo/registry/cache/idx-1949cf8c/serde-1.0.{n}.crate"
        ));
        paths.push(format!(
            "cargo/registry/src/idx-1949cf8c/serde-1.0.{n}/Cargo.toml.orig"
        ));
        paths.push(format!(
            "cargo/registry/src/idx-1949cf8c/serde-1.0.{n}/src/lib.rs"
        ));
        paths.push(format!("checkout/.git/objects/{n:02x}/{:038x}", n * 7919));
        paths.push(format!("checkout/tests/case_{n:03}.rs"));
        paths.push(format!("checkout/fixtures/{n:02}/expected.json"));
        paths.push(format!("dpkg/info/lib{n}:amd64.list"));
        paths.push(format!("dpkg/info/lib{n}:amd64.md5sums"));
    }
    for other in [
        "usr/lib/os",
        "usr/share/x/y",
        "dpkg/status",
        "dpkg/diversions",
        "checkout/.git/HEAD",
    ] {
        paths.push(other.to_owned());
    }
    let mut draw = Draw(77);
    let file = |path: String| File {
        path: format!("{top}/{path}"),
        size: 2000 + draw.next(9000) as u64,
        mtime: NOW - 300 * DAY + i64::try_from(draw.next(40)).unwrap() * DAY,
    };
    paths.into_iter().map(file).collect()
}

#[test]
fn installed_trees_and_checkouts_hold_no_outputs_whatever_they_are_called() {
    for top in ["", "/mnt/image", "/a b/copy-of-it", "/srv/2024-06-01"] {
        let mut files = lookalikes(top);
        let outputs = |files: &[File]| -> Vec<Value> {
            let audit = audited(files);
            let all = audit["families"].as_array().unwrap().iter();
            all.filter(|f| f["disposition"] != "keep")
                .cloned()
                .collect()
        };
        assert_eq!(outputs(&files), Vec::<Value>::new(), "{top}");
        for inside in ["usr/share", "cargo", "checkout", "dpkg"] {
            let path = |at| name(&format!("{top}/{inside}/zz/shard-%Y-%m-%d.csv"), at, "");
            files.extend(daily(1..41, path));
        }
        let found = outputs(&files);
        assert_eq!(found.len(), 4, "{top}: {found:#?}");
        assert!(found.iter().all(|f| f["files"] == 40), "{top}: {found:#?}");
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn the_machine_itself_holds_no_outputs_in_its_packages() {
    for place in ["/usr/share", "/usr/lib", "/var/lib/dpkg"] {
        if !Path::new(place).is_dir() {
            eprintln!("skipped: there is no {place} here");
            continue;
        }
        let now = format!("@{NOW}");
        let more = [place, "--format", "json", "--now", &now, "--no-progress"];
        let args = [&["audit"][..], &more].concat();
        let audit = jettison_in(Path::new("/"), args, b"").json();
        for family in audit["families"].as_array().unwrap() {
            assert_eq!(family["disposition"], "keep", "{family:#}");
        }
    }
}
