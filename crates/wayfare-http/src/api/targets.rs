//! Action targets.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use wayfare_app::paging::PageRequest;
use wayfare_app::targets::TargetPatch;
use wayfare_model::operation::{
    GetJourneyActiontarget, GetJourneyActiontargets, Operation as _, PatchJourneyActiontarget,
};
use wayfare_model::wire::{ActionTarget, ActionTargetListing, PatchActionTarget};

use crate::Http;
use crate::answer::targets::{listing, target};
use crate::extract::{Allowed, JsonBody, PathValues, Query};
use crate::operations::{ChangeActionTarget, CreateActionTarget};
use crate::problem::Answer;

pub(crate) async fn list_targets(
    State(http): State<Http>,
    caller: Allowed<GetJourneyActiontargets>,
    query: Query,
) -> Answer<Json<ActionTargetListing>> {
    let request = PageRequest::parse(query.first("pageNumber"), query.first("pageSize"))?;
    let page = http.app.list_targets(&caller, request).await?;
    Ok(Json(listing(GetJourneyActiontargets::PATH, &page)))
}

pub(crate) async fn get_target(
    State(http): State<Http>,
    caller: Allowed<GetJourneyActiontarget>,
    path: PathValues,
) -> Answer<Json<ActionTarget>> {
    let found = http.app.get_target(&caller, path.get("actionTargetId")).await?;
    Ok(Json(target(&found)))
}

pub(crate) async fn update_target(
    State(http): State<Http>,
    caller: Allowed<PatchJourneyActiontarget>,
    path: PathValues,
    JsonBody(patch): JsonBody<PatchActionTarget>,
) -> Answer<Json<ActionTarget>> {
    let id = path.get("actionTargetId");
    let changed = http.app.update_target(&caller, id, patch.into()).await?;
    Ok(Json(target(&changed)))
}

pub(crate) async fn create_target(
    State(http): State<Http>,
    caller: Allowed<CreateActionTarget>,
    JsonBody(wire): JsonBody<ActionTarget>,
) -> Answer<(StatusCode, Json<ActionTarget>)> {
    let created = http.app.create_target(&caller, wire).await?;
    Ok((StatusCode::CREATED, Json(target(&created))))
}

/// Any field, where the contract has three.
pub(crate) async fn change_target(
    State(http): State<Http>,
    caller: Allowed<ChangeActionTarget>,
    path: PathValues,
    JsonBody(patch): JsonBody<TargetPatch>,
) -> Answer<Json<ActionTarget>> {
    let changed = http.app.update_target(&caller, path.get("actionTargetId"), patch).await?;
    Ok(Json(target(&changed)))
}
