//! The one table from what is wrong to the contract's error body (domain, 6.1 and 6.2).

use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use wayfare_app::error::Error;
use wayfare_model::problem::{Fault, Problem, ProblemKind, Template};

/// A row of the table of errors.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What is wrong.
    pub kind: ProblemKind,
    /// The HTTP status.
    pub status: StatusCode,
    /// What it means for a client.
    pub meaning: &'static str,
    /// What a client can do.
    pub advice: &'static str,
}

const fn row(
    kind: ProblemKind,
    status: StatusCode,
    meaning: &'static str,
    advice: &'static str,
) -> Row {
    Row { kind, status, meaning, advice }
}

/// Every error that a client can meet. `docs/errors.md` is written from it.
pub const TABLE: [Row; ProblemKind::ALL.len()] = [
    row(
        ProblemKind::BadRequest,
        StatusCode::BAD_REQUEST,
        "The request cannot be read, or its parts do not fit together.",
        "Correct it; `details` name the places when there are any.",
    ),
    row(
        ProblemKind::InvalidValue,
        StatusCode::BAD_REQUEST,
        "A value is not legal for its field: a wrong type, an unknown word, or out of its range.",
        "Send one of the values that the message allows.",
    ),
    row(
        ProblemKind::InvalidQueryParamValue,
        StatusCode::BAD_REQUEST,
        "The value of a query parameter is not legal.",
        "Send one of the values that the message allows.",
    ),
    row(
        ProblemKind::InvalidDate,
        StatusCode::BAD_REQUEST,
        "A text is not an ISO-8601 date like `2026-11-22T09:00:00.000Z`.",
        "Correct the date.",
    ),
    row(
        ProblemKind::ConstraintValidation,
        StatusCode::BAD_REQUEST,
        "A rule on the content is broken: a required field is missing, a text or list is too long or too short, two fields exclude each other.",
        "Correct the fields that `details` name.",
    ),
    row(
        ProblemKind::ResponseTooLarge,
        StatusCode::BAD_REQUEST,
        "The answer would be larger than its limit.",
        "Shorten the interval, coarsen the granularity, or group by fewer dimensions.",
    ),
    row(
        ProblemKind::ClientFailedRequest,
        StatusCode::BAD_REQUEST,
        "The connection ended before the whole body had come. Nothing was done.",
        "Send it again.",
    ),
    row(
        ProblemKind::AuthenticationRequired,
        StatusCode::UNAUTHORIZED,
        "There is no token, or at `/oauth/token` no client id and secret.",
        "Ask for a token and send `Authorization: Bearer TOKEN`.",
    ),
    row(
        ProblemKind::BadCredentials,
        StatusCode::UNAUTHORIZED,
        "The token is unknown, expired or revoked; or id and secret do not belong together.",
        "Ask for a new token.",
    ),
    row(
        ProblemKind::MissingAnyPermissions,
        StatusCode::FORBIDDEN,
        "The caller has none of the permissions that the message names.",
        "Use a client that has one of them.",
    ),
    row(
        ProblemKind::NotFound,
        StatusCode::NOT_FOUND,
        "There is no such thing, or it belongs to another organisation.",
        "Check the id; `entityName` says what was looked for.",
    ),
    row(
        ProblemKind::MethodNotAllowed,
        StatusCode::METHOD_NOT_ALLOWED,
        "The path exists, but not with this method. The header `Allow` names those that do.",
        "Use another method.",
    ),
    row(
        ProblemKind::ClientTimeout,
        StatusCode::REQUEST_TIMEOUT,
        "The body did not arrive within 60 seconds. Nothing was done.",
        "Send it again.",
    ),
    row(
        ProblemKind::RequestConflict,
        StatusCode::CONFLICT,
        "The `version` is not the stored one: somebody else changed the thing meanwhile.",
        "Read it again, apply the change to what is there now, and send that with its version.",
    ),
    row(
        ProblemKind::LimitExceeded,
        StatusCode::CONFLICT,
        "There are as many things of this kind as there may be; `limit` says how many.",
        "Delete one first.",
    ),
    row(
        ProblemKind::RequestTooLarge,
        StatusCode::PAYLOAD_TOO_LARGE,
        "The body, or the number of lines of an import, is larger than its limit.",
        "Send less at once.",
    ),
    row(
        ProblemKind::UnsupportedMediaType,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "The `Content-Type` of a body is not JSON.",
        "Send `Content-Type: application/json`.",
    ),
    row(
        ProblemKind::UnprocessableEntity,
        StatusCode::UNPROCESSABLE_ENTITY,
        "Understood, but it cannot be applied: an event is older than its session, or the like.",
        "Do not send it again; history goes in by import.",
    ),
    row(
        ProblemKind::TooManyRequests,
        StatusCode::TOO_MANY_REQUESTS,
        "Too many requests at once, or by this token within a minute.",
        "Wait for the seconds of the header `Retry-After`, then send it again.",
    ),
    row(
        ProblemKind::Internal,
        StatusCode::INTERNAL_SERVER_ERROR,
        "A fault of the server. Its log says more under the `contextId`.",
        "Report it with the `contextId`.",
    ),
    row(
        ProblemKind::ServiceUnavailable,
        StatusCode::SERVICE_UNAVAILABLE,
        "The server cannot do it now: it is stopping, or its disk refuses. Nothing was done.",
        "Wait for the seconds of the header `Retry-After`, then send it again.",
    ),
    row(
        ProblemKind::RequestTimeout,
        StatusCode::GATEWAY_TIMEOUT,
        "The server gave up after 90 seconds. A change may still be made.",
        "Read what is there, then send it again if it is needed. Repeated events change nothing.",
    ),
];

/// The status of each kind of problem.
#[must_use]
pub fn status(kind: ProblemKind) -> StatusCode {
    let row = TABLE.iter().find(|row| row.kind == kind);
    row.map_or(StatusCode::INTERNAL_SERVER_ERROR, |row| row.status)
}

/// A handler's error. The body is written by the middleware, which knows the correlation id.
#[derive(Debug)]
pub struct Failure(Error);

/// A handler's answer.
pub type Answer<T> = Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if let Error::Store(error) = &self.0
            && !error.is_refusal()
        {
            tracing::error!(error = error as &dyn std::error::Error, "the store failed");
        }
        let problem = self.0.into_problem();
        let mut response = status(problem.kind).into_response();
        response.extensions_mut().insert(problem);
        response
    }
}

/// The contract's error body. Its lists are there even when empty.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody<'a> {
    message: &'a str,
    code: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_with_params: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_params: Option<BTreeMap<&'static str, &'a str>>,
    context_id: &'a str,
    details: Vec<Detail<'a>>,
    errors: [(); 0],
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    oauth: Option<OAuthError<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<LimitBody>,
}

/// What RFC 6749, 5.2, adds to the answer of the token endpoint.
#[derive(Debug, Serialize)]
struct OAuthError<'a> {
    error: &'static str,
    error_description: &'a str,
}

/// A code of RFC 6749, 5.2, in the extensions of a failed answer: its body names it too.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OAuthCode(pub(crate) &'static str);

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    error_code: &'static str,
    field_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity_name: Option<&'a str>,
    message: &'a str,
}

/// A limit that was reached. The namespace is the contract's word for this API.
#[derive(Debug, Serialize)]
struct LimitBody {
    key: &'static str,
    namespace: &'static str,
    value: u64,
}

/// The whole answer to a request that failed.
pub(crate) fn render<'a>(
    problem: &'a Problem,
    oauth: Option<OAuthCode>,
    context_id: &'a str,
) -> Response {
    let status = status(problem.kind);
    let entity_id = problem.entity.as_deref().map(|(_, id)| id.as_str());
    let entity_name = problem.entity.as_deref().map(|(name, _)| *name);
    let detail = |fault: &'a Fault| Detail {
        error_code: fault.kind.code(),
        field_name: &fault.field,
        entity_id,
        entity_name,
        message: &fault.message,
    };
    let template = problem.template.as_deref();
    let body = ErrorBody {
        message: &problem.message,
        code: problem.kind.code(),
        status: status.as_u16(),
        entity_id,
        entity_name,
        message_with_params: template.map(|template| template.text),
        message_params: template.map(parameters),
        context_id,
        details: problem.faults.iter().map(detail).collect(),
        errors: [],
        oauth: oauth.map(|code| OAuthError { error: code.0, error_description: &problem.message }),
        limit: problem.limit.as_deref().map(|limit| LimitBody {
            key: limit.key,
            namespace: "journey",
            value: limit.value,
        }),
    };
    let mut response = (status, axum::Json(body)).into_response();
    if let Some(seconds) = problem.retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED {
        // A client that could not prove itself is told how to (RFC 6749, 5.2).
        let scheme = if oauth.is_some() { "Basic realm=\"wayfare\"" } else { "Bearer" };
        let scheme = HeaderValue::from_static(scheme);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}

fn parameters(template: &Template) -> BTreeMap<&'static str, &str> {
    template.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[cfg(test)]
mod tests;
