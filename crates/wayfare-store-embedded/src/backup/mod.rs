//! Backups of a data directory: taken while it is open, at one consistent point; restored where
//! nothing runs.
//!
//! A backup is a directory with a copy of the database, the fact files that the copy names, and
//! `backup.json` (`manifest.rs`), which is exchanged last and in one step: a backup that is broken
//! off leaves the one before it as it was. Fact files never change, so a second backup into the same
//! directory takes only those that are new.

mod disk;
mod manifest;
mod restore;
mod take;

use std::path::PathBuf;

pub use manifest::{BackupFile, BackupManifest};
pub(crate) use restore::RESTORING;
pub use restore::{Restored, restore};

/// A file that whoever asks for a backup may leave in its directory.
pub const REQUEST_FILE: &str = "backup-request";

/// How far a backup or a restore is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BackupProgress {
    /// Bytes that are written or checked.
    pub bytes_done: u64,
    /// Bytes that there are to be written or checked, as far as that is known.
    pub bytes_total: u64,
}

/// A backup that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// What is in it.
    pub manifest: BackupManifest,
    /// Fact files that were not there from an earlier backup.
    pub files_added: u64,
    /// Bytes of the database's copy and of these files.
    pub bytes_added: u64,
}

/// Why there is no backup, or why it is not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file system refused something.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database refused something.
    #[error("{}: {source}", .path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The directory of the backup holds something that is none.
    #[error("{} is not empty and no backup", .0.display())]
    Foreign(PathBuf),
    /// The backup would be a part of what it is a backup of.
    #[error("{} lies in the data directory", .0.display())]
    Inside(PathBuf),
    /// There is no backup that was finished.
    #[error("there is no backup in {}", .0.display())]
    Nothing(PathBuf),
    /// A file of a backup, or of the data directory, is not what it was when it was written.
    #[error("{}: {problem}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A newer program wrote it.
    #[error("the backup {} has version {found}, this program knows versions up to {known}", .directory.display())]
    Newer {
        /// The backup.
        directory: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// Somebody has the data directory open.
    #[error("the data directory {} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// There is something in the data directory.
    #[error("the data directory {} is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// It was broken off, because the store is being closed.
    #[error("the backup was broken off")]
    Stopped,
}

/// What comes back from a backup or restore.
pub(crate) type Result<T, E = BackupError> = std::result::Result<T, E>;

/// What is told how far it is; it says whether to go on.
pub(crate) type Tell<'t> = &'t mut dyn FnMut(BackupProgress) -> bool;
