//! Whether a server says how it is: to load balancers, and to whoever is called at night.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};

use crate::harness::{
    Connection, Process, Request, TestServer, Transport, fact_files, page_view,
    sessions_of_yesterday, visitor, wait_until, wall_clock, web_events,
};

/// What a server says of itself: the status, and the body.
fn health(address: SocketAddr, path: &str) -> (u16, Value) {
    let mut connection = Connection::open(address).expect("a connection");
    let answer = connection.send(&Request::new("GET", path)).expect("an answer");
    assert!(answer.headers["cache-control"].contains("no-store"), "it may be cached");
    (answer.status, serde_json::from_slice(&answer.body).expect("JSON"))
}

fn reasons(body: &Value) -> Vec<&str> {
    let reasons = body["reasons"].as_array().map_or(&[][..], Vec::as_slice);
    reasons.iter().map(|reason| reason["code"].as_str().expect("a code")).collect()
}

fn event(number: u32) -> Value {
    page_view(&visitor(number), "https://shop.example/", &wall_clock().to_string())
}

#[test]
fn a_server_that_is_well_says_so_without_a_reason() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Process::start(data.path());
    for path in ["/health", "/health/live"] {
        let version = env!("CARGO_PKG_VERSION");
        let well = (200, json!({ "status": "ok", "version": version }));
        assert_eq!(health(server.address, path), well, "{path}");
    }
}

#[test]
fn a_disk_that_is_nearly_full_is_told_and_requests_are_still_wanted() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Process::start_with(data.path(), &["--disk-free-min-mib", "1000000000"]);
    let (status, body) = health(server.address, "/health");
    assert_eq!((status, body["status"].as_str()), (200, Some("degraded")));
    assert_eq!(reasons(&body), ["disk.nearly.full"]);
    let text = body.to_string();
    assert!(!text.contains(data.path().to_str().expect("UTF-8")), "a path is told: {text}");
    assert_eq!(health(server.address, "/health/live").0, 200);
    server.client().record(&event(1));
}

#[test]
fn after_a_write_that_failed_only_a_new_start_helps_and_the_server_says_so() {
    let data = tempfile::tempdir().expect("a directory");
    {
        let server = Process::start(data.path());
        assert!(server.terminate().success());
    }
    let size = std::fs::metadata(data.path().join("journey.sqlite")).expect("the database").len();
    let server = Process::start_with_file_limit(data.path(), size + 512 * 1024);
    let client = server.client();
    let mut answered = 0;
    let post = |number: u32| {
        let request =
            Request::new("POST", &web_events()).header("content-type", "application/json");
        server.send(&request.body(event(number).to_string())).expect("an answer").status
    };
    wait_until("a full disk", || {
        let status = post(answered);
        answered += u32::from(status == 200);
        status != 200
    });
    assert!(answered > 0, "the first event met the limit");
    for path in ["/health", "/health/live"] {
        let (status, body) = health(server.address, path);
        assert_eq!((status, body["status"].as_str()), (503, Some("failing")), "{path}");
        assert_eq!(reasons(&body), ["store.refuses.writes"]);
    }
    assert_eq!(post(answered + 1), 503, "no further write is taken");
    client.get("/api/v2/journey/segments").with(200);
    server.kill();

    let server = Process::start(data.path());
    assert_eq!(health(server.address, "/health").0, 200);
    let client = server.client();
    for number in 0..answered {
        let path = format!("/api/v2/journey/customers/cookie/{}/segments", visitor(number));
        client.get(&path).with(200);
    }
}

#[test]
fn a_fact_file_that_cannot_be_read_is_told() {
    let data = tempfile::tempdir().expect("a directory");
    let file = {
        let server = Process::start(data.path());
        server.client().import(&sessions_of_yesterday(5_000), 5_000);
        wait_until("a fact file", || !fact_files(data.path()).is_empty());
        assert!(server.terminate().success());
        fact_files(data.path()).remove(0)
    };
    let bytes = std::fs::read(&file).expect("the file");
    std::fs::write(&file, &bytes[..bytes.len() / 2]).expect("half of it");
    let server = Process::start(data.path());
    let (status, body) = health(server.address, "/health");
    assert_eq!((status, body["status"].as_str()), (200, Some("degraded")));
    assert_eq!(reasons(&body), ["facts.unreadable"]);
    assert_eq!(health(server.address, "/health/live").0, 200);
    server.client().record(&event(2));
}

#[test]
fn facts_that_cannot_be_put_into_files_are_told_until_they_can() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Process::start_with(data.path(), &["--metrics-listen", "127.0.0.1:0"]);
    let operators = server.metrics_address.expect("an address");
    let is_stuck = || {
        let mut connection = Connection::open(operators).expect("a connection");
        let metrics = connection.send(&Request::new("GET", "/metrics")).expect("an answer");
        let text = String::from_utf8(metrics.body).expect("UTF-8");
        text.lines().any(|line| line == "wayfare_facts_stuck 1.0")
    };
    let in_the_way = data.path().join("facts");
    std::fs::write(&in_the_way, "").expect("a file in place of the directory");
    server.client().import(&sessions_of_yesterday(5_000), 5_000);
    wait_until("facts that are stuck", || !reasons(&health(operators, "/health").1).is_empty());
    let (status, body) = health(operators, "/health");
    assert_eq!((status, body["status"].as_str()), (200, Some("degraded")));
    assert_eq!(reasons(&body), ["facts.stuck"]);
    assert!(is_stuck(), "no metric tells");
    server.client().record(&event(1));
    std::fs::remove_file(&in_the_way).expect("nothing in the way");
    wait_until("a fact file", || !fact_files(data.path()).is_empty());
    wait_until("a server that is well", || health(operators, "/health").1["status"] == "ok");
    assert!(!is_stuck(), "the metric stays");
}

#[test]
fn a_server_that_will_stop_says_so_and_takes_requests_for_a_while() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Process::start_with(data.path(), &["--drain-delay-seconds", "3600"]);
    server.tell_to_stop();
    let mut body = Value::Null;
    wait_until("a server that drains", || {
        let (status, told) = health(server.address, "/health");
        body = told;
        status == 503
    });
    assert_eq!(body["status"], "draining");
    assert_eq!(health(server.address, "/health/live").0, 200, "it should go on to its end");
    server.client().record(&event(1));
    // Whoever asks twice does not want to wait.
    assert_eq!(server.terminate().code(), Some(0));
}

#[test]
fn a_request_that_is_under_way_is_finished_before_the_end() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Process::start_with(data.path(), &["--metrics-listen", "127.0.0.1:0"]);
    let operators = server.metrics_address.expect("an address");
    let body = event(1).to_string();
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        web_events(),
        body.len()
    );
    let (first, rest) = body.split_at(body.len() / 2);
    stream.write_all(format!("{head}{first}").as_bytes()).expect("half a request");
    let under_way = || {
        let mut connection = Connection::open(operators).expect("a connection");
        let metrics = connection.send(&Request::new("GET", "/metrics")).expect("an answer");
        let text = String::from_utf8(metrics.body).expect("UTF-8");
        text.lines().any(|line| line == "wayfare_http_requests_under_way 2.0")
    };
    // The request, and the one that asks for this.
    wait_until("the request", under_way);
    server.tell_to_stop();
    wait_until("a server that drains", || health(operators, "/health").0 == 503);
    assert_eq!(health(operators, "/health").1["status"], "draining");
    wait_until("a server that takes no connection", || TcpStream::connect(server.address).is_err());

    stream.write_all(rest.as_bytes()).expect("the other half");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(server.wait().code(), Some(0));

    let server = Process::start(data.path());
    let again = server.client().post(&web_events(), &serde_json::from_str(&body).expect("JSON"));
    let pages = again.with(200)["session"]["pageviewCount"].clone();
    assert_eq!(pages, 1, "the event was there");
}

/// Breaks down whoever looks at a clock at the moment, unless it is this thread.
fn break_down_elsewhere() -> impl FnOnce() + Send {
    let this = std::thread::current().id();
    move || assert!(std::thread::current().id() == this, "a test breaks it down")
}

#[test]
fn writes_that_broke_down_are_told_and_nothing_is_taken_until_a_new_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = TestServer::open(directory.path());
    let client = server.client();
    let told = |path: &str| {
        let answer = server.send(&Request::new("GET", path)).expect("an answer");
        let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
        (answer.status, body)
    };
    let post = |number: u32| {
        let now = server.clock.text(0);
        client.post(&web_events(), &page_view(&visitor(number), "https://shop.example/", &now))
    };
    assert_eq!(told("/health").0, 200);
    let mut answered = Vec::new();
    let mut number = 0;
    // Requests are worked on by this thread, writes by another one.
    wait_until("the writes broke down", || {
        number += 1;
        server.clock.looks.interrupt_at(u64::from(number), break_down_elsewhere());
        if post(number).status == 200 {
            answered.push(number);
        }
        server.clock.looks.forget();
        told("/health").0 == 503
    });
    for path in ["/health", "/health/live"] {
        let (status, body) = told(path);
        assert_eq!((status, reasons(&body)), (503, vec!["task.broken"]), "{path}");
        let message = "the background task 'ingest' broke down; only a new start helps";
        assert_eq!(body["reasons"][0]["message"], message);
    }
    post(1_000).error(503, "service.unavailable");
    client.get("/api/v2/journey/segments").with(200);
    drop(client);
    server.close();

    let server = TestServer::open(directory.path());
    let answer = server.send(&Request::new("GET", "/health")).expect("an answer");
    assert_eq!(answer.status, 200);
    let client = server.client();
    for number in answered {
        let path = format!("/api/v2/journey/customers/cookie/{}/segments", visitor(number));
        client.get(&path).with(200);
    }
}
