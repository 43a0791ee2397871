//! The table of known places: what can be made again, and what was put aside.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::Risk;
use crate::tree::{NodeId, Tree};

/// A place that is known by its name and by what lies beside it.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Where it is: `**/name` at any depth, `~` a home directory, else a whole path. For files, a
    /// form that `leaf_place` knows.
    pub at: &'static str,
    /// Names of which one must lie in the same directory; empty: nothing is asked for.
    pub beside: &'static [&'static str],
    /// Names of which one must lie in it; empty: nothing is asked for.
    pub holding: &'static [&'static str],
    /// Whether the directory itself is meant.
    pub part: Part,
    /// How safe it is to delete.
    pub risk: Risk,
    /// Why, for people.
    pub what: &'static str,
    /// Where that is written.
    pub source: &'static str,
}

/// How much of a place is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The directory and everything in it.
    Whole,
    /// Only what is in it.
    Below,
    /// Single files, by the form of their names.
    Files,
}

const fn cache(at: &'static str, what: &'static str, source: &'static str) -> Place {
    Place {
        at,
        beside: &[],
        holding: &[],
        part: Part::Whole,
        risk: Risk::Regenerable,
        what,
        source,
    }
}

const fn built(
    at: &'static str,
    beside: &'static [&'static str],
    what: &'static str,
    source: &'static str,
) -> Place {
    Place {
        beside,
        ..cache(at, what, source)
    }
}

const fn below(at: &'static str, what: &'static str, source: &'static str) -> Place {
    Place {
        part: Part::Below,
        ..cache(at, what, source)
    }
}

const fn old(at: &'static str, what: &'static str, source: &'static str) -> Place {
    Place {
        risk: Risk::Old,
        part: Part::Below,
        ..cache(at, what, source)
    }
}

const fn file(at: &'static str, what: &'static str, source: &'static str) -> Place {
    Place {
        risk: Risk::Old,
        part: Part::Files,
        ..cache(at, what, source)
    }
}

/// Every known place.
pub const PLACES: &[Place] = &[
    Place {
        holding: &["CACHEDIR.TAG"],
        ..cache(
            "**",
            "it is marked as a cache by its CACHEDIR.TAG",
            "https://bford.info/cachedir/",
        )
    },
    cache(
        "**/__pycache__",
        "compiled Python, made again on import",
        "PEP 3147",
    ),
    built(
        "**/node_modules",
        &["package.json"],
        "packages that npm installs again",
        "https://docs.npmjs.com/cli/configuring-npm/folders",
    ),
    built(
        "**/target",
        &["Cargo.toml"],
        "what cargo builds again",
        "https://doc.rust-lang.org/cargo/guide/build-cache.html",
    ),
    built(
        "**/target",
        &["pom.xml"],
        "what Maven builds again",
        "https://maven.apache.org/guides/introduction/introduction-to-the-standard-directory-layout.html",
    ),
    built(
        "**/build",
        &["build.gradle", "build.gradle.kts"],
        "what Gradle builds again",
        "https://docs.gradle.org/current/userguide/organizing_gradle_projects.html",
    ),
    built(
        "**/.gradle",
        &[
            "build.gradle",
            "build.gradle.kts",
            "settings.gradle",
            "settings.gradle.kts",
        ],
        "Gradle's project cache",
        "https://docs.gradle.org/current/userguide/directory_layout.html",
    ),
    built(
        "**/.next",
        &["package.json"],
        "what Next.js builds again",
        "https://nextjs.org/docs/app/api-reference/config/next-config-js/distDir",
    ),
    built(
        "**/.nuxt",
        &["package.json"],
        "what Nuxt builds again",
        "https://nuxt.com/docs/guide/directory-structure/nuxt",
    ),
    built(
        "**/.terraform",
        &["main.tf", ".terraform.lock.hcl"],
        "providers that terraform init fetches again",
        "https://developer.hashicorp.com/terraform/cli/init",
    ),
    built(
        "**/.zig-cache",
        &["build.zig"],
        "what Zig builds again",
        "https://ziglang.org/learn/build-system/",
    ),
    built(
        "**/_build",
        &["mix.exs", "dune-project"],
        "what mix or dune builds again",
        "https://hexdocs.pm/mix/Mix.Project.html",
    ),
    built(
        "**/.stack-work",
        &["stack.yaml"],
        "what Stack builds again",
        "https://docs.haskellstack.org/en/stable/topics/stack_work/",
    ),
    built(
        "**/dist-newstyle",
        &["cabal.project"],
        "what cabal builds again",
        "https://cabal.readthedocs.io/en/stable/cabal-commands.html",
    ),
    built(
        "**/.dart_tool",
        &["pubspec.yaml"],
        "what Dart makes again",
        "https://dart.dev/tools/pub/package-layout",
    ),
    cache(
        "**/.tox",
        "environments that tox makes again",
        "https://tox.wiki/en/latest/config.html",
    ),
    cache(
        "**/.nox",
        "environments that nox makes again",
        "https://nox.thea.codes/en/stable/config.html",
    ),
    cache(
        "**/.mypy_cache",
        "mypy's cache",
        "https://mypy.readthedocs.io/en/stable/config_file.html",
    ),
    cache(
        "**/.pytest_cache",
        "pytest's cache",
        "https://docs.pytest.org/en/stable/how-to/cache.html",
    ),
    cache(
        "**/.ruff_cache",
        "ruff's cache",
        "https://docs.astral.sh/ruff/settings/",
    ),
    cache(
        "**/.sass-cache",
        "sass's cache",
        "https://sass-lang.com/documentation/",
    ),
    cache(
        "**/.ccache",
        "compiler results that ccache makes again",
        "https://ccache.dev/manual/latest.html",
    ),
    below(
        "~/.cache",
        "a user's caches",
        "XDG Base Directory Specification",
    ),
    below(
        "~/Library/Caches",
        "a user's caches",
        "https://developer.apple.com/library/archive/documentation/FileManagement/Conceptual/FileSystemProgrammingGuide",
    ),
    cache(
        "~/.cargo/registry",
        "packages that cargo fetches again",
        "https://doc.rust-lang.org/cargo/guide/cargo-home.html",
    ),
    cache(
        "~/.npm/_cacache",
        "packages that npm fetches again",
        "https://docs.npmjs.com/cli/commands/npm-cache",
    ),
    cache(
        "~/.gradle/caches",
        "what Gradle fetches again",
        "https://docs.gradle.org/current/userguide/directory_layout.html",
    ),
    cache(
        "~/.m2/repository",
        "what Maven fetches again",
        "https://maven.apache.org/guides/introduction/introduction-to-repositories.html",
    ),
    cache(
        "~/go/pkg/mod",
        "modules that go fetches again",
        "https://go.dev/ref/mod#module-cache",
    ),
    cache(
        "~/.nuget/packages",
        "packages that NuGet fetches again",
        "https://learn.microsoft.com/nuget/consume-packages/managing-the-global-packages-and-cache-folders",
    ),
    cache(
        "~/.thumbnails",
        "thumbnails, drawn again when looked at",
        "Thumbnail Managing Standard",
    ),
    below(
        "/var/cache/apt/archives",
        "packages that apt fetches again",
        "apt-get(8), clean",
    ),
    below(
        "/var/cache/dnf",
        "packages that dnf fetches again",
        "dnf(8), clean",
    ),
    below(
        "/var/cache/libdnf5",
        "packages that dnf fetches again",
        "dnf5-clean(8)",
    ),
    below(
        "/var/cache/yum",
        "packages that yum fetches again",
        "yum(8), clean",
    ),
    below(
        "/var/cache/pacman/pkg",
        "packages that pacman fetches again",
        "pacman(8), --clean",
    ),
    below(
        "/var/cache/zypp",
        "packages that zypper fetches again",
        "zypper(8), clean",
    ),
    below(
        "/var/cache/apk",
        "packages that apk fetches again",
        "apk-cache(5)",
    ),
    below(
        "/var/cache/man",
        "pages that man formats again",
        "FHS 3.0, 5.5",
    ),
    below(
        "/var/cache/fontconfig",
        "what fc-cache makes again",
        "fc-cache(1)",
    ),
    below(
        "/var/cache/ldconfig",
        "what ldconfig makes again",
        "ldconfig(8)",
    ),
    below(
        "/var/cache/PackageKit",
        "packages that PackageKit fetches again",
        "FHS 3.0, 5.5",
    ),
    below(
        "/var/lib/apt/lists",
        "lists that apt update fetches again",
        "apt-get(8), update",
    ),
    below(
        "/var/cache/bazel",
        "what bazel builds again",
        "https://bazel.build/remote/output-directories",
    ),
    old("/var/crash", "crash dumps", "FHS 3.0, 5.6"),
    old(
        "/var/lib/systemd/coredump",
        "core dumps",
        "coredump.conf(5)",
    ),
    old(
        "~/.local/share/Trash",
        "what its owner has thrown away",
        "FreeDesktop.org Trash specification",
    ),
    old(
        "~/.Trash",
        "what its owner has thrown away",
        "FreeDesktop.org Trash specification",
    ),
    old(
        "**/.Trash-",
        "what its owner has thrown away",
        "FreeDesktop.org Trash specification",
    ),
    old("**/lost+found", "what fsck could not place", "fsck.ext4(8)"),
    file("*.log.N", "a rotated log", "logrotate(8)"),
    file("log/*.N", "a rotated log", "logrotate(8)"),
    file("log/*-YYYYMMDD", "a rotated log", "logrotate(8), dateext"),
    file("core.N", "a core dump", "core(5)"),
    file(
        "java_pidN.hprof",
        "a heap dump",
        "java(1), HeapDumpOnOutOfMemoryError",
    ),
    file("hs_err_pidN.log", "a crash report", "java(1), ErrorFile"),
];

/// The signature of a CACHEDIR.TAG has 43 bytes; a smaller file is none.
const TAG: &[u8] = b"CACHEDIR.TAG";
const TAG_SIZE: u64 = 43;

/// Finds the place that a directory is: by its name, and by names beside and in it.
#[derive(Debug)]
pub(super) struct Finder {
    by_name: BTreeMap<&'static [u8], Vec<usize>>,
    /// Directories that hold one of the names that matter, and which.
    holds: BTreeSet<(u32, &'static [u8])>,
}

impl Finder {
    /// Looks once at every name.
    pub(super) fn new(tree: &Tree) -> Self {
        let mut by_name: BTreeMap<&'static [u8], Vec<usize>> = BTreeMap::new();
        let mut markers: BTreeSet<&'static [u8]> = BTreeSet::new();
        for (i, place) in PLACES
            .iter()
            .enumerate()
            .filter(|p| p.1.part != Part::Files)
        {
            let name = place.at.rsplit('/').next().unwrap_or(place.at);
            by_name.entry(name.as_bytes()).or_default().push(i);
            let names = place.beside.iter().chain(place.holding);
            markers.extend(names.map(|name| name.as_bytes()));
        }
        let mut holds = BTreeSet::new();
        let mut dir = NodeId::ROOT;
        for node in tree.nodes() {
            if tree.is_dir(node) {
                dir = node;
            } else if let Some(&name) = markers.get(tree.name(node)) {
                let size = tree.own_apparent(node).and_then(|size| size.hi);
                if name != TAG || size.is_none_or(|size| size >= TAG_SIZE) {
                    holds.insert((dir.0, name));
                }
            }
        }
        Self { by_name, holds }
    }

    pub(super) fn place(&self, tree: &Tree, node: NodeId, path: &[u8]) -> Option<usize> {
        let name = path.rsplit(|&b| b == b'/').next().unwrap_or(path);
        let named = self.by_name.get(name);
        let trash = name
            .starts_with(b".Trash-")
            .then(|| self.by_name.get(&b".Trash-"[..]));
        let tagged = self
            .holds
            .contains(&(node.0, TAG))
            .then(|| self.by_name.get(&b"**"[..]));
        let candidates = [named, trash.flatten(), tagged.flatten()];
        let holds_one = |dir: u32, names: &[&'static str]| {
            names.is_empty()
                || names
                    .iter()
                    .any(|name| self.holds.contains(&(dir, name.as_bytes())))
        };
        candidates
            .into_iter()
            .flatten()
            .flatten()
            .copied()
            .find(|&i| {
                let place = &PLACES[i];
                let beside = tree
                    .parent(node)
                    .is_some_and(|up| holds_one(up.0, place.beside));
                is_at(place.at, path)
                    && (place.beside.is_empty() || beside)
                    && holds_one(node.0, place.holding)
            })
    }
}

/// Without the host that a recording's path may begin with.
pub(super) fn on_machine(path: &[u8]) -> &[u8] {
    match path.iter().position(|&b| b == b'/') {
        Some(slash) if slash > 0 && path[slash - 1] == b':' => &path[slash..],
        _ => path,
    }
}

/// Whether a directory, whose last name fits already, lies where a place says.
fn is_at(at: &str, path: &[u8]) -> bool {
    let path = on_machine(path);
    if at.starts_with("**") {
        return true;
    }
    let Some(below_home) = at.strip_prefix('~') else {
        return path == at.as_bytes();
    };
    let Some(home) = path.strip_suffix(below_home.as_bytes()) else {
        return false;
    };
    let is_user = |rest: &[u8]| !rest.is_empty() && !rest.contains(&b'/');
    home == b"/root"
        || home.strip_prefix(b"/home/").is_some_and(is_user)
        || home.strip_prefix(b"/Users/").is_some_and(is_user)
}

/// The place of a single file, by the form of its name.
pub(super) fn leaf_place(name: &[u8], in_logs: bool) -> Option<usize> {
    let form = leaf_form(name, in_logs)?;
    PLACES
        .iter()
        .position(|place| place.part == Part::Files && place.at == form)
}

fn leaf_form(name: &[u8], in_logs: bool) -> Option<&'static str> {
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if name
        .strip_prefix(b"core.")
        .or(name.strip_prefix(b"vgcore."))
        .is_some_and(digits)
    {
        return Some("core.N");
    }
    let pid = |prefix: &[u8], suffix: &[u8]| {
        let inner = name
            .strip_prefix(prefix)
            .and_then(|rest| rest.strip_suffix(suffix));
        inner.is_some_and(digits)
    };
    if pid(b"java_pid", b".hprof") {
        return Some("java_pidN.hprof");
    }
    if pid(b"hs_err_pid", b".log") {
        return Some("hs_err_pidN.log");
    }
    let packed = [&b".gz"[..], b".xz", b".bz2", b".zst"];
    let bare = packed
        .iter()
        .find_map(|end| name.strip_suffix(*end))
        .unwrap_or(name);
    // The numbers of logrotate have few digits; a long one is a date or something else.
    let dot = bare.iter().rposition(|&b| b == b'.');
    if let Some((stem, number)) = dot.map(|dot| (&bare[..dot], &bare[dot + 1..]))
        && digits(number)
        && number.len() <= 4
        && !stem.is_empty()
    {
        if stem.ends_with(b".log") {
            return Some("*.log.N");
        }
        if in_logs {
            return Some("log/*.N");
        }
    }
    let bare = bare.strip_suffix(b".log").unwrap_or(bare);
    let dash = bare.iter().rposition(|&b| b == b'-')?;
    let is_date = bare.len() - dash == 9 && digits(&bare[dash + 1..]) && dash > 0;
    (in_logs && is_date).then_some("log/*-YYYYMMDD")
}
