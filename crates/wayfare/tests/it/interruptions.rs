//! What happens in the middle of a request: others change what it has read already.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::json;
use wayfare_model::change::{Changes, Touch};
use wayfare_model::customer::CustomerKey;
use wayfare_store::journeys::Batch;

use crate::harness::{Answer, Calls, SEGMENTS, TestServer, page_view, text, visitor, web_events};

const CONTACT: &str = "c0117ac7-0000-4000-8000-000000000005";
const UNKNOWN: &str = "a5a5a5a5-0000-4000-8000-00000000abcd";

/// Does something when `calls` are called for the `number`th time from now, while that call waits.
/// Gives the request's answer, and whether the call came at all.
fn interrupted(
    calls: &Arc<Calls>,
    number: u64,
    meanwhile: impl FnOnce() + Send,
    request: impl FnOnce() -> Answer,
) -> (Answer, bool) {
    let (reached, reaches): (Sender<()>, Receiver<()>) = channel();
    let (done, is_done): (Sender<()>, Receiver<()>) = channel();
    calls.interrupt_at(number, move || {
        reached.send(()).expect("somebody waits for this");
        is_done.recv().expect("somebody does it");
    });
    std::thread::scope(|scope| {
        let other = scope.spawn(move || {
            // The sender goes with the interruption when that is never reached.
            let has_come = reaches.recv().is_ok();
            if has_come {
                meanwhile();
                done.send(()).expect("somebody waits for the end");
            }
            has_come
        });
        let answer = std::panic::catch_unwind(AssertUnwindSafe(request));
        // Before anything can fail: the other waits for as long as the interruption may come.
        calls.forget();
        let has_come = other.join().expect("the other");
        (answer.expect("an answer"), has_come)
    })
}

/// Raises the revisions of a visitor and of a contact, as any writer does that changes them.
fn touch(server: &TestServer, number: u32, contact: Option<&str>) {
    let organisation = server.app.first_organisation().expect("an organisation");
    let journeys = &server.stores.journeys;
    let wanted = Touch {
        customers: vec![CustomerKey::cookie(visitor(number))],
        contacts: contact.iter().map(|id| id.parse().expect("an id")).collect(),
        ..Touch::default()
    };
    let loaded = server.run(journeys.load(organisation, &wanted)).expect("what is stored");
    let contacts = loaded.contacts.into_iter();
    let changes = Changes {
        visitors: loaded.visitors,
        contacts: contacts.filter(|found| Some(found.id.to_string().as_str()) == contact).collect(),
        ..Changes::default()
    };
    let batch = Batch { changes, ..Batch::default() };
    server.run(journeys.commit(organisation, batch)).expect("a commit");
}

#[test]
fn an_assignment_that_waited_behind_the_deletion_of_its_segment_is_refused() {
    let old = format!("/api/v2/journey/externalcontacts/{CONTACT}/segments");
    let new = format!("/api/v2/externalcontacts/contacts/{CONTACT}/journey/segments");
    for path in [old.as_str(), new.as_str()] {
        let server = TestServer::start();
        let client = server.client();
        let make = |name: &str| client.create_segment(&json!({ "displayName": name }));
        let (kept, deleted) = (make("kept"), make("deleted"));
        let body = |segments: [&str; 2]| match path == old {
            true => json!(segments.map(|id| json!({ "segmentId": id, "state": "Assigned" }))),
            false => json!({ "assign": { "segments": segments.map(|id| json!({ "id": id })) } }),
        };
        // A draw after those of a request with an unknown segment comes when the segments were found.
        let before = server.draws.count();
        client.post(path, &body([UNKNOWN, UNKNOWN]));
        let draws = server.draws.count() - before;
        let delete = || {
            server.client().delete(&format!("{SEGMENTS}/{deleted}")).with(204);
        };
        let assign = || client.post(path, &body([&kept, &deleted]));
        let (answer, has_come) = interrupted(&server.draws, draws + 1, delete, assign);
        assert!(has_come, "{path}");
        let held = client.get(&new);
        if path == old {
            // All or nothing.
            let message = answer.error(404, "not.found");
            assert!(message.contains(&deleted), "{message}");
            held.error(404, "not.found");
        } else {
            let left = &answer.with(200)["unprocessedItems"];
            assert_eq!(left["assign"]["segments"], json!([{ "id": deleted }]));
            let held = held.with(200);
            assert_eq!(held["entities"].as_array().map(Vec::len), Some(1), "{held}");
            assert_eq!(held["entities"][0]["segment"]["id"], kept.as_str());
        }
    }
}

#[test]
fn an_assignment_that_waited_behind_a_change_has_the_version_of_now() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&json!({ "displayName": "one" }));
    let path = format!("/api/v2/journey/externalcontacts/{CONTACT}/segments");
    let body = |id: &str| json!([{ "segmentId": id, "state": "Assigned" }]);
    let before = server.draws.count();
    client.post(&path, &body(UNKNOWN)).error(404, "not.found");
    let draws = server.draws.count() - before;
    let change = || {
        let patch = json!({ "displayName": "two" });
        server.client().patch(&format!("{SEGMENTS}/{segment}"), &patch).with(200);
    };
    let assign = || client.post(&path, &body(&segment));
    let (answer, has_come) = interrupted(&server.draws, draws + 1, change, assign);
    assert!(has_come);
    answer.with(204);
    assert_eq!(client.walk(&path)[0]["segment"]["version"], 2);
}

#[test]
fn an_event_is_applied_when_its_visitor_changes_meanwhile() {
    // Wherever the other comes in between: each look at the clock is one such place.
    for number in 1.. {
        let server = TestServer::start();
        let client = server.client();
        let event = |name: &str| {
            let mut event = page_view(&visitor(1), "https://x.example/", &server.clock.text(0));
            event["eventName"] = json!(name);
            event
        };
        client.record(&event("first"));
        let record = || client.post(&web_events(), &event("second"));
        let (answer, has_come) =
            interrupted(&server.clock.looks, number, || touch(&server, 1, None), record);
        assert_eq!(answer.with(200)["session"]["eventCount"], 2, "at look {number}");
        if !has_come {
            assert!(number > 1, "nobody looked at the clock");
            return;
        }
    }
}

#[test]
fn a_merge_is_undone_when_the_contact_changes_meanwhile() {
    for number in 1.. {
        let server = TestServer::start();
        let client = server.client();
        let mut contacts = Vec::new();
        for (visitor_number, address) in
            [(1, "a@x.example"), (2, "b@x.example"), (2, "a@x.example")]
        {
            server.clock.advance_ms(1);
            let created = server.clock.text(0);
            let mut event = page_view(&visitor(visitor_number), "https://x.example/", &created);
            event["traits"] = json!({ "email": { "dataType": "string", "value": address } });
            let session = client.record(&event);
            let found = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
            contacts.push(text(&found["externalContact"]["id"]).to_owned());
        }
        let path = format!("/api/wayfare/v1/contacts/{}", contacts[1]);
        let merged = client.get(&path).with(200);
        assert_eq!(merged["mergedInto"]["id"], contacts[0].as_str());
        let unmerge = || client.post(&format!("{path}/unmerge"), &json!({}));
        let other = || touch(&server, 2, Some(&contacts[1]));
        let (answer, has_come) = interrupted(&server.clock.looks, number, other, unmerge);
        assert!(answer.with(200).get("mergedInto").is_none(), "at look {number}");
        if !has_come {
            assert!(number > 1, "nobody looked at the clock");
            return;
        }
    }
}
