//! Rows of batches that wait to be put into the database, each as it is now.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use rusqlite::Connection;
use uuid::Uuid;
use wayfare_model::assignment::Assignment;
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{AssignmentId, ContactId, EventId, FactId, OrganisationId, SessionId};
use wayfare_model::metrics::Place;
use wayfare_model::segment::Scope;
use wayfare_model::session::{Session, Visitor};
use wayfare_store::error::Result;

use super::batch::Prepared;
use crate::changes::{self as change_log, ChangeRow};
use crate::facts::{Effect, FactChange, FactRows, Live};
use crate::journeys::rows::{ContactRow, EventRow, IdentifierRow, SessionRow, VisitorRow};
use crate::journeys::{AssignmentRow, assignments, events};

/// Batches that follow one another.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    organisations: BTreeMap<OrganisationId, PendingOf>,
    last: u64,
    commit: u64,
    bytes: usize,
    /// One for each of them, among those that wait.
    places: Vec<Place>,
}

/// What is known of a batch besides its rows.
pub(super) struct Added {
    pub(super) sequence: u64,
    /// The number of its commit.
    pub(super) commit: u64,
    /// Of its record.
    pub(super) bytes: usize,
    pub(super) place: Place,
}

/// Those of an organisation. Models and rows are boxed: they are large, and tables that grow move
/// what is in them.
#[derive(Debug, Default)]
pub(crate) struct PendingOf {
    contacts: HashMap<ContactId, Box<(Contact, ContactRow)>>,
    identifiers: HashMap<CustomerKey, Box<(Identifier, IdentifierRow)>>,
    visitors: HashMap<CustomerKey, Box<(Visitor, VisitorRow)>>,
    sessions: HashMap<SessionId, Box<(Session, SessionRow)>>,
    /// In the order in which they were applied.
    events: Vec<EventRow>,
    event_sessions: HashMap<EventId, SessionId>,
    assignments: HashMap<AssignmentId, Box<(Assignment, AssignmentRow)>>,
    of_session: HashMap<SessionId, Vec<AssignmentId>>,
    /// Of scope Customer.
    of_customer: HashMap<CustomerKey, Vec<AssignmentId>>,
    /// In the order in which they were made.
    log: Vec<ChangeRow>,
    facts: HashMap<FactId, FactChange>,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.organisations.is_empty()
    }

    /// Whose they are.
    pub(super) fn organisations(&self) -> impl Iterator<Item = OrganisationId> {
        self.organisations.keys().copied()
    }

    /// Bytes of their records.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of the last one.
    pub(crate) const fn last(&self) -> u64 {
        self.last
    }

    /// The number of its commit: once that is durable all of them are.
    pub(crate) const fn commit(&self) -> u64 {
        self.commit
    }

    /// How many there are.
    pub(crate) fn batches(&self) -> usize {
        self.places.len()
    }

    /// The rows that they write.
    pub(crate) fn rows(&self) -> usize {
        self.organisations.values().map(PendingOf::rows).sum()
    }

    pub(super) fn add(&mut self, prepared: Prepared, added: Added) {
        self.last = added.sequence;
        self.commit = added.commit;
        self.bytes += added.bytes;
        self.places.push(added.place);
        self.organisations.entry(prepared.organisation()).or_default().add(prepared);
    }

    /// Writes all rows, within a transaction; gives what that did to facts.
    pub(crate) fn write(
        &self,
        connection: &Connection,
        live: &Live,
    ) -> Result<Vec<(OrganisationId, Vec<Effect>)>> {
        let mut effects = Vec::new();
        for (organisation, pending) in &self.organisations {
            effects.push((*organisation, pending.write(connection, *organisation, live)?));
        }
        Ok(effects)
    }
}

impl PendingOf {
    fn rows(&self) -> usize {
        let people = self.contacts.len() + self.identifiers.len() + self.visitors.len();
        let visits = self.sessions.len() + self.events.len();
        people + visits + self.assignments.len() + self.log.len() + self.facts.len()
    }

    fn add(&mut self, prepared: Prepared) {
        let Prepared { models, rows, .. } = prepared;
        for (model, row) in models.contacts.into_iter().zip(rows.contacts) {
            let model = Contact { revision: model.revision.saturating_add(1), ..model };
            self.contacts.insert(model.id, Box::new((model, row)));
        }
        for (model, row) in models.identifiers.into_iter().zip(rows.identifiers) {
            self.identifiers.insert(model.customer.clone(), Box::new((model, row)));
        }
        for (model, row) in models.visitors.into_iter().zip(rows.visitors) {
            let model = Visitor { revision: model.revision.saturating_add(1), ..model };
            self.visitors.insert(model.customer.clone(), Box::new((model, row)));
        }
        for (model, row) in models.sessions.into_iter().zip(rows.sessions) {
            self.sessions.insert(model.id, Box::new((model, row)));
        }
        for row in rows.events {
            let session = SessionId::from_uuid(row.session);
            self.event_sessions.insert(EventId::from_uuid(row.id), session);
            self.events.push(row);
        }
        for (model, row) in models.assignments.into_iter().zip(rows.assignments) {
            self.add_assignment(model, row);
        }
        self.log.extend(rows.log);
        for (model, row) in models.facts.into_iter().zip(rows.facts) {
            self.facts.insert(model.id, Some(Arc::new((model, row))));
        }
        for id in models.removed_facts {
            self.facts.insert(id, None);
        }
    }

    fn add_assignment(&mut self, model: Assignment, row: AssignmentRow) {
        let id = model.id;
        if let Some(session) = &model.session {
            add_once(self.of_session.entry(session.id).or_default(), id);
        }
        if model.scope == Scope::Customer
            && let Some(customer) = &model.customer
        {
            add_once(self.of_customer.entry(customer.clone()).or_default(), id);
        }
        self.assignments.insert(id, Box::new((model, row)));
    }

    fn write(
        &self,
        connection: &Connection,
        organisation: OrganisationId,
        live: &Live,
    ) -> Result<Vec<Effect>> {
        let uuid: Uuid = organisation.as_uuid();
        for (_, row) in by_key(&self.contacts) {
            row.1.write(connection, uuid)?;
        }
        for (_, row) in by_key(&self.identifiers) {
            row.1.write(connection, uuid)?;
        }
        for (_, row) in by_key(&self.visitors) {
            row.1.write(connection, uuid)?;
        }
        // In the order of their beginnings, as they would come one by one.
        let mut sessions: Vec<_> = self.sessions.values().collect();
        sessions.sort_unstable_by_key(|both| (both.0.started, both.0.id));
        for both in sessions {
            both.1.write(connection, uuid)?;
        }
        events::write(connection, uuid, &self.events)?;
        let mut made: Vec<_> = self.assignments.values().collect();
        made.sort_unstable_by_key(|both| (both.0.assigned, both.0.id));
        for both in made {
            assignments::write(connection, uuid, &both.1)?;
        }
        change_log::append(connection, uuid, &self.log)?;
        let mut facts = FactRows::new(connection, organisation, live)?;
        for (id, change) in by_key(&self.facts) {
            match change {
                Some(both) => facts.write(&both.1, both.0.clone())?,
                None => facts.remove(*id)?,
            }
        }
        Ok(facts.into_effects())
    }
}

/// In the order of their keys, which is that of the pages they are on.
fn by_key<K: Ord, V>(rows: &HashMap<K, V>) -> Vec<(&K, &V)> {
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_unstable_by_key(|(key, _)| *key);
    rows
}

fn add_once<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// What waits of an organisation, the younger before the older.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Overlay<'p>([Option<&'p PendingOf>; 2]);

impl<'p> Overlay<'p> {
    pub(super) fn new(
        organisation: OrganisationId,
        pending: &'p Pending,
        flushing: Option<&'p Pending>,
    ) -> Self {
        let of = |pending: &'p Pending| pending.organisations.get(&organisation);
        Self([of(pending), flushing.and_then(of)])
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(self) -> bool {
        self.all().next().is_none()
    }

    fn all(self) -> impl Iterator<Item = &'p PendingOf> {
        self.0.into_iter().flatten()
    }

    pub(crate) fn visitor(self, customer: &CustomerKey) -> Option<&'p Visitor> {
        self.all().find_map(|it| it.visitors.get(customer)).map(|both| &both.0)
    }

    pub(crate) fn session(self, id: SessionId) -> Option<&'p Session> {
        self.all().find_map(|it| it.sessions.get(&id)).map(|both| &both.0)
    }

    pub(crate) fn session_of_event(self, id: EventId) -> Option<SessionId> {
        self.all().find_map(|it| it.event_sessions.get(&id)).copied()
    }

    pub(crate) fn contact(self, id: ContactId) -> Option<&'p Contact> {
        self.all().find_map(|it| it.contacts.get(&id)).map(|both| &both.0)
    }

    pub(crate) fn identifier(self, customer: &CustomerKey) -> Option<&'p Identifier> {
        self.all().find_map(|it| it.identifiers.get(customer)).map(|both| &both.0)
    }

    pub(crate) fn assignment(self, id: AssignmentId) -> Option<&'p Assignment> {
        self.all().find_map(|it| it.assignments.get(&id)).map(|both| &both.0)
    }

    /// Every session that waits, as its younger row is, and when it is due, if it is.
    pub(crate) fn sessions_due(self) -> impl Iterator<Item = (Uuid, Option<i64>)> {
        self.newest(|it| &it.sessions).map(|(_, both)| (both.1.id, both.1.due))
    }

    /// Every assignment that waits, as its younger row is, and when it is due, if it is.
    pub(crate) fn assignments_due(self) -> impl Iterator<Item = (Uuid, Option<i64>)> {
        self.newest(|it| &it.assignments).map(|(_, both)| (both.1.id, both.1.due))
    }

    fn newest<K: Eq + Hash + 'p, V: 'p>(
        self,
        rows: fn(&'p PendingOf) -> &'p HashMap<K, V>,
    ) -> impl Iterator<Item = (&'p K, &'p V)> {
        let [younger, older] = self.0.map(|pending| pending.map(rows));
        let is_newest = move |key: &K| younger.is_none_or(|rows| !rows.contains_key(key));
        let older = older.into_iter().flatten().filter(move |(key, _)| is_newest(key));
        younger.into_iter().flatten().chain(older)
    }

    /// A fact that waits, as it is now, or that it is removed.
    pub(super) fn fact(self, id: FactId) -> Option<&'p FactChange> {
        self.all().find_map(|it| it.facts.get(&id))
    }

    /// Every fact that waits, as it is now, or that it is removed.
    pub(crate) fn each_fact(self) -> impl Iterator<Item = (FactId, &'p FactChange)> {
        self.newest(|it| &it.facts).map(|(id, change)| (*id, change))
    }

    /// How many facts wait; one that is in both counts twice.
    pub(crate) fn facts(self) -> usize {
        self.all().map(|it| it.facts.len()).sum()
    }

    /// Every assignment that waits, as it is now.
    pub(crate) fn each_assignment(self) -> impl Iterator<Item = &'p Assignment> {
        self.newest(|it| &it.assignments).map(|(_, both)| &both.0)
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
