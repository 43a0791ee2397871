//! `jettison why`: everything known of one path.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::report::text::why::{self as text, Verdict, View};
use crate::risk::{self, Context};
use crate::rules::coverage::{self, Ground, Stamps};
use crate::source::{Form, volume};

use super::args::{Screen, SourceArgs, WhyArgs};
use super::exit::Exit;
use super::inquiry::{self, LiveStamps, inquire};
use super::{deliver_text, host, style};

pub(super) fn run(args: &WhyArgs, screen: &Screen) -> Result<Exit> {
    let (source, path) = asked(args)?;
    let source = SourceArgs {
        source,
        reading: args.reading.clone(),
    };
    let inquiry = inquire(&source, &args.rules, &args.written, screen)?;
    let survey = &inquiry.survey;
    let tree = &survey.tree;
    let node = tree.find(path.as_os_str().as_bytes()).ok_or_else(|| {
        Error::source(format!("{} is not in the source", path.display()))
            .with_hint("write it as jettison scan prints it")
    })?;
    let is_live = survey.form == Form::Live;
    let live = LiveStamps;
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
    deliver_text(
        &args.written,
        &text::why(&view, style(&args.written, screen)),
    )?;
    Ok(if survey.is_complete() && !inquiry.rules_doubtful {
        Exit::Fine
    } else {
        Exit::Unknown
    })
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
