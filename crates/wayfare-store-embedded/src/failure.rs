//! What SQLite says, in the words of the seam.

use rusqlite::ErrorCode;
use wayfare_store::Error;

/// The error of a statement that failed before anything was committed.
pub(crate) fn failed(context: impl Into<String>, error: rusqlite::Error) -> Error {
    let context = context.into();
    if is_damage(&error) {
        return Error::Corrupt { context: format!("{context}: {error}") };
    }
    Error::Unavailable { context, source: Box::new(error) }
}

/// Whether there was no room on the disk.
pub(crate) fn is_full(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<rusqlite::Error>() {
            return error.sqlite_error_code() == Some(ErrorCode::DiskFull);
        }
        cause = error.source();
    }
    false
}

/// The answer once the store was closed.
pub(crate) fn closed() -> Error {
    Error::Unavailable { context: "the store is closed".to_owned(), source: "closed".into() }
}

/// Whether the file or a value in it is damaged, rather than the disk full or the like.
fn is_damage(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => {
            matches!(failure.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        }
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..) => true,
        _ => false,
    }
}
