//! The queries, each with the scan that answers it by hand.

use serde_json::{Value, json};

use super::facts::{Facts, mix, uuid};
use super::hand::{self, Check};

type Scan = Box<dyn Fn(&Facts, usize) -> Check>;

/// A query, and the scan that answers it by hand.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) query: Value,
    pub(crate) scan: Scan,
}

impl Case {
    /// A case over the whole range unless the query has another interval.
    fn new(
        name: &'static str,
        mut query: Value,
        scan: impl Fn(&Facts, usize) -> Check + 'static,
    ) -> Self {
        if query["interval"].is_null() {
            query["interval"] = json!("2025-02-01T00:00:00.000Z/2025-05-02T00:00:00.000Z");
        }
        if query["metrics"].is_null() {
            // Every fact is of one of them.
            query["metrics"] = json!(["nJourneyOutcomesAchieved", "oJourneyOutcomeValue"]);
        }
        Self { name, query, scan: Box::new(scan) }
    }
}

fn is(dimension: &str, value: &str) -> Value {
    json!({"dimension": dimension, "value": value})
}

fn is_outcome(number: u64) -> Value {
    is("journeyOutcomeId", &uuid::Uuid::from_bytes(uuid(number)).to_string())
}

/// All cases, for so many facts.
pub(crate) fn all(rows: usize) -> Vec<Case> {
    let mut cases = usual(rows);
    cases.extend(general());
    cases
}

fn usual(rows: usize) -> Vec<Case> {
    let session = rows as u64 / 12;
    let session_id = (mix(session + 1) >> 1) as i64;
    let session = uuid::Uuid::from_bytes(uuid(session)).to_string();
    vec![
        Case::new(
            "Q1 day, one kind, 30 days",
            json!({"interval": "2025-03-01/P30D", "granularity": "P1D", "filter": {
                "type": "and", "predicates": [is("touchpointInteractionType", "metric03")]}}),
            hand::day_of_one_kind,
        ),
        Case::new(
            "Q2 day x segment",
            json!({"granularity": "P1D", "groupBy": ["journeySegmentId"]}),
            hand::day_by_segment,
        ),
        Case::new(
            "Q2c the same, one counter",
            json!({"granularity": "P1D", "metrics": ["nJourneyOutcomesAchieved"],
                "groupBy": ["journeySegmentId"]}),
            hand::day_by_segment_counted,
        ),
        Case::new(
            "Q3 sessions a day",
            // Names the state, so that the ends of assignments are not left out.
            json!({"granularity": "P1D", "metrics": ["nDistinctJourneySessions"], "filter": {
                "type": "or", "predicates": [
                    {"dimension": "journeySegmentAssignmentState", "operator": "exists"},
                    {"dimension": "journeySegmentAssignmentState", "operator": "notExists"}]}}),
            hand::sessions_by_day,
        ),
        Case::new(
            "Q4 hour x 3 dimensions, 7 days",
            json!({"interval": "2025-04-01/P7D", "granularity": "PT1H", "groupBy": [
                "journeySessionType", "journeyDeviceCategory", "journeyIpGeolocationCountry"],
                "filter": {"type": "or", "clauses": [
                    {"type": "and", "predicates": [is("journeyActionMediaType", "webchat"),
                        is("journeySegmentAssignmentState", "Assigned")]},
                    {"type": "or", "predicates": [is_outcome(1), is_outcome(2), is_outcome(3)]}]}}),
            hand::hour_by_three,
        ),
        Case::new(
            "Q5 week in London x outcome",
            json!({"interval": "2025-01-27T00:00:00.000Z/2025-05-02T00:00:00.000Z",
                "granularity": "P1W", "timeZone": "Europe/London",
                "groupBy": ["journeyOutcomeId"]}),
            hand::week_by_outcome,
        ),
        Case::new("Q6 whole range", json!({}), hand::whole_range),
        Case::new(
            "Q7 one session by kind",
            json!({"groupBy": ["touchpointInteractionType"], "filter": {
                "type": "and", "predicates": [is("journeySessionId", &session)]}}),
            move |facts, threads| hand::one_session(facts, threads, session_id),
        ),
    ]
}

/// What no scan was prepared for: groups of many values, lists, filters of two levels.
fn general() -> Vec<Case> {
    let country = || is("journeyIpGeolocationCountry", "AB");
    let first_ten = (0..10).map(is_outcome).chain([country()]).collect::<Vec<_>>();
    let mut filter = json!({"type": "and", "clauses": [
        {"type": "or", "predicates": first_ten},
        {"type": "or", "predicates": [is("journeyDeviceCategory", "desktop"), country()]}]});
    let wide = Case::new(
        "G1 3 dimensions of 50,000, filter",
        json!({"filter": filter, "groupBy": [
            "touchpointConversationId", "touchpointAgentId", "touchpointQueueId"]}),
        hand::three_wide,
    );
    filter["predicates"] =
        json!([{"dimension": "journeySegmentAssignmentState", "operator": "exists"}]);
    let lists = Case::new(
        "G2 sessions, lists, day, filter",
        json!({"granularity": "P1D", "metrics": ["nDistinctJourneySessions"],
            "groupBy": ["journeySessionSegmentId"], "filter": filter}),
        hand::lists_and_distinct,
    );
    vec![wide, lists]
}
