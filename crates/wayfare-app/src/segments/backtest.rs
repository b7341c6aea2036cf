//! Back-tests: what a draft of a segment would have matched, over the stored events.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_engine::aggregates::{Limits, validate_within};
use wayfare_model::fact::Metric;
use wayfare_model::id::{OrganisationId, SegmentId};
use wayfare_model::limits::{BACKTEST_KEPT_MS, BACKTESTS_MAX, BACKTESTS_UNFINISHED_MAX};
use wayfare_model::problem::{Fault, Problem, ProblemKind};
use wayfare_model::segment::Segment;
use wayfare_model::time::Moment;
use wayfare_model::wire::{JourneyAggregationQuery, JourneySegmentRequest};
use wayfare_store::documents::{Document, Kind};

use super::change::new_segment;
use crate::access::Caller;
use crate::app::App;
use crate::error::{Error, Result};

/// What a back-test is called in errors.
const ENTITY: &str = "back-test";
/// Why an unfinished back-test that nobody works at has no result.
const NOT_WRITTEN: &str = "the result could not be written down";

/// What is asked for, as it came.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BacktestRequest {
    /// The draft.
    pub segment: JourneySegmentRequest,
    /// `interval`: start and end, with a slash between them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// `granularity`: an ISO-8601 period; one bucket, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granularity: Option<String>,
    /// `timeZone` of the buckets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// A back-test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backtest {
    /// Its id.
    pub id: Uuid,
    /// How it is.
    pub state: BacktestState,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The draft's name.
    pub display_name: String,
    /// What is looked at.
    pub interval: String,
    /// When it was asked for.
    pub submitted_date: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_date: Option<String>,
    /// How far it is.
    pub progress: BacktestProgress,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<BacktestResult>,
}

/// How a back-test is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BacktestState {
    /// It waits or runs.
    Running,
    /// It has a result.
    Fulfilled,
    /// It has none, and will have none.
    Failed,
}

/// How far a back-test is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BacktestProgress {
    /// Customers looked at.
    pub customers: u64,
    /// Customers there are; 0 until they are counted.
    pub customers_total: u64,
}

/// What a draft would have matched.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BacktestResult {
    /// Events that were looked at.
    pub events: u64,
    /// Customers whose history is too long to be looked at.
    pub customers_skipped: u64,
    /// Sessions in which it would have been assigned.
    pub sessions: u64,
    /// Customers to whom it would have been assigned.
    pub customers: u64,
    /// The same by the moment of assignment.
    pub buckets: Vec<BacktestBucket>,
    /// In how many of these sessions other segments are assigned, the most first.
    pub overlap: Vec<BacktestOverlap>,
    /// Some of the assignments.
    pub examples: Vec<BacktestExample>,
}

/// A stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BacktestBucket {
    /// Its beginning and end.
    pub interval: String,
    /// Sessions in which it would have been assigned then.
    pub sessions: u64,
    /// Customers to whom it would have been assigned then.
    pub customers: u64,
}

/// What another segment has in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BacktestOverlap {
    /// The segment.
    pub segment_id: String,
    /// Sessions with both.
    pub sessions: u64,
}

/// One assignment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BacktestExample {
    /// The session.
    pub session_id: String,
    /// The customer.
    pub customer_id: String,
    /// The type of that id.
    pub customer_id_type: String,
    /// When it would have been assigned.
    pub date_assigned: String,
}

/// A back-test that is to run.
pub(crate) struct Job {
    pub(crate) organisation: OrganisationId,
    pub(crate) kept: Kept,
    pub(crate) segment: Segment,
    /// The borders of the buckets, at least two.
    pub(crate) edges: Vec<Moment>,
}

impl Job {
    /// Checks what is asked for. The draft is checked like a new segment.
    pub(crate) fn new(organisation: OrganisationId, kept: Kept) -> Result<Self> {
        let Kept { backtest, request, submitted } = &kept;
        let query = JourneyAggregationQuery {
            interval: request.interval.clone(),
            granularity: request.granularity.clone(),
            time_zone: request.time_zone.clone(),
            metrics: Some(vec![Metric::JourneySegmentsAssigned.to_string()]),
            ..JourneyAggregationQuery::default()
        };
        let id = SegmentId::from_uuid(backtest.id);
        let drafted = new_segment(id, request.segment.clone(), *submitted).map_err(of_draft);
        let (segment, plan) = match (drafted, validate_within(&query, Limits::JOB)) {
            (Ok(segment), Ok(plan)) => (segment, plan),
            (Err(Error::Problem(mut problem)), Err(other)) => {
                problem.faults.extend(other.faults);
                return Err(Problem::from_faults(problem.faults).into());
            }
            (Err(error), _) => return Err(error),
            (_, Err(problem)) => return Err(problem.into()),
        };
        let segment = Segment { is_active: true, ..segment };
        Ok(Self { organisation, kept, segment, edges: plan.edges })
    }
}

/// Says where in the request the faults of a draft are.
fn of_draft(error: Error) -> Error {
    let Error::Problem(problem) = error else { return error };
    let within = |fault: Fault| fault.within("segment");
    let faults: Vec<Fault> = problem.faults.into_iter().map(within).collect();
    Problem::from_faults(faults).into()
}

impl App {
    /// Takes a draft to find out what it would have matched. It is checked like a new segment.
    ///
    /// # Errors
    /// All faults of the draft, the interval and the granularity;
    /// [`ProblemKind::TooManyRequests`] when too many back-tests are unfinished,
    /// [`ProblemKind::LimitExceeded`] when too many are kept.
    pub async fn submit_backtest(
        &self,
        caller: &Caller,
        request: BacktestRequest,
    ) -> Result<Backtest> {
        let now = self.now();
        let backtest = Backtest {
            id: self.entropy.uuid(),
            state: BacktestState::Running,
            reason: None,
            display_name: request.segment.display_name.clone().unwrap_or_default(),
            interval: request.interval.clone().unwrap_or_default(),
            submitted_date: now.to_string(),
            completed_date: None,
            progress: BacktestProgress::default(),
            result: None,
        };
        let kept = Kept { backtest: backtest.clone(), request, submitted: now };
        let job = Job::new(caller.organisation, kept)?;
        self.check_backtest_room(caller.organisation, now).await?;
        self.ingest.settle(caller.organisation, now).await?;
        let document = job.kept.to_document(1)?;
        self.stores.documents.insert(caller.organisation, Kind::Backtest, document).await?;
        self.backtests.enqueue(job);
        Ok(backtest)
    }

    /// A back-test as it is now.
    ///
    /// # Errors
    /// Not found.
    pub async fn get_backtest(&self, caller: &Caller, id: &str) -> Result<Backtest> {
        let not_found = || Problem::not_found(ENTITY, id);
        let id: Uuid = id.parse().map_err(|_| not_found())?;
        let documents = &self.stores.documents;
        let found = documents.fetch(caller.organisation, Kind::Backtest, id).await?;
        let mut backtest = Kept::from_document(&found.ok_or_else(not_found)?)?.backtest;
        if backtest.state == BacktestState::Running {
            match self.backtests.progress(id) {
                Some(progress) => backtest.progress = progress,
                // It may have ended just now.
                None => {
                    let found = documents.fetch(caller.organisation, Kind::Backtest, id).await?;
                    backtest = Kept::from_document(&found.ok_or_else(not_found)?)?.backtest;
                    if backtest.state == BacktestState::Running {
                        backtest.state = BacktestState::Failed;
                        backtest.reason = Some(NOT_WRITTEN.to_owned());
                    }
                }
            }
        }
        Ok(backtest)
    }

    /// Stops a back-test, and forgets it.
    ///
    /// # Errors
    /// Not found.
    pub async fn delete_backtest(&self, caller: &Caller, id: &str) -> Result<()> {
        let backtest = self.get_backtest(caller, id).await?;
        self.backtests.cancel(backtest.id);
        let documents = &self.stores.documents;
        match documents.remove(caller.organisation, Kind::Backtest, backtest.id).await {
            Err(wayfare_store::Error::NotFound) => Err(Problem::not_found(ENTITY, id).into()),
            removed => Ok(removed?),
        }
    }

    async fn check_backtest_room(&self, organisation: OrganisationId, now: Moment) -> Result<()> {
        let documents = &self.stores.documents;
        let read = || documents.list(organisation, Kind::Backtest, None, BACKTESTS_MAX);
        let mut kept = read().await?;
        if kept.len() >= BACKTESTS_MAX {
            documents.sweep_expired(now).await?;
            kept = read().await?;
        }
        if kept.len() >= BACKTESTS_MAX {
            let message = format!(
                "{BACKTESTS_MAX} back-tests are kept; delete one, or wait until one expires"
            );
            return Err(Problem::new(ProblemKind::LimitExceeded, message).into());
        }
        if self.backtests.unfinished() >= BACKTESTS_UNFINISHED_MAX {
            let message = format!(
                "{BACKTESTS_UNFINISHED_MAX} back-tests are unfinished; try again in 10 seconds"
            );
            return Err(Error::Problem(Problem {
                retry_after_s: Some(10),
                ..Problem::new(ProblemKind::TooManyRequests, message)
            }));
        }
        Ok(())
    }
}

/// A back-test with all that it takes to run it, also after a restart.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) backtest: Backtest,
    pub(crate) request: BacktestRequest,
    pub(crate) submitted: Moment,
}

/// The stored form: JSON, versioned by the names of its fields.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    backtest: Backtest,
    request: BacktestRequest,
    submitted_ms: i64,
}

impl Kept {
    pub(crate) fn to_document(&self, version: u32) -> Result<Document> {
        let id = self.backtest.id;
        let stored = Stored {
            backtest: self.backtest.clone(),
            request: self.request.clone(),
            submitted_ms: self.submitted.as_ms(),
        };
        let body = serde_json::to_string(&stored).map_err(|error| damaged(id, &error))?;
        let expires = Some(self.submitted.plus_ms(BACKTEST_KEPT_MS));
        Ok(Document { id, version, written: self.submitted, expires, body })
    }

    pub(crate) fn from_document(document: &Document) -> Result<Self> {
        let stored: Stored =
            serde_json::from_str(&document.body).map_err(|error| damaged(document.id, &error))?;
        let submitted = Moment::from_ms(stored.submitted_ms);
        Ok(Self { backtest: stored.backtest, request: stored.request, submitted })
    }
}

fn damaged(id: Uuid, error: &dyn std::fmt::Display) -> wayfare_store::Error {
    wayfare_store::Error::Corrupt { context: format!("back-test {id}: {error}") }
}
