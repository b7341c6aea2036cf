//! Several devices of one customer at once.

use serde_json::json;

use super::{contact_of, session, sessions_counted, sessions_of, states, view, with_email};
use crate::harness::{
    TestServer, app_events, customer_segment, page_segment, screen_view, text, visitor,
};

#[test]
fn a_browser_and_an_app_with_one_cookie() {
    let server = TestServer::start();
    let client = server.client();
    let now = server.clock.text(0);
    let web = client.record(&view(&server, 1, "/a", 0));
    let app = client.post(&app_events(), &screen_view(&visitor(1), "Home", &now)).with(200);
    let app = text(&app["session"]["id"]).to_owned();
    assert_ne!(web, app);
    assert_eq!(contact_of(&client, &web), contact_of(&client, &app));
    assert_eq!(session(&client, &web)["type"], "web");
    assert_eq!(session(&client, &app)["type"], "app");
    assert_eq!(sessions_counted(&client), 2);
}

#[test]
fn two_browsers_with_one_cookie() {
    let server = TestServer::start();
    let client = server.client();
    let from = |path: &str, family: &str, minutes: i64| {
        let mut event = view(&server, 1, path, minutes);
        event["browser"] = json!({ "family": family, "version": "1" });
        event
    };
    let first = client.record(&from("/a", "Firefox", -2));
    assert_eq!(client.record(&from("/b", "Safari", -1)), first);
    assert_eq!(client.record(&from("/c", "Firefox", 0)), first);
    let shown = session(&client, &first);
    assert_eq!(shown["eventCount"], 3);
    assert_eq!(shown["browser"]["family"], "Firefox");
    assert_eq!(sessions_counted(&client), 1);
}

#[test]
fn two_browsers_with_one_address() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Two pages", "shop", 2));
    let sessions: Vec<String> = std::thread::scope(|scope| {
        let send = |number| {
            let server = &server;
            move || {
                let event = with_email(view(server, number, "/a", 0), "ada@example.org");
                server.anonymous().record(&event)
            }
        };
        let senders: Vec<_> = (1..=4).map(|number| scope.spawn(send(number))).collect();
        senders.into_iter().map(|sender| sender.join().expect("an answer")).collect()
    });
    let contact = contact_of(&client, &sessions[0]);
    for id in &sessions {
        assert_eq!(contact_of(&client, id), contact);
        assert_eq!(session(&client, id)["eventCount"], 1);
        // Each session is judged by itself.
        assert_eq!(states(&client, id), [""; 0]);
    }
    assert_eq!(sessions_of(&client, &contact).len(), 4);
    assert_eq!(sessions_counted(&client), 4);
}

#[test]
fn a_segment_of_customers_and_two_browsers() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&customer_segment("Two pages", "shop", 2));
    let first = client.record(&with_email(view(&server, 1, "/a", -1), "ada@example.org"));
    let second = client.record(&with_email(view(&server, 2, "/a", 0), "ada@example.org"));
    assert_eq!(contact_of(&client, &first), contact_of(&client, &second));
    // Counted by cookie, not by person.
    let path = |contact: &str| format!("/api/v2/journey/externalcontacts/{contact}/segments");
    let contact = contact_of(&client, &first);
    assert_eq!(client.walk(&path(&contact)).len(), 0);
    client.record(&view(&server, 2, "/b", 0));
    let listed = client.walk(&path(&contact));
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["customerId"], visitor(2));
}
