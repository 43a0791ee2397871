//! Rules on a machine that runs: timers, masks, drop-ins, stamps.

use std::collections::BTreeMap;

use crate::entry::RuleFile;
use crate::rules::machine::Machine;
use crate::rules::model::{Format, Tri};
use crate::rules::{RuleSet, read_on};
use crate::time::{Age, Timestamp};

/// A machine made of texts, with what else is there.
#[derive(Default)]
struct Host {
    files: BTreeMap<Vec<u8>, RuleFile>,
}

impl Host {
    fn with(mut self, path: &str, text: &str) -> Self {
        let file = RuleFile {
            path: path.as_bytes().to_vec(),
            read_from: path.as_bytes().to_vec(),
            contents: text.as_bytes().to_vec(),
            mode: None,
            uid: None,
            mtime: Some(Timestamp(1000)),
        };
        self.files.insert(file.path.clone(), file);
        self
    }

    /// The same with systemd in charge.
    fn booted(self) -> Self {
        self.with("/run/systemd/system", "")
    }

    fn enabled(self, timer: &str) -> Self {
        self.with(
            &format!("/etc/systemd/system/timers.target.wants/{timer}"),
            "",
        )
    }

    fn rules(mut self) -> RuleSet {
        let holds_rules = |path: &&Vec<u8>| {
            path.starts_with(b"/etc/cron")
                || path.starts_with(b"/etc/logrotate")
                || path.ends_with(b".timer") && !path.ends_with(b"wants/a.timer")
                || path.windows(11).any(|w| w == b"/tmpfiles.d")
        };
        let files: Vec<RuleFile> = self
            .files
            .iter()
            .filter(|(path, _)| holds_rules(path))
            .map(|(_, file)| file.clone())
            .collect();
        read_on(&files, &mut self)
    }
}

impl Machine for Host {
    fn load(&mut self, path: &[u8]) -> Option<RuleFile> {
        self.files.get(path).cloned()
    }

    fn list(&mut self, folder: &[u8]) -> Vec<Vec<u8>> {
        let below = self.files.keys().filter_map(|path| {
            let name = path.strip_prefix(folder)?.strip_prefix(b"/")?;
            (!name.contains(&b'/')).then(|| name.to_vec())
        });
        below.collect()
    }

    fn is_there(&mut self, path: &[u8]) -> Tri {
        self.files.contains_key(path).into()
    }

    fn is_live(&self) -> bool {
        true
    }
}

const TIMER: &str = "[Timer]\nOnCalendar=*:09,39\nPersistent=true\n";
const SERVICE: &str = "[Service]\nExecStart=/usr/bin/find /s -name x* -cmin +30 -delete\n";
const TIMER_PATH: &str = "/usr/lib/systemd/system/a.timer";
const SERVICE_PATH: &str = "/usr/lib/systemd/system/a.service";

fn host() -> Host {
    Host::default()
        .with(TIMER_PATH, TIMER)
        .with(SERVICE_PATH, SERVICE)
}

#[test]
fn the_timer_does_the_work_and_the_crontab_stands_aside() {
    let cron = "9,39 * * * * root [ ! -d /run/systemd/system ] && find /s -cmin +30 -delete\n";
    let set = host()
        .booted()
        .enabled("a.timer")
        .with("/etc/cron.d/a", cron)
        .rules();
    let [by_cron, by_timer] = set.rules.as_slice() else {
        panic!("{set:?}");
    };
    assert_eq!(by_cron.format, Format::Cron);
    assert!(by_cron.gates[0].is_closed());
    assert_eq!(by_timer.format, Format::Timer);
    assert_eq!(by_timer.disabled, None);
    assert_eq!(by_timer.max_gap, Some(Age(1800)));
    assert_eq!((by_timer.line, by_timer.via[0].line), (2, 2));
    assert_eq!(
        by_timer.text,
        b"/usr/bin/find /s -name x* -cmin +30 -delete"
    );
    assert_eq!(set.not_running, Vec::<String>::new());
}

#[test]
fn a_timer_that_does_not_run_says_why() {
    let reason = |host: Host| host.rules().rules[0].disabled.clone();
    assert_eq!(reason(host().booted().enabled("a.timer")), None);
    let not_enabled = reason(host().booted());
    assert_eq!(not_enabled.as_deref(), Some("a.timer is not enabled"));
    let no_systemd = reason(host().enabled("a.timer"));
    assert_eq!(
        no_systemd.as_deref(),
        Some("systemd does not run on this machine")
    );
    let masked = host()
        .booted()
        .enabled("a.timer")
        .with("/etc/systemd/system/a.timer", "");
    let masked = reason(masked);
    assert_eq!(
        masked.as_deref(),
        Some("a.timer is masked by /etc/systemd/system/a.timer")
    );
    let boot = host()
        .booted()
        .enabled("a.timer")
        .with(TIMER_PATH, "[Timer]\nOnBootSec=5min\n");
    let boot = reason(boot);
    assert_eq!(
        boot.as_deref(),
        Some("its timer runs it once after boot only")
    );
}

#[test]
fn drop_ins_and_stamps_count() {
    let set = host()
        .booted()
        .enabled("a.timer")
        .with(
            "/etc/systemd/system/a.service.d/local.conf",
            "[Service]\nEnvironment=DIR=/other\nExecStart=\nExecStart=-/bin/rm -f ${DIR}/x\n",
        )
        .with("/var/lib/systemd/timers/stamp-a.timer", "")
        .rules();
    let [rule] = set.rules.as_slice() else {
        panic!("{set:?}");
    };
    assert_eq!(rule.file, b"/etc/systemd/system/a.service.d/local.conf");
    assert_eq!(rule.text, b"/bin/rm -f ${DIR}/x");
    assert_eq!(rule.sweeps[0].roots[0].literal().unwrap(), b"/other/x");
    assert_eq!(rule.traces[0].when, Timestamp(1000));
}

#[test]
fn logrotate_has_its_state_and_its_runner() {
    let state =
        "logrotate state -- version 2\n\"/l/a.log\" 2026-9-20-0:0:0\n\"/m/b.log\" 2026-9-20\n";
    let host = Host::default()
        .booted()
        .with(
            "/etc/logrotate.conf",
            "weekly\nrotate 4\ninclude /etc/logrotate.d\n",
        )
        .with(
            "/etc/logrotate.d/a",
            "/l/*.log {\n  daily\n}\n/n/x.log {\n}\n",
        )
        .with("/etc/logrotate.d/b.dpkg-old", "/old/*.log {\n}\n")
        .with("/var/lib/logrotate/status", state);
    let set = host.rules();
    assert_eq!(set.rules.len(), 2, "{set:?}");
    let rule = &set.rules[0];
    let rotation = rule.rotation.as_ref().unwrap();
    assert_eq!((rotation.keep, rotation.seen.len()), (4, 1));
    assert_eq!(rule.max_gap, Some(Age(86_400)));
    assert_eq!(set.rules[1].max_gap, Some(Age(7 * 86_400)));
    assert_eq!(rule.traces[0].file, b"/var/lib/logrotate/status");
    assert_eq!(
        rule.disabled.as_deref(),
        Some("there is no logrotate.timer")
    );
}

#[test]
fn cron_that_does_not_run_is_noted() {
    let table = "1 1 * * * root find /a -delete\n";
    let dead = Host::default().with("/etc/cron.d/a", table).rules();
    assert_eq!(dead.not_running.len(), 1);
    let alive = Host::default()
        .with("/etc/cron.d/a", table)
        .with("/run/crond.pid", "1\n");
    assert!(alive.rules().not_running.is_empty());
}
