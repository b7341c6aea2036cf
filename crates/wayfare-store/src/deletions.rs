//! Deleting customers: nothing that identifies one may stay, neither in rows nor in the bytes below.
//!
//! A deletion is [`Deletions::delete_rows`] until it is done, [`Deletions::erase_facts`],
//! [`Deletions::delete_changes`], [`Deletions::forget_deletion`] and [`Deletions::scrub`], in this
//! order. Each can be done again after a crash, and what was removed is counted once.

use async_trait::async_trait;
use uuid::Uuid;
use wayfare_model::deletion::{Deletion, Removed};
use wayfare_model::id::{IdSource, OrganisationId};

use crate::error::Result;

/// Deletes customers.
#[async_trait]
pub trait Deletions: Send + Sync {
    /// Deletes some of the rows of a customer in one durable transaction: at most `limit` events,
    /// with the sessions that are empty then, and all the rest with the last of them. Facts that
    /// are rows lose what identifies the customer. Whether all rows are gone.
    ///
    /// No batch may be loaded before and committed after it.
    async fn delete_rows(
        &self,
        organisation: OrganisationId,
        deletion: &Deletion,
        ids: IdSource,
        limit: usize,
    ) -> Result<bool>;

    /// Takes what identifies the customer out of all other facts. They are counted as before.
    async fn erase_facts(&self, organisation: OrganisationId, deletion: &Deletion) -> Result<()>;

    /// Removes what the change log tells of the customers that were deleted, and of their contacts.
    /// The others keep their numbers.
    async fn delete_changes(&self, organisation: OrganisationId, deletion: &Deletion)
    -> Result<()>;

    /// The ids of the customers that were deleted, in the order of their bytes: no document may name
    /// one.
    async fn deleted_customers(
        &self,
        organisation: OrganisationId,
        deletion: &Deletion,
    ) -> Result<Vec<String>>;

    /// What a deletion has removed so far.
    async fn removed(&self, organisation: OrganisationId, deletion: &Deletion) -> Result<Removed>;

    /// Forgets what is kept while a deletion is under way.
    async fn forget_deletion(&self, organisation: OrganisationId, deletion: Uuid) -> Result<()>;

    /// Leaves nothing of what was deleted in logs and free space.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] while somebody reads what was; it can be tried again.
    async fn scrub(&self) -> Result<()>;
}
