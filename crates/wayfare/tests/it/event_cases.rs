//! What happens to events that come late, twice, from two places at once, or with a wrong time:
//! one test per row of `docs/event-cases.md`.

mod days;
mod devices;
mod duplicates;
mod late;
mod persons;
mod sessions;
mod times;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{TestClient, TestServer, aggregates, page_view, text, visitor};

/// The page with the table.
const PAGE: &str = include_str!("../../../../docs/event-cases.md");
/// The tests, by the section of the page they are about.
const TESTS: [&str; 7] = [
    include_str!("event_cases/late.rs"),
    include_str!("event_cases/sessions.rs"),
    include_str!("event_cases/times.rs"),
    include_str!("event_cases/duplicates.rs"),
    include_str!("event_cases/devices.rs"),
    include_str!("event_cases/days.rs"),
    include_str!("event_cases/persons.rs"),
];

/// The month of the tests' clock.
const NOVEMBER: &str = "2026-11-01T00:00:00Z/2026-12-01T00:00:00Z";
const MINUTE_MS: i64 = 60_000;

/// A page view of a visitor, so many minutes from now.
fn view(server: &TestServer, number: u32, path: &str, minutes: i64) -> Value {
    let url = format!("https://shop.example{path}");
    page_view(&visitor(number), &url, &server.clock.text(minutes * MINUTE_MS))
}

/// The same at a moment that is given.
fn view_at(number: u32, path: &str, moment: &str) -> Value {
    page_view(&visitor(number), &format!("https://shop.example{path}"), moment)
}

/// An event with an e-mail address as a trait.
fn with_email(mut event: Value, address: &str) -> Value {
    event["traits"]["email"] = json!({ "dataType": "string", "value": address });
    event
}

/// A session as the API shows it.
fn session(client: &TestClient<'_>, id: &str) -> Value {
    client.get(&format!("/api/v2/journey/sessions/{id}")).with(200)
}

/// The contact behind a session.
fn contact_of(client: &TestClient<'_>, id: &str) -> String {
    text(&session(client, id)["externalContact"]["id"]).to_owned()
}

/// What was assigned in a session, by state.
fn states(client: &TestClient<'_>, id: &str) -> Vec<String> {
    let listed = client.walk(&format!("/api/v2/journey/sessions/{id}/segments"));
    listed.iter().map(|made| text(&made["state"]).to_owned()).collect()
}

/// The sessions of November that aggregates count.
fn sessions_counted(client: &TestClient<'_>) -> u64 {
    let counted = client.count_by(&aggregates(NOVEMBER, "nJourneySessions", &[]));
    counted.iter().map(|(_, count)| count).sum()
}

/// Imports records; gives how many were applied, how many were known, and why the others were not.
fn import(client: &TestClient<'_>, records: &[Value]) -> (u64, u64, Vec<String>) {
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    let imported = client.import(&lines, 1_000);
    (imported.applied, imported.duplicates, imported.rejected)
}

/// The session of a customer's contact that began first.
fn sessions_of(client: &TestClient<'_>, contact: &str) -> Vec<Value> {
    client.walk(&format!("/api/v2/externalcontacts/contacts/{contact}/journey/sessions"))
}

#[test]
fn every_row_of_the_page_has_its_test_and_the_reverse() {
    let rows: Vec<&str> = PAGE
        .lines()
        .filter(|line| line.starts_with("| "))
        .filter_map(|line| line.trim_end_matches(" |").rsplit("| `").next())
        .filter_map(|cell| cell.strip_suffix('`'))
        .collect();
    let named: BTreeSet<&str> = rows.iter().copied().collect();
    assert_eq!(named.len(), rows.len(), "a test is named twice");
    let mut tests = BTreeSet::new();
    for source in TESTS {
        let after = source.split("#[test]\nfn ").skip(1);
        tests.extend(after.filter_map(|rest| rest.split('(').next()));
    }
    assert!(tests.len() > 20);
    assert_eq!(named, tests);
    let lines = PAGE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| case"));
    assert_eq!(lines.count(), rows.len(), "a row names no test");
}
