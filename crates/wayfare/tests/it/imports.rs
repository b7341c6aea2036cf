//! `POST /api/wayfare/v1/imports`: history in lines of JSON.

use std::sync::atomic::{AtomicBool, Ordering};

use expect_test::expect;
use serde_json::{Value, json};
use wayfare_model::assignment::AssignmentState;
use wayfare_model::limits::{BODIES_BYTES_MAX, DUE_BATCH_MAX};
use wayfare_model::time::Moment;
use wayfare_store::journeys::{AssignmentQuery, AssignmentSubject};

use crate::harness::{
    AGGREGATES, IMPORTS, Imported, Request, TestServer, aggregates, customer_segment,
    import_request, lines_of, page_segment, page_view, test_file, visitor,
};

const SESSION: &str = "5e551050-0000-4000-8000-000000000001";
const NOVEMBER: &str = "2026-11-01T00:00:00Z/2026-12-01T00:00:00Z";

fn record(number: u32, minute: u32) -> Value {
    let created = format!("2026-11-20T10:{minute:02}:00Z");
    page_view(&visitor(number), "https://x.example/", &created)
}

fn with(mut record: Value, field: &str, value: Value) -> String {
    record[field] = value;
    record.to_string()
}

#[test]
fn bodies_that_are_under_way_have_a_limit_together() {
    let server = TestServer::start();
    let client = server.client();
    let line = page_view(&visitor(1), "https://x.example/", &server.clock.text(0)).to_string();
    let room = server.app.room_for_body(BODIES_BYTES_MAX - 10).expect("room");
    let refused = client.send(import_request(std::slice::from_ref(&line)));
    assert_eq!(refused.headers.get("retry-after").map(String::as_str), Some("1"));
    refused.error(429, "too.many.requests.retry.after");
    client.get("/api/v2/journey/segments").with(200);
    drop(room);
    assert_eq!(client.send(import_request(&[line])).with(200)["applied"], 1);
}

#[test]
fn bad_lines_are_told_with_number_and_reason_and_the_good_ones_are_applied() {
    let server = TestServer::start();
    let client = server.client();
    let lines = vec![
        record(1, 0).to_string(),
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "{}".to_owned(),
        with(record(1, 1), "createdDate", json!("2026-11-22T09:00:00.001Z")),
        with(record(1, 1), "customerCookieId", json!("someone")),
        with(record(1, 1), "eventName", json!("page viewed")),
        with(record(1, 1), "page", json!({ "url": "x.example" })),
        with(record(1, 1), "page", json!(7)),
        with(record(1, 1), "stream", json!("radio")),
        with(record(1, 1), "sessionType", json!("app")),
        with(record(1, 1), "sessionId", json!("first")),
        with(record(1, 1), "attributes", json!({ "a": [1], "b": { "c": 1 }, "d": null })),
        format!("{} trailing", record(1, 1)),
        with(record(1, 2), "sessionId", json!(SESSION)),
        with(record(2, 3), "sessionId", json!(SESSION)),
        format!("  {}\r", record(1, 4)),
    ];
    let imported = client.import(&lines, 100);
    assert_eq!((imported.applied, imported.duplicates), (3, 0));
    expect![[r#"
        3 not an event record: EOF while parsing an object at line 1 column 1
        4 not an event record: invalid type: sequence, expected an object at line 1 column 0
        5 not an event record: invalid type: null, expected an object at line 1 column 4
        6 field [customerCookieId] is required; field [eventName] is required; field [createdDate] is required
        7 field [createdDate] [2026-11-22T09:00:00.001Z] is in the future
        8 value [someone] is not valid for field [customerCookieId]; allowable values are: a UUID
        9 value [page viewed] is not valid for field [eventName]; allowable values are: 1 to 128 letters, digits and underscores
        10 value [x.example] is not valid for field [page.url]; allowable values are: an absolute URL with a host
        11 not an event record: invalid type: integer `7`, expected an object at line 1 column 93
        12 value [radio] is not valid for field [stream]; allowable values are: web, app
        13 value [app] is not valid for field [sessionType]; allowable values are: web (for stream Web)
        14 value [first] is not valid for field [sessionId]; allowable values are: a UUID
        15 value [[1]] is not valid for field [attributes.a]; allowable values are: text, a number, true, false, or an object of dataType and value; field [attributes.b.dataType] is required; field [attributes.b.value] is required
        16 not an event record: trailing characters at line 1 column 177
        18 the session 5e551050-0000-4000-8000-000000000001 belongs to another customer
    "#]].assert_eq(&(imported.rejected.join("\n") + "\n"));
    let again = client.import(&lines, 100);
    assert_eq!((again.applied, again.duplicates), (0, 3));
    assert_eq!(again.rejected, imported.rejected);
}

#[test]
fn a_line_without_line_break_and_empty_bodies_are_fine() {
    let server = TestServer::start();
    let client = server.client();
    for empty in ["", "\n", "\n\n  \n"] {
        let answer = client.send(Request::new("POST", IMPORTS).body(empty)).with(200);
        assert_eq!(answer, json!({ "applied": 0, "duplicates": 0, "rejected": [] }));
    }
    let one = Request::new("POST", IMPORTS).body(record(1, 0).to_string());
    assert_eq!(client.send(one).with(200)["applied"], 1);
    let two = Request::new("POST", IMPORTS).body(format!("{}\n{}\n", record(2, 0), record(3, 0)));
    assert_eq!(client.send(two).with(200)["applied"], 2);
}

#[test]
fn a_line_that_is_no_text_is_told() {
    let server = TestServer::start();
    let mut body = record(1, 0).to_string().into_bytes();
    body.extend_from_slice(b"\n{\"eventName\": \"\xff\"}\n\0\n");
    let answer = server.client().send(Request::new("POST", IMPORTS).body(body)).with(200);
    assert_eq!(answer["applied"], 1);
    assert_eq!(answer["rejected"][0], json!({ "line": 2, "reason": "the line is not UTF-8" }));
    assert_eq!(answer["rejected"][1]["line"], 3);
}

#[test]
fn an_import_has_limits() {
    let server = TestServer::start();
    let client = server.client();
    let send = |body: String| client.send(Request::new("POST", IMPORTS).body(body));
    send("\n".repeat(10_000)).with(200);
    let message = send("\n".repeat(10_001)).error(413, "request.entity.too.large");
    assert!(message.contains("10000"), "{message}");
    let limit = 16 * 1024 * 1024;
    assert_eq!(send(" ".repeat(limit)).with(200)["rejected"][0]["line"], 1);
    send(" ".repeat(limit + 1)).error(413, "request.entity.too.large");
    let long = with(record(1, 0), "padding", json!("x".repeat(256 * 1024)));
    let answer = send(format!("{long}\n{}", record(2, 0))).with(200);
    assert_eq!((&answer["applied"], &answer["rejected"][0]["line"]), (&json!(1), &json!(1)));
    // Nothing but the two good lines is there.
    let counted = client.count_by(&aggregates(NOVEMBER, "nJourneySessions", &[]));
    assert_eq!(counted, [(String::new(), 1)]);
}

#[test]
fn records_with_an_id_are_known_by_it() {
    let server = TestServer::start();
    let client = server.client();
    let lines = [
        with(record(1, 0), "id", json!("order-1")),
        with(record(1, 1), "id", json!("order-1")),
        with(record(1, 0), "id", json!("order-2")),
        record(1, 0).to_string(),
    ];
    let imported = client.import(&lines, 100);
    let expected = Imported { applied: 3, duplicates: 1, ..Imported::default() };
    assert_eq!(imported, expected);
}

#[test]
fn flat_attributes_have_the_types_of_their_json() {
    let server = TestServer::start();
    let client = server.client();
    let flat = json!({
        "text": "t", "whole": -3, "real": 2.5, "big": 1e300, "yes": true, "none": null,
        "typed": { "dataType": "number", "value": "4" },
    });
    let mut line = record(1, 0);
    line["sessionId"] = json!(SESSION);
    line["attributes"] = flat;
    assert_eq!(client.import(&[line.to_string()], 1).applied, 1);
    let session = client.get(&format!("/api/v2/journey/sessions/{SESSION}")).with(200);
    let expected = json!({
        "big": { "dataType": "number", "value": "1e+300" },
        "real": { "dataType": "number", "value": "2.5" },
        "text": { "dataType": "string", "value": "t" },
        "typed": { "dataType": "number", "value": "4" },
        "whole": { "dataType": "integer", "value": "-3" },
        "yes": { "dataType": "boolean", "value": "true" },
    });
    assert_eq!(session["attributes"], expected);
}

#[test]
fn history_before_now_is_over_when_it_is_read() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Visitors", "x.example", 1));
    for number in 0..20 {
        let mut line = record(number, 0);
        let session = format!("5e551050-0000-4000-8000-{number:012}");
        line["sessionId"] = json!(session);
        assert_eq!(client.import(&[line.to_string()], 1).applied, 1);
        let listed = client.walk(&format!("/api/v2/journey/sessions/{session}/segments"));
        assert_eq!(listed[0]["state"], "Unassigned", "right after import {number}");
        assert_eq!(listed[0]["dateUnassigned"], "2026-11-20T10:20:00.000Z");
    }
    let answer = client.post(AGGREGATES, &aggregates(NOVEMBER, "nJourneySessions", &[])).with(200);
    assert_eq!(answer["results"][0]["data"][0]["metrics"][0]["stats"]["count"], 20);
}

#[test]
fn history_and_live_events_of_one_visitor_fit_together() {
    let server = TestServer::start();
    let client = server.client();
    let at = |ms| page_view(&visitor(1), "https://x.example/", &server.clock.text(ms));
    let live = client.record(&at(0));
    // Without a session of its own the record joins by its time, however late it comes.
    assert_eq!(client.import(&[at(-5 * 60_000).to_string()], 1).applied, 1);
    let shown = client.get(&format!("/api/v2/journey/sessions/{live}")).with(200);
    assert_eq!((&shown["eventCount"], &shown["durationInSeconds"]), (&json!(2), &json!(300)));
    assert_eq!(client.record(&at(1_000)), live);
}

#[test]
fn lines_are_applied_in_the_order_of_their_times() {
    let server = TestServer::start();
    let client = server.client();
    let line = |minute: u32, referrer: &str| {
        let mut line = record(1, minute);
        line["sessionId"] = json!(SESSION);
        line["referrerUrl"] = json!(referrer);
        line.to_string()
    };
    let lines = [
        line(5, "https://later.example/"),
        line(2, "https://first.example/"),
        "{".to_owned(),
        line(2, "https://second.example/"),
    ];
    let imported = client.import(&lines, 100);
    assert_eq!((imported.applied, imported.rejected.len()), (3, 1));
    assert!(imported.rejected[0].starts_with("3 "), "{:?}", imported.rejected);
    let session = client.get(&format!("/api/v2/journey/sessions/{SESSION}")).with(200);
    assert_eq!(session["referrer"]["hostname"], "first.example");
    assert_eq!(session["createdDate"], "2026-11-20T10:02:00.000Z");
    assert_eq!(session["lastEvent"]["createdDate"], "2026-11-20T10:05:00.000Z");
}

#[test]
fn the_cut_into_requests_makes_no_difference() {
    let mut lines = lines_of(&test_file("semicomplete/semicomplete-web.ndjson.gz"));
    lines.truncate(600);
    // In the order of their times. Within a request that is done by the server.
    lines.sort_by_key(|line| {
        let record: Value = serde_json::from_str(line).expect("a record");
        record["createdDate"].to_string()
    });
    let mut truths = Vec::new();
    for at_a_time in [600, 37, 1] {
        let server = TestServer::start();
        let client = server.client();
        for segment in crate::replay::segments("semicomplete-web") {
            client.create_segment(&segment);
        }
        let imported = client.import(&lines, at_a_time);
        assert_eq!(imported, Imported { applied: 600, ..Imported::default() });
        truths.push(crate::harness::Truth::read(&client, crate::replay::WEEK));
    }
    assert_eq!(truths[0], truths[1]);
    assert_eq!(truths[0], truths[2]);
}

#[test]
fn a_record_says_whether_the_visitor_was_logged_in() {
    let server = TestServer::start();
    let client = server.client();
    let logged_in = json!({
        "key": "authenticated", "values": ["true"], "operator": "equal", "entityType": "visit",
    });
    let segment = json!({
        "displayName": "Logged in", "context": { "patterns": [{ "criteria": [logged_in] }] },
    });
    client.create_segment(&segment);
    let session = |number: u32, records: &[Value]| {
        let id = format!("5e551050-0000-4000-8000-{number:012}");
        let lines: Vec<String> =
            records.iter().map(|one| with(one.clone(), "sessionId", json!(id))).collect();
        assert_eq!(client.import(&lines, 10).applied, records.len() as u64);
        let shown = client.get(&format!("/api/v2/journey/sessions/{id}")).with(200);
        let assigned = shown["segmentAssignments"].as_array().map_or(0, Vec::len);
        (shown["authenticated"].clone(), assigned)
    };
    let record = |number: u32, minute: u32, is_logged_in: Option<bool>| {
        let mut record = record(number, minute);
        if let Some(yes) = is_logged_in {
            record["authenticated"] = json!(yes);
        }
        record
    };
    assert_eq!(session(1, &[record(1, 0, None)]), (Value::Null, 0));
    assert_eq!(session(2, &[record(2, 0, Some(false))]), (json!(false), 0));
    // Once logged in, a visit is one of somebody who is known.
    let visit = [record(3, 0, Some(false)), record(3, 1, Some(true)), record(3, 2, Some(false))];
    assert_eq!(session(3, &visit), (json!(true), 1));
    let wrong = with(record(4, 0, None), "authenticated", json!("yes"));
    assert_eq!(client.import(&[wrong], 1).rejected.len(), 1);
}

#[test]
fn events_are_answered_while_what_an_import_left_is_ended() {
    const VISITORS: usize = 4 * DUE_BATCH_MAX + 1;
    let server = TestServer::start();
    let organisation = server.app.first_organisation().expect("an organisation");
    let due = || {
        let now = Moment::parse(&server.clock.text(0)).expect("a moment");
        server.run(server.stores.journeys.due(organisation, now, VISITORS)).expect("what is due")
    };
    let lines: Vec<String> = (0..u32::try_from(VISITORS).expect("few"))
        .map(|number| {
            page_view(&visitor(number), "https://x.example/", &server.clock.text(-60_000))
        })
        .map(|line| line.to_string())
        .collect();
    for part in lines.chunks(2_000) {
        assert_eq!(server.client().send(import_request(part)).with(200)["applied"], part.len());
    }
    server.clock.advance_minutes(60);
    assert_eq!(due().sessions.len(), VISITORS);
    let asker = &server;
    std::thread::scope(|scope| {
        // Whoever asks waits until all of it has ended.
        let path = format!("/api/v2/journey/customers/cookie/{}/segments", visitor(1));
        let asking = scope.spawn(move || asker.client().get(&path).with(200));
        while due().sessions.len() == VISITORS {
            std::thread::yield_now();
        }
        server.anonymous().record(&page_view(
            &visitor(1),
            "https://x.example/again",
            &server.clock.text(0),
        ));
        assert!(!due().sessions.is_empty(), "the event waited for the end of all");
        asking.join().expect("an answer");
    });
    assert!(due().sessions.is_empty());
}

#[test]
fn events_are_answered_while_many_leave_a_deleted_segment() {
    const VISITORS: usize = 4 * DUE_BATCH_MAX + 1;
    let server = TestServer::start();
    let organisation = server.app.first_organisation().expect("an organisation");
    let segment = server.client().create_segment(&customer_segment("Views", "x.example", 1));
    let query = AssignmentQuery {
        subject: AssignmentSubject::Segment(segment.parse().expect("an id")),
        scope: None,
        state: Some(AssignmentState::Assigned),
    };
    let members = || {
        let journeys = &server.stores.journeys;
        let found = journeys.assignments(organisation, &query, None, VISITORS);
        server.run(found).expect("the members").len()
    };
    let view = |number, path: &str| {
        page_view(&visitor(number), &format!("https://x.example/{path}"), &server.clock.text(-60))
    };
    let numbers = 0..u32::try_from(VISITORS).expect("few");
    let lines: Vec<String> = numbers.map(|number| view(number, "").to_string()).collect();
    for part in lines.chunks(2_000) {
        assert_eq!(server.client().send(import_request(part)).with(200)["applied"], part.len());
    }
    assert_eq!(members(), VISITORS);
    let asker = &server;
    std::thread::scope(|scope| {
        let path = format!("/api/v2/journey/segments/{segment}");
        let deleting = scope.spawn(move || {
            asker.client().delete(&path).with(204);
        });
        while members() == VISITORS {
            std::thread::yield_now();
        }
        server.anonymous().record(&view(1, "again"));
        assert!(members() > 0, "the event waited for the end of all");
        deleting.join().expect("an answer");
    });
    assert_eq!(members(), 0);
    server.client().get(&format!("/api/v2/journey/segments/{segment}")).with(404);
}

#[test]
fn who_asks_during_an_import_is_answered_before_it_is_over() {
    const PARTS_MAX: usize = 400;
    const LINES: usize = 50;
    let server = TestServer::start();
    server.client().create_segment(&page_segment("Views", "x.example", 1));
    let importer = &server;
    let is_answered = &AtomicBool::new(false);
    let (imported, count) = std::thread::scope(|scope| {
        let (begun, begins) = std::sync::mpsc::channel();
        let importing = scope.spawn(move || {
            for part in 0..PARTS_MAX {
                // Sessions that are over at once.
                let at = importer.clock.text(-7_200_000);
                let lines: Vec<String> = (0..LINES)
                    .map(|line| u32::try_from(part * LINES + line).expect("few"))
                    .map(|number| page_view(&visitor(number), "https://x.example/", &at))
                    .map(|line| line.to_string())
                    .collect();
                importer.client().send(import_request(&lines)).with(200);
                let _asked = begun.send(());
                if is_answered.load(Ordering::SeqCst) {
                    return part + 1;
                }
            }
            PARTS_MAX
        });
        begins.recv().expect("an import");
        let query = aggregates(NOVEMBER, "nJourneySegmentsAssigned", &[]);
        let counted = importer.client().count_by(&query);
        is_answered.store(true, Ordering::SeqCst);
        (importing.join().expect("an import"), counted[0].1)
    });
    assert!(imported < PARTS_MAX, "the answer waited for the end of the import");
    assert!(count >= LINES as u64, "{count}");
}
