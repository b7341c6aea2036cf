//! What a query needs to know of a block before its rows are looked at.

use std::ops::Range;
use std::sync::Arc;

use wayfare_model::fact::Dimension;
use wayfare_model::query::{Plan, TimeDimension};

use super::block::Block;
use super::cancel::Cancel;
use super::keys::{KeyLayout, PartKind};
use super::layout::Layout;
use super::test::{MetricSet, Test};
use crate::aggregates::measure::is_stored;
use crate::aggregates::stop::Stop;

/// What a plan needs to know of a block, made once and used by every thread. It owns what it holds.
#[derive(Debug)]
pub struct Prepared {
    /// Is the same pointer for no other block and plan.
    pub(super) identity: Arc<()>,
    pub(super) block_rows: usize,
    rows: Range<usize>,
    /// Of a sorted block, for each edge of the plan the first row behind it.
    pub(super) edges: Option<Vec<usize>>,
    pub(super) filter: Test,
    pub(super) keys: KeyLayout,
    pub(super) sources: Sources,
}

/// Which metrics of a block speak for which figures of the [`Layout`].
#[derive(Debug)]
pub(super) struct Sources {
    /// By code the counter of the metric; one more than the last where there is none.
    pub(super) counter_of: Box<[u8; 256]>,
    pub(super) counters: MetricSet,
    pub(super) summaries: Vec<MetricSet>,
    /// The dimensions of sets that the block has, with the index of the set.
    pub(super) sets: Vec<(usize, Dimension)>,
    pub(super) stored: MetricSet,
}

impl Prepared {
    /// Prepares a plan for a block.
    ///
    /// # Errors
    /// [`Stop::Cancelled`]: looking a text up in a large dictionary takes its time.
    pub fn new(plan: &Plan, block: &Block<'_>, cancel: &dyn Cancel) -> Result<Self, Stop> {
        if cancel.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        let sources = Sources::new(&Layout::new(plan), block);
        let filter = Test::new(&plan.filter, block);
        let edges = edges(plan, block);
        let rows = match &edges {
            _ if filter == Test::Constant(false) || sources.is_silent() => 0..0,
            Some(edges) => {
                edges.first().copied().unwrap_or_default()
                    ..edges.last().copied().unwrap_or_default()
            }
            None => 0..block.rows(),
        };
        let keys = KeyLayout::new(plan.group_by.iter().map(|dimension| {
            let (kind, radix) = part(block, *dimension, plan.flatten);
            (*dimension, kind, radix)
        }));
        let block_rows = block.rows();
        Ok(Self { identity: Arc::default(), block_rows, rows, edges, filter, keys, sources })
    }

    /// The rows that may lie in the plan's interval: others need not be added. Empty when no row of
    /// the block can change the answer.
    #[must_use]
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }
}

/// For each edge of the plan the first row that was emitted at or after it, if that is what decides.
fn edges(plan: &Plan, block: &Block<'_>) -> Option<Vec<usize>> {
    let by_emitted = plan.time == TimeDimension::Emitted || block.happened.is_none();
    if !by_emitted || !block.is_sorted {
        return None;
    }
    let mut row = 0;
    let edges = plan.edges.iter().map(|edge| {
        let rest = block.emitted.get(row..).unwrap_or_default();
        row += rest.partition_point(|emitted| *emitted < edge.as_ms());
        row
    });
    Some(edges.collect())
}

fn part(block: &Block<'_>, dimension: Dimension, flatten: bool) -> (PartKind, u64) {
    let Some(column) = block.column(dimension) else { return (PartKind::Absent, 1) };
    let values = column.dictionary.len() as u64 + 1;
    match (column.offsets, flatten) {
        (None, _) => (PartKind::Single, values),
        (Some(_), false) => (PartKind::Each, values),
        // How many combinations there are is only known when they have been seen.
        (Some(_), true) => (PartKind::Joined, 1 << 32),
    }
}

impl Sources {
    fn new(layout: &Layout, block: &Block<'_>) -> Self {
        let none = layout.counters.len();
        let mut counter_of = Box::new([none as u8; 256]);
        for (place, metric) in counter_of.iter_mut().zip(block.metrics) {
            let counter = layout.counters.iter().position(|counter| counter == metric);
            *place = counter.unwrap_or(none) as u8;
        }
        let values_of = |metric| match block.values {
            Some(_) => MetricSet::of(block, |other| other == metric),
            None => MetricSet::None,
        };
        let sets = (layout.sets.iter().copied().enumerate())
            .filter(|(_, dimension)| block.column(*dimension).is_some());
        Self {
            counter_of,
            counters: MetricSet::of(block, |metric| layout.counters.contains(&metric)),
            summaries: layout.summaries.iter().map(|(metric, _)| values_of(*metric)).collect(),
            sets: sets.collect(),
            stored: MetricSet::of(block, is_stored),
        }
    }

    /// Whether no row speaks for anything.
    fn is_silent(&self) -> bool {
        self.counters == MetricSet::None
            && self.summaries.iter().all(|set| *set == MetricSet::None)
            && (self.sets.is_empty() || self.stored == MetricSet::None)
    }
}
