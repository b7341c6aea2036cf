//! The way of every write: one queue, one task, one durable transaction per batch.
//!
//! Web events, app events, imports, assignments made over the API, expiry and the members of a
//! deleted segment all come through here, in order. A batch is loaded, applied by the engine and
//! committed; while the disk makes it durable, which is when it is answered, the next one is worked on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tracing::Instrument as _;
use uuid::Uuid;
use wayfare_engine::sessions::Settings as SessionSettings;
use wayfare_store::Stores;
use wayfare_store::journeys::Durable;

use super::apply::{self, Reply};
pub(crate) use super::door::Ingest;
use super::door::NextDue;
use super::queue::{self, Job, Next, Queue, Request};
use super::rounds::{self, Rounds};
use super::segment_deletions::{SegmentDeletion, SegmentDeletions};
use super::set_aside::SetAside;
use super::settle;
use crate::access::organisations::Organisations;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::metrics::Metrics;

/// The task behind the door. It ends when every door is gone and the queue is empty.
pub(crate) struct Pipeline {
    pub(super) stores: Stores,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) organisations: Arc<Organisations>,
    pub(super) sessions: SessionSettings,
    pub(super) next_due: Arc<NextDue>,
    pub(super) set_aside: Arc<SetAside>,
    pub(super) metrics: Arc<Metrics>,
    queue: Queue,
    /// Answers that wait until what they tell is durable.
    answers: JoinSet<()>,
    pub(super) rounds: Rounds,
    pub(super) segment_deletions: SegmentDeletions,
}

impl Pipeline {
    pub(crate) fn new(
        stores: Stores,
        clock: Arc<dyn Clock>,
        organisations: Arc<Organisations>,
        sessions: SessionSettings,
        metrics: Arc<Metrics>,
    ) -> (Ingest, Self) {
        let (entrance, queue) = queue::new();
        let next_due = Arc::new(NextDue::unknown());
        let set_aside = Arc::<SetAside>::default();
        let ingest = Ingest {
            entrance,
            next_due: next_due.clone(),
            set_aside: set_aside.clone(),
            metrics: metrics.clone(),
        };
        let pipeline = Self {
            stores,
            clock,
            organisations,
            sessions,
            next_due,
            set_aside,
            metrics,
            queue,
            answers: JoinSet::new(),
            rounds: Rounds::default(),
            segment_deletions: SegmentDeletions::default(),
        };
        (ingest, pipeline)
    }

    /// Works until the app is dropped and everything that waited is answered.
    pub(crate) async fn run(mut self) {
        settle::refresh_next_due(&self).await;
        while let Some(next) = self.next().await {
            self.work(next).await;
            while self.answers.try_join_next().is_some() {}
        }
        while self.answers.join_next().await.is_some() {}
    }

    /// The next jobs; none of them when only time passed, or when something under way goes on.
    async fn next(&mut self) -> Option<Next> {
        let sleep = self.sleep();
        tokio::select! {
            // Requests first: each batch of them is followed by a part of what it is time for.
            biased;
            next = self.queue.next() => next,
            () = tokio::time::sleep(sleep) => Some(Next::default()),
        }
    }

    fn sleep(&self) -> Duration {
        if self.segment_deletions.is_empty() { self.rest() } else { Duration::ZERO }
    }

    /// How long it is until more of what is due is to be ended.
    fn rest(&self) -> Duration {
        self.rounds.sleep(self.next_due.get(), self.clock.now(), Instant::now())
    }

    /// Works on jobs, then on imports, then on a part of whatever goes on.
    async fn work(&mut self, next: Next) {
        let mut commands = 0;
        let mut pending = Vec::new();
        for job in next.jobs {
            match job {
                Job::Apply(request) => {
                    commands += request.len();
                    pending.push(request);
                }
                // After the requests beside it, of which nobody has an answer yet.
                Job::Settle { organisation, reply } => self.rounds.wait(organisation, reply),
                Job::DeleteSegment { organisation, segment, reply } => {
                    let deletion = SegmentDeletion::new(organisation, segment, reply);
                    self.segment_deletions.push_back(deletion);
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
        if !next.imports.is_empty() {
            commands += next.imports.iter().map(Request::len).sum::<usize>();
            self.rounds.rest(Instant::now());
            self.apply(next.imports).await;
        }
        self.delete_some_members(rounds::part_beside(commands)).await;
        if self.rest().is_zero() {
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
            by_organisation.entry(request.organisation.as_uuid()).or_default().push(request);
        }
        for requests in by_organisation.into_values() {
            let Some(organisation) = requests.first().map(|first| first.organisation) else {
                continue;
            };
            let (commands, replies): (Vec<_>, Vec<_>) =
                requests.into_iter().map(|request| (request.commands, request.reply)).unzip();
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

    /// Answers once that is durable which the answer tells.
    pub(super) fn answer_once_durable(
        &mut self,
        durable: Result<Durable>,
        reply: oneshot::Sender<Result<()>>,
    ) {
        self.answers.spawn(async {
            let done = match durable {
                Ok(durable) => durable.wait().await.map_err(Error::from),
                Err(error) => Err(error),
            };
            answer(reply, done);
        });
    }
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
