//! The grammar of logrotate's configuration: directives, blocks, scripts.

use crate::entry::RuleFile;
use crate::rules::cron::{DAY, HOUR};
use crate::rules::model::Wants;
use crate::time::{Age, Timestamp};

/// What holds for one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    /// How many copies stay; none at all without a word about it; −1: all.
    pub(super) rotate: i64,
    pub(super) start: u64,
    /// Seconds between two rotations; `None`: by size.
    pub(super) period: Option<u64>,
    pub(super) max_age: Option<u64>,
    pub(super) compress: bool,
    pub(super) delay_compress: bool,
    pub(super) compress_ext: Vec<u8>,
    pub(super) date_ext: bool,
    pub(super) given_format: Option<Vec<u8>>,
    pub(super) hourly: bool,
    pub(super) extension: Option<Vec<u8>>,
    pub(super) old_folder: Option<Vec<u8>>,
    pub(super) if_empty: bool,
    pub(super) missing_ok: bool,
    pub(super) wants: Wants,
    /// Whether the block itself, or something before it, says how many copies stay, and when it
    /// is rotated.
    pub(super) says_rotate: bool,
    pub(super) says_when: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rotate: 0,
            start: 1,
            period: None,
            max_age: None,
            compress: false,
            delay_compress: false,
            compress_ext: b".gz".to_vec(),
            date_ext: false,
            given_format: None,
            hourly: false,
            extension: None,
            old_folder: None,
            if_empty: true,
            missing_ok: false,
            // Where nothing says when.
            wants: Wants {
                size: Some(1 << 20),
                ..Wants::default()
            },
            says_rotate: false,
            says_when: false,
        }
    }
}

impl Settings {
    /// The date in the names of copies, where they have one.
    pub(super) fn date_format(&self) -> Option<Vec<u8>> {
        let default: &[u8] = if self.hourly {
            b"-%Y%m%d%H"
        } else {
            b"-%Y%m%d"
        };
        self.date_ext.then(|| {
            self.given_format
                .clone()
                .unwrap_or_else(|| default.to_vec())
        })
    }
}

/// Patterns and what holds for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) file: Vec<u8>,
    pub(super) line: u64,
    pub(super) changed: Option<Timestamp>,
    /// The patterns as written, in one line.
    pub(super) header: Vec<u8>,
    pub(super) patterns: Vec<Vec<u8>>,
    pub(super) settings: Settings,
    /// Lines and texts of its scripts.
    pub(super) scripts: Vec<(u64, Vec<u8>)>,
    pub(super) broken: Option<String>,
    pub(super) disabled: Option<String>,
}

/// What comes next in a file.
pub(super) enum Step {
    Block(Box<Block>),
    Include(Vec<u8>),
    Taboo { is_pattern: bool, value: Vec<u8> },
    Unknown { line: u64, message: String },
}

/// Directives without a value.
const FLAGS: [&[u8]; 36] = [
    b"compress",
    b"nocompress",
    b"delaycompress",
    b"nodelaycompress",
    b"dateext",
    b"nodateext",
    b"dateyesterday",
    b"datehourago",
    b"copy",
    b"nocopy",
    b"copytruncate",
    b"nocopytruncate",
    b"renamecopy",
    b"norenamecopy",
    b"nocreate",
    b"ifempty",
    b"notifempty",
    b"missingok",
    b"nomissingok",
    b"noolddir",
    b"sharedscripts",
    b"nosharedscripts",
    b"shred",
    b"noshred",
    b"hourly",
    b"daily",
    b"monthly",
    b"yearly",
    b"nomail",
    b"mailfirst",
    b"maillast",
    b"nocreateolddir",
    b"allowhardlink",
    b"noallowhardlink",
    b"ignoreduplicates",
    b"noignoreduplicates",
];

/// Directives with a value that runs to the end of the line.
const VALUED: [&[u8]; 25] = [
    b"rotate",
    b"start",
    b"size",
    b"maxsize",
    b"minsize",
    b"maxage",
    b"minage",
    b"dateformat",
    b"compresscmd",
    b"uncompresscmd",
    b"compressext",
    b"compressoptions",
    b"extension",
    b"addextension",
    b"olddir",
    b"createolddir",
    b"create",
    b"su",
    b"mail",
    b"weekly",
    b"include",
    b"tabooext",
    b"taboopat",
    b"shredcycles",
    b"errors",
];

const SCRIPTS: [&[u8]; 5] = [
    b"prerotate",
    b"postrotate",
    b"firstaction",
    b"lastaction",
    b"preremove",
];

/// Reads one file step by step; the settings for all change on the way.
pub(super) struct Reader<'a> {
    file: &'a RuleFile,
    at: usize,
    line: u64,
    pub(super) settings: Settings,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a RuleFile, settings: Settings) -> Self {
        Self {
            file,
            at: 0,
            line: 1,
            settings,
        }
    }

    fn text(&self) -> &'a [u8] {
        &self.file.contents[self.at..]
    }

    fn advance(&mut self, len: usize) {
        let passed = &self.file.contents[self.at..self.at + len];
        self.line += passed.iter().filter(|&&b| b == b'\n').count() as u64;
        self.at += len;
    }

    /// Skips blanks, empty lines and comments.
    fn skip(&mut self) {
        loop {
            let blanks = self.text().iter().take_while(|b| b.is_ascii_whitespace());
            self.advance(blanks.count());
            if !self.text().starts_with(b"#") {
                return;
            }
            self.rest_of_line();
        }
    }

    /// What follows on this line, its comment too.
    fn rest_of_line(&mut self) -> &'a [u8] {
        let text = self.text();
        let len = text.iter().position(|&b| b == b'\n').unwrap_or(text.len());
        self.advance(len);
        text[..len].trim_ascii()
    }

    fn word(&mut self) -> &'a [u8] {
        let text = self.text();
        let len = text
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric())
            .count();
        self.advance(len);
        &text[..len]
    }

    /// The value of a directive: after blanks or `=`, up to the end of the line.
    fn value(&mut self) -> Vec<u8> {
        let rest = self.rest_of_line();
        let rest = rest.strip_prefix(b"=").unwrap_or(rest).trim_ascii();
        let bare = match rest {
            [quote @ (b'"' | b'\''), inner @ .., last] if quote == last => inner,
            _ => rest,
        };
        bare.to_vec()
    }

    /// The next thing outside of blocks that is more than a setting for all.
    pub(super) fn next_step(&mut self) -> Option<Step> {
        loop {
            self.skip();
            let first = *self.text().first()?;
            let line = self.line;
            if !first.is_ascii_alphabetic() {
                if matches!(first, b'/' | b'"' | b'\'' | b'~') {
                    return Some(self.block());
                }
                self.rest_of_line();
                return Some(unknown(
                    line,
                    "a line must begin with a directive or a path",
                ));
            }
            let word = self.word();
            match word {
                b"include" => return Some(Step::Include(self.value())),
                b"tabooext" | b"taboopat" => {
                    return Some(Step::Taboo {
                        is_pattern: word == b"taboopat",
                        value: self.value(),
                    });
                }
                _ if SCRIPTS.contains(&word) => {
                    self.script();
                }
                _ => {
                    let mut settings = std::mem::take(&mut self.settings);
                    let fault = self.directive(word, &mut settings);
                    self.settings = settings;
                    if let Some(fault) = fault {
                        return Some(unknown(line, &fault.text()));
                    }
                }
            }
        }
    }

    /// The lines up to `endscript`, braces and all.
    fn script(&mut self) -> (u64, Vec<u8>) {
        self.rest_of_line();
        self.advance(usize::from(self.text().starts_with(b"\n")));
        let (line, start) = (self.line, self.at);
        loop {
            let before = self.at;
            let here = self.rest_of_line();
            let ends = here
                .strip_prefix(b"endscript")
                .is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace));
            if ends || self.text().is_empty() {
                let end = if ends { before } else { self.at };
                return (line, self.file.contents[start..end].to_vec());
            }
            self.advance(1);
        }
    }

    fn block(&mut self) -> Step {
        let line = self.line;
        let text = self.text();
        let Some(open) = text.iter().position(|&b| b == b'{') else {
            self.advance(text.len());
            return unknown(line, "a list of logs has no `{` after it");
        };
        let header = text[..open].to_vec();
        self.advance(open + 1);
        let mut block = Block {
            file: self.file.path.clone(),
            line,
            changed: self.file.mtime,
            patterns: patterns(&header),
            header: words(&header).join(&b' '),
            settings: self.settings.clone(),
            scripts: Vec::new(),
            broken: None,
            disabled: None,
        };
        let is_tight = header.last().is_some_and(|b| !b.is_ascii_whitespace());
        let same_line = self.text().split(|&b| b == b'\n').next();
        if is_tight && same_line.is_some_and(|rest| rest.contains(&b'}') && rest.contains(&b',')) {
            // The rest is read as directives; none of it will do.
            block.broken = Some("logrotate has no `{a,b}` in its patterns".to_owned());
            block.header.extend_from_slice(b"{");
            self.rest_of_line();
        }
        self.body(&mut block);
        Step::Block(Box::new(block))
    }

    fn body(&mut self, block: &mut Block) {
        loop {
            self.skip();
            let Some(&first) = self.text().first() else {
                block
                    .broken
                    .get_or_insert("its `{` is not closed".to_owned());
                return;
            };
            if first == b'}' {
                self.advance(1);
                return;
            }
            if !first.is_ascii_alphabetic() {
                self.rest_of_line();
                block.broken.get_or_insert(
                    "a line in it is no directive, and logrotate skips it".to_owned(),
                );
                continue;
            }
            let word = self.word();
            if SCRIPTS.contains(&word) {
                block.scripts.push(self.script());
                continue;
            }
            let mut settings = block.settings.clone();
            match self.directive(word, &mut settings) {
                None => block.settings = settings,
                Some(Fault::Unknown(_)) => {}
                Some(fault @ Fault::Bad(_)) => {
                    block
                        .broken
                        .get_or_insert(format!("logrotate skips it: {}", fault.text()));
                }
            }
        }
    }

    fn directive(&mut self, word: &[u8], settings: &mut Settings) -> Option<Fault> {
        if FLAGS.contains(&word) {
            settings.flag(word);
            // A flag may be followed by another directive on the same line.
            return None;
        }
        if VALUED.contains(&word) {
            let value = self.value();
            return settings.value(word, &value);
        }
        self.rest_of_line();
        Some(Fault::Unknown(lossy(word)))
    }
}

/// What is wrong with a directive.
enum Fault {
    /// It is ignored.
    Unknown(String),
    /// The block is.
    Bad(String),
}

impl Fault {
    fn text(&self) -> String {
        match self {
            Self::Unknown(word) => format!("there is no directive `{word}`, the line is ignored"),
            Self::Bad(text) => text.clone(),
        }
    }
}

fn unknown(line: u64, message: &str) -> Step {
    Step::Unknown {
        line,
        message: message.to_owned(),
    }
}

impl Settings {
    fn flag(&mut self, word: &[u8]) {
        match word {
            b"compress" => self.compress = true,
            b"nocompress" => self.compress = false,
            b"delaycompress" => self.delay_compress = true,
            b"nodelaycompress" => self.delay_compress = false,
            b"dateext" => self.date_ext = true,
            b"nodateext" => self.date_ext = false,
            b"ifempty" => self.if_empty = true,
            b"notifempty" => self.if_empty = false,
            b"missingok" => self.missing_ok = true,
            b"nomissingok" => self.missing_ok = false,
            b"noolddir" => self.old_folder = None,
            b"hourly" => self.every(HOUR),
            b"daily" => self.every(DAY),
            b"monthly" => self.every(31 * DAY),
            b"yearly" => self.every(366 * DAY),
            _ => {}
        }
    }

    fn every(&mut self, seconds: u64) {
        self.says_when = true;
        self.period = Some(seconds);
        self.wants.size = None;
        self.hourly = seconds == HOUR;
    }

    fn value(&mut self, word: &[u8], value: &[u8]) -> Option<Fault> {
        let number = || -> Option<i64> { std::str::from_utf8(value).ok()?.parse().ok() };
        let bad = || {
            Some(Fault::Bad(format!(
                "`{} {}` is not understood",
                lossy(word),
                lossy(value)
            )))
        };
        match word {
            b"rotate" => match number() {
                Some(n) if n >= -1 => (self.rotate, self.says_rotate) = (n, true),
                _ => return bad(),
            },
            b"start" => match number().and_then(|n| u64::try_from(n).ok()) {
                Some(n) => self.start = n,
                None => return bad(),
            },
            b"maxage" => match number().and_then(|n| u64::try_from(n).ok()) {
                Some(days) => self.max_age = Some(days),
                None => return bad(),
            },
            b"size" | b"maxsize" | b"minsize" => {
                let Some(bytes) = size(value) else {
                    return bad();
                };
                match word {
                    b"size" => {
                        (self.period, self.says_when) = (None, true);
                        self.wants.size = Some(bytes);
                    }
                    b"maxsize" => self.wants.over = (bytes > 0).then_some(bytes),
                    _ => self.wants.least = bytes,
                }
            }
            b"minage" => match number().and_then(|n| u64::try_from(n).ok()) {
                Some(days) => self.wants.rest = Some(Age(days.saturating_mul(DAY))),
                None => return bad(),
            },
            b"weekly" => self.every(7 * DAY),
            b"dateformat" => self.given_format = Some(value.to_vec()),
            b"compressext" => self.compress_ext = value.to_vec(),
            b"compresscmd" => {
                let ext: Option<&[u8]> = match value.rsplit(|&b| b == b'/').next() {
                    Some(b"bzip2" | b"pbzip2") => Some(b".bz2"),
                    Some(b"xz" | b"pixz") => Some(b".xz"),
                    Some(b"zstd") => Some(b".zst"),
                    _ => None,
                };
                if let Some(ext) = ext {
                    self.compress_ext = ext.to_vec();
                }
            }
            b"extension" | b"addextension" => self.extension = Some(value.to_vec()),
            b"olddir" => self.old_folder = Some(value.to_vec()),
            _ => {}
        }
        None
    }
}

/// `100`, `100k`, `5M`, `1G`.
fn size(value: &[u8]) -> Option<u64> {
    let digits = value.iter().take_while(|b| b.is_ascii_digit()).count();
    let unit = match &value[digits..] {
        b"" => 1,
        b"k" => 1 << 10,
        b"M" => 1 << 20,
        b"G" => 1 << 30,
        _ => return None,
    };
    let number: u64 = std::str::from_utf8(&value[..digits]).ok()?.parse().ok()?;
    Some(number.saturating_mul(unit))
}

/// The words of a header, quoting kept.
fn words(header: &[u8]) -> Vec<&[u8]> {
    let mut words = Vec::new();
    let mut at = 0;
    while at < header.len() {
        if header[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let start = at;
        let mut quote = None;
        while at < header.len() {
            match (header[at], quote) {
                (byte, None) if byte.is_ascii_whitespace() => break,
                (byte @ (b'"' | b'\''), None) => quote = Some(byte),
                (byte, Some(open)) if byte == open => quote = None,
                (b'\\', _) => at += 1,
                _ => {}
            }
            at += 1;
        }
        at = at.min(header.len());
        words.push(&header[start..at]);
    }
    words
}

/// The patterns of a header, quoting removed. Comments may stand between them.
fn patterns(header: &[u8]) -> Vec<Vec<u8>> {
    let lines = header.split(|&b| b == b'\n');
    let kept = lines.filter(|line| !line.trim_ascii_start().starts_with(b"#"));
    let mut patterns = Vec::new();
    for line in kept {
        for word in words(line) {
            patterns.push(
                word.iter()
                    .copied()
                    .filter(|b| !matches!(b, b'"' | b'\''))
                    .collect(),
            );
        }
    }
    patterns
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
