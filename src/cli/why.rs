//! `jettison why`: everything known of one path.

use std::cmp::Reverse;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::entry::Observation;
use crate::error::{Error, Result};
use crate::report::json;
use crate::report::known::{Verdict, View};
use crate::report::text::why as text;
use crate::report::text::{Style, evidence, path as escaped};
use crate::risk::{self, Context};
use crate::rules::coverage::{self, Ground, Stamps};
use crate::source::{Form, volume};
use crate::tree::{NodeId, Tree};

use super::args::{Format, Screen, SourceArgs, WhyArgs};
use super::exit::Exit;
use super::inquiry::{self, Inquiry, inquire_about};
use super::stamps::LiveStamps;
use super::{deliver_text, host, output, style};

pub(super) fn run(args: &WhyArgs, screen: &Screen) -> Result<Exit> {
    let (source, path) = asked(args)?;
    let source = SourceArgs {
        source,
        reading: args.reading.clone(),
    };
    let inquiry = inquire_about(
        Some(&path),
        &source,
        &args.rules,
        &args.output.written,
        screen,
    )?;
    let survey = &inquiry.survey;
    let tree = &survey.tree;
    let evidence = Lines::of(&inquiry, path.as_os_str().as_encoded_bytes());
    let Some(node) = tree.find(path.as_os_str().as_encoded_bytes()) else {
        return gone(args, screen, &path, &inquiry, evidence);
    };
    let is_live = survey.form == Form::Live;
    let live = LiveStamps::default();
    let stamps = is_live.then_some(&live as &dyn Stamps);
    let seen_as = inquiry::seen_as(&args.rules);
    let ground = Ground::new(tree, seen_as.as_deref()).with_stamps(stamps);
    let rules = inquiry.audit.rules.iter().filter_map(|report| {
        let verdict = match coverage::taken(&report.rule, &ground, node, inquiry.now) {
            Some(hit) => Verdict::Takes(hit),
            None => Verdict::Spares(coverage::spared_by(&report.rule, &ground, node)?),
        };
        Some((report, verdict))
    });
    let mounts = if is_live {
        volume::mount_points()
    } else {
        Vec::new()
    };
    let owned = if is_live {
        host::owned(tree).0
    } else {
        Vec::new()
    };
    let context = Context {
        live: is_live,
        mounts: &mounts,
        owned: &owned,
    };
    let risks = risk::classify(tree, &inquiry.audit, &inquiry.policy, context);
    let view = View {
        tree,
        node,
        now: inquiry.now,
        family: inquiry.audit.families.iter().find(|report| {
            let mut members = report.family.members.iter();
            members.any(|member| member.node == node)
        }),
        rules: rules.collect(),
        risk: risks.of_subtree(tree, node),
        rules_read: inquiry.rules_read,
    };
    show(
        args,
        &source.source,
        screen,
        &inquiry,
        &view,
        evidence.as_ref(),
    )?;
    Ok(exit(&inquiry))
}

/// What is shown of a source or of rules that were not read to their end may not be all.
fn exit(inquiry: &Inquiry) -> Exit {
    if inquiry.survey.is_complete() && !inquiry.rules_doubtful {
        Exit::Fine
    } else {
        Exit::Unknown
    }
}

/// Writes what is known of a path that is there.
fn show(
    args: &WhyArgs,
    source: &Path,
    screen: &Screen,
    inquiry: &Inquiry,
    view: &View<'_>,
    evidence: Option<&Lines>,
) -> Result<()> {
    let style = style(&args.output.written, screen);
    match args.output.format {
        Format::Text => {
            let mut shown = text::why(view, style);
            if let Some(lines) = evidence {
                shown += &lines.text(Some((view.tree, view.node)), inquiry, style);
            }
            deliver_text(&args.output.written, &shown)?;
        }
        Format::Json => {
            let path = view.tree.path(view.node);
            let document = json::why::document(&json::why::Document {
                source: source.as_os_str().as_encoded_bytes(),
                path: &path,
                now: inquiry.now,
                view: Some(view),
                evidence: evidence.map(Lines::shown),
                troubles: &inquiry.troubles,
            });
            let file = args.output.written.output.as_deref();
            output::deliver(file, |out| json::write(&document, out))?;
        }
    }
    Ok(())
}

/// What a recording says of the path.
struct Lines {
    observations: Vec<Observation>,
    dropped: u64,
}

impl Lines {
    fn of(inquiry: &Inquiry, path: &[u8]) -> Option<Self> {
        let evidence = inquiry.survey.evidence.as_ref()?;
        Some(Self {
            observations: evidence.observations(path),
            dropped: evidence.dropped(),
        })
    }

    fn shown(&self) -> (&[Observation], u64) {
        (&self.observations, self.dropped)
    }

    fn text(&self, found: Option<(&Tree, NodeId)>, inquiry: &Inquiry, style: Style) -> String {
        let below = found.map_or_else(Vec::new, |(tree, node)| largest_below(inquiry, tree, node));
        let view = evidence::View {
            observations: &self.observations,
            dropped: self.dropped,
            found,
            below: &below,
        };
        evidence::evidence(&view, style).join("\n") + "\n"
    }
}

/// The largest names in a directory, with the lines that show their sizes.
fn largest_below(inquiry: &Inquiry, tree: &Tree, node: NodeId) -> Vec<(NodeId, Vec<u64>)> {
    const SHOWN: usize = 5;
    let Some(evidence) = inquiry
        .survey
        .evidence
        .as_ref()
        .filter(|_| tree.is_dir(node))
    else {
        return Vec::new();
    };
    let mut children = tree.children_by_name(node);
    children.sort_by_key(|&child| Reverse(tree.weight(child).lo));
    children.truncate(SHOWN);
    let lines = |child: NodeId| {
        let proofs = evidence.of(&tree.path(child));
        let sizes = proofs
            .into_iter()
            .filter(|proof| proof.what.contains("size"));
        let mut lines: Vec<u64> = sizes.map(|proof| proof.line).collect();
        lines.dedup();
        (child, lines)
    };
    children.into_iter().map(lines).collect()
}

/// A path that is not in the tree: a recording may show what became of it.
fn gone(
    args: &WhyArgs,
    screen: &Screen,
    path: &Path,
    inquiry: &Inquiry,
    evidence: Option<Lines>,
) -> Result<Exit> {
    let missing = || {
        Error::source(format!("{} is not in the source", path.display()))
            .with_hint("write it as jettison scan prints it")
    };
    let lines = evidence.filter(|lines| !lines.observations.is_empty());
    let lines = lines.ok_or_else(missing)?;
    let written = &args.output.written;
    match args.output.format {
        Format::Text => {
            let style = style(written, screen);
            let name = escaped(path.as_os_str().as_encoded_bytes());
            let head = style.strong(&format!("{name}  is gone at the end of the recording"));
            let view = evidence::View {
                observations: &lines.observations,
                dropped: lines.dropped,
                found: None,
                below: &[],
            };
            let text = evidence::evidence(&view, style).join("\n");
            deliver_text(written, &format!("{head}\n{text}\n"))?;
        }
        Format::Json => {
            let document = json::why::document(&json::why::Document {
                source: args.paths[0].as_os_str().as_encoded_bytes(),
                path: path.as_os_str().as_encoded_bytes(),
                now: inquiry.now,
                view: None,
                evidence: Some(lines.shown()),
                troubles: &inquiry.troubles,
            });
            output::deliver(written.output.as_deref(), |out| json::write(&document, out))?;
        }
    }
    Ok(exit(inquiry))
}

/// The source to read and the path in it. For a path alone that is the directory above its own:
/// the siblings of a directory of one date are the other dates.
fn asked(args: &WhyArgs) -> Result<(PathBuf, PathBuf)> {
    match args.paths.as_slice() {
        [source, path] => {
            let is_live = source.is_dir();
            let path = if is_live { real(path)? } else { path.clone() };
            Ok((source.clone(), path))
        }
        [path] => {
            let path = real(path)?;
            let dir = path.parent().unwrap_or(Path::new("/"));
            let above = dir.parent().filter(|above| *above != Path::new("/"));
            Ok((above.unwrap_or(dir).to_path_buf(), path))
        }
        _ => Err(Error::usage("why takes a path, or a source and a path")),
    }
}

/// The path with its directory's links followed, as a walk would show it.
fn real(path: &Path) -> Result<PathBuf> {
    let missing = |e: std::io::Error| Error::source(format!("{}: {e}", path.display()));
    let dir = path.parent().filter(|dir| *dir != Path::new(""));
    let dir = dir
        .unwrap_or(Path::new("."))
        .canonicalize()
        .map_err(missing)?;
    Ok(match path.file_name() {
        Some(name) => dir.join::<&OsStr>(name),
        None => path.canonicalize().map_err(missing)?,
    })
}
