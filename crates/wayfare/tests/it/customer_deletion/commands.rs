//! `wayfare customer delete`, and a server that is killed while it deletes.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::{ADDRESS, Traces, path};
use crate::harness::{
    CLIENT_ID, CLIENT_SECRET, Process, Request, TestClient, TestServer, Transport as _, page_view,
    text, visitor, wait_until,
};

/// `wayfare customer ...` on a data directory, with nobody at a terminal.
fn customer(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wayfare"))
        .arg("customer")
        .args(arguments)
        .arg("--data")
        .arg(directory)
        .env("WAYFARE_CLIENT_ID", CLIENT_ID)
        .env("WAYFARE_CLIENT_SECRET", CLIENT_SECRET)
        .stdin(Stdio::null())
        .output()
        .expect("the program")
}

fn printed(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
    text
}

/// History of visitor 1, with the address, and of visitor 2.
fn import(client: &TestClient<'_>, events: usize) {
    let lines: Vec<String> = (0..events)
        .map(|n| {
            let created =
                format!("2026-11-{:02}T10:{:02}:00.{:03}Z", 1 + n % 20, n / 1_000, n % 1_000);
            let number = if n % 10 == 9 { 2 } else { 1 };
            let mut record = page_view(&visitor(number), "https://shop.example/a", &created);
            if number == 1 {
                record["traits"] = serde_json::json!({ "email": ADDRESS });
            }
            record["seq"] = serde_json::json!(n);
            record.to_string()
        })
        .collect();
    assert_eq!(client.import(&lines, 5_000).applied, events as u64);
}

/// The command, on a directory that a server runs on or not.
fn check_command(directory: &Path) {
    let unasked = customer(directory, &["delete", "email", ADDRESS]);
    assert_eq!(unasked.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&unasked.stderr).into_owned();
    assert!(complaint.contains("--yes"), "{complaint}");
    let text = printed(&customer(directory, &["delete", "email", ADDRESS, "--yes", "--json"]));
    let receipt: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(receipt["state"], "Done");
    assert_eq!(receipt["removed"]["events"], 90);
    let words = printed(&customer(directory, &["delete", "cookie", &visitor(2), "--yes"]));
    assert!(words.starts_with("Deleted the customer (receipt "), "{words}");
    assert!(words.lines().any(|line| line.contains("events") && line.contains("10")), "{words}");
    let found = Traces::of(&[&visitor(1), &visitor(2), ADDRESS]).found_in(directory);
    assert_eq!(found, [""; 0]);
}

#[test]
fn the_command_works_on_a_data_directory_and_on_a_server() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let server = TestServer::open(directory.path());
    import(&server.client(), 100);
    server.close();
    check_command(directory.path());

    let directory = tempfile::tempdir().expect("a temporary directory");
    let server = Process::start(directory.path());
    import(&server.client(), 100);
    check_command(directory.path());
    drop(server);
}

#[test]
fn a_server_that_is_killed_goes_on_deleting_when_it_is_up_again() {
    let own = tempfile::tempdir().expect("a temporary directory");
    let log = own.path().join("journey.sqlite-wal");
    let traces = Traces::of(&[&visitor(1), ADDRESS]);
    for grown in [1, 100_000, 1_000_000, 3_000_000] {
        let directory = own.path();
        let server = Process::start(directory);
        import(&server.client(), 5_000 + usize::try_from(grown % 7).expect("a number"));
        assert!(!traces.found_in(directory).is_empty());
        let token = server.client().token().to_owned();
        let length = || std::fs::metadata(&log).map_or(0, |log| log.len());
        let before = length();
        std::thread::scope(|scope| {
            let deleting = scope.spawn(|| {
                let authorization = format!("Bearer {token}");
                let request = Request::new("DELETE", &path("email", ADDRESS))
                    .header("authorization", &authorization);
                // The server may be killed before it answers.
                drop(server.send(&request));
            });
            wait_until("the deletion", || deleting.is_finished() || length() >= before + grown);
            server.kill();
        });
        drop(server);
        let server = Process::start(directory);
        let client = server.client();
        // Nothing is left to do for another one when the first is done.
        wait_until("the end", || {
            client.delete(&path("email", ADDRESS)).with(200)["state"] == "Done"
        });
        assert_eq!(traces.found_in(directory), [""; 0], "{grown}");
        let shown =
            client.walk(&format!("/api/v2/journey/customers/cookie/{}/segments", visitor(2)));
        assert!(shown.is_empty());
        assert!(server.terminate().success());
        assert_eq!(traces.found_in(directory), [""; 0], "{grown}");
        let cleanup = customer(directory, &["delete", "cookie", &visitor(2), "--yes", "--json"]);
        let receipt: Value = serde_json::from_str(&printed(&cleanup)).expect("JSON");
        assert!(text(&receipt["id"]).len() == 36, "{receipt}");
    }
}
