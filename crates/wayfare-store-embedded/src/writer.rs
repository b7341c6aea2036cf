//! The one thread that writes, group commit, and the thread that makes commits durable.
//!
//! Jobs that have queued up share one transaction, each in a savepoint of its own, so that a job that
//! is refused undoes nothing of its neighbours. A transaction is committed without a sync; while the
//! other thread syncs the log and answers, this one works on the next.

mod checkpoint;
mod job;
mod sync;

use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::{mpsc, oneshot};
use wayfare_store::Error;
use wayfare_store::error::Result;
use wayfare_store::journeys::Durable;

use self::checkpoint::Checkpoints;
use self::job::{Job, Task, Tell};
use self::sync::{Committed, Syncer};
use crate::connection::BUSY_WAIT;
use crate::durability::{Durability, Log};
use crate::failure::{closed, failed};
use crate::metrics::WriterMetrics;
use crate::sql;

/// Jobs that wait for the writer. A caller that finds the queue full waits for a place.
pub(crate) const QUEUE_MAX: usize = 256;
/// Time that carrying the log over waits for those who read.
const CARRY_WAIT: Duration = Duration::from_millis(500);
/// Jobs in one transaction. More would make the first of them wait too long for its answer.
const GROUP_MAX: usize = 64;
/// Transactions that wait to be durable. A disk that is slow makes the writer wait.
const UNSYNCED_MAX: usize = 8;

/// The way to the writing thread.
pub(crate) struct Writer {
    /// Absent once the writer is being dropped.
    jobs: Option<mpsc::Sender<Message>>,
    durability: Arc<Durability>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    metrics: Arc<WriterMetrics>,
}

enum Message {
    Job(Box<dyn Job>),
    /// Carry the log over to the database and leave nothing in it.
    Carry(oneshot::Sender<Result<()>>),
    /// Read, before what else waits.
    Read(Box<dyn FnOnce(&Connection) + Send>),
    /// Do what was sent before, then stop.
    Close,
}

impl Writer {
    /// Starts the threads, for the connection to the database in a file.
    pub(crate) fn start(connection: Connection, path: &Path) -> std::io::Result<Self> {
        let durability = Arc::new(Durability::new());
        let (committed, to_sync) = sync_channel(UNSYNCED_MAX);
        let metrics = Arc::<WriterMetrics>::default();
        let syncer = Syncer {
            durability: Arc::clone(&durability),
            log: Log::of(path),
            metrics: Arc::clone(&metrics),
        };
        let syncing =
            Builder::new().name("wayfare-sync".to_owned()).spawn(move || syncer.run(&to_sync))?;
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let parts =
            Parts { durability: Arc::clone(&durability), committed, metrics: metrics.clone() };
        let thread = Thread::new(connection, path, parts)?;
        let writing =
            Builder::new().name("wayfare-writer".to_owned()).spawn(move || thread.run(receiver))?;
        let threads = Mutex::new(vec![writing, syncing]);
        Ok(Self { jobs: Some(sender), durability, threads, metrics })
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

    /// Runs `work` on the connection that writes, and sees every commit, durable or not. Its pages are
    /// in memory: those of other connections are out of date after each commit. For what belongs to a
    /// write, which nobody is answered before.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let read = move |connection: &Connection| {
            let begun = connection.unchecked_transaction();
            let read = begun.map_err(|error| failed("beginning a read", error));
            // Whoever asked may have gone away.
            drop(answer.send(read.and_then(|transaction| work(&transaction))));
        };
        self.send(Message::Read(Box::new(read))).await?;
        answered.await.map_err(|_| closed())?
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
        let joined = tokio::task::spawn_blocking(move || join(threads)).await;
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

/// Waits for all of them. Whether they ended in order.
fn join(threads: Vec<JoinHandle<()>>) -> bool {
    let ended: Vec<_> = threads.into_iter().map(JoinHandle::join).collect();
    ended.iter().all(Result::is_ok)
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        let threads = std::mem::take(&mut *self.lock_threads());
        if !join(threads) {
            tracing::error!("the writing threads broke down");
        }
    }
}

/// What the writing thread shares with others.
struct Parts {
    durability: Arc<Durability>,
    committed: SyncSender<Committed>,
    metrics: Arc<WriterMetrics>,
}

struct Thread {
    connection: Connection,
    durability: Arc<Durability>,
    /// To the thread that syncs.
    committed: SyncSender<Committed>,
    checkpoints: Checkpoints,
    /// A COMMIT failed: what is durable is unknown until the database is opened anew.
    broken: bool,
    metrics: Arc<WriterMetrics>,
}

impl Thread {
    fn new(mut connection: Connection, path: &Path, parts: Parts) -> std::io::Result<Self> {
        let Parts { durability, committed, metrics } = parts;
        // Until here every commit was synced by SQLite; from here on the other thread does it.
        // Carrying over still syncs the log first, and the database before the log begins anew.
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(std::io::Error::other)?;
        let checkpoints = Checkpoints::start(&mut connection, path)?;
        Ok(Self { connection, durability, committed, checkpoints, broken: false, metrics })
    }

    fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        let mut received = Vec::with_capacity(GROUP_MAX);
        while messages.blocking_recv_many(&mut received, GROUP_MAX) > 0 {
            let mut jobs = Vec::with_capacity(received.len());
            let mut carries = Vec::new();
            for message in received.drain(..) {
                match message {
                    Message::Job(job) => jobs.push(job),
                    Message::Carry(answer) => carries.push(answer),
                    Message::Read(read) => read(&self.connection),
                    Message::Close => messages.close(),
                }
            }
            self.work(jobs);
            for answer in carries {
                // Whoever asked may have gone away.
                let _gone = answer.send(self.carry());
            }
        }
        self.finish();
    }

    /// Runs jobs, all in one transaction unless SQLite gives that up midway.
    fn work(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut waiting = jobs.into_iter();
        while waiting.len() > 0 {
            self.broken |= self.durability.has_failed();
            if self.broken {
                return waiting.for_each(|job| job.failed(refused()));
            }
            if let Err(error) = sql::execute(&self.connection, "BEGIN IMMEDIATE", ()) {
                let error = Arc::new(error);
                return waiting.for_each(|job| job.failed(unavailable(&error)));
            }
            let mut done = Vec::with_capacity(waiting.len());
            match self.fill(&mut waiting, &mut done) {
                Ok(()) => self.commit(done),
                Err(error) => {
                    let error = Arc::new(error);
                    self.metrics.failed.increment();
                    self.undo();
                    done.into_iter().for_each(|job| job.failed(unavailable(&error)));
                }
            }
        }
    }

    /// Runs the waiting jobs in the open transaction. An error says that the transaction is lost,
    /// and with it everything done so far.
    fn fill(
        &self,
        waiting: &mut std::vec::IntoIter<Box<dyn Job>>,
        done: &mut Vec<Box<dyn Job>>,
    ) -> Result<()> {
        let statement = |sql| sql::execute(&self.connection, sql, ()).map(|_| ());
        let mut anything_kept = false;
        for mut job in waiting {
            // A savepoint costs a copy of every page that changes after it, so there is none while
            // there is nothing to save.
            let begun = if anything_kept { statement("SAVEPOINT job") } else { Ok(()) };
            let kept = begun.is_ok() && job.run(&self.connection);
            done.push(job);
            begun?;
            if self.connection.is_autocommit() {
                // On a full disk, for one, SQLite undoes the whole transaction by itself.
                return Err(lost());
            }
            match (anything_kept, kept) {
                (false, true) => anything_kept = true,
                (false, false) => {
                    statement("ROLLBACK")?;
                    statement("BEGIN IMMEDIATE")?;
                }
                (true, true) => statement("RELEASE job")?,
                (true, false) => {
                    statement("ROLLBACK TO job")?;
                    statement("RELEASE job")?;
                }
            }
        }
        Ok(())
    }

    fn commit(&mut self, mut done: Vec<Box<dyn Job>>) {
        let began = Instant::now();
        let number = self.durability.begin_commit();
        let committed =
            self.connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute(()));
        let Err(error) = committed else {
            self.metrics.jobs.size(done.len());
            done.iter_mut().for_each(|job| job.committed());
            // The other thread ends after this one.
            if let Err(unsent) = self.committed.send(Committed { number, began, jobs: done }) {
                self.durability.fail();
                let error = Arc::new(closed());
                unsent.0.jobs.into_iter().for_each(|job| job.failed(uncertain(&error)));
            }
            self.checkpoints.after_commit(&self.connection);
            return;
        };
        self.durability.withdraw();
        self.metrics.failed.increment();
        let is_full = error.sqlite_error_code() == Some(ErrorCode::DiskFull);
        let error = Arc::new(failed("committing a transaction", error));
        self.undo();
        if is_full {
            // The mark that makes a transaction whole is the last that is written: it is not there.
            tracing::error!(%error, "the disk is full; nothing was written");
            return done.into_iter().for_each(|job| job.failed(unavailable(&error)));
        }
        tracing::error!(%error, "a commit failed; no more is written until the store is opened anew");
        self.give_up();
        done.into_iter().for_each(|job| job.failed(uncertain(&error)));
    }

    /// Leaves the transaction, if SQLite has not done so by itself.
    fn undo(&mut self) {
        if self.connection.is_autocommit() {
            return;
        }
        if let Err(error) = sql::execute(&self.connection, "ROLLBACK", ()) {
            tracing::error!(%error, "a transaction could not be undone");
            self.give_up();
        }
    }

    /// Carries the log over. Waits a moment for those who read, since all writes wait meanwhile.
    fn carry(&self) -> Result<()> {
        if self.broken {
            return Err(refused());
        }
        let context = "carrying the log over";
        let failed = |error| failed(context, error);
        self.connection.busy_timeout(CARRY_WAIT).map_err(failed)?;
        let carried = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get::<_, i64>(0));
        self.connection.busy_timeout(BUSY_WAIT).map_err(failed)?;
        match carried.map_err(failed)? {
            0 => Ok(()),
            _ => Err(Error::Unavailable {
                context: context.to_owned(),
                source: "somebody reads an older state".into(),
            }),
        }
    }

    /// Writes no more.
    fn give_up(&mut self) {
        self.broken = true;
        self.metrics.note_broken();
    }

    fn finish(self) {
        let Self { connection, committed, checkpoints, broken, durability, metrics: _ } = self;
        checkpoints.stop();
        // What waits is synced and answered; the log is carried over meanwhile.
        drop(committed);
        if broken || durability.has_failed() {
            return;
        }
        let carried = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()));
        if let Err(error) = carried {
            // Nothing is lost: the next start reads the log.
            let error = failed("carrying the log over", error);
            tracing::warn!(%error, "the log stays");
        }
    }
}

/// The error for a commit of which nobody knows whether it is durable.
fn uncertain(cause: &Arc<Error>) -> Error {
    Error::Uncertain {
        context: "committing a transaction".to_owned(),
        source: Box::new(Arc::clone(cause)),
    }
}

fn unavailable(cause: &Arc<Error>) -> Error {
    Error::Unavailable {
        context: "the transaction was undone".to_owned(),
        source: Box::new(Arc::clone(cause)),
    }
}

fn lost() -> Error {
    Error::Unavailable {
        context: "a write of the same transaction failed".to_owned(),
        source: "the transaction was given up".into(),
    }
}

fn refused() -> Error {
    Error::Unavailable {
        context: "an earlier commit failed, so the store must be opened anew".to_owned(),
        source: "refused".into(),
    }
}

#[cfg(test)]
mod tests;
