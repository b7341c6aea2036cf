//! Deleting the rows of a customer.

use rusqlite::{Connection, params};
use uuid::Uuid;
use wayfare_model::assignment::AssignmentState;
use wayfare_model::customer::CustomerKey;
use wayfare_model::deletion::{Deletion, Removed};
use wayfare_model::fact::{Dimension, Fact};
use wayfare_model::id::{AssignmentId, FactId, IdSource, OrganisationId, SessionId};
use wayfare_store::error::Result;
use wayfare_store::journeys::StoredEvents;

use super::progress::{add_removed, keep_contact, keep_customer, keep_session};
use crate::facts::{Effect, FactRow, FactRows, Live};
use crate::journeys::{assignments, events};
use crate::row::{Stored, session};
use crate::sql;

/// Sessions of a customer that are looked at in one transaction.
const SESSIONS_AT_ONCE: i64 = 100;

/// Deletes some of the rows of a customer; whether all of them are gone, and what happened to facts.
pub(super) fn delete(
    connection: &Connection,
    organisation: OrganisationId,
    deletion: &Deletion,
    ids: IdSource,
    limit: usize,
    live: &Live,
) -> Result<(bool, Vec<Effect>)> {
    let uuid = organisation.as_uuid();
    let facts = FactRows::new(connection, organisation, live)?;
    let removed = Removed::default();
    let mut deleting =
        Deleting { connection, organisation: uuid, deletion, ids, facts, removed, left: limit };
    keep_customer(connection, uuid, deletion.id, &deletion.customer)?;
    let is_done = match deleting.subject()? {
        None => true,
        Some(subject) => {
            deleting.stop_others(&subject)?;
            let is_done = deleting.sessions(&subject)?;
            if is_done {
                deleting.person(&subject)?;
            }
            is_done
        }
    };
    add_removed(connection, uuid, deletion.id, deleting.removed)?;
    Ok((is_done, deleting.facts.into_effects()))
}

/// Whose rows go.
struct Subject {
    /// Where the customer leads.
    contact: Uuid,
    /// Whether nobody else leads there, so that the contact goes too.
    is_whole: bool,
}

struct Deleting<'c> {
    connection: &'c Connection,
    organisation: Uuid,
    deletion: &'c Deletion,
    ids: IdSource,
    facts: FactRows<'c>,
    removed: Removed,
    /// Events that may still be deleted in this transaction.
    left: usize,
}

impl Deleting<'_> {
    /// Whose rows go; nobody's when the customer is not known.
    fn subject(&self) -> Result<Option<Subject>> {
        const VISITOR: &str = "SELECT contact FROM visitor
            WHERE organisation = ? AND id_type = ? AND customer_id = ?";
        const IDENTIFIER: &str = "SELECT contact FROM identifier
            WHERE organisation = ? AND id_type = ? AND customer_id = ?";
        const OTHERS: &str = "SELECT 1 FROM visitor WHERE organisation = ?1 AND contact = ?2
            AND NOT (id_type = ?3 AND customer_id = ?4) LIMIT 1";
        let CustomerKey { id_type, id } = &self.deletion.customer;
        let contact = |sql| {
            sql::first(self.connection, sql, params![self.organisation, id_type, id], |row| {
                Stored::new("identifier", 0, row).id(0)
            })
        };
        let contact = match contact(VISITOR)? {
            Some(contact) => contact,
            None => match contact(IDENTIFIER)? {
                Some(contact) => contact,
                None => return Ok(None),
            },
        };
        let others = params![self.organisation, contact, id_type, id];
        let is_whole =
            self.deletion.is_of_person() || !sql::exists(self.connection, OTHERS, others)?;
        Ok(Some(Subject { contact, is_whole }))
    }

    /// Has whoever loaded the visitors before load them again.
    fn stop_others(&self, subject: &Subject) -> Result<()> {
        const SQL: &str = "UPDATE visitor SET revision = revision + 1
            WHERE organisation = ? AND contact = ?";
        sql::execute(self.connection, SQL, params![self.organisation, subject.contact]).map(|_| ())
    }

    /// Deletes sessions with everything in them, as far as the limit allows; whether all are gone.
    fn sessions(&mut self, subject: &Subject) -> Result<bool> {
        const OF_CONTACT: &str = "SELECT id, contact, started, body FROM session
            WHERE organisation = ?1 AND contact = ?2 LIMIT ?3";
        const OF_VISITOR: &str = "SELECT id, contact, started, body FROM session
            WHERE organisation = ?1 AND contact = ?2 AND body ->> '$.customer.type' = ?4
            AND body ->> '$.customer.id' = ?5 LIMIT ?3";
        let CustomerKey { id_type, id } = &self.deletion.customer;
        let (contact, limit) = (subject.contact, SESSIONS_AT_ONCE);
        let found = if subject.is_whole {
            let params = params![self.organisation, contact, limit];
            sql::all(self.connection, OF_CONTACT, params, session::read)?
        } else {
            let params = params![self.organisation, contact, limit, id_type, id];
            sql::all(self.connection, OF_VISITOR, params, session::read)?
        };
        let is_last = found.len() < usize::try_from(limit).unwrap_or(usize::MAX);
        for session in found {
            if !self.events(session.id)? {
                return Ok(false);
            }
            self.session(session.id, &session.customer)?;
        }
        Ok(is_last)
    }

    /// Deletes the events of a session, as far as the limit allows; whether all are gone.
    fn events(&mut self, session: SessionId) -> Result<bool> {
        const DELETE: &str = "DELETE FROM event WHERE rowid IN (SELECT rowid FROM event
            WHERE organisation = ? AND session = ? LIMIT ?) RETURNING octet_length(body)";
        const FORGOTTEN: &str =
            "DELETE FROM event_forgotten WHERE organisation = ? AND session = ?";
        let key = (self.organisation, session.as_uuid());
        let params = params![key.0, key.1, sql::limit(self.left)];
        let bytes: Vec<u64> =
            sql::all(self.connection, DELETE, params, |row| Stored::new("event", 0, row).count(0))?;
        let events = bytes.len() as u64;
        let gone = StoredEvents { events, bytes: bytes.iter().sum() };
        events::add_to_total(self.connection, gone, -1)?;
        self.removed.events += events;
        let is_done = bytes.len() < self.left;
        self.left -= bytes.len();
        if is_done {
            sql::execute(self.connection, FORGOTTEN, params![key.0, key.1])?;
        }
        Ok(is_done)
    }

    /// Deletes a session without events, and what was assigned in it.
    fn session(&mut self, id: SessionId, customer: &CustomerKey) -> Result<()> {
        const DELETE: &str = "DELETE FROM session WHERE organisation = ? AND id = ?";
        let deletion = self.deletion.id;
        keep_session(self.connection, self.organisation, deletion, id.as_uuid())?;
        keep_customer(self.connection, self.organisation, deletion, customer)?;
        self.erase(FactId::of_session(&self.ids, id))?;
        for made in assignments::of_session(self.connection, self.organisation, id)? {
            self.assignment(made.id)?;
        }
        let params = params![self.organisation, id.as_uuid()];
        let deleted = sql::execute(self.connection, DELETE, params)?;
        self.removed.sessions += deleted as u64;
        Ok(())
    }

    fn assignment(&mut self, id: AssignmentId) -> Result<()> {
        for state in AssignmentState::ALL {
            self.erase(FactId::of_assignment(&self.ids, id, state))?;
        }
        assignments::remove(self.connection, self.organisation, id)?;
        self.removed.assignments += 1;
        Ok(())
    }

    /// Takes what identifies the customer out of a fact that is a row.
    fn erase(&mut self, id: FactId) -> Result<()> {
        let Some(mut fact) = self.facts.stored(id)? else { return Ok(()) };
        if erase(&mut fact, self.deletion) {
            self.facts.write(&FactRow::new(&fact)?, fact)?;
            self.removed.facts += 1;
        }
        Ok(())
    }

    /// Deletes what is left when no session is: assignments, identifiers, visitors and contacts.
    fn person(&mut self, subject: &Subject) -> Result<()> {
        const MADE_FOR: &str = "SELECT id FROM assignment
            WHERE organisation = ? AND id_type = ? AND customer_id = ?";
        const MADE_ON: &str = "SELECT id FROM assignment WHERE organisation = ? AND contact = ?";
        let CustomerKey { id_type, id } = &self.deletion.customer;
        let read = |row: &rusqlite::Row<'_>| Stored::new("assignment", 1, row).id(0);
        let made: Vec<Uuid> = if subject.is_whole {
            let params = params![self.organisation, subject.contact];
            sql::all(self.connection, MADE_ON, params, read)?
        } else {
            let params = params![self.organisation, id_type, id];
            sql::all(self.connection, MADE_FOR, params, read)?
        };
        for id in made {
            self.assignment(AssignmentId::from_uuid(id))?;
        }
        if subject.is_whole { self.whole_person(subject.contact) } else { self.one_visitor() }
    }

    /// Deletes a contact, those merged into it, and everything that leads to them.
    fn whole_person(&mut self, contact: Uuid) -> Result<()> {
        const VISITORS: &str = "DELETE FROM visitor WHERE organisation = ? AND contact = ?
            RETURNING id_type, customer_id";
        const IDENTIFIERS: &str = "DELETE FROM identifier WHERE organisation = ? AND contact = ?
            RETURNING id_type, customer_id";
        const CONTACTS: &str = "WITH RECURSIVE part (id) AS (
                SELECT ?2 UNION SELECT contact.id FROM part JOIN contact
                ON contact.organisation = ?1 AND contact.merged_into = part.id
            ) DELETE FROM contact WHERE organisation = ?1 AND id IN part RETURNING id";
        self.removed.visitors += self.customers(VISITORS, contact)?;
        self.removed.identifiers += self.customers(IDENTIFIERS, contact)?;
        self.contacts(CONTACTS, contact)
    }

    /// Deletes a visitor whose person is known by another one too, with what it alone has brought.
    fn one_visitor(&mut self) -> Result<()> {
        const VISITOR: &str =
            "DELETE FROM visitor WHERE organisation = ? AND id_type = ? AND customer_id = ?";
        const IDENTIFIER: &str = "DELETE FROM identifier
            WHERE organisation = ? AND id_type = ? AND customer_id = ? RETURNING home";
        // Another visitor that belongs there by itself.
        const OTHERS: &str = "SELECT 1 FROM visitor JOIN identifier USING
            (organisation, id_type, customer_id)
            WHERE organisation = ? AND identifier.home = ? LIMIT 1";
        const BROUGHT: &str = "DELETE FROM identifier WHERE organisation = ? AND home = ?
            RETURNING id_type, customer_id";
        // Those that were merged into it belong where it was merged into.
        const MERGED: &str = "UPDATE contact SET revision = revision + 1, merged_into =
            (SELECT merged_into FROM contact WHERE organisation = ?1 AND id = ?2)
            WHERE organisation = ?1 AND merged_into = ?2";
        const CONTACT: &str = "DELETE FROM contact
            WHERE organisation = ? AND id = ? AND merged_into IS NOT NULL RETURNING id";
        let CustomerKey { id_type, id } = &self.deletion.customer;
        let key = params![self.organisation, id_type, id];
        self.removed.visitors += sql::execute(self.connection, VISITOR, key)? as u64;
        let home: Option<Uuid> = sql::first(self.connection, IDENTIFIER, key, |row| {
            Stored::new("identifier", 0, row).id(0)
        })?;
        let Some(home) = home else { return Ok(()) };
        self.removed.identifiers += 1;
        let at_home = params![self.organisation, home];
        if sql::exists(self.connection, OTHERS, at_home)? {
            return Ok(());
        }
        self.removed.identifiers += self.customers(BROUGHT, home)?;
        let is_merged = "SELECT 1 FROM contact
            WHERE organisation = ? AND id = ? AND merged_into IS NOT NULL";
        if sql::exists(self.connection, is_merged, at_home)? {
            sql::execute(self.connection, MERGED, at_home)?;
            self.contacts(CONTACT, home)?;
        }
        Ok(())
    }

    /// Deletes contacts, and keeps which they were.
    fn contacts(&mut self, delete: &str, of: Uuid) -> Result<()> {
        let params = params![self.organisation, of];
        let contacts: Vec<Uuid> =
            sql::all(self.connection, delete, params, |row| Stored::new("contact", 0, row).id(0))?;
        for contact in &contacts {
            keep_contact(self.connection, self.organisation, self.deletion.id, *contact)?;
        }
        self.removed.contacts += contacts.len() as u64;
        Ok(())
    }

    /// Deletes rows that name customers, and keeps whom they named; gives how many.
    fn customers(&self, delete: &str, of: Uuid) -> Result<u64> {
        let params = params![self.organisation, of];
        let customers: Vec<CustomerKey> = sql::all(self.connection, delete, params, |row| {
            let stored = Stored::new("identifier", 2, row);
            Ok(CustomerKey { id_type: stored.get(0)?, id: stored.get(1)? })
        })?;
        for customer in &customers {
            keep_customer(self.connection, self.organisation, self.deletion.id, customer)?;
        }
        Ok(customers.len() as u64)
    }
}

/// Takes what identifies a customer out of a fact; whether there was anything.
fn erase(fact: &mut Fact, deletion: &Deletion) -> bool {
    let had_customer = fact.dimensions.remove(&Dimension::JourneyCustomerId).is_some();
    let sessions = fact.dimensions.get_mut(&Dimension::JourneySessionId);
    for session in sessions.into_iter().flatten() {
        if let Ok(id) = session.parse::<Uuid>() {
            *session = deletion.pseudonym(id).to_string();
        }
    }
    had_customer
}
