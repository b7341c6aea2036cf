//! The answer built of the contract's own types.

use std::collections::BTreeMap;

use wayfare_model::cells::{Cells, Summary};
use wayfare_model::fact::Metric;
use wayfare_model::query::Plan;
use wayfare_model::wire::{
    AggregateMetricData, AggregateViewData, JourneyAggregateDataContainer,
    JourneyAggregateQueryResponse, JourneyAggregationQuery, StatisticalResponse,
    StatisticalSummary,
};

use crate::aggregates::interval::{Written, offset_of};
use crate::aggregates::{MetricKind, metric_kind};

/// The answer that [`Answer`](crate::aggregates::Answer) must write.
pub(super) fn shape(
    plan: &Plan,
    query: &JourneyAggregationQuery,
    cells: &Cells,
) -> JourneyAggregateQueryResponse {
    let mut results: BTreeMap<u32, JourneyAggregateDataContainer> = BTreeMap::new();
    for (cell, key) in cells.keys.iter().enumerate() {
        let result = results.entry(key.group).or_insert_with(|| JourneyAggregateDataContainer {
            group: Some(
                (plan.group_by.iter().zip(cells.group(key.group)))
                    .filter_map(|(dimension, value)| {
                        Some((dimension.to_string(), value?.to_owned()))
                    })
                    .collect(),
            ),
            data: Some(Vec::new()),
        });
        let entry = shape_cell(plan, query, cells, cell, key.bucket as usize);
        result.data.get_or_insert_default().push(entry);
    }
    JourneyAggregateQueryResponse { results: Some(results.into_values().collect()) }
}

fn shape_cell(
    plan: &Plan,
    query: &JourneyAggregationQuery,
    cells: &Cells,
    cell: usize,
    bucket: usize,
) -> StatisticalResponse {
    let offset = offset_of(query.interval.as_deref().unwrap_or_default());
    let interval = Written { start: plan.edges[bucket], end: plan.edges[bucket + 1], offset };
    let metrics = (plan.metrics.iter().enumerate())
        .filter_map(|(index, metric)| {
            Some(AggregateMetricData {
                metric: Some(metric.to_string()),
                qualifier: None,
                stats: Some(shape_figures(*metric, cells.figures(index, cell)?)),
            })
        })
        .collect();
    let views: Vec<_> = (plan.views.iter().enumerate())
        .filter_map(|(index, view)| {
            let figures = cells.figures(plan.metrics.len() + index, cell)?;
            Some(AggregateViewData {
                name: Some(view.name.clone()),
                stats: Some(shape_figures(view.target, figures)),
            })
        })
        .collect();
    StatisticalResponse {
        interval: Some(interval.to_string()),
        metrics: Some(metrics),
        views: Some(views).filter(|views| !views.is_empty()),
    }
}

fn shape_figures(target: Metric, figures: Summary) -> StatisticalSummary {
    let count = StatisticalSummary {
        count: Some(figures.count.try_into().expect("few facts")),
        ..StatisticalSummary::default()
    };
    match metric_kind(target) {
        MetricKind::Counter | MetricKind::Distinct(_) => count,
        MetricKind::Observation => StatisticalSummary {
            sum: Some(figures.sum),
            min: Some(figures.min),
            max: Some(figures.max),
            ..count
        },
    }
}
