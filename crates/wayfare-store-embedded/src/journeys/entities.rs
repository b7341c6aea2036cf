//! Single sessions, events, visitors and contacts, and their lists.

use rusqlite::{Connection, params};
use uuid::Uuid;
use wayfare_model::change::AppliedEvent;
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{ContactId, EventId, SessionId};
use wayfare_model::session::{Session, Visitor};
use wayfare_store::error::Result;
use wayfare_store::journeys::{EventPlace, SessionPlace};

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

/// An event.
pub(super) fn event(
    connection: &Connection,
    organisation: Uuid,
    id: EventId,
) -> Result<Option<AppliedEvent>> {
    const SQL: &str = "SELECT id, session, created, body FROM event
        WHERE organisation = ? AND id = ?";
    sql::first(connection, SQL, params![organisation, id.as_uuid()], row::event::read)
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

/// Events of sessions in the order in which they were applied: that of their rows.
pub(super) fn events_as_applied(
    connection: &Connection,
    organisation: Uuid,
    sessions: &[SessionId],
    limit: usize,
) -> Result<Vec<AppliedEvent>> {
    const SQL: &str = "SELECT id, session, created, body, rowid FROM event
        WHERE organisation = ? AND session = ? ORDER BY rowid LIMIT ?";
    let mut found = Vec::new();
    for session in sessions {
        let params = params![organisation, session.as_uuid(), sql::limit(limit)];
        found.extend(sql::all(connection, SQL, params, |row| {
            let number: i64 = Stored::new("event", 1, row).get(4)?;
            Ok((number, row::event::read(row)?))
        })?);
    }
    found.sort_by_key(|(number, _)| *number);
    found.truncate(limit);
    Ok(found.into_iter().map(|(_, applied)| applied).collect())
}

/// Events of a session in the order they happened.
pub(super) fn events_of_session(
    connection: &Connection,
    organisation: Uuid,
    session: SessionId,
    after: Option<EventPlace>,
    limit: usize,
) -> Result<Vec<AppliedEvent>> {
    const FROM_FIRST: &str = "SELECT id, session, created, body FROM event
        WHERE organisation = ? AND session = ?
        ORDER BY created, id LIMIT ?";
    const AFTER: &str = "SELECT id, session, created, body FROM event
        WHERE organisation = ? AND session = ? AND (created, id) > (?, ?)
        ORDER BY created, id LIMIT ?";
    let session = session.as_uuid();
    let limit = sql::limit(limit);
    let read = row::event::read;
    match after {
        None => sql::all(connection, FROM_FIRST, params![organisation, session, limit], read),
        Some(place) => {
            let (created, id) = (place.created.as_ms(), place.id.as_uuid());
            let params = params![organisation, session, created, id, limit];
            sql::all(connection, AFTER, params, read)
        }
    }
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
