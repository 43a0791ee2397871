//! What lies in a directory says whose it is: a program's store, a source repository, a tree of
//! installed programs.
//!
//! A directory is asked about once for every family at or below it, so that what its names say is
//! read once and remembered. All of its names are read: the answer does not hang on their order.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::tree::{NodeId, Tree};

use super::rows::Rows;

/// A program that looks after its own files: a name beside or above them, and how it is told
/// how long to keep them.
struct Program {
    marker: &'static [u8],
    owner: &'static str,
}

const ICEBERG: &str = "Apache Iceberg: expire_snapshots and remove_orphan_files";
const BORG: &str = "BorgBackup: borg prune and borg compact";

const PROGRAMS: [Program; 36] = [
    Program {
        marker: b".minio.sys",
        owner: "MinIO: the bucket's lifecycle rules",
    },
    Program {
        marker: b"PG_VERSION",
        owner: "PostgreSQL: wal_keep_size, max_slot_wal_keep_size; never by hand",
    },
    Program {
        marker: b"pg_wal",
        owner: "PostgreSQL: wal_keep_size, max_slot_wal_keep_size; never by hand",
    },
    Program {
        marker: b"meta.properties",
        owner: "Kafka: retention.ms and retention.bytes of the topic",
    },
    Program {
        marker: b"replication-offset-checkpoint",
        owner: "Kafka: retention.ms and retention.bytes of the topic",
    },
    Program {
        marker: b"partition.metadata",
        owner: "Kafka: retention.ms and retention.bytes of the topic",
    },
    Program {
        marker: b"chunks_head",
        owner: "Prometheus: --storage.tsdb.retention.time and .size",
    },
    Program {
        marker: b"_delta_log",
        owner: "Delta Lake: VACUUM, delta.deletedFileRetentionDuration",
    },
    Program {
        marker: b".hoodie",
        owner: "Apache Hudi: hoodie.cleaner.commits.retained",
    },
    Program {
        marker: b"version-hint.text",
        owner: ICEBERG,
    },
    Program {
        marker: b"ibdata1",
        owner: "MySQL: binlog_expire_logs_seconds",
    },
    Program {
        marker: b"binlog.index",
        owner: "MySQL: binlog_expire_logs_seconds",
    },
    Program {
        marker: b"mysql-bin.index",
        owner: "MySQL: binlog_expire_logs_seconds",
    },
    Program {
        marker: b"mariadb-bin.index",
        owner: "MariaDB: binlog_expire_logs_seconds",
    },
    Program {
        marker: b"WiredTiger",
        owner: "MongoDB: the database's own TTL indexes and compact",
    },
    Program {
        marker: b"ORACLE_SID",
        owner: "Oracle: RMAN DELETE OBSOLETE",
    },
    Program {
        marker: b"nodes.conf",
        owner: "Redis: its own persistence settings",
    },
    Program {
        marker: b"appendonlydir",
        owner: "Redis: auto-aof-rewrite-percentage",
    },
    Program {
        marker: b"segments_1",
        owner: LUCENE,
    },
    Program {
        marker: b"_state",
        owner: "Elasticsearch: index lifecycle management",
    },
    Program {
        marker: b"node.lock",
        owner: "Elasticsearch: index lifecycle management",
    },
    Program {
        marker: b"system.keyspace",
        owner: "Cassandra: nodetool; default_time_to_live",
    },
    Program {
        marker: b"commitlog",
        owner: "Cassandra: nodetool; commitlog_total_space",
    },
    Program {
        marker: b"format_version.txt",
        owner: "ClickHouse: TTL of the table",
    },
    Program {
        marker: b"metadata_dropped",
        owner: "ClickHouse: TTL of the table",
    },
    Program {
        marker: b"version-2",
        owner: "ZooKeeper: autopurge.snapRetainCount and purgeInterval",
    },
    Program {
        marker: b"_journal",
        owner: "InfluxDB: the retention policy of the database",
    },
    Program {
        marker: b"oci-layout",
        owner: "a container image store: its own garbage collection",
    },
    Program {
        marker: b"lock.roster",
        owner: BORG,
    },
    Program {
        marker: b"hints.1",
        owner: BORG,
    },
    Program {
        marker: b"loki_cluster_seed.json",
        owner: "Loki: retention_period and the compactor's retention_enabled",
    },
    Program {
        marker: b"flock.lock",
        owner: "VictoriaMetrics: -retentionPeriod",
    },
    Program {
        marker: b"lastMark",
        owner: "BookKeeper: the topics' retention; its own garbage collection",
    },
    Program {
        marker: b"seen_txid",
        owner: "HDFS: dfs.namenode.num.checkpoints.retained, num.extra.edits.retained",
    },
    Program {
        marker: b"dovecot.map.index",
        owner: "Dovecot: doveadm expunge and doveadm purge",
    },
    Program {
        marker: b"zookeeper_server.pid",
        owner: "ZooKeeper: autopurge.snapRetainCount and purgeInterval",
    },
];

const LUCENE: &str = "Lucene: the index's own merge and lifecycle policy";
const CLICKHOUSE: &str = "ClickHouse: TTL of the table";
const RESTIC: &str = "restic: restic forget --keep-… --prune";
const ETCD: &str = "etcd: --max-wals, --max-snapshots, --auto-compaction-retention";

/// Names that say something only together with others, and their bits.
const PARTS: [(&[u8], u32); 22] = [
    (b"config", CONFIG),
    (b"keys", KEYS),
    (b"snapshots", SNAPSHOTS),
    (b"data", DATA),
    (b"metadata", METADATA),
    (b"wal", WAL),
    (b"snap", SNAP),
    (b"bin", BIN),
    (b"lib", LIB),
    (b"share", SHARE),
    (b"info", INFO),
    (b"status", STATUS),
    (b"diversions", DIVERSIONS),
    (b"columns.txt", COLUMNS),
    (b"checksums.txt", CHECKSUMS),
    (b"meta.json", META),
    (b"index", INDEX),
    (b"chunks", CHUNKS),
    (b".git", REPOSITORY),
    (b".hg", REPOSITORY),
    (b".svn", REPOSITORY),
    // A plain word such as this says something of its own directory only.
    (b"CURRENT", CURRENT),
];

const CONFIG: u32 = 1;
const KEYS: u32 = 1 << 1;
const SNAPSHOTS: u32 = 1 << 2;
const DATA: u32 = 1 << 3;
const METADATA: u32 = 1 << 4;
const WAL: u32 = 1 << 5;
const SNAP: u32 = 1 << 6;
const BIN: u32 = 1 << 7;
const LIB: u32 = 1 << 8;
const SHARE: u32 = 1 << 9;
const INFO: u32 = 1 << 10;
const STATUS: u32 = 1 << 11;
const DIVERSIONS: u32 = 1 << 12;
const REPOSITORY: u32 = 1 << 13;
const CURRENT: u32 = 1 << 14;
/// It lists the files of an Iceberg table.
const LISTS_TABLE: u32 = 1 << 15;
/// It holds `data` and such a `metadata`.
const IS_TABLE: u32 = 1 << 16;
const COLUMNS: u32 = 1 << 17;
const CHECKSUMS: u32 = 1 << 18;
const META: u32 = 1 << 19;
const INDEX: u32 = 1 << 20;
const CHUNKS: u32 = 1 << 21;
/// Where the number of the program stands that one of the names marks, counted from one.
const PROGRAM: u32 = 24;
/// What its names say was read.
const KNOWN: u32 = 1 << 31;

/// Which lengths the names have that say something, by their first byte: nearly every name is
/// told by this alone to say nothing.
const LENGTHS: [u32; 256] = {
    let mut lengths = [0; 256];
    let mut at = 0;
    while at < PROGRAMS.len() {
        let marker = PROGRAMS[at].marker;
        lengths[marker[0] as usize] |= 1 << marker.len();
        at += 1;
    }
    at = 0;
    while at < PARTS.len() {
        let part = PARTS[at].0;
        lengths[part[0] as usize] |= 1 << part.len();
        at += 1;
    }
    lengths
};

/// What the names of directories say, each read when it is first asked for.
#[derive(Debug)]
pub(super) struct Places {
    rows: Vec<AtomicU32>,
}

/// What the names in one directory say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place(u32);

impl Places {
    pub(super) fn new(rows: &Rows) -> Self {
        Self {
            rows: rows.id.iter().map(|_| AtomicU32::new(0)).collect(),
        }
    }

    /// What the names in the directory of this row say.
    pub(super) fn of(&self, tree: &Tree, rows: &Rows, row: u32) -> Place {
        let seen = &self.rows[row as usize];
        // Whoever reads it reads the same, so that nothing is lost where two do at once.
        let mut says = seen.load(Ordering::Relaxed);
        if says & KNOWN == 0 {
            says = read(tree, rows.id[row as usize]) | KNOWN;
            seen.store(says, Ordering::Relaxed);
        }
        Place(says)
    }
}

impl Place {
    /// The program that its names are the marks of; `own`: the files lie right in it.
    pub(super) fn program(self, own: bool) -> Option<&'static str> {
        let number = (self.0 & !KNOWN) >> PROGRAM;
        if let Some(program) = number.checked_sub(1) {
            return PROGRAMS.get(program as usize).map(|p| p.owner);
        }
        if own && self.has(CURRENT) {
            return Some("RocksDB or LevelDB: its own compaction");
        }
        if self.has(CONFIG | KEYS | SNAPSHOTS | DATA) {
            return Some(RESTIC);
        }
        if self.has(IS_TABLE) {
            return Some(ICEBERG);
        }
        if self.has(COLUMNS | CHECKSUMS) {
            return Some(CLICKHOUSE);
        }
        if self.has(META | INDEX | CHUNKS) {
            return Some("Prometheus, Thanos or Mimir: the retention of its blocks");
        }
        self.has(WAL | SNAP).then_some(ETCD)
    }

    /// Whether it is the top of a source repository.
    pub(super) fn is_repository(self) -> bool {
        self.has(REPOSITORY)
    }

    /// Whether it is the top of a tree of installed programs, or the package manager's own books.
    pub(super) fn is_prefix(self) -> bool {
        self.has(BIN | LIB | SHARE) || self.has(INFO | STATUS | DIVERSIONS)
    }

    fn has(self, all: u32) -> bool {
        self.0 & all == all
    }
}

/// What the names in a directory say.
fn read(tree: &Tree, dir: NodeId) -> u32 {
    let mut says = said_in(tree, dir);
    if says & (DATA | METADATA) == DATA | METADATA {
        let mut inside = tree.children(dir).filter(|&child| tree.is_dir(child));
        let metadata = inside.find(|&child| tree.name(child) == b"metadata");
        if metadata.is_some_and(|metadata| said_in(tree, metadata) & LISTS_TABLE != 0) {
            says |= IS_TABLE;
        }
    }
    says
}

fn said_in(tree: &Tree, dir: NodeId) -> u32 {
    let mut says = 0;
    // Of several programs the first of the list, whatever the order of the names.
    let mut program = u32::MAX;
    for child in tree.children(dir) {
        let name = tree.name(child);
        if let Some(number) = number_of(name) {
            program = program.min(number);
        }
        says |= part_of(name);
    }
    match program.checked_add(1) {
        Some(number) => says | number << PROGRAM,
        None => says,
    }
}

/// The number of the program that a name is the mark of.
fn number_of(name: &[u8]) -> Option<u32> {
    let numbered = |stem: &[u8]| {
        let number = name.strip_prefix(stem)?;
        let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_alphanumeric);
        is_number.then_some(())
    };
    let marker: &[u8] = match name.first()? {
        // Their numbers change with every transaction.
        b'i' if numbered(b"integrity.").is_some() => b"hints.1",
        b's' if numbered(b"segments_").is_some() => b"segments_1",
        // The list of one table's parts has their number.
        _ if name.last() == Some(&b't') && name.ends_with(b"-TOC.txt") => b"system.keyspace",
        _ if may_say(name) => name,
        _ => return None,
    };
    let at = PROGRAMS.iter().position(|p| p.marker == marker)?;
    u32::try_from(at).ok()
}

fn part_of(name: &[u8]) -> u32 {
    if may_say(name) {
        let part = PARTS.iter().find(|part| part.0 == name);
        return part.map_or(0, |part| part.1)
            | if name == b"version-hint.text" {
                LISTS_TABLE
            } else {
                0
            };
    }
    match name.last() {
        Some(b'n') if name.ends_with(b".metadata.json") => LISTS_TABLE,
        _ => 0,
    }
}

fn may_say(name: &[u8]) -> bool {
    match name {
        [first, ..] if name.len() < 32 => LENGTHS[usize::from(*first)] >> name.len() & 1 == 1,
        _ => false,
    }
}
