//! The words of `ExecStart=`, which no shell reads: a `*` is passed on as it is.

use std::ops::Range;

use crate::rules::shell::{Piece, PieceKind, Simple, Word};

/// The commands of one value; `;` alone separates them.
pub(super) fn commands(text: &[u8]) -> Vec<Simple> {
    let mut commands = Vec::new();
    let mut open = Simple::default();
    for word in words(text) {
        if &text[word.span.clone()] == b";" {
            commands.push(std::mem::take(&mut open));
        } else {
            open.words.push(word);
        }
    }
    commands.push(open);
    for command in &mut commands {
        if let Some(first) = command.words.first_mut() {
            strip_prefix(text, first);
        }
        if let (Some(first), Some(last)) = (command.words.first(), command.words.last()) {
            command.span = first.span.start..last.span.end;
        }
    }
    commands.retain(|command| !command.words.is_empty());
    commands
}

/// `-`, `@`, `:`, `+`, `!` and `|` before the program say how it is run.
fn strip_prefix(text: &[u8], word: &mut Word) {
    let marks = text[word.span.clone()]
        .iter()
        .take_while(|b| b"-@:+!|".contains(b))
        .count();
    word.span.start += marks;
    if let Some(Piece {
        kind: PieceKind::Text(bytes),
        ..
    }) = word.pieces.first_mut()
    {
        bytes.drain(..marks.min(bytes.len()));
    }
}

/// The assignments of `Environment=`, quoting removed.
pub(super) fn assignments(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let plain = words(text).into_iter().filter_map(|word| {
        let mut bytes = Vec::new();
        for piece in &word.pieces {
            let PieceKind::Text(text) = &piece.kind else {
                return None;
            };
            bytes.extend_from_slice(text);
        }
        let equals = bytes.iter().position(|&b| b == b'=')?;
        Some((bytes[..equals].to_vec(), bytes[equals + 1..].to_vec()))
    });
    plain.collect()
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    literal: Vec<u8>,
    pieces: Vec<Piece>,
}

fn words(text: &[u8]) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        at += text[at..].iter().take_while(|b| is_blank(**b)).count();
        // A backslash at the end of a line joins it with the next.
        if text[at..].starts_with(b"\\\n") {
            at += 2;
            continue;
        }
        if at >= text.len() {
            return words;
        }
        let mut reader = Reader {
            text,
            at,
            literal: Vec::new(),
            pieces: Vec::new(),
        };
        reader.word();
        let span = at..reader.at;
        at = reader.at;
        words.push(reader.finish(span));
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

impl Reader<'_> {
    fn word(&mut self) {
        let mut quote = None;
        while let Some(&byte) = self.text.get(self.at) {
            match (byte, quote) {
                (_, None) if is_blank(byte) => return,
                (b'\'' | b'"', None) => quote = Some(byte),
                (_, Some(open)) if byte == open => quote = None,
                (b'\\', _) => {
                    if self.text.get(self.at + 1) == Some(&b'\n') && quote.is_none() {
                        return;
                    }
                    self.escape();
                    continue;
                }
                (b'%', _) => {
                    self.specifier();
                    continue;
                }
                (b'$', _) => {
                    self.variable();
                    continue;
                }
                _ => self.literal.push(byte),
            }
            self.at += 1;
        }
    }

    fn escape(&mut self) {
        let next = self.text.get(self.at + 1).copied();
        self.literal.push(match next {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b's') => b' ',
            Some(other) => other,
            None => b'\\',
        });
        self.at += 2;
        self.at = self.at.min(self.text.len());
    }

    /// `%%` is a percent sign; what the others stand for is not followed.
    fn specifier(&mut self) {
        let name = self.text.get(self.at + 1).copied();
        self.at = (self.at + 2).min(self.text.len());
        let known: &[u8] = match name {
            Some(b'%') | None => b"%",
            Some(b'T') => b"/tmp",
            Some(b'V') => b"/var/tmp",
            Some(b't') => b"/run",
            Some(b'S') => b"/var/lib",
            Some(b'C') => b"/var/cache",
            Some(b'L') => b"/var/log",
            Some(b'h') => b"/root",
            Some(b'u') => b"root",
            Some(other) => {
                self.unknown(vec![b'%', other]);
                return;
            }
        };
        self.literal.extend_from_slice(known);
    }

    fn unknown(&mut self, name: Vec<u8>) {
        self.flush();
        self.pieces.push(Piece {
            quoted: true,
            kind: PieceKind::Variable {
                name,
                rest: Vec::new(),
            },
        });
    }

    /// `${NAME}` stands in a word, `$NAME` is one and is split; `$$` is a dollar sign.
    fn variable(&mut self) {
        let rest = &self.text[self.at + 1..];
        let is_name = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
        if rest.starts_with(b"$") {
            self.literal.push(b'$');
            self.at += 2;
        } else if rest.starts_with(b"{") {
            let len = rest[1..].iter().take_while(is_name).count();
            if rest.get(len + 1) == Some(&b'}') {
                self.unknown(rest[1..=len].to_vec());
                self.at += len + 3;
            } else {
                self.literal.push(b'$');
                self.at += 1;
            }
        } else {
            let len = rest.iter().take_while(is_name).count();
            let is_alone = self.literal.is_empty()
                && self.pieces.is_empty()
                && rest.get(len).is_none_or(|b| is_blank(*b));
            if len > 0 && is_alone {
                let name = rest[..len].to_vec();
                self.pieces.push(Piece {
                    quoted: false,
                    kind: PieceKind::Variable {
                        name,
                        rest: Vec::new(),
                    },
                });
                self.at += len + 1;
            } else {
                self.literal.push(b'$');
                self.at += 1;
            }
        }
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.pieces.push(Piece {
                quoted: true,
                kind: PieceKind::Text(std::mem::take(&mut self.literal)),
            });
        }
    }

    fn finish(mut self, span: Range<usize>) -> Word {
        if self.pieces.is_empty() && self.literal.is_empty() {
            self.pieces.push(Piece {
                quoted: true,
                kind: PieceKind::Text(Vec::new()),
            });
        }
        self.flush();
        Word {
            span,
            pieces: self.pieces,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<Vec<String>> {
        let show = |word: &Word| {
            let piece = |piece: &Piece| match &piece.kind {
                PieceKind::Text(text) => String::from_utf8_lossy(text).into_owned(),
                PieceKind::Variable { name, .. } => {
                    format!("<{}>", String::from_utf8_lossy(name))
                }
                other => format!("{other:?}"),
            };
            word.pieces.iter().map(piece).collect()
        };
        let all = commands(text.as_bytes());
        all.iter()
            .map(|simple| simple.words.iter().map(show).collect())
            .collect()
    }

    #[test]
    fn words_are_split_as_systemd_splits_them() {
        for (text, expected) in [
            (
                "/usr/bin/find /var/cache/man -name *.gz -delete",
                vec![vec![
                    "/usr/bin/find",
                    "/var/cache/man",
                    "-name",
                    "*.gz",
                    "-delete",
                ]],
            ),
            (
                "-/bin/sh -c \"rm -f /a/*; true\"",
                vec![vec!["/bin/sh", "-c", "rm -f /a/*; true"]],
            ),
            (
                "/bin/rm ${DIR}/x $ARGS $$",
                vec![vec!["/bin/rm", "<DIR>/x", "<ARGS>", "$"]],
            ),
            (
                "/bin/a 'b c' ; @/bin/d e",
                vec![vec!["/bin/a", "b c"], vec!["/bin/d", "e"]],
            ),
            ("/bin/a \\\n   b", vec![vec!["/bin/a", "b"]]),
            (
                "/bin/a \"\" 100%% %i",
                vec![vec!["/bin/a", "", "100%", "<%i>"]],
            ),
            ("", vec![]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn assignments_are_read() {
        assert_eq!(
            assignments(b"A=1 \"B=2 3\" nothing"),
            [
                (b"A".to_vec(), b"1".to_vec()),
                (b"B".to_vec(), b"2 3".to_vec())
            ]
        );
    }
}
