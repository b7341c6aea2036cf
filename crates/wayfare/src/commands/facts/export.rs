//! `wayfare facts export`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::{PlaceArguments, interval};
use crate::commands::{print_json, say};
use crate::progress::Progress;
use crate::table::grouped;

/// Export the facts of an interval to a Parquet file.
///
/// They come in the order they were emitted, with the columns that the import takes.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The interval they were emitted in: two dates, the second exclusive, like 2026-01-01/2026-02-01
    #[arg(long, value_name = "FROM/TO")]
    interval: String,

    /// The file to make
    #[arg(long, value_name = "FILE")]
    to: PathBuf,

    #[command(flatten)]
    place: PlaceArguments,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { interval: text, to, place } = arguments;
    let interval = interval(&text)?;
    let is_json = place.json;
    let progress = Arc::new(Progress::new(None, !is_json));
    let shown = Arc::clone(&progress);
    let path = to.clone();
    let rows = place
        .with_facts(async move |product, organisation| {
            let file = std::fs::File::options().write(true).create_new(true).open(&path);
            let file = file.with_context(|| {
                format!("cannot make {}; name a file that is not there yet", path.display())
            })?;
            let show = Arc::new(move |rows| shown.show_rows(rows, "facts"));
            let exported = product.store().export_facts(organisation, interval, file, show).await;
            if exported.is_err() {
                std::fs::remove_file(&path)?;
            }
            Ok(exported?)
        })
        .await;
    progress.finish();
    let rows = rows?;
    if is_json {
        print_json(&json!({ "file": to.display().to_string(), "rows": rows }))?;
    } else {
        say(&format!("Exported {} facts to {}.", grouped(rows), to.display()));
    }
    Ok(ExitCode::SUCCESS)
}
