//! Pages that are written by the code they describe. Each belongs to a test that fails when it is
//! stale; with `UPDATE_EXPECT` the same test writes it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

/// The tests, each with its package and the arguments that select it.
const PAGES: [(&str, &[&str]); 3] = [
    (
        "docs/errors.md",
        &["--package", "wayfare-http", "--lib", "problem::tests::the_page_is_fresh"],
    ),
    (
        "docs/openapi.json",
        &["--package", "wayfare-http", "--lib", "openapi::tests::the_document_is_fresh"],
    ),
    (
        "docs/api-compatibility.md",
        &["--package", "wayfare", "--test", "it", "compatibility::the_page_is_fresh"],
    ),
];

/// Writes every page. One line for each that could not be written.
pub(crate) fn write(root: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for (page, selection) in PAGES {
        let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .current_dir(root)
            .args(["test", "--quiet"])
            .args(selection)
            .env("UPDATE_EXPECT", "1")
            .status()
            .with_context(|| format!("cannot run the test that writes {page}"))?;
        if !status.success() {
            findings.push(format!("{page} was not written"));
        }
    }
    Ok(findings)
}
