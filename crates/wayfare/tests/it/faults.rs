//! Faults by name: a full disk, a write cut in half, a failed sync, a damaged page, a clock that jumps
//! back. Nothing that was answered is lost, nothing wrong is answered, and whoever asks is told.
//!
//! The server is the real program. A small library (`faults/disk.c`) comes between it and the system
//! and fails what a test tells it to.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{
    AGGREGATES, Answer, Process, Request, TestClient, TestServer, Transport, aggregates,
    page_segment, page_view, text, visitor, wait_until, wall_clock, web_events,
};
use crate::metrics::scrape_with;

/// What the disk does, by the byte that says so.
#[derive(Clone, Copy)]
enum Fault {
    NoSpace = 0,
    ShortWrite = 1,
    FailedSync = 2,
    HangingSync = 3,
}
/// The byte that counts syncs of the log.
const SYNCS: usize = 4;
/// Bytes of a page of the database.
const PAGE: usize = 4_096;

/// A disk that fails when it is told to.
struct Disk {
    library: PathBuf,
    told: PathBuf,
    directory: TempDir,
}

impl Disk {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let (library, told) = (directory.path().join("disk.so"), directory.path().join("told"));
        std::fs::write(&told, [0; SYNCS + 1]).expect("a file");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/faults/disk.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&library, &source])
            .arg("-ldl")
            .status()
            .expect("a C compiler");
        assert!(built.success());
        Self { library, told, directory }
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// A server on this disk.
    fn server(&self) -> Process {
        let variables = [("LD_PRELOAD", &*self.library), ("WAYFARE_TEST_DISK", &*self.told)];
        Process::start_in(&self.data(), &[], &variables)
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.told).expect("the file")
    }

    fn tell(&self, fault: Option<Fault>) {
        let mut bytes = [0; SYNCS];
        if let Some(fault) = fault {
            bytes[fault as usize] = 1;
        }
        // In place: the server has the file in its memory.
        let mut file = OpenOptions::new().write(true).open(&self.told).expect("the file");
        file.write_all(&bytes).expect("the file");
    }
}

/// What a server says of itself: the statuses of `/health` and `/health/live`, a word, and why.
fn health(server: &dyn Transport) -> (u16, u16, String, Vec<String>) {
    let ask = |path| server.send(&Request::new("GET", path)).expect("an answer");
    let (told, live) = (ask("/health"), ask("/health/live"));
    let body: Value = serde_json::from_slice(&told.body).expect("JSON");
    let reasons = body["reasons"].as_array().map_or(&[][..], Vec::as_slice);
    let codes = reasons.iter().map(|reason| text(&reason["code"]).to_owned()).collect();
    (told.status, live.status, text(&body["status"]).to_owned(), codes)
}

#[track_caller]
fn check_well(server: &dyn Transport) {
    assert_eq!(health(server), (200, 200, "ok".to_owned(), Vec::new()));
}

/// It goes on, and says why it is not well.
#[track_caller]
fn check_degraded(server: &dyn Transport, code: &str) {
    assert_eq!(health(server), (200, 200, "degraded".to_owned(), vec![code.to_owned()]));
}

/// Only a new start helps.
#[track_caller]
fn check_broken(server: &dyn Transport) {
    let codes = vec!["store.refuses.writes".to_owned()];
    assert_eq!(health(server), (503, 503, "failing".to_owned(), codes));
}

/// Sends an event that no other is like.
fn send(client: &TestClient<'_>, number: u32) -> Answer {
    let url = format!("https://x.example/?{number}");
    client.post(&web_events(), &page_view(&visitor(1), &url, &wall_clock().to_string()))
}

/// How many events the visitor's session has, and its assignments.
fn shown(client: &TestClient<'_>, session: &str) -> (u64, usize) {
    let path = format!("/api/v2/journey/sessions/{session}");
    let shown = client.get(&path).with(200);
    let events = client.walk(&format!("{path}/events?pageSize=200"));
    let is_view = |event: &&Value| !text(&event["eventType"]).ends_with("SegmentAssignmentEvent");
    let views = events.iter().filter(is_view).count() as u64;
    assert_eq!(shown["eventCount"].as_u64(), Some(views), "{shown}");
    (views, client.walk(&format!("{path}/segments")).len())
}

/// A server with a session of three events, on a disk that works.
fn begun(disk: &Disk) -> (Process, String) {
    let server = disk.server();
    let client = server.client();
    client.create_segment(&page_segment("Views", "x.example", 2));
    for number in 0..2 {
        send(&client, number).with(200);
    }
    let answer = send(&client, 2).with(200);
    let session = text(&answer["session"]["id"]).to_owned();
    assert_eq!(shown(&client, &session), (3, 1));
    (server, session)
}

/// What has begun, and was stopped: the session, the database's file and what is in it.
fn stopped(disk: &Disk) -> (String, PathBuf, Vec<u8>) {
    let (server, session) = begun(disk);
    assert!(server.terminate().success());
    let file = disk.data().join("journey.sqlite");
    let whole = std::fs::read(&file).expect("the database");
    (session, file, whole)
}

#[test]
fn every_answer_waits_for_a_sync() {
    let disk = Disk::new();
    let server = disk.server();
    let client = server.client();
    for number in 0..20 {
        let before = disk.bytes()[SYNCS];
        send(&client, number).with(200);
        assert_ne!(disk.bytes()[SYNCS], before, "event {number} was answered without a sync");
    }
}

#[test]
fn on_a_full_disk_events_are_refused_until_there_is_room_again() {
    let disk = Disk::new();
    let (server, session) = begun(&disk);
    let client = server.client();
    check_well(&server);
    disk.tell(Some(Fault::NoSpace));
    for number in 10..15 {
        send(&client, number).error(503, "service.unavailable");
        assert_eq!(shown(&client, &session), (3, 1));
        check_degraded(&server, "disk.full");
    }
    disk.tell(None);
    let mut number = 20;
    wait_until("room on the disk", || {
        number += 1;
        send(&client, number).status == 200
    });
    assert_eq!(shown(&client, &session), (4, 1));
    check_well(&server);
    server.kill();
    let server = disk.server();
    check_well(&server);
    assert_eq!(shown(&server.client(), &session), (4, 1));
}

#[test]
fn on_a_full_disk_what_was_answered_waits_until_there_is_room_again() {
    let disk = Disk::new();
    let (server, session) = begun(&disk);
    let client = server.client();
    let read = || client.get("/api/wayfare/v1/segments/counts").status;
    let mut views = 3;
    wait_until("a batch that the full disk keeps out of the database", || {
        views += 1;
        send(&client, 100 + views).with(200);
        disk.tell(Some(Fault::NoSpace));
        // It may have been there already.
        let is_stuck = read() == 503;
        if !is_stuck {
            disk.tell(None);
        }
        is_stuck
    });
    let codes = ["disk.full", "batches.stuck"].map(str::to_owned).to_vec();
    assert_eq!(health(&server), (200, 200, "degraded".to_owned(), codes));
    let stuck = scrape_with(&server, client.token()).value("wayfare_batch_log_stuck", &[]);
    assert_eq!(stuck.to_bits(), 1.0_f64.to_bits());
    // What sites ask all the time is answered from what waits.
    let path = format!("/api/v2/journey/sessions/{session}");
    assert_eq!(client.get(&path).with(200)["eventCount"], views);
    assert_eq!(client.walk(&format!("{path}/segments")).len(), 1);
    let yesterday = wall_clock().plus_ms(-86_400_000);
    let query = aggregates(&format!("{yesterday}/P2D"), "nJourneySessions", &[]);
    assert_eq!(client.count_by(&query), [(String::new(), 1)]);
    send(&client, 99).error(503, "service.unavailable");
    disk.tell(None);
    wait_until("room on the disk", || read() == 200);
    assert_eq!(shown(&client, &session), (views.into(), 1));
    check_well(&server);
}

#[test]
fn while_a_sync_hangs_aggregates_are_those_without_what_waits_for_it() {
    let disk = Disk::new();
    let (server, _) = begun(&disk);
    let client = server.client();
    let yesterday = wall_clock().plus_ms(-86_400_000);
    let query = aggregates(&format!("{yesterday}/P2D"), "nJourneySessions", &[]);
    let count = || client.count_by(&query);
    assert_eq!(count(), [(String::new(), 1)]);
    disk.tell(Some(Fault::HangingSync));
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            let url = "https://x.example/?other";
            let event = page_view(&visitor(2), url, &wall_clock().to_string());
            client.post(&web_events(), &event).with(200);
        });
        wait_until("a batch that waits for its sync", || {
            let depth = [("queue", "store_sync")];
            scrape_with(&server, client.token()).value("wayfare_queue_depth", &depth) > 0.0
        });
        // So long that what waits would have gone into the database by now.
        for _ in 0..1_500 {
            assert_eq!(count(), [(String::new(), 1)]);
        }
        assert!(!other.is_finished(), "answered before it was durable");
        disk.tell(None);
    });
    assert_eq!(count(), [(String::new(), 2)]);
    check_well(&server);
}

/// A fault after which nobody knows what the disk has: nothing more is taken until the server is
/// started again, and then everything is there that was answered.
fn until_started_again(fault: Fault) {
    let disk = Disk::new();
    let (server, session) = begun(&disk);
    let client = server.client();
    disk.tell(Some(fault));
    send(&client, 10).error(503, "service.unavailable");
    disk.tell(None);
    check_broken(&server);
    send(&client, 11).error(503, "service.unavailable");
    check_broken(&server);
    server.kill();
    let server = disk.server();
    check_well(&server);
    let client = server.client();
    let (views, assignments) = shown(&client, &session);
    assert!((3..=4).contains(&views), "{views} events");
    assert_eq!(assignments, 1);
    send(&client, 12).with(200);
    check_well(&server);
    assert_eq!(shown(&client, &session), (views + 1, 1));
    assert!(server.terminate().success());
}

#[test]
fn after_a_failed_sync_nothing_is_taken_until_the_server_is_started_again() {
    until_started_again(Fault::FailedSync);
}

#[test]
fn after_a_write_cut_in_half_nothing_is_taken_until_the_server_is_started_again() {
    until_started_again(Fault::ShortWrite);
}

#[test]
fn a_damaged_page_gives_errors_and_no_wrong_answers() {
    let disk = Disk::new();
    let (session, _, whole) = stopped(&disk);
    let mut random = StdRng::seed_from_u64(1);
    let mut told = 0;
    for _ in 0..40 {
        let page = random.random_range(1..whole.len() / PAGE);
        let mut damaged = whole.clone();
        damaged[page * PAGE..(page + 1) * PAGE].fill(if random.random() { 0 } else { 0xff });
        let copy = tempfile::tempdir().expect("a directory");
        std::fs::write(copy.path().join("journey.sqlite"), &damaged).expect("a copy");
        let Some(server) = TestServer::try_open(copy.path()) else {
            told += 1;
            continue;
        };
        server.clock.set(&wall_clock().to_string());
        told += ask_damaged(&server, &session);
    }
    assert!(told > 0, "no page that was damaged was ever read");
}

#[test]
fn a_damaged_page_is_told_until_the_backup_is_there() {
    let disk = Disk::new();
    let (session, file, whole) = stopped(&disk);
    let id = uuid::Uuid::parse_str(&session).expect("an id");
    let mut damaged = whole.clone();
    for page in damaged.chunks_mut(PAGE) {
        if page.windows(16).any(|bytes| bytes == id.as_bytes()) {
            page.fill(0xff);
        }
    }
    assert_ne!(damaged, whole, "the session is not in the database");
    std::fs::write(&file, &damaged).expect("a damaged database");
    let server = disk.server();
    let answer = server.client().get(&format!("/api/v2/journey/sessions/{session}"));
    assert!(matches!(answer.status, 500 | 503), "{}", answer.json);
    check_degraded(&server, "store.damaged");
    server.kill();

    for name in ["journey.sqlite-wal", "journey.sqlite-shm"] {
        // There is none when nothing was written.
        let _ = std::fs::remove_file(disk.data().join(name));
    }
    std::fs::write(&file, &whole).expect("what was kept");
    let server = disk.server();
    check_well(&server);
    assert_eq!(shown(&server.client(), &session), (3, 1));
    check_well(&server);
}

#[test]
fn a_damaged_row_that_is_due_stops_only_what_would_show_it() {
    let data = tempfile::tempdir().expect("a directory");
    let sessions = damaged_session(data.path());
    let server = TestServer::open(data.path());
    let client = server.client();
    let others = server.create_organisation("others");
    server.clock.advance_minutes(60);

    let session = |number: usize| format!("/api/v2/journey/sessions/{}", sessions[number]);
    for number in [0, 2] {
        assert_ne!(client.get(&session(number)).with(200)["endedDate"], Value::Null);
        let segments = client.get(&format!("{}/segments", session(number))).with(200);
        assert_eq!(segments["entities"][0]["state"], "Unassigned");
    }
    client.get(&session(1)).error(500, "internal.server.error");
    client.get(&format!("{}/segments", session(1))).error(500, "internal.server.error");
    let query = aggregates("2026-11-22T00:00Z/P1D", "nJourneySessions", &[]);
    client.post(AGGREGATES, &query).error(500, "internal.server.error");
    server.client_of(&others).post(AGGREGATES, &query).with(200);

    // Those whose events come in one batch with the damaged one's do not suffer for it either.
    let path = web_events();
    std::thread::scope(|scope| {
        for number in 0..3 {
            let (server, path) = (&server, &path);
            scope.spawn(move || {
                let status = if number == 1 { 500 } else { 200 };
                for view in 0..20 {
                    let url = format!("https://x.example/{view}");
                    let event = page_view(&visitor(number), &url, &server.clock.text(0));
                    server.anonymous().post(path, &event).with(status);
                }
            });
        }
    });
}

/// Three visitors, the session of the second of which cannot be read; gives their sessions.
fn damaged_session(data: &Path) -> Vec<String> {
    let server = TestServer::open(data);
    server.client().create_segment(&page_segment("Views", "x.example", 1));
    let view = |number| page_view(&visitor(number), "https://x.example/", &server.clock.text(0));
    let sessions: Vec<String> =
        (0..3).map(|number| server.anonymous().record(&view(number))).collect();
    server.close();
    let (file, id) = (data.join("journey.sqlite"), uuid::Uuid::parse_str(&sessions[1]));
    let mut bytes = std::fs::read(&file).expect("a database");
    // A row of the table has the contact, two moments and the body behind the id.
    let begins: Vec<usize> = (0..bytes.len() - 64)
        .filter(|place| bytes[*place..].starts_with(id.as_ref().expect("an id").as_bytes()))
        .filter_map(|place| {
            let body = bytes[place..place + 64].windows(2).position(|both| both == b"{\"")?;
            Some(place + body)
        })
        .collect();
    assert_eq!(begins.len(), 1, "there is one row of a session");
    bytes[begins[0]] = b'!';
    std::fs::write(&file, bytes).expect("a damaged database");
    sessions
}

#[test]
fn a_killed_writer_leaves_nothing_to_be_told() {
    let disk = Disk::new();
    let (mut server, session) = begun(&disk);
    for views in 4..7 {
        check_well(&server);
        server.kill();
        server = disk.server();
        check_well(&server);
        send(&server.client(), views).with(200);
        assert_eq!(shown(&server.client(), &session), (views.into(), 1));
    }
    check_well(&server);
}

/// Asks for what is there; gives how many times there was an error. Everything else is right.
fn ask_damaged(server: &TestServer, session: &str) -> usize {
    let Some(client) = server.try_client() else { return 1 };
    let path = format!("/api/v2/journey/sessions/{session}");
    let mut errors = 0;
    let mut check = |answer: Answer, is_right: &dyn Fn(&Value) -> bool| match answer.status {
        200 => assert!(is_right(&answer.json), "{}", answer.json),
        status => {
            assert!(matches!(status, 500 | 503), "{status}: {}", answer.json);
            errors += 1;
        }
    };
    check(client.get(&path), &|shown| shown["eventCount"] == 3);
    let count = |shown: &Value| shown["entities"].as_array().map_or(0, Vec::len);
    check(client.get(&format!("{path}/segments")), &|shown| count(shown) == 1);
    check(client.get(&format!("{path}/events")), &|shown| count(shown) == 4);
    errors
}

#[test]
fn a_clock_that_jumps_back_changes_nothing_that_was_told() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("Views", "x.example", 2));
    let view = |number: u32, of: u32| {
        let url = format!("https://x.example/?{number}");
        client.post(&web_events(), &page_view(&visitor(of), &url, &server.clock.text(0)))
    };
    view(0, 1).with(200);
    let session = text(&view(1, 1).with(200)["session"]["id"]).to_owned();
    let ended = text(&view(2, 2).with(200)["session"]["id"]).to_owned();
    server.clock.advance_minutes(15);
    view(3, 1).with(200);
    server.clock.advance_minutes(10);
    let end = client.get(&format!("/api/v2/journey/sessions/{ended}")).with(200);
    assert!(end["endedDate"].is_string(), "{end}");
    let before = shown_in_process(&client, &session);

    check_well(&server);
    server.clock.advance_minutes(-120);
    assert_eq!(shown_in_process(&client, &session), before);
    let still = client.get(&format!("/api/v2/journey/sessions/{ended}")).with(200);
    assert_eq!(still["endedDate"], end["endedDate"]);
    // By this clock the session has not begun yet.
    view(4, 1).error(422, "unprocessable.entity");
    view(5, 3).with(200);
    check_well(&server);
    assert_eq!(shown_in_process(&client, &session), before);

    server.clock.advance_minutes(120);
    assert_eq!(text(&view(6, 1).with(200)["session"]["id"]), session);
    let after = shown_in_process(&client, &session);
    assert_eq!((after.0, after.1), (before.0 + 1, before.1));
    server.clock.advance_minutes(20);
    let over = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    assert!(over["endedDate"].is_string(), "{over}");
    check_well(&server);
}

fn shown_in_process(client: &TestClient<'_>, session: &str) -> (u64, usize, String) {
    let (views, assignments) = shown(client, session);
    let path = format!("/api/v2/journey/sessions/{session}/segments");
    (views, assignments, Value::Array(client.walk(&path)).to_string())
}
