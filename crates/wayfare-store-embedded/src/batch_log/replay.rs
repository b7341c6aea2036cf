//! Putting into the database what the process before did not get to.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};
use wayfare_store::Error;
use wayfare_store::error::Result;

use super::batch::BatchRows;
use super::file::BatchFiles;
use super::record;
use crate::facts::Live;
use crate::failure::failed;
use crate::row::Stored;
use crate::sql;

/// What the database knows of the log.
struct Known {
    salt: u64,
    /// The number of the last batch it has.
    applied: u64,
}

/// The log of a data directory, its files empty.
pub(crate) struct Replayed {
    pub(crate) files: BatchFiles,
    /// The number of the last batch.
    pub(crate) sequence: u64,
    /// How many batches were put into the database now.
    pub(crate) batches: usize,
}

/// Puts the batches that are in the log only into the database, and empties the log. `live` knows the
/// files of facts; the facts in memory are to be read afterwards.
///
/// # Errors
/// When a file cannot be read, or the log does not follow what the database has.
pub(crate) fn replay(
    directory: &Path,
    connection: &mut Connection,
    live: &Live,
) -> Result<Replayed> {
    let Known { salt, applied } = known(connection)?;
    let unreadable = |error| Error::Unavailable {
        context: "reading the log of batches".to_owned(),
        source: Box::new(error),
    };
    let files = BatchFiles::open(directory, salt).map_err(unreadable)?;
    let content = files.content().map_err(unreadable)?;
    let [mut first, mut second] = content.each_ref().map(|bytes| record::read(bytes, salt));
    if first.first().map(|it| it.sequence) > second.first().map(|it| it.sequence) {
        std::mem::swap(&mut first, &mut second);
    }
    let failed = |error| failed("replaying the log of batches", error);
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let (mut sequence, mut batches) = (applied, 0);
    for record in first.into_iter().chain(second).filter(|it| it.sequence > applied) {
        if record.sequence != sequence + 1 {
            return Err(Error::Corrupt {
                context: format!(
                    "the log of batches goes on with batch {} where the database has those up to \
                     {sequence}: they are not of the same moment",
                    record.sequence
                ),
            });
        }
        BatchRows::read(record.batch)?.replay(&transaction, live)?;
        sequence = record.sequence;
        batches += 1;
    }
    if batches > 0 {
        note_applied(&transaction, sequence)?;
    }
    // Synced, since nobody has told SQLite otherwise yet.
    transaction.commit().map_err(failed)?;
    files.clear().map_err(unreadable)?;
    Ok(Replayed { files, sequence, batches })
}

fn known(connection: &Connection) -> Result<Known> {
    let known = sql::first(connection, "SELECT salt, applied FROM batch_log", (), |row| {
        let stored = Stored::new("batch_log", 0, row);
        Ok(Known { salt: stored.get::<i64>(0)?.cast_unsigned(), applied: stored.count(1)? })
    })?;
    known.ok_or_else(|| Error::Corrupt { context: "table batch_log is empty".to_owned() })
}

/// Notes within a transaction which batch is the last that the database has.
pub(crate) fn note_applied(connection: &Connection, sequence: u64) -> Result<()> {
    let sequence = crate::row::write_count("batch_log", sequence)?;
    sql::execute(connection, "UPDATE batch_log SET applied = ?", [sequence]).map(|_| ())
}
