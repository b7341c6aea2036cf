//! Sessions.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use wayfare_app::paging::CursorRequest;
use wayfare_app::sessions::SessionEventsRequest;
use wayfare_model::operation::{GetJourneySession, GetJourneySessionEvents};
use wayfare_model::wire::{EventListing, Session};

use crate::Http;
use crate::answer::pages::CursorUris;
use crate::answer::session_events;
use crate::answer::sessions::session;
use crate::extract::{Allowed, PathValues, Query};
use crate::problem::Answer;

pub(crate) async fn get_session(
    State(http): State<Http>,
    caller: Allowed<GetJourneySession>,
    path: PathValues,
) -> Answer<Json<Session>> {
    let found = http.app.get_session(&caller, path.get("sessionId")).await?;
    Ok(Json(session(&found)))
}

pub(crate) async fn list_events(
    State(http): State<Http>,
    caller: Allowed<GetJourneySessionEvents>,
    path: PathValues,
    query: Query,
    uri: Uri,
) -> Answer<Json<EventListing>> {
    let event_types = query.all("eventType");
    let request = SessionEventsRequest {
        cursor: CursorRequest { page_size: query.text("pageSize"), after: query.text("after") },
        event_types: event_types.clone(),
    };
    let (of, page) = http.app.list_session_events(&caller, path.get("sessionId"), &request).await?;
    let types = event_types.join(",");
    let kept = [("pageSize", query.first("pageSize")), ("eventType", Some(types.as_str()))];
    let uris = CursorUris::of(uri.path(), &kept, query.first("after"), page.next.as_deref());
    Ok(Json(session_events::listing(&of, &page, uris)))
}
