//! What time decides: segments with a `never` hold once their window, or the session, is over.
//!
//! As long as no later event of the session has come, such a decision can still be taken back: a late
//! event may show that what must not happen did. So what a history comes to does not depend on
//! whether the clock or the next event decided first.

use wayfare_model::assignment::UnassignReason;
use wayfare_model::event::Event;
use wayfare_model::id::{AssignmentId, SegmentId, SessionId};
use wayfare_model::segment::Scope;
use wayfare_model::session::Session;
use wayfare_model::time::Moment;

use super::{Effect, State};
use crate::segments::{Decision, Rules};

/// A segment of a session that time decides.
#[derive(Debug, Clone, Copy)]
struct Undecided {
    segment: SegmentId,
    index: usize,
    decision: Decision,
    /// Whether the context patterns hold.
    is_in_context: bool,
}

impl State {
    /// Decides for good what was open until some moment before an event that comes to a session:
    /// under the context that the session had until then.
    pub(super) fn decide_before(
        &mut self,
        rules: &Rules,
        session: SessionId,
        event: &Event,
        effects: &mut Vec<Effect>,
    ) {
        for found in self.undecided(rules, session) {
            if let Decision::HoldsFrom(moment) = found.decision
                && moment < event.created
                && found.is_in_context
            {
                self.decide_for_good(rules, session, found, moment, effects);
            }
        }
    }

    /// Brings the decisions of a session into line with its events: takes back what does not hold
    /// any more, decides what is due at `until`, and notes what is due next. `event` is the one that
    /// came last, if one did.
    pub(super) fn decide(
        &mut self,
        rules: &Rules,
        session: SessionId,
        event: Option<&Event>,
        until: Option<Moment>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(known) = self.sessions.get(&session) else { return };
        let (ends, is_ended) = (known.ends, known.ended.is_some());
        let had_next = known.decides.is_some();
        let mut next: Option<Moment> = None;
        for found in self.undecided(rules, session) {
            let (moment, from) = match found.decision {
                Decision::HoldsFrom(moment) => (Some(moment), Some(moment.min(ends))),
                Decision::HoldsAtEnd => (None, Some(ends)),
                Decision::Open | Decision::Holds(_) => (None, None),
            };
            let from = from.filter(|_| found.is_in_context);
            // The context came only now, and nothing that must not happen did until then.
            if let (Some(event), Some(moment), Some(_)) = (event, moment, from)
                && moment < event.created
            {
                self.decide_for_good(rules, session, found, event.created, effects);
                continue;
            }
            let made = self.decided(session, found.segment);
            if made.is_some_and(|(_, assigned)| from == Some(assigned)) {
                continue;
            }
            if let Some((id, _)) = made
                && !self.take_back(session, id, effects)
            {
                self.forget(session, found.segment);
                continue;
            }
            match (from, until) {
                (Some(from), Some(until)) if from <= until => {
                    self.assign_at(rules.segment(found.index), session, from, from, effects);
                }
                (Some(_), _) => next = [next, moment].into_iter().flatten().min(),
                (None, _) => {}
            }
        }
        let next = next.filter(|_| !is_ended);
        if (had_next || next.is_some())
            && let Some(session) = self.sessions.get_mut(&session)
        {
            session.decides = next;
        }
    }

    fn undecided(&self, rules: &Rules, session: SessionId) -> Vec<Undecided> {
        let Some(session) = self.sessions.get(&session) else { return Vec::new() };
        let of_row = |row: &wayfare_model::session::Progress| {
            let sequence = row.sequence.as_deref()?;
            let index = rules.counted_by(row, Scope::Session)?;
            let segment = rules.segment(index);
            let plan = segment.plan().filter(|plan| plan.waits())?;
            let standing = plan.standing(sequence, session.started);
            Some(Undecided {
                segment: row.segment,
                index,
                decision: plan.decision(&standing, session.started),
                is_in_context: segment.context_holds(session),
            })
        };
        session.progress.iter().filter_map(of_row).collect()
    }

    /// What was decided of a segment in a session, and when that holds from.
    fn decided(&self, session: SessionId, segment: SegmentId) -> Option<(AssignmentId, Moment)> {
        let made = self.sessions.get(&session)?.segments.iter();
        made.filter(|made| made.segment == segment)
            .map(|made| (made.assignment, made.assigned))
            .next()
    }

    /// Assigns a segment from a moment on, if that is not done; no late event takes it back.
    fn decide_for_good(
        &mut self,
        rules: &Rules,
        session: SessionId,
        found: Undecided,
        moment: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let made = self.decided(session, found.segment);
        let is_as_it_was = match made {
            Some((_, assigned)) if assigned == moment => true,
            Some((id, _)) => !self.take_back(session, id, effects),
            None => false,
        };
        if !is_as_it_was {
            self.assign_at(rules.segment(found.index), session, moment, moment, effects);
        }
        self.forget(session, found.segment);
    }

    /// Forgets how far a session is with a segment.
    fn forget(&mut self, session: SessionId, segment: SegmentId) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.progress.retain(|row| row.segment != segment);
        }
    }

    /// Takes back an assignment that time decided; not if a client ended it meanwhile.
    fn take_back(
        &mut self,
        session: SessionId,
        id: AssignmentId,
        effects: &mut Vec<Effect>,
    ) -> bool {
        use UnassignReason::{Api, SegmentDeleted};
        let unassigned = self.assignments.get(&id).and_then(|made| made.unassigned);
        if matches!(unassigned, Some((_, Api | SegmentDeleted))) {
            return false;
        }
        self.taken_back.extend(self.assignments.get(&id).cloned());
        self.assignments.remove(&id);
        if let Some(session) = self.sessions.get_mut(&session) {
            session.segments.retain(|made| made.assignment != id);
        }
        effects.push(Effect::TakenBack(id));
        true
    }

    /// Begins to watch, in a session, the segments of nothing but `never`.
    pub(super) fn watch_never_only(&mut self, rules: &Rules, session: SessionId) {
        let Some(known) = self.sessions.get(&session) else { return };
        let is_new = |segment: SegmentId, known: &Session| {
            known.segments.iter().all(|made| made.segment != segment)
                && known.progress.binary_search_by_key(&segment, |row| row.segment).is_err()
        };
        let mut found = rules.never_only(known);
        found.retain(|found| is_new(found.segment, known));
        if found.is_empty() {
            return;
        }
        let Some(session) = self.sessions.get_mut(&session) else { return };
        for found in found {
            session.progress.push(rules.segment(found.index).nothing_counted());
        }
        session.progress.sort_by_key(|row| row.segment);
    }
}
