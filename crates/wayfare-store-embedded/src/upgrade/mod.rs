//! The version of a database, and the steps that bring an older one to this version.
//!
//! The version is SQLite's `user_version`. One module per step; a step that was ever released is
//! never changed.

mod v1;
mod v2;
mod v3;
mod v4;
mod v5;
mod v6;
mod v7;
mod v8;

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// The steps: the one at index `n` brings version `n` to version `n + 1`.
const STEPS: &[fn(&Transaction<'_>) -> rusqlite::Result<()>] =
    &[v1::apply, v2::apply, v3::apply, v4::apply, v5::apply, v6::apply, v7::apply, v8::apply];

/// The first version in which whatever is deleted is overwritten: free space of older ones may hold
/// what was deleted, so that they are written anew once.
const FIRST_OVERWRITTEN: i64 = 5;

/// The version since which there are fact files.
pub(crate) const FACT_FILES_SINCE: i64 = 3;

/// The newest version.
pub(crate) fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Why a database could not be brought to this version.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A newer program wrote it.
    #[error("version {found} is newer than {known}")]
    Newer {
        /// Its version.
        found: i64,
        /// The newest one that is known.
        known: i64,
    },
    /// SQLite refused something.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}

/// Brings a database to this version, each step in a transaction of its own.
pub(crate) fn run(connection: &mut Connection) -> Result<(), Error> {
    let known = newest();
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(Error::Newer { found, known });
    }
    for (version, step) in (1_i64..).zip(STEPS).filter(|(version, _)| *version > found) {
        if version == FIRST_OVERWRITTEN && found > 0 {
            connection.execute_batch("VACUUM")?;
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step(&transaction)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}
