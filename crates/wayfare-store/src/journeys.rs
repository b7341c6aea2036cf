//! The truth about visitors: sessions, events, assignments, contacts.

use std::pin::Pin;

use async_trait::async_trait;
use uuid::Uuid;
use wayfare_model::assignment::{Assignment, AssignmentState};
use wayfare_model::change::{AppliedEvent, Changes, Due, Loaded, Touch};
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{AssignmentId, ContactId, EventId, OrganisationId, SegmentId, SessionId};
use wayfare_model::segment::Scope;
use wayfare_model::session::{Session, Visitor};
use wayfare_model::time::Moment;

use crate::documents::Kind;
use crate::error::Result;

/// A batch to commit: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// What the engine changed.
    pub changes: Changes,
    /// Documents that go with it (a deleted segment). One that is gone already does not fail the
    /// batch.
    pub removed_documents: Vec<(Kind, Uuid)>,
    /// Whether something of what it changes was due by now, so that it ends what time had ended.
    pub ends_due: bool,
}

/// Whose assignments are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssignmentSubject {
    /// Of a session.
    Session(SessionId),
    /// Of a customer: those made for it, and those that clients made on its contact.
    Customer {
        /// The customer.
        customer: CustomerKey,
        /// Its contact.
        contact: ContactId,
    },
    /// Of a contact, whoever of its customers they were made for.
    Contact(ContactId),
    /// Of a segment: its members.
    Segment(SegmentId),
}

/// Which assignments are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignmentQuery {
    /// Whose.
    pub subject: AssignmentSubject,
    /// Only of this scope.
    pub scope: Option<Scope>,
    /// Only in this state.
    pub state: Option<AssignmentState>,
}

/// A place in a list of assignments, which is in the order of `assigned`, then `id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssignmentPlace {
    /// When the last one seen was made.
    pub assigned: Moment,
    /// Its id.
    pub id: AssignmentId,
}

/// A place in a list of events, which is in the order of `created`, then `id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPlace {
    /// When the last one seen happened.
    pub created: Moment,
    /// Its id.
    pub id: EventId,
}

/// A place in a list of sessions, which is in the order of `started`, then `id`, the latest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPlace {
    /// When the last one seen began.
    pub started: Moment,
    /// Its id.
    pub id: SessionId,
}

/// A commit that others see already, and that will be durable or the store broken.
pub struct Durable(Pin<Box<dyn Future<Output = Result<()>> + Send>>);

impl Durable {
    /// Durable once `done` says so.
    pub fn when(done: impl Future<Output = Result<()>> + Send + 'static) -> Self {
        Self(Box::pin(done))
    }

    /// Durable already.
    #[must_use]
    pub fn now() -> Self {
        Self::when(std::future::ready(Ok(())))
    }

    /// Waits until it is.
    ///
    /// # Errors
    /// [`crate::Error::Uncertain`] when it is unknown whether it is: the store must be opened anew.
    pub async fn wait(self) -> Result<()> {
        self.0.await
    }
}

/// How many a segment has matched, ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentCount {
    /// The segment.
    pub segment: SegmentId,
    /// Sessions in which it was assigned.
    pub sessions: u64,
    /// Customers to whom it was assigned.
    pub customers: u64,
}

/// How long events are kept. Whichever limit is reached first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventRetention {
    /// Milliseconds since an event came in; for ever when absent.
    pub age_ms: Option<i64>,
    /// Bytes of all stored events with their keys; without a limit when absent.
    pub bytes_max: Option<u64>,
}

/// How many events are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoredEvents {
    /// Their number.
    pub events: u64,
    /// The bytes that they take with their keys.
    pub bytes: u64,
}

/// The truth about visitors.
#[async_trait]
pub trait Journeys: Send + Sync {
    /// What is stored of what a batch touches; see [`Loaded`] for what that is. Sees commits that are
    /// not durable yet, as [`Journeys::due`] and [`Journeys::next_due`] do; all others wait for them.
    async fn load(&self, organisation: OrganisationId, touch: &Touch) -> Result<Loaded>;

    /// Commits a batch in one durable transaction.
    ///
    /// Rows are written under their ids, so that committing the same batch on the same revisions
    /// again is refused by the revisions and otherwise changes nothing.
    ///
    /// # Errors
    /// [`crate::Error::Conflict`] when a visitor or contact has another revision than it had when it
    /// was loaded; nothing was written. [`crate::Error::Uncertain`] when it is unknown.
    async fn commit(&self, organisation: OrganisationId, batch: Batch) -> Result<()>;

    /// As [`Journeys::commit`], and comes back as soon as the next [`Journeys::load`],
    /// [`Journeys::due`] and [`Journeys::next_due`] see the batch. Nobody may be answered before it is
    /// durable. What is committed later is not durable before it.
    ///
    /// # Errors
    /// As [`Journeys::commit`], of what goes wrong before the batch is seen.
    async fn commit_early(&self, organisation: OrganisationId, batch: Batch) -> Result<Durable> {
        self.commit(organisation, batch).await.map(|()| Durable::now())
    }

    /// What is due at `now`: sessions in the order of their ends, then assignments in the order of
    /// theirs, at most `limit` of each.
    async fn due(&self, organisation: OrganisationId, now: Moment, limit: usize) -> Result<Due>;

    /// The moment at which something of any organisation is due next.
    async fn next_due(&self) -> Result<Option<Moment>>;

    /// A visitor.
    async fn visitor(
        &self,
        organisation: OrganisationId,
        customer: &CustomerKey,
    ) -> Result<Option<Visitor>>;

    /// A session.
    async fn session(&self, organisation: OrganisationId, id: SessionId)
    -> Result<Option<Session>>;

    /// Sessions of a contact, the latest first, those after `after`, at most `limit`.
    async fn sessions_of_contact(
        &self,
        organisation: OrganisationId,
        contact: ContactId,
        after: Option<SessionPlace>,
        limit: usize,
    ) -> Result<Vec<Session>>;

    /// Events of a session in the order they happened, those after `after`, at most `limit`. Those
    /// that were forgotten are not among them.
    async fn events_of_session(
        &self,
        organisation: OrganisationId,
        session: SessionId,
        after: Option<EventPlace>,
        limit: usize,
    ) -> Result<Vec<AppliedEvent>>;

    /// Events of sessions in the order in which they were applied, the first ones, at most `limit`.
    async fn events_as_applied(
        &self,
        organisation: OrganisationId,
        sessions: &[SessionId],
        limit: usize,
    ) -> Result<Vec<AppliedEvent>>;

    /// Visitors in the order of their customers (type, then id), those after `after`, at most `limit`.
    async fn visitors(
        &self,
        organisation: OrganisationId,
        after: Option<&CustomerKey>,
        limit: usize,
    ) -> Result<Vec<Visitor>>;

    /// An event, unless it was forgotten.
    async fn event(
        &self,
        organisation: OrganisationId,
        id: EventId,
    ) -> Result<Option<AppliedEvent>>;

    /// Assignments in the order they were made, those after `after`, at most `limit`.
    async fn assignments(
        &self,
        organisation: OrganisationId,
        query: &AssignmentQuery,
        after: Option<AssignmentPlace>,
        limit: usize,
    ) -> Result<Vec<Assignment>>;

    /// Where a customer id leads.
    async fn identifier(
        &self,
        organisation: OrganisationId,
        customer: &CustomerKey,
    ) -> Result<Option<Identifier>>;

    /// The identifiers that lead to a contact, in the order of type and id, those after `after`, at
    /// most `limit`.
    async fn identifiers_of_contact(
        &self,
        organisation: OrganisationId,
        contact: ContactId,
        after: Option<&CustomerKey>,
        limit: usize,
    ) -> Result<Vec<Identifier>>;

    /// The contacts that were merged into a contact, or into one of these, in the order of their ids,
    /// those after `after`, at most `limit`.
    async fn contacts_merged_into(
        &self,
        organisation: OrganisationId,
        contact: ContactId,
        after: Option<ContactId>,
        limit: usize,
    ) -> Result<Vec<Contact>>;

    /// A contact, under its own id: merges are not followed.
    async fn contact(&self, organisation: OrganisationId, id: ContactId)
    -> Result<Option<Contact>>;

    /// How many each segment has matched, in the order of the segments' ids. Segments that matched
    /// nobody are left out.
    async fn segment_counts(&self, organisation: OrganisationId) -> Result<Vec<SegmentCount>>;

    /// How many events of all organisations are stored.
    async fn stored_events(&self) -> Result<StoredEvents>;

    /// Forgets the events of all organisations that are to be kept no longer at `now`, those that
    /// came in first before others; gives how many. Everything that followed from them stays, and
    /// an event that comes again is still known. Works in small steps, between which others commit.
    async fn retain_events(&self, now: Moment, retention: EventRetention) -> Result<u64>;
}
