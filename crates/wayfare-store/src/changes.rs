//! The change log.
//!
//! It is written by [`Journeys::commit`](crate::journeys::Journeys::commit), in the transaction that
//! makes what it tells of true.

use async_trait::async_trait;
use wayfare_model::change_log::ChangePage;
use wayfare_model::id::OrganisationId;
use wayfare_model::time::Moment;

use crate::error::Result;

/// What may stay in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeBounds {
    /// The oldest changes leave it as far as they were written down before this moment.
    pub recorded_from: Moment,
    /// At most so many changes stay, counted by their numbers.
    pub changes_max: u64,
    /// At most so many leave it in one transaction.
    pub batch_max: usize,
}

/// The change log.
#[async_trait]
pub trait Changes: Send + Sync {
    /// The changes with a greater number than `after`, in order, at most `limit`, and what the log
    /// holds.
    async fn changes(
        &self,
        organisation: OrganisationId,
        after: u64,
        limit: usize,
    ) -> Result<ChangePage>;

    /// Removes what may not stay, of one organisation. Gives how many changes left the log; when they
    /// are as many as `batch_max`, there may be more. Numbers are not used again.
    async fn trim_changes(
        &self,
        organisation: OrganisationId,
        bounds: ChangeBounds,
    ) -> Result<usize>;
}
