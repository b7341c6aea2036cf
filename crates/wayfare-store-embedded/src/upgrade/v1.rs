//! Version 1: the fresh schema.

use rusqlite::Transaction;

/// Makes the tables in an empty database.
pub(super) fn apply(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(include_str!("v1.sql"))
}
