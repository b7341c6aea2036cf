//! Reading sessions: one, those of a contact, and what happened in one.

mod events;

pub use events::{SessionEntry, SessionEvent, SessionEventsRequest};

use wayfare_model::id::SessionId;
use wayfare_model::problem::Problem;
use wayfare_model::session::Session;
use wayfare_store::journeys::SessionPlace;

use crate::access::Caller;
use crate::app::App;
use crate::contacts::contact_id;
use crate::error::Result;
use crate::paging::cursor::{Cursors, Place};
use crate::paging::{CursorPage, CursorRequest, bool_parameter, cursor_page_size};

/// What a session is called in errors.
const ENTITY: &str = "session";

impl App {
    /// A session as it is now.
    ///
    /// # Errors
    /// Not found.
    pub async fn get_session(&self, caller: &Caller, id: &str) -> Result<Session> {
        let not_found = || Problem::not_found(ENTITY, id);
        let session: SessionId = id.parse().map_err(|_| not_found())?;
        self.ingest.settle(caller.organisation, self.now()).await?;
        let found = self.stores.journeys.session(caller.organisation, session).await?;
        self.ingest.check_settled(caller.organisation, [session], [])?;
        Ok(found.ok_or_else(not_found)?)
    }

    /// Sessions of a contact, the latest first. `includeMerged` is checked and changes nothing:
    /// contacts that were merged are one here, under each of their ids.
    ///
    /// # Errors
    /// Not found; bad parameters.
    pub async fn list_contact_sessions(
        &self,
        caller: &Caller,
        contact: &str,
        request: &CursorRequest,
        include_merged: Option<&str>,
    ) -> Result<CursorPage<Session>> {
        let id = contact_id(contact)?;
        let size = cursor_page_size(request.page_size.as_deref())?;
        bool_parameter("includeMerged", include_merged)?;
        let ids = self.organisation(caller.organisation)?.ids;
        let cursors = Cursors::of(&ids, "sessions of contact", &[&id.to_string()]);
        let after = cursors.read(request.after.as_deref())?.map(|place| SessionPlace {
            started: place.moment,
            id: SessionId::from_uuid(place.id),
        });
        let contact = self.present_contact(caller, id).await?.id;
        self.ingest.settle(caller.organisation, self.now()).await?;
        let journeys = &self.stores.journeys;
        let sessions =
            journeys.sessions_of_contact(caller.organisation, contact, after, size + 1).await?;
        let shown = sessions.iter().map(|session| session.id);
        self.ingest.check_settled(caller.organisation, shown, [])?;
        let cursor = |last: &Session| {
            cursors.write(Place { moment: last.started, kind: 0, id: last.id.as_uuid() })
        };
        Ok(CursorPage::cut(sessions, size, cursor))
    }
}
