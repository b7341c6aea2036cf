//! Clocks that are wrong.

use super::{NOVEMBER, import, session, sessions_counted, view, view_at};
use crate::harness::{TestServer, aggregates, web_events};

#[test]
fn the_sender_is_ahead_by_up_to_five_minutes() {
    let server = TestServer::start();
    let client = server.client();
    let first = client.record(&view(&server, 1, "/a", 5));
    let shown = session(&client, &first);
    assert_eq!(shown["createdDate"], server.clock.text(5 * 60_000));
    // Its silence is counted from its own time: 24 minutes from now it still goes on.
    server.clock.advance_minutes(24);
    assert!(session(&client, &first).get("endedDate").is_none());
    server.clock.advance_minutes(1);
    assert_eq!(session(&client, &first)["endedDate"], server.clock.text(0));
}

#[test]
fn the_sender_is_further_ahead() {
    let server = TestServer::start();
    let client = server.client();
    let mut event = view(&server, 1, "/a", 5);
    event["createdDate"] = serde_json::json!(server.clock.text(5 * 60_000 + 1));
    let answer = client.post(&web_events(), &event);
    assert_eq!(answer.faults(), "bad.request createdDate\n");
    answer.error(400, "bad.request");
    assert_eq!(sessions_counted(&client), 0);
}

#[test]
fn the_sender_is_behind_by_up_to_an_hour() {
    let server = TestServer::start();
    let client = server.client();
    let first = client.record(&view(&server, 1, "/a", -60));
    let shown = session(&client, &first);
    assert_eq!(shown["createdDate"], server.clock.text(-60 * 60_000));
    // It was over before it came; aggregates count it when it came.
    assert_eq!(shown["endedDate"], server.clock.text(-40 * 60_000));
    let interval = format!("{}/{}", server.clock.text(0), server.clock.text(60_000));
    let counted = client.count_by(&aggregates(&interval, "nJourneySessions", &[]));
    assert_eq!(counted.iter().map(|(_, count)| count).sum::<u64>(), 1);
}

#[test]
fn the_sender_is_further_behind() {
    let server = TestServer::start();
    let client = server.client();
    for moment in [&server.clock.text(-60 * 60_000 - 1), "1970-01-01T00:00:00.000Z"] {
        let event = view_at(1, "/a", moment);
        let message = client.post(&web_events(), &event).error(400, "bad.request");
        assert!(message.contains("createdDate"), "{message}");
    }
    assert_eq!(sessions_counted(&client), 0);
}

#[test]
fn a_record_of_long_ago() {
    let server = TestServer::start();
    let client = server.client();
    let record = view_at(1, "/a", "2001-02-03T04:05:06.007Z");
    assert_eq!(import(&client, &[record]).0, 1);
    let year = "2001-01-01T00:00:00Z/2002-01-01T00:00:00Z";
    let counted = client.count_by(&aggregates(year, "nJourneySessions", &[]));
    assert_eq!(counted, [(String::new(), 1)]);
    // The running session of the same visitor is not touched by it.
    let now = client.record(&view(&server, 1, "/b", 0));
    assert_eq!(session(&client, &now)["eventCount"], 1);
}

#[test]
fn a_record_from_the_future() {
    let server = TestServer::start();
    let client = server.client();
    let moment = server.clock.text(1);
    let (applied, _, rejected) = import(&client, &[view_at(1, "/a", &moment)]);
    assert_eq!(applied, 0);
    assert_eq!(rejected, [format!("1 field [createdDate] [{moment}] is in the future")]);
}

#[test]
fn a_date_that_does_not_exist() {
    let server = TestServer::start();
    let client = server.client();
    for moment in ["2026-02-30T00:00:00.000Z", "yesterday", "2026-11-22T25:00:00.000Z"] {
        let answer = client.post(&web_events(), &view_at(1, "/a", moment));
        assert_eq!(answer.faults(), "invalid.date createdDate\n");
        answer.error(400, "invalid.date");
    }
    assert_eq!(sessions_counted(&client), 0);
}

#[test]
fn a_date_with_an_offset() {
    let server = TestServer::start();
    let client = server.client();
    let first = client.record(&view_at(1, "/a", "2026-11-22T14:25:00+05:30"));
    assert_eq!(session(&client, &first)["createdDate"], "2026-11-22T08:55:00.000Z");
    // Without one it is UTC.
    assert_eq!(client.record(&view_at(1, "/b", "2026-11-22T08:56:00")), first);
}

#[test]
fn the_server_clock_is_set_back() {
    let server = TestServer::start();
    let client = server.client();
    let first = client.record(&view(&server, 1, "/a", 0));
    server.clock.advance_minutes(30);
    let ended = session(&client, &first)["endedDate"].clone();
    server.clock.advance_minutes(-29);
    // What was ended stays so until an event says otherwise.
    assert_eq!(session(&client, &first)["endedDate"], ended);
    assert_eq!(client.record(&view(&server, 1, "/b", 0)), first);
    assert!(session(&client, &first).get("endedDate").is_none());
    server.clock.advance_minutes(20);
    assert_eq!(session(&client, &first)["endedDate"], server.clock.text(0));
    let counted = client.count_by(&aggregates(NOVEMBER, "nJourneySessions", &[]));
    assert_eq!(counted, [(String::new(), 1)]);
}
