//! Docker: what a container's log may grow to.

use super::{Bound, Cap, Limit, Owner, bytes};
use crate::rules::machine::Machine;
use crate::rules::model::{Place, Tri};

const FILE: &[u8] = b"/etc/docker/daemon.json";
const FOLDER: &[u8] = b"/var/lib/docker/containers";

/// The logs of a machine that has docker.
pub(super) fn read(machine: &mut dyn Machine) -> Option<Cap> {
    let file = machine.load(FILE);
    if file.is_none() && machine.is_there(FOLDER) != Tri::True {
        return None;
    }
    let contents = file.map(|file| file.contents).unwrap_or_default();
    // What cannot be read does not start, and bounds nothing.
    let told: serde_json::Value = serde_json::from_slice(&contents).unwrap_or_default();
    let driver = told["log-driver"].as_str().unwrap_or("json-file");
    let option = |name: &str| told["log-opts"][name].as_str();
    let size = option("max-size").and_then(|text| bytes(text.as_bytes()));
    let files = option("max-file").and_then(|text| text.parse().ok());
    let limit = match driver {
        "json-file" => size.map(|bytes| Limit::PerLog {
            bytes,
            files: files.unwrap_or(1),
        }),
        "local" => Some(Limit::PerLog {
            bytes: size.unwrap_or(20 << 20),
            files: files.unwrap_or(5),
        }),
        // Other drivers keep nothing here.
        _ => return None,
    };
    let mark = if size.is_some() {
        "max-size"
    } else {
        "log-driver"
    };
    let text = match (size, option("max-size"), option("max-file")) {
        (Some(_), Some(size), Some(files)) => format!("max-size={size}, max-file={files}"),
        (Some(_), Some(size), None) => format!("max-size={size}"),
        _ => format!("log-driver={driver}"),
    };
    Some(Cap {
        owner: Owner::DockerLogs,
        folders: vec![FOLDER.to_vec()],
        bounds: limit
            .map(|limit| Bound {
                text,
                said: Some(Place {
                    file: FILE.to_vec(),
                    line: line_of(&contents, mark),
                }),
                limit,
            })
            .into_iter()
            .collect(),
        remedy: "\"log-opts\": {\"max-size\": \"10m\", \"max-file\": \"3\"} in /etc/docker/daemon.json, for containers created afterwards",
    })
}

/// The line of the first mention of a key.
fn line_of(text: &[u8], key: &str) -> u64 {
    let quoted = format!("\"{key}\"");
    let holds = |line: &&[u8]| line.windows(quoted.len()).any(|w| w == quoted.as_bytes());
    let mut lines = (1u64..).zip(text.split(|&b| b == b'\n'));
    lines.find(|(_, line)| holds(line)).map_or(1, |(n, _)| n)
}
