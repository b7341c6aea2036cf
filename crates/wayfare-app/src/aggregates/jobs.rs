//! Aggregates jobs: a query that is answered later, in pages.

use serde_json::value::RawValue;
use uuid::Uuid;
use wayfare_engine::aggregates::{Limits, validate_within};
use wayfare_model::id::OrganisationId;
use wayfare_model::limits::{
    AGGREGATE_JOB_PAGE_SIZE_DEFAULT, AGGREGATE_JOB_PAGE_SIZE_MAX, AGGREGATE_JOBS_MAX,
    AGGREGATE_JOBS_UNFINISHED_MAX,
};
use wayfare_model::problem::{Fault, Problem, ProblemKind};
use wayfare_model::time::Moment;
use wayfare_model::wire::{AsyncQueryState, JourneyAggregationQuery, JourneyAsyncAggregationQuery};
use wayfare_store::Error as StoreError;
use wayfare_store::documents::Kind;

use super::document::{self, AggregateJob, Progress};
use super::pages::remove_first_pages;
use crate::access::Caller;
use crate::app::App;
use crate::error::{Error, Result};
use crate::paging::cursor::{Cursors, Place};

/// A page of a job's results.
#[derive(Debug)]
pub struct ResultsPage {
    /// The groups, a JSON list as the contract has it.
    pub results: Box<RawValue>,
    /// Leads to the next page; absent on the last.
    pub cursor: Option<String>,
}

impl App {
    /// Takes an aggregates query to answer it later. Everything that was answered before it is
    /// counted.
    ///
    /// # Errors
    /// All faults of the query; [`ProblemKind::TooManyRequests`] when too many jobs are unfinished,
    /// [`ProblemKind::LimitExceeded`] when too many are kept.
    pub async fn submit_aggregates_job(
        &self,
        caller: &Caller,
        query: JourneyAsyncAggregationQuery,
    ) -> Result<Uuid> {
        let (query, page_size) = read_query(query)?;
        let now = self.now();
        self.ingest.settle_all(caller.organisation, now).await?;
        let _admission = self.aggregate_jobs.admission.lock().await;
        self.check_room(caller.organisation, now).await?;
        let job = AggregateJob {
            id: self.entropy.uuid(),
            version: 1,
            query,
            page_size,
            progress: Progress::Queued,
            submitted: now,
            completed: None,
        };
        let stored = document::to_document(&job)?;
        self.stores.documents.insert(caller.organisation, Kind::AggregateJob, stored).await?;
        self.aggregate_jobs.enqueue(caller.organisation, job.id);
        Ok(job.id)
    }

    /// A job.
    ///
    /// # Errors
    /// Not found.
    pub async fn get_aggregates_job(&self, caller: &Caller, id: &str) -> Result<AggregateJob> {
        let not_found = || Problem::not_found("aggregates job", id);
        let id: Uuid = id.parse().map_err(|_| not_found())?;
        let documents = &self.stores.documents;
        let found = documents.fetch(caller.organisation, Kind::AggregateJob, id).await?;
        Ok(document::from_document(&found.ok_or_else(not_found)?)?)
    }

    /// A page of a job's results, the first one without a cursor.
    ///
    /// # Errors
    /// Not found; [`ProblemKind::BadRequest`] for a cursor that this job never gave, and for a job
    /// that has no results: not yet, not any more, or never.
    pub async fn get_aggregates_job_results(
        &self,
        caller: &Caller,
        id: &str,
        cursor: Option<&str>,
    ) -> Result<ResultsPage> {
        let job = self.get_aggregates_job(caller, id).await?;
        let ids = self.organisation(caller.organisation)?.ids;
        let cursors = Cursors::of(&ids, "results of aggregates job", &[&job.id.to_string()]);
        let place = cursors.read_parameter("cursor", cursor)?;
        let state = job.state(self.now());
        let (AsyncQueryState::Fulfilled, Progress::Fulfilled { pages }) = (state, &job.progress)
        else {
            return Err(without_results(&job, state).into());
        };
        let number = place.map_or(0, |place| place.moment.as_ms());
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let results = if *pages == 0 {
            RawValue::from_string("[]".to_owned())
        } else {
            let page = document::page_id(&ids, job.id, number);
            let documents = &self.stores.documents;
            let found = documents.fetch(caller.organisation, Kind::AggregateResult, page).await?;
            let gone = || Problem::not_found("page of aggregates job", id);
            RawValue::from_string(found.ok_or_else(gone)?.body)
        };
        let results = results.map_err(|error| StoreError::Corrupt {
            context: format!("page {number} of aggregates job {}: {error}", job.id),
        })?;
        let next = number.saturating_add(1);
        let next = Place { moment: Moment::from_ms(i64::from(next)), kind: 0, id: job.id };
        let is_last = number.saturating_add(1) >= *pages;
        Ok(ResultsPage { results, cursor: (!is_last).then(|| cursors.write(next)) })
    }

    /// Cancels an unfinished job, and forgets a finished one and its results.
    ///
    /// # Errors
    /// Not found.
    pub async fn delete_aggregates_job(&self, caller: &Caller, id: &str) -> Result<()> {
        loop {
            let job = self.get_aggregates_job(caller, id).await?;
            if !job.is_unfinished() {
                return self.forget_job(caller.organisation, &job).await;
            }
            let cancelled = job.stepped(Progress::Cancelled, Some(self.now()));
            let stored = document::to_document(&cancelled)?;
            let documents = &self.stores.documents;
            let (organisation, kind) = (caller.organisation, Kind::AggregateJob);
            match documents.replace(organisation, kind, job.version, stored).await {
                // It went on meanwhile: a step or two, then it is finished.
                Err(StoreError::Conflict { .. }) => {}
                replaced => {
                    replaced?;
                    self.aggregate_jobs.cancel(job.id);
                    return Ok(());
                }
            }
        }
    }

    async fn forget_job(&self, organisation: OrganisationId, job: &AggregateJob) -> Result<()> {
        let documents = &self.stores.documents;
        match documents.remove(organisation, Kind::AggregateJob, job.id).await {
            Err(StoreError::NotFound) => {
                return Err(Problem::not_found("aggregates job", job.id).into());
            }
            removed => removed?,
        }
        let served = self.organisation(organisation)?;
        let Progress::Fulfilled { pages } = job.progress else { return Ok(()) };
        remove_first_pages(&self.stores, &served, job.id, pages).await
    }

    /// Checks that another job may be taken. What has expired makes room first.
    async fn check_room(&self, organisation: OrganisationId, now: Moment) -> Result<()> {
        let documents = &self.stores.documents;
        let read = || documents.list(organisation, Kind::AggregateJob, None, AGGREGATE_JOBS_MAX);
        let mut kept = read().await?;
        if kept.len() >= AGGREGATE_JOBS_MAX {
            documents.sweep_expired(now).await?;
            kept = read().await?;
        }
        if kept.len() >= AGGREGATE_JOBS_MAX {
            let rule = format!(
                "{AGGREGATE_JOBS_MAX} aggregates jobs are kept; delete one, or wait until one expires"
            );
            let limit = Problem::limit_exceeded("aggregates jobs", AGGREGATE_JOBS_MAX);
            return Err(Problem { message: rule, template: None, ..limit }.into());
        }
        let mut unfinished = 0;
        for document in &kept {
            unfinished += usize::from(document::from_document(document)?.is_unfinished());
        }
        if unfinished >= AGGREGATE_JOBS_UNFINISHED_MAX {
            let message = format!(
                "{AGGREGATE_JOBS_UNFINISHED_MAX} aggregates jobs are unfinished; try again in 10 \
                 seconds"
            );
            return Err(Error::Problem(Problem {
                retry_after_s: Some(10),
                ..Problem::new(ProblemKind::TooManyRequests, message)
            }));
        }
        Ok(())
    }
}

/// Why a job has no results to read.
fn without_results(job: &AggregateJob, state: AsyncQueryState) -> Problem {
    let id = job.id;
    let message = match state {
        AsyncQueryState::Queued | AsyncQueryState::Pending => {
            format!("aggregates job '{id}' has no results yet: its state is [{state}]")
        }
        _ => format!("aggregates job '{id}' has no results: its state is [{state}]"),
    };
    Problem {
        entity: Some(Box::new(("aggregates job", id.to_string()))),
        ..Problem::new(ProblemKind::BadRequest, message)
    }
}

/// The query of a job, and how many groups it wants on a page.
fn read_query(wire: JourneyAsyncAggregationQuery) -> Result<(JourneyAggregationQuery, usize)> {
    let page_size = match wire.page_size {
        None => Ok(AGGREGATE_JOB_PAGE_SIZE_DEFAULT),
        Some(given) => usize::try_from(given)
            .ok()
            .filter(|size| (1..=AGGREGATE_JOB_PAGE_SIZE_MAX).contains(size))
            .ok_or_else(|| {
                let allowed = format!("whole numbers from 1 to {AGGREGATE_JOB_PAGE_SIZE_MAX}");
                Fault::invalid_value("pageSize", given, allowed)
            }),
    };
    let query = JourneyAggregationQuery {
        interval: wire.interval,
        granularity: wire.granularity,
        time_zone: wire.time_zone,
        group_by: wire.group_by,
        filter: wire.filter,
        metrics: wire.metrics,
        flatten_multivalued_dimensions: wire.flatten_multivalued_dimensions,
        views: wire.views,
        alternate_time_dimension: wire.alternate_time_dimension,
    };
    match (validate_within(&query, Limits::JOB), page_size) {
        (Ok(_), Ok(page_size)) => Ok((query, page_size)),
        (Ok(_), Err(fault)) => Err(Problem::from_faults(vec![fault]).into()),
        (Err(problem), Ok(_)) => Err(problem.into()),
        (Err(mut problem), Err(fault)) => {
            problem.faults.push(fault);
            Err(Problem::from_faults(problem.faults).into())
        }
    }
}
