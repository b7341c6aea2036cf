//! The thread that syncs the database's log for the sake of the log of batches, whose files are used
//! again once that is done. Nobody waits for it: a batch that is appended meanwhile is synced beside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;

use super::sync::note_lost;
use crate::durability::{Durability, Log};
use crate::metrics::WriterMetrics;

pub(super) struct Carrier {
    pub(super) durability: Arc<Durability>,
    pub(super) log: Log,
    /// Batches up to this number are in the database and synced there.
    pub(super) carried: Arc<AtomicU64>,
    pub(super) metrics: Arc<WriterMetrics>,
}

impl Carrier {
    /// Works until nothing can come any more, or a sync fails. What comes are numbers of batches up to
    /// which all are in the database.
    pub(super) fn run(mut self, waiting: &Receiver<u64>) {
        while let Ok(first) = waiting.recv() {
            let last = waiting.try_iter().last().unwrap_or(first);
            if self.durability.has_failed() {
                return;
            }
            if let Err(error) = self.log.sync() {
                return note_lost(&self.durability, &self.metrics, &error);
            }
            self.carried.fetch_max(last, Ordering::SeqCst);
        }
    }
}
