//! Taking a backup of an open data directory.
//!
//! The point is a read transaction of a connection of its own: the database is copied from it, page
//! by page, while writes go on, and the fact files are those that its manifest names. These are held
//! (by a link, or open) before anything else may remove one.

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup as Copying, StepResult};
use wayfare_model::time::Moment;

use super::disk::{self, Meter, io};
use super::manifest::{BackupFile, BackupManifest};
use super::{Backup, BackupError, BackupProgress, REQUEST_FILE, Result, Tell};
use crate::connection::{self, FILE};
use crate::database::Database;
use crate::facts::{DIRECTORY, ManifestEntry, manifest_entries};

/// Pages of the database that are copied at a time: 4 MiB.
const PAGES_AT_ONCE: i32 = 512;
/// Time until a page that somebody else holds is tried again.
const BUSY_WAIT: Duration = Duration::from_millis(5);
/// What the name of a database in a backup begins with.
const DATABASE_PREFIX: &str = "journey-";
/// What it ends with.
const EXTENSION: &str = "sqlite";
/// What the names of files end with that are not finished.
const UNFINISHED: &str = "unfinished";

/// A fact file that is held: whoever removes it does not take it from the backup.
struct Held {
    entry: ManifestEntry,
    /// In the data directory. One that cannot be opened is the error of its turn.
    opened: std::io::Result<File>,
    kept: Kept,
}

/// Where a held file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// In the backup under its name, from an earlier one.
    Before,
    /// In the backup under its name, linked to the one in the data directory.
    Linked,
    /// In the data directory only.
    Outside,
}

impl Database {
    /// Takes a backup into a directory that is empty or has an earlier one. `tell` is told how far
    /// it is. Closing the database breaks it off.
    pub(crate) async fn backup(
        &self,
        directory: PathBuf,
        as_of: Moment,
        mut tell: Box<dyn FnMut(BackupProgress) + Send>,
    ) -> Result<Backup> {
        let data = self.directory().to_owned();
        let io_failed = |error: tokio::task::JoinError| BackupError::Io {
            path: data.clone(),
            source: std::io::Error::other(error),
        };
        let (source, target) = (data.clone(), directory.clone());
        // What waits is part of what was answered.
        self.flush().await.map_err(|error| BackupError::Io {
            path: data.clone(),
            source: std::io::Error::other(error),
        })?;
        let begun = {
            // Until the files are held, none may be removed.
            let _turn = self.maintenance().lock().await;
            tokio::task::spawn_blocking(move || Begun::new(&source, &target))
                .await
                .map_err(io_failed)??
        };
        let closing = self.closing();
        let mut tell = move |progress| {
            tell(progress);
            !closing.load(Ordering::Relaxed)
        };
        tokio::task::spawn_blocking(move || begun.finish(&directory, as_of, &mut tell))
            .await
            .map_err(io_failed)?
    }
}

/// A backup whose point is fixed.
struct Begun {
    /// In a read transaction.
    connection: Connection,
    schema_version: i64,
    facts: Vec<Held>,
}

impl Begun {
    fn new(data: &Path, directory: &Path) -> Result<Self> {
        prepare(data, directory)?;
        let database = data.join(FILE);
        let sqlite = |source| BackupError::Database { path: database.clone(), source };
        let connection = connection::reader(data).map_err(sqlite)?;
        connection.execute_batch("BEGIN").map_err(sqlite)?;
        // This read begins the transaction.
        let version = connection.pragma_query_value(None, "user_version", |row| row.get(0));
        let schema_version = version.map_err(sqlite)?;
        let entries = manifest_entries(&connection).map_err(|error| BackupError::Damaged {
            path: database.clone(),
            problem: error.to_string(),
        })?;
        let facts = entries.into_iter().map(|entry| hold(data, directory, entry));
        let facts = facts.collect::<Result<_>>()?;
        Ok(Self { connection, schema_version, facts })
    }

    fn finish(self, directory: &Path, as_of: Moment, tell: Tell<'_>) -> Result<Backup> {
        let sqlite = |source| BackupError::Database { path: directory.join(FILE), source };
        let pages = number(&self.connection, "page_count").map_err(sqlite)?;
        let database_bytes = pages * number(&self.connection, "page_size").map_err(sqlite)?;
        let fact_bytes: u64 = self.facts.iter().map(|held| held.entry.bytes).sum();
        // The database's copy is read once more.
        let mut meter = Meter::new(2 * database_bytes + fact_bytes, tell);
        let (mut files_added, mut bytes_added) = (0, 0);
        let mut facts = Vec::with_capacity(self.facts.len());
        for held in self.facts {
            let entry = held.entry.clone();
            if put(held, directory, &mut meter)? {
                files_added += 1;
                bytes_added += entry.bytes;
            }
            facts.push(file_of(&entry));
        }
        let database = copy_database(&self.connection, directory, as_of, &mut meter)?;
        bytes_added += database.bytes;
        let manifest = BackupManifest::new(self.schema_version, as_of, database, facts);
        manifest.put(directory)?;
        remove_others(directory, &manifest)?;
        Ok(Backup { manifest, files_added, bytes_added })
    }
}

/// Makes the directory ready, and puts away what a backup left that was broken off.
fn prepare(data: &Path, directory: &Path) -> Result<()> {
    disk::make_directory(directory)?;
    let real = |path: &Path| path.canonicalize().map_err(io(path));
    if real(directory)?.starts_with(real(data)?) {
        return Err(BackupError::Inside(directory.to_owned()));
    }
    if BackupManifest::find(directory)?.is_none() {
        // Somebody else's files are never taken for ours.
        let ours = |path: &Path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name == REQUEST_FILE
                || name == DIRECTORY
                || name.starts_with(DATABASE_PREFIX)
                || name.ends_with(UNFINISHED)
        };
        for entry in fs::read_dir(directory).map_err(io(directory))? {
            let entry = entry.map_err(io(directory))?;
            if !ours(&entry.path()) {
                return Err(BackupError::Foreign(directory.to_owned()));
            }
        }
    }
    Ok(())
}

/// The entry of a fact file in a backup. The number of a file that is gone may be given again, so the
/// checksum is part of the name.
fn file_of(entry: &ManifestEntry) -> BackupFile {
    let place = format!("{DIRECTORY}/{}", entry.name);
    let stem = place.strip_suffix(".arrow").unwrap_or(&place);
    let file = format!("{stem}-{:08x}.arrow", entry.checksum);
    BackupFile { file, place, bytes: entry.bytes, checksum: entry.checksum }
}

/// Holds a file, so that it can be taken when it is its turn.
fn hold(data: &Path, directory: &Path, entry: ManifestEntry) -> Result<Held> {
    let source = data.join(DIRECTORY).join(&entry.name);
    let target = directory.join(file_of(&entry).file);
    let opened = File::open(&source);
    let is_there = fs::metadata(&target).is_ok_and(|found| found.len() == entry.bytes);
    if is_there {
        return Ok(Held { entry, opened, kept: Kept::Before });
    }
    if let Some(folder) = target.parent() {
        disk::make_directory(folder)?;
    }
    // What is there under the name is of another length, and so of no backup.
    let _ = fs::remove_file(&target);
    // On another file system there are no links; the file is copied then.
    let kept = if fs::hard_link(&source, &target).is_ok() { Kept::Linked } else { Kept::Outside };
    Ok(Held { entry, opened, kept })
}

/// Takes a file into the backup, and makes sure that it is as it was written; whether it is new
/// there.
fn put(held: Held, directory: &Path, meter: &mut Meter<'_>) -> Result<bool> {
    let Held { entry, opened, kept } = held;
    let target = directory.join(file_of(&entry).file);
    let expected = (entry.bytes, entry.checksum);
    if kept == Kept::Before {
        if disk::sum(&target, meter)? == expected {
            return Ok(false);
        }
        // It was damaged since; the one in the data directory may be sound.
        fs::remove_file(&target).map_err(io(&target))?;
    }
    if kept == Kept::Linked {
        // On the disk it is since it was made.
        let counted = disk::sum(&target, meter)?;
        check(&entry, counted).inspect_err(|_| drop(fs::remove_file(&target)))?;
    } else {
        let unfinished = target.with_extension(UNFINISHED);
        let mut source = opened.map_err(io(Path::new(&entry.name)))?;
        let counted = disk::copy(&mut source, &unfinished, meter)?;
        check(&entry, counted).inspect_err(|_| drop(fs::remove_file(&unfinished)))?;
        fs::rename(&unfinished, &target).map_err(io(&target))?;
    }
    target.parent().map_or(Ok(()), disk::sync_directory)?;
    Ok(true)
}

fn check(entry: &ManifestEntry, counted: (u64, u32)) -> Result<()> {
    if counted == (entry.bytes, entry.checksum) {
        return Ok(());
    }
    let problem = format!(
        "it has {} bytes and the checksum {:08x} instead of {} and {:08x}",
        counted.0, counted.1, entry.bytes, entry.checksum
    );
    Err(BackupError::Damaged { path: Path::new(DIRECTORY).join(&entry.name), problem })
}

/// Copies the database as it is in the connection's transaction, and checks the copy.
fn copy_database(
    connection: &Connection,
    directory: &Path,
    as_of: Moment,
    meter: &mut Meter<'_>,
) -> Result<BackupFile> {
    let name = free_name(directory, as_of);
    let path = directory.join(&name);
    let unfinished = path.with_extension(UNFINISHED);
    let sqlite = |source| BackupError::Database { path: unfinished.clone(), source };
    // What was broken off before.
    let _ = fs::remove_file(&unfinished);
    let mut copy = Connection::open(&unfinished).map_err(sqlite)?;
    // It is synced as a whole, once it is there; until then nobody needs it.
    copy.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(())).map_err(sqlite)?;
    copy.pragma_update(None, "synchronous", "OFF").map_err(sqlite)?;
    let page_bytes = number(connection, "page_size").map_err(sqlite)?;
    {
        let copying = Copying::new(connection, &mut copy).map_err(sqlite)?;
        let mut remaining: Option<i32> = None;
        loop {
            let stepped = copying.step(PAGES_AT_ONCE).map_err(sqlite)?;
            let progress = copying.progress();
            let before = remaining.unwrap_or(progress.pagecount);
            let pages = u64::try_from(before - progress.remaining).unwrap_or_default();
            remaining = Some(progress.remaining);
            meter.add(pages * page_bytes)?;
            match stepped {
                StepResult::Done => break,
                StepResult::More => {}
                _ => std::thread::sleep(BUSY_WAIT),
            }
        }
    }
    copy.close().map_err(|(_, source)| sqlite(source))?;
    settle_copy(&unfinished)?;
    File::open(&unfinished).and_then(|file| file.sync_all()).map_err(io(&unfinished))?;
    let (bytes, checksum) = disk::sum(&unfinished, meter)?;
    fs::rename(&unfinished, &path).map_err(io(&path))?;
    disk::sync_directory(directory)?;
    Ok(BackupFile { file: name, place: FILE.to_owned(), bytes, checksum })
}

/// Makes of a copy one file by itself, and checks it.
fn settle_copy(path: &Path) -> Result<()> {
    let sqlite = |source| BackupError::Database { path: path.to_owned(), source };
    let damaged = |problem| BackupError::Damaged { path: path.to_owned(), problem };
    let copy = Connection::open(path).map_err(sqlite)?;
    // The copy says that it has a log, as the database does; reading shows that to the connection.
    let read = copy.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()));
    read.map_err(sqlite)?;
    let mode =
        copy.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get::<_, String>(0));
    let mode = mode.map_err(sqlite)?;
    if mode != "delete" {
        return Err(damaged(format!("its journal mode stays {mode}")));
    }
    let verdict = copy.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0));
    let verdict = verdict.map_err(sqlite)?;
    if verdict != "ok" {
        return Err(damaged(verdict));
    }
    copy.close().map_err(|(_, source)| sqlite(source))
}

/// A number that a database tells of itself.
fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<u64> {
    let number: i64 = connection.pragma_query_value(None, pragma, |row| row.get(0))?;
    Ok(u64::try_from(number).unwrap_or_default())
}

/// A name for the database that the backup before does not have.
fn free_name(directory: &Path, as_of: Moment) -> String {
    let name = |number: u32| format!("{DATABASE_PREFIX}{}-{number}.{EXTENSION}", as_of.as_ms());
    let is_free = |name: &String| !directory.join(name).exists();
    (1..).map(name).find(is_free).unwrap_or_else(|| name(0))
}

/// Removes what the backup does not name: an earlier one's database and files that are merged since.
fn remove_others(directory: &Path, manifest: &BackupManifest) -> Result<()> {
    let named: HashSet<PathBuf> = manifest.files().map(|file| directory.join(&file.file)).collect();
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(io(directory))? {
        let path = entry.map_err(io(directory))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(DATABASE_PREFIX) {
            found.push(path);
        }
    }
    if directory.join(DIRECTORY).is_dir() {
        found.extend(disk::files_below(&directory.join(DIRECTORY))?);
    }
    for path in found.into_iter().filter(|path| !named.contains(path)) {
        fs::remove_file(&path).map_err(io(&path))?;
    }
    Ok(())
}
