//! A pull reader of JSON in bytes: names are file names, so its strings are bytes and not text.
//!
//! The grammar is that of RFC 8259, with two liberties that real exports need: a string may hold
//! any byte from 0x20 up, UTF-8 or not, and the escape of a lone surrogate stands for its three
//! WTF-8 bytes, so that two names which differ stay different (ncdu does the same). It reads
//! through one buffer, keeps no tree and does not recurse: a value nobody asked for costs one
//! byte a level of its nesting.

use std::io::{self, Read};

/// Why reading stopped.
#[derive(Debug)]
pub(super) enum Fault {
    /// The input ends inside the document.
    Cut,
    /// Somebody asked to end early.
    Cancelled,
    /// The input cannot be read any further.
    Io(io::Error),
    /// Something else stands where this was expected.
    Syntax(Box<Syntax>),
}

/// A place, and what is wrong there.
#[derive(Debug)]
pub(super) struct Syntax {
    pub(super) place: Place,
    pub(super) message: String,
    pub(super) hint: Option<&'static str>,
}

/// A line and a column in bytes, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) column: u64,
}

/// Longer strings are refused: the longest path that a kernel takes is 4 KiB, ncdu's own limit
/// 32 KiB.
pub(super) const MAX_STRING: usize = 1 << 20;
const BUFFER: usize = 128 << 10;

/// A position in a document; every method expects white space before what it reads.
pub(super) struct Json<R> {
    input: R,
    buffer: Box<[u8]>,
    at: usize,
    end: usize,
    /// Where the buffer begins in the input.
    base: u64,
    line: u64,
    line_start: u64,
}

impl<R: Read> Json<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            at: 0,
            end: 0,
            base: 0,
            line: 1,
            line_start: 0,
        }
    }

    /// Everything that is left, in memory, to be read more than once. Where the input is cut, it is
    /// cut in there as well.
    pub(super) fn into_rest(mut self) -> Result<Rest, Fault> {
        let line_start = self.line_start;
        let base = self.base + self.at as u64;
        let mut bytes = self.buffer[self.at..self.end].to_vec();
        match self.input.read_to_end(&mut bytes) {
            Err(e) if e.kind() != io::ErrorKind::UnexpectedEof => Err(Fault::Io(e)),
            _ => Ok(Rest {
                bytes,
                base,
                line: self.line,
                line_start,
            }),
        }
    }

    /// Where the next byte stands.
    pub(super) fn place(&self) -> Place {
        Place {
            line: self.line,
            column: self.base + self.at as u64 - self.line_start + 1,
        }
    }

    pub(super) fn syntax(&self, message: impl Into<String>) -> Fault {
        syntax(self.place(), message)
    }

    /// The next byte, which stays; `None` at the end.
    #[inline]
    fn peek_raw(&mut self) -> Result<Option<u8>, Fault> {
        if self.at == self.end {
            self.refill()?;
        }
        Ok(self.buffer[..self.end].get(self.at).copied())
    }

    #[cold]
    fn refill(&mut self) -> Result<(), Fault> {
        self.base += self.end as u64;
        self.at = 0;
        self.end = 0;
        self.end = loop {
            match self.input.read(&mut self.buffer) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Err(Fault::Cut),
                Err(e) => return Err(Fault::Io(e)),
                Ok(n) => break n,
            }
        };
        Ok(())
    }

    /// The next byte, taken; the end of the input is [`Fault::Cut`].
    #[inline]
    fn byte(&mut self) -> Result<u8, Fault> {
        let byte = self.peek_raw()?.ok_or(Fault::Cut)?;
        self.at += 1;
        Ok(byte)
    }

    /// The byte after white space, which stays; `None` at the end.
    #[inline]
    fn peek_or_end(&mut self) -> Result<Option<u8>, Fault> {
        loop {
            match self.peek_raw()? {
                Some(b'\n') => {
                    self.at += 1;
                    self.line += 1;
                    self.line_start = self.base + self.at as u64;
                }
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                other => return Ok(other),
            }
        }
    }

    /// The byte after white space, which stays.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<u8, Fault> {
        self.peek_or_end()?.ok_or(Fault::Cut)
    }

    /// Takes the byte after white space if it is this one.
    #[inline]
    pub(super) fn take(&mut self, wanted: u8) -> Result<bool, Fault> {
        let found = self.peek()? == wanted;
        self.at += usize::from(found);
        Ok(found)
    }

    /// Takes this byte, `context` telling where it is expected.
    #[inline]
    pub(super) fn expect(&mut self, wanted: u8, context: &str) -> Result<(), Fault> {
        if self.take(wanted)? {
            return Ok(());
        }
        Err(self.unexpected(&format!("`{}` {context}", char::from(wanted))))
    }

    /// Nothing but white space may follow.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        match self.peek_or_end()? {
            None => Ok(()),
            Some(_) => Err(self.unexpected("nothing after the end of the export")),
        }
    }

    /// What was expected instead of the byte that stands next.
    #[cold]
    pub(super) fn unexpected(&mut self, wanted: &str) -> Fault {
        match self.peek_raw() {
            Ok(Some(found)) => self.syntax(format!("expected {wanted}, found {}", shown(found))),
            Ok(None) => Fault::Cut,
            Err(fault) => fault,
        }
    }

    /// After an element of an array or a member of an object: whether another one follows.
    #[inline]
    pub(super) fn another(&mut self, closer: u8) -> Result<bool, Fault> {
        match self.peek()? {
            b',' => {
                self.at += 1;
                Ok(true)
            }
            found if found == closer => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.unexpected(&format!("`,` or `{}`", char::from(closer)))),
        }
    }

    /// A string, its escapes undone, in `text` instead of what that held. `after` says whose.
    pub(super) fn string(&mut self, text: &mut Vec<u8>, after: &str) -> Result<(), Fault> {
        text.clear();
        if !self.take(b'"')? {
            return Err(self.unexpected(&format!("a string {after}")));
        }
        loop {
            let rest = self.rest()?;
            let run = plain_run(rest);
            text.extend_from_slice(&rest[..run]);
            self.at += run;
            if text.len() > MAX_STRING {
                return Err(self.syntax("expected a string of at most 1 MiB"));
            }
            if self.at < self.end && self.special(Some(text))? {
                return Ok(());
            }
        }
    }

    fn skip_string(&mut self) -> Result<(), Fault> {
        loop {
            let run = plain_run(self.rest()?);
            self.at += run;
            if self.at < self.end && self.special(None)? {
                return Ok(());
            }
        }
    }

    /// What is left of the buffer; at the end of the input, [`Fault::Cut`].
    fn rest(&mut self) -> Result<&[u8], Fault> {
        self.peek_raw()?.ok_or(Fault::Cut)?;
        Ok(&self.buffer[self.at..self.end])
    }

    /// Reads the byte that ended a plain run; whether it was the end of the string.
    fn special(&mut self, text: Option<&mut Vec<u8>>) -> Result<bool, Fault> {
        match self.byte()? {
            b'"' => Ok(true),
            b'\\' => {
                let mut ignored = Vec::new();
                self.escape(text.unwrap_or(&mut ignored)).map(|()| false)
            }
            control => {
                self.at -= 1;
                Err(self.syntax(format!(
                    "expected a string to escape its control bytes, found {}",
                    shown(control)
                )))
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), Fault> {
        let plain = match self.byte()? {
            b'u' => {
                let mut unit = self.hex4()?;
                // A high surrogate waits for its low half; without one it stands for itself.
                while (0xd800..0xdc00).contains(&unit) && self.peek_raw()? == Some(b'\\') {
                    self.at += 1;
                    if self.peek_raw()? != Some(b'u') {
                        push_code_point(text, unit);
                        return self.escape(text);
                    }
                    self.at += 1;
                    let low = self.hex4()?;
                    if (0xdc00..0xe000).contains(&low) {
                        unit = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                    } else {
                        push_code_point(text, unit);
                        unit = low;
                    }
                }
                push_code_point(text, unit);
                return Ok(());
            }
            same @ (b'"' | b'\\' | b'/') => same,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            _ => {
                self.at -= 1;
                return Err(self.unexpected("one of \" \\ / b f n r t u after the backslash"));
            }
        };
        text.push(plain);
        Ok(())
    }

    fn hex4(&mut self) -> Result<u32, Fault> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(digit) = char::from(self.byte()?).to_digit(16) else {
                self.at -= 1;
                return Err(self.unexpected("four hexadecimal digits after \\u"));
            };
            unit = unit << 4 | digit;
        }
        Ok(unit)
    }

    /// A whole number that is not negative.
    pub(super) fn unsigned(&mut self, after: &str) -> Result<u64, Fault> {
        let first = self.peek()?;
        if !first.is_ascii_digit() {
            return Err(self.unexpected(&format!("a whole number from 0 up {after}")));
        }
        let number = self.digits(after)?;
        self.no_more_number(after)?;
        Ok(number)
    }

    /// A whole number of seconds, whose fraction is dropped (towards the past).
    pub(super) fn seconds(&mut self, after: &str) -> Result<i64, Fault> {
        let negative = self.take(b'-')?;
        if !self.peek_raw()?.ok_or(Fault::Cut)?.is_ascii_digit() {
            return Err(self.unexpected(&format!("a number of seconds {after}")));
        }
        let whole = self.digits(after)?;
        let mut below = false;
        if self.peek_raw()? == Some(b'.') {
            self.at += 1;
            if !self.peek_raw()?.ok_or(Fault::Cut)?.is_ascii_digit() {
                return Err(self.unexpected("digits after the decimal point"));
            }
            while let Some(digit @ b'0'..=b'9') = self.peek_raw()? {
                below |= digit != b'0';
                self.at += 1;
            }
        }
        self.no_more_number(after)?;
        let seconds = i64::try_from(whole)
            .map_err(|_| self.syntax(format!("expected a number below 2^63 {after}")))?;
        Ok(if negative {
            -seconds - i64::from(below)
        } else {
            seconds
        })
    }

    fn digits(&mut self, after: &str) -> Result<u64, Fault> {
        let place = self.place();
        let mut number = 0u64;
        while let Some(digit @ b'0'..=b'9') = self.peek_raw()? {
            self.at += 1;
            number = number
                .checked_mul(10)
                .and_then(|n| n.checked_add(u64::from(digit - b'0')))
                .ok_or_else(|| syntax(place, format!("expected a number below 2^64 {after}")))?;
        }
        Ok(number)
    }

    fn no_more_number(&mut self, after: &str) -> Result<(), Fault> {
        match self.peek_raw()? {
            Some(b'.' | b'e' | b'E' | b'+' | b'-') => {
                Err(self.unexpected(&format!("a whole number {after}")))
            }
            _ => Ok(()),
        }
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, after: &str) -> Result<bool, Fault> {
        match self.peek()? {
            b't' => self.word(b"true").map(|()| true),
            b'f' => self.word(b"false").map(|()| false),
            _ => Err(self.unexpected(&format!("true or false {after}"))),
        }
    }

    fn word(&mut self, word: &'static [u8]) -> Result<(), Fault> {
        for &letter in word {
            if self.byte()? != letter {
                self.at -= 1;
                let word = String::from_utf8_lossy(word);
                return Err(self.unexpected(&format!("the word {word}")));
            }
        }
        Ok(())
    }

    fn skip_number(&mut self) -> Result<(), Fault> {
        while matches!(
            self.peek_raw()?,
            Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
        ) {
            self.at += 1;
        }
        Ok(())
    }

    /// Reads over one value, whatever it is and however deep.
    pub(super) fn skip_value(&mut self) -> Result<(), Fault> {
        let mut closers = Vec::new();
        loop {
            match self.peek()? {
                b'{' => {
                    self.at += 1;
                    if !self.take(b'}')? {
                        closers.push(b'}');
                        self.skip_key()?;
                        continue;
                    }
                }
                b'[' => {
                    self.at += 1;
                    if !self.take(b']')? {
                        closers.push(b']');
                        continue;
                    }
                }
                b'"' => {
                    self.at += 1;
                    self.skip_string()?;
                }
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                b'n' => self.word(b"null")?,
                b'-' | b'0'..=b'9' => self.skip_number()?,
                _ => return Err(self.unexpected("a value")),
            }
            loop {
                let Some(&closer) = closers.last() else {
                    return Ok(());
                };
                if self.another(closer)? {
                    if closer == b'}' {
                        self.skip_key()?;
                    }
                    break;
                }
                closers.pop();
            }
        }
    }

    fn skip_key(&mut self) -> Result<(), Fault> {
        self.expect(b'"', "before a key")?;
        self.skip_string()?;
        self.expect(b':', "after a key")
    }
}

/// The rest of a document.
pub(super) struct Rest {
    bytes: Vec<u8>,
    base: u64,
    line: u64,
    line_start: u64,
}

impl Rest {
    /// Reads it from its beginning.
    pub(super) fn json(&self) -> Json<&[u8]> {
        Json {
            base: self.base,
            line: self.line,
            line_start: self.line_start,
            ..Json::new(&self.bytes)
        }
    }
}

pub(super) fn syntax(place: Place, message: impl Into<String>) -> Fault {
    Fault::Syntax(Box::new(Syntax {
        place,
        message: message.into(),
        hint: None,
    }))
}

/// How many bytes stand for themselves.
#[inline]
fn plain_run(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .position(|&b| b == b'"' || b == b'\\' || b < 0x20)
        .unwrap_or(bytes.len())
}

/// UTF-8, and for a lone surrogate the same scheme's three bytes.
fn push_code_point(text: &mut Vec<u8>, code: u32) {
    match char::from_u32(code) {
        Some(c) => text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => {
            let [_, _, high, low] = code.to_be_bytes();
            text.extend_from_slice(&[
                0xe0 | high >> 4,
                0x80 | (high & 0x0f) << 2 | low >> 6,
                0x80 | low & 0x3f,
            ]);
        }
    }
}

fn shown(byte: u8) -> String {
    match byte {
        b'\n' => "the end of the line".to_owned(),
        0x20..0x7f => format!("`{}`", char::from(byte)),
        _ => format!("the byte 0x{byte:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every token crosses the end of the buffer.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(1);
            buf[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn text_of(fault: Fault) -> String {
        match fault {
            Fault::Syntax(s) => format!("{}:{}: {}", s.place.line, s.place.column, s.message),
            other => format!("{other:?}"),
        }
    }

    fn string_of(document: &[u8]) -> Result<Vec<u8>, String> {
        let read =
            |result: Result<(), Fault>, text: Vec<u8>| result.map_err(text_of).map(|()| text);
        let mut text = Vec::new();
        let whole = Json::new(document).string(&mut text, "here");
        let whole = read(whole, text);
        let mut text = Vec::new();
        let dripped = Json::new(Drip(document)).string(&mut text, "here");
        assert_eq!(whole, read(dripped, text));
        whole
    }

    #[test]
    fn strings_are_bytes() {
        for (document, text) in [
            (&br#""""#[..], &b""[..]),
            (br#"  "a b""#, b"a b"),
            (b"\"\xff\xfe\x7f\"", b"\xff\xfe\x7f"),
            (br#""\"\\\/\b\f\n\r\t""#, b"\"\\/\x08\x0c\n\r\t"),
            (br#""\u0041\u00e9\u20AC""#, "A\u{e9}\u{20ac}".as_bytes()),
            (br#""\ud83d\ude00!""#, "\u{1f600}!".as_bytes()),
            (br#""\ud83d""#, b"\xed\xa0\xbd"),
            (br#""\ude00\ud83d""#, b"\xed\xb8\x80\xed\xa0\xbd"),
            (br#""\ud83dx""#, b"\xed\xa0\xbdx"),
            (br#""\ud83d\n""#, b"\xed\xa0\xbd\n"),
            (br#""\ud83d\ud83d\ude00""#, b"\xed\xa0\xbd\xf0\x9f\x98\x80"),
            (br#""\ud83d\u0041""#, b"\xed\xa0\xbdA"),
        ] {
            assert_eq!(string_of(document).as_deref(), Ok(text), "{document:?}");
        }
    }

    #[test]
    fn bad_strings_say_why() {
        for (document, message) in [
            (&b"x"[..], "1:1: expected a string here, found `x`"),
            (b"\n 5", "2:2: expected a string here, found `5`"),
            (
                b"\"a\tb\"",
                "1:3: expected a string to escape its control bytes, found the byte 0x09",
            ),
            (
                b"\"a\nb\"",
                "1:3: expected a string to escape its control bytes, found the end of the line",
            ),
            (
                br#""\x""#,
                "1:3: expected one of \" \\ / b f n r t u after the backslash, found `x`",
            ),
            (
                br#""\u12g4""#,
                "1:6: expected four hexadecimal digits after \\u, found `g`",
            ),
            (
                br#""\ud83d\u12""#,
                "1:12: expected four hexadecimal digits after \\u, found `\"`",
            ),
            (br#""abc"#, "Cut"),
            (br#""abc\"#, "Cut"),
            (br#""\ud83d"#, "Cut"),
            (br#""\ud83d\"#, "Cut"),
            (b"", "Cut"),
        ] {
            assert_eq!(string_of(document), Err(message.to_owned()), "{document:?}");
        }
    }

    #[test]
    fn numbers_are_whole_and_in_range() {
        let unsigned = |text: &str| Json::new(text.as_bytes()).unsigned("here").map_err(text_of);
        let seconds = |text: &str| Json::new(text.as_bytes()).seconds("here").map_err(text_of);
        for (text, number) in [("0", 0), (" 12,", 12), ("18446744073709551615]", u64::MAX)] {
            assert_eq!(unsigned(text), Ok(number), "{text}");
        }
        for (text, message) in [
            (
                "-1",
                "1:1: expected a whole number from 0 up here, found `-`",
            ),
            ("1.5", "1:2: expected a whole number here, found `.`"),
            ("1e3", "1:2: expected a whole number here, found `e`"),
            (
                "\"1\"",
                "1:1: expected a whole number from 0 up here, found `\"`",
            ),
            (
                "18446744073709551616",
                "1:1: expected a number below 2^64 here",
            ),
            ("", "Cut"),
        ] {
            assert_eq!(unsigned(text), Err(message.to_owned()), "{text}");
        }
        for (text, number) in [
            ("12", 12),
            ("12.75", 12),
            ("-1", -1),
            ("-1.5", -2),
            ("-1.0", -1),
            ("9223372036854775807", i64::MAX),
        ] {
            assert_eq!(seconds(text), Ok(number), "{text}");
        }
        for text in [
            "",
            "-",
            "1.",
            "1.x",
            "1e5",
            "9223372036854775808",
            "- 1",
            "true",
        ] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn any_value_can_be_skipped() {
        let skip = |text: &[u8]| {
            let mut json = Json::new(Drip(text));
            json.skip_value().and_then(|()| json.end()).map_err(text_of)
        };
        for text in [
            "1",
            "-1.5e+3",
            "\"a\\\"b\"",
            "true",
            "false",
            "null",
            "[]",
            "{}",
            " [ 1 , [ ] , { } ] ",
            r#"{"a":{"b":[{"c":"]}"}]},"d":null}"#,
        ] {
            assert_eq!(skip(text.as_bytes()), Ok(()), "{text}");
        }
        for text in ["", "[", "{", "[1", "[1,", "{\"a\"", "{\"a\":", "tru", "\""] {
            assert_eq!(skip(text.as_bytes()), Err("Cut".to_owned()), "{text}");
        }
        for text in [
            "]",
            "[1}",
            "{\"a\":1]",
            "{1:2}",
            "[,]",
            "[1 2]",
            "nul,",
            "truE",
            "{\"a\" 1}",
        ] {
            assert!(skip(text.as_bytes()).is_err_and(|e| e != "Cut"), "{text}");
        }
        let deep = [vec![b'['; 1 << 20], vec![b']'; 1 << 20]].concat();
        assert!(Json::new(&deep[..]).skip_value().is_ok());
    }
}
