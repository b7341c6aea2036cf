//! Deleting customers.
//!
//! Rows go some at a time (`rows.rs`), facts in files are written anew without what identifies the
//! customer (`facts/erase.rs`). Freed space is overwritten with zeros by every statement
//! (`connection.rs`), so that carrying the log over leaves nothing behind.

mod progress;
mod rows;

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;
use wayfare_model::deletion::{Deletion, Removed};
use wayfare_model::id::{ContactId, IdSource, OrganisationId};
use wayfare_store::deletions::Deletions;
use wayfare_store::error::Result;

pub(crate) use progress::{Keys, add_removed, keys, sessions_under_way};

use crate::changes::{self, Subjects};
use crate::database::Database;

#[async_trait]
impl Deletions for Database {
    async fn delete_rows(
        &self,
        organisation: OrganisationId,
        deletion: &Deletion,
        ids: IdSource,
        limit: usize,
    ) -> Result<bool> {
        let deletion = deletion.clone();
        let (live, applied) = (Arc::clone(self.live()), Arc::clone(self.live()));
        let work = move |connection: &_| {
            rows::delete(connection, organisation, &deletion, ids, limit, &live)
        };
        self.write_then(work, move |(is_done, effects)| {
            applied.apply(organisation, effects);
            is_done
        })
        .await
    }

    async fn erase_facts(&self, organisation: OrganisationId, deletion: &Deletion) -> Result<()> {
        self.erase_files(organisation, deletion).await
    }

    async fn delete_changes(
        &self,
        organisation: OrganisationId,
        deletion: &Deletion,
    ) -> Result<()> {
        let (organisation, id) = (organisation.as_uuid(), deletion.id);
        // The log has no index for this, so it is looked through before the writer is asked.
        let looking = self.read(move |connection| {
            let keys = keys(connection, organisation, id)?;
            let contacts = keys.contacts.into_iter().map(ContactId::from_uuid).collect();
            let subjects = Subjects { customers: keys.customers, contacts };
            let found = changes::find(connection, organisation, &subjects, 0)?;
            Ok((subjects, found))
        });
        let (subjects, found) = looking.await?;
        self.write(move |connection| {
            let gone = changes::forget(connection, organisation, &subjects, found)?;
            let removed = Removed { changes: gone as u64, ..Removed::default() };
            add_removed(connection, organisation, id, removed)
        })
        .await
    }

    async fn deleted_customers(
        &self,
        organisation: OrganisationId,
        deletion: &Deletion,
    ) -> Result<Vec<String>> {
        let (organisation, id) = (organisation.as_uuid(), deletion.id);
        self.read(move |connection| {
            let customers = keys(connection, organisation, id)?.customers;
            Ok(customers.into_iter().map(|customer| customer.id).collect())
        })
        .await
    }

    async fn removed(&self, organisation: OrganisationId, deletion: &Deletion) -> Result<Removed> {
        let (organisation, id) = (organisation.as_uuid(), deletion.id);
        self.read(move |connection| progress::removed(connection, organisation, id)).await
    }

    async fn forget_deletion(&self, organisation: OrganisationId, deletion: Uuid) -> Result<()> {
        let organisation = organisation.as_uuid();
        self.write(move |connection| progress::forget(connection, organisation, deletion)).await
    }

    async fn scrub(&self) -> Result<()> {
        self.carry_log().await
    }
}
