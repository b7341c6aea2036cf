//! `wayfare facts rebuild`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::PlaceArguments;
use crate::commands::{print_json, say};
use crate::progress::{Progress, rate};
use crate::table::grouped;

/// Make all facts anew that follow from sessions and assignments, for instance after a file of them
/// was lost.
///
/// Imported facts and those of deleted customers stay as they are. If this is interrupted, the facts from before count.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: PlaceArguments,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let is_json = arguments.place.json;
    let progress = Arc::new(Progress::new(None, !is_json));
    let shown = Arc::clone(&progress);
    let rebuilt = arguments
        .place
        .with_facts(async move |product, organisation| {
            let ids = product.app.id_source(organisation).context("there is no organisation")?;
            let show = Arc::new(move |rows| shown.show_rows(rows, "facts"));
            Ok(product.store().rebuild_facts(organisation, ids, show).await?)
        })
        .await;
    progress.finish();
    let rebuilt = rebuilt?;
    if is_json {
        let damaged =
            |(file, problem): &(String, String)| json!({ "file": file, "problem": problem });
        print_json(&json!({
            "facts": rebuilt.facts,
            "kept": rebuilt.kept,
            "files": rebuilt.files,
            "imported": rebuilt.imported,
            "damaged": rebuilt.damaged.iter().map(damaged).collect::<Vec<_>>(),
            "replaced": rebuilt.replaced.iter().map(damaged).collect::<Vec<_>>(),
        }))?;
    } else {
        let seconds = progress.seconds();
        say(&format!(
            "Made {} facts anew in {seconds:.1} s ({}/s); {} imported facts and {} of deleted \
             customers stay.",
            grouped(rebuilt.facts),
            grouped(rate(rebuilt.facts, seconds)),
            grouped(rebuilt.imported),
            grouped(rebuilt.kept)
        ));
        for (file, problem) in &rebuilt.replaced {
            say(&format!(
                "Replaced the damaged {file} ({problem}). Facts of deleted customers that were in \
                 it, if any, are lost: a copy of the data directory has them."
            ));
        }
        for (file, problem) in &rebuilt.damaged {
            say(&format!("Wrong: the imported facts of {file} cannot be read: {problem}"));
        }
        if !rebuilt.damaged.is_empty() {
            say("What to import again is told by: wayfare facts verify");
        }
    }
    let is_sound = rebuilt.damaged.is_empty();
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
