//! How fast a recording is read: `cargo bench --bench recordings [-- FILE…]`.
//!
//! Without files it makes three of 64 MB in memory: long listings with names in colour, progress
//! bars that write over one row, and a line without an end. Wall time, so nothing else should run.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what was measured is what it is for"
)]

use std::fmt::Write as _;
use std::time::Instant;

use jettison::entry::Progress;
use jettison::source::transcript::{Options, read};
use jettison::tree::build::Builder;

const SIZE: usize = 64 << 20;
const HEAD: &str = "Script started on 2026-11-22 06:10:00+00:00 [COLUMNS=\"120\" LINES=\"40\"]\r\n";

fn main() {
    let files: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    for file in &files {
        match std::fs::read(file) {
            Ok(bytes) => measure(file, &bytes),
            Err(error) => eprintln!("{file}: {error}"),
        }
    }
    if files.is_empty() {
        measure("listings", listings().as_bytes());
        measure("progress bars", progress().as_bytes());
        measure("one line", one_line().as_bytes());
    }
}

fn measure(name: &str, bytes: &[u8]) {
    let began = Instant::now();
    let mut builder = Builder::new();
    let (options, watched) = (Options::default(), Progress::default());
    let done = read(bytes, name.as_bytes(), &options, &watched, &mut builder);
    let names = done.map_or(0, |recording| recording.evidence.names());
    drop(builder.finish());
    let seconds = began.elapsed().as_secs_f64();
    let megabytes = bytes.len() as f64 / 1e6;
    println!(
        "{name}: {megabytes:.0} MB, {names} names, {:.0} MB/s",
        megabytes / seconds
    );
}

fn prompt(text: &mut String, command: &str) {
    let _ = write!(
        text,
        "\x1b[?2004h\x1b[01;32mop@edge\x1b[00m:/srv# {command}\r\n\x1b[?2004l\r"
    );
}

fn listings() -> String {
    let mut text = HEAD.to_owned();
    for dir in 0.. {
        if text.len() >= SIZE {
            break;
        }
        prompt(&mut text, &format!("ls -la /srv/d{dir}"));
        text.push_str("total 8000\r\n");
        text.push_str("drwxr-xr-x 2 op op 4096 Nov 22 06:02 \x1b[0m\x1b[01;34msub\x1b[0m\r\n");
        for n in 0..200 {
            let size = (n * 7919 + dir * 104_729) % 90_000_000;
            let _ = write!(
                text,
                "-rw-r--r-- 1 op op {size:>9} Nov 22 06:02 chunk-{dir:05}-{n:04}.dat\r\n"
            );
        }
    }
    prompt(&mut text, "exit");
    text
}

fn progress() -> String {
    let mut text = HEAD.to_owned();
    prompt(&mut text, "ls -l /srv");
    text.push_str("total 4\r\n-rw-r--r-- 1 op op 5 Nov 22 06:02 a\r\n");
    prompt(&mut text, "fetch");
    while text.len() < SIZE {
        for percent in 0..=100 {
            let bar = "=".repeat(percent / 2);
            let _ = write!(
                text,
                "\rbig.bin {percent:>3}% [{bar:<50}] {percent:>4}.0M\x1b[K"
            );
        }
        text.push_str("\r\n");
    }
    prompt(&mut text, "exit");
    text
}

fn one_line() -> String {
    let mut text = HEAD.to_owned();
    prompt(&mut text, "ls -l /srv");
    text.push_str("total 4\r\n-rw-r--r-- 1 op op 5 Nov 22 06:02 a\r\n");
    prompt(&mut text, "cat blob");
    text.push_str(&"q83vEjRWeJCrze8SNFZ4kA".repeat(SIZE / 22));
    text.push_str("\r\n");
    prompt(&mut text, "exit");
    text
}
