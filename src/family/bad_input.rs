//! What makes families hard to tell, and what is still said of them then.

use super::tests::{Draw, Row, START, grow, text};
use super::{Disposition, Family, Writer, find};
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
    let outputs: Vec<Family> = found(&rows)
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
}

#[test]
fn times_that_say_nothing_leave_those_of_the_names() {
    type Time = fn(i64) -> Option<i64>;
    let times: [(&str, Time); 3] = [
        ("equal", |_| Some(START + 59 * DAY)),
        ("in the future", |_| Some(NOW.0 + 900 * DAY)),
        ("none", |_| None),
    ];
    for (what, time) in times {
        let families = found(&dated(time));
        assert_eq!(families.len(), 1, "{what}");
        let family = &families[0];
        assert_eq!(family.first, Some(Timestamp(START)), "{what}");
        assert_eq!(family.last, Some(Timestamp(START + 59 * DAY)), "{what}");
        assert_eq!(family.disposition, Disposition::Output, "{what}");
        assert_eq!(family.growth_per_day, Some(4096), "{what}");
    }
    // Counters have only their files' times: without these there is no pace, and none is made up.
    let counted = |time: Option<i64>| -> Vec<Row> {
        (0..60)
            .map(|n| (format!("/out/batch-{n:05}.bin").into_bytes(), 4096, time))
            .collect()
    };
    for time in [None, Some(START)] {
        let families = found(&counted(time));
        assert_eq!(families.len(), 1);
        assert_eq!(families[0].writer, Writer::Unknown);
        assert_eq!(families[0].cadence, None);
        assert_eq!(families[0].growth_per_day, None);
    }
}
