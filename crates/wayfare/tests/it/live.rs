//! The live feed over a real connection: order, filters, going on after `kill -9`, slow readers, and
//! organisations apart.

use std::path::Path;

use serde_json::json;
use tempfile::TempDir;
use wayfare_app::access::organisations::FirstKeys;
use wayfare_app::feed::{Feed, FeedItem, FeedRequest};
use wayfare_store::changes::ChangeBounds;

use crate::harness::{
    EventStream, Process, StreamEvent, TestClient, TestServer, page_segment, page_view, text,
    visitor, wait_until, wall_clock,
};
use crate::metrics::scrape_with;

const LIVE: &str = "/api/wayfare/v1/live";

fn started() -> (TempDir, Process) {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::start(directory.path());
    (directory, process)
}

fn open(process: &Process, client: &TestClient<'_>, query: &str) -> EventStream {
    let stream = open_after(process, client, query, &[]);
    assert_eq!(stream.status, 200);
    stream
}

fn open_after(
    process: &Process,
    client: &TestClient<'_>,
    query: &str,
    headers: &[(&str, &str)],
) -> EventStream {
    EventStream::open(process.address, client.token(), &format!("{LIVE}?{query}"), headers)
}

/// A visitor looks at a page; gives the session.
fn view(client: &TestClient<'_>, number: u32, path: &str) -> String {
    let url = format!("https://x.example/{path}");
    client.record(&page_view(&visitor(number), &url, &wall_clock().to_string()))
}

/// What happened, in short: type, and the customer's place among visitors.
fn short(events: &[StreamEvent]) -> Vec<(String, String)> {
    let customer = |event: &StreamEvent| text(&event.data["data"]["customer"]["id"]).to_owned();
    events.iter().map(|event| (event.name.clone(), customer(event))).collect()
}

#[test]
fn changes_come_as_they_happen_and_say_everything() {
    let (_directory, process) = started();
    let client = process.client();
    let segment = client.create_segment(&page_segment("Seen", "/seen", 1));
    let mut stream = open(&process, &client, "");
    assert_eq!(stream.headers["content-type"], "text/event-stream");
    assert!(stream.headers["cache-control"].contains("no-store"));
    let session = view(&client, 1, "seen");
    let events = stream.take(2);
    assert_eq!(
        short(&events),
        [("session.opened".to_owned(), visitor(1)), ("segment.assigned".to_owned(), visitor(1))]
    );
    let told = &events[1].data;
    assert_eq!(told["type"], "segment.assigned");
    assert_eq!(told["data"]["session"], json!({ "id": session, "type": "web" }));
    assert_eq!(told["data"]["customer"], json!({ "id": visitor(1), "idType": "cookie" }));
    let made = &told["data"]["assignment"];
    let expected = json!({ "id": segment, "version": 1, "scope": "Session" });
    assert_eq!(made["segment"], expected);
    assert_eq!((text(&made["state"]), text(&made["origin"])), ("Assigned", "Matched"));
    assert_eq!(told["timestamp"], made["dateAssigned"]);
    // What it tells is what the lists show.
    let listed = client.get(&format!("/api/v2/journey/sessions/{session}/segments")).with(200);
    assert_eq!(listed["entities"][0]["id"], made["id"]);
    let contact = &listed["entities"][0]["externalContact"]["id"];
    assert_eq!(&told["data"]["externalContact"]["id"], contact);
    // A client takes it back.
    let path = format!("/api/v2/journey/externalcontacts/{}/segments", text(contact));
    let body = json!([{ "segmentId": segment, "state": "Unassigned" }]);
    client.post(&path, &body).with(204);
    let event = stream.next().expect("an event");
    assert_eq!(event.name, "segment.unassigned");
    assert_eq!(event.data["data"]["assignment"]["reason"], "Api");
    assert_eq!(event.data["data"]["assignment"]["id"], made["id"]);
}

#[test]
fn a_reader_gets_what_it_asked_for() {
    let (_directory, process) = started();
    let client = process.client();
    let one = client.create_segment(&page_segment("One", "/one", 1));
    let two = client.create_segment(&page_segment("Two", "/two", 1));
    let first = view(&client, 1, "none");
    let queries = [
        format!("segmentIds={two}"),
        format!("segmentIds={one},{two}&customerIds={}", visitor(2)),
        format!("sessionIds={first}"),
        "types=session.opened".to_owned(),
        format!("types=segment.assigned&customerIds={}&customerIds={}", visitor(1), visitor(3)),
    ];
    let mut streams: Vec<_> = queries.iter().map(|query| open(&process, &client, query)).collect();
    for (number, path) in [(1, "one"), (2, "two"), (3, "one"), (2, "one"), (1, "two")] {
        view(&client, number, path);
    }
    let event = |name: &str, number| (name.to_owned(), visitor(number));
    let assigned = |number| event("segment.assigned", number);
    let expected = [
        vec![assigned(2), assigned(1)],
        vec![assigned(2), assigned(2)],
        vec![assigned(1), assigned(1)],
        vec![event("session.opened", 2), event("session.opened", 3)],
        vec![assigned(1), assigned(3), assigned(1)],
    ];
    for ((stream, expected), query) in streams.iter_mut().zip(expected).zip(&queries) {
        assert_eq!(short(&stream.take(expected.len())), expected, "{query}");
    }
}

#[test]
fn a_reader_goes_on_where_it_was_after_a_kill() {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::start(directory.path());
    let client = process.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let mut stream = open(&process, &client, "");
    let mut expected = Vec::new();
    for number in 1..=30 {
        view(&client, number, "seen");
        for name in ["session.opened", "segment.assigned"] {
            expected.push((name.to_owned(), visitor(number)));
        }
    }
    let before = stream.take(17);
    process.kill();
    let process = Process::start(directory.path());
    let client = process.client();
    let last = before.last().expect("an event").id.clone();
    // By the header, as clients do that come back by themselves, and by the parameter; the header is
    // the newer one.
    let first = before[0].id.clone();
    let by_header = |id: &str| {
        open_after(&process, &client, &format!("after={first}"), &[("last-event-id", id)])
    };
    for mut stream in [by_header(&last), open(&process, &client, &format!("after={last}"))] {
        let after = stream.take(expected.len() - before.len());
        assert_eq!(short(&[before.clone(), after].concat()), expected);
    }
    // What happened in the new life comes behind it.
    let mut stream = by_header(&last);
    view(&client, 31, "seen");
    let after = stream.take(expected.len() - before.len() + 1);
    assert_eq!(short(&after[after.len() - 1..]), [("session.opened".to_owned(), visitor(31))]);
}

#[test]
fn a_silent_feed_gives_signs_of_life_that_move_the_place_on() {
    let (_directory, process) = started();
    let client = process.client();
    let mut stream = open(&process, &client, "heartbeatSeconds=1&types=session.ended");
    stream.wait_for_comment();
    let before = stream.last_id.clone();
    view(&client, 1, "x");
    wait_until("the place behind the new session", || {
        stream.wait_for_comment();
        stream.last_id != before
    });
    let mut rest = open(&process, &client, &format!("after={}", stream.last_id));
    view(&client, 2, "x");
    assert_eq!(short(&rest.take(1)), [("session.opened".to_owned(), visitor(2))]);
}

#[test]
fn a_feed_ends_with_its_token() {
    let (_directory, process) = started();
    let (client, other) = (process.client(), process.client());
    let mut ends = open(&process, &client, "heartbeatSeconds=1");
    let mut stays = open(&process, &other, "heartbeatSeconds=1");
    client.delete("/api/v2/tokens/me");
    let event = ends.next().expect("an event");
    assert_eq!(event.name, "closed");
    assert_eq!(event.data["reason"], "the token does not allow it any more");
    assert_eq!(ends.next(), None);
    stays.wait_for_comment();
}

#[test]
fn a_feed_that_is_never_silent_ends_with_its_token_too() {
    let (_directory, process) = started();
    let (client, other) = (process.client(), process.client());
    let mut ends = open(&process, &client, "heartbeatSeconds=1");
    client.delete("/api/v2/tokens/me");
    let mut number = 0;
    wait_until("the end of the feed", || {
        number += 1;
        view(&other, number, "x");
        ends.next().expect("an event").name == "closed"
    });
}

#[test]
fn feeds_end_when_the_server_stops() {
    let (_directory, process) = started();
    let client = process.client();
    let mut streams: Vec<_> = (0..3).map(|_| open(&process, &client, "")).collect();
    view(&client, 1, "x");
    assert!(process.terminate().success());
    for stream in &mut streams {
        assert_eq!(stream.next().expect("an event").name, "session.opened");
        let event = stream.next().expect("an event");
        assert_eq!(event.name, "closed");
        assert_eq!(event.data["reason"], "the server is stopping");
        assert_eq!(stream.next(), None);
    }
}

#[test]
fn a_slow_reader_is_dropped_and_loses_nothing() {
    let (_directory, process) = started();
    let client = process.client();
    let segments = 60;
    for number in 0..segments {
        client.create_segment(&page_segment(&format!("Segment {number}"), "/seen", 1));
    }
    let mut slow = open(&process, &client, "heartbeatSeconds=1");
    let mut quick = open(&process, &client, "heartbeatSeconds=1");
    // More than what sockets hold for those who do not read.
    let visitors = 600;
    let changes = visitors as usize * (segments + 1);
    let expected = std::thread::scope(|scope| {
        let reader = scope.spawn(|| short(&quick.take(changes)));
        for number in 1..=visitors {
            view(&client, number, "seen");
        }
        reader.join().expect("a reader")
    });
    // More time than a reader gets who does not read.
    (0..4).for_each(|_| quick.wait_for_comment());
    let mut seen = Vec::new();
    let reason = loop {
        let event = slow.next().expect("the reason before the end");
        if event.name == "closed" {
            break event.data["reason"].clone();
        }
        seen.push(event);
        assert!(seen.len() < changes, "it was never slow");
    };
    assert_eq!(reason, "the reader is too slow");
    let told = scrape_with(&process, client.token());
    let dropped = told.find("wayfare_live_feeds_ended_total", &[("reason", "too_slow")]);
    assert_eq!(dropped, Some(1.0));
    assert_eq!(slow.next(), None);
    let last = seen.last().expect("an event").id.clone();
    let mut again = open(&process, &client, &format!("after={last}"));
    seen.extend(again.take(changes - seen.len()));
    assert_eq!(short(&seen), expected);
}

#[test]
fn as_many_feeds_are_open_as_may_be() {
    let (_directory, process) = started();
    let client = process.client();
    let mut streams: Vec<_> =
        (0..100).map(|_| open(&process, &client, "heartbeatSeconds=1")).collect();
    let refused = open_after(&process, &client, "", &[]);
    assert_eq!(refused.status, 429);
    assert_eq!(refused.headers["retry-after"], "10");
    streams.pop();
    // The server notices at the next sign of life, at the latest.
    wait_until("a free place", || open_after(&process, &client, "", &[]).status == 200);
}

/// A directory with two organisations; gives their keys.
fn two_organisations(directory: &Path) -> [FirstKeys; 2] {
    let server = TestServer::open(directory);
    let keys = [server.keys.clone(), server.create_organisation("other")];
    server.close();
    keys
}

#[test]
fn organisations_do_not_see_each_others_changes() {
    let directory = tempfile::tempdir().expect("a directory");
    let keys = two_organisations(directory.path());
    let process = Process::start(directory.path());
    let clients = keys
        .each_ref()
        .map(|keys| TestClient::log_in(&process, &keys.client.to_string(), &keys.secret));
    let mut streams = clients.each_ref().map(|client| open(&process, client, ""));
    for (keys, number) in keys.iter().zip([1, 2]) {
        let path = format!("/api/v2/journey/deployments/{}/webevents", keys.deployment);
        let event = page_view(&visitor(number), "https://x.example/", &wall_clock().to_string());
        clients[0].post(&path, &event).with(200);
    }
    let mut ids = Vec::new();
    for (stream, number) in streams.iter_mut().zip([1, 2]) {
        let events = stream.take(1);
        assert_eq!(short(&events), [("session.opened".to_owned(), visitor(number))]);
        ids.push(events[0].id.clone());
    }
    // Both are the first change of their organisation, and yet not the same place.
    let query = format!("after={}", ids[0]);
    let refused = open_after(&process, &clients[1], &query, &[]);
    assert_eq!(refused.status, 400);
    let refused = open_after(&process, &clients[0], "", &[("last-event-id", &ids[1])]);
    assert_eq!(refused.status, 400);
}

/// Opens a feed without a socket.
fn feed(server: &TestServer, after: Option<String>) -> Feed {
    let client = server.client();
    server.run(async {
        let caller = server.app.authenticate(client.token()).await.expect("a caller");
        let request = FeedRequest { after, after_name: "after", ..FeedRequest::default() };
        server.app.open_feed(&caller, &request).await.expect("a feed")
    })
}

fn next(server: &TestServer, feed: &mut Feed) -> Vec<FeedItem> {
    server.run(feed.next()).expect("items")
}

/// A visitor's first page view.
fn visit(server: &TestServer, number: u32) {
    let event = page_view(&visitor(number), "https://x.example/", &server.clock.text(0));
    server.client().record(&event);
}

#[test]
fn who_was_away_too_long_is_told() {
    let server = TestServer::start();
    visit(&server, 1);
    let mut open = feed(&server, None);
    let place = open.position();
    visit(&server, 2);
    visit(&server, 3);
    let organisation = server.app.first_organisation().expect("an organisation");
    let bounds = ChangeBounds {
        recorded_from: wall_clock().plus_ms(-1_000_000_000_000),
        changes_max: 1,
        batch_max: 100,
    };
    let trimmed = server.run(server.stores.changes.trim_changes(organisation, bounds));
    assert_eq!(trimmed.expect("a trim"), 2);
    for feed in [&mut open, &mut feed(&server, Some(place))] {
        let items = next(&server, feed);
        let [FeedItem::Reset { id, reason }] = &items[..] else { panic!("{items:?}") };
        assert_eq!(*reason, "changes after the given id have left the change log");
        assert_eq!(*id, feed.position());
    }
    // It goes on with what comes then.
    visit(&server, 4);
    let items = next(&server, &mut open);
    let [FeedItem::Change { change, .. }] = &items[..] else { panic!("{items:?}") };
    assert_eq!(change.sequence, 4);
    let told =
        scrape_with(&server, server.client().token()).value("wayfare_live_feed_resets_total", &[]);
    assert_eq!(told.to_bits(), 2.0_f64.to_bits());
}

#[test]
fn a_place_ahead_of_a_restored_directory_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = TestServer::open(directory.path());
    visit(&server, 1);
    server.close();
    let copy = tempfile::tempdir().expect("a directory");
    for file in std::fs::read_dir(directory.path()).expect("a directory") {
        let file = file.expect("a file");
        if file.file_type().expect("its type").is_file() {
            std::fs::copy(file.path(), copy.path().join(file.file_name())).expect("a copy");
        }
    }
    let server = TestServer::open(directory.path());
    let behind = feed(&server, None).position();
    visit(&server, 2);
    let ahead = feed(&server, None).position();
    server.close();
    let server = TestServer::open(copy.path());
    let mut told = feed(&server, Some(ahead));
    let items = next(&server, &mut told);
    let [FeedItem::Reset { id, reason }] = &items[..] else { panic!("{items:?}") };
    assert_eq!((*reason, id), ("the given id is ahead of the change log", &behind));
}

/// The kinds of all changes, in order.
fn logged(server: &TestServer) -> Vec<&'static str> {
    let organisation = server.app.first_organisation().expect("an organisation");
    let page = server.run(server.stores.changes.changes(organisation, 0, 100)).expect("a page");
    page.changes.iter().map(|logged| logged.change.kind.as_str()).collect()
}

/// A page view so many minutes from now; gives the session.
fn look(server: &TestServer, path: &str, minutes: i64) -> String {
    let created = server.clock.text(minutes * 60_000);
    let url = format!("https://x.example/{path}");
    server.client().record(&page_view(&visitor(1), &url, &created))
}

#[test]
fn what_a_late_event_undoes_is_told() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let session = look(&server, "seen", 0);
    server.clock.advance_minutes(25);
    client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    let mut expected =
        vec!["session.opened", "segment.assigned", "session.ended", "segment.unassigned"];
    assert_eq!(logged(&server), expected);
    // An event from before its end: the session goes on, and its assignment with it.
    assert_eq!(look(&server, "other", -15), session);
    expected.extend(["session.reopened", "segment.restored"]);
    assert_eq!(logged(&server), expected);
    // The same event again changes nothing.
    look(&server, "other", -15);
    assert_eq!(logged(&server), expected);
}

#[test]
fn an_assignment_that_never_was_is_told() {
    let server = TestServer::start();
    let client = server.client();
    let pattern = |part: &str, count, within: Option<u32>| {
        let criterion = json!({ "key": "page.url", "values": [part], "operator": "containsAny" });
        let mut pattern = json!({
            "criteria": [criterion], "count": count, "streamType": "Web", "sessionType": "web",
        });
        if let Some(seconds) = within {
            pattern["withinSeconds"] = json!(seconds);
        }
        pattern
    };
    let patterns = [pattern("/cart", 1, None), pattern("/buy", 0, Some(60))];
    let journey = json!({ "ordered": true, "patterns": patterns });
    client.create_segment(&json!({ "displayName": "Left", "journey": journey }));
    let session = look(&server, "cart", 0);
    server.clock.advance_minutes(5);
    client.get(&format!("/api/v2/journey/sessions/{session}/segments")).with(200);
    assert_eq!(logged(&server), ["session.opened", "segment.assigned"]);
    // Half a minute after the cart, told five minutes late.
    let created = server.clock.text(-270_000);
    client.record(&page_view(&visitor(1), "https://x.example/buy", &created));
    assert_eq!(logged(&server), ["session.opened", "segment.assigned", "segment.retracted"]);
}

#[test]
fn old_changes_leave_the_log_and_old_events_never_come_in() {
    let server = TestServer::start();
    let event = page_view(&visitor(1), "https://x.example/", &server.clock.text(0));
    let session = server.client().record(&event);
    let organisation = server.app.first_organisation().expect("an organisation");
    let logged = || {
        let page = server.run(server.stores.changes.changes(organisation, 0, 100)).expect("a page");
        let kinds: Vec<_> = page.changes.iter().map(|logged| logged.change.kind.as_str()).collect();
        (kinds, page.span.last)
    };
    assert_eq!(logged(), (vec!["session.opened"], 1));
    let eight_days_ago = server.clock.text(-8 * 24 * 60 * 60 * 1_000);
    let old = page_view(&visitor(2), "https://x.example/", &eight_days_ago).to_string();
    server.client().import(&[old], 1);
    assert_eq!(logged(), (vec!["session.opened"], 1));
    server.clock.advance_days(3);
    server.client().get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    assert_eq!(logged(), (vec!["session.opened", "session.ended"], 2));
    server.clock.advance_days(5);
    server.run(server.app.trim_changes()).expect("a trim");
    assert_eq!(logged(), (vec!["session.ended"], 2));
}
