//! What a job is going to write, before it has: a tree of samples for its templates.
//!
//! A template names its variables in braces (`/data/ticker/{date}/{exchange}.csv`), or has
//! strftime's `%Y-%m-%d` or a `*` in their place. The samples are thirty days of a few values
//! each; an audit of them asks the rules what it would ask of the real files.

use std::collections::{BTreeMap, BTreeSet};

use crate::bytes::Interval;
use crate::entry::{Batch, Entry, Kind, Rooting, Sink as _, Token};
use crate::error::{Error, Result};
use crate::family::{Disposition, Family, Member, Side, Variable, VariableKind, Writer};
use crate::time::{Age, DAY, Timestamp};
use crate::tree::Tree;
use crate::tree::build::Builder;

const DAYS: u64 = 30;
const VALUES: [&str; 3] = ["NYSE", "b2", "long-name"];

/// Samples of what will be written.
#[derive(Debug)]
pub struct Expected {
    /// A tree of them.
    pub tree: Tree,
    /// A family for each template, in their order.
    pub families: Vec<Family>,
}

/// Makes samples for templates.
///
/// # Errors
/// A template that is not an absolute path, or whose braces do not close.
pub fn expect(templates: &[Vec<u8>], now: Timestamp) -> Result<Expected> {
    let mut samples = Vec::new();
    for template in templates {
        let parts = parts(template)?;
        let mut paths: BTreeMap<Vec<Vec<u8>>, Timestamp> = BTreeMap::new();
        for day in 0..DAYS {
            let time = Timestamp(now.0.saturating_sub_unsigned(day * DAY + 3600));
            for (index, value) in VALUES.iter().enumerate() {
                let path = render(&parts, time, day * 3 + index as u64, value);
                paths.insert(components(&path), time);
            }
        }
        samples.push((template, parts, paths));
    }
    let tree = tree(samples.iter().flat_map(|(_, _, paths)| paths), now)?;
    let families = samples
        .iter()
        .map(|(template, parts, paths)| family(&tree, template, parts, paths))
        .collect();
    Ok(Expected { tree, families })
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Vec<u8>),
    Variable(String),
    /// A conversion of strftime.
    Time(u8),
}

fn parts(template: &[u8]) -> Result<Vec<Part>> {
    let shown = String::from_utf8_lossy(template).into_owned();
    if !template.starts_with(b"/") {
        return Err(
            Error::usage(format!("--expect {shown}: not an absolute path")).with_hint(
                "write it as the machine sees it, such as /data/ticker/{date}/{exchange}.csv",
            ),
        );
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = template;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'{' => {
                let end = after.iter().position(|&b| b == b'}');
                let end = end.ok_or_else(|| {
                    Error::usage(format!("--expect {shown}: a `{{` is not closed"))
                })?;
                let name = String::from_utf8_lossy(&after[..end]).into_owned();
                parts.push(Part::Variable(name));
                rest = &after[end + 1..];
            }
            b'*' => parts.push(Part::Variable("value".to_owned())),
            b'%' if after.first().is_some_and(|b| b"YmdHMSsFj".contains(b)) => {
                parts.push(Part::Time(after[0]));
                rest = &after[1..];
            }
            _ => match parts.last_mut() {
                Some(Part::Text(text)) => text.push(byte),
                _ => parts.push(Part::Text(vec![byte])),
            },
        }
    }
    Ok(parts)
}

fn render(parts: &[Part], time: Timestamp, number: u64, value: &str) -> Vec<u8> {
    let mut path = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) => path.extend_from_slice(text),
            Part::Variable(name) => {
                path.extend(sample(&name.to_ascii_lowercase(), time, number, value).bytes());
            }
            Part::Time(conversion) => path.extend(converted(*conversion, time).bytes()),
        }
    }
    path
}

fn sample(name: &str, time: Timestamp, number: u64, value: &str) -> String {
    match name {
        "date" => time.date_text(),
        "year" => converted(b'Y', time),
        "month" => converted(b'm', time),
        "day" => converted(b'd', time),
        "hour" => converted(b'H', time),
        "minute" => converted(b'M', time),
        "epoch" => time.0.to_string(),
        "epoch_ms" => format!("{}000", time.0),
        "datetime" | "time" | "timestamp" | "datehour" => {
            format!("{}T{}", time.date_text(), converted(b'H', time))
        }
        "n" | "number" | "counter" | "ordinal" | "seq" | "index" | "frame" | "part"
        | "rotation" | "pid" => number.to_string(),
        _ => value.to_owned(),
    }
}

fn converted(conversion: u8, time: Timestamp) -> String {
    let [year, month, day, hour, minute, second] = time.civil().unwrap_or([1970, 1, 1, 0, 0, 0]);
    match conversion {
        b'Y' => format!("{year:04}"),
        b'm' => format!("{month:02}"),
        b'd' => format!("{day:02}"),
        b'H' => format!("{hour:02}"),
        b'M' => format!("{minute:02}"),
        b'S' => format!("{second:02}"),
        b's' => time.0.to_string(),
        b'j' => format!("{:03}", (month - 1) * 30 + day),
        _ => time.date_text(),
    }
}

fn components(path: &[u8]) -> Vec<Vec<u8>> {
    let names = path.split(|&b| b == b'/').filter(|name| !name.is_empty());
    names.map(<[u8]>::to_vec).collect()
}

/// The names in a directory: a directory, or a file with its time.
type Names = BTreeMap<Vec<u8>, Option<Timestamp>>;

/// A tree from `/` down to every sample, all of them empty files.
fn tree<'a>(
    samples: impl Iterator<Item = (&'a Vec<Vec<u8>>, &'a Timestamp)>,
    now: Timestamp,
) -> Result<Tree> {
    let mut listings: BTreeMap<(usize, Vec<Vec<u8>>), Names> = BTreeMap::new();
    listings.entry((0, Vec::new())).or_default();
    for (path, time) in samples {
        for end in 0..path.len() {
            let names = listings.entry((end, path[..end].to_vec())).or_default();
            let is_leaf = end + 1 == path.len();
            let entry = names.entry(path[end].clone()).or_insert(Some(*time));
            if !is_leaf {
                *entry = None;
            }
        }
    }
    // A sample that others lie below is a directory after all.
    let folders: BTreeSet<Vec<Vec<u8>>> = listings.keys().map(|(_, path)| path.clone()).collect();
    let tokens: BTreeMap<&Vec<Vec<u8>>, Token> = listings
        .keys()
        .zip(0u32..)
        .map(|((_, path), n)| (path, Token(n)))
        .collect();
    let empty = |name: &'a [u8], kind| Entry {
        apparent: Some(Interval::exactly(0)),
        disk: Some(Interval::exactly(0)),
        ..Entry::named(name, kind)
    };
    let mut builder = Builder::new();
    builder.root(empty(b"/", Kind::Dir), Rooting::Path);
    for ((_, folder), names) in &listings {
        let Some(&token) = tokens.get(folder) else {
            continue;
        };
        let mut batch = Batch::new(token);
        for (name, time) in names {
            let mut inner = folder.clone();
            inner.push(name.clone());
            let is_folder = folders.contains(&inner);
            batch.push(Entry {
                name,
                kind: if is_folder { Kind::Dir } else { Kind::File },
                mtime: Some(time.unwrap_or(now)),
                token: tokens.get(&inner).copied(),
                apparent: Some(Interval::exactly(0)),
                disk: Some(Interval::exactly(0)),
                link: None,
                device: None,
            });
        }
        builder.listing(&batch);
    }
    builder.finish()
}

fn family(
    tree: &Tree,
    template: &[u8],
    parts: &[Part],
    paths: &BTreeMap<Vec<Vec<u8>>, Timestamp>,
) -> Family {
    let mut members: Vec<Member> = paths
        .iter()
        .filter_map(|(path, &time)| {
            let path = [&b"/"[..], &path.join(&b'/')].concat();
            let node = tree.find(&path).filter(|&node| !tree.is_dir(node))?;
            Some(Member {
                node,
                time: Some(time),
            })
        })
        .collect();
    members.sort_by_key(|member| (member.time, member.node));
    let literal = match parts.first() {
        Some(Part::Text(text)) => text.as_slice(),
        _ => b"/",
    };
    let slash = literal.iter().rposition(|&b| b == b'/').unwrap_or(0);
    let root = if slash == 0 { b"/" } else { &literal[..slash] };
    let variables = parts.iter().filter_map(|part| match part {
        Part::Variable(name) => Some(name.clone()),
        Part::Time(_) => Some("date".to_owned()),
        Part::Text(_) => None,
    });
    Family {
        template: template.to_vec(),
        root: root.to_vec(),
        root_node: tree.find(root).unwrap_or(crate::tree::NodeId::ROOT),
        disposition: Disposition::Output,
        owner: None,
        confidence: 1.0,
        variables: variables
            .map(|name| Variable {
                kind: match name.as_str() {
                    "date" => VariableKind::Date,
                    _ => VariableKind::Categorical,
                },
                name,
            })
            .collect(),
        files: members.len() as u64,
        disk: Interval::exactly(0),
        apparent: Interval::exactly(0),
        first: members.first().and_then(|member| member.time),
        last: members.last().and_then(|member| member.time),
        cadence: Some(Age(DAY)),
        growth_per_day: None,
        writer: Writer::Unknown,
        periods: 0,
        missing: Vec::new(),
        failing: None,
        doubts: Vec::new(),
        side: Side::default(),
        past: crate::family::Past::default(),
        lineage: Vec::new(),
        members: members.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_718_258_400);

    #[test]
    fn samples_are_made_of_every_form() {
        for (template, sample, files) in [
            (
                "/data/{date}/{exchange}.csv",
                "/data/2024-06-13/NYSE.csv",
                90,
            ),
            ("/d/%Y/%m/%d/x.log", "/d/2024/06/13/x.log", 30),
            ("/d/*.csv", "/d/b2.csv", 3),
            ("/d/x.csv", "/d/x.csv", 1),
            ("/{name}", "/NYSE", 3),
        ] {
            let expected = expect(&[template.as_bytes().to_vec()], NOW).unwrap();
            assert!(
                expected.tree.find(sample.as_bytes()).is_some(),
                "{template}"
            );
            assert_eq!(expected.families[0].files, files, "{template}");
        }
    }

    #[test]
    fn what_is_no_template_is_refused() {
        assert!(expect(&[b"data/x".to_vec()], NOW).is_err());
        assert!(expect(&[b"/data/{x".to_vec()], NOW).is_err());
        // One template's file is another's directory.
        let both = [b"/d/{x}".to_vec(), b"/d/NYSE/y".to_vec()];
        assert_eq!(expect(&both, NOW).unwrap().families[0].files, 2);
    }
}
