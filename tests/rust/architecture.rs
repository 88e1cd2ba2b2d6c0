//! The two rules of style that a test enforces: imports go downward only, and every file says what it is for.

use std::path::{Path, PathBuf};

const CORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/src");

/// Which layers each module may import, besides itself and `base`. The domains do not know each other.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("event", &[]),
    ("catalog", &["event"]),
    ("expiry", &["event", "catalog"]),
    ("ledger", &["event", "catalog", "expiry"]),
    ("demand", &["event", "catalog", "expiry", "ledger"]),
    ("forecast", &["event", "catalog", "expiry", "ledger"]),
    ("replenish", &["event", "catalog", "expiry", "ledger"]),
    ("recommend", &["event", "catalog", "expiry", "ledger"]),
    ("segment", &["event", "catalog", "expiry", "ledger"]),
    ("feedback", &["event", "catalog", "expiry", "ledger"]),
    ("journal", &[]),
    (
        "engine",
        &[
            "event",
            "catalog",
            "expiry",
            "ledger",
            "demand",
            "forecast",
            "replenish",
            "recommend",
            "segment",
            "feedback",
            "journal",
        ],
    ),
    (
        "ops",
        &[
            "event",
            "catalog",
            "expiry",
            "ledger",
            "demand",
            "forecast",
            "replenish",
            "recommend",
            "segment",
            "feedback",
            "journal",
            "engine",
        ],
    ),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn module_of(file: &Path) -> String {
    let inside = file.strip_prefix(CORE).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_string()
}

/// The modules that a file's code imports by `crate::…`, tests and docs left aside.
fn imports(text: &str) -> Vec<String> {
    let code: String = text
        .split("#[cfg(test)]")
        .next()
        .unwrap()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let names = code.split("crate::").skip(1).flat_map(|rest| {
        let rest = rest.trim_start();
        match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap().split(',').map(first_word).collect::<Vec<_>>(),
            None => vec![first_word(rest)],
        }
    });
    names.filter(|name| MAY_IMPORT.iter().any(|(module, _)| module == name)).collect()
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn imports_go_downward_only() {
    let mut upward = Vec::new();
    let mut seen = 0;
    for file in files(Path::new(CORE)) {
        let module = module_of(&file);
        if module == "lib" {
            continue;
        }
        let (_, allowed) = MAY_IMPORT
            .iter()
            .find(|(own, _)| *own == module)
            .unwrap_or_else(|| panic!("{module} has no layer: name it in this test and in ARCHITECTURE.md"));
        for name in imports(&std::fs::read_to_string(&file).unwrap()) {
            seen += 1;
            if name != module && name != "base" && !allowed.contains(&name.as_str()) {
                upward.push(format!("{} imports {name}", file.display()));
            }
        }
    }
    assert!(seen > 50, "only {seen} imports were found: the test looks past them");
    assert!(upward.is_empty(), "{}", upward.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<PathBuf> = files(Path::new(CORE))
        .into_iter()
        .filter(|file| !std::fs::read_to_string(file).unwrap().starts_with("//! "))
        .collect();
    assert!(silent.is_empty(), "no module doc on line 1: {silent:?}");
}
