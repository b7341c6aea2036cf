//! Matching: counting an event for the segments it concerns, and assigning those that are complete.

use std::collections::BTreeSet;

use wayfare_model::event::Event;
use wayfare_model::id::{SegmentId, SessionId};
use wayfare_model::segment::Scope;
use wayfare_model::session::{Progress, SessionSegment};

use super::{Effect, State};
use crate::assignments;
use crate::segments::{CompiledSegment, Hit, Rules};

impl State {
    /// Matches an event that has been added to its session.
    pub(super) fn match_segments(
        &mut self,
        rules: &Rules,
        session: SessionId,
        event: &Event,
        effects: &mut Vec<Effect>,
    ) {
        self.drop_outdated_progress(rules, session, event);
        let hits = rules.satisfied(event);
        for index in self.candidates(rules, &hits, session, event) {
            let segment = rules.segment(index);
            if self.is_assigned_in(session, segment.id) {
                continue;
            }
            if segment.scope == Scope::Customer && !self.may_count(segment.id, event, effects) {
                continue;
            }
            let hits = hits.iter().filter(|hit| hit.segment == index);
            let is_complete = self.count(segment, hits, session, event);
            let context_holds =
                self.sessions.get(&session).is_some_and(|session| segment.context_holds(session));
            if is_complete && context_holds {
                self.assign_matched(segment, session, event, effects);
            }
        }
    }

    /// The segments that this event may complete: those of whose patterns it satisfies one, those
    /// that look at the context only, and those that wait for their context.
    fn candidates(
        &self,
        rules: &Rules,
        hits: &[Hit],
        session: SessionId,
        event: &Event,
    ) -> BTreeSet<usize> {
        let waiting = |rows: &[Progress], scope: Scope| -> Vec<usize> {
            rows.iter()
                .filter_map(|row| Some((rules.counted_by(row, scope)?, row)))
                .filter(|(index, row)| rules.segment(*index).is_complete(Some(row)))
                .map(|(index, _)| index)
                .collect()
        };
        let in_session =
            self.sessions.get(&session).map(|found| waiting(&found.progress, Scope::Session));
        let of_customer = self
            .visitors
            .get(&event.customer)
            .map(|found| waiting(&found.progress, Scope::Customer));
        hits.iter()
            .map(|hit| hit.segment)
            .chain(rules.context_only().iter().copied())
            .chain(in_session.into_iter().flatten())
            .chain(of_customer.into_iter().flatten())
            .collect()
    }

    fn is_assigned_in(&self, session: SessionId, segment: SegmentId) -> bool {
        self.sessions
            .get(&session)
            .is_some_and(|session| session.segments.iter().any(|made| made.segment == segment))
    }

    /// Whether an event counts for a segment of scope Customer. Finds the last assignment over, if
    /// it is.
    fn may_count(&mut self, segment: SegmentId, event: &Event, effects: &mut Vec<Effect>) -> bool {
        let last = self
            .last_of_customer
            .get(&event.customer)
            .and_then(|by_segment| by_segment.get(&segment))
            .and_then(|id| self.assignments.get(id));
        let Some(last) = last else { return true };
        if assignments::forbids_counting(last, event.created) {
            return false;
        }
        let id = last.id;
        self.unassign_if_over(id, event.created, effects);
        true
    }

    /// Counts an event for the patterns it satisfies; says whether all patterns have their count.
    fn count<'hit>(
        &mut self,
        segment: &CompiledSegment,
        hits: impl Iterator<Item = &'hit Hit>,
        session: SessionId,
        event: &Event,
    ) -> bool {
        let Some(rows) = self.progress(segment.scope, session, event) else { return false };
        let mut place = rows.binary_search_by_key(&segment.id, |row| row.segment);
        for hit in hits {
            let at = place.unwrap_or_else(|at| {
                rows.insert(at, segment.nothing_counted());
                at
            });
            place = Ok(at);
            segment.count(&mut rows[at], hit.pattern);
        }
        segment.is_complete(place.ok().map(|at| &rows[at]))
    }

    fn assign_matched(
        &mut self,
        segment: &CompiledSegment,
        session: SessionId,
        event: &Event,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(rows) = self.progress(segment.scope, session, event) {
            rows.retain(|row| row.segment != segment.id);
        }
        let Some(session) = self.sessions.get_mut(&session) else { return };
        let assignment = assignments::matched(&self.ids, segment, session, event);
        session.segments.push(SessionSegment {
            segment: segment.id,
            assignment: assignment.id,
            assigned: assignment.assigned,
        });
        let id = assignment.id;
        self.assignments.insert(id, assignment);
        self.remember_last(id);
        effects.push(Effect::Assigned(id));
    }

    /// Counts that belong to a scope, in the order of the segments' ids.
    fn progress(
        &mut self,
        scope: Scope,
        session: SessionId,
        event: &Event,
    ) -> Option<&mut Vec<Progress>> {
        match scope {
            Scope::Session => self.sessions.get_mut(&session).map(|found| &mut found.progress),
            Scope::Customer => {
                self.visitors.get_mut(&event.customer).map(|found| &mut found.progress)
            }
        }
    }

    /// Forgets counts for conditions that are not in force any more: so the counts of a visitor
    /// never outgrow the active segments.
    fn drop_outdated_progress(&mut self, rules: &Rules, session: SessionId, event: &Event) {
        for scope in Scope::ALL {
            if let Some(rows) = self.progress(scope, session, event) {
                rows.retain(|row| rules.counted_by(row, scope).is_some());
            }
        }
    }
}
