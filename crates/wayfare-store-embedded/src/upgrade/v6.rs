//! Version 6: the change log.

use rusqlite::Transaction;

/// Makes the change log. It begins empty: of changes from before, nothing is told.
pub(super) fn apply(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(include_str!("v6.sql"))
}
