//! Matching: counting an event for the segments it concerns, and assigning those that are complete.

use std::collections::HashSet;

use wayfare_model::event::{Arrival, Event};
use wayfare_model::id::{SegmentId, SessionId};
use wayfare_model::segment::Scope;
use wayfare_model::session::{Progress, SessionSegment};
use wayfare_model::time::Moment;

use super::{Effect, State};
use crate::assignments;
use crate::segments::{CompiledSegment, Decision, Hit, Identity, Rules, satisfying};

/// What is known of a session since its context was last judged.
#[derive(Debug)]
pub(super) struct Judged {
    /// The rules it was judged by.
    rules: Identity,
    /// The segments without journey patterns that hold and are not assigned: of scope Customer,
    /// when an assignment of another session is in the way.
    open: Vec<(SegmentId, usize)>,
}

/// A segment that an event may complete.
struct Candidate<'hits> {
    segment: SegmentId,
    index: usize,
    /// The patterns of it that the event satisfies.
    hits: &'hits [Hit],
}

impl State {
    /// Matches an event that has been added to its session.
    pub(super) fn match_segments(
        &mut self,
        rules: &Rules,
        session: SessionId,
        event: &Event,
        effects: &mut Vec<Effect>,
    ) {
        let judged =
            self.judged.remove(&session).filter(|judged| judged.rules == *rules.identity());
        self.drop_outdated_progress(rules, session, event, judged.is_some());
        if judged.is_none() {
            self.watch_never_only(rules, session);
        }
        let hits = rules.satisfied(event, &mut self.scratch);
        let candidates = self.candidates(rules, &hits, judged, session, event);
        let mut open = Vec::new();
        if !candidates.is_empty() {
            let assigned = self.assigned_in(session);
            for candidate in &candidates {
                self.worked.evaluated(candidate.segment, candidate.hits.len());
                if assigned.contains(&candidate.segment) {
                    self.count_decided(rules, candidate, session, event);
                    continue;
                }
                let is_assigned = self.match_segment(rules, candidate, session, event, effects);
                if !is_assigned && rules.segment(candidate.index).is_context_only() {
                    open.push((candidate.segment, candidate.index));
                }
            }
        }
        self.judged.insert(session, Judged { rules: rules.identity().clone(), open });
    }

    /// Counts an event for one segment, and assigns it if it is complete; says whether it was.
    fn match_segment(
        &mut self,
        rules: &Rules,
        candidate: &Candidate<'_>,
        session: SessionId,
        event: &Event,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let segment = rules.segment(candidate.index);
        if segment.scope == Scope::Customer && !self.may_count(rules, segment.id, event, effects) {
            return false;
        }
        let since = self
            .count(segment, candidate.hits, session, event)
            .filter(|_| self.sessions.get(&session).is_some_and(|of| segment.context_holds(of)));
        if let Some(since) = since {
            self.assign_matched(segment, session, (since, event), effects);
        }
        since.is_some()
    }

    /// Counts an event for a segment that time has decided in its session: it may come late, and show
    /// that a `never` does not hold.
    fn count_decided(
        &mut self,
        rules: &Rules,
        candidate: &Candidate<'_>,
        session: SessionId,
        event: &Event,
    ) {
        let segment = rules.segment(candidate.index);
        let is_open = segment.scope == Scope::Session
            && self.sessions.get(&session).is_some_and(|session| {
                session.progress.binary_search_by_key(&segment.id, |row| row.segment).is_ok()
            });
        if is_open {
            self.count(segment, candidate.hits, session, event);
        }
    }

    /// The segments that this event may complete, in the order of their ids: those of whose patterns
    /// it satisfies one, those that look at the context only and hold, and those that wait for their
    /// context.
    fn candidates<'hits>(
        &mut self,
        rules: &Rules,
        hits: &'hits [Hit],
        judged: Option<Judged>,
        session: SessionId,
        event: &Event,
    ) -> Vec<Candidate<'hits>> {
        let mut found: Vec<Candidate<'hits>> = hits
            .chunk_by(|one, next| one.index == next.index)
            .map(|hits| Candidate { segment: hits[0].segment, index: hits[0].index, hits })
            .collect();
        let without_hits =
            |(segment, index): (SegmentId, usize)| Candidate { segment, index, hits: &[] };
        let waiting = |row: &Progress, scope: Scope| {
            let index = rules.counted_by(row, scope)?;
            let is_complete = match (rules.segment(index).plan(), &row.sequence) {
                // A later beginning of the session finds more than hold, which are then looked at.
                (Some(plan), Some(sequence)) => {
                    let start = event.created;
                    let standing = plan.standing(sequence, start);
                    matches!(plan.decision(&standing, start), Decision::Holds(_))
                }
                _ => rules.segment(index).is_complete(Some(row)),
            };
            is_complete.then_some((row.segment, index))
        };
        match judged {
            // Nothing that the context decides can have changed in this session.
            Some(judged) => found.extend(judged.open.into_iter().map(without_hits)),
            None => {
                if let Some(session) = self.sessions.get(&session) {
                    let holding = rules.context_only(session, &mut self.scratch);
                    let holding = holding.iter().map(|found| (found.segment, found.index));
                    found.extend(holding.map(without_hits));
                    let rows = session.progress.iter();
                    let waiting = rows.filter_map(|row| waiting(row, Scope::Session));
                    found.extend(waiting.map(without_hits));
                }
            }
        }
        if let Some(visitor) = self.visitors.get(&event.customer) {
            let rows = visitor.progress.iter();
            let waiting = rows.filter_map(|row| waiting(row, Scope::Customer));
            found.extend(waiting.map(without_hits));
        }
        // The sort is stable: of a segment that is there twice the one with hits stays.
        found.sort_by_key(|candidate| candidate.segment);
        found.dedup_by_key(|candidate| candidate.segment);
        found
    }

    fn assigned_in(&self, session: SessionId) -> HashSet<SegmentId> {
        let session = self.sessions.get(&session);
        session.into_iter().flat_map(|found| &found.segments).map(|made| made.segment).collect()
    }

    /// Whether an event counts for a segment of scope Customer. Finds the last assignment over, if
    /// it is.
    fn may_count(
        &mut self,
        rules: &Rules,
        segment: SegmentId,
        event: &Event,
        effects: &mut Vec<Effect>,
    ) -> bool {
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
        self.unassign_if_over(rules, id, event.created, effects);
        true
    }

    /// Counts an event for the patterns it satisfies; gives since when all patterns hold, if they do.
    fn count(
        &mut self,
        segment: &CompiledSegment,
        hits: &[Hit],
        session: SessionId,
        event: &Event,
    ) -> Option<Moment> {
        let start = self.sessions.get(&session)?.started;
        let rows = self.progress(segment.scope, session, event)?;
        let mut place = rows.binary_search_by_key(&segment.id, |row| row.segment);
        for hit in hits {
            let at = place.unwrap_or_else(|at| {
                rows.insert(at, segment.nothing_counted());
                at
            });
            place = Ok(at);
            if segment.plan().is_none() {
                segment.count(&mut rows[at], hit.pattern);
            }
        }
        let row = place.ok().map(|at| &mut rows[at]);
        let Some(plan) = segment.plan() else {
            return segment.is_complete(row.as_deref()).then_some(event.created);
        };
        let sequence = row?.sequence.as_deref_mut()?;
        if !hits.is_empty() {
            let patterns = hits.iter().map(|hit| hit.pattern);
            plan.add(sequence, satisfying(event.id, event.created, patterns), start);
        }
        let looked_through = sequence.recent.len();
        let decision = plan.decision(&plan.standing(sequence, start), start);
        self.worked.looked_through(segment.id, looked_through);
        match decision {
            Decision::Holds(since) => Some(since.max(event.created)),
            _ => None,
        }
    }

    fn assign_matched(
        &mut self,
        segment: &CompiledSegment,
        session: SessionId,
        (since, event): (Moment, &Event),
        effects: &mut Vec<Effect>,
    ) {
        if let Some(rows) = self.progress(segment.scope, session, event) {
            rows.retain(|row| row.segment != segment.id);
        }
        let emitted = match event.arrival {
            Arrival::Live => event.emitted(),
            Arrival::Replay => since,
        };
        self.assign_at(segment, session, since, emitted, effects);
    }

    /// Assigns a segment in a session from a moment on.
    pub(super) fn assign_at(
        &mut self,
        segment: &CompiledSegment,
        session: SessionId,
        assigned: Moment,
        emitted: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let Some(session) = self.sessions.get_mut(&session) else { return };
        let assignment = assignments::matched(&self.ids, segment, session, assigned, emitted);
        let key = |made: &SessionSegment| (made.assigned, made.segment);
        let place =
            session.segments.partition_point(|made| key(made) <= (assigned, assignment.segment));
        let made = SessionSegment { segment: segment.id, assignment: assignment.id, assigned };
        session.segments.insert(place, made);
        let id = assignment.id;
        self.worked.assigned(segment.id);
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
    fn drop_outdated_progress(
        &mut self,
        rules: &Rules,
        session: SessionId,
        event: &Event,
        is_judged: bool,
    ) {
        let outdated = |rows: &[Progress], scope: Scope| {
            rows.iter().any(|row| rules.counted_by(row, scope).is_none())
        };
        let of_session = self.sessions.get(&session).map(|found| &found.progress);
        if !is_judged
            && of_session.is_some_and(|rows| outdated(rows, Scope::Session))
            && let Some(session) = self.sessions.get_mut(&session)
        {
            session.progress.retain(|row| rules.counted_by(row, Scope::Session).is_some());
        }
        let of_customer = self.visitors.get(&event.customer).map(|found| &found.progress);
        if of_customer.is_some_and(|rows| outdated(rows, Scope::Customer))
            && let Some(visitor) = self.visitors.get_mut(&event.customer)
        {
            visitor.progress.retain(|row| rules.counted_by(row, Scope::Customer).is_some());
        }
    }
}
