//! What aggregates count. Facts get in by [`crate::journeys::Journeys::commit`].

use async_trait::async_trait;
use wayfare_model::cells::Cells;
use wayfare_model::id::OrganisationId;
use wayfare_model::query::Plan;
use wayfare_model::time::Moment;

use crate::error::Result;

/// Answers aggregates.
#[async_trait]
pub trait Facts: Send + Sync {
    /// Runs a plan over the organisation's facts. Every fact whose commit was answered is counted, and
    /// every one of a batch that ends what was due ([`crate::journeys::Batch::ends_due`]), also when that
    /// has only been committed early: whoever asks has nobody else's answer to wait for.
    /// Dropping the future ends the query.
    ///
    /// # Errors
    /// [`crate::Error::TooManyCells`] when the answer would have more cells than the plan allows,
    /// [`crate::Error::TooManyDistinctValues`] when it would count more different values,
    /// [`crate::Error::DeadlineExceeded`] when it takes too long, [`crate::Error::Busy`] when too
    /// many queries of clients are under way; a job's is not refused.
    async fn run(&self, organisation: OrganisationId, plan: &Plan) -> Result<Cells>;

    /// Does what is due at `now` to keep facts in good order: moves those that have come to rest to
    /// where queries are fast, and lets go of those that are too old. Called now and then; whatever
    /// it does, facts are counted as before.
    async fn maintain(&self, now: Moment) -> Result<()>;
}
