//! An event: the session it goes to, and everything that follows from it.

use wayfare_model::change::AppliedEvent;
use wayfare_model::event::Event;
use wayfare_model::id::{ContactId, SessionId};
use wayfare_model::limits::VISITOR_RECENT_SESSIONS_MAX;
use wayfare_model::session::{Session, Visitor};

use super::{AppliedTo, Effect, Rejection, State};
use crate::segments::Rules;
use crate::sessions;

/// Where an event goes.
enum Place {
    /// To a session that is there.
    Join(SessionId),
    /// To a new one.
    Open { id: SessionId, recorded: bool },
    /// To a new one, and the one it would have joined ends.
    Divide { closed: SessionId, id: SessionId },
}

impl State {
    pub(super) fn apply_event(
        &mut self,
        rules: &Rules,
        event: Event,
        effects: &mut Vec<Effect>,
    ) -> Result<AppliedTo, Rejection> {
        if let Some(session) = self.known_events.get(&event.id) {
            return Ok(AppliedTo { event: event.id, session: *session, duplicate: true });
        }
        // The only step that may refuse, before anything has changed.
        let place = self.place(&event)?;
        let contact = self.person_of(&event, effects);
        let session = match place {
            Place::Join(id) => {
                self.decide_before(rules, id, &event, effects);
                id
            }
            Place::Open { id, recorded } => self.open(id, contact, recorded, &event, effects),
            Place::Divide { closed, id } => {
                self.close_by_campaign(rules, closed, event.created, effects);
                self.open(id, contact, false, &event, effects)
            }
        };
        self.add_to_session(session, &event, effects);
        self.add_to_visitor(session, contact, &event);
        self.end_others(rules, session, &event, effects);
        self.match_segments(rules, session, &event, effects);
        let ended = self.sessions.get(&session).and_then(|session| session.ended);
        self.decide(rules, session, Some(&event), ended, effects);
        // A late event may have matched in a session that another campaign has cut off.
        self.settle_assignments(session, effects);
        let applied = AppliedTo { event: event.id, session, duplicate: false };
        self.known_events.insert(event.id, session);
        self.events.push(AppliedEvent { event, session });
        Ok(applied)
    }

    fn place(&self, event: &Event) -> Result<Place, Rejection> {
        if let Some(id) = event.recorded_session {
            return self.recorded_place(id, event);
        }
        let recent = self.visitors.get(&event.customer).map(|visitor| &visitor.recent_sessions);
        let sessions: Vec<&Session> = recent
            .into_iter()
            .flatten()
            .filter_map(|id| self.sessions.get(id))
            .filter(|session| session.session_type == event.session_type)
            .collect();
        if let Some(active) = sessions::active_starts_later(&sessions, event) {
            return Err(Rejection::OlderThanSession {
                event_created: event.created,
                session_started: active.started,
                session: active.id,
            });
        }
        let new = || {
            let id = event.id.as_uuid();
            SessionId::from_uuid(self.ids.derive_at(event.created, "session", &[id.as_bytes()]))
        };
        Ok(match sessions::choose(&sessions, event.created, self.settings) {
            Some(session) if sessions::divides(session, event) => {
                Place::Divide { closed: session.id, id: new() }
            }
            Some(session) => Place::Join(session.id),
            None => Place::Open { id: new(), recorded: false },
        })
    }

    /// The place of an event whose record names its session.
    fn recorded_place(&self, id: SessionId, event: &Event) -> Result<Place, Rejection> {
        let Some(session) = self.sessions.get(&id) else {
            return Ok(Place::Open { id, recorded: true });
        };
        if session.customer != event.customer {
            return Err(Rejection::SessionOfAnotherCustomer { session: id });
        }
        if session.session_type != event.session_type {
            let session_type = session.session_type.clone();
            return Err(Rejection::SessionOfAnotherType { session: id, session_type });
        }
        Ok(Place::Join(id))
    }

    fn open(
        &mut self,
        id: SessionId,
        contact: ContactId,
        recorded: bool,
        event: &Event,
        effects: &mut Vec<Effect>,
    ) -> SessionId {
        self.sessions.insert(id, sessions::open(id, contact, recorded, event));
        effects.push(Effect::SessionOpened(id));
        id
    }

    fn add_to_session(&mut self, id: SessionId, event: &Event, effects: &mut Vec<Effect>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if sessions::add(session, event, self.settings) {
            self.judged.remove(&id);
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.ended.is_some() && session.closed_by_campaign.is_none() {
            session.ended = None;
            effects.push(Effect::SessionReopened(id));
            self.settle_assignments(id, effects);
        }
    }

    fn add_to_visitor(&mut self, session: SessionId, contact: ContactId, event: &Event) {
        if self.visitors.get(&event.customer).is_none() {
            let visitor = Visitor {
                customer: event.customer.clone(),
                revision: 0,
                contact,
                first_seen: event.created,
                last_seen: event.created,
                event_count: 0,
                pageview_count: 0,
                recent_sessions: Vec::new(),
                progress: Vec::new(),
            };
            self.visitors.insert(event.customer.clone(), visitor);
        }
        // A session that an import names is joined by its name only.
        let joins_by_time = self.sessions.get(&session).is_some_and(|session| !session.recorded);
        let Some(visitor) = self.visitors.get_mut(&event.customer) else { return };
        visitor.first_seen = visitor.first_seen.min(event.created);
        visitor.last_seen = visitor.last_seen.max(event.created);
        visitor.event_count = visitor.event_count.saturating_add(1);
        let is_pageview = event.name == Event::PAGE_VIEWED;
        visitor.pageview_count = visitor.pageview_count.saturating_add(u64::from(is_pageview));
        if joins_by_time {
            let recent = &mut visitor.recent_sessions;
            recent.retain(|known| *known != session);
            recent.push(session);
            if recent.len() > VISITOR_RECENT_SESSIONS_MAX {
                // Where live events go, history must not push out: the latest of each type stays.
                let sessions = &self.sessions;
                let is_latest = |id: &SessionId| {
                    let Some(this) = sessions.get(id) else { return false };
                    let mut others = recent.iter().filter_map(|other| sessions.get(other));
                    !others.any(|other| {
                        other.session_type == this.session_type
                            && (other.ends, other.id) > (this.ends, this.id)
                    })
                };
                let before = recent.len() - 1;
                let dropped = recent.iter().take(before).position(|id| !is_latest(id));
                recent.remove(dropped.unwrap_or_default());
            }
        }
    }

    /// Ends the visitor's other sessions that were over when the event happened.
    fn end_others(
        &mut self,
        rules: &Rules,
        session: SessionId,
        event: &Event,
        effects: &mut Vec<Effect>,
    ) {
        let recent = match self.visitors.get(&event.customer) {
            Some(visitor) => visitor.recent_sessions.clone(),
            None => return,
        };
        for other in recent.into_iter().filter(|other| *other != session) {
            self.end_if_over(rules, other, event.created, effects);
        }
    }
}
