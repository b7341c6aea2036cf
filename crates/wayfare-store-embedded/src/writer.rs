//! The one thread that writes, group commit, and the thread that makes commits durable.
//!
//! Batches that are in the log of batches are put into the database before anything else is done there.
//! Jobs that have queued up share one transaction, each in a savepoint of its own, so that a job that
//! is refused undoes nothing of its neighbours. A transaction is committed without a sync; while the
//! other thread syncs the log and answers, this one works on the next.

mod checkpoint;
mod job;
mod sync;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::{mpsc, oneshot};
use wayfare_model::change::Changes;
use wayfare_model::id::OrganisationId;
use wayfare_store::Error;
use wayfare_store::error::Result;
use wayfare_store::journeys::Durable;

use self::checkpoint::Checkpoints;
use self::job::{Job, Task, Tell};
pub(crate) use self::sync::ToSync;
use self::sync::{Committed, Syncer};
use crate::batch_log::{BatchLog, Pending, Prepared, Replayed, State, note_applied};
use crate::connection::BUSY_WAIT;
use crate::durability::{Durability, Log};
use crate::facts::{Effect, Live};
use crate::failure::{closed, failed};
use crate::metrics::WriterMetrics;
use crate::sql;

/// Jobs that wait for the writer. A caller that finds the queue full waits for a place.
pub(crate) const QUEUE_MAX: usize = 256;
/// Time that carrying the log over waits for those who read.
const CARRY_WAIT: Duration = Duration::from_millis(500);
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
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let batch_log = Arc::new(BatchLog::new(
            loader,
            replayed,
            Arc::clone(&durability),
            Arc::clone(&metrics),
            to_sync.clone(),
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
        let threads = Mutex::new(vec![writing, syncing]);
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
    ) -> Result<Durable> {
        let _place = self.metrics.waiting.enter(Instant::now());
        let log = Arc::clone(&self.batch_log);
        let append = move || log.append(Prepared::new(organisation, changes)?);
        let appended = tokio::task::spawn_blocking(append).await;
        let appended = appended.map_err(|error| Error::Uncertain {
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

/// What the writing thread shares with others.
struct Parts {
    durability: Arc<Durability>,
    to_sync: SyncSender<ToSync>,
    batch_log: Arc<BatchLog>,
    live: Arc<Live>,
    metrics: Arc<WriterMetrics>,
}

struct Thread {
    connection: Connection,
    durability: Arc<Durability>,
    /// To the thread that syncs.
    to_sync: SyncSender<ToSync>,
    batch_log: Arc<BatchLog>,
    live: Arc<Live>,
    checkpoints: Checkpoints,
    /// A COMMIT failed: what is durable is unknown until the database is opened anew.
    broken: bool,
    metrics: Arc<WriterMetrics>,
}

impl Thread {
    fn new(mut connection: Connection, path: &Path, parts: Parts) -> std::io::Result<Self> {
        let Parts { durability, to_sync, batch_log, live, metrics } = parts;
        // Until here every commit was synced by SQLite; from here on the other thread does it.
        // Carrying over still syncs the log first, and the database before the log begins anew.
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(std::io::Error::other)?;
        let checkpoints = Checkpoints::start(&mut connection, path)?;
        let broken = false;
        Ok(Self { connection, durability, to_sync, batch_log, live, checkpoints, broken, metrics })
    }

    fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        let mut received = Vec::with_capacity(GROUP_MAX);
        while messages.blocking_recv_many(&mut received, GROUP_MAX) > 0 {
            let mut jobs = Vec::with_capacity(received.len());
            let (mut carries, mut flushes) = (Vec::new(), Vec::new());
            for message in received.drain(..) {
                match message {
                    Message::Job(job) => jobs.push(job),
                    Message::Carry(answer) => carries.push(answer),
                    Message::Flush(answer) => flushes.push(answer),
                    Message::Close => messages.close(),
                }
            }
            // Once for all of them; jobs have it done before they begin.
            for answer in flushes {
                let flushed = self.flush();
                // Whoever asked may have gone away.
                let _gone = answer.map(|answer| answer.send(flushed));
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
        if jobs.is_empty() {
            return;
        }
        // Nothing is appended that does not know what the jobs do.
        let log = Arc::clone(&self.batch_log);
        let mut state = log.lock();
        if let Err(error) = self.flush_all(&mut state) {
            let error = Arc::new(error);
            return jobs.into_iter().for_each(|job| job.failed(unavailable(&error)));
        }
        BatchLog::forget_loaded(&mut state);
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

    /// Puts into the database what waits, while batches are appended.
    fn flush(&mut self) -> Result<()> {
        let log = Arc::clone(&self.batch_log);
        loop {
            let mut state = log.lock();
            // Then what came later waits as well.
            let is_again = state.is_flushing();
            let Some(pending) = log.begin_flush(&mut state) else { return Ok(()) };
            drop(state);
            self.write(&pending)?;
            log.end_flush(&mut log.lock());
            if !is_again {
                return Ok(());
            }
        }
    }

    /// Puts into the database everything that waits, while nothing is appended.
    fn flush_all(&mut self, state: &mut State) -> Result<()> {
        let log = Arc::clone(&self.batch_log);
        while let Some(pending) = log.begin_flush(state) {
            self.write(&pending)?;
            log.end_flush(state);
        }
        Ok(())
    }

    /// Puts rows of batches into the database. They are durable by their log.
    fn write(&mut self, pending: &Pending) -> Result<()> {
        self.broken |= self.durability.has_failed();
        if self.broken {
            return Err(refused());
        }
        let written = self.try_write(pending);
        let effects = match written {
            Ok(effects) => effects,
            Err(error) => {
                self.metrics.failed.increment();
                self.batch_log.fail_flush();
                self.undo();
                tracing::error!(%error, "batches wait to be put into the database; it is tried again");
                return Err(error);
            }
        };
        for (organisation, effects) in effects {
            self.live.apply(organisation, effects);
        }
        self.checkpoints.after_commit(&self.connection);
        Ok(())
    }

    fn try_write(&mut self, pending: &Pending) -> Result<Vec<(OrganisationId, Vec<Effect>)>> {
        sql::execute(&self.connection, "BEGIN IMMEDIATE", ())?;
        let effects = pending.write(&self.connection, &self.live)?;
        note_applied(&self.connection, pending.last())?;
        if let Err(error) = self.connection.execute("COMMIT", ()) {
            if error.sqlite_error_code() != Some(ErrorCode::DiskFull) {
                // It may be there when the database is opened anew, which compares the numbers.
                self.give_up();
            }
            return Err(failed("committing batches", error));
        }
        Ok(effects)
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
            let committed = ToSync::Jobs(Committed { number, began, jobs: done });
            if let Err(unsent) = self.to_sync.send(committed) {
                self.durability.fail();
                unsent.0.fail(&Arc::new(closed()));
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
    fn carry(&mut self) -> Result<()> {
        let log = Arc::clone(&self.batch_log);
        let mut state = log.lock();
        self.flush_all(&mut state)?;
        if self.broken {
            return Err(refused());
        }
        self.carry_database_log()?;
        log.clear(&mut state)
    }

    fn carry_database_log(&self) -> Result<()> {
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

    fn finish(mut self) {
        // Nothing is lost if this fails: the next start reads both logs.
        let carried = self.carry();
        if let (Err(error), false) = (carried, self.broken) {
            tracing::warn!(%error, "the log stays");
        }
        self.batch_log.close();
        self.checkpoints.stop();
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
