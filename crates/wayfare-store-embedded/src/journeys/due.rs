//! What is due because time passed.

use rusqlite::{Connection, params};
use uuid::Uuid;
use wayfare_model::change::Due;
use wayfare_model::id::{AssignmentId, SessionId};
use wayfare_model::time::Moment;
use wayfare_store::error::Result;

use crate::row::Stored;
use crate::sql;

/// What of an organisation is due.
pub(super) fn due(
    connection: &Connection,
    organisation: Uuid,
    now: Moment,
    limit: usize,
) -> Result<Due> {
    const SESSIONS: &str = "SELECT id FROM session
        WHERE organisation = ? AND due <= ? ORDER BY due, id LIMIT ?";
    const ASSIGNMENTS: &str = "SELECT id FROM assignment
        WHERE organisation = ? AND due <= ? ORDER BY due, id LIMIT ?";
    let params = params![organisation, now.as_ms(), sql::limit(limit)];
    Ok(Due {
        sessions: sql::all(connection, SESSIONS, params, |row| {
            Stored::new("session", 1, row).id(0).map(SessionId::from_uuid)
        })?,
        assignments: sql::all(connection, ASSIGNMENTS, params, |row| {
            Stored::new("assignment", 1, row).id(0).map(AssignmentId::from_uuid)
        })?,
    })
}

/// When something of any organisation is due next.
pub(super) fn next(connection: &Connection) -> Result<Option<Moment>> {
    const SESSION: &str = "SELECT due FROM session WHERE due IS NOT NULL ORDER BY due LIMIT 1";
    const ASSIGNMENT: &str =
        "SELECT due FROM assignment WHERE due IS NOT NULL ORDER BY due LIMIT 1";
    let session =
        sql::first(connection, SESSION, (), |row| Stored::new("session", 1, row).moment(0))?;
    let assignment =
        sql::first(connection, ASSIGNMENT, (), |row| Stored::new("assignment", 1, row).moment(0))?;
    Ok(session.into_iter().chain(assignment).min())
}
