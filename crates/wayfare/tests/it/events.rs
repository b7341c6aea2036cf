//! Web and app events, and the sessions that come of them.

use expect_test::expect_file;
use serde_json::{Value, json};
use wayfare_model::id::{OrganisationId, SessionId};

use crate::harness::{
    AGGREGATES, DEPLOYMENT_ID, Request, TestClient, TestServer, aggregates, app_events,
    page_segment, page_view, redacted, screen_view, text, visitor, wait_until, web_events,
};

/// The day of the tests' clock.
const DAY: &str = "2026-11-22T00:00:00Z/P1D";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// A web event with everything that one can have.
fn full_web_event(server: &TestServer) -> Value {
    json!({
        "customerCookieId": visitor(1).to_uppercase(),
        "eventName": "page_viewed",
        "page": {
            "url": "https://www.Shop.example/a%20b/?utm_source=News&utm_medium=email\
                    &utm_campaign=Sp%C3%BCring+Sale&utm_term=t&utm_content=c&gclid=g1#part",
            "title": "Schöne Dinge", "keywords": "a, b", "lang": "de",
        },
        "createdDate": server.clock.text(-60_500),
        "userAgentString": FIREFOX,
        "browser": { "lang": "de-AT" },
        "device": { "screenHeight": 900, "screenWidth": 1600, "screenDensity": 2 },
        "searchQuery": "shoes",
        "ipAddress": "192.0.2.7",
        "referrerUrl": "https://www.google.com/search?q=red+shoes",
        "externalId": "crm-7",
        "attributes": {
            "price": { "dataType": "number", "value": "9.50" },
            "new": { "dataType": "boolean", "value": "true" },
        },
        "traits": {
            "email": { "dataType": "string", "value": "Ada@Example.org" },
            "givenName": { "dataType": "string", "value": "Ada" },
        },
    })
}

#[test]
fn a_web_event_is_answered_with_what_was_understood() {
    let server = TestServer::start();
    let answer = server.anonymous().post(&web_events(), &full_web_event(&server)).with(200);
    expect_file!["snapshots/web_event.json"].assert_eq(&redacted(&answer));
}

#[test]
fn a_session_shows_what_its_events_told() {
    let server = TestServer::start();
    let client = server.client();
    let segment = page_segment("Shoppers", "shop.example", 1);
    client.create_segment(&segment);
    client.record(&full_web_event(&server));
    let mut second = page_view(&visitor(1), "https://www.shop.example/cart", &server.clock.text(0));
    second["eventName"] = json!("product_added");
    second["searchQuery"] = json!("boots");
    second["attributes"] = json!({ "price": { "dataType": "integer", "value": "12" } });
    let session = client.record(&second);
    let shown = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    expect_file!["snapshots/session.json"].assert_eq(&redacted(&shown));
}

#[test]
fn an_app_event_is_answered_with_what_was_understood() {
    let server = TestServer::start();
    let mut event = screen_view(&visitor(1), "Basket", &server.clock.text(-1_000));
    event["device"] = json!({
        "category": "mobile", "type": "Pixel", "isMobile": true, "osFamily": "Android",
        "osVersion": "16", "manufacturer": "Google", "fingerprint": "f", "screenHeight": 2_400,
    });
    event["sdkLibrary"] = json!({ "name": "sdk", "version": "3" });
    event["networkConnectivity"] =
        json!({ "carrier": "c", "bluetoothEnabled": false, "wifiEnabled": true });
    event["referrerUrl"] = json!("https://news.example/article");
    event["searchQuery"] = json!("milk");
    event["attributes"] = json!({ "n": { "dataType": "integer", "value": "-3" } });
    event["traits"] = json!({ "phone": { "dataType": "string", "value": "+43 1 234567" } });
    event["externalId"] = json!("crm-8");
    let answer = server.anonymous().post(&app_events(), &event).with(200);
    expect_file!["snapshots/app_event.json"].assert_eq(&redacted(&answer));
    let session = server.client().get(text(&answer["session"]["selfUri"])).with(200);
    assert_eq!((&session["type"], &session["screenviewCount"]), (&json!("app"), &json!(1)));
    assert_eq!(session["lastScreen"], "Basket");
}

#[test]
fn the_request_tells_agent_and_address_when_the_body_does_not() {
    let server = TestServer::start();
    let body = page_view(&visitor(1), "https://x.example/", &server.clock.text(0)).to_string();
    let request = Request::new("POST", &web_events())
        .header("content-type", "application/json")
        .header("user-agent", FIREFOX)
        .body(body);
    let answer = server.anonymous().send(request).with(200);
    assert_eq!(answer["browser"]["family"], "Firefox");
    assert_eq!(answer["userAgentString"], FIREFOX);
    let session = server.client().get(text(&answer["session"]["selfUri"])).with(200);
    assert_eq!(session["ipAddress"], "127.0.0.1");
}

#[test]
fn all_faults_of_an_event_are_told_at_once() {
    let server = TestServer::start();
    let anonymous = server.anonymous();
    let mut table = String::new();
    let mut check = |path: &str, body: &Value| {
        let answer = anonymous.post(path, body);
        assert_eq!(answer.status, 400, "{body}");
        table += &format!("{}--\n", answer.faults());
    };
    let (web, app) = (web_events(), app_events());
    check(&web, &json!({}));
    check(&web, &json!({ "page": {}, "eventName": "", "customerCookieId": "", "createdDate": "" }));
    let spoilt = json!({
        "customerCookieId": "cookie", "eventName": "page viewed", "createdDate": "yesterday",
        "page": { "url": "/relative", "title": "t" }, "userAgentString": "u".repeat(8_193),
        "device": { "category": "toaster", "screenWidth": -1 },
        "attributes": { "a": {}, "b": { "dataType": "integer", "value": "1.5" },
                        "c": { "dataType": "date", "value": "x" } },
        "traits": { "": { "dataType": "string", "value": "x" } },
    });
    check(&web, &spoilt);
    check(&app, &json!({}));
    let mut without = screen_view("x", "", "2026-11-22T09:00:00Z");
    without["app"] = json!({ "name": "only" });
    check(&app, &without);
    expect_file!["snapshots/event_faults.txt"].assert_eq(&table);
    let counted = server.client().post(AGGREGATES, &aggregates(DAY, "nJourneySessions", &[]));
    assert_eq!(counted.with(200)["results"], json!([]));
}

#[test]
fn an_event_is_neither_old_nor_ahead() {
    let server = TestServer::start();
    let anonymous = server.anonymous();
    let hour = 60 * 60 * 1_000;
    let send = |number, ms| {
        let body = page_view(&visitor(number), "https://x.example/", &server.clock.text(ms));
        anonymous.post(&web_events(), &body)
    };
    send(1, -hour).with(200);
    send(2, 5 * 60 * 1_000).with(200);
    let message = send(3, -hour - 1).error(400, "bad.request");
    assert!(message.contains(&server.clock.text(-hour - 1)), "{message}");
    send(4, 5 * 60 * 1_000 + 1).error(400, "bad.request");
    let mut app = screen_view(&visitor(5), "s", &server.clock.text(-hour - 1));
    anonymous.post(&app_events(), &app).error(400, "bad.request");
    app["createdDate"] = json!(server.clock.text(-hour));
    anonymous.post(&app_events(), &app).with(200);
}

#[test]
fn dates_are_read_as_every_sdk_writes_them() {
    let server = TestServer::start();
    let check = |number, date: &str, expected: &str| {
        let body = page_view(&visitor(number), "https://x.example/", date);
        let answer = server.anonymous().post(&web_events(), &body).with(200);
        assert_eq!(answer["createdDate"], expected);
    };
    check(1, "2026-11-22T08:59:58Z", "2026-11-22T08:59:58.000Z");
    check(2, "2026-11-22T08:59:58.123456+00:00", "2026-11-22T08:59:58.123Z");
    check(3, "2026-11-22T09:59:58.5+01:00", "2026-11-22T08:59:58.500Z");
    check(4, "2026-11-22T08:59:58", "2026-11-22T08:59:58.000Z");
}

#[test]
fn an_unknown_deployment_is_not_found() {
    let server = TestServer::start();
    let anonymous = server.anonymous();
    let body = page_view(&visitor(1), "https://x.example/", &server.clock.text(0));
    for id in ["a5a5a5a5-0000-4000-8000-00000000abcd", "not-a-uuid"] {
        for kind in ["webevents", "appevents"] {
            let path = format!("/api/v2/journey/deployments/{id}/{kind}");
            let message = anonymous.post(&path, &body).error(404, "not.found");
            assert!(message.contains(id), "{message}");
        }
    }
}

/// How many events are stored of a session.
fn stored_events(server: &TestServer, session: &str) -> usize {
    let organisation = organisation(server);
    let session: SessionId = session.parse().expect("an id");
    let found = server.stores.journeys.events_of_session(organisation, session, None, 1_000);
    server.run(found).expect("events").len()
}

fn organisation(server: &TestServer) -> OrganisationId {
    server.app.first_organisation().expect("an organisation")
}

#[test]
fn an_event_sent_again_changes_nothing() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Twice", "/a", 2));
    let event = page_view(&visitor(1), "https://x.example/a", &server.clock.text(0));
    let first = client.post(&web_events(), &event).with(200);
    server.clock.advance_minutes(1);
    let again = client.post(&web_events(), &event).with(200);
    assert_eq!(again, first);
    let session = text(&first["session"]["id"]);
    let uri = format!("/api/v2/journey/sessions/{session}");
    assert_eq!(stored_events(&server, session), 1);
    assert_eq!(client.get(&uri).with(200)["segmentAssignments"], json!([]));

    // Another moment makes it another event; the order of the fields does not.
    let turned: Value = serde_json::from_str(&format!(
        r#"{{"createdDate":"{}","page":{{"title":"A page","url":"https://x.example/a"}},
            "eventName":"page_viewed","customerCookieId":"{}"}}"#,
        text(&event["createdDate"]),
        visitor(1)
    ))
    .expect("JSON");
    assert_eq!(client.post(&web_events(), &turned).with(200), first);
    let later = page_view(&visitor(1), "https://x.example/a", &server.clock.text(0));
    assert_eq!(client.post(&web_events(), &later).with(200)["session"]["eventCount"], 2);
    assert_eq!(stored_events(&server, session), 2);
    let assigned = client.get(&uri).with(200)["segmentAssignments"].clone();
    assert_eq!(assigned.as_array().map(Vec::len), Some(1));
    // The first one is still a duplicate, and is answered with the session of now.
    let answer = client.post(&web_events(), &event).with(200);
    assert_eq!((&answer["session"]["eventCount"], stored_events(&server, session)), (&json!(2), 2));
}

#[test]
fn an_event_sent_by_many_at_once_is_applied_once() {
    let server = TestServer::start();
    let event = page_view(&visitor(1), "https://x.example/a", &server.clock.text(0));
    let session = std::thread::scope(|scope| {
        let send = || server.anonymous().record(&event);
        let senders: Vec<_> = (0..8).map(|_| scope.spawn(send)).collect();
        let mut sessions: Vec<String> =
            senders.into_iter().map(|sender| sender.join().expect("an answer")).collect();
        sessions.dedup();
        assert_eq!(sessions.len(), 1);
        sessions.remove(0)
    });
    assert_eq!(stored_events(&server, &session), 1);
}

#[test]
fn an_event_older_than_the_active_session_is_refused() {
    let server = TestServer::start();
    let client = server.client();
    let event = |ms| page_view(&visitor(1), "https://x.example/", &server.clock.text(ms));
    let session = client.record(&event(-60_000));
    let message = client.post(&web_events(), &event(-61_000)).error(422, "unprocessable.entity");
    assert!(message.contains(&server.clock.text(-61_000)), "{message}");
    // Late, but not older than the session.
    assert_eq!(client.record(&event(-59_000)), session);
    assert_eq!(client.record(&event(0)), session);
    assert_eq!(client.record(&event(-30_000)), session);
    let shown = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    assert_eq!((&shown["eventCount"], &shown["durationInSeconds"]), (&json!(4), &json!(60)));
    assert_eq!(shown["lastEvent"]["createdDate"], server.clock.text(0));
    assert_eq!(stored_events(&server, &session), 4);
}

#[test]
fn another_campaign_opens_another_session() {
    let server = TestServer::start();
    let client = server.client();
    let visit = |query: &str| {
        server.clock.advance_minutes(1);
        let url = format!("https://x.example/{query}");
        client.record(&page_view(&visitor(1), &url, &server.clock.text(0)))
    };
    let first = visit("?utm_source=news");
    assert_eq!(visit(""), first);
    assert_eq!(visit("?utm_source=news&utm_medium=email"), first);
    let second = visit("?utm_source=ads");
    assert_ne!(second, first);
    assert_eq!(visit(""), second);
    let shown = |id: &str| client.get(&format!("/api/v2/journey/sessions/{id}")).with(200);
    assert_eq!(shown(&first)["endedDate"], shown(&second)["createdDate"]);
    assert_eq!(shown(&first)["eventCount"], 3);
    assert_eq!(shown(&second)["eventCount"], 2);
    assert_eq!(shown(&second)["mktCampaign"]["source"], "ads");
    assert_eq!(shown(&second).get("endedDate"), None);
}

#[test]
fn web_and_app_are_separate_sessions_of_one_customer() {
    let server = TestServer::start();
    let client = server.client();
    let now = server.clock.text(0);
    let web = client.record(&page_view(&visitor(1), "https://x.example/", &now));
    let app = client.post(&app_events(), &screen_view(&visitor(1), "Home", &now)).with(200);
    assert_ne!(app["session"]["id"], web);
    let contact = |id: &str| {
        let session = client.get(&format!("/api/v2/journey/sessions/{id}")).with(200);
        text(&session["externalContact"]["id"]).to_owned()
    };
    assert_eq!(contact(text(&app["session"]["id"])), contact(&web));
}

/// Counts of assignments by segment and state, on the day of the tests' clock.
fn states(client: &TestClient<'_>) -> Vec<(String, u64)> {
    let state = "journeySegmentAssignmentState";
    let mut query = aggregates(DAY, "nJourneySegmentsAssigned", &[state]);
    query["filter"] = json!({
        "type": "or",
        "predicates": [{ "dimension": state, "value": "Assigned" },
                       { "dimension": state, "value": "Unassigned" }],
    });
    client.count_by(&query)
}

#[test]
fn twenty_minutes_of_silence_end_a_session_without_any_timer() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&page_segment("Visitors", "x.example", 1));
    let session =
        client.record(&page_view(&visitor(1), "https://x.example/", &server.clock.text(0)));
    let end = server.clock.text(20 * 60_000);
    let uri = format!("/api/v2/journey/sessions/{session}");
    let of_session = format!("{uri}/segments");

    server.clock.advance_ms(20 * 60_000 - 1);
    assert_eq!(client.get(&uri).with(200).get("endedDate"), None);
    assert_eq!(client.walk(&of_session)[0]["state"], "Assigned");
    assert_eq!(states(&client), [("Assigned".to_owned(), 1)]);

    server.clock.advance_ms(1);
    let both = [("Assigned".to_owned(), 1), ("Unassigned".to_owned(), 1)];
    assert_eq!(states(&client), both);
    let ended = client.get(&uri).with(200);
    assert_eq!(ended["endedDate"], end);
    assert_eq!(ended["segmentAssignments"][0]["segment"]["id"], segment);
    let assignment = client.walk(&of_session).remove(0);
    assert_eq!(assignment["state"], "Unassigned");
    assert_eq!(assignment["dateUnassigned"], end);

    // The next event opens another session, in which the segment matches again.
    let next = client.record(&page_view(&visitor(1), "https://x.example/", &server.clock.text(0)));
    assert_ne!(next, session);
    assert_eq!(states(&client), [("Assigned".to_owned(), 2), ("Unassigned".to_owned(), 1)]);
}

#[test]
fn each_read_ends_what_is_due_by_itself() {
    for read in ["session", "by session", "by customer", "by contact"] {
        let server = TestServer::start();
        let client = server.client();
        client.create_segment(&page_segment("Visitors", "x.example", 1));
        let event = page_view(&visitor(1), "https://x.example/", &server.clock.text(0));
        let session = client.record(&event);
        let uri = format!("/api/v2/journey/sessions/{session}");
        let shown = client.get(&uri).with(200);
        let contact = text(&shown["externalContact"]["id"]).to_owned();
        server.clock.advance_minutes(20);
        let path = match read {
            "session" => uri,
            "by session" => format!("{uri}/segments"),
            "by customer" => format!("/api/v2/journey/customers/cookie/{}/segments", visitor(1)),
            _ => format!("/api/v2/journey/externalcontacts/{contact}/segments"),
        };
        let answer = client.get(&path).with(200);
        let is_over = match read {
            "session" => answer["endedDate"].is_string(),
            _ => answer["entities"][0]["state"] == "Unassigned",
        };
        assert!(is_over, "{read}: {answer}");
    }
}

#[test]
fn the_timer_ends_sessions_that_nobody_reads() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Visitors", "x.example", 1));
    let left_ms = 40;
    let created = server.clock.text(left_ms - 20 * 60_000);
    let session = client.record(&page_view(&visitor(1), "https://x.example/", &created));
    server.clock.advance_ms(left_ms);
    let id: SessionId = session.parse().expect("an id");
    wait_until("the timer", || {
        let stored = server.stores.journeys.session(organisation(&server), id);
        server.run(stored).expect("a read").expect("a session").ended.is_some()
    });
}

#[test]
fn a_late_event_opens_an_ended_session_again() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Visitors", "x.example", 1));
    let event = |ms| page_view(&visitor(1), "https://x.example/", &server.clock.text(ms));
    let session = client.record(&event(0));
    server.clock.advance_minutes(25);
    assert_eq!(states(&client).len(), 2);
    // It happened ten minutes after the first, and comes in fifteen minutes late.
    assert_eq!(client.record(&event(-15 * 60_000)), session);
    assert_eq!(states(&client), [("Assigned".to_owned(), 1)]);
    let shown = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    assert_eq!((shown.get("endedDate"), &shown["eventCount"]), (None, &json!(2)));
}

#[test]
fn a_session_that_is_not_there_is_not_found() {
    let server = TestServer::start();
    for id in [DEPLOYMENT_ID, "not-a-uuid", "%2e%2e"] {
        server.client().get(&format!("/api/v2/journey/sessions/{id}")).error(404, "not.found");
    }
}
