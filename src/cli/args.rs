//! The command line: definitions and nothing else. The one door to `clap`, and the one place that
//! looks at the environment.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::bytes::Bytes;
use crate::policy::Risk;
use crate::time::{Age, Timestamp};

/// What fills a disk, what nobody will ever clean up, and the smallest set to throw overboard so
/// that an update fits.
#[derive(Debug, Parser)]
#[command(
    name = "jettison",
    version,
    disable_help_subcommand = true,
    after_help = "Without a command, `jettison SOURCE` means `jettison report SOURCE`.\n\
                  SOURCE is a directory, a recorded terminal session or an ncdu export; - is stdin.\n\n\
                  Exit codes: 0 nothing to do, 1 findings or fixable, 2 not fixable, 3 not known, 64 usage."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The whole story on one page: what fills it, what nobody cleans, the smallest deletion set
    Report(ReportArgs),
    /// The tree: where the space is
    Scan(ScanArgs),
    /// Families of files and cleanup rules: what does no rule clean, and why not
    Audit(AuditArgs),
    /// The smallest deletion set that frees enough
    Plan(PlanArgs),
    /// One path: its family, the rules that take it or spare it, and why
    Why(WhyArgs),
    /// Whether an update fits: an exit code and one line, for a gate or a monitor
    Check(CheckArgs),
    /// The tree for other tools
    Export(ExportArgs),
    /// Completions for a shell, to be sourced
    Completions(CompletionsArgs),
    /// The manual page, in roff
    Man(ManArgs),
}

impl Command {
    /// What the user calls it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Report(_) => "report",
            Self::Scan(_) => "scan",
            Self::Audit(_) => "audit",
            Self::Plan(_) => "plan",
            Self::Why(_) => "why",
            Self::Check(_) => "check",
            Self::Export(_) => "export",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }

    /// What the command reads, and how.
    pub(crate) fn reads(&self) -> Option<(&[PathBuf], &ReadingArgs)> {
        match self {
            Self::Report(args) => Some(args.source.reads()),
            Self::Scan(args) => Some((&args.sources, &args.reading)),
            Self::Audit(args) => Some(args.source.reads()),
            Self::Plan(args) => Some(args.source.reads()),
            Self::Why(args) => Some((&args.paths, &args.reading)),
            Self::Check(args) => Some(args.source.reads()),
            Self::Export(args) => Some(args.source.reads()),
            Self::Completions(_) | Self::Man(_) => None,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) need: NeedArgs,
    #[command(flatten)]
    pub(crate) free: FreeArgs,
    /// How many of the largest places, and of the families that nobody cleans, to show
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) top: usize,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Directories, recordings or exports; - is stdin
    #[arg(value_name = "SOURCE", default_value = ".")]
    pub(crate) sources: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// Levels below the root to show (JSON: all unless given)
    #[arg(long, value_name = "N")]
    pub(crate) depth: Option<usize>,
    /// Show the N largest entries, wherever they lie
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,
    /// The order of siblings
    #[arg(long, value_name = "KEY", value_enum, default_value_t = SortKey::Disk)]
    pub(crate) sort: SortKey,
    /// Compare and sort by apparent size instead of disk usage
    #[arg(long)]
    pub(crate) apparent: bool,
    /// Only what changed within this time (24h, 7d), by modification time: what grew
    #[arg(long, value_name = "AGE", value_parser = Age::parse)]
    pub(crate) since: Option<Age>,
    /// Sum up by the users who own the files, which takes a second look at each
    #[arg(long, value_name = "WHAT", value_enum, conflicts_with = "since")]
    pub(crate) by: Option<Grouping>,
    /// How many rows to show at most: a number, or `all`
    #[arg(long, value_name = "N|all", default_value = "25", value_parser = rows)]
    pub(crate) rows: usize,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// How many families to show at most: a number, or `all`
    #[arg(long, value_name = "N|all", default_value = "20", value_parser = rows)]
    pub(crate) rows: usize,
    /// List the members of each family
    #[arg(long)]
    pub(crate) members: bool,
    /// Print what to change as a unified diff of the rule files, and nothing else
    #[arg(long)]
    pub(crate) suggest: bool,
    /// Ask whether any rule would cover what a job is going to write, such as
    /// /data/{date}/{exchange}.csv, instead of reading SOURCE
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) expect: Vec<OsString>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// The path in question, after the source to read: a directory around it, a recording or an
    /// export (for a path alone, the directories next above it)
    #[arg(value_name = "SOURCE] [PATH", required = true, num_args = 1..=2)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) need: NeedArgs,
    #[command(flatten)]
    pub(crate) free: FreeArgs,
    /// The form of the result; `sh` is a script to review and run
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = PlanFormat::Text)]
    pub(crate) format: PlanFormat,
    #[command(flatten)]
    pub(crate) written: WrittenArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) need: NeedArgs,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    /// The form of the result
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = CheckFormat::Text)]
    pub(crate) format: CheckFormat,
    #[command(flatten)]
    pub(crate) written: WrittenArgs,
}

/// What is checked besides the need itself.
#[derive(Debug, Args)]
#[command(next_help_heading = "Check")]
pub(crate) struct TargetArgs {
    /// Another mount that must have the need, named by any path on it; repeatable
    #[arg(long = "path", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Every local disk must have it
    #[arg(long)]
    pub(crate) all: bool,
    /// What must be left beyond the need: 2GiB, 5%
    #[arg(long, value_name = "N")]
    pub(crate) floor: Option<String>,
    /// How much more than the need to ask for, in percent (with --need apt 5%, else 0%)
    #[arg(long, value_name = "P")]
    pub(crate) margin: Option<String>,
    /// A failing writer, or fewer days to full than this, is a finding
    #[arg(long, value_name = "AGE", value_parser = Age::parse)]
    pub(crate) horizon: Option<Age>,
    /// What the families of SOURCE write in this time is needed too
    #[arg(long, value_name = "AGE", value_parser = Age::parse)]
    pub(crate) need_growth: Option<Age>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// The format to write
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = ExportFormat::Ncdu)]
    pub(crate) format: ExportFormat,
    #[command(flatten)]
    pub(crate) written: WrittenArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell to write completions for
    #[arg(value_name = "SHELL", value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {}

/// One source and how to read it.
#[derive(Clone, Debug, Args)]
pub(crate) struct SourceArgs {
    /// A directory, a recording or an export; - is stdin
    #[arg(value_name = "SOURCE", default_value = ".")]
    pub(crate) source: PathBuf,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

impl SourceArgs {
    fn reads(&self) -> (&[PathBuf], &ReadingArgs) {
        (std::slice::from_ref(&self.source), &self.reading)
    }
}

/// How to read any source.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct ReadingArgs {
    /// What the source is, instead of recognising it by its content
    #[arg(long = "as", value_name = "FORM", value_enum)]
    pub(crate) form: Option<SourceForm>,
    /// Leave out names (or, with a `/`, paths below the root) that match
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
    /// Threads of the walk; 0 chooses
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) threads: usize,
    /// Enter other file systems below the root
    #[arg(long)]
    pub(crate) cross_file_systems: bool,
    /// Give up a directory whose file system has not answered for so long
    #[arg(long, value_name = "AGE", value_parser = Age::parse, default_value = "60s")]
    pub(crate) patience: Age,
    /// In a recording: a directory that was entered and never listed is empty, not unknown
    #[arg(long)]
    pub(crate) assume_empty: bool,
    /// In a recording: how things stood at this line
    #[arg(long, value_name = "LINE")]
    pub(crate) at: Option<u64>,
    /// Which walker to use, for tests and bug reports
    #[arg(long, value_name = "WALKER", value_enum, default_value_t = WalkerName::Auto, hide = true)]
    pub(crate) walker: WalkerName,
}

/// The rules and the policy to go by.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct RuleArgs {
    /// Read the rule files below this root (a checkout, an image) instead of this machine's
    #[arg(long = "rules", value_name = "ROOT")]
    pub(crate) roots: Vec<PathBuf>,
    /// The path that SOURCE has on the machine that the rules speak of
    #[arg(long, value_name = "PATH")]
    pub(crate) seen_as: Option<PathBuf>,
    /// The policy file to go by, alone
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

/// How much room is wanted, and what may be chosen for it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Need")]
pub(crate) struct NeedArgs {
    /// What must be available: 30GiB, 45%, apt (its upgrade), @file.json (parts)
    #[arg(long, value_name = "N")]
    pub(crate) need: Option<String>,
    /// What a percentage is of
    #[arg(long, value_name = "BASE", value_enum, default_value_t = PercentBase::Usable)]
    pub(crate) percent_of: PercentBase,
    /// How large the volume is, where that was not measured
    #[arg(long, value_name = "N", value_parser = Bytes::parse)]
    pub(crate) capacity: Option<Bytes>,
    /// How much is available, whatever was measured
    #[arg(long, value_name = "N", value_parser = Bytes::parse)]
    pub(crate) available: Option<Bytes>,
    /// How many inodes must be available
    #[arg(long, value_name = "N")]
    pub(crate) need_inodes: Option<u64>,
    /// What the smallest set is smallest in
    #[arg(long, value_name = "OBJECTIVE", value_enum, default_value_t = Objective::Paths)]
    pub(crate) smallest: Objective,
    /// The worst class that may be chosen: regenerable, expired, stale, old or unknown
    #[arg(long, value_name = "RISK", value_parser = risk, default_value = "old")]
    pub(crate) max_risk: Risk,
    /// How much more than the shortfall may be lost for fewer paths: a share such as 50%, or none
    #[arg(long, value_name = "P|none", value_parser = waste, default_value = "100%")]
    pub(crate) max_waste: Waste,
}

/// A shortfall that is said outright.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Need")]
pub(crate) struct FreeArgs {
    /// Free this much, whatever is available
    #[arg(long, value_name = "N", value_parser = Bytes::parse, conflicts_with = "need")]
    pub(crate) free: Option<Bytes>,
    /// Free this many inodes, whatever is available
    #[arg(long, value_name = "N", conflicts_with = "need_inodes")]
    pub(crate) free_inodes: Option<u64>,
}

/// What is printed, and where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// The form of the result
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) written: WrittenArgs,
}

/// Where a result goes and how it looks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct WrittenArgs {
    /// Write to this file, beside it first and then renamed
    #[arg(short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The time to count ages from: RFC 3339 or @SECONDS
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    pub(crate) now: Option<Timestamp>,
    /// When to use colour
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
    /// No progress on stderr
    #[arg(long)]
    pub(crate) no_progress: bool,
    /// Nothing on stderr but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// List everything that could not be read or understood
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortKey {
    Disk,
    Apparent,
    Count,
    Mtime,
    Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Grouping {
    User,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SourceForm {
    Live,
    Transcript,
    Ncdu,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WalkerName {
    Auto,
    Linux,
    Portable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    Ncdu,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    Text,
    Json,
    Sh,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    Text,
    Json,
    /// Annotations of a GitHub workflow
    Github,
    /// One line of a monitoring plugin
    Nagios,
    /// The textfile of a node exporter
    #[value(alias = "prom")]
    Prometheus,
    /// Test results
    Junit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PercentBase {
    /// used + available, as df reckons
    #[value(name = "used+avail", alias = "usable")]
    Usable,
    /// the whole volume
    Size,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Objective {
    /// The fewest paths at the lowest risk
    Paths,
    /// The least bytes lost
    Bytes,
    /// Exactly one directory
    Directory,
    /// The least bytes in the worst class
    Exposure,
}

/// The bound on waste, in percent of the shortfall; `None` is no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waste(pub(crate) Option<u64>);

impl Default for Waste {
    fn default() -> Self {
        Self(Some(100))
    }
}

fn risk(text: &str) -> Result<Risk, String> {
    Risk::from_word(text)
        .filter(|&risk| risk != Risk::Never)
        .ok_or_else(|| "expected one of regenerable, expired, stale, old, unknown".to_owned())
}

fn waste(text: &str) -> Result<Waste, String> {
    if text == "none" {
        return Ok(Waste(None));
    }
    text.strip_suffix('%')
        .filter(|number| number.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|number| number.parse().ok())
        .map(|percent| Waste(Some(percent)))
        .ok_or_else(|| "expected a whole percentage such as 50%, or none".to_owned())
}

fn rows(text: &str) -> Result<usize, String> {
    match text {
        "all" => Ok(usize::MAX),
        _ => text
            .parse()
            .map_err(|_| "expected a number or all".to_owned()),
    }
}

/// Reads the arguments; without a command they are those of `report`.
pub(crate) fn parse(mut args: Vec<OsString>) -> Result<Cli, clap::Error> {
    if needs_report(&args) {
        args.insert(1, OsString::from("report"));
    }
    Cli::try_parse_from(args)
}

/// Whether a monitor is going to read the result: `check … --format nagios`, also where the rest
/// of the line is wrong.
pub(crate) fn is_monitored(args: &[OsString]) -> bool {
    let is_check = args.get(1).is_some_and(|first| first == "check");
    let split = |w: &[OsString]| w[0] == "--format" && w[1] == "nagios";
    is_check && (args.iter().any(|w| w == "--format=nagios") || args.windows(2).any(split))
}

/// The whole definition, for completions and the manual.
pub(crate) fn definition() -> clap::Command {
    Cli::command()
}

/// Whether the first argument is neither a command nor a flag of the program itself.
fn needs_report(args: &[OsString]) -> bool {
    const OWN: [&str; 4] = ["-h", "--help", "-V", "--version"];
    let Some(first) = args.get(1) else {
        return true;
    };
    let command = definition();
    let is_command = command.get_subcommands().any(|sub| first == sub.get_name());
    !is_command && !OWN.iter().any(|own| first == own)
}

/// What the terminal and the environment say about showing things.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    pub(crate) stdout_is_terminal: bool,
    pub(crate) stderr_is_terminal: bool,
    pub(crate) width: usize,
    pub(crate) no_colour: bool,
}

/// The word on the command line that a choice is made with.
pub(crate) fn value_word(choice: &impl ValueEnum) -> String {
    choice
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}

impl Screen {
    /// Asks the terminal, `COLUMNS` and `NO_COLOR`.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the place that reads the environment"
    )]
    pub(crate) fn ask() -> Self {
        let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
        let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        Self {
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            width: terminal.or(columns).unwrap_or(80).clamp(40, 1000),
            no_colour: dumb || std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()),
        }
    }
}

/// The folder of the user's configuration, if there is one.
pub(crate) fn config_folder() -> Option<PathBuf> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
    };
    absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Cli, clap::Error> {
        parse(
            std::iter::once("jettison")
                .chain(line.split_whitespace())
                .map(OsString::from)
                .collect(),
        )
    }

    #[test]
    fn the_definition_is_sound() {
        definition().debug_assert();
    }

    #[test]
    fn every_flag_has_help_and_a_value_name() {
        for command in definition().get_subcommands() {
            for arg in command.get_arguments().filter(|a| !a.is_hide_set()) {
                let name = format!("{} {}", command.get_name(), arg.get_id());
                assert!(arg.get_help().is_some(), "{name} has no help");
                let takes_value = arg.get_action().takes_values();
                assert!(
                    !takes_value || arg.get_value_names().is_some(),
                    "{name} names no value"
                );
            }
        }
    }

    #[test]
    fn a_bare_source_means_report() {
        for line in [
            "",
            "/data",
            "./scan --need 40GiB",
            "--need 40GiB /data",
            "- --as ncdu",
        ] {
            assert!(
                matches!(read(line).unwrap().command, Command::Report(_)),
                "{line}"
            );
        }
        assert!(matches!(
            read("scan /data --depth 2").unwrap().command,
            Command::Scan(_)
        ));
        assert_eq!(read("--version").unwrap_err().exit_code(), 0);
    }

    #[test]
    fn values_are_checked() {
        for line in [
            "scan --sort size",
            "plan --need 1G --free 1G",
            "report --max-waste 1.5%",
            "report --max-waste %",
            "report --max-risk never",
            "report --max-waste 50",
            "report --now yesterday",
            "plan --available 1e9",
            "scan --rows x",
            "scan --since 24",
            "scan --by group",
            "scan --by user --since 24h",
            "scan --format yaml",
            "frobnicate --what",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
        for (text, percent) in [("none", None), ("100%", Some(100)), ("0%", Some(0))] {
            assert_eq!(waste(text), Ok(Waste(percent)));
        }
    }
}
