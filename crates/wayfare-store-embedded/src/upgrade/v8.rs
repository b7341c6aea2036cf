//! Version 8: which imports the facts of a file are of.

use rusqlite::Transaction;

/// Makes the table, and takes every import for one that all files may have facts of.
pub(super) fn apply(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(include_str!("v8.sql"))
}
