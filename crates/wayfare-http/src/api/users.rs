//! People who sign in (our own), and what the SDKs ask about the one who did.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use wayfare_app::access::users::{NewUser, UserChange};
use wayfare_model::organisation::{Role, User};

use crate::Http;
use crate::extract::{Allowed, Authenticated, JsonBody, PathValues, Query};
use crate::operations::{CreateUser, DeleteUser, ListUsers, UpdateUser};
use crate::problem::Answer;

#[derive(Deserialize)]
pub(crate) struct UserRequest {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    roles: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct UserChangeRequest {
    password: Option<String>,
    roles: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserAnswer {
    id: String,
    name: String,
    roles: Vec<String>,
    created_date: String,
}

#[derive(Serialize)]
pub(crate) struct UserListing {
    entities: Vec<UserAnswer>,
}

fn answer(user: &User) -> UserAnswer {
    UserAnswer {
        id: user.id.to_string(),
        name: user.name.clone(),
        roles: user.roles.iter().map(ToString::to_string).collect(),
        created_date: user.created.to_string(),
    }
}

pub(crate) async fn create_user(
    State(http): State<Http>,
    caller: Allowed<CreateUser>,
    JsonBody(request): JsonBody<UserRequest>,
) -> Answer<(StatusCode, Json<UserAnswer>)> {
    let wanted = NewUser { name: request.name, password: request.password, roles: request.roles };
    let user = http.app.create_user(&caller, &wanted).await?;
    Ok((StatusCode::CREATED, Json(answer(&user))))
}

pub(crate) async fn list_users(
    State(http): State<Http>,
    caller: Allowed<ListUsers>,
) -> Answer<Json<UserListing>> {
    let users = http.app.list_users(&caller).await?;
    Ok(Json(UserListing { entities: users.iter().map(answer).collect() }))
}

pub(crate) async fn update_user(
    State(http): State<Http>,
    caller: Allowed<UpdateUser>,
    path: PathValues,
    JsonBody(request): JsonBody<UserChangeRequest>,
) -> Answer<Json<UserAnswer>> {
    let change = UserChange { password: request.password, roles: request.roles };
    let user = http.app.update_user(&caller, path.get("userId"), &change).await?;
    Ok(Json(answer(&user)))
}

pub(crate) async fn delete_user(
    State(http): State<Http>,
    caller: Allowed<DeleteUser>,
    path: PathValues,
) -> Answer<StatusCode> {
    http.app.delete_user(&caller, path.get("userId")).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `UserMe` of the SDKs, as far as we know people.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CurrentUser {
    id: String,
    name: String,
    email: String,
    username: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization: Option<Authorization>,
    self_uri: String,
}

#[derive(Serialize)]
struct Authorization {
    roles: Vec<RoleName>,
    permissions: Vec<String>,
}

#[derive(Serialize)]
struct RoleName {
    id: String,
    name: String,
}

/// The person whose token it is; `expand=authorization` adds what they may do.
pub(crate) async fn current(
    State(http): State<Http>,
    caller: Authenticated,
    query: Query,
) -> Answer<Json<CurrentUser>> {
    let user = http.app.current_user(&caller).await?;
    let authorization = if query.all("expand").iter().any(|word| word == "authorization") {
        let roles = http.app.roles_of_user(&caller, &user).await?;
        let name = |role: &Role| RoleName { id: role.id.to_string(), name: role.name.clone() };
        let permissions = caller.permissions.iter().cloned().collect();
        Some(Authorization { roles: roles.iter().map(name).collect(), permissions })
    } else {
        None
    };
    Ok(Json(CurrentUser {
        id: user.id.to_string(),
        name: user.name.clone(),
        email: user.name.clone(),
        username: user.name,
        state: "active",
        authorization,
        self_uri: format!("/api/v2/users/{}", user.id),
    }))
}
