//! Opening connections, and what is set on each.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// The file in the data directory.
pub(crate) const FILE: &str = "journey.sqlite";

/// Kept statements per connection: more than there are.
const STATEMENTS_KEPT: usize = 128;
/// Nobody else writes; only a checkpoint or a backup program can make a connection wait.
pub(crate) const BUSY_WAIT: Duration = Duration::from_secs(10);
/// Bytes of a page of a new database. An event changes a few rows here and there, and each changed
/// page is written whole, twice: small pages cost least. A session, of some 2 KiB, still fits.
const PAGE_BYTES: i64 = 4_096;
/// Pages in the log before they are carried over to the database: 16 MiB, so that pages which many
/// batches touch are carried over once, and a disk that is slow to write them makes other syncs wait
/// for tens of milliseconds, not for hundreds.
pub(crate) const CHECKPOINT_PAGES: i32 = 4_096;
/// Bytes the log may keep on disk when it is empty.
const LOG_BYTES_KEPT: i64 = 128 * 1024 * 1024;
/// KiB of pages that the writer keeps in memory.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
/// KiB of pages that each reader keeps in memory.
const READER_CACHE_KIB: i64 = 16 * 1024;

/// The connection that writes.
pub(crate) fn writer(directory: &Path) -> rusqlite::Result<Connection> {
    let connection = open(directory, OpenFlags::SQLITE_OPEN_CREATE)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // In WAL mode only FULL syncs the log at every commit: an answered commit survives power loss.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES_KEPT, |_| Ok(()))?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    // What is deleted or replaced is overwritten with zeros: whoever is deleted leaves no trace.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    Ok(connection)
}

/// A connection that only reads.
pub(crate) fn reader(directory: &Path) -> rusqlite::Result<Connection> {
    // Not opened read-only: a reader of a WAL database takes part in its shared memory.
    let connection = open(directory, OpenFlags::empty())?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(connection)
}

fn open(directory: &Path, more: OpenFlags) -> rusqlite::Result<Connection> {
    // Each connection is used by one thread at a time, so SQLite need not lock it.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let connection = Connection::open_with_flags(directory.join(FILE), flags)?;
    connection.busy_timeout(BUSY_WAIT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // A statement keeps its plan whatever is bound to it: else SQLite plans some of them anew at
    // every run.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A damaged or hostile schema must not run functions or read freed pages.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}
