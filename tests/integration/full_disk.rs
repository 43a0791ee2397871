//! Real full disks: a small ext4 image and a tmpfs without inodes, in a private mount namespace.
//! `check` says that it can be fixed, the plan's script is run, `check` says that it fits, and the
//! gain is the predicted one to the block.
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
