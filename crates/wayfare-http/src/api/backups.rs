//! Backups (our own).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use wayfare_app::backups::{Backup, BackupState};

use crate::Http;
use crate::extract::{Allowed, JsonBody, PathValues};
use crate::operations::{CreateBackup, GetBackup};
use crate::problem::Answer;

#[derive(Deserialize)]
pub(crate) struct BackupRequest {
    #[serde(default)]
    directory: String,
    #[serde(default)]
    request: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BackupAnswer {
    id: String,
    directory: String,
    as_of: String,
    state: &'static str,
    #[serde(flatten)]
    progress: Option<Progress>,
    #[serde(flatten)]
    done: Option<Done>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    bytes_done: u64,
    bytes_total: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    bytes: u64,
    bytes_added: u64,
    fact_files: u64,
    fact_files_added: u64,
    schema_version: i64,
}

fn answer(backup: Backup) -> BackupAnswer {
    let mut answer = BackupAnswer {
        id: backup.id.to_string(),
        directory: backup.directory.display().to_string(),
        as_of: backup.began.to_string(),
        state: "",
        progress: None,
        done: None,
        error_message: None,
    };
    match backup.state {
        BackupState::Running { bytes_done, bytes_total } => {
            answer.state = "Running";
            answer.progress = Some(Progress { bytes_done, bytes_total });
        }
        BackupState::Done(done) => {
            answer.state = "Done";
            answer.done = Some(Done {
                bytes: done.bytes,
                bytes_added: done.bytes_added,
                fact_files: done.fact_files,
                fact_files_added: done.files_added,
                schema_version: done.schema_version,
            });
        }
        BackupState::Failed { reason } => {
            answer.state = "Failed";
            answer.error_message = Some(reason);
        }
    }
    answer
}

pub(crate) async fn create_backup(
    State(http): State<Http>,
    caller: Allowed<CreateBackup>,
    JsonBody(body): JsonBody<BackupRequest>,
) -> Answer<(StatusCode, Json<BackupAnswer>)> {
    let begun = http.app.begin_backup(&caller, &body.directory, &body.request).await?;
    Ok((StatusCode::ACCEPTED, Json(answer(begun))))
}

pub(crate) async fn get_backup(
    State(http): State<Http>,
    caller: Allowed<GetBackup>,
    path: PathValues,
) -> Answer<Json<BackupAnswer>> {
    Ok(Json(answer(http.app.get_backup(&caller, path.get("backupId"))?)))
}
