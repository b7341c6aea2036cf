//! What the facts of a block add up to, stretch by stretch: a bucket that nothing divides is added up
//! from it, and only the rows at its edges are looked at.

use std::ops::Range;

use wayfare_model::cells::Summary;
use wayfare_model::fact::Metric;

use super::accumulate::{decode, summarise};
use super::block::Block;
use super::evaluate::{of_metric, with_value};
use super::layout::Layout;
use super::mask::{CHUNK, Masks, Rows, both};
use super::test::MetricSet;
use crate::aggregates::measure::{MetricKind, metric_kind};

/// What the facts of each stretch of so many rows of a block add up to, by metric. Dead facts are among
/// them: it holds for stretches where none is.
#[derive(Debug)]
pub struct Totals {
    rows: usize,
    stretch_rows: usize,
    /// Those of the block.
    metrics: Vec<Metric>,
    /// Those of them that have values.
    valued: Vec<Metric>,
    /// By stretch, one for each of `metrics`.
    counts: Vec<u32>,
    /// By stretch, one for each of `valued`.
    summaries: Vec<Summary>,
}

impl Totals {
    /// Adds up the facts of a block, in stretches of `stretch_rows` (1 at least). What is left behind the
    /// last whole one is in none.
    #[must_use]
    pub fn new(block: &Block<'_>, stretch_rows: usize) -> Self {
        let stretch_rows = stretch_rows.max(1);
        let is_valued = |metric: &Metric| metric_kind(*metric) == MetricKind::Observation;
        let mut totals = Self {
            rows: block.rows(),
            stretch_rows,
            metrics: block.metrics.to_vec(),
            valued: block.metrics.iter().copied().filter(is_valued).collect(),
            counts: Vec::new(),
            summaries: Vec::new(),
        };
        let sets: Vec<_> =
            totals.valued.iter().map(|it| MetricSet::of(block, |metric| metric == *it)).collect();
        let mut adding = Adding::default();
        for stretch in 0..block.rows() / stretch_rows {
            let rows = totals.rows_of(stretch);
            totals.counts.extend(counts(block, &rows));
            totals.summaries.extend(sets.iter().map(|set| adding.add(set, block, &rows)));
        }
        totals
    }

    /// How many rows the block has that this is about.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    /// The stretches that lie within some rows.
    pub(super) fn within(&self, rows: &Range<usize>) -> Range<usize> {
        let end = (rows.end / self.stretch_rows).min(self.rows / self.stretch_rows);
        rows.start.div_ceil(self.stretch_rows).min(end)..end
    }

    pub(super) const fn rows_of(&self, stretch: usize) -> Range<usize> {
        stretch * self.stretch_rows..(stretch + 1) * self.stretch_rows
    }

    /// No figures yet.
    pub(super) fn nothing(&self, layout: &Layout) -> Figures {
        let place = |metrics: &[Metric], wanted| metrics.iter().position(|it| *it == wanted);
        let counters = layout.counters.iter();
        let summaries = layout.summaries.iter();
        Figures {
            counters: counters.map(|metric| place(&self.metrics, *metric)).collect(),
            valued: summaries.map(|(metric, _)| place(&self.valued, *metric)).collect(),
            counts: vec![0; layout.counters.len()],
            summaries: vec![Summary::EMPTY; layout.summaries.len()],
        }
    }

    /// Adds what a stretch adds up to.
    pub(super) fn add_to(&self, figures: &mut Figures, stretch: usize) {
        let counts = self.counts.get(stretch * self.metrics.len()..).unwrap_or_default();
        for (count, place) in figures.counts.iter_mut().zip(&figures.counters) {
            *count += place.and_then(|place| counts.get(place)).copied().unwrap_or_default();
        }
        let summaries = self.summaries.get(stretch * self.valued.len()..).unwrap_or_default();
        for (summary, place) in figures.summaries.iter_mut().zip(&figures.valued) {
            if let Some(more) = place.and_then(|place| summaries.get(place)) {
                summary.merge(more);
            }
        }
    }
}

/// What stretches of a block add up to.
pub(super) struct Figures {
    /// For each counter of the layout which metric of the totals it counts.
    counters: Vec<Option<usize>>,
    /// For each summary which metric with values it is of.
    valued: Vec<Option<usize>>,
    pub(super) counts: Vec<u32>,
    pub(super) summaries: Vec<Summary>,
}

impl Figures {
    pub(super) fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| *count == 0)
            && self.summaries.iter().all(|summary| summary.count == 0)
    }
}

/// How many facts of each metric some rows have.
fn counts(block: &Block<'_>, rows: &Range<usize>) -> Vec<u32> {
    let mut by_code = [0_u32; 256];
    for code in block.metric_codes.get(rows.clone()).unwrap_or_default() {
        by_code[usize::from(*code)] += 1;
    }
    by_code.into_iter().take(block.metrics.len()).collect()
}

/// Buffers for adding up values.
#[derive(Debug, Default)]
struct Adding {
    masks: Masks,
    values: Vec<f64>,
}

impl Adding {
    /// The values that facts of some metrics have.
    fn add(&mut self, set: &MetricSet, block: &Block<'_>, rows: &Range<usize>) -> Summary {
        let mut all = Summary::EMPTY;
        let Some(values) = &block.values else { return all };
        for start in rows.clone().step_by(CHUNK) {
            let chunk = start..rows.end.min(start + CHUNK);
            let mut mask = self.masks.take(chunk.len());
            let mut other = self.masks.take(chunk.len());
            let of_metric = of_metric(set, block, &chunk, &mut mask);
            let with_value = with_value(values, None, &chunk, &mut other);
            let speaking = both(of_metric, &mut mask, with_value, &other);
            if speaking != Rows::None {
                let mask = (speaking == Rows::Some).then_some(mask.as_slice());
                all.merge(&summarise(decode(values, &chunk, &mut self.values), mask));
            }
            self.masks.give(mask);
            self.masks.give(other);
        }
        all
    }
}
