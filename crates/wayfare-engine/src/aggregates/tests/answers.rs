//! Whole answers: facts in, the contract's answer out.

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use wayfare_model::cells::Cells;
use wayfare_model::fact::Fact;
use wayfare_model::time::Moment;

use super::{fact, query};
use crate::aggregates::{Answer, Fold, validate};

/// Checks the answer to a query over November 2020, one line per bucket of a group.
fn check(facts: &[Fact], body: Value, expected: Expect) {
    let mut whole = json!({"interval": "2020-11-01T00:00:00.000Z/2020-12-01T00:00:00.000Z"});
    for (field, value) in body.as_object().expect("an object") {
        whole[field.as_str()] = value.clone();
    }
    let query = query(&whole);
    let plan = validate(&query).expect("a valid query");
    let mut fold = Fold::new(&plan);
    for fact in facts {
        fold.add(fact).expect("few cells");
    }
    let json = Answer::new(&plan, &query, fold.finish().expect("few values")).to_json();
    let answer: Value = serde_json::from_slice(&json).expect("an answer");
    let mut lines = String::new();
    for result in answer["results"].as_array().expect("results") {
        for bucket in result["data"].as_array().expect("data") {
            let mut line = format!("{} {}", result["group"], bucket["metrics"]);
            if !bucket["views"].is_null() {
                line += &format!(" views {}", bucket["views"]);
            }
            if whole["granularity"].is_string() {
                line = format!("{} {line}", bucket["interval"]);
            }
            lines += &line;
            lines.push('\n');
        }
    }
    expected.assert_eq(&lines);
}

/// The example of domain, 5.6: S1 in the segments A and B, S2 in A; and S3 in none.
fn sessions() -> Vec<Fact> {
    [
        ("2020-11-02T10:00:00Z", "journeySessionId=S1 journeySessionSegmentId=B|A"),
        ("2020-11-02T11:00:00Z", "journeySessionId=S2 journeySessionSegmentId=A"),
        ("2020-11-03T00:00:00Z", "journeySessionId=S3 journeyDeviceType=mobile"),
    ]
    .map(|(moment, words)| fact("nJourneySessions", moment, words))
    .to_vec()
}

fn assignments() -> Vec<Fact> {
    [
        ("2020-11-02T10:00:00Z", "journeySegmentId=A journeySegmentAssignmentState=Assigned"),
        ("2020-11-02T10:00:01Z", "journeySegmentId=B journeySegmentAssignmentState=Assigned"),
        ("2020-11-02T10:30:00Z", "journeySegmentId=A journeySegmentAssignmentState=Unassigned"),
    ]
    .map(|(moment, words)| {
        fact("nJourneySegmentsAssigned", moment, &format!("{words} journeySessionId=S1"))
    })
    .to_vec()
}

#[test]
fn a_query_without_data_has_no_results() {
    let body = json!({"interval": "2020-11-01/P1D", "metrics": ["nJourneySessions"]});
    let query = query(&body);
    let plan = validate(&query).expect("a valid query");
    let json = Answer::new(&plan, &query, Cells::empty(&plan)).to_json();
    expect![[r#"{"results":[]}"#]].assert_eq(&String::from_utf8(json).expect("utf-8"));
    check(&assignments(), json!({"metrics": ["oJourneyOutcomeValue"]}), expect![[""]]);
}

#[test]
fn the_whole_answer_as_it_is_written() {
    let body = json!({
        "interval": "2020-11-01T00:00:00.000Z/2020-12-01T00:00:00.000Z", "granularity": "P1D",
        "metrics": ["nJourneySegmentsAssigned", "nJourneySessions"],
    });
    let query = query(&body);
    let plan = validate(&query).expect("a valid query");
    let mut fold = Fold::new(&plan);
    for fact in sessions().iter().chain(&assignments()) {
        fold.add(fact).expect("few cells");
    }
    let json = Answer::new(&plan, &query, fold.finish().expect("few values")).to_json();
    let answer: Value = serde_json::from_slice(&json).expect("an answer");
    expect![[r#"
        {
          "results": [
            {
              "group": {},
              "data": [
                {
                  "interval": "2020-11-02T00:00:00.000Z/2020-11-03T00:00:00.000Z",
                  "metrics": [
                    {
                      "metric": "nJourneySegmentsAssigned",
                      "stats": {
                        "count": 2
                      }
                    },
                    {
                      "metric": "nJourneySessions",
                      "stats": {
                        "count": 2
                      }
                    }
                  ]
                },
                {
                  "interval": "2020-11-03T00:00:00.000Z/2020-11-04T00:00:00.000Z",
                  "metrics": [
                    {
                      "metric": "nJourneySessions",
                      "stats": {
                        "count": 1
                      }
                    }
                  ]
                }
              ]
            }
          ]
        }
    "#]]
    .assert_eq(&(serde_json::to_string_pretty(&answer).expect("json") + "\n"));
}

#[test]
fn multi_valued_dimensions() {
    let by_segment = |flatten: bool| {
        json!({
            "metrics": ["nJourneySessions"], "groupBy": ["journeySessionSegmentId"],
            "flattenMultivaluedDimensions": flatten,
        })
    };
    check(
        &sessions(),
        by_segment(false),
        expect![[r#"
        {} [{"metric":"nJourneySessions","stats":{"count":1}}]
        {"journeySessionSegmentId":"A"} [{"metric":"nJourneySessions","stats":{"count":2}}]
        {"journeySessionSegmentId":"B"} [{"metric":"nJourneySessions","stats":{"count":1}}]
    "#]],
    );
    check(
        &sessions(),
        by_segment(true),
        expect![[r#"
        {} [{"metric":"nJourneySessions","stats":{"count":1}}]
        {"journeySessionSegmentId":"A"} [{"metric":"nJourneySessions","stats":{"count":1}}]
        {"journeySessionSegmentId":"A,B"} [{"metric":"nJourneySessions","stats":{"count":1}}]
    "#]],
    );
    // Two such dimensions make every pair; a value that is there twice counts once.
    let fact = fact(
        "nJourneyActionsBlocked",
        "2020-11-02",
        "containsAnyCondition=y|x|y startsWithCondition=1|2",
    );
    let body = json!({
        "metrics": ["nJourneyActionsBlocked"],
        "groupBy": ["startsWithCondition", "containsAnyCondition"],
    });
    check(
        &[fact],
        body,
        expect![[r#"
        {"containsAnyCondition":"x","startsWithCondition":"1"} [{"metric":"nJourneyActionsBlocked","stats":{"count":1}}]
        {"containsAnyCondition":"y","startsWithCondition":"1"} [{"metric":"nJourneyActionsBlocked","stats":{"count":1}}]
        {"containsAnyCondition":"x","startsWithCondition":"2"} [{"metric":"nJourneyActionsBlocked","stats":{"count":1}}]
        {"containsAnyCondition":"y","startsWithCondition":"2"} [{"metric":"nJourneyActionsBlocked","stats":{"count":1}}]
    "#]],
    );
}

#[test]
fn filters_choose_facts() {
    let check_filter = |predicates: Value, expected: Expect| {
        let body = json!({
            "metrics": ["nJourneySessions"], "groupBy": ["journeySessionId"],
            "filter": {"type": "or", "predicates": predicates},
        });
        check(&sessions(), body, expected);
    };
    check_filter(
        json!([{"dimension": "journeySessionSegmentId", "value": "B"}]),
        expect![[r#"
            {"journeySessionId":"S1"} [{"metric":"nJourneySessions","stats":{"count":1}}]
        "#]],
    );
    check_filter(
        json!([
            {"dimension": "journeySessionSegmentId", "value": "B"},
            {"dimension": "journeyDeviceType", "operator": "exists"},
        ]),
        expect![[r#"
            {"journeySessionId":"S1"} [{"metric":"nJourneySessions","stats":{"count":1}}]
            {"journeySessionId":"S3"} [{"metric":"nJourneySessions","stats":{"count":1}}]
        "#]],
    );
    check_filter(
        json!([{"dimension": "journeyDeviceType", "operator": "notExists"}]),
        expect![[r#"
            {"journeySessionId":"S1"} [{"metric":"nJourneySessions","stats":{"count":1}}]
            {"journeySessionId":"S2"} [{"metric":"nJourneySessions","stats":{"count":1}}]
        "#]],
    );
    check_filter(json!([{"dimension": "journeyDeviceType", "value": "Mobile"}]), expect![[""]]);
    // A counter's value is 1.
    check_filter(json!([{"range": {"gt": 1.0}}]), expect![[""]]);
}

#[test]
fn unassignments_count_only_when_they_are_asked_for() {
    let metric = "nJourneySegmentsAssigned";
    check(
        &assignments(),
        json!({"metrics": [metric]}),
        expect![[r#"
        {} [{"metric":"nJourneySegmentsAssigned","stats":{"count":2}}]
    "#]],
    );
    let state = "journeySegmentAssignmentState";
    check(
        &assignments(),
        json!({"metrics": [metric], "groupBy": [state]}),
        expect![[r#"
        {"journeySegmentAssignmentState":"Assigned"} [{"metric":"nJourneySegmentsAssigned","stats":{"count":2}}]
        {"journeySegmentAssignmentState":"Unassigned"} [{"metric":"nJourneySegmentsAssigned","stats":{"count":1}}]
    "#]],
    );
    let filter =
        json!({"type": "and", "predicates": [{"dimension": state, "value": "Unassigned"}]});
    check(
        &assignments(),
        json!({"metrics": [metric], "filter": filter}),
        expect![[r#"
        {} [{"metric":"nJourneySegmentsAssigned","stats":{"count":1}}]
    "#]],
    );
    // The rule is about assignments: sessions have no state and stay.
    let facts = [sessions(), assignments()].concat();
    check(
        &facts,
        json!({"metrics": ["nJourneySessions", metric]}),
        expect![[r#"
            {} [{"metric":"nJourneySessions","stats":{"count":3}},{"metric":"nJourneySegmentsAssigned","stats":{"count":2}}]
        "#]],
    );
}

#[test]
fn distinct_sessions_are_those_any_fact_speaks_of() {
    let facts = [sessions(), assignments()].concat();
    let metrics = json!(["nDistinctJourneySessions", "nJourneySessions"]);
    check(
        &facts,
        json!({"metrics": metrics}),
        expect![[r#"
            {} [{"metric":"nDistinctJourneySessions","stats":{"count":3}},{"metric":"nJourneySessions","stats":{"count":3}}]
        "#]],
    );
    check(
        &facts,
        json!({"metrics": metrics, "groupBy": ["journeySegmentId"]}),
        expect![[r#"
        {} [{"metric":"nDistinctJourneySessions","stats":{"count":3}},{"metric":"nJourneySessions","stats":{"count":3}}]
        {"journeySegmentId":"A"} [{"metric":"nDistinctJourneySessions","stats":{"count":1}}]
        {"journeySegmentId":"B"} [{"metric":"nDistinctJourneySessions","stats":{"count":1}}]
    "#]],
    );
    check(&facts, json!({"metrics": ["nDistinctJourneyActions"]}), expect![[""]]);
}

#[test]
fn observations_and_views() {
    let facts = ["value=5", "value=10.5", "value=400", ""]
        .map(|value| fact("oJourneyOutcomeValue", "2020-11-02", value));
    let view = |name: &str, target: &str, range: Value| json!({"name": name, "target": target, "function": "rangeBound", "range": range});
    check(
        &[facts.to_vec(), sessions()].concat(),
        json!({
            "metrics": ["oJourneyOutcomeValue"],
            "views": [
                view("big", "oJourneyOutcomeValue", json!({"gte": 10.0})),
                view("middle", "oJourneyOutcomeValue", json!({"gte": 5.0, "lt": 400.0})),
                view("none", "oJourneyOutcomeValue", json!({"lt": 5.0})),
                view("sessions", "nJourneySessions", json!({"gte": 1.0})),
                view("noSessions", "nJourneySessions", json!({"lt": 1.0})),
                view("distinct", "nDistinctJourneySessions", json!({"gte": 0.0, "lt": 2.0})),
            ],
        }),
        expect![[r#"
            {} [{"metric":"oJourneyOutcomeValue","stats":{"max":400.0,"min":5.0,"count":3,"sum":415.5}}] views [{"name":"big","stats":{"max":400.0,"min":10.5,"count":2,"sum":410.5}},{"name":"middle","stats":{"max":10.5,"min":5.0,"count":2,"sum":15.5}},{"name":"sessions","stats":{"count":3}},{"name":"distinct","stats":{"count":3}}]
        "#]],
    );
    let filter = json!({"type": "and", "predicates": [{"range": {"gt": 5.0, "lte": 10.5}}]});
    check(
        &facts,
        json!({"metrics": ["oJourneyOutcomeValue"], "filter": filter}),
        expect![[r#"
            {} [{"metric":"oJourneyOutcomeValue","stats":{"max":10.5,"min":10.5,"count":1,"sum":10.5}}]
        "#]],
    );
}

#[test]
fn event_time_decides_the_bucket_when_asked_for() {
    let mut late = fact("nJourneySessions", "2020-11-20", "");
    late.happened = Moment::parse("2020-11-02").expect("a date");
    let body = |time: Value| {
        json!({
            "granularity": "P1W", "metrics": ["nJourneySessions"], "alternateTimeDimension": time,
        })
    };
    check(
        &[late.clone()],
        body(json!(null)),
        expect![[r#"
            "2020-11-15T00:00:00.000Z/2020-11-22T00:00:00.000Z" {} [{"metric":"nJourneySessions","stats":{"count":1}}]
        "#]],
    );
    check(
        &[late],
        body(json!("eventTime")),
        expect![[r#"
            "2020-11-01T00:00:00.000Z/2020-11-08T00:00:00.000Z" {} [{"metric":"nJourneySessions","stats":{"count":1}}]
        "#]],
    );
}

#[test]
fn edges_are_inclusive_at_the_start_and_exclusive_at_the_end() {
    let facts = [
        "2020-10-31T23:59:59.999Z",
        "2020-11-01T00:00:00.000Z",
        "2020-11-15T23:59:59.999Z",
        "2020-11-16T00:00:00.000Z",
        "2020-11-30T23:59:59.999Z",
        "2020-12-01T00:00:00.000Z",
    ]
    .map(|moment| fact("nJourneySessions", moment, ""));
    let body = json!({"granularity": "P15D", "metrics": ["nJourneySessions"]});
    check(
        &facts,
        body,
        expect![[r#"
        "2020-11-01T00:00:00.000Z/2020-11-16T00:00:00.000Z" {} [{"metric":"nJourneySessions","stats":{"count":2}}]
        "2020-11-16T00:00:00.000Z/2020-12-01T00:00:00.000Z" {} [{"metric":"nJourneySessions","stats":{"count":2}}]
    "#]],
    );
}
