//! The one integration-test binary: every promise, end to end.

mod answers;
mod audit;
mod check;
mod cli;
mod corpora;
mod day7;
mod dir;
mod families;
mod full_disk;
mod generated;
mod grown;
mod hostile;
mod house;
#[cfg(target_os = "linux")]
mod interrupt;
mod mounts;
mod ncdu;
mod plan;
mod readme;
mod reconcile;
mod rules;
mod scan;
mod schemas;
mod stage;
mod ticker;
mod told;
mod transcript;
mod transcript_answers;
mod transcript_hostile;
mod transcript_listings;
mod transcript_mutations;
mod transcript_quoting;
mod transcript_rounding;
mod transcript_sessions;
mod truth;
mod walkers_agree;
