//! Any bytes as the output of one command: the first byte chooses the grammar.
#![no_main]

use jettison::entry::Progress;
use jettison::source::transcript::{Options, read};
use jettison::tree::build::Builder;
use libfuzzer_sys::fuzz_target;

const COMMANDS: &[&str] = &[
    "ls -la", "ls -laR", "ls -lsih", "ls -lQ", "ls -lb", "ls", "ls -1s", "du -ab", "du -ah",
    "df -h", "df -k", "find . -ls", "find . -printf '%s %p\\n'", "find . -size +1M", "stat *",
    "stat -c '%n %s'", "tree -ps", "tree -h --du", "aws s3 ls s3://b/p/", "hdfs dfs -du -h /x",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((&which, output)) = bytes.split_first() else {
        return;
    };
    let command = COMMANDS[usize::from(which) % COMMANDS.len()];
    let mut text = format!("u@h:/x$ {command}\n").into_bytes();
    text.extend_from_slice(output);
    text.extend_from_slice(b"\nu@h:/x$ exit\n");
    let mut builder = Builder::new();
    let options = Options::default();
    if read(&text[..], b"fuzz", &options, &Progress::default(), &mut builder).is_ok() {
        builder.finish().expect("what is delivered is a tree");
    }
});
