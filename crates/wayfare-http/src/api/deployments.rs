//! Deployments (our own).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use wayfare_model::organisation::Deployment;

use crate::Http;
use crate::extract::{Allowed, JsonBody};
use crate::operations::{CreateDeployment, ListDeployments};
use crate::problem::Answer;

#[derive(Deserialize)]
pub(crate) struct DeploymentRequest {
    #[serde(default)]
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeploymentAnswer {
    id: String,
    name: String,
    created_date: String,
}

#[derive(Serialize)]
pub(crate) struct DeploymentListing {
    entities: Vec<DeploymentAnswer>,
}

fn answer(deployment: &Deployment) -> DeploymentAnswer {
    DeploymentAnswer {
        id: deployment.id.to_string(),
        name: deployment.name.clone(),
        created_date: deployment.created.to_string(),
    }
}

pub(crate) async fn create_deployment(
    State(http): State<Http>,
    caller: Allowed<CreateDeployment>,
    JsonBody(request): JsonBody<DeploymentRequest>,
) -> Answer<(StatusCode, Json<DeploymentAnswer>)> {
    let created = http.app.create_deployment(&caller, &request.name).await?;
    Ok((StatusCode::CREATED, Json(answer(&created))))
}

pub(crate) async fn list_deployments(
    State(http): State<Http>,
    caller: Allowed<ListDeployments>,
) -> Answer<Json<DeploymentListing>> {
    let deployments = http.app.list_deployments(&caller).await?;
    Ok(Json(DeploymentListing { entities: deployments.iter().map(answer).collect() }))
}
