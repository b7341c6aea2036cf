//! A mixed load at 70 % of the capacity, for long: memory stays flat, the log bounded, and nothing is
//! refused.

use std::path::Path;
use std::time::Duration;

use wayfare_model::time::Moment;

use super::load::{self, Figures, Span};
use super::server::{Memory, Server};
use super::{Arguments, CONNECTIONS, now_ms, product_with_segments, shop, size_of, write_head};

/// Share of the capacity.
const SHARE: f64 = 0.7;
/// Seconds in which the capacity is measured.
const CAPACITY_S: u64 = 15;
/// Sessions end as often as others begin, soon after the soak has begun.
const SETTINGS: &[(&str, &str)] = &[("WAYFARE_SESSION_SILENCE_MINUTES", "2")];
/// Lines of an import.
const LINES: u64 = 50;
/// Memory of its own may grow by so much, in MiB, after a third of the time.
const GROWTH_MIB_MAX: u64 = 64;
/// The log is carried over at 64 MiB; a checkpoint takes its time.
const LOG_MIB_MAX: u64 = 512;

pub(crate) fn run(arguments: &Arguments) {
    let temporary = tempfile::tempdir().unwrap();
    let data = arguments.data.clone().unwrap_or_else(|| temporary.path().join("data"));
    let (server, token) = product_with_segments(&data, SETTINGS);
    let mut mix = Mix { number: 1 << 41, token, body: Vec::new() };
    let capacity = part(&server, &mut mix, CAPACITY_S, None);
    let pace = capacity.rate() * SHARE;
    println!("capacity {:.0} requests a second; soaking at {pace:.0}", capacity.rate());
    let mut samples = Vec::new();
    let mut refused = capacity.refused;
    for minute in 1..=arguments.soak_minutes {
        let figures = part(&server, &mut mix, 60, Some(pace));
        refused += figures.refused;
        let log_mib = log_mib(&data);
        let Memory { own_mib, mapped_mib } = server.memory();
        samples.push((own_mib, log_mib));
        println!(
            "minute {minute}: {:.0} a second, p50 {:.2} ms, p99 {:.2} ms, {} refused {}; memory {own_mib} MiB and {mapped_mib} MiB of mapped files, log {log_mib} MiB, data {} MiB",
            figures.rate(),
            figures.within_ms(0.5),
            figures.within_ms(0.99),
            figures.refused,
            figures.first_refusal,
            size_of(&data) / 1_048_576,
        );
    }
    verdict(&samples, refused);
}

fn verdict(samples: &[(u64, u64)], refused: u64) {
    let settled = samples.get(samples.len() / 3).map_or(0, |sample| sample.0);
    let last = samples.last().map_or(0, |sample| sample.0);
    let log_max = samples.iter().map(|sample| sample.1).max().unwrap_or(0);
    let is_flat = last <= settled + GROWTH_MIB_MAX;
    let is_bounded = log_max <= LOG_MIB_MAX;
    println!(
        "verdict: memory {} ({settled} MiB after a third, {last} MiB at the end), log {} ({log_max} MiB at most), {refused} refused: {}",
        if is_flat { "flat" } else { "GROWS" },
        if is_bounded { "bounded" } else { "GROWS" },
        if is_flat && is_bounded && refused == 0 { "passed" } else { "FAILED" },
    );
    assert!(is_flat && is_bounded && refused == 0, "the soak failed");
}

fn part(server: &Server, mix: &mut Mix, seconds: u64, pace: Option<f64>) -> Figures {
    let measured = Duration::from_secs(seconds);
    let span = Span { warm_up: Duration::ZERO, measured, pace };
    load::run(server.address, CONNECTIONS, span, |request| {
        mix.write(request);
        true
    })
    .unwrap()
}

fn log_mib(data: &Path) -> u64 {
    std::fs::metadata(data.join("journey.sqlite-wal")).map_or(0, |log| log.len() / 1_048_576)
}

/// What is asked for: of a hundred requests, ninety are web events, two imports, and the others
/// questions.
struct Mix {
    number: u64,
    token: String,
    body: Vec<u8>,
}

impl Mix {
    fn write(&mut self, request: &mut Vec<u8>) {
        self.number += 1;
        let authorization = format!("authorization: Bearer {}\r\n", self.token);
        match self.number % 100 {
            0 | 1 => {
                self.body.clear();
                let first = self.number * LINES;
                for line in first..first + LINES {
                    let created = Moment::from_ms(now_ms() - 2_000).to_string();
                    shop::history_line(line, &created, &mut self.body);
                }
                let headers = format!("{authorization}content-type: application/x-ndjson\r\n");
                write_head(request, "/api/wayfare/v1/imports", &headers, self.body.len());
                request.extend_from_slice(&self.body);
            }
            2 => {
                let now = Moment::from_ms(now_ms());
                let body = serde_json::json!({
                    "interval": format!("{}/{}", now.plus_ms(-3_600_000), now.plus_ms(60_000)),
                    "metrics": ["nJourneySessions"], "groupBy": ["journeyDeviceCategory"],
                })
                .to_string();
                let headers = format!("{authorization}content-type: application/json\r\n");
                let path = "/api/v2/analytics/journeys/aggregates/query";
                write_head(request, path, &headers, body.len());
                request.extend_from_slice(body.as_bytes());
            }
            3..=9 => {
                let cookie = shop::live_cookie(self.number);
                let path = format!(
                    "GET /api/v2/journey/customers/cookie/{cookie}/segments HTTP/1.1\r\nhost: bench\r\n{authorization}\r\n"
                );
                request.extend_from_slice(path.as_bytes());
            }
            _ => super::write_live_event(self.number, &mut self.body, request),
        }
    }
}
