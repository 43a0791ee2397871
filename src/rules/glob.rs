//! Shell patterns over bytes: what `find -name`, `find -path`, a shell and `glob(3)` each mean.
//!
//! No crate has all of these: they differ in whether `*` crosses a `/`, whether a leading dot
//! must be written out, and whether braces count. So this is one matcher with [`Flags`], after
//! POSIX.1-2017 §2.13 and the behaviour of glibc's `fnmatch`. Bytes are compared as in the C
//! locale, in which cron runs its jobs: `?` is one byte.
//!
//! The matcher never recurses and goes back to the last `*` only, so it takes at most
//! pattern × text steps.

/// How a pattern is read and matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `*`, `?` and brackets do not match a `/`.
    pub pathname: bool,
    /// A dot at the start (with `pathname`: of any component) must be written as a dot.
    pub period: bool,
    /// Letters match in either case.
    pub casefold: bool,
    /// `{a,b}` stands for both.
    pub brace: bool,
}

impl Flags {
    /// `find -name` and `find -path`: `fnmatch` without any flag.
    pub const FIND: Self = Self {
        pathname: false,
        period: false,
        casefold: false,
        brace: false,
    };
    /// One component of a shell's pathname expansion, without braces.
    pub const SHELL: Self = Self {
        pathname: true,
        period: true,
        casefold: false,
        brace: false,
    };
}

/// A pattern, ready to match.
///
/// ```
/// use jettison::rules::glob::{Flags, Pattern};
///
/// let name = Pattern::new(b"ticker-*.csv", Flags::FIND);
/// assert!(name.matches(b"ticker-2024-01-03.csv"));
/// assert!(!name.matches(b"NYSE.csv"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    source: Vec<u8>,
    flags: Flags,
    /// One per brace alternative.
    programs: Vec<Program>,
}

/// One alternative, with what can be said of a text at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Program {
    steps: Vec<Step>,
    /// What every text that fits begins and ends with; nothing where letters match in either case.
    prefix: Vec<u8>,
    suffix: Vec<u8>,
    middle: Middle,
}

/// What stands between the literal ends of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Middle {
    /// Nothing: the prefix is all of it, and there is no suffix.
    Nothing,
    /// One star.
    Star,
    Other,
}

impl Program {
    fn new(steps: Vec<Step>, flags: Flags) -> Self {
        let bytes = |run: &mut dyn Iterator<Item = &Step>| -> Vec<u8> {
            let byte = |step: &Step| match step {
                Step::Byte(byte) if !flags.casefold => Some(*byte),
                _ => None,
            };
            run.map_while(byte).collect()
        };
        let prefix = bytes(&mut steps.iter());
        let mut suffix = bytes(&mut steps[prefix.len()..].iter().rev());
        suffix.reverse();
        let middle = match &steps[prefix.len()..steps.len() - suffix.len()] {
            [] => Middle::Nothing,
            [Step::Star] => Middle::Star,
            _ => Middle::Other,
        };
        Self {
            steps,
            prefix,
            suffix,
            middle,
        }
    }

    fn matches(&self, text: &[u8], flags: Flags) -> bool {
        if self.middle == Middle::Nothing && !flags.casefold {
            return text == self.prefix;
        }
        let ends = (self.prefix.len(), self.suffix.len());
        if text.len() < ends.0 + ends.1
            || !text.starts_with(&self.prefix)
            || !text.ends_with(&self.suffix)
        {
            return false;
        }
        if self.middle == Middle::Star {
            let between = &text[ends.0..text.len() - ends.1];
            // A leading dot or a slash is not a star's: then every step counts.
            let has_dot = flags.period && text[ends.0..].starts_with(b".");
            let has_slash = flags.pathname && between.contains(&b'/');
            if !has_dot && !has_slash {
                return true;
            }
        }
        run(&self.steps, text, flags)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Byte(u8),
    Any,
    Star,
    Class(Class),
    /// A lone backslash at the end: matches nothing.
    Never,
}

/// A bracket expression as a set of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Class {
    bits: [u64; 4],
    /// `[!a]` accepts a leading dot no more than `[a.]` does.
    negated: bool,
}

impl Class {
    fn add(&mut self, byte: u8) {
        self.bits[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    fn has(&self, byte: u8) -> bool {
        (self.bits[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1) != self.negated
    }
}

/// Alternatives that one pattern's braces may stand for; what is beyond is read literally.
const MAX_ALTERNATIVES: usize = 1024;

impl Pattern {
    /// Reads a pattern; any bytes are one.
    #[must_use]
    pub fn new(source: &[u8], flags: Flags) -> Self {
        let alternatives = if flags.brace {
            expand_braces(source)
        } else {
            vec![source.to_vec()]
        };
        Self {
            source: source.to_vec(),
            flags,
            programs: alternatives
                .iter()
                .map(|text| Program::new(compile(text, flags), flags))
                .collect(),
        }
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn source(&self) -> &[u8] {
        &self.source
    }

    /// How it is matched.
    #[must_use]
    pub fn flags(&self) -> Flags {
        self.flags
    }

    /// Whether the whole text fits.
    #[must_use]
    pub fn matches(&self, text: &[u8]) -> bool {
        self.programs
            .iter()
            .any(|program| program.matches(text, self.flags))
    }

    /// The text that it stands for when it has no wildcard, quoting removed.
    #[must_use]
    pub fn literal(&self) -> Option<Vec<u8>> {
        match self.programs.as_slice() {
            [program] if !self.flags.casefold => program
                .steps
                .iter()
                .map(|step| match step {
                    Step::Byte(byte) => Some(*byte),
                    _ => None,
                })
                .collect(),
            _ => None,
        }
    }

    /// The literal bytes that every match begins with.
    #[must_use]
    pub fn prefix(&self) -> Vec<u8> {
        self.literal_run(|program| Box::new(program.iter()))
    }

    /// The literal bytes that every match ends with.
    #[must_use]
    pub fn suffix(&self) -> Vec<u8> {
        let mut suffix = self.literal_run(|program| Box::new(program.iter().rev()));
        suffix.reverse();
        suffix
    }

    /// The literal parts of every alternative that the pattern's braces stand for.
    pub(crate) fn literals(&self) -> Vec<Literals> {
        self.programs
            .iter()
            .map(|program| literals(&program.steps))
            .collect()
    }

    fn literal_run<'a>(
        &'a self,
        steps: impl Fn(&'a [Step]) -> Box<dyn Iterator<Item = &'a Step> + 'a>,
    ) -> Vec<u8> {
        match self.programs.as_slice() {
            [program] if !self.flags.casefold => steps(&program.steps)
                .map_while(|step| match step {
                    Step::Byte(byte) => Some(*byte),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// What every text that fits a pattern has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Literals {
    /// It begins so.
    pub(crate) prefix: Vec<u8>,
    /// It has this in it: the longest such part.
    pub(crate) inner: Vec<u8>,
    /// It ends so.
    pub(crate) suffix: Vec<u8>,
    /// Whether it is the prefix and nothing else.
    pub(crate) is_whole: bool,
}

fn literals(program: &[Step]) -> Literals {
    let runs = program.split(|step| !matches!(step, Step::Byte(_)));
    let runs: Vec<Vec<u8>> = runs
        .map(|run| {
            let bytes = run.iter().map(|step| match step {
                Step::Byte(byte) => *byte,
                _ => 0,
            });
            bytes.collect()
        })
        .collect();
    Literals {
        prefix: runs.first().cloned().unwrap_or_default(),
        inner: runs
            .iter()
            .max_by_key(|run| run.len())
            .cloned()
            .unwrap_or_default(),
        suffix: runs.last().cloned().unwrap_or_default(),
        is_whole: runs.len() == 1,
    }
}

/// Whether the bytes have a character that is special to [`Pattern`].
#[must_use]
pub fn has_wildcard(text: &[u8]) -> bool {
    text.iter().any(|b| matches!(b, b'*' | b'?' | b'[' | b'\\'))
}

/// The text as a pattern that matches just it.
#[must_use]
pub fn escape(text: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(text.len());
    for &byte in text {
        if matches!(byte, b'*' | b'?' | b'[' | b'\\' | b'{' | b'}' | b',') {
            escaped.push(b'\\');
        }
        escaped.push(byte);
    }
    escaped
}

fn compile(pattern: &[u8], flags: Flags) -> Vec<Step> {
    let fold = |byte: u8| {
        if flags.casefold {
            byte.to_ascii_lowercase()
        } else {
            byte
        }
    };
    let mut steps = Vec::with_capacity(pattern.len());
    let mut at = 0;
    while let Some(&byte) = pattern.get(at) {
        at += 1;
        match byte {
            b'*' if steps.last() == Some(&Step::Star) => {}
            b'*' => steps.push(Step::Star),
            b'?' => steps.push(Step::Any),
            b'\\' => match pattern.get(at) {
                Some(&next) => {
                    at += 1;
                    steps.push(Step::Byte(fold(next)));
                }
                None => steps.push(Step::Never),
            },
            b'[' => match bracket(&pattern[at..], flags) {
                Some((class, len)) => {
                    at += len;
                    steps.push(Step::Class(class));
                }
                None => steps.push(Step::Byte(b'[')),
            },
            _ => steps.push(Step::Byte(fold(byte))),
        }
    }
    steps
}

/// Reads what follows a `[`; `None` when no `]` closes it, so that the `[` stands for itself.
fn bracket(rest: &[u8], flags: Flags) -> Option<(Class, usize)> {
    let negated = matches!(rest.first(), Some(b'!' | b'^'));
    let mut class = Class {
        bits: [0; 4],
        negated,
    };
    let mut at = usize::from(negated);
    let first = at;
    // A named class keeps its meaning where letters match in either case.
    let mut named = class.clone();
    loop {
        let byte = *rest.get(at)?;
        if byte == b']' && at > first {
            break;
        }
        if byte == b'['
            && let Some((members, len)) = named_class(&rest[at..])
        {
            members.iter().for_each(|&b| named.add(b));
            at += len;
            continue;
        }
        let (low, len) = bracket_byte(&rest[at..])?;
        at += len;
        if len == SYMBOL && rest.get(at) != Some(&b'-') {
            named.add(low);
            continue;
        }
        let is_range = rest.get(at) == Some(&b'-') && rest.get(at + 1).is_some_and(|&b| b != b']');
        if !is_range {
            class.add(low);
            continue;
        }
        let (high, len) = bracket_byte(&rest[at + 1..])?;
        at += 1 + len;
        (low..=high).for_each(|b| class.add(b));
    }
    if flags.casefold {
        for byte in 0..=u8::MAX {
            let set = class.bits[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1;
            if set {
                class.add(byte.to_ascii_lowercase());
                class.add(byte.to_ascii_uppercase());
            }
        }
    }
    for (bits, more) in class.bits.iter_mut().zip(named.bits) {
        *bits |= more;
    }
    Some((class, at + 1))
}

/// The length of `[.x.]` and `[=x=]`.
const SYMBOL: usize = 5;

/// One member of a bracket expression: a byte, an escaped byte, `[.x.]` or `[=x=]`.
fn bracket_byte(rest: &[u8]) -> Option<(u8, usize)> {
    match rest {
        [b'[', b'.', byte, b'.', b']', ..] | [b'[', b'=', byte, b'=', b']', ..] => {
            Some((*byte, SYMBOL))
        }
        [b'\\', byte, ..] => Some((*byte, 2)),
        [byte, ..] => Some((*byte, 1)),
        [] => None,
    }
}

/// `[:digit:]` and its like: the members and the length.
fn named_class(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    let inner = rest.strip_prefix(b"[:")?;
    let len = inner.windows(2).position(|pair| pair == b":]")?;
    let is_member: fn(&u8) -> bool = match &inner[..len] {
        b"alpha" => u8::is_ascii_alphabetic,
        b"digit" => u8::is_ascii_digit,
        b"alnum" => u8::is_ascii_alphanumeric,
        b"upper" => u8::is_ascii_uppercase,
        b"lower" => u8::is_ascii_lowercase,
        b"space" => |b| b.is_ascii_whitespace() || *b == 0x0b,
        b"blank" => |b| matches!(b, b' ' | b'\t'),
        b"punct" => u8::is_ascii_punctuation,
        b"cntrl" => u8::is_ascii_control,
        b"graph" => u8::is_ascii_graphic,
        b"print" => |b| matches!(b, b' '..=b'~'),
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    };
    Some(((0..=u8::MAX).filter(is_member).collect(), len + 4))
}

fn run(program: &[Step], text: &[u8], flags: Flags) -> bool {
    let is_leading_dot = |at: usize| {
        flags.period
            && text.get(at) == Some(&b'.')
            && (at == 0 || (flags.pathname && text[at - 1] == b'/'))
    };
    let fits = |step: &Step, at: usize| {
        let Some(&byte) = text.get(at) else {
            return false;
        };
        let folded = if flags.casefold {
            byte.to_ascii_lowercase()
        } else {
            byte
        };
        let is_kept = (flags.pathname && byte == b'/') || is_leading_dot(at);
        let wild = !is_kept;
        match step {
            Step::Byte(b) => *b == folded,
            Step::Any => wild,
            Step::Class(class) => wild && class.has(byte),
            Step::Star | Step::Never => false,
        }
    };
    let (mut step, mut at) = (0, 0);
    // Where to go on when the rest does not fit: after the last star, one byte further.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if program.get(step) == Some(&Step::Star) {
            if is_leading_dot(at) {
                // A star before a leading dot can stand for nothing, and nothing but.
                step += 1;
                continue;
            }
            step += 1;
            retry = Some((step, at));
            continue;
        }
        if step == program.len() && at == text.len() {
            return true;
        }
        if step < program.len() && fits(&program[step], at) {
            step += 1;
            at += 1;
            continue;
        }
        match retry {
            Some((after, from)) if from < text.len() && !(flags.pathname && text[from] == b'/') => {
                retry = Some((after, from + 1));
                (step, at) = (after, from + 1);
            }
            _ => return false,
        }
    }
}

/// The alternatives of a pattern's braces, as bash and `GLOB_BRACE` expand them: left to right,
/// nested, a brace without a comma or a partner standing for itself. `{1..9}` is a shell's own
/// and is expanded there.
#[must_use]
pub fn expand_braces(pattern: &[u8]) -> Vec<Vec<u8>> {
    let mut done = Vec::new();
    // Patterns still to look at, the next one last, with where to look from.
    let mut todo = vec![(pattern.to_vec(), 0)];
    while let Some((pattern, from)) = todo.pop() {
        if done.len() + todo.len() >= MAX_ALTERNATIVES {
            done.push(pattern);
            continue;
        }
        match first_brace(&pattern, from) {
            None => done.push(pattern),
            Some(Brace {
                open,
                close,
                commas,
            }) => {
                let mut starts = vec![open + 1];
                starts.extend(commas.iter().map(|comma| comma + 1));
                let mut ends = commas;
                ends.push(close);
                for (&start, &end) in starts.iter().zip(&ends).rev() {
                    let mut one = pattern[..open].to_vec();
                    one.extend_from_slice(&pattern[start..end]);
                    one.extend_from_slice(&pattern[close + 1..]);
                    todo.push((one, open));
                }
            }
        }
    }
    done
}

struct Brace {
    open: usize,
    close: usize,
    commas: Vec<usize>,
}

fn first_brace(pattern: &[u8], from: usize) -> Option<Brace> {
    let mut open: Vec<Brace> = Vec::new();
    let mut found: Option<Brace> = None;
    let mut at = from;
    while let Some(&byte) = pattern.get(at) {
        match byte {
            b'\\' => at += 1,
            b'{' => open.push(Brace {
                open: at,
                close: 0,
                commas: Vec::new(),
            }),
            b',' => {
                if let Some(brace) = open.last_mut() {
                    brace.commas.push(at);
                }
            }
            b'}' => {
                if let Some(mut brace) = open.pop()
                    && !brace.commas.is_empty()
                {
                    brace.close = at;
                    // An enclosing brace begins earlier and closes later: the last one wins.
                    if found.as_ref().is_none_or(|f| brace.open < f.open) {
                        found = Some(brace);
                    }
                    if open.is_empty() {
                        break;
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is told at a glance is what every step would tell.
        #[test]
        fn a_glance_is_the_whole_look(
            pattern in "[ab./*?\\[\\]!]{0,6}",
            texts in prop::collection::vec("[abA./]{0,6}", 1..30),
            pathname: bool,
            period: bool,
            casefold: bool,
        ) {
            let flags = Flags { pathname, period, casefold, brace: false };
            let read = Pattern::new(pattern.as_bytes(), flags);
            let steps = compile(pattern.as_bytes(), flags);
            for text in texts {
                let text = text.as_bytes();
                prop_assert_eq!(
                    read.matches(text), run(&steps, text, flags),
                    "{} {}", &pattern, String::from_utf8_lossy(text)
                );
            }
        }
    }
}
