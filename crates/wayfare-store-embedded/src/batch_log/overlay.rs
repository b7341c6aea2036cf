//! What a loading finds in memory before it reads the database.

use std::sync::Arc;

use wayfare_model::assignment::Assignment;
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{AssignmentId, ContactId, EventId, OrganisationId, SessionId};
use wayfare_model::segment::Scope;
use wayfare_model::session::{Session, Visitor};

use super::pending::{Pending, PendingOf};
use super::recent::{Recent, RecentOf};

/// What is in memory of an organisation: what waits, the younger before the older, and what the
/// database had lately.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Overlay<'p> {
    waiting: [Option<&'p PendingOf>; 2],
    recent: Option<&'p RecentOf>,
}

impl<'p> Overlay<'p> {
    pub(super) fn new(
        organisation: OrganisationId,
        pending: &'p Pending,
        flushing: Option<&'p Pending>,
        recent: &'p Recent,
    ) -> Self {
        let of = |pending: &'p Pending| pending.of(organisation);
        Self { waiting: [of(pending), flushing.and_then(of)], recent: recent.of(organisation) }
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(self) -> bool {
        self.all().next().is_none()
    }

    fn all(self) -> impl Iterator<Item = &'p PendingOf> {
        self.waiting.into_iter().flatten()
    }

    pub(crate) fn visitor(self, customer: &CustomerKey) -> Option<&'p Visitor> {
        let waiting = self.all().find_map(|it| it.visitors.get(customer));
        let recent = || self.recent.and_then(|it| it.visitors.get(customer)).map(Arc::as_ref);
        waiting.map(|both| both.0.as_ref()).or_else(recent)
    }

    pub(crate) fn session(self, id: SessionId) -> Option<&'p Session> {
        let waiting = self.all().find_map(|it| it.sessions.get(&id));
        let recent = || self.recent.and_then(|it| it.sessions.get(&id)).map(Arc::as_ref);
        waiting.map(|both| both.0.as_ref()).or_else(recent)
    }

    pub(crate) fn session_of_event(self, id: EventId) -> Option<SessionId> {
        self.all().find_map(|it| it.event_sessions.get(&id)).copied()
    }

    pub(crate) fn contact(self, id: ContactId) -> Option<&'p Contact> {
        let waiting = self.all().find_map(|it| it.contacts.get(&id));
        let recent = || self.recent.and_then(|it| it.contacts.get(&id)).map(Arc::as_ref);
        waiting.map(|both| both.0.as_ref()).or_else(recent)
    }

    pub(crate) fn identifier(self, customer: &CustomerKey) -> Option<&'p Identifier> {
        let waiting = self.all().find_map(|it| it.identifiers.get(customer));
        let recent = || self.recent.and_then(|it| it.identifiers.get(customer)).map(Arc::as_ref);
        waiting.map(|both| both.0.as_ref()).or_else(recent)
    }

    pub(crate) fn assignment(self, id: AssignmentId) -> Option<&'p Assignment> {
        self.all().find_map(|it| it.assignments.get(&id)).map(|both| &both.0)
    }

    /// Every assignment that waits and was made in a session, the younger row of one only.
    pub(crate) fn of_session(self, id: SessionId) -> Vec<&'p Assignment> {
        let mut made = self.assignments(self.all().filter_map(|it| it.of_session.get(&id)));
        made.retain(|one| one.session.as_ref().is_some_and(|session| session.id == id));
        made
    }

    /// Every assignment of scope Customer that waits and was made for a customer.
    pub(crate) fn of_customer(self, customer: &CustomerKey) -> Vec<&'p Assignment> {
        let mut made = self.assignments(self.all().filter_map(|it| it.of_customer.get(customer)));
        made.retain(|one| one.scope == Scope::Customer && one.customer.as_ref() == Some(customer));
        made
    }

    fn assignments(self, ids: impl Iterator<Item = &'p Vec<AssignmentId>>) -> Vec<&'p Assignment> {
        let mut each: Vec<AssignmentId> = ids.flatten().copied().collect();
        each.sort_unstable();
        each.dedup();
        each.into_iter().filter_map(|id| self.assignment(id)).collect()
    }
}
