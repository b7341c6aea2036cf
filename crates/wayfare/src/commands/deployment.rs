//! `wayfare deployment`.

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{OutputArguments, print_json, say};
use crate::api::Api;
use crate::table::table;

const PATH: &str = "/api/wayfare/v1/deployments";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a deployment: whoever knows its id may send events
    Create(CreateArguments),
    /// List the deployments
    List(OutputArguments),
}

#[derive(Args)]
pub(crate) struct CreateArguments {
    /// A name for people
    name: String,

    #[command(flatten)]
    output: OutputArguments,
}

/// A deployment, as far as it is shown to people.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deployment {
    id: String,
    name: String,
    created_date: String,
}

#[derive(Deserialize)]
struct Listing {
    entities: Vec<Deployment>,
}

pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Create(arguments) => {
            let output = arguments.output.clone();
            output.with_api(async move |api| create(api, &arguments).await).await
        }
        Command::List(output) => {
            let is_json = output.json;
            output.with_api(async move |api| list(api, is_json).await).await
        }
    }
}

async fn create(api: &Api, arguments: &CreateArguments) -> anyhow::Result<()> {
    let answer: Value = api.post(PATH, &json!({ "name": arguments.name })).await?;
    if arguments.output.json {
        return print_json(&answer);
    }
    let deployment: Deployment = serde_json::from_value(answer)?;
    say(&format!("Made the deployment {}.", deployment.name));
    say(&format!("  deployment id  {}", deployment.id));
    Ok(())
}

async fn list(api: &Api, is_json: bool) -> anyhow::Result<()> {
    let answer: Value = api.get(PATH).await?;
    if is_json {
        return print_json(&answer);
    }
    let listing: Listing = serde_json::from_value(answer)?;
    let row = |deployment: &Deployment| {
        [deployment.id.clone(), deployment.name.clone(), deployment.created_date.clone()]
    };
    say(&table(["Id", "Name", "Created"], &[], listing.entities.iter().map(row)));
    Ok(())
}
