//! Roles (our own).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use wayfare_model::organisation::Role;

use crate::Http;
use crate::extract::{Allowed, JsonBody, PathValues};
use crate::operations::{CreateRole, DeleteRole, ListRoles};
use crate::problem::Answer;

#[derive(Deserialize)]
pub(crate) struct RoleRequest {
    #[serde(default)]
    name: String,
    #[serde(default)]
    permissions: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoleAnswer {
    id: String,
    name: String,
    permissions: Vec<String>,
    created_date: String,
}

#[derive(Serialize)]
pub(crate) struct RoleListing {
    entities: Vec<RoleAnswer>,
}

fn answer(role: &Role) -> RoleAnswer {
    RoleAnswer {
        id: role.id.to_string(),
        name: role.name.clone(),
        permissions: role.permissions.iter().cloned().collect(),
        created_date: role.created.to_string(),
    }
}

pub(crate) async fn create_role(
    State(http): State<Http>,
    caller: Allowed<CreateRole>,
    JsonBody(request): JsonBody<RoleRequest>,
) -> Answer<(StatusCode, Json<RoleAnswer>)> {
    let role = http.app.create_role(&caller, &request.name, &request.permissions).await?;
    Ok((StatusCode::CREATED, Json(answer(&role))))
}

pub(crate) async fn list_roles(
    State(http): State<Http>,
    caller: Allowed<ListRoles>,
) -> Answer<Json<RoleListing>> {
    let roles = http.app.list_roles(&caller).await?;
    Ok(Json(RoleListing { entities: roles.iter().map(answer).collect() }))
}

pub(crate) async fn delete_role(
    State(http): State<Http>,
    caller: Allowed<DeleteRole>,
    path: PathValues,
) -> Answer<StatusCode> {
    http.app.delete_role(&caller, path.get("roleId")).await?;
    Ok(StatusCode::NO_CONTENT)
}
