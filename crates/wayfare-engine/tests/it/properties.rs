//! What must be so for every history.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use wayfare_engine::journey::{Applied, Command, Rejection};
use wayfare_model::assignment::{AssignmentOrigin, AssignmentState};
use wayfare_model::event::{Arrival, Event};
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::id::{SegmentId, SessionId};
use wayfare_model::limits::SESSION_SILENCE_MS_DEFAULT;
use wayfare_model::segment::{Scope, Segment};
use wayfare_model::time::Moment;

use crate::generate::{
    changing_history, long_changing_history, some_events, some_history, some_segments,
    timed_segments,
};
use crate::oracle::{self, Entry};
use crate::store::Store;
use crate::world::{Cuts, EACH_ALONE, Step, What, World, everything};

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

fn steps(events: &[Event]) -> Vec<Step> {
    let step =
        |event: &Event| Step { now: event.received, what: What::Event(Box::new(event.clone())) };
    events.iter().map(step).collect()
}

/// Where events went, and what was refused.
fn places(world: &World) -> Vec<Result<(SessionId, bool), Rejection>> {
    let of = |outcome: &Result<Applied, Rejection>| match outcome {
        Ok(applied) => applied.event.map(|to| Ok((to.session, to.duplicate))),
        Err(rejection) => Some(Err(rejection.clone())),
    };
    world.outcomes.iter().filter_map(|(_, outcome)| of(outcome)).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn neither_batches_nor_the_clock_decide(
        (segments, history) in some_history(),
        batch in vec(any::<bool>(), 30),
        due in vec(prop::bool::weighted(0.3), 30),
    ) {
        let plain = World::run(&segments, &history, EACH_ALONE);
        let cuts = Cuts { batch: &|step| batch[step % 30], due: &|step| due[step % 30] };
        let other = World::run(&segments, &history, cuts);
        prop_assert_eq!(places(&plain), places(&other));
        prop_assert_eq!(plain.end().store.truth(), other.end().store.truth());
    }

    #[test]
    fn the_oracle_agrees(
        segments in prop_oneof![some_segments(None), timed_segments()],
        events in some_events(30),
    ) {
        oracle_agrees(&segments, &steps(&events))?;
    }

    #[test]
    fn the_oracle_agrees_about_segments_that_change(
        (segments, history) in changing_history(),
    ) {
        oracle_agrees(&segments, &history)?;
    }

    #[test]
    fn there_is_one_count_everywhere((segments, history) in some_history()) {
        let world = World::run(&segments, &history, EACH_ALONE);
        counts_agree(&world.store)?;
        counts_agree(&world.end().store)?;
    }

    #[test]
    fn an_event_is_applied_once(
        (segments, history) in some_history(),
        again in vec(any::<prop::sample::Index>(), 30),
    ) {
        let once = World::run(&segments, &history, EACH_ALONE);
        // What was refused may be accepted later.
        let was_applied = |step: &Step| match &step.what {
            What::Event(event) => once.store.events.contains_key(&event.id),
            _ => false,
        };
        let mut repeated = Vec::new();
        for (index, step) in history.iter().enumerate() {
            repeated.push(step.clone());
            let earlier = &history[again[index % 30].index(index + 1)];
            if was_applied(earlier) {
                repeated.push(Step { now: step.now, what: earlier.what.clone() });
            }
        }
        let mut world = World::run(&segments, &repeated, EACH_ALONE);
        prop_assert_eq!(once.store.clone().truth(), world.store.clone().truth());

        let before = world.store.clone();
        let now = history.last().unwrap().now;
        for step in history.iter().filter(|step| was_applied(step)) {
            if let What::Event(event) = &step.what {
                world.command(now, Command::Event(event.clone()));
            }
        }
        world.flush();
        prop_assert_eq!(before, world.store);
    }

    #[test]
    fn what_is_not_due_stays(( segments, history) in some_history()) {
        let mut world = World::run(&segments, &history, EACH_ALONE);
        let early = Moment::parse("2026-01-01").unwrap();
        let before = world.store.clone();
        world.command(early, Command::Due(everything(&before)));
        world.flush();
        prop_assert_eq!(before, world.store);
    }

    #[test]
    fn silence_divides_events_that_come_in_order(mut events in some_events(30)) {
        events.sort_by_key(|event| event.created);
        for event in &mut events {
            event.campaign = None;
            event.recorded_session = None;
            event.received = event.created;
        }
        let world = World::run(&[], &steps(&events), EACH_ALONE);
        let mut previous = BTreeMap::new();
        for (event, place) in events.iter().zip(places(&world)) {
            let (session, _) = place.unwrap();
            let of_same_type = (event.customer.clone(), event.session_type.clone());
            if let Some((last, created)) = previous.insert(of_same_type, (session, event.created)) {
                let silence = event.created.ms_since(created);
                prop_assert_eq!(session == last, silence < SESSION_SILENCE_MS_DEFAULT);
            }
        }
    }
}

proptest! {
    // Each is a long one; what fails is not worth hours of making it smaller.
    #![proptest_config(ProptestConfig { cases: 2, max_shrink_iters: 20, ..config() })]

    #[test]
    fn the_oracle_agrees_about_thousands_of_segments_that_change(
        (segments, history) in long_changing_history(10_000),
        batch in vec(any::<bool>(), 30),
    ) {
        oracle_agrees(&segments, &history)?;
        let plain = World::run(&segments, &history, EACH_ALONE);
        let cuts = Cuts { batch: &|step| batch[step % 30], due: &|_| false };
        let other = World::run(&segments, &history, cuts);
        prop_assert_eq!(plain.end().store.truth(), other.end().store.truth());
    }
}

/// Runs a history of events and edits, and compares what was assigned, and since when.
fn oracle_agrees(segments: &[Segment], history: &[Step]) -> Result<(), TestCaseError> {
    let mut world = World::new(segments);
    let mut entries = Vec::new();
    let ends = |world: &World| -> BTreeMap<SessionId, Moment> {
        world.store.sessions.values().map(|row| (row.id, row.ends)).collect()
    };
    for step in history {
        let before = world.outcomes.len();
        let ends = ends(&world);
        world.take(step);
        world.flush();
        match &step.what {
            What::Event(event) => {
                let (_, outcome) = &world.outcomes[before];
                let place = outcome.as_ref().ok().and_then(|applied| applied.event);
                entries.extend(place.map(|to| Entry::Event(to.session, event.clone())));
            }
            What::Edit(segment) => entries.push(Entry::Edit(segment.clone(), step.now, ends)),
            _ => prop_assert!(false, "no other step"),
        }
    }
    let world = world.end();
    let assigned: BTreeSet<(SessionId, SegmentId, Moment)> = world
        .store
        .assignments
        .values()
        .filter_map(|made| Some((made.session.as_ref()?.id, made.segment, made.assigned)))
        .collect();
    prop_assert_eq!(assigned, oracle::assigned(segments, &entries, &ends(&world)));
    Ok(())
}

/// Rows and facts tell the same story.
fn counts_agree(store: &Store) -> Result<(), TestCaseError> {
    let value = |fact: &Fact, dimension: Dimension| {
        fact.dimensions.get(&dimension).map(|values| values.join(" "))
    };
    for session in store.sessions.values() {
        prop_assert_eq!(session.ended.unwrap_or(session.ends), session.ends);
        let id = Some(session.id.to_string());
        let facts: Vec<_> = store
            .facts
            .values()
            .filter(|fact| fact.metric == Metric::JourneySessions)
            .filter(|fact| value(fact, Dimension::JourneySessionId) == id)
            .collect();
        prop_assert_eq!(facts.len(), 1);
        prop_assert_eq!((facts[0].happened, facts[0].emitted), (session.started, session.emitted));
        let segments: Vec<_> =
            session.segments.iter().map(|made| made.segment.to_string()).collect();
        let told = value(facts[0], Dimension::JourneySessionSegmentId);
        prop_assert_eq!(told.unwrap_or_default(), segments.join(" "));

        let listed: BTreeSet<_> = session.segments.iter().map(|made| made.assignment).collect();
        let made: BTreeSet<_> = store
            .assignments
            .values()
            .filter(|made| made.session.as_ref().is_some_and(|of| of.id == session.id))
            .map(|made| made.id)
            .collect();
        prop_assert_eq!(listed, made);
        let events = store.events.values().filter(|applied| applied.session == session.id);
        prop_assert_eq!(events.count(), session.event_count as usize);
    }
    let mut expected = BTreeMap::new();
    for made in store.assignments.values() {
        let session = made.session.as_ref().map(|session| &store.sessions[&session.id]);
        let mut count = |state: AssignmentState, emitted: Moment, happened: Moment| {
            let dimensions = (
                Some(made.segment.to_string()),
                Some(made.scope.to_string()),
                Some(state.to_string()),
                session.map(|session| session.id.to_string()),
                made.customer.as_ref().map(|customer| customer.id.clone()),
                session
                    .and_then(|session| session.device.as_ref()?.category)
                    .map(|category| category.to_string()),
            );
            *expected.entry((dimensions, emitted, happened)).or_insert(0) += 1;
        };
        count(AssignmentState::Assigned, made.emitted, made.assigned);
        if let Some((moment, _)) = made.unassigned {
            prop_assert!(moment >= made.assigned);
            count(AssignmentState::Unassigned, moment, moment);
        }
        let is_for_session =
            made.scope == Scope::Session && made.origin == AssignmentOrigin::Matched;
        if is_for_session && session.is_some_and(|session| session.ended.is_some()) {
            prop_assert_eq!(made.state(), AssignmentState::Unassigned);
        }
    }
    let mut told = BTreeMap::new();
    for fact in store.facts.values().filter(|fact| fact.metric == Metric::JourneySegmentsAssigned) {
        let dimensions = (
            value(fact, Dimension::JourneySegmentId),
            value(fact, Dimension::JourneySegmentScope),
            value(fact, Dimension::JourneySegmentAssignmentState),
            value(fact, Dimension::JourneySessionId),
            value(fact, Dimension::JourneyCustomerId),
            value(fact, Dimension::JourneyDeviceCategory),
        );
        *told.entry((dimensions, fact.emitted, fact.happened)).or_insert(0) += 1;
    }
    prop_assert_eq!(told, expected);
    one_membership_at_a_time(store)
}

/// A customer holds a segment of scope Customer once.
fn one_membership_at_a_time(store: &Store) -> Result<(), TestCaseError> {
    let mut seen = BTreeSet::new();
    for made in store.assignments.values() {
        if made.scope == Scope::Customer
            && made.origin == AssignmentOrigin::Matched
            && made.state() == AssignmentState::Assigned
        {
            prop_assert!(seen.insert((made.customer.clone(), made.segment)));
        }
    }
    let contact_of = |key| store.identifiers[key].contact;
    for visitor in store.visitors.values() {
        prop_assert_eq!(visitor.contact, contact_of(&visitor.customer));
    }
    for session in store.sessions.values() {
        prop_assert_eq!(session.contact, contact_of(&session.customer));
    }
    Ok(())
}

#[test]
fn the_generator_reaches_what_matters() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut refused, mut late, mut merged, mut assigned, mut divided) = (0, 0, 0, 0, 0);
    for _ in 0..200 {
        let (segments, history) = some_history().new_tree(&mut runner).unwrap().current();
        let world = World::run(&segments, &history, EACH_ALONE);
        refused += places(&world).iter().filter(|place| place.is_err()).count();
        merged += world.store.contacts.values().filter(|row| row.merged_into.is_some()).count();
        assigned += world.store.assignments.len();
        let cut_off = world.store.sessions.values().filter(|row| row.closed_by_campaign.is_some());
        divided += cut_off.count();
        late += history
            .iter()
            .filter(|step| match &step.what {
                What::Event(event) => {
                    event.arrival == Arrival::Replay && event.created < event.received
                }
                _ => false,
            })
            .count();
    }
    for reached in [refused, late, merged, assigned, divided] {
        assert!(reached >= 20, "{:?}", (refused, late, merged, assigned, divided));
    }
}
