//! Bodies broken in exactly one place, by the API's own document: each is refused with an error that
//! names the place, and nothing is stored.
//!
//! Each body begins as a full one that the server takes; fields that need not be there are left out
//! at random; then one of all the ways to break what is left is chosen at random.

pub(crate) mod breaking;
pub(crate) mod full;

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use self::breaking::{Breaking, breakings, resolve};
use self::full::{Operation, operations};
use crate::harness::{AGGREGATES, Answer, SEGMENTS, TestClient, TestServer, text};

/// Bodies of each operation, unless `WAYFARE_RANDOM_BODIES` says otherwise.
const BODIES: usize = 10_000;
/// Objects whose fields need each other in ways that a schema cannot say.
const WHOLE_SCHEMAS: [&str; 1] = ["#/components/schemas/JourneyAggregateQueryPredicate"];
/// Bodies of each operation that are only thinned out, not broken.
const WHOLE_BODIES: usize = 200;

fn bodies() -> usize {
    let wanted = std::env::var("WAYFARE_RANDOM_BODIES").ok();
    wanted.map_or(BODIES, |text| text.parse().expect("WAYFARE_RANDOM_BODIES is a number"))
}

/// Leaves out fields that need not be there, and items of lists but for one.
fn thinned(value: &Value, schema: &Value, document: &Value, random: &mut StdRng) -> Value {
    if WHOLE_SCHEMAS.iter().any(|whole| schema["$ref"] == *whole) {
        return value.clone();
    }
    let schema = resolve(schema, document);
    match value {
        Value::Object(fields) => {
            let is_required = |name: &str| {
                schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name))
            };
            let mut kept = serde_json::Map::new();
            for (name, field) in fields {
                if is_required(name) || random.random_ratio(2, 3) {
                    let of_field = match schema["properties"].get(name) {
                        Some(schema) => schema,
                        None => &schema["additionalProperties"],
                    };
                    kept.insert(name.clone(), thinned(field, of_field, document, random));
                }
            }
            let least = schema["minProperties"].as_u64().unwrap_or(0);
            if kept.len() as u64 >= least { Value::Object(kept) } else { value.clone() }
        }
        Value::Array(items) => {
            let most = random.random_range(1.min(items.len())..=items.len());
            let items = items.iter().take(most);
            items.map(|item| thinned(item, &schema["items"], document, random)).collect()
        }
        other => other.clone(),
    }
}

/// Everything that the API shows and that one of these operations could change.
fn stored(client: &TestClient<'_>, operations: &[Operation]) -> Vec<Value> {
    let mut paths = vec![
        format!("{SEGMENTS}?pageSize=200"),
        "/api/v2/journey/actiontargets?pageSize=200".to_owned(),
        "/api/wayfare/v1/clients".to_owned(),
        "/api/wayfare/v1/deployments".to_owned(),
        "/api/wayfare/v1/segments/counts".to_owned(),
        "/api/wayfare/v1/users".to_owned(),
        "/api/wayfare/v1/roles".to_owned(),
    ];
    let reads = operations.iter().filter_map(|operation| operation.shown_at.clone());
    paths.extend(reads);
    let mut all: Vec<Value> = paths.iter().map(|path| client.get(path).json).collect();
    for answer in &mut all {
        answer["contextId"] = Value::Null;
    }
    let sessions = json!({
        "interval": "2026-11-01T00:00:00Z/P60D",
        "metrics": ["nJourneySessions", "nJourneySegmentsAssigned"],
        "groupBy": ["journeySessionId"],
    });
    all.push(client.post(AGGREGATES, &sessions).with(200));
    all
}

/// Whether an error names a place, or the one that it lies in.
fn names(answer: &Answer, place: &str) -> bool {
    let details = answer.json["details"].as_array().map_or(&[][..], Vec::as_slice);
    let is_within = |field: &str| {
        let rest = place.strip_prefix(field);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    details.iter().filter_map(|detail| detail["fieldName"].as_str()).any(|field| match field {
        "" | "." | "body" => place.is_empty() || !place.contains(['.', ']']),
        field => is_within(field),
    })
}

/// Sends broken bodies. Tells what was not refused as it should be, once for each way to break one.
fn check(
    client: &TestClient<'_>,
    operation: &Operation,
    document: &Value,
    seed: u64,
) -> BTreeMap<String, String> {
    let mut random = StdRng::seed_from_u64(seed);
    let schema = operation.schema(document);
    let mut wrong = BTreeMap::new();
    for number in 0..bodies() {
        let mut body = thinned(&operation.body, schema, document, &mut random);
        let all: Vec<Breaking> = breakings(&body, schema, document);
        let breaking = all.choose(&mut random).expect("a way to break it");
        breaking.apply(&mut body);
        let answer = client.send_text(operation.method, &operation.path, &body.to_string());
        if !(400..500).contains(&answer.status) || !names(&answer, &breaking.place) {
            let (name, status) = (operation.name, answer.status);
            wrong.entry(format!("{name}: {} ({status})", breaking.kind())).or_insert_with(|| {
                format!("body {number}: {breaking:?} of {body} gave {}", answer.json)
            });
        }
    }
    wrong
}

#[test]
fn thinned_bodies_are_taken() {
    let document = wayfare_http::openapi::document().expect("the document");
    let server = TestServer::start();
    let client = server.client();
    let mut random = StdRng::seed_from_u64(1);
    for operation in operations(&client, &server.clock.text(0)) {
        for number in 0..WHOLE_BODIES {
            let schema = operation.schema(&document);
            let mut body = thinned(&operation.body, schema, &document, &mut random);
            if let Some(field) = operation.unique {
                body[field] = json!(format!("{}{number}", text(&body[field])));
            }
            let answer = client.send_text(operation.method, &operation.path, &body.to_string());
            assert!(answer.status < 300, "{} {body}: {}", operation.name, answer.json);
            // Only so many jobs may wait, and there may be only so many webhooks.
            let job = match operation.name {
                "create_backtest" | "create_webhook" => &answer.json["id"],
                _ => &answer.json["jobId"],
            };
            if let Some(job) = job.as_str() {
                client.delete(&format!("{}/{job}", operation.path)).with(204);
            }
        }
    }
}

#[test]
fn broken_bodies_are_refused_and_change_nothing() {
    let document = wayfare_http::openapi::document().expect("the document");
    let server = TestServer::start();
    let client = server.client();
    let operations = operations(&client, &server.clock.text(0));
    let before = stored(&client, &operations);
    let mut wrong = BTreeMap::new();
    for (operation, seed) in operations.iter().zip(100..) {
        wrong.extend(check(&client, operation, &document, seed));
        let is_same = stored(&client, &operations) == before;
        assert!(is_same || !wrong.is_empty(), "{} changed something", operation.name);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every operation that takes JSON is tried; an import takes lines, and tells its faults by line. What
/// a backup asks for must lie in the directory that it names: `backups.rs`.
#[test]
fn no_operation_with_a_body_is_left_out() {
    let document = wayfare_http::openapi::document().expect("the document");
    let server = TestServer::start();
    let client = server.client();
    let tried = operations(&client, &server.clock.text(0));
    let paths = document["paths"].as_object().expect("paths").values();
    for operation in paths.filter_map(Value::as_object).flat_map(serde_json::Map::values) {
        if operation["requestBody"]["content"]["application/json"].is_object() {
            let name = text(&operation["operationId"]);
            let is_tried = tried.iter().any(|tried| tried.name == name);
            assert!(is_tried || name == "create_backup", "{name} is left out");
        }
    }
}
