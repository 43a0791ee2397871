//! Test results in JUnit's XML: a suite with one case for each volume and each finding.
//!
//! The shape is the strictest one in use, the schema of Apache Ant's `junitreport`, which the
//! readers of GitLab, Jenkins and Azure accept as well: a suite has its counts, time stamp and host
//! (`localhost`, as the schema says where it is not known), properties and both outputs. What is
//! short is a failure, what nobody can tell an error.

use std::fmt::Write as _;

use crate::report::escape::escape;

use super::{Check, State, Target, sentence};

/// Writes the document.
#[must_use]
pub fn document(check: &Check) -> String {
    let count = |wanted: &dyn Fn(State) -> bool| {
        let targets = check.targets.iter().filter(|target| wanted(target.state));
        targets.count()
    };
    let failures = count(&|s| matches!(s, State::Short | State::ShortFixable));
    let errors = count(&|s| s == State::Unknown);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    let _infallible = write!(
        out,
        "  <testsuite name=\"jettison check\" package=\"jettison\" id=\"0\" timestamp=\"{}\" \
         hostname=\"localhost\" tests=\"{}\" failures=\"{}\" errors=\"{errors}\" time=\"0\">\n    \
         <properties>\n      <property name=\"need\" value=\"{}\"/>\n    </properties>\n",
        check.at.to_string().trim_end_matches('Z'),
        check.targets.len() + check.findings.len(),
        failures + check.findings.len(),
        text(&check.asked),
    );
    for (target, name) in check.targets.iter().zip(check.labels()) {
        case(&mut out, &name, verdict(check, target));
    }
    for finding in &check.findings {
        let failed = Some(("failure", finding.code, finding.message.clone()));
        case(&mut out, &escape(&finding.subject), failed);
    }
    out += "    <system-out/>\n    <system-err/>\n  </testsuite>\n</testsuites>\n";
    out
}

/// The element, type and message of what is not well.
fn verdict(check: &Check, target: &Target) -> Option<(&'static str, &'static str, String)> {
    let element = match target.state {
        State::Ok => return None,
        State::Short | State::ShortFixable => "failure",
        State::Unknown => "error",
    };
    let mut message = sentence(check, target);
    if target.available.is_some() && !target.reasons.is_empty() {
        message += &format!("; {}", target.reasons.join("; "));
    }
    if let Some(next) = &target.next {
        message += &format!(": {next}");
    }
    Some((element, target.state.word(), message))
}

fn case(out: &mut String, name: &str, failed: Option<(&str, &str, String)>) {
    let name = text(name);
    let head = format!("    <testcase name=\"{name}\" classname=\"jettison.check\" time=\"0\"");
    let _infallible = match failed {
        None => writeln!(out, "{head}/>"),
        Some((element, kind, message)) => {
            let message = text(&message);
            writeln!(
                out,
                "{head}>\n      <{element} type=\"{kind}\" message=\"{message}\">{message}</{element}>\n    </testcase>"
            )
        }
    };
}

/// Text for an element or an attribute; what XML 1.0 can not hold at all becomes a space.
fn text(plain: &str) -> String {
    let mut out = String::new();
    for c in plain.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&apos;",
            '\u{fffe}' | '\u{ffff}' => out.push(' '),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Warning;
    use super::super::tests::{ALL, check, hostile, target};
    use super::*;

    /// An element: its name, its attributes, what is in it.
    #[derive(Debug)]
    struct Element {
        name: String,
        attributes: Vec<(String, String)>,
        children: Vec<Self>,
        text: String,
    }

    impl Element {
        fn get(&self, name: &str) -> &str {
            let found = self.attributes.iter().find(|a| a.0 == name);
            found.map_or_else(|| panic!("{} has no {name}", self.name), |a| &a.1)
        }
    }

    /// Reads the part of XML that is written here, and refuses everything else.
    fn parse(xml: &str) -> Element {
        let prolog = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        let mut rest = xml.strip_prefix(prolog).expect("a prolog");
        let mut open: Vec<Element> = Vec::new();
        loop {
            let at = rest.find('<').expect("a tag");
            let words = undo(&rest[..at]);
            if let Some(top) = open.last_mut() {
                top.text += words.trim();
            }
            let end = rest.find('>').expect("the end of a tag");
            let tag = &rest[at + 1..end];
            rest = &rest[end + 1..];
            if let Some(name) = tag.strip_prefix('/') {
                let element = open.pop().expect("an open element");
                assert_eq!(element.name, name);
                match open.last_mut() {
                    Some(above) => above.children.push(element),
                    None => {
                        assert_eq!(rest.trim(), "", "more than one root");
                        return element;
                    }
                }
                continue;
            }
            let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |t| (t, true));
            let element = begin(tag);
            match open.last_mut() {
                Some(above) if is_empty => above.children.push(element),
                _ => open.push(element),
            }
        }
    }

    fn begin(tag: &str) -> Element {
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes: Vec<(String, String)> = Vec::new();
        while !rest.trim().is_empty() {
            let (key, after) = rest.trim().split_once("=\"").expect("an attribute");
            let (value, after) = after.split_once('"').expect("its end");
            assert!(!value.contains('<'), "{value}");
            assert!(
                attributes.iter().all(|a| a.0 != key),
                "{key} is there twice"
            );
            attributes.push((key.to_owned(), undo(value)));
            rest = after;
        }
        Element {
            name: name.to_owned(),
            attributes,
            children: Vec::new(),
            text: String::new(),
        }
    }

    fn undo(text: &str) -> String {
        let ampersands = text.matches('&').count();
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"];
        let entities: usize = known.iter().map(|e| text.matches(e).count()).sum();
        assert_eq!(ampersands, entities, "a bare ampersand: {text}");
        text.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&apos;", "'")
            .replace("&amp;", "&")
    }

    #[test]
    fn no_name_breaks_the_document_or_its_counts() {
        for state in ALL {
            let check = hostile(state);
            let xml = document(&check);
            // XML 1.0, 2.2: what is no character of a document, whatever its escape.
            let is_legal = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
            assert!(xml.chars().all(is_legal), "{xml:?}");
            let root = parse(&xml);
            let suite = &root.children[0];
            let cases = suite.children.iter().filter(|c| c.name == "testcase");
            let bad = |kind: &str| {
                let bad = |case: &&Element| case.children.iter().any(|c| c.name == kind);
                cases.clone().filter(bad).count().to_string()
            };
            assert_eq!(suite.get("tests"), cases.clone().count().to_string());
            assert_eq!(suite.get("failures"), bad("failure"));
            assert_eq!(suite.get("errors"), bad("error"));
            let mut names: Vec<&str> = cases.clone().map(|case| case.get("name")).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), check.targets.len() + check.findings.len());
            // ISO 8601 without a zone, as the schema's pattern wants it.
            let stamp: Vec<char> = suite.get("timestamp").chars().collect();
            let shape: String = stamp
                .iter()
                .map(|c| if c.is_ascii_digit() { '0' } else { *c })
                .collect();
            assert_eq!(shape, "0000-00-00T00:00:00");
        }
    }

    #[test]
    fn the_document_has_the_shape_of_its_schema() {
        let odd = target(b"/<b a=\"1\">&'\x1b]]>", 1 << 30, 2 << 30, State::Short);
        let fine = target(b"/", 9 << 30, 2 << 30, State::Ok);
        let lost = Target::unknown(b"/gone", "it does not answer".to_owned());
        let mut check = check(vec![fine, odd, lost]);
        check.findings.push(Warning {
            code: "failing-writer",
            subject: b"/d/{date}.csv".to_vec(),
            message: "the last 2 are missing".to_owned(),
        });
        let root = parse(&document(&check));
        assert_eq!(root.name, "testsuites");
        let suite = &root.children[0];
        let told = [
            "tests",
            "failures",
            "errors",
            "timestamp",
            "hostname",
            "time",
            "id",
            "package",
        ]
        .map(|name| suite.get(name));
        let expected = [
            "4",
            "2",
            "1",
            "2024-06-13T06:00:00",
            "localhost",
            "0",
            "0",
            "jettison",
        ];
        assert_eq!(told, expected);
        let order: Vec<&str> = suite.children.iter().map(|c| c.name.as_str()).collect();
        let case = "testcase";
        let expected = [
            "properties",
            case,
            case,
            case,
            case,
            "system-out",
            "system-err",
        ];
        assert_eq!(order, expected);
        let cases = &suite.children[1..5];
        for case in cases {
            assert_eq!(case.get("classname"), "jettison.check");
            assert_eq!(case.get("time"), "0");
        }
        assert!(cases[0].children.is_empty());
        assert_eq!(cases[1].get("name"), "/<b a=\"1\">&'\\x1b]]>");
        let failure = &cases[1].children[0];
        assert_eq!(
            (failure.name.as_str(), failure.get("type")),
            ("failure", "short")
        );
        assert_eq!(failure.get("message"), failure.text);
        assert!(failure.text.ends_with("has 1.0 GiB of the 2.0 GiB needed"));
        let error = &cases[2].children[0];
        assert_eq!(
            (error.name.as_str(), error.get("type")),
            ("error", "unknown")
        );
        assert_eq!(cases[3].children[0].get("type"), "failing-writer");
    }
}
