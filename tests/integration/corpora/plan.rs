//! Deletion-set instances with proven values: through the library, all of them, and through the
//! program, as an export with a policy, all that an export can say.
//!
//! An instance is a JSON object: `need`, `need_inodes`, `objective` and `nodes`, each with `id`
//! (its path), `parent`, `bytes` (its own), `kind`, `risk`, `protected`, and where it has them
//! `inode`, `nlink`, `nogain`, `family`, `age`. `expected.json` has the values. Every set is held
//! against the definition here, and by `oracle.py --check` where there is a python3.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use jettison::plan::Smallest;
use jettison::plan::choose::{Ask, Choice, Chooser, Short};
use jettison::plan::coupled::Goal;
use jettison::plan::problem::{Class, Problem, Unit};
use jettison::policy::Risk;
use jettison::risk::Order;
use serde_json::{Value, json};

use crate::dir::{Dir, jettison_in};

/// One entry of an instance.
#[derive(Clone, Debug)]
struct Node {
    id: String,
    parent: Option<usize>,
    bytes: u64,
    is_dir: bool,
    risk: usize,
    protected: bool,
    link: Option<(u64, u64)>,
    gains: bool,
    family: Option<(String, u64)>,
}

/// An instance, its nodes in pre-order, siblings by name.
#[derive(Debug)]
struct Instance {
    objective: String,
    need: i64,
    inodes: u64,
    nodes: Vec<Node>,
    end: Vec<usize>,
}

impl Instance {
    fn read(file: &Path) -> Self {
        let raw: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let all = raw["nodes"].as_array().unwrap();
        let mut children: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for node in all {
            let parent = node["parent"].as_str().unwrap_or("");
            children.entry(parent).or_default().push(node);
        }
        for siblings in children.values_mut() {
            siblings.sort_by_key(|node| node["id"].as_str());
        }
        let mut instance = Self {
            objective: raw["objective"].as_str().unwrap().to_owned(),
            need: raw["need"].as_i64().unwrap(),
            inodes: raw["need_inodes"].as_u64().unwrap_or(0),
            nodes: Vec::new(),
            end: Vec::new(),
        };
        let mut open: Vec<(&Value, Option<usize>)> = vec![(children[""][0], None)];
        while let Some((raw, parent)) = open.pop() {
            let here = instance.nodes.len();
            instance.nodes.push(Node::read(raw, parent));
            let id = raw["id"].as_str().unwrap();
            let below = children.get(id).into_iter().flatten().rev();
            open.extend(below.map(|&child| (child, Some(here))));
        }
        assert_eq!(instance.nodes.len(), all.len(), "{}", file.display());
        instance.end = (1..=instance.nodes.len()).collect();
        for node in (1..instance.nodes.len()).rev() {
            let parent = instance.nodes[node].parent.unwrap();
            instance.end[parent] = instance.end[parent].max(instance.end[node]);
        }
        instance
    }

    /// The inodes with all their names, and whether all names are here; by their first name.
    fn inodes(&self) -> Vec<(Vec<usize>, bool)> {
        let mut by_number: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (at, node) in self.nodes.iter().enumerate() {
            if let Some((ino, _)) = node.link {
                by_number.entry(ino).or_default().push(at);
            }
        }
        let whole = |names: Vec<usize>| {
            let nlink = names.iter().filter_map(|&n| Some(self.nodes[n].link?.1));
            let is_whole = nlink.max() <= Some(names.len() as u64);
            (names, is_whole)
        };
        by_number.into_values().map(whole).collect()
    }

    fn families(&self) -> Vec<Vec<usize>> {
        let mut families: BTreeMap<&str, Vec<(u64, usize)>> = BTreeMap::new();
        for (at, node) in self.nodes.iter().enumerate() {
            if let Some((name, age)) = &node.family {
                families.entry(name).or_default().push((*age, at));
            }
        }
        let by_age = |mut members: Vec<(u64, usize)>| {
            members.sort_unstable();
            members.into_iter().map(|member| member.1).collect()
        };
        families.into_values().map(by_age).collect()
    }

    /// The class of a node: where the objective does not speak of risk, all are the same.
    fn risk(&self, node: &Node) -> Risk {
        match (node.protected, &*self.objective) {
            (true, _) => Risk::Never,
            (false, "lex") => Risk::CLASSES[node.risk],
            (false, _) => Risk::Regenerable,
        }
    }

    fn problem(&self) -> Problem {
        let mut problem = Problem::default();
        let number = |n: usize| u32::try_from(n).unwrap();
        for node in &self.nodes {
            let class = Class::new(self.risk(node), node.is_dir);
            let is_plain = node.link.is_none() && node.gains;
            let class = if is_plain { class } else { class.shared() };
            let own = if is_plain { node.bytes } else { 0 };
            problem.push(number(node.parent.unwrap_or(0)), own, class);
        }
        let inodes = self.inodes();
        let shared = inodes.iter().filter(|(_, is_whole)| *is_whole);
        problem.units.extend(shared.map(|(names, _)| Unit {
            members: names.iter().map(|&n| number(n)).collect(),
            bytes: self.nodes[names[0]].bytes,
            gains: names.iter().all(|&n| self.nodes[n].gains),
        }));
        for (at, node) in self.nodes.iter().enumerate() {
            if node.link.is_none() && !node.gains {
                problem.units.push(Unit {
                    members: vec![number(at)],
                    bytes: node.bytes,
                    gains: false,
                });
            }
        }
        problem.orders = self
            .families()
            .iter()
            .map(|members| Order {
                members: (0u32..)
                    .zip(members)
                    .map(|(rank, &m)| (number(m), rank))
                    .collect(),
            })
            .collect();
        problem
    }

    fn ask(&self) -> Ask {
        Ask {
            goal: Goal {
                bytes: u64::try_from(self.need).unwrap_or(0),
                inodes: self.inodes,
            },
            smallest: match &*self.objective {
                "lex" | "min_paths" => Smallest::Paths,
                "min_bytes" => Smallest::Bytes,
                "one_dir" => Smallest::Directory,
                "exposure" => Smallest::Exposure,
                other => panic!("objective {other}"),
            },
            max_risk: Risk::Unknown,
            max_waste: None,
        }
    }

    /// The value of a set by the definition, in the words of `expected.json`; or what is wrong
    /// with it.
    fn value(&self, set: &[usize]) -> Result<Vec<i64>, String> {
        let gone: BTreeSet<usize> = set.iter().flat_map(|&s| s..self.end[s]).collect();
        if gone.len() != set.iter().map(|&s| self.end[s] - s).sum::<usize>() {
            return Err("one path holds another".to_owned());
        }
        if gone.iter().any(|&n| self.nodes[n].protected) {
            return Err("something protected goes".to_owned());
        }
        for family in self.families() {
            let kept = family.iter().position(|m| !gone.contains(m));
            let from = kept.unwrap_or(family.len());
            if family[from..].iter().any(|m| gone.contains(m)) {
                return Err("a younger one goes before an older".to_owned());
            }
        }
        let alone = gone.iter().filter(|&&n| self.nodes[n].link.is_none());
        let mut dead: Vec<Vec<usize>> = alone.map(|&n| vec![n]).collect();
        let inodes = self.inodes().into_iter();
        dead.extend(
            inodes
                .filter(|(names, is_whole)| *is_whole && names.iter().all(|n| gone.contains(n)))
                .map(|(names, _)| names),
        );
        let (mut freed, mut inodes, mut lost) = (0, 0, 0);
        for names in &dead {
            let bytes = self.nodes[names[0]].bytes;
            lost += bytes;
            if names.iter().all(|&n| self.nodes[n].gains) {
                freed += bytes;
                inodes += 1;
            }
        }
        if i128::from(freed) < i128::from(self.need) || inodes < self.inodes {
            return Err(format!("only {freed} bytes and {inodes} inodes come back"));
        }
        let worst = gone.iter().map(|&n| self.nodes[n].risk).max();
        let worst = worst.map_or(-1, |risk| i64::try_from(risk).unwrap());
        let (paths, lost) = (i64::try_from(set.len()).unwrap(), lost.cast_signed());
        Ok(match &*self.objective {
            "lex" => vec![worst, paths, lost],
            "min_paths" => vec![paths, lost],
            "min_bytes" => vec![lost, paths],
            _ if set.is_empty() || (set.len() == 1 && self.nodes[set[0]].is_dir) => vec![lost],
            _ => return Err("not one directory".to_owned()),
        })
    }
}

impl Node {
    fn read(raw: &Value, parent: Option<usize>) -> Self {
        let number = |key: &str| raw[key].as_u64();
        Self {
            id: raw["id"].as_str().unwrap().to_owned(),
            parent,
            bytes: number("bytes").unwrap(),
            is_dir: raw["kind"] == "dir",
            risk: usize::try_from(number("risk").unwrap_or(0)).unwrap(),
            protected: raw["protected"] == true,
            link: number("inode").map(|ino| (ino, number("nlink").unwrap_or(1))),
            gains: raw["nogain"] != true,
            family: raw["family"]
                .as_str()
                .map(|name| (name.to_owned(), number("age").unwrap())),
        }
    }
}

/// Every instance by its file name, with what is expected of it.
fn instances(corpus: &Path) -> Vec<(String, Instance, Value)> {
    let expected = fs::read(corpus.join("expected.json")).unwrap();
    let expected: BTreeMap<String, Value> = serde_json::from_slice(&expected).unwrap();
    assert!(!expected.is_empty());
    let read = |(name, value): (String, Value)| {
        let instance = Instance::read(&corpus.join(&name));
        (name, instance, value)
    };
    expected.into_iter().map(read).collect()
}

/// Whether `oracle.py --check` accepts a set; `None` where it cannot be asked.
fn oracle(corpus: &Path, name: &str, ids: &[&str]) -> Option<(bool, String)> {
    let script = corpus.join("oracle.py");
    let dir = Dir::new();
    let set = dir.write("set.json", json!(ids).to_string());
    let run = Command::new("python3")
        .arg(&script)
        .arg("--check")
        .args([corpus.join(name), set])
        .output()
        .ok()
        .filter(|_| script.is_file())?;
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
    Some((run.status.success(), said))
}

/// Holds a set against the definition, the expected value and the oracle.
#[expect(clippy::print_stderr, reason = "a check that cannot be made says so")]
fn accept(corpus: &Path, name: &str, instance: &Instance, expected: &Value, set: &[usize]) {
    let value = instance.value(set);
    assert_eq!(
        value.as_ref().map(|v| json!(v)),
        Ok(expected["value"].clone()),
        "{name}: {set:?}"
    );
    let ids: Vec<&str> = set.iter().map(|&n| &*instance.nodes[n].id).collect();
    match oracle(corpus, name, &ids) {
        Some((accepted, said)) => assert!(accepted, "{name}: {ids:?}: {said}"),
        None => eprintln!("{name}: there is no oracle to ask; held against the definition only"),
    }
}

#[test]
fn the_library_finds_every_proven_value() {
    let Some(corpus) = super::kind("plan") else {
        return;
    };
    for (name, instance, expected) in instances(&corpus) {
        let problem = instance.problem();
        let by_id = |a: u32, b: u32| {
            let id = |n: u32| instance.nodes[n as usize].id.as_bytes();
            id(a).cmp(id(b))
        };
        let ask = instance.ask();
        let chosen = Chooser::new(&problem, ask.goal.inodes > 0, &by_id).choose(&ask);
        let is_feasible = expected["status"] == "optimal";
        assert_eq!(chosen.is_ok(), is_feasible, "{name}: {chosen:?}");
        match chosen {
            Ok(Choice { set, gap, .. }) => {
                let set: Vec<usize> = set.iter().map(|&n| n as usize).collect();
                accept(&corpus, &name, &instance, &expected, &set);
                assert_eq!(gap, None, "{name}: the best set, and not proven");
            }
            Err(Short { bytes, inodes }) => {
                assert_eq!(json!(bytes), expected["best_bytes"], "{name}");
                let missing = ask.goal.bytes - bytes;
                assert_eq!(json!(missing), expected["missing_bytes"], "{name}");
                if ask.goal.inodes > 0 {
                    assert_eq!(json!(inodes), expected["best_inodes"], "{name}");
                }
            }
        }
    }
}

/// The instance as an export.
fn export(instance: &Instance) -> Value {
    let object = |at: usize| {
        let node = &instance.nodes[at];
        let name = node.id.rsplit('/').next().filter(|name| !name.is_empty());
        let mut object =
            json!({"name": name.unwrap_or("/"), "asize": node.bytes, "dsize": node.bytes});
        if let Some((ino, nlink)) = node.link {
            object["ino"] = json!(ino);
            object["nlink"] = json!(nlink);
            object["hlnkc"] = json!(nlink > 1);
        }
        object
    };
    // From the last node back, so that every directory finds its children made.
    let mut made: Vec<Value> = vec![Value::Null; instance.nodes.len()];
    for at in (0..instance.nodes.len()).rev() {
        let node = &instance.nodes[at];
        if !node.is_dir {
            made[at] = object(at);
            continue;
        }
        let mut list = vec![object(at)];
        let mut child = at + 1;
        while child < instance.end[at] {
            list.push(made[child].take());
            child = instance.end[child];
        }
        made[at] = Value::Array(list);
    }
    json!([1, 2, {"progname": "ncdu", "progver": "2.8", "timestamp": 1_700_000_000}, made[0].take()])
}

/// A policy that gives every path the class that the instance gives it.
fn policy(instance: &Instance) -> String {
    let mut of_class: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in &instance.nodes {
        let paths = of_class.entry(instance.risk(node).word()).or_default();
        paths.push(&node.id);
    }
    let entry = |(risk, paths): (&str, Vec<&str>)| {
        format!("[[path]]\nmatch = {}\nrisk = {risk:?}\n", json!(paths))
    };
    of_class.into_iter().map(entry).collect()
}

#[test]
fn the_program_finds_every_proven_value_that_an_export_can_say() {
    let Some(corpus) = super::kind("plan") else {
        return;
    };
    let mut asked = 0;
    for (name, instance, expected) in instances(&corpus) {
        let is_told = instance.nodes.iter().all(|n| n.gains && n.family.is_none());
        if instance.need < 0 || !is_told {
            continue;
        }
        asked += 1;
        let dir = Dir::new();
        dir.write("scan.json", export(&instance).to_string());
        dir.write("policy.toml", policy(&instance));
        let mut line = format!(
            "plan scan.json --policy policy.toml --free {} --smallest {} --max-risk unknown \
             --max-waste none --format json",
            instance.need,
            instance.ask().smallest.word(),
        );
        if instance.inodes > 0 {
            line.push_str(&format!(" --free-inodes {}", instance.inodes));
        }
        let is_feasible = expected["status"] == "optimal";
        let run =
            jettison_in(&dir.path(), line.split(' '), b"").code(if is_feasible { 0 } else { 2 });
        let plan = run.json();
        if !is_feasible {
            assert_eq!(
                plan["missing"], expected["missing_bytes"],
                "{name}: {plan:#}"
            );
            assert_eq!(
                plan["best_achievable"], expected["best_bytes"],
                "{name}: {plan:#}"
            );
            continue;
        }
        let picks = plan["picks"].as_array().unwrap();
        let at = |pick: &Value| {
            let path = pick["path"].as_str().unwrap();
            instance
                .nodes
                .iter()
                .position(|node| node.id == path)
                .unwrap()
        };
        let set: Vec<usize> = picks.iter().map(at).collect();
        accept(&corpus, &name, &instance, &expected, &set);
        let key = plan["key"].as_array().unwrap();
        let from = usize::from(instance.objective == "min_paths");
        assert_eq!(json!(key[from..]), expected["value"], "{name}: {plan:#}");
        assert_eq!(
            (&plan["proven"], &plan["gap"]),
            (&json!(true), &Value::Null),
            "{name}"
        );
    }
    assert!(asked > 0, "no instance can be asked through the program");
}
