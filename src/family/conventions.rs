//! Conventions of many systems, each with who may remove what it writes. None is looked up by its
//! name: what is asked here is whether the general rules carry that far.

mod backups;
mod data;
mod further;
mod kept;
mod logs;
mod programs;
mod stores;

use super::tests::{Draw, Row, START, grow, text};
use super::{Disposition, Family, find};
use crate::entry::Rooting;
use crate::time::Timestamp;

/// Who may remove the files of a convention.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Whose {
    /// Their job: nearly all are in families of disposition output, no more than so many.
    Output(usize),
    /// A running program.
    Managed,
    /// Nobody: not one is in a family of disposition output.
    Keep,
}

use Whose::{Keep, Managed, Output};

const DAY: i64 = 86_400;
const HOUR: i64 = 3600;
/// All files came at once.
const ONCE: i64 = 0;

/// Files by their paths: `%Y %y %m %d %H %M %S %j %s` is the time of a period, `#5` its number
/// in five digits (`#` in as many as it takes, `~` counted from the newest), `@8` eight
/// hexadecimal digits drawn anew for each file, `&6` six of letters and digits, `!6` of Crockford's, `{a|b}` each
/// in turn; and files that stand beside them.
struct Convention {
    paths: &'static [&'static str],
    beside: &'static [&'static str],
    step: i64,
    periods: i64,
    whose: Whose,
}

const fn every(
    step: i64,
    periods: i64,
    paths: &'static [&'static str],
    beside: &'static [&'static str],
    whose: Whose,
) -> Convention {
    Convention {
        paths,
        beside,
        step,
        periods,
        whose,
    }
}

const CONVENTIONS: [&[Convention]; 7] = [
    logs::ALL,
    backups::ALL,
    data::ALL,
    programs::ALL,
    kept::ALL,
    further::ALL,
    stores::ALL,
];

/// One path of a convention with everything put in.
fn fill(path: &str, at: i64, number: i64, from_newest: i64, draw: &mut Draw) -> String {
    let time = Timestamp(at).to_string();
    let [year, month, ..] = Timestamp(at).civil().unwrap();
    let january = Timestamp::from_civil(year, 1, 1, 0, 0, 0).unwrap();
    let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut out = String::new();
    let mut rest = path.chars().peekable();
    let width = |rest: &mut std::iter::Peekable<std::str::Chars<'_>>| {
        let mut digits = String::new();
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        digits.parse::<usize>().unwrap_or(0)
    };
    while let Some(c) = rest.next() {
        match c {
            '%' => match rest.next().unwrap() {
                'Y' => out += &time[..4],
                'y' => out += &time[2..4],
                'm' => out += &time[5..7],
                'd' => out += &time[8..10],
                'H' => out += &time[11..13],
                'M' => out += &time[14..16],
                'S' => out += &time[17..19],
                'b' => out += names[usize::try_from(month - 1).unwrap()],
                'j' => out += &format!("{:03}", (at - january.0).div_euclid(DAY) + 1),
                'V' => out += &format!("{:02}", (at - 1_704_067_200).div_euclid(7 * DAY) + 1),
                's' => out += &at.to_string(),
                other => panic!("%{other}"),
            },
            '#' => {
                let width = width(&mut rest);
                out += &format!("{number:0width$}");
            }
            '~' => out += &from_newest.to_string(),
            '^' => out.push('@'),
            '@' | '&' | '!' => {
                let letters: &[u8] = match c {
                    '@' => b"0123456789abcdef",
                    '!' => b"0123456789ABCDEFGHJKMNPQRSTVWXYZ",
                    _ => b"0123456789abcdefghijklmnopqrstuvwxyz",
                };
                for _ in 0..width(&mut rest) {
                    out.push(char::from(letters[draw.below(letters.len())]));
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// A path with each of its alternatives in turn.
fn alternatives(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else {
        return vec![path.to_owned()];
    };
    let (choices, after) = rest.split_once('}').unwrap();
    choices
        .split('|')
        .flat_map(|choice| alternatives(&format!("{before}{choice}{after}")))
        .collect()
}

impl Convention {
    /// Its files, and when it is now.
    fn rows(&self) -> (Vec<Row>, i64) {
        let mut draw = Draw(self.periods.unsigned_abs() * 7 + self.paths[0].len() as u64);
        let mut rows = Vec::new();
        let step = if self.step == ONCE { DAY } else { self.step };
        for period in 0..self.periods {
            let at = START + period * step;
            for path in self.paths.iter().flat_map(|path| alternatives(path)) {
                let path = fill(&path, at, period + 1, self.periods - period, &mut draw);
                let size = 4096 + draw.next() % 4_000_000;
                let mtime = if self.step == ONCE {
                    START
                } else {
                    at + step / 2
                };
                rows.push((path.into_bytes(), size, Some(mtime)));
            }
        }
        rows.sort();
        rows.dedup_by(|a, b| a.0 == b.0);
        (
            rows,
            START + self.periods * step + 30 * i64::from(self.step == ONCE) * DAY,
        )
    }
}

fn told(families: &[Family]) -> String {
    let line = |f: &Family| {
        format!(
            "\n    {} {:.2} ×{} {}",
            f.disposition.word(),
            f.confidence,
            f.files,
            text(&f.template)
        )
    };
    families.iter().map(line).collect()
}

#[test]
fn every_convention_is_told_apart_by_general_rules() {
    let mut failures = Vec::new();
    for convention in CONVENTIONS.into_iter().flatten() {
        let (mut rows, now) = convention.rows();
        let members = rows.len() as u64;
        for beside in convention.beside {
            rows.push((beside.as_bytes().to_vec(), 4096, Some(now - DAY)));
        }
        let families = find(&grow(&rows, Rooting::Path, None), Timestamp(now));
        let of = |whose: Disposition| families.iter().filter(move |f| f.disposition == whose);
        let outputs = of(Disposition::Output).count();
        let found: u64 = of(Disposition::Output).map(|f| f.files).sum();
        let managed: u64 = of(Disposition::Managed).map(|f| f.files).sum();
        let right = match convention.whose {
            Output(most) => found * 20 >= members * 19 && found <= members && outputs <= most,
            // Indexes beside their segments are no members.
            Managed => outputs == 0 && managed * 3 >= members,
            Keep => outputs == 0,
        };
        if !right {
            let (path, whose) = (convention.paths[0], convention.whose);
            failures.push(format!(
                "{path} is {whose:?} of {members}{}",
                told(&families)
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{} wrong:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
