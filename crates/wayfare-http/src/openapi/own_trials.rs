//! The shapes of explanations and back-tests.

use serde_json::{Map, Value, json};
use wayfare_model::limits::{BACKTEST_EXAMPLES_MAX, EXPLAIN_EVENTS_MAX};

use super::own::of;
use super::own_schemas::{count, date, id, list, object, text};

/// The schemas, by name.
pub(super) fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    schemas.insert("SegmentExplanation".to_owned(), explanation());
    schemas.insert(
        "BacktestRequest".to_owned(),
        object(
            &["segment", "interval"],
            json!({
                "segment": of("JourneySegmentRequest"), "interval": text(),
                "granularity": text(), "timeZone": text(),
            }),
        ),
    );
    schemas.insert("Backtest".to_owned(), backtest());
    schemas
}

fn flag() -> Value {
    json!({ "type": "boolean" })
}

fn explanation() -> Value {
    let segment = object(
        &["id", "displayName", "version", "scope", "isActive", "selfUri"],
        json!({
            "id": id(), "displayName": text(), "version": count(), "scope": text(),
            "isActive": flag(), "selfUri": text(),
        }),
    );
    let criterion = object(
        &["key", "operator", "values", "shouldIgnoreCase"],
        json!({
            "key": text(), "operator": text(), "values": list(text()), "shouldIgnoreCase": flag(),
            "holds": flag(), "value": text(),
        }),
    );
    let event = object(
        &["id", "sessionId", "createdDate"],
        json!({ "id": id(), "sessionId": id(), "createdDate": date(), "hasName": flag() }),
    );
    let mut events = list(event.clone());
    events["maxItems"] = json!(EXPLAIN_EVENTS_MAX);
    let context = object(
        &["holds", "criteria"],
        json!({ "holds": flag(), "criteria": list(criterion.clone()) }),
    );
    let journey = object(
        &[
            "holds",
            "count",
            "counted",
            "missing",
            "streamType",
            "sessionType",
            "criteria",
            "events",
        ],
        json!({
            "holds": flag(), "isBroken": flag(), "count": count(), "counted": count(),
            "missing": count(), "withinSeconds": count(), "until": date(), "eventName": text(),
            "streamType": text(), "sessionType": text(), "criteria": list(criterion),
            "events": events, "nearest": event,
        }),
    );
    object(
        &["sessionId", "segment", "at", "isAssigned", "isJudged", "context", "journey"],
        json!({
            "sessionId": id(), "segment": segment, "at": date(), "isAssigned": flag(),
            "isJudged": flag(), "assignment": of("SegmentAssignment"),
            "context": object(&["patterns"], json!({ "patterns": list(context) })),
            "journey": object(
                &["patterns"],
                json!({ "ordered": flag(), "patterns": list(journey) }),
            ),
        }),
    )
}

fn backtest() -> Value {
    let bucket = object(
        &["interval", "sessions", "customers"],
        json!({ "interval": text(), "sessions": count(), "customers": count() }),
    );
    let overlap =
        object(&["segmentId", "sessions"], json!({ "segmentId": id(), "sessions": count() }));
    let example = object(
        &["sessionId", "customerId", "customerIdType", "dateAssigned"],
        json!({
            "sessionId": id(), "customerId": text(), "customerIdType": text(),
            "dateAssigned": date(),
        }),
    );
    let mut examples = list(example);
    examples["maxItems"] = json!(BACKTEST_EXAMPLES_MAX);
    let result = object(
        &["events", "customersSkipped", "sessions", "customers", "buckets", "overlap", "examples"],
        json!({
            "events": count(), "customersSkipped": count(), "sessions": count(),
            "customers": count(), "buckets": list(bucket), "overlap": list(overlap),
            "examples": examples,
        }),
    );
    object(
        &["id", "state", "displayName", "interval", "submittedDate", "progress"],
        json!({
            "id": id(), "state": { "type": "string", "enum": ["running", "fulfilled", "failed"] },
            "reason": text(), "displayName": text(), "interval": text(), "submittedDate": date(),
            "completedDate": date(),
            "progress": object(
                &["customers", "customersTotal"],
                json!({ "customers": count(), "customersTotal": count() }),
            ),
            "result": result,
        }),
    )
}
