//! `wayfare segment`: trying out segments.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{OutputArguments, print_json, say};
use crate::api::Api;
use crate::progress::Progress;
use crate::table::{grouped, table};

const PATH: &str = "/api/wayfare/v1/segments/backtest";
/// How often is asked how far a back-test is.
const ASK_EVERY: Duration = Duration::from_millis(200);

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Tell what a segment would have matched
    Backtest(BacktestArguments),
}

#[derive(Args)]
pub(crate) struct BacktestArguments {
    /// A file with the segment as JSON, as the API takes it
    file: PathBuf,

    /// The time to look at: its beginning and end with a slash between them
    #[arg(long, value_name = "START/END")]
    interval: String,

    /// Count by periods of this length, such as P1D or PT1H
    #[arg(long, value_name = "PERIOD")]
    granularity: Option<String>,

    /// The time zone in which periods begin, such as Europe/London
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,

    #[command(flatten)]
    output: OutputArguments,
}

pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    let Command::Backtest(arguments) = command;
    let output = arguments.output.clone();
    output.with_api(async move |api| backtest(api, &arguments).await).await
}

async fn backtest(api: &Api, arguments: &BacktestArguments) -> anyhow::Result<()> {
    let file = arguments.file.display();
    let text = std::fs::read_to_string(&arguments.file)
        .with_context(|| format!("reading the segment in {file}"))?;
    let segment: Value =
        serde_json::from_str(&text).with_context(|| format!("{file} is not JSON"))?;
    let body = json!({
        "segment": segment, "interval": arguments.interval, "granularity": arguments.granularity,
        "timeZone": arguments.time_zone,
    });
    let taken: Value = api.post(PATH, &body).await?;
    let job = format!("{PATH}/{}", taken["id"].as_str().unwrap_or_default());
    let progress = Progress::of_customers(!arguments.output.json);
    let ended = loop {
        let found: Value = api.get(&job).await?;
        if found["state"] != "running" {
            break found;
        }
        let number = |name: &str| found["progress"][name].as_u64().unwrap_or_default();
        progress.show_customers(number("customers"), number("customersTotal"));
        tokio::time::sleep(ASK_EVERY).await;
    };
    progress.finish();
    if arguments.output.json {
        print_json(&ended)?;
    }
    if ended["state"] != "fulfilled" {
        anyhow::bail!("the back-test failed: {}", ended["reason"].as_str().unwrap_or("no reason"));
    }
    if !arguments.output.json {
        show(&ended["result"]);
    }
    Ok(())
}

fn show(result: &Value) {
    let number = |value: &Value, name: &str| grouped(value[name].as_u64().unwrap_or_default());
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let list = |name: &str| result[name].as_array().cloned().unwrap_or_default();
    say(&format!(
        "{} sessions of {} customers would have matched, of {} events.",
        number(result, "sessions"),
        number(result, "customers"),
        number(result, "events"),
    ));
    if result["customersSkipped"] != 0 {
        let skipped = number(result, "customersSkipped");
        say(&format!("{skipped} customers have too long a history and were not looked at."));
    }
    let buckets = list("buckets");
    let rows = buckets.iter().map(|bucket| {
        [text(bucket, "interval"), number(bucket, "sessions"), number(bucket, "customers")]
    });
    say(&table(["Interval", "Sessions", "Customers"], &[1, 2], rows));
    let overlap = list("overlap");
    if !overlap.is_empty() {
        let rows =
            overlap.iter().map(|other| [text(other, "segmentId"), number(other, "sessions")]);
        say(&table(["Also in segment", "Sessions"], &[1], rows));
    }
    let examples = list("examples");
    if !examples.is_empty() {
        let rows = examples.iter().map(|example| {
            [text(example, "sessionId"), text(example, "customerId"), text(example, "dateAssigned")]
        });
        say(&table(["For example session", "Customer", "Assigned"], &[], rows));
    }
}
