//! Rows of contacts and of the identifiers that lead to them. They have no bodies.

use rusqlite::Row;
use uuid::Uuid;
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::ContactId;
use wayfare_store::error::Result;

use super::Stored;

/// Bytes of an id.
const ID_BYTES: usize = 16;

/// Reads the columns `id, revision, created, merged_into, kept_apart` of a contact.
pub(crate) fn read(row: &Row<'_>) -> Result<Contact> {
    let stored = Stored::new("contact", 1, row);
    let merged_into: Option<Uuid> = stored.get(3)?;
    let kept_apart: Option<Vec<u8>> = stored.get(4)?;
    let kept_apart = kept_apart.unwrap_or_default();
    if !kept_apart.len().is_multiple_of(ID_BYTES) {
        let bytes = kept_apart.len();
        return Err(stored.damaged(format_args!("{bytes} bytes are no list of ids")));
    }
    let ids = kept_apart.chunks_exact(ID_BYTES).filter_map(|bytes| Uuid::from_slice(bytes).ok());
    Ok(Contact {
        id: ContactId::from_uuid(stored.id(0)?),
        revision: stored.count(1)?,
        created: stored.moment(2)?,
        merged_into: merged_into.map(ContactId::from_uuid),
        kept_apart: ids.map(ContactId::from_uuid).collect(),
    })
}

/// The column `kept_apart` of a contact: ids one after the other; NULL for none, as almost always.
pub(crate) fn kept_apart(contact: &Contact) -> Option<Vec<u8>> {
    let ids = contact.kept_apart.iter().flat_map(|id| id.as_uuid().into_bytes());
    Some(ids.collect::<Vec<u8>>()).filter(|bytes| !bytes.is_empty())
}

/// Reads the columns `id_type, customer_id, contact, home` of an identifier.
pub(crate) fn read_identifier(row: &Row<'_>) -> Result<Identifier> {
    let stored = Stored::new("identifier", 2, row);
    Ok(Identifier {
        customer: CustomerKey { id_type: stored.get(0)?, id: stored.get(1)? },
        contact: ContactId::from_uuid(stored.id(2)?),
        home: ContactId::from_uuid(stored.id(3)?),
    })
}
