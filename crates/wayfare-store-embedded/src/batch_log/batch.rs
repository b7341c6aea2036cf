//! A batch as the log has it.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::change::Changes;
use wayfare_model::id::{FactId, OrganisationId};
use wayfare_store::Error;
use wayfare_store::error::Result;

use super::record;
use crate::changes::{self as change_log, ChangeRow};
use crate::facts::{FactRow, FactRows, Live};
use crate::journeys::rows::{ContactRow, EventRow, IdentifierRow, SessionRow, VisitorRow};
use crate::journeys::{AssignmentRow, assignments, events};

/// The rows that a batch writes, in the order of its changes.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct BatchRows {
    pub(super) organisation: Uuid,
    pub(super) contacts: Vec<ContactRow>,
    pub(super) identifiers: Vec<IdentifierRow>,
    pub(super) visitors: Vec<VisitorRow>,
    pub(super) sessions: Vec<SessionRow>,
    pub(super) events: Vec<EventRow>,
    pub(super) assignments: Vec<AssignmentRow>,
    pub(super) log: Vec<ChangeRow>,
    pub(super) facts: Vec<FactRow>,
    pub(super) removed_facts: Vec<Uuid>,
}

impl BatchRows {
    /// # Errors
    /// When something cannot be written down.
    fn new(organisation: OrganisationId, changes: &mut Changes) -> Result<Self> {
        let events = std::mem::take(&mut changes.events).into_iter();
        let log = std::mem::take(&mut changes.log).into_iter();
        Ok(Self {
            organisation: organisation.as_uuid(),
            contacts: changes.contacts.iter().map(ContactRow::new).collect::<Result<_>>()?,
            identifiers: changes.identifiers.iter().map(IdentifierRow::new).collect(),
            visitors: changes.visitors.iter().map(VisitorRow::new).collect::<Result<_>>()?,
            sessions: changes.sessions.iter().map(SessionRow::new).collect::<Result<_>>()?,
            events: events.map(EventRow::new).collect::<Result<_>>()?,
            assignments: changes
                .assignments
                .iter()
                .map(AssignmentRow::new)
                .collect::<Result<_>>()?,
            log: log.map(ChangeRow::new).collect(),
            facts: changes.facts.iter().map(FactRow::new).collect::<Result<_>>()?,
            removed_facts: changes.removed_facts.iter().map(|id| id.as_uuid()).collect(),
        })
    }

    /// # Errors
    /// When they are not what was written.
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        postcard::from_bytes(bytes).map_err(|error| Error::Corrupt {
            context: format!("a batch in the log of batches: {error}"),
        })
    }

    /// Writes all of them, before anybody has facts in memory.
    pub(super) fn replay(&self, connection: &Connection, live: &Live) -> Result<()> {
        let organisation = self.organisation;
        for contact in &self.contacts {
            contact.write(connection, organisation)?;
        }
        for identifier in &self.identifiers {
            identifier.write(connection, organisation)?;
        }
        for visitor in &self.visitors {
            visitor.write(connection, organisation)?;
        }
        for session in &self.sessions {
            session.write(connection, organisation)?;
        }
        events::write(connection, organisation, &self.events)?;
        for assignment in &self.assignments {
            assignments::write(connection, organisation, assignment)?;
        }
        change_log::append(connection, organisation, &self.log)?;
        let mut facts = FactRows::new(connection, OrganisationId::from_uuid(organisation), live)?;
        for fact in &self.facts {
            facts.insert(fact)?;
        }
        for id in &self.removed_facts {
            facts.remove(FactId::from_uuid(*id))?;
        }
        Ok(())
    }
}

/// A batch that is ready to be appended: what it changes, and the rows of that. Events and the change
/// log are rows only.
pub(crate) struct Prepared {
    organisation: OrganisationId,
    pub(super) models: Changes,
    pub(super) rows: BatchRows,
}

impl Prepared {
    /// # Errors
    /// When something cannot be written down.
    pub(crate) fn new(organisation: OrganisationId, mut models: Changes) -> Result<Self> {
        let rows = BatchRows::new(organisation, &mut models)?;
        Ok(Self { organisation, models, rows })
    }

    pub(super) const fn organisation(&self) -> OrganisationId {
        self.organisation
    }

    pub(super) const fn models(&self) -> &Changes {
        &self.models
    }

    /// The record of it.
    pub(super) fn record(&self, sequence: u64, salt: u64) -> Result<Vec<u8>> {
        let batch = postcard::to_stdvec(&self.rows).map_err(|error| Error::Unavailable {
            context: "writing a batch down".to_owned(),
            source: Box::new(error),
        })?;
        Ok(record::write(sequence, salt, &batch))
    }
}
