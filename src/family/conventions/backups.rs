//! Backups.

use super::Whose::Output;
use super::{Convention, DAY, every};

pub(super) const ALL: &[Convention] = &[
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
];
