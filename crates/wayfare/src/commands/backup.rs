//! `wayfare backup`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};
use wayfare_app::clock::Entropy as _;
use wayfare_store_embedded::REQUEST_FILE;

use super::{OutputArguments, print_json, say};
use crate::api::Api;
use crate::clock::SystemEntropy;
use crate::progress::Progress;
use crate::table::grouped;

const PATH: &str = "/api/wayfare/v1/backups";
/// Time between two looks at a backup.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// Take a backup into a directory, also while a server runs on the data directory.
///
/// Everything that was answered before it began is in it. A directory that has an earlier backup is
/// brought up to date; only fact files that are new are taken. A backup that is broken off leaves
/// the earlier one as it was.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The directory for the backup: empty, not there, or with an earlier backup. A server writes it,
    /// so it is on the server's machine
    directory: PathBuf,

    #[command(flatten)]
    output: OutputArguments,
}

/// A backup, as far as it is shown to people.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Backup {
    id: String,
    as_of: String,
    state: String,
    #[serde(default)]
    bytes_done: u64,
    #[serde(default)]
    bytes_total: u64,
    #[serde(default)]
    bytes: u64,
    #[serde(default)]
    bytes_added: u64,
    #[serde(default)]
    fact_files: u64,
    #[serde(default)]
    fact_files_added: u64,
    error_message: Option<String>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let directory = &arguments.directory;
    let shown = directory.display().to_string();
    std::fs::create_dir_all(directory).with_context(|| format!("cannot make {shown}"))?;
    let directory = directory.canonicalize().with_context(|| format!("cannot find {shown}"))?;
    let is_json = arguments.output.json;
    let request = Request::leave(&directory)?;
    let taken = arguments
        .output
        .with_api(async |api| take(api, &directory, &request.text, is_json).await)
        .await;
    drop(request);
    taken
}

/// The file that shows the server that whoever asks may write into the directory.
struct Request {
    path: PathBuf,
    text: String,
}

impl Request {
    fn leave(directory: &Path) -> anyhow::Result<Self> {
        let path = directory.join(REQUEST_FILE);
        let text = SystemEntropy.uuid().to_string();
        std::fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { path, text })
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        // One that stays does no harm: its text is never asked for again.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn take(api: &Api, directory: &Path, request: &str, is_json: bool) -> anyhow::Result<()> {
    let asked = json!({ "directory": directory, "request": request });
    let mut answer: Value = api.post(PATH, &asked).await?;
    let progress = Progress::of_bytes(!is_json);
    let backup = loop {
        let backup: Backup = serde_json::from_value(answer)?;
        if backup.state != "Running" {
            break backup;
        }
        progress.show_bytes(backup.bytes_done, backup.bytes_total);
        tokio::time::sleep(LOOK_INTERVAL).await;
        answer = api.get(&format!("{PATH}/{}", backup.id)).await?;
    };
    progress.finish();
    if backup.state != "Done" {
        bail!("no backup was taken: {}", backup.error_message.unwrap_or_default());
    }
    if is_json {
        return print_json(&json!({
            "directory": directory,
            "asOf": backup.as_of,
            "bytes": backup.bytes,
            "bytesAdded": backup.bytes_added,
            "factFiles": backup.fact_files,
            "factFilesAdded": backup.fact_files_added,
        }));
    }
    say(&format!(
        "Took a backup of everything before {} into {}.",
        backup.as_of,
        directory.display()
    ));
    say(&format!(
        "  bytes       {} ({} written)",
        grouped(backup.bytes),
        grouped(backup.bytes_added)
    ));
    say(&format!(
        "  fact files  {} ({} new)",
        grouped(backup.fact_files),
        grouped(backup.fact_files_added)
    ));
    Ok(())
}
