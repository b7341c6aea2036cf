//! The manifest: which files there are. A file counts from the moment it has a row here.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use uuid::Uuid;
use wayfare_model::time::Moment;
use wayfare_store::error::Result;

use super::file::{Bounds, FactKey, Written};
use super::filter::IdFilter;
use crate::row::{Stored, write_count};
use crate::sql;

/// Where the facts of a file come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Of what happened here.
    Own,
    /// Of another place, by an import.
    Imported,
}

impl Origin {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Imported => "imported",
        }
    }
}

/// A file as the manifest has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its path below the directory of facts.
    pub(crate) name: String,
    pub(crate) origin: Origin,
    pub(crate) written: Written,
}

/// A file of the manifest.
pub(crate) struct Listed {
    pub(crate) organisation: Uuid,
    pub(crate) id: i64,
    pub(crate) entry: Entry,
    pub(crate) filter: Option<IdFilter>,
}

/// All files, in the order they were made.
pub(crate) fn list(connection: &Connection) -> Result<Vec<Listed>> {
    const SQL: &str = "SELECT id, organisation, name, origin, row_count, emitted_min, emitted_max,
        happened_min, happened_max, bytes, checksum, ids FROM fact_file ORDER BY id";
    sql::all(connection, SQL, (), |row| {
        let stored = Stored::new("fact_file", 1, row);
        let origin: String = stored.get(3)?;
        let origin = match origin.as_str() {
            "own" => Origin::Own,
            "imported" => Origin::Imported,
            _ => return Err(stored.damaged(format_args!("unknown origin '{origin}'"))),
        };
        let filter: Option<Vec<u8>> = stored.get(11)?;
        let filter = filter
            .map(|bytes| IdFilter::from_bytes(&bytes).ok_or_else(|| stored.damaged("no filter")))
            .transpose()?;
        let written = Written {
            rows: stored.count(4)?,
            emitted: Bounds { min: stored.get(5)?, max: stored.get(6)? },
            happened: Bounds { min: stored.get(7)?, max: stored.get(8)? },
            bytes: stored.count(9)?,
            checksum: stored.count(10)?,
        };
        let entry = Entry { name: stored.get(2)?, origin, written };
        Ok(Listed { organisation: stored.id(1)?, id: stored.get(0)?, entry, filter })
    })
}

/// The names of all files, of all organisations.
pub(crate) fn names(connection: &Connection) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    sql::each(connection, "SELECT name FROM fact_file", (), |row| {
        names.insert(Stored::new("fact_file", 1, row).get(0)?);
        Ok(())
    })?;
    Ok(names)
}

/// A file of the manifest, for whoever copies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ManifestEntry {
    /// Its path below the directory of facts.
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// The CRC-32 of its bytes.
    pub(crate) checksum: u32,
}

/// All files, for whoever copies them.
pub(crate) fn entries(connection: &Connection) -> Result<Vec<ManifestEntry>> {
    let entry = |listed: Listed| ManifestEntry {
        name: listed.entry.name,
        bytes: listed.entry.written.bytes,
        checksum: listed.entry.written.checksum,
    };
    Ok(list(connection)?.into_iter().map(entry).collect())
}

/// Makes a file count; gives its id.
pub(crate) fn insert(
    connection: &Connection,
    organisation: Uuid,
    entry: &Entry,
    filter: Option<&IdFilter>,
) -> Result<i64> {
    const SQL: &str = "INSERT INTO fact_file (organisation, name, origin, row_count, emitted_min,
        emitted_max, happened_min, happened_max, bytes, checksum, ids)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let Written { rows, emitted, happened, bytes, checksum } = entry.written;
    let params = params![
        organisation,
        entry.name,
        entry.origin.as_str(),
        write_count("fact_file", rows)?,
        emitted.min,
        emitted.max,
        happened.min,
        happened.max,
        write_count("fact_file", bytes)?,
        checksum,
        filter.map(IdFilter::to_bytes),
    ];
    sql::execute(connection, SQL, params)?;
    let file = connection.last_insert_rowid();
    // When a transaction is undone, the next file gets the id of one that never counted.
    sql::execute(connection, "DELETE FROM fact_superseded WHERE file = ?", [file])?;
    Ok(file)
}

/// Takes a file out, and what is known of its facts.
pub(crate) fn remove(connection: &Connection, file: i64) -> Result<()> {
    sql::execute(connection, "DELETE FROM fact_file_import WHERE file = ?", [file])?;
    sql::execute(connection, "DELETE FROM fact_superseded WHERE file = ?", [file])?;
    sql::execute(connection, "DELETE FROM fact_file WHERE id = ?", [file]).map(|_| ())
}

/// Notes that a fact of a file was replaced or removed. Whether the file has it need not be certain.
pub(crate) fn supersede(connection: &Connection, file: i64, id: Uuid) -> Result<()> {
    const SQL: &str = "INSERT INTO fact_superseded (file, id) VALUES (?, ?) ON CONFLICT DO NOTHING";
    sql::execute(connection, SQL, params![file, id]).map(|_| ())
}

/// The facts of a file that were replaced or removed.
pub(crate) fn superseded(connection: &Connection, file: i64) -> Result<Vec<FactKey>> {
    const SQL: &str = "SELECT id FROM fact_superseded WHERE file = ?";
    sql::all(connection, SQL, [file], |row| {
        Stored::new("fact_superseded", 1, row).id(0).map(Uuid::into_bytes)
    })
}

/// Forgets superseded facts of files that are not there. A file's id is known before it counts, and
/// facts are noted for it when its transaction is undone too.
pub(crate) fn sweep_superseded(connection: &Connection) -> Result<()> {
    const SQL: &str = "DELETE FROM fact_superseded WHERE file NOT IN (SELECT id FROM fact_file)";
    sql::execute(connection, SQL, ()).map(|_| ())
}

/// What was imported under this digest: how many facts.
pub(crate) fn imported(
    connection: &Connection,
    organisation: Uuid,
    digest: &[u8],
) -> Result<Option<u64>> {
    const SQL: &str = "SELECT row_count FROM fact_import WHERE organisation = ? AND digest = ?";
    sql::first(connection, SQL, params![organisation, digest], |row| {
        Stored::new("fact_import", 0, row).count(0)
    })
}

/// Notes an import.
pub(crate) fn note_import(
    connection: &Connection,
    organisation: Uuid,
    digest: &[u8],
    name: &str,
    imported_ms: i64,
    rows: u64,
) -> Result<()> {
    const SQL: &str = "INSERT INTO fact_import (organisation, digest, name, imported, row_count)
        VALUES (?, ?, ?, ?, ?)";
    let rows = write_count("fact_import", rows)?;
    let params = params![organisation, digest, name, imported_ms, rows];
    sql::execute(connection, SQL, params).map(|_| ())
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    /// Of the content.
    pub(crate) digest: Vec<u8>,
    /// What the file was called.
    pub(crate) name: String,
    /// When.
    pub(crate) imported: Moment,
}

/// All imports of an organisation.
pub(crate) fn imports(connection: &Connection, organisation: Uuid) -> Result<Vec<Import>> {
    const SQL: &str = "SELECT digest, name, imported FROM fact_import
        WHERE organisation = ? ORDER BY imported, name";
    sql::all(connection, SQL, [organisation], |row| {
        let stored = Stored::new("fact_import", 0, row);
        let imported = Moment::from_ms(stored.get(2)?);
        Ok(Import { digest: stored.get(0)?, name: stored.get(1)?, imported })
    })
}

/// Forgets an import: the same content may be imported again.
pub(crate) fn forget_import(
    connection: &Connection,
    organisation: Uuid,
    digest: &[u8],
) -> Result<()> {
    const SQL: &str = "DELETE FROM fact_import WHERE organisation = ? AND digest = ?";
    sql::execute(connection, SQL, params![organisation, digest]).map(|_| ())
}

/// Notes that a file has facts of an import.
pub(crate) fn note_origin(connection: &Connection, file: i64, digest: &[u8]) -> Result<()> {
    const SQL: &str =
        "INSERT INTO fact_file_import (file, digest) VALUES (?, ?) ON CONFLICT DO NOTHING";
    sql::execute(connection, SQL, params![file, digest]).map(|_| ())
}

/// By file, the imports whose facts an organisation's files have.
pub(crate) fn origins(connection: &Connection, organisation: Uuid) -> Result<Vec<(i64, Vec<u8>)>> {
    const SQL: &str = "SELECT file, digest FROM fact_file_import
        JOIN fact_file ON fact_file.id = file WHERE organisation = ? ORDER BY file, digest";
    sql::all(connection, SQL, [organisation], |row| {
        let stored = Stored::new("fact_file_import", 0, row);
        Ok((stored.get(0)?, stored.get(1)?))
    })
}

/// The imports whose facts a file has.
pub(crate) fn origins_of(connection: &Connection, file: i64) -> Result<Vec<Vec<u8>>> {
    const SQL: &str = "SELECT digest FROM fact_file_import WHERE file = ? ORDER BY digest";
    sql::all(connection, SQL, [file], |row| Stored::new("fact_file_import", 0, row).get(0))
}
