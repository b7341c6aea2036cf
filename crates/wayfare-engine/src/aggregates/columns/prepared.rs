//! What a query needs to know of a block before its rows are looked at.

use std::ops::Range;

use wayfare_model::query::{Plan, TimeDimension};

use super::block::Block;
use super::cancel::Cancel;
use crate::aggregates::stop::Stop;

/// What a plan needs to know of a block, made once and used by every thread. It owns what it holds.
#[derive(Debug)]
pub struct Prepared {
    rows: Range<usize>,
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
        Ok(Self { rows: rows_of_interval(plan, block) })
    }

    /// The rows that may lie in the plan's interval: others need not be added. Empty when no row of
    /// the block can change the answer.
    #[must_use]
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }
}

fn rows_of_interval(plan: &Plan, block: &Block<'_>) -> Range<usize> {
    let by_emitted = plan.time == TimeDimension::Emitted || block.happened.is_none();
    let (Some(first), Some(last)) = (plan.edges.first(), plan.edges.last()) else { return 0..0 };
    if !by_emitted || !block.is_sorted {
        return 0..block.rows();
    }
    let row = |edge: i64| block.emitted.partition_point(|emitted| *emitted < edge);
    row(first.as_ms())..row(last.as_ms())
}
