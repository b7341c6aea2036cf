//! Events for sessions that have ended, and events whose session is named.

use serde_json::{Value, json};

use super::{import, session, sessions_counted, states, view, view_at};
use crate::harness::{TestServer, page_segment, visitor};

const NAMED: &str = "5e551050-0000-4000-8000-000000000001";

/// A record that names its session.
fn of_session(mut record: Value, id: &str) -> Value {
    record["sessionId"] = json!(id);
    record
}

#[test]
fn after_the_silence() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Visitors", "shop", 1));
    let first = client.record(&view(&server, 1, "/a", 0));
    server.clock.advance_minutes(20);
    let second = client.record(&view(&server, 1, "/b", 0));
    assert_ne!(first, second);
    assert_eq!(session(&client, &first)["endedDate"], server.clock.text(0));
    assert_eq!(states(&client, &first), ["Unassigned"]);
    assert_eq!(states(&client, &second), ["Assigned"]);
    assert_eq!(sessions_counted(&client), 2);
}

#[test]
fn within_the_silence_but_after_the_server_ended_the_session() {
    let server = TestServer::start();
    let client = server.client();
    let first = client.record(&view(&server, 1, "/a", 0));
    // The request takes three minutes to come.
    server.clock.advance_minutes(22);
    assert!(session(&client, &first)["endedDate"].is_string());
    assert_eq!(client.record(&view(&server, 1, "/b", -3)), first);
    assert!(session(&client, &first).get("endedDate").is_none());
    assert_eq!(sessions_counted(&client), 1);
}

#[test]
fn without_a_session() {
    let server = TestServer::start();
    let client = server.client();
    let first = client.record(&view(&server, 1, "/a", 0));
    assert_eq!(session(&client, &first)["customerId"], visitor(1));
    assert_eq!(session(&client, &first)["eventCount"], 1);
}

#[test]
fn a_record_without_a_session() {
    let server = TestServer::start();
    let client = server.client();
    let records = ["10:00", "10:19", "10:39"]
        .map(|time| view_at(1, "/a", &format!("2026-11-20T{time}:00.000Z")));
    assert_eq!(import(&client, &records).0, 3);
    assert_eq!(sessions_counted(&client), 2);
}

#[test]
fn records_of_many_older_sessions_while_one_runs() {
    let server = TestServer::start();
    let client = server.client();
    let live = client.record(&view(&server, 1, "/a", -1));
    let records: Vec<Value> = (1..10)
        .flat_map(|day| {
            ["10:00", "10:10"]
                .map(|time| view_at(1, "/b", &format!("2026-11-{day:02}T{time}:00.000Z")))
        })
        .collect();
    assert_eq!(import(&client, &records).0, 18);
    assert_eq!(sessions_counted(&client), 10);
    assert_eq!(client.record(&view(&server, 1, "/c", 0)), live);
    assert_eq!(sessions_counted(&client), 10);
}

#[test]
fn a_record_that_names_a_session() {
    let server = TestServer::start();
    let client = server.client();
    // Neither hours of silence nor another campaign divides it, and the order does not matter.
    let records = [
        of_session(view_at(1, "/?utm_source=ads", "2026-11-20T19:00:00.000Z"), NAMED),
        of_session(view_at(1, "/?utm_source=news", "2026-11-20T10:00:00.000Z"), NAMED),
    ];
    for record in records {
        assert_eq!(import(&client, &[record]).0, 1);
    }
    let shown = session(&client, NAMED);
    assert_eq!(shown["eventCount"], 2);
    assert_eq!(shown["durationInSeconds"], 9 * 60 * 60);
    assert_eq!(sessions_counted(&client), 1);
}

#[test]
fn a_record_that_names_an_ended_session() {
    let server = TestServer::start();
    let client = server.client();
    let record = |moment| of_session(view_at(1, "/a", moment), NAMED);
    assert_eq!(import(&client, &[record("2026-11-20T10:00:00.000Z")]).0, 1);
    assert_eq!(session(&client, NAMED)["endedDate"], "2026-11-20T10:20:00.000Z");
    assert_eq!(import(&client, &[record("2026-11-20T12:00:00.000Z")]).0, 1);
    let shown = session(&client, NAMED);
    assert_eq!(
        (&shown["eventCount"], &shown["endedDate"]),
        (&json!(2), &json!("2026-11-20T12:20:00.000Z"))
    );
}

#[test]
fn a_record_that_names_the_session_of_another() {
    let server = TestServer::start();
    let client = server.client();
    let theirs = client.record(&view(&server, 1, "/a", -1));
    let (applied, _, rejected) = import(&client, &[of_session(view(&server, 2, "/a", 0), &theirs)]);
    assert_eq!(applied, 0);
    assert_eq!(rejected, [format!("1 the session {theirs} belongs to another customer")]);
    assert_eq!(session(&client, &theirs)["eventCount"], 1);
}
