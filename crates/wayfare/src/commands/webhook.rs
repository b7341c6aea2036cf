//! `wayfare webhook`.

use anyhow::bail;
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{OutputArguments, print_json, say};
use crate::api::Api;
use crate::table::table;

const PATH: &str = "/api/wayfare/v1/webhooks";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a webhook; its secret is shown only now
    Create(CreateArguments),
    /// List the webhooks and how their receivers are
    List(OutputArguments),
    /// Switch a webhook on; it goes on where it was
    Enable(OneArguments),
    /// Switch a webhook off
    Disable(OneArguments),
    /// Delete a webhook
    Delete(OneArguments),
    /// Show the latest attempts to deliver, the latest first
    Deliveries(OneArguments),
    /// Send a message that tells of nothing, to try the address; fails when it is not delivered
    Test(OneArguments),
    /// Exchange the secret; the old one signs too for a day
    Secret(OneArguments),
    /// Deliver again
    Replay(ReplayArguments),
}

#[derive(Args)]
pub(crate) struct CreateArguments {
    /// Where messages go, an address that begins with https://
    address: String,

    /// Only of this segment; may be repeated
    #[arg(long = "segment", value_name = "UUID")]
    segments: Vec<String>,

    /// Only of this type, such as segment.assigned; may be repeated
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,

    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Args)]
pub(crate) struct OneArguments {
    /// The webhook's id
    webhook: String,

    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Args)]
pub(crate) struct ReplayArguments {
    /// The webhook's id
    webhook: String,

    /// After this place, as deliveries and live feeds tell it; everything in the change log, if not
    /// given
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,

    #[command(flatten)]
    output: OutputArguments,
}

/// A webhook, as far as it is shown to people.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Webhook {
    id: String,
    url: String,
    enabled: bool,
    disabled_reason: Option<String>,
    waiting: u64,
    failing_since_date: Option<String>,
    last_error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    date: String,
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    attempt: u32,
    result: String,
    status: Option<u16>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Listing<T> {
    entities: Vec<T>,
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
        Command::Enable(arguments) => switch(arguments, true).await,
        Command::Disable(arguments) => switch(arguments, false).await,
        Command::Delete(arguments) => {
            let path = path(&arguments.webhook, "");
            let OneArguments { webhook, output } = arguments;
            let is_json = output.json;
            output
                .with_api(async move |api| {
                    api.delete(&path).await?;
                    if is_json {
                        return print_json(&json!({ "id": webhook }));
                    }
                    say(&format!("Deleted the webhook {webhook}."));
                    Ok(())
                })
                .await
        }
        Command::Deliveries(arguments) => {
            let output = arguments.output.clone();
            output.with_api(async move |api| deliveries(api, &arguments).await).await
        }
        Command::Test(arguments) => try_address(arguments).await,
        Command::Secret(arguments) => {
            post(arguments, "/secret", json!({}), |answer| {
                format!("  secret  {}", answer["secret"].as_str().unwrap_or_default())
            })
            .await
        }
        Command::Replay(ReplayArguments { webhook, after, output }) => {
            let body = after.map_or_else(|| json!({}), |after| json!({ "after": after }));
            let arguments = OneArguments { webhook, output };
            post(arguments, "/replay", body, |_| "Delivers again.".to_owned()).await
        }
    }
}

/// The path of a webhook, whatever is given as its id.
fn path(webhook: &str, rest: &str) -> String {
    let id: String = url::form_urlencoded::byte_serialize(webhook.as_bytes()).collect();
    format!("{PATH}/{id}{rest}")
}

async fn create(api: &Api, arguments: &CreateArguments) -> anyhow::Result<()> {
    let mut body = Map::new();
    body.insert("url".to_owned(), json!(arguments.address));
    if !arguments.segments.is_empty() {
        body.insert("segmentIds".to_owned(), json!(arguments.segments));
    }
    if !arguments.types.is_empty() {
        body.insert("types".to_owned(), json!(arguments.types));
    }
    let answer: Value = api.post(PATH, &Value::Object(body)).await?;
    if arguments.output.json {
        return print_json(&answer);
    }
    let text = |field: &str| answer[field].as_str().unwrap_or_default().to_owned();
    say("Made a webhook. Its secret is shown only now.");
    say(&format!("  webhook id  {}", text("id")));
    say(&format!("  secret      {}", text("secret")));
    Ok(())
}

async fn list(api: &Api, is_json: bool) -> anyhow::Result<()> {
    let answer: Value = api.get(PATH).await?;
    if is_json {
        return print_json(&answer);
    }
    let listing: Listing<Webhook> = serde_json::from_value(answer)?;
    let row = |webhook: &Webhook| {
        let state = match (&webhook.disabled_reason, webhook.enabled, &webhook.failing_since_date) {
            (Some(reason), ..) => format!("off: {reason}"),
            (None, false, _) => "off".to_owned(),
            (None, true, Some(since)) => {
                let error = webhook.last_error.as_deref().unwrap_or_default();
                format!("failing since {since}: {error}")
            }
            (None, true, None) => "on".to_owned(),
        };
        [webhook.id.clone(), webhook.url.clone(), webhook.waiting.to_string(), state]
    };
    say(&table(["Id", "Address", "Waiting", "State"], &[2], listing.entities.iter().map(row)));
    Ok(())
}

async fn deliveries(api: &Api, arguments: &OneArguments) -> anyhow::Result<()> {
    let answer: Value = api.get(&path(&arguments.webhook, "/deliveries")).await?;
    if arguments.output.json {
        return print_json(&answer);
    }
    let listing: Listing<Delivery> = serde_json::from_value(answer)?;
    let row = |delivery: &Delivery| {
        let status = delivery.status.map(|status| status.to_string()).unwrap_or_default();
        [
            delivery.date.clone(),
            delivery.id.clone().unwrap_or_default(),
            delivery.kind.clone().unwrap_or_default(),
            delivery.attempt.to_string(),
            delivery.result.clone(),
            status,
            delivery.error.clone().unwrap_or_default(),
        ]
    };
    let titles = ["Date", "Message", "Type", "Attempt", "Result", "Status", "Error"];
    say(&table(titles, &[3], listing.entities.iter().map(row)));
    Ok(())
}

async fn switch(arguments: OneArguments, enabled: bool) -> anyhow::Result<()> {
    let path = path(&arguments.webhook, "");
    let OneArguments { webhook, output } = arguments;
    let is_json = output.json;
    output
        .with_api(async move |api| {
            let answer: Value = api.patch(&path, &json!({ "enabled": enabled })).await?;
            if is_json {
                return print_json(&answer);
            }
            let word = if enabled { "on" } else { "off" };
            say(&format!("The webhook {webhook} is {word}."));
            Ok(())
        })
        .await
}

/// Sends a message that tells of nothing.
async fn try_address(arguments: OneArguments) -> anyhow::Result<()> {
    let path = path(&arguments.webhook, "/test");
    let is_json = arguments.output.json;
    arguments
        .output
        .with_api(async move |api| {
            let answer: Value = api.post(&path, &json!({})).await?;
            let error = answer["error"].as_str();
            if is_json {
                print_json(&answer)?;
            } else if error.is_none() {
                say("Delivered.");
            }
            match error {
                None => Ok(()),
                Some(error) => bail!(
                    "not delivered: {error}; `wayfare webhook deliveries` shows the latest attempts"
                ),
            }
        })
        .await
}

async fn post(
    arguments: OneArguments,
    rest: &str,
    body: Value,
    tell: impl Fn(&Value) -> String,
) -> anyhow::Result<()> {
    let path = path(&arguments.webhook, rest);
    let is_json = arguments.output.json;
    arguments
        .output
        .with_api(async move |api| {
            let answer: Value = api.post(&path, &body).await?;
            if is_json {
                return print_json(&answer);
            }
            say(&tell(&answer));
            Ok(())
        })
        .await
}
