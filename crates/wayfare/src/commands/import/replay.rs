//! Sending a source, batch by batch, in order.

use std::io::BufRead;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::body::Bytes;
use wayfare_model::limits::IMPORT_LINE_BYTES_MAX;

use super::batches::{Batch, Batches, Limits, Step};
use super::rejects::Rejects;
use crate::api::{Api, ImportAnswer};
use crate::progress::Progress;
use crate::shutdown::Signals;

/// The longest wait that a busy server can ask for at once.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// The longest that one batch waits for a busy server, over all repetitions.
const WAITS_MAX: Duration = Duration::from_secs(600);

/// What became of the lines of a source so far.
pub(crate) struct Counts {
    /// Lines applied now.
    pub(crate) applied: u64,
    /// Lines that had been applied before.
    pub(crate) duplicates: u64,
    /// Lines that were not applied.
    pub(crate) rejects: Rejects,
    /// Lines done, empty ones included.
    pub(crate) lines: u64,
}

impl Counts {
    /// Nothing yet.
    pub(crate) fn new(rejects: Rejects) -> Self {
        Self { applied: 0, duplicates: 0, rejects, lines: 0 }
    }
}

/// Shows progress over several sources.
pub(crate) struct Shown<'a> {
    /// Where it is shown.
    pub(crate) progress: &'a Progress,
    /// Events of the sources before.
    pub(crate) events_before: u64,
}

/// Sends the lines of a text until its end, or until somebody asks to stop.
///
/// # Errors
/// When the text cannot be read, the rejected lines not be kept, or the API not be reached.
pub(crate) async fn replay(
    api: &Api,
    text: impl BufRead,
    counts: &mut Counts,
    shown: &Shown<'_>,
    signals: &mut Signals,
) -> anyhow::Result<()> {
    let mut batches = Batches::new(text, Limits::default());
    while !signals.is_asked() {
        match batches.step().context("cannot read on")? {
            Step::End => break,
            Step::LongLine(number) => {
                let reason = format!("the line has more than {IMPORT_LINE_BYTES_MAX} bytes");
                counts.rejects.keep_with(number, reason, |out| batches.copy_long_line(out))?;
                counts.lines = number;
            }
            Step::Batch(batch) => {
                let body = Bytes::copy_from_slice(&batch.body);
                let Some(answer) = send(api, body, shown.progress, signals).await? else { break };
                count(&batch, answer, counts)?;
            }
        }
        let events = counts.applied + counts.duplicates + counts.rejects.count();
        shown.progress.show_events(shown.events_before + events);
    }
    counts.rejects.finish()
}

/// Sends a batch, and repeats it while the server is busy: what was applied already is not applied
/// twice. Nothing comes back when somebody asked to stop before it was done.
async fn send(
    api: &Api,
    body: Bytes,
    progress: &Progress,
    signals: &mut Signals,
) -> anyhow::Result<Option<ImportAnswer>> {
    let mut waited = Duration::ZERO;
    loop {
        let Some(sent) = signals.during(api.import(body.clone())).await else {
            bail!("stopped in the middle of a batch");
        };
        let error = match sent {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) => error,
        };
        let Some(wait) = error.retry_after().filter(|_| waited < WAITS_MAX) else {
            return Err(error.into());
        };
        let wait = wait.min(WAIT_MAX);
        waited += wait;
        progress.note(&format!("the server is busy; trying again in {} s", wait.as_secs()));
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = signals.asked() => {}
        }
        if signals.is_asked() {
            return Ok(None);
        }
    }
}

fn count(batch: &Batch, answer: ImportAnswer, counts: &mut Counts) -> anyhow::Result<()> {
    counts.applied += answer.applied;
    counts.duplicates += answer.duplicates;
    for rejected in answer.rejected {
        let number = batch.first_line + rejected.line.saturating_sub(1);
        counts.rejects.keep(number, rejected.reason, batch.line(rejected.line))?;
    }
    counts.lines = batch.first_line + batch.len() - 1;
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Response, header};

    use super::*;
    use crate::api::RejectedLine;
    use crate::api::tests::{answer, asked, token};

    /// What becomes of a text, and the requests that it takes.
    async fn replayed(text: &str, answers: Vec<Response<Body>>) -> (Counts, Vec<String>) {
        let mut counts = Counts::new(Rejects::of(None));
        let (done, requests) = asked(answers, async |api| {
            let progress = Progress::new(None, false);
            let shown = Shown { progress: &progress, events_before: 0 };
            let mut signals = Signals::listen().unwrap();
            replay(api, text.as_bytes(), &mut counts, &shown, &mut signals).await
        })
        .await;
        done.unwrap();
        (counts, requests)
    }

    #[tokio::test]
    async fn a_batch_is_repeated_while_the_server_is_busy() {
        let busy = |status| {
            let mut busy = answer(status, r#"{"message":"busy"}"#);
            busy.headers_mut().insert(header::RETRY_AFTER, "0".parse().unwrap());
            busy
        };
        let done = answer(200, r#"{"applied":1,"duplicates":1,"rejected":[]}"#);
        let answers = vec![token("one"), busy(429), busy(503), done];
        let (counts, requests) = replayed("first\nsecond\n", answers).await;
        assert_eq!((counts.applied, counts.duplicates, counts.lines), (1, 1, 2));
        assert_eq!(requests.len(), 4);
        assert!(requests[1].ends_with("first\nsecond"), "{requests:?}");
        assert_eq!(requests[1], requests[2]);
        assert_eq!(requests[2], requests[3]);
    }

    #[tokio::test]
    async fn nothing_is_sent_of_nothing() {
        let (counts, requests) = replayed("", Vec::new()).await;
        assert_eq!((counts.lines, requests.len()), (0, 0));
    }

    #[test]
    fn rejected_lines_are_numbered_by_the_source() {
        let directory = tempfile::tempdir().unwrap();
        let limits = Limits { lines: 2, ..Limits::default() };
        let mut batches = Batches::new("a\nb\nc\nd\n".as_bytes(), limits);
        let mut counts = Counts::new(Rejects::of(Some(&directory.path().join("f"))));
        for _ in 0..2 {
            let Step::Batch(batch) = batches.step().unwrap() else { panic!("no batch") };
            let rejected = vec![RejectedLine { line: 2, reason: "bad".to_owned() }];
            let answer = ImportAnswer { applied: 1, duplicates: 0, rejected };
            count(&batch, answer, &mut counts).unwrap();
        }
        counts.rejects.finish().unwrap();
        assert_eq!((counts.applied, counts.duplicates, counts.lines), (2, 0, 4));
        assert_eq!(counts.rejects.first().map(|first| first.line), Some(2));
        assert_eq!(std::fs::read(counts.rejects.path().unwrap()).unwrap(), b"b\nd\n");
    }
}
