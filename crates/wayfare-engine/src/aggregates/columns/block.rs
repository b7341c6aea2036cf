//! Facts that lie in columns.

use wayfare_model::fact::{Dimension, Metric};

use super::bits::Bits;
use super::column::{Codes, Column};
use super::totals::Totals;

/// The values of facts: only those of `o*` metrics are looked at.
#[derive(Debug, Clone, Copy)]
pub enum Values<'a> {
    /// As they are.
    Plain {
        /// One per row; anything where the row has none.
        values: &'a [f64],
        /// Which rows have a value; all have when absent.
        validity: Option<Bits<'a>>,
    },
    /// Few different ones.
    Coded {
        /// One per row; anything where the row has none.
        codes: Codes<'a>,
        /// What the codes stand for.
        dictionary: &'a [f64],
        /// Which rows have a value; all have when absent.
        validity: Option<Bits<'a>>,
    },
}

/// Columns do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column} has {found} rows instead of {rows}")]
pub struct BadBlock {
    /// Which column.
    pub column: &'static str,
    /// The rows it has.
    pub found: usize,
    /// The rows of the block.
    pub rows: usize,
}

/// Facts of one organisation as columns of equal length.
///
/// It is cheap to make: only lengths are checked. Codes must have entries in their dictionaries, and
/// lists must ascend. If they do not, figures are wrong, but nothing panics.
#[derive(Debug, Clone)]
pub struct Block<'a> {
    rows: usize,
    pub(super) emitted: &'a [i64],
    pub(super) happened: Option<&'a [i64]>,
    pub(super) is_sorted: bool,
    pub(super) metrics: &'a [Metric],
    pub(super) metric_codes: &'a [u8],
    pub(super) values: Option<Values<'a>>,
    pub(super) dead: Option<Bits<'a>>,
    pub(super) totals: Option<&'a Totals>,
    columns: [Option<Column<'a>>; Dimension::ALL.len()],
}

impl<'a> Block<'a> {
    /// Facts that were emitted at `emitted`, in milliseconds since 1970, for the metrics that
    /// `metric_codes` index in `metrics`, where each is once.
    ///
    /// # Errors
    /// [`BadBlock`] when the lengths differ.
    pub fn new(
        emitted: &'a [i64],
        metrics: &'a [Metric],
        metric_codes: &'a [u8],
    ) -> Result<Self, BadBlock> {
        let block = Self {
            rows: emitted.len(),
            emitted,
            happened: None,
            is_sorted: false,
            metrics,
            metric_codes,
            values: None,
            dead: None,
            totals: None,
            columns: [None; Dimension::ALL.len()],
        };
        block.check("metric", metric_codes.len())?;
        Ok(block)
    }

    /// Says that `emitted` ascends: then a bucket is a range of rows. If it does not, facts are
    /// counted in wrong buckets or not at all.
    #[must_use]
    pub const fn sorted_by_emitted(mut self) -> Self {
        self.is_sorted = true;
        self
    }

    /// When the facts happened, in milliseconds since 1970; when they were emitted if this is not
    /// said.
    ///
    /// # Errors
    /// [`BadBlock`] when the length differs.
    pub fn with_happened(mut self, happened: &'a [i64]) -> Result<Self, BadBlock> {
        self.check("happened", happened.len())?;
        self.happened = Some(happened);
        Ok(self)
    }

    /// The facts' values.
    ///
    /// # Errors
    /// [`BadBlock`] when the length differs.
    pub fn with_values(mut self, values: Values<'a>) -> Result<Self, BadBlock> {
        let (found, validity) = match values {
            Values::Plain { values, validity } => (values.len(), validity),
            Values::Coded { codes, validity, .. } => (codes.len(), validity),
        };
        self.check("value", found)?;
        self.check("value", validity.map_or(self.rows, |validity| validity.len()))?;
        self.values = Some(values);
        Ok(self)
    }

    /// Which facts were replaced or removed and must not be counted.
    ///
    /// # Errors
    /// [`BadBlock`] when the length differs.
    pub fn with_dead(mut self, dead: Bits<'a>) -> Result<Self, BadBlock> {
        self.check("dead", dead.len())?;
        self.dead = Some(dead);
        Ok(self)
    }

    /// What the facts add up to: made of a block with the same facts.
    ///
    /// # Errors
    /// [`BadBlock`] when the length differs.
    pub fn with_totals(mut self, totals: &'a Totals) -> Result<Self, BadBlock> {
        self.check("totals", totals.rows())?;
        self.totals = Some(totals);
        Ok(self)
    }

    /// The facts' values of a dimension. No fact has one of a dimension that is not given.
    ///
    /// # Errors
    /// [`BadBlock`] when the length differs.
    pub fn with_column(
        mut self,
        dimension: Dimension,
        column: Column<'a>,
    ) -> Result<Self, BadBlock> {
        self.check(dimension.as_str(), column.rows())?;
        let validity = column.validity.map_or(self.rows, |validity| validity.len());
        self.check(dimension.as_str(), validity)?;
        if let Some(place) = self.columns.get_mut(dimension as usize) {
            *place = Some(column);
        }
        Ok(self)
    }

    /// How many facts, the dead ones too.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// When the facts were emitted, in milliseconds since 1970.
    #[must_use]
    pub const fn emitted(&self) -> &'a [i64] {
        self.emitted
    }

    /// When they happened, if that is not when they were emitted.
    #[must_use]
    pub const fn happened(&self) -> Option<&'a [i64]> {
        self.happened
    }

    /// The metric of a row.
    #[must_use]
    pub fn metric(&self, row: usize) -> Option<Metric> {
        self.metrics.get(usize::from(*self.metric_codes.get(row)?)).copied()
    }

    /// Whether the fact of a row was replaced or removed.
    #[must_use]
    pub fn is_dead(&self, row: usize) -> bool {
        self.dead.is_some_and(|dead| dead.get(row))
    }

    /// The value of a row, if it has one.
    #[must_use]
    pub fn value(&self, row: usize) -> Option<f64> {
        let (value, validity) = match self.values? {
            Values::Plain { values, validity } => (values.get(row), validity),
            Values::Coded { codes, dictionary, validity } => {
                (dictionary.get(codes.get(row)? as usize), validity)
            }
        };
        value.copied().filter(|_| validity.is_none_or(|validity| validity.get(row)))
    }

    /// The column of a dimension.
    #[must_use]
    pub fn column(&self, dimension: Dimension) -> Option<&Column<'a>> {
        self.columns.get(dimension as usize).and_then(Option::as_ref)
    }

    const fn check(&self, column: &'static str, found: usize) -> Result<(), BadBlock> {
        if found == self.rows { Ok(()) } else { Err(BadBlock { column, found, rows: self.rows }) }
    }
}
