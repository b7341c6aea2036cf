//! Contacts: who they are, who was merged into them, and undoing that.

use rusqlite::{Connection, params};
use uuid::Uuid;
use wayfare_model::change::ContactUnmerge;
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::ContactId;
use wayfare_store::error::Result;

use crate::row;
use crate::sql;

/// The contact ?2 of the organisation ?1 and those merged into it, or into one of these. Ends also
/// where merges lead in a circle, since it gives each contact once.
macro_rules! part {
    () => {
        "WITH RECURSIVE part (id) AS (
            SELECT ?2 UNION
            SELECT contact.id FROM part JOIN contact
            ON contact.organisation = ?1 AND contact.merged_into = part.id
        ) "
    };
}

/// Identifiers that lead to a contact, in the order of type and id.
pub(super) fn identifiers(
    connection: &Connection,
    organisation: Uuid,
    contact: ContactId,
    after: Option<&CustomerKey>,
    limit: usize,
) -> Result<Vec<Identifier>> {
    const SQL: &str = "SELECT id_type, customer_id, contact, home FROM identifier
        WHERE organisation = ? AND contact = ? AND (id_type, customer_id) > (?, ?)
        ORDER BY id_type, customer_id LIMIT ?";
    // No identifier is without a type.
    let (id_type, id) = after.map_or(("", ""), |after| (&after.id_type, &after.id));
    let params = params![organisation, contact.as_uuid(), id_type, id, sql::limit(limit)];
    sql::all(connection, SQL, params, row::contact::read_identifier)
}

/// Contacts merged into a contact, in the order of their ids.
pub(super) fn merged_into(
    connection: &Connection,
    organisation: Uuid,
    contact: ContactId,
    after: Option<ContactId>,
    limit: usize,
) -> Result<Vec<Contact>> {
    const SQL: &str = concat!(
        part!(),
        "SELECT id, revision, created, merged_into, kept_apart FROM contact
        WHERE organisation = ?1 AND id IN part AND id <> ?2 AND (?3 IS NULL OR id > ?3)
        ORDER BY id LIMIT ?4"
    );
    let after = after.map(ContactId::as_uuid);
    let params = params![organisation, contact.as_uuid(), after, sql::limit(limit)];
    sql::all(connection, SQL, params, row::contact::read)
}

/// Gives a contact back what belongs to it; see [`ContactUnmerge`] for what that is.
pub(super) fn unmerge(
    connection: &Connection,
    organisation: Uuid,
    unmerge: ContactUnmerge,
) -> Result<()> {
    // The identifiers go first: they tell which customers go.
    const IDENTIFIERS: &str = concat!(
        part!(),
        "UPDATE identifier SET contact = ?2
        WHERE organisation = ?1 AND contact = ?3 AND home IN part"
    );
    // As with a merge, the visitor's revision tells others that it changed.
    const VISITORS: &str = "UPDATE visitor SET contact = ?2, revision = revision + 1
        WHERE organisation = ?1 AND contact = ?3 AND (id_type, customer_id) IN
        (SELECT id_type, customer_id FROM identifier WHERE organisation = ?1 AND contact = ?2)";
    const SESSIONS: &str = "UPDATE session SET contact = ?2
        WHERE organisation = ?1 AND contact = ?3
        AND (body ->> '$.customer.type', body ->> '$.customer.id') IN
        (SELECT id_type, customer_id FROM identifier WHERE organisation = ?1 AND contact = ?2)";
    const ASSIGNMENTS: &str = concat!(
        part!(),
        "UPDATE assignment SET contact = ?2 WHERE organisation = ?1 AND contact = ?3 AND (
            (id_type, customer_id) IN
            (SELECT id_type, customer_id FROM identifier WHERE organisation = ?1 AND contact = ?2)
            OR (customer_id IS NULL AND replace(body ->> '$.made_on', '-', '') IN
                (SELECT lower(hex(id)) FROM part))
        )"
    );
    let params = params![organisation, unmerge.contact.as_uuid(), unmerge.from.as_uuid()];
    for statement in [IDENTIFIERS, VISITORS, SESSIONS, ASSIGNMENTS] {
        sql::execute(connection, statement, params)?;
    }
    Ok(())
}
