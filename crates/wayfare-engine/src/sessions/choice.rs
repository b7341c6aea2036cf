//! Which session an event belongs to. Only the times of events decide, never a clock: so it does
//! not matter when, or whether, the end of a session was written down.

use wayfare_model::event::{Arrival, Event};
use wayfare_model::limits::SESSION_SILENCE_MS_DEFAULT;
use wayfare_model::session::Session;
use wayfare_model::time::Moment;

/// What an organisation may set about its sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Milliseconds of silence that end a session; more than 0.
    pub session_silence_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { session_silence_ms: SESSION_SILENCE_MS_DEFAULT }
    }
}

/// Chooses, among a visitor's sessions of the event's type that no import named, the one an event
/// belongs to: the latest that began before it and was not over; otherwise the nearest that began
/// after it without a silence between them.
pub(crate) fn choose<'session>(
    sessions: &[&'session Session],
    created: Moment,
    settings: Settings,
) -> Option<&'session Session> {
    let covering = sessions
        .iter()
        .filter(|session| session.started <= created && created < session.ends)
        .max_by_key(|session| (session.started, session.id));
    let following = || {
        sessions
            .iter()
            .filter(|session| {
                let ahead = session.started.ms_since(created);
                0 < ahead && ahead < settings.session_silence_ms
            })
            .min_by_key(|session| (session.started, session.id))
    };
    covering.or_else(following).copied()
}

/// Whether a campaign divides a session at an event that would join it: the event comes last, and
/// its campaign has another source (domain, U27).
pub(crate) fn divides(session: &Session, event: &Event) -> bool {
    let source_of_session = session.campaign.as_ref().and_then(|found| found.source.as_ref());
    let source_of_event = event.campaign.as_ref().and_then(|found| found.source.as_ref());
    event.created >= session.last_event.created
        && matches!((source_of_session, source_of_event), (Some(old), Some(new)) if old != new)
}

/// The session that makes a live event too late: it is active as the event arrives, and so is no
/// other that began before the event (domain, 2.3: 422).
pub(crate) fn active_starts_later<'session>(
    sessions: &[&'session Session],
    event: &Event,
) -> Option<&'session Session> {
    if event.arrival != Arrival::Live {
        return None;
    }
    let first_active = sessions
        .iter()
        .filter(|session| session.closed_by_campaign.is_none() && event.received < session.ends)
        .min_by_key(|session| (session.started, session.id))?;
    (event.created < first_active.started).then_some(first_active)
}
