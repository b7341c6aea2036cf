//! Running plans.
//!
//! A query is cut into morsels: some rows of one block each. The workers of one pool take them, from
//! all queries in turn, so that a small query does not wait for a large one. Each worker has a fold of
//! its own per query; the one that finishes last joins them.

mod pool;
mod running;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use wayfare_model::cells::Cells;
use wayfare_model::limits::FACT_QUERIES_MAX;
use wayfare_model::query::{Asker, Plan};
use wayfare_store::Error;
use wayfare_store::error::Result;

use self::pool::Pool;
use self::running::{Limit, Running};
use super::live::Snapshot;
use super::options::FactOptions;
use crate::failure::closed;
use crate::metrics::QueryMetrics;

/// Answers queries.
pub(crate) struct Queries {
    pool: Pool,
    places: Arc<Semaphore>,
    options: FactOptions,
    metrics: QueryMetrics,
}

/// Whoever waits for an answer: nobody does any more when this is dropped.
struct Waiting(Arc<Limit>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

impl Queries {
    /// Starts the workers.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub(crate) fn start(options: FactOptions) -> std::io::Result<Self> {
        let pool = Pool::start(options.workers.max(1))?;
        let places = Arc::new(Semaphore::new(FACT_QUERIES_MAX));
        Ok(Self { pool, places, options, metrics: QueryMetrics::default() })
    }

    /// What is counted.
    pub(crate) const fn metrics(&self) -> &QueryMetrics {
        &self.metrics
    }

    /// Runs a plan over a snapshot. Dropping the future ends the query.
    ///
    /// # Errors
    /// [`Error::Busy`] for clients, [`Error::TooManyCells`], [`Error::TooManyDistinctValues`],
    /// [`Error::DeadlineExceeded`], and [`Error::Corrupt`] when a file cannot be read.
    pub(crate) async fn run(&self, plan: Plan, snapshot: Snapshot) -> Result<Cells> {
        let _permit = match plan.asker {
            Asker::Client => Some(self.place()?),
            // Jobs run one after the other, and nobody is there who could try again.
            Asker::Job => None,
        };
        let _place = self.metrics.waiting.enter(Instant::now());
        let deadline = match plan.asker {
            Asker::Client => self.options.deadline,
            Asker::Job => self.options.job_deadline,
        };
        let limit = Arc::new(Limit::new(deadline));
        let _waiting = Waiting(Arc::clone(&limit));
        let (answer, answered) = oneshot::channel();
        let running =
            Running::new(plan, snapshot, self.pool.workers(), Arc::clone(&limit), answer)?;
        self.pool.submit(Arc::new(running))?;
        let answered = answered.await.map_err(|_| closed())?;
        self.metrics.took.time(limit.since_asked());
        if let Some(waited) = limit.waited() {
            self.metrics.waited.time(waited);
        }
        answered
    }

    fn place(&self) -> Result<SemaphorePermit<'_>> {
        self.places.try_acquire().map_err(|_| {
            self.metrics.refused.increment();
            Error::Busy { limit: FACT_QUERIES_MAX }
        })
    }

    /// Ends the workers; queries under way are given up.
    pub(crate) fn close(&self) {
        self.pool.close();
    }
}
