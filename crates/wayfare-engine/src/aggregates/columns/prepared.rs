//! What a query needs to know of a block before its rows are looked at.

use std::ops::Range;
use std::sync::Arc;

use wayfare_model::fact::Dimension;
use wayfare_model::query::{Plan, TimeDimension};

use super::block::Block;
use super::cancel::Cancel;
use super::keys::{KeyLayout, PartKind};
use super::layout::Layout;
use super::test::{CodeSet, MetricSet, Test};
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
    is_undivided: bool,
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
        let layout = Layout::new(plan);
        let sources = Sources::new(&layout, block);
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
        let is_undivided = edges.is_some()
            && filter == Test::Constant(true)
            && plan.group_by.is_empty()
            && layout.sets.is_empty()
            && layout.summaries.iter().all(|(_, range)| range.is_none());
        Ok(Self {
            identity: Arc::default(),
            block_rows: block.rows(),
            rows,
            edges,
            is_undivided,
            filter,
            keys,
            sources,
        })
    }

    /// Whether nothing but time divides the rows, so that [`Totals`](super::Totals) tell what they add
    /// up to.
    #[must_use]
    pub const fn is_undivided(&self) -> bool {
        self.is_undivided
    }

    /// The rows that may lie in the plan's interval: others need not be added. Empty when no row of
    /// the block can change the answer.
    #[must_use]
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }
}

impl Prepared {
    /// Leaves out rows that are known not to pass: `places` tells between which rows all facts are
    /// that have one of some codes of a dimension. It is asked when every fact must have one.
    pub fn narrow(&mut self, dimension: Dimension, places: impl Fn(&[u32]) -> Range<usize>) {
        let tests = match &self.filter {
            Test::All(tests) => tests.as_slice(),
            test => std::slice::from_ref(test),
        };
        for test in tests {
            if let Test::Codes(of, CodeSet::Few(codes)) = test
                && *of == dimension
            {
                let found = places(codes);
                let start = self.rows.start.max(found.start);
                self.rows = start..self.rows.end.min(found.end).max(start);
            }
        }
    }

    /// Moves rows on to the ends of the buckets that they cut, so that ranges next to each other stay
    /// so and share no bucket: what is counted in one place need not be joined. Buckets with more
    /// rows than `bucket_rows_max` are cut all the same.
    #[must_use]
    pub fn whole_buckets(&self, rows: &Range<usize>, bucket_rows_max: usize) -> Range<usize> {
        let Some(edges) = &self.edges else { return rows.clone() };
        let on = |row: usize| {
            let next = edges.partition_point(|edge| *edge < row);
            let begin = next.checked_sub(1).and_then(|before| edges.get(before));
            match begin.zip(edges.get(next)) {
                Some((begin, end)) if end - begin <= bucket_rows_max => *end,
                _ => row,
            }
        };
        on(rows.start)..on(rows.end)
    }
}

/// For each edge of the plan the first row that was emitted at or after it, if that is what decides.
fn edges(plan: &Plan, block: &Block<'_>) -> Option<Vec<usize>> {
    let by_emitted = plan.time == TimeDimension::Emitted || block.happened.is_none();
    if !by_emitted || !block.is_sorted {
        return None;
    }
    let (mut row, mut bucket_rows) = (0, 0);
    let edges = plan.edges.iter().map(|edge| {
        let rest = block.emitted.get(row..).unwrap_or_default();
        // Most edges are before the block or behind it.
        row += match (rest.first(), rest.last()) {
            (Some(first), _) if *first >= edge.as_ms() => 0,
            (_, Some(last)) if *last < edge.as_ms() => rest.len(),
            _ => {
                bucket_rows = partition_near(rest, edge.as_ms(), bucket_rows);
                bucket_rows
            }
        };
        row
    });
    Some(edges.collect())
}

/// How many of some ascending moments are before another one: as many as `guess`, or not many more or
/// fewer. Each look at a moment far from the others waits for memory.
fn partition_near(moments: &[i64], before: i64, guess: usize) -> usize {
    let is_before = |row: usize| moments.get(row).is_some_and(|moment| *moment < before);
    let mut step = guess / 16 + 1;
    let (start, end) = if is_before(guess) {
        let mut start = guess + 1;
        while is_before(start + step) {
            start += step + 1;
            step *= 2;
        }
        (start, moments.len().min(start + step))
    } else {
        let mut end = moments.len().min(guess);
        while end > step && !is_before(end - step) {
            end -= step;
            step *= 2;
        }
        (end.saturating_sub(step), end)
    };
    let within = moments.get(start..end).unwrap_or_default();
    start + within.partition_point(|moment| *moment < before)
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

#[cfg(test)]
mod tests {
    use super::partition_near;

    #[test]
    fn any_guess_leads_to_the_same_place() {
        for moments in [vec![], vec![5], vec![5; 40], (0..100).map(|row| row * row / 7).collect()] {
            for before in -1..1_500 {
                let expected = moments.partition_point(|moment| *moment < before);
                for guess in [0, 1, 2, 7, 33, 64, 99, 100, 101, 5_000] {
                    let found = partition_near(&moments, before, guess);
                    assert_eq!(found, expected, "{before} from {guess} in {moments:?}");
                }
            }
        }
    }
}
