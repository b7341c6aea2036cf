//! Code generation from the contract: `contract/*.json` in, committed Rust files out.
//!
//! The way: [`contract`] reads what the files say, [`plan`] unites the generations and decides
//! names and places with the choices listed in [`choices`], [`emit`] writes Rust text, [`openapi`] the
//! contract's part of the API's document, and this module formats it and compares it with, or puts it into, the checkout.

mod choices;
mod contract;
mod emit;
mod names;
mod openapi;
mod plan;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The folder that holds generated files, and nothing else but their tests.
const WIRE_FOLDER: &str = "crates/wayfare-model/src/wire";
const WIRE_TESTS: &str = "tests.rs";
const OPENAPI_FILE: &str = "crates/wayfare-http/src/openapi/contract.json";
const OPERATION_FILE: &str = "crates/wayfare-model/src/operation.rs";

/// Generated files by path from the repository's root.
type Files = BTreeMap<PathBuf, String>;

/// Brings the checkout up to date. Files that are fresh are not touched, so nothing is rebuilt
/// in vain; files of the wire folder that are no longer generated are removed.
pub(crate) fn write(root: &Path) -> Result<()> {
    let files = generate(root)?;
    for (path, text) in &files {
        let target = root.join(path);
        if fs::read_to_string(&target).is_ok_and(|committed| committed == *text) {
            continue;
        }
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&target, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    for path in leftovers(root, &files)? {
        fs::remove_file(root.join(path))?;
    }
    Ok(())
}

/// One line for each file that `write` would change or remove.
pub(crate) fn stale_files(root: &Path) -> Result<Vec<String>> {
    let files = generate(root)?;
    let mut findings = Vec::new();
    for (path, text) in &files {
        if !fs::read_to_string(root.join(path)).is_ok_and(|committed| committed == *text) {
            findings.push(format!("{} is stale, run: cargo xtask codegen", path.display()));
        }
    }
    for path in leftovers(root, &files)? {
        findings.push(format!("{} is not generated, run: cargo xtask codegen", path.display()));
    }
    Ok(findings)
}

fn generate(root: &Path) -> Result<Files> {
    let contracts = contract::read_all(&root.join("contract"))?;
    let plan = plan::make(&contracts)?;
    let mut files = Files::new();
    for (name, text) in emit::wire_files(&plan) {
        files.insert(Path::new(WIRE_FOLDER).join(name), format(root, &text)?);
    }
    files.insert(PathBuf::from(OPERATION_FILE), format(root, &emit::operation_file(&plan))?);
    files.insert(PathBuf::from(OPENAPI_FILE), openapi::contract_file(&plan)?);
    Ok(files)
}

/// Files in the wire folder that nobody writes any more.
fn leftovers(root: &Path, files: &Files) -> Result<Vec<PathBuf>> {
    let folder = root.join(WIRE_FOLDER);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let path = Path::new(WIRE_FOLDER).join(&name);
        if name != WIRE_TESTS && !files.contains_key(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Passes Rust text through rustfmt, with the repository's settings.
fn format(root: &Path, text: &str) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .current_dir(root)
        .args(["--edition", "2024", "--config-path", "rustfmt.toml"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start rustfmt")?;
    // rustfmt reads all of its input before it answers, so writing first cannot block for ever.
    let mut input = rustfmt.stdin.take().context("rustfmt has no standard input")?;
    input.write_all(text.as_bytes())?;
    drop(input);
    let output = rustfmt.wait_with_output()?;
    ensure!(output.status.success(), "rustfmt refused the generated text");
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn generated_files_are_fresh() {
        let root = crate::repository_root().unwrap();
        let stale = super::stale_files(&root).unwrap();
        assert!(stale.is_empty(), "{}", stale.join("\n"));
    }
}
