//! Reading sessions.

use wayfare_model::id::SessionId;
use wayfare_model::problem::Problem;
use wayfare_model::session::Session;

use crate::access::Caller;
use crate::app::App;
use crate::error::Result;

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
        self.ingest.settle(self.now()).await?;
        let found = self.stores.journeys.session(caller.organisation, session).await?;
        Ok(found.ok_or_else(not_found)?)
    }
}
