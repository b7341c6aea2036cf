//! What is watched while events are replayed: which of them count, and what is assigned.

use wayfare_model::change::AppliedEvent;
use wayfare_model::id::{AssignmentId, SegmentId, SessionId};
use wayfare_model::segment::Scope;
use wayfare_model::session::{Progress, SequenceEvent, Session};

use super::CountedEvent;
use crate::journey::Effect;
use crate::journey::replay::Replay;
use crate::segments::{Rules, Scratch, satisfying};

/// What was seen so far.
pub(super) struct Trace {
    segment: SegmentId,
    scope: Scope,
    session: SessionId,
    /// How far the patterns are: also when they hold, where the engine keeps nothing any more.
    pub(super) row: Option<Progress>,
    /// By pattern that is only counted, the events that count.
    pub(super) counted: Vec<Vec<CountedEvent>>,
    /// For patterns whose moments matter, all events that satisfy some.
    pub(super) sequence: Vec<(SequenceEvent, SessionId)>,
    pub(super) made: Option<Made>,
    scratch: Scratch,
}

/// An assignment.
pub(super) struct Made {
    pub(super) id: AssignmentId,
    /// How many versions there were.
    pub(super) version: usize,
    /// The session as it was when the patterns held.
    pub(super) visit: Option<Session>,
}

impl Trace {
    pub(super) fn new(segment: SegmentId, scope: Scope, session: SessionId) -> Self {
        Self {
            segment,
            scope,
            session,
            row: None,
            counted: Vec::new(),
            sequence: Vec::new(),
            made: None,
            scratch: Scratch::default(),
        }
    }

    /// Replays an event, and watches what it does.
    pub(super) fn event(
        &mut self,
        replay: &mut Replay<'_>,
        rules: &Rules,
        version: usize,
        applied: &AppliedEvent,
    ) {
        let row = |replay: &Replay<'_>| {
            let customer = &applied.event.customer;
            replay.progress(self.segment, self.scope, applied.session, customer).cloned()
        };
        let before = row(replay);
        let visit_before = replay.state.session(applied.session).cloned();
        let effects = replay.event(rules, applied);
        let after = row(replay);
        let made_before = self.made.as_ref().map(|made| made.id);
        self.effects(replay, version, &effects, Some((applied, visit_before)));
        let made = self.made.as_ref().map(|made| made.id).filter(|id| made_before != Some(*id));
        let is_asked = self.scope == Scope::Customer || applied.session == self.session;
        let Some(index) = rules.index(self.segment).filter(|_| is_asked) else { return };
        let segment = rules.segment(index);
        // The engine forgets counts for other conditions.
        let before = before.filter(|row| segment.is_counted_by(row, self.scope));
        let hits = rules.satisfied(&applied.event, &mut self.scratch);
        let assigned = made.and_then(|id| replay.state.assignment(id)).map(|made| made.assigned);
        let now = match (after, assigned) {
            (Some(row), _) => Some(row),
            // The engine forgot it as it assigned: counted by the same steps, it is this.
            (None, Some(assigned)) => {
                let mut row = before.clone().unwrap_or_else(|| segment.nothing_counted());
                let is_counted = assigned >= applied.event.created;
                for hit in hits.iter().filter(|_| is_counted && segment.plan().is_none()) {
                    segment.count(&mut row, hit.pattern);
                }
                Some(row)
            }
            (None, None) => return,
        };
        let is_new = match (&before, &self.row) {
            (None, _) => true,
            (Some(before), Some(row)) => before.conditions_version != row.conditions_version,
            (Some(_), None) => false,
        };
        if is_new {
            self.counted.clear();
            self.sequence.clear();
        }
        let seen = CountedEvent {
            event: applied.event.id,
            session: applied.session,
            created: applied.event.created,
        };
        let counts = now.as_ref().map_or(&[][..], |row| &row.counts);
        self.counted.resize(counts.len(), Vec::new());
        for (pattern, count) in counts.iter().enumerate() {
            let count_before = before.as_ref().and_then(|row| row.counts.get(pattern));
            if *count > count_before.copied().unwrap_or_default() {
                self.counted[pattern].push(seen);
            }
        }
        let is_kept = now.as_ref().map(|row| &row.sequence)
            != before.as_ref().map(|row| &row.sequence)
            || assigned.is_some_and(|assigned| assigned >= seen.created);
        if segment.plan().is_some() && !hits.is_empty() && is_kept {
            let patterns = hits.iter().map(|hit| hit.pattern);
            self.sequence.push((satisfying(seen.event, seen.created, patterns), seen.session));
        }
        self.row = now;
    }

    /// Watches what was assigned and taken back.
    pub(super) fn effects(
        &mut self,
        replay: &Replay<'_>,
        version: usize,
        effects: &[Effect],
        by: Option<(&AppliedEvent, Option<Session>)>,
    ) {
        for effect in effects {
            match effect {
                Effect::TakenBack(id) => {
                    self.made.take_if(|made| made.id == *id);
                }
                Effect::Assigned(id) => {
                    let Some(made) = replay.state.assignment(*id) else { continue };
                    let Some(session) = made.session.as_ref().map(|session| session.id) else {
                        continue;
                    };
                    if self.scope == Scope::Session && session != self.session {
                        continue;
                    }
                    let visit = match &by {
                        // Time had decided before the event came.
                        Some((event, before)) if made.assigned < event.event.created => {
                            before.clone()
                        }
                        _ => replay.state.session(session).cloned(),
                    };
                    self.made = Some(Made { id: *id, version, visit });
                }
                _ => {}
            }
        }
    }
}
