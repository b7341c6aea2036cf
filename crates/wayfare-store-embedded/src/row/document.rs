//! Rows of documents. Their bodies belong to whoever writes them.

use rusqlite::Row;
use wayfare_store::documents::Document;
use wayfare_store::error::Result;

use super::Stored;

/// Reads the columns `id, version, written, expires, body`.
pub(crate) fn read(row: &Row<'_>) -> Result<Document> {
    let stored = Stored::new("document", 1, row);
    let expires: Option<i64> = stored.get(3)?;
    Ok(Document {
        id: stored.id(0)?,
        version: stored.count(1)?,
        written: stored.moment(2)?,
        expires: expires.map(wayfare_model::time::Moment::from_ms),
        body: stored.get(4)?,
    })
}
