//! Facts of batches that wait to be put into the database, beside those that are there.

use std::sync::Arc;

use wayfare_model::id::{FactId, OrganisationId};
use wayfare_store::Error;
use wayfare_store::error::Result;

use super::live::Snapshot;
use super::rows::FactChange;
use crate::batch_log::WaitingFacts;
use crate::blocking;
use crate::database::Database;

/// Facts that a query looks at where they wait: when there are more, it is less work to have them
/// put into the database.
const FACTS_MAX: usize = 16_384;

impl Database {
    /// The facts of an organisation with every batch that was answered.
    ///
    /// # Errors
    /// When what waits must be put into the database before, and cannot be.
    pub(super) async fn snapshot(&self, organisation: OrganisationId) -> Result<Snapshot> {
        if self.batch_log().is_waiting() {
            let (log, live) = (Arc::clone(self.batch_log()), Arc::clone(self.live()));
            let look = move || {
                log.look_at_facts(organisation, |waiting| {
                    live.snapshot_with(organisation, || changes(waiting))
                })
            };
            let looked = blocking::briefly(look).await.map_err(|error| Error::Unavailable {
                context: "looking at facts was broken off".to_owned(),
                source: Box::new(error),
            })?;
            if let Some(snapshot) = looked {
                return Ok(snapshot);
            }
            self.flush().await?;
        }
        Ok(self.live().snapshot(organisation))
    }
}

/// What waits to happen to facts; nothing when it is too much.
fn changes(waiting: WaitingFacts<'_>) -> Option<Vec<(FactId, FactChange)>> {
    (waiting.number() <= FACTS_MAX).then(|| waiting.durable())
}
