//! What is kept.

use super::Whose::Keep;
use super::{Convention, DAY, ONCE, every};

pub(super) const ALL: &[Convention] = &[
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
];
