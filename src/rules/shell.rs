//! Shell text → a small tree of commands and words, over bytes, with the place of every word.
//!
//! The grammar is POSIX.1-2017 §2.10 with what scripts for bash add most (`[[ … ]]`, `((…))`,
//! `function f`, `$'…'`, `&>`, here-strings). Nothing is expanded here. Parsing never fails: a
//! line that is not understood becomes a [`Fault`] and reading goes on after it.
//!
//! It is written here rather than taken from a crate because rule files are untrusted: it takes
//! one pass over the bytes (a parser with backtracking takes exponential time on a row of open
//! parentheses), and it stops nesting at a fixed depth.

mod words;

use std::ops::Range;

use words::closing;

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
    Subshell(Vec<Self>),
    If {
        arms: Vec<(Vec<Self>, Vec<Self>)>,
        otherwise: Vec<Self>,
    },
    Loop {
        condition: Vec<Self>,
        body: Vec<Self>,
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
    pub(super) assignments: Vec<(Vec<u8>, Word)>,
    pub(super) words: Vec<Word>,
    /// Files that are emptied by `>`.
    pub(super) truncates: Vec<Word>,
    pub(super) span: Range<usize>,
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
    pub(super) faults: Vec<Fault>,
}

/// Reads a whole text.
pub(super) fn parse(text: &[u8]) -> Script {
    let mut parser = Parser {
        text,
        at: 0,
        nesting: 0,
        heredocs: Vec::new(),
    };
    let mut script = Script::default();
    loop {
        match parser.list(&mut script.commands) {
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
    let mut parser = Parser {
        text,
        at: 0,
        nesting: 0,
        heredocs: Vec::new(),
    };
    let word = parser.word_until(&|_| false).ok()?;
    Some(word)
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    nesting: u32,
    heredocs: Vec<(Vec<u8>, bool)>,
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

    fn newline(&mut self) {
        self.at += 1;
        for (delimiter, strip) in std::mem::take(&mut self.heredocs) {
            while self.at < self.text.len() {
                let rest = &self.text[self.at..];
                let len = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
                let line = &rest[..len];
                self.at = (self.at + len + 1).min(self.text.len());
                let line = if strip {
                    let tabs = line.iter().take_while(|&&b| b == b'\t').count();
                    &line[tabs..]
                } else {
                    line
                };
                if line == delimiter {
                    break;
                }
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
            return Ok(Node::Group(Vec::new()));
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
        self.redirections_after_compound()?;
        Ok(node)
    }

    /// Skips `((…))`; `false` (and nothing skipped) where it is two subshells.
    fn arithmetic_command(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let line = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        let Some(len) = rest[..line].windows(2).position(|pair| pair == b"))") else {
            return false;
        };
        self.at += len + 2;
        true
    }

    fn enclosed(&mut self, open: &[u8], close: &[u8]) -> Parsed<Vec<Node>> {
        let start = self.at;
        self.at += open.len();
        let mut body = Vec::new();
        self.list(&mut body)?;
        if !self.looking_at(close) {
            return self.fault(start, "it is not closed");
        }
        self.at += close.len();
        Ok(body)
    }

    fn block(&mut self) -> Parsed<Vec<Node>> {
        let mut body = Vec::new();
        self.list(&mut body)?;
        Ok(body)
    }

    fn expect(&mut self, word: &'static [u8], start: usize) -> Parsed<()> {
        self.skip_separators();
        if self.keyword() != word {
            let message = match word {
                b"then" => "an `if` has no `then`",
                b"do" => "a loop has no `do`",
                b"done" => "a loop has no `done`",
                b"fi" => "an `if` has no `fi`",
                b"in" => "a `case` has no `in`",
                _ => "a word is missing",
            };
            return self.fault(start, message);
        }
        self.at += word.len();
        Ok(())
    }

    fn conditional(&mut self) -> Parsed<Node> {
        let start = self.at;
        let mut arms = Vec::new();
        let mut otherwise = Vec::new();
        self.at += b"if".len();
        loop {
            let condition = self.block()?;
            self.expect(b"then", start)?;
            arms.push((condition, self.block()?));
            match self.keyword() {
                b"elif" => self.at += b"elif".len(),
                b"else" => {
                    self.at += b"else".len();
                    otherwise = self.block()?;
                    break;
                }
                _ => break,
            }
        }
        self.expect(b"fi", start)?;
        Ok(Node::If { arms, otherwise })
    }

    fn repetition(&mut self) -> Parsed<Node> {
        let start = self.at;
        self.at += self.keyword().len();
        let condition = self.block()?;
        let body = self.do_group(start)?;
        Ok(Node::Loop { condition, body })
    }

    fn do_group(&mut self, start: usize) -> Parsed<Vec<Node>> {
        self.expect(b"do", start)?;
        let body = self.block()?;
        self.expect(b"done", start)?;
        Ok(body)
    }

    fn iteration(&mut self) -> Parsed<Node> {
        let start = self.at;
        self.at += self.keyword().len();
        self.skip_blanks();
        if self.looking_at(b"((") {
            if !self.arithmetic_command() {
                return self.fault(start, "a `((` is not closed");
            }
            let body = self.do_group(start)?;
            return Ok(Node::Loop {
                condition: Vec::new(),
                body,
            });
        }
        let name = self.keyword().to_vec();
        self.at += name.len();
        self.skip_newlines();
        let words = if self.keyword() == b"in" {
            self.at += 2;
            Some(self.words()?)
        } else {
            None
        };
        let body = self.do_group(start)?;
        Ok(Node::For { name, words, body })
    }

    /// Words up to an operator.
    fn words(&mut self) -> Parsed<Vec<Word>> {
        let mut words = Vec::new();
        loop {
            self.skip_blanks();
            match self.byte() {
                Some(byte) if !is_meta(byte) => words.push(self.word()?),
                _ => return Ok(words),
            }
        }
    }

    fn choice(&mut self) -> Parsed<Node> {
        let start = self.at;
        self.at += b"case".len();
        self.skip_newlines();
        let word = self.word()?;
        self.skip_newlines();
        self.expect(b"in", start)?;
        let mut arms = Vec::new();
        loop {
            self.skip_newlines();
            if self.keyword() == b"esac" {
                self.at += b"esac".len();
                return Ok(Node::Case { word, arms });
            }
            arms.push(self.arm(start)?);
        }
    }

    fn arm(&mut self, start: usize) -> Parsed<(Vec<Word>, Vec<Node>)> {
        if self.looking_at(b"(") {
            self.at += 1;
        }
        let mut patterns = Vec::new();
        loop {
            self.skip_blanks();
            if self
                .byte()
                .is_none_or(|b| is_meta(b) && b != b'|' && b != b')')
            {
                return self.fault(start, "a `case` has no `esac`");
            }
            if self.byte().is_some_and(|b| !is_meta(b)) {
                patterns.push(self.word()?);
                self.skip_blanks();
            }
            match self.byte() {
                Some(b'|') => self.at += 1,
                Some(b')') => {
                    self.at += 1;
                    break;
                }
                _ => return self.fault(start, "a pattern of a `case` has no `)`"),
            }
        }
        let body = self.block()?;
        for end in [&b";;&"[..], b";;", b";&"] {
            if self.looking_at(end) {
                self.at += end.len();
                break;
            }
        }
        Ok((patterns, body))
    }

    fn function_keyword(&mut self) -> Parsed<Node> {
        self.at += b"function".len();
        self.skip_blanks();
        let name = self.keyword().to_vec();
        self.at += name.len();
        self.skip_blanks();
        if self.looking_at(b"()") {
            self.at += 2;
        }
        self.function_body(name)
    }

    fn function_body(&mut self, name: Vec<u8>) -> Parsed<Node> {
        self.skip_newlines();
        let body = Box::new(self.command()?);
        Ok(Node::Function { name, body })
    }

    fn redirections_after_compound(&mut self) -> Parsed<()> {
        let mut sink = Simple::default();
        loop {
            self.skip_blanks();
            let digits = self.text[self.at..]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .count();
            let operator = self.text.get(self.at + digits);
            let is_redirection = matches!(operator, Some(b'<' | b'>')) || self.looking_at(b"&>");
            if !is_redirection {
                return Ok(());
            }
            self.at += digits;
            self.redirection(&mut sink)?;
        }
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
            && let Some(name_len) = self.assignment()
        {
            let name = self.text[start..start + name_len].to_vec();
            self.at += name_len + 1;
            if self.looking_at(b"(") {
                // An array: what it holds is not followed.
                self.skip_parenthesized()?;
                return Ok(());
            }
            let value = self.word()?;
            simple.assignments.push((name, value));
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

    /// The length of the name when `NAME=` begins here.
    fn assignment(&self) -> Option<usize> {
        let rest = &self.text[self.at..];
        let len = rest.iter().take_while(|&&b| is_name(b)).count();
        (len > 0 && !rest[0].is_ascii_digit() && rest.get(len) == Some(&b'=')).then_some(len)
    }

    fn skip_parenthesized(&mut self) -> Parsed<()> {
        let start = self.at;
        self.at += 1;
        loop {
            self.skip_newlines();
            match self.byte() {
                Some(b')') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(byte) if !is_meta(byte) => {
                    self.word()?;
                }
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

    fn redirection(&mut self, simple: &mut Simple) -> Parsed<()> {
        let start = self.at;
        let operators: [&[u8]; 13] = [
            b"<<<", b"<<-", b"<<", b"<&", b"<>", b">>", b">&", b">|", b"&>>", b"&>", b"<(", b"<",
            b">",
        ];
        let operator = operators
            .into_iter()
            .find(|operator| self.looking_at(operator))
            .unwrap_or(b">");
        if operator == b"<(" || self.looking_at(b">(") {
            self.at += 1;
            return self.skip_substitution();
        }
        self.at += operator.len();
        self.skip_blanks();
        if self.looking_at(b"<(") || self.looking_at(b">(") {
            self.at += 1;
            return self.skip_substitution();
        }
        if self.byte().is_none_or(is_meta) {
            return self.fault(start, "a redirection has no target");
        }
        let target = self.word()?;
        match operator {
            b"<<" | b"<<-" => {
                let delimiter = target.pieces.iter().flat_map(|piece| match &piece.kind {
                    PieceKind::Text(text) => text.clone(),
                    _ => Vec::new(),
                });
                self.heredocs
                    .push((delimiter.collect(), operator == b"<<-"));
            }
            b">" | b">|" => simple.truncates.push(target),
            _ => {}
        }
        Ok(())
    }

    fn skip_substitution(&mut self) -> Parsed<()> {
        let start = self.at;
        let Some(end) = closing(self.text, start + 1, b')') else {
            return self.fault(start, "a `(` is not closed");
        };
        self.at = end + 1;
        Ok(())
    }
}
