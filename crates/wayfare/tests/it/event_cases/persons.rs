//! Events before and after it is known who the visitor is.

use super::{contact_of, session, sessions_of, view, with_email};
use crate::harness::{TestServer, page_segment, text, web_events};

const ADDRESS: &str = "ada@example.org";

#[test]
fn before_the_visitor_is_known() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Visitors", "shop", 1));
    let before = client.record(&view(&server, 1, "/a", -50));
    let contact = contact_of(&client, &before);
    let known = client.record(&with_email(view(&server, 1, "/login", 0), ADDRESS));
    assert_ne!(before, known);
    assert_eq!(contact_of(&client, &known), contact);
    assert_eq!(sessions_of(&client, &contact).len(), 2);
    let of_address = client.walk(&format!("/api/v2/journey/customers/email/{ADDRESS}/segments"));
    assert_eq!(of_address.len(), 2);
}

#[test]
fn after_the_visitor_is_known() {
    let server = TestServer::start();
    let client = server.client();
    let known = client.record(&with_email(view(&server, 1, "/login", 0), ADDRESS));
    server.clock.advance_minutes(20 * 60);
    // The cookie is enough from then on.
    let later = client.record(&view(&server, 1, "/a", 0));
    assert_eq!(contact_of(&client, &later), contact_of(&client, &known));
}

#[test]
fn known_on_another_device_before() {
    let server = TestServer::start();
    let client = server.client();
    let first = client.record(&with_email(view(&server, 1, "/login", -55), ADDRESS));
    let person = contact_of(&client, &first);
    let anonymous = client.record(&view(&server, 2, "/a", -50));
    let stranger = contact_of(&client, &anonymous);
    assert_ne!(stranger, person);
    client.record(&with_email(view(&server, 2, "/login", -49), ADDRESS));
    // What the second device did before belongs to the person, under either id.
    assert_eq!(contact_of(&client, &anonymous), person);
    for id in [&person, &stranger] {
        assert_eq!(sessions_of(&client, id).len(), 2);
    }
}

#[test]
fn the_event_that_tells_who_comes_late() {
    let server = TestServer::start();
    let client = server.client();
    let first = client.record(&view(&server, 1, "/a", -10));
    client.record(&view(&server, 1, "/b", 0));
    client.record(&with_email(view(&server, 1, "/login", -5), ADDRESS));
    let other = client.record(&with_email(view(&server, 2, "/login", 0), ADDRESS));
    assert_eq!(contact_of(&client, &other), contact_of(&client, &first));
    let shown = session(&client, &first);
    assert_eq!(text(&shown["lastPage"]["url"]), "https://shop.example/b");
}

#[test]
fn a_refused_event_that_tells_who() {
    let server = TestServer::start();
    let client = server.client();
    let first = client.record(&with_email(view(&server, 1, "/login", -10), ADDRESS));
    client.record(&view(&server, 2, "/a", -5));
    let late = with_email(view(&server, 2, "/login", -6), ADDRESS);
    client.post(&web_events(), &late).error(422, "unprocessable.entity");
    // Nothing of a refused event is kept, so nobody is merged.
    assert_eq!(sessions_of(&client, &contact_of(&client, &first)).len(), 1);
}
