//! What words are: values of a varying part (exchanges, currencies, regions, machines), names of
//! one record among others, or the directories that tools keep for themselves.
//!
//! The lists are the field's own codes and the names seen in public conventions; what is in none
//! of them is judged by its form alone.

use super::name::{self, Frame, Scan};
use super::suffix;

/// Directories that are one unit of some tool: nothing in them is looked at.
const CLOSED: [&[u8]; 34] = [
    b".git",
    b".hg",
    b".svn",
    b".bzr",
    b"CVS",
    b"node_modules",
    b"site-packages",
    b"dist-packages",
    b".venv",
    b"venv",
    b"__pycache__",
    b".tox",
    b".nox",
    b".cargo",
    b".rustup",
    b".npm",
    b".yarn",
    b".pnpm-store",
    b".gradle",
    b".m2",
    b".mypy_cache",
    b".pytest_cache",
    b".ruff_cache",
    b".eggs",
    b"bower_components",
    b".terraform",
    b"_temporary",
    b"_cacache",
    b".pip",
    b".ccache",
    b"vendor",
    b".Trash",
    b"__MACOSX",
    b"_spark_metadata",
];

/// Whether a directory of this name is a tool's own, whole.
pub(super) fn is_closed(name: &[u8]) -> bool {
    CLOSED.contains(&name)
        || name.starts_with(b".spark-staging")
        || name.starts_with(b".hive-staging")
}

const EXCHANGES: [&str; 60] = [
    "NYSE", "NASDAQ", "AMEX", "ARCA", "BATS", "IEX", "CME", "CBOT", "CBOE", "NYMEX", "COMEX",
    "ICE", "LSE", "TSX", "TSE", "HKEX", "SSE", "SZSE", "ASX", "NSE", "BSE", "SGX", "JPX", "KRX",
    "EUREX", "XETRA", "EURONEXT", "SIX", "BME", "MOEX", "JSE", "OTC", "FINRA", "EDGX", "EDGA",
    "BYX", "BZX", "MEMX", "PSX", "PHLX", "ISE", "MIAX", "BINANCE", "COINBASE", "KRAKEN",
    "BITFINEX", "BITSTAMP", "OKX", "BYBIT", "HUOBI", "KUCOIN", "GEMINI", "DERIBIT", "BITMEX",
    "FTX", "UPBIT", "TWSE", "B3", "BMV", "OSE",
];
const CURRENCIES: [&str; 20] = [
    "USD", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "NZD", "CNY", "HKD", "SGD", "SEK", "NOK",
    "DKK", "PLN", "INR", "BRL", "MXN", "ZAR", "KRW",
];
const REGIONS: [&str; 16] = [
    "us", "eu", "uk", "apac", "emea", "asia", "americas", "na", "sa", "latam", "anz", "jp",
    "north", "south", "east", "west",
];
const STAGES: [&str; 9] = [
    "prod",
    "production",
    "stage",
    "staging",
    "dev",
    "test",
    "qa",
    "uat",
    "preprod",
];

/// The word for what these values are, if nearly all are in one dictionary.
pub(super) fn dictionary(values: &[&[u8]]) -> Option<&'static str> {
    let mut distinct = values.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let share = |test: &dyn Fn(&[u8]) -> bool| {
        distinct.iter().filter(|value| test(value)).count() * 10 >= distinct.len() * 6
    };
    let listed = |list: &'static [&'static str]| {
        move |value: &[u8]| {
            list.iter()
                .any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
        }
    };
    if share(&is_exchange) {
        Some("exchange")
    } else if share(&listed(&CURRENCIES)) {
        Some("currency")
    } else if share(&|value| is_pair(value)) {
        Some("symbol")
    } else if share(&|value| listed(&REGIONS)(value) || is_cloud_region(value)) {
        Some("region")
    } else if share(&listed(&STAGES)) {
        Some("stage")
    } else if distinct.len() >= 3 && share(&is_symbol) {
        Some("symbol")
    } else {
        None
    }
}

fn is_exchange(value: &[u8]) -> bool {
    let mic = value.len() == 4 && value[0] == b'X' && value.iter().all(u8::is_ascii_uppercase);
    mic || EXCHANGES
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

/// `BTCUSDT`, `EURUSD`, `BTC-USD`.
fn is_pair(value: &[u8]) -> bool {
    const QUOTES: [&[u8]; 8] = [
        b"USDT", b"USDC", b"BUSD", b"USD", b"EUR", b"BTC", b"ETH", b"JPY",
    ];
    is_symbol(value) && value.len() >= 5 && QUOTES.iter().any(|quote| value.ends_with(quote))
}

fn is_cloud_region(value: &[u8]) -> bool {
    let mut parts = value.split(|&b| b == b'-');
    matches!(
        parts.next(),
        Some(b"us" | b"eu" | b"ap" | b"sa" | b"ca" | b"af" | b"me")
    ) && parts
        .next()
        .is_some_and(|part| part.iter().all(u8::is_ascii_alphabetic))
        && value.last().is_some_and(u8::is_ascii_digit)
}

/// The part of a cloud region before its number: `us-east`, `eu-central`.
fn is_compass(value: &[u8]) -> bool {
    const POINTS: [&[u8]; 5] = [b"north", b"south", b"east", b"west", b"central"];
    let Some(dash) = value.iter().position(|&b| b == b'-') else {
        return false;
    };
    let (land, point) = (&value[..dash], &value[dash + 1..]);
    (2..=3).contains(&land.len())
        && land.iter().all(u8::is_ascii_lowercase)
        && POINTS.iter().any(|start| point.starts_with(start))
        && point.iter().all(u8::is_ascii_lowercase)
}

/// Letters in upper case, perhaps with digits: a ticker symbol or a code.
fn is_symbol(value: &[u8]) -> bool {
    const TITLES: [&[u8]; 12] = [
        b"README",
        b"LICENSE",
        b"LICENCE",
        b"CHANGELOG",
        b"NOTICE",
        b"AUTHORS",
        b"TODO",
        b"MANIFEST",
        b"IMG",
        b"DSC",
        b"VERSION",
        b"COPYING",
    ];
    (1..=12).contains(&value.len())
        && value.iter().any(u8::is_ascii_uppercase)
        && value
            .iter()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"._-&^=".contains(b))
        && !TITLES.contains(&value)
}

fn is_code(value: &[u8]) -> bool {
    is_symbol(value)
        || is_exchange(value)
        || are_hosts(&[value])
        || is_compass(value)
        || [&CURRENCIES[..], &REGIONS, &STAGES]
            .iter()
            .any(|list| list.iter().any(|word| value == word.as_bytes()))
}

/// Whether all of these look like codes.
pub(super) fn are_symbols(values: &[&[u8]]) -> bool {
    values.iter().all(|value| is_code(value))
}

/// Whether the words in which these names differ are values of one variable rather than the names
/// of several outputs. With each name stands how many files are like it.
pub(super) fn are_values(names: &[(&[u8], u32)], often: u32) -> bool {
    let words = differences(names);
    if words.len() < 2 {
        return false;
    }
    let codes = words.iter().filter(|word| is_code(word)).count();
    if codes * 10 >= words.len() * 8 {
        return true;
    }
    let members: u32 = names.iter().map(|name| name.1).fold(0, u32::saturating_add);
    if words.len() >= 5 && words.len() * 10 >= members as usize * 6 {
        return words
            .iter()
            .all(|word| name::is_identifier(word) || word.len() >= 4);
    }
    let (fewest, most) = names.iter().fold((u32::MAX, 0), |(low, high), name| {
        (low.min(name.1), high.max(name.1))
    });
    let logs = names
        .iter()
        .any(|name| name.0.windows(3).any(|three| three == b"log"));
    words.len() >= 3 && !logs && fewest >= often && u64::from(fewest) * 10 >= u64::from(most) * 8
}

/// What each of the names has within what all have in common.
fn differences<'n>(names: &[(&'n [u8], u32)]) -> Vec<&'n [u8]> {
    let bodies: Vec<&[u8]> = names
        .iter()
        .map(|(name, _)| &name[..name.len() - suffix::compression(name).len()])
        .collect();
    let frame = Frame::of(&bodies);
    let mut scan = Scan::default();
    let text = |body: &&'n [u8]| {
        scan.split(body);
        frame.text(body, &scan.runs)
    };
    bodies.iter().filter_map(text).collect()
}

/// Formats in which a directory describes itself rather than holding data.
const RECORDS: [&[u8]; 14] = [
    b"json",
    b"yaml",
    b"yml",
    b"txt",
    b"md",
    b"toml",
    b"ini",
    b"cfg",
    b"conf",
    b"xml",
    b"html",
    b"pem",
    b"properties",
    b"lock",
];

/// Words by which a directory describes itself, or a run its own course.
const DESCRIPTIONS: [&[u8]; 48] = [
    b"args",
    b"changelog",
    b"checkpoint",
    b"command",
    b"conf",
    b"config",
    b"configuration",
    b"cover",
    b"current",
    b"description",
    b"done",
    b"env",
    b"environment",
    b"err",
    b"error",
    b"errors",
    b"exit",
    b"history",
    b"index",
    b"info",
    b"latest",
    b"license",
    b"log",
    b"logs",
    b"main",
    b"manifest",
    b"meta",
    b"metadata",
    b"metrics",
    b"options",
    b"out",
    b"output",
    b"package",
    b"params",
    b"pid",
    b"readme",
    b"report",
    b"requirements",
    b"results",
    b"schema",
    b"settings",
    b"state",
    b"stats",
    b"status",
    b"stderr",
    b"stdout",
    b"summary",
    b"version",
];

/// Whether some part of a word says what a file is for.
fn describes(word: &[u8]) -> bool {
    word.split(|b| !b.is_ascii_alphanumeric())
        .any(|part| DESCRIPTIONS.contains(&&part.to_ascii_lowercase()[..]))
}

/// Whether a file that is called the same in each of many directories says something of these: by
/// its name or by a format for such. What a run printed is its output, whatever it is called.
pub(super) fn is_record(name: &[u8]) -> bool {
    const PRINTED: [&[u8]; 6] = [b"err", b"log", b"out", b"output", b"stderr", b"stdout"];
    let mut parts = name.split(|b| !b.is_ascii_alphanumeric());
    if parts.any(|part| PRINTED.contains(&&part.to_ascii_lowercase()[..])) {
        return false;
    }
    let extension = suffix::last_dot(name).map_or(&b""[..], |dot| &name[dot + 1..]);
    RECORDS.contains(&extension) || describes(name)
}

/// Whether names that return in sibling after sibling are values (`NYSE.csv`, `BATS.csv`) or the
/// parts of one record (`meta.json`, `index`). `alone`: the siblings hold nothing else, so that
/// there is nothing for a record to describe.
pub(super) fn are_leaf_values(names: &[(&[u8], u32)], alone: bool) -> bool {
    let body = &names[0].0[..names[0].0.len() - suffix::compression(names[0].0).len()];
    match body.iter().rposition(|&b| b == b'.') {
        Some(dot) if !RECORDS.contains(&&body[dot + 1..]) => true,
        _ => {
            let words = differences(names);
            let (fewest, most) = names.iter().fold((u32::MAX, 0), |(low, high), name| {
                (low.min(name.1), high.max(name.1))
            });
            let even = u64::from(fewest) * 10 >= u64::from(most) * 8;
            words.iter().all(|word| is_code(word))
                || alone && even && !names.iter().any(|name| describes(name.0))
        }
    }
}

/// Whether a directory's name may be a value at all: the standard places of a system are not.
pub(super) fn may_be_value(name: &[u8]) -> bool {
    const PLACES: [&[u8]; 28] = [
        b"etc", b"var", b"usr", b"lib", b"opt", b"tmp", b"home", b"srv", b"root", b"boot", b"bin",
        b"share", b"log", b"cache", b"src", b"tests", b"test", b"docs", b"doc", b"include",
        b"backup", b"backups", b"archive", b"old", b"latest", b"current", b"cur", b"new",
    ];
    !PLACES.contains(&name) && !name.starts_with(b".")
}

/// Whether words with a number behind them are names of machines.
pub(super) fn are_hosts(words: &[&[u8]]) -> bool {
    const HOSTS: [&[u8]; 16] = [
        b"web", b"host", b"node", b"srv", b"server", b"db", b"app", b"worker", b"api", b"edge",
        b"lb", b"cache", b"vm", b"pod", b"ip", b"gw",
    ];
    words.iter().all(|word| {
        let letters = word.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        HOSTS.contains(&&word[..letters]) && word.last().is_some_and(u8::is_ascii_digit)
    })
}
