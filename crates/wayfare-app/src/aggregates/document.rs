//! The stored form of an aggregates job and of the pages of its results: JSON documents, versioned by
//! the names of their fields.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_engine::aggregates::Answer;
use wayfare_model::id::IdSource;
use wayfare_model::limits::{AGGREGATE_JOB_RESULTS_KEPT_MS, AGGREGATE_JOB_STATUS_KEPT_MS};
use wayfare_model::time::Moment;
use wayfare_model::wire::{AsyncQueryState, JourneyAggregationQuery};
use wayfare_store::documents::Document;
use wayfare_store::{Error, Result};

/// An aggregates job.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateJob {
    /// Its id.
    pub id: Uuid,
    /// Counts its changes, from 1.
    pub(super) version: u32,
    /// What it answers.
    pub(super) query: JourneyAggregationQuery,
    /// Groups on a page of its results.
    pub(super) page_size: usize,
    /// How far it is.
    pub(super) progress: Progress,
    /// When it was submitted.
    pub submitted: Moment,
    /// When it ended.
    pub completed: Option<Moment>,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    /// It waits for its turn.
    Queued,
    /// It runs.
    Running,
    /// It is done, and has so many pages.
    Fulfilled { pages: u32 },
    /// It could not be answered, for this reason.
    Failed { reason: String },
    /// Somebody cancelled it.
    Cancelled,
}

impl AggregateJob {
    /// When its results go.
    #[must_use]
    pub fn expires(&self) -> Moment {
        self.completed.unwrap_or(self.submitted).plus_ms(AGGREGATE_JOB_RESULTS_KEPT_MS)
    }

    /// Its state at `now`, as the contract names it.
    #[must_use]
    pub fn state(&self, now: Moment) -> AsyncQueryState {
        match self.progress {
            Progress::Queued => AsyncQueryState::Queued,
            Progress::Running => AsyncQueryState::Pending,
            Progress::Failed { .. } => AsyncQueryState::Failed,
            Progress::Cancelled => AsyncQueryState::Cancelled,
            Progress::Fulfilled { .. } if self.expires() <= now => AsyncQueryState::Expired,
            Progress::Fulfilled { .. } => AsyncQueryState::Fulfilled,
        }
    }

    /// Why it failed.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        match &self.progress {
            Progress::Failed { reason } => Some(reason),
            _ => None,
        }
    }

    pub(super) const fn is_unfinished(&self) -> bool {
        matches!(self.progress, Progress::Queued | Progress::Running)
    }

    /// The job after a further step.
    pub(super) fn stepped(&self, progress: Progress, completed: Option<Moment>) -> Self {
        Self { version: self.version + 1, progress, completed, ..self.clone() }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredJob {
    query: JourneyAggregationQuery,
    page_size: usize,
    progress: StoredProgress,
    submitted_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completed_ms: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
enum StoredProgress {
    Queued,
    Running,
    Fulfilled { pages: u32 },
    Failed { reason: String },
    Cancelled,
}

/// The document of a job.
pub(super) fn to_document(job: &AggregateJob) -> Result<Document> {
    let stored = StoredJob {
        query: job.query.clone(),
        page_size: job.page_size,
        progress: match &job.progress {
            Progress::Queued => StoredProgress::Queued,
            Progress::Running => StoredProgress::Running,
            Progress::Fulfilled { pages } => StoredProgress::Fulfilled { pages: *pages },
            Progress::Failed { reason } => StoredProgress::Failed { reason: reason.clone() },
            Progress::Cancelled => StoredProgress::Cancelled,
        },
        submitted_ms: job.submitted.as_ms(),
        completed_ms: job.completed.map(Moment::as_ms),
    };
    let body = serde_json::to_string(&stored).map_err(|error| Error::Corrupt {
        context: format!("aggregates job {}: {error}", job.id),
    })?;
    Ok(Document {
        id: job.id,
        version: job.version,
        written: job.completed.unwrap_or(job.submitted),
        expires: Some(job.expires().plus_ms(AGGREGATE_JOB_STATUS_KEPT_MS)),
        body,
    })
}

/// The job of a document.
pub(super) fn from_document(document: &Document) -> Result<AggregateJob> {
    let stored: StoredJob = serde_json::from_str(&document.body).map_err(|error| {
        Error::Corrupt { context: format!("aggregates job {}: {error}", document.id) }
    })?;
    Ok(AggregateJob {
        id: document.id,
        version: document.version,
        query: stored.query,
        page_size: stored.page_size,
        progress: match stored.progress {
            StoredProgress::Queued => Progress::Queued,
            StoredProgress::Running => Progress::Running,
            StoredProgress::Fulfilled { pages } => Progress::Fulfilled { pages },
            StoredProgress::Failed { reason } => Progress::Failed { reason },
            StoredProgress::Cancelled => Progress::Cancelled,
        },
        submitted: Moment::from_ms(stored.submitted_ms),
        completed: stored.completed_ms.map(Moment::from_ms),
    })
}

/// The id of a page of a job's results.
pub(super) fn page_id(ids: &IdSource, job: Uuid, number: u32) -> Uuid {
    ids.derive("page of aggregates job", &[job.as_bytes(), &number.to_be_bytes()])
}

/// The documents of a job's results: the groups of an answer, so many a page.
pub(super) fn to_pages(
    ids: &IdSource,
    job: &AggregateJob,
    answer: &Answer,
    written: Moment,
) -> Vec<Document> {
    let expires = Some(written.plus_ms(AGGREGATE_JOB_RESULTS_KEPT_MS));
    (0..)
        .zip(answer.pages(job.page_size))
        .map(|(number, body)| Document {
            id: page_id(ids, job.id, number),
            version: 1,
            written,
            expires,
            body,
        })
        .collect()
}
