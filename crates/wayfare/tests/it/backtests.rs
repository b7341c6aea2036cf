//! Back-tests tell what live matching does.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{
    AGGREGATES, Imported, SEGMENTS, TestClient, TestServer, aggregates, customer_segment, lines_of,
    page_segment, page_view, test_file, text, visitor, wait_until,
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

/// What live matching assigned, by day: sessions.
fn assigned_by_day(client: &TestClient<'_>, interval: &str) -> BTreeMap<String, Vec<u64>> {
    let mut query = aggregates(interval, "nJourneySegmentsAssigned", &["journeySegmentId"]);
    query["granularity"] = json!("P1D");
    query["filter"] = json!({ "type": "and", "predicates": [
        { "dimension": "journeySegmentAssignmentState", "value": "Assigned" },
    ] });
    let answer = client.post(AGGREGATES, &query).with(200);
    let mut by_segment = BTreeMap::new();
    for result in answer["results"].as_array().expect("results") {
        let counts = result["data"].as_array().expect("data").iter();
        let count = |bucket: &Value| bucket["metrics"][0]["stats"]["count"].as_u64().unwrap_or(0);
        let segment = text(&result["group"]["journeySegmentId"]).to_owned();
        by_segment.insert(segment, counts.map(count).collect());
    }
    by_segment
}

fn equals_live_matching(data_set: &str, file: &str, interval: &str, days: usize) {
    let server = TestServer::start();
    let client = server.client();
    let ids: Vec<(Value, String)> = segments(data_set)
        .into_iter()
        .map(|segment| (segment.clone(), client.create_segment(&segment)))
        .collect();
    assert!(!ids.is_empty());
    let lines = lines_of(&test_file(file));
    let applied = lines.len() as u64;
    assert_eq!(client.import(&lines, 2_500), Imported { applied, ..Imported::default() });
    let live = assigned_by_day(&client, interval);
    let counts = client.get("/api/wayfare/v1/segments/counts").with(200);
    let counts = counts["entities"].as_array().expect("counts");
    let mut all_sessions = 0;
    for (segment, id) in &ids {
        let body = json!({ "segment": segment, "interval": interval, "granularity": "P1D" });
        let found = result(&client, &body);
        let name = text(&segment["displayName"]);
        assert_eq!((&found["events"], &found["customersSkipped"]), (&json!(applied), &json!(0)));
        let none = json!({ "sessions": 0, "customers": 0 });
        let count = counts.iter().find(|count| count["segmentId"] == *id).unwrap_or(&none);
        assert_eq!(found["sessions"], count["sessions"], "{name}");
        assert_eq!(found["customers"], count["customers"], "{name}");
        let buckets = found["buckets"].as_array().expect("buckets");
        assert_eq!(buckets.len(), days, "{name}");
        let by_day: Vec<u64> =
            buckets.iter().map(|bucket| bucket["sessions"].as_u64().expect("a count")).collect();
        // Days behind the last assignment are not told.
        let mut live = live.get(id).cloned().unwrap_or_default();
        live.resize(days, 0);
        assert_eq!(by_day, live, "{name}");
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
    let file = "semicomplete/semicomplete-web.ndjson.gz";
    equals_live_matching("semicomplete-web", file, crate::replay::WEEK, 7);
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
fn a_back_test_that_a_restart_cut_off_has_failed_and_one_with_a_result_keeps_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = TestServer::open(directory.path());
    let client = server.client();
    let body = json!({ "segment": page_segment("draft", "/a", 1), "interval": DAY });
    let taken = client.post(BACKTESTS, &body).with(202);
    let path = format!("{BACKTESTS}/{}", text(&taken["id"]));
    wait_until("the back-test", || client.get(&path).with(200)["state"] != "running");
    let ended = client.get(&path).with(200);
    // As a run that was cut off leaves it.
    let organisation = server.app.first_organisation().expect("an organisation");
    let kind = wayfare_store::documents::Kind::Backtest;
    let id: uuid::Uuid = text(&taken["id"]).parse().expect("an id");
    let stored = server.run(server.stores.documents.fetch(organisation, kind, id)).expect("a read");
    let mut cut_off = stored.expect("a document");
    cut_off.id = uuid::Uuid::from_u128(7);
    let mut body: Value = serde_json::from_str(&cut_off.body).expect("JSON");
    (body["id"], body["state"]) = (json!(cut_off.id), json!("running"));
    body.as_object_mut().expect("an object").remove("result");
    (cut_off.body, cut_off.version) = (body.to_string(), 1);
    let other = format!("{BACKTESTS}/{}", cut_off.id);
    server.run(server.stores.documents.insert(organisation, kind, cut_off)).expect("a write");
    server.close();
    let server = TestServer::open(directory.path());
    let client = server.client();
    assert_eq!(client.get(&path).with(200), ended);
    let failed = client.get(&other).with(200);
    assert_eq!(failed["state"], "failed");
    assert!(text(&failed["reason"]).contains("restarted"), "{failed}");
}
