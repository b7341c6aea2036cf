//! `wayfare live`.

use std::io::Write as _;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::{OutputArguments, note};
use crate::api::{ApiError, Event, Events};
use crate::place::Place;
use crate::table::plain;

const PATH: &str = "/api/wayfare/v1/live";
/// Signs of life come so often, in seconds.
const HEARTBEAT_S: u64 = 15;
/// A connection over which nothing has come for so long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(4 * HEARTBEAT_S);
/// How long to wait before coming back, the first time and at most.
const REST_FIRST: Duration = Duration::from_millis(500);
const REST_MAX: Duration = Duration::from_secs(15);

/// Watch what happens: sessions that begin and end, segments that are assigned, a line each, until
/// Ctrl-C
#[derive(Args)]
pub(crate) struct Arguments {
    /// Only of this segment; may be repeated
    #[arg(long = "segment", value_name = "UUID")]
    segments: Vec<String>,

    /// Only of this session; may be repeated
    #[arg(long = "session", value_name = "UUID")]
    sessions: Vec<String>,

    /// Only of this customer, such as cookie/3f0c or email/ada@example.com; may be repeated with
    /// the same type
    #[arg(long = "customer", value_name = "TYPE/ID")]
    customers: Vec<String>,

    /// Only of this type, such as segment.assigned; may be repeated
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,

    /// Begin after this place, the id of an earlier change; with what comes from now on, if not given
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,

    #[command(flatten)]
    output: OutputArguments,
}

/// Why watching has ended.
enum End {
    /// Nobody reads the output any more.
    Unread,
    /// The connection is gone, for this reason.
    Lost(String),
}

/// Watches until Ctrl-C, which ends the program as it ends any other.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let path = path(&arguments)?;
    let place = arguments.output.place.place();
    let is_json = arguments.output.json;
    let mut last = arguments.after;
    // What is wrong at the first time is wrong with the command.
    let mut events = open(&place, &path, last.as_deref()).await?;
    loop {
        let mut why = match watch(&mut events, &mut last, is_json).await {
            End::Unread => return Ok(()),
            End::Lost(why) => why,
        };
        let mut rest = REST_FIRST;
        events = loop {
            note(&format!("the feed ended: {why}; comes back"));
            tokio::time::sleep(rest).await;
            rest = REST_MAX.min(rest * 2);
            match open(&place, &path, last.as_deref()).await {
                Ok(events) => break events,
                Err(error) if is_passing(&error) => why = error.to_string(),
                Err(error) => return Err(error),
            }
        };
    }
}

/// Whether another attempt may do better. A server that starts is not there, or not ready, for a while.
fn is_passing(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<ApiError>() {
        Some(ApiError::Refused { status, .. }) => matches!(status, 429 | 500..),
        // Nobody answers, or no server runs on the data directory.
        _ => true,
    }
}

async fn open(place: &Place, path: &str, last: Option<&str>) -> anyhow::Result<Events> {
    // Each time anew: a server on a data directory may have come back at another address.
    Ok(place.server()?.events(path, last).await?)
}

/// Prints what comes, and remembers how far it is.
async fn watch(events: &mut Events, last: &mut Option<String>, is_json: bool) -> End {
    loop {
        let event = match tokio::time::timeout(SILENCE_MAX, events.next()).await {
            Ok(Some(event)) => event,
            Ok(None) => return End::Lost("the connection is gone".to_owned()),
            Err(_) => return End::Lost("nothing comes any more".to_owned()),
        };
        if !event.id.is_empty() {
            *last = Some(event.id.clone());
        }
        let Some(name) = &event.name else { continue };
        let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
        let reason = || data["reason"].as_str().unwrap_or_default().to_owned();
        match name.as_str() {
            "closed" => return End::Lost(reason()),
            "reset" if !is_json => note(&format!("something was missed: {}", reason())),
            _ => {
                let line = if is_json { json_line(&event, data) } else { row(&data) };
                if writeln!(std::io::stdout(), "{line}").is_err() {
                    return End::Unread;
                }
            }
        }
    }
}

/// The path of the feed that is wanted.
fn path(arguments: &Arguments) -> anyhow::Result<String> {
    let mut query = Serializer::new(String::new());
    query.append_pair("heartbeatSeconds", &HEARTBEAT_S.to_string());
    let lists = [
        ("types", &arguments.types),
        ("segmentIds", &arguments.segments),
        ("sessionIds", &arguments.sessions),
    ];
    for (name, values) in lists {
        for value in values {
            query.append_pair(name, value);
        }
    }
    let mut common = None;
    for customer in &arguments.customers {
        let Some((id_type, id)) = customer.split_once('/') else {
            bail!("--customer [{customer}] is not TYPE/ID, such as cookie/3f0c");
        };
        if *common.get_or_insert(id_type) != id_type {
            bail!("--customer [{customer}] has another type than the one before; watch them apart");
        }
        query.append_pair("customerIds", id);
    }
    if let Some(id_type) = common {
        query.append_pair("customerIdType", id_type);
    }
    Ok(format!("{PATH}?{}", query.finish()))
}

/// A change as the API tells it, with its place.
fn json_line(event: &Event, data: Value) -> String {
    let mut line = match data {
        Value::Object(line) => line,
        other => [("data".to_owned(), other)].into_iter().collect(),
    };
    line.insert("id".to_owned(), event.id.clone().into());
    if let Some(name) = &event.name {
        line.insert("type".to_owned(), name.clone().into());
    }
    Value::Object(line).to_string()
}

/// A change for people: when, what, whose, and what it is about.
fn row(change: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let data = &change["data"];
    let customer = &data["customer"];
    let whose = if customer.is_object() {
        format!("{}/{}", text(&customer["idType"]), text(&customer["id"]))
    } else {
        format!("contact {}", text(&data["externalContact"]["id"]))
    };
    let mut about = Vec::new();
    let assignment = &data["assignment"];
    if assignment.is_object() {
        let segment = &assignment["segment"];
        about.push(format!("segment {} v{}", text(&segment["id"]), segment["version"]));
        if let Some(reason) = assignment["reason"].as_str() {
            about.push(format!("({reason})"));
        }
    }
    if let Some(session) = data["session"]["id"].as_str() {
        about.push(format!("session {session} ({})", text(&data["session"]["type"])));
    }
    let (when, what) = (text(&change["timestamp"]), text(&change["type"]));
    let row = format!("{when}  {what:<18}  {whose}  {}", about.join("  "));
    plain(row.trim_end()).replace('\n', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_says_when_what_whose_and_about_what() {
        let mut change = json!({
            "type": "segment.unassigned", "timestamp": "2026-11-22T09:00:00.000Z",
            "data": {
                "customer": { "id": "a\u{1b}[2J", "idType": "cookie" },
                "externalContact": { "id": "C" },
                "session": { "id": "S", "type": "web" },
                "assignment": {
                    "segment": { "id": "G", "version": 2, "scope": "Session" },
                    "reason": "SessionEnded",
                },
            },
        });
        let begin = "2026-11-22T09:00:00.000Z  segment.unassigned  ";
        let expected = "cookie/a\u{fffd}[2J  segment G v2  (SessionEnded)  session S (web)";
        assert_eq!(row(&change), format!("{begin}{expected}"));
        change["data"] = json!({ "externalContact": { "id": "C" } });
        assert_eq!(row(&change), format!("{begin}contact C"));
    }
}
