//! A batch: load, apply, commit.

use std::time::Instant;

use tracing::Instrument as _;
use wayfare_engine::journey::{Command, Rejection, State};
use wayfare_model::assignment::Assignment;
use wayfare_model::change::Touch;
use wayfare_model::id::{OrganisationId, SessionId};
use wayfare_model::session::Session;
use wayfare_model::time::Moment;
use wayfare_model::visit::Referrer;
use wayfare_store::Error as StoreError;
use wayfare_store::journeys::{Batch, Durable};

use super::pipeline::Pipeline;
use super::settle;
use crate::access::organisations::Served;
use crate::error::{Error, Result};
use crate::segments::book::Edition;

/// How often a batch is tried when others change the same visitors meanwhile.
pub(super) const ATTEMPTS_MAX: usize = 5;

/// What became of a command.
pub(crate) type Reply = std::result::Result<Applied, Rejection>;

/// A command that was applied.
#[derive(Debug, Clone)]
pub(crate) struct Applied {
    /// Where the event went; absent for other commands.
    pub(crate) event: Option<EventApplied>,
}

/// An event that was applied, now or by an earlier delivery.
#[derive(Debug, Clone)]
pub(crate) struct EventApplied {
    /// Whether it was applied before.
    pub(crate) is_duplicate: bool,
    /// Its session as it is now.
    pub(crate) session: SessionSummary,
}

/// A session right after an event went to it: what the event's answer tells of it.
#[derive(Debug, Clone)]
pub struct SessionSummary {
    /// Its id.
    pub id: SessionId,
    /// When it began.
    pub started: Moment,
    /// When its last event happened.
    pub last: Moment,
    /// Events in it.
    pub event_count: u32,
    /// Page views in it.
    pub pageview_count: u32,
    /// Screen views in it.
    pub screenview_count: u32,
    /// Where the visitor came from.
    pub referrer: Option<Referrer>,
}

impl From<&Session> for SessionSummary {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id,
            started: session.started,
            last: session.last_event.created,
            event_count: session.event_count,
            pageview_count: session.pageview_count,
            screenview_count: session.screenview_count,
            referrer: session.referrer.clone(),
        }
    }
}

/// Applies requests of one organisation in order and commits what they change. A request is the
/// commands that are applied all or none; each has its own outcome, which may be told once the commit
/// is durable. A request that touches what cannot be read fails alone.
pub(super) async fn commit(
    pipeline: &Pipeline,
    organisation: OrganisationId,
    requests: &[Vec<Command>],
) -> Result<(Vec<Result<Vec<Reply>>>, Durable)> {
    let served =
        pipeline.organisations.get(organisation).ok_or(Error::Store(StoreError::NotFound))?;
    let committed = commit_all(pipeline, &served, requests).await;
    let Err(error) = committed else { return committed };
    if requests.len() < 2 || !is_unreadable(pipeline, &served, &error, requests).await {
        return Err(error);
    }
    let mut outcomes = Vec::with_capacity(requests.len());
    let mut durable = Durable::now();
    let (first, second) = requests.split_at(requests.len() / 2);
    let mut parts = vec![second, first];
    while let Some(part) = parts.pop() {
        match commit_all(pipeline, &served, part).await {
            // What is committed later is not durable before it.
            Ok((told, later)) => {
                outcomes.extend(told);
                durable = later;
            }
            Err(error)
                if part.len() > 1 && is_unreadable(pipeline, &served, &error, part).await =>
            {
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second, first]);
            }
            Err(error) => {
                pipeline.metrics.ingest.failures.increment();
                tracing::error!(error = &error as &dyn std::error::Error, "requests failed");
                let problem = error.into_problem();
                outcomes.extend(part.iter().map(|_| Err(problem.clone().into())));
            }
        }
    }
    Ok((outcomes, durable))
}

async fn is_unreadable(
    pipeline: &Pipeline,
    served: &Served,
    error: &Error,
    requests: &[Vec<Command>],
) -> bool {
    settle::is_unreadable(pipeline, served.id, error, &touch(requests)).await
}

fn touch(requests: &[Vec<Command>]) -> Touch {
    Touch::merge(requests.iter().flatten().map(Command::touch))
}

/// As [`commit`], all of them or none.
async fn commit_all(
    pipeline: &Pipeline,
    served: &Served,
    requests: &[Vec<Command>],
) -> Result<(Vec<Result<Vec<Reply>>>, Durable)> {
    let organisation = served.id;
    let touch = touch(requests);
    let metrics = &pipeline.metrics;
    metrics.ingest.batch_requests.size(requests.len());
    metrics.ingest.batch_commands.size(requests.iter().map(Vec::len).sum());
    for attempt in 1.. {
        let began = Instant::now();
        let loading = pipeline.stores.journeys.load(organisation, &touch);
        let loaded = loading.instrument(tracing::info_span!("load")).await?;
        metrics.ingest.load.time(began.elapsed());
        let due = earliest_due(&loaded.sessions, &loaded.assignments);
        let ends_due = due.is_some_and(|due| due <= pipeline.clock.now());
        let mut state = State::new(served.ids, pipeline.sessions, loaded);
        let began = Instant::now();
        let outcomes =
            tracing::info_span!("apply").in_scope(|| apply(pipeline, served, &mut state, requests));
        metrics.ingest.apply.time(began.elapsed());
        metrics.segments.add(organisation, state.work());
        let changes = state.into_changes();
        if changes.is_empty() {
            // What it rests on was committed before, but may not be durable yet.
            let durable = pipeline.stores.journeys.commit_early(organisation, Batch::default());
            return Ok((outcomes, durable.await?));
        }
        // Before the answers: whoever has one and reads next must find ended what is due.
        if let Some(due) = earliest_due(&changes.sessions, &changes.assignments) {
            pipeline.next_due.lower(due);
        }
        let is_logged = !changes.log.is_empty();
        let batch = Batch { changes, ends_due, ..Batch::default() };
        let began = Instant::now();
        let committing = pipeline.stores.journeys.commit_early(organisation, batch);
        let committed = committing.instrument(tracing::info_span!("commit")).await;
        metrics.ingest.commit.time(began.elapsed());
        match committed {
            Err(StoreError::Conflict { .. }) if attempt < ATTEMPTS_MAX => {
                metrics.ingest.conflicts.increment();
            }
            Ok(durable) => {
                if is_logged {
                    served.changes.tell();
                }
                return Ok((outcomes, durable));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok((Vec::new(), Durable::now()))
}

/// When the first of some sessions and assignments is due.
fn earliest_due(sessions: &[Session], assignments: &[Assignment]) -> Option<Moment> {
    let sessions = sessions.iter().filter_map(Session::due);
    sessions.chain(assignments.iter().filter_map(Assignment::due)).min()
}

/// Applies requests under the rules of this moment.
fn apply(
    pipeline: &Pipeline,
    served: &Served,
    state: &mut State,
    requests: &[Vec<Command>],
) -> Vec<Result<Vec<Reply>>> {
    let edition = served.segments.edition();
    let now = pipeline.clock.now();
    let mut outcomes = Vec::with_capacity(requests.len());
    for commands in requests {
        outcomes.push(present(&edition, commands).map(|commands| {
            let apply = |command| {
                let applied = state.apply(&edition.rules, command, now)?;
                Ok(Applied {
                    event: applied.event.and_then(|event| {
                        let session = state.session(event.session).map(SessionSummary::from)?;
                        Some(EventApplied { is_duplicate: event.duplicate, session })
                    }),
                })
            };
            commands.into_iter().map(apply).collect()
        }));
    }
    outcomes
}

/// A request's commands with the segments as they are now: since it was checked, it may have waited
/// behind a change of them, or behind their deletion.
fn present(edition: &Edition, commands: &[Command]) -> Result<Vec<Command>> {
    let present = |command: &Command| match command {
        Command::Assign { contact, segment, request } => {
            let found = edition.by_id.get(&segment.id).ok_or(Error::SegmentGone(segment.id))?;
            Ok(Command::Assign { contact: *contact, segment: found.clone(), request: *request })
        }
        other => Ok(other.clone()),
    };
    commands.iter().map(present).collect()
}
