//! An explanation agrees with what was assigned.

use proptest::prelude::*;
use wayfare_engine::explain::{Case, Explanation, explain};
use wayfare_engine::sessions::Settings;
use wayfare_model::assignment::Assignment;
use wayfare_model::change::AppliedEvent;
use wayfare_model::event::Event;
use wayfare_model::id::SessionId;
use wayfare_model::segment::{Scope, Segment};
use wayfare_model::session::Session;
use wayfare_model::time::Moment;

use crate::generate::{changing_history, some_events, some_segments, timed_segments};
use crate::world::{EACH_ALONE, Step, What, World, ids};

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// A history in which no two things happen at the same moment of the server's clock.
fn one_by_one(history: Vec<Step>) -> Vec<Step> {
    let apart = |(number, step): (usize, Step)| {
        let now = step.now.plus_ms(i64::try_from(number).unwrap());
        let what = match step.what {
            What::Event(event) => What::Event(Box::new(Event { received: now, ..*event })),
            What::Edit(segment) => What::Edit(Box::new(Segment { modified: now, ..*segment })),
            other => other,
        };
        Step { now, what }
    };
    history.into_iter().enumerate().map(apart).collect()
}

/// The applied events, in the order in which they were, of some sessions.
fn applied(world: &World, sessions: &[Session]) -> Vec<AppliedEvent> {
    let effects = world.outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref().ok()?.event);
    effects
        .map(|to| world.store.events[&to.event].clone())
        .filter(|applied| sessions.iter().any(|session| session.id == applied.session))
        .collect()
}

fn explained(
    world: &World,
    versions: &[Segment],
    session: &Session,
    at: Moment,
) -> Option<Explanation> {
    let sessions: Vec<Session> = match versions[0].scope {
        Scope::Session => vec![session.clone()],
        Scope::Customer => {
            let all = world.store.sessions.values();
            all.filter(|other| other.customer == session.customer).cloned().collect()
        }
    };
    let case = Case {
        ids: ids(),
        settings: Settings::default(),
        versions,
        session: session.id,
        sessions: &sessions,
        events: &applied(world, &sessions),
        ended_by_clients: &[],
        at,
    };
    explain(&case).unwrap()
}

/// What is stored of a segment: in a session; of scope Customer, of its customer.
fn stored<'a>(world: &'a World, segment: &Segment, session: &Session) -> Option<&'a Assignment> {
    let is_of = |made: &&Assignment| match made.scope {
        Scope::Session => made.session.as_ref().is_some_and(|of| of.id == session.id),
        Scope::Customer => made.customer.as_ref() == Some(&session.customer),
    };
    world.store.assignments.values().filter(|made| made.segment == segment.id).find(is_of)
}

fn agrees(segments: &[Segment], history: Vec<Step>) -> Result<(), TestCaseError> {
    let history = one_by_one(history);
    let world = World::run(segments, &history, EACH_ALONE).end();
    let end = Moment::parse("2099-01-01T00:00:00Z").unwrap();
    for first in segments {
        let mut versions = vec![first.clone()];
        versions.extend(history.iter().filter_map(|step| match &step.what {
            What::Edit(changed) if changed.id == first.id => Some((**changed).clone()),
            _ => None,
        }));
        for session in world.store.sessions.values() {
            let told = explained(&world, &versions, session, end);
            let told = told.expect("a session that began");
            let made = stored(&world, first, session);
            let what = |made: &Assignment| (made.id, made.assigned, made.segment_version);
            prop_assert_eq!(told.assignment.as_ref().map(what), made.map(what));
            // A customer's patterns may hold since an event of another session, whose context did not.
            if first.scope == Scope::Session || made.is_some() {
                prop_assert_eq!(told.holds(), made.is_some(), "{:#?}", told);
            }
            if let Some(made) = made {
                prop_assert_eq!(told.segment.version, made.segment_version);
            }
            check_counts(&told)?;
            counts_are_those_of_the_engine(&world, &told, session)?;
        }
    }
    Ok(())
}

/// The numbers of an explanation fit together.
fn check_counts(told: &Explanation) -> Result<(), TestCaseError> {
    for (pattern, outcome) in told.segment.conditions.journey.iter().zip(&told.journey) {
        if pattern.count > 0 {
            prop_assert_eq!(outcome.holds, outcome.missing == 0, "{:#?}", outcome);
            if !told.segment.conditions.ordered {
                prop_assert!(outcome.events.len() >= outcome.counted as usize, "{:#?}", outcome);
            }
        }
        // What is shown of a pattern that has all its events is one of them.
        if pattern.count > 0 && outcome.holds {
            let shown = outcome.nearest.as_ref().expect("an event that counts");
            prop_assert!(shown.has_name, "{:#?}", outcome);
            prop_assert!(shown.criteria.iter().all(|criterion| criterion.holds), "{:#?}", outcome);
        }
    }
    Ok(())
}

/// What is under way is what is stored of it.
fn counts_are_those_of_the_engine(
    world: &World,
    told: &Explanation,
    session: &Session,
) -> Result<(), TestCaseError> {
    if told.assignment.is_some() || told.segment.conditions.are_timed() {
        return Ok(());
    }
    let rows = match told.segment.scope {
        Scope::Session => &session.progress,
        Scope::Customer => &world.store.visitors[&session.customer].progress,
    };
    let row = rows.iter().find(|row| {
        row.segment == told.segment.id && row.conditions_version == told.segment.conditions_version
    });
    for (place, outcome) in told.journey.iter().enumerate() {
        prop_assert_eq!(outcome.counted, row.map_or(0, |row| row.counts[place]));
    }
    Ok(())
}

fn steps(events: Vec<Event>) -> Vec<Step> {
    let step = |event: Event| Step { now: event.received, what: What::Event(Box::new(event)) };
    events.into_iter().map(step).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_explanation_agrees_with_what_was_assigned(
        segments in prop_oneof![some_segments(None), timed_segments()],
        events in some_events(25),
    ) {
        agrees(&segments, steps(events))?;
    }

    #[test]
    fn an_explanation_knows_the_versions_that_judged((segments, history) in changing_history()) {
        // That another campaign cut a session off is known by when it happened, not by when it came: an
        // import in the middle of which a segment is edited may be told otherwise than it was.
        let without_campaigns = |step: Step| match step.what {
            What::Event(event) => {
                let event = Event { campaign: None, ..*event };
                Step { what: What::Event(Box::new(event)), ..step }
            }
            _ => step,
        };
        agrees(&segments, history.into_iter().map(without_campaigns).collect())?;
    }

    #[test]
    fn an_explanation_of_the_past_knows_nothing_of_what_came_later(
        segments in prop_oneof![some_segments(None), timed_segments()],
        events in some_events(20),
        cut in 0_i64..240,
    ) {
        let mut history = one_by_one(steps(events));
        // In the order in which they happened, what was known then is what is known of then.
        history.sort_by_key(|step| match &step.what {
            What::Event(event) => event.created,
            _ => step.now,
        });
        let at = Moment::parse("2026-03-01T10:00:00Z").unwrap().plus_ms(cut * 60_000);
        let until: Vec<Step> = history
            .iter()
            .filter(|step| matches!(&step.what, What::Event(event) if event.created <= at))
            .cloned()
            .collect();
        let all = World::run(&segments, &history, EACH_ALONE).end();
        let mut then = World::run(&segments, &until, EACH_ALONE);
        then.take(&Step { now: at, what: What::Due });
        then.flush();
        for segment in &segments {
            for session in all.store.sessions.values() {
                let told = explained(&all, std::slice::from_ref(segment), session, at);
                let known = then.store.sessions.get(&session.id);
                prop_assert_eq!(told.is_some(), known.is_some());
                let (Some(told), Some(known)) = (told, known) else { continue };
                let made = stored(&then, segment, known);
                let what = |made: &Assignment| (made.id, made.assigned);
                prop_assert_eq!(told.assignment.as_ref().map(what), made.map(what));
            }
        }
    }
}

#[test]
fn a_session_that_is_not_there_is_not_explained() {
    let segments = crate::notation::segments("a: 1x any");
    let case = Case {
        ids: ids(),
        settings: Settings::default(),
        versions: &segments,
        session: SessionId::from_uuid(uuid::Uuid::from_u128(1)),
        sessions: &[],
        events: &[],
        ended_by_clients: &[],
        at: crate::notation::moment("10:00"),
    };
    assert_eq!(explain(&case), Ok(None));
}
