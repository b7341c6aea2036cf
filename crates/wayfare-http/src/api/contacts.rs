//! External contacts: their segments and sessions in today's form, and who they are (our own).

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use wayfare_app::paging::CursorRequest;
use wayfare_model::operation::{
    GetExternalcontactsContactJourneySegments, GetExternalcontactsContactJourneySessions,
    PostExternalcontactsContactJourneySegments,
};
use wayfare_model::wire::{
    SegmentAssignmentListing, SessionListing, UpdateSegmentAssignmentRequest,
    UpdateSegmentAssignmentResponse,
};

use crate::Http;
use crate::answer::assignments::{all, unprocessed};
use crate::answer::contacts::{ContactAnswer, contact};
use crate::answer::pages::CursorUris;
use crate::answer::sessions;
use crate::extract::{Allowed, JsonBody, PathValues, Query};
use crate::operations::{GetContact, UnmergeContact};
use crate::problem::Answer;

pub(crate) async fn list_segments(
    State(http): State<Http>,
    caller: Allowed<GetExternalcontactsContactJourneySegments>,
    path: PathValues,
    query: Query,
) -> Answer<Json<SegmentAssignmentListing>> {
    let contact = path.get("contactId");
    let (limit, merged) = (query.first("limit"), query.first("includeMerged"));
    let found = http.app.list_contact_segments(&caller, contact, limit, merged).await?;
    Ok(Json(all(&found)))
}

pub(crate) async fn update_segments(
    State(http): State<Http>,
    caller: Allowed<PostExternalcontactsContactJourneySegments>,
    path: PathValues,
    JsonBody(request): JsonBody<UpdateSegmentAssignmentRequest>,
) -> Answer<Json<UpdateSegmentAssignmentResponse>> {
    let contact = path.get("contactId");
    let left = http.app.update_contact_segments(&caller, contact, request).await?;
    Ok(Json(unprocessed(left)))
}

pub(crate) async fn list_sessions(
    State(http): State<Http>,
    caller: Allowed<GetExternalcontactsContactJourneySessions>,
    path: PathValues,
    query: Query,
    uri: Uri,
) -> Answer<Json<SessionListing>> {
    let request = CursorRequest { page_size: query.text("pageSize"), after: query.text("after") };
    let merged = query.first("includeMerged");
    let contact = path.get("contactId");
    let page = http.app.list_contact_sessions(&caller, contact, &request, merged).await?;
    let kept = [("pageSize", query.first("pageSize")), ("includeMerged", merged)];
    let uris = CursorUris::of(uri.path(), &kept, query.first("after"), page.next.as_deref());
    Ok(Json(sessions::listing(&page, uris)))
}

pub(crate) async fn get_contact(
    State(http): State<Http>,
    caller: Allowed<GetContact>,
    path: PathValues,
) -> Answer<Json<ContactAnswer>> {
    let known = http.app.get_contact(&caller, path.get("contactId")).await?;
    Ok(Json(contact(&known)))
}

pub(crate) async fn unmerge(
    State(http): State<Http>,
    caller: Allowed<UnmergeContact>,
    path: PathValues,
) -> Answer<Json<ContactAnswer>> {
    let known = http.app.unmerge_contact(&caller, path.get("contactId")).await?;
    Ok(Json(contact(&known)))
}
