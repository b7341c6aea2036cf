//! Journey patterns with an order, windows or a `never`: whether events satisfy them, and until when
//! that is open. What it means is told in `docs/segments.md`, why so in `docs/decisions/0008`.
//!
//! [`Plan`] is the compiled form. A visitor's [`Sequence`] keeps the latest events that satisfy a
//! pattern, and of all before them a [`Standing`]: for each pattern the best that a run of events
//! can have come to. Of runs that are equally far, the one whose last pattern held latest has the
//! most time left, and the one that is complete since longest is decided first; so one moment for
//! each number of events counted is all that an exact answer needs.

use wayfare_model::id::EventId;
use wayfare_model::limits::SEQUENCE_EVENTS_MAX;
use wayfare_model::segment::{Conditions, Scope, Segment};
use wayfare_model::session::{Folded, Sequence, SequenceEvent, Standing, StepStanding};
use wayfare_model::time::Moment;

use super::{CompileError, CompileFault};

/// What the patterns of a segment ask of the moments of events.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    is_ordered: bool,
    /// The patterns that some event must satisfy.
    steps: Box<[Step]>,
    /// By journey pattern.
    roles: Box<[Role]>,
    /// Whether some `never` holds only once its window, or the session, is over.
    waits: bool,
    /// The longest window of these, in milliseconds; absent if one lasts as long as the session.
    waits_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    count: u32,
    within_ms: Option<i64>,
}

/// What an event means that satisfies a pattern.
#[derive(Debug, Clone, Copy)]
enum Role {
    /// It counts for a step.
    Step(usize),
    /// It must not happen between the step before this one and this one.
    Between(usize),
    /// It must not happen after the last step, or at all, for so long.
    AtEnd { within_ms: Option<i64> },
}

/// What is decided of a segment, as far as the events tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The patterns do not hold.
    Open,
    /// They hold since a moment.
    Holds(Moment),
    /// They hold from a moment on, unless an event comes before, or with the end of the session.
    HoldsFrom(Moment),
    /// They hold at the end of the session, unless an event comes before.
    HoldsAtEnd,
}

/// What one pattern has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlanOutcome {
    /// Whether it holds in some run.
    pub(crate) holds: bool,
    /// Whether it is a `never` that nothing can mend.
    pub(crate) is_broken: bool,
    /// Events counted by the run that is furthest with it.
    pub(crate) counted: u32,
    /// Events that this run still needs.
    pub(crate) missing: u32,
    /// Until when they must come, or none may.
    pub(crate) until: Option<Moment>,
}

impl Plan {
    /// The plan of a segment; `None` for one whose events are only counted.
    pub(crate) fn of(segment: &Segment) -> Result<Option<Self>, CompileError> {
        Self::compile(&segment.conditions, segment.scope).map_err(|(place, fault)| {
            let place = format!("journey.patterns[{place}]");
            CompileError { segment: segment.id, place, fault }
        })
    }

    fn compile(
        conditions: &Conditions,
        scope: Scope,
    ) -> Result<Option<Self>, (usize, CompileFault)> {
        if !conditions.are_timed() {
            return Ok(None);
        }
        let last_step = conditions.journey.iter().rposition(|pattern| pattern.count > 0);
        let mut steps = Vec::new();
        let mut roles = Vec::new();
        let (mut waits, mut waits_ms) = (false, Some(0));
        for (place, pattern) in conditions.journey.iter().enumerate() {
            let within_ms = pattern.within_seconds.map(|seconds| i64::from(seconds) * 1_000);
            let is_since_start = !conditions.ordered || steps.is_empty();
            let is_between = conditions.ordered && last_step.is_some_and(|last| place < last);
            let fault = match (pattern.count, scope) {
                (0, Scope::Customer) => Some(CompileFault::NeverOfCustomer),
                (0, _) if is_between && within_ms.is_some() => {
                    Some(CompileFault::WindowOfNeverBetween)
                }
                (_, Scope::Customer) if is_since_start && within_ms.is_some() => {
                    Some(CompileFault::WindowOfCustomer)
                }
                _ => None,
            };
            if let Some(fault) = fault {
                return Err((place, fault));
            }
            roles.push(match pattern.count {
                0 if is_between => Role::Between(steps.len()),
                0 => {
                    waits = true;
                    waits_ms = waits_ms.zip(within_ms).map(|(longest, own)| own.max(longest));
                    Role::AtEnd { within_ms }
                }
                count => {
                    steps.push(Step { count, within_ms });
                    Role::Step(steps.len() - 1)
                }
            });
        }
        Ok(Some(Self {
            is_ordered: conditions.ordered,
            steps: steps.into(),
            roles: roles.into(),
            waits,
            waits_ms,
        }))
    }

    /// Whether time, and not an event, completes it.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    /// Whether no event needs to satisfy anything.
    pub(crate) fn is_never_only(&self) -> bool {
        self.steps.is_empty()
    }

    /// How far the patterns are by all events; `start` is when the session began.
    pub(crate) fn standing(&self, sequence: &Sequence, start: Moment) -> Standing {
        let mut standing = match &sequence.folded {
            Some(folded) => folded.standing.clone(),
            None => self.before_all(),
        };
        for event in &sequence.recent {
            self.advance(&mut standing, event, start);
        }
        standing
    }

    /// Whether a stored sequence is one of these patterns.
    pub(crate) fn fits(&self, sequence: &Sequence) -> bool {
        let steps = sequence.folded.as_ref().map(|folded| folded.standing.steps.len());
        steps.is_none_or(|steps| steps == self.steps.len())
    }

    /// The standing before any event.
    pub(crate) fn before_all(&self) -> Standing {
        let mut steps = vec![StepStanding::default(); self.steps.len()];
        if let Some(first) = steps.first_mut() {
            first.is_reached = true;
        }
        Standing { steps, is_broken: false, satisfied: None }
    }

    /// Adds an event that satisfies some patterns.
    ///
    /// In order, one that is older than all that are kept, when some are kept no more, comes too
    /// late to find its place and does not count.
    pub(crate) fn add(&self, sequence: &mut Sequence, event: SequenceEvent, start: Moment) {
        let key = |event: &SequenceEvent| (event.created, event.event);
        if let Some(folded) = &mut sequence.folded
            && key(&event) < folded.until
        {
            if !self.is_ordered {
                self.advance(&mut folded.standing, &event, start);
            }
            return;
        }
        let place = sequence.recent.partition_point(|known| key(known) <= key(&event));
        sequence.recent.insert(place, event);
        if sequence.recent.len() > SEQUENCE_EVENTS_MAX {
            let oldest = sequence.recent.remove(0);
            let mut standing = match sequence.folded.take() {
                Some(folded) => folded.standing,
                None => self.before_all(),
            };
            self.advance(&mut standing, &oldest, start);
            sequence.folded = Some(Folded { until: key(&oldest), standing });
        }
    }

    /// What is decided by a standing.
    pub(crate) fn decision(&self, standing: &Standing, start: Moment) -> Decision {
        let satisfied = match self.steps.is_empty() {
            true => Some(start),
            false => standing.satisfied,
        };
        let Some(satisfied) = satisfied.filter(|_| !standing.is_broken) else {
            return Decision::Open;
        };
        match (self.waits, self.waits_ms) {
            (false, _) => Decision::Holds(satisfied),
            (true, None) => Decision::HoldsAtEnd,
            (true, Some(ms)) if self.is_ordered => Decision::HoldsFrom(satisfied.plus_ms(ms)),
            (true, Some(ms)) => Decision::HoldsFrom(satisfied.max(start.plus_ms(ms))),
        }
    }

    /// What one pattern has come to.
    pub(crate) fn outcome(
        &self,
        standing: &Standing,
        pattern: usize,
        start: Moment,
    ) -> PlanOutcome {
        let is_reached = |step: usize| {
            let known = &standing.steps[step];
            known.is_reached || !known.since.is_empty()
        };
        // What has its count may still wait for what comes behind it.
        let has_count = |step: usize| {
            !self.is_since_another(step) && standing.steps[step].count >= self.steps[step].count
        };
        let holds = |step: usize| {
            let goes_on = || (step + 1..self.steps.len()).any(is_reached);
            has_count(step) || self.is_ordered && (standing.satisfied.is_some() || goes_on())
        };
        match self.roles[pattern] {
            Role::Step(step) => {
                let (wanted, known) = (&self.steps[step], &standing.steps[step]);
                let counted = match self.is_since_another(step) {
                    // The first moment is for no event at all.
                    true => u32::try_from(known.since.len().saturating_sub(1)).unwrap_or(u32::MAX),
                    false => known.count,
                };
                let since = match self.is_since_another(step) {
                    true => known.since.first().copied(),
                    false => Some(start),
                };
                let until = since.zip(wanted.within_ms).map(|(since, ms)| since.plus_ms(ms));
                let counted = if holds(step) { wanted.count } else { counted };
                PlanOutcome {
                    holds: holds(step),
                    is_broken: false,
                    counted,
                    missing: wanted.count.saturating_sub(counted),
                    until,
                }
            }
            Role::Between(step) => {
                // It lasts from where the step before held: at the beginning, always.
                let is_intact = holds(step) || is_reached(step);
                let is_broken = !is_intact && step == 0;
                PlanOutcome { holds: is_intact, is_broken, counted: 0, missing: 0, until: None }
            }
            Role::AtEnd { .. } => {
                let until = match self.decision(standing, start) {
                    Decision::HoldsFrom(moment) => Some(moment),
                    _ => None,
                };
                let is_broken = standing.is_broken;
                PlanOutcome { holds: false, is_broken, counted: 0, missing: 0, until }
            }
        }
    }

    /// Whether a window is since another pattern held, and not since the session began.
    fn is_since_another(&self, step: usize) -> bool {
        self.is_ordered && step > 0 && self.steps[step].within_ms.is_some()
    }

    /// Adds to a standing an event that comes after all that it is made of. Gives the patterns that
    /// it counted for, or broke.
    pub(crate) fn advance(
        &self,
        standing: &mut Standing,
        event: &SequenceEvent,
        start: Moment,
    ) -> Vec<usize> {
        let mut counted = Vec::new();
        let created = event.created;
        let is_within = |since: Moment, within_ms: Option<i64>| {
            within_ms.is_none_or(|ms| created <= since.plus_ms(ms))
        };
        let mut satisfies = vec![None; self.steps.len()];
        let mut breaks = vec![None; self.steps.len()];
        for pattern in event.patterns.iter().map(|pattern| *pattern as usize) {
            match self.roles.get(pattern) {
                Some(Role::Step(step)) => satisfies[*step] = Some(pattern),
                Some(Role::Between(step)) => breaks[*step] = Some(pattern),
                Some(Role::AtEnd { within_ms }) => {
                    let is_since_start = !self.is_ordered || self.steps.is_empty();
                    let since = if is_since_start { Some(start) } else { standing.satisfied };
                    if since.is_some_and(|since| is_within(since, *within_ms)) {
                        counted.push(pattern);
                        standing.satisfied = None;
                        standing.is_broken |= is_since_start;
                    }
                }
                None => {}
            }
        }
        if !self.is_ordered {
            self.count(standing, created, start, &satisfies, &mut counted);
            return counted;
        }
        // From the last to the first, so that the event takes no run further than one step.
        for step in (0..self.steps.len()).rev() {
            let is_complete = match satisfies[step] {
                Some(pattern) if self.step(standing, step, created, start) => {
                    counted.push(pattern);
                    self.is_counted_out(standing, step)
                }
                _ => false,
            };
            if let Some(pattern) = breaks[step] {
                let known = &mut standing.steps[step];
                if known.is_reached || !known.since.is_empty() {
                    counted.push(pattern);
                }
                *known = StepStanding::default();
            }
            if is_complete {
                self.enter(standing, step + 1, created);
            }
        }
        counted
    }

    /// Counts an event where the order does not matter.
    fn count(
        &self,
        standing: &mut Standing,
        created: Moment,
        start: Moment,
        satisfies: &[Option<usize>],
        counted: &mut Vec<usize>,
    ) {
        for (place, step) in self.steps.iter().enumerate() {
            let Some(pattern) = satisfies[place] else { continue };
            if step.within_ms.is_some_and(|ms| created > start.plus_ms(ms)) {
                continue;
            }
            let known = &mut standing.steps[place];
            if known.count < step.count {
                known.count += 1;
                counted.push(pattern);
            }
        }
        let mut steps = self.steps.iter().zip(&standing.steps);
        if standing.satisfied.is_none() && steps.all(|(step, known)| known.count >= step.count) {
            standing.satisfied = Some(created);
        }
    }

    /// Takes the runs that wait for a step one event further; says whether there were any. Those
    /// that are out of time go.
    fn step(&self, standing: &mut Standing, place: usize, created: Moment, start: Moment) -> bool {
        let (step, known) = (&self.steps[place], &mut standing.steps[place]);
        if self.is_since_another(place) {
            let within_ms = step.within_ms.unwrap_or_default();
            known.since.retain(|since| created <= since.plus_ms(within_ms));
            let Some(latest) = known.since.first().copied() else { return false };
            // One place further each; the last place is that of the runs that are now complete.
            known.since.insert(0, latest);
            known.since.truncate(step.count as usize + 1);
            return true;
        }
        let is_in_time = step.within_ms.is_none_or(|ms| created <= start.plus_ms(ms));
        if known.is_reached && is_in_time {
            known.count = step.count.min(known.count + 1);
        }
        known.is_reached && is_in_time
    }

    /// Whether a run has all events of a step, the last of them just now.
    fn is_counted_out(&self, standing: &mut Standing, place: usize) -> bool {
        let (step, known) = (&self.steps[place], &mut standing.steps[place]);
        if !self.is_since_another(place) {
            return known.count >= step.count;
        }
        let is_complete = known.since.len() > step.count as usize;
        // The run goes on to the next step; one event less of it may wait for a later one.
        known.since.truncate(step.count as usize);
        is_complete
    }

    /// All steps before one hold since now.
    fn enter(&self, standing: &mut Standing, place: usize, created: Moment) {
        if place == self.steps.len() {
            standing.satisfied = standing.satisfied.or(Some(created));
        } else if self.is_since_another(place) {
            match standing.steps[place].since.first_mut() {
                Some(latest) => *latest = created,
                None => standing.steps[place].since.push(created),
            }
        } else {
            standing.steps[place].is_reached = true;
        }
    }
}

/// An event that satisfies patterns.
pub(crate) fn satisfying(
    event: EventId,
    created: Moment,
    patterns: impl Iterator<Item = usize>,
) -> SequenceEvent {
    let patterns = patterns.filter_map(|pattern| u32::try_from(pattern).ok()).collect();
    SequenceEvent { created, event, patterns }
}
