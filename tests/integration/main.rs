//! The one integration-test binary: every promise, end to end.

mod answers;
mod audit;
mod cli;
mod day7;
mod dir;
mod generated;
mod grown;
mod hostile;
mod house;
#[cfg(target_os = "linux")]
mod interrupt;
mod mounts;
mod ncdu;
mod readme;
mod reconcile;
mod rules;
mod scan;
mod schemas;
mod stage;
mod ticker;
mod told;
mod transcript;
mod truth;
mod walkers_agree;
