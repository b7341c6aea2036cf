//! The suites of the official SDKs, one after another against one server, and then the API's own
//! document.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};

use super::{Count, counted, say};

/// The suites: name, version of the package, script.
const SUITES: [(&str, &str, &str); 9] = [
    ("python 102", "102.0.0", "suite_102.py"),
    ("python 108", "108.0.0", "suite_108.py"),
    ("python 269", "269.0.0", "suite_269.py"),
    ("js 97", "97.0.0", "suite_97.js"),
    ("js 107", "107.0.0", "suite_107.js"),
    ("js 262", "262.0.0", "suite_262.js"),
    ("js 97 tls", "97.0.0", "suite_97_tls.js"),
    ("browser", "262.0.0", "suite_browser.js"),
    ("watch", "watch", "suite_watch.js"),
];

/// The Python that has a version of the SDK.
pub(super) fn python(cache: &Path, version: &str) -> PathBuf {
    cache.join(format!("python-{version}/bin/python"))
}

/// Runs every suite. Gives each one's count, and whether it succeeded.
pub(super) fn run_suites(root: &Path, cache: &Path) -> Result<Vec<(&'static str, (Count, bool))>> {
    let server = Server::start(root)?;
    let mut outcomes = Vec::new();
    for (name, version, script) in SUITES {
        say(&format!("suite {name}"));
        let mut command = command(root, cache, version, script);
        command
            .current_dir(root)
            .envs(server.environment.iter().map(|(name, value)| (name, value)));
        outcomes.push((name, counted(&mut command, closing_line)?));
    }
    say("suite schemathesis");
    let mut command = Command::new(cache.join("schemathesis/bin/python"));
    command
        .arg(root.join("tests/schemathesis/run.py"))
        .current_dir(root)
        .envs(server.environment.iter().map(|(name, value)| (name, value)));
    outcomes.push(("schemathesis", counted(&mut command, closing_line)?));
    Ok(outcomes)
}

fn command(root: &Path, cache: &Path, version: &str, script: &str) -> Command {
    if script.ends_with(".py") {
        let mut command = Command::new(python(cache, version));
        command.arg(root.join("tests/sdk/python").join(script));
        command
    } else {
        let mut command = Command::new("node");
        command
            .arg(root.join("tests/sdk/js").join(script))
            // Suites over TLS start a server of their own.
            .env("WAYFARE_PROGRAM", root.join("target/debug/wayfare"))
            .env("WAYFARE_SDK_CACHE", cache)
            .env("NODE_PATH", cache.join(format!("js-{version}/node_modules")));
        command
    }
}

/// `suite 108: 57 passed, 0 failed`.
pub(super) fn closing_line(line: &str) -> Count {
    let read = || {
        let (_, counts) = line.strip_prefix("suite ")?.split_once(": ")?;
        let (passed, failed) = counts.strip_suffix(" failed")?.split_once(" passed, ")?;
        Some(Count { passed: passed.parse().ok()?, failed: failed.parse().ok()? })
    };
    read().unwrap_or_default()
}

/// A server on a fresh directory; killed and forgotten at the end.
struct Server {
    process: Child,
    data: PathBuf,
    environment: [(&'static str, String); 4],
}

impl Server {
    fn start(root: &Path) -> Result<Self> {
        let data = std::env::temp_dir().join(format!("wayfare-suites-{}", std::process::id()));
        let mut process = Command::new(root.join("target/debug/wayfare"))
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        let output = process.stdout.take().context("the server has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let started: serde_json::Value =
            serde_json::from_str(&line).context("the server did not say where it listens")?;
        let text = |name: &str| started[name].as_str().unwrap_or_default().to_owned();
        let environment = [
            ("WAYFARE_URL", text("url")),
            ("WAYFARE_CLIENT_ID", text("clientId")),
            ("WAYFARE_CLIENT_SECRET", text("clientSecret")),
            ("WAYFARE_DEPLOYMENT_ID", text("deploymentId")),
        ];
        Ok(Self { process, data, environment })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; the suites have told by then.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_suites_are_counted_and_nothing_else() {
        let check = |line, passed, failed| assert_eq!(closing_line(line), Count { passed, failed });
        check("suite 108: 57 passed, 2 failed", 57, 2);
        check("passed segments (4 checks)", 0, 0);
        check("suite 108", 0, 0);
    }
}
