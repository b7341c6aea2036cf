//! The truth about visitors: sessions, events, assignments, contacts.

pub(crate) mod assignments;
mod commit;
mod contacts;
pub(crate) mod due;
mod entities;
pub(crate) mod events;
mod listing;
mod load;
pub(crate) mod rows;

pub(crate) use assignments::{AssignmentRow, each as each_assignment};
pub(crate) use entities::{contact_revision, each_session, session, visitor_revision};
pub(crate) use load::load;

use std::sync::Arc;

use async_trait::async_trait;
use wayfare_model::assignment::Assignment;
use wayfare_model::change::{AppliedEvent, Due, Loaded, Touch};
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{ContactId, EventId, OrganisationId, SessionId};
use wayfare_model::session::{Session, Visitor};
use wayfare_model::time::Moment;
use wayfare_store::error::Result;
use wayfare_store::journeys::{
    AssignmentPlace, AssignmentQuery, Batch, Durable, EventPlace, EventRetention, Journeys,
    SegmentCount, SessionPlace, StoredEvents,
};

use self::listing::Listing;
use crate::batch_log::BatchLog;
use crate::database::Database;

#[async_trait]
impl Journeys for Database {
    async fn load(&self, organisation: OrganisationId, touch: &Touch) -> Result<Loaded> {
        loop {
            let (touch, log) = (touch.clone(), Arc::clone(self.batch_log()));
            let loaded = self.look_ahead(move || log.load(organisation, &touch)).await;
            if let Some(loaded) = self.noted(loaded)? {
                return Ok(loaded);
            }
            self.flush().await?;
        }
    }

    async fn commit(&self, organisation: OrganisationId, batch: Batch) -> Result<()> {
        self.commit_early(organisation, batch).await?.wait().await
    }

    async fn commit_early(&self, organisation: OrganisationId, batch: Batch) -> Result<Durable> {
        if batch.removed_documents.is_empty() && batch.changes.is_empty() {
            let durability = Arc::clone(self.durability());
            return Ok(Durable::when(async move { durability.wait().await }));
        }
        if batch.removed_documents.is_empty() && BatchLog::takes(&batch.changes) {
            return self.append(organisation, batch.changes, batch.ends_due).await;
        }
        let (live, applied) = (Arc::clone(self.live()), Arc::clone(self.live()));
        let work = move |connection: &_| commit::commit(connection, organisation, batch, &live);
        self.write_early(work, move |effects| applied.apply(organisation, effects)).await
    }

    async fn due(&self, organisation: OrganisationId, now: Moment, limit: usize) -> Result<Due> {
        let log = Arc::clone(self.batch_log());
        self.noted(self.look_ahead(move || log.due(organisation, now, limit)).await)
    }

    async fn next_due(&self) -> Result<Option<Moment>> {
        let log = Arc::clone(self.batch_log());
        self.noted(self.look_ahead(move || log.next_due()).await)
    }

    async fn visitor(
        &self,
        organisation: OrganisationId,
        customer: &CustomerKey,
    ) -> Result<Option<Visitor>> {
        let (customer, key) = (customer.clone(), customer.clone());
        self.read_beside(
            organisation,
            move |overlay| overlay.visitor(&key).cloned(),
            move |connection, waiting| {
                waiting_or(waiting, || {
                    entities::visitor(connection, organisation.as_uuid(), &customer)
                })
            },
        )
        .await
    }

    async fn session(
        &self,
        organisation: OrganisationId,
        id: SessionId,
    ) -> Result<Option<Session>> {
        self.read_beside(
            organisation,
            move |overlay| overlay.session(id).cloned(),
            move |connection, waiting| {
                waiting_or(waiting, || entities::session(connection, organisation.as_uuid(), id))
            },
        )
        .await
    }

    async fn sessions_of_contact(
        &self,
        organisation: OrganisationId,
        contact: ContactId,
        after: Option<SessionPlace>,
        limit: usize,
    ) -> Result<Vec<Session>> {
        self.read(move |connection| {
            entities::sessions_of_contact(connection, organisation.as_uuid(), contact, after, limit)
        })
        .await
    }

    async fn events_of_session(
        &self,
        organisation: OrganisationId,
        session: SessionId,
        after: Option<EventPlace>,
        limit: usize,
    ) -> Result<Vec<AppliedEvent>> {
        self.read(move |connection| {
            events::of_session(connection, organisation.as_uuid(), session, after, limit)
        })
        .await
    }

    async fn events_as_applied(
        &self,
        organisation: OrganisationId,
        sessions: &[SessionId],
        limit: usize,
    ) -> Result<Vec<AppliedEvent>> {
        let sessions = sessions.to_vec();
        self.read(move |connection| {
            events::as_applied(connection, organisation.as_uuid(), &sessions, limit)
        })
        .await
    }

    async fn visitors(
        &self,
        organisation: OrganisationId,
        after: Option<&CustomerKey>,
        limit: usize,
    ) -> Result<Vec<Visitor>> {
        let after = after.cloned();
        self.read(move |connection| {
            entities::visitors(connection, organisation.as_uuid(), after.as_ref(), limit)
        })
        .await
    }

    async fn event(
        &self,
        organisation: OrganisationId,
        id: EventId,
    ) -> Result<Option<AppliedEvent>> {
        self.read(move |connection| events::event(connection, organisation.as_uuid(), id)).await
    }

    async fn assignments(
        &self,
        organisation: OrganisationId,
        query: &AssignmentQuery,
        after: Option<AssignmentPlace>,
        limit: usize,
    ) -> Result<Vec<Assignment>> {
        let listing = Listing { query: query.clone(), after, limit };
        let listed = listing.clone();
        self.read_beside(
            organisation,
            move |overlay| listing.waiting(overlay),
            move |connection, waiting| listed.with(connection, organisation.as_uuid(), waiting),
        )
        .await
    }

    async fn identifier(
        &self,
        organisation: OrganisationId,
        customer: &CustomerKey,
    ) -> Result<Option<Identifier>> {
        let (customer, key) = (customer.clone(), customer.clone());
        self.read_beside(
            organisation,
            move |overlay| overlay.identifier(&key).cloned(),
            move |connection, waiting| {
                waiting_or(waiting, || {
                    entities::identifier(connection, organisation.as_uuid(), &customer)
                })
            },
        )
        .await
    }

    async fn identifiers_of_contact(
        &self,
        organisation: OrganisationId,
        contact: ContactId,
        after: Option<&CustomerKey>,
        limit: usize,
    ) -> Result<Vec<Identifier>> {
        let (organisation, after) = (organisation.as_uuid(), after.cloned());
        self.read(move |connection| {
            contacts::identifiers(connection, organisation, contact, after.as_ref(), limit)
        })
        .await
    }

    async fn contacts_merged_into(
        &self,
        organisation: OrganisationId,
        contact: ContactId,
        after: Option<ContactId>,
        limit: usize,
    ) -> Result<Vec<Contact>> {
        self.read(move |connection| {
            contacts::merged_into(connection, organisation.as_uuid(), contact, after, limit)
        })
        .await
    }

    async fn contact(
        &self,
        organisation: OrganisationId,
        id: ContactId,
    ) -> Result<Option<Contact>> {
        self.read_beside(
            organisation,
            move |overlay| overlay.contact(id).cloned(),
            move |connection, waiting| {
                waiting_or(waiting, || entities::contact(connection, organisation.as_uuid(), id))
            },
        )
        .await
    }

    async fn segment_counts(&self, organisation: OrganisationId) -> Result<Vec<SegmentCount>> {
        self.read(move |connection| assignments::counts(connection, organisation.as_uuid())).await
    }

    async fn stored_events(&self) -> Result<StoredEvents> {
        self.read(events::total).await
    }

    async fn retain_events(&self, now: Moment, retention: EventRetention) -> Result<u64> {
        let mut forgotten = 0;
        while !self.is_closing() {
            let old = self.read(move |it| events::too_old(it, now, retention)).await?;
            if old.is_empty() {
                break;
            }
            let gone = self.write(move |connection| events::forget(connection, &old)).await?;
            if gone == 0 {
                break;
            }
            forgotten += gone;
        }
        Ok(forgotten)
    }
}

/// The row that waits; if there is none, the one that is stored.
fn waiting_or<T>(
    waiting: Option<T>,
    stored: impl FnOnce() -> Result<Option<T>>,
) -> Result<Option<T>> {
    match waiting {
        Some(waiting) => Ok(Some(waiting)),
        None => stored(),
    }
}
