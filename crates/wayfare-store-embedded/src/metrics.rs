//! What the store counts about itself, and the samples of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use wayfare_model::limits::FACT_QUERIES_MAX;
use wayfare_model::metrics::{Counter, Family, Histogram, Waiting};
use wayfare_model::time::Moment;

use crate::backup::{Backup, BackupError, BackupProgress};
use crate::batch_log::FILES;
use crate::connection::FILE;
use crate::database::Database;

/// What the writing thread counts.
#[derive(Debug)]
pub(crate) struct WriterMetrics {
    /// Jobs that are not answered.
    pub(crate) waiting: Arc<Waiting>,
    /// Jobs of a transaction.
    pub(crate) jobs: Histogram,
    /// From COMMIT until what it committed is durable.
    pub(crate) commit: Histogram,
    /// Transactions that were undone, or of which that is unknown.
    pub(crate) failed: Counter,
    /// Commits and batches that are not durable yet.
    pub(crate) syncing: Arc<Waiting>,
    /// Batches that are not in the database yet.
    pub(crate) batches_waiting: Arc<Waiting>,
    /// Putting batches into the database, until it is committed there.
    pub(crate) flush: Histogram,
    /// Batches that went there together.
    pub(crate) flush_batches: Histogram,
    /// Rows that they wrote, each once.
    pub(crate) flush_rows: Histogram,
    /// Nothing is written any more.
    is_broken: AtomicBool,
    /// The last batch found no room on the disk.
    pub(crate) is_log_full: AtomicBool,
    /// The last transaction found none.
    pub(crate) is_database_full: AtomicBool,
    /// Something that is stored could not be read.
    is_damaged: AtomicBool,
}

impl Default for WriterMetrics {
    fn default() -> Self {
        Self {
            waiting: Arc::default(),
            jobs: Histogram::of_sizes(),
            commit: Histogram::of_seconds(),
            failed: Counter::default(),
            syncing: Arc::default(),
            batches_waiting: Arc::default(),
            flush: Histogram::of_seconds(),
            flush_batches: Histogram::of_sizes(),
            flush_rows: Histogram::of_sizes(),
            is_broken: AtomicBool::new(false),
            is_log_full: AtomicBool::new(false),
            is_database_full: AtomicBool::new(false),
            is_damaged: AtomicBool::new(false),
        }
    }
}

impl WriterMetrics {
    /// Says that nothing is written any more until the store is opened anew.
    pub(crate) fn note_broken(&self) {
        self.is_broken.store(true, Ordering::Relaxed);
    }

    /// Says that something that is stored could not be read.
    pub(crate) fn note_damage(&self) {
        self.is_damaged.store(true, Ordering::Relaxed);
    }

    /// Whether that is so.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Relaxed)
    }
}

/// What is counted of queries over facts.
#[derive(Debug)]
pub(crate) struct QueryMetrics {
    /// Queries that are not answered.
    pub(crate) waiting: Arc<Waiting>,
    /// Queries refused because too many were under way.
    pub(crate) refused: Counter,
    /// From a question until a worker began with it.
    pub(crate) waited: Histogram,
    /// From a question to its answer, or to its end without one.
    pub(crate) took: Histogram,
}

impl Default for QueryMetrics {
    fn default() -> Self {
        Self {
            waiting: Arc::default(),
            refused: Counter::default(),
            waited: Histogram::of_seconds(),
            took: Histogram::of_seconds(),
        }
    }
}

/// What lies in files and in memory of the facts of all organisations.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FactTotals {
    /// Files that count and can be read.
    pub(crate) files: u64,
    /// Files that count and cannot be read.
    pub(crate) unreadable: u64,
    /// Bytes of all of them.
    pub(crate) bytes: u64,
    /// Facts in them.
    pub(crate) rows: u64,
    /// Facts in them that were replaced or removed.
    pub(crate) superseded: u64,
    /// Facts in memory.
    pub(crate) tail_rows: u64,
}

/// A queue of the store.
#[derive(Debug, Clone, Copy)]
pub struct StoreQueue {
    /// What it is called.
    pub name: &'static str,
    /// How many are in it, those included that are worked on.
    pub depth: usize,
    /// How many may be in it, where it is their number that is bounded.
    pub capacity: Option<usize>,
    /// How long the first of them has waited, in seconds.
    pub oldest_s: f64,
}

/// A look at an open store, for those who run it.
#[derive(Clone)]
pub struct Observer {
    database: Arc<Database>,
}

impl Observer {
    pub(crate) const fn new(database: Arc<Database>) -> Self {
        Self { database }
    }

    /// As [`crate::EmbeddedStore::backup`].
    ///
    /// # Errors
    /// As there.
    pub async fn backup(
        &self,
        directory: PathBuf,
        as_of: Moment,
        tell: Box<dyn FnMut(BackupProgress) + Send>,
    ) -> Result<Backup, BackupError> {
        self.database.backup(directory, as_of, tell).await
    }

    /// The queues in the store.
    #[must_use]
    pub fn queues(&self) -> Vec<StoreQueue> {
        let now = Instant::now();
        let queue = |name, waiting: &Waiting, capacity| StoreQueue {
            name,
            depth: waiting.depth(),
            capacity,
            oldest_s: waiting.oldest(now).as_secs_f64(),
        };
        let database = &self.database;
        let writer = database.writer_metrics();
        vec![
            queue("store_writer", &writer.waiting, Some(crate::writer::QUEUE_MAX)),
            queue("store_sync", &writer.syncing, None),
            queue("batch_log", &writer.batches_waiting, None),
            queue("store_readers", database.reading(), Some(database.readers())),
            queue("fact_queries", &database.query_metrics().waiting, Some(FACT_QUERIES_MAX)),
        ]
    }

    /// What is measured of the store, its queues left out. Looks at the sizes of files.
    #[must_use]
    pub fn metrics(&self) -> Vec<Family> {
        let mut families = self.writer();
        families.extend(self.batch_log());
        families.extend(self.facts());
        families.push(sizes(self.database.directory()));
        families
    }

    /// Whether writes are taken: not after a commit of which nobody knows what became of it, nor once a
    /// thread that writes has ended, until the store is opened anew.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        !self.database.writer_metrics().is_broken() && self.database.is_writing()
    }

    /// Whether the last write found no room on the disk.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        let writer = self.database.writer_metrics();
        writer.is_log_full.load(Ordering::Relaxed)
            || writer.is_database_full.load(Ordering::Relaxed)
    }

    /// Whether batches could not be put into the database the last time. They are durable; nothing
    /// that they may have changed is read until they are there.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.database.batch_log().is_stuck()
    }

    /// Whether facts could not be put into files, merged or forgotten the last time. All of them are
    /// counted; they wait in the database and in memory.
    #[must_use]
    pub fn are_facts_stuck(&self) -> bool {
        self.database.are_facts_stuck()
    }

    /// Whether something in the database could not be read since it was opened, because it is damaged.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.database.writer_metrics().is_damaged.load(Ordering::Relaxed)
    }

    /// Fact files that count and cannot be read.
    #[must_use]
    pub fn unreadable_files(&self) -> u64 {
        self.database.live().totals().unreadable
    }

    fn writer(&self) -> Vec<Family> {
        let writer = self.database.writer_metrics();
        vec![
            Family::histogram(
                "wayfare_store_commit_seconds",
                "Making a transaction durable; most of it is the disk's sync",
            )
            .with(writer.commit.value()),
            Family::histogram("wayfare_store_commit_jobs", "Writes that shared a transaction")
                .with(writer.jobs.value()),
            Family::counter(
                "wayfare_store_failed_transactions",
                "Transactions that were undone, or of which it is not known",
            )
            .with(writer.failed.get()),
            Family::gauge(
                "wayfare_store_writable",
                "1; 0 after a failed commit, until the server is started anew",
            )
            .with(!writer.is_broken()),
        ]
    }

    fn batch_log(&self) -> Vec<Family> {
        let (writer, log) = (self.database.writer_metrics(), self.database.batch_log());
        vec![
            Family::gauge(
                "wayfare_batch_log_waiting_bytes",
                "Bytes of batches that are not in the database yet",
            )
            .with(log.waiting_bytes()),
            Family::gauge(
                "wayfare_batch_log_stuck",
                "0; 1 while batches could not be put into the database",
            )
            .with(log.is_stuck()),
            Family::histogram(
                "wayfare_batch_log_flush_seconds",
                "Putting batches into the database until they are committed there",
            )
            .with(writer.flush.value()),
            Family::histogram(
                "wayfare_batch_log_flush_batches",
                "Batches that were put into the database together",
            )
            .with(writer.flush_batches.value()),
            Family::histogram(
                "wayfare_batch_log_flush_rows",
                "Rows that batches wrote when they were put into the database",
            )
            .with(writer.flush_rows.value()),
        ]
    }

    fn facts(&self) -> Vec<Family> {
        let totals = self.database.live().totals();
        let queries = self.database.query_metrics();
        vec![
            Family::gauge(
                "wayfare_fact_files",
                "Fact files that count, by whether one can read them",
            )
            .labelled([("state", "readable")], totals.files)
            .labelled([("state", "unreadable")], totals.unreadable),
            Family::gauge("wayfare_fact_file_bytes", "Bytes of all fact files").with(totals.bytes),
            Family::gauge("wayfare_fact_file_rows", "Facts in files").with(totals.rows),
            Family::gauge(
                "wayfare_fact_superseded_rows",
                "Facts in files that were replaced or removed, and wait for the files to be merged",
            )
            .with(totals.superseded),
            Family::gauge("wayfare_fact_tail_rows", "Facts in memory, which are in no file yet")
                .with(totals.tail_rows),
            Family::gauge(
                "wayfare_facts_stuck",
                "0; 1 while facts could not be put into files, merged or forgotten",
            )
            .with(self.are_facts_stuck()),
            Family::counter(
                "wayfare_fact_queries_refused",
                "Queries over facts refused because too many were under way",
            )
            .with(queries.refused.get()),
            Family::histogram(
                "wayfare_fact_query_wait_seconds",
                "From a query over facts until a thread began with it",
            )
            .with(queries.waited.value()),
            Family::histogram(
                "wayfare_fact_query_seconds",
                "From a query over facts to its end, those of jobs included",
            )
            .with(queries.took.value()),
        ]
    }
}

/// Sizes of the database's files. One that is not there has none.
fn sizes(directory: &Path) -> Family {
    let size = |name: &str| fs::metadata(directory.join(name)).map_or(0, |file| file.len());
    Family::gauge("wayfare_store_file_bytes", "Bytes of the database's files")
        .labelled([("file", "database")], size(FILE))
        .labelled([("file", "log")], size(&format!("{FILE}-wal")))
        .labelled([("file", "batches")], FILES.into_iter().map(size).sum::<u64>())
}
