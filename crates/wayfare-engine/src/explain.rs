//! Why somebody is in a segment, or is not: what happened goes through the engine once more, and what
//! it does is watched.
//!
//! Nothing here decides anything. Events are replayed ([`Replay`]) under each version of the segment
//! as it was in force when they came; the counts are those that the engine keeps, and criteria are
//! compared by the code that matches.

mod outcome;
mod trace;

use wayfare_model::assignment::Assignment;
use wayfare_model::change::AppliedEvent;
use wayfare_model::id::{AssignmentId, EventId, IdSource, SessionId};
use wayfare_model::segment::{Scope, Segment};
use wayfare_model::session::Session;
use wayfare_model::time::Moment;

use crate::journey::replay::Replay;
use crate::segments::{CompileError, Rules};
use crate::sessions::Settings;
use trace::Trace;

/// What is asked, and everything that is known for an answer.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The organisation's.
    pub ids: IdSource,
    /// The organisation's.
    pub settings: Settings,
    /// Every version of the segment, the first one first; at least one. Each is in force from the
    /// moment it was made.
    pub versions: &'a [Segment],
    /// The session that is asked about.
    pub session: SessionId,
    /// That session; for scope Customer, all of the customer.
    pub sessions: &'a [Session],
    /// The events of these sessions, in the order in which they were applied.
    pub events: &'a [AppliedEvent],
    /// Assignments of the segment that clients ended, and when.
    pub ended_by_clients: &'a [(AssignmentId, Moment)],
    /// As of when; what happened later is left out.
    pub at: Moment,
}

/// Why, or why not.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The segment in the version that matched; if none did, in the one that judges now.
    pub segment: Segment,
    /// Whether the last event of the session was judged by these conditions: not if it came before
    /// they were as they are, or while the segment was inactive.
    pub is_judged: bool,
    /// What was assigned: in the session, or of scope Customer, to the customer.
    pub assignment: Option<Assignment>,
    /// By context pattern, its criteria.
    pub context: Vec<Vec<CriterionOutcome>>,
    /// By journey pattern.
    pub journey: Vec<PatternOutcome>,
}

impl Explanation {
    /// Whether all patterns hold, of a segment that can match, and an event was judged by them.
    #[must_use]
    pub fn holds(&self) -> bool {
        let has_criteria = self.context.iter().any(|criteria| !criteria.is_empty());
        self.is_judged
            && (has_criteria || !self.journey.is_empty())
            && self.context.iter().flatten().all(|criterion| criterion.holds)
            && self.journey.iter().all(|pattern| pattern.holds)
    }
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CriterionOutcome {
    /// Whether it holds.
    pub holds: bool,
    /// The value that was seen, if there was one.
    pub value: Option<String>,
}

/// One journey pattern.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PatternOutcome {
    /// Whether it holds.
    pub holds: bool,
    /// Whether an event happened that must not.
    pub is_broken: bool,
    /// Events counted, of those that are needed.
    pub counted: u32,
    /// Events that are still needed.
    pub missing: u32,
    /// Until when these must come, or for a `never`, until when none may come: with the window, or with
    /// the session, which a further event makes longer. A moment that is over means too late.
    pub until: Option<Moment>,
    /// The events that count for it, or broke it, the latest ones.
    pub events: Vec<CountedEvent>,
    /// The latest event that counts; without one, that which came nearest to what is asked.
    pub nearest: Option<NearestEvent>,
}

/// An event that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedEvent {
    /// The event.
    pub event: EventId,
    /// Its session.
    pub session: SessionId,
    /// When it happened.
    pub created: Moment,
}

/// An event, and which criteria of a pattern it satisfies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearestEvent {
    /// The event.
    pub event: CountedEvent,
    /// Whether it has the name that is asked for.
    pub has_name: bool,
    /// By criterion of the pattern.
    pub criteria: Vec<CriterionOutcome>,
}

/// What replaying showed.
struct Watched<'a> {
    replay: Replay<'a>,
    trace: Trace,
    /// How many versions there were in the end.
    version: usize,
    /// How many there were when the session's last event came.
    last_judged: usize,
}

/// Explains. `None` if the session is not among those given, or had not begun.
///
/// # Errors
/// [`CompileError`] if a version cannot be compiled.
pub fn explain(case: &Case<'_>) -> Result<Option<Explanation>, CompileError> {
    let Some(Watched { replay, trace, version, last_judged }) = watch(case)? else {
        return Ok(None);
    };
    let Some(session) = replay.state.session(case.session) else { return Ok(None) };
    let made = trace.made.as_ref().and_then(|made| {
        let assignment = replay.state.assignment(made.id)?;
        let is_over = assignment.unassigned.is_some_and(|(moment, _)| moment <= case.at);
        let is_told =
            assignment.assigned <= case.at && !(is_over && assignment.scope == Scope::Customer);
        is_told.then_some((assignment, made))
    });
    let version = made.map_or(version, |(_, made)| made.version);
    let segment = &case.versions[version.saturating_sub(1)];
    let visit = made.and_then(|(_, made)| made.visit.as_ref()).unwrap_or(session);
    let row = match made {
        Some(_) => trace.row.clone(),
        None => {
            replay.progress(segment.id, segment.scope, case.session, &session.customer).cloned()
        }
    };
    let judged = outcome::Judged {
        segment,
        row: row.filter(|row| row.conditions_version == segment.conditions_version),
        trace: &trace,
        events: case.events,
        session,
        is_made: made.is_some(),
        at: case.at,
    };
    let is_judged = made.is_some()
        || last_judged.checked_sub(1).map(|place| &case.versions[place]).is_some_and(|judge| {
            judge.is_active && judge.conditions_version == segment.conditions_version
        });
    Ok(Some(Explanation {
        segment: segment.clone(),
        is_judged,
        assignment: made.map(|(assignment, _)| assignment.clone()),
        context: outcome::context(segment, visit)?,
        journey: judged.journey()?,
    }))
}

/// Replays the events, each under the version that was in force when it came.
fn watch<'a>(case: &Case<'a>) -> Result<Option<Watched<'a>>, CompileError> {
    let Some(last) = case.versions.last() else { return Ok(None) };
    let rules: Vec<Rules> =
        case.versions.iter().map(|version| Rules::compile([version])).collect::<Result<_, _>>()?;
    let nothing = Rules::default();
    // Before the first version there was none.
    let in_force = |moment: Moment| case.versions.partition_point(|known| known.modified <= moment);
    let rules_of = |place: usize| place.checked_sub(1).map_or(&nothing, |place| &rules[place]);

    let mut replay = Replay::new(case.ids, case.settings, case.sessions);
    let mut trace = Trace::new(last.id, last.scope, case.session);
    let (mut place, mut last_judged) = (0, 0);
    // What the rules of before have decided by an edit stays decided.
    let advance = |replay: &mut Replay<'_>, trace: &mut Trace, place: &mut usize, to: usize| {
        while *place < to {
            let effects = replay.settle(rules_of(*place), case.versions[*place].modified);
            trace.effects(replay, *place, &effects, None);
            *place += 1;
        }
    };
    for applied in case.events.iter().filter(|applied| applied.event.created <= case.at) {
        let received = applied.event.received;
        advance(&mut replay, &mut trace, &mut place, in_force(received));
        for (id, moment) in case.ended_by_clients.iter().filter(|(_, moment)| *moment <= received) {
            replay.unassign(*id, *moment);
        }
        trace.event(&mut replay, rules_of(place), place, applied);
        if applied.session == case.session {
            last_judged = place;
        }
    }
    advance(&mut replay, &mut trace, &mut place, in_force(case.at));
    for (id, moment) in case.ended_by_clients.iter().filter(|(_, moment)| *moment <= case.at) {
        replay.unassign(*id, *moment);
    }
    let effects = replay.settle(rules_of(place), case.at);
    trace.effects(&replay, place, &effects, None);
    Ok(Some(Watched { replay, trace, version: place, last_judged }))
}
