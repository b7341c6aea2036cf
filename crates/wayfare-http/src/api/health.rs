//! Health, and what lies outside every route.

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use wayfare_app::health::{Health, Trouble};
use wayfare_model::problem::{Problem, ProblemKind};

use crate::Http;
use crate::problem::{Answer, Failure};

#[derive(Serialize)]
struct HealthBody {
    status: &'static str,
    version: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Reason>,
}

#[derive(Serialize)]
struct Reason {
    code: &'static str,
    message: String,
}

/// Whether requests should be sent here.
pub(crate) async fn readiness(State(http): State<Http>) -> Answer<Response> {
    let health = look(http).await?;
    let is_ready = health.state.is_ready();
    Ok(tell(health, is_ready))
}

/// Whether the process should go on. One that is about to stop should, to its end.
pub(crate) async fn liveness(State(http): State<Http>) -> Answer<Response> {
    let health = look(http).await?;
    let is_alive = health.is_alive();
    Ok(tell(health, is_alive))
}

async fn look(http: Http) -> Answer<Health> {
    // It looks at the file system.
    let looked = tokio::task::spawn_blocking(move || http.app.health()).await;
    looked.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "health cannot be told");
        Problem::new(ProblemKind::Internal, "the server failed; its log says why").into()
    })
}

fn tell(health: Health, is_well: bool) -> Response {
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let reason = |trouble: Trouble| Reason { code: trouble.code, message: trouble.message };
    let body = HealthBody {
        status: health.state.as_str(),
        version: env!("CARGO_PKG_VERSION"),
        reasons: health.troubles.into_iter().map(reason).collect(),
    };
    (status, Json(body)).into_response()
}

pub(crate) async fn unknown_path(uri: Uri) -> Failure {
    Problem::new(ProblemKind::NotFound, format!("there is nothing at {}", uri.path())).into()
}

pub(crate) async fn unknown_method(method: Method, uri: Uri) -> Failure {
    let message = format!("method {method} is not allowed at {}", uri.path());
    Problem::new(ProblemKind::MethodNotAllowed, message).into()
}
