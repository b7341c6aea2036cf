//! Version 7: the log of batches.

use rusqlite::Transaction;

/// Makes what the database knows of the log. The step after this one, if it changes a table that
/// batches go to, must say what becomes of batches that are in the log only.
pub(super) fn apply(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(include_str!("v7.sql"))
}
