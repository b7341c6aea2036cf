//! The same event more than once.

use serde_json::json;

use super::{import, session, sessions_counted, states, view, view_at};
use crate::harness::{TestServer, page_segment, visitor, web_events};

#[test]
fn the_same_request_again() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Twice", "/a", 2));
    let event = view(&server, 1, "/a", 0);
    let first = client.post(&web_events(), &event).with(200);
    server.clock.advance_minutes(50);
    let again = client.post(&web_events(), &event).with(200);
    assert_eq!(again["session"]["id"], first["session"]["id"]);
    assert_eq!(again["id"], first["id"]);
    let id = first["session"]["id"].as_str().expect("an id");
    assert_eq!(session(&client, id)["eventCount"], 1);
    // It does not open the session again, and is counted for no segment.
    assert!(session(&client, id)["endedDate"].is_string());
    assert_eq!(states(&client, id), [""; 0]);
}

#[test]
fn the_same_request_at_once() {
    let server = TestServer::start();
    let event = view(&server, 1, "/a", 0);
    let sessions: Vec<String> = std::thread::scope(|scope| {
        let send = || server.anonymous().record(&event);
        let senders: Vec<_> = (0..6).map(|_| scope.spawn(send)).collect();
        senders.into_iter().map(|sender| sender.join().expect("an answer")).collect()
    });
    assert!(sessions.iter().all(|id| *id == sessions[0]));
    assert_eq!(session(&server.client(), &sessions[0])["eventCount"], 1);
}

#[test]
fn the_same_request_after_a_restart() {
    let own = tempfile::tempdir().expect("a temporary directory");
    let event = {
        let server = TestServer::open(own.path());
        let event = view(&server, 1, "/a", 0);
        server.client().record(&event);
        server.close();
        event
    };
    let server = TestServer::open(own.path());
    let client = server.client();
    let id = client.record(&event);
    assert_eq!(session(&client, &id)["eventCount"], 1);
    assert_eq!(sessions_counted(&client), 1);
    server.close();
}

#[test]
fn the_same_but_for_one_field() {
    let server = TestServer::start();
    let client = server.client();
    let event = view(&server, 1, "/a", 0);
    let first = client.record(&event);
    let mut other = event.clone();
    other["attributes"] = json!({ "n": { "dataType": "integer", "value": "1" } });
    assert_eq!(client.record(&other), first);
    let mut other = event.clone();
    other["createdDate"] = json!(server.clock.text(1));
    assert_eq!(client.record(&other), first);
    assert_eq!(session(&client, &first)["eventCount"], 3);
    // Another visitor's event is another one.
    let mut other = event;
    other["customerCookieId"] = json!(visitor(2));
    assert_ne!(client.record(&other), first);
}

#[test]
fn the_same_content_live_and_imported() {
    let server = TestServer::start();
    let client = server.client();
    let event = view(&server, 1, "/a", 0);
    let first = client.record(&event);
    assert_eq!(import(&client, std::slice::from_ref(&event)), (1, 0, Vec::new()));
    assert_eq!(session(&client, &first)["eventCount"], 2);
    // Each door knows its own again.
    client.record(&event);
    assert_eq!(import(&client, &[event]), (0, 1, Vec::new()));
    assert_eq!(session(&client, &first)["eventCount"], 2);
}

#[test]
fn the_same_content_for_two_deployments() {
    let server = TestServer::start();
    let client = server.client();
    let body = json!({ "name": "the other site" });
    let made = client.post("/api/wayfare/v1/deployments", &body).with(201);
    let other =
        format!("/api/v2/journey/deployments/{}/webevents", made["id"].as_str().expect("an id"));
    let event = view(&server, 1, "/a", 0);
    let first = client.record(&event);
    let answer = client.post(&other, &event).with(200);
    assert_eq!(answer["session"]["id"], first.as_str());
    assert_eq!(session(&client, &first)["eventCount"], 1);
}

#[test]
fn the_same_file_imported_again() {
    let server = TestServer::start();
    let client = server.client();
    let records =
        [0, 1, 2].map(|n| view_at(1, &format!("/{n}"), &format!("2026-11-20T10:0{n}:00.000Z")));
    assert_eq!(import(&client, &records), (3, 0, Vec::new()));
    assert_eq!(import(&client, &records), (0, 3, Vec::new()));
    assert_eq!(sessions_counted(&client), 1);
}

#[test]
fn two_records_with_one_id() {
    let server = TestServer::start();
    let client = server.client();
    let record = |path: &str| {
        let mut record = view_at(1, path, "2026-11-20T10:00:00.000Z");
        record["id"] = json!("order-17");
        record["sessionId"] = json!("5e551050-0000-4000-8000-000000000002");
        record
    };
    assert_eq!(import(&client, &[record("/first"), record("/second")]), (1, 1, Vec::new()));
    let shown = session(&client, "5e551050-0000-4000-8000-000000000002");
    assert_eq!(shown["lastPage"]["url"], "https://shop.example/first");
}

#[test]
fn two_lines_that_are_meant_twice() {
    let server = TestServer::start();
    let client = server.client();
    let mut records = [0, 1].map(|_| view_at(1, "/a", "2026-11-20T10:00:00.000Z"));
    records[0]["seq"] = json!(1);
    records[1]["seq"] = json!(2);
    assert_eq!(import(&client, &records), (2, 0, Vec::new()));
}
