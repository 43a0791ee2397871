//! Trees with their families of sharded outputs and what only looks like one.
//!
//! Each line of `dev.jsonl` is one tree: its files with sizes and times, which of them are
//! families, and which are none. It goes through the program as an export; the families of
//! disposition output or managed are its prediction. Two files of one predicted family are a pair:
//! right where both are of one true family, not counted where the label says that the two
//! families may be told as one, wrong otherwise. Files that only go with members are left out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use serde_json::{Value, json};

use super::kind;
use crate::dir::jettison_in;

/// One labelled tree.
struct Case {
    name: String,
    now: i64,
    files: Vec<(String, u64, i64)>,
    families: Vec<Labelled>,
    /// Sets of families that may be told as one.
    one: Vec<BTreeSet<usize>>,
    others: BTreeSet<usize>,
    beside: BTreeSet<usize>,
}

/// A true family: its files by number, the kinds of its variables, whose it is.
struct Labelled {
    files: BTreeSet<usize>,
    kinds: Vec<String>,
    disposition: String,
}

/// A family that the program told.
struct Told {
    files: BTreeSet<usize>,
    kinds: Vec<String>,
    disposition: String,
}

fn numbers(list: &Value) -> BTreeSet<usize> {
    let all = list.as_array().into_iter().flatten();
    all.map(|n| usize::try_from(n.as_u64().unwrap()).unwrap())
        .collect()
}

fn texts(list: &Value, key: &str) -> Vec<String> {
    let all = list.as_array().into_iter().flatten();
    all.map(|item| item[key].as_str().unwrap().to_owned())
        .collect()
}

impl Case {
    fn read(line: &str) -> Self {
        let case: Value = serde_json::from_str(line).unwrap();
        let file = |row: &Value| {
            (
                row[0].as_str().unwrap().to_owned(),
                row[1].as_u64().unwrap(),
                row[2].as_i64().unwrap(),
            )
        };
        let families = case["families"].as_array().unwrap();
        let labelled = |family: &Value| Labelled {
            files: numbers(&family["members"]),
            kinds: texts(&family["vars"], "kind"),
            disposition: family["disposition"].as_str().unwrap().to_owned(),
        };
        let sets = case["may_merge"].as_array().into_iter().flatten();
        Self {
            name: case["case"].as_str().unwrap().to_owned(),
            now: case["now"].as_i64().unwrap(),
            files: case["paths"].as_array().unwrap().iter().map(file).collect(),
            families: families.iter().map(labelled).collect(),
            one: sets.map(numbers).collect(),
            others: numbers(&case["non_members"]),
            beside: families
                .iter()
                .flat_map(|family| numbers(&family["companions"]))
                .collect(),
        }
    }

    /// The tree as an export.
    fn export(&self) -> Vec<u8> {
        let mut dirs: BTreeMap<&str, Vec<Value>> = BTreeMap::from([("", Vec::new())]);
        for (path, size, mtime) in &self.files {
            let (dir, name) = path.rsplit_once('/').unwrap();
            let disk = size.div_ceil(4096) * 4096;
            let entry = json!({"name": name, "asize": size, "dsize": disk, "mtime": mtime});
            dirs.entry(dir).or_default().push(entry);
            let mut above = dir;
            while let Some((parent, _)) = above.rsplit_once('/') {
                dirs.entry(parent).or_default();
                above = parent;
            }
        }
        // The deepest first, so that each is whole when it is put into the one above it.
        let mut order: Vec<&str> = dirs.keys().copied().collect();
        order.sort_by_key(|dir| std::cmp::Reverse(dir.matches('/').count()));
        for dir in order.into_iter().filter(|dir| !dir.is_empty()) {
            let entries = dirs.remove(dir).unwrap();
            let (parent, name) = dir.rsplit_once('/').unwrap();
            let mut listed = vec![json!({"name": name, "mtime": 1})];
            listed.extend(entries);
            dirs.get_mut(parent).unwrap().push(Value::Array(listed));
        }
        let mut root = vec![json!({"name": "/", "mtime": 1})];
        root.extend(dirs.remove("").unwrap());
        let about = json!({"progname": "ncdu", "progver": "2.3", "timestamp": 1});
        serde_json::to_vec(&json!([1, 2, about, root])).unwrap()
    }

    /// What the program says of it.
    fn told(&self) -> Vec<Told> {
        let now = format!("@{}", self.now);
        let args = ["audit", "-", "--format", "json", "--members", "--now", &now];
        let audit = jettison_in(Path::new("/"), args, &self.export()).json();
        let numbers: HashMap<&str, usize> = self
            .files
            .iter()
            .enumerate()
            .map(|(at, file)| (&file.0[..], at))
            .collect();
        let mut seen = BTreeSet::new();
        let families = audit["families"].as_array().unwrap().iter();
        families
            .map(|family| Told {
                files: family["members"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|path| numbers[path.as_str().unwrap()])
                    .filter(|&file| seen.insert(file))
                    .collect(),
                kinds: texts(&family["variables"], "kind"),
                disposition: family["disposition"].as_str().unwrap().to_owned(),
            })
            .collect()
    }
}

/// How well a case was told.
#[derive(Debug, Default)]
struct Score {
    f1: f64,
    found: usize,
    families: usize,
    /// Files of no family that were told as members.
    flagged: usize,
    others: usize,
    kinds: (usize, usize),
    dispositions: (usize, usize),
    wrong: Vec<String>,
}

fn pairs(n: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a case has a few hundred files")]
    let n = n as f64;
    n * (n - 1.0) / 2.0
}

fn score(case: &Case, told: &[Told]) -> Score {
    let predicted: Vec<(&Told, BTreeSet<usize>)> = told
        .iter()
        .filter(|family| matches!(&family.disposition[..], "output" | "managed"))
        .map(|family| (family, family.files.difference(&case.beside).copied()))
        .map(|(family, files)| (family, files.collect::<BTreeSet<usize>>()))
        .filter(|(_, files)| files.len() > 1)
        .collect();
    let mut label: HashMap<usize, usize> = HashMap::new();
    for (at, family) in case.families.iter().enumerate() {
        label.extend(family.files.iter().map(|&file| (file, at)));
    }
    let set_of = |family: usize| case.one.iter().position(|set| set.contains(&family));
    let (mut right, mut wrong) = (0.0, 0.0);
    for (_, files) in &predicted {
        let mut of: BTreeMap<Option<usize>, usize> = BTreeMap::new();
        for file in files {
            *of.entry(label.get(file).copied()).or_default() += 1;
        }
        let same = |&(family, n): &(&Option<usize>, &usize)| family.map(|_| pairs(*n));
        let same: f64 = of.iter().filter_map(|x| same(&x)).sum();
        let mut sets: BTreeMap<usize, (usize, f64)> = BTreeMap::new();
        for (family, &n) in &of {
            if let Some(set) = family.and_then(set_of) {
                let sum = sets.entry(set).or_default();
                *sum = (sum.0 + n, sum.1 + pairs(n));
            }
        }
        let uncounted: f64 = sets.values().map(|&(n, same)| pairs(n) - same).sum();
        right += same;
        wrong += pairs(files.len()) - same - uncounted;
    }
    let gold: f64 = case.families.iter().map(|f| pairs(f.files.len())).sum();
    let share = |of: f64, all: f64| if all > 0.0 { of / all } else { 1.0 };
    let (precision, recall) = (share(right, right + wrong), share(right, gold));
    let f1 = match precision + recall {
        0.0 => 0.0,
        sum => 2.0 * precision * recall / sum,
    };
    let flagged: BTreeSet<usize> = predicted
        .iter()
        .flat_map(|(_, files)| files)
        .copied()
        .collect();
    let mut score = Score {
        f1,
        families: case.families.len(),
        flagged: case.others.intersection(&flagged).count(),
        others: case.others.len(),
        ..Score::default()
    };
    for (at, family) in case.families.iter().enumerate() {
        let partners = set_of(at).into_iter().flat_map(|set| &case.one[set]);
        let partners: BTreeSet<usize> = partners
            .filter(|&&other| other != at)
            .flat_map(|&other| &case.families[other].files)
            .copied()
            .collect();
        let is_it = |(_, files): &&(&Told, BTreeSet<usize>)| {
            let files: BTreeSet<usize> = files.difference(&partners).copied().collect();
            let both = files.intersection(&family.files).count();
            both * 10 >= files.union(&family.files).count() * 9
        };
        match predicted.iter().find(is_it) {
            Some((told, _)) => {
                score.found += 1;
                score.judge(case, family, told);
            }
            None => score
                .wrong
                .push(format!("{}: family {at} not found", case.name)),
        }
    }
    score
}

/// What a kind says of the calendar: a date is a year, a month and a day, in one name or in three.
fn calendar(kind: &str) -> &'static str {
    match kind {
        "date" => "ymd",
        "datetime" => "ymdht",
        "datehour" => "ymdh",
        "year" => "y",
        "month" | "monthname" => "m",
        "day" => "d",
        "hour" => "h",
        "time" => "t",
        _ => "",
    }
}

impl Score {
    /// Compares the kinds and the disposition of a family that was found with its label's.
    fn judge(&mut self, case: &Case, family: &Labelled, told: &Told) {
        self.dispositions.1 += 1;
        self.dispositions.0 += usize::from(told.disposition == family.disposition);
        if told.disposition != family.disposition {
            let (a, b) = (&told.disposition, &family.disposition);
            self.wrong.push(format!("{}: {a} for {b}", case.name));
        }
        let says: String = told.kinds.iter().map(|kind| calendar(kind)).collect();
        let mut left: Vec<&str> = told.kinds.iter().map(|kind| &kind[..]).collect();
        for kind in &family.kinds {
            self.kinds.1 += 1;
            let wanted = calendar(kind);
            let dated = !wanted.is_empty() && wanted.chars().all(|part| says.contains(part));
            let place = left.iter().position(|other| other == kind);
            if let Some(place) = place {
                left.remove(place);
            }
            if dated || place.is_some() {
                self.kinds.0 += 1;
            } else {
                let kinds = &told.kinds;
                self.wrong
                    .push(format!("{}: no {kind} in {kinds:?}", case.name));
            }
        }
    }
}

#[test]
fn labelled_trees_are_told_apart() {
    let Some(dir) = kind("shards") else {
        return;
    };
    let text = std::fs::read_to_string(dir.join("dev.jsonl")).unwrap();
    let cases: Vec<Case> = text.lines().map(Case::read).collect();
    let scores: Vec<Score> = cases.iter().map(|case| score(case, &case.told())).collect();
    let sum = |of: fn(&Score) -> usize| -> f64 {
        let all: usize = scores.iter().map(of).sum();
        f64::from(u32::try_from(all).unwrap())
    };
    let macro_f1 =
        scores.iter().map(|s| s.f1).sum::<f64>() / f64::from(u32::try_from(scores.len()).unwrap());
    let found = sum(|s| s.found) / sum(|s| s.families);
    let specificity = 1.0 - sum(|s| s.flagged) / sum(|s| s.others);
    let kinds = sum(|s| s.kinds.0) / sum(|s| s.kinds.1);
    let dispositions = sum(|s| s.dispositions.0) / sum(|s| s.dispositions.1);
    let wrong: Vec<&String> = scores.iter().flat_map(|s| &s.wrong).collect();
    let story = format!(
        "F1 {macro_f1:.4}, found {found:.3}, specificity {specificity:.4}, kinds {kinds:.3}, dispositions {dispositions:.3}\n{wrong:#?}"
    );
    assert!(macro_f1 >= 0.97 && found >= 0.95, "{story}");
    assert!(specificity >= 0.99, "{story}");
    assert!(kinds >= 0.95 && dispositions >= 0.95, "{story}");
    for (case, score) in cases.iter().zip(&scores) {
        let negative = case.families.is_empty();
        assert!(!negative || score.f1 >= 1.0, "{}: {story}", case.name);
    }
}
