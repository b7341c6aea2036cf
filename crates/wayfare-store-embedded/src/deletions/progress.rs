//! What is kept while a deletion is under way: whom nothing may name, and what was removed.

use rusqlite::{Connection, params};
use uuid::Uuid;
use wayfare_model::customer::CustomerKey;
use wayfare_model::deletion::Removed;
use wayfare_store::error::Result;

use crate::row::{Stored, write_count};
use crate::sql;

/// What the kind of a key begins with that is a customer's id; the type of the id follows.
const CUSTOMER: &str = "customer/";
/// The kind of a key that is a session's id.
const SESSION: &str = "session";
/// The kind of a key that is a contact's id.
const CONTACT: &str = "contact";

/// Whom facts must not name.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// Customers.
    pub(crate) customers: Vec<CustomerKey>,
    /// Ids of sessions.
    pub(crate) sessions: Vec<Uuid>,
    /// Ids of contacts.
    pub(crate) contacts: Vec<Uuid>,
}

/// The keys of a deletion, each kind in the order of its bytes.
pub(crate) fn keys(connection: &Connection, organisation: Uuid, deletion: Uuid) -> Result<Keys> {
    const SQL: &str = "SELECT kind, key FROM deletion_key WHERE organisation = ? AND deletion = ?
        ORDER BY kind, key";
    let mut keys = Keys::default();
    sql::each(connection, SQL, params![organisation, deletion], |row| {
        let stored = Stored::new("deletion_key", 2, row);
        let (kind, key): (String, String) = (stored.get(0)?, stored.get(1)?);
        match kind.strip_prefix(CUSTOMER) {
            Some(id_type) => keys.customers.push(CustomerKey::new(id_type, key)),
            None => {
                let id = key.parse().map_err(|error: uuid::Error| stored.damaged(error))?;
                if kind == CONTACT { keys.contacts.push(id) } else { keys.sessions.push(id) }
            }
        }
        Ok(())
    })?;
    Ok(keys)
}

/// The sessions of all deletions of an organisation that are under way: their rows are gone, and files
/// of facts may name them still.
pub(crate) fn sessions_under_way(connection: &Connection, organisation: Uuid) -> Result<Vec<Uuid>> {
    const SQL: &str = "SELECT key FROM deletion_key WHERE organisation = ? AND kind = ?";
    sql::all(connection, SQL, params![organisation, SESSION], |row| {
        let stored = Stored::new("deletion_key", 0, row);
        let key: String = stored.get(0)?;
        key.parse().map_err(|error: uuid::Error| stored.damaged(error))
    })
}

/// Keeps a customer.
pub(super) fn keep_customer(
    connection: &Connection,
    organisation: Uuid,
    deletion: Uuid,
    customer: &CustomerKey,
) -> Result<()> {
    let kind = format!("{CUSTOMER}{}", customer.id_type);
    keep(connection, organisation, deletion, &kind, &customer.id)
}

/// Keeps the id of a session.
pub(super) fn keep_session(
    connection: &Connection,
    organisation: Uuid,
    deletion: Uuid,
    session: Uuid,
) -> Result<()> {
    keep(connection, organisation, deletion, SESSION, &session.to_string())
}

/// Keeps the id of a contact.
pub(super) fn keep_contact(
    connection: &Connection,
    organisation: Uuid,
    deletion: Uuid,
    contact: Uuid,
) -> Result<()> {
    keep(connection, organisation, deletion, CONTACT, &contact.to_string())
}

fn keep(
    connection: &Connection,
    organisation: Uuid,
    deletion: Uuid,
    kind: &str,
    key: &str,
) -> Result<()> {
    const SQL: &str = "INSERT INTO deletion_key (organisation, deletion, kind, key)
        VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
    sql::execute(connection, SQL, params![organisation, deletion, kind, key]).map(|_| ())
}

/// What was removed, by the name it is stored under.
fn parts(removed: &mut Removed) -> [(&'static str, &mut u64); 10] {
    [
        ("events", &mut removed.events),
        ("sessions", &mut removed.sessions),
        ("assignments", &mut removed.assignments),
        ("visitors", &mut removed.visitors),
        ("identifiers", &mut removed.identifiers),
        ("contacts", &mut removed.contacts),
        ("facts", &mut removed.facts),
        ("fact_files", &mut removed.fact_files),
        ("documents", &mut removed.documents),
        ("changes", &mut removed.changes),
    ]
}

/// Counts what was removed, within the transaction that removes it.
pub(crate) fn add_removed(
    connection: &Connection,
    organisation: Uuid,
    deletion: Uuid,
    mut removed: Removed,
) -> Result<()> {
    const SQL: &str = "INSERT INTO deletion_removed (organisation, deletion, what, number)
        VALUES (?, ?, ?, ?) ON CONFLICT (organisation, deletion, what) DO UPDATE SET
        number = number + excluded.number";
    for (what, number) in parts(&mut removed) {
        if *number > 0 {
            let number = write_count("deletion_removed", *number)?;
            sql::execute(connection, SQL, params![organisation, deletion, what, number])?;
        }
    }
    Ok(())
}

/// What was removed so far.
pub(super) fn removed(
    connection: &Connection,
    organisation: Uuid,
    deletion: Uuid,
) -> Result<Removed> {
    const SQL: &str = "SELECT what, number FROM deletion_removed
        WHERE organisation = ? AND deletion = ?";
    let mut removed = Removed::default();
    sql::each(connection, SQL, params![organisation, deletion], |row| {
        let stored = Stored::new("deletion_removed", 1, row);
        let what: String = stored.get(0)?;
        let number: u64 = stored.count(1)?;
        for (name, part) in parts(&mut removed) {
            if name == what {
                *part = number;
            }
        }
        Ok(())
    })?;
    Ok(removed)
}

/// Forgets a deletion.
pub(super) fn forget(connection: &Connection, organisation: Uuid, deletion: Uuid) -> Result<()> {
    const STATEMENTS: [&str; 2] = [
        "DELETE FROM deletion_key WHERE organisation = ? AND deletion = ?",
        "DELETE FROM deletion_removed WHERE organisation = ? AND deletion = ?",
    ];
    for statement in STATEMENTS {
        sql::execute(connection, statement, params![organisation, deletion])?;
    }
    Ok(())
}
