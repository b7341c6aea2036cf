//! `wayfare facts`, run as a program on a data directory.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::harness::{
    CLIENT_ID, CLIENT_SECRET, Process, TestClient, TestServer, aggregates, lines_of, page_view,
    test_file, visitor, wait_until,
};
use crate::replay::{WEEK, segments};

/// Facts emitted in the week of the history, and around it.
const INTERVAL: &str = "2015-05-01/2015-06-01";

fn facts(data: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wayfare"))
        .arg("facts")
        .args(arguments)
        .arg("--data")
        .arg(data)
        .env("WAYFARE_LOG", "off")
        .stdin(Stdio::null())
        .output()
        .expect("an end")
}

fn told(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a command that ends well tells a program.
fn json(data: &Path, arguments: &[&str]) -> Value {
    let output = facts(data, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", told(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("a line of JSON")
}

/// What a command that fails says.
fn error(data: &Path, arguments: &[&str]) -> String {
    let output = facts(data, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", told(&output.stdout));
    told(&output.stderr)
}

/// What is counted of the history, in several ways.
fn counts(client: &TestClient<'_>) -> Vec<Vec<(String, u64)>> {
    let ask = |metric: &str, group_by: &[&str]| {
        let mut query = aggregates(WEEK, metric, group_by);
        query["flattenMultivaluedDimensions"] = true.into();
        client.count_by(&query)
    };
    vec![
        ask("nJourneySessions", &["journeySessionId"]),
        ask("nJourneySessions", &["journeyDeviceCategory", "journeySessionSegmentId"]),
        ask("nJourneySegmentsAssigned", &["journeySegmentId", "journeySegmentScope"]),
        ask(
            "nJourneySegmentsAssigned",
            &["journeySegmentAssignmentState", "journeySessionId", "journeyCustomerId"],
        ),
    ]
}

fn counts_of(data: &Path) -> Vec<Vec<(String, u64)>> {
    let process = Process::start(data);
    let counted = counts(&process.client());
    process.terminate();
    counted
}

/// A data directory with a history, and what is counted of it.
fn with_history(data: &Path) -> Vec<Vec<(String, u64)>> {
    let process = Process::start(data);
    let client = process.client();
    for segment in segments("semicomplete-web") {
        client.create_segment(&segment);
    }
    let mut lines = lines_of(&test_file("semicomplete/semicomplete-web.ndjson.gz"));
    lines.truncate(1_000);
    client.import(&lines, 500);
    let counted = counts(&client);
    assert!(counted.iter().all(|counts| !counts.is_empty()), "{counted:?}");
    process.terminate();
    counted
}

fn doubled(counts: &[Vec<(String, u64)>]) -> Vec<Vec<(String, u64)>> {
    let double = |counts: &Vec<(String, u64)>| {
        counts.iter().map(|(group, count)| (group.clone(), count * 2)).collect()
    };
    counts.iter().map(double).collect()
}

/// The file of facts that verifying finds and `wanted` chooses.
fn file_of(data: &Path, wanted: impl Fn(&Value) -> bool) -> PathBuf {
    let report = json(data, &["verify"]);
    let files = report["files"].as_array().expect("files");
    let file = files.iter().find(|file| wanted(file)).expect("such a file");
    data.join("facts").join(file["file"].as_str().expect("a name"))
}

#[test]
fn facts_are_rebuilt_from_the_truth_and_imported_ones_stay() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let own = with_history(&data);
    let parquet = directory.path().join("facts.parquet").display().to_string();
    let exported = json(&data, &["export", "--interval", INTERVAL, "--to", &parquet]);
    assert!(exported["rows"].as_u64() > Some(500), "{exported}");
    let imported = json(&data, &["import", &parquet]);
    assert_eq!(imported["imported"], exported["rows"]);
    let again = json(&data, &["import", &parquet]);
    assert_eq!((&again["imported"], &again["files"][0]["wasThere"]), (&0.into(), &true.into()));
    let both = doubled(&own);
    assert_eq!(counts_of(&data), both);

    let rebuilt = json(&data, &["rebuild"]);
    assert_eq!((&rebuilt["facts"], &rebuilt["imported"]), (&exported["rows"], &exported["rows"]));
    assert_eq!(counts_of(&data), both);
    assert_eq!(json(&data, &["verify"])["unshipped"], 0);

    let is_own = |file: &Value| file["imported"] == false;
    let file = file_of(&data, is_own);
    let mut content = std::fs::read(&file).expect("its content");
    let middle = content.len() / 2;
    content[middle] ^= 0x55;
    std::fs::write(&file, content).expect("a damaged file");
    let output = facts(&data, &["verify"]);
    assert_eq!(output.status.code(), Some(1));
    let output = told(&output.stdout);
    assert!(output.contains("checksum") && output.contains("wayfare facts rebuild"), "{output}");
    assert_eq!(json(&data, &["rebuild"])["damaged"], Value::Array(Vec::new()));
    assert_eq!(counts_of(&data), both);

    std::fs::remove_file(file_of(&data, is_own)).expect("a file that is gone");
    assert_eq!(facts(&data, &["verify"]).status.code(), Some(1));
    json(&data, &["rebuild"]);
    json(&data, &["verify"]);
    assert_eq!(counts_of(&data), both);

    let file = file_of(&data, |file| file["imported"] == true);
    std::fs::write(&file, "nothing").expect("a damaged file");
    let output = facts(&data, &["rebuild"]);
    assert_eq!(output.status.code(), Some(1));
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(told(&output.stdout).contains(&name), "{}", told(&output.stdout));
    // Verifying says how they come back.
    let output = facts(&data, &["verify"]);
    assert_eq!(output.status.code(), Some(1));
    let output = told(&output.stdout);
    assert!(output.contains("wayfare facts import facts.parquet"), "{output}");
    let again = json(&data, &["import", &parquet]);
    assert_eq!(again["imported"], exported["rows"]);
    assert_eq!(
        (&again["files"][0]["wasThere"], &again["files"][0]["again"]),
        (&false.into(), &true.into())
    );
    json(&data, &["verify"]);
    assert_eq!(counts_of(&data), both);
}

/// Files of one fact each, as many as are merged into one.
fn small_files(folder: &Path) -> Vec<String> {
    let data = folder.join("here");
    let server = TestServer::open(&data);
    let mut intervals = Vec::new();
    for number in 0..8 {
        let from = server.clock.text(0);
        let event = page_view(&visitor(number), "https://x.example/", &from);
        server.client().record(&event);
        server.clock.advance_minutes(1);
        intervals.push(format!("{from}/{}", server.clock.text(0)));
    }
    server.close();
    let export = |(number, interval): (usize, &String)| {
        let file = folder.join(format!("{number}.parquet")).display().to_string();
        let exported = json(&data, &["export", "--interval", interval, "--to", &file]);
        assert_eq!(exported["rows"], 1);
        file
    };
    intervals.iter().enumerate().map(export).collect()
}

#[test]
fn imports_that_share_a_damaged_file_are_named_and_imported_together() {
    let directory = tempfile::tempdir().expect("a directory");
    let files = small_files(directory.path());
    let data = directory.path().join("there");
    let all: Vec<&str> = ["import"].into_iter().chain(files.iter().map(String::as_str)).collect();
    assert_eq!(json(&data, &all)["imported"], 8);
    let damage = || {
        let server = TestServer::open(&data);
        server.run(server.stores.facts.maintain(server.app.now())).expect("maintenance");
        server.close();
        let file = file_of(&data, |file| file["rows"] == 8);
        std::fs::write(&file, "nothing").expect("a damaged file");
    };
    damage();
    let message = error(&data, &["import", &files[2]]);
    for expected in
        ["2.parquet", "1.parquet (imported ", "7.parquet (imported ", "--give-up-others"]
    {
        assert!(message.contains(expected), "{message}");
    }
    let again = json(&data, &all);
    assert_eq!((&again["imported"], &again["files"][0]["again"]), (&8.into(), &true.into()));
    assert_eq!(json(&data, &["verify"])["files"].as_array().map(Vec::len), Some(8));

    damage();
    let given_up = json(&data, &["import", &files[2], "--give-up-others"]);
    assert_eq!(given_up["imported"], 1);
    assert_eq!(given_up["files"][0]["givenUp"].as_array().map(Vec::len), Some(7));
    let again = json(&data, &all);
    assert_eq!((&again["imported"], &again["files"][2]["wasThere"]), (&7.into(), &true.into()));
    json(&data, &["verify"]);
}

#[test]
fn a_directory_that_is_not_there_is_made_by_an_import_only() {
    let directory = tempfile::tempdir().expect("a directory");
    let (old, new) = (directory.path().join("old"), directory.path().join("new/data"));
    let own = with_history(&old);
    let parquet = directory.path().join("facts.parquet").display().to_string();
    json(&old, &["export", "--interval", INTERVAL, "--to", &parquet]);
    for arguments in
        [&["verify"][..], &["rebuild"], &["export", "--interval", INTERVAL, "--to", "x"]]
    {
        let message = error(&new, arguments);
        assert!(message.contains("wayfare serve --data"), "{message}");
        assert!(!new.exists());
    }
    let made = json(&new, &["import", &parquet]);
    assert!(made["clientSecret"].is_string() && made["imported"].as_u64() > Some(500), "{made}");
    let (id, secret) = (made["clientId"].as_str(), made["clientSecret"].as_str());
    let process = Process::start(&new);
    let client = TestClient::log_in(&process, id.unwrap_or_default(), secret.unwrap_or_default());
    assert_eq!(counts(&client), own);
}

#[test]
fn a_directory_in_use_is_told_with_its_server() {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::start(directory.path());
    for arguments in [&["verify"][..], &["rebuild"], &["import", "facts.parquet"]] {
        let message = error(directory.path(), arguments);
        assert!(
            message.contains(&process.url()) && message.contains("stop that first"),
            "{message}"
        );
    }
    assert!(TestClient::anonymous(&process).token_by_basic(CLIENT_ID, CLIENT_SECRET).status == 200);
}

#[test]
fn files_that_do_not_belong_there_are_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path();
    Process::start(data).terminate();
    let folder = data.join("facts/somebody");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("copy of 7.arrow"), "facts").expect("a file");
    let report = json(data, &["verify"]);
    assert_eq!(report["strays"], serde_json::json!(["somebody/copy of 7.arrow"]));
    let output = told(&facts(data, &["verify"]).stdout);
    assert!(output.contains("somebody/copy of 7.arrow"), "{output}");
}

#[test]
fn what_cannot_be_imported_or_exported_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    Process::start(&data).terminate();
    let file = directory.path().join("file");
    std::fs::write(&file, "no facts").expect("a file");
    let name = file.display().to_string();
    let message = error(&data, &["import", &name]);
    assert!(message.contains(&name), "{message}");
    let message = error(&data, &["import", "not-there.parquet"]);
    assert!(message.contains("not-there.parquet"), "{message}");
    let message = error(&data, &["export", "--interval", INTERVAL, "--to", &name]);
    assert!(message.contains("name a file that is not there yet"), "{message}");
    assert_eq!(std::fs::read(&file).expect("the file"), b"no facts");
    let message = error(&data, &["export", "--interval", "2015", "--to", "x"]);
    assert!(message.contains("2015"), "{message}");
}

#[test]
fn few_facts_that_are_too_old_are_forgotten_and_not_missed() {
    let own = tempfile::tempdir().expect("a directory");
    let data = own.path();
    with_history(data);
    assert_eq!(json(data, &["verify"])["problems"], Value::Array(Vec::new()));
    let process = Process::start_with(data, &["--facts-retention-days", "30"]);
    let client = process.client();
    wait_until("facts are forgotten", || counts(&client).iter().all(Vec::is_empty));
    process.terminate();
    assert_eq!(facts(data, &["verify"]).status.code(), Some(1), "all sessions have lost theirs");
    let verified = json(data, &["verify", "--facts-retention-days", "30"]);
    assert_eq!(
        (&verified["unshipped"], &verified["files"]),
        (&0.into(), &Value::Array(Vec::new()))
    );
}
