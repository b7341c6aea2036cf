//! Work on the repository itself: `cargo xtask <command>`.
//!
//! - `codegen` writes the wire models and the operation table from `contract/`.
//! - `docs` writes the pages under `docs/` that tests check.
//! - `tidy` checks the house rules that the compiler cannot.
//! - `kill` and `soak` run a server under load.
//! - `test` runs all tests, the official SDKs included.
//!
//! Nothing here is part of the product; nothing of the product is needed to run it.

mod codegen;
mod docs;
mod load;
mod test_run;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Work on the repository itself.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the wire models and the operation table from the contract files.
    Codegen {
        /// Write nothing; fail when a committed file differs from what would be written.
        #[arg(long)]
        check: bool,
    },
    /// Check the house rules that the compiler cannot.
    Tidy,
    /// Write the pages and documents that tests check: errors, the API's document, compatibility.
    Docs,
    /// Kill a server under load at random moments, so many times; nothing that it answered is lost.
    Kill {
        /// How often.
        #[arg(long, default_value_t = 200)]
        times: u32,
    },
    /// Load a server with 70 % of what it takes; its memory stays flat and its files bounded.
    Soak {
        /// How long.
        #[arg(long, default_value_t = 30)]
        minutes: u32,
    },
    /// Run all tests: Rust, then the official SDKs against a real server.
    Test,
}

fn main() -> Result<ExitCode> {
    let root = repository_root()?;
    let findings = match Arguments::parse().command {
        Command::Codegen { check: true } => codegen::stale_files(&root)?,
        Command::Codegen { check: false } => {
            codegen::write(&root)?;
            Vec::new()
        }
        Command::Tidy => tidy::findings(&root)?,
        Command::Docs => docs::write(&root)?,
        Command::Kill { times } => load::kill(&root, times)?,
        Command::Soak { minutes } => load::soak(&root, minutes)?,
        Command::Test => test_run::run(&root)?,
    };
    report(&findings)
}

/// Prints what was found; anything found is a failure.
fn report(findings: &[String]) -> Result<ExitCode> {
    use std::io::Write as _;
    let mut stderr = std::io::stderr().lock();
    for finding in findings {
        writeln!(stderr, "{finding}")?;
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The folder with the workspace's `Cargo.toml`: the parent of this package.
fn repository_root() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Ok(root.context("the xtask package has no parent folder")?.to_owned())
}
