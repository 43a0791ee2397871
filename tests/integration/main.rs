//! The one integration-test binary: every promise, end to end.

mod answers;
mod cli;
mod day7;
mod dir;
mod generated;
mod house;
mod ncdu;
mod readme;
mod scan;
mod schemas;
mod ticker;
mod transcript;
mod walkers_agree;
