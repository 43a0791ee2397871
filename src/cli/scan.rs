//! `jettison scan`: the tree.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::reconcile::Reconciliation;
use crate::report::json::scan as json;
use crate::report::text::Style;
use crate::report::text::reconcile::reconciliation;
use crate::report::text::scan::{self as text, Options, Sort, View, users};
use crate::source::Form;
use crate::source::unseen::Ground;
use crate::survey::Survey;
use crate::time::{Age, Timestamp};
use crate::tree::Tree;
use crate::tree::owners::Owners;
use crate::tree::recent::Recent;
use crate::tree::union::{Union, union};

use super::args::{Format, ReadingArgs, ScanArgs, Screen, SortKey};
use super::exit::Exit;
use super::{accounts, deliver_text, inquiry, output, owners, style, warn_unread};

/// One source, read.
struct Scanned<'a> {
    source: &'a Path,
    survey: Survey,
    now: Timestamp,
    took: Duration,
    since: Option<Age>,
    owners: Option<Owners>,
    sums: Option<Reconciliation>,
}

pub(super) fn run(args: &ScanArgs, screen: &Screen) -> Result<Exit> {
    let sources = args.sources.iter();
    let scanned: Vec<Scanned<'_>> = sources
        .map(|source| Scanned::read(source, args, screen))
        .collect::<Result<_>>()?;
    let union = together(&scanned);
    let names = args.by.map(|_| accounts::users()).unwrap_or_default();
    let written = &args.output.written;
    match args.output.format {
        Format::Text => {
            let text = page(&scanned, union, &names, args, style(written, screen));
            deliver_text(written, &text)?;
        }
        Format::Json => {
            let recents: Vec<_> = scanned.iter().map(Scanned::recent).collect();
            let scans: Vec<_> = scanned
                .iter()
                .zip(&recents)
                .map(|(one, recent)| one.document(recent.as_ref(), &names, args.depth))
                .collect();
            output::deliver(written.output.as_deref(), |out| match &scans[..] {
                [only] => json::write(only, out),
                several => json::write_several(several, union.as_ref(), out),
            })?;
            for one in &scanned {
                warn_unread(written, &one.survey.troubles);
            }
        }
    }
    let complete = scanned.iter().all(|one| one.survey.is_complete());
    Ok(if complete { Exit::Fine } else { Exit::Unknown })
}

/// What several sources are as one set. Only what lies on this machine can be told apart: two
/// recordings may show the same files, or those of two machines under the same paths.
fn together(scanned: &[Scanned<'_>]) -> Option<Union> {
    let live = |one: &Scanned<'_>| one.survey.form == Form::Live;
    let trees: Vec<&Tree> = scanned.iter().map(|one| &one.survey.tree).collect();
    (trees.len() > 1 && scanned.iter().all(live)).then(|| union(&trees))
}

/// Every source's table, and what they are together.
fn page(
    scanned: &[Scanned<'_>],
    union: Option<Union>,
    names: &accounts::Names,
    args: &ScanArgs,
    style: Style,
) -> String {
    let options = options(args);
    let mut pages: Vec<String> = scanned
        .iter()
        .map(|one| one.text(names, &options, style))
        .collect();
    match union {
        Some(union) => pages.push(text::together(&union, scanned.len(), style)),
        None if scanned.len() > 1 => {
            let text = "? no sum of them all: recordings and exports may show the same files twice";
            pages.push(style.doubt(text) + "\n");
        }
        None => {}
    }
    pages.join("\n")
}

impl<'a> Scanned<'a> {
    fn read(source: &'a Path, args: &ScanArgs, screen: &Screen) -> Result<Self> {
        let written = &args.output.written;
        let ground = ground(source, &args.reading);
        let begun = Instant::now();
        let survey = inquiry::read(source, &args.reading, written, screen)?;
        let took = begun.elapsed();
        let sums = ground.and_then(|ground| survey.reconcile(&ground));
        let owners = args
            .by
            .map(|_| owners::look(&survey, written, screen))
            .transpose()?;
        Ok(Self {
            source,
            now: inquiry::now(written, &survey),
            survey,
            took,
            since: args.since,
            owners,
            sums,
        })
    }

    fn recent(&self) -> Option<Recent<'_>> {
        self.since.map(|age| {
            let seconds = i64::try_from(age.0).unwrap_or(i64::MAX);
            let from = Timestamp(self.now.0.saturating_sub(seconds));
            Recent::since(&self.survey.tree, from)
        })
    }

    fn text(&self, names: &accounts::Names, options: &Options, style: Style) -> String {
        let recent = self.recent();
        let view = View {
            tree: &self.survey.tree,
            troubles: &self.survey.troubles,
            now: self.now,
            recent: recent.as_ref(),
            // A log or a script wants the same bytes for the same tree.
            vanished: self.survey.vanished,
            took: (style.terminal && self.survey.form == Form::Live).then_some(self.took),
        };
        match &self.owners {
            None => {
                let table = text::scan(&view, options, style);
                match &self.sums {
                    None => table,
                    Some(sums) => table + "\n" + &reconciliation(sums, style),
                }
            }
            Some(owners) => {
                let name = |uid: u32| names.get(&uid).map(Vec::as_slice);
                users::users(&view, owners, &name, options, style)
            }
        }
    }

    fn document<'s>(
        &'s self,
        recent: Option<&'s Recent<'s>>,
        names: &'s accounts::Names,
        depth: Option<usize>,
    ) -> json::Scan<'s> {
        json::Scan {
            source: self.source.as_os_str().as_encoded_bytes(),
            tree: &self.survey.tree,
            volume: self.survey.volume.as_ref(),
            troubles: &self.survey.troubles,
            depth,
            recent: self.since.zip(recent),
            owners: self.owners.as_ref().map(|owners| (owners, names)),
            reconciliation: self.sums.as_ref(),
        }
    }
}

/// The mount that is going to be shown, where it is all of one mount and nothing else.
fn ground(source: &Path, reading: &ReadingArgs) -> Option<Ground> {
    let whole = !reading.cross_file_systems && reading.exclude.is_empty();
    Ground::at(source).filter(|_| whole)
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
