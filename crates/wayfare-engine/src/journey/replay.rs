//! What happened, once more: stored events of one customer go through the engine again, each to the
//! session it went to, under rules that may be others. For explanations and back-tests.

use wayfare_model::assignment::{Assignment, UnassignReason};
use wayfare_model::change::{AppliedEvent, Loaded};
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::Event;
use wayfare_model::id::{AssignmentId, IdSource, SegmentId, SessionId};
use wayfare_model::segment::Scope;
use wayfare_model::session::{Progress, Session};
use wayfare_model::time::Moment;

use super::{Effect, State};
use crate::segments::Rules;
use crate::sessions::Settings;

/// A customer's history being replayed.
#[derive(Debug)]
pub struct Replay<'a> {
    pub(crate) state: State,
    /// The sessions as they are stored.
    sessions: &'a [Session],
}

impl<'a> Replay<'a> {
    /// Begins. `sessions` are the stored sessions of the events that will come; of them is taken when
    /// another campaign cut them off.
    #[must_use]
    pub fn new(ids: IdSource, settings: Settings, sessions: &'a [Session]) -> Self {
        Self { state: State::new(ids, settings, Loaded::default()), sessions }
    }

    /// Adds an event, in the order in which they were applied; gives what it led to.
    pub fn event(&mut self, rules: &Rules, applied: &AppliedEvent) -> Vec<Effect> {
        let mut effects = Vec::new();
        // The session is known: what decided about it once may look different from here.
        let recorded_session = Some(applied.session);
        let event = Event { recorded_session, ..applied.event.clone() };
        // Only the first event of a session may be refused, if the same session were another's.
        drop(self.state.apply_event(rules, event, &mut effects));
        effects
    }

    /// Decides and ends what is over at a moment, in all sessions.
    pub fn settle(&mut self, rules: &Rules, moment: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        for session in self.sessions {
            let closed = session.closed_by_campaign.filter(|closed| *closed <= moment);
            let is_open = |known: &Session| known.closed_by_campaign.is_none();
            if let Some(closed) = closed
                && self.state.session(session.id).is_some_and(is_open)
            {
                self.state.close_by_campaign(rules, session.id, closed, &mut effects);
            }
            self.state.decide_if_due(rules, session.id, moment, &mut effects);
            self.state.end_if_over(rules, session.id, moment, &mut effects);
        }
        effects
    }

    /// Ends an assignment as a client did.
    pub fn unassign(&mut self, id: AssignmentId, moment: Moment) {
        if self.state.holding_assignment(id).is_some() {
            let ended = Some((moment, UnassignReason::Api));
            self.state.set_unassigned(id, ended, &mut Vec::new());
        }
    }

    /// The assignments that were made and not taken back.
    pub fn assignments(&self) -> impl Iterator<Item = &Assignment> {
        self.state.assignments.values()
    }

    /// How far the customer, or the session, is with a segment.
    pub(crate) fn progress(
        &self,
        segment: SegmentId,
        scope: Scope,
        session: SessionId,
        customer: &CustomerKey,
    ) -> Option<&Progress> {
        let rows = match scope {
            Scope::Session => &self.state.sessions.get(&session)?.progress,
            Scope::Customer => &self.state.visitors.get(customer)?.progress,
        };
        rows.iter().find(|row| row.segment == segment)
    }
}
