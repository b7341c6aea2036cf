//! Rows of assignments.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::assignment;
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{AssignmentId, ContactId, SegmentId, SessionId};
use wayfare_model::segment::Scope;
use wayfare_model::time::Moment;
use wayfare_store::error::Result;

use super::Stored;
use super::mirror::words;

words! {
    /// Who made an assignment.
    Origin = assignment::AssignmentOrigin {
        Matched = "matched",
        Api = "api",
    }
}

words! {
    /// Why an assignment no longer holds.
    Reason = assignment::UnassignReason {
        SessionEnded = "session_ended",
        Expired = "expired",
        Api = "api",
        SegmentDeleted = "segment_deleted",
    }
}

/// The body of an assignment.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Body {
    version: u32,
    origin: Origin,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made_on: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_type: Option<String>,
    emitted: i64,
    modified: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unassigned: Option<Unassigned>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Unassigned {
    at: i64,
    reason: Reason,
}

impl From<assignment::Assignment> for Body {
    fn from(model: assignment::Assignment) -> Self {
        Self {
            version: model.segment_version,
            origin: model.origin.into(),
            made_on: model.made_on.map(ContactId::as_uuid),
            session_type: model.session.map(|session| session.session_type),
            emitted: model.emitted.as_ms(),
            modified: model.modified.as_ms(),
            expires: model.expires.map(Moment::as_ms),
            unassigned: model
                .unassigned
                .map(|(at, reason)| Unassigned { at: at.as_ms(), reason: reason.into() }),
        }
    }
}

/// The columns that [`read`] reads.
macro_rules! columns {
    () => {
        "id, segment, scope, session, id_type, customer_id, contact, assigned, body"
    };
}
pub(crate) use columns;

/// The stored word of a scope.
pub(crate) const fn scope_word(scope: Scope) -> &'static str {
    match scope {
        Scope::Session => "session",
        Scope::Customer => "customer",
    }
}

/// Reads the columns of [`columns`].
pub(crate) fn read(row: &Row<'_>) -> Result<assignment::Assignment> {
    let stored = Stored::new("assignment", 1, row);
    let body: Body = stored.body(8)?;
    let word: String = stored.get(2)?;
    let scope = Scope::ALL
        .into_iter()
        .find(|scope| scope_word(*scope) == word)
        .ok_or_else(|| stored.damaged(format_args!("unknown scope '{word}'")))?;
    let id_type: Option<String> = stored.get(4)?;
    let customer_id: Option<String> = stored.get(5)?;
    let session = match (stored.get::<Option<Uuid>>(3)?, body.session_type) {
        (None, _) => None,
        (Some(id), Some(session_type)) => {
            Some(assignment::AssignmentSession { id: SessionId::from_uuid(id), session_type })
        }
        (Some(_), None) => return Err(stored.damaged("missing field `session_type`")),
    };
    Ok(assignment::Assignment {
        id: AssignmentId::from_uuid(stored.id(0)?),
        segment: SegmentId::from_uuid(stored.id(1)?),
        scope,
        segment_version: body.version,
        origin: body.origin.into(),
        customer: id_type.zip(customer_id).map(|(id_type, id)| CustomerKey { id_type, id }),
        contact: ContactId::from_uuid(stored.id(6)?),
        made_on: body.made_on.map(ContactId::from_uuid),
        session,
        assigned: stored.moment(7)?,
        emitted: Moment::from_ms(body.emitted),
        modified: Moment::from_ms(body.modified),
        expires: body.expires.map(Moment::from_ms),
        unassigned: body.unassigned.map(|end| (Moment::from_ms(end.at), end.reason.into())),
    })
}
