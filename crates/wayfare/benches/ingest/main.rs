//! How many events the server takes, every answer durable.
//!
//! `cargo bench -p wayfare --bench ingest` prints, in one run: the rate of a bare axum handler that
//! only parses the body of a web event; the rate and the times of single web events over HTTP, on 64
//! kept-alive connections with 500 segments; and the rate of imports. With `-- --stored 10000000` all
//! of it again once so many events are stored. `--seconds` is the measured time of each run, `--data`
//! a directory to keep. Load generator and server share the machine.
//!
//! With `-- --soak MINUTES`, what `cargo xtask soak` runs: a mixed load at 70 % of what the server
//! takes, and a verdict on its memory, its files and its answers.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot be run has no figures")]

mod load;
mod server;
mod shop;
mod soak;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use load::{Figures, Span};
use server::{DEPLOYMENT, Server, cpu_s};
use wayfare_model::time::Moment;

const CONNECTIONS: usize = 64;
const IMPORT_CONNECTIONS: usize = 2;
const IMPORT_LINES: u64 = 2_500;
const SEGMENTS: u64 = 500;
/// Events of an import that is measured.
const IMPORTED: u64 = 400_000;

#[derive(Default)]
struct Arguments {
    seconds: u64,
    stored: u64,
    imported: u64,
    data: Option<PathBuf>,
    skip_bare: bool,
    soak_minutes: u64,
}

fn main() {
    let mut given = std::env::args().skip(1);
    let mut arguments = Arguments { seconds: 10, imported: IMPORTED, ..Arguments::default() };
    while let Some(argument) = given.next() {
        let mut number = || given.next().unwrap().parse().unwrap();
        match argument.as_str() {
            server::BARE => return server::serve_bare(),
            // What a test run says: nothing is measured then.
            "--test" => return,
            "--seconds" => arguments.seconds = number(),
            "--stored" => arguments.stored = number(),
            "--imported" => arguments.imported = number(),
            "--data" => arguments.data = given.next().map(PathBuf::from),
            "--soak" => arguments.soak_minutes = number(),
            "--skip-bare" => arguments.skip_bare = true,
            _ => {}
        }
    }
    if arguments.soak_minutes > 0 {
        soak::run(&arguments);
    } else {
        measure(&arguments);
    }
}

fn measure(arguments: &Arguments) {
    let temporary = tempfile::tempdir().unwrap();
    let data = arguments.data.clone().unwrap_or_else(|| temporary.path().join("data"));
    let bare = (!arguments.skip_bare).then(|| {
        let server = Server::bare();
        single("bare handler", &server, arguments.seconds, 0)
    });
    let (server, token) = product_with_segments(&data, &[]);
    let end_ms = now_ms() - 1_000;
    let history = History { end_ms, count: arguments.stored.max(arguments.imported) };
    let first = single("web events", &server, arguments.seconds, 1 << 40);
    if let Some(bare) = &bare {
        println!(
            "{:>28}: {:.2} of the bare handler's rate",
            "web events",
            first.rate() / bare.rate()
        );
    }
    history.import("import", &server, &token, 0..arguments.imported);
    if arguments.stored > arguments.imported * 2 {
        let last = arguments.stored - arguments.imported;
        history.import("filling", &server, &token, arguments.imported..last);
        history.import("import, full store", &server, &token, last..arguments.stored);
        let again = single("web events, full store", &server, arguments.seconds, 2 << 40);
        println!(
            "{:>28}: {:.2} of the empty store's rate",
            "full store",
            again.rate() / first.rate()
        );
    }
    drop(server);
    println!("{:>28}: {:.0} MiB on disk", "data directory", size_of(&data) as f64 / 1_048_576.0);
}

/// The product with the shop's segments, and a token.
fn product_with_segments(data: &Path, settings: &[(&str, &str)]) -> (Server, String) {
    let server = Server::product(data, settings);
    let token = server.token();
    let headers = format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n");
    for segment in shop::segments(SEGMENTS) {
        server.ask("POST", "/api/v2/journey/segments", &headers, segment.to_string().as_bytes());
    }
    (server, token)
}

/// Single web events.
fn single(name: &str, server: &Server, seconds: u64, first: u64) -> Figures {
    let measured = Duration::from_secs(seconds);
    let span = Span { warm_up: Duration::from_secs(2), measured, pace: None };
    let mut number = first;
    let mut body = Vec::new();
    let (server_before, own_before) = (server.cpu_s(), cpu_s("self"));
    let figures = load::run(server.address, CONNECTIONS, span, |request| {
        number += 1;
        write_live_event(number, &mut body, request);
        true
    });
    let figures = figures.unwrap();
    figures.expect_no_refusal();
    let sent = (number - first) as f64;
    let (server_us, own_us) =
        ((server.cpu_s() - server_before) * 1e6 / sent, (cpu_s("self") - own_before) * 1e6 / sent);
    println!(
        "{name:>28}: {:>7.0} a second, p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms; CPU {server_us:.0} us + {own_us:.0} us of the load generator; memory {} MiB",
        figures.rate(),
        figures.within_ms(0.5),
        figures.within_ms(0.99),
        figures.within_ms(0.999),
        server.memory().own_mib,
    );
    figures
}

/// Writes the request of a web event of now.
fn write_live_event(number: u64, body: &mut Vec<u8>, request: &mut Vec<u8>) {
    body.clear();
    shop::live_event(number, &Moment::from_ms(now_ms()).to_string(), body);
    let path = format!("/api/v2/journey/deployments/{DEPLOYMENT}/webevents");
    write_head(request, &path, "", body.len());
    request.extend_from_slice(body);
}

/// Events that happened until shortly before now.
struct History {
    end_ms: i64,
    count: u64,
}

impl History {
    /// Imports a part, and waits until everything that is due after it has ended.
    fn import(&self, name: &str, server: &Server, token: &str, part: std::ops::Range<u64>) {
        let authorization =
            format!("authorization: Bearer {token}\r\ncontent-type: application/x-ndjson\r\n");
        let (mut number, end) = (part.start, part.end);
        let mut body = Vec::new();
        let begin = Instant::now();
        let measured = Duration::from_secs(7_200);
        let span = Span { warm_up: Duration::ZERO, measured, pace: None };
        let cpu = server.cpu_s();
        let figures = load::run(server.address, IMPORT_CONNECTIONS, span, |request| {
            if number >= end {
                return false;
            }
            body.clear();
            for line in number..end.min(number + IMPORT_LINES) {
                let created = shop::history_ms(self.end_ms, line, self.count);
                shop::history_line(line, &Moment::from_ms(created).to_string(), &mut body);
            }
            number = end.min(number + IMPORT_LINES);
            write_head(request, "/api/wayfare/v1/imports", &authorization, body.len());
            request.extend_from_slice(&body);
            true
        });
        figures.unwrap().expect_no_refusal();
        let events = (part.end - part.start) as f64;
        let answered = begin.elapsed();
        // The first question waits until every session that is over has ended.
        let headers = format!("authorization: Bearer {token}\r\n");
        server.ask("GET", "/api/wayfare/v1/segments/counts", &headers, b"");
        let settled = begin.elapsed();
        println!(
            "{name:>28}: {:>7.0} events a second, {:.0} with the end of its sessions; CPU {:.0} us; {events} events; memory {} MiB",
            events / answered.as_secs_f64(),
            events / settled.as_secs_f64(),
            (server.cpu_s() - cpu) * 1e6 / events,
            server.memory().own_mib,
        );
    }
}

fn write_head(request: &mut Vec<u8>, path: &str, headers: &str, length: usize) {
    let content = if headers.is_empty() { "content-type: application/json\r\n" } else { headers };
    write!(
        request,
        "POST {path} HTTP/1.1\r\nhost: bench\r\n{content}content-length: {length}\r\n\r\n"
    )
    .unwrap();
}

#[expect(clippy::disallowed_methods, reason = "web events are of now")]
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

fn size_of(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).unwrap();
    let size = |entry: std::fs::DirEntry| match entry.metadata().unwrap() {
        metadata if metadata.is_dir() => size_of(&entry.path()),
        metadata => metadata.len(),
    };
    entries.map(|entry| size(entry.unwrap())).sum()
}
