//! A plan evaluated in the plainest way: one cell after the other, each over all facts.

use std::collections::{BTreeMap, BTreeSet};

use wayfare_model::cells::Summary;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::query::{Filter, Plan, TimeDimension, ValueRange};

/// The value of each dimension of a group.
pub(super) type Group = Vec<Option<String>>;
/// All cells with their figures, by group, bucket and measure.
pub(super) type Cells = BTreeMap<(Group, usize, usize), Summary>;

/// The cells of an answer.
pub(super) fn cells(answer: &wayfare_model::cells::Cells) -> Cells {
    let mut cells = Cells::new();
    for (cell, key) in answer.keys.iter().enumerate() {
        let group: Group = answer.group(key.group).map(|text| text.map(str::to_owned)).collect();
        for measure in 0..answer.figures.len() {
            if let Some(figures) = answer.figures(measure, cell) {
                cells.insert((group.clone(), key.bucket as usize, measure), figures);
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
    let mut measures: Vec<(Metric, Option<ValueRange>)> = Vec::new();
    measures.extend(plan.metrics.iter().map(|metric| (*metric, None)));
    measures.extend(plan.views.iter().map(|view| (view.target, Some(view.range))));
    let mut cells = Cells::new();
    for group in &all_groups {
        for bucket in 0..plan.edges.len() - 1 {
            for (measure, (target, range)) in measures.iter().enumerate() {
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
                    let key = (group.clone(), bucket, measure);
                    cells.insert(key, figures(&counted, *target));
                }
            }
        }
    }
    cells
}

fn figures(facts: &[&Fact], target: Metric) -> Summary {
    let count = facts.len() as u64;
    if let Some(dimension) = distinct_dimension(target) {
        let ids: BTreeSet<&String> =
            facts.iter().flat_map(|fact| fact.dimensions.get(&dimension).unwrap()).collect();
        return Summary { count: ids.len() as u64, ..Summary::EMPTY };
    }
    if !target.as_str().starts_with('o') {
        return Summary { count, ..Summary::EMPTY };
    }
    let mut values: Vec<f64> = facts.iter().map(|fact| fact.value.unwrap()).collect();
    values.sort_by(f64::total_cmp);
    Summary { count, sum: values.iter().sum(), min: values[0], max: values[values.len() - 1] }
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
