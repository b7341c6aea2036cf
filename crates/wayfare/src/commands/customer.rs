//! `wayfare customer`.

use std::io::{BufRead as _, IsTerminal as _};
use std::time::Duration;

use anyhow::bail;
use clap::{Args, Subcommand};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use super::{OutputArguments, note, print_json, say};
use crate::api::Api;
use crate::table::table;

const PATH: &str = "/api/wayfare/v1/customers";
/// Time between two looks at a deletion that takes long.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// What a person types to go on.
const YES: &str = "yes";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Delete a customer and everything that is known of it; this cannot be undone
    Delete(DeleteArguments),
}

#[derive(Args)]
pub(crate) struct DeleteArguments {
    /// The type of the id: cookie for one visitor, email or phone for a whole person
    #[arg(value_name = "TYPE")]
    id_type: String,

    /// The id
    #[arg(value_name = "ID")]
    id: String,

    /// Do not ask
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    output: OutputArguments,
}

/// A deletion, as far as it is shown to people.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deletion {
    id: String,
    state: String,
    #[serde(default)]
    removed: serde_json::Map<String, Value>,
    self_uri: String,
}

pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Delete(arguments) => {
            confirm(&arguments)?;
            let output = arguments.output.clone();
            output.with_api(async move |api| delete(api, &arguments).await).await
        }
    }
}

/// Asks whether it is meant.
fn confirm(arguments: &DeleteArguments) -> anyhow::Result<()> {
    if arguments.yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        bail!("nobody is there to confirm the deletion; say --yes if it is meant");
    }
    let whom = match arguments.id_type.as_str() {
        "email" | "phone" => "the person, with all visitors that are known to be it",
        _ => "the visitor",
    };
    note(&format!(
        "This deletes {whom}: {} {}. Nobody can undo it. Type {YES} to go on:",
        arguments.id_type, arguments.id
    ));
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    if line.trim() != YES {
        bail!("nothing was deleted");
    }
    Ok(())
}

async fn delete(api: &Api, arguments: &DeleteArguments) -> anyhow::Result<()> {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let path = format!("{PATH}/{}/{}", encoded(&arguments.id_type), encoded(&arguments.id));
    let mut answer: Value = api.delete_with_answer(&path).await?;
    loop {
        let deletion: Deletion = serde_json::from_value(answer.clone())?;
        if deletion.state != "Running" {
            break;
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
        answer = api.get(&deletion.self_uri).await?;
    }
    if arguments.output.json {
        return print_json(&answer);
    }
    let deletion: Deletion = serde_json::from_value(answer)?;
    say(&format!("Deleted the customer (receipt {}).", deletion.id));
    let row = |(what, number): (&String, &Value)| [what.clone(), number.to_string()];
    say(&table(["Removed", "Number"], &[1], deletion.removed.iter().map(row)));
    Ok(())
}
