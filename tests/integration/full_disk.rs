//! Real full disks: a small ext4 image and a tmpfs without inodes, in a private mount namespace.
//! `check` says that it can be fixed, the plan's script is run, `check` says that it fits, and the
//! gain is the predicted one to the block. Likewise where files share their blocks (btrfs, XFS,
//! snapshots), where less comes back than `stat` says (compression, overlays), where a quota leaves
//! less than the volume has, and for a user who may not look into every process.
//!
//! This takes root. Elsewhere the tests say that they skip; with `JETTISON_TEST_ROOT=1` that is a
//! failure.

use std::fs;
use std::process::Command;

use crate::dir::Dir;

/// Runs a script in a mount namespace of its own, the program being `$JETTISON` and the folder
/// `$DIR`. `None`: not possible here.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn apart(dir: &Dir, script: &str) -> Option<()> {
    let prologue = "set -e\nmount --make-rprivate /\ncd \"$DIR\"\n";
    let run = Command::new("unshare")
        .args(["-m", "sh", "-c", &format!("{prologue}{script}")])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C")
        .env("JETTISON", env!("CARGO_BIN_EXE_jettison"))
        .env("DIR", dir.path())
        .output();
    let why = match &run {
        Ok(run) if run.status.success() => return Some(()),
        // The script ends with 77 where the machine can not do what is asked.
        Ok(run) if run.status.code() == Some(77) || !fs::exists(dir.join("mounted")).unwrap() => {
            format!("{}", String::from_utf8_lossy(&run.stderr))
        }
        Ok(run) => panic!("{run:?}"),
        Err(e) => e.to_string(),
    };
    assert!(
        std::env::var_os("JETTISON_TEST_ROOT").is_none(),
        "not possible: {why}"
    );
    eprintln!("skipped: no private mount is possible: {}", why.trim());
    None
}

fn read(dir: &Dir, file: &str) -> String {
    fs::read_to_string(dir.join(file)).unwrap()
}

fn json(dir: &Dir, file: &str) -> serde_json::Value {
    serde_json::from_str(&read(dir, file)).unwrap_or_else(|e| panic!("{e}: {}", read(dir, file)))
}

fn number(dir: &Dir, file: &str) -> u64 {
    read(dir, file).trim().parse().unwrap()
}

/// What both tests do once the disk is full: `$ASK` is the question.
const FIX: &str = r#"
ask() { "$JETTISON" "$@" --rules mnt --no-progress; }
code=0; ask check mnt $ASK --format json > before.json || code=$?; echo $code > before.code
ask plan mnt $ASK --format json > plan.json
ask plan mnt $ASK --format sh -o plan.sh
sync -f mnt
stat -f -c "$COUNT" mnt > before.free
sh plan.sh > done.txt
sync -f mnt
stat -f -c "$COUNT" mnt > after.free
code=0; ask check mnt $ASK --format json > after.json || code=$?; echo $code > after.code
"#;

#[test]
fn a_full_ext4_is_fixed_to_the_block() {
    let dir = Dir::new();
    let fill = r#"
command -v mkfs.ext4 > /dev/null || { echo 'no mkfs.ext4' >&2; exit 77; }
truncate -s 64M image
mkfs.ext4 -q -F image
mkdir mnt
mount -o loop image mnt
touch mounted
mkdir -p mnt/proj/target/debug mnt/proj/target/release mnt/data
echo x > mnt/proj/Cargo.toml
head -c 9000000 /dev/zero > mnt/proj/target/debug/a
head -c 7000001 /dev/zero > mnt/proj/target/release/b
ln mnt/proj/target/debug/a mnt/proj/target/release/a
head -c 5000000 /dev/zero > mnt/data/precious
for n in 1 2 3 4; do
    head -c 100000000 /dev/zero > mnt/data/fill$n 2> /dev/null && exit 1
    sync -f mnt
done
ASK='--need 6M' COUNT='%f'
"#;
    if apart(&dir, &format!("{fill}{FIX}")).is_none() {
        return;
    }
    let before = json(&dir, "before.json");
    assert_eq!(number(&dir, "before.code"), 1, "{before:#}");
    assert_eq!(before["state"], "short-fixable", "{before:#}");
    assert_eq!(before["targets"][0]["available"], 0, "{before:#}");
    assert_eq!(before["targets"][0]["fstype"], "ext4");
    assert_eq!(
        number(&dir, "after.code"),
        0,
        "{:#}",
        json(&dir, "after.json")
    );
    assert_eq!(json(&dir, "after.json")["state"], "ok");
    let plan = json(&dir, "plan.json");
    // Free blocks, reserved ones among them, as the reserve is filled up first; blocks of mkfs
    // for an image of this size are 4096 or 1024 bytes.
    let gained = number(&dir, "after.free") - number(&dir, "before.free");
    let freed = plan["freed"].as_u64().unwrap();
    assert!(
        [1024, 4096].contains(&(freed / gained)),
        "{gained} blocks, {plan:#}"
    );
    assert_eq!(freed % gained, 0, "{gained} blocks, {plan:#}");
    assert!(freed >= 6 << 20);
    assert!(!read(&dir, "done.txt").is_empty());
}

#[test]
fn a_tmpfs_without_inodes_is_fixed_to_the_inode() {
    let dir = Dir::new();
    let fill = r#"
mkdir mnt
mount -t tmpfs -o size=16m,nr_inodes=300 none mnt
touch mounted
mkdir -p mnt/proj/target/debug mnt/data
echo x > mnt/proj/Cargo.toml
for n in $(seq 60); do touch mnt/proj/target/debug/$n; done
for n in $(seq 400); do touch mnt/data/$n 2> /dev/null || break; done
ASK='--need-inodes 50' COUNT='%d'
"#;
    if apart(&dir, &format!("{fill}{FIX}")).is_none() {
        return;
    }
    let before = json(&dir, "before.json");
    assert_eq!(number(&dir, "before.code"), 1, "{before:#}");
    assert_eq!(before["state"], "short-fixable", "{before:#}");
    assert_eq!(before["targets"][0]["inodes"]["available"], 0, "{before:#}");
    assert_eq!(
        number(&dir, "after.code"),
        0,
        "{:#}",
        json(&dir, "after.json")
    );
    let plan = json(&dir, "plan.json");
    let names: u64 = plan["picks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pick| pick["evidence"]["entries"].as_u64().unwrap())
        .sum();
    let gained = number(&dir, "after.free") - number(&dir, "before.free");
    assert_eq!(gained, names, "{plan:#}");
    assert!(gained >= 50);
}

/// A file system made in an image, on `mnt`: what belongs to others, and in a folder that a build
/// makes again a copy that shares its blocks, and a file of its own.
fn sharing(mkfs: &str) -> String {
    let tool = mkfs.split(' ').next().unwrap();
    format!(
        r#"
command -v {tool} > /dev/null || {{ echo 'no {tool}' >&2; exit 77; }}
truncate -s 400M image
{mkfs} image > mkfs.log 2>&1 || {{ cat mkfs.log >&2; exit 77; }}
mkdir mnt
mount -o loop image mnt
touch mounted
mkdir -p mnt/proj/target/debug mnt/data
echo x > mnt/proj/Cargo.toml
head -c 9000000 /dev/urandom > mnt/data/precious
cp --reflink=always mnt/data/precious mnt/proj/target/debug/copy 2> cp.log || {{ cat cp.log >&2; umount mnt; rm mounted; exit 77; }}
head -c 7000001 /dev/urandom > mnt/proj/target/debug/own
sync -f mnt
# What both file systems give back comes late.
free() {{
    sync -f mnt
    last=; now=$(stat -f -c %f mnt)
    for n in 1 2 3 4 5 6 7 8 9 10; do
        [ "$last" = "$now" ] && break
        sleep 0.3; last=$now; sync -f mnt; now=$(stat -f -c %f mnt)
    done
    echo "$now"
}}
plan() {{ "$JETTISON" plan mnt --rules mnt --no-progress "$@"; }}
"#
    )
}

/// The file of its own goes by the script, then the copy by hand.
const REMOVE: &str = r#"
plan --free 6M --smallest directory --format json > folder.json
plan --free 6M --smallest directory > folder.txt
plan --free 12M --format json > more.json || echo $? > more.code
plan --free 6M --format json > plan.json
free > before.free
plan --free 6M --format sh > plan.sh
sh plan.sh > done.txt
free > after.free
rm mnt/proj/target/debug/copy
free > copy.free
stat -f -c %S mnt > unit
"#;

#[test]
fn what_is_shared_gives_nothing_back_to_the_block() {
    for mkfs in ["mkfs.btrfs -q -f", "mkfs.xfs -q -f -m reflink=1"] {
        let dir = Dir::new();
        if apart(&dir, &format!("{}{REMOVE}", sharing(mkfs))).is_none() {
            continue;
        }
        let plan = json(&dir, "plan.json");
        let free = |name: &str| number(&dir, name) * number(&dir, "unit");
        let own = 7_000_001_u64.next_multiple_of(number(&dir, "unit"));
        let done = read(&dir, "done.txt");
        assert!(
            done.starts_with("removed: ") && done.contains("/own"),
            "{done}"
        );
        assert_eq!(
            (&plan["reached"], &plan["freed"]),
            (&true.into(), &own.into()),
            "{mkfs}"
        );
        assert_eq!(
            free("after.free") - free("before.free"),
            own,
            "{mkfs}: {plan:#}"
        );
        // What shares its blocks gives back not one.
        assert_eq!(free("copy.free"), free("after.free"), "{mkfs}");
        let folder = json(&dir, "folder.json");
        assert_eq!(folder["reached"], true, "{mkfs}: {folder:#}");
        for freed in [&folder["freed"], &folder["picks"][0]["freed"]] {
            let folders_own = freed["lo"].as_u64().unwrap() - own;
            assert!(folders_own <= 4096, "{mkfs}: {folder:#}");
        }
        let remarks = folder["remarks"].to_string();
        assert!(
            remarks.contains("1 of its files share blocks"),
            "{mkfs}: {folder:#}"
        );
        let text = read(&dir, "folder.txt");
        assert!(text.contains("may not come back"), "{text}");
        // The copy is no part of what can be reached.
        assert_eq!(number(&dir, "more.code"), 2, "{mkfs}");
        let more = json(&dir, "more.json");
        let most = more["best_achievable"].as_u64().unwrap();
        assert!(most >= own && most <= own + 4096, "{more:#}");
    }
}

#[test]
fn what_a_snapshot_keeps_or_compression_hides_is_no_gain() {
    let dir = Dir::new();
    let script = r#"
btrfs subvolume snapshot mnt mnt/snap > log || exit 77
head -c 5000000 /dev/urandom > mnt/proj/target/debug/late
sync -f mnt
plan --free 4M --format json > late.json
plan --free 6M --format json > kept.json || echo $? > kept.code
mount -o remount,compress-force=zstd mnt
head -c 6000000 /dev/zero > mnt/proj/target/debug/zeros
sync -f mnt
plan --free 4M --format json > certain.json
plan --free 8M --format json > doubt.json || echo $? > doubt.code
"$JETTISON" check mnt --rules mnt --need 304M > check.txt || echo $? > check.code
"#;
    let all = format!("{}{script}", sharing("mkfs.btrfs -q -f"));
    if apart(&dir, &all).is_none() {
        return;
    }
    let late = json(&dir, "late.json");
    let only = late["picks"][0]["path"].as_str().unwrap();
    assert!(
        only.ends_with("/late"),
        "what the snapshot does not hold: {late:#}"
    );
    assert_eq!(
        number(&dir, "kept.code"),
        2,
        "{:#}",
        json(&dir, "kept.json")
    );
    // What certainly comes back goes before what may be small when it is compressed.
    let certain = json(&dir, "certain.json");
    assert!(
        certain["picks"].to_string().contains("/late"),
        "{certain:#}"
    );
    assert_eq!(certain["reached"], true);
    assert_eq!(number(&dir, "doubt.code"), 3);
    let doubt = json(&dir, "doubt.json");
    let trouble = &doubt["troubles"][0];
    assert_eq!(trouble["code"], "extents-unknown", "{doubt:#}");
    let message = trouble["message"].as_str().unwrap();
    assert!(message.starts_with("it may free less: "), "{message}");
    let check = read(&dir, "check.txt");
    assert!(check.contains("it may free less: "), "{check}");
    assert_eq!(number(&dir, "check.code"), 3, "{check}");
}

#[test]
fn a_quota_that_leaves_less_than_the_volume_is_what_is_available() {
    let dir = Dir::new();
    let script = r#"
btrfs quota enable mnt > log 2>&1 || exit 77
btrfs subvolume create mnt/sub > log
btrfs qgroup limit 20M mnt/sub > log
head -c 5000000 /dev/urandom > mnt/sub/a
head -c 6000000 /dev/urandom > mnt/data/b
sync -f mnt
ask() { name=$1; shift; "$JETTISON" "$@" --rules mnt --max-risk unknown --format json > $name.json || echo $? > $name.code; }
ask free check mnt --need 18M
ask short check mnt/sub --need 18M
ask fits check mnt/sub --need 1M
ask other check mnt --need 18M --path mnt/sub
ask plan plan mnt/sub --need 18M
ask said check mnt/sub --need 18M --available 30M
"$JETTISON" plan mnt/sub --need 18M --rules mnt --max-risk unknown > plan.txt
"$JETTISON" plan mnt/sub --need 18M --rules mnt --max-risk unknown --format sh > plan.sh
head -c 18M /dev/urandom 2> /dev/null > mnt/sub/new && { sync -f mnt/sub && exit 1; }
rm mnt/sub/new; sync -f mnt
sh plan.sh > done.txt
head -c 18M /dev/urandom > mnt/sub/new
sync -f mnt/sub
"#;
    let all = format!("{}{script}", sharing("mkfs.btrfs -q -f"));
    if apart(&dir, &all).is_none() {
        return;
    }
    assert_eq!(json(&dir, "free.json")["state"], "ok");
    assert_eq!(
        json(&dir, "free.json")["targets"][0]["quota"],
        serde_json::Value::Null
    );
    let short = json(&dir, "short.json");
    let target = &short["targets"][0];
    assert_eq!(number(&dir, "short.code"), 1, "{short:#}");
    assert_eq!(
        target["available"], target["quota"]["available"],
        "{short:#}"
    );
    let left = target["available"].as_u64().unwrap();
    // The subvolume's own blocks count as well.
    assert!((14 << 20..16 << 20).contains(&left), "{short:#}");
    let words = target["quota"]["words"].as_str().unwrap();
    assert!(words.starts_with("the quota of subvolume "), "{short:#}");
    assert_eq!(json(&dir, "fits.json")["state"], "ok");
    assert_eq!(json(&dir, "said.json")["state"], "ok");
    // What lies elsewhere on the volume is no way out.
    let other = json(&dir, "other.json");
    assert_eq!(number(&dir, "other.code"), 2, "{other:#}");
    assert!(
        other
            .to_string()
            .contains("only what counts towards the quota"),
        "{other:#}"
    );
    let plan = json(&dir, "plan.json");
    assert_eq!(plan["limited_by"], words, "{plan:#}");
    assert_eq!(plan["shortfall"], (18 << 20) - left);
    let text = read(&dir, "plan.txt").replace("\n ", "");
    assert!(text.contains(&format!("available by {words}")), "{text}");
    assert!(read(&dir, "done.txt").contains("/sub/a"), "{plan:#}");
}

#[test]
fn what_an_overlay_shows_of_a_lower_layer_is_no_certain_gain() {
    let dir = Dir::new();
    let script = r#"
command -v mkfs.ext4 > /dev/null || { echo 'no mkfs.ext4' >&2; exit 77; }
truncate -s 64M image
mkfs.ext4 -q -F image
mkdir back mnt
mount -o loop image back
mkdir back/lower back/upper back/work
head -c 5000000 /dev/zero > back/lower/old
mount -t overlay none -o lowerdir=back/lower,upperdir=back/upper,workdir=back/work mnt 2> log || exit 77
touch mounted
head -c 3000000 /dev/zero > mnt/new
"$JETTISON" plan mnt --free 2M --max-risk unknown --rules mnt --format json > new.json || echo $? > new.code
"$JETTISON" plan mnt --free 4M --max-risk unknown --rules mnt --format json > old.json || echo $? > old.code
"#;
    if apart(&dir, script).is_none() {
        return;
    }
    let (new, old) = (json(&dir, "new.json"), json(&dir, "old.json"));
    let told = new["picks"].to_string().contains("/new");
    // Kernels before 6.5 do not tell the layers apart: then both are in doubt.
    assert!(told || new["reached"] == false, "{new:#}");
    assert_eq!(number(&dir, "old.code"), 3, "{old:#}");
    assert_eq!(old["troubles"][0]["code"], "extents-unknown", "{old:#}");
}

/// A user without rights beside one whose processes it may not look into.
#[test]
fn a_user_is_told_what_it_cannot_see_of_open_files() {
    let dir = Dir::new();
    let script = r#"
command -v setpriv > /dev/null || { echo 'no setpriv' >&2; exit 77; }
mkdir tree
mount -t tmpfs none tree
touch mounted
chmod 755 "$DIR"
cp "$JETTISON" tree/program; chmod 755 tree/program
mkdir tree/mine; chown 65534 tree/mine
as() { setpriv --reuid 65534 --regid 65534 --clear-groups env -i PATH="$PATH" "$@"; }
head -c 900000 /dev/zero > tree/mine/theirs
as sh -c 'head -c 400000 /dev/zero > tree/mine/a; head -c 300000 /dev/zero > tree/mine/b'
ask() { name=$1; shift; as tree/program "$@" tree/mine --max-risk unknown --rules tree/mine > $name || echo $? > $name.code; }
ask free.json plan --free 350K --format json
exec 3< tree/mine/a
ask held.json plan --free 350K --format json
ask held.txt plan --free 350K
ask check.txt check --need 14G --available 14679679K
exec 3<&-
"#;
    if apart(&dir, script).is_none() {
        return;
    }
    let free = json(&dir, "free.json");
    assert!(
        free["picks"][0]["path"].as_str().unwrap().ends_with("/a"),
        "{free:#}"
    );
    assert_eq!(
        (&free["reached"], free["troubles"].to_string()),
        (&true.into(), "[]".to_owned())
    );
    // Root holds it open: its owner is told so by the file, though not by whom.
    let held = json(&dir, "held.json");
    assert_eq!(number(&dir, "held.json.code"), 3, "{held:#}");
    assert!(
        held["picks"][0]["path"]
            .as_str()
            .unwrap()
            .ends_with("/theirs"),
        "{held:#}"
    );
    let trouble = &held["troubles"][0];
    assert_eq!(trouble["code"], "open-files-unknown", "{held:#}");
    let message = trouble["message"].as_str().unwrap();
    assert!(
        message.contains("user 65534 may not look into "),
        "{message}"
    );
    for name in ["held.txt", "check.txt"] {
        let text = read(&dir, name).replace("\n    ", " ");
        assert!(
            text.contains("it may free less: ") && text.contains("user 65534"),
            "{text}"
        );
        assert_eq!(number(&dir, &format!("{name}.code")), 3, "{text}");
    }
}
