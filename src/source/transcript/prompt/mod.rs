//! Prompts: which lines are commands, on which host, in which directory.
//!
//! A recording's prompts look alike. Where line editors or shells mark theirs (`screen::Mark`), the
//! marks decide and a template only says what the parts mean; otherwise the first prompt that is
//! seen settles the family, and a line that looks like a prompt of a *weaker* family later on is a
//! line of output (a `$ ls` in a README). Weak forms, of which output is full, also need a command
//! that is known behind them.

mod learned;
mod trace;

use super::command;

pub(super) use learned::{Learned, Sample};
pub(super) use trace::is_trace;

/// The forms that are recognised, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    /// `+ ls`, as `set -x` traces
    Trace,
    /// `# ls`, `% ls`, `> ls`, `host# ls`
    Weak,
    /// `$ ls`, `❯ ls`, `bash-5.2$ ls`
    Bare,
    /// `/data # ls`
    Path,
    /// `[user@host base]$ ls`, `user@host:dir$ ls`
    Host,
    /// `PS C:\data> ls`, `C:\data>dir`
    Windows,
}

/// Whose prompt it is, where its form tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Any,
    /// As Debian's and Red Hat's shells have it.
    Linux,
    /// As bash and zsh have it on macOS.
    Mac,
}

/// A line that a shell wrote and a user ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prompt<'a> {
    pub(super) family: Family,
    pub(super) style: Style,
    pub(super) user: &'a [u8],
    pub(super) host: &'a [u8],
    /// The directory as the prompt shows it: absolute or below `~`; empty when only abbreviated.
    pub(super) directory: &'a [u8],
    /// The last name of the directory, where that is all that is shown: a check, never a name.
    pub(super) base: &'a [u8],
    /// Whether the directory ends where it seems to: what follows a blank may be more of it.
    pub(super) sure: bool,
    pub(super) command: &'a [u8],
}

impl<'a> Prompt<'a> {
    fn new(family: Family, command: &'a [u8]) -> Self {
        Self {
            family,
            style: Style::Any,
            user: b"",
            host: b"",
            directory: b"",
            base: b"",
            sure: true,
            command: command.trim_ascii(),
        }
    }

    /// A prompt of which nothing is read but the command.
    pub(super) fn known(family: Family, command: &'a [u8]) -> Self {
        Self::new(family, command)
    }

    /// Whether its form can be nothing else.
    pub(super) fn is_strong(&self) -> bool {
        self.family > Family::Bare
    }

    /// A line that is marked as a prompt, of which nothing tells where the command begins.
    pub(super) fn unknown(line: &'a [u8]) -> Self {
        Self::new(Family::Bare, line)
    }

    /// A prompt in a form that no template has: of its words those that can be nothing else say on
    /// which host and where it is.
    fn described(shown: &'a [u8]) -> Self {
        let mut prompt = Self::new(Family::Host, b"");
        let part = |b: &u8| {
            matches!(
                b,
                b' ' | b'[' | b']' | b'(' | b')' | b'<' | b'>' | b'|' | b'{' | b'}' | b'\t'
            )
        };
        for word in shown.split(part) {
            let mut place = word;
            if let Some((user, host, rest)) = who(word) {
                (prompt.user, prompt.host) = (user, host);
                place = rest.strip_prefix(b":").unwrap_or(rest);
            } else if let Some(at) = word.iter().position(|&b| b == b':')
                && word[..at].iter().all(|&b| is_user(b))
            {
                place = &word[at + 1..];
            }
            let place = place.trim_ascii_end();
            let end = place
                .iter()
                .rposition(|b| !matches!(b, b'$' | b'#' | b'%' | b':'));
            let place = &place[..end.map_or(0, |end| end + 1)];
            let is_home = matches!(place, b"~" | [b'~', b'/', ..]);
            // A word behind it may be a part of it.
            prompt.directory = match (is_home || place.starts_with(b"/")) && !is_abbreviated(place)
            {
                true => place,
                false if word.first().is_some_and(u8::is_ascii_alphanumeric) => b"",
                false => prompt.directory,
            };
        }
        prompt
    }

    /// The same without a right prompt: what stands behind a gap that nobody types.
    pub(super) fn without_right(self) -> Self {
        Self {
            command: without_right(self.command),
            ..self
        }
    }

    /// Says where it is, by whatever a prompt shows of it.
    fn at(mut self, shown: &'a [u8]) -> Self {
        let shown = shown.trim_ascii();
        // `~/x (main)`: a branch, or a name that ends so. The last name before it can be checked.
        let branch = shown.windows(2).rposition(|w| w == b" (" || w == b" [");
        if let Some(at) = branch.filter(|_| matches!(shown.last(), Some(b')' | b']'))) {
            let place = &shown[..at];
            let last = place.rsplit(|&b| b == b'/').next().unwrap_or_default();
            match last {
                b"" | b"~" => self.directory = place,
                _ => self.base = last,
            }
            return self;
        }
        // `~/.../c/d`: the middle is left out.
        let is_cut = shown.windows(5).any(|w| w == b"/.../");
        let last = shown.rsplit(|&b| b == b'/').next().unwrap_or_default();
        match shown.first() {
            Some(b'/' | b'~') if is_cut => self.base = last,
            Some(b'/' | b'~') => self.directory = shown,
            _ => self.base = shown,
        }
        self
    }
}

/// Where in a line a part of it begins; `None` for what is no part of it.
pub(super) fn start_of(part: &[u8], line: &[u8]) -> Option<usize> {
    let at = part.as_ptr().addr().checked_sub(line.as_ptr().addr())?;
    (at <= line.len()).then_some(at)
}

/// Reads a line as a prompt with a command.
pub(super) fn parse(line: &[u8]) -> Option<Prompt<'_>> {
    let line = without_environment(line);
    if let Some(prompt) = powerline(line) {
        return Some(prompt);
    }
    let strong = match line.first()? {
        b'$' => line
            .strip_prefix(b"$ ")
            .or((line == b"$").then_some(b""))
            .map(|command| Prompt::new(Family::Bare, command)),
        b'[' => bracket(line),
        b'/' | b'~' => path(line),
        b'P' if line.starts_with(b"PS ") => power_shell(line),
        b'+' => trace::trace(line),
        first if is_user(*first) => return word_first(line),
        _ => symbol(line),
    };
    strong.or_else(|| weak(line))
}

/// Reads a line that begins with a word. Most lines of output do, so what stands behind the word
/// decides at once which forms are left.
fn word_first(line: &[u8]) -> Option<Prompt<'_>> {
    let word = line.iter().take(256).position(|&b| !is_user(b))?;
    match line[word] {
        b':' => drive(line).or_else(|| host_first(line)),
        b'@' => user_at_host(line),
        b'$' | b'#' | b'%' => shell_version(line).or_else(|| weak(line)),
        b'>' => weak(line),
        _ => None,
    }
}

/// Reads a line as a prompt of a form that can be nothing else.
pub(super) fn parse_strong(line: &[u8]) -> Option<Prompt<'_>> {
    parse(line).filter(Prompt::is_strong)
}

/// Reads a line that a line editor marked as a prompt; `input` is where the typed text begins,
/// where that is known.
pub(super) fn parse_marked<'a>(
    line: &'a [u8],
    input: Option<usize>,
    learned: &Learned,
) -> Option<Prompt<'a>> {
    if let Some(at) = input.filter(|&at| at <= line.len()) {
        let (shown, typed) = line.split_at(at);
        // What was typed is no part of the prompt, but a template ends at a blank or the end.
        let prompt = parse(shown).filter(|prompt| prompt.command.is_empty());
        let prompt = prompt.unwrap_or_else(|| Prompt {
            family: Family::Bare,
            ..learned.shown(shown)
        });
        return Some(Prompt {
            command: typed.trim_ascii(),
            ..prompt
        });
    }
    parse_strong(line)
        .or_else(|| learned.matches(line))
        .or_else(|| parse(line))
        .or_else(|| any_sign(line))
}

/// A command line without what a shell shows at the right edge: in brackets or times behind two
/// blanks, anything behind eight. Blanks in quotes are typed.
fn without_right(command: &[u8]) -> &[u8] {
    let Some(gap) = command.windows(2).rposition(|w| w == b"  ") else {
        return command;
    };
    let text = command[gap..].trim_ascii();
    let kept = command[..gap].trim_ascii_end();
    let quotes = |sign: u8| kept.iter().filter(|&&b| b == sign).count();
    if kept.is_empty() || quotes(b'\'') % 2 == 1 || quotes(b'"') % 2 == 1 {
        return command;
    }
    // A directory may have blanks in its name.
    let is_word = !text.contains(&b' ') || matches!(text, [b'[', b'/' | b'~', ..]);
    let is_bracketed = text.starts_with(b"[") && text.ends_with(b"]") && is_word;
    let is_sign = |word: &[u8]| {
        let is_branch = word.starts_with(b"(") && word.ends_with(b")");
        let is_time = matches!(word.len(), 5 | 7 | 8)
            && word.contains(&b':')
            && word.iter().all(|b| b.is_ascii_digit() || *b == b':');
        is_branch || is_time
    };
    let are_signs = text.split(|&b| b == b' ').all(is_sign);
    let apart = gap + 2 - kept.len() >= 8;
    if is_bracketed || are_signs || apart {
        kept
    } else {
        command
    }
}

/// A prompt's first line, of which the second has the sign: `user@host MINGW64 /c/x (main)`,
/// `┌──(user㉿host)-[~/x]`, `╭─user@host ~/x`.
pub(super) fn parse_head(line: &[u8]) -> Option<Prompt<'_>> {
    let boxed = ["┌──", "┌─", "╭─"]
        .iter()
        .find_map(|corner| line.strip_prefix(corner.as_bytes()));
    let body = boxed.unwrap_or(line);
    let body = body.strip_prefix(b"(").unwrap_or(body);
    let body = body.strip_prefix(b"[").unwrap_or(body);
    let (user, host, rest) = who_at(body, &[b"@", "㉿".as_bytes(), b" at "])?;
    let place = match rest.strip_prefix(b" MINGW") {
        Some(rest) => rest.get(2..)?,
        None if boxed.is_some() => rest,
        // `user@host:~/x` alone on its line
        None => rest
            .strip_prefix(b":")
            .filter(|place| !place.contains(&b' '))?,
    };
    let at = place.iter().position(|b| matches!(b, b'/' | b'~'))?;
    let opened = place[..at].last().copied();
    let place = &place[at..];
    // What stands in brackets may have blanks.
    let ends = |b: &u8| match opened {
        Some(b'[') => *b == b']',
        Some(b'(') => *b == b')',
        _ => matches!(b, b' ' | b']' | b')'),
    };
    let end = place.iter().position(ends).unwrap_or(place.len());
    let goes_on = matches!(place[end..], [b' ', next, ..] if next.is_ascii_alphanumeric());
    Some(Prompt {
        user,
        host,
        sure: !goes_on,
        ..Prompt::new(Family::Host, b"").at(&place[..end])
    })
}

/// The second line of such a prompt: a corner or nothing, a sign, the command.
pub(super) fn parse_tail(line: &[u8]) -> Option<&[u8]> {
    let whole = line;
    let line = ["└─", "╰─", "└", "╰"]
        .iter()
        .find_map(|corner| line.strip_prefix(corner.as_bytes()))
        .unwrap_or(line);
    // More dashes, `╼` or `○` may stand between the corner and the sign, or in its place.
    let drawn = |text: &&str| line.starts_with(text.as_bytes());
    let line = match ["─╼", "──╼", "╼", "─", "──"]
        .iter()
        .filter(|t| drawn(t))
        .max_by_key(|t| t.len())
    {
        Some(text) => line[text.len()..].trim_ascii_start(),
        None => line,
    };
    let signs = ["$", "#", "%", "❯", "➤", "➜", "λ", ">", "○", "»", "▶", "⟩"];
    let rest = signs.iter().find_map(|s| line.strip_prefix(s.as_bytes()))?;
    let boxed = whole.len() > line.len();
    (boxed || matches!(rest.first(), None | Some(b' '))).then(|| rest.trim_ascii())
}

/// Whether a line continues a command that the line before left open; gives what was typed.
pub(super) fn parse_continuation(line: &[u8]) -> Option<&[u8]> {
    let starts: [&[u8]; 9] = [
        b">> ",
        b"> ",
        b"quote> ",
        b"dquote> ",
        b"bquote> ",
        b"cmdand> ",
        b"cmdor> ",
        b"pipe> ",
        b"...> ",
    ];
    starts
        .iter()
        .find_map(|start| line.strip_prefix(*start))
        .or((line == b">").then_some(b""))
}

fn is_user(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// `(venv) ` in front.
fn without_environment(line: &[u8]) -> &[u8] {
    let Some(rest) = line.strip_prefix(b"(") else {
        return line;
    };
    let end = rest.iter().take(64).position(|&b| b == b')');
    match end.map(|end| (&rest[..end], &rest[end + 1..])) {
        Some((name, [b' ', rest @ ..])) if name.iter().all(|&b| is_user(b)) => rest,
        _ => line,
    }
}

/// `user@host` at the start of the line, and what follows.
fn who(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    who_at(line, &[b"@"])
}

/// The same with any of some signs between the two.
fn who_at<'a>(line: &'a [u8], signs: &[&[u8]]) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
    let at = line.iter().take(64).position(|&b| !is_user(b))?;
    let rest = signs
        .iter()
        .find_map(|sign| line[at..].strip_prefix(*sign))?;
    let end = rest
        .iter()
        .take(256)
        .position(|&b| !is_user(b))
        .unwrap_or(rest.len());
    (at > 0 && end > 0).then(|| (&line[..at], &rest[..end], &rest[end..]))
}

/// `dir$ command`: the first sign of these before a blank or the end.
fn sign<'a>(text: &'a [u8], signs: &[u8]) -> Option<(&'a [u8], u8, &'a [u8])> {
    let is_sign =
        |(i, b): (usize, &u8)| signs.contains(b) && matches!(text.get(i + 1), None | Some(b' '));
    let at = text.iter().enumerate().position(is_sign)?;
    Some((&text[..at], text[at], text[at + 1..].trim_ascii()))
}

fn user_at_host(line: &[u8]) -> Option<Prompt<'_>> {
    let (user, host, rest) = who(line)?;
    let named = |prompt| {
        Some(Prompt {
            user,
            host,
            ..prompt
        })
    };
    if let Some(rest) = rest.strip_prefix(b":") {
        let (directory, _, command) = sign(rest, b"$#%>")?;
        let prompt = Prompt {
            style: Style::Linux,
            ..Prompt::new(Family::Host, command).at(directory)
        };
        return named(prompt).filter(|_| matches!(directory.first(), Some(b'/' | b'~')));
    }
    // `user@host base % ls`, `user@host ~/x> ls`, `user@host$ ls`, and xonsh's `user@host ~/x @ ls`
    let (shown, sign, command) = match at_sign(rest) {
        Some((shown, command)) => (shown, b'@', command),
        None => sign(rest, b"$#%>")?,
    };
    let place = shown.strip_prefix(b" ").unwrap_or(shown);
    let apart = place.ends_with(b" ");
    let place = place.strip_suffix(b" ").unwrap_or(place);
    let place = match place {
        // `user@host[/path]# ls`, as TrueNAS has it
        [b'[', inner @ .., b']'] if matches!(inner.first(), Some(b'/' | b'~')) => inner,
        _ => place,
    };
    let is_word = !place.contains(&b' ') || matches!(place.first(), Some(b'/' | b'~'));
    if !is_word || place.len() > 1024 {
        return None;
    }
    let prompt = Prompt {
        style: if sign == b'%' { Style::Mac } else { Style::Any },
        ..Prompt::new(Family::Host, command).at(place)
    };
    // As root, fish has a `#`, at once behind the path; nobody calls all directories by one letter.
    let least = if apart { 3 } else { 2 };
    if is_abbreviated(prompt.directory)
        && (sign == b'>' || is_all_abbreviated(prompt.directory, least))
    {
        // fish shortens all names but the last.
        let last = place.rsplit(|&b| b == b'/').next().unwrap_or_default();
        return named(Prompt {
            directory: b"",
            base: last,
            ..prompt
        });
    }
    named(prompt)
}

/// `~/x @ ls`, or as root `~/x @# ls`, as xonsh has it.
fn at_sign(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.windows(2).position(|w| w == b" @")?;
    let rest = &text[at + 2..];
    let rest = rest.strip_prefix(b"#").unwrap_or(rest);
    let is_path = matches!(text, [b' ', b'/' | b'~', ..]);
    let is_end = matches!(rest.first(), None | Some(b' '));
    (is_path && is_end && !text[1..at].contains(&b' ')).then(|| (&text[..at], rest.trim_ascii()))
}

/// Whether a name before the last is of one character, or of two with a dot.
pub(super) fn is_abbreviated(directory: &[u8]) -> bool {
    let mut names = directory.split(|&b| b == b'/').rev().skip(1);
    names.any(|name| matches!(name, [b'.', _]) || matches!(name, [one] if *one != b'~'))
}

/// Whether it is of so many names or more, and all before the last are so short.
fn is_all_abbreviated(directory: &[u8], least: usize) -> bool {
    let short = |name: &&[u8]| matches!(name, [b'.', _] | [_]);
    let names: Vec<&[u8]> = directory
        .split(|&b| b == b'/')
        .filter(|name| !name.is_empty())
        .collect();
    names.len() >= least && names[..names.len() - 1].iter().all(short)
}

/// `host:base user$ ls`, as bash on macOS has it.
fn host_first(line: &[u8]) -> Option<Prompt<'_>> {
    let colon = line.iter().take(256).position(|&b| !is_user(b))?;
    let rest = line[colon..].strip_prefix(b":")?;
    let (shown, _, command) = sign(rest, b"$#")?;
    let blank = shown.iter().rposition(|&b| b == b' ')?;
    let (base, user) = (&shown[..blank], &shown[blank + 1..]);
    let fits = !base.is_empty()
        && !base.starts_with(b" ")
        && !base.contains(&b':')
        && !user.is_empty()
        && user.iter().all(|&b| is_user(b));
    fits.then(|| Prompt {
        style: Style::Mac,
        host: &line[..colon],
        user,
        ..Prompt::new(Family::Host, command).at(base)
    })
}

fn bracket(line: &[u8]) -> Option<Prompt<'_>> {
    let (user, host, rest) = who(&line[1..])?;
    let close = rest.iter().position(|&b| b == b']')?;
    let shown = rest[..close].trim_ascii();
    let shown = shown.strip_prefix(b":").unwrap_or(shown);
    let after = rest[close + 1..]
        .strip_prefix(b" ")
        .unwrap_or(&rest[close + 1..]);
    let command = match after {
        [b'$' | b'#' | b'%' | b'>'] => b"",
        [b'$' | b'#' | b'%' | b'>', b' ', command @ ..] => command.trim_ascii(),
        _ => return None,
    };
    // Only a base name is shown as a rule: `/` and `~` are the two that say where they are.
    Some(Prompt {
        style: Style::Linux,
        user,
        host,
        ..Prompt::new(Family::Host, command).at(shown)
    })
}

fn path(line: &[u8]) -> Option<Prompt<'_>> {
    let (directory, sign, command) = sign(line, b"$#%>")?;
    let (directory, apart) = match directory.strip_suffix(b" ") {
        Some(directory) => (directory, true),
        None => (directory, false),
    };
    // Only `>` follows at once (`~/x> ls`), and a path with blanks is more likely a sentence.
    if apart == (sign == b'>') || directory.is_empty() || directory.contains(&b' ') {
        return None;
    }
    let prompt = Prompt::new(Family::Path, command).at(directory);
    Some(if sign == b'>' && is_abbreviated(directory) {
        Prompt {
            directory: b"",
            base: directory.rsplit(|&b| b == b'/').next().unwrap_or_default(),
            ..prompt
        }
    } else {
        prompt
    })
}

/// `bash-5.2$ ls`, `-sh-4.4# ls`
fn shell_version(line: &[u8]) -> Option<Prompt<'_>> {
    let rest = line.strip_prefix(b"-").unwrap_or(line);
    let shells: [&[u8]; 5] = [b"bash-", b"sh-", b"zsh-", b"ksh-", b"dash-"];
    let rest = shells.iter().find_map(|shell| rest.strip_prefix(*shell))?;
    let (version, _, command) = sign(rest, b"$#%")?;
    let is_version = version.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    (is_version && !version.is_empty()).then(|| Prompt::new(Family::Bare, command))
}

/// `user@host  ~/x  ls`: parts between the glyphs of a font that is made for prompts.
fn powerline(line: &[u8]) -> Option<Prompt<'_>> {
    // U+E0B0 and its kin; this is the first byte of all in that area.
    const LEAD: u8 = 0xee;
    if !line.contains(&LEAD) {
        return None;
    }
    let glyph = |at: &usize| matches!(line[*at..], [LEAD, 0x82, 0xb0..=0xb7, ..]);
    let first = (0..line.len().min(256)).find(glyph)?;
    let mut prompt = Prompt::new(Family::Host, b"");
    let (mut start, mut at) = (0, first);
    loop {
        let part = line[start..at].trim_ascii();
        match part.first() {
            Some(b'/' | b'~') if !part.contains(&b' ') => prompt.directory = part,
            _ => {
                if let Some((user, host, b"")) = who(part) {
                    (prompt.user, prompt.host) = (user, host);
                }
            }
        }
        start = at + 3;
        match (start..line.len()).find(glyph) {
            Some(next) => at = next,
            None => break,
        }
    }
    let command = line.get(start..).unwrap_or_default();
    let apart = command.is_empty() || command.starts_with(b" ");
    apart.then(|| Prompt {
        command: command.trim_ascii(),
        ..prompt
    })
}

/// `❯ ls`, `λ ls`, `➜  dir git:(main) ✗ ls`
fn symbol(line: &[u8]) -> Option<Prompt<'_>> {
    if let Some(rest) = line.strip_prefix("➜  ".as_bytes()) {
        let end = rest.iter().position(|&b| b == b' ').unwrap_or(rest.len());
        let (base, mut command) = (&rest[..end], rest[end..].trim_ascii());
        if let Some(git) = command.strip_prefix(b"git:(") {
            let close = git.iter().position(|&b| b == b')')?;
            command = git[close + 1..].trim_ascii();
        }
        let command = command.strip_prefix("✗".as_bytes()).unwrap_or(command);
        return Some(Prompt::new(Family::Bare, command).at(base));
    }
    let signs = ["❯", "➤", "λ", "»", "⟩", "▶", "○", "➜", "→", "⇒"];
    let rest = signs.iter().find_map(|s| line.strip_prefix(s.as_bytes()))?;
    if !matches!(rest.first(), None | Some(b' ')) {
        return None;
    }
    // `λ dir command`: a word that is no command is where it is.
    let rest = rest.trim_ascii();
    let end = rest.iter().position(|&b| b == b' ').unwrap_or(rest.len());
    let is_place = line.starts_with("λ".as_bytes()) && !rest.is_empty() && !command::is_known(rest);
    // `λ dir → command`
    let typed = rest[end..].trim_ascii();
    let second = signs.iter().find_map(|s| typed.strip_prefix(s.as_bytes()));
    let second = second.filter(|typed| matches!(typed.first(), None | Some(b' ')));
    Some(match is_place {
        true => Prompt::new(Family::Bare, second.unwrap_or(typed)).at(&rest[..end]),
        false => Prompt::new(Family::Bare, rest),
    })
}

/// `PS C:\data> ls`, `PS /data> ls`
fn power_shell(line: &[u8]) -> Option<Prompt<'_>> {
    let rest = line.strip_prefix(b"PS ")?;
    let end = rest.iter().position(|&b| b == b'>')?;
    let directory = &rest[..end];
    let is_place = matches!(
        directory,
        [b'/', ..] | [_, b':', b'\\', ..] | [b'\\', b'\\', ..]
    );
    is_place.then(|| Prompt {
        directory,
        ..Prompt::new(Family::Windows, &rest[end + 1..])
    })
}

/// `C:\data>dir`
fn drive(line: &[u8]) -> Option<Prompt<'_>> {
    let [letter, b':', b'\\', ..] = line else {
        return None;
    };
    let end = line.iter().position(|&b| b == b'>')?;
    letter.is_ascii_alphabetic().then(|| Prompt {
        directory: &line[..end],
        ..Prompt::new(Family::Windows, &line[end + 1..])
    })
}

/// `# ls`, `% ls`, `> ls`, `host# ls`, `host% ls`: only with a command that is known.
fn weak(line: &[u8]) -> Option<Prompt<'_>> {
    let word = line.iter().take(64).position(|&b| !is_user(b))?;
    let [b'#' | b'%' | b'>' | b'$', b' ', command @ ..] = &line[word..] else {
        return None;
    };
    let prompt = Prompt {
        host: &line[..word],
        ..Prompt::new(Family::Weak, command)
    };
    command::is_known(without_right(prompt.command)).then_some(prompt)
}

/// What was marked as a prompt has a sign somewhere.
fn any_sign(line: &[u8]) -> Option<Prompt<'_>> {
    let signs = ["$ ", "# ", "% ", "> ", "❯ ", "➜ ", "λ ", "» ", "⟩ ", "✗ "];
    let at = |sign: &&str| {
        let at = line
            .windows(sign.len())
            .position(|w| w == sign.as_bytes())?;
        Some((at, sign.len()))
    };
    let (at, length) = signs.iter().filter_map(at).min()?;
    Some(Prompt::new(Family::Bare, &line[at + length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// User, host, directory (or `=` and its last name) and command.
    type Said = Option<(&'static str, &'static str, &'static str, &'static str)>;

    const PROMPTS: [(&str, Said); 53] = [
        ("$ ls", Some(("", "", "", "ls"))),
        ("$", Some(("", "", "", ""))),
        (
            "root@vm:/srv/x# cd a",
            Some(("root", "vm", "/srv/x", "cd a")),
        ),
        ("op@edge-1:~$ ", Some(("op", "edge-1", "~", ""))),
        (
            "op@edge-1:~/a b$ ls -l",
            Some(("op", "edge-1", "~/a b", "ls -l")),
        ),
        ("[root@db01 sz]# ls", Some(("root", "db01", "=sz", "ls"))),
        ("[root@db01 ~]$ ls", Some(("root", "db01", "~", "ls"))),
        ("[root@db01:/x] # ls", Some(("root", "db01", "/x", "ls"))),
        ("/data # df", Some(("", "", "/data", "df"))),
        ("~ $ df", Some(("", "", "~", "df"))),
        ("~/src> df", Some(("", "", "~/src", "df"))),
        ("root@vm srv # du", Some(("root", "vm", "=srv", "du"))),
        ("u@mac ~ % du", Some(("u", "mac", "~", "du"))),
        ("u@vm ~/.../c/d $ ls", Some(("u", "vm", "=d", "ls"))),
        (
            "root@nas[/mnt/x]# ls",
            Some(("root", "nas", "/mnt/x", "ls")),
        ),
        ("u@vm ~/src/app> ls", Some(("u", "vm", "~/src/app", "ls"))),
        ("u@vm /v/l/nginx# ls", Some(("u", "vm", "=nginx", "ls"))),
        ("u@vm /v/nginx# ls", Some(("u", "vm", "=nginx", "ls"))),
        ("u@vm /v/nginx # ls", Some(("u", "vm", "/v/nginx", "ls"))),
        ("u@vm ~/x# ls", Some(("u", "vm", "~/x", "ls"))),
        ("u@vm /v/l/nginx> ls", Some(("u", "vm", "=nginx", "ls"))),
        ("mac:log joe$ ls", Some(("joe", "mac", "=log", "ls"))),
        ("mac:~ joe$ ls", Some(("joe", "mac", "~", "ls"))),
        ("u@vm:~/src/app (main)$ ls", Some(("u", "vm", "=app", "ls"))),
        ("u@vm:/ (main)$ ls", Some(("u", "vm", "/", "ls"))),
        ("bash-5.2$ ls", Some(("", "", "", "ls"))),
        ("(venv) u@vm:~$ ls", Some(("u", "vm", "~", "ls"))),
        ("PS C:\\Test> ls", Some(("", "", "C:\\Test", "ls"))),
        ("C:\\Test>dir /a", Some(("", "", "C:\\Test", "dir /a"))),
        ("❯ ls", Some(("", "", "", "ls"))),
        ("➜  app git:(main) ✗ ls", Some(("", "", "=app", "ls"))),
        ("➜  ~ ls", Some(("", "", "~", "ls"))),
        ("λ app ls -l", Some(("", "", "=app", "ls -l"))),
        ("λ ls -l", Some(("", "", "", "ls -l"))),
        (
            "λ /srv/x → ls -l > f",
            Some(("", "", "/srv/x", "ls -l > f")),
        ),
        ("u@vm ~/x @ ls > f", Some(("u", "vm", "~/x", "ls > f"))),
        ("u@vm /x @# ls", Some(("u", "vm", "/x", "ls"))),
        (
            " op@pc \u{e0b0} ~/x \u{e0b0} ls -l",
            Some(("op", "pc", "~/x", "ls -l")),
        ),
        (
            "~/x \u{e0b0} \u{e0a0} main \u{e0b0} ls",
            Some(("", "", "~/x", "ls")),
        ),
        ("+ du -a", Some(("", "", "", "du -a"))),
        ("# ls -l", Some(("", "", "", "ls -l"))),
        ("web# du -k", Some(("", "web", "", "du -k"))),
        ("# A heading", None),
        ("> quoted", None),
        ("$HOME", None),
        ("123 $ ls", None),
        ("user@example.org wrote:", None),
        (
            "user@example.org wrote # ls",
            Some(("user", "example.org", "=wrote", "ls")),
        ),
        ("root@vm:relative# x", None),
        ("[ok] done", None),
        ("/var/log:", None),
        ("total 12", None),
        ("drwxr-xr-x 2 a a 4096 Nov 22 06:02 a$ b", None),
    ];

    #[test]
    fn prompts_are_told_from_output() {
        for (line, expected) in PROMPTS {
            let got = parse(line.as_bytes()).map(|p| {
                let base = [b"=", p.base].concat();
                let place = if p.base.is_empty() {
                    p.directory.to_vec()
                } else {
                    base
                };
                (p.user, p.host, place, p.command)
            });
            let expected = expected.map(|(u, h, d, c)| {
                (
                    u.as_bytes(),
                    h.as_bytes(),
                    d.as_bytes().to_vec(),
                    c.as_bytes(),
                )
            });
            assert_eq!(got, expected, "{line}");
        }
    }

    #[test]
    fn marks_say_where_the_typed_text_begins() {
        let prompt =
            parse_marked(b"root@vm:/srv# ls # all", Some(14), &Learned::default()).unwrap();
        assert_eq!(
            (prompt.directory, prompt.command),
            (&b"/srv"[..], &b"ls # all"[..])
        );
        let prompt =
            parse_marked("any thing ▶ ls".as_bytes(), Some(14), &Learned::default()).unwrap();
        assert_eq!(prompt.command, b"ls");
        let prompt = parse_marked("12:00 me ❯ ls".as_bytes(), None, &Learned::default()).unwrap();
        assert_eq!(prompt.command, b"ls");
        assert_eq!(parse_marked(b"no sign", None, &Learned::default()), None);
    }

    #[test]
    fn prompts_of_two_lines_are_read() {
        for (line, place) in [
            ("op@pc MINGW64 /c/work (main)", "/c/work"),
            ("┌──(op㉿kali)-[~/x]", "~/x"),
            ("╭─op@pc ~/src", "~/src"),
        ] {
            let head = parse_head(line.as_bytes()).unwrap();
            assert_eq!(
                (head.user, head.directory),
                (&b"op"[..], place.as_bytes()),
                "{line}"
            );
        }
        assert_eq!(parse_head(b"op@pc ~/src"), None);
        for line in ["└──╼ $ls", "└──╼ $ ls", "╰○ ls", "╰─➤ ls"] {
            assert_eq!(parse_tail(line.as_bytes()), Some(&b"ls"[..]), "{line}");
        }
        let head = parse_head("╭─op at pc in ~/x".as_bytes()).unwrap();
        assert_eq!((head.host, head.directory), (&b"pc"[..], &b"~/x"[..]));
        for line in ["$ ls", "└─$ ls", "╰─❯ ls"] {
            assert_eq!(parse_tail(line.as_bytes()), Some(&b"ls"[..]), "{line}");
        }
    }
}
