//! Live events: from a site or an app, one at a time, answered with what came of them.

use wayfare_engine::journey::{Command, Rejection};
use wayfare_model::event::Event;
use wayfare_model::id::OrganisationId;
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_model::wire::{AppEventRequest, WebEventRequest};

use super::accept::Sender;
pub use super::apply::SessionSummary;
use crate::app::App;
use crate::error::{Error, Result};
use crate::metrics::Door;

/// An event that was applied, and the session it went to.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The event as it was understood.
    pub event: Event,
    /// Whether an earlier delivery of it had been applied already.
    pub is_duplicate: bool,
    /// Its session.
    pub session: SessionSummary,
}

impl App {
    /// Takes a web event. Durable and applied when it answers.
    ///
    /// # Errors
    /// All faults of the body; [`ProblemKind::UnprocessableEntity`] when the event is older than the
    /// visitor's session.
    pub async fn record_web_event(
        &self,
        organisation: OrganisationId,
        request: WebEventRequest,
        sender: Sender,
    ) -> Result<Recorded> {
        let recorded = async {
            let ids = self.organisation(organisation)?.ids;
            let event = self.reader.web_event(&ids, request, sender, self.now())?;
            self.record(organisation, event).await
        }
        .await;
        self.count(Door::Web, &recorded);
        recorded
    }

    /// Takes an app event. Durable and applied when it answers.
    ///
    /// # Errors
    /// As [`App::record_web_event`].
    pub async fn record_app_event(
        &self,
        organisation: OrganisationId,
        request: AppEventRequest,
        sender: Sender,
    ) -> Result<Recorded> {
        let recorded = async {
            let ids = self.organisation(organisation)?.ids;
            let event = self.reader.app_event(&ids, request, sender, self.now())?;
            self.record(organisation, event).await
        }
        .await;
        self.count(Door::App, &recorded);
        recorded
    }

    fn count(&self, door: Door, recorded: &Result<Recorded>) {
        let events = &self.metrics.events;
        match recorded {
            Ok(recorded) if recorded.is_duplicate => events.duplicate(door, 1),
            Ok(_) => events.accepted(door, 1),
            Err(error) => events.failed(door, error, 1),
        }
    }

    async fn record(&self, organisation: OrganisationId, event: Event) -> Result<Recorded> {
        let command = Command::Event(Box::new(event.clone()));
        let replies = self.ingest.apply(organisation, vec![command]).await?;
        let applied = replies.into_iter().next().ok_or(Error::Stopping)?.map_err(rejected)?;
        let applied = applied.event.ok_or(Error::Stopping)?;
        Ok(Recorded { event, is_duplicate: applied.is_duplicate, session: applied.session })
    }
}

/// What a client is told of an event that cannot be applied.
pub(crate) fn rejected(rejection: Rejection) -> Problem {
    Problem::new(ProblemKind::UnprocessableEntity, rejection.to_string())
}
