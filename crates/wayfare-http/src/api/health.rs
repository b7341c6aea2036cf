//! Health, and what lies outside every route.

use axum::Json;
use axum::http::{Method, Uri};
use serde::Serialize;
use wayfare_model::problem::{Problem, ProblemKind};

use crate::problem::Failure;

#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
    version: &'static str,
}

/// The routes are there once the store is open and the pipeline runs.
pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

pub(crate) async fn unknown_path(uri: Uri) -> Failure {
    Problem::new(ProblemKind::NotFound, format!("there is nothing at {}", uri.path())).into()
}

pub(crate) async fn unknown_method(method: Method, uri: Uri) -> Failure {
    let message = format!("method {method} is not allowed at {}", uri.path());
    Problem::new(ProblemKind::MethodNotAllowed, message).into()
}
