//! Walks a parsed script in the order of its text and notes every command that deletes.
//!
//! Nothing is run: variables with constant values are followed, loops over known words are
//! unrolled, conditions become gates, and scripts that are called by path are read through the
//! caller's loader. What deletes and is not understood becomes an opaque rule. The work is
//! bounded: scripts and functions nest eight deep, and one rule file may take
//! [`MAX_STEPS`] commands.

mod calls;
mod engines;
mod listing;
mod loops;
mod named;
mod pipes;
mod reapers;
mod removals;
mod stages;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::entry::{RuleFile, Trouble};
use crate::rules::expand::{Arg, Scope};
use crate::rules::gates;
use crate::rules::glob::{Flags, Pattern};
use crate::rules::machine::Machine;
use crate::rules::model::{Asks, Format, Gate, Place, Rule, Trace};
use crate::rules::phrase;
use crate::rules::shell::{self, Assigned, Assignment, Link, Node, PieceKind, Simple};
use crate::time::{Age, Timestamp};

use loops::List;
use removals::Deletion;

/// Commands looked at for one rule file, loops unrolled.
const MAX_STEPS: u32 = 20_000;
const MAX_CALLS: usize = 8;
/// Conditions that one command may stand under; of more it is only said that there are.
const MAX_GATES: usize = 48;

/// A text and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) file: Vec<u8>,
    pub(super) text: Arc<[u8]>,
    /// The line in the file that the text begins on.
    first_line: u64,
    changed: Option<Timestamp>,
    /// Where its lines end.
    ends: Arc<[usize]>,
}

impl Source {
    /// A text that begins on a line of a file.
    pub(super) fn new(
        file: Vec<u8>,
        text: Arc<[u8]>,
        first_line: u64,
        changed: Option<Timestamp>,
    ) -> Self {
        let ends = text.iter().enumerate().filter(|(_, b)| **b == b'\n');
        Self {
            ends: ends.map(|(at, _)| at).collect(),
            file,
            text,
            first_line,
            changed,
        }
    }

    /// A text inside this one, of which the place is known.
    fn inner(&self, text: &[u8], at: usize) -> Self {
        Self::new(
            self.file.clone(),
            Arc::from(text),
            self.line(at),
            self.changed,
        )
    }

    fn line(&self, at: usize) -> u64 {
        self.first_line + self.ends.partition_point(|&end| end < at) as u64
    }
}

/// How a text is run.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) format: Format,
    pub(super) user: Option<Vec<u8>>,
    pub(super) max_gap: Option<Age>,
    pub(super) disabled: Option<String>,
    pub(super) scope: Scope,
    /// The working directory.
    pub(super) cwd: Option<Vec<u8>>,
    /// Conditions under which it is run at all.
    pub(super) gates: Vec<Gate>,
    /// What shows when it was run last.
    pub(super) traces: Vec<Trace>,
    /// Where it is called from.
    pub(super) via: Vec<Place>,
}

/// The machine that a rule file stands on.
pub(super) type Load<'a> = &'a mut dyn Machine;

/// What came out of a text.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) rules: Vec<Rule>,
    pub(super) troubles: Vec<Trouble>,
}

/// Notes what one command deletes that no shell has read: its words stand in the source's text.
pub(super) fn run_one(
    source: Source,
    simple: &Simple,
    job: Job,
    load: Load<'_>,
    outcome: &mut Outcome,
) {
    Walker::new(source, job, load, outcome).simple(simple);
}

/// Notes what a text deletes.
pub(super) fn run(source: Source, job: Job, load: Load<'_>, outcome: &mut Outcome) {
    let mut walker = Walker::new(source.clone(), job, load, outcome);
    walker.positional(&source.file, &[]);
    match interpreter(&source.text) {
        Interpreter::Shell { .. } => {
            walker.script(&source);
            walker.not_come_to(&source.file);
        }
        Interpreter::Other => walker.foreign(&source),
        Interpreter::Binary => {}
    }
}

struct Walker<'a> {
    job: Job,
    load: Load<'a>,
    outcome: &'a mut Outcome,
    source: Source,
    /// The here-documents of the text that is walked.
    documents: Arc<[Range<usize>]>,
    via: Vec<Place>,
    scope: Scope,
    cwd: Option<Vec<u8>>,
    gates: Vec<Gate>,
    functions: BTreeMap<Vec<u8>, Function>,
    /// What pipelines have named and variables hold.
    items: Vec<List>,
    /// The rules that stand on a line, as indices into the outcome.
    placed: BTreeMap<(Vec<u8>, u64), Vec<usize>>,
    /// The commands that were come to, by where their text begins and where they stand in it.
    visited: BTreeSet<(u64, usize)>,
    stopped: bool,
    steps: u32,
}

/// A function, and the text that it stands in.
#[derive(Clone)]
struct Function {
    source: Source,
    documents: Arc<[Range<usize>]>,
    body: Arc<Node>,
}

impl<'a> Walker<'a> {
    fn new(source: Source, job: Job, load: Load<'a>, outcome: &'a mut Outcome) -> Self {
        Self {
            scope: job.scope.clone(),
            cwd: job.cwd.clone(),
            via: job.via.clone(),
            gates: job.gates.clone(),
            job,
            load,
            outcome,
            source,
            functions: BTreeMap::new(),
            documents: Arc::from([]),
            items: Vec::new(),
            placed: BTreeMap::new(),
            visited: BTreeSet::new(),
            stopped: false,
            steps: 0,
        }
    }
}

impl Walker<'_> {
    fn script(&mut self, source: &Source) {
        let script = shell::parse(&source.text);
        for fault in &script.faults {
            self.outcome.troubles.push(Trouble {
                path: source.file.clone(),
                line: Some(source.line(fault.at)),
                code: "rule-syntax",
                message: format!("the shell text is not understood: {}", fault.message),
            });
            self.opaque_line(source, fault.at);
        }
        let documents = std::mem::replace(&mut self.documents, script.documents.into());
        self.nodes(&script.commands);
        self.documents = documents;
    }

    /// A line that could not be parsed may still delete.
    fn opaque_line(&mut self, source: &Source, at: usize) {
        let at = at.min(source.text.len());
        let start = source.text[..at]
            .iter()
            .rposition(|&b| b == b'\n')
            .map_or(0, |i| i + 1);
        let end = source.text[at..]
            .iter()
            .position(|&b| b == b'\n')
            .map_or(source.text.len(), |i| at + i);
        let line = source.text[start..end].to_vec();
        if phrase::seems_to_delete(std::slice::from_ref(&line)) {
            self.opaque(start..end, "its line could not be parsed".to_owned());
        }
    }

    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            if self.stopped {
                return;
            }
            self.node(node);
        }
    }

    fn node(&mut self, node: &Node) {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            self.give_up();
            return;
        }
        match node {
            Node::Simple(simple) => self.simple(simple),
            Node::Pipeline { stages, span, .. } => self.pipeline(stages, span),
            Node::Chain(links) => self.chain(links),
            Node::Group(body) => self.nodes(body),
            Node::Arithmetic(text) => {
                for name in loops::names_in(text) {
                    self.scope.forget(&name);
                }
            }
            Node::Subshell(body) => {
                let (mark, cwd, gates) = (self.scope.mark(), self.cwd.clone(), self.gates.len());
                self.nodes(body);
                self.scope.restore(mark);
                self.cwd = cwd;
                self.gates.truncate(gates);
                self.stopped = false;
            }
            Node::If { arms, otherwise } => self.conditional(arms, otherwise),
            Node::Loop {
                condition,
                body,
                input,
            } => self.repetition(condition, body, input.as_ref()),
            Node::For { name, words, body } => self.iteration(name, words.as_deref(), body),
            Node::Case { word, arms } => self.choice(word, arms),
            Node::Function { name, body } => {
                let function = Function {
                    source: self.source.clone(),
                    documents: self.documents.clone(),
                    body: Arc::new((**body).clone()),
                };
                self.functions.insert(name.clone(), function);
            }
        }
    }

    /// What follows is not read any more.
    fn give_up(&mut self) {
        if self.steps == MAX_STEPS + 1 {
            self.outcome.troubles.push(Trouble {
                path: self.source.file.clone(),
                line: None,
                code: "rule-too-long",
                message: format!(
                    "after {MAX_STEPS} commands (loops unrolled) the rest was not read"
                ),
            });
        }
        self.stopped = true;
    }

    /// Puts what follows under one more condition.
    fn gate(&mut self, gate: Gate) {
        if self.gates.last() == Some(&gate) {
            return;
        }
        match self.gates.len() {
            MAX_GATES.. => {}
            n if n + 1 == MAX_GATES => {
                self.gates
                    .push(gates::unknown("further conditions".to_owned()));
            }
            _ => self.gates.push(gate),
        }
    }

    /// Runs commands that may not be run: what they set is not known afterwards.
    fn branch(&mut self, body: &[Node]) {
        let before = self.scope.mark();
        let cwd = self.cwd.clone();
        self.nodes(body);
        self.scope.doubt(before);
        if self.cwd != cwd {
            self.cwd = None;
        }
        self.stopped = false;
    }

    fn gated(&mut self, gates: Vec<Gate>, body: &[Node]) {
        let outside = self.gates.len();
        let mut is_certain = true;
        let mut is_closed = false;
        for gate in gates {
            let gate = removals::decided(gate, &mut *self.load);
            is_closed |= gate.is_closed();
            is_certain &= matches!(gate.asks, Asks::Known(_));
            self.gate(gate);
        }
        let mark = self.scope.mark();
        if is_certain && !is_closed {
            // Whether this is run is known: what it sets is set.
            self.nodes(body);
            self.stopped = false;
        } else {
            self.branch(body);
        }
        if is_closed {
            self.scope.restore(mark);
        }
        self.gates.truncate(outside);
    }

    fn conditional(&mut self, arms: &[(Vec<Node>, Vec<Node>)], otherwise: &[Node]) {
        let mut failed: Vec<Gate> = Vec::new();
        for (condition, body) in arms {
            self.nodes(condition);
            let gate = gates::of_list(condition, &self.scope, &self.source.text);
            let mut gates = failed.clone();
            gates.extend(gate.clone());
            self.gated(gates, body);
            let opposite = gate.map(Gate::negated).unwrap_or_else(gates::never);
            if ends_run(body) {
                // What follows is only come to when this arm was not taken.
                self.gate(opposite.clone());
            }
            if failed.len() < MAX_GATES {
                failed.push(opposite);
            }
        }
        self.gated(failed, otherwise);
    }

    fn chain(&mut self, links: &[(Link, Node)]) {
        let outside = self.gates.len();
        let mut lasting: Vec<Gate> = Vec::new();
        for (index, (link, node)) in links.iter().enumerate() {
            let before = index.checked_sub(1).map(|i| &links[i].1);
            let gate = before.and_then(|node| gates::of(node, &self.scope, &self.source.text));
            if *link != Link::First && ends_run(std::slice::from_ref(node)) {
                lasting = self.after_end(*link, gate, outside);
                break;
            }
            match (link, gate) {
                (Link::And, Some(gate)) => self.gate(gate),
                (Link::Or, gate) => {
                    self.gates.truncate(outside);
                    self.gate(gate.map_or_else(gates::never, Gate::negated));
                }
                _ => {}
            }
            self.node(node);
        }
        self.gates.truncate(outside);
        for gate in lasting {
            self.gate(gate);
        }
    }

    /// What holds after `… || exit` and `… && exit`, where `gate` is the condition before it.
    fn after_end(&self, link: Link, gate: Option<Gate>, outside: usize) -> Vec<Gate> {
        match (link, gate) {
            (Link::Or, gate) => self.gates[outside..].iter().cloned().chain(gate).collect(),
            (_, Some(gate)) => vec![gate.negated()],
            // A command that most often succeeds: then nothing would ever follow.
            (_, None) => vec![gates::never()],
        }
    }

    fn choice(&mut self, word: &shell::Word, arms: &[(Vec<shell::Word>, Vec<Node>)]) {
        let text = String::from_utf8_lossy(&self.source.text[word.span.clone()]).into_owned();
        let value = Arg {
            glyphs: self.scope.value(word),
            word: None,
        };
        let value = value.is_known().then(|| value.text());
        let mut is_chosen = false;
        for (patterns, body) in arms {
            let fits = value.as_ref().and_then(|value| self.fits(value, patterns));
            let gate = match fits {
                Some(fits) => Gate {
                    text: format!("case {text}"),
                    asks: Asks::Known(fits && !is_chosen),
                    wanted: true,
                },
                None => gates::unknown(format!("case {text}")),
            };
            is_chosen |= fits == Some(true);
            self.gated(vec![gate], body);
        }
    }

    /// Whether a text fits one of the patterns of a choice, where all of them are known.
    fn fits(&self, value: &[u8], patterns: &[shell::Word]) -> Option<bool> {
        let mut fits = false;
        for arg in self.scope.args(patterns) {
            fits |= Pattern::new(&arg.pattern()?, Flags::FIND).matches(value);
        }
        Some(fits)
    }

    fn simple(&mut self, simple: &Simple) {
        for assignment in &simple.assignments {
            self.assign(assignment, simple);
        }
        self.substitutions(simple);
        self.visited
            .insert((self.source.first_line, simple.span.start));
        let args = self.scope.args(&simple.words);
        self.emptied(&args, simple);
        self.command(&args, simple, simple.span.clone());
    }

    /// What is run for its output may delete as well: `gone=$(find … -print -delete | wc -l)`.
    fn substitutions(&mut self, simple: &Simple) {
        let values = simple.assignments.iter().filter_map(|a| match &a.value {
            Assigned::Word(word) => Some(word),
            Assigned::List(_) => None,
        });
        for word in values.chain(&simple.words) {
            for piece in &word.pieces {
                let PieceKind::Command(text) = &piece.kind else {
                    continue;
                };
                let first = text.split(u8::is_ascii_whitespace).find(|w| !w.is_empty());
                let calls = first.is_some_and(|first| self.functions.contains_key(first));
                if calls || phrase::seems_to_delete(std::slice::from_ref(text)) {
                    self.inner(self.source.inner(text, word.span.start));
                }
            }
        }
    }

    fn assign(&mut self, assignment: &Assignment, simple: &Simple) {
        let name = &assignment.name;
        match &assignment.value {
            Assigned::List(words) => {
                let added = self.scope.args(words).into_iter().map(|arg| arg.glyphs);
                let before = assignment.appends.then(|| self.scope.list(name));
                let before = before.flatten().unwrap_or_default().to_vec();
                let values = before.into_iter().chain(added).collect();
                self.scope.set_list(name, values);
            }
            Assigned::Word(word) => {
                let mut value = match self.substituted(word) {
                    Some((named, inner)) if simple.words.is_empty() => {
                        vec![self.list_item(List::of(named, inner))]
                    }
                    _ => self.scope.value(word),
                };
                if assignment.appends
                    && let Some(before) = self.scope.get(name)
                {
                    value = before.iter().cloned().chain(value).collect();
                }
                self.scope.set(name, value);
            }
        }
    }

    /// One command, after expansion. `span` is what stands for it in the text.
    fn command(&mut self, args: &[Arg], simple: &Simple, span: Range<usize>) {
        let Some((program, rest)) = args.split_first() else {
            return;
        };
        let name = program.text();
        // `command -v PROGRAM` asks where it is, and does not run it.
        let asks = |arg: &Arg| matches!(arg.text().as_slice(), b"-v" | b"-V");
        if name == b"command" && rest.first().is_some_and(asks) {
            return;
        }
        if let Some(skip) = phrase::wrapper(&name, &rest.iter().map(Arg::text).collect::<Vec<_>>())
        {
            if let Some(text) = flock_text(&name, rest) {
                return self.inner_text(&text, simple, span);
            }
            return self.command(&rest[skip..], simple, span);
        }
        if let Some(why) = engines::why(&name, &texts(rest)) {
            return self.opaque(span, why);
        }
        match phrase::basename(&name) {
            b"find" => self.find(rest, simple, span),
            b"rm" | b"unlink" | b"rmdir" | b"mv" | b"gzip" | b"bzip2" | b"xz" | b"zstd" => {
                if let Some(fate) = phrase::removal(&texts(args)) {
                    self.remove(fate, rest, simple, span);
                }
            }
            b"shred" => match phrase::removal(&texts(args)) {
                Some(fate) => self.remove(fate, rest, simple, span),
                None => self.opaque(span, "shred overwrites, and leaves the file".to_owned()),
            },
            b"xargs" if phrase::seems_to_delete(&texts(rest)) => {
                self.opaque(span, "what it is given to delete is not known".to_owned());
            }
            b"sh" | b"bash" | b"dash" | b"ash" | b"ksh" | b"zsh" => {
                self.shell(rest, simple, span);
            }
            b"su" | b"start-stop-daemon" => {
                if let Some(at) = rest.iter().position(|arg| arg.text() == b"-c")
                    && let Some(text) = rest.get(at + 1)
                {
                    self.inner_text(text, simple, span);
                }
            }
            b"eval" => self.evaluated(rest, simple, span),
            b"trap" => self.trapped(rest, simple, span),
            b"cd" | b"pushd" => self.change_directory(rest),
            b"export" | b"local" | b"readonly" | b"declare" | b"typeset" => self.declare(simple),
            b"unset" => rest.iter().for_each(|arg| self.scope.forget(&arg.text())),
            b"shift" => self.shift(rest),
            b"let" => rest.iter().for_each(|arg| {
                let names = loops::names_in(&arg.text());
                names.iter().for_each(|name| self.scope.forget(name));
            }),
            b"read" => {
                for name in read_names(simple, &self.source.text) {
                    self.scope.forget(&name);
                }
            }
            b"mapfile" | b"readarray" => self.read_list(rest, simple),
            b"exit" | b"return" => self.stopped = true,
            b"." | b"source" => {
                if let Some(arg) = rest.first() {
                    self.sourced(arg, &span);
                }
            }
            b"tmpreaper" => self.tmpreaper(rest, simple, span),
            b"tmpwatch" => self.tmpwatch(rest, simple, span),
            b"savelog" => self.savelog(rest, span),
            b"truncate" => self.truncated_by_size(rest, simple, span),
            b"cp" => self.copied_nothing(rest, simple, span),
            _ if self.functions.contains_key(&name) => self.function(&name, rest),
            other if is_foreign(other) => self.one_liner(rest, span),
            _ => self.program(program, rest, span),
        }
    }

    fn pipeline(&mut self, stages: &[Node], span: &Range<usize>) {
        let (mark, cwd, gates) = (self.scope.mark(), self.cwd.clone(), self.gates.len());
        if !self.piped_loop(stages, span) && !self.piped_removal(stages, span) {
            for stage in stages {
                self.node(stage);
                self.stopped = false;
            }
        }
        self.scope.restore(mark);
        self.cwd = cwd;
        self.gates.truncate(gates);
    }
}

/// A file as a text to read.
pub(super) fn source_of(file: &RuleFile) -> Source {
    Source::new(
        file.path.clone(),
        file.contents.as_slice().into(),
        1,
        file.mtime,
    )
}

/// Who runs a script.
pub(super) enum Interpreter {
    Shell { braces: bool },
    Other,
    Binary,
}

/// Reads the `#!` line.
pub(super) fn interpreter(text: &[u8]) -> Interpreter {
    if text[..text.len().min(1024)].contains(&0) {
        return Interpreter::Binary;
    }
    let Some(line) = text.strip_prefix(b"#!") else {
        return Interpreter::Shell { braces: false };
    };
    let line = line.split(|&b| b == b'\n').next().unwrap_or(line);
    let words = line
        .split(u8::is_ascii_whitespace)
        .filter(|w| !w.is_empty());
    let program = words
        .map(phrase::basename)
        .find(|word| *word != b"env" && !word.starts_with(b"-"));
    match program {
        Some(b"sh" | b"dash" | b"ash") | None => Interpreter::Shell { braces: false },
        Some(b"bash" | b"ksh" | b"zsh" | b"mksh") => Interpreter::Shell { braces: true },
        Some(_) => Interpreter::Other,
    }
}

fn texts(args: &[Arg]) -> Vec<Vec<u8>> {
    args.iter().map(Arg::text).collect()
}

fn unwrapped(args: &[Arg]) -> &[Arg] {
    let mut args = args;
    while let Some((program, rest)) = args.split_first() {
        let Some(skip) = phrase::wrapper(&program.text(), &texts(rest)) else {
            break;
        };
        args = &rest[skip..];
    }
    args
}

/// `flock FILE -c TEXT`.
fn flock_text(name: &[u8], rest: &[Arg]) -> Option<Arg> {
    if phrase::basename(name) != b"flock" {
        return None;
    }
    let at = rest.iter().position(|arg| arg.text() == b"-c")?;
    rest.get(at + 1).cloned()
}

/// The variables that a `read` sets.
fn read_names(simple: &Simple, text: &[u8]) -> Vec<Vec<u8>> {
    let words = simple.words.iter().map(|word| &text[word.span.clone()]);
    let mut words = words.skip_while(|word| *word != b"read");
    words
        .by_ref()
        .skip(1)
        .filter(|word| {
            word.first()
                .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
        })
        .map(<[u8]>::to_vec)
        .collect()
}

/// Whether a list ends the run of the script.
fn ends_run(body: &[Node]) -> bool {
    body.iter().any(|node| match node {
        Node::Simple(simple) => simple.words.first().is_some_and(|word| {
            matches!(word.pieces.as_slice(), [piece]
                if matches!(&piece.kind, PieceKind::Text(text) if matches!(text.as_slice(), b"exit" | b"return" | b"continue" | b"break")))
        }),
        Node::Group(inner) => ends_run(inner),
        _ => false,
    })
}

/// Whether a program reads a language of its own.
fn is_foreign(name: &[u8]) -> bool {
    let languages: [&[u8]; 7] = [
        b"python", b"perl", b"ruby", b"php", b"node", b"tclsh", b"lua",
    ];
    let is_version = |rest: &[u8]| rest.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    languages
        .iter()
        .any(|language| name.strip_prefix(*language).is_some_and(is_version))
}
