//! Loops: over words that are known, over the lines of a text, over what a pipeline names.
//!
//! A variable that holds each of the paths of a pipeline in turn is an item of a [`List`]: what
//! removes it, wherever in the loop that stands, removes what the pipeline names.

use std::ops::Range;

use super::named::Named;
use super::{MAX_STEPS, Source, Walker, read_names, texts, unwrapped};
use crate::rules::expand::{Arg, Glyph, Hole, Origin};
use crate::rules::model::Place;
use crate::rules::paths;
use crate::rules::phrase::{self, Fate};
use crate::rules::shell::{self, Input, Node, Simple, Word};

/// Lines of one text that a loop goes over.
const MAX_LINES: usize = 512;

/// What a pipeline has named.
pub(super) struct List {
    pub(super) named: Named,
    source: Source,
    span: Range<usize>,
}

impl List {
    /// A whole text that is one pipeline.
    pub(super) fn of(named: Named, source: Source) -> Self {
        Self {
            span: 0..source.text.len(),
            named,
            source,
        }
    }
}

impl Walker<'_> {
    /// Keeps a list; what a variable holds that goes over it.
    pub(super) fn list_item(&mut self, list: List) -> Glyph {
        let text = String::from_utf8_lossy(&list.source.text[list.span.clone()]).into_owned();
        self.items.push(list);
        Glyph::Hole(Hole {
            text: format!("$({text})"),
            origin: Origin::Item(self.items.len() - 1),
        })
    }

    /// An operand that is an item of a list: what is removed is what the list names.
    pub(super) fn item_removed(
        &mut self,
        arg: &Arg,
        word: Option<&Word>,
        fate: Fate,
        span: &Range<usize>,
    ) {
        let Some((list, before)) = arg
            .item()
            .and_then(|(list, before)| Some((self.items.get(list)?, before)))
        else {
            return;
        };
        let (mut named, source, all) = (list.named.clone(), list.source.clone(), list.span.clone());
        if let Some(word) = word {
            named = named.in_words(word);
        }
        // The pipeline is the rule. Where the removal is no part of it, that calls it.
        let line = self.source.line(span.start);
        let ends = source.line(all.end);
        let is_part =
            source.file == self.source.file && (source.line(all.start)..=ends).contains(&line);
        let depth = self.via.len();
        if !is_part {
            self.via.push(Place {
                file: self.source.file.clone(),
                line,
            });
        }
        let outside = std::mem::replace(&mut self.source, source);
        self.named_removal(named, &before, fate, all);
        self.source = outside;
        self.via.truncate(depth);
    }

    /// `find … | while read f; do … done`.
    pub(super) fn piped_loop(&mut self, stages: &[Node], span: &Range<usize>) -> bool {
        let Some((
            Node::Loop {
                condition,
                body,
                input: None,
            },
            others,
        )) = stages.split_last()
        else {
            return false;
        };
        let Some(read) = reader(condition) else {
            return false;
        };
        self.forget_set_in(body);
        if let Some(lines) = self.shown_lines(others) {
            self.each_line(&lines, read, body);
            return true;
        }
        let Some(named) = self.named(others) else {
            return false;
        };
        let list = List {
            named: named.spoiled_by(taken_apart(read, &self.source.text)),
            source: self.source.clone(),
            span: span.clone(),
        };
        let item = self.list_item(list);
        self.each_item(item, read, body);
        true
    }

    /// The lines that `cat FILE` shows, comments left out by a `grep` or not.
    fn shown_lines(&mut self, stages: &[Node]) -> Option<Vec<Vec<u8>>> {
        let [Node::Simple(first), others @ ..] = stages else {
            return None;
        };
        let is_comment_filter = |stage: &Node| {
            let Node::Simple(simple) = stage else {
                return false;
            };
            let words = texts(&self.scope.args(&simple.words));
            matches!(words.as_slice(), [grep, v, ..] if grep == b"grep" && v == b"-v")
        };
        if !others.iter().all(is_comment_filter) {
            return None;
        }
        let args = self.scope.args(&first.words);
        let args = unwrapped(&args);
        let (program, rest) = args.split_first()?;
        let file = match (phrase::basename(&program.text()), rest) {
            (b"cat", [file]) => file,
            (b"grep", [v, _, file]) if v.text() == b"-v" => file,
            _ => return None,
        };
        let path = paths::directory(file, self.cwd.as_deref()).filter(|_| file.is_known())?;
        Some(lines_of(&self.load.load(&path)?.contents))
    }

    /// What a loop sets is not known when it begins its second round.
    fn forget_set_in(&mut self, body: &[Node]) {
        let mut names = Vec::new();
        set_in(body, &mut names);
        for name in names {
            if self.scope.get(&name).is_some() {
                self.scope.forget(&name);
            }
        }
    }

    /// `while …; do … done`, and where it reads from.
    pub(super) fn repetition(&mut self, condition: &[Node], body: &[Node], input: Option<&Input>) {
        let gates = self.gates.len();
        self.forget_set_in(body);
        match (reader(condition), input) {
            (Some(read), Some(input)) => self.reading(read, body, input),
            (Some(read), None) => {
                self.forget_read(read);
                self.branch(body);
            }
            (None, _) => {
                self.nodes(condition);
                self.branch(body);
            }
        }
        self.gates.truncate(gates);
    }

    fn reading(&mut self, read: &Simple, body: &[Node], input: &Input) {
        let lines = match input {
            Input::Document(number) => self.documents.get(*number).cloned().map(|document| {
                let lines = lines_of(&self.source.text[document]);
                lines.into_iter().map(|line| self.expanded(line)).collect()
            }),
            Input::File(word) => self.loaded(word).map(|text| lines_of(&text)),
            Input::Text(word) => {
                let value = self.scope.value(word);
                if let [
                    item @ Glyph::Hole(Hole {
                        origin: Origin::Item(_),
                        ..
                    }),
                ] = value.as_slice()
                {
                    return self.each_item(item.clone(), read, body);
                }
                let arg = Arg {
                    glyphs: value,
                    word: None,
                };
                arg.is_known().then(|| lines_of(&arg.text()))
            }
            Input::Command(text) => {
                let inner = self.source.inner(text, read.span.start);
                if let Some(named) = self.named_by_text(&inner) {
                    let named = named.spoiled_by(taken_apart(read, &self.source.text));
                    let item = self.list_item(List::of(named, inner));
                    return self.each_item(item, read, body);
                }
                None
            }
        };
        match lines {
            Some(lines) => self.each_line(&lines, read, body),
            None => {
                self.forget_read(read);
                self.branch(body);
            }
        }
    }

    /// A line of a here-document with the variables in it, where all of them are known.
    fn expanded(&self, line: Vec<u8>) -> Vec<u8> {
        if !line.contains(&b'$') {
            return line;
        }
        let value = shell::word(&line).map(|word| Arg {
            glyphs: self.scope.value(&word),
            word: None,
        });
        value.filter(Arg::is_known).map_or(line, |arg| arg.text())
    }

    fn loaded(&mut self, word: &Word) -> Option<Vec<u8>> {
        let arg = Arg {
            glyphs: self.scope.value(word),
            word: None,
        };
        let path = paths::directory(&arg, self.cwd.as_deref()).filter(|_| arg.is_known())?;
        Some(self.load.load(&path)?.contents)
    }

    fn forget_read(&mut self, read: &Simple) {
        for name in read_names(read, &self.source.text) {
            self.scope.forget(&name);
        }
    }

    /// The body of a loop, for every line that is read.
    fn each_line(&mut self, lines: &[Vec<u8>], read: &Simple, body: &[Node]) {
        let names = read_names(read, &self.source.text);
        let separator = read.assignments.iter().find(|a| a.name == b"IFS");
        let separator = separator.and_then(|a| match &a.value {
            shell::Assigned::Word(word) => {
                let glyphs = self.scope.value(word);
                match glyphs.as_slice() {
                    [Glyph::Byte(byte)] => Some(*byte),
                    _ => None,
                }
            }
            shell::Assigned::List(_) => None,
        });
        let mark = self.scope.mark();
        let gates = self.gates.len();
        for line in lines {
            for (name, value) in names.iter().zip(split_for(line, separator, names.len())) {
                self.scope.set_text(name, &value);
            }
            self.nodes(body);
            self.gates.truncate(gates);
            self.stopped = self.steps > MAX_STEPS;
        }
        self.scope.doubt(mark);
        self.forget_read(read);
    }

    /// The body of a loop whose last variable is each item of a list.
    fn each_item(&mut self, item: Glyph, read: &Simple, body: &[Node]) {
        let gates = self.gates.len();
        self.forget_read(read);
        let names = read_names(read, &self.source.text);
        let name = names.last().map_or(&b"REPLY"[..], Vec::as_slice);
        self.scope.set(name, vec![item]);
        self.branch(body);
        self.gates.truncate(gates);
    }

    /// `for NAME in WORDS`.
    pub(super) fn iteration(&mut self, name: &[u8], words: Option<&[Word]>, body: &[Node]) {
        let gates = self.gates.len();
        let mut args = match words {
            Some(words) => self.scope.args(words),
            None => self.arguments(),
        };
        if let Some([word]) = words
            && let Some((named, inner)) = self.substituted(word)
        {
            let named = named.in_words(word);
            let glyphs = vec![self.list_item(List::of(named, inner))];
            args = vec![Arg { glyphs, word: None }];
        }
        self.forget_set_in(body);
        if args.is_empty() {
            self.scope.forget(name);
            self.branch(body);
            self.gates.truncate(gates);
            return;
        }
        let before = self.scope.mark();
        for arg in args {
            self.scope.set(name, arg.glyphs);
            self.nodes(body);
            self.gates.truncate(gates);
            self.stopped = self.steps > MAX_STEPS;
            self.scope.doubt(before);
        }
        self.scope.forget(name);
    }

    fn arguments(&self) -> Vec<Arg> {
        let all = self.scope.list(b"@").unwrap_or_default();
        all.iter()
            .map(|glyphs| Arg {
                glyphs: glyphs.clone(),
                word: None,
            })
            .collect()
    }

    /// `mapfile -t NAME < <(…)`.
    pub(super) fn read_list(&mut self, args: &[Arg], simple: &Simple) {
        let Some(name) = args.last().map(Arg::text) else {
            return;
        };
        let item = match &simple.input {
            Some(Input::Command(text)) => {
                let inner = self.source.inner(text, simple.span.start);
                let named = self.named_by_text(&inner);
                named.map(|named| self.list_item(List::of(named, inner)))
            }
            _ => None,
        };
        match item {
            Some(item) => self.scope.set_list(&name, vec![vec![item]]),
            None => self.scope.forget(&name),
        }
    }
}

/// The `read` that a loop goes on with.
fn reader(condition: &[Node]) -> Option<&Simple> {
    match condition.last()? {
        Node::Simple(simple) => Some(simple),
        Node::Chain(links) => match links.first() {
            // `while read -r f || [ -n "$f" ]`
            Some((_, Node::Simple(simple))) => Some(simple),
            _ => None,
        },
        _ => None,
    }
    .filter(|simple| {
        let first = simple.words.first();
        first.is_some_and(|word| {
            matches!(word.pieces.as_slice(), [piece]
                if piece.kind == shell::PieceKind::Text(b"read".to_vec()))
        })
    })
}

/// The bytes in a name of which `read` makes something else: it reads a line, and without `-r`
/// takes backslashes for quotes.
fn taken_apart(read: &Simple, text: &[u8]) -> &'static [u8] {
    let words = &text[read.span.clone()];
    let mut options = words.split(u8::is_ascii_whitespace);
    let is_set = |letter: u8, word: &[u8]| phrase::is_short_flag(word, letter);
    if options.clone().any(|word| is_set(b'd', word)) {
        b""
    } else if options.any(|word| is_set(b'r', word)) {
        b"\n"
    } else {
        b"\n\\"
    }
}

/// The names that an arithmetic text may set.
pub(super) fn names_in(text: &[u8]) -> Vec<Vec<u8>> {
    text.split(|b| !(b.is_ascii_alphanumeric() || *b == b'_'))
        .filter(|word| word.first().is_some_and(|b| !b.is_ascii_digit()))
        .map(<[u8]>::to_vec)
        .collect()
}

/// The simple commands inside others.
pub(super) fn simple_in<'a>(
    nodes: impl IntoIterator<Item = &'a Node>,
    found: &mut Vec<&'a Simple>,
) {
    let mut todo: Vec<&Node> = nodes.into_iter().collect();
    while let Some(node) = todo.pop() {
        match node {
            Node::Simple(simple) => found.push(simple),
            Node::Group(inner) | Node::Subshell(inner) => todo.extend(inner),
            Node::Loop {
                condition, body, ..
            } => todo.extend(condition.iter().chain(body)),
            Node::For { body, .. } => todo.extend(body),
            Node::If { arms, otherwise } => {
                let arms = arms
                    .iter()
                    .flat_map(|(condition, body)| condition.iter().chain(body));
                todo.extend(arms.chain(otherwise));
            }
            Node::Chain(links) => todo.extend(links.iter().map(|(_, node)| node)),
            Node::Case { arms, .. } => todo.extend(arms.iter().flat_map(|(_, body)| body)),
            Node::Pipeline { stages, .. } => todo.extend(stages),
            Node::Function { body, .. } => todo.push(body),
            Node::Arithmetic(_) => {}
        }
    }
    found.sort_by_key(|simple| simple.span.start);
}

/// The names that commands set. What nests is bounded by the parser.
fn set_in(nodes: &[Node], names: &mut Vec<Vec<u8>>) {
    for node in nodes {
        match node {
            Node::Simple(simple) => names.extend(simple.assignments.iter().map(|a| a.name.clone())),
            Node::Arithmetic(text) => names.extend(names_in(text)),
            Node::Group(inner) => set_in(inner, names),
            Node::Loop {
                condition, body, ..
            } => {
                set_in(condition, names);
                set_in(body, names);
            }
            Node::For { name, body, .. } => {
                names.push(name.clone());
                set_in(body, names);
            }
            Node::If { arms, otherwise } => {
                for (condition, body) in arms {
                    set_in(condition, names);
                    set_in(body, names);
                }
                set_in(otherwise, names);
            }
            Node::Chain(links) => {
                for (_, node) in links {
                    set_in(std::slice::from_ref(node), names);
                }
            }
            Node::Case { arms, .. } => {
                for (_, body) in arms {
                    set_in(body, names);
                }
            }
            // What a subshell or a stage of a pipeline sets is gone when it ends.
            Node::Subshell(_) | Node::Pipeline { .. } | Node::Function { .. } => {}
        }
    }
}

/// The lines of a text that say something.
fn lines_of(text: &[u8]) -> Vec<Vec<u8>> {
    text.split(|&b| b == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
        .take(MAX_LINES)
        .map(<[u8]>::to_vec)
        .collect()
}

/// A line as the values of so many variables; the last takes what is left.
fn split_for(line: &[u8], separator: Option<u8>, count: usize) -> Vec<Vec<u8>> {
    let is_separator = |b: &u8| match separator {
        Some(own) => *b == own,
        None => b.is_ascii_whitespace(),
    };
    let mut values = Vec::with_capacity(count);
    let mut rest = line;
    for _ in 1..count {
        let len = rest.iter().position(is_separator).unwrap_or(rest.len());
        values.push(rest[..len].to_vec());
        rest = &rest[(len + 1).min(rest.len())..];
        if separator.is_none() {
            rest = rest.trim_ascii_start();
        }
    }
    if count > 0 {
        values.push(rest.to_vec());
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_as_read_does() {
        for (line, separator, count, expected) in [
            ("/data 30", None, 2, &["/data", "30"][..]),
            ("/data   30 x y", None, 2, &["/data", "30 x y"]),
            ("/data:30", Some(b':'), 2, &["/data", "30"]),
            ("/data", None, 2, &["/data", ""]),
            ("/a b", None, 1, &["/a b"]),
        ] {
            let values = split_for(line.as_bytes(), separator, count);
            let values: Vec<_> = values.iter().map(|v| String::from_utf8_lossy(v)).collect();
            assert_eq!(values, expected, "{line}");
        }
    }
}
