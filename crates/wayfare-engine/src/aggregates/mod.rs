//! Journey aggregates: how many sessions, assignments and so on there were, by time and by
//! dimension.
//!
//! A query is read by [`validate`](fn@validate) into a [`Plan`](wayfare_model::query::Plan), in
//! which nothing can be wrong any more. A fact store runs the plan over its facts, with [`Fold`] or
//! in a faster way of its own, and [`merge`](fn@merge)s the partial answers of its parts.
//! [`shape`](fn@shape) writes the whole as the contract has it.

mod assigned;
mod buckets;
mod cells;
pub mod columns;
mod distinct;
mod faults;
mod filter;
mod fold;
mod interval;
mod measure;
mod merge;
mod predicates;
mod shape;
mod validate;

#[cfg(test)]
mod tests;

pub use cells::TooManyCells;
pub use distinct::{
    count as distinct_count, empty as distinct_empty, insert as distinct_insert,
    merge as distinct_merge,
};
pub use filter::holds;
pub use fold::Fold;
pub use measure::{MetricKind, is_stored, metric_kind, source_metrics, value_of, within};
pub use merge::{merge, merge_stats};
pub use shape::shape;
pub use validate::{Limits, validate, validate_within};
