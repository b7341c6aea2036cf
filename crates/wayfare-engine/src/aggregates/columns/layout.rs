//! Where the figures of a plan's measures are kept.

use wayfare_model::fact::{Dimension, Metric};
use wayfare_model::query::{Plan, ValueRange};

use crate::aggregates::fold::measures;
use crate::aggregates::measure::{MetricKind, metric_kind, within};

/// The figures that a cell has. Measures that cannot differ share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    /// Metrics whose facts are counted.
    pub(super) counters: Vec<Metric>,
    /// Metrics whose values are summed up, and which values.
    pub(super) summaries: Vec<(Metric, Option<ValueRange>)>,
    /// Dimensions whose different values are counted.
    pub(super) sets: Vec<Dimension>,
    /// For each metric and then for each view of the plan where its figures are.
    pub(super) places: Vec<Place>,
}

/// Where the figures of a measure are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// No fact can speak for it.
    Nowhere,
    /// Of [`Layout::counters`].
    Counter(usize),
    /// Of [`Layout::summaries`].
    Summary(usize),
    /// Of [`Layout::sets`].
    Set(usize),
}

impl Layout {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut layout = Self::default();
        for measured in measures(plan) {
            // What counts has the value 1 (U44): a view keeps all of it or nothing.
            let keeps_counts = measured.range.is_none_or(|range| within(range, 1.0));
            let place = match metric_kind(measured.target) {
                MetricKind::Observation => {
                    let summary = (measured.target, measured.range);
                    Place::Summary(index_of(&mut layout.summaries, summary))
                }
                _ if !keeps_counts => Place::Nowhere,
                MetricKind::Counter => {
                    Place::Counter(index_of(&mut layout.counters, measured.target))
                }
                MetricKind::Distinct(dimension) => {
                    Place::Set(index_of(&mut layout.sets, dimension))
                }
            };
            layout.places.push(place);
        }
        layout
    }

    /// Counters of a cell: one more than are asked for, which takes what is not.
    pub(super) const fn counters_stride(&self) -> usize {
        self.counters.len() + 1
    }
}

fn index_of<T: PartialEq>(list: &mut Vec<T>, item: T) -> usize {
    list.iter().position(|other| *other == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    })
}
