//! One word: quotes, parameters and substitutions, told apart but not expanded.

use super::{Parsed, Parser, Piece, PieceKind, Word, is_meta, is_name};

impl Parser<'_> {
    pub(super) fn word(&mut self) -> Parsed<Word> {
        self.word_until(&is_meta)
    }

    pub(super) fn word_until(&mut self, ends: &dyn Fn(u8) -> bool) -> Parsed<Word> {
        let start = self.at;
        let mut pieces = Pieces::default();
        while let Some(byte) = self.byte() {
            if ends(byte) {
                break;
            }
            match byte {
                b'\\' => {
                    match self.text.get(self.at + 1) {
                        Some(b'\n') => {}
                        Some(&next) => pieces.push(true, &[next]),
                        None => pieces.push(true, b"\\"),
                    }
                    self.at = (self.at + 2).min(self.text.len());
                }
                b'\'' => {
                    let from = self.at + 1;
                    let Some(len) = self.text[from..].iter().position(|&b| b == b'\'') else {
                        return self.fault(self.at, "a `'` is not closed");
                    };
                    pieces.push(true, &self.text[from..from + len]);
                    self.at = from + len + 1;
                }
                b'"' => self.double_quoted(&mut pieces)?,
                b'$' | b'`' => self.dollar(&mut pieces, false)?,
                _ => {
                    pieces.push(false, &[byte]);
                    self.at += 1;
                }
            }
        }
        Ok(Word {
            span: start..self.at,
            pieces: pieces.0,
        })
    }

    fn double_quoted(&mut self, pieces: &mut Pieces) -> Parsed<()> {
        let start = self.at;
        self.at += 1;
        pieces.push(true, b"");
        loop {
            match self.byte() {
                None => return self.fault(start, "a `\"` is not closed"),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    match self.text.get(self.at + 1) {
                        Some(b'\n') => {}
                        Some(&next @ (b'"' | b'\\' | b'$' | b'`')) => pieces.push(true, &[next]),
                        Some(&next) => pieces.push(true, &[b'\\', next]),
                        None => return self.fault(start, "a `\"` is not closed"),
                    }
                    self.at += 2;
                }
                Some(b'$' | b'`') => self.dollar(pieces, true)?,
                Some(byte) => {
                    pieces.push(true, &[byte]);
                    self.at += 1;
                }
            }
        }
    }

    fn dollar(&mut self, pieces: &mut Pieces, quoted: bool) -> Parsed<()> {
        let start = self.at;
        let rest = &self.text[start..];
        let enclosed = |skip: usize, close: u8| {
            closing(self.text, start + skip, close).map(|end| (start + skip..end, end + 1))
        };
        let (kind, end) = match rest {
            [b'`', ..] => match enclosed(1, b'`') {
                Some((inner, end)) => (
                    PieceKind::Command(unescape_backticks(&self.text[inner])),
                    end,
                ),
                None => return self.fault(start, "a backtick is not closed"),
            },
            [b'$', b'(', b'(', ..] => match enclosed(2, b')') {
                Some((inner, end)) => {
                    let inner = self.text[inner].to_vec();
                    let is_arithmetic = inner.first() == Some(&b'(') && inner.last() == Some(&b')');
                    if is_arithmetic {
                        (
                            PieceKind::Arithmetic(inner[1..inner.len() - 1].to_vec()),
                            end,
                        )
                    } else {
                        (PieceKind::Command(inner), end)
                    }
                }
                None => return self.fault(start, "a `$((` is not closed"),
            },
            [b'$', b'(', ..] => match enclosed(2, b')') {
                Some((inner, end)) => (PieceKind::Command(self.text[inner].to_vec()), end),
                None => return self.fault(start, "a `$(` is not closed"),
            },
            [b'$', b'{', ..] => match enclosed(2, b'}') {
                Some((inner, end)) => (parameter(&self.text[inner]), end),
                None => return self.fault(start, "a `${` is not closed"),
            },
            [b'$', b'\'', ..] if !quoted => return self.ansi_quoted(pieces),
            [b'$', b'"', ..] if !quoted => {
                self.at += 1;
                return self.double_quoted(pieces);
            }
            [b'$', first, ..] if is_name(*first) && !first.is_ascii_digit() => {
                let len = rest[1..].iter().take_while(|&&b| is_name(b)).count();
                let name = rest[1..=len].to_vec();
                let rest = Vec::new();
                (PieceKind::Variable { name, rest }, start + 1 + len)
            }
            [b'$', special, ..]
                if special.is_ascii_digit()
                    || matches!(special, b'@' | b'*' | b'#' | b'?' | b'$' | b'!' | b'-') =>
            {
                let name = vec![*special];
                let rest = Vec::new();
                (PieceKind::Variable { name, rest }, start + 2)
            }
            _ => {
                pieces.push(quoted, b"$");
                self.at += 1;
                return Ok(());
            }
        };
        pieces.0.push(Piece { quoted, kind });
        self.at = end;
        Ok(())
    }

    /// `$'…'`.
    fn ansi_quoted(&mut self, pieces: &mut Pieces) -> Parsed<()> {
        let start = self.at;
        self.at += 2;
        loop {
            match (self.byte(), self.text.get(self.at + 1)) {
                (Some(b'\''), _) => {
                    self.at += 1;
                    return Ok(());
                }
                (Some(b'\\'), Some(&next)) => {
                    let byte = match next {
                        b'n' => b'\n',
                        b't' => b'\t',
                        b'r' => b'\r',
                        b'0' => 0,
                        other => other,
                    };
                    pieces.push(true, &[byte]);
                    self.at += 2;
                }
                (Some(byte), _) => {
                    pieces.push(true, &[byte]);
                    self.at += 1;
                }
                (None, _) => return self.fault(start, "a `$'` is not closed"),
            }
        }
    }
}

#[derive(Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    fn push(&mut self, quoted: bool, bytes: &[u8]) {
        if let Some(Piece {
            quoted: last,
            kind: PieceKind::Text(text),
        }) = self.0.last_mut()
            && *last == quoted
        {
            text.extend_from_slice(bytes);
            return;
        }
        self.0.push(Piece {
            quoted,
            kind: PieceKind::Text(bytes.to_vec()),
        });
    }
}

fn parameter(inner: &[u8]) -> PieceKind {
    let prefixed = usize::from(inner.len() > 1 && matches!(inner[0], b'#' | b'!'));
    let len = inner[prefixed..]
        .iter()
        .take_while(|&&b| is_name(b))
        .count();
    let len = if len == 0 {
        1.min(inner.len() - prefixed)
    } else {
        len
    };
    let mut rest = inner[prefixed + len..].to_vec();
    if prefixed == 1 {
        // The length of a value, or a name held in a value: neither is followed.
        rest.insert(0, inner[0]);
    }
    PieceKind::Variable {
        name: inner[prefixed..prefixed + len].to_vec(),
        rest,
    }
}

fn unescape_backticks(inner: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().peekable();
    while let Some(&byte) = bytes.next() {
        match bytes.peek() {
            Some(&&next @ (b'`' | b'\\' | b'$')) if byte == b'\\' => {
                text.push(next);
                bytes.next();
            }
            _ => text.push(byte),
        }
    }
    text
}

/// Where the byte stands that closes what was opened before `from`; quotes and what nests is
/// passed over with a stack of its own.
pub(super) fn closing(text: &[u8], from: usize, close: u8) -> Option<usize> {
    let mut stack = vec![close];
    let mut at = from;
    while let Some(&byte) = text.get(at) {
        let top = *stack.last()?;
        let next = text.get(at + 1).copied();
        if byte == top {
            stack.pop();
            if stack.is_empty() {
                return Some(at);
            }
            at += 1;
            continue;
        }
        match (top, byte) {
            (b'\'', _) => {}
            (_, b'\\') => at += 1,
            (b'"', b'$') if matches!(next, Some(b'(' | b'{')) => {
                stack.push(if next == Some(b'(') { b')' } else { b'}' });
                at += 1;
            }
            (_, b'$') if matches!(next, Some(b'(' | b'{')) => {
                stack.push(if next == Some(b'(') { b')' } else { b'}' });
                at += 1;
            }
            (b'"', b'`') => stack.push(b'`'),
            (b'"' | b'`', _) if byte != b'"' || top == b'"' => {}
            (_, b'"') => stack.push(b'"'),
            (b')' | b'}', b'\'') => stack.push(b'\''),
            (b')' | b'}', b'`') => stack.push(b'`'),
            (b')', b'(') => stack.push(b')'),
            _ => {}
        }
        at += 1;
    }
    None
}
