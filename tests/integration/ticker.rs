//! The ticker outage, end to end: a job re-sharded from one file a night into many, and the cron
//! line of before. Names, depth, layout of the dates and extension are drawn from a seed; in half
//! of the draws a rule does cover the new files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::dir::{Dir, NOW, Run, age_to, jettison};

const DAY: i64 = 86_400;
const DATES: i64 = 300;

/// A small generator of its own, so that a seed means the same draw for ever.
struct Draw(u64);

impl Draw {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % below as u64).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.next(from.len())]
    }
}

/// One draw of the story.
struct Story {
    word: &'static str,
    above: &'static str,
    layout: &'static str,
    extension: &'static str,
    exchanges: [&'static str; 3],
    /// Whether the exchange is a directory above the dates instead of the file's name below them.
    by_exchange: bool,
    covered: bool,
    file_len: usize,
}

fn draw(seed: u64) -> Story {
    let mut draw = Draw(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1);
    for _ in 0..4 {
        draw.next(2);
    }
    let layout = draw.pick(&[
        "%Y-%m-%d",
        "%Y%m%d",
        "%Y_%m_%d",
        "%Y.%m.%d",
        "%Y/%m/%d",
        "date=%Y-%m-%d",
    ]);
    Story {
        word: draw.pick(&["ticker", "trades", "quotes", "depth", "settlements"]),
        above: draw.pick(&["", "feeds/", "srv/market/"]),
        layout,
        extension: draw.pick(&["csv", "csv.gz", "parquet", "json", "dat"]),
        exchanges: [
            ["NYSE", "NASDAQ", "LSE"],
            ["XETR", "XPAR", "XLON"],
            ["binance", "kraken", "coinbase"],
        ][draw.next(3)],
        by_exchange: layout != "%Y/%m/%d" && draw.next(3) == 0,
        covered: seed.is_multiple_of(2),
        file_len: 1 + draw.next(3) * 5000,
    }
}

/// The date that many days before the test's day, in the layout.
fn date(layout: &str, days_ago: i64) -> String {
    let time = jettison::time::Timestamp(NOW - days_ago * DAY);
    let [year, month, day, ..] = time.civil().unwrap();
    layout
        .replace("%Y", &format!("{year:04}"))
        .replace("%m", &format!("{month:02}"))
        .replace("%d", &format!("{day:02}"))
}

impl Story {
    fn base(&self) -> String {
        format!("data/{}", self.above)
    }

    fn shard(&self, days_ago: i64, exchange: &str) -> String {
        let (base, word, extension) = (self.base(), self.word, self.extension);
        let date = date(self.layout, days_ago);
        if self.by_exchange {
            format!("{base}{word}/{exchange}/{date}.{extension}")
        } else {
            format!("{base}{word}/{date}/{exchange}.{extension}")
        }
    }

    /// The template with every variable written `{}`.
    fn template(&self) -> String {
        let date = match self.layout {
            "%Y/%m/%d" => "{}/{}/{}",
            "date=%Y-%m-%d" => "date={}",
            _ => "{}",
        };
        let (first, second) = if self.by_exchange {
            ("{}", date)
        } else {
            (date, "{}")
        };
        format!(
            "{}{}/{first}/{second}.{}",
            self.base(),
            self.word,
            self.extension
        )
    }

    /// The tree, with some files that belong to nobody's family.
    fn build(&self, dir: &Dir) {
        for days_ago in 1..=DATES {
            for exchange in self.exchanges {
                let path = dir.file(self.shard(days_ago, exchange), self.file_len);
                age_to(&path, NOW - days_ago * DAY + DAY / 2);
            }
        }
        dir.file(format!("{}{}/README", self.base(), self.word), 10);
        dir.file("data/notes.txt", 10);
        dir.file("data/bin/run.sh", 100);
    }

    /// The cron line as it was, or one that was changed together with the job.
    fn rule(&self, root: &Path) -> String {
        let base = root.join(self.base());
        let base = base.to_str().unwrap().trim_end_matches('/');
        let (word, extension) = (self.word, self.extension);
        if self.covered {
            format!("find {base}/{word} -type f -name '*.{extension}' -mtime +400 -delete")
        } else {
            format!("find {base} -maxdepth 1 -name '{word}-*.{extension}' -mtime +14 -delete")
        }
    }

    fn crontab(&self, root: &Path) -> String {
        format!(
            "# cleans the market data\nSHELL=/bin/sh\n\n30 4 * * * root {}\n",
            self.rule(root)
        )
    }
}

fn audit(dir: &Dir, rules: &Dir) -> Run {
    jettison([
        "audit".as_ref(),
        dir.path().as_os_str(),
        "--rules".as_ref(),
        rules.path().as_os_str(),
        "--format".as_ref(),
        "json".as_ref(),
        "--members".as_ref(),
        "--now".as_ref(),
        format!("@{NOW}").as_ref(),
    ])
}

fn blank_variables(template: &str) -> String {
    let mut out = String::new();
    let mut depth = 0;
    for c in template.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ if depth > 0 => continue,
            _ => {}
        }
        out.push(c);
    }
    out
}

fn family<'a>(audit: &'a Value, story: &Story, dir: &Dir, run: &Run) -> &'a Value {
    let wanted = dir.join(story.template()).to_str().unwrap().to_owned();
    let families = audit["families"].as_array().unwrap();
    families
        .iter()
        .find(|f| blank_variables(f["template"].as_str().unwrap()) == wanted)
        .unwrap_or_else(|| panic!("no family {wanted}\n{}", run.story()))
}

#[test]
fn a_resharded_job_is_told_from_a_cleaned_one() {
    for seed in 0..20 {
        let story = draw(seed);
        let (dir, rules) = (Dir::new(), Dir::new());
        story.build(&dir);
        rules.write("etc/cron.d/market", story.crontab(&dir.path()));
        let run = audit(&dir, &rules).code(i32::from(!story.covered));
        let audit = run.json();
        let family = family(&audit, &story, &dir, &run);
        let context = format!("seed {seed}: {}\n{family:#}", story.template());
        assert_eq!(family["files"], DATES * 3, "{context}");
        assert_eq!(family["disposition"], "output", "{context}");
        assert_eq!(family["writer"], "active", "{context}");
        assert_eq!(family["cadence_seconds"], DAY, "{context}");
        check_members(family, &story, &dir, &context);
        check_growth(family, &story, &dir, &context);
        let rule = &audit["rules"][0];
        assert_eq!(rule["file"], "/etc/cron.d/market", "{context}");
        assert_eq!(rule["line"], 4, "{context}");
        if story.covered {
            assert_eq!(family["verdict"], "covered", "{context}");
            assert_eq!(family["covered_by"][0], rule["id"], "{context}");
            assert_eq!(
                family["near_misses"].as_array().map(Vec::len),
                Some(0),
                "{context}"
            );
        } else {
            assert_eq!(family["verdict"], "uncovered", "{context}");
            assert_eq!(rule["state"], "dead", "{context}");
            check_near_miss(family, rule, &story, &dir, &context);
        }
    }
}

fn check_members(family: &Value, story: &Story, dir: &Dir, context: &str) {
    let found: BTreeSet<String> = family["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m.as_str().unwrap().to_owned())
        .collect();
    let wanted: BTreeSet<String> = (1..=DATES)
        .flat_map(|days| story.exchanges.map(|exchange| story.shard(days, exchange)))
        .map(|shard| dir.join(shard).to_str().unwrap().to_owned())
        .collect();
    assert_eq!(found, wanted, "{context}");
}

/// Every day writes the same three files, so the growth is what they take on the disk.
fn check_growth(family: &Value, story: &Story, dir: &Dir, context: &str) {
    use std::os::unix::fs::MetadataExt as _;
    let shard = dir.join(story.shard(5, story.exchanges[0]));
    let a_day = fs::metadata(shard).unwrap().blocks() * 512 * 3;
    let growth = family["growth_bytes_per_day"]
        .as_u64()
        .unwrap_or_else(|| panic!("{context}"));
    assert!(
        growth.abs_diff(a_day) <= a_day / 20,
        "{growth} is not {a_day} a day: {context}"
    );
}

/// The near miss is believed only when the real `find` agrees that the edited line would take
/// the shards.
fn check_near_miss(family: &Value, rule: &Value, story: &Story, dir: &Dir, context: &str) {
    let miss = &family["near_misses"][0];
    assert_eq!(miss["rule"], rule["id"], "{context}");
    assert!(miss["points"].as_u64().unwrap() >= 70, "{context}");
    assert!(!miss["edit"].as_str().unwrap().contains('\n'), "{context}");
    assert!(
        miss["would_cover"]["files"].as_u64().unwrap() > DATES as u64 * 2,
        "{context}"
    );
    let edited = miss["edited"].as_str().unwrap();
    assert!(edited.ends_with("-delete"), "{context}");
    let harmless = edited
        .replace("-mtime +14", "")
        .replace("-delete", "-print");
    let found = Command::new("sh")
        .arg("-c")
        .arg(&harmless)
        .output()
        .unwrap();
    let found = String::from_utf8(found.stdout).unwrap();
    let found: BTreeSet<&str> = found.lines().collect();
    for shard in [
        story.shard(1, story.exchanges[0]),
        story.shard(DATES, story.exchanges[2]),
    ] {
        let shard = dir.join(shard);
        assert!(
            found.contains(shard.to_str().unwrap()),
            "{harmless} does not find {shard:?}: {context}"
        );
    }
}
