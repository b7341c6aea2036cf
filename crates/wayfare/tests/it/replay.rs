//! Real events of real visitors, replayed, against the expectation of a plain reading of each
//! segment (`testdata/segments.expected.json`; its first field says what the reading is).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use expect_test::expect;
use serde_json::{Value, json};
use wayfare_model::id::SessionId;

use crate::harness::{
    AGGREGATES, Imported, TestClient, TestServer, Truth, aggregates, lines_of, sha256_of_lines,
    shared_file, test_file, testdata, text,
};

/// When the visitors of semicomplete came.
pub(crate) const WEEK: &str = "2015-05-17T00:00:00Z/P7D";
const SEMICOMPLETE: &str = "semicomplete/semicomplete-web.ndjson.gz";
const EVENTS: u64 = 4_193;

/// The example segments that are about a data set.
pub(crate) fn segments(data_set: &str) -> Vec<Value> {
    let about: BTreeSet<String> =
        expectations(data_set).iter().map(|each| text(&each["displayName"]).to_owned()).collect();
    let all = testdata("segments.json");
    let all = all.as_array().expect("segments").iter();
    all.filter(|segment| about.contains(text(&segment["displayName"]))).cloned().collect()
}

fn expectations(data_set: &str) -> Vec<Value> {
    let all = testdata("segments.expected.json");
    let all = all["segments"].as_array().expect("segments").iter();
    all.filter(|each| each["dataSet"] == data_set).cloned().collect()
}

fn semicomplete() -> Vec<String> {
    lines_of(&test_file(SEMICOMPLETE))
}

fn parsed(lines: &[String]) -> Vec<Value> {
    lines.iter().map(|line| serde_json::from_str(line).expect("a record")).collect()
}

/// A server with the segments of a data set and a history.
fn replayed(server: &TestServer, data_set: &str, lines: &[String]) {
    let client = server.client();
    for segment in segments(data_set) {
        client.create_segment(&segment);
    }
    let applied = lines.len() as u64;
    // As many lines a request as `wayfare import` sends: the events of a request are applied in the
    // order of their times, and the log jumbles those of each hour.
    assert_eq!(client.import(lines, 2_500), Imported { applied, ..Imported::default() });
}

/// One line for each segment: how many it selected, how many were expected, whether they are the
/// same sessions.
fn comparison(truth: &Truth) -> String {
    let mut table = String::new();
    for expected in expectations("semicomplete-web") {
        let name = text(&expected["displayName"]);
        let sessions = truth.sessions_in(name);
        let customers = truth.customers_in(name).len();
        let hash = sha256_of_lines(sessions.iter().copied());
        let same = if expected["sessionIdsSha256"] == hash { "the same" } else { "OTHERS" };
        let (sessions, of) = (sessions.len(), &expected["sessions"]);
        let of_customers = &expected["customers"];
        writeln!(table, "{name}: {sessions} of {of}, {customers} of {of_customers}: {same}")
            .expect("text");
    }
    table
}

#[test]
fn the_example_segments_select_what_a_plain_reading_selects() {
    let server = TestServer::start();
    let lines = semicomplete();
    replayed(&server, "semicomplete-web", &lines);
    let client = server.client();
    let truth = Truth::read(&client, WEEK);
    assert_eq!(truth.sessions.len(), 2_464);
    // "On a hand-held device": the expectation was made with another program's reading of the user
    // agent. 11 sessions less, whose user agents name no system, or are a feed library: we call
    // them `other`, the other program `mobile`. 2 more, Opera Mini on a feature phone and an app on
    // Android, of which the other program has no opinion (docs/normalisation.md).
    expect![[r#"
        Came from a search engine: 438 of 438, 411 of 411: the same
        Newsletter feed campaign: 54 of 54, 6 of 6: the same
        Sent by a Q&A site: 37 of 37, 37 of 37: the same
        France, Germany, Spain: 315 of 315, 183 of 183: the same
        Outside the United States: 1160 of 1160, 881 of 881: the same
        On a hand-held device: 165 of 174, 54 of 54: OTHERS
        Old Internet Explorer: 87 of 87, 73 of 73: the same
        Reads about xdotool: 315 of 315, 271 of 271: the same
        Engaged reader: 84 of 84, 39 of 39: the same
        Blog and projects: 25 of 25, 19 of 19: the same
        Puppet feed reader: 170 of 170, 12 of 12: the same
        Large download: 72 of 72, 52 of 52: the same
        Takes documents or packages: 62 of 62, 36 of 36: the same
        Probes for an admin page: 34 of 34, 34 of 34: the same
        Linux user reading geekery from search: 21 of 21, 21 of 21: the same
    "#]]
    .assert_eq(&comparison(&truth));

    let again = client.import(&lines, 2_500);
    assert_eq!(again, Imported { duplicates: EVENTS, ..Imported::default() });
    assert_eq!(Truth::read(&client, WEEK), truth);
}

#[test]
fn with_the_second_opinions_devices_they_select_exactly_the_same() {
    let server = TestServer::start();
    let opinions = opinions();
    let mut lines = Vec::new();
    for mut record in parsed(&semicomplete()) {
        let theirs = &opinions[&record["seq"].to_string()];
        let field = |name: &str| Some(theirs[name].as_str()).filter(|value| !value.is_empty());
        record.as_object_mut().expect("a record").remove("userAgentString");
        record["browser"] =
            given(&[("family", field("browser_family")), ("version", field("browser_version"))]);
        record["device"] = given(&[
            ("category", field("device_category")),
            ("osFamily", field("os_family")),
            ("type", field("device_family")),
        ]);
        lines.push(record.to_string());
    }
    replayed(&server, "semicomplete-web", &lines);
    let table = comparison(&Truth::read(&server.client(), WEEK));
    assert_eq!(table.lines().count(), 15);
    for line in table.lines() {
        assert!(line.ends_with(": the same"), "{table}");
    }
}

/// The fields that have a value.
fn given(fields: &[(&str, Option<&str>)]) -> Value {
    fields.iter().filter_map(|(name, value)| Some(((*name).to_owned(), json!((*value)?)))).collect()
}

/// The rows of the second opinion by `seq`, by column.
fn opinions() -> BTreeMap<String, BTreeMap<String, String>> {
    let rows = lines_of(&test_file("semicomplete/semicomplete-oracle.csv.gz"));
    let header = fields(&rows[0]);
    let row = |row: &String| {
        let row: BTreeMap<String, String> = header.iter().cloned().zip(fields(row)).collect();
        (row["seq"].clone(), row)
    };
    rows[1..].iter().map(row).collect()
}

/// The fields of a CSV row; `""` inside a quoted field is a quote.
fn fields(row: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = row.chars().peekable();
    while let Some(character) = characters.next() {
        let last = fields.len() - 1;
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => fields[last].push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => fields[last].push(other),
        }
    }
    fields
}

/// The session that each event went to, by the event's `seq`, which is sent as an attribute.
fn sessions_by_event(server: &TestServer, truth: &Truth) -> BTreeMap<u64, String> {
    let organisation = server.app.first_organisation().expect("an organisation");
    let mut sessions = BTreeMap::new();
    for id in truth.sessions.keys() {
        let session: SessionId = id.parse().expect("an id");
        let stored = server.stores.journeys.events_of_session(organisation, session, None, 5_000);
        for applied in server.run(stored).expect("events") {
            let seq = applied.event.attributes["seq"].value.parse().expect("a number");
            assert_eq!(sessions.insert(seq, id.clone()), None, "event {seq} is there twice");
        }
    }
    sessions
}

#[test]
fn without_the_files_sessions_the_same_ones_form() {
    let server = TestServer::start();
    let mut records = parsed(&semicomplete());
    let mut recorded: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    let mut sources: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in &mut records {
        let id = record.as_object_mut().expect("a record").remove("sessionId").expect("a session");
        let seq = record["seq"].as_u64().expect("a number");
        record["attributes"]["seq"] = json!(seq);
        recorded.entry(text(&id).to_owned()).or_default().insert(seq);
        let source = utm_source(text(&record["page"]["url"]));
        sources.entry(text(&id).to_owned()).or_default().extend(source);
    }
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    replayed(&server, "semicomplete-web", &lines);
    let truth = Truth::read(&server.client(), WEEK);
    let formed = sessions_by_event(&server, &truth);
    assert_eq!(formed.len() as u64, EVENTS);

    // Every session formed lies within one of the file's.
    let mut parts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut whole: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, events) in &recorded {
        for seq in events {
            let session = formed[seq].as_str();
            parts.entry(id).or_default().insert(session);
            assert_eq!(*whole.entry(session).or_insert(id), id, "{session} joins two");
        }
    }
    // Only another campaign divides one.
    let divided: Vec<_> = parts.iter().filter(|(_, parts)| parts.len() > 1).collect();
    for (id, parts) in &divided {
        assert!(sources[**id].len() > 1, "{id} is divided into {parts:?}");
    }
    assert_eq!((recorded.len(), divided.len(), whole.len()), (2_464, 0, 2_464));
}

/// The campaign's source in a URL; every one of the file is plain text.
fn utm_source(url: &str) -> Option<String> {
    let (_, after) = url.split_once("utm_source=")?;
    after.split(['&', '#']).next().filter(|source| !source.is_empty()).map(str::to_owned)
}

#[test]
fn aggregates_count_what_the_file_holds() {
    let server = TestServer::start();
    let lines = semicomplete();
    replayed(&server, "semicomplete-web", &lines);
    let mut first: BTreeMap<String, (String, String)> = BTreeMap::new();
    for record in parsed(&lines) {
        let created = text(&record["createdDate"]).to_owned();
        let country = record["geolocation"]["country"].as_str().unwrap_or("-").to_owned();
        let session = first.entry(text(&record["sessionId"]).to_owned());
        let known = session.or_insert_with(|| (created.clone(), country));
        known.0 = known.0.clone().min(created);
    }
    let mut expected: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (created, country) in first.into_values() {
        *expected.entry((country, created[..10].to_owned())).or_default() += 1;
    }
    let mut query = aggregates(WEEK, "nJourneySessions", &["journeyIpGeolocationCountry"]);
    query["granularity"] = json!("P1D");
    let answer = server.client().post(AGGREGATES, &query).with(200);
    let mut counted = BTreeMap::new();
    for result in answer["results"].as_array().expect("results") {
        let country = result["group"]["journeyIpGeolocationCountry"].as_str().unwrap_or("-");
        for bucket in result["data"].as_array().expect("data") {
            let day = text(&bucket["interval"])[..10].to_owned();
            let count = bucket["metrics"][0]["stats"]["count"].as_u64().expect("a count");
            counted.insert((country.to_owned(), day), count);
        }
    }
    assert_eq!(counted, expected);
}

/// The sessions of each segment by the lists of all customers.
fn sessions_by_segment(
    client: &TestClient<'_>,
    customers: &BTreeSet<String>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut sessions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for customer in customers {
        let path = format!("/api/v2/journey/customers/cookie/{customer}/segments?pageSize=200");
        for entity in client.walk(&path) {
            let segment = text(&entity["segment"]["id"]).to_owned();
            let session = text(&entity["session"]["id"]).to_owned();
            assert!(
                sessions.entry(segment).or_default().insert(session),
                "{entity} is there twice"
            );
        }
    }
    sessions
}

#[test]
fn households_of_a_grocery_chain() {
    let data_set = "grocery-app";
    let Some(file) = shared_file("grocery-app.ndjson.gz") else { return };
    let server = TestServer::start();
    let client = server.client();
    let ids: BTreeMap<String, String> = segments(data_set)
        .iter()
        .map(|segment| (text(&segment["displayName"]).to_owned(), client.create_segment(segment)))
        .collect();
    let lines = lines_of(&file);
    let applied = lines.len() as u64;
    assert_eq!(client.import(&lines, 5_000), Imported { applied, ..Imported::default() });
    let cookie = |line: &String| {
        let (_, after) = line.split_once(r#""customerCookieId":"#).expect("a cookie");
        after.trim_start().trim_start_matches('"')[..36].to_owned()
    };
    let customers: BTreeSet<String> = lines.iter().map(cookie).collect();
    let by_segment = sessions_by_segment(&client, &customers);
    let counts = client.get("/api/wayfare/v1/segments/counts").with(200);
    let counts = counts["entities"].as_array().expect("entities");
    for expected in expectations(data_set) {
        let name = text(&expected["displayName"]);
        let sessions = &by_segment[&ids[name]];
        let count = counts.iter().find(|count| count["segmentId"] == ids[name]).expect(name);
        assert_eq!(sessions.len() as u64, expected["sessions"], "{name}");
        assert_eq!(count["sessions"], expected["sessions"], "{name}");
        assert_eq!(count["customers"], expected["customers"], "{name}");
        let hash = sha256_of_lines(sessions.iter().map(String::as_str));
        assert_eq!(expected["sessionIdsSha256"], hash, "{name}");
    }
}
