//! `jettison report`: the whole story on one page.

use crate::error::Result;
use crate::need::Need;
use crate::plan::{Plan, Reached};
use crate::report::json;
use crate::report::largest::largest;
use crate::report::text::story;

use super::args::{Format, ReportArgs, Screen};
use super::exit::Exit;
use super::inquiry::inquire;
use super::{audit, deliver_text, output, paste, plan, signals, style};

pub(super) fn run(args: &ReportArgs, screen: &Screen) -> Result<Exit> {
    let written = &args.output.written;
    args.need.need.as_deref().map(Need::parse).transpose()?;
    let inquiry = inquire(&args.source, &args.rules, written, screen)?;
    // What was read is shown all the same, but no plan stands on a part of the tree.
    let wanted = plan::is_asked(&args.need) && !signals::asked();
    let made = wanted
        .then(|| plan::make(&args.need, &inquiry))
        .transpose()?;
    let largest = largest(&inquiry.survey.tree, args.top);
    match args.output.format {
        Format::Text => {
            let command = paste::plan(&paste::Asked {
                source: &args.source,
                rules: &args.rules,
                need: &args.need,
                now: written.now,
            });
            let view = story::View {
                audit: inquiry.view(written.verbose, args.top, "jettison audit"),
                plan: made
                    .as_ref()
                    .map(|made| plan::view(made, &inquiry, command.as_deref())),
                largest: &largest,
            };
            deliver_text(written, &story::story(&view, style(written, screen)))?;
        }
        Format::Json => {
            let document = json::story::document(&json::story::Document {
                source: args.source.source.as_os_str().as_encoded_bytes(),
                audit: inquiry.document(false),
                plan: made.as_ref(),
                largest: &largest,
            });
            output::deliver(written.output.as_deref(), |out| json::write(&document, out))?;
        }
    }
    let fits = made.as_ref().map_or(Exit::Fine, check);
    Ok(audit::verdict(&inquiry).worst(fits))
}

/// Whether the need is met: at once, by the set shown, perhaps, or not at all.
fn check(plan: &Plan) -> Exit {
    match plan.reached {
        _ if plan.request.is_met() => Exit::Fine,
        Reached::Certain => Exit::Findings,
        Reached::Possibly => Exit::Unknown,
        Reached::No => Exit::Short,
    }
}
