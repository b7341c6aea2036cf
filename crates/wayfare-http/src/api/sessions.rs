//! Sessions.

use axum::Json;
use axum::extract::State;
use wayfare_model::operation::GetJourneySession;
use wayfare_model::wire::Session;

use crate::Http;
use crate::answer::sessions::session;
use crate::extract::{Allowed, PathValues};
use crate::problem::Answer;

pub(crate) async fn get_session(
    State(http): State<Http>,
    caller: Allowed<GetJourneySession>,
    path: PathValues,
) -> Answer<Json<Session>> {
    let found = http.app.get_session(&caller, path.get("sessionId")).await?;
    Ok(Json(session(&found)))
}
