//! The way of every write: one queue, one task, one durable transaction per batch.
//!
//! Web events, app events, imports, assignments made over the API, expiry and the members of a
//! deleted segment all come through here, in order. A batch is loaded, applied by the engine and
//! committed; while the disk makes it durable, which is when it is answered, the next one is worked on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tracing::Instrument as _;
use uuid::Uuid;
use wayfare_engine::journey::Command;
use wayfare_engine::sessions::Settings as SessionSettings;
use wayfare_model::deletion::Deletion;
use wayfare_model::id::{ContactId, OrganisationId, SegmentId};
use wayfare_model::limits::{INGEST_BATCH_MAX, INGEST_QUEUE_MAX};
use wayfare_model::metrics::Place;
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_model::time::Moment;
use wayfare_store::Stores;
use wayfare_store::journeys::Durable;

use super::apply::{self, Reply};
use super::rounds::Rounds;
use super::settle;
use crate::access::organisations::Organisations;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::metrics::Metrics;

/// What waits in the queue.
pub(super) enum Job {
    /// Commands of one request, all or none of them in one batch, each with its reply.
    Apply {
        organisation: OrganisationId,
        commands: Vec<Command>,
        reply: oneshot::Sender<Result<Vec<Reply>>>,
    },
    /// Whatever is due must be ended before the reply.
    Settle { reply: oneshot::Sender<Result<()>> },
    /// A segment's members leave it, and its document goes.
    DeleteSegment {
        organisation: OrganisationId,
        segment: SegmentId,
        reply: oneshot::Sender<Result<()>>,
    },
    /// A merge of a contact is undone.
    Unmerge { organisation: OrganisationId, contact: ContactId, reply: oneshot::Sender<Result<()>> },
    /// Some of the rows of a customer go; the reply says whether all have gone.
    DeleteCustomerRows {
        organisation: OrganisationId,
        deletion: Deletion,
        reply: oneshot::Sender<Result<bool>>,
    },
}

impl Job {
    /// How much it is.
    fn commands(&self) -> usize {
        match self {
            Self::Apply { commands, .. } => commands.len(),
            _ => 1,
        }
    }
}

/// The door to the pipeline.
#[derive(Clone)]
pub(crate) struct Ingest {
    queue: mpsc::Sender<Job>,
    next_due: Arc<NextDue>,
    metrics: Arc<Metrics>,
}

/// When something is due next, as far as the pipeline knows; `i64::MAX` when nothing is.
pub(super) struct NextDue(AtomicI64);

impl NextDue {
    pub(super) fn set(&self, moment: Option<Moment>) {
        self.0.store(moment.map_or(i64::MAX, Moment::as_ms), Ordering::Release);
    }

    /// Something is due at a moment. What was due before may be due later by now: whoever looks at it
    /// then finds that out.
    pub(super) fn lower(&self, moment: Moment) {
        self.0.fetch_min(moment.as_ms(), Ordering::AcqRel);
    }

    fn get(&self) -> Option<Moment> {
        let ms = self.0.load(Ordering::Acquire);
        (ms != i64::MAX).then(|| Moment::from_ms(ms))
    }
}

impl Ingest {
    /// Applies the commands of one request in one batch. Durable and applied when it answers.
    ///
    /// # Errors
    /// [`ProblemKind::TooManyRequests`] when the queue is full; [`Error::SegmentGone`] when a segment
    /// to be assigned was deleted while the request waited; a store error when the commit failed.
    /// What the engine rejects is in the replies.
    pub(crate) async fn apply(
        &self,
        organisation: OrganisationId,
        commands: Vec<Command>,
    ) -> Result<Vec<Reply>> {
        let _place = self.enter();
        let (reply, answer) = oneshot::channel();
        self.offer(Job::Apply { organisation, commands, reply })?;
        answer.await.map_err(|_| Error::Stopping)?
    }

    /// Ends what is due at `now`, if anything is. Every read of sessions, assignments or facts comes
    /// through here first, so that no answer depends on when a timer last ran.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn settle(&self, now: Moment) -> Result<()> {
        if self.next_due.get().is_none_or(|due| due > now) {
            return Ok(());
        }
        let _place = self.enter();
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job::Settle { reply }).await.map_err(|_| Error::Stopping)?;
        answer.await.map_err(|_| Error::Stopping)?
    }

    /// Unassigns a segment's members and removes its document.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn delete_segment(
        &self,
        organisation: OrganisationId,
        segment: SegmentId,
    ) -> Result<()> {
        let _place = self.enter();
        let (reply, answer) = oneshot::channel();
        let job = Job::DeleteSegment { organisation, segment, reply };
        self.queue.send(job).await.map_err(|_| Error::Stopping)?;
        answer.await.map_err(|_| Error::Stopping)?
    }

    /// Undoes the merge of a contact; of one that is not merged, nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn unmerge(
        &self,
        organisation: OrganisationId,
        contact: ContactId,
    ) -> Result<()> {
        let _place = self.enter();
        let (reply, answer) = oneshot::channel();
        let job = Job::Unmerge { organisation, contact, reply };
        self.queue.send(job).await.map_err(|_| Error::Stopping)?;
        answer.await.map_err(|_| Error::Stopping)?
    }

    /// Deletes some of the rows of a customer; whether all are gone. No batch is between its loading
    /// and its commit meanwhile.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn delete_customer_rows(
        &self,
        organisation: OrganisationId,
        deletion: Deletion,
    ) -> Result<bool> {
        let _place = self.enter();
        let (reply, answer) = oneshot::channel();
        let job = Job::DeleteCustomerRows { organisation, deletion, reply };
        self.queue.send(job).await.map_err(|_| Error::Stopping)?;
        answer.await.map_err(|_| Error::Stopping)?
    }

    /// Waits from now on, for those who look at the queue.
    fn enter(&self) -> Place {
        self.metrics.ingest.waiting.enter(Instant::now())
    }

    fn offer(&self, job: Job) -> Result<()> {
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Closed(_) => Error::Stopping,
            mpsc::error::TrySendError::Full(_) => {
                self.metrics.ingest.refused.increment();
                Error::Problem(Problem {
                    retry_after_s: Some(1),
                    ..Problem::new(
                        ProblemKind::TooManyRequests,
                        format!("{INGEST_QUEUE_MAX} requests are waiting; try again in 1 second"),
                    )
                })
            }
        })
    }
}

/// The task behind the door. It ends when every door is gone and the queue is empty.
pub(crate) struct Pipeline {
    pub(super) stores: Stores,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) organisations: Arc<Organisations>,
    pub(super) sessions: SessionSettings,
    pub(super) next_due: Arc<NextDue>,
    pub(super) metrics: Arc<Metrics>,
    queue: mpsc::Receiver<Job>,
    /// Answers that wait until what they tell is durable.
    answers: JoinSet<()>,
    rounds: Rounds,
}

impl Pipeline {
    pub(crate) fn new(
        stores: Stores,
        clock: Arc<dyn Clock>,
        organisations: Arc<Organisations>,
        sessions: SessionSettings,
        metrics: Arc<Metrics>,
    ) -> (Ingest, Self) {
        let (sender, queue) = mpsc::channel(INGEST_QUEUE_MAX);
        // Until the store was asked, something may be due.
        let next_due = Arc::new(NextDue(AtomicI64::new(i64::MIN)));
        let ingest = Ingest { queue: sender, next_due: next_due.clone(), metrics: metrics.clone() };
        let pipeline = Self {
            stores,
            clock,
            organisations,
            sessions,
            next_due,
            metrics,
            queue,
            answers: JoinSet::new(),
            rounds: Rounds::default(),
        };
        (ingest, pipeline)
    }

    /// Works until the app is dropped and everything that waited is answered.
    pub(crate) async fn run(mut self) {
        settle::refresh_next_due(&self).await;
        while let Some(batch) = self.next_batch().await {
            self.work(batch).await;
            while self.answers.try_join_next().is_some() {}
        }
        while self.answers.join_next().await.is_some() {}
    }

    /// The next jobs, at most [`INGEST_BATCH_MAX`]; none of them when only time passed.
    async fn next_batch(&mut self) -> Option<Vec<Job>> {
        let mut batch = Vec::new();
        let sleep = self.sleep();
        tokio::select! {
            // Requests first: each batch of them is followed by a part of what it is time for.
            biased;
            received = self.queue.recv_many(&mut batch, INGEST_BATCH_MAX) => {
                if received == 0 { return None; }
            }
            () = tokio::time::sleep(sleep) => {}
        }
        Some(batch)
    }

    fn sleep(&self) -> Duration {
        self.rounds.sleep(self.next_due.get(), self.clock.now(), Instant::now())
    }

    async fn work(&mut self, batch: Vec<Job>) {
        let commands = batch.iter().map(Job::commands).sum();
        let mut pending = Vec::new();
        for job in batch {
            match job {
                Job::Apply { organisation, commands, reply } => {
                    pending.push((organisation, commands, reply));
                }
                // After the requests beside it, of which nobody has an answer yet.
                Job::Settle { reply } => self.rounds.wait(reply),
                Job::DeleteSegment { organisation, segment, reply } => {
                    self.apply(std::mem::take(&mut pending)).await;
                    let deleted = settle::delete_segment(self, organisation, segment).await;
                    settle::refresh_next_due(self).await;
                    self.metrics.segments.forget(organisation, segment);
                    answer(reply, deleted);
                }
                Job::Unmerge { organisation, contact, reply } => {
                    self.apply(std::mem::take(&mut pending)).await;
                    answer(reply, settle::unmerge(self, organisation, contact).await);
                }
                Job::DeleteCustomerRows { organisation, deletion, reply } => {
                    self.apply(std::mem::take(&mut pending)).await;
                    let deleted = settle::delete_customer_rows(self, organisation, &deletion).await;
                    settle::refresh_next_due(self).await;
                    answer(reply, deleted);
                }
            }
        }
        self.apply(pending).await;
        if self.sleep().is_zero() {
            self.settle_some(commands).await;
        }
    }

    /// Ends some of what is due.
    async fn settle_some(&mut self, commands: usize) {
        let limit = self.rounds.part_max(commands);
        let now = self.rounds.moment(self.clock.now());
        match settle::settle_some(self, now, limit).await {
            Ok(true) => {}
            Ok(false) => self.rounds.end(Ok(()), Instant::now()),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "settling failed");
                self.rounds.end(Err(error.into_problem()), Instant::now());
            }
        }
    }

    /// Applies requests in one batch per organisation. A batch that cannot be committed fails all of
    /// its requests, and nothing of them was stored.
    async fn apply(&mut self, requests: Vec<Request>) {
        let mut by_organisation: BTreeMap<Uuid, Vec<Request>> = BTreeMap::new();
        for request in requests {
            by_organisation.entry(request.0.as_uuid()).or_default().push(request);
        }
        for (id, requests) in by_organisation {
            let (commands, replies): (Vec<_>, Vec<_>) =
                requests.into_iter().map(|(_, commands, reply)| (commands, reply)).unzip();
            if commands.iter().flatten().any(is_replay) {
                self.rounds.rest(Instant::now());
            }
            let organisation = OrganisationId::from_uuid(id);
            let span = tracing::info_span!(
                "batch",
                organisation = %organisation,
                requests = commands.len(),
                commands = commands.iter().map(Vec::len).sum::<usize>(),
            );
            let applied = apply::commit(self, organisation, &commands).instrument(span).await;
            self.answers.spawn(hand_out(applied, replies, self.metrics.clone()));
        }
    }
}

type Request = (OrganisationId, Vec<Command>, oneshot::Sender<Result<Vec<Reply>>>);

fn is_replay(command: &Command) -> bool {
    use wayfare_model::event::Arrival;
    matches!(command, Command::Event(event) if event.arrival == Arrival::Replay)
}

/// Gives each request its outcome once that is durable, or each the same failure.
async fn hand_out(
    applied: Result<(Vec<Result<Vec<Reply>>>, Durable)>,
    replies: Vec<oneshot::Sender<Result<Vec<Reply>>>>,
    metrics: Arc<Metrics>,
) {
    let told = match applied {
        Ok((outcomes, durable)) => durable.wait().await.map(|()| outcomes).map_err(Error::from),
        Err(error) => Err(error),
    };
    match told {
        Ok(outcomes) => {
            for (outcome, reply) in outcomes.into_iter().zip(replies) {
                answer(reply, outcome);
            }
        }
        Err(error) => {
            metrics.ingest.failures.increment();
            tracing::error!(error = &error as &dyn std::error::Error, "a batch failed");
            let problem = error.into_problem();
            for reply in replies {
                answer(reply, Err(problem.clone().into()));
            }
        }
    }
}

/// A client that left meanwhile misses its answer; what it asked for is done all the same.
fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    drop(reply.send(value));
}
