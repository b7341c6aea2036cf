//! Events that come late, or in another order than they happened.

use serde_json::json;

use super::{import, session, sessions_counted, states, view};
use crate::harness::{SEGMENTS, TestServer, page_segment, web_events};

#[test]
fn out_of_order_within_the_running_session() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Cart", "/cart", 1));
    let first = client.record(&view(&server, 1, "/a", -10));
    assert_eq!(client.record(&view(&server, 1, "/c", 0)), first);
    assert_eq!(client.record(&view(&server, 1, "/cart", -5)), first);
    let shown = session(&client, &first);
    assert_eq!(shown["eventCount"], 3);
    assert_eq!(shown["lastPage"]["url"], "https://shop.example/c");
    assert_eq!(shown["durationInSeconds"], 600);
    let listed = client.walk(&format!("/api/v2/journey/sessions/{first}/segments"));
    assert_eq!(listed[0]["dateAssigned"], server.clock.text(-5 * 60_000));
    let happened = client.walk(&format!("/api/v2/journey/sessions/{first}/events"));
    let moments: Vec<_> = happened.iter().map(|one| one["createdDate"].clone()).collect();
    let expected = [-10, -5, -5, 0].map(|minute: i64| json!(server.clock.text(minute * 60_000)));
    assert_eq!(moments, expected);
}

#[test]
fn older_than_the_running_session() {
    let server = TestServer::start();
    let client = server.client();
    client.record(&view(&server, 1, "/a", -5));
    let late = view(&server, 1, "/b", -6);
    client.post(&web_events(), &late).error(422, "unprocessable.entity");
    assert_eq!(sessions_counted(&client), 1);
    // Another visitor is not concerned.
    let mut other = late;
    other["customerCookieId"] = json!(crate::harness::visitor(2));
    client.record(&other);
}

#[test]
fn between_two_sessions_of_which_the_second_runs() {
    let server = TestServer::start();
    let client = server.client();
    let first = client.record(&view(&server, 1, "/a", -50));
    let second = client.record(&view(&server, 1, "/b", 0));
    assert_ne!(first, second);
    let late = view(&server, 1, "/c", -45);
    client.post(&web_events(), &late).error(422, "unprocessable.entity");
    assert_eq!(session(&client, &first)["eventCount"], 1);
    // As history it goes where it belongs by its time.
    assert_eq!(import(&client, &[late]), (1, 0, Vec::new()));
    assert_eq!(session(&client, &first)["eventCount"], 2);
    assert_eq!(session(&client, &second)["eventCount"], 1);
}

#[test]
fn late_for_a_session_that_has_ended() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Visitors", "shop", 1));
    let first = client.record(&view(&server, 1, "/a", 0));
    server.clock.advance_minutes(30);
    assert!(session(&client, &first)["endedDate"].is_string());
    assert_eq!(states(&client, &first), ["Unassigned"]);
    assert_eq!(client.record(&view(&server, 1, "/b", -15)), first);
    assert!(session(&client, &first).get("endedDate").is_none());
    assert_eq!(states(&client, &first), ["Assigned"]);
    // It ends again by its own time.
    server.clock.advance_minutes(5);
    assert_eq!(session(&client, &first)["endedDate"], server.clock.text(0));
}

#[test]
fn shortly_before_a_session_that_has_ended() {
    let server = TestServer::start();
    let client = server.client();
    let first = client.record(&view(&server, 1, "/a", -40));
    assert!(session(&client, &first)["endedDate"].is_string());
    assert_eq!(client.record(&view(&server, 1, "/b", -50)), first);
    let shown = session(&client, &first);
    assert_eq!(shown["createdDate"], server.clock.text(-50 * 60_000));
    assert_eq!(shown["eventCount"], 2);
    assert_eq!(sessions_counted(&client), 1);
}

#[test]
fn late_and_far_from_any_session() {
    let server = TestServer::start();
    let client = server.client();
    let first = client.record(&view(&server, 1, "/a", -25));
    let second = client.record(&view(&server, 1, "/b", -55));
    assert_ne!(first, second);
    assert!(session(&client, &second)["endedDate"].is_string());
    assert_eq!(sessions_counted(&client), 2);
}

#[test]
fn late_for_a_session_that_a_campaign_ended() {
    let server = TestServer::start();
    let client = server.client();
    let first = client.record(&view(&server, 1, "/?utm_source=news", -10));
    let second = client.record(&view(&server, 1, "/?utm_source=ads", -5));
    assert_ne!(first, second);
    let late = view(&server, 1, "/a", -7);
    client.post(&web_events(), &late).error(422, "unprocessable.entity");
    // As history it belongs to the session that was cut, which stays cut.
    assert_eq!(import(&client, &[late]).0, 1);
    let shown = session(&client, &first);
    assert_eq!(shown["eventCount"], 2);
    assert_eq!(shown["endedDate"], session(&client, &second)["createdDate"]);
}

#[test]
fn late_for_a_segment_with_an_order() {
    let server = TestServer::start();
    let client = server.client();
    let pattern = |part: &str| {
        json!({
            "criteria": [{ "key": "page.url", "values": [part], "operator": "containsAny" }],
            "count": 1, "streamType": "Web", "sessionType": "web",
        })
    };
    let segment = json!({
        "displayName": "Cart, then bought",
        "journey": { "ordered": true, "patterns": [pattern("/cart"), pattern("/buy")] },
    });
    client.post(SEGMENTS, &segment).with(201);
    let first = client.record(&view(&server, 1, "/a", -10));
    client.record(&view(&server, 1, "/buy", -2));
    assert_eq!(states(&client, &first), [""; 0]);
    // The cart came first, although it is told last.
    client.record(&view(&server, 1, "/cart", -6));
    assert_eq!(states(&client, &first), ["Assigned"]);
}

#[test]
fn several_events_of_one_moment() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Three", "shop", 3));
    let first = client.record(&view(&server, 1, "/a", 0));
    for path in ["/b", "/c"] {
        assert_eq!(client.record(&view(&server, 1, path, 0)), first);
    }
    assert_eq!(session(&client, &first)["eventCount"], 3);
    assert_eq!(states(&client, &first), ["Assigned"]);
    let path = format!("/api/v2/journey/sessions/{first}/events?pageSize=1");
    let walked = client.walk(&path);
    assert_eq!(walked.len(), 4);
    assert_eq!(walked, client.walk(&path));
}
