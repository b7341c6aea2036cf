//! Loading what a batch touches.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;
use uuid::Uuid;
use wayfare_model::assignment::{Assignment, AssignmentState};
use wayfare_model::change::{KnownEvent, Loaded, Touch};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{AssignmentId, ContactId, SessionId};
use wayfare_store::error::Result;

use super::{assignments, entities, events};
use crate::batch_log::Overlay;

/// Loads what [`Loaded`] says for a [`Touch`], each row once.
///
/// `overlay` is what the database does not have yet. It is empty when contacts are named.
pub(crate) fn load(
    connection: &Connection,
    organisation: Uuid,
    touch: &Touch,
    overlay: &Overlay<'_>,
) -> Result<Loaded> {
    let mut loading = Loading {
        connection,
        organisation,
        overlay: *overlay,
        loaded: Loaded::default(),
        sessions: HashSet::new(),
        assignments: HashSet::new(),
        contacts: HashMap::new(),
    };
    loading.known_events(touch)?;
    loading.visitors(touch)?;
    for id in &touch.sessions {
        loading.session(*id)?;
    }
    for id in &touch.assignments {
        let named = loading.assignment(*id)?;
        loading.add_assignments(named)?;
    }
    for customer in each_once(&touch.customers) {
        let latest = loading.latest_of_customer(customer)?;
        loading.add_assignments(latest)?;
    }
    for customer in each_once(touch.customers.iter().chain(&touch.identifiers)) {
        let identifier = match overlay.identifier(customer) {
            Some(pending) => Some(pending.clone()),
            None => entities::identifier(connection, organisation, customer)?,
        };
        loading.loaded.identifiers.extend(identifier);
    }
    loading.named_contacts(touch)?;
    loading.contacts_of_loaded()?;
    Ok(loading.loaded)
}

fn each_once<'t>(
    customers: impl IntoIterator<Item = &'t CustomerKey>,
) -> impl Iterator<Item = &'t CustomerKey> {
    let mut seen = HashSet::new();
    customers.into_iter().filter(move |customer| seen.insert(*customer))
}

struct Loading<'c> {
    connection: &'c Connection,
    organisation: Uuid,
    overlay: Overlay<'c>,
    loaded: Loaded,
    /// Sessions looked up, whether or not there is one.
    sessions: HashSet<SessionId>,
    /// Assignments loaded.
    assignments: HashSet<AssignmentId>,
    /// Contacts looked up, whether or not there is one, and those they were merged into.
    contacts: HashMap<ContactId, Option<ContactId>>,
}

impl Loading<'_> {
    /// The known ones of the events, and the sessions they went to.
    fn known_events(&mut self, touch: &Touch) -> Result<()> {
        let mut seen = HashSet::new();
        for id in touch.events.iter().filter(|id| seen.insert(**id)) {
            let session = match self.overlay.session_of_event(*id) {
                Some(pending) => Some(pending),
                None => events::session_of(self.connection, self.organisation, *id)?,
            };
            if let Some(session) = session {
                self.loaded.known_events.push(KnownEvent { id: *id, session });
                self.session(session)?;
            }
        }
        Ok(())
    }

    /// The visitors of the customers, with all their recent sessions.
    fn visitors(&mut self, touch: &Touch) -> Result<()> {
        for customer in each_once(&touch.customers) {
            let visitor = match self.overlay.visitor(customer) {
                Some(pending) => Some(pending.clone()),
                None => entities::visitor(self.connection, self.organisation, customer)?,
            };
            if let Some(visitor) = visitor {
                for session in &visitor.recent_sessions {
                    self.session(*session)?;
                }
                self.loaded.visitors.push(visitor);
            }
        }
        Ok(())
    }

    /// A session, with every assignment made in it.
    fn session(&mut self, id: SessionId) -> Result<()> {
        if !self.sessions.insert(id) {
            return Ok(());
        }
        let session = match self.overlay.session(id) {
            Some(pending) => Some(pending.clone()),
            None => entities::session(self.connection, self.organisation, id)?,
        };
        if let Some(session) = session {
            self.loaded.sessions.push(session);
            let made = self.made_in(id)?;
            self.add_assignments(made)?;
        }
        Ok(())
    }

    fn assignment(&self, id: AssignmentId) -> Result<Option<Assignment>> {
        match self.overlay.assignment(id) {
            Some(pending) => Ok(Some(pending.clone())),
            None => assignments::assignment(self.connection, self.organisation, id),
        }
    }

    /// Every assignment made in a session, in the order in which they were made.
    fn made_in(&self, session: SessionId) -> Result<Vec<Assignment>> {
        let stored = assignments::of_session(self.connection, self.organisation, session)?;
        let mut made = self.with_pending(stored, self.overlay.of_session(session));
        made.sort_by_key(|assignment| (assignment.assigned, assignment.id));
        Ok(made)
    }

    /// Of scope Customer, for each segment, the assignment of a customer that was made last.
    fn latest_of_customer(&self, customer: &CustomerKey) -> Result<Vec<Assignment>> {
        let stored = assignments::latest_of_customer(self.connection, self.organisation, customer)?;
        let mut made = self.with_pending(stored, self.overlay.of_customer(customer));
        made.sort_by_key(|one| (one.segment, std::cmp::Reverse((one.assigned, one.id))));
        made.dedup_by_key(|one| one.segment);
        Ok(made)
    }

    /// What is stored, each as it is now, and what is not stored yet.
    fn with_pending(&self, stored: Vec<Assignment>, pending: Vec<&Assignment>) -> Vec<Assignment> {
        let is_pending = |one: &Assignment| self.overlay.assignment(one.id).is_some();
        let mut all: Vec<_> = stored.into_iter().filter(|one| !is_pending(one)).collect();
        all.extend(pending.into_iter().cloned());
        all
    }

    /// Assignments, with the sessions of those that hold.
    fn add_assignments(&mut self, found: impl IntoIterator<Item = Assignment>) -> Result<()> {
        for assignment in found {
            if !self.assignments.insert(assignment.id) {
                continue;
            }
            let holds = assignment.state() == AssignmentState::Assigned;
            let session = assignment.session.as_ref().filter(|_| holds).map(|session| session.id);
            self.loaded.assignments.push(assignment);
            if let Some(session) = session {
                self.session(session)?;
            }
        }
        Ok(())
    }

    /// The named contacts and what holds on them; and, since the batch may merge a named contact
    /// with those of its visitors and identifiers, what holds on these.
    fn named_contacts(&mut self, touch: &Touch) -> Result<()> {
        if touch.contacts.is_empty() {
            return Ok(());
        }
        let loaded = &self.loaded;
        let contacts: Vec<ContactId> = (touch.contacts.iter().copied())
            .chain(loaded.visitors.iter().map(|visitor| visitor.contact))
            .chain(loaded.identifiers.iter().map(|identifier| identifier.contact))
            .collect();
        let mut ends = HashSet::new();
        for id in contacts {
            let end = self.end_of_merges(id)?;
            if ends.insert(end) {
                let holding =
                    assignments::holding_on_contact(self.connection, self.organisation, end)?;
                self.add_assignments(holding)?;
            }
        }
        Ok(())
    }

    /// The contacts that anything loaded leads to.
    fn contacts_of_loaded(&mut self) -> Result<()> {
        let loaded = &self.loaded;
        let led_to: Vec<ContactId> = (loaded.visitors.iter().map(|visitor| visitor.contact))
            .chain(loaded.sessions.iter().map(|session| session.contact))
            .chain(loaded.assignments.iter().map(|assignment| assignment.contact))
            .chain(loaded.identifiers.iter().map(|identifier| identifier.contact))
            .collect();
        for id in led_to {
            self.contact_and_merges(id)?;
        }
        Ok(())
    }

    /// Loads a contact, and those it was merged into or is kept apart from, to the end.
    fn contact_and_merges(&mut self, id: ContactId) -> Result<()> {
        let mut waiting = vec![id];
        while let Some(id) = waiting.pop() {
            // Whatever was looked up before is followed to its end as well; so circles end, too.
            if self.contacts.contains_key(&id) {
                continue;
            }
            let contact = match self.overlay.contact(id) {
                Some(pending) => Some(pending.clone()),
                None => entities::contact(self.connection, self.organisation, id)?,
            };
            let merged_into = contact.as_ref().and_then(|contact| contact.merged_into);
            waiting.extend(contact.iter().flat_map(|contact| contact.kept_apart.iter().copied()));
            waiting.extend(merged_into);
            self.contacts.insert(id, merged_into);
            self.loaded.contacts.extend(contact);
        }
        Ok(())
    }

    /// Loads a contact and those it was merged into; gives the last.
    fn end_of_merges(&mut self, id: ContactId) -> Result<ContactId> {
        self.contact_and_merges(id)?;
        let mut end = id;
        let mut passed = HashSet::from([id]);
        while let Some(next) = self.contacts.get(&end).copied().flatten() {
            if !passed.insert(next) {
                break;
            }
            end = next;
        }
        Ok(end)
    }
}
