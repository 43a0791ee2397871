//! What a recording comes to: the tree and what was said of it, for every test that reads one.

use jettison::bytes::Interval;
use jettison::entry::Progress;
use jettison::error::Error;
use jettison::source::transcript::{Options, Recording, read};
use jettison::tree::Tree;
use jettison::tree::build::Builder;

pub(crate) fn load(
    text: &[u8],
    name: &str,
    options: &Options<'_>,
) -> Result<(Tree, Recording), Error> {
    let mut builder = Builder::new();
    let progress = Progress::default();
    let recording = read(text, name.as_bytes(), options, &progress, &mut builder)?;
    Ok((builder.finish()?, recording))
}

pub(crate) fn recorded(text: &[u8]) -> (Tree, Recording) {
    let read = load(text, "recording", &Options::default());
    read.unwrap_or_else(|error| panic!("{error}: {}", text.escape_ascii()))
}

/// A size as tests write it: exact, between two figures, at least (`5..`), unknown (`?`), none (`-`).
pub(crate) fn size_text(size: Option<Interval>) -> String {
    match size {
        None => "-".to_owned(),
        Some(Interval { lo: 0, hi: None }) => "?".to_owned(),
        Some(Interval { lo, hi: None }) => format!("{lo}.."),
        Some(Interval { lo, hi: Some(hi) }) if lo == hi => lo.to_string(),
        Some(Interval { lo, hi: Some(hi) }) => format!("{lo}..{hi}"),
    }
}
