//! Events that are forgotten, by age or size, and everything that stays right all the same.

use serde_json::{Value, json};
use wayfare_store::journeys::EventRetention;

use crate::harness::{
    Process, SEGMENTS, TestClient, TestServer, aggregates, customer_segment, page_segment,
    page_view, text, visitor, wait_until,
};

const NOVEMBER: &str = "2026-11-01T00:00:00Z/2026-12-01T00:00:00Z";
const ALL: EventRetention = EventRetention { age_ms: None, bytes_max: Some(0) };

fn view(server: &TestServer, number: u32, path: &str) -> Value {
    page_view(&visitor(number), &format!("https://shop.example{path}"), &server.clock.text(0))
}

fn retain(server: &TestServer, retention: EventRetention) -> u64 {
    server.run(server.stores.journeys.retain_events(server.app.now(), retention)).expect("done")
}

/// What happened in a session, as the API shows it, in pages of two.
fn happened(client: &TestClient<'_>, session: &str) -> Vec<String> {
    let listed = client.walk(&format!("/api/v2/journey/sessions/{session}/events?pageSize=2"));
    let kind = |one: &Value| {
        let kind = text(&one["eventType"]).trim_start_matches("com.genesys.journey.").to_owned();
        format!("{kind} {}", text(&one["createdDate"]))
    };
    listed.iter().map(kind).collect()
}

#[test]
fn counts_of_a_live_session_go_on_after_its_events_were_forgotten() {
    let server = TestServer::start();
    let client = server.client();
    let three = client.create_segment(&page_segment("Three", "shop", 3));
    client.create_segment(&customer_segment("Five", "shop", 5));
    let pattern = |part: &str, more: &Value| {
        let mut pattern = json!({
            "criteria": [{ "key": "page.url", "values": [part], "operator": "containsAny" }],
            "count": 1, "streamType": "Web", "sessionType": "web",
        });
        for (name, value) in more.as_object().expect("fields") {
            pattern[name] = value.clone();
        }
        pattern
    };
    let ordered = json!({ "displayName": "Cart, then bought", "journey": {
        "ordered": true,
        "patterns": [pattern("/cart", &json!({})), pattern("/buy", &json!({ "withinSeconds": 600 }))],
    }});
    let bought = text(&client.post(SEGMENTS, &ordered).with(201)["id"]).to_owned();
    let session = client.record(&view(&server, 1, "/a"));
    server.clock.advance_minutes(1);
    client.record(&view(&server, 1, "/cart"));
    assert_eq!(retain(&server, ALL), 2);
    let assigned = || {
        let listed = client.walk(&format!("/api/v2/journey/sessions/{session}/segments"));
        let mut ids: Vec<String> =
            listed.iter().map(|made| text(&made["segment"]["id"]).to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(assigned(), [""; 0]);
    server.clock.advance_minutes(1);
    assert_eq!(client.record(&view(&server, 1, "/buy")), session);
    let mut expected = [three, bought];
    expected.sort();
    assert_eq!(assigned(), expected);
    let shown = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    assert_eq!((&shown["eventCount"], &shown["durationInSeconds"]), (&json!(3), &json!(120)));
    // Over sessions, too.
    server.clock.advance_minutes(30);
    client.record(&view(&server, 1, "/a"));
    assert_eq!(retain(&server, ALL), 2);
    let last = client.record(&view(&server, 1, "/b"));
    let listed = client.walk(&format!("/api/v2/journey/sessions/{last}/segments"));
    assert_eq!(listed.len(), 1);
}

#[test]
fn the_list_of_what_happened_loses_the_events_and_nothing_else() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Visitors", "/a", 1));
    let start = server.clock.text(0);
    let mut session = String::new();
    let mut moments = Vec::new();
    for path in ["/a", "/b", "/c", "/d", "/e"] {
        session = client.record(&view(&server, 1, path));
        moments.push(server.clock.text(0));
        server.clock.advance_minutes(1);
    }
    let event = |place: usize| format!("WebEvent {}", moments[place]);
    let assigned = format!("SegmentAssignmentEvent {start}");
    let all = [event(0), assigned.clone(), event(1), event(2), event(3), event(4)];
    assert_eq!(happened(&client, &session), all);
    // The first two are older than three and a half minutes.
    let by_age = EventRetention { age_ms: Some(210_000), bytes_max: None };
    assert_eq!(retain(&server, by_age), 2);
    assert_eq!(happened(&client, &session), [assigned.clone(), event(2), event(3), event(4)]);
    // A cursor from before goes on leading further.
    let path = format!("/api/v2/journey/sessions/{session}/events?pageSize=2");
    let first = client.get(&path).with(200);
    let next = text(&first["nextUri"]).to_owned();
    let total = server.run(server.stores.journeys.stored_events()).expect("a total");
    assert_eq!(total.events, 3);
    let by_size = EventRetention { age_ms: None, bytes_max: Some(total.bytes / 3 + 1) };
    assert_eq!(retain(&server, by_size), 2);
    let rest = client.get(&next).with(200);
    assert_eq!(rest["entities"].as_array().map(Vec::len), Some(1));
    assert_eq!(rest["entities"][0]["createdDate"], moments[4]);
    assert_eq!(retain(&server, ALL), 1);
    assert_eq!(happened(&client, &session), [assigned]);
    let query = aggregates(NOVEMBER, "nJourneySessions", &[]);
    assert_eq!(client.count_by(&query), [(String::new(), 1)]);
    let query = aggregates(NOVEMBER, "nJourneySegmentsAssigned", &[]);
    assert_eq!(client.count_by(&query), [(String::new(), 1)]);
}

#[test]
fn what_was_forgotten_is_still_a_duplicate() {
    let server = TestServer::start();
    let client = server.client();
    let record = page_view(&visitor(1), "https://shop.example/", "2026-11-01T10:00:00.000Z");
    let lines = [record.to_string()];
    assert_eq!(client.import(&lines, 10).applied, 1);
    let event = view(&server, 2, "/a");
    let session = client.record(&event);
    assert_eq!(retain(&server, ALL), 2);
    assert_eq!(client.import(&lines, 10).duplicates, 1);
    assert_eq!(client.record(&event), session);
    let shown = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    assert_eq!(shown["eventCount"], 1);
    let query = aggregates(NOVEMBER, "nJourneySessions", &[]);
    assert_eq!(client.count_by(&query), [(String::new(), 2)]);
}

#[test]
fn events_go_on_coming_in_while_others_are_forgotten() {
    let server = TestServer::start();
    let client = server.client();
    let lines: Vec<String> = (0..5_000)
        .map(|n| {
            let url = format!("https://shop.example/{n}");
            page_view(&visitor(n % 50), &url, "2026-11-20T10:00:00.000Z").to_string()
        })
        .collect();
    client.import(&lines, 5_000);
    let kept = std::thread::scope(|scope| {
        let forgetting = scope.spawn(|| retain(&server, ALL));
        let mut sent = 0;
        while !forgetting.is_finished() {
            client.record(&view(&server, 1_000 + sent, "/live"));
            sent += 1;
        }
        let forgotten = forgetting.join().expect("done");
        u64::from(sent) + 5_000 - forgotten
    });
    let total = server.run(server.stores.journeys.stored_events()).expect("a total");
    assert_eq!(total.events, kept);
    let query = aggregates(NOVEMBER, "nJourneySessions", &["journeySessionType"]);
    assert!(client.count_by(&query)[0].1 >= 50);
}

#[test]
fn a_server_forgets_by_itself_what_is_too_much() {
    let own = tempfile::tempdir().expect("a temporary directory");
    let server = Process::start_with(own.path(), &["--events-retention-megabytes", "1"]);
    let client = server.client();
    let session = "5e551050-0000-4000-8000-000000000001";
    let lines: Vec<String> = (0..8_000)
        .map(|n| {
            let url = format!("https://shop.example/{n}");
            let mut record = page_view(&visitor(n % 50), &url, "2026-11-20T10:00:00.000Z");
            if n == 0 {
                record["sessionId"] = json!(session);
            }
            record.to_string()
        })
        .collect();
    client.import(&lines, 8_000);
    wait_until("the first event is forgotten", || happened(&client, session).is_empty());
    let shown = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    assert_eq!(shown["eventCount"], 1);
    assert!(server.terminate().success());
}
