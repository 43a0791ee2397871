//! What most commands begin with: read the source, the rules and the policy, and audit.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::audit::{self, Audit, Code, Finding, Moment};
use crate::entry::{Progress, RuleFile, Skip, Trouble};
use crate::error::{Error, Result};
use crate::family::{self, Family, LeftOut};
use crate::policy::{EntryId, Exclude, Matches, Policy, Risk};
use crate::report::{json, text};
use crate::rules::coverage::{Ground, Stamps};
use crate::rules::machine::Machine;
use crate::rules::model::Tri;
use crate::rules::{self, RuleSet};
use crate::source::{self, Form, Source, rulebook, transcript, walk};
use crate::survey::{Survey, survey};
use crate::time::Timestamp;
use crate::tree::{NodeId, Tree};

use super::args::{
    ReadingArgs, RuleArgs, Screen, SourceArgs, SourceForm, WalkerName, WrittenArgs, config_folder,
};
use super::progress::Watch;
use super::stamps::LiveStamps;

/// A source with what the rules make of it.
pub(super) struct Inquiry {
    pub(super) survey: Survey,
    pub(super) audit: Audit,
    pub(super) policy: Policy,
    pub(super) now: Timestamp,
    /// Whether any root was searched for rule files.
    pub(super) rules_read: bool,
    /// What could not be read or understood, of the source and of the rules.
    pub(super) troubles: Vec<Trouble>,
    /// Whether a rule file could not be read or understood.
    pub(super) rules_doubtful: bool,
}

/// Reads everything that an audit needs, and audits.
pub(super) fn inquire(
    source: &SourceArgs,
    rule_args: &RuleArgs,
    written: &WrittenArgs,
    screen: &Screen,
) -> Result<Inquiry> {
    inquire_about(None, source, rule_args, written, screen)
}

/// The same, with every line that a recording has on one path.
pub(super) fn inquire_about(
    path: Option<&Path>,
    source: &SourceArgs,
    rule_args: &RuleArgs,
    written: &WrittenArgs,
    screen: &Screen,
) -> Result<Inquiry> {
    // What is wrong with the command line must stop the run before anything is read.
    let policy = policy(rule_args.policy.as_deref())?;
    check_roots(&rule_args.roots)?;
    let survey = read_watching(path, &source.source, &source.reading, written, screen)?;
    let now = now(written, &survey);
    let roots = rule_roots(rule_args, survey.form);
    let book = read_rules(&roots);
    let family::Search { families, left_out } = family::search(&survey.tree, now);
    let moment = Moment {
        now,
        available: survey.volume.as_ref().map(|volume| volume.available),
    };
    let matches = RefCell::new(Matches::default());
    let tree = &survey.tree;
    let keep = |family: &Family| {
        if !policy.judges_families() {
            return None;
        }
        let paths: Vec<_> = family
            .members
            .iter()
            .map(|member| tree.path(member.node))
            .collect();
        let (age, entry) = policy.keep_for(paths.iter().map(Vec::as_slice))?;
        matches.borrow_mut().note(entry);
        Some(age)
    };
    let seen_as = seen_as(rule_args);
    let live = LiveStamps::default();
    let stamps = (survey.form == Form::Live).then_some(&live as &dyn Stamps);
    let ground = Ground::new(tree, seen_as.as_deref()).with_stamps(stamps);
    let mut audit = audit::audit_on(&ground, families, &book, &keep, &moment);
    note_left_out(&mut audit, &survey.tree, &left_out);
    note_policy(&mut audit, &survey, &policy, matches.into_inner());
    let mut troubles = survey.troubles.clone();
    troubles.extend(book.troubles.iter().cloned());
    Ok(Inquiry {
        audit,
        policy,
        now,
        rules_read: !roots.is_empty(),
        rules_doubtful: !book.troubles.is_empty(),
        troubles,
        survey,
    })
}

/// Reads one source into a tree, with progress on a terminal.
pub(super) fn read(
    path: &Path,
    reading: &ReadingArgs,
    written: &WrittenArgs,
    screen: &Screen,
) -> Result<Survey> {
    read_watching(None, path, reading, written, screen)
}

fn read_watching(
    watched: Option<&Path>,
    path: &Path,
    reading: &ReadingArgs,
    written: &WrittenArgs,
    screen: &Screen,
) -> Result<Survey> {
    let exclude = Exclude::parse(&reading.exclude)?;
    let progress = Progress::default();
    let what = text::path(path.as_os_str().as_encoded_bytes());
    let _watch = watch(&progress, what, written, screen);
    let options = source::Options {
        form: reading.form.map(|form| match form {
            SourceForm::Live => Form::Live,
            SourceForm::Transcript => Form::Transcript,
            SourceForm::Ncdu => Form::Ncdu,
        }),
        skip: (!exclude.is_empty()).then(|| Arc::new(exclude) as Arc<dyn Skip>),
        threads: reading.threads,
        cross_file_systems: reading.cross_file_systems,
        walker: match reading.walker {
            WalkerName::Auto => walk::Walker::Auto,
            WalkerName::Linux => walk::Walker::Linux,
            WalkerName::Portable => walk::Walker::Portable,
        },
        patience: Duration::from_secs(reading.patience.0),
        transcript: transcript::Options {
            assume_empty: reading.assume_empty,
            at_line: reading.at,
            watch: watched.map(|path| path.as_os_str().as_encoded_bytes()),
        },
        progress: &progress,
    };
    survey(&Source::named(path), &options)
}

/// Looks after a reading: its progress is shown on a terminal, and a signal ends it.
pub(super) fn watch(
    progress: &Progress,
    what: String,
    written: &WrittenArgs,
    screen: &Screen,
) -> Watch {
    let shows = screen.stderr_is_terminal && !written.no_progress && !written.quiet;
    Watch::start(progress.clone(), what, shows.then_some(screen.width))
}

/// The time to count ages from: as said, else when a recording or an export was made, else now.
pub(super) fn now(written: &WrittenArgs, survey: &Survey) -> Timestamp {
    written.now.or(survey.taken).unwrap_or_else(clock)
}

#[expect(clippy::disallowed_methods, reason = "the one clock of the program")]
pub(super) fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Timestamp(since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX)))
}

/// The policy named, or else the machine's and then the user's, the last word being the user's.
pub(super) fn policy(named: Option<&Path>) -> Result<Policy> {
    if let Some(file) = named {
        let text = std::fs::read(file).map_err(|e| unreadable(file, &e))?;
        return parse_policy(file, text);
    }
    let user = config_folder().map(|folder| folder.join("jettison.toml"));
    let mut policy = Policy::default();
    for file in [Some(PathBuf::from("/etc/jettison.toml")), user]
        .into_iter()
        .flatten()
    {
        match std::fs::read(&file) {
            Ok(text) => policy.extend(parse_policy(&file, text)?),
            // A service's home is often `/dev/null`: nothing lies below it.
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) => {}
            Err(e) => {
                return Err(unreadable(&file, &e)
                    .with_hint("mend its permissions, or name another one with --policy"));
            }
        }
    }
    Ok(policy)
}

fn unreadable(file: &Path, cause: &io::Error) -> Error {
    Error::usage(format!(
        "the policy {} cannot be read: {cause}",
        file.display()
    ))
}

fn parse_policy(file: &Path, text: Vec<u8>) -> Result<Policy> {
    let name = file.display().to_string();
    let text = String::from_utf8(text).map_err(|e| {
        let line = 1 + e.as_bytes()[..e.utf8_error().valid_up_to()]
            .iter()
            .filter(|&&b| b == b'\n')
            .count();
        Error::usage(format!(
            "{name}:{line}: not UTF-8 (a policy is a TOML file)"
        ))
    })?;
    Policy::parse(&text, &name)
}

/// The roots to read rule files below: as named, else this machine's for a live source.
pub(super) fn rule_roots(args: &RuleArgs, form: Form) -> Vec<PathBuf> {
    match (&args.roots[..], form) {
        ([], Form::Live) => vec![PathBuf::from("/")],
        (roots, _) => roots.to_vec(),
    }
}

pub(super) fn check_roots(roots: &[PathBuf]) -> Result<()> {
    match roots.iter().find(|root| !root.is_dir()) {
        None => Ok(()),
        Some(root) => Err(Error::usage(format!(
            "--rules {}: it is not a directory",
            root.display()
        ))
        .with_hint("name the root that holds etc/, such as / or a checkout")),
    }
}

/// Reads the rules below every root; scripts that they call are looked up below the same root.
pub(super) fn read_rules(roots: &[PathBuf]) -> RuleSet {
    let mut book = RuleSet::default();
    for root in roots {
        let (files, troubles) = rulebook::read(root);
        book.troubles.extend(troubles);
        let mut read = rules::read_on(&files, &mut Root(root));
        book.troubles.append(&mut read.troubles);
        book.rules.append(&mut read.rules);
        book.not_running.append(&mut read.not_running);
        book.caps.append(&mut read.caps);
        book.not_watched = book.not_watched.or(read.not_watched);
    }
    book
}

/// The machine below a root.
struct Root<'a>(&'a Path);

impl Machine for Root<'_> {
    fn load(&mut self, path: &[u8]) -> Option<RuleFile> {
        rulebook::load(self.0, path)
    }

    fn list(&mut self, folder: &[u8]) -> Vec<Vec<u8>> {
        rulebook::list(self.0, folder)
    }

    fn is_there(&mut self, path: &[u8]) -> Tri {
        match rulebook::is_there(self.0, path) {
            true => Tri::True,
            // A checkout does not hold all that its machine does.
            false if self.is_live() => Tri::False,
            false => Tri::Unknown,
        }
    }

    fn is_live(&self) -> bool {
        self.0 == Path::new("/")
    }
}

/// Says of which directories some names were left out of the search for families.
fn note_left_out(audit: &mut Audit, tree: &Tree, left_out: &[LeftOut]) {
    audit.findings.extend(left_out.iter().map(|left| Finding {
        code: Code::NamesLeftOut,
        subject: tree.path(left.dir),
        message: format!(
            "of its many names {} were left out of the search: fewer than three have their shape",
            left.files
        ),
        hint: None,
        bytes: left.bytes,
    }));
}

/// What the policy says in vain: entries that match nothing, and directories whose protection
/// ends at their own name. The findings stay in their order: warnings without bytes come last.
fn note_policy(audit: &mut Audit, survey: &Survey, policy: &Policy, mut matches: Matches) {
    if policy.is_empty() {
        return;
    }
    let bare = judge_all(&survey.tree, policy, &mut matches);
    let unmatched = policy.unmatched(&matches).into_iter().map(|entry| Finding {
        code: Code::PolicyUnmatched,
        subject: policy.place(entry).into_bytes(),
        message: "this entry of the policy matches nothing in the source".to_owned(),
        hint: Some("mend its `match`, or take it out".to_owned()),
        bytes: 0,
    });
    audit.findings.extend(unmatched);
    for (entry, dir) in bare {
        let dir = text::path(&survey.tree.path(dir));
        let dir = dir.trim_end_matches('/');
        audit.findings.push(Finding {
            code: Code::PolicyContents,
            subject: policy.place(entry).into_bytes(),
            message: format!("{dir} itself stays, and what lies below it may go"),
            hint: Some(format!("add \"{dir}/**\" to its `match`")),
            bytes: 0,
        });
    }
}

/// Asks the policy about every path. Gives, for each entry that protects directories, the first
/// one of which some child is spoken of by no entry at all.
fn judge_all(tree: &Tree, policy: &Policy, matches: &mut Matches) -> BTreeMap<EntryId, NodeId> {
    let mut bare = BTreeMap::new();
    if !policy.judges_paths() {
        return bare;
    }
    let mut protected: BTreeMap<NodeId, EntryId> = BTreeMap::new();
    for node in tree.nodes() {
        match policy.judge_noting(&tree.path(node), matches) {
            Some(said) if said.risk == Risk::Never && tree.is_dir(node) => {
                protected.insert(node, said.entry);
            }
            Some(_) => {}
            None => {
                let above = tree
                    .parent(node)
                    .and_then(|dir| Some((dir, protected.get(&dir)?)));
                if let Some((dir, &entry)) = above {
                    bare.entry(entry).or_insert(dir);
                }
            }
        }
    }
    bare
}

pub(super) fn seen_as(args: &RuleArgs) -> Option<Vec<u8>> {
    args.seen_as
        .as_ref()
        .map(|path| path.as_os_str().as_encoded_bytes().to_vec())
}

impl Inquiry {
    /// What the text forms show of the audit.
    pub(super) fn view<'a>(
        &'a self,
        verbose: bool,
        rows: usize,
        rest: &'a str,
    ) -> text::audit::View<'a> {
        text::audit::View {
            audit: &self.audit,
            tree: &self.survey.tree,
            volume: self.survey.volume.as_ref(),
            rules_read: self.rules_read,
            now: self.now,
            members: false,
            troubles: &self.troubles,
            verbose,
            rows,
            rest,
        }
    }

    /// What the JSON forms hold of the audit.
    pub(super) fn document(&self, members: bool) -> json::audit::Document<'_> {
        json::audit::Document {
            audit: &self.audit,
            tree: &self.survey.tree,
            volume: self.survey.volume.as_ref(),
            members,
            troubles: &self.troubles,
        }
    }
}
