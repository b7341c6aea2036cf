//! Version 3: facts in files.

use rusqlite::Transaction;

/// Gives the facts that are in no file another key, and makes the manifest of files.
pub(super) fn apply(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(include_str!("v3.sql"))
}
