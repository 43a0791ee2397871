//! Labelled cases from outside the repository, run through the program itself.
//!
//! `JETTISON_CORPORA` names the directory that holds them, one directory a kind (`shards`, `plan`,
//! `transcripts`, `rules`). Without it every test here says that it skips: a user who has only the
//! repository has nothing to run them on.

mod plan;
mod rules;
mod shards;
mod transcripts;

use std::path::PathBuf;

/// The directory of one kind of labelled cases, or `None` with a word on stderr.
///
/// # Panics
/// When `JETTISON_CORPORA` is set and the kind is not there: a promise to run that cannot be kept.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn kind(name: &str) -> Option<PathBuf> {
    let Some(all) = std::env::var_os("JETTISON_CORPORA") else {
        eprintln!("skipped: JETTISON_CORPORA names no directory of labelled cases ({name})");
        return None;
    };
    let here = PathBuf::from(all).join(name);
    assert!(here.is_dir(), "{} is not a directory", here.display());
    Some(here)
}
