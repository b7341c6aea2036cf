//! Back-tests of drafts of segments.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use wayfare_app::segments::{Backtest, BacktestRequest};
use wayfare_model::problem::{Fault, Problem};
use wayfare_model::wire::JourneySegmentRequest;

use crate::Http;
use crate::extract::{Allowed, JsonBody, PathValues};
use crate::operations::{CancelBacktest, CreateBacktest, GetBacktest};
use crate::problem::Answer;

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    segment: Option<JourneySegmentRequest>,
    interval: Option<String>,
    granularity: Option<String>,
    time_zone: Option<String>,
}

pub(crate) async fn create(
    State(http): State<Http>,
    caller: Allowed<CreateBacktest>,
    JsonBody(request): JsonBody<Request>,
) -> Answer<(StatusCode, Json<Backtest>)> {
    let Some(segment) = request.segment else {
        return Err(Problem::from_faults(vec![Fault::missing("segment")]).into());
    };
    let (interval, granularity) = (request.interval, request.granularity);
    let request = BacktestRequest { segment, interval, granularity, time_zone: request.time_zone };
    let taken = http.app.submit_backtest(&caller, request).await?;
    Ok((StatusCode::ACCEPTED, Json(taken)))
}

pub(crate) async fn get(
    State(http): State<Http>,
    caller: Allowed<GetBacktest>,
    path: PathValues,
) -> Answer<Json<Backtest>> {
    Ok(Json(http.app.get_backtest(&caller, path.get("backtestId")).await?))
}

pub(crate) async fn cancel(
    State(http): State<Http>,
    caller: Allowed<CancelBacktest>,
    path: PathValues,
) -> Answer<StatusCode> {
    http.app.delete_backtest(&caller, path.get("backtestId")).await?;
    Ok(StatusCode::NO_CONTENT)
}
