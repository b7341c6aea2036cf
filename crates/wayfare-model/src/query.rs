//! A validated aggregates query. Running it gives [`Cells`](crate::cells::Cells).

use crate::fact::{Dimension, Metric};
use crate::time::Moment;

/// Which time of a fact decides its bucket (contract: `alternateTimeDimension`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeDimension {
    /// When the fact was emitted: the default.
    Emitted,
    /// When it happened: `eventTime`.
    Happened,
}

/// Which facts are counted.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All must hold. Holds when empty.
    And(Vec<Filter>),
    /// One must hold. Does not hold when empty.
    Or(Vec<Filter>),
    /// Some value of the dimension is this text.
    Matches(Dimension, String),
    /// The dimension has a value.
    Exists(Dimension),
    /// The dimension has no value.
    NotExists(Dimension),
    /// The fact's value lies within bounds. Does not hold for an `o*` fact without a value.
    Value(ValueRange),
}

/// Bounds on a fact's value. The value of a fact of an `n*` metric is 1, whatever it carries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValueRange {
    /// At least.
    pub gte: Option<f64>,
    /// Less than.
    pub lt: Option<f64>,
}

/// A further count over the facts of one metric whose value lies within bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Its name in the answer.
    pub name: String,
    /// The metric whose facts it counts.
    pub target: Metric,
    /// The bounds.
    pub range: ValueRange,
}

/// A query as it is run: nothing in it needs a calendar or can be wrong any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The edges of the buckets, ascending: bucket `n` is from edge `n`, inclusive, to edge `n + 1`,
    /// exclusive. At least two.
    pub edges: Vec<Moment>,
    /// Which time decides the bucket.
    pub time: TimeDimension,
    /// The metrics, each once.
    pub metrics: Vec<Metric>,
    /// The dimensions whose values make the groups.
    pub group_by: Vec<Dimension>,
    /// Which facts are counted.
    pub filter: Filter,
    /// Whether the values of a multi-valued dimension are joined to one group instead of the fact
    /// being counted in the group of each.
    pub flatten: bool,
    /// Further counts.
    pub views: Vec<View>,
    /// Pairs of a group and a bucket with facts in it that the answer may have.
    pub cells_max: usize,
    /// Different values that the answer may count, over all its cells.
    pub distinct_values_max: usize,
    /// Who waits for the answer.
    pub asker: Asker,
}

/// Who waits for an answer: that decides how long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// A client, with its request open.
    Client,
    /// Nobody: it is stored as the result of a job.
    Job,
}
