//! Names as *runs*: maximal stretches of letters and digits, and the single bytes between them.
//!
//! Two names are *alike* when their runs agree: digits against digits, anything with letters
//! against anything with letters, every mark, the leading word and the extension literally. What
//! the digits mean is not asked here: widths, dates and counters are typed later, for a whole
//! column at once. `2024-01-01-9` and `…-10` therefore agree, and 30 February sits with the 29th.
//!
//! The leading word is literal because it names the output (`sales_…` beside `batch_…`), except
//! where it repeats the name of a directory above (`BTCUSDT/1m/BTCUSDT-1m-….zip`) or is an
//! identifier. A compression suffix is set aside: the same shard is often found in both forms.
//!
//! One linear scan without backtracking; nothing is allocated once the buffers have grown. A
//! shape is known by a 64-bit hash of its code; what a collision could bring together is taken
//! apart again when the columns are read.

use super::suffix::{compression, is_numbered, is_segment};

/// What one run of a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum RunKind {
    /// Digits only.
    Number,
    /// Letters, perhaps with digits.
    Text,
    /// A UUID, hyphens and all.
    Uuid,
    /// One byte that is neither letter nor digit.
    Mark,
}

/// A stretch of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) kind: RunKind,
    /// Whether a text has digits in it.
    pub(super) mixed: bool,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Run {
    /// Its bytes within the name that was scanned.
    pub(super) fn of<'n>(&self, name: &'n [u8]) -> &'n [u8] {
        &name[self.start as usize..self.end as usize]
    }
}

/// A scanned name: its runs and the hashes of its shape.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    /// The runs of the name without its compression suffix.
    pub(super) runs: Vec<Run>,
    /// Where the compression suffix begins; the name's length where there is none.
    pub(super) body: usize,
    /// Where the extension's dot is; `body` where there is none.
    pub(super) extension: usize,
    /// The end of the leading word that is literal; 0 where there is none.
    pub(super) lead: usize,
    /// The shape: names with equal keys are alike.
    pub(super) key: u64,
    /// The shape with any leading word.
    pub(super) tail: u64,
    /// The shape without the extension.
    pub(super) stem: u64,
    /// Whether anything but plain words is in it.
    pub(super) varies: bool,
    loose_code: Vec<u8>,
}

/// How far up a name may repeat a directory's.
pub(super) const ANCESTORS: usize = 6;

const NUMBER: u8 = 1;
const TEXT: u8 = 2;
const UUID: u8 = 3;
const EXTENSION: u8 = 4;
const KEYED: u8 = 5;
const ESCAPE: u8 = 6;
const HEX: u8 = 7;
/// Digits and hexadecimal identifiers of this length are not told apart: one in fifty of eight
/// random ones has no letter.
const LONG: u32 = 8;

impl Scan {
    /// Reads one name. `above` are the names of the directories that hold it, nearest first.
    pub(super) fn read(&mut self, name: &[u8], above: &[&[u8]]) {
        self.runs.clear();
        self.varies = false;
        self.body = name.len() - compression(name).len();
        let body = &name[..self.body];
        split(body, &mut self.runs);
        self.extension = extension(body, &self.runs);
        let is_segment = is_segment(body);
        self.lead = match is_segment {
            true => 0,
            false => self.leading_word(body, above),
        };
        self.encode(body, above, is_segment);
    }

    /// Whether a name is surely of the shape of the one read last, `last`, in the same directory: it
    /// differs only in digits, and these belong to numbers or identifiers. `longest` is the length
    /// of the longest name that it may repeat.
    pub(super) fn still_fits(&self, last: &[u8], longest: usize, name: &[u8]) -> bool {
        let first = self.runs.iter().find(|run| run.kind != RunKind::Mark);
        let Some(first) = first.filter(|_| name.len() == last.len() && self.varies) else {
            return false;
        };
        // A word at the beginning counts as it is, and so does what repeats a directory's name.
        let from = match first.kind {
            RunKind::Text => (first.end as usize).max(first.start as usize + longest),
            _ => first.start as usize,
        };
        let free = from.min(self.extension)..self.extension;
        name[..free.start] == last[..free.start]
            && name[free.end..] == last[free.end..]
            && name[free.clone()]
                .iter()
                .zip(&last[free])
                .all(|(a, b)| a == b || a.is_ascii_digit() && b.is_ascii_digit())
    }

    /// Reads a directory's name; `key=value` is a key and one value, whatever its shape.
    pub(super) fn read_directory(&mut self, name: &[u8], above: &[&[u8]]) {
        self.read(name, above);
        if let Some(key) = key_of(name) {
            self.key = mix(u64::from(KEYED), hash(key));
            self.tail = self.key;
            self.varies = true;
        }
    }

    /// The shape of the name read last with any words: everything between its numbers is one text, so that `BRK_B-20240103`
    /// and `1INCHUSDT-20240103` meet `AAPL-20240103`, and `web-eu-1-…` meets `web02-…`.
    pub(super) fn loosen(&mut self, name: &[u8]) -> u64 {
        let body = &name[..self.body];
        let code = &mut self.loose_code;
        code.clear();
        let extension = self.extension;
        let inner = self
            .runs
            .iter()
            .take_while(|run| (run.start as usize) < extension);
        let inner = &self.runs[..inner.count()];
        for (at, run) in inner.iter().enumerate() {
            let after_text = code.last() == Some(&TEXT)
                || code.len() >= 2
                    && code[code.len() - 2] == TEXT
                    && at > 0
                    && inner[at - 1].kind == RunKind::Mark;
            let is_part = match run.kind {
                RunKind::Text => true,
                RunKind::Number => {
                    let longer = inner[at + 1..]
                        .iter()
                        .any(|r| r.kind == RunKind::Number && r.end - r.start >= 8);
                    after_text && run.end - run.start <= 2 && longer
                }
                _ => false,
            };
            match run.kind {
                _ if is_part && after_text => {
                    let keep = code.iter().rposition(|&b| b == TEXT).map_or(0, |at| at + 1);
                    code.truncate(keep);
                }
                _ if is_part => code.push(TEXT),
                RunKind::Number => code.push(NUMBER),
                RunKind::Uuid => code.push(UUID),
                _ => code.push(body[run.start as usize].max(8)),
            }
        }
        code.push(EXTENSION);
        code.extend_from_slice(&body[extension..]);
        hash(code)
    }

    /// Cuts a name into its runs, and nothing more.
    pub(super) fn split(&mut self, name: &[u8]) {
        self.runs.clear();
        split(name, &mut self.runs);
    }

    fn leading_word(&self, body: &[u8], above: &[&[u8]]) -> usize {
        let Some(first) = self.runs.iter().find(|run| run.kind != RunKind::Mark) else {
            return 0;
        };
        // A name such as `__consumer_offsets-3` begins with marks that belong to its word.
        let marks_before = self.runs[..]
            .iter()
            .take_while(|r| r.kind == RunKind::Mark)
            .count();
        let (start, end) = (first.start as usize, first.end as usize);
        if first.kind != RunKind::Text || marks_before > 2 || start == self.extension + 1 {
            return 0;
        }
        if repeats_ancestor(&body[start..], above) {
            return 0;
        }
        let run = &body[start..end];
        let letters = run.iter().take_while(|b| !b.is_ascii_digit()).count();
        if !first.mixed {
            // `Jan-03-2024`: the month of a date, which is another in the next month.
            if super::date::weekday_of(run).is_some() {
                return 0;
            }
            let is_month = super::date::month_of(run).is_some();
            let dated = |at: usize| {
                let number = self.runs.get(at);
                number.is_some_and(|n| n.kind == RunKind::Number)
            };
            if is_month && dated(marks_before + 2) && dated(marks_before + 4) {
                return 0;
            }
            return end;
        }
        if letters == 0 || is_identifier(run) {
            0
        } else {
            start + letters
        }
    }

    /// Hashes the shape: its runs in short, the extension and the leading word as they are.
    fn encode(&mut self, body: &[u8], above: &[&[u8]], is_segment: bool) {
        let mut code = Code::default();
        let mut stem = None;
        for run in &self.runs {
            let start = run.start as usize;
            if start >= self.extension {
                stem = Some(code.finish());
                code.push(EXTENSION);
                code.extend(&body[self.extension..]);
                break;
            }
            match run.kind {
                RunKind::Mark => code.mark(body[start]),
                // Its number is in base 36, and may be of digits or of letters alone.
                _ if is_segment && start == 1 => {
                    self.varies = true;
                    code.push(HEX);
                }
                RunKind::Number => {
                    self.varies = true;
                    let long = run.end - run.start >= LONG;
                    code.push(if long { HEX } else { NUMBER });
                }
                RunKind::Uuid => {
                    self.varies = true;
                    code.push(UUID);
                }
                RunKind::Text => {
                    self.varies |= run.mixed || start >= self.lead && is_cyclic(run.of(body));
                    let hex = run.mixed && run.end - run.start >= LONG && is_hex(run.of(body));
                    code.push(if hex { HEX } else { TEXT });
                }
            }
        }
        self.varies = self.varies || self.repeats_directory(body, above);
        self.tail = code.finish();
        self.key = self.led(self.tail, body);
        self.stem = stem.map_or(self.key, |stem| self.led(stem, body));
    }

    /// A shape with the leading word, where that is literal.
    fn led(&self, shape: u64, body: &[u8]) -> u64 {
        match self.lead {
            0 => shape,
            lead => mix(shape, hash(&body[..lead])),
        }
    }

    /// Whether some word, though a plain one, repeats a part of a directory's name.
    fn repeats_directory(&self, body: &[u8], above: &[&[u8]]) -> bool {
        let texts = self.runs.iter().filter(|run| {
            let start = run.start as usize;
            run.kind == RunKind::Text && start >= self.lead && start < self.extension
        });
        texts
            .into_iter()
            .any(|run| repeats_a_run(run.of(body), above))
    }
}

/// The code of a shape, hashed eight bytes at a time.
#[derive(Clone, Copy, Default)]
struct Code {
    state: u64,
    word: u64,
    len: u32,
}

impl Code {
    fn push(&mut self, byte: u8) {
        self.word = self.word << 8 | u64::from(byte);
        self.len += 1;
        if self.len.is_multiple_of(8) {
            self.state = mix(self.state, self.word);
            self.word = 0;
        }
    }

    fn mark(&mut self, byte: u8) {
        if byte < 8 {
            self.push(ESCAPE);
        }
        self.push(byte);
    }

    fn extend(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.push(byte);
        }
    }

    fn finish(self) -> u64 {
        mix(mix(self.state, self.word), u64::from(self.len))
    }
}

/// The `key` of a directory called `key=value`.
pub(super) fn key_of(name: &[u8]) -> Option<&[u8]> {
    let at = name.iter().position(|&b| b == b'=')?;
    let key = &name[..at];
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    (!key.is_empty() && key.iter().all(plain)).then_some(key)
}

/// A hash that is the same on every machine and in every run.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        state = mix(state, word);
    }
    mix(state, short(chunks.remainder()))
}

/// Fewer than eight bytes as one number, the first the lowest; without a loop, as every name of a
/// tree passes here several times.
fn short(bytes: &[u8]) -> u64 {
    match bytes {
        [] => 0,
        [first, ..] if bytes.len() < 4 => {
            let (middle, last) = (bytes.len() / 2, bytes.len() - 1);
            u64::from(*first)
                | u64::from(bytes[middle]) << (8 * middle)
                | u64::from(bytes[last]) << (8 * last)
        }
        _ => {
            // Two halves that overlap where there are fewer than eight.
            let half = |at: usize| {
                let half = bytes[at..at + 4].try_into().map_or(0, u32::from_le_bytes);
                u64::from(half) << (8 * at)
            };
            half(0) | half(bytes.len() - 4)
        }
    }
}

/// Two hashes in order, as one.
pub(super) fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ 0x2d35_8dcc_aa6c_78a5) * u128::from(b ^ 0x8bb8_4b93_962e_acc9);
    #[expect(clippy::cast_possible_truncation, reason = "folded into its halves")]
    let folded = (product as u64) ^ ((product >> 64) as u64);
    folded.rotate_left(23).wrapping_mul(0x9fb2_1c65_1e98_df25) ^ a
}

/// What names have in common: so many runs at their beginning and at their end, between which
/// each has some text of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// The runs before the text, and into how many cells each is cut.
    pub(super) head: Vec<(RunKind, usize)>,
    /// The runs behind it.
    pub(super) tail: Vec<(RunKind, usize)>,
}

impl Frame {
    /// The widest frame around names: numbers may differ in it, marks and words may not.
    pub(super) fn of(names: &[&[u8]]) -> Self {
        let mut frame = Self {
            head: Vec::new(),
            tail: Vec::new(),
        };
        let Some((first_name, rest)) = names.split_first() else {
            return frame;
        };
        let mut scan = Scan::default();
        scan.split(first_name);
        let first = scan.runs.clone();
        let same = |a: &Run, name: &[u8], b: &Run| {
            let (a_text, b_text) = (a.of(name), b.of(first_name));
            a.kind == b.kind
                && (matches!(a.kind, RunKind::Number | RunKind::Uuid)
                    || a_text == b_text
                    || a.kind == RunKind::Text && are_stamps(a_text, b_text))
        };
        let (mut head, mut tail, mut fewest) = (first.len(), first.len(), first.len());
        for name in rest {
            scan.split(name);
            let ahead = scan.runs.iter().zip(&first).take(head);
            head = ahead.take_while(|(a, b)| same(a, name, b)).count();
            let behind = scan.runs.iter().rev().zip(first.iter().rev()).take(tail);
            tail = behind.take_while(|(a, b)| same(a, name, b)).count();
            fewest = fewest.min(scan.runs.len());
        }
        let tail = tail.min(fewest.saturating_sub(1));
        let mut head = head.min(fewest.saturating_sub(1 + tail));
        // A frame that ends in a number would cut a value that begins or ends with one.
        while head > 0 && first[head - 1].kind != RunKind::Mark {
            head -= 1;
        }
        let part = |run: &Run| {
            let text = run.of(first_name);
            let stamp = run.kind == RunKind::Text && are_stamps(text, text);
            (run.kind, if stamp { pieces(text) } else { 1 })
        };
        frame.head = first[..head].iter().map(part).collect();
        frame.tail = first[first.len() - tail..].iter().map(part).collect();
        frame
    }

    /// The text of one name within the frame; `None` where it does not fit.
    pub(super) fn text<'n>(&self, name: &'n [u8], runs: &[Run]) -> Option<&'n [u8]> {
        let behind = runs.len().checked_sub(self.tail.len())?;
        let inner = runs.get(self.head.len()..behind)?;
        let (first, last) = (inner.first()?, inner.last()?);
        Some(&name[first.start as usize..last.end as usize])
    }
}

fn is_word_byte(byte: u8) -> bool {
    CLASS[usize::from(byte)] != MARK
}

/// A day of the week or a month: the next one of the same series has another.
fn is_cyclic(run: &[u8]) -> bool {
    (3..=9).contains(&run.len())
        && (super::date::weekday_of(run).is_some() || super::date::month_of(run).is_some())
}

/// Hexadecimal digits, the letters of one case.
fn is_hex(run: &[u8]) -> bool {
    run.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        || run.iter().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'))
}

/// What a byte is in a name.
const MARK: u8 = 0;
const DIGIT: u8 = 1;
const LETTER: u8 = 2;

const CLASS: [u8; 256] = {
    let mut class = [MARK; 256];
    let mut byte = 0;
    while byte < 256 {
        class[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => LETTER,
            _ => MARK,
        };
        byte += 1;
    }
    class
};

fn split(body: &[u8], runs: &mut Vec<Run>) {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let mut at = 0;
    while at < body.len() {
        let start = at;
        let mut seen = 0;
        while let Some(&byte) = body.get(at) {
            let class = CLASS[usize::from(byte)];
            if class == MARK {
                break;
            }
            seen |= class;
            at += 1;
        }
        let kind = match seen {
            MARK => {
                at += 1;
                RunKind::Mark
            }
            _ if at - start == 8 && is_uuid(&body[start..]) => {
                at = start + 36;
                RunKind::Uuid
            }
            // Hexadecimal names of these lengths may happen to have no letter.
            DIGIT if !matches!(at - start, 24 | 32 | 40 | 64) => RunKind::Number,
            _ => RunKind::Text,
        };
        runs.push(Run {
            kind,
            mixed: seen & DIGIT != 0,
            start: narrow(start),
            end: narrow(at),
        });
    }
}

/// Whether a UUID stands here, with a border behind it.
fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() >= 36
        && bytes[8] == b'-'
        && bytes[..36].iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
        && bytes.get(36).is_none_or(|&b| !is_word_byte(b))
}

fn extension(body: &[u8], runs: &[Run]) -> usize {
    let [.., dot, last] = runs else {
        return body.len();
    };
    let word = last.of(body);
    let fits = dot.start > 0 && body[dot.start as usize] == b'.' && last.kind == RunKind::Text;
    if fits && word.len() <= 12 && (!last.mixed || is_numbered(word)) {
        dot.start as usize
    } else {
        body.len()
    }
}

/// Whether the text begins with the whole name of a directory above, at a border.
fn repeats_ancestor(text: &[u8], above: &[&[u8]]) -> bool {
    above.iter().take(ANCESTORS).any(|name| {
        name.len() >= 2
            && text.first() == name.first()
            && text.starts_with(name)
            && text.get(name.len()).is_none_or(|&b| !is_word_byte(b))
            && name.iter().any(u8::is_ascii_alphabetic)
    })
}

/// Whether a word is one of the runs of the two nearest directories' names.
fn repeats_a_run(word: &[u8], above: &[&[u8]]) -> bool {
    word.len() >= 4
        && above.iter().take(2).any(|name| {
            name.len() > word.len()
                && name
                    .split(|&b| !is_word_byte(b))
                    .skip(1)
                    .any(|run| run == word)
        })
}

/// Whether a run of letters and digits looks drawn at random: a hash, a ULID, a base-36 id.
pub(super) fn is_identifier(run: &[u8]) -> bool {
    let digits = run.iter().filter(|b| b.is_ascii_digit()).count();
    let hex = run.iter().all(u8::is_ascii_hexdigit);
    if digits == 0 {
        return hex && run.len() >= 16;
    }
    if hex && run.len() >= 16 {
        return true;
    }
    let changes = run
        .windows(2)
        .filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit())
        .count();
    let longest = run
        .split(|b| !b.is_ascii_digit())
        .map(<[u8]>::len)
        .max()
        .unwrap_or(0);
    let upper = run.iter().any(u8::is_ascii_uppercase);
    let lower = run.iter().any(u8::is_ascii_lowercase);
    run.len() >= 6
        && changes >= 2
        && (longest < 4 || run.len() >= 20)
        && !(upper && lower && run.len() < 20)
        || is_ulid(run)
}

/// A ULID: 26 letters of Crockford's alphabet, of which the first is below 8.
pub(super) fn is_ulid(run: &[u8]) -> bool {
    run.len() == 26
        && matches!(run[0], b'0'..=b'7')
        && run
            .iter()
            .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase() && !b"ILOU".contains(b))
}

/// A run as one cell, or cut into its letters and digits.
pub(super) fn cells_of(run: &[u8], split: usize) -> impl Iterator<Item = &[u8]> {
    let whole = (split <= 1).then_some(run);
    let parts = (split > 1).then(|| run.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()));
    whole.into_iter().chain(parts.into_iter().flatten())
}

pub(super) fn pieces(run: &[u8]) -> usize {
    run.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
        .count()
}

/// Whether two runs have the same letters around their digits.
pub(super) fn letters_agree(a: &[u8], b: &[u8]) -> bool {
    let mut a = a.split(u8::is_ascii_digit).filter(|w| !w.is_empty());
    let mut b = b.split(u8::is_ascii_digit).filter(|w| !w.is_empty());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (x, y) if x != y => return false,
            _ => {}
        }
    }
}

/// Whether letters that vary may be the month of a date: `03Jan2024`.
pub(super) fn may_be_dated(run: &[u8]) -> bool {
    run.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
        .any(|part| {
            super::date::month_of(part).is_some() || part.len() >= 8 && part[0].is_ascii_digit()
        })
}

/// Whether two runs are moments written alike: `20240103T103431Z`, `03Jan2024`.
fn are_stamps(a: &[u8], b: &[u8]) -> bool {
    let long = |run: &[u8]| {
        run.split(|b| !b.is_ascii_digit())
            .any(|digits| digits.len() >= 4)
    };
    pieces(a) == pieces(b)
        && a.first().map(u8::is_ascii_digit) == b.first().map(u8::is_ascii_digit)
        && long(a)
        && long(b)
        && (letters_agree(a, b) || may_be_dated(a) && may_be_dated(b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scan(name: &[u8], above: &[&[u8]]) -> Scan {
        let mut scan = Scan::default();
        scan.read(name, above);
        scan
    }

    proptest! {
        #[test]
        fn a_name_that_still_fits_has_the_same_shape(
            name in "[a-z]{0,3}[0-9._-]{0,4}[a-f0-9]{0,9}[._-][0-9a-z]{0,12}[._-][0-9a-z]{1,8}(\\.(gz|bz2|md5|h5|7z))?",
            digits in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
            dir in "[a-z]{0,3}[0-9-]{0,5}",
        ) {
            let mut other = name.clone().into_bytes();
            for at in digits {
                let at = at.index(other.len());
                if other[at].is_ascii_digit() {
                    other[at] = b'0' + (other[at] - b'0' + 7) % 10;
                }
            }
            let above = [dir.as_bytes()];
            let first = scan(name.as_bytes(), &above);
            let next = scan(&other, &above);
            if first.still_fits(name.as_bytes(), dir.len(), &other) {
                prop_assert_eq!((first.key, first.tail, first.stem), (next.key, next.tail, next.stem));
            }
        }
    }

    #[test]
    fn names_are_alike_when_their_runs_agree() {
        let alike: [(&str, &str, bool); 14] = [
            ("2024-01-01-9.json.gz", "2024-01-01-10.json", true),
            ("sales_20240230.csv", "sales_20240229.csv", true),
            ("sales_20240230.csv", "batch_20240230.csv", false),
            ("sales_20240230.csv", "sales_20240230.txt", false),
            (
                "pg_dump-crm-20240501.sql",
                "pg_dump-orders-20240501.sql",
                true,
            ),
            (
                "core.python3.98726.1719481955",
                "core.nginx.63620.1719286800",
                true,
            ),
            (
                "part-00000-9dbcd666-6745-4f7a-a5ee-1d50a71e8a38.c000",
                "part-1-95c30bf1-ca21-42ba-9f8d-d749b84b5162.c000",
                true,
            ),
            ("0000000100000A3F000000D2", "000000010000000000000042", true),
            ("chapter1.md", "chapter12.md", true),
            ("a.2024.csv", "a-2024.csv", false),
            ("song.mp3", "song.mp4", false),
            ("x\u{1}1", "x\u{2}1", false),
            ("syslog.1", "syslog.2.gz", true),
            ("auth.log.1", "kern.log.1", false),
        ];
        for (a, b, expected) in alike {
            let (a_scan, b_scan) = (scan(a.as_bytes(), &[]), scan(b.as_bytes(), &[]));
            assert_eq!(a_scan.key == b_scan.key, expected, "{a} and {b}");
        }
    }

    #[test]
    fn a_leading_word_that_repeats_a_directory_is_no_literal() {
        let a = scan(b"BTCUSDT-1m-2023-07-01.zip", &[b"1m", b"BTCUSDT"]);
        let b = scan(b"1INCHUSDT-1m-2023-07-01.zip", &[b"1m", b"1INCHUSDT"]);
        assert_eq!(a.key, b.key);
        assert_ne!(a.key, scan(b"BTCUSDT-1m-2023-07-01.zip", &[]).key);
    }

    #[test]
    fn a_frame_is_what_names_share() {
        let names: [&[u8]; 3] = [
            b"ticker-2024-01-03.NYSE.csv",
            b"ticker-2024-02-10.BRK_B.csv",
            b"ticker-2023-12-31.1INCH.csv",
        ];
        let frame = Frame::of(&names);
        let texts: Vec<&[u8]> = names
            .iter()
            .map(|name| frame.text(name, &scan(name, &[]).runs).unwrap())
            .collect();
        assert_eq!(texts, [&b"NYSE"[..], b"BRK_B", b"1INCH"]);
    }
}
