//! Journey aggregates: how many sessions, assignments and so on there were, by time and by
//! dimension.
//!
//! A query is read by [`validate`](fn@validate) into a [`Plan`](wayfare_model::query::Plan), in
//! which nothing can be wrong any more. A fact store runs the plan over its facts, with
//! [`columns::ColumnFold`] or, fact by fact, with [`Fold`]. An [`Answer`] writes the
//! [`Cells`](wayfare_model::cells::Cells) that come out as the contract has them.

mod answer;
mod assigned;
mod buckets;
pub mod columns;
mod distinct;
mod faults;
mod filter;
mod fold;
mod interval;
mod measure;
mod predicates;
mod stop;
mod validate;
mod written;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Pieces};
pub use filter::holds;
pub use fold::Fold;
pub use measure::{MetricKind, is_stored, metric_kind, source_metrics, value_of, within};
pub use stop::Stop;
pub use validate::{Limits, validate, validate_within};
