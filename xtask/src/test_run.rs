//! `cargo xtask test`: everything that has to pass, with a count at the end.
//!
//! Rust tests first, then the official SDKs, unmodified, against a real server process.

mod sdk;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Tests that passed and failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Runs everything. What failed is found; the last line tells how many ran.
pub(crate) fn run(root: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    let mut total = Count::default();
    let cache = root.join("target/sdk");
    say("installing the official SDKs");
    let mut setup = Command::new("bash");
    require(setup.arg(root.join("tests/sdk/setup.sh")).arg(&cache).current_dir(root))?;
    let mut setup = Command::new("bash");
    require(setup.arg(root.join("tests/schemathesis/setup.sh")).arg(&cache).current_dir(root))?;

    let writers = sdk::python(&cache, "269.0.0");
    let mut rust = cargo(root);
    rust.args(["test", "--workspace", "--no-fail-fast"]).env("WAYFARE_SDK_PYTHON", writers);
    let (count, is_success) = counted(&mut rust, cargo_count)?;
    total.add(count);
    if !is_success {
        findings.push("cargo test failed".to_owned());
    }

    let (count, is_success) = open_fact_files(root, &cache)?;
    total.add(count);
    if !is_success {
        findings.push("the suite facts failed".to_owned());
    }

    require(cargo(root).args(["build", "--quiet", "--package", "wayfare"]))?;
    let (count, is_success) = ask_duckdb(root, &cache)?;
    total.add(count);
    if !is_success {
        findings.push("the suite duckdb failed".to_owned());
    }
    for (suite, outcome) in sdk::run_suites(root, &cache)? {
        let (count, is_success) = outcome;
        total.add(count);
        if !is_success {
            findings.push(format!("the suite {suite} failed"));
        }
    }
    say(&format!("tests: {} passed, {} failed", total.passed, total.failed));
    Ok(findings)
}

/// Opens a fact file as it lies with the tools that `docs/facts.md` names.
fn open_fact_files(root: &Path, cache: &Path) -> Result<(Count, bool)> {
    say("suite facts");
    let tests = root.join("tests/facts");
    require(Command::new("bash").arg(tests.join("setup.sh")).arg(cache))?;
    let mut python = Command::new(cache.join("facts/bin/python"));
    let golden = root.join("crates/wayfare-store-embedded/tests/golden/facts.v1.arrow");
    python.arg(tests.join("open_files.py")).arg(golden);
    counted(&mut python, sdk::closing_line)
}

/// Asks the server and DuckDB the same random queries over the same random facts.
fn ask_duckdb(root: &Path, cache: &Path) -> Result<(Count, bool)> {
    say("suite duckdb");
    let mut python = Command::new(cache.join("facts/bin/python"));
    python.arg(root.join("tests/facts/duckdb/compare.py")).arg(root.join("target/debug/wayfare"));
    counted(&mut python, sdk::closing_line)
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

fn require(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}

/// Runs a command, passes its lines on, and adds up what they count.
fn counted(command: &mut Command, count: fn(&str) -> Count) -> Result<(Count, bool)> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {command:?}"))?;
    let output = child.stdout.take().context("no output")?;
    let mut total = Count::default();
    for line in BufReader::new(output).lines() {
        let line = line?;
        total.add(count(&line));
        say(&line);
    }
    Ok((total, child.wait()?.success()))
}

/// The closing line of a Rust test binary.
fn cargo_count(line: &str) -> Count {
    let Some(rest) = line.strip_prefix("test result: ") else { return Count::default() };
    let number = |word: &str| {
        let before = rest.split_once(word).map_or("", |(before, _)| before);
        before.trim().rsplit(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0)
    };
    Count { passed: number(" passed"), failed: number(" failed") }
}

fn say(text: &str) {
    use std::io::Write as _;
    // Whoever stopped reading does not need the rest.
    let _ = writeln!(std::io::stdout(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_counted_and_nothing_else() {
        let check = |line, passed, failed| assert_eq!(cargo_count(line), Count { passed, failed });
        check("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured", 12, 0);
        check("test result: FAILED. 3 passed; 2 failed; 0 ignored", 3, 2);
        check("test engine::passed ... ok", 0, 0);
        check("", 0, 0);
    }
}
