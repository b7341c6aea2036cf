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

use super::again::Damage;
use super::read;
use super::rows::{Fault, Rows};
use crate::database::Database;
use crate::facts::file::{Source, in_order};
use crate::facts::live::{Exchange, Live, LiveFile};
use crate::facts::manifest::{self, Entry, Import, Origin};
use crate::facts::options::{FactOptions, FactStep};
use crate::facts::shelf::{self, ShelfFile, Shelved};
use crate::facts::ship::impossible;

/// What is to be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactImport {
    /// The file.
    pub file: PathBuf,
    /// Files that are about to be imported after this one. What was imported before and lies in a
    /// damaged file is imported again together with all other imports that have facts in the same files:
    /// these must be among them.
    pub beside: Vec<PathBuf>,
    /// Whether the facts of those that are not are given up.
    pub gives_up_others: bool,
}

impl From<PathBuf> for FactImport {
    /// A file alone.
    fn from(file: PathBuf) -> Self {
        Self { file, beside: Vec::new(), gives_up_others: false }
    }
}

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    /// Facts of the file.
    pub rows: u64,
    /// Whether the same content had been imported before; then nothing was done.
    pub was_there: bool,
    /// Whether it had been, and was imported again, since a file that had it was damaged.
    pub is_again: bool,
    /// Other imports whose facts are not there any more, by the names of their files.
    pub given_up: Vec<String>,
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
    /// It was imported before and lies in files, one of them damaged, with other imports.
    #[error(
        "facts of {} are in the file {damaged}, which is damaged: {problem}; it shares files with other \
         imports, which must be imported again in the same command: {}",
        .file.display(), .missing.join(", ")
    )]
    Together {
        /// The file.
        file: PathBuf,
        /// The damaged file, by its name below the directory of facts.
        damaged: String,
        /// What is wrong with that.
        problem: String,
        /// The other imports that were not given, by the names of their files, with the moments.
        missing: Vec<String>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// What an import is known by.
struct Content {
    digest: Vec<u8>,
    /// What the file is called.
    name: String,
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
        import: FactImport,
        now: Moment,
        progress: Arc<dyn Fn(u64) + Send + Sync>,
    ) -> Result<Imported, ImportError> {
        let _turn = self.maintenance().lock().await;
        let path = import.file.clone();
        let digest = self.digest(path.clone()).await?;
        let key = digest.clone();
        let uuid = organisation.as_uuid();
        let mut imported = Imported::default();
        let mut replaced = None;
        if let Some(rows) = self.read(move |it| manifest::imported(it, uuid, &key)).await? {
            let Some(damage) = self.damage_of(organisation, digest.clone()).await? else {
                return Ok(Imported { rows, was_there: true, ..imported });
            };
            imported.given_up = self.given_up(&import, &digest, &damage).await?;
            imported.is_again = true;
            replaced = Some(damage);
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
        imported.rows = shelved.iter().map(|it| it.written.rows).sum();
        let names: Vec<_> =
            shelved.iter().map(|it| shelf::path_of(self.directory(), &it.name)).collect();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let content = Content { digest, name };
        let counted = self.count_imported(organisation, shelved, content, replaced, now).await;
        if let Err(error) = &counted
            && !matches!(error, Error::Uncertain { .. })
        {
            names.iter().for_each(|name| shelf::remove(name));
        }
        let old = counted?;
        if imported.is_again {
            options.step(FactStep::AfterImport);
        }
        self.work(move || {
            old.iter().for_each(|file| shelf::remove(file.path()));
            Ok(())
        })
        .await?;
        Ok(imported)
    }

    async fn digest(&self, path: PathBuf) -> Result<Vec<u8>, ImportError> {
        let file = path.clone();
        let digest = self.work(move || Ok(digest(&file))).await?;
        digest.map_err(|error| ImportError::Unreadable { file: path, problem: error.to_string() })
    }

    /// The other imports whose facts go when a damage is repaired, because they are not given.
    async fn given_up(
        &self,
        import: &FactImport,
        digest: &[u8],
        damage: &Damage,
    ) -> Result<Vec<String>, ImportError> {
        let others = damage.imports.iter().filter(|it| it.digest != digest);
        let mut missing: Vec<_> = others.collect();
        if !missing.is_empty() {
            for file in &import.beside {
                let beside = self.digest(file.clone()).await?;
                missing.retain(|it| it.digest != beside);
            }
        }
        let told = |it: &&Import| format!("{} (imported {})", it.name, it.imported);
        let missing: Vec<String> = missing.iter().map(told).collect();
        if missing.is_empty() || import.gives_up_others {
            return Ok(missing);
        }
        let (damaged, problem) = (damage.damaged.clone(), damage.problem.clone());
        Err(ImportError::Together { file: import.file.clone(), damaged, problem, missing })
    }

    /// Has the files of an import count instead of those that it replaces; gives these.
    async fn count_imported(
        &self,
        organisation: OrganisationId,
        shelved: Vec<Shelved>,
        content: Content,
        replaced: Option<Damage>,
        now: Moment,
    ) -> Result<Vec<Arc<ShelfFile>>, Error> {
        let (directory, live) = (self.directory().to_owned(), Arc::clone(self.live()));
        let (old, forgotten) = replaced.map(|it| (it.files, it.imports)).unwrap_or_default();
        let removed: Vec<i64> = old.iter().map(|file| file.id()).collect();
        let gone = removed.clone();
        let work = move |connection: &Connection| {
            let uuid = organisation.as_uuid();
            let Content { digest, name } = content;
            removed.iter().try_for_each(|file| manifest::remove(connection, *file))?;
            forgotten
                .iter()
                .try_for_each(|it| manifest::forget_import(connection, uuid, &it.digest))?;
            let rows = shelved.iter().map(|it| it.written.rows).sum();
            manifest::note_import(connection, uuid, &digest, &name, now.as_ms(), rows)?;
            let entries = shelved.into_iter().map(|Shelved { name, written }| {
                let entry = Entry { name, origin: Origin::Imported, written };
                let file = manifest::insert(connection, uuid, &entry, None)?;
                manifest::note_origin(connection, file, &digest)?;
                Ok((file, entry))
            });
            entries.collect::<Result<Vec<_>, Error>>()
        };
        let then = move |entries: Vec<(i64, Entry)>| {
            let open = |(id, entry)| LiveFile {
                file: Arc::new(ShelfFile::open(&directory, id, entry)),
                superseded: Arc::default(),
            };
            let added = entries.into_iter().map(open).collect();
            let exchange = Exchange { removed: &gone, added, ..Exchange::default() };
            live.exchange(organisation, exchange);
        };
        self.write_then(work, then).await?;
        Ok(old)
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
