//! Whose files these are: a job's outputs, a running program's own, or somebody's to keep.
//!
//! Shape alone cannot tell: a photo roll is a perfect family. The gates here only ever *cap* what
//! a family may be called; they know the marker files of databases and brokers, the directories
//! that tools keep for themselves, and the extensions of what people make by hand.

use super::places::{Place, Places};
use super::profile::Group;
use super::rows::Rows;
use super::suffix;
use super::{Disposition, Family, Variable, VariableKind};
use crate::bytes::Interval;
use crate::time::Timestamp;
use crate::tree::{Quantity, Tree};

/// Who may remove a group's files, what was recognised, and how far it is believed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ruling {
    pub(super) disposition: Disposition,
    pub(super) owner: Option<String>,
}

/// What is known of a group when its owner is asked for.
pub(super) struct Case<'a> {
    pub(super) tree: &'a Tree,
    pub(super) rows: &'a Rows,
    pub(super) places: &'a Places,
    pub(super) group: &'a Group<'a>,
    pub(super) template: &'a [u8],
    pub(super) variables: &'a [Variable],
    pub(super) bytes: Interval,
    /// Whether the names are those of different things, not of a series.
    pub(super) catalogue: bool,
    /// Whether the words in the names hardly ever return.
    pub(super) lone_words: bool,
    /// Whether the periods follow one another evenly.
    pub(super) regular: bool,
    /// When the first and the last of the files were written, in seconds; the last before the
    /// first where that is not known.
    pub(super) written: (i64, i64),
    pub(super) now: Timestamp,
}

impl Case<'_> {
    /// What lies in the directory of a row.
    fn place(&self, row: u32) -> Place {
        self.places.of(self.tree, self.rows, row)
    }
}

/// Directory names that say by themselves whose they are.
const HOMES: [(&[u8], &str); 15] = [
    (
        b"raft",
        "a consensus log: its program's own snapshots compact it",
    ),
    (b"jetstream", "NATS: max_age and max_bytes of the stream"),
    (b"translog", "Elasticsearch: index.translog.retention"),
    (b"finalized", "HDFS: the files in it; never by hand"),
    (
        b"pg_wal",
        "PostgreSQL: wal_keep_size, max_slot_wal_keep_size; never by hand",
    ),
    (b"pg_xlog", "PostgreSQL: wal_keep_segments; never by hand"),
    (b"pg_xact", "PostgreSQL; never by hand"),
    (b"_delta_log", "Delta Lake: delta.logRetentionDuration"),
    (b".hoodie", "Apache Hudi: hoodie.cleaner.commits.retained"),
    (
        b"chunks_head",
        "Prometheus: --storage.tsdb.retention.time and .size",
    ),
    (b"commitlog", "Cassandra: commitlog_total_space"),
    (b"tsm1", "InfluxDB: the retention policy of the database"),
    (b"cups", "CUPS: PreserveJobFiles, PreserveJobHistory"),
    (b"postfix", "Postfix: postsuper, maximal_queue_lifetime"),
    (
        b"journal",
        "journald: SystemMaxUse=, MaxRetentionSec=; journalctl --vacuum-time",
    ),
];

const MEDIA: [&[u8]; 62] = [
    b"dcm", b"dicom", b"sr2", b"srw", b"pef", b"x3f", b"insv", b"braw", b"r3d", b"mxf", b"jpg",
    b"jpeg", b"cr2", b"cr3", b"nef", b"arw", b"dng", b"raf", b"rw2", b"orf", b"heic", b"heif",
    b"tif", b"tiff", b"mov", b"mp4", b"m4v", b"mkv", b"avi", b"mpg", b"mpeg", b"wmv", b"webm",
    b"mts", b"m2ts", b"mp3", b"flac", b"ogg", b"opus", b"m4a", b"aac", b"wav", b"aiff", b"wma",
    b"srt", b"sub", b"epub", b"mobi", b"azw3", b"cbz", b"cbr", b"psd", b"xcf", b"ai", b"svg",
    b"gif", b"xmp", b"aae", b"thm", b"lrv", b"nfo", b"vob",
];
const SOURCE: [&[u8]; 62] = [
    b"rs",
    b"c",
    b"h",
    b"cc",
    b"cpp",
    b"hpp",
    b"hh",
    b"cxx",
    b"py",
    b"pyi",
    b"js",
    b"mjs",
    b"cjs",
    b"ts",
    b"tsx",
    b"jsx",
    b"go",
    b"java",
    b"kt",
    b"scala",
    b"rb",
    b"php",
    b"pl",
    b"pm",
    b"lua",
    b"hs",
    b"ml",
    b"mli",
    b"ex",
    b"exs",
    b"erl",
    b"clj",
    b"cs",
    b"fs",
    b"swift",
    b"m",
    b"r",
    b"jl",
    b"f90",
    b"tex",
    b"md",
    b"rst",
    b"adoc",
    b"html",
    b"css",
    b"scss",
    b"vue",
    b"svelte",
    b"s",
    b"asm",
    b"proto",
    b"tf",
    b"nix",
    b"ipynb",
    b"mo",
    b"po",
    b"so",
    b"ko",
    b"el",
    b"vim",
    b"pyc",
    b"expected",
];
const DOCUMENTS: [&[u8]; 16] = [
    b"doc", b"docx", b"odt", b"ppt", b"pptx", b"odp", b"pages", b"key", b"rtf", b"eml", b"msg",
    b"ics", b"vcf", b"pst", b"mbox", b"one",
];
/// What people save under names with spaces in them, dated or not.
const HAND_MADE: [&[u8]; 10] = [
    b"pdf", b"txt", b"md", b"xls", b"xlsx", b"ods", b"numbers", b"zip", b"html", b"png",
];
/// Formats of small databases that a program keeps open.
const STATES: [&[u8]; 7] = [
    b"sqlite", b"sqlite3", b"db", b"db3", b"mdb", b"kdbx", b"leases",
];
const WEIGHTS: [&[u8]; 4] = [b"gguf", b"ggml", b"deb", b"snap"];

/// Decides whose a group is.
pub(super) fn rule_on(case: &Case<'_>) -> Ruling {
    let keep = |owner: &str| Ruling {
        disposition: Disposition::Keep,
        owner: Some(owner.to_owned()),
    };
    let managed = |owner: &str| Ruling {
        disposition: Disposition::Managed,
        owner: Some(owner.to_owned()),
    };
    if let Some(owner) = program_of(case) {
        return managed(owner);
    }
    if let Some(owner) = kept_as(case) {
        return keep(owner);
    }
    Ruling {
        disposition: Disposition::Output,
        owner: None,
    }
}

/// The rows of the directories that hold the first member, nearest first.
fn rows_above(case: &Case<'_>) -> Vec<u32> {
    let mut rows = Vec::new();
    let Some(mut row) = case.group.members.first_row() else {
        return rows;
    };
    for _ in 0..8 {
        rows.push(row);
        if row == 0 {
            break;
        }
        row = case.rows.parent[row as usize];
    }
    rows
}

fn program_of(case: &Case<'_>) -> Option<&'static str> {
    for (at, row) in rows_above(case).into_iter().enumerate() {
        let name = case.tree.name(case.rows.id[row as usize]);
        let home = HOMES.iter().find(|(home, _)| *home == name);
        let marked = || case.place(row).program(at == 0);
        if let Some(owner) = home.filter(|_| row > 0).map(|home| home.1).or_else(marked) {
            return Some(owner);
        }
        if at > 5 {
            break;
        }
    }
    let leaf = last_name(case.template);
    let extension = suffix::last_dot(leaf).map_or(&b""[..], |dot| &leaf[dot + 1..]);
    let engine = |e: &&(&[u8], &str)| extension.eq_ignore_ascii_case(e.0);
    if let Some(&(_, owner)) = ENGINES.iter().find(engine) {
        return Some(owner);
    }
    if is_segment(case) {
        return Some(LUCENE);
    }
    for &(stem, owner) in &STEMS {
        // Of a Hive table it is the directory that has the name, and the buckets are in it.
        let home = case.template.rsplit(|&b| b == b'/').nth(1).unwrap_or(b"");
        let named = if owner == HIVE {
            home.starts_with(stem) && leaf.starts_with(b"bucket_")
        } else {
            leaf.starts_with(stem)
        };
        if named {
            return Some(owner);
        }
    }
    if leaf.windows(9).any(|part| part == b"-json.log") {
        return Some("Docker: the logging driver's max-size and max-file");
    }
    let is_journal = case.template.ends_with(b".journal") && leaf.contains(&b'@');
    is_journal.then_some("journald: SystemMaxUse=, MaxRetentionSec=; journalctl --vacuum-time")
}

/// Whether the members are parts of a search index's segments.
fn is_segment(case: &Case<'_>) -> bool {
    let mut members = case.group.members.iter();
    members
        .next()
        .is_some_and(|(id, _)| suffix::is_segment(case.tree.name(id)))
}

/// Whether files that no name orders lie in a program's store, by what lies beside them.
pub(super) fn is_in_store(case: &Case<'_>) -> bool {
    let mut above = rows_above(case).into_iter().enumerate().take(6);
    case.template.ends_with(b".journal")
        || is_segment(case)
        || above.any(|(at, row)| case.place(row).program(at == 0).is_some())
}

/// Formats that only a database's engine writes, and how it is told to let go.
const ENGINES: [(&[u8], &str); 17] = [
    (b"mrk", CLICKHOUSE),
    (b"mrk2", CLICKHOUSE),
    (b"mrk3", CLICKHOUSE),
    (b"cmrk2", CLICKHOUSE),
    (b"cmrk3", CLICKHOUSE),
    (b"tsm", "InfluxDB: the retention policy of the database"),
    (b"tsi", "InfluxDB: the retention policy of the database"),
    (b"wt", "MongoDB: the database's own TTL indexes and compact"),
    (b"sst", "RocksDB: its own compaction"),
    (b"ldb", "LevelDB: its own compaction"),
    (b"ibd", "MySQL: the tables themselves; DROP or TRUNCATE"),
    (b"myd", "MySQL: the tables themselves; DROP or TRUNCATE"),
    (b"myi", "MySQL: the tables themselves; DROP or TRUNCATE"),
    (b"cfs", LUCENE),
    (b"cfe", LUCENE),
    (b"fdt", LUCENE),
    (b"tlog", LUCENE),
];
const CLICKHOUSE: &str = "ClickHouse: TTL of the table";
const LUCENE: &str = "Lucene: the index's own merge and lifecycle policy";

/// Beginnings of file names that are a program's own contract, and how it is told to let go.
const STEMS: [(&[u8], &str); 4] = [
    (
        b"duplicity-",
        "duplicity: remove-older-than, remove-all-but-n-full: a chain goes whole",
    ),
    (b"delta_", HIVE),
    (b"delete_delta_", HIVE),
    (b"base_", HIVE),
];
const HIVE: &str = "Hive: compaction, hive.compactor.delayed.cleanup.enabled";

fn kept_as(case: &Case<'_>) -> Option<&'static str> {
    let names: Vec<&[u8]> = rows_above(case)
        .iter()
        .map(|&row| case.tree.name(case.rows.id[row as usize]))
        .collect();
    let leaf = last_name(case.template);
    let body = leaf
        .strip_suffix(b"]")
        .and_then(|l| l.rsplitn(2, |&b| b == b'[').nth(1))
        .unwrap_or(leaf);
    let body = &body[..body.len() - suffix::compression(body).len()];
    let extension = body
        .iter()
        .rposition(|&b| b == b'.')
        .map_or(&b""[..], |dot| &body[dot + 1..])
        .to_ascii_lowercase();
    let is = |list: &[&[u8]]| list.contains(&&extension[..]);
    if names.iter().any(|n| matches!(*n, b"cur" | b"new"))
        || names.iter().any(|n| n.eq_ignore_ascii_case(b"maildir"))
    {
        return Some("mail: each file is a message");
    }
    let is_product = is(&[b"tif", b"tiff"]) && has_two_dates(case);
    if is(&MEDIA) && !is_rendered(&names) && !is_product {
        return Some("media: nobody can make it again");
    }
    if is(&WEIGHTS) {
        return Some("downloaded: a package or a model");
    }
    if is(&SOURCE) {
        return Some("source text");
    }
    // What is written day by day is a job's, wherever it lies.
    let is_living = is_living(case);
    let by_hand = leaf.contains(&b' ') && (!is_living || is(&HAND_MADE));
    if is(&DOCUMENTS) || by_hand {
        return Some("documents written by hand");
    }
    if !is_living
        && under_version_control(case)
        && case.bytes.lo / case.group.members.len().max(1) as u64 <= 1 << 20
    {
        return Some("in a source repository");
    }
    let is_installed = is_installed(case.template) || names.iter().any(|n| is_system(n));
    if !is_living && (is_installed || is_in_prefix(case)) {
        return Some("installed by the system's package manager");
    }
    if names.iter().any(|n| {
        matches!(
            *n,
            b".cache" | b"Caches" | b"Cache" | b".thumbnails" | b"thumbnails"
        )
    }) {
        return Some("a cache: its program trims it");
    }
    if names.contains(&&b"overlay2"[..]) {
        return Some("layers of container images: docker system prune");
    }
    if let Some(whose) = state_of(case, &names, &extension) {
        return Some(whose);
    }
    if are_releases(case) {
        return Some("releases: a version says which, and not when");
    }
    let is_drop_in = |name: &&[u8]| name.len() > 2 && name.ends_with(b".d");
    if names.first().is_some_and(is_drop_in) && !is_dated(case) {
        return Some("settings: their numbers say in which order they are read");
    }
    if is_hash_store(case) || !has_clock_or_count(case.variables) {
        return Some("a store of hashes or names: nothing in it says when");
    }
    if case.catalogue {
        return Some("different things, each once: nothing counts them");
    }
    if is_unmoved(case) {
        return Some("written in one go and never again");
    }
    None
}

/// Whether each name holds two dates that are not the same: when something was seen and when that
/// was worked up. A camera writes one.
fn has_two_dates(case: &Case<'_>) -> bool {
    let leaf = last_name(case.template);
    let dated = case.variables.iter().filter(|variable| {
        let place = format!("{{{}}}", variable.name);
        matches!(variable.kind, VariableKind::Date | VariableKind::DateTime)
            && leaf
                .windows(place.len())
                .any(|part| part == place.as_bytes())
    });
    dated.count() >= 2
}

/// Whether it is a version that tells the files apart, and nothing counts them or dates them.
fn are_releases(case: &Case<'_>) -> bool {
    use VariableKind::{Counter, Frame, HexCounter, Of, Pid, Rotation, Version};
    let has = |kinds: &[VariableKind]| case.variables.iter().any(|v| kinds.contains(&v.kind));
    has(&[Version]) && !has(&[Counter, HexCounter, Of, Rotation, Pid, Frame]) && !is_dated(case)
}

/// What a program or a person has one of, numbered or not: a profile, a home, a mailbox, a
/// database. Nothing in the name says when, and nothing writes the next one.
fn state_of(case: &Case<'_>, names: &[&[u8]], extension: &[u8]) -> Option<&'static str> {
    let rotates = |v: &Variable| matches!(v.kind, VariableKind::Rotation | VariableKind::Pid);
    if is_dated(case) || case.variables.iter().any(rotates) {
        return None;
    }
    let hidden = |name: &&&[u8]| name.len() > 1 && name[0] == b'.' && name[1] != b'.';
    if names.iter().any(|name| hidden(&name)) {
        return Some("a program's own state, in a hidden directory");
    }
    let parent_of_first = case.template.split(|&b| b == b'{').next().unwrap_or(b"");
    let places = parent_of_first.split(|&b| b == b'/').rev();
    if places
        .take(2)
        .any(|name| matches!(name, b"home" | b"Users"))
    {
        return Some("people's home directories");
    }
    if names.first().is_some_and(|name| *name == b"mail") && extension.is_empty() {
        return Some("mail: each file is a mailbox");
    }
    STATES
        .contains(&extension)
        .then_some("databases: each is its program's own")
}

/// Whether a path lies where only the system's packages and its administrator write.
fn is_installed(template: &[u8]) -> bool {
    let mut names = template.split(|&b| b == b'/').skip(1);
    match names.next() {
        Some(b"usr") => names.next() != Some(b"local"),
        Some(b"etc" | b"boot" | b"bin" | b"sbin" | b"nix" | b"snap") => true,
        Some(first) => first.starts_with(b"lib"),
        None => false,
    }
}

fn is_system(name: &[u8]) -> bool {
    matches!(
        name,
        b"usr"
            | b"boot"
            | b"modules"
            | b"firmware"
            | b"zoneinfo"
            | b"terminfo"
            | b"dpkg"
            | b"snapd"
            | b"flatpak"
            | b"doc"
            | b"man"
            | b"locale"
            | b"licenses"
            | b"common-licenses"
    )
}

/// Numbered frames below a render directory can be rendered again.
fn is_rendered(names: &[&[u8]]) -> bool {
    names
        .iter()
        .any(|n| matches!(*n, b"render" | b"renders" | b"frames" | b"comp"))
}

/// What stands behind the last `/` of a template.
fn last_name(template: &[u8]) -> &[u8] {
    template.rsplit(|&b| b == b'/').next().unwrap_or(b"")
}

/// Whether the files are called by nothing but a hash, and nothing above says when: the numbers
/// in a store's directories are only the beginnings of the hashes.
fn is_hash_store(case: &Case<'_>) -> bool {
    let is_dated = case.variables.iter().any(|v| is_clock(v.kind));
    let last = case
        .variables
        .last()
        .filter(|v| v.kind == VariableKind::Hash);
    let leaf = last_name(case.template);
    !is_dated && last.is_some_and(|v| leaf == format!("{{{}}}", v.name).as_bytes())
}

fn under_version_control(case: &Case<'_>) -> bool {
    let above = rows_above(case);
    above.iter().any(|&row| case.place(row).is_repository())
}

fn has_clock_or_count(variables: &[Variable]) -> bool {
    variables.iter().any(|variable| {
        !matches!(
            variable.kind,
            VariableKind::Categorical
                | VariableKind::Host
                | VariableKind::Hex
                | VariableKind::Hash
                | VariableKind::Id
                | VariableKind::Uuid
                | VariableKind::Number
        )
    })
}

/// Whether files lie in the tree of installed programs, wherever that stands: a directory with
/// `bin`, `lib` and `share`, or the package manager's own books.
fn is_in_prefix(case: &Case<'_>) -> bool {
    let Some(mut row) = case.group.members.first_row() else {
        return false;
    };
    for _ in 0..32 {
        if case.place(row).is_prefix() {
            return true;
        }
        if row == 0 {
            break;
        }
        row = case.rows.parent[row as usize];
    }
    false
}

/// A set of files that all came at once, long ago, and that no name dates or not evenly: unpacked
/// or installed, and never added to.
fn is_unmoved(case: &Case<'_>) -> bool {
    let (low, high) = case.written;
    let long_ago = case.now.0.saturating_sub(high) > 7 * 86_400;
    let at_once = low < high.saturating_add(1) && high.saturating_sub(low) < 7200;
    at_once && long_ago && !(is_dated(case) && case.regular)
}

/// Whether it was written as its names say, evenly, and by one that has no words of its own for
/// each file.
fn is_living(case: &Case<'_>) -> bool {
    let (low, high) = case.written;
    is_dated(case) && case.regular && !case.lone_words && high.saturating_sub(low) >= 7200
}

fn is_dated(case: &Case<'_>) -> bool {
    let mut variables = case.variables.iter();
    variables.any(|variable| is_clock(variable.kind))
}

/// Whether values of this kind say when.
pub(super) fn is_clock(kind: VariableKind) -> bool {
    matches!(
        kind,
        VariableKind::Date
            | VariableKind::DateTime
            | VariableKind::Year
            | VariableKind::Month
            | VariableKind::Day
            | VariableKind::DateHour
            | VariableKind::Quarter
            | VariableKind::IsoWeek
            | VariableKind::MonthName
            | VariableKind::Ordinal
            | VariableKind::Epoch
            | VariableKind::EpochMs
            | VariableKind::Ulid
    )
}

/// What a family holds, in the tree's quantity.
pub(super) fn weight(tree: &Tree, family: &Family) -> u64 {
    match tree.quantity() {
        Quantity::Disk => family.disk.lo,
        Quantity::Apparent => family.apparent.lo,
    }
}
