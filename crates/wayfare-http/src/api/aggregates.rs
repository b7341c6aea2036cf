//! The aggregates query.

use axum::Json;
use axum::extract::State;
use wayfare_model::operation::PostAnalyticsJourneysAggregatesQuery;
use wayfare_model::wire::{JourneyAggregateQueryResponse, JourneyAggregationQuery};

use crate::Http;
use crate::extract::{Allowed, JsonBody};
use crate::problem::Answer;

pub(crate) async fn query_aggregates(
    State(http): State<Http>,
    caller: Allowed<PostAnalyticsJourneysAggregatesQuery>,
    JsonBody(query): JsonBody<JourneyAggregationQuery>,
) -> Answer<Json<JourneyAggregateQueryResponse>> {
    Ok(Json(http.app.query_aggregates(&caller, &query).await?))
}
