//! The tree by its owners.

use std::cmp::Reverse;

use crate::bytes::Interval;
use crate::tree::Quantity;
use crate::tree::owners::{Owners, Share};

use super::super::{Column, Style, age, bar, count, path, several, size, table};
use super::{Options, Sort, View, doubts, header};

/// Writes the table of users. `name` gives that of a user id, if it has one.
#[must_use]
pub fn users<'n>(
    view: &View<'_>,
    owners: &Owners,
    name: &dyn Fn(u32) -> Option<&'n [u8]>,
    options: &Options,
    style: Style,
) -> String {
    let called = |share: &Share| match share.uid {
        None => "(not known)".to_owned(),
        Some(uid) => name(uid).map_or_else(|| uid.to_string(), path),
    };
    let by_apparent = options.apparent || view.tree.quantity() == Quantity::Apparent;
    let weight = |share: &Share| pick(share, by_apparent).lo;
    let mut shares: Vec<&Share> = owners.shares.iter().collect();
    // The shares come by user id, which decides between equals.
    match options.sort {
        Sort::Disk => shares.sort_by_key(|s| Reverse(weight(s))),
        Sort::Apparent => shares.sort_by_key(|s| Reverse(s.apparent.lo)),
        Sort::Count => shares.sort_by_key(|s| Reverse(s.files)),
        Sort::Mtime => shares.sort_by_key(|s| Reverse(s.newest)),
        Sort::Name => shares.sort_by_cached_key(|s| called(s)),
    }
    let rows = options.top.unwrap_or(options.rows);
    let more = shares.len().saturating_sub(rows);
    shares.truncate(rows);
    let whole = shares.iter().map(|s| weight(s)).max().unwrap_or(0);
    let head = ["disk", "apparent", "files", "dirs", "newest", "user", ""];
    let mut cells = vec![head.map(str::to_owned).to_vec()];
    for share in shares {
        let bar = bar(weight(share), whole, 12);
        cells.push(vec![
            size(share.disk),
            size(share.apparent),
            count(share.files),
            count(share.dirs),
            age(share.newest, view.now),
            called(share),
            if style.terminal { bar } else { String::new() },
        ]);
    }
    let mut columns = vec![Column::Figure; 5];
    columns.extend([Column::Path, Column::Word]);
    let mut figures = table(&columns, &cells, style);
    if let Some(first) = figures.first_mut() {
        *first = style.quiet(first);
    }
    let mut lines = header(view, options, style);
    lines.extend(figures);
    if more > 0 {
        let more = count(more as u64);
        lines.push(style.quiet(&format!("  … {more} more (--rows all shows them)")));
    }
    lines.extend(meanwhile(owners).map(|text| style.doubt(&text)));
    lines.extend(doubts(view, options.verbose, style));
    lines.join("\n") + "\n"
}

fn pick(share: &Share, apparent: bool) -> Interval {
    if apparent { share.apparent } else { share.disk }
}

/// What happened between the walk and the look at the owners.
fn meanwhile(owners: &Owners) -> Option<String> {
    let told = [
        (owners.changed, "changed since the walk"),
        (owners.gone, "gone since"),
        (owners.refused, "not to be asked"),
    ];
    let parts = told.iter().filter(|(n, _)| *n > 0);
    let parts: Vec<String> = parts
        .map(|(n, what)| format!("{} {what}", several(*n, "entry", "entries")))
        .collect();
    (!parts.is_empty()).then(|| format!("? {}: the bytes are those of the walk", parts.join(", ")))
}
