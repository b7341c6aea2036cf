//! `wayfare target`: action targets, which the Genesys API cannot make.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use axum::body::Bytes;
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use wayfare_model::limits::PAGE_SIZE_MAX;
use wayfare_model::target::MEDIA_TYPES;
use wayfare_model::wire::{ActionTarget, ActionTargetListing, KeyValue, ServiceLevel};

use super::{OutputArguments, print_json, say};
use crate::api::Api;
use crate::table::table;

const PATH: &str = "/api/wayfare/v1/actiontargets";
const LIST_PATH: &str = "/api/v2/journey/actiontargets";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make an action target
    Create(CreateArguments),
    /// List the action targets
    List(OutputArguments),
    /// Make the action targets of a file: all of them or none; what is there already stays
    Import(ImportArguments),
    /// Put an action target into use again
    Activate(TargetArguments),
    /// Take an action target out of use
    Deactivate(TargetArguments),
}

#[derive(Args)]
pub(crate) struct ImportArguments {
    /// JSON: one action target a line, a list of them, or what `wayfare target list --json` prints;
    /// - for the standard input
    file: PathBuf,

    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Args)]
pub(crate) struct TargetArguments {
    /// The action target's id
    id: Uuid,

    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Args)]
pub(crate) struct CreateArguments {
    /// A name for people
    name: String,

    /// A media type it takes; repeat it for more
    #[arg(long = "media-type", value_name = "TYPE", default_value = "webchat",
          value_parser = MEDIA_TYPES)]
    media_types: Vec<String>,

    /// The queue it routes to, a UUID
    #[arg(long, value_name = "UUID")]
    queue_id: Option<Uuid>,

    /// The share of interactions to answer in time, from 0 to 1
    #[arg(long, value_name = "SHARE", requires = "service_level_duration_ms")]
    service_level_percentage: Option<f64>,

    /// The time to answer them in, in milliseconds
    #[arg(long, value_name = "MS", requires = "service_level_percentage")]
    service_level_duration_ms: Option<i64>,

    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    #[command(flatten)]
    output: OutputArguments,
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
        Command::Import(arguments) => {
            let text = read(&arguments.file)?;
            let is_json = arguments.output.json;
            arguments.output.with_api(async move |api| import(api, text, is_json).await).await
        }
        Command::Activate(arguments) => set_state(&arguments, "active").await,
        Command::Deactivate(arguments) => set_state(&arguments, "inactive").await,
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file.as_os_str() == "-" {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text).context("cannot read the standard input")?;
        return Ok(text);
    }
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

/// What an import answers, as far as it is shown to people.
#[derive(Deserialize)]
struct Imported {
    created: u64,
    unchanged: u64,
}

async fn import(api: &Api, text: Vec<u8>, is_json: bool) -> anyhow::Result<()> {
    let answer: Value = api.post_text(&format!("{PATH}/imports"), Bytes::from(text)).await?;
    if is_json {
        return print_json(&answer);
    }
    let Imported { created, unchanged } = serde_json::from_value(answer)?;
    say(&format!("Made {created} action targets; {unchanged} were there already."));
    Ok(())
}

async fn set_state(arguments: &TargetArguments, state: &str) -> anyhow::Result<()> {
    let path = format!("{PATH}/{}", arguments.id);
    let is_json = arguments.output.json;
    let work = async move |api: &Api| {
        let target: ActionTarget = api.patch(&path, &json!({ "state": state })).await?;
        if is_json {
            return print_json(&target);
        }
        say(&format!("The action target {} is {state}.", target.name.unwrap_or_default()));
        Ok(())
    };
    arguments.output.with_api(work).await
}

async fn create(api: &Api, arguments: &CreateArguments) -> anyhow::Result<()> {
    let target: ActionTarget = api.post(PATH, &arguments.body()).await?;
    if arguments.output.json {
        return print_json(&target);
    }
    say(&format!("Made the action target {}.", target.name.as_deref().unwrap_or_default()));
    say(&format!("  action target id  {}", target.id.as_deref().unwrap_or_default()));
    Ok(())
}

impl CreateArguments {
    fn body(&self) -> ActionTarget {
        let queue = self.queue_id.map(|queue| KeyValue {
            key: Some("queueId".to_owned()),
            value: Some(queue.to_string()),
        });
        let is_given = self.service_level_percentage.is_some();
        ActionTarget {
            name: Some(self.name.clone()),
            supported_media_types: Some(self.media_types.clone()),
            user_data: queue.map(|queue| vec![queue]),
            description: self.description.clone(),
            service_level: is_given.then_some(ServiceLevel {
                percentage: self.service_level_percentage,
                duration_ms: self.service_level_duration_ms,
            }),
            ..ActionTarget::default()
        }
    }
}

async fn list(api: &Api, is_json: bool) -> anyhow::Result<()> {
    let listing = whole(api).await?;
    if is_json {
        return print_json(&listing);
    }
    let rows = listing.entities.unwrap_or_default().into_iter().map(row);
    say(&table(["Id", "Name", "State", "Media types", "Queue", "Service level"], &[], rows));
    Ok(())
}

/// All action targets, as one page.
async fn whole(api: &Api) -> anyhow::Result<ActionTargetListing> {
    let mut entities = Vec::new();
    for number in 1.. {
        let path = format!("{LIST_PATH}?pageSize={PAGE_SIZE_MAX}&pageNumber={number}");
        let page: ActionTargetListing = api.get(&path).await?;
        entities.extend(page.entities.unwrap_or_default());
        if number >= page.page_count.unwrap_or_default() {
            break;
        }
    }
    let total = i64::try_from(entities.len()).ok();
    Ok(ActionTargetListing {
        entities: Some(entities),
        page_size: total,
        page_number: Some(1),
        total,
        page_count: Some(1),
        ..ActionTargetListing::default()
    })
}

fn row(target: ActionTarget) -> [String; 6] {
    let user_data = target.user_data.unwrap_or_default();
    let queue = user_data.into_iter().find(|pair| pair.key.as_deref() == Some("queueId"));
    let level = target.service_level.and_then(|level| {
        let (share, ms) = (level.percentage?, level.duration_ms?);
        // A tenth of a percent is what people can use.
        Some(format!("{} % in {ms} ms", (share * 1_000.0).round() / 10.0))
    });
    [
        target.id.unwrap_or_default(),
        target.name.unwrap_or_default(),
        target.state.unwrap_or_default(),
        target.supported_media_types.unwrap_or_default().join(", "),
        queue.and_then(|pair| pair.value).unwrap_or_default(),
        level.unwrap_or_default(),
    ]
}
