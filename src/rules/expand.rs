//! Words → arguments, as far as their values follow from the text.
//!
//! Expansion in the order of POSIX.1-2017 §2.6: braces (bash only), parameters with constant
//! values, field splitting of what was not quoted. Pathname expansion is left to the tree: a
//! wildcard stays one, as a [`Glyph::Wild`]. What does not follow from the text (the output of a
//! command, a variable that nobody sets) is a [`Glyph::Hole`] with its words.

use std::collections::BTreeMap;

use crate::rules::glob;
use crate::rules::phrase;
use crate::rules::shell::{self, Piece, PieceKind, Word};

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
    /// For the output of `date`: its format and how many seconds before now.
    pub(super) date: Option<(Vec<u8>, i64)>,
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
                Glyph::Hole(hole) => pattern.extend(date_pattern(&hole.date.as_ref()?.0)?),
            }
        }
        Some(pattern)
    }

    /// As a pattern of its own (an argument of `-name`), dates as digits.
    pub(super) fn dated_pattern(&self) -> Option<Vec<u8>> {
        let mut pattern = Vec::with_capacity(self.glyphs.len());
        for glyph in &self.glyphs {
            match glyph {
                Glyph::Byte(byte) | Glyph::Wild(byte) => pattern.push(*byte),
                Glyph::Hole(hole) => pattern.extend(date_pattern(&hole.date.as_ref()?.0)?),
            }
        }
        Some(pattern)
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
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    variables: BTreeMap<Vec<u8>, Vec<Glyph>>,
    /// Whether `{a,b}` is expanded: bash does, dash does not.
    pub(super) braces: bool,
}

/// Fields that one word may expand to, and the length of one.
const MAX_FIELDS: usize = 512;
const MAX_LENGTH: usize = 64 << 10;

impl Scope {
    /// No variable is known yet.
    pub(super) fn new(braces: bool) -> Self {
        Self {
            variables: BTreeMap::new(),
            braces,
        }
    }

    /// Sets a variable.
    pub(super) fn set(&mut self, name: &[u8], value: Vec<Glyph>) {
        self.variables.insert(name.to_vec(), value);
    }

    /// Sets a variable to a known text.
    pub(super) fn set_text(&mut self, name: &[u8], value: &[u8]) {
        self.set(name, value.iter().map(|&b| Glyph::Byte(b)).collect());
    }

    /// Makes a variable unknown.
    pub(super) fn forget(&mut self, name: &[u8]) {
        let text = format!("${}", String::from_utf8_lossy(name));
        self.set(name, vec![hole(text)]);
    }

    /// Makes every variable unknown.
    pub(super) fn forget_all(&mut self) {
        let names: Vec<Vec<u8>> = self.variables.keys().cloned().collect();
        names.iter().for_each(|name| self.forget(name));
    }

    /// The value of a variable.
    pub(super) fn get(&self, name: &[u8]) -> Option<&[Glyph]> {
        self.variables.get(name).map(Vec::as_slice)
    }

    /// The value of a variable as text, when all of it is known.
    pub(super) fn text(&self, name: &[u8]) -> Option<Vec<u8>> {
        let arg = Arg {
            glyphs: self.get(name)?.to_vec(),
            word: None,
        };
        arg.is_known().then(|| arg.text())
    }

    /// The variables that some branch has changed against `before` are known no longer.
    pub(super) fn merge(&mut self, before: &Self) {
        let differs = |name: &Vec<u8>| self.variables.get(name) != before.variables.get(name);
        let changed: Vec<Vec<u8>> = self
            .variables
            .keys()
            .filter(|n| differs(n))
            .cloned()
            .collect();
        for name in changed {
            if before.variables.contains_key(&name) {
                self.forget(&name);
            }
        }
    }

    /// A word as the value of an assignment: neither split nor matched against names.
    pub(super) fn value(&self, word: &Word) -> Vec<Glyph> {
        let mut fields = Fields::default();
        for piece in &word.pieces {
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
            PieceKind::Variable { name, rest } => {
                let value = self.parameter(name, rest);
                fields.insert(value, piece.quoted);
            }
            PieceKind::Command(text) => {
                fields.insert(vec![Glyph::Hole(self.substitution(text))], piece.quoted);
            }
            PieceKind::Arithmetic(text) => {
                let text = format!("$(({}))", String::from_utf8_lossy(text));
                fields.insert(vec![hole(text)], piece.quoted);
            }
        }
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
            [] => known.map_or_else(whole, <[Glyph]>::to_vec),
            [b':', b'-' | b'=', text @ ..] => match known {
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
    fn substitution(&self, text: &[u8]) -> Hole {
        let written = format!("$({})", String::from_utf8_lossy(text).trim());
        let script = shell::parse(text);
        let date = match script.commands.as_slice() {
            [shell::Node::Simple(simple)] if script.faults.is_empty() => {
                let args = self.args(&simple.words);
                date_output(&args.iter().map(Arg::text).collect::<Vec<_>>())
            }
            _ => None,
        };
        Hole {
            text: written,
            date,
        }
    }
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
    Glyph::Hole(Hole { text, date: None })
}

/// `date [-u] [-d TEXT] +FORMAT`: the format and the distance from now.
fn date_output(words: &[Vec<u8>]) -> Option<(Vec<u8>, i64)> {
    let (program, rest) = words.split_first()?;
    if phrase::basename(program) != b"date" {
        return None;
    }
    let mut format = None;
    let mut ago = 0;
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        let text = if let Some(f) = word.strip_prefix(b"+") {
            format = Some(f.to_vec());
            continue;
        } else if word == b"-d" || word == b"--date" {
            rest.next()?.clone()
        } else if let Some(text) = word.strip_prefix(b"--date=").or(word.strip_prefix(b"-d")) {
            text.to_vec()
        } else if word == b"-u" || word == b"--utc" {
            continue;
        } else {
            return None;
        };
        match phrase::moment(std::str::from_utf8(&text).ok()?)? {
            phrase::Moment::Ago(seconds) => ago = seconds,
            phrase::Moment::At(_) => return None,
        }
    }
    format.map(|format| (format, ago))
}

/// Fields as they grow.
#[derive(Default)]
struct Fields {
    done: Vec<Vec<Glyph>>,
    open: Option<Vec<Glyph>>,
}

impl Fields {
    /// Something quoted makes a field even when it is empty.
    fn quoted(&mut self) {
        self.open.get_or_insert_default();
    }

    fn push(&mut self, glyph: Glyph) {
        let open = self.open.get_or_insert_default();
        if open.len() < MAX_LENGTH {
            open.push(glyph);
        }
    }

    /// Puts in what a parameter stands for, splitting it at blanks when it is not quoted.
    fn insert(&mut self, value: Vec<Glyph>, quoted: bool) {
        if quoted {
            self.quoted();
            value.into_iter().for_each(|glyph| self.push(glyph));
            return;
        }
        for glyph in value {
            match glyph {
                Glyph::Byte(b' ' | b'\t' | b'\n') => {
                    if let Some(open) = self.open.take() {
                        self.done.push(open);
                    }
                }
                Glyph::Byte(byte) => self.push(text_glyph(byte, false, false)),
                other => self.push(other),
            }
        }
    }

    fn finish(mut self) -> Vec<Vec<Glyph>> {
        self.done.extend(self.open);
        self.done
    }
}

/// Expands the unquoted braces of one field.
fn expand_braces(field: Vec<Glyph>) -> Vec<Vec<Glyph>> {
    let is_brace = |g: &Glyph| matches!(g, Glyph::Wild(b'{' | b'}' | b','));
    if !field.iter().any(is_brace) {
        return vec![field];
    }
    // The brace expander works on bytes: only the field's own skeleton is given to it, every
    // other glyph as an index into the field, two escaped bytes each.
    let mut skeleton = Vec::new();
    for (index, glyph) in field.iter().enumerate() {
        match glyph {
            Glyph::Wild(byte @ (b'{' | b'}' | b',')) => skeleton.push(*byte),
            _ => {
                for part in [index >> 12 & 63, index >> 6 & 63, index & 63] {
                    // 64 values from `@` on, none of them a brace, a comma or a backslash.
                    skeleton.push(0x80 | u8::try_from(part).unwrap_or(0));
                }
            }
        }
    }
    let restore = |alternative: Vec<u8>| {
        let mut glyphs = Vec::new();
        let mut rest = alternative.as_slice();
        while let Some((&byte, after)) = rest.split_first() {
            match (byte, after) {
                (b'{' | b'}' | b',', _) => {
                    glyphs.push(Glyph::Byte(byte));
                    rest = after;
                }
                (high, [middle, low, after @ ..]) => {
                    let part = |b: u8| usize::from(b & 63);
                    let index = part(high) << 12 | part(*middle) << 6 | part(*low);
                    glyphs.extend(field.get(index).cloned());
                    rest = after;
                }
                _ => break,
            }
        }
        glyphs
    };
    glob::expand_braces(&skeleton)
        .into_iter()
        .map(restore)
        .collect()
}
