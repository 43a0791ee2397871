//! The program: hands the arguments to [`jettison::cli`] and ends with its code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(jettison::cli::run(std::env::args_os().collect()))
}
