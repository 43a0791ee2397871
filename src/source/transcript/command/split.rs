//! A small splitter for shell words: quotes, `;` `&&` `||` `|`, redirections.

use super::super::word::Word;
use super::{Joint, Step, brace};

/// Splits a command line into its steps; `None` where only a shell could.
pub(in super::super) fn split(line: &[u8]) -> Option<Vec<Step>> {
    let mut splitter = Splitter::default();
    let mut rest = line;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = splitter.take(byte, tail)?;
    }
    splitter.finish()
}

/// The operand of a `cd` as it was typed, blanks, quotes and all; `None` when it is no `cd`.
pub(in super::super) fn cd_operand(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(b"cd ").filter(|rest| !rest.is_empty())
}

/// Whether a line ends where a shell would ask for more: inside of quotes, or after a backslash.
pub(in super::super) fn is_open(line: &[u8]) -> bool {
    let mut quote = None;
    let mut bytes = line.iter();
    while let Some(&byte) = bytes.next() {
        match (quote, byte) {
            (None | Some(b'"'), b'\\') if bytes.next().is_none() => return true,
            (None | Some(b'"'), b'\\') => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'#') => return false,
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    quote.is_some()
}

#[derive(Default)]
struct Splitter {
    steps: Vec<Step>,
    joint: Option<Joint>,
    members: Vec<Vec<Word>>,
    words: Vec<Word>,
    word: Option<Word>,
    /// Whether a part of the word stands in quotes, and so for itself.
    quoted: bool,
    writes: Vec<Word>,
    hidden: bool,
    appends: bool,
    redirect: Option<Redirect>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Redirect {
    Input,
    Output,
    Errors,
}

impl Splitter {
    fn push(&mut self, byte: u8) {
        self.current().text.push(byte);
    }

    fn current(&mut self) -> &mut Word {
        self.word.get_or_insert_with(|| Word {
            text: Vec::new(),
            expands: false,
        })
    }

    fn take<'a>(&mut self, byte: u8, tail: &'a [u8]) -> Option<&'a [u8]> {
        let next = tail.first().copied();
        match byte {
            b' ' | b'\t' => self.end_word(),
            b'#' if self.word.is_none() => return Some(&[]),
            b'\'' => {
                let end = tail.iter().position(|&b| b == b'\'')?;
                self.current().text.extend_from_slice(&tail[..end]);
                self.quoted = true;
                return Some(&tail[end + 1..]);
            }
            b'"' => return self.double_quoted(tail),
            b'\\' => {
                let (&next, tail) = tail.split_first()?;
                self.push(next);
                self.quoted = true;
                return Some(tail);
            }
            b'$' if next == Some(b'{') => {
                let end = tail.iter().position(|&b| b == b'}')?;
                if !tail[1..end].iter().all(|&b| is_name_byte(b)) {
                    return None;
                }
                let word = self.current();
                word.expands = true;
                word.text.push(b'$');
                word.text.extend_from_slice(&tail[..=end]);
                return Some(&tail[end + 1..]);
            }
            b'$' | b'`' | b'(' | b')' if byte != b'$' || next == Some(b'(') => return None,
            // `{}` is a word of `find` and `xargs`.
            b'{' if self.word.is_none() && next == Some(b'}') => {
                self.current().text.extend_from_slice(b"{}");
                return Some(&tail[1..]);
            }
            b'{' | b'}' => {
                self.push(byte);
                self.current().expands = true;
            }
            b'*' | b'?' | b'[' | b'$' | b'!' => {
                self.push(byte);
                self.current().expands = true;
            }
            b';' => self.end_step(Joint::Always)?,
            b'&' if next == Some(b'&') => {
                self.end_step(Joint::IfWorked)?;
                return Some(&tail[1..]);
            }
            b'&' => self.end_step(Joint::Other)?,
            b'|' if next == Some(b'|') => {
                self.end_step(Joint::Other)?;
                return Some(&tail[1..]);
            }
            b'|' => {
                self.end_word();
                let words = std::mem::take(&mut self.words);
                if words.is_empty() {
                    return None;
                }
                self.members.push(words);
            }
            b'>' | b'<' => return self.redirection(byte, tail),
            _ => self.push(byte),
        }
        Some(tail)
    }

    fn double_quoted<'a>(&mut self, text: &'a [u8]) -> Option<&'a [u8]> {
        self.current();
        self.quoted = true;
        let mut rest = text;
        loop {
            let (&byte, tail) = rest.split_first()?;
            rest = tail;
            match byte {
                b'"' => return Some(tail),
                b'`' => return None,
                b'$' => {
                    self.push(byte);
                    self.current().expands = true;
                }
                b'\\' if matches!(tail.first(), Some(b'"' | b'\\' | b'$' | b'`')) => {
                    self.push(tail[0]);
                    rest = &tail[1..];
                }
                _ => self.push(byte),
            }
        }
    }

    fn redirection<'a>(&mut self, byte: u8, tail: &'a [u8]) -> Option<&'a [u8]> {
        let descriptor = match &self.word {
            Some(word) if word.is("1") || word.is("2") || word.is("&") => self.word.take(),
            _ => None,
        };
        self.end_word();
        let errors = descriptor.is_some_and(|word| word.is("2"));
        self.redirect = Some(match byte {
            b'<' => Redirect::Input,
            _ if errors => Redirect::Errors,
            _ => Redirect::Output,
        });
        match tail.first() {
            Some(b'<') => None,
            Some(b'>') => {
                self.appends = true;
                Some(&tail[1..])
            }
            Some(b'|') => Some(&tail[1..]),
            Some(b'&') => {
                // `2>&1`: a descriptor, not a file.
                self.redirect = None;
                Some(tail.get(2..).unwrap_or(&[]))
            }
            _ => Some(tail),
        }
    }

    fn end_word(&mut self) {
        let quoted = std::mem::take(&mut self.quoted);
        let Some(word) = self.word.take() else {
            return;
        };
        match self.redirect.take() {
            None if word.expands && !quoted => match brace::expand(&word.text) {
                Some(words) => self.words.extend(words.into_iter().map(unbraced)),
                None => self.words.push(word),
            },
            None => self.words.push(word),
            Some(Redirect::Input) => {}
            Some(kind) => {
                self.hidden |= kind == Redirect::Output;
                if !word.text.starts_with(b"/dev/") {
                    self.writes.push(word);
                }
            }
        }
    }

    fn end_step(&mut self, next: Joint) -> Option<()> {
        self.end_word();
        let words = std::mem::take(&mut self.words);
        if words.is_empty() && self.members.is_empty() && self.writes.is_empty() {
            return if next == Joint::Always {
                Some(())
            } else {
                None
            };
        }
        let mut members = std::mem::take(&mut self.members);
        members.push(words);
        let first = members.remove(0);
        self.steps.push(Step {
            joint: self.joint.unwrap_or(Joint::Always),
            words: first,
            pipes: members,
            writes: std::mem::take(&mut self.writes),
            hidden: std::mem::take(&mut self.hidden),
            appends: std::mem::take(&mut self.appends),
        });
        self.joint = Some(next);
        Some(())
    }

    fn finish(mut self) -> Option<Vec<Step>> {
        if self.redirect.is_some() && self.word.is_none() {
            return None;
        }
        self.end_step(Joint::Always)?;
        Some(self.steps)
    }
}

/// A word out of braces: patterns in it still stand for names.
fn unbraced(text: Vec<u8>) -> Word {
    let special = |b: &u8| matches!(b, b'*' | b'?' | b'[' | b'{' | b'}' | b'$' | b'!');
    Word {
        expands: text.iter().any(special),
        text,
    }
}

/// A byte of a variable's name.
pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
