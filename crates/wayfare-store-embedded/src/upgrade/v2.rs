//! Version 2: merges of contacts can be undone.

use rusqlite::Transaction;

/// Adds to identifiers where they belong by themselves, and to contacts whom they are kept apart
/// from. Of merges from before, nothing is known: what they joined belongs where it is.
pub(super) fn apply(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(include_str!("v2.sql"))
}
