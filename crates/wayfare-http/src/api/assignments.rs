//! Segment assignments by session, customer and external contact.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use wayfare_app::assignments::AssignmentListRequest;
use wayfare_app::paging::CursorPage;
use wayfare_model::assignment::Assignment;
use wayfare_model::customer::CustomerKey;
use wayfare_model::operation::{
    GetJourneyCustomerCustomerIdSegments, GetJourneyExternalcontactSegments,
    GetJourneySessionSegments, PostJourneyExternalcontactSegments,
};
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_model::wire::{SegmentAssignmentListing, SegmentAssignmentsUpdate};

use crate::Http;
use crate::answer::assignments::listing;
use crate::answer::pages::CursorUris;
use crate::extract::{Allowed, JsonBody, PathValues, Query};
use crate::problem::Answer;

pub(crate) async fn list_by_session(
    State(http): State<Http>,
    caller: Allowed<GetJourneySessionSegments>,
    path: PathValues,
    query: Query,
    uri: Uri,
) -> Answer<Json<SegmentAssignmentListing>> {
    let request = request(&query);
    let page = http.app.list_session_assignments(&caller, path.get("sessionId"), &request).await?;
    Ok(answer(&uri, &request, &page))
}

/// A customer's id may hold slashes, and Python SDKs send them as they are: everything up to the
/// last `/segments` belongs to the id.
pub(crate) async fn list_by_customer(
    State(http): State<Http>,
    caller: Allowed<GetJourneyCustomerCustomerIdSegments>,
    path: PathValues,
    query: Query,
    uri: Uri,
) -> Answer<Json<SegmentAssignmentListing>> {
    let customer_id = path.get("customerId").strip_suffix("/segments").ok_or_else(|| {
        Problem::new(ProblemKind::NotFound, format!("there is nothing at {}", uri.path()))
    })?;
    let customer = CustomerKey::new(path.get("customerIdType"), customer_id);
    let request = request(&query);
    let page = http.app.list_customer_assignments(&caller, customer, &request).await?;
    Ok(answer(&uri, &request, &page))
}

pub(crate) async fn list_by_contact(
    State(http): State<Http>,
    caller: Allowed<GetJourneyExternalcontactSegments>,
    path: PathValues,
    query: Query,
    uri: Uri,
) -> Answer<Json<SegmentAssignmentListing>> {
    let request = request(&query);
    let contact = path.get("externalContactId");
    let page = http.app.list_contact_assignments(&caller, contact, &request).await?;
    Ok(answer(&uri, &request, &page))
}

pub(crate) async fn update_contact(
    State(http): State<Http>,
    caller: Allowed<PostJourneyExternalcontactSegments>,
    path: PathValues,
    JsonBody(updates): JsonBody<Vec<SegmentAssignmentsUpdate>>,
) -> Answer<StatusCode> {
    let contact = path.get("externalContactId");
    http.app.update_assignments(&caller, contact, updates).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn request(query: &Query) -> AssignmentListRequest {
    AssignmentListRequest {
        page_size: query.text("pageSize"),
        after: query.text("after"),
        segment_scope: query.text("segmentScope"),
        assignment_state: query.text("assignmentState"),
    }
}

fn answer(
    uri: &Uri,
    request: &AssignmentListRequest,
    page: &CursorPage<Assignment>,
) -> Json<SegmentAssignmentListing> {
    let kept = [
        ("pageSize", request.page_size.as_deref()),
        ("segmentScope", request.segment_scope.as_deref()),
        ("assignmentState", request.assignment_state.as_deref()),
    ];
    let (after, next) = (request.after.as_deref(), page.next.as_deref());
    Json(listing(page, CursorUris::of(uri.path(), &kept, after, next)))
}
