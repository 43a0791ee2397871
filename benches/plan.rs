//! How long a plan takes on a large tree, whether it is proven, and how much memory it needs.
//!
//! ```sh
//! cargo bench --bench plan                  # 10,000,000 entries
//! cargo bench --bench plan -- 1000000       # fewer
//! cargo bench --bench plan -- 1000000 five  # only the trees whose names begin so
//! ```
//!
//! The trees are made in memory, the same on every machine: sizes are log-normal in blocks of
//! 4 KiB, one entry in ten is a directory, up to 40 of them inside each other, one file in ten
//! thousand must stay. Each line is one plan from the finished tree and its risks on: the columns
//! are wall and processor time, bytes of memory an entry at the peak beyond tree and risks, and the
//! answer. `lost` is what goes beyond the need.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a program of its own, whose printed table is all that it is for"
)]

use std::fs;
use std::time::Instant;

use jettison::audit::Audit;
use jettison::bytes::Interval;
use jettison::entry::{Batch, Entry, Kind, Link, Rooting, Sink as _, Token};
use jettison::plan::{Plan, Planner, Reached, Request, Smallest, plan};
use jettison::policy::{Policy, Risk};
use jettison::risk::{Context, Risks, classify};
use jettison::sys::processor_time;
use jettison::tree::Tree;
use jettison::tree::build::Builder;

const BLOCK: u64 = 4096;
const DEPTH: u32 = 40;
const GIB: u64 = 1 << 30;
const NEEDS: [u64; 4] = [79, 395, 1185, 2370];
const OBJECTIVES: [Smallest; 4] = [
    Smallest::Paths,
    Smallest::Bytes,
    Smallest::Directory,
    Smallest::Exposure,
];

/// Makes a tree of so many entries, and plans on it.
type Measure = fn(&str, u64);

fn main() {
    // `cargo bench` adds a `--bench` of its own.
    let mut said = std::env::args().skip(1).filter(|a| a != "--bench");
    let entries = said.next();
    let entries = entries.map_or(10_000_000, |n| n.parse().expect("a number of entries"));
    let only = said.next().unwrap_or_default();
    println!("{entries} entries; times in ms, memory in bytes an entry\n");
    println!("  wall   cpu  mem  tree         plan");
    let trees: [(&str, Measure); 5] = [
        ("one class", |name, entries| everyday(name, entries, 1)),
        ("five classes", |name, entries| everyday(name, entries, 5)),
        ("adversarial", adversarial),
        ("all equal", equal),
        ("hard links", linked),
    ];
    for (name, measure) in trees.iter().filter(|tree| tree.0.starts_with(&*only)) {
        measure(name, entries);
    }
}

/// SplitMix64, Steele, Lea and Flood 2014.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Log-normal: the exponential of a sum of twelve uniform numbers less six.
    fn blocks(&mut self) -> u64 {
        let normal: f64 = (0..12)
            .map(|_| self.next() as f64 / u64::MAX as f64)
            .sum::<f64>()
            - 6.0;
        (normal.mul_add(2.2, 2.0)).exp().ceil() as u64
    }
}

/// One file of a made-up tree.
struct File {
    bytes: u64,
    /// Its class of risk, as the end of its name; `None`: it must stay.
    class: Option<u64>,
    link: Option<Link>,
}

/// A tree of that many entries, the files being whatever `file` gives, by their number.
fn grow(entries: u64, mut file: impl FnMut(&mut Dice, u64) -> File) -> Tree {
    let mut dice = Dice(1);
    let dirs = (entries / 10).max(1);
    let mut depth = vec![0u32];
    let mut children: Vec<Vec<u32>> = vec![Vec::new()];
    for dir in 1..dirs {
        // Half of them lie in one of the newest, so that some are deep.
        let mut parent = match dice.below(2) {
            0 => dice.below(dir),
            _ => dir - 1 - dice.below(dir.min(8)),
        };
        while depth[parent as usize] >= DEPTH {
            parent = dice.below(dir);
        }
        depth.push(depth[parent as usize] + 1);
        children.push(Vec::new());
        children[parent as usize].push(dir as u32);
    }
    let files = entries - dirs;
    let mut builder = Builder::new();
    let top = Entry {
        token: Some(Token::ROOT),
        ..Entry::named(b"/big", Kind::Dir)
    };
    builder.root(top, Rooting::Path);
    let mut made = 0;
    for (dir, below) in children.iter().enumerate() {
        let mut batch = Batch::new(Token(dir as u32));
        for &child in below {
            let name = format!("d{child}");
            batch.push(Entry {
                token: Some(Token(child)),
                disk: Some(Interval::exactly(BLOCK)),
                ..Entry::named(name.as_bytes(), Kind::Dir)
            });
        }
        let until = files * (dir as u64 + 1) / dirs;
        while made < until {
            let File { bytes, class, link } = file(&mut dice, made);
            let name = match class {
                Some(class) => format!("f{made}.{class}"),
                None => format!("f{made}.keep"),
            };
            batch.push(Entry {
                disk: Some(Interval::exactly(bytes)),
                link,
                ..Entry::named(name.as_bytes(), Kind::File)
            });
            made += 1;
        }
        builder.listing(&batch);
    }
    builder.finish().expect("a tree")
}

/// Every file has the class that its name ends with.
fn judge(tree: &Tree) -> Risks {
    let entry =
        |end: &str, risk: Risk| format!("[[path]]\nmatch='**/*.{end}'\nrisk='{}'\n", risk.word());
    let mut policy = entry("keep", Risk::Never);
    for (class, risk) in Risk::CLASSES.into_iter().enumerate() {
        policy += &entry(&class.to_string(), risk);
    }
    let policy = Policy::parse(&policy, "policy").expect("a policy");
    let audit = Audit {
        families: vec![],
        rules: vec![],
        findings: vec![],
    };
    let context = Context {
        live: true,
        ..Context::default()
    };
    classify(tree, &audit, &policy, context)
}

/// One file in ten thousand stays; the others are all of one class, or of any.
fn ordinary(dice: &mut Dice, classes: u64) -> File {
    let class = 4 - dice.below(classes);
    File {
        bytes: BLOCK * dice.blocks(),
        class: (dice.below(10_000) > 0).then_some(class),
        link: None,
    }
}

fn everyday(name: &str, entries: u64, classes: u64) {
    let tree = grow(entries, |dice, _| ordinary(dice, classes));
    let risks = judge(&tree);
    for smallest in OBJECTIVES {
        // The same shares of every tree as of one of 10 M entries and some 4 TiB.
        for gib in NEEDS {
            let shortfall = u64::try_from(u128::from(gib * GIB) * u128::from(entries) / 10_000_000);
            let shortfall = shortfall.expect("it fits");
            show(&tree, &risks, name, &ask(smallest, shortfall));
        }
    }
    let inodes = Request {
        inodes: entries / 20,
        ..ask(Smallest::Paths, 79 * GIB)
    };
    show(&tree, &risks, name, &inodes);
    measure(&tree, name, || {
        let planner = Planner::new(&tree, &risks);
        let classes = risks.present().into_iter();
        let plans = classes.map(|risk| {
            planner.plan(&Request {
                max_risk: risk,
                levelled: true,
                ..ask(Smallest::Paths, 79 * GIB)
            })
        });
        format!("the set of each risk, {} plans", plans.count())
    });
}

/// Every file is a multiple of 256 blocks, but for three, and the need is not.
fn adversarial(name: &str, entries: u64) {
    let tree = grow(entries, |dice, number| File {
        bytes: BLOCK * (256 * (1 + dice.blocks() / 16) + u64::from(number < 3)),
        class: (dice.below(10_000) > 0).then_some(4),
        link: None,
    });
    let risks = judge(&tree);
    for smallest in OBJECTIVES {
        for gib in NEEDS {
            let shortfall = (gib * GIB / BLOCK / 256 * 256 + 128) * BLOCK;
            show(&tree, &risks, name, &ask(smallest, shortfall));
        }
    }
}

fn equal(name: &str, entries: u64) {
    let tree = grow(entries, |_, number| File {
        bytes: 7 * BLOCK,
        class: (number % 1000 > 0).then_some(4),
        link: None,
    });
    let risks = judge(&tree);
    for smallest in OBJECTIVES {
        let shortfall = 7 * BLOCK * (entries / 3) + 1;
        show(&tree, &risks, name, &ask(smallest, shortfall));
    }
}

/// Every hundredth file has a second name somewhere else.
fn linked(name: &str, entries: u64) {
    let tree = grow(entries, |dice, number| {
        let link = (number % 100 < 2).then_some(Link {
            dev: 1,
            // The second name comes 5,000 files after the first.
            ino: if number % 100 == 0 {
                number
            } else {
                (number - 1).saturating_sub(5_000)
            },
            nlink: 2,
        });
        let file = ordinary(dice, 1);
        let bytes = if link.is_some() {
            9 * BLOCK
        } else {
            file.bytes
        };
        File {
            bytes,
            link,
            ..file
        }
    });
    let risks = judge(&tree);
    for smallest in OBJECTIVES {
        show(&tree, &risks, name, &ask(smallest, 79 * GIB));
    }
}

fn ask(smallest: Smallest, shortfall: u64) -> Request {
    Request {
        smallest,
        shortfall,
        max_risk: Risk::Unknown,
        max_waste: None,
        ..Request::default()
    }
}

/// Plans, and prints what it took and what came of it.
fn show(tree: &Tree, risks: &Risks, name: &str, request: &Request) {
    measure(tree, name, || said(&plan(tree, risks, request)));
}

/// Prints what something took, and what it says of itself.
fn measure(tree: &Tree, name: &str, work: impl FnOnce() -> String) {
    let before = resident("VmRSS:");
    // Writing 5 makes the peak the present size (proc(5)); without it the column is left empty.
    let is_reset = fs::write("/proc/self/clear_refs", "5").is_ok();
    let (cpu, wall) = (processor_time(), Instant::now());
    let said = work();
    let (wall, cpu) = (
        wall.elapsed().as_millis(),
        (processor_time() - cpu).as_millis(),
    );
    let peak = resident("VmHWM:").saturating_sub(before);
    let memory = match is_reset {
        true => format!("{:.1}", peak as f64 / tree.len() as f64),
        false => String::new(),
    };
    println!("{wall:>6}{cpu:>6}{memory:>5}  {name:<13}{said}");
}

fn said(plan: &Plan) -> String {
    let request = &plan.request;
    let asked = format!(
        "{:<10}{:>6} GiB",
        request.smallest.word(),
        request.shortfall / GIB
    );
    if plan.reached != Reached::Certain {
        return format!("{asked}  not reached");
    }
    let more = (plan.lost - request.shortfall) / BLOCK;
    let proven = match plan.gap {
        None => "proven".to_owned(),
        Some(gap) => format!("gap {} paths, {} blocks", gap.paths, gap.lost / BLOCK),
    };
    format!(
        "{asked}  {:>7} paths, {more:>7} blocks more  {proven}",
        plan.picks.len()
    )
}

/// A line of this process's status in the kernel's words, in bytes.
fn resident(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|l| l.strip_prefix(line))
        .unwrap_or_default();
    let kib = line.trim().trim_end_matches(" kB").parse::<u64>();
    kib.map_or(0, |kib| kib * 1024)
}
