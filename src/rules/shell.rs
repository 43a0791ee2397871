//! Shell text → a small tree of commands and words, over bytes, with the place of every word.
//!
//! The grammar is POSIX.1-2017 §2.10 with what scripts for bash add most (`[[ … ]]`, `((…))`,
//! `function f`, `$'…'`, `&>`, here-strings). Nothing is expanded here. Parsing never fails: a
//! line that is not understood becomes a [`Fault`] and reading goes on after it.
//!
//! It is written here rather than taken from a crate because rule files are untrusted: it takes
//! one pass over the bytes (a parser with backtracking takes exponential time on a row of open
//! parentheses), and it stops nesting at a fixed depth.

mod compound;
mod redirect;
mod words;

use std::ops::Range;

use redirect::Pending;

/// Compound commands nest this deep at most.
const MAX_NESTING: u32 = 50;
/// After so many faults the rest of the text is given up.
const MAX_FAULTS: usize = 20;

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Simple(Simple),
    Pipeline {
        negated: bool,
        stages: Vec<Self>,
        span: Range<usize>,
    },
    /// `a && b || c`: each with how it hangs on what precedes it.
    Chain(Vec<(Link, Self)>),
    Group(Vec<Self>),
    /// `((…))`.
    Arithmetic(Vec<u8>),
    Subshell(Vec<Self>),
    If {
        arms: Vec<(Vec<Self>, Vec<Self>)>,
        otherwise: Vec<Self>,
    },
    Loop {
        condition: Vec<Self>,
        body: Vec<Self>,
        input: Option<Input>,
    },
    For {
        name: Vec<u8>,
        words: Option<Vec<Word>>,
        body: Vec<Self>,
    },
    Case {
        word: Word,
        arms: Vec<(Vec<Word>, Vec<Self>)>,
    },
    Function {
        name: Vec<u8>,
        body: Box<Self>,
    },
}

/// How a command hangs on the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    First,
    And,
    Or,
}

/// Words and redirections without an operator between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Simple {
    pub(super) assignments: Vec<Assignment>,
    pub(super) words: Vec<Word>,
    /// Files that are emptied by `>`.
    pub(super) truncates: Vec<Word>,
    /// Where it reads from.
    pub(super) input: Option<Input>,
    pub(super) span: Range<usize>,
}

/// `NAME=value`, `NAME+=value`, `NAME=(a b)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    pub(super) name: Vec<u8>,
    /// Whether the value is put behind what is there.
    pub(super) appends: bool,
    pub(super) value: Assigned,
}

/// What an assignment gives a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Assigned {
    Word(Word),
    List(Vec<Word>),
}

/// What a command reads from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// A here-document, by its number in the script.
    Document(usize),
    /// A file.
    File(Word),
    /// A here-string.
    Text(Word),
    /// `< <(…)`: the text inside.
    Command(Vec<u8>),
}

/// One word, not expanded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) span: Range<usize>,
    pub(super) pieces: Vec<Piece>,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) quoted: bool,
    pub(super) kind: PieceKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PieceKind {
    Text(Vec<u8>),
    /// `$NAME` or `${NAME…}` with what follows the name.
    Variable {
        name: Vec<u8>,
        rest: Vec<u8>,
    },
    /// `$(…)` or backticks: the text inside.
    Command(Vec<u8>),
    /// `$((…))`.
    Arithmetic(Vec<u8>),
}

/// A place that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) message: String,
}

/// A text that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) commands: Vec<Node>,
    /// Where the here-documents stand, in their order.
    pub(super) documents: Vec<Range<usize>>,
    pub(super) faults: Vec<Fault>,
}

/// Reads a whole text.
pub(super) fn parse(text: &[u8]) -> Script {
    let mut parser = Parser::new(text);
    let mut script = Script::default();
    loop {
        let outcome = parser.list(&mut script.commands);
        script.documents.clone_from(&parser.documents);
        match outcome {
            Ok(()) if parser.at >= text.len() => return script,
            outcome => {
                let fault = outcome.err().unwrap_or_else(|| Fault {
                    at: parser.at,
                    message: "a closing word or parenthesis has no partner".to_owned(),
                });
                parser.resume_after(fault.at);
                script.faults.push(fault);
                if script.faults.len() == MAX_FAULTS {
                    return script;
                }
            }
        }
    }
}

/// Reads a text as one double-quoted word: the value of `${X:-value}` and its like.
pub(super) fn word(text: &[u8]) -> Option<Word> {
    let word = Parser::new(text).word_until(&|_| false).ok()?;
    Some(word)
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    nesting: u32,
    /// Here-documents that begin after this line.
    heredocs: Vec<Pending>,
    documents: Vec<Range<usize>>,
}

type Parsed<T> = Result<T, Fault>;

/// Reserved words that end a list.
const CLOSERS: [&[u8]; 8] = [
    b"then", b"else", b"elif", b"fi", b"do", b"done", b"esac", b"}",
];

fn is_meta(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t' | b'\n' | b'\r' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>'
    )
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl<'a> Parser<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            nesting: 0,
            heredocs: Vec::new(),
            documents: Vec::new(),
        }
    }
}

impl Parser<'_> {
    fn fault<T>(&self, at: usize, message: &str) -> Parsed<T> {
        Err(Fault {
            at: at.min(self.text.len()),
            message: message.to_owned(),
        })
    }

    fn looking_at(&self, token: &[u8]) -> bool {
        self.text[self.at..].starts_with(token)
    }

    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Goes on at the line after a fault (and never before where reading stands).
    fn resume_after(&mut self, at: usize) {
        let from = at.max(self.at.min(self.text.len()));
        let from = if at < self.at { at } else { from };
        self.at = self.text[from..]
            .iter()
            .position(|&b| b == b'\n')
            .map_or(self.text.len(), |i| from + i + 1);
        self.nesting = 0;
        self.heredocs.clear();
    }

    fn skip_blanks(&mut self) {
        loop {
            match self.byte() {
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                Some(b'\\') if self.text.get(self.at + 1) == Some(&b'\n') => self.at += 2,
                Some(b'#') => {
                    while self.byte().is_some_and(|b| b != b'\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    /// Blanks, newlines and stray `;` between commands.
    fn skip_separators(&mut self) {
        loop {
            self.skip_blanks();
            match self.byte() {
                Some(b'\n') => self.newline(),
                Some(b';') if !self.looking_at(b";;") => self.at += 1,
                Some(b'&') if !self.looking_at(b"&&") && !self.looking_at(b"&>") => self.at += 1,
                _ => return,
            }
        }
    }

    fn skip_newlines(&mut self) {
        loop {
            self.skip_blanks();
            if self.byte() != Some(b'\n') {
                return;
            }
            self.newline();
        }
    }

    /// The unquoted word that begins here, without reading it.
    fn keyword(&self) -> &[u8] {
        let rest = &self.text[self.at..];
        let len = rest
            .iter()
            .position(|&b| is_meta(b) || matches!(b, b'\'' | b'"' | b'\\' | b'$' | b'`'))
            .unwrap_or(rest.len());
        let ends_there = rest.get(len).is_none_or(|&b| is_meta(b));
        if ends_there { &rest[..len] } else { b"" }
    }

    /// Commands up to a closing word, a `)`, a `;;` or the end. What was read before a fault
    /// stays in `into`.
    fn list(&mut self, into: &mut Vec<Node>) -> Parsed<()> {
        loop {
            self.skip_separators();
            let ends = self.byte().is_none()
                || self.looking_at(b")")
                || self.looking_at(b";;")
                || CLOSERS.contains(&self.keyword());
            if ends {
                return Ok(());
            }
            let before = self.at;
            let node = self.chain()?;
            into.push(node);
            if self.at == before {
                return self.fault(before, "this is not a command");
            }
        }
    }

    fn chain(&mut self) -> Parsed<Node> {
        let mut links = vec![(Link::First, self.pipeline()?)];
        loop {
            self.skip_blanks();
            let link = if self.looking_at(b"&&") {
                Link::And
            } else if self.looking_at(b"||") {
                Link::Or
            } else {
                break;
            };
            self.at += 2;
            self.skip_newlines();
            links.push((link, self.pipeline()?));
        }
        if links.len() == 1
            && let Some((_, node)) = links.pop()
        {
            return Ok(node);
        }
        Ok(Node::Chain(links))
    }

    fn pipeline(&mut self) -> Parsed<Node> {
        self.skip_blanks();
        let mut negated = false;
        while matches!(self.keyword(), b"!" | b"time") {
            negated ^= self.keyword() == b"!";
            self.at += self.keyword().len();
            self.skip_blanks();
        }
        let start = self.at;
        let mut stages = vec![self.command()?];
        let mut end = self.at;
        loop {
            self.skip_blanks();
            if !self.looking_at(b"|") || self.looking_at(b"||") {
                break;
            }
            self.at += if self.looking_at(b"|&") { 2 } else { 1 };
            self.skip_newlines();
            stages.push(self.command()?);
            end = self.at;
        }
        if stages.len() == 1
            && !negated
            && let Some(node) = stages.pop()
        {
            return Ok(node);
        }
        Ok(Node::Pipeline {
            negated,
            stages,
            span: start..end,
        })
    }

    fn command(&mut self) -> Parsed<Node> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return self.fault(self.at, "commands are nested too deeply");
        }
        let node = self.compound_or_simple();
        self.nesting -= 1;
        node
    }

    fn compound_or_simple(&mut self) -> Parsed<Node> {
        self.skip_blanks();
        let start = self.at;
        if self.looking_at(b"((") && self.arithmetic_command() {
            return Ok(Node::Arithmetic(self.text[start..self.at].to_vec()));
        }
        let node = match self.keyword() {
            b"if" => self.conditional()?,
            b"while" | b"until" => self.repetition()?,
            b"for" | b"select" => self.iteration()?,
            b"case" => self.choice()?,
            b"{" => Node::Group(self.enclosed(b"{", b"}")?),
            b"function" => return self.function_keyword(),
            _ if self.looking_at(b"(") => Node::Subshell(self.enclosed(b"(", b")")?),
            word if CLOSERS.contains(&word) => {
                return self.fault(start, "a closing word has no partner");
            }
            _ => return self.simple(),
        };
        let read_from = self.redirections_after_compound()?;
        Ok(match node {
            Node::Loop {
                condition, body, ..
            } => Node::Loop {
                condition,
                body,
                input: read_from,
            },
            other => other,
        })
    }

    fn simple(&mut self) -> Parsed<Node> {
        let start = self.at;
        let mut simple = Simple::default();
        let mut end = start;
        loop {
            self.skip_blanks();
            match self.byte() {
                Some(b'<' | b'>') => self.redirection(&mut simple)?,
                Some(b'&') if self.looking_at(b"&>") => self.redirection(&mut simple)?,
                Some(b'(') if self.declares_list(&simple) => self.declared_list(&mut simple)?,
                Some(b'(') if simple.words.len() == 1 && simple.assignments.is_empty() => {
                    return self.function_after_name(&simple, start);
                }
                Some(byte) if !is_meta(byte) => {
                    if simple.words.is_empty() && self.keyword() == b"[[" {
                        self.double_brackets(&mut simple)?;
                    } else {
                        self.word_of(&mut simple)?;
                    }
                }
                _ => break,
            }
            end = self.at;
        }
        if end == start {
            return self.fault(start, "an operator has nothing before it");
        }
        simple.span = start..end;
        Ok(Node::Simple(simple))
    }

    /// Whether `local NAME=` has just been read.
    fn declares_list(&self, simple: &Simple) -> bool {
        let word = simple.words.last().map(|word| word.span.clone());
        simple.words.len() > 1
            && word.is_some_and(|word| word.end == self.at && self.text[word].ends_with(b"="))
    }

    /// `local NAME=(a b)`: an assignment like any other.
    fn declared_list(&mut self, simple: &mut Simple) -> Parsed<()> {
        let values = self.list_of_words()?;
        if let Some(word) = simple.words.pop() {
            let name = &self.text[word.span];
            simple.assignments.push(Assignment {
                name: name.strip_suffix(b"=").unwrap_or(name).to_vec(),
                appends: false,
                value: Assigned::List(values),
            });
        }
        Ok(())
    }

    fn function_after_name(&mut self, simple: &Simple, start: usize) -> Parsed<Node> {
        self.at += 1;
        self.skip_blanks();
        if !self.looking_at(b")") {
            return self.fault(start, "a `(` stands after a word");
        }
        self.at += 1;
        let span = simple.words[0].span.clone();
        self.function_body(self.text[span].to_vec())
    }

    /// One word of a simple command: an assignment, a file descriptor's number or an argument.
    fn word_of(&mut self, simple: &mut Simple) -> Parsed<()> {
        let start = self.at;
        if simple.words.is_empty()
            && let Some((name_len, appends)) = self.assignment()
        {
            let name = self.text[start..start + name_len].to_vec();
            self.at += name_len + 1 + usize::from(appends);
            let value = if self.looking_at(b"(") {
                Assigned::List(self.list_of_words()?)
            } else {
                Assigned::Word(self.word()?)
            };
            simple.assignments.push(Assignment {
                name,
                appends,
                value,
            });
            return Ok(());
        }
        let word = self.word()?;
        let is_descriptor = matches!(self.byte(), Some(b'<' | b'>'))
            && self.text[word.span.clone()].iter().all(u8::is_ascii_digit);
        if !is_descriptor {
            simple.words.push(word);
        }
        Ok(())
    }

    /// The length of the name when `NAME=` or `NAME+=` begins here, and whether it is the latter.
    fn assignment(&self) -> Option<(usize, bool)> {
        let rest = &self.text[self.at..];
        let len = rest.iter().take_while(|&&b| is_name(b)).count();
        let is_named = len > 0 && !rest[0].is_ascii_digit();
        match &rest[len..] {
            [b'=', ..] if is_named => Some((len, false)),
            [b'+', b'=', ..] if is_named => Some((len, true)),
            _ => None,
        }
    }

    /// `(a b c)`, over any number of lines.
    fn list_of_words(&mut self) -> Parsed<Vec<Word>> {
        let start = self.at;
        let mut words = Vec::new();
        self.at += 1;
        loop {
            self.skip_newlines();
            match self.byte() {
                Some(b')') => {
                    self.at += 1;
                    return Ok(words);
                }
                Some(byte) if !is_meta(byte) => words.push(self.word()?),
                Some(_) => self.at += 1,
                None => return self.fault(start, "a `(` is not closed"),
            }
        }
    }

    /// `[[ … ]]`: everything inside is a word, operators too.
    fn double_brackets(&mut self, simple: &mut Simple) -> Parsed<()> {
        let start = self.at;
        loop {
            self.skip_newlines();
            let word = match self.byte() {
                None => return self.fault(start, "a `[[` is not closed"),
                Some(byte) if is_meta(byte) => {
                    self.at += 1;
                    Word {
                        span: self.at - 1..self.at,
                        pieces: vec![Piece {
                            quoted: true,
                            kind: PieceKind::Text(vec![byte]),
                        }],
                    }
                }
                Some(_) => self.word()?,
            };
            let ends = &self.text[word.span.clone()] == b"]]";
            simple.words.push(word);
            if ends {
                return Ok(());
            }
        }
    }
}
