//! The tree as a table: where the space is.

mod rows;
pub mod users;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::bytes::Interval;
use crate::entry::{Kind, Trouble};
use crate::time::Timestamp;
use crate::tree::recent::Recent;
use crate::tree::union::Union;
use crate::tree::{NodeId, Quantity, Tree};

use super::{Column, Style, age, bar, count, path, several, size, table};

use rows::Row;

/// What to show of a tree.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Levels below the root.
    pub depth: usize,
    /// Instead of levels: this many largest nodes, wherever they lie.
    pub top: Option<usize>,
    /// The order of siblings.
    pub sort: Sort,
    /// Compare and sort by apparent size.
    pub apparent: bool,
    /// Rows to show at most.
    pub rows: usize,
    /// Whether to list what could not be read.
    pub verbose: bool,
}

/// The order of siblings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Most allocated bytes first.
    Disk,
    /// Most apparent bytes first.
    Apparent,
    /// Most files first.
    Count,
    /// Newest first.
    Mtime,
    /// By the bytes of the name.
    Name,
}

/// One source and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Its tree.
    pub tree: &'a Tree,
    /// What could not be read or understood, by path.
    pub troubles: &'a [Trouble],
    /// The time to count ages from.
    pub now: Timestamp,
    /// What changed lately, where only that is asked for.
    pub recent: Option<&'a Recent<'a>>,
    /// How long the reading took, where that is worth saying.
    pub took: Option<Duration>,
    /// Names that were listed and were gone when their turn came.
    pub vanished: u64,
}

/// Writes the table of one source.
#[must_use]
pub fn scan(view: &View<'_>, options: &Options, style: Style) -> String {
    let rows = rows::choose(view, options);
    let mut lines = header(view, options, style);
    if options.depth > 0 || options.top.is_some() {
        lines.extend(figures(view, &rows.shown, options, style));
    }
    if rows.more > 0 {
        let more = count(rows.more);
        lines.push(style.quiet(&format!("  … {more} more (--rows all shows them)")));
    }
    lines.extend(doubts(view, options.verbose, style));
    lines.join("\n") + "\n"
}

/// What several sources are together, in one line.
#[must_use]
pub fn together(union: &Union, sources: usize, style: Style) -> String {
    let both = if sources == 2 { "both" } else { "all" };
    let freed = if union.freed == union.weight {
        String::new()
    } else {
        format!(", {} freed if {both} went", size(union.freed))
    };
    let answer = format!("{} in {both} together{freed}", size(union.weight));
    let files = several(union.files, "file", "files");
    let mut lines = format!("{}  ({files})\n", style.strong(&answer));
    if union.repeated > 0 {
        let entries = several(union.repeated, "entry lies", "entries lie");
        let once = if union.repeated == 1 {
            "counts"
        } else {
            "count"
        };
        let text = format!("  {entries} in more than one source and {once} once");
        lines += &(style.quiet(&text) + "\n");
    }
    lines
}

/// The answer: how much there is, or how much of it changed, under which root.
fn header(view: &View<'_>, options: &Options, style: Style) -> Vec<String> {
    let tree = view.tree;
    let totals = tree.totals(NodeId::ROOT);
    let root = path(&tree.path(NodeId::ROOT));
    let all = size(weight(tree, NodeId::ROOT, options));
    if let Some(recent) = view.recent {
        let changed = recent.of(NodeId::ROOT);
        let bytes = size(view.weight(NodeId::ROOT, options));
        let files = several(changed.files, "file", "files");
        let from = recent.from();
        let answer = style.strong(&format!("{bytes} of {all} in {root} changed since {from}"));
        let mut lines = vec![
            format!("{answer}  ({files})"),
            style.quiet(
                "  by mtime: a file that grew by one byte counts whole; deletions are not seen",
            ),
        ];
        if changed.undated > 0 {
            let files = several(changed.undated, "file has", "files have");
            let text = format!("? {files} no known time, and may have changed as well");
            lines.push(style.doubt(&text));
        }
        return lines;
    }
    let answer = style.strong(&format!("{} in {root}", size(tree.weight(NodeId::ROOT))));
    let both = match tree.quantity() {
        Quantity::Disk => format!("{} apparent, ", size(totals.apparent)),
        Quantity::Apparent => "apparent: disk usage is not known, ".to_owned(),
    };
    let files = several(totals.files, "file", "files");
    let dirs = several(totals.dirs + 1, "directory", "directories");
    let took = view.took.map_or_else(String::new, |took| {
        let tenths = took.as_millis().div_ceil(100);
        format!(", {}.{} s", tenths / 10, tenths % 10)
    });
    vec![format!("{answer}  ({both}{files}, {dirs}{took})")]
}

/// What a node is compared by: its bytes in the wanted quantity.
fn weight(tree: &Tree, node: NodeId, options: &Options) -> Interval {
    let totals = tree.totals(node);
    if options.apparent || tree.quantity() == Quantity::Apparent {
        totals.apparent
    } else {
        totals.disk
    }
}

impl View<'_> {
    /// The same, of what changed where that is asked for.
    fn weight(&self, node: NodeId, options: &Options) -> Interval {
        let Some(recent) = self.recent else {
            return weight(self.tree, node, options);
        };
        let changed = recent.of(node);
        if options.apparent || self.tree.quantity() == Quantity::Apparent {
            changed.apparent
        } else {
            changed.disk
        }
    }

    /// Files below, or those that changed.
    fn files(&self, node: NodeId) -> u64 {
        match self.recent {
            Some(recent) => recent.of(node).files,
            None => self.tree.totals(node).files,
        }
    }

    /// The newest file below, else the node's own time.
    fn newest(&self, node: NodeId) -> Option<Timestamp> {
        self.tree.totals(node).newest.or(self.tree.mtime(node))
    }
}

/// The table itself. The freed column is there only where it says something else than disk.
fn figures(view: &View<'_>, rows: &[Row], options: &Options, style: Style) -> Vec<String> {
    if rows.is_empty() {
        let nothing = match view.recent {
            Some(_) => "  (nothing changed)",
            None => "  (empty)",
        };
        return vec![nothing.to_owned()];
    }
    let tree = view.tree;
    let both = tree.quantity() == Quantity::Disk;
    let freed = view.recent.is_none() && !tree.links().is_empty();
    let whole = rows
        .iter()
        .map(|row| view.weight(row.node, options).lo)
        .max()
        .unwrap_or(0);
    let names: Vec<&str> = match view.recent {
        Some(_) => vec!["changed", "of", "files", "newest"],
        None => [
            (tree.quantity().word(), true),
            ("apparent", both),
            ("freed", freed),
            ("files", true),
            ("newest", true),
        ]
        .into_iter()
        .filter_map(|(name, wanted)| wanted.then_some(name))
        .collect(),
    };
    let mut columns = vec![Column::Figure; names.len()];
    columns.extend([Column::Path, Column::Word]);
    let head = names.into_iter().chain(["path", ""]);
    let mut cells = vec![head.map(str::to_owned).collect::<Vec<_>>()];
    for row in rows {
        let mut line = match tree.kind(row.node) {
            // Nothing is known of it: that is not the same as nothing being there.
            Kind::Excluded | Kind::OtherFs | Kind::KernelFs => {
                vec!["-".to_owned(); columns.len() - 2]
            }
            _ => cells_of(view, row.node, freed, options),
        };
        line.push(label(tree, row));
        line.push(remark(view, row.node, whole, options, style));
        cells.push(line);
    }
    let mut lines = table(&columns, &cells, style);
    if let Some(first) = lines.first_mut() {
        *first = style.quiet(first);
    }
    lines
}

/// The figures of one row.
fn cells_of(view: &View<'_>, node: NodeId, freed: bool, options: &Options) -> Vec<String> {
    let tree = view.tree;
    let totals = tree.totals(node);
    let mut cells = match (view.recent, tree.quantity()) {
        (Some(_), _) => vec![
            size(view.weight(node, options)),
            size(weight(tree, node, options)),
        ],
        (None, Quantity::Disk) => vec![size(totals.disk), size(totals.apparent)],
        (None, Quantity::Apparent) => vec![size(totals.apparent)],
    };
    cells.extend(freed.then(|| size(tree.freed(node))));
    cells.push(count(view.files(node)));
    cells.push(age(view.newest(node), view.now));
    cells
}

/// The name, marked where it is a directory or a link.
fn label(tree: &Tree, row: &Row) -> String {
    let mark = match tree.kind(row.node) {
        Kind::Symlink => "@",
        _ if tree.is_dir(row.node) && !row.label.ends_with('/') => "/",
        _ => "",
    };
    format!("{}{mark}", row.label)
}

/// What stands behind the name: why it was not counted or would not be freed, else its part of
/// the largest row.
fn remark(view: &View<'_>, node: NodeId, whole: u64, options: &Options, style: Style) -> String {
    let tree = view.tree;
    let linked = || {
        let freed = tree.freed(node);
        view.recent.is_none() && freed == Interval::ZERO && tree.weight(node).lo > 0
    };
    match tree.kind(node) {
        Kind::Excluded => "(excluded)".to_owned(),
        Kind::OtherFs => "(other fs)".to_owned(),
        Kind::KernelFs => "(kernel fs)".to_owned(),
        Kind::Unread => match cause(view, node) {
            Some(cause) => format!("(not read: {cause})"),
            None => "(not read)".to_owned(),
        },
        _ if linked() => "(linked elsewhere)".to_owned(),
        _ if style.terminal => bar(view.weight(node, options).lo, whole, 12),
        _ => String::new(),
    }
}

/// The words for why a walk could not read something, by the code of the trouble. Any other
/// trouble is a remark on what *was* read. A recording's troubles have lines, and say it better.
const CAUSES: [(&str, &str); 9] = [
    ("changed", "replaced meanwhile"),
    ("gone", "gone meanwhile"),
    ("interrupted", "ended early"),
    ("io-error", "input/output error"),
    ("path-too-long", "path too long"),
    ("permission-denied", "permission denied"),
    ("stale-handle", "lost by the file server"),
    ("too-many-open-files", "too many open files"),
    ("unreadable", "unreadable"),
];

fn words_of(trouble: &Trouble) -> Option<&'static str> {
    let known = CAUSES
        .iter()
        .find(|(code, _)| *code == trouble.code && trouble.line.is_none());
    known.map(|&(_, words)| words)
}

/// Why a place was not read, where a trouble tells.
fn cause(view: &View<'_>, node: NodeId) -> Option<&'static str> {
    let place = view.tree.path(node);
    let first = view.troubles.partition_point(|t| t.path < place);
    let here = view.troubles[first..]
        .iter()
        .take_while(|t| t.path == place);
    here.filter_map(words_of).next()
}

/// What was not counted, and why the figures are lower bounds.
fn doubts(view: &View<'_>, verbose: bool, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(left_out(view.tree).map(|text| style.quiet(&text)));
    if view.vanished > 0 {
        let names = several(view.vanished, "name was", "names were");
        lines.push(style.quiet(&format!("  {names} gone before they could be asked about")));
    }
    let unread = view.tree.totals(NodeId::ROOT).unread;
    if unread > 0 {
        let places = several(unread, "place was", "places were");
        let more = if verbose || view.troubles.is_empty() {
            ""
        } else {
            " (-v lists them)"
        };
        lines.push(style.doubt(&format!(
            "? {places} not read, so sums above are lower bounds (≥){more}"
        )));
        lines.extend(causes(view.troubles).map(|text| style.doubt(&text)));
    }
    if verbose {
        lines.extend(view.troubles.iter().map(|t| format!("  {}", trouble(t))));
    }
    lines
}

/// How often a walk met each cause: `  permission denied: 3, ended early: 1`.
fn causes(troubles: &[Trouble]) -> Option<String> {
    let mut met: BTreeMap<&str, u64> = BTreeMap::new();
    for words in troubles.iter().filter_map(words_of) {
        *met.entry(words).or_default() += 1;
    }
    let each = met
        .iter()
        .map(|(words, n)| format!("{words}: {}", count(*n)));
    let each = each.collect::<Vec<_>>().join(", ");
    (!each.is_empty()).then(|| format!("  {each}"))
}

/// What was left out on purpose, wherever it lies.
fn left_out(tree: &Tree) -> Option<String> {
    let totals = tree.totals(NodeId::ROOT);
    if tree.len() as u64 == totals.files + totals.dirs + 1 {
        // Every entry counts, so none has to be looked at.
        return None;
    }
    let mut found = [0u64; 3];
    for node in tree.nodes().filter(|&node| !tree.is_dir(node)) {
        match tree.kind(node) {
            Kind::Excluded => found[0] += 1,
            Kind::OtherFs => found[1] += 1,
            Kind::KernelFs => found[2] += 1,
            _ => {}
        }
    }
    let words = ["excluded", "other fs (--cross-file-systems)", "kernel fs"];
    let each = found.iter().zip(words).filter(|&(&n, _)| n > 0);
    let each: Vec<String> = each
        .map(|(&n, words)| format!("{} {words}", count(n)))
        .collect();
    (!each.is_empty()).then(|| format!("  not counted: {}", each.join(", ")))
}

/// A trouble in one line: `place: cause`.
#[must_use]
pub fn trouble(trouble: &Trouble) -> String {
    let place = path(&trouble.path);
    match trouble.line {
        Some(line) => format!("{place}:{line}: {}", trouble.message),
        None => format!("{place}: {}", trouble.message),
    }
}
