//! The tree as a table: where the space is.

use crate::bytes::Interval;
use crate::entry::{Kind, Trouble};
use crate::time::Timestamp;
use crate::tree::{NodeId, Quantity, Tree};

use super::{Column, Style, age, bar, count, path, several, size, table};

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

/// A row of the table.
struct Row {
    node: NodeId,
    label: String,
}

/// The rows to show, and how many more there would be.
struct Rows {
    shown: Vec<Row>,
    more: u64,
}

/// Writes the table of one source.
#[must_use]
pub fn scan(
    tree: &Tree,
    troubles: &[Trouble],
    now: Timestamp,
    options: Options,
    style: Style,
) -> String {
    let rows = match options.top {
        Some(n) => largest(tree, n, &options),
        None => levels(tree, &options),
    };
    let mut lines = vec![header(tree, style)];
    if options.depth > 0 || options.top.is_some() {
        lines.extend(figures(tree, &rows.shown, now, &options, style));
    }
    if rows.more > 0 {
        let more = count(rows.more);
        lines.push(style.quiet(&format!("  … {more} more (--rows all shows them)")));
    }
    lines.extend(doubts(tree, troubles, options.verbose, style));
    lines.join("\n") + "\n"
}

/// The answer: how much there is, under which root.
fn header(tree: &Tree, style: Style) -> String {
    let totals = tree.totals(NodeId::ROOT);
    let root = path(&tree.path(NodeId::ROOT));
    let answer = style.strong(&format!("{} in {root}", size(tree.weight(NodeId::ROOT))));
    let both = match tree.quantity() {
        Quantity::Disk => format!("{} apparent, ", size(totals.apparent)),
        Quantity::Apparent => "apparent: disk usage is not known, ".to_owned(),
    };
    let dirs = several(totals.dirs + 1, "directory", "directories");
    format!(
        "{answer}  ({both}{}, {dirs})",
        several(totals.files, "file", "files")
    )
}

fn weight(tree: &Tree, node: NodeId, options: &Options) -> Interval {
    let totals = tree.totals(node);
    if options.apparent || tree.quantity() == Quantity::Apparent {
        totals.apparent
    } else {
        totals.disk
    }
}

/// The children down to the wanted depth, each level sorted below its parent. What is not shown is
/// only counted: the labels of a deep tree would be as long as it is deep.
fn levels(tree: &Tree, options: &Options) -> Rows {
    let mut rows = Rows {
        shown: Vec::new(),
        more: 0,
    };
    if options.depth == 0 {
        return rows;
    }
    let mut open = vec![sorted(tree, NodeId::ROOT, options).into_iter()];
    while let Some(level) = open.last_mut() {
        let Some(node) = level.next() else {
            open.pop();
            continue;
        };
        if rows.shown.len() < options.rows {
            let indent = "  ".repeat(open.len() - 1);
            let label = format!("{indent}{}", path(tree.name(node)));
            rows.shown.push(Row { node, label });
        } else {
            rows.more += 1;
        }
        if open.len() < options.depth {
            open.push(sorted(tree, node, options).into_iter());
        }
    }
    rows
}

fn sorted(tree: &Tree, parent: NodeId, options: &Options) -> Vec<NodeId> {
    let mut children = tree.children_by_name(parent);
    let totals = |node: &NodeId| tree.totals(*node);
    match options.sort {
        Sort::Name => {}
        Sort::Disk => children.sort_by_key(|n| std::cmp::Reverse(weight(tree, *n, options).lo)),
        Sort::Apparent => children.sort_by_key(|n| std::cmp::Reverse(totals(n).apparent.lo)),
        Sort::Count => children.sort_by_key(|n| std::cmp::Reverse(totals(n).files)),
        Sort::Mtime => {
            children.sort_by_key(|n| std::cmp::Reverse(totals(n).newest.or(tree.mtime(*n))));
        }
    }
    children
}

/// The largest nodes wherever they lie. A directory that holds little but another one of the
/// rows would only repeat it, so a directory is shown for what it has beside its largest child.
fn largest(tree: &Tree, n: usize, options: &Options) -> Rows {
    let lo = |node| weight(tree, node, options).lo;
    let repeats = |node: NodeId| {
        let heaviest = tree.children(node).map(lo).max().unwrap_or(0);
        heaviest > lo(node) / 10 * 9
    };
    let mut nodes: Vec<NodeId> = tree
        .nodes()
        .skip(1)
        .filter(|&node| !(tree.is_dir(node) && repeats(node)))
        .collect();
    if n < nodes.len() {
        nodes.select_nth_unstable_by_key(n, |&node| std::cmp::Reverse(lo(node)));
        nodes.truncate(n);
    }
    let mut rows: Vec<Row> = nodes
        .into_iter()
        .map(|node| Row {
            node,
            label: path(&tree.path(node)),
        })
        .collect();
    rows.sort_by(|a, b| {
        lo(b.node)
            .cmp(&lo(a.node))
            .then_with(|| a.label.cmp(&b.label))
    });
    // The number of rows was asked for, so it is not cut again.
    Rows {
        shown: rows,
        more: 0,
    }
}

/// The table itself. The freed column is there only where it says something else than disk.
fn figures(
    tree: &Tree,
    rows: &[Row],
    now: Timestamp,
    options: &Options,
    style: Style,
) -> Vec<String> {
    if rows.is_empty() {
        return vec!["  (empty)".to_owned()];
    }
    let both = tree.quantity() == Quantity::Disk;
    let freed = !tree.links().is_empty();
    let whole = rows
        .iter()
        .map(|row| weight(tree, row.node, options).lo)
        .max()
        .unwrap_or(0);
    let mut columns = vec![Column::Figure];
    let mut head = vec![if both { "disk" } else { "apparent" }.to_owned()];
    for (name, wanted) in [
        ("apparent", both),
        ("freed", freed),
        ("files", true),
        ("newest", true),
    ] {
        if wanted {
            columns.push(Column::Figure);
            head.push(name.to_owned());
        }
    }
    columns.extend([Column::Path, Column::Word]);
    head.extend(["path".to_owned(), String::new()]);
    let mut cells = vec![head];
    for row in rows {
        let totals = tree.totals(row.node);
        let mut line = vec![size(if both { totals.disk } else { totals.apparent })];
        line.extend(both.then(|| size(totals.apparent)));
        line.extend(freed.then(|| size(tree.freed(row.node))));
        line.push(count(totals.files));
        line.push(age(totals.newest.or(tree.mtime(row.node)), now));
        line.push(label(tree, row));
        line.push(remark(tree, row.node, whole, options, style));
        cells.push(line);
    }
    let mut lines = table(&columns, &cells, style);
    if let Some(first) = lines.first_mut() {
        *first = style.quiet(first);
    }
    lines
}

/// The name, marked where it is a directory or a link.
fn label(tree: &Tree, row: &Row) -> String {
    let mark = match tree.kind(row.node) {
        Kind::Symlink => "@",
        _ if tree.is_dir(row.node) => "/",
        _ => "",
    };
    format!("{}{mark}", row.label)
}

/// What stands behind the name: why it was not counted, else its part of the largest row.
fn remark(tree: &Tree, node: NodeId, whole: u64, options: &Options, style: Style) -> String {
    match tree.kind(node) {
        Kind::Excluded => "(excluded)".to_owned(),
        Kind::OtherFs => "(other fs)".to_owned(),
        Kind::KernelFs => "(kernel fs)".to_owned(),
        Kind::Unread => "(not read)".to_owned(),
        _ if style.terminal => bar(weight(tree, node, options).lo, whole, 12),
        _ => String::new(),
    }
}

/// What was not counted, and why the figures are lower bounds.
fn doubts(tree: &Tree, troubles: &[Trouble], verbose: bool, style: Style) -> Vec<String> {
    let unread = tree.totals(NodeId::ROOT).unread;
    let mut lines = Vec::new();
    if unread > 0 {
        let places = several(unread, "place was", "places were");
        let more = if verbose || troubles.is_empty() {
            ""
        } else {
            " (-v lists them)"
        };
        lines.push(style.doubt(&format!(
            "? {places} not read, so sums above are lower bounds (≥){more}"
        )));
    }
    if verbose {
        lines.extend(troubles.iter().map(|t| format!("  {}", trouble(t))));
    }
    lines
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
