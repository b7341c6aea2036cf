//! Versioned documents.

use async_trait::async_trait;
use rusqlite::{Connection, params};
use uuid::Uuid;
use wayfare_model::id::OrganisationId;
use wayfare_model::time::Moment;
use wayfare_store::Error;
use wayfare_store::documents::{Document, Documents, Kind};
use wayfare_store::error::Result;

use crate::database::Database;
use crate::row::Stored;
use crate::row::document::read;
use crate::sql;

#[async_trait]
impl Documents for Database {
    async fn insert(
        &self,
        organisation: OrganisationId,
        kind: Kind,
        document: Document,
    ) -> Result<()> {
        self.write(move |connection| insert(connection, organisation, kind, &document)).await
    }

    async fn insert_all(
        &self,
        organisation: OrganisationId,
        documents: Vec<(Kind, Document)>,
    ) -> Result<()> {
        self.write(move |connection| {
            documents
                .iter()
                .try_for_each(|(kind, document)| insert(connection, organisation, *kind, document))
        })
        .await
    }

    async fn fetch(
        &self,
        organisation: OrganisationId,
        kind: Kind,
        id: Uuid,
    ) -> Result<Option<Document>> {
        const SQL: &str = "SELECT id, version, written, expires, body FROM document
            WHERE organisation = ? AND kind = ? AND id = ?";
        self.read_other(move |connection| {
            sql::first(connection, SQL, params![organisation.as_uuid(), kind.as_str(), id], read)
        })
        .await
    }

    async fn locate(&self, kind: Kind, id: Uuid) -> Result<Option<(OrganisationId, Document)>> {
        const SQL: &str = "SELECT id, version, written, expires, body, organisation FROM document
            WHERE kind = ? AND id = ? ORDER BY organisation LIMIT 1";
        self.read_other(move |connection| {
            sql::first(connection, SQL, params![kind.as_str(), id], |row| {
                let organisation = Stored::new("document", 1, row).id(5)?;
                Ok((OrganisationId::from_uuid(organisation), read(row)?))
            })
        })
        .await
    }

    async fn list(
        &self,
        organisation: OrganisationId,
        kind: Kind,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Document>> {
        // An empty blob comes before every id.
        const SQL: &str = "SELECT id, version, written, expires, body FROM document
            WHERE organisation = ? AND kind = ? AND id > coalesce(?, x'') ORDER BY id LIMIT ?";
        self.read_other(move |connection| {
            let params = params![organisation.as_uuid(), kind.as_str(), after, sql::limit(limit)];
            sql::all(connection, SQL, params, read)
        })
        .await
    }

    async fn organisations(
        &self,
        after: Option<OrganisationId>,
        limit: usize,
    ) -> Result<Vec<OrganisationId>> {
        const SQL: &str = "SELECT id FROM document
            WHERE kind = ? AND id > coalesce(?, x'') AND organisation = id ORDER BY id LIMIT ?";
        self.read_other(move |connection| {
            let after = after.map(OrganisationId::as_uuid);
            let params = params![Kind::Organisation.as_str(), after, sql::limit(limit)];
            sql::all(connection, SQL, params, |row| {
                Stored::new("document", 1, row).id(0).map(OrganisationId::from_uuid)
            })
        })
        .await
    }

    async fn replace(
        &self,
        organisation: OrganisationId,
        kind: Kind,
        expected: u32,
        document: Document,
    ) -> Result<()> {
        self.write(move |connection| replace(connection, organisation, kind, expected, &document))
            .await
    }

    async fn remove(&self, organisation: OrganisationId, kind: Kind, id: Uuid) -> Result<()> {
        self.write(move |connection| {
            if remove(connection, organisation, kind, id)? { Ok(()) } else { Err(Error::NotFound) }
        })
        .await
    }

    async fn remove_all(
        &self,
        organisation: OrganisationId,
        documents: Vec<(Kind, Uuid)>,
    ) -> Result<()> {
        self.write(move |connection| {
            for (kind, id) in documents {
                remove(connection, organisation, kind, id)?;
            }
            Ok(())
        })
        .await
    }

    async fn history(
        &self,
        organisation: OrganisationId,
        kind: Kind,
        id: Uuid,
        after: u32,
        limit: usize,
    ) -> Result<Vec<Document>> {
        const SQL: &str = "SELECT id, version, written, NULL, body FROM document_history
            WHERE organisation = ? AND kind = ? AND id = ? AND version > ?
            ORDER BY version LIMIT ?";
        self.read_other(move |connection| {
            let limit = sql::limit(limit);
            let params = params![organisation.as_uuid(), kind.as_str(), id, after, limit];
            sql::all(connection, SQL, params, read)
        })
        .await
    }

    async fn sweep_expired(&self, now: Moment) -> Result<u64> {
        const SQL: &str = "DELETE FROM document WHERE expires <= ?";
        self.write(move |connection| {
            let removed = sql::execute(connection, SQL, [now.as_ms()])?;
            Ok(u64::try_from(removed).unwrap_or(u64::MAX))
        })
        .await
    }
}

fn insert(
    connection: &Connection,
    organisation: OrganisationId,
    kind: Kind,
    document: &Document,
) -> Result<()> {
    const SQL: &str = "INSERT INTO document
        (organisation, kind, id, version, written, expires, body)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    let params = params![
        organisation.as_uuid(),
        kind.as_str(),
        document.id,
        document.version,
        document.written.as_ms(),
        document.expires.map(Moment::as_ms),
        document.body,
    ];
    if sql::execute(connection, SQL, params)? == 0 {
        return Err(Error::AlreadyExists);
    }
    remember(connection, organisation, kind, document)
}

fn replace(
    connection: &Connection,
    organisation: OrganisationId,
    kind: Kind,
    expected: u32,
    document: &Document,
) -> Result<()> {
    const STORED: &str =
        "SELECT id, version FROM document WHERE organisation = ? AND kind = ? AND id = ?";
    const SQL: &str = "UPDATE document SET version = ?, written = ?, expires = ?, body = ?
        WHERE organisation = ? AND kind = ? AND id = ?";
    let key = params![organisation.as_uuid(), kind.as_str(), document.id];
    let stored: Option<u32> =
        sql::first(connection, STORED, key, |row| Stored::new("document", 1, row).count(1))?;
    let stored = stored.ok_or(Error::NotFound)?;
    if stored != expected {
        return Err(Error::Conflict { stored: stored.into(), expected: expected.into() });
    }
    let params = params![
        document.version,
        document.written.as_ms(),
        document.expires.map(Moment::as_ms),
        document.body,
        organisation.as_uuid(),
        kind.as_str(),
        document.id,
    ];
    sql::execute(connection, SQL, params)?;
    remember(connection, organisation, kind, document)
}

/// Removes a document; whether there was one.
pub(crate) fn remove(
    connection: &Connection,
    organisation: OrganisationId,
    kind: Kind,
    id: Uuid,
) -> Result<bool> {
    const SQL: &str = "DELETE FROM document WHERE organisation = ? AND kind = ? AND id = ?";
    let params = params![organisation.as_uuid(), kind.as_str(), id];
    sql::execute(connection, SQL, params).map(|removed| removed > 0)
}

/// Adds a version to the history, unless the document expires.
fn remember(
    connection: &Connection,
    organisation: OrganisationId,
    kind: Kind,
    document: &Document,
) -> Result<()> {
    // An id that was removed and is used again counts its versions anew.
    const SQL: &str = "INSERT OR REPLACE INTO document_history
        (organisation, kind, id, version, written, body) VALUES (?, ?, ?, ?, ?, ?)";
    if document.expires.is_some() {
        return Ok(());
    }
    let params = params![
        organisation.as_uuid(),
        kind.as_str(),
        document.id,
        document.version,
        document.written.as_ms(),
        document.body,
    ];
    sql::execute(connection, SQL, params).map(|_| ())
}
