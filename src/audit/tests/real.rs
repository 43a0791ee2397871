//! The stories' edits, run by the programs that they are for.
//!
//! Each drawn story is laid out in a scratch directory, with the files of others beside, and the
//! suggested command is run there by `sh`, `systemd-tmpfiles` or `logrotate`. The family's stale
//! members must be gone, and of others only what the near miss says that it also catches. Rules
//! that reckon a date by themselves are left out: the names in the stories are of another year.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::generator::{FORMS, Story, draw};
use super::*;

/// Files of others, by their name below the story's base.
const BESIDE: [(&str, &str); 3] = [
    ("notes/page-{n}.txt", "notes"),
    ("other/set-{n}.EXT", "other"),
    ("lone-{n}.EXT", ""),
];
const OF_EACH: usize = 12;
const OLD: i64 = 60 * DAY as i64;

/// The stories of one kind of rule, so many of them.
fn stories(kinds: &[&str], count: usize) -> Vec<(u64, Story)> {
    let is_of_kind = |seed: &u64| {
        let (kind, command, _) = FORMS[*seed as usize % FORMS.len()];
        kinds.contains(&kind) && !command.contains("$(date")
    };
    (0..)
        .filter(is_of_kind)
        .take(count)
        .map(|seed| (seed, draw(seed)))
        .collect()
}

/// What one story comes to.
#[derive(Default)]
struct Tally {
    run: usize,
    caught_others: usize,
    faults: Vec<String>,
}

/// The templates of others and their files.
fn beside(story: &Story) -> Vec<(String, Vec<String>)> {
    let first = &story.files[0].0;
    let ext = first.rsplit('.').next().unwrap_or("dat");
    let ext = if ext.contains('/') { "dat" } else { ext };
    BESIDE
        .iter()
        .map(|(name, _)| {
            let template = format!("{}/{}", story.base(), name.replace("EXT", ext));
            let paths = (0..OF_EACH).map(|n| template.replace("{n}", &n.to_string()));
            (template.clone(), paths.collect())
        })
        .collect()
}

/// Runs the suggested edits of some stories.
fn tally(kinds: &[&str], count: usize, run: fn(&Scratch, &Story, &str)) -> Tally {
    let mut tally = Tally::default();
    for (seed, mut story) in stories(kinds, count) {
        let others = beside(&story);
        let own = story.files.len();
        for (_, paths) in &others {
            let files = paths.iter().map(|path| File(path.clone(), 4000, OLD));
            story.files.extend(files);
        }
        let is_bare = FORMS[seed as usize % FORMS.len()].0 == "bare";
        let text = story.text(&story.command, is_bare);
        let audit = story.audit_beside(&text, own, &others);
        let is_own = |report: &&FamilyReport| report.family.template == story.template.as_bytes();
        let report = audit.families.iter().find(is_own).unwrap();
        let Some(miss) = report.near_misses.first() else {
            continue;
        };
        let is_theirs = audit.rules[miss.rule].rule.file == story.file.as_bytes();
        if report.verdict == Verdict::Covered || !is_theirs {
            continue;
        }
        let scratch = Scratch::of(&story);
        let edited = scratch.placed(
            &story,
            miss.edited.strip_suffix(" {").unwrap_or(&miss.edited),
        );
        run(&scratch, &story, &edited);
        let context = format!("seed {seed}: {} -> {}", story.command, miss.edited);
        tally.run += 1;
        let gone = scratch.gone(&story);
        let stale = scratch.stale(&story, own, &edited);
        tally.faults.extend(
            stale
                .difference(&gone)
                .next()
                .map(|p| format!("{context}: {p} stays")),
        );
        for (template, paths) in &others {
            let is_named = miss.also_catches.iter().any(|t| t == template.as_bytes());
            let verdict = audit
                .families
                .iter()
                .find(|r| r.family.template == template.as_bytes());
            let before = verdict.is_some_and(|r| r.verdict != Verdict::Uncovered);
            let taken = paths.iter().filter(|path| gone.contains(*path)).count();
            tally.caught_others += usize::from(is_named);
            if taken > 0 && !is_named && !before || taken == 0 && is_named {
                tally.faults.push(format!(
                    "{context}: {taken} of {template}, named {is_named}"
                ));
            }
        }
    }
    tally
}

impl Tally {
    fn check(&self, least: usize) {
        assert!(self.run >= least, "{} stories run", self.run);
        assert!(
            self.faults.is_empty(),
            "{} of {}:\n{}",
            self.faults.len(),
            self.run,
            self.faults.join("\n")
        );
    }
}

/// A story's files below a directory of their own.
struct Scratch {
    dir: tempfile::TempDir,
}

impl Scratch {
    fn of(story: &Story) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("jettison-")
            .tempdir()
            .unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let scratch = Self { dir };
        let now = clock();
        let mut folders = BTreeMap::new();
        for File(path, size, age) in &story.files {
            let at = scratch.at(path);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            fs::write(&at, vec![b'x'; *size as usize]).unwrap();
            let time = now - Duration::from_secs(age.unsigned_abs());
            set_time(&at, time);
            for above in at
                .ancestors()
                .skip(1)
                .take_while(|p| p.starts_with(scratch.at(story.base())))
            {
                let newest = folders.entry(above.to_path_buf()).or_insert(time);
                *newest = time.max(*newest);
            }
        }
        for (folder, time) in folders.iter().rev() {
            set_time(folder, *time);
        }
        symlink(scratch.at(story.base()), scratch.at("/link")).unwrap();
        scratch
    }

    fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path.trim_start_matches('/'))
    }

    /// A command with the story's paths in it moved below the directory.
    fn placed(&self, story: &Story, command: &str) -> String {
        let above = self.dir.path().display().to_string();
        command
            .replace("/link", &format!("{above}/link"))
            .replace(story.base(), &format!("{above}{}", story.base()))
    }

    fn gone(&self, story: &Story) -> BTreeSet<String> {
        let is_gone = |path: &&String| self.at(path).symlink_metadata().is_err();
        story
            .files
            .iter()
            .map(|file| &file.0)
            .filter(is_gone)
            .cloned()
            .collect()
    }

    /// What of the family a command of this age must have taken.
    fn stale(&self, story: &Story, own: usize, edited: &str) -> BTreeSet<String> {
        let family = &story.files[..own];
        let number = |mark: &str| -> Option<i64> {
            let (_, rest) = edited.split_once(mark)?;
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        };
        let days = match (number("-mtime +"), number("m:")) {
            (Some(days), _) => days + 1,
            (_, Some(days)) if story.file.contains("tmpfiles") => days,
            // By how many there are, or all there is.
            _ => 0,
        };
        let old = family
            .iter()
            .filter(|file| file.2 > days * DAY as i64 + 3600);
        let mut old: Vec<&File> = old.collect();
        old.sort_by_key(|file| file.2);
        let spared = number("tail -n +").map_or(0, |first| first - 1);
        // Which of one age stay is the tool's choice.
        let age = old.get(spared as usize).map_or(i64::MAX, |file| file.2);
        old.retain(|file| spared == 0 || file.2 > age);
        old.into_iter().map(|file| file.0.clone()).collect()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tools reckon from the real clock"
)]
fn clock() -> SystemTime {
    SystemTime::now()
}

fn set_time(path: &Path, time: SystemTime) {
    fs::File::open(path).unwrap().set_modified(time).unwrap();
}

/// Whether a tool is there, and the tests may be root; where tools are demanded it must be.
fn has_tool(tool: &str) -> bool {
    let file = tempfile::NamedTempFile::new().unwrap();
    let is_root = file.as_file().metadata().unwrap().uid() == 0;
    let there = Command::new(tool)
        .arg("--version")
        .output()
        .is_ok_and(|o| o.status.success());
    let is_demanded = std::env::var_os("JETTISON_TEST_TOOLS").is_some_and(|v| v == "1");
    assert!(
        there && is_root || !is_demanded,
        "{tool}: there {there}, root {is_root}"
    );
    if !(there && is_root) {
        let text = format!("skipped: {tool} there {there}, root {is_root}\n");
        let _ignored = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
    }
    there && is_root
}

#[test]
fn edited_commands_remove_the_family_and_nothing_else() {
    if !has_tool("find") {
        return;
    }
    let told = tally(
        &["cron", "script", "bare", "dotted"],
        150,
        |_, _, edited| {
            let output = Command::new("sh").args(["-c", edited]).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                output.status.success() || said.contains("not empty"),
                "{edited}: {said}"
            );
        },
    );
    told.check(100);
    assert!(
        told.caught_others >= 10,
        "{} name others",
        told.caught_others
    );
}

#[test]
fn edited_lines_of_tmpfiles_remove_the_family_and_nothing_else() {
    if !has_tool("systemd-tmpfiles") {
        return;
    }
    let told = tally(&["tmpfiles"], 102, |scratch, _, edited| {
        let conf = scratch.at("/x.conf");
        fs::write(&conf, format!("{edited}\n")).unwrap();
        let output = Command::new("systemd-tmpfiles")
            .arg("--clean")
            .arg(&conf)
            .output()
            .unwrap();
        assert!(output.status.success(), "{edited}: {output:?}");
    });
    told.check(100);
}

#[test]
fn edited_blocks_of_logrotate_rotate_the_family_and_nothing_else() {
    if !has_tool("logrotate") {
        return;
    }
    let told = tally(&["logrotate"], 102, |scratch, _, edited| {
        let conf = scratch.at("/conf");
        // Nothing is made anew: what was rotated is gone from its name.
        fs::write(
            &conf,
            format!("{edited} {{\n daily\n rotate 7\n nocreate\n missingok\n}}\n"),
        )
        .unwrap();
        fs::set_permissions(&conf, fs::Permissions::from_mode(0o644)).unwrap();
        let state = scratch.at("/state");
        let output = Command::new("logrotate")
            .arg("-f")
            .arg("-s")
            .args([&state, &conf])
            .output()
            .unwrap();
        assert!(output.status.success(), "{edited}: {output:?}");
    });
    told.check(100);
}

/// The diff of an edit goes through `patch`, whatever stands around the command, and the file as
/// it then is covers the family.
#[test]
fn suggested_diffs_are_taken_by_patch() {
    let there = Command::new("patch").arg("--version").output().is_ok();
    let is_demanded = std::env::var_os("JETTISON_TEST_TOOLS").is_some_and(|v| v == "1");
    assert!(there || !is_demanded, "patch is not installed");
    if !there {
        let _ignored = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: no patch\n");
        return;
    }
    let (mut taken, mut faults) = (0, Vec::new());
    for seed in 0..140 {
        let story = draw(seed);
        let is_bare = FORMS[seed as usize % FORMS.len()].0 == "bare";
        let plain = story.text(&story.command, is_bare);
        let text = around(seed, &plain);
        let audit = story.audit_beside(&text, story.files.len(), &[]);
        if !audit.families[0].is_uncleaned() {
            continue;
        }
        let own = story.file.as_bytes();
        let patch = patch::suggest(&audit, &mut |path| {
            (path == own).then(|| text.clone().into_bytes())
        });
        let is_own = patch
            .diff
            .windows(story.file.len() + 5)
            .any(|w| w == format!("--- a{}", story.file).as_bytes());
        if !is_own {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(&story.file[1..]);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &text).unwrap();
        let diff = dir.path().join("diff");
        fs::write(&diff, &patch.diff).unwrap();
        let output = Command::new("patch")
            .args(["--binary", "-p1", "-d"])
            .arg(dir.path())
            .arg("-i")
            .arg(&diff)
            .output()
            .unwrap();
        let context = format!("seed {seed}: {}", String::from_utf8_lossy(&patch.diff));
        assert!(output.status.success(), "{context}{output:?}");
        let mended = fs::read_to_string(&file).unwrap();
        let again = story.audit_beside(&mended, story.files.len(), &[]);
        taken += 1;
        if again.families[0].verdict != Verdict::Covered {
            faults.push(format!("{context}{:?}", again.families[0].verdict));
        }
    }
    assert!(taken >= 100, "{taken} diffs");
    assert!(
        faults.is_empty(),
        "{} of {taken}:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// The same file as others write theirs: without an end to its last line, with comments that end
/// as on another system, with lines enough around it for a hunk of its own.
fn around(seed: u64, text: &str) -> String {
    match seed % 4 {
        0 => text.to_owned(),
        // A crontab's last line must end.
        1 if !text.contains("* * * root") => text.trim_end().to_owned(),
        2 => text.replacen('\n', "\n# from elsewhere\r\n", 1),
        _ => format!("{text}{}", "\n# a comment\n".repeat(9)),
    }
}
