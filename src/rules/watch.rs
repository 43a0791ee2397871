//! Whether anything on a machine would tell of a full disk: an agent that is installed, or a job
//! of its own that asks.
//!
//! Limits: an agent that is installed need not be set up, and one that reads from outside (over
//! SSH, from the hypervisor) leaves nothing here. So what is found is never called an alert, and
//! what is not found is a warning only.

use crate::entry::RuleFile;
use crate::rules::machine::Machine;
use crate::rules::model::Tri;

/// Programs that watch disks, where packages put them.
const AGENTS: [&[u8]; 22] = [
    b"/usr/bin/prometheus-node-exporter",
    b"/usr/bin/node_exporter",
    b"/usr/sbin/node_exporter",
    b"/usr/local/bin/node_exporter",
    b"/usr/sbin/zabbix_agentd",
    b"/usr/sbin/zabbix_agent2",
    b"/usr/bin/monit",
    b"/usr/sbin/nrpe",
    b"/usr/sbin/icinga2",
    b"/usr/bin/telegraf",
    b"/usr/sbin/collectd",
    b"/usr/sbin/netdata",
    b"/usr/bin/check_mk_agent",
    b"/usr/sbin/munin-node",
    b"/usr/share/metricbeat",
    b"/usr/bin/grafana-agent",
    b"/usr/bin/alloy",
    b"/usr/bin/otelcol",
    b"/opt/datadog-agent",
    b"/opt/aws/amazon-cloudwatch-agent",
    b"/opt/google-cloud-ops-agent",
    b"/usr/sbin/snmpd",
];

/// Words of a job that asks how full a disk is.
const QUESTIONS: [&[u8]; 4] = [b"df", b"check_disk", b"jettison", b"duf"];

/// What is said of a machine on which nothing watches; `None`: something does, or nobody can tell.
pub(super) fn missing(files: &[RuleFile], machine: &mut dyn Machine) -> Option<String> {
    if !machine.is_live() || files.iter().any(|file| asks(&file.contents)) {
        return None;
    }
    let is_gone = |machine: &mut dyn Machine, path: &[u8]| machine.is_there(path) == Tri::False;
    AGENTS.iter().all(|path| is_gone(machine, path)).then(|| {
        "nothing was found that would tell of a full disk: no agent that watches it, no job that asks".to_owned()
    })
}

/// Whether a line that is no comment has one of the words.
fn asks(text: &[u8]) -> bool {
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let lines = text.split(|&b| b == b'\n');
    let lines = lines.filter(|line| !line.trim_ascii_start().starts_with(b"#"));
    lines
        .flat_map(|line| line.split(move |b| !is_word(b)))
        .any(|word| QUESTIONS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_asks_is_known_by_its_words() {
        assert!(asks(b"0 * * * * root df -h / | mail -s full ops\n"));
        assert!(asks(
            b"x\n0 6 * * * root /usr/bin/jettison check / --need apt\n"
        ));
        assert!(!asks(
            b"# df -h\n0 * * * * root find /a -name x.pdf -delete\n"
        ));
    }
}
