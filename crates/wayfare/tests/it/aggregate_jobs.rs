//! `/api/v2/analytics/journeys/aggregates/jobs`: queries that are answered later.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use wayfare_model::cells::Cells;
use wayfare_model::id::OrganisationId;
use wayfare_model::query::Plan;
use wayfare_model::time::Moment;
use wayfare_store::facts::Facts;

use crate::harness::{
    AGGREGATES, IMPORTS, Request, TestClient, TestServer, aggregates, page_view, text, visitor,
    wait_until,
};

const JOBS: &str = "/api/v2/analytics/journeys/aggregates/jobs";
const NOVEMBER: &str = "2026-11-01T00:00:00.000Z/2026-12-01T00:00:00.000Z";

/// Imports a visit of each of so many visitors.
fn import_visits(client: &TestClient<'_>, visitors: u32) {
    let line = |number| {
        let created = format!("2026-11-20T10:{:02}:00.000Z", number % 60);
        let mut record = page_view(&visitor(number), "https://x.example/", &created);
        record["stream"] = json!("web");
        record.to_string()
    };
    let lines: Vec<String> = (0..visitors).map(line).collect();
    client.send(Request::new("POST", IMPORTS).body(lines.join("\n"))).with(200);
}

fn submit(client: &TestClient<'_>, query: &Value) -> String {
    let submitted = client.post(JOBS, query).with(202);
    format!("{JOBS}/{}", text(&submitted["jobId"]))
}

/// Waits until a job has ended; gives its status.
fn ended(client: &TestClient<'_>, job: &str) -> Value {
    let mut status = Value::Null;
    wait_until("the job has ended", || {
        let answer = client.get(job);
        let is_done = answer.status == 200;
        status = answer.with(if is_done { 200 } else { 202 });
        is_done
    });
    status
}

/// The groups of a job's results, and how many are on each page.
fn results(client: &TestClient<'_>, job: &str) -> (Vec<Value>, Vec<usize>) {
    let (mut groups, mut sizes) = (Vec::new(), Vec::new());
    let mut path = format!("{job}/results");
    loop {
        let page = client.get(&path).with(200);
        let on_page = page["results"].as_array().expect("a list");
        sizes.push(on_page.len());
        groups.extend_from_slice(on_page);
        let Some(cursor) = page.get("cursor") else { return (groups, sizes) };
        path = format!("{job}/results?cursor={}", text(cursor));
    }
}

#[test]
fn a_job_answers_what_the_query_answers_in_pages() {
    let server = TestServer::start();
    let client = server.client();
    import_visits(&client, 25);
    let mut query = aggregates(NOVEMBER, "nJourneySessions", &["journeySessionId"]);
    let at_once = client.post(AGGREGATES, &query).with(200);
    let expected = at_once["results"].as_array().expect("a list");
    assert_eq!(expected.len(), 25);

    for (page_size, sizes) in [(10, vec![10, 10, 5]), (25, vec![25]), (10_000, vec![25])] {
        query["pageSize"] = json!(page_size);
        let job = submit(&client, &query);
        let status = ended(&client, &job);
        assert_eq!(status["state"], "FULFILLED", "{status}");
        assert_eq!(status["submissionDate"], server.clock.text(0));
        assert_eq!(status["completionDate"], server.clock.text(0));
        assert_eq!(status["expirationDate"], server.clock.text(24 * 60 * 60 * 1_000));
        assert_eq!(results(&client, &job), (expected.clone(), sizes), "{page_size}");
    }

    query["filter"] = json!({ "type": "and", "predicates": [
        { "dimension": "journeySessionType", "value": "none like this" },
    ]});
    let empty = submit(&client, &query);
    ended(&client, &empty);
    assert_eq!(results(&client, &empty), (vec![], vec![0]));
}

#[test]
fn an_answer_that_is_written_piece_by_piece_is_whole() {
    const VISITORS: usize = 1_500;
    let server = TestServer::start();
    let client = server.client();
    import_visits(&client, VISITORS as u32);
    let mut query = aggregates(NOVEMBER, "nJourneySessions", &["journeySessionId"]);
    let at_once = client.post(AGGREGATES, &query);
    assert!(!at_once.headers.contains_key("content-length"), "its length is known before");
    let at_once = at_once.with(200);
    query["pageSize"] = json!(1_000);
    let job = submit(&client, &query);
    assert_eq!(ended(&client, &job)["state"], "FULFILLED");
    let (groups, sizes) = results(&client, &job);
    assert_eq!(sizes, [1_000, VISITORS - 1_000]);
    assert_eq!(at_once["results"].as_array(), Some(&groups));
}

#[test]
fn a_job_may_ask_for_more_than_a_query() {
    let server = TestServer::start();
    let client = server.client();
    import_visits(&client, 1);
    let ten_years = "2017-01-01T00:00:00.000Z/2026-12-01T00:00:00.000Z";
    let mut query = aggregates(ten_years, "nJourneySessions", &[]);
    client.post(AGGREGATES, &query).error(400, "constraint.validation");
    let job = submit(&client, &query);
    assert_eq!(ended(&client, &job)["state"], "FULFILLED");
    let (groups, _) = results(&client, &job);
    assert_eq!(groups[0]["data"][0]["metrics"][0]["stats"]["count"], 1);

    query["interval"] = json!("2007-01-01T00:00:00.000Z/2026-12-01T00:00:00.000Z");
    let message = client.post(JOBS, &query).error(400, "constraint.validation");
    assert!(message.contains("3660 days"), "{message}");
}

#[test]
fn all_faults_of_a_job_are_told_when_it_is_submitted() {
    let server = TestServer::start();
    let client = server.client();
    let query = json!({ "interval": "x", "metrics": ["nNone"], "pageSize": 0 });
    let refused = client.post(JOBS, &query);
    let faults = refused.faults();
    refused.error(400, "invalid.value");
    for field in ["interval", "metrics[0]", "pageSize"] {
        assert!(faults.contains(field), "{field}: {faults}");
    }
    let only = json!({ "interval": NOVEMBER, "metrics": ["nJourneySessions"], "pageSize": 10_001 });
    let message = client.post(JOBS, &only).error(400, "invalid.value");
    assert!(message.contains("10001") && message.contains("1 to 10000"), "{message}");
}

#[test]
fn results_go_after_a_day_and_the_job_after_two() {
    let server = TestServer::start();
    let client = server.client();
    let job = submit(&client, &aggregates(NOVEMBER, "nJourneySessions", &[]));
    ended(&client, &job);
    server.clock.advance_ms(24 * 60 * 60 * 1_000 - 1);
    let client = server.client();
    client.get(&format!("{job}/results")).with(200);
    server.clock.advance_ms(1);
    let client = server.client();
    assert_eq!(client.get(&job).with(200)["state"], "EXPIRED");
    let message = client.get(&format!("{job}/results")).error(400, "bad.request");
    assert!(message.contains("EXPIRED"), "{message}");
    server.clock.advance_days(1);
    server.run(server.stores.documents.sweep_expired(server.app.now())).expect("a sweep");
    server.client().get(&job).error(404, "not.found");
}

#[test]
fn a_finished_job_is_forgotten_when_deleted() {
    let server = TestServer::start();
    let client = server.client();
    let job = submit(&client, &aggregates(NOVEMBER, "nJourneySessions", &[]));
    ended(&client, &job);
    client.delete(&job).with(204);
    for path in [job.clone(), format!("{job}/results")] {
        client.get(&path).error(404, "not.found");
    }
    client.delete(&job).error(404, "not.found");
    client.get(&format!("{JOBS}/no-uuid")).error(404, "not.found");
}

#[test]
fn a_cursor_of_another_job_is_refused() {
    let server = TestServer::start();
    let client = server.client();
    import_visits(&client, 2);
    let mut query = aggregates(NOVEMBER, "nJourneySessions", &["journeySessionId"]);
    query["pageSize"] = json!(1);
    let (one, other) = (submit(&client, &query), submit(&client, &query));
    ended(&client, &one);
    ended(&client, &other);
    let page = client.get(&format!("{one}/results")).with(200);
    let cursor = text(&page["cursor"]);
    client.get(&format!("{one}/results?cursor={cursor}")).with(200);
    for wrong in [format!("{other}/results?cursor={cursor}"), format!("{one}/results?cursor=x")] {
        let message = client.get(&wrong).error(400, "bad.request");
        assert!(message.contains("[cursor]"), "{message}");
    }
}

#[test]
fn another_organisation_sees_no_job() {
    let server = TestServer::start();
    let keys = server.create_organisation("other");
    let job = submit(&server.client(), &aggregates(NOVEMBER, "nJourneySessions", &[]));
    ended(&server.client(), &job);
    let stranger = server.client_of(&keys);
    stranger.get(&job).error(404, "not.found");
    stranger.get(&format!("{job}/results")).error(404, "not.found");
    stranger.delete(&job).error(404, "not.found");
    server.client().get(&job).with(200);
}

/// Facts that answer only when they may.
struct Held {
    facts: Arc<dyn Facts>,
    gate: Arc<Semaphore>,
}

#[async_trait::async_trait]
impl Facts for Held {
    async fn run(&self, organisation: OrganisationId, plan: &Plan) -> wayfare_store::Result<Cells> {
        self.gate.acquire().await.expect("an open gate").forget();
        self.facts.run(organisation, plan).await
    }

    async fn maintain(&self, now: Moment) -> wayfare_store::Result<()> {
        self.facts.maintain(now).await
    }
}

/// A server whose facts answer so many times as the gate has permits.
fn held() -> (TestServer, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let held = gate.clone();
    let server = TestServer::start_with(move |stores| {
        stores.facts = Arc::new(Held { facts: stores.facts.clone(), gate: held });
    });
    (server, gate)
}

/// Facts that break down once.
struct Breaking {
    facts: Arc<dyn Facts>,
    is_broken: AtomicBool,
}

#[async_trait::async_trait]
impl Facts for Breaking {
    async fn run(&self, organisation: OrganisationId, plan: &Plan) -> wayfare_store::Result<Cells> {
        assert!(self.is_broken.swap(true, Ordering::SeqCst), "a test breaks it down");
        self.facts.run(organisation, plan).await
    }

    async fn maintain(&self, now: Moment) -> wayfare_store::Result<()> {
        self.facts.maintain(now).await
    }
}

#[test]
fn a_job_that_breaks_down_fails_and_the_next_one_runs() {
    let server = TestServer::start_with(|stores| {
        let facts = stores.facts.clone();
        stores.facts = Arc::new(Breaking { facts, is_broken: AtomicBool::new(false) });
    });
    let client = server.client();
    let query = aggregates(NOVEMBER, "nJourneySessions", &[]);
    let (broken, next) = (submit(&client, &query), submit(&client, &query));
    let status = ended(&client, &broken);
    assert_eq!(status["state"], "FAILED", "{status}");
    assert_eq!(ended(&client, &next)["state"], "FULFILLED");
    client.get("/health").with(200);
}

#[test]
fn an_unfinished_job_can_be_cancelled() {
    let (server, gate) = held();
    let client = server.client();
    let query = aggregates(NOVEMBER, "nJourneySessions", &[]);
    let (running, queued, last) =
        (submit(&client, &query), submit(&client, &query), submit(&client, &query));
    wait_until("the first job runs", || client.get(&running).with(202)["state"] == "PENDING");
    assert_eq!(client.get(&queued).with(202)["state"], "QUEUED");
    let message = client.get(&format!("{running}/results")).error(400, "bad.request");
    assert!(message.contains("PENDING"), "{message}");
    for job in [&running, &queued] {
        client.delete(job).with(204);
        let status = client.get(job).with(200);
        assert_eq!(status["state"], "CANCELLED", "{status}");
        client.get(&format!("{job}/results")).error(400, "bad.request");
    }
    wait_until("the last job runs", || client.get(&last).with(202)["state"] == "PENDING");
    gate.add_permits(1);
    assert_eq!(ended(&client, &last)["state"], "FULFILLED");
}

#[test]
fn a_job_that_ran_when_the_server_stopped_runs_again() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let gate = Arc::new(Semaphore::new(0));
    let held = gate.clone();
    let server = TestServer::open_with(directory.path(), move |stores| {
        stores.facts = Arc::new(Held { facts: stores.facts.clone(), gate: held });
    });
    let client = server.client();
    import_visits(&client, 3);
    let query = aggregates(NOVEMBER, "nJourneySessions", &[]);
    let (running, queued) = (submit(&client, &query), submit(&client, &query));
    wait_until("the first job runs", || client.get(&running).with(202)["state"] == "PENDING");
    drop(client);
    server.close();

    let server = TestServer::open(directory.path());
    let client = server.client();
    for job in [running, queued] {
        assert_eq!(ended(&client, &job)["state"], "FULFILLED");
        let (groups, _) = results(&client, &job);
        assert_eq!(groups[0]["data"][0]["metrics"][0]["stats"]["count"], 3);
    }
}

#[test]
fn unfinished_jobs_are_limited() {
    let (server, _gate) = held();
    let client = server.client();
    let query = aggregates(NOVEMBER, "nJourneySessions", &[]);
    let jobs: Vec<String> = (0..20).map(|_| submit(&client, &query)).collect();
    let refused = client.post(JOBS, &query);
    assert_eq!(refused.headers["retry-after"], "10");
    refused.error(429, "too.many.requests.retry.after");
    client.delete(&jobs[19]).with(204);
    submit(&client, &query);
}

#[test]
fn jobs_that_come_at_once_find_each_other() {
    let (server, _gate) = held();
    let query = aggregates(NOVEMBER, "nJourneySessions", &[]);
    let statuses = std::thread::scope(|scope| {
        let submit = || server.client().post(JOBS, &query).status;
        let submitting: Vec<_> = (0..40).map(|_| scope.spawn(submit)).collect();
        let statuses = submitting.into_iter().map(|one| one.join().expect("a status"));
        statuses.collect::<Vec<_>>()
    });
    let with = |status: u16| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((with(202), with(429)), (20, 20), "{statuses:?}");
}
