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
use wayfare_store::deletions::{Deleted, Deletions};
use wayfare_store::error::Result;

pub(crate) use progress::{Keys, add_removed, keys};

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

    async fn deleted(&self, organisation: OrganisationId, deletion: &Deletion) -> Result<Deleted> {
        let (organisation, id) = (organisation.as_uuid(), deletion.id);
        self.read(move |connection| {
            let keys = keys(connection, organisation, id)?;
            let contacts = keys.contacts.into_iter().map(ContactId::from_uuid).collect();
            Ok(Deleted { customers: keys.customers, contacts })
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
