//! What waits: batches for the database, changes for the receivers of webhooks, feeds for their readers.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use wayfare_model::time::Moment;
use wayfare_store::changes::ChangeBounds;

use super::exposition::Exposition;
use super::{Operators, ask, scrape, told};
use crate::harness::{
    EventStream, Process, Receiver, Reply, TestServer, page_segment, page_view, visitor,
    wait_until, wall_clock,
};

const WEBHOOKS: &str = "/api/wayfare/v1/webhooks";
const LIVE: &str = "/api/wayfare/v1/live?heartbeatSeconds=1";

fn is(told: &Exposition, name: &str, labels: &[(&str, &str)], number: f64) -> bool {
    told.find(name, labels).is_some_and(|value| value.to_bits() == number.to_bits())
}

/// A program that tells what it measures.
fn start(data: &Path, arguments: &[&str]) -> Process {
    Process::start_with(data, &[arguments, &["--metrics-listen", "127.0.0.1:0"]].concat())
}

fn look(server: &Process) -> Exposition {
    told(ask(&Operators(server.metrics_address.expect("an address")), None))
}

#[track_caller]
fn check(told: &Exposition, name: &str, labels: &[(&str, &str)], number: f64) {
    assert!(is(told, name, labels, number), "{name} {labels:?}: {:?}", told.find(name, labels));
}

/// A visitor looks at the page that assigns the segment.
fn see(server: &TestServer, number: u32) {
    let event = page_view(&visitor(number), "https://x.example/seen", &server.clock.text(0));
    server.client().record(&event);
}

#[test]
fn batches_are_counted_until_they_are_in_the_database() {
    let data = tempfile::tempdir().expect("a directory");
    let server = start(data.path(), &[]);
    let client = server.client();
    let before = look(&server);
    for number in 1..=3 {
        let now = wall_clock().to_string();
        client.record(&page_view(&visitor(number), "https://shop.example/", &now));
    }
    // They are counted a moment before they wait no more.
    wait_until("all batches are there", || {
        let now = look(&server);
        now.rise(&before, "wayfare_batch_log_flush_batches_sum", &[]) >= 3.0
            && is(&now, "wayfare_batch_log_waiting_bytes", &[], 0.0)
    });
    let after = look(&server);
    check(&after, "wayfare_batch_log_waiting_bytes", &[], 0.0);
    check(&after, "wayfare_batch_log_stuck", &[], 0.0);
    check(&after, "wayfare_queue_depth", &[("queue", "batch_log")], 0.0);
    check(&after, "wayfare_queue_oldest_seconds", &[("queue", "batch_log")], 0.0);
    let rise = |name: &str| after.rise(&before, name, &[]);
    assert_eq!(rise("wayfare_batch_log_flush_batches_sum").to_bits(), 3.0_f64.to_bits());
    let flushes = rise("wayfare_batch_log_flush_seconds_count");
    assert!((1.0..=3.0).contains(&flushes), "{flushes}");
    assert!(rise("wayfare_batch_log_flush_seconds_sum") > 0.0);
    // A contact, an identifier, a visitor, a session, an event and its facts for each of them.
    assert!(rise("wayfare_batch_log_flush_rows_sum") >= 15.0);
    assert!(after.value("wayfare_store_file_bytes", &[("file", "batches")]) > 0.0);
}

#[test]
fn changes_wait_until_the_receiver_has_them() {
    let data = tempfile::tempdir().expect("a directory");
    let allowed = ["--webhook-allow-http", "--webhook-allow-network", "127.0.0.1/32"];
    let server = start(data.path(), &allowed);
    let client = server.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let may_answer = Arc::new(AtomicBool::new(false));
    let go_on = Arc::clone(&may_answer);
    let receiver = Receiver::start(move |_| {
        wait_until("the answer", || go_on.load(Ordering::SeqCst));
        Reply::Status(204)
    });
    client.post(WEBHOOKS, &json!({ "url": receiver.url() })).with(201);
    let now = wall_clock().to_string();
    client.record(&page_view(&visitor(1), "https://shop.example/seen", &now));
    wait_until("a message", || receiver.messages().len() == 1);
    let queue = [("queue", "webhooks")];
    let now = look(&server);
    check(&now, "wayfare_queue_depth", &queue, 1.0);
    wait_until("it has an age", || {
        look(&server).value("wayfare_queue_oldest_seconds", &queue) > 0.0
    });
    may_answer.store(true, Ordering::SeqCst);
    wait_until("nothing waits", || is(&look(&server), "wayfare_queue_depth", &queue, 0.0));
    check(&look(&server), "wayfare_queue_oldest_seconds", &queue, 0.0);
}

#[test]
fn deliveries_are_counted_by_organisation_and_outcome() {
    let server = TestServer::start();
    server.deliver_webhooks();
    let client = server.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let is_well = Arc::new(AtomicBool::new(false));
    let takes = Arc::clone(&is_well);
    let receiver = Receiver::start(move |_| {
        Reply::Status(if takes.load(Ordering::SeqCst) { 204 } else { 502 })
    });
    let webhook = client.post(WEBHOOKS, &json!({ "url": receiver.url() })).with(201);
    let path = format!("{WEBHOOKS}/{}", webhook["id"].as_str().expect("an id"));
    let organisation = server.app.first_organisation().expect("an organisation").to_string();
    let of = [("organisation", organisation.as_str())];
    let outcome = |word| [of[0], ("outcome", word)];
    let deliveries = "wayfare_webhook_deliveries_total";
    client.record(&page_view(&visitor(1), "https://x.example/seen", &server.clock.text(0)));
    wait_until("an attempt that fails", || {
        is(&scrape(&server), deliveries, &outcome("retried"), 1.0)
    });
    server.clock.advance_ms(1_000);
    let told = scrape(&server);
    check(&told, "wayfare_webhooks_enabled", &of, 1.0);
    check(&told, "wayfare_webhook_waiting_changes", &of, 1.0);
    check(&told, "wayfare_webhook_oldest_seconds", &of, 1.0);
    assert_eq!(told.find(deliveries, &outcome("delivered")), None);
    is_well.store(true, Ordering::SeqCst);
    server.clock.advance_ms(10_000);
    wait_until("the delivery", || is(&scrape(&server), deliveries, &outcome("delivered"), 1.0));
    wait_until("nothing waits", || {
        is(&scrape(&server), "wayfare_webhook_waiting_changes", &of, 0.0)
    });

    // One after three days: it is given up, and the receiver is taken to be gone.
    is_well.store(false, Ordering::SeqCst);
    client.record(&page_view(&visitor(2), "https://x.example/seen", &server.clock.text(0)));
    wait_until("it is off", || {
        server.clock.advance_minutes(30);
        server.client().get(&path).with(200)["enabled"] == false
    });
    wait_until("nobody delivers", || {
        scrape(&server).find("wayfare_webhooks_enabled", &of).is_none()
    });
    let told = scrape(&server);
    check(&told, "wayfare_webhooks_switched_off_total", &of, 1.0);
    assert!(told.value(deliveries, &outcome("retried")) >= 2.0);
    // It is there still, for when the webhook is switched on again.
    assert_eq!(told.find(deliveries, &outcome("given_up")), None);
}

#[test]
fn a_message_that_is_given_up_is_counted() {
    let server = TestServer::start();
    server.deliver_webhooks();
    let client = server.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    // The receiver is there, but never takes the message about one customer.
    let receiver = Receiver::start(|message| {
        Reply::Status(if message.customer() == visitor(1) { 500 } else { 204 })
    });
    let body = json!({ "url": receiver.url(), "types": ["segment.assigned"] });
    let webhook = client.post(WEBHOOKS, &body).with(201);
    let path = format!("{WEBHOOKS}/{}", webhook["id"].as_str().expect("an id"));
    let organisation = server.app.first_organisation().expect("an organisation").to_string();
    let of = [("organisation", organisation.as_str())];
    let is_counted = |word, number: f64| {
        let outcome = [of[0], ("outcome", word)];
        is(&scrape(&server), "wayfare_webhook_deliveries_total", &outcome, number)
    };
    see(&server, 1);
    wait_until("the first attempt", || is_counted("retried", 1.0));
    for day in 1..=3 {
        see(&server, 10 + day);
        wait_until("another message is taken", || is_counted("delivered", f64::from(day)));
        server.clock.advance_days(1);
        let (outcome, number) =
            if day < 3 { ("retried", f64::from(day + 1)) } else { ("given_up", 1.0) };
        wait_until("the attempt of the next day", || is_counted(outcome, number));
    }
    wait_until("nothing waits", || {
        is(&scrape(&server), "wayfare_webhook_waiting_changes", &of, 0.0)
    });
    check(&scrape(&server), "wayfare_webhooks_enabled", &of, 1.0);
    assert!(is_counted("retried", 3.0) && is_counted("given_up", 1.0));
    let deliveries = server.client().get(&format!("{path}/deliveries")).with(200);
    assert_eq!(deliveries["entities"][0]["givenUp"], true, "{deliveries}");
}

#[test]
fn changes_that_left_the_log_before_they_were_delivered_are_counted() {
    let server = TestServer::start();
    server.deliver_webhooks();
    let client = server.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let is_well = Arc::new(AtomicBool::new(true));
    let takes = Arc::clone(&is_well);
    let receiver = Receiver::start(move |_| {
        Reply::Status(if takes.load(Ordering::SeqCst) { 204 } else { 502 })
    });
    let body = json!({ "url": receiver.url(), "types": ["segment.assigned"] });
    let webhook = client.post(WEBHOOKS, &body).with(201);
    let path = format!("{WEBHOOKS}/{}", webhook["id"].as_str().expect("an id"));
    let organisation = server.app.first_organisation().expect("an organisation");
    let name = organisation.to_string();
    let of = [("organisation", name.as_str())];
    let is_counted = |word, number: f64| {
        let outcome = [of[0], ("outcome", word)];
        is(&scrape(&server), "wayfare_webhook_deliveries_total", &outcome, number)
    };
    let switch = |on: bool| {
        client.patch(&path, &json!({ "enabled": on })).with(200);
        wait_until("it is switched", || {
            scrape(&server).find("wayfare_webhooks_enabled", &of).is_some() == on
        });
    };
    let trim = || {
        let bounds =
            ChangeBounds { recorded_from: Moment::from_ms(0), changes_max: 1, batch_max: 100 };
        server.run(server.stores.changes.trim_changes(organisation, bounds)).expect("a trim")
    };
    // What happens while it is switched off has not been looked at when it leaves the log.
    wait_until("it is delivered", || {
        scrape(&server).find("wayfare_webhooks_enabled", &of).is_some()
    });
    switch(false);
    for number in 1..=3 {
        see(&server, number);
    }
    assert!(trim() > 0);
    assert!(!is_counted("lost", 1.0));
    switch(true);
    wait_until("changes are lost", || is_counted("lost", 1.0));
    // It goes on with what is there.
    see(&server, 4);
    wait_until("later messages", || {
        receiver.messages().iter().any(|message| message.customer() == visitor(4))
    });
    let messages = receiver.messages();
    assert!([1, 2].iter().all(|gone| messages.iter().all(|it| it.customer() != visitor(*gone))));

    // What waits for another attempt leaves the log, too.
    is_well.store(false, Ordering::SeqCst);
    for number in 5..=6 {
        see(&server, number);
    }
    wait_until("attempts that fail", || is_counted("retried", 2.0));
    switch(false);
    assert!(trim() > 0);
    is_well.store(true, Ordering::SeqCst);
    switch(true);
    wait_until("more is lost", || is_counted("lost", 2.0));
    server.clock.advance_minutes(1);
    wait_until("nothing waits", || {
        is(&scrape(&server), "wayfare_webhook_waiting_changes", &of, 0.0)
    });
    let deliveries = client.get(&format!("{path}/deliveries")).with(200);
    let entities = deliveries["entities"].as_array().expect("a list");
    let lost = entities.iter().filter(|delivery| delivery["result"] == "lost").count();
    assert_eq!(lost, 2, "{deliveries}");
    assert!(is_counted("lost", 2.0));
}

#[test]
fn connections_are_counted_while_they_are_open() {
    let data = tempfile::tempdir().expect("a directory");
    let server = start(data.path(), &[]);
    let is_open = |number: f64| is(&look(&server), "wayfare_connections_open", &[], number);
    check(&look(&server), "wayfare_connections_max", &[], 8_192.0);
    assert!(is_open(0.0));
    let connect = || TcpStream::connect(server.address).expect("a connection");
    let (first, _second) = (connect(), connect());
    wait_until("two are open", || is_open(2.0));
    drop(first);
    wait_until("one is open", || is_open(1.0));
    // Those who look at the server are not among them.
    assert!(is_open(1.0));
}

#[test]
fn connections_wait_until_they_speak_tls() {
    let data = tempfile::tempdir().expect("a directory");
    let certificates = data.path().join("tls");
    let made = Command::new(env!("CARGO_BIN_EXE_wayfare"))
        .args(["dev-cert", "--to"])
        .arg(&certificates)
        .stdout(Stdio::null())
        .status();
    assert!(made.expect("an end").success());
    let [certificate, key] =
        ["certificate.pem", "key.pem"].map(|name| certificates.join(name).display().to_string());
    let arguments = ["--tls-certificate", &certificate, "--tls-key", &key];
    let server = start(&data.path().join("data"), &arguments);
    let queue = [("queue", "tls_handshakes")];
    check(&look(&server), "wayfare_queue_depth", &queue, 0.0);
    let silent = TcpStream::connect(server.address).expect("a connection");
    wait_until("it waits", || is(&look(&server), "wayfare_queue_depth", &queue, 1.0));
    wait_until("it has an age", || {
        look(&server).value("wayfare_queue_oldest_seconds", &queue) > 0.0
    });
    check(&look(&server), "wayfare_connections_open", &[], 0.0);
    drop(silent);
    wait_until("nothing waits", || is(&look(&server), "wayfare_queue_depth", &queue, 0.0));
}

#[test]
fn feeds_are_counted_while_they_are_open_and_when_they_end() {
    let data = tempfile::tempdir().expect("a directory");
    let server = start(data.path(), &[]);
    let client = server.client();
    let open = || EventStream::open(server.address, client.token(), LIVE, &[]);
    let of_all = |told: &Exposition| told.sum("wayfare_live_feeds");
    let (first, _second) = (open(), open());
    let now = look(&server);
    assert_eq!(of_all(&now).to_bits(), 2.0_f64.to_bits());
    check(&now, "wayfare_live_feeds_ended_total", &[("reason", "left")], 0.0);
    drop(first);
    wait_until("one is closed", || {
        is(&look(&server), "wayfare_live_feeds_ended_total", &[("reason", "left")], 1.0)
    });
    wait_until("one is open", || of_all(&look(&server)).to_bits() == 1.0_f64.to_bits());
}
