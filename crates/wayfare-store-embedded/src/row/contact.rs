//! Rows of contacts and of the identifiers that lead to them. They have no bodies.

use rusqlite::Row;
use uuid::Uuid;
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::ContactId;
use wayfare_store::error::Result;

use super::Stored;

/// Reads the columns `id, revision, created, merged_into` of a contact.
pub(crate) fn read(row: &Row<'_>) -> Result<Contact> {
    let stored = Stored::new("contact", 1, row);
    let merged_into: Option<Uuid> = stored.get(3)?;
    Ok(Contact {
        id: ContactId::from_uuid(stored.id(0)?),
        revision: stored.count(1)?,
        created: stored.moment(2)?,
        merged_into: merged_into.map(ContactId::from_uuid),
    })
}

/// Reads the columns `id_type, customer_id, contact` of an identifier.
pub(crate) fn read_identifier(row: &Row<'_>) -> Result<Identifier> {
    let stored = Stored::new("identifier", 2, row);
    Ok(Identifier {
        customer: CustomerKey { id_type: stored.get(0)?, id: stored.get(1)? },
        contact: ContactId::from_uuid(stored.id(2)?),
    })
}
