//! How far the deliveries to receivers of webhooks are.

use async_trait::async_trait;
use rusqlite::{Connection, params};
use uuid::Uuid;
use wayfare_model::id::OrganisationId;
use wayfare_store::Error;
use wayfare_store::deliveries::{Deliveries, DeliveryAttempt};
use wayfare_store::documents::Kind;
use wayfare_store::error::Result;

use crate::database::Database;
use crate::documents;
use crate::row::{Stored, write_count};
use crate::sql;

#[async_trait]
impl Deliveries for Database {
    async fn delivery_state(
        &self,
        organisation: OrganisationId,
        webhook: Uuid,
    ) -> Result<Option<String>> {
        const SQL: &str = "SELECT organisation, webhook, body FROM webhook_state
            WHERE organisation = ? AND webhook = ?";
        let organisation = organisation.as_uuid();
        self.read_other(move |connection| {
            sql::first(connection, SQL, params![organisation, webhook], |row| {
                Stored::new("webhook_state", 2, row).get(2)
            })
        })
        .await
    }

    async fn write_deliveries(
        &self,
        organisation: OrganisationId,
        webhook: Uuid,
        state: String,
        attempts: Vec<String>,
        kept_max: usize,
    ) -> Result<()> {
        let organisation = organisation.as_uuid();
        self.write(move |connection| {
            if !is_there(connection, organisation, webhook)? {
                return Ok(());
            }
            write_state(connection, organisation, webhook, &state)?;
            write_attempts(connection, organisation, webhook, &attempts, kept_max)
        })
        .await
    }

    async fn delivery_attempts(
        &self,
        organisation: OrganisationId,
        webhook: Uuid,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<DeliveryAttempt>> {
        const SQL: &str = "SELECT organisation, webhook, number, body FROM webhook_attempt
            WHERE organisation = ? AND webhook = ? AND number < ? ORDER BY number DESC LIMIT ?";
        let organisation = organisation.as_uuid();
        let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
        self.read_other(move |connection| {
            let params = params![organisation, webhook, before, sql::limit(limit)];
            sql::all(connection, SQL, params, |row| {
                let stored = Stored::new("webhook_attempt", 3, row);
                Ok(DeliveryAttempt { number: stored.count(2)?, body: stored.get(3)? })
            })
        })
        .await
    }

    async fn remove_webhook(&self, organisation: OrganisationId, webhook: Uuid) -> Result<()> {
        const STATEMENTS: [&str; 2] = [
            "DELETE FROM webhook_state WHERE organisation = ? AND webhook = ?",
            "DELETE FROM webhook_attempt WHERE organisation = ? AND webhook = ?",
        ];
        self.write(move |connection| {
            if !documents::remove(connection, organisation, Kind::Webhook, webhook)? {
                return Err(Error::NotFound);
            }
            for statement in STATEMENTS {
                sql::execute(connection, statement, params![organisation.as_uuid(), webhook])?;
            }
            Ok(())
        })
        .await
    }
}

/// Removes what is left of the deliveries of webhooks that are not there any more: a webhook that was
/// removed as a document alone leaves it.
pub(crate) fn sweep(connection: &Connection) -> Result<()> {
    const STATEMENTS: [&str; 2] = [
        "DELETE FROM webhook_state WHERE NOT EXISTS (SELECT 1 FROM document
            WHERE document.organisation = webhook_state.organisation
            AND kind = ? AND id = webhook)",
        "DELETE FROM webhook_attempt WHERE NOT EXISTS (SELECT 1 FROM document
            WHERE document.organisation = webhook_attempt.organisation
            AND kind = ? AND id = webhook)",
    ];
    STATEMENTS.iter().try_for_each(|statement| {
        sql::execute(connection, statement, [Kind::Webhook.as_str()]).map(|_| ())
    })
}

/// Whether there is such a webhook, in the transaction that writes about it.
fn is_there(connection: &Connection, organisation: Uuid, webhook: Uuid) -> Result<bool> {
    const SQL: &str = "SELECT id FROM document WHERE organisation = ? AND kind = ? AND id = ?";
    let key = params![organisation, Kind::Webhook.as_str(), webhook];
    let found = sql::first(connection, SQL, key, |row| Stored::new("document", 1, row).id(0))?;
    Ok(found.is_some())
}

fn write_state(
    connection: &Connection,
    organisation: Uuid,
    webhook: Uuid,
    state: &str,
) -> Result<()> {
    const SQL: &str = "INSERT INTO webhook_state (organisation, webhook, body) VALUES (?, ?, ?)
        ON CONFLICT (organisation, webhook) DO UPDATE SET body = excluded.body";
    sql::execute(connection, SQL, params![organisation, webhook, state]).map(|_| ())
}

fn write_attempts(
    connection: &Connection,
    organisation: Uuid,
    webhook: Uuid,
    attempts: &[String],
    kept_max: usize,
) -> Result<()> {
    const LAST: &str = "SELECT number FROM webhook_attempt
        WHERE organisation = ? AND webhook = ? ORDER BY number DESC LIMIT 1";
    const INSERT: &str =
        "INSERT INTO webhook_attempt (organisation, webhook, number, body) VALUES (?, ?, ?, ?)";
    const TRIM: &str =
        "DELETE FROM webhook_attempt WHERE organisation = ? AND webhook = ? AND number <= ?";
    if attempts.is_empty() {
        return Ok(());
    }
    let last: Option<u64> = sql::first(connection, LAST, params![organisation, webhook], |row| {
        Stored::new("webhook_attempt", 0, row).count(0)
    })?;
    let mut number = last.unwrap_or(0);
    for attempt in attempts {
        number += 1;
        let stored = write_count("webhook_attempt", number)?;
        sql::execute(connection, INSERT, params![organisation, webhook, stored, attempt])?;
    }
    let gone = number.saturating_sub(kept_max as u64);
    let gone = write_count("webhook_attempt", gone)?;
    sql::execute(connection, TRIM, params![organisation, webhook, gone]).map(|_| ())
}
