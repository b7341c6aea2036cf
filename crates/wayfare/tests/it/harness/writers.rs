//! Many writers at once, and what they were told.
//!
//! Writers post web events as fast as they can and write every acknowledged one into a file, a line
//! of JSON each: `customerCookieId`, `createdDate`, `eventName`, `serial`, `sessionId`. The server
//! may vanish at any moment; that ends them.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{Scope, ScopedJoinHandle};

use serde_json::{Value, json};

use super::bodies::{AGGREGATES, SEGMENTS, page_view, web_events};
use super::client::Request;
use super::connection::Connection;
use super::process::{CLIENT_ID, CLIENT_SECRET, DEPLOYMENT_ID};
use super::records::import_request;
use super::wall_clock;

/// Writers at once.
const WRITERS: u32 = 64;
/// Of them, those that import some lines at a time.
const IMPORTERS: u32 = 4;
/// Lines of such an import.
const LINES: u32 = 10;
/// Those who ask meanwhile.
const READERS: u32 = 2;
/// What they write.
pub(crate) const EVENT_NAME: &str = "written";

/// Something that writes until the server is gone.
pub(crate) trait Writers {
    /// Writes until the server is gone, and writes down what was acknowledged. Gives how much that
    /// was.
    fn write(&mut self, server: SocketAddr, acknowledged: &Path) -> u64;
}

/// Writers in this process, over sockets: most send web events, some import, and some only ask.
pub(crate) struct PlainWriters {
    /// The round: each has its own visitors.
    pub(crate) round: u32,
}

impl Writers for PlainWriters {
    fn write(&mut self, server: SocketAddr, acknowledged: &Path) -> u64 {
        self.round += 1;
        let file = OpenOptions::new().create(true).append(true).open(acknowledged);
        let file = Mutex::new(file.expect("a file"));
        let count = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let number = self.round * 1_000 + writer;
                let (file, count) = (&file, &count);
                match writer {
                    0..IMPORTERS => {
                        scope.spawn(move || import_until_gone(server, number, file, count))
                    }
                    _ => scope.spawn(move || write_until_gone(server, number, file, count)),
                };
            }
            for _ in 0..READERS {
                scope.spawn(|| ask_until_gone(server));
            }
        });
        count.into_inner()
    }
}

/// One writer: one connection, one visitor, one event after another.
fn write_until_gone(server: SocketAddr, number: u32, file: &Mutex<File>, count: &AtomicU64) {
    let visitor = super::bodies::visitor(number);
    let Ok(mut connection) = Connection::open(server) else { return };
    for serial in 0.. {
        let serial = format!("{number}-{serial}");
        let created = wall_clock().to_string();
        let mut event = page_view(&visitor, "https://written.example/", &created);
        event["eventName"] = json!(EVENT_NAME);
        event["attributes"] = json!({ "serial": { "dataType": "string", "value": serial } });
        let request = Request::new("POST", &web_events())
            .header("content-type", "application/json")
            .body(event.to_string());
        let Ok(answer) = connection.send(&request) else { return };
        match answer.status {
            200 => {}
            429 | 503 => continue,
            status => panic!("refused with {status}: {}", String::from_utf8_lossy(&answer.body)),
        }
        let answer: Value = serde_json::from_slice(&answer.body).expect("JSON");
        let line = json!({
            "customerCookieId": visitor, "createdDate": created, "eventName": EVENT_NAME,
            "serial": serial, "sessionId": answer["session"]["id"],
        });
        writeln!(file.lock().expect("the file"), "{line}").expect("a line");
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// A token of the first client, unless the server is gone.
fn token(connection: &mut Connection) -> Option<String> {
    let body = format!(
        "grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={}",
        url::form_urlencoded::byte_serialize(CLIENT_SECRET.as_bytes()).collect::<String>()
    );
    let request = Request::new("POST", "/oauth/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    let answer: Value = serde_json::from_slice(&connection.send(&request).ok()?.body).ok()?;
    Some(format!("Bearer {}", answer["access_token"].as_str()?))
}

/// One that imports: one visitor, some events at a time.
fn import_until_gone(server: SocketAddr, number: u32, file: &Mutex<File>, count: &AtomicU64) {
    let visitor = super::bodies::visitor(number);
    let Ok(mut connection) = Connection::open(server) else { return };
    let Some(token) = token(&mut connection) else { return };
    for serial in 0..u32::MAX / LINES {
        let begin = wall_clock().plus_ms(-i64::from(LINES));
        let lines: Vec<Value> = (0..LINES)
            .map(|line| {
                let created = begin.plus_ms(i64::from(line)).to_string();
                let mut event = page_view(&visitor, "https://written.example/", &created);
                event["eventName"] = json!(EVENT_NAME);
                event["attributes"] =
                    json!({ "serial": format!("{number}-{}", serial * LINES + line) });
                event
            })
            .collect();
        let texts: Vec<String> = lines.iter().map(Value::to_string).collect();
        let request = import_request(&texts).header("authorization", &token);
        let Ok(answer) = connection.send(&request) else { return };
        match answer.status {
            200 => {}
            429 | 503 => continue,
            status => panic!("refused with {status}: {}", String::from_utf8_lossy(&answer.body)),
        }
        let mut file = file.lock().expect("the file");
        for line in &lines {
            let line = json!({
                "customerCookieId": visitor, "createdDate": line["createdDate"],
                "eventName": EVENT_NAME, "serial": line["attributes"]["serial"],
            });
            writeln!(file, "{line}").expect("a line");
        }
        count.fetch_add(u64::from(LINES), Ordering::Relaxed);
    }
}

/// One that asks.
fn ask_until_gone(server: SocketAddr) {
    let Ok(mut connection) = Connection::open(server) else { return };
    let Some(token) = token(&mut connection) else { return };
    let body = super::bodies::aggregates("2026-01-01/P1Y", "nJourneySessions", &[]).to_string();
    for path in [SEGMENTS, AGGREGATES].into_iter().cycle() {
        let method = if path == AGGREGATES { "POST" } else { "GET" };
        let request = Request::new(method, path)
            .header("authorization", &token)
            .header("content-type", "application/json");
        let request = if method == "POST" { request.body(body.clone()) } else { request };
        let Ok(answer) = connection.send(&request) else { return };
        assert!(answer.status < 500 || answer.status == 503, "{path}: {}", answer.status);
    }
}

/// Writers that are the official Python SDK, in a process of their own.
pub(crate) struct SdkWriters {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl SdkWriters {
    /// Starts them, if `WAYFARE_SDK_PYTHON` names a Python that has the SDK. Says on the standard
    /// output when it does not.
    pub(crate) fn start() -> Option<Self> {
        let Some(python) = std::env::var_os("WAYFARE_SDK_PYTHON") else {
            println!("not run: WAYFARE_SDK_PYTHON names no Python with the SDK (tests/sdk)");
            return None;
        };
        let script: PathBuf =
            [env!("CARGO_MANIFEST_DIR"), "../../tests/sdk/python/writers_269.py"].iter().collect();
        let mut process = Command::new(python)
            .arg(script)
            .env("WAYFARE_DEPLOYMENT_ID", DEPLOYMENT_ID)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the SDK's Python");
        let input = process.stdin.take().expect("its input");
        let output = BufReader::new(process.stdout.take().expect("its output"));
        Some(Self { process, input, output })
    }

    /// Ends them; they tell whether anything was refused that had to be accepted.
    pub(crate) fn finish(self) {
        let Self { mut process, input, output } = self;
        drop((input, output));
        let status = process.wait().expect("the end of the SDK's writers");
        assert!(status.success(), "the SDK's writers: {status}");
    }
}

impl Writers for SdkWriters {
    fn write(&mut self, server: SocketAddr, acknowledged: &Path) -> u64 {
        let file = acknowledged.display();
        writeln!(self.input, "round http://{server} {file} 0").expect("a round");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the end of a round");
        let count = line.trim().strip_prefix("done ").and_then(|count| count.parse().ok());
        count.unwrap_or_else(|| panic!("the SDK's writers said {line:?}"))
    }
}

/// Lets writers write while something else is done.
pub(crate) fn write_meanwhile<'scope, 'env, W: Writers + Send>(
    scope: &'scope Scope<'scope, 'env>,
    writers: &'scope mut W,
    server: SocketAddr,
    acknowledged: &'scope Path,
) -> ScopedJoinHandle<'scope, u64> {
    scope.spawn(move || writers.write(server, acknowledged))
}

/// The acknowledged events of all rounds. A last line that was cut off is not one.
pub(crate) fn acknowledged(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| serde_json::from_str(line).expect("an event")).collect()
}

/// How many events are acknowledged.
pub(crate) fn count_acknowledged(file: &Path) -> usize {
    let bytes = std::fs::read(file).unwrap_or_default();
    bytes.iter().filter(|byte| **byte == b'\n').count()
}
