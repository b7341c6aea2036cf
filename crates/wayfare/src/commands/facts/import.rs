//! `wayfare facts import`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::{Map, json};
use wayfare_app::clock::Clock as _;
use wayfare_store_embedded::{FactImport, ImportError, ImportedFacts};

use super::PlaceArguments;
use crate::clock::SystemClock;
use crate::commands::{keys, print_json, say};
use crate::progress::{Progress, rate};
use crate::table::{grouped, table};

/// Import facts from Arrow or Parquet files.
///
/// Columns: emitted and metric; happened and value if there are any; and every dimension under its
/// name. docs/facts.md has their types. A file is imported whole or not at all, and only once: one
/// with the same content as an earlier one changes nothing, unless its facts are damaged. A data directory that is not there yet is
/// made, and its first keys are told.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// When a file is imported again because its facts are damaged: give up what other imports have in
    /// the same files and is not named here
    #[arg(long)]
    give_up_others: bool,

    #[command(flatten)]
    place: PlaceArguments,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { files, give_up_others, place } = arguments;
    let is_json = place.json;
    let progress = Arc::new(Progress::new(None, !is_json));
    let shown = Arc::clone(&progress);
    let reports = place
        .with_new_facts(async move |product, organisation| {
            let made = product.first_keys.as_ref().map(|first| {
                let mut made = Map::new();
                keys::insert(&mut made, first, false);
                if !is_json {
                    keys::introduce(first, false);
                }
                made
            });
            let mut reports = Vec::new();
            for file in &files {
                let shown = Arc::clone(&shown);
                let show = Arc::new(move |rows| shown.show_rows(rows, "facts"));
                let now = SystemClock.now();
                let store = product.store();
                let import = FactImport {
                    file: file.clone(),
                    beside: files.clone(),
                    gives_up_others: give_up_others,
                };
                let imported = store.import_facts(organisation, import, now, show).await;
                reports.push((file.clone(), imported.map_err(told)?));
            }
            Ok((reports, made.unwrap_or_default()))
        })
        .await;
    progress.finish();
    let (reports, made) = reports?;
    tell(&reports, made, is_json, progress.seconds())?;
    Ok(ExitCode::SUCCESS)
}

/// The error, with what to do about it.
fn told(error: ImportError) -> anyhow::Error {
    let is_together = matches!(error, ImportError::Together { .. });
    let error = anyhow::Error::from(error);
    if !is_together {
        return error;
    }
    anyhow::anyhow!("{error}; what is not there any more is given up with --give-up-others")
}

/// Tells what was imported, and in JSON the keys of a directory that was made for it.
fn tell(
    reports: &[(PathBuf, ImportedFacts)],
    mut made: Map<String, serde_json::Value>,
    is_json: bool,
    seconds: f64,
) -> anyhow::Result<()> {
    let total: u64 = reports.iter().filter(|(_, it)| !it.was_there).map(|(_, it)| it.rows).sum();
    if is_json {
        let file = |(file, imported): &(PathBuf, ImportedFacts)| {
            json!({
                "file": file.display().to_string(),
                "rows": imported.rows,
                "wasThere": imported.was_there,
                "again": imported.is_again,
                "givenUp": imported.given_up,
            })
        };
        let files: Vec<_> = reports.iter().map(file).collect();
        made.insert("files".to_owned(), files.into());
        made.insert("imported".to_owned(), total.into());
        return print_json(&made);
    }
    let rows = reports.iter().map(|(file, imported)| {
        let state = match (imported.was_there, imported.is_again) {
            (true, _) => "was there already",
            (false, true) => "imported again",
            (false, false) => "imported",
        };
        [file.display().to_string(), grouped(imported.rows), state.to_owned()]
    });
    say(&table(["File", "Facts", ""], &[1], rows));
    say(&format!(
        "Imported {} facts in {seconds:.1} s ({}/s).",
        grouped(total),
        grouped(rate(total, seconds))
    ));
    for given_up in reports.iter().flat_map(|(_, imported)| &imported.given_up) {
        say(&format!("Given up, and to be imported again if there is a copy: {given_up}"));
    }
    Ok(())
}
