//! Stored rows by noun: what a row's body is, and how rows become values.
//!
//! Bodies are JSON of types of this crate. Their field names are stored and never change their
//! meaning; a field that is not known is passed over, and one that is absent is `None`, so that
//! versions can add fields. `tests/golden` holds one body of each kind. Bodies of events are packed.

mod mirror;

pub(crate) mod assignment;
pub(crate) mod change;
pub(crate) mod contact;
pub(crate) mod customer;
pub(crate) mod document;
pub(crate) mod event;
pub(crate) mod fact;
pub(crate) mod packed;
pub(crate) mod progress;
pub(crate) mod session;
pub(crate) mod visit;
pub(crate) mod visitor;

use std::fmt::{Display, Write};

use rusqlite::Row;
use rusqlite::types::{FromSql, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use wayfare_model::time::Moment;
use wayfare_store::Error;
use wayfare_store::error::Result;

/// A row being read, which can say where the damage is.
pub(crate) struct Stored<'r> {
    table: &'static str,
    /// How many of the first columns are the row's key.
    key_columns: usize,
    row: &'r Row<'r>,
}

impl<'r> Stored<'r> {
    pub(crate) const fn new(table: &'static str, key_columns: usize, row: &'r Row<'r>) -> Self {
        Self { table, key_columns, row }
    }

    /// The value of a column.
    pub(crate) fn get<T: FromSql>(&self, column: usize) -> Result<T> {
        self.row.get(column).map_err(|error| self.damaged(error))
    }

    /// The id in a column.
    pub(crate) fn id(&self, column: usize) -> Result<Uuid> {
        self.get(column)
    }

    /// The moment in a column.
    pub(crate) fn moment(&self, column: usize) -> Result<Moment> {
        self.get(column).map(Moment::from_ms)
    }

    /// The count in a column.
    pub(crate) fn count<T: TryFrom<i64>>(&self, column: usize) -> Result<T> {
        let stored: i64 = self.get(column)?;
        T::try_from(stored).map_err(|_| self.damaged(format_args!("{stored} is no count")))
    }

    /// The body in a column.
    pub(crate) fn body<T: DeserializeOwned>(&self, column: usize) -> Result<T> {
        let stored = self.row.get_ref(column).map_err(|error| self.damaged(error))?;
        let text = stored.as_bytes().map_err(|error| self.damaged(error))?;
        serde_json::from_slice(text).map_err(|error| self.damaged(error))
    }

    /// The body in a column, packed or, as older versions wrote it, not.
    pub(crate) fn packed_body<T: DeserializeOwned>(&self, column: usize) -> Result<T> {
        match self.row.get_ref(column).map_err(|error| self.damaged(error))? {
            ValueRef::Blob(packed) => {
                let text = packed::unpack(packed).map_err(|error| self.damaged(error))?;
                serde_json::from_slice(&text).map_err(|error| self.damaged(error))
            }
            _ => self.body(column),
        }
    }

    /// The error for a row that cannot be read.
    pub(crate) fn damaged(&self, problem: impl Display) -> Error {
        Error::Corrupt { context: format!("table {}, key {}: {problem}", self.table, self.key()) }
    }

    fn key(&self) -> String {
        let mut key = String::new();
        for column in 0..self.key_columns {
            let separator = if column == 0 { "" } else { "/" };
            let written = match self.row.get_ref(column) {
                Ok(ValueRef::Blob(bytes)) => match Uuid::from_slice(bytes) {
                    Ok(id) => write!(key, "{separator}{id}"),
                    Err(_) => write!(key, "{separator}{bytes:02x?}"),
                },
                Ok(ValueRef::Text(text)) => {
                    write!(key, "{separator}{}", String::from_utf8_lossy(text))
                }
                Ok(ValueRef::Integer(number)) => write!(key, "{separator}{number}"),
                _ => write!(key, "{separator}?"),
            };
            // Writing to a text cannot fail.
            debug_assert!(written.is_ok());
        }
        key
    }
}

/// The text of a body.
pub(crate) fn write_body(table: &'static str, body: &impl Serialize) -> Result<String> {
    serde_json::to_string(body).map_err(|error| Error::Unavailable {
        context: format!("writing a body for table {table}"),
        source: Box::new(error),
    })
}

/// The bytes of a packed body.
pub(crate) fn write_packed_body(table: &'static str, body: &impl Serialize) -> Result<Vec<u8>> {
    packed::pack(&write_body(table, body)?).map_err(|error| Error::Unavailable {
        context: format!("packing a body for table {table}"),
        source: Box::new(error),
    })
}

/// A count as SQLite takes one.
///
/// # Errors
/// [`Error::Unavailable`] beyond the range of SQLite's integers.
pub(crate) fn write_count(table: &'static str, count: u64) -> Result<i64> {
    i64::try_from(count).map_err(|error| Error::Unavailable {
        context: format!("writing the count {count} to table {table}"),
        source: Box::new(error),
    })
}
