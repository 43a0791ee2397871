//! What people read: the answer first, then the evidence, then what to do next.
//!
//! Width and colour are arguments. Names are escaped, figures right-aligned with one decimal and
//! IEC units, paths last and shortened in the middle. Colour never carries a meaning alone.
//!
//! This is the one door to `comfy-table` and `anstyle`.

pub mod audit;
pub mod check;
pub mod evidence;
pub mod plan;
pub mod reconcile;
pub mod scan;
pub mod story;
pub mod sure;
pub mod why;

use anstyle::{AnsiColor, Style as Ansi};
use comfy_table::{CellAlignment, ContentArrangement, Table as Grid};

use super::escape::{escape, shorten, width};
use crate::bytes::{Bytes, Interval};
use crate::time::Timestamp;
use crate::tree::{NodeId, Tree};

/// How the text is going to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns of the terminal, or of the page that a pipe fills.
    pub width: usize,
    /// Whether colour may be used.
    pub colour: bool,
    /// Whether a terminal shows it: paths are cut to the width and sizes get bars only there, as
    /// a log or a script wants the paths whole.
    pub terminal: bool,
}

impl Style {
    /// A heading or the answer itself.
    #[must_use]
    pub fn strong(self, text: &str) -> String {
        self.paint(text, Ansi::new().bold())
    }

    /// Something that is wrong.
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.paint(text, AnsiColor::Red.on_default())
    }

    /// Something worth a look.
    #[must_use]
    pub fn doubt(self, text: &str) -> String {
        self.paint(text, AnsiColor::Yellow.on_default())
    }

    /// Something that can be overlooked.
    #[must_use]
    pub fn quiet(self, text: &str) -> String {
        self.paint(text, Ansi::new().dimmed())
    }

    fn paint(self, text: &str, with: Ansi) -> String {
        if self.colour && !text.is_empty() {
            format!("{with}{text}{with:#}")
        } else {
            text.to_owned()
        }
    }
}

/// How a column is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Figures: right-aligned, never cut.
    Figure,
    /// Words: left-aligned, never cut.
    Word,
    /// The one column that takes what is left of the width, cut in the middle.
    Path,
}

const GAP: usize = 2;

/// Lines of aligned columns; nothing wraps.
#[must_use]
pub fn table(columns: &[Column], rows: &[Vec<String>], style: Style) -> Vec<String> {
    lay_out(columns, rows, 0, style)
}

/// The same, set in below a heading.
#[must_use]
pub fn table_below(columns: &[Column], rows: &[Vec<String>], style: Style) -> Vec<String> {
    let lines = lay_out(columns, rows, GAP, style);
    lines
        .into_iter()
        .map(|line| format!("{:GAP$}{line}", ""))
        .collect()
}

fn lay_out(columns: &[Column], rows: &[Vec<String>], indent: usize, style: Style) -> Vec<String> {
    let widest = |at: usize| rows.iter().map(|row| width(&row[at])).max().unwrap_or(0);
    let fixed: usize = (0..columns.len())
        .filter(|&at| columns[at] != Column::Path)
        // A column in which nothing stands takes a place all the same.
        .map(|at| widest(at).max(1) + GAP)
        .sum();
    let room = if style.terminal {
        style.width.saturating_sub(fixed + indent).max(12)
    } else {
        usize::MAX
    };
    let mut grid = Grid::new();
    grid.load_style(comfy_table::presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    for row in rows {
        let cut = |(cell, column): (&String, &Column)| match column {
            Column::Path => shorten(cell, room),
            _ => cell.clone(),
        };
        grid.add_row(row.iter().zip(columns).map(cut).collect::<Vec<_>>());
    }
    for (at, column) in columns.iter().enumerate() {
        if let Some(set) = grid.column_mut(at) {
            set.set_padding((0, u16::try_from(GAP).unwrap_or(2)));
            if *column == Column::Figure {
                set.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    grid.lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// A sentence in lines that fit the width, each with `indent` before it, and two blanks more from
/// the second on. Broken at blanks only: what has none, and what is [`solid`], stays whole.
#[must_use]
pub fn fold(text: &str, indent: usize, style: Style) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = " ".repeat(indent);
    let mut is_empty = true;
    for word in text.split(' ') {
        let word = word.replace(SOLID, " ");
        if !is_empty && width(&line) + 1 + width(&word) > style.width {
            lines.push(line);
            line = " ".repeat(indent + GAP);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line += &word;
        is_empty = false;
    }
    lines.push(line);
    lines
}

/// Stands for a blank that no line is broken at. No shown text holds it: it is escaped.
const SOLID: char = '\0';

/// The same text, which [`fold`] does not break.
#[must_use]
pub fn solid(text: &str) -> String {
    text.replace(' ', "\0")
}

/// A command below what introduces it, on the same line where that fits, so that it can be pasted.
#[must_use]
pub fn command(words: &str, command: &str, indent: usize, style: Style) -> Vec<String> {
    let line = format!("{:indent$}{words} {command}", "");
    if width(&line) <= style.width {
        return vec![line];
    }
    let below = indent + GAP;
    vec![
        format!("{:indent$}{words}", ""),
        format!("{:below$}{command}", ""),
    ]
}

/// A path as it is shown.
#[must_use]
pub fn path(bytes: &[u8]) -> String {
    escape(bytes)
}

/// The path of a node, with a slash behind a directory.
#[must_use]
pub fn place(tree: &Tree, node: NodeId) -> String {
    let mut text = path(&tree.path(node));
    if tree.is_dir(node) && !text.ends_with('/') {
        text.push('/');
    }
    text
}

/// A size, with what is not certain about it: `9.1 GiB`, `≥ 9.1 GiB`, `12.0…12.1 GiB`, `?`.
#[must_use]
pub fn size(size: Interval) -> String {
    size.to_string()
}

/// A count with thousands set apart: `412,331`; from ten million on `12.3 M`.
#[must_use]
pub fn count(n: u64) -> String {
    if n >= 10_000_000 {
        return format!("{}.{} M", n / 1_000_000, n / 100_000 % 10);
    }
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How old something is: `3 min`, `11 mo`; a dash where it is not known.
#[must_use]
pub fn age(time: Option<Timestamp>, now: Timestamp) -> String {
    time.map_or_else(|| "-".to_owned(), |t| t.age(now).to_string())
}

/// A bar of `part` of `whole`, at most `columns` wide, in eighths of a character.
#[must_use]
pub fn bar(part: u64, whole: u64, columns: usize) -> String {
    if whole == 0 {
        return String::new();
    }
    let eighths = u128::from(part.min(whole)) * (columns as u128 * 8) / u128::from(whole);
    let eighths = usize::try_from(eighths).unwrap_or(0);
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    format!("{}{}", "█".repeat(eighths / 8), PARTS[eighths % 8])
}

/// A rate: `+4.1 GiB/day`.
#[must_use]
pub fn per_day(bytes: u64) -> String {
    format!("+{}/day", Bytes(bytes))
}

/// The plural of an English word by count: `1 file`, `2 files`.
#[must_use]
pub fn several(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(412_331), "412,331");
        assert_eq!(count(1_000_000), "1,000,000");
        assert_eq!(count(12_345_678), "12.3 M");
        assert_eq!(bar(1, 2, 10), "█████");
        assert_eq!(bar(1, 0, 10), "");
        assert_eq!(bar(1, 80, 10), "▏");
        assert_eq!(several(1, "file", "files"), "1 file");
    }

    #[test]
    fn sentences_fold_at_blanks_and_commands_do_not() {
        let style = Style {
            width: 20,
            colour: false,
            terminal: false,
        };
        let long = format!("In doubt: {}: it is shared", solid("/a b/c d/e f/g h/i j"));
        let folded = [
            "  In doubt:",
            "    /a b/c d/e f/g h/i j:",
            "    it is shared",
        ];
        assert_eq!(fold(&long, 2, style), folded);
        assert_eq!(fold("", 0, style), [""]);
        assert_eq!(command("Do:", "rm -r x", 2, style), ["  Do: rm -r x"]);
        let below = ["  Do:", "    rm -r xxxxxxxxxxxxxxxx"];
        assert_eq!(command("Do:", "rm -r xxxxxxxxxxxxxxxx", 2, style), below);
    }

    #[test]
    fn columns_align_and_paths_give_way() {
        let style = Style {
            width: 20,
            colour: false,
            terminal: true,
        };
        let rows = [
            vec!["disk".to_owned(), "path".to_owned()],
            vec!["9.1 GiB".to_owned(), "a-very-long-name-indeed".to_owned()],
        ];
        assert_eq!(
            table(&[Column::Figure, Column::Path], &rows, style),
            ["   disk  path", "9.1 GiB  a-very…ndeed"]
        );
    }
}
