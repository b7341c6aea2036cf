//! What a Rust file may be called, how long it may be, and which names stay in one room.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Folders with Rust files of ours, from the repository's root.
const FOLDERS: &[&str] = &["benches", "crates", "tests", "xtask"];
/// Folders inside of them that hold other people's files or build products.
const SKIPPED_FOLDERS: &[&str] = &["node_modules", "target", "__pycache__"];

/// More than this and a file has more than one subject.
const LINES_MAX: usize = 500;
/// Tests are lists of cases, which read well at a greater length.
const TEST_LINES_MAX: usize = 800;
/// Generated files are as long as the contract makes them.
const GENERATED: &[&str] =
    &["crates/wayfare-model/src/wire/", "crates/wayfare-model/src/operation.rs"];

/// Names that say nothing; such a drawer only ever grows. Find the noun.
const DRAWERS: &[&str] =
    &["util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"];

/// The only place where a store is chosen.
const WIRING: &str = "crates/wayfare/";
/// A store's own folder and how others would name it in code.
const CONCRETE_STORES: &[(&str, &str)] = &[
    ("crates/wayfare-store-embedded/", "wayfare_store_embedded"),
    ("crates/wayfare-store-cluster/", "wayfare_store_cluster"),
];

pub(super) fn findings(root: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for path in rust_files(root)? {
        let text = fs::read_to_string(root.join(&path))
            .with_context(|| format!("cannot read {}", path.display()))?;
        let path = path.to_string_lossy().replace('\\', "/");
        findings.extend(check(&path, &text));
    }
    Ok(findings)
}

fn rust_files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut open: Vec<PathBuf> = FOLDERS.iter().map(PathBuf::from).collect();
    open.retain(|folder| root.join(folder).is_dir());
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name();
            let path = folder.join(&name);
            if entry.file_type()?.is_dir() {
                let skipped = SKIPPED_FOLDERS.iter().any(|skipped| name == *skipped);
                if !skipped {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Checks one file; the path is the one from the repository's root, with slashes.
fn check(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for part in path.split('/') {
        let name = part.strip_suffix(".rs").unwrap_or(part);
        if DRAWERS.contains(&name) {
            findings.push(format!("{path}: `{name}` says nothing, find the noun"));
        }
    }
    let lines = text.lines().count();
    let lines_max = if is_test(path) { TEST_LINES_MAX } else { LINES_MAX };
    if lines > lines_max && !GENERATED.iter().any(|generated| path.starts_with(generated)) {
        findings.push(format!("{path}: {lines} lines, the limit is {lines_max}"));
    }
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if let Some(name) = module_name(line).filter(|name| DRAWERS.contains(name)) {
            findings.push(format!("{path}:{number}: `{name}` says nothing, find the noun"));
        }
        // Only rooms are watched: this file has to name what it forbids.
        if path.starts_with("crates/") && !path.starts_with(WIRING) {
            findings.extend(store_choice(path, line).map(|what| {
                format!("{path}:{number}: {what} outside of {WIRING}, the store is chosen there")
            }));
        }
    }
    findings
}

fn is_test(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    path.split('/').any(|part| part == "tests") || file == "tests.rs" || file.ends_with("_tests.rs")
}

/// The name in a line such as `pub(crate) mod name;`.
fn module_name(line: &str) -> Option<&str> {
    let (before, after) = line.trim().split_once("mod ")?;
    let is_declaration = before.is_empty() || before.starts_with("pub");
    let name = after.trim_end_matches(['{', ';', ' ']);
    is_declaration.then_some(name)
}

fn store_choice(path: &str, line: &str) -> Option<String> {
    if line.contains("if embedded") || line.contains("if is_embedded") {
        return Some("a branch on the kind of store".to_owned());
    }
    CONCRETE_STORES
        .iter()
        .find(|(home, name)| line.contains(name) && !path.starts_with(home))
        .map(|(_, name)| format!("`{name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_found() {
        let text = "\n".repeat(LINES_MAX + 1);
        let findings = check("crates/wayfare-app/src/segments.rs", &text);
        assert_eq!(findings, ["crates/wayfare-app/src/segments.rs: 501 lines, the limit is 500"]);
        assert!(check("crates/wayfare-app/src/segments/tests.rs", &text).is_empty());
        assert!(check("crates/wayfare-model/src/wire/events.rs", &text).is_empty());
        let text = "\n".repeat(TEST_LINES_MAX + 1);
        assert_eq!(check("crates/wayfare/tests/it/segments.rs", &text).len(), 1);
    }

    #[test]
    fn drawers_are_found_by_file_folder_and_module() {
        assert_eq!(check("crates/wayfare-app/src/utils.rs", "").len(), 1);
        assert_eq!(check("crates/wayfare/tests/common/server.rs", "").len(), 1);
        let findings = check("xtask/src/main.rs", "//! A mod utils\n\npub(crate) mod helpers {\n");
        assert_eq!(findings, ["xtask/src/main.rs:3: `helpers` says nothing, find the noun"]);
    }

    #[test]
    fn a_store_is_named_at_home_and_in_the_wiring_only() {
        let line = "use wayfare_store_embedded::Store;\n";
        assert!(check("crates/wayfare/src/wiring.rs", line).is_empty());
        assert!(check("crates/wayfare-store-embedded/tests/conformance.rs", line).is_empty());
        assert_eq!(check("crates/wayfare-app/src/ingest.rs", line).len(), 1);
        assert_eq!(check("crates/wayfare-store-cluster/src/lib.rs", line).len(), 1);
        assert_eq!(check("crates/wayfare-app/src/ingest.rs", "if embedded {").len(), 1);
    }
}
