//! A plan evaluated in the plainest way: one cell after the other, each over all facts.

use std::collections::{BTreeMap, BTreeSet};

use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::query::{Filter, Group, Measure, Partial, Plan, TimeDimension, ValueRange};

use crate::aggregates::distinct_count;

/// The figures of a cell: count, sum, smallest, largest, different ids.
pub(super) type Figures = (u64, f64, Option<f64>, Option<f64>, Option<u64>);
/// All cells with their figures.
pub(super) type Cells = BTreeMap<(Group, usize, Measure), Figures>;

/// The cells of a partial.
pub(super) fn cells(partial: &Partial) -> Cells {
    let mut cells = Cells::new();
    for (group, buckets) in &partial.groups {
        for (bucket, measures) in buckets {
            for (measure, stats) in measures {
                let distinct = stats.distinct.as_ref().map(distinct_count);
                let figures = (stats.count, stats.sum, stats.min, stats.max, distinct);
                cells.insert((group.clone(), *bucket, *measure), figures);
            }
        }
    }
    cells
}

/// What a plan gives over facts.
pub(super) fn evaluate(plan: &Plan, facts: &[Fact]) -> Cells {
    let mut all_groups: BTreeSet<Group> = BTreeSet::new();
    for fact in facts {
        all_groups.extend(groups(plan, fact));
    }
    let mut measures: Vec<(Measure, Metric, Option<ValueRange>)> = Vec::new();
    for (index, metric) in plan.metrics.iter().enumerate() {
        measures.push((Measure::Metric(index), *metric, None));
    }
    for (index, view) in plan.views.iter().enumerate() {
        measures.push((Measure::View(index), view.target, Some(view.range)));
    }
    let mut cells = Cells::new();
    for group in &all_groups {
        for bucket in 0..plan.edges.len() - 1 {
            for (measure, target, range) in &measures {
                let counted: Vec<&Fact> = facts
                    .iter()
                    .filter(|fact| {
                        let moment = match plan.time {
                            TimeDimension::Emitted => fact.emitted,
                            TimeDimension::Happened => fact.happened,
                        };
                        plan.edges[bucket] <= moment
                            && moment < plan.edges[bucket + 1]
                            && groups(plan, fact).contains(group)
                            && passes(&plan.filter, fact)
                            && speaks_for(fact, *target, *range)
                    })
                    .collect();
                if !counted.is_empty() {
                    let key = (group.clone(), bucket, *measure);
                    cells.insert(key, figures(&counted, *target));
                }
            }
        }
    }
    cells
}

fn figures(facts: &[&Fact], target: Metric) -> Figures {
    let count = facts.len() as u64;
    if let Some(dimension) = distinct_dimension(target) {
        let ids: BTreeSet<&String> =
            facts.iter().flat_map(|fact| fact.dimensions.get(&dimension).unwrap()).collect();
        return (count, 0.0, None, None, Some(ids.len() as u64));
    }
    if !target.as_str().starts_with('o') {
        return (count, 0.0, None, None, None);
    }
    let mut values: Vec<f64> = facts.iter().map(|fact| fact.value.unwrap()).collect();
    values.sort_by(f64::total_cmp);
    (count, values.iter().sum(), values.first().copied(), values.last().copied(), None)
}

fn distinct_dimension(target: Metric) -> Option<Dimension> {
    match target.as_str() {
        "nDistinctJourneySessions" => Some(Dimension::JourneySessionId),
        "nDistinctJourneyActions" => Some(Dimension::JourneyActionId),
        _ => None,
    }
}

fn speaks_for(fact: &Fact, target: Metric, range: Option<ValueRange>) -> bool {
    if let Some(dimension) = distinct_dimension(target) {
        return fact.dimensions.get(&dimension).is_some_and(|ids| !ids.is_empty())
            && range.is_none_or(|range| lies_within(range, Some(1.0)));
    }
    let value = value(fact);
    fact.metric == target && value.is_some() && range.is_none_or(|range| lies_within(range, value))
}

fn value(fact: &Fact) -> Option<f64> {
    if fact.metric.as_str().starts_with('o') { fact.value } else { Some(1.0) }
}

fn lies_within(range: ValueRange, value: Option<f64>) -> bool {
    match value {
        None => false,
        Some(value) => {
            value >= range.gte.unwrap_or(f64::NEG_INFINITY)
                && value < range.lt.unwrap_or(f64::INFINITY)
        }
    }
}

fn passes(filter: &Filter, fact: &Fact) -> bool {
    let has = |dimension: &Dimension| {
        fact.dimensions.get(dimension).is_some_and(|values| !values.is_empty())
    };
    match filter {
        Filter::And(terms) => !terms.iter().any(|term| !passes(term, fact)),
        Filter::Or(terms) => terms.iter().any(|term| passes(term, fact)),
        Filter::Matches(dimension, text) => {
            has(dimension) && fact.dimensions[dimension].iter().any(|value| value == text)
        }
        Filter::Exists(dimension) => has(dimension),
        Filter::NotExists(dimension) => !has(dimension),
        Filter::Value(range) => lies_within(*range, value(fact)),
    }
}

/// The groups of a fact, one dimension after the other.
fn groups(plan: &Plan, fact: &Fact) -> BTreeSet<Group> {
    let mut groups = BTreeSet::from([Group::new()]);
    for dimension in &plan.group_by {
        let values: BTreeSet<String> =
            fact.dimensions.get(dimension).into_iter().flatten().cloned().collect();
        let texts: Vec<Option<String>> = if values.is_empty() {
            vec![None]
        } else if plan.flatten {
            vec![Some(values.into_iter().collect::<Vec<_>>().join(","))]
        } else {
            values.into_iter().map(Some).collect()
        };
        groups = groups
            .iter()
            .flat_map(|group| texts.iter().map(|text| [group.clone(), vec![text.clone()]].concat()))
            .collect();
    }
    groups
}
