//! Committing a batch.

use rusqlite::{Connection, params};
use uuid::Uuid;
use wayfare_model::change::{Changes, ContactMerge};
use wayfare_model::id::OrganisationId;
use wayfare_store::Error;
use wayfare_store::error::Result;
use wayfare_store::journeys::Batch;

use super::rows::{ContactRow, EventRow, IdentifierRow, SessionRow, VisitorRow};
use super::{AssignmentRow, assignments, contacts, entities, events};
use crate::changes::{self as change_log, ChangeRow};
use crate::facts::{self, Effect, FactRow, FactRows, Live};
use crate::{documents, sql};

/// Writes a batch; gives what it did to facts. After an error the caller undoes what was written.
pub(super) fn commit(
    connection: &Connection,
    organisation: OrganisationId,
    batch: Batch,
    live: &Live,
) -> Result<Vec<Effect>> {
    let Batch { changes, removed_documents, ends_due: _ } = batch;
    let rows = Rows { connection, organisation: organisation.as_uuid() };
    rows.check_revisions(&changes)?;
    if !changes.facts.is_empty() {
        facts::check_tail(live, organisation)?;
    }
    for merge in changes.merges {
        rows.merge(merge)?;
    }
    for unmerge in changes.unmerges {
        contacts::unmerge(connection, rows.organisation, unmerge)?;
    }
    let uuid = rows.organisation;
    for contact in &changes.contacts {
        ContactRow::new(contact)?.write(connection, uuid)?;
    }
    for identifier in &changes.identifiers {
        IdentifierRow::new(identifier).write(connection, uuid)?;
    }
    for visitor in &changes.visitors {
        VisitorRow::new(visitor)?.write(connection, uuid)?;
    }
    for session in &changes.sessions {
        SessionRow::new(session)?.write(connection, uuid)?;
    }
    let events = changes.events.into_iter().map(EventRow::new).collect::<Result<Vec<_>>>()?;
    events::write(connection, uuid, &events)?;
    for id in changes.removed_assignments {
        assignments::remove(connection, uuid, id)?;
    }
    for assignment in &changes.assignments {
        assignments::write(connection, uuid, &AssignmentRow::new(assignment)?)?;
    }
    let log = changes.log.into_iter().map(ChangeRow::new).collect::<Vec<_>>();
    change_log::append(connection, uuid, &log)?;
    let mut facts = FactRows::new(connection, organisation, live)?;
    for fact in changes.facts {
        let row = FactRow::new(&fact)?;
        facts.write(&row, fact)?;
    }
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
        let Self { connection, organisation } = *self;
        for visitor in &changes.visitors {
            let stored = entities::visitor_revision(connection, organisation, &visitor.customer)?;
            check(stored, visitor.revision)?;
        }
        for contact in &changes.contacts {
            let stored = entities::contact_revision(connection, organisation, contact.id)?;
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
}

fn check(stored: u64, expected: u64) -> Result<()> {
    if stored == expected { Ok(()) } else { Err(Error::Conflict { stored, expected }) }
}
