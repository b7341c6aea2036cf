//! What the server tells about itself: that it is true, that it can be read, and who may read it.

pub(crate) mod exposition;
mod monitoring;
mod queues;

use std::net::SocketAddr;

use serde_json::json;

use crate::harness::{
    AGGREGATES, CLIENT_ID, IMPORTS, Process, RawAnswer, Request, TestClient, TestServer, Transport,
    aggregates, page_segment, page_view, visitor, wait_until, web_events,
};
use exposition::Exposition;

const CREATED: &str = "2026-11-22T09:00:00.000Z";

fn ask(transport: &dyn Transport, token: Option<&str>) -> RawAnswer {
    let request = Request::new("GET", "/metrics");
    let request = match token {
        Some(token) => request.header("authorization", &format!("Bearer {token}")),
        None => request,
    };
    transport.send(&request).expect("an answer")
}

/// What is told to whoever may know.
fn told(answer: RawAnswer) -> Exposition {
    let text = String::from_utf8(answer.body).expect("UTF-8");
    assert_eq!(answer.status, 200, "{text}");
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answer.headers["content-type"], content_type);
    Exposition::parse(&text)
}

/// What a server tells the bearer of a token.
pub(crate) fn scrape_with(server: &dyn Transport, token: &str) -> Exposition {
    told(ask(server, Some(token)))
}

fn scrape(server: &TestServer) -> Exposition {
    scrape_with(server, server.client().token())
}

/// The address for those who run a server.
struct Operators(SocketAddr);

impl Transport for Operators {
    fn send(&self, request: &Request) -> std::io::Result<RawAnswer> {
        crate::harness::Connection::open(self.0)?.send(request)
    }
}

fn event(number: u32) -> serde_json::Value {
    page_view(&visitor(number), "https://shop.example/cart", CREATED)
}

#[test]
fn every_event_is_counted_by_what_became_of_it() {
    let server = TestServer::start();
    let client = server.client();
    let before = scrape(&server);
    client.record(&event(1));
    client.record(&event(2));
    client.record(&event(1));
    let mut faulty = event(3);
    faulty["createdDate"] = json!("yesterday");
    client.post(&web_events(), &faulty).error(400, "invalid.date");
    server.clock.advance_minutes(1);
    client.record(&page_view(&visitor(1), "https://shop.example/", "2026-11-22T09:01:00.000Z"));
    let old = page_view(&visitor(1), "https://shop.example/", "2026-11-22T08:59:00.000Z");
    client.post(&web_events(), &old).error(422, "unprocessable.entity");
    let lines = format!("{}\n{}\nnonsense\n", event(4), event(5));
    let import = Request::new("POST", IMPORTS).header("content-type", "application/x-ndjson");
    client.send(import.clone().body(lines.clone())).with(200);
    client.send(import.body(lines)).with(200);

    let after = scrape(&server);
    let check = |door: &str, outcome: &str, code: &str, number: f64| {
        let labels = [("door", door), ("outcome", outcome), ("code", code)];
        let rise = after.rise(&before, "wayfare_events_total", &labels);
        assert_eq!(rise.to_bits(), number.to_bits(), "{labels:?}: {rise}");
    };
    check("web", "accepted", "", 3.0);
    check("web", "duplicate", "", 1.0);
    check("web", "refused", "invalid.date", 1.0);
    check("web", "refused", "unprocessable.entity", 1.0);
    check("import", "accepted", "", 2.0);
    check("import", "duplicate", "", 2.0);
    check("import", "refused", "bad.request", 2.0);

    // Five events one by one, and two imports.
    let batches = |name: &str| after.rise(&before, name, &[]);
    assert_eq!(batches("wayfare_ingest_batch_requests_sum").to_bits(), 7.0_f64.to_bits());
    assert_eq!(batches("wayfare_ingest_batch_commands_sum").to_bits(), 9.0_f64.to_bits());
    for name in ["load", "apply", "commit"] {
        let number = batches(&format!("wayfare_ingest_{name}_seconds_count"));
        assert!(number >= 4.0, "{name}: {number}");
    }
    assert!(batches("wayfare_store_commit_seconds_count") >= 4.0);
    assert!(batches("wayfare_store_commit_seconds_sum") > 0.0);
}

#[test]
fn what_segments_cost_and_match_is_told_by_segment() {
    let server = TestServer::start();
    let client = server.client();
    let matched = client.create_segment(&page_segment("cart", "cart", 2));
    let other = client.create_segment(&page_segment("checkout", "checkout", 1));
    for (minute, number) in [(0, 1), (1, 1), (2, 2)] {
        let created = format!("2026-11-22T09:0{minute}:00.000Z");
        client.record(&page_view(&visitor(number), "https://shop.example/cart", &created));
        server.clock.advance_minutes(1);
    }
    let told = scrape(&server);
    let organisation = server.app.first_organisation().expect("an organisation").to_string();
    let of = |name: &str, segment: &str| {
        told.find(name, &[("organisation", &organisation), ("segment", segment)])
    };
    assert_eq!(of("wayfare_segment_assignments_total", &matched), Some(1.0));
    // Three events that satisfy its one pattern.
    assert_eq!(of("wayfare_segment_steps_total", &matched), Some(6.0));
    assert_eq!(of("wayfare_segment_steps_total", &other), None, "nothing was done for it");
    assert_eq!(told.find("wayfare_matcher_assignments_total", &[]), Some(1.0));
    assert_eq!(told.find("wayfare_matcher_evaluations_total", &[]), Some(3.0));

    client.delete(&format!("/api/v2/journey/segments/{matched}")).with(204);
    let told = scrape(&server);
    let labels = [("organisation", organisation.as_str()), ("segment", matched.as_str())];
    assert_eq!(told.find("wayfare_segment_steps_total", &labels), None, "it is deleted");
}

#[test]
fn queries_and_requests_are_counted_and_timed() {
    let server = TestServer::start();
    let client = server.client();
    client.record(&event(1));
    let before = scrape(&server);
    let day = "2026-11-22T00:00:00Z/2026-11-23T00:00:00Z";
    client.post(AGGREGATES, &aggregates(day, "nJourneySessions", &[])).with(200);
    client.post(AGGREGATES, &json!({})).error(400, "constraint.validation");
    client.get("/api/v2/journey/segments").with(200);
    client.get("/api/v2/journey/nothing").error(404, "not.found");
    server.anonymous().get("/api/v2/journey/segments").error(401, "authentication.required");

    let after = scrape(&server);
    let rise = |name: &str, labels: &[(&str, &str)]| after.rise(&before, name, labels);
    let once = |name: &str, labels: &[(&str, &str)]| {
        let rise = rise(name, labels);
        assert_eq!(rise.to_bits(), 1.0_f64.to_bits(), "{name} {labels:?}: {rise}");
    };
    once("wayfare_aggregates_queries_total", &[("outcome", "answered")]);
    once("wayfare_aggregates_queries_total", &[("outcome", "refused")]);
    once("wayfare_aggregates_query_seconds_count", &[]);
    once("wayfare_fact_query_seconds_count", &[]);
    once("wayfare_fact_query_wait_seconds_count", &[]);
    let requests = "wayfare_http_requests_total";
    let query = "post_analytics_journeys_aggregates_query";
    once(requests, &[("operation", query), ("status", "200")]);
    once(requests, &[("operation", query), ("status", "400")]);
    once(requests, &[("operation", "get_journey_segments"), ("status", "200")]);
    once(requests, &[("operation", "get_journey_segments"), ("status", "401")]);
    once(requests, &[("operation", "unknown"), ("status", "404")]);
    let timed = rise("wayfare_http_request_seconds_count", &[("operation", query)]);
    assert_eq!(timed.to_bits(), 2.0_f64.to_bits());
    // This one.
    assert_eq!(after.find("wayfare_http_requests_under_way", &[]), Some(1.0));
}

#[test]
fn nothing_that_visitors_sent_is_told() {
    let server = TestServer::start();
    let client = server.client();
    client.create_segment(&page_segment("secret-name", "cart", 1));
    client.record(&event(7));
    let told = scrape(&server);
    for sent in [visitor(7).as_str(), "shop.example", "page_viewed", "secret-name", "A page"] {
        let found = told.label_values().into_iter().find(|value| value.contains(sent));
        assert_eq!(found, None, "{sent}");
    }
    // The client that asks is not told of either.
    assert!(!told.label_values().contains(CLIENT_ID));
}

#[test]
fn on_the_public_port_only_those_who_run_the_server_may_read() {
    let server = TestServer::start();
    let anonymous = server.anonymous();
    anonymous.get("/metrics").error(401, "authentication.required");
    let limited = |permission: &str| server.client_with(&[permission]);
    limited("journey:segment:view").get("/metrics").error(403, "missing.any.permissions");
    told(ask(&server, Some(limited("wayfare:metrics:view").token())));
    // Whoever runs another organisation on the same server may not count what this one has.
    server.clock.advance_minutes(1);
    let keys = server.create_organisation("another");
    let other = TestClient::log_in(&server, &keys.client.to_string(), &keys.secret);
    other.get("/metrics").error(403, "missing.any.permissions");
}

#[test]
fn an_address_of_its_own_asks_for_no_token_and_serves_nothing_else() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Process::start_with(data.path(), &["--metrics-listen", "127.0.0.1:0"]);
    let operators = Operators(server.metrics_address.expect("an address"));
    server.client().get("/api/v2/journey/segments").with(200);
    let exposition = told(ask(&operators, None));
    let labels = [("operation", "get_journey_segments"), ("status", "200")];
    assert_eq!(exposition.find("wayfare_http_requests_total", &labels), Some(1.0));
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    assert_eq!(exposition.find("wayfare_build_info", &version), Some(1.0));
    assert_eq!(exposition.find("wayfare_store_writable", &[]), Some(1.0));
    for name in ["process_resident_memory_bytes", "process_start_time_seconds"] {
        assert!(exposition.value(name, &[]) > 1_000_000.0, "{name}");
    }
    let bounded = [
        "ingest",
        "imports",
        "store_writer",
        "store_readers",
        "fact_queries",
        "aggregates_jobs",
        "backtests",
        "customer_deletions",
        "passwords",
        "tls_handshakes",
    ];
    let others = ["store_sync", "batch_log", "webhooks", "live_feeds"];
    for queue in bounded.into_iter().chain(others) {
        let labels = [("queue", queue)];
        // The server looks after its store by itself, too.
        wait_until(queue, || {
            let exposition = told(ask(&operators, None));
            let now = |name: &str| exposition.find(name, &labels);
            (now("wayfare_queue_depth"), now("wayfare_queue_oldest_seconds"))
                == (Some(0.0), Some(0.0))
        });
        let capacity = exposition.find("wayfare_queue_capacity", &labels);
        assert_eq!(capacity.is_some_and(|most| most >= 1.0), bounded.contains(&queue), "{queue}");
    }
    let database = exposition.value("wayfare_store_file_bytes", &[("file", "database")]);
    let on_disk = std::fs::metadata(data.path().join("journey.sqlite")).expect("a file").len();
    assert!(database > 0.0 && database <= on_disk as f64);
    assert!(exposition.value("wayfare_disk_free_bytes", &[]) > 0.0);

    let operators = TestClient::anonymous(&operators);
    // Nobody is asked for a token, so no page may ask in the name of whoever looks at it.
    for method in ["GET", "OPTIONS"] {
        let request = Request::new(method, "/health").header("origin", "https://page.example");
        let answer = operators.send(request.header("access-control-request-method", "GET"));
        assert!(!answer.headers.keys().any(|name| name.starts_with("access-control-")), "{method}");
        assert_eq!(answer.status, if method == "GET" { 200 } else { 405 });
    }
    operators.get("/api/v2/journey/segments").error(404, "not.found");
    assert_eq!(operators.get("/health").with(200)["status"], "ok");
    // On the main port a token is asked for all the same.
    TestClient::anonymous(&server).get("/metrics").error(401, "authentication.required");
    assert!(server.terminate().success());
}
