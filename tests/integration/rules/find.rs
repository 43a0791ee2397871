//! `find` itself says which entries an expression fits, now and whatever their age.
//!
//! Three laws, each on drawn trees:
//! * *printed*: what an expression takes is what `find` prints at the place of its action; what
//!   it may ever take, what it prints when every test of time is put aside;
//! * *refused*: what `find` does not run is called broken;
//! * *run*: what a whole command deletes (`-exec`, `xargs`, loops) is what is gone afterwards.
//!
//! Where a test asks for what a tree does not keep, the answer lies between what is certain and
//! what is possible. Every class that is drawn is counted, and none may be missed.

mod draw;
mod ground;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use jettison::rules;
use jettison::rules::coverage::{self, Ground, Hit};
use jettison::rules::model::{Rule, Tri};
use jettison::time::Timestamp;
use jettison::tree::Tree;

use super::{Draw, clock, has_tool, rule_file, scan, shown};
use draw::{Condition, Drawn, Frame, Start, limits};
use ground::{Disk, Place};

const TREES: u64 = 30;
const EXPRESSIONS: usize = 48;

/// What is asked of a hit.
type Asks = fn(&Hit) -> Tri;
type Paths = BTreeSet<Vec<u8>>;

/// How often each class was drawn.
#[derive(Default)]
struct Counts(BTreeMap<&'static str, usize>);

impl Counts {
    fn note(&mut self, classes: &[&'static str]) {
        for class in classes {
            *self.0.entry(class).or_default() += 1;
        }
    }

    /// Fails where a class was drawn seldom, so that none goes missing unseen.
    fn each_at_least(&self, classes: impl IntoIterator<Item = &'static str>, least: usize) {
        for class in classes {
            let drawn = self.0.get(class).copied().unwrap_or_default();
            assert!(drawn >= least, "{class} drawn {drawn} times: {:?}", self.0);
        }
    }
}

/// What commands print in one shell, each as a set of paths.
fn printed(commands: &[String]) -> Vec<BTreeSet<Vec<u8>>> {
    let ends =
        |command: &String| format!("( {command} ) || printf '\\002\\0'; printf '\\001\\0'\n");
    let script: String = commands.iter().map(ends).collect();
    let output = Command::new("sh")
        .args(["-c", &script])
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .output()
        .unwrap();
    let mut sets = Vec::new();
    let mut paths = BTreeSet::new();
    for path in output.stdout.split(|&b| b == 0) {
        match path {
            b"\x01" => sets.push(std::mem::take(&mut paths)),
            // Links that lead in a circle are an error that changes nothing.
            b"\x02" => assert!(
                commands[sets.len()].contains("find -L"),
                "{}: {}",
                commands[sets.len()],
                String::from_utf8_lossy(&output.stderr)
            ),
            path => drop(paths.insert(path.to_vec())),
        }
    }
    assert_eq!(sets.len(), commands.len());
    sets
}

/// The one rule that a script is.
fn rule_of(script: &str) -> Rule {
    let text = format!("{script}\n");
    let set = rules::read(&[rule_file("/etc/cron.daily/x", &text)], &mut |_| None);
    let [rule] = set.rules.as_slice() else {
        panic!("{script}: {:?} {:?}", set.rules, set.troubles);
    };
    rule.clone()
}

fn hits(rule: &Rule, tree: &Tree, now: i64) -> Vec<Hit> {
    let disk = Disk;
    let ground = Ground::new(tree, None).with_stamps(Some(&disk));
    coverage::takes(rule, &ground, Timestamp(now)).hits
}

/// The paths of which something is at least so certain.
fn paths(hits: &[Hit], tree: &Tree, of: Asks, least: Tri) -> Paths {
    let wanted = hits.iter().filter(|hit| of(hit) >= least);
    wanted.map(|hit| tree.path(hit.node)).collect()
}

#[test]
fn scope_and_eligible_are_what_find_answers() {
    if !has_tool("find", false) {
        return;
    }
    let mut counts = Counts::default();
    let mut exact = 0;
    for seed in 0..TREES {
        let mut draw = Draw::new(seed);
        let place = Place::build(&mut draw, clock());
        let tree = scan(&place.base);
        let first = seed as usize * EXPRESSIONS;
        let all = (first..first + EXPRESSIONS).map(|index| Drawn::new(&mut draw, &place, index));
        let all: Vec<Drawn> = all.collect();
        let commands = all.iter().flat_map(|d| [d.prints_now(), d.prints_ever()]);
        let answers = printed(&commands.collect::<Vec<_>>());
        for (drawn, answers) in all.iter().zip(answers.chunks(2)) {
            counts.note(&drawn.classes);
            exact += usize::from(drawn.decided);
            compare(drawn, answers, &place, &tree);
        }
    }
    assert!(exact >= 1000, "{exact} of all expressions can be decided");
    counts.each_at_least(Condition::classes(true), 60);
    counts.each_at_least(Condition::classes(false), 10);
    counts.each_at_least(Frame::classes(), 30);
    counts.each_at_least(Start::classes(), 20);
    counts.each_at_least(limits::CLASSES.iter().copied(), 20);
}

/// A directory that the command starts from stays, when it is not empty, whatever it meets.
fn without_starts(mut paths: Paths, drawn: &Drawn) -> Paths {
    paths.retain(|path| !drawn.start.is_entered(path));
    paths
}

fn compare(drawn: &Drawn, answers: &[Paths], place: &Place, tree: &Tree) {
    let script = drawn.script();
    let rule = rule_of(&script);
    let hits = match &rule.broken {
        None => hits(&rule, tree, place.now),
        // What is never come to takes nothing, and so it must be.
        Some(why) => {
            assert!(why.contains("no entry ever comes"), "{script}: {why}");
            Vec::new()
        }
    };
    let sides: [(&str, Asks); 2] = [("eligible", |hit| hit.eligible), ("scope", |hit| hit.scope)];
    for ((side, of), answer) in sides.into_iter().zip(answers) {
        let theirs = answer.iter().filter(|path| !path.is_empty());
        let theirs = theirs.map(|path| place.on_machine(drawn.start.folder, path));
        let theirs = without_starts(theirs.collect(), drawn);
        let sure = without_starts(paths(&hits, tree, of, Tri::True), drawn);
        let possible = without_starts(paths(&hits, tree, of, Tri::Unknown), drawn);
        let context = format!("{side}: {script}\n{}", drawn.prints_ever());
        if drawn.decided {
            assert_eq!(shown(&sure), shown(&theirs), "{context}");
            assert_eq!(shown(&possible), shown(&theirs), "{context}");
        }
        let wrong: Paths = sure.difference(&theirs).cloned().collect();
        assert_eq!(shown(&wrong), [""; 0], "never taken: {context}");
        if drawn.follows {
            continue;
        }
        let missed: Paths = theirs.difference(&possible).cloned().collect();
        assert_eq!(shown(&missed), [""; 0], "not seen: {context}");
    }
}

#[test]
fn what_find_refuses_is_broken() {
    if !has_tool("find", false) {
        return;
    }
    let place = Place::build(&mut Draw::new(1), clock());
    let root = format!("{}/empty", place.base.display());
    for (expression, runs) in [
        ("-name '*.log' -delete", true),
        ("-nmae '*.log' -delete", false),
        ("-name a -prune -o -delete", false),
        ("-depth -name a -prune -o -name b -delete", true),
        ("\\( -name a -delete", false),
        ("-name a \\) -delete", false),
        ("-name a -o -delete", true),
        ("-name a -o", false),
        ("-o -name a -delete", false),
        ("-name a -a -delete", true),
        ("! -delete", true),
        ("-name a ! -delete", true),
        ("-not", false),
        ("-mtime 1d -delete", false),
        ("-mtime +1.5 -delete", true),
        ("-mtime -delete", false),
        ("-size 1K -delete", false),
        ("-size 1T -delete", false),
        ("-size +1k -delete", true),
        ("-type x -delete", false),
        ("-type f,d -delete", true),
        ("-type fd -delete", false),
        ("-type f, -delete", false),
        ("-maxdepth -1 -delete", false),
        ("-maxdepth x -delete", false),
        ("-regextype emcas -regex a -delete", false),
        ("-regextype posix-egrep -regex '(a|b)' -delete", true),
        ("-regex '\\(a' -delete", false),
        ("-perm -644 -delete", true),
        ("-perm /u+w -delete", true),
        ("-perm +644 -delete", false),
        ("-perm 999 -delete", false),
        ("-user no-such-user-here -delete", false),
        ("-user 4711 -delete", true),
        ("-newermt yesterday -delete", true),
        ("-newermt 'no such day' -delete", false),
        ("-newerzt yesterday -delete", false),
        ("-newer /no/such/file -delete", false),
        ("-links +1 -delete", true),
        ("-links x -delete", false),
        ("-exec rm {} \\;", true),
        ("-exec rm {}", false),
        ("-exec rm -f {} a +", false),
        ("-name b a.csv -delete", false),
        ("-name -delete", true),
        ("-name", false),
        (", -delete", false),
        ("-name a , -name b -delete", true),
    ] {
        // An empty folder, which may be gone afterwards.
        std::fs::create_dir_all(&root).unwrap();
        let command = format!("find {root} {expression}");
        let output = Command::new("sh").args(["-c", &command]).output().unwrap();
        let theirs = output.status.success();
        assert_eq!(theirs, runs, "{command}: {output:?}");
        let text = format!("{command}\n");
        let set = rules::read(&[rule_file("/etc/cron.daily/x", &text)], &mut |_| None);
        let ours = set.rules.iter().any(|rule| rule.broken.is_none());
        // Whether there is such a user or file is another machine's to say.
        let is_elsewhere = ["-user no", "-newer /no", "'no such"]
            .iter()
            .any(|w| command.contains(w));
        if !is_elsewhere && expression != "-name -delete" {
            assert_eq!(ours, runs, "{command}: {:?}", set.rules);
        }
    }
}
