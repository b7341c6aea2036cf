//! Why a fold ends early.

/// A fold has ended early and is of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The answer would have too many groups times buckets.
    #[error("the answer needs more than {limit} cells")]
    TooManyCells {
        /// [`Plan::cells_max`](wayfare_model::query::Plan::cells_max).
        limit: usize,
    },
    /// The answer would count too many different values, even with the lowest bound of exactness.
    #[error("the answer counts more than {limit} different values")]
    TooManyDistinctValues {
        /// [`Plan::distinct_values_max`](wayfare_model::query::Plan::distinct_values_max).
        limit: usize,
    },
    /// Nobody wants the answer any more, or it has taken too long.
    #[error("the query was cancelled")]
    Cancelled,
}
