//! The life of an assignment: each transition with its dates, its version and its one fact.

use serde_json::{Value, json};

use wayfare_model::assignment::AssignmentState;
use wayfare_store::journeys::{AssignmentQuery, AssignmentSubject};

use crate::harness::{
    SEGMENTS, TestClient, TestServer, aggregates, customer_segment, page_segment, page_view,
    visitor, wait_until,
};

const INTERVAL: &str = "2026-11-01T00:00:00Z/2026-12-31T00:00:00Z";
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn of_contact(contact: &str) -> String {
    format!("/api/v2/journey/externalcontacts/{contact}/segments")
}

fn of_customer(number: u32) -> String {
    format!("/api/v2/journey/customers/cookie/{}/segments", visitor(number))
}

fn contact_of(client: &TestClient<'_>, session: &str) -> String {
    let found = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    found["externalContact"]["id"].as_str().expect("a contact").to_owned()
}

fn set(client: &TestClient<'_>, contact: &str, segment: &str, state: &str) {
    let body = json!([{ "segmentId": segment, "state": state }]);
    client.post(&of_contact(contact), &body).with(204);
}

/// Facts by state: those of assignments made, and those of assignments ended.
fn facts(client: &TestClient<'_>) -> (u64, u64) {
    let group = ["journeySegmentAssignmentState"];
    let query = aggregates(INTERVAL, "nJourneySegmentsAssigned", &group);
    let counts = client.count_by(&query);
    let of = |state: &str| {
        counts.iter().find(|(group, _)| group == state).map_or(0, |(_, count)| *count)
    };
    (of("Assigned"), of("Unassigned"))
}

fn view(server: &TestServer, number: u32) -> Value {
    page_view(&visitor(number), "https://shop.example/a", &server.clock.text(0))
}

/// The one assignment of a list, as `state version unassigned modified`.
fn only(client: &TestClient<'_>, path: &str) -> (String, u64, Option<String>, String) {
    let all = client.walk(path);
    assert_eq!(all.len(), 1, "{all:?}");
    let text = |field: &str| all[0][field].as_str().map(str::to_owned);
    let version = all[0]["segment"]["version"].as_u64().expect("a version");
    let (state, modified) = (text("state"), text("dateModified"));
    (state.expect("a state"), version, text("dateUnassigned"), modified.expect("a date"))
}

fn state_of(
    state: &str,
    version: u64,
    ended: Option<&str>,
    modified: &str,
) -> (String, u64, Option<String>, String) {
    (state.to_owned(), version, ended.map(str::to_owned), modified.to_owned())
}

#[test]
fn a_session_that_ends_ends_its_assignments() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("visit", "shop", 1));
    let begin = server.clock.text(0);
    client.record(&view(&server, 1));
    assert_eq!(only(&client, &of_customer(1)), state_of("Assigned", 1, None, &begin));
    assert_eq!(facts(&client), (1, 0));
    let end = server.clock.text(20 * 60_000);
    server.clock.advance_ms(20 * 60_000 - 1);
    assert_eq!(only(&client, &of_customer(1)), state_of("Assigned", 1, None, &begin));
    server.clock.advance_ms(1);
    assert_eq!(only(&client, &of_customer(1)), state_of("Unassigned", 1, Some(&end), &end));
    assert_eq!(facts(&client), (1, 1));
}

#[test]
fn a_client_assigns_renews_and_takes_back_and_time_does_the_rest() {
    let server = TestServer::start();
    let client = server.client();
    let mut segment = customer_segment("member", "nowhere", 1);
    segment["assignmentExpirationDays"] = json!(1);
    let member = client.create_segment(&segment);
    let contact = "c0117ac7-0000-4000-8000-000000000002";
    let path = of_contact(contact);
    let first = server.clock.text(0);
    set(&client, contact, &member, "Assigned");
    assert_eq!(only(&client, &path), state_of("Assigned", 1, None, &first));

    // Renewed under a newer version: it keeps its beginning and its version, its days begin anew.
    client.patch(&format!("{SEGMENTS}/{member}"), &json!({ "displayName": "renamed" })).with(200);
    server.clock.advance_minutes(60);
    let renewed = server.clock.text(0);
    set(&client, contact, &member, "Assigned");
    assert_eq!(only(&client, &path), state_of("Assigned", 1, None, &renewed));
    let listed = client.walk(&path);
    assert_eq!(listed[0]["dateAssigned"], first);
    assert_eq!(listed[0]["dateForUnassignment"], server.clock.text(DAY_MS));
    assert_eq!(facts(&client), (1, 0), "a renewal is no fact");

    let expiry = server.clock.text(DAY_MS);
    server.clock.advance_ms(DAY_MS - 1);
    assert_eq!(only(&server.client(), &path), state_of("Assigned", 1, None, &renewed));
    server.clock.advance_ms(1);
    let client = server.client();
    assert_eq!(only(&client, &path), state_of("Unassigned", 1, Some(&expiry), &expiry));
    assert_eq!(facts(&client), (1, 1));

    // Assigned again it is another one, of the version of now.
    set(&client, contact, &member, "Assigned");
    server.clock.advance_minutes(1);
    let ended = server.clock.text(0);
    set(&client, contact, &member, "Unassigned");
    set(&client, contact, &member, "Unassigned");
    let all = client.walk(&path);
    assert_eq!(all.len(), 2);
    assert_eq!(all[1]["segment"]["version"], 2);
    assert_eq!(
        (&all[1]["state"], &all[1]["dateUnassigned"]),
        (&json!("Unassigned"), &json!(ended))
    );
    assert_eq!(facts(&client), (2, 2));
}

#[test]
fn what_a_client_takes_back_does_not_come_back_in_the_same_session() {
    for segment in [page_segment("member", "shop", 1), customer_segment("member", "shop", 1)] {
        let server = TestServer::start();
        let client = server.client();
        let member = client.create_segment(&segment);
        let session = client.record(&view(&server, 1));
        let contact = contact_of(&client, &session);
        server.clock.advance_minutes(1);
        let ended = server.clock.text(0);
        set(&client, &contact, &member, "Unassigned");
        let expected = state_of("Unassigned", 1, Some(&ended), &ended);
        assert_eq!(only(&client, &of_customer(1)), expected);
        for _ in 0..3 {
            server.clock.advance_minutes(1);
            assert_eq!(client.record(&view(&server, 1)), session);
            assert_eq!(only(&client, &of_customer(1)), expected);
        }
        assert_eq!(facts(&client), (1, 1));
        // The next session is judged anew.
        server.clock.advance_minutes(30);
        client.record(&view(&server, 1));
        assert_eq!(client.walk(&of_customer(1)).len(), 2);
    }
}

#[test]
fn matched_and_made_by_hand_stand_side_by_side() {
    let server = TestServer::start();
    let client = server.client();
    let member = client.create_segment(&page_segment("member", "shop", 1));
    let session = client.record(&view(&server, 1));
    let contact = contact_of(&client, &session);
    set(&client, &contact, &member, "Assigned");
    let states = |client: &TestClient<'_>| -> Vec<String> {
        let all = client.walk(&of_contact(&contact));
        all.iter()
            .map(|one| {
                let origin = if one["session"].is_object() { "matched" } else { "by hand" };
                format!("{origin} {}", one["state"].as_str().expect("a state"))
            })
            .collect()
    };
    let mut both = states(&client);
    both.sort();
    assert_eq!(both, ["by hand Assigned", "matched Assigned"]);
    assert_eq!(facts(&client), (2, 0));
    // Each ends by itself: the matched one with its session.
    server.clock.advance_minutes(30);
    let mut both = states(&client);
    both.sort();
    assert_eq!(both, ["by hand Assigned", "matched Unassigned"]);
    // Taking back ends whatever holds.
    client.record(&view(&server, 1));
    set(&client, &contact, &member, "Unassigned");
    assert!(states(&client).iter().all(|state| state.ends_with("Unassigned")));
    assert_eq!(facts(&client), (3, 3));
}

#[test]
fn a_deleted_segment_unassigns_its_members_and_keeps_their_history() {
    let server = TestServer::start();
    let client = server.client();
    let member = client.create_segment(&customer_segment("member", "shop", 1));
    client.record(&view(&server, 1));
    server.clock.advance_minutes(1);
    let ended = server.clock.text(0);
    client.delete(&format!("{SEGMENTS}/{member}")).with(204);
    let expected = state_of("Unassigned", 1, Some(&ended), &ended);
    assert_eq!(only(&client, &of_customer(1)), expected);
    assert_eq!(facts(&client), (1, 1));
    let again = json!([{ "segmentId": member, "state": "Assigned" }]);
    client
        .post(&of_contact("c0117ac7-0000-4000-8000-000000000003"), &again)
        .error(404, "not.found");
}

#[test]
fn an_expiry_is_found_right_after_a_restart() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let server = TestServer::open(directory.path());
    let client = server.client();
    let mut segment = customer_segment("member", "shop", 1);
    segment["assignmentExpirationDays"] = json!(1);
    client.create_segment(&segment);
    client.record(&view(&server, 1));
    let expiry = server.clock.text(DAY_MS);
    let later = server.clock.text(3 * DAY_MS);
    server.close();

    let server = TestServer::open(directory.path());
    server.clock.set(&later);
    let client = server.client();
    let expected = state_of("Unassigned", 1, Some(&expiry), &expiry);
    assert_eq!(only(&client, &of_customer(1)), expected);
    assert_eq!(facts(&client), (1, 1));
    server.close();
}

#[test]
fn an_idle_server_writes_ends_down_by_itself() {
    let server = TestServer::start();
    let client = server.client();
    let organisation = server.app.first_organisation().expect("an organisation");
    let mut segment = customer_segment("member", "nowhere", 1);
    segment["assignmentExpirationDays"] = json!(0);
    let member = client.create_segment(&segment);
    // A session of which a tenth of a second is left, and an assignment whose time is over at once.
    let begun = server.clock.text(100 - 20 * 60_000);
    let event = page_view(&visitor(1), "https://shop.example/a", &begun);
    let session = client.record(&event).parse().expect("an id");
    let contact = "c0117ac7-0000-4000-8000-000000000004";
    set(&client, contact, &member, "Assigned");
    server.clock.advance_ms(100);
    // Nobody asks the product any more: what is stored is looked at past it.
    let query = AssignmentQuery {
        subject: AssignmentSubject::Contact(contact.parse().expect("an id")),
        scope: None,
        state: Some(AssignmentState::Assigned),
    };
    let journeys = &server.stores.journeys;
    wait_until("the end of the assignment", || {
        let holding = journeys.assignments(organisation, &query, None, 1);
        server.run(holding).expect("the assignments").is_empty()
    });
    wait_until("the end of the session", || {
        let found = server.run(journeys.session(organisation, session)).expect("the store");
        found.expect("the session").ended.is_some()
    });
}
