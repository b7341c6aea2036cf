//! Data directories of every version there was: each opens, and says what it said when it was
//! written.
//!
//! `tests/golden/vN` has the files of a directory, packed, and `said.json`: what the API answered
//! then, by path. They are never changed. A new version gets one by
//! `WAYFARE_WRITE_GOLDEN=1 cargo test -p wayfare --test it -- golden::`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::harness::{
    AGGREGATES, SEGMENTS, TestClient, TestServer, aggregates, app_events, customer_segment,
    fact_files, page_segment, page_view, screen_view, text, visitor,
};

const INTERVAL: &str = "2026-11-20T00:00:00Z/2026-11-24T00:00:00Z";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The versions that have a golden directory.
fn versions() -> Vec<i64> {
    let folders = fs::read_dir(folder()).into_iter().flatten();
    let names = folders.map(|entry| entry.expect("an entry").file_name());
    let number = |name: std::ffi::OsString| name.to_str()?.strip_prefix('v')?.parse().ok();
    let mut versions: Vec<i64> = names.filter_map(number).collect();
    versions.sort_unstable();
    versions
}

/// The version that this program writes.
fn newest() -> i64 {
    let data = tempfile::tempdir().expect("a directory");
    TestServer::open(data.path()).close();
    // The header of a database has it at byte 60 (sqlite.org/fileformat2.html, 1.3.13).
    let bytes = fs::read(data.path().join("journey.sqlite")).expect("a database");
    i64::from(u32::from_be_bytes(bytes[60..64].try_into().expect("four bytes")))
}

/// The places of a data directory's files.
fn places(data: &Path) -> Vec<PathBuf> {
    let mut files = fact_files(data);
    files.push(data.join("journey.sqlite"));
    files.iter().map(|file| file.strip_prefix(data).expect("below").to_owned()).collect()
}

fn pack(data: &Path, golden: &Path) {
    for place in places(data) {
        let to = golden.join(format!("{}.gz", place.display()));
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        let mut packed = GzEncoder::new(File::create(to).expect("a file"), Compression::best());
        packed.write_all(&fs::read(data.join(place)).expect("a file")).expect("a file");
        packed.finish().expect("a file");
    }
}

fn unpack(golden: &Path, data: &Path) {
    let mut folders = vec![golden.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "gz") {
                let place = path.strip_prefix(golden).expect("below").with_extension("");
                let to = data.join(place);
                fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
                let mut bytes = Vec::new();
                let mut packed = GzDecoder::new(File::open(path).expect("a file"));
                packed.read_to_end(&mut bytes).expect("a packed file");
                fs::write(to, bytes).expect("a file");
            }
        }
    }
}

/// Web visitors over two hours, two of whom turn out to be one person; gives their sessions.
fn visits(server: &TestServer) -> Vec<String> {
    let client = server.client();
    let mut sessions = Vec::new();
    let pages = ["cart", "checkout", "cart", "help", "checkout/done", "cart"];
    for (place, page) in pages.into_iter().enumerate() {
        let number = u32::try_from(place % 3).expect("a number");
        let url = format!("https://shop.example/{page}?utm_source=news");
        let mut event = page_view(&visitor(number), &url, &server.clock.text(0));
        event["attributes"] = json!({ "price": { "dataType": "number", "value": "9.5" } });
        if number < 2 {
            let email =
                if place < 2 { format!("v{number}@x.example") } else { "v@x.example".into() };
            event["traits"] = json!({ "email": { "dataType": "string", "value": email } });
        }
        sessions.push(client.record(&event));
        server.clock.advance_minutes(15);
    }
    sessions
}

/// Some of everything that a data directory can hold; gives the paths that tell of it.
fn live(server: &TestServer) -> Vec<String> {
    let client = server.client();
    let bought = client.create_segment(&page_segment("bought", "checkout", 1));
    let loyal = client.create_segment(&customer_segment("loyal", "shop.example", 2));
    let by_hand = client.create_segment(&page_segment("by hand", "nowhere", 1));
    let gone = client.create_segment(&page_segment("gone", "cart", 1));
    let changed = json!({ "version": 1, "displayName": "bought something" });
    client.patch(&format!("{SEGMENTS}/{bought}"), &changed).with(200);
    let target = json!({ "name": "Sales" });
    let target = client.post("/api/wayfare/v1/actiontargets", &target).with(201);
    client.post("/api/wayfare/v1/deployments", &json!({ "name": "app" })).with(201);
    let role = json!({ "name": "reader", "permissions": ["journey:*:view"] });
    client.post("/api/wayfare/v1/roles", &role).with(201);

    let mut sessions = visits(server);
    client.delete(&format!("{SEGMENTS}/{gone}")).with(204);
    let screen = screen_view(&visitor(9), "Start", &server.clock.text(0));
    let app = client.post(&app_events(), &screen).with(200);
    sessions.push(text(&app["session"]["id"]).to_owned());
    let found = client.get(&format!("/api/v2/journey/sessions/{}", sessions[0])).with(200);
    let contact = text(&found["externalContact"]["id"]).to_owned();
    let assigned = json!([{ "segmentId": by_hand, "state": "Assigned" }]);
    client
        .post(&format!("/api/v2/journey/externalcontacts/{contact}/segments"), &assigned)
        .with(204);
    let yesterday: Vec<String> = (0..40)
        .map(|number| {
            let created = server.clock.text(-86_400_000 + i64::from(number) * 60_000);
            page_view(&visitor(100 + number), "https://shop.example/", &created).to_string()
        })
        .collect();
    client.import(&yesterday, 40);
    // Some facts go into a file, and a session that is in it changes afterwards.
    server.ship_facts();
    server.clock.advance_minutes(1);
    let last = page_view(&visitor(2), "https://shop.example/help", &server.clock.text(0));
    sessions.push(client.record(&last));

    sessions.sort();
    sessions.dedup();
    let mut paths = vec![
        format!("{SEGMENTS}?pageSize=100"),
        format!("{SEGMENTS}/{bought}"),
        format!("/api/wayfare/v1/segments/{bought}/versions"),
        format!("/api/wayfare/v1/segments/{gone}/versions"),
        format!("{SEGMENTS}/{loyal}"),
        "/api/wayfare/v1/segments/counts".to_owned(),
        "/api/v2/journey/actiontargets".to_owned(),
        format!("/api/v2/journey/actiontargets/{}", text(&target["id"])),
        "/api/wayfare/v1/deployments".to_owned(),
        "/api/wayfare/v1/roles".to_owned(),
        format!("/api/wayfare/v1/contacts/{contact}"),
        format!("/api/v2/journey/externalcontacts/{contact}/segments"),
        format!("/api/v2/externalcontacts/contacts/{contact}/journey/sessions"),
    ];
    for session in &sessions {
        let path = format!("/api/v2/journey/sessions/{session}");
        paths.extend([path.clone(), format!("{path}/events"), format!("{path}/segments")]);
    }
    for number in [0, 1, 2, 100] {
        paths.push(format!("/api/v2/journey/customers/cookie/{}/segments", visitor(number)));
    }
    paths
}

/// What aggregates answer.
fn counted(client: &TestClient<'_>) -> BTreeMap<String, Value> {
    let queries = [
        ("nJourneySessions", "journeySessionType"),
        ("nJourneySessions", "journeySessionId"),
        ("nJourneySegmentsAssigned", "journeySegmentId"),
        ("nDistinctJourneySessions", "journeySessionSegmentId"),
    ];
    let answer = |(metric, group): (&str, &str)| {
        let answer = client.post(AGGREGATES, &aggregates(INTERVAL, metric, &[group]));
        (format!("{metric} by {group}"), answer.with(200))
    };
    queries.into_iter().map(answer).collect()
}

/// Writes the golden directory of the newest version.
fn write(version: i64) {
    let data = tempfile::tempdir().expect("a directory");
    let golden = folder().join(format!("v{version}"));
    let server = TestServer::open(data.path());
    let paths = live(&server);
    let client = server.client();
    let told: BTreeMap<String, Value> =
        paths.into_iter().map(|path| (path.clone(), client.get(&path).with(200))).collect();
    let said = json!({
        "now": server.clock.text(0), "told": told, "counted": counted(&client),
    });
    server.close();
    pack(data.path(), &golden);
    let said = serde_json::to_string_pretty(&said).expect("JSON");
    fs::write(golden.join("said.json"), said + "\n").expect("a file");
}

#[test]
fn every_version_there_was_says_what_it_said() {
    let newest = newest();
    if std::env::var_os("WAYFARE_WRITE_GOLDEN").is_some() && !versions().contains(&newest) {
        write(newest);
    }
    let versions = versions();
    assert_eq!(
        versions.last(),
        Some(&newest),
        "version {newest} has no golden directory: see the top of golden.rs"
    );
    for version in versions {
        let golden = folder().join(format!("v{version}"));
        let said = fs::read_to_string(golden.join("said.json")).expect("what was said");
        let said: Value = serde_json::from_str(&said).expect("JSON");
        let data = tempfile::tempdir().expect("a directory");
        unpack(&golden, data.path());
        // The second opening is of what the first has brought forward.
        for opening in 1..=2 {
            let server = TestServer::open(data.path());
            server.clock.set(text(&said["now"]));
            let client = server.client();
            for (path, then) in said["told"].as_object().expect("what was told") {
                let about = format!("version {version}, opening {opening}: {path}");
                check_still_said(then, &client.get(path).with(200), &about);
            }
            let counted = counted(&client);
            for (query, then) in said["counted"].as_object().expect("what was counted") {
                let about = format!("version {version}, opening {opening}: {query}");
                check_still_said(then, &counted[query], &about);
            }
            server.close();
        }
    }
}

/// Everything that was said is said: newer versions may say more of a thing, not less or other.
fn check_still_said(then: &Value, now: &Value, about: &str) {
    match (then, now) {
        (Value::Object(then), Value::Object(now)) => {
            for (field, then) in then {
                let about = format!("{about}, {field}");
                let now = now.get(field).unwrap_or_else(|| panic!("{about}: it is not said"));
                check_still_said(then, now, &about);
            }
        }
        (Value::Array(then), Value::Array(now)) => {
            assert_eq!(then.len(), now.len(), "{about}");
            for (place, (then, now)) in then.iter().zip(now).enumerate() {
                check_still_said(then, now, &format!("{about}[{place}]"));
            }
        }
        // Cursors are secrets of the server that made them.
        (Value::String(then), Value::String(now)) if then.contains("after=") => {
            assert!(now.contains("after="), "{about}");
        }
        (then, now) => assert_eq!(then, now, "{about}"),
    }
}
