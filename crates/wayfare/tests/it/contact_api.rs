//! External contacts in today's API: segments with partial success, sessions, and what happened in
//! a session.

use serde_json::{Value, json};

use crate::harness::{
    TestClient, TestServer, aggregates, app_events, customer_segment, page_segment, page_view,
    screen_view, visitor, web_events,
};

/// A contact that nobody has seen.
const CONTACT: &str = "c0117ac7-0000-4000-8000-000000000001";
const UNKNOWN: &str = "a5a5a5a5-0000-4000-8000-00000000abcd";

fn segments_of(contact: &str) -> String {
    format!("/api/v2/externalcontacts/contacts/{contact}/journey/segments")
}

fn sessions_of(contact: &str) -> String {
    format!("/api/v2/externalcontacts/contacts/{contact}/journey/sessions")
}

fn update(assign: &[&str], unassign: &[&str]) -> Value {
    let list = |ids: &[&str]| -> Value { ids.iter().map(|id| json!({ "id": id })).collect() };
    json!({ "assign": { "segments": list(assign) }, "unassign": { "segments": list(unassign) } })
}

/// The segments of a list of assignments, in its order.
fn segment_ids(listing: &Value) -> Vec<String> {
    let entities = listing["entities"].as_array().expect("entities");
    let id = |entity: &Value| entity["segment"]["id"].as_str().expect("an id").to_owned();
    entities.iter().map(id).collect()
}

fn contact_of(client: &TestClient<'_>, session: &str) -> String {
    let found = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    found["externalContact"]["id"].as_str().expect("a contact").to_owned()
}

#[test]
fn segments_are_assigned_renewed_and_taken_back() {
    let server = TestServer::start();
    let client = server.client();
    let mut days = customer_segment("for a week", "a", 9);
    days["assignmentExpirationDays"] = json!(7);
    let week = client.create_segment(&days);
    let plain = client.create_segment(&page_segment("plain", "b", 9));
    client.get(&segments_of(CONTACT)).error(404, "not.found");

    let nothing = json!({ "unprocessedItems": {
        "assign": { "segments": [] }, "unassign": { "segments": [] }, "count": 0,
    } });
    let done = client.post(&segments_of(CONTACT), &update(&[&week, &plain], &[])).with(200);
    assert_eq!(done, nothing);
    let listed = client.get(&segments_of(CONTACT)).with(200);
    let entities = listed["entities"].as_array().expect("entities");
    assert_eq!(entities.len(), 2);
    assert!(listed.get("nextUri").is_none());
    let of_week = |listed: &Value| -> Value {
        let entities = listed["entities"].as_array().expect("entities");
        let found = entities.iter().find(|entity| entity["segment"]["id"] == week.as_str());
        found.expect("an assignment").clone()
    };
    let first = of_week(&listed);
    assert_eq!(first["dateAssigned"], server.clock.text(0));
    assert_eq!(first["dateForUnassignment"], server.clock.text(7 * 24 * 60 * 60 * 1_000));
    assert_eq!(first["externalContact"]["id"], CONTACT);
    assert!(first.get("session").is_none());

    server.clock.advance_days(2);
    // A token lives for a day.
    let client = server.client();
    client.post(&segments_of(CONTACT), &update(&[&week], &[&plain])).with(200);
    let listed = client.get(&segments_of(CONTACT)).with(200);
    assert_eq!(segment_ids(&listed), [week.as_str()]);
    let renewed = of_week(&listed);
    assert_eq!(renewed["id"], first["id"]);
    assert_eq!(renewed["dateAssigned"], first["dateAssigned"]);
    assert_eq!(renewed["dateForUnassignment"], server.clock.text(7 * 24 * 60 * 60 * 1_000));

    // A renewal is not counted; the end of an assignment is, for who asks for ends.
    let query = aggregates(
        "2026-11-01T00:00:00Z/2026-12-31T00:00:00Z",
        "nJourneySegmentsAssigned",
        &["journeySegmentAssignmentState"],
    );
    let expected = [("Assigned".to_owned(), 2), ("Unassigned".to_owned(), 1)];
    assert_eq!(client.count_by(&query), expected);

    server.clock.advance_days(7);
    assert_eq!(
        segment_ids(&server.client().get(&segments_of(CONTACT)).with(200)),
        Vec::<String>::new()
    );
}

#[test]
fn what_is_unknown_comes_back_and_the_rest_is_done() {
    let server = TestServer::start();
    let client = server.client();
    let known = client.create_segment(&page_segment("known", "a", 9));
    let body = update(&[UNKNOWN, &known, "no uuid"], &["A5A5A5A5-0000-4000-8000-00000000ABCE"]);
    let done = client.post(&segments_of(CONTACT), &body).with(200);
    assert_eq!(
        done["unprocessedItems"],
        json!({
            "assign": { "segments": [{ "id": UNKNOWN }, { "id": "no uuid" }] },
            "unassign": { "segments": [{ "id": "A5A5A5A5-0000-4000-8000-00000000ABCE" }] },
            "count": 3,
        })
    );
    assert_eq!(segment_ids(&client.get(&segments_of(CONTACT)).with(200)), [known]);
}

#[test]
fn bad_updates_tell_all_their_faults_and_change_nothing() {
    let server = TestServer::start();
    let client = server.client();
    let known = client.create_segment(&page_segment("known", "a", 9));
    let eleven: Vec<&str> = vec![&known; 11];
    let answer = client.post(&segments_of(CONTACT), &update(&eleven, &[]));
    assert_eq!(answer.faults(), "constraint.validation assign.segments\n");
    let both = client.post(&segments_of(CONTACT), &update(&[&known], &[&known]));
    assert_eq!(both.faults(), "constraint.validation unassign.segments[0].id\n");
    let without = json!({ "assign": { "segments": [{ "id": known }, {}, { "id": "" }] } });
    let answer = client.post(&segments_of(CONTACT), &without);
    assert_eq!(
        answer.faults(),
        "constraint.validation assign.segments[1].id\nconstraint.validation assign.segments[2].id\n"
    );
    for (body, code) in [("null", "invalid.value"), ("[]", "invalid.value"), ("{", "bad.request")] {
        client.send_text("POST", &segments_of(CONTACT), body).error(400, code);
    }
    client.get(&segments_of(CONTACT)).error(404, "not.found");
    client.post(&segments_of("no%20uuid"), &update(&[&known], &[])).error(404, "not.found");
    // Nothing asked for, nothing done: not even the contact.
    for body in [json!({}), update(&[], &[])] {
        client.post(&segments_of(CONTACT), &body).with(200);
    }
    client.get(&segments_of(CONTACT)).error(404, "not.found");
}

#[test]
fn adding_and_deleting_are_permissions_of_their_own() {
    let server = TestServer::start();
    let known = server.client().create_segment(&page_segment("known", "a", 9));
    let old = format!("/api/v2/journey/externalcontacts/{CONTACT}/segments");
    let item = |state: &str| json!([{ "segmentId": known, "state": state }]);
    let forms = [
        (
            segments_of(CONTACT),
            "externalContacts:segmentAssignment",
            200,
            update(&[&known], &[]),
            update(&[], &[&known]),
        ),
        (old, "journey:segmentassignment", 204, item("Assigned"), item("Unassigned")),
    ];
    for (path, permission, status, assign, unassign) in forms {
        let adds = server.client_with(&[&format!("{permission}:add")]);
        adds.post(&path, &assign).with(status);
        let message = adds.post(&path, &unassign).error(403, "missing.any.permissions");
        assert!(message.contains(&format!("{permission}:delete")), "{message}");
        let deletes = server.client_with(&[&format!("{permission}:delete")]);
        let message = deletes.post(&path, &assign).error(403, "missing.any.permissions");
        assert!(message.contains(&format!("{permission}:add")), "{message}");
        deletes.post(&path, &unassign).with(status);
    }
    let views = server.client_with(&["externalContacts:segmentAssignment:view"]);
    views.get(&segments_of(CONTACT)).with(200);
    views.post(&segments_of(CONTACT), &json!({})).error(403, "missing.any.permissions");
}

#[test]
fn a_list_of_segments_has_a_limit_and_begins_with_the_latest() {
    let server = TestServer::start();
    let client = server.client();
    let mut made = Vec::new();
    for number in 0..30 {
        let segment = client.create_segment(&page_segment(&format!("s{number}"), "a", 9));
        client.post(&segments_of(CONTACT), &update(&[&segment], &[])).with(200);
        server.clock.advance_ms(1);
        made.push(segment);
    }
    made.reverse();
    let list = |query: &str| segment_ids(&client.get(&(segments_of(CONTACT) + query)).with(200));
    assert_eq!(list(""), made[..25]);
    assert_eq!(list("?limit=500&includeMerged=True"), made);
    assert_eq!(list("?limit=1&includeMerged=false"), made[..1]);
    for query in ["?limit=0", "?limit=501", "?limit=many", "?includeMerged=perhaps"] {
        let answer = client.get(&(segments_of(CONTACT) + query));
        let message = answer.error(400, "invalid.query.param.value");
        let name = query.trim_start_matches('?').split('=').next().expect("a name");
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn sessions_of_a_contact_come_latest_first_and_page_by_page() {
    let server = TestServer::start();
    let client = server.client();
    let mut sessions = Vec::new();
    for _ in 0..5 {
        let event = page_view(&visitor(1), "https://shop.example/a", &server.clock.text(0));
        sessions.push(client.record(&event));
        server.clock.advance_minutes(30);
    }
    sessions.reverse();
    let contact = contact_of(&client, &sessions[0]);
    let ids = |entities: &[Value]| -> Vec<String> {
        entities.iter().map(|found| found["id"].as_str().expect("an id").to_owned()).collect()
    };
    for size in [1, 2, 5, 200] {
        let path = format!("{}?pageSize={size}&includeMerged=true", sessions_of(&contact));
        assert_eq!(ids(&client.walk(&path)), sessions, "{size}");
    }
    let first = client.get(&format!("{}?pageSize=2", sessions_of(&contact))).with(200);
    // A session that begins meanwhile is before the place, and moves no page.
    let event = page_view(&visitor(1), "https://shop.example/a", &server.clock.text(0));
    client.record(&event);
    let next = first["nextUri"].as_str().expect("a next page");
    assert_eq!(ids(&client.walk(next)), sessions[2..]);
    assert!(first.get("previousUri").is_none());

    client.get(&sessions_of(UNKNOWN)).error(404, "not.found");
    for query in ["?pageSize=201", "?includeMerged=2"] {
        let answer = client.get(&(sessions_of(&contact) + query));
        answer.error(400, "invalid.query.param.value");
    }
}

#[test]
fn a_session_tells_its_events_and_the_segments_assigned_in_it() {
    let server = TestServer::start();
    let client = server.client();
    let visit = client.create_segment(&page_segment("any page", "shop", 1));
    let buyer = client.create_segment(&customer_segment("two pages", "shop", 2));
    let earlier = page_view(&visitor(1), "https://other.example/", &server.clock.text(0));
    client.record(&earlier);
    server.clock.advance_minutes(30);
    let mut session = String::new();
    let mut times = Vec::new();
    for number in 0..3 {
        times.push(server.clock.text(0));
        let url = format!("https://shop.example/{number}?utm_source=mail");
        let mut event = page_view(&visitor(1), &url, &server.clock.text(0));
        event["attributes"] = json!({ "price": { "dataType": "number", "value": "9" } });
        session = client.record(&event);
        server.clock.advance_minutes(1);
    }
    let path = format!("/api/v2/journey/sessions/{session}/events");
    let all = client.walk(&path);
    let shown: Vec<(&str, &str)> = all
        .iter()
        .map(|event| {
            let what = event["webEvent"]["page"]["pathname"].as_str();
            let segment = event["segmentAssignmentEvent"]["segment"]["id"].as_str();
            let what = what.or(segment).expect("a page or a segment");
            (event["createdDate"].as_str().expect("a date"), what)
        })
        .collect();
    assert_eq!(
        shown,
        [
            (times[0].as_str(), "/0"),
            (&times[0], &visit),
            (&times[1], "/1"),
            (&times[1], &buyer),
            (&times[2], "/2"),
        ]
    );
    let first = &all[0];
    assert_eq!(first["eventType"], "com.genesys.journey.WebEvent");
    assert_eq!(
        (&first["customerId"], &first["customerIdType"]),
        (&json!(visitor(1)), &json!("cookie"))
    );
    let own = json!({
        "id": session, "type": "web", "selfUri": format!("/api/v2/journey/sessions/{session}"),
    });
    assert_eq!(first["session"], own);
    let web = &first["webEvent"];
    assert_eq!(web["eventName"], "page_viewed");
    assert_eq!((&web["totalEventCount"], &web["totalPageviewCount"]), (&json!(4), &json!(4)));
    assert_eq!(web["mktCampaign"]["source"], "mail");
    assert_eq!(web["attributes"]["price"], json!({ "dataType": "number", "value": "9" }));
    let assigned = &all[1];
    assert_eq!(assigned["eventType"], "com.genesys.journey.SegmentAssignmentEvent");
    assert!(assigned.get("customerId").is_none());
    assert_eq!(assigned["session"], own);
    check_event_filters(&client, &path, &all);
}

/// The events of a session by type and in pages of every size, and what is no such list.
fn check_event_filters(client: &TestClient<'_>, path: &str, all: &[Value]) {
    let only = |types: &str| client.walk(&format!("{path}?eventType={types}&pageSize=1")).len();
    assert_eq!(only("com.genesys.journey.WebEvent"), 3);
    assert_eq!(only("com.genesys.journey.SegmentAssignmentEvent"), 2);
    assert_eq!(only("com.genesys.journey.WebEvent,com.genesys.journey.SegmentAssignmentEvent"), 5);
    assert_eq!(only("com.genesys.journey.AppEvent"), 0);
    assert_eq!(
        only("com.genesys.journey.OutcomeAchievedEvent,com.genesys.journey.WebActionEvent"),
        0
    );
    for size in 1..6 {
        assert_eq!(client.walk(&format!("{path}?pageSize={size}")), all, "{size}");
    }
    let message =
        client.get(&format!("{path}?eventType=WebEvent")).error(400, "invalid.query.param.value");
    assert!(message.contains("com.genesys.journey.WebEvent"), "{message}");
    client.get(&format!("{path}?pageSize=201")).error(400, "invalid.query.param.value");
    let unknown = format!("/api/v2/journey/sessions/{UNKNOWN}/events");
    client.get(&unknown).error(404, "not.found");
}

#[test]
fn app_events_are_told_as_app_events() {
    let server = TestServer::start();
    let client = server.client();
    let event = screen_view(&visitor(2), "Basket", &server.clock.text(0));
    let answer = client.post(&app_events(), &event).with(200);
    let session = answer["session"]["id"].as_str().expect("a session");
    let all = client.walk(&format!("/api/v2/journey/sessions/{session}/events"));
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["eventType"], "com.genesys.journey.AppEvent");
    assert_eq!(all[0]["id"], answer["id"]);
    assert_eq!(all[0]["appEvent"]["screenName"], "Basket");
    assert_eq!(all[0]["appEvent"]["app"]["buildNumber"], "7");
    assert!(all[0].get("webEvent").is_none());
}

#[test]
fn cursors_are_good_for_their_own_list_only_and_after_a_restart() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let server = TestServer::open(directory.path());
    let client = server.client();
    client.create_segment(&page_segment("any", "shop", 1));
    let mut session = String::new();
    for number in 0..3 {
        let url = format!("https://shop.example/{number}");
        session = client.record(&page_view(&visitor(1), &url, &server.clock.text(0)));
        client.record(&page_view(&visitor(2), &url, &server.clock.text(0)));
        server.clock.advance_minutes(30);
    }
    let contact = contact_of(&client, &session);
    let other = client
        .post(
            &web_events(),
            &page_view(&visitor(2), "https://shop.example/x", &server.clock.text(0)),
        )
        .with(200);
    let other = contact_of(&client, other["session"]["id"].as_str().expect("an id"));
    let lists = [
        sessions_of(&contact),
        sessions_of(&other),
        format!("/api/v2/journey/customers/cookie/{}/segments", visitor(1)),
        format!("/api/v2/journey/customers/cookie/{}/segments", visitor(2)),
        format!("/api/v2/journey/externalcontacts/{contact}/segments"),
        format!("/api/v2/journey/externalcontacts/{other}/segments"),
    ];
    let next = |client: &TestClient<'_>, list: &str| -> String {
        let page = client.get(&format!("{list}?pageSize=1")).with(200);
        page["nextUri"].as_str().expect("a next page").to_owned()
    };
    let cursors: Vec<String> = lists
        .iter()
        .map(|list| {
            let uri = next(&client, list);
            uri.split_once("after=").expect("a cursor").1.to_owned()
        })
        .collect();
    let before: Vec<Vec<Value>> = lists.iter().map(|list| client.walk(list)).collect();
    let now = server.clock.text(0);
    server.close();

    let server = TestServer::open(directory.path());
    server.clock.set(&now);
    let client = server.client();
    for (list, (cursor, all)) in lists.iter().zip(cursors.iter().zip(&before)) {
        assert_eq!(client.walk(&format!("{list}?after={cursor}")), all[1..], "{list}");
        for garbled in ["x", "AAAA", "a%2Bb%3D", &format!("{cursor}A"), &cursor[1..]] {
            let answer = client.get(&format!("{list}?after={garbled}"));
            assert_eq!(answer.faults(), "bad.request after\n");
            answer.error(400, "bad.request");
        }
        for foreign in cursors.iter().filter(|foreign| *foreign != cursor) {
            let answer = client.get(&format!("{list}?after={foreign}"));
            answer.error(400, "bad.request");
        }
    }
    server.close();
}
