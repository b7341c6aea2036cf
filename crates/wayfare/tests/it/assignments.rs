//! Segment assignments: listed by session, customer and contact; made and ended over the API.

use expect_test::expect;
use serde_json::{Value, json};

use crate::harness::{
    SEGMENTS, TestClient, TestServer, customer_segment, page_segment, page_view, redacted, text,
    visitor,
};

const CONTACT: &str = "c0c0c0c0-0000-4000-8000-000000000001";
const URL: &str = "https://x.example/";

fn by_session(session: &str) -> String {
    format!("/api/v2/journey/sessions/{session}/segments")
}

fn by_customer(customer: &str) -> String {
    format!("/api/v2/journey/customers/cookie/{customer}/segments")
}

fn by_contact(contact: &str) -> String {
    format!("/api/v2/journey/externalcontacts/{contact}/segments")
}

/// A visitor views a page; gives the session.
fn view(server: &TestServer, number: u32, url: &str) -> String {
    let event = page_view(&visitor(number), url, &server.clock.text(0));
    server.anonymous().record(&event)
}

/// The contact of a session.
fn contact_of(client: &TestClient<'_>, session: &str) -> String {
    let shown = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    text(&shown["externalContact"]["id"]).to_owned()
}

/// `Assigned`, `Unassigned`, for each entity of a list.
fn states(entities: &[Value]) -> Vec<&str> {
    entities.iter().map(|entity| text(&entity["state"])).collect()
}

fn update(segment: &str, state: &str) -> Value {
    json!([{ "segmentId": segment, "state": state }])
}

#[test]
fn the_three_lists_show_the_same_assignment() {
    let server = TestServer::start();
    let client = server.client();
    let mut segment = page_segment("Visitors", "x.example", 1);
    segment["assignmentExpirationDays"] = json!(2);
    client.create_segment(&segment);
    let session = view(&server, 1, URL);
    let listed = client.get(&by_session(&session)).with(200);
    expect![[r##"
        {
          "entities": [
            {
              "id": "#1",
              "state": "Assigned",
              "dateAssigned": "2026-11-22T09:00:00.000Z",
              "dateModified": "2026-11-22T09:00:00.000Z",
              "segment": {
                "id": "#2",
                "scope": "Session",
                "version": 1,
                "selfUri": "/api/v2/journey/segments/#2"
              },
              "customerId": "#3",
              "customerIdType": "cookie",
              "session": {
                "id": "#4",
                "type": "web",
                "selfUri": "/api/v2/journey/sessions/#4"
              },
              "externalContact": {
                "id": "#5",
                "selfUri": "/api/v2/externalcontacts/contacts/#5"
              },
              "dateForUnassignment": "2026-11-24T09:00:00.000Z"
            }
          ],
          "selfUri": "/api/v2/journey/sessions/#4/segments"
        }
    "##]]
    .assert_eq(&redacted(&listed));
    let contact = contact_of(&client, &session);
    assert_eq!(client.walk(&by_customer(&visitor(1))), client.walk(&by_session(&session)));
    assert_eq!(client.walk(&by_contact(&contact)), client.walk(&by_session(&session)));
}

#[test]
fn a_cursor_leads_through_the_list_page_by_page() {
    let server = TestServer::start();
    let client = server.client();
    for number in 0..7 {
        client.create_segment(&page_segment(&format!("Segment {number}"), "x.example", 1));
    }
    let session = view(&server, 1, URL);
    let contact = contact_of(&client, &session);
    for path in [by_session(&session), by_customer(&visitor(1)), by_contact(&contact)] {
        let all = client.walk(&path);
        assert_eq!(all.len(), 7);
        for size in [1, 2, 3, 7, 8, 200] {
            let first = format!("{path}?pageSize={size}&assignmentState=Assigned");
            assert_eq!(client.walk(&first), all, "pages of {size}");
            let page = client.get(&first).with(200);
            assert_eq!(page["entities"].as_array().map(Vec::len), Some(size.min(7)));
            assert_eq!(page["selfUri"], first);
            assert_eq!(page["nextUri"].is_string(), size < 7, "pages of {size}");
        }
        let next = text(&client.get(&format!("{path}?pageSize=3")).with(200)["nextUri"]).to_owned();
        let again = client.get(&next).with(200);
        assert_eq!(client.get(text(&again["selfUri"])).with(200), again);
    }
}

#[test]
fn lists_are_filtered_by_scope_and_state() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("In the session", "x.example", 1));
    client.create_segment(&customer_segment("Of the customer", "x.example", 1));
    let session = view(&server, 1, URL);
    server.clock.advance_minutes(20);
    let path = by_session(&session);
    let check = |query: &str, expected: &[(&str, &str)]| {
        let listed = client.walk(&format!("{path}?{query}"));
        let mut seen: Vec<_> = listed
            .iter()
            .map(|entity| (text(&entity["segment"]["scope"]), text(&entity["state"])))
            .collect();
        seen.sort_unstable();
        assert_eq!(seen, expected, "{query}");
    };
    let (of_customer, of_session) = (("Customer", "Assigned"), ("Session", "Unassigned"));
    check("", &[of_customer, of_session]);
    check("segmentScope=&assignmentState=&after=&pageSize=", &[of_customer, of_session]);
    check("segmentScope=None&assignmentState=None&after=None", &[of_customer, of_session]);
    check("segmentScope=Session", &[of_session]);
    check("segmentScope=Customer", &[of_customer]);
    check("assignmentState=Assigned", &[of_customer]);
    check("assignmentState=Unassigned", &[of_session]);
    check("segmentScope=Session&assignmentState=Assigned", &[]);
    let bad = |query: &str, code: &str, expected: &str| {
        let answer = client.get(&format!("{path}?{query}"));
        assert_eq!(answer.faults().replace('\n', ";"), expected);
        answer.error(400, code);
    };
    let code = "invalid.query.param.value";
    bad(
        "segmentScope=Visit&assignmentState=Unknown",
        code,
        &format!("{code} segmentScope;{code} assignmentState;"),
    );
    bad("pageSize=201", code, &format!("{code} pageSize;"));
    bad("pageSize=0", code, &format!("{code} pageSize;"));
    bad("after=a%2Bb%2F%3D", "bad.request", "bad.request after;");
}

#[test]
fn only_assignments_of_sessions_name_their_session() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("In the session", "x.example", 1));
    client.create_segment(&customer_segment("Of the customer", "x.example", 1));
    let session = view(&server, 1, URL);
    for entity in client.walk(&by_session(&session)) {
        let is_of_session = entity["segment"]["scope"] == "Session";
        assert_eq!(entity["session"]["id"] == session, is_of_session, "{entity}");
        assert_eq!(entity["customerId"], visitor(1));
    }
}

#[test]
fn a_client_assigns_and_unassigns_a_contact_never_seen_before() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&json!({ "displayName": "Chosen" }));
    let path = by_contact(CONTACT);
    client.get(&path).error(404, "not.found");
    client.post(&path, &json!([])).with(204);
    client.get(&path).error(404, "not.found");

    client.post(&path, &update(&segment, "Assigned")).with(204);
    let made = client.walk(&path);
    expect![[r##"
        {
          "id": "#1",
          "state": "Assigned",
          "dateAssigned": "2026-11-22T09:00:00.000Z",
          "dateModified": "2026-11-22T09:00:00.000Z",
          "segment": {
            "id": "#2",
            "scope": "Session",
            "version": 1,
            "selfUri": "/api/v2/journey/segments/#2"
          },
          "externalContact": {
            "id": "#3",
            "selfUri": "/api/v2/externalcontacts/contacts/#3"
          }
        }
    "##]]
    .assert_eq(&redacted(&made[0]));
    assert_eq!(made[0]["externalContact"]["id"], CONTACT);

    server.clock.advance_minutes(1);
    client.post(&path, &update(&segment, "Unassigned")).with(204);
    let ended = client.walk(&path);
    assert_eq!(ended.len(), 1);
    assert_eq!((&ended[0]["id"], text(&ended[0]["state"])), (&made[0]["id"], "Unassigned"));
    assert_eq!(ended[0]["dateUnassigned"], server.clock.text(0));

    // Nothing to end: nothing happens. Assigned again, it is another assignment.
    client.post(&path, &update(&segment, "Unassigned")).with(204);
    assert_eq!(client.walk(&path), ended);
    server.clock.advance_minutes(1);
    client.post(&path, &update(&segment, "Assigned")).with(204);
    assert_eq!(states(&client.walk(&path)), ["Unassigned", "Assigned"]);
}

#[test]
fn a_client_ends_what_an_event_assigned() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&page_segment("Visitors", "x.example", 1));
    let session = view(&server, 1, URL);
    let path = by_contact(&contact_of(&client, &session));
    server.clock.advance_minutes(1);
    client.post(&path, &update(&segment, "Unassigned")).with(204);
    assert_eq!(states(&client.walk(&path)), ["Unassigned"]);
    // In this session it does not match again (one assignment a session).
    server.clock.advance_minutes(1);
    view(&server, 1, URL);
    assert_eq!(states(&client.walk(&path)), ["Unassigned"]);
    server.clock.advance_minutes(20);
    view(&server, 1, URL);
    assert_eq!(states(&client.walk(&path)), ["Unassigned", "Assigned"]);
}

#[test]
fn an_assignment_ends_after_its_days_and_begins_anew_when_renewed() {
    let server = TestServer::start();
    let body = json!({ "displayName": "For two days", "assignmentExpirationDays": 2 });
    let segment = server.client().create_segment(&body);
    let path = by_contact(CONTACT);
    // A token lives for a day only: each time it is another client.
    let only = || {
        let mut listed = server.client().walk(&path);
        assert_eq!(listed.len(), 1, "{listed:?}");
        listed.remove(0)
    };
    server.client().post(&path, &update(&segment, "Assigned")).with(204);
    let made = only();
    let two_days = 2 * 86_400_000;
    assert_eq!(made["dateForUnassignment"], server.clock.text(two_days));

    server.clock.advance_days(1);
    server.client().post(&path, &update(&segment, "Assigned")).with(204);
    let renewed = only();
    assert_eq!((&renewed["id"], &renewed["dateAssigned"]), (&made["id"], &made["dateAssigned"]));
    assert_eq!(renewed["dateForUnassignment"], server.clock.text(two_days));
    assert_eq!(renewed["dateModified"], server.clock.text(0));

    let end = server.clock.text(two_days);
    server.clock.advance_ms(two_days - 1);
    assert_eq!(only()["state"], "Assigned");
    server.clock.advance_ms(1);
    assert_eq!((&only()["state"], &only()["dateUnassigned"]), (&json!("Unassigned"), &json!(end)));
    server.clock.advance_days(5);
    assert_eq!(only()["dateUnassigned"], end);
}

#[test]
fn updates_are_checked_before_any_is_made() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&json!({ "displayName": "Chosen" }));
    let path = by_contact(CONTACT);
    let unknown = "a5a5a5a5-0000-4000-8000-00000000abcd";
    let good = json!({ "segmentId": segment, "state": "Assigned" });

    for id in [unknown, "not-a-uuid"] {
        let body = json!([good, { "segmentId": id, "state": "Assigned" }]);
        let message = client.post(&path, &body).error(404, "not.found");
        assert!(message.contains(id), "{message}");
    }
    let spoilt =
        json!([good, {}, { "segmentId": segment, "state": "assigned" }, { "state": "Assigned" }]);
    let answer = client.post(&path, &spoilt);
    expect![[r#"
        constraint.validation [1].state
        constraint.validation [1].segmentId
        constraint.validation [3].segmentId
    "#]]
    .assert_eq(&answer.faults());
    answer.error(400, "constraint.validation");
    let many = json!(vec![good.clone(); 101]);
    client.post(&path, &many).error(400, "constraint.validation");
    client.get(&path).error(404, "not.found");

    for body in ["{}", "null", "", "[null]", "[[]]", "NaN", "\"x\""] {
        let answer = client.send_text("POST", &path, body);
        assert_eq!(answer.status, 400, "{body}: {}", answer.json);
    }
    let of_no_uuid = by_contact("not-a-uuid");
    client.post(&of_no_uuid, &json!([good])).error(404, "not.found");
    client.get(&of_no_uuid).error(404, "not.found");

    client.post(&path, &json!(vec![good; 100])).with(204);
    assert_eq!(client.walk(&path).len(), 1);
}

#[test]
fn updates_are_made_in_their_order() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&json!({ "displayName": "Chosen" }));
    let path = by_contact(CONTACT);
    let step = |state: &str| json!({ "segmentId": segment, "state": state });
    client.post(&path, &json!([step("Assigned"), step("Unassigned"), step("Assigned")])).with(204);
    let mut seen = client.walk(&path);
    seen.sort_by_key(|entity| text(&entity["state"]).to_owned());
    assert_eq!(states(&seen), ["Assigned", "Unassigned"]);
}

#[test]
fn a_deleted_segment_leaves_its_history() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&page_segment("Visitors", "x.example", 1));
    let session = view(&server, 1, URL);
    client.post(&by_contact(CONTACT), &update(&segment, "Assigned")).with(204);
    server.clock.advance_minutes(1);
    client.delete(&format!("{SEGMENTS}/{segment}")).with(204);
    for path in [by_session(&session), by_customer(&visitor(1)), by_contact(CONTACT)] {
        let listed = client.walk(&path);
        assert_eq!(states(&listed), ["Unassigned"], "{path}");
        assert_eq!(listed[0]["dateUnassigned"], server.clock.text(0));
        assert_eq!(listed[0]["segment"]["id"], segment);
    }
    client.post(&by_contact(CONTACT), &update(&segment, "Assigned")).error(404, "not.found");
    // The session goes on, and nothing is assigned any more.
    assert_eq!(view(&server, 1, URL), session);
    assert_eq!(states(&client.walk(&by_session(&session))), ["Unassigned"]);
}

#[test]
fn an_edited_segment_changes_only_what_comes_after() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&page_segment("Visitors", "/a", 1));
    let path = format!("{SEGMENTS}/{segment}");
    let first = view(&server, 1, "https://x.example/a");
    client.patch(&path, &json!({ "journey": page_segment("", "/b", 1)["journey"] })).with(200);
    let second = view(&server, 2, "https://x.example/b");
    let third = view(&server, 3, "https://x.example/a");
    let version = |session: &str| -> Vec<Value> {
        let listed = client.walk(&by_session(session));
        listed.iter().map(|entity| entity["segment"]["version"].clone()).collect()
    };
    assert_eq!(version(&first), [1]);
    assert_eq!(version(&second), [2]);
    assert_eq!(version(&third), Vec::<Value>::new());

    client.patch(&path, &json!({ "isActive": false })).with(200);
    let fourth = view(&server, 4, "https://x.example/b");
    assert_eq!(version(&fourth), Vec::<Value>::new());
    assert_eq!(states(&client.walk(&by_session(&second))), ["Assigned"]);
}

#[test]
fn a_segment_of_scope_customer_counts_over_sessions_and_outlives_them() {
    let server = TestServer::start();
    let client = server.client();
    let mut body = customer_segment("Came back", "x.example", 3);
    body["assignmentExpirationDays"] = json!(1);
    let segment = client.create_segment(&body);
    let first = view(&server, 1, URL);
    server.clock.advance_minutes(30);
    let second = view(&server, 1, URL);
    assert_eq!(client.walk(&by_customer(&visitor(1))), Vec::<Value>::new());
    server.clock.advance_minutes(1);
    assert_eq!(view(&server, 1, URL), second);
    let only = |path: &str| {
        let listed = client.walk(path);
        assert_eq!(listed.len(), 1, "{listed:?}");
        listed[0].clone()
    };
    let assigned = only(&by_customer(&visitor(1)));
    assert_eq!(
        (&assigned["segment"]["id"], text(&assigned["state"])),
        (&json!(segment), "Assigned")
    );
    assert_eq!(client.walk(&by_session(&first)), Vec::<Value>::new());
    assert_eq!(only(&by_session(&second)), assigned);

    server.clock.advance_minutes(60);
    view(&server, 1, URL);
    assert_eq!(only(&by_customer(&visitor(1))), assigned);
    server.clock.advance_days(1);
    let client = server.client();
    let all = client.walk(&by_customer(&visitor(1)));
    assert_eq!(states(&all), ["Unassigned"]);
    for _ in 0..3 {
        server.clock.advance_minutes(30);
        view(&server, 1, URL);
    }
    assert_eq!(states(&client.walk(&by_customer(&visitor(1)))), ["Unassigned", "Assigned"]);
}

/// An event that tells who the visitor is.
fn identified(server: &TestServer, number: u32, name: &str, value: &str) -> String {
    let mut event = page_view(&visitor(number), URL, &server.clock.text(0));
    event["traits"] = json!({ name: { "dataType": "string", "value": value } });
    server.anonymous().record(&event)
}

#[test]
fn an_address_or_a_number_leads_to_the_person_with_all_cookies() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Visitors", "x.example", 1));
    let one = identified(&server, 1, "email", " Ada@Example.org");
    server.clock.advance_minutes(1);
    let two = identified(&server, 2, "email", "ada@example.ORG");
    let stranger = identified(&server, 3, "cellPhone", "+43 (1) 234-567");
    assert_eq!(contact_of(&client, &one), contact_of(&client, &two));
    assert_ne!(contact_of(&client, &one), contact_of(&client, &stranger));
    let cookies = |path: &str| -> Vec<String> {
        let listed = client.walk(path);
        listed.iter().map(|entity| text(&entity["customerId"]).to_owned()).collect()
    };
    let both = [visitor(1), visitor(2)];
    let customers = "/api/v2/journey/customers";
    assert_eq!(cookies(&format!("{customers}/email/ada%40example.org/segments")), both);
    assert_eq!(cookies(&format!("{customers}/email/ADA@EXAMPLE.ORG/segments")), both);
    assert_eq!(cookies(&by_contact(&contact_of(&client, &one))), both);
    assert_eq!(cookies(&by_customer(&visitor(2))), [visitor(2)]);
    assert_eq!(cookies(&format!("{customers}/phone/+431234567/segments")), [visitor(3)]);
    assert_eq!(cookies(&format!("{customers}/phone/%2B43%201%20234567/segments")), [visitor(3)]);
}

#[test]
fn two_contacts_that_turn_out_to_be_one_answer_under_both_ids() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Visitors", "x.example", 1));
    let chosen = client.create_segment(&json!({ "displayName": "Chosen" }));
    let older = contact_of(&client, &identified(&server, 1, "email", "ada@example.org"));
    server.clock.advance_minutes(1);
    let younger = contact_of(&client, &identified(&server, 2, "phone", "+43 1 234567"));
    client.post(&by_contact(&younger), &update(&chosen, "Assigned")).with(204);
    assert_ne!(older, younger);
    server.clock.advance_minutes(1);
    let session = identified(&server, 2, "email", "ada@example.org");
    assert_eq!(contact_of(&client, &session), older);
    let all = client.walk(&by_contact(&older));
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|entity| entity["externalContact"]["id"] == older), "{all:?}");
    assert_eq!(client.walk(&by_contact(&younger)), all);
    client.post(&by_contact(&younger), &update(&chosen, "Unassigned")).with(204);
    let of_chosen = |entity: &&Value| entity["segment"]["id"] == chosen;
    let ended = client.walk(&by_contact(&older));
    assert_eq!(
        ended.iter().find(of_chosen).map(|entity| text(&entity["state"])),
        Some("Unassigned")
    );
}

#[test]
fn what_a_client_assigned_shows_for_every_customer_of_the_contact() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&json!({ "displayName": "Chosen" }));
    let session = view(&server, 1, URL);
    let contact = contact_of(&client, &session);
    client.post(&by_contact(&contact), &update(&segment, "Assigned")).with(204);
    assert_eq!(states(&client.walk(&by_customer(&visitor(1)))), ["Assigned"]);
    assert_eq!(client.walk(&by_session(&session)), Vec::<Value>::new());
}

#[test]
fn the_id_of_a_customer_may_hold_anything() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Visitors", "x.example", 1));
    let customers = "/api/v2/journey/customers/email";
    for (number, address, raw, encoded) in [
        (1, "a/b@x.example", "a/b@x.example", "a%2Fb%40x.example"),
        (2, "a+b@x.example", "a+b@x.example", "a%2Bb%40x.example"),
        (3, "zoë ß@x.example", "zo%C3%AB%20%C3%9F@x.example", "zo%C3%AB%20%C3%9F%40x.example"),
        (4, "a/segments@x.example", "a/segments@x.example", "a%2Fsegments%40x.example"),
        (5, "100%@x.example", "100%25@x.example", "100%25%40x.example"),
        (6, "a//b@x.example", "a//b@x.example", "a%2F%2Fb%40x.example"),
        (7, "a?#;b@x.example", "a%3F%23;b@x.example", "a%3F%23%3Bb%40x.example"),
    ] {
        identified(&server, number, "email", address);
        for id in [raw, encoded] {
            let path = format!("{customers}/{id}/segments");
            let listed = client.walk(&format!("{path}?pageSize=1"));
            assert_eq!(listed.len(), 1, "{path}");
            assert_eq!(listed[0]["customerId"], visitor(number), "{path}");
        }
    }
    for unknown in ["nobody@x.example", "x", "a%2Fb", "%20"] {
        client.get(&format!("{customers}/{unknown}/segments")).error(404, "not.found");
    }
    client.get(&format!("{customers}/a/b@x.example")).error(404, "not.found");
    client.get("/api/v2/journey/customers/cookie/segments").error(404, "not.found");
    client.get("/api/v2/journey/customers/cookie//segments").error(404, "not.found");
    client.get("/api/v2/journey/customers/loyalty%20card/77/segments").error(404, "not.found");
}

#[test]
fn a_session_that_is_not_there_is_not_found() {
    let server = TestServer::start();
    for id in ["a5a5a5a5-0000-4000-8000-00000000abcd", "not-a-uuid", "a%2Fb"] {
        server.client().get(&by_session(id)).error(404, "not.found");
    }
}
