//! The planner against every set there is, on small random problems.

use super::Smallest;
use super::choose::{Ask, Choice, Chooser, Short};
use super::coupled::{Goal, Worth};
use super::problem::{Allowed, Class, Problem, Unit};
use super::tape::Tape;
use crate::policy::Risk;
use crate::risk::Order;

/// What a random problem may have.
#[derive(Clone, Copy, Debug)]
struct Recipe {
    links: bool,
    nogain: bool,
    families: bool,
    inodes: bool,
}

/// A small generator, so that thousands of problems cost nothing and a seed names each.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // SplitMix64, Steele, Lea and Flood 2014.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

fn random(dice: &mut Dice, recipe: Recipe) -> Problem {
    let mut problem = Problem::default();
    let len = 2 + dice.roll(9);
    let grain = [1, 1, 3, 512][usize::try_from(dice.roll(4)).expect("small")];
    let mut dirs: Vec<u32> = Vec::new();
    for node in 0..len {
        let is_dir = node == 0 || dice.roll(3) == 0;
        let risk = match dice.roll(12) {
            0 => Risk::Never,
            r => Risk::CLASSES[usize::try_from(r % 5).expect("small")],
        };
        // Pre-order: the parent is the last directory or one above it.
        while dirs.len() > 1 && dice.roll(3) == 0 {
            dirs.pop();
        }
        let parent = dirs.last().copied().unwrap_or(0);
        let own = dice.roll(if is_dir { 2 } else { 9 }) * grain;
        let id = problem.push(parent, own, Class::new(risk, is_dir));
        if is_dir {
            dirs.push(id);
        }
    }
    let leaves: Vec<u32> = (0..u32::try_from(len).expect("small"))
        .filter(|&n| !problem.class[n as usize].is_dir())
        .collect();
    let mut free = leaves.clone();
    while recipe.links && free.len() > 1 && dice.roll(3) > 0 {
        let count = 2 + usize::try_from(dice.roll(2)).expect("small");
        let mut members: Vec<u32> = Vec::new();
        for _ in 0..count.min(free.len()) {
            let at = usize::try_from(dice.roll(free.len() as u64)).expect("small");
            members.push(free.swap_remove(at));
        }
        members.sort_unstable();
        let bytes = (1 + dice.roll(9)) * grain;
        for &member in &members {
            problem.own[member as usize] = 0;
            problem.class[member as usize] = problem.class[member as usize].shared();
        }
        let gains = !recipe.nogain || dice.roll(4) > 0;
        problem.units.push(Unit {
            members,
            bytes,
            gains,
        });
    }
    let mut free = leaves;
    while recipe.families && free.len() > 1 && dice.roll(4) > 0 {
        let count = (2 + usize::try_from(dice.roll(4)).expect("small")).min(free.len());
        let mut order = Order::default();
        let mut rank = 0;
        for _ in 0..count {
            let at = usize::try_from(dice.roll(free.len() as u64)).expect("small");
            order.members.push((free.remove(at), rank));
            rank += u32::from(dice.roll(4) > 0);
        }
        problem.orders.push(order);
    }
    problem
}

/// Everything that a set of nodes is worth, by the definition and by nothing else.
struct Truth {
    worth: Worth,
    key: Vec<i64>,
    valid: bool,
}

fn truth(problem: &Problem, set: &[u32], smallest: Smallest) -> Truth {
    let gone = |node: u32| set.iter().any(|&s| problem.contains(s, node));
    let all: Vec<u32> = (0..u32::try_from(problem.len()).expect("small"))
        .filter(|&n| gone(n))
        .collect();
    let mut worth = Worth {
        freed: 0,
        lost: 0,
        inodes: 0,
    };
    let mut classes = [0u64; 6];
    for &node in &all {
        let class = problem.class[node as usize];
        worth.freed += problem.own[node as usize];
        worth.inodes += class.inodes();
        classes[usize::from(class.level())] += problem.own[node as usize];
    }
    worth.lost = worth.freed;
    for unit in problem
        .units
        .iter()
        .filter(|u| u.members.iter().all(|&m| gone(m)))
    {
        let level = unit
            .members
            .iter()
            .map(|&m| problem.class[m as usize].level())
            .max();
        classes[usize::from(level.expect("a unit has members"))] += unit.bytes;
        worth.lost += unit.bytes;
        if unit.gains {
            worth.freed += unit.bytes;
            worth.inodes += 1;
        }
    }
    let worst = all.iter().map(|&n| problem.class[n as usize].level()).max();
    let in_order = problem.orders.iter().all(|order| {
        let young = order
            .members
            .iter()
            .filter(|m| gone(m.0))
            .map(|m| m.1)
            .max()
            .unwrap_or(0);
        order.members.iter().all(|m| m.1 >= young || gone(m.0))
    });
    let one_dir = set.len() == 1 && problem.class[set[0] as usize].is_dir();
    let number = |n: u64| i64::try_from(n).expect("small");
    let (paths, lost) = (number(set.len() as u64), number(worth.lost));
    let key = match smallest {
        Smallest::Paths => vec![worst.map_or(-1, i64::from), paths, lost],
        Smallest::Bytes => vec![lost, paths],
        Smallest::Directory => vec![lost],
        Smallest::Exposure => {
            let mut key: Vec<i64> = classes[1..5].iter().rev().map(|&c| number(c)).collect();
            key.extend([paths, lost]);
            key
        }
    };
    let valid = in_order && worst < Some(5) && (smallest != Smallest::Directory || one_dir);
    Truth { worth, key, valid }
}

/// Every set of nodes that do not hold each other.
fn antichains(problem: &Problem) -> Vec<Vec<u32>> {
    let len = u32::try_from(problem.len()).expect("small");
    let mut behind: Vec<Vec<Vec<u32>>> = vec![vec![Vec::new()]; problem.len() + 1];
    for node in (0..len).rev() {
        let mut sets = behind[node as usize + 1].clone();
        for rest in &behind[problem.end(node) as usize] {
            sets.push([&[node][..], rest].concat());
        }
        behind[node as usize] = sets;
    }
    std::mem::take(&mut behind[0])
}

fn best(problem: &Problem, ask: &Ask) -> Option<Vec<i64>> {
    antichains(problem)
        .iter()
        .map(|set| (set, truth(problem, set, ask.smallest)))
        .filter(|(set, t)| {
            let worst = set.iter().flat_map(|&s| problem.subtree(s));
            let worst = worst.map(|n| problem.class[n as usize].level()).max();
            t.valid && ask.goal.is_met(t.worth) && worst <= Some(ask.max_risk as u8)
        })
        .map(|(_, t)| t.key)
        .min()
}

fn by_number(a: u32, b: u32) -> std::cmp::Ordering {
    a.cmp(&b)
}

fn choose(problem: &Problem, ask: &Ask) -> Result<Choice, Short> {
    Chooser::new(problem, ask.goal.inodes > 0, &by_number).choose(ask)
}

/// What comes of taking the largest that may go, again and again: what every cleaner does.
fn largest_first(problem: &Problem, ask: &Ask) -> Option<Vec<i64>> {
    let alone = |node: u32| truth(problem, &[node], ask.smallest);
    let mut nodes: Vec<u32> = (0..u32::try_from(problem.len()).expect("small"))
        .filter(|&node| {
            let worst = problem
                .subtree(node)
                .map(|n| problem.class[n as usize].level())
                .max();
            worst <= Some(ask.max_risk as u8)
        })
        .collect();
    nodes.sort_by_key(|&node| std::cmp::Reverse(alone(node).worth.freed));
    let mut set: Vec<u32> = Vec::new();
    for node in nodes {
        let overlaps = |&s: &u32| problem.contains(s, node) || problem.contains(node, s);
        if set.iter().any(overlaps) {
            continue;
        }
        set.push(node);
        let t = truth(problem, &set, ask.smallest);
        if ask.goal.is_met(t.worth) {
            return t.valid.then_some(t.key);
        }
    }
    None
}

/// What one random tree showed.
#[derive(Default)]
struct Shown {
    trees: u32,
    /// How many of them had an answer.
    feasible: u32,
    /// How many of them fool whoever takes the largest first.
    traps: u32,
}

impl Shown {
    fn add(&mut self, trap: Option<bool>) {
        self.trees += 1;
        self.feasible += u32::from(trap.is_some());
        self.traps += u32::from(trap == Some(true));
    }

    /// At least a third of all trees must be traps, or the oracle is one for greed too.
    fn is_fair(&self) {
        let Self {
            trees,
            feasible,
            traps,
        } = *self;
        assert!(
            traps * 3 >= trees,
            "{traps} traps of {trees} trees, {feasible} feasible"
        );
    }
}

/// Plans one random tree and compares with the best of all sets; tells whether it is a trap for
/// largest-first, where there is an answer at all.
fn check(seed: u64, recipe: Recipe, smallest: Smallest) -> Option<bool> {
    let mut dice = Dice(seed);
    let problem = random(&mut dice, recipe);
    let total =
        problem.own.iter().sum::<u64>() + problem.units.iter().map(|u| u.bytes).sum::<u64>();
    // Mostly within reach, and sometimes beyond it.
    let (share, names) = match dice.roll(5) {
        0 => (total, problem.len() as u64),
        _ => (total / 2, problem.len() as u64 / 2),
    };
    let goal = Goal {
        bytes: dice.roll(share + 2),
        inodes: if recipe.inodes {
            dice.roll(names + 1)
        } else {
            0
        },
    };
    if goal.bytes == 0 && goal.inodes == 0 {
        return None;
    }
    let max_risk = Risk::CLASSES[usize::try_from(dice.roll(2) + 3).expect("small")];
    let ask = Ask {
        goal,
        smallest,
        max_risk,
        max_waste: None,
    };
    let said = format!("seed {seed} {recipe:?} {ask:?} {problem:?}");
    let want = best(&problem, &ask);
    let trap = want
        .as_ref()
        .map(|want| largest_first(&problem, &ask).as_ref() != Some(want));
    match choose(&problem, &ask) {
        Err(_) => assert_eq!(want, None, "{said}"),
        Ok(choice) => {
            let t = truth(&problem, &choice.set, smallest);
            assert!(t.valid && goal.is_met(t.worth), "{choice:?} {said}");
            assert_eq!(
                (t.worth.freed, t.worth.lost),
                (choice.freed, choice.lost),
                "{said}"
            );
            assert_eq!(t.key, choice.key, "{said}");
            let want = want.unwrap_or_else(|| panic!("{choice:?} is none: {said}"));
            assert_eq!(choice.key, want, "not the best: {choice:?} {said}");
            assert_eq!(choice.gap, None, "the best, and not proven: {said}");
            for dropped in 0..choice.set.len() {
                let mut fewer = choice.set.clone();
                fewer.remove(dropped);
                let t = truth(&problem, &fewer, Smallest::Bytes);
                let suffices = t.valid && goal.is_met(t.worth);
                assert!(
                    !suffices || smallest == Smallest::Directory,
                    "{choice:?} {said}"
                );
            }
        }
    }
    trap
}

/// Compares the certificate of an answer that was not searched for with the best of all sets: the
/// worst class in which it loses more, or else the paths, are within the gap.
fn check_gap(seed: u64, recipe: Recipe) -> bool {
    let mut dice = Dice(seed);
    let problem = random(&mut dice, recipe);
    let goal = Goal {
        bytes: 1 + dice.roll(problem.own.iter().sum::<u64>() + 1),
        inodes: 0,
    };
    let ask = Ask {
        goal,
        smallest: Smallest::Exposure,
        max_risk: Risk::CLASSES[usize::try_from(dice.roll(3) + 2).expect("small")],
        max_waste: None,
    };
    let Ok(choice) = Chooser::new(&problem, false, &by_number).exposure_at_large(&ask) else {
        return false;
    };
    let said = format!("seed {seed} {recipe:?} {ask:?} {choice:?} {problem:?}");
    let best = best(&problem, &ask).expect("some set suffices");
    let gap = choice.gap.unwrap_or_default();
    let worse = choice.key.iter().zip(&best).position(|(a, b)| a != b);
    if let Some(at) = worse {
        let more = u64::try_from(choice.key[at] - best[at]).expect("none is better");
        let at_most = if at == 4 { gap.paths } else { gap.lost };
        assert!(more <= at_most, "{more} beyond {at_most}: {said}");
    }
    worse.is_none_or(|at| at < 4)
}

#[test]
fn what_is_not_searched_for_carries_a_gap_that_the_best_lies_within() {
    for (links, nogain, families) in [
        (false, false, false),
        (true, false, false),
        (true, true, false),
        (false, false, true),
    ] {
        let recipe = Recipe {
            links,
            nogain,
            families,
            inodes: false,
        };
        let told = (0..600).filter(|&seed| check_gap(seed, recipe)).count();
        assert!(told > 100, "{recipe:?}: {told}");
    }
}

const PLAIN: Recipe = Recipe {
    links: false,
    nogain: false,
    families: false,
    inodes: false,
};

const OBJECTIVES: [Smallest; 4] = [
    Smallest::Paths,
    Smallest::Bytes,
    Smallest::Directory,
    Smallest::Exposure,
];

#[test]
fn plain_trees_are_solved_to_the_last_byte() {
    let mut shown = Shown::default();
    for seed in 0..3_200u64 {
        let smallest = OBJECTIVES[usize::try_from(seed % 4).expect("small")];
        shown.add(check(seed, PLAIN, smallest));
    }
    shown.is_fair();
}

#[test]
fn coupled_trees_are_solved_or_say_how_far_they_are() {
    let recipes = [
        Recipe {
            links: true,
            ..PLAIN
        },
        Recipe {
            links: true,
            nogain: true,
            ..PLAIN
        },
        Recipe {
            families: true,
            ..PLAIN
        },
        Recipe {
            inodes: true,
            ..PLAIN
        },
        Recipe {
            links: true,
            families: true,
            ..PLAIN
        },
        Recipe {
            links: true,
            nogain: true,
            families: true,
            inodes: true,
        },
    ];
    let mut shown = Shown::default();
    for seed in 0..7_200u64 {
        let recipe = recipes[usize::try_from(seed % 6).expect("small")];
        let smallest = OBJECTIVES[usize::try_from(seed / 6 % 4).expect("small")];
        shown.add(check(10_000 + seed, recipe, smallest));
    }
    shown.is_fair();
}

#[test]
fn families_without_a_table_are_solved_by_regrets() {
    let recipe = Recipe {
        families: true,
        ..PLAIN
    };
    let mut solved = 0;
    for seed in 0..1500 {
        let mut dice = Dice(seed);
        let problem = random(&mut dice, recipe);
        let sums = problem.sums(false);
        let all = Allowed::at(&problem, &sums, 4, u64::MAX);
        let most: u64 = all.maximal.iter().map(|&top| sums.freed(top)).sum();
        let Some(tape) = Tape::new(&problem, &sums.freed_column(), &all, 1).filter(|_| most > 0)
        else {
            continue;
        };
        let goal = Goal {
            bytes: 1 + dice.roll(most),
            inodes: 0,
        };
        let (set, proven) = tape.fewest(goal.bytes).expect("it is small");
        let of = |set: &[u32]| truth(&problem, set, Smallest::Paths);
        let want = antichains(&problem)
            .iter()
            .map(|set| of(set))
            .filter(|t| t.valid && goal.is_met(t.worth))
            .map(|t| t.key[1..].to_vec())
            .min();
        let got = of(&set);
        assert!(
            proven && got.valid && goal.is_met(got.worth),
            "seed {seed} {set:?} {problem:?}"
        );
        assert_eq!(
            Some(got.key[1..].to_vec()),
            want,
            "seed {seed} {set:?} {goal:?} {problem:?}"
        );
        solved += 1;
    }
    assert!(
        solved > 500,
        "only {solved} have families that a tape can show"
    );
}

/// The ticker: a directory a day, files of one age in it, and a living end that must stay.
fn ticker(days: u32, exchanges: u64) -> Problem {
    let mut problem = Problem::default();
    let dir = |risk| Class::new(risk, true);
    problem.push(0, 4096, dir(Risk::Regenerable));
    let mut order = Order::default();
    let mut dice = Dice(7);
    for day in 0..days {
        let date = problem.push(0, 4096, dir(Risk::Regenerable));
        let is_new = day + 10 > days;
        for _ in 0..exchanges {
            let risk = if is_new { Risk::Unknown } else { Risk::Stale };
            let bytes = 4096 * (1000 + dice.roll(5000));
            let file = problem.push(date, bytes, Class::new(risk, false));
            if !is_new {
                order.members.push((file, day));
            }
        }
    }
    problem.orders.push(order);
    problem
}

#[test]
fn the_oldest_days_of_a_family_go_whole_and_proven() {
    let problem = ticker(300, 12);
    let sums = problem.sums(false);
    let first_days: Vec<u32> = (0..61).map(|day| 1 + day * 13).collect();
    let bytes: u64 = first_days.iter().map(|&day| sums.freed(day)).sum();
    let ask = Ask {
        goal: Goal {
            bytes: bytes - 5_000,
            inodes: 0,
        },
        smallest: Smallest::Paths,
        max_risk: Risk::Old,
        max_waste: Some(100),
    };
    let choice = choose(&problem, &ask).expect("it suffices");
    let mut set = choice.set.clone();
    set.sort_unstable();
    assert_eq!(set, first_days);
    assert_eq!((choice.level, choice.gap), (Some(Risk::Stale as u8), None));
}

#[test]
fn a_problem_that_needs_nothing_deletes_nothing() {
    let problem = ticker(20, 2);
    let zeros: [(Smallest, &[i64]); 4] = [
        (Smallest::Paths, &[-1, 0, 0]),
        (Smallest::Bytes, &[0, 0]),
        (Smallest::Directory, &[0]),
        (Smallest::Exposure, &[0; 6]),
    ];
    for (smallest, key) in zeros {
        let goal = Goal {
            bytes: 0,
            inodes: 0,
        };
        let ask = Ask {
            goal,
            smallest,
            max_risk: Risk::Old,
            max_waste: None,
        };
        let choice = choose(&problem, &ask).expect("nothing is needed");
        assert_eq!((choice.key.as_slice(), choice.set.len()), (key, 0));
    }
}

#[test]
fn one_byte_too_many_is_out_of_reach_and_says_by_how_much() {
    let problem = ticker(20, 2);
    let sums = problem.sums(false);
    let all: u64 = (0..11).map(|day| sums.freed(1 + day * 3)).sum();
    for (bytes, reached) in [(all, true), (all + 1, false)] {
        let goal = Goal { bytes, inodes: 0 };
        let ask = Ask {
            goal,
            smallest: Smallest::Bytes,
            max_risk: Risk::Old,
            max_waste: None,
        };
        match choose(&problem, &ask) {
            Ok(choice) => assert!(reached && choice.freed == all),
            Err(short) => assert!(!reached && short.bytes == all),
        }
    }
}

#[test]
fn waste_is_bounded_before_paths_are_counted() {
    // One path of 100, or ten of 10 below another directory that must stay.
    let mut problem = Problem::default();
    problem.push(0, 0, Class::new(Risk::Never, true));
    problem.push(0, 100, Class::new(Risk::Old, false));
    for _ in 0..10 {
        problem.push(0, 10, Class::new(Risk::Old, false));
    }
    let ask = |bytes, max_waste| Ask {
        goal: Goal { bytes, inodes: 0 },
        smallest: Smallest::Paths,
        max_risk: Risk::Old,
        max_waste,
    };
    for (bytes, waste, key, exceeded) in [
        (25, None, [3, 1, 100], false),
        (25, Some(100), [3, 3, 30], false),
        (25, Some(300), [3, 1, 100], false),
        (25, Some(10), [3, 1, 100], true),
        (1, Some(100), [3, 1, 100], true),
    ] {
        let choice = choose(&problem, &ask(bytes, waste)).expect("it suffices");
        let best = if exceeded {
            choice.key[2] >= key[2] || choice.key[1] == 1
        } else {
            true
        };
        assert_eq!(
            choice.waste_exceeded, exceeded,
            "{bytes} {waste:?} {choice:?}"
        );
        assert!(best, "{choice:?}");
        if !exceeded {
            assert_eq!(choice.key, key, "{bytes} {waste:?}");
        }
    }
    let choice = choose(&problem, &ask(25, Some(100))).expect("it suffices");
    let points: Vec<(u64, u64, bool)> = choice
        .frontier
        .iter()
        .map(|s| (s.paths, s.lost, s.proven))
        .collect();
    assert_eq!(points, [(1, 100, true), (3, 30, true)]);
}

#[test]
fn a_few_odd_sizes_decide_the_remainder_and_prove_the_least_bytes() {
    let mut problem = Problem::default();
    problem.push(0, 0, Class::new(Risk::Never, true));
    for file in 0..3_000u64 {
        let odd = u64::from(file % 1_000 == 7);
        problem.push(
            0,
            4096 * (256 * (1 + file % 40) + odd),
            Class::new(Risk::Old, false),
        );
    }
    let sums = problem.sums(false);
    let all = Allowed::at(&problem, &sums, 4, u64::MAX);
    // Three files have one block more: remainders of 0 to 3 blocks can be made, and no other.
    for (blocks, least) in [(512, 512), (515, 515), (516, 768), (640, 768), (769, 769)] {
        let told = super::paths::least_sum(&problem, &all, 4096 * blocks - 1);
        assert_eq!(told, 4096 * least, "{blocks}");
    }
    let ask = Ask {
        goal: Goal {
            bytes: 4096 * (256 * 9_000 + 128),
            inodes: 0,
        },
        smallest: Smallest::Bytes,
        max_risk: Risk::Old,
        max_waste: None,
    };
    let choice = choose(&problem, &ask).expect("it suffices");
    assert_eq!(choice.lost, 4096 * 256 * 9_001, "{:?}", choice.gap);
    assert_eq!(choice.gap.map_or(0, |gap| gap.lost), 0);
}

#[test]
fn one_path_is_the_smallest_that_suffices_however_large_the_others_are() {
    let mut problem = Problem::default();
    problem.push(0, 0, Class::new(Risk::Never, true));
    for tib in [1u64, 3, 9] {
        let dir = problem.push(0, 0, Class::new(Risk::Old, true));
        for odd in [7, 5, 1] {
            let bytes = (tib << 40) + odd;
            problem.push(dir, bytes, Class::new(Risk::Old, false));
        }
    }
    for (bytes, want) in [
        ((1 << 40) + 2, (1 << 40) + 5),
        ((1 << 40) + 8, (3 << 40) + 1),
        ((3 << 40) + 8, (3 << 40) + 13),
        ((3 << 40) + 14, (9 << 40) + 1),
        ((9 << 40) + 14, (27 << 40) + 13),
    ] {
        let ask = Ask {
            goal: Goal { bytes, inodes: 0 },
            smallest: Smallest::Paths,
            max_risk: Risk::Old,
            max_waste: None,
        };
        let choice = choose(&problem, &ask).expect("it suffices");
        assert_eq!((choice.set.len(), choice.lost, choice.gap), (1, want, None));
    }
}

#[test]
fn what_costs_nothing_is_proven_to_expose_nothing() {
    let mut problem = Problem::default();
    problem.push(0, 0, Class::new(Risk::Never, true));
    let mut dice = Dice(3);
    for file in 0..30_000u64 {
        let risk = Risk::CLASSES[usize::try_from(file % 5).expect("small")];
        let blocks = 1 + dice.roll(9_000);
        problem.push(0, 4096 * blocks, Class::new(risk, false));
    }
    let ask = Ask {
        goal: Goal {
            bytes: 40 << 30,
            inodes: 0,
        },
        smallest: Smallest::Exposure,
        max_risk: Risk::Unknown,
        max_waste: None,
    };
    let choice = choose(&problem, &ask).expect("it suffices");
    assert_eq!(choice.key[..4], [0; 4]);
    assert_eq!((choice.lost, choice.gap), (40 << 30, None));
}

#[test]
fn exposure_over_many_files_stays_within_its_work() {
    let mut problem = Problem::default();
    problem.push(0, 0, Class::new(Risk::Never, true));
    let mut dice = Dice(5);
    for file in 0..120_000u64 {
        let risk = Risk::CLASSES[usize::try_from(file % 3).expect("small")];
        problem.push(0, 4096 * (1 + dice.roll(90)), Class::new(risk, false));
    }
    let all: u64 = problem.own.iter().sum();
    let ask = Ask {
        goal: Goal {
            bytes: all / 2,
            inodes: 0,
        },
        smallest: Smallest::Exposure,
        max_risk: Risk::Unknown,
        max_waste: None,
    };
    // Whatever goes with each of tens of thousands of others would take minutes here.
    let choice = choose(&problem, &ask).expect("it suffices");
    assert_eq!(choice.key[..2], [0, 0]);
    assert!(choice.freed >= all / 2);
}
