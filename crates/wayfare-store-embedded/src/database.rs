//! The open database: the writer, the readers and the lock on the directory.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use wayfare_model::change::Changes;
use wayfare_model::id::OrganisationId;
use wayfare_model::metrics::Waiting;
use wayfare_store::Error;
use wayfare_store::error::Result;
use wayfare_store::journeys::Durable;

use crate::batch_log::{BatchLog, Overlay};
use crate::blocking;
use crate::durability::{Durability, Seen};
use crate::facts::{self, FactOptions, Live, Queries};
use crate::metrics::{QueryMetrics, WriterMetrics};
use crate::readers::Readers;
use crate::writer::Writer;

/// The open database. The traits of the seam are implemented on it.
///
/// The fields are dropped in their order: the lock goes last.
pub(crate) struct Database {
    queries: Queries,
    readers: Readers,
    writer: Writer,
    live: Arc<Live>,
    batch_log: Arc<BatchLog>,
    directory: PathBuf,
    fact_options: FactOptions,
    maintenance: tokio::sync::Mutex<()>,
    are_facts_stuck: AtomicBool,
    is_closing: Arc<AtomicBool>,
    lock: Mutex<Option<File>>,
}

/// What a database is made of.
pub(crate) struct Parts {
    pub(crate) directory: PathBuf,
    pub(crate) readers: Readers,
    pub(crate) writer: Writer,
    pub(crate) queries: Queries,
    pub(crate) live: Arc<Live>,
    pub(crate) fact_options: FactOptions,
    pub(crate) lock: File,
}

impl Database {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { directory, readers, writer, queries, live, fact_options, lock } = parts;
        Self {
            batch_log: Arc::clone(writer.batch_log()),
            queries,
            readers,
            writer,
            live,
            directory,
            fact_options,
            maintenance: tokio::sync::Mutex::default(),
            are_facts_stuck: AtomicBool::new(false),
            is_closing: Arc::default(),
            lock: Mutex::new(Some(lock)),
        }
    }

    /// The data directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// What queries see.
    pub(crate) const fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// What is durable and may not be in the database yet.
    pub(crate) const fn batch_log(&self) -> &Arc<BatchLog> {
        &self.batch_log
    }

    /// How far commits are durable.
    pub(crate) const fn durability(&self) -> &Arc<Durability> {
        self.writer.durability()
    }

    /// Has everything put into the database that waits for it.
    pub(crate) async fn flush(&self) -> Result<()> {
        if !self.batch_log.is_waiting() {
            return Ok(());
        }
        self.noted(self.writer.flush().await)
    }

    /// Appends a batch to the log of batches, and comes back when the next loading sees it.
    pub(crate) async fn append(
        &self,
        organisation: OrganisationId,
        changes: Changes,
        ends_due: bool,
    ) -> Result<Durable> {
        if !changes.facts.is_empty() {
            facts::check_tail(&self.live, organisation)?;
        }
        if self.batch_log.is_full() {
            self.flush().await?;
        }
        self.writer.append(organisation, changes, ends_due).await
    }

    /// Whether the threads work that write.
    pub(crate) fn is_writing(&self) -> bool {
        self.writer.is_running()
    }

    /// Remembers when something is damaged, for those who run the store.
    pub(crate) fn noted<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(Error::Corrupt { .. }) = &result {
            self.writer_metrics().note_damage();
        }
        result
    }

    /// Answers queries.
    pub(crate) const fn queries(&self) -> &Queries {
        &self.queries
    }

    /// What the writing thread counts.
    pub(crate) fn writer_metrics(&self) -> &WriterMetrics {
        self.writer.metrics()
    }

    /// What is counted of queries over facts.
    pub(crate) const fn query_metrics(&self) -> &QueryMetrics {
        self.queries.metrics()
    }

    /// Who reads, or waits for a connection to read with.
    pub(crate) fn reading(&self) -> &Waiting {
        self.readers.waiting()
    }

    /// How many can read at the same time.
    pub(crate) fn readers(&self) -> usize {
        self.readers.number()
    }

    /// Settings of the fact store.
    pub(crate) const fn fact_options(&self) -> FactOptions {
        self.fact_options
    }

    /// Whose turn it is to change files.
    pub(crate) const fn maintenance(&self) -> &tokio::sync::Mutex<()> {
        &self.maintenance
    }

    /// Remembers whether facts could be kept in order the last time.
    pub(crate) fn note_facts_stuck(&self, are_stuck: bool) {
        self.are_facts_stuck.store(are_stuck, Ordering::Relaxed);
    }

    /// Whether facts could not be kept in order the last time.
    pub(crate) fn are_facts_stuck(&self) -> bool {
        self.are_facts_stuck.load(Ordering::Relaxed)
    }

    /// Whether long work should end soon.
    pub(crate) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Relaxed)
    }

    /// As [`Database::is_closing`], for work of which nobody holds the database.
    pub(crate) fn closing(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_closing)
    }

    /// Runs something that blocks.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        tokio::task::spawn_blocking(work).await.map_err(|error| Error::Unavailable {
            context: "work on files was broken off".to_owned(),
            source: Box::new(error),
        })?
    }

    /// Looks at what the next batch builds on: rows that are looked up by their keys.
    pub(crate) async fn look_ahead<T: Send + 'static>(
        &self,
        look: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        blocking::briefly(look).await.map_err(|error| Error::Unavailable {
            context: "loading was broken off".to_owned(),
            source: Box::new(error),
        })?
    }

    /// Runs `work`, which does not need what waits in the log of batches, on one snapshot of the database.
    pub(crate) async fn read_other<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.noted(self.readers.read(work).await)
    }

    /// Runs `work` on one snapshot of the database, with every batch that was answered.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.flush().await?;
        self.noted(self.readers.read(work).await)
    }

    /// Runs `work` on one snapshot of the database, with what `look` took of the batches that wait then:
    /// together they are every batch that was answered.
    pub(crate) async fn read_beside<L, T>(
        &self,
        organisation: OrganisationId,
        look: impl FnOnce(Overlay<'_>) -> L + Send + 'static,
        work: impl FnOnce(&Connection, L) -> Result<T> + Send + 'static,
    ) -> Result<T>
    where
        T: Send + 'static,
    {
        let log = Arc::clone(&self.batch_log);
        self.read_other(move |connection| {
            let waiting = log.look(connection, organisation, look)?;
            work(connection, waiting)
        })
        .await
    }

    /// What somebody may have seen who has just looked at facts in memory.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when some of it may never be durable.
    pub(crate) fn seen_in_facts(&self) -> Result<Seen> {
        self.writer.durability().seen_in_facts()
    }

    /// Waits until everything is durable that was seen.
    pub(crate) async fn wait_until_durable(&self, seen: Seen) -> Result<()> {
        self.writer.durability().wait_for_seen(seen).await
    }

    /// Runs `work` in a transaction and answers when it is durable.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.noted(self.writer.write(work).await)
    }

    /// As [`Database::write`], and does `then` on the writing thread once it is committed.
    pub(crate) async fn write_then<W, T, F, G>(&self, work: F, then: G) -> Result<T>
    where
        W: Send + 'static,
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<W> + Send + 'static,
        G: FnOnce(W) -> T + Send + 'static,
    {
        self.noted(self.writer.write_then(work, then).await)
    }

    /// Carries the log over to the database and empties it.
    pub(crate) async fn carry_log(&self) -> Result<()> {
        self.writer.carry().await
    }

    /// As [`Database::write_then`], and comes back when the next transaction sees it.
    pub(crate) async fn write_early<W, F, G>(&self, work: F, then: G) -> Result<Durable>
    where
        W: Send + 'static,
        F: FnOnce(&Connection) -> Result<W> + Send + 'static,
        G: FnOnce(W) + Send + 'static,
    {
        self.noted(self.writer.write_early(work, then).await)
    }

    /// Ends what is under way, carries the log over and gives the directory free.
    pub(crate) async fn close(&self) {
        self.is_closing.store(true, Ordering::Relaxed);
        // Files that are being made are finished first.
        let _turn = self.maintenance.lock().await;
        self.queries.close();
        self.readers.close().await;
        self.writer.close().await;
        if let Some(lock) = self.lock.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A process that is just being started from this one has the file open for a moment, too:
            // closing it here would not be enough. If it cannot be unlocked, closing is all there is.
            let _unlocked = lock.unlock();
        }
    }
}
