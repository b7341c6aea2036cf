//! Events: writing, finding, listing and forgetting them.

use rusqlite::{Connection, params};
use uuid::Uuid;
use wayfare_model::change::AppliedEvent;
use wayfare_model::event::Arrival;
use wayfare_model::id::{EventId, SessionId};
use wayfare_model::limits::{EVENT_AGE_MS_MAX, EVENT_ROW_BYTES};
use wayfare_model::time::Moment;
use wayfare_store::error::Result;
use wayfare_store::journeys::{EventPlace, EventRetention, StoredEvents};

use super::rows::EventRow;
use crate::row::event::read;
use crate::row::{Stored, write_count};
use crate::sql;

/// Events that are forgotten in one transaction: some five milliseconds.
pub(super) const FORGOTTEN_AT_ONCE: usize = 500;

/// Writes events, and keeps their sums right.
pub(crate) fn write(
    connection: &Connection,
    organisation: Uuid,
    events: &[EventRow],
) -> Result<()> {
    let mut added = StoredEvents::default();
    for event in events {
        if event.write(connection, organisation)? {
            added.events += 1;
            added.bytes += event.body.len() as u64;
        }
    }
    add_to_total(connection, added, 1)
}

/// Adds to, or with -1 takes from, the sums of stored events; `bytes` are those of bodies.
pub(crate) fn add_to_total(connection: &Connection, by: StoredEvents, sign: i64) -> Result<()> {
    const SQL: &str = "UPDATE event_total SET events = events + ?, body_bytes = body_bytes + ?";
    if by.events == 0 {
        return Ok(());
    }
    let events = sign * write_count("event_total", by.events)?;
    let bytes = sign * write_count("event_total", by.bytes)?;
    sql::execute(connection, SQL, params![events, bytes]).map(|_| ())
}

/// How many events are stored, and the bytes they take with their keys.
pub(super) fn total(connection: &Connection) -> Result<StoredEvents> {
    let total = sql::first(connection, "SELECT events, body_bytes FROM event_total", (), |row| {
        let stored = Stored::new("event_total", 0, row);
        let events = stored.count::<i64>(0)?.max(0).unsigned_abs();
        let bytes = stored.count::<i64>(1)?.max(0).unsigned_abs();
        Ok(StoredEvents { events, bytes: bytes + events * EVENT_ROW_BYTES })
    })?;
    Ok(total.unwrap_or_default())
}

/// The session that an event went to, also when the event was forgotten.
pub(super) fn session_of(
    connection: &Connection,
    organisation: Uuid,
    id: EventId,
) -> Result<Option<SessionId>> {
    const STORED: &str = "SELECT id, session FROM event WHERE organisation = ? AND id = ?";
    const FORGOTTEN: &str =
        "SELECT id, session FROM event_forgotten WHERE organisation = ? AND id = ?";
    let find = |sql, table| {
        sql::first(connection, sql, params![organisation, id.as_uuid()], |row| {
            Stored::new(table, 1, row).id(1).map(SessionId::from_uuid)
        })
    };
    match find(STORED, "event")? {
        Some(session) => Ok(Some(session)),
        None => find(FORGOTTEN, "event_forgotten"),
    }
}

/// An event.
pub(super) fn event(
    connection: &Connection,
    organisation: Uuid,
    id: EventId,
) -> Result<Option<AppliedEvent>> {
    const SQL: &str = "SELECT id, session, created, received, body FROM event
        WHERE organisation = ? AND id = ?";
    sql::first(connection, SQL, params![organisation, id.as_uuid()], read)
}

/// Events of a session in the order they happened.
pub(super) fn of_session(
    connection: &Connection,
    organisation: Uuid,
    session: SessionId,
    after: Option<EventPlace>,
    limit: usize,
) -> Result<Vec<AppliedEvent>> {
    const FROM_FIRST: &str = "SELECT id, session, created, received, body FROM event
        WHERE organisation = ? AND session = ?
        ORDER BY created, id LIMIT ?";
    const AFTER: &str = "SELECT id, session, created, received, body FROM event
        WHERE organisation = ? AND session = ? AND (created, id) > (?, ?)
        ORDER BY created, id LIMIT ?";
    let session = session.as_uuid();
    let limit = sql::limit(limit);
    match after {
        None => sql::all(connection, FROM_FIRST, params![organisation, session, limit], read),
        Some(place) => {
            let (created, id) = (place.created.as_ms(), place.id.as_uuid());
            let params = params![organisation, session, created, id, limit];
            sql::all(connection, AFTER, params, read)
        }
    }
}

/// Events of sessions in the order in which they were applied: that of their rows.
pub(super) fn as_applied(
    connection: &Connection,
    organisation: Uuid,
    sessions: &[SessionId],
    limit: usize,
) -> Result<Vec<AppliedEvent>> {
    const SQL: &str = "SELECT id, session, created, received, body, rowid FROM event
        WHERE organisation = ? AND session = ? ORDER BY rowid LIMIT ?";
    let mut found = Vec::new();
    for session in sessions {
        let params = params![organisation, session.as_uuid(), sql::limit(limit)];
        found.extend(sql::all(connection, SQL, params, |row| {
            let number: i64 = Stored::new("event", 1, row).get(5)?;
            Ok((number, read(row)?))
        })?);
    }
    found.sort_by_key(|(number, _)| *number);
    found.truncate(limit);
    Ok(found.into_iter().map(|(_, applied)| applied).collect())
}

/// An event that is to be forgotten.
pub(super) struct Old {
    row: i64,
    organisation: Uuid,
    id: Uuid,
    session: Uuid,
    /// Whether it might come again, and must be known then.
    may_come_again: bool,
}

/// The events that are to be forgotten at `now`: those that came in first, some of them at a time.
pub(super) fn too_old(
    connection: &Connection,
    now: Moment,
    retention: EventRetention,
) -> Result<Vec<Old>> {
    const SQL: &str = "SELECT id, session, created, received, body, rowid, organisation,
        octet_length(body) FROM event ORDER BY rowid LIMIT ?";
    let before = retention.age_ms.map(|age_ms| now.plus_ms(-age_ms));
    let total = total(connection)?.bytes;
    let mut excess = retention.bytes_max.map_or(0, |max| total.saturating_sub(max));
    if before.is_none() && excess == 0 {
        return Ok(Vec::new());
    }
    let mut old = Vec::new();
    sql::each(connection, SQL, [sql::limit(FORGOTTEN_AT_ONCE)], |row| {
        let stored = Stored::new("event", 1, row);
        let received = stored.moment(3)?;
        if excess == 0 && before.is_none_or(|before| received >= before) {
            return Ok(());
        }
        let bytes: u64 = stored.count(7)?;
        excess = excess.saturating_sub(bytes + EVENT_ROW_BYTES);
        // A body that cannot be read is no reason to keep it.
        let is_replay = read(row).map_or(true, |it| it.event.arrival == Arrival::Replay);
        // Live events are refused once they are old.
        let may_come_again = is_replay || now.ms_since(received) < 2 * EVENT_AGE_MS_MAX;
        old.push(Old {
            row: stored.get(5)?,
            organisation: stored.id(6)?,
            id: stored.id(0)?,
            session: stored.id(1)?,
            may_come_again,
        });
        Ok(())
    })?;
    Ok(old)
}

/// Forgets events; gives how many.
pub(super) fn forget(connection: &Connection, old: &[Old]) -> Result<u64> {
    // A row may have got another event since.
    const DELETE: &str = "DELETE FROM event WHERE rowid = ? AND organisation = ? AND id = ?
        RETURNING octet_length(body)";
    const REMEMBER: &str = "INSERT INTO event_forgotten (organisation, id, session)
        VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    let mut gone = StoredEvents::default();
    for Old { row, organisation, id, session, may_come_again } in old {
        let bytes = sql::first(connection, DELETE, params![row, organisation, id], |row| {
            Stored::new("event", 0, row).count::<u64>(0)
        })?;
        let Some(bytes) = bytes else { continue };
        gone.events += 1;
        gone.bytes += bytes;
        if *may_come_again {
            sql::execute(connection, REMEMBER, params![organisation, id, session])?;
        }
    }
    add_to_total(connection, gone, -1)?;
    Ok(gone.events)
}
