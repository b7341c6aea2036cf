//! Properties over random facts and random plans.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use uuid::Uuid;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::id::FactId;
use wayfare_model::query::{Filter, Partial, Plan, TimeDimension, ValueRange, View};
use wayfare_model::time::Moment;

use super::naive;
use crate::aggregates::{Fold, TooManyCells, merge, source_metrics};

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
    let texts = vec(select(vec!["a", "b", "c", "d"]), 0..4);
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
            .map(|(index, (target, range))| View { name: index.to_string(), target, range })
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
        })
}

fn fold(plan: &Plan, facts: &[Fact]) -> Result<Partial, TooManyCells> {
    let mut fold = Fold::new(plan);
    facts.iter().try_for_each(|fact| fold.add(fact))?;
    Ok(fold.finish())
}

proptest! {
    #[test]
    fn folding_gives_what_the_plainest_evaluation_gives(plan in plan(), facts in facts()) {
        let partial = fold(&plan, &facts).expect("few cells");
        prop_assert_eq!(naive::cells(&partial), naive::evaluate(&plan, &facts));
    }

    #[test]
    fn the_order_and_the_division_of_facts_do_not_matter(
        plan in plan(),
        facts in facts().prop_shuffle(),
        cuts in (any::<Index>(), any::<Index>()),
        cells_max in 0_usize..30,
    ) {
        let plan = Plan { cells_max, ..plan };
        let (one, other) = (cuts.0.index(facts.len() + 1), cuts.1.index(facts.len() + 1));
        let (first, rest) = facts.split_at(one.min(other));
        let (second, third) = rest.split_at(one.max(other) - one.min(other));
        let part = |facts: &[Fact]| fold(&plan, facts);
        let join = |a: Result<Partial, TooManyCells>, b: Result<Partial, TooManyCells>| {
            merge(a?, b?, cells_max)
        };
        let whole = part(&facts);
        prop_assert_eq!(&join(join(part(first), part(second)), part(third)), &whole);
        prop_assert_eq!(&join(part(first), join(part(second), part(third))), &whole);
        prop_assert_eq!(&join(part(third), join(part(first), part(second))), &whole);
        let reversed: Vec<_> = facts.iter().rev().cloned().collect();
        prop_assert_eq!(&part(&reversed), &whole);
    }

    #[test]
    fn facts_of_other_than_the_source_metrics_change_nothing(plan in plan(), facts in facts()) {
        let sources = source_metrics(&plan);
        let fed: Vec<_> = facts.iter().filter(|f| sources.contains(&f.metric)).cloned().collect();
        prop_assert_eq!(fold(&plan, &fed), fold(&plan, &facts));
    }
}
