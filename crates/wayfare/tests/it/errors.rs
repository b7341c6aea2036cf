//! Every error that a client can meet, each provoked by a request.

mod broken;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wayfare_http::problem::TABLE;
use wayfare_model::limits::{
    AGGREGATE_CELLS_MAX, BODY_BYTES_MAX, IMPORT_LINES_MAX, INGEST_QUEUE_MAX, SEGMENTS_MAX,
};
use wayfare_store::documents::{Document, Kind};

use self::broken::{BrokenServer, Facts};
use crate::harness::{
    AGGREGATES, Answer, CLIENT_ID, IMPORTS, Request, SEGMENTS, TestClient, TestServer,
    page_segment, page_view, visitor, web_events,
};

const HOUR: &str = "2026-11-22T00:00:00.000Z/PT1H";

fn query() -> Value {
    json!({ "interval": HOUR, "metrics": ["nJourneySessions"] })
}

/// What a healthy server refuses, by code.
fn refused(server: &TestServer) -> Vec<(&'static str, Answer)> {
    let client = server.client();
    let anonymous = server.anonymous();
    let limited = server.client_with(&["journey:segment:view"]);
    let segment = client.create_segment(&page_segment("a", "/a", 1));
    let path = format!("{SEGMENTS}/{segment}");
    let event = |created: &str| page_view(&visitor(1), "https://example.com/", created);
    let mut by_session = query();
    by_session["interval"] = json!("2026-01-01T00:00:00Z/P1D");
    by_session["groupBy"] = json!(["journeySessionId"]);
    import_visits(&client, "2026-01-01T12:00:00.000Z", AGGREGATE_CELLS_MAX + 1);
    let text = Request::new("POST", SEGMENTS).header("content-type", "text/plain").body("{}");
    let large = format!("{{\"displayName\":\"{}\"}}", "a".repeat(BODY_BYTES_MAX));
    vec![
        ("bad.request", client.send_text("POST", SEGMENTS, "{")),
        ("invalid.value", client.post(SEGMENTS, &json!({ "displayName": "a", "color": "red" }))),
        ("invalid.query.param.value", client.get(&format!("{SEGMENTS}?pageSize=0"))),
        ("invalid.date", client.post(&web_events(), &event("yesterday"))),
        ("constraint.validation", client.post(SEGMENTS, &json!({}))),
        ("response.entity.too.large", client.post(AGGREGATES, &by_session)),
        ("authentication.required", anonymous.get(SEGMENTS)),
        ("bad.credentials", anonymous.with_token("unknown").get(SEGMENTS)),
        ("missing.any.permissions", limited.post(SEGMENTS, &json!({}))),
        ("not.found", client.get(&format!("{SEGMENTS}/{CLIENT_ID}"))),
        ("method.not.allowed", client.send(Request::new("PUT", SEGMENTS))),
        ("request.conflict", client.patch(&path, &json!({ "version": 7 }))),
        ("request.entity.too.large", client.send_text("POST", SEGMENTS, &large)),
        ("unsupported.media.type", client.send(text)),
        ("unprocessable.entity", late_event(server, &client)),
    ]
}

/// One visit each of many visitors.
fn import_visits(client: &TestClient<'_>, created: &str, count: usize) {
    let visit = |number: usize| {
        let number = u32::try_from(number).expect("a small number");
        page_view(&visitor(number), "https://example.com/", created).to_string()
    };
    let lines: Vec<String> = (0..count).map(visit).collect();
    for lines in lines.chunks(IMPORT_LINES_MAX) {
        let request = Request::new("POST", IMPORTS).body(lines.join("\n"));
        let imported = client.send(request).with(200);
        assert_eq!(imported["applied"], lines.len());
    }
}

/// An event from before the visitor's session, which has gone on for longer than a session may rest.
fn late_event(server: &TestServer, client: &TestClient<'_>) -> Answer {
    let of = |created: &str| page_view(&visitor(2), "https://example.com/", created);
    client.record(&of(&server.clock.text(0)));
    server.clock.advance_minutes(10);
    client.record(&of(&server.clock.text(0)));
    client.post(&web_events(), &of(&server.clock.text(-50 * 60_000)))
}

/// What only a server in trouble answers, by code.
fn failed() -> Vec<(&'static str, Answer)> {
    let server = BrokenServer::start(true);
    let client = server.client();
    let mut answers = Vec::new();
    for (code, facts) in
        [("internal.server.error", Facts::Damaged), ("service.unavailable", Facts::Unavailable)]
    {
        server.facts(facts);
        answers.push((code, client.post(AGGREGATES, &query())));
    }
    answers.push(("client.failed.request", server.with_broken_body(SEGMENTS, client.token())));
    server.pause_time();
    answers.push(("client.timeout", server.with_body_that_never_comes(SEGMENTS, client.token())));
    server.facts(Facts::Stalled);
    answers.push(("request.timeout", client.post(AGGREGATES, &query())));
    answers
}

/// The queue is full when nobody works on it.
fn too_many_requests() -> Answer {
    let server = BrokenServer::start(false);
    let created = server.now();
    let event = |number: usize| {
        let number = u32::try_from(number).expect("a small number");
        page_view(&visitor(number), "https://example.com/", &created).to_string()
    };
    let bodies: Vec<String> = (0..=INGEST_QUEUE_MAX).map(event).collect();
    server.first_answer(&web_events(), &bodies)
}

/// As many segments as there may be, put where the product finds them when it starts.
fn one_segment_too_many() -> Answer {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let server = TestServer::open(directory.path());
    let client = server.client();
    let id = client.create_segment(&page_segment("one", "/one", 1));
    let organisation = server.app.first_organisation().expect("an organisation");
    server.run(async {
        let documents = &server.stores.documents;
        let id = uuid::Uuid::parse_str(&id).expect("an id");
        let one = documents.fetch(organisation, Kind::Segment, id).await;
        let one = one.expect("an answer").expect("the segment");
        let copy = |number: usize| {
            let id = uuid::Uuid::from_u128(number as u128 + 1);
            (Kind::Segment, Document { id, ..one.clone() })
        };
        let copies = (1..SEGMENTS_MAX).map(copy).collect();
        documents.insert_all(organisation, copies).await.expect("stored");
    });
    drop(client);
    server.close();
    let server = TestServer::open(directory.path());
    server.client().post(SEGMENTS, &page_segment("one more", "/", 1))
}

#[test]
fn every_code_is_answered_with_its_status() {
    let server = TestServer::start();
    let mut answers = refused(&server);
    answers.extend(failed());
    answers.push(("too.many.requests.retry.after", too_many_requests()));
    let limit = one_segment_too_many();
    assert_eq!(
        limit.json["limit"],
        json!({ "key": "segments", "namespace": "journey", "value": SEGMENTS_MAX })
    );
    answers.push(("limit.exceeded", limit));
    let mut seen = BTreeSet::new();
    for (code, answer) in answers {
        let row = TABLE.iter().find(|row| row.kind.code() == code).expect(code);
        if matches!(row.status.as_u16(), 429 | 503) {
            assert!(answer.headers.contains_key("retry-after"), "{code}");
        }
        answer.error(row.status.as_u16(), code);
        seen.insert(code);
    }
    let all: BTreeSet<&str> = TABLE.iter().map(|row| row.kind.code()).collect();
    assert_eq!(seen, all);
}

#[test]
fn an_error_tells_its_parts_as_the_contract_has_them() {
    let server = TestServer::start();
    let client = server.client();
    let answer = client.get(&format!("{SEGMENTS}/{CLIENT_ID}"));
    let mut body = answer.clone().with(404);
    body["contextId"] = json!("-");
    let expected = json!({
        "message": format!("segment '{CLIENT_ID}' was not found"),
        "code": "not.found",
        "status": 404,
        "entityId": CLIENT_ID,
        "entityName": "segment",
        "messageWithParams": "{entityName} '{entityId}' was not found",
        "messageParams": { "entityId": CLIENT_ID, "entityName": "segment" },
        "contextId": "-",
        "details": [],
        "errors": [],
    });
    assert_eq!(body, expected);
    let body = client.post(SEGMENTS, &json!({ "color": "red" })).with(400);
    let first = &body["details"][0];
    assert_eq!(first["errorCode"], "constraint.validation");
    assert_eq!(first["fieldName"], "displayName");
    assert_eq!(first["message"], "field [displayName] is required");
    assert_eq!(body["details"][1]["fieldName"], "color");
}

/// What is odd, but still a request.
#[test]
fn odd_requests_have_the_error_body_too() {
    let server = TestServer::start();
    let client = server.client();
    let check = |method: &str, path: &str, status, code: &str| {
        client.send(Request::new(method, path)).error(status, code);
    };
    check("GET", &format!("{SEGMENTS}/%FF%FE"), 400, "bad.request");
    check("GET", &format!("{SEGMENTS}/%"), 404, "not.found");
    check("GET", &format!("{SEGMENTS}/%zz"), 404, "not.found");
    check("OPTIONS", "/api/v2/nothing", 404, "not.found");
    check("TRACE", SEGMENTS, 405, "method.not.allowed");
    check("BREW", SEGMENTS, 405, "method.not.allowed");
    check("GET", &format!("{SEGMENTS}?pageSize=%FF"), 400, "invalid.query.param.value");
    let answer = client.send(Request::new("PUT", SEGMENTS));
    assert_eq!(answer.headers["allow"], "POST,GET,HEAD");
}

#[test]
fn a_body_that_is_not_what_it_should_be_is_a_clean_400() {
    let server = TestServer::start();
    let client = server.client();
    let check = |body: &str, code: &str, field: &str| {
        let answer = client.send_text("POST", SEGMENTS, body);
        let faults = answer.faults();
        answer.error(400, code);
        assert_eq!(faults, field, "{}", &body[..body.len().min(80)]);
    };
    let deep = |open: &str, close: &str| open.repeat(5_000) + &close.repeat(5_000);
    check("null", "invalid.value", "invalid.value .\n");
    check("[]", "invalid.value", "invalid.value .\n");
    check("{}x", "bad.request", "");
    check("", "bad.request", "");
    check("{\"displayName\": NaN}", "bad.request", "bad.request displayName\n");
    check("{\"displayName\": \"a\", \"version\": 1e400}", "bad.request", "bad.request version\n");
    check(
        "{\"displayName\": \"a\", \"version\": 9223372036854775808}",
        "invalid.value",
        "invalid.value version\n",
    );
    check("{\"displayName\": \"\\ud800\"}", "bad.request", "bad.request displayName\n");
    check("{\"displayName\": \"a\", \"displayName\": \"b\"}", "invalid.value", "invalid.value .\n");
    check(&deep("[", "]"), "invalid.value", "invalid.value .\n");
    // What nobody reads may be as deep as it likes.
    check(
        &(r#"{"x":"#.to_owned() + &deep("[", "]") + "}"),
        "constraint.validation",
        "constraint.validation displayName\n",
    );
}
