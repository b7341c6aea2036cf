//! Lists and counts of assignments, and writing one.

use std::borrow::Cow;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::assignment::{Assignment, AssignmentState};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{AssignmentId, ContactId, SegmentId, SessionId};
use wayfare_model::segment::Scope;
use wayfare_model::time::Moment;
use wayfare_store::error::Result;
use wayfare_store::journeys::{AssignmentPlace, AssignmentQuery, AssignmentSubject, SegmentCount};

use super::rows::Key;
use crate::row::assignment::{Body, columns, read, scope_word};
use crate::row::{Stored, write_body};
use crate::sql;

/// Calls `visit` with every assignment of an organisation, mostly in the order they were made.
pub(crate) fn each(
    connection: &Connection,
    organisation: Uuid,
    mut visit: impl FnMut(Assignment) -> Result<()>,
) -> Result<()> {
    const SQL: &str =
        concat!("SELECT ", columns!(), " FROM assignment NOT INDEXED WHERE organisation = ?");
    sql::each(connection, SQL, [organisation], |row| visit(read(row)?))
}

/// Assignments in the order they were made.
///
/// The query is a union of arms, each of which an index answers in order.
pub(super) fn list(
    connection: &Connection,
    organisation: Uuid,
    query: &AssignmentQuery,
    after: Option<AssignmentPlace>,
    limit: usize,
) -> Result<Vec<Assignment>> {
    let states: &[i64] = match query.state {
        Some(AssignmentState::Assigned) => &[1],
        Some(AssignmentState::Unassigned) => &[0],
        None => &[0, 1],
    };
    let id = |id: Uuid| Value::Blob(id.into_bytes().to_vec());
    let mut arms: Vec<String> = Vec::new();
    let mut params: Vec<Value> = Vec::new();
    for holds in states {
        for (subject, subject_params) in subjects(&query.subject) {
            let mut arm = format!(
                "SELECT {} FROM assignment WHERE organisation = ? AND {subject} AND holds = ?",
                columns!()
            );
            params.push(id(organisation));
            params.extend(subject_params);
            params.push(Value::Integer(*holds));
            if let Some(scope) = query.scope {
                arm.push_str(" AND scope = ?");
                params.push(Value::Text(scope_word(scope).to_owned()));
            }
            if let Some(place) = after {
                arm.push_str(" AND (assigned, id) > (?, ?)");
                params.push(Value::Integer(place.assigned.as_ms()));
                params.push(id(place.id.as_uuid()));
            }
            arms.push(arm);
        }
    }
    params.push(Value::Integer(sql::limit(limit)));
    let statement = format!("{} ORDER BY assigned, id LIMIT ?", arms.join(" UNION ALL "));
    sql::all(connection, &statement, params_from_iter(params), read)
}

/// The conditions that say whose assignments are meant, with their parameters; they exclude one
/// another.
fn subjects(subject: &AssignmentSubject) -> Vec<(&'static str, Vec<Value>)> {
    let id = |id: Uuid| Value::Blob(id.into_bytes().to_vec());
    match subject {
        AssignmentSubject::Session(session) => vec![("session = ?", vec![id(session.as_uuid())])],
        AssignmentSubject::Contact(contact) => vec![("contact = ?", vec![id(contact.as_uuid())])],
        AssignmentSubject::Segment(segment) => vec![("segment = ?", vec![id(segment.as_uuid())])],
        AssignmentSubject::Customer { customer, contact } => vec![
            (
                "id_type = ? AND customer_id = ?",
                vec![Value::Text(customer.id_type.clone()), Value::Text(customer.id.clone())],
            ),
            ("contact = ? AND customer_id IS NULL", vec![id(contact.as_uuid())]),
        ],
    }
}

/// An assignment.
pub(super) fn assignment(
    connection: &Connection,
    organisation: Uuid,
    id: AssignmentId,
) -> Result<Option<Assignment>> {
    const SQL: &str =
        concat!("SELECT ", columns!(), " FROM assignment WHERE organisation = ? AND id = ?");
    sql::first(connection, SQL, params![organisation, id.as_uuid()], read)
}

/// Every assignment made in a session.
pub(crate) fn of_session(
    connection: &Connection,
    organisation: Uuid,
    session: SessionId,
) -> Result<Vec<Assignment>> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM assignment WHERE organisation = ? AND session = ? ORDER BY assigned, id"
    );
    sql::all(connection, SQL, params![organisation, session.as_uuid()], read)
}

/// Every assignment that holds on a contact.
pub(super) fn holding_on_contact(
    connection: &Connection,
    organisation: Uuid,
    contact: ContactId,
) -> Result<Vec<Assignment>> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM assignment WHERE organisation = ? AND contact = ? AND holds = 1
        ORDER BY assigned, id"
    );
    sql::all(connection, SQL, params![organisation, contact.as_uuid()], read)
}

/// Of scope Customer, for each segment, the assignment of a customer that was made last.
pub(super) fn latest_of_customer(
    connection: &Connection,
    organisation: Uuid,
    customer: &CustomerKey,
) -> Result<Vec<Assignment>> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM assignment AS one
        WHERE organisation = ?1 AND id_type = ?2 AND customer_id = ?3 AND scope = 'customer'
        AND NOT EXISTS (
            SELECT 1 FROM assignment AS later
            WHERE later.organisation = ?1 AND later.id_type = ?2 AND later.customer_id = ?3
            AND later.scope = 'customer' AND later.segment = one.segment
            AND (later.assigned, later.id) > (one.assigned, one.id)
        )
        ORDER BY segment"
    );
    sql::all(connection, SQL, params![organisation, customer.id_type, customer.id], read)
}

/// How many each segment has matched.
pub(super) fn counts(connection: &Connection, organisation: Uuid) -> Result<Vec<SegmentCount>> {
    const SQL: &str = "SELECT segment, sessions, customers FROM segment_count
        WHERE organisation = ? AND (sessions > 0 OR customers > 0) ORDER BY segment";
    sql::all(connection, SQL, [organisation], |row| {
        let stored = Stored::new("segment_count", 1, row);
        Ok(SegmentCount {
            segment: SegmentId::from_uuid(stored.id(0)?),
            sessions: stored.count(1)?,
            customers: stored.count(2)?,
        })
    })
}

/// A row of an assignment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AssignmentRow {
    pub(crate) id: Uuid,
    segment: Uuid,
    scope: Cow<'static, str>,
    session: Option<Uuid>,
    customer: Option<Key>,
    contact: Uuid,
    assigned: i64,
    holds: bool,
    pub(crate) due: Option<i64>,
    body: String,
}

impl AssignmentRow {
    pub(crate) fn new(model: &Assignment) -> Result<Self> {
        let holds = model.state() == AssignmentState::Assigned;
        Ok(Self {
            id: model.id.as_uuid(),
            segment: model.segment.as_uuid(),
            scope: Cow::Borrowed(scope_word(model.scope)),
            session: model.session.as_ref().map(|session| session.id.as_uuid()),
            customer: model.customer.as_ref().map(Key::from),
            contact: model.contact.as_uuid(),
            assigned: model.assigned.as_ms(),
            holds,
            due: model.due().map(Moment::as_ms),
            body: write_body("assignment", &Body::from(model.clone()))?,
        })
    }

    fn counted(&self) -> Counted {
        let customer = self.customer.clone();
        Counted {
            segment: self.segment,
            session: self.session,
            customer: customer.map(|Key { id_type, id }| CustomerKey { id_type, id }),
        }
    }
}

/// Writes an assignment under its id and keeps the counts of its segment right.
pub(crate) fn write(
    connection: &Connection,
    organisation: Uuid,
    row: &AssignmentRow,
) -> Result<()> {
    const SQL: &str = "INSERT INTO assignment
        (organisation, id, segment, scope, session, id_type, customer_id, contact, assigned, holds,
        due, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (organisation, id) DO UPDATE SET segment = excluded.segment,
        scope = excluded.scope, session = excluded.session, id_type = excluded.id_type,
        customer_id = excluded.customer_id, contact = excluded.contact,
        assigned = excluded.assigned, holds = excluded.holds, due = excluded.due,
        body = excluded.body";
    let counted = row.counted();
    let before = Counted::stored(connection, organisation, row.id)?;
    if before.is_none() {
        counted.count(connection, organisation, 1)?;
    }
    let params = params![
        organisation,
        row.id,
        row.segment,
        row.scope,
        row.session,
        row.customer.as_ref().map(|customer| &customer.id_type),
        row.customer.as_ref().map(|customer| &customer.id),
        row.contact,
        row.assigned,
        row.holds,
        row.due,
        row.body,
    ];
    sql::execute(connection, SQL, params)?;
    if let Some(before) = before.filter(|before| *before != counted) {
        recount(connection, organisation, before.segment)?;
        recount(connection, organisation, counted.segment)?;
    }
    Ok(())
}

/// Removes an assignment and keeps the counts of its segment right.
pub(crate) fn remove(connection: &Connection, organisation: Uuid, id: AssignmentId) -> Result<()> {
    const SQL: &str = "DELETE FROM assignment WHERE organisation = ? AND id = ?";
    let id = id.as_uuid();
    if let Some(counted) = Counted::stored(connection, organisation, id)? {
        sql::execute(connection, SQL, params![organisation, id])?;
        counted.count(connection, organisation, -1)?;
    }
    Ok(())
}

/// What of an assignment the counts of its segment depend on.
#[derive(PartialEq, Eq)]
struct Counted {
    segment: Uuid,
    session: Option<Uuid>,
    customer: Option<CustomerKey>,
}

impl Counted {
    fn stored(connection: &Connection, organisation: Uuid, id: Uuid) -> Result<Option<Self>> {
        const SQL: &str = "SELECT id, segment, session, id_type, customer_id FROM assignment
            WHERE organisation = ? AND id = ?";
        sql::first(connection, SQL, params![organisation, id], |row: &Row<'_>| {
            let stored = Stored::new("assignment", 1, row);
            let id_type: Option<String> = stored.get(3)?;
            let id: Option<String> = stored.get(4)?;
            Ok(Self {
                segment: stored.id(1)?,
                session: stored.get(2)?,
                customer: id_type.zip(id).map(|(id_type, id)| CustomerKey { id_type, id }),
            })
        })
    }

    /// Counts `by` the session and the customer of an assignment that is about to be stored, or was
    /// just removed, each unless another assignment of the segment to it is there.
    fn count(&self, connection: &Connection, organisation: Uuid, by: i64) -> Result<()> {
        const SESSION: &str = "SELECT 1 FROM assignment
            WHERE organisation = ? AND session = ? AND segment = ? LIMIT 1";
        const CUSTOMER: &str = "SELECT 1 FROM assignment
            WHERE organisation = ? AND id_type = ? AND customer_id = ?
            AND scope IN (?, ?) AND segment = ? LIMIT 1";
        const SQL: &str = "INSERT INTO segment_count (organisation, segment, sessions, customers)
            VALUES (?, ?, ?, ?) ON CONFLICT (organisation, segment) DO UPDATE SET
            sessions = sessions + excluded.sessions, customers = customers + excluded.customers";
        let segment = self.segment;
        let new_session = match self.session {
            None => false,
            Some(session) => {
                !sql::exists(connection, SESSION, params![organisation, session, segment])?
            }
        };
        let new_customer = match &self.customer {
            None => false,
            Some(CustomerKey { id_type, id }) => {
                // Naming the scopes lets the index find the segment.
                let [first, second] = Scope::ALL.map(scope_word);
                let params = params![organisation, id_type, id, first, second, segment];
                !sql::exists(connection, CUSTOMER, params)?
            }
        };
        if new_session || new_customer {
            let changes = [new_session, new_customer].map(|is_new| by * i64::from(is_new));
            let params = params![organisation, segment, changes[0], changes[1]];
            sql::execute(connection, SQL, params)?;
        }
        Ok(())
    }
}

/// Counts a segment afresh, for the case that a stored assignment changed its subject.
fn recount(connection: &Connection, organisation: Uuid, segment: Uuid) -> Result<()> {
    const SQL: &str = "INSERT OR REPLACE INTO segment_count
        (organisation, segment, sessions, customers)
        SELECT ?1, ?2,
        (SELECT count(DISTINCT session) FROM assignment
            WHERE organisation = ?1 AND segment = ?2 AND session IS NOT NULL),
        (SELECT count(*) FROM (SELECT DISTINCT id_type, customer_id FROM assignment
            WHERE organisation = ?1 AND segment = ?2 AND customer_id IS NOT NULL))";
    sql::execute(connection, SQL, params![organisation, segment]).map(|_| ())
}
