//! What the environment says: nothing, something, or what cannot be.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Command;

use crate::harness::{Process, SEGMENTS};

/// Every variable that a server reads and that may be left out.
const OPTIONAL: [&str; 20] = [
    "WAYFARE_LOG",
    "WAYFARE_METRICS_LISTEN",
    "WAYFARE_OTLP_ENDPOINT",
    "WAYFARE_DISK_FREE_MIN_MIB",
    "WAYFARE_DRAIN_DELAY_SECONDS",
    "WAYFARE_GEOLOCATION_DATABASE",
    "WAYFARE_ORGANIZATION_DATABASE",
    "WAYFARE_SESSION_SILENCE_MINUTES",
    "WAYFARE_FACTS_SHIP_AFTER_MINUTES",
    "WAYFARE_FACTS_RETENTION_DAYS",
    "WAYFARE_EVENTS_RETENTION_DAYS",
    "WAYFARE_EVENTS_RETENTION_MEGABYTES",
    "WAYFARE_QUERY_DEADLINE_SECONDS",
    "WAYFARE_QUERY_CELLS_MAX",
    "WAYFARE_TLS_CERTIFICATE",
    "WAYFARE_TLS_KEY",
    "WAYFARE_WEBHOOK_ALLOW_NETWORK",
    "WAYFARE_WEBHOOK_ALLOW_HTTP",
    "WAYFARE_RATE_LIMIT",
    "WAYFARE_LISTEN",
];

/// What a command complains of that fails at once.
fn complaint(arguments: &[&str], variable: &str, value: &OsStr) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let output = Command::new(env!("CARGO_BIN_EXE_wayfare"))
        .args(arguments)
        .current_dir(directory.path())
        .env(variable, value)
        .output()
        .expect("an end");
    assert!(!output.status.success(), "{variable}");
    let made = std::fs::read_dir(directory.path()).expect("its entries").count();
    assert_eq!(made, 0, "{variable}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_variable_that_is_empty_is_not_set() {
    let directory = tempfile::tempdir().expect("a directory");
    let empty = OPTIONAL.map(|name| (name, Path::new("")));
    let process = Process::start_in(directory.path(), &[], &empty);
    process.client().get(SEGMENTS).with(200);
    assert!(process.terminate().success());
}

#[test]
fn a_value_that_cannot_be_is_named_and_nothing_is_started() {
    let serve = ["serve", "--listen", "127.0.0.1:0", "--json"];
    let check = |variable: &str, value: &[u8], expected: &str| {
        let complaint = complaint(&serve, variable, OsStr::from_bytes(value));
        assert!(complaint.contains(expected), "{complaint}");
    };
    check("WAYFARE_LOG", b"info,wayfare=loud", "WAYFARE_LOG [info,wayfare=loud] is no filter");
    let no_text = "WAYFARE_CLIENT_SECRET holds bytes that are no text";
    check("WAYFARE_CLIENT_SECRET", b"0123456789abcdef\xff", no_text);
    check("WAYFARE_WEBHOOK_ALLOW_HTTP", b"maybe", "--webhook-allow-http");
    check("WAYFARE_QUERY_CELLS_MAX", b"many", "--query-cells-max");
}

#[test]
fn whoever_restores_from_nowhere_is_told_what_makes_a_backup() {
    let complaint = complaint(&["restore", "nowhere"], "WAYFARE_LOG", OsStr::new("warn"));
    let expected = "there is no backup in nowhere; make one with: wayfare backup DIRECTORY";
    assert!(complaint.contains(expected), "{complaint}");
}
