//! Beside the real ncdu, where it is installed.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

use jettison::bytes::Interval;
use jettison::entry::{Kind, Progress};
use jettison::report::ncdu::write;
use jettison::source::ncdu::{Imported, read};
use jettison::time::Timestamp;
use jettison::tree::{NodeId, Tree, build::Builder};

/// What a run of ncdu writes, `input` on its standard input; `None` where there is no ncdu.
fn ncdu(args: &[&OsStr], input: &[u8]) -> Option<Vec<u8>> {
    let mut command = Command::new("ncdu");
    run(
        command.args(["--ignore-config", "-0", "-e"]).args(args),
        input,
    )
}

/// What a program writes; `None`, and a word about it, where it is not installed.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn run(command: &mut Command, input: &[u8]) -> Option<Vec<u8>> {
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn();
    let mut child = match child {
        Err(e) => {
            eprintln!("skipped: cannot run {:?}: {e}", command.get_program());
            return None;
        }
        Ok(child) => child,
    };
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    // It may have closed its input; whether it took everything shows in what it wrote.
    drop(feeder.join().unwrap());
    assert!(output.status.success(), "{:?}", output.status);
    Some(output.stdout)
}

fn import(export: &[u8]) -> (Tree, Imported) {
    let mut builder = Builder::new();
    let imported = read(&mut &export[..], b"t", &Progress::default(), &mut builder);
    let imported = imported.unwrap_or_else(|e| panic!("{e}: {}", export.escape_ascii()));
    (builder.finish().unwrap(), imported)
}

/// A little of everything that needs no privileges.
fn plant(root: &Path) {
    let at = |name: &[u8]| root.join(OsStr::from_bytes(name));
    std::fs::create_dir_all(root.join("a/b/c")).unwrap();
    std::fs::create_dir(root.join("empty")).unwrap();
    std::fs::create_dir(at(b"\xff dir")).unwrap();
    std::fs::write(root.join("a/ten"), b"0123456789").unwrap();
    std::fs::write(root.join("a/b/big"), vec![b'x'; 100_000]).unwrap();
    std::fs::write(root.join("none"), b"").unwrap();
    for name in [
        &b"\xff dir/\xfe\x80"[..],
        b"line\nbreak",
        b"tab\tquote\"back\\slash\x7f\x01",
        "e\u{301}\u{20ac}\u{1f600}".as_bytes(),
        b" ",
    ] {
        std::fs::write(at(name), name).unwrap();
    }
    let sparse = std::fs::File::create(root.join("sparse")).unwrap();
    sparse.set_len(5 << 30).unwrap();
    std::fs::hard_link(root.join("a/b/big"), root.join("a/big2")).unwrap();
    std::fs::hard_link(root.join("a/b/big"), root.join("a/b/c/big3")).unwrap();
    symlink("nowhere/at/all", root.join("a/link")).unwrap();
    drop(UnixListener::bind(root.join("sock")).unwrap());
}

/// Kind, apparent and disk size, mtime, and the inode where it has several names.
type Facts = (Kind, u64, u64, i64, Option<(u64, u64, u32)>);

fn facts_on_disk(root: &Path) -> BTreeMap<Vec<u8>, Facts> {
    let facts = |entry: walkdir::DirEntry| {
        let meta = entry.metadata().unwrap();
        let kind = match meta.file_type() {
            t if t.is_dir() => Kind::Dir,
            t if t.is_symlink() => Kind::Symlink,
            t if t.is_file() => Kind::File,
            _ => Kind::Other,
        };
        let nlink = u32::try_from(meta.nlink()).unwrap();
        let link = (kind != Kind::Dir && nlink > 1).then_some((meta.dev(), meta.ino(), nlink));
        let facts = (kind, meta.size(), meta.blocks() * 512, meta.mtime(), link);
        (entry.path().as_os_str().as_bytes().to_vec(), facts)
    };
    let entries = walkdir::WalkDir::new(root).into_iter();
    entries.map(|entry| facts(entry.unwrap())).collect()
}

fn facts_in_tree(tree: &Tree) -> BTreeMap<Vec<u8>, Facts> {
    let mut links = BTreeMap::new();
    for group in tree.links().groups() {
        let (dev, ino) = group.inode();
        links.extend(group.names().map(|id| (id, (dev, ino, group.nlink()))));
    }
    let exact = |size: Option<Interval>| size.filter(|s| s.is_exact()).unwrap().lo;
    let facts = |id: NodeId| {
        let facts = (
            tree.kind(id),
            exact(tree.own_apparent(id)),
            exact(tree.own_disk(id)),
            tree.mtime(id).unwrap().0,
            links.get(&id).copied(),
        );
        (tree.path(id), facts)
    };
    tree.nodes().map(facts).collect()
}

#[test]
fn an_export_by_ncdu_is_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    plant(&root);
    let args = ["-x", "-o-"].map(OsStr::new);
    let Some(export) = ncdu(&[&args[..], &[root.as_os_str()]].concat(), b"") else {
        return;
    };
    let (tree, imported) = import(&export);
    assert!(imported.program.unwrap().starts_with("ncdu "));
    assert!(imported.timestamp.unwrap() > Timestamp(1_600_000_000));
    assert_eq!(imported.troubles, []);
    let truth = facts_on_disk(&root);
    assert_eq!(facts_in_tree(&tree), truth);

    let mut seen = BTreeSet::new();
    let once = truth
        .values()
        .filter(|(.., link)| link.is_none_or(|link| seen.insert(link)));
    let (apparent, disk) = once.fold((0, 0), |sum, facts| (sum.0 + facts.1, sum.1 + facts.2));
    let totals = tree.totals(NodeId::ROOT);
    assert_eq!(totals.apparent, Interval::exactly(apparent));
    assert_eq!(totals.disk, Interval::exactly(disk));
}

#[test]
fn ncdu_takes_our_export_and_gives_it_back() {
    // Extended information in ncdu is all or nothing, so everything has a time here.
    let document = b"[1,2,{},[{\"name\":\"/srv\",\"asize\":4096,\"dsize\":4096,\"dev\":5,\"mtime\":1},
        {\"name\":\"f\",\"asize\":10,\"dsize\":512,\"mtime\":1718074800},
        {\"name\":\"big\",\"asize\":9223372036854775807,\"dsize\":4611686018427387904,\"mtime\":2},
        {\"name\":\"l1\",\"asize\":10,\"dsize\":512,\"ino\":7,\"hlnkc\":true,\"nlink\":3,\"mtime\":2},
        {\"name\":\"s\",\"notreg\":true,\"mode\":41471,\"mtime\":3},
        {\"name\":\"p\",\"notreg\":true,\"mtime\":4},
        {\"name\":\"\\u0001\\u007f\\\"\\\\\\n\xff\xfe\",\"mtime\":5},
        {\"name\":\"u\",\"read_error\":true},
        {\"name\":\"x\",\"excluded\":\"pattern\"},
        [{\"name\":\"o\",\"excluded\":\"otherfs\"}],
        [{\"name\":\"k\",\"excluded\":\"kernfs\"}],
        [{\"name\":\"d\",\"asize\":4096,\"dsize\":4096,\"mtime\":6},
            [{\"name\":\"e\",\"dev\":6,\"mtime\":7},{\"name\":\"l2\",\"ino\":7,\"nlink\":3,\"mtime\":2}],
            {\"name\":\"l3\",\"asize\":10,\"dsize\":512,\"ino\":7,\"hlnkc\":true,\"nlink\":3,\"mtime\":2}],
        [{\"name\":\"part\",\"read_error\":true,\"mtime\":8},{\"name\":\"f\",\"mtime\":8}],
        [{\"name\":\"shut\",\"read_error\":true,\"mtime\":9}],
        [{\"name\":\"empty\",\"mtime\":10}]]]";
    let (tree, _) = import(document);
    let mut ours = Vec::new();
    write(&tree, &mut ours, Timestamp(1_718_074_800), "0.1.0").unwrap();
    let Some(theirs) = ncdu(&["-f-", "-o-"].map(OsStr::new), &ours) else {
        return;
    };
    let (back, imported) = import(&theirs);
    assert!(imported.program.unwrap().starts_with("ncdu "));
    let lines = |tree: &Tree| -> Vec<String> {
        let mut lines: Vec<String> = tree.nodes().map(|id| line(tree, id)).collect();
        lines.sort();
        lines
    };
    assert_eq!(lines(&back), lines(&tree));
    assert_eq!(back.links().groups().count(), 2);
}

fn line(tree: &Tree, id: NodeId) -> String {
    let links = tree.links().groups();
    let link = links.map(|g| (g.inode(), g.nlink(), g.names().any(|name| name == id)));
    format!(
        "{} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        tree.path(id).escape_ascii(),
        tree.kind(id),
        tree.own_apparent(id),
        tree.own_disk(id),
        tree.mtime(id),
        tree.device(id),
        tree.listing(id),
        tree.totals(id),
        link.filter(|&(.., named)| named).collect::<Vec<_>>(),
    )
}

#[test]
fn a_time_alone_is_enough_for_ncdu() {
    let (tree, _) = import(br#"[1,2,{},[{"name":"/r"},{"name":"f","mtime":12,"dsize":512}]]"#);
    let mut ours = Vec::new();
    write(&tree, &mut ours, Timestamp(0), "0.1.0").unwrap();
    let Some(theirs) = ncdu(&["-f-", "-o-"].map(OsStr::new), &ours) else {
        return;
    };
    let (back, _) = import(&theirs);
    assert_eq!(back.mtime(NodeId(1)), Some(Timestamp(12)));
}

#[test]
fn an_export_by_gdu_has_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    plant(&root);
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new("gdu");
    let command = command.args(["--no-progress", "--non-interactive", "-o"]);
    if run(command.arg(file.path()).arg(&root), b"").is_none() {
        return;
    }
    let (tree, imported) = import(&std::fs::read(file.path()).unwrap());
    assert!(imported.program.unwrap().starts_with("gdu "));
    assert_eq!(imported.troubles, []);
    // gdu writes no names that are not UTF-8, no devices, and nothing of what is no file.
    let truth = facts_on_disk(&root);
    let mut inodes: Vec<(u64, Vec<Vec<u8>>)> = Vec::new();
    for group in tree.links().groups() {
        let names = group.names().map(|id| tree.path(id));
        inodes.push((group.inode().1, names.collect()));
    }
    let mut expected: BTreeMap<u64, Vec<Vec<u8>>> = BTreeMap::new();
    for (path, (.., link)) in &truth {
        if let Some((_, ino, _)) = link {
            expected.entry(*ino).or_default().push(path.clone());
        }
    }
    inodes.iter_mut().for_each(|(_, names)| names.sort());
    assert_eq!(inodes, expected.into_iter().collect::<Vec<_>>());
    for id in tree.nodes().filter(|&id| tree.kind(id) == Kind::File) {
        if let Some((Kind::File, apparent, disk, ..)) = truth.get(&tree.path(id)) {
            assert_eq!(tree.own_apparent(id), Some(Interval::exactly(*apparent)));
            assert_eq!(tree.own_disk(id), Some(Interval::exactly(*disk)));
        }
    }
}
