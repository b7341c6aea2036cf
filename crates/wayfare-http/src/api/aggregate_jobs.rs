//! Aggregates jobs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;
use wayfare_app::aggregates::AggregateJob;
use wayfare_model::operation::{
    DeleteAnalyticsJourneysAggregatesJob, GetAnalyticsJourneysAggregatesJob,
    GetAnalyticsJourneysAggregatesJobResults, PostAnalyticsJourneysAggregatesJobs,
};
use wayfare_model::time::Moment;
use wayfare_model::wire::{
    AsyncQueryResponse, AsyncQueryState, AsyncQueryStatus, JourneyAsyncAggregationQuery,
};

use crate::Http;
use crate::answer::date;
use crate::extract::{Allowed, JsonBody, PathValues, Query};
use crate::problem::Answer;

pub(crate) async fn submit_job(
    State(http): State<Http>,
    caller: Allowed<PostAnalyticsJourneysAggregatesJobs>,
    JsonBody(query): JsonBody<JourneyAsyncAggregationQuery>,
) -> Answer<(StatusCode, Json<AsyncQueryResponse>)> {
    let id = http.app.submit_aggregates_job(&caller, query).await?;
    Ok((StatusCode::ACCEPTED, Json(AsyncQueryResponse { job_id: Some(id.to_string()) })))
}

pub(crate) async fn get_job(
    State(http): State<Http>,
    caller: Allowed<GetAnalyticsJourneysAggregatesJob>,
    path: PathValues,
) -> Answer<(StatusCode, Json<AsyncQueryStatus>)> {
    let job = http.app.get_aggregates_job(&caller, path.get("jobId")).await?;
    let (status, code) = status(&job, http.app.now());
    Ok((code, Json(status)))
}

pub(crate) async fn get_results(
    State(http): State<Http>,
    caller: Allowed<GetAnalyticsJourneysAggregatesJobResults>,
    path: PathValues,
    query: Query,
) -> Answer<Json<Results>> {
    let cursor = query.first("cursor");
    let page = http.app.get_aggregates_job_results(&caller, path.get("jobId"), cursor).await?;
    Ok(Json(Results { results: page.results, cursor: page.cursor }))
}

pub(crate) async fn delete_job(
    State(http): State<Http>,
    caller: Allowed<DeleteAnalyticsJourneysAggregatesJob>,
    path: PathValues,
) -> Answer<StatusCode> {
    http.app.delete_aggregates_job(&caller, path.get("jobId")).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `JourneyAsyncAggregateQueryResponse`, its groups as they are stored.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    results: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// The status of a job. An unfinished one is answered with 202 (domain, 5.5).
fn status(job: &AggregateJob, now: Moment) -> (AsyncQueryStatus, StatusCode) {
    let state = job.state(now);
    let code = match state {
        AsyncQueryState::Queued | AsyncQueryState::Pending => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    let status = AsyncQueryStatus {
        state: Some(state.to_string()),
        error_message: job.error().map(str::to_owned),
        expiration_date: date(job.expires()),
        submission_date: date(job.submitted),
        completion_date: job.completed.and_then(date),
    };
    (status, code)
}
