//! The thread that makes commits durable and answers those who wait for them.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use wayfare_store::Error;

use super::job::Job;
use super::uncertain;
use crate::durability::{Durability, Log};
use crate::metrics::WriterMetrics;

/// A transaction that others see, to be made durable.
pub(super) struct Committed {
    pub(super) number: u64,
    /// When COMMIT began.
    pub(super) began: Instant,
    pub(super) jobs: Vec<Box<dyn Job>>,
}

/// Makes commits durable, in their order.
pub(super) struct Syncer {
    pub(super) durability: Arc<Durability>,
    pub(super) log: Log,
    pub(super) metrics: Arc<WriterMetrics>,
}

impl Syncer {
    /// Works until nothing can come any more. One sync is for all transactions that wait.
    pub(super) fn run(mut self, committed: &Receiver<Committed>) {
        while let Ok(first) = committed.recv() {
            let (mut number, began) = (first.number, first.began);
            let mut jobs = first.jobs;
            for next in committed.try_iter() {
                number = next.number;
                jobs.extend(next.jobs);
            }
            match self.sync() {
                Ok(()) => {
                    self.metrics.commit.time(began.elapsed());
                    self.durability.reached(number);
                    jobs.into_iter().for_each(Job::durable);
                }
                Err(error) => {
                    let error = Arc::new(error);
                    jobs.into_iter().for_each(|job| job.failed(uncertain(&error)));
                }
            }
        }
    }

    /// After a sync that failed, none is tried any more: it would succeed without what was lost.
    fn sync(&mut self) -> Result<(), Error> {
        let error = if self.durability.has_failed() {
            std::io::Error::other("an earlier sync failed")
        } else {
            match self.log.sync() {
                Ok(()) => return Ok(()),
                Err(error) => error,
            }
        };
        if !self.durability.has_failed() {
            tracing::error!(%error, "a sync failed; no more is written until the store is opened anew");
        }
        self.durability.fail();
        self.metrics.failed.increment();
        self.metrics.note_broken();
        Err(Error::Unavailable { context: "syncing the log".to_owned(), source: Box::new(error) })
    }
}
