//! Redirections and here-documents.

use std::ops::Range;

use super::words::closing;
use super::{Input, Parsed, Parser, PieceKind, Simple, is_meta};

/// A here-document that begins after this line.
pub(super) struct Pending {
    delimiter: Vec<u8>,
    /// Whether tabs at the start of its lines are left out.
    strips: bool,
    number: usize,
}

impl Parser<'_> {
    /// Goes over the end of a line, and over the here-documents that begin there.
    pub(super) fn newline(&mut self) {
        self.at += 1;
        for pending in std::mem::take(&mut self.heredocs) {
            self.documents[pending.number] = self.document(&pending);
        }
    }

    fn document(&mut self, pending: &Pending) -> Range<usize> {
        let start = self.at;
        while self.at < self.text.len() {
            let line_start = self.at;
            let rest = &self.text[self.at..];
            let len = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
            let mut line = &rest[..len];
            self.at = (self.at + len + 1).min(self.text.len());
            if pending.strips {
                let tabs = line.iter().take_while(|&&b| b == b'\t').count();
                line = &line[tabs..];
            }
            if line == pending.delimiter {
                return start..line_start;
            }
        }
        start..self.at
    }

    /// What stands behind a compound command; where it reads from.
    pub(super) fn redirections_after_compound(&mut self) -> Parsed<Option<Input>> {
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
                return Ok(sink.input);
            }
            self.at += digits;
            self.redirection(&mut sink)?;
        }
    }

    pub(super) fn redirection(&mut self, simple: &mut Simple) -> Parsed<()> {
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
            return self.substitution().map(|_| ());
        }
        self.at += operator.len();
        self.skip_blanks();
        if self.looking_at(b"<(") || self.looking_at(b">(") {
            self.at += 1;
            let inner = self.substitution()?;
            if operator == b"<" {
                simple.input = Some(Input::Command(self.text[inner].to_vec()));
            }
            return Ok(());
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
                let number = self.documents.len();
                self.documents.push(0..0);
                self.heredocs.push(Pending {
                    delimiter: delimiter.collect(),
                    strips: operator == b"<<-",
                    number,
                });
                simple.input = Some(Input::Document(number));
            }
            b"<<<" => simple.input = Some(Input::Text(target)),
            b"<" => simple.input = Some(Input::File(target)),
            b">" | b">|" => simple.truncates.push(target),
            _ => {}
        }
        Ok(())
    }

    /// Goes over `(…)`; what stands inside.
    fn substitution(&mut self) -> Parsed<Range<usize>> {
        let start = self.at;
        let Some(end) = closing(self.text, start + 1, b')') else {
            return self.fault(start, "a `(` is not closed");
        };
        self.at = end + 1;
        Ok(start + 1..end)
    }
}
