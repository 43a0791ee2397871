//! The program: arguments in, a library call, a report out, an exit code.
//!
//! One file per subcommand. This is the only module that prints, asks the clock or looks at the
//! terminal.

mod accounts;
mod args;
mod audit;
mod check;
mod completions;
mod exit;
mod export;
mod host;
mod inquiry;
mod output;
mod owners;
mod paste;
mod plan;
mod progress;
mod report;
mod scan;
mod signals;
mod stamps;
mod updater;

mod wanted;
mod why;

use std::ffi::OsString;
use std::io::Write as _;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::report::check::nagios;
use crate::report::text::{self, Style};
use crate::source::volume::answers;

use args::{Command, Screen, WrittenArgs};
use exit::Exit;

/// Runs the program with these arguments, the first being its own name, and gives its exit code:
/// 0 to 3 are verdicts, 64 is a wrong command line or policy, 70 a fault of jettison itself.
#[must_use]
pub fn run(args: Vec<OsString>) -> u8 {
    signals::abort_with(Exit::Internal.code());
    let is_monitored = args::is_monitored(&args);
    // A panic is a fault of the program, and must not read as a verdict.
    let exit = std::panic::catch_unwind(|| dispatch(args, is_monitored));
    let exit = exit.unwrap_or_else(|_| {
        if is_monitored {
            tell_monitor("jettison failed; its message is on stderr");
        }
        Exit::Internal
    });
    if is_monitored {
        return exit.for_monitor().code();
    }
    exit.code()
}

fn dispatch(args: Vec<OsString>, is_monitored: bool) -> Exit {
    let command = match args::parse(args) {
        Ok(cli) => cli.command,
        Err(answer) => {
            let printed = answer.print();
            return match (answer.exit_code(), printed) {
                (0, Ok(())) => Exit::Fine,
                (0, Err(_)) => Exit::Unknown,
                _ => {
                    if is_monitored {
                        let text = answer.to_string();
                        tell_monitor(text.lines().next().unwrap_or_default());
                    }
                    Exit::Usage
                }
            };
        }
    };
    let name = command.name();
    let result = perform(&command, &Screen::ask());
    let interrupted = signals::asked();
    match result {
        Ok(exit) if interrupted => {
            tell(&format!(
                "jettison: {name}: ended early as asked: what is shown is what had been read\n"
            ));
            exit.if_interrupted()
        }
        Ok(exit) => exit,
        Err(error) => {
            complain(name, &error);
            if is_monitored && !error.is_output() {
                tell_monitor(&error.to_string());
            }
            Exit::of(&error)
        }
    }
}

/// A monitor reads one line of stdout, also of a run that could not even begin.
fn tell_monitor(message: &str) {
    let line = nagios::failure(message);
    let _nobody_listens = std::io::stdout().write_all(line.as_bytes());
}

fn perform(command: &Command, screen: &Screen) -> Result<Exit> {
    if let Some((sources, reading)) = command.reads() {
        let patience = Duration::from_secs(reading.patience.0);
        for source in sources {
            answers(source, patience)?;
        }
    }
    match command {
        Command::Report(args) => report::run(args, screen),
        Command::Scan(args) => scan::run(args, screen),
        Command::Audit(args) => audit::run(args, screen),
        Command::Plan(args) => plan::run(args, screen),
        Command::Why(args) => why::run(args, screen),
        Command::Check(args) => check::run(args, screen),
        Command::Export(args) => export::run(args, screen),
        Command::Completions(args) => completions::shell(args.shell),
        Command::Man(_) => completions::manual(),
    }
}

/// One line for the cause, one for what to do. A closed pipe has no message and ends quietly.
fn complain(command: &str, error: &Error) {
    let message = error.to_string();
    if message.is_empty() {
        return;
    }
    let mut lines = format!("jettison: {command}: {message}\n");
    if let Some(hint) = error.hint() {
        lines += &format!("hint: {hint}\n");
    }
    tell(&lines);
}

/// Writes to stderr; where that is closed there is nobody left to tell.
fn tell(lines: &str) {
    let _nobody_listens = std::io::stderr().write_all(lines.as_bytes());
}

/// How to show text, from what was asked and what the terminal is.
fn style(written: &WrittenArgs, screen: &Screen) -> Style {
    let to_terminal = screen.stdout_is_terminal && written.output.is_none();
    let colour = match written.color {
        args::Colour::Always => true,
        args::Colour::Never => false,
        args::Colour::Auto => to_terminal && !screen.no_colour,
    };
    Style {
        width: screen.width,
        colour,
        terminal: to_terminal,
    }
}

/// Writes a finished text to its place.
fn deliver_text(written: &WrittenArgs, text: &str) -> Result<()> {
    output::deliver(written.output.as_deref(), |out| {
        out.write_all(text.as_bytes())
    })
}

/// A remark on stderr beside a result that has no place for it.
fn note(written: &WrittenArgs, remark: &str) {
    if !written.quiet {
        let line = format!("jettison: {remark}\n");
        let _ignored = std::io::stderr().write_all(line.as_bytes());
    }
}

/// Tells on stderr how much could not be read, once, when the result itself does not.
fn warn_unread(written: &WrittenArgs, troubles: &[crate::entry::Trouble]) {
    if written.quiet || troubles.is_empty() {
        return;
    }
    let shown = if written.verbose {
        troubles.len()
    } else {
        troubles.len().min(3)
    };
    let mut lines = String::new();
    for trouble in &troubles[..shown] {
        lines += &format!("jettison: {}\n", text::scan::trouble(trouble));
    }
    if shown < troubles.len() {
        lines += &format!(
            "jettison: … {} more (-v lists them)\n",
            troubles.len() - shown
        );
    }
    tell(&lines);
}
