//! Rows of the change log.

use rusqlite::Row;
use uuid::Uuid;
use wayfare_model::assignment::{AssignmentOrigin, UnassignReason};
use wayfare_model::change_log::{
    Change, ChangeKind, ChangedAssignment, ChangedSession, LoggedChange,
};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{AssignmentId, ContactId, SegmentId, SessionId};
use wayfare_model::segment::Scope;
use wayfare_model::time::Moment;
use wayfare_store::error::Result;

use super::Stored;
use super::assignment::scope_word;

/// The columns that [`read`] reads.
macro_rules! columns {
    () => {
        "sequence, kind, happened, recorded, id_type, customer_id, contact, session, session_type, \
         assignment, segment, segment_version, scope, origin, assigned, expires, reason"
    };
}
pub(crate) use columns;

/// The stored word of an origin.
pub(crate) const fn origin_word(origin: AssignmentOrigin) -> &'static str {
    match origin {
        AssignmentOrigin::Matched => "matched",
        AssignmentOrigin::Api => "api",
    }
}

/// The stored word of a reason.
pub(crate) const fn reason_word(reason: UnassignReason) -> &'static str {
    match reason {
        UnassignReason::SessionEnded => "session_ended",
        UnassignReason::Expired => "expired",
        UnassignReason::Api => "api",
        UnassignReason::SegmentDeleted => "segment_deleted",
    }
}

/// Reads the columns of [`columns`].
pub(crate) fn read(row: &Row<'_>) -> Result<LoggedChange> {
    let stored = Stored::new("change_log", 1, row);
    let kind: String = stored.get(1)?;
    let kind: ChangeKind =
        kind.parse().map_err(|()| stored.damaged(format_args!("unknown kind '{kind}'")))?;
    let id_type: Option<String> = stored.get(4)?;
    let customer_id: Option<String> = stored.get(5)?;
    let session = stored.get::<Option<Uuid>>(7)?.zip(stored.get::<Option<String>>(8)?);
    let change = Change {
        kind,
        happened: stored.moment(2)?,
        recorded: stored.moment(3)?,
        customer: id_type.zip(customer_id).map(|(id_type, id)| CustomerKey { id_type, id }),
        contact: ContactId::from_uuid(stored.id(6)?),
        session: session.map(|(id, session_type)| ChangedSession {
            id: SessionId::from_uuid(id),
            session_type,
        }),
        assignment: match stored.get::<Option<Uuid>>(9)? {
            Some(id) => Some(assignment(&stored, id)?),
            None => None,
        },
    };
    Ok(LoggedChange { sequence: stored.count(0)?, change })
}

fn assignment(stored: &Stored<'_>, id: Uuid) -> Result<ChangedAssignment> {
    let scope: String = stored.get(12)?;
    let origin: String = stored.get(13)?;
    let reason: Option<String> = stored.get(16)?;
    Ok(ChangedAssignment {
        id: AssignmentId::from_uuid(id),
        segment: SegmentId::from_uuid(stored.id(10)?),
        segment_version: stored.count(11)?,
        scope: word(stored, "scope", &scope, &Scope::ALL, scope_word)?,
        origin: word(stored, "origin", &origin, &ORIGINS, origin_word)?,
        assigned: stored.moment(14)?,
        expires: stored.get::<Option<i64>>(15)?.map(Moment::from_ms),
        reason: reason
            .map(|reason| word(stored, "reason", &reason, &REASONS, reason_word))
            .transpose()?,
    })
}

const ORIGINS: [AssignmentOrigin; 2] = [AssignmentOrigin::Matched, AssignmentOrigin::Api];
const REASONS: [UnassignReason; 4] = [
    UnassignReason::SessionEnded,
    UnassignReason::Expired,
    UnassignReason::Api,
    UnassignReason::SegmentDeleted,
];

fn word<T: Copy>(
    stored: &Stored<'_>,
    column: &str,
    found: &str,
    all: &[T],
    word_of: impl Fn(T) -> &'static str,
) -> Result<T> {
    let known = all.iter().copied().find(|value| word_of(*value) == found);
    known.ok_or_else(|| stored.damaged(format_args!("unknown {column} '{found}'")))
}
