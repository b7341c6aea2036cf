//! What a valid query becomes.

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use wayfare_model::fact::Metric;

use super::query;
use crate::aggregates::{is_stored, source_metrics, validate};

fn check(body: Value, expected: Expect) {
    let mut whole = json!({"interval": "2020-11-01/2020-11-08", "metrics": ["nJourneySessions"]});
    for (field, value) in body.as_object().expect("an object") {
        whole[field.as_str()] = value.clone();
    }
    let plan = validate(&query(&whole)).expect("a valid query");
    let sources: Vec<_> = match source_metrics(&plan) {
        all if all.len() == Metric::ALL.len() - 2 => vec!["all stored".to_owned()],
        some => some.iter().map(Metric::to_string).collect(),
    };
    let shown = format!(
        "metrics {:?}, group {:?}, flatten {}, {:?}\nfilter {:?}\nviews {:?}\nsources {}",
        plan.metrics,
        plan.group_by,
        plan.flatten,
        plan.time,
        plan.filter,
        plan.views,
        sources.join(" ")
    );
    expected.assert_eq(&shown);
}

#[test]
fn defaults_and_repeated_metrics() {
    check(
        json!({}),
        expect![[r#"
        metrics [JourneySessions], group [], flatten false, Emitted
        filter And([])
        views []
        sources nJourneySessions"#]],
    );
    check(
        json!({
            "metrics": ["nWebActionsOffered", "nJourneySessions", "nWebActionsOffered"],
            "groupBy": ["journeyDeviceType"],
            "flattenMultivaluedDimensions": true,
            "alternateTimeDimension": "eventTime",
        }),
        expect![[r#"
            metrics [WebActionsOffered, JourneySessions], group [JourneyDeviceType], flatten true, Happened
            filter And([])
            views []
            sources nJourneySessions nWebActionsOffered"#]],
    );
}

#[test]
fn filters_of_two_levels() {
    let clause = |join: &str, values: [&str; 2]| {
        let predicates = values.map(|v| json!({"dimension": "journeyDeviceType", "value": v}));
        json!({"type": join, "predicates": predicates})
    };
    check(
        json!({"filter": {
            "type": "or",
            "clauses": [clause("and", ["a", "b"]), clause("or", ["c", "d"])],
            "predicates": [
                {"dimension": "journeySegmentId", "operator": "notExists"},
                {"range": {"gt": 0.5, "gte": 0.25, "lt": 9.0, "lte": 2.0}},
            ],
        }}),
        expect![[r#"
            metrics [JourneySessions], group [], flatten false, Emitted
            filter Or([And([Matches(JourneyDeviceType, "a"), Matches(JourneyDeviceType, "b")]), Or([Matches(JourneyDeviceType, "c"), Matches(JourneyDeviceType, "d")]), NotExists(JourneySegmentId), Value(ValueRange { gte: Some(0.5000000000000001), lt: Some(2.0000000000000004) })])
            views []
            sources nJourneySessions"#]],
    );
    // Nothing to join is nothing to filter.
    check(
        json!({"filter": {"type": "or", "clauses": [], "predicates": []}}),
        expect![[r#"
        metrics [JourneySessions], group [], flatten false, Emitted
        filter And([])
        views []
        sources nJourneySessions"#]],
    );
}

#[test]
fn unassignments_are_left_out_unless_the_query_names_the_state() {
    let metrics = json!(["nJourneySegmentsAssigned"]);
    check(
        json!({"metrics": metrics}),
        expect![[r#"
        metrics [JourneySegmentsAssigned], group [], flatten false, Emitted
        filter And([Or([NotExists(JourneySegmentAssignmentState), Matches(JourneySegmentAssignmentState, "Assigned")])])
        views []
        sources nJourneySegmentsAssigned"#]],
    );
    check(
        json!({"metrics": metrics, "groupBy": ["journeySegmentAssignmentState"]}),
        expect![[r#"
        metrics [JourneySegmentsAssigned], group [JourneySegmentAssignmentState], flatten false, Emitted
        filter And([])
        views []
        sources nJourneySegmentsAssigned"#]],
    );
    let state = json!({"dimension": "journeySegmentAssignmentState", "operator": "exists"});
    let clauses = json!([{"type": "or", "predicates": [state]}]);
    check(
        json!({"metrics": metrics, "filter": {"type": "and", "clauses": clauses}}),
        expect![[r#"
            metrics [JourneySegmentsAssigned], group [], flatten false, Emitted
            filter And([Or([Exists(JourneySegmentAssignmentState)])])
            views []
            sources nJourneySegmentsAssigned"#]],
    );
    check(
        json!({"views": [{
            "name": "assigned", "target": "nJourneySegmentsAssigned", "function": "rangeBound",
            "range": {"gte": 1.0},
        }], "filter": {"type": "or", "predicates": [{"dimension": "journeyDeviceType", "value": "a"}]}}),
        expect![[r#"
            metrics [JourneySessions], group [], flatten false, Emitted
            filter And([Or([Matches(JourneyDeviceType, "a")]), Or([NotExists(JourneySegmentAssignmentState), Matches(JourneySegmentAssignmentState, "Assigned")])])
            views [View { name: "assigned", target: JourneySegmentsAssigned, range: ValueRange { gte: Some(1.0), lt: None } }]
            sources nJourneySessions nJourneySegmentsAssigned"#]],
    );
}

#[test]
fn distinct_metrics_look_at_every_stored_metric() {
    check(
        json!({"metrics": ["nDistinctJourneyActions"]}),
        expect![[r#"
        metrics [DistinctJourneyActions], group [], flatten false, Emitted
        filter And([Or([NotExists(JourneySegmentAssignmentState), Matches(JourneySegmentAssignmentState, "Assigned")])])
        views []
        sources all stored"#]],
    );
    let stored = Metric::ALL.iter().filter(|metric| is_stored(**metric)).count();
    assert_eq!(stored, Metric::ALL.len() - 2);
}
