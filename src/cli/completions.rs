//! `jettison completions` and `jettison man`: what the program says of its own command line.

use std::io;

use crate::error::Result;

use super::args::definition;
use super::exit::Exit;
use super::output::deliver;

/// Writes completions for a shell.
pub(super) fn shell(shell: clap_complete::Shell) -> Result<Exit> {
    // The generator panics on a failed write, so it writes into memory.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut definition(), "jettison", &mut script);
    deliver(None, |out| out.write_all(&script)).map(|()| Exit::Fine)
}

/// Writes the manual: the program's own page, then one for each command.
pub(super) fn manual() -> Result<Exit> {
    deliver(None, |out| {
        let command = definition();
        page(&command, out)?;
        for sub in command.get_subcommands() {
            page(
                &sub.clone().name(format!("jettison-{}", sub.get_name())),
                out,
            )?;
        }
        Ok(())
    })?;
    Ok(Exit::Fine)
}

fn page(command: &clap::Command, out: &mut dyn io::Write) -> io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(out)
}
