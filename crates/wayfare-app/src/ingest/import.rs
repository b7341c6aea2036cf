//! Imports: history in lines of JSON, replayed by the events' own times.

use wayfare_engine::journey::Command;
use wayfare_model::event::Event;
use wayfare_model::id::{IdSource, OrganisationId};
use wayfare_model::limits::{IMPORT_LINE_BYTES_MAX, IMPORT_LINES_MAX};
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_model::time::Moment;

use super::accept::Reader;
use crate::app::App;
use crate::error::Result;
use crate::metrics::Door;

/// What became of the lines of an import.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    /// Lines applied now.
    pub applied: u64,
    /// Lines that had been applied by an earlier import.
    pub duplicates: u64,
    /// Lines that are no events, or that cannot be applied.
    pub rejected: Vec<RejectedLine>,
}

/// A line that was not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedLine {
    /// Its number within the request, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

impl App {
    /// Applies lines of NDJSON as history: all good ones in one durable transaction, in the order in
    /// which they happened; those of one moment in the order of their lines. Empty lines count as
    /// lines, but are no events.
    ///
    /// # Errors
    /// [`ProblemKind::RequestTooLarge`] at [`IMPORT_LINES_MAX`] lines; a store error, in which case
    /// nothing was applied. Bad lines are no error: they are in the answer.
    pub async fn import(&self, organisation: OrganisationId, body: &[u8]) -> Result<Imported> {
        let counts = &self.metrics.events;
        let ids = self.organisation(organisation)?.ids;
        let now = self.now();
        let mut imported = Imported::default();
        let mut events = Vec::new();
        for (number, line) in self.reader.lines(&ids, body, now) {
            if number > IMPORT_LINES_MAX as u64 {
                let message = format!("an import request may have {IMPORT_LINES_MAX} lines");
                return Err(Problem::new(ProblemKind::RequestTooLarge, message).into());
            }
            match line {
                None => {}
                Some(Ok(event)) => events.push((number, event)),
                Some(Err(problem)) => {
                    counts.refused(Door::Import, problem.kind, 1);
                    imported.reject(number, reason(problem));
                }
            }
        }
        if events.is_empty() {
            return Ok(imported);
        }
        // What a session shows is told by its first event: a log that jumbles the lines of an hour
        // must not decide which that is.
        events.sort_by_key(|(_, event)| event.created);
        let (numbers, commands): (Vec<u64>, Vec<Command>) =
            events.into_iter().map(|(number, event)| (number, Command::Event(event))).unzip();
        let replies = self.ingest.apply(organisation, commands).await;
        let replies = replies.inspect_err(|error| {
            counts.failed(Door::Import, error, numbers.len() as u64);
        })?;
        for (number, reply) in numbers.into_iter().zip(replies) {
            match reply {
                Ok(applied) if applied.event.as_ref().is_some_and(|event| event.is_duplicate) => {
                    imported.duplicates += 1;
                }
                Ok(_) => imported.applied += 1,
                Err(rejection) => {
                    counts.refused(Door::Import, ProblemKind::UnprocessableEntity, 1);
                    imported.reject(number, rejection.to_string());
                }
            }
        }
        counts.accepted(Door::Import, imported.applied);
        counts.duplicate(Door::Import, imported.duplicates);
        imported.rejected.sort_by_key(|rejected| rejected.line);
        Ok(imported)
    }
}

impl Reader {
    /// Reads lines of NDJSON at `now`: by its number, from 1, what became of each. Nothing, where it
    /// is empty.
    pub fn lines<'a>(
        &'a self,
        ids: &'a IdSource,
        body: &'a [u8],
        now: Moment,
    ) -> impl Iterator<Item = (u64, Option<Result<Box<Event>, Problem>>)> + 'a {
        (1..).zip(lines(body)).map(move |(number, line)| (number, self.line(ids, line, now)))
    }

    fn line(
        &self,
        ids: &IdSource,
        line: &[u8],
        now: Moment,
    ) -> Option<Result<Box<Event>, Problem>> {
        let refused = |message: String| Err(Problem::new(ProblemKind::BadRequest, message));
        if line.len() > IMPORT_LINE_BYTES_MAX {
            return Some(refused(format!(
                "the line has {} bytes, more than {IMPORT_LINE_BYTES_MAX}",
                line.len()
            )));
        }
        let Ok(text) = std::str::from_utf8(line) else {
            return Some(refused("the line is not UTF-8".to_owned()));
        };
        if text.trim().is_empty() {
            return None;
        }
        Some(self.record(ids, text, now).map(Box::new))
    }
}

impl Imported {
    fn reject(&mut self, line: u64, reason: String) {
        self.rejected.push(RejectedLine { line, reason });
    }
}

/// All that is wrong with a line: nobody gets its faults but in this text.
fn reason(problem: Problem) -> String {
    let faults: Vec<String> = problem.faults.into_iter().map(|fault| fault.message).collect();
    if faults.is_empty() { problem.message } else { faults.join("; ") }
}

/// The lines of a body; a line break at the end begins no further line.
fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    let is_empty = body.is_empty();
    body.split(|byte| *byte == b'\n').filter(move |_| !is_empty)
}
