//! What the product says of its sessions, and whether it says the same everywhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::answer::text;
use super::bodies::{AGGREGATES, SEGMENTS, aggregates};
use super::client::TestClient;

/// Everything that the API shows of the sessions of an organisation and of their assignments.
///
/// Segments go by their names and contacts are left out, so that two organisations with the same
/// history have the same truth.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Truth {
    /// Sessions by id.
    pub(crate) sessions: BTreeMap<String, SessionTruth>,
}

/// What is shown of one session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SessionTruth {
    /// The customer's cookie.
    pub(crate) customer: String,
    /// When it began and ended, its counts, its last event.
    pub(crate) about: String,
    /// Its assignments by the segment's name: scope, state and dates.
    pub(crate) assignments: BTreeMap<String, String>,
}

impl Truth {
    /// Asks for everything within an interval, and checks that every answer agrees with the others.
    pub(crate) fn read(client: &TestClient<'_>, interval: &str) -> Self {
        let names = segment_names(client);
        let by_session =
            client.count_by(&aggregates(interval, "nJourneySessions", &["journeySessionId"]));
        let mut sessions = BTreeMap::new();
        for (id, count) in by_session {
            assert_eq!(count, 1, "session {id} is counted {count} times");
            let session = read_session(client, &id, &names);
            sessions.insert(id, session);
        }
        let truth = Self { sessions };
        truth.check_customers(client, &names);
        truth.check_aggregates(client, interval, &names);
        truth
    }

    /// The ids of the sessions in which a segment was assigned.
    pub(crate) fn sessions_in(&self, segment: &str) -> BTreeSet<&str> {
        let matched =
            self.sessions.iter().filter(|(_, session)| session.assignments.contains_key(segment));
        matched.map(|(id, _)| id.as_str()).collect()
    }

    /// The customers to whom a segment was assigned.
    pub(crate) fn customers_in(&self, segment: &str) -> BTreeSet<&str> {
        let matched =
            self.sessions.values().filter(|session| session.assignments.contains_key(segment));
        matched.map(|session| session.customer.as_str()).collect()
    }

    /// The lists by customer have the same assignments as the lists by session.
    fn check_customers(&self, client: &TestClient<'_>, names: &BTreeMap<String, String>) {
        let mut by_customer: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for session in self.sessions.values() {
            let of_customer = by_customer.entry(&session.customer).or_default();
            of_customer.extend(
                session.assignments.iter().map(|(name, about)| (name.as_str(), about.as_str())),
            );
        }
        for (customer, mut expected) in by_customer {
            let path = format!("/api/v2/journey/customers/cookie/{customer}/segments?pageSize=200");
            let listed = client.walk(&path);
            let mut listed: Vec<_> = listed.iter().map(|entity| describe(entity, names)).collect();
            listed.sort();
            expected.sort_unstable();
            let listed: Vec<_> = listed.iter().map(|(name, about)| (&**name, &**about)).collect();
            assert_eq!(listed, expected, "customer {customer}");
        }
    }

    /// The aggregates count what the lists show, and so do the counts by segment.
    fn check_aggregates(
        &self,
        client: &TestClient<'_>,
        interval: &str,
        names: &BTreeMap<String, String>,
    ) {
        let named = |counts: Vec<(String, u64)>| -> BTreeMap<String, u64> {
            counts.into_iter().map(|(id, count)| (names[&id].clone(), count)).collect()
        };
        let assigned = aggregates(interval, "nJourneySegmentsAssigned", &["journeySegmentId"]);
        let listed = self.count_assignments(|_| true);
        assert_eq!(named(client.count_by(&assigned)), listed, "assignments by segment");

        let mut unassigned = assigned;
        let state = "journeySegmentAssignmentState";
        unassigned["filter"] = json!({
            "type": "and", "predicates": [{ "dimension": state, "value": "Unassigned" }],
        });
        let over = self.count_assignments(|about| about.contains(" Unassigned "));
        assert_eq!(named(client.count_by(&unassigned)), over, "unassignments by segment");

        let mut in_sessions =
            aggregates(interval, "nJourneySessions", &["journeySessionSegmentId"]);
        in_sessions["filter"] = json!({
            "type": "and",
            "predicates": [{ "dimension": "journeySessionSegmentId", "operator": "exists" }],
        });
        assert_eq!(named(client.count_by(&in_sessions)), listed, "sessions by segment");

        let all = client.post(AGGREGATES, &aggregates(interval, "nJourneySessions", &[])).with(200);
        let count = &all["results"][0]["data"][0]["metrics"][0]["stats"]["count"];
        assert_eq!(count.as_u64().unwrap_or(0), self.sessions.len() as u64, "all sessions");
        self.check_segment_counts(client, names);
    }

    fn check_segment_counts(&self, client: &TestClient<'_>, names: &BTreeMap<String, String>) {
        let counts = client.get("/api/wayfare/v1/segments/counts").with(200);
        for count in counts["entities"].as_array().expect("entities") {
            let name = &names[text(&count["segmentId"])];
            let told = (count["sessions"].as_u64(), count["customers"].as_u64());
            let sessions = self.sessions_in(name).len() as u64;
            let customers = self.customers_in(name).len() as u64;
            assert_eq!(told, (Some(sessions), Some(customers)), "counts of {name}");
        }
        let with_members = names.values().filter(|name| !self.sessions_in(name).is_empty());
        assert_eq!(counts["entities"].as_array().map(Vec::len), Some(with_members.count()));
    }

    fn count_assignments(&self, holds: impl Fn(&str) -> bool) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for (name, about) in self.sessions.values().flat_map(|session| &session.assignments) {
            if holds(about) {
                *counts.entry(name.clone()).or_default() += 1;
            }
        }
        counts
    }
}

fn read_session(
    client: &TestClient<'_>,
    id: &str,
    names: &BTreeMap<String, String>,
) -> SessionTruth {
    let path = format!("/api/v2/journey/sessions/{id}");
    let session = client.get(&path).with(200);
    let mut assignments = BTreeMap::new();
    for entity in client.walk(&format!("{path}/segments?pageSize=200")) {
        let (name, about) = describe(&entity, names);
        let twice = assignments.insert(name, about);
        assert_eq!(twice, None, "twice in session {id}");
    }
    let shown = session["segmentAssignments"].as_array().expect("segmentAssignments");
    let shown: Vec<String> =
        shown.iter().map(|made| names[text(&made["segment"]["id"])].clone()).collect();
    let set: BTreeSet<&String> = shown.iter().collect();
    assert_eq!(set.len(), shown.len(), "session {id} shows a segment twice");
    assert_eq!(set, assignments.keys().collect(), "session {id} and the list of its assignments");
    let fields = ["createdDate", "endedDate", "eventCount", "pageviewCount", "screenviewCount"];
    let last =
        format!("{} {}", session["lastEvent"]["eventName"], session["lastEvent"]["createdDate"]);
    let about = fields.map(|field| session[field].to_string()).join(" ");
    SessionTruth {
        customer: text(&session["customerId"]).to_owned(),
        about: format!("{about} {last}"),
        assignments,
    }
}

fn describe(entity: &Value, names: &BTreeMap<String, String>) -> (String, String) {
    let segment = &entity["segment"];
    let dates = ["dateAssigned", "dateUnassigned", "dateForUnassignment"];
    let dates = dates.map(|field| entity[field].as_str().unwrap_or("-"));
    let about =
        format!("{} {} {}", text(&segment["scope"]), text(&entity["state"]), dates.join(" "));
    (names[text(&segment["id"])].clone(), about)
}

/// The segments' names by id.
fn segment_names(client: &TestClient<'_>) -> BTreeMap<String, String> {
    let page = client.get(&format!("{SEGMENTS}?pageSize=200")).with(200);
    let entities = page["entities"].as_array().expect("entities");
    let pair =
        |entity: &Value| (text(&entity["id"]).to_owned(), text(&entity["displayName"]).to_owned());
    entities.iter().map(pair).collect()
}

/// SHA-256 over lines joined by line feeds, in hexadecimal.
pub(crate) fn sha256_of_lines<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let lines: Vec<&str> = lines.into_iter().collect();
    Sha256::digest(lines.join("\n")).iter().map(|byte| format!("{byte:02x}")).collect()
}
