//! Short sessions of kinds that are easily misread, each with all that may be said of it.

use std::collections::BTreeMap;

use jettison::bytes::Interval;
use jettison::source::{self, Source};
use jettison::survey::survey;
use jettison::tree::Quantity;

use crate::recorded::recorded;

/// Every path but the root's, with its apparent size where that is exact.
fn said(text: &str) -> BTreeMap<String, Option<u64>> {
    let (tree, _) = recorded(text.as_bytes());
    let exact = |size: Interval| size.hi.filter(|&hi| hi == size.lo);
    tree.nodes()
        .filter(|&id| tree.kind(id) != jettison::entry::Kind::Dir)
        .map(|id| {
            let path = String::from_utf8_lossy(&tree.path(id)).into_owned();
            (path, exact(tree.totals(id).apparent))
        })
        .collect()
}

/// The files that a session leaves, as `path=size`.
fn files(text: &str) -> Vec<String> {
    let text_of = |(path, size): (&String, &Option<u64>)| match size {
        Some(size) => format!("{path}={size}"),
        None => format!("{path}=?"),
    };
    said(text).iter().map(text_of).collect()
}

const ROWS: &str = "-rw-r--r-- 1 root root 10 Nov 22 06:02 a1
-rw-r--r-- 1 root root 20 Nov 22 06:02 a2
-rw-r--r-- 1 root root 30 Nov 22 06:02 a3
";

#[test]
fn words_in_braces_are_each_removed() {
    let start = format!("root@vm:/x# ls -l\ntotal 12\n{ROWS}");
    for (typed, left) in [
        ("rm a{1,2}", &["/x/a3=30"][..]),
        ("rm -f ./a{1..3}", &[]),
        ("rm /x/{a1,a3}", &["/x/a2=20"]),
        // In quotes they stand for themselves.
        ("rm -f 'a{1,2}'", &["/x/a1=10", "/x/a2=20", "/x/a3=30"]),
    ] {
        let text = format!("{start}root@vm:/x# {typed}\nroot@vm:/x# \n");
        assert_eq!(files(&text), left, "{typed}");
    }
    let text = "root@vm:/x# ls -l d{1,2}\nd1:\ntotal 4\n-rw-r--r-- 1 root root 7 Nov 22 06:02 f\n\nd2:\ntotal 4\n-rw-r--r-- 1 root root 8 Nov 22 06:02 f\nroot@vm:/x# \n";
    assert_eq!(files(text), ["/x/d1/f=7", "/x/d2/f=8"]);
}

#[test]
fn what_changes_behind_a_listing_of_its_line_is_not_as_it_was_listed() {
    for (typed, left) in [
        ("ls -la; rm a1", &["/x/a2=20", "/x/a3=30"][..]),
        ("ls -la && mv a1 /y", &["/x/a2=20", "/x/a3=30"]),
        ("ls -la; > a1", &["/x/a1=0", "/x/a2=20", "/x/a3=30"]),
        ("rm a4; ls -la", &["/x/a1=10", "/x/a2=20", "/x/a3=30"]),
        ("cd .; ls -la; rm a*", &[]),
    ] {
        let text = format!("root@vm:/x# {typed}\ntotal 12\n{ROWS}root@vm:/x# \n");
        assert_eq!(files(&text), left, "{typed}");
    }
}

#[test]
fn a_line_below_which_names_complete_it_is_not_run_yet() {
    let start = format!("root@vm:/x# ls -la\ntotal 12\n{ROWS}");
    let (edits, runs) = ("\u{1b}[?2004h", "\u{1b}[?2004l\r");
    let prompt = "root@vm:/x# ";
    for (typed, names, left) in [
        ("rm a", "a1  a2  a3", ["/x/a1=10", "/x/a2=20", "/x/a3=31"]),
        (
            "rm a1 a",
            "a1  a2  a3",
            ["/x/a1=10", "/x/a2=20", "/x/a3=31"],
        ),
        ("cd ", "b/  c/", ["/x/a1=10", "/x/a2=20", "/x/a3=31"]),
        ("> a1 ", "a1  a2", ["/x/a1=10", "/x/a2=20", "/x/a3=31"]),
    ] {
        let more = format!("{edits}{prompt}{typed}\n{names}\n{prompt}{typed}\n{names}\n{prompt}");
        let next =
            format!("ls -l a3\n{runs}-rw-r--r-- 1 root root 31 Nov 22 06:02 a3\n{edits}{prompt}");
        let text = format!("{edits}{start}{more}{next}");
        let text = text
            .replace("ls -la\n", &format!("ls -la\n{runs}"))
            .replace('\n', "\r\n");
        assert_eq!(files(&text), left, "{typed}");
    }
}

#[test]
fn where_nothing_follows_nobody_went() {
    let start = format!("op@h:/srv$ ls -l\ntotal 12\n{ROWS}");
    for (end, is_there) in [
        ("op@h:/srv$ cd sub", false),
        ("op@h:/srv$ cd sub\n", false),
        ("op@h:/srv$ cd sub\nop@h:/srv/sub$ \n", true),
        ("op@h:/srv$ cd sub\nop@h:/srv/sub$ ls\nf1  f2\n", true),
        (
            "op@h:/srv$ cd sub\nbash: cd: sub: No such file or directory\n",
            false,
        ),
    ] {
        let (tree, _) = recorded(format!("{start}{end}").as_bytes());
        let sub = tree.nodes().find(|&id| tree.path(id).ends_with(b"/sub"));
        assert_eq!(sub.is_some(), is_there, "{end}");
    }
}

#[test]
fn commands_that_are_pasted_at_once_run_together() {
    let rows: Vec<&str> = ROWS.lines().collect();
    let text = format!(
        "\u{1b}[?2004hroot@vm:/x# cd b\nls -l a\nrm c/a9\nls -l c\n\u{1b}[?2004l\rtotal 4\n{}\n\
         total 4\n{}\n\u{1b}[?2004hroot@vm:/x/b# \n",
        rows[0], rows[1]
    );
    assert_eq!(
        files(&text.replace('\n', "\r\n")),
        ["/x/b/a/a1=10", "/x/b/c/a2=20"]
    );
}

#[test]
fn a_line_may_go_somewhere_and_back() {
    let text = format!(
        "root@vm:/x# echo a line that is longer than all of the rows that are listed here\n\
         root@vm:/x# cd /x/b && ls -la && cd -\ntotal 12\n{ROWS}/x\nroot@vm:/x# rm b/a1\n\
         root@vm:/x# sleep 1 &\n[1] 4711\nroot@vm:/x# ls -la c\ntotal 12\n\
         [1]+  Done                    sleep 1\n{ROWS}root@vm:/x# \n"
    );
    let left = [
        "/x/b/a2=20",
        "/x/b/a3=30",
        "/x/c/a1=10",
        "/x/c/a2=20",
        "/x/c/a3=30",
    ];
    assert_eq!(files(&text), left);
}

#[test]
fn a_prompt_that_seemed_to_stand_still_is_believed_once_it_moves() {
    let text = format!(
        "root@vm:/x# cd y\nroot@vm:/x# cd z\nroot@vm:/x/z# ls -l\ntotal 12\n{ROWS}root@vm:/x/z# \n\
         root@vm:/x/z# cd b &\n[1] 4711\nroot@vm:/x/z# ls -la\ntotal 12\n{ROWS}root@vm:/x/z# \n"
    );
    let mut left = files(&text);
    left.retain(|file| file.starts_with("/x/z/"));
    assert_eq!(left, ["/x/z/a1=10", "/x/z/a2=20", "/x/z/a3=30"]);
}

#[test]
fn what_a_command_says_that_it_did_is_no_doubt_of_it() {
    let start = format!("root@vm:/x# ls -la\ntotal 12\n{ROWS}");
    for (typed, left) in [
        (
            "mv -v a1 b\nrenamed 'a1' -> 'b'",
            &["/x/a2=20", "/x/a3=30", "/x/b=10"][..],
        ),
        (
            "mv -v a1 b\n'a1' -> 'b' に名前を変更しました",
            &["/x/a2=20", "/x/a3=30", "/x/b=10"],
        ),
        (
            "cp -v a1 b\n'a1' -> 'b'",
            &["/x/a1=10", "/x/a2=20", "/x/a3=30", "/x/b=10"],
        ),
        (
            "gzip -v a1\na1:\t 9.9% -- replaced with a1.gz",
            &["/x/a1.gz=?", "/x/a2=20", "/x/a3=30"],
        ),
        (
            "rm -v a1; ls -l a2\nremoved 'a1'\n-rw-r--r-- 1 root root 21 Nov 22 06:02 a2",
            &["/x/a2=21", "/x/a3=30"],
        ),
        // It says that it did not, or it was stopped.
        (
            "mv -v a1 b\nmv: cannot move 'a1' to 'b': Permission denied",
            &["/x/a1=?", "/x/a2=20", "/x/a3=30"],
        ),
        (
            "rm -v a1 a2\n-bash: /bin/rm: Argument list too long",
            &["/x/a1=?", "/x/a2=?", "/x/a3=30"],
        ),
        (
            "rm -v a1 a2\nremoved 'a1'\n^C",
            &["/x/a1=?", "/x/a2=?", "/x/a3=30"],
        ),
    ] {
        let text = format!("{start}root@vm:/x# {typed}\nroot@vm:/x# \n");
        assert_eq!(files(&text), left, "{typed}");
    }
}

#[test]
fn help_of_a_tool_is_no_listing() {
    for help in [
        "ls: invalid option -- 'e'\nTry 'ls --help' for more information.\n",
        "ls: invalid option -- 'e'\nBusyBox v1.35.0 (Debian) multi-call binary.\n\nUsage: ls [-1AaC] [-w WIDTH] [FILE]...\n\nList directory contents\n\n\t-1\tOne column output\n\t-a\tInclude names starting with .\n",
    ] {
        let text =
            format!("root@vm:/x# ls -l\ntotal 12\n{ROWS}root@vm:/x# ls -e\n{help}root@vm:/x# \n");
        assert_eq!(files(&text), ["/x/a1=10", "/x/a2=20", "/x/a3=30"], "{help}");
    }
}

/// The prompt of fish shortens every directory but the last: `/srv/shop` is `/s/shop`.
#[test]
fn a_prompt_that_shortens_names_no_directory() {
    let text = format!(
        "root@vm /s/shop# ls -l\ntotal 12\n{ROWS}root@vm /s/shop# cd x\nroot@vm /s/s/x# \n"
    );
    assert_eq!(files(&text), ["?/a1=10", "?/a2=20", "?/a3=30", "?/x=?"]);
}

/// `du` shows one size on disk and `ls` three apparent ones: all are told, and reckoned is in what
/// most is known of.
#[test]
fn sizes_of_both_kinds_are_told() {
    let text = format!(
        "root@vm:/x# ls -l\ntotal 12\n{ROWS}root@vm:/x# du -a y\n4\ty/b\n8\ty\nroot@vm:/x# \n"
    );
    let source = Source::bytes(text.into_bytes());
    let survey = survey(&source, &source::Options::default()).unwrap();
    let tree = &survey.tree;
    assert_eq!(tree.quantity(), Quantity::Apparent);
    let totals = |path: &str| tree.totals(tree.find(path.as_bytes()).unwrap());
    assert_eq!(totals("/x/a3").apparent, Interval::exactly(30));
    assert_eq!(totals("/x/a3").disk.hi, None);
    assert_eq!(totals("/x/y/b").apparent.hi, None);
    let disk = totals("/x/y/b").disk;
    assert!(disk.lo <= 4096 && disk.hi.is_some_and(|hi| (4096..5120).contains(&hi)));
}

/// What stands around a paste in a letter or on a page is prose, and never a name.
#[test]
fn prose_around_a_paste_is_not_read() {
    let listing = "root@vm:/x# ls\na1  a2\nroot@vm:/x# ls -l y\ntotal 4\n-rw-r--r-- 1 root root 5 Nov 22 06:02 f\n";
    let indented: String = listing.lines().map(|l| format!("    {l}\n")).collect();
    let fenced: String = listing
        .split_inclusive("a2\n")
        .map(|part| format!("Step\n\n```console\n{part}```\nDone\n"))
        .collect();
    for text in [
        format!("Here is what I saw:\n\n{indented}\nAny idea\n"),
        format!("# A page\n\n{fenced}"),
        fenced.replace("```console", "~~~").replace("```", "~~~"),
    ] {
        assert_eq!(files(&text), ["/x/a1=?", "/x/a2=?", "/x/y/f=5"], "{text}");
    }
}

/// The log of a CI job shows each script before it runs.
#[test]
fn steps_of_a_job_run_where_their_group_ends() {
    let step = |script: &str, output: &str| {
        let first = script.lines().next().unwrap();
        let lines: String = script
            .lines()
            .map(|l| format!("\x1b[36;1m{l}\x1b[0m\n"))
            .collect();
        format!(
            "##[group]Run {first}\n{lines}shell: /usr/bin/bash -e {{0}}\n##[endgroup]\n{output}"
        )
    };
    let row = "-rw-r--r-- 1 root root 5 Nov 22 06:02 f\n";
    let text = [
        step("df -h /\nls -l /x", &format!("Filesystem  Size  Used Avail Use% Mounted on\n/dev/vda1   252G   43G   49G  47% /\ntotal 4\n{row}")),
        step("cd /y\nls -l", &format!("total 4\n{row}")),
        step("tree -s /z", "[ 4096]  /z\n`-- [    9]  g\n\n0 directories, 1 file\n"),
        step("for d in a b; do\n  ls -l $d\ndone", &format!("total 4\n{}", row.replace('f', "h"))),
    ]
    .concat();
    let timed: String = text
        .lines()
        .enumerate()
        .map(|(n, l)| format!("2026-11-22T06:02:{:02}.1234567Z {l}\n", n % 60))
        .collect();
    let found = files(&timed);
    assert!(
        found
            .iter()
            .all(|f| !f.ends_with("h=5") || f.starts_with('?')),
        "{found:?}"
    );
    let sure: Vec<_> = found.iter().filter(|f| f.starts_with('/')).collect();
    assert_eq!(sure, ["/x/f=5", "/y/f=5", "/z/g=9"]);
}

#[test]
fn a_prompt_of_the_last_name_is_no_other_host() {
    let text = format!(
        "shop> cd /srv/shop/log\nlog> ls -l\ntotal 8\n{ROWS}log> rm a1\nlog> cd ..\nshop> ls\nlog\nshop> exit\n"
    );
    let found = files(&text);
    assert_eq!(
        found,
        ["/srv/shop/log/a2=20", "/srv/shop/log/a3=30"],
        "{text}"
    );
}

#[test]
fn a_size_of_whole_blocks_alone_makes_no_file() {
    let text = "op@h:/d$ stat -c '%s %n' *\n4096 conf\n8192 a.log\n10 x\n2097152 disk\n\
                4096 site.d\nop@h:/d$ exit\n";
    let (tree, _) = recorded(text.as_bytes());
    let total = |path: &str| {
        let node = tree.find(path.as_bytes()).unwrap();
        (
            tree.kind(node),
            tree.own_apparent(node),
            tree.totals(node).apparent,
        )
    };
    let (file, exactly) = (jettison::entry::Kind::File, Interval::exactly);
    for (path, size) in [("/d/a.log", 8192), ("/d/x", 10), ("/d/disk", 2_097_152)] {
        assert_eq!(
            total(path),
            (file, Some(exactly(size)), exactly(size)),
            "{path}"
        );
    }
    // A tree that goes all the way down would have shown what lies below.
    let text = "op@h:/d$ tree -s\n[       4096]  .\n├── [       4096]  conf\n└── [         10]  x\n\n\
                0 directories, 2 files\nop@h:/d$ exit\n";
    let (shown, _) = recorded(text.as_bytes());
    let conf = shown.find(b"/d/conf").unwrap();
    assert_eq!(shown.totals(conf).apparent, exactly(4096));
    // What may be a directory has its own size, and at least that lies there.
    for path in ["/d/conf", "/d/site.d"] {
        let (kind, own, sum) = total(path);
        assert_eq!(
            (kind, own),
            (jettison::entry::Kind::Unread, Some(exactly(4096))),
            "{path}"
        );
        assert_eq!(sum, Interval::at_least(4096), "{path}");
    }
}

#[test]
fn a_sum_of_a_tree_leaves_hidden_names_out() {
    let rows = "[        200]  .\n├── [        150]  conf\n│   └── [        100]  a\n\
                └── [         50]  x\n\n         200 bytes used in 1 directory, 2 files\n";
    for (command, is_open) in [("tree -s --du", true), ("tree -as --du", false)] {
        let (tree, _) = recorded(format!("op@h:/d$ {command}\n{rows}op@h:/d$ exit\n").as_bytes());
        let conf = tree.totals(tree.find(b"/d/conf").unwrap()).apparent;
        assert_eq!(
            (conf.lo, conf.hi),
            (150, (!is_open).then_some(150)),
            "{command}"
        );
    }
}

/// A directory that a later line names had that name from the start.
#[test]
fn a_start_that_is_named_later_has_its_name() {
    let ls = format!("ls -l\ntotal 12\n{ROWS}");
    for (what, text, place) in [
        (
            "pwd",
            format!("[root@db sz]# {ls}[root@db sz]# pwd\n/srv/sz\n[root@db sz]# \n"),
            "/srv/sz",
        ),
        (
            "pwd below",
            format!(
                "[root@db sz]# {ls}[root@db sz]# cd a/b\n[root@db b]# pwd\n/srv/sz/a/b\n[root@db b]# \n"
            ),
            "/srv/sz",
        ),
        (
            "cd -",
            format!(
                "[root@db sz]# {ls}[root@db sz]# cd /etc\n[root@db etc]# cd -\n/srv/sz\n[root@db sz]# \n"
            ),
            "/srv/sz",
        ),
        (
            "a home",
            format!("~/sz $ {ls}~/sz $ pwd\n/data/op/sz\n~/sz $ \n"),
            "/data/op/sz",
        ),
        (
            "cd to a home",
            format!("~/sz $ {ls}~/sz $ cd /\n/ $ cd /data/op/sz\n~/sz $ \n"),
            "/data/op/sz",
        ),
        (
            "a home that is not where homes are",
            format!("op@vm:~/sz$ {ls}op@vm:~/sz$ pwd\n/data/op/sz\nop@vm:~/sz$ \n"),
            "/data/op/sz",
        ),
        (
            "a home without a name",
            format!("~/sz $ {ls}~/sz $ cd x\n~/sz/x $ \n"),
            "~/sz",
        ),
        (
            "two names",
            format!(
                "[root@db sz]# {ls}[root@db sz]# cd x\n[root@db x]# pwd\n/y/z/x\n[root@db x]# cd -\n/srv/sz\n[root@db sz]# \n"
            ),
            "?",
        ),
    ] {
        let found: Vec<String> = files(&text)
            .into_iter()
            .filter(|file| !file.ends_with("=?"))
            .collect();
        let wanted = ["a1=10", "a2=20", "a3=30"].map(|file| format!("{place}/{file}"));
        assert_eq!(found, wanted, "{what}");
    }
}

/// Shells that mark no prompt may still say where they are: as VTE asks them to, or in the title
/// of their window.
#[test]
fn what_a_shell_says_of_its_place_counts() {
    for (said, prompt) in [
        ("\x1b]7;file://db/srv/my%20sz\x07", "[root@db my sz]# "),
        ("\x1b]0;root@db:/srv/my sz\x07", "[root@db my sz]# "),
        ("\x1b]2;root@db: /srv/sz\x1b\\", "sz> "),
        ("\x1b]0;root@db:/srv/sz\x07", "╭─root@db ~/x\r\n╰─# "),
        ("\x1b]0;root@db:/srv/sz | xonsh\x07", "root@db:/srv/sz# "),
        // A title is worth less than what was said for that purpose.
        (
            "\x1b]7;file://db/srv/my%20sz\x07\x1b]0;root@db:/else\x07",
            "[root@db my sz]# ",
        ),
    ] {
        let head = "Script started on 2026-11-22 06:02:00+00:00 [TERM=\"xterm\" COLUMNS=\"80\" LINES=\"24\"]\n";
        let rows = ROWS.replace('\n', "\r\n");
        let text = format!(
            "{head}{said}{prompt}ls -l\r\ntotal 12\r\n{rows}{said}{prompt}ls -l a4\r\n-rw-r--r-- 1 root root 40 Nov 22 06:02 a4\r\n{said}{prompt}exit\r\n"
        );
        let wanted = ["a1=10", "a2=20", "a3=30", "a4=40"];
        let place = ["/srv/sz", "/srv/my sz"][usize::from(prompt.starts_with('['))];
        let wanted = wanted.map(|file| format!("{place}/{file}"));
        assert_eq!(files(&text), wanted, "{said:?} {prompt}");
    }
}

/// The newer listers without `-l` print names as `ls` does, and say by themselves what went wrong.
#[test]
fn newer_listers_without_columns_are_read() {
    let long = "-rw-r--r-- 1 root root 5 Nov 22 06:02 b\n";
    for (typed, printed, wanted) in [
        (
            "exa",
            "a b    it's\nc.log  d  \n".to_owned(),
            &["a b=?", "c.log=?", "d=?", "it's=?"][..],
        ),
        ("exa; ls -l", format!("b  c\ntotal 4\n{long}"), &["b=5"]),
        (
            "exa -l b",
            ".rw-r--r-- 7 root 22 Nov 06:02 b\n".to_owned(),
            &["b=7"],
        ),
        (
            "lsd --tree d",
            "\u{f115} d\n├── \u{f016} e\n└── \u{f115} f\n    └── \u{f016} g\n".to_owned(),
            &["d/e=?", "d/f/g=?"],
        ),
        (
            "exa -T",
            ".\n├── e\n│  └── f\n└── l -> m\n".to_owned(),
            &["e/f=?"],
        ),
        (
            "exa b nope",
            "\"nope\": No such file or directory (os error 2)\nb\n".to_owned(),
            &["b=?"],
        ),
        (
            "exa --zork",
            "exa: Unknown argument --zork\n".to_owned(),
            &[],
        ),
        (
            "exa -l --git",
            ".rw-r--r-- 7 root 22 Nov 06:02 MD card\n.rw-r--r-- 8 root 22 Nov 06:02 -M b\n"
                .to_owned(),
            &["b=8"],
        ),
    ] {
        let text = format!(
            "Script started on 2026-11-22 06:02:00+00:00 [TERM=\"xterm\" COLUMNS=\"80\" LINES=\"24\"]\n{}",
            format!("root@vm:/x# ls -l /y/z\n-rw-r--r-- 1 root root 1 Nov 22 06:02 /y/z\nroot@vm:/x# {typed}\n{printed}root@vm:/x# exit\n").replace('\n', "\r\n")
        );
        let mut wanted: Vec<String> = wanted.iter().map(|file| format!("/x/{file}")).collect();
        wanted.push("/y/z=1".to_owned());
        // A directory of which nothing is known is no file.
        let mut found = files(&text);
        found.retain(|file| file != "/x=?");
        assert_eq!(found, wanted, "{typed}");
    }
}

/// A home and a start that nobody names may be one directory.
#[test]
fn places_without_a_name_are_not_counted_twice_in_silence() {
    let text = format!("$ ls -l\ntotal 12\n{ROWS}$ cd\n$ ls -l\ntotal 12\n{ROWS}$ exit\n");
    let survey = survey(
        &Source::bytes(text.clone().into_bytes()),
        &source::Options::default(),
    )
    .unwrap();
    let said: Vec<_> = survey
        .troubles
        .iter()
        .filter(|t| t.code == "unnamed-start")
        .collect();
    assert_eq!(said.len(), 2, "{said:?}");
    let removed = text.replace("$ exit", "$ rm a1\n$ exit");
    assert_eq!(files(&removed)[0], "?/a1=?");
}

/// What another shell, another host or a command that moves the shell says of its place names no
/// start of this one.
#[test]
fn a_place_of_another_shell_names_nothing() {
    let ls = format!("ls -l\ntotal 12\n{ROWS}");
    // What may have changed has no size any more, and directories are of no interest here.
    let names = |text: &str| -> Vec<String> {
        let mut names: Vec<String> = said(text).into_keys().collect();
        names.retain(|name| ["/a1", "/a2", "/a3"].iter().any(|end| name.ends_with(end)));
        names
    };
    for between in [
        "$ ssh box pwd\n/home/b\n",
        "$ docker exec web pwd\n/app\n",
        "$ (cd /srv/x; pwd)\n/srv/x\n",
        "$ bash -c 'cd /srv/x; pwd'\n/srv/x\n",
        "$ z proj\n$ pwd\n/home/a/proj\n",
        "$ . ./env\n$ pwd\n/home/a/proj\n",
        "$ cd; which ls\n/bin/ls\n",
    ] {
        let text = format!("$ {ls}{between}$ echo\n");
        assert_eq!(names(&text), ["?/a1", "?/a2", "?/a3"], "{between}");
    }
    let other = format!("$ cd\n$ {ls}$ sudo -i\n# cd\n# pwd\n/root\n# exit\n$ echo\n");
    assert_eq!(names(&other), ["~/a1", "~/a2", "~/a3"]);
    // The middle of a path that was cut is nobody's name.
    for prompt in ["\x1b]0;op@vm: ~/.../c/d\x07$ ", "op@vm:~/.../c/d$ "] {
        let text = format!("{prompt}{ls}{prompt}echo\n");
        assert_eq!(
            files(&text),
            ["?/a1=10", "?/a2=20", "?/a3=30"],
            "{prompt:?}"
        );
    }
}
