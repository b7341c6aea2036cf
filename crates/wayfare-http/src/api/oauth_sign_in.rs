//! `/oauth/authorize` and `/logout`: what a browser shows, and where it is sent.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use std::convert::Infallible;
use subtle::ConstantTimeEq as _;
use wayfare_app::access::authorization::{Authorization, AuthorizationRequest, Refusal};
use wayfare_app::access::codes::SignInAttempt;
use wayfare_app::error::Error;
use wayfare_model::limits::TOKEN_LIFETIME_S;
use wayfare_model::problem::ProblemKind;

use super::oauth_page::{SignInPage, message};
use crate::extract::{self, FormBody, Query};
use crate::problem::{Failure, status};
use crate::{Http, OverTls};

/// The login page.
pub(crate) const PATH: &str = "/oauth/authorize";

/// Carries the secret that the form must repeat: another site can send our form, but knows neither.
const FORM_COOKIE: &str = "wayfare_form";
/// Carries the secret of the sign-in, so that the browser can sign out.
const SIGN_IN_COOKIE: &str = "wayfare_sign_in";

/// The cookies of a browser, and whether those it gets are for TLS only.
pub(crate) struct Cookies {
    kept: Vec<(String, String)>,
    is_secure: bool,
}

impl FromRequestParts<Http> for Cookies {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Http) -> Result<Self, Infallible> {
        let lines = parts.headers.get_all(header::COOKIE).iter();
        let pairs = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
        let kept = pairs.filter_map(|pair| pair.trim().split_once('='));
        let forwarded = parts.headers.get("x-forwarded-proto");
        Ok(Self {
            kept: kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            is_secure: parts.extensions.get::<OverTls>().is_some()
                || forwarded.is_some_and(|scheme| scheme == "https"),
        })
    }
}

impl Cookies {
    /// The value of a cookie, if it looks like one of ours.
    fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.kept.iter().find(|(known, _)| known == name)?;
        let is_ours = (16..=128).contains(&value.len())
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        is_ours.then_some(value)
    }

    /// Gives the browser a cookie; age 0 takes it away.
    fn set(&self, response: &mut Response, name: &str, value: &str, path: &str, seconds: i64) {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let line = format!(
            "{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
        );
        if let Ok(line) = HeaderValue::from_str(&line) {
            response.headers_mut().append(header::SET_COOKIE, line);
        }
    }
}

/// The page on which a person signs in.
pub(crate) async fn show(State(http): State<Http>, query: Query, cookies: Cookies) -> Response {
    match http.app.read_authorization(&request(&query)).await {
        Ok(authorization) => {
            let name = query.first("login_hint").unwrap_or_default();
            ask(&http, &cookies, &authorization, name, StatusCode::OK, None)
        }
        Err(refusal) => refuse(&http, refusal),
    }
}

/// What a person typed into the page.
pub(crate) async fn submit(
    State(http): State<Http>,
    query: Query,
    extract::From(sender): extract::From,
    cookies: Cookies,
    form: FormBody,
) -> Response {
    let authorization = match http.app.read_authorization(&request(&query)).await {
        Ok(authorization) => authorization,
        Err(refusal) => return refuse(&http, refusal),
    };
    let field = |name| form.get(name).unwrap_or_default();
    let name = field("name");
    let kept = cookies.get(FORM_COOKIE).unwrap_or_default();
    let is_ours =
        !kept.is_empty() && bool::from(kept.as_bytes().ct_eq(field("form_token").as_bytes()));
    if !is_ours {
        let why = "The page was too old, or cookies are off. Please try again.";
        return ask(&http, &cookies, &authorization, name, StatusCode::FORBIDDEN, Some(why));
    }
    let attempt = SignInAttempt {
        name,
        password: field("password"),
        address: sender.address.as_deref(),
        kept: cookies.get(SIGN_IN_COOKIE),
    };
    match http.app.sign_in(&authorization, attempt).await {
        Ok(signed_in) => {
            let mut response = go(&signed_in.place);
            let secret = &signed_in.secret;
            cookies.set(&mut response, SIGN_IN_COOKIE, secret, "/", TOKEN_LIFETIME_S);
            response
        }
        Err(Error::Problem(problem)) => {
            let why = match (problem.kind, problem.retry_after_s) {
                (ProblemKind::BadCredentials, _) => "Name or password is not right.".to_owned(),
                (_, Some(seconds)) => format!("Please try again in {seconds} seconds."),
                _ => "This cannot be done now.".to_owned(),
            };
            let status = status(problem.kind);
            let mut response = ask(&http, &cookies, &authorization, name, status, Some(&why));
            if let Some(seconds) = problem.retry_after_s {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            response
        }
        Err(error) => Failure::from(error).into_response(),
    }
}

/// Ends what this browser has signed in to, and sends it to a place of the client's.
pub(crate) async fn sign_out(State(http): State<Http>, query: Query, cookies: Cookies) -> Response {
    if let Some(secret) = cookies.get(SIGN_IN_COOKIE).map(str::to_owned) {
        let app = http.app.clone();
        // It runs to its end even when the browser leaves.
        let ended = http.writes.spawn(async move { app.sign_out(&secret).await });
        if let Ok(Err(error)) = ended.await {
            return Failure::from(error).into_response();
        }
    }
    let client = query.first("client_id").unwrap_or_default();
    let mut response = match query.first("redirect_uri") {
        None => page(&http, StatusCode::OK, "Signed out", "You are signed out."),
        Some(place) => match http.app.may_leave_to(client, place).await {
            Ok(true) => go(place),
            Ok(false) => {
                let why = "You are signed out. The place to return to is not registered with the \
                           client: check redirect_uri.";
                page(&http, StatusCode::OK, "Signed out", why)
            }
            Err(error) => Failure::from(error).into_response(),
        },
    };
    cookies.set(&mut response, SIGN_IN_COOKIE, "", "/", 0);
    response
}

fn request(query: &Query) -> AuthorizationRequest {
    AuthorizationRequest {
        client_id: query.text("client_id").unwrap_or_default(),
        redirect_uri: query.text("redirect_uri").unwrap_or_default(),
        response_type: query.text("response_type").unwrap_or_default(),
        state: query.text("state"),
        code_challenge: query.text("code_challenge"),
        code_challenge_method: query.text("code_challenge_method"),
    }
}

fn ask(
    http: &Http,
    cookies: &Cookies,
    authorization: &Authorization,
    name: &str,
    status: StatusCode,
    error: Option<&str>,
) -> Response {
    // A second page in the same browser goes on with the first one's secret: both stay good.
    let known = cookies.get(FORM_COOKIE).map(str::to_owned);
    let form_token = known.unwrap_or_else(|| http.app.correlation_id().simple().to_string());
    let page = SignInPage {
        client: &authorization.client.name,
        form_token: &form_token,
        name,
        error,
        origin: &authorization.destination().origin(),
        nonce: &http.app.correlation_id().simple().to_string(),
    };
    let mut response = page.render(status);
    cookies.set(&mut response, FORM_COOKIE, &form_token, "/oauth/authorize", 3_600);
    response
}

fn refuse(http: &Http, refusal: Refusal) -> Response {
    match refusal {
        Refusal::Shown(why) => page(
            http,
            StatusCode::BAD_REQUEST,
            "This link does not work",
            &format!("Sorry: {why}."),
        ),
        Refusal::Told(destination, code, why) => {
            go(&destination.with(&[("error", code), ("error_description", &why)]))
        }
        Refusal::Failed(error) => Failure::from(error).into_response(),
    }
}

fn page(http: &Http, status: StatusCode, title: &str, text: &str) -> Response {
    message(status, title, text, &http.app.correlation_id().simple().to_string())
}

/// Sends the browser to a place, with a GET.
fn go(place: &str) -> Response {
    let mut headers = HeaderMap::new();
    match HeaderValue::from_str(place) {
        Ok(place) => drop(headers.insert(header::LOCATION, place)),
        Err(error) => {
            tracing::error!(%error, "a place that was registered is not a header's value");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    }
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    (StatusCode::SEE_OTHER, headers).into_response()
}
