//! What the change log tells of a command.

use wayfare_model::assignment::Assignment;
use wayfare_model::change_log::{Change, ChangeKind, ChangedAssignment, ChangedSession};
use wayfare_model::id::{AssignmentId, SessionId};
use wayfare_model::limits::CHANGE_LOG_AGE_MS_MAX;
use wayfare_model::time::Moment;

use super::{Effect, State};

impl State {
    /// Writes down for the change log what a command did at `now`. What happened longer ago than the
    /// log goes back is no news to anybody.
    pub(super) fn log_effects(&mut self, effects: &[Effect], now: Moment) {
        for effect in effects {
            let change = match *effect {
                Effect::SessionOpened(id) => self.of_session(ChangeKind::SessionOpened, id, now),
                Effect::SessionEnded(id) => self.of_session(ChangeKind::SessionEnded, id, now),
                Effect::SessionReopened(id) => {
                    self.of_session(ChangeKind::SessionReopened, id, now)
                }
                Effect::Assigned(id) => self.of_made(ChangeKind::SegmentAssigned, id, now),
                Effect::Renewed(id) => self.of_made(ChangeKind::SegmentRenewed, id, now),
                Effect::Restored(id) => self.of_made(ChangeKind::SegmentRestored, id, now),
                Effect::Unassigned(id) => self.of_made(ChangeKind::SegmentUnassigned, id, now),
                Effect::TakenBack(id) => self
                    .taken_back
                    .iter()
                    .find(|made| made.id == id)
                    .map(|made| of_assignment(ChangeKind::SegmentRetracted, made, now)),
                Effect::ContactsMerged(_) => None,
            };
            let is_news = |change: &Change| now.ms_since(change.happened) <= CHANGE_LOG_AGE_MS_MAX;
            self.log.extend(change.filter(is_news));
        }
        self.taken_back.clear();
    }

    fn of_session(&self, kind: ChangeKind, id: SessionId, now: Moment) -> Option<Change> {
        let session = self.sessions.get(&id)?;
        let happened = match kind {
            ChangeKind::SessionOpened => session.started,
            ChangeKind::SessionEnded => session.ended.unwrap_or(session.ends),
            _ => session.last_event.created,
        };
        Some(Change {
            kind,
            happened,
            recorded: now,
            customer: Some(session.customer.clone()),
            contact: session.contact,
            session: Some(ChangedSession { id, session_type: session.session_type.clone() }),
            assignment: None,
        })
    }

    fn of_made(&self, kind: ChangeKind, id: AssignmentId, now: Moment) -> Option<Change> {
        // It may have been taken back later in the same command.
        let gone = || self.taken_back.iter().find(|made| made.id == id);
        self.assignments.get(&id).or_else(gone).map(|made| of_assignment(kind, made, now))
    }
}

fn of_assignment(kind: ChangeKind, made: &Assignment, now: Moment) -> Change {
    let (unassigned, reason) = made.unassigned.unzip();
    let happened = match kind {
        ChangeKind::SegmentUnassigned => unassigned.unwrap_or(made.modified),
        ChangeKind::SegmentRenewed => made.modified,
        // What holds again never ended, and what is taken back never began.
        _ => made.assigned,
    };
    Change {
        kind,
        happened,
        recorded: now,
        customer: made.customer.clone(),
        contact: made.contact,
        session: made.session.as_ref().map(|session| ChangedSession {
            id: session.id,
            session_type: session.session_type.clone(),
        }),
        assignment: Some(ChangedAssignment {
            id: made.id,
            segment: made.segment,
            segment_version: made.segment_version,
            scope: made.scope,
            origin: made.origin,
            assigned: made.assigned,
            expires: made.expires,
            reason: reason.filter(|_| kind == ChangeKind::SegmentUnassigned),
        }),
    }
}
