//! `jettison scan`: the tree.

use crate::error::{Error, Result};
use crate::report::json::scan as json;
use crate::report::text::scan::{self as text, Options, Sort};

use super::args::{Format, ScanArgs, Screen, SortKey};
use super::exit::Exit;
use super::{deliver_text, inquiry, output, style, warn_unread};

pub(super) fn run(args: &ScanArgs, screen: &Screen) -> Result<Exit> {
    let mut exit = Exit::Fine;
    let written = &args.output.written;
    let mut texts = Vec::new();
    if args.sources.len() > 1 && args.output.format == Format::Json {
        return Err(
            Error::usage("--format json writes one tree, and several sources were given")
                .with_hint("run it once for each source"),
        );
    }
    for source in &args.sources {
        let survey = inquiry::read(source, &args.reading, written, screen)?;
        let now = inquiry::now(written, &survey);
        if !survey.is_complete() {
            exit = exit.worst(Exit::Unknown);
        }
        match args.output.format {
            Format::Text => {
                let style = style(written, screen);
                texts.push(text::scan(
                    &survey.tree,
                    &survey.troubles,
                    now,
                    options(args),
                    style,
                ));
            }
            Format::Json => {
                let scan = json::Scan {
                    source: source.as_os_str().as_encoded_bytes(),
                    tree: &survey.tree,
                    volume: survey.volume.as_ref(),
                    troubles: &survey.troubles,
                    depth: args.depth,
                };
                output::deliver(written.output.as_deref(), |out| json::write(&scan, out))?;
                warn_unread(written, &survey.troubles);
            }
        }
    }
    if args.output.format == Format::Text {
        deliver_text(written, &texts.join("\n"))?;
    }
    Ok(exit)
}

fn options(args: &ScanArgs) -> Options {
    Options {
        depth: args.depth.unwrap_or(1),
        top: args.top,
        sort: match args.sort {
            SortKey::Disk => Sort::Disk,
            SortKey::Apparent => Sort::Apparent,
            SortKey::Count => Sort::Count,
            SortKey::Mtime => Sort::Mtime,
            SortKey::Name => Sort::Name,
        },
        apparent: args.apparent,
        rows: args.rows,
        verbose: args.output.written.verbose,
    }
}
