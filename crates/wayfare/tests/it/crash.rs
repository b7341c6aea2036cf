//! What was answered is there: after `kill -9` at any moment, and after SIGTERM.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use wayfare_app::clock::Clock as _;
use wayfare_model::id::SessionId;
use wayfare_store::journeys::EventPlace;

use crate::harness::{
    DEADLINE, EVENT_NAME, Imported, PlainWriters, Process, SdkWriters, TestClient, TestServer,
    Transport as _, Truth, Writers, acknowledged, count_acknowledged, import_request, lines_of,
    test_file, text, wait_until, wall_clock, write_meanwhile,
};
use crate::replay::{WEEK, segments};

/// How often the server is killed. `cargo xtask kill --times N` says so for the writers.
const ROUNDS: u64 = 20;
const TIMES: &str = "WAYFARE_KILL_TIMES";
/// Lines of a request of the import.
const AT_A_TIME: usize = 50;
/// The longest time between the request that was chosen and the kill, in microseconds: about two
/// requests.
const DELAY_US_MAX: u64 = 40_000;

/// The first events of the web site; without user agents, so that servers have less to do.
fn history() -> Vec<String> {
    let mut lines = lines_of(&test_file("semicomplete/semicomplete-web.ndjson.gz"));
    lines.truncate(1_200);
    let without_agent = |line: &String| {
        let mut record: Value = serde_json::from_str(line).expect("a record");
        record.as_object_mut().expect("a record").remove("userAgentString");
        record.to_string()
    };
    lines.iter().map(without_agent).collect()
}

fn create_segments(client: &TestClient<'_>) {
    for segment in segments("semicomplete-web") {
        client.create_segment(&segment);
    }
}

/// What an import comes to that nobody disturbs.
fn undisturbed(lines: &[String]) -> Truth {
    let server = TestServer::start();
    let client = server.client();
    create_segments(&client);
    let applied = lines.len() as u64;
    assert_eq!(client.import(lines, AT_A_TIME), Imported { applied, ..Imported::default() });
    Truth::read(&client, WEEK)
}

/// Imports until the server is gone; tells of each request that was answered.
fn import_until_gone(process: &Process, token: &str, lines: &[String], answered: &Sender<usize>) {
    for (place, batch) in lines.chunks(AT_A_TIME).enumerate() {
        let authorization = format!("Bearer {token}");
        let request = import_request(batch).header("authorization", &authorization);
        let Ok(answer) = process.send(&request) else { return };
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        if answered.send(place).is_err() {
            return;
        }
    }
}

/// Waits for so many answers and then for a time, unless the import is done before.
fn wait_for(answered: &Receiver<usize>, count: usize, delay: Duration) -> usize {
    let mut seen = 0;
    while seen < count {
        match answered.recv_timeout(DEADLINE) {
            Ok(_) => seen += 1,
            Err(error) => panic!("the import stopped after {seen} requests: {error}"),
        }
    }
    let until = Instant::now() + delay;
    loop {
        match answered.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(_) => seen += 1,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return seen,
        }
    }
}

#[test]
fn an_import_that_is_killed_can_be_run_again() {
    let lines = history();
    let batches = lines.len().div_ceil(AT_A_TIME);
    let expected = undisturbed(&lines);
    for round in 0..ROUNDS {
        let mut random = StdRng::seed_from_u64(round);
        let count = random.random_range(0..batches);
        let delay = Duration::from_micros(random.random_range(0..DELAY_US_MAX));
        let directory = tempfile::tempdir().expect("a directory");
        let answered = import_and_kill(directory.path(), &lines, count, delay);
        println!("round {round}: {count} requests and {delay:?}, killed after {answered}");
        check_after_kill(directory.path(), &lines, answered, &expected);
    }
}

/// Gives how many requests were answered before the kill.
fn import_and_kill(data: &Path, lines: &[String], count: usize, delay: Duration) -> usize {
    let process = Process::start(data);
    let client = process.client();
    create_segments(&client);
    let token = client.token();
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        let importer = scope.spawn(|| {
            // Dropped at the end: so the other side learns of it.
            let sender = sender;
            import_until_gone(&process, token, lines, &sender);
        });
        let seen = wait_for(&receiver, count, delay);
        process.kill();
        importer.join().expect("the importer");
        seen + receiver.try_iter().count()
    })
}

/// Starts again; every answered line is there, and importing all of them gives what it would have
/// given without the kill.
fn check_after_kill(data: &Path, lines: &[String], answered: usize, expected: &Truth) {
    let process = Process::start(data);
    let client = process.client();
    let durable = lines.len().min(answered * AT_A_TIME);
    let again = client.import(&lines[..durable], AT_A_TIME);
    let duplicates = durable as u64;
    assert_eq!(again, Imported { duplicates, ..Imported::default() }, "answered lines are there");
    let all = client.import(lines, AT_A_TIME);
    assert_eq!(all.applied + all.duplicates, lines.len() as u64);
    // A request is applied whole or not at all.
    assert_eq!(all.applied % AT_A_TIME as u64, 0);
    assert_eq!(&Truth::read(&client, WEEK), expected);
    let status = process.terminate();
    assert!(status.success(), "{status}");
    let stored = stored_events(data);
    assert_eq!(stored.len(), expected.sessions.len());
    let count: usize = stored.values().map(Vec::len).sum();
    assert_eq!(count, lines.len(), "every event is stored once");
}

/// The events that are stored of each session.
fn stored_events(data: &Path) -> BTreeMap<String, Vec<Value>> {
    let server = TestServer::open(data);
    let truth = Truth::read(&server.client(), WEEK);
    let stored = events_of(&server, &truth);
    server.close();
    stored
}

/// The stored events of each session: `id`, `serial`, `createdDate`.
fn events_of(server: &TestServer, truth: &Truth) -> BTreeMap<String, Vec<Value>> {
    let organisation = server.app.first_organisation().expect("an organisation");
    let journeys = &server.stores.journeys;
    let mut events = BTreeMap::new();
    for id in truth.sessions.keys() {
        let session: SessionId = id.parse().expect("an id");
        let mut of_session = Vec::new();
        let mut after = None;
        loop {
            let page = journeys.events_of_session(organisation, session, after, 1_000);
            let page = server.run(page).expect("events");
            let Some(last) = page.last() else { break };
            after = Some(EventPlace { created: last.event.created, id: last.event.id });
            of_session.extend(page.iter().map(|applied| {
                let serial = applied.event.attributes.get("serial");
                json!({
                    "id": applied.event.id.to_string(),
                    "serial": serial.map(|serial| serial.value.clone()),
                    "createdDate": applied.event.created.to_string(),
                })
            }));
        }
        events.insert(id.clone(), of_session);
    }
    events
}

/// Segments that writers run into: in each session from its third event on, for each customer from
/// the second.
pub(crate) fn create_segments_of_writers(client: &TestClient<'_>) {
    for (name, scope, count) in [("Three", "Session", 3), ("Two", "Customer", 2)] {
        let criterion = json!({ "key": "eventName", "values": [EVENT_NAME] });
        let pattern = json!({
            "criteria": [criterion], "count": count, "streamType": "Web", "sessionType": "web",
        });
        client.create_segment(&json!({
            "displayName": name, "scope": scope, "journey": { "patterns": [pattern] },
        }));
    }
}

/// Kills the server under writers again and again; after each time every acknowledged event is
/// there once. Now and then all of it begins anew, so that a check does not take ever longer.
fn kill_under_writers<W: Writers + Send>(writers: &mut W) {
    let times = std::env::var(TIMES).map_or(ROUNDS, |times| times.parse().expect("a number"));
    for first in (0..times).step_by(ROUNDS as usize) {
        kill_on_one_directory(writers, first..times.min(first + ROUNDS));
    }
}

fn kill_on_one_directory<W: Writers + Send>(writers: &mut W, rounds: std::ops::Range<u64>) {
    let directory = tempfile::tempdir().expect("a directory");
    let (data, file) = (directory.path().join("data"), directory.path().join("acknowledged"));
    for round in rounds.clone() {
        let mut random = StdRng::seed_from_u64(round);
        let wanted = count_acknowledged(&file) + random.random_range(1..400);
        let process = Process::start(&data);
        if round == rounds.start {
            create_segments_of_writers(&process.client());
        }
        let count = std::thread::scope(|scope| {
            let writing = write_meanwhile(scope, writers, process.address, &file);
            wait_until("acknowledged events", || count_acknowledged(&file) >= wanted);
            process.kill();
            writing.join().expect("the writers")
        });
        println!("round {round}: killed at {wanted} acknowledged events, {count} in this round");
        check_acknowledged(&data, &file);
    }
}

/// Every acknowledged event is there once, in the session that was told; sessions, assignments and
/// aggregates agree, with each other and with the events.
pub(crate) fn check_acknowledged(data: &Path, file: &Path) {
    let server = TestServer::open(data);
    server.clock.set(&wall_clock().to_string());
    let day_before = server.clock.now().plus_ms(-86_400_000);
    let interval = format!("{day_before}/P2D");
    let truth = Truth::read(&server.client(), &interval);
    let stored = events_of(&server, &truth);
    let mut by_serial: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for (session, events) in &stored {
        let about = &truth.sessions[session];
        let count = format!(" {} 0 0 ", events.len());
        assert!(about.about.contains(&count), "{} events, told {}", events.len(), about.about);
        let assigned: Vec<&str> = about.assignments.keys().map(String::as_str).collect();
        let expected: &[&str] = match events.len() {
            0 | 1 => &[],
            2 => &["Two"],
            _ => &["Three", "Two"],
        };
        assert_eq!(assigned, expected, "session {session} with {} events", events.len());
        for event in events {
            let here = (session.as_str(), text(&event["createdDate"]));
            assert!(ids.insert(text(&event["id"])), "{event} is there twice");
            let twice = by_serial.insert(text(&event["serial"]), here);
            assert_eq!(twice, None, "{event} is there twice");
        }
    }
    for event in acknowledged(file) {
        let told = (text(&event["sessionId"]), text(&event["createdDate"]));
        let found = by_serial.get(text(&event["serial"]));
        let found = found.unwrap_or_else(|| panic!("{event} was acknowledged and is gone"));
        // Of an imported line, nobody was told the session.
        let told_session = if told.0.is_empty() { found.0 } else { told.0 };
        assert_eq!((found.0, &found.1[..19]), (told_session, &told.1[..19]), "{event}");
    }
    server.close();
}

#[test]
fn sixty_four_writers_lose_nothing_when_the_server_is_killed() {
    kill_under_writers(&mut PlainWriters { round: 0 });
}

#[test]
fn sixty_four_writers_with_the_official_sdk_lose_nothing_when_the_server_is_killed() {
    let Some(mut writers) = SdkWriters::start() else { return };
    kill_under_writers(&mut writers);
    writers.finish();
}

#[test]
fn sigterm_under_load_ends_in_order_and_loses_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let (data, file) = (directory.path().join("data"), directory.path().join("acknowledged"));
    let mut writers = PlainWriters { round: 0 };
    let process = Process::start(&data);
    create_segments_of_writers(&process.client());
    let (status, took) = std::thread::scope(|scope| {
        let writing = write_meanwhile(scope, &mut writers, process.address, &file);
        wait_until("acknowledged events", || count_acknowledged(&file) >= 500);
        let asked = Instant::now();
        let status = process.terminate();
        writing.join().expect("the writers");
        (status, asked.elapsed())
    });
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(15), "it took {took:?}");
    check_acknowledged(&data, &file);
}

#[test]
fn a_second_server_does_not_touch_a_directory_in_use() {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::start(directory.path());
    let second = std::process::Command::new(env!("CARGO_BIN_EXE_wayfare"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(directory.path())
        .output()
        .expect("a second server");
    assert_eq!(second.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&second.stderr);
    let expected = format!("in use by another process, a server at {}; stop", process.url());
    assert!(complaint.contains(&expected), "{complaint}");
    process.client().get("/health").with(200);
    assert!(process.terminate().success());
}

#[test]
fn a_server_tells_what_a_program_needs_to_know() {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::start(directory.path());
    assert_ne!(process.address.port(), 0);
    assert_eq!(process.url(), format!("http://{}", process.address));
    let client = process.client();
    assert_eq!(client.get("/health").with(200)["status"], "ok");
    client.get("/nowhere").error(404, "not.found");
    client.get("/api/v2/journey/customers/cookie/a%2Fb/segments").error(404, "not.found");
    // The same keys open the directory again.
    drop(process);
    let process = Process::start(directory.path());
    process.client().get("/api/v2/journey/segments").with(200);
}
