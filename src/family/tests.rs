//! Whole trees in, families out.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::bytes::Interval;
use crate::entry::{Batch, Entry, Kind, Rooting, Sink as _, Token};
use crate::time::{DAY, Timestamp};
use crate::tree::{Tree, build::Builder};

use super::{Disposition, Family, Writer, find};

/// A file: its path, its size and its modification time.
pub(super) type Row = (Vec<u8>, u64, Option<i64>);

/// Numbers that look drawn at random and are the same in every run (splitmix64).
pub(super) struct Draw(pub(super) u64);

impl Draw {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// The tree of these files below `/`; `draw` deals the listings and their parts in another order.
pub(super) fn grow(rows: &[Row], rooting: Rooting, mut draw: Option<Draw>) -> Tree {
    type Listing<'a> = (Vec<(&'a [u8], usize)>, Vec<(&'a [u8], &'a Row)>);
    let mut listings: Vec<Listing<'_>> = vec![Listing::default()];
    let mut places: BTreeMap<(usize, &[u8]), usize> = BTreeMap::new();
    for row in rows {
        let path = row.0.strip_prefix(b"/").unwrap_or(&row.0);
        let mut at = 0;
        let mut names = path.split(|&b| b == b'/').peekable();
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                listings[at].1.push((name, row));
                break;
            }
            let next = listings.len();
            let child = *places.entry((at, name)).or_insert(next);
            if child == next {
                listings.push(Listing::default());
                listings[at].0.push((name, child));
            }
            at = child;
        }
    }
    let mut builder = Builder::new();
    let root: &[u8] = if rooting == Rooting::Path {
        b"/"
    } else {
        b"session"
    };
    builder.root(Entry::named(root, Kind::Dir), rooting);
    let mut queue = vec![(0usize, Token::ROOT)];
    let mut next = 1;
    while !queue.is_empty() {
        let take = draw.as_mut().map_or(0, |d| d.below(queue.len()));
        let (at, token) = queue.remove(take);
        let (dirs, files) = &mut listings[at];
        if let Some(draw) = &mut draw {
            draw.shuffle(dirs);
            draw.shuffle(files);
        }
        let mut batch = Batch::new(token);
        for (name, (_, size, mtime)) in files {
            batch.push(Entry {
                apparent: Some(Interval::exactly(*size)),
                disk: Some(Interval::exactly(size.next_multiple_of(512))),
                mtime: mtime.map(Timestamp),
                ..Entry::named(name, Kind::File)
            });
        }
        for &mut (name, child) in dirs {
            batch.push(Entry {
                token: Some(Token(next)),
                ..Entry::named(name, Kind::Dir)
            });
            queue.push((child, Token(next)));
            next += 1;
        }
        builder.listing(&batch);
    }
    builder.finish().unwrap()
}

fn row(path: &str, size: u64, mtime: i64) -> Row {
    (path.as_bytes().to_vec(), size, Some(mtime))
}

/// 2024-01-03.
pub(super) const START: i64 = 1_704_240_000;

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The template with each variable's kind in the place of its name.
fn kinds_in_place(family: &Family) -> String {
    let mut template = text(&family.template);
    for variable in &family.variables {
        let from = format!("{{{}}}", variable.name);
        template = template.replacen(&from, &format!("<{}>", variable.kind.word()), 1);
    }
    template
}

/// A way to write a day, and what it is to be recognised as.
const DAYS: [(&str, &str); 17] = [
    ("%Y-%m-%d", "<date>"),
    ("%Y%m%d", "<date>"),
    ("%Y_%m_%d", "<date>"),
    ("%Y.%m.%d", "<date>"),
    ("%d-%m-%Y", "<date>"),
    ("%y%m%d", "<date>"),
    ("%s", "<epoch>"),
    ("%d%b%Y", "<date>"),
    ("date=%Y-%m-%d", "date=<date>"),
    ("dt=%Y%m%d", "dt=<date>"),
    ("%Y/%m/%d", "<year>/<month>/<day>"),
    ("%Y-%m/%d", "<year>-<month>/<day>"),
    ("%Y/%m-%d", "<year>/<month>-<day>"),
    (
        "year=%Y/month=%m/day=%d",
        "year=<year>/month=<month>/day=<day>",
    ),
    ("%Y/%Y-%m-%d", "<year>/<date>"),
    ("%Y%m/%d", "<month>/<day>"),
    ("%Y/%m/%Y-%m-%d", "<year>/<month>/<date>"),
];

/// Where the day and the category stand: `D`, `C`.
const PLACES: [&str; 9] = [
    "D/C",
    "C/D",
    "C-D",
    "D_C",
    "ticker-D.C",
    "D/trades-C",
    "D/C/trades",
    "C/quotes_D",
    "q/D/x/C",
];

const EXTENSIONS: [&str; 6] = [".csv", ".csv.gz", ".parquet", ".json.zst", ".log", ".bin"];

const EXCHANGES: [&str; 12] = [
    "NYSE", "NASDAQ", "BATS", "IEX", "CME", "XNYS", "XLON", "ARCA", "EDGX", "ICE", "LSE", "HKEX",
];
const SYMBOLS: [&str; 12] = [
    "AAPL",
    "MSFT",
    "BTCUSDT",
    "1INCHUSDT",
    "GOOG",
    "BRK_B",
    "IBM",
    "F",
    "C",
    "ETHUSDT",
    "TSLA",
    "SPY",
];

fn day_text(layout: &str, day: i64) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let [year, month, date, ..] = Timestamp(day).civil().unwrap();
    layout
        .replace("%Y", &format!("{year:04}"))
        .replace("%y", &format!("{:02}", year % 100))
        .replace("%m", &format!("{month:02}"))
        .replace("%d", &format!("{date:02}"))
        .replace("%b", MONTHS[usize::try_from(month - 1).unwrap()])
        .replace("%s", &day.to_string())
}

/// A job's outputs as a seed draws them, with what is to be found.
struct Story {
    rows: Vec<Row>,
    template: String,
    members: u64,
    growth: f64,
    now: Timestamp,
}

impl Story {
    fn drawn(seed: u64) -> Self {
        let mut draw = Draw(seed);
        let place = PLACES[draw.below(PLACES.len())];
        let (layout, kinds) = loop {
            let at = DAYS[draw.below(DAYS.len())];
            // A date over several names has no place within one.
            let alone = place.split('/').any(|name| name == "D");
            if alone || !at.0.contains(['/', '=']) {
                break at;
            }
        };
        let extension = EXTENSIONS[draw.below(EXTENSIONS.len())];
        let extension = if place == "C/D" && layout.contains('=') {
            ""
        } else {
            extension
        };
        let words = if draw.below(2) == 0 {
            EXCHANGES
        } else {
            SYMBOLS
        };
        let categories = 2 + draw.below(words.len() - 1);
        let days = [40, 61, 100, 300][draw.below(4)];
        let categories = if days == 300 { 3 } else { categories };
        let root = ["/data/ticker", "/srv/md/feed", "/home/ops/out"][draw.below(3)];
        let dated = draw.below(4) > 0;
        let size = 512 * (1 + draw.next() % 100_000);
        let mut rows = Vec::new();
        let start = START - 86_400 * i64::try_from(draw.below(1000)).unwrap();
        for day in 0..i64::from(days) {
            let day = start + day * 86_400;
            for word in &words[..categories] {
                let name = place
                    .replace('C', "\u{1}")
                    .replace('D', &day_text(layout, day));
                let path = format!("{root}/{}{extension}", name.replace('\u{1}', word));
                rows.push((path.into_bytes(), size, dated.then_some(day + 90_000)));
            }
        }
        let noise = ["README.md", "symbols.json", "bin/run.sh", "conf/a.toml"];
        for name in noise {
            rows.push(row(&format!("{root}/{name}"), 100, START));
        }
        let template = place
            .replace('C', "\u{1}")
            .replace('D', kinds)
            .replace('\u{1}', "<categorical>");
        Self {
            members: rows.len() as u64 - noise.len() as u64,
            rows,
            template: format!("{root}/{template}{extension}"),
            growth: (categories as u64 * size) as f64,
            now: Timestamp(start + 86_400 * (i64::from(days) + 1)),
        }
    }
}

#[test]
fn a_job_that_writes_by_day_and_category_is_found_however_it_names_its_files() {
    let mut failures = Vec::new();
    for seed in 0..80 {
        let story = Story::drawn(seed);
        let tree = grow(&story.rows, Rooting::Path, None);
        let found: Vec<Family> = find(&tree, story.now);
        let right = |family: &Family| {
            let growth = family.growth_per_day.unwrap_or(0) as f64;
            family.disposition == Disposition::Output
                && kinds_in_place(family) == story.template
                && family.files == story.members
                && (growth / story.growth - 1.0).abs() < 0.01
                && family.writer == Writer::Active
                && family.cadence.is_some_and(|cadence| cadence.0 == DAY)
                && family.missing.is_empty()
        };
        if found.len() != 1 || !right(&found[0]) {
            let seen: Vec<String> = found
                .iter()
                .map(|f| {
                    format!(
                        "{} ×{} {:?} {:?}",
                        kinds_in_place(f),
                        f.files,
                        f.growth_per_day,
                        f.writer
                    )
                })
                .collect();
            failures.push(format!(
                "seed {seed}: wanted {} ×{} {}, found {seen:#?}",
                story.template, story.members, story.growth
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of 80:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_names_do_no_harm(names in prop::collection::vec(prop::collection::vec(1u8.., 1..24), 1..60), time: i64) {
        let rows: Vec<Row> = names
            .into_iter()
            .map(|mut name| {
                name.retain(|&b| b != b'/');
                name.push(b'x');
                (name, 10, Some(time))
            })
            .collect();
        let _families = find(&grow(&rows, Rooting::Path, None), Timestamp(time));
    }

    #[test]
    fn the_order_of_arrival_changes_nothing(seed in 0u64..1000, order: u64) {
        let story = Story::drawn(seed);
        let told = |draw| {
            let tree = grow(&story.rows, Rooting::Path, draw);
            let paths = |family: &Family| family.members.iter().map(|m| (tree.path(m.node), m.time)).collect::<Vec<_>>();
            find(&tree, story.now)
                .iter()
                .map(|f| (f.template.clone(), f.variables.clone(), f.growth_per_day, paths(f)))
                .collect::<Vec<_>>()
        };
        prop_assert_eq!(told(None), told(Some(Draw(order))));
    }
}

/// `{}` in a path counts from 1 to `n`; one kilobyte each, written an hour apart.
fn numbered(path: &str, n: i64) -> Vec<Row> {
    (1..=n)
        .map(|at| {
            row(
                &path.replace("{}", &format!("{at:03}")),
                1 << 20,
                START + at * 3600,
            )
        })
        .collect()
}

#[test]
fn what_only_looks_like_a_jobs_output_is_never_called_one() {
    let lookalikes = [
        "/home/u/Pictures/2024/IMG_20240{}.jpg",
        "/home/u/Pictures/DCIM/100CANON/IMG_4{}.CR2",
        "/home/u/proj/.git/objects/ab/{}c91c9b078392b638f3eab4263ee79701a485c",
        "/home/u/proj/migrations/{}_add_table.py",
        "/home/u/proj/tests/case_{}.rs",
        "/srv/web/node_modules/pkg/dist/chunk-{}.bundle",
        "/home/u/.cache/pip/http/a/b/{}4ad7f3e2b1c09d8e7f6a5b4c",
        "/home/u/.npm/_cacache/content-v2/sha512/aa/{}7f3e2b1c09d8e7",
        "/media/music/Kestrel/2011 - Album/{} Song.flac",
        "/media/tv/Show/Season 01/Show.S01E{}.mkv",
        "/home/u/Maildir/cur/1697628{}.M718267P9493.mx1,S=63130:2,S",
        "/usr/share/doc/pkg{}/changelog.gz",
        "/usr/lib/modules/6.1.{}/modules.dep",
        "/usr/lib/sdk/lib/third/party/vendor-data/ec2/20240{}/service-2.json",
        "/etc/ssl/certs/{}b12cd.0",
        "/etc/fonts/conf.d/{}-hinting.conf",
        "/home/u/tax 2024 {}.dat",
        "/home/u/letters/letter-{}.docx",
    ];
    for path in lookalikes {
        for family in find(
            &grow(&numbered(path, 40), Rooting::Path, None),
            Timestamp(START + 50 * 3600),
        ) {
            assert_ne!(
                family.disposition,
                Disposition::Output,
                "{path}: {}",
                text(&family.template)
            );
        }
    }
}

#[test]
fn a_running_programs_files_name_the_setting_that_bounds_them() {
    let mut rows = numbered(
        "/var/lib/postgresql/16/main/pg_wal/0000000100000A3F00000{}",
        60,
    );
    rows.push(row("/var/lib/postgresql/16/main/PG_VERSION", 3, START));
    let families = find(
        &grow(&rows, Rooting::Path, None),
        Timestamp(START + 70 * 3600),
    );
    assert_eq!(families.len(), 1);
    assert_eq!(families[0].disposition, Disposition::Managed);
    assert!(
        families[0]
            .owner
            .as_ref()
            .is_some_and(|owner| owner.contains("wal_keep_size"))
    );
}

#[test]
fn columns_are_typed_by_all_of_their_values() {
    let days = |layout: &str, n: i64| -> Vec<Row> {
        (0..n)
            .map(|d| START + d * 86_400)
            .map(|t| row(&day_text(layout, t), 4096, t + 90_000))
            .collect()
    };
    let table: [(Vec<Row>, &str); 9] = [
        (
            numbered("/x/batch_20240{}.dat", 70),
            "/x/batch_<counter>.dat",
        ),
        (
            numbered("/x/batch_20201{}.dat", 300),
            "/x/batch_<counter>.dat",
        ),
        (
            numbered("/x/out-{}-of-400.bin", 60),
            "/x/out-<counter>-of-<of>.bin",
        ),
        (
            days("/x/%Y/%Y-%m/pv-%Y%m%d-130000", 40),
            "/x/<year>/<year>-<month>/pv-<datetime>",
        ),
        (
            days("/x/run_id=manual__%Y-%m-%dT03:00:00+00:00/log", 40),
            "/x/run_id=manual__<datetime>+00:00/log",
        ),
        (days("/x/a.%Y-%m-%d.0.log", 40), "/x/a.<date>.0.log"),
        (
            days("/x/core.nginx.123.%s", 40),
            "/x/core.nginx.123.<epoch>",
        ),
        (
            days("/x/gfs.%Y%m%d/gfs.0p25.f003", 40),
            "/x/gfs.<date>/gfs.0p25.f003",
        ),
        (
            (1..9)
                .map(|n| row(&format!("/x/syslog.{n}.gz"), 4096, START - n * 86_400))
                .collect(),
            "/x/syslog.<rotation>.gz",
        ),
    ];
    for (rows, wanted) in table {
        let found = find(
            &grow(&rows, Rooting::Path, None),
            Timestamp(START + 90 * 86_400),
        );
        let templates: Vec<String> = found.iter().map(kinds_in_place).collect();
        assert_eq!(templates, [wanted]);
        assert_eq!(found[0].files, rows.len() as u64);
    }
}

#[test]
fn paths_without_a_known_root_begin_as_the_recording_writes_them() {
    let mut rows: Vec<Row> = Vec::new();
    for day in 0..20 {
        for word in ["NYSE", "BATS"] {
            let path = format!(
                "edge-1:/data/{}/{word}.csv",
                day_text("%Y-%m-%d", START + day * 86_400)
            );
            rows.push((path.into_bytes(), 512, None));
        }
    }
    let tree = grow(&rows, Rooting::Forest, None);
    let found = find(&tree, Timestamp(START + 20 * 86_400));
    assert_eq!(
        found.iter().map(|f| text(&f.template)).collect::<Vec<_>>(),
        ["edge-1:/data/{date}/{exchange}.csv"]
    );
    assert_eq!(found[0].root, b"edge-1:/data");
    assert_eq!(tree.path(found[0].root_node), b"edge-1:/data");
    assert_eq!(found[0].growth_per_day, Some(1024));
}

#[test]
fn a_job_that_was_resharded_keeps_its_lineage() {
    let mut rows: Vec<Row> = Vec::new();
    for day in 0..120 {
        let at = START + day * 86_400;
        if day < 60 {
            rows.push(row(
                &day_text("/data/ticker-%Y%m%d.csv", at),
                1 << 20,
                at + 90_000,
            ));
            continue;
        }
        for word in ["NYSE", "BATS", "IEX"] {
            let path = day_text(&format!("/data/ticker/%Y-%m-%d/{word}.csv"), at);
            rows.push(row(&path, 1 << 20, at + 90_000));
        }
    }
    let found = find(
        &grow(&rows, Rooting::Path, None),
        Timestamp(START + 121 * 86_400),
    );
    let forms: Vec<String> = found[0]
        .lineage
        .iter()
        .map(|phase| text(&phase.template))
        .collect();
    assert_eq!(
        forms,
        [
            "/data/ticker-{date}.csv",
            "/data/ticker/{date}/{exchange}.csv"
        ]
    );
    assert_eq!(found[0].lineage, found[1].lineage);
    assert_eq!(
        found[0].lineage[1].from,
        Some(Timestamp(START + 60 * 86_400))
    );
    let writers: Vec<Writer> = found.iter().map(|family| family.writer).collect();
    assert_eq!(writers, [Writer::Active, Writer::Stopped]);
}

/// A day in every way that a seed of [`Story`] does not draw.
fn other_day_text(layout: &str, day: i64) -> String {
    let weekday = (day.div_euclid(86_400) + 3).rem_euclid(7);
    // 2024-01-01 was a Monday.
    let week = (day - 1_704_067_200).div_euclid(7 * 86_400) + 1;
    let [year, ..] = Timestamp(day).civil().unwrap();
    let first = Timestamp::from_civil(year, 1, 1, 0, 0, 0).unwrap();
    let ordinal = (day - first.0).div_euclid(86_400) + 1;
    let layout = layout
        .replace("%V", &format!("{week:02}"))
        .replace("%u", &(weekday + 1).to_string())
        .replace("%j", &format!("{ordinal:03}"));
    day_text(&layout, day)
}

#[test]
fn words_and_days_are_told_even_where_all_files_were_copied_at_once() {
    let words: [&[&str]; 5] = [
        &["bid", "ask"],
        &["trades", "quotes", "book"],
        &["fra1", "ams3", "nyc2"],
        &["eur_usd", "gbp_usd", "usd_jpy"],
        &["us-east-1", "us-west-2", "eu-central-1"],
    ];
    let layouts = ["%Y-%m-%d", "%b-%d-%Y", "%Y-W%V-%u", "%Y/%j", "%y%m%d", "%s"];
    for layout in layouts {
        for (words, extension) in words.iter().zip([".json", "", ".txt", ".xml", ".csv"]) {
            let mut rows = Vec::new();
            let end = START + 100 * 86_400;
            for day in 0..100 {
                let date = other_day_text(layout, START + day * 86_400);
                for word in *words {
                    rows.push(row(&format!("/d/t/{date}/{word}{extension}"), 4096, end));
                }
            }
            let found = find(&grow(&rows, Rooting::Path, None), Timestamp(end));
            let context = format!("{layout} {words:?}{extension}: {found:#?}");
            assert_eq!(found.len(), 1, "{context}");
            assert_eq!(found[0].files, rows.len() as u64, "{context}");
            assert_eq!(found[0].cadence.map(|c| c.0), Some(DAY), "{context}");
            let growth = Some(4096 * words.len() as u64);
            assert_eq!(found[0].growth_per_day, growth, "{context}");
            assert_eq!(found[0].disposition, Disposition::Output, "{context}");
        }
    }
}

#[test]
fn the_parts_of_a_record_are_no_values() {
    for names in [
        ["metrics.json", "params.json"],
        ["stdout.txt", "stderr.txt"],
        ["meta.json", "model.bin"],
    ] {
        let mut rows = Vec::new();
        for day in 0..40 {
            let date = day_text("%Y-%m-%d", START + day * 86_400);
            for name in names {
                rows.push(row(&format!("/d/runs/{date}/{name}"), 4096, START));
            }
        }
        let found = find(
            &grow(&rows, Rooting::Path, None),
            Timestamp(START + DAY as i64),
        );
        assert!(found.iter().all(|f| f.files == 40), "{names:?}: {found:#?}");
    }
}

#[test]
fn what_is_installed_is_told_by_its_shape_and_shards_dropped_into_it_are_found() {
    for root in ["/usr", "/srv/copy/of-it", "/home/u/x"] {
        let mut rows = Vec::new();
        let once = START - 400 * 86_400;
        for at in 0..60 {
            let package = format!("pkg{}", at % 9);
            for path in [
                format!("bin/tool-{at}"),
                format!("share/doc/{package}/releases/v2.{at}-ReleaseNotes.gz"),
                format!(
                    "lib/{package}/data/api/2019-{:02}-{:02}/s.json",
                    1 + at % 12,
                    1 + at % 28
                ),
                format!("share/{package}/t/{at:03}_basic.t"),
                format!("lib/udev/rules.d/{at}-serial{at}.rules"),
            ] {
                rows.push(row(&format!("{root}/{path}"), 4096, once));
            }
        }
        let tree = |rows: &[Row]| find(&grow(rows, Rooting::Path, None), Timestamp(START));
        let outputs = |rows: &[Row]| -> Vec<String> {
            let found = tree(rows).into_iter();
            let outputs = found.filter(|f| f.disposition == Disposition::Output);
            outputs.map(|f| text(&f.template)).collect()
        };
        assert_eq!(outputs(&rows), Vec::<String>::new(), "{root}");
        for day in 1..=40 {
            let at = START - day * 86_400;
            let path = day_text(&format!("{root}/share/pkg3/out/ticker-%Y-%m-%d.csv"), at);
            rows.push(row(&path, 1 << 20, at + 3600));
        }
        let wanted = format!("{root}/share/pkg3/out/ticker-{{date}}.csv");
        assert_eq!(outputs(&rows), [wanted]);
    }
}

#[test]
fn an_old_archive_restored_today_is_no_failing_writer() {
    let now = START + 900 * 86_400;
    // A job that ended two years ago, and one that is a week late.
    for (days, restored, fails) in [(100, true, false), (100, false, false), (892, false, true)] {
        let rows: Vec<Row> = (0..days)
            .map(|day| {
                let date = day_text("%Y-%m-%d", START + day * 86_400);
                let written = START + day * 86_400 + 3600;
                let mtime = if restored { now - 3600 + day } else { written };
                row(&format!("/data/feed/{date}.csv"), 5000, mtime)
            })
            .collect();
        let tree = grow(&rows, Rooting::Path, None);
        let families = find(&tree, Timestamp(now));
        assert_eq!(families.len(), 1);
        assert_eq!(families[0].failing.is_some(), fails, "{days} {restored}");
    }
}
