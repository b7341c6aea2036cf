//! Ends: of sessions by silence or campaign, of assignments by time or with their session.

use wayfare_model::assignment::{Assignment, AssignmentState, UnassignReason};
use wayfare_model::change::Due;
use wayfare_model::id::{AssignmentId, SessionId};
use wayfare_model::segment::Scope;
use wayfare_model::session::Session;
use wayfare_model::time::Moment;

use super::{Effect, State};
use crate::assignments;
use crate::segments::Rules;

impl State {
    /// Writes down what is over at `now`. What is not, or not any more, stays as it is.
    pub(super) fn apply_due(
        &mut self,
        rules: &Rules,
        due: &Due,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        for session in &due.sessions {
            self.decide_if_due(rules, *session, now, effects);
            self.end_if_over(rules, *session, now, effects);
        }
        for assignment in &due.assignments {
            self.unassign_if_over(rules, *assignment, now, effects);
        }
    }

    /// Decides what time has decided in a session by a moment.
    pub(super) fn decide_if_due(
        &mut self,
        rules: &Rules,
        id: SessionId,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let decides = self.sessions.get(&id).and_then(|session| session.decides);
        if decides.is_some_and(|decides| decides <= moment) {
            self.decide(rules, id, None, Some(moment), effects);
        }
    }

    /// Ends a session if it is over at a moment.
    pub(super) fn end_if_over(
        &mut self,
        rules: &Rules,
        id: SessionId,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let is_over = |session: &Session| session.ended.is_none() && moment >= session.ends;
        if !self.sessions.get(&id).is_some_and(is_over) {
            return;
        }
        let mut ended = None;
        if let Some(session) = self.sessions.get_mut(&id) {
            session.ended = Some(session.ends);
            ended = session.ended;
        }
        self.decide(rules, id, None, ended, effects);
        effects.push(Effect::SessionEnded(id));
        self.settle_assignments(id, effects);
    }

    /// Ends a session where another campaign's session begins.
    pub(super) fn close_by_campaign(
        &mut self,
        rules: &Rules,
        id: SessionId,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let was_ended = session.ended.is_some();
        session.closed_by_campaign = Some(moment);
        session.ends = moment;
        session.ended = Some(moment);
        self.decide(rules, id, None, Some(moment), effects);
        if !was_ended {
            effects.push(Effect::SessionEnded(id));
        }
        self.settle_assignments(id, effects);
    }

    /// Makes the assignments of a session, as far as they are for that session only, follow its
    /// end.
    pub(super) fn settle_assignments(&mut self, id: SessionId, effects: &mut Vec<Effect>) {
        let Some(session) = self.sessions.get(&id) else { return };
        let ended = session.ended;
        let made: Vec<AssignmentId> =
            session.segments.iter().map(|segment| segment.assignment).collect();
        for id in made {
            let Some(assignment) = self.assignments.get(&id) else { continue };
            let unassigned = assignments::within_session(assignment, ended);
            if assignment.scope == Scope::Session && assignment.unassigned != unassigned {
                self.set_unassigned(id, unassigned, effects);
            }
        }
    }

    /// Unassigns an assignment if it is over at a moment, by its days or with its session.
    pub(super) fn unassign_if_over(
        &mut self,
        rules: &Rules,
        id: AssignmentId,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let Some(assignment) = self.holding_assignment(id) else { return };
        if let (Scope::Session, Some(session)) = (assignment.scope, assignment.session.clone()) {
            self.end_if_over(rules, session.id, moment, effects);
        }
        let expires = self.holding_assignment(id).and_then(|assignment| assignment.expires);
        if let Some(expires) = expires.filter(|expires| *expires <= moment) {
            self.set_unassigned(id, Some((expires, UnassignReason::Expired)), effects);
        }
    }

    /// An assignment, if it holds as far as is written down.
    pub(super) fn holding_assignment(&self, id: AssignmentId) -> Option<&Assignment> {
        self.assignments
            .get(&id)
            .filter(|assignment| assignment.state() == AssignmentState::Assigned)
    }

    pub(super) fn set_unassigned(
        &mut self,
        id: AssignmentId,
        unassigned: Option<(Moment, UnassignReason)>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(assignment) = self.assignments.get_mut(&id) else { return };
        match (assignment.unassigned, unassigned) {
            (None, Some(_)) => effects.push(Effect::Unassigned(id)),
            (Some(_), None) => effects.push(Effect::Restored(id)),
            _ => {}
        }
        assignments::set_unassigned(assignment, unassigned);
    }
}
