//! Opening and closing a data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wayfare_model::id::{IdSource, OrganisationId};
use wayfare_model::time::Moment;
use wayfare_store::Stores;

use crate::backup::{Backup, BackupError, BackupProgress, RESTORING};
use crate::batch_log;
use crate::connection::{self, FILE};
use crate::database::{Database, Parts};
use crate::deliveries;
use crate::facts::{
    self, FactImport, FactOptions, ImportError, Imported, Interval, Queries, Rebuilt, Verified,
};
use crate::metrics::Observer;
use crate::readers::Readers;
use crate::upgrade;
use crate::writer::{Start, Writer};

/// The file whose lock says that the directory is in use.
pub(crate) const LOCK: &str = "lock";

/// How a data directory is opened.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Connections that read at the same time; at least one.
    pub readers: usize,
    /// How facts are kept and asked.
    pub facts: FactOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self { readers: 4, facts: FactOptions::default() }
    }
}

/// Why a data directory could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody else has it open.
    #[error("the data directory {} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// It was written by a newer program.
    #[error("the data directory {} has version {found}, this program knows versions up to {known}", .directory.display())]
    Newer {
        /// The directory.
        directory: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// A restore was broken off.
    #[error(
        "a restore into the data directory {directory} was not finished: run it again; or, to give \
         it up, remove {directory}/restoring and put back what is in the youngest \
         {directory}/replaced-*, if there is one",
        directory = .0.display()
    )]
    Restoring(PathBuf),
    /// The file system refused something.
    #[error("cannot open {}: {source}", .path.display())]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite refused something.
    #[error("cannot open {}: {source}", .path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// What the process before made durable cannot be put into the database.
    #[error("cannot put into the database what the log of batches in {} has: {source}", .directory.display())]
    Batches {
        /// The directory.
        directory: PathBuf,
        /// Why.
        source: wayfare_store::Error,
    },
    /// What is left of webhooks that are not there any more cannot be removed.
    #[error("cannot remove what is left of webhooks in {}: {source}", .directory.display())]
    Webhooks {
        /// The directory.
        directory: PathBuf,
        /// Why.
        source: wayfare_store::Error,
    },
    /// What is stored of facts cannot be read.
    #[error("cannot read the facts in {}: {source}", .directory.display())]
    Facts {
        /// The directory.
        directory: PathBuf,
        /// Why.
        source: wayfare_store::Error,
    },
}

/// An open data directory.
///
/// It stays open until [`EmbeddedStore::close`], or until this and everything that
/// [`EmbeddedStore::stores`] gave is dropped. Dropping waits for the writing thread, for as long as
/// the writes under way take.
pub struct EmbeddedStore {
    database: Arc<Database>,
}

impl EmbeddedStore {
    /// Opens a data directory, and makes it when it is not there. Data of an older version is
    /// brought to this one.
    ///
    /// Blocks: it reads and writes files.
    ///
    /// # Errors
    /// [`OpenError`]: in use, newer than this program, or not readable and writable.
    pub fn open(directory: &Path, options: Options) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { path: directory.to_owned(), source };
        std::fs::create_dir_all(directory).map_err(io)?;
        let lock = lock(directory)?;
        if directory.join(RESTORING).exists() {
            return Err(OpenError::Restoring(directory.to_owned()));
        }

        let file = directory.join(FILE);
        let sqlite = |source| OpenError::Database { path: file.clone(), source };
        let mut connection = connection::writer(directory).map_err(sqlite)?;
        upgrade::run(&mut connection).map_err(|error| match error {
            upgrade::Error::Newer { found, known } => {
                OpenError::Newer { directory: directory.to_owned(), found, known }
            }
            upgrade::Error::Sqlite(source) => sqlite(source),
        })?;
        sync_names(directory).map_err(io)?;

        let live = facts::open(directory, &connection, options.facts)
            .map_err(|source| OpenError::Facts { directory: directory.to_owned(), source })?;
        let replayed = batch_log::replay(directory, &mut connection, &live)
            .map_err(|source| OpenError::Batches { directory: directory.to_owned(), source })?;
        let live = if replayed.batches == 0 {
            live
        } else {
            tracing::info!(
                batches = replayed.batches,
                "batches of the last run were put into the database"
            );
            facts::open(directory, &connection, options.facts)
                .map_err(|source| OpenError::Facts { directory: directory.to_owned(), source })?
        };
        sync_names(directory).map_err(io)?;
        deliveries::sweep(&connection)
            .map_err(|source| OpenError::Webhooks { directory: directory.to_owned(), source })?;
        let readers = (0..options.readers.max(1))
            .map(|_| connection::reader(directory))
            .collect::<rusqlite::Result<Vec<_>>>()
            .map_err(sqlite)?;
        let loader = connection::reader(directory).map_err(sqlite)?;
        let live = Arc::new(live);
        let start = Start { connection, loader, replayed, live: Arc::clone(&live) };
        let writer = Writer::start(start, &file).map_err(io)?;
        let database = Database::new(Parts {
            directory: directory.to_owned(),
            readers: Readers::new(readers, Arc::clone(writer.durability())),
            writer,
            queries: Queries::start(options.facts).map_err(io)?,
            live,
            fact_options: options.facts,
            lock,
        });
        Ok(Self { database: Arc::new(database) })
    }

    /// Whether there is a data directory here. It need not be readable, nor free.
    #[must_use]
    pub fn is_at(directory: &Path) -> bool {
        directory.join(FILE).exists()
    }

    /// The stores in it.
    #[must_use]
    pub fn stores(&self) -> Stores {
        Stores {
            documents: Arc::<Database>::clone(&self.database),
            journeys: Arc::<Database>::clone(&self.database),
            changes: Arc::<Database>::clone(&self.database),
            deliveries: Arc::<Database>::clone(&self.database),
            facts: Arc::<Database>::clone(&self.database),
            deletions: Arc::<Database>::clone(&self.database),
        }
    }

    /// Takes a backup into a directory that is empty or has an earlier one, while everything goes on.
    /// `tell` is told how far it is. Closing the store breaks it off.
    ///
    /// # Errors
    /// [`BackupError`]; an earlier backup is as it was then.
    pub async fn backup(
        &self,
        directory: PathBuf,
        as_of: Moment,
        tell: Box<dyn FnMut(BackupProgress) + Send>,
    ) -> Result<Backup, BackupError> {
        self.observer().backup(directory, as_of, tell).await
    }

    /// A look at it, for those who run it.
    #[must_use]
    pub fn observer(&self) -> Observer {
        Observer::new(Arc::clone(&self.database))
    }

    /// Imports the facts of an Arrow or Parquet file: all of them or none, and those of the same
    /// content only once, unless a file that has them is damaged. `progress` is called with the number
    /// of facts that are read.
    ///
    /// # Errors
    /// [`ImportError`], which names the file, row and column.
    pub async fn import_facts(
        &self,
        organisation: OrganisationId,
        import: impl Into<FactImport>,
        now: Moment,
        progress: Arc<dyn Fn(u64) + Send + Sync>,
    ) -> Result<Imported, ImportError> {
        self.database.import_facts(organisation, import.into(), now, progress).await
    }

    /// Exports the facts that were emitted in an interval to an empty file, as Parquet; gives how
    /// many. `progress` is called with the number of facts that are written.
    ///
    /// # Errors
    /// When facts cannot be read or the file not be written.
    pub async fn export_facts(
        &self,
        organisation: OrganisationId,
        interval: Interval,
        file: File,
        progress: Arc<dyn Fn(u64) + Send + Sync>,
    ) -> wayfare_store::Result<u64> {
        self.database.export_facts(organisation, interval, file, progress).await
    }

    /// Checks an organisation's facts: files against their checksums and the manifest, order and
    /// codes, and the number of facts against sessions and assignments.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn verify_facts(
        &self,
        organisation: OrganisationId,
    ) -> wayfare_store::Result<Verified> {
        let forgets = self.database.fact_options().retention_ms.is_some();
        self.database.verify_facts(organisation, !forgets).await
    }

    /// As [`EmbeddedStore::verify_facts`], of a directory whose server forgets facts that are too old,
    /// whatever the options are here: facts that are gone are not missed.
    ///
    /// # Errors
    /// As there.
    pub async fn verify_remaining_facts(
        &self,
        organisation: OrganisationId,
    ) -> wayfare_store::Result<Verified> {
        self.database.verify_facts(organisation, false).await
    }

    /// Makes all facts anew that follow from an organisation's sessions and assignments: `ids` gives
    /// them the ids they have. Imported facts stay as they are, and those of deleted customers are
    /// carried over. Whenever the process ends meanwhile,
    /// either the facts from before count or the new ones. `progress` is called with the number of
    /// facts that are made.
    ///
    /// Nothing else is written meanwhile.
    ///
    /// # Errors
    /// When sessions or assignments cannot be read, or files not be written.
    pub async fn rebuild_facts(
        &self,
        organisation: OrganisationId,
        ids: IdSource,
        progress: Arc<dyn Fn(u64) + Send + Sync>,
    ) -> wayfare_store::Result<Rebuilt> {
        self.database.rebuild_facts(organisation, ids, progress).await
    }

    /// Does what is under way, carries the log over to the database, ends the threads and gives the
    /// directory free. Whoever still holds its stores gets
    /// [`Unavailable`](wayfare_store::Error::Unavailable) from then on.
    pub async fn close(self) {
        self.database.close().await;
    }
}

fn lock(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join(LOCK);
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let file = opened.map_err(|source| OpenError::Io { path: path.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(directory.to_owned())),
        Err(TryLockError::Error(source)) => Err(OpenError::Io { path, source }),
    }
}

/// Makes the names of new files and of the directory itself survive power loss.
#[cfg(unix)]
fn sync_names(directory: &Path) -> std::io::Result<()> {
    let directory = directory.canonicalize()?;
    File::open(&directory)?.sync_all()?;
    directory.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

/// Elsewhere a directory cannot be opened to be synced.
#[cfg(not(unix))]
fn sync_names(_directory: &Path) -> std::io::Result<()> {
    Ok(())
}
