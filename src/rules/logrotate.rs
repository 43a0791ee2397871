//! logrotate: which logs are rotated, and what of the copies is ever removed.
//!
//! After logrotate(8) and the behaviour of version 3.21, which the tests run. A block covers the
//! logs that it names and the copies within its own numbering; what looks alike and lies outside
//! it (a number too high, another date format, a copy whose log is gone) is never removed.
//! Where a copy stands is asked of the tree: [`crate::rules::coverage`].
//!
//! Limits: the program's own command line is not followed (state and configuration are looked
//! for where distributions put them); that one file is named by two blocks is seen only where
//! both name it by the same words.

mod config;
mod state;

use std::collections::{BTreeMap, BTreeSet};

use crate::entry::{RuleFile, Trouble};
use crate::rules::commands::{self, Job, Outcome, Source};
use crate::rules::cron::DAY;
use crate::rules::expand::Scope;
use crate::rules::glob::{Flags, Pattern};
use crate::rules::machine::Machine;
use crate::rules::model::{
    Expr, Fidelity, Format, Root, RootPath, Rotation, Rule, Segment, Sweep, Trace, Tri,
};
use crate::rules::systemd::timer;
use crate::time::{Age, Timestamp};

use config::{Block, Reader, Settings};

/// Where it all begins.
const MAIN: &[u8] = b"/etc/logrotate.conf";
/// What that most often includes, read by itself where there is no such file.
const FOLDER: &[u8] = b"/etc/logrotate.d";
const TIMER: &[u8] = b"logrotate.timer";
const CRON: &[u8] = b"/etc/cron.daily/logrotate";

/// Where distributions keep the state.
const STATES: [&[u8]; 3] = [
    b"/var/lib/logrotate/status",
    b"/var/lib/logrotate/logrotate.status",
    b"/var/lib/logrotate.status",
];

/// Files included, one inside another or not.
const MAX_FILES: usize = 10_000;
const MAX_NESTING: usize = 10;

/// Reads logrotate's configuration among some files.
pub(super) fn read(files: &[RuleFile], machine: &mut dyn Machine, outcome: &mut Outcome) {
    let main = files.iter().find(|file| file.path == MAIN);
    let has_parts = files.iter().any(|file| is_part(&file.path));
    if main.is_none() && !has_parts {
        return;
    }
    let mut book = Book {
        read: BTreeSet::new(),
        blocks: Vec::new(),
        settings: Settings::default(),
        taboo: Taboo::default(),
        headless: main.is_none(),
    };
    match main {
        Some(file) => book.file(file, 0, machine, outcome),
        None => book.include(FOLDER, 0, machine, outcome),
    }
    let runner = Runner::ask(machine);
    book.emit(&runner, machine, outcome);
}

fn is_part(path: &[u8]) -> bool {
    path.strip_prefix(FOLDER)
        .is_some_and(|rest| rest.starts_with(b"/") && !rest[1..].contains(&b'/'))
}

/// What runs logrotate, and what it left behind.
struct Runner {
    fault: Option<String>,
    traces: Vec<Trace>,
    seen: BTreeMap<Vec<u8>, Timestamp>,
}

impl Runner {
    fn ask(machine: &mut dyn Machine) -> Self {
        let mut runner = Self {
            fault: None,
            traces: Vec::new(),
            seen: BTreeMap::new(),
        };
        if !machine.is_live() {
            return runner;
        }
        if machine.is_there(CRON) != Tri::True {
            runner.fault = timer::fault(TIMER, machine);
        }
        for path in STATES {
            let Some(file) = machine.load(path) else {
                continue;
            };
            if let Some(when) = file.mtime {
                runner.traces.push(Trace {
                    file: path.to_vec(),
                    when,
                });
            }
            runner.seen = state::read(&file.contents);
            break;
        }
        runner.traces.extend(timer::stamp(TIMER, machine));
        runner
    }
}

/// Names that an include of a folder passes over.
struct Taboo {
    endings: Vec<Vec<u8>>,
    patterns: Vec<Pattern>,
}

impl Default for Taboo {
    fn default() -> Self {
        let endings = [
            ",v",
            ".cfsaved",
            ".disabled",
            ".dpkg-bak",
            ".dpkg-del",
            ".dpkg-dist",
            ".dpkg-new",
            ".dpkg-old",
            ".rhn-cfg-tmp-",
            ".rpmnew",
            ".rpmorig",
            ".rpmsave",
            ".swp",
            ".ucf-dist",
            ".ucf-new",
            ".ucf-old",
            "~",
        ];
        Self {
            endings: endings.iter().map(|e| e.as_bytes().to_vec()).collect(),
            patterns: Vec::new(),
        }
    }
}

impl Taboo {
    fn passes_over(&self, name: &[u8]) -> bool {
        self.endings.iter().any(|ending| name.ends_with(ending))
            || self.patterns.iter().any(|pattern| pattern.matches(name))
    }

    /// `tabooext [+] a,b` and `taboopat [+] a,b`.
    fn set(&mut self, is_pattern: bool, value: &[u8]) {
        let (adds, list) = match value.strip_prefix(b"+") {
            Some(rest) => (true, rest),
            None => (false, value),
        };
        let words = list
            .split(|b| *b == b',' || b.is_ascii_whitespace())
            .filter(|word| !word.is_empty());
        if is_pattern {
            if !adds {
                self.patterns.clear();
            }
            self.patterns
                .extend(words.map(|word| Pattern::new(word, Flags::FIND)));
        } else {
            if !adds {
                self.endings.clear();
            }
            self.endings.extend(words.map(<[u8]>::to_vec));
        }
    }
}

/// All blocks in the order in which logrotate reads them.
struct Book {
    read: BTreeSet<Vec<u8>>,
    blocks: Vec<Block>,
    settings: Settings,
    taboo: Taboo,
    /// Whether the file with the settings for all is missing.
    headless: bool,
}

impl Book {
    fn file(
        &mut self,
        file: &RuleFile,
        depth: usize,
        machine: &mut dyn Machine,
        outcome: &mut Outcome,
    ) {
        if self.read.len() >= MAX_FILES || !self.read.insert(file.path.clone()) {
            return;
        }
        let writable = file.mode.is_some_and(|mode| mode & 0o022 != 0);
        let foreign = file.uid.is_some_and(|uid| uid != 0);
        let fault = if writable {
            Some("logrotate passes over a file that others can write")
        } else if foreign {
            Some("logrotate passes over a file that root does not own")
        } else {
            None
        };
        let mut reader = Reader::new(file, self.settings.clone());
        while let Some(step) = reader.next_step() {
            match step {
                config::Step::Block(mut block) => {
                    block.disabled = fault.map(str::to_owned);
                    self.blocks.push(*block);
                }
                config::Step::Include(path) if depth < MAX_NESTING => {
                    self.settings = reader.settings.clone();
                    self.include(&path, depth + 1, machine, outcome);
                    reader.settings = self.settings.clone();
                }
                config::Step::Include(_) => {}
                config::Step::Taboo { is_pattern, value } => self.taboo.set(is_pattern, &value),
                config::Step::Unknown { line, message } => outcome.troubles.push(Trouble {
                    path: file.path.clone(),
                    line: Some(line),
                    code: "rule-syntax",
                    message,
                }),
            }
        }
        if fault.is_none() {
            self.settings = reader.settings;
        }
    }

    /// A file, or the files of a folder by name.
    fn include(
        &mut self,
        path: &[u8],
        depth: usize,
        machine: &mut dyn Machine,
        outcome: &mut Outcome,
    ) {
        if let Some(file) = machine.load(path) {
            self.file(&file, depth, machine, outcome);
            return;
        }
        for name in machine.list(path) {
            if self.taboo.passes_over(&name) {
                continue;
            }
            let inner = [path, b"/", &name].concat();
            if let Some(file) = machine.load(&inner) {
                self.file(&file, depth, machine, outcome);
            }
        }
    }

    fn emit(&self, runner: &Runner, machine: &mut dyn Machine, outcome: &mut Outcome) {
        let mut claimed: BTreeMap<&[u8], String> = BTreeMap::new();
        for block in &self.blocks {
            let mut rule = self.rule(block, runner);
            for pattern in &block.patterns {
                match claimed.get(pattern.as_slice()) {
                    Some(first) if rule.broken.is_none() => {
                        rule.broken = Some(format!("{first} has the same log already"));
                    }
                    Some(_) => {}
                    None => {
                        claimed.insert(pattern, place(block));
                    }
                }
            }
            outcome.rules.push(rule);
            for (line, text) in &block.scripts {
                let source = Source::new(
                    block.file.clone(),
                    text.as_slice().into(),
                    *line,
                    block.changed,
                );
                let job = Job {
                    format: Format::Logrotate,
                    user: Some(b"root".to_vec()),
                    max_gap: block.settings.period.map(Age).or(Some(Age(DAY))),
                    disabled: block.disabled.clone().or_else(|| runner.fault.clone()),
                    scope: Scope::new(false),
                    cwd: Some(b"/".to_vec()),
                    gates: Vec::new(),
                    traces: runner.traces.clone(),
                    via: Vec::new(),
                };
                commands::run(source, job, machine, outcome);
            }
        }
    }

    fn rule(&self, block: &Block, runner: &Runner) -> Rule {
        let settings = &block.settings;
        let roots: Vec<Root> = block.patterns.iter().map(|p| root(p)).collect();
        let relative = block.patterns.iter().any(|p| !p.starts_with(b"/"));
        let fidelity = if relative {
            Fidelity::Approx("a pattern that is not absolute".to_owned())
        } else if self.headless && !(settings.says_rotate && settings.says_when) {
            Fidelity::Approx("the settings of /etc/logrotate.conf, which was not read".to_owned())
        } else {
            Fidelity::Exact
        };
        let period = settings.period.unwrap_or(DAY).max(DAY);
        Rule {
            id: String::new(),
            format: Format::Logrotate,
            file: block.file.clone(),
            line: block.line,
            via: Vec::new(),
            text: block.header.clone(),
            words: Vec::new(),
            sweeps: vec![Sweep {
                roots,
                min_depth: 0,
                max_depth: 0,
                max_depth_word: None,
                min_depth_word: None,
                one_fs: false,
                follows: false,
                expr: Expr::TRUE,
                prune: None,
                recursive: false,
                keep_newest: None,
            }],
            max_gap: Some(Age(period)),
            user: Some(b"root".to_vec()),
            gates: Vec::new(),
            disabled: block.disabled.clone().or_else(|| runner.fault.clone()),
            broken: block.broken.clone(),
            flawed: None,
            dangerous: None,
            in_name: None,
            traces: runner.traces.clone(),
            fidelity,
            changed: block.changed,
            rotation: Some(rotation(block, runner)),
        }
    }
}

fn place(block: &Block) -> String {
    format!("{}:{}", String::from_utf8_lossy(&block.file), block.line)
}

fn rotation(block: &Block, runner: &Runner) -> Rotation {
    let settings = &block.settings;
    let whole: Vec<Pattern> = block
        .patterns
        .iter()
        .map(|pattern| Pattern::new(pattern, Flags::SHELL))
        .collect();
    let seen = runner
        .seen
        .iter()
        .filter(|(path, _)| whole.iter().any(|pattern| pattern.matches(path)));
    Rotation {
        keep: settings.rotate,
        start: settings.start,
        max_age: settings.max_age.map(|days| Age(days.saturating_mul(DAY))),
        date_format: settings.date_format(),
        extension: settings.extension.clone(),
        packed: settings.compress.then(|| settings.compress_ext.clone()),
        delays: settings.delay_compress,
        old_folder: settings.old_folder.clone(),
        rotates_empty: settings.if_empty,
        missing_ok: settings.missing_ok,
        wants: settings.wants,
        seen: seen.map(|(path, &when)| (path.clone(), when)).collect(),
    }
}

/// A pattern as a root.
fn root(pattern: &[u8]) -> Root {
    let path = if pattern.starts_with(b"/") {
        let parts = pattern.split(|&b| b == b'/').filter(|p| !p.is_empty());
        RootPath::Known(
            parts
                .map(|part| {
                    let pattern = Pattern::new(part, Flags::SHELL);
                    match pattern.literal() {
                        Some(name) => Segment::Name(name),
                        None => Segment::Glob(pattern),
                    }
                })
                .collect(),
        )
    } else {
        RootPath::Unresolved(format!(
            "`{}` is not an absolute path",
            String::from_utf8_lossy(pattern)
        ))
    };
    Root {
        path,
        printed: None,
        slash: false,
        word: None,
    }
}
