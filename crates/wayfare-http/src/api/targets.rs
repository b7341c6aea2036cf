//! Action targets.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use wayfare_app::paging::PageRequest;
use wayfare_app::targets::{ImportItem, TargetPatch};
use wayfare_model::operation::{
    GetJourneyActiontarget, GetJourneyActiontargets, Operation as _, PatchJourneyActiontarget,
};
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_model::wire::{ActionTarget, ActionTargetListing, PatchActionTarget};

use crate::Http;
use crate::answer::targets::{listing, target};
use crate::extract::{Allowed, JsonBody, PathValues, Query, RawBody, parse};
use crate::operations::{ChangeActionTarget, CreateActionTarget, ImportActionTargets};
use crate::problem::Answer;

pub(crate) async fn list_targets(
    State(http): State<Http>,
    caller: Allowed<GetJourneyActiontargets>,
    query: Query,
) -> Answer<Json<ActionTargetListing>> {
    let request = PageRequest::parse(query.first("pageNumber"), query.first("pageSize"))?;
    let after = query.first("after");
    let page = http.app.list_targets(&caller, request, after).await?;
    Ok(Json(listing(GetJourneyActiontargets::PATH, after, &page)))
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

#[derive(Serialize)]
pub(crate) struct ImportAnswer {
    created: usize,
    unchanged: usize,
    entities: Vec<ActionTarget>,
}

/// All targets of a file, or none: lines of JSON, a list, or a listing as the API gives it.
pub(crate) async fn import_targets(
    State(http): State<Http>,
    caller: Allowed<ImportActionTargets>,
    RawBody(body): RawBody,
) -> Answer<Json<ImportAnswer>> {
    let imported = http.app.import_targets(&caller, items(&body)?).await?;
    Ok(Json(ImportAnswer {
        created: imported.created,
        unchanged: imported.targets.len() - imported.created,
        entities: imported.targets.iter().map(target).collect(),
    }))
}

fn items(body: &[u8]) -> Result<Vec<ImportItem>, Problem> {
    let whole = serde_json::from_slice::<Value>(body);
    let list = match whole {
        Ok(Value::Array(list)) => list,
        Ok(Value::Object(mut one)) => match one.remove("entities") {
            Some(Value::Array(list)) => list,
            _ => return Ok(vec![ImportItem { place: "line 1".to_owned(), target: parse(body) }]),
        },
        _ if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') => {
            // It says where the list breaks off.
            parse::<Vec<Value>>(body)?
        }
        _ => return lines(body),
    };
    let item = |(place, value): (usize, Value)| ImportItem {
        place: format!("[{place}]"),
        target: parse(value.to_string().as_bytes()),
    };
    Ok(list.into_iter().enumerate().map(item).collect())
}

fn lines(body: &[u8]) -> Result<Vec<ImportItem>, Problem> {
    let lines = body.split(|byte| *byte == b'\n').enumerate();
    let items: Vec<ImportItem> = lines
        .filter(|(_, line)| !line.iter().all(u8::is_ascii_whitespace))
        .map(|(place, line)| ImportItem {
            place: format!("line {}", place + 1),
            target: parse(line),
        })
        .collect();
    if items.is_empty() {
        return Err(Problem::new(ProblemKind::BadRequest, "the request needs a body"));
    }
    Ok(items)
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
