//! Restoring: everything is put into a folder of the data directory and checked there, then moved to
//! its place, the database last. While that folder is there, nobody opens the data directory.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use wayfare_model::time::Moment;

use super::disk::{self, Meter, io};
use super::manifest::{BackupFile, BackupManifest};
use super::{BackupError, BackupProgress, Result, Tell};
use crate::batch_log;
use crate::connection::FILE;
use crate::facts::{DIRECTORY, manifest_entries};
use crate::open::LOCK;
use crate::upgrade;

/// The folder in which a backup is put and checked.
pub(crate) const RESTORING: &str = "restoring";
/// What the name of a folder begins with that holds what was there before.
const REPLACED: &str = "replaced-";
/// What is moved, in this order: without the last there is no data directory.
const MOVED: [&str; 2] = [DIRECTORY, FILE];

/// A backup that was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What is in it.
    pub manifest: BackupManifest,
    /// Where that is now which was in the data directory before.
    pub replaced: Option<PathBuf>,
}

/// Restores a backup into a data directory that nobody has open. What is there is put aside if
/// `replace` says so; else only an empty directory is taken. When a restore was broken off, the same
/// call finishes it.
///
/// Blocks. `tell` is told how far it is.
///
/// # Errors
/// [`BackupError`]; before everything was checked, what was in the data directory is as it was.
pub fn restore(
    backup: &Path,
    data: &Path,
    replace: bool,
    now: Moment,
    tell: &mut dyn FnMut(BackupProgress),
) -> Result<Restored> {
    let manifest =
        BackupManifest::find(backup)?.ok_or_else(|| BackupError::Nothing(backup.to_owned()))?;
    let known = upgrade::newest();
    if manifest.schema_version > known {
        let (directory, found) = (backup.to_owned(), manifest.schema_version);
        return Err(BackupError::Newer { directory, found, known });
    }
    disk::make_directory(data)?;
    let _lock = lock(data)?;
    let restoring = data.join(RESTORING);
    // It is made only when the directory may be taken: whoever broke off has said so.
    let was_broken_off = restoring.exists();
    if !was_broken_off && !replace && !is_empty(data)? {
        return Err(BackupError::NotEmpty(data.to_owned()));
    }
    if was_broken_off {
        fs::remove_dir_all(&restoring).map_err(io(&restoring))?;
    }
    disk::make_directory(&restoring)?;
    // From here to the end the directory is not opened.
    let mut tell = |progress: BackupProgress| {
        tell(progress);
        true
    };
    if let Err(error) = fill(backup, &restoring, &manifest, &mut tell) {
        // Nothing was moved; the directory is what it was, unless a call before had begun to move.
        if !was_broken_off {
            let _ = fs::remove_dir_all(&restoring);
        }
        return Err(error);
    }
    let replaced = put_aside(data, now)?;
    for name in MOVED {
        let (from, to) = (restoring.join(name), data.join(name));
        if from.exists() {
            fs::rename(&from, &to).map_err(io(&to))?;
        }
    }
    disk::sync_directory(data)?;
    fs::remove_dir(&restoring).map_err(io(&restoring))?;
    disk::sync_directory(data)?;
    Ok(Restored { manifest, replaced })
}

/// Copies a backup's files to their places below a folder, and checks them.
fn fill(backup: &Path, restoring: &Path, manifest: &BackupManifest, tell: Tell<'_>) -> Result<()> {
    let mut meter = Meter::new(manifest.bytes(), tell);
    for file in manifest.files() {
        let (from, to) = (backup.join(&file.file), restoring.join(&file.place));
        if let Some(folder) = to.parent() {
            disk::make_directory(folder)?;
        }
        let mut source = File::open(&from).map_err(io(&from))?;
        let (bytes, checksum) = disk::copy(&mut source, &to, &mut meter)?;
        if (bytes, checksum) != (file.bytes, file.checksum) {
            let problem = format!(
                "it has {bytes} bytes and the checksum {checksum:08x} instead of {} and {:08x}",
                file.bytes, file.checksum
            );
            return Err(BackupError::Damaged { path: from, problem });
        }
        to.parent().map_or(Ok(()), disk::sync_directory)?;
    }
    check_database(&restoring.join(FILE), manifest)
}

/// The database names exactly the fact files that are there, and has the version that the backup
/// says.
fn check_database(path: &Path, manifest: &BackupManifest) -> Result<()> {
    let sqlite = |source| BackupError::Database { path: path.to_owned(), source };
    let damaged = |problem: String| BackupError::Damaged { path: path.to_owned(), problem };
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(sqlite)?;
    let version: i64 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(sqlite)?;
    if version != manifest.schema_version {
        return Err(damaged(format!(
            "it has version {version} instead of {}",
            manifest.schema_version
        )));
    }
    if version < upgrade::FACT_FILES_SINCE {
        return Ok(());
    }
    let entries = manifest_entries(&connection).map_err(|error| damaged(error.to_string()))?;
    let mut named: Vec<_> = entries
        .into_iter()
        .map(|entry| (format!("{DIRECTORY}/{}", entry.name), entry.bytes, entry.checksum))
        .collect();
    let taken = |file: &BackupFile| (file.place.clone(), file.bytes, file.checksum);
    let mut taken: Vec<_> = manifest.facts.iter().map(taken).collect();
    named.sort_unstable();
    taken.sort_unstable();
    if named != taken {
        return Err(damaged("it names other fact files than the backup has".to_owned()));
    }
    Ok(())
}

/// Moves what is in the data directory to a folder beside it; gives the folder, if there was
/// anything.
fn put_aside(data: &Path, now: Moment) -> Result<Option<PathBuf>> {
    let aside = data.join(format!("{REPLACED}{}", now.as_ms()));
    let mut moved = None;
    // The database goes first: without it nobody takes the rest for a data directory.
    let [log, memory] = ["wal", "shm"].map(|ending| format!("{FILE}-{ending}"));
    let batches = batch_log::FILES.map(str::to_owned);
    let names = [FILE.to_owned(), log, memory, DIRECTORY.to_owned()];
    for name in names.into_iter().chain(batches) {
        let from = data.join(&name);
        if from.exists() {
            disk::make_directory(&aside)?;
            let to = aside.join(&name);
            fs::rename(&from, &to).map_err(io(&to))?;
            moved = Some(aside.clone());
        }
    }
    if moved.is_some() {
        disk::sync_directory(&aside)?;
        disk::sync_directory(data)?;
    }
    Ok(moved)
}

/// Whether there is nothing in a directory but what every file system or a lock leaves there.
fn is_empty(data: &Path) -> Result<bool> {
    for entry in fs::read_dir(data).map_err(io(data))? {
        let name = entry.map_err(io(data))?.file_name();
        if name != LOCK && name != "lost+found" {
            return Ok(false);
        }
    }
    Ok(true)
}

fn lock(data: &Path) -> Result<File> {
    let path = data.join(LOCK);
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let file = opened.map_err(io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BackupError::InUse(data.to_owned())),
        Err(TryLockError::Error(source)) => Err(BackupError::Io { path, source }),
    }
}
