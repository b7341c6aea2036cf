//! `wayfare facts verify`.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::PlaceArguments;
use crate::commands::{print_json, say};
use crate::table::{grouped, table};

/// Check the files of facts: checksums, order, the manifest, and counts against sessions and
/// assignments.
///
/// Exit code 1 when something is wrong.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: PlaceArguments,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let is_json = arguments.place.json;
    let report = arguments
        .place
        .with_facts(async |store, organisation| Ok(store.verify_facts(organisation).await?))
        .await?;
    if is_json {
        let files = report.files.iter().map(|file| {
            json!({ "file": file.name, "rows": file.rows, "bytes": file.bytes, "problem": file.problem })
        });
        print_json(&json!({
            "files": files.collect::<Vec<_>>(),
            "unshipped": report.unshipped,
            "problems": report.problems,
        }))?;
    } else {
        let rows = report.files.iter().map(|file| {
            let problem = file.problem.clone().unwrap_or_else(|| "sound".to_owned());
            [file.name.clone(), grouped(file.rows), grouped(file.bytes), problem]
        });
        say(&table(["File", "Facts", "Bytes", ""], &[1, 2], rows));
        say(&format!("{} facts are in no file yet.", grouped(report.unshipped)));
        for problem in &report.problems {
            say(&format!("Wrong: {problem}"));
        }
        if !report.is_sound() {
            say("Restore the data directory from a copy, or take the damaged file's facts from \
                 where they came from.");
        }
    }
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
