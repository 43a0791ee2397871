//! `df` against the tree, as a table that sums to the byte.

use crate::bytes::{Bytes, Interval};
use crate::reconcile::{Held, Part, Reconciliation, Rest};

use crate::report::escape::shorten;

use super::{Column, Style, count, path, several, size, table_below};

/// How many of the deleted files are shown.
const FILES: usize = 5;
/// How many columns of a terminal may tell who holds one.
const HOLDER: usize = 36;

/// Writes the identity below the table of a scan.
#[must_use]
pub fn reconciliation(sums: &Reconciliation, style: Style) -> String {
    let unseen = &sums.unseen;
    let used = size(Interval::exactly(unseen.used));
    let answer = format!(
        "df says {used} used in {}: {}",
        path(&unseen.mount),
        sums.verdict()
    );
    let mut rows = vec![["bytes", "size", ""].map(str::to_owned).to_vec()];
    rows.push(line(sums.tree, "in the tree"));
    if unseen.foreign.is_none() {
        for (part, name) in parts(sums) {
            rows.push(line(part.bytes, &name));
        }
        let rest = sums.remainder();
        let rounded = signed(rest, |n| Bytes(n).to_string());
        rows.push(vec![signed(rest, exact), rounded, left(sums)]);
    }
    rows.push(line(Interval::exactly(unseen.used), "used"));
    let mut lines = vec![style.strong(&answer)];
    lines.extend(headed(
        &[Column::Figure, Column::Figure, Column::Path],
        &rows,
        style,
    ));
    lines.extend(files(sums, style));
    if unseen.foreign.is_none() {
        lines.extend(doubts(sums, style));
    }
    lines.join("\n") + "\n"
}

/// A table below its heading.
fn headed(columns: &[Column], rows: &[Vec<String>], style: Style) -> Vec<String> {
    let mut lines = table_below(columns, rows, style);
    if let Some(first) = lines.first_mut() {
        *first = style.quiet(first);
    }
    lines
}

/// The lines between the tree and the rest.
fn parts(sums: &Reconciliation) -> [(&Part, String); 4] {
    let unseen = &sums.unseen;
    let deleted = match unseen.deleted_files {
        0 => "deleted but open".to_owned(),
        n => format!("deleted but open, {}", several(n, "file", "files")),
    };
    let hidden = match unseen.mounts_on_top {
        0 => "hidden under mounts".to_owned(),
        n => format!("hidden under {}", several(n, "mount", "mounts")),
    };
    [
        (&unseen.deleted_open, deleted),
        (&unseen.kernel, "deleted, held by the kernel".to_owned()),
        (&unseen.hidden, hidden),
        (&unseen.metadata, "metadata".to_owned()),
    ]
}

/// Why the figures above are not certain, once each.
fn doubts(sums: &Reconciliation, style: Style) -> Vec<String> {
    let parts = parts(sums).into_iter();
    let doubted =
        parts.filter_map(|(part, name)| Some(format!("? {name}: {}", part.doubt.as_ref()?)));
    let mut lines: Vec<String> = doubted.collect();
    let changed = sums.changed();
    if changed != 0 {
        let plus = if changed > 0 { "+" } else { "" };
        let bytes = signed(changed, |n| Bytes(n).to_string());
        lines.push(format!("? {plus}{bytes} changed while looking"));
    }
    lines.into_iter().map(|line| style.doubt(&line)).collect()
}

fn line(bytes: Interval, name: &str) -> Vec<String> {
    let all = match bytes {
        Interval { lo: 0, hi: None } => "unknown".to_owned(),
        Interval { lo, hi: None } => format!("≥ {}", exact(lo)),
        Interval { lo, .. } => exact(lo),
    };
    vec![all, size(bytes), name.to_owned()]
}

/// Every digit, with thousands set apart.
fn exact(bytes: u64) -> String {
    let digits = bytes.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<_> = groups.map(String::from_utf8_lossy).collect();
    groups.join(",")
}

fn signed(bytes: i128, show: impl Fn(u64) -> String) -> String {
    let minus = if bytes < 0 { "-" } else { "" };
    let shown = show(u64::try_from(bytes.unsigned_abs()).unwrap_or(u64::MAX));
    format!("{minus}{shown}")
}

/// What is left over, with the bounds that the doubts above leave to it.
fn left(sums: &Reconciliation) -> String {
    let Rest { lo, hi } = sums.unexplained();
    if lo == hi {
        return "unexplained".to_owned();
    }
    let shown = |n: i128| signed(n, |n| Bytes(n).to_string());
    format!("unexplained ({} to {})", shown(lo), shown(hi))
}

/// The largest deleted files and who holds them, so that somebody can restart it.
fn files(sums: &Reconciliation, style: Style) -> Vec<String> {
    let unseen = &sums.unseen;
    if unseen.largest.is_empty() {
        return Vec::new();
    }
    let mut rows = vec![
        ["disk", "held by", "deleted file"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for held in unseen.largest.iter().take(FILES) {
        let disk = size(Interval::exactly(held.disk));
        let mut holder = holder(held);
        if style.terminal {
            holder = shorten(&holder, HOLDER);
        }
        rows.push(vec![disk, holder, path(&held.path)]);
    }
    let columns = [Column::Figure, Column::Word, Column::Path];
    let mut lines = headed(&columns, &rows, style);
    let shown = rows.len() as u64 - 1;
    if unseen.deleted_files > shown {
        let more = count(unseen.deleted_files - shown);
        lines.push(style.quiet(&format!("  … {more} more")));
    }
    lines
}

/// `nginx (812), nginx.service`
fn holder(held: &Held) -> String {
    let mut text = format!("{} ({})", path(&held.command), held.pid);
    if held.holders > 1 {
        text += &format!(" and {} more", count(u64::from(held.holders) - 1));
    }
    if let Some(unit) = &held.unit {
        text += &format!(", {}", path(unit));
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::reconcile::Unseen;

    use super::*;

    const PLAIN: Style = Style {
        width: 80,
        colour: false,
        terminal: true,
    };

    fn sums() -> Reconciliation {
        let held = |n: u32| Held {
            path: format!("/var/log/nginx/{n}\u{1b}.log").into_bytes(),
            disk: 1 << 29,
            pid: 812 + n,
            command: b"nginx".to_vec(),
            unit: (n == 0).then(|| b"nginx.service".to_vec()),
            holders: n + 1,
        };
        let unseen = Unseen {
            mount: b"/".to_vec(),
            used_before: 16_213_233_664,
            used: 16_213_237_760,
            deleted_open: Part::at_least(6 << 29, "2 processes could not be looked into"),
            deleted_files: 6,
            largest: (0..6).map(held).collect(),
            closed_processes: 2,
            kernel: Part::exactly(0),
            hidden: Part::unknown("only root may look under mounts"),
            mounts_on_top: 1,
            metadata: Part::exactly(4096),
            foreign: None,
        };
        Reconciliation::of(Interval::exactly(12_990_000_000), unseen)
    }

    #[test]
    fn the_table_sums_and_names_who_holds() {
        let shown = reconciliation(&sums(), PLAIN);
        insta::assert_snapshot!(shown, @r"
        df says 15.1 GiB used in /: explained ≥ 99 %
                    bytes       size
           12,990,000,000   12.1 GiB  in the tree
          ≥ 3,221,225,472  ≥ 3.0 GiB  deleted but open, 6 files
                        0        0 B  deleted, held by the kernel
                  unknown          ?  hidden under 1 mount
                    4,096    4.0 KiB  metadata
                2,008,192    1.9 MiB  unexplained (-4.0 KiB to 1.9 MiB)
           16,213,237,760   15.1 GiB  used
               disk  held by                     deleted file
          512.0 MiB  nginx (812), nginx.service  /var/log/nginx/0\x1b.log
          512.0 MiB  nginx (813) and 1 more      /var/log/nginx/1\x1b.log
          512.0 MiB  nginx (814) and 2 more      /var/log/nginx/2\x1b.log
          512.0 MiB  nginx (815) and 3 more      /var/log/nginx/3\x1b.log
          512.0 MiB  nginx (816) and 4 more      /var/log/nginx/4\x1b.log
          … 1 more
        ? deleted but open, 6 files: 2 processes could not be looked into
        ? hidden under 1 mount: only root may look under mounts
        ? +4.0 KiB changed while looking
        ");
        assert!(
            shown
                .lines()
                .all(|line| crate::report::escape::width(line) <= 80)
        );
    }

    #[test]
    fn another_machines_figures_are_not_compared() {
        let mut sums = sums();
        sums.unseen.foreign = Some("nfs4 is kept elsewhere".to_owned());
        sums.unseen.largest.clear();
        insta::assert_snapshot!(reconciliation(&sums, PLAIN), @r"
        df says 15.1 GiB used in /: unknown (nfs4 is kept elsewhere)
                   bytes      size
          12,990,000,000  12.1 GiB  in the tree
          16,213,237,760  15.1 GiB  used
        ");
    }

    #[test]
    fn every_digit_is_shown() {
        for (bytes, shown) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(exact(bytes), shown);
        }
        assert_eq!(signed(-1500, exact), "-1,500");
    }
}
