//! What the product runs on, as far as those who run it ask about it.

use std::path::{Path, PathBuf};
use std::pin::Pin;

use wayfare_model::metrics::Family;
use wayfare_model::time::Moment;

use crate::health::Trouble;

/// What comes back later.
pub type Later<'host, T> = Pin<Box<dyn Future<Output = T> + Send + 'host>>;

/// Told how far a backup is: bytes done, bytes in all.
pub type Tell = Box<dyn FnMut(u64, u64) + Send>;

/// The machine, the process and the store under the product. Its methods may block for as long as a
/// look at the file system takes.
pub trait Host: Send + Sync {
    /// What is measured of it.
    fn metrics(&self) -> Vec<Family>;

    /// What is wrong with it.
    fn troubles(&self) -> Vec<Trouble>;

    /// Whether a backup into this directory is asked for, by a file in it, with this text.
    fn is_requested(&self, directory: &Path, request: &str) -> bool;

    /// Takes a backup of everything that was answered before `as_of`, while everything goes on.
    ///
    /// # Errors
    /// Why there is none, for people; an earlier one in the directory is as it was.
    fn backup(
        &self,
        directory: PathBuf,
        as_of: Moment,
        tell: Tell,
    ) -> Later<'_, Result<BackupDone, String>>;
}

/// A backup that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupDone {
    /// Bytes of all its files.
    pub bytes: u64,
    /// Its fact files.
    pub fact_files: u64,
    /// Fact files that were not there from an earlier backup.
    pub files_added: u64,
    /// Bytes that were not there from an earlier backup.
    pub bytes_added: u64,
    /// The version of the database in it.
    pub schema_version: i64,
}

/// Nothing that one could ask about.
#[derive(Debug, Clone, Copy)]
pub struct NoHost;

impl Host for NoHost {
    fn metrics(&self) -> Vec<Family> {
        Vec::new()
    }

    fn troubles(&self) -> Vec<Trouble> {
        Vec::new()
    }

    fn is_requested(&self, _: &Path, _: &str) -> bool {
        false
    }

    fn backup(&self, _: PathBuf, _: Moment, _: Tell) -> Later<'_, Result<BackupDone, String>> {
        Box::pin(async { Err("there is nothing to take a backup of".to_owned()) })
    }
}
