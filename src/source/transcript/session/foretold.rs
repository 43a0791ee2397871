//! The prompt that comes next, foretold from the one before.
//!
//! A template cannot tell where a directory ends that has blanks in its name (`/srv/old logs $ ls`).
//! What a recording has shown can: the last prompt stood around its directory in a way that the
//! next one repeats, and where a `cd` goes is known. So the text of the next prompt is known but for
//! what counts by itself, such as a clock: each run of digits stands for any.
//!
//! Limits: a prompt that shows more that changes, such as a branch, is not foretold, and the
//! templates read it.

use super::super::evidence::{Id, TOP};
use super::super::path_of;
use super::super::prompt::{self, Family, Prompt};
use super::{Passage, Session};

/// Longer prompts are not foretold.
const LONGEST: usize = 1 << 10;

/// How prompts show their directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Whole,
    /// From `~`.
    Home,
    /// The last name.
    Base,
}

/// A prompt with a gap in the place of its directory.
#[derive(Debug)]
pub(super) struct Form {
    before: Vec<u8>,
    after: Vec<u8>,
    style: Style,
    /// It is the first line of two.
    head: bool,
}

/// A line that is the prompt that was foretold.
pub(super) struct Foretold<'a> {
    style: Style,
    shown: &'a [u8],
    /// Where the command begins.
    pub(super) end: usize,
}

impl<'a> Foretold<'a> {
    /// The same as a prompt: of the shell that runs.
    pub(super) fn prompt(&self, text: &'a [u8], family: Option<Family>) -> Prompt<'a> {
        let command = text[self.end..].trim_ascii();
        self.within(Prompt::known(family.unwrap_or(Family::Path), command))
    }

    /// A prompt that was read otherwise, with the directory as it was foretold.
    pub(super) fn within(&self, prompt: Prompt<'a>) -> Prompt<'a> {
        let (directory, base) = match self.style {
            Style::Base => (&b""[..], self.shown),
            _ => (self.shown, &b""[..]),
        };
        Prompt {
            directory,
            base,
            sure: true,
            ..prompt
        }
    }
}

impl Form {
    /// The form of a prompt that shows a directory, with what may be in its place.
    fn of(shown: &[u8], places: &[(Style, Vec<u8>)], head: bool) -> Option<Self> {
        if shown.len() > LONGEST {
            return None;
        }
        places.iter().find_map(|(style, place)| {
            let at = stands_at(shown, place)?;
            let (before, after) = (&shown[..at], &shown[at + place.len()..]);
            // Without a sign behind it, any line may begin so.
            let sign = |b: &u8| !b.is_ascii_alphanumeric() && !matches!(b, b' ' | b'/' | b'.');
            (head || after.iter().any(sign)).then(|| Self {
                before: before.to_vec(),
                after: after.to_vec(),
                style: *style,
                head,
            })
        })
    }

    fn find<'a>(&self, place: &[u8], text: &'a [u8]) -> Option<Foretold<'a>> {
        let start = follow(&self.before, text)?;
        let rest = text[start..].strip_prefix(place)?;
        let behind = match follow(&self.after, rest) {
            Some(length) => length,
            // The blank behind a prompt is not there where nothing was typed.
            None => follow(self.after.trim_ascii_end(), rest).filter(|&at| at == rest.len())?,
        };
        let end = start + place.len() + behind;
        (!self.head || end == text.len()).then(|| Foretold {
            style: self.style,
            shown: &text[start..start + place.len()],
            end,
        })
    }
}

impl Form {
    /// A line of the form with any path in the gap: the shortest that there is.
    fn find_any<'a>(&self, text: &'a [u8]) -> Option<Foretold<'a>> {
        let start = follow(&self.before, text)?;
        let rest = text.get(start..start.saturating_add(LONGEST).min(text.len()))?;
        if self.style == Style::Base || !matches!(rest.first(), Some(b'/' | b'~')) {
            return None;
        }
        let place = (1..=rest.len()).find(|&at| match follow(&self.after, &rest[at..]) {
            Some(length) => !self.head || at + length == rest.len(),
            None => follow(self.after.trim_ascii_end(), &rest[at..]) == Some(rest.len() - at),
        })?;
        // fish shows names shortened: then it is no path.
        let place = &rest[..place];
        let is_path = !prompt::is_abbreviated(place);
        is_path.then(|| self.find(place, text)).flatten()
    }
}

/// Where a directory stands in a prompt, with no part of a name on either side.
fn stands_at(shown: &[u8], place: &[u8]) -> Option<usize> {
    let names = |b: &u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'/' | b'~' | b'.' | b'_' | b'-') || *b >= 0x80
    };
    if place.is_empty() || place.len() > shown.len() {
        return None;
    }
    (0..=shown.len() - place.len()).rev().find(|&at| {
        let end = at + place.len();
        shown[at..end] == *place
            && !at.checked_sub(1).is_some_and(|i| names(&shown[i]))
            && !shown.get(end).is_some_and(names)
    })
}

/// The length of what a text begins with, where each run of digits stands for any other.
fn follow(pattern: &[u8], text: &[u8]) -> Option<usize> {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (mut p, mut t) = (0, 0);
    while let Some(&byte) = pattern.get(p) {
        if byte.is_ascii_digit() {
            let count = digits(&text[t..]);
            if count == 0 {
                return None;
            }
            (p, t) = (p + digits(&pattern[p..]), t + count);
        } else if text.get(t) == Some(&byte) {
            (p, t) = (p + 1, t + 1);
        } else {
            return None;
        }
    }
    Some(t)
}

impl Session {
    /// Learns from a prompt, of which the directory is known, what the next looks like.
    pub(super) fn learn_form(&mut self, shown: &[u8], head: bool) {
        self.foretold = None;
        if self.frame.constant || self.learned.constant {
            self.form = None;
            return;
        }
        let Some(cwd) = self.frame.cwd else {
            return;
        };
        let places: Vec<_> = [Style::Whole, Style::Home, Style::Base]
            .into_iter()
            .filter_map(|style| Some((style, self.display(cwd, style)?)))
            .collect();
        if let Some(form) = Form::of(shown, &places, head) {
            self.form = Some(form);
        }
    }

    /// The path of a directory that is named from `/` on; that of a deep one is in no prompt.
    fn short_path(&self, place: Id) -> Option<Vec<u8>> {
        let world = &self.scene.world;
        let (mut at, mut length) = (place, 0);
        while world.node(at).parent != TOP {
            length += 1 + world.name(at).len();
            if length > LONGEST {
                return None;
            }
            at = world.node(at).parent;
        }
        let path = path_of(world, place);
        Some(path).filter(|path| path.len() > 1 && path.starts_with(b"/"))
    }

    /// How a prompt shows a directory.
    fn display(&mut self, place: Id, style: Style) -> Option<Vec<u8>> {
        let path = self.short_path(place);
        match style {
            Style::Whole => path,
            Style::Base => path?.rsplit(|&b| b == b'/').next().map(<[u8]>::to_vec),
            Style::Home => {
                let home = self.home()?;
                let home = self.short_path(home)?;
                let below = path?.strip_prefix(home.as_slice())?.to_vec();
                let is_below = below.is_empty() || below.starts_with(b"/");
                is_below.then(|| [b"~", below.as_slice()].concat())
            }
        }
    }

    /// Reads a line as the prompt that was foretold, or as the first line of it.
    pub(super) fn foretold<'a>(&mut self, text: &'a [u8], head: bool) -> Option<Foretold<'a>> {
        let form = self.form.as_ref().filter(|form| form.head == head)?;
        let first = form.before.first().filter(|first| !first.is_ascii_digit());
        if first.is_some_and(|first| text.first() != Some(first)) {
            return None;
        }
        let places = match self.foretold.take() {
            Some(places) => places,
            None => self.next_places(),
        };
        let form = self.form.as_ref()?;
        let mut found = places.iter().find_map(|place| form.find(place, text));
        if found.is_none() && (head || places.is_empty()) {
            found = form.find_any(text);
        }
        self.foretold = Some(places);
        found
    }

    /// Where a prompt that a template read ends its directory: as the last one did.
    pub(super) fn assured<'a>(&self, prompt: Prompt<'a>, text: &'a [u8]) -> Prompt<'a> {
        let form = self.form.as_ref().filter(|_| !prompt.sure);
        match form.and_then(|form| form.find_any(text)) {
            Some(found) => found.within(prompt),
            None => prompt,
        }
    }

    /// Where the shell may be at the next prompt, as prompts show it.
    fn next_places(&mut self) -> Vec<Vec<u8>> {
        let Some(style) = self.form.as_ref().map(|form| form.style) else {
            return Vec::new();
        };
        let left_at = self.left_at.last().copied().flatten();
        let places = match (&self.passage, &self.block.cd) {
            (Some(Passage::Into(_)), _) => [None; 3],
            (Some(Passage::OutOf), _) => [left_at, self.frame.cwd, None],
            (_, Some(cd)) => [cd.to, cd.from, self.frame.cwd],
            (_, None) => [self.frame.cwd, None, None],
        };
        let mut shown: Vec<Vec<u8>> = Vec::new();
        for place in places.into_iter().flatten() {
            shown.extend(self.display(place, style));
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_prompt_repeats_the_last_around_another_directory() {
        for (shown, place, next, line, command) in [
            (
                "/srv $ ",
                "/srv",
                "/srv/old logs",
                "/srv/old logs $ ls -l",
                Some("ls -l"),
            ),
            (
                "/srv $ ",
                "/srv",
                "/srv/old logs",
                "/srv/old logs $",
                Some(""),
            ),
            ("/srv $ ", "/srv", "/srv/old logs", "/srv/old $ ls", None),
            (
                "[10:02] <o@vm /srv> ",
                "/srv",
                "/a b",
                "[9:59] <o@vm /a b> du",
                Some("du"),
            ),
            ("[o@vm srv]$ ", "srv", "a b", "[o@vm a b]$ du", Some("du")),
            (
                "o@vm:/srv (main) # ",
                "/srv",
                "/a b",
                "o@vm:/a b (main) # du",
                Some("du"),
            ),
            ("/srv/x $ ", "/srv", "/a", "/a $ ls", None),
            ("at /srv ", "/srv", "/a", "at /a ls", None),
        ] {
            let places = [(Style::Whole, place.as_bytes().to_vec())];
            let form = Form::of(shown.as_bytes(), &places, false);
            let found = form.and_then(|form| {
                let found = form.find(next.as_bytes(), line.as_bytes())?;
                Some(
                    String::from_utf8_lossy(&line.as_bytes()[found.end..])
                        .trim()
                        .to_owned(),
                )
            });
            assert_eq!(found.as_deref(), command, "{shown:?} {line:?}");
        }
    }

    #[test]
    fn a_first_line_of_two_is_foretold_whole() {
        let places = [(Style::Whole, b"/srv".to_vec())];
        let form = Form::of("/srv on main".as_bytes(), &places, true).unwrap();
        assert!(form.find(b"/a b", b"/a b on main").is_some());
        assert!(form.find(b"/a b", b"/a b on mainly").is_none());
    }
}
