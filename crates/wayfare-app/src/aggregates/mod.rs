//! Asking aggregates, at once or as a job, and how many each segment has matched.

mod document;
mod erase;
mod jobs;
mod pages;
pub(crate) mod runner;

use std::time::Instant;

use tracing::Instrument as _;
use wayfare_engine::aggregates::{Limits, validate_within};
use wayfare_model::wire::JourneyAggregationQuery;
use wayfare_store::journeys::SegmentCount;

pub use wayfare_engine::aggregates::{Answer, Pieces};

pub use document::AggregateJob;
pub(crate) use erase::remove_jobs_naming;
pub use jobs::ResultsPage;

use crate::access::Caller;
use crate::app::App;
use crate::error::Result;

impl App {
    /// Answers an aggregates query. Everything that was answered before it is counted.
    ///
    /// # Errors
    /// All faults of the query; [`wayfare_model::problem::ProblemKind::ResponseTooLarge`] when the
    /// answer has too many cells or counts too many different values.
    pub async fn query_aggregates(
        &self,
        caller: &Caller,
        query: &JourneyAggregationQuery,
    ) -> Result<Answer> {
        let began = Instant::now();
        let span = tracing::info_span!("aggregates_query");
        let answered = self.answer_aggregates(caller, query).instrument(span).await;
        let metrics = &self.metrics.aggregates;
        metrics.count(&answered);
        if answered.is_ok() {
            metrics.took.time(began.elapsed());
        }
        answered
    }

    async fn answer_aggregates(
        &self,
        caller: &Caller,
        query: &JourneyAggregationQuery,
    ) -> Result<Answer> {
        let limits = Limits { cells_max: self.aggregate_cells_max, ..Limits::DIRECT };
        let plan = validate_within(query, limits)?;
        self.ingest.settle_all(caller.organisation, self.now()).await?;
        let cells = self.stores.facts.run(caller.organisation, &plan).await?;
        Ok(Answer::new(&plan, query, cells))
    }

    /// How many sessions and customers each segment has matched, ever.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn count_segments(&self, caller: &Caller) -> Result<Vec<SegmentCount>> {
        // A segment may be decided by the end of a session.
        self.ingest.settle_all(caller.organisation, self.now()).await?;
        Ok(self.stores.journeys.segment_counts(caller.organisation).await?)
    }
}
