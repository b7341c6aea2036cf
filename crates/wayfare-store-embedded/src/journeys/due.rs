//! What is due because time passed.
//!
//! What waits to be put into the database is looked at where it waits: whoever ends what is due asks
//! after every few requests, and would have them written one by one.

use rusqlite::{Connection, params};
use uuid::Uuid;
use wayfare_model::change::Due;
use wayfare_model::id::{AssignmentId, OrganisationId, SessionId};
use wayfare_model::time::Moment;
use wayfare_store::error::Result;

use crate::batch_log::Overlay;
use crate::row::Stored;
use crate::sql;

/// A table of what can be due.
struct Table {
    name: &'static str,
    /// The ids and moments of what an organisation has due up to a moment, in their order.
    due: &'static str,
    /// The first organisation after another that has anything due at any time.
    next_organisation: &'static str,
}

const SESSIONS: Table = Table {
    name: "session",
    due: "SELECT id, due FROM session
        WHERE organisation = ? AND due <= ? ORDER BY due, id",
    next_organisation: "SELECT organisation FROM session
        WHERE due IS NOT NULL AND organisation > ? ORDER BY organisation LIMIT 1",
};
const ASSIGNMENTS: Table = Table {
    name: "assignment",
    due: "SELECT id, due FROM assignment
        WHERE organisation = ? AND due <= ? ORDER BY due, id",
    next_organisation: "SELECT organisation FROM assignment
        WHERE due IS NOT NULL AND organisation > ? ORDER BY organisation LIMIT 1",
};

/// What of an organisation is due. `overlay` is what the database does not have yet.
pub(crate) fn due(
    connection: &Connection,
    organisation: OrganisationId,
    now: Moment,
    limit: usize,
    overlay: Overlay<'_>,
) -> Result<Due> {
    let reading = Reading { connection, organisation: organisation.as_uuid(), now };
    let is_waiting = |id| overlay.session(SessionId::from_uuid(id)).is_some();
    let sessions = reading.due(&SESSIONS, overlay.sessions_due(), is_waiting, limit)?;
    let is_waiting = |id| overlay.assignment(AssignmentId::from_uuid(id)).is_some();
    let assignments = reading.due(&ASSIGNMENTS, overlay.assignments_due(), is_waiting, limit)?;
    Ok(Due {
        sessions: sessions.into_iter().map(SessionId::from_uuid).collect(),
        assignments: assignments.into_iter().map(AssignmentId::from_uuid).collect(),
    })
}

/// When something of an organisation is due next.
pub(crate) fn next(
    connection: &Connection,
    organisation: OrganisationId,
    overlay: Overlay<'_>,
) -> Result<Option<Moment>> {
    let now = Moment::from_ms(i64::MAX);
    let reading = Reading { connection, organisation: organisation.as_uuid(), now };
    let is_waiting = |id| overlay.session(SessionId::from_uuid(id)).is_some();
    let session = reading.first_due(&SESSIONS, is_waiting)?;
    let is_waiting = |id| overlay.assignment(AssignmentId::from_uuid(id)).is_some();
    let assignment = reading.first_due(&ASSIGNMENTS, is_waiting)?;
    let stored = session.into_iter().chain(assignment);
    let waiting = overlay.sessions_due().chain(overlay.assignments_due()).filter_map(|it| it.1);
    Ok(stored.chain(waiting).min().map(Moment::from_ms))
}

/// The organisations of which the database has anything that is due at any time.
///
/// Goes from organisation to organisation in the indexes of what is due, by one look-up each: an index
/// of all organisations by time would have to be changed by every event.
pub(crate) fn organisations(connection: &Connection) -> Result<Vec<OrganisationId>> {
    let mut all = Vec::new();
    for table in [&SESSIONS, &ASSIGNMENTS] {
        // An empty blob comes before every organisation.
        let mut after = Vec::new();
        while let Some(organisation) =
            sql::first(connection, table.next_organisation, [&after], |row| {
                Stored::new(table.name, 1, row).id(0)
            })?
        {
            all.push(OrganisationId::from_uuid(organisation));
            after = organisation.into_bytes().to_vec();
        }
    }
    Ok(all)
}

/// What the database has of an organisation up to a moment.
struct Reading<'c> {
    connection: &'c Connection,
    organisation: Uuid,
    now: Moment,
}

impl Reading<'_> {
    /// What is due, in the order in which it is: of the rows that wait as they are there, of all others
    /// as they are stored.
    fn due(
        &self,
        table: &Table,
        waiting: impl Iterator<Item = (Uuid, Option<i64>)>,
        is_waiting: impl Fn(Uuid) -> bool,
        limit: usize,
    ) -> Result<Vec<Uuid>> {
        let now = self.now.as_ms();
        let waiting = waiting.filter_map(|(id, due)| Some((due?, id)));
        let mut found: Vec<(i64, Uuid)> = waiting.filter(|(due, _)| *due <= now).collect();
        let mut left = limit;
        self.each_stored(table, is_waiting, |due, id| {
            found.push((due, id));
            left = left.saturating_sub(1);
            left == 0
        })?;
        found.sort_unstable();
        found.truncate(limit);
        Ok(found.into_iter().map(|(_, id)| id).collect())
    }

    /// When the first of what does not wait is due.
    fn first_due(&self, table: &Table, is_waiting: impl Fn(Uuid) -> bool) -> Result<Option<i64>> {
        let mut first = None;
        self.each_stored(table, is_waiting, |due, _| {
            first = Some(due);
            true
        })?;
        Ok(first)
    }

    /// Calls `visit` with what is due and does not wait, in the order in which it is, until it says that
    /// it is enough.
    fn each_stored(
        &self,
        table: &Table,
        is_waiting: impl Fn(Uuid) -> bool,
        mut visit: impl FnMut(i64, Uuid) -> bool,
    ) -> Result<()> {
        let params = params![self.organisation, self.now.as_ms()];
        sql::each_until(self.connection, table.due, params, |row| {
            let stored = Stored::new(table.name, 1, row);
            let (id, due) = (stored.id(0)?, stored.get(1)?);
            Ok(!is_waiting(id) && visit(due, id))
        })
    }
}
