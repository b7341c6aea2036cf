//! `POST /api/v2/analytics/journeys/aggregates/query`, over what came in by every door.

use expect_test::expect_file;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::harness::{
    AGGREGATES, IMPORTS, Request, SEGMENTS, TestClient, TestServer, Truth, aggregates,
    customer_segment, page_segment, page_view, redacted, text, visitor, web_events,
};

/// A line of an import.
fn record(number: u32, created: &str, url: &str) -> Value {
    let mut record = page_view(&visitor(number), url, created);
    record["stream"] = json!("web");
    record
}

/// Imports records; all of them are new.
fn import(client: &TestClient<'_>, records: &[Value]) {
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    let request = Request::new("POST", IMPORTS).body(lines.join("\n"));
    let imported = client.send(request).with(200);
    assert_eq!(imported["applied"], records.len(), "{imported}");
}

/// `start count` of each bucket of an ungrouped query.
fn buckets(client: &TestClient<'_>, query: &Value) -> Vec<String> {
    let answer = client.post(AGGREGATES, query).with(200);
    let data = answer["results"][0]["data"].as_array().cloned().unwrap_or_default();
    let line = |bucket: &Value| {
        let count = &bucket["metrics"][0]["stats"]["count"];
        format!("{} {count}", text(&bucket["interval"]))
    };
    data.iter().map(line).collect()
}

#[test]
fn days_in_london_follow_the_clocks() {
    let server = TestServer::start();
    let client = server.client();
    // Summer time ended on 26 October 2025 at 01:00 UTC: that day has 25 hours.
    let moments = [
        "2025-10-24T22:59:59.999Z",
        "2025-10-24T23:00:00.000Z",
        "2025-10-25T22:59:59.999Z",
        "2025-10-25T23:00:00.000Z",
        "2025-10-26T00:30:00.000Z",
        "2025-10-26T01:30:00.000Z",
        "2025-10-26T23:59:59.999Z",
        "2025-10-27T00:00:00.000Z",
        "2025-10-27T23:59:59.999Z",
        "2025-10-28T00:00:00.000Z",
    ];
    let records: Vec<Value> =
        (0..).zip(moments).map(|(n, moment)| record(n, moment, "https://x.example/")).collect();
    import(&client, &records);
    let mut query =
        aggregates("2025-10-24T23:00:00.000Z/2025-10-28T00:00:00.000Z", "nJourneySessions", &[]);
    query["granularity"] = json!("P1D");
    query["timeZone"] = json!("Europe/London");
    assert_eq!(
        buckets(&client, &query),
        [
            "2025-10-24T23:00:00.000Z/2025-10-25T23:00:00.000Z 2",
            "2025-10-25T23:00:00.000Z/2025-10-27T00:00:00.000Z 4",
            "2025-10-27T00:00:00.000Z/2025-10-28T00:00:00.000Z 2",
        ]
    );
    query["timeZone"] = json!("UTC");
    let answer = client.post(AGGREGATES, &query);
    assert_eq!(answer.headers["wayfare-as-of"], server.clock.text(0));
    assert_eq!(
        buckets(&client, &query),
        [
            "2025-10-24T23:00:00.000Z/2025-10-25T23:00:00.000Z 2",
            "2025-10-25T23:00:00.000Z/2025-10-26T23:00:00.000Z 3",
            "2025-10-26T23:00:00.000Z/2025-10-27T23:00:00.000Z 2",
            "2025-10-27T23:00:00.000Z/2025-10-28T00:00:00.000Z 1",
        ]
    );
}

#[test]
fn the_short_day_of_spring_has_its_sessions_too() {
    let server = TestServer::start();
    let client = server.client();
    // Summer time began on 29 March 2026 at 01:00 UTC: that day has 23 hours.
    let moments = [
        "2026-03-28T23:59:59.999Z",
        "2026-03-29T00:00:00Z",
        "2026-03-29T22:59:59.999Z",
        "2026-03-29T23:00:00Z",
    ];
    let records: Vec<Value> =
        (0..).zip(moments).map(|(n, moment)| record(n, moment, "https://x.example/")).collect();
    import(&client, &records);
    let interval = "2026-03-28T00:00:00.000Z/2026-03-30T23:00:00.000Z";
    let mut query = aggregates(interval, "nJourneySessions", &[]);
    query["granularity"] = json!("P1D");
    query["timeZone"] = json!("Europe/London");
    assert_eq!(
        buckets(&client, &query),
        [
            "2026-03-28T00:00:00.000Z/2026-03-29T00:00:00.000Z 1",
            "2026-03-29T00:00:00.000Z/2026-03-29T23:00:00.000Z 2",
            "2026-03-29T23:00:00.000Z/2026-03-30T23:00:00.000Z 1",
        ]
    );
}

/// Three visitors: two from the north, one of them with a telephone; segments A and B.
fn three_visitors(server: &TestServer) -> TestClient<'_> {
    let client = server.client();
    client.create_segment(&page_segment("A", "/a", 1));
    client.create_segment(&page_segment("B", "/b", 1));
    let at = |minute: u32| format!("2026-11-20T10:{minute:02}:00.000Z");
    let mut records = vec![
        record(1, &at(0), "https://x.example/a"),
        record(1, &at(1), "https://x.example/b"),
        record(2, &at(2), "https://x.example/a"),
        record(3, &at(3), "https://x.example/c"),
    ];
    for record in &mut records[..3] {
        record["geolocation"] = json!({ "country": "NO" });
    }
    records[2]["device"] = json!({ "category": "mobile", "type": "iPhone" });
    import(&client, &records);
    client
}

const NOVEMBER: &str = "2026-11-01T00:00:00Z/2026-12-01T00:00:00Z";

#[test]
fn an_answer_has_groups_buckets_metrics_and_views() {
    let server = TestServer::start();
    let client = three_visitors(&server);
    let view = json!({
        "target": "nJourneySessions", "name": "each", "function": "rangeBound",
        "range": { "gte": 1, "lt": 2 },
    });
    let query = json!({
        "interval": NOVEMBER, "metrics": ["nJourneySessions", "nJourneySegmentsAssigned"],
        "groupBy": ["journeyIpGeolocationCountry"], "views": [view], "granularity": "P7D",
    });
    let answer = client.post(AGGREGATES, &query).with(200);
    expect_file!["snapshots/aggregates.json"].assert_eq(&redacted(&answer));
}

#[test]
fn groups_follow_every_dimension_that_sessions_and_assignments_have() {
    let server = TestServer::start();
    let client = three_visitors(&server);
    let names: Vec<(String, String)> = client.get(SEGMENTS).with(200)["entities"]
        .as_array()
        .expect("entities")
        .iter()
        .map(|segment| (text(&segment["id"]).to_owned(), text(&segment["displayName"]).to_owned()))
        .collect();
    let mut table = String::new();
    for metric in ["nJourneySessions", "nJourneySegmentsAssigned", "nDistinctJourneySessions"] {
        for group_by in [
            &[][..],
            &["journeySessionType"],
            &["journeyDeviceCategory", "journeyDeviceType"],
            &["journeyIpGeolocationCountry"],
            &["journeyCustomerIdType", "journeyCustomerId"],
            &["journeySessionSegmentId"],
            &["journeySegmentId", "journeySegmentScope"],
            &["journeySegmentAssignmentState"],
            &["journeyActionId"],
        ] {
            let mut counts = client.count_by(&aggregates(NOVEMBER, metric, group_by));
            for (group, _) in &mut counts {
                for (id, name) in &names {
                    *group = group.replace(id, name);
                }
                *group = group.replace("c00c1e00-0000-4000-8000-00000000000", "visitor ");
            }
            counts.sort();
            let counts: Vec<String> =
                counts.into_iter().map(|(group, count)| format!("[{group}] {count}")).collect();
            table += &format!("{metric} {}: {}\n", group_by.join(" "), counts.join(", "));
        }
    }
    expect_file!["snapshots/aggregate_groups.txt"].assert_eq(&table);
}

#[test]
fn several_segments_of_a_session_are_joined_when_asked() {
    let server = TestServer::start();
    let client = three_visitors(&server);
    let mut query = aggregates(NOVEMBER, "nJourneySessions", &["journeySessionSegmentId"]);
    let separate: Vec<u64> = client.count_by(&query).into_iter().map(|(_, count)| count).collect();
    assert_eq!(separate.iter().sum::<u64>(), 4);
    query["flattenMultivaluedDimensions"] = json!(true);
    let joined = client.count_by(&query);
    let commas: Vec<(usize, u64)> =
        joined.iter().map(|(group, count)| (group.matches(',').count(), *count)).collect();
    assert_eq!(commas.iter().filter(|(commas, _)| *commas == 1).count(), 1, "{joined:?}");
    assert_eq!(joined.iter().map(|(_, count)| count).sum::<u64>(), 3, "{joined:?}");
}

#[test]
fn filters_join_clauses_and_predicates() {
    let server = TestServer::start();
    let client = three_visitors(&server);
    let check = |filter: Value, expected: u64| {
        let mut query = aggregates(NOVEMBER, "nJourneySessions", &[]);
        query["filter"] = filter;
        let counts = client.count_by(&query);
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), expected, "{query}");
    };
    let is = |dimension: &str, value: &str| json!({ "dimension": dimension, "value": value });
    let exists = |dimension: &str, operator: &str| json!({ "type": "dimension", "dimension": dimension, "operator": operator });
    let country = "journeyIpGeolocationCountry";
    let north = is(country, "NO");
    let mobile = is("journeyDeviceCategory", "mobile");
    check(json!({ "type": "and", "predicates": [north] }), 2);
    check(json!({ "type": "and", "predicates": [north, mobile] }), 1);
    check(json!({ "type": "or", "predicates": [mobile, exists(country, "notExists")] }), 2);
    check(json!({ "type": "and", "predicates": [exists(country, "exists")] }), 2);
    check(json!({ "type": "and", "predicates": [is(country, "no")] }), 0);
    let either = json!({ "type": "or", "predicates": [mobile, is("journeySessionType", "web")] });
    check(json!({ "type": "and", "clauses": [either], "predicates": [north] }), 2);
    check(json!({ "type": "or", "clauses": [], "predicates": [] }), 3);
}

#[test]
fn what_is_wrong_with_a_query_is_named() {
    let server = TestServer::start();
    let client = server.client();
    let mut table = String::new();
    for query in [
        json!({}),
        json!({ "interval": "2026-11-02/2026-11-01", "metrics": ["nJourneySessions"] }),
        json!({ "interval": "yesterday/today", "metrics": ["nJourneySession", "x"] }),
        json!({ "interval": "2024-01-01/2026-01-01", "metrics": ["nJourneySessions"] }),
        json!({
            "interval": NOVEMBER, "metrics": ["nJourneySessions"], "granularity": "daily",
            "timeZone": "Europe/Londres", "groupBy": ["journeySegment", "journeySegmentId"],
            "alternateTimeDimension": "ingestion",
        }),
        json!({
            "interval": NOVEMBER, "metrics": ["nJourneySessions"],
            "filter": { "type": "not", "predicates": [
                { "dimension": "colour", "value": "red" },
                { "dimension": "journeySegmentId" },
                { "dimension": "journeySegmentId", "operator": "like", "value": "x" },
            ], "clauses": [{ "type": "and" }] },
            "views": [{ "name": "nJourneySessions", "target": "n", "function": "max" }],
        }),
        json!({ "interval": NOVEMBER, "metrics": ["nJourneySessions"], "granularity": "PT1M" }),
    ] {
        let answer = client.post(AGGREGATES, &query);
        assert_eq!(answer.status, 400, "{query}");
        for detail in answer.json["details"].as_array().expect("details") {
            let message: String = text(&detail["message"]).chars().take(150).collect();
            table += &format!("{}: {message}\n", text(&detail["errorCode"]));
        }
        table += "--\n";
    }
    expect_file!["snapshots/aggregate_faults.txt"].assert_eq(&table);
}

#[test]
fn an_empty_organisation_has_no_results() {
    let server = TestServer::start();
    let answer = server.client().post(AGGREGATES, &aggregates(NOVEMBER, "nJourneySessions", &[]));
    assert_eq!(answer.with(200), json!({ "results": [] }));
}

#[test]
fn live_events_count_when_they_come_in_and_history_when_it_happened() {
    let server = TestServer::start();
    let client = server.client();
    let live = page_view(&visitor(1), "https://x.example/", &server.clock.text(-30 * 60_000));
    client.record(&live);
    import(&client, &[record(2, "2026-11-20T10:00:00Z", "https://x.example/")]);
    let hours = |time: Option<&str>| {
        let mut query = aggregates(NOVEMBER, "nJourneySessions", &[]);
        query["granularity"] = json!("PT30M");
        if let Some(time) = time {
            query["alternateTimeDimension"] = json!(time);
        }
        let starts = buckets(&client, &query);
        starts.iter().map(|line| line[..16].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(hours(None), ["2026-11-20T10:00", "2026-11-22T09:00"]);
    assert_eq!(hours(Some("eventTime")), ["2026-11-20T10:00", "2026-11-22T08:30"]);
}

#[test]
fn what_a_client_assigns_counts_once_and_its_end_too() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&json!({ "displayName": "Chosen" }));
    let contact = "c0c0c0c0-0000-4000-8000-000000000001";
    let path = format!("/api/v2/journey/externalcontacts/{contact}/segments");
    let state = "journeySegmentAssignmentState";
    let dimensions = ["journeySegmentId", "journeySessionId", state];
    let query = aggregates(NOVEMBER, "nJourneySegmentsAssigned", &dimensions);
    let counted = |state: &str, count: u64| (format!("{segment} - {state}"), count);
    for (step, expected) in [
        ("Assigned", vec![counted("Assigned", 1)]),
        // Renewed, not assigned again.
        ("Assigned", vec![counted("Assigned", 1)]),
        ("Unassigned", vec![counted("Assigned", 1), counted("Unassigned", 1)]),
        ("Assigned", vec![counted("Assigned", 2), counted("Unassigned", 1)]),
    ] {
        server.clock.advance_minutes(1);
        client.post(&path, &json!([{ "segmentId": segment, "state": step }])).with(204);
        assert_eq!(client.count_by(&query), expected, "after {step}");
    }
    let assigned = aggregates(NOVEMBER, "nJourneySegmentsAssigned", &[]);
    assert_eq!(client.count_by(&assigned), [(String::new(), 2)]);
    // Nobody visited: no session is counted.
    let sessions = aggregates(NOVEMBER, "nJourneySessions", &[]);
    assert_eq!(client.post(AGGREGATES, &sessions).with(200)["results"], json!([]));
}

/// Traffic as no one would write it down: web and app, campaigns, late and repeated events, traits,
/// segments that change, and time that passes.
struct Traffic<'server> {
    server: &'server TestServer,
    random: StdRng,
    segments: Vec<String>,
    sent: Vec<Value>,
}

impl Traffic<'_> {
    fn step(&mut self) {
        let minutes = [0, 0, 0, 1, 3, 10, 25].choose(&mut self.random).copied().unwrap_or(0);
        self.server.clock.advance_ms(minutes * 60_000 + self.random.random_range(1..1_000));
        match self.random.random_range(0..100) {
            0..80 => self.send_event(),
            80..85 => self.repeat_event(),
            85..90 => self.import_event(),
            90..94 => self.change_segment(),
            _ => self.read_something(),
        }
    }

    fn event(&mut self) -> Value {
        let number = self.random.random_range(0..12);
        let page = ["a", "b", "c", "a/b"].choose(&mut self.random).copied().unwrap_or("a");
        let query =
            ["", "", "", "?utm_source=x", "?utm_source=y"].choose(&mut self.random).copied();
        let late_ms = self.random.random_range(0..4) * 60_000;
        let created = self.server.clock.text(-late_ms);
        let url = format!("https://x.example/{page}{}", query.unwrap_or(""));
        let mut event = page_view(&visitor(number), &url, &created);
        if self.random.random_bool(0.05) {
            let email = format!("person{}@x.example", number / 3);
            event["traits"] = json!({ "email": { "dataType": "string", "value": email } });
        }
        event
    }

    fn send_event(&mut self) {
        let event = self.event();
        let answer = self.server.anonymous().post(&web_events(), &event);
        assert!([200, 422].contains(&answer.status), "{}", answer.json);
        self.sent.push(event);
    }

    fn repeat_event(&mut self) {
        if let Some(event) = self.sent.choose(&mut self.random) {
            let answer = self.server.anonymous().post(&web_events(), event);
            assert!([200, 400, 422].contains(&answer.status), "{}", answer.json);
        }
    }

    fn import_event(&mut self) {
        let event = self.event();
        let request = Request::new("POST", IMPORTS).body(event.to_string());
        self.server.client().send(request).with(200);
    }

    fn change_segment(&mut self) {
        let Some(id) = self.segments.choose(&mut self.random) else { return };
        let patch = match self.random.random_range(0..3) {
            0 => json!({ "isActive": false }),
            1 => json!({ "isActive": true }),
            _ => json!({ "journey": page_segment("", "/b", 2)["journey"] }),
        };
        self.server.client().patch(&format!("{SEGMENTS}/{id}"), &patch).with(200);
    }

    /// Reading writes down what is over; it must not matter whether somebody reads.
    fn read_something(&mut self) {
        let query = aggregates(NOVEMBER, "nJourneySessions", &[]);
        self.server.client().post(AGGREGATES, &query).with(200);
    }
}

#[test]
fn one_count_everywhere() {
    for seed in 0..6 {
        let server = TestServer::start();
        let client = server.client();
        let mut expiring = customer_segment("Twice a", "/a", 2);
        expiring["assignmentExpirationDays"] = json!(0);
        let segments = [
            page_segment("A", "/a", 1),
            page_segment("Three b", "/b", 3),
            customer_segment("Five pages", "x.example", 5),
            expiring,
        ];
        let segments = segments.iter().map(|segment| client.create_segment(segment)).collect();
        let random = StdRng::seed_from_u64(seed);
        let mut traffic = Traffic { server: &server, random, segments, sent: Vec::new() };
        for step in 0..250 {
            traffic.step();
            if step % 50 == 49 {
                println!("seed {seed}, step {step}");
                Truth::read(&server.client(), NOVEMBER);
            }
        }
        let truth = Truth::read(&server.client(), NOVEMBER);
        let assignments: usize =
            truth.sessions.values().map(|session| session.assignments.len()).sum();
        assert!(truth.sessions.len() > 20 && assignments > 20, "seed {seed} tested nothing");
        server.clock.advance_days(1);
        let ended = Truth::read(&server.client(), NOVEMBER);
        let is_over =
            |about: &String| about.contains("Unassigned") || about.starts_with("Customer");
        let about = ended.sessions.values().flat_map(|session| session.assignments.values());
        assert!(about.into_iter().all(is_over), "seed {seed}");
    }
}
