//! OAuth clients (our own).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use wayfare_app::access::clients::NewClient;
use wayfare_model::organisation::Client;

use crate::Http;
use crate::extract::{Allowed, JsonBody, PathValues};
use crate::operations::{CreateClient, ListClients, RevokeClient};
use crate::problem::Answer;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientRequest {
    #[serde(default)]
    name: String,
    #[serde(default)]
    permissions: Vec<String>,
    grants: Option<Vec<String>>,
    #[serde(default)]
    redirect_uris: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientAnswer {
    id: String,
    name: String,
    permissions: Vec<String>,
    grants: Vec<&'static str>,
    redirect_uris: Vec<String>,
    created_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct ClientListing {
    entities: Vec<ClientAnswer>,
}

fn answer(client: &Client, secret: Option<String>) -> ClientAnswer {
    ClientAnswer {
        id: client.id.to_string(),
        name: client.name.clone(),
        permissions: client.permissions.iter().cloned().collect(),
        grants: client.grants.iter().map(|grant| grant.as_str()).collect(),
        redirect_uris: client.redirect_uris.clone(),
        created_date: client.created.to_string(),
        secret,
    }
}

pub(crate) async fn create_client(
    State(http): State<Http>,
    caller: Allowed<CreateClient>,
    JsonBody(request): JsonBody<ClientRequest>,
) -> Answer<(StatusCode, Json<ClientAnswer>)> {
    let wanted = NewClient {
        name: request.name,
        permissions: request.permissions,
        grants: request.grants,
        redirect_uris: request.redirect_uris,
    };
    let (client, secret) = http.app.create_client(&caller, &wanted).await?;
    Ok((StatusCode::CREATED, Json(answer(&client, Some(secret)))))
}

pub(crate) async fn list_clients(
    State(http): State<Http>,
    caller: Allowed<ListClients>,
) -> Answer<Json<ClientListing>> {
    let clients = http.app.list_clients(&caller).await?;
    let entities = clients.iter().map(|client| answer(client, None)).collect();
    Ok(Json(ClientListing { entities }))
}

pub(crate) async fn revoke_client(
    State(http): State<Http>,
    caller: Allowed<RevokeClient>,
    path: PathValues,
) -> Answer<StatusCode> {
    http.app.revoke_client(&caller, path.get("clientId")).await?;
    Ok(StatusCode::NO_CONTENT)
}
