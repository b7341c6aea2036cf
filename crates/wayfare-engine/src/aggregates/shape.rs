//! Writing the answer as the contract has it.

use std::collections::BTreeMap;

use jiff::tz::Offset;
use wayfare_model::fact::Metric;
use wayfare_model::query::{Group, Measure, Partial, Plan, Stats};
use wayfare_model::time::Moment;
use wayfare_model::wire::{
    AggregateMetricData, AggregateViewData, JourneyAggregateDataContainer,
    JourneyAggregateQueryResponse, JourneyAggregationQuery, StatisticalResponse,
    StatisticalSummary,
};

use super::distinct;
use super::interval::{Written, offset_of};
use super::measure::{MetricKind, metric_kind};

/// Writes the answer to a query from the cells that its plan gave (domain, 5.5).
///
/// One result per group, ordered by the group's values with an absent one first; in it one entry
/// per bucket, by time. Groups, buckets, metrics and views without facts are left out (U37).
/// `group` is `{}` without `groupBy` (U38), and lacks the dimensions that the facts lack (U39).
/// Intervals are written in the offset of the query's interval.
#[must_use]
pub fn shape(
    plan: &Plan,
    query: &JourneyAggregationQuery,
    partial: Partial,
) -> JourneyAggregateQueryResponse {
    let offset = offset_of(query.interval.as_deref().unwrap_or_default());
    let results = (partial.groups.into_iter())
        .map(|(group, buckets)| JourneyAggregateDataContainer {
            group: Some(write_group(plan, group)),
            data: Some(
                (buckets.into_iter())
                    .map(|(bucket, measures)| write_bucket(plan, offset, bucket, &measures))
                    .collect(),
            ),
        })
        .collect();
    JourneyAggregateQueryResponse { results: Some(results) }
}

fn write_group(plan: &Plan, group: Group) -> BTreeMap<String, String> {
    (plan.group_by.iter().zip(group))
        .filter_map(|(dimension, value)| Some((dimension.to_string(), value?)))
        .collect()
}

fn write_bucket(
    plan: &Plan,
    offset: Offset,
    bucket: usize,
    measures: &BTreeMap<Measure, Stats>,
) -> StatisticalResponse {
    let edge = |index: usize| plan.edges.get(index).copied();
    let interval = (edge(bucket).zip(edge(bucket + 1)))
        .map(|(start, end): (Moment, Moment)| Written { start, end, offset }.to_string());
    let metrics = (plan.metrics.iter().enumerate())
        .filter_map(|(index, metric)| {
            Some(AggregateMetricData {
                metric: Some(metric.to_string()),
                qualifier: None,
                stats: Some(write_stats(*metric, measures.get(&Measure::Metric(index))?)),
            })
        })
        .collect();
    let views: Vec<_> = (plan.views.iter().enumerate())
        .filter_map(|(index, view)| {
            Some(AggregateViewData {
                name: Some(view.name.clone()),
                stats: Some(write_stats(view.target, measures.get(&Measure::View(index))?)),
            })
        })
        .collect();
    StatisticalResponse {
        interval,
        metrics: Some(metrics),
        views: Some(views).filter(|views| !views.is_empty()),
    }
}

/// The figures of a measure: of a counter the count only, of an observation also sum, smallest and
/// largest value.
fn write_stats(target: Metric, stats: &Stats) -> StatisticalSummary {
    let count = |count: u64| Some(i64::try_from(count).unwrap_or(i64::MAX));
    let empty = StatisticalSummary::default();
    match metric_kind(target) {
        MetricKind::Counter => StatisticalSummary { count: count(stats.count), ..empty },
        MetricKind::Distinct(_) => StatisticalSummary {
            count: count(stats.distinct.as_ref().map_or(0, distinct::count)),
            ..empty
        },
        MetricKind::Observation => StatisticalSummary {
            count: count(stats.count),
            sum: Some(stats.sum),
            min: stats.min,
            max: stats.max,
            ..empty
        },
    }
}
