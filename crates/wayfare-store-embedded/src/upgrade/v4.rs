//! Version 4: packed events, which can be forgotten.

use rusqlite::Transaction;

/// Lets bodies of events be packed; those that are there stay as they are. Makes room for the ids of
/// events that are forgotten, and for the sums that tell when some must be.
pub(super) fn apply(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(include_str!("v4.sql"))
}
