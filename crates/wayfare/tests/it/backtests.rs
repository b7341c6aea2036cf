//! Back-tests tell what live matching does.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::harness::{
    AGGREGATES, Imported, SEGMENTS, TestClient, TestServer, aggregates, customer_segment, lines_of,
    page_segment, page_view, shared_file, test_file, text, visitor, wait_until,
};
use crate::replay::segments;

const BACKTESTS: &str = "/api/wayfare/v1/segments/backtest";
const DAY: &str = "2026-11-22T00:00:00Z/P1D";

/// Runs a back-test to its end.
fn result(client: &TestClient<'_>, body: &Value) -> Value {
    let taken = client.post(BACKTESTS, body).with(202);
    assert_eq!((&taken["state"], taken.get("result")), (&json!("running"), None));
    let path = format!("{BACKTESTS}/{}", text(&taken["id"]));
    wait_until("the back-test", || client.get(&path).with(200)["state"] != "running");
    let ended = client.get(&path).with(200);
    assert_eq!(ended["state"], "fulfilled", "{ended}");
    assert_eq!(ended["progress"]["customers"], ended["progress"]["customersTotal"]);
    ended["result"].clone()
}

/// What live matching assigned, by period: sessions.
fn assigned_by_period(
    client: &TestClient<'_>,
    interval: &str,
    granularity: &str,
) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut query = aggregates(interval, "nJourneySegmentsAssigned", &["journeySegmentId"]);
    query["granularity"] = json!(granularity);
    query["filter"] = json!({ "type": "and", "predicates": [
        { "dimension": "journeySegmentAssignmentState", "value": "Assigned" },
    ] });
    let answer = client.post(AGGREGATES, &query).with(200);
    let mut by_segment = BTreeMap::new();
    for result in answer["results"].as_array().expect("results") {
        let counts = result["data"].as_array().expect("data").iter();
        let count = |bucket: &Value| {
            let count = bucket["metrics"][0]["stats"]["count"].as_u64().expect("a count");
            (text(&bucket["interval"]).to_owned(), count)
        };
        let segment = text(&result["group"]["journeySegmentId"]).to_owned();
        by_segment.insert(segment, counts.map(count).collect());
    }
    by_segment
}

/// An interval by years, as long as one query may ask for, when it goes from one year's beginning to
/// another's.
fn years_of(interval: &str) -> Vec<String> {
    let begins = |moment: &str| {
        moment.strip_suffix("-01-01T00:00:00Z").map(|year| year.parse::<i32>().expect("a year"))
    };
    let (from, to) = interval.split_once('/').expect("an interval");
    let (Some(from), Some(to)) = (begins(from), begins(to)) else {
        return vec![interval.to_owned()];
    };
    (from..to).map(|year| format!("{year}-01-01T00:00:00Z/{}-01-01T00:00:00Z", year + 1)).collect()
}

/// Imports a file, and compares the back-test of every segment with what was assigned meanwhile.
fn equals_live_matching(
    segments: Vec<Value>,
    lines: &[String],
    interval: &str,
    (granularity, periods): (&str, usize),
) {
    let server = TestServer::start();
    let client = server.client();
    let ids: Vec<(Value, String)> = segments
        .into_iter()
        .map(|segment| (segment.clone(), client.create_segment(&segment)))
        .collect();
    assert!(!ids.is_empty());
    let applied = lines.len() as u64;
    assert_eq!(client.import(lines, 2_500), Imported { applied, ..Imported::default() });
    let mut live = BTreeMap::<String, BTreeMap<String, u64>>::new();
    for part in years_of(interval) {
        for (segment, counts) in assigned_by_period(&client, &part, granularity) {
            live.entry(segment).or_default().extend(counts);
        }
    }
    let counts = client.get("/api/wayfare/v1/segments/counts").with(200);
    let counts = counts["entities"].as_array().expect("counts");
    let mut all_sessions = 0;
    for (segment, id) in &ids {
        let body = json!({ "segment": segment, "interval": interval, "granularity": granularity });
        let found = result(&client, &body);
        let name = text(&segment["displayName"]);
        assert_eq!((&found["events"], &found["customersSkipped"]), (&json!(applied), &json!(0)));
        let none = json!({ "sessions": 0, "customers": 0 });
        let count = counts.iter().find(|count| count["segmentId"] == *id).unwrap_or(&none);
        assert_eq!(found["sessions"], count["sessions"], "{name}");
        assert_eq!(found["customers"], count["customers"], "{name}");
        let buckets = found["buckets"].as_array().expect("buckets");
        assert_eq!(buckets.len(), periods, "{name}");
        // Live, a period without any is not told.
        let by_period: BTreeMap<String, u64> = buckets
            .iter()
            .map(|bucket| {
                let count = bucket["sessions"].as_u64().expect("a count");
                (text(&bucket["interval"]).to_owned(), count)
            })
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(by_period, live.get(id).cloned().unwrap_or_default(), "{name}");
        // It would have been assigned where it is.
        let overlap = found["overlap"].as_array().expect("overlap").iter();
        let own = overlap.filter(|other| other["segmentId"] == *id);
        let own: u64 = own.filter_map(|other| other["sessions"].as_u64()).sum();
        assert_eq!(json!(own), found["sessions"], "{name}");
        for example in found["examples"].as_array().expect("examples") {
            let path = format!("/api/v2/journey/sessions/{}/segments", text(&example["sessionId"]));
            let made = client.walk(&path);
            let made =
                made.iter().find(|made| made["segment"]["id"] == *id).expect("an assignment");
            assert_eq!(made["dateAssigned"], example["dateAssigned"], "{name}");
        }
        all_sessions += own;
    }
    assert!(all_sessions > 0);
}

#[test]
fn a_back_test_equals_live_matching_of_a_web_log() {
    let lines = lines_of(&test_file("semicomplete/semicomplete-web.ndjson.gz"));
    let segments = segments("semicomplete-web");
    equals_live_matching(segments, &lines, crate::replay::WEEK, ("P1D", 7));
}

/// A pattern of events with a name.
fn named(name: &str, count: u32, within_seconds: Option<u32>) -> Value {
    let mut pattern = json!({
        "eventName": name, "criteria": [], "count": count, "streamType": "Web", "sessionType": "web",
    });
    if let Some(seconds) = within_seconds {
        pattern["withinSeconds"] = json!(seconds);
    }
    pattern
}

/// A segment of a web shop.
fn of_shop(name: &str, scope: &str, ordered: bool, patterns: &[Value]) -> Value {
    json!({
        "displayName": name,
        "scope": scope,
        "journey": { "ordered": ordered, "patterns": patterns },
    })
}

#[test]
fn a_back_test_equals_live_matching_of_a_shop_in_order_and_time() {
    let cart = named("add_to_cart", 1, None);
    let mut on_phones = of_shop("on phones", "Session", false, &[named("product_view", 3, None)]);
    on_phones["context"] = json!({ "patterns": [{ "criteria": [
        { "key": "device.category", "values": ["mobile"], "entityType": "visit" },
    ] }] });
    let segments = vec![
        on_phones,
        of_shop("bought", "Customer", false, &[named("purchase", 2, None)]),
        of_shop("bought soon", "Session", true, &[cart.clone(), named("purchase", 1, Some(900))]),
        of_shop("left", "Session", true, &[cart.clone(), named("purchase", 0, None)]),
        of_shop("hesitates", "Session", true, &[cart.clone(), named("cart", 0, Some(120))]),
        of_shop("no search", "Session", false, &[named("search", 0, None)]),
        of_shop("again", "Customer", true, &[named("purchase", 1, None), cart]),
    ];
    let lines = lines_of(&test_file("ecom/ecom-web.ndjson.gz"));
    let half = "2024-01-01T00:00:00Z/2024-07-01T00:00:00Z";
    equals_live_matching(segments, &lines, half, ("P1M", 6));
}

#[test]
fn a_back_test_equals_live_matching_of_a_grocery_chain() {
    let Some(file) = shared_file("grocery-app.ndjson.gz") else { return };
    let years = "2016-01-01T00:00:00Z/2020-01-01T00:00:00Z";
    equals_live_matching(segments("grocery-app"), &lines_of(&file), years, ("P1M", 48));
}

#[test]
fn a_back_test_looks_at_its_interval_and_leaves_no_trace() {
    let server = TestServer::start();
    let client = server.client();
    let other = client.create_segment(&page_segment("other", "/a", 1));
    let view = |number: u32, path: &str| {
        let url = format!("https://example.org{path}");
        client.record(&page_view(&visitor(number), &url, &server.clock.text(0)))
    };
    view(1, "/a");
    view(2, "/b");
    server.clock.advance_minutes(60);
    let second = view(1, "/a");
    view(3, "/c");
    let body = |segment: Value, interval: &str| json!({ "segment": segment, "interval": interval });
    let twice = result(&client, &body(customer_segment("draft", "/a", 2), DAY));
    assert_eq!((&twice["sessions"], &twice["customers"]), (&json!(1), &json!(1)));
    assert_eq!(twice["examples"][0]["sessionId"], json!(second));
    assert_eq!(twice["overlap"], json!([{ "segmentId": other, "sessions": 1 }]));
    let hour = "2026-11-22T09:30:00Z/2026-11-22T10:30:00Z";
    let some = result(&client, &body(page_segment("draft", "example", 1), hour));
    assert_eq!((&some["sessions"], &some["events"]), (&json!(2), &json!(2)));
    let never = page_segment("draft", "/a", 0);
    server.clock.advance_minutes(60);
    let idle = result(&client, &body(never, DAY));
    assert_eq!((&idle["sessions"], &idle["customers"]), (&json!(2), &json!(2)));
    // Nothing was assigned, and no segment was made.
    assert_eq!(client.walk(&format!("/api/v2/journey/sessions/{second}/segments")).len(), 1);
    assert_eq!(client.get(SEGMENTS).with(200)["total"], 1);
}

#[test]
fn bad_drafts_are_told_all_their_faults_and_a_back_test_can_be_forgotten() {
    let server = TestServer::start();
    let client = server.client();
    let draft = page_segment("draft", "/a", 1);
    client.post(BACKTESTS, &json!({ "interval": DAY })).error(400, "constraint.validation");
    let bad = json!({ "segment": { "color": "red" }, "interval": "x/y", "granularity": "PT1S" });
    let answer = client.post(BACKTESTS, &bad).with(400).to_string();
    for field in ["displayName", "color", "interval"] {
        assert!(answer.contains(field), "{field}: {answer}");
    }
    let taken = client.post(BACKTESTS, &json!({ "segment": draft, "interval": DAY })).with(202);
    let path = format!("{BACKTESTS}/{}", text(&taken["id"]));
    client.delete(&path).with(204);
    client.get(&path).error(404, "not.found");
    client.delete(&path).error(404, "not.found");
    client.get(&format!("{BACKTESTS}/nonsense")).error(404, "not.found");
    let limited = server.client_with(&["journey:segment:view"]);
    limited.post(BACKTESTS, &json!({})).error(403, "missing.any.permissions");
}

#[test]
fn a_back_test_that_a_restart_interrupts_runs_again_and_one_with_a_result_keeps_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = TestServer::open(directory.path());
    let client = server.client();
    client.record(&page_view(&visitor(1), "https://example.org/a", &server.clock.text(0)));
    let body = json!({ "segment": page_segment("draft", "/a", 1), "interval": DAY });
    let taken = client.post(BACKTESTS, &body).with(202);
    let path = format!("{BACKTESTS}/{}", text(&taken["id"]));
    let finished = |client: &TestClient<'_>, path: &str| {
        wait_until("the back-test", || client.get(path).with(200)["state"] != "running");
        client.get(path).with(200)
    };
    let ended = finished(&client, &path);
    // As a run that was interrupted leaves them: one that can run, and one that no version since
    // takes any more.
    let organisation = server.app.first_organisation().expect("an organisation");
    let kind = wayfare_store::documents::Kind::Backtest;
    let id: uuid::Uuid = text(&taken["id"]).parse().expect("an id");
    let stored = server.run(server.stores.documents.fetch(organisation, kind, id)).expect("a read");
    let stored = stored.expect("a document");
    let mut interrupted = Vec::new();
    for (number, interval) in [(7, DAY), (8, "nonsense")] {
        let mut document = stored.clone();
        document.id = uuid::Uuid::from_u128(number);
        let mut body: Value = serde_json::from_str(&document.body).expect("JSON");
        body["request"]["interval"] = json!(interval);
        let backtest = body["backtest"].as_object_mut().expect("an object");
        backtest.insert("id".to_owned(), json!(document.id));
        backtest.insert("state".to_owned(), json!("running"));
        backtest.remove("result");
        backtest.remove("completedDate");
        (document.body, document.version) = (body.to_string(), 1);
        interrupted.push(format!("{BACKTESTS}/{}", document.id));
        let documents = &server.stores.documents;
        server.run(documents.insert(organisation, kind, document)).expect("a write");
    }
    server.close();
    let server = TestServer::open(directory.path());
    let client = server.client();
    assert_eq!(client.get(&path).with(200), ended);
    let again = finished(&client, &interrupted[0]);
    assert_eq!((&again["state"], &again["result"]), (&json!("fulfilled"), &ended["result"]));
    assert_eq!(again["result"]["sessions"], 1);
    let failed = client.get(&interrupted[1]).with(200);
    assert_eq!(failed["state"], "failed");
    assert!(text(&failed["reason"]).contains("interval"), "{failed}");
}

/// `wayfare segment backtest` on a data directory.
fn command(directory: &Path, file: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wayfare"))
        .args(["segment", "backtest"])
        .arg(file)
        .args(["--interval", DAY])
        .args(arguments)
        .arg("--data")
        .arg(directory)
        .env("WAYFARE_CLIENT_ID", crate::harness::CLIENT_ID)
        .env("WAYFARE_CLIENT_SECRET", crate::harness::CLIENT_SECRET)
        .output()
        .expect("the program")
}

#[test]
fn the_command_tells_what_a_draft_would_have_matched() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = TestServer::open(directory.path());
    let client = server.client();
    let other = client.create_segment(&page_segment("other", "/a", 1));
    for number in 1..=3 {
        let url = format!("https://example.org/{}", if number < 3 { "a" } else { "b" });
        client.record(&page_view(&visitor(number), &url, &server.clock.text(0)));
    }
    server.close();
    let file = directory.path().join("draft.json");
    std::fs::write(&file, page_segment("draft", "/a", 1).to_string()).expect("a file");
    let shown = command(directory.path(), &file, &[]);
    let table = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.status.success(), "{table} {}", String::from_utf8_lossy(&shown.stderr));
    let first = "2 sessions of 2 customers would have matched, of 3 events.";
    assert!(table.starts_with(first) && table.contains(&other), "{table}");
    let ended = command(directory.path(), &file, &["--granularity", "PT12H", "--json"]);
    let ended: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
    assert_eq!((&ended["state"], &ended["result"]["sessions"]), (&json!("fulfilled"), &json!(2)));
    assert_eq!(ended["result"]["buckets"].as_array().map(Vec::len), Some(2));
    // What is wrong with a draft is told.
    std::fs::write(&file, json!({ "displayName": "x", "color": "red" }).to_string())
        .expect("a file");
    let refused = command(directory.path(), &file, &[]);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && message.contains("color"), "{message}");
}
