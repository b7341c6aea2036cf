//! How far the deliveries to receivers of webhooks are. Texts are JSON; their shapes belong to whoever
//! writes them.

use async_trait::async_trait;
use uuid::Uuid;
use wayfare_model::id::OrganisationId;

use crate::error::Result;

/// An attempt to deliver something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// Counts the webhook's attempts, from 1.
    pub number: u64,
    /// What was tried, and what came of it.
    pub body: String,
}

/// Deliveries.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// How far the deliveries of a webhook are, as it was written last.
    async fn delivery_state(
        &self,
        organisation: OrganisationId,
        webhook: Uuid,
    ) -> Result<Option<String>>;

    /// Writes how far the deliveries of a webhook are, and further attempts, durably, all or nothing.
    /// Of all its attempts the last `kept_max` are kept. Nothing is written, and nothing is wrong, when
    /// the organisation has no such webhook (any more): whoever delivers may learn of that later.
    async fn write_deliveries(
        &self,
        organisation: OrganisationId,
        webhook: Uuid,
        state: String,
        attempts: Vec<String>,
        kept_max: usize,
    ) -> Result<()>;

    /// The attempts of a webhook, the latest first, those with a smaller number than `before`, at
    /// most `limit`.
    async fn delivery_attempts(
        &self,
        organisation: OrganisationId,
        webhook: Uuid,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<DeliveryAttempt>>;

    /// Removes a webhook: its document and everything about its deliveries, durably, all or nothing.
    ///
    /// # Errors
    /// [`NotFound`](crate::Error::NotFound) when the organisation has no such webhook.
    async fn remove_webhook(&self, organisation: OrganisationId, webhook: Uuid) -> Result<()>;
}
