//! Midnight, and days of another length.

use serde_json::{Value, json};

use super::{import, session, view_at};
use crate::harness::{AGGREGATES, TestClient, TestServer, aggregates};

/// Counts of sessions by day of a zone, as `interval count`.
fn by_day(client: &TestClient<'_>, interval: &str, zone: &str) -> Vec<String> {
    let mut query = aggregates(interval, "nJourneySessions", &[]);
    query["granularity"] = json!("P1D");
    query["timeZone"] = json!(zone);
    let answer = client.post(AGGREGATES, &query).with(200);
    let data = answer["results"][0]["data"].as_array().cloned().unwrap_or_default();
    let bucket = |one: &Value| {
        let count = &one["metrics"][0]["stats"]["count"];
        format!("{} {count}", one["interval"].as_str().unwrap_or_default())
    };
    data.iter().map(bucket).collect()
}

#[test]
fn a_session_over_midnight() {
    let server = TestServer::start();
    let client = server.client();
    server.clock.set("2026-11-22T23:55:00.000Z");
    let first = client.record(&view_at(1, "/a", "2026-11-22T23:55:00.000Z"));
    server.clock.set("2026-11-23T00:05:00.000Z");
    assert_eq!(client.record(&view_at(1, "/b", "2026-11-23T00:05:00.000Z")), first);
    assert_eq!(session(&client, &first)["eventCount"], 2);
    // Counted once, on the day on which it began.
    assert_eq!(
        by_day(&client, "2026-11-22T00:00:00Z/2026-11-24T00:00:00Z", "UTC"),
        ["2026-11-22T00:00:00.000Z/2026-11-23T00:00:00.000Z 1"]
    );
}

#[test]
fn an_event_of_yesterday_that_comes_today() {
    let server = TestServer::start();
    let client = server.client();
    server.clock.set("2026-11-23T00:05:00.000Z");
    let live = client.record(&view_at(1, "/a", "2026-11-22T23:59:00.000Z"));
    assert_eq!(session(&client, &live)["createdDate"], "2026-11-22T23:59:00.000Z");
    let days = "2026-11-22T00:00:00Z/2026-11-24T00:00:00Z";
    // A live session is counted when it was told, an imported one when it was.
    assert_eq!(
        by_day(&client, days, "UTC"),
        ["2026-11-23T00:00:00.000Z/2026-11-24T00:00:00.000Z 1"]
    );
    import(&client, &[view_at(2, "/a", "2026-11-22T23:59:00.000Z")]);
    assert_eq!(
        by_day(&client, days, "UTC"),
        [
            "2026-11-22T00:00:00.000Z/2026-11-23T00:00:00.000Z 1",
            "2026-11-23T00:00:00.000Z/2026-11-24T00:00:00.000Z 1",
        ]
    );
}

#[test]
fn the_hour_that_comes_twice() {
    let server = TestServer::start();
    let client = server.client();
    // In Vienna it was half past two twice on 25 October 2026.
    let moments = ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"];
    let records = moments.map(|moment| view_at(1, "/a", moment));
    assert_eq!(import(&client, &records).0, 2);
    // An hour lies between them: two sessions of one day, which has 25 hours.
    assert_eq!(
        by_day(&client, "2026-10-24T22:00:00Z/2026-10-25T23:00:00Z", "Europe/Vienna"),
        ["2026-10-24T22:00:00.000Z/2026-10-25T23:00:00.000Z 2"]
    );
}

#[test]
fn the_hour_that_is_left_out() {
    let server = TestServer::start();
    let client = server.client();
    // In Vienna three o'clock followed two on 29 March 2026: these are ten minutes apart.
    let moments = ["2026-03-29T01:55:00+01:00", "2026-03-29T03:05:00+02:00"];
    let records = moments.map(|moment| view_at(1, "/a", moment));
    assert_eq!(import(&client, &records).0, 2);
    assert_eq!(
        by_day(&client, "2026-03-28T23:00:00Z/2026-03-29T22:00:00Z", "Europe/Vienna"),
        ["2026-03-28T23:00:00.000Z/2026-03-29T22:00:00.000Z 1"]
    );
}
