//! tmpfiles.d: which directories are cleaned by age, and what is spared.
//!
//! After tmpfiles.d(5) and the behaviour of systemd-tmpfiles 252, which the tests run: a file in
//! `/etc` replaces one of the same name in `/usr/lib`, the first of two lines for one path counts,
//! and *any* line that names a path keeps the others' cleaning away from it. Ages are of the
//! newest of several stamps, not of the modification alone. What runs at boot only (`D`, `r`,
//! `R`, `!`) bounds nothing.
//!
//! Limits: `%b`, `%m`, `%v` and `%H` are not known and may be anything; escapes, which versions
//! read differently, likewise; users' own instances are not read.

mod line;

use std::collections::{BTreeMap, BTreeSet};

use crate::entry::{RuleFile, Trouble};
use crate::rules::commands::Outcome;
use crate::rules::glob::{self, Flags, Pattern};
use crate::rules::machine::Machine;
use crate::rules::model::{
    AgeTest, Atom, Expr, Fidelity, Format, Root, RootPath, Rule, Segment, Stamp, Sweep, Test,
    Trace, Tri, Types,
};
use crate::rules::systemd::timer;
use crate::time::{Age, DAY};

use line::{Item, Stamps};

/// Where files stand, the first of a name replacing the others.
const FOLDERS: [&[u8]; 5] = [
    b"/etc/tmpfiles.d",
    b"/run/tmpfiles.d",
    b"/usr/local/lib/tmpfiles.d",
    b"/usr/lib/tmpfiles.d",
    b"/lib/tmpfiles.d",
];

/// The timer that runs the cleaning.
const TIMER: &[u8] = b"systemd-tmpfiles-clean.timer";

/// Reads all tmpfiles.d files among some.
pub(super) fn read(files: &[RuleFile], machine: &mut dyn Machine, outcome: &mut Outcome) {
    let mut by_name: BTreeMap<&[u8], Vec<(usize, &RuleFile)>> = BTreeMap::new();
    for file in files {
        if let Some((rank, name)) = place(&file.path) {
            by_name.entry(name).or_default().push((rank, file));
        }
    }
    if by_name.is_empty() {
        return;
    }
    let mut book = Book::default();
    for ranked in by_name.values_mut() {
        ranked.sort_by_key(|&(rank, _)| rank);
        let (_, first) = ranked[0];
        let from = book.items.len();
        book.add(first, None, &mut outcome.troubles);
        let named: BTreeSet<Vec<u8>> = book.items[from..]
            .iter()
            .map(|item| item.path.clone())
            .collect();
        for (_, file) in &ranked[1..] {
            book.replaced(file, first, &named);
        }
    }
    book.drop_duplicates();
    let runner = Runner {
        fault: timer::fault(TIMER, machine),
        traces: timer::stamp(TIMER, machine).into_iter().collect(),
    };
    book.emit(&runner, outcome);
}

fn place(path: &[u8]) -> Option<(usize, &[u8])> {
    let slash = path.iter().rposition(|&b| b == b'/')?;
    let rank = FOLDERS
        .iter()
        .position(|folder| *folder == &path[..slash])?;
    let name = &path[slash + 1..];
    name.ends_with(b".conf").then_some((rank, name))
}

/// What runs the cleaning.
struct Runner {
    fault: Option<String>,
    traces: Vec<Trace>,
}

/// All lines that count, in the order in which systemd reads them.
#[derive(Default)]
struct Book {
    items: Vec<Item>,
    /// Lines of files that another one replaces, and that clean what that one does not name.
    replaced: Vec<Item>,
}

impl Book {
    fn add(&mut self, file: &RuleFile, disabled: Option<&str>, troubles: &mut Vec<Trouble>) {
        for (number, text) in (1u64..).zip(file.contents.split(|&b| b == b'\n')) {
            let text = text.trim_ascii();
            if text.is_empty() || text.starts_with(b"#") {
                continue;
            }
            match line::read(text) {
                Ok(item) => self.items.push(Item {
                    file: file.path.clone(),
                    line: number,
                    changed: file.mtime,
                    disabled: disabled.map(str::to_owned),
                    ..item
                }),
                Err(message) => troubles.push(Trouble {
                    path: file.path.clone(),
                    line: Some(number),
                    code: "rule-syntax",
                    message,
                }),
            }
        }
    }

    fn replaced(&mut self, file: &RuleFile, by: &RuleFile, named: &BTreeSet<Vec<u8>>) {
        let why = format!("{} takes the place of its file", lossy(&by.path));
        let mut other = Self::default();
        other.add(file, Some(&why), &mut Vec::new());
        let lost = other.items.into_iter();
        self.replaced
            .extend(lost.filter(|item| item.cleans() && !item.boot && !named.contains(&item.path)));
    }

    /// Of two lines that would own the same path the first counts. What is for the boot alone is
    /// not there at any other time.
    fn drop_duplicates(&mut self) {
        let mut owners: BTreeMap<(bool, bool, Vec<u8>), String> = BTreeMap::new();
        for item in &mut self.items {
            if !item.owns() {
                continue;
            }
            let place = format!("{}:{}", lossy(&item.file), item.line);
            let key = |boot: bool| (boot, item.is_glob(), item.path.clone());
            let at_boot = owners.get(&key(true)).filter(|_| item.boot);
            match owners.get(&key(false)).or(at_boot) {
                Some(first) => item.disabled = Some(format!("{first} is for the same path")),
                None => {
                    owners.insert(key(item.boot), place);
                }
            }
        }
    }

    fn emit(&self, runner: &Runner, outcome: &mut Outcome) {
        let live = self.items.iter().filter(|item| item.disabled.is_none());
        let spared: Vec<&Item> = live.filter(|item| !item.boot).collect();
        for item in self.items.iter().chain(&self.replaced) {
            if let Some(rule) = self.rule(item, &spared, runner) {
                outcome.rules.push(rule);
            }
        }
    }

    fn rule(&self, item: &Item, spared: &[&Item], runner: &Runner) -> Option<Rule> {
        let removes = matches!(item.kind, b'r' | b'R');
        let age = match item.kind {
            b'X' => self.inherited(item).or(item.age),
            _ => item.age,
        };
        let at_boot =
            removes || (item.kind == b'D' && age.is_none()) || (item.boot && age.is_some());
        if !(item.cleans() || item.kind == b'X') || (age.is_none() && !at_boot) {
            return None;
        }
        let fidelity = match &item.unsure {
            Some(part) => Fidelity::Approx(part.clone()),
            None => Fidelity::Exact,
        };
        let sweep = self.sweep(item, age, removes, spared);
        let at_boot = at_boot.then(|| "it is run at boot only".to_owned());
        Some(Rule {
            id: String::new(),
            format: Format::Tmpfiles,
            file: item.file.clone(),
            line: item.line,
            via: Vec::new(),
            text: item.text.clone(),
            words: item.words.clone(),
            sweeps: vec![sweep],
            max_gap: at_boot.is_none().then_some(Age(DAY)),
            user: Some(b"root".to_vec()),
            gates: Vec::new(),
            disabled: item.disabled.clone().or_else(|| {
                // What runs at boot needs no timer.
                runner.fault.clone().filter(|_| at_boot.is_none())
            }),
            broken: None,
            flawed: None,
            dangerous: None,
            in_name: at_boot,
            rotation: None,
            traces: runner.traces.clone(),
            fidelity,
            changed: item.changed,
        })
    }

    /// The age of a directory above that is cleaned by one, which counts for more than an age of
    /// the line's own; its choice of stamps is not passed on. Which directory that is, systemd
    /// (252) finds by going down the lines once: a later one below the last one found takes its
    /// place, on the way to this path or not.
    fn inherited(&self, item: &Item) -> Option<line::MaxAge> {
        let is_below = |path: &[u8], above: &[u8]| {
            path.strip_prefix(above)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        let mut above: Option<&Item> = None;
        let cleaned = self.items.iter().filter(|other| {
            b"dDvqQ".contains(&other.kind) && !other.boot && other.disabled.is_none()
        });
        for other in cleaned {
            if other.path == item.path {
                above = Some(other);
                break;
            }
            let (path, start) = match above {
                Some(found) => (&other.path, &found.path),
                None => (&item.path, &other.path),
            };
            if is_below(path, start) {
                above = Some(other);
            }
        }
        let age = above?.age?;
        let own = item.age.unwrap_or(line::MaxAge {
            files: Stamps::FILES,
            dirs: Stamps::DIRS,
            keep_first: false,
            ..age
        });
        Some(line::MaxAge {
            seconds: age.seconds,
            ..own
        })
    }

    fn sweep(
        &self,
        item: &Item,
        age: Option<line::MaxAge>,
        removes: bool,
        spared: &[&Item],
    ) -> Sweep {
        let roots: Vec<Root> = roots(item);
        let keep_first = age.is_some_and(|age| age.keep_first);
        let kept = if removes {
            Expr::FALSE
        } else {
            exclusions(item, spared)
        };
        let mut expr = Expr::all([taken(age), kept.clone().negated()]);
        if keep_first {
            expr = Expr::all([expr, first_level(item).negated()]);
        }
        if item.unsure.is_some() {
            expr = Expr::all([expr, Expr::Const(Tri::Unknown)]);
        }
        Sweep {
            roots,
            min_depth: u32::from(!removes),
            max_depth: if item.kind == b'r' { 0 } else { u32::MAX },
            max_depth_word: None,
            min_depth_word: None,
            one_fs: true,
            follows: false,
            expr,
            prune: (kept != Expr::FALSE).then_some(kept),
            recursive: item.kind == b'R',
            keep_newest: None,
        }
    }
}

/// The patterns that an item's path stands for.
fn alternatives(item: &Item) -> Vec<Vec<u8>> {
    match item.kind {
        // What `x` cleans by an age of its own is the path as it is written.
        b'x' => vec![glob::escape(&item.path)],
        _ if item.is_glob() => glob::expand_braces(&item.path),
        _ => vec![item.path.clone()],
    }
}

/// Where an item's path leads: one root for every alternative of its braces.
fn roots(item: &Item) -> Vec<Root> {
    let flags = Flags {
        brace: false,
        ..Flags::SHELL
    };
    let segments = |path: &[u8]| {
        let parts = path.split(|&b| b == b'/').filter(|part| !part.is_empty());
        parts
            .map(|part| {
                let pattern = Pattern::new(part, flags);
                match pattern.literal() {
                    Some(name) => Segment::Name(name),
                    None => Segment::Glob(pattern),
                }
            })
            .collect()
    };
    alternatives(item)
        .iter()
        .map(|path| Root {
            path: RootPath::Known(segments(path)),
            printed: None,
            slash: false,
            word: Some(1),
        })
        .collect()
}

/// What is taken below a root: files by their stamps, and empty directories by theirs.
fn taken(age: Option<line::MaxAge>) -> Expr {
    let Some(age) = age else {
        return Expr::TRUE;
    };
    let test = |atom| Expr::Test(Test { atom, word: None });
    let old = |stamps: Stamps| {
        // No age at all: everything goes whenever it is cleaned.
        if age.seconds == 0 {
            return Expr::TRUE;
        }
        let tests = stamps.each().into_iter().map(|stamp| {
            test(Atom::Age(AgeTest {
                stamp,
                // A stamp just so old as the age is not older than it.
                at_least: i64::try_from(age.seconds).map_or(i64::MAX, |s| s.saturating_add(1)),
                below: i64::MAX,
                from_day_end: false,
            }))
        });
        // The modification first: it is known, and most often decides.
        Expr::all(tests)
    };
    let kind = |types| test(Atom::Type(types));
    let plain = Types {
        file: true,
        symlink: true,
        ..Types::default()
    };
    let dir = Types {
        dir: true,
        ..Types::default()
    };
    let other = Types {
        other: true,
        ..Types::default()
    };
    Expr::any([
        Expr::all([kind(plain), old(age.files)]),
        Expr::all([kind(dir), test(Atom::Empty), old(age.dirs)]),
        // Sockets in use and devices stay, pipes do not; a tree knows them by one word.
        Expr::all([kind(other), Expr::Const(Tri::Unknown), old(age.files)]),
    ])
}

/// What other lines name below an item's directory, and the cleaning therefore leaves alone.
fn exclusions(item: &Item, spared: &[&Item]) -> Expr {
    let flags = Flags {
        brace: false,
        ..Flags::SHELL
    };
    let beginning = literal_beginning(&item.path);
    let below = spared.iter().filter(|other| {
        let other = literal_beginning(&other.path);
        other.starts_with(beginning) || beginning.starts_with(other)
    });
    let tests = below
        .filter(|other| !(other.file == item.file && other.line == item.line))
        .map(|other| {
            Expr::Test(Test {
                atom: Atom::Path(Pattern::new(&other.path, flags)),
                word: None,
            })
        });
    Expr::any(tests)
}

/// `~` keeps what lies immediately in the directory, and cleans what lies deeper.
fn first_level(item: &Item) -> Expr {
    let flags = Flags {
        period: false,
        ..Flags::SHELL
    };
    Expr::any(alternatives(item).iter().map(|path| {
        let pattern = [&path[..], b"/*"].concat();
        Expr::Test(Test {
            atom: Atom::Path(Pattern::new(&pattern, flags)),
            word: None,
        })
    }))
}

fn literal_beginning(path: &[u8]) -> &[u8] {
    let end = path
        .iter()
        .position(|b| matches!(b, b'*' | b'?' | b'[' | b'{' | b'\\'))
        .unwrap_or(path.len());
    &path[..end]
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Stamps {
    /// The stamps of the set, the modification first.
    fn each(self) -> Vec<Stamp> {
        let all = [
            (self.modified, Stamp::Modified),
            (self.accessed, Stamp::Accessed),
            (self.changed, Stamp::Changed),
            (self.born, Stamp::Born),
        ];
        all.into_iter()
            .filter_map(|(set, stamp)| set.then_some(stamp))
            .collect()
    }
}
