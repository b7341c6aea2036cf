//! The thread that makes commits and batches durable and answers those who wait for them.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use tokio::sync::oneshot;
use wayfare_model::metrics::Place;
use wayfare_store::Error;
use wayfare_store::error::Result;

use super::job::Job;
use super::thread::uncertain;
use crate::batch_log::BatchFiles;
use crate::durability::{Durability, Log};
use crate::metrics::WriterMetrics;

/// What is to be made durable, in the order of its numbers.
pub(crate) enum ToSync {
    /// A transaction of the database.
    Jobs(Committed),
    /// A batch in the log of batches.
    Batch {
        number: u64,
        /// When it was appended.
        began: Instant,
        /// Which of the files has it.
        file: usize,
        answer: oneshot::Sender<Result<()>>,
        /// Among those that wait; left when this is dropped.
        _place: Place,
    },
    /// A commit of this number could not be made.
    Nothing { number: u64 },
    /// Everything is in the database, and synced: the files of the log of batches become empty.
    Clear { answer: oneshot::Sender<Result<()>> },
}

/// A transaction that others see, to be made durable.
pub(crate) struct Committed {
    pub(super) number: u64,
    /// When COMMIT began.
    pub(super) began: Instant,
    pub(super) jobs: Vec<Box<dyn Job>>,
    /// Among those that wait; left when this is dropped.
    pub(super) _place: Place,
}

impl ToSync {
    /// Tells those who wait that nobody knows whether it is durable.
    pub(super) fn fail(self, error: &Arc<Error>) {
        match self {
            Self::Jobs(committed) => {
                committed.jobs.into_iter().for_each(|job| job.failed(uncertain(error)));
            }
            // Whoever asked may have gone away.
            Self::Batch { answer, .. } | Self::Clear { answer, .. } => {
                drop(answer.send(Err(uncertain(error))));
            }
            Self::Nothing { .. } => {}
        }
    }

    fn succeed(self) {
        match self {
            Self::Jobs(committed) => committed.jobs.into_iter().for_each(Job::durable),
            Self::Batch { answer, .. } | Self::Clear { answer } => drop(answer.send(Ok(()))),
            Self::Nothing { .. } => {}
        }
    }
}

/// Notes that a sync failed: nobody knows what is durable.
pub(super) fn note_lost(durability: &Durability, metrics: &WriterMetrics, error: &std::io::Error) {
    if !durability.has_failed() {
        tracing::error!(%error, "a sync failed; no more is written until the store is opened anew");
    }
    durability.fail();
    metrics.failed.increment();
    metrics.note_broken();
}

/// What one sync is for.
#[derive(Default)]
struct Wanted {
    /// The database's log.
    log: bool,
    /// The files of the log of batches.
    batches: [bool; 2],
    /// Both empty.
    clear: bool,
    /// The number of the last commit or batch, and when the first began.
    number: Option<u64>,
    began: Option<Instant>,
}

/// Makes commits durable, in their order.
pub(super) struct Syncer {
    pub(super) durability: Arc<Durability>,
    pub(super) log: Log,
    pub(super) batches: BatchFiles,
    pub(super) metrics: Arc<WriterMetrics>,
}

impl Syncer {
    /// Works until nothing can come any more. One sync is for all that wait.
    pub(super) fn run(mut self, waiting: &Receiver<ToSync>) {
        while let Ok(first) = waiting.recv() {
            let mut all = vec![first];
            all.extend(waiting.try_iter());
            match self.sync(&all) {
                Ok(wanted) => {
                    if let Some(began) = wanted.began {
                        self.metrics.commit.time(began.elapsed());
                    }
                    if let Some(number) = wanted.number {
                        self.durability.reached(number);
                    }
                    all.into_iter().for_each(ToSync::succeed);
                }
                Err(error) => {
                    let error = Arc::new(error);
                    all.into_iter().for_each(|one| one.fail(&error));
                }
            }
        }
    }

    /// After a sync that failed, none is tried any more: it would succeed without what was lost.
    fn sync(&mut self, all: &[ToSync]) -> Result<Wanted> {
        let error = if self.durability.has_failed() {
            std::io::Error::other("an earlier sync failed")
        } else {
            match self.try_sync(all) {
                Ok(wanted) => return Ok(wanted),
                Err(error) => error,
            }
        };
        note_lost(&self.durability, &self.metrics, &error);
        Err(Error::Unavailable { context: "syncing the log".to_owned(), source: Box::new(error) })
    }

    fn try_sync(&mut self, all: &[ToSync]) -> std::io::Result<Wanted> {
        let mut wanted = Wanted::default();
        for one in all {
            match one {
                ToSync::Jobs(Committed { number, began, .. }) => {
                    wanted.log = true;
                    wanted.number = Some(*number);
                    wanted.began.get_or_insert(*began);
                }
                ToSync::Batch { number, began, file, .. } => {
                    wanted.batches[*file] = true;
                    wanted.number = Some(*number);
                    wanted.began.get_or_insert(*began);
                }
                ToSync::Nothing { number } => wanted.number = Some(*number),
                ToSync::Clear { .. } => wanted.clear = true,
            }
        }
        for (file, is_wanted) in wanted.batches.into_iter().enumerate() {
            if is_wanted {
                self.batches.sync(file)?;
            }
        }
        if wanted.log {
            self.log.sync()?;
        }
        // Emptied by half, a file would have a gap, behind which nothing is found after a crash.
        if wanted.clear {
            self.batches.clear()?;
        }
        Ok(wanted)
    }
}
