//! The open database: the writer, the readers and the lock on the directory.

use std::fs::File;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;
use wayfare_store::error::Result;

use crate::readers::Readers;
use crate::writer::Writer;

/// The open database. The traits of the seam are implemented on it.
///
/// The fields are dropped in their order: the lock goes last.
pub(crate) struct Database {
    readers: Readers,
    writer: Writer,
    lock: Mutex<Option<File>>,
}

impl Database {
    pub(crate) fn new(readers: Readers, writer: Writer, lock: File) -> Self {
        Self { readers, writer, lock: Mutex::new(Some(lock)) }
    }

    /// Runs `work` on one snapshot of the database.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.readers.read(work).await
    }

    /// Runs `work` in a transaction and answers when it is durable.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.writer.write(work).await
    }

    /// Ends what is under way, carries the log over and gives the directory free.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
