//! Why somebody is in a segment, or is not.

use axum::Json;
use axum::extract::State;
use wayfare_model::customer::CustomerKey;

use crate::Http;
use crate::answer::explain::{Explanation, explanation};
use crate::extract::{Allowed, PathValues, Query};
use crate::operations::{ExplainCustomerSegment, ExplainSessionSegment};
use crate::problem::Answer;

pub(crate) async fn in_session(
    State(http): State<Http>,
    caller: Allowed<ExplainSessionSegment>,
    path: PathValues,
    query: Query,
) -> Answer<Json<Explanation>> {
    let (session, segment) = (path.get("sessionId"), path.get("segmentId"));
    let found = http.app.explain_in_session(&caller, session, segment, query.first("at")).await?;
    Ok(Json(explanation(&found)))
}

pub(crate) async fn for_customer(
    State(http): State<Http>,
    caller: Allowed<ExplainCustomerSegment>,
    path: PathValues,
    query: Query,
) -> Answer<Json<Explanation>> {
    let customer = CustomerKey::new(path.get("customerIdType"), path.get("customerId"));
    let (segment, at) = (path.get("segmentId"), query.first("at"));
    let found = http.app.explain_for_customer(&caller, customer, segment, at).await?;
    Ok(Json(explanation(&found)))
}
