//! Real output against the JSON Schema files.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::dir::{Dir, jettison_in};

/// The schema of a document, with the files that it refers to.
fn schema(name: &str) -> jsonschema::Validator {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let load = |file: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(folder.join(file)).unwrap()).unwrap()
    };
    let base = "json-schema:///";
    let mut registry = jsonschema::Registry::new();
    for file in fs::read_dir(&folder).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        let resource = jsonschema::Resource::from_contents(load(&file));
        registry = registry.add(format!("{base}{file}"), resource).unwrap();
    }
    let registry = registry.prepare().unwrap();
    jsonschema::options()
        .with_registry(&registry)
        .with_base_uri(format!("{base}{name}"))
        .build(&load(name))
        .unwrap()
}

/// Whether the document is what the schema says; the `$schema` word names the file.
pub(crate) fn check(document: &Value, context: &str) {
    let name = document["schema"].as_str().unwrap().replace('/', ".") + ".json";
    let errors: Vec<String> = schema(&name)
        .iter_errors(document)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(
        errors.is_empty(),
        "{context}\n{}\n{document:#}",
        errors.join("\n")
    );
}

#[test]
fn documents_are_what_the_schemas_say() {
    let dir = Dir::new();
    for day in 1..29 {
        for exchange in ["NYSE", "LSE", "XETR"] {
            dir.file(format!("tree/data/2024-02-{day:02}/{exchange}.csv"), 5000);
        }
    }
    dir.file("tree/proj/Cargo.toml", 10);
    dir.file("tree/proj/target/debug/x", 9000);
    dir.named(b"tree/raw\xff", 100);
    let root = dir.join("tree");
    let root = root.to_str().unwrap();
    let rule =
        format!("0 4 * * * root find {root}/data -maxdepth 1 -name '*.csv' -mtime +14 -delete\n");
    dir.write("etc-of/etc/cron.d/clean", rule);
    dir.write(
        "rounded.txt",
        "u@h:/d$ ls -lah\ntotal 8.0K\n-rw-r--r-- 1 u u 1.5K Jan  2  2024 a\n",
    );
    dir.write("parts.json", r#"{"parts": [{"path": "/", "bytes": 5}]}"#);
    for line in [
        "scan tree --format json",
        "scan tree --format json --depth 1",
        "scan rounded.txt --format json",
        "scan rounded.txt --format json --since 1y",
        "scan tree --format json --since 1h",
        "scan tree --format json --by user",
        "scan tree tree/data --format json",
        "scan tree rounded.txt --format json",
        "audit tree --format json --rules etc-of",
        "audit tree --format json --rules etc-of --members",
        "audit rounded.txt --format json",
        "why tree tree/data/2024-02-03/LSE.csv --format json --rules etc-of",
        "why tree tree/proj --format json --rules etc-of",
        "plan tree --format json --free 1K --rules etc-of",
        "plan tree --format json --free 8K --rules etc-of --smallest directory --max-risk unknown",
        "plan tree --format json --free 100T --rules etc-of",
        "plan tree --format json --need 0 --rules etc-of",
        "plan rounded.txt --format json --need 10% --capacity 5K",
        "check tree --format json --need 1 --rules etc-of",
        "check tree --format json --need 90T --horizon 7d --rules etc-of",
        "check tree --format json --need 8K --available 1K --floor 5% --rules etc-of",
        "check tree --format json --need @parts.json --rules etc-of",
        "check tree --format json --need @missing.json --rules etc-of",
        "check rounded.txt --format json --need 10% --capacity 5K",
        "report tree --format json --rules etc-of",
        "report tree --format json --need 90% --rules etc-of",
        "report rounded.txt --format json --need 1M --capacity 2K",
    ] {
        let run = jettison_in(&dir.path(), line.split(' '), b"");
        assert!(run.code <= 3, "{}", run.story());
        check(&run.json(), line);
    }
}
