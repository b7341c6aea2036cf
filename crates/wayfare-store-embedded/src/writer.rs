//! The one thread that writes, and group commit.
//!
//! Jobs that have queued up share one transaction, each in a savepoint of its own, so that a job that
//! is refused undoes nothing of its neighbours. They are answered after the one COMMIT.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use wayfare_store::Error;
use wayfare_store::error::Result;

use crate::connection::BUSY_WAIT;
use crate::failure::{closed, failed};
use crate::metrics::WriterMetrics;
use crate::sql;

/// Jobs that wait for the writer. A caller that finds the queue full waits for a place.
pub(crate) const QUEUE_MAX: usize = 256;
/// Time that carrying the log over waits for those who read.
const CARRY_WAIT: Duration = Duration::from_millis(500);
/// Jobs in one transaction. More would make the first of them wait too long for its answer.
const GROUP_MAX: usize = 64;

/// The way to the writing thread.
pub(crate) struct Writer {
    /// Absent once the writer is being dropped.
    jobs: Option<mpsc::Sender<Message>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    metrics: Arc<WriterMetrics>,
}

enum Message {
    Job(Box<dyn Job>),
    /// Carry the log over to the database and leave nothing in it.
    Carry(oneshot::Sender<Result<()>>),
    /// Do what was sent before, then stop.
    Close,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(connection: Connection) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let metrics = Arc::<WriterMetrics>::default();
        let counts = Arc::clone(&metrics);
        let thread = Builder::new()
            .name("wayfare-writer".to_owned())
            .spawn(move || Thread { connection, broken: false, metrics: counts }.run(receiver))?;
        Ok(Self { jobs: Some(sender), thread: Mutex::new(Some(thread)), metrics })
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

    /// As [`Writer::write`], and does `then` once the transaction is durable, before anybody is
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
        let job = Task { work: Some(work), result: None, then, answer };
        let jobs = self.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(Message::Job(Box::new(job))).await.map_err(|_| closed())?;
        // The thread answers every job it takes, unless it dies: then nobody knows.
        answered.await.unwrap_or_else(|gone| {
            Err(Error::Uncertain {
                context: "the writing thread ended".to_owned(),
                source: Box::new(gone),
            })
        })
    }

    /// Carries the log over to the database and empties it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] while somebody reads what was; it can be tried again.
    pub(crate) async fn carry(&self) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(Message::Carry(answer)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Does what was queued before, carries the log over to the database and ends the thread.
    pub(crate) async fn close(&self) {
        if let Some(jobs) = &self.jobs {
            // An error says that the thread has ended already.
            let _ended = jobs.send(Message::Close).await;
            jobs.closed().await;
        }
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the writing thread broke down");
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writing thread broke down");
        }
    }
}

/// Something to do within a transaction, and somebody to tell what came of it.
trait Job: Send {
    /// Does it, once. Whether what it did shall be kept.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Tells that the transaction is durable.
    fn committed(self: Box<Self>);
    /// Tells that the job was not done or not kept, for this reason.
    fn failed(self: Box<Self>, error: Error);
}

struct Task<W, T, F, G> {
    work: Option<F>,
    result: Option<Result<W>>,
    then: G,
    answer: oneshot::Sender<Result<T>>,
}

impl<W, T, F, G> Job for Task<W, T, F, G>
where
    W: Send,
    T: Send,
    F: FnOnce(&Connection) -> Result<W> + Send,
    G: FnOnce(W) -> T + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        self.result = self.work.take().map(|work| work(connection));
        matches!(self.result, Some(Ok(_)))
    }

    fn committed(self: Box<Self>) {
        if let Some(result) = self.result {
            // Whoever asked may have gone away.
            let _gone = self.answer.send(result.map(self.then));
        }
    }

    fn failed(self: Box<Self>, error: Error) {
        // A job that was refused keeps its own answer: it wrote nothing either way.
        let answer = match self.result {
            Some(Err(own)) => Err(own),
            _ => Err(error),
        };
        let _gone = self.answer.send(answer);
    }
}

struct Thread {
    connection: Connection,
    /// A COMMIT failed: what is durable is unknown until the database is opened anew.
    broken: bool,
    metrics: Arc<WriterMetrics>,
}

impl Thread {
    fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        let mut received = Vec::with_capacity(GROUP_MAX);
        while messages.blocking_recv_many(&mut received, GROUP_MAX) > 0 {
            let mut jobs = Vec::with_capacity(received.len());
            let mut carries = Vec::new();
            for message in received.drain(..) {
                match message {
                    Message::Job(job) => jobs.push(job),
                    Message::Carry(answer) => carries.push(answer),
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

    fn commit(&mut self, done: Vec<Box<dyn Job>>) {
        let began = Instant::now();
        let committed =
            self.connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute(()));
        let Err(error) = committed else {
            self.metrics.commit.time(began.elapsed());
            self.metrics.jobs.size(done.len());
            return done.into_iter().for_each(Job::committed);
        };
        tracing::error!(%error, "a commit failed; no more is written until the store is opened anew");
        self.metrics.failed.increment();
        self.give_up();
        self.undo();
        let error = Arc::new(error);
        for job in done {
            job.failed(Error::Uncertain {
                context: "committing a transaction".to_owned(),
                source: Box::new(Arc::clone(&error)),
            });
        }
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
        if self.broken {
            return;
        }
        if let Err(error) = self.carry() {
            // Nothing is lost: the next start reads the log.
            tracing::warn!(%error, "the log stays");
        }
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
