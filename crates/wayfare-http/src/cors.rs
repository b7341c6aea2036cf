//! Requests of pages from other origins (the SDKs in a browser). Any origin may ask, for a token is
//! what opens a door here; cookies are never taken along.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

/// What pages may read of an answer besides its body.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "inin-correlation-id, inin-ratelimit-count, inin-ratelimit-allowed, inin-ratelimit-reset, \
     retry-after, wayfare-as-of",
);
const ANY: HeaderValue = HeaderValue::from_static("*");
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
/// Headers that may be sent when the question does not name any: those of the SDKs.
const SENT: HeaderValue =
    HeaderValue::from_static("authorization, content-type, accept, purecloud-sdk, genesys-app");
/// Seconds a browser may remember the answer; two hours is what browsers keep at most.
const REMEMBERED_S: HeaderValue = HeaderValue::from_static("7200");

/// Whether pages of other origins may read what lies at this path. The pages on which people sign in
/// are for people only.
pub(crate) fn is_open(path: &str) -> bool {
    path != "/oauth/authorize" && path != "/logout"
}

/// The answer to a browser that asks whether it may ask; nothing for any other request.
pub(crate) fn preflight(request: &Request) -> Option<Response> {
    let headers = request.headers();
    let asks = request.method() == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if !asks {
        return None;
    }
    let wanted = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    let allowed = wanted.filter(|value| is_list_of_names(value)).cloned().unwrap_or(SENT);
    let mut answer = StatusCode::NO_CONTENT.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED_S);
    let vary = HeaderValue::from_static("access-control-request-headers");
    headers.insert(header::VARY, vary);
    Some(answer)
}

/// Lets pages of any origin read an answer.
pub(crate) fn open(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

/// Names of headers with commas between them: what is repeated in an answer is nothing else.
fn is_list_of_names(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    !bytes.is_empty()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_, ".contains(byte))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn ask(method: &str, headers: &[(&str, &str)]) -> Option<Response> {
        let mut request = Request::builder().method(method).uri("/api/v2/x");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        preflight(&request.body(Body::empty()).unwrap())
    }

    #[test]
    fn only_the_question_of_a_browser_is_answered_here() {
        let origin = ("origin", "https://app.test");
        let method = ("access-control-request-method", "PATCH");
        let check = |name, headers: &[_], expected| {
            assert_eq!(ask(name, headers).is_some(), expected, "{name} {headers:?}");
        };
        check("OPTIONS", &[origin, method], true);
        check("OPTIONS", &[origin], false);
        check("OPTIONS", &[method], false);
        check("OPTIONS", &[], false);
        check("PATCH", &[origin, method], false);
    }

    #[test]
    fn headers_that_are_wanted_may_be_sent() {
        let check = |wanted: Option<&str>, expected: &HeaderValue| {
            let mut headers = vec![("origin", "null"), ("access-control-request-method", "GET")];
            headers.extend(wanted.map(|wanted| ("access-control-request-headers", wanted)));
            let answer = ask("OPTIONS", &headers).unwrap();
            assert_eq!(answer.status(), StatusCode::NO_CONTENT);
            assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_HEADERS], expected);
        };
        check(Some("authorization,x-own"), &HeaderValue::from_static("authorization,x-own"));
        check(Some(""), &SENT);
        check(Some("x\ty"), &SENT);
        check(Some("<x>"), &SENT);
        check(None, &SENT);
    }

    #[test]
    fn pages_for_people_are_not_open_to_other_origins() {
        for (path, expected) in
            [("/oauth/authorize", false), ("/logout", false), ("/oauth/token", true), ("/x", true)]
        {
            assert_eq!(is_open(path), expected, "{path}");
        }
    }
}
