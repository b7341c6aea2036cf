//! What happens around every request, in order from the outside: counting and timing; correlation id, error bodies and
//! headers, requests of other origins; then panics; then the time limit; then
//! writes that run to their end.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;
use wayfare_app::access::requests::Counted;
use wayfare_model::problem::{Problem, ProblemKind};

use crate::extract::bytes_max;
use crate::problem::{Failure, OAuthCode, render};
use crate::{Http, cors, deadline};

/// The header that carries the correlation id (domain, 6.4).
pub const CORRELATION_ID: HeaderName = HeaderName::from_static("inin-correlation-id");

/// The headers that tell where a token stands in its limit (domain, 6.3).
pub const RATE_LIMIT_COUNT: HeaderName = HeaderName::from_static("inin-ratelimit-count");
/// Requests allowed in the window.
pub const RATE_LIMIT_ALLOWED: HeaderName = HeaderName::from_static("inin-ratelimit-allowed");
/// Seconds until the window ends.
pub const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("inin-ratelimit-reset");

/// Where the token of a request stands in its limit: filled in once the token is known, so that
/// even a refusal tells it.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestCount(Arc<OnceLock<Counted>>);

impl RequestCount {
    /// Keeps what was counted, for the answer's headers.
    pub(crate) fn tell(&self, counted: Counted) {
        // A request has one token: what is there already is the same.
        let _ = self.0.set(counted);
    }

    fn write(&self, headers: &mut HeaderMap) {
        if let Some(counted) = self.0.get() {
            headers.insert(RATE_LIMIT_COUNT, counted.count.into());
            headers.insert(RATE_LIMIT_ALLOWED, counted.allowed.into());
            headers.insert(RATE_LIMIT_RESET, counted.reset_s.into());
        }
    }
}

/// Pages of which origins may read the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origins {
    /// Of any: a token opens the door.
    Any,
    /// Of none: no token is asked for.
    None,
}

/// Puts everything around the routes.
pub(crate) fn around(routes: Router<Http>, http: &Http, origins: Origins) -> Router<Http> {
    routes
        .layer(from_fn_with_state(http.clone(), finish_writes))
        .layer(from_fn(deadline::give_up))
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(from_fn_with_state((http.clone(), origins), correlate))
        .layer(from_fn_with_state(http.clone(), measure))
}

/// Counts the request, and how long its answer took.
async fn measure(State(http): State<Http>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let asked = http.requests.begin(request.method(), path, Instant::now());
    let response = next.run(request).await;
    asked.answered(response.status());
    response
}

/// Gives the request an id, writes the body of an error, and sets the headers of every answer.
async fn correlate(
    State((http, origins)): State<(Http, Origins)>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = http.app.correlation_id().to_string();
    // The fields are those of OpenTelemetry's conventions; a path may hold a customer's id, so that it
    // is told as it is matched.
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let span = tracing::info_span!(
        "request",
        otel.name = route.as_ref().map(|route| format!("{} {route}", request.method())),
        otel.kind = "server",
        request.id = %id,
        http.request.method = %request.method(),
        http.route = route,
        http.response.status_code = tracing::field::Empty,
    );
    let is_open = origins == Origins::Any && cors::is_open(request.uri().path());
    let preflight = is_open.then(|| cors::preflight(&request)).flatten();
    let count = RequestCount::default();
    request.extensions_mut().insert(count.clone());
    let mut response = match preflight {
        Some(answer) => answer,
        None => next.run(request).instrument(span.clone()).await,
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        tracing::debug!(request.id = %id, code = problem.kind.code(), "refused");
        let oauth = response.extensions_mut().remove::<OAuthCode>();
        let allow = response.headers_mut().remove(header::ALLOW);
        response = render(&problem, oauth, &id);
        response.headers_mut().extend(allow.map(|methods| (header::ALLOW, methods)));
    }
    span.record("http.response.status_code", i64::from(response.status().as_u16()));
    let headers = response.headers_mut();
    count.write(headers);
    if is_open {
        cors::open(headers);
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(CORRELATION_ID, id);
    }
    let fixed = [
        (header::CACHE_CONTROL, "no-cache, no-store, must-revalidate"),
        (header::PRAGMA, "no-cache"),
        (header::EXPIRES, "0"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A request that changes something goes on when its client leaves: nothing is cut in half.
async fn finish_writes(State(http): State<Http>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    let room = match http.app.room_for_body(bytes_of_body(&request)) {
        Ok(room) => room,
        Err(problem) => return Failure::from(problem).into_response(),
    };
    let work = async move {
        let response = next.run(request).await;
        drop(room);
        response
    };
    let span = tracing::Span::current();
    match http.writes.spawn(work.instrument(span)).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a request did not finish");
            failed()
        }
    }
}

/// How long the body says it is, or may be. What is longer than it may be is refused when it is read.
fn bytes_of_body(request: &Request) -> usize {
    let bytes_max = bytes_max(request.uri().path());
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    length.unwrap_or(bytes_max).min(bytes_max)
}

#[expect(clippy::needless_pass_by_value, reason = "the layer's signature")]
fn answer_panic(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = text.unwrap_or("of unknown content"), "a handler panicked");
    failed()
}

fn failed() -> Response {
    let message = "the server failed; its log says why";
    Failure::from(Problem::new(ProblemKind::Internal, message)).into_response()
}
