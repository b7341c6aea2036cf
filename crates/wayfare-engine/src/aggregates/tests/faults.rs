//! What is wrong with a query, all at once.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::query;
use crate::aggregates::validate;

/// Checks what is told about a query that is right but for `changes`; `null` removes a field.
fn check(changes: Value, expected: Expect) {
    let mut body = json!({"interval": "2020-11-01/2020-11-08", "metrics": ["nJourneySessions"]});
    for (field, value) in changes.as_object().expect("an object") {
        body[field.as_str()] = value.clone();
    }
    let shown = match validate(&query(&body)) {
        Ok(_) => "valid\n".to_owned(),
        Err(problem) => {
            let lines = problem.faults.iter().map(|fault| {
                let message = fault.message.split("allowable values are: ").collect::<Vec<_>>();
                let message = match message.as_slice() {
                    [before, words] if words.matches(", ").count() > 6 => {
                        format!("{before}allowable are {} words", words.matches(", ").count() + 1)
                    }
                    _ => fault.message.clone(),
                };
                format!("{} {}: {message}\n", fault.kind.code(), fault.field)
            });
            lines.collect()
        }
    };
    expected.assert_eq(&shown);
}

#[test]
fn intervals() {
    for interval in [
        json!(null),
        json!(""),
        json!("yesterday"),
        json!("2020-11-01"),
        json!("2020-11-01/"),
        json!("2020-11-01/2020-11-02/2020-11-03"),
        json!("2020-13-01/2020-11-31"),
        json!("2020-11-01/P"),
        json!("2020-11-01/P0D"),
        json!("2020-11-02/2020-11-01"),
        json!("2020-11-01T02:00:00+02:00/2020-11-01T00:00:00Z"),
        json!("2020-11-01T00:00:00[Europe/London]/2020-11-02"),
    ] {
        let body = json!({"interval": interval, "metrics": ["nJourneySessions"]});
        assert!(validate(&query(&body)).is_err(), "{interval}");
    }
    check(
        json!({"interval": null}),
        expect![[r#"
        constraint.validation interval: field [interval] is required
    "#]],
    );
    check(
        json!({"interval": "yesterday"}),
        expect![[r#"
        invalid.value interval: value [yesterday] is not valid for field [interval]; allowable values are: start/end or start/period in ISO-8601, like 2020-11-01T00:00:00.000Z/2020-11-08T00:00:00.000Z or 2020-11-01/P7D
    "#]],
    );
    check(
        json!({"interval": "2020-13-01/2020-11-31"}),
        expect![[r#"
        invalid.date interval: field [interval]: '2020-13-01' is not an ISO-8601 date like 2026-01-31T09:30:00.000Z
        invalid.date interval: field [interval]: '2020-11-31' is not an ISO-8601 date like 2026-01-31T09:30:00.000Z
    "#]],
    );
    check(
        json!({"interval": "2020-11-01/PX"}),
        expect![[r#"
        invalid.value interval: value [2020-11-01/PX] is not valid for field [interval]; allowable values are: start/end or start/period in ISO-8601, like 2020-11-01T00:00:00.000Z/2020-11-08T00:00:00.000Z or 2020-11-01/P7D
    "#]],
    );
    check(
        json!({"interval": "2020-11-01/-P1D"}),
        expect![[r#"
        constraint.validation interval: field [interval] must start before it ends, but is [2020-11-01/-P1D]
    "#]],
    );
    check(
        json!({"interval": "2020-11-02/2020-11-01"}),
        expect![[r#"
        constraint.validation interval: field [interval] must start before it ends, but is [2020-11-02/2020-11-01]
    "#]],
    );
    check(
        json!({"interval": "2020-11-01/2020-11-01"}),
        expect![[r#"
        constraint.validation interval: field [interval] must start before it ends, but is [2020-11-01/2020-11-01]
    "#]],
    );
}

#[test]
fn granularities_and_time_zones() {
    check(
        json!({"granularity": "P1DT12H", "timeZone": "Europe/London"}),
        expect![[r#"
        valid
    "#]],
    );
    check(
        json!({"granularity": "PT1M", "timeZone": "UTC"}),
        expect![[r#"
            constraint.validation granularity: field [granularity] must be longer than [PT1M]: it would cut the interval into more than 10000 buckets
        "#]],
    );
    check(
        json!({"granularity": "PT59S"}),
        expect![[r#"
        constraint.validation granularity: field [granularity] must be at least PT1M, but is [PT59S]
    "#]],
    );
    check(
        json!({"granularity": "P0D"}),
        expect![[r#"
        constraint.validation granularity: field [granularity] must be at least PT1M, but is [P0D]
    "#]],
    );
    check(
        json!({"granularity": "-P1D"}),
        expect![[r#"
        constraint.validation granularity: field [granularity] must be at least PT1M, but is [-P1D]
    "#]],
    );
    check(
        json!({"granularity": "1 day"}),
        expect![[r#"
        invalid.value granularity: value [1 day] is not valid for field [granularity]; allowable values are: ISO-8601 periods like PT30M, PT1H, P1D, P1DT12H, P1W and P1M
    "#]],
    );
    check(
        json!({"granularity": ""}),
        expect![[r#"
        invalid.value granularity: value [] is not valid for field [granularity]; allowable values are: ISO-8601 periods like PT30M, PT1H, P1D, P1DT12H, P1W and P1M
    "#]],
    );
    check(
        json!({"granularity": "1D", "timeZone": "Europe/Londinium"}),
        expect![[r#"
        invalid.value granularity: value [1D] is not valid for field [granularity]; allowable values are: ISO-8601 periods like PT30M, PT1H, P1D, P1DT12H, P1W and P1M
        invalid.value timeZone: value [Europe/Londinium] is not valid for field [timeZone]; allowable values are: names of the IANA time zone database like UTC and Europe/London
    "#]],
    );
    check(
        json!({"timeZone": ""}),
        expect![[r#"
        invalid.value timeZone: value [] is not valid for field [timeZone]; allowable values are: names of the IANA time zone database like UTC and Europe/London
    "#]],
    );
    check(
        json!({"timeZone": "+02:00"}),
        expect![[r#"
        invalid.value timeZone: value [+02:00] is not valid for field [timeZone]; allowable values are: names of the IANA time zone database like UTC and Europe/London
    "#]],
    );
}

#[test]
fn metrics_and_groups() {
    check(
        json!({"metrics": null}),
        expect![[r#"
        constraint.validation metrics: field [metrics] is required
    "#]],
    );
    check(
        json!({"metrics": []}),
        expect![[r#"
        constraint.validation metrics: field [metrics] is required
    "#]],
    );
    check(
        json!({"metrics": ["nJourneySessions", "nSessions", "outdated_sdk_version", ""]}),
        expect![[r#"
            invalid.value metrics[1]: value [nSessions] is not valid for field [metrics[1]]; allowable are 22 words
            invalid.value metrics[2]: value [outdated_sdk_version] is not valid for field [metrics[2]]; allowable are 22 words
            invalid.value metrics[3]: value [] is not valid for field [metrics[3]]; allowable are 22 words
        "#]],
    );
    check(
        json!({"groupBy": []}),
        expect![[r#"
        valid
    "#]],
    );
    check(
        json!({"groupBy": ["journeySegmentId", "journeySegment", "journeySegmentId"]}),
        expect![[r#"
            invalid.value groupBy[1]: value [journeySegment] is not valid for field [groupBy[1]]; allowable are 43 words
            constraint.validation groupBy[2]: field [groupBy[2]] must differ from the others, but [journeySegmentId] is there twice
        "#]],
    );
    check(
        json!({"groupBy": [
            "journeySegmentId", "journeySessionId", "journeyDeviceType", "journeyOutcomeId",
            "journeyCustomerId", "journeySegmentScope",
        ]}),
        expect![[r#"
            constraint.validation groupBy: field [groupBy] must have at most 5 dimensions, but has 6
        "#]],
    );
    check(
        json!({"alternateTimeDimension": "eventTime"}),
        expect![[r#"
        valid
    "#]],
    );
    check(
        json!({"alternateTimeDimension": "emitTime"}),
        expect![[r#"
        invalid.value alternateTimeDimension: value [emitTime] is not valid for field [alternateTimeDimension]; allowable values are: eventTime
    "#]],
    );
}

#[test]
fn filters() {
    check(
        json!({"filter": {}}),
        expect![[r#"
        constraint.validation filter.type: field [filter.type] is required
    "#]],
    );
    check(
        json!({"filter": {"type": "and"}}),
        expect![[r#"
        valid
    "#]],
    );
    check(
        json!({"filter": {"type": "AND", "clauses": [{}]}}),
        expect![[r#"
        invalid.value filter.type: value [AND] is not valid for field [filter.type]; allowable values are: and, or
        constraint.validation filter.clauses[0].type: field [filter.clauses[0].type] is required
        constraint.validation filter.clauses[0].predicates: field [filter.clauses[0].predicates] is required
    "#]],
    );
    check(
        json!({"filter": {"type": "or", "clauses": [
            {"type": "and", "predicates": []},
            {"type": "xor", "predicates": [
                {"dimension": "journeySegmentId", "value": "a"},
                {"dimension": "segmentId", "operator": "matches"},
            ]},
        ]}}),
        expect![[r#"
            constraint.validation filter.clauses[0].predicates: field [filter.clauses[0].predicates] is required
            invalid.value filter.clauses[1].type: value [xor] is not valid for field [filter.clauses[1].type]; allowable values are: and, or
            invalid.value filter.clauses[1].predicates[1].dimension: value [segmentId] is not valid for field [filter.clauses[1].predicates[1].dimension]; allowable are 43 words
            constraint.validation filter.clauses[1].predicates[1].value: field [filter.clauses[1].predicates[1].value] is required
        "#]],
    );
}

fn all_of(predicates: Value) -> Value {
    json!({"filter": {"type": "and", "predicates": predicates}})
}

#[test]
fn predicates() {
    check(
        all_of(json!([
            {"dimension": "journeySegmentId", "operator": "exists"},
            {"type": "dimension", "dimension": "journeyDeviceType", "operator": "notExists"},
            {"type": "metric", "range": {"gt": 1.0, "lte": 2.0}},
            {"type": "metric", "operator": "matches", "range": {"gte": 1.0}},
            {"range": {"lt": 1.0}},
        ])),
        expect![[r#"
            valid
        "#]],
    );
    check(
        all_of(json!([
            {},
            {"type": "property", "dimension": "journeySegmentId", "value": "a"},
            {"dimension": "journeySegmentId", "operator": "contains", "value": "a"},
            {"dimension": "journeySegmentId", "operator": "exists", "value": "a"},
            {"dimension": "journeySegmentId", "value": "a", "range": {"gte": 1.0}},
        ])),
        expect![[r#"
            constraint.validation filter.predicates[0].dimension: field [filter.predicates[0].dimension] is required
            constraint.validation filter.predicates[0].value: field [filter.predicates[0].value] is required
            invalid.value filter.predicates[1].type: value [property] is not valid for field [filter.predicates[1].type]; allowable values are: dimension, metric
            invalid.value filter.predicates[2].operator: value [contains] is not valid for field [filter.predicates[2].operator]; allowable values are: matches, exists, notExists
            constraint.validation filter.predicates[3].value: field [filter.predicates[3].value] must be absent with operator exists
            constraint.validation filter.predicates[4].range: field [filter.predicates[4].range] must be absent with a dimension predicate
        "#]],
    );
    check(
        all_of(json!([
            {"type": "metric"},
            {"type": "metric", "range": {}},
            {"type": "metric", "range": {"gt": 1.0, "lte": 1.0}},
            {"type": "metric", "operator": "exists", "value": "1", "dimension": "journeySegmentId"},
        ])),
        expect![[r#"
            constraint.validation filter.predicates[0].range: field [filter.predicates[0].range] is required
            constraint.validation filter.predicates[1].range: field [filter.predicates[1].range] must have at least one bound
            constraint.validation filter.predicates[2].range: field [filter.predicates[2].range] must have its lower bound below its upper one
            constraint.validation filter.predicates[3].dimension: field [filter.predicates[3].dimension] must be absent with a metric predicate
            constraint.validation filter.predicates[3].value: field [filter.predicates[3].value] must be absent with a metric predicate
            constraint.validation filter.predicates[3].operator: field [filter.predicates[3].operator] must be matches in a metric predicate, or absent
            constraint.validation filter.predicates[3].range: field [filter.predicates[3].range] is required
        "#]],
    );
}

#[test]
fn filters_that_are_too_long() {
    let predicate = json!({"dimension": "journeySegmentId", "operator": "exists"});
    check(
        all_of(json!(vec![predicate.clone(); 101])),
        expect![[r#"
        constraint.validation filter.predicates: field [filter.predicates] must have at most 100 entries, but has 101
    "#]],
    );
    let clause = json!({"type": "and", "predicates": [predicate]});
    check(
        json!({"filter": {"type": "and", "clauses": vec![clause; 101]}}),
        expect![[r#"
        constraint.validation filter.clauses: field [filter.clauses] must have at most 100 entries, but has 101
    "#]],
    );
}

#[test]
fn views() {
    let view = |name: &str| {
        json!({
            "name": name, "target": "oJourneyOutcomeValue", "function": "rangeBound",
            "range": {"gte": 10.0},
        })
    };
    check(
        json!({"views": [view("big"), view("Big")]}),
        expect![[r#"
        valid
    "#]],
    );
    check(
        json!({"views": [view("big"), view("big"), view("nJourneySessions")]}),
        expect![[r#"
        constraint.validation views[1].name: field [views[1].name] must differ from the others, but [big] is there twice
        constraint.validation views[2].name: field [views[2].name] must not be the name of a metric, but is [nJourneySessions]
    "#]],
    );
    check(
        json!({"views": [{}, {"name": "", "target": "n", "function": "f", "range": {}}]}),
        expect![[r#"
            constraint.validation views[0].name: field [views[0].name] is required
            constraint.validation views[0].target: field [views[0].target] is required
            constraint.validation views[0].function: field [views[0].function] is required
            constraint.validation views[0].range: field [views[0].range] is required
            constraint.validation views[1].name: field [views[1].name] is required
            invalid.value views[1].target: value [n] is not valid for field [views[1].target]; allowable are 22 words
            invalid.value views[1].function: value [f] is not valid for field [views[1].function]; allowable values are: rangeBound
            constraint.validation views[1].range: field [views[1].range] must have at least one bound
        "#]],
    );
    check(
        json!({"views": [{
            "name": "none", "target": "nJourneySessions", "function": "rangeBound",
            "range": {"gte": 2.0, "lt": 2.0},
        }]}),
        expect![[r#"
            constraint.validation views[0].range: field [views[0].range] must have its lower bound below its upper one
        "#]],
    );
    let many: Vec<_> = (0..11).map(|index| view(&format!("view{index}"))).collect();
    check(
        json!({"views": many}),
        expect![[r#"
        constraint.validation views: field [views] must have at most 10 views, but has 11
    "#]],
    );
}

#[test]
fn everything_at_once() {
    check(
        json!({
            "interval": "now", "granularity": "day", "timeZone": "Mars", "metrics": ["x"],
            "groupBy": ["y"], "filter": {"type": "z", "predicates": [{"dimension": "w"}]},
            "views": [{"name": "v"}], "alternateTimeDimension": "t",
        }),
        expect![[r#"
            invalid.value interval: value [now] is not valid for field [interval]; allowable values are: start/end or start/period in ISO-8601, like 2020-11-01T00:00:00.000Z/2020-11-08T00:00:00.000Z or 2020-11-01/P7D
            invalid.value granularity: value [day] is not valid for field [granularity]; allowable values are: ISO-8601 periods like PT30M, PT1H, P1D, P1DT12H, P1W and P1M
            invalid.value timeZone: value [Mars] is not valid for field [timeZone]; allowable values are: names of the IANA time zone database like UTC and Europe/London
            invalid.value metrics[0]: value [x] is not valid for field [metrics[0]]; allowable are 22 words
            invalid.value groupBy[0]: value [y] is not valid for field [groupBy[0]]; allowable are 43 words
            invalid.value filter.type: value [z] is not valid for field [filter.type]; allowable values are: and, or
            invalid.value filter.predicates[0].dimension: value [w] is not valid for field [filter.predicates[0].dimension]; allowable are 43 words
            constraint.validation filter.predicates[0].value: field [filter.predicates[0].value] is required
            constraint.validation views[0].target: field [views[0].target] is required
            constraint.validation views[0].function: field [views[0].function] is required
            constraint.validation views[0].range: field [views[0].range] is required
            invalid.value alternateTimeDimension: value [t] is not valid for field [alternateTimeDimension]; allowable values are: eventTime
        "#]],
    );
}

#[test]
fn tells_a_hundred_faults_at_most() {
    let body = json!({"interval": "2020-11-01/P1D", "metrics": vec!["x"; 10_000]});
    let problem = validate(&query(&body)).expect_err("unknown metrics");
    assert_eq!(problem.faults.len(), 100);
}
