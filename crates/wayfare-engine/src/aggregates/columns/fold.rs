//! Folding columns into the cells of an answer.

use std::ops::Range;

use uuid::Uuid;
use wayfare_model::cells::Cells;
use wayfare_model::fact::{Dimension, Fact};
use wayfare_model::id::FactId;
use wayfare_model::query::Plan;
use wayfare_model::time::Moment;

use super::block::{Block, Values};
use super::cancel::Cancel;
use super::prepared::Prepared;
use crate::aggregates::fold::Fold;
use crate::aggregates::stop::Stop;

/// Rows between two questions whether to go on.
const ROWS_BETWEEN_CHECKS: usize = 65_536;

/// A fold of blocks under a plan. It gives what [`Fold`] gives over the same facts, in any order and
/// however they are divided, but for the last digits of sums of values that have no exact binary
/// form.
#[derive(Debug)]
pub struct ColumnFold {
    plan: Plan,
    facts: Vec<Fact>,
}

impl ColumnFold {
    /// An empty fold.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        Self { plan: plan.clone(), facts: Vec::new() }
    }

    /// Counts the facts of some rows of a block. `prepared` was made for this plan and block.
    ///
    /// # Errors
    /// [`Stop`] when the answer would have more cells than the plan allows, or when it is cancelled.
    pub fn add(
        &mut self,
        prepared: &Prepared,
        block: &Block<'_>,
        rows: Range<usize>,
        cancel: &dyn Cancel,
    ) -> Result<(), Stop> {
        let interval = prepared.rows();
        let rows = rows.start.max(interval.start)..rows.end.min(interval.end);
        for start in rows.clone().step_by(ROWS_BETWEEN_CHECKS) {
            if cancel.is_cancelled() {
                return Err(Stop::Cancelled);
            }
            let end = rows.end.min(start + ROWS_BETWEEN_CHECKS);
            self.facts.extend((start..end).filter_map(|row| fact(block, row)));
        }
        Ok(())
    }

    /// Adds what another fold of the same plan has counted.
    ///
    /// # Errors
    /// [`Stop::TooManyCells`] when together they have more cells than the plan allows.
    pub fn merge(&mut self, other: Self) -> Result<(), Stop> {
        self.facts.extend(other.facts);
        Ok(())
    }

    /// The cells.
    ///
    /// # Errors
    /// [`Stop::TooManyCells`] when the answer has more cells than the plan allows.
    pub fn finish(self) -> Result<Cells, Stop> {
        let mut fold = Fold::new(&self.plan);
        self.facts.iter().try_for_each(|fact| fold.add(fact))?;
        fold.finish()
    }
}

/// The fact of a row, if it is counted.
fn fact(block: &Block<'_>, row: usize) -> Option<Fact> {
    if block.dead.is_some_and(|dead| dead.get(row)) {
        return None;
    }
    let metric = *block.metrics.get(usize::from(*block.metric_codes.get(row)?))?;
    let emitted = Moment::from_ms(*block.emitted.get(row)?);
    let happened = block.happened.and_then(|happened| happened.get(row));
    let dimensions = Dimension::ALL.iter().filter_map(|dimension| {
        let column = block.column(*dimension)?;
        let values: Vec<String> = (column.codes_of(row))
            .filter_map(|code| Some(column.dictionary.get(code)?.text().into_owned()))
            .collect();
        (!values.is_empty()).then_some((*dimension, values))
    });
    Some(Fact {
        id: FactId::from_uuid(Uuid::nil()),
        metric,
        emitted,
        happened: happened.map_or(emitted, |ms| Moment::from_ms(*ms)),
        value: value(block, row),
        dimensions: dimensions.collect(),
    })
}

fn value(block: &Block<'_>, row: usize) -> Option<f64> {
    let (value, validity) = match block.values? {
        Values::Plain { values, validity } => (values.get(row), validity),
        Values::Coded { codes, dictionary, validity } => {
            (dictionary.get(codes.get(row)? as usize), validity)
        }
    };
    value.copied().filter(|_| validity.is_none_or(|validity| validity.get(row)))
}
