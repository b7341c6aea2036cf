//! `POST /oauth/token`: the grants `client_credentials` and `authorization_code`. The client proves
//! itself with HTTP Basic or form fields; a browser with PKCE does not.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use wayfare_app::access::codes::CodeExchange;
use wayfare_app::access::tokens::NewToken;
use wayfare_app::error::Error;
use wayfare_model::problem::{Fault, Problem, ProblemKind};

use crate::Http;
use crate::extract::{self, FormBody};
use crate::problem::{Failure, OAuthCode};

/// Where tokens are given.
pub(crate) const PATH: &str = "/oauth/token";

#[derive(Serialize)]
pub(crate) struct TokenAnswer {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
}

/// A refusal with a code of RFC 6749, 5.2, beside the contract's.
pub(crate) struct Refused(Failure, Option<OAuthCode>);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        if let Some(code) = self.1 {
            response.extensions_mut().insert(code);
        }
        response
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self(failure, None)
    }
}

impl Refused {
    fn new(problem: Problem, code: &'static str) -> Self {
        Self(problem.into(), Some(OAuthCode(code)))
    }

    /// What a use case refused: with `code`, unless the client itself was not believed.
    fn of(error: Error, code: &'static str) -> Self {
        let Error::Problem(problem) = error else { return Self(error.into(), None) };
        match problem.kind {
            ProblemKind::BadCredentials => Self::new(problem, "invalid_client"),
            ProblemKind::BadRequest => Self::new(problem, code),
            _ => Self(problem.into(), None),
        }
    }
}

fn required(form: &FormBody, name: &str) -> Result<String, Refused> {
    let missing =
        || Refused::new(Problem::from_faults(vec![Fault::missing(name)]), "invalid_request");
    form.get(name).map(str::to_owned).ok_or_else(missing)
}

pub(crate) async fn token(
    State(http): State<Http>,
    headers: HeaderMap,
    extract::From(sender): extract::From,
    form: FormBody,
) -> Result<Json<TokenAnswer>, Refused> {
    let token = match required(&form, "grant_type")?.as_str() {
        "client_credentials" => by_client(&http, &headers, &form, sender.address).await?,
        "authorization_code" => by_code(&http, &headers, &form, sender.address).await?,
        other => {
            let allowed = "client_credentials, authorization_code";
            let problem = Problem::invalid_value("grant_type", other, allowed);
            return Err(Refused::new(problem, "unsupported_grant_type"));
        }
    };
    Ok(Json(TokenAnswer {
        access_token: token.token,
        token_type: "bearer",
        expires_in: token.expires_in_s,
    }))
}

async fn by_client(
    http: &Http,
    headers: &HeaderMap,
    form: &FormBody,
    address: Option<String>,
) -> Result<NewToken, Refused> {
    let from_form =
        || Some((form.get("client_id")?.to_owned(), form.get("client_secret")?.to_owned()));
    let (id, secret) = basic(headers).or_else(from_form).ok_or_else(|| {
        let message =
            "client id and secret are required: HTTP Basic, or client_id and client_secret";
        let problem = Problem::new(ProblemKind::AuthenticationRequired, message);
        Refused::new(problem, "invalid_client")
    })?;
    let issued = http.app.issue_token(&id, &secret, address.as_deref()).await;
    issued.map_err(|error| Refused::of(error, "unauthorized_client"))
}

async fn by_code(
    http: &Http,
    headers: &HeaderMap,
    form: &FormBody,
    address: Option<String>,
) -> Result<NewToken, Refused> {
    let (client_id, client_secret) = match basic(headers) {
        Some((id, secret)) => (id, Some(secret)),
        None => (required(form, "client_id")?, form.get("client_secret").map(str::to_owned)),
    };
    let exchange = CodeExchange {
        client_id,
        client_secret,
        code: required(form, "code")?,
        redirect_uri: required(form, "redirect_uri")?,
        code_verifier: form.get("code_verifier").map(str::to_owned),
        address,
    };
    let exchanged = http.app.exchange_code(&exchange).await;
    exchanged.map_err(|error| Refused::of(error, "invalid_grant"))
}

/// Id and secret of `Authorization: Basic`. The secret may hold colons. Clients that follow RFC 6749,
/// 2.3.1, encode both; an id has nothing that could be meant otherwise, and of the secret both readings
/// are compared.
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
