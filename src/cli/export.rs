//! `jettison export`: the tree for other tools.

use crate::error::Result;
use crate::report::ncdu;

use super::args::{ExportArgs, ExportFormat, Screen};
use super::exit::Exit;
use super::{inquiry, output, warn_unread};

pub(super) fn run(args: &ExportArgs, screen: &Screen) -> Result<Exit> {
    let survey = inquiry::read(
        &args.source.source,
        &args.source.reading,
        &args.written,
        screen,
    )?;
    let now = inquiry::now(&args.written, &survey);
    let version = env!("CARGO_PKG_VERSION");
    match args.format {
        ExportFormat::Ncdu => output::deliver(args.written.output.as_deref(), |out| {
            ncdu::write(&survey.tree, out, now, version)
        })?,
    }
    warn_unread(&args.written, &survey.troubles);
    Ok(if survey.is_complete() {
        Exit::Fine
    } else {
        Exit::Unknown
    })
}
