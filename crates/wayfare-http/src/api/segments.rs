//! Segments.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use serde::Serialize;
use wayfare_app::paging::{PageRequest, bool_parameter};
use wayfare_app::segments::SegmentListRequest;
use wayfare_model::operation::{
    DeleteJourneySegment, GetJourneySegment, GetJourneySegments, Operation as _,
    PatchJourneySegment, PostJourneySegments,
};
use wayfare_model::wire::{JourneySegment, JourneySegmentRequest, PatchSegment, SegmentListing};

use crate::Http;
use crate::answer::segments::{listing, segment};
use crate::extract::{Allowed, JsonBody, PathValues, Query};
use crate::operations::{CountSegments, ListSegmentVersions};
use crate::problem::Answer;

pub(crate) async fn create_segment(
    State(http): State<Http>,
    caller: Allowed<PostJourneySegments>,
    JsonBody(request): JsonBody<JourneySegmentRequest>,
) -> Answer<(StatusCode, Json<JourneySegment>)> {
    let created = http.app.create_segment(&caller, request).await?;
    Ok((StatusCode::CREATED, Json(segment(&created))))
}

pub(crate) async fn get_segment(
    State(http): State<Http>,
    caller: Allowed<GetJourneySegment>,
    path: PathValues,
) -> Answer<Json<JourneySegment>> {
    let found = http.app.get_segment(&caller, path.get("segmentId"))?;
    Ok(Json(segment(&found)))
}

pub(crate) async fn list_segments(
    State(http): State<Http>,
    caller: Allowed<GetJourneySegments>,
    query: Query,
) -> Answer<Json<SegmentListing>> {
    let request = SegmentListRequest {
        sort_by: query.text("sortBy"),
        is_active: bool_parameter("isActive", query.first("isActive"))?,
        segment_ids: query.all("segmentIds"),
        query_fields: query.all("queryFields"),
        query_value: query.text("queryValue"),
        after: query.text("after"),
        page_number: query.text("pageNumber"),
        page_size: query.text("pageSize"),
    };
    let page = http.app.list_segments(&caller, &request).await?;
    let after = request.after.clone();
    Ok(Json(listing(GetJourneySegments::PATH, &kept(request), after.as_deref(), &page)))
}

/// The parameters that the URIs of other pages repeat.
fn kept(request: SegmentListRequest) -> Vec<(&'static str, String)> {
    let mut kept = Vec::new();
    kept.extend(request.sort_by.map(|text| ("sortBy", text)));
    kept.extend(request.is_active.map(|is_active| ("isActive", is_active.to_string())));
    kept.extend(request.query_fields.into_iter().map(|field| ("queryFields", field)));
    kept.extend(request.query_value.map(|text| ("queryValue", text)));
    kept
}

pub(crate) async fn update_segment(
    State(http): State<Http>,
    caller: Allowed<PatchJourneySegment>,
    path: PathValues,
    JsonBody(patch): JsonBody<PatchSegment>,
) -> Answer<Json<JourneySegment>> {
    let changed = http.app.update_segment(&caller, path.get("segmentId"), patch).await?;
    Ok(Json(segment(&changed)))
}

pub(crate) async fn delete_segment(
    State(http): State<Http>,
    caller: Allowed<DeleteJourneySegment>,
    path: PathValues,
) -> Answer<StatusCode> {
    http.app.delete_segment(&caller, path.get("segmentId")).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn list_versions(
    State(http): State<Http>,
    caller: Allowed<ListSegmentVersions>,
    path: PathValues,
    query: Query,
    uri: Uri,
) -> Answer<Json<SegmentListing>> {
    let request = PageRequest::parse(query.first("pageNumber"), query.first("pageSize"))?;
    let page = http.app.list_segment_versions(&caller, path.get("segmentId"), request).await?;
    Ok(Json(listing(uri.path(), &[], None, &page)))
}

#[derive(Serialize)]
pub(crate) struct SegmentCounts {
    entities: Vec<SegmentCount>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SegmentCount {
    segment_id: String,
    sessions: u64,
    customers: u64,
}

pub(crate) async fn count_segments(
    State(http): State<Http>,
    caller: Allowed<CountSegments>,
) -> Answer<Json<SegmentCounts>> {
    let counts = http.app.count_segments(&caller).await?;
    let entities = counts.into_iter().map(|count| SegmentCount {
        segment_id: count.segment.to_string(),
        sessions: count.sessions,
        customers: count.customers,
    });
    Ok(Json(SegmentCounts { entities: entities.collect() }))
}
