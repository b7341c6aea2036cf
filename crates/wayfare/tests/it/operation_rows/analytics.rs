//! Aggregates.

use serde_json::{Value, json};

use super::About::{Length, Missing, Type, Value as Allowed};
use super::{Row, bad, found, made, unknown, with, without, without_body};

pub(super) fn query() -> Value {
    json!({
        "interval": "2026-11-22T00:00:00Z/P1D", "metrics": ["nJourneySessions"],
        "granularity": "PT1H", "groupBy": ["journeySegmentId"],
        "filter": { "type": "and", "predicates": [
            { "dimension": "journeySessionType", "operator": "matches", "value": "web" },
        ] },
    })
}

pub(super) fn rows(name: &str, _: &str) -> Option<Vec<Row>> {
    Some(match name {
        "post_analytics_journeys_aggregates_query" => of_query(200),
        "post_analytics_journeys_aggregates_jobs" => of_query(202),
        "get_analytics_journeys_aggregates_job"
        | "get_analytics_journeys_aggregates_job_results" => {
            [vec![found(200)], unknown("jobId", None)].concat()
        }
        "delete_analytics_journeys_aggregates_job" => {
            [vec![found(204)], unknown("jobId", None)].concat()
        }
        _ => return None,
    })
}

fn of_query(status: u16) -> Vec<Row> {
    let mut rows = vec![made(status, &query()), without_body()];
    for (field, fault) in [
        ("/interval", "constraint.validation interval"),
        ("/metrics", "constraint.validation metrics"),
        ("/filter/predicates/0/value", "constraint.validation filter.predicates[0].value"),
        ("/filter/predicates/0/dimension", "constraint.validation filter.predicates[0].dimension"),
        ("/filter/type", "constraint.validation filter.type"),
    ] {
        rows.push(bad(Missing, &without(&query(), field), fault));
    }
    for (field, value, fault) in [
        ("/interval", json!(1), "invalid.value interval"),
        ("/metrics", json!("nJourneySessions"), "invalid.value metrics"),
        ("/groupBy", json!({}), "invalid.value groupBy"),
        ("/filter", json!([]), "invalid.value filter"),
        ("/filter/predicates/0/value", json!([1]), "invalid.value filter.predicates[0].value"),
    ] {
        rows.push(bad(Type, &with(&query(), field, value), fault));
    }
    for (field, value, fault) in [
        ("/metrics/0", json!("nSessions"), "invalid.value metrics[0]"),
        ("/granularity", json!("daily"), "invalid.value granularity"),
        ("/timeZone", json!("Europe/Londres"), "invalid.value timeZone"),
        ("/groupBy/0", json!("colour"), "invalid.value groupBy[0]"),
        ("/filter/type", json!("not"), "invalid.value filter.type"),
        (
            "/filter/predicates/0/operator",
            json!("like"),
            "invalid.value filter.predicates[0].operator",
        ),
        (
            "/filter/predicates/0/dimension",
            json!("colour"),
            "invalid.value filter.predicates[0].dimension",
        ),
        ("/interval", json!("2026-11-22/2026-11-21"), "constraint.validation interval"),
    ] {
        rows.push(bad(Allowed, &with(&query(), field, value), fault));
    }
    // A job may take longer, and so may its interval be.
    if status == 200 {
        let years = with(&query(), "/interval", json!("2024-01-01/2026-01-01"));
        rows.push(bad(Length, &years, "constraint.validation interval"));
    }
    rows
}
