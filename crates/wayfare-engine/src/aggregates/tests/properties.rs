//! Properties over random facts and random plans.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::Value;
use uuid::Uuid;
use wayfare_model::cells::Cells;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::id::FactId;
use wayfare_model::query::{Asker, Filter, Plan, TimeDimension, ValueRange, View};
use wayfare_model::time::Moment;
use wayfare_model::wire::JourneyAggregationQuery;

use super::naive;
use super::shape::shape;
use crate::aggregates::{Answer, Fold, Stop, source_metrics};

const METRICS: [Metric; 6] = [
    Metric::JourneySessions,
    Metric::JourneySegmentsAssigned,
    Metric::WebActionsOffered,
    Metric::JourneyOutcomeValue,
    Metric::DistinctJourneySessions,
    Metric::DistinctJourneyActions,
];
const DIMENSIONS: [Dimension; 4] = [
    Dimension::JourneySessionId,
    Dimension::JourneyActionId,
    Dimension::JourneySessionSegmentId,
    Dimension::JourneySegmentAssignmentState,
];

/// Few values, so that facts meet in groups; quarters, so that sums are exact in any order.
pub(super) fn facts() -> impl Strategy<Value = Vec<Fact>> {
    let stored: Vec<_> = METRICS[..4].to_vec();
    let value = option::of((-8_i32..=8).prop_map(|quarters| f64::from(quarters) / 4.0));
    let texts = vec(select(vec!["a", "b", "c\"\\", "\u{e4}\n"]), 0..4);
    let dimensions = btree_map(select(DIMENSIONS.to_vec()), texts, 0..4);
    let fact = (select(stored), 0_i64..40, 0_i64..40, value, dimensions);
    vec(
        fact.prop_map(|(metric, emitted, happened, value, dimensions)| Fact {
            id: FactId::from_uuid(Uuid::nil()),
            metric,
            emitted: Moment::from_ms(emitted),
            happened: Moment::from_ms(happened),
            value,
            dimensions: owned(dimensions),
        }),
        0..40,
    )
}

fn owned(dimensions: BTreeMap<Dimension, Vec<&str>>) -> BTreeMap<Dimension, Vec<String>> {
    let texts = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
    dimensions.into_iter().map(|(dimension, values)| (dimension, texts(values))).collect()
}

fn range() -> impl Strategy<Value = ValueRange> {
    let bound = || option::of((-8_i32..=8).prop_map(|quarters| f64::from(quarters) / 4.0));
    (bound(), bound()).prop_map(|(gte, lt)| ValueRange { gte, lt })
}

fn filter() -> impl Strategy<Value = Filter> {
    let dimension = || select(DIMENSIONS.to_vec());
    let leaf = prop_oneof![
        (dimension(), select(vec!["a", "b", "x"]))
            .prop_map(|(dimension, text)| Filter::Matches(dimension, text.to_owned())),
        dimension().prop_map(Filter::Exists),
        dimension().prop_map(Filter::NotExists),
        range().prop_map(Filter::Value),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Filter::And),
            vec(inner, 0..3).prop_map(Filter::Or),
        ]
    })
}

pub(super) fn plan() -> impl Strategy<Value = Plan> {
    let view = (select(METRICS.to_vec()), range());
    let views = vec(view, 0..3).prop_map(|views| {
        let named = views.into_iter().enumerate();
        named
            .map(|(index, (target, range))| View { name: format!("\"{index}"), target, range })
            .collect::<Vec<_>>()
    });
    (
        subsequence((2..38).collect::<Vec<i64>>(), 2..6),
        any::<bool>(),
        subsequence(METRICS.to_vec(), 1..=6),
        subsequence(DIMENSIONS.to_vec(), 0..=3),
        option::of(filter()),
        any::<bool>(),
        views,
    )
        .prop_map(|(edges, happened, metrics, group_by, filter, flatten, views)| Plan {
            edges: edges.into_iter().map(Moment::from_ms).collect(),
            time: if happened { TimeDimension::Happened } else { TimeDimension::Emitted },
            metrics,
            group_by,
            filter: filter.unwrap_or(Filter::And(Vec::new())),
            flatten,
            views,
            cells_max: 10_000,
            distinct_values_max: 10_000,
            asker: Asker::Client,
        })
}

/// What the fold over facts gives.
pub(super) fn fold(plan: &Plan, facts: &[Fact]) -> Result<Cells, Stop> {
    let mut fold = Fold::new(plan);
    facts.iter().try_for_each(|fact| fold.add(fact))?;
    fold.finish()
}

proptest! {
    #[test]
    fn folding_gives_what_the_plainest_evaluation_gives(plan in plan(), facts in facts()) {
        let cells = fold(&plan, &facts).expect("few cells");
        prop_assert_eq!(naive::cells(&cells), naive::evaluate(&plan, &facts));
    }

    #[test]
    fn the_answer_is_written_as_the_types_of_the_contract_are(
        plan in plan(),
        facts in facts(),
        offset in select(vec!["Z", "+02:00", "-09:30"]),
        page_size in 0_usize..4,
        piece_bytes in prop_oneof![Just(1_usize), 1_usize..2_000],
    ) {
        let interval = format!("2020-11-01T00:00:00{offset}/2020-11-02T00:00:00{offset}");
        let query = JourneyAggregationQuery { interval: Some(interval), ..Default::default() };
        let cells = fold(&plan, &facts).expect("few cells");
        let expected = serde_json::to_string(&shape(&plan, &query, &cells)).expect("json");
        let answer = Answer::new(&plan, &query, cells);
        let written = String::from_utf8(answer.to_json()).expect("utf-8");
        prop_assert_eq!(&written, &expected);
        let pages: Vec<_> = answer.pages(page_size).collect();
        let results = pages.iter().map(|page| &page[1..page.len() - 1]).collect::<Vec<_>>();
        prop_assert_eq!(format!("{{\"results\":[{}]}}", results.join(",")), expected);
        let results: Vec<Vec<Value>> =
            pages.iter().map(|page| serde_json::from_str(page).expect("json")).collect();
        prop_assert!(results.iter().rev().skip(1).all(|page| page.len() == page_size.max(1)));
        prop_assert!(results.iter().all(|page| (1..=page_size.max(1)).contains(&page.len())));
        let mut writing = answer.into_pieces(piece_bytes);
        let pieces: Vec<_> = std::iter::from_fn(|| writing.next_in(Vec::new())).collect();
        prop_assert!(pieces.iter().rev().skip(1).all(|piece| piece.len() >= piece_bytes));
        prop_assert_eq!(pieces.concat(), written.as_bytes());
    }

    #[test]
    fn facts_of_other_than_the_source_metrics_change_nothing(plan in plan(), facts in facts()) {
        let sources = source_metrics(&plan);
        let fed: Vec<_> = facts.iter().filter(|f| sources.contains(&f.metric)).cloned().collect();
        prop_assert_eq!(fold(&plan, &fed), fold(&plan, &facts));
    }
}
