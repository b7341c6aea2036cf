//! `POST /oauth/token`: the grant `client_credentials`, with HTTP Basic or form fields.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use wayfare_model::problem::{Fault, Problem, ProblemKind};

use crate::Http;
use crate::extract::RawBody;
use crate::problem::Answer;

#[derive(Serialize)]
pub(crate) struct TokenAnswer {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
}

pub(crate) async fn token(
    State(http): State<Http>,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Answer<Json<TokenAnswer>> {
    let form: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let field =
        |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    match field("grant_type") {
        Some("client_credentials") => {}
        Some(other) => {
            return Err(Problem::invalid_value("grant_type", other, "client_credentials").into());
        }
        None => return Err(Problem::from_faults(vec![Fault::missing("grant_type")]).into()),
    }
    let from_form = || {
        let id = field("client_id")?.to_owned();
        Some((id, field("client_secret")?.to_owned()))
    };
    let (id, secret) = basic(&headers).or_else(from_form).ok_or_else(|| {
        Problem::new(
            ProblemKind::AuthenticationRequired,
            "client id and secret are required: HTTP Basic, or client_id and client_secret",
        )
    })?;
    let token = http.app.issue_token(&id, &secret).await?;
    Ok(Json(TokenAnswer {
        access_token: token.token,
        token_type: "bearer",
        expires_in: token.expires_in_s,
    }))
}

/// Id and secret of `Authorization: Basic`. The secret may hold colons. Clients that follow RFC
/// 6749 percent-encode both; made secrets have nothing to encode, so that decoding them is safe
/// only when the text holds a valid escape.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    let id = percent_decode_str(id).decode_utf8().ok()?.into_owned();
    Some((id, secret.to_owned()))
}
