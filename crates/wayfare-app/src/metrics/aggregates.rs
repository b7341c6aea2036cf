//! Aggregates queries, by what became of them.

use wayfare_model::metrics::{Counter, Family, Histogram};
use wayfare_store::Error as StoreError;

use crate::error::Error;

/// What is counted of aggregates queries, jobs left out.
#[derive(Debug)]
pub(crate) struct AggregateMetrics {
    answered: Counter,
    refused: Counter,
    too_large: Counter,
    busy: Counter,
    too_late: Counter,
    failed: Counter,
    /// From the question to the answer, for those that were answered.
    pub(crate) took: Histogram,
}

impl Default for AggregateMetrics {
    fn default() -> Self {
        Self {
            answered: Counter::default(),
            refused: Counter::default(),
            too_large: Counter::default(),
            busy: Counter::default(),
            too_late: Counter::default(),
            failed: Counter::default(),
            took: Histogram::of_seconds(),
        }
    }
}

impl AggregateMetrics {
    /// Counts a query.
    pub(crate) fn count<T>(&self, outcome: &Result<T, Error>) {
        let counter = match outcome {
            Ok(_) => &self.answered,
            Err(Error::Problem(_)) => &self.refused,
            Err(Error::Store(
                StoreError::TooManyCells { .. } | StoreError::TooManyDistinctValues { .. },
            )) => &self.too_large,
            Err(Error::Store(StoreError::Busy { .. })) => &self.busy,
            Err(Error::Store(StoreError::DeadlineExceeded { .. })) => &self.too_late,
            Err(_) => &self.failed,
        };
        counter.increment();
    }

    pub(super) fn families(&self) -> Vec<Family> {
        let outcomes = [
            ("answered", &self.answered),
            ("refused", &self.refused),
            ("too_large", &self.too_large),
            ("busy", &self.busy),
            ("deadline", &self.too_late),
            ("failed", &self.failed),
        ];
        let queries = Family::counter(
            "wayfare_aggregates_queries",
            "Aggregates queries by what became of them, jobs left out",
        );
        let queries = outcomes.into_iter().fold(queries, |family, (outcome, counter)| {
            family.labelled([("outcome", outcome)], counter.get())
        });
        vec![
            queries,
            Family::histogram(
                "wayfare_aggregates_query_seconds",
                "From an aggregates query to its answer, where there was one",
            )
            .with(self.took.value()),
        ]
    }
}
