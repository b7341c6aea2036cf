//! Segments with an order, windows and `never`, over the API.

use serde_json::{Value, json};
use wayfare_model::assignment::Assignment;
use wayfare_store::journeys::{AssignmentQuery, AssignmentSubject};

use crate::harness::{SEGMENTS, TestServer, aggregates, page_view, visitor, wait_until};

const INTERVAL: &str = "2026-11-01T00:00:00.000Z/2026-12-01T00:00:00.000Z";

/// A journey pattern of page views.
fn page(part_of_url: &str, more: &Value) -> Value {
    let mut pattern = json!({
        "criteria": [{ "key": "page.url", "values": [part_of_url], "operator": "containsAny" }],
        "count": 1, "streamType": "Web", "sessionType": "web",
    });
    for (name, value) in more.as_object().expect("fields") {
        pattern[name] = value.clone();
    }
    pattern
}

fn segment(ordered: bool, patterns: &[Value]) -> Value {
    json!({ "displayName": "s", "journey": { "ordered": ordered, "patterns": patterns } })
}

fn forgot() -> Value {
    let patterns =
        [page("/cart", &json!({})), page("/buy", &json!({ "count": 0, "withinSeconds": 600 }))];
    segment(true, &patterns)
}

fn view(server: &TestServer, number: u32, path: &str) -> Value {
    page_view(&visitor(number), &format!("https://example.org{path}"), &server.clock.text(0))
}

/// What is stored of a session's assignments, without asking for what is due.
fn stored(server: &TestServer, session: &str) -> Vec<Assignment> {
    let organisation = server.app.first_organisation().expect("an organisation");
    let query = AssignmentQuery {
        subject: AssignmentSubject::Session(session.parse().expect("an id")),
        scope: None,
        state: None,
    };
    server.run(server.stores.journeys.assignments(organisation, &query, None, 10)).expect("a list")
}

/// Waits until the timer has assigned something in a session.
fn assigned_by_the_timer(server: &TestServer, session: &str) -> Assignment {
    wait_until("the timer", || !stored(server, session).is_empty());
    stored(server, session).remove(0)
}

#[test]
fn our_fields_come_back_and_are_absent_from_segments_without_them() {
    let server = TestServer::start();
    let client = server.client();
    let made = client.post(SEGMENTS, &forgot()).with(201);
    assert_eq!(made["journey"]["ordered"], true);
    let patterns = &made["journey"]["patterns"];
    assert_eq!((&patterns[0]["count"], patterns[0].get("withinSeconds")), (&json!(1), None));
    assert_eq!((&patterns[1]["count"], &patterns[1]["withinSeconds"]), (&json!(0), &json!(600)));
    let path = made["selfUri"].as_str().expect("a path");
    assert_eq!(client.get(path).with(200)["journey"], made["journey"]);

    // The journey is replaced as a whole, as ever.
    let plain = json!({ "journey": { "patterns": [page("/cart", &json!({}))] } });
    let changed = client.patch(path, &plain).with(200);
    assert_eq!(changed["version"], 2);
    assert!(changed["journey"].get("ordered").is_none());
    assert!(changed["journey"]["patterns"][0].get("withinSeconds").is_none());
    let ordered =
        json!({ "journey": { "ordered": true, "patterns": [page("/cart", &json!({}))] } });
    assert_eq!(client.patch(path, &ordered).with(200)["version"], 3);
    assert_eq!(
        client.patch(path, &json!({ "displayName": "t" })).with(200)["journey"]["ordered"],
        true
    );
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let server = TestServer::start();
    let client = server.client();
    let refused = |body: &Value, expected: &[&str]| {
        let answer = client.post(SEGMENTS, body);
        let text = answer.with(400).to_string();
        for expected in expected {
            assert!(text.contains(expected), "{expected}: {text}");
        }
    };
    let window = |seconds: i64| page("/a", &json!({ "withinSeconds": seconds }));
    refused(
        &segment(true, &[window(0), window(31_622_401), page("/a", &json!({ "count": -1 }))]),
        &[
            "journey.patterns[0].withinSeconds",
            "journey.patterns[1].withinSeconds",
            "whole numbers from 1 to 31622400",
            "journey.patterns[2].count",
            "whole numbers from 0 to 100000",
        ],
    );
    refused(
        &segment(true, &[page("/a", &json!({ "withinSeconds": 9, "count": 101 }))]),
        &["journey.patterns[0].count", "100 at most with withinSeconds"],
    );
    let never = |more: Value| page("/a", &more);
    refused(
        &segment(true, &[never(json!({ "count": 0, "withinSeconds": 9 })), page("/b", &json!({}))]),
        &["journey.patterns[0].withinSeconds", "before another pattern"],
    );
    let mut of_customer = segment(false, &[never(json!({ "count": 0 })), window(5)]);
    of_customer["scope"] = json!("Customer");
    refused(&of_customer, &["journey.patterns[0].count", "journey.patterns[1].withinSeconds"]);
    let mut back = segment(true, &[page("/a", &json!({})), window(5)]);
    back["scope"] = json!("Customer");
    client.post(SEGMENTS, &back).with(201);
}

#[test]
fn the_timer_decides_on_time_although_nobody_asks() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&forgot());
    let at = server.clock.text(600_000);
    let session = client.record(&view(&server, 1, "/cart"));
    assert_eq!(stored(&server, &session).len(), 0);
    server.clock.advance_ms(599_999);
    // Any command makes the timer look at the clock.
    client.record(&view(&server, 2, "/elsewhere"));
    assert_eq!(client.walk(&segments_of(&session)).len(), 0);
    server.clock.advance_ms(1);
    let made = assigned_by_the_timer(&server, &session);
    assert_eq!(made.assigned.to_string(), at);
    let listed = client.walk(&segments_of(&session));
    assert_eq!((listed.len(), &listed[0]["dateAssigned"]), (1, &json!(at)));
    let counts = client.count_by(&aggregates(INTERVAL, "nJourneySegmentsAssigned", &[]));
    assert_eq!(counts, [(String::new(), 1)]);
}

#[test]
fn counts_have_what_the_clock_decided_by_the_time_somebody_asks() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&forgot());
    client.record(&view(&server, 1, "/cart"));
    server.clock.advance_minutes(10);
    let listed = client.get("/api/wayfare/v1/segments/counts").with(200)["entities"].clone();
    assert_eq!((&listed[0]["segmentId"], &listed[0]["sessions"]), (&json!(segment), &json!(1)));
}

#[test]
fn what_is_open_is_decided_after_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = TestServer::open(directory.path());
    let client = server.client();
    client.create_segment(&forgot());
    client.create_segment(&segment(false, &[page("/buy", &json!({ "count": 0 }))]));
    let session = client.record(&view(&server, 1, "/cart"));
    let (window, end) = (server.clock.text(600_000), server.clock.text(1_200_000));
    let late = server.clock.text(3_600_000);
    server.close();

    let server = TestServer::open(directory.path());
    server.clock.set(&late);
    let client = server.client();
    // The timer looks at the clock after any command.
    client.record(&view(&server, 2, "/elsewhere"));
    assigned_by_the_timer(&server, &session);
    let dates: Vec<Value> = client
        .walk(&segments_of(&session))
        .iter()
        .map(|made| json!([made["dateAssigned"], made["state"]]))
        .collect();
    assert_eq!(dates, [json!([window, "Unassigned"]), json!([end, "Unassigned"])]);
}

#[test]
fn a_late_event_takes_back_what_the_clock_decided_and_its_counts() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&forgot());
    let session = client.record(&view(&server, 1, "/cart"));
    let buy = {
        server.clock.advance_minutes(5);
        view(&server, 1, "/buy")
    };
    server.clock.advance_minutes(6);
    assert_eq!(client.walk(&segments_of(&session)).len(), 1);
    let counts = || client.count_by(&aggregates(INTERVAL, "nJourneySegmentsAssigned", &[]));
    assert_eq!(counts(), [(String::new(), 1)]);
    let listed = || client.get("/api/wayfare/v1/segments/counts").with(200)["entities"].clone();
    assert_eq!(listed()[0]["sessions"], 1);

    client.record(&buy);
    assert_eq!(client.walk(&segments_of(&session)).len(), 0);
    assert_eq!(counts(), []);
    assert_eq!(listed(), json!([]));
    let of_session = client.get(&format!("/api/v2/journey/sessions/{session}/events")).with(200);
    assert!(!of_session.to_string().contains(&segment), "{of_session}");
}

#[test]
fn an_edit_finds_decided_what_was_decided_by_then() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&forgot());
    let session = client.record(&view(&server, 1, "/cart"));
    let other = client.record(&view(&server, 2, "/other"));
    server.clock.advance_minutes(8);
    client.record(&view(&server, 2, "/cart"));
    server.clock.advance_minutes(4);
    let plain = json!({ "journey": { "patterns": [page("/buy", &json!({}))] } });
    client.patch(&format!("{SEGMENTS}/{segment}"), &plain).with(200);
    server.clock.advance_minutes(60);
    assert_eq!(client.walk(&segments_of(&session)).len(), 1);
    assert_eq!(client.walk(&segments_of(&other)).len(), 0);
}

fn segments_of(session: &str) -> String {
    format!("/api/v2/journey/sessions/{session}/segments")
}
