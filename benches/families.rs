//! What finding the families costs beside the walk: time, and memory beyond the tree.
//!
//! ```sh
//! cargo bench --bench families                  # 1,000,000 entries of each kind, made in memory
//! cargo bench --bench families -- 10000000      # more of them
//! cargo bench --bench families -- /srv          # a directory or an export of your own
//! ```
//!
//! Made trees are *random* (names with a number and a hexadecimal word, directories of all sizes,
//! no job behind any of it), *shards* (the outputs of jobs in four layouts) and *half*, one below
//! the other. Peak memory is the kernel's own figure (Linux), reset before each pass. The
//! fingerprint is of all that was found, members and all: it must not change when the pass is made
//! faster, nor with the order of names in a directory.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a program of its own, whose printed table is all that it is for"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::hash::Hasher as _;
use std::path::Path;
use std::time::Instant;

use jettison::audit::{Moment, audit};
use jettison::bytes::Interval;
use jettison::entry::{Batch, Entry, Kind, Rooting, Sink as _, Token};
use jettison::family::{self, Family};
use jettison::rules::RuleSet;
use jettison::source::{Options, Source};
use jettison::survey::survey;
use jettison::time::Timestamp;
use jettison::tree::Tree;
use jettison::tree::build::Builder;

const ROUNDS: usize = 5;
/// 2026-01-01.
const NOW: i64 = 1_767_225_600;
const DAY: i64 = 86_400;

fn main() {
    // `cargo bench` adds a `--bench` of its own.
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let source = args.first().map_or("1000000", String::as_str);
    let rounds = args
        .get(1)
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(ROUNDS);
    println!(
        "{:<8} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}  fingerprint",
        "", "entries", "read s", "find s", "cpu s", "+MiB", "audit s", "families"
    );
    match source.parse::<usize>() {
        Ok(entries) => {
            for (name, random, shards) in [
                ("random", entries, 0),
                ("half", entries / 2, entries / 2),
                ("shards", 0, entries),
            ] {
                let begun = Instant::now();
                let tree = Grower::default().grow(random, shards);
                measure(name, &tree, begun.elapsed().as_secs_f64(), rounds);
            }
        }
        Err(_) => {
            let begun = Instant::now();
            let options = Options::default();
            let read = survey(&Source::named(Path::new(source)), &options).expect("a source");
            measure("read", &read.tree, begun.elapsed().as_secs_f64(), rounds);
        }
    }
}

/// Prints a line on one tree.
fn measure(name: &str, tree: &Tree, read: f64, rounds: usize) {
    let now = Timestamp(NOW);
    let mut find = Vec::new();
    let mut work = Vec::new();
    let mut judge = Vec::new();
    let mut beyond = 0;
    let mut found = (0, 0);
    for _ in 0..rounds {
        let before = reset_peak();
        let (begun, worked) = (Instant::now(), cpu());
        let families = family::find(tree, now);
        find.push(begun.elapsed().as_secs_f64());
        work.push(cpu() - worked);
        beyond = beyond.max(peak().saturating_sub(before));
        found = (families.len(), fingerprint(&families));
        let begun = Instant::now();
        let rules = RuleSet::default();
        let audit = audit(tree, families, &rules, &|_| None, &Moment::at(now), None);
        judge.push(begun.elapsed().as_secs_f64());
        drop(audit);
    }
    println!(
        "{name:<8} {:>10} {read:>9.3} {:>9.3} {:>9.3} {:>9.1} {:>9.3} {:>9}  {:016x}",
        tree.len(),
        median(find),
        median(work),
        beyond as f64 / 1024.0,
        median(judge),
        found.0,
        found.1
    );
}

/// Everything that was found, as one number.
fn fingerprint(families: &[Family]) -> u64 {
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    let mut text = String::new();
    for family in families {
        text.clear();
        let Family {
            template, files, ..
        } = family;
        let said = (
            template,
            files,
            family.disk,
            family.apparent,
            family.confidence,
        );
        write!(text, "{said:?}").expect("a string takes all");
        let said = (&family.variables, &family.owner, family.disposition);
        write!(text, "{said:?}").expect("a string takes all");
        let said = (family.first, family.last, family.cadence, family.writer);
        write!(text, "{said:?}").expect("a string takes all");
        let said = (
            family.growth_per_day,
            family.periods,
            &family.missing,
            &family.failing,
        );
        write!(text, "{said:?}{:?}{:?}", family.side, family.lineage).expect("a string takes all");
        hasher.write(text.as_bytes());
        for member in &family.members {
            hasher.write_u32(member.node.0);
            hasher.write_i64(member.time.map_or(i64::MIN, |time| time.0));
        }
    }
    hasher.finish()
}

/// Makes trees in memory.
struct Grower {
    state: u64,
    tokens: u32,
    waiting: Vec<(u32, u32)>,
    builder: Builder,
}

impl Default for Grower {
    fn default() -> Self {
        let mut builder = Builder::new();
        builder.root(Entry::named(b"/bench", Kind::Dir), Rooting::Path);
        Self {
            state: 88_172_645_463_325_252,
            tokens: 2,
            waiting: Vec::new(),
            builder,
        }
    }
}

impl Grower {
    fn below(&mut self, limit: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) % limit
    }

    fn token(&mut self) -> u32 {
        self.tokens += 1;
        self.tokens
    }

    fn file(&mut self, batch: &mut Batch, name: &str, mtime: i64) {
        let size = self.below(100_000);
        batch.push(Entry {
            apparent: Some(Interval::exactly(size)),
            disk: Some(Interval::exactly(size.next_multiple_of(4096))),
            mtime: Some(Timestamp(mtime)),
            ..Entry::named(name.as_bytes(), Kind::File)
        });
    }

    fn dir(batch: &mut Batch, name: &str, token: u32) {
        batch.push(Entry {
            token: Some(Token(token)),
            ..Entry::named(name.as_bytes(), Kind::Dir)
        });
    }

    fn grow(mut self, random: usize, shards: usize) -> Tree {
        let mut top = Batch::new(Token::ROOT);
        Self::dir(&mut top, "random", 1);
        Self::dir(&mut top, "jobs", 2);
        self.builder.listing(&top);
        self.random(random as u64);
        self.shards(shards as u64);
        self.builder.finish().expect("a tree")
    }

    /// Directories that are mostly small and sometimes wide, below one another without a plan.
    fn random(&mut self, mut left: u64) {
        let mut top = Batch::new(Token(1));
        let tops = 4 + left / 500_000;
        for number in 0..tops {
            let token = self.token();
            Self::dir(&mut top, &format!("top-{number}"), token);
            self.waiting.push((token, 0));
        }
        self.builder.listing(&top);
        left = left.saturating_sub(tops);
        while left > 0
            && let Some((token, depth)) = self.waiting.pop()
        {
            let mut batch = Batch::new(Token(token));
            let files = match self.below(20) {
                0 => 200 + self.below(1_800),
                _ => self.below(30),
            };
            for number in 0..files.min(left) {
                let word = self.below(65_536);
                let mtime = NOW - 3600 + i64::try_from(self.below(30)).expect("small");
                self.file(&mut batch, &format!("file-{number:05}-{word:x}.dat"), mtime);
                left -= 1;
            }
            let dirs = match depth {
                0..3 => 6 + self.below(5),
                3..10 => self.below(5),
                _ => 0,
            };
            for number in 0..dirs.min(left) {
                let (word, token) = (self.below(4096), self.token());
                Self::dir(&mut batch, &format!("dir-{number:03}-{word:x}"), token);
                self.waiting.push((token, depth + 1));
                left -= 1;
            }
            self.builder.listing(&batch);
        }
        for (token, _) in std::mem::take(&mut self.waiting) {
            self.builder.listing(&Batch::new(Token(token)));
        }
    }

    /// Hands over directories that were filled before what holds them: first that, then these.
    fn hand_over(&mut self, batches: Vec<Batch>) {
        for batch in batches.iter().rev() {
            self.builder.listing(batch);
        }
    }

    /// Jobs, one after the other, each with a layout and some thousands of files of its own.
    fn shards(&mut self, mut left: u64) {
        let mut top = Batch::new(Token(2));
        let mut jobs = Vec::new();
        while left > 0 {
            let (token, job) = (self.token(), jobs.len());
            Self::dir(
                &mut top,
                &format!("{}-{}", WORDS[job % 8], letters(job)),
                token,
            );
            let files = (1_000 + self.below(60_000)).min(left);
            jobs.push((token, files));
            left -= files;
        }
        self.builder.listing(&top);
        for (job, (token, files)) in jobs.into_iter().enumerate() {
            match job % 4 {
                0 | 1 => self.by_day(token, job, files),
                2 => self.flat(token, job, files),
                _ => self.keyed(token, files),
            }
        }
    }

    /// `2024-01-03/NYSE.csv`, `2024-01-03/part-00001.parquet`.
    fn by_day(&mut self, token: u32, job: usize, files: u64) {
        let each = 6 + self.below(60).max(files / 3_000);
        let mut inners = Vec::new();
        let mut days = Batch::new(Token(token));
        let mut left = files;
        let mut day = NOW;
        while left > 0 {
            day -= DAY;
            let inner = self.token();
            Self::dir(&mut days, &Timestamp(day).to_string()[..10], inner);
            let mut batch = Batch::new(Token(inner));
            for number in 0..each.min(left) {
                let name = if job.is_multiple_of(4) {
                    let place = usize::try_from(number).expect("small");
                    format!("X{}.csv", letters(place * 7).to_uppercase())
                } else {
                    format!("part-{number:05}.parquet")
                };
                self.file(&mut batch, &name, day + DAY);
            }
            left -= each.min(left);
            inners.push(batch);
        }
        inners.push(days);
        self.hand_over(inners);
    }

    /// `metrics-2024010313-7.log.gz`, all in one directory.
    fn flat(&mut self, token: u32, job: usize, files: u64) {
        let mut batch = Batch::new(Token(token));
        for number in 0..files {
            let at = NOW - 3600 * i64::try_from(number / 8).expect("small") - 3600;
            let text = Timestamp(at).to_string();
            let stamp: String = text[..13].chars().filter(char::is_ascii_digit).collect();
            let word = WORDS[job / 4 % 8];
            let name = format!("{word}-{stamp}-{}.log.gz", number % 8);
            self.file(&mut batch, &name, at + 3600);
        }
        self.builder.listing(&batch);
    }

    /// `year=2024/month=01/day=03/events-9dbcd666a1b2c3d4.avro`.
    fn keyed(&mut self, token: u32, files: u64) {
        let each = 10 + self.below(40).max(files / 3_000);
        let mut left = files;
        let mut day = NOW;
        let mut levels = vec![Batch::new(Token(token))];
        let mut inner = Vec::new();
        let (mut years, mut months) = (BTreeMap::new(), BTreeMap::new());
        while left > 0 {
            day -= DAY;
            let text = Timestamp(day).to_string();
            let year = *years.entry(text[..4].to_owned()).or_insert_with(|| {
                let token = self.token();
                Self::dir(&mut levels[0], &format!("year={}", &text[..4]), token);
                levels.push(Batch::new(Token(token)));
                levels.len() - 1
            });
            let month = *months.entry(text[..7].to_owned()).or_insert_with(|| {
                let token = self.token();
                Self::dir(&mut levels[year], &format!("month={}", &text[5..7]), token);
                levels.push(Batch::new(Token(token)));
                levels.len() - 1
            });
            let token = self.token();
            Self::dir(&mut levels[month], &format!("day={}", &text[8..10]), token);
            let mut batch = Batch::new(Token(token));
            for _ in 0..each.min(left) {
                let id = self.below(u64::MAX);
                self.file(&mut batch, &format!("events-{id:016x}.avro"), day + DAY);
            }
            left -= each.min(left);
            inner.push(batch);
        }
        inner.extend(levels.into_iter().rev());
        self.hand_over(inner);
    }
}

/// A word of letters alone for a number, another for each.
fn letters(number: usize) -> String {
    let letter = |n: usize| char::from(b'a' + u8::try_from(n % 26).expect("below 26"));
    [number / 676, number / 26, number]
        .map(letter)
        .iter()
        .collect()
}

const WORDS: [&str; 8] = [
    "ticker", "clicks", "billing", "sensors", "orders", "traces", "exports", "views",
];

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Seconds that all threads of this process have worked: unlike the clock on the wall it says the
/// same on a busy machine.
fn cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Forgets the peak so far, and gives what is resident now, in KiB.
fn reset_peak() -> u64 {
    if fs::write("/proc/self/clear_refs", "5").is_err() {
        eprintln!("the peak cannot be reset here: memory is shown too low");
    }
    status("VmRSS:")
}

fn peak() -> u64 {
    status("VmHWM:")
}

fn status(field: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}
