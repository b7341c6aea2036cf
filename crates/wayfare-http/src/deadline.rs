//! The time a request may take.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use wayfare_model::limits::REQUEST_TIME_S_MAX;
use wayfare_model::problem::{Problem, ProblemKind};

use crate::problem::Failure;

/// Gives up on a request after [`REQUEST_TIME_S_MAX`]. A change that is under way goes on to its end.
pub(crate) async fn give_up(request: Request, next: Next) -> Response {
    let time = Duration::from_secs(REQUEST_TIME_S_MAX);
    match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let message = format!("the server did not finish within {REQUEST_TIME_S_MAX} seconds");
            Failure::from(Problem::new(ProblemKind::RequestTimeout, message)).into_response()
        }
    }
}
