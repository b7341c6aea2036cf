//! What is stored of one customer, to look at it once more.

use wayfare_model::change::AppliedEvent;
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{ContactId, OrganisationId, SessionId};
use wayfare_model::limits::{HISTORY_EVENTS_MAX, HISTORY_SESSIONS_MAX};
use wayfare_model::session::Session;
use wayfare_store::Stores;
use wayfare_store::journeys::SessionPlace;

use crate::error::Result;

/// Sessions read at once.
const PAGE: usize = 200;

/// Sessions, and their events in the order in which they were applied.
pub(crate) struct History {
    pub(crate) sessions: Vec<Session>,
    pub(crate) events: Vec<AppliedEvent>,
    /// Whether there is more than one looks at.
    pub(crate) is_cut: bool,
}

/// The latest sessions of a contact; of one of its customers, if one is named.
pub(crate) async fn sessions(
    stores: &Stores,
    organisation: OrganisationId,
    contact: ContactId,
    customer: Option<&CustomerKey>,
) -> Result<Vec<Session>> {
    let mut found: Vec<Session> = Vec::new();
    let mut after = None;
    loop {
        let journeys = &stores.journeys;
        let page = journeys.sessions_of_contact(organisation, contact, after, PAGE).await?;
        after = page.last().map(|last| SessionPlace { started: last.started, id: last.id });
        let is_last = page.len() < PAGE;
        let is_asked = |session: &Session| customer.is_none_or(|key| session.customer == *key);
        found.extend(page.into_iter().filter(is_asked));
        if is_last || found.len() > HISTORY_SESSIONS_MAX {
            return Ok(found);
        }
    }
}

/// The events of sessions.
pub(crate) async fn of(
    stores: &Stores,
    organisation: OrganisationId,
    mut sessions: Vec<Session>,
) -> Result<History> {
    let has_more_sessions = sessions.len() > HISTORY_SESSIONS_MAX;
    sessions.truncate(HISTORY_SESSIONS_MAX);
    let ids: Vec<SessionId> = sessions.iter().map(|session| session.id).collect();
    let limit = HISTORY_EVENTS_MAX + 1;
    let mut events = stores.journeys.events_as_applied(organisation, &ids, limit).await?;
    let has_more_events = events.len() > HISTORY_EVENTS_MAX;
    events.truncate(HISTORY_EVENTS_MAX);
    Ok(History { sessions, events, is_cut: has_more_sessions || has_more_events })
}
