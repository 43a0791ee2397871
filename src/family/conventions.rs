//! Conventions of many systems, each with who may remove what it writes. None is looked up by its
//! name: what is asked here is whether the general rules carry that far.

use super::tests::{Draw, Row, START, grow, text};
use super::{Disposition, Family, find};
use crate::entry::Rooting;
use crate::time::Timestamp;

/// Who may remove the files of a convention.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Whose {
    /// Their job: nearly all are in families of disposition output, no more than so many.
    Output(usize),
    /// A running program.
    Managed,
    /// Nobody: not one is in a family of disposition output.
    Keep,
}

use Whose::{Keep, Managed, Output};

const DAY: i64 = 86_400;
const HOUR: i64 = 3600;
/// All files came at once.
const ONCE: i64 = 0;

/// Files by their paths: `%Y %y %m %d %H %M %S %j %s` is the time of a period, `#5` its number
/// in five digits (`#` in as many as it takes, `~` counted from the newest), `@8` eight
/// hexadecimal digits drawn anew for each file, `&6` six of letters and digits, `!6` of Crockford's, `{a|b}` each
/// in turn; and files that stand beside them.
struct Convention {
    paths: &'static [&'static str],
    beside: &'static [&'static str],
    step: i64,
    periods: i64,
    whose: Whose,
}

const fn every(
    step: i64,
    periods: i64,
    paths: &'static [&'static str],
    beside: &'static [&'static str],
    whose: Whose,
) -> Convention {
    Convention {
        paths,
        beside,
        step,
        periods,
        whose,
    }
}

const CONVENTIONS: [Convention; 112] = [
    // Logs.
    every(
        DAY,
        40,
        &["/var/log/nginx/access.log-%Y%m%d.gz"],
        &["/var/log/nginx/access.log"],
        Output(1),
    ),
    every(
        DAY,
        40,
        &["/var/log/{httpd|nginx}/{access|error}_log-%Y%m%d"],
        &[],
        Output(4),
    ),
    every(
        DAY,
        14,
        &["/var/log/syslog.~.gz"],
        &["/var/log/syslog"],
        Output(1),
    ),
    every(DAY, 9, &["/var/log/{auth|kern|mail}.log.~"], &[], Output(3)),
    every(
        HOUR,
        90,
        &["/srv/logs/haproxy-%Y%m%d%H.log"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        60,
        &["/opt/app/logs/server.log.%Y-%m-%d"],
        &["/opt/app/logs/server.log"],
        Output(1),
    ),
    every(
        DAY,
        60,
        &["/opt/app/logs/gc-%Y-%m-%d_%H-%M-%S.log"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        60,
        &["/inetpub/logs/LogFiles/W3SVC1/u_ex%y%m%d.log"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        40,
        &["/var/log/pods/shop_{web|api}-@10-@5_@8-1111-4222-8333-@12/app/~.log"],
        &[],
        Output(2),
    ),
    every(HOUR, 60, &["/var/log/atop/atop_%Y%m%d"], &[], Output(1)),
    every(DAY, 28, &["/var/log/sysstat/sa%d"], &[], Output(1)),
    every(
        DAY,
        40,
        &["/var/log/postgresql/postgresql-%Y-%m-%d_%H%M%S.{log|csv}"],
        &[],
        Output(2),
    ),
    every(HOUR, 60, &["/logs/cron/cron.%s"], &[], Output(1)),
    every(
        DAY,
        50,
        &["/u01/diag/rdbms/orcl/trace/orcl_ora_#5.trc"],
        &[],
        Output(1),
    ),
    // Schedulers, builds, tests.
    every(
        DAY,
        40,
        &["/opt/airflow/logs/{etl|load}/{extract|check}/%Y-%m-%dT00:00:00+00:00/1.log"],
        &[],
        Output(2),
    ),
    every(
        DAY,
        40,
        &[
            "/opt/airflow/logs/dag_id=etl/run_id=scheduled__%Y-%m-%dT03:00:00+00:00/task_id={extract|load}/attempt=1.log",
        ],
        &[],
        Output(1),
    ),
    every(
        DAY,
        60,
        &["/var/lib/jenkins/jobs/site/builds/#/log"],
        &["/var/lib/jenkins/config.xml"],
        Output(1),
    ),
    every(
        DAY,
        60,
        &["/srv/gitlab/shared/artifacts/aa/bb/%Y_%m_%d/#/@20/artifacts.zip"],
        &[],
        Output(3),
    ),
    every(HOUR, 60, &["/srv/perf/results-%s.jtl"], &[], Output(1)),
    every(
        HOUR,
        60,
        &["/srv/perf/basicsimulation-%Y%m%d%H%M%S123/simulation.log"],
        &[],
        Output(1),
    ),
    every(DAY, 40, &["/scratch/slurm/slurm-#7.out"], &[], Output(1)),
    every(
        DAY,
        40,
        &["/scratch/slurm/array-#6_{0|1|2|3}.{out|err}"],
        &[],
        Output(2),
    ),
    // Backups.
    every(
        DAY,
        40,
        &["/backup/pg/base_%Y%m%dT020000/base.tar.gz"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        40,
        &["/backup/{crm|orders|billing}-%Y-%m-%d-0300.sql.gz"],
        &[],
        Output(3),
    ),
    every(
        DAY,
        30,
        &["/backup/mysql/%Y-%m-%d_03h00m.Monday/{crm|shop}.sql.gz"],
        &[],
        Output(2),
    ),
    every(
        DAY,
        40,
        &["/backup/etcd/etcd-snapshot-node1-%s"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        40,
        &["/var/backups/mongo/dump-%Y%m%d%H%M.archive.gz"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        40,
        &["/var/lib/vz/dump/vzdump-qemu-{100|101}-%Y_%m_%d-%H_%M_%S.vma.zst"],
        &[],
        Output(2),
    ),
    // Market data.
    every(
        DAY,
        40,
        &["/data/ticks/%Y-%m-%d/{AAPL|BRK.A|BRK.B|MSFT|GE}.csv.gz"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        40,
        &["/data/ticks/%Y/%m/%d/{AAPL|BF.B|MSFT}_%Y%m%d.bin"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        40,
        &["/data/fix/FIX.4.4-{BUYER|MAKER}-EXCH-%Y%m%d.messages.log"],
        &[],
        Output(2),
    ),
    every(
        DAY,
        40,
        &["/data/eod/{XNYS|XNAS|XLON}_%d-%m-%Y.txt"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        40,
        &["/data/pcap/md-{a|b}_%Y%m%d_%H%M%S.pcap"],
        &[],
        Output(2),
    ),
    // Analytics.
    every(
        DAY,
        30,
        &[
            "/lake/sales/year=%Y/month=%m/day=%d/part-{00000|00001|00002}-@8-1111-4222-8333-@12.c000.snappy.parquet",
        ],
        &[],
        Output(1),
    ),
    every(
        DAY,
        30,
        &["/lake/clicks/dt=%Y-%m-%d/country={de|fr|us}/{000000_0|000001_0}"],
        &[],
        Output(2),
    ),
    every(
        HOUR,
        48,
        &["/lake/raw/events/%Y/%m/%d/%H/events-1-%Y-%m-%d-%H-05-11-@8-1111-4222-8333-@12"],
        &[],
        Output(1),
    ),
    every(
        HOUR,
        48,
        &["/lake/topics/orders/year=%Y/month=%m/day=%d/hour=%H/orders+{0|1}+#10.avro"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        30,
        &["/exports/users-%Y%m%d-{000000000000|000000000001}.json.gz"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        30,
        &["/srv/matomo/reports/report_%Y-W%V.pdf.zip"],
        &[],
        Output(1),
    ),
    every(DAY, 40, &["/srv/etl/load_%b-%d-%Y.log"], &[], Output(1)),
    every(
        DAY,
        40,
        &["/srv/etl/out/%d%b%Y/{east|west}.dat"],
        &[],
        Output(1),
    ),
    // Science and pictures that are made again.
    every(
        DAY,
        20,
        &["/nwp/gfs.%Y%m%d/{00|06|12|18}/atmos/gfs.t{00|06}z.pgrb2.0p25.f{000|003|006}"],
        &[],
        Output(2),
    ),
    every(
        HOUR,
        60,
        &["/nwp/wrf/wrfout_d01_%Y-%m-%d_%H:00:00"],
        &[],
        Output(1),
    ),
    every(
        HOUR,
        60,
        &["/sat/OR_ABI-L2-CMIPF-M6C13_G16_s%Y%j%H00209_e%Y%j%H09517_c%Y%j%H09597.nc"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        40,
        &["/modis/MOD09A1.A%Y%j.h{18|19}v04.061.%Y%j123456.hdf"],
        &[],
        Output(1),
    ),
    every(DAY, 40, &["/era5/era5_%Y%m%d.nc"], &[], Output(1)),
    every(HOUR, 60, &["/radar/KTLX%Y%m%d_%H0000_V06"], &[], Output(1)),
    every(
        60,
        90,
        &["/render/shotA/v003/beauty.#4.exr"],
        &[],
        Output(1),
    ),
    // Learning.
    every(
        HOUR,
        30,
        &["/ml/runs/exp7/checkpoints/epoch=#-step=#000.ckpt"],
        &[],
        Output(1),
    ),
    every(
        HOUR,
        30,
        &["/ml/runs/exp7/checkpoint-#00/{model|optimizer}.safetensors"],
        &[],
        Output(2),
    ),
    every(
        HOUR,
        30,
        &["/ml/tb/events.out.tfevents.%s.node7"],
        &[],
        Output(1),
    ),
    every(
        HOUR,
        30,
        &["/ml/wandb/run-%Y%m%d_%H%M%S-&8/files/output.log"],
        &[],
        Output(1),
    ),
    // Crashes.
    every(HOUR, 30, &["/var/crash/core.nginx.#4.%s"], &[], Output(1)),
    every(DAY, 12, &["/srv/app/java_pid#5.hprof"], &[], Output(1)),
    every(DAY, 40, &["/srv/app/tmp/upload_@13.bin"], &[], Keep),
    // Programs that look after their own.
    every(
        HOUR,
        60,
        &["/var/lib/postgresql/15/main/pg_wal/00000001000000A0000000@2"],
        &["/var/lib/postgresql/15/main/PG_VERSION"],
        Managed,
    ),
    every(
        HOUR,
        60,
        &["/var/lib/kafka/orders-{0|1}/#20.{log|index|timeindex}"],
        &["/var/lib/kafka/meta.properties"],
        Managed,
    ),
    every(
        DAY,
        30,
        &["/var/lib/mysql/binlog.#6"],
        &["/var/lib/mysql/binlog.index", "/var/lib/mysql/ibdata1"],
        Managed,
    ),
    every(
        DAY,
        30,
        &["/var/lib/prometheus/01HK!22/chunks/000001"],
        &[
            "/var/lib/prometheus/chunks_head/000031",
            "/var/lib/prometheus/wal/00000012",
        ],
        Managed,
    ),
    every(
        HOUR,
        40,
        &["/var/lib/clickhouse/data/db/hits/%Y%m_#_#_0/data.bin"],
        &["/var/lib/clickhouse/data/db/hits/format_version.txt"],
        Managed,
    ),
    every(
        HOUR,
        40,
        &["/var/log/journal/0123456789abcdef0123456789abcdef/system^@32-@16-@16.journal"],
        &[],
        Keep,
    ),
    every(
        HOUR,
        40,
        &["/srv/rocks/#6.sst"],
        &["/srv/rocks/CURRENT", "/srv/rocks/MANIFEST-000004"],
        Managed,
    ),
    every(DAY, 40, &["/lake/tbl/_delta_log/#20.json"], &[], Managed),
    every(
        DAY,
        40,
        &["/backup/borg/data/0/#"],
        &[
            "/backup/borg/README",
            "/backup/borg/hints.40",
            "/backup/borg/integrity.40",
            "/backup/borg/index.40",
            "/backup/borg/config",
        ],
        Managed,
    ),
    every(
        DAY,
        40,
        &["/backup/restic/snapshots/@64", "/backup/restic/data/@2/@64"],
        &["/backup/restic/config", "/backup/restic/keys/aa"],
        Keep,
    ),
    every(
        DAY,
        40,
        &["/backup/dup/duplicity-inc.%Y%m%dT020000Z.to.%Y%m%dT030000Z.vol{1|2}.difftar.gpg"],
        &["/backup/dup/duplicity-full.20240101T020000Z.manifest.gpg"],
        Managed,
    ),
    // What is kept.
    every(
        ONCE,
        60,
        &["/home/u/.cache/pip/http/@1/@1/@1/@1/@1/@56"],
        &[],
        Keep,
    ),
    every(ONCE, 60, &["/home/u/proj/.git/objects/@2/@38"], &[], Keep),
    every(
        DAY,
        60,
        &["/home/u/Maildir/cur/%s.M#P1234.mx,S=2872:2,S"],
        &[],
        Keep,
    ),
    every(DAY, 60, &["/media/DCIM/100MSDCF/DSC#5.ARW"], &[], Keep),
    every(
        DAY,
        60,
        &["/home/u/Photos/%Y/%m/PXL_%Y%m%d_120000123.jpg"],
        &[],
        Keep,
    ),
    every(
        DAY,
        60,
        &["/home/u/Videos/Show/Season 01/Show.S01E#2.mkv"],
        &[],
        Keep,
    ),
    every(
        DAY,
        60,
        &[
            "/home/u/Documents/invoice %Y-%m.pdf",
            "/home/u/Documents/notes-%Y-%m-%d.md",
        ],
        &[],
        Keep,
    ),
    every(
        ONCE,
        60,
        &["/srv/datasets/imagenet/n0144#4/n0144#4_@4.JPEG"],
        &[],
        Keep,
    ),
    every(
        ONCE,
        80,
        &["/srv/datasets/speech/84/121123/84-121123-#4.flac"],
        &[],
        Keep,
    ),
    every(
        ONCE,
        60,
        &["/home/u/proj/migrations/#4_step.sql"],
        &["/home/u/proj/.git/HEAD", "/home/u/proj/Makefile"],
        Keep,
    ),
    every(
        DAY,
        40,
        &["/var/lib/pacs/%Y/%m/%d/1.2.840.113619.#/1.2.840.#.dcm"],
        &[],
        Keep,
    ),
    every(
        ONCE,
        40,
        &["/var/cache/apt/archives/lib@6-dev_1.#.0-1_amd64.deb"],
        &[],
        Keep,
    ),
    // And further systems.
    every(
        HOUR,
        40,
        &["/var/lib/cassandra/data/ks/t-@32/nb-#-big-{Data|Index|Filter|Statistics}.db"],
        &["/var/lib/cassandra/commitlog/CommitLog-7-1.log"],
        Managed,
    ),
    every(
        HOUR,
        40,
        &["/var/lib/elasticsearch/nodes/0/indices/&22/0/index/_&2.cfs"],
        &["/var/lib/elasticsearch/nodes/0/_state/node-1.st"],
        Keep,
    ),
    every(
        HOUR,
        40,
        &["/var/lib/mongodb/collection-#-1234567890123.wt"],
        &["/var/lib/mongodb/WiredTiger"],
        Managed,
    ),
    every(
        HOUR,
        40,
        &["/var/lib/zookeeper/version-2/log.@9"],
        &[],
        Keep,
    ),
    every(
        HOUR,
        40,
        &["/var/lib/etcd/member/wal/@16-@16.wal"],
        &["/var/lib/etcd/member/snap/db"],
        Keep,
    ),
    every(
        HOUR,
        40,
        &["/var/lib/influxdb/data/db/autogen/#/#9-000000002.tsm"],
        &["/var/lib/influxdb/wal/db/autogen/1/_00001.wal"],
        Managed,
    ),
    every(
        HOUR,
        40,
        &["/minio/bucket/{a|b}/obj@6/xl.meta"],
        &["/minio/.minio.sys/format.json"],
        Keep,
    ),
    every(
        HOUR,
        40,
        &["/var/lib/docker/overlay2/@64/diff/app-#.bin"],
        &[],
        Managed,
    ),
    every(DAY, 40, &["/var/spool/cups/d#5-001"], &[], Managed),
    every(DAY, 40, &["/var/spool/postfix/deferred/A/A@9"], &[], Keep),
    every(
        HOUR,
        40,
        &["/wh/tbl/data/#5-0-@8-1111-4222-8333-@12-00001.parquet"],
        &[
            "/wh/tbl/metadata/version-hint.text",
            "/wh/tbl/metadata/v1.metadata.json",
        ],
        Managed,
    ),
    every(
        HOUR,
        40,
        &["/wh/tbl/delta_#7_#7/bucket_00000"],
        &[],
        Managed,
    ),
    every(DAY, 40, &["/u01/arch/1_#_987654321.dbf"], &[], Output(1)),
    every(
        HOUR,
        60,
        &["/var/lib/docker/containers/@64/json.log"],
        &["/var/lib/docker/overlay2/x"],
        Keep,
    ),
    every(
        DAY,
        30,
        &[
            "/var/lib/systemd/coredump/core.nginx.33.0123456789abcdef0123456789abcdef.#4.%s000000.zst",
        ],
        &[],
        Output(1),
    ),
    every(DAY, 30, &["/srv/dumps/{core|heap}.#4.%s"], &[], Output(2)),
    every(DAY, 30, &["/srv/out/result_%m-%d-%Y.xml"], &[], Output(1)),
    every(
        DAY,
        30,
        &["/srv/out/%Y%m%d/{r1|r2}/{lhs|rhs}.bin"],
        &[],
        Output(2),
    ),
    every(
        7 * DAY,
        30,
        &["/srv/reports/weekly-%Y-W%V.csv"],
        &[],
        Output(1),
    ),
    every(DAY, 60, &["/srv/orders/orders-%Y-%j.csv"], &[], Output(1)),
    every(DAY, 40, &["/srv/x/%Y/%b/%d/{in|out}.dat"], &[], Output(1)),
    every(
        HOUR,
        60,
        &["/srv/mq/batch-%Y%m%dT%H%M%SZ-@8.ndjson"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        40,
        &["/srv/sensor/{device-01|device-02|device-17}/%Y-%m-%d.csv"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        40,
        &["/srv/kb/kibana-{prod|stage}-logs-%Y.%m.%d.json.gz"],
        &[],
        Output(2),
    ),
    every(
        DAY,
        40,
        &["/home/u/.npm/_cacache/content-v2/sha512/@2/@2/@60"],
        &[],
        Keep,
    ),
    every(
        ONCE,
        40,
        &["/home/u/go/pkg/mod/cache/download/x@4/@v/v1.#.0.zip"],
        &[],
        Keep,
    ),
    every(DAY, 40, &["/home/u/Music/Album/#2 Track.mp3"], &[], Keep),
    every(DAY, 30, &["/home/u/Scans/Scan #.pdf"], &[], Keep),
    every(DAY, 30, &["/home/u/thesis/chapter#2.tex"], &[], Keep),
    every(
        ONCE,
        30,
        &["/opt/models/llm/model-#5-of-00030.safetensors"],
        &[
            "/opt/models/llm/config.json",
            "/opt/models/llm/tokenizer.json",
        ],
        Keep,
    ),
    every(
        ONCE,
        30,
        &["/home/u/.m2/repository/org/x/lib/1.#.0/lib-1.#.0.jar"],
        &[],
        Keep,
    ),
    every(ONCE, 30, &["/usr/share/zoneinfo/Etc/GMT+#"], &[], Keep),
    every(ONCE, 60, &["/home/u/.thumbnails/large/@32.png"], &[], Keep),
    every(
        ONCE,
        60,
        &["/opt/game/assets/level_#2/tex_@4.dds"],
        &[],
        Keep,
    ),
];

/// One path of a convention with everything put in.
fn fill(path: &str, at: i64, number: i64, from_newest: i64, draw: &mut Draw) -> String {
    let time = Timestamp(at).to_string();
    let [year, month, ..] = Timestamp(at).civil().unwrap();
    let january = Timestamp::from_civil(year, 1, 1, 0, 0, 0).unwrap();
    let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut out = String::new();
    let mut rest = path.chars().peekable();
    let width = |rest: &mut std::iter::Peekable<std::str::Chars<'_>>| {
        let mut digits = String::new();
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        digits.parse::<usize>().unwrap_or(0)
    };
    while let Some(c) = rest.next() {
        match c {
            '%' => match rest.next().unwrap() {
                'Y' => out += &time[..4],
                'y' => out += &time[2..4],
                'm' => out += &time[5..7],
                'd' => out += &time[8..10],
                'H' => out += &time[11..13],
                'M' => out += &time[14..16],
                'S' => out += &time[17..19],
                'b' => out += names[usize::try_from(month - 1).unwrap()],
                'j' => out += &format!("{:03}", (at - january.0).div_euclid(DAY) + 1),
                'V' => out += &format!("{:02}", (at - 1_704_067_200).div_euclid(7 * DAY) + 1),
                's' => out += &at.to_string(),
                other => panic!("%{other}"),
            },
            '#' => {
                let width = width(&mut rest);
                out += &format!("{number:0width$}");
            }
            '~' => out += &from_newest.to_string(),
            '^' => out.push('@'),
            '@' | '&' | '!' => {
                let letters: &[u8] = match c {
                    '@' => b"0123456789abcdef",
                    '!' => b"0123456789ABCDEFGHJKMNPQRSTVWXYZ",
                    _ => b"0123456789abcdefghijklmnopqrstuvwxyz",
                };
                for _ in 0..width(&mut rest) {
                    out.push(char::from(letters[draw.below(letters.len())]));
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// A path with each of its alternatives in turn.
fn alternatives(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else {
        return vec![path.to_owned()];
    };
    let (choices, after) = rest.split_once('}').unwrap();
    choices
        .split('|')
        .flat_map(|choice| alternatives(&format!("{before}{choice}{after}")))
        .collect()
}

impl Convention {
    /// Its files, and when it is now.
    fn rows(&self) -> (Vec<Row>, i64) {
        let mut draw = Draw(self.periods.unsigned_abs() * 7 + self.paths[0].len() as u64);
        let mut rows = Vec::new();
        let step = if self.step == ONCE { DAY } else { self.step };
        for period in 0..self.periods {
            let at = START + period * step;
            for path in self.paths.iter().flat_map(|path| alternatives(path)) {
                let path = fill(&path, at, period + 1, self.periods - period, &mut draw);
                let size = 4096 + draw.next() % 4_000_000;
                let mtime = if self.step == ONCE {
                    START
                } else {
                    at + step / 2
                };
                rows.push((path.into_bytes(), size, Some(mtime)));
            }
        }
        rows.sort();
        rows.dedup_by(|a, b| a.0 == b.0);
        (
            rows,
            START + self.periods * step + 30 * i64::from(self.step == ONCE) * DAY,
        )
    }
}

fn told(families: &[Family]) -> String {
    let line = |f: &Family| {
        format!(
            "\n    {} {:.2} ×{} {}",
            f.disposition.word(),
            f.confidence,
            f.files,
            text(&f.template)
        )
    };
    families.iter().map(line).collect()
}

#[test]
fn every_convention_is_told_apart_by_general_rules() {
    let mut failures = Vec::new();
    for convention in &CONVENTIONS {
        let (mut rows, now) = convention.rows();
        let members = rows.len() as u64;
        for beside in convention.beside {
            rows.push((beside.as_bytes().to_vec(), 4096, Some(now - DAY)));
        }
        let families = find(&grow(&rows, Rooting::Path, None), Timestamp(now));
        let of = |whose: Disposition| families.iter().filter(move |f| f.disposition == whose);
        let outputs = of(Disposition::Output).count();
        let found: u64 = of(Disposition::Output).map(|f| f.files).sum();
        let managed: u64 = of(Disposition::Managed).map(|f| f.files).sum();
        let right = match convention.whose {
            Output(most) => found * 20 >= members * 19 && found <= members && outputs <= most,
            // Indexes beside their segments are no members.
            Managed => outputs == 0 && managed * 3 >= members,
            Keep => outputs == 0,
        };
        if !right {
            let (path, whose) = (convention.paths[0], convention.whose);
            failures.push(format!(
                "{path} is {whose:?} of {members}{}",
                told(&families)
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{} wrong:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
