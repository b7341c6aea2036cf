//! Backups through the program: that they have everything, that nothing else is restored, and that
//! whatever ends one in the middle leaves what was there before.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::crash::{check_acknowledged, create_segments_of_writers};
use crate::harness::{
    CLIENT_ID, CLIENT_SECRET, EventStream, Message, PlainWriters, Process, Receiver, Reply,
    TestClient, TestServer, aggregates, count_acknowledged, fact_files, page_segment, page_view,
    sessions_of_yesterday, visitor, wait_until, wall_clock, write_meanwhile,
};

/// The openings of the next directory that does not know how many it had.
static RESTORED: AtomicU64 = AtomicU64::new(1_000);

const BACKUPS: &str = "/api/wayfare/v1/backups";

/// The program with some arguments.
fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_wayfare"));
    program
        .args(arguments)
        .env("WAYFARE_CLIENT_ID", CLIENT_ID)
        .env("WAYFARE_CLIENT_SECRET", CLIENT_SECRET)
        .env("WAYFARE_LOG", "warn")
        .stdin(Stdio::null());
    program
}

fn run(arguments: &[&str]) -> Output {
    program(arguments).output().expect("the program")
}

/// What the program says as JSON when it does what it should.
#[track_caller]
fn done(arguments: &[&str]) -> Value {
    let output = run(arguments);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {complaint}");
    serde_json::from_slice(&output.stdout).expect("a line of JSON")
}

/// What the program complains of.
#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn backup(data: &Path, directory: &Path) -> Value {
    done(&["backup", text(directory), "--data", text(data), "--json"])
}

fn restore(directory: &Path, data: &Path) -> Value {
    done(&["restore", text(directory), "--data", text(data), "--json"])
}

/// What a data directory says: how often each session is counted, and all about some of them.
#[derive(Debug, PartialEq)]
struct Said {
    counted: Vec<(String, u64)>,
    sessions: Vec<Value>,
}

/// A data directory with fact files; gives what it says.
fn filled(data: &Path) -> Said {
    {
        let server = Process::start(data);
        server.client().import(&sessions_of_yesterday(5_000), 5_000);
        wait_until("a fact file", || !fact_files(data).is_empty());
        assert!(server.terminate().success());
    }
    said(data)
}

/// What a data directory says.
fn said(data: &Path) -> Said {
    // What is restored does not know that it was opened before, and would draw the same again.
    let opened = data.join("openings");
    if !opened.exists() {
        let number = RESTORED.fetch_add(1_000, Ordering::Relaxed);
        std::fs::write(&opened, number.to_string()).expect("a file");
    }
    let server = TestServer::open(data);
    server.clock.set(&wall_clock().to_string());
    let client = server.client();
    let begin = wall_clock().plus_ms(-2 * 86_400_000);
    let interval = format!("{begin}/P4D");
    let by_session = aggregates(&interval, "nJourneySessions", &["journeySessionId"]);
    let counted = client.count_by(&by_session);
    let about = |(id, _): &(String, u64)| {
        let path = format!("/api/v2/journey/sessions/{id}");
        json!([client.get(&path).with(200), client.get(&format!("{path}/events")).with(200)])
    };
    let sessions = counted.iter().step_by(100).map(about).collect();
    let said = Said { counted, sessions };
    server.close();
    said
}

#[test]
fn a_backup_under_load_has_everything_that_was_answered_before_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    let (data, file, acknowledged) = (at("data"), at("acknowledged"), at("acknowledged-before"));
    let mut writers = PlainWriters { round: 0 };
    let server = Process::start(&data);
    create_segments_of_writers(&server.client());
    let mut taken = Vec::new();
    std::thread::scope(|scope| {
        let writing = write_meanwhile(scope, &mut writers, server.address, &file);
        for round in 0..3 {
            let wanted = count_acknowledged(&file) + 300;
            wait_until("acknowledged events", || count_acknowledged(&file) >= wanted);
            std::fs::copy(&file, at(&format!("acknowledged-{round}"))).expect("a copy");
            taken.push(backup(&data, &at("backup")));
            // Each backup is restored: the next one is put into the same directory.
            restore(&at("backup"), &at(&format!("restored-{round}")));
        }
        server.kill();
        writing.join().expect("the writers");
    });
    for round in 0..3 {
        std::fs::copy(at(&format!("acknowledged-{round}")), &acknowledged).expect("a copy");
        check_acknowledged(&at(&format!("restored-{round}")), &acknowledged);
    }
    assert!(taken.iter().all(|backup| backup["bytes"].as_u64() > Some(0)), "{taken:?}");
}

#[test]
fn a_restored_directory_says_the_same_and_a_second_backup_takes_only_what_is_new() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    let expected = filled(&at("data"));
    let files = fact_files(&at("data")).len() as u64;
    // No server runs.
    let first = backup(&at("data"), &at("backup"));
    assert_eq!((&first["factFiles"], &first["factFilesAdded"]), (&json!(files), &json!(files)));
    assert_eq!(first["bytes"], first["bytesAdded"]);

    let server = Process::start(&at("data"));
    let second = backup(&at("data"), &at("backup"));
    assert!(server.terminate().success());
    assert_eq!((&second["factFiles"], &second["factFilesAdded"]), (&json!(files), &json!(0)));
    let database = second["bytesAdded"].as_u64().expect("bytes");
    assert!(database < second["bytes"].as_u64().expect("bytes"), "{second}");
    let databases = std::fs::read_dir(at("backup")).expect("the backup");
    let names: Vec<_> = databases.map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(names.len(), 3, "a database, facts and backup.json: {names:?}");

    let restored = restore(&at("backup"), &at("restored"));
    assert_eq!(restored["asOf"], second["asOf"]);
    assert_eq!(restored["replaced"], Value::Null);
    assert_eq!(said(&at("restored")), expected);
    assert!(run(&["facts", "verify", "--data", text(&at("restored"))]).status.success());
    // It lives on: the backup is not what the restored directory works on.
    let server = Process::start(&at("restored"));
    server.client().import(&sessions_of_yesterday(6_000), 6_000);
    assert!(server.terminate().success());
    restore(&at("backup"), &at("again"));
    assert_eq!(said(&at("again")), expected);
}

#[test]
fn nothing_is_restored_over_what_is_there_unless_that_is_said() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    let expected = filled(&at("data"));
    backup(&at("data"), &at("backup"));
    let server = Process::start(&at("data"));
    server.client().import(&sessions_of_yesterday(5_100)[5_000..], 100);
    let into_data =
        ["restore", text(&at("backup")), "--data", text(&at("data"))].map(str::to_owned);
    let into_data: Vec<&str> = into_data.iter().map(String::as_str).collect();
    let complaint = refused(&into_data);
    assert!(complaint.contains("in use") && complaint.contains("stop the server"), "{complaint}");
    let replacing = [&into_data[..], &["--replace", "--json"]].concat();
    let complaint = refused(&replacing);
    assert!(complaint.contains("stop the server"), "{complaint}");
    assert!(server.terminate().success());

    let complaint = refused(&into_data);
    assert!(complaint.contains("is not empty") && complaint.contains("--replace"), "{complaint}");
    assert_eq!(said(&at("data")).counted.len(), 5_100, "nothing was touched");

    let restored = done(&replacing);
    assert_eq!(said(&at("data")), expected);
    let aside = restored["replaced"].as_str().expect("a folder");
    assert_eq!(said(Path::new(aside)).counted.len(), 5_100, "what was there is aside");
}

#[test]
fn what_is_no_whole_backup_of_this_version_is_not_restored() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    filled(&at("data"));
    backup(&at("data"), &at("backup"));
    let (backup, restored) = (at("backup"), at("restored"));
    let restoring = ["restore", text(&backup), "--data", text(&restored)];
    let check = |file: &Path, change: &dyn Fn(&mut Vec<u8>), told: &str| {
        let sound = std::fs::read(file).expect("a file");
        let mut changed = sound.clone();
        change(&mut changed);
        // A fact file is the data directory's too: its name is given to other bytes.
        std::fs::remove_file(file).expect("the file");
        std::fs::write(file, changed).expect("the file");
        let complaint = refused(&restoring);
        assert!(complaint.contains(told), "{}: {complaint}", file.display());
        assert!(!restored.join("journey.sqlite").exists(), "{}", file.display());
        std::fs::write(file, sound).expect("the file");
    };
    let entries = std::fs::read_dir(&backup).expect("the backup");
    let mut entries = entries.map(|entry| entry.expect("an entry").path());
    let database = entries.find(|path| path.extension().is_some_and(|it| it == "sqlite"));
    let database = database.expect("a database");
    let fact_file = fact_files(&backup).remove(0);
    for file in [&database, &fact_file] {
        let last = |bytes: &mut Vec<u8>| *bytes.last_mut().expect("a byte") ^= 1;
        check(file, &last, "checksum");
        check(file, &|bytes| bytes.truncate(bytes.len() / 2), "checksum");
    }
    let manifest = backup.join("backup.json");
    let exchange = |from: &'static str, to: &'static str| {
        move |bytes: &mut Vec<u8>| {
            let text = String::from_utf8(std::mem::take(bytes)).expect("UTF-8");
            assert!(text.contains(from), "{text}");
            *bytes = text.replacen(from, to, 1).into_bytes();
        }
    };
    check(&manifest, &exchange("\"format\": 1", "\"format\": 2"), "versions up to 1");
    check(&manifest, &exchange("\"schemaVersion\": ", "\"schemaVersion\": 9"), "versions up to");
    check(&manifest, &exchange("\"facts/", "\"../facts/"), "elsewhere");
    check(&manifest, &|bytes| bytes.truncate(bytes.len() / 2), "backup.json");
    std::fs::remove_file(&manifest).expect("the manifest");
    let complaint = refused(&restoring);
    assert!(complaint.contains("there is no backup in"), "{complaint}");
    assert!(!restored.join("journey.sqlite").exists());
}

#[test]
fn a_server_that_is_killed_leaves_nothing_that_a_restore_takes_for_a_backup() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    let expected = filled(&at("data"));
    let begin = |server: &Process, to: &str| {
        let to = at(to);
        std::fs::create_dir_all(&to).expect("a directory");
        std::fs::write(to.join("backup-request"), "please").expect("a request");
        let asked = json!({ "directory": to, "request": "please" });
        server.client().post(BACKUPS, &asked).with(202);
        // At whatever step of it: nobody waits for one.
        server.kill();
    };
    for round in 0..5 {
        let server = Process::start(&at("data"));
        begin(&server, "backup");
        if at("backup").join("backup.json").exists() {
            println!("round {round}: it was done");
            break;
        }
        let complaint = refused(&["restore", text(&at("backup")), "--data", text(&at("nothing"))]);
        assert!(complaint.contains("there is no backup in"), "{complaint}");
    }
    // What was left is no hindrance, and an earlier backup stays as it was.
    let first = backup(&at("data"), &at("backup"));
    let server = Process::start(&at("data"));
    server.client().import(&sessions_of_yesterday(5_100)[5_000..], 100);
    begin(&server, "backup");
    let restored = restore(&at("backup"), &at("restored"));
    let found = said(&at("restored"));
    match restored["asOf"] == first["asOf"] {
        true => assert_eq!(found, expected),
        false => assert_eq!(found.counted.len(), 5_100, "the second was done"),
    }
}

#[test]
fn a_restore_that_was_broken_off_keeps_the_directory_closed_until_it_is_done() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    let expected = filled(&at("data"));
    backup(&at("data"), &at("backup"));
    // As after a crash when half of the files were in place.
    std::fs::create_dir_all(at("restored/restoring/facts")).expect("a folder");
    std::fs::create_dir_all(at("restored/facts")).expect("a folder");
    let serve =
        ["serve", "--listen", "127.0.0.1:0", "--data", text(&at("restored"))].map(str::to_owned);
    let complaint = refused(&serve.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(complaint.contains("was not finished: run it again"), "{complaint}");
    restore(&at("backup"), &at("restored"));
    assert_eq!(said(&at("restored")), expected);
}

#[test]
fn the_api_writes_only_where_whoever_asks_may_write() {
    let server = TestServer::start();
    let client = server.client();
    let directory = tempfile::tempdir().expect("a directory");
    let to = text(directory.path());
    let ask = |directory: &str, request: &str| {
        client.post(BACKUPS, &json!({ "directory": directory, "request": request }))
    };
    assert_eq!(ask("somewhere", "please").faults(), "invalid.value directory\n");
    assert_eq!(ask(to, "please").faults(), "invalid.value request\n");
    assert_eq!(ask(to, "").faults(), "invalid.value request\n");
    std::fs::write(directory.path().join("backup-request"), "please").expect("a request");
    assert_eq!(ask(to, "other").faults(), "invalid.value request\n");
    client.get(&format!("{BACKUPS}/{}", uuid::Uuid::nil())).error(404, "not.found");

    server.clock.advance_minutes(1);
    let keys = server.create_organisation("another");
    let other = TestClient::log_in(&server, &keys.client.to_string(), &keys.secret);
    let asked = json!({ "directory": to, "request": "please" });
    other.post(BACKUPS, &asked).error(403, "missing.any.permissions");

    let begun = ask(to, "please").with(202);
    let path = format!("{BACKUPS}/{}", begun["id"].as_str().expect("an id"));
    other.get(&path).error(403, "missing.any.permissions");
    let mut backup = Value::Null;
    wait_until("the backup", || {
        backup = client.get(&path).with(200);
        backup["state"] != "Running"
    });
    assert_eq!(backup["state"], "Done", "{backup}");

    // What holds something else is not touched, nor is the data directory.
    let foreign = tempfile::tempdir().expect("a directory");
    for (folder, told) in [(foreign.path(), "no backup"), (server.directory(), "data directory")] {
        std::fs::write(folder.join("backup-request"), "please").expect("a request");
        std::fs::write(folder.join("diary.txt"), "mine").expect("a file");
        let begun = ask(text(folder), "please").with(202);
        let path = format!("{BACKUPS}/{}", begun["id"].as_str().expect("an id"));
        wait_until("the backup", || {
            backup = client.get(&path).with(200);
            backup["state"] != "Running"
        });
        assert_eq!(backup["state"], "Failed", "{backup}");
        let reason = backup["errorMessage"].as_str().expect("a reason");
        assert!(reason.contains(told), "{reason}");
    }
}

#[test]
fn changes_after_a_restore_are_told_from_those_that_it_took_back() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    let receiver = Receiver::start(|_| Reply::Status(204));
    let allowed = ["--webhook-allow-http", "--webhook-allow-network", "127.0.0.1/32"];
    let view = |server: &Process, number: u32| {
        let now = wall_clock().to_string();
        server.client().record(&page_view(&visitor(number), "https://x.example/seen", &now));
        wait_until("a message", || {
            receiver.messages().last().is_some_and(|last| last.customer() == visitor(number))
        });
    };
    let watch = |server: &Process, after: &str| {
        let path = "/api/wayfare/v1/live?types=segment.assigned";
        let headers = [("last-event-id", after)];
        let headers = if after.is_empty() { &headers[..0] } else { &headers[..] };
        EventStream::open(server.address, server.client().token(), path, headers)
    };

    let server = Process::start_with(&at("data"), &allowed);
    server.client().create_segment(&page_segment("Seen", "/seen", 1));
    server.client().post("/api/wayfare/v1/webhooks", &json!({ "url": receiver.url() })).with(201);
    let mut stream = watch(&server, "");
    stream.wait_for_comment();
    view(&server, 1);
    let kept = stream.take(1).remove(0).id;
    assert!(server.terminate().success());
    backup(&at("data"), &at("backup"));

    let server = Process::start_with(&at("data"), &allowed);
    view(&server, 2);
    let taken_back = watch(&server, &kept).take(1).remove(0).id;
    assert!(server.terminate().success());

    restore(&at("backup"), &at("restored"));
    let server = Process::start_with(&at("restored"), &allowed);
    for number in 3..5 {
        view(&server, number);
    }
    assert_eq!(watch(&server, &taken_back).take(1)[0].name, "reset");
    let next = &watch(&server, &kept).take(1)[0];
    assert_eq!(
        (next.name.as_str(), &next.data["data"]["customer"]["id"]),
        ("segment.assigned", &json!(visitor(3)))
    );
    let messages = receiver.messages();
    let ids: BTreeSet<&str> = messages.iter().map(Message::id).collect();
    let customers: BTreeSet<String> = messages.iter().map(Message::customer).collect();
    assert_eq!((ids.len(), customers.len()), (4, 4));
}
