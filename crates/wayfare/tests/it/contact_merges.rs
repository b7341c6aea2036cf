//! Contacts: who is who, what follows a merge, and what goes back when it is undone.

use serde_json::{Value, json};

use crate::harness::{TestClient, TestServer, customer_segment, page_segment, page_view, visitor};

const UNKNOWN: &str = "a5a5a5a5-0000-4000-8000-00000000abcd";

fn contact_path(contact: &str) -> String {
    format!("/api/wayfare/v1/contacts/{contact}")
}

fn old_list(contact: &str) -> String {
    format!("/api/v2/journey/externalcontacts/{contact}/segments")
}

/// A page view with traits.
fn view(server: &TestServer, number: u32, traits: &[(&str, &str)]) -> Value {
    let mut event = page_view(&visitor(number), "https://shop.example/a", &server.clock.text(0));
    for (name, value) in traits {
        event["traits"][*name] = json!({ "dataType": "string", "value": value });
    }
    event
}

/// Sends a page view; gives its session and the session's contact.
fn seen(server: &TestServer, number: u32, traits: &[(&str, &str)]) -> (String, String) {
    server.clock.advance_ms(1_000);
    let client = server.client();
    let session = client.record(&view(server, number, traits));
    let found = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    let contact = found["externalContact"]["id"].as_str().expect("a contact").to_owned();
    (session, contact)
}

fn assign(client: &TestClient<'_>, contact: &str, segment: &str) {
    let body = json!([{ "segmentId": segment, "state": "Assigned" }]);
    client.post(&old_list(contact), &body).with(204);
}

/// Segments and sessions of a contact, sorted.
fn belongings(client: &TestClient<'_>, contact: &str) -> (Vec<String>, Vec<String>) {
    let assigned = client.walk(&old_list(contact));
    let sessions =
        client.walk(&format!("/api/v2/externalcontacts/contacts/{contact}/journey/sessions"));
    let ids = |found: &[Value], id: fn(&Value) -> &Value| {
        let mut ids: Vec<String> =
            found.iter().map(|one| id(one).as_str().expect("an id").to_owned()).collect();
        ids.sort();
        ids
    };
    (ids(&assigned, |one| &one["segment"]["id"]), ids(&sessions, |one| &one["id"]))
}

fn sorted(ids: &[&String]) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().map(|id| (*id).clone()).collect();
    ids.sort();
    ids
}

/// The identifiers of a contact, as `type value`.
fn identifiers(contact: &Value) -> Vec<String> {
    let all = contact["identifiers"].as_array().expect("identifiers");
    all.iter().map(|one| format!("{} {}", one["type"], one["value"]).replace('"', "")).collect()
}

#[test]
fn a_merge_takes_everything_along_and_the_old_id_still_answers() {
    let server = TestServer::start();
    let client = server.client();
    let any = client.create_segment(&customer_segment("any", "shop", 1));
    let by_hand = client.create_segment(&page_segment("by hand", "nowhere", 1));
    let other = client.create_segment(&page_segment("other", "nowhere", 1));
    let (first_session, ada) = seen(&server, 1, &[("email", " Ada@Example.org")]);
    let (second_session, eve) = seen(&server, 2, &[("phone", "+1 (317) 555-0100")]);
    assert_ne!(ada, eve);
    assign(&client, &eve, &by_hand);
    assign(&client, &ada, &other);

    let (_, merged) = seen(&server, 2, &[("email", "ada@example.ORG")]);
    assert_eq!(merged, ada);
    let expected =
        (sorted(&[&any, &any, &by_hand, &other]), sorted(&[&first_session, &second_session]));
    assert_eq!(belongings(&client, &ada), expected);
    assert_eq!(belongings(&client, &eve), expected);
    for assignment in client.walk(&old_list(&eve)) {
        assert_eq!(assignment["externalContact"]["id"], ada.as_str());
    }
    for (id_type, id) in [("email", "ADA@example.org"), ("phone", "%2B1%20317%20555%200100")] {
        let listed = client.walk(&format!("/api/v2/journey/customers/{id_type}/{id}/segments"));
        assert_eq!(listed.len(), 4, "{id_type}");
    }
    // What is assigned under the old id is assigned to the one contact.
    assign(&client, &eve, &other);
    assert_eq!(belongings(&client, &ada), expected);

    let known = client.get(&contact_path(&ada)).with(200);
    assert!(known.get("mergedInto").is_none());
    assert_eq!(known["mergedContacts"][0]["id"], eve.as_str());
    assert_eq!(
        identifiers(&known),
        [
            format!("cookie {}", visitor(1)),
            format!("cookie {}", visitor(2)),
            "email ada@example.org".to_owned(),
            "phone +13175550100".to_owned(),
        ]
    );
    let old = client.get(&contact_path(&eve)).with(200);
    assert_eq!(old["id"], eve.as_str());
    assert_eq!(old["mergedInto"]["id"], ada.as_str());
    assert_eq!(old["identifiers"], known["identifiers"]);
}

#[test]
fn an_undone_merge_gives_back_what_belonged_to_the_contact() {
    let server = TestServer::start();
    let client = server.client();
    let any = client.create_segment(&customer_segment("any", "shop", 1));
    let by_hand = client.create_segment(&page_segment("by hand", "nowhere", 1));
    let later = client.create_segment(&page_segment("later", "nowhere", 1));
    let (first_session, ada) = seen(&server, 1, &[("email", "one@example.org")]);
    let (second_session, eve) = seen(&server, 2, &[("phone", "+13175550100")]);
    assign(&client, &eve, &by_hand);
    let before = client.get(&contact_path(&eve)).with(200);
    // Two people at one computer: the address of one is written down for the other.
    seen(&server, 2, &[("email", "one@example.org")]);
    assign(&client, &eve, &later);
    server.clock.advance_minutes(30);
    let (third_session, merged) = seen(&server, 2, &[]);
    assert_eq!(merged, ada);

    let parted = client.post(&format!("{}/unmerge", contact_path(&eve)), &json!({})).with(200);
    assert!(parted.get("mergedInto").is_none());
    assert_eq!(parted["identifiers"], before["identifiers"]);
    assert_eq!(parted["keptApartFrom"][0]["id"], ada.as_str());
    assert_eq!(parted["mergedContacts"], json!([]));
    // Her sessions are hers, also the one since; what was assigned on the two as one is not.
    assert_eq!(
        belongings(&client, &eve),
        (sorted(&[&any, &by_hand]), sorted(&[&second_session, &third_session]))
    );
    assert_eq!(belongings(&client, &ada), (sorted(&[&any, &later]), sorted(&[&first_session])));
    // The same mistake again joins nobody.
    let (_, contact) = seen(&server, 2, &[("email", "one@example.org")]);
    assert_eq!(contact, eve);
    let (_, contact) = seen(&server, 1, &[("email", "one@example.org")]);
    assert_eq!(contact, ada);
    let again = client.post(&format!("{}/unmerge", contact_path(&eve)), &json!({}));
    let message = again.error(409, "request.conflict");
    assert!(message.contains(&eve), "{message}");
}

#[test]
fn contacts_need_their_permissions_and_stay_in_their_organisation() {
    let server = TestServer::start();
    let client = server.client();
    let (_, ada) = seen(&server, 1, &[("email", "one@example.org")]);
    let (_, eve) = seen(&server, 2, &[]);
    seen(&server, 2, &[("email", "one@example.org")]);
    let unmerge = |contact: &str| format!("{}/unmerge", contact_path(contact));
    for unknown in [UNKNOWN, "nonsense"] {
        client.get(&contact_path(unknown)).error(404, "not.found");
        client.post(&unmerge(unknown), &json!({})).error(404, "not.found");
    }
    let views = server.client_with(&["wayfare:contact:view"]);
    views.get(&contact_path(&ada)).with(200);
    views.post(&unmerge(&eve), &json!({})).error(403, "missing.any.permissions");
    let edits = server.client_with(&["wayfare:contact:edit"]);
    edits.get(&contact_path(&ada)).error(403, "missing.any.permissions");
    let keys = server.create_organisation("other");
    let other = server.client_of(&keys);
    other.get(&contact_path(&ada)).error(404, "not.found");
    other.post(&unmerge(&eve), &json!({})).error(404, "not.found");
    edits.post(&unmerge(&eve), &json!({})).with(200);
}

#[test]
fn customer_ids_may_hold_any_character() {
    let server = TestServer::start();
    let client = server.client();
    let any = client.create_segment(&customer_segment("any", "shop", 1));
    // RFC 5321 allows these in the name of an address.
    let (_, contact) = seen(&server, 1, &[("email", "a/b+c%d#e?f&ü=g@example.org")]);
    let listed = |id: &str| {
        let path = format!("/api/v2/journey/customers/email/{id}/segments");
        let found = client.walk(&path);
        assert_eq!(found.len(), 1, "{id}");
        assert_eq!(found[0]["segment"]["id"], any.as_str());
        assert_eq!(found[0]["externalContact"]["id"], contact.as_str());
    };
    // As JavaScript writes it, and as Python does.
    listed("a%2Fb%2Bc%25d%23e%3Ff%26%C3%BC%3Dg%40example.org");
    listed("a/b%2Bc%25d%23e%3Ff%26%C3%BC%3Dg%40example.org");
    let unknown = "/api/v2/journey/customers/loyalty/%E2%82%AC%2F%2F%25/segments";
    let message = client.get(unknown).error(404, "not.found");
    assert!(message.contains("loyalty/€//%"), "{message}");
}
