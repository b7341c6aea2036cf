//! The change log: rows that are added at the end by each commit and leave at the beginning.

use std::borrow::Cow;

use async_trait::async_trait;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::change_log::{Change, ChangePage, ChangeSpan};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{ContactId, OrganisationId};
use wayfare_model::time::Moment;
use wayfare_store::changes::{ChangeBounds, Changes};
use wayfare_store::error::Result;

use crate::database::Database;
use crate::journeys::rows::Key;
use crate::row::assignment::scope_word;
use crate::row::change::{columns, origin_word, read, reason_word};
use crate::row::{Stored, write_count};
use crate::sql;

#[async_trait]
impl Changes for Database {
    async fn changes(
        &self,
        organisation: OrganisationId,
        after: u64,
        limit: usize,
    ) -> Result<ChangePage> {
        self.read(move |connection| page(connection, organisation.as_uuid(), after, limit)).await
    }

    async fn trim_changes(
        &self,
        organisation: OrganisationId,
        bounds: ChangeBounds,
    ) -> Result<usize> {
        self.write(move |connection| trim(connection, organisation.as_uuid(), bounds)).await
    }
}

/// Adds changes at the end.
pub(crate) fn append(
    connection: &Connection,
    organisation: Uuid,
    changes: &[ChangeRow],
) -> Result<()> {
    const SPAN: &str = "INSERT INTO change_log_span (organisation, last, trimmed) VALUES (?, ?, 0)
        ON CONFLICT (organisation) DO UPDATE SET last = excluded.last";
    if changes.is_empty() {
        return Ok(());
    }
    let mut last = span(connection, organisation)?.last;
    for change in changes {
        last += 1;
        change.insert(connection, organisation, last)?;
    }
    let last = write_count("change_log_span", last)?;
    sql::execute(connection, SPAN, params![organisation, last]).map(|_| ())
}

/// A row of the change log, without its number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ChangeRow {
    kind: Cow<'static, str>,
    happened: i64,
    recorded: i64,
    customer: Option<Key>,
    contact: Uuid,
    session: Option<(Uuid, String)>,
    assignment: Option<ChangedAssignmentRow>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ChangedAssignmentRow {
    id: Uuid,
    segment: Uuid,
    segment_version: u32,
    scope: Cow<'static, str>,
    origin: Cow<'static, str>,
    assigned: i64,
    expires: Option<i64>,
    reason: Option<Cow<'static, str>>,
}

impl ChangeRow {
    pub(crate) fn new(model: Change) -> Self {
        Self {
            kind: Cow::Borrowed(model.kind.as_str()),
            happened: model.happened.as_ms(),
            recorded: model.recorded.as_ms(),
            customer: model.customer.as_ref().map(Key::from),
            contact: model.contact.as_uuid(),
            session: model.session.map(|session| (session.id.as_uuid(), session.session_type)),
            assignment: model.assignment.map(|made| ChangedAssignmentRow {
                id: made.id.as_uuid(),
                segment: made.segment.as_uuid(),
                segment_version: made.segment_version,
                scope: Cow::Borrowed(scope_word(made.scope)),
                origin: Cow::Borrowed(origin_word(made.origin)),
                assigned: made.assigned.as_ms(),
                expires: made.expires.map(Moment::as_ms),
                reason: made.reason.map(|reason| Cow::Borrowed(reason_word(reason))),
            }),
        }
    }

    fn insert(&self, connection: &Connection, organisation: Uuid, sequence: u64) -> Result<()> {
        const SQL: &str = concat!(
            "INSERT INTO change_log (organisation, ",
            columns!(),
            ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        );
        let made = self.assignment.as_ref();
        let params = params![
            organisation,
            write_count("change_log", sequence)?,
            self.kind,
            self.happened,
            self.recorded,
            self.customer.as_ref().map(|customer| &customer.id_type),
            self.customer.as_ref().map(|customer| &customer.id),
            self.contact,
            self.session.as_ref().map(|(id, _)| id),
            self.session.as_ref().map(|(_, session_type)| session_type),
            made.map(|made| made.id),
            made.map(|made| made.segment),
            made.map(|made| made.segment_version),
            made.map(|made| &made.scope),
            made.map(|made| &made.origin),
            made.map(|made| made.assigned),
            made.and_then(|made| made.expires),
            made.and_then(|made| made.reason.as_ref()),
        ];
        sql::execute(connection, SQL, params).map(|_| ())
    }
}

fn span(connection: &Connection, organisation: Uuid) -> Result<ChangeSpan> {
    const SQL: &str =
        "SELECT organisation, last, trimmed FROM change_log_span WHERE organisation = ?";
    let found = sql::first(connection, SQL, params![organisation], |row| {
        let stored = Stored::new("change_log_span", 1, row);
        Ok(ChangeSpan { last: stored.count(1)?, trimmed: stored.count(2)? })
    })?;
    Ok(found.unwrap_or_default())
}

fn page(
    connection: &Connection,
    organisation: Uuid,
    after: u64,
    limit: usize,
) -> Result<ChangePage> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM change_log WHERE organisation = ? AND sequence > ? ORDER BY sequence LIMIT ?"
    );
    // A place that no log can have is after every change.
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let params = params![organisation, after, sql::limit(limit)];
    let changes = sql::all(connection, SQL, params, read)?;
    Ok(ChangePage { changes, span: span(connection, organisation)? })
}

/// Removes the oldest changes: those before the first one that is neither too old nor beyond the
/// number.
fn trim(connection: &Connection, organisation: Uuid, bounds: ChangeBounds) -> Result<usize> {
    const OLDEST: &str = "SELECT sequence, recorded FROM change_log WHERE organisation = ?
        ORDER BY sequence LIMIT ?";
    const DELETE: &str = "DELETE FROM change_log WHERE organisation = ? AND sequence <= ?";
    const SPAN: &str = "UPDATE change_log_span SET trimmed = ? WHERE organisation = ?";
    let span = span(connection, organisation)?;
    let by_number = span.last.saturating_sub(bounds.changes_max);
    let oldest = params![organisation, sql::limit(bounds.batch_max)];
    let oldest = sql::all(connection, OLDEST, oldest, |row| {
        let stored = Stored::new("change_log", 1, row);
        Ok((stored.count::<u64>(0)?, stored.moment(1)?))
    })?;
    let goes = |(sequence, recorded): &&(u64, Moment)| {
        *recorded < bounds.recorded_from || *sequence <= by_number
    };
    let gone = oldest.iter().take_while(goes).map(|(sequence, _)| *sequence).last();
    let removed = match gone {
        Some(last) => {
            let last = write_count("change_log", last)?;
            sql::execute(connection, DELETE, params![organisation, last])?
        }
        None => 0,
    };
    // Where fewer went than could, nothing before the bound is left.
    let bound = if removed < bounds.batch_max { by_number } else { 0 };
    let trimmed = gone.unwrap_or(0).max(bound).max(span.trimmed);
    if trimmed > span.trimmed {
        let trimmed = write_count("change_log_span", trimmed)?;
        sql::execute(connection, SPAN, params![trimmed, organisation])?;
    }
    Ok(removed)
}

/// Whose changes are looked for.
#[derive(Debug, Clone)]
pub(crate) struct Subjects {
    pub(crate) customers: Vec<CustomerKey>,
    pub(crate) contacts: Vec<ContactId>,
}

/// The numbers of the changes of somebody, among those with a greater number than `after`, and the
/// number up to which was looked.
pub(crate) struct Found {
    sequences: Vec<i64>,
    until: i64,
}

/// Looks for somebody's changes: a walk over the log.
pub(crate) fn find(
    connection: &Connection,
    organisation: Uuid,
    subjects: &Subjects,
    after: i64,
) -> Result<Found> {
    const SQL: &str = "SELECT sequence, id_type, customer_id, contact FROM change_log
        WHERE organisation = ? AND sequence > ? ORDER BY sequence";
    let mut found = Found { sequences: Vec::new(), until: after };
    sql::each(connection, SQL, params![organisation, after], |row| {
        let stored = Stored::new("change_log", 1, row);
        let id_type: Option<String> = stored.get(1)?;
        let id: Option<String> = stored.get(2)?;
        let contact = ContactId::from_uuid(stored.id(3)?);
        let customer = id_type.zip(id).map(|(id_type, id)| CustomerKey { id_type, id });
        found.until = stored.get(0)?;
        if subjects.contacts.contains(&contact)
            || customer.is_some_and(|customer| subjects.customers.contains(&customer))
        {
            found.sequences.push(found.until);
        }
        Ok(())
    })?;
    Ok(found)
}

/// Removes somebody's changes: those that were found, and any that came since.
pub(crate) fn forget(
    connection: &Connection,
    organisation: Uuid,
    subjects: &Subjects,
    found: Found,
) -> Result<usize> {
    const DELETE: &str = "DELETE FROM change_log WHERE organisation = ? AND sequence = ?";
    let since = find(connection, organisation, subjects, found.until)?;
    let mut removed = 0;
    for sequence in found.sequences.into_iter().chain(since.sequences) {
        removed += sql::execute(connection, DELETE, params![organisation, sequence])?;
    }
    Ok(removed)
}
