//! How much an answer may hold.

use wayfare_model::limits::AGGREGATE_DISTINCT_IDS_PER_CELL_MAX;
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_model::query::Partial;

use super::distinct;

/// The answer would hold more than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer needs more than {limit} cells")]
pub struct TooManyCells {
    /// The cells it may have: [`Plan::cells_max`](wayfare_model::query::Plan::cells_max).
    pub limit: usize,
}

impl From<TooManyCells> for Problem {
    fn from(error: TooManyCells) -> Self {
        Self::new(
            ProblemKind::ResponseTooLarge,
            format!(
                "the answer has more than {} groups times buckets; use a shorter interval, \
                 a longer granularity, fewer groupBy dimensions or a narrower filter",
                error.limit
            ),
        )
    }
}

/// The room that is taken in an answer.
///
/// It only grows when facts are added or partials are merged, and depends on the facts alone, so
/// the same facts fit or do not fit however they are divided.
#[derive(Debug)]
pub(super) struct Room {
    cells_max: usize,
    cells: usize,
    ids: usize,
}

impl Room {
    pub(super) const fn new(cells_max: usize) -> Self {
        Self { cells_max, cells: 0, ids: 0 }
    }

    /// Takes room for `cells` more cells.
    pub(super) const fn take_cells(&mut self, cells: usize) -> Result<(), TooManyCells> {
        self.cells = self.cells.saturating_add(cells);
        if self.cells > self.cells_max {
            return Err(TooManyCells { limit: self.cells_max });
        }
        Ok(())
    }

    /// Takes room for `ids` more ids.
    pub(super) const fn take_ids(&mut self, ids: usize) -> Result<(), TooManyCells> {
        self.ids = self.ids.saturating_add(ids);
        if self.ids > self.cells_max.saturating_mul(AGGREGATE_DISTINCT_IDS_PER_CELL_MAX) {
            return Err(TooManyCells { limit: self.cells_max });
        }
        Ok(())
    }

    /// Checks a whole partial.
    pub(super) fn check(partial: &Partial, cells_max: usize) -> Result<(), TooManyCells> {
        let mut room = Self::new(cells_max);
        for buckets in partial.groups.values() {
            room.take_cells(buckets.len())?;
            for stats in buckets.values().flat_map(|measures| measures.values()) {
                room.take_ids(stats.distinct.as_ref().map_or(0, distinct::weight))?;
            }
        }
        Ok(())
    }
}
