//! What makes families hard to tell, and what is still said of them then.

use super::tests::{Draw, Row, START, grow, text};
use super::{Disposition, Doubt, Family, Writer, find, search};
use crate::entry::Rooting;
use crate::time::Timestamp;

const DAY: i64 = 86_400;
const NOW: Timestamp = Timestamp(START + 60 * DAY);

fn found(rows: &[Row]) -> Vec<Family> {
    find(&grow(rows, Rooting::Path, None), NOW)
}

/// Sixty dated files; the time of each is made from its day's.
fn dated(time: impl Fn(i64) -> Option<i64>) -> Vec<Row> {
    (0..60)
        .map(|day| START + day * DAY)
        .map(|at| {
            let name = format!("/out/sales-{}.csv", Timestamp(at).date_text());
            (name.into_bytes(), 4096, time(at))
        })
        .collect()
}

#[test]
fn names_that_are_not_utf_8_are_members_like_any_other() {
    let mut rows = dated(Some);
    for row in &mut rows {
        let at = row.0.len() - 15;
        row.0.splice(at..at, [0xff, 0xfe]);
    }
    let families = found(&rows);
    assert_eq!(families.len(), 1, "{families:?}");
    assert_eq!(families[0].files, 60);
    assert!(families[0].template.windows(2).any(|w| w == [0xff, 0xfe]));
    assert_eq!(families[0].doubts, [], "nothing is lost by such names");
}

#[test]
fn names_without_any_order_are_no_output() {
    let mut draw = Draw(11);
    let mut rows: Vec<Row> = (0..70_000)
        .map(|_| {
            let length = 3 + draw.below(20);
            let letters =
                (0..length).map(|_| b"abcdefghijklmnopqrstuvwxyz-_.0123456789"[draw.below(39)]);
            let mut name = b"/spool/".to_vec();
            name.extend(letters);
            (name, 10, Some(START))
        })
        .collect();
    rows.extend(dated(Some).into_iter().map(|mut row| {
        row.0.splice(..4, *b"/spool");
        row
    }));
    rows.sort();
    rows.dedup_by(|a, b| a.0 == b.0);
    let tree = grow(&rows, Rooting::Path, None);
    let search = search(&tree, NOW);
    let [left] = search.left_out[..] else {
        panic!("{:?}", search.left_out);
    };
    assert_eq!(text(&tree.path(left.dir)), "/spool");
    assert!(left.files > 1000 && left.files < 70_000, "{left:?}");
    assert_eq!(left.bytes % left.files, 0, "each holds as much");
    let outputs: Vec<Family> = search
        .families
        .into_iter()
        .filter(|family| family.disposition == Disposition::Output)
        .collect();
    let templates: Vec<String> = outputs.iter().map(|f| text(&f.template)).collect();
    assert_eq!(templates, ["/spool/sales-{date}.csv"]);
    assert_eq!(outputs[0].files, 60);
}

#[test]
fn one_bad_date_takes_nothing_from_the_others() {
    let mut rows = dated(Some);
    rows.push((b"/out/sales-2024-02-30.csv".to_vec(), 4096, Some(START)));
    let families = found(&rows);
    assert_eq!(families.len(), 1);
    assert_eq!(text(&families[0].template), "/out/sales-{date}.csv");
    assert_eq!(families[0].files, 61);
    assert_eq!(families[0].doubts, [Doubt::Undated(1)]);
}

#[test]
fn times_that_say_nothing_leave_those_of_the_names() {
    type Time = fn(i64) -> Option<i64>;
    let one_run = Doubt::OneRun { named: true };
    let times: [(&str, Time, &[Doubt]); 4] = [
        ("their own", Some, &[]),
        ("equal", |_| Some(START + 59 * DAY), &[one_run]),
        (
            "in the future",
            |_| Some(NOW.0 + 900 * DAY),
            &[one_run, Doubt::FutureTimes],
        ),
        ("none", |_| None, &[Doubt::NoTimes]),
    ];
    for (what, time, doubts) in times {
        let families = found(&dated(time));
        assert_eq!(families.len(), 1, "{what}");
        let family = &families[0];
        assert_eq!(family.first, Some(Timestamp(START)), "{what}");
        assert_eq!(family.last, Some(Timestamp(START + 59 * DAY)), "{what}");
        assert_eq!(family.disposition, Disposition::Output, "{what}");
        assert_eq!(family.growth_per_day, Some(4096), "{what}");
        assert_eq!(family.doubts, doubts, "{what}");
    }
    // Counters have only their files' times: without these there is no pace, and none is made up.
    let counted = |time: Option<i64>| -> Vec<Row> {
        (0..60)
            .map(|n| (format!("/out/batch-{n:05}.bin").into_bytes(), 4096, time))
            .collect()
    };
    for (time, doubt) in [
        (None, Doubt::NoTimes),
        (Some(START), Doubt::OneRun { named: false }),
    ] {
        let families = found(&counted(time));
        assert_eq!(families.len(), 1);
        assert_eq!(families[0].writer, Writer::Unknown);
        assert_eq!(families[0].cadence, None);
        assert_eq!(families[0].growth_per_day, None);
        assert_eq!(families[0].doubts, [doubt]);
    }
}

#[test]
fn a_day_that_may_be_a_month_is_said_to_be_one_of_them() {
    let rows = |days: std::ops::Range<i64>, time: fn(i64) -> Option<i64>| -> Vec<Row> {
        let dates = (1..7).flat_map(|month| days.clone().map(move |day| (month, day)));
        dates
            .map(|(month, day)| {
                let at = Timestamp::from_civil(2024, month, day, 0, 0, 0).unwrap().0;
                let name = format!("/out/sales_{day:02}-{month:02}-2024.csv");
                (name.into_bytes(), 4096, time(at))
            })
            .collect()
    };
    let now = Timestamp::from_civil(2024, 7, 1, 0, 0, 0).unwrap();
    for (days, time, doubted) in [
        (1..13, (|_| None) as fn(i64) -> Option<i64>, true),
        (1..13, |_| Some(START), true),
        (1..13, Some, false),
        (1..29, |_| None, false),
    ] {
        let families = find(&grow(&rows(days, time), Rooting::Path, None), now);
        assert_eq!(families.len(), 1);
        assert_eq!(text(&families[0].template), "/out/sales_{date}.csv");
        let says = families[0].doubts.contains(&Doubt::DayOrMonth);
        assert_eq!(says, doubted, "{:?}", families[0].doubts);
    }
}
