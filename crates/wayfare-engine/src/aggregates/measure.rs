//! What each metric counts, and over which facts.

use std::collections::BTreeSet;

use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::query::{Plan, ValueRange};

/// How the facts of a metric add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// `n*`: how many facts.
    Counter,
    /// `o*`: how many values, their sum, the smallest and the largest.
    Observation,
    /// `nDistinct*`: how many different values of a dimension.
    Distinct(Dimension),
}

/// How the facts of a metric add up (domain, 5.1).
///
/// A distinct metric has no facts of its own. It counts the different values of its dimension over
/// the facts of every stored metric that carry one: a session that was blocked thirty times is one
/// distinct session and thirty blocks (domain, 4.3), so the blocks, not only the session's own
/// fact, must speak for it.
#[must_use]
pub const fn metric_kind(metric: Metric) -> MetricKind {
    match metric {
        Metric::DistinctJourneySessions => MetricKind::Distinct(Dimension::JourneySessionId),
        Metric::DistinctJourneyActions => MetricKind::Distinct(Dimension::JourneyActionId),
        Metric::JourneyOutcomeValue | Metric::JourneyOutcomeTouchpointValue => {
            MetricKind::Observation
        }
        _ => MetricKind::Counter,
    }
}

/// Whether facts of this metric are written at all: not those of `nDistinct*`.
#[must_use]
pub const fn is_stored(metric: Metric) -> bool {
    !matches!(metric_kind(metric), MetricKind::Distinct(_))
}

/// The stored metrics whose facts a plan needs. Facts of others change nothing in its answer.
#[must_use]
pub fn source_metrics(plan: &Plan) -> BTreeSet<Metric> {
    sources_of(plan.metrics.iter().copied().chain(plan.views.iter().map(|view| view.target)))
}

/// The stored metrics whose facts these metrics count.
pub(super) fn sources_of(metrics: impl IntoIterator<Item = Metric>) -> BTreeSet<Metric> {
    let mut sources = BTreeSet::new();
    for metric in metrics {
        if is_stored(metric) {
            sources.insert(metric);
        } else {
            sources.extend(Metric::ALL.iter().copied().filter(|metric| is_stored(*metric)));
        }
    }
    sources
}

/// The value of a fact: 1 for a counter, whatever it carries; for an observation the value it
/// carries, if any.
#[must_use]
pub const fn value_of(fact: &Fact) -> Option<f64> {
    match metric_kind(fact.metric) {
        MetricKind::Observation => fact.value,
        MetricKind::Counter | MetricKind::Distinct(_) => Some(1.0),
    }
}

/// Whether a value lies within bounds.
#[must_use]
pub fn within(range: ValueRange, value: f64) -> bool {
    range.gte.is_none_or(|bound| value >= bound) && range.lt.is_none_or(|bound| value < bound)
}
