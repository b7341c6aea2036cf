//! The compiled form finds what the plain loop finds.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use wayfare_engine::segments::{Rules, Scratch};
use wayfare_model::event::Event;
use wayfare_model::id::SegmentId;
use wayfare_model::segment::{Conditions, Segment};
use wayfare_model::session::Session;

use crate::generate;
use crate::naive::Naive;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// What is asked of rules: which journey patterns each event satisfies, which segments that look at
/// the context alone hold on each session.
type Answers = (Vec<Vec<(SegmentId, usize)>>, Vec<Vec<SegmentId>>);

fn answers(rules: &Rules, events: &[Event], sessions: &[Session]) -> Answers {
    // One for all, as where a batch is applied.
    let mut scratch = Scratch::default();
    let mut satisfied = |event: &Event| {
        let hits = rules.satisfied(event, &mut scratch);
        hits.into_iter().map(|hit| (hit.segment, hit.pattern)).collect()
    };
    let satisfied = events.iter().map(&mut satisfied).collect();
    let mut holding = |session: &Session| {
        let found = rules.context_only(session, &mut scratch);
        found.into_iter().map(|found| found.segment).collect()
    };
    (satisfied, sessions.iter().map(&mut holding).collect())
}

fn naive_answers<'a>(
    segments: impl IntoIterator<Item = &'a Segment>,
    events: &[Event],
    sessions: &[Session],
) -> Answers {
    let naive = Naive::new(segments);
    (
        events.iter().map(|event| naive.satisfied(event)).collect(),
        sessions.iter().map(|session| naive.context_only(session)).collect(),
    )
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn few_segments(
        segments in generate::segments(12),
        events in vec(generate::event(), 1..20),
        sessions in vec(generate::session(), 1..10),
    ) {
        let rules = Rules::compile(&segments).unwrap();
        prop_assert_eq!(
            answers(&rules, &events, &sessions),
            naive_answers(&segments, &events, &sessions)
        );
    }

    #[test]
    fn segments_that_change_one_by_one(
        first in generate::segments(8),
        changes in vec((any::<Index>(), prop::option::weighted(0.8, generate::definition())), 1..16),
        events in vec(generate::event(), 1..12),
        sessions in vec(generate::session(), 1..6),
    ) {
        let mut segments: BTreeMap<SegmentId, Segment> =
            first.iter().map(|segment| (segment.id, segment.clone())).collect();
        let mut rules = Rules::compile(&first).unwrap();
        for (version, (place, definition)) in (2..).zip(changes) {
            let number = u128::try_from(place.index(12) + 1).unwrap();
            let no_conditions = (Conditions::default(), true);
            let changed =
                generate::segment(number, version, definition.clone().unwrap_or(no_conditions));
            if definition.is_some() {
                segments.insert(changed.id, changed.clone());
                rules = rules.with(Arc::new(changed)).unwrap();
            } else {
                segments.remove(&changed.id);
                rules = rules.without(changed.id).unwrap();
            }
            prop_assert_eq!(
                answers(&rules, &events, &sessions),
                naive_answers(segments.values(), &events, &sessions)
            );
        }
    }
}

proptest! {
    #![proptest_config(config(6))]

    #[test]
    fn many_segments(
        segments in generate::segments(10_000),
        events in vec(generate::event(), 40),
        sessions in vec(generate::session(), 10),
    ) {
        let rules = Rules::compile(&segments).unwrap();
        prop_assert_eq!(
            answers(&rules, &events, &sessions),
            naive_answers(&segments, &events, &sessions)
        );
    }
}
