//! Words → arguments, as far as their values follow from the text.
//!
//! Expansion in the order of POSIX.1-2017 §2.6: braces (bash only), parameters with constant
//! values, field splitting of what was not quoted. Pathname expansion is left to the tree: a
//! wildcard stays one, as a [`Glyph::Wild`]. What does not follow from the text (the output of a
//! command, a variable that nobody sets) is a [`Glyph::Hole`] with its words.

mod arithmetic;
mod fields;
mod output;

use std::collections::BTreeMap;

use crate::rules::glob;
use crate::rules::shell::{self, Piece, PieceKind, Word};

use fields::{Fields, expand_braces};

/// One place of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Glyph {
    /// This byte.
    Byte(u8),
    /// A wildcard character of a pathname pattern.
    Wild(u8),
    /// Any number of bytes that are not known.
    Hole(Hole),
}

/// Why a part of an argument is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hole {
    /// What stands there.
    pub(super) text: String,
    /// What is known of it all the same.
    pub(super) origin: Origin,
}

/// What is known of a value that does not follow from the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nothing.
    Unknown,
    /// The output of `date`: its format and how many seconds before now.
    Date(Vec<u8>, i64),
    /// A file that the script makes for itself: a pattern of its name.
    Made(Vec<u8>),
    /// What it is unless the machine says otherwise.
    Default(Vec<u8>),
    /// Each of the paths that a command has named; which one is known to whoever keeps the list.
    Item(usize),
}

impl Hole {
    /// The format and the distance from now of a date.
    pub(super) fn date(&self) -> Option<(&[u8], i64)> {
        match &self.origin {
            Origin::Date(format, ago) => Some((format, *ago)),
            _ => None,
        }
    }
}

/// One argument of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Arg {
    pub(super) glyphs: Vec<Glyph>,
    /// The word that it comes from, as an index into the command's words.
    pub(super) word: Option<usize>,
}

impl Arg {
    /// Its bytes, a hole as the words that stand there.
    pub(super) fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.glyphs.len());
        for glyph in &self.glyphs {
            match glyph {
                Glyph::Byte(byte) | Glyph::Wild(byte) => text.push(*byte),
                Glyph::Hole(hole) => text.extend_from_slice(hole.text.as_bytes()),
            }
        }
        text
    }

    /// Whether every byte is known.
    pub(super) fn is_known(&self) -> bool {
        !self.glyphs.iter().any(|g| matches!(g, Glyph::Hole(_)))
    }

    /// The first part that is not known.
    pub(super) fn hole(&self) -> Option<&Hole> {
        self.glyphs.iter().find_map(|glyph| match glyph {
            Glyph::Hole(hole) => Some(hole),
            _ => None,
        })
    }

    /// As a shell pattern: quoted wildcards escaped, dates as digits; `None` with other holes.
    pub(super) fn pattern(&self) -> Option<Vec<u8>> {
        let mut pattern = Vec::with_capacity(self.glyphs.len());
        for glyph in &self.glyphs {
            match glyph {
                Glyph::Byte(byte) => pattern.extend(glob::escape(&[*byte])),
                Glyph::Wild(byte) => pattern.push(*byte),
                Glyph::Hole(hole) => pattern.extend(known_shape(hole)?),
            }
        }
        Some(pattern)
    }

    /// The same with `*` for what is not known: what it may be.
    pub(super) fn loose_pattern(&self) -> Vec<u8> {
        let mut pattern = Vec::with_capacity(self.glyphs.len());
        for glyph in &self.glyphs {
            match glyph {
                Glyph::Byte(byte) => pattern.extend(glob::escape(&[*byte])),
                Glyph::Wild(byte) => pattern.push(*byte),
                Glyph::Hole(hole) => pattern.extend(likely_shape(hole)),
            }
        }
        pattern
    }

    /// As a pattern of its own (an argument of `-name`), dates as digits.
    pub(super) fn dated_pattern(&self) -> Option<Vec<u8>> {
        let mut pattern = Vec::with_capacity(self.glyphs.len());
        for glyph in &self.glyphs {
            match glyph {
                Glyph::Byte(byte) | Glyph::Wild(byte) => pattern.push(*byte),
                Glyph::Hole(hole) => pattern.extend(known_shape(hole)?),
            }
        }
        Some(pattern)
    }

    /// The same with `*` for what is not known.
    pub(super) fn loose_own_pattern(&self) -> Vec<u8> {
        let mut pattern = Vec::with_capacity(self.glyphs.len());
        for glyph in &self.glyphs {
            match glyph {
                Glyph::Byte(byte) | Glyph::Wild(byte) => pattern.push(*byte),
                Glyph::Hole(hole) => pattern.extend(likely_shape(hole)),
            }
        }
        pattern
    }

    /// The list that it is an item of, and what stands before it, when that is all.
    pub(super) fn item(&self) -> Option<(usize, Vec<u8>)> {
        let (Glyph::Hole(hole), before) = self.glyphs.split_last()? else {
            return None;
        };
        let Origin::Item(list) = hole.origin else {
            return None;
        };
        let before: Option<Vec<u8>> = before
            .iter()
            .map(|glyph| match glyph {
                Glyph::Byte(byte) => Some(*byte),
                _ => None,
            })
            .collect();
        Some((list, before?))
    }

    /// Whether it names nothing but what the script has made for itself.
    pub(super) fn is_made(&self) -> bool {
        let is_made = |hole: &Hole| matches!(hole.origin, Origin::Made(_));
        self.hole().is_some_and(is_made) && self.pattern().is_some()
    }
}

/// A pattern of what is known to stand there.
fn known_shape(hole: &Hole) -> Option<Vec<u8>> {
    match &hole.origin {
        Origin::Date(format, _) => date_pattern(format),
        Origin::Made(pattern) => Some(pattern.clone()),
        Origin::Unknown | Origin::Default(_) | Origin::Item(_) => None,
    }
}

fn likely_shape(hole: &Hole) -> Vec<u8> {
    match &hole.origin {
        Origin::Default(text) => glob::escape(text),
        _ => known_shape(hole).unwrap_or_else(|| b"*".to_vec()),
    }
}

/// A pattern for what `date +FORMAT` prints.
fn date_pattern(format: &[u8]) -> Option<Vec<u8>> {
    let mut pattern = Vec::new();
    let mut bytes = format.iter();
    while let Some(&byte) = bytes.next() {
        if byte != b'%' {
            pattern.extend(glob::escape(&[byte]));
            continue;
        }
        let mut digits = |n: usize| pattern.extend(b"[0-9]".repeat(n));
        match bytes.next()? {
            b'Y' | b'G' => digits(4),
            b'm' | b'd' | b'H' | b'M' | b'S' | b'y' | b'V' | b'U' | b'W' | b'C' => digits(2),
            b'j' => digits(3),
            b'u' | b'w' => digits(1),
            b's' => digits(10),
            b'F' => {
                digits(4);
                for _ in 0..2 {
                    pattern.push(b'-');
                    pattern.extend(b"[0-9]".repeat(2));
                }
            }
            b'b' | b'a' | b'h' => pattern.extend_from_slice(b"???"),
            b'A' | b'B' => pattern.push(b'*'),
            _ => return None,
        }
    }
    Some(pattern)
}

/// What is known of the variables.
///
/// A script may set thousands of them in thousands of branches, so no branch copies them: what
/// is set is noted in a journal, and a branch looks back over its own part of that.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    variables: BTreeMap<Vec<u8>, Value>,
    journal: Vec<(Vec<u8>, Option<Value>)>,
    /// Places of all values that were ever set: the journal keeps them.
    spent: usize,
    /// Whether `{a,b}` is expanded: bash does, dash does not.
    pub(super) braces: bool,
}

/// What a variable holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    One(Vec<Glyph>),
    /// An array of bash, or the arguments of a script.
    List(Vec<Vec<Glyph>>),
}

impl Value {
    fn len(&self) -> usize {
        match self {
            Self::One(glyphs) => glyphs.len(),
            Self::List(values) => values.iter().map(Vec::len).sum(),
        }
    }
}

/// A moment in the life of a scope.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark(usize);

/// Fields that one word may expand to, and the length of one.
const MAX_FIELDS: usize = 512;
const MAX_LENGTH: usize = 64 << 10;
/// Places of all values together; what is set after that stays unknown.
const MAX_GLYPHS: usize = 1 << 19;
/// Variables that are followed; what else is set stays unknown.
const MAX_VARIABLES: usize = 4096;

impl Scope {
    /// No variable is known yet.
    pub(super) fn new(braces: bool) -> Self {
        Self {
            braces,
            ..Self::default()
        }
    }

    /// Sets a variable.
    pub(super) fn set(&mut self, name: &[u8], value: Vec<Glyph>) {
        self.put(name, Value::One(value));
    }

    /// Sets an array.
    pub(super) fn set_list(&mut self, name: &[u8], values: Vec<Vec<Glyph>>) {
        self.put(name, Value::List(values));
    }

    fn put(&mut self, name: &[u8], value: Value) {
        if self.variables.len() >= MAX_VARIABLES && !self.variables.contains_key(name) {
            return;
        }
        self.spent = self.spent.saturating_add(value.len());
        let value = match self.spent {
            ..=MAX_GLYPHS => value,
            _ => Value::One(vec![hole(format!("${}", String::from_utf8_lossy(name)))]),
        };
        let before = self.variables.insert(name.to_vec(), value);
        self.journal.push((name.to_vec(), before));
    }

    /// Sets a variable to a known text.
    pub(super) fn set_text(&mut self, name: &[u8], value: &[u8]) {
        self.set(name, known(value));
    }

    /// Makes a variable unknown.
    pub(super) fn forget(&mut self, name: &[u8]) {
        let text = format!("${}", String::from_utf8_lossy(name));
        self.set(name, vec![hole(text)]);
    }

    /// Makes every variable unknown.
    pub(super) fn forget_all(&mut self) {
        let is_known = |value: &Value| match value {
            Value::One(glyphs) => !matches!(glyphs.as_slice(), [Glyph::Hole(_)]),
            Value::List(_) => true,
        };
        let names = self.variables.iter().filter(|(_, value)| is_known(value));
        let names: Vec<Vec<u8>> = names.map(|(name, _)| name.clone()).collect();
        names.iter().for_each(|name| self.forget(name));
    }

    /// The value of a variable.
    pub(super) fn get(&self, name: &[u8]) -> Option<&[Glyph]> {
        match self.variables.get(name)? {
            Value::One(glyphs) => Some(glyphs),
            Value::List(values) => values.first().map(Vec::as_slice),
        }
    }

    /// The values of an array.
    pub(super) fn list(&self, name: &[u8]) -> Option<&[Vec<Glyph>]> {
        match self.variables.get(name)? {
            Value::One(glyphs) => Some(std::slice::from_ref(glyphs)),
            Value::List(values) => Some(values),
        }
    }

    /// The value of a variable as text, when all of it is known.
    pub(super) fn text(&self, name: &[u8]) -> Option<Vec<u8>> {
        let arg = Arg {
            glyphs: self.get(name)?.to_vec(),
            word: None,
        };
        arg.is_known().then(|| arg.text())
    }

    /// The present moment, to come back to.
    pub(super) fn mark(&self) -> Mark {
        Mark(self.journal.len())
    }

    /// Every variable is again what it was.
    pub(super) fn restore(&mut self, mark: Mark) {
        while self.journal.len() > mark.0 {
            match self.journal.pop() {
                Some((name, Some(value))) => self.variables.insert(name, value),
                Some((name, None)) => self.variables.remove(&name),
                None => return,
            };
        }
    }

    /// Variables that have another value since are known no longer: what changed them may not
    /// have been run. One that was not set before keeps what it was set to.
    pub(super) fn doubt(&mut self, mark: Mark) {
        let mut first: BTreeMap<&[u8], Option<&Value>> = BTreeMap::new();
        for (name, before) in &self.journal[mark.0.min(self.journal.len())..] {
            first.entry(name).or_insert(before.as_ref());
        }
        let changed = first.into_iter().filter(|(name, before)| {
            before.is_some_and(|before| self.variables.get(*name) != Some(before))
        });
        let changed: Vec<Vec<u8>> = changed.map(|(name, _)| name.to_vec()).collect();
        changed.iter().for_each(|name| self.forget(name));
    }

    /// A word as the value of an assignment: neither split nor matched against names.
    pub(super) fn value(&self, word: &Word) -> Vec<Glyph> {
        let mut fields = Fields::default();
        for piece in &word.pieces {
            if let PieceKind::Variable { name, rest } = &piece.kind
                && is_all(name, rest)
            {
                for glyphs in self.joined(name) {
                    fields.insert(glyphs, true);
                }
                continue;
            }
            let quoted = Piece {
                quoted: true,
                kind: piece.kind.clone(),
            };
            self.piece(&quoted, &mut fields);
        }
        fields.finish().into_iter().next().unwrap_or_default()
    }

    /// The fields that a word expands to.
    pub(super) fn fields(&self, word: &Word) -> Vec<Vec<Glyph>> {
        let mut fields = Fields::default();
        if self.is_empty_list(word) {
            return Vec::new();
        }
        for piece in &word.pieces {
            self.piece(piece, &mut fields);
        }
        let fields = fields.finish();
        if !self.braces {
            return fields;
        }
        fields.into_iter().flat_map(expand_braces).collect()
    }

    /// The fields of several words, as arguments.
    pub(super) fn args(&self, words: &[Word]) -> Vec<Arg> {
        let mut args = Vec::new();
        for (index, word) in words.iter().enumerate() {
            for glyphs in self.fields(word) {
                if args.len() < MAX_FIELDS {
                    args.push(Arg {
                        glyphs,
                        word: Some(index),
                    });
                }
            }
        }
        args
    }

    fn piece(&self, piece: &Piece, fields: &mut Fields) {
        match &piece.kind {
            PieceKind::Text(text) => {
                if piece.quoted {
                    fields.quoted();
                }
                for &byte in text {
                    fields.push(text_glyph(byte, piece.quoted, self.braces));
                }
            }
            PieceKind::Variable { name, rest } if is_all(name, rest) => {
                self.all(name, piece.quoted, fields);
            }
            PieceKind::Variable { name, rest } => {
                let value = self.parameter(name, rest);
                fields.insert(value, piece.quoted);
            }
            PieceKind::Command(text) => {
                fields.insert(self.substitution(text), piece.quoted);
            }
            PieceKind::Arithmetic(text) => {
                let number = arithmetic::value(text, &|name| self.text(name));
                let value = match number {
                    Some(number) => known(number.to_string().as_bytes()),
                    None => vec![hole(format!("$(({}))", String::from_utf8_lossy(text)))],
                };
                fields.insert(value, piece.quoted);
            }
        }
    }

    /// Whether a word is `"$@"` and there is nothing in it: then there is no word.
    fn is_empty_list(&self, word: &Word) -> bool {
        let mut pieces = word.pieces.iter().filter(|piece| !is_nothing(piece));
        match (pieces.next(), pieces.next()) {
            (Some(piece), None) => match &piece.kind {
                PieceKind::Variable { name, rest } if is_all(name, rest) => {
                    self.list(name).is_some_and(<[_]>::is_empty)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// `$@`, `${LIST[@]}`: in quotes each value is a field of its own.
    fn all(&self, name: &[u8], quoted: bool, fields: &mut Fields) {
        let Some(values) = self.list(name) else {
            let text = format!("${{{}[@]}}", String::from_utf8_lossy(name));
            return fields.insert(vec![hole(text)], quoted);
        };
        for (index, value) in values.iter().enumerate().take(MAX_FIELDS) {
            if index > 0 {
                fields.next();
            }
            fields.insert(value.clone(), quoted);
        }
    }

    /// The values of a list with a blank between them.
    fn joined(&self, name: &[u8]) -> Vec<Vec<Glyph>> {
        let Some(values) = self.list(name) else {
            return vec![vec![hole(format!("${}", String::from_utf8_lossy(name)))]];
        };
        let blank = || vec![Glyph::Byte(b' ')];
        let mut all: Vec<Vec<Glyph>> = Vec::new();
        for value in values.iter().take(MAX_FIELDS) {
            if !all.is_empty() {
                all.push(blank());
            }
            all.push(value.clone());
        }
        all
    }

    /// `${NAME:-default}`, `${NAME%/}` and their like.
    fn parameter(&self, name: &[u8], rest: &[u8]) -> Vec<Glyph> {
        let known = self.get(name);
        let whole = || {
            let braced = !rest.is_empty();
            let (open, close) = if braced { ("{", "}") } else { ("", "") };
            let text = format!(
                "${open}{}{}{close}",
                String::from_utf8_lossy(name),
                String::from_utf8_lossy(rest)
            );
            vec![hole(text)]
        };
        let default = |text: &[u8]| match shell::word(text) {
            Some(word) => self.value(&word),
            None => whole(),
        };
        match rest {
            // The number of the process: part of a name that the script makes for itself.
            [] if name == b"$" => vec![Glyph::Hole(Hole {
                text: "$$".to_owned(),
                origin: Origin::Made(b"[0-9]*".to_vec()),
            })],
            [] => known.map_or_else(whole, <[Glyph]>::to_vec),
            [b':', b'-' | b'=', text @ ..] => match known {
                // What a program printed may well be nothing.
                Some([Glyph::Hole(printed)]) if printed.origin == Origin::Unknown => {
                    or_default(printed, &default(text))
                }
                Some(value) if !value.is_empty() => value.to_vec(),
                _ => default(text),
            },
            [b'-' | b'=', text @ ..] => known.map_or_else(|| default(text), <[Glyph]>::to_vec),
            [b':', b'?', ..] | [b'?', ..] => known.map_or_else(whole, <[Glyph]>::to_vec),
            [b'%', b'/'] => match known {
                Some(value) => {
                    let mut value = value.to_vec();
                    if value.last() == Some(&Glyph::Byte(b'/')) {
                        value.pop();
                    }
                    value
                }
                None => whole(),
            },
            _ => whole(),
        }
    }

    /// `$(…)`: the output of `date`, `echo` or nothing that can be known.
    fn substitution(&self, text: &[u8]) -> Vec<Glyph> {
        let script = shell::parse(text);
        let printed = match script.commands.as_slice() {
            [shell::Node::Simple(simple)] if script.faults.is_empty() => {
                output::of(&self.args(&simple.words))
            }
            _ => None,
        };
        let written = || format!("$({})", String::from_utf8_lossy(text).trim());
        match printed {
            Some(output::Output::Text(glyphs)) => glyphs,
            Some(output::Output::Shaped(origin)) => vec![Glyph::Hole(Hole {
                text: written(),
                origin,
            })],
            None => vec![hole(written())],
        }
    }
}

fn is_nothing(piece: &Piece) -> bool {
    matches!(&piece.kind, PieceKind::Text(text) if text.is_empty())
}

/// Whether a parameter stands for a whole list.
fn is_all(name: &[u8], rest: &[u8]) -> bool {
    match rest {
        [] => matches!(name, b"@" | b"*"),
        _ => matches!(rest, b"[@]" | b"[*]"),
    }
}

/// A value that is not known, and what stands for it when there is none.
fn or_default(unknown: &Hole, default: &[Glyph]) -> Vec<Glyph> {
    let default = Arg {
        glyphs: default.to_vec(),
        word: None,
    };
    let origin = match default.is_known() {
        true => Origin::Default(default.text()),
        false => Origin::Unknown,
    };
    vec![Glyph::Hole(Hole {
        text: unknown.text.clone(),
        origin,
    })]
}

/// A known text as a value.
fn known(text: &[u8]) -> Vec<Glyph> {
    text.iter().map(|&b| Glyph::Byte(b)).collect()
}

fn text_glyph(byte: u8, quoted: bool, braces: bool) -> Glyph {
    let wild = matches!(byte, b'*' | b'?' | b'[') || (braces && matches!(byte, b'{' | b'}' | b','));
    if wild && !quoted {
        Glyph::Wild(byte)
    } else {
        Glyph::Byte(byte)
    }
}

pub(super) fn hole(text: String) -> Glyph {
    Glyph::Hole(Hole {
        text,
        origin: Origin::Unknown,
    })
}
