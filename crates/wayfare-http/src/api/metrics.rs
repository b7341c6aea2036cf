//! What is measured, for whoever watches the server.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use wayfare_model::problem::{Problem, ProblemKind};

use crate::Http;
use crate::extract::Allowed;
use crate::metrics;
use crate::operations::GetMetrics;
use crate::problem::Answer;

/// For a token of those who run the server: the numbers are of all organisations together.
pub(crate) async fn get_metrics(
    state: State<Http>,
    caller: Allowed<GetMetrics>,
) -> Answer<Response> {
    state.0.app.require_operator(&caller)?;
    get_metrics_openly(state).await
}

/// For whoever can reach the address that is for those who run the server.
pub(crate) async fn get_metrics_openly(State(http): State<Http>) -> Answer<Response> {
    // It looks at the sizes of files.
    let read = tokio::task::spawn_blocking(move || {
        let mut families = http.requests.families();
        families.extend(http.app.metrics());
        metrics::write(families)
    });
    let text = read.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
    let openmetrics = HeaderValue::from_static(metrics::CONTENT_TYPE);
    Ok(([(header::CONTENT_TYPE, openmetrics)], text).into_response())
}

fn failed(error: &(dyn std::error::Error + 'static)) -> Problem {
    tracing::error!(error, "what is measured cannot be told");
    Problem::new(ProblemKind::Internal, "the server failed; its log says why")
}
