//! Imports of history (our own): NDJSON in, a count out.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::Http;
use crate::extract::{Allowed, RawBody};
use crate::operations::Import;
use crate::problem::Answer;

#[derive(Serialize)]
pub(crate) struct ImportAnswer {
    applied: u64,
    duplicates: u64,
    rejected: Vec<RejectedLine>,
}

#[derive(Serialize)]
struct RejectedLine {
    line: u64,
    reason: String,
}

pub(crate) async fn import(
    State(http): State<Http>,
    caller: Allowed<Import>,
    RawBody(body): RawBody,
) -> Answer<Json<ImportAnswer>> {
    let imported = http.app.import(caller.organisation, &body).await?;
    let rejected = imported
        .rejected
        .into_iter()
        .map(|rejected| RejectedLine { line: rejected.line, reason: rejected.reason });
    Ok(Json(ImportAnswer {
        applied: imported.applied,
        duplicates: imported.duplicates,
        rejected: rejected.collect(),
    }))
}
