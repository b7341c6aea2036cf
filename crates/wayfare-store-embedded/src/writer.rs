//! The one thread that writes, group commit, and the thread that makes commits durable.
//!
//! Batches that are in the log of batches are put into the database before anything else is done there.
//! Jobs that have queued up share one transaction, each in a savepoint of its own, so that a job that
//! is refused undoes nothing of its neighbours. A transaction is committed without a sync; while the
//! other thread syncs the log and answers, this one works on the next.

mod carry;
mod checkpoint;
mod flush;
mod job;
mod sync;
mod thread;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use wayfare_model::change::Changes;
use wayfare_model::id::OrganisationId;
use wayfare_store::Error;
use wayfare_store::error::Result;
use wayfare_store::journeys::Durable;

use self::carry::Carrier;
use self::job::{Job, Task, Tell};
use self::sync::Syncer;
pub(crate) use self::sync::ToSync;
use self::thread::{Parts, Thread};
use crate::batch_log::{BatchLog, Prepared, Replayed, SyncThreads};
use crate::blocking;
use crate::durability::{Durability, Log};
use crate::facts::Live;
use crate::failure::closed;
use crate::metrics::WriterMetrics;

/// Jobs that wait for the writer. A caller that finds the queue full waits for a place.
pub(crate) const QUEUE_MAX: usize = 256;
/// Jobs in one transaction. More would make the first of them wait too long for its answer.
const GROUP_MAX: usize = 64;
/// Transactions and batches that wait to be durable. A disk that is slow makes those wait who write.
const UNSYNCED_MAX: usize = 8;
/// How long batches wait at most before they are put into the database.
const FLUSH_AFTER: Duration = Duration::from_millis(100);

/// The way to the writing thread.
pub(crate) struct Writer {
    /// Absent once the writer is being dropped.
    jobs: Option<mpsc::Sender<Message>>,
    durability: Arc<Durability>,
    batch_log: Arc<BatchLog>,
    /// Somebody will ask for what waits to be put into the database.
    is_flush_near: Arc<AtomicBool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    metrics: Arc<WriterMetrics>,
}

enum Message {
    Job(Box<dyn Job>),
    /// Carry the log over to the database and leave nothing in it.
    Carry(oneshot::Sender<Result<()>>),
    /// Put into the database what waits for it.
    Flush(Option<oneshot::Sender<Result<()>>>),
    /// Do what was sent before, then stop.
    Close,
}

impl Writer {
    /// Starts the threads, for the connection to the database in a file.
    pub(crate) fn start(start: Start, path: &Path) -> std::io::Result<Self> {
        let Start { connection, loader, replayed, live } = start;
        let durability = Arc::new(Durability::new());
        let (to_sync, syncing) = sync_channel(UNSYNCED_MAX);
        let metrics = Arc::<WriterMetrics>::default();
        let syncer = Syncer {
            durability: Arc::clone(&durability),
            log: Log::of(path),
            batches: replayed.files.clone(),
            metrics: Arc::clone(&metrics),
        };
        let syncing =
            Builder::new().name("wayfare-sync".to_owned()).spawn(move || syncer.run(&syncing))?;
        let (to_carry, carrying) = channel();
        let carrier = Carrier {
            durability: Arc::clone(&durability),
            log: Log::of(path),
            carried: Arc::default(),
            metrics: Arc::clone(&metrics),
        };
        let carried = Arc::clone(&carrier.carried);
        let carrying = Builder::new()
            .name("wayfare-carry".to_owned())
            .spawn(move || carrier.run(&carrying))?;
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let batch_log = Arc::new(BatchLog::new(
            loader,
            replayed,
            Arc::clone(&durability),
            Arc::clone(&metrics),
            SyncThreads { to_sync: to_sync.clone(), to_carry, carried },
        ));
        let parts = Parts {
            durability: Arc::clone(&durability),
            to_sync,
            batch_log: Arc::clone(&batch_log),
            live,
            metrics: metrics.clone(),
        };
        let thread = Thread::new(connection, path, parts)?;
        let writing =
            Builder::new().name("wayfare-writer".to_owned()).spawn(move || thread.run(receiver))?;
        let threads = Mutex::new(vec![writing, syncing, carrying]);
        let is_flush_near = Arc::default();
        Ok(Self { jobs: Some(sender), durability, batch_log, is_flush_near, threads, metrics })
    }

    /// The log of batches.
    pub(crate) const fn batch_log(&self) -> &Arc<BatchLog> {
        &self.batch_log
    }

    /// Has everything put into the database that waits for it.
    pub(crate) async fn flush(&self) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        self.send(Message::Flush(Some(answer))).await?;
        answered.await.map_err(|_| closed())?
    }

    /// Appends a batch to the log of batches, and comes back when the next loading sees it.
    pub(crate) async fn append(
        &self,
        organisation: OrganisationId,
        changes: Changes,
        ends_due: bool,
    ) -> Result<Durable> {
        let _place = self.metrics.waiting.enter(Instant::now());
        self.durability.wait_for_transactions().await?;
        let log = Arc::clone(&self.batch_log);
        let append = move || log.append(Prepared::new(organisation, changes)?, ends_due);
        let appended = blocking::briefly(append).await.map_err(|error| Error::Uncertain {
            context: "appending a batch was broken off".to_owned(),
            source: Box::new(error),
        })??;
        if appended.is_enough {
            self.flush_soon(Duration::ZERO);
        } else if appended.is_first {
            self.flush_soon(FLUSH_AFTER);
        }
        Ok(Durable::when(answer_of(appended.durable)))
    }

    /// Asks for what waits to be put into the database, after a while.
    fn flush_soon(&self, after: Duration) {
        let Some(jobs) = self.jobs.as_ref().map(mpsc::Sender::downgrade) else { return };
        if after.is_zero() {
            // A queue that is full has jobs, before which it is done anyway.
            let _asked = jobs.upgrade().map(|jobs| jobs.try_send(Message::Flush(None)));
            return;
        }
        if self.is_flush_near.swap(true, Ordering::AcqRel) {
            return;
        }
        let is_near = Arc::clone(&self.is_flush_near);
        #[expect(
            clippy::disallowed_methods,
            reason = "holds nothing: closing does itself what it asks for"
        )]
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            is_near.store(false, Ordering::Release);
            // When the writer is gone, the next start does it.
            let _asked = jobs.upgrade().map(|jobs| jobs.try_send(Message::Flush(None)));
        });
    }

    /// How far commits are durable.
    pub(crate) const fn durability(&self) -> &Arc<Durability> {
        &self.durability
    }

    /// What it counts.
    pub(crate) fn metrics(&self) -> &WriterMetrics {
        &self.metrics
    }

    /// Runs `work` in a transaction and answers when it is durable. An error of `work` undoes what
    /// it did. Dropping the future after the job was queued does not take the job back.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.write_then(work, |written| written).await
    }

    /// As [`Writer::write`], and does `then` once the transaction is committed, before anybody is
    /// answered. What follows several transactions is done in their order.
    pub(crate) async fn write_then<W, T, F, G>(&self, work: F, then: G) -> Result<T>
    where
        W: Send + 'static,
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<W> + Send + 'static,
        G: FnOnce(W) -> T + Send + 'static,
    {
        let _place = self.metrics.waiting.enter(Instant::now());
        let (answer, answered) = oneshot::channel();
        self.queue(Box::new(Task::new(work, then, Tell::WhenDurable(answer)))).await?;
        answer_of(answered).await
    }

    /// Carries the log over to the database and empties it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] while somebody reads what was; it can be tried again.
    pub(crate) async fn carry(&self) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        self.send(Message::Carry(answer)).await?;
        answered.await.map_err(|_| closed())?
    }

    /// As [`Writer::write_then`], and comes back when the transaction is committed: the next one
    /// sees it, though it may not be durable yet.
    pub(crate) async fn write_early<W, F, G>(&self, work: F, then: G) -> Result<Durable>
    where
        W: Send + 'static,
        F: FnOnce(&Connection) -> Result<W> + Send + 'static,
        G: FnOnce(W) + Send + 'static,
    {
        let _place = self.metrics.waiting.enter(Instant::now());
        let (answer, answered) = oneshot::channel();
        let (early, committed) = oneshot::channel();
        self.queue(Box::new(Task::new(work, then, Tell::WhenCommitted(early, answer)))).await?;
        answer_of(committed).await?;
        Ok(Durable::when(answer_of(answered)))
    }

    /// Whether the threads work that write.
    pub(crate) fn is_running(&self) -> bool {
        !self.lock_threads().iter().any(JoinHandle::is_finished)
    }

    async fn queue(&self, job: Box<dyn Job>) -> Result<()> {
        self.send(Message::Job(job)).await
    }

    async fn send(&self, message: Message) -> Result<()> {
        let jobs = self.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(message).await.map_err(|_| closed())
    }

    /// Does what was queued before, carries the log over to the database and ends the threads.
    pub(crate) async fn close(&self) {
        if let Some(jobs) = &self.jobs {
            // An error says that the thread has ended already.
            let _ended = jobs.send(Message::Close).await;
            jobs.closed().await;
        }
        let threads = std::mem::take(&mut *self.lock_threads());
        let log = Arc::clone(&self.batch_log);
        let joined = tokio::task::spawn_blocking(move || join(threads, &log)).await;
        if !matches!(joined, Ok(true)) {
            tracing::error!("the writing threads broke down");
        }
    }

    fn lock_threads(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The threads answer every job they take, unless they die: then nobody knows.
async fn answer_of<T>(answered: oneshot::Receiver<Result<T>>) -> Result<T> {
    answered.await.unwrap_or_else(|gone| {
        Err(Error::Uncertain {
            context: "the writing thread ended".to_owned(),
            source: Box::new(gone),
        })
    })
}

/// Waits for all of them, the one that writes first. Whether they ended in order.
fn join(threads: Vec<JoinHandle<()>>, log: &BatchLog) -> bool {
    let mut is_in_order = true;
    for thread in threads {
        is_in_order &= thread.join().is_ok();
        // One that broke down has not done so, and the other waits for what is appended.
        log.close();
    }
    is_in_order
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        let threads = std::mem::take(&mut *self.lock_threads());
        if !join(threads, &self.batch_log) {
            tracing::error!("the writing threads broke down");
        }
    }
}

/// What the threads begin with.
pub(crate) struct Start {
    /// To the database, to write.
    pub(crate) connection: Connection,
    /// To the database, to read what batches touch.
    pub(crate) loader: Connection,
    /// The log of batches.
    pub(crate) replayed: Replayed,
    /// What queries see.
    pub(crate) live: Arc<Live>,
}

#[cfg(test)]
mod tests;
