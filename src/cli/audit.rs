//! `jettison audit`: families and rules.

use std::path::PathBuf;

use crate::audit::expect::{self, Expected};
use crate::audit::{self, Audit, Moment, patch};
use crate::error::{Error, Result};
use crate::report::json;
use crate::report::text;
use crate::report::text::audit::{self as page, View};
use crate::rules::RuleSet;
use crate::source::{Form, rulebook};

use super::args::{AuditArgs, Format, Screen};
use super::exit::Exit;
use super::inquiry::{self, Inquiry, inquire};
use super::{deliver_text, output, style};

pub(super) fn run(args: &AuditArgs, screen: &Screen) -> Result<Exit> {
    if args.suggest && args.output.format == Format::Json {
        return Err(
            Error::usage("--suggest prints a diff, and --format json a document")
                .with_hint("in the document the edits are under near_misses"),
        );
    }
    if !args.expect.is_empty() {
        return expected(args, screen);
    }
    let written = &args.output.written;
    let inquiry = inquire(&args.source, &args.rules, written, screen)?;
    if args.suggest {
        let roots = inquiry::rule_roots(&args.rules, inquiry.survey.form);
        suggest(args, &inquiry.audit, &roots)?;
        return Ok(verdict(&inquiry));
    }
    match args.output.format {
        Format::Text => {
            let view = View {
                members: args.members,
                ..inquiry.view(written.verbose, args.rows, "--rows all")
            };
            deliver_text(written, &page::audit(&view, style(written, screen)))?;
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

/// Prints the diff; what it leaves out is said on stderr.
fn suggest(args: &AuditArgs, audit: &Audit, roots: &[PathBuf]) -> Result<()> {
    let mut load = |path: &[u8]| {
        let mut found = roots.iter().filter_map(|root| rulebook::load(root, path));
        found.next().map(|file| file.contents)
    };
    let patch = patch::suggest(audit, &mut load);
    let written = &args.output.written;
    output::deliver(written.output.as_deref(), |out| out.write_all(&patch.diff))?;
    for left_out in &patch.left_out {
        super::note(written, &text::path(left_out.as_bytes()));
    }
    Ok(())
}

/// Would any rule cover what a job is going to write? Nothing but the rules is read.
fn expected(args: &AuditArgs, screen: &Screen) -> Result<Exit> {
    let written = &args.output.written;
    inquiry::check_roots(&args.rules.roots)?;
    let now = written.now.unwrap_or_else(inquiry::clock);
    let templates: Vec<Vec<u8>> = args
        .expect
        .iter()
        .map(|t| t.as_encoded_bytes().to_vec())
        .collect();
    let Expected { tree, families } = expect::expect(&templates, now)?;
    let roots = inquiry::rule_roots(&args.rules, Form::Live);
    let book: RuleSet = inquiry::read_rules(&roots);
    let audit = audit::audit(&tree, families, &book, &|_| None, &Moment::at(now), None);
    let view = View {
        audit: &audit,
        tree: &tree,
        volume: None,
        rules_read: true,
        now,
        members: args.members,
        troubles: &book.troubles,
        verbose: written.verbose,
        rows: args.rows,
        rest: "--rows all",
    };
    if args.suggest {
        suggest(args, &audit, &roots)?;
    } else if args.output.format == Format::Json {
        let document = json::audit::document(&json::audit::Document {
            audit: &audit,
            tree: &tree,
            volume: None,
            members: args.members,
            troubles: &book.troubles,
        });
        output::deliver(written.output.as_deref(), |out| json::write(&document, out))?;
    } else {
        deliver_text(written, &page::expected(&view, style(written, screen)))?;
    }
    Ok(if audit.families.iter().any(audit::FamilyReport::is_gap) {
        Exit::Findings
    } else if !book.troubles.is_empty() {
        Exit::Unknown
    } else {
        Exit::Fine
    })
}
