//! Why somebody is in a segment, or is not.

use serde_json::{Value, json};

use crate::harness::{
    SEGMENTS, TestServer, app_events, customer_segment, page_segment, page_view, screen_view, text,
    visitor,
};

fn explain(session: &str, segment: &str) -> String {
    format!("/api/wayfare/v1/sessions/{session}/segments/{segment}/explain")
}

fn of_customer(number: u32, segment: &str) -> String {
    format!("/api/wayfare/v1/customers/cookie/{}/segments/{segment}/explain", visitor(number))
}

fn view(server: &TestServer, number: u32, path: &str) -> Value {
    page_view(&visitor(number), &format!("https://example.org{path}"), &server.clock.text(0))
}

#[test]
fn it_tells_what_is_missing_and_what_was_seen() {
    let server = TestServer::start();
    let client = server.client();
    let mut body = page_segment("readers", "/blog", 2);
    body["context"] = json!({ "patterns": [{ "criteria": [
        { "key": "device.category", "values": ["desktop"], "entityType": "visit" },
        { "key": "mktCampaign.source", "values": ["mail"], "entityType": "visit" },
    ] }] });
    let segment = client.create_segment(&body);
    server.clock.advance_minutes(1);
    let first = server.clock.text(0);
    let session = client.record(&view(&server, 1, "/blog/1?utm_source=mail"));
    server.clock.advance_minutes(1);
    client.record(&view(&server, 1, "/shop"));
    let told = client.get(&explain(&session, &segment)).with(200);
    assert_eq!((&told["isAssigned"], &told["isJudged"]), (&json!(false), &json!(true)));
    assert_eq!((&told["segment"]["version"], &told["sessionId"]), (&json!(1), &json!(session)));
    let criteria = &told["context"]["patterns"][0]["criteria"];
    assert_eq!(told["context"]["patterns"][0]["holds"], false);
    assert_eq!((&criteria[0]["holds"], criteria[0].get("value")), (&json!(false), None));
    assert_eq!((&criteria[1]["holds"], &criteria[1]["value"]), (&json!(true), &json!("mail")));
    let pattern = &told["journey"]["patterns"][0];
    assert_eq!((&pattern["counted"], &pattern["missing"]), (&json!(1), &json!(1)));
    // The session ends when 20 minutes are silent.
    assert_eq!(pattern["until"], json!(server.clock.text(20 * 60_000)));
    assert_eq!(pattern["events"][0]["createdDate"], json!(first));
    assert_eq!(pattern["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(pattern["nearest"]["createdDate"], json!(first));
    assert_eq!(pattern["criteria"][0]["value"], "https://example.org/blog/1?utm_source=mail");

    server.clock.advance_minutes(1);
    let mut event = view(&server, 1, "/blog/2");
    event["device"] = json!({ "category": "desktop" });
    client.record(&event);
    let now = server.clock.text(0);
    let told = client.get(&explain(&session, &segment)).with(200);
    assert_eq!(told["isAssigned"], true);
    assert_eq!(told["assignment"]["dateAssigned"], json!(now));
    assert_eq!(told["journey"]["patterns"][0]["events"].as_array().map(Vec::len), Some(2));
    // What holds is shown with the values that were seen, too.
    let criterion = &told["journey"]["patterns"][0]["criteria"][0];
    assert_eq!(criterion["holds"], true);
    assert_eq!(criterion["value"], "https://example.org/blog/2");
    assert_eq!(told["journey"]["patterns"][0].get("until"), None);
    assert_eq!(told["context"]["patterns"][0]["holds"], true);
    assert_eq!(client.get(&of_customer(1, &segment)).with(200), told);

    // As it was, a minute and a half earlier.
    let then = server.clock.text(-90_000);
    let told = client.get(&format!("{}?at={then}", explain(&session, &segment))).with(200);
    assert_eq!((&told["isAssigned"], &told["at"]), (&json!(false), &json!(then)));
    assert_eq!(told["journey"]["patterns"][0]["counted"], 1);
}

#[test]
fn it_tells_until_when_something_may_come() {
    let server = TestServer::start();
    let client = server.client();
    let mut body = page_segment("forgot", "/cart", 1);
    let never = page_segment("", "/buy", 0)["journey"]["patterns"][0].clone();
    body["journey"]["ordered"] = json!(true);
    let patterns = body["journey"]["patterns"].as_array_mut().expect("patterns");
    patterns.push(never);
    patterns[1]["withinSeconds"] = json!(600);
    let segment = client.create_segment(&body);
    server.clock.advance_minutes(1);
    let session = client.record(&view(&server, 1, "/cart"));
    let until = server.clock.text(600_000);
    let pattern = |told: &Value| told["journey"]["patterns"][1].clone();
    let told = client.get(&explain(&session, &segment)).with(200);
    assert_eq!(told["journey"]["patterns"][0]["holds"], true);
    assert_eq!(
        (&pattern(&told)["holds"], &pattern(&told)["until"]),
        (&json!(false), &json!(until))
    );
    server.clock.advance_minutes(10);
    let told = client.get(&explain(&session, &segment)).with(200);
    assert_eq!((&told["isAssigned"], &pattern(&told)["holds"]), (&json!(true), &json!(true)));
    assert_eq!(told["assignment"]["dateAssigned"], json!(until));
}

#[test]
fn every_assignment_is_explained_by_the_version_that_matched() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&page_segment("edited", "/1/", 1));
    let mut sessions = Vec::new();
    for version in 1..=10_u32 {
        server.clock.advance_ms(1);
        sessions.push(client.record(&view(&server, version, &format!("/{version}/"))));
        // The conditions of the version before are in force no more.
        server.clock.advance_ms(1);
        client.record(&view(&server, 100 + version, &format!("/{}/", version - 1)));
        server.clock.advance_ms(1);
        let other = page_segment("edited", &format!("/{}/", version + 1), 1);
        client
            .patch(&format!("{SEGMENTS}/{segment}"), &json!({ "journey": other["journey"] }))
            .with(200);
    }
    for (session, version) in sessions.iter().zip(1..) {
        let path = format!("/api/v2/journey/sessions/{session}/segments");
        let listed = client.get(&path).with(200);
        assert_eq!(listed["entities"][0]["segment"]["version"], version);
        let told = client.get(&explain(session, &segment)).with(200);
        assert_eq!(
            (&told["isAssigned"], &told["segment"]["version"]),
            (&json!(true), &json!(version))
        );
        assert_eq!(told["assignment"]["id"], listed["entities"][0]["id"]);
        let criterion = &told["journey"]["patterns"][0]["criteria"][0];
        assert_eq!(criterion["values"], json!([format!("/{version}/")]));
        let other = client.get(&of_customer(100 + version, &segment)).with(200);
        assert_eq!((&other["isAssigned"], &other["isJudged"]), (&json!(false), &json!(false)));
        assert_eq!(other["segment"]["version"], 11);
        // As of then, in the version of then.
        let at = text(&other["journey"]["patterns"][0]["nearest"]["createdDate"]).to_owned();
        let then =
            client.get(&format!("{}?at={at}", of_customer(100 + version, &segment))).with(200);
        assert_eq!(
            (&then["isJudged"], &then["segment"]["version"]),
            (&json!(true), &json!(version))
        );
    }
}

#[test]
fn a_customer_is_explained_over_all_sessions() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&customer_segment("often", "/a", 3));
    server.clock.advance_minutes(1);
    let first = client.record(&view(&server, 1, "/a"));
    server.clock.advance_minutes(60);
    let second = client.record(&view(&server, 1, "/a"));
    let app = client.post(&app_events(), &screen_view(&visitor(1), "s", &server.clock.text(0)));
    app.with(200);
    let told = client.get(&explain(&first, &segment)).with(200);
    let pattern = &told["journey"]["patterns"][0];
    assert_eq!((&pattern["counted"], &pattern["missing"]), (&json!(2), &json!(1)));
    assert_eq!(pattern.get("until"), None);
    let sessions: Vec<&str> = pattern["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| text(&event["sessionId"]))
        .collect();
    assert_eq!(sessions, [first.as_str(), second.as_str()]);
    server.clock.advance_ms(1);
    client.record(&view(&server, 1, "/a"));
    let told = client.get(&of_customer(1, &segment)).with(200);
    assert_eq!(
        (&told["isAssigned"], &told["journey"]["patterns"][0]["holds"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn what_is_not_there_cannot_be_explained() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&page_segment("any", "/", 1));
    let session = client.record(&view(&server, 1, "/"));
    let unknown = "a5a5a5a5-0000-4000-8000-00000000abcd";
    client.get(&explain(unknown, &segment)).error(404, "not.found");
    client.get(&explain(&session, unknown)).error(404, "not.found");
    client.get(&of_customer(9, &segment)).error(404, "not.found");
    for at in ["yesterday", "2099-01-01T00:00:00Z"] {
        let path = format!("{}?at={at}", explain(&session, &segment));
        let message = client.get(&path).error(400, "invalid.query.param.value");
        assert!(message.contains(at), "{message}");
    }
    let before = format!("{}?at=2020-01-01T00:00:00Z", explain(&session, &segment));
    client.get(&before).error(404, "not.found");
    server
        .client_with(&["journey:segment:view"])
        .get(&explain(&session, &segment))
        .error(403, "missing.any.permissions");
    // A deleted segment is explained by its versions.
    client.delete(&format!("{SEGMENTS}/{segment}")).with(204);
    assert_eq!(client.get(&explain(&session, &segment)).with(200)["isAssigned"], true);
}
