//! Running statements. Every statement is prepared once per connection and kept.

use rusqlite::{Connection, Params, Row};
use wayfare_store::Error;
use wayfare_store::error::Result;

use crate::failure::failed;

/// Runs a statement that changes rows; gives how many.
pub(crate) fn execute(connection: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    let run = || connection.prepare_cached(sql)?.execute(params);
    run().map_err(|error| in_statement(sql, error))
}

/// All rows of a query, each read by `read`.
pub(crate) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut answer = Vec::new();
    each(connection, sql, params, |row| {
        answer.push(read(row)?);
        Ok(())
    })?;
    Ok(answer)
}

/// Calls `visit` with each row of a query.
pub(crate) fn each(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut visit: impl FnMut(&Row<'_>) -> Result<()>,
) -> Result<()> {
    each_until(connection, sql, params, |row| visit(row).map(|()| false))
}

/// Calls `visit` with each row of a query, until it says that it is enough.
pub(crate) fn each_until(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut visit: impl FnMut(&Row<'_>) -> Result<bool>,
) -> Result<()> {
    let failed = |error| in_statement(sql, error);
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query(params).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        if visit(row)? {
            break;
        }
    }
    Ok(())
}

/// The first row of a query.
pub(crate) fn first<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let failed = |error| in_statement(sql, error);
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query(params).map_err(failed)?;
    rows.next().map_err(failed)?.map(read).transpose()
}

/// Whether a query has a row.
pub(crate) fn exists(connection: &Connection, sql: &str, params: impl Params) -> Result<bool> {
    first(connection, sql, params, |_| Ok(())).map(|row| row.is_some())
}

/// A limit as SQLite takes one.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn in_statement(sql: &str, error: rusqlite::Error) -> Error {
    failed(format!("statement '{sql}'"), error)
}
