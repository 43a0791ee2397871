//! Walks a parsed script in the order of its text and notes every command that deletes.
//!
//! Nothing is run: variables with constant values are followed, loops over known words are
//! unrolled, conditions become gates, and scripts that are called by path are read through the
//! caller's loader. What deletes and is not understood becomes an opaque rule. The work is
//! bounded: scripts and functions nest eight deep, and one rule file may take
//! [`MAX_STEPS`] commands.

mod pipes;
mod reapers;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::entry::{RuleFile, Trouble};
use crate::rules::expand::{Arg, Glyph, Scope, hole};
use crate::rules::find::{self, Found};
use crate::rules::gates;
use crate::rules::machine::Machine;
use crate::rules::model::{Asks, Fidelity, Format, Gate, Place, Rotation, Rule, Sweep, Trace, Tri};
use crate::rules::paths;
use crate::rules::phrase;
use crate::rules::shell::{self, Link, Node, PieceKind, Simple};
use crate::time::{Age, Timestamp};

/// Commands looked at for one rule file, loops unrolled.
const MAX_STEPS: u32 = 20_000;
const MAX_CALLS: usize = 8;

/// A text and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) file: Vec<u8>,
    pub(super) text: Arc<[u8]>,
    /// The line in the file that the text begins on.
    pub(super) first_line: u64,
    pub(super) changed: Option<Timestamp>,
}

impl Source {
    fn line(&self, at: usize) -> u64 {
        let before = &self.text[..at.min(self.text.len())];
        self.first_line + before.iter().filter(|&&b| b == b'\n').count() as u64
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
    match interpreter(&source.text) {
        Interpreter::Shell { .. } => walker.script(&source),
        Interpreter::Other => walker.foreign(&source),
        Interpreter::Binary => {}
    }
}

struct Walker<'a> {
    job: Job,
    load: Load<'a>,
    outcome: &'a mut Outcome,
    source: Source,
    via: Vec<Place>,
    scope: Scope,
    cwd: Option<Vec<u8>>,
    gates: Vec<Gate>,
    functions: BTreeMap<Vec<u8>, (Source, Node)>,
    stopped: bool,
    steps: u32,
}

/// A command that deletes, ready to become a rule.
struct Deletion<'a> {
    span: Range<usize>,
    words: &'a [shell::Word],
    sweeps: Vec<Sweep>,
    broken: Option<String>,
    flawed: Option<String>,
    dangerous: Option<String>,
    fidelity: Fidelity,
    rotation: Option<Rotation>,
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
        self.nodes(&script.commands);
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
            self.stopped = true;
            return;
        }
        match node {
            Node::Simple(simple) => self.simple(simple),
            Node::Pipeline { stages, span, .. } => self.pipeline(stages, span),
            Node::Chain(links) => self.chain(links),
            Node::Group(body) => self.nodes(body),
            Node::Subshell(body) => {
                let outside = (self.scope.clone(), self.cwd.clone());
                self.nodes(body);
                (self.scope, self.cwd) = outside;
                self.stopped = false;
            }
            Node::If { arms, otherwise } => self.conditional(arms, otherwise),
            Node::Loop { condition, body } => {
                self.nodes(condition);
                self.read_variables(condition);
                self.branch(body);
            }
            Node::For { name, words, body } => self.iteration(name, words.as_deref(), body),
            Node::Case { word, arms } => self.choice(word, arms),
            Node::Function { name, body } => {
                self.functions
                    .insert(name.clone(), (self.source.clone(), (**body).clone()));
            }
        }
    }

    /// `while read f`: what is read is not known.
    fn read_variables(&mut self, condition: &[Node]) {
        let Some(Node::Simple(simple)) = condition.last() else {
            return;
        };
        for name in read_names(simple, &self.source.text) {
            self.scope.forget(&name);
        }
    }

    /// Runs commands that may not be run: what they set is not known afterwards.
    fn branch(&mut self, body: &[Node]) {
        let before = self.scope.clone();
        let cwd = self.cwd.clone();
        self.nodes(body);
        self.scope.merge(&before);
        if self.cwd != cwd {
            self.cwd = None;
        }
        self.stopped = false;
    }

    fn gated(&mut self, gates: Vec<Gate>, body: &[Node]) {
        let outside = self.gates.len();
        self.gates.extend(gates);
        self.branch(body);
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
                self.gates.push(opposite.clone());
            }
            failed.push(opposite);
        }
        self.gated(failed, otherwise);
    }

    fn chain(&mut self, links: &[(Link, Node)]) {
        let outside = self.gates.len();
        let mut lasting: Vec<Gate> = Vec::new();
        for (index, (link, node)) in links.iter().enumerate() {
            let before = index.checked_sub(1).map(|i| &links[i].1);
            let gate = before.map(|node| gates::of(node, &self.scope, &self.source.text));
            match (link, gate) {
                (Link::And, Some(Some(gate))) => self.gates.push(gate),
                (Link::Or, Some(gate)) => {
                    self.gates.truncate(outside);
                    self.gates
                        .push(gate.map_or_else(gates::never, Gate::negated));
                }
                _ => {}
            }
            if *link != Link::First && ends_run(std::slice::from_ref(node)) {
                if let Some(gate) = self.gates.last().filter(|_| self.gates.len() > outside) {
                    lasting.push(gate.clone().negated());
                }
                break;
            }
            self.node(node);
        }
        self.gates.truncate(outside);
        self.gates.extend(lasting);
    }

    fn choice(&mut self, word: &shell::Word, arms: &[(Vec<shell::Word>, Vec<Node>)]) {
        let text = String::from_utf8_lossy(&self.source.text[word.span.clone()]).into_owned();
        for (_, body) in arms {
            self.gated(vec![gates::unknown(format!("case {text}"))], body);
        }
    }

    fn iteration(&mut self, name: &[u8], words: Option<&[shell::Word]>, body: &[Node]) {
        if let Some([word]) = words
            && let Some(recursive) = self.removes(body, &[name.to_vec()])
            && self.substituted_removal(word, recursive)
        {
            return;
        }
        let args = words.map_or_else(Vec::new, |words| self.scope.args(words));
        if args.is_empty() {
            self.scope.forget(name);
            self.branch(body);
            return;
        }
        let before = self.scope.clone();
        for arg in args {
            self.scope.set(name, arg.glyphs);
            self.nodes(body);
            self.stopped = self.steps > MAX_STEPS;
            self.scope.merge(&before);
        }
        self.scope.forget(name);
    }

    fn simple(&mut self, simple: &Simple) {
        for (name, word) in &simple.assignments {
            let value = self.scope.value(word);
            self.scope.set(name, value);
        }
        let args = self.scope.args(&simple.words);
        self.emptied(&args, simple);
        self.command(&args, simple, simple.span.clone());
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
                return self.inner_text(&text, span);
            }
            return self.command(&rest[skip..], simple, span);
        }
        match phrase::basename(&name) {
            b"find" => self.find(rest, simple, span),
            b"rm" | b"unlink" => self.remove(&name, rest, simple, span),
            b"xargs" if phrase::seems_to_delete(&texts(rest)) => {
                self.opaque(span, "what it is given to delete is not known".to_owned());
            }
            b"sh" | b"bash" | b"dash" | b"ash" | b"ksh" | b"zsh" => self.shell(rest, span),
            b"su" | b"start-stop-daemon" => {
                if let Some(at) = rest.iter().position(|arg| arg.text() == b"-c")
                    && let Some(text) = rest.get(at + 1)
                {
                    self.inner_text(&text.text(), span);
                }
            }
            b"eval" if rest.iter().all(Arg::is_known) => {
                self.inner_text(&texts(rest).join(&b' '), span);
            }
            // It may set anything.
            b"eval" => self.scope.forget_all(),
            b"cd" | b"pushd" => self.change_directory(rest),
            b"export" | b"local" | b"readonly" | b"declare" | b"typeset" => self.declare(simple),
            b"unset" => rest.iter().for_each(|arg| self.scope.forget(&arg.text())),
            b"read" => {
                for name in read_names(simple, &self.source.text) {
                    self.scope.forget(&name);
                }
            }
            b"exit" | b"return" => self.stopped = true,
            b"." | b"source" => {
                if let Some(arg) = rest.first() {
                    self.sourced(&arg.text(), &span);
                }
            }
            b"podman" | b"docker" if rest.iter().any(|arg| arg.text() == b"prune") => {
                self.opaque(span, "what it removes only the engine knows".to_owned());
            }
            b"tmpreaper" => self.tmpreaper(rest, simple, span),
            b"tmpwatch" => self.tmpwatch(rest, simple, span),
            b"savelog" => self.savelog(rest, span),
            b"shred" => self.opaque(span, "shred is not read yet".to_owned()),
            b"truncate" => self.truncated_by_size(rest, simple, span),
            _ if self.functions.contains_key(&name) => self.function(&name, rest),
            _ if name.starts_with(b"/") => self.called(&name, span),
            _ => {}
        }
    }

    fn find(&mut self, args: &[Arg], simple: &Simple, span: Range<usize>) {
        let found = find::parse(args);
        if found.deletes.is_empty() && found.broken.is_none() {
            return;
        }
        if found.deletes.is_empty() && !phrase::seems_to_delete(&texts(args)) {
            return;
        }
        let deletes = found.deletes.clone();
        self.found(found, deletes, simple, span);
    }

    fn found(&mut self, found: Found, sweeps: Vec<Sweep>, simple: &Simple, span: Range<usize>) {
        let (roots, undecided) = self.roots_of(&found);
        let sweeps = sweeps
            .into_iter()
            .map(|sweep| Sweep {
                roots: roots.clone(),
                ..sweep
            })
            .collect();
        let fidelity = match (undecided, found.passed_over.first()) {
            (Some(why), _) if roots.iter().all(paths::is_unresolved) => Fidelity::Opaque(why),
            (Some(why), _) => Fidelity::Approx(why),
            (None, Some(part)) => Fidelity::Approx(part.clone()),
            (None, None) => Fidelity::Exact,
        };
        self.emit(Deletion {
            span,
            words: &simple.words,
            sweeps,
            broken: found.broken,
            flawed: found.flawed,
            dangerous: found.dangerous,
            fidelity,
            rotation: None,
        });
    }

    fn roots_of(&self, found: &Found) -> (Vec<crate::rules::model::Root>, Option<String>) {
        let here = [Arg {
            glyphs: vec![Glyph::Byte(b'.')],
            word: None,
        }];
        let starts = if found.starts.is_empty() {
            &here[..]
        } else {
            &found.starts
        };
        let mut why = None;
        let roots = starts
            .iter()
            .map(|arg| {
                let mut root = paths::root(arg, self.cwd.as_deref());
                if let crate::rules::model::RootPath::Unresolved(text) = &root.path {
                    why.get_or_insert_with(|| text.clone());
                }
                root.slash |= found.follows_starts;
                root.printed = paths::printed(arg, &root);
                root
            })
            .collect();
        (roots, why)
    }

    fn remove(&mut self, name: &[u8], args: &[Arg], simple: &Simple, span: Range<usize>) {
        let words = texts(args);
        let recursive = phrase::basename(name) == b"rm" && phrase::is_recursive(&words);
        let mut operands = Vec::new();
        let mut options = true;
        for arg in args {
            let text = arg.text();
            if options && text == b"--" {
                options = false;
            } else if !(options && text.len() > 1 && text[0] == b'-') {
                operands.push(arg);
            }
        }
        if operands.is_empty() {
            return;
        }
        if let [operand] = operands.as_slice()
            && let Some(word) = operand.word.and_then(|at| simple.words.get(at))
            && self.substituted_removal(word, recursive)
        {
            return;
        }
        let roots: Vec<_> = operands
            .iter()
            .map(|arg| paths::root(arg, self.cwd.as_deref()))
            .collect();
        let why = operands
            .iter()
            .find(|arg| arg.pattern().is_none())
            .and_then(|arg| arg.hole());
        let fidelity = match why {
            Some(hole) if roots.iter().all(paths::is_unresolved) => {
                Fidelity::Opaque(format!("the value of `{}` is not known", hole.text))
            }
            Some(hole) => Fidelity::Approx(format!("the value of `{}` is not known", hole.text)),
            None => Fidelity::Exact,
        };
        let holes = operands.iter().filter_map(|arg| arg.hole());
        let dated = holes
            .filter_map(|hole| hole.date.as_ref())
            .map(|date| date.1)
            .min();
        self.emit(Deletion {
            span,
            words: &simple.words,
            sweeps: vec![paths::operand_sweep(roots, recursive, dated)],
            broken: None,
            flawed: None,
            dangerous: None,
            fidelity,
            rotation: None,
        });
    }

    fn pipeline(&mut self, stages: &[Node], span: &Range<usize>) {
        let scope = self.scope.clone();
        let cwd = self.cwd.clone();
        if !self.piped_removal(stages, span) {
            for stage in stages {
                self.node(stage);
                self.stopped = false;
            }
        }
        (self.scope, self.cwd) = (scope, cwd);
    }

    fn shell(&mut self, args: &[Arg], span: Range<usize>) {
        let words = texts(args);
        if let Some(at) = words.iter().position(|w| phrase::is_short_flag(w, b'c')) {
            if let Some(text) = words.get(at + 1) {
                self.inner_text(text, span);
            }
            return;
        }
        if let Some(script) = words.iter().find(|w| !w.starts_with(b"-"))
            && script.starts_with(b"/")
        {
            self.called(script, span);
        }
    }

    /// The text of `sh -c`: it stands where the command stands.
    fn inner_text(&mut self, text: &[u8], span: Range<usize>) {
        if self.via.len() >= MAX_CALLS || self.steps > MAX_STEPS {
            return;
        }
        let inner = Source {
            file: self.source.file.clone(),
            text: text.into(),
            first_line: self.source.line(span.start),
            changed: self.source.changed,
        };
        let outside = std::mem::replace(&mut self.source, inner.clone());
        let state = (self.scope.clone(), self.cwd.clone(), self.gates.len());
        let depth = self.via.len();
        // An empty place keeps a text inside a text from nesting without end.
        self.via.push(Place {
            file: Vec::new(),
            line: 0,
        });
        self.script(&inner);
        self.via.truncate(depth);
        (self.scope, self.cwd) = (state.0, state.1);
        self.gates.truncate(state.2);
        self.stopped = false;
        self.source = outside;
    }

    fn function(&mut self, name: &[u8], args: &[Arg]) {
        if self.via.len() >= MAX_CALLS {
            return;
        }
        let Some((source, body)) = self.functions.get(name).cloned() else {
            return;
        };
        for (index, arg) in args.iter().enumerate().take(9) {
            self.scope
                .set((index + 1).to_string().as_bytes(), arg.glyphs.clone());
        }
        let outside = std::mem::replace(&mut self.source, source);
        self.via.push(Place {
            file: Vec::new(),
            line: 0,
        });
        self.node(&body);
        self.via.pop();
        self.stopped = false;
        self.source = outside;
    }

    fn sourced(&mut self, path: &[u8], span: &Range<usize>) {
        if self.via.len() >= MAX_CALLS {
            return;
        }
        if let Some(file) = path
            .starts_with(b"/")
            .then(|| self.load.load(path))
            .flatten()
        {
            let line = self.source.line(span.start);
            self.within(source_of(&file), line, |walker, source| {
                walker.script(source);
            });
        }
    }

    fn within(&mut self, source: Source, line: u64, run: impl FnOnce(&mut Self, &Source)) {
        let outside = std::mem::replace(&mut self.source, source.clone());
        self.via.push(Place {
            file: outside.file.clone(),
            line,
        });
        run(self, &source);
        self.via.pop();
        self.source = outside;
    }

    /// A program that is called by its path: read on when it is a script.
    fn called(&mut self, path: &[u8], span: Range<usize>) {
        let is_called_already = self.via.iter().any(|place| place.file == path);
        if self.via.len() >= MAX_CALLS || is_called_already || self.source.file == path {
            return;
        }
        let Some(file) = self.load.load(path) else {
            if names_a_cleanup(path) {
                let path = String::from_utf8_lossy(path).into_owned();
                self.opaque(span, format!("{path} could not be read"));
            }
            return;
        };
        let line = self.source.line(span.start);
        let outside = (self.scope.clone(), self.cwd.clone(), self.gates.len());
        let functions = std::mem::take(&mut self.functions);
        self.within(source_of(&file), line, |walker, source| {
            match interpreter(&source.text) {
                Interpreter::Shell { braces } => {
                    walker.scope.braces = braces;
                    walker.script(source);
                }
                Interpreter::Other => walker.foreign(source),
                Interpreter::Binary => {}
            }
        });
        self.functions = functions;
        (self.scope, self.cwd) = (outside.0, outside.1);
        self.gates.truncate(outside.2);
        self.stopped = false;
    }

    /// A script in another language: that it deletes is all that is said.
    fn foreign(&mut self, source: &Source) {
        let marks: [&[u8]; 6] = [
            b"os.remove",
            b"unlink",
            b"rmtree",
            b"os.rmdir",
            b"File.delete",
            b"FileUtils.rm",
        ];
        let mut at = 0;
        for line in source.text.split(|&b| b == b'\n') {
            let hit = marks
                .iter()
                .any(|mark| line.windows(mark.len()).any(|w| w == *mark));
            if hit {
                self.opaque(
                    at..at + line.len(),
                    "it is not written for a shell".to_owned(),
                );
                return;
            }
            at += line.len() + 1;
        }
    }

    fn change_directory(&mut self, args: &[Arg]) {
        let target = args.iter().find(|arg| {
            let text = arg.text();
            !text.starts_with(b"-") || text == b"-"
        });
        self.cwd = target
            .filter(|arg| arg.is_known())
            .and_then(|arg| paths::directory(arg, self.cwd.as_deref()));
    }

    fn declare(&mut self, simple: &Simple) {
        for word in simple.words.iter().skip(1) {
            let text = &self.source.text[word.span.clone()];
            let Some(equals) = text.iter().position(|&b| b == b'=') else {
                continue;
            };
            let name = text[..equals].to_vec();
            if let Some(value) = shell::word(&text[equals + 1..]) {
                let value = self.scope.value(&value);
                self.scope.set(&name, value);
            } else {
                self.scope.set(&name, vec![hole("…".to_owned())]);
            }
        }
    }

    fn opaque(&mut self, span: Range<usize>, why: String) {
        self.emit(Deletion {
            span,
            words: &[],
            sweeps: Vec::new(),
            broken: None,
            flawed: None,
            dangerous: None,
            fidelity: Fidelity::Opaque(why),
            rotation: None,
        });
    }

    fn emit(&mut self, deletion: Deletion<'_>) {
        let Deletion { span, words, .. } = &deletion;
        let text = self.source.text[span.clone()].to_vec();
        let line = self.source.line(span.start);
        let words: Vec<Range<usize>> = words
            .iter()
            .filter(|word| word.span.start >= span.start && word.span.end <= span.end)
            .map(|word| word.span.start - span.start..word.span.end - span.start)
            .collect();
        let via: Vec<Place> = self
            .via
            .iter()
            .filter(|place| !place.file.is_empty())
            .cloned()
            .collect();
        let same = |rule: &&mut Rule| {
            rule.line == line
                && rule.file == self.source.file
                && rule.text == text
                && rule.via == via
                && rule.user == self.job.user
        };
        if let Some(rule) = self.outcome.rules.iter_mut().rev().find(same) {
            for sweep in deletion.sweeps {
                if !rule.sweeps.contains(&sweep) {
                    rule.sweeps.push(sweep);
                }
            }
            return;
        }
        let gates = self.gates.iter().cloned();
        let gates = gates.map(|gate| decided(gate, &mut *self.load)).collect();
        self.outcome.rules.push(Rule {
            id: String::new(),
            format: self.job.format,
            file: self.source.file.clone(),
            line,
            via,
            text,
            words,
            sweeps: deletion.sweeps,
            max_gap: self.job.max_gap,
            user: self.job.user.clone(),
            gates,
            disabled: self.job.disabled.clone(),
            broken: deletion.broken,
            flawed: deletion.flawed,
            dangerous: deletion.dangerous,
            in_name: None,
            rotation: deletion.rotation,
            traces: self.job.traces.clone(),
            fidelity: deletion.fidelity,
            changed: self.source.changed,
        });
    }
}

/// A gate that the machine has the answer to.
fn decided(gate: Gate, machine: &mut dyn Machine) -> Gate {
    let path = match &gate.asks {
        Asks::Exists(path) | Asks::IsDir(path) | Asks::IsInstalled(path) => path,
        Asks::Known(_) | Asks::Else => return gate,
    };
    let there = if path.starts_with(b"/") {
        machine.is_there(path)
    } else {
        Tri::Unknown
    };
    match there {
        Tri::Unknown => gate,
        known => Gate {
            asks: Asks::Known(known == Tri::True),
            ..gate
        },
    }
}

/// A file as a text to read.
pub(super) fn source_of(file: &RuleFile) -> Source {
    Source {
        file: file.path.clone(),
        text: file.contents.as_slice().into(),
        first_line: 1,
        changed: file.mtime,
    }
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
fn flock_text(name: &[u8], rest: &[Arg]) -> Option<Vec<u8>> {
    if phrase::basename(name) != b"flock" {
        return None;
    }
    let at = rest.iter().position(|arg| arg.text() == b"-c")?;
    rest.get(at + 1).map(Arg::text)
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
                if matches!(&piece.kind, PieceKind::Text(text) if text == b"exit" || text == b"return"))
        }),
        Node::Group(inner) => ends_run(inner),
        _ => false,
    })
}

fn names_a_cleanup(path: &[u8]) -> bool {
    let name = phrase::basename(path).to_ascii_lowercase();
    // Its configuration is read for itself.
    if name == b"logrotate" {
        return false;
    }
    let hints: [&[u8]; 7] = [
        b"clean",
        b"purge",
        b"prune",
        b"expire",
        b"retention",
        b"rotate",
        b"reap",
    ];
    hints
        .iter()
        .any(|hint| name.windows(hint.len()).any(|w| w == *hint))
}
