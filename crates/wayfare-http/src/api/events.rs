//! Web and app events. The deployment's id is the key; no token is asked for.

use axum::Json;
use axum::extract::State;
use wayfare_model::wire::{AppEventRequest, AppEventResponse, WebEventRequest, WebEventResponse};

use crate::Http;
use crate::answer::events::{app_event, web_event};
use crate::extract::{From, JsonBody, PathValues};
use crate::problem::Answer;

pub(crate) async fn record_web_event(
    State(http): State<Http>,
    path: PathValues,
    From(sender): From,
    JsonBody(request): JsonBody<WebEventRequest>,
) -> Answer<Json<WebEventResponse>> {
    let organisation = http.app.organisation_of_deployment(path.get("deploymentId")).await?;
    let recorded = http.app.record_web_event(organisation, request, sender).await?;
    Ok(Json(web_event(&recorded)))
}

pub(crate) async fn record_app_event(
    State(http): State<Http>,
    path: PathValues,
    From(sender): From,
    JsonBody(request): JsonBody<AppEventRequest>,
) -> Answer<Json<AppEventResponse>> {
    let organisation = http.app.organisation_of_deployment(path.get("deploymentId")).await?;
    let recorded = http.app.record_app_event(organisation, request, sender).await?;
    Ok(Json(app_event(&recorded)))
}
