//! Segments.

use serde_json::{Value, json};

use super::About::{Length, Missing, Type, Value as Allowed};
use super::{About, Expected};
use super::{Row, bad, found, made, parameter, query, unknown, with, without, without_body};

/// A segment with something in every place.
fn segment() -> Value {
    json!({
        "displayName": "New", "description": "d", "isActive": true, "color": "#112233",
        "scope": "Session", "shouldDisplayToAgent": true, "assignmentExpirationDays": 3,
        "context": { "patterns": [{ "criteria": [{
            "key": "browser.family", "values": ["x"], "operator": "equal",
            "shouldIgnoreCase": true, "entityType": "visit",
        }] }] },
        "journey": { "patterns": [{
            "criteria": [{
                "key": "page.url", "values": ["x"], "operator": "containsAny",
                "shouldIgnoreCase": true,
            }],
            "count": 1, "streamType": "Web", "sessionType": "web", "eventName": "page_viewed",
        }] },
        "externalSegment": { "id": "1", "name": "n", "source": "Custom" },
    })
}

const CONTEXT: &str = "/context/patterns/0/criteria/0";
const JOURNEY: &str = "/journey/patterns/0";

pub(super) fn rows(name: &str, _: &str) -> Option<Vec<Row>> {
    Some(match name {
        "post_journey_segments" => {
            let mut rows = vec![made(201, &segment()), made(201, &json!({ "displayName": "x" }))];
            rows.push(bad(
                Missing,
                &without(&segment(), "/displayName"),
                "constraint.validation displayName",
            ));
            for (field, fault) in [
                ("/externalSegment/id", "constraint.validation externalSegment.id"),
                ("/externalSegment/name", "constraint.validation externalSegment.name"),
            ] {
                rows.push(bad(Missing, &without(&segment(), field), fault));
            }
            rows.push(bad(
                Allowed,
                &with(&segment(), "/externalSegment/source", json!("Elsewhere")),
                "invalid.value externalSegment.source",
            ));
            rows.push(bad(
                Allowed,
                &with(&segment(), "/scope", json!("All")),
                "invalid.value scope",
            ));
            rows.extend(of_body(&segment()));
            rows
        }
        "patch_journey_segment" => {
            let mut rows = vec![made(200, &json!({ "displayName": "Changed", "version": 1 }))];
            rows.push(bad(
                Missing,
                &json!({ "displayName": null }),
                "constraint.validation displayName",
            ));
            rows.push(bad(Type, &json!({ "version": "one" }), "invalid.value version"));
            rows.push(Row::new(
                About::Value,
                Some(json!({ "displayName": "x", "version": 9 }).to_string()),
                Expected::Error(409, "request.conflict"),
            ));
            rows.extend(unknown("segmentId", Some(&json!({}))));
            rows.extend(of_body(&without(&segment(), "/externalSegment")));
            rows
        }
        "get_journey_segments" => of_list(),
        "get_journey_segment" => [vec![found(200)], unknown("segmentId", None)].concat(),
        "delete_journey_segment" => [vec![found(204)], unknown("segmentId", None)].concat(),
        "list_segment_versions" => {
            let fault = parameter("pageSize=0", "invalid.query.param.value pageSize");
            [vec![found(200), fault], unknown("segmentId", None)].concat()
        }
        "count_segments" => vec![found(200)],
        "create_backtest" => of_backtest(),
        "get_backtest" => [vec![found(200)], unknown("backtestId", None)].concat(),
        "cancel_backtest" => [vec![found(204)], unknown("backtestId", None)].concat(),
        _ => return None,
    })
}

/// A back-test of a draft.
pub(super) fn backtest() -> Value {
    json!({
        "segment": segment(), "interval": "2026-11-22T00:00:00Z/P1D", "granularity": "PT1H",
        "timeZone": "Europe/London",
    })
}

fn of_backtest() -> Vec<Row> {
    let full = backtest();
    let mut rows = vec![made(202, &full), without_body()];
    for (field, fault) in [
        ("/segment", "constraint.validation segment"),
        ("/interval", "constraint.validation interval"),
        ("/segment/displayName", "constraint.validation segment.displayName"),
        (
            "/segment/journey/patterns/0/count",
            "constraint.validation segment.journey.patterns[0].count",
        ),
    ] {
        rows.push(bad(Missing, &without(&full, field), fault));
    }
    for (field, value, fault) in [
        ("/segment", json!([]), "invalid.value segment"),
        ("/interval", json!(1), "invalid.value interval"),
        ("/segment/color", json!(1), "invalid.value segment.color"),
    ] {
        rows.push(bad(Type, &with(&full, field, value), fault));
    }
    for (field, value, fault) in [
        ("/granularity", json!("daily"), "invalid.value granularity"),
        ("/timeZone", json!("Europe/Londres"), "invalid.value timeZone"),
        ("/interval", json!("2026-11-22/2026-11-21"), "constraint.validation interval"),
        ("/segment/scope", json!("All"), "invalid.value segment.scope"),
    ] {
        rows.push(bad(Allowed, &with(&full, field, value), fault));
    }
    let long = with(&full, "/segment/displayName", json!("n".repeat(129)));
    rows.push(bad(Length, &long, "constraint.validation segment.displayName"));
    rows
}

/// The list.
fn of_list() -> Vec<Row> {
    let faults: [(&str, &'static str); 8] = [
        ("pageSize=0", "invalid.query.param.value pageSize"),
        ("pageSize=201", "invalid.query.param.value pageSize"),
        ("pageNumber=x", "invalid.query.param.value pageNumber"),
        ("isActive=maybe", "invalid.query.param.value isActive"),
        ("sortBy=journey", "invalid.query.param.value sortBy"),
        ("queryFields=color&queryValue=x", "invalid.query.param.value queryFields"),
        ("queryValue=x", "bad.request queryFields"),
        ("after=made-up", "bad.request after"),
    ];
    let mut rows = vec![
        found(200),
        query(
            About::Success,
            "pageSize=1&pageNumber=1&sortBy=-displayName&isActive=true&\
                     queryFields=displayName&queryValue=see",
            Expected::Status(200),
        ),
    ];
    rows.extend(faults.map(|(text, fault)| parameter(text, fault)));
    rows
}

/// What is the same for a new segment and a changed one.
fn of_body(base: &Value) -> Vec<Row> {
    [vec![without_body()], missing(base), types(base), values(base), lengths(base)].concat()
}

fn at(place: &str, field: &str) -> String {
    format!("{place}/{field}")
}

/// What has to be there.
fn missing(base: &Value) -> Vec<Row> {
    let table: [(String, &'static str); 10] = [
        (at(JOURNEY, "criteria"), "constraint.validation journey.patterns[0].criteria"),
        (at(JOURNEY, "count"), "constraint.validation journey.patterns[0].count"),
        (
            at(CONTEXT, "entityType"),
            "constraint.validation context.patterns[0].criteria[0].entityType",
        ),
        (at(JOURNEY, "streamType"), "constraint.validation journey.patterns[0].streamType"),
        (at(JOURNEY, "sessionType"), "constraint.validation journey.patterns[0].sessionType"),
        (
            at(JOURNEY, "criteria/0/key"),
            "constraint.validation journey.patterns[0].criteria[0].key",
        ),
        (
            at(JOURNEY, "criteria/0/values"),
            "constraint.validation journey.patterns[0].criteria[0].values",
        ),
        (at(CONTEXT, "key"), "constraint.validation context.patterns[0].criteria[0].key"),
        (at(CONTEXT, "values"), "constraint.validation context.patterns[0].criteria[0].values"),
        (
            at("/context/patterns/0", "criteria"),
            "constraint.validation context.patterns[0].criteria",
        ),
    ];
    table.map(|(pointer, fault)| bad(Missing, &without(base, &pointer), fault)).to_vec()
}

/// What has another type.
fn types(base: &Value) -> Vec<Row> {
    let table: [(String, Value, &'static str); 11] = [
        ("/displayName".to_owned(), json!(1), "invalid.value displayName"),
        ("/description".to_owned(), json!([]), "invalid.value description"),
        ("/isActive".to_owned(), json!("yes"), "invalid.value isActive"),
        ("/color".to_owned(), json!(112_233), "invalid.value color"),
        ("/shouldDisplayToAgent".to_owned(), json!(1), "invalid.value shouldDisplayToAgent"),
        (
            "/assignmentExpirationDays".to_owned(),
            json!(1.5),
            "invalid.value assignmentExpirationDays",
        ),
        ("/journey".to_owned(), json!([]), "invalid.value journey"),
        ("/context/patterns".to_owned(), json!({}), "invalid.value context.patterns"),
        (at(JOURNEY, "count"), json!("one"), "invalid.value journey.patterns[0].count"),
        (
            at(JOURNEY, "criteria/0/values"),
            json!("x"),
            "invalid.value journey.patterns[0].criteria[0].values",
        ),
        (
            at(CONTEXT, "shouldIgnoreCase"),
            json!("no"),
            "invalid.value context.patterns[0].criteria[0].shouldIgnoreCase",
        ),
    ];
    table.map(|(pointer, value, fault)| bad(Type, &with(base, &pointer, value), fault)).to_vec()
}

/// What is none of those allowed.
fn values(base: &Value) -> Vec<Row> {
    let table: [(String, Value, &'static str); 9] = [
        ("/color".to_owned(), json!("red"), "invalid.value color"),
        (
            "/assignmentExpirationDays".to_owned(),
            json!(-1),
            "invalid.value assignmentExpirationDays",
        ),
        (at(JOURNEY, "streamType"), json!("Radio"), "invalid.value journey.patterns[0].streamType"),
        (at(JOURNEY, "count"), json!(-1), "invalid.value journey.patterns[0].count"),
        (
            at(JOURNEY, "criteria/0/operator"),
            json!("like"),
            "invalid.value journey.patterns[0].criteria[0].operator",
        ),
        (
            at(JOURNEY, "criteria/0/key"),
            json!("page.colour"),
            "bad.request journey.patterns[0].criteria[0].key",
        ),
        (
            at(CONTEXT, "operator"),
            json!("like"),
            "invalid.value context.patterns[0].criteria[0].operator",
        ),
        (
            at(CONTEXT, "entityType"),
            json!("visitor"),
            "invalid.value context.patterns[0].criteria[0].entityType",
        ),
        (at(CONTEXT, "key"), json!("page.url"), "bad.request context.patterns[0].criteria[0].key"),
    ];
    table.map(|(pointer, value, fault)| bad(Allowed, &with(base, &pointer, value), fault)).to_vec()
}

/// What is too long, or too short.
fn lengths(base: &Value) -> Vec<Row> {
    let table: [(String, Value, &'static str); 5] = [
        ("/displayName".to_owned(), json!("n".repeat(129)), "constraint.validation displayName"),
        ("/displayName".to_owned(), json!(""), "constraint.validation displayName"),
        ("/description".to_owned(), json!("d".repeat(1_001)), "constraint.validation description"),
        (
            at(JOURNEY, "criteria/0/values"),
            json!(vec!["v"; 101]),
            "constraint.validation journey.patterns[0].criteria[0].values",
        ),
        (
            at(CONTEXT, "values"),
            json!(["v".repeat(2_001)]),
            "constraint.validation context.patterns[0].criteria[0].values[0]",
        ),
    ];
    table.map(|(pointer, value, fault)| bad(Length, &with(base, &pointer, value), fault)).to_vec()
}
