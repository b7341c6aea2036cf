//! `wayfare facts import`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use wayfare_app::clock::Clock as _;
use wayfare_store_embedded::ImportedFacts;

use super::PlaceArguments;
use crate::clock::SystemClock;
use crate::commands::{print_json, say};
use crate::progress::{Progress, rate};
use crate::table::{grouped, table};

/// Import facts from Arrow or Parquet files.
///
/// Columns: emitted and metric; happened and value if there are any; and every dimension under its
/// name. docs/facts.md has their types. A file is imported whole or not at all, and only once: one
/// with the same content as an earlier one changes nothing.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    place: PlaceArguments,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { files, place } = arguments;
    let is_json = place.json;
    let progress = Arc::new(Progress::new(None, !is_json));
    let shown = Arc::clone(&progress);
    let reports = place
        .with_facts(async move |store, organisation| {
            let mut reports = Vec::new();
            for file in files {
                let shown = Arc::clone(&shown);
                let show = Arc::new(move |rows| shown.show_rows(rows, "facts"));
                let now = SystemClock.now();
                let imported = store.import_facts(organisation, file.clone(), now, show).await?;
                reports.push((file, imported));
            }
            Ok(reports)
        })
        .await;
    progress.finish();
    tell(&reports?, is_json, progress.seconds())?;
    Ok(ExitCode::SUCCESS)
}

fn tell(reports: &[(PathBuf, ImportedFacts)], is_json: bool, seconds: f64) -> anyhow::Result<()> {
    let total: u64 = reports.iter().filter(|(_, it)| !it.was_there).map(|(_, it)| it.rows).sum();
    if is_json {
        let file = |(file, imported): &(PathBuf, ImportedFacts)| {
            json!({
                "file": file.display().to_string(),
                "rows": imported.rows,
                "wasThere": imported.was_there,
            })
        };
        let files: Vec<_> = reports.iter().map(file).collect();
        return print_json(&json!({ "files": files, "imported": total }));
    }
    let rows = reports.iter().map(|(file, imported)| {
        let state = if imported.was_there { "was there already" } else { "imported" };
        [file.display().to_string(), grouped(imported.rows), state.to_owned()]
    });
    say(&table(["File", "Facts", ""], &[1], rows));
    say(&format!(
        "Imported {} facts in {seconds:.1} s ({}/s).",
        grouped(total),
        grouped(rate(total, seconds))
    ));
    Ok(())
}
