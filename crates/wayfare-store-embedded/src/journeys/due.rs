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
///
/// Goes from organisation to organisation in the indexes of what is due, by one look-up each: an index
/// of all organisations by time would have to be changed by every event.
pub(super) fn next(connection: &Connection) -> Result<Option<Moment>> {
    const SESSION: &str = "SELECT organisation, due FROM session
        WHERE due IS NOT NULL AND organisation > ? ORDER BY organisation, due LIMIT 1";
    const ASSIGNMENT: &str = "SELECT organisation, due FROM assignment
        WHERE due IS NOT NULL AND organisation > ? ORDER BY organisation, due LIMIT 1";
    let session = earliest(connection, "session", SESSION)?;
    let assignment = earliest(connection, "assignment", ASSIGNMENT)?;
    Ok(session.into_iter().chain(assignment).min())
}

fn earliest(
    connection: &Connection,
    table: &'static str,
    first_after: &str,
) -> Result<Option<Moment>> {
    let mut earliest: Option<Moment> = None;
    // An empty blob comes before every organisation.
    let mut after = Vec::new();
    loop {
        let next = sql::first(connection, first_after, [&after], |row| {
            let stored = Stored::new(table, 1, row);
            Ok((stored.id(0)?, stored.moment(1)?))
        })?;
        let Some((organisation, due)) = next else { return Ok(earliest) };
        earliest = Some(earliest.map_or(due, |earliest| earliest.min(due)));
        after = organisation.into_bytes().to_vec();
    }
}
