//! `wayfare restore`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use wayfare_app::clock::Clock as _;
use wayfare_store_embedded::{BackupError, BackupProgress, restore};

use super::{print_json, say};
use crate::clock::SystemClock;
use crate::config::DataArguments;
use crate::progress::Progress;
use crate::table::grouped;

/// Restore a backup into a data directory that no server runs on.
///
/// Everything is checked before anything is put in its place. When it is broken off, nothing opens
/// the data directory until the same command has finished.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The directory of the backup
    directory: PathBuf,

    #[command(flatten)]
    data: DataArguments,

    /// Take a data directory that is not empty: what is in it is put aside, in a folder replaced-* of it
    #[arg(long)]
    replace: bool,

    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let is_json = arguments.json;
    let data = arguments.data.data.clone();
    let progress = Progress::of_bytes(!is_json);
    let restored = tokio::task::spawn_blocking(move || {
        let mut tell = |at: BackupProgress| progress.show_bytes(at.bytes_done, at.bytes_total);
        let Arguments { directory, data, replace, .. } = &arguments;
        let restored = restore(directory, &data.data, *replace, SystemClock.now(), &mut tell);
        progress.finish();
        restored
    })
    .await?;
    let restored = restored.map_err(advise)?;
    let manifest = &restored.manifest;
    if is_json {
        return print_json(&json!({
            "data": data,
            "asOf": manifest.as_of().to_string(),
            "bytes": manifest.bytes(),
            "factFiles": manifest.facts.len(),
            "replaced": restored.replaced,
        }));
    }
    say(&format!("Restored everything before {} into {}.", manifest.as_of(), data.display()));
    say(&format!("  bytes       {}", grouped(manifest.bytes())));
    say(&format!("  fact files  {}", grouped(manifest.facts.len() as u64)));
    if let Some(replaced) = &restored.replaced {
        say(&format!(
            "What was there before is in {}; remove it when you need it no more.",
            replaced.display()
        ));
    }
    Ok(())
}

/// What one can do about it.
fn advise(error: BackupError) -> anyhow::Error {
    let advice = match &error {
        BackupError::InUse(_) => {
            "stop the server first, or restore into another directory with --data DIR"
        }
        BackupError::NotEmpty(_) => {
            "restore into another with --data DIR, or put aside what is there with --replace"
        }
        BackupError::Nothing(_) => "make one with: wayfare backup DIRECTORY",
        BackupError::Newer { .. } => "restore it with the program that wrote it, or a newer one",
        _ => return error.into(),
    };
    anyhow::anyhow!("{error}; {advice}")
}
