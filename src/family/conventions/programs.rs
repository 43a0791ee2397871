//! Crashes, and the files of programs that look after their own.

use super::Whose::{Keep, Managed, Output};
use super::{Convention, DAY, HOUR, every};

pub(super) const ALL: &[Convention] = &[
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
        Managed,
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
        Managed,
    ),
    every(
        DAY,
        40,
        &["/backup/dup/duplicity-inc.%Y%m%dT020000Z.to.%Y%m%dT030000Z.vol{1|2}.difftar.gpg"],
        &["/backup/dup/duplicity-full.20240101T020000Z.manifest.gpg"],
        Managed,
    ),
];
