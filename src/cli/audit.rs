//! `jettison audit`: families and rules.

use crate::error::Result;
use crate::report::json;
use crate::report::text::audit::{self as text, View};

use super::args::{AuditArgs, Format, Screen};
use super::exit::Exit;
use super::inquiry::{Inquiry, inquire};
use super::{deliver_text, output, style};

pub(super) fn run(args: &AuditArgs, screen: &Screen) -> Result<Exit> {
    let written = &args.output.written;
    let inquiry = inquire(&args.source, &args.rules, written, screen)?;
    match args.output.format {
        Format::Text => {
            let view = View {
                members: args.members,
                ..inquiry.view(written.verbose, args.rows, "--rows all")
            };
            deliver_text(written, &text::audit(&view, style(written, screen)))?;
        }
        Format::Json => {
            let document = json::audit::document(&inquiry.document(args.members));
            output::deliver(written.output.as_deref(), |out| json::write(&document, out))?;
        }
    }
    Ok(verdict(&inquiry))
}

/// The exit code of an audit: findings, or doubt, or neither. What was not read may hold a family
/// that nobody cleans, so a tree with an unread part is never fine.
pub(super) fn verdict(inquiry: &Inquiry) -> Exit {
    if inquiry.audit.has_gap() {
        Exit::Findings
    } else if inquiry.rules_doubtful || !inquiry.survey.is_complete() {
        Exit::Unknown
    } else {
        Exit::Fine
    }
}
