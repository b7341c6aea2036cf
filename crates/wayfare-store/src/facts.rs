//! What aggregates count. Facts get in by [`crate::journeys::Journeys::commit`].

use async_trait::async_trait;
use wayfare_model::cells::Cells;
use wayfare_model::id::OrganisationId;
use wayfare_model::query::Plan;

use crate::error::Result;

/// Answers aggregates.
#[async_trait]
pub trait Facts: Send + Sync {
    /// Runs a plan over the organisation's facts. Every fact whose commit was answered is counted.
    ///
    /// # Errors
    /// [`crate::Error::TooManyCells`] when the answer would have more cells than the plan allows,
    /// [`crate::Error::TooManyDistinctValues`] when it would count more different values.
    async fn run(&self, organisation: OrganisationId, plan: &Plan) -> Result<Cells>;
}
