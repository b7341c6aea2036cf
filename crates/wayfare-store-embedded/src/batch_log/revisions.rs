//! Revisions: whether what a batch was made on is what there is.

use std::collections::HashMap;

use rusqlite::Connection;
use wayfare_model::change::{Changes, Loaded};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{ContactId, OrganisationId};
use wayfare_store::Error;
use wayfare_store::error::Result;

use super::pending::Overlay;
use crate::journeys::{contact_revision, visitor_revision};

/// Revisions of what the last loading found in the database.
#[derive(Debug, Default)]
pub(super) struct Revisions {
    visitors: HashMap<(OrganisationId, CustomerKey), u64>,
    contacts: HashMap<(OrganisationId, ContactId), u64>,
}

impl Revisions {
    /// Those of what was loaded.
    pub(super) fn of(organisation: OrganisationId, loaded: &Loaded) -> Self {
        let visitors = loaded.visitors.iter();
        let contacts = loaded.contacts.iter();
        Self {
            visitors: visitors
                .map(|visitor| ((organisation, visitor.customer.clone()), visitor.revision))
                .collect(),
            contacts: contacts
                .map(|contact| ((organisation, contact.id), contact.revision))
                .collect(),
        }
    }

    /// Compares the revisions that a batch was made on with those that are: of what waits, of what is
    /// known, else of what is stored.
    ///
    /// # Errors
    /// [`Error::Conflict`] when one is another.
    pub(super) fn check(
        &self,
        loader: &Connection,
        organisation: OrganisationId,
        overlay: Overlay<'_>,
        changes: &Changes,
    ) -> Result<()> {
        for visitor in &changes.visitors {
            let customer = &visitor.customer;
            let stored = match overlay.visitor(customer) {
                Some(pending) => pending.revision,
                None => match self.visitors.get(&(organisation, customer.clone())) {
                    Some(known) => *known,
                    None => visitor_revision(loader, organisation.as_uuid(), customer)?,
                },
            };
            compare(stored, visitor.revision)?;
        }
        for contact in &changes.contacts {
            let stored = match overlay.contact(contact.id) {
                Some(pending) => pending.revision,
                None => match self.contacts.get(&(organisation, contact.id)) {
                    Some(known) => *known,
                    None => contact_revision(loader, organisation.as_uuid(), contact.id)?,
                },
            };
            compare(stored, contact.revision)?;
        }
        Ok(())
    }

    /// Forgets those of what a batch has changed.
    pub(super) fn forget(&mut self, organisation: OrganisationId, changes: &Changes) {
        for visitor in &changes.visitors {
            self.visitors.remove(&(organisation, visitor.customer.clone()));
        }
        for contact in &changes.contacts {
            self.contacts.remove(&(organisation, contact.id));
        }
    }
}

fn compare(stored: u64, expected: u64) -> Result<()> {
    if stored == expected { Ok(()) } else { Err(Error::Conflict { stored, expected }) }
}
