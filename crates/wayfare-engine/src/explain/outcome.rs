//! What the patterns have come to, in the end.

use wayfare_model::change::AppliedEvent;
use wayfare_model::event::Event;
use wayfare_model::limits::EXPLAIN_EVENTS_MAX;
use wayfare_model::segment::{JourneyPattern, Scope, Segment};
use wayfare_model::session::{Progress, Session};
use wayfare_model::time::Moment;

use super::trace::Trace;
use super::{CountedEvent, CriterionOutcome, NearestEvent, PatternOutcome};
use crate::segments::{CompileError, Criteria, Plan, PlanOutcome};

/// The criteria of the context patterns on a session.
pub(super) fn context(
    segment: &Segment,
    session: &Session,
) -> Result<Vec<Vec<CriterionOutcome>>, CompileError> {
    let mut compiled = Criteria::compile(segment)?.context.into_iter();
    let outcome = |pattern: &wayfare_model::segment::ContextPattern| {
        let criteria = compiled.by_ref().take(pattern.criteria.len());
        criteria
            .map(|(key, comparison)| {
                let value = key.read(session);
                CriterionOutcome { holds: comparison.holds(value), value: value.map(str::to_owned) }
            })
            .collect()
    };
    Ok(segment.conditions.context.iter().map(outcome).collect())
}

/// Everything that tells of the journey patterns.
pub(super) struct Judged<'a> {
    pub(super) segment: &'a Segment,
    /// The counts, if they are of these conditions.
    pub(super) row: Option<Progress>,
    pub(super) trace: &'a Trace,
    pub(super) events: &'a [AppliedEvent],
    pub(super) session: &'a Session,
    pub(super) is_made: bool,
    pub(super) at: Moment,
}

impl Judged<'_> {
    pub(super) fn journey(&self) -> Result<Vec<PatternOutcome>, CompileError> {
        let criteria = Criteria::compile(self.segment)?;
        let mut outcomes = match Plan::of(self.segment)? {
            None => self.counts(),
            Some(plan) => self.sequence(&plan),
        };
        let patterns = self.segment.conditions.journey.iter().zip(&criteria.journey);
        for (outcome, (pattern, criteria)) in outcomes.iter_mut().zip(patterns) {
            let excess = outcome.events.len().saturating_sub(EXPLAIN_EVENTS_MAX);
            outcome.events.drain(..excess);
            outcome.until = self.until(outcome);
            outcome.nearest = self.nearest(pattern, criteria, outcome.events.last());
        }
        Ok(outcomes)
    }

    /// Until when a pattern that does not hold may come to do so: its window, and for scope Session
    /// the session, as it is now.
    fn until(&self, outcome: &PatternOutcome) -> Option<Moment> {
        if outcome.holds || outcome.is_broken {
            return None;
        }
        let ends = self.session.closed_by_campaign.unwrap_or(self.session.ends);
        let ends = Some(ends).filter(|_| self.segment.scope == Scope::Session);
        [outcome.until, ends].into_iter().flatten().min()
    }

    fn counts(&self) -> Vec<PatternOutcome> {
        let outcome = |(place, pattern): (usize, &JourneyPattern)| {
            let counted = self.row.as_ref().and_then(|row| row.counts.get(place)).copied();
            let counted = counted.unwrap_or_default();
            let events = self.trace.counted.get(place).filter(|_| counted > 0);
            PatternOutcome {
                holds: counted >= pattern.count,
                counted,
                missing: pattern.count.saturating_sub(counted),
                events: events.cloned().unwrap_or_default(),
                ..PatternOutcome::default()
            }
        };
        self.segment.conditions.journey.iter().enumerate().map(outcome).collect()
    }

    fn sequence(&self, plan: &Plan) -> Vec<PatternOutcome> {
        let start = self.session.started;
        let mut outcomes = vec![PatternOutcome::default(); self.segment.conditions.journey.len()];
        let mut standing = plan.before_all();
        let has_row = self.row.is_some();
        let mut events: Vec<_> = self.trace.sequence.iter().filter(|_| has_row).collect();
        events.sort_by_key(|(event, _)| (event.created, event.event));
        for (event, session) in events {
            for pattern in plan.advance(&mut standing, event, start) {
                outcomes[pattern].events.push(CountedEvent {
                    event: event.event,
                    session: *session,
                    created: event.created,
                });
            }
        }
        if let Some(sequence) =
            self.row.as_ref().filter(|_| !self.is_made).and_then(|row| row.sequence.as_deref())
        {
            standing = plan.standing(sequence, start);
        }
        for (place, outcome) in outcomes.iter_mut().enumerate() {
            let PlanOutcome { holds, is_broken, counted, missing, until } =
                plan.outcome(&standing, place, start);
            outcome.holds = holds || self.is_made;
            outcome.is_broken = is_broken && !self.is_made;
            outcome.counted = counted;
            outcome.missing = if self.is_made { 0 } else { missing };
            outcome.until = until;
        }
        outcomes
    }

    /// The latest event that counts; without one, that which satisfies most of what a pattern asks,
    /// the latest of those.
    fn nearest(
        &self,
        pattern: &JourneyPattern,
        criteria: &crate::segments::JourneyCriteria,
        counted: Option<&CountedEvent>,
    ) -> Option<NearestEvent> {
        let counted = counted.map(|counted| counted.event);
        let is_asked = |applied: &&AppliedEvent| {
            let event = &applied.event;
            (self.segment.scope == Scope::Customer || applied.session == self.session.id)
                && event.created <= self.at
                && event.stream == pattern.stream
                && event.session_type == pattern.session_type
        };
        // The first is the name, if one is asked for.
        let outcomes = |event: &Event| -> Vec<CriterionOutcome> {
            let outcome = |(key, comparison): &(_, _)| outcome(key, comparison, event);
            criteria.iter().map(outcome).collect()
        };
        let held = |event: &Event| outcomes(event).iter().filter(|outcome| outcome.holds).count();
        let nearest = self.events.iter().filter(is_asked).max_by_key(|applied| {
            let event = &applied.event;
            (Some(event.id) == counted, held(event), event.created)
        })?;
        let mut criteria = outcomes(&nearest.event);
        let has_name = match pattern.event_name {
            Some(_) => criteria.remove(0).holds,
            None => true,
        };
        let event = CountedEvent {
            event: nearest.event.id,
            session: nearest.session,
            created: nearest.event.created,
        };
        Some(NearestEvent { event, has_name, criteria })
    }
}

fn outcome(
    key: &crate::segments::keys::JourneyKey,
    comparison: &crate::segments::Comparison,
    event: &Event,
) -> CriterionOutcome {
    let value = key.read(event);
    CriterionOutcome { holds: comparison.holds(value), value: value.map(str::to_owned) }
}
