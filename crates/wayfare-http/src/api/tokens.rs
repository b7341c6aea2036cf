//! What the SDKs ask about their own token.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::Http;
use crate::extract::Authenticated;
use crate::problem::Answer;

/// `TokenInfo` of the SDKs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenAnswer {
    organization: Named,
    home_organization: Named,
    authorized_scope: [String; 0],
    #[serde(rename = "OAuthClient", skip_serializing_if = "Option::is_none")]
    oauth_client: Option<ClientName>,
}

#[derive(Serialize)]
struct Named {
    id: String,
    name: String,
}

#[derive(Serialize)]
struct ClientName {
    id: String,
    name: String,
    organization: Named,
}

/// Tells whose token it is; SDKs in a browser ask it to learn whether their token still works.
pub(crate) async fn current(
    State(http): State<Http>,
    caller: Authenticated,
) -> Answer<Json<TokenAnswer>> {
    let info = http.app.token_info(&caller).await?;
    let organization =
        || Named { id: info.organisation.id.to_string(), name: info.organisation.name.clone() };
    let oauth_client = info.client.as_ref().map(|client| ClientName {
        id: client.id.to_string(),
        name: client.name.clone(),
        organization: organization(),
    });
    Ok(Json(TokenAnswer {
        organization: organization(),
        home_organization: organization(),
        authorized_scope: [],
        oauth_client,
    }))
}

/// Revokes the token.
pub(crate) async fn revoke(State(http): State<Http>, caller: Authenticated) -> Answer<StatusCode> {
    http.app.revoke_token(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
