//! Compound commands: groups, conditions, loops, choices, functions.

use super::{Node, Parsed, Parser, Word, is_meta};

impl Parser<'_> {
    /// Skips `((…))`; `false` (and nothing skipped) where it is two subshells.
    pub(super) fn arithmetic_command(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let line = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        let Some(len) = rest[..line].windows(2).position(|pair| pair == b"))") else {
            return false;
        };
        self.at += len + 2;
        true
    }

    pub(super) fn enclosed(&mut self, open: &[u8], close: &[u8]) -> Parsed<Vec<Node>> {
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

    pub(super) fn conditional(&mut self) -> Parsed<Node> {
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

    pub(super) fn repetition(&mut self) -> Parsed<Node> {
        let start = self.at;
        self.at += self.keyword().len();
        let condition = self.block()?;
        let body = self.do_group(start)?;
        Ok(Node::Loop {
            condition,
            body,
            input: None,
        })
    }

    fn do_group(&mut self, start: usize) -> Parsed<Vec<Node>> {
        self.expect(b"do", start)?;
        let body = self.block()?;
        self.expect(b"done", start)?;
        Ok(body)
    }

    pub(super) fn iteration(&mut self) -> Parsed<Node> {
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
                input: None,
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

    pub(super) fn choice(&mut self) -> Parsed<Node> {
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

    pub(super) fn function_keyword(&mut self) -> Parsed<Node> {
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

    pub(super) fn function_body(&mut self, name: Vec<u8>) -> Parsed<Node> {
        self.skip_newlines();
        let body = Box::new(self.command()?);
        Ok(Node::Function { name, body })
    }
}
