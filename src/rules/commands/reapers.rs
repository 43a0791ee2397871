//! Programs whose whole work is to clean: tmpreaper, tmpwatch, savelog, truncate.
//!
//! After tmpreaper(8) 1.6 and tmpwatch(8) 2.11: a bare time is in hours, and what counts is the
//! last access unless said otherwise. That tmpreaper gives up after 55 seconds is not modelled.

use std::ops::Range;

use super::{Deletion, Walker};
use crate::rules::expand::Arg;
use crate::rules::glob::{Flags, Pattern};
use crate::rules::model::{
    AgeTest, Atom, Expr, Fidelity, Root, Rotation, Stamp, Sweep, Test, Tri, Types, Wants,
};
use crate::rules::paths;
use crate::rules::phrase::Fate;
use crate::rules::shell::Simple;

/// What a reaper was told.
#[derive(Default)]
struct Told {
    stamps: Vec<Stamp>,
    /// Whether symbolic links go too, and whatever else there is.
    links: bool,
    all: bool,
    only_shows: bool,
    /// Patterns of what stays, as written.
    spared: Vec<Vec<u8>>,
}

impl Walker<'_> {
    pub(super) fn tmpreaper(&mut self, args: &[Arg], simple: &Simple, span: Range<usize>) {
        let mut told = Told::default();
        let mut operands = Vec::new();
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            let text = arg.text();
            let (name, value) = match text.iter().position(|&b| b == b'=') {
                Some(at) if text.starts_with(b"--") => {
                    (text[..at].to_vec(), Some(text[at + 1..].to_vec()))
                }
                _ => (text.clone(), None),
            };
            match name.as_slice() {
                b"--mtime" | b"-m" => told.stamps.push(Stamp::Modified),
                b"--ctime" | b"-c" => told.stamps.extend([Stamp::Accessed, Stamp::Changed]),
                b"--symlinks" | b"-s" => told.links = true,
                b"--all" | b"-a" => (told.links, told.all) = (true, true),
                b"--test" | b"-t" => told.only_shows = true,
                b"--protect" | b"-p" => {
                    told.spared
                        .extend(value.or_else(|| rest.next().map(Arg::text)));
                }
                b"--runtime" | b"-T" | b"--delay" if value.is_none() && name != b"--delay" => {
                    rest.next();
                }
                _ if text.starts_with(b"-") && text.len() > 1 => {}
                _ => operands.push(arg),
            }
        }
        self.reap(&told, &operands, simple, span);
    }

    pub(super) fn tmpwatch(&mut self, args: &[Arg], simple: &Simple, span: Range<usize>) {
        let mut told = Told::default();
        let mut operands = Vec::new();
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            let text = arg.text();
            match text.as_slice() {
                b"--atime" => told.stamps.push(Stamp::Accessed),
                b"--mtime" => told.stamps.push(Stamp::Modified),
                b"--ctime" => told.stamps.push(Stamp::Changed),
                b"--all" => told.all = true,
                b"--test" => told.only_shows = true,
                b"-x" | b"--exclude" | b"-X" | b"--exclude-pattern" | b"-U" | b"--exclude-user" => {
                    let value = rest.next().map(Arg::text);
                    told.spared.extend(value.filter(|_| !text.ends_with(b"U")));
                }
                [b'-', letters @ ..] if !letters.is_empty() && letters[0] != b'-' => {
                    for letter in letters {
                        match letter {
                            b'u' => told.stamps.push(Stamp::Accessed),
                            b'm' => told.stamps.push(Stamp::Modified),
                            b'c' => told.stamps.push(Stamp::Changed),
                            b'a' => told.all = true,
                            b't' => told.only_shows = true,
                            _ => {}
                        }
                    }
                }
                _ if text.starts_with(b"--") => {}
                _ => operands.push(arg),
            }
        }
        told.links |= told.all;
        self.reap(&told, &operands, simple, span);
    }

    fn reap(&mut self, told: &Told, operands: &[&Arg], simple: &Simple, span: Range<usize>) {
        let Some((time, folders)) = operands.split_first().filter(|(_, rest)| !rest.is_empty())
        else {
            return;
        };
        if told.only_shows {
            return;
        }
        let seconds = hours(&time.text()).filter(|_| time.is_known());
        let roots: Vec<Root> = folders
            .iter()
            .map(|folder| paths::root(folder, self.cwd.as_deref()))
            .collect();
        let unknown = folders.iter().find_map(|folder| folder.hole());
        let fidelity = match (unknown, seconds) {
            (Some(hole), _) if roots.iter().all(paths::is_unresolved) => {
                Fidelity::Opaque(format!("the value of `{}` is not known", hole.text))
            }
            (Some(hole), _) => {
                Fidelity::Approx(format!("the value of `{}` is not known", hole.text))
            }
            (None, None) => Fidelity::Approx(format!(
                "the time `{}`",
                String::from_utf8_lossy(&time.text())
            )),
            (None, Some(_)) => Fidelity::Exact,
        };
        let expr = told.condition(seconds, time.word, &roots);
        self.emit(Deletion {
            span,
            words: &simple.words,
            sweeps: vec![Sweep {
                min_depth: 1,
                max_depth: u32::MAX,
                one_fs: true,
                expr,
                ..paths::operand_sweep(roots, Fate::Files, None)
            }],
            broken: None,
            flawed: None,
            dangerous: None,
            in_name: None,
            fidelity,
            rotation: None,
        });
    }

    /// `savelog [-c N] FILE…`: numbered from 0, the newest not packed.
    pub(super) fn savelog(&mut self, args: &[Arg], span: Range<usize>) {
        let mut keep = 7;
        let mut packed = Some(b".gz".to_vec());
        let mut dated = false;
        let mut operands = Vec::new();
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            let text = arg.text();
            match text.as_slice() {
                b"-c" => {
                    let count = rest.next().map(Arg::text).unwrap_or_default();
                    let count = std::str::from_utf8(&count)
                        .ok()
                        .and_then(|c| c.parse().ok());
                    keep = count.unwrap_or(keep);
                }
                b"-m" | b"-u" | b"-g" | b"-r" | b"-D" => {
                    rest.next();
                }
                [b'-', letters @ ..] if !letters.is_empty() => {
                    dated |= letters.contains(&b'd');
                    for letter in letters {
                        match letter {
                            b'l' => packed = None,
                            b'j' => packed = Some(b".bz2".to_vec()),
                            b'J' => packed = Some(b".xz".to_vec()),
                            _ => {}
                        }
                    }
                }
                _ => operands.push(arg),
            }
        }
        let roots: Vec<Root> = operands
            .iter()
            .map(|arg| paths::root(arg, self.cwd.as_deref()))
            .collect();
        if roots.is_empty() || dated || roots.iter().any(paths::is_unresolved) {
            let why = if dated {
                "savelog with dates is not read"
            } else {
                "which file savelog rotates is not known"
            };
            return self.opaque(span, why.to_owned());
        }
        self.emit(Deletion {
            span,
            words: &[],
            sweeps: vec![paths::operand_sweep(roots, Fate::Files, None)],
            broken: None,
            flawed: None,
            dangerous: None,
            in_name: None,
            fidelity: Fidelity::Exact,
            rotation: Some(Rotation {
                wants: Wants::default(),
                keep,
                start: 0,
                max_age: None,
                date_format: None,
                extension: None,
                packed,
                delays: true,
                old_folder: None,
                rotates_empty: false,
                missing_ok: true,
                seen: Vec::new(),
            }),
        });
    }

    /// `truncate -s 0 FILE…` leaves nothing in it.
    pub(super) fn truncated_by_size(&mut self, args: &[Arg], simple: &Simple, span: Range<usize>) {
        let texts: Vec<Vec<u8>> = args.iter().map(Arg::text).collect();
        let empties = texts
            .windows(2)
            .any(|pair| matches!(pair[0].as_slice(), b"-s" | b"--size") && pair[1] == b"0")
            || texts
                .iter()
                .any(|t| matches!(t.as_slice(), b"-s0" | b"--size=0"));
        if !empties {
            return;
        }
        let is_value = |at: usize| at > 0 && matches!(texts[at - 1].as_slice(), b"-s" | b"--size");
        let files = (0..args.len()).filter(|&at| !texts[at].starts_with(b"-") && !is_value(at));
        let files: Vec<&Arg> = files.map(|at| &args[at]).collect();
        self.empties(&files, simple, span);
    }

    /// `cp /dev/null FILE`.
    pub(super) fn copied_nothing(&mut self, args: &[Arg], simple: &Simple, span: Range<usize>) {
        if let [.., from, to] = args
            && from.text() == b"/dev/null"
        {
            self.empties(&[to], simple, span);
        }
    }

    /// `> FILE`, `: > FILE`, `cat /dev/null > FILE`.
    pub(super) fn emptied(&mut self, args: &[Arg], simple: &Simple) {
        let texts: Vec<Vec<u8>> = args.iter().map(Arg::text).collect();
        let words: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
        let writes_nothing = matches!(
            words.as_slice(),
            [] | [b":" | b"true"] | [b"cat" | b"/bin/cat", b"/dev/null"]
        );
        if !writes_nothing || simple.truncates.is_empty() {
            return;
        }
        let files = self.scope.args(&simple.truncates);
        let files: Vec<Arg> = files
            .into_iter()
            .map(|arg| Arg { word: None, ..arg })
            .collect();
        // What a script empties to begin with is most often its own.
        let logs: Vec<&Arg> = files
            .iter()
            .filter(|arg| {
                arg.is_known() && arg.text().starts_with(b"/") && !arg.text().starts_with(b"/dev/")
            })
            .collect();
        if !logs.is_empty() {
            self.empties(&logs, simple, simple.span.clone());
        }
    }

    fn empties(&mut self, files: &[&Arg], simple: &Simple, span: Range<usize>) {
        let roots: Vec<Root> = files
            .iter()
            .map(|arg| paths::root(arg, self.cwd.as_deref()))
            .collect();
        if roots.is_empty() {
            return;
        }
        let fidelity = match roots.iter().any(paths::is_unresolved) {
            true => Fidelity::Opaque("which file it empties is not known".to_owned()),
            false => Fidelity::Exact,
        };
        // An empty file has nothing left to take.
        let not_empty = Expr::Test(Test {
            atom: Atom::Empty,
            word: None,
        })
        .negated();
        let sweep = paths::operand_sweep(roots, Fate::Files, None);
        self.emit(Deletion {
            span,
            words: &simple.words,
            sweeps: vec![Sweep {
                expr: Expr::all([sweep.expr.clone(), not_empty]),
                ..sweep
            }],
            broken: None,
            flawed: None,
            dangerous: None,
            in_name: None,
            fidelity,
            rotation: None,
        });
    }
}

impl Told {
    fn condition(&self, seconds: Option<u64>, word: Option<usize>, roots: &[Root]) -> Expr {
        let types = Types {
            file: true,
            dir: true,
            symlink: self.links,
            other: self.all,
        };
        let stamps = match self.stamps.as_slice() {
            [] => vec![Stamp::Accessed],
            stamps => stamps.to_vec(),
        };
        let old = stamps.into_iter().map(|stamp| {
            let at_least = seconds.and_then(|s| i64::try_from(s).ok());
            Expr::Test(Test {
                atom: Atom::Age(AgeTest {
                    stamp: if at_least.is_some() {
                        stamp
                    } else {
                        Stamp::Other
                    },
                    at_least: at_least.unwrap_or(i64::MIN),
                    below: i64::MAX,
                    from_day_end: false,
                }),
                word,
            })
        });
        let flags = Flags {
            brace: true,
            ..Flags::SHELL
        };
        let spared = self.spared.iter().flat_map(|pattern| {
            let absolute = roots.iter().filter_map(Root::literal).map(move |root| {
                match pattern.starts_with(b"/") {
                    true => pattern.clone(),
                    false => [&root[..], b"/", pattern].concat(),
                }
            });
            absolute.map(|pattern| {
                Expr::Test(Test {
                    atom: Atom::Path(Pattern::new(&pattern, flags)),
                    word: None,
                })
                .negated()
            })
        });
        let known = Expr::Const(if seconds.is_some() {
            Tri::True
        } else {
            Tri::Unknown
        });
        let kind = Expr::Test(Test {
            atom: Atom::Type(types),
            word: None,
        });
        Expr::all([kind, known].into_iter().chain(old).chain(spared))
    }
}

/// `24` and `24h` are hours, `7d` days, `30m` minutes, `10s` seconds.
fn hours(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text[..end].parse().ok()?;
    let unit = match &text[end..] {
        "" | "h" => 3600,
        "d" => 86_400,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    number.checked_mul(unit)
}
