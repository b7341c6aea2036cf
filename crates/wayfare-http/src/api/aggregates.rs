//! The aggregates query.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{AppendHeaders, IntoResponse};
use wayfare_model::operation::PostAnalyticsJourneysAggregatesQuery;
use wayfare_model::wire::JourneyAggregationQuery;

use crate::Http;
use crate::extract::{Allowed, JsonBody};
use crate::problem::Answer;

/// The header that tells the moment up to which everything is counted: what was answered before it
/// is in the answer.
const AS_OF: HeaderName = HeaderName::from_static("wayfare-as-of");

pub(crate) async fn query_aggregates(
    State(http): State<Http>,
    caller: Allowed<PostAnalyticsJourneysAggregatesQuery>,
    JsonBody(query): JsonBody<JourneyAggregationQuery>,
) -> Answer<impl IntoResponse> {
    let as_of = http.app.now();
    let answer = http.app.query_aggregates(&caller, &query).await?;
    let json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((AppendHeaders([(AS_OF, as_of.to_string())]), json, answer.to_json()))
}
