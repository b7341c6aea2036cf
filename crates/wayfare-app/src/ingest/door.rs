//! The door to the pipeline: what the use cases ask of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use tokio::sync::oneshot;
use wayfare_engine::journey::Command;
use wayfare_model::deletion::Deletion;
use wayfare_model::id::{AssignmentId, ContactId, OrganisationId, SegmentId, SessionId};
use wayfare_model::limits::INGEST_QUEUE_MAX;
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_model::time::Moment;

use super::apply::Reply;
use super::queue::{Entrance, Job, NotQueued, Request};
use super::set_aside::SetAside;
use crate::error::{Error, Result};
use crate::metrics::Metrics;

/// The door to the pipeline.
#[derive(Clone)]
pub(crate) struct Ingest {
    pub(super) entrance: Entrance,
    pub(super) next_due: Arc<NextDue>,
    pub(super) set_aside: Arc<SetAside>,
    pub(super) metrics: Arc<Metrics>,
}

/// When something is due next, as far as the pipeline knows; `i64::MAX` when nothing is.
pub(super) struct NextDue(AtomicI64);

impl NextDue {
    /// Until the store was asked, something may be due.
    pub(super) const fn unknown() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }

    pub(super) fn set(&self, moment: Option<Moment>) {
        self.0.store(moment.map_or(i64::MAX, Moment::as_ms), Ordering::Release);
    }

    /// Something is due at a moment. What was due before may be due later by now: whoever looks at it
    /// then finds that out.
    pub(super) fn lower(&self, moment: Moment) {
        self.0.fetch_min(moment.as_ms(), Ordering::AcqRel);
    }

    pub(super) fn get(&self) -> Option<Moment> {
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
        let (reply, answer) = oneshot::channel();
        let request = Request { organisation, commands, reply };
        let ingest = &self.metrics.ingest;
        let queue = if request.is_import() { &ingest.imports } else { &ingest.waiting };
        let _place = queue.enter(Instant::now());
        self.entrance.offer(request).map_err(|reason| self.refusal(&reason))?;
        answer.await.map_err(|_| Error::Stopping)?
    }

    /// Ends what is due at `now`, if anything is. Every read of sessions, assignments or facts comes
    /// through here first, so that no answer depends on when a timer last ran. What cannot be read is
    /// left as it is: see [`Ingest::check_settled`].
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn settle(&self, organisation: OrganisationId, now: Moment) -> Result<()> {
        if self.next_due.get().is_none_or(|due| due > now) {
            return Ok(());
        }
        self.ask(|reply| Job::Settle { organisation, reply }).await
    }

    /// As [`Ingest::settle`], for an answer that everything of an organisation is in.
    ///
    /// # Errors
    /// When the store fails, and when something that is due cannot be read.
    pub(crate) async fn settle_all(&self, organisation: OrganisationId, now: Moment) -> Result<()> {
        self.settle(organisation, now).await?;
        Ok(self.set_aside.check_all(organisation)?)
    }

    /// Says whether sessions and assignments that are to be shown have become what they should be by
    /// now.
    ///
    /// # Errors
    /// When one of them was due and could not be read.
    pub(crate) fn check_settled(
        &self,
        organisation: OrganisationId,
        sessions: impl IntoIterator<Item = SessionId>,
        assignments: impl IntoIterator<Item = AssignmentId>,
    ) -> Result<()> {
        Ok(self.set_aside.check(organisation, sessions, assignments)?)
    }

    /// Unassigns a segment's members and removes its document. Other requests come in between.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn delete_segment(
        &self,
        organisation: OrganisationId,
        segment: SegmentId,
    ) -> Result<()> {
        self.ask(|reply| Job::DeleteSegment { organisation, segment, reply }).await
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
        self.ask(|reply| Job::Unmerge { organisation, contact, reply }).await
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
        self.ask(|reply| Job::DeleteCustomerRows { organisation, deletion, reply }).await
    }

    /// Sends a job, also when it has to wait for room, and waits for what comes of it.
    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<Result<T>>) -> Job) -> Result<T> {
        // For those who look at the queue.
        let _place = self.metrics.ingest.waiting.enter(Instant::now());
        let (reply, answer) = oneshot::channel();
        self.entrance.send(job(reply)).await.map_err(|reason| self.refusal(&reason))?;
        answer.await.map_err(|_| Error::Stopping)?
    }

    fn refusal(&self, reason: &NotQueued) -> Error {
        match reason {
            NotQueued::Closed => Error::Stopping,
            NotQueued::Full => {
                self.metrics.ingest.refused.increment();
                Error::Problem(Problem {
                    retry_after_s: Some(1),
                    ..Problem::new(
                        ProblemKind::TooManyRequests,
                        format!("{INGEST_QUEUE_MAX} requests are waiting; try again in 1 second"),
                    )
                })
            }
        }
    }
}
