//! Committing a batch.

use rusqlite::{Connection, params};
use uuid::Uuid;
use wayfare_model::change::{Changes, ContactMerge};
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::id::{ContactId, OrganisationId};
use wayfare_model::session::{Session, Visitor};
use wayfare_model::time::Moment;
use wayfare_store::Error;
use wayfare_store::error::Result;
use wayfare_store::journeys::Batch;

use super::{assignments, contacts, events};
use crate::facts::{Effect, FactRows, Live};
use crate::row::contact::kept_apart;
use crate::row::{Stored, session, visitor, write_body, write_count};
use crate::{changes as change_log, documents, sql};

/// Writes a batch; gives what it did to facts. After an error the caller undoes what was written.
pub(super) fn commit(
    connection: &Connection,
    organisation: OrganisationId,
    batch: Batch,
    live: &Live,
) -> Result<Vec<Effect>> {
    let Batch { changes, removed_documents } = batch;
    let rows = Rows { connection, organisation: organisation.as_uuid() };
    rows.check_revisions(&changes)?;
    for merge in changes.merges {
        rows.merge(merge)?;
    }
    for unmerge in changes.unmerges {
        contacts::unmerge(connection, rows.organisation, unmerge)?;
    }
    changes.contacts.into_iter().try_for_each(|contact| rows.contact(&contact))?;
    changes.identifiers.into_iter().try_for_each(|identifier| rows.identifier(&identifier))?;
    changes.visitors.into_iter().try_for_each(|visitor| rows.visitor(visitor))?;
    changes.sessions.into_iter().try_for_each(|session| rows.session(session))?;
    events::write(connection, rows.organisation, changes.events)?;
    for id in changes.removed_assignments {
        assignments::remove(connection, rows.organisation, id)?;
    }
    for assignment in changes.assignments {
        assignments::write(connection, rows.organisation, assignment)?;
    }
    change_log::append(connection, rows.organisation, changes.log)?;
    let mut facts = FactRows::new(connection, organisation, live)?;
    changes.facts.into_iter().try_for_each(|fact| facts.write(fact))?;
    changes.removed_facts.into_iter().try_for_each(|id| facts.remove(id))?;
    for (kind, id) in removed_documents {
        // One that is gone already does not matter.
        documents::remove(connection, organisation, kind, id)?;
    }
    Ok(facts.into_effects())
}

struct Rows<'c> {
    connection: &'c Connection,
    organisation: Uuid,
}

impl Rows<'_> {
    /// Compares every revision before anything is written, since merges raise some.
    fn check_revisions(&self, changes: &Changes) -> Result<()> {
        const VISITOR: &str = "SELECT id_type, customer_id, revision FROM visitor
            WHERE organisation = ? AND id_type = ? AND customer_id = ?";
        const CONTACT: &str = "SELECT id, revision FROM contact WHERE organisation = ? AND id = ?";
        for visitor in &changes.visitors {
            let key = params![self.organisation, visitor.customer.id_type, visitor.customer.id];
            let stored = sql::first(self.connection, VISITOR, key, |row| {
                Stored::new("visitor", 2, row).count(2)
            })?;
            check(stored, visitor.revision)?;
        }
        for contact in &changes.contacts {
            let key = params![self.organisation, contact.id.as_uuid()];
            let stored = sql::first(self.connection, CONTACT, key, |row| {
                Stored::new("contact", 1, row).count(1)
            })?;
            check(stored, contact.revision)?;
        }
        Ok(())
    }

    /// Makes every stored row that names one contact name another.
    fn merge(&self, merge: ContactMerge) -> Result<()> {
        // A visitor's revision counts the commits that changed it: a commit that loaded the visitor
        // before the merge must not put the old contact back.
        const STATEMENTS: [&str; 4] = [
            "UPDATE visitor SET contact = ?, revision = revision + 1
                WHERE organisation = ? AND contact = ?",
            "UPDATE session SET contact = ? WHERE organisation = ? AND contact = ?",
            "UPDATE assignment SET contact = ? WHERE organisation = ? AND contact = ?",
            "UPDATE identifier SET contact = ? WHERE organisation = ? AND contact = ?",
        ];
        let params = params![merge.into.as_uuid(), self.organisation, merge.from.as_uuid()];
        for statement in STATEMENTS {
            sql::execute(self.connection, statement, params)?;
        }
        Ok(())
    }

    fn contact(&self, contact: &Contact) -> Result<()> {
        const SQL: &str = "INSERT INTO contact
            (organisation, id, revision, created, merged_into, kept_apart)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (organisation, id) DO UPDATE SET
            revision = excluded.revision, created = excluded.created,
            merged_into = excluded.merged_into, kept_apart = excluded.kept_apart";
        let params = params![
            self.organisation,
            contact.id.as_uuid(),
            write_count("contact", contact.revision.saturating_add(1))?,
            contact.created.as_ms(),
            contact.merged_into.map(ContactId::as_uuid),
            kept_apart(contact),
        ];
        sql::execute(self.connection, SQL, params).map(|_| ())
    }

    fn identifier(&self, identifier: &Identifier) -> Result<()> {
        const SQL: &str = "INSERT INTO identifier
            (organisation, id_type, customer_id, contact, home)
            VALUES (?, ?, ?, ?, ?) ON CONFLICT (organisation, id_type, customer_id) DO UPDATE SET
            contact = excluded.contact, home = excluded.home";
        let params = params![
            self.organisation,
            identifier.customer.id_type,
            identifier.customer.id,
            identifier.contact.as_uuid(),
            identifier.home.as_uuid(),
        ];
        sql::execute(self.connection, SQL, params).map(|_| ())
    }

    fn visitor(&self, visitor: Visitor) -> Result<()> {
        // Leaves the index by contact alone, where the contact is the one that is stored.
        const SAME_CONTACT: &str = "UPDATE visitor SET revision = ?4, body = ?6
            WHERE organisation = ?1 AND id_type = ?2 AND customer_id = ?3 AND contact = ?5";
        const SQL: &str = "INSERT INTO visitor
            (organisation, id_type, customer_id, revision, contact, body) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (organisation, id_type, customer_id) DO UPDATE SET
            revision = excluded.revision, contact = excluded.contact, body = excluded.body";
        let is_new = visitor.revision == 0;
        let customer = visitor.customer.clone();
        let revision = write_count("visitor", visitor.revision.saturating_add(1))?;
        let contact = visitor.contact.as_uuid();
        let body = write_body("visitor", &visitor::Body::from(visitor))?;
        let params =
            params![self.organisation, customer.id_type, customer.id, revision, contact, body];
        if is_new || sql::execute(self.connection, SAME_CONTACT, params)? == 0 {
            sql::execute(self.connection, SQL, params)?;
        }
        Ok(())
    }

    fn session(&self, session: Session) -> Result<()> {
        // Leaves the index by contact alone, where contact and beginning are those that are stored.
        const SAME_PLACE: &str = "UPDATE session SET due = ?5, body = ?6
            WHERE organisation = ?1 AND id = ?2 AND contact = ?3 AND started = ?4";
        const SQL: &str = "INSERT INTO session (organisation, id, contact, started, due, body)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (organisation, id) DO UPDATE SET
            contact = excluded.contact, started = excluded.started, due = excluded.due,
            body = excluded.body";
        let (id, contact) = (session.id.as_uuid(), session.contact.as_uuid());
        let started = session.started.as_ms();
        let due = session.decides.map_or(session.ends, |moment| moment.min(session.ends));
        let due = session.ended.is_none().then_some(due).map(Moment::as_ms);
        let body = write_body("session", &session::Body::from(session))?;
        let params = params![self.organisation, id, contact, started, due, body];
        if sql::execute(self.connection, SAME_PLACE, params)? == 0 {
            sql::execute(self.connection, SQL, params)?;
        }
        Ok(())
    }
}

fn check(stored: Option<u64>, expected: u64) -> Result<()> {
    let stored = stored.unwrap_or(0);
    if stored == expected { Ok(()) } else { Err(Error::Conflict { stored, expected }) }
}
