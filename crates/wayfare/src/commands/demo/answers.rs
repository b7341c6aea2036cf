//! What the demo asks the API, and the answers.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value, json};
use wayfare_model::limits::PAGE_SIZE_MAX;
use wayfare_model::wire::{
    JourneyAggregateQueryResponse, SegmentAssignment, SegmentAssignmentListing,
};

use super::history::{SHOP_INTERVAL, busiest_customers};
use crate::api::Api;

/// Customers that are looked at to find one worth showing.
const CUSTOMERS_ASKED: usize = 10;
/// The metrics of the aggregates.
pub(super) const METRICS: [&str; 2] = ["nJourneySessions", "nJourneySegmentsAssigned"];

/// What the demo shows.
pub(super) struct Answers {
    /// The segments, in the order of their creation.
    pub(super) segments: Vec<SegmentRow>,
    /// The aggregates, as the API answers.
    pub(super) aggregates: Value,
    /// Ids to try.
    pub(super) example: Example,
}

/// A segment and how many it matched.
pub(super) struct SegmentRow {
    /// Its name.
    pub(super) name: String,
    /// Sessions.
    pub(super) sessions: u64,
    /// Customers.
    pub(super) customers: u64,
}

/// A customer worth a look.
pub(super) struct Example {
    /// Its cookie.
    pub(super) customer: String,
    /// A session in which it was assigned to a segment.
    pub(super) session: String,
    /// Its external contact.
    pub(super) contact: String,
}

#[derive(Deserialize)]
struct Counts {
    entities: Vec<SegmentCount>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SegmentCount {
    segment_id: String,
    sessions: u64,
    customers: u64,
}

/// A segment that was created: its id and its name.
pub(super) struct Created {
    /// Its id.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
}

impl Answers {
    /// Asks for everything.
    ///
    /// # Errors
    /// When the API fails, or no customer was assigned to any segment.
    pub(super) async fn ask(api: &Api, created: Vec<Created>) -> anyhow::Result<Self> {
        let counts: Counts = api.get("/api/wayfare/v1/segments/counts").await?;
        let mut by_id: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for count in counts.entities {
            by_id.insert(count.segment_id, (count.sessions, count.customers));
        }
        let segments = created.into_iter().map(|segment| {
            let (sessions, customers) = by_id.get(&segment.id).copied().unwrap_or_default();
            SegmentRow { name: segment.name, sessions, customers }
        });
        let path = "/api/v2/analytics/journeys/aggregates/query";
        Ok(Self {
            segments: segments.collect(),
            aggregates: api.post(path, &aggregates_query()).await?,
            example: example(api).await?,
        })
    }

    /// What `--exit --json` prints.
    pub(super) fn json(&self) -> Value {
        let segments: Vec<Value> = self
            .segments
            .iter()
            .map(|row| {
                json!({
                    "displayName": row.name, "sessions": row.sessions, "customers": row.customers,
                })
            })
            .collect();
        json!({ "segments": segments, "aggregates": self.aggregates })
    }
}

/// The aggregates that are asked for: sessions and assignments of the shop, by month.
pub(super) fn aggregates_query() -> Value {
    json!({ "interval": SHOP_INTERVAL, "granularity": "P1M", "metrics": METRICS })
}

/// Of some busy customers the one with the most assignments.
async fn example(api: &Api) -> anyhow::Result<Example> {
    let mut best: Option<(usize, Example)> = None;
    for customer in busiest_customers(CUSTOMERS_ASKED)? {
        let path = format!(
            "/api/v2/journey/customers/cookie/{customer}/segments?pageSize={PAGE_SIZE_MAX}"
        );
        let listing: SegmentAssignmentListing = api.get(&path).await?;
        let assignments = listing.entities.unwrap_or_default();
        if best.as_ref().is_some_and(|(count, _)| *count >= assignments.len()) {
            continue;
        }
        if let Some((session, contact)) = assignments.iter().rev().find_map(session_and_contact) {
            best = Some((assignments.len(), Example { customer, session, contact }));
        }
    }
    best.map(|(_, example)| example).context("no customer of the demo is in any segment")
}

fn session_and_contact(assignment: &SegmentAssignment) -> Option<(String, String)> {
    let session = assignment.session.as_ref()?.id.clone()?;
    Some((session, assignment.external_contact.as_ref()?.id.clone()?))
}

/// The buckets of an aggregates answer: when each begins, and the count of each of [`METRICS`].
///
/// # Errors
/// When the answer is none.
pub(super) fn buckets(answer: &Value) -> anyhow::Result<Vec<(String, [u64; METRICS.len()])>> {
    let answer: JourneyAggregateQueryResponse =
        serde_json::from_value(answer.clone()).context("the aggregates answer is not one")?;
    let mut buckets: BTreeMap<String, [u64; METRICS.len()]> = BTreeMap::new();
    let containers = answer.results.unwrap_or_default();
    for bucket in containers.into_iter().flat_map(|container| container.data.unwrap_or_default()) {
        let interval = bucket.interval.unwrap_or_default();
        let start = interval.split('/').next().unwrap_or_default().to_owned();
        let row = buckets.entry(start).or_default();
        for metric in bucket.metrics.unwrap_or_default() {
            let place = METRICS.iter().position(|name| Some(*name) == metric.metric.as_deref());
            let count = metric.stats.and_then(|stats| stats.count);
            if let (Some(cell), Some(count)) = (place.and_then(|place| row.get_mut(place)), count) {
                *cell += u64::try_from(count).unwrap_or_default();
            }
        }
    }
    Ok(buckets.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_by_bucket_and_metric() {
        let metric =
            |name: &str, count: u64| json!({ "metric": name, "stats": { "count": count } });
        let bucket = |start: &str, metrics: Value| json!({ "interval": format!("{start}/end"), "metrics": metrics });
        let answer = json!({ "results": [{ "data": [
            bucket("2024-02", json!([metric(METRICS[1], 5)])),
            bucket("2024-01", json!([metric(METRICS[0], 2), metric(METRICS[1], 3)])),
        ]}]});
        let expected = [("2024-01".to_owned(), [2, 3]), ("2024-02".to_owned(), [0, 5])];
        assert_eq!(buckets(&answer).unwrap(), expected);
        assert!(buckets(&json!({ "results": 1 })).is_err());
    }

    #[test]
    fn a_program_gets_the_segments_and_the_answer() {
        let row = SegmentRow { name: "a".to_owned(), sessions: 2, customers: 1 };
        let example =
            Example { customer: String::new(), session: String::new(), contact: String::new() };
        let aggregates = json!({ "results": [] });
        let answers = Answers { segments: vec![row], aggregates, example };
        let expected = json!({
            "segments": [{ "displayName": "a", "sessions": 2, "customers": 1 }],
            "aggregates": { "results": [] },
        });
        assert_eq!(answers.json(), expected);
    }
}
