//! Webhooks, against real receivers: what arrives, in which order, and what happens when a receiver is
//! slow, dead, or somewhere it must not be.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{
    CLIENT_ID, CLIENT_SECRET, Message, Process, Receiver, Reply, TestClient, TestServer,
    page_segment, page_view, text, visitor, wait_until, wall_clock,
};

const WEBHOOKS: &str = "/api/wayfare/v1/webhooks";
const HOUR_MS: i64 = 60 * 60 * 1_000;

/// A program whose webhooks may reach this machine.
fn process() -> (TempDir, Process) {
    let directory = tempfile::tempdir().expect("a directory");
    let process = start(&directory);
    (directory, process)
}

fn start(directory: &TempDir) -> Process {
    let arguments = ["--webhook-allow-http", "--webhook-allow-network", "127.0.0.1/32"];
    Process::start_with(directory.path(), &arguments)
}

/// The product in this process, with a clock that the test moves.
fn in_process() -> TestServer {
    let server = TestServer::start();
    server.deliver_webhooks();
    server
}

fn receiver() -> Receiver {
    Receiver::start(|_| Reply::Status(204))
}

fn create(client: &TestClient<'_>, url: &str) -> Value {
    client.post(WEBHOOKS, &json!({ "url": url })).with(201)
}

fn show(client: &TestClient<'_>, webhook: &Value) -> Value {
    client.get(&format!("{WEBHOOKS}/{}", text(&webhook["id"]))).with(200)
}

fn deliveries(client: &TestClient<'_>, webhook: &Value) -> Vec<Value> {
    let path = format!("{WEBHOOKS}/{}/deliveries", text(&webhook["id"]));
    client.get(&path).with(200)["entities"].as_array().expect("a list").clone()
}

fn of(webhook: &Value, rest: &str) -> String {
    format!("{WEBHOOKS}/{}{rest}", text(&webhook["id"]))
}

fn view(client: &TestClient<'_>, number: u32, path: &str, now: &str) {
    client.record(&page_view(&visitor(number), &format!("https://x.example/{path}"), now));
}

fn view_now(client: &TestClient<'_>, number: u32, path: &str) {
    view(client, number, path, &wall_clock().to_string());
}

fn wait_for(receiver: &Receiver, number: usize) -> Vec<Message> {
    wait_until("messages", || receiver.messages().len() >= number);
    receiver.messages()
}

#[test]
fn a_message_says_what_happened_and_is_signed() {
    let (_directory, process) = process();
    let client = process.client();
    let (receiver, segment) =
        (receiver(), client.create_segment(&page_segment("Seen", "/seen", 1)));
    let webhook = create(&client, &receiver.url());
    view_now(&client, 1, "seen");
    let messages = wait_for(&receiver, 1);
    let body = messages[0].json();
    assert_eq!(body["type"], "segment.assigned");
    assert_eq!(body["data"]["assignment"]["segment"]["id"], segment);
    assert_eq!(messages[0].customer(), visitor(1));
    assert_eq!(messages[0].headers["content-type"], "application/json");
    let secret = text(&webhook["secret"]);
    assert_eq!(messages[0].signatures_by(secret), 1);
    let sent: i64 = messages[0].headers["webhook-timestamp"].parse().expect("seconds");
    assert!((sent - wall_clock().as_ms() / 1_000).abs() < 60);
    wait_until("the delivery is written down", || deliveries(&client, &webhook).len() == 1);
    let delivery = &deliveries(&client, &webhook)[0];
    let expected = (messages[0].id(), "delivered", 204);
    let told = (text(&delivery["id"]), text(&delivery["result"]), &delivery["status"]);
    assert_eq!((told.0, told.1, told.2.as_u64()), (expected.0, expected.1, Some(expected.2)));
    // The secret is shown once.
    assert!(!show(&client, &webhook).to_string().contains(secret));
    assert!(!client.get(WEBHOOKS).with(200).to_string().contains("secret"));
}

#[test]
fn only_what_is_wanted_arrives() {
    let server = in_process();
    let client = server.client();
    let one = client.create_segment(&page_segment("One", "/one", 1));
    let two = client.create_segment(&page_segment("Two", "/two", 1));
    let receivers = [receiver(), receiver(), receiver()];
    let bodies = [
        json!({ "url": receivers[0].url(), "segmentIds": [two] }),
        json!({ "url": receivers[1].url(), "types": ["segment.unassigned"] }),
        json!({ "url": receivers[2].url() }),
    ];
    for body in &bodies {
        client.post(WEBHOOKS, body).with(201);
    }
    let session = {
        let event = page_view(&visitor(1), "https://x.example/one", &server.clock.text(0));
        client.record(&event)
    };
    view(&client, 2, "two", &server.clock.text(0));
    server.clock.advance_minutes(30);
    client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    let told = |receiver: &Receiver| -> BTreeSet<(String, String)> {
        let short = |message: &Message| {
            let body = message.json();
            let segment = text(&body["data"]["assignment"]["segment"]["id"]).to_owned();
            (text(&body["type"]).to_owned(), segment)
        };
        receiver.messages().iter().map(short).collect()
    };
    let expected = |wanted: &[(&str, &String)]| -> BTreeSet<(String, String)> {
        wanted.iter().map(|(kind, segment)| ((*kind).to_owned(), (*segment).clone())).collect()
    };
    let (assigned, unassigned) = ("segment.assigned", "segment.unassigned");
    let all = [
        expected(&[(assigned, &two), (unassigned, &two)]),
        expected(&[(unassigned, &one), (unassigned, &two)]),
        expected(&[(assigned, &one), (assigned, &two), (unassigned, &one), (unassigned, &two)]),
    ];
    for (receiver, expected) in receivers.iter().zip(all) {
        wait_until("all messages", || told(receiver) == expected);
    }
}

#[test]
fn a_receiver_that_fails_is_asked_again_later_and_later() {
    let server = in_process();
    let client = server.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let failures = Arc::new(AtomicU32::new(3));
    let left = Arc::clone(&failures);
    let receiver = Receiver::start(move |_| {
        let is_left = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        Reply::Status(if is_left.is_ok() { 500 } else { 200 })
    });
    let webhook = create(&client, &receiver.url());
    view(&client, 1, "seen", &server.clock.text(0));
    for attempt in 1..=3 {
        wait_until("an attempt", || deliveries(&client, &webhook).len() == attempt);
        let last = &deliveries(&client, &webhook)[0];
        assert_eq!((text(&last["result"]), &last["attempt"]), ("failed", &json!(attempt)));
        assert_eq!(text(&last["error"]), "it answered 500");
        let status = show(&client, &webhook);
        assert_eq!(
            (&status["waiting"], text(&status["lastError"])),
            (&json!(1), "it answered 500")
        );
        // Not before its time, which doubles.
        let pause = 5_000 * (1 << (attempt - 1));
        let next = wayfare_model::time::Moment::parse(text(&last["nextDate"])).expect("a date");
        let began = wayfare_model::time::Moment::parse(text(&last["date"])).expect("a date");
        assert!((pause / 2..=pause).contains(&next.ms_since(began)), "{last}");
        server.clock.advance_ms(pause);
    }
    let messages = wait_for(&receiver, 4);
    let ids: BTreeSet<&str> = messages.iter().map(Message::id).collect();
    assert_eq!(ids.len(), 1, "one message has one id");
    assert!(messages.iter().all(|message| message.signatures_by(text(&webhook["secret"])) == 1));
    wait_until("nothing waits", || show(&client, &webhook)["waiting"] == 0);
    assert!(show(&client, &webhook).get("failingSinceDate").is_none());
}

#[test]
fn of_a_deleted_customer_nothing_is_told_any_more() {
    let server = in_process();
    let client = server.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let (is_well, goes_on) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (well, on) = (Arc::clone(&is_well), Arc::clone(&goes_on));
    // To one message no answer comes for long, to the others a bad one.
    let receiver = Receiver::start(move |message| {
        while message.customer() == visitor(3) && !on.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        Reply::Status(if well.load(Ordering::SeqCst) { 200 } else { 500 })
    });
    let webhook = create(&client, &receiver.url());
    for number in 1..=3 {
        view(&client, number, "seen", &server.clock.text(0));
    }
    wait_until("three attempts", || receiver.messages().len() == 3);
    wait_until("two answers", || deliveries(&client, &webhook).len() == 2);
    for number in [1, 3] {
        let path = format!("/api/wayfare/v1/customers/cookie/{}", visitor(number));
        assert_eq!(client.delete(&path).with(200)["state"], "Done");
    }
    assert_eq!(receiver.messages().len(), 3);
    is_well.store(true, Ordering::SeqCst);
    goes_on.store(true, Ordering::SeqCst);
    server.clock.advance_ms(HOUR_MS);
    wait_until("nothing waits", || show(&client, &webhook)["waiting"] == 0);
    let later: Vec<String> = receiver.messages()[3..].iter().map(Message::customer).collect();
    assert_eq!(later, [visitor(2)]);
    // Nobody was given up: what is gone is gone for good reason.
    let results = deliveries(&client, &webhook);
    assert!(results.iter().all(|delivery| delivery["result"] != "lost"), "{results:?}");
}

#[test]
fn a_receiver_may_say_when_to_come_back() {
    let server = in_process();
    let client = server.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let receiver = Receiver::start(|_| Reply::With(503, "retry-after", "7200".to_owned()));
    let webhook = create(&client, &receiver.url());
    view(&client, 1, "seen", &server.clock.text(0));
    wait_until("an attempt", || deliveries(&client, &webhook).len() == 1);
    let next = server.clock.text(2 * HOUR_MS);
    assert_eq!(deliveries(&client, &webhook)[0]["nextDate"], next);
}

#[test]
fn the_order_of_each_customer_holds_whatever_fails() {
    let server = in_process();
    let client = server.client();
    for number in 0..6 {
        client.create_segment(&page_segment(&number.to_string(), &format!("/{number}"), 1));
    }
    let random = Mutex::new(StdRng::seed_from_u64(6));
    let taken: Arc<Mutex<Vec<Message>>> = Arc::default();
    let accepted = Arc::clone(&taken);
    let receiver = Receiver::start(move |message| {
        if random.lock().expect("randomness").random_bool(0.3) {
            return Reply::Status(500);
        }
        accepted.lock().expect("the messages").push(message.clone());
        Reply::Status(200)
    });
    let body = json!({ "url": receiver.url(), "types": ["segment.assigned"] });
    let webhook = client.post(WEBHOOKS, &body).with(201);
    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in 0..6 {
        for number in 1..=10 {
            server.clock.advance_ms(1);
            view(&client, number, &path.to_string(), &server.clock.text(0));
            expected.entry(visitor(number)).or_default().push(path.to_string());
        }
    }
    let names: BTreeMap<String, String> = client
        .get("/api/v2/journey/segments?pageSize=100")
        .with(200)["entities"]
        .as_array()
        .expect("segments")
        .iter()
        .map(|segment| (text(&segment["id"]).to_owned(), text(&segment["displayName"]).to_owned()))
        .collect();
    wait_until("all messages", || {
        server.clock.advance_ms(1_000);
        taken.lock().expect("the messages").len() >= 60
    });
    let mut got: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in taken.lock().expect("the messages").iter() {
        let segment = text(&message.json()["data"]["assignment"]["segment"]["id"]).to_owned();
        got.entry(message.customer()).or_default().push(names[&segment].clone());
    }
    assert_eq!(got, expected);
    assert!(receiver.most_at_once() <= 8, "{} at once", receiver.most_at_once());
    assert!(receiver.messages().len() > 60, "nothing failed");
    wait_until("nothing waits", || show(&client, &webhook)["waiting"] == 0);
}

#[test]
fn a_customer_whose_message_is_slow_does_not_keep_the_others() {
    let (_directory, process) = process();
    let client = process.client();
    client.create_segment(&page_segment("One", "/one", 1));
    client.create_segment(&page_segment("Two", "/two", 1));
    let go_on = Arc::new(AtomicBool::new(false));
    let may_go_on = Arc::clone(&go_on);
    let receiver = Receiver::start(move |message| {
        if message.customer() == visitor(1) {
            wait_until("the slow one may go on", || may_go_on.load(Ordering::SeqCst));
        }
        Reply::Status(200)
    });
    create(&client, &receiver.url());
    for path in ["one", "two"] {
        for number in 1..=4 {
            view_now(&client, number, path);
        }
    }
    // All but the second one of the first customer.
    let messages = wait_for(&receiver, 7);
    assert_eq!(messages.iter().filter(|message| message.customer() == visitor(1)).count(), 1);
    go_on.store(true, Ordering::SeqCst);
    let last = wait_for(&receiver, 8).pop().expect("a message");
    assert_eq!(last.customer(), visitor(1));
}

#[test]
fn what_was_delivered_and_not_written_down_is_delivered_again() {
    let (directory, process) = process();
    let client = process.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let is_killed = Arc::new(AtomicBool::new(false));
    let may_answer = Arc::clone(&is_killed);
    let receiver = Receiver::start(move |_| {
        wait_until("the server's end", || may_answer.load(Ordering::SeqCst));
        Reply::Status(200)
    });
    create(&client, &receiver.url());
    for number in 1..=20 {
        view_now(&client, number, "seen");
    }
    // They have arrived, and nobody has been answered.
    wait_for(&receiver, 8);
    process.kill();
    is_killed.store(true, Ordering::SeqCst);
    let before: BTreeSet<String> =
        receiver.messages().iter().map(|message| message.id().to_owned()).collect();
    let _process = start(&directory);
    let messages = wait_for(&receiver, 8 + 20);
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for message in &messages {
        *times.entry(message.id()).or_default() += 1;
    }
    assert_eq!(times.len(), 20, "nothing is lost");
    for (id, times) in times {
        assert_eq!(times, if before.contains(id) { 2 } else { 1 }, "{id}");
    }
}

#[test]
fn what_happens_while_the_server_is_down_and_the_receiver_too_arrives_in_order() {
    let (directory, process) = process();
    let client = process.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    // Nobody listens there, until somebody does.
    let free = TcpListener::bind("127.0.0.1:0").expect("an address");
    let address = free.local_addr().expect("an address");
    drop(free);
    let webhook = create(&client, &format!("http://{address}/hook"));
    for number in 1..=3 {
        view_now(&client, number, "seen");
    }
    wait_until("attempts", || deliveries(&client, &webhook).len() >= 3);
    let status = show(&client, &webhook);
    assert_eq!(status["waiting"], 3);
    assert!(text(&status["lastError"]).contains("refused"), "{status}");
    process.kill();
    let receiver = Receiver::start_at(address, |_| Reply::Status(200));
    let process = start(&directory);
    let client = process.client();
    view_now(&client, 4, "seen");
    let messages = wait_for(&receiver, 4);
    let customers: BTreeSet<String> = messages.iter().map(Message::customer).collect();
    assert_eq!(customers, (1..=4).map(visitor).collect());
    wait_until("nothing waits", || show(&client, &webhook)["waiting"] == 0);
}

#[test]
fn an_internal_address_is_refused_before_anything_connects() {
    let directory = tempfile::tempdir().expect("a directory");
    let arguments = ["--webhook-allow-http", "--webhook-allow-network", "127.0.0.2/32"];
    let process = Process::start_with(directory.path(), &arguments);
    let client = process.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let receiver = receiver();
    let port = receiver.address().port();
    // By its number, by a name that leads there, and by addresses that hold it.
    let hosts = ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"];
    for host in hosts {
        let webhook = create(&client, &format!("http://{host}:{port}/hook"));
        let tried = client.post(&of(&webhook, "/test"), &json!({})).with(200);
        assert_eq!(tried["delivered"], false);
        let error = text(&tried["error"]);
        assert!(
            error.contains("messages may not go to") && error.contains("loopback"),
            "{host}: {error}"
        );
    }
    let webhook = create(&client, &receiver.url());
    view_now(&client, 1, "seen");
    wait_until("an attempt", || !deliveries(&client, &webhook).is_empty());
    let error = text(&show(&client, &webhook)["lastError"]).to_owned();
    assert!(error.contains("messages may not go to 127.0.0.1: the address is loopback"), "{error}");
    assert_eq!(receiver.connections(), 0);
}

#[test]
fn a_redirect_leads_nowhere() {
    let (_directory, process) = process();
    let client = process.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let inside = receiver();
    let target = inside.url();
    let receiver = Receiver::start(move |_| Reply::With(307, "location", target.clone()));
    let webhook = create(&client, &receiver.url());
    view_now(&client, 1, "seen");
    wait_until("an attempt", || !deliveries(&client, &webhook).is_empty());
    let delivery = &deliveries(&client, &webhook)[0];
    assert_eq!(delivery["status"], 307);
    assert_eq!(text(&delivery["error"]), "it answered 307; redirects are not followed");
    assert_eq!(inside.connections(), 0);
}

#[test]
fn the_command_that_tries_an_address_fails_when_nothing_arrives() {
    let (directory, process) = process();
    let (good, bad) = (receiver(), Receiver::start(|_| Reply::Status(500)));
    for (receiver, code, expected) in
        [(&good, 0, "Delivered."), (&bad, 1, "not delivered: it answered 500")]
    {
        let webhook = create(&process.client(), &receiver.url());
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_wayfare"))
            .args(["webhook", "test", text(&webhook["id"]), "--data"])
            .arg(directory.path())
            .env("WAYFARE_CLIENT_ID", CLIENT_ID)
            .env("WAYFARE_CLIENT_SECRET", CLIENT_SECRET)
            .output()
            .expect("an end");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("UTF-8");
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn https_is_wanted_unless_it_is_not() {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::start(directory.path());
    let client = process.client();
    let body = |url: &str| json!({ "url": url });
    for url in ["http://x.example/", "ftp://x.example/", "x.example", "https://", ""] {
        let refused = client.post(WEBHOOKS, &body(url));
        assert_eq!(refused.faults(), "invalid.value url\n", "{url}");
    }
    let illegal =
        ["https://name:word@x.example/", "https://x.example/\r\nx: y", "https://x.example/\t"];
    for url in illegal {
        let refused = client.post(WEBHOOKS, &body(url));
        assert_eq!(refused.faults(), "constraint.validation url\n", "{url:?}");
    }
    client.post(WEBHOOKS, &body("https://x.example/hook")).with(201);
}

#[test]
fn garbage_and_silence_are_failures() {
    let server = in_process();
    let client = server.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let count = AtomicU32::new(0);
    let receiver = Receiver::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Bytes(b"\x00\xff not HTTP at all\r\n\r\n"),
        1 => Reply::Nothing,
        2 => Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\nshort"),
        _ => Reply::Status(200),
    });
    let webhook = create(&client, &receiver.url());
    view(&client, 1, "seen", &server.clock.text(0));
    for number in 1..=2 {
        wait_until("an attempt", || deliveries(&client, &webhook).len() == number);
        assert_eq!(deliveries(&client, &webhook)[0]["result"], "failed");
        server.clock.advance_ms(HOUR_MS);
    }
    // Only the status of an answer counts; its body is not read.
    wait_until("an attempt", || deliveries(&client, &webhook).len() == 3);
    assert_eq!(deliveries(&client, &webhook)[0]["result"], "delivered");
}

#[test]
fn a_receiver_that_never_answers_is_given_up_in_time() {
    let (_directory, process) = process();
    let client = process.client();
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let webhook = create(&client, &url);
    let tried = client.post(&of(&webhook, "/test"), &json!({})).with(200);
    assert_eq!(text(&tried["error"]), "no answer within 15000 ms");
}

#[test]
fn a_receiver_that_is_gone_switches_its_webhook_off() {
    let server = in_process();
    let client = server.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let is_gone = Arc::new(AtomicBool::new(true));
    let gone = Arc::clone(&is_gone);
    let receiver = Receiver::start(move |_| {
        Reply::Status(if gone.load(Ordering::SeqCst) { 410 } else { 200 })
    });
    let webhook = create(&client, &receiver.url());
    view(&client, 1, "seen", &server.clock.text(0));
    wait_until("it is off", || show(&client, &webhook)["enabled"] == false);
    let reason = text(&show(&client, &webhook)["disabledReason"]).to_owned();
    assert!(reason.contains("410"), "{reason}");
    view(&client, 2, "seen", &server.clock.text(0));
    is_gone.store(false, Ordering::SeqCst);
    let before = receiver.messages().len();
    let changed = client.patch(&of(&webhook, ""), &json!({ "enabled": true })).with(200);
    assert!(changed.get("disabledReason").is_none());
    // What came meanwhile is not lost.
    let messages = wait_for(&receiver, before + 2);
    let customers: BTreeSet<String> = messages[before..].iter().map(Message::customer).collect();
    assert_eq!(customers, [visitor(1), visitor(2)].into());
}

#[test]
fn a_receiver_that_is_dead_for_three_days_switches_its_webhook_off() {
    let server = in_process();
    let client = server.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let receiver = Receiver::start(|_| Reply::Status(502));
    let webhook = create(&client, &receiver.url());
    view(&client, 1, "seen", &server.clock.text(0));
    wait_until("it is off", || {
        server.clock.advance_ms(HOUR_MS / 2);
        // Tokens live for a day.
        show(&server.client(), &webhook)["enabled"] == false
    });
    let client = server.client();
    let reason = text(&show(&client, &webhook)["disabledReason"]).to_owned();
    assert_eq!(reason, "nothing could be delivered for 3 days; at last: it answered 502");
    assert_eq!(show(&client, &webhook)["waiting"], 1);
}

#[test]
fn an_exchanged_secret_signs_for_a_day_beside_the_new_one() {
    let server = in_process();
    let client = server.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let receiver = receiver();
    let webhook = create(&client, &receiver.url());
    let old = text(&webhook["secret"]).to_owned();
    let answer = client.post(&of(&webhook, "/secret"), &json!({})).with(200);
    let new = text(&answer["secret"]).to_owned();
    assert_ne!(old, new);
    // Whoever carries the messages hears of it a moment later; until then the old one signs alone.
    let mut number = 0;
    wait_until("a message signed by the new one, too", || {
        number += 1;
        view(&client, number, "seen", &server.clock.text(0));
        let messages = wait_for(&receiver, number as usize);
        let last = messages.last().expect("a message");
        assert_eq!(last.signatures_by(&old), 1);
        last.signatures_by(&new) == 1
    });
    server.clock.advance_days(1);
    let client = server.client();
    view(&client, number + 1, "seen", &server.clock.text(0));
    wait_until("the next customer", || {
        receiver.messages().iter().any(|message| message.customer() == visitor(number + 1))
    });
    let message = receiver.messages().pop().expect("a message");
    assert_eq!((message.signatures_by(&old), message.signatures_by(&new)), (0, 1));
}

#[test]
fn messages_come_again_from_any_place() {
    let server = in_process();
    let client = server.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let receiver = receiver();
    let webhook = create(&client, &receiver.url());
    for number in 1..=5 {
        view(&client, number, "seen", &server.clock.text(0));
        wait_for(&receiver, number as usize);
    }
    let first: Vec<String> =
        receiver.messages().iter().map(|message| message.id().to_owned()).collect();
    wait_until("all are written down", || deliveries(&client, &webhook).len() == 5);
    let third = deliveries(&client, &webhook)
        .into_iter()
        .find(|delivery| delivery["id"] == first[2])
        .expect("the third message");
    let replay = |body: &Value| client.post(&of(&webhook, "/replay"), body);
    replay(&json!({ "after": third["after"] })).with(200);
    let ids = |from: usize, number| -> BTreeSet<String> {
        let messages = wait_for(&receiver, from + number);
        messages[from..].iter().map(|message| message.id().to_owned()).collect()
    };
    assert_eq!(ids(5, 3), first[2..].iter().cloned().collect());
    replay(&json!({})).with(200);
    assert_eq!(ids(8, 5), first.iter().cloned().collect());
    let refused = replay(&json!({ "after": "made-up" }));
    assert_eq!(refused.faults(), "bad.request after\n");
}

#[test]
fn webhooks_of_the_other_organisation_hear_nothing() {
    let server = in_process();
    let (one, other) = (server.client(), server.client_of(&server.create_organisation("other")));
    one.create_segment(&page_segment("Seen", "/seen", 1));
    let receivers = [receiver(), receiver()];
    let webhook = create(&one, &receivers[0].url());
    let theirs = create(&other, &receivers[1].url());
    view(&one, 1, "seen", &server.clock.text(0));
    wait_for(&receivers[0], 1);
    wait_until("it is written down", || deliveries(&one, &webhook).len() == 1);
    assert_eq!(receivers[1].connections(), 0);
    assert_eq!(show(&other, &theirs)["unread"], 0);
    for path in ["", "/deliveries"] {
        other.get(&of(&webhook, path)).error(404, "not.found");
    }
    let foreign = deliveries(&one, &webhook)[0]["after"].clone();
    let refused = other.post(&of(&theirs, "/replay"), &json!({ "after": foreign }));
    assert_eq!(refused.faults(), "bad.request after\n");
}

#[test]
fn a_webhook_that_is_deleted_is_silent() {
    let server = in_process();
    let client = server.client();
    client.create_segment(&page_segment("Seen", "/seen", 1));
    let (deleted, kept) = (receiver(), receiver());
    let webhook = create(&client, &deleted.url());
    create(&client, &kept.url());
    view(&client, 1, "seen", &server.clock.text(0));
    wait_for(&deleted, 1);
    client.delete(&of(&webhook, "")).with(204);
    client.get(&of(&webhook, "")).error(404, "not.found");
    view(&client, 2, "seen", &server.clock.text(0));
    wait_for(&kept, 2);
    assert_eq!(deleted.messages().len(), 1);
}
