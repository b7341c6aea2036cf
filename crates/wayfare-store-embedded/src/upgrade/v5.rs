//! Version 5: customers can be deleted.

use rusqlite::Transaction;

/// Makes room for deletions that are under way.
pub(super) fn apply(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(include_str!("v5.sql"))
}
