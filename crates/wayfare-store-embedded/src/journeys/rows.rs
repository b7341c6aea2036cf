//! Rows that a batch writes, as the database and the log of batches take them.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::change::AppliedEvent;
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::ContactId;
use wayfare_model::session::{Session, Visitor};
use wayfare_model::time::Moment;
use wayfare_store::error::Result;

use crate::row::contact::kept_apart;
use crate::row::{event, session, visitor, write_body, write_count, write_packed_body};
use crate::sql;

/// A row of a visitor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct VisitorRow {
    pub(crate) customer: Key,
    /// As it is after the commit.
    pub(crate) revision: i64,
    pub(crate) contact: Uuid,
    pub(crate) body: String,
}

/// The key of a customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) id_type: String,
    pub(crate) id: String,
}

impl From<&CustomerKey> for Key {
    fn from(key: &CustomerKey) -> Self {
        Self { id_type: key.id_type.clone(), id: key.id.clone() }
    }
}

impl VisitorRow {
    /// The row of a visitor whose revision is the one it was loaded with.
    pub(crate) fn new(model: &Visitor) -> Result<Self> {
        Ok(Self {
            customer: Key::from(&model.customer),
            revision: write_count("visitor", model.revision.saturating_add(1))?,
            contact: model.contact.as_uuid(),
            body: write_body("visitor", &visitor::Body::from(model.clone()))?,
        })
    }

    pub(crate) fn write(&self, connection: &Connection, organisation: Uuid) -> Result<()> {
        // Leaves the index by contact alone, where the contact is the one that is stored.
        const SAME_CONTACT: &str = "UPDATE visitor SET revision = ?4, body = ?6
            WHERE organisation = ?1 AND id_type = ?2 AND customer_id = ?3 AND contact = ?5";
        const SQL: &str = "INSERT INTO visitor
            (organisation, id_type, customer_id, revision, contact, body) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (organisation, id_type, customer_id) DO UPDATE SET
            revision = excluded.revision, contact = excluded.contact, body = excluded.body";
        let Key { id_type, id } = &self.customer;
        let params = params![organisation, id_type, id, self.revision, self.contact, self.body];
        let is_new = self.revision == 1;
        if is_new || sql::execute(connection, SAME_CONTACT, params)? == 0 {
            sql::execute(connection, SQL, params)?;
        }
        Ok(())
    }
}

/// A row of a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SessionRow {
    pub(crate) id: Uuid,
    pub(crate) contact: Uuid,
    pub(crate) started: i64,
    pub(crate) due: Option<i64>,
    pub(crate) body: String,
}

impl SessionRow {
    pub(crate) fn new(model: &Session) -> Result<Self> {
        Ok(Self {
            id: model.id.as_uuid(),
            contact: model.contact.as_uuid(),
            started: model.started.as_ms(),
            due: model.due().map(Moment::as_ms),
            body: write_body("session", &session::Body::from(model.clone()))?,
        })
    }

    pub(crate) fn write(&self, connection: &Connection, organisation: Uuid) -> Result<()> {
        // Leaves the index by contact alone, where contact and beginning are those that are stored.
        const SAME_PLACE: &str = "UPDATE session SET due = ?5, body = ?6
            WHERE organisation = ?1 AND id = ?2 AND contact = ?3 AND started = ?4";
        const SQL: &str = "INSERT INTO session (organisation, id, contact, started, due, body)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (organisation, id) DO UPDATE SET
            contact = excluded.contact, started = excluded.started, due = excluded.due,
            body = excluded.body";
        let Self { id, contact, started, due, body } = self;
        let params = params![organisation, id, contact, started, due, body];
        if sql::execute(connection, SAME_PLACE, params)? == 0 {
            sql::execute(connection, SQL, params)?;
        }
        Ok(())
    }
}

/// A row of an event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EventRow {
    pub(crate) id: Uuid,
    pub(crate) session: Uuid,
    pub(crate) created: i64,
    pub(crate) received: i64,
    /// Packed.
    pub(crate) body: Vec<u8>,
}

impl EventRow {
    pub(crate) fn new(model: AppliedEvent) -> Result<Self> {
        let AppliedEvent { event, session } = model;
        Ok(Self {
            id: event.id.as_uuid(),
            session: session.as_uuid(),
            created: event.created.as_ms(),
            received: event.received.as_ms(),
            body: write_packed_body("event", &event::Body::from(event))?,
        })
    }

    /// Writes it; whether it is new.
    pub(crate) fn write(&self, connection: &Connection, organisation: Uuid) -> Result<bool> {
        const NEW: &str = "INSERT INTO event (organisation, id, session, created, received, body)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (organisation, id) DO NOTHING";
        const AGAIN: &str = "UPDATE event SET session = ?3, created = ?4, received = ?5, body = ?6
            WHERE organisation = ?1 AND id = ?2";
        let Self { id, session, created, received, body } = self;
        let params = params![organisation, id, session, created, received, body];
        let is_new = sql::execute(connection, NEW, params)? == 1;
        if !is_new {
            sql::execute(connection, AGAIN, params)?;
        }
        Ok(is_new)
    }
}

/// A row of a contact.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ContactRow {
    id: Uuid,
    /// As it is after the commit.
    revision: i64,
    created: i64,
    merged_into: Option<Uuid>,
    kept_apart: Option<Vec<u8>>,
}

impl ContactRow {
    /// The row of a contact whose revision is the one it was loaded with.
    pub(crate) fn new(model: &Contact) -> Result<Self> {
        Ok(Self {
            id: model.id.as_uuid(),
            revision: write_count("contact", model.revision.saturating_add(1))?,
            created: model.created.as_ms(),
            merged_into: model.merged_into.map(ContactId::as_uuid),
            kept_apart: kept_apart(model),
        })
    }

    pub(crate) fn write(&self, connection: &Connection, organisation: Uuid) -> Result<()> {
        const SQL: &str = "INSERT INTO contact
            (organisation, id, revision, created, merged_into, kept_apart)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (organisation, id) DO UPDATE SET
            revision = excluded.revision, created = excluded.created,
            merged_into = excluded.merged_into, kept_apart = excluded.kept_apart";
        let Self { id, revision, created, merged_into, kept_apart } = self;
        let params = params![organisation, id, revision, created, merged_into, kept_apart];
        sql::execute(connection, SQL, params).map(|_| ())
    }
}

/// A row of an identifier.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct IdentifierRow {
    customer: Key,
    contact: Uuid,
    home: Uuid,
}

impl IdentifierRow {
    pub(crate) fn new(model: &Identifier) -> Self {
        let (contact, home) = (model.contact.as_uuid(), model.home.as_uuid());
        Self { customer: Key::from(&model.customer), contact, home }
    }

    pub(crate) fn write(&self, connection: &Connection, organisation: Uuid) -> Result<()> {
        const SQL: &str = "INSERT INTO identifier
            (organisation, id_type, customer_id, contact, home)
            VALUES (?, ?, ?, ?, ?) ON CONFLICT (organisation, id_type, customer_id) DO UPDATE SET
            contact = excluded.contact, home = excluded.home";
        let Key { id_type, id } = &self.customer;
        let params = params![organisation, id_type, id, self.contact, self.home];
        sql::execute(connection, SQL, params).map(|_| ())
    }
}
