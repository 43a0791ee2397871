//! Texts that are run by a command: `sh -c`, functions, sourced files, scripts called by path.

use std::ops::Range;

use super::{
    Function, Interpreter, MAX_CALLS, MAX_STEPS, Source, Walker, interpreter, is_foreign, loops,
    source_of, texts,
};
use crate::rules::caps::apt;
use crate::rules::expand::{Arg, Glyph, Hole, Origin, hole};
use crate::rules::model::Place;
use crate::rules::paths;
use crate::rules::phrase;
use crate::rules::shell::{self, Node, Simple};

/// Lines of a script in another language that are noted.
const MAX_FOREIGN: usize = 20;

impl Walker<'_> {
    pub(super) fn shell(&mut self, args: &[Arg], simple: &Simple, span: Range<usize>) {
        let is_text = |arg: &Arg| phrase::is_short_flag(&arg.text(), b'c');
        if let Some(at) = args.iter().position(is_text) {
            if let Some(text) = args.get(at + 1) {
                if let Some(operands) = args.get(at + 3..) {
                    self.positional(b"sh", operands);
                }
                self.inner_text(text, simple, span);
            }
            return;
        }
        if let Some(at) = args.iter().position(|arg| !arg.text().starts_with(b"-")) {
            self.program(&args[at], &args[at + 1..], span);
        } else if let Some(document) = self.document_of(simple) {
            // `sh <<END`: the text stands below.
            let at = document.start;
            let inner = self.source.text[document].to_vec();
            let inner = self.source.inner(&inner, at);
            self.inner(inner);
        }
    }

    /// The text of `sh -c`: it stands where the word does that says it.
    pub(super) fn inner_text(&mut self, text: &Arg, simple: &Simple, span: Range<usize>) {
        let word = text.word.and_then(|at| simple.words.get(at));
        let at = word.map_or(span.start, |word| word.span.start);
        let at = at.clamp(span.start, span.end.max(span.start));
        let inner = self.source.inner(&text.text(), at);
        self.inner(inner);
    }

    pub(super) fn inner(&mut self, inner: Source) {
        if self.via.len() >= MAX_CALLS || self.steps > MAX_STEPS {
            return;
        }
        let outside = std::mem::replace(&mut self.source, inner.clone());
        let (mark, cwd, gates) = (self.scope.mark(), self.cwd.clone(), self.gates.len());
        let depth = self.via.len();
        // An empty place keeps a text inside a text from nesting without end.
        self.via.push(Place {
            file: Vec::new(),
            line: 0,
        });
        self.script(&inner);
        self.via.truncate(depth);
        self.scope.restore(mark);
        self.cwd = cwd;
        self.gates.truncate(gates);
        self.stopped = false;
        self.source = outside;
    }

    /// `eval TEXT`: where the text is not known, what it may set is known no longer.
    pub(super) fn evaluated(&mut self, args: &[Arg], simple: &Simple, span: Range<usize>) {
        if args.iter().all(Arg::is_known) {
            let glyphs = texts(args).join(&b' ').into_iter().map(Glyph::Byte);
            let text = Arg {
                glyphs: glyphs.collect(),
                word: None,
            };
            return self.evaluated_here(&text, simple, span);
        }
        if self.asked_settings(args) {
            return;
        }
        match args.first().and_then(set_name) {
            Some(name) => self.scope.forget(&name),
            None => self.scope.forget_all(),
        }
    }

    /// What `eval` sets stays set.
    fn evaluated_here(&mut self, text: &Arg, simple: &Simple, span: Range<usize>) {
        let script = shell::parse(&text.text());
        if let [Node::Simple(one)] = script.commands.as_slice()
            && one.words.is_empty()
        {
            let inner = self.source.inner(&text.text(), span.start);
            let outside = std::mem::replace(&mut self.source, inner);
            self.simple(one);
            self.source = outside;
            return;
        }
        self.inner_text(text, simple, span);
    }

    /// `eval $(apt-config shell NAME KEY…)` sets the names where the keys have values, and leaves
    /// them where not.
    fn asked_settings(&mut self, args: &[Arg]) -> bool {
        let Some([Glyph::Hole(printed)]) = args.first().map(|arg| arg.glyphs.as_slice()) else {
            return false;
        };
        let words: Vec<&str> = printed
            .text
            .trim_start_matches("$(")
            .trim_end_matches(')')
            .split_whitespace()
            .collect();
        let ["apt-config" | "/usr/bin/apt-config", "shell", settings @ ..] = words.as_slice()
        else {
            return false;
        };
        let told = apt::Settings::of(&mut *self.load);
        for pair in settings.chunks(2) {
            let name = pair[0].trim_matches(['\'', '"']).as_bytes();
            let key = pair.get(1).map_or("", |key| key.trim_matches(['\'', '"']));
            let (key, is_plain) = match key.split_once('/') {
                Some((key, _)) => (key, false),
                None => (key, true),
            };
            match told.as_ref().map(|told| told.get(key)) {
                Some(Some(value)) if is_plain => {
                    self.scope.set_text(name, value.as_bytes());
                    continue;
                }
                // A key that nobody sets leaves the variable as it is.
                Some(None) if !key.starts_with("Dir::") => continue,
                _ => {}
            }
            let origin = match self.scope.text(name) {
                Some(before) => Origin::Default(before),
                None => Origin::Unknown,
            };
            let value = Hole {
                text: printed.text.clone(),
                origin,
            };
            self.scope.set(name, vec![Glyph::Hole(value)]);
        }
        true
    }

    /// `trap TEXT EXIT`: run at the end, whatever happens in between.
    pub(super) fn trapped(&mut self, args: &[Arg], simple: &Simple, span: Range<usize>) {
        if let [text, _, ..] = args
            && !matches!(text.text().as_slice(), b"" | b"-")
            && !text.text().starts_with(b"-")
        {
            self.inner_text(text, simple, span);
        }
    }

    pub(super) fn function(&mut self, name: &[u8], args: &[Arg]) {
        if self.via.len() >= MAX_CALLS {
            return;
        }
        let Some(Function {
            source,
            documents,
            body,
        }) = self.functions.get(name).cloned()
        else {
            return;
        };
        let before = self.scope.list(b"@").map(<[_]>::to_vec);
        let program = self.scope.text(b"0").unwrap_or_default();
        self.positional(&program, args);
        let source = std::mem::replace(&mut self.source, source);
        let documents = std::mem::replace(&mut self.documents, documents);
        self.via.push(Place {
            file: Vec::new(),
            line: 0,
        });
        self.node(&body);
        self.via.pop();
        self.stopped = false;
        self.source = source;
        self.documents = documents;
        let before: Vec<Arg> = before
            .unwrap_or_default()
            .into_iter()
            .map(|glyphs| Arg { glyphs, word: None })
            .collect();
        self.positional(&program, &before);
    }

    /// Commands of a script's own functions that nothing was seen to call: they may still delete.
    pub(super) fn not_come_to(&mut self, file: &[u8]) {
        for (_, function) in std::mem::take(&mut self.functions) {
            if function.source.file != file || self.steps > MAX_STEPS {
                continue;
            }
            let mut commands = Vec::new();
            loops::simple_in([&*function.body], &mut commands);
            let outside = std::mem::replace(&mut self.source, function.source.clone());
            for simple in commands {
                let place = (self.source.first_line, simple.span.start);
                let words: Vec<Vec<u8>> = simple
                    .words
                    .iter()
                    .map(|word| self.source.text[word.span.clone()].to_vec())
                    .collect();
                let deletes = phrase::removal(&words).is_some_and(|fate| fate.in_name().is_none())
                    || words.iter().any(|word| word == b"-delete");
                if deletes && !self.visited.contains(&place) {
                    let why = "nothing is seen to call the function that it stands in";
                    self.opaque(simple.span.clone(), why.to_owned());
                }
            }
            self.source = outside;
        }
    }

    /// Sets `$0`, `$1`, …, `$@` and `$#`.
    pub(super) fn positional(&mut self, program: &[u8], args: &[Arg]) {
        self.scope.set_text(b"0", program);
        for index in 0..9 {
            let value = args.get(index).map(|arg| arg.glyphs.clone());
            let name = (index + 1).to_string();
            self.scope.set(name.as_bytes(), value.unwrap_or_default());
        }
        let all: Vec<Vec<Glyph>> = args.iter().map(|arg| arg.glyphs.clone()).collect();
        self.scope.set_text(b"#", args.len().to_string().as_bytes());
        self.scope.set_list(b"*", all.clone());
        self.scope.set_list(b"@", all);
    }

    pub(super) fn shift(&mut self, args: &[Arg]) {
        let count = match args.first() {
            None => Some(1),
            Some(arg) => std::str::from_utf8(&arg.text())
                .ok()
                .and_then(|text| text.parse::<usize>().ok()),
        };
        let all = self.scope.list(b"@").map(<[_]>::to_vec).unwrap_or_default();
        let rest = all.into_iter().skip(count.unwrap_or(usize::MAX));
        let rest: Vec<Arg> = rest.map(|glyphs| Arg { glyphs, word: None }).collect();
        let program = self.scope.text(b"0").unwrap_or_default();
        self.positional(&program, &rest);
    }

    pub(super) fn sourced(&mut self, path: &Arg, span: &Range<usize>) {
        if self.via.len() >= MAX_CALLS || !path.is_known() {
            return;
        }
        let file = paths::directory(path, self.cwd.as_deref());
        if let Some(file) = file.and_then(|path| self.load.load(&path)) {
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

    /// A program that no shell knows: read on when it is a script.
    pub(super) fn program(&mut self, name: &Arg, args: &[Arg], span: Range<usize>) {
        if !name.is_known() {
            return;
        }
        let text = name.text();
        if text.contains(&b'/') {
            if let Some(path) = paths::directory(name, self.cwd.as_deref()) {
                self.called(&path, args, span);
            }
            return;
        }
        let is_cleanup = names_a_cleanup(&text);
        match self.searched(&text, is_cleanup) {
            Some(path) => self.called(&path, args, span),
            None if is_cleanup => {
                let text = String::from_utf8_lossy(&text).into_owned();
                self.opaque(span, format!("{text} could not be read"));
            }
            None => {}
        }
    }

    /// Where a program lies that is called by its name alone. The folders of the distribution
    /// hold programs rather than scripts, and are looked into for the names of cleanups only.
    fn searched(&mut self, name: &[u8], everywhere: bool) -> Option<Vec<u8>> {
        const STANDARD: [&[u8]; 4] = [b"/usr/sbin", b"/usr/bin", b"/sbin", b"/bin"];
        let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if name.is_empty() || !name.iter().all(plain) {
            return None;
        }
        let set = self.scope.text(b"PATH").unwrap_or_default();
        let mut folders: Vec<&[u8]> = set
            .split(|&b| b == b':')
            .filter(|folder| folder.starts_with(b"/") && !STANDARD.contains(folder))
            .take(8)
            .collect();
        folders.extend([&b"/usr/local/sbin"[..], b"/usr/local/bin"]);
        if everywhere {
            folders.extend(STANDARD);
        }
        let mut paths = folders.into_iter().map(|f| [f, b"/", name].concat());
        paths.find(|path| self.load.load(path).is_some())
    }

    /// A program that is called by its path.
    pub(super) fn called(&mut self, path: &[u8], args: &[Arg], span: Range<usize>) {
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
        let (mark, cwd, gates) = (self.scope.mark(), self.cwd.clone(), self.gates.len());
        let braces = self.scope.braces;
        let functions = std::mem::take(&mut self.functions);
        self.positional(path, args);
        self.within(source_of(&file), line, |walker, source| {
            match interpreter(&source.text) {
                Interpreter::Shell { braces } => {
                    walker.scope.braces = braces;
                    walker.script(source);
                    walker.not_come_to(&source.file);
                }
                Interpreter::Other => walker.foreign(source),
                Interpreter::Binary => {}
            }
        });
        self.functions = functions;
        self.scope.restore(mark);
        self.scope.braces = braces;
        self.cwd = cwd;
        self.gates.truncate(gates);
        self.stopped = false;
    }

    /// A script in another language: that it deletes is all that is said.
    pub(super) fn foreign(&mut self, source: &Source) {
        let mut at = 0;
        let mut noted = 0;
        for line in source.text.split(|&b| b == b'\n') {
            let is_comment = line.trim_ascii_start().starts_with(b"#");
            if !is_comment && noted < MAX_FOREIGN && phrase::deletes_elsewhere(line) {
                noted += 1;
                self.opaque(
                    at..at + line.len(),
                    "it is not written for a shell".to_owned(),
                );
            }
            at += line.len() + 1;
        }
    }

    /// `perl -e TEXT`, `python3 SCRIPT`.
    pub(super) fn one_liner(&mut self, args: &[Arg], span: Range<usize>) {
        let words = texts(args);
        let is_text = |word: &Vec<u8>| {
            word.len() > 1
                && word[0] == b'-'
                && word[1] != b'-'
                && word.iter().any(|b| matches!(b, b'e' | b'c' | b'E' | b'r'))
        };
        if words.iter().any(is_text) {
            if words.iter().any(|word| phrase::deletes_elsewhere(word)) {
                self.opaque(span, "it is not written for a shell".to_owned());
            }
            return;
        }
        if let Some(at) = words.iter().position(|word| !word.starts_with(b"-")) {
            self.program(&args[at], &args[at + 1..], span);
        }
    }

    pub(super) fn change_directory(&mut self, args: &[Arg]) {
        let target = args.iter().find(|arg| {
            let text = arg.text();
            !text.starts_with(b"-") || text == b"-"
        });
        self.cwd = target
            .filter(|arg| arg.is_known())
            .and_then(|arg| paths::directory(arg, self.cwd.as_deref()));
    }

    pub(super) fn declare(&mut self, simple: &Simple) {
        for word in simple.words.iter().skip(1) {
            let Some(text) = self.source.text.get(word.span.clone()) else {
                continue;
            };
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

    /// The here-document that a command reads.
    pub(super) fn document_of(&self, simple: &Simple) -> Option<Range<usize>> {
        match simple.input.as_ref()? {
            shell::Input::Document(number) => self.documents.get(*number).cloned(),
            _ => None,
        }
    }
}

/// The variable that `eval NAME=…` sets.
fn set_name(arg: &Arg) -> Option<Vec<u8>> {
    let mut name = Vec::new();
    for glyph in &arg.glyphs {
        match glyph {
            Glyph::Byte(b'=') if !name.is_empty() => return Some(name),
            Glyph::Byte(byte) if byte.is_ascii_alphanumeric() || *byte == b'_' => name.push(*byte),
            _ => return None,
        }
    }
    None
}

fn names_a_cleanup(path: &[u8]) -> bool {
    let name = phrase::basename(path).to_ascii_lowercase();
    // Its configuration is read for itself.
    if name == b"logrotate" || is_foreign(&name) {
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
