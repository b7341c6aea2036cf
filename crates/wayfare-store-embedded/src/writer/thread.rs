//! The thread that writes.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::mpsc;
use wayfare_store::Error;
use wayfare_store::error::Result;

use super::checkpoint::Checkpoints;
use super::job::Job;
use super::sync::{Committed, ToSync};
use super::{GROUP_MAX, Message};
use crate::batch_log::BatchLog;
use crate::connection::BUSY_WAIT;
use crate::durability::Durability;
use crate::facts::Live;
use crate::failure::{closed, failed};
use crate::metrics::WriterMetrics;
use crate::sql;

/// Time that carrying the log over waits for those who read.
const CARRY_WAIT: Duration = Duration::from_millis(500);

/// What the writing thread shares with others.
pub(super) struct Parts {
    pub(super) durability: Arc<Durability>,
    pub(super) to_sync: SyncSender<ToSync>,
    pub(super) batch_log: Arc<BatchLog>,
    pub(super) live: Arc<Live>,
    pub(super) metrics: Arc<WriterMetrics>,
}

pub(super) struct Thread {
    pub(super) connection: Connection,
    pub(super) durability: Arc<Durability>,
    /// To the thread that syncs.
    pub(super) to_sync: SyncSender<ToSync>,
    pub(super) batch_log: Arc<BatchLog>,
    pub(super) live: Arc<Live>,
    pub(super) checkpoints: Checkpoints,
    /// A COMMIT failed: what is durable is unknown until the database is opened anew.
    pub(super) broken: bool,
    /// What is in the database is unknown as well.
    pub(super) gave_up: bool,
    pub(super) metrics: Arc<WriterMetrics>,
}

impl Thread {
    pub(super) fn new(
        mut connection: Connection,
        path: &Path,
        parts: Parts,
    ) -> std::io::Result<Self> {
        let Parts { durability, to_sync, batch_log, live, metrics } = parts;
        // Until here every commit was synced by SQLite; from here on the other thread does it.
        // Carrying over still syncs the log first, and the database before the log begins anew.
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(std::io::Error::other)?;
        let checkpoints = Checkpoints::start(&mut connection, path)?;
        Ok(Self {
            connection,
            durability,
            to_sync,
            batch_log,
            live,
            checkpoints,
            broken: false,
            gave_up: false,
            metrics,
        })
    }

    pub(super) fn run(mut self, mut messages: mpsc::Receiver<Message>) {
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
            let mut is_flushed = false;
            for answer in flushes {
                let flushed = if is_flushed { Ok(()) } else { self.flush() };
                is_flushed = flushed.is_ok();
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
            self.metrics.is_database_full.store(false, Ordering::Relaxed);
            self.metrics.jobs.size(done.len());
            self.durability.note_transaction(number);
            done.iter_mut().for_each(|job| job.committed());
            let place = self.metrics.syncing.enter(began);
            // The other thread ends after this one.
            let committed = ToSync::Jobs(Committed { number, began, jobs: done, _place: place });
            if let Err(unsent) = self.to_sync.send(committed) {
                self.durability.fail();
                self.metrics.note_broken();
                unsent.0.fail(&Arc::new(closed()));
            }
            self.checkpoints.after_commit(&self.connection);
            return;
        };
        // Nobody sees anything of it, but somebody may wait for its number by now.
        if self.to_sync.send(ToSync::Nothing { number }).is_err() {
            self.durability.fail();
        }
        self.metrics.failed.increment();
        let is_full = error.sqlite_error_code() == Some(ErrorCode::DiskFull);
        let error = Arc::new(failed("committing a transaction", error));
        self.undo();
        if is_full {
            self.metrics.is_database_full.store(true, Ordering::Relaxed);
            // The mark that makes a transaction whole is the last that is written: it is not there.
            tracing::error!(%error, "the disk is full; nothing was written");
            return done.into_iter().for_each(|job| job.failed(unavailable(&error)));
        }
        tracing::error!(%error, "a commit failed; no more is written until the store is opened anew");
        self.give_up();
        done.into_iter().for_each(|job| job.failed(uncertain(&error)));
    }

    /// Leaves the transaction, if SQLite has not done so by itself.
    pub(super) fn undo(&mut self) {
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
        if self.broken || self.durability.has_failed() {
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
    pub(super) fn give_up(&mut self) {
        self.gave_up = true;
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
pub(super) fn uncertain(cause: &Arc<Error>) -> Error {
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

pub(super) fn refused() -> Error {
    Error::Unavailable {
        context: "an earlier commit failed, so the store must be opened anew".to_owned(),
        source: "refused".into(),
    }
}
