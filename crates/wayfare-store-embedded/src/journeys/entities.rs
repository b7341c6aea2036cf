//! Single sessions, events, visitors and contacts, and their lists.

use rusqlite::{Connection, params};
use uuid::Uuid;
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{ContactId, SessionId};
use wayfare_model::session::{Session, Visitor};
use wayfare_store::error::Result;
use wayfare_store::journeys::SessionPlace;

use crate::row::{self, Stored};
use crate::sql;

/// A visitor.
pub(super) fn visitor(
    connection: &Connection,
    organisation: Uuid,
    customer: &CustomerKey,
) -> Result<Option<Visitor>> {
    const SQL: &str = "SELECT id_type, customer_id, revision, contact, body FROM visitor
        WHERE organisation = ? AND id_type = ? AND customer_id = ?";
    let params = params![organisation, customer.id_type, customer.id];
    sql::first(connection, SQL, params, row::visitor::read)
}

/// A session.
pub(crate) fn session(
    connection: &Connection,
    organisation: Uuid,
    id: SessionId,
) -> Result<Option<Session>> {
    const SQL: &str = "SELECT id, contact, started, body FROM session
        WHERE organisation = ? AND id = ?";
    sql::first(connection, SQL, params![organisation, id.as_uuid()], row::session::read)
}

/// Calls `visit` with every session of an organisation, mostly in the order they were made.
pub(crate) fn each_session(
    connection: &Connection,
    organisation: Uuid,
    mut visit: impl FnMut(Session) -> Result<()>,
) -> Result<()> {
    const SQL: &str = "SELECT id, contact, started, body FROM session NOT INDEXED
        WHERE organisation = ?";
    sql::each(connection, SQL, [organisation], |row| visit(row::session::read(row)?))
}

/// Sessions of a contact, the latest first.
pub(super) fn sessions_of_contact(
    connection: &Connection,
    organisation: Uuid,
    contact: ContactId,
    after: Option<SessionPlace>,
    limit: usize,
) -> Result<Vec<Session>> {
    const FROM_LATEST: &str = "SELECT id, contact, started, body FROM session
        WHERE organisation = ? AND contact = ?
        ORDER BY started DESC, id DESC LIMIT ?";
    const AFTER: &str = "SELECT id, contact, started, body FROM session
        WHERE organisation = ? AND contact = ? AND (started, id) < (?, ?)
        ORDER BY started DESC, id DESC LIMIT ?";
    let contact = contact.as_uuid();
    let limit = sql::limit(limit);
    let read = row::session::read;
    match after {
        None => sql::all(connection, FROM_LATEST, params![organisation, contact, limit], read),
        Some(place) => {
            let (started, id) = (place.started.as_ms(), place.id.as_uuid());
            let params = params![organisation, contact, started, id, limit];
            sql::all(connection, AFTER, params, read)
        }
    }
}

/// Visitors in the order of their customers.
pub(super) fn visitors(
    connection: &Connection,
    organisation: Uuid,
    after: Option<&CustomerKey>,
    limit: usize,
) -> Result<Vec<Visitor>> {
    const SQL: &str = "SELECT id_type, customer_id, revision, contact, body FROM visitor
        WHERE organisation = ? AND (id_type, customer_id) > (?, ?)
        ORDER BY id_type, customer_id LIMIT ?";
    // Nothing comes before two empty texts, and no customer has an empty type.
    let (id_type, id) = after.map_or(("", ""), |customer| (&customer.id_type, &customer.id));
    let params = params![organisation, id_type, id, sql::limit(limit)];
    sql::all(connection, SQL, params, row::visitor::read)
}

/// Where a customer id leads.
pub(super) fn identifier(
    connection: &Connection,
    organisation: Uuid,
    customer: &CustomerKey,
) -> Result<Option<Identifier>> {
    const SQL: &str = "SELECT id_type, customer_id, contact, home FROM identifier
        WHERE organisation = ? AND id_type = ? AND customer_id = ?";
    let params = params![organisation, customer.id_type, customer.id];
    sql::first(connection, SQL, params, row::contact::read_identifier)
}

/// A contact, under its own id.
pub(super) fn contact(
    connection: &Connection,
    organisation: Uuid,
    id: ContactId,
) -> Result<Option<Contact>> {
    const SQL: &str = "SELECT id, revision, created, merged_into, kept_apart FROM contact
        WHERE organisation = ? AND id = ?";
    sql::first(connection, SQL, params![organisation, id.as_uuid()], row::contact::read)
}

/// The revision of a visitor; 0 when there is none.
pub(crate) fn visitor_revision(
    connection: &Connection,
    organisation: Uuid,
    customer: &CustomerKey,
) -> Result<u64> {
    const SQL: &str = "SELECT id_type, customer_id, revision FROM visitor
        WHERE organisation = ? AND id_type = ? AND customer_id = ?";
    let key = params![organisation, customer.id_type, customer.id];
    let stored = sql::first(connection, SQL, key, |row| Stored::new("visitor", 2, row).count(2))?;
    Ok(stored.unwrap_or(0))
}

/// The revision of a contact; 0 when there is none.
pub(crate) fn contact_revision(
    connection: &Connection,
    organisation: Uuid,
    id: ContactId,
) -> Result<u64> {
    const SQL: &str = "SELECT id, revision FROM contact WHERE organisation = ? AND id = ?";
    let key = params![organisation, id.as_uuid()];
    let stored = sql::first(connection, SQL, key, |row| Stored::new("contact", 1, row).count(1))?;
    Ok(stored.unwrap_or(0))
}
