//! The one table from what is wrong to the contract's error body (domain, 6.1 and 6.2).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use wayfare_app::error::Error;
use wayfare_model::problem::{Fault, Problem, ProblemKind};

/// The status of each kind of problem.
#[must_use]
pub const fn status(kind: ProblemKind) -> StatusCode {
    match kind {
        ProblemKind::BadRequest
        | ProblemKind::InvalidValue
        | ProblemKind::InvalidProperty
        | ProblemKind::InvalidQueryParamValue
        | ProblemKind::InvalidDate
        | ProblemKind::ConstraintValidation
        | ProblemKind::ResponseTooLarge
        | ProblemKind::ClientFailedRequest => StatusCode::BAD_REQUEST,
        ProblemKind::AuthenticationRequired | ProblemKind::BadCredentials => {
            StatusCode::UNAUTHORIZED
        }
        ProblemKind::MissingAnyPermissions => StatusCode::FORBIDDEN,
        ProblemKind::NotFound => StatusCode::NOT_FOUND,
        ProblemKind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ProblemKind::ClientTimeout => StatusCode::REQUEST_TIMEOUT,
        ProblemKind::RequestConflict | ProblemKind::LimitExceeded => StatusCode::CONFLICT,
        ProblemKind::RequestTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ProblemKind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ProblemKind::UnprocessableEntity => StatusCode::UNPROCESSABLE_ENTITY,
        ProblemKind::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        ProblemKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ProblemKind::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        ProblemKind::RequestTimeout => StatusCode::GATEWAY_TIMEOUT,
    }
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
        if let Error::Store(error) = &self.0 {
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
    context_id: &'a str,
    details: Vec<Detail<'a>>,
    errors: [(); 0],
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    oauth: Option<OAuthError<'a>>,
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
    message: &'a str,
}

impl<'a> From<&'a Fault> for Detail<'a> {
    fn from(fault: &'a Fault) -> Self {
        Self { error_code: fault.kind.code(), field_name: &fault.field, message: &fault.message }
    }
}

/// The whole answer to a request that failed.
pub(crate) fn render(problem: &Problem, oauth: Option<OAuthCode>, context_id: &str) -> Response {
    let status = status(problem.kind);
    let body = ErrorBody {
        message: &problem.message,
        code: problem.kind.code(),
        status: status.as_u16(),
        entity_id: problem.entity.as_ref().map(|(_, id)| id.as_str()),
        entity_name: problem.entity.as_ref().map(|(name, _)| *name),
        context_id,
        details: problem.faults.iter().map(Detail::from).collect(),
        errors: [],
        oauth: oauth.map(|code| OAuthError { error: code.0, error_description: &problem.message }),
    };
    let mut response = (status, axum::Json(body)).into_response();
    if let Some(seconds) = problem.retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_code_and_a_status_of_an_error() {
        let mut codes: Vec<_> = ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ProblemKind::ALL.len());
        for kind in ProblemKind::ALL {
            let status = status(kind);
            assert!(status.is_client_error() || status.is_server_error(), "{kind:?}");
        }
    }
}
