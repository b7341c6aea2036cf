//! `wayfare facts verify`.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::PlaceArguments;
use crate::commands::{print_json, say};
use crate::config::FactRetention;
use crate::table::{grouped, table};

/// Check the files of facts: checksums, order, the manifest, and counts against sessions and
/// assignments.
///
/// Exit code 1 when something is wrong. Files that do not belong there are named, which is no fault.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: PlaceArguments,

    // It forgets nothing here: what the server forgot is not missed.
    #[command(flatten)]
    retention: FactRetention,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let is_json = arguments.place.json;
    let forgets = arguments.retention.forgets();
    let report = arguments
        .place
        .with_facts(async |product, organisation| {
            let store = product.store();
            let verified = if forgets {
                store.verify_remaining_facts(organisation).await
            } else {
                store.verify_facts(organisation).await
            };
            Ok(verified?)
        })
        .await?;
    if is_json {
        let files = report.files.iter().map(|file| {
            json!({
                "file": file.name,
                "rows": file.rows,
                "bytes": file.bytes,
                "imported": file.imported,
                "imports": file.imports,
                "problem": file.problem,
            })
        });
        print_json(&json!({
            "files": files.collect::<Vec<_>>(),
            "unshipped": report.unshipped,
            "problems": report.problems,
            "strays": report.strays,
        }))?;
    } else {
        let rows = report.files.iter().map(|file| {
            let sound = if file.imported { "sound, imported" } else { "sound" };
            let problem = file.problem.clone().unwrap_or_else(|| sound.to_owned());
            [file.name.clone(), grouped(file.rows), grouped(file.bytes), problem]
        });
        say(&table(["File", "Facts", "Bytes", ""], &[1, 2], rows));
        say(&format!("{} facts are in no file yet.", grouped(report.unshipped)));
        for problem in &report.problems {
            say(&format!("Wrong: {problem}"));
        }
        for stray in &report.strays {
            say(&format!("Not of the store, and not read: {stray}"));
        }
        let damaged = |imported| {
            let mut files = report.files.iter().filter(|file| file.problem.is_some());
            files.any(|file| file.imported == imported)
        };
        if damaged(false) || !report.problems.is_empty() {
            say("Make the facts of sessions and assignments anew with: wayfare facts rebuild");
        }
        if damaged(true) {
            let damaged = report.files.iter().filter(|it| it.imported && it.problem.is_some());
            let names: BTreeSet<&str> =
                damaged.flat_map(|it| &it.imports).map(String::as_str).collect();
            let names: Vec<&str> = names.into_iter().collect();
            say(&format!(
                "Import again what the damaged files have, all in one command: wayfare facts \
                 import {}",
                names.join(" ")
            ));
        }
    }
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
