//! Importing facts: a file of Arrow or Parquet becomes fact files, all of it or nothing.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::ArrowError;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use wayfare_model::id::OrganisationId;
use wayfare_model::limits::FACT_IMPORT_ROWS_MAX;
use wayfare_model::time::Moment;
use wayfare_store::Error;

use super::read;
use super::rows::{Fault, Rows};
use crate::database::Database;
use crate::facts::file::{Source, in_order};
use crate::facts::live::{Exchange, Live, LiveFile};
use crate::facts::manifest::{self, Entry, Origin};
use crate::facts::options::FactOptions;
use crate::facts::shelf::{self, ShelfFile, Shelved};
use crate::facts::ship::impossible;

/// What was imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// Facts of the file.
    pub rows: u64,
    /// Whether the same content had been imported before; then nothing was done.
    pub was_there: bool,
}

/// Why a file was not imported; nothing of it is there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It cannot be read as what it seems to be.
    #[error("cannot read {}: {problem}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        problem: String,
    },
    /// A column is not what it must be.
    #[error("{}{}: column {column} {rule}", .file.display(), row.map(|row| format!(", row {row}")).unwrap_or_default())]
    Column {
        /// The file.
        file: PathBuf,
        /// The row, from 1, if it is one.
        row: Option<u64>,
        /// The column.
        column: String,
        /// What it must be.
        rule: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Where facts are imported from, and to.
struct Job<'j> {
    path: &'j Path,
    directory: &'j Path,
    organisation: OrganisationId,
    live: &'j Live,
    options: FactOptions,
    progress: &'j (dyn Fn(u64) + Send + Sync),
}

impl Database {
    /// Imports a file. `progress` is called with the number of rows that are done.
    pub(crate) async fn import_facts(
        &self,
        organisation: OrganisationId,
        path: PathBuf,
        now: Moment,
        progress: Arc<dyn Fn(u64) + Send + Sync>,
    ) -> Result<Imported, ImportError> {
        let _turn = self.maintenance().lock().await;
        let unreadable = |path: &Path, error: &dyn std::fmt::Display| ImportError::Unreadable {
            file: path.to_owned(),
            problem: error.to_string(),
        };
        let file = path.clone();
        let digest = self.work(move || Ok(digest(&file))).await?;
        let digest = digest.map_err(|error| unreadable(&path, &error))?;
        let key = digest.clone();
        let uuid = organisation.as_uuid();
        let known = self.read(move |it| manifest::imported(it, uuid, &key)).await?;
        if let Some(rows) = known {
            return Ok(Imported { rows, was_there: true });
        }
        let (directory, live) = (self.directory().to_owned(), Arc::clone(self.live()));
        let (file, options) = (path.clone(), self.fact_options());
        let shelved = self
            .work(move || {
                let (path, progress) = (&*file, &*progress);
                let directory = &*directory;
                let job = Job { path, directory, organisation, live: &live, options, progress };
                Ok(job.run())
            })
            .await??;
        let rows = shelved.iter().map(|it| it.written.rows).sum();
        let names: Vec<_> =
            shelved.iter().map(|it| shelf::path_of(self.directory(), &it.name)).collect();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let counted = self.count_imported(organisation, shelved, digest, name, now).await;
        if let Err(error) = &counted
            && !matches!(error, Error::Uncertain { .. })
        {
            names.iter().for_each(|name| shelf::remove(name));
        }
        counted?;
        Ok(Imported { rows, was_there: false })
    }

    async fn count_imported(
        &self,
        organisation: OrganisationId,
        shelved: Vec<Shelved>,
        digest: Vec<u8>,
        name: String,
        now: Moment,
    ) -> Result<(), Error> {
        let (directory, live) = (self.directory().to_owned(), Arc::clone(self.live()));
        let work = move |connection: &Connection| {
            let uuid = organisation.as_uuid();
            let rows = shelved.iter().map(|it| it.written.rows).sum();
            manifest::note_import(connection, uuid, &digest, &name, now.as_ms(), rows)?;
            let entries = shelved.into_iter().map(|Shelved { name, written }| {
                let entry = Entry { name, origin: Origin::Imported, written };
                Ok((manifest::insert(connection, uuid, &entry, None)?, entry))
            });
            entries.collect::<Result<Vec<_>, Error>>()
        };
        let then = move |entries: Vec<(i64, Entry)>| {
            let open = |(id, entry)| LiveFile {
                file: Arc::new(ShelfFile::open(&directory, id, entry)),
                superseded: Arc::default(),
            };
            let added = entries.into_iter().map(open).collect();
            live.exchange(organisation, Exchange { added, ..Exchange::default() });
        };
        self.write_then(work, then).await
    }
}

impl Job<'_> {
    /// Writes the fact files; those that were written are removed again when something is wrong.
    fn run(&self) -> Result<Vec<Shelved>, ImportError> {
        let mut shelved = Vec::new();
        let written = self.write(&mut shelved);
        if written.is_err() {
            for file in &shelved {
                shelf::remove(&shelf::path_of(self.directory, &file.name));
            }
        }
        written.map(|()| shelved)
    }

    fn write(&self, shelved: &mut Vec<Shelved>) -> Result<(), ImportError> {
        let (mut held, mut held_rows, mut done) = (Vec::new(), 0, 0_u64);
        for batch in read::open(self.path).map_err(|error| self.unreadable(&error))? {
            let batch = batch.map_err(|error| self.unreadable(&error))?;
            let rows = Rows::read(&batch).map_err(|fault| self.wrong(fault, done))?;
            if held_rows + rows.len() > FACT_IMPORT_ROWS_MAX {
                shelved.extend(self.shelve(&held)?);
                (held, held_rows) = (Vec::new(), 0);
            }
            held_rows += rows.len();
            done += rows.len() as u64;
            held.push(rows);
            (self.progress)(done);
        }
        shelved.extend(self.shelve(&held)?);
        Ok(())
    }

    fn shelve(&self, rows: &[Rows]) -> Result<Option<Shelved>, Error> {
        let sources = (rows.iter())
            .map(|rows| Ok(Source { block: rows.block().map_err(impossible)?, ids: &[] }))
            .collect::<Result<Vec<_>, Error>>()?;
        let order = in_order(&sources, |_| true);
        let number = self.live.next_file();
        shelf::shelve(self.directory, self.organisation, number, &sources, &order, &self.options)
    }

    fn unreadable(&self, error: &ArrowError) -> ImportError {
        ImportError::Unreadable { file: self.path.to_owned(), problem: error.to_string() }
    }

    fn wrong(&self, fault: Fault, rows_before: u64) -> ImportError {
        ImportError::Column {
            file: self.path.to_owned(),
            row: fault.row.map(|row| rows_before + row as u64 + 1),
            column: fault.column,
            rule: fault.rule,
        }
    }
}

/// The digest of a file's content.
fn digest(path: &Path) -> io::Result<Vec<u8>> {
    let mut hasher = Sha256::new();
    io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(hasher.finalize().to_vec())
}
