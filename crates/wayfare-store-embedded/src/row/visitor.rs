//! Rows of visitors.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{ContactId, SessionId};
use wayfare_model::session::Visitor;
use wayfare_model::time::Moment;
use wayfare_store::error::Result;

use super::Stored;
use super::progress::Progress;

/// The body of a visitor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Body {
    first_seen: i64,
    last_seen: i64,
    events: u64,
    pageviews: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    recent: Vec<Uuid>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    progress: Vec<Progress>,
}

impl From<Visitor> for Body {
    fn from(model: Visitor) -> Self {
        Self {
            first_seen: model.first_seen.as_ms(),
            last_seen: model.last_seen.as_ms(),
            events: model.event_count,
            pageviews: model.pageview_count,
            recent: model.recent_sessions.into_iter().map(SessionId::as_uuid).collect(),
            progress: model.progress.into_iter().map(Progress::from).collect(),
        }
    }
}

/// Reads the columns `id_type, customer_id, revision, contact, body`.
pub(crate) fn read(row: &Row<'_>) -> Result<Visitor> {
    let stored = Stored::new("visitor", 2, row);
    let body: Body = stored.body(4)?;
    Ok(Visitor {
        customer: CustomerKey { id_type: stored.get(0)?, id: stored.get(1)? },
        revision: stored.count(2)?,
        contact: ContactId::from_uuid(stored.id(3)?),
        first_seen: Moment::from_ms(body.first_seen),
        last_seen: Moment::from_ms(body.last_seen),
        event_count: body.events,
        pageview_count: body.pageviews,
        recent_sessions: body.recent.into_iter().map(SessionId::from_uuid).collect(),
        progress: body.progress.into_iter().map(Into::into).collect(),
    })
}
