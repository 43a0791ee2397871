//! Any bytes as a recording: containers, the screen, prompts, everything behind them.
#![no_main]

use jettison::entry::Progress;
use jettison::source::transcript::{Options, read};
use jettison::tree::build::Builder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut builder = Builder::new();
    let options = Options::default();
    if read(bytes, b"fuzz", &options, &Progress::default(), &mut builder).is_ok() {
        builder.finish().expect("what is delivered is a tree");
    }
});
