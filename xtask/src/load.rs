//! What takes long, and is not part of the test run: killing a server many times, and a soak.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

/// Kills a server under load, so many times; gives what was found.
///
/// # Errors
/// When cargo cannot be run.
pub(crate) fn kill(root: &Path, times: u32) -> Result<Vec<String>> {
    let test = "crash::sixty_four_writers_lose_nothing_when_the_server_is_killed";
    let arguments = ["test", "-p", "wayfare", "--test", "it", "--", "--exact", test, "--nocapture"];
    let mut command = Command::new("cargo");
    command.args(arguments).env("WAYFARE_KILL_TIMES", times.to_string());
    run(root, command, "killing the server")
}

/// Loads a server, so many minutes; gives what was found.
///
/// # Errors
/// When cargo cannot be run.
pub(crate) fn soak(root: &Path, minutes: u32) -> Result<Vec<String>> {
    let mut command = Command::new("cargo");
    command.args(["bench", "-p", "wayfare", "--bench", "ingest", "--", "--soak"]);
    command.arg(minutes.to_string());
    run(root, command, "the soak")
}

fn run(root: &Path, mut command: Command, what: &str) -> Result<Vec<String>> {
    let status = command.current_dir(root).status().context("cannot run cargo")?;
    Ok(if status.success() { Vec::new() } else { vec![format!("{what} failed: {status}")] })
}
