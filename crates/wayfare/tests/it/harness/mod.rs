//! What the tests drive the product with: [`TestServer`] in this process, [`Process`] as a program,
//! and a [`TestClient`] that talks to either and checks every answer.

mod answer;
mod bodies;
mod client;
mod connection;
mod event_stream;
mod in_process;
mod process;
mod receiver;
mod records;
mod redact;
mod truth;
mod writers;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wayfare_model::time::Moment;

pub(crate) use answer::{Answer, RawAnswer, text};
pub(crate) use bodies::*;
pub(crate) use client::{Request, TestClient, Transport};
pub(crate) use connection::Connection;
pub(crate) use event_stream::{EventStream, StreamEvent};
pub(crate) use in_process::{Calls, TestServer};
pub(crate) use process::{CLIENT_ID, CLIENT_SECRET, DEPLOYMENT_ID, Process};
pub(crate) use receiver::{Message, Receiver, Reply};
pub(crate) use records::{
    Imported, fact_files, import_request, lines_of, sessions_of_yesterday, shared_file, test_file,
    testdata,
};
pub(crate) use redact::redacted;
pub(crate) use truth::{Truth, sha256_of_lines};
pub(crate) use writers::{
    EVENT_NAME, PlainWriters, SdkWriters, Writers, acknowledged, count_acknowledged,
    write_meanwhile,
};

/// The longest that anything is waited for. Only a test that fails takes so long.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// Waits until something holds.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < DEADLINE, "waited too long for {what}");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// The time of the wall clock, which is that of a [`Process`].
#[expect(clippy::disallowed_methods, reason = "the program has no other clock")]
pub(crate) fn wall_clock() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    Moment::from_ms(i64::try_from(since.as_millis()).expect("a time before the end of time"))
}
